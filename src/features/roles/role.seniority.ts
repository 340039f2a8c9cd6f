import { type RawBuilder, sql } from "kysely";
import type { Viewer } from "../../access/actor.ts";
import type { Tx } from "../../database/transaction.ts";
import { pathsOfUnits } from "../org/org-unit.path.ts";
import { lockRoleGraph } from "./role.graph.ts";
import { loadHoldings } from "./role.holding.ts";

/**
 * Passes where the viewer holds everything that somebody holds and that has not ended, each where and for as long as they hold it.
 * Whoever lets a person in can be that person: FORBIDDEN names what the viewer lacks.
 */
export async function requireNoLess(tx: Tx, viewer: Viewer, userId: string, inputPath: string): Promise<void> {
  await requireAll(tx, viewer, sql`FROM held_grant WHERE user_id = ${userId}::uuid`, inputPath);
}

/** The same of a group: whoever lets somebody belong to it gives them what it was granted. The group must be locked. */
export async function requireNoLessThanGroup(
  tx: Tx,
  viewer: Viewer,
  groupId: string,
  inputPath: string,
): Promise<void> {
  await requireAll(tx, viewer, sql`FROM role_grant WHERE group_id = ${groupId}::uuid`, inputPath);
}

async function requireAll(tx: Tx, viewer: Viewer, grants: RawBuilder<unknown>, inputPath: string): Promise<void> {
  const { rows } = await sql<{ roleId: string; scopeId: string | null; until: Date | null }>`
    SELECT role_id AS "roleId", scope_id AS "scopeId", expires_at AS until ${grants}
      AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ${tx.now})
    ORDER BY id`.execute(tx.sql);
  if (rows.length === 0) return;
  const graph = await lockRoleGraph(tx);
  const scopes = await pathsOfUnits(tx.sql, [...new Set(rows.flatMap(({ scopeId }) => scopeId ?? []))]);
  const holdings = await loadHoldings(tx, viewer);
  for (const { roleId, scopeId, until } of rows) {
    const path = scopeId === null ? [] : (scopes.get(scopeId) ?? []);
    holdings.require(graph.permissionsOf(roleId), { path, until }, inputPath);
  }
}
