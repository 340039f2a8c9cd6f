/** The kinds of file that hold a table. */
export const TABLE_KINDS = ["CSV", "XLSX"] as const;
export type TableKind = (typeof TABLE_KINDS)[number];

/** How the text of a CSV file may be encoded. */
export const TABLE_ENCODINGS = ["utf-8", "utf-16le", "utf-16be", "windows-1252"] as const;
export type TableEncoding = (typeof TABLE_ENCODINGS)[number];

/** What may stand between the cells of a CSV file. */
export const TABLE_DELIMITERS = [",", ";", "\t", "|"] as const;
export type TableDelimiter = (typeof TABLE_DELIMITERS)[number];

/** What is known of a file before it is read. What is not said is taken from the file; where the two differ, the file is refused. */
export interface TableFormat {
  /** By the content where it is not said. */
  kind?: TableKind | undefined;
  /** Of CSV; a byte order mark says it too, and UTF-8 is what neither says otherwise. */
  encoding?: TableEncoding | undefined;
  /** Of CSV; by the first records where it is not said. */
  delimiter?: TableDelimiter | undefined;
  /** The name of a workbook's sheet, without regard to case; the first that is not hidden where it is not said. */
  sheet?: string | undefined;
  /** The number of the row that names the columns, counted from 1 as spreadsheets count; the first that looks like names where it is not said. */
  headerRow?: number | undefined;
}

/** In which order a text names day, month and year, and what stands between them; D and M are numbers with or without a leading zero. */
export const DATE_FORMATS = [
  "YYYY-MM-DD",
  "YYYY/MM/DD",
  "YYYYMMDD",
  "DD.MM.YYYY",
  "DD/MM/YYYY",
  "DD-MM-YYYY",
  "MM/DD/YYYY",
  "MM-DD-YYYY",
] as const;
export type DateFormat = (typeof DATE_FORMATS)[number];

/** How texts say values that are no text. Cells of a workbook that are dates, numbers or booleans need none of this. */
export interface ValueFormat {
  /** `YYYY-MM-DD` where it is not said. */
  date?: DateFormat | undefined;
  /** What stands before the fraction of a number: a point where it is not said. */
  decimal?: "." | "," | undefined;
  /** What may stand between groups of three digits: nothing where it is not said. */
  grouping?: "." | "," | "'" | " " | undefined;
  /** What stands between the values of a list: a semicolon where it is not said. */
  listSeparator?: ";" | "," | "|" | undefined;
  /** What texts are true and false, without regard to case: `true` and `false` where it is not said. */
  booleans?: { true: readonly string[]; false: readonly string[] } | undefined;
  /** The zone, of the IANA list, of times of day that do not say theirs: UTC where it is not said. */
  timezone?: string | undefined;
}
