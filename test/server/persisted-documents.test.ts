import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createClient } from "graphql-sse";
import { describe, expect, it } from "vitest";
import { Documents, documentIdOf } from "../../src/server/documents.ts";
import { directoryForTest } from "../support/database.ts";
import { gatewayForFile, type TestGateway } from "../support/gateway.ts";
import { Socket } from "../support/socket.ts";

/*
 * Documents that are named by their hash: where any other may be sent as well, and where nothing else runs. Over every transport.
 */

const NAMES = "query Names($first: Int) { users(first: $first) { nodes { username } } }";
const EVENTS = "subscription Events { userEvents { __typename } }";
const CREATE =
  'mutation Create { createRole(input: { key: "by-name", name: "By name", permissions: [] }) { role { key } } }';
const DEAR = "{ users(first: 500) { nodes { reports(first: 500) { nodes { id } } } } }";
const texts = new Map([NAMES, EVENTS, CREATE, DEAR].map((text) => [documentIdOf(text), text]));
const [names, events, create, dear] = [...texts.keys()] as [string, string, string, string];
const unknown = documentIdOf("{ viewer { __typename } }");

const open = gatewayForFile({ operations: { documents: new Documents(texts, false) } });
const closed = gatewayForFile({ operations: { documents: new Documents(texts, true), introspection: false } });

async function post(gateway: TestGateway, payload: object) {
  const response = await gateway.server.inject({
    method: "POST",
    url: "/graphql",
    headers: { authorization: `Bearer ${gateway.admin}`, accept: "application/graphql-response+json" },
    payload,
  });
  return { status: response.statusCode, ...response.json() };
}

async function get(gateway: TestGateway, query: Record<string, string>) {
  const response = await gateway.server.inject({
    method: "GET",
    url: "/graphql",
    query,
    headers: {
      authorization: `Bearer ${gateway.admin}`,
      accept: "application/graphql-response+json",
      "apollo-require-preflight": "1",
    },
  });
  return { status: response.statusCode, ...response.json() };
}

async function streamed(gateway: TestGateway, payload: object) {
  const client = createClient({
    url: `${gateway.url}/graphql/stream`,
    headers: { authorization: `Bearer ${gateway.admin}` },
  });
  for await (const result of client.iterate(payload as { query: string })) {
    client.dispose();
    return result;
  }
  throw new Error("The stream ended.");
}

async function overSocket(gateway: TestGateway, payload: object) {
  const socket = await Socket.open(gateway.url, gateway.admin);
  socket.send({ id: "one", type: "subscribe", payload });
  const message = await socket.waitFor((messages) => messages.find(({ id }) => id === "one"));
  await socket.close();
  return message;
}

describe("A persisted document", () => {
  it("runs by its identifier, with variables and without a query", async () => {
    const { data } = await post(open.gateway, { documentId: names, variables: { first: 1 } });
    expect(data.users.nodes).toEqual([]);
    expect((await get(open.gateway, { documentId: names })).data.users.nodes).toEqual([]);
  });

  it("runs over WebSockets and event streams", async () => {
    for (const { gateway } of [open, closed]) {
      expect((await overSocket(gateway, { documentId: names })).payload.data.users.nodes).toEqual([]);
      expect((await overSocket(gateway, { documentId: events })).payload.data.userEvents.__typename).toBe(
        "FeedCheckpoint",
      );
      expect(await streamed(gateway, { documentId: names })).toMatchObject({ data: { users: { nodes: [] } } });
      expect(await streamed(gateway, { documentId: events })).toMatchObject({ data: { userEvents: {} } });
    }
  });

  it("is held to the limits as if it had been sent", async () => {
    expect((await post(open.gateway, { documentId: dear })).errors[0].extensions).toMatchObject({ limit: 100_000 });
  });

  it("that is a mutation is not run by GET", async () => {
    expect((await get(open.gateway, { documentId: create })).status).toBe(405);
    expect((await post(open.gateway, { documentId: create })).data.createRole.role.key).toBe("by-name");
  });

  it("that nobody registered is one error, over every transport", async () => {
    const { status, errors, data } = await post(open.gateway, { documentId: unknown });
    expect([status, errors.length, data]).toEqual([400, 1, undefined]);
    const expected = { code: "NOT_FOUND", inputPath: "documentId" };
    expect(errors[0].extensions).toEqual(expected);
    expect((await get(open.gateway, { documentId: unknown })).errors[0].extensions).toEqual(expected);
    expect((await overSocket(open.gateway, { documentId: unknown })).payload[0].extensions).toEqual(expected);
    expect((await streamed(open.gateway, { documentId: unknown })).errors?.[0]?.extensions).toEqual(expected);
  });

  it("is not named beside a query", async () => {
    const { status, errors } = await post(open.gateway, { documentId: names, query: NAMES });
    expect([status, errors[0].extensions.inputPath]).toEqual([400, "documentId"]);
  });
});

