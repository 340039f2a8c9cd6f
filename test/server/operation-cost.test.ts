import { readdirSync, readFileSync } from "node:fs";
import { getIntrospectionQuery, getOperationAST, parse, validate } from "graphql";
import { createClient } from "graphql-sse";
import { describe, expect, it } from "vitest";
import { CostModel } from "../../src/graphql/operation-cost.ts";
import { OPERATION_LIMITS } from "../../src/graphql/operation-limits.ts";
import { OperationReader } from "../../src/server/operation.ts";
import { searchShapes } from "../../src/server/search-shape.ts";
import { makeUser } from "../support/directory.ts";
import { gatewayForFile } from "../support/gateway.ts";
import { tableOf } from "../support/markdown.ts";
import { Socket } from "../support/socket.ts";

/*
 * What operations cost, by schema/LIMITS.md, and what is refused because of it.
 */

const file = gatewayForFile({ operations: { limits: { cost: 5_000 } } });
const folder = new URL("../../schema/operations/", import.meta.url);
const names = readdirSync(folder)
  .filter((name) => name.endsWith(".graphql"))
  .map((name) => name.replace(".graphql", ""));

const costOf = (text: string, variables: Record<string, unknown> = {}) => {
  const { schema } = file.gateway;
  const document = parse(text);
  expect(validate(schema, document)).toEqual([]);
  const operation = getOperationAST(document);
  if (!operation) throw new Error("There are several operations.");
  return new CostModel(schema).costOf(document, operation, variables);
};

/** Text, what it costs, and its variables. */
const COSTS: readonly [text: string, cost: number, variables?: Record<string, unknown>][] = [
  ["{ __typename }", 0],
  ["{ viewer { __typename } }", 1],
  ["{ users { totalCount } }", 1 + 10],
  ["{ users { nodes { id } } }", 1 + 50],
  ["{ users(first: 7) { nodes { id } } }", 1 + 7],
  ["{ users(last: 7) { edges { node { id } } } }", 1 + 7 * 2],
  ["{ users(first: 7) { nodes { id } totalCount pageInfo { hasNextPage } } }", 1 + 7 + 10 + 1],
  ["{ users(first: 7) { nodes { roles { name } manager { id } } } }", 1 + 7 * (1 + 5 + 1)],
  ["{ users(first: 3) { nodes { reports(first: 4) { totalCount nodes { id } } } } }", 1 + 3 * (1 + 1 + 10 + 4)],
  ["{ users(first: 100000) { nodes { id } } }", 1 + 500],
  ["query Q($first: Int) { users(first: $first) { nodes { id } } }", 1 + 9, { first: 9 }],
  ["query Q($first: Int = 8) { users(first: $first) { nodes { id } } }", 1 + 8],
  ["query Q($first: Int) { users(first: $first) { nodes { id } } }", 1 + 50],
  ["query Q($all: Boolean!) { users(first: 9) { nodes @include(if: $all) { id } } }", 1, { all: false }],
  ["query Q($all: Boolean!) { users(first: 9) { nodes @include(if: $all) { id } } }", 10, { all: true }],
  ["query Q($no: Boolean!) { users(first: 9) { ... @skip(if: $no) { nodes { id } } } }", 1, { no: true }],
  ["{ a: users(first: 5) { nodes { id } } b: users(first: 6) { nodes { id } } }", 2 + 11],
  [
    "{ a: users(first: 5) { ...P } b: users(first: 6) { ...P } } fragment P on UserConnection { nodes { id } totalCount }",
    2 + 11 + 20,
  ],
  ['{ users(filter: { text: "ada" }) { totalCount } }', 21],
  ['{ users(filter: { or: [{ text: "a" }, { not: { text: "b" } }] }) { totalCount } }', 31],
  ["query Q($f: UserFilter) { users(filter: $f) { totalCount } }", 31, { f: { and: [{ text: "a" }, { text: "b" }] } }],
  ["query Q($ids: [ID!]!) { nodes(ids: $ids) { id } }", 3, { ids: ["a", "b", "c"] }],
  [
    "{ users { facets(by: [{ field: STATUS }, { field: DEPARTMENT }]) { buckets { value count } } } }",
    1 + 2 * (1 + 20 + 20),
  ],
  ["mutation { signOut(input: {}) { position } }", 11],
  ["subscription { userEvents { ... on UserEvent { user { id } changes { field } } } }", 1 + 1 + 5],
  [getIntrospectionQuery(), 100],
];

