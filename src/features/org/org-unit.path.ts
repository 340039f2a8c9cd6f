import { type Kysely, sql } from "kysely";
import type { UnitPaths } from "../../access/field-policy.ts";
import type { Tables } from "../../database/tables.ts";

/** The ids from the root down to a unit, by the base table, so that it holds inside a transaction; empty where there is none. */
export async function pathOfUnit(db: Kysely<Tables>, id: string): Promise<readonly string[]> {
  return (await pathsOfUnits(db, [id])).get(id) ?? [];
}

/** The same for many units at once; units that do not exist are absent. */
export async function pathsOfUnits(db: Kysely<Tables>, ids: readonly string[]): Promise<UnitPaths> {
  const { rows } = await sql<{ id: string; path: string[] }>`
    WITH RECURSIVE up AS (
      SELECT u.id AS start, u.id, u.parent_id, 1 AS step FROM org_unit u WHERE u.id = ANY(${[...ids]}::uuid[])
      UNION ALL
      SELECT up.start, u.id, u.parent_id, up.step + 1 FROM up JOIN org_unit u ON u.id = up.parent_id WHERE up.step < 1000
    )
    SELECT start AS id, array_agg(id ORDER BY step DESC) AS path FROM up GROUP BY start`.execute(db);
  return new Map(rows.map((row) => [row.id, row.path]));
}
