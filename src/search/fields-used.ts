import { fieldOf } from "./catalogue.ts";
import type { Catalogue } from "./field.ts";
import { type Criterion, conjuncts, type Filter } from "./filter.ts";
import { columnOf, resolve } from "./operator-of.ts";
import type { ParsedFilter } from "./parse.ts";

/** The public names of the fields that a filter asks about, wherever in it and however negated. */
export function fieldsUsed(filter: Filter, catalogue: Catalogue): ReadonlySet<string> {
  return new Set(criteria(filter).map((criterion) => fieldOf(catalogue, criterion.field).name));
}

/** The columns of a row that decide whether it satisfies a filter. */
export function columnsUsed(filter: Filter, catalogue: Catalogue): ReadonlySet<string> {
  return new Set(criteria(filter).map((criterion) => columnOf(resolve(criterion, catalogue))));
}

/** The same for a parsed filter, with the place in the input where each field is first asked about. */
export function fieldsUsedAt({ filter, paths }: ParsedFilter): ReadonlyMap<string, string> {
  const places = new Map<string, string>();
  for (const criterion of criteria(filter))
    if (!places.has(criterion.field)) places.set(criterion.field, paths.get(criterion) ?? "filter");
  return places;
}

/**
 * The org units that a filter confines its answer to: for each `eq`, `in`, `within` or `withinAny` about a unit in its top-level AND, the UUIDs
 * it names. Every row found stands in or below one unit of every list; no list at all means that the filter does not confine.
 */
export function scopeUnits(filter: Filter, catalogue: Catalogue): readonly (readonly string[])[] {
  return conjuncts(filter)
    .filter((criterion) => fieldOf(catalogue, criterion.field).kind === "unit" && CONFINING.has(criterion.operator))
    .map(({ operand }) => (Array.isArray(operand) ? operand.map(String) : [String(operand)]));
}

/** Whether a filter asks about any org unit. */
export const asksOfUnits = (filter: Filter, catalogue: Catalogue): boolean =>
  criteria(filter).some(({ field }) => fieldOf(catalogue, field).kind === "unit");

/** The UUIDs of the people whom a filter names. */
export const peopleNamed = (filter: Filter, catalogue: Catalogue): readonly string[] =>
  criteria(filter)
    .filter(({ field }) => fieldOf(catalogue, field).kind === "manager")
    .flatMap(({ operand }) => (Array.isArray(operand) ? operand : [operand]))
    .filter((id) => typeof id === "string");

const CONFINING: ReadonlySet<Criterion["operator"]> = new Set(["eq", "in", "within", "withinAny"]);

function criteria(filter: Filter): Criterion[] {
  if (filter.kind === "criterion") return [filter];
  return filter.kind === "not" ? criteria(filter.of) : filter.of.flatMap(criteria);
}

const RELATIVE: ReadonlySet<Criterion["operator"]> = new Set(["withinLast", "withinNext", "olderThan"]);

/** Whether a filter asks about now. */
export function isRelative(filter: Filter): boolean {
  if (filter.kind === "not") return isRelative(filter.of);
  if (filter.kind !== "criterion") return filter.of.some(isRelative);
  return RELATIVE.has(filter.operator) || (filter.of !== undefined && isRelative(filter.of));
}
