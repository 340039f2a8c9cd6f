import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { logStatements, type StatementLog } from "../../../src/database/statement-watch.ts";
import { userCatalogue } from "../../../src/features/users/user.fields.ts";
import { filtersOf } from "../../search/support/filters.ts";
import { machineToken, makeUnit, makeUser, tokenOf } from "../../support/directory.ts";
import { gatewayForFile, WIDE_LIMITS } from "../../support/gateway.ts";

const file = gatewayForFile({ operations: { limits: WIDE_LIMITS } });

interface Node {
  kind: "AND" | "OR" | "NOT" | "CRITERION";
  path: string;
  text: string;
  matches: boolean;
  hidden: boolean;
  actual: unknown;
  children: Node[];
}

interface Counted {
  path: string;
  text: string;
  count: number;
  countWithout: number;
}

/** A node's members, as deep as any filter of these tests. */
const NODE = `kind path text matches hidden actual ${"children { kind path text matches hidden actual ".repeat(12)}${"}".repeat(12)}`;

const EXPLAIN = `query ($userId: ID!, $filter: UserFilter!) { explainMatch(userId: $userId, filter: $filter) { matches root { ${NODE} } } }`;
const COUNTS = "query ($filter: UserFilter!) { filterCounts(filter: $filter) { path text count countWithout } }";

const explain = async (
  userId: string,
  filter: object,
  token?: string,
): Promise<{ matches: boolean; root: Node } | null> =>
  (await file.gateway.run(EXPLAIN, { userId, filter }, token)).explainMatch;
const counts = async (filter: object, token?: string): Promise<Counted[]> =>
  (await file.gateway.run(COUNTS, { filter }, token)).filterCounts;
const refusedExplanation = async (userId: string, filter: object, token: string) =>
  (await file.gateway.refusal(EXPLAIN, { userId, filter }, token)).extensions;

/** A company of two divisions with people in both, beside one who is deleted. */
let world: { north: string; south: string; ann: string; bob: string; gone: string; all: string[] };

beforeAll(async () => {
  const { gateway } = file;
  const root = await makeUnit(gateway, { kind: "COMPANY" });
  const north = await makeUnit(gateway, { parentId: root.id, code: "NORTH" });
  const south = await makeUnit(gateway, { parentId: root.id, code: "SOUTH" });
  await gateway.run(
    'mutation { createRole(input: { key: "admin", name: "Admin", privileged: true, permissions: [USER_READ] }) { position } }',
  );
  const bob = await makeUser(gateway, {
    username: "bob",
    orgUnitId: south.id,
    email: "bob@example.com",
    title: "Head",
    roleKeys: ["admin"],
  });
  const ann = await makeUser(gateway, {
    username: "ann",
    givenName: "Ann",
    orgUnitId: north.id,
    email: "ann@example.com",
    title: "Engineer",
    managerId: bob.id,
    tags: ["Ann", "b"],
    attributes: { badge: "A1", floor: 3, since: "2024-02-29", list: ["x", "y"] },
    hiredOn: "2024-02-29",
    identities: [{ source: "LDAP", externalId: "Ann" }],
  });
  const others: string[] = [];
  for (const [i, status] of (["ACTIVE", "PENDING", "ACTIVE", "ACTIVE"] as const).entries()) {
    const made = await makeUser(gateway, {
      status,
      ...(i % 2
        ? { orgUnitId: north.id, managerId: ann.id, title: "Straße 50%" }
        : { department: "istanbul", country: "DE" }),
      attributes: { badge: i, k: true },
    });
    others.push(made.id);
  }
  const gone = await makeUser(gateway, { username: "gone", title: "Engineer", orgUnitId: north.id });
  await gateway.run("mutation ($id: ID!) { deleteUser(input: { id: $id }) { position } }", { id: gone.id });
  world = {
    north: north.id,
    south: south.id,
    ann: ann.id,
    bob: bob.id,
    gone: gone.id,
    all: [ann.id, bob.id, ...others],
  };
});

