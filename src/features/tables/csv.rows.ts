import { pipeline } from "node:stream";
import { CsvError, type Options, parse } from "csv-parse";
import { formulaText } from "./formula.text.ts";
import { EMPTY_CELL, type TableCell } from "./table.cell.ts";
import type { TableDelimiter } from "./table.format.ts";
import type { RawRow } from "./table.header.ts";
import type { TableLimits } from "./table.limits.ts";
import { type TableSource, tableFault } from "./table.source.ts";

const QUOTING_FAULTS: Readonly<Record<string, string>> = {
  CSV_QUOTE_NOT_CLOSED: "a cell has an opening quote and no closing one.",
  CSV_INVALID_CLOSING_QUOTE:
    "a closing quote must be followed by what stands between cells or the end of the line; within a quoted cell a quote is written twice.",
  INVALID_OPENING_QUOTE:
    "a quote may stand only where the whole cell is quoted; within a quoted cell a quote is written twice.",
};

/** What waits between the decoder and the parser, at most. */
const UNDER_WAY = 524_288;
/** How many bytes of a file a record's character may take: three in UTF-8, and quotes are written twice. */
const BYTES_PER_CHARACTER = 3;

interface Csv {
  source: TableSource;
  /** In UTF-8. */
  text: AsyncIterable<Buffer>;
  delimiter: TableDelimiter;
  limits: TableLimits;
}

/** The records of a CSV file (RFC 4180) without blank ones; lines may end in LF, CRLF or CR. */
export async function* csvRows({ source, text, delimiter, limits }: Csv): AsyncGenerator<RawRow> {
  const tooLong = `a record may have at most ${limits.rowCharacters} bytes; is a quote left open?`;
  let [line, number] = [1, 0];
  let [given, settled] = [0, 0];
  // Counted here and not below, because an error takes away the records that wait to be read.
  const placed = (cells: string[], { bytes }: { bytes: number }): RawRow | undefined => {
    const row = { number: ++number, line, cells: [] as TableCell[] };
    settled = bytes;
    line += 1 + lineBreaks(cells);
    if (cells.length === 1 && cells[0] === "") return undefined;
    row.cells = cells.map(cellOf);
    return row;
  };
  async function* bounded(): AsyncGenerator<Buffer> {
    for await (const block of text) {
      // The parser counts the characters of a record, and not its empty cells.
      if (given - settled > BYTES_PER_CHARACTER * limits.rowCharacters + UNDER_WAY)
        throw tableFault(source, line, tooLong, { limit: limits.rowCharacters });
      given += block.length;
      yield block;
    }
  }
  const parser = parse({
    delimiter,
    record_delimiter: ["\r\n", "\n", "\r"],
    relax_column_count: true,
    max_record_size: limits.rowCharacters,
    on_record: placed as unknown as Options["on_record"],
  });
  pipeline(bounded(), parser, () => undefined);
  try {
    for await (const row of parser) yield row as RawRow;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw tableFault(
      source,
      line,
      error.code === "CSV_MAX_RECORD_SIZE" ? tooLong : (QUOTING_FAULTS[error.code] ?? "this is not CSV."),
    );
  }
}

const cellOf = (text: string): TableCell => (text === "" ? EMPTY_CELL : { kind: "text", text: formulaText(text) });

const BREAKS = /\r\n|\n|\r/g;
const lineBreaks = (cells: readonly string[]): number =>
  cells.reduce(
    (sum, cell) => (cell.includes("\n") || cell.includes("\r") ? sum + (cell.match(BREAKS)?.length ?? 0) : sum),
    0,
  );
