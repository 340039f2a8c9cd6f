import pg from "pg";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { DatabaseConfig } from "../../src/database/config.ts";
import { openDatabase } from "../../src/database/database.ts";
import { SubscriptionExecution } from "../../src/graphql/subscription-execution.ts";
import { comparePositions, parsePosition, printPosition } from "../../src/kernel/position.ts";
import { FOLLOW, FOLLOW_FILTER, saveSearch } from "../features/saved-searches/support.ts";
import { databaseKind } from "../support/database.ts";
import { grant, machineToken, makeHolder, makeRole, makeUnit, makeUser, unique } from "../support/directory.ts";
import { gatewayForFile, type Streams, TestGateway } from "../support/gateway.ts";
import { asOwner } from "../support/owner.ts";
import { userRow } from "../support/rows.ts";
import { type AnyMessage, Socket, type Started } from "../support/socket.ts";
import { inFile } from "../support/sockets.ts";

const file = gatewayForFile({ times: { checkpointMs: 400 } });
const sockets = inFile();

const EVENTS = `subscription ($filter: UserFilter, $after: Position) {
  userEvents(filter: $filter, after: $after) {
    __typename
    ... on UserEvent { position types userId user { username title } }
    ... on FeedReset { position reason }
    ... on FeedCheckpoint { position }
  }
}`;

const PAGE = "query ($filter: UserFilter) { users(filter: $filter, first: 500) { position nodes { id title } } }";
const SET = "mutation ($input: UpdateUserInput!) { updateUser(input: $input) { position } }";

const connect = async (token = file.gateway.admin, { url } = file.gateway) =>
  sockets.keep(await Socket.open(url, token));
const subscribe = async (variables: object = {}, token?: string) =>
  (await connect(token)).start(EVENTS, { ...variables });

async function gatewayWith(streams: Streams): Promise<TestGateway> {
  const gateway = await TestGateway.start(streams);
  onTestFinished(() => gateway.close());
  return gateway;
}

/** Makes people of one department until it is stopped; gives all that it has made. */
function writers(count: number, department: string, gateway = file.gateway): () => Promise<string[]> {
  let stopped = false;
  const made: string[] = [];
  const work = Array.from({ length: count }, async () => {
    while (!stopped) made.push((await makeUser(gateway, { department })).id);
  });
  return async () => {
    stopped = true;
    await Promise.all(work);
    return made;
  };
}

const positionsOf = (events: readonly AnyMessage[]) => events.map(({ position }) => parsePosition(position));

function expectInOrder(events: readonly AnyMessage[]): void {
  const positions = positionsOf(events);
  for (const [index, position] of positions.entries())
    if (index > 0) expect(comparePositions(positions[index - 1] as never, position)).toBeLessThan(0);
}

const inDepartment = (department: string) => ({ filter: { department: { eq: department } } });

describe("A subscription after a page's position", () => {
  it("continues it without gap or repeat while others write, in commit order", async () => {
    const department = unique("Hand-over");
    const stop = writers(3, department);
    const rounds: { known: string[]; events: Started }[] = [];
    for (let round = 0; round < (databaseKind === "postgres" ? 30 : 8); round++) {
      const { users } = await file.gateway.run(PAGE, inDepartment(department));
      const known = users.nodes.map(({ id }: { id: string }) => id);
      rounds.push({ known, events: await subscribe({ ...inDepartment(department), after: users.position }) });
    }
    const made = await stop();
    for (const { known, events } of rounds) {
      const told = (await events.count(made.length - known.length)).map(({ userId }) => userId);
      expect([...known, ...told].sort()).toEqual([...made].sort());
      expectInOrder(events.events);
    }
  });
});

