import { sql } from "kysely";
import pg from "pg";
import { describe, expect, it } from "vitest";
import { HIDDEN_COLUMNS } from "../../src/database/captured-tables.ts";
import type { Database } from "../../src/database/database.ts";
import { compareTables } from "../../src/feed/table-comparison.ts";
import { databaseForTest, type FreshDatabase } from "../support/database.ts";
import { emailRow, roleRow, userRow } from "../support/rows.ts";
import { causeOf, mixedWrites, sealAll, someKeys, unseen } from "../support/sealing.ts";

const keys = someKeys();

/** A value of each type of column, as SQL. */
const VALUES: Readonly<Record<string, string>> = {
  uuid: "gen_random_uuid()",
  text: "gen_random_uuid()::text",
  "text[]": "'{x}'",
  "uuid[]": "ARRAY[gen_random_uuid()]",
  bytea: "sha256(gen_random_uuid()::text::bytea)",
  "bytea[]": "ARRAY['x'::bytea]",
  boolean: "true",
  integer: "1",
  bigint: "1",
  smallint: "1",
  "double precision": "1",
  date: "'2026-01-05'",
  jsonb: "'{}'",
};

/**
 * Rows in every captured table, told by a commit of a person's: with nothing but what must be there, with all that may be there, and with
 * each of the ids that may be there alone. What a row must be beside that (keys of others, checks) is not asked. Gives the tables' names.
 */
async function fillEveryTable({ owner }: FreshDatabase): Promise<string[]> {
  const client = new pg.Client(owner);
  await client.connect();
  try {
    await client.query("SET session_replication_role = replica");
    await client.query(`DO $$ DECLARE one record; BEGIN
      FOR one IN SELECT conrelid::regclass AS of_table, conname FROM pg_constraint WHERE contype = 'c' AND connamespace = 'public'::regnamespace
        AND NOT EXISTS (SELECT FROM pg_class WHERE oid = conrelid AND relispartition)
      LOOP EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', one.of_table, one.conname); END LOOP; END $$`);
    const { rows: tables } = await client.query<{
      name: string;
      columns: Record<"name" | "type", string>[];
      may: string[];
    }>(`
      SELECT c.relname AS name, json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, NULL)) ORDER BY a.attnum) AS columns,
        array_agg(a.attname::text) FILTER (WHERE NOT a.attnotnull) AS may
      FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid AND t.tgname = 'capture_insert' AND c.relname <> 'user_search'
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attidentity = '' AND a.attgenerated = ''
      GROUP BY c.relname ORDER BY c.relname`);
    for (const { name, columns, may } of tables) {
      const must = columns.filter((column) => !may?.includes(column.name));
      const ids = columns.filter((column) => may?.includes(column.name) && column.type === "uuid");
      await client.query("BEGIN");
      await client.query("SELECT set_config('rollcall.cause', $1, true)", [JSON.stringify(causeOf(`${name}.filled`))]);
      for (const filled of [must, columns, ...ids.map((one) => [...must, one])])
        await client.query(
          `INSERT INTO ${name} (${filled.map((column) => `"${column.name}"`).join(", ")})
          VALUES (${filled.map(({ type }) => VALUES[type] ?? "now()").join(", ")}) ON CONFLICT DO NOTHING`,
        );
      await client.query("COMMIT");
    }
    return tables.map(({ name }) => name);
  } finally {
    await client.end();
  }
}

/** What is found in the tables themselves, without what is derived from them. */
const ofTables = async (database: Database) =>
  (await compareTables(database.reader, keys)).discrepancies.filter(({ table }) => table !== "user_search");

/** Another value of each type than `VALUES` has. */
const OTHERS: Readonly<Record<string, string>> = { ...VALUES, "bytea[]": "ARRAY['y'::bytea]", jsonb: `'{"other": 1}'` };

