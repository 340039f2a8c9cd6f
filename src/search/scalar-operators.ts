import { type SqlBool, sql } from "kysely";
import type { Operand } from "./filter.ts";
import { dateNumber, instantNumber } from "./instant.ts";
import type { OperandType } from "./operand.ts";
import { complement, type Meaning, type Moment, type Rows, type Value } from "./operator.ts";

/** A scalar's type in SQL, and a number or text that compares as its values do; undefined where a value is missing. */
export interface Scalar {
  takes: OperandType;
  cast: string;
  read(value: unknown): string | number | boolean | undefined;
}

const asText = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);
const asNumber = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isFinite(value) ? value : undefined;

/** The kinds of scalars; a reference to another record compares as an id does. */
export const ID: Scalar = { takes: "recordId", cast: "uuid", read: asText };
export const UNIT: Scalar = { ...ID, takes: "unitId" };
export const USER: Scalar = { ...ID, takes: "userId" };
export const CHOICE: Scalar = { takes: "choice", cast: "text", read: asText };
export const INT: Scalar = { takes: "int", cast: "int4", read: asNumber };
export const FLOAT: Scalar = { takes: "float", cast: "float8", read: asNumber };
export const BOOLEAN: Scalar = {
  takes: "boolean",
  cast: "boolean",
  read: (v) => (typeof v === "boolean" ? v : undefined),
};
export const INSTANT: Scalar = { takes: "instant", cast: "timestamptz", read: instantNumber };
export const DATE: Scalar = { takes: "date", cast: "date", read: dateNumber };

/** One operand as a parameter. */
const one = (operand: Operand, cast: string): Value => sql`${operand}::${sql.raw(cast)}`;
/** A list of operands as one array parameter. */
export const many = (operand: readonly unknown[], cast: string): Value => sql`${operand}::${sql.raw(cast)}[]`;

/** Equality with one operand. */
export const eq = ({ takes, cast, read }: Scalar): Meaning => ({
  takes,
  sql: (value, operand: Operand) => sql`${value} = ${one(operand, cast)}`,
  holds: (operand: Operand) => {
    const wanted = read(operand);
    return (value) => read(value) === wanted;
  },
  terms: (operand: Operand) => ({ all: [String(operand)] }),
});

/** Equality with one of a list. */
export const isIn = ({ takes, cast, read }: Scalar): Meaning => ({
  takes,
  list: true,
  sql: (value, operand: readonly string[]) => sql`${value} = ANY(${many(operand, cast)})`,
  holds: (operand: readonly string[]) => {
    const wanted = new Set<unknown>(operand.map(read));
    return (value) => {
      const found = read(value);
      return found !== undefined && wanted.has(found);
    };
  },
});

/** `eq` and its complement. */
export const equality = (scalar: Scalar): Rows => ({
  eq: eq(scalar),
  ne: complement("eq", { takes: scalar.takes }),
});

/** `in` and its complement. */
export const membership = (scalar: Scalar): Rows => ({
  in: isIn(scalar),
  notIn: complement("in", { takes: scalar.takes, list: true }),
});

type Compare = (a: string | number | boolean, b: string | number | boolean) => boolean;

const compared = ({ takes, cast, read }: Scalar, symbol: string, compare: Compare): Meaning => ({
  takes,
  sql: (value, operand: Operand) => sql`${value} ${sql.raw(symbol)} ${one(operand, cast)}`,
  holds: (operand: Operand) => {
    const bound = read(operand);
    return (value) => {
      const found = read(value);
      return found !== undefined && bound !== undefined && compare(found, bound);
    };
  },
});

/** Less and greater. */
export const order = (scalar: Scalar): Rows => ({
  lt: compared(scalar, "<", (a, b) => a < b),
  lte: compared(scalar, "<=", (a, b) => a <= b),
  gt: compared(scalar, ">", (a, b) => a > b),
  gte: compared(scalar, ">=", (a, b) => a >= b),
});

/** Whether there is a value; the one question that a missing value answers. */
export const IS_NULL: Rows = {
  isNull: {
    takes: "boolean",
    nullableOnly: true,
    sql: (value, operand: boolean) => (operand ? sql`${value} IS NULL` : sql`${value} IS NOT NULL`),
    holds: (operand: boolean) => (value) => (value === null || value === undefined) === operand,
    holdsMissing: (operand: boolean) => operand,
  },
};

type Bound = (at: Moment, length: string) => string;

/** A stretch of time beside the moment; without `from` it reaches back for ever, `open` leaves its end out. */
interface Span {
  from?: Bound;
  to: Bound;
  open?: true;
}

const span = ({ cast, read }: Scalar, takes: OperandType, { from, to, open }: Span): Meaning => ({
  takes,
  sql: (value, length: string, at) => {
    const upper = sql<SqlBool>`${value} ${sql.raw(open ? "<" : "<=")} ${one(to(at, length), cast)}`;
    return from ? sql`(${value} >= ${one(from(at, length), cast)} AND ${upper})` : upper;
  },
  holds: (length: string) => {
    const boundsAt = lastResult((at: Moment) => ({
      first: (from && read(from(at, length))) ?? Number.NEGATIVE_INFINITY,
      last: read(to(at, length)) ?? Number.NEGATIVE_INFINITY,
    }));
    return (value, at) => {
      const found = read(value);
      if (found === undefined) return false;
      const { first, last } = boundsAt(at);
      return found >= first && (open ? found < last : found <= last);
    };
  },
});

/** One moment is asked about for many rows in a row; its bounds are reckoned once. */
function lastResult<T>(compute: (at: Moment) => T): (at: Moment) => T {
  let last: { at: Moment; result: T } | undefined;
  return (at) => {
    if (last?.at !== at) last = { at, result: compute(at) };
    return last.result;
  };
}

/** The operators that reckon from the moment: `present` is the moment itself, `shift` what lies a length before or after it. */
export const relative = (
  scalar: Scalar,
  takes: OperandType,
  present: (at: Moment) => string,
  shift: (at: Moment, length: string, sign: -1 | 1) => string,
): Rows => ({
  withinLast: span(scalar, takes, { from: (at, length) => shift(at, length, -1), to: present }),
  withinNext: span(scalar, takes, { from: present, to: (at, length) => shift(at, length, 1) }),
  olderThan: span(scalar, takes, { to: (at, length) => shift(at, length, -1), open: true }),
});
