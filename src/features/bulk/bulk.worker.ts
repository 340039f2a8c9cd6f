import { sql } from "kysely";
import type { Viewer } from "../../access/actor.ts";
import type { BulkItemRow, BulkOutcome, BulkPlanRecord, BulkProblem } from "../../database/bulk-tables.ts";
import type { Cause } from "../../database/cause.ts";
import type { Database } from "../../database/database.ts";
import type { Tx } from "../../database/transaction.ts";
import { RollcallError } from "../../kernel/errors.ts";
import { changePeople, problemOf, type Result, type Rules } from "./bulk.batch.ts";
import type { PersonChange } from "./bulk.change.ts";
import { versionAfter } from "./bulk.decision.ts";
import { DUE, endPlan, setPlan } from "./bulk.plans.ts";
import { plannerNow, runningRights } from "./bulk.rights.ts";

/** People a commit: enough that commits do not count, few enough that whoever waits for one does not notice. */
const BATCH = 1_000;
/** How long it is kept what a plan found and did about each person; after that it cannot be taken back. */
const KEPT_DAYS = 90;
/** How long it is kept what a file said of people whom a plan did not make: nobody could be erased from it. */
const NOBODY_DAYS = 7;
/** How often it is looked for what is older. */
const FORGET_MS = 3_600_000;

export interface WorkerParts {
  database: Database;
  rules: Rules;
  dateOf(instant: Date): string;
}

/**
 * Applies plans, a batch a commit. Any number of gateways may run it on one database: a plan is worked on by whoever holds its row. A batch that
 * did not commit was never there, and its people are taken again; outcomes are written with the changes, so nobody is done twice.
 */
export class BulkWorker {
  #forgotAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly parts: WorkerParts,
    private readonly batchSize: number = BATCH,
  ) {}

  /** Works until there is nothing left that nobody else works on, or until it is told to stop. */
  async run(signal?: AbortSignal): Promise<void> {
    await this.#expire();
    await this.#forget();
    const busy = new Set<string>();
    for (let plan = await this.#next(busy); plan && !signal?.aborted; plan = await this.#next(busy))
      if (!(await this.#step(plan))) busy.add(plan.id);
  }

  /** The plan that has waited longest. */
  async #next(except: ReadonlySet<string>): Promise<BulkPlanRecord | undefined> {
    const { rows } = await sql<BulkPlanRecord>`
      SELECT * FROM bulk_plan WHERE state IN ('READY', 'APPLYING') AND id <> ALL (${[...except]}::uuid[])
      ORDER BY ready_at, id LIMIT 1`.execute(this.parts.database.reader);
    return rows[0];
  }

  /** Applies one batch; false where another gateway is at it. */
  async #step(plan: BulkPlanRecord): Promise<boolean> {
    const viewer = await plannerNow(this.parts.database, plan, this.parts.dateOf);
    if (!viewer || !runningRights(plan).every((permission) => viewer.grants.has(permission))) return this.#fail(plan);
    for (let size = this.batchSize; ; size = Math.ceil(size / 2)) {
      try {
        return await this.#write(plan, (tx, row) => this.#batch(tx, viewer, row, size));
      } catch (error) {
        const problem = problemIn(error);
        if (!problem) throw error;
        // The database refuses all of them because of somebody: halves, until they are alone.
        if (size === 1) return await this.#write(plan, (tx, row) => giveUp(tx, row, problem));
      }
    }
  }

  async #fail(plan: BulkPlanRecord): Promise<boolean> {
    return this.#write(plan, (tx, row) =>
      endPlan(tx, row, "FAILED", "Its planner may not change people in bulk any more."),
    );
  }

  /** One commit of a plan, by whoever holds its row. */
  async #write(plan: BulkPlanRecord, work: (tx: Tx, row: BulkPlanRecord) => Promise<void>): Promise<boolean> {
    const { value } = await this.parts.database.write(causeOf(plan), async (tx) => {
      const row = await tx.sql
        .selectFrom("bulk_plan")
        .selectAll()
        .where("id", "=", plan.id)
        .where("state", "in", ["READY", "APPLYING"])
        .forUpdate()
        .skipLocked()
        .executeTakeFirst();
      if (!row) return false;
      await work(tx, row as BulkPlanRecord);
      return true;
    });
    return value;
  }

  async #batch(tx: Tx, viewer: Viewer, plan: BulkPlanRecord, size: number): Promise<void> {
    const due = await dueItems(tx, plan.id, size);
    // Whom a row needs is committed before it.
    const items = due.filter(({ step }) => step === due[0]?.step);
    if (items.length > 0) {
      const wanted = items.map(({ id, user_id, version, change, before, after }) => ({
        userId: id,
        version: user_id === null ? undefined : version,
        found: { before, after },
        change: (change ?? plan.change ?? {}) as PersonChange,
      }));
      const { results } = await changePeople(tx, viewer, this.parts.rules, wanted);
      await writeOutcomes(tx, plan.id, items, results);
      await this.#advance(tx, plan, results, due.length < size && items.length === due.length);
    } else await this.#advance(tx, plan, [], true);
  }

  async #advance(tx: Tx, plan: BulkPlanRecord, results: readonly Result[], last: boolean): Promise<void> {
    const count = (kind: Result["kind"]) => results.filter((result) => result.kind === kind).length;
    const counts = {
      changed: plan.changed + count("CHANGED"),
      same: plan.same + count("UNCHANGED"),
      conflicts: plan.conflicts + count("CONFLICT"),
      refused: plan.refused + count("REFUSED"),
    };
    const done = counts.changed + counts.same + counts.conflicts + counts.refused + plan.failed;
    // Whoever was erased since is in no row any more.
    const gone = last ? Math.max(0, plan.changing - done) : 0;
    await setPlan(tx, plan.id, {
      ...counts,
      conflicts: counts.conflicts + gone,
      state: last ? "DONE" : "APPLYING",
      started_at: plan.started_at ?? tx.now,
      finished_at: last ? tx.now : null,
    });
  }

  /** Gives up what plans that have ended long ago say of people; the plans themselves stay. */
  async #forget(): Promise<void> {
    if (performance.now() - this.#forgotAt < FORGET_MS) return;
    this.#forgotAt = performance.now();
    const before = (days: number) => sql`p.finished_at < rollcall_now() - make_interval(days => ${days}::integer)`;
    const old = before(KEPT_DAYS);
    const db = this.parts.database.reader;
    await sql`
      DELETE FROM bulk_item i USING bulk_plan p WHERE p.id = i.plan_id AND i.user_id IS NULL AND ${before(NOBODY_DAYS)}`.execute(
      db,
    );
    await sql`DELETE FROM import_problem m USING bulk_plan p WHERE p.id = m.plan_id AND ${old}`.execute(db);
    await sql`DELETE FROM bulk_item i USING bulk_plan p WHERE p.id = i.plan_id AND ${old}`.execute(db);
    await sql`DELETE FROM bulk_effect e USING bulk_plan p WHERE p.id = e.plan_id AND ${old}`.execute(db);
  }

  /** Ends plans that waited too long. */
  async #expire(): Promise<void> {
    const overdue = sql`state IN ('PLANNED', 'WAITING_APPROVAL') AND expires_at <= rollcall_now()`;
    const { database } = this.parts;
    const found = await sql`SELECT FROM bulk_plan WHERE ${overdue} LIMIT 1`.execute(database.reader);
    if (found.rows.length === 0) return;
    const actor = { kind: "SYSTEM", id: null, name: "bulk" } as const;
    await database.write({ kind: "SYSTEM", action: "bulk_plan.expired", actor }, async (tx) => {
      const { rows } = await sql<{ id: string; skipped: number }>`
        SELECT id, skipped FROM bulk_plan WHERE ${overdue} ORDER BY id FOR UPDATE SKIP LOCKED`.execute(tx.sql);
      for (const plan of rows) await endPlan(tx, plan, "EXPIRED");
    });
  }
}

