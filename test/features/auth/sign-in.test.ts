import { sql } from "kysely";
import { describe, expect, it } from "vitest";
import type { Database } from "../../../src/database/database.ts";
import { PasswordHashing } from "../../../src/features/auth/password.hashing.ts";
import { AttemptCounter, pruneSignIns } from "../../../src/features/auth/sign-in.counter.ts";
import { deliverFacts } from "../../../src/features/auth/sign-in.facts.ts";
import { SignInGate } from "../../../src/features/auth/sign-in.gate.ts";
import { SignInKeys } from "../../../src/features/auth/sign-in.keys.ts";
import { SIGN_IN_DEFAULTS } from "../../../src/features/auth/sign-in.settings.ts";
import type { UserService } from "../../../src/features/users/user.service.ts";
import { newId, publicId } from "../../../src/kernel/ids.ts";
import { someCause } from "../../support/database.ts";
import { makeUser, uuid } from "../../support/directory.ts";
import { gatewayForFile, testCustody } from "../../support/gateway.ts";
import {
  answered,
  givePassword,
  makeMember,
  PASSWORD,
  refusedSignIn,
  SIGN_IN,
  settleFacts,
  signIn,
} from "../../support/sign-in.ts";

const ATTEMPTS = 5;
const file = gatewayForFile({
  operations: { limits: { rootFields: 1_000, aliases: 1_000, fields: 100_000 } },
  times: { signIn: { accountAttempts: ATTEMPTS, addressAttempts: 1_000_000, lockSeconds: 600 } },
});

const UNLOCK = "mutation ($input: UnlockUserInput!) { unlockUser(input: $input) { position } }";
const REFUSED = "The name or the password is not right, or this account cannot sign in.";
const facts = async (id: string) =>
  (
    await file.gateway.run(
      "query ($id: ID!) { node(id: $id) { ... on User { status statusReason lastLoginAt failedLoginCount passwordChangedAt } } }",
      { id },
    )
  ).node;
const attemptsAt = async (id: string) =>
  (
    await file.gateway.database.reader
      .selectFrom("sign_in_counter")
      .select("attempts")
      .where("subject", "=", `user:${uuid(id)}`)
      .executeTakeFirst()
  )?.attempts;

const hashOf = async (id: string): Promise<string> =>
  (
    await file.gateway.database.reader
      .selectFrom("user_password")
      .select("hash")
      .where("user_id", "=", uuid(id))
      .executeTakeFirstOrThrow()
  ).hash;

/** Gives people a hash as it was made before the cost was changed. */
async function hashedBefore(...ids: string[]): Promise<void> {
  const keys = new SignInKeys(testCustody.derive, undefined);
  const hash = await new PasswordHashing({ memoryKib: 128, passes: 2, lanes: 1 }, keys.passwords).hash(PASSWORD);
  await file.gateway.database.write(someCause, (tx) =>
    sql`UPDATE user_password SET hash = ${hash} WHERE user_id = ANY (${ids.map(uuid)}::uuid[])`.execute(tx.sql),
  );
}

