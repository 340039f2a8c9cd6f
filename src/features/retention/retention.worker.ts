import { sql } from "kysely";
import type { BulkProblem } from "../../database/bulk-tables.ts";
import type { Cause } from "../../database/cause.ts";
import type { Database } from "../../database/database.ts";
import type { RetentionAction, RetentionItemRow, RetentionObstacle } from "../../database/retention-tables.ts";
import type { Tx } from "../../database/transaction.ts";
import { viewerOfAuthor } from "../auth/author.viewer.ts";
import { problemOf } from "../bulk/bulk.batch.ts";
import { problemIn } from "../bulk/bulk.worker.ts";
import { type ErasingParts, erasePerson } from "../erasure/erasure.work.ts";
import type { UserTransitions } from "../users/user.transitions.ts";
import { isDue, isInForce, obstacleOf, PEOPLE, type RetentionPolicyRecord } from "./retention.policy.ts";
import {
  cancelRun,
  type RetentionRunRecord,
  type RetentionRuns,
  type RetentionSettings,
  writeOutcomes,
} from "./retention.runs.ts";

/*
 * Carries policies out. One gateway at a time is at it: each commit begins by taking an advisory lock of the transaction, which a process that
 * dies gives up. What became of somebody is written by the commit that did it, so each person of a run is done once, whoever is killed when.
 */

const LOCK = 7_260_313_335;
/** People a commit; whoever is erased has one of their own. */
const BATCH = 100;
/** How long it is kept whom a run concerned; the run itself stays. */
const KEPT_DAYS = 90;
const HOUR_MS = 3_600_000;

const ACTOR = { kind: "SYSTEM", id: null, name: "retention" } as const;
const CAUSES: Readonly<Record<RetentionAction, string>> = {
  ARCHIVE: "user.archived",
  DELETE: "user.deleted",
  ERASE: "user.erased",
};

export interface RetentionWork extends RetentionSettings {
  database: Database;
  transitions: UserTransitions;
  erasing: ErasingParts;
  runs: RetentionRuns;
  /** The hour of the day, in ORG_TIMEZONE, from which policies have their run of the day. */
  hour: number;
}

type Outcome = Pick<RetentionItemRow, "place" | "outcome" | "obstacle" | "problem">;
type Item = Pick<RetentionItemRow, "place" | "user_id">;
type Step = "MORE" | "OVER" | "BUSY";

