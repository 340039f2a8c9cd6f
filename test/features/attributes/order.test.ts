import { type RawBuilder, sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { entities } from "../../../src/assembly.ts";
import { putAttributesInOrder } from "../../../src/features/attributes/attribute.index.ts";
import { userCatalogue } from "../../../src/features/users/user.fields.ts";
import { userKeyset } from "../../../src/features/users/user.order.ts";
import { inSegments } from "../../../src/search/order.ts";
import { parseFilter } from "../../../src/search/parse.ts";
import { filterToSql } from "../../../src/search/to-sql.ts";
import { type FreshDatabase, freshDatabase, someCause } from "../../support/database.ts";
import { TestGateway } from "../../support/gateway.ts";
import { asOwner } from "../../support/owner.ts";
import { define, person, UPDATE, UPDATE_USER } from "./support.ts";

let file: { fresh: FreshDatabase; gateway: TestGateway };
beforeAll(async () => {
  const fresh = await freshDatabase({ entities });
  file = { fresh, gateway: await TestGateway.over(fresh.database) };
});
afterAll(async () => {
  await file.gateway.close();
  await file.fresh.close();
});
const owner = (statement: string) => asOwner(file.fresh.owner, statement);

const MANY = 3_000;

let grade: string;

/** Three thousand people, of whom a tenth has a level, a rank and a day, before these are marked searchable. */
beforeAll(async () => {
  const { gateway } = file;
  await gateway.database.write(someCause, (tx) =>
    sql`INSERT INTO user_account (id, username, display_name, status, status_changed_at, attributes, source, created_at, updated_at)
      SELECT gen_random_uuid(), 'many' || n, 'Many', 'ACTIVE', rollcall_now(), CASE WHEN n % 10 = 0 THEN
        jsonb_build_object('grade', n / 10, 'rank', 'r' || n, 'day', '2026-01-01'::date + n / 10) ELSE '{}' END, 'LOCAL', rollcall_now(), rollcall_now()
      FROM generate_series(1, ${MANY}) n`.execute(tx.sql),
  );
  grade = await define(gateway, { key: "grade", type: "NUMBER", searchable: true });
  await define(gateway, { key: "rank", type: "STRING", searchable: true });
  await define(gateway, { key: "day", type: "DATE", searchable: true });
  await define(gateway, { key: "plain", type: "NUMBER" });
});

const FIND = `query ($filter: UserFilter, $orderBy: [UserOrder!], $first: Int, $after: String) {
  users(filter: $filter, orderBy: $orderBy, first: $first, after: $after) { totalCount nodes { username } pageInfo { endCursor } } }`;
const find = async (variables: object) => (await file.gateway.run(FIND, { ...variables })).users;
const names = ({ nodes }: { nodes: { username: string }[] }) => nodes.map(({ username }) => username);
const numbered = (operators: object) => ({ attributes: [{ key: "grade", number: operators }] });

/** Every person in an order, in pages. */
async function walk(orderBy: object[], filter: object): Promise<string[]> {
  const found: string[] = [];
  for (let after: string | undefined; ; ) {
    const page = await find({ orderBy, filter, first: 7, after });
    found.push(...names(page));
    if (page.nodes.length < 7) return found;
    after = page.pageInfo.endCursor;
  }
}

const SOME = {
  username: { in: ["many10", "many20", "many30", "many90", "many100", "many110", "many1", "many2", "many3"] },
};
const ORDERS = ["grade", "rank", "day"].flatMap((attributeKey) =>
  ["ASC", "DESC"].flatMap((direction) => ["FIRST", "LAST"].map((nulls) => ({ attributeKey, direction, nulls }))),
);

describe("An attribute that is marked searchable", () => {
  it("answers alike before it is in order and behind it, and is put in order while people change", async () => {
    const { gateway } = file;
    const asked = async () => ({
      walks: await Promise.all(ORDERS.slice(0, 6).map((order) => walk([order, { field: "USERNAME" }], SOME))),
      between: (await find({ filter: numbered({ gte: 10, lt: 20 }) })).totalCount,
      day: (await find({ filter: { attributes: [{ key: "day", date: { lte: "2026-01-05" } }] } })).totalCount,
    });
    const before = await asked();
    expect([before.between, before.day]).toEqual([10, 4]);
    const ordered = putAttributesInOrder(gateway.database);
    const late = await person(gateway, { grade: 15.5 });
    await ordered;
    expect((await find({ filter: numbered({ gte: 10, lt: 20 }) })).totalCount).toBe(11);
    await gateway.run(UPDATE_USER, { input: { id: late, attributes: { grade: null } } });
    expect(await asked()).toEqual(before);
  });

  it("is read by its index in ranges and orders, and by the terms of all attributes in equality", async () => {
    const { gateway } = file;
    await owner("VACUUM ANALYZE user_search");
    await owner("VACUUM ANALYZE user_attribute");
    const at = { now: new Date(), today: "2026-01-01", catalogue: userCatalogue, alias: "u", isOrdered: () => true };
    const planOf = async (query: RawBuilder<unknown>) => {
      const { rows } = await sql<{ "QUERY PLAN": string }>`EXPLAIN ${query}`.execute(gateway.database.reader);
      return rows.map((row) => row["QUERY PLAN"]).join("\n");
    };
    const search = (filter: object) =>
      sql`SELECT u.user_id FROM user_search u WHERE ${filterToSql(parseFilter(filter, { catalogue: userCatalogue }), at)}`;
    expect(await planOf(search(numbered({ gt: 290 })))).toContain("user_attribute_number");
    const day = await planOf(search({ attributes: [{ key: "day", date: { gt: "2026-10-20" } }] }));
    expect(day).toContain("user_attribute_day");
    expect(await planOf(search({ attributes: [{ key: "rank", string: { eq: "r100" } }] }))).toContain(
      "user_search_values",
    );
    const defined = new Map([
      ["grade", { type: "NUMBER" as const, permission: null, ordered: true }],
      ["rank", { type: "STRING" as const, permission: null, ordered: true }],
    ]);
    for (const [attributeKey, index] of [
      ["grade", "user_attribute_number"],
      ["rank", "user_attribute_text"],
    ] as const) {
      const sort = {
        field: null,
        attributeKey,
        direction: "DESC" as const,
        nulls: "LAST" as const,
        path: "orderBy[0]",
      };
      const keyset = userKeyset([sort], defined, () => true);
      const page = inSegments(
        keyset.segments(undefined, false),
        20,
        (further) => sql`SELECT u.user_id${keyset.columns} FROM user_search u ${keyset.join} WHERE ${further}`,
      );
      expect(await planOf(page)).toContain(index);
    }
  });

  it("has no order any more once it is unmarked, and its rows go", async () => {
    const { gateway } = file;
    await gateway.run(UPDATE, { input: { id: grade, searchable: false } });
    expect((await find({ filter: numbered({ gte: 10, lt: 20 }) })).totalCount).toBe(10);
    const rows = async () =>
      (
        await sql<{ count: bigint }>`SELECT count(*) FROM user_attribute WHERE key = 'grade'`.execute(
          gateway.database.reader,
        )
      ).rows[0]?.count;
    expect(Number(await rows())).toBeGreaterThan(0);
    await owner("UPDATE attribute_index SET ends_at = rollcall_now() WHERE key = 'grade'");
    await putAttributesInOrder(gateway.database);
    expect(Number(await rows())).toBe(0);
    expect((await find({ filter: numbered({ gte: 10, lt: 20 }) })).totalCount).toBe(10);
  });
});

describe("What is asked of an attribute that is defined", () => {
  it.each([
    [
      { filter: { attributes: [{ key: "grade", string: { eq: "1" } }] } },
      "filter.attributes[0].string.eq",
      ["number", "exists"],
    ],
    [
      { filter: { not: { attributes: [{ key: "day", number: { gt: 1 } }] } } },
      "filter.not.attributes[0].number.gt",
      ["date", "exists"],
    ],
  ])("must suit its type: %j", async (variables, inputPath, allowed) => {
    const { extensions } = await file.gateway.refusal(FIND, variables);
    expect(extensions).toMatchObject({ code: "INVALID_INPUT", inputPath, violations: [{ allowed }] });
  });

  it("is counted by the labels of its choices; a set or a truth value has no order", async () => {
    const { gateway } = file;
    const choices = [{ value: "r", label: "Red" }];
    await define(gateway, { key: "colour", type: "CHOICE", choices });
    await define(gateway, { key: "tools", type: "SET" });
    await person(gateway, { colour: "r", tools: ["saw"] });
    const { users } = await gateway.run(
      '{ users(filter: { attributes: [{ key: "colour", exists: true }] }) { facets(by: [{ attributeKey: "colour" }]) { buckets { value label count } } } }',
    );
    expect(users.facets[0].buckets).toEqual([{ value: "r", label: "Red", count: 1 }]);
    const { extensions } = await gateway.refusal(FIND, { orderBy: [{ attributeKey: "tools" }] });
    expect(extensions).toMatchObject({ code: "INVALID_INPUT", inputPath: "orderBy[0]" });
  });
});
