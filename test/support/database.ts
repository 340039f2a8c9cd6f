import { createHash, randomUUID } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { onTestFinished } from "vitest";
import { openBackend } from "../../src/database/backend.ts";
import type { Cause } from "../../src/database/cause.ts";
import type { DatabaseConfig } from "../../src/database/config.ts";
import { type Database, openDatabase } from "../../src/database/database.ts";
import { migrate, migrateBackend } from "../../src/database/migrate.ts";
import { asOwner } from "./owner.ts";

/*
 * Databases for tests. `freshDatabase()` gives a migrated one of its own to every test that asks, of the kind under test:
 * embedded, or on the server that TEST_DATABASE_URL names. Both are copies of a template made once per schema.
 */

const server = process.env.TEST_DATABASE_URL ?? "";
const RUN_ROLE = "rollcall_test_run";
const root = new URL("../../", import.meta.url).pathname;

/** The kind of database that this run tests on. */
export const databaseKind: "embedded" | "postgres" = server === "" ? "embedded" : "postgres";

/** A cause for writes whose cause does not matter. */
export const someCause: Cause = {
  kind: "SYSTEM",
  action: "test.arranged",
  actor: { kind: "SYSTEM", id: null, name: "test" },
};

export interface FreshDatabase {
  database: Database;
  config: DatabaseConfig;
  /** How a plain client connects as the role that the gateway runs as, and as the owner of the tables. */
  runner: pg.ClientConfig;
  owner: pg.ClientConfig;
  /** Closes it and leaves nothing behind. */
  close(): Promise<void>;
}

type Options = Pick<DatabaseConfig, "entities"> &
  Partial<Pick<DatabaseConfig, "statementTimeoutMs" | "movableClock" | "viewerShare">> & { poolSize?: number };

/** An empty, migrated database of the kind under test. Close it in afterAll, or use `databaseForTest`. */
export async function freshDatabase(options: Options = {}): Promise<FreshDatabase> {
  return databaseKind === "postgres" ? await freshOnServer(options) : await freshInMemory(options);
}

/** The same, closed by itself when the running test ends. */
export async function databaseForTest(options: Options = {}): Promise<FreshDatabase> {
  const fresh = await freshDatabase(options);
  onTestFinished(() => fresh.close());
  return fresh;
}

