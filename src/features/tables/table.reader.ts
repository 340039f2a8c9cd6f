import type { Readable } from "node:stream";
import { DELIMITER_SAMPLE, delimiterOf } from "./csv.delimiter.ts";
import { csvRows } from "./csv.rows.ts";
import { addressOf, columnLetters, type TableColumn, type TableRow } from "./table.cell.ts";
import type { TableDelimiter, TableEncoding, TableFormat, TableKind } from "./table.format.ts";
import { HEADER_ROWS, type Header, headerOf, type RawRow, type RowOrigin, rowUnder } from "./table.header.ts";
import { TABLE_LIMITS, type TableLimits } from "./table.limits.ts";
import { type TableSource, tableFault } from "./table.source.ts";
import { decoded, encodingOf } from "./text.decoder.ts";
import { type Merged, SheetRows, sheetRows } from "./xlsx.sheet.ts";
import { openWorkbook } from "./xlsx.workbook.ts";
import { ZipArchive } from "./zip.archive.ts";

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
  /** Ends the reading with its reason. */
  signal?: AbortSignal | undefined;
  /** Told of the bytes of the file that were read. */
  onBytes?: ((bytes: number) => void) | undefined;
}

/** What a kind of file makes of its bytes: rows, and what it found out about itself. */
interface Found {
  known: Pick<Table, "kind" | "encoding" | "delimiter" | "sheet" | "sheets">;
  rows: AsyncGenerator<RawRow>;
  /** Cells that are shown as one; all of them are known behind the last row. */
  merged: readonly Merged[];
}

/** What is being read, and how. */
interface Reading {
  source: TableSource;
  format: TableFormat;
  limits: TableLimits;
  /** Is told of the bytes of the file as they are read, and ends the reading by throwing. */
  watch(bytes: number): void;
}

const ZIP = Buffer.from("PK\x03\x04", "latin1");
const COMPOUND_FILE = Buffer.from("d0cf11e0a1b11ae1", "hex");
const LONGEST_MAGIC = 8;

/**
 * Opens a CSV file or a workbook and finds its header. Memory does not grow with the rows. INVALID_INPUT, which names the place and what was
 * expected, where the file is not what it is said to be, is damaged, or holds more than the limits.
 */
export async function openTable(file: TableSource, options: TableOptions = {}): Promise<Table> {
  const { format = {}, limits = TABLE_LIMITS, signal } = options;
  if ((file.size ?? 0) > limits.bytes) throw tooLarge(file, limits);
  const reading = { source: file, format, limits, watch: watch(file, limits, options) };
  const found = await readable(file, () => recognised(reading));
  const { known } = found;
  const origin = { source: file, kind: known.kind, sheet: known.sheet, limits };
  const rows = counted(origin, found.rows, signal);
  try {
    const first = await readable(file, () => firstRows(rows, format.headerRow));
    const header = headerOf(origin, first, format.headerRow);
    return {
      ...known,
      headerRow: header.row,
      columns: header.columns,
      rows: rowsUnder(origin, header, first, rows, found.merged),
      address: (row, index) => addressOf(known.sheet, row, columnLetters(header.first + index)),
      close: async () => void (await rows.return(undefined)),
    };
  } catch (error) {
    await rows.return(undefined);
    throw error;
  }
}

const tooLarge = (source: TableSource, { bytes }: TableLimits) =>
  tableFault(source, undefined, `may have at most ${bytes} bytes.`, { limit: bytes });

/** Looks at how many bytes of a file are read: throws where they are too many, and the signal's reason once nobody wants them. */
function watch(file: TableSource, limits: TableLimits, { signal, onBytes }: TableOptions): (bytes: number) => void {
  let read = 0;
  return (bytes) => {
    read += bytes;
    signal?.throwIfAborted();
    if (file.size === undefined && read > limits.bytes) throw tooLarge(file, limits);
    onBytes?.(bytes);
  };
}

/** Makes an error of the system's INVALID_INPUT. */
async function readable<T>(source: TableSource, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    throw syscall ? tableFault(source, undefined, `cannot be read (${code}).`) : error;
  }
}

/** Tells the kinds of files apart by how they begin. */
async function recognised(reading: Reading): Promise<Found> {
  const { source, format } = reading;
  const stream = source.open();
  const chunks = chunksOf(stream, reading.watch);
  const { head, all } = await beginning(chunks, LONGEST_MAGIC);
  const isZip = head.subarray(0, ZIP.length).equals(ZIP);
  try {
    if (head.subarray(0, COMPOUND_FILE.length).equals(COMPOUND_FILE))
      throw tableFault(
        source,
        undefined,
        "is protected by a password, or of a version before 2007: save it without a password as .xlsx, or as CSV.",
      );
    if (isZip && format.kind === "CSV")
      throw tableFault(source, undefined, "is a workbook or an archive, and CSV was declared.");
    if (!isZip && format.kind === "XLSX")
      throw tableFault(source, undefined, "is no workbook (XLSX), which was declared.");
  } catch (error) {
    stream.destroy();
    throw error;
  }
  if (!isZip) return await openCsv(reading, head, all);
  stream.destroy();
  return await openXlsx(reading);
}

