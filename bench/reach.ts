/**
 * `npm run bench:reach`: a role that everybody holds comes to allow something more. How long until the mutation is answered and until everybody whom it
 * reached was told of, and what another writer waits meanwhile; and for how long all writers would wait if it were one commit. A saved search is
 * followed throughout, and must be told of everybody, once.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import pg from "pg";
import { publicId } from "../dist/kernel/ids.js";
import { settle } from "./database.ts";
import { CAUSE } from "./feed-gateway.ts";
import { ask, postRequest } from "./load.ts";
import { busyness, machine, sources } from "./machine.ts";
import { type LoadedDatabase, onServer, TOKEN, versionOf, withClient } from "./reads-database.ts";
import { sizeOf, uuidAt } from "./reads-directory.ts";
import { quantileOf, record } from "./results.ts";
import { follow } from "./searches-follower.ts";
import { startServer } from "./server-process.ts";

const USAGE = `npm run bench:reach -- [--people N] [--seconds N] [--out FOLDER]
  --people   how many there are, all of whom hold the role (500,000)
  --seconds  for how long the other writer is measured alone before (20)
  BENCH_DATABASE_URL  a PostgreSQL server and a superuser on it, e.g. postgresql://postgres@127.0.0.1:5432/postgres: the benchmark makes a database and drops it
`;
const BENCH = "Far-reaching changes, PostgreSQL";
const LOOK_MS = 250;
const WRITER_RESTS_MS = 20;
/** The longest that what is stored may be on its way to the socket. */
const DELIVERY_MS = 600_000;
/** The longest that the same change is tried as one commit. */
const AT_ONCE_MS = 300_000;
/** PostgreSQL ended a statement that took too long. */
const CANCELLED = "57014";
/** The place of the role that all others inherit, and what it comes to allow, which nobody was allowed before. */
const BASE = 900;
const GAINED = "ROLE_MANAGE";

const EVERYBODY_HOLDS = [
  `INSERT INTO role (id, version, key, name, privileged, permissions, created_at, updated_at)
   VALUES ('${uuidAt("role", BASE)}', 1, 'everybody', 'Everybody', false, '{USER_READ}', now(), now())`,
  `INSERT INTO role_inheritance (id, role_id, inherits_id)
   SELECT gen_random_uuid(), id, '${uuidAt("role", BASE)}' FROM role WHERE id <> '${uuidAt("role", BASE)}'`,
];

// biome-ignore lint/suspicious/noExplicitAny: answers have the shape of whatever was asked.
type Any = any;

const say = (line: string) => process.stdout.write(`${line}\n`);
const seconds = (since: number): number => (performance.now() - since) / 1_000;

/** Changes one person's title after another's, and notes how long each commit took, in milliseconds. */
class Writer {
  readonly #client: pg.Client;
  readonly #people: number;
  #waits: number[] = [];
  #running: Promise<void> | undefined;
  #stopped = false;
  #next = 0;

  constructor(config: pg.ClientConfig, people: number) {
    this.#client = new pg.Client(config);
    this.#people = people;
  }

  async start(): Promise<void> {
    await this.#client.connect();
    this.#running = this.#run();
  }

  /** What was noted since the last call. */
  take(): number[] {
    const waits = this.#waits;
    this.#waits = [];
    return waits;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
    await this.#client.end();
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      const id = uuidAt("user", (this.#next++ * 7919) % this.#people);
      const began = performance.now();
      await this.#client.query(
        `BEGIN; SELECT set_config('rollcall.cause', '${CAUSE}', true); UPDATE user_account SET title = 'Title ${this.#next}' WHERE id = '${id}'; COMMIT`,
      );
      this.#waits.push(performance.now() - began);
      await sleep(WRITER_RESTS_MS);
    }
  }
}

interface Found {
  /** People whom the change reached. */
  reached: number;
  /** Seconds until the mutation was answered, and until everybody was told of and the search's follower knew of all. */
  answered: number;
  trailed: number;
  delivered: number;
  /** Commits that trailed. */
  commits: number;
  /** What another writer's commits took: alone, until the answer, and behind it. */
  alone: number[];
  during: number[];
  behind: number[];
  /** Seconds for which all writers would wait, as one commit; null where they would wait for longer than that is tried. */
  one: number | null;
}

