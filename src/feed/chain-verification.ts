import { type Kysely, sql } from "kysely";
import type { AuditLogRow, Tables } from "../database/tables.ts";
import type { Position } from "../kernel/position.ts";
import { chainHash, GENESIS, positionOf } from "./audit-event.ts";
import type { AuditKeys } from "./audit-keys.ts";
import { type LogBeginning, tellsOfBeginning } from "./audit-retention.ts";
import type { Checkpoint } from "./checkpoint.ts";

/** Events read at a time: memory stays the same however long the log is. */
const BATCH = 2_000;

/** What recomputing a range of the chain found. */
export interface ChainVerification {
  verified: boolean;
  /** Events that were recomputed and found right. */
  events: number;
  /** The last of them; the position before the range where there is none. */
  through: Position;
  /** The first event that does not verify, or, where events are missing, the place where the first of them stood. */
  firstBroken: Position | undefined;
  /** What is wrong, where it is not an event that is not what the chain says. */
  fault: string | undefined;
  /** The hash of the last event that was found right. */
  head: Buffer;
}

export interface VerifyRange {
  /** The first event to be recomputed; without it the chain's beginning. */
  from?: Position | undefined;
  /** The last event; without it the chain's head, which must then be what was recomputed. */
  through?: Position | undefined;
  /** A head that the chain had: it must lie on the chain. One before the given `from` is not looked for. */
  checkpoint?: Checkpoint | undefined;
}

type Row = AuditLogRow;
/** A place strictly after which is read. */
interface Place {
  commit: bigint;
  ordinal: number;
}

const BEHIND_ALL = 2_147_483_647;
const BEFORE_ALL: Place = { commit: 0n, ordinal: BEHIND_ALL };

/**
 * Recomputes every hash in the range from the events' columns and the hash before. Any change of an event, any event more or less, and
 * any two that changed places show at the first position that is not what the chain says. Where the log's beginning was taken out, an event
 * of what is left must say so; and a checkpoint lies in what is left, since the month that is written is never taken out. Where months are taken
 * out meanwhile, it begins anew with what is left.
 */
export async function verifyChain(
  db: Kysely<Tables>,
  keys: AuditKeys,
  range: VerifyRange = {},
): Promise<ChainVerification> {
  const start = await startOf(db, range.from);
  const walk = new Walk(start, range.checkpoint);
  if (start.isBeginning && range.checkpoint && !isBehind(range.checkpoint, start.after))
    return walk.result(range.checkpoint, "The log does not hold what the checkpoint names: its beginning was cut off.");
  for (;;) {
    for await (const row of events(db, walk.last, range.through)) {
      if (walk.follow(row)) continue;
      const left = await startOf(db, range.from);
      return left.isBeginning && isBehind(left.after, walk.last)
        ? verifyChain(db, keys, range)
        : walk.result(positionOf(row));
    }
    if (range.through !== undefined) return walk.result(undefined);
    const end = await endBehind(db, walk.last);
    if (end.more) continue; // sealed meanwhile
    if (!walk.endsAt(end)) return walk.result(end.missing ?? walk.pending ?? walk.last);
    if (!start.cut || (await tellsOfBeginning({ db, keys }, start.cut, walk.detachments)))
      return walk.result(undefined);
    if ((await endBehind(db, walk.last)).more) continue;
    return walk.result(walk.first ?? walk.last, "No event says that the log's beginning was taken out.");
  }
}

/** Whether a head that the chain once had lies on it. The month that is written is never taken out, so the last one always does. */
export async function holdsCheckpoint(db: Kysely<Tables>, checkpoint: Checkpoint): Promise<boolean> {
  const { rows } = await sql<{ hash: Buffer }>`
    SELECT hash FROM audit_log WHERE commit_number = ${checkpoint.commit} AND ordinal = ${checkpoint.ordinal}`.execute(
    db,
  );
  return rows[0]?.hash.equals(checkpoint.hash) === true;
}

/** The chain's last event as a checkpoint names it; undefined where there is none, or it is not the head that is kept beside the log. */
export async function headOfChain(db: Kysely<Tables>): Promise<Checkpoint | undefined> {
  const { rows } = await sql<Checkpoint>`
    SELECT last.commit_number AS commit, last.ordinal, head.events, head.hash FROM audit_head head JOIN LATERAL (
      SELECT * FROM audit_log ORDER BY commit_number DESC, ordinal DESC LIMIT 1) last ON last.hash = head.hash`.execute(
    db,
  );
  return rows[0];
}

interface Start {
  /** What the first event links to. */
  hash: Buffer;
  /** Where that stood. */
  after: Place;
  /** Events before it; undefined where they were not counted. */
  events: bigint | undefined;
  /** What is left of the log begins here. */
  isBeginning: boolean;
  /** Where it once had a beginning before that. */
  cut?: LogBeginning | undefined;
}

/** The events that were found right so far. */
class Walk {
  hash: Buffer;
  last: Place;
  /** The checkpoint, until it is met. */
  pending: Checkpoint | undefined;
  first: Place | undefined;
  /** Events that say that a beginning of the log was taken out. */
  readonly detachments: Row[] = [];
  readonly #before: bigint | undefined;
  #recomputed = 0;

  constructor({ hash, after, events }: Start, checkpoint: Checkpoint | undefined) {
    this.hash = hash;
    this.last = after;
    this.#before = events;
    this.pending = checkpoint && isBehind(checkpoint, after) ? checkpoint : undefined;
  }

