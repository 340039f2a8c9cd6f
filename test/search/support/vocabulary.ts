import fc from "fast-check";
import { publicId } from "../../../src/kernel/ids.ts";
import { dateFrom, instantFrom } from "../../../src/search/duration.ts";
import type { Field } from "../../../src/search/field.ts";
import { isStorable } from "../../../src/search/folding.ts";

/*
 * Values that rows and operands share, so that random filters meet random rows; among them what has gone wrong elsewhere. Every sort has more values, and longer ones,
 * than any digit or first letter tells apart, and some that nobody has listed.
 */

const TEXTS = [
  "",
  " ",
  "Ann",
  "ann",
  "ANN",
  "Annabel",
  "O'Neil",
  "Straße",
  "STRASSE",
  "STRAẞE",
  "İstanbul",
  "istanbul",
  "ISTANBUL",
  "ISPARTA",
  "ı",
  "ΟΔΟΣ",
  "οδος",
  "οδοσ",
  "ΟΔΟΣΟ",
  "Σ",
  "ς",
  "σ",
  "Σ.",
  "É",
  "é",
  "E\u0301",
  "e\u0301",
  "\u0301",
  "ǅ",
  "ﬀ",
  "Å",
  "Å",
  "K",
  "k",
  "%",
  "_",
  "\\",
  "\\%",
  "50%",
  "50_",
  "100% off_\\x",
  "%ann%",
  "a\\b",
  "\u001f",
  "x\u001fy",
  "\n",
  "😀",
  "a😀b",
  "null",
  "{}",
  "{a,b}",
  '"',
  "'; --",
  "x".repeat(120),
  "2024-02-29",
  "true",
  "5",
  "05",
  "-5",
  "1e5",
  "NaN",
  ",",
  "a,b",
  " Ann",
  "Ann ",
  "Ann  Smith",
  "\t",
  "\u00a0",
  "\u2028",
  "a\\",
  "\\\\",
  "%%",
  "'",
  '"Ann"',
  "(a)",
  "مرحبا",
  "x".repeat(256),
];

/** Letters whose case pair is younger than Unicode 15: the databases' ICU need not know them. */
const YOUNG = /[\u1c89\ua7cb-\ua7dc\u{10d50}-\u{10d65}\u{16ea0}-\u{16eb8}]/u;

export const text = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...TEXTS) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom(...TEXTS), fc.constantFrom(...TEXTS))
      .map(([a, b]) => [...(a + b)].slice(0, 256).join("")),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom(...TEXTS), fc.nat({ max: 4 }), fc.integer({ min: 1, max: 4 }))
      .map(([whole, from, length]) => [...whole].slice(from, from + length).join("")),
  },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 6 }).filter((t) => isStorable(t) && !YOUNG.test(t)) },
);

const uuidAt = (kind: number, i: number): string => `01935000-000${kind}-7000-8000-00000000000${i}`;

/** The ids of users, units (and groups) and grants that rows and operands draw from; most differ in their end alone, the last in its beginning alone. */
export const USERS = [...[0, 1, 2].map((i) => uuidAt(1, i)), "f1935000-0001-7000-8000-000000000000"];
export const UNITS = [...[0, 1, 2].map((i) => uuidAt(2, i)), "f1935000-0002-7000-8000-000000000000"];
export const unitIds = fc.constantFrom(...UNITS.map((id) => publicId("OrgUnit", id)));
export const groupIds = fc.constantFrom(...UNITS.map((id) => publicId("Group", id)));
export const userIds = fc.constantFrom(...USERS.map((id) => publicId("User", id)));

/** The moments at which searches are asked: leap days, month ends, a year's turn, a day of 23 hours; in zones whose day is another one too. */
const MOMENTS: readonly [now: string, today: string][] = [
  ["2024-02-29T12:00:00.000Z", "2024-02-29"],
  ["2026-03-31T23:59:59.999Z", "2026-03-31"],
  ["2025-01-01T00:00:00.000Z", "2025-01-01"],
  ["2023-02-28T23:30:00.000Z", "2023-03-01"],
  ["2025-03-30T00:59:59.999Z", "2025-03-30"],
  ["2024-03-01T04:59:59.999Z", "2024-02-29"],
];
const momentOf = ([now, today]: readonly [string, string]) => ({ now: new Date(now), today });
export const moments = fc.constantFrom(...MOMENTS).map(momentOf);
/** One of them, a leap day. */
export const LEAP_DAY = momentOf(["2024-02-29T12:00:00.000Z", "2024-02-29"]);

export const durations = fc.constantFrom(
  "P1M",
  "P1Y",
  "P12M",
  "P90D",
  "P2W",
  "P14D",
  "PT15M",
  "PT36H",
  "P0D",
  "P1Y2M3W4DT5H6M7.089S",
  "P1000Y",
  "PT0.001S",
  "P2M",
  "P1D",
  "P31D",
  "P11M",
  "P1M1D",
  "P4Y",
  "PT59M59S",
);
export const days = durations.filter((d) => !d.includes("T"));

