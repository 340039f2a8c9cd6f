import { sql } from "kysely";
import type { Tx } from "../../database/transaction.ts";
import { todayOf } from "../../search/civil-date.ts";
import type { RescheduledStep } from "../schedules/scheduled-transition.service.ts";

/**
 * Keeps the dates of an employment with the step that they stand for: a leave that is put off has another last day, and a start another first one,
 * with the day of hire where that was the start's. Of a step that is due at an instant, the day that it is where the person is.
 */
export async function keepDates(tx: Tx, step: RescheduledStep, orgTimezone: string): Promise<void> {
  if (step.operation === "deactivate") await keepLastDay(tx, step, orgTimezone);
  if (step.operation === "activate") await keepFirstDay(tx, step, orgTimezone);
}

/** Access ends as the day behind the last one begins; at an instant, the last day is the one that it ends on. */
async function keepLastDay(tx: Tx, { id, effectiveOn, dueAt }: RescheduledStep, orgTimezone: string): Promise<void> {
  const { rows } = await sql<{ timezone: string | null }>`
    SELECT a.timezone FROM offboarding o JOIN user_account a ON a.id = o.user_id WHERE o.transition_id = ${id}`.execute(
    tx.sql,
  );
  const [leave] = rows;
  if (!leave) return;
  const last = effectiveOn
    ? sql<string>`${effectiveOn}::date - 1`
    : sql<string>`${todayOf(new Date(dueAt.getTime() - 1), leave.timezone, orgTimezone)}::date`;
  await tx.sql.updateTable("offboarding").set({ last_day: last }).where("transition_id", "=", id).execute();
}

/** The first of the starts that wait is the one that counts. */
async function keepFirstDay(
  tx: Tx,
  { userId, effectiveOn, dueAt }: RescheduledStep,
  orgTimezone: string,
): Promise<void> {
  const { rows } = await sql<{ was: string; timezone: string | null }>`
    SELECT o.starts_on::text AS was, a.timezone FROM onboarding o JOIN user_account a ON a.id = o.user_id AND a.status = 'PENDING'
    WHERE o.user_id = ${userId} AND NOT EXISTS (
      SELECT FROM scheduled_transition t WHERE t.user_id = ${userId} AND t.operation = 'activate' AND t.state = 'SCHEDULED' AND t.due_at < ${dueAt})`.execute(
    tx.sql,
  );
  const [start] = rows;
  const day = effectiveOn ?? todayOf(dueAt, start?.timezone, orgTimezone);
  if (!start || start.was === day) return;
  await tx.sql.updateTable("onboarding").set({ starts_on: day }).where("user_id", "=", userId).execute();
  await sql`
    UPDATE user_account SET hired_on = ${day}::date, version = version + 1, updated_at = ${tx.now}
    WHERE id = ${userId} AND hired_on = ${start.was}::date`.execute(tx.sql);
}
