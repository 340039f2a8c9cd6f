import { sql } from "kysely";
import type { Tx } from "../../database/transaction.ts";
import type { Consequence, ConsequenceKind } from "../../kernel/consequence.ts";
import { parseId } from "../../kernel/ids.ts";
import type { UserStatus } from "./user.entity.ts";
import { edgeBetween, LIFECYCLE, type LifecycleRestoration } from "./user.lifecycle.ts";

/** Somebody who is being restored. */
export interface Restored {
  userId: string;
  to: UserStatus;
  deletedAt: Date;
  /** The subjects of the consequence of the deletion that is taken back. */
  ids: readonly string[];
}

/** What steps brought about, and what deletions had brought about that their restores do not take back, of each person. */
export interface Returned {
  consequences: Consequence[];
  notRestored: ReadonlyMap<string, readonly Consequence[]>;
}

/** How one thing that deletions did is taken back. */
export interface Restoration {
  /** The kind of consequence in the deletions' receipts. */
  of: ConsequenceKind | null;
  /** As many statements for all the people as for one. */
  restore(tx: Tx, restored: readonly Restored[]): Promise<Returned>;
}

export type Restorations = { readonly [name in LifecycleRestoration]?: Restoration };

/** A step of somebody who may have been deleted. */
interface Move {
  userId: string;
  from: UserStatus;
  to: UserStatus;
}

/** What of each who is restored is not taken back. */
export const ofEach = (
  restored: readonly Restored[],
  lost: (one: Restored) => Consequence[],
): Returned["notRestored"] => new Map(restored.map((one) => [one.userId, lost(one)]));

/** What a deletion told of and left as it was. */
const TOLD: readonly ConsequenceKind[] = ["STEPS_LEFT_BEHIND", "APPROVALS_LEFT_BEHIND"];

/**
 * Takes back what deletions did, of those of these people who are restored: as many statements for all of them as for one. What of a deletion's receipt nothing
 * brings back stays as it is, and is told.
 */
export async function restoreDeleted(
  parts: readonly { restores?: Restorations }[],
  tx: Tx,
  moves: readonly Move[],
): Promise<Returned> {
  const back = moves.filter(({ from, to }) => edgeBetween(from, to)?.transition.restores);
  const notRestored = new Map<string, Consequence[]>();
  const consequences: Consequence[] = [];
  if (back.length === 0) return { consequences, notRestored };
  const restorations = (LIFECYCLE.restore.restores ?? []).flatMap((name) =>
    parts.flatMap((part) => part.restores?.[name] ?? []),
  );
  const deletions = await takeDeletions(tx, back);
  for (const { userId } of back) {
    const told = (deletions.get(userId)?.consequences ?? []).filter(
      ({ kind }) => !TOLD.includes(kind) && !restorations.some(({ of }) => of === kind),
    );
    notRestored.set(userId, told);
  }
  for (const { of, restore } of restorations) {
    const returned = await restore(
      tx,
      back.map(({ userId, to }) => {
        const { consequences: receipt = [], created_at: deletedAt = tx.now } = deletions.get(userId) ?? {};
        return { userId, to, deletedAt, ids: subjectsOf(receipt, of) };
      }),
    );
    consequences.push(...returned.consequences);
    for (const [userId, lost] of returned.notRestored) notRestored.get(userId)?.push(...lost);
  }
  return { consequences, notRestored };
}

interface Deletion {
  user_id: string;
  consequences: Consequence[];
  created_at: Date;
}

/** What deletions did: it is kept no longer than until they are taken back. */
async function takeDeletions(tx: Tx, back: readonly Move[]): Promise<ReadonlyMap<string, Deletion>> {
  const { rows } = await sql<Deletion>`
    DELETE FROM user_deletion WHERE user_id = ANY (${back.map(({ userId }) => userId)}::uuid[])
    RETURNING user_id, consequences, created_at`.execute(tx.sql);
  return new Map(rows.map((row) => [row.user_id, row]));
}

const subjectsOf = (receipt: readonly Consequence[], of: ConsequenceKind | null): string[] =>
  receipt
    .filter(({ kind }) => kind === of)
    .flatMap(({ subjectIds }) => subjectIds.flatMap((id) => parseId(id)?.uuid ?? []));
