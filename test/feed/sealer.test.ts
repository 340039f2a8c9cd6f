import { sql } from "kysely";
import pg from "pg";
import { beforeEach, describe, expect, it } from "vitest";
import { keyOwners, openActor, openSubject } from "../../src/feed/audit-event.ts";
import { verifyChain } from "../../src/feed/chain-verification.ts";
import { sealBatch } from "../../src/feed/sealer.ts";
import { readingKeys } from "../../src/feed/subject-keys.ts";
import { advanceVersions } from "../../src/feed/versions.ts";
import { databaseForTest, databaseKind, type FreshDatabase } from "../support/database.ts";
import { userRow } from "../support/rows.ts";
import { actor, causeOf, eventsInLog, mixedWrites, sealAll, someKeys } from "../support/sealing.ts";

let fresh: FreshDatabase;
const keys = someKeys();
beforeEach(async () => {
  fresh = await databaseForTest({ poolSize: 4 });
});

/** Runs statements on a connection of its own, as the owner of the tables or as the gateway's role; gives the first refusal's code. */
async function refusal(as: pg.ClientConfig, ...statements: string[]): Promise<string | undefined> {
  const client = new pg.Client(as);
  client.on("error", () => undefined);
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
    return undefined;
  } catch (error) {
    return (error as { code: string }).code;
  } finally {
    await client.end();
  }
}

