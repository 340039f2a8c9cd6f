import { afterAll, describe, expect, it } from "vitest";
import { readOidcIssuers } from "../../../src/features/auth/oidc.settings.ts";
import { TokenUses } from "../../../src/features/auth/service-token.use.ts";
import { resolveViewer } from "../../../src/features/auth/viewer.ts";
import type { Permission } from "../../../src/kernel/permissions.ts";
import { grant, machineToken, makeHolder, makeRole, makeUnit, makeUser, uuid } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";
import { AUDIENCE, TestProvider } from "../../support/oidc.ts";
import { Socket } from "../../support/socket.ts";

/*
 * Tokens made, rotated and revoked by the API. People who signed in come by the tokens of a provider, which are not this gateway's own.
 */

const provider = await TestProvider.start();
const { issuers } = readOidcIssuers(JSON.stringify([{ issuer: provider.issuer, audience: AUDIENCE, userKey: "id" }]));
const file = gatewayForFile({ times: { oidcIssuers: issuers, holdingMs: 100 } });
afterAll(() => provider.stop());

const DAY_MS = 86_400_000;
const inDays = (days: number) => new Date(Date.now() + days * DAY_MS).toISOString();

const CREATE = `mutation ($input: CreateServiceTokenInput!) { createServiceToken(input: $input) {
  secret position serviceToken { id name kind permissions scopes { id } expiresAt user { id } } } }`;
const ROTATE = `mutation ($input: RotateServiceTokenInput!) { rotateServiceToken(input: $input) {
  secret serviceToken { id rotatedAt previousSecretUntil expiresAt } } }`;
const REVOKE = `mutation ($input: RevokeServiceTokenInput!) { revokeServiceToken(input: $input) { serviceToken { revokedAt } position } }`;
const LIST = `query ($kind: ServiceTokenKind, $userId: ID, $includeEnded: Boolean, $first: Int, $after: String) {
  serviceTokens(kind: $kind, userId: $userId, includeEnded: $includeEnded, first: $first, after: $after) {
    totalCount nodes { id name } pageInfo { hasNextPage endCursor } } }`;
const GRANTS = "{ viewer { user { id } grants { permission scopes { id } } } }";

const signIn = (userId: string) => provider.sign(provider.payload(userId));
const permissionsOf = async (token: string) =>
  (await file.gateway.run(GRANTS, {}, token)).viewer.grants.map(({ permission }: { permission: string }) => permission);
const status = async (token: string) => (await file.gateway.ask(GRANTS, {}, token)).status;

/** A person who holds these permissions, and how they come once they signed in. */
async function person(permissions: readonly Permission[], scopeId?: string) {
  const { id } = await makeHolder(file.gateway, permissions, scopeId);
  return { id, session: await signIn(id) };
}

const create = async (input: object, token?: string) =>
  (await file.gateway.run(CREATE, { input: { name: "token", ...input } }, token)).createServiceToken;
const refusal = (input: object, token?: string) =>
  file.gateway.refusal(CREATE, { input: { name: "token", ...input } }, token);
const personal = { kind: "PERSONAL", expiresAt: inDays(30) };

