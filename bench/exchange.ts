/**
 * `npm run bench:exchange`: people imported from a CSV file into an empty database, from the upload to the last commit, with full validation, capture and derivation in
 * the time; and exported again, once what was imported is sealed. The limits beside it, in the same run: COPY of as many rows into the same tables with the same indexes, without capture, and COPY TO.
 */
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import type pg from "pg";
import { makeDatabase, passed, settle, versionOf, withClient } from "./database.ts";
import { ask, postRequest } from "./load.ts";
import { busyness, forgetPeak, machine, peakOf, sources } from "./machine.ts";
import { quantileOf, ratio, record } from "./results.ts";
import { startServer } from "./server-process.ts";

const USAGE = `npm run bench:exchange -- [--people N] [--out FOLDER]
  BENCH_DATABASE_URL  a PostgreSQL server on this machine, and a superuser on it: COPY writes to and reads from files of the server's.
`;
const TOKEN = "token-of-the-benchmark";
const LOOK_MS = 20;

const PLAN = "mutation ($input: PlanImportInput!) { planImport(input: $input) { plan { id } } }";
const APPLY = "mutation ($input: ApplyBulkInput!) { applyBulk(input: $input) { plan { id } } }";
const LOOK = "query ($id: ID!) { bulkPlan(id: $id) { state problem creatingCount progress { changed } } }";
const EXPORT = "mutation ($input: CreateExportInput!) { createExport(input: $input) { path } }";
const COLUMNS = ["username", "employeeNumber", "givenName", "familyName", "email", "title", "costCenter", "location"];
const FORMATS = ["CSV", "XLSX", "JSONL"] as const;

// biome-ignore lint/suspicious/noExplicitAny: answers have the shape of whatever was asked.
type Any = any;

