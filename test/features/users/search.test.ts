import { describe, expect, test } from "vitest";
import { find, makeUnit, makeUser, unique } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";

const file = gatewayForFile();

/** A unit below a root of its own, with these people in it. */
async function team(people: readonly Record<string, unknown>[]) {
  const unit = await makeUnit(file.gateway);
  const users = [];
  for (const person of people) users.push(await makeUser(file.gateway, { orgUnitId: unit.id, ...person }));
  return { unit: unit.id, users, within: { orgUnit: { within: unit.id } } };
}

describe("a search", () => {
  test("answers a nested filter with relations, order and a second page", async () => {
    const boss = await makeUser(file.gateway, { givenName: "Bo", familyName: "Ss" });
    const department = unique("Development");
    const hired = ["1985-03-01", "1986-03-01", "1987-03-01", "1991-03-01"];
    const { within } = await team(
      hired.map((hiredOn, i) => ({
        username: unique(`dev${i}`),
        department,
        hiredOn,
        managerId: boss.id,
        title: i === 1 ? "Staff" : "Senior Engineer",
      })),
    );
    const filter = {
      and: [
        { status: { eq: "ACTIVE" } },
        { or: [{ department: { eq: department.toUpperCase() } }, { department: { eq: "Research" } }] },
        { hiredOn: { lt: "1990-01-01" } },
        { title: { ne: "Staff" } },
        { manager: { reportsTo: boss.id } },
        within,
      ],
    };
    const page = `query ($filter: UserFilter!, $after: String) {
      users(filter: $filter, orderBy: [{ field: HIRED_ON }], first: 1, after: $after) {
        totalCount position pageInfo { hasNextPage hasPreviousPage endCursor }
        nodes { hiredOn manager { displayName } roles { key } }
      }
    }`;
    const first = (await file.gateway.run(page, { filter })).users;
    expect(first).toMatchObject({ totalCount: 2, pageInfo: { hasNextPage: true, hasPreviousPage: false } });
    const second = (await file.gateway.run(page, { filter, after: first.pageInfo.endCursor })).users;
    expect(second.nodes).toEqual([{ hiredOn: "1987-03-01", manager: { displayName: "Bo Ss" }, roles: [] }]);
    expect(second.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
  });

  test("divides people in two by a filter and its complement, missing values included", async () => {
    const { within, users } = await team([{ title: "Clerk" }, { title: null }, { title: "Cook" }]);
    const filter = { title: { startsWith: "cl" } };
    const held = await find(file.gateway, { and: [within, filter] });
    const rest = await find(file.gateway, { and: [within, { not: filter }] });
    expect(held).toEqual([users[0]?.username]);
    expect([...held, ...rest].sort()).toEqual(users.map(({ username }) => username).sort());
  });

  test("takes and: [] as true, or: [] as false, and {} as everybody", async () => {
    const { within, users } = await team([{}]);
    expect(await find(file.gateway, { ...within, and: [] })).toEqual([users[0]?.username]);
    expect(await find(file.gateway, { ...within, or: [] })).toEqual([]);
    expect((await find(file.gateway, {})).length).toBeGreaterThan(0);
  });

  test("finds people by words of their names in any order, as prefixes, without regard to case", async () => {
    const { within, users } = await team([
      { givenName: "Zoë", familyName: "Straße", title: "Pilot" },
      { givenName: "Zoë" },
    ]);
    expect(await find(file.gateway, { ...within, text: "pil STRASS ZO" })).toEqual([]);
    expect(await find(file.gateway, { ...within, text: "pil straß ZO" })).toEqual([users[0]?.username]);
  });

  test("takes %, _ and \\ in operands as themselves", async () => {
    const { within, users } = await team([{ title: "50%_off\\now" }, { title: "50x off now" }]);
    for (const contains of ["50%", "%_o", "f\\n", "_"]) {
      expect(await find(file.gateway, { ...within, title: { contains } })).toEqual([users[0]?.username]);
    }
  });

  test("leaves deleted people out unless they are asked for", async () => {
    const { within, users } = await team([{}, {}]);
    await file.gateway.run("mutation ($id: ID!) { deleteUser(input: { id: $id }) { position } }", { id: users[0]?.id });
    expect(await find(file.gateway, within)).toEqual([users[1]?.username]);
    expect(await find(file.gateway, { ...within, status: { eq: "DELETED" } })).toEqual([]);
    expect(await find(file.gateway, within, { includeDeleted: true })).toHaveLength(2);
  });

  test("sees a write at once", async () => {
    const { within, users } = await team([{ title: "Baker" }]);
    await file.gateway.run('mutation ($id: ID!) { updateUser(input: { id: $id, title: "Brewer" }) { position } }', {
      id: users[0]?.id,
    });
    expect(await find(file.gateway, { ...within, title: { eq: "brewer" } })).toHaveLength(1);
  });

  test("counts facets over the whole result, with what lies beyond the top and what is missing", async () => {
    const { within } = await team([
      { title: "A", tags: ["x", "y"], attributes: { size: "L" } },
      { title: "A", tags: ["x"], attributes: { size: 7 } },
      { title: "B" },
      { title: null },
    ]);
    const { users } = await file.gateway.run(
      `query ($filter: UserFilter!) { users(filter: $filter, first: 1) {
        facets(by: [{ field: TITLE }, { field: TAG }, { field: ORG_UNIT }, { attributeKey: "size" }], top: 1) {
          field attributeKey otherCount missingCount buckets { value label count } } } }`,
      { filter: within },
    );
    expect(users.facets).toMatchObject([
      { field: "TITLE", buckets: [{ value: "A", count: 2 }], otherCount: 1, missingCount: 1 },
      { field: "TAG", buckets: [{ value: "x", count: 2 }], otherCount: 1, missingCount: 2 },
      { field: "ORG_UNIT", buckets: [{ value: within.orgUnit.within, count: 4 }], otherCount: 0, missingCount: 0 },
      { attributeKey: "size", field: null, otherCount: 1, missingCount: 2 },
    ]);
  });
});

describe("a search is refused", () => {
  const refused = async (filter: unknown) => {
    const error = await file.gateway.refusal(
      "query ($filter: UserFilter) { users(filter: $filter) { nodes { id } } }",
      { filter },
    );
    return error.extensions;
  };

  test.each([
    ["a null operand", { and: [{ title: { eq: null } }] }, "filter.and[0].title.eq"],
    ["a null filter", null, "filter"],
    ["an id of another kind", { orgUnit: { within: "user_01jd8m5k3tf0vbq2z7y6x4w9ra" } }, "filter.orgUnit.within"],
    ["a condition without an operator", { title: {} }, "filter.title"],
  ])("for %s", async (_, filter, inputPath) => {
    expect(await refused(filter)).toMatchObject({ code: "INVALID_INPUT", inputPath });
  });

  test("for more than a filter may hold, with the limit and the count", async () => {
    const or = Array.from({ length: 201 }, (_, i) => ({ title: { eq: `t${i}` } }));
    expect(await refused({ or })).toMatchObject({ code: "FILTER_TOO_COMPLEX", limit: 200 });
    expect(await refused({ title: { in: Array.from({ length: 1001 }, (_, i) => `${i}`) } })).toMatchObject({
      code: "FILTER_TOO_COMPLEX",
      limit: 1000,
    });
    expect(await refused({ title: { contains: "x".repeat(257) } })).toMatchObject({
      code: "FILTER_TOO_COMPLEX",
      limit: 256,
    });
    let deep: object = { title: { eq: "x" } };
    for (let i = 0; i < 13; i++) deep = { not: deep };
    expect(await refused(deep)).toMatchObject({ code: "FILTER_TOO_COMPLEX", limit: 12 });
  });

  test("for an unknown field or a value of a wrong type, without repeating the value", async () => {
    const { status, errors } = await file.gateway.ask(
      "query ($filter: UserFilter) { users(filter: $filter) { nodes { id } } }",
      {
        filter: { title: { eq: { secret: "hunter2" } }, shoeSize: 44 },
      },
    );
    expect(status).toBe(400);
    expect(errors?.every((error) => error.extensions.code === "INVALID_INPUT")).toBe(true);
    expect(JSON.stringify(errors)).not.toContain("hunter2");
  });
});
