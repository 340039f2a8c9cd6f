import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { userCatalogue } from "../../src/features/users/user.fields.ts";
import { hasBit, Room } from "../../src/search/counting-bits.ts";
import { CodedColumn, textCoding } from "../../src/search/counting-codes.ts";
import type { Column } from "../../src/search/counting-column.ts";
import { TextColumn } from "../../src/search/counting-texts.ts";
import { TimeColumn } from "../../src/search/counting-times.ts";
import type { Row } from "../../src/search/field.ts";
import type { Criterion, Operator } from "../../src/search/filter.ts";
import { compile } from "../../src/search/to-predicate.ts";
import { dates, days, durations, instants, LEAP_DAY, text } from "./support/vocabulary.ts";

const CAPACITY = 64;
const AT = LEAP_DAY;

/** A column finds whom the predicate holds for, in rows that are written again and again; and each row's own answer is the same. */
function expectFound(column: Column, rows: readonly Row[], criterion: Criterion): void {
  const holds = compile(criterion, userCatalogue);
  const wanted = rows.flatMap((row, place) => (holds(row, AT) ? [place] : []));
  const found = column.where(criterion, AT, new Room());
  expect(
    [...rows.keys()].filter((place) => hasBit(found, place)),
    JSON.stringify(criterion),
  ).toEqual(wanted);
  const test = column.test?.(criterion, AT);
  if (test) expect([...rows.keys()].filter(test), JSON.stringify(criterion)).toEqual(wanted);
}

function expectColumn(make: () => Column, values: fc.Arbitrary<unknown>, criteria: fc.Arbitrary<Criterion>): void {
  const rows = fc.array(fc.tuple(fc.nat(CAPACITY - 1), values), { minLength: CAPACITY, maxLength: 3 * CAPACITY });
  fc.assert(
    fc.property(rows, fc.array(criteria, { minLength: 6, maxLength: 6 }), (written, asked) => {
      const column = make();
      const [name = ""] = column.names;
      const now: Row[] = Array.from({ length: 2 * CAPACITY }, () => ({ [name]: null }));
      for (const [nth, [place, value]] of written.entries()) {
        if (nth === CAPACITY) column.grow(2 * CAPACITY);
        now[place] = { [name]: value };
        column.write(place, now[place], true);
        const criterion = asked[nth % asked.length] as Criterion;
        if (nth % 7 === 0 && nth > CAPACITY) expectFound(column, now, criterion);
      }
      column.grow(2 * CAPACITY);
      for (const criterion of asked) expectFound(column, now, criterion);
    }),
    { numRuns: 60 },
  );
}

const asked = (
  field: string,
  operators: readonly Operator[],
  operand: fc.Arbitrary<unknown>,
): fc.Arbitrary<Criterion> =>
  fc
    .record({ operator: fc.constantFrom(...operators), operand })
    .map((one) => ({ kind: "criterion", field, ...one }) as Criterion);
const isNull = (field: string) => asked(field, ["isNull"], fc.boolean());
/** Parts of a byte, of two, of several, of none, and with what folds to more. */
const parts = fc.oneof(
  text,
  fc.constantFrom("", "a", "e ", "é", "an", "ΟΔΟΣ", "İ", "😀", "ss"),
  fc.string({ maxLength: 3 }),
);

