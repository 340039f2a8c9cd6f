import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { userCatalogue } from "../../src/features/users/user.fields.ts";
import { RollcallError } from "../../src/kernel/errors.ts";
import { publicId } from "../../src/kernel/ids.ts";
import type { Filter } from "../../src/search/filter.ts";
import { GRANT_CATALOGUE } from "../../src/search/grant.ts";
import { FILTER_LIMITS, sizeOf } from "../../src/search/limits.ts";
import { canonical, filterHash } from "../../src/search/normal-form.ts";
import { parseFilter } from "../../src/search/parse.ts";
import { toInput } from "../../src/search/print.ts";
import { namesIn, parseText, printText, TEXT_FORM_LIMIT } from "../../src/search/text-form.ts";
import { isKeyword } from "../../src/search/text-lexer.ts";
import { fieldInput, filtersOf } from "./support/filters.ts";
import { UNITS, USERS } from "./support/vocabulary.ts";

const catalogue = userCatalogue;
const [unit = "", otherUnit = ""] = UNITS;
const [user = ""] = USERS;
const unitId = publicId("OrgUnit", unit);
const userId = publicId("User", user);

const parse = (text: string) => parseText(text, catalogue);
const print = (filter: Filter) => printText(filter, catalogue);
const fromInput = (input: unknown) => parseFilter(input, { catalogue });

function refusal(text: string): RollcallError {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof RollcallError) return error;
    throw error;
  }
  throw new Error("The text was accepted.");
}

/** Reads back as the very tree, on one line, and is written the same again. */
function expectLossless(filter: Filter) {
  const text = print(filter);
  expect(parse(text), text).toEqual(filter);
  expect(print(parse(text))).toBe(text);
  expect(text).toMatch(/^[^\p{Cc}\p{Zl}\p{Zp}]*$/u);
  expect(filterHash(fromInput(toInput(parse(text), catalogue)), catalogue)).toBe(filterHash(filter, catalogue));
}

const NASTY = [
  "",
  '"',
  "\\",
  '\\"',
  "a\nb",
  "\r\n",
  "\t",
  "\u2028",
  "\u2029\u0085\u007f",
  "\u202eabc",
  "\ufeff",
  "'",
  "and",
  "AND not (",
  "null",
  "true",
  "P90D",
  "2024-01-01",
  "5",
  "-1e5",
  userId,
  "😀 é e\u0301 İ ς",
  "\u001f",
  "%_",
  "/* */ -- #",
  ") or true or (",
];
const nasty = fc.oneof(
  fc.constantFrom(...NASTY),
  fc.string({ unit: "binary", maxLength: 12 }).filter((t) => t.isWellFormed() && !t.includes("\u0000")),
);

describe("The text form loses nothing", () => {
  for (const field of [...catalogue.fields.values()].filter(({ filter }) => filter)) {
    it(`of any criterion about ${field.name}`, () => {
      fc.assert(
        fc.property(fieldInput(field), (input) => expectLossless(fromInput(input))),
        { numRuns: 60 },
      );
    });
  }

  it("of nested filters, in the tree's own form, in canonical form and in that of its input", () => {
    fc.assert(
      fc.property(filtersOf(catalogue, 5), (input) => {
        const filter = fromInput(input);
        expectLossless(filter);
        expectLossless(canonical(filter, catalogue));
        expectLossless(fromInput(toInput(filter, catalogue)));
      }),
      { numRuns: 300 },
    );
  });

  it("of filters over the fields of grants", () => {
    fc.assert(
      fc.property(filtersOf(GRANT_CATALOGUE, 2), (input) => {
        const filter = parseFilter(input, { catalogue: GRANT_CATALOGUE });
        expect(parseText(printText(filter, GRANT_CATALOGUE), GRANT_CATALOGUE)).toEqual(filter);
      }),
    );
  });

  it("of texts and keys with quotes, line breaks, keywords and what looks like something else", () => {
    fc.assert(
      fc.property(
        nasty,
        nasty.filter((key) => key !== ""),
        fc.boolean(),
        (text, key, caseSensitive) => {
          expectLossless(
            fromInput({
              title: { contains: text, in: [text, key], caseSensitive },
              tags: { any: [text], none: [key] },
              attributes: [
                { key, string: { eq: text, caseSensitive } },
                { key, set: { all: [text] } },
                { key, date: { isNull: true } },
                { key, string: { in: [] } },
                { key, exists: false },
              ],
            }),
          );
        },
      ),
      { numRuns: 300 },
    );
  });

  it("of groups that say no more than their members, and of those without any", () => {
    const a: Filter = { kind: "criterion", field: "title", operator: "eq", operand: "a" };
    const group = (kind: "and" | "or", ...of: Filter[]): Filter => ({ kind, of });
    for (const filter of [
      group("and"),
      group("or"),
      group("and", a),
      group("or", a),
      group("and", group("and", a, a), a),
      group("or", group("or"), group("and", group("or", a))),
      { kind: "not", of: { kind: "not", of: group("and") } } as Filter,
      group("and", { kind: "not", of: group("or", a) }, group("or", a, a)),
    ])
      expectLossless(filter);
  });
});

