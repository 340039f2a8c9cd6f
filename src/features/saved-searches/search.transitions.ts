import { type Kysely, sql } from "kysely";
import type { MatchedSearchRow, SearchTransitionRow } from "../../database/matching-tables.ts";
import type { Tables } from "../../database/tables.ts";
import type { Change } from "../../feed/change.ts";
import { readChangesAt } from "../../feed/reader.ts";
import { comparePositions, type Position } from "../../kernel/position.ts";
import type { Standing } from "./search.membership.ts";

/** Under which "search" moves stand, which concern all of them. */
export const MOVES = "00000000-0000-0000-0000-000000000000";
/** The ordinal that stands behind every change of a commit. */
export const BEHIND_ALL = 2_147_483_647;

/** A change that concerns a search. Of a move it is not known how the filter stands to it. */
export interface Transition {
  change: Change;
  standing: Standing | undefined;
}

/** What is asked for: strictly behind a position, up to another, at most so many. */
export interface TransitionRange {
  search: string;
  /** Moves as well. */
  moves: boolean;
  after: Position;
  through: Position;
  limit: number;
}

export interface TransitionPage {
  transitions: readonly Transition[];
  /** Nothing that is stored up to here is missing. */
  through: Position;
  more: boolean;
}

const STANDINGS: Readonly<Record<SearchTransitionRow["kind"], Standing | undefined>> = {
  J: { before: false, after: true },
  L: { before: true, after: false },
  C: { before: true, after: true },
  M: undefined,
};

/** Stored transitions in the order of the log, with the changes that they refer to. Those whose change is gone are left out. */
export async function readTransitions(db: Kysely<Tables>, range: TransitionRange): Promise<TransitionPage> {
  const { search, moves, after, through, limit } = range;
  const of = (id: string) => sql`(
    SELECT commit_number, ordinal, kind FROM search_transition
    WHERE search_id = ${id}::uuid AND (commit_number, ordinal) > (${after.commit}, ${after.ordinal ?? BEHIND_ALL})
      AND (commit_number, ordinal) <= (${through.commit}, ${through.ordinal ?? BEHIND_ALL})
    ORDER BY commit_number, ordinal LIMIT ${limit})`;
  const all = moves ? sql`${of(search)} UNION ALL ${of(MOVES)}` : of(search);
  // A search's own transition says more than that somebody moved, and comes first.
  const { rows } = await sql<Omit<SearchTransitionRow, "search_id">>`
    SELECT commit_number, ordinal, kind::text FROM (${all}) stored ORDER BY commit_number, ordinal, kind LIMIT ${limit}`.execute(
    db,
  );
  const found = new Map<string, SearchTransitionRow["kind"]>();
  for (const { commit_number, ordinal, kind } of rows) {
    const place = `${commit_number} ${ordinal}`;
    if (!found.has(place)) found.set(place, kind);
  }
  const changes = rows.length > 0 ? await readChangesAt(db, rows) : [];
  const transitions = changes.map((change) => ({
    change,
    standing:
      STANDINGS[found.get(`${change.position.commit} ${change.position.ordinal}`) as SearchTransitionRow["kind"]],
  }));
  const last = rows.length === limit ? rows.at(-1) : undefined;
  if (!last) return { transitions, through, more: false };
  const end: Position = { commit: last.commit_number, ordinal: last.ordinal };
  return { transitions, through: end, more: comparePositions(end, through) < 0 };
}

/** A search as the matcher knows it, with how far the matcher has come, which it is read at or before; undefined where it never knew of it. */
export async function findMatchedSearch(
  db: Kysely<Tables>,
  id: string,
): Promise<(MatchedSearchRow & { matched: bigint }) | undefined> {
  const { rows } = await sql<MatchedSearchRow & { matched: bigint }>`
    SELECT m.*, ${WHOLE_COMMITS} AS matched FROM matched_search m, feed_consumer f
    WHERE m.search_id = ${id}::uuid AND f.name = 'matcher'`.execute(db);
  return rows[0];
}

/** The last commit that the matcher has matched as a whole. */
export const WHOLE_COMMITS = sql`f.commit_number - CASE f.ordinal WHEN 2147483647 THEN 0 ELSE 1 END`;

export async function matchedCommit(db: Kysely<Tables>): Promise<bigint> {
  const { rows } = await sql<{ matched: bigint }>`
    SELECT ${WHOLE_COMMITS} AS matched FROM feed_consumer f WHERE f.name = 'matcher'`.execute(db);
  return rows[0]?.matched ?? 0n;
}
