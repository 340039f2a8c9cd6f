/**
 * `npm run bench:searches`: how long after a commit those who follow saved searches are told, with many searches saved and some of them subscribed to,
 * at a steady rate of changes: from just before COMMIT to the notification on the socket.
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

const USAGE = `npm run bench:searches -- [--people N] [--searches N] [--subscribed N] [--rate N] [--seconds N] [--out FOLDER]
  --searches    saved (100,000), --subscribed of them on a socket each (1,000), at --rate changes a second (100)
${DATABASE_USAGE}`;
const BENCH = "Notifications of saved searches";
const PER_STATEMENT = 5_000;
const REST_MS = 300_000;

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
}

/** Changes one person after another; each joins one of the searches that are followed. */
async function measure(
  { port, token, directory, clientConfig }: FeedGateway,
  { searches, subscribed, rate, seconds }: { searches: number; subscribed: number; rate: number; seconds: number },
): Promise<Found> {
  const client = new pg.Client(clientConfig());
  await client.connect();
  const folder = mkdtempSync(join(tmpdir(), "rollcall-bench-"));
  const file = join(folder, "ids.json");
  writeFileSync(file, JSON.stringify(await save(client, searches, subscribed)));
  say(`${count(searches)} searches are saved; waiting until they are matched …`);
  await settle(clientConfig());
  const listeners = spawn(process.execPath, ["bench/searches-listeners.ts", String(port), token, file], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  try {
    const lines = createInterface({ input: listeners.stdout })[Symbol.asyncIterator]();
    if ((await lines.next()).value !== "ready") throw new Error("The subscribers could not subscribe.");
    const transitions = async () =>
      Number((await client.query("SELECT count(*) FROM search_transition")).rows[0].count);
    const before = await transitions();
    const began = performance.now();
    const changes = Math.min(rate * seconds, directory.userIds.length);
    for (let change = 0; change < changes; change++) {
      const wait = began + (change / rate) * 1_000 - performance.now();
      if (wait > 0) await sleep(wait);
      await client.query(`BEGIN; SELECT set_config('rollcall.cause', '${CAUSE}', true)`);
      const now = performance.timeOrigin + performance.now();
      await client.query(
        `UPDATE user_account SET title = '${now}', cost_center = 'cc-${change % subscribed}', department = '${one(DEPARTMENTS)}' WHERE id = '${directory.userIds[change]}'; COMMIT`,
      );
    }
    const made = (changes * 1_000) / (performance.now() - began);
    listeners.stdin.write(`${changes}\n`);
    const line = await Promise.race([lines.next(), sleep(REST_MS, undefined, { ref: false })]);
    if (!line?.value) throw new Error("Not all notifications have arrived.");
    const latencies: number[] = JSON.parse(line.value);
    if (latencies.length !== changes) throw new Error(`${latencies.length} notifications in the place of ${changes}.`);
    await settle(clientConfig());
    const found = ((await transitions()) - before) / changes;
    return { made, transitions: found, p50: quantileOf(latencies, 0.5), p99: quantileOf(latencies, 0.99) };
  } finally {
    listeners.kill();
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
    out: { type: "string", default: "bench" },
    help: { type: "boolean", default: false },
  },
});
if (values.help) process.stdout.write(USAGE);
else {
  const [people, searches, subscribed, rate, seconds] = (
    ["people", "searches", "subscribed", "rate", "seconds"] as const
  ).map((name) => Number(values[name])) as [number, number, number, number, number];
  const found = await withGateway(people, (gateway) => measure(gateway, { searches, subscribed, rate, seconds }));
  say(
    `p50 ${found.p50.toFixed(1)} ms, p99 ${found.p99.toFixed(1)} ms at ${found.made.toFixed(0)} changes/s, ${found.transitions.toFixed(1)} transitions a change`,
  );
  const measuredAt = new Date().toISOString();
  const size = `${count(searches)} searches, ${count(subscribed)} subscribed, ${rate} changes/s`;
  const line = { bench: BENCH, size, unit: "ms", peer: null, limit: null, vsPeer: null, vsLimit: null, measuredAt };
  const text = `
${measuredAt.slice(0, 10)}, ${sources()}, on ${machine()}; ${busyness()} at the end.

${count(people)} people, ${count(searches)} saved searches, ${count(subscribed)} of them subscribed to on a socket each, ${rate} changes a second wanted for ${seconds} s, each a commit about one person.
From just before COMMIT to the notification on the socket; PostgreSQL, the gateway, the writer and the subscribers share the machine.

| changes/s made | transitions a change | p50, ms | p99, ms |
|---|---|---|---|
| ${found.made.toFixed(0)} | ${found.transitions.toFixed(1)} | ${found.p50.toFixed(1)} | ${found.p99.toFixed(1)} |
`;
  const results = (["p50", "p99"] as const).map((operation) => ({
    ...line,
    operation,
    rollcall: Math.round(found[operation] * 10) / 10,
  }));
  record(values.out, { bench: BENCH, results, text });
  say(`Written to ${values.out}/RESULTS.md and ${values.out}/results.json.`);
}
