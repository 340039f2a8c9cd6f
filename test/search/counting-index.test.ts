import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { userCatalogue } from "../../src/features/users/user.fields.ts";
import type { Bits } from "../../src/search/counting-bits.ts";
import { CountingIndex } from "../../src/search/counting-index.ts";
import type { Row } from "../../src/search/field.ts";
import { type Filter, not } from "../../src/search/filter.ts";
import { parseFilter } from "../../src/search/parse.ts";
import { compile } from "../../src/search/to-predicate.ts";
import { fieldInput, filtersOf } from "./support/filters.ts";
import { rowsOf } from "./support/rows.ts";
import { LEAP_DAY, moments, UNITS, USERS } from "./support/vocabulary.ts";

const catalogue = userCatalogue;
const COUNT = 40;
/** Filters name the first ones. */
const IDS = Array.from(
  { length: COUNT },
  (_, i) => USERS[i] ?? `018cc251-f400-7fff-8000-${String(i).padStart(12, "0")}`,
);
const AT = LEAP_DAY;

const POSTGRES_INSTANT = /^(\S+) ([0-9:.]+)([+-]\S+)( BC)?$/;

/** Rows as the log carries them, of people among whom nobody reports to a later one, in units that stand at the end of their paths. */
const people: fc.Arbitrary<Row[]> = fc
  .array(fc.tuple(rowsOf(catalogue), fc.nat(COUNT - 1)), { minLength: COUNT, maxLength: COUNT })
  .map((rows) => {
    const chains: string[][] = [];
    return rows.map(([row, pick], place): Row => {
      const instants = Object.entries(row).map(([column, value]) => [
        column,
        typeof value === "string" && column.endsWith("_at") ? value.replace(POSTGRES_INSTANT, "$1T$2$3$4") : value,
      ]);
      const above = place > 0 && row.manager_id !== null ? pick % place : undefined;
      const chain = above === undefined ? [] : [IDS[above] as string, ...(chains[above] as string[])];
      chains.push(chain);
      const tags = [...new Set(row.tags as string[])];
      const roles = [...new Set(row.role_keys as string[])];
      return {
        ...Object.fromEntries(instants),
        user_id: IDS[place],
        manager_id: chain[0] ?? null,
        manager_chain: chain,
        tags,
        role_keys: roles,
        group_keys: [...new Set(row.group_keys as string[])],
      };
    });
  });

function expectAgreement(index: CountingIndex, rows: readonly Row[], filter: Filter, at: typeof AT): void {
  for (const asked of [filter, not(filter), filter]) {
    const holds = compile(asked, catalogue);
    const given = new Map(
      [...index.unanswered(asked)].map(([criterion, positive]) => {
        const satisfies = compile(positive, catalogue);
        return [criterion, rows.filter((row) => satisfies(row, at)).map((row) => row.user_id as string)];
      }),
    );
    expect(
      index.answer([asked], at, given, ([found]) => index.count(found as Bits)),
      JSON.stringify(asked),
    ).toBe(rows.filter((row) => holds(row, at)).length);
  }
}

describe("The index of counts finds whom the predicate holds for", () => {
  for (const field of [...catalogue.fields.values()].filter(({ filter }) => filter)) {
    it(`for every operator of ${field.name}`, () => {
      const inputs = fc.array(fieldInput(field), { minLength: 12, maxLength: 12 });
      fc.assert(
        fc.property(inputs, people, moments, (asked, rows, at) => {
          const index = new CountingIndex(catalogue);
          for (const row of rows) index.write(row, true);
          for (const input of asked) expectAgreement(index, rows, parseFilter(input, { catalogue }), at);
        }),
        { numRuns: 6, endOnFailure: true },
      );
    });
  }

  it("after rows were written again, removed and added, for filters that were asked before", () => {
    const inputs = fc.array(filtersOf(catalogue), { minLength: 15, maxLength: 15 });
    fc.assert(
      fc.property(inputs, people, people, fc.array(fc.nat(COUNT - 1)), moments, (asked, first, second, gone, at) => {
        const filters = asked.map((input) => parseFilter(input, { catalogue }));
        const index = new CountingIndex(catalogue);
        for (const row of first) index.write(row, true);
        for (const filter of filters) expectAgreement(index, first, filter, at);
        for (const row of second) index.write(row, true);
        for (const place of gone) index.remove(IDS[place] as string);
        const left = second.filter((_, place) => !gone.includes(place));
        expect(index.size).toBe(left.length);
        for (const filter of filters) expectAgreement(index, left, filter, at);
        for (const row of first) index.write(row, true);
        for (const filter of filters) expectAgreement(index, first, filter, at);
      }),
      { numRuns: 20, endOnFailure: true },
    );
  });
});