describe("A token of one's own", () => {
  it("is made by whoever signed in, may do what they may, and less where it is narrowed", async () => {
    const { id, session } = await person(["USER_READ", "ORG_READ"]);
    const whole = await create(personal, session);
    expect(whole.secret).toMatch(/^rcs_[\w-]{43}$/);
    expect(whole.serviceToken).toMatchObject({ kind: "PERSONAL", permissions: null, scopes: null, user: { id } });
    expect(await permissionsOf(whole.secret)).toEqual(["USER_READ", "ORG_READ"]);
    const narrow = await create({ ...personal, permissions: ["ORG_READ"] }, session);
    expect(await permissionsOf(narrow.secret)).toEqual(["ORG_READ"]);
  });

  it("narrowed to something gives it only for as long as its person holds it", async () => {
    const { id, session } = await person(["ORG_READ"]);
    const { key } = await makeRole(file.gateway, ["AUDIT_READ"]);
    const grantId = await grant(file.gateway, id, key);
    const { secret } = await create({ ...personal, permissions: ["AUDIT_READ"] }, session);
    expect(await permissionsOf(secret)).toEqual(["AUDIT_READ"]);
    await file.gateway.run("mutation ($input: RevokeRoleInput!) { revokeRole(input: $input) { position } }", {
      input: { grantId },
    });
    expect(await permissionsOf(secret)).toEqual([]);
  });

  it.each<[string, object, string, string]>([
    ["for ever", { kind: "PERSONAL" }, "INVALID_INPUT", "input.expiresAt"],
    ["for more than 366 days", { ...personal, expiresAt: inDays(367) }, "INVALID_INPUT", "input.expiresAt"],
    ["until yesterday", { ...personal, expiresAt: inDays(-1) }, "INVALID_INPUT", "input.expiresAt"],
    ["over units", { ...personal, scopeIds: ["unit_01kdvdna00fvbvar44cpp49xjw"] }, "INVALID_INPUT", "input.scopeIds"],
    ["without a name", { ...personal, name: " " }, "INVALID_INPUT", "input.name"],
    ["narrowed to nothing", { ...personal, permissions: [] }, "INVALID_INPUT", "input.permissions"],
  ])("is not made %s", async (_, input, code, inputPath) => {
    const { session } = await person(["USER_READ"]);
    expect((await refusal(input, session)).extensions).toMatchObject({ code, inputPath });
  });

  it("is not narrowed to what its person does not hold, nor made by a machine", async () => {
    const { session } = await person(["USER_READ"]);
    const { extensions } = await refusal({ ...personal, permissions: ["AUDIT_READ"] }, session);
    expect(extensions).toMatchObject({ code: "FORBIDDEN", permission: "AUDIT_READ" });
    expect((await refusal(personal)).extensions).toMatchObject({ code: "FORBIDDEN", inputPath: "input.kind" });
  });

  it("cannot make another one, nor take another one of its person's over", async () => {
    const { session } = await person(["USER_READ"]);
    const wide = await create(personal, session);
    const { secret } = await create({ ...personal, permissions: ["USER_READ"] }, session);
    expect((await refusal(personal, secret)).extensions.code).toBe("FORBIDDEN");
    const input = { id: wide.serviceToken.id };
    expect((await file.gateway.refusal(ROTATE, { input }, secret)).extensions.code).toBe("FORBIDDEN");
    expect((await file.gateway.run(ROTATE, { input }, session)).rotateServiceToken.secret).toMatch(/^rcs_/);
  });

  it("ends when its person stops being active, and does not come back with them", async () => {
    const { id, session } = await person(["USER_READ"]);
    const { secret } = await create(personal, session);
    await file.gateway.run("mutation ($input: SuspendUserInput!) { suspendUser(input: $input) { position } }", {
      input: { id },
    });
    await file.gateway.run("mutation ($input: ReinstateUserInput!) { reinstateUser(input: $input) { position } }", {
      input: { id },
    });
    expect(await status(session)).toBe(200);
    expect(await status(secret)).toBe(401);
  });
});

