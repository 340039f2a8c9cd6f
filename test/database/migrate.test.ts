import { sql } from "kysely";
import pg from "pg";
import { afterEach, describe, expect, it } from "vitest";
import type { DatabaseConfig } from "../../src/database/config.ts";
import { openDatabase } from "../../src/database/database.ts";
import { migrate } from "../../src/database/migrate.ts";
import { MIGRATIONS } from "../../src/database/migrations/list.ts";
import {
  databaseKind,
  directoryForTest,
  embeddedTemplate,
  emptyServerDatabase,
  someCause,
} from "../support/database.ts";

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** The configuration of a database in which nothing is. */
async function emptyDatabase(): Promise<DatabaseConfig> {
  if (databaseKind === "embedded") return { kind: "embedded", dataDir: directoryForTest(), statementTimeoutMs: 60_000 };
  const { config, drop } = await emptyServerDatabase();
  closers.push(drop);
  return config;
}

const names = MIGRATIONS.map((migration) => migration.name);

describe("Migrating", () => {
  it("an empty database runs every migration in order, and then none", async () => {
    const config = await emptyDatabase();
    expect(await migrate(config)).toEqual({ applied: names, separateRoles: true });
    expect(await migrate(config)).toEqual({ applied: [], separateRoles: true });
  });

  /** Leaves a migrated database as a newer version would: with a migration of its own, and what it says of older versions. */
  async function aheadBy(statements: readonly string[]): Promise<DatabaseConfig> {
    const empty = await emptyDatabase();
    const config = empty.kind === "embedded" ? { ...empty, template: await embeddedTemplate() } : empty;
    const database = await openDatabase(config);
    const client = new pg.Client(database.connectionConfig.owner);
    await client.connect();
    for (const statement of statements) await client.query(statement);
    await client.end();
    await database.close();
    return config;
  }
  const FUTURE = "INSERT INTO schema_migration (name) VALUES ('9999-from-the-future')";

  it("leaves a database that a newer version has migrated as it is, and works beside that version", async () => {
    const config = await aheadBy([
      FUTURE,
      "CREATE TABLE newer (id integer)",
      `GRANT INSERT ON newer TO ${databaseKind === "embedded" ? "rollcall_run" : "rollcall_test_run"}`,
    ]);
    const database = await openDatabase(config);
    const { rows } = await sql<{ kept: boolean }>`SELECT has_table_privilege('newer', 'INSERT') AS kept`.execute(
      database.reader,
    );
    expect(rows).toEqual([{ kept: true }]);
    await database.write(someCause, async () => undefined);
    await database.close();
  });

  it("refuses a database whose floor it is too old for, and names what it does not know", async () => {
    const config = await aheadBy([FUTURE, "UPDATE schema_floor SET migration = '9999-from-the-future'"]);
    await expect(openDatabase(config)).rejects.toMatchObject({
      name: "StartError",
      message: expect.stringContaining("9999-from-the-future"),
    });
  });

  it.runIf(databaseKind === "postgres")("is left to the owner where a gateway knows only the lesser role", async () => {
    const config = await emptyDatabase();
    if (config.kind !== "postgres") return;
    const lesser: DatabaseConfig = { ...config, migrationUrl: undefined, movableClock: undefined };
    await migrate(config);
    expect(await migrate(lesser)).toEqual({ applied: [], separateRoles: true });
    const client = new pg.Client({ connectionString: config.migrationUrl });
    await client.connect();
    await client.query("DELETE FROM schema_migration WHERE name = '0028-schema-floor'");
    await client.end();
    await expect(migrate(lesser)).rejects.toMatchObject({
      name: "StartError",
      message: expect.stringContaining("0028-schema-floor"),
    });
  });

  it.runIf(databaseKind === "postgres")("gives way to whoever uses a table, and is done when they are", async () => {
    const config = await emptyDatabase();
    if (config.kind !== "postgres") return;
    await migrate(config);
    const client = new pg.Client({ connectionString: config.migrationUrl });
    await client.connect();
    // As if the last migration had still to come; a GRANT waits for nobody, DROP TABLE for every reader.
    await client.query("DROP TABLE schema_floor; DELETE FROM schema_migration WHERE name = '0028-schema-floor'");
    await client.query("CREATE TABLE held (); BEGIN; LOCK TABLE pg_class IN EXCLUSIVE MODE");
    const migrating = migrate(config);
    const waits = async () =>
      (await client.query("SELECT FROM pg_locks WHERE NOT granted AND relation = 'pg_class'::regclass")).rowCount;
    await expect.poll(waits, { timeout: 20_000 }).toBe(1);
    await expect.poll(waits, { timeout: 20_000, interval: 10 }).toBe(0);
    await client.query("COMMIT");
    await client.end();
    expect((await migrating).applied).toEqual(["0028-schema-floor"]);
  });

  it.runIf(databaseKind === "postgres")(
    "gives way to a write that waits for it while it waits for the write",
    async () => {
      const config = await emptyDatabase();
      if (config.kind !== "postgres") return;
      await migrate(config);
      const client = new pg.Client({ connectionString: config.migrationUrl });
      await client.connect();
      await client.query("DROP TABLE schema_floor; DELETE FROM schema_migration WHERE name = '0028-schema-floor'");
      // Who waits for longer than this looks for a deadlock, and ends its own transaction: the migration, sooner than it would give way.
      const { rows } = await client.query("SELECT current_database() AS name");
      await client.query(`ALTER DATABASE ${rows[0].name} SET deadlock_timeout = '2s'; SET deadlock_timeout = '10min'`);
      await client.query("BEGIN; LOCK TABLE pg_class IN EXCLUSIVE MODE");
      const migrating = migrate(config);
      const waits = async () =>
        (await client.query("SELECT FROM pg_locks WHERE NOT granted AND relation = 'pg_class'::regclass")).rowCount;
      await expect.poll(waits, { timeout: 20_000, interval: 10 }).toBe(1);
      // Whoever migrates holds this one.
      await client.query("SELECT pg_advisory_xact_lock(7260313301)");
      await client.query("COMMIT");
      await client.end();
      expect((await migrating).applied).toEqual(["0028-schema-floor"]);
    },
  );

  it.runIf(databaseKind === "postgres")("by two gateways that start at once is done by one of them", async () => {
    const config = await emptyDatabase();
    const results = await Promise.all([migrate(config), migrate(config), migrate(config)]);
    expect(results.map((result) => result.applied.length).sort()).toEqual([0, 0, names.length].sort());
  });

  it.runIf(databaseKind === "postgres")(
    "by the role that the gateway runs as is said, since nothing is kept from an owner",
    async () => {
      const config = await emptyDatabase();
      if (config.kind !== "postgres") return;
      const single = { ...config, url: config.migrationUrl ?? config.url, migrationUrl: undefined };
      expect((await migrate(single)).separateRoles).toBe(false);
      const database = await openDatabase(single);
      expect(database.separateRoles).toBe(false);
      await database.close();
    },
  );
});

describe.runIf(databaseKind === "postgres")("A server that cannot be used is told in one line", () => {
  const address = new URL(process.env.TEST_DATABASE_URL || "postgres://localhost");
  const at = (change: Partial<URL>): DatabaseConfig => {
    const url = Object.assign(new URL(address), change);
    return { kind: "postgres", url: url.toString(), poolSize: 1, statementTimeoutMs: 1000 };
  };

  it.each([
    ["it does not run", { port: "1" }, "ECONNREFUSED"],
    ["it has no such database", { pathname: "/rollcall_nowhere" }, "there is no such database"],
  ])("where %s", async (_, change, reason) => {
    const failed = openDatabase(at(change));
    await expect(failed).rejects.toMatchObject({ name: "StartError", message: expect.stringContaining(reason) });
    const { message } = (await failed.catch((error) => error)) as Error;
    expect(message).not.toContain("\n");
    expect(message).toContain("DATABASE_URL");
  });
});
