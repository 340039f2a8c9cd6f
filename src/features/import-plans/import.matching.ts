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
import { attributeOf, MATCH_KEYS, type MatchKey, type ReadColumn } from "./import.reading.ts";
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
  const key = MATCH_KEYS[parts.matchBy];
  await twins(parts, key, sql`key`);
  const names = { username: sql`username`, email: sql`email`, employeeNumber: sql`employee_number` };
  for (const [target, value] of Object.entries({ ...names, externalId: sql`fold(cells->>'externalId')` }))
    if (key !== target) await twins(parts, target, value);
  for (const target of await uniqueAttributes(parts))
    await twins(parts, target, sql`attribute_digest(cells->${target})`);
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

/** What linking found about a row that is wrong. */
interface WronglyLinked {
  row: number;
  /** Whether its manager is nowhere; else they lead round in a circle, or to a depth of LEVELS_LIMIT. */
  lost: boolean;
  circled: boolean;
}

/**
 * Finds to whom the staged rows report, and in which order they need each other: each has as its step one more than the row of its manager, where
 * that is in the file and can be used. Whoever is made, and to whom nobody of the file reports, is made beside their manager, where that is made too. Rows of which
 * no step can be said are refused. Gives why nothing can be planned with them, where managers
 * stand above each other in more levels than may be.
 */
export async function linkRows(parts: KeyedParts): Promise<string | undefined> {
  const { tx, planId, columns, problems } = parts;
  const column = columns.find(({ target }) => target === "manager");
  if (!column) return undefined;
  const { rows } = await sql<WronglyLinked>`
    WITH RECURSIVE own AS MATERIALIZED (
      SELECT DISTINCT ON (key) key, user_id, new_id FROM import_row WHERE plan_id = ${planId} AND key IS NOT NULL ORDER BY key, source_row),
    others AS MATERIALIZED (${othersOf(parts)}),
    linked AS MATERIALIZED (
      SELECT r.source_row, r.key, r.manager_key, r.bad, r.user_id IS NULL AS is_made, coalesce(own.user_id, own.new_id, others.id) AS manager_id
      FROM import_row r LEFT JOIN own ON own.key = r.manager_key LEFT JOIN others ON others.key = r.manager_key WHERE r.plan_id = ${planId}),
    usable AS MATERIALIZED (SELECT key FROM linked WHERE NOT bad AND (manager_key IS NULL OR manager_id IS NOT NULL)),
    heads AS MATERIALIZED (SELECT DISTINCT manager_key AS key FROM linked WHERE manager_key IS NOT NULL),
    ordered AS (
      SELECT source_row, key, is_made, 0 AS step, NULL::integer AS beside FROM linked
      WHERE manager_id IS NULL OR NOT EXISTS (SELECT FROM usable WHERE usable.key = linked.manager_key)
      UNION ALL
      SELECT r.source_row, r.key, r.is_made, m.step + 1, CASE WHEN r.is_made AND m.is_made THEN m.source_row END FROM ordered m JOIN usable ON usable.key = m.key JOIN linked r ON r.manager_key = m.key
      WHERE m.step < ${LEVELS_LIMIT} AND r.manager_id IS NOT NULL),
    written AS (
      UPDATE import_row r SET manager_id = l.manager_id, step = coalesce(o.step, 0), bad = r.bad OR l.manager_id IS NULL OR o.step IS NULL,
        beside = CASE WHEN heads.key IS NULL THEN o.beside END
      FROM linked l LEFT JOIN ordered o ON o.source_row = l.source_row LEFT JOIN heads ON heads.key = l.key
      WHERE r.plan_id = ${planId} AND r.source_row = l.source_row AND l.manager_key IS NOT NULL
      RETURNING r.source_row AS row, l.manager_id IS NULL AS lost, o.step IS NULL AS circled, o.step)
    SELECT row, lost, circled FROM written WHERE lost OR circled OR step = ${LEVELS_LIMIT} ORDER BY row`.execute(
    tx.sql,
  );
  const deep = rows.find(({ lost, circled }) => !lost && !circled);
  if (deep)
    return `More than ${LEVELS_LIMIT} managers stand above each other, down to row ${deep.row}: import the upper ones first.`;
  const nobody = `must be the ${MATCH_KEYS[parts.matchBy]} of somebody in the file or the directory.`;
  const circle = "the managers from here lead round in a circle and never to an end.";
  for (const { row, lost } of rows) await problems.add({ row, column, message: lost ? nobody : circle });
  await leaveOutDependent(parts);
  return undefined;
}

/** The managers who are not in the file. */
const othersOf = ({ planId, viewer, matchBy, moment }: KeyedParts): RawBuilder<unknown> =>
  peopleByKeys(
    viewer,
    matchBy,
    moment,
    sql`SELECT DISTINCT manager_key FROM import_row WHERE plan_id = ${planId} AND manager_key IS NOT NULL
      EXCEPT SELECT key FROM import_row WHERE plan_id = ${planId}`,
  );

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

/** The columns of attributes of which no two people may have the same value. */
async function uniqueAttributes({ tx, columns }: MatchingParts): Promise<string[]> {
  const keys = columns.flatMap(({ target }) => attributeOf(target) ?? []);
  if (keys.length === 0) return [];
  const { rows } = await sql<{ key: string }>`
    SELECT key FROM attribute_definition WHERE "unique" AND state <> 'REMOVED' AND key = ANY (${keys}::text[]) ORDER BY key`.execute(
    tx.sql,
  );
  return columns.flatMap(({ target }) => (rows.some(({ key }) => key === attributeOf(target)) ? target : []));
}

/** Refuses what stands in several rows and may be one person's only, by a value of the row: all of those rows. */
async function twins(
  { tx, planId, columns, problems }: MatchingParts,
  target: string,
  value: RawBuilder<unknown>,
): Promise<void> {
  const at = columns.find((one) => one.target === target);
  if (!at) return;
  const { rows } = await sql<{ row: number; twin: number }>`
    WITH valued AS (SELECT source_row, ${value} AS value FROM import_row WHERE plan_id = ${planId}),
    twins AS (SELECT value, min(source_row) AS first, max(source_row) AS last FROM valued
      WHERE value IS NOT NULL GROUP BY value HAVING count(*) > 1)
    UPDATE import_row r SET bad = true FROM valued v JOIN twins t USING (value) WHERE r.plan_id = ${planId} AND r.source_row = v.source_row
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
