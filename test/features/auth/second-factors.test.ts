import { generate } from "otplib";
import { describe, expect, it } from "vitest";
import { grant, makeHolder, makeRole, makeUnit, uuid } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";
import { rounds } from "../../support/rounds.ts";
import {
  answered,
  givePassword,
  makeSignedIn,
  PASSWORD,
  SIGN_IN,
  type SignedIn,
  settleFacts,
  signIn,
} from "../../support/sign-in.ts";

/** So many proofs at once. */
const AT_ONCE = rounds(8, 40);
const ATTEMPTS = 2 * AT_ONCE + 4;
const file = gatewayForFile({ times: { signIn: { addressAttempts: 1_000_000, accountAttempts: ATTEMPTS } } });

const COMPLETE = `mutation ($input: CompleteSignInInput!) { completeSignIn(input: $input) {
  accessToken refreshToken session { mfa factors method } } }`;
const BEGIN = "mutation ($input: BeginTotpEnrolmentInput!) { beginTotpEnrolment(input: $input) { id secret uri } }";
const CONFIRM =
  "mutation ($input: ConfirmTotpEnrolmentInput!) { confirmTotpEnrolment(input: $input) { factor { id kind name } } }";
const CODES = "mutation { createRecoveryCodes(input: {}) { codes } }";
const REMOVE = "mutation ($input: RemoveFactorInput!) { removeFactor(input: $input) { deletedId } }";
const RESET =
  "mutation ($input: ResetUserFactorsInput!) { resetUserFactors(input: $input) { removed consequences { kind count } } }";
const CHANGE =
  "mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { consequences { kind count } } }";
const REAUTHENTICATE = "mutation ($input: ReauthenticateInput!) { reauthenticate(input: $input) { position } }";
const ENROLLED =
  "query ($id: ID!) { node(id: $id) { ... on User { mfaEnrolled mfaMethods recoveryCodesLeft factors { id kind name lastUsedAt } } } }";

/** The code of a secret, so many steps from now. */
const codeOf = (secret: string, steps = 0) => generate({ secret, epoch: Math.floor(Date.now() / 1000) + steps * 30 });
const challengeOf = async (username: string, password?: string) =>
  (await signIn(file.gateway, username, password)).challenge;
const complete = (challenge: string, proof: object) =>
  file.gateway.ask(COMPLETE, { input: { challenge, proof } }, null);
const completed = async (challenge: string, proof: object) =>
  (await answered(file.gateway, COMPLETE, { input: { challenge, proof } })).completeSignIn;
const codeOfError = async (answer: ReturnType<typeof complete>) => (await answer).errors?.[0]?.extensions.code;

/** Somebody who has an authenticator app. The code of the step before was used to prove it. */
async function withTotp(): Promise<SignedIn & { secret: string; factorId: string }> {
  const person = await makeSignedIn(file.gateway);
  const begun = (await file.gateway.run(BEGIN, { input: { name: "My phone" } }, person.token)).beginTotpEnrolment;
  // Where the step ends between the making of a code and its use, another one is needed.
  for (let tries = 0; tries < 3; tries += 1) {
    const input = { id: begun.id, code: await codeOf(begun.secret, -1) };
    if (!(await file.gateway.ask(CONFIRM, { input }, person.token)).errors) break;
  }
  return { ...person, secret: begun.secret, factorId: begun.id };
}

