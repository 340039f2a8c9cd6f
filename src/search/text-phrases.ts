import type { Operator } from "./filter.ts";
import type { ComparedKind } from "./operator.ts";
import { operatorsOf } from "./operator-of.ts";

/** How an operator is written in the text form: words and signs, and the operand where they say it themselves. */
export interface Phrase {
  operator: Operator;
  words: readonly string[];
  operand?: boolean;
}

const phrase = (words: string, operand?: boolean): Omit<Phrase, "operator"> => ({
  words: words.split(" "),
  ...(operand === undefined ? {} : { operand }),
});

/** Every operator's phrases; the two that stand behind a name of their own (`text`, `manager.status`) have none here. */
const PHRASES: Readonly<Record<Operator, readonly Omit<Phrase, "operator">[]>> = {
  eq: [phrase("=")],
  ne: [phrase("!=")],
  in: [phrase("in")],
  notIn: [phrase("not in")],
  lt: [phrase("<")],
  lte: [phrase("<=")],
  gt: [phrase(">")],
  gte: [phrase(">=")],
  contains: [phrase("contains")],
  startsWith: [phrase("starts with")],
  endsWith: [phrase("ends with")],
  isNull: [phrase("is null", true), phrase("is not null", false)],
  withinLast: [phrase("within last")],
  withinNext: [phrase("within next")],
  olderThan: [phrase("older than")],
  any: [phrase("any")],
  all: [phrase("all")],
  none: [phrase("none")],
  isEmpty: [phrase("is empty", true), phrase("is not empty", false)],
  within: [phrase("within")],
  withinAny: [phrase("within any")],
  reportsTo: [phrase("reports to")],
  statusIn: [],
  exists: [phrase("exists", true), phrase("not exists", false)],
  some: [phrase("some")],
  noneOf: [phrase("none")],
  words: [],
};

/** The phrases that a field of a kind is asked with; `nullable` says whether its value can be missing. */
export function phrasesOf(kind: ComparedKind, nullable: boolean): Phrase[] {
  return [...operatorsOf(kind).values()]
    .filter(({ row }) => nullable || !row.nullableOnly)
    .flatMap(({ operator }) => PHRASES[operator].map((words) => ({ operator, ...words })));
}

/** How an operator with this operand is written. */
export function phraseOf(operator: Operator, operand: unknown): Phrase {
  const phrases = PHRASES[operator];
  const found = phrases.find((one) => one.operand === operand) ?? phrases[0];
  if (!found) throw new TypeError(`${operator} has no phrase.`);
  return { operator, ...found };
}