async function measure(database: LoadedDatabase, port: number, people: number, alone: number): Promise<Found> {
  const run = async (query: string, input: object): Promise<Any> => {
    const headers = { authorization: `Bearer ${TOKEN}`, accept: "application/json" };
    const body = { query, variables: { input } };
    const { data, errors } = (await ask(port, postRequest("/graphql", body, headers))) as Any;
    if (errors) throw new Error(JSON.stringify(errors));
    return data;
  };
  const saved = await run(
    "mutation ($input: CreateSavedSearchInput!) { createSavedSearch(input: $input) { savedSearch { id } } }",
    { name: "Everybody", filter: { permissions: { any: [GAINED] } } },
  );
  await settle(database.clientConfig());
  const follower = await follow(port, TOKEN, saved.createSavedSearch.savedSearch.id);
  const writer = new Writer(database.clientConfig(), people);
  await writer.start();
  await sleep(alone * 1_000);
  const before = writer.take();
  try {
    return await withClient(database.clientConfig(), async (client) => {
      const began = performance.now();
      await run("mutation ($input: UpdateRoleInput!) { updateRole(input: $input) { position } }", {
        id: publicId("Role", uuidAt("role", BASE)),
        permissions: ["USER_READ", GAINED],
      });
      const answered = seconds(began);
      const during = writer.take();
      say(`Answered after ${answered.toFixed(1)} s; waiting until everybody is told of …`);
      while ((await client.query("SELECT FROM trail")).rowCount) await sleep(LOOK_MS);
      const trailed = seconds(began);
      const behind = writer.take();
      await writer.stop();
      const reached = await reachedBy(client);
      while (follower.joined() < reached && seconds(began) < trailed + DELIVERY_MS / 1_000) await sleep(LOOK_MS);
      if (follower.joined() !== reached)
        throw new Error(`${follower.joined()} were told of in the place of ${reached}.`);
      const delivered = seconds(began);
      const commits = await trailing(client, reached);
      return { reached, answered, trailed, delivered, commits, alone: before, during, behind, one: 0 };
    });
  } finally {
    follower.close();
  }
}

const reachedBy = async (client: pg.Client): Promise<number> =>
  (await client.query(`SELECT count(*)::integer AS count FROM user_search WHERE '${GAINED}' = ANY (permissions)`))
    .rows[0].count;

/** How many commits of the one operation there were; all of them together must have told of each once. */
async function trailing(client: pg.Client, reached: number): Promise<number> {
  const { rows } = await client.query(`
    SELECT count(DISTINCT k.id)::integer AS commits, count(DISTINCT k.operation_id)::integer AS operations, count(*)::integer AS told,
      count(DISTINCT c.row_id)::integer AS people
    FROM commit k JOIN change c ON c.commit_id = k.id AND c.derived WHERE k.action = 'role.updated'`);
  const [{ commits, operations, told, people }] = rows;
  if (operations !== 1 || told !== people || people < reached) throw new Error(`Not exact: ${JSON.stringify(rows[0])}`);
  return commits;
}

/** For how long the same change would keep all writers waiting as one commit, which is rolled back; null where that is longer than AT_ONCE_MS. */
async function asOneCommit(database: LoadedDatabase): Promise<number | null> {
  return withClient(database.clientConfig(), async (client) => {
    await client.query("VACUUM ANALYZE");
    await client.query(
      "CREATE OR REPLACE FUNCTION reached_at_once() RETURNS integer LANGUAGE sql STABLE AS $$ SELECT 2147483647 $$",
    );
    await client.query(`BEGIN; SELECT set_config('rollcall.cause', '${CAUSE}', true)`);
    await client.query("UPDATE role SET permissions = '{USER_READ}' WHERE id = $1", [uuidAt("role", BASE)]);
    const began = performance.now();
    try {
      await client.query(`SET LOCAL statement_timeout = ${AT_ONCE_MS}`);
      await client.query("SELECT conclude_transaction()");
      return seconds(began);
    } catch (error) {
      if ((error as { code?: string }).code === CANCELLED) return null;
      throw error;
    } finally {
      await client.query("ROLLBACK");
    }
  });
}

