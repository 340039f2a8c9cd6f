import { setTimeout as sleep } from "node:timers/promises";
import type { Transaction } from "@mikro-orm/core";
import { Migrator } from "@mikro-orm/migrations";
import { MikroORM } from "@mikro-orm/postgresql";
import { type Kysely, type QueryExecutorProvider, sql } from "kysely";
import { StartError } from "../kernel/start-error.ts";
import { type Backend, openBackend } from "./backend.ts";
import type { DatabaseConfig } from "./config.ts";
import { Connections } from "./connection.ts";
import { MIGRATIONS } from "./migrations/list.ts";
import { MOVABLE_CLOCK } from "./movable-clock.ts";
import { EMBEDDED_RUN_ROLE, grantsFor, quoteName } from "./privileges.ts";
import type { Tables } from "./tables.ts";

/** Whoever migrates holds this advisory lock; the number is arbitrary and ours. */
const LOCK = 7_260_313_301;

/** How long a migration waits for a table that is in use: whoever comes after it waits behind it. */
const LOCK_MS = 3_000;
/** How often it is tried, with pauses that grow: a minute in all. */
const ATTEMPTS = 8;
const PAUSE_MS = 1_000;
const HELD_UP =
  "The database could not be migrated: something holds a table for longer than a migration may wait. Find it in pg_stat_activity (state, query_start), end it, and try again.";

/** What migrating did. */
export interface Migrated {
  /** Names of the migrations that ran now. */
  applied: string[];
  /** False where the gateway runs as an owner of the tables, who could take the log's triggers away. */
  separateRoles: boolean;
}

/** Brings the configured database to this version's schema, and leaves it. See `migrateBackend`. */
export async function migrate(config: DatabaseConfig): Promise<Migrated> {
  const backend = await openBackend(config);
  try {
    return await migrateBackend(backend);
  } finally {
    await backend.close();
  }
}

/**
 * Runs the migrations that are missing and sets the run role's privileges, all in one transaction under a lock: of several
 * gateways that start at once one migrates, and the others find it done. None waits long for a table that is in use, or for whoever waits for it:
 * it gives way and tries again. A database that is ahead of this version is left as it is, or is a StartError where this version is too old for it.
 */
export async function migrateBackend(
  backend: Backend,
  movableClock?: DatabaseConfig["movableClock"],
): Promise<Migrated> {
  const runRole = backend.embedded || backend.guest ? EMBEDDED_RUN_ROLE : await roleOf(backend);
  const connections = new Connections(backend.owner);
  if (!backend.embedded && !backend.guest && (await isOthers(connections.kysely))) {
    await connections.close();
    return { applied: [], separateRoles: true };
  }
  const orm = await migratorOver(connections);
  try {
    await orm.migrator.getExecuted(); // Sets itself up on its own connection, of which there is one: not inside the transaction.
    for (let attempt = 1; ; attempt++)
      try {
        return await orm.em.getConnection().transactional(async (transaction) => {
          await sql`SELECT pg_advisory_xact_lock(${LOCK})`.execute(transaction);
          await sql.raw(`SET LOCAL lock_timeout = ${LOCK_MS}`).execute(transaction);
          return await migrateWithin(transaction, { backend, orm, runRole, movableClock });
        });
      } catch (error) {
        if (!stoodInTheWay(error)) throw error;
        if (attempt === ATTEMPTS) throw new StartError(HELD_UP, { cause: error });
        await sleep(PAUSE_MS * attempt);
      }
  } finally {
    await orm.close(true);
  }
}

/** Whether the schema is somebody else's, who has brought it up to this version's; a StartError where they have not. */
async function isOthers(kysely: Kysely<Tables>): Promise<boolean> {
  const { rows } = await sql<{ others: boolean }>`
    SELECT NOT pg_has_role(current_user, tableowner, 'MEMBER') AS others FROM pg_tables
    WHERE schemaname = 'public' AND tablename = 'schema_migration'`.execute(kysely);
  if (rows[0]?.others !== true) return false;
  const { rows: applied } = await sql<{ name: string }>`SELECT name FROM schema_migration`.execute(kysely);
  const lacking = MIGRATIONS.find(({ name }) => !applied.some((one) => one.name === name));
  if (lacking)
    throw new StartError(
      `The database lacks the migration ${lacking.name}, which this role may not run: run npm run migrate with MIGRATION_DATABASE_URL, the owner of the tables, first.`,
    );
  await kysely.transaction().execute(isNewer);
  return true;
}

interface Migrating {
  backend: Backend;
  orm: MikroORM;
  runRole: string;
  movableClock: DatabaseConfig["movableClock"];
}

