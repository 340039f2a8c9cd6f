import { readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { basename } from "node:path";
import { userCascades } from "../assembly.ts";
import { readConfig } from "../config.ts";
import { openDatabase } from "../database/database.ts";
import type { Tx } from "../database/transaction.ts";
import { AttributeChecks } from "../features/attributes/attribute.checks.ts";
import { measuring } from "../features/bulk/safety-limit.written.ts";
import { type Mapping, parseMapping } from "../features/imports/employee.columns.ts";
import { importPeople } from "../features/imports/import.service.ts";
import { sourceAt } from "../features/tables/table.source.ts";
import { boundHeapGrowth } from "../kernel/heap-growth.ts";
import { describeFailure, StartError } from "../kernel/start-error.ts";
import { patientConfig } from "../opening.ts";
import { todayIn } from "../search/civil-date.ts";
import { HELP, type OrganisationArguments, readArguments } from "./import-arguments.ts";
import { importPeopleFrom } from "./import-people.ts";
import { reportLines } from "./import-report.ts";
import { progressOn } from "./progress.ts";

function mappingOf(path: string | undefined): Mapping | undefined {
  if (path === undefined) return undefined;
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new StartError(`${path}: cannot be read (${(error as NodeJS.ErrnoException).code}).`, { cause: error });
  }
  return parseMapping(text, path);
}

/** The person at the keyboard, whom the log names; without an entry in the system's list of users they have no name. */
function operator(): string {
  try {
    return `${userInfo().username} (import)`;
  } catch {
    return "import";
  }
}

/** Reads departments and employees from files into the directory, says what it did, and returns the exit code. */
async function importOrganisation(given: OrganisationArguments): Promise<number> {
  const started = performance.now();
  const { dryRun, skipBadRows } = given;
  const source = {
    departments: sourceAt(given.departments),
    employees: sourceAt(given.employees),
    mapping: mappingOf(given.mapping),
  };
  const config = readConfig();
  const database = await openDatabase(patientConfig(config));
  const progress = progressOn(process.stdout);
  try {
    const reason = `Imported from ${basename(given.departments)} and ${basename(given.employees)}.`;
    const options = {
      timezone: config.orgTimezone,
      dryRun,
      skipBadRows,
      actorName: operator(),
      reason,
      cascades: userCascades,
      attributes: new AttributeChecks(config.undefinedAttributes),
      measuring: (tx: Tx) => measuring(tx, { now: tx.now, today: todayIn(tx.now, config.orgTimezone) }),
    };
    const report = await importPeople(database, source, options, progress.show).finally(progress.stop);
    const peakMemoryMiB = process.resourceUsage().maxRSS / 1024;
    const lines = reportLines(report, { ...given, seconds: (performance.now() - started) / 1000, peakMemoryMiB });
    process.stdout.write(`${lines.join("\n")}\n`);
    return report.problems.length > 0 && !skipBadRows ? 1 : 0;
  } finally {
    await database.close();
  }
}

/** `npm run import`; gives the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const given = readArguments(args);
  if (given === "help") {
    process.stdout.write(HELP);
    return 0;
  }
  return given.kind === "PEOPLE" ? importPeopleFrom(readConfig(), given, operator()) : importOrganisation(given);
}

boundHeapGrowth();
main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(describeFailure(error));
    process.exitCode = 1;
  },
);
