/** What a cell holds, as its file says it. The cells of CSV are texts. */
export type TableCell =
  | { readonly kind: "empty" }
  | { readonly kind: "text"; readonly text: string }
  /** `text` is the number as a spreadsheet without formatting shows it; with the leading zeros of a format such as `00000`. */
  | { readonly kind: "number"; readonly value: number; readonly text: string }
  | { readonly kind: "boolean"; readonly value: boolean }
  /** A civil date, YYYY-MM-DD, and the time of day, HH:MM:SS or HH:MM:SS.sss, where the cell shows one. No time zone. */
  | { readonly kind: "date"; readonly date: string; readonly time?: string | undefined }
  /** A time of day without a date. */
  | { readonly kind: "time"; readonly time: string }
  /** What cannot be used, and why, e.g. `the error #N/A`, `a formula without a stored value`. */
  | { readonly kind: "unusable"; readonly why: string };

export const EMPTY_CELL: TableCell = { kind: "empty" };

/** A civil date, and a time of day where there is one, as a value to write: a workbook has them as what they are, everything else as text. */
export class CivilDate {
  constructor(
    readonly date: string,
    readonly time?: string | undefined,
  ) {}

  toString(): string {
    return this.time === undefined ? this.date : `${this.date} ${this.time}`;
  }

  toJSON(): string {
    return this.toString();
  }
}

/** A row with something in it. */
export interface TableRow {
  /** As spreadsheets count: from 1, blank rows and the header included. */
  readonly number: number;
  /** Of CSV: the line on which it begins, from 1; other than the number where cells before it hold line breaks. */
  readonly line?: number | undefined;
  /** As many as the header has columns. */
  readonly cells: readonly TableCell[];
  /** What is wrong with the row as a whole: it has more cells than the header has columns, or, in CSV, fewer. */
  readonly problem?: CellProblem | undefined;
}

/** A column as the header names it. */
export interface TableColumn {
  /** Without white space around it; never empty, and no two alike. */
  readonly name: string;
  /** From 0, as `TableRow.cells` are counted. */
  readonly index: number;
  /** `A`, `B`, … `AA`: the column of the sheet, whatever stands to the left of the table. */
  readonly letters: string;
}

/** Something that is wrong with a cell: where it stands and what was expected, never the value. */
export interface CellProblem {
  /** `Sheet1!C17`; `C17` in CSV. */
  readonly address: string;
  readonly row: number;
  readonly line?: number | undefined;
  /** The name of the column, or its letters where it has none. */
  readonly column: string;
  readonly message: string;
}

/** A column's letters: 0 is A, 25 is Z, 26 is AA. */
export function columnLetters(index: number): string {
  let letters = "";
  for (let rest = index + 1; rest > 0; rest = Math.floor((rest - 1) / 26))
    letters = String.fromCharCode(65 + ((rest - 1) % 26)) + letters;
  return letters;
}

/** Names of sheets that need no quotes in an address. */
const PLAIN = /^[\p{L}_][\p{L}\p{N}_.]*$/u;
/** What would be read as a cell. */
const LIKE_A_CELL = /^[a-z]{1,3}\d+$/i;

/** Where a cell stands: `Sheet1!C17`, `'Staff 2026'!C17`, or `C17` without a sheet. */
export function addressOf(sheet: string | undefined, row: number, letters: string): string {
  if (sheet === undefined) return `${letters}${row}`;
  const name = PLAIN.test(sheet) && !LIKE_A_CELL.test(sheet) ? sheet : `'${sheet.replaceAll("'", "''")}'`;
  return `${name}!${letters}${row}`;
}
