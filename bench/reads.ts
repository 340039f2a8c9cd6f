/**
 * `npm run bench:reads`, and of 10,000 people `npm run bench`: the gateway beside PostGraphile 5 and beside an endpoint written by hand, on one directory in one database in one run. Rounds
 * take turns, so that whatever else the machine does falls on all. Every answer that is compared is compared first.
 */
import { deepStrictEqual } from "node:assert";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import type pg from "pg";
import { ask, Connection, load, postRequest } from "./load.ts";
import { busyness } from "./machine.ts";
import { inProcess, type LoadedDatabase, onServer, TOKEN, versionOf, withClient } from "./reads-database.ts";
import { publicUser, type Size, sizeOf } from "./reads-directory.ts";
import { PEER_INDEXES } from "./reads-indexes.ts";
import { type Deep, type Operation, operationsOn, SIDES, type Side } from "./reads-operations.ts";
import { readUsed } from "./reads-processor.ts";
import { describe, type Found, type Round, reportOf } from "./reads-report.ts";
import { record } from "./results.ts";
import { type ServerProcess, startServer } from "./server-process.ts";

const USAGE = `npm run bench:reads -- [--people N] [--embedded] [--seconds N] [--rounds N] [--connections N] [--only TEXT] [--keep] [--out FOLDER]
  BENCH_DATABASE_URL  a PostgreSQL server and a superuser on it, postgresql://postgres@127.0.0.1:5432/postgres where it is not set. The benchmark makes a
                      database of its own, rollcall_reads_N, and drops it; --keep leaves it, filled, for the next run.
  --embedded          measures the embedded database instead, in bench/.cache.
  --only TEXT         only operations whose name has the text in it; nothing is written then.
`;
const SERVER_URL = "postgresql://postgres@127.0.0.1:5432/postgres";
const POOL_SIZE = 10;
const COMPARED = 20;
/** What is asked alone is asked once a round, in so many rounds at the most; its best counts, since what disturbs it only adds. */
const ROUNDS_ALONE = 2;

