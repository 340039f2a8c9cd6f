import { isUtf8 } from "node:buffer";
import { pipeline, type Readable } from "node:stream";
import { CsvError, type Options, parse } from "csv-parse";
import { invalidInput, type RollcallError } from "../../kernel/errors.ts";

/** A file of comma-separated values, wherever it comes from. */
export interface CsvSource {
  /** What messages call it. */
  name: string;
  /** In bytes, where it is known. */
  size?: number | undefined;
  /** Called once. */
  open(): Readable;
}

/** A record and the line, counted from 1, on which it begins. */
export interface CsvRecord {
  line: number;
  cells: string[];
}

/** A record longer than this is no record but a quote that was never closed; it also bounds what is held in memory. */
const LONGEST_RECORD = 1_048_576;
const LINE_FEED = 0x0a;

const QUOTING_FAULTS: Readonly<Record<string, string>> = {
  CSV_QUOTE_NOT_CLOSED: "a cell has an opening quote and no closing one.",
  CSV_INVALID_CLOSING_QUOTE:
    "a closing quote must be followed by a comma or the end of the line; within a quoted cell a quote is written twice.",
  INVALID_OPENING_QUOTE:
    "a quote may stand only where the whole cell is quoted; within a quoted cell a quote is written twice.",
  CSV_MAX_RECORD_SIZE: `a record may have at most ${LONGEST_RECORD} bytes; is a quote left open?`,
};

/** A file that cannot be used at all: one line that says where and why. */
export const fileFault = (source: CsvSource, line: number | undefined, message: string): RollcallError =>
  invalidInput([{ path: line === undefined ? source.name : `${source.name}:${line}`, message }]);

/**
 * The records of a file, the header first, without blank lines, as a stream: memory does not grow with the file. Takes UTF-8
 * with or without a byte order mark, and lines that end in LF or CRLF. A file that cannot be read on is INVALID_INPUT.
 */
export async function* readCsv(source: CsvSource, onBytes: (bytes: number) => void): AsyncGenerator<CsvRecord> {
  let next = 1;
  // Counted here and not below, because an error takes away the records that wait to be read.
  const placed = (cells: string[]): CsvRecord | undefined => {
    const line = next;
    next += 1 + lineFeeds(cells);
    return cells.length > 1 || cells[0] !== "" ? { line, cells } : undefined;
  };
  const parser = parse({
    bom: true,
    record_delimiter: ["\r\n", "\n"],
    relax_column_count: true,
    max_record_size: LONGEST_RECORD,
    on_record: placed as unknown as Options["on_record"],
  });
  pipeline(
    source.open(),
    (chunks: AsyncIterable<Buffer>) => checkedLines(source, chunks, onBytes),
    parser,
    () => undefined,
  );
  try {
    for await (const record of parser) yield record as CsvRecord;
  } catch (error) {
    if (error instanceof CsvError) throw fileFault(source, next, QUOTING_FAULTS[error.code] ?? "this is not CSV.");
    const { code, syscall } = error as NodeJS.ErrnoException;
    throw syscall ? fileFault(source, undefined, `cannot be read (${code}).`) : error;
  }
}

const lineFeeds = (cells: readonly string[]): number =>
  cells.reduce((sum, cell) => (cell.includes("\n") ? sum + cell.split("\n").length - 1 : sum), 0);

/** Passes on whole lines, which a multibyte character cannot span, once they are known to be text in UTF-8. */
async function* checkedLines(
  source: CsvSource,
  chunks: AsyncIterable<Buffer>,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  let line = 1;
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    onBytes(chunk.length);
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const end = bytes.lastIndexOf(LINE_FEED) + 1;
    rest = bytes.subarray(end);
    if (rest.length > LONGEST_RECORD) throw fileFault(source, line, QUOTING_FAULTS.CSV_MAX_RECORD_SIZE as string);
    if (end === 0) continue;
    line = requireText(source, line, bytes.subarray(0, end));
    yield bytes.subarray(0, end);
  }
  requireText(source, line, rest);
  if (rest.length > 0) yield rest;
}

/** The number of the line behind these. */
function requireText(source: CsvSource, first: number, bytes: Buffer): number {
  const sound = isUtf8(bytes) && !bytes.includes(0);
  let line = first;
  for (let from = 0; ; line++) {
    const end = bytes.indexOf(LINE_FEED, from) + 1;
    if (!sound) {
      const one = bytes.subarray(from, end === 0 ? bytes.length : end);
      if (!isUtf8(one) || one.includes(0))
        throw fileFault(source, line, "holds bytes that are no text in UTF-8: save the file in UTF-8.");
    }
    if (end === 0) return line;
    from = end;
  }
}
