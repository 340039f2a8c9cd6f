import { parse } from "graphql";
import { createClient } from "graphql-sse";
import { describe, expect, it } from "vitest";
import { DocumentMeasure, longestList } from "../../src/graphql/document-measure.ts";
import { gatewayForFile } from "../support/gateway.ts";
import { Socket } from "../support/socket.ts";

/*
 * Limits on the size of an operation, each at its edge: what is just allowed, and what is one too many, with its numbers.
 */

const LIMITS = {
  tokens: 200,
  depth: 6,
  rootFields: 4,
  fields: 30,
  aliases: 5,
  directives: 3,
  duplicates: 3,
  listValues: 8,
  cost: 1_000,
};
const file = gatewayForFile({ operations: { limits: LIMITS } });

const times = (count: number, make: (index: number) => string): string =>
  Array.from({ length: count }, (_, i) => make(i)).join(" ");
const chain = (depth: number): string =>
  `{ user(by: { username: "nobody" }) ${"{ manager ".repeat(depth - 2)}{ id }${" }".repeat(depth - 2)} }`;

interface Edge {
  measure: string;
  limit: number;
  document: (amount: number) => string;
  /** Where the most of it stands. */
  path: string;
}

const ROOTS = [
  "__typename",
  "viewer { __typename }",
  "roles { totalCount }",
  "orgUnits { totalCount }",
  "users { totalCount }",
];

const EDGES: readonly Edge[] = [
  { measure: "depth", limit: 6, document: chain, path: "query.user.manager.manager.manager.manager.manager.id" },
  {
    measure: "depth through fragments",
    limit: 6,
    document: (n) => `query { ...A } fragment A on Query ${chain(n)}`,
    path: "query.user.manager.manager.manager.manager.manager.id",
  },
  { measure: "root fields", limit: 4, document: (n) => `{ ${ROOTS.slice(0, n).join(" ")} }`, path: "query" },
  {
    measure: "aliases",
    limit: 5,
    document: (n) => `{ viewer { ${times(n, (i) => `n${i}: __typename`)} } }`,
    path: "query",
  },
  {
    measure: "duplicates",
    limit: 3,
    document: (n) => `{ viewer { ${times(n, () => "__typename")} } }`,
    path: "query.viewer.__typename",
  },
  {
    measure: "duplicates of a fragment",
    limit: 3,
    document: (n) => `{ viewer { ${times(n, () => "...N")} } } fragment N on Viewer { __typename }`,
    path: "query.viewer....N",
  },
  {
    measure: "list values",
    limit: 8,
    document: (n) => `{ users(filter: { username: { in: [${times(n, (i) => `"u${i}"`)}] } }) { totalCount } }`,
    path: "query.users.filter.username.in",
  },
];