const readOptions = () => {
  const { values } = parseArgs({
    options: {
      people: { type: "string", default: "1000000" },
      seconds: { type: "string", default: "8" },
      rounds: { type: "string", default: "3" },
      connections: { type: "string", default: "32" },
      only: { type: "string", default: "" },
      out: { type: "string", default: "bench" },
      embedded: { type: "boolean", default: false },
      keep: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const { people, seconds, rounds, connections, ...others } = values;
  const numbers = {
    people: Number(people),
    seconds: Number(seconds),
    rounds: Number(rounds),
    connections: Number(connections),
  };
  const wrong = Object.entries(numbers).find(([, value]) => !(value > 0));
  if (wrong) throw new Error(`--${wrong[0]} must be a number above zero.`);
  if (numbers.people < 1_000) throw new Error("--people must be at least 1000.");
  return { ...numbers, ...others };
};
type Options = ReturnType<typeof readOptions>;

const say = (line: string) => process.stdout.write(`${line}\n`);
/** What has to be stopped and removed, the last begun first. */
const atTheEnd: (() => Promise<void>)[] = [];
async function tidyUp(): Promise<void> {
  for (let next = atTheEnd.shift(); next; next = atTheEnd.shift()) await next();
}

type Servers = Partial<Record<Side, ServerProcess>>;

async function bench(options: Options): Promise<void> {
  const size = sizeOf(options.people);
  const database = options.embedded
    ? await inProcess(size, say)
    : await onServer(process.env.BENCH_DATABASE_URL || SERVER_URL, size, say);
  atTheEnd.unshift(() => database.leave(options.keep));
  try {
    const gateway = await startGateway(database);
    await prepareOthers(database);
    const servers: Servers = { rollcall: gateway, ...(await startOthers(database, options.embedded)) };
    await withClient(database.clientConfig(), async (client) => {
      const at = await deepPlace(client, servers, size);
      const found: Found[] = [];
      for (const operation of operationsOn(size, at).filter(({ name }) => name.includes(options.only))) {
        found.push(await measure(operation, servers, client, options));
        say(describe(found.at(-1) as Found));
      }
      if (options.only === "") await report(found, size, options, { database, gateway });
    });
  } finally {
    await tidyUp();
  }
}

async function startGateway(database: LoadedDatabase): Promise<ServerProcess> {
  const settings = { PORT: "0", DEMO: "off", LOG_LEVEL: "warn", BOOTSTRAP_TOKEN: TOKEN, POOL_SIZE: String(POOL_SIZE) };
  const gateway = await startServer(
    ["dist/main.js"],
    { ...settings, ...database.environment },
    /answers at \S+:(\d+)\//,
  );
  atTheEnd.unshift(gateway.stop);
  await untilCounting(gateway.port);
  return gateway;
}

/** Waits until what the gateway builds behind its start is there: the metric is absent from gateways that build nothing. */
async function untilCounting(port: number): Promise<void> {
  for (;;) {
    if (!/^rollcall_counting_ready 0$/m.test(await metricsOf(port))) return;
    await setTimeout(250);
  }
}

const metricsOf = async (port: number): Promise<string> =>
  await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();

/** The megabytes that counting in memory takes of the gateway's. */
const countingOf = async (port: number): Promise<number> =>
  Math.round(Number(/^rollcall_counting_bytes (\S+)$/m.exec(await metricsOf(port))?.[1] ?? 0) / 1024 ** 2);

/** What the others are given that the gateway does without: indexes of plain columns, and the roles of a person as a relation. */
async function prepareOthers(database: LoadedDatabase): Promise<void> {
  await withClient(database.clientConfig(), async (client) => {
    for (const statement of PEER_INDEXES) await client.query(statement);
  });
}

async function startOthers(database: LoadedDatabase, embedded: boolean): Promise<Servers> {
  const pool = JSON.stringify({ ...database.clientConfig(), max: embedded ? 1 : POOL_SIZE });
  const limit = await startServer(["bench/reads-endpoint.ts"], { ENDPOINT_DATABASE: pool }, /^port (\d+)$/m);
  atTheEnd.unshift(limit.stop);
  // One session is all that the embedded database has, and the peer needs several.
  if (embedded) return { limit };
  installPeer();
  const peer = await startServer(
    ["bench/peer/server.mjs"],
    { GRAPHILE_ENV: "production", PEER_DATABASE: pool },
    /^port (\d+)$/m,
  );
  atTheEnd.unshift(peer.stop);
  return { limit, peer };
}

/** Its packages are its own, and are not installed with the project's. */
function installPeer(): void {
  const [wanted, found] = ["bench/peer/package-lock.json", "bench/peer/node_modules/.package-lock.json"];
  const versions = (file: string) =>
    Object.entries(JSON.parse(readFileSync(file, "utf8")).packages as Record<string, { version: string }>)
      .filter(([name]) => name !== "")
      .map(([name, { version }]) => `${name}@${version}`)
      .join();
  if (existsSync(found) && versions(found) === versions(wanted)) return;
  say("Installing the peer …");
  execFileSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: "bench/peer", stdio: "inherit" });
}

/** The person in the middle of the listing, or fifty times 10,000 behind its beginning, and each side's cursor of them. */
async function deepPlace(client: pg.Client, { rollcall, peer }: Servers, { people }: Size): Promise<Deep> {
  const pageNumber = Math.min(10_000, Math.floor(people / 100));
  const { rows } = await client.query<{ user_id: string; display_name: string }>(
    `SELECT user_id, display_name FROM user_search WHERE status <> 'DELETED' ORDER BY display_name COLLATE "und-x-icu", user_id OFFSET ${(pageNumber - 1) * 50 - 1} LIMIT 1`,
  );
  const [person] = rows as [{ user_id: string; display_name: string }];
  const place = Number.parseInt(person.user_id.slice(-12), 16);
  const headers = { authorization: `Bearer ${TOKEN}`, accept: "application/json" };
  const own = await ask(
    (rollcall as ServerProcess).port,
    postRequest(
      "/graphql",
      {
        query: "query ($id: ID!) { users(filter: { id: { eq: $id } }) { edges { cursor } } }",
        variables: { id: publicUser(place) },
      },
      headers,
    ),
  );
  const theirs =
    peer &&
    (await ask(
      peer.port,
      postRequest("/graphql", {
        query:
          'query ($id: UUID!) { allUserSearches(filter: { status: { notEqualTo: "DELETED" }, userId: { equalTo: $id } }, orderBy: [DISPLAY_NAME_ASC, USER_ID_ASC]) { edges { cursor } } }',
        variables: { id: person.user_id },
      }),
    ));
  const cursorIn = (answer: unknown): string => /"cursor":"([^"]+)"/.exec(JSON.stringify(answer))?.[1] ?? "";
  return {
    pageNumber,
    rollcall: cursorIn(own),
    peer: theirs ? cursorIn(theirs) : "",
    limit: [person.display_name, person.user_id],
  };
}

