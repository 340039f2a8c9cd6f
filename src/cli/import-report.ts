import { sql } from "kysely";
import type { BulkPlanRecord } from "../database/bulk-tables.ts";
import type { Database } from "../database/database.ts";
import type { Preview } from "../features/bulk/bulk.planner.ts";
import { addressOf } from "../features/import-plans/import.problems.ts";
import type { AbsentManager, ImportReport } from "../features/imports/import.report.ts";
import type { RowEffect, RowProblem } from "../features/imports/row.problem.ts";
import { publicId } from "../kernel/ids.ts";

/** More lines than this scroll the summary away, and mending the first ones often mends the others. */
export const SHOWN_PROBLEMS = 100;
const SHOWN_ABSENT = 20;

/** How an import was asked for and what it took. */
export interface ImportRun {
  dryRun: boolean;
  skipBadRows: boolean;
  seconds: number;
  peakMemoryMiB: number;
}

const EFFECTS: Readonly<Record<RowEffect, string>> = {
  SKIPPED: "skipped",
  WITHOUT_MANAGER: "imported without a manager",
  WITHOUT_HEAD: "imported without a head",
};

const number = (value: number): string => value.toLocaleString("en");

/** What an import says at its end: every bad row up to a limit, the counts, whom people still report to, time and memory. */
export function reportLines(report: ImportReport, run: ImportRun): string[] {
  const held = report.problems.length > 0 && !run.skipBadRows;
  return [
    ...problemLines(report.problems, run.skipBadRows),
    ...(held
      ? [`Nothing was imported: ${number(report.problems.length)} bad rows. Mend them, or use --skip-bad-rows.`]
      : [...countLines(report, run.dryRun), ...absentLines(report.absentManagers)]),
    `It took ${run.seconds.toFixed(1)} s and at most ${number(Math.round(run.peakMemoryMiB))} MiB of memory.`,
  ];
}

/** Every bad row, as file, line, column and what was expected; the first ones of very many, and how many more there are. */
export function problemLines(problems: readonly RowProblem[], skipped: boolean): string[] {
  const shown = problems
    .slice(0, SHOWN_PROBLEMS)
    .map(
      ({ file, line, column, message, effect }) =>
        `${file}:${line}: ${column}: ${message}${skipped ? ` (${EFFECTS[effect]})` : ""}`,
    );
  const rest = problems.length - shown.length;
  return rest > 0 ? [...shown, `… and ${number(rest)} more.`] : shown;
}

function countLines({ counts, problems, position, consequences }: ImportReport, dryRun: boolean): string[] {
  const one = (effect: RowEffect) =>
    new Set(problems.filter((problem) => problem.effect === effect).map(({ file, line }) => `${file}:${line}`)).size;
  const updated = `${number(counts.peopleUpdated)} updated, ${number(counts.peopleDeactivated)} deactivated, ${number(counts.peopleReactivated)} reactivated`;
  return [
    dryRun ? "A dry run: nothing was changed. The import would be:" : "Imported:",
    `  units:  ${number(counts.unitsCreated)} created, ${number(counts.unitsUpdated)} updated, ${number(counts.unitsUnchanged)} unchanged`,
    `  people: ${number(counts.peopleCreated)} created (${number(counts.createdInactive)} of them have left), ${updated}, ${number(counts.peopleUnchanged)} unchanged`,
    ...(problems.length > 0
      ? [
          `  bad rows: ${number(one("SKIPPED"))} skipped, ${number(one("WITHOUT_MANAGER"))} without a manager, ${number(one("WITHOUT_HEAD"))} without a head`,
        ]
      : []),
    ...consequences.map(({ kind, count }) => `  ${kind}: ${number(count)}`),
    ...(position && !dryRun ? [`  in the change feed up to commit ${position.commit}`] : []),
  ];
}

function absentLines(absent: readonly AbsentManager[]): string[] {
  const rest = absent.length - SHOWN_ABSENT;
  return [
    ...absent.slice(0, SHOWN_ABSENT).map(({ employeeNumber, activeReports, headOf }) => {
      const heads = headOf.length > 0 ? [`they head ${headOf.join(", ")}`] : [];
      const reports = activeReports > 0 ? [`${number(activeReports)} active people report to them`] : [];
      return `Note: ${employeeNumber} is not active, yet ${[...reports, ...heads].join(" and ")}.`;
    }),
    ...(rest > 0 ? [`Note: … and ${number(rest)} more who are not active.`] : []),
  ];
}

interface CellProblem {
  row: number;
  column: number;
  header: string | null;
  message: string;
}

/** What a plan of a file would do: the first bad cells by their addresses, how many people it makes and changes, and which limits it exceeds. */
export async function plannedLines(database: Database, plan: BulkPlanRecord, file: string): Promise<string[]> {
  const { rows } = await sql<CellProblem>`
    SELECT source_row AS row, source_column AS column, header, message FROM import_problem WHERE plan_id = ${plan.id}
    ORDER BY source_row, source_column, place LIMIT ${SHOWN_PROBLEMS}`.execute(database.reader);
  const { creating, changing, missing, unchanged, errors, problem } = plan;
  const sheet = plan.target.sheet as string | null | undefined;
  const found = rows.map(
    ({ row, column, header, message }) =>
      `${file}:${addressOf(sheet, column, row)}: ${header === null ? "" : `${header}: `}${message}`,
  );
  const rest = plan.problems - found.length;
  const exceeded = (plan.preview as unknown as Preview).limits.filter((limit) => limit.exceeded);
  return [
    ...found,
    ...(rest > 0 ? [`… and ${number(rest)} more.`] : []),
    ...(problem === null ? [] : [`Nothing is changed: ${problem}`]),
    `The plan ${publicId("BulkPlan", plan.id)}:`,
    `  people: ${number(creating)} to be made, ${number(changing - creating - missing)} changed, ${number(missing)} deactivated for being missing, ${number(unchanged)} unchanged, ${number(errors)} that cannot be used`,
    ...exceeded.map(({ name, people, of }) => `  above the safety limit ${name}: ${number(people)} of ${number(of)}`),
  ];
}

interface LeftOut {
  row: number | null;
  outcome: string;
  problem: { message?: string } | null;
}

/** What became of a plan: counts, and the first of those who could not be changed. */
export async function endLines(database: Database, plan: BulkPlanRecord): Promise<string[]> {
  const { state, changed, same, conflicts, refused, failed, skipped, problem } = plan;
  if (state === "WAITING_APPROVAL")
    return [
      `Nothing is changed until a second person agrees to the request ${publicId("ApprovalRequest", plan.approval_id ?? "")}; then a gateway applies the plan.`,
    ];
  const { rows } = await sql<LeftOut>`
    SELECT source_row AS row, outcome, outcome_problem AS problem FROM bulk_item
    WHERE plan_id = ${plan.id} AND outcome IN ('CONFLICT', 'REFUSED', 'FAILED') ORDER BY place LIMIT ${SHOWN_PROBLEMS}`.execute(
    database.reader,
  );
  const left = rows.map(
    ({ row, outcome, problem: why }) => `row ${row ?? "(missing)"}: ${outcome}: ${why?.message ?? ""}`,
  );
  const counts = `${number(changed)} made or changed, ${number(same)} as they were, ${number(conflicts)} changed since, ${number(refused + failed)} refused, ${number(skipped)} not reached`;
  return [
    ...left,
    ...(state === "DONE" ? ["Imported:"] : [`The plan is ${state}${problem === null ? "" : `: ${problem}`}`]),
    `  people: ${counts}`,
  ];
}
