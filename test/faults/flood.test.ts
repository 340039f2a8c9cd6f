import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import { expect, it, onTestFinished, vi } from "vitest";
import { WebSocket } from "ws";
import { directoryForTest, someCause } from "../support/database.ts";
import { ask, environmentForTest, GatewayProcess, onDatabaseOf, SECRET } from "../support/gateway-process.ts";
import { onlyLong, rounds } from "../support/rounds.ts";

/* A plan changes very many people while one subscriber, who follows them by their events and by a saved search, reads slowly. */

const PEOPLE = rounds(4_000, 20_000);
/** What each person's attributes hold: of fewer people more, so that their events are always far beyond what a gateway works on at a time. */
const BYTES = onlyLong(true) ? 5_000 : 12_000;
const KEYS = BYTES / 1_000;
/** How many people are made in a commit. */
const COMMIT = 1_000;
/** How many changes a gateway may hold at a time, whatever it does with them: batches of the plan, of the log, of the sealer, and of what it tells … */
const CHANGES_AT_ONCE = 2_000;
/** … beside the log's end, and what little it learns meanwhile, in bytes. */
const BESIDE = 30_000_000;
/** How many events a slow subscriber takes at a time while the plan is applied, and behind it. */
const SIP = 20;
const GULP = PEOPLE / 10;

vi.setConfig({ testTimeout: 1_800_000 });

const FILTER = { tags: { any: ["crowd"] } };
const EVENTS = `subscription ($filter: UserFilter) {
  userEvents(filter: $filter, types: [SUSPENDED]) { ... on UserEvent { position userId user { attributes } } ... on FeedCheckpoint { position } }
}`;
const SEARCH = `subscription ($id: ID!) {
  savedSearchChanges(id: $id) { __typename ... on SavedSearchSummary { from position joined left changed } ... on FeedCheckpoint { position } }
}`;
const SAVE =
  "mutation ($input: CreateSavedSearchInput!) { createSavedSearch(input: $input) { savedSearch { id } position } }";
const PLAN = "mutation ($input: PlanBulkInput!) { planBulk(input: $input) { plan { id changingCount } } }";
const APPLY = "mutation ($input: ApplyBulkInput!) { applyBulk(input: $input) { plan { id } } }";
const STATE = "query ($id: ID!) { bulkPlan(id: $id) { state } }";
const CHANGES = `query ($id: ID!, $after: Position!, $through: Position) {
  savedSearch(id: $id) { changes(after: $after, through: $through, first: 500) { endPosition hasNextPage nodes { change userId user { attributes } } } }
}`;

interface Summary {
  from: string;
  position: string;
  joined: number;
  left: number;
  changed: number;
}

/** One connection with two subscriptions, that takes nothing but when it is told to. */
class SlowReader {
  /** Whom events were about, and the summaries of the search. */
  readonly told: string[] = [];
  readonly summaries: Summary[] = [];
  /** What the first subscription was sent that is no event. */
  #ready = 0;
  closed: number | undefined;

  private constructor(private readonly ws: WebSocket) {
    ws.on("close", (code) => (this.closed = code));
    ws.on("message", (data: Buffer) => {
      const user = /"userId":"(\w+)"/.exec(data.subarray(0, 300).toString())?.[1];
      if (user) this.told.push(user);
      else {
        const { id, payload } = JSON.parse(data.toString());
        if (id === "search" && payload.data.savedSearchChanges.left !== undefined)
          this.summaries.push(payload.data.savedSearchChanges);
        else if (payload?.data) this.#ready += 1;
      }
    });
  }

