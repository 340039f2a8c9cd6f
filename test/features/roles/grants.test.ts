import { describe, expect, it } from "vitest";
import { GRANT, grant, machineToken, makeRole, makeUnit, makeUser, tokenOf, uuid } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";

const file = gatewayForFile();

const FIELDS = `id grantee { ... on User { id } } role { key } scope { id } startsAt expiresAt grantedAt reason active
  grantedBy { kind name user { id } }`;
const GRANT_IN_FULL = `mutation ($input: GrantRoleInput!) { grantRole(input: $input) { grant { ${FIELDS} } position } }`;
const REVOKE = "mutation ($input: RevokeRoleInput!) { revokeRole(input: $input) { grant { id active } position } }";
const GRANTS = `query ($id: ID!, $all: Boolean) { user(by: { id: $id }) {
  roles { key } permissions roleGrants(includeInactive: $all) { id active } } }`;
const held = async (id: string) => (await file.gateway.run(GRANTS, { id })).user;
const ids = (grants: { id: string }[]) => grants.map(({ id }) => id);

describe("A grant", () => {
  it("gives a role to a user over a unit, says who gave it and why, and is in force in its own answer", async () => {
    const { id: unit } = await makeUnit(file.gateway);
    const { id: user } = await makeUser(file.gateway);
    const { key } = await makeRole(file.gateway, ["USER_READ"]);
    const input = { granteeId: user, roleKey: key.toUpperCase(), scopeId: unit, reason: "Covers for Ada" };
    const { grantRole } = await file.gateway.run(GRANT_IN_FULL, { input });
    expect(grantRole.grant).toEqual({
      id: expect.stringMatching(/^grant_/),
      grantee: { id: user },
      role: { key },
      scope: { id: unit },
      startsAt: expect.any(String),
      expiresAt: null,
      grantedAt: expect.any(String),
      reason: "Covers for Ada",
      active: true,
      grantedBy: { kind: "SERVICE", name: "bootstrap", user: null },
    });
    const { node } = await file.gateway.run(`query ($id: ID!) { node(id: $id) { ... on RoleGrant { ${FIELDS} } } }`, {
      id: grantRole.grant.id,
    });
    expect(node).toEqual(grantRole.grant);
    expect(await held(user)).toEqual({
      roles: [{ key }],
      permissions: ["USER_READ"],
      roleGrants: [{ id: grantRole.grant.id, active: true }],
    });
  });

  it("names the person who gave it", async () => {
    const { id: boss } = await makeUser(file.gateway, { displayName: "Grace Giver" });
    const admin = await makeRole(file.gateway, ["USER_READ", "ROLE_READ", "ROLE_GRANT"]);
    await grant(file.gateway, boss, admin.key);
    const { id: user } = await makeUser(file.gateway);
    const { key } = await makeRole(file.gateway, ["USER_READ"]);
    const token = await tokenOf(file.gateway, boss);
    const { grantRole } = await file.gateway.run(GRANT_IN_FULL, { input: { granteeId: user, roleKey: key } }, token);
    expect(grantRole.grant.grantedBy).toEqual({
      kind: "USER",
      name: "Grace Giver",
      user: { id: boss },
    });
  });

  it("is in force from its start until its end, and not a moment longer", async () => {
    const { id: user } = await makeUser(file.gateway);
    const role = await makeRole(file.gateway, ["AUDIT_READ"]);
    const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
    const id = await grant(file.gateway, user, role.key, { startsAt: inDays(2), expiresAt: inDays(4) });
    const seen: unknown[] = [];
    for (const offset of ["0 days", "3 days", "5 days"]) {
      file.gateway.database.moveClock(offset);
      const { user: all } = await file.gateway.run(GRANTS, { id: user, all: true });
      expect(ids(all.roleGrants)).toEqual([id]);
      const now = ids((await held(user)).roleGrants);
      expect(all.roleGrants[0].active).toBe(now.length > 0);
      seen.push(now);
    }
    file.gateway.database.moveClock("0 days");
    expect(seen).toEqual([[], [id], []]);
  });

  it("allows over its unit and everything below it, and nowhere else", async () => {
    const { id: root } = await makeUnit(file.gateway);
    const { id: branch } = await makeUnit(file.gateway, { parentId: root });
    const { id: leaf } = await makeUnit(file.gateway, { parentId: branch });
    const { id: user } = await makeUser(file.gateway);
    const scoped = await makeRole(file.gateway, ["USER_READ"]);
    const general = await makeRole(file.gateway, ["ORG_READ"]);
    await grant(file.gateway, user, scoped.key, { scopeId: branch });
    await grant(file.gateway, user, general.key);
    const WITHIN = "query ($id: ID!, $within: ID) { user(by: { id: $id }) { permissions(within: $within) } }";
    const within = async (unit: string | null) =>
      (await file.gateway.run(WITHIN, { id: user, within: unit })).user.permissions;
    expect(await within(null)).toEqual(["USER_READ", "ORG_READ"]);
    expect(await within(leaf)).toEqual(["USER_READ", "ORG_READ"]);
    expect(await within(branch)).toEqual(["USER_READ", "ORG_READ"]);
    expect(await within(root)).toEqual(["ORG_READ"]);
    const { extensions } = await file.gateway.refusal(WITHIN, { id: user, within: user });
    expect(extensions).toMatchObject({ code: "INVALID_INPUT", inputPath: "within" });
  });

  it("is given once over a scope for a time; another scope or another time is another grant", async () => {
    const [unit, other] = [(await makeUnit(file.gateway)).id, (await makeUnit(file.gateway)).id];
    const { id: user } = await makeUser(file.gateway);
    const { key } = await makeRole(file.gateway, []);
    const give = (more: object) => file.gateway.ask(GRANT, { input: { granteeId: user, roleKey: key, ...more } });
    const codes = [];
    for (const more of [
      { expiresAt: "2998-01-01T00:00:00Z" },
      { scopeId: unit },
      { scopeId: unit, startsAt: "2990-01-01T00:00:00Z" },
      { startsAt: "2997-12-31T23:59:59.999Z" },
      { startsAt: "2998-01-01T00:00:00Z" },
      {},
      { scopeId: other, startsAt: "2990-01-01T00:00:00Z" },
      { scopeId: other, expiresAt: "2990-01-01T00:00:00Z" },
    ]) {
      const { errors } = await give(more);
      codes.push(errors?.[0]?.extensions.code ?? "granted");
    }
    expect(codes).toEqual(["granted", "granted", "CONFLICT", "CONFLICT", "granted", "CONFLICT", "granted", "granted"]);
  });

  it("is given once, however many ask at once", async () => {
    const { id: user } = await makeUser(file.gateway);
    const { key } = await makeRole(file.gateway, []);
    const input = { granteeId: user, roleKey: key };
    const answers = await Promise.all(Array.from({ length: 6 }, () => file.gateway.ask(GRANT, { input })));
    expect(answers.filter(({ errors }) => !errors)).toHaveLength(1);
    expect((await held(user)).roleGrants).toHaveLength(1);
  });

  it("is given once under an idempotency key, also to those who repeat at once", async () => {
    const { id: user } = await makeUser(file.gateway);
    const { key } = await makeRole(file.gateway, []);
    const input = { granteeId: user, roleKey: key, idempotencyKey: "grant-once" };
    const answers = await Promise.all(Array.from({ length: 4 }, () => file.gateway.run(GRANT, { input })));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  });

  it.each([
    ["a start in the past", { startsAt: "2001-01-01T00:00:00Z" }, "input.startsAt"],
    [
      "an end before its start",
      { startsAt: "2999-01-02T00:00:00Z", expiresAt: "2999-01-01T00:00:00Z" },
      "input.expiresAt",
    ],
    ["an end in the past", { expiresAt: "2001-01-01T00:00:00Z" }, "input.expiresAt"],
  ])("is refused with %s", async (_, more, inputPath) => {
    const { id: user } = await makeUser(file.gateway);
    const { key } = await makeRole(file.gateway, []);
    const { extensions } = await file.gateway.refusal(GRANT, { input: { granteeId: user, roleKey: key, ...more } });
    expect(extensions).toMatchObject({ code: "INVALID_INPUT", inputPath });
  });

  it("is refused where the user, the role or the unit is absent or out of sight: the two look the same", async () => {
    const { id: unit } = await makeUnit(file.gateway);
    const { id: elsewhere } = await makeUnit(file.gateway);
    const { id: user } = await makeUser(file.gateway, { orgUnitId: unit });
    const { id: stranger } = await makeUser(file.gateway, { orgUnitId: elsewhere });
    const { key } = await makeRole(file.gateway, ["USER_READ"]);
    const absent = (id: string) => id.slice(0, -4) + (id.endsWith("0000") ? "1111" : "0000");
    const permissions = ["USER_READ", "ORG_READ", "ROLE_READ", "ROLE_GRANT"] as const;
    const token = await machineToken(file.gateway, permissions, [unit]);
    const blind = await machineToken(file.gateway, ["USER_READ", "ROLE_GRANT"], [unit]);
    const input = { granteeId: user, roleKey: key, scopeId: unit };
    for (const [change, inputPath, by] of [
      [{ granteeId: stranger }, "input.granteeId", token],
      [{ granteeId: absent(user) }, "input.granteeId", token],
      [{ scopeId: elsewhere }, "input.scopeId", token],
      [{ scopeId: absent(unit) }, "input.scopeId", token],
      [{ roleKey: "nobody.has-this" }, "input.roleKey", token],
      [{ scopeId: undefined }, undefined, token],
      [{ scopeId: unit }, "input.scopeId", blind],
    ] as const) {
      const { extensions } = await file.gateway.refusal(GRANT, { input: { ...input, ...change } }, by);
      expect(extensions).toMatchObject(inputPath ? { code: "NOT_FOUND", inputPath } : { code: "FORBIDDEN" });
    }
    await file.gateway.run(GRANT, { input }, token);
  });

  it("goes to nobody who is deleted", async () => {
    const { id: user } = await makeUser(file.gateway);
    await file.gateway.run("mutation ($input: DeleteUserInput!) { deleteUser(input: $input) { position } }", {
      input: { id: user },
    });
    const { key } = await makeRole(file.gateway, []);
    const { extensions } = await file.gateway.refusal(GRANT, { input: { granteeId: user, roleKey: key } });
    expect(extensions).toMatchObject({ code: "CONFLICT", inputPath: "input.granteeId" });
  });

  it("does not outlive somebody who is deleted at the same moment", async () => {
    const { key } = await makeRole(file.gateway, []);
    const DELETE = "mutation ($input: DeleteUserInput!) { deleteUser(input: $input) { position } }";
    for (let round = 0; round < 8; round++) {
      const { id } = await makeUser(file.gateway);
      const given = Array.from({ length: 3 }, (_, year) => ({
        granteeId: id,
        roleKey: key,
        startsAt: `299${year}-01-01T00:00:00Z`,
        expiresAt: `299${year}-02-01T00:00:00Z`,
      }));
      await Promise.all([
        ...given.map((input) => file.gateway.ask(GRANT, { input })),
        file.gateway.run(DELETE, { input: { id } }),
      ]);
      const live = await file.gateway.database.reader
        .selectFrom("role_grant")
        .select("id")
        .where("user_id", "=", uuid(id))
        .where("revoked_at", "is", null)
        .execute();
      expect(live).toEqual([]);
    }
  });
});