describe("Counted by value", () => {
  it("each value, each member of a set, and those without, as they stand in the rows", () => {
    fc.assert(
      fc.property(people, (rows) => {
        const index = new CountingIndex(catalogue);
        for (const row of rows) index.write(row, true);
        for (const field of [...catalogue.fields.values()].filter(({ facet }) => facet)) {
          const counts = new Map<unknown, number>();
          for (const row of rows) {
            const value = row[field.column] ?? null;
            const values = Array.isArray(value) ? (value.length > 0 ? value : [null]) : [value];
            for (const one of values) counts.set(one, (counts.get(one) ?? 0) + 1);
          }
          const tallied = index.answer([{ kind: "and", of: [] }], AT, new Map(), ([everybody]) =>
            index.tally(field, everybody as Bits),
          );
          expect(new Map(tallied?.map(({ value, count }) => [value, count])), field.name).toEqual(counts);
          expect(tallied).toHaveLength(counts.size);
        }
      }),
      { numRuns: 20 },
    );
  });
});

describe("What cannot be held", () => {
  const row = (i: number): Row => ({
    ...(fc.sample(rowsOf(catalogue), { numRuns: 1, seed: 1 })[0] as Row),
    user_id: `018cc251-f400-7fff-8000-${String(i).padStart(12, "0")}`,
    manager_id: null,
    unit_path: [UNITS[0]],
    org_unit_id: UNITS[0],
    tags: [],
    role_keys: [],
    group_keys: [],
    group_ids: [],
  });
  const asks = (input: object) => parseFilter(input, { catalogue });

  it("is left to the database: a set with a member twice, a column of too many values, and the criteria that have no column", () => {
    const index = new CountingIndex(catalogue);
    const base = row(0);
    for (let i = 0; i < 99_000; i++)
      index.write(
        {
          ...base,
          user_id: idAt(i),
          username: `user ${i}`,
          title: i % 3 < 2 ? `${i}` : null,
          tags: i === 7 ? ["a", "a"] : ["a"],
        },
        true,
      );
    expect(index.size).toBe(99_000);
    const count = (filter: Filter) => index.answer([filter], AT, new Map(), ([found]) => index.count(found as Bits));
    const missing = (input: object) =>
      [...index.unanswered(asks(input)).values()].map(({ field, operator }) => [field, operator]);
    expect(missing({ username: { ne: "user 1" } })).toEqual([["username", "eq"]]);
    const named = asks({ username: { contains: "ER 12" }, not: { username: { endsWith: "3" } } });
    expect(missing({ username: { contains: "ER 12" } })).toEqual([]);
    expect(count(named)).toBe(1_000);
    expect(index.shed()).toBe(true);
    expect(missing({ username: { contains: "ER 12" } })).toEqual([["username", "contains"]]);
    expect(missing({ tags: { any: ["a"] } })).toEqual([["tags", "any"]]);
    expect(missing({ text: "ann" })).toEqual([["text", "words"]]);
    expect(missing({ roleGrants: { none: {} } })).toEqual([["roleGrants", "some"]]);
    expect(missing({ or: [{ status: { eq: "ACTIVE" } }, { title: { eq: "a" } }] })).toEqual([["title", "eq"]]);
    expect(missing({ status: { ne: "ACTIVE" } })).toEqual([]);
    while (index.shed());
    expect(missing({ status: { ne: "ACTIVE" } })).toEqual([]);
    expect(count(asks({ status: { eq: String(base.status) } }))).toBe(99_000);
  });
});

const idAt = (i: number): string => `018cc251-f400-7fff-8000-${String(i).padStart(12, "0")}`;
