import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "graphql-sse";
import { sql } from "kysely";
import pg from "pg";
import { describe, expect, it, onTestFinished } from "vitest";
import { entities } from "../../src/assembly.ts";
import { BudgetTable } from "../../src/database/budget-table.ts";
import { fitnessOf } from "../../src/database/fitness.ts";
import { inTable } from "../../src/server/budget-counters.ts";
import { BUDGET_DEFAULTS, Budgets } from "../../src/server/budgets.ts";
import { databaseForTest, databaseKind, freshDatabase } from "../support/database.ts";
import { machineToken } from "../support/directory.ts";
import { gatewayForFile, TestGateway } from "../support/gateway.ts";
import { Socket } from "../support/socket.ts";

/*
 * What becomes of an operation that takes too long, or that nobody waits for any more. A lock of the test's own stands in its way, so that
 * nothing depends on how fast a machine is. The embedded database has one session, which that lock would hold up as a whole, and cannot interrupt a statement.
 */

const onServer = describe.skipIf(databaseKind === "embedded");
const file = gatewayForFile({});
const SEARCH = "{ savedSearches { totalCount nodes { name } } }";

/** A connection of its own to the gateway's database, as its owner. */
async function owner(gateway: TestGateway = file.gateway): Promise<pg.Client> {
  const client = new pg.Client(gateway.database.connectionConfig.owner);
  await client.connect();
  onTestFinished(() => client.end());
  return client;
}

/** Holds up whoever needs this, until what is returned is called. */
async function holdUp(statement: string, gateway?: TestGateway): Promise<() => Promise<void>> {
  const client = await owner(gateway);
  await client.query("BEGIN");
  await client.query(statement);
  return async () => {
    await client.query("ROLLBACK");
  };
}

/** How many statements of the gateway wait for a lock. */
async function heldUp(client: pg.Client): Promise<number> {
  const { rows } = await client.query(
    "SELECT count(*)::integer AS held FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND state = 'active'",
  );
  return rows[0].held;
}

async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  for (let tries = 0; !(await holds()); tries++) {
    if (tries > 500) throw new Error("It did not come.");
    await sleep(10);
  }
}

const headers = (gateway: TestGateway) => ({
  "content-type": "application/json",
  authorization: `Bearer ${gateway.admin}`,
});

function sent(query: string, signal: AbortSignal, gateway = file.gateway): Promise<Response> {
  const body = JSON.stringify({ query });
  return fetch(`${gateway.url}/graphql`, { method: "POST", headers: headers(gateway), body, signal });
}

const create = (name: string) =>
  `mutation { createSavedSearch(input: { name: "${name}", filter: { status: { eq: ACTIVE } }, idempotencyKey: "key-${name}" }) { savedSearch { name } } }`;

