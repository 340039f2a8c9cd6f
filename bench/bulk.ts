/**
 * `npm run bench:bulk`: a bulk change of everybody (one field; another unit), as a plan that is made and then applied, with full validation, capture and
 * derivation in the time. The limit beside it is COPY of as many rows into the same tables with the same indexes, without capture, in the same run.
 */
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import type pg from "pg";
import { fill, makeDatabase, settle, versionOf, withClient } from "./database.ts";
import { directoryOf } from "./directory.ts";
import { ask, postRequest } from "./load.ts";
import { busyness, forgetPeak, machine, peakOf, sources } from "./machine.ts";
import { ratio, record } from "./results.ts";
import { startServer } from "./server-process.ts";

const USAGE = `npm run bench:bulk -- [--people N] [--out FOLDER]
  BENCH_DATABASE_URL  a PostgreSQL server on this machine, and a superuser on it: COPY writes to and reads from files of the server's.
`;
const TOKEN = "token-of-the-benchmark";
const LOOK_MS = 20;

const PLAN = `mutation ($input: PlanBulkInput!) { planBulk(input: $input) { plan { id peopleCount changingCount errorCount } } }`;
const APPLY = `mutation ($input: ApplyBulkInput!) { applyBulk(input: $input) { plan { id } } }`;
const LOOK = `query ($id: ID!) { bulkPlan(id: $id) { state progress { done changed } } }`;
const UNIT = `{ orgUnits(first: 1, orderBy: { field: PATH }) { nodes { id } } }`;

// biome-ignore lint/suspicious/noExplicitAny: answers have the shape of whatever was asked.
type Any = any;

interface Change {
  name: string;
  people: number;
  planned: number;
  applied: number;
}

const say = (line: string) => process.stdout.write(`${line}\n`);
const { values } = parseArgs({
  options: {
    people: { type: "string", default: "100000" },
    out: { type: "string", default: "bench" },
    help: { type: "boolean", default: false },
  },
});

const seconds = (since: number): number => (performance.now() - since) / 1000;

async function change(
  run: (query: string, variables?: unknown) => Promise<Any>,
  name: string,
  set: object,
): Promise<Change> {
  let since = performance.now();
  const { planBulk } = await run(PLAN, { input: { target: { filter: {} }, change: { set } } });
  const { id, changingCount, peopleCount, errorCount } = planBulk.plan;
  const planned = seconds(since);
  if (errorCount > 0) throw new Error(`${errorCount} of ${peopleCount} people cannot be changed.`);
  since = performance.now();
  await run(APPLY, { input: { id } });
  for (;;) {
    const { bulkPlan } = await run(LOOK, { id });
    if (bulkPlan.state === "DONE") {
      if (bulkPlan.progress.changed !== changingCount) throw new Error("Not everybody was changed.");
      break;
    }
    await setTimeout(LOOK_MS);
  }
  const applied = seconds(since);
  say(`${name}: ${changingCount} people planned in ${planned.toFixed(1)} s and applied in ${applied.toFixed(1)} s`);
  return { name, people: changingCount, planned, applied };
}

/** How many people a second COPY writes into tables like these, indexes and all, where nobody captures it. */
async function copying(config: pg.ClientConfig, folder: string): Promise<number> {
  return withClient(config, async (client) => {
    const tables = ["user_account", "user_search"];
    for (const table of tables) {
      await client.query(`COPY public.${table} TO '${folder}/${table}' (FORMAT binary)`);
      await client.query(`CREATE TABLE plain_${table} (LIKE public.${table} INCLUDING ALL)`);
    }
    const { rows } = await client.query<{ count: string }>("SELECT count(*) FROM user_account");
    const since = performance.now();
    for (const table of tables) await client.query(`COPY plain_${table} FROM '${folder}/${table}' (FORMAT binary)`);
    return Number(rows[0]?.count) / seconds(since);
  });
}

