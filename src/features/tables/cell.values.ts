import { isCivilDate } from "../../search/civil-date.ts";
import { instantIn } from "./local.time.ts";
import type { TableCell } from "./table.cell.ts";
import type { DateFormat, ValueFormat } from "./table.format.ts";

/** What a cell was read as; null where it is empty. `expected` says what should stand there and what does, never the value. */
export type CellReading<T> = { readonly value: T | null } | { readonly expected: string };

/** Reads cells as values, by the formats of a file. Texts are taken without white space around them, and a text of nothing else is empty. */
export interface CellValues {
  /** A number is its digits; a date is no text. */
  text(cell: TableCell): CellReading<string>;
  integer(cell: TableCell): CellReading<number>;
  decimal(cell: TableCell): CellReading<number>;
  /** YYYY-MM-DD. */
  date(cell: TableCell): CellReading<string>;
  instant(cell: TableCell): CellReading<Date>;
  boolean(cell: TableCell): CellReading<boolean>;
  /** Texts, without those that are empty. */
  list(cell: TableCell): CellReading<readonly string[]>;
}

/** One way of reading: what is expected, and what a cell that is not empty is, undefined where it is not that. */
const reading =
  <T>(expected: string, take: (cell: TableCell) => T | undefined) =>
  (cell: TableCell): CellReading<T> => {
    if (cell.kind === "empty" || (cell.kind === "text" && cell.text.trim() === "")) return { value: null };
    const value = take(cell);
    return value === undefined ? { expected: `expected ${expected}; it holds ${described(cell)}.` } : { value };
  };

/** What a cell holds, without saying it. */
function described(cell: TableCell): string {
  switch (cell.kind) {
    case "empty":
      return "nothing";
    case "text": {
      const { length } = cell.text.trim();
      return `a text of ${length} ${length === 1 ? "character" : "characters"}`;
    }
    case "number":
      return isExact(cell.value) ? "a number" : "a number of more digits than spreadsheets keep";
    case "boolean":
      return "true or false";
    case "date":
      return cell.time === undefined ? "a date" : "a date and a time";
    case "time":
      return "a time of day";
    case "unusable":
      return cell.why;
  }
}

const isExact = (value: number): boolean => !Number.isInteger(value) || Number.isSafeInteger(value);

/** The text of a cell that is one, or a number's. */
const textIn = (cell: TableCell): string | undefined =>
  cell.kind === "text" ? cell.text.trim() : cell.kind === "number" && isExact(cell.value) ? cell.text : undefined;

function asText(cell: TableCell): string | undefined {
  return cell.kind === "boolean" ? (cell.value ? "TRUE" : "FALSE") : textIn(cell);
}

/** How to read the cells of a file. */
export function cellValues(format: ValueFormat = {}): CellValues {
  const { date = "YYYY-MM-DD", decimal = ".", grouping, listSeparator = ";", timezone = "UTC" } = format;
  const words = format.booleans ?? { true: ["true"], false: ["false"] };
  const numbers = numberIn(decimal, grouping);
  const listed = words.true.concat(words.false).join(", ");
  const dateIn = (cell: TableCell): string | undefined => {
    if (cell.kind === "date") return (cell.time ?? MIDNIGHT).startsWith(MIDNIGHT) ? cell.date : undefined;
    // A number is a date only where dates are nothing but digits.
    return cell.kind === "text" || date === "YYYYMMDD" ? civilDate(textIn(cell), date) : undefined;
  };
  return {
    text: reading("a text", asText),
    integer: reading(grouping ? `a whole number, such as 1${grouping}200` : "a whole number, such as 12", (cell) => {
      const value = numbers(cell);
      return Number.isSafeInteger(value) ? value : undefined;
    }),
    decimal: reading(`a number, such as 0${decimal}5`, numbers),
    date: reading(`a date that exists, as ${date}`, dateIn),
    instant: reading(`a date and a time, as ${date} HH:MM:SS or in ISO 8601 with its zone, that exist`, (cell) =>
      instantOf(cell, date, timezone),
    ),
    boolean: reading(`one of ${listed}`, (cell) => {
      if (cell.kind === "boolean") return cell.value;
      const word = textIn(cell)?.toLowerCase();
      if (word === undefined) return undefined;
      const is = (one: string) => one.toLowerCase() === word;
      return words.true.some(is) ? true : words.false.some(is) ? false : undefined;
    }),
    list: reading(`texts with ${JSON.stringify(listSeparator)} between them`, (cell) =>
      asText(cell)
        ?.split(listSeparator)
        .map((one) => one.trim())
        .filter((one) => one !== ""),
    ),
  };
}

const MIDNIGHT = "00:00:00";
const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\']/g, "\\$&");

/** Reads numbers as they are written with these signs. */
function numberIn(decimal: string, grouping: string | undefined): (cell: TableCell) => number | undefined {
  const fraction = `(?:${escaped(decimal)}\\d*)?`;
  const plain = `(?:\\d+${fraction}|${escaped(decimal)}\\d+)(?:[eE][+-]?\\d+)?`;
  const grouped = grouping ? `|\\d{1,3}(?:${escaped(grouping)}\\d{3})+${fraction}` : "";
  const form = new RegExp(`^[+-]?(?:${plain}${grouped})$`);
  return (cell) => {
    if (cell.kind === "number") return isExact(cell.value) ? cell.value : undefined;
    // A space between digits may be one that does not break.
    const text = cell.kind === "text" ? cell.text.trim().replace(/[\u00a0\u202f]/g, " ") : "";
    if (!form.test(text)) return undefined;
    const value = Number((grouping ? text.replaceAll(grouping, "") : text).replace(decimal, "."));
    return Number.isFinite(value) ? value : undefined;
  };
}

const DATES = new Map<DateFormat, RegExp>();

/** A text of a format as YYYY-MM-DD; undefined where it is none or no such day exists. */
function civilDate(text: string | undefined, format: DateFormat): string | undefined {
  const form = DATES.get(format) ?? dateForm(format);
  DATES.set(format, form);
  const { year, month, day } = form.exec(text ?? "")?.groups ?? {};
  if (!year || !month || !day) return undefined;
  const date = `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`;
  return isCivilDate(date) ? date : undefined;
}

function dateForm(format: DateFormat): RegExp {
  const few = format === "YYYYMMDD" ? "\\d{2}" : "\\d{1,2}";
  const source = escaped(format)
    .replace("YYYY", "(?<year>\\d{4})")
    .replace("MM", `(?<month>${few})`)
    .replace("DD", `(?<day>${few})`);
  return new RegExp(`^${source}$`);
}

const ISO = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?)(Z|[+-]\d{2}:\d{2})?$/;
const SPACED = /^(\S+) +(\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?)$/;

function instantOf(cell: TableCell, format: DateFormat, timezone: string): Date | undefined {
  if (cell.kind === "date") return instantIn(timezone, cell.date, cell.time ?? MIDNIGHT);
  if (cell.kind !== "text") return undefined;
  const text = cell.text.trim();
  const iso = ISO.exec(text);
  if (iso) {
    const [, day = "", time = "", zone] = iso;
    return isCivilDate(day) ? instantIn(zone ?? timezone, day, time) : undefined;
  }
  const [, day, time] = SPACED.exec(text) ?? [undefined, text, MIDNIGHT];
  const date = civilDate(day, format);
  return date === undefined
    ? undefined
    : instantIn(timezone, date, (time as string).padStart(time === "" ? 0 : 5, "0"));
}