describe("An authenticator app", () => {
  it("counts once a code has proved it, and is asked for from then on", async () => {
    const person = await makeSignedIn(file.gateway);
    const { id, secret, uri } = (await file.gateway.run(BEGIN, { input: { name: "My phone" } }, person.token))
      .beginTotpEnrolment;
    expect(uri).toContain(`secret=${secret}`);
    expect((await signIn(file.gateway, person.username)).challenge).toBeNull();
    const wrong = await file.gateway.refusal(CONFIRM, { input: { id, code: "000000" } }, person.token);
    expect(wrong.extensions).toMatchObject({ code: "INVALID_INPUT", inputPath: "input.code" });
    const { factor } = (await file.gateway.run(CONFIRM, { input: { id, code: await codeOf(secret) } }, person.token))
      .confirmTotpEnrolment;
    expect(factor).toEqual({ id, kind: "TOTP", name: "My phone" });
    const { challenge, session, accessToken } = await signIn(file.gateway, person.username);
    expect([session, accessToken, challenge.methods, challenge.passkeyOptions]).toEqual([null, null, ["TOTP"], null]);
    expect((await file.gateway.run(ENROLLED, { id: person.id })).node).toMatchObject({
      mfaEnrolled: true,
      mfaMethods: ["TOTP"],
    });
  });

  it("completes a sign-in with a code of now, which is good once; the challenge too", async () => {
    const { username, secret } = await withTotp();
    const [first, second] = [await challengeOf(username), await challengeOf(username)];
    expect(await codeOfError(complete(first.id, { totpCode: "000000" }))).toBe("UNAUTHENTICATED");
    const code = await codeOf(secret);
    const { session, accessToken } = await completed(first.id, { totpCode: code });
    expect(session).toEqual({ mfa: true, method: "password", factors: ["PASSWORD", "TOTP"] });
    const claims = JSON.parse(Buffer.from(accessToken.split(".")[1], "base64url").toString());
    expect([claims.acr, claims.amr]).toEqual(["aal2", ["pwd", "otp", "mfa"]]);
    expect(await codeOfError(complete(second.id, { totpCode: code }))).toBe("UNAUTHENTICATED");
    expect(await codeOfError(complete(first.id, { totpCode: await codeOf(secret, 1) }))).toBe("UNAUTHENTICATED");
    expect((await completed(second.id, { totpCode: await codeOf(secret, 1) })).session.mfa).toBe(true);
  });

  it("lets one of many uses of a code at once through", async () => {
    const { username, secret } = await withTotp();
    const challenges = await Promise.all(Array.from({ length: AT_ONCE }, () => challengeOf(username)));
    const totpCode = await codeOf(secret);
    const answers = await Promise.all(challenges.map(({ id }) => complete(id, { totpCode })));
    expect(answers.filter(({ errors }) => errors === undefined)).toHaveLength(1);
  });

  it("is guessed at no more often than a password", async () => {
    const { username } = await withTotp();
    const { id } = await challengeOf(username);
    const codes = [];
    for (let guess = 0; guess < ATTEMPTS; guess += 1)
      codes.push(await codeOfError(complete(id, { totpCode: "000000" })));
    // The password was an attempt as well.
    expect(codes).toEqual([...Array(ATTEMPTS - 1).fill("UNAUTHENTICATED"), "RATE_LIMITED"]);
  });

  it("has its secret encrypted, and out of the log", async () => {
    const { secret, factorId } = await withTotp();
    const { database } = file.gateway;
    const kept = await database.reader
      .selectFrom("user_factor")
      .select("secret")
      .where("id", "=", uuid(factorId))
      .executeTakeFirstOrThrow();
    expect(kept.secret.toString("latin1")).not.toContain(secret);
    const changes = await database.reader
      .selectFrom("change")
      .select(["after", "hidden"])
      .where("row_id", "=", uuid(factorId))
      .orderBy("commit_id")
      .execute();
    expect(changes[0]?.hidden).toEqual(["secret"]);
    expect(JSON.stringify(changes)).not.toContain(secret);
  });
});

describe("Recovery codes", () => {
  it("stand in for another factor, each once, however they are typed; new ones replace them", async () => {
    const { id, username, token } = await withTotp();
    const { codes } = (await file.gateway.run(CODES, {}, token)).createRecoveryCodes;
    expect(new Set(codes).size).toBe(10);
    const [first, second] = codes as [string, string];
    const { methods, id: challenge } = await challengeOf(username);
    expect(methods).toEqual(["TOTP", "RECOVERY_CODE"]);
    const { session } = await completed(challenge, { recoveryCode: first.toUpperCase().replaceAll("-", " ") });
    expect(session.factors).toEqual(["PASSWORD", "RECOVERY_CODE"]);
    expect(await codeOfError(complete((await challengeOf(username)).id, { recoveryCode: first }))).toBe(
      "UNAUTHENTICATED",
    );
    expect((await file.gateway.run(ENROLLED, { id })).node).toMatchObject({
      mfaMethods: ["TOTP", "RECOVERY_CODE"],
      recoveryCodesLeft: 9,
    });
    await file.gateway.run(CODES, {}, token);
    expect(await codeOfError(complete((await challengeOf(username)).id, { recoveryCode: second }))).toBe(
      "UNAUTHENTICATED",
    );
  });

  it("that are wrong are failed attempts in a session as well: the last one locks the account", async () => {
    const { id, token } = await withTotp();
    const guess = async () =>
      (await file.gateway.refusal(REAUTHENTICATE, { input: { proof: { recoveryCode: "none" } } }, token)).extensions
        .code;
    for (let tries = 0; tries < ATTEMPTS; tries += 1) expect(await guess()).toBe("UNAUTHENTICATED");
    await settleFacts(file.gateway);
    const { node } = await file.gateway.run(
      "query ($id: ID!) { node(id: $id) { ... on User { status failedLoginCount } } }",
      { id },
    );
    expect(node).toEqual({ status: "LOCKED", failedLoginCount: ATTEMPTS });
  });

  it("are for whoever has another factor", async () => {
    const { token } = await makeSignedIn(file.gateway);
    expect((await file.gateway.refusal(CODES, {}, token)).extensions.code).toBe("CONFLICT");
  });
});

