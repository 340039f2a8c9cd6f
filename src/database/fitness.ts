import { statfs } from "node:fs/promises";
import { sql } from "kysely";
import { Unfit } from "../kernel/unfit.ts";
import { uncapturedTables } from "./captured-tables.ts";
import type { Database } from "./database.ts";
import { MIGRATIONS } from "./migrations/list.ts";

/** The database's clock is the one that counts; a gateway this far from it has its own wrong, or speaks to a wrong one. */
const CLOCK_SECONDS = 30;
/** Sealing follows within seconds; what waits this long waits for somebody to look. */
const UNSEALED_SECONDS = 120;
/** Free space below which the embedded database is about to stand still. */
const FREE_BYTES = 64 * 1024 * 1024;

interface Found {
  standby: boolean;
  read_only: boolean;
  clock: Date;
  migrations: string[];
  unsealed: number | null;
}

/**
 * Whether the database takes the gateway's work: an Unfit with the reason where it does not, any other error where it does not answer. Gives
 * warnings about what is wrong but would not be better if no work were sent here.
 */
export async function fitnessOf(database: Database, dataDir?: string): Promise<string[]> {
  const asked = Date.now();
  const found = await look(database);
  const missing = MIGRATIONS.find(({ name }) => !found.migrations.includes(name));
  if (found.standby || found.read_only)
    throw new Unfit("The database is read-only: a standby, or a server that takes no writes.");
  if (missing)
    throw new Unfit(
      `The database lacks the migration ${missing.name}: it was restored or replaced. Run npm run migrate, or restart the gateway.`,
    );
  const off = Math.round(Math.max(asked - found.clock.getTime(), found.clock.getTime() - Date.now()) / 1000);
  const uncaptured = await uncapturedTables(database.reader);
  return [
    ...(uncaptured.length > 0
      ? [`Tables can be written past the log, as their triggers are not all there and on: ${uncaptured.join(", ")}.`]
      : []),
    ...(off > CLOCK_SECONDS ? [`The clocks of the gateway and of the database are ${off} s apart.`] : []),
    ...((found.unsealed ?? 0) > UNSEALED_SECONDS
      ? ["The audit log is not being sealed: see what the gateways' logs say of the work sealer."]
      : []),
    ...(database.outOfSpace ? ["The database's disk is full: writes are refused, reads are answered."] : []),
    ...((await isNearlyFull(dataDir)) ? ["The disk of DATA_DIR has less than 64 MiB left."] : []),
  ];
}

async function look(database: Database): Promise<Found> {
  const { rows } = await sql<Found>`
    SELECT pg_is_in_recovery() AS standby, current_setting('transaction_read_only') = 'on' AS read_only,
      clock_timestamp() AS clock, ARRAY(SELECT name FROM schema_migration) AS migrations,
      (SELECT extract(epoch FROM rollcall_now() - c.at)::float8 FROM feed_consumer f JOIN commit c
        ON c.number = f.commit_number + CASE f.ordinal WHEN 2147483647 THEN 1 ELSE 0 END WHERE f.name = 'audit') AS unsealed`.execute(
    database.reader,
  );
  return rows[0] as Found;
}

async function isNearlyFull(directory: string | undefined): Promise<boolean> {
  if (directory === undefined) return false;
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize < FREE_BYTES;
}
