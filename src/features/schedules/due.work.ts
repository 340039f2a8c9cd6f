import { type RawBuilder, sql } from "kysely";
import type { ActorKind } from "../../access/actor.ts";
import type { Cause } from "../../database/cause.ts";
import type { Database } from "../../database/database.ts";
import type { AbsentAuthor } from "../auth/author.viewer.ts";
import type { ScheduledOperation } from "./scheduled-step.ts";

/** A step that is due: one that somebody scheduled, or the end of a lock or a suspension, which is the gateway's own. */
export interface DueStep {
  /** The scheduled transition; null for the end of a status. */
  scheduledId: string | null;
  userId: string;
  operation: ScheduledOperation;
  dueAt: Date;
  until: Date | null;
  reason: string | null;
  authorKind: ActorKind;
  authorId: string | null;
  authorName: string;
  authorTokenId: string | null;
  /** What the author could use when they scheduled it; null: that was not kept. */
  authorPermissions: string[] | null;
  /** Taken whatever became of its author. */
  outlivesAuthor: boolean;
  /** Among those due at one instant: ends of statuses come first, so that the next step finds them ended. */
  rank: number;
  place: string;
}

/** Steps that one commit takes at the most. */
export const GROUP_LIMIT = 500;

/** Behind which step to go on; the steps of these people are passed over, because one of theirs failed before. */
export interface Progress {
  after: Pick<DueStep, "dueAt" | "rank" | "place"> | undefined;
  skipping: readonly string[];
}

/** Whether a scheduled step is somebody's leave: that was decided when it was scheduled, and does not fail because of its author. */
export const IS_LEAVE = sql<boolean>`EXISTS (SELECT FROM offboarding o WHERE o.transition_id = scheduled_transition.id)`;

/** A `DueStep` of a row of `scheduled_transition`. */
export const STEP_COLUMNS = sql`id AS "scheduledId", user_id AS "userId", operation, due_at AS "dueAt", until, reason,
  author_kind AS "authorKind", author_id AS "authorId", author_name AS "authorName", author_token_id AS "authorTokenId",
  author_permissions AS "authorPermissions", ${IS_LEAVE} AS "outlivesAuthor", 1 AS rank, id AS place`;

const SCHEDULED = sql`
  SELECT ${STEP_COLUMNS} FROM scheduled_transition WHERE state = 'SCHEDULED' AND due_at <= (SELECT rollcall_now())`;

const ENDS = sql`
  SELECT NULL::uuid AS "scheduledId", id AS "userId", CASE status WHEN 'LOCKED' THEN 'unlock' ELSE 'reinstate' END AS operation,
    status_until AS "dueAt", NULL::timestamptz AS until, NULL AS reason, 'SYSTEM' AS "authorKind", NULL::uuid AS "authorId",
    'scheduler' AS "authorName", NULL::uuid AS "authorTokenId", NULL::text[] AS "authorPermissions", false AS "outlivesAuthor", 0 AS rank, id AS place
  FROM user_account WHERE status_until <= (SELECT rollcall_now()) AND status IN ('LOCKED', 'SUSPENDED')`;

/**
 * The steps that are due next, in the order of their instants (ends of statuses and scheduled steps in one order), as far as they can share
 * one commit: the same operation, by the same author, for the same reason, due at the same instant, one a person.
 */
export async function nextDue(database: Database, { after, skipping }: Progress): Promise<DueStep[]> {
  const beyond = (due: RawBuilder<unknown>, rank: RawBuilder<unknown>) =>
    after
      ? sql`AND ${due} >= ${after.dueAt}::timestamptz AND (${due}, ${rank}, id) > (${after.dueAt}::timestamptz, ${after.rank}::integer, ${after.place}::uuid)`
      : sql``;
  const passing = (user: RawBuilder<unknown>) =>
    skipping.length > 0 ? sql`AND NOT ${user} = ANY (${[...skipping]}::uuid[])` : sql``;
  const page = sql`ORDER BY "dueAt", rank, place LIMIT ${GROUP_LIMIT}`;
  const { rows } = await sql<DueStep>`
    SELECT * FROM (
      (${SCHEDULED} ${beyond(sql`due_at`, sql`1`)} ${passing(sql`user_id`)} ${page})
      UNION ALL (${ENDS} ${beyond(sql`status_until`, sql`0`)} ${passing(sql`id`)} ${page})) due
    ${page}`.execute(database.reader);
  const people = new Set<string>();
  const [first] = rows;
  const end = rows.findIndex((step) => {
    const another = keyOf(step) !== keyOf(first as DueStep) || people.has(step.userId);
    people.add(step.userId);
    return another;
  });
  return end < 0 ? rows : rows.slice(0, end);
}

/** Alike for steps that may share a commit. */
export const keyOf = ({ scheduledId, dueAt, operation, reason, outlivesAuthor, ...step }: DueStep): string =>
  JSON.stringify([scheduledId === null, dueAt, operation, reason, outlivesAuthor, authorOf(step)]);

/** Whose rights a step is taken by. */
export const authorOf = (
  step: Pick<DueStep, "authorKind" | "authorId" | "authorName" | "authorTokenId" | "authorPermissions">,
): AbsentAuthor => ({
  kind: step.authorKind,
  id: step.authorId,
  name: step.authorName,
  tokenId: step.authorTokenId,
  permissions: step.authorPermissions,
});

/** The cause of the commit that takes these steps: whoever scheduled them, by schedule. */
export function causeOf({ authorKind: kind, authorId: id, authorName: name, reason }: DueStep, action: string): Cause {
  return { kind: "SCHEDULE", action, actor: { kind, id, name }, ...(reason ? { reason } : {}) };
}

/** Dates that were scheduled for people without a time zone are meant in this one, the organisation's, from now on. */
export async function reckonByOrganisation(database: Database, timezone: string): Promise<void> {
  const cause: Cause = {
    kind: "SYSTEM",
    action: "transition.changed",
    actor: { kind: "SYSTEM", id: null, name: "scheduler" },
  };
  await database.write(cause, (tx) =>
    tx.sql
      .updateTable("scheduled_transition")
      .set((eb) => ({ org_timezone: timezone, version: eb("version", "+", 1), updated_at: tx.now }))
      .where("state", "=", "SCHEDULED")
      .where("org_timezone", "<>", timezone)
      .execute(),
  );
}
