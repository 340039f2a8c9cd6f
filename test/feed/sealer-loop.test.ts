import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import pg from "pg";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { Database } from "../../src/database/database.ts";
import { verifyChain } from "../../src/feed/chain-verification.ts";
import { type Checkpoint, CheckpointFault, CheckpointFile } from "../../src/feed/checkpoint.ts";
import { SealerLoop } from "../../src/feed/sealer-loop.ts";
import { databaseForTest, databaseKind, directoryForTest, someCause } from "../support/database.ts";
import { seeded } from "../support/random.ts";
import { eventsInLog, mixedWrites, sealAll, someKeys } from "../support/sealing.ts";

const random = seeded("sealer-loop");

const keys = someKeys();
/** A bound for what must come, not a promise of how fast. */
const PATIENCE = { timeout: 60_000, interval: 50 };

interface Started {
  sealer: SealerLoop;
  errors: unknown[];
}

function startSealer(database: Database, checkpoint: CheckpointFile): Started {
  const errors: unknown[] = [];
  const sealer = new SealerLoop({ database, keys, checkpoint, report: (error) => errors.push(error) });
  onTestFinished(() => sealer.stop());
  sealer.start();
  return { sealer, errors };
}

const checkpointIn = (directory: string): CheckpointFile =>
  new CheckpointFile(join(directory, "checkpoint.json"), keys);

const sealed = async (database: Database): Promise<number> => {
  const { events } = await database.reader.selectFrom("audit_head").select("events").executeTakeFirstOrThrow();
  return Number(events);
};

const caughtUp = (database: Database) =>
  vi.waitFor(async () => expect(await sealed(database)).toBe(await eventsInLog(database)), PATIENCE);

async function asOwner(owner: pg.ClientConfig, ...statements: string[]): Promise<void> {
  const client = new pg.Client(owner);
  await client.connect();
  for (const statement of statements) await client.query(statement);
  await client.end();
}

describe("The sealer in the background", () => {
  it("follows the log, tells how far behind it is, and leaves a signed checkpoint of the chain's head", async () => {
    const { database } = await databaseForTest();
    const checkpoint = checkpointIn(directoryForTest());
    const { sealer, errors } = startSealer(database, checkpoint);
    await mixedWrites(database, 20);
    await caughtUp(database);
    await vi.waitFor(() => expect(sealer.lag).toEqual({ commits: 0, seconds: 0 }), PATIENCE);
    await sealer.stop();
    expect(errors).toEqual([]);
    const left = await checkpoint.read();
    expect(left?.events).toBe(BigInt(await eventsInLog(database)));
    expect(await verifyChain(database.reader, keys, { checkpoint: left })).toMatchObject({ verified: true });
  });

  it("lets a plan go first that is being applied, but for two minutes at the most", async () => {
    const { database } = await databaseForTest();
    const states = async (state: string) => {
      await database.write(someCause, (tx) =>
        sql`INSERT INTO bulk_plan (id, state, kind, target, planner_kind, planner_name, operation_id, limits_known, needs_approval, people, changing,
            unchanged, errors, created_at, updated_at, expires_at, preview)
          SELECT '00000000-0000-7000-8000-000000000001', ${state}, 'CHANGE', '{}', 'SYSTEM', 'test', gen_random_uuid(), '', false, 1, 1, 0, 0,
            ${tx.now}, ${tx.now}, ${tx.now}, '{}'
          ON CONFLICT (id) DO UPDATE SET state = EXCLUDED.state`.execute(tx.sql),
      );
    };
    await states("APPLYING");
    const { sealer, errors } = startSealer(database, checkpointIn(directoryForTest()));
    await mixedWrites(database, 5);
    await vi.waitFor(() => expect(sealer.lag?.commits).toBeGreaterThanOrEqual(5), PATIENCE);
    expect(await sealed(database)).toBe(0);
    database.moveClock("90 seconds");
    await sleep(1_000);
    expect(await sealed(database)).toBe(0);
    database.moveClock("121 seconds");
    await vi.waitFor(async () => expect(await sealed(database)).toBeGreaterThan(0), PATIENCE);
    await states("DONE");
    await caughtUp(database);
    expect(errors).toEqual([]);
  });

  it("seals each event once, however often it is ended and begun again while others write", async () => {
    const { database, owner } = await databaseForTest();
    const checkpoint = checkpointIn(directoryForTest());
    const writing = mixedWrites(database, 80);
    let over = false;
    void writing.finally(() => {
      over = true;
    });
    while (!over) {
      const { sealer } = startSealer(database, checkpoint);
      await sleep(random() * 150);
      if (databaseKind === "postgres")
        await asOwner(
          owner,
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'rollcall sealer' AND datname = current_database()",
        );
      await sealer.stop();
    }
    await writing;
    startSealer(database, checkpoint);
    await caughtUp(database);
    expect(await verifyChain(database.reader, keys)).toMatchObject({
      verified: true,
      events: await eventsInLog(database),
    });
  });

  it.runIf(databaseKind === "postgres")("is one of several, and another takes over when its session dies", async () => {
    const { database, owner } = await databaseForTest();
    const directory = directoryForTest();
    const all = [1, 2, 3].map(() => startSealer(database, checkpointIn(directory)).sealer);
    const sealing = () => all.filter((sealer) => sealer.lag !== undefined);
    await vi.waitFor(() => expect(sealing()).toHaveLength(1), PATIENCE);
    await sleep(1_500); // The others have tried meanwhile.
    const [first] = sealing();
    expect(sealing()).toHaveLength(1);
    await first?.stop();
    await mixedWrites(database, 5);
    await caughtUp(database);
    await vi.waitFor(() => expect(sealing().filter((sealer) => sealer !== first)).toHaveLength(1), PATIENCE);
    await asOwner(
      owner,
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'rollcall sealer' AND datname = current_database()",
    );
    await mixedWrites(database, 5);
    await caughtUp(database);
    expect(await verifyChain(database.reader, keys)).toMatchObject({ verified: true });
  });

  it("seals nothing onto a log that was cut, and does not replace the checkpoint that proves it", async () => {
    const { database, owner } = await databaseForTest();
    const checkpoint = checkpointIn(directoryForTest());
    const { sealer } = startSealer(database, checkpoint);
    await mixedWrites(database, 10);
    await caughtUp(database);
    await sealer.stop();
    const proof = readFileSync(checkpoint.path, "utf8");
    const { rows } = await sql<{ commit_number: bigint; ordinal: number; hash: Buffer }>`
      SELECT commit_number, ordinal, hash FROM audit_log ORDER BY commit_number DESC, ordinal DESC OFFSET 4 LIMIT 1`.execute(
      database.reader,
    );
    const last = rows[0] as (typeof rows)[number];
    const partitions = await database.reader.selectFrom("audit_partition").select("name").execute();
    await asOwner(
      owner,
      ...["audit_log", ...partitions.map(({ name }) => name)].map((name) => `ALTER TABLE ${name} DISABLE TRIGGER USER`),
      `DELETE FROM audit_log WHERE (commit_number, ordinal) > (${last.commit_number}, ${last.ordinal})`,
      `UPDATE audit_head SET events = events - 4, hash = '\\x${last.hash.toString("hex")}'`,
      `UPDATE feed_consumer SET commit_number = ${last.commit_number}, ordinal = ${last.ordinal} WHERE name = 'audit'`,
    );
    const { errors } = startSealer(database, checkpoint);
    await vi.waitFor(() => expect(errors[0]).toBeInstanceOf(CheckpointFault), PATIENCE);
    await mixedWrites(database, 3);
    await sleep(1_000);
    expect(readFileSync(checkpoint.path, "utf8")).toBe(proof);
    expect(await verifyChain(database.reader, keys, { checkpoint: await checkpoint.read() })).toMatchObject({
      verified: false,
    });
    rmSync(checkpoint.path);
    await caughtUp(database);
  });
});