describe("A filter within the published limits", () => {
  it("is written as an input and a text that are within them", () => {
    fc.assert(
      fc.property(filtersOf(catalogue, 5), (input) => {
        const filter = fromInput(input);
        const size = sizeOf(toInput(filter, catalogue));
        expect(size.depth).toBeLessThanOrEqual(sizeOf(input).depth);
        expect(size.leaves).toBeLessThanOrEqual(sizeOf(input).leaves);
      }),
      { numRuns: 500 },
    );
  });

  it("can be as deep as they allow, whatever it is made of", () => {
    const deep = (wrap: (inner: object) => object, levels: number): object =>
      levels === 1 ? { title: { eq: "a" }, username: { ne: "b" } } : wrap(deep(wrap, levels - 1));
    const wraps = [
      (inner: object) => ({ not: inner }),
      (inner: object) => ({ and: [inner] }),
      (inner: object) => ({ status: { eq: "ACTIVE" }, or: [inner, {}], and: [] }),
      (inner: object) => ({ title: { eq: "x" }, and: [{ title: { eq: "y" } }, inner], username: { ne: "x" } }),
    ];
    for (const wrap of wraps) {
      expectLossless(fromInput(deep(wrap, FILTER_LIMITS.depth)));
    }
    const twice = {
      roleGrants: { some: { not: { privileged: { eq: true } } } },
      and: [{ roleGrants: { some: { or: [{}] } } }],
    };
    expect(sizeOf(toInput(fromInput(twice), catalogue)).depth).toBe(sizeOf(twice).depth);
  });
});

describe("People write", () => {
  it.each([
    [
      "status in (ACTIVE, LOCKED) and not mfaEnrolled and hiredOn < 1990-01-01",
      { status: { in: ["ACTIVE", "LOCKED"] }, not: { mfaEnrolled: { eq: true } }, hiredOn: { lt: "1990-01-01" } },
    ],
    ["lastLoginAt older than P90D", { lastLoginAt: { olderThan: "P90D" } }],
    ['title contains "engineer"', { title: { contains: "engineer" } }],
    ['attributes.size = "L"', { attributes: [{ key: "size", string: { eq: "L" } }] }],
    ["attributes.size = L", { attributes: [{ key: "size", string: { eq: "L" } }] }],
    ["attributes.floor >= -1.5e3", { attributes: [{ key: "floor", number: { gte: -1500 } }] }],
    ["attributes.remote = TRUE", { attributes: [{ key: "remote", boolean: { eq: true } }] }],
    ["attributes.since < 2020-01-01", { attributes: [{ key: "since", date: { lt: "2020-01-01" } }] }],
    ['attributes.since = "2020-01-01"', { attributes: [{ key: "since", string: { eq: "2020-01-01" } }] }],
    ['attributes.since as date = "2020-01-01"', { attributes: [{ key: "since", date: { eq: "2020-01-01" } }] }],
    ["attributes.in as number is null", { attributes: [{ key: "in", number: { isNull: true } }] }],
    ['attributes."cost centre" any (a, b)', { attributes: [{ key: "cost centre", set: { any: ["a", "b"] } }] }],
    ["roles any (admin)", { roles: { any: ["admin"] } }],
    [
      "roleGrants some (privileged and expiresAt within next P7D)",
      { roleGrants: { some: { privileged: { eq: true }, expiresAt: { withinNext: "P7D" } } } },
    ],
    [
      `orgUnit within any (${unitId}) or manager reports to ${userId}`,
      { or: [{ orgUnit: { withinAny: [unitId] } }, { manager: { reportsTo: userId } }] },
    ],
    ["manager.status != ACTIVE", { manager: { status: { ne: "ACTIVE" } } }],
    [
      "Not mfaEnrolled AND (title IS NOT NULL or tags is empty)",
      { not: { mfaEnrolled: { eq: true } }, or: [{ title: { isNull: false } }, { tags: { isEmpty: true } }] },
    ],
    [
      "mfaEnrolled or status=ACTIVE and failedLoginCount>=3",
      { or: [{ mfaEnrolled: { eq: true } }, { status: { eq: "ACTIVE" }, failedLoginCount: { gte: 3 } }] },
    ],
    ["text ann\n  and not not true", { text: "ann", not: { not: {} } }],
    ["createdAt > 2026-03-01T09:30:00+01:00", { createdAt: { gt: "2026-03-01T08:30:00.000Z" } }],
    ["lastLoginAt within last PT0,5S", { lastLoginAt: { withinLast: "PT0,5S" } }],
    ['title = "Staff" matching case', { title: { eq: "Staff", caseSensitive: true } }],
  ])("%s", (text, input) => {
    expect(parse(text)).toEqual(fromInput(input));
  });

  it("field names that are no keywords", () => {
    for (const { fields } of [catalogue, GRANT_CATALOGUE])
      for (const name of fields.keys()) expect(isKeyword(name), name).toBe(false);
  });
});