/** All answer alike, or nothing is measured; then rounds in turn, each side first in one of them. */
async function measure(operation: Operation, servers: Servers, client: pg.Client, options: Options): Promise<Found> {
  const sides = SIDES.filter((side) => servers[side] && operation.requests[side]);
  await compare(operation, sides, servers);
  const rounds: Partial<Record<Side, Round[]>> = {};
  const alone: Partial<Record<Side, number[]>> = {};
  if (!operation.alone)
    for (const side of sides)
      await run(operation, side, servers, client, { ...options, seconds: Math.min(2, options.seconds) });
  const count = operation.alone ? Math.min(options.rounds, ROUNDS_ALONE) : options.rounds;
  for (let round = 0; round < count; round++) {
    for (const [turn] of sides.entries()) {
      const side = sides[(turn + round) % sides.length] as Side;
      if (operation.alone) {
        const took = await askAlone(
          operation.requests[side] as readonly Buffer[],
          (servers[side] as ServerProcess).port,
        );
        alone[side] = took.map((ms, place) => Math.min(ms, alone[side]?.[place] ?? Number.POSITIVE_INFINITY));
      } else {
        rounds[side] ??= [];
        rounds[side].push(await run(operation, side, servers, client, options));
      }
    }
  }
  return { operation, rounds, alone };
}

async function compare(
  { name, requests, comparable, compared = COMPARED }: Operation,
  sides: readonly Side[],
  servers: Servers,
): Promise<void> {
  const asked = sides.filter((side) => comparable[side]);
  const [first] = asked;
  if (!first) return;
  for (let place = 0; place < Math.min(compared, requests[first]?.length ?? 0); place++) {
    const answers: unknown[] = [];
    for (const side of asked)
      answers.push(
        comparable[side]?.(
          (await ask((servers[side] as ServerProcess).port, requests[side]?.[place] as Buffer)) as never,
        ),
      );
    for (const [other, answer] of answers.entries())
      if (other > 0)
        deepStrictEqual(
          answer,
          answers[0],
          `${name}, request ${place}: ${asked[other]} answers otherwise than ${first}.`,
        );
  }
}

async function run(
  operation: Operation,
  side: Side,
  servers: Servers,
  client: pg.Client,
  { seconds, connections, embedded }: Options,
): Promise<Round> {
  const server = servers[side] as ServerProcess;
  const before = await readUsed(server.pid, client, embedded);
  const measured = await load(server.port, operation.requests[side] as readonly Buffer[], { connections, seconds });
  const after = await readUsed(server.pid, client, embedded);
  const requests = measured.perSecond * seconds;
  const each = (used: number) => (used / requests) * 1e6;
  return {
    ...measured,
    node: each(after.node - before.node),
    postgres: before.postgres === null || after.postgres === null ? null : each(after.postgres - before.postgres),
  };
}

/** Milliseconds of each request by itself. */
async function askAlone(requests: readonly Buffer[], port: number): Promise<number[]> {
  const connection = await Connection.open(port);
  const took: number[] = [];
  try {
    for (const request of requests) {
      const began = performance.now();
      await connection.send(request);
      took.push(performance.now() - began);
    }
  } finally {
    connection.close();
  }
  return took;
}

async function report(
  found: readonly Found[],
  size: Size,
  options: Options,
  { database, gateway }: { database: LoadedDatabase; gateway: ServerProcess },
): Promise<void> {
  const version = await versionOf(database.clientConfig());
  const people = `${size.people.toLocaleString("en")} people`;
  const bench = `Reading, ${people}, ${options.embedded ? "embedded database" : "PostgreSQL"}`;
  const introduction = `${people} in ${size.units.toLocaleString("en")} units with ${size.roles} roles, two and a half grants and three audit events each, in ${options.embedded ? "the embedded database, PostgreSQL" : "PostgreSQL"} ${version}. ${options.connections} keep-alive connections, medians of
${options.rounds} rounds of ${options.seconds} s a side, in turn; ${busyness()} at the end; above four, other work shared the machine. Counts and facets: one connection, each question by itself, the best of
${ROUNDS_ALONE} rounds; req/s and p50 stand for the geometric mean, p99 for the worst. CPU is that of the server's process, and of all of PostgreSQL's. The gateway's resident memory at the end: ${residentOf(gateway.pid)} MB, counting in memory (${await countingOf(gateway.port)} MB) included.`;
  record(options.out, reportOf(bench, people, found, introduction));
  say(`Written to ${options.out}/RESULTS.md and ${options.out}/results.json.`);
}

function residentOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
}

for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => void tidyUp().finally(() => process.exit(1)));
try {
  const options = readOptions();
  if (options.help) process.stdout.write(USAGE);
  else await bench(options);
} catch (error) {
  process.stderr.write(`bench: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
