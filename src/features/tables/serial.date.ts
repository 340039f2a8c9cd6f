import type { TableCell } from "./table.cell.ts";

const DAY_MS = 86_400_000;
/** Day 0 of both ways to count days (ECMA-376, part 1, 18.17.4.1). */
const DAY_ZERO = { 1900: Date.UTC(1899, 11, 31), 1904: Date.UTC(1904, 0, 1) } as const;
/** The day that Lotus 1-2-3 took 1900 to have, and with it everybody else: 1900-02-29. */
const LEAP_DAY = 60;
/** Behind the last day of the year 9999. */
const END = Date.UTC(10_000, 0, 1);

/** A number of days as the cell that shows it; `unusable` where no such day exists. */
export function dateCell(serial: number, epoch: 1900 | 1904, shows: "date" | "dateTime" | "time"): TableCell {
  const ms = Math.round(serial * DAY_MS);
  const [day, clock] = [Math.floor(ms / DAY_MS), ms - Math.floor(ms / DAY_MS) * DAY_MS];
  if (shows === "time") {
    if (day === 0) return { kind: "time", time: clockOf(clock) };
    return { kind: "number", value: serial, text: String(serial) };
  }
  if (epoch === 1900 && day === LEAP_DAY) return { kind: "unusable", why: "the date 1900-02-29, which never was" };
  const at = DAY_ZERO[epoch] + (day - (epoch === 1900 && day > LEAP_DAY ? 1 : 0)) * DAY_MS;
  if (day < (epoch === 1900 ? 1 : 0) || at >= END)
    return { kind: "unusable", why: `a date before ${epoch} or after 9999` };
  const date = new Date(at).toISOString().slice(0, 10);
  return shows === "date" ? { kind: "date", date } : { kind: "date", date, time: clockOf(clock) };
}

/** HH:MM:SS, with milliseconds where there are any. */
function clockOf(ms: number): string {
  const text = new Date(ms).toISOString().slice(11, 23);
  return text.endsWith(".000") ? text.slice(0, 8) : text;
}
