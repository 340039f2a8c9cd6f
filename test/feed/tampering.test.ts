import { type Kysely, sql, type Transaction } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Connections } from "../../src/database/connection.ts";
import type { AuditLogRow, Tables } from "../../src/database/tables.ts";
import { chainHash, GENESIS } from "../../src/feed/audit-event.ts";
import { type ChainVerification, verifyChain } from "../../src/feed/chain-verification.ts";
import type { Checkpoint } from "../../src/feed/checkpoint.ts";
import { type FreshDatabase, freshDatabase } from "../support/database.ts";
import { seeded } from "../support/random.ts";
import { mixedWrites, sealAll, someKeys } from "../support/sealing.ts";

/*
 * Somebody with the superuser's rights changes the sealed log in every way, each time on a copy that is thrown away.
 */

const ROUNDS = 200;
const keys = someKeys();
let fresh: FreshDatabase;
let owner: Connections;
let log: AuditLogRow[];
let checkpoint: Checkpoint;

beforeAll(async () => {
  fresh = await freshDatabase();
  await mixedWrites(fresh.database, 25);
  checkpoint = (await sealAll(fresh.database, keys)).head as Checkpoint;
  log = await fresh.database.reader
    .selectFrom("audit_log")
    .selectAll()
    .orderBy("commit_number")
    .orderBy("ordinal")
    .execute();
  owner = new Connections({ ...fresh.owner, max: 1 });
});
afterAll(async () => {
  await owner.kysely.destroy();
  await fresh.close();
});

type Db = Kysely<Tables>;
type Tamper = (db: Db) => Promise<AuditLogRow | undefined>;

class RollBack extends Error {}

/** What verification finds after each of many tamperings, and what each says must be found. */
async function eachTime(
  rounds: number,
  tamper: Tamper,
  witness?: Checkpoint,
): Promise<{ found: ChainVerification; expected: AuditLogRow | undefined }[]> {
  const results: { found: ChainVerification; expected: AuditLogRow | undefined }[] = [];
  await owner.kysely
    .transaction()
    .execute(async (tx: Transaction<Tables>) => {
      const { rows } = await sql<{ name: string }>`SELECT name FROM audit_partition`.execute(tx);
      for (const { name } of [{ name: "audit_log" }, ...rows])
        await sql`ALTER TABLE ${sql.table(name)} DISABLE TRIGGER USER`.execute(tx);
      for (let round = 0; round < rounds; round++) {
        await sql`SAVEPOINT round`.execute(tx);
        const expected = await tamper(tx);
        results.push({ found: await verifyChain(tx, keys, { checkpoint: witness }), expected });
        await sql`ROLLBACK TO round`.execute(tx);
      }
      throw new RollBack();
    })
    .catch((error: unknown) => {
      if (!(error instanceof RollBack)) throw error;
    });
  return results;
}

const drawn = seeded("tampering");
const random = (below: number): number => Math.floor(drawn() * below);
const at = (index: number): AuditLogRow => log[index] as AuditLogRow;
const here = ({ commit_number, ordinal }: AuditLogRow) =>
  sql`commit_number = ${commit_number} AND ordinal = ${ordinal}`;
const placeOf = (row: AuditLogRow | undefined) => row && { commit: row.commit_number, ordinal: row.ordinal };

function expectAllNamed(results: Awaited<ReturnType<typeof eachTime>>, rounds = ROUNDS): void {
  expect(results).toHaveLength(rounds);
  for (const { found, expected } of results) {
    expect(found.verified).toBe(false);
    expect(found.firstBroken).toEqual(placeOf(expected));
  }
}

/** An assignment that leaves no column as it was. */
const CHANGES = [
  "at = at + interval '1 ms'",
  "action = action || 'x'",
  "outcome = 'DENIED'",
  "kind = 'BULK'",
  "actor_kind = 'SYSTEM'",
  "actor_id = gen_random_uuid()",
  "actor_id = NULL",
  "operation_id = 'x'",
  "request_id = NULL",
  "table_name = 'role_x'",
  "row_id = gen_random_uuid()",
  "operation = 'TRUNCATE'",
  "subject_kind = 'Nobody'",
  "subject_id = gen_random_uuid()",
  "unit_id = gen_random_uuid()",
  "unit_path = unit_path || gen_random_uuid()",
  "fields = fields || '{x}'::text[]",
  "ip_token = 'x'",
  "sealed = set_byte(sealed, 20, get_byte(sealed, 20) # 1)",
  "sealed_actor = set_byte(sealed_actor, 20, get_byte(sealed_actor, 20) # 128)",
  "hash = set_byte(hash, 31, get_byte(hash, 31) # 1)",
];

/** The whole chain from one event on, made right again for whatever the rows say now. */
async function rechain(db: Db): Promise<void> {
  let hash: Buffer = GENESIS;
  const rows = await db.selectFrom("audit_log").selectAll().orderBy("commit_number").orderBy("ordinal").execute();
  for (const row of rows) {
    hash = chainHash(hash, row);
    if (!hash.equals(row.hash)) await sql`UPDATE audit_log SET hash = ${hash} WHERE ${here(row)}`.execute(db);
  }
  await sql`UPDATE audit_head SET hash = ${hash}, events = ${rows.length}`.execute(db);
}

