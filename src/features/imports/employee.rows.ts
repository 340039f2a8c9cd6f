import { isCivilDate } from "../../search/civil-date.ts";
import { fold } from "../../search/folding.ts";
import { EMPTY_CELL, type TableRow } from "../tables/table.cell.ts";
import type { TableSource } from "../tables/table.source.ts";
import {
  attributesProblem,
  emailProblem,
  PROFILE_TEXTS,
  type ProfileText,
  type TextRule,
  textProblem,
} from "../users/user.profile.ts";
import { type EmployeeColumn, type EmployeeField, employeeColumns, type Mapping } from "./employee.columns.ts";
import type { RowPlace, RowProblems } from "./row.problem.ts";
import { attributeValue, cellText, DATE_EXPECTED } from "./sheet.cells.ts";
import { headerOf, openSheet } from "./sheet.header.ts";

const EMPLOYEE_TYPES = ["EMPLOYEE", "CONTRACTOR", "PARTNER", "INTERN", "SERVICE"];

/** A person as their row tells of them. Null: the cell is empty. Keys are folded employee numbers. */
export interface StagedPerson {
  line: number;
  key: string;
  /** What each column of the profile holds; fields without a column are absent. */
  fields: { [field in EmployeeField]?: string | null };
  managerKey: string | null;
  /** A null value: the cell is empty. */
  attributes: Record<string, unknown>;
}

/** The sound rows of the employees' file by key, and the lines of those that are not. */
export interface StagedPeople {
  file: string;
  columns: readonly EmployeeColumn[];
  rows: Map<string, StagedPerson>;
  unusable: Map<string, number>;
}

/** Where the cell of a field stands. */
export function personPlace(
  { file, columns }: Pick<StagedPeople, "file" | "columns">,
  line: number,
  field: EmployeeField,
): RowPlace {
  const column = columns.find(({ target }) => "field" in target && target.field === field);
  return { file, line, column: column?.header ?? field };
}

/** Reads the employees' file. What is wrong with a row goes to `problems`; a file that cannot be used is INVALID_INPUT. */
export async function readEmployees(
  source: TableSource,
  mapping: Mapping | undefined,
  problems: RowProblems,
  onBytes: (bytes: number) => void,
): Promise<StagedPeople> {
  const table = await openSheet(source, onBytes);
  try {
    const columns = employeeColumns(headerOf(source, table), mapping);
    const staged: StagedPeople = { file: source.name, columns, rows: new Map(), unusable: new Map() };
    for await (const row of table.rows) stage(staged, row, problems);
    return staged;
  } finally {
    await table.close();
  }
}

function stage(staged: StagedPeople, row: TableRow, problems: RowProblems): void {
  const before = problems.count;
  const { file, columns } = staged;
  const line = row.line ?? row.number;
  if (row.problem) problems.add({ file, line, column: row.problem.column }, row.problem.message);
  const person: StagedPerson = { line, key: "", fields: {}, managerKey: null, attributes: {} };
  columns.forEach(({ header, target }, place) => {
    const cell = cellText(row.cells[place] ?? EMPTY_CELL);
    const expected =
      "expected" in cell
        ? cell.expected
        : "field" in target
          ? takeField(person, target.field, cell.text)
          : takeAttribute(person, target, cell.text);
    if (expected) problems.add({ file, line, column: header }, expected);
  });
  const { employeeNumber, givenName, familyName, hiredOn, terminatesOn } = person.fields;
  if (problems.count === before) {
    if (!givenName && !familyName)
      problems.add(personPlace(staged, line, "givenName"), "must not be empty where the family name is empty too.");
    if (hiredOn && terminatesOn && terminatesOn < hiredOn)
      problems.add(personPlace(staged, line, "terminatesOn"), "must not be before the date of hire.");
    const attributes = attributesProblem(person.attributes);
    if (attributes) problems.add({ file, line, column: columns[0]?.header ?? "" }, `the attributes ${attributes}.`);
  }
  if (!employeeNumber) return;
  person.key = fold(employeeNumber);
  person.managerKey = fold(person.fields.managerEmployeeNumber ?? "") || null;
  const twin = staged.rows.get(person.key)?.line ?? staged.unusable.get(person.key);
  if (twin !== undefined)
    problems.add(
      personPlace(staged, line, "employeeNumber"),
      `must be unique in the file, without regard to case; it stands on line ${twin} as well.`,
    );
  else if (problems.count === before) staged.rows.set(person.key, person);
  else staged.unusable.set(person.key, line);
}

/** Fills a field; gives what was expected where the cell does not hold it. */
function takeField(person: StagedPerson, field: EmployeeField, cell: string): string | undefined {
  if (cell === "") {
    const needed = field === "employeeNumber" || field === "username";
    person.fields[field] = null;
    return needed ? "must not be empty." : undefined;
  }
  const value = field === "employeeType" ? cell.toUpperCase() : cell;
  const expected = fieldProblem(field, value);
  if (!expected) person.fields[field] = value;
  return expected && `${expected}.`.replace(/\.\.$/, ".");
}

function fieldProblem(field: EmployeeField, value: string): string | undefined {
  switch (field) {
    case "email":
      return emailProblem(value);
    case "employeeType":
      return EMPLOYEE_TYPES.includes(value) ? undefined : `must be one of ${EMPLOYEE_TYPES.join(", ")}`;
    case "hiredOn":
    case "terminatesOn":
      return isCivilDate(value) ? undefined : DATE_EXPECTED;
    case "managerEmployeeNumber":
      return textProblem("employeeNumber", value);
    default:
      return textProblem(field, value);
  }
}

function takeAttribute(
  person: StagedPerson,
  { attribute, type }: { attribute: string; type: Parameters<typeof attributeValue>[0] },
  cell: string,
): string | undefined {
  if (cell === "") {
    person.attributes[attribute] = null;
    return undefined;
  }
  const taken = attributeValue(type, cell);
  if ("expected" in taken) return taken.expected;
  person.attributes[attribute] = taken.value;
  return undefined;
}

const isClearable = (field: ProfileText): boolean => (PROFILE_TEXTS[field] as TextRule).clearable !== false;

/** Whether an empty cell empties the field; otherwise it leaves it as it is. */
export const clears = (field: EmployeeField): boolean => !(field in PROFILE_TEXTS) || isClearable(field as ProfileText);