describe("Signing in", () => {
  it("by username or primary address, in whatever case, opens a session that its token is good for", async () => {
    const { id, username } = await makeMember(file.gateway);
    const email = `${username}@example.org`;
    await file.gateway.run("mutation ($input: UpdateUserInput!) { updateUser(input: $input) { position } }", {
      input: { id, email },
    });
    for (const name of [username, username.toUpperCase(), email.toUpperCase()]) {
      const { accessToken, session, challenge, enrolFactorBy } = await signIn(file.gateway, name);
      expect({ challenge, enrolFactorBy }).toEqual({ challenge: null, enrolFactorBy: null });
      expect(session).toMatchObject({ method: "password", mfa: false, factors: ["PASSWORD"], endedAt: null });
      const { viewer } = await file.gateway.run(
        "{ viewer { user { id } session { id current user { id } } } }",
        {},
        accessToken,
      );
      expect(viewer).toEqual({ user: { id }, session: { id: session.id, current: true, user: { id } } });
    }
  });

  it("refuses whoever is unknown, has no password, is wrong about it or is not active in the same words, for the same work", async () => {
    const { username } = await makeMember(file.gateway);
    const { id: without } = await makeUser(file.gateway);
    const suspended = await makeMember(file.gateway);
    await file.gateway.run("mutation ($input: SuspendUserInput!) { suspendUser(input: $input) { position } }", {
      input: { id: suspended.id },
    });
    const cases: [string, string][] = [
      [username, "not the password at all"],
      ["nobody-has-this-name", PASSWORD],
      [
        (await file.gateway.run("query ($id: ID!) { node(id: $id) { ... on User { username } } }", { id: without }))
          .node.username,
        PASSWORD,
      ],
      [suspended.username, PASSWORD],
    ];
    for (const [name, password] of cases) {
      const before = file.gateway.signIn.hashing.verifications;
      const { message, extensions } = await refusedSignIn(file.gateway, name, password);
      expect([message, extensions]).toEqual([REFUSED, { code: "UNAUTHENTICATED" }]);
      expect(file.gateway.signIn.hashing.verifications - before).toBe(1);
    }
  });

  it("tells the search row later, all at once: the last sign-in, failures since, open sessions", async () => {
    const { id, username } = await makeMember(file.gateway);
    for (const _ of [1, 2]) await refusedSignIn(file.gateway, username, "wrong");
    await settleFacts(file.gateway);
    expect(await facts(id)).toMatchObject({ lastLoginAt: null, failedLoginCount: 2 });
    const { session } = await signIn(file.gateway, username);
    await settleFacts(file.gateway);
    expect(await facts(id)).toMatchObject({ lastLoginAt: session.createdAt, failedLoginCount: 0 });
    const { auditEvents } = await file.gateway.run(
      "query ($filter: AuditEventFilter) { auditEvents(filter: $filter, first: 50) { nodes { action outcome } } }",
      { filter: { subjectId: { eq: id } } },
    );
    const told = auditEvents.nodes.map(
      (event: { action: string; outcome: string }) => `${event.action} ${event.outcome}`,
    );
    expect(told).toEqual(
      expect.arrayContaining(["session.started SUCCESS", "user.signed_in SUCCESS", "sign_in.failed FAILED"]),
    );
  });

  it("takes back no failure behind it that another gateway brings, also one that dies over it", async () => {
    const { database } = file.gateway;
    const { id, username } = await makeMember(file.gateway);
    await settleFacts(file.gateway);
    await signIn(file.gateway, username);
    /** A gateway that has read what there is to bring, to which something happens before each of its writes. */
    const gatewayWhere = (happening: () => Promise<void>) =>
      ({
        reader: database.reader,
        write: async (...given: Parameters<Database["write"]>) => {
          await happening();
          return database.write(...given);
        },
      }) as Database;
    let writes = 0;
    const dying = gatewayWhere(async () => {
      writes += 1;
      if (writes > 1) throw new Error("gone");
    });
    const slow = gatewayWhere(async () => {
      await refusedSignIn(file.gateway, username, "wrong");
      await expect(deliverFacts(dying)).rejects.toThrow("gone");
    });
    await deliverFacts(slow);
    await deliverFacts(database);
    expect(await facts(id)).toMatchObject({ failedLoginCount: 1 });
  });

  it("of a crowd is one commit on the search rows, beside the sessions' own", async () => {
    const crowd = [];
    for (let n = 0; n < 5; n += 1) crowd.push(await makeMember(file.gateway));
    await settleFacts(file.gateway);
    await Promise.all(crowd.map(({ username }) => signIn(file.gateway, username)));
    const commits = async () => {
      const rows = await file.gateway.database.reader.selectFrom("commit").select("action").execute();
      return rows.filter(({ action }) => action === "user.signed_in").length;
    };
    const before = await commits();
    await settleFacts(file.gateway);
    await settleFacts(file.gateway);
    expect(await commits()).toBe(before + 1);
    for (const { id } of crowd) expect((await facts(id)).lastLoginAt).not.toBeNull();
  });

  it("rehashes a password whose hash was made at another cost, also where a second factor is asked for behind it", async () => {
    const [member, factored] = [await makeMember(file.gateway), await makeMember(file.gateway)];
    const { database } = file.gateway;
    await database.write(someCause, async (tx) => {
      const [id, user_id, now] = [newId(), uuid(factored.id), tx.now];
      const factor = {
        id,
        user_id,
        kind: "TOTP",
        name: "Phone",
        secret: Buffer.alloc(1),
        created_at: now,
        confirmed_at: now,
      };
      await tx.sql
        .insertInto("user_factor")
        .values(factor as never)
        .execute();
    });
    for (const { id, username } of [member, factored]) {
      await hashedBefore(id);
      await signIn(file.gateway, username);
      const hash = await hashOf(id);
      expect(hash).toMatch(/^\$argon2id\$v=19\$m=64,t=1,p=1\$/);
      await signIn(file.gateway, username);
      expect(await hashOf(id)).toBe(hash);
    }
  });

  it("takes the time of people's hashes for names that nobody has, also once the cost was changed", async () => {
    const { hashing } = file.gateway.signIn;
    const old = (await makeMember(file.gateway)).id;
    const costs = async (people: readonly string[]) => {
      const found = [];
      for (const name of people) {
        await refusedSignIn(file.gateway, name, "wrong");
        found.push(hashing.verifiedAt);
      }
      return found;
    };
    const names = Array.from({ length: 40 }, (_, n) => `nobody-of-cost-${n}`);
    await hashing.takeCensus();
    expect(new Set(await costs(names.slice(0, 5)))).toEqual(new Set(["m=64,t=1,p=1"]));
    const { rows } = await sql<{ user_id: string }>`SELECT user_id FROM user_password`.execute(
      file.gateway.database.reader,
    );
    const others = rows.map(({ user_id }) => publicId("User", user_id)).filter((id) => id !== old);
    // As many of both costs: so are the names that nobody has.
    await hashedBefore(...others.slice(0, Math.ceil(others.length / 2)));
    await hashing.takeCensus();
    const first = await costs(names.slice(5));
    expect(new Set(first)).toEqual(new Set(["m=128,t=2,p=1", "m=64,t=1,p=1"]));
    expect(await costs(names.slice(5))).toEqual(first);
    await hashedBefore(old, ...others);
    await hashing.takeCensus();
    expect(new Set(await costs(names.slice(0, 5)))).toEqual(new Set(["m=128,t=2,p=1"]));
  });
});