/** So far from a moment, and beside that. */
const LENGTHS = ["P0D", "P1D", "P14D", "P90D", "P1M", "P1Y", "P12M", "PT36H"];
const near = fc
  .tuple(fc.constantFrom(...MOMENTS), fc.constantFrom(...LENGTHS), fc.constantFrom(-1, 1), fc.constantFrom(-1, 0, 1))
  .map(([[now], length, sign, off]) =>
    new Date(Date.parse(instantFrom(new Date(now), length, sign as -1 | 1)) + off).toISOString(),
  );
const nearDates = fc
  .tuple(fc.constantFrom(...MOMENTS), fc.constantFrom(...LENGTHS), fc.constantFrom(-1, 1), fc.constantFrom(-1, 0, 1))
  .map(([[, today], length, sign, off]) => {
    const day = dateFrom(today, length.includes("T") ? "P0D" : length, sign as -1 | 1);
    return new Date(Date.parse(day) + off * 86_400_000).toISOString().slice(0, 10);
  });

/** Instants that an operand may be. */
export const instants = fc.oneof(
  near,
  fc.constantFrom(
    "2024-01-29T12:00:00.000Z",
    "2026-02-28T23:59:59.999Z",
    "0001-01-01T00:00:00.000Z",
    "9999-12-31T23:59:59.999Z",
  ),
  fc
    .date({ min: new Date("1900-01-01"), max: new Date("2100-01-01"), noInvalidDate: true })
    .map((d) => d.toISOString()),
);
/** Instants that a row may hold, as PostgreSQL reads them. */
export const storedInstants = fc.oneof(
  { weight: 6, arbitrary: instants },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "infinity",
      "-infinity",
      "0044-03-15 12:00:00+00 BC",
      "20000-01-01 00:00:00.1+00",
      "294276-12-31 23:59:59.999+00",
      "1890-06-01 00:00:00+05:53:28",
    ),
  },
);

/** Civil dates that an operand may be. */
export const dates = fc.oneof(
  nearDates,
  fc.constantFrom(
    "1900-02-28",
    "1900-03-01",
    "2000-02-29",
    "2024-02-29",
    "2024-02-28",
    "2024-01-29",
    "2023-02-28",
    "2026-03-31",
    "2026-02-28",
    "2025-01-01",
    "2024-12-31",
    "0001-01-01",
    "9999-12-31",
  ),
  fc
    .date({ min: new Date("1900-01-01"), max: new Date("2100-01-01"), noInvalidDate: true })
    .map((d) => d.toISOString().slice(0, 10)),
);
export const storedDates = fc.oneof(
  { weight: 6, arbitrary: dates },
  { weight: 1, arbitrary: fc.constantFrom("infinity", "-infinity", "0044-03-15 BC", "20000-01-01", "5874897-12-31") },
);

export const ints = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(-2147483648, -15, -1, 0, 1, 2, 5, 11, 15, 35, 115, 135, 2147483647) },
  { weight: 1, arbitrary: fc.integer({ min: -120, max: 120 }) },
  { weight: 1, arbitrary: fc.integer({ min: -2147483648, max: 2147483647 }) },
);
export const floats = fc.oneof(
  fc.constantFrom(0, -0, 5, 1.5, 0.1, 1e21, 1e-7, 5e-324, Number.MAX_VALUE, 9007199254740992),
  fc.constantFrom(-5, -1.5, -0.1, 0.30000000000000004, 0.3, 15, 115, 1234.5678, -1e21, -Number.MAX_VALUE, 1e5),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);

const ATTRIBUTE_KEYS = [
  "badge",
  "floor",
  "__proto__",
  "constructor",
  "a'b",
  "ключ",
  "x\u001fy",
  "k".repeat(120),
  'a"b',
  "a,b",
  "a.b",
  "%",
  "\\",
  " ",
  "1",
];
/** Most often the first two, so that criteria and rows meet. */
export const attributeKeys = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom(...ATTRIBUTE_KEYS.slice(0, 2)) },
  { weight: 3, arbitrary: fc.constantFrom(...ATTRIBUTE_KEYS) },
);
export const ROLES = ["admin", "Admin", "auditor", "ΡΟΛΟΣ", "a%b"];

/** The values of a choice, also those behind the first few, which rows and operands mostly share. */
export function choicesOf({ choice }: Field): fc.Arbitrary<string> {
  const values = Object.keys(choice?.values ?? {});
  return fc.oneof(
    { weight: 2, arbitrary: fc.constantFrom(...values.slice(0, 5)) },
    { weight: 1, arbitrary: fc.constantFrom(...values) },
  );
}
