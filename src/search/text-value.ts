import type { Catalogue, Field } from "./field.ts";
import { FILTER_LIMITS } from "./limits.ts";
import { Fault, type OperandType, printOperand, readOperand } from "./operand.ts";
import { isKeyword, isPlainWord, quote, type Token } from "./text-lexer.ts";
import { refusedAt, tooComplex, unreadable } from "./text-tokens.ts";

/** What can be called by a name instead of its id: an org unit by its code, a user by their username. */
export type NamedKind = "OrgUnit" | "User";

/** The UUID of what a name names; undefined where it names nothing that may be known of. */
export type NameOf = (kind: NamedKind, name: string) => string | undefined;

/** Of which field's operand a value is a part. */
export interface ValuePlace {
  field: Field;
  catalogue: Catalogue;
}

type Scalar = string | number | boolean;

const NUMERAL = /^[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;
const YEAR = /^[0-9]{4}-/;

/** Whether a token reads as a number, as a date, or as neither. */
export const numeralKind = ({ kind, text }: Token): "float" | "date" | undefined =>
  kind !== "number" ? undefined : NUMERAL.test(text) ? "float" : YEAR.test(text) ? "date" : undefined;

/** Whether a token is the word of a truth value. */
export const isTruth = ({ kind, text }: Token): boolean => kind === "word" && /^(?:true|false)$/i.test(text);

/** Whether a token is a text, in quotes or as a word. */
export const isText = ({ kind, text }: Token): boolean =>
  kind === "text" || (kind === "word" && isPlainWord(text) && !isKeyword(text));

/** What a value of a type is called where it is missing. */
const EXPECTED: Readonly<Record<Exclude<OperandType, "filter" | "choice">, string>> = {
  text: "a text in double quotes",
  words: "a text in double quotes",
  int: "a whole number",
  float: "a number",
  boolean: "true or false",
  instant: "an instant",
  date: "a date",
  duration: "a duration",
  days: "a duration in days",
  recordId: "an id",
  unitId: "an id or a code in double quotes",
  userId: "an id or a username in double quotes",
};

/** What would be accepted where a value of this type belongs. */
export const expectedOf = (type: OperandType, { field }: ValuePlace): readonly string[] =>
  type === "choice" ? Object.keys(field.choice?.values ?? {}) : type === "filter" ? ["("] : [EXPECTED[type]];

/** What a token says where a value of a type belongs, before it is read; undefined where it can be none. */
function rawValue(type: OperandType, token: Token): Scalar | undefined {
  const { kind, text } = token;
  if (type === "text" || type === "words") return isText(token) ? text : undefined;
  if (type === "int" || type === "float") return numeralKind(token) === "float" ? Number(text) : undefined;
  if (type === "boolean") return isTruth(token) ? text.toLowerCase() === "true" : undefined;
  return kind === "word" || kind === "number" || kind === "text" ? text : undefined;
}

/** The operand that a token stands for; refuses at its column what is none, a name that names nothing, and a text over the limit. */
export function readValue(type: OperandType, token: Token, place: ValuePlace, nameOf: NameOf): Scalar {
  const raw = rawValue(type, token);
  if (raw === undefined) throw refusedAt(token, expectedOf(type, place));
  if (token.kind === "text") assertLength(token);
  const read = readOperand(type, raw, place);
  if (!(read instanceof Fault)) return read;
  const kind = token.kind === "text" ? namedBy(type, place) : undefined;
  if (!kind) throw unreadable(token.column, read.message, read.allowed);
  const named = nameOf(kind, token.text);
  if (named === undefined) throw unreadable(token.column, UNKNOWN[kind], expectedOf(type, place));
  return named;
}

const UNKNOWN: Readonly<Record<NamedKind, string>> = {
  OrgUnit: "must be the id, or the code, of an org unit that you may see.",
  User: "must be the id, or the username, of a user whom you may see.",
};

/** What a text that is no id names. */
function namedBy(type: OperandType, { field, catalogue }: ValuePlace): NamedKind | undefined {
  if (type === "unitId") return "OrgUnit";
  if (type === "userId") return "User";
  return type === "recordId" && (field.idKind ?? catalogue.idKind) === "User" ? "User" : undefined;
}

/** Refuses a text with more characters than a filter's may have. */
export function assertLength({ text, column }: Token): void {
  const limit = FILTER_LIMITS.textCharacters;
  const actual = text.length > limit ? [...text].length : text.length;
  if (actual > limit)
    throw tooComplex(`the text at column ${column} has ${actual} characters`, limit, { actual, column });
}

/** A value as it is written: texts in quotes, everything else as it stands. */
export function printValue(type: OperandType, operand: Scalar, place: ValuePlace): string {
  const value = printOperand(type, operand, place);
  return type === "text" || type === "words" ? quote(String(value)) : String(value);
}
