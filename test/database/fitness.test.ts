import { sql } from "kysely";
import pg from "pg";
import { afterEach, expect, it, vi } from "vitest";
import { fitnessOf } from "../../src/database/fitness.ts";
import { databaseForTest, databaseKind, directoryForTest, someCause } from "../support/database.ts";

afterEach(() => vi.useRealTimers());

/** What the owner of the tables does to it, while the gateway has it open. */
async function asOwner(config: pg.ClientConfig, statement: string): Promise<void> {
  const client = new pg.Client(config);
  await client.connect();
  await client.query(statement);
  await client.end();
}

it("A database that takes the gateway's work has nothing to warn of", async () => {
  const { database } = await databaseForTest();
  expect(await fitnessOf(database, directoryForTest())).toEqual([]);
});

it("A database that lacks a migration is not fit, and the migration is named", async () => {
  const { database, owner } = await databaseForTest();
  await asOwner(owner, "DELETE FROM schema_migration WHERE name = '0020-mail'");
  await expect(fitnessOf(database)).rejects.toMatchObject({
    name: "Unfit",
    message: expect.stringContaining("0020-mail"),
  });
});

it.runIf(databaseKind === "postgres")("A database that takes no writes is not fit", async () => {
  const { database, owner } = await databaseForTest();
  const { rows } = await sql<{ name: string }>`SELECT current_database() AS name`.execute(database.reader);
  await asOwner(owner, `ALTER DATABASE ${rows[0]?.name} SET default_transaction_read_only = on`);
  const { rows: sessions } = await sql<{ pid: number }>`SELECT pg_backend_pid() AS pid`.execute(database.reader);
  await asOwner(owner, `SELECT pg_terminate_backend(${sessions[0]?.pid})`);
  await expect.poll(() => fitnessOf(database).catch((error: Error) => error.message)).toContain("read-only");
});

it("Clocks that are far apart are warned of", async () => {
  const { database } = await databaseForTest();
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 3_600_000 });
  expect(await fitnessOf(database)).toEqual([expect.stringMatching(/^The clocks .* are (3599|36\d\d) s apart\.$/)]);
});

it("An audit log that is not sealed is warned of", async () => {
  const { database } = await databaseForTest();
  await database.write(someCause, async (tx) => {
    await sql`INSERT INTO role (id, key, name, created_at, updated_at)
      VALUES (gen_random_uuid(), 'unsealed', 'Unsealed', ${tx.now}, ${tx.now})`.execute(tx.sql);
  });
  database.moveClock("10 minutes");
  expect(await fitnessOf(database)).toEqual([expect.stringContaining("not being sealed")]);
});

it("Tables that can be written past the log are warned of", async () => {
  const { database, owner } = await databaseForTest();
  await asOwner(owner, "ALTER TABLE role DISABLE TRIGGER capture_update");
  expect(await fitnessOf(database)).toEqual([expect.stringMatching(/past the log.*: role\.$/)]);
});

it("A disk that is full is warned of until a write goes through again", async () => {
  const { database, owner } = await databaseForTest();
  await asOwner(
    owner,
    `CREATE FUNCTION no_space() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$;
    CREATE TRIGGER no_space BEFORE INSERT ON role EXECUTE FUNCTION no_space()`,
  );
  const write = () =>
    database.write(someCause, async (tx) => {
      await sql`INSERT INTO role (id, key, name, created_at, updated_at)
        VALUES (gen_random_uuid(), 'spacious', 'Spacious', ${tx.now}, ${tx.now})`.execute(tx.sql);
    });
  await expect(write()).rejects.toThrow();
  expect(await fitnessOf(database)).toEqual([expect.stringContaining("disk is full")]);
  await asOwner(owner, "DROP TRIGGER no_space ON role");
  await write();
  expect(await fitnessOf(database)).toEqual([]);
});
