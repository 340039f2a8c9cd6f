import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { userCatalogue } from "../../src/features/users/user.fields.ts";
import { publicId } from "../../src/kernel/ids.ts";
import { FALSE, type Filter, not, TRUE } from "../../src/search/filter.ts";
import { canonical, filterHash } from "../../src/search/normal-form.ts";
import { parseFilter } from "../../src/search/parse.ts";
import { toInput } from "../../src/search/print.ts";
import { filtersOf } from "./support/filters.ts";
import { UNITS } from "./support/vocabulary.ts";

const catalogue = userCatalogue;
const parse = (input: unknown): Filter => parseFilter(input, { catalogue });
const hash = (input: unknown): string => filterHash(parse(input), catalogue);
const [a = "", b = ""] = UNITS.map((id) => publicId("OrgUnit", id));
const filters = filtersOf(catalogue).map(parse);

describe("The canonical form", () => {
  it("is its own canonical form", () => {
    fc.assert(
      fc.property(filters, (filter) => {
        const once = canonical(filter, catalogue);
        expect(canonical(once, catalogue)).toEqual(once);
      }),
      { numRuns: 2000 },
    );
  });

  it("of a double negation, of doubled and reordered members and of a printed filter is that of the filter", () => {
    fc.assert(
      fc.property(filters, filters, (f, g) => {
        const once = canonical(f, catalogue);
        expect(canonical(not(not(f)), catalogue)).toEqual(once);
        expect(canonical({ kind: "or", of: [f, FALSE, f] }, catalogue)).toEqual(once);
        expect(canonical({ kind: "and", of: [f, TRUE, f] }, catalogue)).toEqual(once);
        const both = canonical({ kind: "and", of: [f, g] }, catalogue);
        expect(canonical({ kind: "and", of: [g, { kind: "and", of: [f] }] }, catalogue)).toEqual(both);
        expect(canonical(not({ kind: "or", of: [not(g), not(f)] }), catalogue)).toEqual(both);
        expect(canonical(parse(toInput(f, catalogue)), catalogue)).toEqual(once);
        expect(canonical(parse(JSON.parse(JSON.stringify(toInput(once, catalogue)))), catalogue)).toEqual(once);
      }),
      { numRuns: 1000 },
    );
  });

  it("has negations on criteria only", () => {
    const negatesOnlyCriteria = (filter: Filter): boolean =>
      filter.kind === "not"
        ? filter.of.kind === "criterion"
        : filter.kind === "criterion" || filter.of.every(negatesOnlyCriteria);
    fc.assert(
      fc.property(filters, (filter) => negatesOnlyCriteria(canonical(filter, catalogue))),
      { numRuns: 500 },
    );
  });
});

