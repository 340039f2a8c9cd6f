import { sql } from "kysely";
import type { Viewer } from "../../access/actor.ts";
import type { Author } from "../../access/author.ts";
import { type CommandOptions, carryOut } from "../../access/command.ts";
import { mayDo, maySee, type Placed, requireOver } from "../../access/policy.ts";
import type { Database } from "../../database/database.ts";
import type { Tx, Written } from "../../database/transaction.ts";
import { conflict, forbidden, invalidInput, notFound, type Violation } from "../../kernel/errors.ts";
import { newId } from "../../kernel/ids.ts";
import { requireVersion } from "../../kernel/version.ts";
import { permissionsOf } from "../auth/author.viewer.ts";
import type { LifecycleOperation } from "../users/user.lifecycle.ts";
import { placeOfUser } from "../users/user.place.ts";
import { refuseErased } from "../users/user.rules.ts";
import { IS_LEAVE } from "./due.work.ts";
import { isOtherStep, type ScheduledOperation, stepOf } from "./scheduled-step.ts";

/** When a step is due: at an instant, or as a civil date begins in the person's time zone. One of them. */
export interface Due {
  effectiveAt: Date | null;
  effectiveOn: string | null;
}

export interface ScheduleTransition extends CommandOptions, Due {
  userId: string;
  /** The user's. */
  expectedVersion: number | undefined;
  operation: LifecycleOperation;
  /** When the status is to end by itself. */
  until: Date | null;
}

/** The same of whatever can be scheduled. */
export interface ScheduleStep extends Omit<ScheduleTransition, "operation"> {
  operation: ScheduledOperation;
}

export interface ChangeScheduledTransition extends CommandOptions, Due {
  id: string;
  expectedVersion: number | undefined;
  /** Undefined: as it is. */
  until: Date | null | undefined;
}

export interface CancelScheduledTransition extends CommandOptions {
  id: string;
  expectedVersion: number | undefined;
}

export interface Scheduled {
  id: string;
}

/** A step that was scheduled, or put on another day. */
export interface RescheduledStep {
  id: string;
  userId: string;
  operation: ScheduledOperation;
  dueAt: Date;
  /** The civil date, where it is meant as one. */
  effectiveOn: string | null;
}

/** What later features keep with the day of a step. */
export type FollowStep = (tx: Tx, step: RescheduledStep) => Promise<void>;

/** Scheduled steps of one person that wait at a time. */
const WAITING_LIMIT = 100;
/** How far ahead a step may be due. */
const YEARS_AHEAD = 20;
const YEAR_MS = 366 * 86_400_000;

/**
 * Schedules steps of the lifecycle, changes and cancels them. Whoever does it needs the operation's permission over the person, and answers
 * for the step when it is taken. The methods ending in `In` do the same inside a transaction under way, for features that do more in it.
 */
export class ScheduledTransitionService {
  constructor(
    private readonly database: Database,
    /** For people who have no time zone of their own. */
    readonly orgTimezone: string,
    private readonly follow: FollowStep,
  ) {}

  schedule(author: Author, command: ScheduleTransition): Promise<Written<Scheduled>> {
    const name = { mutation: "scheduleTransition", action: "transition.scheduled" };
    return carryOut(this.database, author, name, command, (tx) => this.scheduleIn(tx, author.viewer, command));
  }

  change(author: Author, command: ChangeScheduledTransition): Promise<Written<Scheduled>> {
    const name = { mutation: "changeScheduledTransition", action: "transition.changed" };
    return carryOut(this.database, author, name, command, (tx) => this.changeIn(tx, author.viewer, command));
  }

  cancel(author: Author, command: CancelScheduledTransition): Promise<Written<Scheduled>> {
    const name = { mutation: "cancelScheduledTransition", action: "transition.cancelled" };
    return carryOut(this.database, author, name, command, (tx) => this.cancelIn(tx, author.viewer, command));
  }

  /** Whether the step will be legal by then is not asked: it is asked when it is due. */
  async scheduleIn(tx: Tx, viewer: Viewer, command: ScheduleStep): Promise<Scheduled> {
    const { userId, operation, until, reason = null } = command;
    await tx.flush();
    const { version } = await lockUser(tx, viewer, userId, operation);
    requireVersion(version, command.expectedVersion);
    const violations = dueProblems(command, tx.now, true);
    if (until && !stepOf(operation).mayEnd)
      violations.push({
        path: "input.until",
        message: "goes with lock and suspend alone: no other status ends by itself.",
      });
    if (violations.length > 0) throw invalidInput(violations);
    await requireRoom(tx, userId);
    const [row] = await tx.sql
      .insertInto("scheduled_transition")
      .values({
        id: newId(),
        user_id: userId,
        operation,
        due_at: command.effectiveAt ?? tx.now,
        effective_on: command.effectiveOn,
        org_timezone: this.orgTimezone,
        until,
        reason,
        state: "SCHEDULED",
        ...authorship(viewer),
        created_at: tx.now,
        updated_at: tx.now,
      })
      .returning(RECKONED)
      .execute();
    return this.#settled(tx, row as Reckoned, until);
  }

