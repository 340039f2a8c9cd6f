import { beforeAll, expect, test } from "vitest";
import { machineToken, makeUnit, makeUser } from "../support/directory.ts";
import { gatewayForFile } from "../support/gateway.ts";

const file = gatewayForFile();

const UPDATE = "mutation ($input: UpdateUserInput!) { updateUser(input: $input) { position } }";
const CREATE = "mutation ($input: CreateUserInput!) { createUser(input: $input) { position } }";
const ABSENT_UNIT = "unit_01jd8m5k3tf0vbq2z7y6x4w9ra";
const ABSENT_USER = "user_01jd8m5k3tf0vbq2z7y6x4w9ra";

/** Ann stands in the north and reports to bob in the south; cat in the south and dan in the north report to ann. */
let world: { north: string; team: string; south: string; ann: string; bob: string; dan: string };

beforeAll(async () => {
  const { gateway } = file;
  const root = await makeUnit(gateway, { code: "hidden-root" });
  const north = await makeUnit(gateway, { code: "north", parentId: root.id });
  const team = await makeUnit(gateway, { code: "team", parentId: north.id });
  const south = await makeUnit(gateway, { code: "south", parentId: root.id });
  const bob = await makeUser(gateway, { orgUnitId: south.id });
  const ann = await makeUser(gateway, { orgUnitId: north.id, managerId: bob.id });
  await makeUser(gateway, { orgUnitId: south.id, managerId: ann.id });
  const dan = await makeUser(gateway, { orgUnitId: north.id, managerId: ann.id });
  world = { north: north.id, team: team.id, south: south.id, ann: ann.id, bob: bob.id, dan: dan.id };
});

test("cursors of an order by path do not carry the codes of units further up", async () => {
  const token = await machineToken(file.gateway, ["ORG_READ"], [world.north]);
  const query = `query ($after: String) { orgUnits(first: 1, after: $after, orderBy: { field: PATH }) {
    nodes { code } pageInfo { endCursor } } }`;
  const first = (await file.gateway.run(query, {}, token)).orgUnits;
  const second = (await file.gateway.run(query, { after: first.pageInfo.endCursor }, token)).orgUnits;
  expect([first.nodes, second.nodes]).toEqual([[{ code: "north" }], [{ code: "team" }]]);
  const carried = [first, second].map(({ pageInfo }) => Buffer.from(pageInfo.endCursor, "base64url").toString());
  expect(carried[1]).toContain('["north","team"]');
  expect(carried.join()).not.toContain("hidden-root");
});

test("a unit out of sight is answered as an absent one where somebody is put into it", async () => {
  const token = await machineToken(
    file.gateway,
    ["USER_READ", "USER_CREATE", "USER_UPDATE", "ORG_READ"],
    [world.north],
  );
  const refused = async (query: string, input: object) =>
    (await file.gateway.refusal(query, { input }, token)).extensions;
  for (const orgUnitId of [world.south, ABSENT_UNIT]) {
    const expected = { code: "NOT_FOUND", inputPath: "input.orgUnitId" };
    expect(await refused(UPDATE, { id: world.ann, orgUnitId })).toEqual(expected);
    expect(await refused(CREATE, { username: "nobody", orgUnitId })).toEqual(expected);
  }
});

test("whoever may not see a manager does not find out by naming them", async () => {
  const token = await machineToken(file.gateway, ["USER_READ", "USER_UPDATE"], [world.north]);
  for (const managerId of [world.bob, ABSENT_USER]) {
    const { extensions } = await file.gateway.refusal(UPDATE, { input: { id: world.ann, managerId } }, token);
    expect(extensions).toEqual({ code: "NOT_FOUND", inputPath: "input.managerId" });
  }
});

test("consequences count people out of sight, and name only those in it", async () => {
  const token = await machineToken(file.gateway, ["USER_READ", "USER_LIFECYCLE"], [world.north]);
  const { deactivateUser } = await file.gateway.run(
    `mutation ($input: DeactivateUserInput!) { deactivateUser(input: $input) { consequences { kind count subjectIds } } }`,
    { input: { id: world.ann } },
    token,
  );
  expect(deactivateUser.consequences).toEqual([{ kind: "REPORTS_ORPHANED", count: 2, subjectIds: [world.dan] }]);
});