async function openXlsx({ source, format, limits, watch }: Reading): Promise<Found> {
  const archive = await ZipArchive.open(source, limits, watch);
  const { sheet, sheets, workbook } = await openWorkbook(archive, format.sheet, limits);
  const rows = new SheetRows(archive, sheet, workbook, limits);
  const visible = sheets.filter(({ hidden }) => !hidden).map(({ name }) => name);
  return { known: { kind: "XLSX", sheet: sheet.name, sheets: visible }, rows: sheetRows(rows), merged: rows.merged };
}

async function openCsv({ source, format, limits }: Reading, head: Buffer, all: AsyncIterable<Buffer>): Promise<Found> {
  const { encoding, mark } = encodingOf(source, head, format.encoding);
  const text = decoded(source, without(all, mark), encoding);
  const sample = await beginning(text, format.delimiter === undefined ? DELIMITER_SAMPLE : 0);
  const delimiter = format.delimiter ?? delimiterOf(sample.head.toString());
  const rows = csvRows({ source, text: sample.all, delimiter, limits });
  return { known: { kind: "CSV", encoding, delimiter }, rows, merged: [] };
}

async function* chunksOf(stream: Readable, watch: (bytes: number) => void): AsyncGenerator<Buffer> {
  for await (const chunk of stream) {
    watch(chunk.length);
    yield chunk as Buffer;
  }
}

/** At least so many of the first bytes, where there are as many, and all bytes, these among them. */
async function beginning(
  chunks: AsyncGenerator<Buffer>,
  least: number,
): Promise<{ head: Buffer; all: AsyncGenerator<Buffer> }> {
  const first: Buffer[] = [];
  for (let length = 0; length < least; ) {
    const { value, done } = await chunks.next();
    if (done) break;
    first.push(value);
    length += value.length;
  }
  async function* all() {
    yield* first;
    yield* chunks;
  }
  return { head: Buffer.concat(first), all: all() };
}

/** Chunks without so many bytes at their beginning. */
async function* without(chunks: AsyncIterable<Buffer>, bytes: number): AsyncGenerator<Buffer> {
  let left = bytes;
  for await (const chunk of chunks) {
    if (left < chunk.length) yield chunk.subarray(left);
    left -= Math.min(left, chunk.length);
  }
}

/** Rows within the limits. */
async function* counted(
  { source, sheet, limits }: RowOrigin,
  rows: AsyncGenerator<RawRow>,
  signal: AbortSignal | undefined,
): AsyncGenerator<RawRow> {
  let count = 0;
  for await (const row of rows) {
    signal?.throwIfAborted();
    const place = sheet === undefined ? (row.line ?? row.number) : addressOf(sheet, row.number, "A");
    if (++count > limits.rows)
      throw tableFault(source, place, `at most ${limits.rows} rows may hold something.`, { limit: limits.rows });
    if (row.cells.length > limits.columns)
      throw tableFault(source, place, `a row may have at most ${limits.columns} cells.`, { limit: limits.columns });
    const long = row.cells.findIndex((cell) => cell.kind === "text" && cell.text.length > limits.cellCharacters);
    if (long >= 0)
      throw tableFault(
        source,
        addressOf(sheet, row.number, columnLetters(long)),
        `a cell may have at most ${limits.cellCharacters} characters.`,
        { limit: limits.cellCharacters },
      );
    yield row;
  }
}

/** The rows among which the header is: the first ones, or the one of a number. */
async function firstRows(rows: AsyncGenerator<RawRow>, declared: number | undefined): Promise<RawRow[]> {
  const first: RawRow[] = [];
  while (first.length < (declared === undefined ? HEADER_ROWS : 1)) {
    const { value, done } = await rows.next();
    if (done) break;
    if (declared === undefined || value.number >= declared) first.push(value);
  }
  return first;
}

async function* rowsUnder(
  origin: RowOrigin,
  header: Header,
  first: readonly RawRow[],
  rest: AsyncGenerator<RawRow>,
  merged: readonly Merged[],
): AsyncGenerator<TableRow> {
  const source = origin.source;
  try {
    for (const row of first) if (row.number > header.row) yield rowUnder(origin, header, row);
    for (;;) {
      const { value, done } = await readable(source, () => rest.next());
      if (done) break;
      yield rowUnder(origin, header, value);
    }
    requireSeparate(origin, header, merged);
  } finally {
    await rest.return(undefined);
  }
}

/** Of cells that are merged only the first has a value, which then stands for others as well: nobody can tell for which. */
function requireSeparate({ source, sheet }: RowOrigin, header: Header, merged: readonly Merged[]): void {
  const end = header.first + header.columns.length;
  const one = merged.find(({ bottom, left, right }) => bottom >= header.row && left < end && right >= header.first);
  if (!one) return;
  const place = addressOf(sheet, one.top, columnLetters(one.left));
  throw tableFault(source, `${place}:${columnLetters(one.right)}${one.bottom}`, "the cells are merged: split them.");
}
