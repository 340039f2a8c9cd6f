import { ATTRIBUTE_TYPES, attributeOf } from "./attribute.ts";
import type { Catalogue, Row } from "./field.ts";
import type { Criterion, Filter } from "./filter.ts";
import { GRANT_CATALOGUE } from "./grant.ts";
import type { Moment } from "./operator.ts";
import { columnOf, resolve } from "./operator-of.ts";

/** Whether a row, as the change log carries it, satisfies a filter at a moment. */
export type Predicate = (row: Row, at: Moment) => boolean;

/** The filter as a predicate, compiled once into closures. It agrees with `filterToSql` on every row and moment. */
export function compile(filter: Filter, catalogue: Catalogue): Predicate {
  if (filter.kind === "criterion") return compileCriterion(filter, catalogue);
  if (filter.kind === "not") {
    const inner = compile(filter.of, catalogue);
    return (row, at) => !inner(row, at);
  }
  const parts = filter.of.map((part) => compile(part, catalogue));
  if (parts.length === 1 && parts[0]) return parts[0];
  return filter.kind === "and"
    ? (row, at) => parts.every((part) => part(row, at))
    : (row, at) => parts.some((part) => part(row, at));
}

function compileCriterion(criterion: Criterion, catalogue: Catalogue): Predicate {
  const resolved = resolve(criterion, catalogue);
  const { meaning, negated } = resolved;
  const holds = meaning.holds((criterion.of ?? criterion.operand) as never, {
    caseSensitive: criterion.caseSensitive === true,
    grant: (filter) => compile(filter, GRANT_CATALOGUE),
  });
  const column = columnOf(resolved);
  const { key, as } = criterion;
  if (key === undefined) return (row, at) => holds(row[column], at) !== negated;
  const read = as ? ATTRIBUTE_TYPES[as].read : (json: unknown) => json;
  return (row, at) => holds(read(attributeOf(row[column], key)), at) !== negated;
}
