import type { TableColumn, TableRow } from "./table.cell.ts";
import type { TableDelimiter, TableEncoding, TableFormat, TableKind } from "./table.format.ts";
import type { TableLimits } from "./table.limits.ts";
import type { TableSource } from "./table.source.ts";

/** A table whose header is read, and whose rows wait to be. */
export interface Table {
  readonly kind: TableKind;
  /** Of CSV: what the file is written in. */
  readonly encoding?: TableEncoding | undefined;
  readonly delimiter?: TableDelimiter | undefined;
  /** Of a workbook: the sheet that is read, and all sheets that are not hidden. */
  readonly sheet?: string | undefined;
  readonly sheets?: readonly string[] | undefined;
  /** The number of the row that names the columns. */
  readonly headerRow: number;
  readonly columns: readonly TableColumn[];
  /** The rows behind the header that hold something, once, as they are read: INVALID_INPUT where the file cannot be read on. */
  readonly rows: AsyncIterable<TableRow>;
  /** Where a cell stands, for people: `Sheet1!C17`. */
  address(row: number, index: number): string;
  /** Ends the reading; does nothing where `rows` were read to their end or left. */
  close(): Promise<void>;
}

export interface TableOptions {
  format?: TableFormat | undefined;
  limits?: TableLimits | undefined;
  signal?: AbortSignal | undefined;
  /** Told of the bytes of the file that were read. */
  onBytes?: ((bytes: number) => void) | undefined;
}

/**
 * Opens a CSV file or a workbook and finds its header. Memory does not grow with the rows. INVALID_INPUT, which names the place and what was
 * expected, where the file is not what it is said to be, is damaged, or holds more than the limits.
 */
export declare function openTable(source: TableSource, options?: TableOptions): Promise<Table>;
