import { type CsvSource, fileFault } from "./csv.reader.ts";

/** The headers of a file; INVALID_INPUT where one is empty or comes twice. */
export function headersOf(source: CsvSource, cells: readonly string[]): string[] {
  const headers = cells.map((cell) => cell.trim());
  const empty = headers.indexOf("");
  if (empty >= 0) throw fileFault(source, 1, `column ${empty + 1} has no name.`);
  const twice = headers.find((header, place) => headers.indexOf(header) !== place);
  if (twice !== undefined) throw fileFault(source, 1, `the column ${JSON.stringify(twice)} stands there twice.`);
  return headers;
}

/** INVALID_INPUT where a column is missing. */
export function requireColumns(source: CsvSource, found: readonly string[], required: readonly string[]): void {
  const missing = required.filter((column) => !found.includes(column));
  if (missing.length > 0)
    throw fileFault(
      source,
      1,
      `${missing.length === 1 ? "the column" : "the columns"} ${missing.join(", ")} ${missing.length === 1 ? "is" : "are"} missing.`,
    );
}
