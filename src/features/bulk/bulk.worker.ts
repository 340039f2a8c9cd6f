import { sql } from "kysely";
import type { Viewer } from "../../access/actor.ts";
import type { BulkPlanRecord, BulkProblem } from "../../database/bulk-tables.ts";
import type { Cause } from "../../database/cause.ts";
import type { Database } from "../../database/database.ts";
import { mayPass, wasCancelled } from "../../database/error-mapping.ts";
import type { Tx } from "../../database/transaction.ts";
import { BY_THE_DATABASE, changePeople, type Result, type Rules, refusalIn } from "./bulk.batch.ts";
import type { PersonChange } from "./bulk.change.ts";
import { nextTogether } from "./bulk.order.ts";
import { dueItems, giveUp, inOrder, lockRunning, Overtaken, writeOutcomes } from "./bulk.outcomes.ts";
import { endPlan, setPlan } from "./bulk.plans.ts";
import { plannerNow, runningRights } from "./bulk.rights.ts";
import { StillHeld } from "./bulk.standing.ts";

/** People a commit: enough that commits do not count, few enough that whoever waits for one does not notice. */
const BATCH = 1_000;
/** How often in a row a plan may fail of what nothing foresees before it is given up, and how long the first pause is; each is twice the one before. */
const ATTEMPTS = 6;
const PAUSE_MS = 5_000;
/** How long a plan is left alone that another gateway is at. */
const HELD_MS = 10_000;
/** How long a batch waits for a lock: less than a statement may take, so that it is told apart from a change that takes too long. */
const LOCK_MS = 10_000;
const NOT_ALLOWED = "Its planner may not change people in bulk any more.";
/** How long it is kept what a plan found and did about each person; after that it cannot be taken back. */
const KEPT_DAYS = 90;
/** How long it is kept what a file said of people whom a plan did not make: nobody could be erased from it. */
const NOBODY_DAYS = 7;
/** How often it is looked for what is older. */
const FORGET_MS = 3_600_000;

/** A batch that is written, and whose commit is under way. */
interface Begun {
  /** Behind whom the next batch begins, and who is made, where nobody is changed otherwise; undefined where nobody is left. */
  last: { turn: number; made: ReadonlySet<string> | undefined } | undefined;
  /** Whether it was this gateway's to commit. */
  committed: Promise<boolean>;
}

/** The plan's row, locked: it is asked for once, at the latest by what counts outcomes. */
type TakeRow = () => Promise<BulkPlanRecord>;

type Work = (tx: Tx, row: TakeRow) => Promise<unknown>;

/** Which plans a gateway works on, and in which order. */
interface Turns {
  /** Until when plans are left alone, on the process's clock. */
  leftUntil: Map<string, number>;
  /** Those that have had a turn, the latest last. */
  had: readonly string[];
}

interface Batching {
  planId: string;
  row: TakeRow;
  /** The last of the batch whose commit is under way, if one is. */
  last: Begun["last"];
  size: number;
}

/** Behind which batch one is to be committed, and what ends the work. */
interface Behind {
  before?: Begun | undefined;
  signal?: AbortSignal | undefined;
}

export interface WorkerParts {
  database: Database;
  rules: Rules;
  dateOf(instant: Date): string;
}

/**
 * Applies plans, a batch a commit. Any number of gateways may run it on one database: a plan is worked on by whoever holds its row. A batch that
 * did not commit was never there, and its people are taken again; outcomes are written with the changes, so nobody is done twice. A batch that makes
 * people may be worked on while one that made people alone is still committed; it takes the row behind it, or was never there.
 * Plans take turns, a batch each.
 */
export class BulkWorker {
  #forgotAt = Number.NEGATIVE_INFINITY;
  /** How often each plan has failed since it last went on, and until when it is left alone. */
  readonly #failed = new Map<string, { count: number; until: number }>();

  constructor(
    private readonly parts: WorkerParts,
    private readonly batchSize: number = BATCH,
    private readonly pauseMs: number = PAUSE_MS,
    private readonly lockMs: number = LOCK_MS,
  ) {}

