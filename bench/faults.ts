/**
 * `npm run bench:faults`: what `npm run test:faults` does to the gateway and what is beneath it, with the times after which writes and subscribers
 * went on. The scenarios, and what they hold the gateway to, are tests in test/faults and test/abuse. All of it takes hours, so it can be done piece by piece:
 * rounds of the same fault add up, in faults.json, and the page is made of that.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Recoveries } from "../test/support/recoveries.ts";
import { busyness, machine, sources } from "./machine.ts";
import { quantileOf, type Result, record } from "./results.ts";

/** By the names that `--only` takes: the test's file, and what its title has. */
const SCENARIOS: Readonly<Record<string, readonly [file: string, title: string]>> = {
  crash: ["faults/crash", "kills of the gateway"],
  "postgresql-killed": ["faults/postgresql-killed", "PostgreSQL is killed"],
  "connection-cut": ["faults/connection-cut", "at random places"],
  "disk-full": ["faults/disk-full", "disk is full"],
  clock: ["faults/clock", "clock jumps by an hour"],
  clocks: ["faults/clock", "two hours apart"],
  frozen: ["faults/frozen", "stands still"],
  restart: ["faults/restart", "PostgreSQL's restart"],
  gateways: ["faults/gateways", "a gateway that is killed"],
  redis: ["faults/redis", "hangs or is gone"],
  "redis-away": ["faults/redis", "ten minutes"],
  storm: ["abuse/storm", "all at once"],
};

const USAGE = `npm run bench:faults -- [--only NAME]… [--database KIND] [--rounds N] [--again] [--out FOLDER] [--shared]
  --only              only this scenario, or these: ${Object.keys(SCENARIOS).join(", ")}
  --database          only on this one: embedded or postgresql
  --rounds            at most so many of each fault (100); they are added to those of earlier runs
  --again             forgets what earlier runs said of the faults that are done
  --shared            says in the report that the machine did other things meanwhile
  TEST_DATABASE_URL   a PostgreSQL server and a superuser on it; without it, only what concerns the embedded database is done.
`;
const BENCH = "Faults under load";

interface Options {
  rounds: number;
  out: string;
  shared: boolean;
  again: boolean;
  scenarios: string[];
  database: string | undefined;
}

/** What is known of a fault: the rounds of all runs. */
interface Known extends Recoveries {
  machines: string[];
  /** The versions of the sources that it was done with, and the day of the last. */
  sources: string[];
  day: string;
  shared: boolean;
}

