import { type RawBuilder, sql } from "kysely";
import type { Catalogue, Row } from "../search/field.ts";
import type { Filter } from "../search/filter.ts";
import type { Moment } from "../search/operator.ts";
import { compile, type Predicate } from "../search/to-predicate.ts";
import { filterToSql } from "../search/to-sql.ts";
import type { Viewer } from "./actor.ts";

/**
 * A column `meets` beside a person's columns, with a comma in front: the permissions of the viewer whose condition the person meets. Nothing
 * for viewers of whom no permission is conditioned.
 */
export function meetsColumn(viewer: Viewer, catalogue: Catalogue, alias: string, moment?: Moment): RawBuilder<unknown> {
  const value = meetsValue(viewer, catalogue, alias, moment);
  return value ? sql`, ${value} AS meets` : sql``;
}

/** The same without its name; undefined for viewers of whom no permission is conditioned. */
export function meetsValue(
  viewer: Viewer,
  catalogue: Catalogue,
  alias: string,
  moment?: Moment,
): RawBuilder<unknown> | undefined {
  if (!viewer.narrowed || viewer.narrowed.conditioned.size === 0) return undefined;
  const context = { catalogue, alias, ...(moment ?? { now: viewer.now, today: viewer.narrowed.today }) };
  const met = [...viewer.narrowed.conditioned].map(
    ([permission, { over }]) => sql`CASE WHEN ${filterToSql(over, context)} THEN ${permission}::text END`,
  );
  return sql`array_remove(ARRAY[${sql.join(met)}], NULL)`;
}

const predicates = new WeakMap<Filter, Predicate>();

/** The same, of a person's row as the change log carries it. */
export function meetsOf(
  viewer: Viewer,
  catalogue: Catalogue,
  row: Row,
  moment?: Moment,
): readonly string[] | undefined {
  if (!viewer.narrowed) return undefined;
  const at = moment ?? { now: viewer.now, today: viewer.narrowed.today };
  return [...viewer.narrowed.conditioned]
    .filter(([, { over }]) => {
      const predicate = predicates.get(over) ?? compile(over, catalogue);
      predicates.set(over, predicate);
      return predicate(row, at);
    })
    .map(([permission]) => permission);
}
