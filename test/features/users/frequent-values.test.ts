import { sql } from "kysely";
import { expect, it } from "vitest";
import { userCatalogue } from "../../../src/features/users/user.fields.ts";
import { CommonValues } from "../../../src/features/users/user.frequent-values.ts";
import { parseFilter } from "../../../src/search/parse.ts";
import { filterToSql } from "../../../src/search/to-sql.ts";
import { grant, makeRole, makeUnit, makeUser } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";
import { asOwner } from "../../support/owner.ts";

const file = gatewayForFile();

it("What most people have is not looked for in an index, and whom a filter finds stays the same", async () => {
  const { database } = file.gateway;
  const { id: unit } = await makeUnit(file.gateway);
  const { key } = await makeRole(file.gateway, ["USER_READ"]);
  for (let place = 0; place < 8; place++) {
    const { id } = await makeUser(file.gateway, {
      orgUnitId: unit,
      department: place === 0 ? "Rare" : "Common",
      ...(place < 6 ? { tags: ["usual"] } : {}),
    });
    if (place > 1) await grant(file.gateway, id, key);
  }
  await asOwner(database.connectionConfig.owner, "ANALYZE user_search");
  const common = new CommonValues(database);
  const isCommon = (column: string, values: readonly string[]) => common.isCommon(column, values);
  expect(isCommon("department", ["Common"])).toBe(false);
  await common.read();
  expect(isCommon("department", ["cOMMON"])).toBe(true);
  expect(isCommon("department", ["Rare"])).toBe(false);
  expect(isCommon("department", ["Rare", "Common"])).toBe(true);
  expect(isCommon("tags", ["usual"])).toBe(true);
  expect(isCommon("role_keys", [key])).toBe(true);
  expect(isCommon("title", ["Common"])).toBe(false);
  const findsFew = (filter: object) => common.findsFew(parseFilter(filter, { catalogue: userCatalogue }));
  const { id: other } = await makeUnit(file.gateway);
  expect(
    new CommonValues(database).findsFew(parseFilter({ orgUnit: { eq: other } }, { catalogue: userCatalogue })),
  ).toBe(false);
  expect(findsFew({ orgUnit: { eq: other }, title: { contains: "a" } })).toBe(true);
  expect(findsFew({ orgUnit: { eq: unit } })).toBe(false);
  expect(findsFew({ or: [{ orgUnit: { eq: other } }, { title: { eq: "x" } }] })).toBe(false);
  expect(findsFew({ not: { orgUnit: { eq: other } } })).toBe(false);
  expect(findsFew({ orgUnit: { within: other } })).toBe(false);
  const filters = [
    { department: { eq: "common" } },
    { department: { in: ["COMMON", "Rare"] }, tags: { any: ["usual"] } },
    { not: { department: { eq: "Common" } } },
    { or: [{ roles: { any: [key] } }, { department: { eq: "Rare" } }] },
    { orgUnit: { within: unit }, status: { in: ["PENDING", "ACTIVE"] } },
    { department: { ne: "Common" } },
  ];
  const found: unknown[] = [];
  for (const given of filters) {
    const filter = parseFilter(given, { catalogue: userCatalogue });
    const moment = { catalogue: userCatalogue, alias: "u", now: new Date(), today: "2026-01-01" };
    const [shown, hidden] = [filterToSql(filter, moment), filterToSql(filter, { ...moment, isCommon })];
    const [plain, beside] = await Promise.all(
      [shown, hidden].map(
        async (condition) =>
          (await sql`SELECT user_id FROM user_search u WHERE ${condition} ORDER BY 1`.execute(database.reader)).rows,
      ),
    );
    expect(beside).toEqual(plain);
    found.push([plain?.length, hidden.compile(database.reader).sql.includes("IS TRUE")]);
  }
  expect(found).toEqual([
    [7, true],
    [6, true],
    [1, false],
    [7, true],
    [8, true],
    [1, false],
  ]);
});
