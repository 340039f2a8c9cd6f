/**
 * `npm run bench`: the gateway against the limit, an endpoint written by hand, on the same data in the same database. Rounds
 * alternate, so that whatever else the machine does falls on both. Every answer of the two is compared first.
 */
import { deepStrictEqual } from "node:assert";
import { parseArgs } from "node:util";
import { fill, makeDatabase, settle, versionOf } from "./database.ts";
import { type Directory, directoryOf } from "./directory.ts";
import { ask, load, type Measured } from "./load.ts";
import { busyness, machine, sources } from "./machine.ts";
import { type Operation, operationsOn } from "./operations.ts";
import { medianOf, ratio, record } from "./results.ts";
import { startServer } from "./server-process.ts";

const USAGE = `npm run bench -- [--people N] [--seconds N] [--rounds N] [--connections N] [--out FOLDER]
  BENCH_DATABASE_URL  a PostgreSQL server and a role that may create databases on it: the benchmark makes one and drops it,
                      e.g. postgresql://postgres@127.0.0.1:5432/postgres. Without it the embedded database is measured.
`;
const TOKEN = "token-of-the-benchmark";
const POOL_SIZE = 10;
const COMPARED = 20;

interface Options {
  people: number;
  seconds: number;
  rounds: number;
  connections: number;
  out: string;
}

interface Compared {
  operation: string;
  gateway: Measured;
  endpoint: Measured;
}

/** What has to be stopped and removed, the last begun first. */
const atTheEnd: (() => Promise<void>)[] = [];

async function tidyUp(): Promise<void> {
  for (let next = atTheEnd.shift(); next; next = atTheEnd.shift()) await next();
}

const say = (line: string) => process.stdout.write(`${line}\n`);

function readOptions(): Options | undefined {
  const { values } = parseArgs({
    options: {
      people: { type: "string", default: "10000" },
      seconds: { type: "string", default: "10" },
      rounds: { type: "string", default: "5" },
      connections: { type: "string", default: "32" },
      out: { type: "string", default: "bench" },
      help: { type: "boolean", default: false },
    },
  });
  const { out, help, ...numbers } = values;
  const [people, seconds, rounds, connections] = [
    numbers.people,
    numbers.seconds,
    numbers.rounds,
    numbers.connections,
  ].map(Number) as [number, number, number, number];
  const wrong = Object.entries(numbers).find(([, value]) => !(Number(value) > 0));
  if (wrong) throw new Error(`--${wrong[0]} must be a number above zero.`);
  return help ? undefined : { people, seconds, rounds, connections, out };
}

async function bench(options: Options): Promise<void> {
  const serverUrl = process.env.BENCH_DATABASE_URL || undefined;
  if (!serverUrl) say("BENCH_DATABASE_URL is not set, so the embedded database is measured. --help says more.");
  const database = await makeDatabase(serverUrl);
  atTheEnd.unshift(() => database.drop());
  try {
    const settings = {
      PORT: "0",
      DEMO: "off",
      LOG_LEVEL: "warn",
      BOOTSTRAP_TOKEN: TOKEN,
      POOL_SIZE: String(POOL_SIZE),
    };
    const gateway = await startServer(
      ["dist/main.js"],
      { ...settings, ...database.environment },
      /answers at \S+:(\d+)\//,
    );
    atTheEnd.unshift(gateway.stop);
    const directory = directoryOf(options.people);
    say(`Writing ${options.people.toLocaleString("en")} people …`);
    await fill(database.clientConfig(), directory);
    say("Waiting until whoever follows the log has read it …");
    await settle(database.clientConfig());
    const pool = { ...database.clientConfig(), max: serverUrl ? POOL_SIZE : 1 };
    const endpoint = await startServer(
      ["bench/endpoint.ts"],
      { ENDPOINT_DATABASE: JSON.stringify(pool) },
      /^port (\d+)$/m,
    );
    atTheEnd.unshift(endpoint.stop);
    const ports = { gateway: gateway.port, endpoint: endpoint.port };
    const found: Compared[] = [];
    for (const operation of operationsOn(directory, TOKEN)) found.push(await compare(operation, ports, options));
    const server = `${serverUrl ? "PostgreSQL" : "the embedded database, PostgreSQL"} ${await versionOf(database.clientConfig())}`;
    report(found, directory, serverUrl ? "Reading, PostgreSQL" : "Reading, embedded database", server, options);
  } finally {
    await tidyUp();
  }
}