describe("A password", () => {
  it("may be shorter beside a factor, which then cannot be removed; alone it must be long", async () => {
    const person = await withTotp();
    const change = (next: string, current = PASSWORD) =>
      file.gateway.ask(CHANGE, { input: { currentPassword: current, newPassword: next } }, person.token);
    const short = "kd8 hq2z";
    expect((await change(short)).errors).toBeUndefined();
    const last = await file.gateway.refusal(REMOVE, { input: { id: person.factorId } }, person.token);
    expect(last.extensions.code).toBe("CONFLICT");
    expect((await change("another long phrase here", short)).errors).toBeUndefined();
    await file.gateway.run(REMOVE, { input: { id: person.factorId } }, person.token);
    const refused = (await change(short, "another long phrase here")).errors?.[0];
    expect(refused?.extensions).toMatchObject({
      code: "INVALID_INPUT",
      violations: [{ path: "input.newPassword", limit: 15 }],
    });
  });

  it("is changed by the one that is known, and ends the other sessions, not this one", async () => {
    const person = await makeSignedIn(file.gateway);
    const other = await signIn(file.gateway, person.username);
    const wrong = { currentPassword: "not this one", newPassword: "another long phrase here" };
    expect((await file.gateway.refusal(CHANGE, { input: wrong }, person.token)).extensions.code).toBe(
      "UNAUTHENTICATED",
    );
    const input = { currentPassword: PASSWORD, newPassword: "another long phrase here" };
    const { changePassword } = await file.gateway.run(CHANGE, { input }, person.token);
    expect(changePassword.consequences).toEqual([{ kind: "SESSIONS_ENDED", count: 1 }]);
    expect((await file.gateway.ask("{ viewer { user { id } } }", {}, person.token)).status).toBe(200);
    expect((await file.gateway.ask("{ viewer { user { id } } }", {}, other.accessToken)).status).toBe(401);
    expect(
      (await file.gateway.refusal(SIGN_IN, { input: { name: person.username, password: PASSWORD } }, null)).extensions
        .code,
    ).toBe("UNAUTHENTICATED");
  });
});

describe("Whoever has lost their factors", () => {
  it("has them reset by somebody who holds SESSION_MANAGE and no less than they do; a short password then only enrols", async () => {
    const { id: unit } = await makeUnit(file.gateway);
    const helpDesk = await makeHolder(file.gateway, ["USER_READ", "SESSION_MANAGE"], unit);
    const person = await withTotp();
    await file.gateway.run("mutation ($input: UpdateUserInput!) { updateUser(input: $input) { position } }", {
      input: { id: person.id, orgUnitId: unit },
    });
    await givePassword(file.gateway, person.id, "kd8 hq2z");
    const administrator = await makeHolder(file.gateway, ["USER_READ", "ROLE_READ"], unit);
    const refused = await file.gateway.refusal(RESET, { input: { userId: administrator.id } }, helpDesk.token);
    expect(refused.extensions).toMatchObject({ code: "FORBIDDEN", permission: "ROLE_READ" });
    // Who holds as much, but only for a time, holds less.
    const { id: expert, token: expertToken } = await makeHolder(file.gateway, ["USER_READ", "SESSION_MANAGE"], unit);
    const { key } = await makeRole(file.gateway, ["ROLE_READ"]);
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
    await grant(file.gateway, expert, key, { scopeId: unit, expiresAt });
    const brief = await file.gateway.refusal(RESET, { input: { userId: administrator.id } }, expertToken);
    expect(brief.extensions).toMatchObject({ code: "FORBIDDEN", permission: "ROLE_READ", latest: expiresAt });
    const { resetUserFactors } = await file.gateway.run(RESET, { input: { userId: person.id } }, helpDesk.token);
    expect(resetUserFactors.removed).toBe(1);
    const { session, accessToken } = await signIn(file.gateway, person.username, "kd8 hq2z");
    expect(session.enrolmentOnly).toBe(true);
    const { viewer } = await file.gateway.run(
      "{ viewer { grants { permission } session { enrolmentOnly } } }",
      {},
      accessToken,
    );
    expect(viewer).toEqual({ grants: [], session: { enrolmentOnly: true } });
    const input = { currentPassword: "kd8 hq2z", newPassword: "another long phrase here" };
    await file.gateway.run(CHANGE, { input }, accessToken);
    expect(
      (await file.gateway.run("{ viewer { session { enrolmentOnly } } }", {}, accessToken)).viewer.session
        .enrolmentOnly,
    ).toBe(false);
  });
});
