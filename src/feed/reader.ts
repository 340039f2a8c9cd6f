import { type Kysely, sql } from "kysely";
import type { CauseKind } from "../database/cause.ts";
import type { ChangeRow, CommitRow } from "../database/read-only-tables.ts";
import type { Tables } from "../database/tables.ts";
import type { Position } from "../kernel/position.ts";
import type { Change } from "./change.ts";

/** The ordinal that stands behind every change of a commit. */
const BEHIND_ALL = 2_147_483_647;

export interface ReadChanges {
  /** Only what stands strictly behind it; `START` for everything that is kept. */
  after: Position;
  /** Only what does not stand behind it. */
  through?: Position;
  /** At most so many; there may be more behind the last one. */
  limit: number;
  /** Only changes of these tables. */
  tables?: readonly string[];
}

/** What a change tells of its commit. */
const OF_COMMIT = [
  "commit.number",
  "commit.at",
  "commit.since",
  "commit.kind",
  "commit.action",
  "commit.actor_kind",
  "commit.actor_id",
  "commit.actor_name",
  "commit.operation_id",
  "commit.reason",
  "commit.about",
  "commit.request_id",
  "commit.ip",
] as const;

/** The position before the first commit. */
export const START: Position = { commit: 0n };

/**
 * Changes in the order of the feed, which is the order of commits, without gaps. A commit's changes are read by their index from where they are
 * wanted, and no more of them than are wanted: so a commit of a hundred thousand is gone through in as many steps, and not in their square.
 */
export async function readChanges(
  kysely: Kysely<Tables>,
  { after, through, limit, tables }: ReadChanges,
): Promise<Change[]> {
  const from = sql<number>`CASE commit.number WHEN ${after.commit} THEN ${after.ordinal ?? BEHIND_ALL}::integer ELSE 0 END`;
  let query = kysely
    .selectFrom("commit")
    .innerJoinLateral(
      (inner) => {
        let changes = inner
          .selectFrom("change")
          .selectAll("change")
          .whereRef("change.commit_id", "=", "commit.id")
          .where("change.ordinal", ">", from)
          .orderBy("change.ordinal")
          .limit(limit);
        if (through?.ordinal !== undefined)
          changes = changes.where(
            "change.ordinal",
            "<=",
            sql<number>`CASE commit.number WHEN ${through.commit} THEN ${through.ordinal}::integer ELSE ${BEHIND_ALL}::integer END`,
          );
        if (tables) changes = changes.where("change.table_name", "in", tables);
        return changes.as("change");
      },
      (join) => join.onTrue(),
    )
    .selectAll("change")
    .select(OF_COMMIT)
    .where("commit.number", after.ordinal === undefined ? ">" : ">=", after.commit)
    .orderBy("commit.number")
    .orderBy("change.ordinal")
    .limit(limit);
  if (through) query = query.where("commit.number", "<=", through.commit);
  return (await query.execute()).map(changeOf);
}

/** The changes at these places, in the order of the feed; those that are no longer kept are left out. */
export async function readChangesAt(
  kysely: Kysely<Tables>,
  places: readonly { commit_number: bigint; ordinal: number }[],
): Promise<Change[]> {
  const commits = places.map(({ commit_number }) => commit_number);
  const ordinals = places.map(({ ordinal }) => ordinal);
  const query = logged(kysely).where(
    sql<boolean>`(commit.number, change.ordinal) IN (SELECT * FROM unnest(${commits}::bigint[], ${ordinals}::integer[]))`,
  );
  return (await query.execute()).map(changeOf);
}

const logged = (kysely: Kysely<Tables>) =>
  kysely
    .selectFrom("commit")
    .innerJoin("change", "change.commit_id", "commit.id")
    .selectAll("change")
    .select(OF_COMMIT)
    .orderBy("commit.number")
    .orderBy("change.ordinal");

/** The number of the oldest commit that the log still holds; null where it holds none. */
export async function oldestCommit(kysely: Kysely<Tables>): Promise<bigint | null> {
  const { rows } = await sql<{ oldest: bigint | null }>`SELECT min(number) AS oldest FROM commit`.execute(kysely);
  return rows[0]?.oldest ?? null;
}

/**
 * Whether the log still holds everything behind a position up to a commit: what was pruned is a beginning of it. Asked after reading, it
 * says whether what was read is complete. Whoever is asked by many at a time has them share a look at the `oldest` commit.
 */
export async function holdsEverythingAfter(
  kysely: Kysely<Tables>,
  after: Position,
  through: bigint,
  oldest = () => oldestCommit(kysely),
): Promise<boolean> {
  const needed = after.ordinal === undefined ? after.commit + 1n : after.commit;
  if (needed > through) return true;
  const kept = await oldest();
  return kept !== null && kept <= needed;
}

type Joined = ChangeRow & Omit<CommitRow, "id" | "xid" | "started_at">;

function changeOf(row: Joined): Change {
  const number = row.number as bigint; // numbered, or it would not be visible
  return {
    position: { commit: number, ordinal: row.ordinal },
    commit: {
      number,
      at: row.at,
      since: row.since,
      cause: {
        kind: row.kind as CauseKind,
        action: row.action,
        actor: { kind: row.actor_kind as "USER" | "SERVICE" | "SYSTEM", id: row.actor_id, name: row.actor_name },
        operationId: row.operation_id,
        reason: row.reason,
        about: row.about,
        requestId: row.request_id,
        ip: row.ip,
      },
    },
    table: row.table_name,
    rowId: row.row_id,
    operation: row.operation,
    before: row.before,
    after: row.after,
    hidden: row.hidden,
    derived: row.derived,
  };
}
