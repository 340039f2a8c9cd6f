import { describe, expect, it } from "vitest";
import type { Permission } from "../../../src/kernel/permissions.ts";
import { GRANT, grant, machineToken, makeHolder, makeRole, makeUnit, makeUser } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";

const file = gatewayForFile();

const CREATE = "mutation ($input: CreateRoleInput!) { createRole(input: $input) { role { id } } }";
const UPDATE = "mutation ($input: UpdateRoleInput!) { updateRole(input: $input) { role { id permissions } } }";
const DELETE = "mutation ($input: DeleteRoleInput!) { deleteRole(input: $input) { deletedId } }";
const CREATE_USER = "mutation ($input: CreateUserInput!) { createUser(input: $input) { user { id } } }";
const FIND = "query ($username: String!) { user(by: { username: $username }) { id } }";
const GRANTING = ["USER_READ", "ORG_READ", "ROLE_READ", "ROLE_GRANT"] as const;
const MANAGING = ["ROLE_READ", "ROLE_MANAGE"] as const;

/** An instant so many days from now, the same for the whole file. */
const today = Date.now();
const day = (days: number) => new Date(today + days * 86_400_000).toISOString();

/** What the answer refuses, or undefined where it does not. */
async function refused(query: string, input: object, token: string) {
  const { errors } = await file.gateway.ask(query, { input }, token);
  return errors?.[0]?.extensions;
}

