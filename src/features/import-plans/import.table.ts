import { Readable } from "node:stream";
import type { ImportUploadRow } from "../../database/import-tables.ts";
import { readCsv } from "../imports/csv.reader.ts";
import type { ImportReading } from "./import.reading.ts";
import type { SheetRow } from "./import.staging.ts";

/** A file that is being read. */
export interface Sheet {
  /** Of a workbook. */
  name: string | undefined;
  headers: readonly string[];
  /** On which row they stand. */
  headerRow: number;
  /** The rows behind the header. */
  rows: AsyncIterable<SheetRow>;
  close(): Promise<void>;
}

/** Opens a file; INVALID_INPUT for one that cannot be read as what it says that it is. */
export async function openSheet(
  upload: Pick<ImportUploadRow, "file_name" | "media_type">,
  content: AsyncIterable<Buffer>,
  _reading: ImportReading,
): Promise<Sheet> {
  const records = readCsv({ name: upload.file_name, open: () => Readable.from(content) }, () => undefined);
  const first = await records.next();
  const headers = first.done ? [] : first.value.cells;
  return {
    name: undefined,
    headers,
    headerRow: 1,
    rows: (async function* () {
      for await (const { line, cells } of records) yield { row: line, cells };
    })(),
    close: async () => void (await records.return(undefined)),
  };
}