describe("A subscriber that resumes", () => {
  it("has each event exactly once, however often its connection broke while others wrote", async () => {
    const department = unique("Resume");
    const { users } = await file.gateway.run(PAGE, inDepartment(department));
    const stop = writers(2, department);
    const told: string[] = [];
    let after: string = users.position;
    let made: string[] | undefined;
    for (let round = 0; ; round++) {
      const socket = await connect();
      const events = socket.start(EVENTS, { ...inDepartment(department), after });
      await events.count(made ? made.length - told.length : (round % 4) + 1);
      socket.kill();
      for (const { position, userId } of events.events) {
        told.push(userId);
        after = position;
      }
      if (made) break;
      if (round === 9) made = await stop();
    }
    expect(told).toEqual(expect.arrayContaining(made));
    expect(told.length).toBe(made.length);
  });

  it("may resume from a checkpoint as well, or from a place within a commit", async () => {
    const department = unique("Within");
    const events = await subscribe(inDepartment(department));
    const { position } = await events.ready();
    const users = [await makeUser(file.gateway, { department }), await makeUser(file.gateway, { department })];
    await file.gateway.database.write(CAUSE, async (tx) => {
      await tx.sql.updateTable("user_account").set({ title: "Both" }).where("department", "=", department).execute();
    });
    const [, , , last] = await events.count(4);
    const again = await subscribe({ ...inDepartment(department), after: position });
    expect(await again.count(4)).toEqual(events.events.map((event) => ({ ...event, user: expect.anything() })));
    const within = await subscribe({ ...inDepartment(department), after: events.events[2].position });
    expect(await within.count(1)).toEqual([last]);
    expect(users.length).toBe(2);
  });

  it("is refused a position that nobody gave out", async () => {
    expect((await (await subscribe({ after: "c17" })).refused()).extensions.code).toBe("INVALID_INPUT");
  });

  it("is told POSITION_EXPIRED of a position ahead of everything, as after a restore, and goes on from the head", async () => {
    const { users } = await file.gateway.run(PAGE);
    const { commit } = parsePosition(users.position);
    const events = await subscribe({ after: printPosition({ commit: commit + 1_000_000n }) });
    expect(await events.ready()).toMatchObject({ reason: "POSITION_EXPIRED", position: expect.any(String) });
    expect(parsePosition((await events.ready()).position).commit).toBeLessThan(commit + 1_000_000n);
  });

  it("is told POSITION_EXPIRED where the log no longer holds what comes next, and goes on from the head", async () => {
    const gateway = await gatewayWith({});
    const { position } = await makeUser(gateway);
    for (let i = 0; i < 3; i++) await makeUser(gateway);
    await asOwner(gateway.database.connectionConfig.owner, "UPDATE feed_consumer SET commit_number = 1000000");
    await asOwner(gateway.database.connectionConfig.owner, "SELECT prune_log(interval '0', 1000)");
    const { users } = await gateway.run(PAGE);
    const events = (await connect(gateway.admin, gateway)).start(EVENTS, { after: position });
    expect(await events.ready()).toEqual({
      __typename: "FeedReset",
      reason: "POSITION_EXPIRED",
      position: users.position,
    });
    const user = await makeUser(gateway);
    expect(await events.until((values) => values.find(({ userId }) => userId))).toMatchObject({ userId: user.id });
  });

  it("is told POSITION_EXPIRED where the database came back without what it was told, whatever it follows, and then goes on", async () => {
    const gateway = await gatewayWith({});
    gateway.searches.matching.start();
    const filter = { department: { eq: unique("Lost") } };
    const { id } = await saveSearch(gateway, { name: unique("search"), filter });
    const socket = await connect(gateway.admin, gateway);
    const all = [
      socket.start(EVENTS, { filter }),
      socket.start(FOLLOW, { id }),
      socket.start(FOLLOW_FILTER, { filter }),
    ];
    for (const events of all) await events.ready();
    const tells = async () => {
      const user = await makeUser(gateway, { department: filter.department.eq });
      for (const events of all) await events.until((values) => values.find(({ userId }) => userId === user.id));
    };
    await tells();
    // As where a standby took over that had not received them, and has written others since.
    const loss = "UPDATE commit SET started_at = started_at - interval '1 day'";
    await asOwner(gateway.database.connectionConfig.owner, loss);
    for (const events of all)
      await events.until((values) => values.find(({ reason }) => reason === "POSITION_EXPIRED"));
    await tells();
  });

  it("is told so also where the log now ends before the place at which it began", async () => {
    const gateway = await gatewayWith({});
    const department = unique("Shorter");
    const { position } = await makeUser(gateway, { department });
    const socket = await connect(gateway.admin, gateway);
    const events = socket.start(EVENTS, { filter: { department: { eq: department } } });
    await events.ready();
    const last = parsePosition(position).commit;
    await asOwner(
      gateway.database.connectionConfig.owner,
      `DELETE FROM change WHERE commit_id IN (SELECT id FROM commit WHERE number >= ${last}); DELETE FROM commit WHERE number >= ${last};
       UPDATE feed_head SET number = ${last - 1n}`,
    );
    const reset = await events.until((values) => values.find(({ reason }) => reason === "POSITION_EXPIRED"));
    expect(parsePosition(reset.position).commit).toBe(last - 1n);
    const user = await makeUser(gateway, { department });
    await events.until((values) => values.find(({ userId }) => userId === user.id));
  });
});