const about = (explanation: { root: Node } | null, path: string): Node | undefined =>
  explanation ? flat(explanation.root).find((node) => node.path === path) : undefined;

const flat = (node: Node): Node[] => [node, ...node.children.flatMap(flat)];

/** Whether the tree holds without a node, by the verdicts below; undefined where nothing of it is left. */
function remains(node: Node, gone: number, order: Node[]): boolean | undefined {
  if (order[gone] === node) return undefined;
  if (node.children.length === 0) return node.matches;
  const left = node.children.map((child) => remains(child, gone, order)).filter((one) => one !== undefined);
  if (left.length === 0) return undefined;
  return node.kind === "NOT" ? !left[0] : node.kind === "AND" ? left.every(Boolean) : left.some(Boolean);
}

test("a verdict is what a search says, and counts are what the verdicts on everybody come to, for any filter", async () => {
  const { gateway } = file;
  const document = `query ($filter: UserFilter!) {
    users(filter: $filter, first: 100) { totalCount nodes { id } } ${COUNTS.slice(COUNTS.indexOf("filterCounts"), -1)}
    ${world.all.map((id, i) => `u${i}: explainMatch(userId: "${id}", filter: $filter) { matches root { ${NODE} } }`).join("\n")} }`;
  await fc.assert(
    fc.asyncProperty(filtersOf(userCatalogue, 2), async (filter) => {
      const said = JSON.stringify(filter);
      const data = await gateway.run(document, { filter });
      const found = new Set(data.users.nodes.map(({ id }: { id: string }) => id));
      const trees: Node[][] = world.all.map((id, i) => {
        expect(data[`u${i}`].matches, said).toBe(found.has(id));
        expect(data[`u${i}`].root.matches, said).toBe(found.has(id));
        return flat(data[`u${i}`].root);
      });
      const counted: Counted[] = data.filterCounts;
      expect(counted.map(({ path, text }) => [path, text])).toEqual(trees[0]?.map(({ path, text }) => [path, text]));
      expect(counted[0]?.count).toBe(data.users.totalCount);
      for (const [i, { count, countWithout }] of counted.entries()) {
        expect(count, said).toBe(trees.filter((tree) => tree[i]?.matches).length);
        expect(countWithout, said).toBe(trees.filter((tree) => remains(tree[0] as Node, i, tree) ?? true).length);
      }
    }),
    { numRuns: 80, endOnFailure: true },
  );
});