describe("Equal hashes have", () => {
  it.each([
    ["ne and not eq", { title: { ne: "a" } }, { not: { title: { eq: "a" } } }],
    ["notIn and not in", { title: { notIn: ["b", "a", "b"] } }, { not: { title: { in: ["a", "b"] } } }],
    ["none and not any", { tags: { none: ["a"] } }, { not: { tags: { any: ["A"] } } }],
    [
      "no grant and not some grant",
      { roleGrants: { none: { role: { eq: "a" } } } },
      { not: { roleGrants: { some: { role: { in: ["A"] } } } } },
    ],
    ["a list of one and its value", { status: { in: ["ACTIVE"] } }, { status: { eq: "ACTIVE" } }],
    [
      "a list and alternatives",
      { status: { in: ["ACTIVE", "LOCKED"] } },
      { or: [{ status: { eq: "LOCKED" } }, { status: { eq: "ACTIVE" } }] },
    ],
    ["a list and refusals", { title: { notIn: ["a", "b"] } }, { title: { ne: "a" }, not: { title: { eq: "b" } } }],
    [
      "units one by one and together",
      { orgUnit: { withinAny: [b, a] } },
      { or: [{ orgUnit: { within: a } }, { orgUnit: { within: b } }] },
    ],
    [
      "a manager's status one by one and together",
      { manager: { status: { in: ["LOCKED", "ACTIVE"] } } },
      { or: [{ manager: { status: { eq: "ACTIVE" } } }, { manager: { status: { eq: "LOCKED" } } }] },
    ],
    ["all and any of one", { tags: { all: ["x"] } }, { tags: { any: ["x"] } }],
    ["text that folds alike", { title: { contains: "ANN" } }, { title: { contains: "ann", caseSensitive: false } }],
    [
      "siblings and and",
      { title: { eq: "a" }, status: { eq: "ACTIVE" } },
      { and: [{ status: { eq: "ACTIVE" } }, { and: [{ title: { eq: "A" } }] }] },
    ],
    ["a year and twelve months", { createdAt: { olderThan: "P1Y" } }, { createdAt: { olderThan: "P12M" } }],
    [
      "a week, seven days and their hours",
      { createdAt: { withinLast: "P1W" } },
      { createdAt: { withinLast: "PT168H" } },
    ],
    ["words in any order", { text: "Ann  O'Neil" }, { text: "o neil ann" }],
    [
      "an instant in two zones",
      { createdAt: { gt: "2024-01-01T02:00:00+02:00" } },
      { createdAt: { gt: "2024-01-01T00:00:00.000Z" } },
    ],
    [
      "not less and greater or equal of what is always there",
      { not: { createdAt: { lt: "2024-01-01T00:00:00Z" } } },
      { createdAt: { gte: "2024-01-01T00:00:00Z" } },
    ],
    ["not true and false of what is always there", { mfaEnrolled: { ne: true } }, { mfaEnrolled: { eq: false } }],
    ["isNull false and not isNull", { title: { isNull: false } }, { not: { title: { isNull: true } } }],
    ["containing nothing and being there", { title: { contains: "" } }, { title: { isNull: false } }],
    ["nothing in a list and false", { title: { in: [] } }, { or: [] }],
    ["none of nothing and true", { tags: { none: [] } }, {}],
    ["a filter or its complement and true", { or: [{ title: { eq: "a" } }, { title: { ne: "a" } }] }, {}],
    [
      "a filter and its complement and false",
      { title: { isNull: true }, not: { title: { isNull: true } } },
      { or: [] },
    ],
  ])("%s", (_, one, other) => {
    expect(hash(one)).toBe(hash(other));
  });
});

describe("Different hashes have", () => {
  it.each([
    [
      "not less and greater or equal of what may be missing",
      { not: { lastLoginAt: { lt: "2024-01-01T00:00:00Z" } } },
      { lastLoginAt: { gte: "2024-01-01T00:00:00Z" } },
    ],
    ["not true and false of what may be missing", { emailVerified: { ne: true } }, { emailVerified: { eq: false } }],
    ["text compared folded and exactly", { title: { eq: "ann" } }, { title: { eq: "ann", caseSensitive: true } }],
    [
      "an attribute as text and as a set",
      { attributes: [{ key: "a", string: { eq: "x" } }] },
      { attributes: [{ key: "a", set: { any: ["x"] } }] },
    ],
    [
      "an empty set and an attribute that is none",
      { attributes: [{ key: "a", set: { isEmpty: false } }] },
      { not: { attributes: [{ key: "a", set: { isEmpty: true } }] } },
    ],
    ["one month and thirty days", { createdAt: { olderThan: "P1M" } }, { createdAt: { olderThan: "P30D" } }],
    [
      "one grant of both and a grant of each",
      { roleGrants: { some: { role: { eq: "a" }, privileged: { eq: true } } } },
      {
        and: [{ roleGrants: { some: { role: { eq: "a" } } } }, { roleGrants: { some: { privileged: { eq: true } } } }],
      },
    ],
  ])("%s", (_, one, other) => {
    expect(hash(one)).not.toBe(hash(other));
  });
});

describe("A printed filter", () => {
  it("says siblings beside each other, as short as it can", () => {
    const input = {
      title: { startsWith: "a", endsWith: "b", caseSensitive: true },
      hiredOn: { gte: "2024-01-01", lt: "2025-01-01" },
      manager: { status: { notIn: ["ACTIVE", "LOCKED"] } },
      orgUnit: { within: a },
      attributes: [
        { key: "k", string: { eq: "x" } },
        { key: "l", exists: true },
      ],
      text: "ann",
    };
    expect(toInput(parse(input), catalogue)).toEqual(input);
    const twice = { and: [{ title: { contains: "a" } }, { title: { contains: "b" } }] };
    expect(toInput(parse(twice), catalogue)).toEqual(twice);
    const scopes = { roleGrants: { some: { or: [{ scopeWithin: a }, { scopeWithin: b }] } } };
    expect(toInput(canonical(parse(scopes), catalogue), catalogue)).toEqual(scopes);
    expect(toInput(TRUE, catalogue)).toEqual({});
    expect(toInput(FALSE, catalogue)).toEqual({ or: [] });
  });
});
