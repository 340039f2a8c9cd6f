/**
 * `npm run bench:bulk`: a bulk change of everybody (one field; another unit), as a plan that is made and then applied, with full validation, capture and
 * derivation in the time. The limit beside it is COPY of as many rows into the same tables with the same indexes, without capture, in the same run.
 */
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import type pg from "pg";
import { passed, settle } from "./database.ts";
import { ask, postRequest } from "./load.ts";
import { busyness, forgetPeak, machine, peakOf, sources } from "./machine.ts";
import { type LoadedDatabase, onServer, TOKEN, versionOf, withClient } from "./reads-database.ts";
import { sizeOf } from "./reads-directory.ts";
import { ratio, record } from "./results.ts";
import { startServer } from "./server-process.ts";

const USAGE = `npm run bench:bulk -- [--people N] [--out FOLDER]
  BENCH_DATABASE_URL  a PostgreSQL server on this machine, and a superuser on it: COPY writes to and reads from files of the server's.
`;
const LOOK_MS = 100;

const PLAN = `mutation ($input: PlanBulkInput!) { planBulk(input: $input) { plan { id peopleCount changingCount errorCount } } }`;
const APPLY = `mutation ($input: ApplyBulkInput!) { applyBulk(input: $input) { plan { id } } }`;
const LOOK = `query ($id: ID!) { bulkPlan(id: $id) { state progress { done changed } } }`;
const UNIT = `{ orgUnits(first: 1, orderBy: { field: PATH }) { nodes { id } } }`;

/** Whoever is deleted cannot be changed; so that everybody can, nobody is. */
const EVERYBODY_IS_THERE = "UPDATE user_account SET status = 'INACTIVE', deleted_at = NULL WHERE status = 'DELETED'";

// biome-ignore lint/suspicious/noExplicitAny: answers have the shape of whatever was asked.
type Any = any;

interface Change {
  name: string;
  people: number;
  /** Seconds for planning, for applying, and from the last commit until all of it was sealed. */
  planned: number;
  applied: number;
  lag: number;
  /** How many people a second COPY writes, right behind it. */
  copied: number;
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
  config: pg.ClientConfig,
  name: string,
  set: object,
): Promise<Change> {
  let since = performance.now();
  const { planBulk } = await run(PLAN, { input: { target: { filter: {} }, change: { set } } });
  const { id, changingCount, peopleCount, errorCount } = planBulk.plan;
  const planned = seconds(since);
  if (errorCount > 0) throw new Error(`${errorCount} of ${peopleCount} people cannot be changed.`);
  if (changingCount < peopleCount / 2)
    throw new Error(
      `Only ${changingCount} of ${peopleCount} would be changed: drop what a run that was cut off has left.`,
    );
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
  since = performance.now();
  await passed(config);
  const lag = seconds(since);
  say(`${name}: sealed ${lag.toFixed(1)} s behind`);
  await settle(config);
  const copied = await copying(config, await serverFolder(config));
  return { name, people: changingCount, planned, applied, lag, copied };
}

/** How many people a second COPY writes into tables like these as they now are, indexes and all, where nobody captures it. */
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
    const copied = Number(rows[0]?.count) / seconds(since);
    for (const table of tables) await client.query(`DROP TABLE plain_${table}`);
    say(`COPY: ${Math.round(copied)} people a second`);
    return copied;
  });
}

async function bench(): Promise<void> {
  const serverUrl = process.env.BENCH_DATABASE_URL;
  if (!serverUrl) throw new Error("BENCH_DATABASE_URL must name a PostgreSQL server.");
  const database = await onServer(serverUrl, sizeOf(Number(values.people)), say, {
    stem: "bulk",
    more: [EVERYBODY_IS_THERE],
  });
  try {
    const found = await measure(database);
    report({ ...found, version: await versionOf(database.clientConfig()) });
  } finally {
    await database.leave(false);
  }
}

/** Both changes by one gateway, the second once the first is sealed; and its memory. */
async function measure(database: LoadedDatabase): Promise<Pick<Found, "changes" | "before" | "peak">> {
  const settings = { PORT: "0", DEMO: "off", LOG_LEVEL: "warn", BOOTSTRAP_TOKEN: TOKEN, REQUEST_TIMEOUT_MS: "3600000" };
  const gateway = await startServer(
    ["dist/main.js"],
    { ...settings, ...database.environment },
    /answers at \S+:(\d+)\//,
  );
  try {
    const run = async (query: string, variables: unknown = {}): Promise<Any> => {
      const headers = { authorization: `Bearer ${TOKEN}`, accept: "application/json" };
      const { data, errors } = (await ask(gateway.port, postRequest("/graphql", { query, variables }, headers))) as Any;
      if (errors) throw new Error(JSON.stringify(errors));
      return data;
    };
    const config = database.clientConfig();
    await passed(config);
    forgetPeak(gateway.pid);
    const before = peakOf(gateway.pid);
    const unit = (await run(UNIT)).orgUnits.nodes[0].id;
    const changes = [
      await change(run, config, "one field", { costCenter: "4711" }),
      await change(run, config, "another unit", { orgUnitId: unit }),
    ];
    return { changes, before, peak: peakOf(gateway.pid) };
  } finally {
    await gateway.stop();
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
  before: number;
  peak: number;
  version: string;
}

function report({ changes, before, peak, version }: Found): void {
  const measuredAt = new Date().toISOString();
  const bench = "Bulk changes, PostgreSQL";
  const results = changes.flatMap(({ name, people, planned, applied, copied }) =>
    [
      { operation: `${name}: planned`, rate: people / planned },
      { operation: `${name}: applied`, rate: people / applied },
    ].map(({ operation, rate }) => ({
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
    })),
  );
  const text = `
${measuredAt.slice(0, 10)}, ${sources()}, on ${machine()}, PostgreSQL ${version}; ${busyness()} at the end.

Everybody is changed by one plan, with full validation, capture and derivation in the time. Right behind each change COPY writes as many rows into tables like
user_account and user_search, with the same indexes and without capture. The gateway's memory was ${Math.round(before)} MB before and ${Math.round(peak)} MB at its highest. Sealing
steps back for an application: all was sealed ${changes.map(({ name, lag }) => `${lag.toFixed(0)} s behind the last commit of ${name}`).join(", and ")}.

| what | of whom | people/s | COPY's | of COPY |
|---|---|---|---|---|
${results.map(({ operation, size, rollcall, limit, vsLimit }) => `| ${operation} | ${size} | ${rollcall} | ${limit} | ${vsLimit.toFixed(2)} |`).join("\n")}
`;
  record(values.out, { bench, results, text });
  say(`Written to ${values.out}/RESULTS.md and ${values.out}/results.json.`);
}

if (values.help) process.stdout.write(USAGE);
else await bench();
