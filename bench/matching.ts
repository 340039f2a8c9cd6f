/**
 * `npm run bench:matching`: the predicate index against evaluating every saved search as a compiled closure, on the same searches and changes in one
 * run. Rounds alternate, so that whatever else the machine does falls on both, and their answers are compared first.
 */
import { parseArgs } from "node:util";
import { userCatalogue } from "../dist/features/users/user.fields.js";
import { publicId } from "../dist/kernel/ids.js";
import type { Filter } from "../dist/search/filter.js";
import { parseFilter } from "../dist/search/parse.js";
import { PredicateIndex } from "../dist/search/predicate-index.js";
import { compile } from "../dist/search/to-predicate.js";
import { busyness, machine, sources } from "./machine.ts";
import { ratio, record } from "./results.ts";
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

interface Found {
  mix: Mix;
  searches: number;
  transitions: number;
  /** Microseconds a change. */
  index: number;
  closures: number;
  addP50: number;
  addP99: number;
  buildSeconds: number;
  megabytes: number;
}

const say = (line: string) => process.stdout.write(`${line}\n`);

const medianOf = (values: readonly number[]): number => quantileOf(values, 0.5);
const quantileOf = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) * share)] as number;

/** As much memory as is reachable, on the heap and beside it; exact only where the garbage can be collected. */
function megabytes(): number {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / 2 ** 20;
}

function measure(mix: Mix, { searches, crowding }: Size, changes: number, rounds: number): Found {
  const organisation = new Organisation(searches, crowding);
  const people = Array.from({ length: PEOPLE }, (_, n) => organisation.person(n));
  const filters = Array.from({ length: searches }, () =>
    parseFilter(searchAbout(organisation.one(people), organisation, mix), { catalogue: userCatalogue }),
  );
  const before = megabytes();
  const { index, times } = build(filters, people.slice(0, SAMPLE));
  const after = megabytes();
  const holds = filters.map((filter) => compile(filter, userCatalogue));
  const copied = (person: Person): Person => JSON.parse(JSON.stringify(person));
  const all: Change[] = Array.from({ length: changes }, () => {
    const person = organisation.one(people);
    return { before: copied(person), after: copied(organisation.changed(person)), at };
  });
  const evaluated = all.slice(0, Math.max(1, Math.floor(changes / CHANGES_PER_EVALUATED)));
  const evaluate = (change: Change): number[] => {
    const found: number[] = [];
    for (let n = 0; n < holds.length; n++) {
      const predicate = holds[n] as (typeof holds)[number];
      if (predicate(change.before, at) !== predicate(change.after, at)) found.push(n);
    }
    return found;
  };
  let transitions = 0;
  const match = (change: Change): number[] => {
    const { joined, left } = index.match(change);
    return [...joined, ...left];
  };
  for (const change of evaluated) refuseDifference(match(change), evaluate(change));
  for (const change of all) transitions += match(change).length;
  const indexed: number[] = [];
  const compared: number[] = [];
  for (let round = 0; round < rounds; round++) {
    indexed.push(timeOf(all, (change) => index.match(change)));
    compared.push(timeOf(evaluated, evaluate));
  }
  return {
    mix,
    searches,
    transitions: transitions / changes,
    index: medianOf(indexed),
    closures: medianOf(compared),
    addP50: quantileOf(times, 0.5),
    addP99: quantileOf(times, 0.99),
    buildSeconds: times.reduce((sum, time) => sum + time, 0) / 1e6,
    megabytes: after - before,
  };
}

function build(
  filters: readonly Filter[],
  sample: readonly Person[],
): { index: PredicateIndex<number>; times: number[] } {
  const index = new PredicateIndex<number>(userCatalogue, sample);
  const times = filters.map((filter, key) => timeOf([key], () => index.add(key, filter)));
  return { index, times };
}

/** Microseconds each. */
function timeOf<T>(things: readonly T[], work: (thing: T) => unknown): number {
  const began = performance.now();
  for (const thing of things) work(thing);
  return ((performance.now() - began) * 1_000) / things.length;
}

function refuseDifference(found: readonly number[], due: readonly number[]): void {
  const inOrder = (keys: readonly number[]) => [...keys].sort((a, b) => a - b).join();
  if (inOrder(found) !== inOrder(due)) throw new Error("The index and the closures do not find the same searches.");
}

function report(found: readonly Found[], rounds: number, out: string): void {
  const measuredAt = new Date().toISOString();
  const count = (n: number) => n.toLocaleString("en");
  const line = (one: Found) =>
    `| ${one.mix} | ${count(one.searches)} | ${one.transitions.toFixed(0)} | ${one.index.toFixed(0)} | ${count(Math.round(one.closures))} | ${ratio(one.closures, one.index).toFixed(0)} | ${one.addP50.toFixed(0)} / ${one.addP99.toFixed(0)} | ${one.buildSeconds.toFixed(1)} | ${one.megabytes.toFixed(0)} |`;
  const results = found.map((one) => ({
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
  const text = `
${measuredAt.slice(0, 10)}, ${sources()}, on ${machine()}; ${busyness()} at the end.

Searches of 2 to 6 criteria, one changed person asked before and after; the peer evaluates all of them as compiled closures, in the same process. Medians of
${rounds} rounds in turn, equal answers. \`results.json\` has changes a second.

| criteria by | searches | transitions a change | index, µs a change | closures, µs a change | times | adding a search, µs p50 / p99 | build, s | MB |
|---|---|---|---|---|---|---|---|---|
${found.map(line).join("\n")}
`;
  record(out, { bench: BENCH, results, text });
  say(`Written to ${out}/RESULTS.md and ${out}/results.json.`);
}

const { values } = parseArgs({
  options: {
    searches: { type: "string", default: "100000" },
    changes: { type: "string", default: "2000" },
    rounds: { type: "string", default: "5" },
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
  const found: Found[] = [];
  for (const mix of MIXES)
    for (const size of [
      { searches: Math.ceil(searches / 10), crowding: CROWDING.tenth },
      { searches, crowding: CROWDING.whole },
    ]) {
      const one = measure(mix, size, changes, rounds);
      found.push(one);
      say(
        `${one.mix}, ${size.searches.toLocaleString("en")} searches: ${one.index.toFixed(0)} µs a change with ${one.transitions.toFixed(0)} transitions, closures ${one.closures.toFixed(0)} µs: ${ratio(one.closures, one.index)} times`,
      );
    }
  report(found, rounds, values.out);
}
