import type { TableCell } from "./table.cell.ts";
import type { ValueFormat } from "./table.format.ts";

/** What a cell was read as; null where it is empty. `expected` says what should stand there and what does, never the value. */
export type CellReading<T> = { readonly value: T | null } | { readonly expected: string };

/** Reads cells as values, by the formats of a file. */
export interface CellValues {
  /** Without white space around it. A number is its digits; a date is no text. */
  text(cell: TableCell): CellReading<string>;
  integer(cell: TableCell): CellReading<number>;
  decimal(cell: TableCell): CellReading<number>;
  /** YYYY-MM-DD. */
  date(cell: TableCell): CellReading<string>;
  instant(cell: TableCell): CellReading<Date>;
  boolean(cell: TableCell): CellReading<boolean>;
  /** Texts without white space around them, without empty ones. */
  list(cell: TableCell): CellReading<readonly string[]>;
}

export declare function cellValues(format?: ValueFormat): CellValues;
