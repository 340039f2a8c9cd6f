import { describe, expect, it } from "vitest";
import {
  DAYS,
  type Hours,
  isTimezone,
  isWithin,
  minutesOf,
} from "../../../src/features/access-rules/access-rule.hours.ts";
import { isInside, parseNetwork } from "../../../src/features/access-rules/access-rule.networks.ts";

const office: Hours = { days: DAYS.slice(0, 5), from: 8 * 60, until: 18 * 60 };
/** Friday and Saturday nights. */
const night: Hours = { days: ["FRIDAY", "SATURDAY"], from: 22 * 60, until: 6 * 60 };
const on = (hours: Hours, instant: string, timezone = "UTC") => isWithin([hours], timezone, new Date(instant));

describe("Hours", () => {
  it("include their first minute and not their last, on their days", () => {
    // The 5th of January 2026 is a Monday.
    expect(on(office, "2026-01-05T07:59:59Z")).toBe(false);
    expect(on(office, "2026-01-05T08:00:00Z")).toBe(true);
    expect(on(office, "2026-01-05T17:59:59Z")).toBe(true);
    expect(on(office, "2026-01-05T18:00:00Z")).toBe(false);
    expect(on(office, "2026-01-10T12:00:00Z")).toBe(false);
  });

  it("belong to the day on which they begin, where they run past midnight", () => {
    expect(on(night, "2026-01-09T23:00:00Z")).toBe(true);
    expect(on(night, "2026-01-11T05:59:00Z")).toBe(true);
    expect(on(night, "2026-01-11T23:00:00Z")).toBe(false);
    expect(on(night, "2026-01-09T05:00:00Z")).toBe(false);
    expect(on({ days: ["MONDAY"], from: 0, until: 24 * 60 }, "2026-01-05T23:59:00Z")).toBe(true);
  });

  it("go by the wall clock of their time zone, in summer as in winter", () => {
    expect(on(office, "2026-01-05T07:30:00Z", "Europe/Zurich")).toBe(true);
    expect(on(office, "2026-07-06T06:30:00Z", "Europe/Zurich")).toBe(true);
    expect(on(office, "2026-01-05T06:30:00Z", "Europe/Zurich")).toBe(false);
    expect([isTimezone("Europe/Zurich"), isTimezone("Mars/Olympus")]).toEqual([true, false]);
  });

  it("are written as times of day up to midnight", () => {
    expect(["00:00", "08:30", "24:00", "24:01", "8:30", "12:60", ""].map(minutesOf)).toEqual([
      0,
      510,
      1440,
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe("Networks", () => {
  it("hold the addresses of their blocks, IPv4 inside of IPv6 too, and none that is not known", () => {
    const networks = ["10.0.0.0/8", "192.0.2.7", "2001:db8::/32"];
    const inside = ["10.1.2.3", "::ffff:10.1.2.3", "192.0.2.7", "2001:db8:1::1"];
    const outside = ["11.0.0.1", "192.0.2.8", "2001:db9::1", "::1", "", "nonsense"];
    expect(inside.filter((address) => !isInside(networks, address))).toEqual([]);
    expect(outside.filter((address) => isInside(networks, address))).toEqual([]);
    expect(isInside(networks, undefined)).toBe(false);
  });

  it("are written in CIDR notation", () => {
    expect(["10.0.0.0/33", "10.0.0/8", "host", "::/129", "10.0.0.0/8 ", ""].map(parseNetwork)).toEqual(
      Array(6).fill(undefined),
    );
  });
});