export class RetentionWorker {
  #forgotAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly work: RetentionWork,
    private readonly batchSize: number = BATCH,
  ) {}

  /**
   * Begins what is due and carries on what has begun, until nothing is left or it is told to stop. Any number of gateways may call it. A policy or a run that
   * fails does not hold up the others; the first failure is thrown when they are done.
   */
  async run(signal?: AbortSignal): Promise<void> {
    const failures: unknown[] = [];
    if (await this.#beginDue(failures)) {
      await this.#forget();
      await this.#carryOn(failures, signal);
    }
    if (failures.length > 0) throw failures[0];
  }

  async #carryOn(failures: unknown[], signal: AbortSignal | undefined): Promise<void> {
    const { rows } = await sql<RetentionRunRecord>`
      SELECT * FROM retention_run WHERE state = 'RUNNING' ORDER BY started_at, id`.execute(this.work.database.reader);
    for (const run of rows)
      for (let step: Step = "MORE"; step === "MORE" && !signal?.aborted; ) {
        step = await this.#step(run).catch((error: unknown) => {
          failures.push(error);
          return "OVER";
        });
        if (step === "BUSY") return;
      }
  }

  /** The day of which an instant is: it begins at the hour. */
  #dayOf(instant: Date): string {
    return this.work.dateOf(new Date(instant.getTime() - this.work.hour * HOUR_MS));
  }

  /** Each policy in force has one run a day; one that came into force today has its first tomorrow. False where another gateway is at it. */
  async #beginDue(failures: unknown[]): Promise<boolean> {
    const { database } = this.work;
    const day = this.#dayOf(await database.now());
    const { rows } = await sql<RetentionPolicyRecord>`
      SELECT p.* FROM retention_policy p WHERE p.enabled
        AND NOT EXISTS (SELECT FROM retention_run r WHERE r.policy_id = p.id AND (r.day = ${day}::date OR r.state IN ('WAITING_APPROVAL', 'RUNNING')))
      ORDER BY p.created_at, p.id`.execute(database.reader);
    for (const { id, in_force_at } of rows.filter(isInForce)) {
      if (this.#dayOf(in_force_at) >= day) continue;
      const leading = await this.#begin(id, day).catch((error: unknown) => {
        failures.push(error);
        return true;
      });
      if (!leading) return false;
    }
    return true;
  }

  /** Begins a policy's run of the day. False where another gateway is at it. */
  async #begin(id: string, day: string): Promise<boolean> {
    const cause: Cause = { kind: "SCHEDULE", action: "retention_run.begun", actor: ACTOR };
    const { value } = await this.work.database.write(cause, async (tx) => {
      if (!(await leads(tx))) return false;
      const policy = await lockPolicy(tx, id);
      const known = await sql`SELECT FROM retention_run WHERE policy_id = ${id}
        AND (day = ${day}::date OR state IN ('WAITING_APPROVAL', 'RUNNING'))`.execute(tx.sql);
      if (policy && isInForce(policy) && known.rows.length === 0)
        await this.work.runs.begin(tx, policy, authorOf(policy), day);
      return true;
    });
    return value;
  }

  /** One commit of a run; where the database refuses it because of somebody, halves, until they are alone. */
  async #step(run: RetentionRunRecord): Promise<Step> {
    for (let size = run.action === "ERASE" ? 1 : this.batchSize; ; size = Math.ceil(size / 2)) {
      try {
        return await this.#write(run, (tx, policy) => this.#batch(tx, run, policy, size));
      } catch (error) {
        const problem = problemIn(error);
        if (!problem) throw error;
        if (size > 1) continue;
        const obstacle = problem.code === "INTERNAL" ? "FAILED" : "GUARD";
        return await this.#write(run, async (tx) =>
          (await nextItems(tx, run.id, 1)).map(({ place }) => passedOver(place, obstacle, problem)),
        );
      }
    }
  }

  /** Writes outcomes with what they are of. A run whose policy is gone, was changed or turned off ends here. */
  async #write(
    run: RetentionRunRecord,
    work: (tx: Tx, policy: RetentionPolicyRecord) => Promise<Outcome[]>,
  ): Promise<Step> {
    const { policy_name, operation_id: operationId, action } = run;
    const reason = `Retention policy: ${policy_name}`;
    const cause: Cause = { kind: "SCHEDULE", action: CAUSES[action], actor: ACTOR, operationId, reason };
    const { value } = await this.work.database.write(cause, async (tx): Promise<Step> => {
      if (!(await leads(tx))) return "BUSY";
      const policy = await lockPolicy(tx, run.policy_id);
      const { rows } = await sql<RetentionRunRecord>`
        SELECT * FROM retention_run WHERE id = ${run.id} AND state = 'RUNNING' FOR UPDATE`.execute(tx.sql);
      const [now] = rows;
      if (!now) return "OVER";
      if (!policy || policy.version !== run.policy_version || !isInForce(policy)) {
        await cancelRun(tx, run.id, "Its policy was changed, turned off or deleted.");
        return "OVER";
      }
      const outcomes = await work(tx, policy);
      await tx.flush();
      await writeOutcomes(tx, run.id, outcomes);
      return (await advance(tx, now, outcomes)) ? "OVER" : "MORE";
    });
    return value;
  }

  async #batch(tx: Tx, run: RetentionRunRecord, policy: RetentionPolicyRecord, size: number): Promise<Outcome[]> {
    const items = await nextItems(tx, run.id, size);
    const standing = await this.#standing(tx, policy, items);
    const outcomes: Outcome[] = [];
    const due: Item[] = [];
    for (const item of items) {
      const obstacle = standing.get(item.user_id);
      if (obstacle === null) due.push(item);
      else outcomes.push(passedOver(item.place, obstacle ?? "NO_LONGER_DUE", null));
    }
    const done =
      policy.action === "ERASE" ? await this.#erase(tx, run, policy, due) : await this.#move(tx, policy, due);
    return [...outcomes, ...done];
  }

  /** Locks people, and finds who is still due, and what stands in the way. */
  async #standing(
    tx: Tx,
    policy: RetentionPolicyRecord,
    items: readonly Item[],
  ): Promise<ReadonlyMap<string, RetentionObstacle | null>> {
    const ids = items.map(({ user_id }) => user_id);
    await sql`SELECT FROM user_account WHERE id = ANY(${ids}::uuid[]) ORDER BY id FOR UPDATE`.execute(tx.sql);
    const moment = { now: tx.now, today: this.work.dateOf(tx.now) };
    const { rows } = await sql<{ id: string; obstacle: RetentionObstacle | null }>`
      SELECT a.id, ${obstacleOf(policy, tx.now, this.work.restorableDays)} AS obstacle
      FROM ${PEOPLE} WHERE a.id = ANY(${ids}::uuid[]) AND ${isDue(policy, moment)}`.execute(tx.sql);
    return new Map(rows.map(({ id, obstacle }) => [id, obstacle]));
  }

  async #move(tx: Tx, policy: RetentionPolicyRecord, due: readonly Item[]): Promise<Outcome[]> {
    if (due.length === 0) return [];
    const operation = policy.action === "ARCHIVE" ? "archive" : "delete";
    const viewer = await gatewayItself(tx, this.work.dateOf);
    const steps = due.map(({ user_id: id }) => ({ id, until: null, reason: tx.cause.reason ?? null }));
    const moved = await this.work.transitions.moveAll(tx, viewer, operation, steps);
    return due.map(({ place }, at) => {
      const refusal = moved[at]?.refusal;
      return refusal ? passedOver(place, "GUARD", problemOf(refusal)) : done(place);
    });
  }

  async #erase(
    tx: Tx,
    run: RetentionRunRecord,
    policy: RetentionPolicyRecord,
    due: readonly Item[],
  ): Promise<Outcome[]> {
    const approvalRequestId = run.approval_id ?? policy.approval_id;
    for (const { user_id: userId } of due)
      await erasePerson(tx, this.work.erasing, { userId, ground: "RETENTION", approvalRequestId });
    return due.map(({ place }) => done(place));
  }

  /** Gives up whom runs concerned that ended long ago. */
  async #forget(): Promise<void> {
    if (performance.now() - this.#forgotAt < HOUR_MS) return;
    this.#forgotAt = performance.now();
    await sql`DELETE FROM retention_item i USING retention_run r
      WHERE r.id = i.run_id AND r.finished_at < rollcall_now() - make_interval(days => ${KEPT_DAYS}::integer)`.execute(
      this.work.database.reader,
    );
  }
}

