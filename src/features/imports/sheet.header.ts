import { TABLE_LIMITS } from "../tables/table.limits.ts";
import { openTable, type Table } from "../tables/table.reader.ts";
import { type TableSource, tableFault } from "../tables/table.source.ts";

/** Whoever starts an import at the machine may give it files of any length. */
const LIMITS = { ...TABLE_LIMITS, bytes: Number.POSITIVE_INFINITY, rows: Number.POSITIVE_INFINITY };

/** Opens a file of an import, CSV or a workbook; INVALID_INPUT where it cannot be read. */
export const openSheet = (source: TableSource, onBytes: (bytes: number) => void): Promise<Table> =>
  openTable(source, { limits: LIMITS, onBytes });

/** What a file of an import names its columns, and where. */
export interface SheetHeader {
  source: TableSource;
  headers: readonly string[];
  row: number;
}

export const headerOf = (source: TableSource, { columns, headerRow }: Table): SheetHeader => ({
  source,
  headers: columns.map(({ name }) => name),
  row: headerRow,
});

/** INVALID_INPUT where a column is missing. */
export function requireColumns({ source, headers, row }: SheetHeader, required: readonly string[]): void {
  const missing = required.filter((column) => !headers.includes(column));
  if (missing.length > 0)
    throw tableFault(
      source,
      row,
      `${missing.length === 1 ? "the column" : "the columns"} ${missing.join(", ")} ${missing.length === 1 ? "is" : "are"} missing.`,
    );
}
