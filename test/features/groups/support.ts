import { expect } from "vitest";
import { makeUnit as makeOrgUnit, makeUser as makePerson, unique } from "../../support/directory.ts";
import type { TestGateway } from "../../support/gateway.ts";

/*
 * Groups for tests: made, filled and followed.
 */

const CREATE = "mutation ($input: CreateGroupInput!) { createGroup(input: $input) { group { id key } position } }";
export const ADD =
  "mutation ($input: GroupMembersInput!) { addGroupMembers(input: $input) { changedCount outcomes { userId outcome } position } }";
export const REMOVE =
  "mutation ($input: GroupMembersInput!) { removeGroupMembers(input: $input) { changedCount outcomes { userId outcome } position } }";

export interface MadeGroup {
  id: string;
  key: string;
}

export async function makeGroup(gateway: TestGateway, input: object = {}, token?: string): Promise<MadeGroup> {
  const key = unique("group");
  const { createGroup } = await gateway.run(CREATE, { input: { key, name: key, ...input } }, token);
  return createGroup.group;
}

export async function add(gateway: TestGateway, groupId: string, userIds: readonly string[], token?: string) {
  return (await gateway.run(ADD, { input: { groupId, userIds } }, token)).addGroupMembers;
}

export async function remove(gateway: TestGateway, groupId: string, userIds: readonly string[], token?: string) {
  return (await gateway.run(REMOVE, { input: { groupId, userIds } }, token)).removeGroupMembers;
}

/** The ids of the members whom the administrator sees, sorted. */
export async function membersOf(gateway: TestGateway, id: string, token?: string): Promise<string[]> {
  const { group } = await gateway.run(
    "query ($id: ID!) { group(by: { id: $id }) { members(first: 500) { nodes { id } } } }",
    { id },
    token,
  );
  return group.members.nodes.map((node: { id: string }) => node.id).sort();
}

/** Everything that is in the log is matched. */
export async function untilMatched(gateway: TestGateway): Promise<void> {
  gateway.searches.matching.start();
  const head = (await gateway.database.head()).commit;
  await expect
    .poll(() => gateway.searches.matches.matched, { timeout: 20_000, interval: 20 })
    .toBeGreaterThanOrEqual(head);
}

/** Everything that is in the log is matched, and followed into groups. */
export async function settle(gateway: TestGateway): Promise<void> {
  gateway.searches.matching.start();
  const head = (await gateway.database.head()).commit;
  await expect
    .poll(async () => gateway.groups.follower.catchUp(), { timeout: 20_000, interval: 20 })
    .toBeGreaterThanOrEqual(head);
}

/** The id of a new active user, of a unit where one is named. */
export const userIn = async (gateway: TestGateway, orgUnitId?: string): Promise<string> =>
  (await makePerson(gateway, orgUnitId === undefined ? {} : { orgUnitId })).id;

/** The id of a new unit, below another where one is named. */
export const unitBelow = async (gateway: TestGateway, parentId?: string): Promise<string> =>
  (await makeOrgUnit(gateway, parentId === undefined ? {} : { parentId })).id;