describe("The sealer", () => {
  it("seals every event of the log once, in order, into a chain that verifies", async () => {
    await mixedWrites(fresh.database, 150);
    const { events, head } = await sealAll(fresh.database, keys);
    expect(events).toBe(await eventsInLog(fresh.database));
    const found = await verifyChain(fresh.database.reader, keys, { checkpoint: head });
    expect(found).toMatchObject({ verified: true, events });
    expect(found.head).toEqual(head?.hash);
    const { rows } =
      await sql`SELECT c.number, ch.ordinal FROM commit c JOIN change ch ON ch.commit_id = c.id WHERE NOT ch.derived ORDER BY 1, 2`.execute(
        fresh.database.reader,
      );
    const sealed = await sql`SELECT commit_number AS number, ordinal FROM audit_log ORDER BY 1, 2`.execute(
      fresh.database.reader,
    );
    expect(sealed.rows).toEqual(rows);
    expect(await sealAll(fresh.database, keys)).toMatchObject({ events: 0 });
  });

  it("cuts a commit that is larger than a batch, and goes on within it", async () => {
    const rows = Array.from({ length: 40 }, () => userRow());
    await fresh.database.write(causeOf("user.created"), (tx) =>
      tx.sql.insertInto("user_account").values(rows).execute(),
    );
    while (await advanceVersions(fresh.database.reader, 7));
    const sizes: number[] = [];
    for (let more = true; more; ) {
      const batch = await sealBatch(fresh.database.reader, keys, async () => undefined, 7);
      if (batch.events > 0) sizes.push(batch.events);
      more = batch.more;
    }
    expect(sizes).toEqual([7, 7, 7, 7, 7, 5]);
    expect(await verifyChain(fresh.database.reader, keys)).toMatchObject({ verified: true, events: 40 });
  });

  it("seals each event once where several seal at the same time, whoever of them is first", async () => {
    await mixedWrites(fresh.database, 60);
    while (await advanceVersions(fresh.database.reader));
    const all = await eventsInLog(fresh.database);
    let sealed = 0;
    let lost = 0;
    while (sealed < all) {
      const attempts = await Promise.allSettled(
        Array.from({ length: 3 }, () => sealBatch(fresh.database.reader, keys, async () => undefined, 11)),
      );
      for (const attempt of attempts) {
        if (attempt.status === "fulfilled") sealed += attempt.value.events;
        else lost += 1;
      }
    }
    expect(sealed).toBe(all);
    expect(lost).toBeGreaterThan(0);
    expect(await verifyChain(fresh.database.reader, keys)).toMatchObject({ verified: true, events: all });
  });

  it("keeps names, addresses, reasons and values out of sight of whoever has only the database", async () => {
    const user = userRow({ title: "Keeper of Secrets" });
    await fresh.database.write(causeOf("user.created"), (tx) =>
      tx.sql.insertInto("user_account").values(user).execute(),
    );
    await sealAll(fresh.database, keys);
    const { rows } = await sql<{
      text: string;
    }>`SELECT a::text || encode(sealed, 'escape') || encode(sealed_actor, 'escape') AS text FROM audit_log a`.execute(
      fresh.database.reader,
    );
    for (const secret of ["Keeper of Secrets", actor.name, actor.ip, "a confidential reason", user.username])
      expect(rows[0]?.text).not.toContain(secret);
    expect(rows[0]?.text).toContain(actor.id);
  });

  it("gives back what was sealed to whoever has the master key, and nothing about a subject whose key was destroyed", async () => {
    const [kept, erased] = [userRow({ title: "Kept" }), userRow({ title: "Erased" })];
    const write = (title?: string) =>
      fresh.database.write(causeOf("user.updated"), async (tx) => {
        if (title) await tx.sql.updateTable("user_account").set({ title }).execute();
        else await tx.sql.insertInto("user_account").values([kept, erased]).execute();
      });
    await write();
    await sealAll(fresh.database, keys);
    await sql`SELECT destroy_subject_key(${erased.id})`.execute(fresh.database.reader);
    await write("Later");
    await sealAll(fresh.database, keys);
    const events = await fresh.database.reader.selectFrom("audit_log").selectAll().orderBy("commit_number").execute();
    const open = await readingKeys(fresh.database.reader, keys, new Set([kept.id, erased.id, actor.id]));
    const titles = events.map((event) => {
      const key = open.get(keyOwners(event).subject);
      const part = key && openSubject(event, key);
      return [
        event.subject_id === kept.id ? "kept" : "erased",
        part?.changes.find(({ column }) => column === "title")?.after,
        part?.reason,
      ];
    });
    expect(titles).toHaveLength(4);
    expect(titles).toEqual(
      expect.arrayContaining([
        ["kept", "Kept", "a confidential reason"],
        ["erased", undefined, undefined],
        ["kept", "Later", "a confidential reason"],
      ]),
    );
    expect(titles.filter(([whose, title]) => whose === "erased" && title !== undefined)).toEqual([]);
    const actors = events.map((event) => openActor(event, open.get(actor.id) as Buffer));
    expect(new Set(actors.map((part) => JSON.stringify(part)))).toEqual(
      new Set([JSON.stringify({ name: actor.name, ip: actor.ip })]),
    );
    expect(await verifyChain(fresh.database.reader, keys)).toMatchObject({ verified: true, events: 4 });
  });

  it("begins a partition with each month's first commit and ends the one before at it", async () => {
    const write = () =>
      fresh.database.write(causeOf("user.created"), (tx) =>
        tx.sql.insertInto("user_account").values(userRow()).execute(),
      );
    for (const days of [0, 0, 40, 80, 80, 160]) {
      fresh.database.moveClock(`${days} days`);
      await write();
    }
    await sealAll(fresh.database, keys, 4);
    const partitions = await fresh.database.reader
      .selectFrom("audit_partition")
      .select(["from_commit", "to_commit", "events_before"])
      .orderBy("from_commit")
      .execute();
    expect(partitions).toEqual([
      { from_commit: 1n, to_commit: 3n, events_before: 0n },
      { from_commit: 3n, to_commit: 4n, events_before: 2n },
      { from_commit: 4n, to_commit: 6n, events_before: 3n },
      { from_commit: 6n, to_commit: null, events_before: 5n },
    ]);
    expect(await verifyChain(fresh.database.reader, keys)).toMatchObject({ verified: true, events: 6 });
  });

  it("ends a month by bounds that were proved before, so that nobody waits while its rows are read, however many", async () => {
    for (const days of [0, 0, 40, 80]) {
      fresh.database.moveClock(`${days} days`);
      await mixedWrites(fresh.database, 3);
    }
    await sealAll(fresh.database, keys, 4);
    const { rows } = await sql<{ name: string; proved: boolean | null }>`
      SELECT p.name, c.convalidated AS proved FROM audit_partition p
      LEFT JOIN pg_constraint c ON c.conrelid = p.name::regclass AND c.conname = 'audit_log_bounds' ORDER BY p.from_commit`.execute(
      fresh.database.reader,
    );
    expect(rows.map(({ proved }) => proved)).toEqual([true, true, null]);
    const partition = await fresh.database.reader
      .selectFrom("audit_partition")
      .selectAll()
      .orderBy("from_commit")
      .limit(1)
      .executeTakeFirstOrThrow();
    const { name, from_commit, to_commit } = partition;
    const client = new pg.Client(fresh.owner);
    const told: (string | undefined)[] = [];
    client.on("notice", ({ message }) => told.push(message));
    await client.connect();
    for (const statement of [
      "BEGIN",
      "SET LOCAL client_min_messages = debug1",
      `ALTER TABLE audit_log DETACH PARTITION ${name}`,
      `ALTER TABLE audit_log ATTACH PARTITION ${name} FOR VALUES FROM (${from_commit}) TO (${to_commit})`,
      "ROLLBACK",
    ])
      await client.query(statement);
    await client.end();
    // How PostgreSQL says that it attaches a table without reading it.
    expect(told).toContain(`partition constraint for table "${name}" is implied by existing constraints`);
  });

  it.runIf(databaseKind === "postgres")(
    "holds up nobody who reads the log where a month cannot begin because somebody else reads it for long",
    async () => {
      await mixedWrites(fresh.database, 3);
      await sealAll(fresh.database, keys);
      fresh.database.moveClock("40 days");
      await mixedWrites(fresh.database, 3);
      const reads = new pg.Client(fresh.owner);
      await reads.connect();
      await reads.query("BEGIN");
      await reads.query("SELECT FROM audit_log LIMIT 1");
      // At once, and not when the statement's time is over: readers wait behind it as long as it waits itself.
      await expect(sealAll(fresh.database, keys)).rejects.toMatchObject({ code: "55P03" });
      await reads.query("COMMIT");
      await reads.end();
      await sealAll(fresh.database, keys);
      expect(await verifyChain(fresh.database.reader, keys)).toMatchObject({
        verified: true,
        events: await eventsInLog(fresh.database),
      });
    },
  );
});

