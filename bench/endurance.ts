/**
 * `npm run bench:endurance`: half an hour of a mixed load at a steady, modest rate. What the gateway's process holds is looked at every minute, after
 * everything was collected that nothing refers to; slopes say whether it leaks, and p99 whether it tires.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { versionOf } from "./database.ts";
import { type Answered, EnduranceLoad } from "./endurance-load.ts";
import { DATABASE_USAGE, type FeedGateway, withGateway } from "./feed-gateway.ts";
import { busyness, machine, sources } from "./machine.ts";
import { givePasswords, hashingOf, PASSWORD } from "./passwords.ts";
import { quantileOf, type Result, record } from "./results.ts";

const USAGE = `npm run bench:endurance -- [--minutes N] [--rate N] [--connections N] [--people N] [--shared] [--out FOLDER]
  --rate         operations a second (50), beside a subscriber that goes and one that comes each second, and a bulk change each minute
  --shared       says in the report that the machine did other things meanwhile
${DATABASE_USAGE}`;
const BENCH = "Endurance";
const MINUTE_MS = 60_000;
/** Until what SIGUSR2 asks for is done. */
const COLLECTING_MS = 1_500;
/** What is under way comes and goes: the least of so many looks is what stays. */
const LOOKS = 10;
const LOOK_MS = 400;
const MIB = 2 ** 20;
/** What is promised: MiB a minute; resources that come to stay, in a minute; how much longer p99 may be at the end than at the beginning. */
const GOALS = { mebibytes: 1, resources: 0.5, p99: 1.5 };

interface Options {
  minutes: number;
  rate: number;
  connections: number;
  people: number;
  out: string;
  shared: boolean;
}

/** What the process holds: MiB, and counts. */
interface Held {
  heap: number;
  resident: number;
  files: number;
  resources: number;
  /** The resources by what they are, as Node calls them. */
  kinds: Readonly<Record<string, number>>;
}

type Minute = Answered & Held;

const say = (line: string) => process.stdout.write(`${line}\n`);

async function held({ port, pid }: FeedGateway): Promise<Held> {
  process.kill(pid, "SIGUSR2");
  await sleep(COLLECTING_MS);
  const looks: Held[] = [];
  for (let each = 0; each < LOOKS; each++) {
    looks.push(await look(port));
    await sleep(LOOK_MS);
  }
  const least = (of: (look: Held) => number) => Math.min(...looks.map(of));
  const names = [...new Set(looks.flatMap(({ kinds }) => Object.keys(kinds)))].sort();
  const kinds = Object.fromEntries(names.map((name) => [name, least(({ kinds }) => kinds[name] ?? 0)]));
  return {
    heap: looks[0]?.heap ?? Number.NaN, // right behind the collection
    resident: least(({ resident }) => resident),
    files: least(({ files }) => files),
    resources: Object.values(kinds).reduce((sum, count) => sum + count, 0),
    kinds,
  };
}

async function look(port: number): Promise<Held> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const figure = (name: string) => Number(new RegExp(`^${name} (\\S+)`, "m").exec(text)?.[1] ?? Number.NaN);
  const kinds = [...text.matchAll(/^nodejs_active_resources\{type="(\w+)"\} (\d+)/gm)];
  return {
    heap: figure("nodejs_heap_size_used_bytes") / MIB + figure("nodejs_external_memory_bytes") / MIB,
    resident: figure("process_resident_memory_bytes") / MIB,
    files: figure("process_open_fds"),
    resources: figure("nodejs_active_resources_total"),
    kinds: Object.fromEntries(kinds.map(([, kind, count]) => [kind, Number(count)])),
  };
}

