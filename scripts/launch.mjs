/**
 * `npm start`, `npm test` and the other scripts. Each makes sure first that everything is installed and built, on a machine
 * with nothing but Node 20 and npm, and then runs on the Node that is among the dependencies. So this file and what it
 * imports use nothing that has to be installed.
 */
import { fileURLToPath } from "node:url";
import { build } from "./build.mjs";
import { CLIENTS, check, EMIT, SCHEMA_GATE } from "./check.mjs";
import { install, installExamples } from "./install.mjs";
import { run } from "./run.mjs";
import { testUpgrade } from "./upgrade.mjs";

const WITH_SOURCE_LINES = ["--enable-source-maps"];

/** What fails for real, and many times over; `npm test` has each a few times. */
const FAULTS = [
  "node_modules/vitest/vitest.mjs",
  "run",
  "test/faults",
  "test/abuse",
  "test/feed/follower.test.ts",
  "test/feed/time-fold.test.ts",
  "test/features/saved-searches/floods.test.ts",
  "test/features/saved-searches/folding.test.ts",
  "test/features/tables",
];

const COMMANDS = {
  start: (node, args) => run(node, [...WITH_SOURCE_LINES, "dist/main.js", ...args]),
  migrate: (node) => run(node, [...WITH_SOURCE_LINES, "dist/cli/migrate.js"]),
  import: (node, args) => run(node, [...WITH_SOURCE_LINES, "dist/cli/import.js", ...args]),
  token: (node, args) => run(node, [...WITH_SOURCE_LINES, "dist/cli/token.js", ...args]),
  doctor: (node) => run(node, [...WITH_SOURCE_LINES, "dist/cli/doctor.js"]),
  "verify-audit": (node) => run(node, [...WITH_SOURCE_LINES, "dist/cli/verify-audit.js"]),
  emit: withExamples((node) => inTurn(node, [[EMIT], ...CLIENTS])),
  test: withExamples((node, args) => run(node, ["node_modules/vitest/vitest.mjs", "run", ...args])),
  "test:faults": (node, args) => run(node, [...FAULTS, ...args], { env: { TEST_FAULTS: "long" } }),
  "test:upgrade": testUpgrade,
  check: withExamples((node) => check(node)),
  bench: (node, args) => run(node, ["bench/reads.ts", "--people", "10000", ...args]),
  "bench:access": (node, args) => run(node, ["bench/access.ts", ...args]),
  "bench:bulk": (node, args) => run(node, ["bench/bulk.ts", ...args]),
  "bench:exchange": (node, args) => run(node, ["bench/exchange.ts", ...args]),
  "bench:fanout": (node, args) => run(node, ["bench/fanout.ts", ...args]),
  "bench:endurance": (node, args) => run(node, ["bench/endurance.ts", ...args]),
  "bench:faults": (node, args) => run(node, ["bench/faults.ts", ...args]),
  "bench:feed": (node, args) => run(node, ["bench/feed.ts", ...args]),
  "bench:feed-head": (node, args) => run(node, ["bench/feed-head.ts", ...args]),
  "bench:lifecycle": (node, args) => run(node, ["bench/lifecycle.ts", ...args]),
  "bench:reach": (node, args) => run(node, ["bench/reach.ts", ...args]),
  "bench:reads": (node, args) => run(node, ["bench/reads.ts", ...args]),
  "bench:sign-in": (node, args) => run(node, ["bench/sign-in.ts", ...args]),
  "bench:searches": (node, args) => run(node, ["bench/searches-delivery.ts", ...args]),
  "bench:matching": (node, args) => run(node, ["--expose-gc", "bench/matching.ts", ...args]),
  "schema:release": (node) => run(node, [...SCHEMA_GATE, "--release"]),
};

/** The command, once the examples are installed as well. */
function withExamples(command) {
  return async (node, args) => {
    await installExamples();
    return await command(node, args);
  };
}

/** Runs one program after another, until one fails; returns the last exit code. */
async function inTurn(node, programs) {
  for (const [args, options] of programs) {
    const code = await run(node, args, options);
    if (code !== 0) return code;
  }
  return 0;
}

const [name, ...args] = process.argv.slice(2);
const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;

try {
  if (!command) throw new Error(`There is no command ${name}: use one of ${Object.keys(COMMANDS).join(", ")}.`);
  process.chdir(fileURLToPath(new URL("..", import.meta.url)));
  const node = await install();
  await build(node);
  process.exitCode = await command(node, args);
} catch (error) {
  process.stderr.write(`rollcall: ${error.message}\n`);
  process.exitCode = 1;
}
