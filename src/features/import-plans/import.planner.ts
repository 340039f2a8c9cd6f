import { sql } from "kysely";
import type { Viewer } from "../../access/actor.ts";
import { sightOf } from "../../access/policy.ts";
import type { BulkPlanRecord } from "../../database/bulk-tables.ts";
import type { Database } from "../../database/database.ts";
import type { Tx } from "../../database/transaction.ts";
import { RollcallError } from "../../kernel/errors.ts";
import { and, type Filter, not } from "../../search/filter.ts";
import type { Moment } from "../../search/operator.ts";
import { parseFilter } from "../../search/parse.ts";
import { problemOf } from "../bulk/bulk.batch.ts";
import { revertCandidates } from "../bulk/bulk.candidates.ts";
import type { BulkPlanner, Searches } from "../bulk/bulk.planner.ts";
import { endPlan, lockPlanning, setPlan, whilePlanning } from "../bulk/bulk.plans.ts";
import { plannerNow, runningRights } from "../bulk/bulk.rights.ts";
import type { Candidate } from "../bulk/bulk.store.ts";
import { countPeople } from "../bulk/bulk.target.ts";
import { problemIn } from "../bulk/bulk.worker.ts";
import type { LimitFinding } from "../bulk/safety-limit.check.ts";
import { cellValues } from "../tables/cell.values.ts";
import type { Table } from "../tables/table.reader.ts";
import { userCatalogue } from "../users/user.fields.ts";
import { LIFECYCLE } from "../users/user.lifecycle.ts";
import { DELETED } from "../users/user.queries.ts";
import { FileTargetMaking } from "./file-target.planner.ts";
import { type ImportMode, importCandidates, makesOnly } from "./import.candidates.ts";
import { linkRows, matchRows, reachable, refuseRows } from "./import.matching.ts";
import { addressOf, keepRowProblems, writeUnusable } from "./import.problems.ts";
import { columnsOf, type ImportReading, MATCH_KEYS, type ReadColumn } from "./import.reading.ts";
import { attributeTypes, ImportProblems, stageRows } from "./import.staging.ts";
import { openUpload, valueFormatOf } from "./import.table.ts";
import { unitsFor } from "./import.units.ts";

/** More people in one plan are more than anybody looks at; a file of the largest organisations is below. */
export const ROWS_LIMIT = 1_000_000;

/** How often making a plan is begun before it is given up, and how long the first pause between two attempts is; each is twice the one before. */
const ATTEMPTS = 5;
const PAUSE_SECONDS = 5;
/** What is small enough to be made beside whatever is being made: it is done within seconds. */
const SMALL_BYTES = 1_000_000;
const SMALL_PEOPLE = 5_000;
/** One statement of a large file: deriving the rows of everybody in it is one. */
const STATEMENT_MS = 600_000;

/** What a plan keeps of how it is to be made of its file. */
export interface ImportOrder {
  [member: string]: unknown;
  file: string;
  reading: ImportReading;
  mode: ImportMode;
  newStatus: "PENDING" | "ACTIVE";
  /** Who is deactivated where they are missing, of those in the planner's sight; undefined: nobody. */
  missing?: { scope: object } | undefined;
  skipErrors: boolean;
}

export interface ImportPlannerParts {
  database: Database;
  planner: BulkPlanner;
  dateOf(instant: Date): string;
  /** Which share of a scope may be missing from a file without a second person. */
  maxMissingPercent: number;
}

/**
 * Makes plans of files, in the background (schema/IMPORT.md). Any number of gateways may run it on one database: a plan is made by whoever holds
 * its advisory lock, in one transaction, so that a gateway that dies leaves nothing, and the next one begins again.
 */
