import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { userCatalogue } from "../../src/features/users/user.fields.ts";
import { publicId } from "../../src/kernel/ids.ts";
import { parseFilter } from "../../src/search/parse.ts";
import { compile } from "../../src/search/to-predicate.ts";
import { Sample } from "./support/sample.ts";
import { LEAP_DAY, UNITS, USERS } from "./support/vocabulary.ts";

/* What schema/FILTER.md says, by example: which of a few rows a filter holds for, in SQL and in memory. */

let sample: Sample;
beforeAll(async () => {
  sample = await Sample.open();
});
afterAll(() => sample.close());

const [root = "", below = "", elsewhere = ""] = UNITS;
const [boss = "", chief = ""] = USERS;
const unitId = (uuid: string) => publicId("OrgUnit", uuid);
const userId = (uuid: string) => publicId("User", uuid);

const PLAIN = {
  user_id: "01935000-0009-7000-8000-000000000001",
  username: "u",
  display_name: "U",
  status: "ACTIVE",
  status_changed_at: "2024-01-01T00:00:00Z",
  external_ids: [],
  tags: [],
  attributes: {},
  source: "LOCAL",
  failed_login_count: 0,
  mfa_enrolled: false,
  mfa_methods: [],
  active_session_count: 0,
  created_at: "2024-01-01T00:00:00Z",
  updated_at: "2024-01-01T00:00:00Z",
  unit_path: [],
  manager_chain: [],
  direct_report_count: 0,
  role_keys: [],
  group_keys: [],
  group_ids: [],
  permissions: [],
  role_grants: [],
  words: " ",
};

async function holdsFor(rows: readonly object[], input: unknown, at = LEAP_DAY): Promise<number[]> {
  const stored = await sample.fill(rows.map((row) => ({ ...PLAIN, ...row })));
  const filter = parseFilter(input, { catalogue: userCatalogue });
  const holds = compile(filter, userCatalogue);
  const found = await sample.matching(filter, at);
  expect(stored.flatMap((row, place) => (holds(row, at) ? [place] : []))).toEqual(found);
  return found;
}

const titles = [null, "", "Staff", "STAFF", "Senior Staff", "50% off_\\x", "ΟΔΟΣ", "ΟΔΟΣΑ", "Straße", "İzmir"].map(
  (title) => ({ title }),
);
const attributes = [
  {},
  { a: null },
  { a: "" },
  { a: "X" },
  { a: 5 },
  { a: "5" },
  { a: true },
  { a: "2024-02-29" },
  { a: "2023-02-29" },
  { a: [] },
  { a: [1] },
  { a: ["x", 1] },
  { a: {} },
].map((given) => ({ attributes: given }));
const grant = (more: object) => ({
  id: boss,
  role: "Admin",
  privileged: true,
  scopePath: null,
  grantedAt: "2024-01-01T00:00:00.000Z",
  startsAt: "2024-01-01T00:00:00.000Z",
  expiresAt: null,
  ...more,
});
const grants = [
  { role_grants: [] },
  { role_grants: [grant({})] },
  { role_grants: [grant({ scopePath: [root, below] })] },
  {
    role_grants: [
      grant({ role: "reader", privileged: false, scopePath: [root] }),
      grant({ expiresAt: "2024-03-01T00:00:00.000Z" }),
    ],
  },
];
const sets = [[], ["vip"], ["VIP", "new"]].map((tags) => ({ tags }));
const units = [{}, { org_unit_id: root, unit_path: [root] }, { org_unit_id: below, unit_path: [root, below] }];
const managers = [
  {},
  { manager_id: boss, manager_chain: [boss, chief], manager_status: "ACTIVE" },
  { manager_id: chief, manager_chain: [chief], manager_status: "ARCHIVED" },
];
const texts = [[], ["A-1"], ["b", "A-12"]].map((external_ids) => ({ external_ids }));
const words = [" ann marie o neil", " anna", " marie anne"].map((text) => ({ words: text }));
const instants = [
  null,
  "2024-02-29T12:00:00Z",
  "2024-02-29T12:00:00.001Z",
  "2024-01-29T12:00:00Z",
  "2024-01-29T11:59:59.999Z",
  "infinity",
  "0044-03-15 00:00:00+00 BC",
].map((last_login_at) => ({ last_login_at }));
const dates = [null, "2024-02-29", "2024-03-31", "2024-04-01", "2024-03-01"].map((hired_on) => ({ hired_on }));
const attribute = (asked: object) => ({ attributes: [{ key: "a", ...asked }] });