describe("Nobody gives more than they hold:", () => {
  it("a role is granted only by who holds all of it, with what it inherits", async () => {
    const inherited = await makeRole(file.gateway, ["AUDIT_READ"]);
    const { key } = await makeRole(file.gateway, ["USER_READ"], [inherited.key]);
    const { id: user } = await makeUser(file.gateway);
    const input = { granteeId: user, roleKey: key };
    const without = await machineToken(file.gateway, GRANTING);
    expect(await refused(GRANT, input, without)).toMatchObject({
      code: "FORBIDDEN",
      permission: "AUDIT_READ",
      inputPath: "input.roleKey",
    });
    const holding = await machineToken(file.gateway, [...GRANTING, "AUDIT_READ"]);
    expect(await refused(GRANT, input, holding)).toBeUndefined();
  });

  it("it counts where it is held: the grant's scope must lie inside", async () => {
    const { id: root } = await makeUnit(file.gateway);
    const { id: inside } = await makeUnit(file.gateway, { parentId: root });
    const { id: beside } = await makeUnit(file.gateway, { parentId: root });
    const { id: user } = await makeUser(file.gateway, { orgUnitId: inside });
    const { key } = await makeRole(file.gateway, ["USER_UPDATE"]);
    const granter = await makeHolder(file.gateway, GRANTING);
    const updating = await makeRole(file.gateway, ["USER_UPDATE"]);
    await grant(file.gateway, granter.id, updating.key, { scopeId: inside });
    const give = (scopeId?: string) => refused(GRANT, { granteeId: user, roleKey: key, scopeId }, granter.token);
    expect(await give(inside)).toBeUndefined();
    expect(await give(beside)).toMatchObject({ code: "FORBIDDEN", permission: "USER_UPDATE" });
    expect(await give(root)).toMatchObject({ code: "FORBIDDEN", permission: "USER_UPDATE" });
    expect(await give()).toMatchObject({ code: "FORBIDDEN", permission: "USER_UPDATE" });
  });

  it("it counts for how long it is held: nothing is granted beyond that, and the refusal says until when", async () => {
    const { id: user } = await makeUser(file.gateway);
    const { key } = await makeRole(file.gateway, ["AUDIT_READ"]);
    const granter = await makeHolder(file.gateway, GRANTING);
    const reading = await makeRole(file.gateway, ["AUDIT_READ"]);
    const latest = day(30);
    await grant(file.gateway, granter.id, reading.key, { expiresAt: day(20) });
    const give = (more: object = {}) => refused(GRANT, { granteeId: user, roleKey: key, ...more }, granter.token);
    const tooLong = { code: "FORBIDDEN", permission: "AUDIT_READ", inputPath: "input.expiresAt" };
    expect(await give()).toMatchObject({ ...tooLong, latest: day(20) });
    // What begins before the other ends makes it longer; what begins behind a gap does not.
    const again = await makeRole(file.gateway, ["USER_READ"], [reading.key]);
    await grant(file.gateway, granter.id, again.key, { startsAt: day(10), expiresAt: latest });
    await grant(file.gateway, granter.id, again.key, { startsAt: day(31) });
    expect(await give()).toMatchObject({ ...tooLong, latest });
    expect(await give({ expiresAt: day(31) })).toMatchObject({ ...tooLong, latest });
    expect(await give({ startsAt: day(32), expiresAt: day(33) })).toMatchObject({ ...tooLong, latest });
    expect(await give({ expiresAt: latest })).toBeUndefined();
  });

  it("a role is not edited for good by who holds for a time only what it would allow", async () => {
    const manager = await makeHolder(file.gateway, MANAGING);
    const auditing = await makeRole(file.gateway, ["AUDIT_READ"]);
    await grant(file.gateway, manager.id, auditing.key, { expiresAt: day(20) });
    const { id } = await makeRole(file.gateway, ["ROLE_READ"]);
    const tooLong = { code: "FORBIDDEN", permission: "AUDIT_READ", latest: day(20) };
    const edit = (change: object) => refused(UPDATE, { id, ...change }, manager.token);
    expect(await edit({ permissions: ["AUDIT_READ"] })).toMatchObject({ ...tooLong, inputPath: "input.permissions" });
    expect(await edit({ inheritKeys: [auditing.key] })).toMatchObject({ ...tooLong, inputPath: "input.inheritKeys" });
    const input = { key: "for-good", name: "For good", permissions: [], inheritKeys: [auditing.key] };
    expect(await refused(CREATE, input, manager.token)).toMatchObject(tooLong);
  });

  it("a machine holds what its token allows until the token expires", async () => {
    const { key } = await makeRole(file.gateway, ["USER_READ"]);
    const input = { granteeId: (await makeUser(file.gateway)).id, roleKey: key };
    const token = await machineToken(file.gateway, GRANTING, "everywhere", new Date(day(5)));
    expect(await refused(GRANT, input, token)).toMatchObject({ code: "FORBIDDEN", latest: day(5) });
    expect(await refused(GRANT, { ...input, expiresAt: day(5) }, token)).toBeUndefined();
  });

  it("ROLE_GRANT must be held over the scope and over the grantee", async () => {
    const { id: mine } = await makeUnit(file.gateway);
    const { id: other } = await makeUnit(file.gateway);
    const { key } = await makeRole(file.gateway, ["USER_READ"]);
    const granter = await makeHolder(file.gateway, ["ROLE_GRANT"], mine);
    const reading = await makeRole(file.gateway, ["USER_READ", "ORG_READ", "ROLE_READ"]);
    await grant(file.gateway, granter.id, reading.key);
    const { id: member } = await makeUser(file.gateway, { orgUnitId: mine });
    const { id: stranger } = await makeUser(file.gateway, { orgUnitId: other });
    const { id: homeless } = await makeUser(file.gateway);
    const give = (granteeId: string, scopeId?: string) =>
      refused(GRANT, { granteeId, roleKey: key, scopeId }, granter.token);
    const forbidden = { code: "FORBIDDEN", permission: "ROLE_GRANT" };
    expect(await give(member, mine)).toBeUndefined();
    expect(await give(member, other)).toMatchObject(forbidden);
    expect(await give(member)).toMatchObject(forbidden);
    expect(await give(stranger, mine)).toMatchObject(forbidden);
    expect(await give(homeless, mine)).toMatchObject(forbidden);
  });

  it("nobody lifts themselves by a grant to themselves", async () => {
    const granter = await makeHolder(file.gateway, GRANTING);
    const { key } = await makeRole(file.gateway, ["SETTINGS_MANAGE"]);
    expect(await refused(GRANT, { granteeId: granter.id, roleKey: key }, granter.token)).toMatchObject({
      code: "FORBIDDEN",
      permission: "SETTINGS_MANAGE",
    });
  });

  it("a role is created only by who holds everywhere what it allows, inherits included", async () => {
    const strong = await makeRole(file.gateway, ["USER_ERASE"]);
    const manager = await makeHolder(file.gateway, MANAGING);
    let serial = 0;
    const create = (permissions: Permission[], inheritKeys: string[] = []) =>
      refused(CREATE, { key: `made-${++serial}`, name: "Made", permissions, inheritKeys }, manager.token);
    expect(await create(["ROLE_READ"])).toBeUndefined();
    expect(await create(["USER_READ"])).toMatchObject({ code: "FORBIDDEN", permission: "USER_READ" });
    expect(await create([], [strong.key])).toMatchObject({ code: "FORBIDDEN", permission: "USER_ERASE" });
    const { id: unit } = await makeUnit(file.gateway);
    const reading = await makeRole(file.gateway, ["USER_READ"]);
    await grant(file.gateway, manager.id, reading.key, { scopeId: unit });
    expect(await create(["USER_READ"])).toMatchObject({ code: "FORBIDDEN", permission: "USER_READ" });
  });

  it("a role gains only what its editor holds everywhere, and may lose anything", async () => {
    const strong = await makeRole(file.gateway, ["USER_ERASE"]);
    const base = await makeRole(file.gateway, ["AUDIT_READ"]);
    const { id } = await makeRole(file.gateway, ["USER_READ"], [base.key]);
    const { token } = await makeHolder(file.gateway, MANAGING);
    const update = (change: object) => refused(UPDATE, { id, ...change }, token);
    expect(await update({ permissions: ["USER_READ", "USER_ERASE"] })).toMatchObject({
      code: "FORBIDDEN",
      permission: "USER_ERASE",
      inputPath: "input.permissions",
    });
    expect(await update({ inheritKeys: [base.key, strong.key] })).toMatchObject({
      code: "FORBIDDEN",
      permission: "USER_ERASE",
      inputPath: "input.inheritKeys",
    });
    expect(await update({ permissions: ["USER_READ", "AUDIT_READ", "ROLE_READ"] })).toBeUndefined();
    expect(await update({ permissions: [], inheritKeys: [] })).toBeUndefined();
  });

  it("roles are managed everywhere or not at all", async () => {
    const { id: unit } = await makeUnit(file.gateway);
    const { id } = await makeRole(file.gateway, []);
    const { token } = await makeHolder(file.gateway, MANAGING, unit);
    const forbidden = { code: "FORBIDDEN", permission: "ROLE_MANAGE" };
    expect(await refused(CREATE, { key: "scoped-made", name: "Made", permissions: [] }, token)).toMatchObject(
      forbidden,
    );
    expect(await refused(UPDATE, { id, name: "Renamed" }, token)).toMatchObject(forbidden);
    expect(await refused(DELETE, { id }, token)).toMatchObject(forbidden);
    const reader = await makeHolder(file.gateway, ["ROLE_READ"]);
    expect(await refused(UPDATE, { id, name: "Renamed" }, reader.token)).toMatchObject(forbidden);
    const blind = await makeHolder(file.gateway, ["ROLE_MANAGE"]);
    expect(await refused(UPDATE, { id, name: "Renamed" }, blind.token)).toMatchObject({ code: "NOT_FOUND" });
  });

  it("a new user is given roles by the same rules, or is not created", async () => {
    const { key } = await makeRole(file.gateway, ["AUDIT_READ"]);
    const create = (username: string, permissions: readonly Permission[]) =>
      machineToken(file.gateway, permissions).then((token) =>
        refused(CREATE_USER, { username, roleKeys: [key] }, token),
      );
    const creating = ["USER_READ", "USER_CREATE", "ROLE_READ"] as const;
    expect(await create("ada", creating)).toMatchObject({ code: "FORBIDDEN", permission: "ROLE_GRANT" });
    expect(await create("ada", [...creating, "ROLE_GRANT"])).toMatchObject({
      code: "FORBIDDEN",
      permission: "AUDIT_READ",
      inputPath: "input.roleKeys[0]",
    });
    expect((await file.gateway.run(FIND, { username: "ada" })).user).toBeNull();
    expect(await create("ada", [...creating, "ROLE_GRANT", "AUDIT_READ"])).toBeUndefined();
  });
});
