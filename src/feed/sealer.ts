import { type Kysely, sql } from "kysely";
import type { AuditLogRow, Tables, UnsealedEventRow } from "../database/tables.ts";
import { type ChainedEvent, chainHash, keyOwners, sealActor, sealSubject } from "./audit-event.ts";
import type { AuditKeys } from "./audit-keys.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { type SealingKeys, sealingKeys } from "./subject-keys.ts";

/*
 * Sealing. A batch is read from the log, encrypted and chained here, and appended by one call of `seal_events`, which writes events,
 * new keys, the chain's head and the sealer's place in one transaction. It refuses a batch that was built on another head, so
 * whoever seals twice, or two who seal at once, cannot repeat or skip an event; killed at any point, the next batch begins where the
 * last committed one ended.
 *
 * A commit is sealed only behind `user_version`, which tells where its subjects stood.
 */

/** Events to a batch: a few dozen milliseconds of the database's time, and little memory, however large a commit is. */
const BATCH = 500;

/** The ordinal that stands behind every change of a commit. */
const BEHIND_ALL = 2_147_483_647;

/** What one batch did. */
export interface SealedBatch {
  /** How many events were appended. */
  events: number;
  /** Whether more may wait. */
  more: boolean;
  /** The chain's new head; undefined where nothing was appended. */
  head: Checkpoint | undefined;
}

type SealedEvent = AuditLogRow & Pick<UnsealedEventRow, "place">;
type Read = Partial<UnsealedEventRow> & {
  head: Buffer;
  head_events: bigint;
  /** The month of the partition that is written, as `2026-01`; null where there is none. */
  written: string | null;
  examined: bigint | null;
  commits: bigint;
};

/** Refuses the chain's head where it is not what was sealed before; see `SealerLoop`. */
export type CheckHead = (hash: Buffer) => Promise<void>;

/** Seals the next events of the log, at most a batch, all of one month. `checkHead` is asked before anything is appended to the chain's head. */
export async function sealBatch(
  db: Kysely<Tables>,
  keys: AuditKeys,
  checkHead: CheckHead,
  limit: number = BATCH,
): Promise<SealedBatch> {
  const { rows } = await readUnsealed(limit).execute(db);
  const first = rows[0];
  if (!first || first.examined === null) return { events: 0, more: false, head: undefined };
  await checkHead(first.head);
  const read = rows.filter((row) => row.commit_number != null) as (Read & UnsealedEventRow)[];
  const month = read[0] && monthOf(read[0]);
  const events = read.filter((event) => monthOf(event) === month);
  if (first.written !== null && month !== undefined && month > first.written) await endMonth(db);
  const material = await sealingKeys(db, keys, ownersOf(events));
  const sealed = chain(first.head, events, keys, material);
  const last = sealed.at(-1);
  const cut = last !== undefined && (events.length === limit || events.length < read.length);
  await append(
    db,
    first.head,
    cut ? last.commit_number : first.examined,
    cut ? last.ordinal : BEHIND_ALL,
    sealed,
    material,
  );
  return {
    events: sealed.length,
    more: cut || first.commits === BigInt(limit),
    head: last && {
      commit: last.commit_number,
      ordinal: last.ordinal,
      events: first.head_events + BigInt(sealed.length),
      hash: last.hash,
    },
  };
}

const monthOf = ({ at }: UnsealedEventRow): string => at.toISOString().slice(0, 7);

/**
 * Makes the partition that is written ready to be ended: so that beginning the next one, which keeps everybody from the log, takes no time
 * however large the one before is. Proving its bounds reads all of it, and may take as long as it likes.
 */
async function endMonth(db: Kysely<Tables>): Promise<void> {
  await sql`SELECT bound_audit_partition()`.execute(db);
  await db.transaction().execute(async (tx) => {
    await sql`SET LOCAL statement_timeout = 0`.execute(tx);
    await sql`SELECT prove_audit_bounds()`.execute(tx);
  });
}

/** The next events in the order of the log, with the chain's head; one row without an event where there is none. */
const readUnsealed = (limit: number) => sql<Read>`
  SELECT head.hash AS head, head.events AS head_events,
    (SELECT to_char(month, 'YYYY-MM') FROM audit_partition WHERE to_commit IS NULL) AS written, examined.through AS examined, examined.commits, e.*
  FROM audit_head head
  CROSS JOIN (
    SELECT max(number) AS through, count(*) AS commits FROM (
      SELECT c.number FROM feed_consumer done, feed_consumer versions, commit c
      WHERE done.name = 'audit' AND versions.name = 'versions'
        AND c.number >= done.commit_number + CASE done.ordinal WHEN ${BEHIND_ALL} THEN 1 ELSE 0 END
        AND c.number <= versions.commit_number - CASE versions.ordinal WHEN ${BEHIND_ALL} THEN 0 ELSE 1 END
      ORDER BY c.number LIMIT ${limit}
    ) next
  ) examined
  LEFT JOIN LATERAL next_unsealed(${limit}, examined.through) e ON true
  ORDER BY e.commit_number, e.ordinal`;

function ownersOf(events: readonly UnsealedEventRow[]): Set<string> {
  const owners = new Set<string>();
  for (const event of events) {
    const { subject, actor } = keyOwners(event);
    owners.add(subject).add(actor);
  }
  return owners;
}

function chain(
  head: Buffer,
  events: readonly UnsealedEventRow[],
  keys: AuditKeys,
  { keys: subjectKeys }: SealingKeys,
): SealedEvent[] {
  let hash = head;
  // The actor's part is the same for all events of a commit.
  let actor: { commit: bigint; sealed: Buffer; token: string | null } | undefined;
  return events.map((event) => {
    const owners = keyOwners(event);
    if (actor?.commit !== event.commit_number) {
      const token = event.ip === null ? null : keys.tokenOf(event.ip);
      actor = { commit: event.commit_number, sealed: sealActor(event, keyIn(subjectKeys, owners.actor)), token };
    }
    const chained: ChainedEvent & Pick<UnsealedEventRow, "place"> = {
      ...event,
      ip_token: actor.token,
      sealed: sealSubject(event, keyIn(subjectKeys, owners.subject)),
      sealed_actor: actor.sealed,
    };
    hash = chainHash(hash, chained);
    return { ...chained, hash };
  });
}

function keyIn(keys: ReadonlyMap<string, Buffer>, owner: string): Buffer {
  const key = keys.get(owner);
  if (!key) throw new Error("A subject has no key.");
  return key;
}

async function append(
  db: Kysely<Tables>,
  head: Buffer,
  throughCommit: bigint,
  throughOrdinal: number,
  events: readonly SealedEvent[],
  { fresh }: SealingKeys,
): Promise<void> {
  await sql`SELECT seal_events(${head}, ${throughCommit}, ${throughOrdinal},
    ${events.map((e) => e.commit_number)}::bigint[], ${events.map((e) => e.ordinal)}::integer[], ${events.map((e) => e.place)}::text[],
    ${events.map((e) => e.sealed)}::bytea[], ${events.map((e) => e.sealed_actor)}::bytea[], ${events.map((e) => e.ip_token)}::text[],
    ${events.map((e) => e.hash)}::bytea[],
    ${fresh.map((key) => key.subjectId)}::uuid[], ${fresh.map((key) => key.wrapped)}::bytea[])`.execute(db);
}