describe("An operation's size", () => {
  it.each(
    EDGES.filter(
      ({ measure }) => !/directives|through fragments/.test(measure) || measure === "depth through fragments",
    ),
  )("is allowed at the limit, and refused beyond it with the numbers: $measure", async ({ limit, document, path }) => {
    const within = await file.gateway.ask(document(limit));
    expect(within.errors).toBeUndefined();
    const beyond = await file.gateway.ask(document(limit + 1));
    expect(beyond.status).toBe(400);
    expect(beyond.data).toBeUndefined();
    const [error] = beyond.errors ?? [];
    expect(error?.extensions).toMatchObject({ code: "INVALID_INPUT", limit, actual: limit + 1 });
    expect(error?.extensions.violations).toMatchObject([{ path, limit, actual: limit + 1 }]);
  });

  it("counts aliases in every place where a fragment is spread", async () => {
    const twice = "{ a: viewer { ...N } viewer { ...N } } fragment N on Viewer { x: __typename y: __typename }";
    expect((await file.gateway.ask(twice)).errors).toBeUndefined();
    const error = await file.gateway.refusal(twice.replace("y: ", "z: __typename y: "));
    expect(error.extensions).toMatchObject({ limit: 5, actual: 7 });
  });

  it("counts fields in every place where a fragment is spread", async () => {
    const fields = (n: number) =>
      `{ viewer { ...N } roles { nodes { ${times(n, (i) => ["id", "name", "key", "version"][i] as string)} } } b: viewer { ...N } }
      fragment N on Viewer { __typename user { id username displayName title department location country locale timezone } }`;
    expect((await file.gateway.ask(fields(4))).errors).toBeUndefined();
    const { fields: counted } = new DocumentMeasure().measure(parse(fields(4)));
    expect(counted.amount).toBe(2 * (1 + 11) + 2 + 4);
    expect(
      (await file.gateway.refusal(fields(4).replace("{ id username", "{ id division username"))).extensions,
    ).toMatchObject({ limit: 30, actual: 32 });
  });

  it("counts directives wherever they stand in the document", async () => {
    const on = (n: number) => `{ viewer { ${times(n, () => "... @include(if: true) { __typename }")} } }`;
    expect((await file.gateway.ask(on(3))).errors).toBeUndefined();
    expect((await file.gateway.refusal(on(4))).extensions).toMatchObject({ limit: 3, actual: 4 });
  });

  it("counts tokens", async () => {
    const error = await file.gateway.refusal(
      `{ users(filter: { username: { eq: "x" }, and: [${"{},".repeat(100)}] }) { totalCount } }`,
    );
    expect(error.extensions).toMatchObject({ code: "INVALID_INPUT", limit: 200, actual: 201 });
  });

  it("counts lists in variables", async () => {
    const query = "query Named($in: [String!]) { users(filter: { username: { in: $in } }) { totalCount } }";
    const names = (n: number) => ({ in: Array.from({ length: n }, (_, i) => `u${i}`) });
    expect((await file.gateway.ask(query, names(8))).errors).toBeUndefined();
    expect((await file.gateway.refusal(query, names(9))).extensions).toMatchObject({
      limit: 8,
      actual: 9,
      inputPath: "variables.in",
    });
    const asked = (variables: string) =>
      file.gateway.server.inject({
        url: "/graphql",
        query: { query, variables },
        headers: {
          authorization: `Bearer ${file.gateway.admin}`,
          accept: "application/graphql-response+json",
          "apollo-require-preflight": "1",
        },
      });
    expect((await asked(JSON.stringify(names(8)))).json().errors).toBeUndefined();
    expect((await asked(JSON.stringify(names(9)))).json().errors[0].extensions).toMatchObject({ limit: 8, actual: 9 });
    expect((await asked('{"in": [')).statusCode).toBe(400);
  });

  it("may be what the schema tells", async () => {
    const { operationLimits } = await file.gateway.run(`{ operationLimits { ${Object.keys(LIMITS).join(" ")} } }`);
    expect(operationLimits).toEqual(LIMITS);
  });

  it("is told whole: every limit that is passed", async () => {
    const error = await file.gateway.refusal(
      `{ ${times(7, (i) => `v${i}: viewer { __typename __typename __typename __typename }`)} }`,
    );
    const violations = error.extensions.violations as { message: string; limit: number; actual: number }[];
    expect(violations.map(({ limit, actual }) => [limit, actual])).toEqual([
      [4, 7],
      [30, 35],
      [5, 7],
      [3, 4],
    ]);
  });

  it("is refused to a client that takes application/json alone in its body, with status 200", async () => {
    const { server, admin } = file.gateway;
    const response = await server.inject({
      method: "POST",
      url: "/graphql",
      headers: { authorization: `Bearer ${admin}`, accept: "application/json" },
      payload: { query: chain(7) },
    });
    expect(response.statusCode).toBe(200);
    expect(response.json().errors[0].extensions.code).toBe("INVALID_INPUT");
  });

  it("is limited over WebSockets and event streams alike", async () => {
    const socket = await Socket.open(file.gateway.url, file.gateway.admin);
    expect((await socket.start(chain(7)).refused()).extensions).toMatchObject({ limit: 6, actual: 7 });
    const wide =
      "subscription { userEvents { ... on UserEvent { user { manager { manager { manager { manager { id } } } } } } } }";
    expect((await socket.start(wide).refused()).extensions).toMatchObject({ limit: 6, actual: 7 });
    await socket.close();
    const client = createClient({
      url: `${file.gateway.url}/graphql/stream`,
      headers: { authorization: `Bearer ${file.gateway.admin}` },
    });
    for await (const { errors } of client.iterate({ query: chain(7) }))
      expect(errors?.[0]?.extensions).toMatchObject({ limit: 6, actual: 7 });
    client.dispose();
  });

  it.each([
    "subscription { userEvents @skip(if: true) { __typename } }",
    "subscription ($if: Boolean!) { userEvents @include(if: $if) { __typename } }",
    "subscription { userEvents @skip { __typename } }",
    "subscription { ... @include(if: false) { userEvents { __typename } } }",
    "subscription { ...A } fragment A on Subscription { ...B @skip(if: true) } fragment B on Subscription { userEvents { __typename } }",
  ])("leaves no subscription without a root field, whatever its conditions are: %s", async (query) => {
    const refused = {
      message: "query: must not have @skip or @include at the root of a subscription.",
      extensions: { code: "INVALID_INPUT", inputPath: "query" },
    };
    const { status, errors } = await file.gateway.ask(query, { if: false });
    expect([status, errors]).toMatchObject([400, [refused]]);
    const socket = await Socket.open(file.gateway.url, file.gateway.admin);
    expect(await socket.start(query, { if: false }).refused()).toMatchObject(refused);
    const below =
      "subscription ($if: Boolean!) { userEvents { __typename ... on UserEvent @include(if: $if) { userId } } }";
    await socket.start(below, { if: false }).ready();
    await socket.close();
  });

  it("is not gone round by sending several operations in one request", async () => {
    const { server, admin } = file.gateway;
    const response = await server.inject({
      method: "POST",
      url: "/graphql",
      headers: { authorization: `Bearer ${admin}` },
      payload: [{ query: "{ viewer { __typename } }" }, { query: chain(7) }],
    });
    expect(response.statusCode).toBe(400);
    const several = await file.gateway.refusal(`query A { viewer { __typename } } query B ${chain(7)}`);
    expect(several.extensions).toMatchObject({ limit: 6, actual: 7 });
  });
});