describe("The audit log", () => {
  beforeEach(async () => {
    await mixedWrites(fresh.database, 3);
    await sealAll(fresh.database, keys);
  });

  it("can be neither changed nor emptied, through a partition either, and not as a replica", async () => {
    const { name } = await fresh.database.reader.selectFrom("audit_partition").select("name").executeTakeFirstOrThrow();
    for (const table of ["audit_log", name])
      for (const statement of [`UPDATE ${table} SET action = 'x'`, `DELETE FROM ${table}`, `TRUNCATE ${table}`]) {
        expect(await refusal(fresh.owner, statement), statement).toBe("42501");
        expect(await refusal(fresh.owner, "SET session_replication_role = replica", statement), statement).toBe(
          "42501",
        );
      }
    await refusal(fresh.owner, "RESET session_replication_role");
  });

  it("is not the gateway's to write, nor are the keys, the head and the places of its consumers", async () => {
    for (const table of ["audit_log", "audit_head", "audit_partition", "subject_key", "feed_consumer", "user_version"])
      for (const statement of [
        `INSERT INTO ${table} SELECT * FROM ${table}`,
        `DELETE FROM ${table}`,
        `TRUNCATE ${table}`,
      ])
        expect(await refusal(fresh.runner, statement), statement).toBe("42501");
  });

  it("takes from the gateway neither events that did not happen nor a gap, nor another head", async () => {
    const { reader } = fresh.database;
    const { position } = await fresh.database.write(causeOf("user.created"), (tx) =>
      tx.sql.insertInto("user_account").values([userRow(), userRow()]).execute(),
    );
    while (await advanceVersions(reader));
    const { hash } = await reader.selectFrom("audit_head").select("hash").executeTakeFirstOrThrow();
    const some = Buffer.alloc(32, 1);
    const seal = (head: Buffer, through: bigint, ordinals: number[], last = 2147483647) =>
      sql`SELECT seal_events(${head}, ${through}, ${last},
      ${ordinals.map(() => position.commit)}::bigint[], ${ordinals}::integer[], ${ordinals.map(() => "{}")}::text[], ${ordinals.map(() => some)}::bytea[], ${ordinals.map(() => some)}::bytea[],
      ${ordinals.map(() => null)}::text[], ${ordinals.map(() => some)}::bytea[], '{}', '{}')`.execute(reader);
    await expect(seal(some, position.commit, [1, 2])).rejects.toMatchObject({ code: "40001" });
    await expect(seal(hash, position.commit, [1])).rejects.toMatchObject({ code: "22000" });
    await expect(seal(hash, position.commit, [1, 2, 3])).rejects.toMatchObject({ code: "22000" });
    // A later change in the place of an earlier one.
    await expect(seal(hash, position.commit, [2], 1)).rejects.toMatchObject({ code: "22000" });
    await expect(seal(hash, position.commit, [])).rejects.toMatchObject({ code: "22000" });
    await expect(seal(hash, position.commit + 1n, [1, 2])).rejects.toMatchObject({ code: "22023" });
    expect(await verifyChain(reader, keys)).toMatchObject({ verified: true });
  });
});
