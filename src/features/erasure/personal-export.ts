import { type Kysely, type RawBuilder, sql } from "kysely";
import type { Author } from "../../access/author.ts";
import { type CommandOptions, carryOut } from "../../access/command.ts";
import { requireOver } from "../../access/policy.ts";
import type { Database } from "../../database/database.ts";
import type { Tables } from "../../database/tables.ts";
import type { Written } from "../../database/transaction.ts";
import { notFound } from "../../kernel/errors.ts";
import { newId, publicId } from "../../kernel/ids.ts";
import { ACTIONS_KEPT_FROM_SUBJECTS, KEPT_FROM_SUBJECTS } from "../audit/audit.redaction.ts";
import { isNarrowed } from "../self-service/own-profile.service.ts";
import { placeOfUser } from "../users/user.place.ts";
import { exportedColumns, PERSONAL_DATA } from "./personal-data.ts";

/** Everything that is held about a person, by table; each row as an object of its columns. */
export interface PersonalDocument extends Record<string, unknown> {
  format: "rollcall-personal-data/1";
  subject: string;
  exportedAt: string;
  data: Record<string, unknown[]>;
}

/** What is derived from other rows, which an export would say twice; and what a person is not to be warned of. */
const LEFT_OUT = new Set([
  "user_search",
  "user_attribute",
  "attribute_holder",
  "matched_search",
  "subject_key",
  "legal_hold",
  "import_row",
]);

const DONE_STEP = sql<boolean>`t.transition_id IN (SELECT id FROM scheduled_transition WHERE state = 'DONE')`;

/** What is planned about a person, they learn once it has happened: of these tables only such rows. */
const HAPPENED: Readonly<Record<string, RawBuilder<boolean>>> = {
  scheduled_transition: sql`t.state = 'DONE'`,
  transfer: DONE_STEP,
  offboarding: DONE_STEP,
  bulk_item: sql`t.outcome = 'CHANGED'`,
  bulk_effect: sql`t.plan_id IN (SELECT id FROM bulk_plan WHERE state = 'DONE')`,
  retention_item: sql`t.outcome IS NOT NULL AND t.obstacle IS DISTINCT FROM 'LEGAL_HOLD'`,
  approval_request: sql`(t.state <> 'PENDING' OR t.requester_id = t.user_id)`,
  audit_log: sql`t.table_name <> ALL(${[...KEPT_FROM_SUBJECTS]}::text[]) AND t.action <> ALL(${[...ACTIONS_KEPT_FROM_SUBJECTS]}::text[])`,
};

export interface ExportPersonalData extends Pick<CommandOptions, "reason"> {
  userId: string;
}

/** Gives people what is held about them: to themselves, and to those who may erase them. */
export class PersonalExport {
  constructor(private readonly database: Database) {}

  /** The document, which the audit log does not hold; that it was given, and to whom, it does. */
  export(author: Author, command: ExportPersonalData): Promise<Written<PersonalDocument>> {
    const { viewer } = author;
    const { userId } = command;
    const name = { mutation: "exportPersonalData", action: "personal_export.given" };
    return carryOut(this.database, author, name, command, async (tx) => {
      const place = await placeOfUser(tx.sql, userId, viewer);
      if (!place) throw notFound("user", "input.userId");
      const own = viewer.userId === userId && !viewer.session?.enrolmentOnly && !(await isNarrowed(tx, viewer.tokenId));
      if (!own) requireOver(viewer, "USER_ERASE", place, "input.userId");
      const data = await heldAbout(tx.sql, userId);
      await tx.sql
        .insertInto("personal_export")
        .values({ id: newId(), user_id: userId, exported_by_id: viewer.id, exported_at: tx.now })
        .execute();
      return {
        format: "rollcall-personal-data/1",
        subject: publicId("User", userId),
        exportedAt: tx.now.toISOString(),
        data,
      };
    });
  }
}

/** One statement over all tables; of each the columns that are told to the person, without secrets and without others' words. */
async function heldAbout(db: Kysely<Tables>, userId: string): Promise<Record<string, unknown[]>> {
  const tables = Object.entries(PERSONAL_DATA).filter(
    ([name, { person }]) => person !== undefined && !LEFT_OUT.has(name),
  );
  const parts = tables.map(([name, table]) => {
    const columns = exportedColumns(table).map((column) => sql`${column}::text, to_jsonb(t.${sql.ref(column)})`);
    // jsonb_build_object takes at most 100 arguments.
    const images = [];
    for (let at = 0; at < columns.length; at += 40)
      images.push(sql`jsonb_build_object(${sql.join(columns.slice(at, at + 40))})`);
    return sql`SELECT ${name}::text AS name, coalesce(jsonb_agg(${sql.join(images, sql` || `)}), '[]') AS rows
      FROM ${sql.table(name)} t WHERE t.${sql.ref(table.person as string)} = ${userId} AND ${HAPPENED[name] ?? sql`true`}`;
  });
  const { rows } = await sql<{ name: string; rows: unknown[] }>`${sql.join(parts, sql` UNION ALL `)}`.execute(db);
  return Object.fromEntries(rows.filter((row) => row.rows.length > 0).map((row) => [row.name, row.rows]));
}
