import { describe, expect, it } from "vitest";
import { passTime } from "../../../src/feed/time.ts";
import { GRANT, grant, makeHolder, makeRole, tokenOf } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";
import { saveSearch } from "../saved-searches/support.ts";
import { ADD, add, makeGroup, membersOf, remove, unitBelow, userIn } from "./support.ts";

const file = gatewayForFile();

const VIEWER = "{ viewer { permissions { permission everywhere } } }";
const HELD = `query ($id: ID!, $all: Boolean) { user(by: { id: $id }) { roles { key } permissions
  roleGrants(includeInactive: $all) { id active grantee { __typename ... on Group { id } ... on User { id } } } } }`;
const REVOKE = "mutation ($input: RevokeRoleInput!) { revokeRole(input: $input) { grant { id active } } }";
const DELETE = "mutation ($input: DeleteGroupInput!) { deleteGroup(input: $input) { consequences { kind count } } }";
const held = async (id: string) => (await file.gateway.run(HELD, { id })).user;

describe("A grant to a group", () => {
  it("is held by its members from joining until leaving, and shown on both", async () => {
    const { gateway } = file;
    const [{ id }, { key }, unit] = [
      await makeGroup(gateway),
      await makeRole(gateway, ["USER_READ"]),
      await unitBelow(gateway),
    ];
    const [ann, seen] = [await userIn(gateway), await userIn(gateway, unit)];
    const token = await tokenOf(gateway, ann);
    const grantId = await grant(gateway, id, key, { scopeId: unit });
    const sees = async () =>
      (await gateway.run("query ($id: ID!) { user(by: { id: $id }) { id } }", { id: seen }, token)).user;
    expect(await sees()).toBeNull();
    await add(gateway, id, [ann]);
    expect(await sees()).toEqual({ id: seen });
    expect(await held(ann)).toEqual({
      roles: [{ key }],
      permissions: ["USER_READ"],
      roleGrants: [{ id: grantId, active: true, grantee: { __typename: "Group", id } }],
    });
    const { role, users, group, node } = await gateway.run(
      `query ($key: String!, $id: ID!, $grant: ID!, $f: UserFilter) {
        role(by: { key: $key }) { members { nodes { id } } } users(filter: $f) { nodes { id } }
        group(by: { id: $id }) { roleGrants { id role { key } } } node(id: $grant) { ... on RoleGrant { id grantee { ... on Group { id } } } } }`,
      { key, id, grant: grantId, f: { roleGrants: { some: { scopeWithin: unit } }, roles: { any: [key] } } },
    );
    expect(role.members.nodes).toEqual([{ id: ann }]);
    expect(users.nodes).toEqual([{ id: ann }]);
    expect(group.roleGrants).toEqual([{ id: grantId, role: { key } }]);
    expect(node).toEqual({ id: grantId, grantee: { id } });
    await remove(gateway, id, [ann]);
    expect(await sees()).toBeNull();
    expect((await held(ann)).roles).toEqual([]);
  });

  it("begins, ends and is revoked for all members at once, and grants beside it count for themselves", async () => {
    const { gateway } = file;
    const [{ id }, { key }] = [await makeGroup(gateway), await makeRole(gateway, ["AUDIT_READ"])];
    const ann = await userIn(gateway);
    await add(gateway, id, [ann]);
    const day = 86_400_000;
    const [startsAt, expiresAt] = [day, 3 * day].map((ms) => new Date(Date.now() + ms).toISOString()) as [
      string,
      string,
    ];
    const grantId = await grant(gateway, id, key, { startsAt, expiresAt });
    const overlapping = await gateway.refusal(GRANT, { input: { granteeId: id, roleKey: key } });
    expect(overlapping.extensions).toMatchObject({ code: "CONFLICT", field: "role" });
    const found = async () =>
      (
        await gateway.run("query ($f: UserFilter) { users(filter: $f) { totalCount } }", {
          f: { roles: { any: [key] } },
        })
      ).users.totalCount;
    const seen: unknown[] = [];
    for (const offset of ["0 days", "2 days", "4 days"]) {
      gateway.database.moveClock(offset);
      await passTime(gateway.database);
      seen.push([(await held(ann)).permissions, await found()]);
    }
    gateway.database.moveClock("0 days");
    expect(seen).toEqual([
      [[], 0],
      [["AUDIT_READ"], 1],
      [[], 0],
    ]);
    expect((await gateway.run(REVOKE, { input: { grantId } })).revokeRole.grant).toEqual({
      id: grantId,
      active: false,
    });
    const again = await grant(gateway, id, key);
    expect((await held(ann)).permissions).toEqual(["AUDIT_READ"]);
    const own = await grant(gateway, ann, key);
    await gateway.run(REVOKE, { input: { grantId: again } });
    expect((await held(ann)).roleGrants.map((one: { id: string }) => one.id)).toEqual([own]);
  });

  it("ends with the group, and is nothing to whoever is not active", async () => {
    const { gateway } = file;
    const [{ id }, { key }] = [await makeGroup(gateway), await makeRole(gateway, ["USER_READ"])];
    const ann = await userIn(gateway);
    const token = await tokenOf(gateway, ann);
    await add(gateway, id, [ann]);
    await grant(gateway, id, key);
    const move = (name: string) =>
      gateway.run(`mutation ($input: ${name}UserInput!) { ${name.toLowerCase()}User(input: $input) { position } }`, {
        input: { id: ann },
      });
    await move("Deactivate");
    expect((await gateway.ask(VIEWER, {}, token)).errors?.[0]?.extensions.code).toBe("UNAUTHENTICATED");
    await move("Delete");
    await move("Restore");
    await move("Activate");
    expect((await held(ann)).permissions).toEqual(["USER_READ"]);
    expect((await gateway.run(DELETE, { input: { id } })).deleteGroup.consequences).toEqual([
      { kind: "GRANTS_ENDED", count: 1 },
    ]);
    expect(await held(ann)).toMatchObject({ roles: [], roleGrants: [] });
  });
});

