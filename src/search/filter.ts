/**
 * The filter as everything behind the parser sees it. Two-valued: a missing value satisfies no operator, and `not` is
 * the exact complement. `and` of nothing is true, `or` of nothing is false. The specification is schema/FILTER.md.
 */
export type Filter = And | Or | Not | Criterion;

export interface And {
  kind: "and";
  of: readonly Filter[];
}

export interface Or {
  kind: "or";
  of: readonly Filter[];
}

export interface Not {
  kind: "not";
  of: Filter;
}

/** One field, one operator, one operand. Operators given together in GraphQL are several criteria under `and`. */
export interface Criterion {
  kind: "criterion";
  /** The field's public name in the catalogue. */
  field: string;
  operator: Operator;
  operand: Operand;
  /** Text only; comparison is folded unless this is true. */
  caseSensitive?: true;
  /** `attributes` only: the attribute's key and the kind that its value is compared as. */
  key?: string;
  as?: "text" | "float" | "boolean" | "date" | "textSet";
  /** `grants` only: the conditions that one and the same grant must meet (fields of the grant catalogue). */
  of?: Filter;
}

export type Operator =
  | "eq"
  | "ne"
  | "in"
  | "notIn"
  | "lt"
  | "lte"
  | "gt"
  | "gte"
  | "contains"
  | "startsWith"
  | "endsWith"
  | "isNull"
  | "withinLast"
  | "withinNext"
  | "olderThan"
  | "any"
  | "all"
  | "none"
  | "isEmpty"
  | "within"
  | "withinAny"
  | "reportsTo"
  | "statusIn"
  | "exists"
  | "some"
  | "noneOf"
  | "words";

/** Ids are bare UUIDs here; instants are ISO 8601 with milliseconds in UTC; dates YYYY-MM-DD; durations ISO 8601. */
export type Operand = string | number | boolean | null | readonly string[] | readonly number[];

export const TRUE: Filter = { kind: "and", of: [] };
export const FALSE: Filter = { kind: "or", of: [] };
export const and = (...of: Filter[]): Filter => (of.length === 1 && of[0] ? of[0] : { kind: "and", of });
export const or = (...of: Filter[]): Filter => (of.length === 1 && of[0] ? of[0] : { kind: "or", of });
export const not = (of: Filter): Filter => ({ kind: "not", of });

/** The criteria that a filter requires all of, whatever else it asks. */
export const conjuncts = (filter: Filter): Criterion[] =>
  filter.kind === "criterion" ? [filter] : filter.kind === "and" ? filter.of.flatMap(conjuncts) : [];
