import { invalidInput, type Violation } from "../../kernel/errors.ts";
import type { Criterion, Filter } from "../../search/filter.ts";
import type { ParsedFilter } from "../../search/parse.ts";

const ACCEPTED = ["eq", "ne", "in", "notIn", "isNull"];

/** A filter whose addresses were replaced by their tokens, and which token stands for which. */
export interface Tokenised {
  filter: Filter;
  tokens: ReadonlyMap<string, string>;
}

/**
 * Replaces the addresses that a filter asks about by what the log holds in their place. INVALID_INPUT for an operator that asks
 * about a part of an address, since nothing is kept that could answer it.
 */
export function tokeniseAddresses({ filter, paths }: ParsedFilter, tokenOf: (address: string) => string): Tokenised {
  const tokens = new Map<string, string>();
  const violations: Violation[] = [];
  const token = (address: string): string => {
    const found = tokenOf(address);
    tokens.set(address.toLowerCase(), found);
    return found;
  };
  const criterion = (of: Criterion): Filter => {
    if (of.field !== "ip" || of.operator === "isNull") return of;
    if (!ACCEPTED.includes(of.operator)) {
      const message = "cannot be asked of an address, which is kept as a keyed hash.";
      violations.push({ path: paths.get(of) ?? "filter.ip", message, allowed: ACCEPTED });
      return of;
    }
    const operand = Array.isArray(of.operand) ? of.operand.map((one) => token(String(one))) : token(String(of.operand));
    return { kind: "criterion", field: of.field, operator: of.operator, operand };
  };
  const replace = (of: Filter): Filter => {
    if (of.kind === "criterion") return criterion(of);
    return of.kind === "not" ? { ...of, of: replace(of.of) } : { ...of, of: of.of.map(replace) };
  };
  const replaced = replace(filter);
  if (violations.length > 0) throw invalidInput(violations);
  return { filter: replaced, tokens };
}
