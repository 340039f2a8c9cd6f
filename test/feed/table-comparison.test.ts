import pg from "pg";
import { describe, expect, it } from "vitest";
import { compareTables } from "../../src/feed/table-comparison.ts";
import { databaseForTest, type FreshDatabase } from "../support/database.ts";
import { emailRow, userRow } from "../support/rows.ts";
import { causeOf, mixedWrites, sealAll, someKeys } from "../support/sealing.ts";

const keys = someKeys();

/** Writes as a superuser who has switched the capture off. */
async function unseen({ owner }: FreshDatabase, table: string, statement: string): Promise<void> {
  const client = new pg.Client(owner);
  await client.connect();
  try {
    for (const one of [
      `ALTER TABLE ${table} DISABLE TRIGGER USER`,
      statement,
      `ALTER TABLE ${table} ENABLE TRIGGER USER`,
    ])
      await client.query(one);
  } finally {
    await client.end();
  }
}

describe("Comparing the tables with the log", () => {
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
    const mail = emailRow(changed.id);
    await database.write(causeOf("user.created"), async (tx) => {
      await tx.sql.insertInto("user_account").values([changed, renumbered, removed]).execute();
      await tx.sql.insertInto("user_email").values(mail).execute();
    });
    await sealAll(database, keys);
    const made = userRow();
    await unseen(fresh, "user_account", `UPDATE user_account SET title = 'Intruder' WHERE id = '${changed.id}'`);
    await unseen(fresh, "user_account", `UPDATE user_account SET version = 9 WHERE id = '${renumbered.id}'`);
    await unseen(fresh, "user_account", `DELETE FROM user_account WHERE id = '${removed.id}'`);
    await unseen(
      fresh,
      "user_account",
      `INSERT INTO user_account (id, username, display_name, status, status_changed_at, source, created_at, updated_at)
      VALUES ('${made.id}', 'intruder', 'Intruder', 'ACTIVE', now(), 'LOCAL', now(), now())`,
    );
    await unseen(fresh, "user_email", `UPDATE user_email SET value = 'intruder@example.org' WHERE id = '${mail.id}'`);
    const { discrepancies } = await compareTables(database.reader, keys);
    const expected = [
      { table: "user_account", rowId: changed.id, kind: "CHANGED", columns: ["title"] },
      { table: "user_account", rowId: renumbered.id, kind: "CHANGED", columns: ["version"] },
      { table: "user_account", rowId: made.id, kind: "UNKNOWN", columns: [] },
      { table: "user_account", rowId: removed.id, kind: "MISSING", columns: [] },
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
      discrepancies: [],
    });
  });
});
