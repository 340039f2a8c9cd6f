/**
 * `npm run bench:feed-head`: many commits a second for many minutes. Every commit rewrites the one row of `feed_head`; what that leaves
 * behind there, and what it costs the next one, is looked at every minute.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import pg from "pg";
import { versionOf } from "./database.ts";
import { CAUSE, DATABASE_USAGE, withGateway } from "./feed-gateway.ts";
import { busyness, machine, sources } from "./machine.ts";
import { quantileOf, ratio, record } from "./results.ts";

const USAGE = `npm run bench:feed-head -- [--minutes N] [--rate N] [--clients N] [--people N] [--snapshot] [--shared] [--out FOLDER]
  --snapshot          a transaction of somebody else's keeps its snapshot open from beginning to end, as a backup does: nothing that commits
                      leave behind can be cleaned up meanwhile.
  --shared       says in the report that the machine did other things meanwhile
${DATABASE_USAGE}`;
const BENCH = "The head of the feed";
const MINUTE_MS = 60_000;

/** In the benchmark's own database: times the UPDATE where it happens, its wait for the commit before it included. */
const CLOCK = `
CREATE FUNCTION bench_began() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM set_config('bench.began', extract(epoch FROM clock_timestamp())::text, false); RETURN NULL; END $$;
CREATE FUNCTION bench_ended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM set_config('bench.ms', (1000 * (extract(epoch FROM clock_timestamp()) - current_setting('bench.began')::numeric))::text, false); RETURN NULL; END $$;
CREATE TRIGGER bench_began BEFORE UPDATE ON feed_head FOR EACH STATEMENT EXECUTE FUNCTION bench_began();
CREATE TRIGGER bench_ended AFTER UPDATE ON feed_head FOR EACH STATEMENT EXECUTE FUNCTION bench_ended();
CREATE EXTENSION IF NOT EXISTS pgstattuple;`;

interface Options {
  minutes: number;
  rate: number;
  clients: number;
  people: number;
  snapshot: boolean;
  out: string;
  /** Whether the machine does other things meanwhile; the report says so. */
  shared: boolean;
}

/** One minute of the run. Times are in milliseconds, of the UPDATE and of the whole transaction. */
interface Minute {
  commits: number;
  updates: number[];
  transactions: number[];
  /** At its end. */
  deadRows: number;
  bytes: number;
  hot: number;
}

const say = (line: string) => process.stdout.write(`${line}\n`);

async function run(options: Options): Promise<{ minutes: Minute[]; server: string }> {
  return await withGateway(options.people, async ({ clientConfig }) => {
    const watcher = await connected(clientConfig());
    await watcher.query(CLOCK);
    await watcher.query(`BEGIN; SELECT set_config('rollcall.cause', '${CAUSE}', true);
      INSERT INTO role (id, key, name, created_at, updated_at)
      SELECT gen_random_uuid(), 'bench-' || place, 'Bench', rollcall_now(), rollcall_now() FROM generate_series(0, ${options.clients - 1}) place; COMMIT`);
    const holder = await connected(clientConfig());
    if (options.snapshot) await holder.query("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM feed_head");
    const minutes: Minute[] = [];
    const until = performance.now() + options.minutes * MINUTE_MS;
    let now: Minute = emptyMinute();
    const writers = Array.from({ length: options.clients }, (_, place) =>
      write(clientConfig(), { place, until, options, minute: () => now }),
    );
    const writing = Promise.all(writers);
    const failed = new Promise<never>((_, reject) => writing.catch(reject));
    for (let next = performance.now() + MINUTE_MS; next <= until + 1_000; next += MINUTE_MS) {
      await Promise.race([sleep(next - performance.now()), failed]);
      const ended = now;
      now = emptyMinute();
      Object.assign(ended, await stateOf(watcher));
      minutes.push(ended);
      say(`minute ${minutes.length}: ${lineOf(ended).join(", ")}`);
    }
    await writing;
    const { rows } = await watcher.query("SELECT current_setting('autovacuum') AS autovacuum");
    const server = `${await versionOf(clientConfig())} with autovacuum ${rows[0]?.autovacuum}`;
    for (const client of [watcher, holder]) await client.end();
    return { minutes, server };
  });
}

const emptyMinute = (): Minute => ({ commits: 0, updates: [], transactions: [], deadRows: 0, bytes: 0, hot: 0 });

async function connected(config: pg.ClientConfig): Promise<pg.Client> {
  const client = new pg.Client(config);
  client.on("error", () => undefined);
  await client.connect();
  return client;
}

interface Writer {
  place: number;
  until: number;
  options: Options;
  minute(): Minute;
}

/**
 * Describes a role of its own anew, at its share of the rate: what a commit does beside taking its number is little then, as no row is derived from that,
 * and several hundred a second are left to the head. Commits are later where it cannot keep up.
 */
