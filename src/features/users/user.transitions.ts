import { sql } from "kysely";
import type { Viewer } from "../../access/actor.ts";
import { requireOver } from "../../access/policy.ts";
import type { Tx } from "../../database/transaction.ts";
import type { Consequence } from "../../kernel/consequence.ts";
import { invalidInput, notFound, RollcallError } from "../../kernel/errors.ts";
import { requireVersion } from "../../kernel/version.ts";
import { UserEntity, type UserStatus } from "./user.entity.ts";
import { followMoves, type LifecyclePart, type StatusMove, unfollowed } from "./user.following.ts";
import { LIFECYCLE, type LifecycleOperation, targetOf } from "./user.lifecycle.ts";
import { placesOfUsers } from "./user.place.ts";
import type { Returned } from "./user.restorations.ts";

/** Whom an operation is to move, and how. */
export interface Step {
  id: string;
  expectedVersion?: number | undefined;
  /** When the new status is to end by itself. */
  until: Date | null;
  reason: string | null;
  /** The scheduled transition that is carried out by it. */
  scheduledId?: string;
}

/** What a step did. */
export interface MovedUser {
  userId: string;
  refusal?: undefined;
  consequences: Consequence[];
  /** What a deletion had brought about, and a restore does not take back. */
  notRestored: readonly Consequence[];
}

/** What a step did, or why it was not taken. */
export type StepOutcome = MovedUser | { userId: string; refusal: RollcallError };

type Status = Pick<
  UserEntity,
  "status" | "statusReason" | "statusChangedAt" | "statusUntil" | "statusBefore" | "deletedAt"
>;

interface LockedUser extends Pick<Status, "status" | "statusUntil" | "statusBefore"> {
  id: string;
  version: number;
}

interface Passed {
  user: LockedUser;
  status: Status;
  move: StatusMove;
}

/**
 * Moves people along the lifecycle, inside a transaction under way, with all that the table says: permission, guards, the new status, what
 * follows. Whoever calls it decides what else the transaction does.
 */
export class UserTransitions {
  constructor(private readonly parts: readonly LifecyclePart[]) {}

  /** One person; what stands in the way is thrown, and the transaction is to be rolled back. */
  async move(tx: Tx, viewer: Viewer, operation: LifecycleOperation, step: Step): Promise<MovedUser> {
    const [outcome] = await this.moveAll(tx, viewer, operation, [step]);
    if (!outcome) throw notFound("user", "input.id");
    if (outcome.refusal) throw outcome.refusal;
    return outcome;
  }

  /**
   * Many people at once: reading and writing them takes as many statements as for one. Whom the viewer may not move, or the operation cannot,
   * is told of with the reason, and nothing is written of them; a guard or a consequence that fails is thrown. Outcomes are in the order of the steps.
   */
  async moveAll(tx: Tx, viewer: Viewer, operation: LifecycleOperation, steps: readonly Step[]): Promise<StepOutcome[]> {
    await tx.flush();
    const outcomes = new Map<string, StepOutcome>();
    const passed = await check(tx, viewer, { operation, steps }, outcomes);
    await write(tx, passed);
    const moves = passed.map(({ move }) => move);
    const spared = moves.length > 1 ? await unfollowed(this.parts, tx, moves) : NOBODY;
    for (const move of moves) {
      const { userId } = move;
      const { consequences, notRestored } = spared.has(userId) ? NOTHING : await followMoves(this.parts, tx, [move]);
      outcomes.set(userId, { userId, consequences, notRestored: notRestored.get(userId) ?? [] });
    }
    return steps.map(({ id }) => outcomes.get(id) as StepOutcome);
  }
}

const NOBODY: ReadonlySet<string> = new Set();
const NOTHING: Returned = { consequences: [], notRestored: new Map() };

/** What is wanted of a person's status. */
export interface Wanted {
  operation: LifecycleOperation;
  until: Date | null;
  reason?: string | null | undefined;
  /** It may have ended already: what was scheduled is taken late as well, and its end comes next. */
  late?: boolean;
}