onServer("A client that goes away", () => {
  it("ends its statement by HTTP", async () => {
    const watcher = await owner();
    const release = await holdUp("LOCK TABLE saved_search IN ACCESS EXCLUSIVE MODE");
    const client = new AbortController();
    const answer = sent(SEARCH, client.signal).catch((error: Error) => error.name);
    await until(async () => (await heldUp(watcher)) > 0);
    client.abort();
    expect(await answer).toBe("AbortError");
    await until(async () => (await heldUp(watcher)) === 0);
    await release();
    expect((await file.gateway.run(SEARCH)).savedSearches.totalCount).toBeTypeOf("number");
  });

  it("ends its statement over a WebSocket, by a word or without one", async () => {
    const watcher = await owner();
    const release = await holdUp("LOCK TABLE saved_search IN ACCESS EXCLUSIVE MODE");
    const socket = await Socket.open(file.gateway.url, file.gateway.admin);
    const started = socket.start(SEARCH);
    await until(async () => (await heldUp(watcher)) > 0);
    started.stop();
    await until(async () => (await heldUp(watcher)) === 0);
    socket.start(SEARCH);
    await until(async () => (await heldUp(watcher)) > 0);
    socket.kill();
    await until(async () => (await heldUp(watcher)) === 0);
    await release();
  });

  it("ends its statement over an event stream", async () => {
    const watcher = await owner();
    const release = await holdUp("LOCK TABLE saved_search IN ACCESS EXCLUSIVE MODE");
    const client = createClient({ url: `${file.gateway.url}/graphql/stream`, headers: headers(file.gateway) });
    client.subscribe({ query: SEARCH }, { next: () => undefined, error: () => undefined, complete: () => undefined });
    await until(async () => (await heldUp(watcher)) > 0);
    client.dispose();
    await until(async () => (await heldUp(watcher)) === 0);
    await release();
  });

  const known = async (name: string): Promise<number> =>
    (await file.gateway.run(`{ savedSearches(search: "${name}") { totalCount } }`)).savedSearches.totalCount;

  it("leaves nothing of a mutation that had not begun to commit, and its key can be used again", async () => {
    const watcher = await owner();
    const release = await holdUp("LOCK TABLE saved_search IN ACCESS EXCLUSIVE MODE");
    const client = new AbortController();
    const answer = sent(create("vanished"), client.signal).catch(() => undefined);
    await until(async () => (await heldUp(watcher)) > 0);
    client.abort();
    await answer;
    await until(async () => (await heldUp(watcher)) === 0);
    await release();
    expect(await known("vanished")).toBe(0);
    expect((await file.gateway.run(create("vanished"))).createSavedSearch.savedSearch).toEqual({ name: "vanished" });
  });

  it("leaves nothing of a mutation that it completes while its budget is still counted", async () => {
    const counters = inTable(BUDGET_DEFAULTS, new BudgetTable(file.gateway.database));
    const counted = await TestGateway.over(file.gateway.database, { operations: { budgets: new Budgets(counters) } });
    onTestFinished(() => counted.close());
    const watcher = await owner();
    const socket = await Socket.open(counted.url, counted.admin);
    const release = await holdUp("LOCK TABLE viewer_budget IN ACCESS EXCLUSIVE MODE");
    const started = socket.start(create("unwanted"));
    await until(async () => (await heldUp(watcher)) > 0);
    started.stop();
    await socket.pinged();
    await release();
    await socket.start(SEARCH).until(([data]) => data);
    expect([await known("unwanted"), started.messages]).toEqual([0, []]);
    await socket.close();
  });

  it("does not end a mutation that has begun to commit: it is there whole, and its key tells so", async () => {
    const watcher = await owner();
    const release = await holdUp("SELECT 1 FROM feed_head FOR UPDATE");
    const client = new AbortController();
    const answer = sent(create("kept"), client.signal).catch(() => undefined);
    await until(async () => (await heldUp(watcher)) > 0);
    client.abort();
    await answer;
    await sleep(100); // the request to cancel, were there one, would have come by now
    expect(await heldUp(watcher)).toBe(1);
    await release();
    await until(async () => (await known("kept")) === 1);
    expect((await file.gateway.run(create("kept"))).createSavedSearch.savedSearch).toEqual({ name: "kept" });
    expect(await known("kept")).toBe(1);
  });
});

onServer("An operation that takes too long", () => {
  it("is ended after the time that an operation may take, with its limit, over every transport", async () => {
    const quick = await TestGateway.over(file.gateway.database, { operations: { timeoutMs: 200 } });
    onTestFinished(() => quick.close());
    const watcher = await owner();
    const release = await holdUp("LOCK TABLE saved_search IN ACCESS EXCLUSIVE MODE");
    const expected = { code: "RATE_LIMITED", limit: 200, retryAfterSeconds: 1 };
    expect((await quick.refusal(SEARCH)).extensions).toEqual(expected);
    const socket = await Socket.open(quick.url, quick.admin);
    const started = socket.start(SEARCH);
    const next = await socket.waitFor(() => started.messages.find(({ type }) => type === "next"));
    expect(next.payload.errors[0].extensions).toEqual(expected);
    await socket.close();
    expect(await heldUp(watcher)).toBe(0);
    await release();
    expect((await quick.ask(SEARCH)).errors).toBeUndefined();
  });

  it("is ended after the time that a statement may take, with its limit, and is not asked for once more", async () => {
    const fresh = await freshDatabase({ entities, statementTimeoutMs: 200 });
    const slow = await TestGateway.over(fresh.database, {});
    onTestFinished(async () => {
      await slow.close();
      await fresh.close();
    });
    const release = await holdUp("LOCK TABLE saved_search IN ACCESS EXCLUSIVE MODE", slow);
    const ended: number[] = [];
    slow.database.observe((seconds) => seconds >= 0.2 && ended.push(seconds));
    const error = await slow.refusal(SEARCH);
    expect(error).toMatchObject({ path: ["savedSearches"] });
    expect(error.extensions).toEqual({ code: "RATE_LIMITED", limit: 200, retryAfterSeconds: 1 });
    expect(ended).toHaveLength(1);
    await release();
  });
});

describe("A subscription that goes on for too long", () => {
  it("is ended with its limit, and goes on after its last position", async () => {
    const short = await TestGateway.over(file.gateway.database, { times: { lifetimeMs: 300 } });
    onTestFinished(() => short.close());
    const socket = await Socket.open(short.url, short.admin);
    const started = socket.start("subscription { userEvents { ... on FeedCheckpoint { position } } }");
    const { position } = await started.ready();
    expect((await started.refused()).extensions).toMatchObject({ code: "RATE_LIMITED", limit: 300 });
    const again = socket.start("subscription($after: Position) { userEvents(after: $after) { __typename } }", {
      after: position,
    });
    expect((await again.ready()).__typename).toBe("FeedCheckpoint");
    await socket.close();
  });
});

