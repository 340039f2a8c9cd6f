import { sql } from "kysely";
import { holdsAnywhere, type Viewer } from "../../access/actor.ts";
import type { Author } from "../../access/author.ts";
import { type CommandOptions, carryOut } from "../../access/command.ts";
import { requireAt } from "../../access/policy.ts";
import type { Database } from "../../database/database.ts";
import type { ImportTemplateRow } from "../../database/import-tables.ts";
import type { Tx, Written } from "../../database/transaction.ts";
import { conflict, notFound } from "../../kernel/errors.ts";
import { newId } from "../../kernel/ids.ts";
import { requireVersion } from "../../kernel/version.ts";
import type { ImportReading } from "./import.reading.ts";

export interface NewTemplate extends CommandOptions {
  name: string;
  reading: ImportReading;
}

export interface ChangeTemplate extends CommandOptions {
  id: string;
  expectedVersion: number | undefined;
  name: string | undefined;
  reading: ImportReading | undefined;
}

/** More are more than anybody finds one among. */
const TEMPLATES = 200;

export type TemplateRecord = Omit<ImportTemplateRow, "version"> & { version: number };

/** How files are read, under names. Who holds IMPORT_RUN anywhere sees all of them; everywhere, may change them. */
export class ImportTemplates {
  constructor(private readonly database: Database) {}

  /** All of them by name; null for viewers without IMPORT_RUN. */
  async list(viewer: Viewer): Promise<TemplateRecord[] | null> {
    if (!holdsAnywhere(viewer, "IMPORT_RUN")) return null;
    const { rows } = await sql<TemplateRecord>`SELECT * FROM import_template ORDER BY fold(name)`.execute(
      this.database.reader,
    );
    return rows;
  }

  create(author: Author, command: NewTemplate): Promise<Written<{ id: string }>> {
    requireAt(author.viewer, "IMPORT_RUN", []);
    const { name, reading } = command;
    const what = { mutation: "createImportTemplate", action: "import_template.created" };
    return carryOut(this.database, author, what, command, async (tx) => {
      const { rows } = await sql<{ count: bigint }>`SELECT count(*) FROM import_template`.execute(tx.sql);
      if (Number(rows[0]?.count) >= TEMPLATES)
        throw conflict(`There are at most ${TEMPLATES} import templates: delete one first.`, { limit: TEMPLATES });
      await requireFree(tx, name, null);
      const id = newId();
      const values = { reading: reading as unknown as Record<string, unknown>, created_at: tx.now, updated_at: tx.now };
      await tx.sql
        .insertInto("import_template")
        .values({ id, name, ...values })
        .execute();
      return { id };
    });
  }

  update(author: Author, command: ChangeTemplate): Promise<Written<{ id: string }>> {
    requireAt(author.viewer, "IMPORT_RUN", []);
    const { id, name, reading } = command;
    const what = { mutation: "updateImportTemplate", action: "import_template.updated" };
    return carryOut(this.database, author, what, command, async (tx) => {
      const { version } = await lockTemplate(tx, command);
      if (name !== undefined) await requireFree(tx, name, id);
      await tx.sql
        .updateTable("import_template")
        .set({
          version: version + 1,
          updated_at: tx.now,
          ...(name === undefined ? {} : { name }),
          ...(reading === undefined ? {} : { reading: reading as unknown as Record<string, unknown> }),
        })
        .where("id", "=", id)
        .execute();
      return { id };
    });
  }

  delete(author: Author, command: ChangeTemplate): Promise<Written<{ id: string }>> {
    requireAt(author.viewer, "IMPORT_RUN", []);
    const what = { mutation: "deleteImportTemplate", action: "import_template.deleted" };
    return carryOut(this.database, author, what, command, async (tx) => {
      await lockTemplate(tx, command);
      await tx.sql.deleteFrom("import_template").where("id", "=", command.id).execute();
      return { id: command.id };
    });
  }
}

async function lockTemplate(tx: Tx, { id, expectedVersion }: ChangeTemplate): Promise<TemplateRecord> {
  const { rows } = await sql<TemplateRecord>`SELECT * FROM import_template WHERE id = ${id} FOR UPDATE`.execute(tx.sql);
  if (!rows[0]) throw notFound("import template", "input.id");
  requireVersion(rows[0].version, expectedVersion);
  return rows[0];
}

/** The unique index refuses it too; here the answer names the input. */
async function requireFree(tx: Tx, name: string, own: string | null): Promise<void> {
  const { rows } = await sql`
    SELECT 1 FROM import_template WHERE fold(name) = fold(${name}) AND id IS DISTINCT FROM ${own}::uuid`.execute(
    tx.sql,
  );
  if (rows.length > 0)
    throw conflict("Another import template has this name.", { inputPath: "input.name", field: "name" });
}
