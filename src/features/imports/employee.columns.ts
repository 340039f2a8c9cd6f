import { invalidInput, type RollcallError } from "../../kernel/errors.ts";
import { tableFault } from "../tables/table.source.ts";
import { attributesProblem, PROFILE_TEXT_NAMES, type ProfileText } from "../users/user.profile.ts";
import { ATTRIBUTE_TYPES, type AttributeType } from "./sheet.cells.ts";
import type { SheetHeader } from "./sheet.header.ts";

const OTHER_FIELDS = ["employeeType", "hiredOn", "terminatesOn", "email", "managerEmployeeNumber"] as const;

/** What a column of the employees' file can fill. */
export type EmployeeField = ProfileText | (typeof OTHER_FIELDS)[number];

const FIELDS: readonly string[] = [...PROFILE_TEXT_NAMES, ...OTHER_FIELDS];

/** What a column fills: a field of the profile, or a custom attribute. */
export type Target = { field: EmployeeField } | { attribute: string; type: AttributeType };

/** What the columns fill that the format does not know, or that are to fill something else, by header. */
export interface Mapping {
  name: string;
  columns: ReadonlyMap<string, Target>;
}

export interface EmployeeColumn {
  header: string;
  target: Target;
}

/** The columns of the format. Every one of these fields needs its column. */
const STANDARD: Readonly<Record<string, EmployeeField>> = {
  employee_number: "employeeNumber",
  given_name: "givenName",
  family_name: "familyName",
  email: "email",
  title: "title",
  department: "department",
  manager_employee_number: "managerEmployeeNumber",
  hire_date: "hiredOn",
  termination_date: "terminatesOn",
};

const standardNames = Object.keys(STANDARD).join(", ");
const nameOf = (target: Target): string => ("field" in target ? target.field : `the attribute ${target.attribute}`);

/** The columns of a file by its header; INVALID_INPUT where one is unknown, missing, or fills what another one fills. */
export function employeeColumns({ source, headers, row }: SheetHeader, mapping: Mapping | undefined): EmployeeColumn[] {
  const absent = [...(mapping?.columns.keys() ?? [])].find((header) => !headers.includes(header));
  if (absent !== undefined)
    throw tableFault(source, row, `the column ${JSON.stringify(absent)}, which ${mapping?.name} maps, is missing.`);
  const columns = headers.map((header) => {
    const field = Object.hasOwn(STANDARD, header) ? STANDARD[header] : undefined;
    const target = mapping?.columns.get(header) ?? (field && { field });
    if (target) return { header, target };
    throw tableFault(
      source,
      row,
      `the column ${JSON.stringify(header)} is not known; accepted are ${standardNames}, and columns that a mapping file names.`,
    );
  });
  const filled = columns.map(({ target }) => nameOf(target));
  const twice = columns.find(({ target }, place) => filled.indexOf(nameOf(target)) !== place);
  if (twice)
    throw tableFault(
      source,
      row,
      `the column ${JSON.stringify(twice.header)} fills ${nameOf(twice.target)}, as another column does.`,
    );
  const missing = Object.entries(STANDARD)
    .filter(([, field]) => !filled.includes(field))
    .map(([header]) => header);
  if (missing.length > 0) throw tableFault(source, row, `missing: ${missing.join(", ")}.`);
  return columns;
}

/** Reads a mapping file: `{ "columns": { "<header>": "<field>" | { "attribute": "<key>", "type": "<type>" } } }`; INVALID_INPUT for anything else. */
export function parseMapping(text: string, name: string): Mapping {
  let json: unknown;
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch {
    throw mappingFault(name, "must be JSON.");
  }
  const { columns, ...others } = isRecord(json) ? json : {};
  if (!isRecord(columns) || Object.keys(others).length > 0)
    throw mappingFault(name, 'must be an object with the one member "columns", an object.');
  return {
    name,
    columns: new Map(
      Object.entries(columns).map(([header, target]) => [header.trim(), targetOf(name, header, target)]),
    ),
  };
}

function targetOf(name: string, header: string, target: unknown): Target {
  const path = `${name}: columns.${header}`;
  if (typeof target === "string") {
    if (FIELDS.includes(target)) return { field: target as EmployeeField };
    throw mappingFault(path, `must be one of ${FIELDS.join(", ")}, or an attribute.`);
  }
  const { attribute, type, ...others } = isRecord(target) ? target : {};
  if (typeof attribute !== "string" || Object.keys(others).length > 0)
    throw mappingFault(path, 'must be the name of a field, or { "attribute": "<key>", "type": "<type>" }.');
  const problem = attributesProblem({ [attribute]: null });
  if (problem) throw mappingFault(`${path}.attribute`, `${problem}.`);
  if (!(ATTRIBUTE_TYPES as readonly unknown[]).includes(type))
    throw mappingFault(`${path}.type`, `must be one of ${ATTRIBUTE_TYPES.join(", ")}.`);
  return { attribute, type: type as AttributeType };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const mappingFault = (path: string, message: string): RollcallError => invalidInput([{ path, message }]);
