import { parseArgs } from "node:util";
import { MATCH_KEYS, type MatchKey } from "../features/import-plans/import.reading.ts";
import { StartError } from "../kernel/start-error.ts";

/** A first load: units and people from two files, in one transaction. */
export interface OrganisationArguments {
  departments: string;
  employees: string;
  mapping: string | undefined;
  dryRun: boolean;
  skipBadRows: boolean;
}

/** People from one file, as a plan. */
export interface PeopleArguments {
  file: string;
  /** How the file is read: by a template's name, or by its headers and a key. */
  template: string | undefined;
  matchBy: MatchKey;
  mode: "CREATE" | "UPDATE" | "BOTH";
  newStatus: "PENDING" | "ACTIVE";
  /** Who is deactivated where the file does not have them, as a filter; undefined: nobody. */
  missing: object | undefined;
  skipErrors: boolean;
  dryRun: boolean;
  /** Where the file is written with what is wrong beside its rows. */
  corrected: string | undefined;
  /** Whose rights it takes; undefined: those of whoever has the machine. */
  user: string | undefined;
  reason: string | undefined;
}

const USAGE =
  "npm run import -- FILE [--template NAME] …, or npm run import -- --departments FILE --employees FILE …; --help says all of it.";

/** What `--help` prints. */
export const HELP = `npm run import -- FILE [options]

Brings people in from a CSV file or a workbook (XLSX): the file becomes a plan, as by planImport, which is shown and then applied. Safety limits hold, and
above one of them nothing is changed until a second person agrees. The same file again changes nothing.

  --template NAME     the import template that says how the file is read
  --match-by KEY      without one: by what rows mean people, employee-number (where not given), email, username or external-id; columns by their headers
  --mode MODE         create, update or both (where not given)
  --active            new people are ACTIVE; else they are PENDING
  --deactivate-missing[=FILTER]  deactivates whom the file does not have, of those whom the filter (JSON, as the API takes it) finds
  --skip-errors       applies everybody who can be used; without it one row that cannot holds up all of them
  --dry-run           plans, says what would be, and cancels the plan
  --corrected FILE    writes the file there with what is wrong beside its rows, where anything is
  --user USERNAME     in this person's name and by their rights; else by those of whoever has the machine
  --reason TEXT       kept in the audit log

Ends with 0 where all of it was applied, 1 where something was not, 2 where a second person has to agree first.

npm run import -- --departments FILE --employees FILE [--mapping FILE] [--dry-run] [--skip-bad-rows]

Brings a whole organisation in, units and people, in one transaction. Above a safety limit it applies nothing.

  --departments FILE  columns code, name, parent_code, manager_employee_number
  --employees FILE    columns employee_number, given_name, family_name, email, title, department, manager_employee_number,
                      hire_date, termination_date; department is a department's name or code, dates are YYYY-MM-DD
  --mapping FILE      JSON that says what other columns of the employees' file fill:
                      { "columns": { "Cost centre": "costCenter", "Shoe size": { "attribute": "shoeSize", "type": "number" } } }
                      types are string, number, boolean and date
  --dry-run           does everything but commit, and says what would be
  --skip-bad-rows     applies the rows that can be used; without it one bad row holds up all of them
`;

const OF_ORGANISATION = ["departments", "employees", "mapping", "skip-bad-rows"] as const;
const OF_PEOPLE = [
  ...(["template", "match-by", "mode", "active", "deactivate-missing", "skip-errors"] as const),
  ...(["corrected", "user", "reason"] as const),
];

/** What the command line asks for; a StartError says what is wrong with it. */
export function readArguments(
  args: readonly string[],
): "help" | ({ kind: "ORGANISATION" } & OrganisationArguments) | ({ kind: "PEOPLE" } & PeopleArguments) {
  const { values, positionals } = parsed(args);
  if (values.help) return "help";
  const [file] = positionals;
  const others = file === undefined ? OF_PEOPLE : OF_ORGANISATION;
  const foreign = others.find((name) => values[name] !== undefined && values[name] !== false);
  if (positionals.length > 1) throw new StartError(`One FILE at a time: ${USAGE}`);
  if (foreign)
    throw new StartError(`--${foreign} does not go ${file === undefined ? "without" : "with"} FILE: ${USAGE}`);
  const dryRun = values["dry-run"];
  if (file !== undefined) return { kind: "PEOPLE", dryRun, ...peopleOf(file, values) };
  const { departments, employees, mapping } = values;
  if (!departments || !employees)
    throw new StartError(`FILE is needed, or --departments and --employees are needed: ${USAGE}`);
  return { kind: "ORGANISATION", departments, employees, mapping, dryRun, skipBadRows: values["skip-bad-rows"] };
}

type Values = ReturnType<typeof parsed>["values"];

function peopleOf(file: string, values: Values): Omit<PeopleArguments, "dryRun"> {
  const { template, corrected, user, reason } = values;
  if (template !== undefined && values["match-by"] !== undefined)
    throw new StartError("--match-by goes without --template: the template says it.");
  return {
    ...{ file, template, corrected, user, reason },
    matchBy: choice("match-by", values["match-by"] ?? "employee-number", Object.keys(MATCH_KEYS) as MatchKey[]),
    mode: choice("mode", values.mode ?? "both", ["CREATE", "UPDATE", "BOTH"] as const),
    newStatus: values.active ? "ACTIVE" : "PENDING",
    missing: filterOf(values["deactivate-missing"]),
    skipErrors: values["skip-errors"],
  };
}

/** One of several words, which the command line writes in lower case and with hyphens. */
function choice<T extends string>(name: string, given: string, words: readonly T[]): T {
  const found = words.find((word) => word === given.toUpperCase().replaceAll("-", "_"));
  if (found) return found;
  const spelt = words.map((word) => word.toLowerCase().replaceAll("_", "-"));
  throw new StartError(`--${name} must be one of ${spelt.join(", ")}.`);
}

function filterOf(text: string | undefined): object | undefined {
  if (text === undefined) return undefined;
  try {
    const filter: unknown = JSON.parse(text);
    if (typeof filter === "object" && filter !== null) return filter;
  } catch {
    // Said below.
  }
  throw new StartError(
    `--deactivate-missing must be a filter in JSON, such as '{ "employeeType": { "eq": "EMPLOYEE" } }'.`,
  );
}

/** Without a filter the option means everybody; the parser knows no values that may be left out. */
const spelt = (argument: string): string =>
  argument === "--deactivate-missing" ? "--deactivate-missing={}" : argument;

function parsed(args: readonly string[]) {
  const text = { type: "string" } as const;
  const flag = { type: "boolean", default: false } as const;
  try {
    return parseArgs({
      args: args.map(spelt),
      allowPositionals: true,
      options: {
        ...{ departments: text, employees: text, mapping: text, "skip-bad-rows": flag },
        ...{ template: text, "match-by": text, mode: text, active: flag, "deactivate-missing": text },
        ...{ "skip-errors": flag, corrected: text, user: text, reason: text },
        ...{ "dry-run": flag, help: flag },
      },
    });
  } catch (error) {
    throw new StartError(`${(error as Error).message.split("\n")[0]} Usage: ${USAGE}`, { cause: error });
  }
}
