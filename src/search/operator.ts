import type { RawBuilder, SqlBool } from "kysely";
import type { FieldKind } from "./field.ts";
import type { Filter, Operator } from "./filter.ts";
import type { OperandType } from "./operand.ts";

/** The instant of a search, and the civil date that it is then in the organisation's time zone. */
export interface Moment {
  now: Date;
  today: string;
}

/** How values compare: the kinds of fields, and the numbers that only attributes have. */
export type ComparedKind = FieldKind | "float";

/** A condition in SQL. */
export type Sql = RawBuilder<SqlBool>;
/** A value in SQL. */
export type Value = RawBuilder<unknown>;
/** Whether a value, as the row's JSON has it, satisfies the criterion. */
export type Holds = (value: unknown, at: Moment) => boolean;

/** What an operator may use beside its operand to write SQL. */
export interface SqlScope extends Moment {
  caseSensitive: boolean;
  /** The criterion is not negated: a condition that it implies may be put before it, for an index. */
  indexed: boolean;
  /** The filter inside a grant criterion, over the elements of the given JSON array. */
  someGrant(grants: Value, filter: Filter): Sql;
}

/** What an operator may use beside its operand to compile a predicate. */
export interface HoldsScope {
  caseSensitive: boolean;
  grant(filter: Filter): (grant: Readonly<Record<string, unknown>>, at: Moment) => boolean;
}

/** Texts of which a row that satisfies the criterion has all, or one, among the terms of its value (see `attribute_terms`). */
export interface Terms {
  all?: readonly string[];
  any?: readonly string[];
}

/** How an operator is asked. */
export interface Shape {
  takes: OperandType;
  list?: true;
  /** The operator's name in the filter input, where it is not its own. */
  input?: string;
  /** The field is asked about by this column of the row instead of its own. */
  reads?: "pathColumn" | "statusColumn";
  /** Offered for fields whose value can be missing only. */
  nullableOnly?: true;
}

/** An operator with a meaning of its own. `sql` may be null where the value is missing, `holds` is false there; otherwise they agree. */
export interface Meaning extends Shape {
  sql(value: Value, operand: never, scope: SqlScope): Sql;
  holds(operand: never, scope: HoldsScope): Holds;
  /** Whether it holds where the value is missing; of most operators it never does. */
  holdsMissing?(operand: never): boolean;
  terms?(operand: never): Terms;
  /** Patterns of LIKE, one of which the folded texts of a row that satisfies it match where they are joined (see `fold_all`). */
  patterns?(operand: never): readonly string[];
}

/** An operator that holds exactly where another one does not. */
export interface Complement extends Shape {
  complementOf: Operator;
}

export type OperatorRow = Meaning | Complement;
/** The operators of one kind. */
export type Rows = Partial<Record<Operator, OperatorRow>>;

/** The operator that holds exactly where another one does not. */
export const complement = (complementOf: Operator, shape: Shape): Complement => ({ ...shape, complementOf });