/** What was done to how many people, and how long it took, in seconds. */
interface Step {
  name: string;
  seconds: number;
  /** How many people a second the database's own copying takes. */
  limit: number;
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

/** A file of people who report to one another in a tree. */
function fileOf(people: number): string {
  const line = (n: number) =>
    `E${n},Given${n % 977},Family${n % 4999},person${n}@bench.example,Title ${n % 37},C-${n % 211},Place ${n % 17},${n === 0 ? "" : `E${Math.floor((n - 1) / 8)}`}\r\n`;
  const header = "employeeNumber,givenName,familyName,email,title,costCenter,location,manager\r\n";
  return header + Array.from({ length: people }, (_, n) => line(n)).join("");
}

type Run = (query: string, variables?: unknown) => Promise<Any>;

/** Waits until a plan stands somewhere. */
async function until(run: Run, id: string, state: string): Promise<Any> {
  for (;;) {
    const { bulkPlan } = await run(LOOK, { id });
    if (bulkPlan.state === state) return bulkPlan;
    if (bulkPlan.state === "FAILED") throw new Error(bulkPlan.problem);
    await setTimeout(LOOK_MS);
  }
}

/** Imports a file; gives how long planning took, and applying. */
async function imported(port: number, run: Run, people: number): Promise<{ planned: number; applied: number }> {
  let since = performance.now();
  const response = await fetch(`http://127.0.0.1:${port}/import?name=people.csv`, {
    method: "POST",
    headers: { authorization: `Bearer ${TOKEN}`, "content-type": "text/csv" },
    body: fileOf(people),
  });
  const { uploadId } = (await response.json()) as { uploadId: string };
  const input = { uploadId, mode: "BOTH", reading: { matchBy: "EMPLOYEE_NUMBER" } };
  const { id } = (await run(PLAN, { input })).planImport.plan;
  await until(run, id, "PLANNED");
  const planned = seconds(since);
  since = performance.now();
  await run(APPLY, { input: { id } });
  const { progress } = await until(run, id, "DONE");
  if (progress.changed !== people) throw new Error("Not everybody was made.");
  return { planned, applied: seconds(since) };
}

/** Exports everybody; gives how long it took. */
async function exported(port: number, run: Run, format: string): Promise<number> {
  const since = performance.now();
  const { path } = (await run(EXPORT, { input: { columns: COLUMNS, format } })).createExport;
  const response = await fetch(`http://127.0.0.1:${port}${path}`);
  for await (const _ of response.body ?? []);
  return seconds(since);
}

/** How many people a second COPY writes into tables like these, indexes and all, where nobody captures it; the median of three times. */
async function copying(config: pg.ClientConfig, folder: string): Promise<number> {
  return withClient(config, async (client) => {
    const tables = ["user_account", "user_email", "user_search"];
    for (const table of tables) await client.query(`COPY public.${table} TO '${folder}/${table}' (FORMAT binary)`);
    const { rows } = await client.query<{ count: string }>("SELECT count(*) FROM user_account");
    const taken: number[] = [];
    for (let time = 0; time < 3; time++) {
      for (const table of tables)
        await client.query(`CREATE TABLE plain_${table} (LIKE public.${table} INCLUDING ALL)`);
      const since = performance.now();
      for (const table of tables) await client.query(`COPY plain_${table} FROM '${folder}/${table}' (FORMAT binary)`);
      taken.push(seconds(since));
      for (const table of tables) await client.query(`DROP TABLE plain_${table}`);
    }
    return Number(rows[0]?.count) / quantileOf(taken, 0.5);
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
    const run = async (query: string, variables: unknown = {}): Promise<Any> => {
      const headers = { authorization: `Bearer ${TOKEN}`, accept: "application/json" };
      const { data, errors } = (await ask(gateway.port, postRequest("/graphql", { query, variables }, headers))) as Any;
      if (errors) throw new Error(JSON.stringify(errors));
      return data;
    };
    forgetPeak(gateway.pid);
    const before = peakOf(gateway.pid);
    const { planned, applied } = await imported(gateway.port, run, people);
    const since = performance.now();
    await passed(database.clientConfig());
    const lag = seconds(since);
    // COPY TO has the machine for itself as well.
    await settle(database.clientConfig());
    const exports: [string, number][] = [];
    for (const format of FORMATS) exports.push([format, await exported(gateway.port, run, format)]);
    const peak = peakOf(gateway.pid);
    await gateway.stop();
    const folder = await serverFolder(database.clientConfig());
    const copied = await copying(database.clientConfig(), folder);
    const read = await reading(database.clientConfig(), folder);
    const steps: Step[] = [
      { name: "imported, from the upload to the last commit", seconds: planned + applied, limit: copied },
      { name: "planned", seconds: planned, limit: copied },
      { name: "applied", seconds: applied, limit: copied },
      ...exports.map(([format, taken]) => ({ name: `exported as ${format}`, seconds: taken, limit: read })),
    ];
    report({ people, steps, lag, before, peak, version: await versionOf(database.clientConfig()) });
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

/** How many people a second COPY TO reads, with the columns of the export. */
async function reading(config: pg.ClientConfig, folder: string): Promise<number> {
  return withClient(config, async (client) => {
    const { rows } = await client.query<{ count: string }>("SELECT count(*) FROM user_account");
    const columns = "username, employee_number, given_name, family_name, email, title, cost_center, location";
    const since = performance.now();
    await client.query(
      `COPY (SELECT ${columns} FROM user_search ORDER BY display_name) TO '${folder}/people.csv' (FORMAT csv)`,
    );
    return Number(rows[0]?.count) / seconds(since);
  });
}

interface Found {
  people: number;
  steps: readonly Step[];
  /** Seconds from the last commit until all of it was sealed. */
  lag: number;
  before: number;
  peak: number;
  version: string;
}

function report({ people, steps, lag, before, peak, version }: Found): void {
  const measuredAt = new Date().toISOString();
  const bench = "Import and export, PostgreSQL";
  const results = steps.map(({ name: operation, seconds: taken, limit }) => ({
    bench,
    operation,
    size: `${people.toLocaleString("en")} people`,
    unit: "people a second",
    rollcall: Math.round(people / taken),
    peer: null,
    limit: Math.round(limit),
    vsPeer: null,
    vsLimit: ratio(people / taken, limit),
    measuredAt,
  }));
  const text = `
${measuredAt.slice(0, 10)}, ${sources()}, on ${machine()}, PostgreSQL ${version}; ${busyness()} at the end.

${people.toLocaleString("en")} people are imported into an empty database from one CSV file, with full validation, capture and derivation in the time, and exported once that is sealed. COPY writes as many rows into tables like user_account, user_email and
user_search, with the same indexes and without capture, the median of three times; COPY TO writes the same columns to a file. The gateway's memory was ${Math.round(before)} MB before and ${Math.round(peak)} MB at its highest. Sealing steps
back for a plan that is applied: all was sealed ${lag.toFixed(0)} s behind the last commit.

| what | people/s | COPY's | of COPY |
|---|---|---|---|
${results.map(({ operation, rollcall, limit, vsLimit }) => `| ${operation} | ${rollcall} | ${limit} | ${vsLimit.toFixed(2)} |`).join("\n")}
`;
  record(values.out, { bench, results, text });
  say(text);
}

if (values.help) process.stdout.write(USAGE);
else await bench();
