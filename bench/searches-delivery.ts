/**
 * `npm run bench:searches`: how long after a commit those who follow saved searches are told, with many searches saved and some of them subscribed to,
 * at a steady rate of changes: from just before COMMIT to the notification on the socket. And how long they wait when the gateway that matches is killed.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import pg from "pg";
import { userCatalogue } from "../dist/features/users/user.fields.js";
import { newId, publicId } from "../dist/kernel/ids.js";
import { canonical, filterHash } from "../dist/search/normal-form.js";
import { parseFilter } from "../dist/search/parse.js";
import type { FilterInput } from "../dist/search/print.js";
import { settle } from "./database.ts";
import { DEPARTMENTS, LOCATIONS, ROLES } from "./directory.ts";
import { CAUSE, DATABASE_USAGE, type FeedGateway, withGateway } from "./feed-gateway.ts";
import { busyness, machine, sources } from "./machine.ts";
import { quantileOf, record } from "./results.ts";
import { seeded } from "./searches.ts";
import { takeOvers } from "./searches-taking-over.ts";

const USAGE = `npm run bench:searches -- [--people N] [--searches N] [--subscribed N] [--rate N] [--seconds N] [--kills N] [--out FOLDER]
  --searches    saved (100,000), --subscribed of them on a socket each (1,000), at --rate changes a second (100)
  --kills       how often the gateway that matches is killed then, and another takes over (3)
${DATABASE_USAGE}`;
const BENCH = "Notifications of saved searches";
const PER_STATEMENT = 5_000;
const REST_MS = 300_000;
/** Connections that write in turn, so that the rate is not bounded by what one waits for its commits. */
const WRITERS = 8;

const random = seeded(7);
const one = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
const say = (line: string) => process.stdout.write(`${line}\n`);
const count = (value: number) => Math.round(value).toLocaleString("en");

/** What others ask: 2 to 6 criteria, the department of everybody who is changed among them. */
const CRITERIA: readonly (() => FilterInput)[] = [
  () => ({ location: { in: [one(LOCATIONS), one(LOCATIONS)] } }),
  () => ({ roles: { any: [one(ROLES)] } }),
  () => ({ mfaEnrolled: { eq: random() < 0.5 } }),
  () => ({ status: { in: ["ACTIVE", "LOCKED"] } }),
  () => ({ hiredOn: { [random() < 0.5 ? "gte" : "lte"]: `20${10 + Math.floor(random() * 14)}-01-01` } }),
  () => ({ displayName: { contains: `Given${Math.floor(random() * 200)} ` } }),
  () => ({ employeeNumber: { startsWith: `E${Math.floor(random() * 1_000)}` } }),
  () => ({ costCenter: { eq: `cc-x${Math.floor(random() * 1_000)}` } }),
];

function others(): FilterInput {
  const wanted = 1 + Math.floor(random() * 5);
  const taken = new Set([one(CRITERIA.slice(5))]);
  while (taken.size < wanted) taken.add(one(CRITERIA));
  return { and: [{ department: { eq: one(DEPARTMENTS) } }, ...[...taken].map((criterion) => criterion())] };
}

/** What the subscribed ask: everybody who is put to one cost centre. */
const followed = (number: number): FilterInput => ({
  and: [{ costCenter: { eq: `cc-${number}` } }, { status: { in: ["ACTIVE", "LOCKED", "INACTIVE", "SUSPENDED"] } }],
});

/** Saves the searches in one transaction; gives the ids of those that are followed. */
async function save(client: pg.Client, searches: number, subscribed: number): Promise<string[]> {
  const ids: string[] = [];
  await client.query("BEGIN");
  await client.query("SELECT set_config('rollcall.cause', $1, true)", [CAUSE]);
  for (let from = 0; from < searches; from += PER_STATEMENT) {
    const rows = Array.from({ length: Math.min(PER_STATEMENT, searches - from) }, (_, place) => {
      const filter = parseFilter(from + place < subscribed ? followed(from + place) : others(), {
        catalogue: userCatalogue,
      });
      const id = newId();
      if (from + place < subscribed) ids.push(publicId("SavedSearch", id));
      return { id, filter: canonical(filter, userCatalogue), hash: filterHash(filter, userCatalogue) };
    });
    await client.query(
      `INSERT INTO saved_search (id, name, token_id, visibility, filter, filter_hash, created_at, updated_at)
      SELECT (r->>'id')::uuid, 'search', (SELECT id FROM service_token ORDER BY created_at LIMIT 1), 'SHARED', r->'filter', r->>'hash', now(), now()
      FROM jsonb_array_elements($1::jsonb) r`,
      [JSON.stringify(rows)],
    );
  }
  await client.query("COMMIT");
  return ids;
}

interface Found {
  made: number;
  transitions: number;
  p50: number;
  p99: number;
  /** Seconds from each kill of the gateway that matched to the notification of what was committed right behind it. */
  takeOvers: number[];
}

type Size = Record<"people" | "searches" | "subscribed" | "rate" | "seconds" | "kills", number>;

/** Changes one person after another, at the rate wanted, each so that they join one of the searches that are followed. Gives changes a second. */
async function change({ clientConfig, directory }: FeedGateway, changes: number, size: Size): Promise<number> {
  const clients = await Promise.all(
    Array.from({ length: WRITERS }, async () => {
      const client = new pg.Client(clientConfig());
      await client.connect();
      return client;
    }),
  );
  const began = performance.now();
  let next = 0;
  const write = async (client: pg.Client) => {
    for (let at = next++; at < changes; at = next++) {
      const wait = began + (at / size.rate) * 1_000 - performance.now();
      if (wait > 0) await sleep(wait);
      await client.query(`BEGIN; SELECT set_config('rollcall.cause', '${CAUSE}', true)`);
      const now = performance.timeOrigin + performance.now();
      await client.query(
        `UPDATE user_account SET title = '${now}', cost_center = 'cc-${at % size.subscribed}', department = '${one(DEPARTMENTS)}' WHERE id = '${directory.userIds[at]}'; COMMIT`,
      );
    }
  };
  await Promise.all(clients.map(write));
  const made = (changes * 1_000) / (performance.now() - began);
  await Promise.all(clients.map((client) => client.end()));
  return made;
}

