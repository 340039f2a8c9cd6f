import { sql } from "kysely";
import { beforeEach, describe, expect, it } from "vitest";
import { Links, pruneLinks } from "../../../src/features/auth/link.issue.ts";
import {
  LinkLimits,
  PasswordResetRequests,
  PER_ACCOUNT,
  PER_ADDRESS,
} from "../../../src/features/auth/link.requests.ts";
import { LINK_DEFAULTS } from "../../../src/features/auth/link.settings.ts";
import { grant, makeHolder, makeRole, makeUnit, tokenOf, unique, uuid } from "../../support/directory.ts";
import { gatewayForFile, testCustody } from "../../support/gateway.ts";
import { Mailbox, testOutbox, tokenIn } from "../../support/mail.ts";
import { answered, PASSWORD, signIn } from "../../support/sign-in.ts";

/*
 * Invitations, resets and verified addresses, from the mutation to the mail and back.
 */

const file = gatewayForFile();
const mailbox = new Mailbox();

const INVITE = `mutation ($input: InviteUserInput!) { inviteUser(input: $input) { user { id status } expiresAt position } }`;
const ACCEPT = `mutation ($input: AcceptInvitationInput!) { acceptInvitation(input: $input) { username position } }`;
const ASK = `mutation ($input: RequestPasswordResetInput!) { requestPasswordReset(input: $input) { __typename position } }`;
const RESET = `mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) {
  username consequences { kind count } } }`;
const ASK_VERIFICATION = `mutation ($input: RequestEmailVerificationInput!) {
  requestEmailVerification(input: $input) { expiresAt } }`;
const VERIFY = `mutation ($input: VerifyEmailInput!) { verifyEmail(input: $input) { email position } }`;
const UPDATE = `mutation ($input: UpdateUserInput!) { updateUser(input: $input) { position } }`;
const USER =
  "query ($id: ID!) { node(id: $id) { ... on User { status emailVerified version emails { value verified } } } }";
const OTHER = "quiet lantern 44 orchard";

const DEAD = {
  message: "The link was used already, is too old or does not hold any more: ask for another one.",
  extensions: { code: "UNAUTHENTICATED" },
};

const user = async (id: string) => (await file.gateway.run(USER, { id })).node;
const refused = (query: string, input: object) => file.gateway.refusal(query, { input }, null);
const move = (operation: string, id: string) => {
  const type = `${operation[0]?.toUpperCase()}${operation.slice(1)}UserInput`;
  return file.gateway.run(`mutation ($input: ${type}!) { ${operation}User(input: $input) { position } }`, {
    input: { id },
  });
};

interface Person {
  id: string;
  email: string;
  username: string;
}

/** Somebody with an address, PENDING unless it is said otherwise. */
async function person(more: object = {}): Promise<Person> {
  const username = unique("link");
  const email = `${username}@example.org`;
  const { createUser } = await file.gateway.run(
    "mutation ($input: CreateUserInput!) { createUser(input: $input) { user { id } } }",
    { input: { username, email, ...more } },
  );
  return { id: createUser.user.id, email, username };
}

async function invitation({ id, email }: Person): Promise<string> {
  await file.gateway.run(INVITE, { input: { id } });
  return tokenIn((await mailbox.collect(file.gateway, email))[0] as never);
}

/** Somebody who came in by an invitation, and so has a password and a verified address. */
async function member(): Promise<Person> {
  const one = await person();
  await answered(file.gateway, ACCEPT, { input: { token: await invitation(one), newPassword: PASSWORD } });
  return one;
}

const requests = () => {
  const { database } = file.gateway;
  const links = new Links(database, testOutbox, LINK_DEFAULTS);
  return new PasswordResetRequests(
    database,
    links,
    new LinkLimits(database),
    testCustody.derive("password reset requests"),
  );
};

/** The tokens of the resets that were sent to the address, the last one first. */
async function resets(email: string): Promise<string[]> {
  await requests().answer();
  return (await mailbox.collect(file.gateway, email))
    .filter(({ text }) => text.includes("reset-password"))
    .map(tokenIn);
}

async function reset({ email }: Person): Promise<string> {
  await answered(file.gateway, ASK, { input: { email } });
  return (await resets(email))[0] as string;
}

beforeEach(async () => {
  await sql`DELETE FROM sign_in_counter`.execute(file.gateway.database.reader);
});

