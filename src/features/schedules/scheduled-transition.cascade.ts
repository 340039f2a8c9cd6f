import { sql } from "kysely";
import type { Tx } from "../../database/transaction.ts";
import { type Consequence, consequence } from "../../kernel/consequence.ts";
import { publicId } from "../../kernel/ids.ts";
import type { UserStatus } from "../users/user.entity.ts";
import type { StatusMove } from "../users/user.following.ts";
import type { UserCascade } from "../users/user.service.ts";
import { IS_LEAVE } from "./due.work.ts";
import { type ScheduledOperation, statusBehind } from "./scheduled-step.ts";
import { cancelAll } from "./scheduled-transition.service.ts";

/** A step that waits. */
export interface Waiting {
  id: string;
  operation: ScheduledOperation;
  dueAt: Date;
  until: Date | null;
}

/**
 * Whoever leaves takes along what was scheduled for them and would have nothing to stand on: the steps are walked in the order in which they
 * are due, from the new status, and those that would be illegal then are cancelled. So a return that is scheduled behind a leave stays, with
 * all that comes after it. Whoever never began has nothing to return to, and whoever is archived left for good: every activation that waits is called
 * off.
 */
export const scheduleCascade: UserCascade = {
  follows: {
    async CANCEL_SCHEDULES(tx, moves) {
      const waiting = await waitingOf(tx, moves);
      const stranded = moves.flatMap((move) => strandedBy(move, waiting.get(move.userId) ?? []));
      await cancelAll(tx, stranded);
      return cancelled(stranded);
    },
    /** A leave is taken whatever became of its author; everything else would wait for its day and fail. */
    async REPORT_WAITING(tx, moves) {
      const { rows } = await sql<{ id: string }>`
        SELECT id FROM scheduled_transition WHERE state = 'SCHEDULED' AND author_kind = 'USER'
          AND author_id = ANY (${moves.map(({ userId }) => userId)}::uuid[]) AND NOT ${IS_LEAVE} ORDER BY id`.execute(
        tx.sql,
      );
      return consequence(
        "STEPS_LEFT_BEHIND",
        rows.map(({ id }) => publicId("ScheduledTransition", id)),
      );
    },
  },
  spares: { CANCEL_SCHEDULES: withoutWaiting },
};

/** Of whom nothing waits beside what is being carried out; nothing can be scheduled for them while they are locked. */
async function withoutWaiting(tx: Tx, moves: readonly StatusMove[]): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ id: string }>`
    SELECT m.id FROM unnest(${moves.map(({ userId }) => userId)}::uuid[]) m (id) WHERE NOT EXISTS (
      SELECT FROM scheduled_transition t WHERE t.user_id = m.id AND t.state = 'SCHEDULED'
        AND t.id <> ALL (${moves.flatMap(({ scheduledId }) => scheduledId ?? [])}::uuid[]))`.execute(tx.sql);
  return new Set(rows.map(({ id }) => id));
}

const cancelled = (ids: readonly string[]): Consequence[] =>
  consequence(
    "SCHEDULES_CANCELLED",
    [...ids].sort().map((id) => publicId("ScheduledTransition", id)),
  );

/** Those of the steps, in their order, that the walk finds illegal. */
export function strandedBy(
  { from, to, until }: Pick<StatusMove, "from" | "to" | "until">,
  waiting: readonly Waiting[],
): string[] {
  let status: UserStatus = to;
  let before: UserStatus | null = to === "DELETED" ? from : null;
  // A deletion keeps the end that is to come back with a restore; it does not end by it.
  let ends = to === "DELETED" ? null : (until ?? null);
  const stranded: string[] = [];
  for (const step of waiting) {
    // A lock or a suspension that ends by itself leads back to ACTIVE.
    if (ends && ends <= step.dueAt) [status, ends] = ["ACTIVE", null];
    const starts = (from === "PENDING" || to === "ARCHIVED") && step.operation === "activate";
    const next = starts ? undefined : statusBehind(step.operation, status, before);
    if (!next) {
      stranded.push(step.id);
      continue;
    }
    before = next === "DELETED" ? status : null;
    [status, ends] = [next, step.until];
  }
  return stranded;
}

/** What waits, by person, in the order in which it is due; but for what is being carried out. */
async function waitingOf(tx: Tx, moves: readonly StatusMove[]): Promise<ReadonlyMap<string, Waiting[]>> {
  const rows = await tx.sql
    .selectFrom("scheduled_transition")
    .select(["id", "user_id", "operation", "due_at", "until"])
    .where("user_id", "=", sql<string>`ANY (${moves.map(({ userId }) => userId)}::uuid[])`)
    .where("state", "=", "SCHEDULED")
    .where("id", "<>", sql<string>`ALL (${moves.flatMap(({ scheduledId }) => scheduledId ?? [])}::uuid[])`)
    .orderBy("due_at")
    .orderBy("id")
    .forUpdate()
    .execute();
  const steps = rows.map(({ id, user_id, operation, due_at, until }) => ({
    id,
    userId: user_id,
    operation: operation as ScheduledOperation,
    dueAt: due_at,
    until,
  }));
  return Map.groupBy(steps, ({ userId }) => userId);
}
