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
 * gateways that start at once one migrates, and the others find it done. A database that is ahead of this version is a StartError.
 */
export async function migrateBackend(
  backend: Backend,
  movableClock?: DatabaseConfig["movableClock"],
): Promise<Migrated> {
  const runRole = backend.embedded || backend.guest ? EMBEDDED_RUN_ROLE : await roleOf(backend);
  const connections = new Connections(backend.owner);
  const orm = await migratorOver(connections);
  try {
    const migrator = orm.migrator;
    await migrator.getExecuted(); // Sets itself up on its own connection, of which there is one: not inside the transaction.
    return await orm.em.getConnection().transactional(async (transaction) => {
      await sql`SELECT pg_advisory_xact_lock(${LOCK})`.execute(transaction);
      await refuseNewer(transaction);
      const applied = backend.guest ? [] : await migrator.up({ transaction });
      if (movableClock) await sql.raw(MOVABLE_CLOCK).execute(transaction);
      return {
        applied: applied.map(({ name }) => name),
        separateRoles: await setPrivileges(transaction, backend, runRole),
      };
    });
  } finally {
    await orm.close(true);
  }
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

async function refuseNewer(transaction: QueryExecutorProvider): Promise<void> {
  const { rows } = await sql<{ name: string }>`SELECT name FROM schema_migration ORDER BY id`.execute(transaction);
  const unknown = rows.find(({ name }) => !MIGRATIONS.some((migration) => migration.name === name));
  if (!unknown) return;
  throw new StartError(
    `The database has the migration ${unknown.name}, which this version of Rollcall does not know: start the newer version that made it.`,
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
  const { rows } = await sql<{ lesser: boolean }>`
    SELECT NOT pg_has_role(${role}, current_user, 'MEMBER') AS lesser`.execute(transaction);
  if (rows[0]?.lesser !== true) return false;
  for (const statement of grantsFor(role)) await sql.raw(statement).execute(transaction);
  return true;
}
