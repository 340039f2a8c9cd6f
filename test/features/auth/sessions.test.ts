import { createHmac, generateKeyPairSync } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { exportJWK, importJWK, jwtVerify, SignJWT } from "jose";
import { sql } from "kysely";
import { describe, expect, it } from "vitest";
import { endOverdueSessions } from "../../../src/features/auth/session.service.ts";
import { SignInKeys } from "../../../src/features/auth/sign-in.keys.ts";
import { SIGN_IN_DEFAULTS } from "../../../src/features/auth/sign-in.settings.ts";
import { resolveViewer } from "../../../src/features/auth/viewer.ts";
import { newId, publicId } from "../../../src/kernel/ids.ts";
import { someCause } from "../../support/database.ts";
import { makeHolder, makeUnit, uuid } from "../../support/directory.ts";
import { gatewayForFile, testCustody } from "../../support/gateway.ts";
import { rounds } from "../../support/rounds.ts";
import { answered, makeMember, makeSignedIn, REFRESH, settleFacts, signIn } from "../../support/sign-in.ts";

const file = gatewayForFile({ times: { signIn: { addressAttempts: 1_000_000 } } });

const VIEWER = "{ viewer { user { id } session { id } } }";
const SESSIONS = `query ($id: ID!, $ended: Boolean) { node(id: $id) { ... on User {
  sessions(includeEnded: $ended) { id endedAt endedBy { kind name } userAgent user { id } } } } }`;
const REVOKE = "mutation ($input: RevokeSessionInput!) { revokeSession(input: $input) { deletedId } }";
const REVOKE_ALL = "mutation ($input: RevokeUserSessionsInput!) { revokeUserSessions(input: $input) { revoked } }";
const holds = async (token: string) => (await file.gateway.ask(VIEWER, {}, token)).status === 200;
const refresh = (refreshToken: string) => file.gateway.ask(REFRESH, { input: { refreshToken } }, null);
const refreshed = async (refreshToken: string) =>
  (await answered(file.gateway, REFRESH, { input: { refreshToken } })).refreshSession;
const sessionsOf = async (id: string, ended = false, token?: string) =>
  (await file.gateway.run(SESSIONS, { id, ended }, token)).node.sessions;

describe("An access token", () => {
  it("is a JWT of type at+jwt whose key is published, and says nothing of what its person may do", async () => {
    const { id, token, sessionId } = await makeSignedIn(file.gateway);
    const response = await file.gateway.server.inject({ url: "/.well-known/jwks.json" });
    const { keys } = response.json();
    expect(keys).toHaveLength(1);
    expect(keys[0]).not.toHaveProperty("d");
    const { payload, protectedHeader } = await jwtVerify(token, await importJWK(keys[0]));
    expect(protectedHeader).toEqual({ alg: "EdDSA", typ: "at+jwt", kid: keys[0].kid });
    expect(payload).toEqual({
      iss: "http://localhost:4000",
      aud: "http://localhost:4000/graphql",
      sub: id,
      sid: sessionId,
      client_id: "rollcall",
      acr: "aal1",
      amr: ["pwd"],
      auth_time: payload.iat,
      iat: expect.any(Number),
      exp: (payload.iat as number) + 300,
      jti: expect.any(String),
    });
  });

  it("that is forged is refused: by no algorithm, by HMAC, by another's key, for another issuer, audience or type, or without an end", async () => {
    const { id, token, sessionId } = await makeSignedIn(file.gateway);
    const { signing } = new SignInKeys(testCustody.derive, undefined);
    const [header = "", payload = ""] = token.split(".");
    const claims = JSON.parse(Buffer.from(payload, "base64url").toString());
    const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const jwk = JSON.stringify(await exportJWK(new SignInKeys(testCustody.derive, undefined).verifying));
    const hmac = `${encoded({ alg: "HS256", typ: "at+jwt" })}.${payload}`;
    const signed = (changes: object, { typ = "at+jwt", key = signing } = {}) =>
      new SignJWT({ ...claims, ...changes }).setProtectedHeader({ alg: "EdDSA", typ }).sign(key);
    expect(await holds(await signed({}))).toBe(true);
    const forged = [
      `${encoded({ alg: "none", typ: "at+jwt" })}.${payload}.`,
      `${header}.${payload}.`,
      `${hmac}.${createHmac("sha256", jwk).update(hmac).digest("base64url")}`,
      await signed({}, { key: generateKeyPairSync("ed25519").privateKey }),
      await signed({ iss: "https://elsewhere.example" }),
      await signed({ aud: "https://elsewhere.example/graphql" }),
      await signed({}, { typ: "JWT" }),
      await signed({ exp: undefined }),
      await signed({ sid: publicId("Session", uuid(id)) }),
      await signed({ sub: publicId("User", uuid(sessionId)) }),
      `${header}.${encoded({ ...claims, sub: file.gateway.admin })}.${token.split(".")[2]}`,
    ];
    for (const [place, one] of forged.entries()) expect([place, await holds(one)]).toEqual([place, false]);
  });

  it("runs out by the database's clock", async () => {
    const { token } = await makeSignedIn(file.gateway);
    file.gateway.database.moveClock("270 seconds");
    const before = await holds(token);
    file.gateway.database.moveClock("301 seconds");
    const after = await holds(token);
    file.gateway.database.moveClock("0 seconds");
    expect([before, after]).toEqual([true, false]);
  });
});

