import { sql } from "kysely";
import type { Viewer } from "../../access/actor.ts";
import { mayDo } from "../../access/policy.ts";
import type { Tx } from "../../database/transaction.ts";
import { type Consequence, consequence } from "../../kernel/consequence.ts";
import { publicId } from "../../kernel/ids.ts";
import { viewerOfAuthor } from "../auth/author.viewer.ts";
import { pausedGroups } from "../dynamic-groups/dynamic-group.cascade.ts";
import { endGrantsOf } from "../roles/role-grant.cascade.ts";
import type { LifecyclePart } from "../users/user.following.ts";
import { managersAbove, placesOfUsers } from "../users/user.place.ts";

/** Somebody who leaves, and who takes over what they leave behind. */
export interface Handover {
  userId: string;
  successorId: string | null;
}

/**
 * Gives the reports, saved searches and groups of somebody to their successor; a PRIVATE search stays, as nobody but its owner reads one, unless it makes a group, which others belong to. A report over whom the viewer lacks USER_UPDATE stays, and so does everything where the
 * successor is not active by then: access ends all the same. The successor, and whoever of the reports stands above them, report to the leaver's own manager.
 */
export async function handOver(tx: Tx, viewer: Viewer, { userId, successorId }: Handover): Promise<Consequence[]> {
  if (successorId === null || !(await isActive(tx, successorId))) return [];
  const { rows: reports } = await sql<{ id: string }>`
    SELECT id FROM user_account WHERE manager_id = ${userId} AND status <> 'DELETED' ORDER BY id FOR UPDATE`.execute(
    tx.sql,
  );
  const ids = reports.map(({ id }) => id);
  const places = await placesOfUsers(tx.sql, ids, viewer);
  const mine = ids.filter((id) => {
    const place = places.get(id);
    return place !== undefined && mayDo(viewer, "USER_UPDATE", place);
  });
  const above = [successorId, ...((await managersAbove(tx.sql, [successorId])).get(successorId) ?? [])];
  if (mine.length > 0)
    await sql`
      UPDATE user_account SET version = version + 1, updated_at = ${tx.now}, manager_id = CASE
        WHEN id = ANY (${above}::uuid[]) THEN (SELECT manager_id FROM user_account WHERE id = ${userId}) ELSE ${successorId}::uuid END
      WHERE id = ANY (${mine}::uuid[])`.execute(tx.sql);
  const searches = await tx.sql
    .updateTable("saved_search")
    .set((eb) => ({ owner_id: successorId, version: eb("version", "+", 1), updated_at: tx.now }))
    .where("owner_id", "=", userId)
    .where((eb) =>
      eb.or([
        eb("visibility", "<>", "PRIVATE"),
        eb.exists(
          eb.selectFrom("user_group as g").select("g.id").whereRef("g.saved_search_id", "=", "saved_search.id"),
        ),
      ]),
    )
    .returning("id")
    .execute();
  const groups = await tx.sql
    .updateTable("user_group")
    .set((eb) => ({ owner_id: successorId, version: eb("version", "+", 1), updated_at: tx.now }))
    .where("owner_id", "=", userId)
    .returning("id")
    .execute();
  return [
    ...consequence(
      "REPORTS_REASSIGNED",
      mine.map((id) => publicId("User", id)),
    ),
    ...consequence("SEARCHES_HANDED_OVER", searches.map(({ id }) => publicId("SavedSearch", id)).sort()),
    ...consequence("GROUPS_HANDED_OVER", groups.map(({ id }) => publicId("Group", id)).sort()),
  ];
}

/**
 * Whoever leaves keeps no grant, not even a resting one, and belongs to no static group, whose roles would come back with them. Dynamic groups follow what
 * people are.
 */
export async function endHoldings(tx: Tx, userId: string): Promise<Consequence[]> {
  const ended = await endGrantsOf(tx, [userId]);
  const left = await tx.sql
    .deleteFrom("group_member")
    .where("user_id", "=", userId)
    .where("group_id", "in", (eb) => eb.selectFrom("user_group").select("id").where("kind", "=", "STATIC"))
    .returning("group_id")
    .execute();
  return [
    ...consequence(
      "GRANTS_ENDED",
      ended.map(({ id }) => publicId("RoleGrant", id)),
    ),
    ...consequence("GROUPS_LEFT", left.map(({ group_id }) => publicId("Group", group_id)).sort()),
    ...(await pausedGroups(tx, [userId])),
  ];
}

/** Does, with a deactivation that was scheduled as somebody's leave, what leaving means beside it; in the name of whoever scheduled it. */
export const leavePart = (dateOf: (instant: Date) => string): LifecyclePart => ({
  follows: {
    async HAND_OVER(tx, moves) {
      const scheduled = moves.flatMap(({ scheduledId }) => scheduledId ?? []);
      if (scheduled.length === 0) return [];
      const leaves = await tx.sql
        .selectFrom("offboarding as o")
        .innerJoin("scheduled_transition as t", "t.id", "o.transition_id")
        .select(["o.user_id", "o.successor_id", "t.author_token_id", "t.author_permissions"])
        .where("o.transition_id", "in", scheduled)
        .orderBy("o.user_id")
        .execute();
      const [first] = leaves;
      if (!first) return [];
      // Steps that share a commit are one author's, by one token.
      const lent = { tokenId: first.author_token_id, permissions: first.author_permissions };
      const viewer = await viewerOfAuthor(tx, { ...tx.cause.actor, ...lent }, dateOf);
      const receipt: Consequence[] = [];
      for (const { user_id: userId, successor_id: successorId } of leaves) {
        if (viewer) receipt.push(...(await handOver(tx, viewer, { userId, successorId })));
        receipt.push(...(await endHoldings(tx, userId)));
      }
      return receipt;
    },
  },
});

async function isActive(tx: Tx, id: string): Promise<boolean> {
  const found = await tx.sql.selectFrom("user_account").select("status").where("id", "=", id).executeTakeFirst();
  return found?.status === "ACTIVE";
}
