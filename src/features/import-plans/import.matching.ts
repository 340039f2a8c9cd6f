import { type RawBuilder, type SqlBool, sql } from "kysely";
import type { Viewer } from "../../access/actor.ts";
import { heldOver, itself, sightOf } from "../../access/policy.ts";
import type { Tx } from "../../database/transaction.ts";
import { fieldOf } from "../../search/catalogue.ts";
import { and, type Filter, not, or } from "../../search/filter.ts";
import type { Moment } from "../../search/operator.ts";
import { filterToSql } from "../../search/to-sql.ts";
import { FILE_KEYS, type FileKey } from "../bulk/bulk.target.ts";
import { userCatalogue } from "../users/user.fields.ts";
import { DELETED } from "../users/user.queries.ts";
import { MATCH_KEYS, type MatchKey, type ReadColumn } from "./import.reading.ts";
import type { ImportProblems } from "./import.staging.ts";

/** Who looks for people, by what, and where what is wrong is told. */
export interface MatchingParts {
  tx: Tx;
  planId: string;
  viewer: Viewer;
  columns: readonly ReadColumn[];
  moment: Moment;
  problems: ImportProblems;
}

/** The same, by what all rows mean people. */
export type KeyedParts = MatchingParts & { matchBy: MatchKey };

/**
 * The people whom a key may mean, as a filter: those whom the viewer sees, not deleted, and of whom they may read what is matched by. Whoever
 * else has a key is not there for them.
 */
export function reachable(viewer: Viewer, matchBy: FileKey, withDeleted = false): Filter {
  const { read } = fieldOf(userCatalogue, FILE_KEYS[matchBy]);
  const readable = read.map((permission) => or(heldOver(viewer, permission), itself(viewer)));
  return and(sightOf(viewer), ...(withDeleted ? [] : [not(DELETED)]), ...readable);
}

/** The people with these keys as rows `(key, id)`; keys are folded. Only among those who are deleted, or with them, can several have one key. */
export function peopleByKeys(
  viewer: Viewer,
  matchBy: FileKey,
  moment: Moment,
  keys: RawBuilder<unknown>,
  withDeleted = false,
): RawBuilder<{ key: string; id: string }> {
  const seen: RawBuilder<SqlBool> = filterToSql(reachable(viewer, matchBy, withDeleted), {
    catalogue: userCatalogue,
    alias: "u",
    ...moment,
  });
  const there = withDeleted ? sql`true` : sql`a.status <> 'DELETED'`;
  const holders: Record<FileKey, RawBuilder<unknown>> = {
    EMPLOYEE_NUMBER: sql`user_account a ON fold(a.employee_number) = k.key AND ${there}`,
    USERNAME: sql`user_account a ON fold(a.username) = k.key AND ${there}`,
    EMAIL: sql`user_email e ON fold(e.value) = k.key AND e.is_primary JOIN user_account a ON a.id = e.user_id AND ${there}`,
    EXTERNAL_ID: sql`user_identity i ON i.source = 'IMPORT' AND i.issuer IS NULL AND fold(i.external_id) = k.key
      JOIN user_account a ON a.id = i.user_id AND ${there}`,
    ID: sql`user_account a ON a.id = k.key::uuid`,
  };
  return sql`SELECT k.key, a.id FROM (${keys}) k (key) JOIN ${holders[matchBy]} JOIN user_search u ON u.user_id = a.id WHERE ${seen}`;
}

/** Finds whom the staged rows mean. */
export async function matchRows(parts: KeyedParts): Promise<void> {
  const { tx, planId } = parts;
  await twins(parts, "key", MATCH_KEYS[parts.matchBy]);
  for (const column of ["username", "email", "employeeNumber"] as const)
    if (MATCH_KEYS[parts.matchBy] !== column)
      await twins(parts, column === "employeeNumber" ? "employee_number" : column, column);
  const found = peopleByKeys(
    parts.viewer,
    parts.matchBy,
    parts.moment,
    sql`SELECT key FROM import_row WHERE plan_id = ${planId} AND key IS NOT NULL`,
  );
  await sql`UPDATE import_row r SET user_id = f.id FROM (${found}) f WHERE r.plan_id = ${planId} AND r.key = f.key`.execute(
    tx.sql,
  );
}

/** Above each other in one file: each level is a step of its own, and no organisation is deeper. */
const LEVELS_LIMIT = 100;

/**
 * Finds to whom the staged rows report, and in which order they need each other; rows that cannot be used are known by now. Gives why nothing can be
 * planned with them, where managers stand above each other in more levels than may be.
 */
export async function linkRows(parts: KeyedParts): Promise<string | undefined> {
  if (parts.columns.some(({ target }) => target === "manager")) await findManagers(parts);
  const problem = await orderRows(parts);
  if (problem === undefined) await leaveOutDependent(parts);
  return problem;
}

/** Refuses whoever is to report to somebody whom the file was to make and does not. */
async function leaveOutDependent({ tx, planId, columns, problems }: MatchingParts): Promise<void> {
  const at = columns.find(({ target }) => target === "manager");
  for (let found = true; at && found; ) {
    const { rows } = await sql<{ row: number; manager: number }>`
      UPDATE import_row r SET bad = true FROM import_row m
      WHERE r.plan_id = ${planId} AND NOT r.bad AND m.plan_id = ${planId} AND m.key = r.manager_key AND m.bad AND m.user_id IS NULL
      RETURNING r.source_row AS row, m.source_row AS manager`.execute(tx.sql);
    for (const { row, manager } of rows.toSorted((a, b) => a.row - b.row))
      await problems.add({ row, column: at, message: `the manager's row, ${manager}, cannot be used.` });
    found = rows.length > 0;
  }
}