describe("An invitation", () => {
  it("lets somebody choose their first password, makes them ACTIVE and their address verified, and is then used up", async () => {
    const one = await person();
    const token = await invitation(one);
    const input = { token, newPassword: PASSWORD };
    const { acceptInvitation } = await answered(file.gateway, ACCEPT, { input });
    expect(acceptInvitation.username).toBe(one.username);
    expect(await user(one.id)).toMatchObject({ status: "ACTIVE", emailVerified: true });
    expect((await signIn(file.gateway, one.username)).accessToken).toBeTruthy();
    expect(await refused(ACCEPT, input)).toMatchObject(DEAD);
  });

  it("holds no more when another one follows, or its address or its person's status changes, not even when they change back", async () => {
    const changes: [string, (one: Person) => Promise<unknown>][] = [
      ["another one", (one) => invitation(one)],
      [
        "address",
        async ({ id, email }) => {
          await file.gateway.run(UPDATE, { input: { id, email: `x${email}` } });
          await file.gateway.run(UPDATE, { input: { id, email } });
        },
      ],
      [
        "status",
        async ({ id }) => {
          await move("delete", id);
          await move("restore", id);
        },
      ],
    ];
    for (const [change, make] of changes) {
      const one = await person();
      const token = await invitation(one);
      await make(one);
      const error = await refused(ACCEPT, { token, newPassword: PASSWORD });
      expect([change, error]).toMatchObject([change, DEAD]);
    }
  });

  it("survives a password that is refused", async () => {
    const token = await invitation(await person());
    const error = await refused(ACCEPT, { token, newPassword: "short" });
    expect(error.extensions).toMatchObject({ code: "INVALID_INPUT", inputPath: "input.newPassword" });
    await answered(file.gateway, ACCEPT, { input: { token, newPassword: PASSWORD } });
  });

  it("is for nobody who has a password, has left, or has no address", async () => {
    const gone = await person();
    await move("deactivate", gone.id);
    for (const one of [await member(), gone, await person({ email: null })])
      expect((await file.gateway.refusal(INVITE, { input: { id: one.id } })).extensions.code).toBe("CONFLICT");
  });

  it("needs USER_LIFECYCLE over the person, and all that they were granted", async () => {
    const { id: unit } = await makeUnit(file.gateway);
    const { token } = await makeHolder(file.gateway, ["USER_READ", "USER_LIFECYCLE"], unit);
    const inside = await person({ orgUnitId: unit });
    const outside = await person();
    const ask = ({ id }: Person) => file.gateway.ask(INVITE, { input: { id } }, token);
    expect((await ask(inside)).errors).toBeUndefined();
    expect((await ask(outside)).errors?.[0]?.extensions.code).toBe("NOT_FOUND");
    const { key } = await makeRole(file.gateway, ["AUDIT_READ"]);
    await grant(file.gateway, inside.id, key, { scopeId: unit });
    expect((await ask(inside)).errors?.[0]?.extensions).toMatchObject({ code: "FORBIDDEN", permission: "AUDIT_READ" });
  });

  it("ends by itself", async () => {
    const { database } = file.gateway;
    const token = await invitation(await person());
    database.moveClock("73 hours");
    const error = await refused(ACCEPT, { token, newPassword: PASSWORD });
    database.moveClock("");
    expect(error).toMatchObject(DEAD);
  });

  it("is cleared away once it is too old, and no sooner", async () => {
    const { database } = file.gateway;
    const { id } = await person();
    await file.gateway.run(INVITE, { input: { id } });
    const kept = async () =>
      (await sql`SELECT FROM user_link WHERE user_id = ${uuid(id)}`.execute(database.reader)).rows.length;
    await pruneLinks(database);
    expect(await kept()).toBe(1);
    database.moveClock("73 hours");
    await pruneLinks(database).finally(() => database.moveClock(""));
    expect(await kept()).toBe(0);
  });

  it("has one effect under an idempotency key, and is in the audit log without its secret", async () => {
    const one = await person();
    const input = { id: one.id, idempotencyKey: one.id, reason: "Joins on Monday" };
    const [first, second] = [await file.gateway.run(INVITE, { input }), await file.gateway.run(INVITE, { input })];
    expect(second).toEqual(first);
    const mails = await mailbox.collect(file.gateway, one.email);
    expect(mails).toHaveLength(1);
    const { auditEvents } = await file.gateway.run(
      `query ($filter: AuditEventFilter) { auditEvents(filter: $filter, orderBy: { direction: ASC }) {
        nodes { action cause { reason } changes { field before after } } } }`,
      { filter: { subjectId: { eq: one.id } } },
    );
    const actions = auditEvents.nodes.map(({ action }: { action: string }) => action);
    expect(actions).toEqual(expect.arrayContaining(["user.invited", "mail.queued", "mail.sent"]));
    expect(JSON.stringify(auditEvents)).not.toContain(tokenIn(mails[0] as never));
  });
});

