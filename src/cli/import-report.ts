import type { AbsentManager, ImportReport } from "../features/imports/import.report.ts";
import type { RowEffect, RowProblem } from "../features/imports/row.problem.ts";

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