/** Refuses what stands in several rows and may be one person's only: all of those rows. */
async function twins(
  { tx, planId, columns, problems }: MatchingParts,
  column: "key" | "username" | "email" | "employee_number",
  target: string,
): Promise<void> {
  const at = columns.find((one) => one.target === target);
  if (!at) return;
  const name = sql.ref(column);
  const { rows } = await sql<{ row: number; twin: number }>`
    WITH twins AS (SELECT ${name} AS value, min(source_row) AS first, max(source_row) AS last FROM import_row
      WHERE plan_id = ${planId} AND ${name} IS NOT NULL GROUP BY 1 HAVING count(*) > 1)
    UPDATE import_row r SET bad = true FROM twins t WHERE r.plan_id = ${planId} AND r.${name} = t.value
    RETURNING r.source_row AS row, CASE WHEN r.source_row = t.first THEN t.last ELSE t.first END AS twin`.execute(
    tx.sql,
  );
  for (const { row, twin } of rows.toSorted((a, b) => a.row - b.row))
    await problems.add({
      row,
      column: at,
      message: `must be unique in the file, without regard to case; it stands in row ${twin} as well.`,
    });
}

async function findManagers({ tx, planId, viewer, matchBy, columns, moment, problems }: KeyedParts): Promise<void> {
  const at = columns.find(({ target }) => target === "manager");
  // Somebody in the file is whom they will be; else somebody in the directory.
  await sql`
    UPDATE import_row r SET manager_id = coalesce(m.user_id, m.new_id) FROM import_row m
    WHERE r.plan_id = ${planId} AND m.plan_id = ${planId} AND m.key = r.manager_key`.execute(tx.sql);
  const others = peopleByKeys(
    viewer,
    matchBy,
    moment,
    sql`SELECT DISTINCT manager_key FROM import_row WHERE plan_id = ${planId} AND manager_key IS NOT NULL AND manager_id IS NULL`,
  );
  await sql`
    UPDATE import_row r SET manager_id = f.id FROM (${others}) f
    WHERE r.plan_id = ${planId} AND r.manager_id IS NULL AND r.manager_key = f.key`.execute(tx.sql);
  const { rows } = await sql<{ row: number }>`
    UPDATE import_row r SET bad = true WHERE r.plan_id = ${planId} AND r.manager_key IS NOT NULL AND r.manager_id IS NULL
    RETURNING r.source_row AS row`.execute(tx.sql);
  const message = `must be the ${MATCH_KEYS[matchBy]} of somebody in the file or the directory.`;
  for (const { row } of rows.toSorted((a, b) => a.row - b.row)) await problems.add({ row, column: at, message });
}

/** Gives every row its step: one more than the row of its manager, where that is in the file. Rows in a circle, or below one, are refused. */
async function orderRows({ tx, planId, columns, problems }: MatchingParts): Promise<string | undefined> {
  const at = columns.find(({ target }) => target === "manager");
  const deepest = await sql<{ row: number }>`
    WITH RECURSIVE ordered AS (
      SELECT r.source_row, r.key, r.bad, 0 AS step FROM import_row r WHERE r.plan_id = ${planId} AND (r.manager_id IS NULL OR NOT EXISTS (
        SELECT FROM import_row m WHERE m.plan_id = ${planId} AND m.key = r.manager_key AND NOT m.bad))
      UNION ALL
      SELECT r.source_row, r.key, r.bad, m.step + 1 FROM ordered m
      JOIN import_row r ON r.plan_id = ${planId} AND r.manager_key = m.key AND r.manager_id IS NOT NULL
      WHERE NOT m.bad AND m.step < ${LEVELS_LIMIT}
    ), written AS (
      UPDATE import_row r SET step = o.step FROM ordered o WHERE r.plan_id = ${planId} AND r.source_row = o.source_row)
    SELECT source_row AS row FROM ordered WHERE step = ${LEVELS_LIMIT} ORDER BY source_row LIMIT 1`.execute(tx.sql);
  if (deepest.rows[0])
    return `More than ${LEVELS_LIMIT} managers stand above each other, down to row ${deepest.rows[0].row}: import the upper ones first.`;
  const { rows } = await sql<{ row: number }>`
    UPDATE import_row SET bad = true, step = 0 WHERE plan_id = ${planId} AND step IS NULL RETURNING source_row AS row`.execute(
    tx.sql,
  );
  for (const { row } of rows.toSorted((a, b) => a.row - b.row))
    await problems.add({
      row,
      column: at,
      message: "the managers from here lead round in a circle and never to an end.",
    });
  return undefined;
}

/** Refuses the rows of which a condition holds, and which could be used so far, at one cell of each. */
export async function refuseRows(
  { tx, planId, problems }: MatchingParts,
  condition: RawBuilder<unknown>,
  column: ReadColumn | undefined,
  message: string,
): Promise<void> {
  const { rows } = await sql<{ row: number }>`
    UPDATE import_row SET bad = true WHERE plan_id = ${planId} AND NOT bad AND (${condition}) RETURNING source_row AS row`.execute(
    tx.sql,
  );
  for (const { row } of rows.toSorted((a, b) => a.row - b.row)) await problems.add({ row, column, message });
}
