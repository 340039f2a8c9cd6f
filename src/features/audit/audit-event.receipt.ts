import DataLoader from "dataloader";
import { sql } from "kysely";
import type { Viewer } from "../../access/actor.ts";
import type { Database } from "../../database/database.ts";
import type { AuditEventColumns } from "../../database/tables.ts";
import type { LoaderKey } from "../../graphql/context.ts";
import { type Consequence, type ConsequenceKind, consequence } from "../../kernel/consequence.ts";
import { type IdKind, publicId } from "../../kernel/ids.ts";
import { KEPT_FROM_SUBJECTS, mayReadChange } from "./audit.redaction.ts";

/*
 * The receipt of a step of the lifecycle: what the same commit ended of the person. It is read from the log itself, where each thing that ended
 * is an event of its own: so it holds however the step came about, and the chain vouches for it.
 */

/** What an event tells the end of, by its action. */
const ENDINGS: Readonly<Record<string, { kind: ConsequenceKind; of: IdKind; table: string }>> = {
  "session.ended": { kind: "SESSIONS_ENDED", of: "Session", table: "session" },
  "token.revoked": { kind: "TOKENS_REVOKED", of: "ServiceToken", table: "service_token" },
  "role.revoked": { kind: "GRANTS_ENDED", of: "RoleGrant", table: "role_grant" },
  "transition.cancelled": { kind: "SCHEDULES_CANCELLED", of: "ScheduledTransition", table: "scheduled_transition" },
};

/** Which step of whom. */
export type Step = Pick<AuditEventColumns, "commit_number" | "unit_path"> & { subject_id: string };

/** The step that an event tells of; null where it tells of something else. */
export const stepOf = ({ table_name, operation, fields, ...event }: AuditEventColumns): Step | null =>
  table_name === "user_account" && operation === "UPDATE" && fields.includes("status") && event.subject_id !== null
    ? { commit_number: event.commit_number, subject_id: event.subject_id, unit_path: event.unit_path }
    : null;

interface Ending {
  action: string;
  row_id: string;
}

const keyOf = ({ commit_number, subject_id }: Step): string => `${commit_number} ${subject_id}`;

export type ReceiptLoader = LoaderKey<DataLoader<Step, Ending[], string>>;

/** What ended with steps, in one statement a tick. */
export const receiptLoader = (database: Database): ReceiptLoader => ({
  create: () =>
    new DataLoader(
      async (steps: readonly Step[]) => {
        const { rows } = await sql<Ending & Step>`
          SELECT commit_number, subject_id, action, row_id FROM (
            SELECT commit_number, ordinal, subject_id, action, row_id FROM audit_log
            UNION ALL SELECT commit_number, ordinal, subject_id, action, row_id FROM unsealed_event) e
          WHERE commit_number = ANY (${[...new Set(steps.map((step) => String(step.commit_number)))]}::bigint[])
            AND subject_id = ANY (${[...new Set(steps.map((step) => step.subject_id))]}::uuid[])
            AND action = ANY (${Object.keys(ENDINGS)}::text[])
          ORDER BY row_id`.execute(database.reader);
        const found = Map.groupBy(rows, keyOf);
        return steps.map((step) => found.get(keyOf(step)) ?? []);
      },
      { cacheKeyFn: keyOf },
    ),
});

/**
 * The receipt as a viewer reads it: how many of each kind ended, and which, where they may read what events of that kind hold. Of what is kept from the
 * person whom it is about, they do not learn that there was any.
 */
export function receiptFor(viewer: Viewer, step: Step, endings: readonly Ending[]): Consequence[] {
  const event = { subject_kind: "User", subject_id: step.subject_id, unit_path: step.unit_path };
  return Object.entries(ENDINGS).flatMap(([action, { kind, of, table }]) => {
    const ids = endings.filter((one) => one.action === action).map(({ row_id }) => publicId(of, row_id));
    const named = mayReadChange(viewer, { ...event, table_name: table }, "id");
    if (!named && KEPT_FROM_SUBJECTS.has(table) && step.subject_id === viewer.userId) return [];
    return consequence(kind, ids).map((one) => (named ? one : { ...one, subjectIds: [] }));
  });
}