describe("Names", () => {
  const known = new Map([
    ["OrgUnit EMEA", unit],
    ["OrgUnit APAC", otherUnit],
    ["User ann", user],
  ]);
  const nameOf = (kind: string, name: string) => known.get(`${kind} ${name}`);
  const text = 'orgUnit within any ("EMEA", "APAC") and (manager = "ann" or id in ("ann"))';

  it("stand for units and users wherever ids do, and are written as ids", () => {
    const filter = parseText(text, catalogue, nameOf);
    const input = {
      orgUnit: { withinAny: [unitId, publicId("OrgUnit", otherUnit)] },
      or: [{ manager: { eq: userId } }, { id: { in: [userId] } }],
    };
    expect(filter).toEqual(fromInput(input));
    expect(print(filter)).toContain(`(${unitId}, `);
    expect(namesIn(text, catalogue)).toEqual({ OrgUnit: new Set(["EMEA", "APAC"]), User: new Set(["ann"]) });
  });

  it("that name nothing are refused at their column, whether the name or the id of another kind", () => {
    expect(refusal('orgUnit within "EMEA"').details).toMatchObject({ inputPath: "text", column: 16 });
    expect(refusal(`orgUnit within ${userId}`).details).toMatchObject({ column: 16 });
    expect(refusal("orgUnit within EMEA").details).toMatchObject({ column: 16 });
    expect(refusal('title = "a" and manager reports to "bob"').details).toMatchObject({ column: 36 });
  });
});