describe("An explanation", () => {
  test("shows the filter as a tree, with the place in the input, the text and the user's value at every node", async () => {
    const { ann, bob, north } = world;
    const { matches, root } = (await explain(ann, {
      status: { in: ["ACTIVE", "LOCKED"] },
      or: [{ title: { contains: "lead" } }, { not: { orgUnit: { within: north } } }],
      attributes: [{ key: "floor", number: { gte: 3 } }],
      manager: { reportsTo: bob },
    })) as { matches: boolean; root: Node };
    expect(matches).toBe(false);
    expect(root).toMatchObject({ kind: "AND", path: "", matches: false, hidden: false, actual: null });
    const at = (path: string) => flat(root).filter((node) => node.path === path);
    expect(at("status.in")).toMatchObject([
      { kind: "CRITERION", text: "status in (ACTIVE, LOCKED)", matches: true, actual: "ACTIVE", hidden: false },
    ]);
    expect(at("or")).toMatchObject([
      { kind: "OR", text: `title contains "lead" or not orgUnit within ${north}`, matches: false, actual: null },
    ]);
    expect(at("or[0].title.contains")).toMatchObject([{ matches: false, actual: "Engineer", children: [] }]);
    expect(at("or[1].not")).toMatchObject([{ kind: "NOT", text: `not orgUnit within ${north}`, matches: false }]);
    expect(at("or[1].not.orgUnit.within")).toMatchObject([{ kind: "CRITERION", matches: true, actual: north }]);
    expect(at("attributes[0].number.gte")).toMatchObject([{ text: "attributes.floor >= 3", matches: true, actual: 3 }]);
    expect(at("manager.reportsTo")).toMatchObject([{ text: `manager reports to ${bob}`, matches: true, actual: bob }]);
    expect(root.children).toHaveLength(4);
  });

  test("shows values as the API does, and missing ones as null", async () => {
    const { ann, bob } = world;
    const actual = async (userId: string, filter: object) => (await explain(userId, filter))?.root.actual;
    expect(await actual(ann, { id: { eq: bob } })).toBe(ann);
    expect(await actual(ann, { text: "x" })).toContain("ann");
    expect(await actual(ann, { tags: { any: ["x"] } })).toEqual(["Ann", "b"]);
    expect(await actual(ann, { externalId: { eq: "x" } })).toEqual(["Ann"]);
    expect(await actual(ann, { hiredOn: { gt: "2020-01-01" } })).toBe("2024-02-29");
    expect(await actual(ann, { createdAt: { withinLast: "P1D" } })).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(await actual(ann, { manager: { status: { eq: "ACTIVE" } } })).toBe("ACTIVE");
    expect(await actual(ann, { attributes: [{ key: "list", set: { any: ["x"] } }] })).toEqual(["x", "y"]);
    expect(await actual(ann, { attributes: [{ key: "none", exists: true }] })).toBeNull();
    expect(await actual(ann, { lastLoginAt: { isNull: true } })).toBeNull();
    expect(await actual(bob, { roleGrants: { some: { privileged: { eq: true } } } })).toMatchObject([
      { role: "admin", everywhere: true },
    ]);
  });

  test("is given of deleted users to those who may see them, and of nobody out of sight or absent", async () => {
    const { gone, bob, north } = world;
    const engineer = { title: { eq: "engineer" } };
    expect(await explain(gone, engineer)).toMatchObject({ matches: true });
    const wide = await machineToken(file.gateway, ["USER_READ"]);
    expect(await explain(gone, engineer, wide)).toBeNull();
    const reader = await machineToken(file.gateway, ["USER_READ"], [north]);
    expect(await explain(bob, engineer, reader)).toBeNull();
    expect(await explain("user_01jd8m5k3tf0vbq2z7y6x4w9ra", engineer, reader)).toBeNull();
    expect(await refusedExplanation(north, engineer, reader)).toMatchObject({
      code: "INVALID_INPUT",
      inputPath: "userId",
    });
  });

  test("is refused where a search by the filter would be, whomever it is about", async () => {
    const { north, ann, bob } = world;
    const reader = await machineToken(file.gateway, ["USER_READ"], [north]);
    for (const userId of [ann, bob]) {
      expect(await refusedExplanation(userId, { not: { email: { isNull: true } } }, reader)).toMatchObject({
        code: "FIELD_FORBIDDEN",
        field: "email",
        inputPath: "filter.not.email.isNull",
      });
      expect(await refusedExplanation(userId, { directReportCount: { gt: 0 } }, reader)).toMatchObject({
        code: "FIELD_FORBIDDEN",
      });
      expect(await refusedExplanation(userId, { manager: { eq: bob } }, reader)).toMatchObject({ code: "NOT_FOUND" });
      expect(await refusedExplanation(userId, { status: {} }, reader)).toMatchObject({ code: "INVALID_INPUT" });
    }
  });

  test("hides what may not be read on this user, and its verdicts tell nothing of it", async () => {
    const { north, ann, bob } = world;
    const token = await partlyReader();
    const asked = (email: string) => ({ orgUnit: { within: north }, email: { eq: email } });
    const here = await explain(ann, asked("ann@example.com"), token);
    expect(here).toMatchObject({ matches: true });
    expect(about(here, "email.eq")).toMatchObject({ matches: true, hidden: false, actual: "ann@example.com" });
    for (const email of ["bob@example.com", "other@example.com"]) {
      const there = await explain(bob, asked(email), token);
      expect(there).toMatchObject({ matches: false });
      expect(about(there, "email.eq")).toMatchObject({ matches: false, hidden: true, actual: null });
    }
  });

  test("does not name a manager who is out of sight", async () => {
    const { north, ann } = world;
    const reader = await machineToken(file.gateway, ["USER_READ"], [north]);
    expect((await explain(ann, { manager: { in: [ann] } }, reader))?.root).toMatchObject({
      matches: false,
      hidden: false,
      actual: null,
    });
  });
});