describe("A subscription", () => {
  it("is told again and again that nothing is missing, also where nothing concerns it", async () => {
    const events = await subscribe(inDepartment(unique("Quiet")));
    const { position: first } = await events.ready();
    const elsewhere = await makeUser(file.gateway);
    const later = await events.until((values) => values.slice(1).find(({ position }) => position !== first));
    expect(later.__typename).toBe("FeedCheckpoint");
    // It may stand at the last change of the commit, or behind it as a whole.
    expect(parsePosition(later.position).commit).toBeGreaterThanOrEqual(parsePosition(elsewhere.position).commit);
    await events.until((values) => values.length >= 5);
    expect(events.events).toEqual([]);
  });

  it("has each event carried out anew: what it shows is what a query at that moment would show", async () => {
    const user = await makeUser(file.gateway, { title: "First" });
    const events = await subscribe({ filter: { id: { eq: user.id } } });
    await events.ready();
    for (const title of ["Second", "Third", "Fourth"]) {
      await file.gateway.run(SET, { input: { id: user.id, title } });
      await events.until((values) => values.some((value) => value.user?.title === title));
    }
  });

  // The embedded database has one session: there is no other transaction to wait for.
  it.skipIf(databaseKind === "embedded")("waits for nobody's long transaction", async () => {
    const events = await subscribe();
    await events.ready();
    const waiting = Promise.withResolvers<void>();
    const long = file.gateway.database.write(CAUSE, async (tx) => {
      await tx.sql
        .insertInto("role")
        .values({ id: crypto.randomUUID(), key: unique("long"), name: "x", created_at: tx.now, updated_at: tx.now })
        .execute();
      await waiting.promise;
    });
    const user = await makeUser(file.gateway);
    expect((await events.count(1))[0].userId).toBe(user.id);
    waiting.resolve();
    await long;
  });
});

describe("An event that fails inside the gateway, again and again", () => {
  it("ends the subscription before it, so that whoever resumes is told it whole", async () => {
    const { gateway } = file;
    const department = unique("Fails");
    const query = EVENTS.replace("user {", "user { addresses { locality }");
    const start = async (after?: string) => (await connect()).start(query, { ...inDepartment(department), after });
    const create = () =>
      gateway.database.write(CAUSE, async (tx) => {
        await tx.sql.insertInto("user_account").values(userRow({ department })).execute();
      });
    const events = await start();
    await events.ready();
    await create();
    const [told] = await events.count(1);
    await asOwner(gateway.database.connectionConfig.owner, "ALTER TABLE user_address RENAME TO user_address_away");
    try {
      await create();
      expect(await events.refused()).toMatchObject({ extensions: { code: "INTERNAL" } });
    } finally {
      await asOwner(gateway.database.connectionConfig.owner, "ALTER TABLE user_address_away RENAME TO user_address");
    }
    expect(events.events).toEqual([told]);
    const [next] = await (await start(told.position)).count(1);
    expect(next).toMatchObject({ types: ["CREATED"], user: { addresses: [] } });
  });
});