describe("A reset", () => {
  it("replaces the password, ends every session, tells the person, and is then used up", async () => {
    const one = await member();
    const session = (await signIn(file.gateway, one.username)).accessToken;
    const input = { token: await reset(one), newPassword: OTHER };
    const { resetPassword } = await answered(file.gateway, RESET, { input });
    expect(resetPassword).toEqual({ username: one.username, consequences: [{ kind: "SESSIONS_ENDED", count: 1 }] });
    expect((await file.gateway.ask("{ viewer { user { id } } }", {}, session)).status).toBe(401);
    expect((await signIn(file.gateway, one.username, OTHER)).accessToken).toBeTruthy();
    expect((await mailbox.collect(file.gateway, one.email))[0]?.subject).toBe("Your password was changed");
    expect(await refused(RESET, input)).toMatchObject(DEAD);
  });

  it("is asked for in the same words and with the same work, whether anybody has the address", async () => {
    const one = await member();
    let statements = 0;
    file.gateway.database.observe(() => {
      statements += 1;
    });
    const told = async (email: string) => {
      const before = statements;
      const { status, data, errors } = await file.gateway.ask(ASK, { input: { email } }, null);
      return { status, errors, names: Object.keys(data.requestPasswordReset), statements: statements - before };
    };
    const head = await file.gateway.database.head();
    const known = await told(one.email);
    expect(await told("nobody-has-this@example.org")).toEqual(known);
    expect(known.statements).toBeGreaterThan(0);
    expect(await file.gateway.database.head()).toEqual(head);
    expect(await resets("nobody-has-this@example.org")).toEqual([]);
    expect(await resets(one.email)).toHaveLength(1);
  });

  it("goes to no address that is not verified, nor to whoever never had a password, nor to whoever is not ACTIVE", async () => {
    const moved = await member();
    await file.gateway.run(UPDATE, { input: { id: moved.id, email: `new-${moved.email}` } });
    const without = await person({ status: "ACTIVE" });
    const locked = await member();
    await move("lock", locked.id);
    for (const email of [`new-${moved.email}`, moved.email, without.email, locked.email]) {
      await answered(file.gateway, ASK, { input: { email } });
      expect([email, await resets(email)]).toEqual([email, []]);
    }
  });

  it("holds no more when its person's status or address changes, or another one follows", async () => {
    const changes: ((one: Person) => Promise<unknown>)[] = [
      async ({ id }) => {
        await move("suspend", id);
        await move("reinstate", id);
      },
      ({ id, email }) => file.gateway.run(UPDATE, { input: { id, email: `y${email}` } }),
      (one) => reset(one),
    ];
    for (const change of changes) {
      const one = await member();
      const token = await reset(one);
      await change(one);
      expect(await refused(RESET, { token, newPassword: OTHER })).toMatchObject(DEAD);
    }
  });

  it("used fifty times at once succeeds once", async () => {
    const count = 50;
    const token = await reset(await member());
    const answers = await Promise.all(
      Array.from({ length: count }, (_, n) =>
        file.gateway.ask(RESET, { input: { token, newPassword: `${OTHER} ${n}` } }, null),
      ),
    );
    const failed = answers.flatMap(({ errors }) => errors ?? []);
    expect(failed).toHaveLength(count - 1);
    for (const error of failed) expect(error).toMatchObject(DEAD);
  });

  it("is not made of a link for something else", async () => {
    const token = await invitation(await person());
    expect(await refused(RESET, { token, newPassword: OTHER })).toMatchObject(DEAD);
    expect(await refused(RESET, { token: "x".repeat(43), newPassword: OTHER })).toMatchObject(DEAD);
  });

  it("is limited by the address that is asked about, known or not, and by where it is asked from", async () => {
    const one = await member();
    for (const email of [one.email.toUpperCase(), "nobody-at-all@example.org"]) {
      for (let n = 0; n < PER_ACCOUNT; n++) await answered(file.gateway, ASK, { input: { email } });
      const { extensions } = await refused(ASK, { email: email.toLowerCase() });
      expect(extensions).toMatchObject({ code: "RATE_LIMITED", retryAfterSeconds: expect.any(Number) });
    }
    await sql`UPDATE sign_in_counter SET attempts = ${PER_ADDRESS} WHERE subject LIKE 'link-from:%'`.execute(
      file.gateway.database.reader,
    );
    expect((await refused(ASK, { email: "somebody-else@example.org" })).extensions.code).toBe("RATE_LIMITED");
  });

  it("leaves nothing of an address that was typed, once it was looked up", async () => {
    await answered(file.gateway, ASK, { input: { email: "typed-by-mistake@example.org" } });
    const { rows } = await sql<{ sealed: Buffer }>`SELECT sealed FROM password_reset_request`.execute(
      file.gateway.database.reader,
    );
    expect(rows.map(({ sealed }) => sealed.toString("latin1")).join()).not.toContain("typed");
    await requests().answer();
    const left = await sql`SELECT FROM password_reset_request`.execute(file.gateway.database.reader);
    expect(left.rows).toEqual([]);
  });
});

