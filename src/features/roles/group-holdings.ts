import { sql } from "kysely";
import type { Tx } from "../../database/transaction.ts";
import { consequence } from "../../kernel/consequence.ts";
import { publicId } from "../../kernel/ids.ts";
import type { GroupHoldings } from "../groups/group.service.ts";
import { lockRoleGraph } from "./role.graph.ts";
import { keepRoleManager } from "./role.guard.ts";
import { requireNoLessThanGroup } from "./role.seniority.ts";

/** What groups need to know of the roles that they were granted. The group must be locked. */
export const groupHoldings: GroupHoldings = {
  requireNoLess: requireNoLessThanGroup,

  async keepRoleManager(tx, groupId, userIds, inputPath) {
    if ((await liveGrants(tx, groupId)).length === 0) return;
    const graph = await lockRoleGraph(tx);
    await keepRoleManager(tx, { graph }, { graph, without: { group: { id: groupId, userIds } } }, inputPath);
  },

  async end(tx, groupId) {
    const live = await liveGrants(tx, groupId);
    await tx.sql.deleteFrom("role_grant").where("group_id", "=", groupId).execute();
    return consequence(
      "GRANTS_ENDED",
      live.map((id) => publicId("RoleGrant", id)),
    );
  },
};

async function liveGrants(tx: Tx, groupId: string): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    SELECT id FROM role_grant WHERE group_id = ${groupId}::uuid AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ${tx.now})
    ORDER BY id`.execute(tx.sql);
  return rows.map(({ id }) => id);
}
