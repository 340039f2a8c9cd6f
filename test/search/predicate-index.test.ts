import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { userCatalogue } from "../../src/features/users/user.fields.ts";
import type { Row } from "../../src/search/field.ts";
import type { Filter } from "../../src/search/filter.ts";
import { FILTER_LIMITS } from "../../src/search/limits.ts";
import { parseFilter } from "../../src/search/parse.ts";
import { PredicateIndex, type Stayed, type Transitions } from "../../src/search/predicate-index.ts";
import type { RowChange } from "../../src/search/predicate-index-difference.ts";
import { printText } from "../../src/search/text-form.ts";
import { compile } from "../../src/search/to-predicate.ts";
import { fieldInput, filtersOf } from "./support/filters.ts";
import { rowsOf } from "./support/rows.ts";
import { moments } from "./support/vocabulary.ts";

const catalogue = userCatalogue;

interface Saved {
  filter: Filter;
  watch: readonly string[];
}

/** What every filter says for itself, in the order of the keys. */
function expected(saved: ReadonlyMap<number, Saved>, change: RowChange, stayed: Stayed): Transitions<number> {
  const found: Transitions<number> = { joined: [], left: [], stayed: [] };
  const { before, after, at, beforeAt = at } = change;
  for (const [key, { filter, watch }] of saved) {
    const holds = compile(filter, catalogue);
    const was = before !== undefined && holds(before, beforeAt);
    const is = after !== undefined && holds(after, at);
    const differs = watch.some((name) => {
      const field = catalogue.fields.get(name);
      const column = field?.shownColumn ?? field?.column ?? "";
      return JSON.stringify(before?.[column] ?? null) !== JSON.stringify(after?.[column] ?? null);
    });
    if (!was && is) found.joined.push(key);
    if (was && !is) found.left.push(key);
    if (was && is && (stayed === "all" || differs)) found.stayed.push(key);
  }
  return found;
}

const sorted = ({ joined, left, stayed }: Transitions<number>): Transitions<number> => {
  const inOrder = (keys: number[]) => [...keys].sort((a, b) => a - b);
  return { joined: inOrder(joined), left: inOrder(left), stayed: inOrder(stayed) };
};

const POSTGRES_INSTANT = /^(\S+) ([0-9:.]+)([+-]\S+)( BC)?$/;

/** Rows as the change log carries them: instants in the form of PostgreSQL's JSON. */
const rows: fc.Arbitrary<Row> = rowsOf(catalogue).map((row) =>
  Object.fromEntries(
    Object.entries(row).map(([column, value]) => [
      column,
      typeof value === "string" && column.endsWith("_at") ? value.replace(POSTGRES_INSTANT, "$1T$2$3$4") : value,
    ]),
  ),
);
const columns = Object.keys(fc.sample(rows, { numRuns: 1, seed: 1 })[0] as object);
const watches = fc.subarray(
  [...catalogue.fields.values()].filter(({ show }) => show !== false).map(({ name }) => name),
  { maxLength: 3 },
);

/** A row that another became by a change of a few columns, or of none, or of all; or one that came or went. */
const changes: fc.Arbitrary<RowChange> = fc
  .record({
    before: rows,
    after: rows,
    changed: fc.oneof(fc.subarray(columns, { maxLength: 3 }), fc.subarray(columns)),
    at: moments,
    beforeAt: fc.option(moments, { nil: undefined }),
    presence: fc.constantFrom("both", "both", "both", "both", "came", "went"),
  })
  .map(({ before, after, changed, at, beforeAt, presence }) => {
    const became: Row = { ...before, ...Object.fromEntries(changed.map((column) => [column, after[column]])) };
    const earlier = beforeAt ? { beforeAt } : {};
    return {
      before: presence === "came" ? undefined : structuredClone(before),
      after: presence === "went" ? undefined : became,
      at,
      ...earlier,
    };
  });

type Step =
  | { does: "add"; key: number; filter: unknown; watch: readonly string[] }
  | { does: "remove"; key: number }
  | { does: "match"; change: RowChange; stayed: Stayed };

const steps = (filters: fc.Arbitrary<unknown>, keys: number, length: number): fc.Arbitrary<Step[]> => {
  const key = fc.nat({ max: keys - 1 });
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 4, arbitrary: fc.record({ does: fc.constant("add" as const), key, filter: filters, watch: watches }) },
    { weight: 1, arbitrary: fc.record({ does: fc.constant("remove" as const), key }) },
    {
      weight: 3,
      arbitrary: fc.record({
        does: fc.constant("match" as const),
        change: changes,
        stayed: fc.constantFrom<Stayed>("watched", "all"),
      }),
    },
  );
  return fc.array(step, { minLength: length, maxLength: length });
};