describe("The cost of an operation", () => {
  it.each(COSTS)("follows from what the schema declares: %s", (text, cost, variables) => {
    expect(costOf(text, variables).cost).toBe(cost);
  });

  it.each(names)("stays far below the limit for what front ends copy: %s", (name) => {
    const text = readFileSync(new URL(`${name}.graphql`, folder), "utf8");
    const given = readdirSync(folder).includes(`${name}.variables.json`);
    const variables = given ? JSON.parse(readFileSync(new URL(`${name}.variables.json`, folder), "utf8")) : {};
    const document = parse(text);
    const reader = new OperationReader(file.gateway.schema);
    for (const definition of document.definitions) {
      if (definition.kind !== "OperationDefinition") continue;
      const { cost } = reader.read({ query: text, operationName: definition.name?.value, variables });
      expect(cost.cost).toBeGreaterThan(0);
      expect(cost.cost).toBeLessThan(OPERATION_LIMITS.cost / 5);
    }
  });

  it("is worked out in one visit of each fragment, however often that is spread", () => {
    const bomb = (levels: number) =>
      `{ users { ...P } } fragment P on UserConnection { nodes { ...F0 } } ${Array.from(
        { length: levels },
        (_, i) => `fragment F${i} on User { a: manager { ...F${i + 1} } b: manager { ...F${i + 1} } }`,
      ).join(" ")} fragment F${levels} on User { id }`;
    const visits = (levels: number) => costOf(bomb(levels)).visits;
    expect(visits(20) - visits(10)).toBe(10 * 3);
    expect(costOf(bomb(10)).cost).toBe(1 + 50 * (2 ** 11 - 1));
  });
});

/** Counts how often anything is listed that a request sent. */
function counted(value: object) {
  let listed = 0;
  const ownKeys = (target: object) => {
    listed += 1;
    return Reflect.ownKeys(target);
  };
  return { value: new Proxy(value, { ownKeys }), times: () => listed };
}

describe("However large the variables are, what an operation costs and searches for", () => {
  const fifty = (filter: string) =>
    Array.from({ length: 50 }, (_, index) => `a${index}: users(filter: ${filter}) { totalCount }`).join(" ");
  const found = (text: string, variables: object) => [
    costOf(text, variables as Record<string, unknown>).cost,
    searchShapes(file.gateway.schema, parse(text), variables as Record<string, unknown>).length,
  ];

  it("is found without a look at those that it does not declare", () => {
    const sent = counted({ name: "a", more: 1 });
    expect(found(`query Q($name: String) { ${fifty("{ text: $name }")} }`, sent.value)).toEqual([50 * 21, 50]);
    expect(sent.times()).toBe(0);
  });

  it("is found in one look at each that it declares, wherever that stands", () => {
    const sent = counted({ text: "a" });
    const text = `query Q($f: UserFilter!) { ${fifty("{ and: [$f, $f] }")} b: users(filter: $f) { totalCount } }`;
    expect(found(text, { f: sent.value })).toEqual([50 * 31 + 21, 51]);
    expect(sent.times()).toBe(2); // for the cost, and for the shape
  });

  it("knows no variable that was not declared, whatever objects bring along", () => {
    expect(costOf("query Q($constructor: Int) { users(first: $constructor) { nodes { id } } }").cost).toBe(1 + 50);
  });
});

