import { type RawBuilder, type SqlBool, sql } from "kysely";
import { publicId } from "../../kernel/ids.ts";
import { ENDED_PLAN } from "./erasure.naming.ts";
import type { Fate } from "./personal-data.classes.ts";
import { namesIn, PERSONAL_DATA } from "./personal-data.ts";

/*
 * Where a person lies in rows that are not theirs: what they asked for and decided, what they planned, files of others, names of actors, answers.
 * The inventory's columns say what a table holds of its own person; this says what it holds of another.
 */

/** Rows of somebody else, or of nobody, in which a person lies. */
export interface RowsBeside {
  table: string;
  /** Which rows, under the alias `t`. */
  rows: RawBuilder<SqlBool>;
  fate: Fate;
  /** The columns that go; of rows that stay, those that say it. */
  columns: string[];
  why: string;
}

/** A person's own requests are those about them; these they asked for of somebody else, or of nobody. */
export const askedFor = (userId: string): RawBuilder<SqlBool> =>
  sql`t.requester_id = ${userId}::uuid AND t.user_id IS DISTINCT FROM ${userId}::uuid`;

/** The person decided a step, in their own place or another's. */
export const decidedBy = (userId: string): RawBuilder<SqlBool> =>
  sql`(t.steps @> ${JSON.stringify([{ by: userId }])}::jsonb OR t.steps @> ${JSON.stringify([{ for: userId }])}::jsonb)`;

/** Files of anybody of which a plan was made with a row of the person, or with the person as somebody's manager. */
export const filesWith = (userId: string): RawBuilder<SqlBool> => sql`t.id IN (
  SELECT p.upload_id FROM bulk_plan p JOIN bulk_item i ON i.plan_id = p.id
  WHERE p.upload_id IS NOT NULL AND (i.user_id = ${userId}::uuid OR i.change->'profile'->>'managerId' = ${userId}))`;

/** Plans of others that are about the person and nobody else. */
export const plansOfOne = (userId: string): RawBuilder<SqlBool> =>
  sql`t.people = 1 AND t.id IN (SELECT i.plan_id FROM bulk_item i WHERE i.user_id = ${userId}::uuid)`;

/** Answers that are kept for a repeat: the person's own, and those that tell of them. */
export const answersWith = (userId: string): RawBuilder<SqlBool> =>
  sql`(t.actor = ${`USER:${userId}`} OR t.answer::text LIKE ${`%${userId}%`} OR t.answer::text LIKE ${`%${publicId("User", userId)}%`})`;

/** Where they said who acted, rows go on saying which person it was. */
function namesBeside(userId: string): RowsBeside[] {
  return Object.entries(PERSONAL_DATA).flatMap(([table, { fate, columns }]) =>
    (fate === "LOG" ? [] : namesIn(columns.name)).map((column) => ({
      table,
      rows: sql<SqlBool>`t.${sql.ref(column.replace(/_name$/, "_id"))} = ${userId}::uuid`,
      fate: "CLEARED" as const,
      columns: [column],
      why: "Where the person acted on others, their id stays and their name goes.",
    })),
  );
}

/** Where rows of others name a person by their id alone: the column, and what of such a row is told to the person. */
export const LINKS: Readonly<Record<string, { column: string; told: string }>> = {
  user_account: { column: "manager_id", told: "id" },
  org_unit: { column: "head_id", told: "id code name" },
  user_group: { column: "owner_id", told: "id key name" },
  approval_delegation: { column: "delegate_id", told: "id user_id starts_at ends_at" },
};

const linksBeside = (userId: string): RowsBeside[] =>
  Object.entries(LINKS).map(([table, { column }]) => ({
    table,
    rows: sql<SqlBool>`t.${sql.ref(column)} = ${userId}::uuid`,
    fate: "STAYS" as const,
    columns: [column],
    why: "Rows of others that name the person by id alone: the tombstone keeps it.",
  }));

