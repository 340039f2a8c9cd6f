import { markedText, plainText } from "../tables/formula.text.ts";
import type { TableDelimiter, TableEncoding } from "../tables/table.format.ts";
import { textEncoder } from "../tables/text.encoder.ts";
import { type Cell, type HeadedColumn, type Rows, textOf } from "./export.cells.ts";
import { writeXlsx } from "./xlsx.writer.ts";

export const EXPORT_FORMATS = {
  CSV: { type: "text/csv", extension: "csv" },
  XLSX: { type: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", extension: "xlsx" },
  JSONL: { type: "application/jsonl; charset=utf-8", extension: "jsonl" },
} as const;

export type ExportFormat = keyof typeof EXPORT_FORMATS;

/** How CSV is written that is to be read where another file came from. */
export interface CsvDialect {
  encoding: TableEncoding;
  delimiter: TableDelimiter;
}

/** RFC 4180. */
const STANDARD: CsvDialect = { encoding: "utf-8", delimiter: "," };

/** Makes a file of rows as they come; what is in memory at a time is a part of them. */
export function writeFile(
  format: ExportFormat,
  columns: readonly HeadedColumn[],
  rows: Rows,
  dialect: CsvDialect = STANDARD,
): AsyncGenerator<Buffer> {
  if (format === "XLSX") return writeXlsx(columns, rows);
  return format === "CSV" ? writeCsv(columns, rows, dialect) : writeJsonLines(columns, rows);
}

/** The type of a file, in the header of its response. */
export const typeOf = (format: ExportFormat, { encoding }: CsvDialect = STANDARD): string =>
  format === "CSV" ? `text/csv; charset=${encoding}; header=present` : EXPORT_FORMATS[format].type;

/** What has to stand in quotes, beside what stands between cells. */
const QUOTED = /["\r\n]/;

function csvCell(cell: Cell, delimiter: TableDelimiter, plain: RegExp): string {
  if (typeof cell === "string" && plain.test(cell)) return cell;
  const text = textOf(cell);
  // A number is no formula, though a minus may lead it.
  const safe = typeof cell === "number" ? text : markedText(text);
  return QUOTED.test(safe) || safe.includes(delimiter) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

async function* writeCsv(
  columns: readonly HeadedColumn[],
  rows: Rows,
  { encoding, delimiter }: CsvDialect,
): AsyncGenerator<Buffer> {
  const encoded = textEncoder(encoding);
  const plain = plainText(delimiter);
  const line = (cells: readonly Cell[]): string =>
    `${cells.map((cell) => csvCell(cell, delimiter, plain)).join(delimiter)}\r\n`;
  yield encoded(line(columns.map(({ name }) => name)));
  for await (const part of rows) yield encoded(together(part, line));
}

async function* writeJsonLines(columns: readonly HeadedColumn[], rows: Rows): AsyncGenerator<Buffer> {
  const heads = columns.map(({ name }, place) => `${place === 0 ? "{" : ","}${JSON.stringify(name)}:`);
  const line = (cells: readonly Cell[]): string => {
    let text = "";
    for (let place = 0; place < heads.length; place++) {
      const cell = cells[place] ?? null;
      text += heads[place];
      text += columns[place]?.isJson && typeof cell === "string" ? cell : JSON.stringify(cell);
    }
    return `${text}}\n`;
  };
  for await (const part of rows) yield Buffer.from(together(part, line));
}

/** What a part of the rows is written as. */
function together(part: readonly (readonly Cell[])[], line: (cells: readonly Cell[]) => string): string {
  let text = "";
  for (const cells of part) text += line(cells);
  return text;
}