const causeOf = (plan: BulkPlanRecord): Cause => ({
  kind: "BULK",
  action: "bulk_plan.applied",
  actor: { kind: plan.planner_kind, id: plan.planner_id, name: plan.planner_name },
  operationId: plan.operation_id,
  ...(plan.reason ? { reason: plan.reason } : {}),
});

type DueItem = Pick<BulkItemRow, "user_id" | "version" | "change" | "before" | "after" | "place"> & {
  /** Whose change it is, also where there is nobody yet. */
  id: string;
  step: number;
};

async function dueItems(tx: Tx, planId: string, size: number): Promise<DueItem[]> {
  const { rows } = await sql<DueItem>`
    SELECT coalesce(user_id, new_id) AS id, user_id, version, change, before, after, place, step FROM bulk_item
    WHERE plan_id = ${planId} AND ${DUE} ORDER BY place LIMIT ${size}`.execute(tx.sql);
  return rows;
}

async function writeOutcomes(
  tx: Tx,
  planId: string,
  items: readonly DueItem[],
  results: readonly Result[],
): Promise<void> {
  const places = new Map(items.map(({ id, place }) => [id, place]));
  const rows = results.map((result) => ({
    place: places.get(result.userId),
    user_id: result.kind === "CHANGED" ? result.userId : null,
    outcome: result.kind satisfies BulkOutcome,
    outcome_problem: "problem" in result ? result.problem : null,
    version_after: result.kind === "CHANGED" ? versionAfter(result.decision) : null,
    undo: result.kind === "CHANGED" ? result.decision.undo : null,
  }));
  await sql`
    UPDATE bulk_item i SET outcome = r.outcome, outcome_problem = r.outcome_problem, version_after = r.version_after, undo = r.undo,
      user_id = coalesce(i.user_id, r.user_id)
    FROM json_populate_recordset(NULL::bulk_item, ${JSON.stringify(rows)}::json) r
    WHERE i.plan_id = ${planId} AND i.place = r.place`.execute(tx.sql);
}

/** The next person cannot be changed, even alone. */
async function giveUp(tx: Tx, plan: BulkPlanRecord, problem: BulkProblem): Promise<void> {
  await sql`
    UPDATE bulk_item SET outcome = 'FAILED', outcome_problem = ${JSON.stringify(problem)}::jsonb
    WHERE plan_id = ${plan.id} AND place = (
      SELECT place FROM bulk_item WHERE plan_id = ${plan.id} AND ${DUE} ORDER BY place LIMIT 1)`.execute(tx.sql);
  await setPlan(tx, plan.id, { state: "APPLYING", failed: plan.failed + 1, started_at: plan.started_at ?? tx.now });
}

/** What the database's refusal of a change says; undefined for what is no refusal, and may pass by itself. */
export function problemIn(error: unknown): BulkProblem | undefined {
  if (error instanceof RollcallError) return problemOf(error);
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code !== "string" || !/^[0-9A-Z]{5}$/.test(code)) return undefined;
  // Integrity and data of a row, a raised exception, or a statement that takes too long: another time it would be the same.
  const ofTheChange = code.startsWith("22") || code.startsWith("23") || code.startsWith("P0") || code === "57014";
  return ofTheChange ? { code: "INTERNAL", message: "The database refused this person's change." } : undefined;
}
