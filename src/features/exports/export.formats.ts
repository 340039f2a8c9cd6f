import { type Cell, type HeadedColumn, looksLikeFormula, type Rows, textOf } from "./export.cells.ts";
import { writeXlsx } from "./xlsx.writer.ts";

export const EXPORT_FORMATS = {
  CSV: { type: "text/csv; charset=utf-8; header=present", extension: "csv" },
  XLSX: { type: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", extension: "xlsx" },
  JSONL: { type: "application/jsonl; charset=utf-8", extension: "jsonl" },
} as const;

export type ExportFormat = keyof typeof EXPORT_FORMATS;

/** Makes a file of rows as they come; what is in memory at a time is a part of them. */
export function writeFile(format: ExportFormat, columns: readonly HeadedColumn[], rows: Rows): AsyncGenerator<Buffer> {
  if (format === "XLSX") return writeXlsx(columns, rows);
  return format === "CSV" ? writeCsv(columns, rows) : writeJsonLines(columns, rows);
}

/** What has to stand in quotes: RFC 4180. */
const QUOTED = /[",\r\n]/;

function csvCell(cell: Cell): string {
  const text = textOf(cell);
  // A number is no formula, though a minus may lead it.
  const safe = typeof cell !== "number" && looksLikeFormula(text) ? `'${text}` : text;
  return QUOTED.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const csvLine = (cells: readonly Cell[]): string => `${cells.map(csvCell).join(",")}\r\n`;

async function* writeCsv(columns: readonly HeadedColumn[], rows: Rows): AsyncGenerator<Buffer> {
  yield Buffer.from(csvLine(columns.map(({ name }) => name)));
  for await (const part of rows) yield Buffer.from(part.map(csvLine).join(""));
}

async function* writeJsonLines(columns: readonly HeadedColumn[], rows: Rows): AsyncGenerator<Buffer> {
  const names = columns.map(({ name }) => name);
  const line = (cells: readonly Cell[]): string =>
    `${JSON.stringify(Object.fromEntries(names.map((name, place) => [name, cells[place] ?? null])))}\n`;
  for await (const part of rows) yield Buffer.from(part.map(line).join(""));
}
