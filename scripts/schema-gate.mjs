/**
 * What clients were promised is kept: compares the schema with the one that was released last, and fails where an operation
 * that was valid could fail now. A field, enum value or input field may go once it was released as deprecated.
 *
 *   node scripts/schema-gate.mjs [RELEASED [CURRENT]]   compare
 *   node scripts/schema-gate.mjs --release              make the present schema the released one
 */
import { copyFileSync, readFileSync } from "node:fs";
import { CriticalityLevel, DiffRule, diff } from "@graphql-inspector/core";
import { buildSchema } from "graphql";

const RELEASED = "schema/released.graphql";
const CURRENT = "schema/schema.graphql";

const read = (path) => buildSchema(readFileSync(path, "utf8"));

async function compare(released = RELEASED, current = CURRENT) {
  const changes = await diff(read(released), read(current), [DiffRule.suppressRemovalOfDeprecatedField]);
  const breaking = changes.filter(({ criticality }) => criticality.level === CriticalityLevel.Breaking);
  if (breaking.length === 0) return;
  const lines = breaking.map(({ message, path }) => `  ${path ?? "schema"}: ${message}`);
  process.stdout.write(
    `${current} breaks what ${released} promised:\n${lines.join("\n")}\n` +
      "Deprecate in place of removing, add in place of changing. Where a release is to break clients, say so in the changelog\n" +
      'and run "npm run schema:release".\n',
  );
  process.exitCode = 1;
}

const args = process.argv.slice(2);
if (args[0] === "--release") {
  copyFileSync(CURRENT, RELEASED);
  process.stdout.write(`${RELEASED} is what clients are promised from now on.\n`);
} else {
  await compare(...args);
}
