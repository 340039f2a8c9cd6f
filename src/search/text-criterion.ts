import { ATTRIBUTE_TYPES } from "./attribute.ts";
import type { Catalogue, Field } from "./field.ts";
import { type Criterion, type Filter, not, type Operand } from "./filter.ts";
import { FILTER_LIMITS } from "./limits.ts";
import type { ComparedKind, OperatorRow } from "./operator.ts";
import { OPERATORS } from "./operators.ts";
import { isPlainWord } from "./text-lexer.ts";
import { type Phrase, phrasesOf } from "./text-phrases.ts";
import { refusedAt, type Tokens, tooComplex, unreadable } from "./text-tokens.ts";
import { isText, isTruth, type NameOf, numeralKind, readValue, type ValuePlace } from "./text-value.ts";

type As = NonNullable<Criterion["as"]>;
type About = Pick<Criterion, "field" | "key" | "as">;

/** What may stand behind a whole criterion. */
const FOLLOWING = ["and", "or", ")"];

/** What reading a criterion needs of its surroundings. */
export interface CriterionReading {
  readonly tokens: Tokens;
  readonly nameOf: NameOf;
  /** Reads the filter in parentheses behind `some` or `none`. */
  readonly grantFilter: () => Filter;
}

/** Reads what stands behind a field's name. The complement of a manager's status comes back as a `not`. */
export function readCriterion(reading: CriterionReading, field: Field, catalogue: Catalogue): Filter {
  const place = { field, catalogue };
  const { tokens } = reading;
  const about = { field: field.name };
  const shorthand = field.shorthand ?? (field.kind === "words" ? "words" : undefined);
  if (shorthand) return readOperator(reading, about, place, { operator: shorthand, words: [] });
  if (field.kind === "attributes") return readAttribute(reading, place);
  if (field.kind === "manager" && tokens.is(".")) return readManagerStatus(reading, place);
  if (field.kind === "boolean" && endsCriterion(tokens))
    return { kind: "criterion", ...about, operator: "eq", operand: true };
  return readOperator(reading, about, place, takePhrase(tokens, phrasesOf(field.kind, field.nullable)));
}

const endsCriterion = (tokens: Tokens): boolean =>
  tokens.peek().kind === "end" || FOLLOWING.some((what) => tokens.is(what));

/** The phrase that stands next, the longest where several do; refused where the first word stands that continues none. */
function takePhrase(tokens: Tokens, offered: readonly Phrase[]): Phrase {
  const begun = offered.map((phrase) => {
    const end = phrase.words.findIndex((word, i) => !tokens.is(word, i));
    return { phrase, length: end === -1 ? phrase.words.length : end, whole: end === -1 };
  });
  const whole = begun.filter((one) => one.whole).sort((a, b) => b.length - a.length)[0];
  const furthest = Math.max(...begun.map(({ length }) => length));
  if (!whole) {
    const next = begun
      .filter(({ length }) => length === furthest)
      .map(({ phrase }) => phrase.words[furthest] as string);
    throw refusedAt(tokens.peek(furthest), unique(furthest === 0 ? offered.map(({ words }) => words.join(" ")) : next));
  }
  for (const _ of whole.phrase.words) tokens.take();
  return whole.phrase;
}

const unique = (words: readonly string[]): string[] => [...new Set(words)];

/** Reads the operand of an operator, and whether case counts. */
function readOperator(reading: CriterionReading, about: About, place: ValuePlace, phrase: Phrase): Criterion {
  const { tokens } = reading;
  const { operator } = phrase;
  const kind: ComparedKind = about.as ? ATTRIBUTE_TYPES[about.as].kind : place.field.kind;
  const row = OPERATORS[kind][operator] as OperatorRow;
  if (phrase.operand !== undefined) return { kind: "criterion", ...about, operator, operand: phrase.operand };
  if (row.takes === "filter")
    return { kind: "criterion", ...about, operator, operand: null, of: reading.grantFilter() };
  const operand = row.list ? readList(reading, row, place) : readValue(row.takes, tokens.take(), place, reading.nameOf);
  const criterion: Criterion = { kind: "criterion", ...about, operator, operand };
  const cased = "contains" in OPERATORS[kind] && row.takes === "text";
  if (!cased || !tokens.skip("matching")) return criterion;
  tokens.require("case");
  return { ...criterion, caseSensitive: true };
}

