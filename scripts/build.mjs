import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run, step } from "./run.mjs";

/** What is built, in this order: the gateway first, because it clears all of dist where one of its sources is gone. */
const PRODUCTS = [
  {
    what: "Building",
    output: "dist",
    sources: ["src", "tsconfig.json", "package-lock.json"],
    tool: ["node_modules/typescript/bin/tsc", "-p", "."],
  },
  {
    what: "Building GraphiQL",
    output: "dist/graphiql",
    sources: ["web/graphiql", "schema/operations", "package-lock.json"],
    tool: ["node_modules/vite/bin/vite.js", "build", "--config", "web/graphiql/vite.config.mjs"],
  },
];

/** Builds each product into dist, only where a source of it changed since, and leaves nothing there of a source that is gone. */
export async function build(node) {
  for (const product of PRODUCTS) await buildProduct(node, product);
}

async function buildProduct(node, { what, output, sources, tool }) {
  const stamp = join(output, ".sources.json");
  const wanted = fingerprints(sources);
  const built = existsSync(stamp) ? JSON.parse(readFileSync(stamp, "utf8")) : {};
  if (JSON.stringify(wanted) === JSON.stringify(built)) return;
  await step(what, async () => {
    if (Object.keys(built).some((file) => !(file in wanted))) rmSync(output, { recursive: true });
    rmSync(stamp, { force: true });
    const code = await run(node, tool, { stdio: ["ignore", 2, 2] });
    if (code !== 0) throw new Error("The sources do not compile; the compiler's findings are above.");
    writeFileSync(stamp, JSON.stringify(wanted));
  });
}

/** A hash of every file that the output depends on; a folder stands for all files in it. */
function fingerprints(sources) {
  const files = sources.flatMap((source) => (statSync(source).isDirectory() ? filesIn(source) : [source])).sort();
  return Object.fromEntries(
    files.map((file) => [file, createHash("sha256").update(readFileSync(file)).digest("base64")]),
  );
}

function filesIn(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}