async function run({ minutes, rate, connections, people }: Options): Promise<{ found: Minute[]; server: string }> {
  const start = {
    args: ["--expose-gc", "--import", new URL("collecting.mjs", import.meta.url).pathname],
    environment: { SIGN_IN_ADDRESS_ATTEMPTS: "1000000" },
  };
  return await withGateway(
    people,
    async (gateway) => {
      const config = gateway.clientConfig();
      const names = await givePasswords(config, await hashingOf(gateway.masterKey).hash(PASSWORD));
      const failure = Promise.withResolvers<never>();
      failure.promise.catch(() => undefined);
      const load = new EnduranceLoad(gateway, names, failure.reject);
      await Promise.race([load.begin(rate, connections), failure.promise]);
      const found: Minute[] = [];
      const began = performance.now();
      for (let minute = 1; minute <= minutes; minute++) {
        await Promise.race([sleep(began + minute * MINUTE_MS - performance.now()), failure.promise]);
        const answered = load.take();
        found.push({ ...answered, ...(await held(gateway)) });
        say(`minute ${minute}: ${lineOf(found.at(-1) as Minute).join(", ")}`);
        load.take(); // What waited while everything was collected says nothing of the gateway.
      }
      await Promise.race([load.stop(), failure.promise]);
      return { found, server: await versionOf(config) };
    },
    start,
  );
}

const p99 = (list: readonly number[]): number => quantileOf(list, 0.99);

/** Answers a second; p99 of reads, changes and sign-ins, ms; told a second; MiB in use and resident; files; resources. */
const lineOf = ({ reads, changes, signIns, told, heap, resident, files, resources }: Minute): string[] => [
  ((reads.length + changes.length + signIns.length) / 60).toFixed(0),
  p99(reads).toFixed(0),
  p99(changes).toFixed(0),
  p99(signIns).toFixed(0),
  (told / 60).toFixed(0),
  heap.toFixed(1),
  resident.toFixed(1),
  String(files),
  String(resources),
];

/** By how much it grows in a minute: the least squares' slope. */
function slopeOf(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const along = values.reduce((sum, value, place) => sum + (place - middle) * (value - mean), 0);
  const across = values.reduce((sum, _, place) => sum + (place - middle) ** 2, 0);
  return across === 0 ? 0 : along / across;
}

interface Judged {
  name: string;
  unit: string;
  value: number;
  goal: number;
}

/** What the goals say of all but the first third, in which caches fill. */
function judged(found: readonly Minute[]): Judged[] {
  const warm = found.slice(Math.floor(found.length / 3));
  const half = Math.floor(warm.length / 2);
  const middle = (minutes: readonly Minute[], of: (minute: Minute) => readonly number[]) =>
    quantileOf(
      minutes.map((minute) => p99(of(minute))),
      0.5,
    );
  const slope = (name: string, unit: string, goal: number, of: (minute: Minute) => number): Judged => ({
    name,
    unit,
    goal,
    value: slopeOf(warm.map(of)),
  });
  const later = (name: string, of: (minute: Minute) => readonly number[]): Judged => ({
    name: `p99 of ${name}, second half by first`,
    unit: "times",
    goal: GOALS.p99,
    value: middle(warm.slice(half), of) / middle(warm.slice(0, half), of),
  });
  return [
    slope("memory in use", "MiB a minute", GOALS.mebibytes, ({ heap }) => heap),
    slope("resident memory", "MiB a minute", GOALS.mebibytes, ({ resident }) => resident),
    slope("open files", "a minute", GOALS.resources, ({ files }) => files),
    slope("active resources", "a minute", GOALS.resources, ({ resources }) => resources),
    later("reads", ({ reads }) => reads),
    later("changes", ({ changes }) => changes),
  ];
}

/** What of the resources comes to stay, if anything does. */
function growing(found: readonly Minute[]): string {
  const warm = found.slice(Math.floor(found.length / 3));
  const names = [...new Set(warm.flatMap(({ kinds }) => Object.keys(kinds)))];
  const slopes = names.map((name) => [name, slopeOf(warm.map(({ kinds }) => kinds[name] ?? 0))] as const);
  const grown = slopes.filter(([, slope]) => slope > 0.05).map(([name, slope]) => `${name} ${slope.toFixed(2)}`);
  return grown.length > 0
    ? `Of the resources grow, by so many a minute: ${grown.join(", ")}.`
    : "No kind of resource grows.";
}

