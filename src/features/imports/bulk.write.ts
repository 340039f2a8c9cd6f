import { type Kysely, sql } from "kysely";
import type { Tables } from "../../database/tables.ts";

type Row = Readonly<Record<string, unknown>>;

/** Rows a statement: enough that round trips do not count, few enough that one statement stays far below the time limit. */
export const BATCH = 1_000;

/** A list in parts of at most BATCH. */
export function* inBatches<T>(list: readonly T[]): Generator<readonly T[]> {
  for (let from = 0; from < list.length; from += BATCH) yield list.slice(from, from + BATCH);
}

/** Inserts whole rows; columns that a row does not name are null. */
export async function insertRows(db: Kysely<Tables>, table: keyof Tables, rows: readonly object[]): Promise<void> {
  for (const batch of inBatches(rows)) {
    await sql`INSERT INTO ${sql.table(table)} SELECT * FROM ${recordset(table, batch)}`.execute(db);
  }
}

/** Sets these columns of the rows with the given ids; a version is not set but increased. */
export async function updateRows(
  db: Kysely<Tables>,
  table: keyof Tables,
  columns: readonly string[],
  rows: readonly object[],
): Promise<void> {
  const set = sql.join(
    columns.map((column) =>
      column === "version" ? sql`version = old.version + 1` : sql`${sql.ref(column)} = new.${sql.ref(column)}`,
    ),
  );
  for (const batch of inBatches(rows)) {
    await sql`UPDATE ${sql.table(table)} AS old SET ${set} FROM ${recordset(table, batch)} AS new WHERE old.id = new.id`.execute(
      db,
    );
  }
}

/** Rows as the table's own row type, from one parameter. */
const recordset = (table: keyof Tables, rows: readonly Row[] | readonly object[]) =>
  sql`json_populate_recordset(NULL::${sql.table(table)}, ${JSON.stringify(rows)}::json)`;