describe("A refresh token", () => {
  it("is good once, and gives the next one; used twice it ends the session with all of its tokens", async () => {
    const { refreshToken, token } = await makeSignedIn(file.gateway);
    const next = await refreshed(refreshToken);
    expect(await holds(next.accessToken)).toBe(true);
    const third = await refreshed(next.refreshToken);
    expect((await refresh(refreshToken)).errors?.[0]?.extensions.code).toBe("UNAUTHENTICATED");
    expect((await refresh(third.refreshToken)).errors?.[0]?.extensions.code).toBe("UNAUTHENTICATED");
    for (const one of [token, next.accessToken, third.accessToken]) expect(await holds(one)).toBe(false);
  });

  it("that is made up ends nothing, though it names a session", async () => {
    const { refreshToken, token } = await makeSignedIn(file.gateway);
    const bytes = Buffer.from(refreshToken.slice(4), "base64url");
    bytes.fill(7, 16, 48);
    for (const one of [`rcr_${bytes.toString("base64url")}`, "rcr_", "", "rcr_x"])
      expect((await refresh(one)).errors?.[0]?.extensions.code).toBe("UNAUTHENTICATED");
    expect(await holds(token)).toBe(true);
  });

  it("in many uses at once is good for one", async () => {
    const { refreshToken } = await makeSignedIn(file.gateway);
    const answers = await Promise.all(Array.from({ length: rounds(100, 1_000) }, () => refresh(refreshToken)));
    expect(answers.filter(({ errors }) => errors === undefined)).toHaveLength(1);
  });

  it("is kept as a hash alone", async () => {
    const { refreshToken, sessionId } = await makeSignedIn(file.gateway);
    const row = await file.gateway.database.reader
      .selectFrom("session_use")
      .selectAll()
      .where("session_id", "=", uuid(sessionId))
      .executeTakeFirstOrThrow();
    const secret = Buffer.from(refreshToken.slice(4), "base64url").subarray(16).toString("hex");
    for (const kept of [row.family_hash, row.turn_hash]) expect(secret).not.toContain(kept.toString("hex"));
  });
});

