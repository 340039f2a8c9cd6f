import type { ImportUploadRow } from "../../database/import-tables.ts";
import type { Tx } from "../../database/transaction.ts";
import { RollcallError } from "../../kernel/errors.ts";
import type { TableFormat, TableKind, ValueFormat } from "../tables/table.format.ts";
import { TABLE_LIMITS } from "../tables/table.limits.ts";
import { openTable, type Table } from "../tables/table.reader.ts";
import type { ImportReading } from "./import.reading.ts";
import { Spool } from "./upload.spool.ts";
import { contentOf, type MediaType } from "./upload.store.ts";

const KINDS: Readonly<Record<MediaType, TableKind>> = {
  "text/csv": "CSV",
  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "XLSX",
};

/** How a file is written, as far as it was declared. */
type Declared = Pick<ImportReading, "encoding" | "delimiter" | "sheet" | "headerRow">;

const formatOf = ({ media_type }: Pick<ImportUploadRow, "media_type">, reading: Declared): TableFormat => {
  const { encoding, delimiter, sheet, headerRow } = reading;
  const kind = KINDS[media_type as MediaType];
  return { kind, sheet, headerRow, ...(kind === "CSV" ? { encoding, delimiter } : {}) };
};

/** How values are written in it. */
export const valueFormatOf = ({ dateFormat, decimalSeparator }: ImportReading): ValueFormat => ({
  date: dateFormat,
  decimal: decimalSeparator,
});

/** Opens a file from a place of its own, which `close` gives up; INVALID_INPUT for one that cannot be read as what it says that it is. */
export async function openSheet(
  upload: Pick<ImportUploadRow, "file_name" | "media_type">,
  content: AsyncIterable<Uint8Array>,
  reading: Declared,
): Promise<Table> {
  const spool = await Spool.of(content, TABLE_LIMITS.bytes);
  try {
    const table = await openTable(spool.source(upload.file_name), { format: formatOf(upload, reading) });
    const close = async () => {
      await table.close();
      await spool.close();
    };
    return { ...table, close };
  } catch (error) {
    await spool.close();
    throw error;
  }
}

/** Opens an upload as it is kept; NOT_FOUND where it is kept no longer. */
export async function openUpload(tx: Tx, uploadId: string | null, reading: Declared): Promise<Table> {
  const upload = await tx.sql.selectFrom("import_upload").selectAll().where("id", "=", uploadId).executeTakeFirst();
  const content = upload && (await contentOf(tx.sql, upload.id));
  if (!content) throw new RollcallError("NOT_FOUND", "The upload is no longer kept: upload the file again.");
  return openSheet(upload as ImportUploadRow, content, reading);
}
