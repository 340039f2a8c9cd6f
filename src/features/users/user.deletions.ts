import { sql } from "kysely";
import type { Tx } from "../../database/transaction.ts";
import type { Consequence } from "../../kernel/consequence.ts";

/** Somebody who is being deleted. */
interface Deleted {
  userId: string;
}

/** So few are asked one by one at once: trying them together costs as much. */
const FEW = 4;

/**
 * Does what follows from deletions, and keeps for each person what it ended, so that a restore can give it back. Of most people nothing follows: so it is
 * tried of many together, in a savepoint, and of halves where something did, until it is known of whom.
 */
export async function followDeletions<Move extends Deleted>(
  tx: Tx,
  moves: readonly Move[],
  follow: (some: readonly Move[]) => Promise<Consequence[]>,
): Promise<Consequence[]> {
  if (moves.length <= FEW) {
    const consequences: Consequence[] = [];
    for (const move of moves) {
      const receipt = await follow([move]);
      await noteDeletions(tx, [move], receipt);
      consequences.push(...receipt);
    }
    return consequences;
  }
  await sql`SAVEPOINT user_deletions`.execute(tx.sql);
  const isNothing = (await follow(moves)).length === 0;
  if (!isNothing) await sql`ROLLBACK TO SAVEPOINT user_deletions`.execute(tx.sql);
  await sql`RELEASE SAVEPOINT user_deletions`.execute(tx.sql);
  if (isNothing) {
    await noteDeletions(tx, moves, []);
    return [];
  }
  const middle = moves.length >> 1;
  const first = await followDeletions(tx, moves.slice(0, middle), follow);
  return [...first, ...(await followDeletions(tx, moves.slice(middle), follow))];
}

async function noteDeletions(tx: Tx, moves: readonly Deleted[], receipt: readonly Consequence[]): Promise<void> {
  await sql`
    INSERT INTO user_deletion (user_id, consequences, created_at)
    SELECT id, ${JSON.stringify(receipt)}::jsonb, ${tx.now} FROM unnest(${moves.map(({ userId }) => userId)}::uuid[]) id
    ON CONFLICT (user_id) DO UPDATE SET consequences = EXCLUDED.consequences, created_at = EXCLUDED.created_at`.execute(
    tx.sql,
  );
}