  /**
   * Whoever changes a step answers for it from then on. A move, an invitation and a leave stay their author's: they take more than was asked of whoever
   * puts them off, who would lend it unknowingly.
   */
  async changeIn(tx: Tx, viewer: Viewer, command: ChangeScheduledTransition): Promise<Scheduled> {
    await tx.flush();
    const row = await lockScheduled(tx, viewer, command);
    const violations = dueProblems(command, tx.now, false);
    const until = command.until === undefined ? row.until : command.until;
    if (command.until && !stepOf(row.operation).mayEnd)
      violations.push({
        path: "input.until",
        message: "goes with lock and suspend alone: no other status ends by itself.",
      });
    if (violations.length > 0) throw invalidInput(violations);
    const due = command.effectiveAt
      ? { due_at: command.effectiveAt, effective_on: null }
      : command.effectiveOn
        ? { effective_on: command.effectiveOn }
        : {};
    const [changed] = await tx.sql
      .updateTable("scheduled_transition")
      .set((eb) => ({
        ...due,
        until,
        ...(command.reason ? { reason: command.reason } : {}),
        ...(isOtherStep(row.operation) || row.isLeave ? {} : authorship(viewer)),
        version: eb("version", "+", 1),
        updated_at: tx.now,
      }))
      .where("id", "=", row.id)
      .returning(RECKONED)
      .execute();
    return this.#settled(tx, changed as Reckoned, until);
  }

  async #settled(tx: Tx, step: Reckoned, until: Date | null): Promise<Scheduled> {
    requireAhead(tx, step, until);
    const { id, user_id: userId, operation, due_at: dueAt, effective_on: effectiveOn } = step;
    await this.follow(tx, { id, userId, operation: operation as ScheduledOperation, dueAt, effectiveOn });
    return { id };
  }

  /** Whose start is called off is not invited any more, unless another start waits. */
  async cancelIn(tx: Tx, viewer: Viewer, command: CancelScheduledTransition): Promise<Scheduled> {
    await tx.flush();
    const { id, operation, user_id } = await lockScheduled(tx, viewer, command);
    await cancelAll(tx, [id]);
    if (operation === "activate") await cancelAll(tx, await invitationsToNothing(tx, user_id));
    return { id };
  }

  /** The instant at which a date begins where a person is. */
  async beginningOf(tx: Tx, userId: string, date: string): Promise<Date> {
    const { rows } = await sql<{ begins: Date }>`
      SELECT day_begins_for(${userId}::uuid, ${date}::date, ${this.orgTimezone}) AS begins`.execute(tx.sql);
    return (rows[0] as { begins: Date }).begins;
  }
}

/** The invitations that wait of somebody for whom no start does. */
async function invitationsToNothing(tx: Tx, userId: string): Promise<string[]> {
  const rows = await tx.sql
    .selectFrom("scheduled_transition")
    .select(["id", "operation"])
    .where("user_id", "=", userId)
    .where("operation", "in", ["invite", "activate"])
    .where("state", "=", "SCHEDULED")
    .forUpdate()
    .execute();
  return rows.some(({ operation }) => operation === "activate") ? [] : rows.map(({ id }) => id);
}

/** Whose step it is from now on, and what they lend it: no more than they can use themselves at this moment, by this token. */
const authorship = (viewer: Viewer) => ({
  author_kind: viewer.kind,
  author_id: viewer.id,
  author_name: viewer.name,
  author_token_id: viewer.tokenId ?? null,
  author_permissions: viewer.kind === "SYSTEM" ? null : permissionsOf(viewer),
});

/** Cancels these steps, which wait and are locked. */
export async function cancelAll(tx: Tx, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await tx.sql
    .updateTable("scheduled_transition")
    .set((eb) => ({ state: "CANCELLED", finished_at: tx.now, updated_at: tx.now, version: eb("version", "+", 1) }))
    .where("id", "in", [...ids])
    .where("state", "=", "SCHEDULED")
    .execute();
}