describe.each<[string, readonly object[], [object, number[]][]]>([
  [
    "Text",
    titles,
    [
      [{ title: { eq: "staff" } }, [2, 3]],
      [{ title: { eq: "STAFF", caseSensitive: true } }, [3]],
      [{ title: { ne: "staff" } }, [0, 1, 4, 5, 6, 7, 8, 9]],
      [{ not: { title: { ne: "staff" } } }, [2, 3]],
      [{ title: { in: ["staff", ""] } }, [1, 2, 3]],
      [{ title: { in: [] } }, []],
      [{ title: { notIn: [] } }, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]],
      [{ title: { contains: "" } }, [1, 2, 3, 4, 5, 6, 7, 8, 9]],
      [{ title: { contains: "%" } }, [5]],
      [{ title: { contains: "_\\" } }, [5]],
      [{ title: { endsWith: "taff" } }, [2, 3, 4]],
      [{ title: { startsWith: "s", endsWith: "F" } }, [2, 3, 4]],
      [{ title: { contains: "ΟΔΟΣ" } }, [6]],
      [{ title: { contains: "ΟΔΟΣ", caseSensitive: true } }, [6, 7]],
      [{ title: { endsWith: "Σ", caseSensitive: true } }, [6]],
      [{ title: { eq: "STRASSE" } }, []],
      [{ title: { eq: "STRAẞE" } }, [8]],
      [{ title: { eq: "i\u0307zmir" } }, [9]],
      [{ title: { isNull: true } }, [0]],
      [{ title: { isNull: false } }, [1, 2, 3, 4, 5, 6, 7, 8, 9]],
    ],
  ],
  [
    "An attribute",
    attributes,
    [
      [attribute({ exists: true }), [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]],
      [attribute({ exists: false }), [0, 1]],
      [attribute({ string: { eq: "x" } }), [3]],
      [attribute({ string: { eq: "x", caseSensitive: true } }), []],
      [attribute({ string: { isNull: true } }), [0, 1, 4, 6, 9, 10, 11, 12]],
      [attribute({ number: { gte: 5 } }), [4]],
      [attribute({ number: { ne: 5 } }), [0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12]],
      [attribute({ boolean: { eq: true } }), [6]],
      [attribute({ date: { gt: "0001-01-01" } }), [7]],
      [attribute({ date: { eq: "2024-02-29" } }), [7]],
      [attribute({ set: { any: ["X"] } }), [11]],
      [attribute({ set: { all: [] } }), [9, 10, 11]],
      [attribute({ set: { isEmpty: true } }), [9, 10]],
      [attribute({ set: { isEmpty: false } }), [11]],
      [attribute({ set: { none: ["x"] } }), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12]],
      [{ attributes: [] }, attributes.map((_, i) => i)],
      [{ attributes: [{ key: "A", exists: true }] }, []],
      [{ attributes: [{ key: "__proto__", exists: true }] }, []],
    ],
  ],
  [
    "A grant",
    grants,
    [
      [{ roleGrants: { some: {} } }, [1, 2, 3]],
      [{ roleGrants: { none: {} } }, [0]],
      [{ roleGrants: { some: { role: { eq: "ADMIN" } } } }, [1, 2, 3]],
      [{ roleGrants: { some: { role: { eq: "reader" }, privileged: { eq: true } } } }, []],
      [
        {
          roleGrants: { some: { role: { eq: "reader" } } },
          and: [{ roleGrants: { some: { privileged: { eq: true } } } }],
        },
        [3],
      ],
      [{ roleGrants: { some: { scopeWithin: unitId(root) } } }, [2, 3]],
      [{ roleGrants: { some: { scopeWithin: unitId(below) } } }, [2]],
      [{ roleGrants: { some: { not: { scopeWithin: unitId(below) } } } }, [1, 3]],
      [{ roleGrants: { none: { scopeWithin: unitId(elsewhere) } } }, [0, 1, 2, 3]],
      [{ roleGrants: { some: { expiresAt: { withinNext: "P1D" } } } }, [3]],
      [{ roleGrants: { some: { expiresAt: { isNull: true } } } }, [1, 2, 3]],
      [{ roleGrants: { some: { role: { notIn: ["admin"] } } } }, [3]],
      [{ roleGrants: { some: { or: [{ role: { eq: "reader" } }, { scopeWithin: unitId(below) }] } } }, [2, 3]],
    ],
  ],
  [
    "A set",
    sets,
    [
      [{ tags: { any: ["Vip"] } }, [1, 2]],
      [{ tags: { all: ["vip", "NEW"] } }, [2]],
      [{ tags: { all: [] } }, [0, 1, 2]],
      [{ tags: { any: [] } }, []],
      [{ tags: { none: ["new"] } }, [0, 1]],
      [{ tags: { isEmpty: true } }, [0]],
      [{ tags: { isEmpty: false } }, [1, 2]],
    ],
  ],
  [
    "An org unit",
    units,
    [
      [{ orgUnit: { eq: unitId(root) } }, [1]],
      [{ orgUnit: { within: unitId(root) } }, [1, 2]],
      [{ orgUnit: { withinAny: [unitId(below), unitId(elsewhere)] } }, [2]],
      [{ orgUnit: { in: [] } }, []],
      [{ not: { orgUnit: { within: unitId(below) } } }, [0, 1]],
      [{ orgUnit: { isNull: true } }, [0]],
    ],
  ],
  [
    "A manager",
    managers,
    [
      [{ manager: { eq: userId(boss) } }, [1]],
      [{ manager: { reportsTo: userId(chief) } }, [1, 2]],
      [{ manager: { status: { ne: "ACTIVE" } } }, [0, 2]],
      [{ manager: { status: { in: ["ARCHIVED", "DELETED"] } } }, [2]],
      [{ manager: { isNull: true } }, [0]],
    ],
  ],
  [
    "Several texts",
    texts,
    [
      [{ externalId: { eq: "a-1" } }, [1]],
      [{ externalId: { startsWith: "a-1" } }, [1, 2]],
      [{ externalId: { startsWith: "b", endsWith: "2" } }, [2]],
      [{ externalId: { contains: "b\u001fa" } }, []],
      [{ externalId: { ne: "b" } }, [0, 1]],
      [{ externalId: { isNull: true } }, [0]],
    ],
  ],
  [
    "Words",
    words,
    [
      [{ text: "Ann" }, [0, 1, 2]],
      [{ text: "mar-ann" }, [0, 2]],
      [{ text: "neil o" }, [0]],
      [{ text: "arie" }, []],
    ],
  ],
  [
    "An instant",
    instants,
    [
      [{ lastLoginAt: { withinLast: "P1M" } }, [1, 3]],
      [{ lastLoginAt: { olderThan: "P1M" } }, [4, 6]],
      [{ lastLoginAt: { withinNext: "PT0.001S" } }, [1, 2]],
      [{ lastLoginAt: { withinNext: "P1000Y" } }, [1, 2]],
      [{ lastLoginAt: { gt: "9999-12-31T23:59:59.999Z" } }, [5]],
      [{ lastLoginAt: { ne: "2024-02-29T13:00:00+01:00" } }, [0, 2, 3, 4, 5, 6]],
    ],
  ],
  [
    "A civil date",
    dates,
    [
      [{ hiredOn: { withinLast: "P0D" } }, [1]],
      [{ hiredOn: { withinNext: "P1M" } }, [1, 4]],
      [{ hiredOn: { withinNext: "P1M2D" } }, [1, 2, 4]],
      [{ hiredOn: { olderThan: "P0D" } }, []],
      [{ not: { hiredOn: { gte: "2024-03-01" } } }, [0, 1]],
    ],
  ],
])("%s", (_, rows, cases) => {
  it.each(cases)("%j holds for rows %j", async (input, expected) => {
    expect(await holdsFor(rows, input)).toEqual(expected);
  });
});

