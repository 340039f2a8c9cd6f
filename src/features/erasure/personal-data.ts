import { CONTENT_TABLES } from "./personal-data.content.ts";
import { LOG_TABLES } from "./personal-data.log.ts";
import { PEOPLE_TABLES } from "./personal-data.people.ts";

/*
 * The inventory of personal data: every column of every table, in one of six classes. What erasure does and what an export holds follows
 * from it, and a test holds it against the database's columns, so that nobody adds a column without having said what it holds.
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
  fate: Fate;
  /** Why it stays, for a preview. */
  why?: string;
  columns: Columns;
}

/** Every table of the database but for the audit log's months, which have the columns of `audit_log`. */
export const PERSONAL_DATA: Readonly<Record<string, TableData>> = {
  ...PEOPLE_TABLES,
  ...CONTENT_TABLES,
  ...LOG_TABLES,
};

/** The names in a class of columns. */
export const namesIn = (list: string | undefined): string[] => (list === undefined ? [] : list.split(" "));

/** All columns of a table that are given to the person themselves. */
export const exportedColumns = ({ columns }: TableData): string[] => [
  ...namesIn(columns.plain),
  ...namesIn(columns.personal),
  ...namesIn(columns.standing),
];