onServer("One viewer's fifty heavy searches", () => {
  it("do not hold up another's light ones for more than a turn each", async () => {
    const { gateway } = file;
    const { createServiceToken } = await gateway.run(
      'mutation { createServiceToken(input: { name: "light", kind: ORGANISATION, permissions: [USER_READ, SAVED_SEARCH_SHARE] }) { secret } }',
    );
    const watcher = await owner();
    const release = await holdUp("LOCK TABLE saved_search IN ACCESS EXCLUSIVE MODE");
    const order: string[] = [];
    const ask = async (who: string, token: string, index: number) => {
      const { errors } = await gateway.ask(`{ savedSearches(search: "${who}${index}") { nodes { id } } }`, {}, token);
      expect(errors).toBeUndefined();
      order.push(who);
    };
    const heavy = Array.from({ length: 50 }, (_, index) => ask("heavy", gateway.admin, index));
    await until(async () => (await heldUp(watcher)) === 1 && gateway.database.poolState.waiting >= 49);
    const light = Array.from({ length: 10 }, (_, index) => ask("light", createServiceToken.secret, index));
    await until(async () => (await heldUp(watcher)) === 2 && gateway.database.poolState.waiting >= 49 + 9);
    await gateway.database.ping(); // what is nobody's does not wait behind them
    await release();
    await Promise.all([...heavy, ...light]);
    const before = order.slice(0, order.lastIndexOf("light")).filter((who) => who === "heavy").length;
    expect(before).toBeLessThanOrEqual(20);
  });
});

onServer("One viewer's forty mutations", () => {
  it("leave connections to another's reads and mutations, and to health, while all of them stand still", async () => {
    const { gateway } = file;
    const token = await machineToken(gateway, ["USER_READ", "ROLE_READ", "ROLE_MANAGE"]);
    const watcher = await owner();
    const release = await holdUp("LOCK TABLE saved_search IN ACCESS EXCLUSIVE MODE");
    const flood = Array.from({ length: 40 }, (_, index) => gateway.ask(create(`flood-${index}`)));
    await until(async () => (await heldUp(watcher)) > 0 && gateway.database.poolState.waiting >= 36);
    const { errors } = await gateway.ask("{ users(first: 1) { nodes { id } } roles { totalCount } }", {}, token);
    expect(errors).toBeUndefined();
    const made =
      'mutation { createRole(input: { key: "beside", name: "Beside", permissions: [USER_READ] }) { role { key } } }';
    expect((await gateway.run(made, {}, token)).createRole.role).toEqual({ key: "beside" });
    await expect(fitnessOf(gateway.database)).resolves.toBeInstanceOf(Array);
    await release();
    expect((await Promise.all(flood)).flatMap((answer) => answer.errors ?? [])).toEqual([]);
  });
});

onServer("A server that has no connection left", () => {
  /** Lets so many connections be beside the owner's own, or any number, and ends those that are. */
  async function leave(most: number | "any", client: pg.Client): Promise<void> {
    const limit = most === "any" ? -1 : most + 1;
    await client.query(
      `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I CONNECTION LIMIT ${limit}', current_database()); END $$`,
    );
    await client.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
    );
  }

  it("is told of with 503 and when to try again, and serves as before once it has some", async () => {
    const { url } = file.gateway;
    const client = await owner();
    const ask = () => sent(SEARCH, AbortSignal.timeout(60_000));
    try {
      await leave(0, client);
      // What was on its way when the connections ended has failed with them.
      let refused = await ask();
      for (let tries = 0; refused.status !== 503 && tries < 20; tries++) refused = await ask();
      expect(refused.status).toBe(503);
      expect(refused.headers.get("retry-after")).toBe("1");
      expect(await refused.json()).toMatchObject({
        errors: [{ extensions: { code: "RATE_LIMITED", retryAfterSeconds: 1 } }],
      });
      const socket = await Socket.open(url);
      socket.send({ type: "connection_init", payload: { authorization: `Bearer ${file.gateway.admin}` } });
      expect(await socket.closed).toMatchObject({ code: 1013 });
    } finally {
      await leave("any", client);
    }
    await until(async () => (await ask()).status === 200);
    expect(await (await ask()).json()).toMatchObject({ data: { savedSearches: { totalCount: expect.any(Number) } } });
  });

  it("serves everybody in turn by the one that it has", async () => {
    const { database, owner: config } = await databaseForTest({ poolSize: 6 });
    const client = new pg.Client(config);
    await client.connect();
    await leave(1, client);
    await until(() => database.poolState.total === 0);
    const read = () => sql<{ one: number }>`SELECT 1 AS one FROM pg_sleep(0.01)`.execute(database.reader);
    const rows = await Promise.all(Array.from({ length: 30 }, async () => (await read()).rows[0]?.one));
    await client.end();
    expect(rows).toEqual(Array(30).fill(1));
    expect(database.poolState.total).toBe(1);
  });
});