const done = (place: number): Outcome => ({ place, outcome: "DONE", obstacle: null, problem: null });

const passedOver = (place: number, obstacle: RetentionObstacle, problem: BulkProblem | null): Outcome => ({
  place,
  outcome: "PASSED_OVER",
  obstacle,
  problem,
});

/** The gateway, as which policies are carried out: it may do everything, and is asked by every guard. */
export async function gatewayItself(tx: Tx, dateOf: (instant: Date) => string) {
  const viewer = await viewerOfAuthor(tx, ACTOR, dateOf);
  if (!viewer) throw new Error("The gateway itself is always there.");
  return viewer;
}

/** Whoever made a policy what it is asks for its runs, and so approves none of them. */
const authorOf = ({ author_kind: kind, author_id: id, author_name: name }: RetentionPolicyRecord) => ({
  kind,
  id,
  name,
});

/** Whether this transaction is the one that carries policies out. */
async function leads(tx: Tx): Promise<boolean> {
  const { rows } = await sql<{ taken: boolean }>`SELECT pg_try_advisory_xact_lock(${LOCK}) AS taken`.execute(tx.sql);
  return rows[0]?.taken === true;
}

async function lockPolicy(tx: Tx, id: string): Promise<RetentionPolicyRecord | undefined> {
  const { rows } = await sql<RetentionPolicyRecord>`SELECT * FROM retention_policy WHERE id = ${id} FOR SHARE`.execute(
    tx.sql,
  );
  return rows[0];
}

async function nextItems(tx: Tx, runId: string, size: number): Promise<Item[]> {
  const { rows } = await sql<Item>`
    SELECT place, user_id FROM retention_item WHERE run_id = ${runId} AND outcome IS NULL ORDER BY place LIMIT ${size}`.execute(
    tx.sql,
  );
  return rows;
}

/** Counts outcomes; true where they were the last. */
async function advance(tx: Tx, run: RetentionRunRecord, outcomes: readonly Outcome[]): Promise<boolean> {
  const left = await sql`SELECT FROM retention_item WHERE run_id = ${run.id} AND outcome IS NULL LIMIT 1`.execute(
    tx.sql,
  );
  const over = left.rows.length === 0;
  const reached = outcomes.filter(({ outcome }) => outcome === "DONE").length;
  await tx.sql
    .updateTable("retention_run")
    .set({
      done: run.done + reached,
      passed_over: run.passed_over + outcomes.length - reached,
      ...(over ? { state: "DONE", finished_at: tx.now } : {}),
    })
    .where("id", "=", run.id)
    .execute();
  return over;
}
