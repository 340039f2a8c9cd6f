const CLOCK = /^(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,3}))?)?$/;
const OFFSET = /^([+-])(\d{2}):(\d{2})$/;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/**
 * When it is a time of day (HH:MM, HH:MM:SS or HH:MM:SS.sss) of a civil date that exists, in a zone of the IANA list, `Z`, or `+HH:MM`. Of a time
 * that comes twice, where clocks are set back, the first; undefined for one that is left out, and for what is no time of day.
 */
export function instantIn(zone: string, date: string, time: string): Date | undefined {
  const [, hours, minutes, seconds = "0", fraction = "0"] = CLOCK.exec(time) ?? [];
  if (Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 59 || hours === undefined) return undefined;
  const clock =
    Number(hours) * 60 * MINUTE_MS +
    Number(minutes) * MINUTE_MS +
    Number(seconds) * 1000 +
    Number(fraction.padEnd(3, "0"));
  const local = new Date(`${date}T00:00:00.000Z`).getTime() + clock;
  const fixed = OFFSET.exec(zone);
  if (fixed) {
    const minutesOff = Number(fixed[2]) * 60 + Number(fixed[3]);
    return minutesOff < 24 * 60
      ? new Date(local - (fixed[1] === "-" ? -minutesOff : minutesOff) * MINUTE_MS)
      : undefined;
  }
  if (zone === "Z" || zone === "UTC") return new Date(local);
  const found = [local - DAY_MS, local + DAY_MS]
    .map((near) => local - offsetAt(zone, near))
    .filter((instant) => instant + offsetAt(zone, instant) === local);
  return found.length === 0 ? undefined : new Date(Math.min(...found));
}

const formatters = new Map<string, Intl.DateTimeFormat>();

/** How far the clocks of a zone are before UTC at an instant, in milliseconds. */
function offsetAt(timeZone: string, instant: number): number {
  let formatter = formatters.get(timeZone);
  if (!formatter) {
    formatter = new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName: "longOffset" });
    formatters.set(timeZone, formatter);
  }
  const name = formatter.formatToParts(instant).find(({ type }) => type === "timeZoneName")?.value ?? "";
  const [, sign, hours = "0", minutes = "0", seconds = "0"] =
    /^GMT([+-])(\d{2}):(\d{2})(?::(\d{2}))?$/.exec(name) ?? [];
  const size = (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000;
  return sign === "-" ? -size : size;
}