describe("Too many attempts", () => {
  it("lock the account, end its sessions, and are refused until it is unlocked", async () => {
    const { id, username } = await makeMember(file.gateway);
    const { accessToken } = await signIn(file.gateway, username);
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) await refusedSignIn(file.gateway, username, "wrong");
    const { extensions } = await refusedSignIn(file.gateway, username, PASSWORD);
    expect(extensions).toEqual({ code: "RATE_LIMITED", retryAfterSeconds: expect.any(Number) });
    await settleFacts(file.gateway);
    expect(await facts(id)).toMatchObject({ status: "LOCKED", statusReason: "Too many failed sign-ins." });
    expect((await file.gateway.ask("{ viewer { user { id } } }", {}, accessToken)).status).toBe(401);
    await file.gateway.run(UNLOCK, { input: { id } });
    expect((await signIn(file.gateway, username)).session).not.toBeNull();
  });

  it("lock the account also where the gateway that was to do it died behind its answer", async () => {
    const { database } = file.gateway;
    const { id } = await makeMember(file.gateway);
    const dying = { transition: () => Promise.reject(new Error("gone")) } as unknown as UserService;
    const told: unknown[] = [];
    const settings = { ...SIGN_IN_DEFAULTS, accountAttempts: 1 };
    const gate = new SignInGate(database, dying, settings, (error) => told.push(error));
    await gate.failed(await gate.take({ userId: uuid(id) }, undefined));
    await gate.settled();
    expect(told).toEqual([new Error("gone")]);
    const lockDue = file.gateway.signIn.work.find(({ name }) => name === "locks that are due");
    await lockDue?.run();
    expect(await facts(id)).toMatchObject({ status: "ACTIVE" });
    // Behind the window: that the attempts begin anew takes nothing away.
    database.moveClock("16 minutes");
    await pruneSignIns(database);
    await lockDue?.run();
    expect(await facts(id)).toMatchObject({ status: "LOCKED" });
    await file.gateway.run(UNLOCK, { input: { id } });
    database.moveClock("32 minutes");
    await lockDue?.run();
    expect(await facts(id)).toMatchObject({ status: "ACTIVE" });
    database.moveClock("0 minutes");
  });

  it("are counted for a name that nobody has as well, so that the refusal tells nothing", async () => {
    const codes = [];
    for (let attempt = 0; attempt <= ATTEMPTS; attempt += 1)
      codes.push((await refusedSignIn(file.gateway, "somebody-unheard-of", "wrong")).extensions.code);
    expect(codes).toEqual([...Array(ATTEMPTS).fill("UNAUTHENTICATED"), "RATE_LIMITED"]);
  });

  it("from an address hold that address off, whoever they are about, and no other one", async () => {
    const settings = { ...SIGN_IN_DEFAULTS, accountAttempts: 100, addressAttempts: 3 };
    const counter = new AttemptCounter(file.gateway.database, settings);
    const take = (account: string, ip: string) =>
      counter.take({ account, ip }).then(
        () => "taken",
        ({ code }) => code,
      );
    const outcomes = [];
    for (const account of ["name:a", "name:b", "name:c", "name:d"])
      outcomes.push(await take(account, "2001:db8:7:7::1"));
    expect(outcomes).toEqual(["taken", "taken", "taken", "RATE_LIMITED"]);
    expect(await take("name:e", "2001:db8:7:7:ffff::2")).toBe("RATE_LIMITED");
    expect(await take("name:f", "2001:db8:7:8::1")).toBe("taken");
    outcomes.length = 0;
    for (const ip of ["192.0.2.7", "::ffff:192.0.2.7", "::FFFF:192.0.2.7", "192.0.2.7"])
      outcomes.push(await take("name:g", ip));
    expect(outcomes).toEqual(["taken", "taken", "taken", "RATE_LIMITED"]);
  });

  it("begin anew when the window is over", async () => {
    const { username } = await makeMember(file.gateway);
    for (let attempt = 1; attempt < ATTEMPTS; attempt += 1) await refusedSignIn(file.gateway, username, "wrong");
    file.gateway.database.moveClock("16 minutes");
    expect((await refusedSignIn(file.gateway, username, "wrong")).extensions.code).toBe("UNAUTHENTICATED");
    file.gateway.database.moveClock("0 minutes");
    const other = await makeMember(file.gateway);
    expect((await signIn(file.gateway, other.username)).session).not.toBeNull();
  });

  it("count one by one, also when 1,000 are aliased in one request: exactly so many are looked at as there are", async () => {
    const { id, username } = await makeMember(file.gateway);
    const times = 1_000;
    const aliases = Array.from({ length: times }, (_, n) => `a${n}: signIn(input: $input) { position }`).join("\n");
    const before = file.gateway.signIn.hashing.verifications;
    const { errors } = await file.gateway.ask(
      `mutation ($input: SignInInput!) { ${aliases} }`,
      { input: { name: username, password: "wrong" } },
      null,
    );
    const codes = (errors ?? []).map(({ extensions }) => extensions.code);
    expect(codes.length).toBeGreaterThan(0);
    expect(await attemptsAt(id)).toBe(times);
    expect(file.gateway.signIn.hashing.verifications - before).toBe(ATTEMPTS);
  });

  it("at the same time pass exactly as many as there are, whoever is first", async () => {
    const { id, username } = await makeMember(file.gateway);
    const before = file.gateway.signIn.hashing.verifications;
    const refusals = await Promise.all(
      Array.from({ length: 40 }, () => refusedSignIn(file.gateway, username, "wrong")),
    );
    const refused = refusals.filter(({ extensions }) => extensions.code === "RATE_LIMITED").length;
    expect([refused, await attemptsAt(id)]).toEqual([40 - ATTEMPTS, 40]);
    expect(file.gateway.signIn.hashing.verifications - before).toBe(ATTEMPTS);
    await settleFacts(file.gateway);
    expect((await facts(id)).status).toBe("LOCKED");
  });
});

it("A password is kept as an Argon2id hash alone, and neither it nor the hash is in the log", async () => {
  const { id } = await makeUser(file.gateway);
  await givePassword(file.gateway, id);
  const hash = await hashOf(id);
  const changes = await file.gateway.database.reader
    .selectFrom("change")
    .selectAll()
    .where("row_id", "=", uuid(id))
    .execute();
  const text = JSON.stringify(changes, (_, value) => (typeof value === "bigint" ? String(value) : value));
  expect(changes.some(({ table_name, hidden }) => table_name === "user_password" && hidden.includes("hash"))).toBe(
    true,
  );
  for (const secret of [hash, PASSWORD]) expect(text).not.toContain(secret);
});

it("A password does not expire", async () => {
  const { username } = await makeMember(file.gateway);
  file.gateway.database.moveClock("20 years");
  try {
    expect((await signIn(file.gateway, username)).session).not.toBeNull();
  } finally {
    file.gateway.database.moveClock("0 minutes");
  }
});

it("The answer to a sign-in is not kept under any key: its input has none", async () => {
  const input = { name: "x", password: "y", idempotencyKey: "k" };
  await expect(answered(file.gateway, SIGN_IN, { input })).rejects.toThrow(/idempotencyKey/);
});