describe("Nobody gives more than they hold", () => {
  const forbidden = (permission: string) => ({ code: "FORBIDDEN", permission });

  it("by adding members, themselves included, to a group that holds more", async () => {
    const { gateway } = file;
    const manager = await makeHolder(gateway, ["GROUP_MANAGE", "ROLE_READ", "USER_READ"]);
    const [{ id }, { key }] = [await makeGroup(gateway), await makeRole(gateway, ["SETTINGS_MANAGE"])];
    await grant(gateway, id, key);
    const refused = await gateway.refusal(ADD, { input: { groupId: id, userIds: [manager.id] } }, manager.token);
    expect(refused.extensions).toMatchObject(forbidden("SETTINGS_MANAGE"));
    expect(await membersOf(gateway, id)).toEqual([]);
    await grant(gateway, manager.id, key);
    expect((await add(gateway, id, [manager.id], manager.token)).changedCount).toBe(1);
  });

  it("by granting to a group, also not over another place or for longer", async () => {
    const { gateway } = file;
    const unit = await unitBelow(gateway);
    const { token } = await makeHolder(
      gateway,
      ["ROLE_GRANT", "ROLE_READ", "USER_READ", "AUDIT_READ", "ORG_READ"],
      unit,
    );
    const [inside, outside] = [await makeGroup(gateway, { orgUnitId: unit }), await makeGroup(gateway)];
    const [more, same] = [await makeRole(gateway, ["USER_ERASE"]), await makeRole(gateway, ["AUDIT_READ"])];
    const ask = (granteeId: string, roleKey: string, scopeId?: string) =>
      gateway.ask(GRANT, { input: { granteeId, roleKey, ...(scopeId ? { scopeId } : {}) } }, token);
    expect((await ask(inside.id, more.key, unit)).errors?.[0]?.extensions).toMatchObject(forbidden("USER_ERASE"));
    expect((await ask(inside.id, same.key)).errors?.[0]?.extensions).toMatchObject(forbidden("ROLE_GRANT"));
    expect((await ask(outside.id, same.key, unit)).errors?.[0]?.extensions).toMatchObject(forbidden("ROLE_GRANT"));
    expect((await ask(inside.id, same.key, unit)).errors).toBeUndefined();
  });

  it("by giving a dynamic group another search, or editing the search", async () => {
    const { gateway } = file;
    const manager = await makeHolder(gateway, ["GROUP_MANAGE", "ROLE_READ", "USER_READ"]);
    const search = await saveSearch(gateway, { filter: { department: { eq: "Vault" } } }, manager.token);
    const other = await saveSearch(gateway, { filter: { department: { eq: "Mine" } } }, manager.token);
    const { id } = await makeGroup(gateway, { savedSearchId: search.id }, manager.token);
    const edit = "mutation ($input: UpdateSavedSearchInput!) { updateSavedSearch(input: $input) { position } }";
    const swap = "mutation ($input: UpdateGroupInput!) { updateGroup(input: $input) { position } }";
    const { key } = await makeRole(gateway, ["SETTINGS_MANAGE"]);
    await gateway.run(edit, { input: { id: search.id, filter: { department: { eq: "Safe" } } } }, manager.token);
    const grantId = await grant(gateway, id, key);
    for (const [document, input] of [
      [edit, { id: search.id, filter: { id: { eq: manager.id } } }],
      [swap, { id, savedSearchId: other.id }],
    ] as const)
      expect((await gateway.refusal(document, { input }, manager.token)).extensions).toMatchObject(
        forbidden("SETTINGS_MANAGE"),
      );
    await gateway.run(edit, { input: { id: search.id, name: "Renamed" } }, manager.token);
    await gateway.run(REVOKE, { input: { grantId } });
    await gateway.run(swap, { input: { id, savedSearchId: other.id } }, manager.token);
  });

  it("by making a group of a search that finds people or asks about fields that they may not see", async () => {
    const { gateway } = file;
    const unit = await unitBelow(gateway);
    const bounded = await makeHolder(gateway, ["GROUP_MANAGE", "ROLE_READ", "USER_READ"], unit);
    const blind = await makeHolder(gateway, ["GROUP_MANAGE", "ROLE_READ", "USER_READ"]);
    const create = "mutation ($input: CreateGroupInput!) { createGroup(input: $input) { position } }";
    const shared = await saveSearch(gateway, { visibility: "SHARED", filter: { riskScore: { gt: 80 } } });
    const hidden = await saveSearch(gateway, { filter: { title: { eq: "x" } } });
    const own = await saveSearch(gateway, { filter: { title: { eq: "x" } } }, bounded.token);
    const refusal = async (savedSearchId: string, token: string, more = {}) =>
      (await gateway.refusal(create, { input: { key: "never-made", name: "N", savedSearchId, ...more } }, token))
        .extensions;
    expect(await refusal(own.id, bounded.token, { orgUnitId: unit })).toMatchObject(forbidden("USER_READ"));
    expect(await refusal(shared.id, blind.token)).toMatchObject({ code: "FIELD_FORBIDDEN", field: "riskScore" });
    expect((await refusal(hidden.id, blind.token)).code).toBe("NOT_FOUND");
  });

  it("and the last who manages roles is kept by a static group, not by a dynamic one", async () => {
    const { gateway } = file;
    const [{ id }, { key }] = [await makeGroup(gateway), await makeRole(gateway, ["ROLE_MANAGE"])];
    const search = await saveSearch(gateway, { filter: { department: { eq: "Managers" } } });
    const dynamic = await makeGroup(gateway, { savedSearchId: search.id });
    const [ann, bob] = [await userIn(gateway), await userIn(gateway)];
    await add(gateway, id, [ann, bob]);
    const grantId = await grant(gateway, id, key);
    await grant(gateway, dynamic.id, key);
    await remove(gateway, id, [bob]);
    const last = { code: "CONFLICT", permission: "ROLE_MANAGE" };
    const suspend = "mutation ($input: SuspendUserInput!) { suspendUser(input: $input) { position } }";
    const gone = "mutation ($input: DeleteUserInput!) { deleteUser(input: $input) { position } }";
    const taken = "mutation ($input: GroupMembersInput!) { removeGroupMembers(input: $input) { position } }";
    for (const [document, input] of [
      [taken, { groupId: id, userIds: [ann] }],
      [DELETE, { id }],
      [REVOKE, { grantId }],
      [suspend, { id: ann }],
      [gone, { id: ann }],
    ] as const)
      expect((await gateway.refusal(document, { input })).extensions).toMatchObject(last);
    await grant(gateway, bob, key);
    await gateway.run(taken, { input: { groupId: id, userIds: [ann] } });
  });
});
