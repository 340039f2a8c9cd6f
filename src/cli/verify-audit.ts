import { type Config, readConfig } from "../config.ts";
import type { DatabaseConfig } from "../database/config.ts";
import { type Database, openDatabase } from "../database/database.ts";
import { type Custody, openCustody } from "../features/audit/audit.custody.ts";
import { verifyChain } from "../feed/chain-verification.ts";
import { CheckpointFault } from "../feed/checkpoint.ts";
import { compareTables } from "../feed/table-comparison.ts";
import { type Position, printPosition } from "../kernel/position.ts";
import { describeFailure } from "../kernel/start-error.ts";
import { custodyOptions, databaseConfig } from "../opening.ts";
import { type Announcer, announcerTo } from "../server/announcer.ts";

/** Comparing reads all events of a batch of subjects at once, which may take longer than a request's statement. */
const STATEMENT_TIMEOUT_MS = 600_000;
/** Rows that are told one by one. */
const TOLD = 20;

/** The configured database; where a gateway has the embedded one, through that gateway. */
function configOf(config: Config): DatabaseConfig {
  const database = databaseConfig({
    ...config,
    statementTimeoutMs: Math.max(config.statementTimeoutMs, STATEMENT_TIMEOUT_MS),
  });
  return database.kind === "embedded" ? { ...database, joinRunning: true } : database;
}

const shown = ({ commit, ordinal }: Position): string =>
  `${printPosition({ commit, ...(ordinal === undefined ? {} : { ordinal }) })} (commit ${commit}, change ${ordinal})`;

/** Recomputes the chain up to the checkpoint file and beyond; true where all of it verifies. */
async function chainHolds(database: Database, { checkpoint, keys }: Custody, { say }: Announcer): Promise<boolean> {
  const left = await checkpoint?.read();
  if (left) say(`The checkpoint ${checkpoint?.path} is signed: ${left.events} events up to ${shown(left)}.`);
  else say(`There is no checkpoint file at ${checkpoint?.path}: that the log's end was not cut cannot be shown.`);
  const found = await verifyChain(database.reader, keys, { checkpoint: left });
  if (found.verified) say(`The chain verifies: ${found.events} events, head ${found.head.toString("hex")}.`);
  else
    say(
      `BROKEN: the first event that does not verify, or is missing, is at ${found.firstBroken ? shown(found.firstBroken) : "the end"}; ${found.events} events before it verify.${found.fault ? ` ${found.fault}` : ""}`,
    );
  return found.verified;
}

/** Compares the tables with the log; true where nothing was written unseen, nor can be. */
async function tablesAgree(database: Database, { keys }: Custody, { say }: Announcer): Promise<boolean> {
  const { rows, unreadable, untold, uncaptured, discrepancies } = await compareTables(database.reader, keys);
  for (const table of uncaptured)
    say(`BROKEN: ${table} can be written past the log: its triggers are not all there and on.`);
  for (const { table, rowId, kind, columns } of discrepancies.slice(0, TOLD))
    say(
      `BROKEN: ${table} ${rowId} ${kind === "CHANGED" ? `differs from the log in ${columns.join(", ")}` : kind === "UNKNOWN" ? "is not in the log" : "was removed without a trace"}.`,
    );
  if (discrepancies.length > TOLD) say(`… and ${discrepancies.length - TOLD} rows more.`);
  if (untold > 0)
    say(`${untold} rows cannot be compared: only events that were taken out of the log and put away tell of them.`);
  if (discrepancies.length === 0)
    say(
      `The tables are what the log says: ${rows} rows${unreadable > 0 ? `, ${unreadable} of them unreadable because their keys were destroyed` : ""}.`,
    );
  return discrepancies.length === 0 && uncaptured.length === 0;
}

/** `npm run verify-audit`: whether the audit log is whole and the tables are what it says; the exit code is 1 where they are not. */
async function run(): Promise<void> {
  const config = readConfig();
  const announcer = announcerTo(process.stdout);
  const database = await openDatabase(configOf(config));
  try {
    const custody = await openCustody(database, custodyOptions(config));
    const whole = await chainHolds(database, custody, announcer).catch((error: unknown) => {
      if (!(error instanceof CheckpointFault)) throw error;
      announcer.say(`BROKEN: ${error.message}`);
      return false;
    });
    if (!(await tablesAgree(database, custody, announcer)) || !whole) process.exitCode = 1;
  } finally {
    await database.close();
  }
}

run().catch((error: unknown) => {
  process.stderr.write(describeFailure(error));
  process.exitCode = 1;
});