describe("A token of the organisation", () => {
  const machine = (input: object = {}) => ({ kind: "ORGANISATION", permissions: ["USER_READ"], ...input });

  it("has the permissions and the scope that it is given", async () => {
    const { id: unit } = await makeUnit(file.gateway);
    const { secret, serviceToken } = await create(machine({ scopeIds: [unit] }));
    expect(serviceToken).toMatchObject({ kind: "ORGANISATION", scopes: [{ id: unit }], user: null, expiresAt: null });
    const { viewer } = await file.gateway.run(GRANTS, {}, secret);
    expect(viewer).toEqual({ user: null, grants: [{ permission: "USER_READ", scopes: [{ id: unit }] }] });
  });

  it("needs SETTINGS_MANAGE and all that it gives, over all of its scope", async () => {
    const [east, west] = [(await makeUnit(file.gateway)).id, (await makeUnit(file.gateway)).id];
    const { id: below } = await makeUnit(file.gateway, { parentId: east });
    const { session } = await person(["SETTINGS_MANAGE", "USER_READ", "ORG_READ"], east);
    expect((await create(machine({ scopeIds: [below] }), session)).secret).toMatch(/^rcs_/);
    for (const [input, expected] of [
      [
        machine({ scopeIds: [below], permissions: ["USER_READ", "USER_ERASE"] }),
        { code: "FORBIDDEN", permission: "USER_ERASE" },
      ],
      [machine(), { code: "FORBIDDEN", permission: "SETTINGS_MANAGE" }],
      [machine({ scopeIds: [below, west] }), { code: "NOT_FOUND", inputPath: "input.scopeIds[1]" }],
      [{ kind: "ORGANISATION" }, { code: "INVALID_INPUT", inputPath: "input.permissions" }],
    ] as const)
      expect((await refusal(input, session)).extensions).toMatchObject(expected);
    const { session: reader } = await person(["USER_READ", "ORG_READ"]);
    expect((await refusal(machine(), reader)).extensions).toMatchObject({ permission: "SETTINGS_MANAGE" });
  });

  it("lasts no longer than whoever makes it holds what it gives", async () => {
    const { id } = await makeUser(file.gateway);
    const { key } = await makeRole(file.gateway, ["SETTINGS_MANAGE", "USER_READ"]);
    const until = inDays(10);
    await grant(file.gateway, id, key, { expiresAt: until });
    const session = await signIn(id);
    const expected = { code: "FORBIDDEN", inputPath: "input.expiresAt", latest: until };
    expect((await refusal(machine(), session)).extensions).toMatchObject(expected);
    expect((await create(machine({ expiresAt: inDays(5) }), session)).secret).toMatch(/^rcs_/);
  });

  it("is taken over by nobody who could not have made it", async () => {
    const { serviceToken } = await create(machine({ permissions: ["USER_ERASE"] }));
    const { session } = await person(["SETTINGS_MANAGE"]);
    const { extensions } = await file.gateway.refusal(ROTATE, { input: { id: serviceToken.id } }, session);
    expect(extensions).toMatchObject({ code: "FORBIDDEN", permission: "USER_ERASE" });
    expect(
      (await file.gateway.run(REVOKE, { input: { id: serviceToken.id } }, session)).revokeServiceToken,
    ).toBeTruthy();
  });
});

describe("A rotated token", () => {
  const made = () => create({ kind: "ORGANISATION", permissions: ["USER_READ"], expiresAt: inDays(3) });

  it("has another secret at once, and keeps its end", async () => {
    const { secret, serviceToken } = await made();
    const rotated = (await file.gateway.run(ROTATE, { input: { id: serviceToken.id } })).rotateServiceToken;
    expect([await status(secret), await status(rotated.secret)]).toEqual([401, 200]);
    expect(rotated.serviceToken).toMatchObject({ previousSecretUntil: null, expiresAt: serviceToken.expiresAt });
  });

  it("opens by both secrets while they overlap, and by the old one no longer", async () => {
    const { secret, serviceToken } = await made();
    // By itself: a machine changes its own secret.
    const input = { id: serviceToken.id, overlap: "PT2H" };
    const rotated = (await file.gateway.run(ROTATE, { input }, secret)).rotateServiceToken;
    expect([await status(secret), await status(rotated.secret)]).toEqual([200, 200]);
    const again = (await file.gateway.run(ROTATE, { input }, secret)).rotateServiceToken;
    expect([await status(secret), await status(rotated.secret), await status(again.secret)]).toEqual([401, 200, 200]);
  });

  it("closes the sockets of the old secret when it ends", async () => {
    const { secret, serviceToken } = await made();
    const socket = await Socket.open(file.gateway.url, secret);
    await file.gateway.run(ROTATE, { input: { id: serviceToken.id, overlap: "PT1S" } });
    expect((await socket.closed).code).toBe(4403);
  });

  it.each(["P8D", "P1M"])("does not overlap for %s", async (overlap) => {
    const { serviceToken } = await made();
    const { extensions } = await file.gateway.refusal(ROTATE, { input: { id: serviceToken.id, overlap } });
    expect(extensions).toMatchObject({ code: "INVALID_INPUT", inputPath: "input.overlap" });
  });
});

