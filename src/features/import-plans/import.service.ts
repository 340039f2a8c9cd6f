import type { Author } from "../../access/author.ts";
import { type CommandOptions, carryOut } from "../../access/command.ts";
import { requireAnywhere } from "../../access/policy.ts";
import type { Database } from "../../database/database.ts";
import type { Written } from "../../database/transaction.ts";
import { notFound } from "../../kernel/errors.ts";
import { parseFilterWithPaths } from "../../search/parse.ts";
import type { BulkPlanner } from "../bulk/bulk.planner.ts";
import type { PlanOutcome } from "../bulk/bulk.service.ts";
import { userCatalogue } from "../users/user.fields.ts";
import type { UserQueries } from "../users/user.queries.ts";
import type { ImportMode } from "./import.candidates.ts";
import type { ImportOrder } from "./import.planner.ts";
import { type ImportReading, requireColumns } from "./import.reading.ts";
import type { ImportUploads } from "./upload.store.ts";

export interface PlanImport extends CommandOptions {
  uploadId: string;
  /** How the file is read, or the template that says it. */
  reading: ImportReading | { templateId: string };
  mode: ImportMode;
  newStatus: "PENDING" | "ACTIVE";
  /** Who is deactivated where no row means them. */
  missing: { scope: object } | undefined;
  skipErrors: boolean;
}

interface Parts {
  database: Database;
  planner: BulkPlanner;
  uploads: ImportUploads;
  users: UserQueries;
}

/** Begins plans of files; BackgroundPlanner makes them. Needs IMPORT_RUN and BULK_RUN, and somewhere what the import would do. */
export class ImportService {
  constructor(private readonly parts: Parts) {}

  async plan(author: Author & { readonly ip: string | undefined }, command: PlanImport): Promise<Written<PlanOutcome>> {
    const { viewer } = author;
    const { database, planner, uploads, users } = this.parts;
    uploads.requireMayUpload(viewer);
    const { mode, newStatus, missing, skipErrors, uploadId } = command;
    if (mode !== "UPDATE") requireAnywhere(viewer, "USER_CREATE");
    if (mode !== "CREATE") requireAnywhere(viewer, "USER_UPDATE");
    if (missing) {
      requireAnywhere(viewer, "USER_LIFECYCLE");
      const path = "input.missing.scope";
      await users.requireAskable(
        viewer,
        parseFilterWithPaths(missing.scope, { catalogue: userCatalogue, path }),
        new Map(),
      );
    }
    if ("matchBy" in command.reading) requireColumns(command.reading, "input.reading");
    const name = { mutation: "planImport", action: "bulk_plan.planned" };
    return carryOut(database, author, name, command, async (tx) => {
      const upload = await uploads.find(tx, viewer, uploadId);
      const reading =
        "templateId" in command.reading ? await readingOf(tx, command.reading.templateId) : command.reading;
      const target: ImportOrder = {
        file: upload.file_name,
        reading,
        mode,
        newStatus,
        skipErrors,
        ...(missing ? { missing } : {}),
      };
      const request = { target, reason: command.reason ?? null, uploadId, ip: author.ip ?? null };
      return { planId: await planner.begin(tx, author, request) };
    });
  }
}

async function readingOf(tx: Parameters<ImportUploads["find"]>[0], id: string): Promise<ImportReading> {
  const row = await tx.sql.selectFrom("import_template").select("reading").where("id", "=", id).executeTakeFirst();
  if (!row) throw notFound("import template", "input.templateId");
  return row.reading as unknown as ImportReading;
}
