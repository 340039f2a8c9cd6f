import type { TableRow } from "./table.cell.ts";
import type { Table } from "./table.reader.ts";

/** The column of a corrected file that says what is wrong with each row; a file that has it is read as if it had not. */
export const ERRORS_COLUMN = "Errors";

/** Writes a table again, in its own kind, encoding and delimiter, with what is wrong with each row beside it; texts are never formulas. */
export declare function writeCorrected(
  table: Pick<Table, "kind" | "encoding" | "delimiter" | "columns">,
  rows: AsyncIterable<TableRow>,
  problemsOf: (row: TableRow) => readonly string[],
): AsyncGenerator<Buffer>;