/** A directory of its own for the running test, removed when it ends. */
export function directoryForTest(): string {
  const directory = mkdtempSync(join(tmpdir(), "rollcall-test-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

async function freshInMemory(options: Options): Promise<FreshDatabase> {
  const config: DatabaseConfig = {
    kind: "embedded",
    dataDir: "memory",
    statementTimeoutMs: 30_000,
    template: await embeddedTemplate(),
    movableClock: true,
    ...options,
  };
  const database = await openDatabase(config);
  const { owner, runner } = database.connectionConfig;
  return { database, config, owner, runner, close: () => database.close() };
}

async function freshOnServer(options: Options): Promise<FreshDatabase> {
  const { config, drop } = await emptyServerDatabase(await serverTemplate(), options);
  const database = await openDatabase(config);
  const close = async () => {
    await database.close();
    await drop();
  };
  const { owner, runner } = database.connectionConfig;
  return { database, config, owner, runner, close };
}

/** A database on the server, empty or a copy of another one, and what removes it. */
export async function emptyServerDatabase(
  copyOf = "template1",
  options: Options = {},
): Promise<{ config: DatabaseConfig; drop: () => Promise<void> }> {
  const name = `rollcall_test_${randomUUID().replaceAll("-", "").slice(0, 16)}`;
  await administer(
    ENSURE_RUN_ROLE,
    `CREATE DATABASE ${name} TEMPLATE ${copyOf}`,
    // Tests make deadlocks on purpose, and random writers do by chance: a second's patience with each would be most of their time.
    `ALTER DATABASE ${name} SET deadlock_timeout = '20ms'`,
  );
  return {
    config: {
      kind: "postgres",
      url: urlOf(name, RUN_ROLE),
      migrationUrl: urlOf(name),
      poolSize: 4,
      statementTimeoutMs: 30_000,
      movableClock: true,
      ...options,
    },
    drop: () => administer(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}

/** A dump of an empty, migrated embedded database: loading it takes a tenth of the time of making it. */
export async function embeddedTemplate(): Promise<string> {
  const directory = join(root, "node_modules/.cache/rollcall");
  const file = join(directory, `template-${schemaHash()}.tar`);
  if (existsSync(file)) return file;
  const backend = await openBackend({ kind: "embedded", dataDir: "memory", statementTimeoutMs: 120_000 });
  await migrateBackend(backend);
  // Each test reads all of it: nobody makes further databases from PostgreSQL's own templates, which are a third of the files…
  for (const unused of ["template0", "template1"]) {
    await asOwner(backend.owner, `ALTER DATABASE ${unused} WITH IS_TEMPLATE false`);
    await asOwner(backend.owner, `DROP DATABASE ${unused}`);
  }
  // … and without a checkpoint it would begin by recovering from the log of all migrations.
  await asOwner(backend.owner, "CHECKPOINT");
  const dump = await backend.embedded?.dump();
  await backend.close();
  mkdirSync(directory, { recursive: true });
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, dump ?? "");
  renameSync(draft, file);
  for (const other of readdirSync(directory)) {
    const path = join(directory, other);
    // An hour old: nobody is about to load it.
    if (path !== file && statSync(path).mtimeMs < Date.now() - 3_600_000) rmSync(path, { force: true });
  }
  return file;
}

let template: Promise<string> | undefined;

/** A migrated database on the server, made once for all processes that test the same schema. */
export function serverTemplate(): Promise<string> {
  template ??= (async () => {
    await administer(ENSURE_RUN_ROLE);
    const name = `rollcall_template_${schemaHash()}`;
    const client = new pg.Client({ connectionString: server });
    await client.connect();
    try {
      await client.query("SELECT pg_advisory_lock(7260313302)");
      const found = await client.query("SELECT FROM pg_database WHERE datname = $1", [name]);
      if (found.rowCount === 0) {
        const draft = `${name}_${process.pid}`;
        await client.query(`DROP DATABASE IF EXISTS ${draft}`);
        await client.query(`CREATE DATABASE ${draft}`);
        await migrate({
          kind: "postgres",
          url: urlOf(draft, RUN_ROLE),
          migrationUrl: urlOf(draft),
          poolSize: 1,
          statementTimeoutMs: 30_000,
        });
        await client.query(`ALTER DATABASE ${draft} RENAME TO ${name}`);
      }
    } finally {
      await client.end();
    }
    return name;
  })();
  return template;
}

const ENSURE_RUN_ROLE = `DO $$ BEGIN CREATE ROLE ${RUN_ROLE} LOGIN PASSWORD '${RUN_ROLE}'; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$`;

async function administer(...statements: string[]): Promise<void> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

/** The server's address with another database, and another user where one is given. */
function urlOf(database: string, user?: string): string {
  const url = new URL(server);
  url.pathname = `/${database}`;
  if (user) [url.username, url.password] = [user, user];
  return url.toString();
}

/** Changes with everything that a template depends on, and with how it is made. */
function schemaHash(): string {
  const hash = createHash("sha256");
  hash.update(readFileSync(new URL(import.meta.url)));
  const migrations = join(root, "src/database/migrations");
  for (const file of readdirSync(migrations).sort()) hash.update(readFileSync(join(migrations, file)));
  hash.update(readFileSync(join(root, "src/database/privileges.ts")));
  hash.update(readFileSync(join(root, "node_modules/@electric-sql/pglite/package.json")));
  return hash.digest("hex").slice(0, 12);
}
