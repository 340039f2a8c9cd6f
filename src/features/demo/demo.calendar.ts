import { shiftDate } from "../../search/civil-date.ts";

export const DAY = 86_400_000;
export const HOUR = 3_600_000;

/** The day and the instant that everything in the demo is reckoned from. */
export class Calendar {
  constructor(
    readonly today: string,
    readonly now: Date,
  ) {}

  /** The civil date so many days from today; behind it where negative. */
  day(days: number): string {
    return shiftDate(this.today, 0, days);
  }

  /** The same, or the Monday behind it where it falls on a weekend. */
  workday(days: number): string {
    const weekday = beginningOf(this.day(days)).getUTCDay();
    return this.day(days + (weekday === 6 ? 2 : weekday === 0 ? 1 : 0));
  }

  /** The civil date so many years before today, and then so many days on. */
  anniversary(years: number, days = 0): string {
    return shiftDate(this.today, -12 * years, days);
  }

  /** The instant so many days from now, which need not be whole; behind it where negative. */
  in(days: number): Date {
    return new Date(this.now.getTime() + Math.round(days * DAY));
  }

  /** The instant itself, or now where it is still to come. */
  past(instant: Date): Date {
    return instant < this.now ? instant : this.now;
  }
}

/** Midnight, UTC, when a civil date begins. */
export const beginningOf = (date: string): Date => new Date(`${date}T00:00:00.000Z`);

/** Midnight, UTC, when a civil date ends. */
export const endOf = (date: string): Date => new Date(beginningOf(date).getTime() + DAY);
