import { invalidInput, type Violation } from "../../kernel/errors.ts";
import { isStorable } from "../../search/folding.ts";
import type { TableColumn } from "../tables/table.cell.ts";
import type { DateFormat, TableDelimiter, TableEncoding } from "../tables/table.format.ts";
import { attributesProblem, PROFILE_TEXT_NAMES } from "../users/user.profile.ts";

/** By what a row means somebody. */
export const MATCH_KEYS = {
  EMPLOYEE_NUMBER: "employeeNumber",
  EMAIL: "email",
  USERNAME: "username",
  EXTERNAL_ID: "externalId",
} as const;
export type MatchKey = keyof typeof MATCH_KEYS;

/** What of a profile a column can fill beside its texts. */
const OTHER_TARGETS = [
  "employeeType",
  "hiredOn",
  "terminatesOn",
  "email",
  "phone",
  "externalId",
  "orgUnit",
  "manager",
  "tags",
] as const;

export const TARGETS: readonly string[] = [...PROFILE_TEXT_NAMES, ...OTHER_TARGETS];
const ATTRIBUTE = "attributes.";

/** The key of the custom attribute that a target is; undefined for a field of the profile. */
export const attributeOf = (target: string): string | undefined =>
  target.startsWith(ATTRIBUTE) ? target.slice(ATTRIBUTE.length) : undefined;

/** How a file is read: kept with every plan, and under a name in templates. */
export interface ImportReading {
  matchBy: MatchKey;
  /** What each column fills, by its header; absent: as the headers say. */
  columns?: readonly { header: string; target: string }[] | undefined;
  /** Whether an empty cell clears its field. */
  clearEmpty: boolean;
  /** Which sheet of a workbook; absent: the first. */
  sheet?: string | undefined;
  /** On which row the header stands, from 1; absent: it is looked for. */
  headerRow?: number | undefined;
  /** Of CSV files; absent: found out. */
  encoding?: TableEncoding | undefined;
  delimiter?: TableDelimiter | undefined;
  /** How dates and numbers are written where they are text; absent: ISO 8601, and a point. */
  dateFormat?: DateFormat | undefined;
  decimalSeparator?: Decimal | undefined;
}

export const DECIMALS = [".", ","] as const;
type Decimal = (typeof DECIMALS)[number];

export const COLUMNS_LIMIT = 200;

/** Refuses columns that could not be read, all violations at once. */
export function requireColumns({ columns, matchBy }: ImportReading, path: string): void {
  if (!columns) return;
  const targets = columns.map(({ target }) => target);
  const violations = columns.flatMap(({ header, target }, place): Violation[] => {
    const at = `${path}.columns[${place}]`;
    if (header.trim() === "") return [{ path: `${at}.header`, message: "must not be empty." }];
    if (columns.findIndex((other) => headerKey(other.header) === headerKey(header)) < place)
      return [{ path: `${at}.header`, message: "must be named once." }];
    const problem = targetProblem(target) ?? (targets.indexOf(target) < place ? "must be filled once." : undefined);
    return problem ? [{ path: `${at}.target`, message: problem }] : [];
  });
  if (columns.length > COLUMNS_LIMIT)
    violations.push({ path: `${path}.columns`, message: `must be at most ${COLUMNS_LIMIT}.`, limit: COLUMNS_LIMIT });
  if (!targets.includes(MATCH_KEYS[matchBy]))
    violations.push({ path: `${path}.columns`, message: `must have one for ${MATCH_KEYS[matchBy]}, the key.` });
  if (violations.length > 0) throw invalidInput(violations);
}

function targetProblem(target: string): string | undefined {
  if (TARGETS.includes(target)) return undefined;
  const key = attributeOf(target);
  if (key === undefined)
    return `must be one of ${TARGETS.join(", ")}, or ${ATTRIBUTE} and the key of a custom attribute.`;
  const problem = attributesProblem({ [key]: null });
  return problem && `${problem}.`;
}

/** Headers are the same without regard to case, spaces and punctuation. */
export const headerKey = (header: string): string =>
  header
    .normalize("NFKC")
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]/gu, "");

/** Other words for what columns hold. */
const SYNONYMS: Readonly<Record<string, string>> = {
  firstname: "givenName",
  lastname: "familyName",
  surname: "familyName",
  mail: "email",
  emailaddress: "email",
  jobtitle: "title",
  hiredate: "hiredOn",
  startdate: "hiredOn",
  terminationdate: "terminatesOn",
  enddate: "terminatesOn",
  unit: "orgUnit",
  orgunitcode: "orgUnit",
  manageremployeenumber: "manager",
  manageremail: "manager",
  managerid: "manager",
  employeeid: "employeeNumber",
  personnelnumber: "employeeNumber",
};

/** What the header of a column says that it fills; undefined where it says nothing known. */
export function targetOfHeader(header: string): string | undefined {
  const attribute = header.trim();
  if (attribute.startsWith(ATTRIBUTE) && targetProblem(attribute) === undefined) return attribute;
  const key = headerKey(header);
  return TARGETS.find((target) => target.toLowerCase() === key) ?? SYNONYMS[key];
}

/** A column of a file that is read. */
export interface ReadColumn {
  /** Its place among the columns of the table, from 0, */
  place: number;
  /** and in the sheet, from 1. */
  number: number;
  header: string;
  target: string;
}

/** The columns of a file by its header, with those that nothing maps; or what is wrong with the header. */
export function columnsOf(
  reading: ImportReading,
  found: readonly TableColumn[],
): { columns: ReadColumn[]; ignored: string[] } | { problems: string[] } {
  const mapped = new Map(reading.columns?.map(({ header, target }) => [headerKey(header), target]));
  const problems: string[] = [];
  const columns: ReadColumn[] = [];
  const ignored: string[] = [];
  for (const { name: header, index: place, letters } of found) {
    if (!isStorable(header))
      problems.push(`the column ${letters} must have a name without U+0000 and lone surrogates.`);
    const target = reading.columns ? mapped.get(headerKey(header)) : targetOfHeader(header);
    if (target === undefined) {
      ignored.push(header);
      continue;
    }
    const twin = columns.find((column) => column.target === target);
    if (twin) problems.push(`two columns fill ${target}: ${twin.header} and ${header}.`);
    columns.push({ place, number: columnNumber(letters), header, target });
  }
  const present = new Set(columns.map(({ header }) => headerKey(header)));
  for (const { header } of reading.columns ?? [])
    if (!present.has(headerKey(header))) problems.push(`the column ${JSON.stringify(header)} is missing.`);
  const key = MATCH_KEYS[reading.matchBy];
  if (!columns.some(({ target }) => target === key))
    problems.push(`no column holds ${key}, by which rows are matched; the header must name it, or a mapping.`);
  return problems.length > 0 ? { problems } : { columns, ignored };
}

/** The number of a column from its letters: A is 1, AA is 27. */
export const columnNumber = (letters: string): number =>
  [...letters].reduce((number, letter) => number * 26 + letter.charCodeAt(0) - 64, 0);