/** Runs the steps on an index and on a plain list of filters, side by side. */
function expectEqual(taken: readonly Step[], sample: readonly Row[]): void {
  const index = new PredicateIndex<number>(catalogue, sample);
  const saved = new Map<number, Saved>();
  for (const step of taken) {
    if (step.does === "add") {
      const filter = parseFilter(step.filter, { catalogue });
      index.add(step.key, filter, step.watch);
      saved.set(step.key, { filter, watch: step.watch });
    } else if (step.does === "remove") {
      expect(index.remove(step.key)).toBe(saved.delete(step.key));
    } else {
      const found = sorted(index.match(step.change, step.stayed));
      const due = sorted(expected(saved, step.change, step.stayed));
      const wrong = (["joined", "left", "stayed"] as const).flatMap((side) =>
        [...new Set([...found[side], ...due[side]])]
          .filter((key) => found[side].filter((one) => one === key).length !== (due[side].includes(key) ? 1 : 0))
          .map((key) => `${side} ${printText((saved.get(key) as Saved).filter, catalogue)}`),
      );
      expect(wrong).toEqual([]);
    }
    expect(index.size).toBe(saved.size);
  }
  for (const key of saved.keys()) index.remove(key);
  for (const step of taken)
    if (step.does === "match") expect(index.match(step.change, "all")).toEqual({ joined: [], left: [], stayed: [] });
}

const samples = fc.array(rows, { maxLength: 10 });

describe("The predicate index finds exactly the filters that each say so for themselves, while filters come and go", () => {
  for (const field of [...catalogue.fields.values()].filter(({ filter }) => filter)) {
    it(`for every operator of ${field.name}`, () => {
      const filters = fc.oneof(
        fieldInput(field),
        fieldInput(field).map((not) => ({ not })),
        fc.array(fieldInput(field), { maxLength: 3 }).map((or) => ({ or })),
        fc.tuple(fieldInput(field), filtersOf(catalogue, 0)).map(([a, b]) => ({ and: [a, b] })),
      );
      fc.assert(fc.property(steps(filters, 40, 120), samples, expectEqual), { numRuns: 15, endOnFailure: true });
    });
  }

  it("for nested filters", () => {
    fc.assert(fc.property(steps(filtersOf(catalogue), 60, 200), samples, expectEqual), {
      numRuns: 60,
      endOnFailure: true,
    });
  });
});

const at = { now: new Date("2026-03-01T12:00:00.000Z"), today: "2026-03-01" };
const someone: Row = { user_id: "u", username: "ann", status: "ACTIVE", unit_path: [], tags: [], attributes: {} };

