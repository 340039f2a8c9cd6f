/** How much a file may hold. What is beyond is refused by name of its limit, before it is in memory. */
export interface TableLimits {
  /** Of the file, as it was sent. */
  bytes: number;
  /** Of all that a workbook's file unpacks to. */
  unpackedBytes: number;
  /** How many times larger than packed a part of a workbook may be, once it unpacks to more than 1 MiB. */
  ratio: number;
  /** Parts of a workbook's file. */
  parts: number;
  sheets: number;
  /** Rows that hold something, the header among them. */
  rows: number;
  /** From the first column to the last that holds something. */
  columns: number;
  /** In UTF-16 code units. */
  cellCharacters: number;
  /** All cells of one row together. */
  rowCharacters: number;
  /** The texts of a workbook that its cells share, in UTF-8; they are all in memory. */
  sharedTextBytes: number;
}

const MIB = 1_048_576;

/** What one file may hold where nothing else is said. */
export const TABLE_LIMITS: TableLimits = {
  bytes: 256 * MIB,
  unpackedBytes: 2_048 * MIB,
  ratio: 250,
  parts: 2_000,
  sheets: 200,
  rows: 1_048_576,
  columns: 1_024,
  cellCharacters: 32_767,
  rowCharacters: MIB,
  sharedTextBytes: 128 * MIB,
};
