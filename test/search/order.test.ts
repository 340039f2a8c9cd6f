import fc from "fast-check";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { userCatalogue } from "../../src/features/users/user.fields.ts";
import { RollcallError } from "../../src/kernel/errors.ts";
import { attributeKeys, inSegments, KEY_TYPES, type Keyset, keysetOf, type SortKey } from "../../src/search/order.ts";
import { rowsOf } from "./support/rows.ts";
import { Sample } from "./support/sample.ts";

const id = { expression: sql`s.user_id`, column: "user_id" };

let sample: Sample;
beforeAll(async () => {
  sample = await Sample.open();
});
afterAll(() => sample.close());

type Found = { user_id: string } & Record<string, unknown>;

const page = (keyset: Keyset, size: number, backward: boolean, cursor?: string): Promise<Found[]> =>
  sample.run<Found>(sql`SELECT s.user_id${keyset.columns} FROM sample s
    WHERE ${cursor === undefined ? sql`true` : keyset.beyond(cursor, backward)} ORDER BY ${keyset.orderBy(backward)} LIMIT ${size}`);

/** The same, read in segments. */
const cutPage = (keyset: Keyset, size: number, backward: boolean, cursor?: string): Promise<Found[]> =>
  sample.run<Found>(
    inSegments(
      keyset.segments(cursor, backward),
      size,
      (condition) => sql`SELECT s.user_id${keyset.columns} FROM sample s WHERE ${condition}`,
    ),
  );

/** Reads page by page to the end. */
async function walk(keyset: Keyset, size: number, backward: boolean): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | undefined;
  for (;;) {
    const rows = await page(keyset, size, backward, cursor);
    expect(await cutPage(keyset, size, backward, cursor)).toEqual(rows);
    ids.push(...rows.map((row) => row.user_id));
    const last = rows.at(-1);
    if (!last || ids.length > 100) return ids;
    cursor = keyset.cursor(last);
  }
}

const ways = fc.record({
  direction: fc.constantFrom("ASC" as const, "DESC" as const),
  nulls: fc.constantFrom("FIRST" as const, "LAST" as const),
});
const sortable = [...userCatalogue.fields.values()].filter(({ kind }) => KEY_TYPES[kind] && kind !== "id");
const fieldKey = fc
  .tuple(fc.constantFrom(...sortable), ways)
  .map(([{ name, column, kind, nullable }, way]): SortKey[] => [
    { name, expression: sql.ref(`s.${column}`), type: KEY_TYPES[kind] ?? "text", nullable, ...way },
  ]);
const setKey = ways.map((way): SortKey[] => [
  { name: "tags", expression: sql`s.tags`, type: "textArray", nullable: false, ...way },
]);
const attributeKey = fc
  .tuple(fc.constantFrom("badge", "floor", "__proto__"), ways)
  .map(([key, way]) => attributeKeys(sql`s.attributes`, key, way));
const orders = fc
  .array(
    fc.oneof(
      { weight: 6, arbitrary: fieldKey },
      { weight: 1, arbitrary: setKey },
      { weight: 1, arbitrary: attributeKey },
    ),
    { maxLength: 3 },
  )
  .map((keys) => keys.flat());
const rows = fc.array(rowsOf(userCatalogue), { minLength: 24, maxLength: 24 }).map((all) =>
  all.map((row, i) => ({
    ...row,
    user_id: `01935000-0009-7000-8000-0000000000${String((i * 7) % 24).padStart(2, "0")}`,
  })),
);

