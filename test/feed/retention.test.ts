import { sql } from "kysely";
import { describe, expect, it } from "vitest";
import type { Database } from "../../src/database/database.ts";
import { verifyChain } from "../../src/feed/chain-verification.ts";
import { holdsEverythingAfter, readChanges, START } from "../../src/feed/reader.ts";
import { pruneLog } from "../../src/feed/retention.ts";
import { compareTables } from "../../src/feed/table-comparison.ts";
import { databaseForTest, type FreshDatabase, someCause } from "../support/database.ts";
import { asOwner } from "../support/owner.ts";
import { roleRow } from "../support/rows.ts";
import { mixedWrites, sealAll, someKeys } from "../support/sealing.ts";

const write = (database: Database) =>
  database.write(someCause, (tx) => tx.sql.insertInto("role").values([roleRow(), roleRow()]).execute());

/** Lets every consumer have read up to a commit. */
const consume = ({ owner }: FreshDatabase, commit: bigint, ordinal = 2_147_483_647) =>
  asOwner(owner, `UPDATE feed_consumer SET commit_number = ${commit}, ordinal = ${ordinal}`);

describe("The log's beginning", () => {
  it("is given up once it is older than the window, whole commits at a time, but never the last one", async () => {
    const fresh = await databaseForTest();
    const { database } = fresh;
    for (let i = 0; i < 4; i++) await write(database);
    await consume(fresh, 4n);
    expect(await pruneLog(database, 24)).toBe(0);
    database.moveClock("25 hours");
    const last = (await write(database)).position;
    await consume(fresh, last.commit);
    expect(await pruneLog(database, 24)).toBe(4);
    const left = await readChanges(database.reader, { after: START, limit: 100 });
    expect(left.map(({ position }) => position)).toEqual([
      { commit: last.commit, ordinal: 1 },
      { commit: last.commit, ordinal: 2 },
    ]);
    database.moveClock("100 hours");
    expect(await pruneLog(database, 24)).toBe(0);
    const { rows } = await sql<{ orphans: number }>`
      SELECT count(*)::integer AS orphans FROM change WHERE commit_id NOT IN (SELECT id FROM commit)`.execute(
      database.reader,
    );
    expect(rows).toEqual([{ orphans: 0 }]);
  });

  it("is kept as long as a consumer has still to read it, also the rest of a commit", async () => {
    const fresh = await databaseForTest();
    const { database } = fresh;
    for (let i = 0; i < 4; i++) await write(database);
    database.moveClock("1000 hours");
    await consume(fresh, 3n, 1);
    expect(await pruneLog(database, 24)).toBe(2);
    await asOwner(fresh.owner, "UPDATE feed_consumer SET commit_number = 4 WHERE name = 'audit'");
    expect(await pruneLog(database, 24)).toBe(0);
    expect((await readChanges(database.reader, { after: START, limit: 1 }))[0]?.position).toEqual({
      commit: 3n,
      ordinal: 1,
    });
  });

  it("is known to be gone to whoever asks from a position before it", async () => {
    const fresh = await databaseForTest();
    const { database } = fresh;
    for (let i = 0; i < 4; i++) await write(database);
    await consume(fresh, 4n);
    database.moveClock("1000 hours");
    expect(await pruneLog(database, 24)).toBe(3);
    const holds = (commit: bigint, ordinal?: number) =>
      holdsEverythingAfter(database.reader, ordinal === undefined ? { commit } : { commit, ordinal }, 4n);
    expect(await holds(4n)).toBe(true);
    expect(await holds(3n)).toBe(true);
    expect(await holds(4n, 1)).toBe(true);
    expect(await holds(3n, 1)).toBe(false);
    expect(await holds(2n)).toBe(false);
  });

  it("is not needed to compare the tables with what was sealed, nor to verify it", async () => {
    const { database, owner } = await databaseForTest();
    const keys = someKeys();
    await mixedWrites(database, 20);
    const { head } = await sealAll(database, keys);
    const before = await compareTables(database.reader, keys);
    database.moveClock("1000 hours");
    await asOwner(owner, "DELETE FROM feed_consumer WHERE name NOT IN ('audit', 'versions')");
    expect(await pruneLog(database, 24)).toBeGreaterThan(10);
    expect(before.discrepancies).toEqual([]);
    expect(await compareTables(database.reader, keys)).toEqual(before);
    expect(await verifyChain(database.reader, keys, { checkpoint: head })).toMatchObject({ verified: true });
    await mixedWrites(database, 5);
    expect(await compareTables(database.reader, keys)).toMatchObject({ discrepancies: [] });
  });

  it("cannot be given up by the gateway's role otherwise, nor from the future", async () => {
    const { database } = await databaseForTest();
    await write(database);
    const run = (statement: string) => sql.raw(statement).execute(database.reader);
    await expect(run("DELETE FROM commit")).rejects.toThrow("permission denied");
    await expect(run("DELETE FROM change")).rejects.toThrow("permission denied");
    await expect(run("SELECT prune_log(interval '-1 hour', 10)")).rejects.toThrow("cannot be negative");
  });
});
