import { sql } from "kysely";
import { describe, expect, it } from "vitest";
import { readChanges, START } from "../../src/feed/reader.ts";
import { advanceVersions } from "../../src/feed/versions.ts";
import { databaseForTest } from "../support/database.ts";
import { unitRow, userRow } from "../support/rows.ts";
import { causeOf, mixedWrites } from "../support/sealing.ts";

describe("Versions of people", () => {
  it("are at every commit what the log's changes up to it fold to, in batches of any size", async () => {
    const { database } = await databaseForTest();
    for (const size of [1, 3, 1_000]) {
      await mixedWrites(database, 25);
      while (await advanceVersions(database.reader, size));
    }
    const changes = await readChanges(database.reader, { after: START, limit: 100_000, tables: ["user_search"] });
    const state = new Map<string, unknown>();
    for (const { commit, rowId, after, position } of changes) {
      if (after) state.set(rowId, after);
      else state.delete(rowId);
      const last = changes.findLast((other) => other.commit.number === commit.number);
      if (last?.position.ordinal !== position.ordinal) continue;
      const { rows } = await sql<{ user_id: string; image: Record<string, unknown> }>`
        SELECT user_id, to_jsonb(v) AS image FROM user_version v
        WHERE int8range(from_commit, to_commit) @> ${commit.number}::bigint`.execute(database.reader);
      expect(rows.map(({ user_id }) => user_id).sort()).toEqual([...state.keys()].sort());
      for (const { user_id, image } of rows)
        for (const column of ["title", "status", "org_unit_id", "unit_path", "role_grants", "words", "email"])
          expect(image[column]).toEqual((state.get(user_id) as Record<string, unknown>)[column]);
    }
  });

  it("have the columns of the search row behind their own, in its order", async () => {
    const { database } = await databaseForTest();
    const columns = async (table: string) => {
      const { rows } = await sql<{ column: string }>`
        SELECT attname || ' ' || format_type(atttypid, atttypmod) AS column FROM pg_attribute
        WHERE attrelid = ${table}::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`.execute(
        database.reader,
      );
      return rows.map(({ column }) => column);
    };
    expect((await columns("user_version")).slice(5)).toEqual(await columns("user_search"));
  });

  it("tell where somebody stood at a commit, before the versions are written and after, units left and entered both", async () => {
    const { database } = await databaseForTest();
    const [from, to] = [unitRow(), unitRow()];
    const user = userRow({ org_unit_id: from.id });
    await database.write(causeOf("directory.arranged"), (tx) =>
      tx.sql.insertInto("org_unit").values([from, to]).execute(),
    );
    const made = await database.write(causeOf("user.created"), (tx) =>
      tx.sql.insertInto("user_account").values(user).execute(),
    );
    const renamed = await database.write(causeOf("role.created"), (tx) =>
      tx.sql.updateTable("org_unit").set({ name: "Other" }).execute(),
    );
    const moved = await database.write(causeOf("user.moved"), (tx) =>
      tx.sql.updateTable("user_account").set({ org_unit_id: to.id }).execute(),
    );
    const gone = await database.write(causeOf("user.removed"), (tx) => tx.sql.deleteFrom("user_account").execute());
    const placeAt = async (commit: bigint) => {
      const { rows } = await sql<{
        unit_id: string;
        unit_path: string[];
      }>`SELECT * FROM place_at(${user.id}, ${commit})`.execute(database.reader);
      return rows;
    };
    const places = () => Promise.all([made, renamed, moved, gone].map(({ position }) => placeAt(position.commit)));
    const expected = [
      [{ unit_id: from.id, unit_path: [from.id] }],
      [{ unit_id: from.id, unit_path: [from.id] }],
      [{ unit_id: to.id, unit_path: [from.id, to.id].sort() }],
      [{ unit_id: to.id, unit_path: [to.id] }],
    ];
    expect(await placeAt(made.position.commit - 1n)).toEqual([]);
    expect(await places()).toEqual(expected);
    const begun = async () =>
      (await sql`SELECT first_at FROM version_head`.execute(database.reader)).rows as { first_at: Date | null }[];
    expect(await begun()).toEqual([{ first_at: null }]);
    while (await advanceVersions(database.reader, 1)) expect(await places()).toEqual(expected);
    expect(await places()).toEqual(expected);
    // It is known without a look at all versions.
    const earliest = await sql`SELECT min(valid_from) AS first_at FROM user_version`.execute(database.reader);
    expect(await begun()).toEqual(earliest.rows);
  });
});
