import { sql } from "kysely";
import { fold } from "./folding.ts";
import { complement, type Meaning, type Rows, type Value } from "./operator.ts";
import { many, type Scalar } from "./scalar-operators.ts";

/** The members of a set, undefined where there is none. */
export const asTexts = (value: unknown): readonly string[] | undefined => (Array.isArray(value) ? value : undefined);

/** A set of text as it is compared and indexed. */
const foldEach = (values: Value): Value => sql`fold_each(${values})`;

/** Whether there is a set without, or with, a member; `stored` is the form of the set that the indexes hold. */
export const isEmpty = (stored: (values: Value) => Value): Rows => ({
  isEmpty: {
    takes: "boolean",
    sql: (values, operand: boolean) => sql`${stored(values)} ${sql.raw(operand ? "=" : "<>")} '{}'`,
    holds: (operand: boolean) => (values) => {
      const found = asTexts(values);
      return found !== undefined && (found.length === 0) === operand;
    },
  },
});

/** Members of sets of text are compared folded, always. */
export const TEXT_SET: Rows = {
  any: {
    takes: "text",
    list: true,
    sql: (values, operand: readonly string[]) =>
      sql`${foldEach(values)} && ${many([...new Set(operand.map(fold))], "text")}`,
    holds: (operand: readonly string[]) => {
      const wanted = new Set(operand.map(fold));
      return (values) => asTexts(values)?.some((value) => wanted.has(fold(value))) ?? false;
    },
    terms: (operand: readonly string[]) => ({ any: operand }),
  },
  all: {
    takes: "text",
    list: true,
    sql: (values, operand: readonly string[]) =>
      sql`${foldEach(values)} @> ${many([...new Set(operand.map(fold))], "text")}`,
    holds: (operand: readonly string[]) => {
      const wanted = operand.map(fold);
      return (values) => {
        const found = asTexts(values)?.map(fold);
        return found !== undefined && wanted.every((value) => found.includes(value));
      };
    },
    terms: (operand: readonly string[]) => ({ all: operand }),
  },
  none: complement("any", { takes: "text", list: true }),
  ...isEmpty(foldEach),
};

/** Has one of these members, compared as they are. */
export const overlaps = ({ takes, cast }: Scalar): Meaning => ({
  takes,
  list: true,
  sql: (values, operand: readonly string[]) => sql`${values} && ${many(operand, cast)}`,
  holds: (operand: readonly string[]) => {
    const wanted = new Set(operand);
    return (values) => asTexts(values)?.some((value) => wanted.has(value)) ?? false;
  },
  terms: (operand: readonly string[]) => ({ any: operand }),
});

/** Has all of these members, compared as they are. */
export const includes = ({ takes, cast }: Scalar): Meaning => ({
  takes,
  list: true,
  sql: (values, operand: readonly string[]) => sql`${values} @> ${many(operand, cast)}`,
  holds: (operand: readonly string[]) => (values) => {
    const found = asTexts(values);
    return found !== undefined && operand.every((value) => found.includes(value));
  },
  terms: (operand: readonly string[]) => ({ all: operand }),
});

/** A path of ids from the root down, or from the direct manager up: does it pass by this one? */
export const passes = ({ takes, cast }: Scalar): Meaning => ({
  takes,
  reads: "pathColumn",
  sql: (values, operand: string) => sql`${values} @> ${many([operand], cast)}`,
  holds: (operand: string) => (values) => asTexts(values)?.includes(operand) ?? false,
  terms: (operand: string) => ({ all: [operand] }),
});
