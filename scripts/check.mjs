import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "./run.mjs";

/** Writes what is made from the sources for people and tools to read. */
export const EMIT = ["dist/cli/emit.js"];
/** Writes the typed documents of the tests, from the emitted schema. */
const CODEGEN = ["node_modules/@graphql-codegen/cli/esm/bin.js", "--silent", "--config"];
const TEST_DOCUMENTS = [...CODEGEN, "codegen.yml"];
const EXAMPLE_DOCUMENTS = [...CODEGEN, "examples/codegen.yml"];
const RELAY_ARTIFACTS = ["node_modules/relay-compiler/cli.js", "relay.config.json"];
/** Relay's compiler takes the paths of its configuration from where it runs. */
const AMONG_EXAMPLES = { cwd: "examples" };
/** Writes what clients' tools make of the emitted schema, in this order. */
export const CLIENTS = [[TEST_DOCUMENTS], [EXAMPLE_DOCUMENTS], [RELAY_ARTIFACTS, AMONG_EXAMPLES]];
/** Compares the emitted schema with the released one. */
export const SCHEMA_GATE = ["scripts/schema-gate.mjs"];

const CHECKS = [
  ["The types of the sources and the tests", ["node_modules/typescript/bin/tsc", "--noEmit", "-p", "test"]],
  ["The types of the page", ["node_modules/typescript/bin/tsc", "-p", "web/graphiql"]],
  ["Lint and format", ["node_modules/@biomejs/biome/bin/biome", "check", "--error-on-warnings", "."]],
  ["Emitted files", [...EMIT, "--check"]],
  ["Promises to clients", SCHEMA_GATE],
  ["Typed documents of the tests", [...TEST_DOCUMENTS, "--check"]],
  ["Typed documents of the examples", [...EXAMPLE_DOCUMENTS, "--check"]],
  ["Relay's artifacts", [...RELAY_ARTIFACTS, "--validate"], AMONG_EXAMPLES],
  ["The types of the examples", ["node_modules/typescript/bin/tsc", "-p", "examples"]],
  ["The architecture", ["node_modules/vitest/vitest.mjs", "run", "--project", "embedded", "test/architecture.test.ts"]],
];

/** As many checks at a time; each is one program, most of which use one core. */
const AT_ONCE = 2;

/** Runs every check, also after one failed, shows what each said once it is done, and returns 1 where any did fail. */
export async function check(node) {
  const folder = mkdtempSync(join(tmpdir(), "rollcall-check-"));
  const results = [];
  const waiting = CHECKS.entries();
  const worker = async () => {
    for (const [place, [name, args, options]] of waiting) {
      const file = join(folder, String(place));
      const output = openSync(file, "w");
      const passed = (await run(node, args, { ...options, stdio: ["ignore", output, output] })) === 0;
      closeSync(output);
      process.stdout.write(`${name} …\n${readFileSync(file, "utf8")}`);
      results[place] = { name, passed };
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  rmSync(folder, { recursive: true });
  for (const { name, passed } of results) process.stdout.write(`${passed ? "ok  " : "FAIL"} ${name}\n`);
  return results.every(({ passed }) => passed) ? 0 : 1;
}
