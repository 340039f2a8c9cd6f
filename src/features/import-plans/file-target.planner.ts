import { sql } from "kysely";
import type { Viewer } from "../../access/actor.ts";
import { sightOf } from "../../access/policy.ts";
import type { BulkPlanRecord } from "../../database/bulk-tables.ts";
import type { Tx } from "../../database/transaction.ts";
import { newId, parseId } from "../../kernel/ids.ts";
import { and, not } from "../../search/filter.ts";
import { fold } from "../../search/folding.ts";
import type { MakePlan } from "../bulk/bulk.background.ts";
import type { PersonChange } from "../bulk/bulk.change.ts";
import type { BulkPlanner, Searches } from "../bulk/bulk.planner.ts";
import { endPlan, lockPlanning, setPlan, whilePlanning } from "../bulk/bulk.plans.ts";
import { lockAll } from "../bulk/bulk.standing.ts";
import type { Candidate } from "../bulk/bulk.store.ts";
import { FILE_KEYS, type FileTarget, PEOPLE_LIMIT } from "../bulk/bulk.target.ts";
import { insertRows } from "../imports/bulk.write.ts";
import { cellValues } from "../tables/cell.values.ts";
import { EMPTY_CELL, type TableRow } from "../tables/table.cell.ts";
import type { Table } from "../tables/table.reader.ts";
import { DELETED } from "../users/user.queries.ts";
import { type MatchingParts, peopleByKeys, refuseRows } from "./import.matching.ts";
import { addressOf } from "./import.problems.ts";
import { columnNumber, headerKey, type ReadColumn, targetOfHeader } from "./import.reading.ts";
import { ImportProblems } from "./import.staging.ts";
import { openUpload } from "./import.table.ts";
import { takeValue } from "./import.values.ts";

/** Rows a statement. */
const BATCH = 1_000;

/** What a plan keeps of the file whose people it is for. */
type FileOrder = Record<string, unknown> & Pick<FileTarget, "reading"> & { file: string };

export interface FileTargetParts {
  planner: BulkPlanner;
  dateOf(instant: Date): string;
}

/** Makes plans of one change for everybody whom a file names. */
export const fileTargetMaking =
  (parts: FileTargetParts): MakePlan =>
  ({ tx, viewer, plan }, searches) =>
    new Making(parts, tx, viewer, plan).run(searches);

/**
 * Makes the plan of one change for everybody whom a file names, in one transaction: the file is read, staged and matched as imports are, a
 * row at a time and by a few statements. Rows that name nobody, several people, or somebody again are the plan's problems, and nobody's.
 */
class Making {
  readonly #order: FileOrder;
  readonly #problems: ImportProblems;
  #sheet: string | null = null;

  constructor(
    private readonly parts: FileTargetParts,
    private readonly tx: Tx,
    private readonly viewer: Viewer,
    private readonly plan: BulkPlanRecord,
  ) {
    this.#order = plan.target as FileOrder;
    this.#problems = new ImportProblems(tx, plan.id);
  }

