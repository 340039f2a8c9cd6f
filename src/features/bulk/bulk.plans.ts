import { sql } from "kysely";
import { reachOf, type Viewer } from "../../access/actor.ts";
import type { BulkPlanRecord, BulkState } from "../../database/bulk-tables.ts";
import type { Tx } from "../../database/transaction.ts";
import { conflict, notFound } from "../../kernel/errors.ts";

/** States that a plan does not leave. */
export const ENDED: readonly BulkState[] = ["DONE", "CANCELLED", "FAILED", "EXPIRED"];

type Whose = Pick<BulkPlanRecord, "planner_kind" | "planner_id">;

/** Whether it is the viewer's own; whoever has the machine has no id, and is one. */
export const planned = ({ kind, id }: Viewer, { planner_kind, planner_id }: Whose): boolean =>
  planner_kind === kind && planner_id === id && (id !== null || kind === "SYSTEM");

/** Whether a viewer sees a plan: their own, or any where they hold BULK_RUN everywhere, so that somebody can look after what others began. */
export const maySeePlan = (viewer: Viewer, plan: Whose): boolean =>
  (viewer.grants.has("BULK_RUN") && planned(viewer, plan)) || reachOf(viewer, "BULK_RUN") === "everywhere";

/** The plan, locked for this transaction, against whoever changes it and not whoever refers to it; NOT_FOUND where the viewer may not see it. */
export async function lockPlan(tx: Tx, viewer: Viewer, id: string): Promise<BulkPlanRecord> {
  const plan = await tx.sql
    .selectFrom("bulk_plan")
    .selectAll()
    .where("id", "=", id)
    .forNoKeyUpdate()
    .executeTakeFirst();
  if (!plan || !maySeePlan(viewer, plan as BulkPlanRecord)) throw notFound("plan", "input.id");
  return plan as BulkPlanRecord;
}

/** Locks a plan that is being made, against whoever changes it and not whoever refers to it; CONFLICT where it waits no longer, being cancelled. */
export async function lockPlanning(tx: Tx, id: string): Promise<void> {
  const { rows } = await sql<Pick<BulkPlanRecord, "state">>`
    SELECT state FROM bulk_plan WHERE id = ${id} FOR NO KEY UPDATE`.execute(tx.sql);
  requireState(rows[0] as Pick<BulkPlanRecord, "state">, ["PLANNING"]);
}

/** The batches, as long as the plan is not cancelled: CONFLICT then. */
export async function* whilePlanning<Batch>(
  tx: Tx,
  planId: string,
  batches: AsyncIterable<Batch>,
): AsyncGenerator<Batch> {
  for await (const batch of batches) {
    const { rows } = await sql<Pick<BulkPlanRecord, "state">>`
      SELECT state FROM bulk_plan WHERE id = ${planId}`.execute(tx.sql);
    requireState(rows[0] as Pick<BulkPlanRecord, "state">, ["PLANNING"]);
    yield batch;
  }
}

/** Which people of a plan are still to be changed. */
export const DUE = sql<boolean>`finding IN ('CREATE', 'CHANGE', 'MISSING') AND outcome IS NULL`;

/** Sets what differs of a plan, and when. */
export async function setPlan(tx: Tx, id: string, values: Partial<BulkPlanRecord>): Promise<void> {
  await tx.sql
    .updateTable("bulk_plan")
    .set({ ...values, updated_at: tx.now } as never)
    .where("id", "=", id)
    .execute();
}

/** Ends a plan; whoever was to be changed and was not reached is SKIPPED. */
export async function endPlan(
  tx: Tx,
  plan: Pick<BulkPlanRecord, "id" | "skipped">,
  state: "CANCELLED" | "FAILED" | "EXPIRED",
  problem: string | null = null,
): Promise<void> {
  const { numAffectedRows } = await sql`
    UPDATE bulk_item SET outcome = 'SKIPPED' WHERE plan_id = ${plan.id} AND ${DUE}`.execute(tx.sql);
  const skipped = plan.skipped + Number(numAffectedRows ?? 0n);
  await setPlan(tx, plan.id, { state, problem, skipped, finished_at: tx.now });
}

/** Passes where the plan is in one of these states. */
export function requireState({ state }: Pick<BulkPlanRecord, "state">, allowed: readonly BulkState[]): void {
  if (allowed.includes(state)) return;
  throw conflict(`The plan is ${state}.`, { inputPath: "input.id", from: state, allowed });
}