describe("A text that cannot be read is refused where the fault stands, with what was expected:", () => {
  it.each([
    ["", 1, ["username"], "the end"],
    ["   ", 4, ["status"], "the end"],
    ["status", 7, ["=", "in", "not in"], "the end"],
    ["status is ACTIVE", 8, ["="], "a keyword"],
    ["title is ACTIVE", 10, ["null", "not"], "a word"],
    ["title is not 5", 14, ["null"], "a number or a date"],
    ["title starts at", 14, ["with"], "a word"],
    ["status = ACTVE", 10, ["ACTIVE", "LOCKED"], undefined],
    ["status = 5", 10, ["ACTIVE"], undefined],
    ["status in ACTIVE", 11, ["("], "a word"],
    ["status in (ACTIVE LOCKED)", 19, [",", ")"], "a word"],
    ["status in (ACTIVE,)", 19, ["ACTIVE"], "a sign"],
    ['titel = "x"', 1, ["title"], "a word"],
    ['statusReason = "x"', 1, ["status"], "a word"],
    ["username is null", 10, ["=", "contains"], "a keyword"],
    ["title = and", 9, ["a text in double quotes"], "a keyword"],
    ["title = 'x'", 9, ["a text in double quotes"], "a character that means nothing here"],
    ['title = "x', 11, ["a closing quote"], undefined],
    ['title = "x\\q"', 11, undefined, undefined],
    ['title = "😀" nor', 14, ["and", "or", "the end"], "a word"],
    ['title = "a" matching', 21, ["case"], "the end"],
    ["failedLoginCount > 2.5", 20, undefined, undefined],
    ["failedLoginCount > many", 20, ["a whole number"], "a word"],
    ["hiredOn < 1990-02-30", 11, undefined, undefined],
    ["hiredOn < yesterday", 11, undefined, undefined],
    ["hiredOn older than PT5M", 20, undefined, undefined],
    ["mfaEnrolled foo", 13, ["=", "!="], "a word"],
    ["attributes = 5", 12, ["."], "a sign"],
    ["attributes.", 12, ["the key of an attribute"], "the end"],
    ['attributes."" = 5', 12, ["the key of an attribute"], "a text"],
    ["attributes.x", 13, ["=", "exists"], "the end"],
    ["attributes.x is null", 14, ["as string", "as number"], undefined],
    ["attributes.x in ()", 14, ["as string", "as number"], undefined],
    ['attributes.x < "a"', 16, ["a number", "a date"], "a text"],
    ["attributes.x as text = 5", 17, ["string", "number"], "a word"],
    ['manager.title = "x"', 9, ["status"], "a word"],
    ["roleGrants some privileged", 17, ["("], "a word"],
    ["roleGrants some (status = ACTIVE)", 18, ["role", "privileged"], "a word"],
    ["(mfaEnrolled", 13, ["and", "or", ")"], "the end"],
    ["mfaEnrolled)", 12, ["and", "or", "the end"], "a sign"],
    ["mfaEnrolled and", 16, ["username"], "the end"],
    ['mfaEnrolled\nand title <> "x"', 23, ["=", "!="], "a sign"],
  ])("%j", (text, column, allowed, found) => {
    const { code, message, details } = refusal(text);
    expect(code).toBe("INVALID_INPUT");
    expect(details).toMatchObject({ inputPath: "text", column });
    expect(message).toMatch(new RegExp(`^text: column ${column}: (expected|must be) `));
    if (found) expect(message).toContain(`; found ${found}.`);
    if (allowed) expect(details.violations?.[0]?.allowed).toEqual(expect.arrayContaining(allowed));
  });

  it("and never repeats what was written", () => {
    fc.assert(
      fc.property(filtersOf(catalogue, 2), fc.nat(), (input, cut) => {
        const text = print(fromInput(input));
        const place = cut % (text.length + 1);
        const broken = `${text.slice(0, place)} zzsecretzz "zzsecretzz" ${text.slice(place)}`;
        try {
          parse(broken);
        } catch (error) {
          expect(error).toBeInstanceOf(RollcallError);
          const { message, details } = error as RollcallError;
          expect(message + JSON.stringify(details)).not.toContain("zzsecretzz");
        }
      }),
      { numRuns: 300 },
    );
  });

  it("and any other text is read or refused, never worse", () => {
    const words = fc.constantFrom(
      "and",
      "or",
      "not",
      "(",
      ")",
      "title",
      "in",
      "=",
      '"a"',
      "5",
      ",",
      "attributes",
      ".",
      "is",
      "null",
      "as",
      "roleGrants",
      "some",
      "\\",
      '"',
      "true",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(words, { maxLength: 12 }).map((all) => all.join(" ")),
          fc.string({ unit: "binary", maxLength: 30 }),
        ),
        (text) => {
          try {
            expectLossless(parse(text));
          } catch (error) {
            if (!(error instanceof RollcallError)) throw error;
            expect(error.details.column).toBeGreaterThan(0);
            expect(error.details.column).toBeLessThanOrEqual(text.length + 1);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe("A text over a limit is refused with FILTER_TOO_COMPLEX:", () => {
  const criteria = (count: number) => Array.from({ length: count }, () => "mfaEnrolled").join(" or ");
  const list = (length: number) => `title in (${Array.from({ length }, (_, i) => `t${i}`).join()})`;
  const nested = (depth: number) => `${"not (".repeat(depth)}mfaEnrolled${")".repeat(depth)}`;

  const bracketed = (depth: number) => `${"(".repeat(depth)}true${")".repeat(depth)}`;

  it.each([
    ["criteria", criteria(200), criteria(201), 200],
    ["values in a list", list(1000), list(1001), 1000],
    ["characters in a text", `title = "${"😀".repeat(256)}"`, `title = "${"😀".repeat(257)}"`, 256],
    ["characters in a key", `attributes.${"k".repeat(256)} exists`, `attributes.${"k".repeat(257)} exists`, 256],
    ["depth", nested(11), nested(12), 12],
    ["parentheses", bracketed(64), bracketed(65), 64],
    ["length", `${" ".repeat(TEXT_FORM_LIMIT - 4)}true`, `${" ".repeat(TEXT_FORM_LIMIT - 3)}true`, TEXT_FORM_LIMIT],
  ])("%s", (_, within, over, limit) => {
    expect(() => parse(within)).not.toThrow();
    expect(refusal(over)).toMatchObject({ code: "FILTER_TOO_COMPLEX", details: { inputPath: "text", limit } });
  });

  it("however deep it nests, without exhausting the stack", () => {
    for (const text of ["(".repeat(500_000), "not ".repeat(200_000), "roleGrants some (".repeat(50_000)])
      expect(refusal(text).code).toMatch(/^(FILTER_TOO_COMPLEX|INVALID_INPUT)$/);
  });
});