describe("A session", () => {
  it("ends without use after its idle time, and with use after its limit", async () => {
    const { token, refreshToken, sessionId } = await makeSignedIn(file.gateway);
    const at = async (minutes: number) => {
      file.gateway.database.moveClock(`${minutes} minutes`);
      return refresh(refreshToken);
    };
    const idle = await at(61);
    expect(idle.errors?.[0]?.extensions.code).toBe("UNAUTHENTICATED");
    expect(await endOverdueSessions(file.gateway.database, SIGN_IN_DEFAULTS.idleSeconds)).toBeGreaterThan(0);
    file.gateway.database.moveClock("0 minutes");
    expect(await holds(token)).toBe(false);
    const { node } = await file.gateway.run(
      "query ($id: ID!) { node(id: $id) { ... on Session { endedBy { kind name } } } }",
      { id: sessionId },
    );
    expect(node.endedBy).toEqual({ kind: "SYSTEM", name: "clock" });

    const used = await makeSignedIn(file.gateway);
    let last = used.refreshToken;
    const outcomes = [];
    for (let minutes = 50; minutes <= 750; minutes += 50) {
      file.gateway.database.moveClock(`${minutes} minutes`);
      const { data, errors } = await refresh(last);
      outcomes.push(errors === undefined);
      last = data?.refreshSession?.refreshToken ?? last;
    }
    file.gateway.database.moveClock("0 minutes");
    expect(outcomes).toEqual(Array.from({ length: 15 }, (_, n) => (n + 1) * 50 < 720));
  });

  it("is shown to its person, and to whoever may read sign-in facts about them; to nobody else, by no path", async () => {
    const { id: unit } = await makeUnit(file.gateway);
    const { id, token, sessionId } = await makeSignedIn(file.gateway, unit);
    const security = await makeHolder(file.gateway, ["USER_READ", "USER_READ_SECURITY"], unit);
    const reader = await makeHolder(file.gateway, ["USER_READ"], unit);
    const elsewhere = await makeHolder(
      file.gateway,
      ["USER_READ", "USER_READ_SECURITY"],
      (await makeUnit(file.gateway)).id,
    );
    const NODE = "query ($id: ID!) { node(id: $id) { id } }";
    expect(await sessionsOf(id, false, token)).toMatchObject([{ id: sessionId, user: { id } }]);
    expect(await sessionsOf(id, false, security.token)).toHaveLength(1);
    expect(await sessionsOf(id, false, reader.token)).toBeNull();
    for (const [who, seen] of [
      [token, true],
      [security.token, true],
      [reader.token, false],
      [elsewhere.token, false],
    ] as const)
      expect((await file.gateway.run(NODE, { id: sessionId }, who)).node !== null).toBe(seen);
  });

  it("is ended by its person, and by whoever holds SESSION_MANAGE over them; to others it does not exist", async () => {
    const { id: unit } = await makeUnit(file.gateway);
    const { id, username, token } = await makeSignedIn(file.gateway, unit);
    const manager = await makeHolder(file.gateway, ["USER_READ", "SESSION_MANAGE"], unit);
    const security = await makeHolder(file.gateway, ["USER_READ", "USER_READ_SECURITY"], unit);
    const reader = await makeHolder(file.gateway, ["USER_READ"], unit);
    const [first, second] = [await signIn(file.gateway, username), await signIn(file.gateway, username)];
    const input = { id: first.session.id };
    expect((await file.gateway.refusal(REVOKE, { input }, reader.token)).extensions.code).toBe("NOT_FOUND");
    expect((await file.gateway.refusal(REVOKE, { input }, security.token)).extensions.code).toBe("FORBIDDEN");
    await file.gateway.run(REVOKE, { input }, token);
    expect((await file.gateway.refusal(REVOKE, { input }, token)).extensions.code).toBe("CONFLICT");
    await file.gateway.run(REVOKE, { input: { id: second.session.id } }, manager.token);
    expect([await holds(first.accessToken), await holds(second.accessToken), await holds(token)]).toEqual([
      false,
      false,
      true,
    ]);
    expect((await file.gateway.refusal(REVOKE_ALL, { input: { userId: id } }, reader.token)).extensions.code).toBe(
      "FORBIDDEN",
    );
    expect(
      (await file.gateway.run(REVOKE_ALL, { input: { userId: id } }, manager.token)).revokeUserSessions.revoked,
    ).toBe(1);
    expect(await holds(token)).toBe(false);
    const ended = await sessionsOf(id, true);
    expect(ended.map((one: { endedBy: { kind: string } }) => one.endedBy.kind)).toEqual(["USER", "USER", "USER"]);
  });

  it("is ended also where it is being opened while all of its person's are ended", async () => {
    const { id } = await makeSignedIn(file.gateway);
    const [written, seen] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const opening = file.gateway.database.write(someCause, async (tx) => {
      await tx.sql.selectFrom("user_account").select("id").where("id", "=", uuid(id)).forShare().execute();
      await sql`
        INSERT INTO session (id, user_id, method, factors, created_at, authenticated_at, expires_at)
        SELECT ${newId()}, user_id, method, factors, created_at, authenticated_at, expires_at FROM session WHERE user_id = ${uuid(id)}`.execute(
        tx.sql,
      );
      written.resolve();
      await seen.promise;
    });
    await written.promise;
    const ending = file.gateway.run(REVOKE_ALL, { input: { userId: id } });
    // Time enough to overtake what is under way, if it could.
    await Promise.race([ending, setTimeout(200)]);
    seen.resolve();
    await opening;
    expect((await ending).revokeUserSessions.revoked).toBe(2);
  });

  it("ends by signing out, which a token without one cannot", async () => {
    const { token } = await makeSignedIn(file.gateway);
    const OUT = "mutation { signOut(input: {}) { deletedId } }";
    await file.gateway.run(OUT, {}, token);
    expect(await holds(token)).toBe(false);
    expect((await file.gateway.refusal(OUT)).extensions.code).toBe("FORBIDDEN");
  });

  it("is looked up with its person's rights, in one statement", async () => {
    const { token } = await makeSignedIn(file.gateway);
    const { accessTokens, settings } = file.gateway.signIn;
    const sessions = { read: (one: string) => accessTokens.read(one), idleSeconds: settings.idleSeconds };
    const counts = [];
    for (let look = 0; look < 5; look += 1) {
      let statements = 0;
      file.gateway.database.observe(() => {
        statements += 1;
      });
      expect((await resolveViewer(file.gateway.database, `Bearer ${token}`, { sessions }))?.session).toBeDefined();
      counts.push(statements);
    }
    file.gateway.database.observe(() => undefined);
    expect(Math.min(...counts)).toBe(1); // Whoever follows the feed has statements of their own.
  });

  it("is counted on its person's search row", async () => {
    const { id, username, token } = await makeSignedIn(file.gateway);
    await signIn(file.gateway, username);
    await settleFacts(file.gateway);
    const counted = async () =>
      (
        await file.gateway.run("query ($f: UserFilter) { users(filter: $f) { totalCount } }", {
          f: { id: { eq: id }, activeSessionCount: { eq: 2 } },
        })
      ).users.totalCount;
    expect(await counted()).toBe(1);
    await file.gateway.run("mutation { signOut(input: {}) { deletedId } }", {}, token);
    expect(await counted()).toBe(0);
  });
});

