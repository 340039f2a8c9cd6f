import { type Kysely, sql } from "kysely";
import type { Viewer } from "../../access/actor.ts";
import { meetsColumn } from "../../access/conditions.ts";
import { maySee, type Placed } from "../../access/policy.ts";
import type { Tables } from "../../database/tables.ts";
import { notFound } from "../../kernel/errors.ts";
import type { RequireVisibleUser } from "../org/org-unit.service.ts";
import { userCatalogue } from "./user.fields.ts";

/**
 * Where a user stands, by the base tables, so that it holds inside a transaction; undefined where there is no such user. Given a viewer, also
 * which conditions of their permissions the user met as of the last commit; without one, none.
 */
export async function placeOfUser(db: Kysely<Tables>, id: string, viewer?: Viewer): Promise<Placed | undefined> {
  return (await placesOfUsers(db, [id], viewer)).get(id);
}

/** The same for many users at once; those who do not exist are absent. */
export async function placesOfUsers(
  db: Kysely<Tables>,
  ids: readonly string[],
  viewer?: Viewer,
): Promise<ReadonlyMap<string, Placed>> {
  const { rows } = await sql<{ id: string; deleted: boolean; path: string[] }>`
    WITH RECURSIVE people AS (
      SELECT id, org_unit_id, status = 'DELETED' AS deleted FROM user_account WHERE id = ANY(${[...ids]}::uuid[])),
    up AS (
      SELECT u.id AS start, u.id, u.parent_id, 1 AS step FROM org_unit u WHERE u.id IN (SELECT org_unit_id FROM people)
      UNION ALL
      SELECT up.start, u.id, u.parent_id, up.step + 1 FROM up JOIN org_unit u ON u.id = up.parent_id WHERE up.step < 1000),
    paths AS (SELECT start, array_agg(id ORDER BY step DESC) AS path FROM up GROUP BY start)
    SELECT p.id, p.deleted, coalesce(paths.path, '{}') AS path FROM people p LEFT JOIN paths ON paths.start = p.org_unit_id`.execute(
    db,
  );
  const met = viewer ? await metByEach(db, ids, viewer) : new Map<string, readonly string[]>();
  return new Map(
    rows.map(({ id, deleted, path }) => [id, { userId: id, unitPath: path, deleted, meets: met.get(id) }]),
  );
}

/** The viewer's permissions whose condition each of these users meets, as they stood at the last commit; empty where no condition is asked. */
async function metByEach(
  db: Kysely<Tables>,
  ids: readonly string[],
  viewer: Viewer,
): Promise<ReadonlyMap<string, readonly string[]>> {
  if (!viewer.narrowed || viewer.narrowed.conditioned.size === 0) return new Map();
  const { rows } = await sql<{ user_id: string; meets: string[] }>`
    SELECT u.user_id${meetsColumn(viewer, userCatalogue, "u")} FROM user_search u WHERE u.user_id = ANY(${[...ids]}::uuid[])`.execute(
    db,
  );
  return new Map(rows.map(({ user_id, meets }) => [user_id, meets]));
}

/** Refuses a user who is absent or whom the viewer may not see. */
export const requireVisibleUser: RequireVisibleUser = async (tx, viewer, userId, inputPath) => {
  const place = await placeOfUser(tx.sql, userId, viewer);
  if (!place || place.deleted || !maySee(viewer, place)) throw notFound("user", inputPath);
};

/** The managers above each of these users, from the direct one up, by the base table. */
export async function managersAbove(
  db: Kysely<Tables>,
  ids: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const { rows } = await sql<{ start: string; above: string[] }>`
    WITH RECURSIVE up AS (
      SELECT id AS start, manager_id AS id, 1 AS step FROM user_account WHERE id = ANY(${[...ids]}::uuid[])
      UNION ALL
      SELECT up.start, u.manager_id, up.step + 1 FROM up JOIN user_account u ON u.id = up.id WHERE up.step < 1000
    )
    SELECT start, array_agg(id ORDER BY step) AS above FROM up WHERE id IS NOT NULL GROUP BY start`.execute(db);
  return new Map(rows.map(({ start, above }) => [start, above]));
}
