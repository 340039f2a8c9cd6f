import { type Kysely, sql } from "kysely";
import type { AuditLogRow, Tables } from "../database/tables.ts";
import type { Position } from "../kernel/position.ts";
import { chainHash, GENESIS, positionOf } from "./audit-event.ts";
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
  /** The hash of the last event that was found right. */
  head: Buffer;
}

export interface VerifyRange {
  /** The first event to be recomputed; without it the chain's beginning. */
  from?: Position | undefined;
  /** The last event; without it the chain's head, which must then be what was recomputed. */
  through?: Position | undefined;
  /** A head that the chain had: it must lie on the chain, if it lies in the range. */
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
 * any two that changed places show at the first position that is not what the chain says.
 */
export async function verifyChain(db: Kysely<Tables>, range: VerifyRange = {}): Promise<ChainVerification> {
  const walk = new Walk(await startOf(db, range.from), range.checkpoint);
  for (;;) {
    for await (const row of events(db, walk.last, range.through)) {
      if (!walk.follow(row)) return walk.result(positionOf(row));
    }
    if (range.through !== undefined) return walk.result(undefined);
    const end = await endBehind(db, walk.last);
    if (end.more) continue; // sealed meanwhile
    if (walk.endsAt(end)) return walk.result(undefined);
    return walk.result(end.missing ?? walk.pending ?? walk.last);
  }
}

/** Whether a head that the chain once had lies on it; one that was detached with its partition is not looked for. */
export async function holdsCheckpoint(db: Kysely<Tables>, checkpoint: Checkpoint): Promise<boolean> {
  const { rows } = await sql<{ hash: Buffer | null; kept: boolean }>`
    SELECT (SELECT hash FROM audit_log WHERE commit_number = ${checkpoint.commit} AND ordinal = ${checkpoint.ordinal}) AS hash,
      ${checkpoint.commit}::bigint >= coalesce((SELECT min(from_commit) FROM audit_partition WHERE detached_at IS NULL), 0) AS kept`.execute(
    db,
  );
  const [found] = rows;
  return found?.kept === false || found?.hash?.equals(checkpoint.hash) === true;
}

interface Start {
  /** What the first event links to. */
  hash: Buffer;
  /** Where that stood. */
  after: Place;
  /** Events before it; undefined where they were not counted. */
  events: bigint | undefined;
}

/** The events that were found right so far. */
class Walk {
  hash: Buffer;
  last: Place;
  /** The checkpoint, until it is met. */
  pending: Checkpoint | undefined;
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
      if (isBehind(place, this.pending) || !this.pending.hash.equals(hash)) return false;
      this.pending = undefined;
    }
    this.hash = hash;
    this.last = place;
    this.#recomputed += 1;
    return true;
  }

  /** Whether nothing is missing behind the last event. */
  endsAt({ hash, events }: End): boolean {
    const counted = this.#before === undefined || this.#before + BigInt(this.#recomputed) === events;
    return counted && hash.equals(this.hash) && this.pending === undefined;
  }

  result(firstBroken: Position | undefined): ChainVerification {
    const through: Position = {
      commit: this.last.commit,
      ...(this.last.ordinal < BEHIND_ALL ? { ordinal: this.last.ordinal } : {}),
    };
    return {
      verified: firstBroken === undefined,
      events: this.#recomputed,
      through,
      firstBroken: placeOf(firstBroken),
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
    return { hash: before.hash, after: { commit: before.commit_number, ordinal: before.ordinal }, events: undefined };
  const first = await db
    .selectFrom("audit_partition")
    .selectAll()
    .where("detached_at", "is", null)
    .orderBy("from_commit")
    .limit(1)
    .executeTakeFirst();
  if (!first) return { hash: GENESIS, after: BEFORE_ALL, events: 0n };
  return {
    hash: first.hash_before,
    after: { commit: first.from_commit - 1n, ordinal: BEHIND_ALL },
    events: first.events_before,
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
