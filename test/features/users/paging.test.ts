import { describe, expect, test } from "vitest";
import { makeUnit, makeUser, unique } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";

const file = gatewayForFile();

const PAGE = `query ($filter: UserFilter, $orderBy: [UserOrder!], $first: Int, $after: String, $last: Int, $before: String) {
  users(filter: $filter, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) {
    edges { cursor node { username } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}`;

interface PageOf {
  edges: { cursor: string; node: { username: string } }[];
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string | null; endCursor: string | null };
}

const page = async (variables: object): Promise<PageOf> => (await file.gateway.run(PAGE, { ...variables })).users;

/** Reads a list from one end to the other, in pages of two. */
async function walk(filter: object, orderBy: object[], backward: boolean): Promise<string[]> {
  const seen: string[] = [];
  for (let cursor: string | null = null; ; ) {
    const at = backward ? { last: 2, before: cursor } : { first: 2, after: cursor };
    const { edges, pageInfo } = await page({ filter, orderBy, ...at });
    const names = edges.map(({ node }) => node.username);
    seen[backward ? "unshift" : "push"](...names);
    cursor = backward ? pageInfo.startCursor : pageInfo.endCursor;
    if (!(backward ? pageInfo.hasPreviousPage : pageInfo.hasNextPage)) return seen;
  }
}

async function crowd() {
  const unit = await makeUnit(file.gateway);
  const titles = ["b", null, "a", "B", "ä", null, "a"];
  for (const [i, title] of titles.entries()) {
    await makeUser(file.gateway, {
      username: unique("p"),
      orgUnitId: unit.id,
      title,
      hiredOn: i % 3 === 0 ? null : `2001-01-0${1 + (i % 2)}`,
    });
  }
  return { orgUnit: { within: unit.id } };
}

describe("paging", () => {
  test.each([
    ["one key", [{ field: "TITLE" }]],
    ["missing values first", [{ field: "TITLE", nulls: "FIRST" }]],
    [
      "mixed directions",
      [
        { field: "TITLE", direction: "DESC" },
        { field: "HIRED_ON", direction: "ASC", nulls: "FIRST" },
      ],
    ],
    ["a key that never is missing", [{ field: "USERNAME", direction: "DESC" }]],
    ["an attribute that nobody has", [{ attributeKey: "none" }]],
    ["nothing", []],
  ])("by %s gives everybody once, forward and backward alike", async (_, orderBy) => {
    const filter = await crowd();
    const whole = (await page({ filter, orderBy, first: 500 })).edges.map(({ node }) => node.username);
    expect(new Set(whole).size).toBe(7);
    expect(await walk(filter, orderBy, false)).toEqual(whole);
    expect(await walk(filter, orderBy, true)).toEqual(whole);
  });

  test("goes on behind a cursor whose person has gone, and meets whoever came meanwhile", async () => {
    const unit = await makeUnit(file.gateway);
    const [a, c, d] = ["a", "c", "d"].map((stem) => unique(`${stem}-moving`));
    const made = [];
    for (const username of [a, c, d]) made.push(await makeUser(file.gateway, { username, orgUnitId: unit.id }));
    const filter = { orgUnit: { eq: unit.id } };
    const orderBy = [{ field: "USERNAME" }];
    const first = await page({ filter, orderBy, first: 2 });
    expect(first.edges.map(({ node }) => node.username)).toEqual([a, c]);
    await file.gateway.run("mutation ($id: ID!) { deleteUser(input: { id: $id }) { position } }", { id: made[1]?.id });
    const between = unique("cc-moving");
    await makeUser(file.gateway, { username: between, orgUnitId: unit.id });
    const second = await page({ filter, orderBy, first: 2, after: first.pageInfo.endCursor });
    expect(second.edges.map(({ node }) => node.username)).toEqual([between, d]);
  });

  test("refuses cursors that were tampered with or belong to another order, and sizes out of range", async () => {
    const filter = await crowd();
    const { pageInfo } = await page({ filter, orderBy: [{ field: "TITLE" }], first: 2 });
    const after = pageInfo.endCursor as string;
    const refused = async (variables: object) =>
      (await file.gateway.refusal(PAGE, { filter, ...variables })).extensions;
    expect(await refused({ after: `${after.slice(0, -3)}AAA`, orderBy: [{ field: "TITLE" }] })).toMatchObject({
      code: "INVALID_INPUT",
      inputPath: "after",
    });
    expect(await refused({ after: "x", first: 2 })).toMatchObject({ code: "INVALID_INPUT", inputPath: "after" });
    expect(await refused({ after, orderBy: [{ field: "USERNAME" }] })).toMatchObject({
      code: "INVALID_INPUT",
      inputPath: "after",
    });
    expect(await refused({ first: 0 })).toMatchObject({ code: "INVALID_INPUT", inputPath: "first" });
    expect(await refused({ last: 501 })).toMatchObject({ code: "INVALID_INPUT", inputPath: "last" });
    expect(await refused({ first: 1, last: 1 })).toMatchObject({ code: "INVALID_INPUT" });
    expect(await refused({ orderBy: [{ direction: "ASC" }] })).toMatchObject({
      code: "INVALID_INPUT",
      inputPath: "orderBy[0]",
    });
  });
});
