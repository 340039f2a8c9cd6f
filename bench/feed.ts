/**
 * `npm run bench:feed`: what the log costs those who write, and how soon those who follow it are told: from the commit to subscribers'
 * sockets, the sealer behind a large commit, the price of the order of commits, and that of capture.
 */
import { parseArgs } from "node:util";
import { versionOf } from "./database.ts";
import { type Captured, measureCapture } from "./feed-capture.ts";
import { type Committed, measureCommits } from "./feed-commits.ts";
import { type Delivered, measureDelivery } from "./feed-delivery.ts";
import { DATABASE_USAGE, withGateway } from "./feed-gateway.ts";
import { measureSealing, type Sealed } from "./feed-sealing.ts";
import { busyness, machine, sources } from "./machine.ts";
import { type Result, ratio, record } from "./results.ts";

const USAGE = `npm run bench:feed -- [--people N] [--rows N] [--subscribers N] [--rate N] [--clients N] [--seconds N] [--rounds N] [--shared] [--out FOLDER]
  --people       in the directory (10,000)
  --rows         that one commit writes, to be sealed, and one UPDATE changes, to be captured (100,000)
  --subscribers  who are told of every commit (1,000), at so many commits a second as --rate says (100)
  --clients      that commit at the same time, compared with one (16)
  --shared       says in the report that the machine did other things meanwhile
${DATABASE_USAGE}`;
const BENCH = "The feed";
/** Also measured, so that one sees what the number of deliveries does. */
const FEW = 10;

interface Options {
  people: number;
  rows: number;
  subscribers: number;
  rate: number;
  clients: number;
  seconds: number;
  rounds: number;
  out: string;
  /** Whether the machine does other things meanwhile; the report says so. */
  shared: boolean;
}

interface Found {
  delivered: Delivered[];
  sealed: Sealed;
  committed: Committed[];
  captured: Captured;
  server: string;
}

const say = (line: string) => process.stdout.write(`${line}\n`);
const count = (value: number) => Math.round(value).toLocaleString("en");

async function measure({ people, rows, subscribers, rate, clients, seconds, rounds }: Options): Promise<Found> {
  say(`Writing ${count(people)} people, and waiting until whoever follows the log has read it …`);
  return await withGateway(people, async (gateway) => {
    const delivered: Delivered[] = [];
    const few = Math.ceil(subscribers / FEW);
    for (const [many, who] of [
      [few, "one machine"],
      [subscribers, "one machine"],
      [subscribers, "as many people"],
    ] as const) {
      const one = await measureDelivery(gateway, { subscribers: many, who, rate, seconds });
      say(
        `${count(many)} subscribers, ${who}: p50 ${one.p50.toFixed(1)} ms, p99 ${one.p99.toFixed(1)} ms, ${count(one.deliveries)} deliveries/s`,
      );
      delivered.push(one);
    }
    const sealed = await measureSealing(gateway, rows);
    say(
      `sealing: ${count(sealed.perSecond)} events/s, done ${sealed.lagSeconds.toFixed(1)} s after a commit of ${count(sealed.events)}`,
    );
    await gateway.stop();
    const committed: Committed[] = [];
    for (const many of [1, clients]) {
      const one = await measureCommits(gateway, { clients: many, seconds, rounds });
      say(`${many} clients: ${count(one.numbered)} commits/s, ${count(one.unnumbered)} without numbers`);
      committed.push(one);
    }
    const captured = await measureCapture(gateway, { rounds });
    say(
      `UPDATE of ${count(captured.rows)} rows: ${captured.captured.toFixed(2)} s, ${captured.bare.toFixed(2)} s without triggers`,
    );
    return { delivered, sealed, committed, captured, server: await versionOf(gateway.clientConfig()) };
  });
}