  /**
   * Works until there is nothing left that nobody else works on, or until it is told to stop. A plan that cannot go on holds up no other; why the first could
   * not is thrown at the end.
   */
  async run(signal?: AbortSignal): Promise<void> {
    await this.#expire();
    await this.#forget();
    const turns: Turns = { leftUntil: new Map([...this.#failed].map(([id, { until }]) => [id, until])), had: [] };
    const failures: unknown[] = [];
    for (let plan = await this.#next(turns); plan && !signal?.aborted; plan = await this.#next(turns))
      try {
        turns.had = [...turns.had.filter((id) => id !== plan?.id), plan.id];
        if (!(await this.#apply(plan, turns, signal))) turns.leftUntil.set(plan.id, performance.now() + HELD_MS);
        this.#failed.delete(plan.id);
      } catch (error) {
        turns.leftUntil.set(plan.id, Number.POSITIVE_INFINITY);
        failures.push(error);
        await this.#failedOnce(plan, error);
      }
    if (failures.length > 0) throw failures[0];
  }

  /** Ends a plan that nothing foreseen has stopped so often that it will not pass. */
  async #failedOnce(plan: BulkPlanRecord, error: unknown): Promise<void> {
    if (mayPass(error)) return;
    const count = (this.#failed.get(plan.id)?.count ?? 0) + 1;
    this.#failed.set(plan.id, { count, until: performance.now() + this.pauseMs * 2 ** (count - 1) });
    if (count < ATTEMPTS) return;
    this.#failed.delete(plan.id);
    await this.#fail(plan, `Applying it has failed ${ATTEMPTS} times: the gateways' logs say why.`);
  }

  /** The plan whose turn it is: of those that have had none the one that has waited longest, else the one whose turn is longest ago. */
  async #next({ leftUntil, had }: Turns, but?: string): Promise<BulkPlanRecord | undefined> {
    const left = [...leftUntil].filter(([, until]) => performance.now() < until).map(([id]) => id);
    const { rows } = await sql<BulkPlanRecord>`
      SELECT * FROM bulk_plan WHERE state IN ('READY', 'APPLYING') AND id <> ALL (${[...left, ...(but ? [but] : [])]}::uuid[])
      ORDER BY array_position(${had}::uuid[], id) NULLS FIRST, ready_at, id LIMIT 1`.execute(
      this.parts.database.reader,
    );
    return rows[0];
  }

  /**
   * Applies a plan until another one waits for its turn, it ends, something in it is refused, or it is told to stop; false where another gateway is at it.
   * Behind a batch that makes people alone the next one is worked on while that is derived and committed.
   */
  async #apply(plan: BulkPlanRecord, turns: Turns, signal: AbortSignal | undefined): Promise<boolean> {
    let begun: Begun | undefined;
    try {
      while (!signal?.aborted) {
        const [viewer, other] = await Promise.all([this.#plannerOf(plan), begun && this.#next(turns, plan.id)]);
        if (!viewer) break;
        if (begun && other) return await begun.committed;
        begun = await this.#begin(plan, viewer, { before: begun?.last?.made ? begun : undefined, signal });
        if (!begun.last?.made && !(await begun.committed)) return false;
        if (!begun.last) return true;
      }
      await begun?.committed;
      return signal?.aborted || this.#fail(plan);
    } catch (error) {
      await begun?.committed.catch(() => undefined); // Where it is what failed, its people are taken again.
      if (error instanceof Overtaken) return false;
      if (!problemIn(error)) throw error;
      return this.#halve(plan);
    }
  }

  /** The planner with what they hold now; undefined where they may not change people in bulk any more. */
  async #plannerOf(plan: BulkPlanRecord): Promise<Viewer | undefined> {
    const viewer = await plannerNow(this.parts.database, plan, this.parts.dateOf);
    return viewer && runningRights(plan).every((permission) => viewer.grants.has(permission)) ? viewer : undefined;
  }

  /** Resolves once a batch is written, and about to be committed behind the one before. */
  async #begin(plan: BulkPlanRecord, viewer: Viewer, behind: Behind): Promise<Begun> {
    const written = Promise.withResolvers<Begun["last"]>();
    const turn = { planId: plan.id, last: behind.before?.last, size: this.batchSize };
    const work: Work = async (tx, row) => written.resolve(await this.#batch(tx, viewer, { ...turn, row }));
    const committed = this.#write(plan, work, behind);
    committed.then(() => written.resolve(undefined), written.reject);
    return { last: await written.promise, committed };
  }

  /** The database refuses all of a batch because of somebody: halves, until they are alone. */
  async #halve(plan: BulkPlanRecord): Promise<boolean> {
    const viewer = await this.#plannerOf(plan);
    if (!viewer) return this.#fail(plan);
    for (let size = this.batchSize; ; size = Math.ceil(size / 2)) {
      try {
        return await this.#write(plan, async (tx, row) => {
          await this.#batch(tx, viewer, { planId: plan.id, last: undefined, size, row });
        });
      } catch (error) {
        if (error instanceof Overtaken) return false;
        const problem = problemIn(error);
        if (!problem) throw error;
        if (size === 1) return await this.#write(plan, async (tx, row) => giveUp(tx, await row(), problem));
      }
    }
  }

  async #fail(plan: BulkPlanRecord, problem: string = NOT_ALLOWED): Promise<boolean> {
    return this.#write(plan, async (tx, row) => endPlan(tx, await row(), "FAILED", problem));
  }

  /** One commit of a plan, by whoever holds its row: at once, or behind the batch before, which holds it. False where another gateway does. */
  async #write(plan: BulkPlanRecord, work: Work, behind: Behind = {}): Promise<boolean> {
    const { value } = await this.parts.database.write(causeOf(plan), async (tx) => {
      await sql`SELECT set_config('lock_timeout', ${String(this.lockMs)}, true)`.execute(tx.sql);
      const own = behind.before ? undefined : await lockRunning(tx, plan.id);
      if (!behind.before && !own) return false;
      await work(tx, async () => own ?? (await lockBehind(tx, plan.id, behind)));
      return true;
    });
    return value;
  }