async function bench(people: number, alone: number, out: string): Promise<void> {
  const serverUrl = process.env.BENCH_DATABASE_URL;
  if (!serverUrl) throw new Error("BENCH_DATABASE_URL must name a PostgreSQL server.");
  const database = await onServer(serverUrl, sizeOf(people), say, { stem: "reach", more: EVERYBODY_HOLDS });
  const settings = { PORT: "0", DEMO: "off", LOG_LEVEL: "warn", BOOTSTRAP_TOKEN: TOKEN, REQUEST_TIMEOUT_MS: "3600000" };
  try {
    const gateway = await startServer(
      ["dist/main.js"],
      { ...settings, ...database.environment },
      /answers at \S+:(\d+)\//,
    );
    const found = await measure(database, gateway.port, people, alone).finally(gateway.stop);
    say("The same as one commit …");
    report({ ...found, one: await asOneCommit(database) }, people, out, await versionOf(database.clientConfig()));
  } finally {
    await database.leave(false);
  }
}

const ms = (value: number): string => Math.round(value).toLocaleString("en");
const waits = (name: string, list: readonly number[]): string =>
  `| ${name} | ${list.length.toLocaleString("en")} | ${ms(quantileOf(list, 0.5))} | ${ms(quantileOf(list, 0.99))} | ${ms(Math.max(0, ...list))} |`;

function report(found: Found, people: number, out: string, version: string): void {
  const measuredAt = new Date().toISOString();
  const perSecond = Math.round(found.reached / (found.trailed - found.answered));
  const line = {
    bench: BENCH,
    size: `${people.toLocaleString("en")} people`,
    peer: null,
    limit: null,
    vsPeer: null,
    vsLimit: null,
    measuredAt,
  };
  const results = [
    { ...line, operation: "a role's change: people told of", unit: "people a second", rollcall: perSecond },
    { ...line, operation: "a role's change: answered", unit: "ms", rollcall: Math.round(found.answered * 1_000) },
    {
      ...line,
      operation: "meanwhile another writer's commit, p99",
      unit: "ms",
      rollcall: Math.round(quantileOf(found.behind, 0.99)),
    },
    {
      ...line,
      operation: "a role's change as one commit, at least",
      unit: "ms",
      rollcall: Math.round(found.one === null ? AT_ONCE_MS : found.one * 1_000),
    },
  ];
  const text = `
${measuredAt.slice(0, 10)}, ${sources()}, on ${machine()}, PostgreSQL ${version}; ${busyness()} at the end.

A role that all ${people.toLocaleString("en")} people hold comes to allow something more: ${found.reached.toLocaleString("en")} of them, who are active, come to be allowed it. The mutation is answered after
${found.answered.toFixed(1)} s; everybody was told of after ${found.trailed.toFixed(0)} s, in ${found.commits.toLocaleString("en")} commits of its operation, ${perSecond.toLocaleString("en")} people a second, and a follower of a saved search knew of all, each once, after ${found.delivered.toFixed(0)} s.
**As one commit, nobody else could commit for ${found.one === null ? `more than ${AT_ONCE_MS / 1_000}` : found.one.toFixed(0)} s.** One writer beside it changes one person a commit, with ${WRITER_RESTS_MS} ms between:

| another's commits | how many | p50, ms | p99, ms | longest, ms |
|---|---|---|---|---|
${waits("before", found.alone)}
${waits("until the answer", found.during)}
${waits("behind it, until everybody was told of", found.behind)}
`;
  record(out, { bench: BENCH, results, text });
  say(`${text}\nWritten to ${out}/RESULTS.md and ${out}/results.json.`);
}

const { values } = parseArgs({
  options: {
    people: { type: "string", default: "500000" },
    seconds: { type: "string", default: "20" },
    out: { type: "string", default: "bench" },
    help: { type: "boolean", default: false },
  },
});
if (values.help) process.stdout.write(USAGE);
else if (!(Number(values.people) >= 3_000))
  throw new Error("--people must be at least 3000: fewer are told of at once.");
else await bench(Number(values.people), Number(values.seconds), values.out);
