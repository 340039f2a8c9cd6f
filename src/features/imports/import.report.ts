import type { Consequence } from "../../kernel/consequence.ts";
import type { Position } from "../../kernel/position.ts";
import type { RowProblem } from "./row.problem.ts";

/** How many of each an import changed, or would change. */
export interface ImportCounts {
  unitsCreated: number;
  unitsUpdated: number;
  unitsUnchanged: number;
  peopleCreated: number;
  /** Without those who were deactivated or reactivated as well. */
  peopleUpdated: number;
  peopleDeactivated: number;
  peopleReactivated: number;
  peopleUnchanged: number;
  /** Among those created: who has left already. */
  createdInactive: number;
}

/** Somebody who is not active, and yet people report to them or a unit has them as its head. */
export interface AbsentManager {
  employeeNumber: string;
  activeReports: number;
  /** Codes. */
  headOf: string[];
}

/** What an import did, or why it did nothing. */
export interface ImportReport {
  /** False: nothing was written, because of problems or because it was a dry run. */
  applied: boolean;
  counts: ImportCounts;
  problems: readonly RowProblem[];
  absentManagers: readonly AbsentManager[];
  consequences: readonly Consequence[];
  /** Where it stands in the change feed; absent where it was not applied. */
  position?: Position;
}

/** Where an import is: reading counts bytes, everything else rows. */
export interface ImportProgress {
  stage: "READING_DEPARTMENTS" | "READING_EMPLOYEES" | "COMPARING" | "WRITING" | "COMMITTING";
  done: number;
  /** Absent where it is not known. */
  total?: number | undefined;
}

export const noCounts = (): ImportCounts => ({
  unitsCreated: 0,
  unitsUpdated: 0,
  unitsUnchanged: 0,
  peopleCreated: 0,
  peopleUpdated: 0,
  peopleDeactivated: 0,
  peopleReactivated: 0,
  peopleUnchanged: 0,
  createdInactive: 0,
});