describe("Revoking a grant", () => {
  it("ends it at once, once, and lets the role be granted again", async () => {
    const { id: user } = await makeUser(file.gateway);
    const { key } = await makeRole(file.gateway, ["AUDIT_READ"]);
    const grantId = await grant(file.gateway, user, key);
    const { revokeRole } = await file.gateway.run(REVOKE, { input: { grantId } });
    expect(revokeRole.grant).toEqual({ id: grantId, active: false });
    expect(await held(user)).toEqual({ roles: [], permissions: [], roleGrants: [] });
    const again = await file.gateway.refusal(REVOKE, { input: { grantId } });
    expect(again.extensions).toMatchObject({ code: "CONFLICT", inputPath: "input.grantId" });
    const second = await grant(file.gateway, user, key);
    expect(ids((await file.gateway.run(GRANTS, { id: user, all: true })).user.roleGrants)).toEqual([grantId, second]);
  });

  it("shows what each of several changes in one operation left", async () => {
    const { id: user } = await makeUser(file.gateway);
    const first = await makeRole(file.gateway, []);
    const second = await makeRole(file.gateway, []);
    const payload = "{ grant { grantee { ... on User { roles { key } } } } }";
    const answer = await file.gateway.run(
      `mutation ($a: GrantRoleInput!, $b: GrantRoleInput!) { a: grantRole(input: $a) ${payload} b: grantRole(input: $b) ${payload} }`,
      { a: { granteeId: user, roleKey: first.key }, b: { granteeId: user, roleKey: second.key } },
    );
    expect(answer.a.grant.grantee.roles).toEqual([{ key: first.key }]);
    expect(answer.b.grant.grantee.roles).toHaveLength(2);
  });

  it("needs ROLE_GRANT over the user and over the scope; a grant out of sight is not there", async () => {
    const { id: unit } = await makeUnit(file.gateway);
    const { id: elsewhere } = await makeUnit(file.gateway);
    const { key } = await makeRole(file.gateway, []);
    const { id: member } = await makeUser(file.gateway, { orgUnitId: unit });
    const over = await grant(file.gateway, member, key, { scopeId: elsewhere });
    const ofStranger = await grant(file.gateway, (await makeUser(file.gateway, { orgUnitId: elsewhere })).id, key, {
      scopeId: unit,
    });
    const token = await machineToken(file.gateway, ["USER_READ", "ROLE_READ", "ROLE_GRANT"], [unit]);
    const unreading = await machineToken(file.gateway, ["USER_READ", "ROLE_GRANT"], [unit]);
    const refused = async (grantId: string, by: string) =>
      (await file.gateway.refusal(REVOKE, { input: { grantId } }, by)).extensions.code;
    expect(await refused(over, token)).toBe("FORBIDDEN");
    expect(await refused(ofStranger, token)).toBe("NOT_FOUND");
    expect(await refused(over, unreading)).toBe("NOT_FOUND");
    const own = await grant(file.gateway, member, key, { scopeId: unit });
    await file.gateway.run(REVOKE, { input: { grantId: own } }, token);
  });
});
