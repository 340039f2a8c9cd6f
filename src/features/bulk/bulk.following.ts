import { sql } from "kysely";
import type { Tx } from "../../database/transaction.ts";
import type { Consequence, ConsequenceKind } from "../../kernel/consequence.ts";
import { parseId } from "../../kernel/ids.ts";
import { followMoves, type StatusMove } from "../users/user.following.ts";
import type { UserCascade } from "../users/user.service.ts";
import type { Decision } from "./bulk.decision.ts";

/** What follows from the new statuses of people who are changed together. */
export interface Following {
  consequences: Consequence[];
  /** What of it stays, of each person, as BulkNote has it. */
  notes: ReadonlyMap<string, readonly string[]>;
}

/** What stays when a step is taken back, by what it brought about: where its subjects name people, and of which steps it is said. */
const STAYING = [
  {
    kind: "SCHEDULES_CANCELLED",
    table: "scheduled_transition",
    note: "SCHEDULES_NOT_REVERTIBLE",
    of: (_: StatusMove): boolean => true,
  },
  {
    kind: "GRANTS_ENDED",
    table: "role_grant",
    note: "GRANTS_NOT_REVERTIBLE",
    // A restore gives them back.
    of: ({ to }: StatusMove): boolean => to !== "DELETED",
  },
] as const;

/** What a restore says that it does not bring back. */
const NOT_RESTORED: Partial<Record<ConsequenceKind, string>> = {
  SESSIONS_ENDED: "ENDED_STAYS_ENDED",
  TOKENS_REVOKED: "ENDED_STAYS_ENDED",
  SCHEDULES_CANCELLED: "SCHEDULES_STAY_CANCELLED",
  GRANTS_ENDED: "GRANTS_STAY_ENDED",
  REPORTS_REASSIGNED: "REPORTS_STAY_AWAY",
  MANAGER_LEFT: "MANAGER_LEFT",
};

/** Brings about what follows from the new statuses. */
export async function followDecisions(
  tx: Tx,
  cascades: readonly UserCascade[],
  due: readonly Decision[],
): Promise<Following> {
  const moves = due.flatMap(({ move }) => move ?? []);
  const restored = moves.filter(({ from }) => from === "DELETED");
  const others = moves.filter(({ from }) => from !== "DELETED");
  const consequences = others.length > 0 ? (await followMoves(cascades, tx, others)).consequences : [];
  const notes = await whatStays(tx, others, consequences);
  if (restored.length > 0) {
    const followed = await followMoves(cascades, tx, restored);
    consequences.push(...followed.consequences);
    for (const [userId, lost] of followed.notRestored)
      notes.set(userId, [...new Set(lost.flatMap(({ kind }) => NOT_RESTORED[kind] ?? []))]);
  }
  return { consequences, notes };
}

async function whatStays(
  tx: Tx,
  moves: readonly StatusMove[],
  consequences: readonly Consequence[],
): Promise<Map<string, string[]>> {
  const notes = new Map<string, string[]>();
  for (const { kind, table, note, of } of STAYING) {
    const ids = consequences
      .filter((one) => one.kind === kind)
      .flatMap(({ subjectIds }) => subjectIds.flatMap((id) => parseId(id)?.uuid ?? []));
    if (ids.length === 0) continue;
    const { rows } = await sql<{ id: string }>`
      SELECT DISTINCT user_id AS id FROM ${sql.table(table)} WHERE id = ANY (${ids}::uuid[])`.execute(tx.sql);
    const theirs = new Set(rows.map(({ id }) => id));
    for (const move of moves)
      if (theirs.has(move.userId) && of(move)) notes.set(move.userId, [...(notes.get(move.userId) ?? []), note]);
  }
  return notes;
}
