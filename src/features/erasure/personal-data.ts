import { type RawBuilder, type SqlBool, sql } from "kysely";
import type { TableData } from "./personal-data.classes.ts";
import { CONTENT_TABLES } from "./personal-data.content.ts";
import { LOG_TABLES } from "./personal-data.log.ts";
import { PEOPLE_TABLES } from "./personal-data.people.ts";

/*
 * The inventory of personal data: every column of every table, in one of six classes. What erasure does and what an export holds follows
 * from it, and a test holds it against the database's columns, so that nobody adds a column without having said what it holds.
 */

/** Every table of the database but for the audit log's months, which have the columns of `audit_log`. */
export const PERSONAL_DATA: Readonly<Record<string, TableData>> = {
  ...PEOPLE_TABLES,
  ...CONTENT_TABLES,
  ...LOG_TABLES,
};

/** The names in a class of columns. */
export const namesIn = (list: string | undefined): string[] => (list === undefined ? [] : list.split(" "));

/** All columns of a table that are given to the person themselves. */
export const exportedColumns = ({ columns }: TableData): string[] => [
  ...namesIn(columns.plain),
  ...namesIn(columns.personal),
  ...namesIn(columns.standing),
];

/** Which rows of a table, under the alias `t`, are the person's; undefined where rows belong to nobody. */
export function rowsOf(table: string, userId: string): RawBuilder<SqlBool> | undefined {
  const { person, parent } = PERSONAL_DATA[table] as TableData;
  if (person !== undefined) return sql`t.${sql.ref(person)} = ${userId}::uuid`;
  if (parent === undefined) return undefined;
  const owner = (PERSONAL_DATA[parent.table] as TableData).person as string;
  return sql`t.${sql.ref(parent.column)} IN (SELECT id FROM ${sql.table(parent.table)} WHERE ${sql.ref(owner)} = ${userId}::uuid)`;
}