async function bench(): Promise<void> {
  const people = Number(values.people);
  const serverUrl = process.env.BENCH_DATABASE_URL;
  if (!serverUrl) throw new Error("BENCH_DATABASE_URL must name a PostgreSQL server.");
  const database = await makeDatabase(serverUrl);
  const environment = {
    PORT: "0",
    DEMO: "off",
    LOG_LEVEL: "warn",
    BOOTSTRAP_TOKEN: TOKEN,
    REQUEST_TIMEOUT_MS: "3600000",
  };
  const gateway = await startServer(
    ["dist/main.js"],
    { ...environment, ...database.environment },
    /answers at \S+:(\d+)\//,
  );
  try {
    say(`Writing ${people.toLocaleString("en")} people …`);
    await fill(database.clientConfig(), directoryOf(people));
    await settle(database.clientConfig());
    const run = async (query: string, variables: unknown = {}): Promise<Any> => {
      const headers = { authorization: `Bearer ${TOKEN}`, accept: "application/json" };
      const { data, errors } = (await ask(gateway.port, postRequest("/graphql", { query, variables }, headers))) as Any;
      if (errors) throw new Error(JSON.stringify(errors));
      return data;
    };
    forgetPeak(gateway.pid);
    const before = peakOf(gateway.pid);
    const unit = (await run(UNIT)).orgUnits.nodes[0].id;
    const changes = [await change(run, "one field", { costCenter: "4711" })];
    await settle(database.clientConfig());
    changes.push(await change(run, "another unit", { orgUnitId: unit }));
    const peak = peakOf(gateway.pid);
    const since = performance.now();
    await settle(database.clientConfig());
    const lag = seconds(since);
    await gateway.stop();
    const copied = await copying(database.clientConfig(), await serverFolder(database.clientConfig()));
    report({ changes, copied, before, peak, lag, version: await versionOf(database.clientConfig()) });
  } finally {
    await gateway.stop();
    await database.drop();
  }
}

/** Where the server writes its own files: nobody else has to be allowed to. */
async function serverFolder(config: pg.ClientConfig): Promise<string> {
  return withClient(config, async (client) => {
    const { rows } = await client.query<{ folder: string }>(
      "SELECT current_setting('data_directory') || '/pg_stat_tmp' AS folder",
    );
    return rows[0]?.folder ?? "/tmp";
  });
}

interface Found {
  changes: readonly Change[];
  copied: number;
  before: number;
  peak: number;
  lag: number;
  version: string;
}

function report({ changes, copied, before, peak, lag, version }: Found): void {
  const measuredAt = new Date().toISOString();
  const bench = "Bulk changes, PostgreSQL";
  const rows = changes.flatMap(({ name, people, planned, applied }) => [
    { operation: `${name}: planned`, people, rate: people / planned },
    { operation: `${name}: applied`, people, rate: people / applied },
  ]);
  const results = rows.map(({ operation, people, rate }) => ({
    bench,
    operation,
    size: `${people.toLocaleString("en")} people`,
    unit: "people a second",
    rollcall: Math.round(rate),
    peer: null,
    limit: Math.round(copied),
    vsPeer: null,
    vsLimit: ratio(rate, copied),
    measuredAt,
  }));
  const text = `
${measuredAt.slice(0, 10)}, ${sources()}, on ${machine()}, PostgreSQL ${version}; ${busyness()} at the end.

Everybody is changed by one plan, with full validation, capture and derivation in the time. COPY writes as many rows into tables like user_account and user_search, with
the same indexes and without capture: ${Math.round(copied).toLocaleString("en")} people a second. The gateway's memory was ${Math.round(before)} MB before and ${Math.round(peak)} MB at its highest; the log was sealed
${lag.toFixed(1)} s behind the last commit.

| what | people | people/s | of COPY |
|---|---|---|---|
${rows.map(({ operation, people, rate }) => `| ${operation} | ${people} | ${Math.round(rate)} | ${ratio(rate, copied).toFixed(2)} |`).join("\n")}
`;
  record(values.out, { bench, results, text });
  say(`Written to ${values.out}/RESULTS.md and ${values.out}/results.json.`);
}

if (values.help) process.stdout.write(USAGE);
else await bench();