  async run(searches: Searches): Promise<void> {
    const { tx, plan, viewer, parts } = this;
    const column = await this.#stage();
    if (!column) return;
    await this.#match(column);
    await this.#problems.flush();
    const named = sql`SELECT user_id FROM import_row WHERE plan_id = ${plan.id} AND user_id IS NOT NULL AND NOT bad`;
    await lockAll(tx, viewer, named, [(plan.change ?? {}) as PersonChange]);
    const batches = whilePlanning(tx, plan.id, this.#candidates());
    const scope = and(sightOf(viewer), not(DELETED));
    const rehearsed = await parts.planner.rehearse(tx, viewer, { batches, scope }, searches);
    await sql`DELETE FROM import_row WHERE plan_id = ${plan.id}`.execute(tx.sql);
    await parts.planner.finish(tx, plan.id, rehearsed);
    const target = { ...this.#order, sheet: this.#sheet, column: column.header };
    await setPlan(tx, plan.id, { target, problems: this.#problems.count });
  }

  /** Stages who is named; undefined where nothing can be planned with the file. */
  async #stage(): Promise<ReadColumn | undefined> {
    const table = await openUpload(this.tx, this.plan.upload_id, this.#order.reading);
    try {
      this.#sheet = table.sheet ?? null;
      const column = this.#columnIn(table);
      if (typeof column === "string") return await this.#fail(column);
      let staged: object[] = [];
      let count = 0;
      for await (const row of table.rows) {
        count += 1;
        if (count > PEOPLE_LIMIT) return await this.#fail(`The file has more than ${PEOPLE_LIMIT} rows.`);
        staged.push(await this.#row(row, column));
        if (staged.length < BATCH) continue;
        await insertRows(this.tx.sql, "import_row", staged);
        staged = [];
      }
      await insertRows(this.tx.sql, "import_row", staged);
      return count > 0 ? column : await this.#fail("The file has no rows behind its header.");
    } finally {
      await table.close();
    }
  }

  /** The column that names people, or what is wrong with the header. */
  #columnIn({ columns, sheet, headerRow }: Table): ReadColumn | string {
    const { matchBy, column } = this.#order.reading;
    const target = FILE_KEYS[matchBy];
    const isKey = (name: string): boolean =>
      column !== undefined
        ? headerKey(name) === headerKey(column)
        : matchBy === "ID"
          ? ["id", "userid"].includes(headerKey(name))
          : targetOfHeader(name) === target;
    const [found, twin] = columns.filter(({ name }) => isKey(name));
    if (found && !twin) return { place: found.index, number: columnNumber(found.letters), header: found.name, target };
    const wanted = column === undefined ? `whose header says ${target}` : JSON.stringify(column);
    const at = addressOf(sheet, 0, headerRow);
    return `${at}: there must be one column ${wanted}, by which people are found; there ${twin ? "are several" : "is none"}.`;
  }

  async #row({ number: row, cells, problem }: TableRow, column: ReadColumn): Promise<object> {
    const { matchBy } = this.#order.reading;
    const taken = takeValue(column.target, cells[column.place] ?? EMPTY_CELL, undefined, READ);
    const text = "value" in taken && typeof taken.value === "string" && taken.value !== "" ? taken.value : undefined;
    const key = text && (matchBy === "ID" ? idIn(text) : fold(text));
    const message =
      problem?.message ??
      ("expected" in taken
        ? taken.expected
        : text === undefined
          ? "must not be empty: it says whom the row means."
          : "must be an id as the API gives it, user_….");
    const bad = problem !== undefined || key === undefined;
    if (bad) await this.#problems.add({ row, column: problem ? undefined : column, message });
    return { plan_id: this.plan.id, source_row: row, key: bad ? null : key, new_id: newId(), bad, cells: {} };
  }

  /** Finds whom the rows name. */
  async #match(column: ReadColumn): Promise<void> {
    const { tx, plan, viewer, parts } = this;
    const { matchBy } = this.#order.reading;
    const moment = { now: viewer.now, today: parts.dateOf(viewer.now) };
    const withDeleted = (plan.change as PersonChange).status?.operation === "restore";
    const keys = sql`SELECT DISTINCT key FROM import_row WHERE plan_id = ${plan.id} AND key IS NOT NULL`;
    const found = peopleByKeys(viewer, matchBy, moment, keys, withDeleted);
    const several = await sql<{ key: string }>`
      WITH found AS MATERIALIZED (${found}), named AS (
        SELECT key, (array_agg(id ORDER BY id))[1] AS id, count(*) AS people FROM found GROUP BY key),
      written AS (UPDATE import_row r SET user_id = n.id FROM named n WHERE r.plan_id = ${plan.id} AND r.key = n.key AND n.people = 1)
      SELECT key FROM named WHERE people > 1`.execute(tx.sql);
    const matching: MatchingParts = {
      tx,
      planId: plan.id,
      viewer,
      columns: [column],
      moment,
      problems: this.#problems,
    };
    const twins = several.rows.map(({ key }) => key);
    await refuseRows(
      matching,
      sql`key = ANY (${twins}::text[])`,
      column,
      "means several people: name them by their ids.",
    );
    const nobody = `must be the ${column.target} of somebody in the directory.`;
    await refuseRows(matching, sql`user_id IS NULL`, column, nobody);
    const again = sql`EXISTS (SELECT FROM import_row o WHERE o.plan_id = import_row.plan_id AND o.user_id = import_row.user_id
      AND o.source_row < import_row.source_row)`;
    await refuseRows(matching, again, column, "names somebody whom a row above names already.");
  }

  /** Everybody who is named, once, in the order of their ids. */
  async *#candidates(): AsyncGenerator<Candidate[]> {
    const change = (this.plan.change ?? {}) as PersonChange;
    for (let after: string | null = null; ; ) {
      const page: { rows: { userId: string; row: number }[] } = await sql<{ userId: string; row: number }>`
        SELECT user_id AS "userId", source_row AS row FROM import_row
        WHERE plan_id = ${this.plan.id} AND NOT bad AND (${after}::uuid IS NULL OR user_id > ${after}::uuid)
        ORDER BY user_id LIMIT ${BATCH}`.execute(this.tx.sql);
      const last = page.rows.at(-1);
      if (!last) return;
      yield page.rows.map(({ userId, row }) => ({ userId, row, change, isOwn: false }));
      after = last.userId;
    }
  }

  async #fail(problem: string): Promise<undefined> {
    const { tx, plan } = this;
    await this.#problems.flush();
    await sql`DELETE FROM import_row WHERE plan_id = ${plan.id}`.execute(tx.sql);
    await lockPlanning(tx, plan.id);
    await setPlan(tx, plan.id, { target: { ...this.#order, sheet: this.#sheet }, problems: this.#problems.count });
    await endPlan(tx, plan, "FAILED", problem);
  }
}

const READ = cellValues({});

function idIn(text: string): string | undefined {
  const id = parseId(text.trim());
  return id?.kind === "User" ? id.uuid : undefined;
}