  /** Gives the last of the batch, undefined where nobody is left. */
  async #batch(tx: Tx, viewer: Viewer, { planId, row, last: ahead, size }: Batching): Promise<Begun["last"]> {
    const due = await dueItems(tx, planId, size + 1, ahead?.turn);
    const items = nextTogether(due, size, inOrder);
    const placed = items.map(inOrder);
    const made = placed.every(({ isMade }) => isMade) ? new Set(placed.map(({ id }) => id)) : undefined;
    const last = items.at(-1);
    // Who is made needs nothing but a manager, and nobody who is made gives anything up. Everybody else is decided about once those before them are what they become.
    const isApart = made && ahead?.made && placed.every(({ managerId }) => !managerId || !ahead.made?.has(managerId));
    const early = isApart ? undefined : await row();
    const wanted = items.map(({ id, user_id, version, change, before, after }) => ({
      userId: id,
      version: user_id === null ? undefined : version,
      found: { before, after },
      change: (change ?? early?.change ?? {}) as PersonChange,
    }));
    const results = wanted.length > 0 ? (await changePeople(tx, viewer, this.parts.rules, wanted)).results : [];
    await writeOutcomes(tx, planId, items, results);
    const plan = early ?? (await row());
    const isLast = items.length === due.length;
    await this.#advance(tx, plan, results, isLast);
    return isLast || !last ? undefined : { turn: last.turn, made };
  }

  async #advance(tx: Tx, plan: BulkPlanRecord, results: readonly Result[], last: boolean): Promise<void> {
    const count = (kind: Result["kind"]) => results.filter((result) => result.kind === kind).length;
    const counts = {
      changed: plan.changed + count("CHANGED"),
      same: plan.same + count("UNCHANGED"),
      conflicts: plan.conflicts + count("CONFLICT"),
      refused: plan.refused + count("REFUSED"),
      failed: plan.failed + count("FAILED"),
    };
    const done = counts.changed + counts.same + counts.conflicts + counts.refused + counts.failed;
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

async function lockBehind(tx: Tx, planId: string, { before, signal }: Behind): Promise<BulkPlanRecord> {
  await before?.committed;
  const row = signal?.aborted ? undefined : await lockRunning(tx, planId);
  if (!row) throw new Overtaken();
  return row;
}

/** What refuses a change, whenever it is tried: also a statement that takes too long, unless it only waited for others. Undefined for what may pass by itself. */
export const problemIn = (error: unknown): BulkProblem | undefined =>
  refusalIn(error) ?? (wasCancelled(error) && !(error instanceof StillHeld) ? BY_THE_DATABASE : undefined);