const verdict = ({ value, goal }: Judged): string => (value <= goal ? "held" : "not held");
const rounded = (value: number): number => Math.round(value * 1_000) / 1_000;

function report(found: readonly Minute[], server: string, options: Options): boolean {
  const judgement = judged(found);
  const measuredAt = new Date().toISOString();
  const size = `${options.minutes} minutes, ${options.rate} operations/s, ${options.people.toLocaleString("en")} people`;
  const results: Result[] = judgement.map(({ name, unit, value, goal }) => ({
    bench: BENCH,
    operation: name,
    size,
    unit,
    rollcall: rounded(value),
    peer: null,
    limit: goal,
    vsPeer: null,
    vsLimit: rounded(value / goal),
    measuredAt,
  }));
  const step = Math.max(1, Math.floor(found.length / 10));
  const shown = found.flatMap((minute, at) => (at === 0 || (at + 1) % step === 0 ? [[at + 1, minute] as const] : []));
  const text = `
${measuredAt.slice(0, 10)}, ${sources()}, on ${machine()}, PostgreSQL ${server}; ${busyness()} at the end${options.shared ? ", on a machine shared with other work" : ""}.

${size}: people by id, pages of nested filters, counts, audit events, changes of people, sign-ins and sign-outs; 60 subscribers of events, of saved searches and of filters, of whom one goes and another comes each second; and a bulk
change of about ${Math.round(options.people / 20).toLocaleString("en")} people each minute. Latencies count from when an operation was due. What the process holds is looked at after a collection; of files and resources the least of ${LOOKS} looks counts, since what is under way comes and goes. The first third, in which caches fill, is not judged.

| what | slope or ratio | goal | |
|---|---|---|---|
${judgement.map((one) => `| ${one.name} | ${one.value.toFixed(2)} ${one.unit} | ${one.goal} | ${verdict(one)} |`).join("\n")}

${growing(found)}

| minute | answers/s | reads p99, ms | changes p99, ms | sign-ins p99, ms | told/s | in use, MiB | resident, MiB | open files | active resources |
|---|---|---|---|---|---|---|---|---|---|
${shown.map(([number, minute]) => `| ${number} | ${lineOf(minute).join(" | ")} |`).join("\n")}
`;
  record(options.out, { bench: BENCH, results, text });
  for (const one of judgement)
    say(`${one.name}: ${one.value.toFixed(2)} ${one.unit}, goal ${one.goal}: ${verdict(one)}`);
  say(growing(found));
  say(`Written to ${options.out}/RESULTS.md and ${options.out}/results.json.`);
  return judgement.every(({ value, goal }) => value <= goal);
}

function readOptions(): Options | undefined {
  const { values } = parseArgs({
    options: {
      minutes: { type: "string", default: "30" },
      rate: { type: "string", default: "50" },
      connections: { type: "string", default: "8" },
      people: { type: "string", default: "2000" },
      out: { type: "string", default: "bench" },
      shared: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const { help, out, shared, ...texts } = values;
  for (const [name, text] of Object.entries(texts))
    if (!/^[1-9]\d{0,5}$/.test(text)) throw new Error(`--${name} must be a whole number above zero.`);
  const { minutes, rate, connections, people } = texts;
  return help ? undefined : { minutes: +minutes, rate: +rate, connections: +connections, people: +people, out, shared };
}

try {
  const options = readOptions();
  if (!options) process.stdout.write(USAGE);
  else {
    const { found, server } = await run(options);
    if (!report(found, server, options)) process.exitCode = 1;
  }
} catch (error) {
  process.stderr.write(`bench: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
