import { type Kysely, sql } from "kysely";
import type { Viewer } from "../../access/actor.ts";
import { meetsColumn } from "../../access/conditions.ts";
import { maySee, type Placed } from "../../access/policy.ts";
import type { Tables } from "../../database/tables.ts";
import { notFound } from "../../kernel/errors.ts";
import { pathOfUnit } from "../org/org-unit.path.ts";
import type { RequireVisibleUser } from "../org/org-unit.service.ts";
import { userCatalogue } from "./user.fields.ts";

/**
 * Where a user stands, by the base tables, so that it holds inside a transaction; undefined where there is no such user. Given a viewer, also
 * which conditions of their permissions the user met as of the last commit; without one, none.
 */
export async function placeOfUser(db: Kysely<Tables>, id: string, viewer?: Viewer): Promise<Placed | undefined> {
  const user = await db
    .selectFrom("user_account")
    .select(["org_unit_id", "status"])
    .where("id", "=", id)
    .executeTakeFirst();
  if (!user) return undefined;
  const unitPath = user.org_unit_id ? await pathOfUnit(db, user.org_unit_id) : [];
  const meets = viewer ? await metBy(db, id, viewer) : undefined;
  return { userId: id, unitPath, deleted: user.status === "DELETED", meets };
}

/** The viewer's permissions whose condition a user meets, as the user stood at the last commit. */
export async function metBy(db: Kysely<Tables>, id: string, viewer: Viewer): Promise<readonly string[] | undefined> {
  if (!viewer.narrowed || viewer.narrowed.conditioned.size === 0) return undefined;
  const { rows } = await sql<{ meets: string[] }>`
    SELECT u.user_id${meetsColumn(viewer, userCatalogue, "u")} FROM user_search u WHERE u.user_id = ${id}`.execute(db);
  return rows[0]?.meets;
}

/** Refuses a user who is absent or whom the viewer may not see. */
export const requireVisibleUser: RequireVisibleUser = async (tx, viewer, userId, inputPath) => {
  const place = await placeOfUser(tx.sql, userId, viewer);
  if (!place || place.deleted || !maySee(viewer, place)) throw notFound("user", inputPath);
};

/** The managers above a user, from the direct one up, by the base table. */
export async function managersAbove(db: Kysely<Tables>, id: string): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`
    WITH RECURSIVE up AS (
      SELECT manager_id AS id, 1 AS step FROM user_account WHERE id = ${id}
      UNION ALL
      SELECT u.manager_id, up.step + 1 FROM up JOIN user_account u ON u.id = up.id WHERE up.step < 1000
    )
    SELECT id FROM up WHERE id IS NOT NULL ORDER BY step`.execute(db);
  return rows.map((row) => row.id);
}