describe("The predicate index", () => {
  it("is right for filters as large as they may be", () => {
    const values = Array.from({ length: FILTER_LIMITS.listValues }, (_, n) => `value ${n}`);
    const large: unknown[] = [
      { title: { in: values }, department: { in: values }, tags: { any: values } },
      { or: Array.from({ length: FILTER_LIMITS.leaves }, (_, n) => ({ title: { contains: `e ${n}` } })) },
      {
        and: Array.from({ length: 66 }, (_, n) => ({
          not: {
            title: { eq: `value ${n}` },
            or: [{ hiredOn: { lt: "2020-01-01" } }, { tags: { all: values.slice(0, 9) } }],
          },
        })),
      },
    ];
    const saved = new Map(large.map((input, key) => [key, { filter: parseFilter(input, { catalogue }), watch: [] }]));
    const index = new PredicateIndex<number>(catalogue);
    for (const [key, { filter }] of saved) index.add(key, filter);
    const people: Row[] = [
      someone,
      { ...someone, title: "value 7", department: "value 999", tags: ["value 3"] },
      { ...someone, title: "value 65", hired_on: "2019-01-01" },
      { ...someone, title: "elsewhere", department: "value 1", tags: values.slice(0, 9), hired_on: "2021-01-01" },
    ];
    for (const before of [undefined, ...people])
      for (const after of [undefined, ...people])
        expect(sorted(index.match({ before, after, at }, "all"))).toEqual(
          sorted(expected(saved, { before, after, at }, "all")),
        );
    for (const key of saved.keys()) expect(index.remove(key)).toBe(true);
    expect(index.match({ before: undefined, after: people[1], at }).joined).toEqual([]);
  });

  it("keeps a number of one field apart from the same digits of another", () => {
    // Whatever numbers the index gives the two fields by how much came between them.
    for (let between = 0; between < 8; between++)
      for (let n = 0; n < 100; n++) {
        const index = new PredicateIndex<string>(catalogue);
        const save = (key: string, input: unknown) => index.add(key, parseFilter(input, { catalogue }));
        save("risk", { riskScore: { eq: n } });
        for (let at = 0; at < between; at++) save(`title ${at}`, { title: { eq: `title ${at}` } });
        save("failed", { failedLoginCount: { eq: n % 10 } });
        const joinedBy = (row: Row) => index.match({ before: undefined, after: { ...someone, ...row }, at }).joined;
        expect(joinedBy({ risk_score: n })).toEqual(["risk"]);
        expect(joinedBy({ failed_login_count: n % 10 })).toEqual(["failed"]);
      }
  });

  it("tells of a filter once under each key, and of the last filter alone where a key is used again", () => {
    const index = new PredicateIndex<string>(catalogue);
    const active = parseFilter({ status: { eq: "ACTIVE" } }, { catalogue });
    index.add("a", active);
    index.add("b", active, ["title"]);
    index.add("b", active);
    index.add("c", parseFilter({}, { catalogue }), ["title"]);
    const locked = { ...someone, status: "LOCKED" };
    expect(index.match({ before: locked, after: someone, at }).joined.sort()).toEqual(["a", "b"]);
    expect(index.match({ before: someone, after: { ...someone, title: "Boss" }, at })).toEqual({
      joined: [],
      left: [],
      stayed: ["c"],
    });
    expect(index.size).toBe(3);
    expect(index.has("a")).toBe(true);
    expect(index.remove("d")).toBe(false);
  });

  it("finds who joins and leaves by time alone, at the moments that it is given", () => {
    const index = new PredicateIndex<string>(catalogue);
    const save = (key: string, input: unknown) => index.add(key, parseFilter(input, { catalogue }));
    save("ninety days", { lastLoginAt: { olderThan: "P90D" } });
    save("a month", { lastLoginAt: { withinLast: "P1M" } });
    save("ends soon", { roleGrants: { some: { expiresAt: { withinNext: "P7D" } } } });
    save("leaves today", { terminatesOn: { withinLast: "P0D" } });
    save("never", { lastLoginAt: { isNull: true } });
    const grant = { role: "admin", privileged: true, scopePath: null, grantedAt: "2026-01-01T00:00:00.000Z" };
    const row: Row = {
      ...someone,
      last_login_at: "2026-01-31T08:00:00.000Z",
      terminates_on: "2026-05-01",
      role_grants: [{ ...grant, startsAt: grant.grantedAt, expiresAt: "2026-03-20T00:00:00.000Z" }],
    };
    const pass = (from: string, to: string) => {
      const moment = (text: string) => ({ now: new Date(text), today: text.slice(0, 10) });
      return index.match({ before: row, after: row, beforeAt: moment(from), at: moment(to) });
    };
    const none = { joined: [], left: [], stayed: [] };
    expect(pass("2026-02-28T08:00:00.000Z", "2026-02-28T23:59:59.999Z")).toEqual(none);
    expect(pass("2026-02-28T23:59:59.999Z", "2026-03-01T00:00:00.000Z")).toEqual({ ...none, left: ["a month"] });
    expect(pass("2026-03-12T23:59:59.999Z", "2026-03-13T00:00:00.000Z")).toEqual({ ...none, joined: ["ends soon"] });
    expect(pass("2026-05-01T08:00:00.000Z", "2026-05-01T08:00:00.001Z")).toEqual({ ...none, joined: ["ninety days"] });
    expect(pass("2026-04-30T23:59:59.999Z", "2026-05-01T00:00:00.000Z")).toEqual({ ...none, joined: ["leaves today"] });
    expect(pass("2026-05-01T23:59:59.999Z", "2026-05-02T00:00:00.000Z")).toEqual({ ...none, left: ["leaves today"] });
  });

  it("refuses a filter or a field to watch that the catalogue does not have, and stays as it was", () => {
    const index = new PredicateIndex<string>(catalogue);
    const unknown: Filter = { kind: "criterion", field: "shoeSize", operator: "eq", operand: 42 };
    expect(() => index.add("a", unknown)).toThrow("shoeSize");
    expect(() => index.add("a", parseFilter({}, { catalogue }), ["shoeSize"])).toThrow("shoeSize");
    expect(index.size).toBe(0);
    expect(index.match({ before: undefined, after: someone, at }).joined).toEqual([]);
  });
});
