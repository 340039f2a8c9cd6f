import { sql } from "kysely";
import type { Viewer } from "../../access/actor.ts";
import type { Placed } from "../../access/policy.ts";
import type { Tx } from "../../database/transaction.ts";
import { conflict, forbidden, notFound, RollcallError } from "../../kernel/errors.ts";
import { newId } from "../../kernel/ids.ts";
import type { GroupEntity } from "../groups/group.entity.ts";
import { lockStatic } from "../groups/group.members.ts";
import { seesGroups } from "../groups/group.queries.ts";
import { insertRows } from "../imports/bulk.write.ts";
import { groupHoldings } from "../roles/group-holdings.ts";
import { changedSince, type GroupChange, type MemberRemoval } from "./bulk.change.ts";

/** A membership that a change makes. */
export interface NewMember {
  id: string;
  groupId: string;
  /** The template that it comes of, null where that is gone; undefined: it is made by hand. */
  templateId: string | null | undefined;
}

/** A membership that is there. */
export interface HeldMember extends NewMember {
  userId: string;
}

/** Groups that a batch locked, each where the viewer manages it, or why they may not change who belongs to it. */
export type LockedGroups = ReadonlyMap<string, GroupEntity | RollcallError>;

/** Groups as the people of a batch may join and leave them. */
export interface GroupFacts {
  groups: LockedGroups;
  /** Why the viewer may put nobody into a group: it was granted more than they hold. */
  beyond: ReadonlyMap<string, RollcallError>;
  held: ReadonlyMap<string, readonly HeldMember[]>;
}

/**
 * Locks groups in the order of their ids. To be called before people are locked and before the graph of roles: as whoever changes members by
 * hand does, so that the two do not wait for each other.
 */
export async function lockGroups(tx: Tx, viewer: Viewer, groupIds: Iterable<string>): Promise<LockedGroups> {
  const groups = new Map<string, GroupEntity | RollcallError>();
  for (const id of [...new Set(groupIds)].sort())
    groups.set(id, await orRefusal(lockStatic(tx, viewer, id, "groupIds")));
  return groups;
}

/** What deciding about groups takes: as many statements for a thousand people as for one. */
export async function loadGroups(
  tx: Tx,
  viewer: Viewer,
  userIds: readonly string[],
  groups: LockedGroups,
  joining: Iterable<string>,
): Promise<GroupFacts> {
  const beyond = new Map<string, RollcallError>();
  for (const id of new Set(joining)) {
    if (!groups.has(id) || groups.get(id) instanceof RollcallError) continue;
    const refused = await orRefusal(groupHoldings.requireNoLess(tx, viewer, id, "groupIds"));
    if (refused instanceof RollcallError) beyond.set(id, refused);
  }
  const { rows } = await sql<HeldMember & { ofTemplate: boolean }>`
    SELECT m.id, m.group_id AS "groupId", m.user_id AS "userId", t.template_id AS "templateId", t.member_id IS NOT NULL AS "ofTemplate"
    FROM group_member m LEFT JOIN profile_template_member t ON t.member_id = m.id
    WHERE m.group_id = ANY (${[...groups.keys()]}::uuid[]) AND m.user_id = ANY (${[...userIds]}::uuid[]) ORDER BY m.id`.execute(
    tx.sql,
  );
  const held = rows.map(({ ofTemplate, templateId, ...row }) => ({
    ...row,
    templateId: ofTemplate ? templateId : undefined,
  }));
  return { groups, beyond, held: Map.groupBy(held, ({ userId }) => userId) };
}

async function orRefusal<T>(work: Promise<T>): Promise<T | RollcallError> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof RollcallError) return error;
    throw error;
  }
}

/** What a change says of somebody's groups. */
interface GroupsAsked {
  add: readonly GroupChange[];
  remove: readonly string[];
  end: readonly MemberRemoval[];
  staysOut: boolean;
}

/** Which groups somebody joins and leaves, by the rules of addGroupMembers and removeGroupMembers. */
export function decideGroups(
  viewer: Viewer,
  placed: Placed,
  { add, remove, end, staysOut }: GroupsAsked,
  facts: GroupFacts | undefined,
): { join: NewMember[]; leave: HeldMember[] } {
  if (!facts || add.length + remove.length + end.length === 0) return { join: [], leave: [] };
  if (staysOut) throw conflict("Whoever is deleted or archived belongs to no group: bring them back first.");
  const held = facts.held.get(placed.userId) ?? [];
  const join: NewMember[] = [];
  for (const { groupId, templateId } of add) {
    if (templateId !== undefined && !seesGroups(viewer)) throw forbidden("ROLE_READ");
    requireManaged(facts, groupId);
    const beyond = facts.beyond.get(groupId);
    if (beyond) throw beyond;
    if ([...held, ...join].some((member) => member.groupId === groupId)) continue;
    join.push({ id: newId(), groupId, templateId });
  }
  for (const groupId of [...remove, ...end.map((one) => one.groupId)]) requireManaged(facts, groupId);
  if (end.some(({ memberId }) => !held.some(({ id }) => id === memberId))) throw changedSince();
  const ending = new Set(end.map(({ memberId }) => memberId));
  return { join, leave: held.filter(({ id, groupId }) => remove.includes(groupId) || ending.has(id)) };
}

function requireManaged({ groups }: GroupFacts, groupId: string): void {
  const group = groups.get(groupId) ?? notFound("group", "groupIds");
  if (group instanceof RollcallError) throw group;
}

/** Groups by their keys, as a plan shows them. */
export const keysOf = (members: readonly NewMember[], facts: GroupFacts | undefined): string[] =>
  members
    .map(({ groupId }) => {
      const group = facts?.groups.get(groupId);
      return !group || group instanceof RollcallError ? "" : group.key;
    })
    .sort();

/** Puts people into groups, of those who are changed together: before anybody is taken out of one, as of roles. */
export async function writeMembers(
  tx: Tx,
  due: readonly { userId: string; join: readonly NewMember[] }[],
): Promise<void> {
  const joining = due.flatMap(({ userId, join }) =>
    join.map(({ id, groupId }) => ({ id, group_id: groupId, user_id: userId, joined_at: tx.now })),
  );
  if (joining.length > 0) await insertRows(tx.sql, "group_member", joining);
}

/** Takes people out of groups; CONFLICT where nobody would manage roles any more. */
export async function endMembers(tx: Tx, due: readonly { leave: readonly HeldMember[] }[]): Promise<void> {
  const leaving = Map.groupBy(
    due.flatMap(({ leave }) => leave),
    ({ groupId }) => groupId,
  );
  for (const [groupId, members] of leaving) {
    const people = members.map(({ userId }) => userId);
    await groupHoldings.keepRoleManager(tx, groupId, people, "userId");
    await sql`
      DELETE FROM group_member WHERE group_id = ${groupId}::uuid AND user_id = ANY(${people}::uuid[])`.execute(tx.sql);
  }
}
