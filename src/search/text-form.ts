import type { Catalogue } from "./field.ts";
import type { Filter } from "./filter.ts";
import { FILTER_LIMITS, sizeOf } from "./limits.ts";
import { toInput } from "./print.ts";
import { printCriterion } from "./text-print.ts";
import { TextReading } from "./text-reading.ts";
import { tooComplex } from "./text-tokens.ts";
import type { NamedKind, NameOf } from "./text-value.ts";

/** Characters of a text form, as JavaScript counts them; a request holds no more. */
export const TEXT_FORM_LIMIT = 1_000_000;

/** The one-line text of a filter, by schema/FILTER.md, section 8; `parseText` makes the same tree of it. */
export function printText(filter: Filter, catalogue: Catalogue): string {
  if (filter.kind === "criterion") return printCriterion(filter, catalogue, printText);
  if (filter.kind === "not") return `not ${printMember(filter.of, catalogue)}`;
  const [first, ...more] = filter.of;
  if (!first) return filter.kind === "and" ? "true" : "false";
  if (more.length === 0) return `${filter.kind} (${printText(first, catalogue)})`;
  return filter.of.map((member) => printMember(member, catalogue)).join(` ${filter.kind} `);
}

/** In parentheses where it is an `and` or an `or` of several members. */
const printMember = (filter: Filter, catalogue: Catalogue): string =>
  (filter.kind === "and" || filter.kind === "or") && filter.of.length > 1
    ? `(${printText(filter, catalogue)})`
    : printText(filter, catalogue);

/** Nothing is called by a name. */
const NAMELESS: NameOf = () => undefined;

/**
 * The filter that a text stands for. What cannot be read is INVALID_INPUT at its column, what is over a limit FILTER_TOO_COMPLEX.
 * Org units and users that are called by a name are those that `nameOf` knows.
 */
export function parseText(text: string, catalogue: Catalogue, nameOf: NameOf = NAMELESS): Filter {
  const actual = text.length;
  if (actual > TEXT_FORM_LIMIT) throw tooComplex(`the text has ${actual} characters`, TEXT_FORM_LIMIT, { actual });
  const filter = new TextReading(text, nameOf).whole(catalogue);
  const { depth } = sizeOf(toInput(filter, catalogue));
  if (depth > FILTER_LIMITS.depth)
    throw tooComplex(`the filter nests ${depth} deep`, FILTER_LIMITS.depth, { actual: depth });
  return filter;
}

/** A UUID that no record has: a name stands for it until the name is looked up. */
const NOBODY = "00000000-0000-0000-0000-000000000000";

/** The names of org units and users in a text, to be looked up for `parseText`; refuses what that refuses, but for the names. */
export function namesIn(text: string, catalogue: Catalogue): Readonly<Record<NamedKind, ReadonlySet<string>>> {
  const names = { OrgUnit: new Set<string>(), User: new Set<string>() };
  parseText(text, catalogue, (kind, name) => {
    names[kind].add(name);
    return NOBODY;
  });
  return names;
}
