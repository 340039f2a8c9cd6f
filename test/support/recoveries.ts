import { appendFileSync } from "node:fs";
import { databaseKind } from "./database.ts";

/** How long it took, in milliseconds, round by round, until what failed was as before. */
export interface Recoveries {
  fault: string;
  database: typeof databaseKind;
  /** From what on it is counted. */
  from: string;
  milliseconds: number[];
  /** Writes that were acknowledged meanwhile, all of which are there. */
  writes: number;
}

/** Adds a line to the file that FAULTS_FILE names, where it names one: `npm run bench:faults` makes a page of them. */
export function tellRecoveries(found: Omit<Recoveries, "database">): void {
  const file = process.env.FAULTS_FILE;
  if (file) appendFileSync(file, `${JSON.stringify({ ...found, database: databaseKind })}\n`);
}
