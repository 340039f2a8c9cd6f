/** The days of a week, as the API names them, from the first. */
export const DAYS = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"] as const;
export type Day = (typeof DAYS)[number];

/** A part of the week by the wall clock: from a minute of some days (included) until a minute (not included), past midnight where that is not later. */
export interface Hours {
  days: readonly Day[];
  /** Minutes since midnight. */
  from: number;
  until: number;
}

export const DAY_MINUTES = 24 * 60;

/** A time of day as `08:30`, in minutes since midnight; `24:00` ends a day. Undefined for anything else. */
export function minutesOf(text: string): number | undefined {
  const [, hours, minutes] = /^([01]\d|2[0-4]):([0-5]\d)$/.exec(text) ?? [];
  const total = Number(hours) * 60 + Number(minutes);
  return total <= DAY_MINUTES ? total : undefined;
}

export const textOfMinutes = (minutes: number): string =>
  [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, "0")).join(":");

const clocks = new Map<string, Intl.DateTimeFormat>();

/** Whether this is the name of a time zone, as IANA has them. */
export function isTimezone(name: string): boolean {
  try {
    clockIn(name);
    return true;
  } catch {
    return false;
  }
}

function clockIn(timezone: string): Intl.DateTimeFormat {
  const known = clocks.get(timezone);
  if (known) return known;
  const clock = new Intl.DateTimeFormat("en-GB", {
    timeZone: timezone,
    weekday: "long",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  clocks.set(timezone, clock);
  return clock;
}

/** Whether an instant lies in any of these parts of the week, by the wall clock of a time zone. */
export function isWithin(hours: readonly Hours[], timezone: string, instant: Date): boolean {
  const parts = new Map(
    clockIn(timezone)
      .formatToParts(instant)
      .map(({ type, value }) => [type, value]),
  );
  const today = DAYS.indexOf((parts.get("weekday") as string).toUpperCase() as Day);
  const yesterday = (today + DAYS.length - 1) % DAYS.length;
  const minute = Number(parts.get("hour")) * 60 + Number(parts.get("minute"));
  return hours.some(({ days, from, until }) => {
    const on = (day: number) => days.includes(DAYS[day] as Day);
    if (from < until) return on(today) && minute >= from && minute < until;
    return (on(today) && minute >= from) || (on(yesterday) && minute < until);
  });
}