describe("A revoked token", () => {
  it("opens nothing, by neither secret, and is not rotated or revoked again", async () => {
    const { secret, serviceToken } = await create({ kind: "ORGANISATION", permissions: ["USER_READ"] });
    const input = { id: serviceToken.id };
    const rotated = (await file.gateway.run(ROTATE, { input: { ...input, overlap: "PT1H" } })).rotateServiceToken;
    await file.gateway.run(REVOKE, { input: { ...input, idempotencyKey: serviceToken.id } });
    expect([await status(secret), await status(rotated.secret)]).toEqual([401, 401]);
    for (const mutation of [ROTATE, REVOKE])
      expect((await file.gateway.refusal(mutation, { input })).extensions.code).toBe("CONFLICT");
    await file.gateway.run(REVOKE, { input: { ...input, idempotencyKey: serviceToken.id } });
  });

  it("is somebody's whose sessions one may end; for others it does not exist", async () => {
    const { session } = await person(["USER_READ"]);
    const { serviceToken } = await create(personal, session);
    const input = { id: serviceToken.id };
    const { session: helpDesk } = await person(["USER_READ", "USER_READ_SECURITY", "SESSION_MANAGE"]);
    const { session: auditor } = await person(["USER_READ", "USER_READ_SECURITY"]);
    const { session: stranger } = await person(["USER_READ", "SETTINGS_MANAGE"]);
    expect((await file.gateway.refusal(REVOKE, { input }, stranger)).extensions.code).toBe("NOT_FOUND");
    expect((await file.gateway.refusal(REVOKE, { input }, auditor)).extensions).toMatchObject({
      code: "FORBIDDEN",
      permission: "SESSION_MANAGE",
    });
    expect((await file.gateway.refusal(ROTATE, { input }, helpDesk)).extensions.code).toBe("FORBIDDEN");
    await file.gateway.run(REVOKE, { input }, helpDesk);
  });
});

describe("The list of tokens", () => {
  const names = async (variables: object, token?: string) =>
    (await file.gateway.run(LIST, variables, token)).serviceTokens.nodes.map(({ name }: { name: string }) => name);

  it("shows each what is in their sight, by every way", async () => {
    const [east, west] = [(await makeUnit(file.gateway)).id, (await makeUnit(file.gateway)).id];
    const owner = await person(["USER_READ"], east);
    const mine = await create({ ...personal, name: "a-mine" }, owner.session);
    const scoped = { kind: "ORGANISATION", permissions: ["ORG_READ"] };
    const eastern = await create({ ...scoped, name: "b-east", scopeIds: [east] });
    const both = await create({ ...scoped, name: "c-both", scopeIds: [east, west] });
    const all = [mine, eastern, both].map(({ serviceToken }) => serviceToken.id);
    const sees = async (token: string) => {
      const nodes = (await file.gateway.run("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", { ids: all }, token))
        .nodes;
      const listed = await names({ first: 500 }, token);
      const byNode = nodes.flatMap((node: object | null, n: number) =>
        node ? [["a-mine", "b-east", "c-both"][n]] : [],
      );
      expect(listed.filter((name: string) => /^[abc]-/.test(name))).toEqual(byNode);
      return byNode;
    };
    expect(await sees(owner.session)).toEqual(["a-mine"]);
    expect(await sees((await person(["SETTINGS_MANAGE"], east)).session)).toEqual(["b-east"]);
    expect(await sees((await person(["SETTINGS_MANAGE"])).session)).toEqual(["b-east", "c-both"]);
    expect(await sees((await person(["USER_READ", "USER_READ_SECURITY"], east)).session)).toEqual(["a-mine"]);
    expect(await sees((await person(["USER_READ", "USER_READ_SECURITY"], west)).session)).toEqual([]);
    expect(await sees(eastern.secret)).toEqual(["b-east"]);
  });

  it("is paged, and leaves out those that have ended unless they are asked for", async () => {
    const { id, session } = await person(["USER_READ"]);
    const own = expect.stringMatching(/^token-/); // with which this person signs in
    for (const name of ["one", "three", "two"]) await create({ ...personal, name }, session);
    const ended = await create({ ...personal, name: "zero" }, session);
    await file.gateway.run(REVOKE, { input: { id: ended.serviceToken.id } }, session);
    const mine = { kind: "PERSONAL", userId: id };
    const page = (await file.gateway.run(LIST, { ...mine, first: 2, userId: null }, session)).serviceTokens;
    expect(page).toMatchObject({ nodes: [{ name: "one" }, { name: "three" }], pageInfo: { hasNextPage: true } });
    expect(await names({ ...mine, after: page.pageInfo.endCursor }, session)).toEqual([own, "two"]);
    expect(await names({ ...mine, includeEnded: true })).toEqual(["one", "three", own, "two", "zero"]);
    expect((await file.gateway.run(LIST, mine, session)).serviceTokens.totalCount).toBe(4);
  });
});

