import fc from "fast-check";
import { type RawBuilder, sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { userCatalogue } from "../../src/features/users/user.fields.ts";
import { publicId } from "../../src/kernel/ids.ts";
import { ATTRIBUTE_TYPES } from "../../src/search/attribute.ts";
import type { Field } from "../../src/search/field.ts";
import type { OperandType } from "../../src/search/operand.ts";
import type { ComparedKind } from "../../src/search/operator.ts";
import { operatorsOf } from "../../src/search/operator-of.ts";
import { keysetOf, type SortKey } from "../../src/search/order.ts";
import { parseFilter } from "../../src/search/parse.ts";
import { filterToSql } from "../../src/search/to-sql.ts";
import { Sample } from "./support/sample.ts";
import { unitIds, userIds } from "./support/vocabulary.ts";

let sample: Sample;
beforeAll(async () => {
  sample = await Sample.open();
  await sample.fillPlainly(4000);
  // A plan that reads the whole table is then taken only where no index can answer.
  await sample.client.query("SET enable_seqscan = off");
});
afterAll(() => sample.close());

const [unit] = fc.sample(unitIds, { numRuns: 1, seed: 1 });
const [user] = fc.sample(userIds, { numRuns: 1, seed: 1 });
const group = publicId("Group", "01935000-0001-7000-8000-00000000000a");

const OPERANDS: Readonly<Record<OperandType, (field: Field) => unknown>> = {
  text: () => "Annabel",
  words: () => "Annabel Lee",
  choice: (field) => Object.keys(field.choice?.values ?? {})[0],
  int: () => 5,
  float: () => 1.5,
  boolean: () => true,
  instant: () => "2024-02-29T12:00:00.000Z",
  date: () => "2024-02-29",
  duration: () => "P90D",
  days: () => "P90D",
  recordId: ({ idKind }) => (idKind === "Group" ? group : user),
  userId: () => user,
  unitId: () => unit,
  filter: () => ({ role: { eq: "admin" } }),
};

interface Case {
  name: string;
  input: object;
}

/** Every operator that is not a complement, with a plain operand; `isNull: true` is read without an index. */
function operatorCases(kind: ComparedKind, field: Field, path: string, wrap: (asked: object) => object): Case[] {
  return [...operatorsOf(kind)].flatMap(([name, { operator, row }]): Case[] => {
    if ("complementOf" in row || operator === "isNull") return [];
    const one = OPERANDS[row.takes](field);
    const operand = operator === "statusIn" ? { in: [one] } : row.list ? [one, one] : one;
    const plain = { name: `${path}.${name}`, input: wrap({ [name]: operand }) };
    if (row.takes !== "text" || kind === "textSet") return [plain];
    return [plain, { name: `${path}.${name}, case-sensitive`, input: wrap({ [name]: operand, caseSensitive: true }) }];
  });
}

function casesOf(field: Field): Case[] {
  const { name, kind } = field;
  if (kind === "words") return [{ name, input: { [name]: OPERANDS.words(field) } }];
  const cases = operatorCases(kind, field, name, (asked) => ({
    [name]: kind === "attributes" ? [{ key: "badge", ...asked }] : asked,
  }));
  if (kind !== "attributes") return cases;
  return Object.values(ATTRIBUTE_TYPES)
    .flatMap((type) =>
      operatorCases(type.kind, field, `${name}.${type.input}`, (asked) => ({
        [name]: [{ key: "badge", [type.input]: asked }],
      })),
    )
    .concat(cases);
}

async function planOf(statement: RawBuilder<unknown>): Promise<string> {
  const rows = await sample.run<{ "QUERY PLAN": string }>(sql`EXPLAIN ${statement}`);
  return rows.map((row) => row["QUERY PLAN"]).join("\n");
}

const at = { now: new Date("2024-02-29T12:00:00.000Z"), today: "2024-02-29" };
const search = (input: unknown) =>
  sql`SELECT user_id FROM sample s WHERE ${filterToSql(parseFilter(input, { catalogue: userCatalogue }), { catalogue: userCatalogue, alias: "s", ...at })}`;

describe("An index answers", () => {
  const fields = [...userCatalogue.fields.values()].filter(({ filter, kind }) => filter && kind !== "id");
  it.each(fields.flatMap(casesOf))("$name", async ({ input }) => {
    const plan = await planOf(search(input));
    expect(plan).not.toContain("Seq Scan");
    expect(plan).toContain("Index Cond");
  });

  it("alternatives and conjunctions of such criteria, beside ones that have none", async () => {
    const plan = await planOf(
      search({
        or: [
          { title: { contains: "annabel" } },
          { status: { eq: "ACTIVE" }, not: { department: { eq: "x" } } },
          { roles: { any: ["admin"] } },
        ],
      }),
    );
    expect(plan).not.toContain("Seq Scan");
    expect(plan).toContain("BitmapOr");
  });
});

describe("The next page begins at its place in the index", () => {
  it.each(["ASC", "DESC"] as const)("in an order of values that are always there, %s", async (direction) => {
    const keys: SortKey[] = [
      { name: "createdAt", expression: sql`s.created_at`, type: "instant", nullable: false, direction, nulls: "LAST" },
    ];
    const keyset = keysetOf(keys, { expression: sql`s.user_id`, column: "user_id" });
    const cursor = keyset.cursor({
      sort_0: "2024-02-29T12:00:00+00:00",
      user_id: "01935000-0001-7000-8000-000000000001",
    });
    const page = sql`SELECT user_id FROM sample s WHERE ${keyset.beyond(cursor, false)} ORDER BY ${keyset.orderBy(false)} LIMIT 50`;
    const plan = await planOf(page);
    expect(plan).toMatch(/Index Cond: \(ROW\(created_at, user_id\) [<>] ROW/);
    expect(plan).not.toContain("Sort");
  });

  it("in the order of texts", async () => {
    const keys: SortKey[] = [
      {
        name: "displayName",
        expression: sql`s.display_name`,
        type: "text",
        nullable: false,
        direction: "ASC",
        nulls: "LAST",
      },
    ];
    const keyset = keysetOf(keys, { expression: sql`s.user_id`, column: "user_id" });
    const cursor = keyset.cursor({ sort_0: "Ann", user_id: "01935000-0001-7000-8000-000000000001" });
    const plan = await planOf(
      sql`SELECT user_id FROM sample s WHERE ${keyset.beyond(cursor, true)} ORDER BY ${keyset.orderBy(true)} LIMIT 50`,
    );
    expect(plan).toContain("Index Cond: (ROW(");
    expect(plan).not.toContain("Sort");
  });
});