describe("A viewer whose rights change", () => {
  it("is told to read again, and from then on sees what the new rights let them see", async () => {
    const { gateway } = file;
    const [mine, theirs] = [await makeUnit(gateway), await makeUnit(gateway)];
    const { id, token } = await makeHolder(gateway, ["USER_READ"], mine.id);
    const role = await makeRole(gateway, ["USER_READ"]);
    const events = await subscribe({}, token);
    await events.ready();
    await makeUser(gateway, { orgUnitId: theirs.id });
    await grant(gateway, id, role.key, { scopeId: theirs.id });
    const seen = await makeUser(gateway, { orgUnitId: theirs.id });
    const told = await events.until((values) => values.some(({ userId }) => userId === seen.id) && events.events);
    const reset = told.findIndex(({ reason }) => reason === "VISIBILITY_CHANGED");
    expect(reset).toBeGreaterThanOrEqual(0);
    // What happened before them is evaluated under the rights of delivery; nothing was told before the reset but about themselves.
    for (const { userId } of told.slice(0, reset)) expect(userId).toBe(id);
    expectInOrder(told.filter(({ userId }) => userId));
  });

  it("loses a subscription that asks about what they may no longer read", async () => {
    const { gateway } = file;
    const { token, grantId } = await makeHolder(gateway, ["USER_READ", "USER_READ_SECURITY"]);
    const events = await subscribe(
      { filter: { or: [{ riskScore: { gte: 50 } }, { id: { ne: "user_01jd8m5k3tf0vbq2z7y6x4w9ra" } }] } },
      token,
    );
    await events.ready();
    await gateway.run("mutation ($input: RevokeRoleInput!) { revokeRole(input: $input) { position } }", {
      input: { grantId },
    });
    expect((await events.refused()).extensions).toMatchObject({ code: "FIELD_FORBIDDEN", field: "riskScore" });
    await makeUser(gateway);
    expect(events.events).toEqual([]);
  });
});

/** How many subscriptions there are, and how many readings of the log serve them. */
async function lanes({ url }: TestGateway): Promise<{ subscriptions: number; lanes: number }> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const figure = (name: string) => Number(new RegExp(`^rollcall_${name} (\\d+)`, "m").exec(text)?.[1]);
  return { subscriptions: figure("subscriptions"), lanes: figure("subscription_lanes") };
}

describe("Subscriptions that are told the same", () => {
  it("share one reading of the log, those that resumed too once they have caught up; others do not", async () => {
    const gateway = await gatewayWith({});
    const start = async (variables: object, token = gateway.admin) =>
      (await connect(token, gateway)).start(EVENTS, { ...variables });
    const { position } = await makeUser(gateway);
    await makeUser(gateway);
    const alike = [await start({}), await start({}), await start({ after: position }), await start({ after: null })];
    await Promise.all(alike.map((one) => one.ready()));
    await expect.poll(() => lanes(gateway), { timeout: 10_000 }).toEqual({ subscriptions: 4, lanes: 1 });
    await (await start(inDepartment("Other"))).ready();
    await (await start({}, await machineToken(gateway, ["USER_READ"]))).ready();
    await expect.poll(() => lanes(gateway), { timeout: 10_000 }).toEqual({ subscriptions: 6, lanes: 3 });
    const user = await makeUser(gateway);
    for (const one of alike) {
      const events = await one.until((values) => values.some(({ userId }) => userId === user.id) && one.events);
      expect(events.filter(({ userId }) => userId === user.id).length).toBe(1);
    }
    for (const one of alike) one.stop();
    await expect.poll(() => lanes(gateway), { timeout: 10_000 }).toEqual({ subscriptions: 2, lanes: 2 });
    // Where else the variable of `after` is used, what is told depends on it.
    const twice = `subscription ($after: Position!) { auditEvents(after: $after) { __typename
      ... on AuditEvent { subject { ... on SavedSearch { changes(after: $after) { endPosition } } } } } }`;
    for (const after of [position, user.position])
      await (await connect(gateway.admin, gateway)).start(twice, { after }).ready();
    await expect.poll(() => lanes(gateway), { timeout: 10_000 }).toEqual({ subscriptions: 4, lanes: 4 });
  });
});

