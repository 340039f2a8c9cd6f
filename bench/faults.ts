/**
 * `npm run bench:faults`: what `npm run test:faults` does to the gateway and what is beneath it, with the times after which writes and subscribers
 * went on. The scenarios, and what they hold the gateway to, are the tests in test/faults.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Recoveries } from "../test/support/recoveries.ts";
import { busyness, machine, sources } from "./machine.ts";
import { quantileOf, type Result, record } from "./results.ts";

const USAGE = `npm run bench:faults -- [--rounds N] [--out FOLDER] [--shared] [FILE …]
  --rounds            at most so many of each fault (100)
  --shared            says in the report that the machine did other things meanwhile
  FILE                only these of the tests in test/faults, by a part of their names
  TEST_DATABASE_URL   a PostgreSQL server and a superuser on it; without it, only what concerns the embedded database is done.
`;
const BENCH = "Faults under load";

/** The tests that say how long it took. */
const TESTS = [
  "crash",
  "postgresql-killed",
  "connection-cut",
  "disk-full",
  "clock",
  "frozen",
  "redis",
  "restart",
  "gateways",
];

interface Options {
  rounds: number;
  out: string;
  shared: boolean;
  tests: string[];
}

/** Runs the tests, and gives what those that passed have told; throws where nothing was told. */
async function run({ rounds, tests }: Options): Promise<{ found: Recoveries[]; failed: boolean }> {
  const folder = mkdtempSync(join(tmpdir(), "rollcall-faults-"));
  const file = join(folder, "recoveries");
  try {
    const files = tests.map((name) => `test/faults/${name}.test.ts`);
    const child = spawn(
      process.execPath,
      ["node_modules/vitest/vitest.mjs", "run", "--no-file-parallelism", ...files],
      {
        env: { ...process.env, TEST_FAULTS: String(rounds), FAULTS_FILE: file },
        stdio: "inherit",
      },
    );
    const [code] = await once(child, "exit");
    if (!existsSync(file)) throw new Error("No scenario has come to its end.");
    const lines = readFileSync(file, "utf8").trim().split("\n");
    return { found: lines.map((line) => JSON.parse(line) as Recoveries), failed: code !== 0 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const seconds = (milliseconds: number): number => Math.round(milliseconds / 10) / 100;
const named = (database: Recoveries["database"]): string => (database === "postgres" ? "PostgreSQL" : "embedded");
const at = ({ milliseconds }: Recoveries, share: number): number => seconds(quantileOf(milliseconds, share));

function resultsOf(found: readonly Recoveries[]): Result[] {
  const measuredAt = new Date().toISOString();
  return found.flatMap((one) =>
    [["p50", 0.5] as const, ["longest", 1] as const].map(([name, share]) => ({
      bench: BENCH,
      operation: `${one.fault}, ${name}`,
      size: `${one.milliseconds.length} rounds, ${named(one.database)}`,
      unit: "s",
      rollcall: at(one, share),
      peer: null,
      limit: null,
      vsPeer: null,
      vsLimit: null,
      measuredAt,
    })),
  );
}

function textOf(found: readonly Recoveries[], { shared }: Options): string {
  const rows = found.map(
    (one) =>
      `| ${one.fault} | ${named(one.database)} | ${one.milliseconds.length} | ${one.writes.toLocaleString("en")} | ${one.from} | ${at(one, 0.5)} | ${at(one, 0.95)} | ${at(one, 1)} |`,
  );
  return `
${new Date().toISOString().slice(0, 10)}, ${sources()}, on ${machine()}; ${busyness()} at the end${shared ? ", on a machine shared with other work" : ""}.

Several writers, each with one write under way, and several subscribers are at each gateway. In every row no acknowledged write was lost, none was done twice, and every subscriber was told of each once and in one order, or the row would not
be here. The seconds are those until every writer has had something acknowledged that it began later, and every subscriber was told of it, or until what the row itself names.

| what failed | database | rounds | writes | counted from | p50, s | p95, s | longest, s |
|---|---|---|---|---|---|---|---|
${rows.join("\n")}
`;
}

function readOptions(): Options | undefined {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: "string", default: "100" },
      out: { type: "string", default: "bench" },
      shared: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (!/^[1-9]\d{0,3}$/.test(values.rounds)) throw new Error("--rounds must be a whole number above zero.");
  const wanted = TESTS.filter((name) => positionals.length === 0 || positionals.some((part) => name.includes(part)));
  if (wanted.length === 0) throw new Error(`There is no such test: use parts of ${TESTS.join(", ")}.`);
  return values.help ? undefined : { rounds: +values.rounds, out: values.out, shared: values.shared, tests: wanted };
}

try {
  const options = readOptions();
  if (!options) process.stdout.write(USAGE);
  else {
    const { found, failed } = await run(options);
    record(options.out, { bench: BENCH, results: resultsOf(found), text: textOf(found, options) });
    process.stdout.write(`Written to ${options.out}/RESULTS.md and ${options.out}/results.json.\n`);
    if (failed) throw new Error("Not everything was kept: see what the tests say.");
  }
} catch (error) {
  process.stderr.write(`bench: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
