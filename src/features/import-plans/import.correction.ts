import { sql } from "kysely";
import type { Author } from "../../access/author.ts";
import { carryOut } from "../../access/command.ts";
import { requireAnywhere } from "../../access/policy.ts";
import type { Database } from "../../database/database.ts";
import type { ImportUploadRow } from "../../database/import-tables.ts";
import type { Written } from "../../database/transaction.ts";
import { conflict } from "../../kernel/errors.ts";
import { publicId } from "../../kernel/ids.ts";
import { lockPlan, planned } from "../bulk/bulk.plans.ts";
import type { Cell, Rows } from "../exports/export.cells.ts";
import type { ExportContent, ExportLinks, ExportProducer, IssuedExport, TakenExport } from "../exports/export.links.ts";
import { type ExportRights, type KeptRights, keptRights } from "../exports/export.rights.ts";
import { ownerOf } from "../saved-searches/saved-search.access.ts";
import { ERRORS_COLUMN, writtenAgain } from "../tables/corrected.writer.ts";
import type { Table } from "../tables/table.reader.ts";
import type { ImportOrder } from "./import.planner.ts";
import { addressOf } from "./import.problems.ts";
import { openSheet } from "./import.table.ts";
import { contentOf } from "./upload.store.ts";

const KIND = "IMPORT_CORRECTION";
/** Rows at a time. */
const PART = 500;

export interface CorrectImport {
  planId: string;
  format: "CSV" | "XLSX";
  reason: string | null;
}

/** Gives links to the file of an import with what is wrong beside its rows; to its planner alone, whose file it is. */
export class ImportCorrections {
  constructor(
    private readonly database: Database,
    private readonly links: ExportLinks,
  ) {}

  create(author: Author, { planId, format, reason }: CorrectImport): Promise<Written<IssuedExport>> {
    const { viewer } = author;
    requireAnywhere(viewer, "IMPORT_RUN");
    const { ownerId: userId, tokenId } = ownerOf(viewer);
    const name = { mutation: "createImportCorrection", action: "export.created" };
    return carryOut(this.database, author, name, { reason, idempotencyKey: null }, async (tx) => {
      const plan = await lockPlan(tx, viewer, planId);
      if (!("file" in plan.target) || !planned(viewer, plan))
        throw conflict("The plan is made of no file of yours: the file is for whoever uploaded it.", {
          inputPath: "input.planId",
        });
      if (plan.upload_id === null || plan.state === "PLANNING")
        throw conflict("The file is not read yet, or no longer kept.", { inputPath: "input.planId" });
      return this.links.issue(tx, {
        kind: KIND,
        format,
        payload: { planId, rights: keptRights(viewer) },
        owner: { userId, tokenId },
        filterText: `the file of ${publicId("BulkPlan", planId)}`,
        columns: [ERRORS_COLUMN],
      });
    });
  }
}

/** Makes the corrected files: the rows as they were read, with one more column. */
export class CorrectionExports implements ExportProducer {
  readonly kind = KIND;
  readonly fileName = "import-errors";

  constructor(
    private readonly database: Database,
    private readonly rights: ExportRights,
  ) {}

  async open({ payload, user_id: userId, token_id: tokenId }: TakenExport): Promise<ExportContent> {
    const { planId, rights } = payload as { planId: string; rights: KeptRights };
    await this.rights.viewerOf({ userId, tokenId }, rights);
    return correctedFile(this.database.reader, planId);
  }
}

/** What is in the corrected file of a plan; CONFLICT where the file is no longer kept. */
export async function correctedFile(db: Database["reader"], planId: string): Promise<ExportContent & { rows: Rows }> {
  const { rows } = await sql<ImportUploadRow & { target: ImportOrder }>`
    SELECT u.*, p.target FROM bulk_plan p JOIN import_upload u ON u.id = p.upload_id WHERE p.id = ${planId}`.execute(
    db,
  );
  const upload = rows[0];
  const content = upload && (await contentOf(db, upload.id));
  if (!content) throw conflict("The file is no longer kept.");
  const sheet = await openSheet(upload, content, upload.target.reading);
  const columns = [...sheet.columns.map(({ name }) => name), ERRORS_COLUMN].map((name) => ({ name, isDate: false }));
  const { encoding, delimiter } = sheet;
  // It is to be read as the file was.
  const dialect = encoding && delimiter && { encoding, delimiter };
  return { columns, rows: toldRows(db, planId, sheet), dialect, close: () => sheet.close() };
}

async function* toldRows(db: Database["reader"], planId: string, sheet: Table): AsyncGenerator<Cell[][]> {
  let part: { row: number; cells: Cell[] }[] = [];
  for await (const { number: row, cells } of sheet.rows) {
    part.push({ row, cells: cells.map(writtenAgain) });
    if (part.length < PART) continue;
    yield await told(db, planId, sheet, part);
    part = [];
  }
  if (part.length > 0) yield await told(db, planId, sheet, part);
}

async function told(
  db: Database["reader"],
  planId: string,
  sheet: Table,
  part: readonly { row: number; cells: Cell[] }[],
): Promise<Cell[][]> {
  const { rows } = await sql<{ row: number; column: number; message: string }>`
    SELECT source_row AS row, source_column AS column, message FROM import_problem
    WHERE plan_id = ${planId} AND source_row BETWEEN ${part[0]?.row ?? 0} AND ${part.at(-1)?.row ?? 0}
    ORDER BY source_row, source_column, place`.execute(db);
  const problems = Map.groupBy(rows, ({ row }) => row);
  return part.map(({ row, cells }) => {
    const found = problems.get(row)?.map(({ column, message }) => `${addressOf(sheet.sheet, column, row)}: ${message}`);
    return [...cells, found?.join(" ") ?? null];
  });
}
