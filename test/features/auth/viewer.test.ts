import { describe, expect, it } from "vitest";
import { ServiceTokenService } from "../../../src/features/auth/service-token.service.ts";
import { resolveViewer } from "../../../src/features/auth/viewer.ts";
import { ALL_PERMISSIONS } from "../../../src/kernel/permissions.ts";
import { someCause } from "../../support/database.ts";
import { grant, machineToken, makeRole, makeUnit, makeUser, tokenOf, uuid } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";

const file = gatewayForFile();

const VIEWER = "{ viewer { user { id } grants { permission scopes { id } } } }";
const service = () => new ServiceTokenService(file.gateway.database);

/** The answer to whoever sends this Authorization header, or none. */
async function answerTo(authorization: string | undefined) {
  const response = await file.gateway.server.inject({
    method: "POST",
    url: "/graphql",
    headers: { "content-type": "application/json", ...(authorization === undefined ? {} : { authorization }) },
    payload: { query: VIEWER },
  });
  return { status: response.statusCode, ...response.json() };
}

describe("The viewer", () => {
  it("of a token with every permission is nobody in person, and may do everything everywhere", async () => {
    const { viewer } = await file.gateway.run(VIEWER);
    expect(viewer.user).toBeNull();
    expect(viewer.grants).toEqual(ALL_PERMISSIONS.map((permission) => ({ permission, scopes: [] })));
  });

  it("of a machine's token holds what the token says, over the units it says, seen or not", async () => {
    const { id: unit } = await makeUnit(file.gateway);
    const token = await machineToken(file.gateway, ["USER_READ"], [unit]);
    const { viewer } = await file.gateway.run(VIEWER, {}, token);
    expect(viewer).toEqual({ user: null, grants: [{ permission: "USER_READ", scopes: [{ id: unit }] }] });
  });

  it("of a person's token is that person, with what their roles give, inherited ones included, each over its units", async () => {
    const [east, west] = [(await makeUnit(file.gateway)).id, (await makeUnit(file.gateway)).id];
    const base = await makeRole(file.gateway, ["ORG_READ"]);
    const scoped = await makeRole(file.gateway, ["USER_READ"], [base.key]);
    const general = await makeRole(file.gateway, ["AUDIT_READ"]);
    const { id } = await makeUser(file.gateway);
    await grant(file.gateway, id, scoped.key, { scopeId: east });
    await grant(file.gateway, id, scoped.key, { scopeId: west });
    await grant(file.gateway, id, general.key);
    await grant(file.gateway, id, general.key, { scopeId: east });
    const { viewer } = await file.gateway.run(VIEWER, {}, await tokenOf(file.gateway, id));
    const both = expect.toSatisfy((scopes: { id: string }[]) => new Set(scopes.map((unit) => unit.id)).size === 2);
    expect(viewer).toEqual({
      user: { id },
      grants: [
        { permission: "USER_READ", scopes: both },
        { permission: "ORG_READ", scopes: both },
        { permission: "AUDIT_READ", scopes: [] },
      ],
    });
  });

  it("holds what is granted from its start until its end, evaluated at every operation", async () => {
    const { id } = await makeUser(file.gateway);
    const { key } = await makeRole(file.gateway, ["AUDIT_READ"]);
    const token = await tokenOf(file.gateway, id);
    const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
    await grant(file.gateway, id, key, { startsAt: inDays(2), expiresAt: inDays(4) });
    const held = [];
    for (const offset of ["0 days", "3 days", "5 days"]) {
      file.gateway.database.moveClock(offset);
      held.push((await file.gateway.run(VIEWER, {}, token)).viewer.grants.length);
    }
    file.gateway.database.moveClock("0 days");
    expect(held).toEqual([0, 1, 0]);
  });

  it("is found with one statement", async () => {
    const { id } = await makeUser(file.gateway);
    const token = await tokenOf(file.gateway, id);
    let statements = 0;
    file.gateway.database.observe(() => {
      statements++;
    });
    const viewer = await resolveViewer(file.gateway.database, `Bearer ${token}`);
    file.gateway.database.observe(() => undefined);
    expect(viewer?.userId).toBe(uuid(id));
    expect(statements).toBe(1);
  });
});

describe("Without a token that holds", () => {
  it("nobody has asked: the field is refused where no token was sent", async () => {
    const answer = await answerTo(undefined);
    expect(answer.errors[0].extensions.code).toBe("UNAUTHENTICATED");
    expect(answer.data).toEqual({ viewer: null });
  });

  it.each([
    ["an unknown token", "Bearer rcs_unknown"],
    ["another scheme", "Basic dXNlcjpwYXNz"],
    ["a scheme without a token", "Bearer "],
    ["a bare token", "rcs_unknown"],
    ["a token with a space in it", "Bearer rcs_a rcs_b"],
    ["nothing in it", ""],
  ])("the whole operation is refused: %s", async (_, authorization) => {
    const answer = await answerTo(authorization);
    expect(answer.status).toBe(401);
    expect(answer.errors[0].extensions.code).toBe("UNAUTHENTICATED");
    expect(JSON.stringify(answer)).not.toContain("rcs_");
  });

  it("the scheme's name may be written in any case", async () => {
    expect((await answerTo(`bearer ${file.gateway.admin}`)).errors).toBeUndefined();
  });

  it("a token that expired or was revoked is as good as none", async () => {
    const holder = { permissions: ["USER_READ"], scopeIds: "everywhere" } as const;
    const expiresAt = new Date(Date.now() + 86_400_000);
    const { value: passing } = await service().issue(someCause, { name: "passing", holder, expiresAt });
    const { value: revoked } = await service().issue(someCause, { name: "revoked", holder, expiresAt: null });
    for (const { secret } of [passing, revoked]) expect((await answerTo(`Bearer ${secret}`)).errors).toBeUndefined();
    await service().revoke(someCause, revoked.tokenId);
    expect((await answerTo(`Bearer ${revoked.secret}`)).status).toBe(401);
    file.gateway.database.moveClock("2 days");
    expect((await answerTo(`Bearer ${passing.secret}`)).status).toBe(401);
    file.gateway.database.moveClock("0 days");
  });

  it("a person's token needs the person to be active, whatever became of the token", async () => {
    const { id } = await makeUser(file.gateway);
    const token = await tokenOf(file.gateway, id);
    await file.gateway.database.write(someCause, async (tx) => {
      await tx.sql.updateTable("user_account").set({ status: "LOCKED" }).where("id", "=", uuid(id)).execute();
    });
    expect((await answerTo(`Bearer ${token}`)).status).toBe(401);
  });
});
