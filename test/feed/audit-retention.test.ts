import pg from "pg";
import { describe, expect, it } from "vitest";
import { detachOldMonths } from "../../src/feed/audit-retention.ts";
import { verifyChain } from "../../src/feed/chain-verification.ts";
import { compareTables } from "../../src/feed/table-comparison.ts";
import { databaseForTest, type FreshDatabase } from "../support/database.ts";
import { mixedWrites, sealAll, someKeys } from "../support/sealing.ts";

const keys = someKeys();

/** A month of writes, and a year later three more, 40 days apart, all sealed. */
async function monthsOfWrites(fresh: FreshDatabase) {
  for (const days of [0, 400, 440, 480]) {
    fresh.database.moveClock(`${days} days`);
    await mixedWrites(fresh.database, 4);
  }
  return await sealAll(fresh.database, keys);
}

const partitionsOf = ({ database }: FreshDatabase) =>
  database.reader.selectFrom("audit_partition").selectAll().orderBy("from_commit").execute();

/** Runs statements as the owner of the tables; gives how one was refused. */
async function asOwner({ owner }: FreshDatabase, ...statements: string[]): Promise<string | undefined> {
  const client = new pg.Client(owner);
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  } finally {
    await client.end();
  }
}

describe("Months that are older than the audit log is kept", () => {
  it("are taken out whole, oldest first, and what is left verifies and says that they were", async () => {
    const fresh = await databaseForTest();
    const { database } = fresh;
    const { events, head } = await monthsOfWrites(fresh);
    const before = await partitionsOf(fresh);
    expect(before).toHaveLength(4);
    expect(await detachOldMonths(database, 1_000)).toEqual([]);
    expect(await detachOldMonths(database, 10)).toEqual(before.slice(0, 1).map(({ name }) => name));
    const [first, second] = before;
    const kept = await verifyChain(database.reader, { checkpoint: head });
    expect(kept).toMatchObject({ verified: true, events: events - Number(second?.events_before) });
    await sealAll(database, keys);
    expect((await verifyChain(database.reader)).verified).toBe(true);
    const told = await database.reader.selectFrom("audit_log").selectAll().where("action", "like", "audit_%").execute();
    expect(told).toMatchObject([{ action: "audit_detachment.made", kind: "SYSTEM", table_name: "audit_detachment" }]);
    const rows = await database.reader.selectFrom("audit_detachment").selectAll().execute();
    expect(rows).toMatchObject([
      {
        partition: first?.name,
        from_commit: first?.from_commit,
        to_commit: (second?.from_commit as bigint) - 1n,
        events: second?.events_before,
        last_hash: second?.hash_before.toString("hex"),
      },
    ]);
    expect(await detachOldMonths(database, 10)).toEqual([]);
  });

  it("stay in tables that cannot be changed, by which the directory is still compared until they are put away", async () => {
    const fresh = await databaseForTest();
    const { database } = fresh;
    await monthsOfWrites(fresh);
    const names = await detachOldMonths(database, 1);
    expect(names.length).toBeGreaterThanOrEqual(2);
    for (const name of names)
      for (const statement of [`UPDATE ${name} SET action = 'x'`, `DELETE FROM ${name}`, `TRUNCATE ${name}`])
        expect(await asOwner(fresh, statement)).toContain("appended to only");
    expect(await compareTables(database.reader, keys)).toMatchObject({ discrepancies: [], untold: 0 });
    expect(await asOwner(fresh, ...names.map((name) => `DROP TABLE ${name}`))).toBeUndefined();
    const left = await compareTables(database.reader, keys);
    expect(left.discrepancies).toEqual([]);
    expect(left.untold).toBeGreaterThan(0);
    expect((await verifyChain(database.reader)).verified).toBe(true);
  });

  it("are nobody's to take out but by the gateway's one way, and never the month that is written", async () => {
    const fresh = await databaseForTest();
    const { database } = fresh;
    await monthsOfWrites(fresh);
    fresh.database.moveClock("4000 days");
    expect(await detachOldMonths(database, 1)).toHaveLength(3);
    expect(await partitionsOf(fresh)).toMatchObject([{}, {}, {}, { detached_at: null, to_commit: null }]);
    await expect(detachOldMonths(database, 0)).rejects.toThrow();
    for (const statement of [
      "INSERT INTO audit_detachment SELECT * FROM audit_detachment",
      "UPDATE audit_partition SET detached_at = NULL",
      "ALTER TABLE audit_log DETACH PARTITION audit_log_2020_01",
    ]) {
      const runner = new pg.Client(database.connectionConfig.runner);
      await runner.connect();
      await expect(runner.query(statement)).rejects.toMatchObject({ code: "42501" });
      await runner.end();
    }
  });
});