async function write(config: pg.ClientConfig, { place, until, options, minute }: Writer): Promise<void> {
  // Commits do not wait for the disk, which would bound how many rewrites there are to be seen.
  const client = await connected({ ...config, options: "-c synchronous_commit=off" });
  const everyMs = (options.clients * 1_000) / options.rate;
  let due = performance.now() + (place / options.clients) * everyMs;
  for (let count = 0; performance.now() < until; count++) {
    const wait = due - performance.now();
    if (wait > 0) await sleep(wait);
    due = Math.max(due + everyMs, performance.now() - everyMs);
    const began = performance.now();
    const results = (await client.query(`BEGIN; SELECT set_config('rollcall.cause', '${CAUSE}', true);
      UPDATE role SET description = 'Description ${count}' WHERE key = 'bench-${place}'; COMMIT; SELECT current_setting('bench.ms') AS ms`)) as unknown as pg.QueryResult<{
      ms: string;
    }>[];
    const { commits, ...lists } = minute();
    lists.transactions.push(performance.now() - began);
    lists.updates.push(Number(results.at(-1)?.rows[0]?.ms));
    minute().commits = commits + 1;
  }
  await client.end();
}

async function stateOf(client: pg.Client): Promise<Pick<Minute, "deadRows" | "bytes" | "hot">> {
  const { rows } = await client.query<{ dead: string; bytes: string; hot: string }>(`
    SELECT (pgstattuple('feed_head')).dead_tuple_count AS dead, pg_total_relation_size('feed_head') AS bytes,
      n_tup_hot_upd::numeric / greatest(n_tup_upd, 1) AS hot
    FROM pg_stat_user_tables WHERE relname = 'feed_head'`);
  return { deadRows: Number(rows[0]?.dead), bytes: Number(rows[0]?.bytes), hot: Number(rows[0]?.hot) };
}

/** Commits a second, the UPDATE's p50 and p99, the transaction's p99, dead rows, KiB, share of rewrites that stay on their page. */
const lineOf = ({ commits, updates, transactions, deadRows, bytes, hot }: Minute): string[] => [
  String(Math.round(commits / 60)),
  quantileOf(updates, 0.5).toFixed(2),
  quantileOf(updates, 0.99).toFixed(2),
  quantileOf(transactions, 0.99).toFixed(1),
  deadRows.toLocaleString("en"),
  (bytes / 1024).toLocaleString("en"),
  `${(100 * hot).toFixed(1)} %`,
];

function report({ minutes, server }: Awaited<ReturnType<typeof run>>, options: Options): void {
  const measuredAt = new Date().toISOString();
  const [first, last] = [minutes[0] as Minute, minutes.at(-1) as Minute];
  const p99 = (minute: Minute) => Math.round(quantileOf(minute.updates, 0.99) * 100) / 100;
  const operation = `UPDATE of feed_head, p99 in the last minute${options.snapshot ? ", beside an open snapshot" : ""}`;
  const commits = minutes.reduce((sum, minute) => sum + minute.commits, 0);
  const result = {
    bench: BENCH,
    operation,
    size: `${options.minutes} minutes, ${options.clients} clients, ${options.rate} commits/s wanted`,
    unit: "ms",
    rollcall: p99(last),
    peer: p99(first),
    limit: null,
    vsPeer: ratio(p99(last), p99(first)),
    vsLimit: null,
    commits,
    commitsPerSecond: Math.round(commits / options.minutes / 60),
    deadRowsMost: Math.max(...minutes.map(({ deadRows }) => deadRows)),
    bytesMost: Math.max(...minutes.map(({ bytes }) => bytes)),
    measuredAt,
  };
  const step = Math.max(1, Math.floor(minutes.length / 6));
  const shown = minutes.flatMap((minute, at) => (at === 0 || (at + 1) % step === 0 ? [[at + 1, minute] as const] : []));
  const text = `
${measuredAt.slice(0, 10)}, ${sources()}, on ${machine()}, PostgreSQL ${server}; ${busyness()} at the end${options.shared ? ", on a machine shared with other work" : ""}.

${options.clients} clients describe a role of their own anew in each commit, from which nothing is derived, ${options.rate} a second together where they keep up, ${commits.toLocaleString("en")} in
all, beside a gateway that seals them, without waiting for the disk${options.snapshot ? ", while another transaction keeps its snapshot open" : ""}. The UPDATE's time includes the wait for the commit before it. In \`results.json\` its p99 in the last minute
stands against that of the first.

| minute | commits/s | UPDATE p50, ms | p99, ms | transaction p99, ms | dead rows | KiB with index | rewritten in place |
|---|---|---|---|---|---|---|---|
${shown.map(([number, minute]) => `| ${number} | ${lineOf(minute).join(" | ")} |`).join("\n")}
`;
  record(options.out, {
    bench: options.snapshot ? `${BENCH}, beside an open snapshot` : BENCH,
    results: [result],
    text,
  });
  say(`Written to ${options.out}/RESULTS.md and ${options.out}/results.json.`);
}

function readOptions(): Options | undefined {
  const { values } = parseArgs({
    options: {
      minutes: { type: "string", default: "30" },
      rate: { type: "string", default: "400" },
      clients: { type: "string", default: "8" },
      people: { type: "string", default: "1000" },
      snapshot: { type: "boolean", default: false },
      out: { type: "string", default: "bench" },
      shared: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const { help, snapshot, shared, out, ...texts } = values;
  for (const [name, text] of Object.entries(texts))
    if (!/^[1-9]\d{0,5}$/.test(text)) throw new Error(`--${name} must be a whole number above zero.`);
  const { minutes, rate, clients, people } = texts;
  return help
    ? undefined
    : { minutes: +minutes, rate: +rate, clients: +clients, people: +people, snapshot, out, shared };
}

try {
  const options = readOptions();
  if (options) report(await run(options), options);
  else process.stdout.write(USAGE);
} catch (error) {
  process.stderr.write(`bench: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
