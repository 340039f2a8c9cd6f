import { isDeepStrictEqual } from "node:util";
import { sql } from "kysely";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { type Database, openDatabase } from "../../src/database/database.ts";
import type { Change, LoggedRow } from "../../src/feed/change.ts";
import { type Batch, FeedFollower } from "../../src/feed/follower.ts";
import { readChanges, START } from "../../src/feed/reader.ts";
import type { Position } from "../../src/kernel/position.ts";
import { databaseForTest, databaseKind, someCause } from "../support/database.ts";
import { asOwner } from "../support/owner.ts";
import { seeded } from "../support/random.ts";
import { rounds } from "../support/rounds.ts";
import { roleRow, userRow } from "../support/rows.ts";
import { mixedWrites } from "../support/sealing.ts";

const random = seeded("follower");

/** The embedded database has one session, so its transactions never overlap: a tenth shows as much. */
const [WRITERS, CHANGES] = databaseKind === "postgres" ? [16, rounds(3_000, 100_000)] : [4, rounds(500, 10_000)];

vi.setConfig({ testTimeout: 1_800_000 });

async function followerOf(database: Database): Promise<FeedFollower> {
  const follower = await new FeedFollower(database, (error) => {
    throw error;
  }).start();
  onTestFinished(() => follower.stop());
  return follower;
}

const write = (database: Database, rows = 1) =>
  database.write(someCause, (tx) =>
    tx.sql
      .insertInto("role")
      .values(Array.from({ length: rows }, () => roleRow()))
      .execute(),
  );

/** Everything behind a position up to another, as a reader of the follower gets it, in batches that `look` may look at. */
async function collect(
  follower: FeedFollower,
  after: Position,
  until: (changes: readonly Change[], through: Position) => boolean,
  pause?: () => Promise<void>,
): Promise<Change[]> {
  const reading = new AbortController();
  const changes: Change[] = [];
  for await (const batch of follower.read(after, { signal: reading.signal, idleMs: 60_000 })) {
    expect(batch.expired).toBeUndefined();
    changes.push(...batch.changes);
    await pause?.();
    if (until(changes, batch.through)) reading.abort();
  }
  return changes;
}

/** A value as JSON has it, whichever way an instant is spelt. */
const plain = (value: unknown): unknown =>
  typeof value === "string" && /^\d{4}-\d\d-\d\dT.*(?:Z|[+-]\d\d:\d\d)$/.test(value)
    ? new Date(value).toISOString()
    : value;
const plainRow = (row: LoggedRow): LoggedRow =>
  Object.fromEntries(Object.entries(row).map(([column, value]) => [column, plain(value)]));

/** The rows that are left when all changes were taken in their order, by table and id. */
const folded = (rows: ReadonlyMap<string, LoggedRow | null>): Record<string, LoggedRow> =>
  Object.fromEntries([...rows].flatMap(([key, row]) => (row ? [[key, plainRow(row)]] : [])));

/** The rows of every captured table, whole. */
async function tableRows({ reader }: Database): Promise<Record<string, LoggedRow>> {
  const tables = await sql<{ name: string; key: string }>`
    SELECT c.relname AS name, k.attname AS key FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
    JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary JOIN pg_attribute k ON k.attrelid = c.oid AND k.attnum = i.indkey[0]
    WHERE t.tgname = 'capture_insert'`.execute(reader);
  const all: Record<string, LoggedRow> = {};
  for (const { name, key } of tables.rows) {
    const { rows } = await sql<{ id: string; row: LoggedRow }>`
      SELECT ${sql.ref(key)}::text AS id, to_jsonb(t) AS row FROM ${sql.table(name)} t`.execute(reader);
    for (const { id, row } of rows) all[`${name} ${id}`] = plainRow(row);
  }
  return all;
}

const reached =
  (position: Position) =>
  (_: readonly Change[], through: Position): boolean =>
    through.commit >= position.commit && through.ordinal === undefined;