async function migrateWithin(
  transaction: Transaction,
  { backend, orm, runRole, movableClock }: Migrating,
): Promise<Migrated> {
  // Newer gateways have set privileges for more tables than this version knows.
  if (await isNewer(transaction)) return { applied: [], separateRoles: await isLesser(transaction, backend, runRole) };
  const applied = backend.guest ? [] : await orm.migrator.up({ transaction });
  if (movableClock) await sql.raw(MOVABLE_CLOCK).execute(transaction);
  const separateRoles = await setPrivileges(transaction, backend, runRole);
  return { applied: applied.map(({ name }) => name), separateRoles };
}

/** Whether a migration could not have a table because others were using it, or because they and it waited for each other. */
function stoodInTheWay(error: unknown): boolean {
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  return code === "55P03" || code === "40P01" || (cause !== undefined && cause !== error && stoodInTheWay(cause));
}

async function migratorOver(connections: Connections): Promise<MikroORM> {
  return await MikroORM.init({
    driverOptions: connections.kysely,
    dbName: await createList(connections.kysely), // or the migrator would make one
    entities: [],
    discovery: { warnWhenNoEntities: false },
    ensureDatabase: false,
    extensions: [Migrator],
    migrations: {
      migrationsList: MIGRATIONS,
      tableName: "schema_migration",
      snapshot: false,
      silent: true,
      disableForeignKeys: false, // switching them off takes a superuser
    },
  });
}

/** Gives the database's name. The migrator makes this table too, but two that start at once would both try. */
async function createList(kysely: Kysely<Tables>): Promise<string> {
  return await kysely.transaction().execute(async (transaction) => {
    await sql`SELECT pg_advisory_xact_lock(${LOCK})`.execute(transaction);
    await sql`CREATE TABLE IF NOT EXISTS schema_migration (
      id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      name text NOT NULL,
      executed_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP)`.execute(transaction);
    const { rows } = await sql<{ name: string }>`SELECT current_database() AS name`.execute(transaction);
    return rows[0]?.name ?? "";
  });
}

/** Whether a newer version has migrated the database further; a StartError where that one no longer bears this version beside it. */
async function isNewer(transaction: QueryExecutorProvider): Promise<boolean> {
  const { rows } = await sql<{ name: string }>`SELECT name FROM schema_migration ORDER BY id`.execute(transaction);
  const known = (name: string) => MIGRATIONS.some((migration) => migration.name === name);
  const unknown = rows.find(({ name }) => !known(name));
  if (!unknown) return false;
  const { rows: there } =
    await sql`SELECT FROM pg_tables WHERE schemaname = 'public' AND tablename = 'schema_floor'`.execute(transaction);
  const floors =
    there.length === 0
      ? []
      : (await sql<{ migration: string }>`SELECT migration FROM schema_floor`.execute(transaction)).rows;
  const complete = MIGRATIONS.every(({ name }) => rows.some((row) => row.name === name));
  if (complete && floors[0] && known(floors[0].migration)) return true;
  throw new StartError(
    `The database has the migration ${unknown.name}, which this version of Rollcall does not know and cannot work beside: start the newer version that made it.`,
  );
}

async function roleOf(backend: Backend): Promise<string> {
  const connections = new Connections({ ...backend.runner, max: 1 });
  try {
    const { rows } = await sql<{ role: string }>`SELECT current_user AS role`.execute(connections.kysely);
    return rows[0]?.role ?? "";
  } finally {
    await connections.kysely.destroy();
  }
}

/** True where the run role is a lesser one. */
async function setPrivileges(transaction: QueryExecutorProvider, backend: Backend, role: string): Promise<boolean> {
  if (backend.guest) return true;
  if (backend.embedded) {
    const { rows } = await sql`SELECT FROM pg_roles WHERE rolname = ${role}`.execute(transaction);
    if (rows.length === 0) await sql.raw(`CREATE ROLE ${quoteName(role)} NOLOGIN`).execute(transaction);
  }
  if (!(await isLesser(transaction, backend, role))) return false;
  for (const statement of grantsFor(role)) await sql.raw(statement).execute(transaction);
  return true;
}

async function isLesser(transaction: QueryExecutorProvider, backend: Backend, role: string): Promise<boolean> {
  if (backend.guest) return true;
  const { rows } = await sql<{ lesser: boolean }>`
    SELECT NOT pg_has_role(${role}, current_user, 'MEMBER') AS lesser`.execute(transaction);
  return rows[0]?.lesser === true;
}
