/*
 * The tables of matching, written behind the log. How values arrive: see tables.ts.
 */

/** A saved search as of the matcher's place in the log. */
export interface MatchedSearchRow {
  search_id: string;
  owner_id: string | null;
  token_id: string | null;
  visibility: string;
  /** Null once the search was deleted. */
  filter: Record<string, unknown> | null;
  watch: string[];
  /** Behind this commit the transitions are complete, and by this filter. */
  since: bigint;
  /** The commit in which anything of this row last changed. */
  touched: bigint;
  /** What the owner may no longer ask about; null while the search is matched. */
  refusal: { field: string; permission: string | null } | null;
}

/** Somebody joined, left or changed in a search by its filter alone, or moved (under the id of no search). */
export interface SearchTransitionRow {
  search_id: string;
  commit_number: bigint;
  ordinal: number;
  kind: "J" | "L" | "C" | "M";
}

/** A filter relative to now that is subscribed to but not saved. */
export interface LiveFilterRow {
  id: string;
  filter: Record<string, unknown>;
  since: Date;
  held_until: Date;
}
