import fc from "fast-check";
import { publicId } from "../../../src/kernel/ids.ts";
import { isStorable } from "../../../src/search/folding.ts";

/* Values that rows and operands share, so that random filters meet random rows; among them what has gone wrong elsewhere. */

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
];

/** Letters whose case pair is younger than Unicode 15: the databases' ICU need not know them. */
const YOUNG = /[\u1c89\ua7cb-\ua7dc\u{10d50}-\u{10d65}\u{16ea0}-\u{16eb8}]/u;

export const text = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...TEXTS) },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom(...TEXTS), fc.constantFrom(...TEXTS)).map(([a, b]) => a + b) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 6 }).filter((t) => isStorable(t) && !YOUNG.test(t)) },
);

const uuidAt = (kind: number, i: number): string => `01935000-000${kind}-7000-8000-00000000000${i}`;

/** The ids of users, units (and groups) and grants that rows and operands draw from. */
export const USERS = [0, 1, 2, 3].map((i) => uuidAt(1, i));
export const UNITS = [0, 1, 2, 3].map((i) => uuidAt(2, i));
export const unitIds = fc.constantFrom(...UNITS.map((id) => publicId("OrgUnit", id)));
export const groupIds = fc.constantFrom(...UNITS.map((id) => publicId("Group", id)));
export const userIds = fc.constantFrom(...USERS.map((id) => publicId("User", id)));

/** The moments at which searches are asked: leap days, month ends, a year's turn. */
export const MOMENTS = ["2024-02-29T12:00:00.000Z", "2026-03-31T23:59:59.999Z", "2025-01-01T00:00:00.000Z"];
export const moments = fc.constantFrom(...MOMENTS).map((now) => ({ now: new Date(now), today: now.slice(0, 10) }));

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
);
export const days = durations.filter((d) => !d.includes("T"));

const near = MOMENTS.flatMap((now) =>
  [-1, 0, 1, -90 * 86_400_000, 14 * 86_400_000, -86_400_000].map((d) => new Date(Date.parse(now) + d).toISOString()),
);

/** Instants that an operand may be. */
export const instants = fc.oneof(
  fc.constantFrom(
    ...near,
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
  fc.constantFrom(
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

export const ints = fc.constantFrom(-2147483648, -1, 0, 1, 2, 5, 11, 15, 35, 115, 135, 2147483647);
export const floats = fc.oneof(
  fc.constantFrom(0, -0, 5, 1.5, 0.1, 1e21, 1e-7, 5e-324, Number.MAX_VALUE, 9007199254740992),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);

export const ATTRIBUTE_KEYS = [
  "badge",
  "floor",
  "__proto__",
  "constructor",
  "a'b",
  "ключ",
  "x\u001fy",
  "k".repeat(120),
];
export const ROLES = ["admin", "Admin", "auditor", "ΡΟΛΟΣ", "a%b"];
