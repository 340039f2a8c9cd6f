import { sql } from "kysely";
import type { DefinedType } from "../../access/actor.ts";
import type { Tx } from "../../database/transaction.ts";
import { newId } from "../../kernel/ids.ts";
import { fold } from "../../search/folding.ts";
import { insertRows } from "../imports/bulk.write.ts";
import type { CellValues } from "../tables/cell.values.ts";
import { EMPTY_CELL, type TableCell, type TableRow } from "../tables/table.cell.ts";
import { attributeOf, type ImportReading, MATCH_KEYS, type ReadColumn } from "./import.reading.ts";
import { isClearable, takeValue } from "./import.values.ts";

/** Rows a statement. */
const BATCH = 1_000;
/** More are counted, and not kept: nobody reads them. */
const PROBLEMS_KEPT = 100_000;

/** What is wrong with a cell; without a column, with the row. */
export interface CellProblem {
  row: number;
  column: ReadColumn | undefined;
  message: string;
}

/** Keeps what is wrong with cells, up to a limit, and counts all of it. */
export class ImportProblems {
  count = 0;

  /** How many more may be kept. */
  get room(): number {
    return Math.max(0, PROBLEMS_KEPT - this.count);
  }

  /** Whether a row could not be read so far that it would be known whom it means. */
  someoneUnknown = false;
  #waiting: object[] = [];
  readonly #places = new Map<string, number>();

  constructor(
    private readonly tx: Tx,
    private readonly planId: string,
  ) {}

  async add({ row, column, message }: CellProblem): Promise<void> {
    this.count += 1;
    if (this.count > PROBLEMS_KEPT) return;
    const source_column = column?.number ?? 0;
    const key = `${row}:${source_column}`;
    const place = this.#places.get(key) ?? 0;
    this.#places.set(key, place + 1);
    const header = column?.header ?? null;
    this.#waiting.push({ plan_id: this.planId, source_row: row, source_column, place, header, message });
    if (this.#waiting.length >= BATCH) await this.flush();
  }

  async flush(): Promise<void> {
    const rows = this.#waiting;
    this.#waiting = [];
    if (rows.length > 0) await insertRows(this.tx.sql, "import_problem", rows);
  }
}

/** How rows become what is staged of them. */
export interface StagingParts {
  tx: Tx;
  planId: string;
  reading: ImportReading;
  columns: readonly ReadColumn[];
  /** What attributes hold, by key. */
  types: ReadonlyMap<string, DefinedType>;
  values: CellValues;
  problems: ImportProblems;
}

/** Stages the rows of a file in parts; what a cell does not hold is a problem at its address. Gives how many there are. */
export async function stageRows(parts: StagingParts, rows: AsyncIterable<TableRow>, limit: number): Promise<number> {
  let staged: object[] = [];
  let count = 0;
  let writing = Promise.resolve();
  // While some rows are written, the next ones are read.
  const write = async () => {
    const [before, part] = [writing, staged];
    staged = [];
    await before;
    writing = insertRows(parts.tx.sql, "import_row", part);
    writing.catch(() => undefined); // Thrown where it is waited for.
  };
  for await (const row of rows) {
    count += 1;
    if (count > limit) break;
    staged.push(await stage(parts, row));
    if (staged.length === BATCH) await write();
  }
  await write();
  await writing;
  await parts.problems.flush();
  return count;
}

async function stage(
  { planId, reading, columns, types, values: read, problems }: StagingParts,
  { number: row, cells, problem }: TableRow,
): Promise<object> {
  const values: Record<string, unknown> = {};
  let bad = false;
  const wrong = async (column: ReadColumn | undefined, message: string) => {
    bad = true;
    await problems.add({ row, column, message });
  };
  if (problem) {
    // Where cells are too many or too few, what stands in the key's place may be another column's.
    problems.someoneUnknown = true;
    await wrong(undefined, problem.message);
  }
  for (const column of columns) {
    const { place, target } = column;
    const taken = takeValue(target, cells[place] ?? EMPTY_CELL, types.get(attributeOf(target) ?? ""), read);
    if ("expected" in taken) await wrong(column, taken.expected);
    else if (taken.value !== null) values[target] = taken.value;
    else if (reading.clearEmpty && isClearable(target)) values[target] = target === "tags" ? [] : null;
  }
  const keyTarget = MATCH_KEYS[reading.matchBy];
  const key = folded(values[keyTarget]);
  const keyColumn = columns.find(({ target }) => target === keyTarget);
  if (key === null) {
    problems.someoneUnknown = true;
    const cell = cells[keyColumn?.place ?? 0];
    if (!cell || isEmptyCell(cell)) await wrong(keyColumn, "must not be empty: it says whom the row means.");
  }
  const { hiredOn, terminatesOn } = values;
  if (typeof hiredOn === "string" && typeof terminatesOn === "string" && terminatesOn < hiredOn)
    await wrong(
      columns.find(({ target }) => target === "terminatesOn"),
      "must not be before the day of hire.",
    );
  return {
    plan_id: planId,
    source_row: row,
    key,
    manager_key: folded(values.manager),
    username: folded(values.username),
    email: folded(values.email),
    employee_number: folded(values.employeeNumber),
    new_id: newId(),
    step: 0,
    bad,
    cells: values,
  };
}

const isEmptyCell = (cell: TableCell): boolean =>
  cell.kind === "empty" || (cell.kind === "text" && cell.text.trim() === "");

const folded = (value: unknown): string | null => (typeof value === "string" && value !== "" ? fold(value) : null);

/** What attributes are to hold, by key, as they are defined. */
export async function attributeTypes(tx: Tx): Promise<ReadonlyMap<string, DefinedType>> {
  const { rows } = await sql<{ key: string; type: DefinedType }>`
    SELECT key, type FROM attribute_definition WHERE state <> 'REMOVED'`.execute(tx.sql);
  return new Map(rows.map(({ key, type }) => [key, type]));
}
