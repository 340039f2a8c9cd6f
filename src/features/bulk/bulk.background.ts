import { sql } from "kysely";
import type { Viewer } from "../../access/actor.ts";
import type { BulkPlanRecord } from "../../database/bulk-tables.ts";
import type { Database } from "../../database/database.ts";
import type { Tx } from "../../database/transaction.ts";
import { RollcallError } from "../../kernel/errors.ts";
import { problemOf } from "./bulk.batch.ts";
import { revertCandidates } from "./bulk.candidates.ts";
import type { BulkPlanner, Searches } from "./bulk.planner.ts";
import { endPlan, whilePlanning } from "./bulk.plans.ts";
import { plannerNow, runningRights } from "./bulk.rights.ts";
import { problemIn } from "./bulk.worker.ts";

/** How often making a plan is begun before it is given up, and how long the first pause between two attempts is; each is twice the one before. */
const ATTEMPTS = 5;
const PAUSE_SECONDS = 5;
/** What is small enough to be made beside whatever is being made: it is done within seconds. */
const SMALL_BYTES = 1_000_000;
const SMALL_PEOPLE = 5_000;
/** One statement of a large plan: deriving the rows of everybody in it is one. */
const STATEMENT_MS = 600_000;

/** A plan being made, in the transaction that makes it, with the rights that its planner has now. */
export interface PlanMaking {
  tx: Tx;
  viewer: Viewer;
  plan: BulkPlanRecord;
}

/** How a plan is made, with what it would do to these searches. A RollcallError says what makes it impossible. */
export type MakePlan = (making: PlanMaking, searches: Searches) => Promise<void>;

/** Makes plans of files: of one that says what is to become of each person, and of one that only names whom a change is for. */
export interface FilePlans {
  import: MakePlan;
  change: MakePlan;
}

export interface BackgroundPlannerParts {
  database: Database;
  planner: BulkPlanner;
  dateOf(instant: Date): string;
  files: FilePlans;
}

/**
 * Makes plans in the background: those of files, and those that take very many people back. Any number of gateways may run it on one database: a plan is made
 * by whoever holds its advisory lock, in one transaction, so that a gateway that dies leaves nothing, and the next one begins again.
 */
export class BackgroundPlanner {
  constructor(private readonly parts: BackgroundPlannerParts) {}

  /** Makes every plan that waits for it, or those alone that are small, or is told to stop. One that cannot be made holds up no other; why the first could not is thrown at the end. */
  async run(signal?: AbortSignal, { smallOnly = false } = {}): Promise<void> {
    const seen: string[] = [];
    const failures: unknown[] = [];
    while (!signal?.aborted) {
      const { rows } = await sql<BulkPlanRecord>`
        SELECT p.* FROM bulk_plan p LEFT JOIN import_attempt a ON a.plan_id = p.id
        LEFT JOIN import_upload u ON u.id = p.upload_id LEFT JOIN bulk_plan r ON r.id = p.reverts_id
        WHERE p.state = 'PLANNING' AND p.id <> ALL (${seen}::uuid[])
          AND (NOT ${smallOnly}::boolean OR coalesce(u.size, 0) <= ${SMALL_BYTES} AND coalesce(r.changed, 0) <= ${SMALL_PEOPLE})
          AND (a.plan_id IS NULL OR a.begun_at + make_interval(secs => ${PAUSE_SECONDS} * 2 ^ (a.count - 1)) <= rollcall_now())
        ORDER BY p.created_at, p.id LIMIT 1`.execute(this.parts.database.reader);
      const plan = rows[0];
      if (!plan) break;
      seen.push(plan.id);
      await this.make(plan).catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }

  /** Makes one plan, unless another gateway is at it. What may pass by itself is thrown, until it was tried ATTEMPTS times. */
  async make(plan: BulkPlanRecord): Promise<void> {
    const attempt = await this.#begin(plan.id);
    if (attempt === undefined) return;
    if (attempt > ATTEMPTS) return this.#fail(plan, GIVEN_UP);
    try {
      await this.#attempt(plan);
    } catch (error) {
      if (attempt === ATTEMPTS) await this.#fail(plan, GIVEN_UP);
      throw error;
    }
  }

  /** Counts an attempt, before it is known what becomes of it; gives how many there were, undefined where another gateway is at the plan. */
  async #begin(planId: string): Promise<number | undefined> {
    const { rows } = await sql<{ count: number }>`
      INSERT INTO import_attempt (plan_id, count, begun_at)
      SELECT id, 1, rollcall_now() FROM bulk_plan WHERE id = ${planId} AND state = 'PLANNING' AND ${held(planId)}
      ON CONFLICT (plan_id) DO UPDATE SET count = import_attempt.count + 1, begun_at = rollcall_now() RETURNING count`.execute(
      this.parts.database.reader,
    );
    return rows[0]?.count;
  }