function readList({ tokens, nameOf }: CriterionReading, row: OperatorRow, place: ValuePlace): Operand {
  tokens.require("(");
  const values: (string | number | boolean)[] = [];
  if (tokens.skip(")")) return [];
  do {
    if (values.length === FILTER_LIMITS.listValues)
      throw tooComplex(`a list has more than ${values.length} values`, values.length, { column: tokens.peek().column });
    values.push(readValue(row.takes, tokens.take(), place, nameOf));
  } while (tokens.skip(","));
  if (!tokens.skip(")")) throw refusedAt(tokens.peek(), [",", ")"]);
  return values as string[] | number[];
}

/** The manager's status takes the operators of a choice; the tree has one operator, and its complement, for them all. */
function readManagerStatus(reading: CriterionReading, place: ValuePlace): Filter {
  const { tokens } = reading;
  tokens.take();
  tokens.require("status");
  const { operator } = takePhrase(tokens, phrasesOf("choice", false));
  const row = OPERATORS.choice[operator] as OperatorRow;
  const operand = row.list
    ? (readList(reading, row, place) as readonly string[])
    : [String(readValue(row.takes, tokens.take(), place, reading.nameOf))];
  const status: Criterion = { kind: "criterion", field: place.field.name, operator: "statusIn", operand };
  return "complementOf" in row ? not(status) : status;
}

const TYPES = Object.entries(ATTRIBUTE_TYPES) as [As, (typeof ATTRIBUTE_TYPES)[As]][];

/** Reads what is asked about an attribute; its type is the one that is given, or else that of what it is compared with. */
function readAttribute(reading: CriterionReading, place: ValuePlace): Criterion {
  const { tokens } = reading;
  tokens.require(".");
  const about = { field: place.field.name, key: readKey(reading, place) };
  if (tokens.skip("as")) {
    const given = TYPES.find(([, { input }]) => tokens.is(input));
    if (!given) throw refusedAt(tokens.peek(), inputs(TYPES.map(([as]) => as)));
    tokens.take();
    return readOperator(reading, { ...about, as: given[0] }, place, takePhrase(tokens, phrasesOf(given[1].kind, true)));
  }
  const { column } = tokens.peek();
  const typed = TYPES.flatMap(([as, { kind }]) => phrasesOf(kind, true).map((phrase) => ({ as, phrase })));
  const phrase = takePhrase(tokens, [...phrasesOf("attributes", true), ...typed.map((one) => one.phrase)]);
  if (phrase.operator === "exists") return readOperator(reading, about, place, phrase);
  const types = typed.filter((one) => one.phrase.words.join() === phrase.words.join()).map(({ as }) => as);
  const as = typeCompared(tokens, phrase, types);
  if (!as) {
    const message = `expected as and the attribute's type: ${inputs(types).join(", ")}.`;
    throw unreadable(
      column,
      message,
      inputs(types).map((input) => `as ${input}`),
    );
  }
  return readOperator(reading, { ...about, as }, place, phrase);
}

const inputs = (types: readonly As[]): string[] => types.map((as) => ATTRIBUTE_TYPES[as].input);

function readKey({ tokens, nameOf }: CriterionReading, place: ValuePlace): string {
  const key = tokens.take();
  const isKey = key.kind === "text" || (key.kind === "word" && isPlainWord(key.text));
  if (!isKey || key.text === "") throw refusedAt(key, ["the key of an attribute"]);
  return String(readValue("text", { ...key, kind: "text" }, place, nameOf));
}

/** The one of these types that the next value is of; undefined where it leaves open which, and refused where it is of none. */
function typeCompared(tokens: Tokens, phrase: Phrase, types: readonly As[]): As | undefined {
  if (types.length === 1) return types[0];
  const value = tokens.peek(tokens.is("(") ? 1 : 0);
  if (phrase.operand !== undefined || value.text === ")") return undefined;
  const compared = isTruth(value) ? "boolean" : (numeralKind(value) ?? (isText(value) ? "text" : undefined));
  if (compared && types.includes(compared)) return compared;
  throw refusedAt(
    value,
    inputs(types).map((input) => `a ${input}`),
  );
}
