import { sql } from "kysely";
import type { Viewer } from "../../access/actor.ts";
import { sightOf } from "../../access/policy.ts";
import type { BulkPlanRecord } from "../../database/bulk-tables.ts";
import type { Tx } from "../../database/transaction.ts";
import { and, type Filter, not } from "../../search/filter.ts";
import type { Moment } from "../../search/operator.ts";
import { parseFilter } from "../../search/parse.ts";
import type { MakePlan } from "../bulk/bulk.background.ts";
import type { BulkPlanner, Searches } from "../bulk/bulk.planner.ts";
import { endPlan, lockPlanning, setPlan, whilePlanning } from "../bulk/bulk.plans.ts";
import type { Candidate } from "../bulk/bulk.store.ts";
import { countPeople } from "../bulk/bulk.target.ts";
import type { LimitFinding } from "../bulk/safety-limit.check.ts";
import { cellValues } from "../tables/cell.values.ts";
import type { Table } from "../tables/table.reader.ts";
import { userCatalogue } from "../users/user.fields.ts";
import { LIFECYCLE } from "../users/user.lifecycle.ts";
import { DELETED } from "../users/user.queries.ts";
import { type ImportMode, importCandidates, makesOnly } from "./import.candidates.ts";
import { linkRows, matchRows, reachable, refuseRows } from "./import.matching.ts";
import { addressOf, keepRowProblems, writeUnusable } from "./import.problems.ts";
import { columnsOf, type ImportReading, MATCH_KEYS, type ReadColumn } from "./import.reading.ts";
import { attributeTypes, ImportProblems, stageRows } from "./import.staging.ts";
import { openUpload, valueFormatOf } from "./import.table.ts";
import { unitsFor } from "./import.units.ts";

/** More people in one plan are more than anybody looks at; a file of the largest organisations is below. */
export const ROWS_LIMIT = 1_000_000;

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
  planner: BulkPlanner;
  dateOf(instant: Date): string;
  /** Which share of a scope may be missing from a file without a second person. */
  maxMissingPercent: number;
}

/** Makes plans of files that say of each person what is to become of them (schema/IMPORT.md). */
export const importMaking =
  (parts: ImportPlannerParts): MakePlan =>
  ({ tx, viewer, plan }, searches) =>
    new Making(parts, tx, viewer, plan).run(searches);

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
