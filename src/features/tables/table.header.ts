import { ERRORS_COLUMN } from "./corrected.writer.ts";
import {
  addressOf,
  type CellProblem,
  columnLetters,
  EMPTY_CELL,
  type TableCell,
  type TableColumn,
  type TableRow,
} from "./table.cell.ts";
import type { TableKind } from "./table.format.ts";
import type { TableLimits } from "./table.limits.ts";
import { type TableSource, tableFault } from "./table.source.ts";

/** A row that holds something, from the sheet's first column on. */
export interface RawRow {
  readonly number: number;
  readonly line?: number | undefined;
  readonly cells: readonly TableCell[];
}

/** Where the rows come from. */
export interface RowOrigin {
  readonly source: TableSource;
  readonly kind: TableKind;
  readonly sheet: string | undefined;
  readonly limits: TableLimits;
}

/** The columns of a table, and where its header stands. */
export interface Header {
  readonly row: number;
  readonly columns: readonly TableColumn[];
  /** How many columns stand to the left of it. */
  readonly first: number;
  /** How many cells the header's row has in the file. */
  readonly width: number;
  /** The place of the column that says what was wrong with the rows, where the file is a corrected one. */
  readonly errors: number | undefined;
}

/** Among how many rows a header is looked for. */
export const HEADER_ROWS = 20;
const NAME_CHARACTERS = 256;
/** What is data rather than the name of it: numbers, dates, addresses of mail. */
const DATA = /^[+-]?[\d.,' ]+%?$|^\d{1,4}[-./]\d{1,2}[-./]\d{1,4}|@/;

const isFilled = (cell: TableCell): boolean =>
  cell.kind !== "empty" && !(cell.kind === "text" && cell.text.trim() === "");
const filled = ({ cells }: RawRow): number => cells.filter(isFilled).length;

function looksLikeNames(row: RawRow, widest: number): boolean {
  const names = row.cells.filter(isFilled);
  return (
    names.length * 2 > widest &&
    names.every((cell) => cell.kind === "text" && cell.text.length <= NAME_CHARACTERS && !DATA.test(cell.text.trim()))
  );
}

/** Where in a file a row stands, as an error names it: the line of CSV, the cell of a sheet. */
const placeOf = ({ sheet }: RowOrigin, row: RawRow, index: number): string | number =>
  sheet === undefined ? (row.line ?? row.number) : addressOf(sheet, row.number, columnLetters(index));

/**
 * The header among the first rows: the declared row, or the first that fills more than half as many cells as the widest one and holds nothing but
 * names; so rows of a title above it are left out. INVALID_INPUT where there is none, and where a column has no name or another's.
 */
export function headerOf(origin: RowOrigin, rows: readonly RawRow[], declared: number | undefined): Header {
  const { source, sheet } = origin;
  const widest = Math.max(0, ...rows.map(filled));
  if (rows.length === 0)
    throw tableFault(source, sheet === undefined ? 1 : sheet, "is empty; it must begin with the names of the columns.");
  const row = rows.find((one) => (declared === undefined ? looksLikeNames(one, widest) : one.number === declared));
  if (!row)
    throw tableFault(
      source,
      sheet,
      declared === undefined
        ? `none of the first ${rows.length} rows looks like the names of columns: declare the header's row.`
        : `row ${declared}, which was declared to name the columns, is empty.`,
    );
  return columnsOf(origin, row);
}

function columnsOf(origin: RowOrigin, row: RawRow): Header {
  const first = row.cells.findIndex(isFilled);
  const last = row.cells.findLastIndex(isFilled);
  const names = new Set<string>();
  const columns = row.cells.slice(first, last + 1).map((cell, index): TableColumn => {
    const letters = columnLetters(first + index);
    const complain = (message: string) => tableFault(origin.source, placeOf(origin, row, first + index), message);
    if (!isFilled(cell)) throw complain(`the column ${letters} has no name.`);
    const name = nameOf(cell);
    if (name === undefined) throw complain(`the column ${letters} must have a text as its name.`);
    if (name.length > NAME_CHARACTERS)
      throw complain(`the name of the column ${letters} must have at most ${NAME_CHARACTERS} characters.`);
    if (names.has(name)) throw complain(`the column ${JSON.stringify(name)} stands there twice.`);
    names.add(name);
    return { name, index, letters };
  });
  const errors = columns.length > 1 && columns.at(-1)?.name === ERRORS_COLUMN ? last : undefined;
  return {
    row: row.number,
    columns: errors === undefined ? columns : columns.slice(0, -1),
    first,
    width: row.cells.length,
    errors,
  };
}

const nameOf = (cell: TableCell): string | undefined =>
  cell.kind === "text" || cell.kind === "number" ? cell.text.trim().replaceAll(/\s+/g, " ") : undefined;

/** A row as the header has it. */
export function rowUnder(origin: RowOrigin, header: Header, raw: RawRow): TableRow {
  const { columns, first } = header;
  const cells = columns.map(({ index }) => raw.cells[first + index] ?? EMPTY_CELL);
  const { number, line } = raw;
  return { number, line, cells, problem: rowProblem(origin, header, raw) };
}

function rowProblem({ kind, sheet }: RowOrigin, header: Header, raw: RawRow): CellProblem | undefined {
  const { columns, first, width, errors } = header;
  const end = first + columns.length;
  const { number: row, line } = raw;
  const at = (index: number, message: string): CellProblem => {
    const letters = columnLetters(index);
    const column = columns[index - first]?.name ?? letters;
    return { address: addressOf(sheet, row, letters), row, line, column, message };
  };
  const count = raw.cells.length;
  if (kind === "CSV" && (count < end || count > width))
    return at(Math.min(count, end), `the row must have ${width} cells, as the header has; it has ${count}.`);
  const stray = raw.cells.findIndex(
    (cell, index) => (index < first || index >= end) && index !== errors && isFilled(cell),
  );
  return stray < 0 ? undefined : at(stray, "must be empty: its column has no name.");
}