/** The last value that is within a distance from a moment, and the first beyond it. */
describe.each([
  ["a month's end that is clamped, in a leap year", "2024-03-31T10:00:00.000Z", "P1M", "2024-02-29T10:00:00.000Z"],
  ["and in another", "2023-03-31T10:00:00.000Z", "P1M", "2023-02-28T10:00:00.000Z"],
  ["a leap day, a year away", "2024-02-29T00:00:00.000Z", "P1Y", "2023-02-28T00:00:00.000Z"],
  ["a leap day, four years away", "2024-02-29T00:00:00.000Z", "P4Y", "2020-02-29T00:00:00.000Z"],
  ["24 hours, on a day of 23", "2025-03-30T12:00:00.000Z", "P1D", "2025-03-29T12:00:00.000Z"],
  ["24 hours, on a day of 25", "2025-10-26T12:00:00.000Z", "P1D", "2025-10-25T12:00:00.000Z"],
  ["a second", "2025-01-01T00:00:00.000Z", "PT1S", "2024-12-31T23:59:59.000Z"],
])("The distance of an instant: %s", (_, now, length, last) => {
  it("ends to the millisecond", async () => {
    const beyond = new Date(Date.parse(last) - 1).toISOString();
    const rows = [last, beyond].map((last_login_at) => ({ last_login_at }));
    const at = { now: new Date(now), today: now.slice(0, 10) };
    expect(await holdsFor(rows, { lastLoginAt: { withinLast: length } }, at)).toEqual([0]);
    expect(await holdsFor(rows, { lastLoginAt: { olderThan: length } }, at)).toEqual([1]);
  });
});