describe("A subscription that joins others who are behind it", () => {
  const WITH_ADDRESSES = EVENTS.replace("user {", "user { addresses { locality }");

  // Nobody can hold a table while others work on the embedded database.
  it.skipIf(databaseKind === "embedded")(
    "is not told what stands before it, whether it begins there or resumes",
    async () => {
      const { gateway } = file;
      const department = unique("Joins");
      const start = async (after?: string) =>
        (await connect()).start(WITH_ADDRESSES, { ...inDepartment(department), after });
      const create = () =>
        gateway.database.write(CAUSE, async (tx) => {
          await tx.sql.insertInto("user_account").values(userRow({ department })).execute();
        });
      const places = [await create(), await create()].map(({ position }) => printPosition(position));
      const first = await start();
      await first.ready();
      const owner = new pg.Client(gateway.database.connectionConfig.owner);
      await owner.connect();
      await owner.query("BEGIN; LOCK TABLE user_address");
      await create(); // which the first one is told of as soon as addresses can be read
      const second = await start();
      await second.ready();
      const resumed = await Promise.all(places.map(start));
      await Promise.all(resumed.map((one) => one.ready()));
      // Who resumes near each other reads together, until those at the end are reached.
      await expect.poll(() => lanes(gateway), { timeout: 10_000 }).toEqual({ subscriptions: 4, lanes: 2 });
      await owner.query("COMMIT");
      await owner.end();
      await create();
      const events = await first.count(2);
      expect(await second.count(1)).toEqual([events[1]]);
      const [before, ...rest] = (await resumed[0]?.count(3)) ?? [];
      expect(rest).toEqual(events);
      expect(positionsOf(before ? [before] : [])).toMatchObject([
        { commit: parsePosition(places[1] as string).commit },
      ]);
      expect(await resumed[1]?.count(2)).toEqual(events);
      await expect.poll(() => lanes(gateway), { timeout: 10_000 }).toEqual({ subscriptions: 4, lanes: 1 });
    },
  );
});

