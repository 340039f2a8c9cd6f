import { Readable } from "node:stream";
import type { TableCell, TableRow } from "../../../src/features/tables/table.cell.ts";
import { openTable, type Table, type TableOptions } from "../../../src/features/tables/table.reader.ts";
import type { TableSource } from "../../../src/features/tables/table.source.ts";
import { RollcallError } from "../../../src/kernel/errors.ts";

/** A file of this content, in chunks of so many bytes. */
export function sourceOf(content: string | Buffer, name = "file.csv", chunk = 65_536): TableSource {
  const bytes = Buffer.from(content as string);
  function* chunks(from: number, to: number) {
    for (let at = from; at < to; at += chunk) yield bytes.subarray(at, Math.min(to, at + chunk));
  }
  const open = (from = 0, to = bytes.length) => Readable.from(chunks(from, to), { objectMode: false });
  return { name, size: bytes.length, open };
}

/** A file as a table, and all its rows. */
export async function readTable(
  source: TableSource,
  options?: TableOptions,
): Promise<{ table: Table; rows: TableRow[] }> {
  const table = await openTable(source, options);
  const rows: TableRow[] = [];
  for await (const row of table.rows) rows.push(row);
  return { table, rows };
}

/** What is said of a file that cannot be read; anything but INVALID_INPUT is thrown on. */
export async function refusalOf(source: TableSource, options?: TableOptions): Promise<string> {
  try {
    await readTable(source, options);
  } catch (error) {
    if (error instanceof RollcallError && error.code === "INVALID_INPUT") return error.message;
    throw error;
  }
  return "nothing is wrong with it";
}

/** What a cell says, as text. */
export function shown(cell: TableCell): string {
  if (cell.kind === "empty") return "";
  if (cell.kind === "date") return cell.time === undefined ? cell.date : `${cell.date} ${cell.time}`;
  if (cell.kind === "unusable") return `(${cell.why})`;
  return cell.kind === "text" || cell.kind === "number"
    ? cell.text
    : cell.kind === "time"
      ? cell.time
      : String(cell.value);
}

export const texts = ({ cells }: TableRow): string[] => cells.map(shown);
