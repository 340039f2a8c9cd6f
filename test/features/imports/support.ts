import { onTestFinished } from "vitest";
import type { Database } from "../../../src/database/database.ts";
import { parseMapping } from "../../../src/features/imports/employee.columns.ts";
import type { ImportReport } from "../../../src/features/imports/import.report.ts";
import { type ImportOptions, importPeople } from "../../../src/features/imports/import.service.ts";
import type { TableSource } from "../../../src/features/tables/table.source.ts";
import { freshDatabase } from "../../support/database.ts";
import { sourceOf } from "../tables/support.ts";

export const DEPARTMENTS_HEADER = "code,name,parent_code,manager_employee_number";
export const EMPLOYEES_HEADER =
  "employee_number,given_name,family_name,email,title,department,manager_employee_number,hire_date,termination_date";

/** A company with two departments. */
export const DEPARTMENTS = [DEPARTMENTS_HEADER, "d0,Company,,", "d1,Research,d0,100", "d2,Sales,d0,"].join("\n");

/** Ada heads Research; Bo and Cy report to her, Cy has left; Di stands in Sales by its code. */
export const EMPLOYEES = [
  EMPLOYEES_HEADER,
  "101,Bo,Berg,bo.berg@example.com,Engineer,Research,100,2020-02-29,",
  "100,Ada,Abel,ada.abel@example.com,Head,Research,,2010-01-01,",
  "102,Cy,Cole,cy.cole@example.com,Engineer,Research,100,2012-05-01,2019-12-31",
  "103,Di,Diaz,,Seller,d2,101,2021-06-01,2999-01-01",
].join("\n");

/** The employees' header and these rows. */
export const employees = (...rows: string[]): string => [EMPLOYEES_HEADER, ...rows].join("\n");
/** The departments' header and these rows. */
export const departments = (...rows: string[]): string => [DEPARTMENTS_HEADER, ...rows].join("\n");

/** A file of this content; a small one is read in chunks of a few bytes, so that chunks end anywhere. */
export const file = (name: string, content: string | Buffer): TableSource =>
  sourceOf(content, name, content.length < 10_000 ? 7 : 65_536);

export interface Files {
  departments?: string | Buffer;
  employees?: string | Buffer;
  mapping?: unknown;
}

/** Imports these files; DEPARTMENTS and EMPLOYEES where none are given. */
export function importFiles(
  database: Database,
  files: Files = {},
  options: Partial<ImportOptions> = {},
): Promise<ImportReport> {
  const source = {
    departments: file("departments.csv", files.departments ?? DEPARTMENTS),
    employees: file("employees.csv", files.employees ?? EMPLOYEES),
    mapping: files.mapping === undefined ? undefined : parseMapping(JSON.stringify(files.mapping), "mapping.json"),
  };
  return importPeople(database, source, { timezone: "UTC", ...options });
}

/** What a report says of rows, as `file:line column: message`. */
export const problemsOf = ({ problems }: ImportReport): string[] =>
  problems.map(({ file, line, column, message }) => `${file}:${line} ${column}: ${message}`);

/** An empty directory for the running test. */
export async function emptyDirectory(): Promise<Database> {
  const fresh = await freshDatabase();
  onTestFinished(() => fresh.close());
  return fresh.database;
}

/** Everybody as a search shows them, by employee number. */
export async function peopleIn(database: Database) {
  const people = await database.reader.selectFrom("user_search").selectAll().orderBy("employee_number").execute();
  return new Map(people.map((person) => [person.employee_number ?? "", person]));
}

/** Every unit by its code. */
export async function unitsIn(database: Database) {
  const units = await database.reader.selectFrom("org_unit").selectAll().execute();
  return new Map(units.map((unit) => [unit.code, unit]));
}

/** All that is stored, to be compared with itself later. */
export async function everythingIn(database: Database): Promise<unknown> {
  const tables = [
    "org_unit",
    "user_account",
    "user_email",
    "user_identity",
    "user_search",
    "org_unit_path",
    "commit",
    "change",
  ] as const;
  const contents = [];
  for (const table of tables)
    contents.push(await database.reader.selectFrom(table).selectAll().orderBy(sqlKey(table)).execute());
  return contents;
}

const sqlKey = (table: string) =>
  (table === "change"
    ? "ordinal"
    : table === "user_search"
      ? "user_id"
      : table === "org_unit_path"
        ? "unit_id"
        : "id") as never;
