/**
 * `npm run bench:matching`: the predicate index against evaluating every saved search as a compiled closure, on the same searches and changes in one
 * run. Rounds alternate, so that whatever else the machine does falls on both, and their answers are compared first. What is told is processor time.
 */
import { parseArgs } from "node:util";
import { userCatalogue } from "../dist/features/users/user.fields.js";
import { publicId } from "../dist/kernel/ids.js";
import { canonical } from "../dist/search/normal-form.js";
import { parseFilter } from "../dist/search/parse.js";
import { PredicateIndex } from "../dist/search/predicate-index.js";
import { compile } from "../dist/search/to-predicate.js";
import { busyness, machine, sources } from "./machine.ts";
import { quantileOf, ratio, record } from "./results.ts";
import { dayOf, type Mix, NOW, namedBy, Organisation, type Person, searchAbout } from "./searches.ts";

const USAGE = `npm run bench:matching -- [--searches N] [--changes N] [--rounds N] [--out FOLDER]
  Measures N saved searches, and a tenth as many in an organisation so small that about as many begin or cease to hold at a change.
`;
const MIXES: readonly Mix[] = ["values", "values, ranges, substrings and ages"];
const PEOPLE = 2_000;
const SAMPLE = 200;
/** Closures take so much longer that fewer changes give as good a figure. */
const CHANGES_PER_EVALUATED = 40;
const BENCH = "Matching saved searches";
const at = { now: NOW, today: dayOf(NOW.getTime()) };

interface Size {
  searches: number;
  crowding: number;
}

/** With these, a change concerns about as many of a tenth of the searches as of all of them. */
const CROWDING = { tenth: 2, whole: 1 } as const;

interface Change {
  before: Person;
  after: Person;
  at: typeof at;
}

/** An organisation's searches in an index and as closures, and what happens in it. */
interface Subject {
  searches: number;
  index: PredicateIndex<number>;
  holds: readonly ReturnType<typeof compile>[];
  changes: readonly Change[];
  evaluated: readonly Change[];
  added: readonly number[];
  built: number;
  megabytes: number;
}

interface Found {
  mix: Mix;
  searches: number;
  transitions: number;
  /** Microseconds of processor time a change: the median of all rounds, and the quietest of them. */
  index: number;
  quietest: number;
  closures: number;
  /** Microseconds by the clock, a change by itself. */
  p50: number;
  p99: number;
  addP50: number;
  addP99: number;
  buildSeconds: number;
  megabytes: number;
}

const say = (line: string) => process.stdout.write(`${line}\n`);

const medianOf = (values: readonly number[]): number => quantileOf(values, 0.5);

/** As much memory as is reachable, on the heap and beside it; exact only where the garbage can be collected. */
function megabytes(): number {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / 2 ** 20;
}

/** Microseconds that this thread has worked: unlike the clock, it leaves out what others did on the machine meanwhile. */
function worked(): number {
  const { user, system } = process.threadCpuUsage();
  return user + system;
}

function prepare(mix: Mix, { searches, crowding }: Size, changes: number): Subject {
  const organisation = new Organisation(searches, crowding);
  const people = Array.from({ length: PEOPLE }, (_, n) => organisation.person(n));
  const filters = Array.from({ length: searches }, () =>
    canonical(
      parseFilter(searchAbout(organisation.one(people), organisation, mix), { catalogue: userCatalogue }),
      userCatalogue,
    ),
  );
  const before = megabytes();
  const began = worked();
  const index = new PredicateIndex<number>(userCatalogue, people.slice(0, SAMPLE));
  const added = filters.map((filter, key) => clocked(() => index.add(key, filter)));
  const built = worked() - began;
  const after = megabytes();
  const copied = (person: Person): Person => JSON.parse(JSON.stringify(person));
  const all: Change[] = Array.from({ length: changes }, () => {
    const person = organisation.one(people);
    return { before: copied(person), after: copied(organisation.changed(person)), at };
  });
  return {
    searches,
    index,
    holds: filters.map((filter) => compile(filter, userCatalogue)),
    changes: all,
    evaluated: all.slice(0, Math.max(1, Math.floor(changes / CHANGES_PER_EVALUATED))),
    added,
    built: built / 1e6,
    megabytes: after - before,
  };
}

/** Several sizes of one mix, in turns, so that whatever else the machine does falls on all of them. */
function measure(mix: Mix, sizes: readonly Size[], changes: number, rounds: number): Found[] {
  const subjects = sizes.map((size) => prepare(mix, size, changes));
  const times = subjects.map((subject) => {
    for (const change of subject.evaluated) refuseDifference(matched(subject, change), evaluated(subject, change));
    return { index: [] as number[], closures: [] as number[], single: [] as number[] };
  });
  for (let round = 0; round < rounds; round++)
    subjects.forEach((subject, place) => {
      const { index, closures, single } = times[place] as (typeof times)[number];
      index.push(timeOf(subject.changes, (change) => subject.index.match(change)));
      closures.push(timeOf(subject.evaluated, (change) => evaluated(subject, change)));
      for (const change of subject.changes) single.push(clocked(() => subject.index.match(change)));
    });
  return subjects.map((subject, place) => {
    const { index, closures, single } = times[place] as (typeof times)[number];
    const transitions = subject.changes.reduce((sum, change) => sum + matched(subject, change).length, 0);
    return {
      mix,
      searches: subject.searches,
      transitions: transitions / changes,
      index: medianOf(index),
      quietest: Math.min(...index),
      closures: medianOf(closures),
      p50: medianOf(single),
      p99: quantileOf(single, 0.99),
      addP50: medianOf(subject.added),
      addP99: quantileOf(subject.added, 0.99),
      buildSeconds: subject.built,
      megabytes: subject.megabytes,
    };
  });
}

