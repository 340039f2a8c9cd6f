/*
 * The words of the inventory of personal data: personal-data.ts.
 */

/** The columns of a table by what they hold, each a list of names with spaces between. */
export interface Columns {
  /** Who or what a row belongs to, and what the gateway needs to work: nothing that says anything of anybody. */
  plain?: string;
  /** Values of the person to whom the row belongs. */
  personal?: string;
  /** What stays true of a tombstone: where it stands, since when. Exported, not erased. */
  standing?: string;
  /** Hashes, keys and sealed texts. Never exported. */
  secret?: string;
  /** Names of actors, as they were called when they acted: each beside the id that it belongs to. */
  name?: string;
  /** What somebody wrote, which may speak of anybody. */
  words?: string;
}

/** What becomes of a table's rows when the person to whom they belong is erased. */
export type Fate =
  /** The rows go. */
  | "DELETED"
  /** The rows stay; what is personal, and words, is taken out. */
  | "CLEARED"
  /** The database derives it from what was cleared, in the same commit. */
  | "DERIVED"
  /** Given up with the log, once every consumer has read it. */
  | "LOG"
  /** Stays; `why` says why. */
  | "STAYS";

/** What is known of a table. */
export interface TableData {
  /** The column with the id of the person to whom a row belongs; absent where rows belong to nobody. */
  person?: string;
  /** Where a row belongs to whom another row belongs: the column that points to it, and its table. */
  parent?: { column: string; table: string };
  fate: Fate;
  /** Why it stays, for a preview. */
  why?: string;
  columns: Columns;
}
