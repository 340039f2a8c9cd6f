import type { Viewer } from "../../access/actor.ts";
import type { Tx } from "../../database/transaction.ts";
import { forbidden } from "../../kernel/errors.ts";
import { newId } from "../../kernel/ids.ts";
import { lockStatic } from "../groups/group.members.ts";
import { seesGroups } from "../groups/group.queries.ts";
import { groupHoldings } from "../roles/group-holdings.ts";
import type { GroupChange } from "./profile-template.changes.ts";
import type { WantedGroup } from "./profile-template.matching.ts";

/** Somebody's membership of a static group. */
export interface Membership extends GroupChange {
  memberId: string;
  /** Whether it came of a template. */
  ofTemplate: boolean;
}

/** Every static group that a person belongs to by hand or by a template. */
export async function memberships(tx: Tx, userId: string): Promise<Membership[]> {
  const rows = await tx.sql
    .selectFrom("group_member as m")
    .innerJoin("user_group as g", "g.id", "m.group_id")
    .leftJoin("profile_template_member as t", "t.member_id", "m.id")
    .select(["m.id", "g.id as group_id", "g.key", "t.member_id"])
    .where("m.user_id", "=", userId)
    .where("g.kind", "=", "STATIC")
    .orderBy("g.key")
    .execute();
  return rows.map(({ id, group_id, key, member_id }) => ({
    memberId: id,
    groupId: group_id,
    key,
    ofTemplate: member_id !== null,
  }));
}

/**
 * Locks groups that templates put people into or out of, in the order of their ids and before the graph of roles, where the viewer manages all
 * of them: whoever applies a template does no more than they could do by hand.
 */
export async function lockGroups(
  tx: Tx,
  viewer: Viewer,
  groupIds: readonly string[],
  inputPath: string,
): Promise<void> {
  if (groupIds.length > 0 && !seesGroups(viewer)) throw forbidden("ROLE_READ", inputPath);
  for (const id of [...new Set(groupIds)].sort()) await lockStatic(tx, viewer, id, inputPath);
}

/** Puts somebody into groups, which are locked: by the rules of addGroupMembers. */
export async function joinGroups(
  tx: Tx,
  viewer: Viewer,
  userId: string,
  wanted: readonly WantedGroup[],
  inputPath: string,
): Promise<GroupChange[]> {
  const joined: GroupChange[] = [];
  for (const { groupId, key, templateId } of wanted) {
    await groupHoldings.requireNoLess(tx, viewer, groupId, inputPath);
    const member = { id: newId(), group_id: groupId, user_id: userId, joined_at: tx.now };
    await tx.sql.insertInto("group_member").values(member).execute();
    const remembered = { member_id: member.id, user_id: userId, template_id: templateId };
    await tx.sql.insertInto("profile_template_member").values(remembered).execute();
    joined.push({ groupId, key });
  }
  return joined;
}

/** Takes somebody out of groups, which are locked: by the rules of removeGroupMembers. */
export async function leaveGroups(
  tx: Tx,
  userId: string,
  leaving: readonly Membership[],
  inputPath: string,
): Promise<GroupChange[]> {
  for (const { groupId, memberId } of leaving) {
    await groupHoldings.keepRoleManager(tx, groupId, [userId], inputPath);
    await tx.sql.deleteFrom("group_member").where("id", "=", memberId).execute();
  }
  return leaving.map(({ groupId, key }) => ({ groupId, key }));
}