/** Runs a scenario's test, and gives what it has told if it passed. */
async function run(scenario: string, { rounds, database }: Options): Promise<{ found: Recoveries[]; failed: boolean }> {
  const [file, title] = SCENARIOS[scenario] as readonly [string, string];
  const folder = mkdtempSync(join(tmpdir(), "rollcall-faults-"));
  const told = join(folder, "recoveries");
  const only = database === undefined ? [] : ["--project", database];
  try {
    const child = spawn(
      process.execPath,
      ["node_modules/vitest/vitest.mjs", "run", `test/${file}.test.ts`, "-t", title, ...only],
      { env: { ...process.env, TEST_FAULTS: String(rounds), FAULTS_FILE: told }, stdio: "inherit" },
    );
    const [code] = await once(child, "exit");
    const lines = existsSync(told) ? readFileSync(told, "utf8").trim().split("\n") : [];
    return { found: lines.map((line) => JSON.parse(line) as Recoveries), failed: code !== 0 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Adds rounds to those that are known, and gives all. */
function added(known: readonly Known[], found: readonly Recoveries[], { again, shared }: Options): Known[] {
  const all = [...known];
  for (const one of found) {
    const place = all.findIndex(({ fault, database }) => fault === one.fault && database === one.database);
    const before = place < 0 || again ? undefined : all[place];
    const now: Known = {
      ...one,
      milliseconds: [...(before?.milliseconds ?? []), ...one.milliseconds.map(Math.round)],
      writes: (before?.writes ?? 0) + one.writes,
      machines: [...new Set([...(before?.machines ?? []), machine()])],
      sources: [...new Set([...(before?.sources ?? []), sources()])],
      day: new Date().toISOString().slice(0, 10),
      shared: shared || (before?.shared ?? false),
    };
    if (place < 0) all.push(now);
    else all[place] = now;
  }
  return all;
}

const seconds = (milliseconds: number): number => Math.round(milliseconds / 10) / 100;
const named = (database: Recoveries["database"]): string => (database === "postgres" ? "PostgreSQL" : "embedded");
const at = ({ milliseconds }: Recoveries, share: number): number => seconds(quantileOf(milliseconds, share));

function resultsOf(known: readonly Known[]): Result[] {
  const measuredAt = new Date().toISOString();
  const result = (one: Known, name: string, unit: string, value: number): Result => ({
    bench: BENCH,
    operation: `${one.fault}, ${name}`,
    size: named(one.database),
    unit,
    rollcall: value,
    peer: null,
    limit: null,
    vsPeer: null,
    vsLimit: null,
    measuredAt,
  });
  return known.flatMap((one) => [
    result(one, "rounds", "rounds", one.milliseconds.length),
    result(one, "p50", "s", at(one, 0.5)),
    result(one, "p99", "s", at(one, 0.99)),
  ]);
}

function textOf(known: readonly Known[]): string {
  const rows = known.map(
    (one) =>
      `| ${one.fault} | ${named(one.database)} | ${one.milliseconds.length} | ${one.writes.toLocaleString("en")} | ${one.from} | ${at(one, 0.5)} | ${at(one, 0.99)} | ${at(one, 1)} | ${one.day}, ${one.sources.join(", ")}${one.shared ? ", shared" : ""} |`,
  );
  const machines = [...new Set(known.flatMap((one) => one.machines))].join("; ");
  return `
On ${machines}; ${busyness()} at the end of the last run. Rounds of several runs add up; "shared" is what was done in part while the machine did other things.

Several writers, each with one write under way, and several subscribers are at each gateway. In every row no acknowledged write was lost, none was done twice, and every subscriber was told of each once and in one order, or the row would not
be here. The seconds are those until every writer has had something acknowledged that it began later, and every subscriber was told of it, or until what the row itself names.

| what failed | database | rounds | writes | counted from | p50, s | p99, s | longest, s | done |
|---|---|---|---|---|---|---|---|---|
${rows.join("\n")}
`;
}

function readOptions(): Options | undefined {
  const { values } = parseArgs({
    options: {
      only: { type: "string", multiple: true, default: Object.keys(SCENARIOS) },
      database: { type: "string" },
      rounds: { type: "string", default: "100" },
      again: { type: "boolean", default: false },
      out: { type: "string", default: "bench" },
      shared: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const { only: scenarios, rounds, database, again, out, shared, help } = values;
  if (!/^[1-9]\d{0,3}$/.test(rounds)) throw new Error("--rounds must be a whole number above zero.");
  const unknown = scenarios.find((name) => !Object.hasOwn(SCENARIOS, name));
  if (unknown !== undefined)
    throw new Error(`There is no scenario ${unknown}: use one of ${Object.keys(SCENARIOS).join(", ")}.`);
  if (database !== undefined && !["embedded", "postgresql"].includes(database))
    throw new Error("--database must be embedded or postgresql.");
  return help ? undefined : { rounds: +rounds, out, shared, again, scenarios, database };
}

/** Does one scenario after another, and writes down each as soon as it is done. */
async function measure(options: Options): Promise<string[]> {
  const file = join(options.out, "faults.json");
  const failed: string[] = [];
  for (const scenario of options.scenarios) {
    const began = performance.now();
    const ran = await run(scenario, options);
    if (ran.failed) failed.push(scenario);
    const done = ran.found.reduce((sum, { milliseconds }) => sum + milliseconds.length, 0);
    const took = Math.round((performance.now() - began) / 1_000);
    process.stdout.write(`${scenario}: ${done} rounds in ${took} s, with everything around them.\n`);
    if (done === 0) continue;
    const before: Known[] = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : [];
    const known = added(before, ran.found, options);
    record(options.out, { bench: BENCH, results: resultsOf(known), text: textOf(known) });
    writeFileSync(file, `[\n${known.map((one) => `  ${JSON.stringify(one)}`).join(",\n")}\n]\n`);
  }
  return failed;
}

try {
  const options = readOptions();
  if (!options) process.stdout.write(USAGE);
  else {
    const failed = await measure(options);
    if (failed.length > 0) throw new Error(`Not everything was kept by ${failed.join(", ")}: see what the tests say.`);
    process.stdout.write(
      `Written to ${options.out}/RESULTS.md, ${options.out}/results.json and ${options.out}/faults.json.\n`,
    );
  }
} catch (error) {
  process.stderr.write(`bench: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