describe("A subscriber that does not read", () => {
  it("is closed with 4413 while others are told everything; what waited for it is given up", async () => {
    const limits = { outbox: { bytes: 50_000, messages: 5_000, stallMs: 1_000 } };
    const gateway = await gatewayWith({ limits });
    const stalled = await connect(gateway.admin, gateway);
    const big = stalled.start(EVENTS.replace("user {", "changes { field after } user {"));
    await big.ready();
    const reading = (await connect(gateway.admin, gateway)).start(EVENTS);
    await reading.ready();
    stalled.ws.pause();
    const text = "x".repeat(900);
    const attributes = Object.fromEntries(Array.from({ length: 90 }, (_, index) => [`key${index}`, text]));
    const made: string[] = [];
    const slow = async () =>
      Number(/^rollcall_slow_subscribers_total (\d+)/m.exec(await (await fetch(`${gateway.url}/metrics`)).text())?.[1]);
    while ((await slow()) === 0) made.push((await makeUser(gateway, { attributes })).id);
    expect((await reading.count(made.length)).map(({ userId }) => userId)).toEqual(made);
    stalled.ws.resume();
    expect((await stalled.closed).code).toBe(4413);
    expect(big.events.length).toBeLessThan(made.length);
    // It resumes after the last position that it has, and has everything.
    const after = big.values.at(-1).position;
    const rest = (await connect(gateway.admin, gateway)).start(EVENTS, { after });
    expect([...big.events, ...(await rest.count(made.length - big.events.length))].map(({ userId }) => userId)).toEqual(
      made,
    );
  });

  it("has nothing carried out for it meanwhile", async () => {
    const gateway = await gatewayWith({ limits: { outbox: { bytes: 20_000, messages: 20, stallMs: 600_000 } } });
    const socket = await connect(gateway.admin, gateway);
    const events = socket.start(EVENTS.replace("user {", "changes { field after } user {"));
    await events.ready();
    expect(await lanes(gateway)).toEqual({ subscriptions: 1, lanes: 1 });
    socket.ws.pause();
    const attributes = Object.fromEntries(Array.from({ length: 90 }, (_, index) => [`key${index}`, "x".repeat(900)]));
    while ((await lanes(gateway)).lanes > 0) await makeUser(gateway, { attributes });
    expect(await lanes(gateway)).toEqual({ subscriptions: 1, lanes: 0 });
    socket.ws.resume();
    await expect.poll(() => lanes(gateway), { timeout: 10_000 }).toEqual({ subscriptions: 1, lanes: 1 });
  });

  it("loses nothing where it only reads slowly, and is not carried out much more than it takes", async () => {
    const run = vi.spyOn(SubscriptionExecution.prototype, "run");
    onTestFinished(() => run.mockRestore());
    const gateway = await gatewayWith({ limits: { outbox: { bytes: 20_000, messages: 20, stallMs: 60_000 } } });
    const socket = await connect(gateway.admin, gateway);
    const events = socket.start(EVENTS.replace("user {", "changes { field after } user {"));
    await events.ready();
    const attributes = Object.fromEntries(Array.from({ length: 90 }, (_, index) => [`key${index}`, "x".repeat(900)]));
    const made: string[] = [];
    for (let round = 0; round < 4; round++) {
      socket.ws.pause();
      for (let i = 0; i < 25; i++) made.push((await makeUser(gateway, { attributes })).id);
      socket.ws.resume();
    }
    expect((await events.count(made.length)).map(({ userId }) => userId)).toEqual(made);
    expect(run.mock.calls.reduce((sum, [, messages]) => sum + messages.length, 0)).toBeLessThan(4 * made.length);
  });
});

describe("Two gateways on one database", () => {
  it("both deliver what either of them commits, once and in order", async () => {
    const { gateway } = file;
    // On PostgreSQL the other one has connections of its own, and learns of commits as another process would.
    const database =
      databaseKind === "postgres" ? await openDatabase(gateway.config as DatabaseConfig) : gateway.database;
    const other = await TestGateway.over(database, {});
    onTestFinished(async () => {
      await other.close();
      if (database !== gateway.database) await database.close();
    });
    const department = unique("Both");
    const here = (await connect()).start(EVENTS, inDepartment(department));
    const there = (await connect(other.admin, other)).start(EVENTS, inDepartment(department));
    await Promise.all([here.ready(), there.ready()]);
    const stops = [writers(1, department, gateway), writers(1, department, other)];
    await Promise.all([here.count(10), there.count(10)]);
    const made = (await Promise.all(stops.map((stop) => stop()))).flat();
    await Promise.all([here.count(made.length), there.count(made.length)]);
    expect(here.events).toEqual(there.events.map((event) => ({ ...event, user: expect.anything() })));
    expectInOrder(here.events);
    expect(here.events.map(({ userId }) => userId).sort()).toEqual(made.sort());
  });
});

const CAUSE = { kind: "SYSTEM", action: "test.arranged", actor: { kind: "SYSTEM", id: null, name: "test" } } as const;
