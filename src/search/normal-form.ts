import { createHash } from "node:crypto";
import type { Catalogue } from "./field.ts";
import { type Criterion, FALSE, type Filter, not, type Operand, type Operator, TRUE } from "./filter.ts";
import { GRANT_CATALOGUE } from "./grant.ts";
import { combine, complement, isFalse } from "./normal-list.ts";
import { canonicalOperand, isNeverMissing } from "./normal-operand.ts";
import { resolve } from "./operator-of.ts";

/** The SHA-256, in hexadecimal, of a filter's canonical form: equal for equivalent spellings. */
export const filterHash = (filter: Filter, catalogue: Catalogue): string =>
  createHash("sha256")
    .update(JSON.stringify(canonical(filter, catalogue)))
    .digest("hex");

/** The canonical form by the rules of schema/FILTER.md, section 5: it holds for the same rows, and is its own canonical form. */
export const canonical = (filter: Filter, catalogue: Catalogue): Filter => normal(filter, catalogue, false);

function normal(filter: Filter, catalogue: Catalogue, negated: boolean): Filter {
  if (filter.kind === "not") return normal(filter.of, catalogue, !negated);
  if (filter.kind === "criterion") {
    const resolved = resolve(filter, catalogue);
    const positive = normalCriterion({ ...filter, operator: resolved.operator }, catalogue);
    return resolved.negated === negated ? positive : complement(positive, catalogue);
  }
  const kind = (filter.kind === "and") === negated ? "or" : "and";
  const members = filter.of.map((member) => normal(member, catalogue, negated));
  return combine(kind, members, catalogue);
}

const PARTS: ReadonlySet<Operator> = new Set(["contains", "startsWith", "endsWith"]);

/** The canonical form of a criterion whose operator has a meaning of its own. */
function normalCriterion(criterion: Criterion, catalogue: Catalogue): Filter {
  const { field, meaning } = resolve(criterion, catalogue);
  const { operator } = criterion;
  const neverMissing = isNeverMissing(field, criterion);
  if (criterion.of) {
    const of = canonical(criterion.of, GRANT_CATALOGUE);
    return isFalse(of) ? FALSE : { ...written(criterion, operator, null), of };
  }
  const exact = meaning.takes === "text" && criterion.caseSensitive === true;
  const operand = canonicalOperand(meaning.takes, criterion.operand, exact);
  const about = exact ? { ...criterion, caseSensitive: true as const } : withoutCase(criterion);
  if (Array.isArray(operand)) return normalList(about, operand, neverMissing);
  if (PARTS.has(operator) && operand === "") {
    const missing = written(withoutCase(criterion), "isNull", true);
    return neverMissing ? TRUE : complement(missing, catalogue);
  }
  // A missing set is neither empty nor filled; of the other truth values, false is the complement of true.
  const isFlag = meaning.holdsMissing !== undefined || (operator === "isEmpty" && neverMissing);
  return isFlag && operand === false ? not(written(about, operator, true)) : written(about, operator, operand);
}

const SINGLES: Partial<Record<Operator, Operator>> = { in: "eq", withinAny: "within", all: "any" };

function normalList(about: Criterion, values: readonly string[], neverMissing: boolean): Filter {
  const single = SINGLES[about.operator];
  const [only] = values;
  if (only === undefined) return about.operator !== "all" ? FALSE : neverMissing ? TRUE : written(about, "all", values);
  if (values.length > 1 || !single) return written(about, about.operator, values);
  return written(about, single, single === "any" ? values : only);
}

const withoutCase = ({ caseSensitive: _, ...about }: Criterion): Criterion => about;

/** A criterion with its members in one order, since the hash is of their text. */
function written({ field, key, as, caseSensitive }: Criterion, operator: Operator, operand: Operand): Criterion {
  return {
    kind: "criterion",
    field,
    ...(key === undefined ? {} : { key }),
    ...(as ? { as } : {}),
    operator,
    operand,
    ...(caseSensitive ? { caseSensitive } : {}),
  };
}