/** Both answer alike, or nothing is measured; then rounds in turn, each side first in every other one. */
async function compare(
  { name, gateway, endpoint, comparable }: Operation,
  ports: { gateway: number; endpoint: number },
  { seconds, rounds, connections }: Options,
): Promise<Compared> {
  for (const [place, request] of gateway.slice(0, COMPARED).entries())
    deepStrictEqual(
      comparable(await ask(ports.gateway, request)),
      await ask(ports.endpoint, endpoint[place] as Buffer),
    );
  const sides = {
    gateway: (time: number) => load(ports.gateway, gateway, { connections, seconds: time }),
    endpoint: (time: number) => load(ports.endpoint, endpoint, { connections, seconds: time }),
  };
  const measured = { gateway: [] as Measured[], endpoint: [] as Measured[] };
  for (const side of ["gateway", "endpoint"] as const) await sides[side](seconds / 2);
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? (["gateway", "endpoint"] as const) : (["endpoint", "gateway"] as const);
    for (const side of order) measured[side].push(await sides[side](seconds));
  }
  const found = { operation: name, gateway: medianOf(measured.gateway), endpoint: medianOf(measured.endpoint) };
  say(`${name}: ${lineOf(found.gateway)}; by hand ${lineOf(found.endpoint)}; ratio ${ratioOf(found)}`);
  return found;
}

const lineOf = ({ perSecond, p50, p99 }: Measured): string =>
  `${Math.round(perSecond).toLocaleString("en")} req/s, p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`;
const ratioOf = ({ gateway, endpoint }: Compared): number => ratio(gateway.perSecond, endpoint.perSecond);

function report(
  found: readonly Compared[],
  directory: Directory,
  bench: string,
  server: string,
  options: Options,
): void {
  const measuredAt = new Date().toISOString();
  const size = `${directory.userIds.length.toLocaleString("en")} people`;
  const { connections, rounds, seconds } = options;
  const cells = ({ perSecond, p50, p99 }: Measured) =>
    `${Math.round(perSecond).toLocaleString("en")} | ${p50.toFixed(2)} | ${p99.toFixed(2)}`;
  const results = found.map((one) => ({
    bench,
    operation: one.operation,
    size,
    rollcall: Math.round(one.gateway.perSecond),
    peer: null,
    limit: Math.round(one.endpoint.perSecond),
    vsPeer: null,
    vsLimit: ratioOf(one),
    measuredAt,
  }));
  const text = `
${measuredAt.slice(0, 10)}, ${sources()}, on ${machine()}, ${server}; ${busyness()} at the end.

${size} in ${directory.units} units with ${directory.grants.toLocaleString("en")} grants. ${connections} connections, medians of ${rounds} rounds of ${seconds} s a side, in turn. By hand: \`bench/endpoint.ts\`,
node:http with one statement whose JSON PostgreSQL builds, without access rules, ids of the public form or a log. Both have ${POOL_SIZE} connections to PostgreSQL (one to
the embedded database), and give equal answers. Latencies in milliseconds.

| operation | Rollcall req/s | p50 | p99 | by hand req/s | p50 | p99 | Rollcall / by hand |
|---|---|---|---|---|---|---|---|
${found.map((one) => `| ${one.operation} | ${cells(one.gateway)} | ${cells(one.endpoint)} | ${ratioOf(one).toFixed(2)} |`).join("\n")}
`;
  record(options.out, { bench, results, text });
  say(`Written to ${options.out}/RESULTS.md and ${options.out}/results.json.`);
}

for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => void tidyUp().finally(() => process.exit(1)));
try {
  const options = readOptions();
  if (options) await bench(options);
  else process.stdout.write(USAGE);
} catch (error) {
  process.stderr.write(`bench: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