/** All of them, for a person who is not erased yet; what of the log it cannot count by an index is left to the log's own words. */
export function rowsBeside(userId: string): RowsBeside[] {
  return [
    {
      table: "approval_request",
      rows: askedFor(userId),
      fate: "CLEARED",
      columns: ["reason", "payload", "failure_message", "steps"],
      why: "What the person asked for of others: that they did stays, and who decided; their words go.",
    },
    {
      table: "approval_request",
      rows: sql<SqlBool>`${decidedBy(userId)} AND t.user_id IS DISTINCT FROM ${userId}::uuid AND t.requester_id IS DISTINCT FROM ${userId}::uuid`,
      fate: "CLEARED",
      columns: ["steps"],
      why: "What the person decided for others: that they did stays, what they wrote goes.",
    },
    {
      table: "bulk_plan",
      rows: sql<SqlBool>`t.planner_id = ${userId}::uuid`,
      fate: "CLEARED",
      columns: ["reason", "ip"],
      why: "What the person planned for many: the plan stays, with its target and its change; their words go.",
    },
    {
      table: "bulk_plan",
      rows: plansOfOne(userId),
      fate: "CLEARED",
      columns: ["reason", "change"],
      why: "A plan for the person alone: that it was made stays, what it was to make of them goes.",
    },
    {
      table: "import_upload",
      rows: sql<SqlBool>`${filesWith(userId)} AND t.user_id IS DISTINCT FROM ${userId}::uuid`,
      fate: "DELETED",
      columns: ["file_name", "media_type", "size", "created_at", "expires_at"],
      why: "Files of others of which a plan was made with a row of the person, or with the person as a manager: they go as a whole.",
    },
    {
      table: "idempotency_key",
      rows: answersWith(userId),
      fate: "DELETED",
      columns: ["key", "mutation", "answer"],
      why: "Answers that are kept for a day for a repeat: the person's own, and those that tell of them.",
    },
    {
      table: "audit_log",
      rows: sql<SqlBool>`t.actor_id = ${userId}::uuid AND t.subject_id IS DISTINCT FROM ${userId}::uuid`,
      fate: "STAYS",
      columns: ["at", "action", "actor_id", "subject_id"],
      why: "What the person did to others, by id. Their name and their address are sealed under their key, which is destroyed.",
    },
    {
      table: "change",
      rows: sql<SqlBool>`(t.commit_id, t.ordinal) IN (
        SELECT c.id, a.ordinal FROM audit_log a JOIN commit c ON c.number = a.commit_number WHERE a.subject_id = ${userId}::uuid)`,
      fate: "LOG",
      columns: ["before", "after"],
      why: "What the change feed still holds of the person, and with it the names, the reasons and the addresses of the commits that they made.",
    },
    ...namesBeside(userId),
    ...linksBeside(userId),
  ];
}

/** What names the person in texts of others that nobody can change any more, or that mean the same without the name. */
export interface WordsBeside {
  /** Which rows are others'. */
  others: (userId: string) => RawBuilder<SqlBool>;
  /** Texts that nothing follows from. */
  words: readonly string[];
  /** Documents that something followed from, and when nothing does any more. */
  documents: readonly string[];
  ended: RawBuilder<SqlBool>;
}

export const WORDS_BESIDE: Readonly<Record<string, WordsBeside>> = {
  approval_request: {
    others: (id) => sql`t.user_id IS DISTINCT FROM ${id}::uuid AND t.requester_id IS DISTINCT FROM ${id}::uuid`,
    words: ["reason", "failure_message", "steps"],
    documents: ["payload"],
    ended: sql`t.state <> 'PENDING'`,
  },
  bulk_plan: {
    others: () => sql`true`,
    words: ["reason", "problem"],
    documents: ["target", "change", "preview"],
    ended: ENDED_PLAN,
  },
  retention_run: {
    others: () => sql`true`,
    words: ["policy_name", "problem"],
    documents: [],
    ended: sql`true`,
  },
  scheduled_transition: {
    others: (id) => sql`t.user_id <> ${id}::uuid`,
    words: ["reason"],
    documents: [],
    ended: sql`true`,
  },
  export_link: {
    others: (id) => sql`t.user_id IS DISTINCT FROM ${id}::uuid`,
    words: ["filter_text"],
    documents: [],
    ended: sql`true`,
  },
};

/** Which of these rows name the person. */
export function namingRows(table: string, userId: string, names: readonly string[]): RawBuilder<SqlBool> {
  const { others, words, documents, ended } = WORDS_BESIDE[table] as WordsBeside;
  const named = (column: string) =>
    sql<SqlBool>`unnamed(t.${sql.ref(column)}, ${[...names]}::text[]) <> t.${sql.ref(column)}`;
  const inDocuments = documents.map((column) => sql<SqlBool>`(${ended} AND ${named(column)})`);
  return sql<SqlBool>`${others(userId)} AND (${sql.join([...words.map(named), ...inDocuments], sql` OR `)})`;
}