/** Tells the subscribers of so many changes; gives what was made a second, and how long after their commits they came, in milliseconds. */
async function told(gateway: FeedGateway, file: string, changes: number, size: Size) {
  const listeners = spawn(
    process.execPath,
    ["bench/searches-listeners.ts", String(gateway.port), gateway.token, file],
    { stdio: ["pipe", "pipe", "inherit"] },
  );
  try {
    const lines = createInterface({ input: listeners.stdout })[Symbol.asyncIterator]();
    if ((await lines.next()).value !== "ready") throw new Error("The subscribers could not subscribe.");
    const made = await change(gateway, changes, size);
    listeners.stdin.write(`${changes}\n`);
    const line = await Promise.race([lines.next(), sleep(REST_MS, undefined, { ref: false })]);
    if (!line?.value) throw new Error("Not all notifications have arrived.");
    const latencies: number[] = JSON.parse(line.value);
    if (latencies.length !== changes) throw new Error(`${latencies.length} notifications in the place of ${changes}.`);
    return { made, latencies };
  } finally {
    listeners.kill();
  }
}

async function measure(gateway: FeedGateway, size: Size): Promise<Found> {
  const client = new pg.Client(gateway.clientConfig());
  await client.connect();
  const folder = mkdtempSync(join(tmpdir(), "rollcall-bench-"));
  const file = join(folder, "ids.json");
  try {
    const ids = await save(client, size.searches, size.subscribed);
    writeFileSync(file, JSON.stringify(ids));
    say(`${count(size.searches)} searches are saved; waiting until they are matched …`);
    await settle(gateway.clientConfig());
    const transitions = async () =>
      Number((await client.query("SELECT count(*) FROM search_transition")).rows[0].count);
    const before = await transitions();
    const changes = Math.min(size.rate * size.seconds, gateway.directory.userIds.length - size.kills);
    say(`Changing ${count(changes)} people …`);
    const { made, latencies } = await told(gateway, file, changes, size);
    await settle(gateway.clientConfig());
    const found = ((await transitions()) - before) / changes;
    say("Killing whoever matches …");
    const people = gateway.directory.userIds.slice(changes);
    const kills = await takeOvers(gateway, client, {
      search: ids[0] as string,
      costCenter: "cc-0",
      people,
      rounds: size.kills,
    });
    return {
      made,
      transitions: found,
      p50: quantileOf(latencies, 0.5),
      p99: quantileOf(latencies, 0.99),
      takeOvers: kills,
    };
  } finally {
    await client.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

const { values } = parseArgs({
  options: {
    people: { type: "string", default: "10000" },
    searches: { type: "string", default: "100000" },
    subscribed: { type: "string", default: "1000" },
    rate: { type: "string", default: "100" },
    seconds: { type: "string", default: "30" },
    kills: { type: "string", default: "3" },
    out: { type: "string", default: "bench" },
    help: { type: "boolean", default: false },
  },
});

function report(found: Found, { people, searches, subscribed, rate, seconds, kills }: Size, out: string): void {
  const measuredAt = new Date().toISOString();
  const size = `${count(searches)} searches, ${count(subscribed)} subscribed, ${rate} changes/s`;
  const line = { bench: BENCH, size, unit: "ms", peer: null, limit: null, vsPeer: null, vsLimit: null, measuredAt };
  const middle = quantileOf(found.takeOvers, 0.5);
  const text = `
${measuredAt.slice(0, 10)}, ${sources()}, on ${machine()}; ${busyness()} at the end.

${count(people)} people, ${count(searches)} saved searches, ${count(subscribed)} of them subscribed to on a socket each, ${rate} changes a second wanted for ${seconds} s over ${WRITERS} connections, each a
commit about one person. From just before COMMIT to the notification on the socket; PostgreSQL, the gateway, the writers and the subscribers share the machine.

| changes/s made | transitions a change | p50, ms | p99, ms |
|---|---|---|---|
| ${found.made.toFixed(0)} | ${found.transitions.toFixed(1)} | ${found.p50.toFixed(1)} | ${found.p99.toFixed(1)} |

The gateway that matches is killed (SIGKILL) ${kills} times, beside another one: what is committed right then comes to a subscriber of the other ${middle.toFixed(1)} s after
the kill in the median, ${Math.max(...found.takeOvers).toFixed(1)} s at the longest.
`;
  const results = [
    { ...line, operation: "p50", rollcall: Math.round(found.p50 * 10) / 10 },
    { ...line, operation: "p99", rollcall: Math.round(found.p99 * 10) / 10 },
    { ...line, operation: "taking over", rollcall: Math.round(middle * 1_000) },
  ];
  record(out, { bench: BENCH, results, text });
  say(`${text}\nWritten to ${out}/RESULTS.md and ${out}/results.json.`);
}

if (values.help) process.stdout.write(USAGE);
else {
  const { help: _, out, ...numbers } = values;
  const size = Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, Number(value)])) as Size;
  for (const [name, value] of Object.entries(size))
    if (!(value > 0)) throw new Error(`--${name} must be a number above zero.`);
  report(await withGateway(size.people, (gateway) => measure(gateway, size)), size, out);
}