function resultsOf({ delivered, sealed, committed, captured }: Found): Result[] {
  const measuredAt = new Date().toISOString();
  const row = (
    operation: string,
    size: string,
    unit: string,
    rollcall: number,
    limit: number | null = null,
  ): Result => ({
    bench: BENCH,
    operation,
    size,
    unit,
    rollcall: Math.round(rollcall * 100) / 100,
    peer: null,
    limit: limit === null ? null : Math.round(limit * 100) / 100,
    vsPeer: null,
    vsLimit: limit === null ? null : ratio(rollcall, limit),
    measuredAt,
  });
  const rows = `${count(captured.rows)} rows`;
  return [
    ...delivered.flatMap(({ subscribers, who, wanted, p50, p99 }) => {
      const people = who === "as many people" ? ` who are ${who}` : "";
      const size = `${count(subscribers)} subscribers${people}, ${count(wanted)} commits/s wanted`;
      return [
        row("commit to subscriber's socket, p50", size, "ms", p50),
        row("commit to subscriber's socket, p99", size, "ms", p99),
      ];
    }),
    row("sealing", `${count(sealed.events)} rows in one commit`, "events/s", sealed.perSecond),
    row("sealer's lag", `${count(sealed.events)} rows in one commit`, "s", sealed.lagSeconds),
    ...committed.map(({ clients, numbered, unnumbered }) =>
      row("commits in order", `${clients} ${clients === 1 ? "client" : "clients"}`, "commits/s", numbered, unnumbered),
    ),
    row("bulk UPDATE with capture", rows, "rows/s", captured.rows / captured.captured, captured.rows / captured.bare),
  ];
}

function textOf(found: Found, options: Options): string {
  const { delivered, sealed, committed, captured, server } = found;
  const { people, seconds, rounds } = options;
  return `
${new Date().toISOString().slice(0, 10)}, ${sources()}, on ${machine()}, PostgreSQL ${server}; ${busyness()} at the end${options.shared ? ", on a machine shared with other work" : ""}.

${count(people)} people. Every commit changes the title of one person, and every subscriber may see everybody; all subscribe to the same, in one process, and the
times are from just before COMMIT to their socket, over ${seconds} s, the commit's own flush to the disk included. They are one machine with one token, or as many people, each with a token, who may do the same.

| subscribers | who they are | commits/s, wanted | made | deliveries/s | p50, ms | p99, ms |
|---|---|---|---|---|---|---|
${delivered.map((one) => `| ${count(one.subscribers)} | ${one.who} | ${count(one.wanted)} | ${count(one.made)} | ${count(one.deliveries)} | ${one.p50.toFixed(1)} | ${one.p99.toFixed(1)} |`).join("\n")}

One commit of ${count(sealed.events)} telephone numbers is sealed at ${count(sealed.perSecond)} events a second; the last event is sealed ${sealed.lagSeconds.toFixed(1)} s after the commit.

Commits a second, medians of ${rounds} rounds of ${seconds} s in turn. Without numbers, commits do not wait for each other, nobody is woken, and nobody could follow.

| clients | in order | without numbers | ratio |
|---|---|---|---|
${committed.map(({ clients, numbered, unnumbered }) => `| ${clients} | ${count(numbered)} | ${count(unnumbered)} | ${ratio(numbered, unnumbered).toFixed(2)} |`).join("\n")}

An UPDATE of ${count(captured.rows)} rows of \`user_phone\` takes ${captured.captured.toFixed(2)} s with capture and ${captured.bare.toFixed(2)} s with the table's triggers off: ${ratio(captured.captured, captured.bare).toFixed(2)} times as long, medians of
${rounds} rounds in turn. Its commit then looks for search rows that it concerns in ${captured.concluded.toFixed(2)} s.
`;
}

function readOptions(): Options | undefined {
  const { values } = parseArgs({
    options: {
      people: { type: "string", default: "10000" },
      rows: { type: "string", default: "100000" },
      subscribers: { type: "string", default: "1000" },
      rate: { type: "string", default: "100" },
      clients: { type: "string", default: "16" },
      seconds: { type: "string", default: "10" },
      rounds: { type: "string", default: "5" },
      out: { type: "string", default: "bench" },
      shared: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const { help, out, shared, ...texts } = values;
  for (const [name, text] of Object.entries(texts))
    if (!/^[1-9]\d{0,6}$/.test(text)) throw new Error(`--${name} must be a whole number above zero.`);
  const { people, rows, subscribers, rate, clients, seconds, rounds } = texts;
  const numbers = { people: +people, rows: +rows, subscribers: +subscribers, rate: +rate, clients: +clients };
  return help ? undefined : { ...numbers, seconds: +seconds, rounds: +rounds, out, shared };
}

try {
  const options = readOptions();
  if (!options) process.stdout.write(USAGE);
  else {
    const found = await measure(options);
    record(options.out, { bench: BENCH, results: resultsOf(found), text: textOf(found, options) });
    say(`Written to ${options.out}/RESULTS.md and ${options.out}/results.json.`);
  }
} catch (error) {
  process.stderr.write(`bench: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
