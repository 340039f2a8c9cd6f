import { fold } from "../../search/folding.ts";
import type { TableRow } from "../tables/table.cell.ts";
import { type TableSource, tableFault } from "../tables/table.source.ts";
import type { RowPlace, RowProblems } from "./row.problem.ts";
import { cellText } from "./sheet.cells.ts";
import { headerOf, openSheet, requireColumns, type SheetHeader } from "./sheet.header.ts";

const COLUMNS = ["code", "name", "parent_code", "manager_employee_number"] as const;
type Column = (typeof COLUMNS)[number];

/** A department as its row tells of it. Keys are folded codes and employee numbers. */
export interface StagedUnit {
  line: number;
  key: string;
  code: string;
  name: string;
  parentKey: string | null;
  headKey: string | null;
}

/** The sound rows of the departments' file by key, and the lines of those that are not. */
export interface StagedUnits {
  file: string;
  rows: Map<string, StagedUnit>;
  unusable: Map<string, number>;
}

/** Where a cell of a department's row stands. */
export const unitPlace = (staged: StagedUnits, line: number, column: Column): RowPlace => ({
  file: staged.file,
  line,
  column,
});

/** Reads the departments' file. What is wrong with a row goes to `problems`; a file that cannot be used is INVALID_INPUT. */
export async function readDepartments(
  source: TableSource,
  problems: RowProblems,
  onBytes: (bytes: number) => void,
): Promise<StagedUnits> {
  const staged: StagedUnits = { file: source.name, rows: new Map(), unusable: new Map() };
  const table = await openSheet(source, onBytes);
  try {
    const header = headerOf(source, table);
    requireKnown(header);
    requireColumns(header, COLUMNS);
    for await (const row of table.rows) stage(staged, header.headers, row, problems);
    return staged;
  } finally {
    await table.close();
  }
}

function requireKnown({ source, headers, row }: SheetHeader): void {
  const unknown = headers.find((header) => !(COLUMNS as readonly string[]).includes(header));
  if (unknown !== undefined)
    throw tableFault(
      source,
      row,
      `the column ${JSON.stringify(unknown)} is not known; accepted are ${COLUMNS.join(", ")}.`,
    );
}

function stage(staged: StagedUnits, headers: readonly string[], row: TableRow, problems: RowProblems): void {
  const before = problems.count;
  const line = row.line ?? row.number;
  if (row.problem) problems.add({ file: staged.file, line, column: row.problem.column }, row.problem.message);
  const texts = row.cells.map((cell, place) => {
    const read = cellText(cell);
    if ("expected" in read) problems.add({ file: staged.file, line, column: headers[place] ?? "" }, read.expected);
    return "text" in read ? read.text : "";
  });
  const cell = (column: Column): string => texts[headers.indexOf(column)] ?? "";
  const complain = (column: Column, message: string | undefined) =>
    message && problems.add(unitPlace(staged, line, column), message);
  const code = cell("code");
  const key = fold(code);
  complain("code", labelProblem(code, 64));
  complain("name", labelProblem(cell("name"), 256));
  const twin = staged.rows.get(key)?.line ?? staged.unusable.get(key);
  if (twin !== undefined && code !== "") {
    problems.add(
      unitPlace(staged, line, "code"),
      `must be unique in the file, without regard to case; it stands on line ${twin} as well.`,
    );
    return;
  }
  if (problems.count > before) {
    if (code !== "") staged.unusable.set(key, line);
    return;
  }
  const parentKey = fold(cell("parent_code")) || null;
  const headKey = fold(cell("manager_employee_number")) || null;
  staged.rows.set(key, { line, key, code, name: cell("name"), parentKey, headKey });
}

function labelProblem(value: string, max: number): string | undefined {
  if (value === "") return "must not be empty.";
  if (value.length > max) return `must have at most ${max} characters.`;
  return /\p{Cc}/u.test(value) ? "must not hold control characters." : undefined;
}
