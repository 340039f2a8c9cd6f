import pg from "pg";
import { describe, expect, it } from "vitest";
import { detachOldMonths } from "../../src/feed/audit-retention.ts";
import { holdsCheckpoint, verifyChain } from "../../src/feed/chain-verification.ts";
import type { Checkpoint } from "../../src/feed/checkpoint.ts";
import { pruneLog } from "../../src/feed/retention.ts";
import { compareTables } from "../../src/feed/table-comparison.ts";
import { databaseForTest, type FreshDatabase } from "../support/database.ts";
import { roleRow } from "../support/rows.ts";
import { causeOf, mixedWrites, sealAll, someKeys, unseen } from "../support/sealing.ts";

const keys = someKeys();

/** A month of writes, and a year later three more, 40 days apart, all sealed. */
async function monthsOfWrites(fresh: FreshDatabase) {
  for (const days of [0, 400, 440, 480]) {
    fresh.database.moveClock(`${days} days`);
    await mixedWrites(fresh.database, 4);
  }
  return await sealAll(fresh.database, keys);
}

/** Gives up what the log can be resumed from, but for the last day of it. */
async function pruneFeed(fresh: FreshDatabase): Promise<void> {
  await asOwner(fresh, "UPDATE feed_consumer SET commit_number = (SELECT number FROM feed_head), ordinal = 2147483647");
  await pruneLog(fresh.database, 24);
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
    expect(await detachOldMonths(database, 10)).toEqual([]); // as long as the log can be resumed from within it
    await pruneFeed(fresh);
    expect(await detachOldMonths(database, 1_000)).toEqual([]);
    expect(await detachOldMonths(database, 10)).toEqual(before.slice(0, 1).map(({ name }) => name));
    const [first, second] = before;
    const kept = await verifyChain(database.reader, keys, { checkpoint: head });
    expect(kept).toMatchObject({ verified: true, events: events - Number(second?.events_before) });
    await sealAll(database, keys);
    expect((await verifyChain(database.reader, keys)).verified).toBe(true);
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

  it("may be taken out while the chain is verified", async () => {
    const fresh = await databaseForTest();
    const { database } = fresh;
    for (const [days, many] of [
      [0, 2_001],
      [40, 1],
      [80, 1],
    ] as const) {
      database.moveClock(`${days} days`);
      const roles = Array.from({ length: many }, () => roleRow());
      await database.write(causeOf("role.created"), (tx) => tx.sql.insertInto("role").values(roles).execute());
    }
    const { head } = await sealAll(database, keys);
    await pruneFeed(fresh);
    let reads = 0;
    const meanwhile = database.reader.withPlugin({
      transformQuery: ({ node }) => node,
      transformResult: async ({ result }) => {
        if (result.rows.length === 2_000 && reads++ === 0) await detachOldMonths(database, 1);
        return result;
      },
    });
    const found = await verifyChain(meanwhile, keys, { checkpoint: head });
    const left = (await partitionsOf(fresh)).find(({ detached_at }) => detached_at === null);
    expect(left?.events_before).toBeGreaterThan(2_000n);
    expect(found).toMatchObject({
      verified: true,
      events: Number((head as Checkpoint).events - (left?.events_before ?? 0n)),
    });
    expect(reads).toBe(1);
  });

  it("are missed where no event says that they were taken out, whatever is made of the rows beside the log", async () => {
    const fresh = await databaseForTest();
    const { database } = fresh;
    const { head } = await monthsOfWrites(fresh);
    const [first, second] = await partitionsOf(fresh);
    const found = async () => {
      const { verified, firstBroken, fault } = await verifyChain(database.reader, keys, { checkpoint: head });
      return { verified, firstBroken: firstBroken?.commit, fault };
    };
    const missed = { verified: false, firstBroken: second?.from_commit, fault: expect.stringContaining("taken out") };
    await asOwner(
      fresh,
      `ALTER TABLE audit_log DETACH PARTITION ${first?.name}`,
      `UPDATE audit_partition SET detached_at = now() WHERE name = '${first?.name}'`,
    );
    expect(await found()).toEqual(missed);
    await asOwner(fresh, `DROP TABLE ${first?.name}`, `DELETE FROM audit_partition WHERE name = '${first?.name}'`);
    expect(await found()).toEqual(missed);
    // A row beside the log is no event.
    await unseen(
      fresh,
      "audit_detachment",
      `INSERT INTO audit_detachment (id, partition, month, from_commit, to_commit, events, last_hash) VALUES (gen_random_uuid(), '${first?.name}',
        '2026-01-01', 1, ${(second?.from_commit as bigint) - 1n}, ${second?.events_before}, '${second?.hash_before.toString("hex")}')`,
    );
    expect(await found()).toEqual(missed);
  });

  it("may not be the month that is written, though an event says so: the checkpoint names what is gone", async () => {
    const fresh = await databaseForTest();
    const { database } = fresh;
    await mixedWrites(database, 5);
    const { head } = await sealAll(database, keys);
    const checkpoint = head as Checkpoint;
    const [written] = await partitionsOf(fresh);
    const next = checkpoint.commit + 1n;
    // All that was sealed is cut off, by somebody who knows how the log is kept.
    expect(
      await asOwner(
        fresh,
        `ALTER TABLE audit_log DETACH PARTITION ${written?.name}`,
        `DROP TABLE ${written?.name}`,
        `UPDATE audit_partition SET to_commit = ${next}, detached_at = now(), month = '2000-01-01'`,
        `CREATE TABLE forged PARTITION OF audit_log FOR VALUES FROM (${next}) TO (MAXVALUE)`,
        `INSERT INTO audit_partition (name, month, from_commit, events_before, hash_before)
          SELECT 'forged', date_trunc('month', now()), ${next}, events, hash FROM audit_head`,
      ),
    ).toBeUndefined();
    await database.write(causeOf("audit_detachment.made"), (tx) =>
      tx.sql.insertInto("role").values(roleRow()).execute(),
    );
    await asOwner(
      fresh,
      "BEGIN",
      `SELECT set_config('rollcall.cause', '${JSON.stringify(causeOf("audit_detachment.made"))}', true)`,
      `INSERT INTO audit_detachment (id, partition, month, from_commit, to_commit, events, last_hash)
        SELECT gen_random_uuid(), 'x', '2000-01-01', 1, ${checkpoint.commit}, events, encode(hash, 'hex') FROM audit_head`,
      "COMMIT",
    );
    await sealAll(database, keys);
    expect((await verifyChain(database.reader, keys)).verified).toBe(true);
    expect(await verifyChain(database.reader, keys, { checkpoint })).toMatchObject({
      verified: false,
      firstBroken: { commit: checkpoint.commit, ordinal: checkpoint.ordinal },
      fault: expect.stringContaining("checkpoint"),
    });
    expect(await holdsCheckpoint(database.reader, checkpoint)).toBe(false);
  });

  it("stay in tables that cannot be changed, by which the directory is still compared until they are put away", async () => {
    const fresh = await databaseForTest();
    const { database } = fresh;
    await monthsOfWrites(fresh);
    await pruneFeed(fresh);
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
    expect((await verifyChain(database.reader, keys)).verified).toBe(true);
  });

  it("are nobody's to take out but by the gateway's one way, and never the month that is written", async () => {
    const fresh = await databaseForTest();
    const { database } = fresh;
    await monthsOfWrites(fresh);
    fresh.database.moveClock("4000 days");
    await pruneFeed(fresh);
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
