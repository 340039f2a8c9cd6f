import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dayNumber, isCivilDate, todayIn } from "../../src/search/civil-date.ts";
import { dateFrom, instantFrom, parseDuration, printDuration } from "../../src/search/duration.ts";
import { dateNumber, instantNumber } from "../../src/search/instant.ts";
import { durations } from "./support/vocabulary.ts";

describe("A duration before a moment", () => {
  it.each([
    ["2024-03-31T10:00:00.000Z", "P1M", "2024-02-29T10:00:00.000Z"],
    ["2023-03-31T10:00:00.000Z", "P1M", "2023-02-28T10:00:00.000Z"],
    ["2024-02-29T00:00:00.000Z", "P1Y", "2023-02-28T00:00:00.000Z"],
    ["2024-02-29T00:00:00.000Z", "P4Y", "2020-02-29T00:00:00.000Z"],
    ["2025-01-31T00:00:00.000Z", "P2M1D", "2024-11-29T00:00:00.000Z"],
    ["2025-03-30T12:00:00.000Z", "P1D", "2025-03-29T12:00:00.000Z"],
    ["2025-01-01T00:00:00.000Z", "PT0.001S", "2024-12-31T23:59:59.999Z"],
    ["2025-01-01T00:00:00.000Z", "P2W", "2024-12-18T00:00:00.000Z"],
    ["2025-01-01T00:00:00.000Z", "P1000Y", "1025-01-01T00:00:00.000Z"],
  ])("%s, %s is %s", (now, duration, expected) => {
    expect(instantFrom(new Date(now), duration, -1)).toBe(expected);
  });

  it("clamps civil dates to the month's last day, forward as well", () => {
    expect(dateFrom("2024-01-31", "P1M", 1)).toBe("2024-02-29");
    expect(dateFrom("2024-02-29", "P1Y", 1)).toBe("2025-02-28");
    expect(dateFrom("2024-12-31", "P2M3D", -1)).toBe("2024-10-28");
    expect(dateFrom("0001-03-31", "P1M", -1)).toBe("0001-02-28");
  });

  it("is the same in whatever way it is written", () => {
    fc.assert(
      fc.property(
        durations,
        fc.date({ min: new Date("1500-01-01"), max: new Date("2500-01-01"), noInvalidDate: true }),
        (text, now) => {
          const printed = printDuration(parseDuration(text) ?? { months: -1, milliseconds: 0 });
          expect(instantFrom(now, printed, -1)).toBe(instantFrom(now, text, -1));
          expect(printDuration(parseDuration(printed) ?? { months: -1, milliseconds: 0 })).toBe(printed);
        },
      ),
    );
  });

  it.each([
    "",
    "P",
    "PT",
    "P1",
    "1D",
    "P-1D",
    "-P1D",
    "+P1D",
    "P1.5D",
    "P1DT",
    "PT1H1D",
    "P1D1M",
    "PT0.0001S",
    "p1d",
    "P1D ",
    "P1001Y",
    "P365251D",
  ])("%j is none", (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });
});

describe("Today", () => {
  it.each([
    ["2024-12-31T23:59:59.999Z", "UTC", "2024-12-31"],
    ["2024-12-31T23:59:59.999Z", "Asia/Tokyo", "2025-01-01"],
    ["2025-01-01T00:00:00.000Z", "America/New_York", "2024-12-31"],
    ["2025-03-30T00:59:59.999Z", "Europe/Berlin", "2025-03-30"],
    ["2025-03-29T23:00:00.000Z", "Europe/Berlin", "2025-03-30"],
    ["2025-10-25T22:00:00.000Z", "Europe/Berlin", "2025-10-26"],
    ["2025-10-26T22:59:59.999Z", "Europe/Berlin", "2025-10-26"],
    ["2011-12-30T10:00:00.000Z", "Pacific/Apia", "2011-12-31"],
  ])("at %s in %s is %s", (now, zone, expected) => {
    expect(todayIn(new Date(now), zone)).toBe(expected);
  });
});

describe("A value of a row", () => {
  it("is the instant that PostgreSQL's JSON writes, infinity and years of any number of digits included", () => {
    expect(instantNumber("1970-01-01T00:00:00+00:00")).toBe(0);
    expect(instantNumber("1970-01-01T02:00:00.1+02:00")).toBe(100);
    expect(instantNumber("1969-12-31T23:59:59.999Z")).toBe(-1);
    expect(instantNumber("1890-01-01T05:53:28+05:53:28")).toBe(Date.parse("1890-01-01T00:00:00Z"));
    expect(instantNumber("20000-01-01T00:00:00+00:00")).toBe(Date.UTC(20000, 0, 1));
    expect(instantNumber("0001-01-01T00:00:00+00:00 BC")).toBe(Date.parse("0000-01-01T00:00:00Z"));
    expect(instantNumber("294276-12-31T00:00:00+00:00")).toBe(dayNumber(294276, 12, 31) * 86_400_000);
    expect(instantNumber("infinity")).toBe(Number.POSITIVE_INFINITY);
    expect(instantNumber("-infinity")).toBe(Number.NEGATIVE_INFINITY);
    expect([null, undefined, "", "yesterday", 5, {}].map(instantNumber)).toEqual(Array(6).fill(undefined));
  });

  it("is the date that PostgreSQL's JSON writes", () => {
    expect(dateNumber("1970-01-02")).toBe(1);
    expect(dateNumber("-infinity")).toBe(Number.NEGATIVE_INFINITY);
    expect(dateNumber("0001-12-31 BC")).toBe((dateNumber("0001-01-01") ?? 0) - 1);
    fc.assert(
      fc.property(fc.integer({ min: -100_000_000, max: 100_000_000 }), (day) => {
        const date = new Date(day * 86_400_000);
        expect(dayNumber(date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate())).toBe(day);
      }),
    );
  });

  it("is a civil date of an attribute only where that day exists", () => {
    expect(["2024-02-29", "2000-02-29", "0001-01-01", "9999-12-31"].every(isCivilDate)).toBe(true);
    expect(
      [
        "2023-02-29",
        "1900-02-29",
        "0000-01-01",
        "2024-04-31",
        "2024-00-01",
        "2024-1-1",
        "2024-01-01 ",
        "12024-01-01",
        "2024-01-01\n",
      ].some(isCivilDate),
    ).toBe(false);
  });
});