describe("Leaving ACTIVE", () => {
  it.each(["lock", "suspend", "deactivate", "delete"])(
    "by %sUser ends sessions, refuses access and refresh tokens, and says so in the payload and the log",
    async (operation) => {
      const { id, token, refreshToken, sessionId } = await makeSignedIn(file.gateway);
      const type = `${operation[0]?.toUpperCase()}${operation.slice(1)}UserInput`;
      const { change } = await file.gateway.run(
        `mutation ($input: ${type}!) { change: ${operation}User(input: $input) { consequences { kind count subjectIds } } }`,
        { input: { id } },
      );
      expect(change.consequences).toContainEqual({ kind: "SESSIONS_ENDED", count: 1, subjectIds: [sessionId] });
      expect(await holds(token)).toBe(false);
      expect((await refresh(refreshToken)).errors?.[0]?.extensions.code).toBe("UNAUTHENTICATED");
      const { auditEvents } = await file.gateway.run(
        "query ($filter: AuditEventFilter) { auditEvents(filter: $filter, first: 50) { nodes { action cause { actor { name } } changes { field after } } } }",
        { filter: { subjectId: { eq: id } } },
      );
      const receipt = auditEvents.nodes.find(({ action }: { action: string }) => action === "session.ended");
      expect(receipt.cause.actor.name).toBe("bootstrap");
      expect(receipt.changes).toContainEqual({ field: "endReason", after: expect.stringMatching(/^[A-Z]+$/) });
    },
  );

  it("does not let a session open that was begun before", async () => {
    const { id, username } = await makeMember(file.gateway);
    const suspending = file.gateway.run(
      "mutation ($input: SuspendUserInput!) { suspendUser(input: $input) { position } }",
      {
        input: { id },
      },
    );
    const attempts = Array.from({ length: 5 }, () => signIn(file.gateway, username).catch(() => undefined));
    await Promise.all([suspending, ...attempts]);
    expect(await sessionsOf(id)).toEqual([]);
  });
});