describe("Paging by keyset", () => {
  it("gives every row once, in the whole order, forward and backward, whatever the keys, directions, missing values and page size", async () => {
    await fc.assert(
      fc.asyncProperty(
        rows,
        fc.array(orders, { minLength: 6, maxLength: 6 }),
        fc.integer({ min: 1, max: 9 }),
        async (random, several, size) => {
          await sample.fill(random);
          for (const keys of several) {
            const keyset = keysetOf(keys, id);
            const whole = (await page(keyset, 100, false)).map((row) => row.user_id);
            expect(new Set(whole).size).toBe(24);
            expect(await walk(keyset, size, false)).toEqual(whole);
            expect(await walk(keyset, size, true)).toEqual(whole.toReversed());
          }
        },
      ),
      { numRuns: 12, endOnFailure: true },
    );
  });

  it("orders text as the Unicode root collation does, missing values where they are asked for", async () => {
    const [random] = fc.sample(rows, { numRuns: 1, seed: 1 });
    const titles = ["b", "A", "a", "Ä", "Z", null];
    await sample.fill((random ?? []).slice(0, 6).map((row, i) => ({ ...row, title: titles[i] })));
    const inOrder = async (nulls: "FIRST" | "LAST") => {
      const keys: SortKey[] = [
        { name: "title", expression: sql`s.title`, type: "text", nullable: true, direction: "ASC", nulls },
      ];
      return (await page(keysetOf(keys, id), 10, false)).map((row) => row.sort_0);
    };
    expect(await inOrder("LAST")).toEqual(["a", "A", "Ä", "b", "Z", null]);
    expect(await inOrder("FIRST")).toEqual([null, "a", "A", "Ä", "b", "Z"]);
  });

  it("goes on where a page ended while rows come and go", async () => {
    const [random = []] = fc.sample(rows, { numRuns: 1, seed: 2 });
    await sample.fill(random);
    const keys: SortKey[] = [
      {
        name: "createdAt",
        expression: sql`s.created_at`,
        type: "instant",
        nullable: false,
        direction: "DESC",
        nulls: "LAST",
      },
    ];
    const keyset = keysetOf(keys, id);
    const whole = (await page(keyset, 100, false)).map((row) => row.user_id);
    const first = await page(keyset, 5, false);
    const last = first.at(-1) as Found;
    await sample.client.query("DELETE FROM sample WHERE user_id = ANY($1)", [first.map((row) => row.user_id)]);
    expect((await page(keyset, 100, false, keyset.cursor(last))).map((row) => row.user_id)).toEqual(whole.slice(5));
  });
});

describe("A cursor", () => {
  const title = (way: Pick<SortKey, "direction" | "nulls">): Keyset =>
    keysetOf([{ name: "title", expression: sql`s.title`, type: "text", nullable: true, ...way }], id);
  const keyset = title({ direction: "ASC", nulls: "LAST" });
  const cursor = keyset.cursor({ sort_0: "Ann", user_id: "01935000-0001-7000-8000-000000000001" });

  const refusal = (of: Keyset, text: string, backward = false): unknown => {
    try {
      of.beyond(text, backward);
      return undefined;
    } catch (error) {
      return error instanceof RollcallError ? [error.code, error.details.inputPath] : error;
    }
  };

  it("is taken by its own order alone", () => {
    expect(refusal(keyset, cursor)).toBeUndefined();
    expect(refusal(title({ direction: "DESC", nulls: "LAST" }), cursor)).toEqual(["INVALID_INPUT", "after"]);
    expect(refusal(title({ direction: "ASC", nulls: "FIRST" }), cursor, true)).toEqual(["INVALID_INPUT", "before"]);
    expect(refusal(keysetOf([], id), cursor)).toEqual(["INVALID_INPUT", "after"]);
  });

  it("is refused when it was altered, whatever was made of it", () => {
    const bytes = Buffer.from(cursor, "base64url");
    for (let i = 0; i < bytes.length; i++) {
      const altered = Buffer.from(bytes);
      altered[i] = (altered[i] ?? 0) ^ 1;
      expect(refusal(keyset, altered.toString("base64url"))).toEqual(["INVALID_INPUT", "after"]);
    }
    for (const text of ["", "x", "null", "e30", `${cursor}AAAA`, cursor.slice(0, 20)])
      expect(refusal(keyset, text)).toEqual(["INVALID_INPUT", "after"]);
  });

  it("keeps the milliseconds of an instant, and instants of any year", async () => {
    const [random = []] = fc.sample(rows, { numRuns: 1, seed: 3 });
    const instants = [
      "2024-01-01T00:00:00.001Z",
      "2024-01-01T00:00:00.002Z",
      "0044-03-15 12:00:00+00 BC",
      "20000-01-01 00:00:00+00",
      "infinity",
      "-infinity",
    ];
    await sample.fill(random.slice(0, 6).map((row, i) => ({ ...row, created_at: instants[i] })));
    const keys: SortKey[] = [
      {
        name: "createdAt",
        expression: sql`s.created_at`,
        type: "instant",
        nullable: false,
        direction: "ASC",
        nulls: "LAST",
      },
    ];
    const ordered = keysetOf(keys, id);
    expect(await walk(ordered, 1, false)).toEqual((await page(ordered, 10, false)).map((row) => row.user_id));
  });
});
