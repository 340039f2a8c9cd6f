import { sql } from "kysely";
import type { Database } from "../database/database.ts";

/** Commits that are removed in one statement, so that none holds anything up for long. */
const BATCH = 500;

/**
 * Gives up what stands in the log for longer than so many hours and has been read by every consumer. Gives how many commits that were. Whoever
 * asks for a position before the first one that is left is told so.
 */
export async function pruneLog(database: Database, hours: number): Promise<number> {
  let total = 0;
  for (;;) {
    const { rows } = await sql<{ pruned: number }>`
      SELECT prune_log(make_interval(hours => ${hours}::integer), ${BATCH}::integer) AS pruned`.execute(
      database.reader,
    );
    const pruned = rows[0]?.pruned ?? 0;
    total += pruned;
    if (pruned < BATCH) return total;
  }
}