export class ImportPlanner {
  constructor(private readonly parts: ImportPlannerParts) {}

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
        await this.#making(tx, viewer, plan).run(searches);
      });
    } catch (error) {
      const problem = unusable(error);
      if (problem === undefined) throw error;
      await this.#fail(plan, problem);
    }
  }

  async #takeBack(tx: Tx, viewer: Viewer, plan: BulkPlanRecord, searches: Searches): Promise<void> {
    const { planner } = this.parts;
    const found = await revertCandidates(tx, viewer, plan.reverts_id ?? "", planner.momentOf(viewer));
    const candidates = { ...found, batches: whilePlanning(tx, plan.id, found.batches) };
    await planner.finish(tx, plan.id, await planner.rehearse(tx, viewer, candidates, searches));
  }

  /** A file says of each what is to become of them, or only for whom one change is; a plan that is taken back says it by what it did. */
  #making(tx: Tx, viewer: Viewer, plan: BulkPlanRecord): Pick<Making, "run"> {
    if (plan.kind === "IMPORT") return new Making(this.parts, tx, viewer, plan);
    const whileWanted = <Batch>(batches: AsyncIterable<Batch>) => whilePlanning(tx, plan.id, batches);
    if (plan.kind === "REVERT") return { run: (searches) => this.#takeBack(tx, viewer, plan, searches) };
    return new FileTargetMaking({ ...this.parts, whileWanted }, tx, viewer, plan);
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

/** What an error says that makes the whole file unusable; undefined for what may pass by itself. */
function unusable(error: unknown): string | undefined {
  if (!(error instanceof RollcallError)) {
    const { code } = error as { code?: string };
    return problemIn(error) && `The database refused what is planned, or took too long with it (SQLSTATE ${code}).`;
  }
  const { violations } = error.details;
  return violations
    ? violations.map(({ path, message }) => `${path}: ${message}`).join("\n")
    : problemOf(error).message;
}

/** One plan being made, in one transaction. */
class Making {
  readonly #order: ImportOrder;
  readonly #moment: Moment;
  readonly #problems: ImportProblems;
  /** What the plan shows of it. */
  #target: Record<string, unknown>;

  constructor(
    private readonly parts: ImportPlannerParts,
    private readonly tx: Tx,
    private readonly viewer: Viewer,
    private readonly plan: BulkPlanRecord,
  ) {
    this.#order = plan.target as ImportOrder;
    this.#moment = { now: viewer.now, today: parts.dateOf(viewer.now) };
    this.#problems = new ImportProblems(tx, plan.id);
    this.#target = plan.target;
  }

  async run(searches: Searches): Promise<void> {
    const { tx, viewer } = this;
    const sheet = await openUpload(tx, this.plan.upload_id, this.#order.reading);
    try {
      const read = columnsOf(this.#order.reading, sheet.columns);
      if ("problems" in read) {
        await this.#fail(`${addressOf(sheet.sheet, 0, sheet.headerRow)}: ${read.problems.join(" ")}`);
        return;
      }
      const { columns, ignored } = read;
      const shown = { columns: columns.map(({ header, target }) => ({ header, target })), ignoredColumns: ignored };
      this.#target = { ...this.#order, sheet: sheet.sheet ?? null, ...shown };
      if (!(await this.#stage(sheet, columns))) return;
    } finally {
      await sheet.close();
    }
    await this.#rehearse(viewer, searches);
  }

  /** False where nothing can be planned with the rows. */
  async #stage(sheet: Table, columns: readonly ReadColumn[]): Promise<boolean> {
    const { tx, plan, viewer } = this;
    const { reading, mode } = this.#order;
    const types = await attributeTypes(tx);
    const problems = this.#problems;
    const values = cellValues(valueFormatOf(reading));
    const staging = { tx, planId: plan.id, reading, columns, types, values, problems };
    const rows = await stageRows(staging, sheet.rows, ROWS_LIMIT);
    if (rows > ROWS_LIMIT) return this.#fail(`The file has more than ${ROWS_LIMIT} rows.`);
    if (rows === 0) return this.#fail("The file has no rows behind its header.");
    const { matchBy } = reading;
    const matching = { tx, planId: plan.id, viewer, matchBy, columns, moment: this.#moment, problems };
    await matchRows(matching);
    const key = columns.find(({ target }) => target === MATCH_KEYS[matchBy]);
    if (mode === "UPDATE") {
      const message = `must be the ${MATCH_KEYS[matchBy]} of somebody in the directory.`;
      await refuseRows(matching, sql`user_id IS NULL`, key, message);
    }
    this.#unitOf = await unitsFor(tx, viewer);
    const unit = columns.find(({ target }) => target === "orgUnit");
    if (unit) {
      const texts = await sql<{ text: string }>`
        SELECT DISTINCT cells->>'orgUnit' AS text FROM import_row WHERE plan_id = ${plan.id} AND NOT bad AND cells->>'orgUnit' IS NOT NULL`.execute(
        tx.sql,
      );
      const unknown = texts.rows.flatMap(({ text }) => (this.#unitOf(text) === undefined ? text : []));
      const message = "must be the id, the code or the path of an org unit.";
      await refuseRows(matching, sql`cells->>'orgUnit' = ANY (${unknown}::text[])`, unit, message);
    }
    const tooDeep = await linkRows(matching);
    if (tooDeep !== undefined) return this.#fail(tooDeep);
    await problems.flush();
    this.#columns = columns;
    if (problems.someoneUnknown && this.#order.missing)
      return this.#fail(
        "Nobody can be said to be missing, since rows of the file cannot be matched: mend their keys and their numbers of cells.",
      );
    return true;
  }

  #columns: readonly ReadColumn[] = [];
  #unitOf: (text: string) => string | undefined = () => undefined;

  async #rehearse(viewer: Viewer, searches: Searches): Promise<void> {
    const { tx, plan, parts } = this;
    const { mode, newStatus, skipErrors } = this.#order;
    const missing = this.#missing();
    const unchangedAmong = (some: readonly Candidate[]) => parts.planner.unchangedAmong(tx, viewer, some);
    const unitOf = this.#unitOf;
    const rows = { tx, planId: plan.id, mode, newStatus, unitOf, moment: this.#moment, missing, unchangedAmong };
    const people = {
      batches: whilePlanning(tx, plan.id, importCandidates(rows)),
      scope: missing ?? and(sightOf(viewer), not(DELETED)),
      makesOnly: (await makesOnly(rows)) ? plan.id : undefined,
    };
    const rehearsed = await parts.planner.rehearse(tx, viewer, people, searches);
    try {
      const { found, preview } = rehearsed;
      const bad = await writeUnusable(tx, plan.id, found.people);
      found.counts.ERROR += bad;
      if (missing) preview.limits.push(await this.#brake(missing, found.counts.MISSING));
    } catch (error) {
      await rehearsed.found.forget();
      throw error;
    }
    await sql`DELETE FROM import_row WHERE plan_id = ${plan.id}`.execute(tx.sql);
    await parts.planner.finish(tx, plan.id, rehearsed);
    const kept = await keepRowProblems(tx, plan.id, this.#columns, this.#problems.room);
    await setPlan(tx, plan.id, { target: this.#target, problems: this.#problems.count + kept });
    const errors = rehearsed.found.counts.ERROR;
    const problem = `${errors} people of the file cannot be used: nothing is applied. Mend them, or skip errors.`;
    if (errors > 0 && !skipErrors) await endPlan(tx, plan, "FAILED", problem);
  }

  /** Everybody who could be missing: of those alone whom a row could mean. */
  #missing(): Filter | undefined {
    const { missing } = this.#order;
    if (!missing) return undefined;
    const asked = parseFilter(missing.scope, { catalogue: userCatalogue });
    const status: Filter = {
      kind: "criterion",
      field: "status",
      operator: "in",
      operand: [...LIFECYCLE.deactivate.from],
    };
    return and(reachable(this.viewer, this.#order.reading.matchBy), asked, status);
  }

  /** The limit that always stands: how large a share of a scope may be missing. */
  async #brake(scope: Filter, people: number): Promise<LimitFinding> {
    const maxPercent = this.parts.maxMissingPercent;
    const of = await countPeople(this.tx, scope, this.#moment);
    const exceeded = people > 0 && people * 100 > maxPercent * of;
    return {
      limitId: "",
      name: "People missing from a file",
      maxPeople: null,
      maxPercent,
      people,
      of,
      earlier: 0,
      exceeded,
    };
  }

  async #fail(problem: string): Promise<false> {
    const { tx, plan } = this;
    await this.#problems.flush();
    await sql`DELETE FROM import_row WHERE plan_id = ${plan.id}`.execute(tx.sql);
    await lockPlanning(tx, plan.id);
    await setPlan(tx, plan.id, { target: this.#target, problems: this.#problems.count });
    await endPlan(tx, plan, "FAILED", problem);
    return false;
  }
}
