import { sql } from "kysely";
import { dateFrom, instantFrom } from "./duration.ts";
import type { Filter } from "./filter.ts";
import { type ComparedKind, complement, type Meaning, type Rows } from "./operator.ts";
import {
  BOOLEAN,
  CHOICE,
  DATE,
  eq,
  equality,
  FLOAT,
  ID,
  INSTANT,
  INT,
  IS_NULL,
  isIn,
  membership,
  order,
  relative,
  UNIT,
  USER,
} from "./scalar-operators.ts";
import { includes, isEmpty, overlaps, passes, TEXT_SET } from "./set-operators.ts";
import { ANY_TEXT, TEXT, WORDS } from "./text-operators.ts";

const SOME_GRANT: Meaning = {
  takes: "filter",
  sql: (value, filter: Filter, scope) => scope.someGrant(value, filter),
  holds: (filter: Filter, scope) => {
    const holds = scope.grant(filter);
    return (value, at) => Array.isArray(value) && value.some((grant) => holds(grant, at));
  },
};

/**
 * Every operator of every kind of field, said once: what it takes, what it means in SQL and what it means in memory.
 * The two meanings agree on every operand and row (test/search/agreement.test.ts).
 */
export const OPERATORS: Readonly<Record<ComparedKind, Rows>> = {
  id: { ...equality(ID), ...membership(ID) },
  text: { ...TEXT, ...IS_NULL },
  choice: { ...equality(CHOICE), ...membership(CHOICE), ...IS_NULL },
  int: { ...equality(INT), ...membership(INT), ...order(INT), ...IS_NULL },
  float: { ...equality(FLOAT), ...membership(FLOAT), ...order(FLOAT), ...IS_NULL },
  boolean: { ...equality(BOOLEAN), ...IS_NULL },
  instant: {
    ...equality(INSTANT),
    ...order(INSTANT),
    ...relative(
      INSTANT,
      "duration",
      (at) => at.now.toISOString(),
      (at, length, sign) => instantFrom(at.now, length, sign),
    ),
    ...IS_NULL,
  },
  date: {
    ...equality(DATE),
    ...order(DATE),
    ...relative(
      DATE,
      "days",
      (at) => at.today,
      (at, length, sign) => dateFrom(at.today, length, sign),
    ),
    ...IS_NULL,
  },
  textSet: TEXT_SET,
  choiceSet: {
    any: overlaps(CHOICE),
    all: includes(CHOICE),
    none: complement("any", { takes: "choice", list: true }),
    ...isEmpty((values) => values),
  },
  idSet: {
    any: overlaps(ID),
    all: includes(ID),
    none: complement("any", { takes: "recordId", list: true }),
    ...isEmpty((values) => values),
  },
  anyText: ANY_TEXT,
  words: { words: WORDS },
  unit: {
    eq: eq(UNIT),
    in: isIn(UNIT),
    within: passes(UNIT),
    withinAny: { ...overlaps(UNIT), reads: "pathColumn" },
    ...IS_NULL,
  },
  manager: {
    eq: eq(USER),
    in: isIn(USER),
    reportsTo: passes(USER),
    statusIn: { ...isIn(CHOICE), input: "status", reads: "statusColumn" },
    ...IS_NULL,
  },
  attributes: {
    exists: {
      takes: "boolean",
      sql: (value, operand: boolean) =>
        operand ? sql`${value} <> 'null'::jsonb` : sql`(${value} <> 'null'::jsonb) IS NOT TRUE`,
      holds: (operand: boolean) => (value) => (value !== null && value !== undefined) === operand,
      holdsMissing: (operand: boolean) => !operand,
    },
  },
  grants: {
    some: SOME_GRANT,
    noneOf: complement("some", { takes: "filter", input: "none" }),
  },
};
