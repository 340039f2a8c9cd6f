import { sql } from "kysely";
import type { Tx } from "../../database/transaction.ts";
import { decidedBy, namingRows, plansOfOne, WORDS_BESIDE } from "./personal-data.beside.ts";
import { namesIn, PERSONAL_DATA } from "./personal-data.ts";

/*
 * What an erasure takes out of rows that are somebody else's, or nobody's, and that stay.
 */

/** What a tombstone is called, wherever a name must stand. */
export const TOMBSTONE = "Erased person";

/**
 * Takes the person's words, their name, and what names them, out of rows that stay. Keys of subjects that were about nobody but them are destroyed. Gives
 * the rows that were cleared.
 */
export async function clearRows(tx: Tx, userId: string, names: readonly string[]): Promise<string[]> {
  const cleared = [
    ...(await clearRequests(tx, userId)),
    ...(await clearPlans(tx, userId)),
    ...(await clearWords(tx, userId, names)),
  ];
  await takeNamesAway(tx, userId);
  return [...new Set(cleared)].sort();
}

interface Cleared {
  id: string;
  /** Whether the row is a subject of the audit log in its own right that was about the person alone. */
  theirs: boolean;
}

async function destroyKeys(tx: Tx, rows: readonly Cleared[]): Promise<string[]> {
  for (const { id, theirs } of rows) if (theirs) await sql`SELECT destroy_subject_key(${id})`.execute(tx.sql);
  return rows.map(({ id }) => id);
}

/** Requests stay as a record of who decided; what they said of the person, and what anybody wrote about them, does not. What others asked for, they only decided on. */
async function clearRequests(tx: Tx, userId: string): Promise<string[]> {
  const alone = sql`(t.user_id IS NOT DISTINCT FROM ${userId}::uuid OR t.user_id IS NULL AND t.requester_id IS NOT DISTINCT FROM ${userId}::uuid)`;
  const { rows } = await sql<Cleared>`
    UPDATE approval_request t SET
      reason = CASE WHEN ${alone} OR requester_id = ${userId} THEN NULL ELSE reason END,
      failure_message = CASE WHEN ${alone} THEN NULL ELSE failure_message END,
      payload = CASE WHEN user_id = ${userId} OR requester_id = ${userId} AND state <> 'PENDING' THEN '{}' ELSE payload END,
      steps = (SELECT jsonb_agg(CASE WHEN user_id = ${userId} OR step->>'by' = ${userId}::text THEN step - 'comment' ELSE step END ORDER BY place)
        FROM jsonb_array_elements(steps) WITH ORDINALITY s (step, place))
    WHERE user_id = ${userId} OR requester_id = ${userId} OR ${decidedBy(userId)}
    RETURNING id, user_id IS NULL AND requester_id IS NOT DISTINCT FROM ${userId}::uuid AS theirs`.execute(tx.sql);
  return destroyKeys(tx, rows);
}

async function clearPlans(tx: Tx, userId: string): Promise<string[]> {
  const alone = await sql<Cleared>`
    UPDATE bulk_plan t SET reason = NULL, change = CASE WHEN t.change IS NOT NULL THEN '{}'::jsonb END WHERE ${plansOfOne(userId)}
    RETURNING id, true AS theirs`.execute(tx.sql);
  const planned = await sql<Cleared>`
    UPDATE bulk_plan SET ip = NULL, reason = NULL WHERE planner_id = ${userId} AND num_nonnulls(ip, reason) > 0
    RETURNING id, false AS theirs`.execute(tx.sql);
  return destroyKeys(tx, [...alone.rows, ...planned.rows]);
}

/** Where a text of others names the person, and nobody can change it any more or nothing follows from it. */
async function clearWords(tx: Tx, userId: string, names: readonly string[]): Promise<string[]> {
  if (names.length === 0) return [];
  const cleared: string[] = [];
  for (const [table, { words, documents, ended }] of Object.entries(WORDS_BESIDE)) {
    const without = (column: string) => sql`unnamed(t.${sql.ref(column)}, ${[...names]}::text[])`;
    const set = [
      ...words.map((column) => sql`${sql.ref(column)} = ${without(column)}`),
      ...documents.map(
        (column) => sql`${sql.ref(column)} = CASE WHEN ${ended} THEN ${without(column)} ELSE t.${sql.ref(column)} END`,
      ),
    ];
    const { rows } = await sql<{ id: string }>`
      UPDATE ${sql.table(table)} t SET ${sql.join(set)} WHERE ${namingRows(table, userId, names)} RETURNING id`.execute(
      tx.sql,
    );
    cleared.push(...rows.map(({ id }) => id));
  }
  return cleared;
}

/** Where somebody else's row says who did it, it goes on saying which person it was, not what they were called. */
async function takeNamesAway(tx: Tx, userId: string): Promise<void> {
  for (const [table, { fate, columns }] of Object.entries(PERSONAL_DATA))
    for (const column of fate === "LOG" ? [] : namesIn(columns.name)) {
      const of = sql.ref(column.replace(/_name$/, "_id"));
      await sql`
        UPDATE ${sql.table(table)} SET ${sql.ref(column)} = ${TOMBSTONE} WHERE ${of} = ${userId} AND ${sql.ref(column)} <> ${TOMBSTONE}`.execute(
        tx.sql,
      );
    }
}
