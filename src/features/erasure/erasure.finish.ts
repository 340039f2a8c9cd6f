import { sql } from "kysely";
import type { Cause } from "../../database/cause.ts";
import type { Database } from "../../database/database.ts";

/** Erasures that one look finishes: each reads the whole log. */
const BATCH = 5;

const CAUSE: Cause = {
  kind: "SCHEDULE",
  action: "user.erasure.finished",
  actor: { kind: "SYSTEM", id: null, name: "erasure" },
};

/**
 * Finishes erasures whose commit every consumer of the log has read: the log and the versions give the people up. Gives how many. Each is a
 * transaction of its own; any number of gateways may call it, and one that is killed leaves the rest to the next.
 */
export async function finishErasures(database: Database): Promise<number> {
  const { rows } = await sql<{ id: string }>`
    SELECT id FROM user_erasure WHERE finished_at IS NULL ORDER BY erased_at LIMIT ${BATCH}`.execute(database.reader);
  let finished = 0;
  for (const { id } of rows) {
    const { value } = await database.write(CAUSE, async (tx) => {
      // It looks through the whole log, however long that is.
      await sql`SET LOCAL statement_timeout = 0`.execute(tx.sql);
      const answer = await sql<{ done: boolean }>`SELECT finish_erasure(${id}) AS done`.execute(tx.sql);
      return answer.rows[0]?.done === true;
    });
    if (value) finished += 1;
  }
  return finished;
}