function matched({ index }: Subject, change: Change): number[] {
  const { joined, left } = index.match(change);
  return [...joined, ...left];
}

function evaluated({ holds }: Subject, change: Change): number[] {
  const found: number[] = [];
  for (let n = 0; n < holds.length; n++) {
    const predicate = holds[n] as (typeof holds)[number];
    if (predicate(change.before, at) !== predicate(change.after, at)) found.push(n);
  }
  return found;
}

/** Microseconds of processor time each. */
function timeOf<T>(things: readonly T[], work: (thing: T) => unknown): number {
  const began = worked();
  for (const thing of things) work(thing);
  return (worked() - began) / things.length;
}

/** Microseconds by the clock. */
function clocked(work: () => unknown): number {
  const began = performance.now();
  work();
  return (performance.now() - began) * 1_000;
}

function refuseDifference(found: readonly number[], due: readonly number[]): void {
  const inOrder = (keys: readonly number[]) => [...keys].sort((a, b) => a - b).join();
  if (inOrder(found) !== inOrder(due)) throw new Error("The index and the closures do not find the same searches.");
}

/** How much more a change takes with ten times the searches, by the median and by the quietest round. */
function growthOf([tenth, whole]: readonly Found[]): { median: number; quietest: number } {
  const [small, large] = [tenth as Found, whole as Found];
  return { median: ratio(large.index, small.index), quietest: ratio(large.quietest, small.quietest) };
}

const count = (n: number) => n.toLocaleString("en");

function lineOf(one: Found): string {
  const cells = [
    one.mix,
    count(one.searches),
    one.transitions.toFixed(0),
    `${one.index.toFixed(0)} / ${one.quietest.toFixed(0)}`,
    count(Math.round(one.closures)),
    ratio(one.closures, one.index).toFixed(0),
    `${one.p50.toFixed(0)} / ${one.p99.toFixed(0)}`,
    `${one.addP50.toFixed(0)} / ${one.addP99.toFixed(0)}`,
    one.buildSeconds.toFixed(1),
    one.megabytes.toFixed(0),
  ];
  return `| ${cells.join(" | ")} |`;
}

function report(found: readonly (readonly Found[])[], rounds: number, out: string): void {
  const measuredAt = new Date().toISOString();
  const results = found.flat().map((one) => ({
    bench: BENCH,
    operation: one.mix,
    size: `${count(one.searches)} searches, ${one.transitions.toFixed(0)} transitions a change`,
    rollcall: Math.round(1e6 / one.index),
    peer: Math.round(1e6 / one.closures),
    limit: null,
    vsPeer: ratio(one.closures, one.index),
    vsLimit: null,
    measuredAt,
  }));
  const growth = found.map((sizes) => {
    const { median, quietest } = growthOf(sizes);
    return `${sizes[0]?.mix}: ${median} by the median, ${quietest} by the quietest rounds`;
  });
  const text = `
${measuredAt.slice(0, 10)}, ${sources()}, on ${machine()}; ${busyness()} at the end.

Searches of 2 to 6 criteria, one changed person asked before and after; the peer evaluates all of them as compiled closures, in the same process. ${rounds} rounds in turn of both sizes and both
sides, equal answers; processor time of the thread, the median of all rounds and the quietest; by the clock where p50 and p99 are told. \`results.json\` has changes a second.

| criteria by | searches | transitions a change | index, µs a change | closures, µs a change | times | a change by itself, µs p50 / p99 | adding a search, µs p50 / p99 | build, s | MB |
|---|---|---|---|---|---|---|---|---|---|
${found.flat().map(lineOf).join("\n")}

Ten times the searches take a change so many times longer: ${growth.join("; ")}.
`;
  record(out, { bench: BENCH, results, text });
  say(`Written to ${out}/RESULTS.md and ${out}/results.json.`);
}

const { values } = parseArgs({
  options: {
    searches: { type: "string", default: "100000" },
    changes: { type: "string", default: "2000" },
    rounds: { type: "string", default: "7" },
    out: { type: "string", default: "bench" },
    help: { type: "boolean", default: false },
  },
});
if (values.help) process.stdout.write(USAGE);
else {
  namedBy(
    (unit) => publicId("OrgUnit", unit),
    (user) => publicId("User", user),
  );
  const [searches, changes, rounds] = [values.searches, values.changes, values.rounds].map(Number) as [
    number,
    number,
    number,
  ];
  const found: Found[][] = [];
  for (const mix of MIXES) {
    const sizes = [
      { searches: Math.ceil(searches / 10), crowding: CROWDING.tenth },
      { searches, crowding: CROWDING.whole },
    ];
    const both = measure(mix, sizes, changes, rounds);
    found.push(both);
    for (const one of both) say(lineOf(one));
    const { median, quietest } = growthOf(both);
    say(`${mix}: ten times the searches take ${median} times as long, ${quietest} in the quietest rounds.`);
  }
  report(found, rounds, values.out);
}