  /** Takes the next event; false where it is not what the chain, or the checkpoint, says. */
  follow(row: Row): boolean {
    const place = { commit: row.commit_number, ordinal: row.ordinal };
    const hash = chainHash(this.hash, row);
    if (!hash.equals(row.hash)) return false;
    if (this.pending && !isBehind(this.pending, place)) {
      const counted = this.#before === undefined || this.#events + 1n === this.pending.events;
      if (isBehind(place, this.pending) || !this.pending.hash.equals(hash) || !counted) return false;
      this.pending = undefined;
    }
    if (row.table_name === "audit_detachment" && row.operation === "INSERT") this.detachments.push(row);
    this.hash = hash;
    this.first ??= place;
    this.last = place;
    this.#recomputed += 1;
    return true;
  }

  get #events(): bigint {
    return (this.#before ?? 0n) + BigInt(this.#recomputed);
  }

  /** Whether nothing is missing behind the last event. */
  endsAt({ hash, events }: End): boolean {
    const counted = this.#before === undefined || this.#events === events;
    return counted && hash.equals(this.hash) && this.pending === undefined;
  }

  result(firstBroken: Position | undefined, fault?: string): ChainVerification {
    const through: Position = {
      commit: this.last.commit,
      ...(this.last.ordinal < BEHIND_ALL ? { ordinal: this.last.ordinal } : {}),
    };
    return {
      verified: firstBroken === undefined,
      events: this.#recomputed,
      through,
      firstBroken: placeOf(firstBroken),
      fault,
      head: this.hash,
    };
  }
}

const isBehind = (a: Place, b: Place): boolean =>
  a.commit > b.commit || (a.commit === b.commit && a.ordinal > b.ordinal);
const placeOf = (place: Position | undefined): Position | undefined =>
  place && { commit: place.commit, ordinal: place.ordinal ?? BEHIND_ALL };

async function startOf(db: Kysely<Tables>, from: Position | undefined): Promise<Start> {
  const { rows } = await sql<{ commit_number: bigint; ordinal: number; hash: Buffer }>`
    SELECT commit_number, ordinal, hash FROM audit_log
    WHERE ${from !== undefined} AND (commit_number, ordinal) < (${from?.commit ?? 0n}::bigint, ${from?.ordinal ?? BEHIND_ALL}::integer)
    ORDER BY commit_number DESC, ordinal DESC LIMIT 1`.execute(db);
  const [before] = rows;
  if (before)
    return {
      hash: before.hash,
      after: { commit: before.commit_number, ordinal: before.ordinal },
      events: undefined,
      isBeginning: false,
    };
  const first = await db
    .selectFrom("audit_partition")
    .selectAll()
    .where("detached_at", "is", null)
    .orderBy("from_commit")
    .limit(1)
    .executeTakeFirst();
  if (!first) return { hash: GENESIS, after: BEFORE_ALL, events: 0n, isBeginning: true };
  const { from_commit: fromCommit, hash_before: hashBefore, events_before: eventsBefore } = first;
  return {
    hash: hashBefore,
    after: { commit: fromCommit - 1n, ordinal: BEHIND_ALL },
    events: eventsBefore,
    isBeginning: true,
    cut: eventsBefore === 0n && hashBefore.equals(GENESIS) ? undefined : { fromCommit, hashBefore },
  };
}

async function* events(db: Kysely<Tables>, after: Place, through: Position | undefined): AsyncGenerator<Row> {
  let place = after;
  for (;;) {
    const { rows } = await sql<Row>`
      SELECT * FROM audit_log
      WHERE (commit_number, ordinal) > (${place.commit}::bigint, ${place.ordinal}::integer)
        AND (${through === undefined} OR (commit_number, ordinal) <= (${through?.commit ?? 0n}::bigint, ${through?.ordinal ?? BEHIND_ALL}::integer))
      ORDER BY commit_number, ordinal LIMIT ${BATCH}`.execute(db);
    yield* rows;
    const last = rows.at(-1);
    if (!last || rows.length < BATCH) return;
    place = { commit: last.commit_number, ordinal: last.ordinal };
  }
}

/** What stands behind the last event that was read, at one moment. */
interface End {
  /** The chain's head as it is kept beside the log. */
  hash: Buffer;
  events: bigint;
  /** Whether there are events that were not read yet. */
  more: boolean;
  /** Where the next change stands in the log, if it is still kept. */
  missing: Position | undefined;
}

async function endBehind(db: Kysely<Tables>, last: Place): Promise<End> {
  const { rows } = await sql<{
    hash: Buffer;
    events: bigint;
    more: boolean;
    number: bigint | null;
    ordinal: number | null;
  }>`
    SELECT head.hash, head.events, next.number, next.ordinal,
      EXISTS (SELECT FROM audit_log WHERE (commit_number, ordinal) > (${last.commit}::bigint, ${last.ordinal}::integer)) AS more
    FROM audit_head head LEFT JOIN LATERAL (
      SELECT c.number, ch.ordinal FROM commit c JOIN change ch ON ch.commit_id = c.id
      WHERE NOT ch.derived AND c.number >= ${last.commit} AND (c.number, ch.ordinal) > (${last.commit}::bigint, ${last.ordinal}::integer)
      ORDER BY c.number, ch.ordinal LIMIT 1
    ) next ON true`.execute(db);
  const [row] = rows;
  if (!row) throw new Error("The audit log has lost its head.");
  const missing = row.number === null ? undefined : { commit: row.number, ordinal: row.ordinal ?? BEHIND_ALL };
  return { hash: row.hash, events: row.events, more: row.more, missing };
}