describe("The distance of a civil date ends with a day of the calendar,", () => {
  it.each([
    ["withinLast", "2025-03-30", "P1D", "2025-03-29", "2025-03-28"],
    ["withinLast", "2024-03-31", "P1M", "2024-02-29", "2024-02-28"],
    ["withinLast", "2025-02-28", "P1Y", "2024-02-28", "2024-02-27"],
    ["withinLast", "2025-03-01", "P1Y", "2024-03-01", "2024-02-29"],
    ["withinNext", "2024-02-29", "P1Y", "2025-02-28", "2025-03-01"],
    ["withinNext", "2024-01-31", "P1M", "2024-02-29", "2024-03-01"],
    ["withinNext", "2025-10-26", "P1D", "2025-10-27", "2025-10-28"],
  ])("%s on %s of %s: with %s, and not with %s", async (operator, today, length, last, beyond) => {
    // Today is the organisation's: it may have begun elsewhere than where instants are reckoned.
    const at = { now: new Date(Date.parse(today) - 7_200_000), today };
    const rows = [last, beyond].map((hired_on) => ({ hired_on }));
    expect(await holdsFor(rows, { hiredOn: { [operator]: length } }, at)).toEqual([0]);
    if (operator === "withinLast") expect(await holdsFor(rows, { hiredOn: { olderThan: length } }, at)).toEqual([1]);
  });
});

describe("Conditions put before others for an index", () => {
  it("never decide: long texts are cut on both sides, and looked at whole", async () => {
    const long = "x".repeat(150);
    const rows = [
      { attributes: { [long]: `${long}A` } },
      { attributes: { [long]: `${long}B` } },
      { attributes: { [long]: [`${long}a`, `${long}b`] } },
    ];
    expect(await holdsFor(rows, { attributes: [{ key: long, string: { eq: `${long}b` } }] })).toEqual([1]);
    expect(await holdsFor(rows, { attributes: [{ key: long, set: { all: [`${long}a`, `${long}B`] } }] })).toEqual([2]);
    expect(await holdsFor(rows, { attributes: [{ key: long.slice(1), exists: true }] })).toEqual([]);
  });
});
