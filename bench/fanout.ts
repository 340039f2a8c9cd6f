/**
 * `npm run bench:fanout`: how often a second subscribers of one event are told of it, all of them under ids of their own, beside the limit: `ws`
 * writing a ready frame of the same length to as many sockets. Sides take turns; the subscribers of both are in processes of their own.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import pg from "pg";
import { CAUSE, DATABASE_USAGE, type FeedGateway, withGateway } from "./feed-gateway.ts";
import { busyness, machine, sources } from "./machine.ts";
import { quantileOf, type Result, ratio, record } from "./results.ts";

const USAGE = `npm run bench:fanout -- [--subscribers N,N] [--events N] [--rounds N] [--out FOLDER]
  --subscribers  of every event (5000,10000); both sides need as many open files and a few more (ulimit -n)
  --events       of one commit, told to all in turn (50)
${DATABASE_USAGE}`;
const BENCH = "Fan-out";
const REST_MS = 120_000;

interface Told {
  events: number;
  bytes: number;
}

/** A process that is told things and says things, a line each. */
class Partner {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #program: string;

  constructor(args: readonly string[]) {
    this.#program = args[0] ?? "";
    this.#child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
    this.#lines = createInterface({ input: this.#child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  }

  tell(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  async hear(): Promise<string> {
    const line = await Promise.race([this.#lines.next(), sleep(REST_MS, undefined, { ref: false })]);
    if (line?.value) return line.value;
    const { exitCode, signalCode } = this.#child;
    throw new Error(`${this.#program} says nothing${line ? `, and has ended (${exitCode ?? signalCode})` : ""}.`);
  }

  end(): void {
    this.#child.kill();
  }
}

interface Found {
  subscribers: number;
  bytes: number;
  rollcall: number;
  limit: number;
  ratios: number[];
}

const say = (line: string) => process.stdout.write(`${line}\n`);
const count = (value: number) => Math.round(value).toLocaleString("en");

/** One commit that changes so many people; every subscriber is told of each. */
async function commit({ clientConfig, directory }: FeedGateway, events: number): Promise<void> {
  const client = new pg.Client(clientConfig());
  await client.connect();
  await client.query(`BEGIN; SELECT set_config('rollcall.cause', '${CAUSE}', true)`);
  const ids = directory.userIds.slice(0, events);
  await client.query("UPDATE user_account SET title = gen_random_uuid()::text WHERE id = ANY($1)", [ids]);
  await client.query("COMMIT");
  await client.end();
}

async function listen(port: number, subscribers: number, token: string, partners: Partner[]): Promise<Partner> {
  const listeners = new Partner(["bench/fanout-listeners.ts", String(port), String(subscribers), token]);
  partners.push(listeners);
  if ((await listeners.hear()) !== "ready") throw new Error("The subscribers could not subscribe.");
  return listeners;
}

/** Deliveries a second, from before the event until the last subscriber has it. */
async function time(
  listeners: Partner,
  events: number,
  send: () => Promise<void> | void,
): Promise<Told & { rate: number }> {
  listeners.tell(String(events));
  const began = performance.now();
  await send();
  const told: Told = JSON.parse(await listeners.hear());
  return { ...told, rate: (told.events * 1_000) / (performance.now() - began) };
}

async function measure(gateway: FeedGateway, subscribers: number, events: number, rounds: number): Promise<Found> {
  const limit = new Partner(["bench/fanout-limit.ts"]);
  const partners = [limit];
  const runs: { rollcall: number; limit: number; bytes: number }[] = [];
  try {
    const port = Number((await limit.hear()).split(" ")[1]);
    const ours = await listen(gateway.port, subscribers, gateway.token, partners);
    const theirs = await listen(port, subscribers, "", partners);
    for (let round = 0; round <= rounds; round++) {
      const one = await time(ours, events, () => commit(gateway, events));
      const other = await time(theirs, events, () => limit.tell(`${events} ${one.bytes}`));
      if (round > 0) runs.push({ rollcall: one.rate, limit: other.rate, bytes: one.bytes });
    }
  } finally {
    for (const partner of partners) partner.end();
  }
  const middle = (values: number[]) => quantileOf(values, 0.5);
  return {
    subscribers,
    bytes: (runs[0] as (typeof runs)[number]).bytes,
    rollcall: middle(runs.map((run) => run.rollcall)),
    limit: middle(runs.map((run) => run.limit)),
    ratios: runs.map((run) => ratio(run.rollcall, run.limit)),
  };
}

function report(found: readonly Found[], events: number, rounds: number, out: string): void {
  const measuredAt = new Date().toISOString();
  const results: Result[] = found.map(({ subscribers, rollcall, limit }) => ({
    bench: BENCH,
    operation: "deliveries",
    size: `${count(subscribers)} subscribers`,
    unit: "deliveries/s",
    rollcall: Math.round(rollcall),
    peer: null,
    limit: Math.round(limit),
    vsPeer: null,
    vsLimit: ratio(rollcall, limit),
    measuredAt,
  }));
  const line = ({ subscribers, bytes, rollcall, limit, ratios }: Found) =>
    `| ${count(subscribers)} | ${bytes} | ${count(rollcall)} | ${count(limit)} | ${ratio(rollcall, limit)} | ${Math.min(...ratios)} to ${Math.max(...ratios)} |`;
  const text = `
${measuredAt.slice(0, 10)}, ${sources()}, on ${machine()}; ${busyness()} at the end.

One commit of ${events} events, each told to all subscribers of one gateway under ids of their own; from before the commit until the last has the last event, so that reading, rights, matching
and carrying out are in it. The limit: \`ws\` writes one ready frame of the same length to as many sockets. Medians of ${rounds} rounds in turn, after one to warm up. Subscribers are processes of their own.

| subscribers | bytes a message | deliveries/s | limit | ratio | by round |
|---|---|---|---|---|---|
${found.map(line).join("\n")}
`;
  record(out, { bench: BENCH, results, text });
  say(`Written to ${out}/RESULTS.md and ${out}/results.json.`);
}

const { values } = parseArgs({
  options: {
    subscribers: { type: "string", default: "5000,10000" },
    events: { type: "string", default: "50" },
    rounds: { type: "string", default: "5" },
    out: { type: "string", default: "bench" },
    help: { type: "boolean", default: false },
  },
});
if (values.help) process.stdout.write(USAGE);
else {
  const [events, rounds] = [Number(values.events), Number(values.rounds)];
  const found = await withGateway(1_000, async (gateway) => {
    const all: Found[] = [];
    for (const subscribers of values.subscribers.split(",").map(Number)) {
      const one = await measure(gateway, subscribers, events, rounds);
      all.push(one);
      say(
        `${count(subscribers)} subscribers: ${count(one.rollcall)} deliveries/s, limit ${count(one.limit)}: ${ratio(one.rollcall, one.limit)}`,
      );
    }
    return all;
  });
  report(found, events, rounds, values.out);
}