describe("The audit log", () => {
  it("has what was done with a token, and what was tried, without its secret", async () => {
    const { secret, serviceToken } = await create({ kind: "ORGANISATION", permissions: ["USER_READ"] });
    const input = { id: serviceToken.id };
    const rotated = (await file.gateway.run(ROTATE, { input: { ...input, overlap: "PT1H" } })).rotateServiceToken;
    await file.gateway.run(REVOKE, { input });
    await file.gateway.refusal(ROTATE, { input });
    const { auditEvents } = await file.gateway.run(
      `query ($filter: AuditEventFilter) { auditEvents(filter: $filter, orderBy: { direction: ASC }) {
        nodes { action outcome changes { field before after } } } }`,
      { filter: { subjectId: { eq: serviceToken.id } } },
    );
    const told = auditEvents.nodes.map(({ action, outcome }: Record<string, string>) => `${action} ${outcome}`);
    expect(told).toEqual([
      "token.created SUCCESS",
      "token.rotated SUCCESS",
      "token.revoked SUCCESS",
      "token.rotated FAILED",
    ]);
    for (const text of [secret, rotated.secret]) expect(JSON.stringify(auditEvents)).not.toContain(text);
  });
});

describe("When a token was last used", () => {
  it("is written for all at once, and never back", async () => {
    const { database } = file.gateway;
    const [one, other] = [
      await machineToken(file.gateway, ["USER_READ"]),
      await machineToken(file.gateway, ["USER_READ"]),
    ];
    const head = await database.head();
    const uses = new TokenUses(database);
    for (const token of [one, one, other]) await resolveViewer(database, `Bearer ${token}`, { used: uses.used });
    const before = new TokenUses(database);
    const viewer = await resolveViewer(database, `Bearer ${one}`);
    before.used(viewer?.tokenId as string, new Date(0));
    await uses.write();
    await before.write();
    const { serviceTokens } = await file.gateway.run("{ serviceTokens(first: 500) { nodes { id lastUsedAt } } }");
    const used = serviceTokens.nodes.filter(({ lastUsedAt }: { lastUsedAt: string | null }) => lastUsedAt);
    expect(used).toHaveLength(2);
    expect(used.map(({ id }: { id: string }) => uuid(id))).toContain(viewer?.tokenId);
    for (const { lastUsedAt } of used) expect(Date.parse(lastUsedAt)).toBeGreaterThan(Date.now() - DAY_MS);
    expect(await database.head()).toEqual(head);
  });
});
