import { parseArgs } from "node:util";
import { StartError } from "../kernel/start-error.ts";

export interface ImportArguments {
  departments: string;
  employees: string;
  mapping: string | undefined;
  dryRun: boolean;
  skipBadRows: boolean;
}

const USAGE = "npm run import -- --departments FILE --employees FILE [--mapping FILE] [--dry-run] [--skip-bad-rows]";

/** What `--help` prints. */
export const HELP = `${USAGE}

Reads departments and employees from CSV files or workbooks (XLSX) into the directory, in one transaction. The same files again change nothing.

  --departments FILE  columns code, name, parent_code, manager_employee_number
  --employees FILE    columns employee_number, given_name, family_name, email, title, department, manager_employee_number,
                      hire_date, termination_date; department is a department's name or code, dates are YYYY-MM-DD
  --mapping FILE      JSON that says what other columns of the employees' file fill:
                      { "columns": { "Cost centre": "costCenter", "Shoe size": { "attribute": "shoeSize", "type": "number" } } }
                      types are string, number, boolean and date
  --dry-run           does everything but commit, and says what would be
  --skip-bad-rows     applies the rows that can be used; without it one bad row holds up all of them
`;

/** What the command line asks for; a StartError says what is wrong with it. */
export function readArguments(args: readonly string[]): ImportArguments | "help" {
  const { values } = parsed(args);
  if (values.help) return "help";
  const { departments, employees, mapping } = values;
  if (!departments || !employees) throw new StartError(`--departments and --employees are needed: ${USAGE}`);
  return { departments, employees, mapping, dryRun: values["dry-run"], skipBadRows: values["skip-bad-rows"] };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        departments: { type: "string" },
        employees: { type: "string" },
        mapping: { type: "string" },
        "dry-run": { type: "boolean", default: false },
        "skip-bad-rows": { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    throw new StartError(`${(error as Error).message.split("\n")[0]} Usage: ${USAGE}`, { cause: error });
  }
}