describe("The chain of the audit log", () => {
  it("verifies while nobody has touched it, from any event to any other", async () => {
    expect(await verifyChain(fresh.database.reader, keys, { checkpoint })).toMatchObject({
      verified: true,
      events: log.length,
    });
    for (let round = 0; round < 20; round++) {
      const from = random(log.length);
      const through = from + random(log.length - from);
      const range = { from: placeOf(at(from)), through: placeOf(at(through)) };
      expect(await verifyChain(fresh.database.reader, keys, range)).toMatchObject({
        verified: true,
        events: through - from + 1,
        head: at(through).hash,
      });
    }
  });

  it(`shows every one of ${ROUNDS} changes of an event, whatever in it was changed, at the event`, async () => {
    let round = 0;
    const results = await eachTime(ROUNDS, async (db) => {
      const row = at(random(log.length));
      const { numAffectedRows } =
        await sql`UPDATE audit_log SET ${sql.raw(CHANGES[round++ % CHANGES.length] as string)} WHERE ${here(row)}`.execute(
          db,
        );
      expect(numAffectedRows).toBe(1n);
      return row;
    });
    expectAllNamed(results);
  });

  it(`shows every one of ${ROUNDS} removals of an event at the one behind it, or at the end where it was the last`, async () => {
    const results = await eachTime(ROUNDS, async (db) => {
      const index = random(log.length);
      await sql`DELETE FROM audit_log WHERE ${here(at(index))}`.execute(db);
      return log[index + 1] ?? at(index);
    });
    expectAllNamed(results);
  });

  it(`shows every one of ${ROUNDS} events that were put in between, with a hash that fits or not`, async () => {
    const results = await eachTime(ROUNDS, async (db) => {
      const index = random(log.length);
      const forged = { ...at(index), ordinal: at(index).ordinal + 1_000_000 };
      const behind = log.findLast((row) => row.commit_number === forged.commit_number) as AuditLogRow;
      const fits = drawn() < 0.5;
      const hash = fits ? chainHash(behind.hash, forged) : Buffer.alloc(32, random(256));
      await sql`INSERT INTO audit_log SELECT commit_number, ordinal + 1000000, at, action, outcome, kind, actor_kind, actor_id, operation_id, request_id,
        table_name, row_id, operation, subject_kind, subject_id, unit_id, unit_path, fields, ip_token, sealed, sealed_actor, ${hash} FROM audit_log WHERE ${here(at(index))}`.execute(
        db,
      );
      return fits ? (log[log.indexOf(behind) + 1] ?? forged) : forged;
    });
    expectAllNamed(results);
  });

  it(`shows every one of ${ROUNDS} pairs of events that changed places at the first of the two`, async () => {
    const results = await eachTime(ROUNDS, async (db) => {
      const first = random(log.length - 1);
      const second = first + 1 + random(log.length - first - 1);
      const move = (row: AuditLogRow, commit: bigint, ordinal: number) =>
        sql`UPDATE audit_log SET commit_number = ${commit}, ordinal = ${ordinal} WHERE ${here(row)}`.execute(db);
      const [a, b] = [at(first), at(second)];
      await move(a, a.commit_number, 9_000_000);
      await move(b, a.commit_number, a.ordinal);
      await move({ ...a, ordinal: 9_000_000 }, b.commit_number, b.ordinal);
      return a;
    });
    expectAllNamed(results);
  });

  it(`shows every one of ${ROUNDS} cuts of the log's end at the first event that is gone, though the kept head was cut as well`, async () => {
    const results = await eachTime(
      ROUNDS,
      async (db) => {
        const index = random(log.length);
        const last = log[index - 1];
        await sql`DELETE FROM audit_log WHERE (commit_number, ordinal) >= (${at(index).commit_number}::bigint, ${at(index).ordinal}::integer)`.execute(
          db,
        );
        await sql`UPDATE audit_head SET events = ${index}, hash = ${last?.hash ?? GENESIS}`.execute(db);
        await sql`UPDATE feed_consumer SET commit_number = ${last?.commit_number ?? 0n}, ordinal = ${last?.ordinal ?? 0} WHERE name = 'audit'`.execute(
          db,
        );
        return at(index);
      },
      checkpoint,
    );
    expectAllNamed(results);
  });

  it("shows a log that was rewritten with all its hashes at the checkpoint, and to nobody who has no checkpoint", async () => {
    const rewrite: Tamper = async (db) => {
      await sql`UPDATE audit_log SET action = 'nothing.happened' WHERE ${here(at(random(log.length)))}`.execute(db);
      await rechain(db);
      return log.at(-1);
    };
    expectAllNamed(await eachTime(10, rewrite, checkpoint), 10);
    for (const { found } of await eachTime(3, rewrite)) expect(found.verified).toBe(true);
  });
});
