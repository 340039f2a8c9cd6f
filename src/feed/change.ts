import type { CauseKind } from "../database/cause.ts";
import type { Position } from "../kernel/position.ts";

/** Who, why and when: the same for all changes of one commit. */
export interface CommitFacts {
  number: bigint;
  at: Date;
  /** The instant of the commit before: at which the states before this commit's changes are asked about now. */
  since: Date;
  cause: {
    kind: CauseKind;
    action: string;
    actor: { kind: "USER" | "SERVICE" | "SYSTEM"; id: string | null; name: string };
    operationId: string | null;
    reason: string | null;
    /** The people of whom alone the reason speaks; null: of everything that the commit changed. */
    about: readonly string[] | null;
    requestId: string | null;
    ip: string | null;
  };
}

/** A row as the log carries it: instants as ISO 8601 in UTC with milliseconds, dates as text, sets as arrays. */
export type LoggedRow = Readonly<Record<string, unknown>>;

/** One row that one commit changed. `before` is null where it was made, `after` where it was removed. */
export interface Change {
  position: Position & { ordinal: number };
  commit: CommitFacts;
  table: string;
  rowId: string;
  operation: "INSERT" | "UPDATE" | "DELETE";
  before: LoggedRow | null;
  after: LoggedRow | null;
  /** Columns that are never shown, and that this change set, changed or removed. */
  hidden: readonly string[];
  /** A consequence of the commit's other changes, not an act: it is no audit event. */
  derived: boolean;
}