describe("An address", () => {
  const ask = (token: string, email?: string) =>
    file.gateway.ask(ASK_VERIFICATION, { input: email === undefined ? {} : { email } }, token);

  it("is verified by the link that goes to it, which changes the profile", async () => {
    const one = await person({ status: "ACTIVE" });
    const viewer = await tokenOf(file.gateway, one.id);
    const before = await user(one.id);
    expect(before.emailVerified).toBe(false);
    expect((await ask(viewer)).errors).toBeUndefined();
    const [mail] = await mailbox.collect(file.gateway, one.email);
    const input = { token: tokenIn(mail as never) };
    // An administrator who put their own address there has the mail, and is not that person.
    expect(await file.gateway.refusal(VERIFY, { input })).toMatchObject(DEAD);
    expect((await file.gateway.run(VERIFY, { input }, viewer)).verifyEmail.email).toBe(one.email);
    expect(await user(one.id)).toMatchObject({ emailVerified: true, version: before.version + 1 });
    expect(await file.gateway.refusal(VERIFY, { input }, viewer)).toMatchObject(DEAD);
    expect((await ask(viewer)).errors?.[0]?.extensions.code).toBe("CONFLICT");
  });

  it("is verified by its own link alone: not after it was replaced, and no address but one's own", async () => {
    const one = await person({ status: "ACTIVE" });
    const viewer = await tokenOf(file.gateway, one.id);
    await ask(viewer, one.email.toUpperCase());
    const [mail] = await mailbox.collect(file.gateway, one.email);
    await file.gateway.run(UPDATE, { input: { id: one.id, email: `z${one.email}` } });
    expect(await file.gateway.refusal(VERIFY, { input: { token: tokenIn(mail as never) } }, viewer)).toMatchObject(
      DEAD,
    );
    expect(await user(one.id)).toMatchObject({ emailVerified: false });
    const { errors } = await ask(viewer, "somebody-elses@example.org");
    expect(errors?.[0]?.extensions).toMatchObject({ code: "INVALID_INPUT", inputPath: "input.email" });
  });

  it("is asked about a few times an hour at the most", async () => {
    const one = await person({ status: "ACTIVE" });
    const viewer = await tokenOf(file.gateway, one.id);
    for (let n = 0; n < PER_ACCOUNT; n++) expect((await ask(viewer)).errors).toBeUndefined();
    expect((await ask(viewer)).errors?.[0]?.extensions.code).toBe("RATE_LIMITED");
    expect(await mailbox.collect(file.gateway, one.email)).toHaveLength(1);
  });
});

describe("A mail", () => {
  it("takes names from the directory as text, and never as markup", async () => {
    const one = await person({ displayName: `<img src=x onerror="alert(1)"> & Söhne` });
    await file.gateway.run(INVITE, { input: { id: one.id } });
    const [mail] = await mailbox.collect(file.gateway, one.email);
    expect(mail?.html).toContain("&lt;img src=x onerror=&quot;alert(1)&quot;&gt; &amp; Söhne");
    expect(mail?.html).not.toContain("<img");
    expect(mail?.text).toContain(`${LINK_DEFAULTS.linkUrl}/accept-invitation#token=`);
  });
});
