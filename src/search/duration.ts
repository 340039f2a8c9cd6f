import { shiftDate, shiftMonths } from "./civil-date.ts";

/** A length of time: calendar months first, then milliseconds. */
export interface Duration {
  months: number;
  milliseconds: number;
}

const FORM =
  /^P(?=[0-9T])(?:([0-9]{1,9})Y)?(?:([0-9]{1,9})M)?(?:([0-9]{1,9})W)?(?:([0-9]{1,9})D)?(T(?=[0-9])(?:([0-9]{1,12})H)?(?:([0-9]{1,12})M)?(?:([0-9]{1,12}(?:[.,][0-9]{1,3})?)S)?)?$/;

const DAY = 86_400_000;
const LONGEST_MONTHS = 12_000;
const LONGEST_MILLISECONDS = 365_250 * DAY;

/** Reads an ISO 8601 duration such as P90D, not negative and at most P1000Y; undefined for anything else. */
export function parseDuration(text: string): Duration | undefined {
  const match = FORM.exec(text);
  if (!match) return undefined;
  const n = (group: number): number => Number((match[group] ?? "0").replace(",", "."));
  const months = n(1) * 12 + n(2);
  const seconds = n(6) * 3600 + n(7) * 60 + n(8);
  const milliseconds = n(3) * 7 * DAY + n(4) * DAY + Math.round(seconds * 1000);
  return months > LONGEST_MONTHS || milliseconds > LONGEST_MILLISECONDS ? undefined : { months, milliseconds };
}

/** The same for civil dates: without a time part. */
export const parseDays = (text: string): Duration | undefined => (text.includes("T") ? undefined : parseDuration(text));

/** One text for all spellings of a duration: months, days, and what is left in seconds. */
export function printDuration({ months, milliseconds }: Duration): string {
  const days = Math.floor(milliseconds / DAY);
  const rest = milliseconds % DAY;
  const parts = `${months ? `${months}M` : ""}${days ? `${days}D` : ""}${rest ? `T${rest / 1000}S` : ""}`;
  return parts ? `P${parts}` : "P0D";
}

/** The instant that far before (-1) or after (1) another one, as ISO 8601 text. */
export function instantFrom(now: Date, text: string, sign: -1 | 1): string {
  const { months, milliseconds } = known(parseDuration(text));
  return new Date(shiftMonths(now, sign * months).getTime() + sign * milliseconds).toISOString();
}

/** The civil date that far before (-1) or after (1) another one. */
export function dateFrom(today: string, text: string, sign: -1 | 1): string {
  const { months, milliseconds } = known(parseDays(text));
  return shiftDate(today, sign * months, (sign * milliseconds) / DAY);
}

function known(duration: Duration | undefined): Duration {
  if (!duration) throw new TypeError("A duration that was not read by the parser.");
  return duration;
}