  async #attempt(plan: BulkPlanRecord): Promise<void> {
    const { database, dateOf } = this.parts;
    const viewer = await plannerNow(database, plan, dateOf);
    if (!viewer || !runningRights(plan).every((permission) => viewer.grants.has(permission)))
      return this.#fail(plan, "Its planner may not plan it any more.");
    const searches = await this.parts.planner.searchesOf(viewer);
    try {
      await database.write(causeOf(plan), async (tx) => {
        if (!(await isOurs(tx, plan.id))) return;
        await sql`SELECT set_config('statement_timeout', ${String(STATEMENT_MS)}, true)`.execute(tx.sql);
        await this.#make({ tx, viewer, plan }, searches);
      });
    } catch (error) {
      const problem = impossible(error);
      if (problem === undefined) throw error;
      await this.#fail(plan, problem);
    }
  }

  #make(making: PlanMaking, searches: Searches): Promise<void> {
    const { kind } = making.plan;
    if (kind === "REVERT") return this.#takeBack(making, searches);
    return this.parts.files[kind === "IMPORT" ? "import" : "change"](making, searches);
  }

  async #takeBack({ tx, viewer, plan }: PlanMaking, searches: Searches): Promise<void> {
    const { planner } = this.parts;
    const found = await revertCandidates(tx, viewer, plan.reverts_id ?? "", planner.momentOf(viewer));
    const candidates = { ...found, batches: whilePlanning(tx, plan.id, found.batches) };
    await planner.finish(tx, plan.id, await planner.rehearse(tx, viewer, candidates, searches));
  }

  async #fail(plan: BulkPlanRecord, problem: string): Promise<void> {
    await this.parts.database.write(causeOf(plan), async (tx) => {
      const { rows } = await sql`
        SELECT FROM bulk_plan WHERE id = ${plan.id} AND state = 'PLANNING' AND ${held(plan.id)} FOR NO KEY UPDATE`.execute(
        tx.sql,
      );
      if (rows.length > 0) await endPlan(tx, plan, "FAILED", problem);
    });
  }
}

const GIVEN_UP = `Making it has failed ${ATTEMPTS} times: the gateways' logs say why. Try fewer people, or plan again later.`;

/** Takes the right to make a plan, until the transaction ends. */
const held = (planId: string) => sql<boolean>`pg_try_advisory_xact_lock(hashtextextended('import ' || ${planId}, 0))`;

/** Takes the plan for this transaction; false where somebody else has it, or it waits no longer. It can be looked at and cancelled meanwhile. */
async function isOurs(tx: Tx, planId: string): Promise<boolean> {
  const { rows } = await sql<{ held: boolean; waits: boolean }>`
    SELECT ${held(planId)} AS held,
      EXISTS (SELECT FROM bulk_plan WHERE id = ${planId}::uuid AND state = 'PLANNING') AS waits`.execute(tx.sql);
  return rows[0]?.held === true && rows[0].waits;
}

const causeOf = (plan: BulkPlanRecord) => ({
  kind: "BULK" as const,
  action: "bulk_plan.planned",
  actor: { kind: plan.planner_kind, id: plan.planner_id, name: plan.planner_name },
  operationId: plan.operation_id,
  ...(plan.reason ? { reason: plan.reason } : {}),
});

/** What an error says that makes the whole plan impossible; undefined for what may pass by itself. */
function impossible(error: unknown): string | undefined {
  if (!(error instanceof RollcallError)) {
    const { code } = error as { code?: string };
    return problemIn(error) && `The database refused what is planned, or took too long with it (SQLSTATE ${code}).`;
  }
  const { violations } = error.details;
  return violations
    ? violations.map(({ path, message }) => `${path}: ${message}`).join("\n")
    : problemOf(error).message;
}