describe("Comparing the tables with the log", () => {
  it("finds every row of every captured table, whomever its events are about", async () => {
    const fresh = await databaseForTest();
    const { database } = fresh;
    const tables = await fillEveryTable(fresh);
    for (const name of tables) {
      const { rows } = await sql`SELECT FROM ${sql.table(name)} LIMIT 1`.execute(database.reader);
      expect(rows, name).toHaveLength(1);
    }
    const unsealed = await compareTables(database.reader, keys);
    expect(unsealed).toMatchObject({ discrepancies: [], unreadable: 0 });
    expect(unsealed.rows).toBeGreaterThanOrEqual(tables.length);
    await sealAll(database, keys);
    expect(await compareTables(database.reader, keys)).toEqual(unsealed);

    const { rows } = await sql<{ name: string; column: string; type: string }>`
      SELECT c.relname AS name, a.attname AS column, format_type(a.atttypid, NULL) AS type FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
      WHERE c.relname = ANY (${Object.keys(HIDDEN_COLUMNS)}::text[]) AND a.attnum > 0`.execute(database.reader);
    for (const [table, columns] of Object.entries(HIDDEN_COLUMNS)) {
      const set = rows
        .filter(({ name, column }) => name === table && columns?.includes(column))
        .map(({ column, type }) => `${column} = ${OTHERS[type]}`);
      await unseen(fresh, table, `UPDATE ${table} SET ${set.join(", ")}`);
    }
    const found = (await ofTables(database)).map(({ table, columns }) => [table, [...columns].sort()]);
    expect(Object.fromEntries(found)).toEqual(
      Object.fromEntries(
        Object.entries(HIDDEN_COLUMNS).map(([table, columns]) => [table, [...(columns ?? [])].sort()]),
      ),
    );

    // A gateway of before knows no digests: what it has sealed says nothing of what a hidden column became.
    await database.write(causeOf("service_token.rotated"), (tx) =>
      sql`UPDATE service_token SET hash = sha256(id::text::bytea), previous_hash = hash`.execute(tx.sql),
    );
    await unseen(fresh, "change", "UPDATE change SET digests = NULL WHERE table_name = 'service_token'");
    await sealAll(database, keys);
    expect((await ofTables(database)).map(({ table }) => table)).not.toContain("service_token");
  });

  it("finds search rows that were changed, made and removed unseen, and none while what a role brings to many trails behind it", async () => {
    const fresh = await databaseForTest();
    const { database } = fresh;
    await mixedWrites(database, 40);
    const [changed, removed] = [userRow(), userRow()];
    await database.write(causeOf("user.created"), (tx) =>
      tx.sql.insertInto("user_account").values([changed, removed]).execute(),
    );
    expect(await compareTables(database.reader, keys)).toMatchObject({ discrepancies: [] });
    const ghost = userRow();
    for (const statement of [
      `UPDATE user_search SET title = 'Intruder', role_keys = '{admin}' WHERE user_id = '${changed.id}'`,
      `INSERT INTO user_search SELECT * FROM jsonb_populate_record(NULL::user_search, (SELECT to_jsonb(s) || '{"user_id": "${ghost.id}"}' FROM user_search s WHERE user_id = '${changed.id}'))`,
      `DELETE FROM user_search WHERE user_id = '${removed.id}'`,
    ])
      await unseen(fresh, "user_search", statement);
    const { discrepancies } = await compareTables(database.reader, keys);
    const table = "user_search";
    expect(discrepancies).toHaveLength(3);
    expect(discrepancies).toEqual(
      expect.arrayContaining([
        { table, rowId: changed.id, kind: "CHANGED", columns: expect.arrayContaining(["title", "role_keys"]) },
        { table, rowId: ghost.id, kind: "UNKNOWN", columns: [] },
        { table, rowId: removed.id, kind: "MISSING", columns: [] },
      ]),
    );
    await unseen(fresh, "trail_person", `INSERT INTO trail_person VALUES ('${changed.id}', 1)`);
    expect((await compareTables(database.reader, keys)).discrepancies).toHaveLength(2);
  });

  it("finds nothing where every write was logged, sealed or not", async () => {
    const { database } = await databaseForTest();
    await mixedWrites(database, 60);
    const before = await compareTables(database.reader, keys);
    expect(before).toMatchObject({ discrepancies: [], unreadable: 0 });
    expect(before.rows).toBeGreaterThan(20);
    await sealAll(database, keys);
    expect(await compareTables(database.reader, keys)).toEqual(before);
    await mixedWrites(database, 30);
    expect(await compareTables(database.reader, keys)).toMatchObject({ discrepancies: [] });
  });

  it("names rows that were changed, made and removed unseen, and the columns", async () => {
    const fresh = await databaseForTest();
    const { database } = fresh;
    const [changed, renumbered, removed] = [userRow(), userRow(), userRow()];
    const returned = userRow();
    const mail = emailRow(changed.id);
    await database.write(causeOf("user.created"), async (tx) => {
      await tx.sql.insertInto("user_account").values([changed, renumbered, removed]).execute();
      await tx.sql.insertInto("user_email").values(mail).execute();
    });
    const insert = () =>
      database.write(causeOf("user.created"), (tx) => tx.sql.insertInto("user_account").values(returned).execute());
    await insert();
    await database.write(causeOf("user.removed"), (tx) =>
      tx.sql.deleteFrom("user_account").where("id", "=", returned.id).execute(),
    );
    await insert();
    await sealAll(database, keys);
    const made = userRow();
    await unseen(fresh, "user_account", `UPDATE user_account SET title = 'Intruder' WHERE id = '${changed.id}'`);
    await unseen(fresh, "user_account", `UPDATE user_account SET version = 9 WHERE id = '${renumbered.id}'`);
    await unseen(fresh, "user_account", `DELETE FROM user_account WHERE id IN ('${removed.id}', '${returned.id}')`);
    await unseen(
      fresh,
      "user_account",
      `INSERT INTO user_account (id, username, display_name, status, status_changed_at, source, created_at, updated_at)
      VALUES ('${made.id}', 'intruder', 'Intruder', 'ACTIVE', now(), 'LOCAL', now(), now())`,
    );
    await unseen(fresh, "user_email", `UPDATE user_email SET value = 'intruder@example.org' WHERE id = '${mail.id}'`);
    const discrepancies = await ofTables(database);
    const expected = [
      { table: "user_account", rowId: changed.id, kind: "CHANGED", columns: ["title"] },
      { table: "user_account", rowId: renumbered.id, kind: "CHANGED", columns: ["version"] },
      { table: "user_account", rowId: made.id, kind: "UNKNOWN", columns: [] },
      { table: "user_account", rowId: removed.id, kind: "MISSING", columns: [] },
      { table: "user_account", rowId: returned.id, kind: "MISSING", columns: [] },
      { table: "user_email", rowId: mail.id, kind: "CHANGED", columns: ["value"] },
    ];
    expect(discrepancies).toHaveLength(expected.length);
    expect(discrepancies).toEqual(expect.arrayContaining(expected));
  });

  it("counts the rows of subjects whose key was destroyed, and does not hold them for forged", async () => {
    const { database } = await databaseForTest();
    const [erased, kept] = [userRow(), userRow()];
    await database.write(causeOf("user.created"), (tx) =>
      tx.sql.insertInto("user_account").values([erased, kept]).execute(),
    );
    await sealAll(database, keys);
    await database.reader.selectNoFrom((eb) => eb.fn("destroy_subject_key", [eb.val(erased.id)]).as("done")).execute();
    expect(await compareTables(database.reader, keys)).toEqual({
      rows: 2,
      unreadable: 1,
      untold: 0,
      uncaptured: [],
      discrepancies: [],
    });
  });

  it("finds what was written to a table whose triggers were dropped or renamed, and that it can be written unseen", async () => {
    const fresh = await databaseForTest();
    const { database, owner } = fresh;
    const [user, role] = [userRow(), roleRow()];
    await database.write(causeOf("user.created"), async (tx) => {
      await tx.sql.insertInto("user_account").values(user).execute();
      await tx.sql.insertInto("role").values(role).execute();
    });
    expect(await compareTables(database.reader, keys)).toMatchObject({ uncaptured: [], discrepancies: [] });
    const client = new pg.Client(owner);
    await client.connect();
    for (const operation of ["insert", "update", "delete"]) {
      await client.query(`DROP TRIGGER capture_${operation} ON user_account`);
      await client.query(`ALTER TRIGGER capture_${operation} ON role RENAME TO kept_${operation}`);
    }
    await client.query("ALTER TABLE session ENABLE REPLICA TRIGGER capture_delete");
    await client.query("UPDATE user_account SET title = 'Intruder'");
    await client.query("ALTER TABLE role DISABLE TRIGGER kept_update");
    await client.query("UPDATE role SET name = 'Intruder'");
    await client.end();
    expect((await compareTables(database.reader, keys)).uncaptured).toEqual(["role", "session", "user_account"]);
    expect(await ofTables(database)).toEqual([
      { table: "role", rowId: role.id, kind: "CHANGED", columns: ["name"] },
      { table: "user_account", rowId: user.id, kind: "CHANGED", columns: ["title"] },
    ]);
  });
});