/** What is wrong with when it is to be; whether a date has begun is for the database to say. */
function dueProblems({ effectiveAt, effectiveOn }: Due, now: Date, required: boolean): Violation[] {
  const path = effectiveOn ? "input.effectiveOn" : "input.effectiveAt";
  if (effectiveAt && effectiveOn)
    return [{ path: "input.effectiveOn", message: "cannot be used together with effectiveAt." }];
  if (!effectiveAt && !effectiveOn)
    return required ? [{ path, message: "or effectiveOn must say when it is to be." }] : [];
  const at = effectiveAt ?? new Date(`${effectiveOn}T00:00:00Z`);
  if (at.getTime() > now.getTime() + YEARS_AHEAD * YEAR_MS)
    return [{ path, message: `must not be more than ${YEARS_AHEAD} years ahead.`, limit: YEARS_AHEAD }];
  return [];
}

interface Reckoned {
  id: string;
  user_id: string;
  operation: string;
  due_at: Date;
  effective_on: string | null;
  timezone: string | null;
}

const RECKONED = ["id", "user_id", "operation", "due_at", "effective_on", "timezone"] as const;

/** Passes where a step that was just written is due later than now, and ends later than that. */
function requireAhead(tx: Tx, { due_at, timezone }: Reckoned, until: Date | null): void {
  const violations: Violation[] = [];
  if (due_at <= tx.now)
    violations.push(
      timezone
        ? {
            path: "input.effectiveOn",
            message: `has begun already in ${timezone}: to take the step now, use its own mutation.`,
          }
        : { path: "input.effectiveAt", message: "must be in the future: to take the step now, use its own mutation." },
    );
  if (until && until <= due_at)
    violations.push({ path: "input.until", message: "must be later than the step itself." });
  if (violations.length > 0) throw invalidInput(violations);
}

async function requireRoom(tx: Tx, userId: string): Promise<void> {
  const { rows } = await sql<{ waiting: number }>`
    SELECT count(*)::integer AS waiting FROM scheduled_transition WHERE user_id = ${userId} AND state = 'SCHEDULED'`.execute(
    tx.sql,
  );
  if ((rows[0]?.waiting ?? 0) >= WAITING_LIMIT)
    throw conflict(`At most ${WAITING_LIMIT} steps of one person can be scheduled at a time.`, {
      inputPath: "input.id",
      limit: WAITING_LIMIT,
    });
}

/** The person, who stays as they are until this transaction ends, where the viewer may do this to them. */
async function lockUser(tx: Tx, viewer: Viewer, userId: string, operation: ScheduledOperation) {
  const user = await tx.sql
    .selectFrom("user_account")
    .select(["id", "version", "erased_at as erasedAt"])
    .where("id", "=", userId)
    .forNoKeyUpdate()
    .executeTakeFirst();
  const placed = user && (await placeOfUser(tx.sql, userId, viewer));
  if (!placed) throw notFound("user", "input.id");
  requireOver(viewer, stepOf(operation).permission, placed);
  refuseErased(user);
  return user;
}

/** Whether the viewer may see what is scheduled for somebody: not by being that person. */
export const seesSchedulesOf = (viewer: Viewer, user: Placed): boolean =>
  maySee(viewer, user) && mayDo(viewer, "USER_LIFECYCLE", user);

/** The step, locked behind its person; NOT_FOUND where the viewer may not see it, CONFLICT where it waits no more. */
async function lockScheduled(
  tx: Tx,
  viewer: Viewer,
  { id, expectedVersion }: { id: string; expectedVersion: number | undefined },
) {
  const known = await tx.sql
    .selectFrom("scheduled_transition")
    .select("user_id")
    .where("id", "=", id)
    .executeTakeFirst();
  if (!known) throw notFound("scheduled transition", "input.id");
  await tx.sql.selectFrom("user_account").select("id").where("id", "=", known.user_id).forNoKeyUpdate().execute();
  const placed = await placeOfUser(tx.sql, known.user_id, viewer);
  const row = await tx.sql
    .selectFrom("scheduled_transition")
    .select(["id", "user_id", "version", "operation", "state", "until", IS_LEAVE.as("isLeave")])
    .where("id", "=", id)
    .forUpdate()
    .executeTakeFirst();
  if (!row || !placed || !seesSchedulesOf(viewer, placed)) throw notFound("scheduled transition", "input.id");
  const operation = row.operation as ScheduledOperation;
  const { permission } = stepOf(operation);
  if (!mayDo(viewer, permission, placed)) throw forbidden(permission);
  requireVersion(row.version, expectedVersion);
  if (row.state !== "SCHEDULED")
    throw conflict(`This step is ${row.state} and can no longer be changed.`, {
      inputPath: "input.id",
      field: "state",
    });
  return { ...row, operation };
}