it("The checkpoint that could not be written is written later, though nothing more is sealed, and by gateways that do not seal", async () => {
  const { database } = await databaseForTest();
  const directory = directoryForTest();
  symlinkSync(join(directory, "disk"), join(directory, "mounted")); // which is not there
  const checkpoint = checkpointIn(join(directory, "mounted"));
  const { errors, sealer } = startSealer(database, checkpoint);
  await mixedWrites(database, 2);
  await caughtUp(database);
  await vi.waitFor(() => expect(errors).not.toEqual([]), PATIENCE);
  mkdirSync(join(directory, "disk"));
  const all = BigInt(await eventsInLog(database));
  await vi.waitFor(async () => expect((await checkpoint.read())?.events).toBe(all), PATIENCE);
  await sealer.stop();

  const elsewhere = checkpointIn(join(directory, "elsewhere"));
  const other = new SealerLoop({ database, keys, checkpoint: elsewhere, report: () => undefined });
  await other.witness();
  expect(await elsewhere.read()).toEqual(await checkpoint.read());
  const { commit, ordinal, events } = (await elsewhere.read()) as Checkpoint;
  rmSync(elsewhere.path);
  await elsewhere.write({ commit, ordinal, events, hash: Buffer.alloc(32) });
  await expect(other.witness()).rejects.toBeInstanceOf(CheckpointFault);
});

describe("A checkpoint file", () => {
  it("is not replaced by an older one, and whole whoever else writes it at the same time", async () => {
    const directory = directoryForTest();
    const head = (events: number): Checkpoint => ({
      commit: BigInt(events),
      ordinal: 1,
      events: BigInt(events),
      hash: Buffer.alloc(32, events),
    });
    const [one, other] = [checkpointIn(directory), checkpointIn(directory)];
    await one.write(head(7));
    await other.write(head(5));
    expect(await one.read()).toEqual(head(7));
    await Promise.all([8, 9, 10, 11, 12].flatMap((events) => [one.write(head(events)), other.write(head(events))]));
    expect(await one.read()).toEqual(head(12));
    await expect(other.write({ ...head(12), hash: Buffer.alloc(32) })).rejects.toBeInstanceOf(CheckpointFault);
    expect(readdirSync(directory)).toEqual(["checkpoint.json"]);
  });

  it("is believed only as it was signed, by whoever has the same master key", async () => {
    const { database } = await databaseForTest();
    await mixedWrites(database, 2);
    const { head } = await sealAll(database, keys);
    const checkpoint = checkpointIn(directoryForTest());
    expect(await checkpoint.read()).toBeUndefined();
    await checkpoint.write(head as NonNullable<typeof head>);
    expect(await checkpoint.read()).toEqual(head);
    await expect(new CheckpointFile(checkpoint.path, someKeys()).read()).rejects.toBeInstanceOf(CheckpointFault);
    const text = readFileSync(checkpoint.path, "utf8");
    const document = JSON.parse(text) as Record<string, string>;
    const forgeries = [
      { ...document, events: "1" },
      { ...document, hash: "00".repeat(32) },
      { ...document, position: Buffer.from("c1.1").toString("base64url") },
      { ...document, signature: "" },
      { position: document.position },
    ].map((forged) => JSON.stringify(forged));
    for (const forgery of [...forgeries, "", "null", text.slice(0, 40)]) {
      writeFileSync(checkpoint.path, forgery);
      await expect(checkpoint.read()).rejects.toBeInstanceOf(CheckpointFault);
    }
  });
});