describe("Columns of texts that all differ", () => {
  it("find every part of them, folded, wherever it stands", () => {
    const texts = fc.option(fc.oneof(text, fc.string({ unit: "grapheme", maxLength: 6 })), { nil: null });
    const storable = texts.filter((one) => one === null || (one.isWellFormed() && !one.includes("\u0000")));
    expectColumn(
      () => new TextColumn("display_name", userCatalogue, CAPACITY),
      storable,
      fc.oneof(
        asked(
          "displayName",
          ["contains", "startsWith", "endsWith"],
          parts.filter((part) => part.isWellFormed() && !part.includes("\u0000")),
        ),
        isNull("displayName"),
      ),
    );
  });

  it("leave whole texts and exact ones to the database", () => {
    const column = new TextColumn("display_name", userCatalogue, CAPACITY);
    const criterion = (operator: Operator, caseSensitive = false): Criterion => ({
      kind: "criterion",
      field: "displayName",
      operator,
      operand: "Ann",
      ...(caseSensitive ? { caseSensitive } : {}),
    });
    expect(column.answers(criterion("eq"))).toBe(false);
    expect(column.answers(criterion("contains", true))).toBe(false);
    expect(column.answers(criterion("contains"))).toBe(true);
  });

  it("forget what was overwritten, however often", () => {
    const column = new TextColumn("display_name", userCatalogue, CAPACITY);
    const rows: Row[] = Array.from({ length: CAPACITY }, (_, i) => ({ display_name: `Person ${i}` }));
    for (const [place, row] of rows.entries()) column.write(place, row);
    const before = column.bytes;
    for (let i = 0; i < 20_000; i++) {
      const place = (i * 7) % CAPACITY;
      rows[place] = { display_name: `Somebody ${i % 997} else` };
      column.write(place, rows[place]);
    }
    for (const part of ["person", "body 9", "else", "9 e"])
      expectFound(column, rows, { kind: "criterion", field: "displayName", operator: "contains", operand: part });
    expect(column.bytes).toBeLessThan(before + 400_000);
  });
});

describe("Columns of few values", () => {
  it("find and count the same with a set of rows for each value and without, up to where they hand their texts over", () => {
    const capacity = 16_384;
    const column = new CodedColumn(textCoding("title"), userCatalogue, capacity);
    const rows: Row[] = [];
    const criteria: Criterion[] = [
      { kind: "criterion", field: "title", operator: "startsWith", operand: "title 1" },
      { kind: "criterion", field: "title", operator: "contains", operand: "e" },
      { kind: "criterion", field: "title", operator: "eq", operand: "Title 9" },
      { kind: "criterion", field: "title", operator: "isNull", operand: true },
    ];
    for (let i = 0; i < 12_000; i++) {
      const row = { title: i % 11 === 0 ? null : `Title ${Math.floor(i / 16)}` };
      rows.push(row);
      if (!column.write(i, row, true)) break;
      if (i % 4_000 === 200 || i === 11_999) {
        for (const criterion of criteria) expectFound(column, rows, criterion);
        const everybody = new Uint32Array(capacity >>> 5).fill(0xff_ff_ff_ff, 0, (i + 1) >>> 5);
        const counts = new Map(column.tally(everybody, i + 1).map(({ value, count }) => [value, count]));
        const counted = rows.slice(0, ((i + 1) >>> 5) << 5);
        expect(counts.get("Title 3")).toBe(counted.filter(({ title }) => title === "Title 3").length);
        expect([...counts.values()].reduce((a, b) => a + b, 0)).toBe(counted.length);
      }
    }
    const texts = column.successor();
    for (const criterion of criteria.filter((one) => texts?.answers(one)))
      expectFound(texts as Column, rows, criterion);
  });
});

describe("Columns of times", () => {
  const instant = { operators: ["eq", "lt", "lte", "gt", "gte"] as const, values: instants, field: "lastLoginAt" };
  const date = { operators: ["eq", "lt", "lte", "gt", "gte"] as const, values: dates, field: "hiredOn" };
  for (const { operators, values, field } of [instant, date])
    it(`of ${field} find by a ladder of what lies below what`, () => {
      const [column, kind] =
        field === "hiredOn" ? (["hired_on", "date"] as const) : (["last_login_at", "instant"] as const);
      const relative = kind === "instant" ? durations : days;
      expectColumn(
        () => new TimeColumn(column, kind, CAPACITY, 0),
        fc.option(values, { nil: null }),
        fc.oneof(
          asked(field, operators, values),
          asked(field, ["withinLast", "withinNext", "olderThan"], relative),
          isNull(field),
        ),
      );
    });
});
