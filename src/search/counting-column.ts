import type { Bits, Room } from "./counting-bits.ts";
import type { Row } from "./field.ts";
import type { Criterion } from "./filter.ts";
import type { Moment } from "./operator.ts";

/** Something that is read of a row to be written into a column: a name, and the expression whose value has it, of a table `u`. */
export interface Loaded {
  name: string;
  expression: string;
}

/** How many rows have a value. Null: they have none. */
export interface Tallied {
  value: unknown;
  count: number;
}

/** One or more columns of a table in memory. Rows have numbers below a capacity, which is a multiple of 32. */
export interface Column {
  /** The names of the table's columns about which it is asked. */
  readonly names: readonly string[];
  readonly loaded: readonly Loaded[];
  /**
   * Notes what a row has: as the change log carries it, or as `loaded` reads it. False where it cannot be held, and the column is of no
   * use any more.
   */
  write(place: number, row: Row, logged: boolean): boolean;
  grow(capacity: number): void;
  /**
   * The rows for which a criterion holds whose operator has a meaning of its own. Not to be written to, and of use until the room is cleared; of numbers without
   * a row it says anything.
   */
  where(criterion: Criterion, at: Moment, room: Room): Bits;
  /** Whether it can tell the rows of such a criterion; absent where it always can. */
  answers?(criterion: Criterion): boolean;
  /** The same for one row, as a function that goes on answering as rows change; undefined where answers are not worth keeping. */
  test?(criterion: Criterion, at: Moment): ((place: number) => boolean) | undefined;
  /** How many of some rows have each value; absent where nobody counts by it. */
  tally?(found: Bits, total: number): Tallied[];
  /** A criterion may take a look at every row, for milliseconds in which nobody else has their turn. */
  readonly slow?: boolean;
  /** It can be done without: where memory is short, the database answers instead. */
  readonly spare?: boolean;
  /** What holds the same rows where this can no longer; absent or undefined where only the database can answer then. */
  successor?(): Column | undefined;
  /** About how much memory it takes. */
  readonly bytes: number;
}
