import { isDeepStrictEqual } from "node:util";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { LoggedRow } from "../../src/feed/change.ts";
import { readChanges, START } from "../../src/feed/reader.ts";
import { databaseKind, type FreshDatabase, freshDatabase, someCause } from "../support/database.ts";
import { seeded } from "../support/random.ts";
import { roleRow, userRow } from "../support/rows.ts";

const random = seeded("order");

/** The embedded database has one session, so its transactions never overlap: a tenth shows as much. */
const [WRITERS, CHANGES] = databaseKind === "postgres" ? [16, 10_000] : [4, 1_000];

vi.setConfig({ testTimeout: 300_000 });

let fresh: FreshDatabase;
beforeAll(async () => {
  fresh = await freshDatabase({ poolSize: WRITERS });
});
afterAll(() => fresh.close());

/** What a row is after all changes to it; throws where a `before` is not what the change before it left. */
async function replay(table: string): Promise<Map<string, LoggedRow | null>> {
  const rows = new Map<string, LoggedRow | null>();
  const changes = await readChanges(fresh.database.reader, { after: START, limit: 1_000_000, tables: [table] });
  for (const change of changes) {
    const before = rows.get(change.rowId) ?? null;
    if (!isDeepStrictEqual(change.before, before)) expect(change.before).toEqual(before); // which is slow, and tells more
    rows.set(change.rowId, change.after);
  }
  return rows;
}

describe("Positions", () => {
  it.runIf(databaseKind === "postgres")(
    "follow the order of commits where transactions overlap on the same rows",
    async () => {
      const [a, b] = [roleRow(), roleRow()];
      const { database } = fresh;
      const { position: made } = await database.write(someCause, (tx) =>
        tx.sql.insertInto("role").values([a, b]).execute(),
      );
      // First writes a and is the older transaction; second writes b and commits while first still runs, then first writes b too.
      const secondDone = Promise.withResolvers<void>();
      const firstWrote = Promise.withResolvers<void>();
      const first = database.write(someCause, async (tx) => {
        await tx.sql.updateTable("role").set({ name: "first" }).where("id", "=", a.id).execute();
        firstWrote.resolve();
        await secondDone.promise;
        await tx.sql.updateTable("role").set({ name: "first" }).where("id", "=", b.id).execute();
      });
      await firstWrote.promise;
      const second = await database.write(someCause, (tx) =>
        tx.sql.updateTable("role").set({ name: "second" }).where("id", "=", b.id).execute(),
      );
      secondDone.resolve();
      const { position } = await first;
      expect([second.position.commit, position.commit]).toEqual([made.commit + 1n, made.commit + 2n]);
      const rows = await replay("role");
      expect([rows.get(a.id)?.name, rows.get(b.id)?.name]).toEqual(["first", "first"]);
    },
  );

  it(`chain every change of hot rows to the one before, under ${WRITERS} writers and ${CHANGES} changes`, async () => {
    const hot = Array.from({ length: 20 }, () => userRow());
    const { database } = fresh;
    await database.write(someCause, (tx) => tx.sql.insertInto("user_account").values(hot).execute());
    let left = CHANGES;
    const writer = async () => {
      while (left > 0) {
        const rows = [...hot].sort(() => random() - 0.5).slice(0, 1 + Math.floor(random() * 16));
        left -= rows.length;
        const ids = rows.map((row) => row.id);
        await database.write(someCause, (tx) =>
          sql`UPDATE user_account u SET version = version + 1, title = ${`title ${random()}`}
            FROM (SELECT id FROM user_account WHERE id = ANY (${ids}) ORDER BY id FOR UPDATE) locked
            WHERE u.id = locked.id`.execute(tx.sql),
        );
      }
    };
    await Promise.all(Array.from({ length: WRITERS }, writer));

    await replay("user_search");
    const replayed = await replay("user_account");
    const stored = await database.reader.selectFrom("user_account").select(["id", "version", "title"]).execute();
    for (const { id, version, title } of stored) expect(replayed.get(id)).toMatchObject({ version, title });
    expect(stored.reduce((sum, { version }) => sum + version - 1, 0)).toBe(CHANGES - left);

    const commits = await database.reader.selectFrom("commit").select(["number", "at"]).orderBy("number").execute();
    expect(commits.map((commit) => commit.number)).toEqual(commits.map((_, index) => BigInt(index + 1)));
    for (const [index, commit] of commits.entries())
      if (index > 0) expect(commit.at.getTime()).toBeGreaterThanOrEqual(commits[index - 1]?.at.getTime() ?? 0);
  });

  it("are told by the transaction itself, and are behind everything that it wrote", async () => {
    const user = userRow();
    const { position } = await fresh.database.write(someCause, (tx) =>
      tx.sql.insertInto("user_account").values(user).execute(),
    );
    expect(await fresh.database.head()).toEqual(position);
    const found = await readChanges(fresh.database.reader, {
      after: { commit: position.commit - 1n },
      through: position,
      limit: 10,
    });
    expect(found.map((change) => change.table)).toEqual(["user_account", "user_search"]);
    expect(await readChanges(fresh.database.reader, { after: position, limit: 10 })).toEqual([]);
  });
});
