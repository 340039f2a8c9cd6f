import { describe, expect, it } from "vitest";
import { grant, makeRole, makeUnit, makeUser } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";

const file = gatewayForFile();

const CONSEQUENCES = "consequences { kind count subjectIds }";
const CREATE = `mutation ($input: CreateUserInput!) { createUser(input: $input) { user { id roles { key } roleGrants { scope { id } reason active } } } }`;
const DELETE = `mutation ($input: DeleteUserInput!) { deleteUser(input: $input) { ${CONSEQUENCES} } }`;
const DELETE_UNIT = `mutation ($input: DeleteOrgUnitInput!) { deleteOrgUnit(input: $input) { deletedId } }`;
const ALL = `query ($id: ID!) { node(id: $id) { ... on User { roleGrants(includeInactive: true) { id active scope { id } } } } }`;
const REVOKE = "mutation ($input: RevokeRoleInput!) { revokeRole(input: $input) { grant { id } } }";

describe("Roles follow people and units:", () => {
  it("a new user is granted the roles that were asked for, everywhere, in the same commit", async () => {
    const first = await makeRole(file.gateway, ["USER_READ"]);
    const second = await makeRole(file.gateway, ["ORG_READ"]);
    const input = { username: "newcomer", status: "ACTIVE", roleKeys: [first.key, second.key], reason: "Starts today" };
    const { createUser } = await file.gateway.run(CREATE, { input });
    expect(createUser.user.roles).toEqual([{ key: first.key }, { key: second.key }]);
    const given = { scope: null, reason: "Starts today", active: true };
    expect(createUser.user.roleGrants).toEqual([given, given]);
  });

  it("a role asked for twice in another case is a conflict, and nobody is created", async () => {
    const { key } = await makeRole(file.gateway, []);
    const input = { username: "twice", roleKeys: [key, key.toUpperCase()] };
    expect((await file.gateway.refusal(CREATE, { input })).extensions.code).toBe("CONFLICT");
    const { user } = await file.gateway.run(`{ user(by: { username: "twice" }) { id } }`);
    expect(user).toBeNull();
  });

  it("a deleted user loses every grant that has not ended, and is given those back when restored", async () => {
    const role = await makeRole(file.gateway, []);
    const later = await makeRole(file.gateway, []);
    const past = await makeRole(file.gateway, []);
    const { id } = await makeUser(file.gateway);
    const now = await grant(file.gateway, id, role.key);
    const future = await grant(file.gateway, id, later.key, { startsAt: "2999-01-01T00:00:00Z" });
    const ended = await grant(file.gateway, id, past.key);
    await file.gateway.run(REVOKE, { input: { grantId: ended } });
    const { deleteUser } = await file.gateway.run(DELETE, { input: { id } });
    expect(deleteUser.consequences).toContainEqual({
      kind: "GRANTS_ENDED",
      count: 2,
      subjectIds: [now, future].sort(),
    });
    const { restoreUser } = await file.gateway.run(
      `mutation ($input: RestoreUserInput!) { restoreUser(input: $input) { ${CONSEQUENCES} notRestored { kind } } }`,
      { input: { id } },
    );
    expect(restoreUser).toEqual({
      consequences: [{ kind: "GRANTS_RESTORED", count: 2, subjectIds: [now, future].sort() }],
      notRestored: [],
    });
    const { node } = await file.gateway.run(ALL, { id });
    expect(node.roleGrants.map(({ active }: { active: boolean }) => active)).toEqual([true, false, false]);
  });

  it.each(["suspend", "deactivate"])("%sUser leaves a user their grants, which rest", async (operation) => {
    const { key } = await makeRole(file.gateway, []);
    const { id } = await makeUser(file.gateway);
    const resting = await grant(file.gateway, id, key);
    const type = operation === "suspend" ? "SuspendUserInput" : "DeactivateUserInput";
    const { change } = await file.gateway.run(
      `mutation ($input: ${type}!) { change: ${operation}User(input: $input) { user { roles { key } } ${CONSEQUENCES} } }`,
      { input: { id } },
    );
    expect(change).toEqual({ user: { roles: [] }, consequences: [] });
    const { node } = await file.gateway.run(ALL, { id });
    expect(node.roleGrants).toEqual([{ id: resting, active: false, scope: null }]);
  });

  it("grants over a unit go with it", async () => {
    const { key } = await makeRole(file.gateway, []);
    const { id: unit } = await makeUnit(file.gateway);
    const { id: other } = await makeUnit(file.gateway);
    const { id } = await makeUser(file.gateway);
    await grant(file.gateway, id, key, { scopeId: unit });
    const stays = await grant(file.gateway, id, key, { scopeId: other });
    await file.gateway.run(DELETE_UNIT, { input: { id: unit } });
    const { node } = await file.gateway.run(ALL, { id });
    expect(node.roleGrants).toEqual([{ id: stays, active: true, scope: { id: other } }]);
  });
});
