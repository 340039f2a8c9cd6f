import { type Kysely, sql } from "kysely";
import type { Database } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";

/** Changes of search rows that one statement turns into versions; more would keep the embedded database's session for too long. */
const BATCH = 1_000;

/**
 * Writes versions of people for the next changes in the log. True where more may wait. Any gateway may call it at any time: one
 * works, the others find nothing to do, and whatever ends it leaves it where the last statement committed.
 */
export async function advanceVersions(db: Kysely<Tables>, batch: number = BATCH): Promise<boolean> {
  const { rows } = await sql<{ more: boolean }>`SELECT advance_user_versions(${batch}) AS more`.execute(db);
  return rows[0]?.more === true;
}

/**
 * Gives up what people were that ended more than so many days ago: from then on, nobody is told of it (`usersAsOf` names the earliest instant).
 * Gives how many versions went. Any number of gateways may call it.
 */
export async function pruneVersions(database: Database, days: number, batch: number = BATCH): Promise<number> {
  for (let total = 0; ; ) {
    const { rows } = await sql<{ pruned: number }>`
      SELECT prune_user_versions(make_interval(days => ${days}::integer), ${batch}::integer) AS pruned`.execute(
      database.reader,
    );
    const pruned = rows[0]?.pruned ?? 0;
    total += pruned;
    if (pruned < batch) return total;
  }
}
