import { type Kysely, type RawBuilder, type SqlBool, sql } from "kysely";
import type { Tables } from "../../database/tables.ts";
import { ACTIONS_KEPT_FROM_SUBJECTS, KEPT_FROM_SUBJECTS } from "../audit/audit.redaction.ts";
import { askedFor, decidedBy, LINKS } from "./personal-data.beside.ts";
import { exportedColumns, PERSONAL_DATA, rowsOf } from "./personal-data.ts";

/*
 * What an export holds: of each table the person's own rows, with what hangs from them; and what they wrote themselves in rows that are somebody
 * else's, or nobody's, with other people by their ids alone.
 */

/** What is derived from other rows, which an export would say twice; what a person is not to be warned of; and files, which hold others. */
const LEFT_OUT = new Set([
  "user_search",
  "user_attribute",
  "attribute_holder",
  "matched_search",
  "subject_key",
  "legal_hold",
  "import_row",
  "import_upload_part",
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

/** Rows of an export: which of a table, under the alias `t`, and what of each. */
interface ExportedRows {
  table: string;
  /** Under what they are given, where that is not the table. */
  name?: string;
  rows: RawBuilder<SqlBool>;
  columns: readonly RawBuilder<unknown>[];
}

const column = (name: string): RawBuilder<unknown> => sql`${name}::text, to_jsonb(t.${sql.ref(name)})`;

/** The columns of the person's own rows that hold their own words, where they wrote them. */
function ownWords(table: string, userId: string): RawBuilder<unknown>[] {
  const where = (name: string, theirs: RawBuilder<unknown>) =>
    sql`${name}::text, CASE WHEN ${theirs} THEN to_jsonb(t.${sql.ref(name)}) END`;
  switch (table) {
    case "approval_request":
      return [
        where("reason", sql`t.requester_id = ${userId}::uuid`),
        // What is held of them by a request about them, whoever asked: it is closed, or their own.
        column("payload"),
        sql`'decided'::text, ${decisionsOf(userId)}`,
      ];
    case "scheduled_transition":
      return [where("reason", sql`t.author_id = ${userId}::uuid`)];
    case "role_grant":
      return [where("reason", sql`t.granted_by_id = ${userId}::uuid`)];
    case "session":
      return [where("end_reason", sql`t.ended_by_id = ${userId}::uuid`)];
    default:
      return [];
  }
}

/** What the person decided of a request, and wrote to it. */
const decisionsOf = (userId: string): RawBuilder<unknown> => sql`(
  SELECT jsonb_agg(jsonb_build_object('decision', step->'decision', 'at', step->'at', 'comment', step->'comment') ORDER BY place)
  FROM jsonb_array_elements(t.steps) WITH ORDINALITY s (step, place) WHERE step->>'by' = ${userId})`;

/** The person's own rows. */
function own(userId: string): ExportedRows[] {
  return Object.entries(PERSONAL_DATA).flatMap(([table, data]) => {
    const theirs = LEFT_OUT.has(table) ? undefined : rowsOf(table, userId);
    if (!theirs) return [];
    const rows = sql<SqlBool>`${theirs} AND ${HAPPENED[table] ?? sql`true`}`;
    return [{ table, rows, columns: [...exportedColumns(data).map(column), ...ownWords(table, userId)] }];
  });
}

const columnsNamed = (names: string): RawBuilder<unknown>[] => names.split(" ").map(column);

/** Whose manager the person is, and what they head, own and decide in another's place; `reports` are rows of people. */
const linked = (userId: string): ExportedRows[] =>
  Object.entries(LINKS).map(([table, { column: link, told }]) => ({
    table,
    ...(table === "user_account" ? { name: "reports" } : {}),
    rows: sql`t.${sql.ref(link)} = ${userId}::uuid`,
    columns: columnsNamed(told),
  }));

/** What the person wrote in rows of others: they alone are given it, as it speaks of others (article 15(4)). */
function written(userId: string): ExportedRows[] {
  const id = sql`${userId}::uuid`;
  return [
    {
      table: "approval_request",
      rows: askedFor(userId),
      columns: [
        ...columnsNamed("id kind state subject_id created_at closed_at reason"),
        sql`'decided'::text, ${decisionsOf(userId)}`,
      ],
    },
    {
      table: "approval_request",
      rows: sql`${decidedBy(userId)} AND t.user_id IS DISTINCT FROM ${id} AND t.requester_id IS DISTINCT FROM ${id}`,
      columns: [
        ...columnsNamed("id kind state subject_id created_at closed_at"),
        sql`'decided'::text, ${decisionsOf(userId)}`,
      ],
    },
    {
      table: "bulk_plan",
      rows: sql`t.planner_id = ${id}`,
      columns: columnsNamed("id kind state reason target change ip people changed created_at finished_at"),
    },
    {
      table: "role_grant",
      rows: sql`t.granted_by_id = ${id} AND t.user_id IS DISTINCT FROM ${id}`,
      columns: columnsNamed("id user_id group_id role_id granted_at reason"),
    },
    {
      table: "scheduled_transition",
      rows: sql`t.author_id = ${id} AND t.user_id <> ${id}`,
      columns: columnsNamed("id user_id operation due_at state created_at reason"),
    },
    {
      table: "legal_hold",
      rows: sql`t.placed_by_id = ${id} AND t.user_id <> ${id}`,
      columns: columnsNamed("id user_id placed_at released_at reason"),
    },
    {
      table: "idempotency_key",
      rows: sql`t.actor = ${`USER:${userId}`}`,
      columns: columnsNamed("key mutation created_at"),
    },
  ];
}

/** What the person did to others, by day and action: each of it is an audit event, found by its actor. */
const acts = (userId: string): RawBuilder<unknown> => sql`
  SELECT 'acts'::text AS name, coalesce(jsonb_agg(jsonb_build_object('day', day, 'action', action, 'events', events) ORDER BY day, action), '[]') AS rows
  FROM (SELECT at::date AS day, action, count(*) AS events FROM audit_log
    WHERE actor_id = ${userId}::uuid AND subject_id IS DISTINCT FROM ${userId}::uuid GROUP BY 1, 2) a`;

/**
 * Everything that is held about a person, by table, each row by its columns, without secrets. What others wrote about them is not in it; what they
 * wrote about others is where `themself` says that it is given to nobody else.
 */
export async function heldAbout(
  db: Kysely<Tables>,
  userId: string,
  themself: boolean,
): Promise<Record<string, unknown[]>> {
  const parts = [...own(userId), ...linked(userId), ...(themself ? written(userId) : [])].map(
    ({ table, name = table, rows, columns }) => {
      // jsonb_build_object takes at most 100 arguments.
      const images = [];
      for (let at = 0; at < columns.length; at += 40)
        images.push(sql`jsonb_build_object(${sql.join(columns.slice(at, at + 40))})`);
      return sql`SELECT ${name}::text AS name, coalesce(jsonb_agg(${sql.join(images, sql` || `)}), '[]') AS rows
      FROM ${sql.table(table)} t WHERE ${rows}`;
    },
  );
  const found = await sql<{
    name: string;
    rows: unknown[];
  }>`${sql.join([...parts, acts(userId)], sql` UNION ALL `)}`.execute(db);
  const data: Record<string, unknown[]> = {};
  for (const { name, rows } of found.rows) if (rows.length > 0) data[name] = [...(data[name] ?? []), ...rows];
  return data;
}
