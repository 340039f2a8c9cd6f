import { describe, expect, it } from "vitest";
import { grant, machineToken, makeHolder, makeRole, makeUnit, makeUser, tokenOf } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";

const file = gatewayForFile();

const HELD =
  "query ($id: ID!) { user(by: { id: $id }) { id roles { key } roleGrants { id scope { id } } permissions } }";
const NODE = "query ($id: ID!) { node(id: $id) { id } }";

describe("What is seen of roles", () => {
  it("is nothing without ROLE_READ: roles are refused, and null on users", async () => {
    const { id, key } = await makeRole(file.gateway, []);
    const { id: user } = await makeUser(file.gateway);
    const grantId = await grant(file.gateway, user, key);
    const token = await machineToken(file.gateway, ["USER_READ", "ORG_READ"]);
    const forbidden = { code: "FORBIDDEN", permission: "ROLE_READ" };
    expect((await file.gateway.refusal("{ roles { nodes { id } } }", {}, token)).extensions).toMatchObject(forbidden);
    expect(
      (await file.gateway.refusal("query ($id: ID!) { role(by: { id: $id }) { id } }", { id }, token)).extensions,
    ).toMatchObject(forbidden);
    expect((await file.gateway.run(HELD, { id: user }, token)).user).toEqual({
      id: user,
      roles: null,
      roleGrants: null,
      permissions: null,
    });
    for (const hidden of [id, grantId]) expect((await file.gateway.run(NODE, { id: hidden }, token)).node).toBeNull();
  });

  it("is bounded by where ROLE_READ is held: users outside show none, and are no members", async () => {
    const { id: inside } = await makeUnit(file.gateway);
    const { id: outside } = await makeUnit(file.gateway);
    const { key } = await makeRole(file.gateway, []);
    const { id: near } = await makeUser(file.gateway, { orgUnitId: inside });
    const { id: far } = await makeUser(file.gateway, { orgUnitId: outside });
    const nearGrant = await grant(file.gateway, near, key);
    const farGrant = await grant(file.gateway, far, key);
    const { id: reader, token } = await makeHolder(file.gateway, ["ROLE_READ"], inside);
    const reading = await makeRole(file.gateway, ["USER_READ"]);
    await grant(file.gateway, reader, reading.key);
    expect((await file.gateway.run(HELD, { id: near }, token)).user.roles).toEqual([{ key }]);
    expect((await file.gateway.run(HELD, { id: far }, token)).user.roles).toBeNull();
    expect((await file.gateway.run(NODE, { id: nearGrant }, token)).node).toEqual({ id: nearGrant });
    expect((await file.gateway.run(NODE, { id: farGrant }, token)).node).toBeNull();
    const { role } = await file.gateway.run(
      "query ($key: String!) { role(by: { key: $key }) { members { nodes { id } totalCount } } }",
      { key },
      token,
    );
    expect(role.members).toEqual({ nodes: [{ id: near }], totalCount: 1 });
  });

  it("always includes one's own, with the units they are held over", async () => {
    const { id: unit } = await makeUnit(file.gateway);
    const { key } = await makeRole(file.gateway, ["AUDIT_READ"]);
    const { id } = await makeUser(file.gateway);
    const grantId = await grant(file.gateway, id, key, { scopeId: unit });
    const { user } = await file.gateway.run(HELD, { id }, await tokenOf(file.gateway, id));
    expect(user).toEqual({
      id,
      roles: [{ key }],
      roleGrants: [{ id: grantId, scope: { id: unit } }],
      permissions: ["AUDIT_READ"],
    });
  });

  it("hides whoever holds a role but is out of sight", async () => {
    const { id: inside } = await makeUnit(file.gateway);
    const { key } = await makeRole(file.gateway, []);
    const { id: hidden } = await makeUser(file.gateway);
    const grantId = await grant(file.gateway, hidden, key);
    const token = await machineToken(file.gateway, ["USER_READ", "ROLE_READ"], [inside]);
    expect((await file.gateway.run(NODE, { id: grantId }, token)).node).toBeNull();
    const MEMBERS = "query ($key: String!) { role(by: { key: $key }) { members { nodes { id } totalCount } } }";
    expect((await file.gateway.run(MEMBERS, { key }, token)).role.members).toEqual({ nodes: [], totalCount: 0 });
  });
});

describe("The members of a role", () => {
  it("are filtered, sorted and paged as users are, and leave out whose grants ended or rest", async () => {
    const { key } = await makeRole(file.gateway, []);
    const people = [];
    for (let i = 0; i < 5; i++) people.push((await makeUser(file.gateway, { title: `T${i}` })).id);
    for (const id of people) await grant(file.gateway, id, key);
    const [first, second, third, fourth, fifth] = people;
    await file.gateway.run("mutation ($input: DeleteUserInput!) { deleteUser(input: $input) { position } }", {
      input: { id: fourth },
    });
    await file.gateway.run("mutation ($input: SuspendUserInput!) { suspendUser(input: $input) { position } }", {
      input: { id: fifth },
    });
    const MEMBERS = `query ($key: String!, $filter: UserFilter) { role(by: { key: $key }) {
      members(filter: $filter, orderBy: [{ field: CREATED_AT, direction: DESC }], first: 2) { nodes { id } totalCount pageInfo { hasNextPage } } } }`;
    const all = (await file.gateway.run(MEMBERS, { key })).role.members;
    expect(all).toEqual({ nodes: [{ id: third }, { id: second }], totalCount: 3, pageInfo: { hasNextPage: true } });
    const others = (await file.gateway.run(MEMBERS, { key, filter: { title: { ne: "T1" } } })).role.members;
    expect(others.nodes).toEqual([{ id: third }, { id: first }]);
  });
});
