import { sql } from "kysely";
import type { Author } from "../../access/author.ts";
import type { Tx } from "../../database/transaction.ts";
import { notFound } from "../../kernel/errors.ts";
import { pathOfUnit } from "../org/org-unit.path.ts";
import { lockRoleGraph } from "../roles/role.graph.ts";
import { addGrant } from "../roles/role-grant.addition.ts";
import { placeOfUser } from "../users/user.place.ts";
import type { WantedGrant } from "./profile-template.matching.ts";

/** A grant in force, or one that will be. */
export interface HeldGrant {
  id: string;
  roleId: string;
  scopeId: string | null;
  /** Whether it came of a template. */
  ofTemplate: boolean;
}

/** Every grant of a person that has not ended. */
export async function heldGrants(tx: Tx, userId: string): Promise<HeldGrant[]> {
  const { rows } = await sql<HeldGrant>`
    SELECT g.id, g.role_id AS "roleId", g.scope_id AS "scopeId", t.grant_id IS NOT NULL AS "ofTemplate"
    FROM role_grant g LEFT JOIN profile_template_grant t ON t.grant_id = g.id
    WHERE g.user_id = ${userId} AND g.revoked_at IS NULL AND (g.expires_at IS NULL OR g.expires_at > ${tx.now})
    ORDER BY g.id`.execute(tx.sql);
  return rows;
}

export const isSameGrant = (
  one: Pick<HeldGrant, "roleId" | "scopeId">,
  other: Pick<HeldGrant, "roleId" | "scopeId">,
): boolean => one.roleId === other.roleId && one.scopeId === other.scopeId;

/**
 * Grants what templates want and the person does not hold, by the rules of grantRole: whoever applies a template gives no more than they could
 * give by hand. From now on, without an end. Gives the new grants' ids.
 */
export async function grantWanted(
  tx: Tx,
  author: Author,
  userId: string,
  wanted: readonly WantedGrant[],
  inputPath: string,
): Promise<string[]> {
  if (wanted.length === 0) return [];
  const held = await heldGrants(tx, userId);
  const missing = wanted.filter((one) => !held.some((other) => isSameGrant(one, other)));
  if (missing.length === 0) return [];
  const user = await placeOfUser(tx.sql, userId);
  if (!user) throw notFound("user");
  const grantee = { kind: "User" as const, id: userId, unitPath: user.unitPath };
  const graph = await lockRoleGraph(tx);
  const period = { startsAt: author.viewer.now, expiresAt: null };
  const granted: { grant_id: string; user_id: string; template_id: string }[] = [];
  for (const { templateId, roleKey, scopeId } of missing) {
    const scope = { id: scopeId, path: scopeId === null ? [] : await pathOfUnit(tx.sql, scopeId) };
    const addition = { grantee, roleKey, scope, period, reason: tx.cause.reason ?? null };
    const grantId = await addGrant(tx, author, graph, addition, { role: inputPath });
    granted.push({ grant_id: grantId, user_id: userId, template_id: templateId });
  }
  await tx.flush();
  await tx.sql.insertInto("profile_template_grant").values(granted).execute();
  return granted.map(({ grant_id }) => grant_id);
}