describe("An operation that costs too much", () => {
  const page = (first: number) =>
    `{ users(first: 1) { nodes { reports(first: ${first}) { nodes { managementChain { id } id } } } } viewer { __typename } }`;

  it("is refused with the numbers and the dearest root field, and nothing of it is carried out", async () => {
    const error = await file.gateway.refusal(
      "{ users(first: 500) { nodes { managementChain { id manager { id } } } } viewer { __typename } }",
    );
    expect(error.extensions).toMatchObject({
      code: "INVALID_INPUT",
      limit: 5_000,
      actual: 1 + 500 * (1 + 8 * 2) + 1,
      inputPath: "query.users",
    });
    expect((await file.gateway.ask(page(100))).errors).toBeUndefined();
  });

  it("is allowed at the limit", async () => {
    const at = (pages: number, more: string) =>
      `{ users(first: 499) { nodes { managementChain { id } id } } ${more} a: users(first: ${pages}) { nodes { id } } }`;
    // 1 + 499 × 9 + 1 + pages
    expect((await file.gateway.ask(at(500, ""))).errors).toBeUndefined();
    expect(costOf(at(500, "viewer { __typename } r: users(first: 5) { nodes { id } }")).cost).toBe(5_000);
    expect(
      (await file.gateway.ask(at(500, "viewer { __typename } r: users(first: 5) { nodes { id } }"))).errors,
    ).toBeUndefined();
    const error = await file.gateway.refusal(at(500, "viewer { __typename } r: users(first: 6) { nodes { id } }"));
    expect(error.extensions).toMatchObject({ limit: 5_000, actual: 5_001 });
  });

  it("is refused over WebSockets, subscriptions included", async () => {
    const socket = await Socket.open(file.gateway.url, file.gateway.admin);
    const dear =
      "subscription { userEvents { ... on UserEvent { user { reports(first: 500) { nodes { managementChain { id manager { id } } } } } } } }";
    expect((await socket.start(dear).refused()).extensions).toMatchObject({ code: "INVALID_INPUT", limit: 5_000 });
    await socket.close();
  });
});

describe("Asking what an operation costs", () => {
  const query = "{ users(first: 2) { nodes { id } } viewer { __typename } }";
  const expected = { requested: 4, limit: 5_000, rootFields: 2 };

  async function extensions(headers: Record<string, string>, more: object) {
    const { server, admin } = file.gateway;
    const response = await server.inject({
      method: "POST",
      url: "/graphql",
      headers: { authorization: `Bearer ${admin}`, ...headers },
      payload: { query, ...more },
    });
    expect(response.json().data.users.nodes).toBeDefined();
    return response.json().extensions;
  }

  it("is answered where the header or the extension asks, and else not", async () => {
    expect(await extensions({ "rollcall-cost": "report" }, {})).toEqual({ cost: expected });
    expect(await extensions({}, { extensions: { cost: true } })).toEqual({ cost: expected });
    expect(await extensions({}, {})).toBeUndefined();
  });

  it("is answered over a WebSocket", async () => {
    const socket = await Socket.open(file.gateway.url, file.gateway.admin);
    socket.send({ id: "c", type: "subscribe", payload: { query, extensions: { cost: true } } });
    const next = await socket.waitFor((messages) => messages.find(({ id, type }) => id === "c" && type === "next"));
    expect(next.payload.extensions).toEqual({ cost: expected });
    await socket.close();
  });

  it("is answered with every event of a subscription that asks, over a WebSocket and an event stream, and of no other", async () => {
    const { url, admin } = file.gateway;
    const events = "subscription { userEvents { __typename ... on UserEvent { user { id } } } }";
    const socket = await Socket.open(url, admin);
    for (const [id, more] of Object.entries({ asks: { extensions: { cost: true } }, other: {} }))
      socket.send({ id, type: "subscribe", payload: { query: events, ...more } });
    const client = createClient({ url: `${url}/graphql/stream`, headers: { authorization: `Bearer ${admin}` } });
    const stream = client.iterate({ query: events, extensions: { cost: true } });
    const told = [(await stream.next()).value?.extensions];
    const of = (id: string) => socket.messages.filter((one) => one.id === id && one.type === "next");
    await socket.waitFor(() => of("asks").length === 1 && of("other").length === 1);
    await makeUser(file.gateway);
    told.push((await stream.next()).value?.extensions);
    await socket.waitFor(() => of("asks").length === 2 && of("other").length === 2);
    const cost = { cost: { requested: 2, limit: 5_000, rootFields: 1 } };
    expect([...of("asks").map(({ payload }) => payload.extensions), ...told]).toEqual([cost, cost, cost, cost]);
    expect(of("other").map(({ payload }) => payload.extensions)).toEqual([undefined, undefined]);
    client.dispose();
    await socket.close();
  });
});

describe("The specification of limits", () => {
  it("has every limit of an operation's size, with its setting and its default", () => {
    const rows = tableOf(readFileSync("schema/LIMITS.md", "utf8"), "measure");
    const { cost: _, ...sizes } = OPERATION_LIMITS;
    expect(rows.map(({ default: value }) => Number(value)).sort()).toEqual(Object.values(sizes).sort());
  });
});
