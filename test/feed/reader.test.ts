import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LoggedRow } from "../../src/feed/change.ts";
import { readChanges, START } from "../../src/feed/reader.ts";
import { comparePositions, type Position } from "../../src/kernel/position.ts";
import { databaseKind, type FreshDatabase, freshDatabase, someCause } from "../support/database.ts";
import { seeded } from "../support/random.ts";
import { roleRow, userRow } from "../support/rows.ts";

const random = seeded("reader");

const ROUNDS = databaseKind === "postgres" ? 300 : 30;
const WRITERS = databaseKind === "postgres" ? 8 : 2;

let fresh: FreshDatabase;
beforeAll(async () => {
  fresh = await freshDatabase({ poolSize: WRITERS + 2 });
});
afterAll(() => fresh.close());

describe("The feed", () => {
  it("is read in pages that neither overlap nor leave anything out", async () => {
    const { reader } = fresh.database;
    await fresh.database.write(someCause, (tx) =>
      tx.sql
        .insertInto("role")
        .values(Array.from({ length: 7 }, () => roleRow()))
        .execute(),
    );
    await fresh.database.write(someCause, (tx) =>
      tx.sql.insertInto("user_account").values([userRow(), userRow()]).execute(),
    );
    const whole = await readChanges(reader, { after: START, limit: 1000 });
    const paged = [];
    let after: Position = START;
    for (;;) {
      const page = await readChanges(reader, { after, limit: 3 });
      if (page.length === 0) break;
      paged.push(...page);
      after = page.at(-1)?.position ?? after;
    }
    expect(paged).toEqual(whole);
    expect(whole.length).toBe(11);
    for (const [index, change] of whole.entries())
      if (index > 0) expect(comparePositions(whole[index - 1]?.position ?? START, change.position)).toBeLessThan(0);
  });

  it("ends at the position it is asked to, which may stand within a commit", async () => {
    const { position } = await fresh.database.write(someCause, (tx) =>
      tx.sql.insertInto("role").values([roleRow(), roleRow(), roleRow()]).execute(),
    );
    const after = { commit: position.commit - 1n };
    const { reader } = fresh.database;
    const ordinals = async (through: Position) =>
      (await readChanges(reader, { after, through, limit: 9 })).map((change) => change.position.ordinal);
    expect(await ordinals({ commit: position.commit, ordinal: 2 })).toEqual([1, 2]);
    expect(await ordinals(position)).toEqual([1, 2, 3]);
    expect(await ordinals(after)).toEqual([]);
  });

  it("can be narrowed to tables", async () => {
    const { position } = await fresh.database.write(someCause, async (tx) => {
      await tx.sql.insertInto("user_account").values(userRow()).execute();
      await tx.sql.insertInto("role").values(roleRow()).execute();
    });
    const found = await readChanges(fresh.database.reader, {
      after: { commit: position.commit - 1n },
      limit: 9,
      tables: ["role", "user_search"],
    });
    expect(found.map((change) => change.table)).toEqual(["role", "user_search"]);
  });

  it("is read from within a commit of many changes without going through those before", async () => {
    const many = 2_000;
    const { position } = await fresh.database.write(someCause, (tx) =>
      tx.sql
        .insertInto("role")
        .values(Array.from({ length: many }, () => roleRow()))
        .execute(),
    );
    await fresh.database.reader.transaction().execute(async (tx) => {
      const looked = async () =>
        (
          await sql<{ rows: number }>`SELECT (seq_tup_read + idx_tup_fetch)::integer AS rows
            FROM pg_stat_xact_user_tables WHERE relname = 'change'`.execute(tx)
        ).rows[0]?.rows ?? 0;
      const before = await looked();
      const page = await readChanges(tx, { after: { commit: position.commit, ordinal: many - 100 }, limit: 10 });
      expect(page.map((change) => change.position.ordinal)).toEqual(
        Array.from({ length: 10 }, (_, place) => many - 99 + place),
      );
      expect((await looked()) - before).toBeLessThanOrEqual(100);
    });
  });

  it(`and a page read under ${WRITERS} writers fold to what a fresh read gives, ${ROUNDS} times`, async () => {
    const { database } = fresh;
    const people = Array.from({ length: 12 }, () => userRow());
    await database.write(someCause, (tx) => tx.sql.insertInto("user_account").values(people).execute());
    let running = true;
    const writer = async () => {
      while (running) {
        const { id } = people[Math.floor(random() * people.length)] ?? userRow();
        const action = random();
        await database.write(someCause, async (tx) => {
          if (action < 0.1) await tx.sql.insertInto("user_account").values(userRow()).execute();
          else
            await tx.sql
              .updateTable("user_account")
              .set({ title: `${random()}` })
              .where("id", "=", id)
              .execute();
        });
      }
    };
    const writers = Array.from({ length: WRITERS }, writer);
    try {
      for (let round = 0; round < ROUNDS; round++) {
        const page = await snapshot();
        await new Promise((resolve) => setTimeout(resolve, random() * 10));
        const later = await snapshot();
        for (const change of await readChanges(database.reader, {
          after: page.position,
          through: later.position,
          limit: 100_000,
          tables: ["user_search"],
        }))
          page.rows.set(change.rowId, change.after?.title as string | null);
        expect(page.rows).toEqual(later.rows);
      }
    } finally {
      running = false;
      await Promise.all(writers);
    }
  });
});

/** A page and the position it was read at, in one statement and so in one snapshot. */
async function snapshot(): Promise<{ position: Position; rows: Map<string, string | null> }> {
  const found = await fresh.database.reader
    .selectFrom("user_search")
    .select(["user_id", "title"])
    .select((eb) => eb.selectFrom("feed_head").select("number").as("number"))
    .execute();
  const rows = new Map(found.map(({ user_id, title }) => [user_id, title as LoggedRow[string] as string | null]));
  return { position: { commit: found[0]?.number ?? 0n }, rows };
}
