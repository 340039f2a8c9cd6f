import { sql } from "kysely";
import type { Tx } from "../../database/transaction.ts";
import { type Consequence, consequence } from "../../kernel/consequence.ts";
import { publicId } from "../../kernel/ids.ts";

/** Which open sessions: all of a person's, but perhaps one; all of some people's; or these. */
export type WhichSessions =
  | { userId: string; except?: string | undefined }
  | { userIds: readonly string[] }
  | { ids: readonly string[] };

/**
 * Ends open sessions, as the transaction's actor, and gives the ids of those that were open. From the commit on their tokens are refused;
 * whoever follows the feed closes their sockets.
 */
export async function endSessions(tx: Tx, which: WhichSessions, reason: string): Promise<string[]> {
  const { kind, id, name } = tx.cause.actor;
  const chosen = chosenBy(which);
  if (chosen.ids.length === 0) return [];
  const ended = await tx.sql
    .updateTable("session")
    .set({ ended_at: tx.now, ended_by_kind: kind, ended_by_id: id, ended_by_name: name, end_reason: reason })
    .where("ended_at", "is", null)
    .where(chosen.column, "=", sql<string>`ANY (${[...chosen.ids]}::uuid[])`)
    .where("id", "is distinct from", chosen.except ?? null)
    .returning(["id", "user_id"])
    .execute();
  await countOpenSessions(tx, [...new Set(ended.map((session) => session.user_id))]);
  return ended.map((session) => session.id);
}

function chosenBy(which: WhichSessions): {
  column: "id" | "user_id";
  ids: readonly string[];
  except?: string | undefined;
} {
  if ("ids" in which) return { column: "id", ids: which.ids };
  if ("userIds" in which) return { column: "user_id", ids: which.userIds };
  return { column: "user_id", ids: [which.userId], except: which.except };
}

/** The same as a consequence of something else. */
export const sessionsEnded = (ids: readonly string[]): Consequence[] =>
  consequence(
    "SESSIONS_ENDED",
    [...ids].sort().map((id) => publicId("Session", id)),
  );

/** Brings the numbers of open sessions on people's search rows up to what is true when this commits. */
export async function countOpenSessions(tx: Tx, userIds: readonly string[]): Promise<void> {
  const ids = [...userIds].sort();
  if (ids.length === 0) return;
  // In two statements: the second one sees what whoever held a row before has left.
  await sql`SELECT user_id FROM user_security WHERE user_id = ANY(${ids}::uuid[]) ORDER BY user_id FOR UPDATE`.execute(
    tx.sql,
  );
  await sql`
    INSERT INTO user_security AS kept (user_id, active_session_count)
    SELECT u.id, (SELECT count(*) FROM session s WHERE s.user_id = u.id AND s.ended_at IS NULL)
    FROM unnest(${ids}::uuid[]) u (id)
    ON CONFLICT (user_id) DO UPDATE SET active_session_count = excluded.active_session_count
    WHERE kept.active_session_count <> excluded.active_session_count`.execute(tx.sql);
}
