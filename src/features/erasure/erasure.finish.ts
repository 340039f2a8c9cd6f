import { setTimeout } from "node:timers/promises";
import { sql } from "kysely";
import type { Cause } from "../../database/cause.ts";
import type { Database } from "../../database/database.ts";
import { deleteRows } from "./erasure.work.ts";

/** Erasures that one look finishes. */
const BATCH = 5;

const CAUSE: Cause = {
  kind: "SCHEDULE",
  action: "user.erasure.finished",
  actor: { kind: "SYSTEM", id: null, name: "erasure" },
};

/** How long a look waits for transactions that ran when an erasure was committed, and how often it looks for their end. */
const OLDER_MS = 2000;
const PAUSE_MS = 50;

/**
 * Finishes erasures whose commit every consumer of the log has read: the log and the versions give the people up, and what was still being written
 * about them when they were erased goes (a plan of a file, an answer). Gives how many. Each is a transaction of its own; any number of gateways
 * may call it, and one that is killed leaves the rest to the next.
 */
export async function finishErasures(database: Database): Promise<number> {
  const { rows } = await sql<{ id: string; userId: string; horizon: string }>`
    SELECT id, user_id AS "userId", clock_timestamp()::text AS horizon
    FROM user_erasure WHERE finished_at IS NULL ORDER BY erased_at LIMIT ${BATCH}`.execute(database.reader);
  const [first] = rows;
  if (!first || !(await olderEnded(database, first.horizon))) return 0;
  let finished = 0;
  for (const { id, userId } of rows) {
    const { value } = await database.write(CAUSE, async (tx) => {
      // Somebody may have been in very many commits.
      await sql`SET LOCAL statement_timeout = 0`.execute(tx.sql);
      const answer = await sql<{ done: boolean }>`SELECT finish_erasure(${id}) AS done`.execute(tx.sql);
      if (answer.rows[0]?.done !== true) return false;
      await deleteRows(tx, userId);
      await sql`SELECT forget_in_commit(${userId})`.execute(tx.sql);
      return true;
    });
    if (value) finished += 1;
  }
  return finished;
}

/** Whether every transaction of gateways has ended that ran at a moment: they may have read what they write about people who were erased by then. */
async function olderEnded(database: Database, horizon: string): Promise<boolean> {
  for (const begun = performance.now(); ; await setTimeout(PAUSE_MS)) {
    const { rows } = await sql<{ ended: boolean }>`
      SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND usename = current_user
        AND pid <> pg_backend_pid() AND xact_start <= ${horizon}::timestamptz) AS ended`.execute(database.reader);
    if (rows[0]?.ended) return true;
    if (performance.now() - begun > OLDER_MS) return false;
  }
}
