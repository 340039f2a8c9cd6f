import { createHash } from "node:crypto";
import { invalidInput } from "../kernel/errors.ts";
import { daysInMonth } from "./civil-date.ts";
import { isStorable } from "./folding.ts";

/** What a value that rows are ordered by is, and so how a cursor carries it and SQL compares it. */
export type KeyType = "text" | "textArray" | "int" | "bigint" | "number" | "boolean" | "instant" | "date" | "uuid";

/** A value in a cursor; instants and dates as PostgreSQL's JSON writes them. */
export type CursorValue = string | number | boolean | readonly string[] | null;

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const BIGINT = /^-?[0-9]{1,18}$/;
const INFINITE = /^-?infinity$/;
const DATE = /^([0-9]{4,7})-([0-9]{2})-([0-9]{2})( BC)?$/;
const TIME =
  /T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?(?:Z|[+-](?:0[0-9]|1[0-5])(?::[0-5][0-9]){0,2})(?=$| BC$)/;
/** The last years that PostgreSQL holds whole. */
const LAST_YEAR = { instant: 294_276, date: 5_874_897, beforeChrist: 4_712 } as const;

const isText = (value: unknown): boolean => typeof value === "string" && isStorable(value);

const FITS: Readonly<Record<KeyType, (value: unknown) => boolean>> = {
  text: isText,
  textArray: (value) => Array.isArray(value) && value.every(isText),
  int: (value) => Number.isSafeInteger(value),
  bigint: (value) => typeof value === "string" && BIGINT.test(value),
  number: (value) => Number.isFinite(value),
  boolean: (value) => typeof value === "boolean",
  instant: (value) =>
    typeof value === "string" &&
    (INFINITE.test(value) || (TIME.test(value) && isDay(value.replace(TIME, ""), LAST_YEAR.instant))),
  date: (value) => typeof value === "string" && (INFINITE.test(value) || isDay(value, LAST_YEAR.date)),
  uuid: (value) => typeof value === "string" && UUID.test(value),
};

function isDay(text: string, lastYear: number): boolean {
  const match = DATE.exec(text);
  if (!match) return false;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const inRange = year >= 1 && year <= (match[4] ? LAST_YEAR.beforeChrist : lastYear) && month >= 1 && month <= 12;
  return inRange && day >= 1 && day <= daysInMonth(match[4] ? 1 - year : year, month);
}

/** A row's value as a cursor carries it. */
export function cursorValue(type: KeyType, value: unknown): CursorValue {
  if (value === null || value === undefined) return null;
  return type === "bigint" ? String(value) : (value as CursorValue);
}

/** Characters of the seal in front of a cursor's values: it keeps accidents out, not forgers, who learn nothing by it. */
const SEAL = 16;

const checksum = (order: string, values: string): string =>
  createHash("sha256").update(`${order}\n${values}`).digest("base64url").slice(0, SEAL);

/** The opaque text of a place in an order: the values of its columns, sealed with the order that they belong to. */
export function encodeCursor(order: string, values: readonly CursorValue[]): string {
  const text = JSON.stringify(values);
  return Buffer.from(checksum(order, text) + text).toString("base64url");
}

/** Reads what `encodeCursor` wrote for the same order; INVALID_INPUT for anything else. */
export function decodeCursor(
  order: string,
  keys: readonly { type: KeyType; nullable: boolean }[],
  cursor: string,
  path: string,
): readonly CursorValue[] {
  const sealed = Buffer.from(cursor, "base64url").toString();
  const text = sealed.slice(SEAL);
  const values = sealed.slice(0, SEAL) === checksum(order, text) ? listIn(text) : [];
  const fits = keys.every(({ type, nullable }, i) => (values[i] === null ? nullable : FITS[type](values[i])));
  if (values.length !== keys.length || !fits)
    throw invalidInput([{ path, message: "must be a cursor that this gateway gave out for the same order." }]);
  return values as CursorValue[];
}

function listIn(text: string): readonly unknown[] {
  try {
    const content: unknown = JSON.parse(text);
    return Array.isArray(content) ? content : [];
  } catch {
    return [];
  }
}