describe("A follower of the log", () => {
  it(`gives every change once and in order while ${WRITERS} writers make ${CHANGES}; folded, they are the tables`, async () => {
    const { database } = await databaseForTest({ poolSize: WRITERS + 4 });
    const follower = await followerOf(database);
    const hot = Array.from({ length: 20 }, () => userRow());
    await database.write(someCause, (tx) => tx.sql.insertInto("user_account").values(hot).execute());
    let left = CHANGES;
    const writer = async () => {
      while (left > 0) {
        const ids = hot
          .map(({ id }) => id)
          .sort(() => random() - 0.5)
          .slice(0, 1 + Math.floor(random() * 8));
        left -= ids.length;
        await database.write(someCause, (tx) =>
          sql`UPDATE user_account u SET version = version + 1, title = ${`title ${random()}`}
            FROM (SELECT id FROM user_account WHERE id = ANY (${ids}) ORDER BY id FOR UPDATE) locked WHERE u.id = locked.id`.execute(
            tx.sql,
          ),
        );
      }
    };
    const mixed = mixedWrites(database, 40, random);
    const written = Promise.all([mixed, ...Array.from({ length: WRITERS }, writer)]).then(() => database.head());
    let end: Position | undefined;
    void written.then((head) => {
      end = head;
    });
    const wholly = (_: readonly Change[], through: Position) => end !== undefined && reached(end)([], through);
    const slowly = () => new Promise<void>((resolve) => setTimeout(resolve, 20));
    const [live, slow] = await Promise.all([
      collect(follower, START, wholly),
      collect(follower, START, wholly, slowly),
    ]);
    await written;
    expect(slow.map(({ position }) => position)).toEqual(live.map(({ position }) => position));
    const rows = new Map<string, LoggedRow | null>();
    for (const { table, rowId, before, after } of live) {
      const key = `${table} ${rowId}`;
      const last = rows.get(key) ?? null;
      if (!isDeepStrictEqual(before, last)) expect(before).toEqual(last); // which is slow, and tells more
      rows.set(key, after);
    }
    expect(folded(rows)).toEqual(await tableRows(database));
    const stored = await database.reader.selectFrom("user_account").select("version").execute();
    expect(stored.reduce((sum, { version }) => sum + version - 1, 0)).toBe(CHANGES - left);
  });

  it("begins anywhere: at the start, within a commit, at the head", async () => {
    const { database } = await databaseForTest();
    await write(database, 3);
    const second = (await write(database, 3)).position;
    const follower = await followerOf(database);
    const all = await readChanges(database.reader, { after: START, limit: 100 });
    expect(await collect(follower, START, reached(second))).toEqual(all);
    expect(await collect(follower, { commit: second.commit, ordinal: 2 }, reached(second))).toEqual(all.slice(5));
    const live = collect(follower, second, (changes) => changes.length >= 2);
    await write(database, 2);
    expect((await live).map(({ position }) => position)).toEqual([
      { commit: second.commit + 1n, ordinal: 1 },
      { commit: second.commit + 1n, ordinal: 2 },
    ]);
  });

  it("reads what is more than it keeps from the database, for many readers at once", async () => {
    const { database } = await databaseForTest();
    const follower = await followerOf(database);
    const reading = Array.from({ length: 5 }, () =>
      collect(follower, follower.head, (changes) => changes.length >= 14_001),
    );
    await database.write(someCause, (tx) =>
      sql`INSERT INTO role (id, key, name, created_at, updated_at)
        SELECT gen_random_uuid(), ${`bulk-${Date.now()}-`} || n, 'x', ${tx.now}, ${tx.now} FROM generate_series(1, 14000) n`.execute(
        tx.sql,
      ),
    );
    await write(database, 1);
    for (const changes of await Promise.all(reading))
      expect(changes.map(({ position }) => position.ordinal)).toEqual([
        ...Array.from({ length: 14_000 }, (_, index) => index + 1),
        1,
      ]);
  });

  it("says that it is at the head, and that nothing came for a while", async () => {
    const { database } = await databaseForTest();
    const { position } = await write(database);
    const follower = await followerOf(database);
    const reading = new AbortController();
    const batches = follower.read(START, { signal: reading.signal, idleMs: 50 });
    expect((await batches.next()).value).toMatchObject({ changes: [{ table: "role" }] });
    expect((await batches.next()).value).toEqual({ changes: [], through: position });
    expect((await batches.next()).value).toEqual({ changes: [], through: position });
    reading.abort();
    expect((await batches.next()).done).toBe(true);
  });

  it("ends a reading at once when it is to end, or the follower stops", async () => {
    const { database } = await databaseForTest();
    const follower = await followerOf(database);
    const reading = new AbortController();
    const [one, other] = [reading, new AbortController()].map(({ signal }) =>
      follower.read(follower.head, { signal, idleMs: 600_000 }).next(),
    );
    reading.abort();
    expect((await one)?.done).toBe(true);
    await follower.stop();
    expect((await other)?.done).toBe(true);
  });

  it("knows after a look what was committed before it, by whomever", async () => {
    const { database, config } = await databaseForTest();
    const follower = await followerOf(database);
    // On PostgreSQL, by another process's connections: this one's do not tell of it.
    const other = databaseKind === "postgres" ? await openDatabase(config) : database;
    const { position } = await write(other);
    await follower.look();
    expect(follower.head).toEqual(position);
    if (other !== database) await other.close();
  });

  it("goes on at the head where what was to be read next is no longer kept, and says so", async () => {
    const { database, owner } = await databaseForTest();
    for (let i = 0; i < 4; i++) await write(database);
    await asOwner(owner, "UPDATE feed_consumer SET commit_number = 100");
    await asOwner(owner, "SELECT prune_log(interval '0', 100)");
    const follower = await followerOf(database);
    expect(await follower.holds({ commit: 2n })).toBe(false);
    expect(await follower.holds({ commit: 3n })).toBe(true);
    const batches = follower.read({ commit: 1n }, { signal: new AbortController().signal, idleMs: 60_000 });
    expect((await batches.next()).value).toEqual({ changes: [], through: { commit: 4n }, expired: true });
    await write(database);
    expect((await batches.next()).value).toMatchObject({ changes: [{ position: { commit: 5n, ordinal: 1 } }] });
  });

  it("goes on at the head of a database that came back without what was seen, fewer commits or others in their place, and says so", async () => {
    const { database, owner } = await databaseForTest();
    for (let i = 0; i < 4; i++) await write(database);
    const follower = await followerOf(database);
    let told = 0;
    follower.onLoss(() => {
      told += 1;
    });
    const { signal } = new AbortController();
    const [behind, atHead] = [{ commit: 1n }, follower.head].map((from) =>
      follower.read(from, { signal, idleMs: 60_000 }),
    );
    const next = async (reading: typeof behind): Promise<Batch> => {
      for (;;) {
        const value = (await reading?.next())?.value as Batch;
        if (value.expired || value.changes.length > 0) return value; // and not that the head was reached
      }
    };
    expect(await next(behind)).toMatchObject({ changes: [{}, {}, {}], through: { commit: 4n } });
    const losses = [
      ["DELETE FROM commit WHERE number > 2; UPDATE feed_head SET number = 2", 2n],
      ["UPDATE commit SET started_at = started_at - interval '1 day' WHERE number > 2", 3n],
    ] as const;
    for (const [loss, head] of losses) {
      const waiting = next(atHead);
      await asOwner(owner, loss);
      await follower.look();
      const expired = { changes: [], through: { commit: head }, expired: true };
      expect(await waiting).toEqual(expired);
      expect(await next(behind)).toEqual(expired);
      await write(database);
      for (const reading of [behind, atHead])
        expect(await next(reading)).toMatchObject({ changes: [{ position: { commit: head + 1n } }] });
    }
    expect(told).toBe(2);
  });
});