describe("Measuring a document", () => {
  const bomb = (levels: number) =>
    `{ viewer { ...F0 } } ${times(levels, (i) => `fragment F${i} on Viewer { a: name ...F${i + 1} b: name ...F${i + 1} }`)} fragment F${levels} on Viewer { name }`;
  const visits = (text: string) => {
    const measure = new DocumentMeasure();
    const measures = measure.measure(parse(text));
    return { visits: measure.visits, measures };
  };

  it("visits every fragment once, however often it is spread", () => {
    const [small, large] = [visits(bomb(100)), visits(bomb(200))];
    expect(large.visits - small.visits).toBe(100 * 4);
    expect(large.measures.fields.amount).toBeGreaterThan(1e50);
    expect(large.measures.depth.amount).toBe(2);
  });

  it("visits every alias once", () => {
    const aliases = (n: number) => visits(`{ ${times(n, (i) => `v${i}: viewer { name }`)} }`);
    expect(aliases(2_000).visits).toBe(2 * 2_000);
    expect(aliases(2_000).measures.aliases.amount).toBe(2_000);
  });

  it("comes to an end where fragments contain themselves or are missing", () => {
    const { measures } = visits(
      "{ ...A ...C } fragment A on Query { viewer { name } ...B } fragment B on Query { ...A }",
    );
    expect(measures.depth.amount).toBe(2);
  });

  it("finds the longest list of variables, at any depth", () => {
    expect(longestList({ a: [1], b: { c: [{ d: [1, 2, 3] }] } })).toEqual({ amount: 3, path: ["b", "c", "d"] });
    expect(longestList(undefined)).toEqual({ amount: 0, path: [] });
  });
});
