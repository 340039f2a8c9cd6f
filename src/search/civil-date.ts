/** The civil date, YYYY-MM-DD, of an instant in a time zone of the IANA list; throws RangeError for an unknown zone. */
export function todayIn(now: Date, timezone: string): string {
  const second = Math.floor(now.getTime() / 1_000);
  const last = latest.get(timezone);
  if (last?.second === second) return last.day;
  const day = dayOf(now, timezone);
  latest.set(timezone, { second, day });
  return day;
}

/** By time zone: the day of the instant that was last asked about. Many operations ask about one second, and days begin with one everywhere. */
const latest = new Map<string, { second: number; day: string }>();

function dayOf(now: Date, timezone: string): string {
  const parts = formatterOf(timezone).formatToParts(now);
  const part = (type: string): string => parts.find((p) => p.type === type)?.value ?? "";
  return `${part("year").padStart(4, "0")}-${part("month")}-${part("day")}`;
}

/** The same where a person is; in the organisation's time zone where they have none, or one that is unknown. */
export function todayOf(now: Date, timezone: unknown, orgTimezone: string): string {
  if (typeof timezone !== "string") return todayIn(now, orgTimezone);
  try {
    return todayIn(now, timezone);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return todayIn(now, orgTimezone);
  }
}

const HOUR_MS = 3_600_000;

/** When days begin in a time zone behind an instant and up to another, in order, to the millisecond: wherever its civil date changes. */
export function dayBeginnings(timezone: string, from: Date, to: Date): { begins: Date; day: string }[] {
  const beginnings: { begins: Date; day: string }[] = [];
  const dayAt = (ms: number): string => todayIn(new Date(ms), timezone);
  let [low, day] = [from.getTime(), dayAt(from.getTime())];
  // By the hour: clocks that are set back over midnight begin the same day twice.
  for (let high = low + HOUR_MS; high <= to.getTime(); low = high, high += HOUR_MS) {
    const next = dayAt(high);
    if (next === day) continue;
    let [before, begins] = [low, high];
    while (begins - before > 1) {
      const middle = Math.floor((before + begins) / 2);
      if (dayAt(middle) === day) before = middle;
      else begins = middle;
    }
    beginnings.push({ begins: new Date(begins), day: next });
    day = next;
  }
  return beginnings;
}

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterOf(timeZone: string): Intl.DateTimeFormat {
  let formatter = formatters.get(timeZone);
  if (!formatter) {
    const calendar = { calendar: "iso8601", numberingSystem: "latn", timeZone } as const;
    formatter = new Intl.DateTimeFormat("en-US", { ...calendar, year: "numeric", month: "2-digit", day: "2-digit" });
    formatters.set(timeZone, formatter);
  }
  return formatter;
}

const FORM = /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/;

/** Whether a text is a civil date that exists, in the years 1 to 9999. */
export function isCivilDate(text: string): boolean {
  const match = FORM.exec(text);
  if (!match) return false;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  return year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month);
}

/** The last day of a month (1 to 12) of the Gregorian calendar, before its adoption as well. */
export const daysInMonth = (year: number, month: number): number =>
  month === 2
    ? year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
      ? 29
      : 28
    : [4, 6, 9, 11].includes(month)
      ? 30
      : 31;

/** Days since 1970-01-01 of a date of the proleptic Gregorian calendar, whatever its year. */
export function dayNumber(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const yearOfEra = y - era * 400;
  return era * 146097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719468;
}

/** Moves a civil date by calendar months, clamped to the month's last day, and then by days. */
export function shiftDate(date: string, months: number, days: number): string {
  const moved = shiftMonths(new Date(`${date}T00:00:00.000Z`), months);
  return new Date(moved.getTime() + days * 86_400_000).toISOString().slice(0, 10);
}

/** Moves an instant by calendar months of UTC, clamped to the month's last day. */
export function shiftMonths(instant: Date, months: number): Date {
  const moved = new Date(instant);
  const day = moved.getUTCDate();
  moved.setUTCDate(1);
  moved.setUTCMonth(moved.getUTCMonth() + months);
  moved.setUTCDate(Math.min(day, daysInMonth(moved.getUTCFullYear(), moved.getUTCMonth() + 1)));
  return moved;
}