/** What a step of the lifecycle makes of somebody's status; ILLEGAL_TRANSITION where none leads from where they stand. */
export function transitioned(
  {
    status: from,
    statusBefore,
    statusUntil,
  }: Pick<UserEntity, "status" | "statusBefore"> & { statusUntil?: Date | null },
  { operation, until, reason, late = false }: Wanted,
  now: Date,
): Status {
  const to = targetOf(operation, from, statusBefore ?? null);
  if (until && until <= now && !late) throw invalidInput([{ path: "input.until", message: "must be in the future." }]);
  return {
    status: to,
    statusReason: reason ?? null,
    statusChangedAt: now,
    // The end of a lock or a suspension outlasts a deletion, and comes back with a restore.
    statusUntil: to === "DELETED" || from === "DELETED" ? (statusUntil ?? null) : until,
    statusBefore: to === "DELETED" ? from : null,
    deletedAt: to === "DELETED" ? now : null,
  };
}

async function check(
  tx: Tx,
  viewer: Viewer,
  { operation, steps }: { operation: LifecycleOperation; steps: readonly Step[] },
  outcomes: Map<string, StepOutcome>,
): Promise<Passed[]> {
  const ids = steps.map(({ id }) => id);
  const users = await lockUsers(tx, ids);
  const places = await placesOfUsers(tx.sql, ids, viewer);
  const passed: Passed[] = [];
  for (const { id: userId, expectedVersion, until, reason, scheduledId } of steps) {
    try {
      const [user, placed] = [users.get(userId), places.get(userId)];
      if (!user || !placed) throw notFound("user", "input.id");
      requireOver(viewer, LIFECYCLE[operation].permission, placed);
      requireVersion(user.version, expectedVersion);
      const status = transitioned(user, { operation, until, reason, late: scheduledId !== undefined }, tx.now);
      const move = {
        userId,
        from: user.status,
        to: status.status as UserStatus,
        until: status.statusUntil,
        scheduledId,
      };
      passed.push({ user, status, move });
    } catch (error) {
      if (!(error instanceof RollcallError)) throw error;
      outcomes.set(userId, { userId, refusal: error });
    }
  }
  return passed;
}

/** In the order of their ids, as everybody locks them. */
async function lockUsers(tx: Tx, ids: readonly string[]): Promise<Map<string, LockedUser>> {
  const { rows } = await sql<LockedUser>`
    SELECT id, version, status, status_until AS "statusUntil", status_before AS "statusBefore"
    FROM user_account WHERE id = ANY (${[...ids]}::uuid[]) ORDER BY id FOR UPDATE`.execute(tx.sql);
  return new Map(rows.map((row) => [row.id, row]));
}

/** The new statuses, in one statement. */
async function write(tx: Tx, passed: readonly Passed[]): Promise<void> {
  if (passed.length === 0) return;
  const of = <T>(value: (status: Status) => T): T[] => passed.map(({ status }) => value(status));
  await sql`
    UPDATE user_account u SET status = s.status, status_reason = s.reason, status_changed_at = ${tx.now}, status_until = s.until,
      status_before = s.before, deleted_at = s.deleted_at, version = u.version + 1, updated_at = ${tx.now}
    FROM unnest(${passed.map(({ user }) => user.id)}::uuid[], ${of(({ status }) => status)}::text[],
      ${of(({ statusReason }) => statusReason ?? null)}::text[], ${of(({ statusUntil }) => statusUntil ?? null)}::timestamptz[],
      ${of(({ statusBefore }) => statusBefore ?? null)}::text[], ${of(({ deletedAt }) => deletedAt ?? null)}::timestamptz[])
      s (id, status, reason, until, before, deleted_at)
    WHERE u.id = s.id`.execute(tx.sql);
  // Whoever had one of them in the unit of work sees what they are now.
  for (const { user } of passed) {
    const known = tx.em.getUnitOfWork().getById<UserEntity>(UserEntity.name as never, user.id as never);
    if (known) await tx.em.refresh(known);
  }
}