  static async open(url: string, searchId: string): Promise<SlowReader> {
    const ws = new WebSocket(`${url.replace("http", "ws")}/graphql`, "graphql-transport-ws");
    onTestFinished(() => ws.terminate());
    const reader = new SlowReader(ws);
    await once(ws, "open");
    const send = (message: object) => ws.send(JSON.stringify(message));
    send({ type: "connection_init", payload: { authorization: `Bearer ${SECRET}` } });
    await once(ws, "message");
    const subscribe = (id: string, query: string, variables: object) =>
      send({ id, type: "subscribe", payload: { query, variables } });
    subscribe("events", EVENTS, { filter: FILTER });
    subscribe("search", SEARCH, { id: searchId });
    await expect.poll(() => reader.#ready, { timeout: 60_000 }).toBe(2);
    ws.pause();
    return reader;
  }

  /** Reads until so many more events came, or all that will. */
  async take(events: number): Promise<void> {
    const wanted = Math.min(PEOPLE, this.told.length + events);
    this.ws.resume();
    while (this.told.length < wanted && this.closed === undefined) await sleep(5);
    this.ws.pause();
  }

  /** Reads on until all were counted. */
  async finish(): Promise<void> {
    this.ws.resume();
    await expect.poll(() => this.left, { timeout: 120_000 }).toBeGreaterThanOrEqual(PEOPLE);
  }

  get left(): number {
    return this.summaries.reduce((sum, { left }) => sum + left, 0);
  }
}

/** Makes the people, so many in a commit. */
const arrange = (environment: Readonly<Record<string, string>>) =>
  onDatabaseOf(environment, async (database) => {
    for (let from = 1; from <= PEOPLE; from += COMMIT)
      await database.write(someCause, async (tx) => {
        await sql`INSERT INTO user_account
            (id, username, display_name, status, status_changed_at, source, tags, attributes, created_at, updated_at)
          SELECT gen_random_uuid(), 'crowd-' || n, 'Person ' || n, 'ACTIVE', ${tx.now}, 'LOCAL', '{crowd}',
            (SELECT jsonb_object_agg('key' || k, repeat(md5(n || ' ' || k), 31)) FROM generate_series(1, ${KEYS}::integer) k), ${tx.now}, ${tx.now}
          FROM generate_series(${from}::integer, ${from + COMMIT - 1}::integer) n`.execute(tx.sql);
      });
  });

/** What the changes of search rows that the plan made take as text: less than holding them would. */
const changedBytes = (environment: Readonly<Record<string, string>>) =>
  onDatabaseOf(environment, async (database) => {
    const { rows } = await sql<{ bytes: number }>`
      SELECT sum(octet_length(h.before::text) + octet_length(h.after::text))::float8 AS bytes FROM change h
      WHERE h.table_name = 'user_search' AND h.before ->> 'status' = 'ACTIVE' AND h.after ->> 'status' = 'SUSPENDED'`.execute(
      database.reader,
    );
    return rows[0]?.bytes ?? 0;
  });

it(`${PEOPLE} people who are changed at once reach a subscriber that reads slowly, each once, and are never held by the gateway all at once`, async () => {
  const file = join(directoryForTest(), "memory.json");
  // Counts in memory hold everybody, told or not.
  const limits = {
    COUNTING_MEMORY_MB: "0",
    BUDGETS: "off",
    REQUEST_TIMEOUT_MS: "600000",
    STATEMENT_TIMEOUT_MS: "600000",
  };
  const environment = { ...(await environmentForTest()), ...limits, MEMORY_FILE: file };
  const gateway = await GatewayProcess.start(environment);
  const { url } = gateway;
  const settled = async () => {
    for (const lag of ["matcher_lag_commits", "audit_sealer_lag_commits"])
      await expect.poll(() => gateway.metric(lag), { timeout: 300_000 }).toBe(0);
  };
  await settled();
  await arrange(environment);
  await settled();
  const before = await gateway.memory(file);
  const { createSavedSearch } = await ask<{ createSavedSearch: { savedSearch: { id: string }; position: string } }>(
    url,
    SAVE,
    { input: { name: "Crowd", filter: { ...FILTER, status: { eq: "ACTIVE" } } } },
  );
  const { id: searchId } = createSavedSearch.savedSearch;
  const { planBulk } = await ask<{ planBulk: { plan: { id: string; changingCount: number } } }>(url, PLAN, {
    input: { target: { filter: FILTER }, change: { status: { operation: "SUSPEND" } }, reason: "Flood" },
  });
  expect(planBulk.plan.changingCount).toBe(PEOPLE);
  const { id } = planBulk.plan;
  const reader = await SlowReader.open(url, searchId);

  const held: number[] = [];
  const look = async () => held.push(await gateway.memory(file));
  await look();
  await ask(url, APPLY, { input: { id } });
  const state = async () => (await ask<{ bulkPlan: { state: string } }>(url, STATE, { id })).bulkPlan.state;
  while (["READY", "APPLYING"].includes(await state())) {
    await reader.take(SIP);
    await look();
  }
  expect(await state()).toBe("DONE");
  while (reader.told.length < PEOPLE && reader.closed === undefined) {
    await reader.take(GULP);
    await look();
  }
  await reader.finish();
  expect(reader.closed).toBeUndefined();
  expect(reader.told).toHaveLength(PEOPLE);
  expect(new Set(reader.told).size).toBe(PEOPLE);
  expect(reader.left).toBe(PEOPLE);

  const left = new Set<string>();
  for (const { from, position: through } of reader.summaries)
    for (let after = from, more = true; more; ) {
      const { savedSearch } = await ask<{
        savedSearch: {
          changes: { endPosition: string; hasNextPage: boolean; nodes: { change: string; userId: string }[] };
        };
      }>(url, CHANGES, { id: searchId, after, through });
      const { nodes, endPosition, hasNextPage } = savedSearch.changes;
      for (const { change, userId } of nodes) if (change === "LEFT") left.add(userId);
      [after, more] = [endPosition, hasNextPage];
      await look();
    }
  expect(left).toEqual(new Set(reader.told));

  const all = await changedBytes(environment);
  const allowed = CHANGES_AT_ONCE * (all / PEOPLE) + BESIDE;
  expect(allowed).toBeLessThan(all);
  expect(Math.max(...held) - before).toBeLessThan(allowed);
});
