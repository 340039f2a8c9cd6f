import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { type Kysely, sql } from "kysely";
import { CAPTURED_TABLES, HIDDEN_COLUMNS, uncapturedTables } from "../database/captured-tables.ts";
import type { AuditLogRow, Tables, UnsealedEventRow } from "../database/tables.ts";
import { keyOwners, openSubject, type SubjectPart, subjectPartOf } from "./audit-event.ts";
import type { AuditKeys } from "./audit-keys.ts";
import { sealedEvents } from "./audit-retention.ts";
import { type DerivedDifference, differingColumns, wrongSearchRows } from "./derived-comparison.ts";
import { readingKeys } from "./subject-keys.ts";

/*
 * Whoever is a superuser of the database can disable the triggers and write unseen. Then the tables are no longer what the log
 * says: folding all events of a row gives the row. Rows whose subject's key was destroyed cannot be folded, and are counted.
 */

/** Rows that are compared at a time. */
const BATCH = 500;
/** A row that changes while it is compared is looked at again; one that is still different then was written unseen. */
const LOOKS = 4;
const PAUSE_MS = 250;

/** A row of a captured table that is not what the log says. */
export interface Discrepancy {
  table: string;
  rowId: string;
  /**
   * CHANGED: some of its values are others. UNKNOWN: the log never saw it, or saw it go. MISSING: the log never saw it go. A derived row is
   * held to the rows that it is derived from in the same way.
   */
  kind: "CHANGED" | "UNKNOWN" | "MISSING";
  /** Where it is CHANGED, in which columns. */
  columns: readonly string[];
}

export interface Comparison {
  rows: number;
  /** Rows about subjects whose key was destroyed. */
  unreadable: number;
  /** Rows that the log does not tell of because its beginning was taken out and put away. */
  untold: number;
  /** Tables that can be written past the log: their triggers are not all there, or not all on. */
  uncaptured: readonly string[];
  discrepancies: readonly Discrepancy[];
}

type Db = Kysely<Tables>;
type Image = Readonly<Record<string, unknown>>;
type Row = { row_id: string; image: Image };
/** Null of a row that was removed; undefined where it cannot be known. */
type Folded = Map<string, Record<string, unknown> | null | undefined>;

interface CapturedTable {
  name: string;
  key: string;
  instants: string[];
}

/**
 * Compares every row of every captured table with what the log says it is, and every search row with the rows that it is derived from. Reads
 * only, and lets others write meanwhile.
 */
export async function compareTables(db: Db, keys: AuditKeys): Promise<Comparison> {
  const uncaptured = await uncapturedTables(db);
  const result = { rows: 0, unreadable: 0, untold: 0, uncaptured, discrepancies: [] as Discrepancy[] };
  for (const table of await capturedTables(db)) {
    for await (const rows of batches(db, table)) {
      const { unreadable, found } = await compareBatch({ db, keys }, table, rows);
      const { complete } = await sealedEvents(db);
      const told = found.filter(({ kind }) => complete || kind !== "UNKNOWN");
      result.rows += rows.length;
      result.unreadable += unreadable;
      result.untold += found.length - told.length;
      result.discrepancies.push(...told);
    }
    result.discrepancies.push(...(await missingRows(db, table)));
  }
  for await (const wrong of wrongSearchRows(db)) result.discrepancies.push(discrepancyOf(wrong));
  return result;
}

function discrepancyOf({ userId, kept, derived }: DerivedDifference): Discrepancy {
  const row = { table: "user_search", rowId: userId, columns: [] };
  if (!kept) return { ...row, kind: "MISSING" };
  return derived ? { ...row, kind: "CHANGED", columns: differingColumns(kept, derived) } : { ...row, kind: "UNKNOWN" };
}

async function capturedTables(db: Db): Promise<CapturedTable[]> {
  const { rows } = await sql<CapturedTable>`
    SELECT c.relname AS name, k.attname AS key, ARRAY(
      SELECT a.attname::text FROM pg_attribute a
      WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.atttypid = 'timestamptz'::regtype) AS instants
    FROM pg_class c
    JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
    JOIN pg_attribute k ON k.attrelid = c.oid AND k.attnum = i.indkey[0]
    WHERE c.relname = ANY (${[...CAPTURED_TABLES]}::text[]) AND c.relname <> 'user_search' AND c.relnamespace = 'public'::regnamespace
    ORDER BY c.relname`.execute(db);
  return rows;
}

/** A row as the log carries it, with digests in the place of what is hidden. */
function imageOf({ name, key, instants }: CapturedTable) {
  const own = (column: string) => sql.ref(`t.${column}`);
  const other = [
    ...instants.map((column) => [column, sql`instant_text(${own(column)})`] as const),
    ...(HIDDEN_COLUMNS[name] ?? []).map((column) => [column, sql`hidden_digest(${own(key)}, ${own(column)})`] as const),
  ].flatMap(([column, value]) => [sql`${column}::text`, value]);
  return other.length === 0 ? sql`to_jsonb(t)` : sql`to_jsonb(t) || jsonb_build_object(${sql.join(other)})`;
}

