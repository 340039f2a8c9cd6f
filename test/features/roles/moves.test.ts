import { beforeAll, describe, expect, it } from "vitest";
import type { Permission } from "../../../src/kernel/permissions.ts";
import { grant, makeHolder, makeRole, makeUnit, makeUser } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";

const file = gatewayForFile();

const MOVE_UNIT = "mutation ($input: MoveOrgUnitInput!) { moveOrgUnit(input: $input) { position } }";
const DELETE_UNIT = "mutation ($input: DeleteOrgUnitInput!) { deleteOrgUnit(input: $input) { position } }";
const UPDATE = "mutation ($input: UpdateUserInput!) { updateUser(input: $input) { position } }";
const MOVING: Permission[] = ["USER_READ", "USER_UPDATE", "ORG_READ", "ORG_MANAGE"];

/** Somebody who moves people and units everywhere, and reads sign-in facts in one unit only. */
let world: { theirs: string; other: string; mover: string };

beforeAll(async () => {
  const { id: theirs } = await makeUnit(file.gateway);
  const { id: other } = await makeUnit(file.gateway);
  const mover = await makeHolder(file.gateway, MOVING);
  const { key } = await makeRole(file.gateway, ["USER_READ_SECURITY"]);
  await grant(file.gateway, mover.id, key, { scopeId: theirs });
  world = { theirs, other, mover: mover.token };
});

const refused = async (query: string, input: object) => {
  const { errors } = await file.gateway.ask(query, { input }, world.mover);
  return errors?.[0]?.extensions;
};
const gain = (inputPath: string) => ({ code: "FORBIDDEN", permission: "USER_READ_SECURITY", inputPath });

describe("Nobody gains by a move: what is held only where it goes refuses it", () => {
  it("for a person, also one who stood nowhere", async () => {
    for (const from of [world.other, null]) {
      const { id } = await makeUser(file.gateway, { orgUnitId: from });
      expect(await refused(UPDATE, { id, orgUnitId: world.theirs })).toMatchObject(gain("input.orgUnitId"));
    }
  });

  it("for a unit, also one that stood at the top", async () => {
    for (const parent of [world.other, null]) {
      const { id } = await makeUnit(file.gateway, { parentId: parent });
      const input = { id, newParentId: world.theirs };
      expect(await refused(MOVE_UNIT, input)).toMatchObject(gain("input.newParentId"));
    }
  });

  it("for the members and children of a unit that goes", async () => {
    const { id } = await makeUnit(file.gateway, { parentId: world.other });
    (await makeUser(file.gateway, { orgUnitId: id })).id;
    const input = { id, moveMembersTo: world.theirs };
    expect(await refused(DELETE_UNIT, input)).toMatchObject(gain("input.moveMembersTo"));
  });

  it("but not where it is held at both ends, or given up", async () => {
    const { id: within } = await makeUnit(file.gateway, { parentId: world.theirs });
    const { id } = await makeUser(file.gateway, { orgUnitId: within });
    expect(await refused(UPDATE, { id, orgUnitId: world.theirs })).toBeUndefined();
    expect(await refused(UPDATE, { id, orgUnitId: world.other })).toBeUndefined();
    expect(await refused(MOVE_UNIT, { id: within, newParentId: world.other })).toBeUndefined();
    expect(await refused(UPDATE, { id, orgUnitId: within })).toBeUndefined();
    expect(await refused(DELETE_UNIT, { id: within, moveMembersTo: world.other })).toBeUndefined();
  });
});
