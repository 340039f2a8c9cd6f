import "reflect-metadata";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { openDatabase } from "../database/database.ts";
import { dumpSchema } from "../database/schema-dump.ts";
import { auditCatalogue } from "../features/audit/audit.fields.ts";
import { userCatalogue } from "../features/users/user.fields.ts";
import { gatewayOver } from "../gateway.ts";
import { schemaText } from "../graphql/schema-text.ts";
import { fieldsDocument } from "../search/catalogue-document.ts";
import { GRANT_CATALOGUE } from "../search/grant.ts";
import { createLog } from "../server/log.ts";

/** An in-memory database is migrated and read within seconds; a minute means that something is stuck. */
const STATEMENT_TIMEOUT_MS = 60_000;

/** Everything that is written from the sources for people and tools to read, by path. */
async function emitted(): Promise<ReadonlyMap<string, string>> {
  const database = await openDatabase({
    kind: "embedded",
    dataDir: "memory",
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
  });
  try {
    const { schema } = await gatewayOver(database, "UTC", createLog("silent"));
    return new Map([
      ["schema/schema.graphql", schemaText(schema)],
      ["schema/database.sql", await dumpSchema(database.connectionConfig.owner)],
      ["schema/FIELDS.md", fieldsDocument(CHAPTERS)],
    ]);
  } finally {
    await database.close();
  }
}

const CHAPTERS = [
  {
    title: "User",
    introduction: "Fields of `User`, of `UserFilter`, of `UserOrder` and of facets.",
    catalogue: userCatalogue,
  },
  {
    title: "Grants of roles",
    introduction:
      "What one grant must meet in `roleGrants: { some: … }` and `none`. Whoever may read `roleGrants` may ask about all of it.",
    catalogue: GRANT_CATALOGUE,
  },
  {
    title: "Audit events",
    introduction: "What `AuditEventFilter` can ask about. AUDIT_READ decides which events are found at all.",
    catalogue: auditCatalogue,
  },
];

/** Writes every emitted file, or with `--check` only says which ones no longer say what the sources say; then the exit code is 1. */
async function emit(check: boolean): Promise<void> {
  for (const [path, contents] of await emitted()) {
    if (existsSync(path) && readFileSync(path, "utf8") === contents) continue;
    if (check) {
      process.stdout.write(`${path} is stale: run "npm run emit" and look at what changed.\n`);
      process.exitCode = 1;
    } else {
      writeFileSync(path, contents);
      process.stdout.write(`${path} written\n`);
    }
  }
}

await emit(process.argv.includes("--check"));