describe("Where persisted documents alone run", () => {
  const refused = { code: "INVALID_INPUT", inputPath: "query" };

  it("a query is refused over every transport, also that of a registered document", async () => {
    for (const query of ["{ viewer { __typename } }", NAMES]) {
      const { status, errors } = await post(closed.gateway, { query });
      expect([status, errors[0].extensions]).toEqual([400, expect.objectContaining(refused)]);
      expect((await get(closed.gateway, { query })).errors[0].extensions).toMatchObject(refused);
      expect((await overSocket(closed.gateway, { query })).payload[0].extensions).toMatchObject(refused);
      expect((await streamed(closed.gateway, { query })).errors?.[0]?.extensions).toMatchObject(refused);
    }
    expect((await overSocket(closed.gateway, { query: EVENTS })).payload[0].extensions).toMatchObject(refused);
  });

  it("an empty query is no way round", async () => {
    expect((await overSocket(closed.gateway, { query: "" })).payload[0].extensions).toMatchObject(refused);
    expect((await post(closed.gateway, { query: "", documentId: names })).errors[0].extensions.inputPath).toBe(
      "documentId",
    );
  });
});

describe("A gateway without introspection", () => {
  const blind = gatewayForFile({ operations: { introspection: false } });

  it("guesses at no name either, over any transport", async () => {
    const wrong = { query: "{ usrs { totalCount } }" };
    const bare = 'Cannot query field "usrs" on type "Query".';
    expect((await post(open.gateway, wrong)).errors[0].message).toContain("Did you mean");
    expect((await post(blind.gateway, wrong)).errors[0].message).toBe(bare);
    expect((await overSocket(blind.gateway, wrong)).payload[0].message).toBe(bare);
    const value = {
      query: "query ($f: UserFilter) { users(filter: $f) { totalCount } }",
      variables: { f: { usrname: null } },
    };
    expect(JSON.stringify(await post(blind.gateway, value))).not.toMatch(/Did you mean|"username"/);
  });

  it("tells nothing of its schema, over any transport, and still tells types", async () => {
    const query = "{ __schema { queryType { name } } }";
    expect((await post(blind.gateway, { query })).errors[0].extensions).toMatchObject({ code: "INVALID_INPUT" });
    const hidden = 'query { ...A } fragment A on Query { ... { t: __type(name: "User") { name } } }';
    expect((await post(blind.gateway, { query: hidden })).errors[0].extensions).toMatchObject({
      code: "INVALID_INPUT",
    });
    expect((await overSocket(blind.gateway, { query })).payload[0].extensions).toMatchObject({ code: "INVALID_INPUT" });
    expect((await streamed(blind.gateway, { query })).errors).toHaveLength(1);
    expect((await post(blind.gateway, { query: "{ __typename }" })).data).toEqual({ __typename: "Query" });
  });
});

describe("A manifest", () => {
  const written = (contents: string): string => {
    const file = join(directoryForTest(), "documents.json");
    writeFileSync(file, contents);
    return file;
  };

  it("is taken as GraphQL Code Generator writes it, that of the examples included", () => {
    expect(Documents.read(["examples/gql/persisted-documents.json"], true).size).toBeGreaterThan(2);
    const bare = Object.fromEntries([...texts].map(([id, text]) => [id.slice("sha256:".length), text]));
    const documents = Documents.read([written(JSON.stringify(bare))], false);
    expect(documents.textOf({ documentId: names })).toBe(NAMES);
  });

  it("is refused at the start where a text is not what its hash says, or it is no manifest", () => {
    expect(() => Documents.read([written(JSON.stringify({ [names]: EVENTS }))], true)).toThrow(
      "is not the SHA-256 of its document",
    );
    expect(() => Documents.read([written("[]")], true)).toThrow("must be a JSON object");
    expect(() => Documents.read([written("{")], true)).toThrow("cannot be read");
    expect(() => Documents.read(["/nowhere/at/all.json"], true)).toThrow("cannot be read");
  });
});