async function* batches(db: Db, table: CapturedTable): AsyncGenerator<Row[]> {
  let after = "00000000-0000-0000-0000-000000000000";
  for (;;) {
    const rows = await readRows(db, table, sql`${sql.ref(`t.${table.key}`)} > ${after}::uuid`);
    if (rows.length > 0) yield rows;
    const last = rows.at(-1);
    if (!last || rows.length < BATCH) return;
    after = last.row_id;
  }
}

async function readRows(db: Db, table: CapturedTable, which: ReturnType<typeof sql>): Promise<Row[]> {
  const key = sql.ref(`t.${table.key}`);
  const { rows } = await sql<Row>`
    SELECT ${key} AS row_id, ${imageOf(table)} AS image FROM ${sql.table(table.name)} t
    WHERE ${which} ORDER BY ${key} LIMIT ${BATCH}`.execute(db);
  return rows;
}

/** Where the log is, and what opens it. */
interface Log {
  db: Db;
  keys: AuditKeys;
}

async function compareBatch(
  log: Log,
  table: CapturedTable,
  rows: Row[],
): Promise<{ unreadable: number; found: Discrepancy[] }> {
  let suspects = rows;
  let unreadable = 0;
  let found: Discrepancy[] = [];
  for (let look = 1; look <= LOOKS && suspects.length > 0; look++) {
    if (look > 1) {
      await sleep(PAUSE_MS);
      const ids = suspects.map((row) => row.row_id);
      suspects = await readRows(log.db, table, sql`${sql.ref(`t.${table.key}`)} = ANY(${ids}::uuid[])`);
    }
    const folded = await foldLog(
      log,
      table.name,
      suspects.map((row) => row.row_id),
    );
    if (look === 1) unreadable = suspects.filter(({ row_id }) => folded.has(row_id) && !folded.get(row_id)).length;
    found = suspects.flatMap((row) => differenceOf(table.name, row, folded));
    const different = new Set(found.map(({ rowId }) => rowId));
    suspects = suspects.filter(({ row_id }) => different.has(row_id));
  }
  return { unreadable, found };
}

function differenceOf(table: string, { row_id, image }: Row, folded: Folded): Discrepancy[] {
  const known = folded.get(row_id);
  if (known === undefined && folded.has(row_id)) return []; // Its subject's key was destroyed.
  if (!known) return [{ table, rowId: row_id, kind: "UNKNOWN", columns: [] }];
  const columns = Object.keys(known).filter(
    (column) => column in image && !isDeepStrictEqual(known[column] ?? null, image[column] ?? null),
  );
  return columns.length === 0 ? [] : [{ table, rowId: row_id, kind: "CHANGED", columns }];
}

/** What the log says of these rows of a table. Whom an event is about does not follow from the row: so they are found by the row itself. */
async function foldLog({ db, keys }: Log, table: string, ids: readonly string[]): Promise<Folded> {
  const { events } = await sealedEvents(db);
  const folded: Folded = new Map();
  // An event that is sealed between the two reads is in both, and folding it twice changes nothing.
  const tail = await db
    .selectFrom("unsealed_event")
    .selectAll()
    .where("table_name", "=", table)
    .where("row_id", "in", ids)
    .orderBy("commit_number")
    .orderBy("ordinal")
    .execute();
  const { rows: sealed } = await sql<AuditLogRow>`
    SELECT * FROM ${events} e WHERE table_name = ${table} AND row_id = ANY(${ids}::uuid[])
    ORDER BY commit_number, ordinal`.execute(db);
  const open = await readingKeys(db, keys, new Set(sealed.map((row) => keyOwners(row).subject)));
  for (const row of sealed) {
    const key = open.get(keyOwners(row).subject);
    fold(folded, row, key && openSubject(row, key));
  }
  for (const row of tail) fold(folded, row, subjectPartOf(row));
  return folded;
}

function fold(into: Folded, row: AuditLogRow | UnsealedEventRow, part: SubjectPart | undefined): void {
  if (row.operation === "DELETE") into.set(row.row_id, null);
  else if (!part) into.set(row.row_id, undefined);
  else {
    const values = into.get(row.row_id) ?? {};
    for (const { column, before, after } of part.changes)
      if (before !== null || after !== null) values[column] = after;
      // Of a hidden column only the name is known; and nothing of what it became where a gateway of before, which knows no digests, has sealed it.
      else delete values[column];
    into.set(row.row_id, Object.assign(values, part.rest, part.digests));
  }
}

/** Rows that the log saw come, or come back, and not go since, and that are not there. */
async function missingRows(db: Db, { name, key }: CapturedTable): Promise<Discrepancy[]> {
  const { events } = await sealedEvents(db);
  const { rows } = await sql<{ row_id: string }>`
    WITH told AS (
      SELECT row_id, operation, commit_number, ordinal FROM ${events} e WHERE table_name = ${name}
      UNION ALL SELECT row_id, operation, commit_number, ordinal FROM unsealed_event WHERE table_name = ${name})
    SELECT row_id FROM (
      SELECT DISTINCT ON (row_id) row_id, operation FROM told ORDER BY row_id, commit_number DESC, ordinal DESC) last
    WHERE operation <> 'DELETE' AND NOT EXISTS (SELECT FROM ${sql.table(name)} t WHERE ${sql.ref(`t.${key}`)} = last.row_id)`.execute(
    db,
  );
  return rows.map(({ row_id }) => ({ table: name, rowId: row_id, kind: "MISSING", columns: [] }));
}
