import { sql } from "kysely";
import type { Viewer } from "../../access/actor.ts";
import type { Author } from "../../access/author.ts";
import { requireAt } from "../../access/policy.ts";
import type { Tx } from "../../database/transaction.ts";
import { notFound } from "../../kernel/errors.ts";
import { pathOfUnit } from "../org/org-unit.path.ts";
import { lockRoleGraph } from "../roles/role.graph.ts";
import { keepRoleManager } from "../roles/role.guard.ts";
import { addGrant } from "../roles/role-grant.addition.ts";
import { placeOfUser } from "../users/user.place.ts";
import type { RoleChange } from "./profile-template.changes.ts";
import type { WantedGrant } from "./profile-template.matching.ts";

/** A grant in force, or one that will be. */
export interface HeldGrant {
  id: string;
  roleId: string;
  roleKey: string;
  scopeId: string | null;
  /** Whether it came of a template. */
  ofTemplate: boolean;
}

/** Every grant of a person's own that has not ended. */
export async function heldGrants(tx: Tx, userId: string): Promise<HeldGrant[]> {
  const { rows } = await sql<HeldGrant>`
    SELECT g.id, g.role_id AS "roleId", r.key AS "roleKey", g.scope_id AS "scopeId", t.grant_id IS NOT NULL AS "ofTemplate"
    FROM role_grant g JOIN role r ON r.id = g.role_id LEFT JOIN profile_template_grant t ON t.grant_id = g.id
    WHERE g.user_id = ${userId} AND g.revoked_at IS NULL AND (g.expires_at IS NULL OR g.expires_at > ${tx.now})
    ORDER BY r.key COLLATE "C", g.id`.execute(tx.sql);
  return rows;
}

export const isSameGrant = (
  one: Pick<HeldGrant, "roleId" | "scopeId">,
  other: Pick<HeldGrant, "roleId" | "scopeId">,
): boolean => one.roleId === other.roleId && one.scopeId === other.scopeId;

/** Those that the person does not hold themselves: a role that they hold through a group may end with it at any time, and counts for nothing here. */
export const lacking = (wanted: readonly WantedGrant[], held: readonly HeldGrant[]): WantedGrant[] =>
  wanted.filter((one) => !held.some((other) => isSameGrant(one, other)));

/**
 * Gives roles to somebody, by the rules of grantRole: whoever applies a template gives no more than they could give by hand. From now on,
 * without an end.
 */
export async function grantAll(
  tx: Tx,
  author: Author,
  userId: string,
  wanted: readonly WantedGrant[],
  inputPath: string,
): Promise<RoleChange[]> {
  if (wanted.length === 0) return [];
  const user = await placeOfUser(tx.sql, userId);
  if (!user) throw notFound("user");
  const grantee = { kind: "User" as const, id: userId, unitPath: user.unitPath };
  const graph = await lockRoleGraph(tx);
  const period = { startsAt: author.viewer.now, expiresAt: null };
  const granted: (RoleChange & { templateId: string })[] = [];
  for (const { templateId, roleKey, scopeId } of wanted) {
    const scope = { id: scopeId, path: scopeId === null ? [] : await pathOfUnit(tx.sql, scopeId) };
    const addition = { grantee, roleKey, scope, period, reason: tx.cause.reason ?? null };
    const grantId = await addGrant(tx, author, graph, addition, { role: inputPath });
    granted.push({ grantId, roleKey, unitId: scopeId, templateId });
  }
  await tx.flush();
  const remembered = granted.map(({ grantId, templateId }) => ({
    grant_id: grantId,
    user_id: userId,
    template_id: templateId,
  }));
  await tx.sql.insertInto("profile_template_grant").values(remembered).execute();
  return granted.map(({ grantId, roleKey, unitId }) => ({ grantId, roleKey, unitId }));
}

/** Ends grants of a person who stands there, by the rules of revokeRole. */
export async function endAll(
  tx: Tx,
  viewer: Viewer,
  unitPath: readonly string[],
  ending: readonly HeldGrant[],
  inputPath: string,
): Promise<RoleChange[]> {
  if (ending.length === 0) return [];
  requireAt(viewer, "ROLE_GRANT", unitPath);
  for (const { scopeId } of ending)
    requireAt(viewer, "ROLE_GRANT", scopeId === null ? [] : await pathOfUnit(tx.sql, scopeId));
  const graph = await lockRoleGraph(tx);
  const ids = ending.map(({ id }) => id);
  await keepRoleManager(tx, { graph }, { graph, without: { grantIds: ids } }, inputPath);
  const ended = await tx.sql
    .updateTable("role_grant")
    .set({ revoked_at: tx.now })
    .where("id", "in", ids)
    .where("revoked_at", "is", null)
    .returning("id")
    .execute();
  // Whoever was faster ended it, and the log says so.
  const endedIds = new Set(ended.map(({ id }) => id));
  return ending
    .filter(({ id }) => endedIds.has(id))
    .map(({ id, roleKey, scopeId }) => ({ grantId: id, roleKey, unitId: scopeId }));
}
