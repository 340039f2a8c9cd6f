import { dayNumber } from "./civil-date.ts";

const INSTANT =
  /^([0-9]{4,6})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2}(?:\.[0-9]+)?)(Z|[+-][0-9]{2}(?::[0-9]{2}){0,2})( BC)?$/;
const DATE = /^([0-9]{4,7})-([0-9]{2})-([0-9]{2})( BC)?$/;
const PLAIN_INSTANT = /^[0-9]{4}-[^ ]*$/;

/** Many criteria read the same few values of a row before and after, one after another: the last ones read are known. */
function knowingTheLast(read: (text: string) => number | undefined): (text: string) => number | undefined {
  let [last, before] = [
    { text: "", number: read("") },
    { text: "", number: read("") },
  ];
  return (text) => {
    if (text === last.text) return last.number;
    [last, before] = text === before.text ? [before, last] : [{ text, number: read(text) }, last];
    return last.number;
  };
}

/** Milliseconds since 1970 of an instant as PostgreSQL's JSON writes it, infinity and years before Christ included; undefined for no instant. */
export function instantNumber(value: unknown): number | undefined {
  if (value instanceof Date) return value.getTime();
  return typeof value === "string" ? instantOf(value) : undefined;
}

const instantOf = knowingTheLast((value) => {
  if (PLAIN_INSTANT.test(value)) {
    const plain = Date.parse(value);
    if (!Number.isNaN(plain)) return plain;
  }
  const match = INSTANT.exec(value);
  if (!match) return infinite(value);
  const day = dayNumber(yearOf(match[1], match[8]), Number(match[2]), Number(match[3]));
  const seconds = Number(match[4]) * 3600 + Number(match[5]) * 60 + Number(match[6]);
  return day * 86_400_000 + Math.round((seconds - offsetSeconds(match[7] ?? "Z")) * 1000);
});

/** Days since 1970-01-01 of a civil date as PostgreSQL's JSON writes it; undefined for no date. */
export const dateNumber = (value: unknown): number | undefined =>
  typeof value === "string" ? dateOf(value) : undefined;

const dateOf = knowingTheLast((value) => {
  const match = DATE.exec(value);
  return match ? dayNumber(yearOf(match[1], match[4]), Number(match[2]), Number(match[3])) : infinite(value);
});

function yearOf(digits: string | undefined, bc: string | undefined): number {
  return bc ? 1 - Number(digits) : Number(digits);
}

function offsetSeconds(zone: string): number {
  if (zone === "Z") return 0;
  const [hours = 0, minutes = 0, seconds = 0] = zone.slice(1).split(":").map(Number);
  return (zone.startsWith("-") ? -1 : 1) * (hours * 3600 + minutes * 60 + seconds);
}

function infinite(text: string): number | undefined {
  return text === "infinity" ? Number.POSITIVE_INFINITY : text === "-infinity" ? Number.NEGATIVE_INFINITY : undefined;
}

const RFC_3339 =
  /^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})$/;

/** An RFC 3339 instant or a Date in UTC with milliseconds, years 1 to 9999; undefined for anything else. */
export function readInstant(value: unknown): string | undefined {
  if (typeof value === "string" && !(RFC_3339.test(value) && existsDay(value))) return undefined;
  if (typeof value !== "string" && !(value instanceof Date)) return undefined;
  const instant = new Date(value instanceof Date ? value : value.toUpperCase().replace(" ", "T"));
  const year = instant.getUTCFullYear();
  return year >= 1 && year <= 9999 ? instant.toISOString() : undefined;
}

/** JavaScript takes 30 February for 2 March; a caller's typing error should not become another day. */
const existsDay = (text: string): boolean => {
  const [year = 0, month = 0, day = 0] = text.slice(0, 10).split("-").map(Number);
  return new Date(Date.UTC(2000 + (year % 400), month - 1, day)).getUTCDate() === day;
};
