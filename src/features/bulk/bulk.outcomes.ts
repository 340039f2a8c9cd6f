import { sql } from "kysely";
import type { BulkItemRow, BulkOutcome, BulkPlanRecord, BulkProblem } from "../../database/bulk-tables.ts";
import type { Tx } from "../../database/transaction.ts";
import type { Result } from "./bulk.batch.ts";
import type { PersonChange } from "./bulk.change.ts";
import { versionAfter } from "./bulk.decision.ts";
import type { InOrder } from "./bulk.order.ts";
import { DUE, setPlan } from "./bulk.plans.ts";

/** Somebody of a plan who is to be changed. */
export type DueItem = Pick<BulkItemRow, "user_id" | "version" | "change" | "before" | "after" | "place"> & {
  /** Whose change it is, also where there is nobody yet. */
  id: string;
  step: number;
  turn: number;
};

/** In which order people are changed. */
const TURN = sql<number>`coalesce(turn, place)`;

/** The next people, at most so many, behind a turn where those up to there are in a batch that is not committed yet. */
export async function dueItems(tx: Tx, planId: string, limit: number, behind = -1): Promise<DueItem[]> {
  const { rows } = await sql<DueItem>`
    SELECT coalesce(user_id, new_id) AS id, user_id, version, change, before, after, place, ${TURN} AS turn, step FROM bulk_item
    WHERE plan_id = ${planId} AND ${TURN} > ${behind} AND ${DUE} ORDER BY ${TURN} LIMIT ${limit}`.execute(tx.sql);
  return rows;
}

/** Where somebody stands among those whom a plan changes. */
export const inOrder = ({ id, step, change }: DueItem): InOrder => {
  const { create, profile } = (change ?? {}) as PersonChange;
  return { id, step, isMade: create !== undefined, managerId: profile?.managerId };
};

/** Locks a plan that is to be applied; undefined where somebody else has it, or it has ended. */
export const lockRunning = async (tx: Tx, planId: string): Promise<BulkPlanRecord | undefined> =>
  (await tx.sql
    .selectFrom("bulk_plan")
    .selectAll()
    .where("id", "=", planId)
    .where("state", "in", ["READY", "APPLYING"])
    .forUpdate()
    .skipLocked()
    .executeTakeFirst()) as BulkPlanRecord | undefined;

/** Another gateway has taken the plan over, it has ended, or the work is to end, while a batch was worked on: it was never there. */
export class Overtaken extends Error {}

/**
 * Writes what became of people who have no outcome yet; Overtaken where one of them has, or was erased, since they were read. The plan's id comes with each row,
 * so that rows are looked up by their whole key also where the database has not counted yet how many people a plan that was just made is about.
 */
export async function writeOutcomes(
  tx: Tx,
  planId: string,
  items: readonly DueItem[],
  results: readonly Result[],
): Promise<void> {
  const places = new Map(items.map(({ id, place }) => [id, place]));
  const rows = results.map((result) => ({
    plan_id: planId,
    place: places.get(result.userId),
    user_id: result.kind === "CHANGED" ? result.userId : null,
    outcome: result.kind satisfies BulkOutcome,
    outcome_problem: "problem" in result ? result.problem : null,
    version_after: result.kind === "CHANGED" ? versionAfter(result.decision) : null,
    undo: result.kind === "CHANGED" ? result.decision.undo : null,
  }));
  const { numAffectedRows } = await sql`
    UPDATE bulk_item i SET outcome = r.outcome, outcome_problem = r.outcome_problem, version_after = r.version_after, undo = r.undo,
      user_id = coalesce(i.user_id, r.user_id)
    FROM json_populate_recordset(NULL::bulk_item, ${JSON.stringify(rows)}::json) r
    WHERE i.plan_id = r.plan_id AND i.place = r.place AND i.outcome IS NULL`.execute(tx.sql);
  if (Number(numAffectedRows ?? 0n) !== rows.length) throw new Overtaken();
}

/** The next person cannot be changed, even alone. */
export async function giveUp(tx: Tx, plan: BulkPlanRecord, problem: BulkProblem): Promise<void> {
  await sql`
    UPDATE bulk_item SET outcome = 'FAILED', outcome_problem = ${JSON.stringify(problem)}::jsonb
    WHERE plan_id = ${plan.id} AND place = (
      SELECT place FROM bulk_item WHERE plan_id = ${plan.id} AND ${DUE} ORDER BY ${TURN} LIMIT 1)`.execute(tx.sql);
  await setPlan(tx, plan.id, { state: "APPLYING", failed: plan.failed + 1, started_at: plan.started_at ?? tx.now });
}