/** Reads everybody, but e-mail addresses of the first division only. */
async function partlyReader(): Promise<string> {
  const { gateway } = file;
  const reader = await makeUser(gateway);
  await gateway.run(
    `mutation ($id: ID!, $scope: ID!) {
      a: createRole(input: { key: "r${reader.username}", name: "R", permissions: [USER_READ, ORG_READ] }) { position }
      b: createRole(input: { key: "c${reader.username}", name: "C", permissions: [USER_READ_CONTACT] }) { position }
      c: grantRole(input: { granteeId: $id, roleKey: "r${reader.username}" }) { position }
      d: grantRole(input: { granteeId: $id, roleKey: "c${reader.username}", scopeId: $scope }) { position } }`,
    { id: reader.id, scope: world.north },
  );
  return tokenOf(gateway, reader.id);
}

describe("Counts of a filter's nodes", () => {
  test("stay within sight, and leave deleted users out", async () => {
    const { north } = world;
    const engineers = { or: [{ title: { eq: "Engineer" } }, { title: { eq: "Head" } }] };
    expect((await counts(engineers)).map(({ path, count, countWithout }) => [path, count, countWithout])).toEqual([
      ["or", 2, world.all.length + (await readers())],
      ["or[0].title.eq", 1, 1],
      ["or[1].title.eq", 1, 1],
    ]);
    const reader = await machineToken(file.gateway, ["USER_READ"], [north]);
    expect((await counts(engineers, reader)).map(({ count }) => count)).toEqual([1, 1, 0]);
  });

  test("count a field that is readable in some units only among the users there, also where the bound is taken out", async () => {
    const { north } = world;
    const token = await partlyReader();
    const filter = { orgUnit: { within: north }, email: { endsWith: "@example.com" } };
    const counted = await counts(filter, token);
    expect(new Map(counted.map(({ path, count, countWithout }) => [path, { count, countWithout }]))).toEqual(
      new Map([
        ["", { count: 1, countWithout: 3 }],
        ["orgUnit.within", { count: 3, countWithout: 1 }],
        ["email.endsWith", { count: 1, countWithout: 3 }],
      ]),
    );
    expect(
      (await file.gateway.refusal(COUNTS, { filter: { email: { endsWith: "m" } } }, token)).extensions,
    ).toMatchObject({
      code: "FIELD_FORBIDDEN",
      allowedWithin: [north],
    });
  });

  test("take one statement however many nodes there are, up to the published limits", async () => {
    const { gateway } = file;
    const wrapped = (leaf: object, depth: number): object => (depth === 0 ? leaf : { and: [wrapped(leaf, depth - 1)] });
    const leaves = Array.from({ length: 200 }, (_, i) => wrapped({ title: { startsWith: `t${i}` } }, 10));
    /** The statements of the question itself: whoever follows the log looks at its head meanwhile. */
    const taken = async (filter: object) => {
      const log: StatementLog = { slowest: undefined, count: 0 };
      const all = await logStatements(log, () => counts(filter));
      return { all, statements: log.count };
    };
    await counts({});
    const few = await taken({ status: { eq: "ACTIVE" } });
    const { all, statements } = await taken({ or: leaves });
    expect(few.statements).toBeGreaterThan(0);
    expect(statements).toBe(few.statements);
    expect(all).toHaveLength(1 + 200 * 11);
    expect(new Set(all.map(({ count }) => count))).toEqual(new Set([0]));
    expect((await gateway.refusal(COUNTS, { filter: { or: [...leaves, {}] } })).extensions.code).toBe(
      "FILTER_TOO_COMPLEX",
    );
  });
});

/** People whom the tests above made beside those of the world. */
const readers = async (): Promise<number> => {
  const { users } = await file.gateway.run("{ users { totalCount } }");
  return users.totalCount - world.all.length;
};
