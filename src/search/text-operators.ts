import { type SqlBool, sql } from "kysely";
import { escapeFoldedLike, escapeLike, fold, wordsOf } from "./folding.ts";
import { complement, type Meaning, type Rows } from "./operator.ts";
import { many } from "./scalar-operators.ts";
import { asTexts } from "./set-operators.ts";

/** Text: compared folded, or exactly behind the folded condition, which alone has an index. */
const textEq: Meaning = {
  takes: "text",
  sql: (value, operand: string, { caseSensitive, indexed }) => {
    const folded = sql<SqlBool>`fold(${value}) = ${fold(operand)}`;
    const exact = sql<SqlBool>`${value} = ${operand}`;
    return caseSensitive ? (indexed ? sql`(${folded} AND ${exact})` : exact) : folded;
  },
  holds: (operand: string, { caseSensitive }) => {
    const wanted = caseSensitive ? operand : fold(operand);
    return (value) => typeof value === "string" && (caseSensitive ? value : fold(value)) === wanted;
  },
  terms: (operand: string) => ({ all: [operand] }),
};

const textIn: Meaning = {
  takes: "text",
  list: true,
  sql: (value, operand: readonly string[], { caseSensitive, indexed }) => {
    const folded = sql<SqlBool>`fold(${value}) = ANY(${many([...new Set(operand.map(fold))], "text")})`;
    const exact = sql<SqlBool>`${value} = ANY(${many(operand, "text")})`;
    return caseSensitive ? (indexed ? sql`(${folded} AND ${exact})` : exact) : folded;
  },
  holds: (operand: readonly string[], { caseSensitive }) => {
    const wanted = new Set(caseSensitive ? operand : operand.map(fold));
    return (value) => typeof value === "string" && wanted.has(caseSensitive ? value : fold(value));
  },
  terms: (operand: readonly string[]) => ({ any: operand }),
};

/** Between the texts that `fold_all` joins, and at both ends. */
const JOINT = "\u001f";

interface Part {
  /** The pattern of a text with the part in its place, and of joined texts one of which has it there. */
  pattern(part: string): string;
  joined(part: string): string;
  test(text: string, part: string): boolean;
}

const like = ({ pattern, joined, test }: Part): Meaning => ({
  takes: "text",
  sql: (value, operand: string, { caseSensitive }) =>
    caseSensitive
      ? sql`${value} LIKE ${pattern(escapeLike(operand))}`
      : sql`fold(${value}) LIKE ${pattern(escapeLike(fold(operand)))}`,
  holds: (operand: string, { caseSensitive }) => {
    const part = caseSensitive ? operand : fold(operand);
    return (value) => typeof value === "string" && test(caseSensitive ? value : fold(value), part);
  },
  patterns: (operand: string) => [joined(escapeFoldedLike(operand))],
});

/** The operators of one text. */
export const TEXT = {
  eq: textEq,
  ne: complement("eq", { takes: "text" }),
  in: textIn,
  notIn: complement("in", { takes: "text", list: true }),
  contains: like({ pattern: (x) => `%${x}%`, joined: (x) => `%${x}%`, test: (text, part) => text.includes(part) }),
  startsWith: like({
    pattern: (x) => `${x}%`,
    joined: (x) => `%${JOINT}${x}%`,
    test: (text, part) => text.startsWith(part),
  }),
  endsWith: like({
    pattern: (x) => `%${x}`,
    joined: (x) => `%${x}${JOINT}%`,
    test: (text, part) => text.endsWith(part),
  }),
} satisfies Rows;

/** Several texts: the operator of one text, asked of each. */
const anyOf = (row: Meaning, patterns = row.patterns): Meaning => ({
  takes: row.takes,
  ...(row.list ? { list: true } : {}),
  sql: (values, operand, scope) =>
    sql`EXISTS (SELECT FROM unnest(${values}) AS t(v) WHERE ${row.sql(sql`t.v`, operand, { ...scope, indexed: false })})`,
  holds: (operand, scope) => {
    const holds = row.holds(operand, scope);
    return (values, at) => asTexts(values)?.some((value) => holds(value, at)) ?? false;
  },
  ...(patterns ? { patterns } : {}),
});

/** A text of its own among joined texts. */
const whole = (text: string): string => `%${JOINT}${escapeFoldedLike(text)}${JOINT}%`;

/** The operators of several texts, each of which may satisfy. */
export const ANY_TEXT: Rows = {
  ...TEXT,
  eq: anyOf(TEXT.eq, (operand: string) => [whole(operand)]),
  in: anyOf(TEXT.in, (operand: readonly string[]) => operand.map(whole)),
  contains: anyOf(TEXT.contains),
  startsWith: anyOf(TEXT.startsWith),
  endsWith: anyOf(TEXT.endsWith),
  isNull: {
    takes: "boolean",
    nullableOnly: true,
    sql: (values, operand: boolean) => sql`coalesce(cardinality(${values}), 0) ${sql.raw(operand ? "=" : ">")} 0`,
    holds: (operand: boolean) => (values) => ((asTexts(values)?.length ?? 0) === 0) === operand,
    holdsMissing: (operand: boolean) => operand,
  },
};

/** How many characters of a word `word_beginnings` gives to the index; of a shorter word all. */
const BEGINNINGS = [6, 4, 3, 2, 1] as const;

/** The longest beginning of a word that the index holds of every word that begins with it. */
function indexedBeginning(word: string): string {
  const characters = [...word];
  return characters
    .slice(
      0,
      BEGINNINGS.find((length) => length <= characters.length),
    )
    .join("");
}

/** Every word of the operand begins a word of the row. Beside the index's condition, the exact one is written so that no other index answers it. */
export const WORDS: Meaning = {
  takes: "words",
  sql: (value, operand: string, { indexed }) => {
    const words = wordsOf(operand);
    const each = words.map((word) => sql`${value} LIKE ${`% ${escapeLike(word)}%`}`);
    const exact = sql<SqlBool>`(${sql.join(each, sql` AND `)})`;
    if (!indexed) return exact;
    return sql`(word_beginnings(${value}) @> ${many([...new Set(words.map(indexedBeginning))], "text")} AND ${exact} IS TRUE)`;
  },
  holds: (operand: string) => {
    const beginnings = wordsOf(operand).map((word) => ` ${word}`);
    return (value) => typeof value === "string" && beginnings.every((beginning) => value.includes(beginning));
  },
};
