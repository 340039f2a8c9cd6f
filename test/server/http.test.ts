import { request as rawRequest } from "node:http";
import { GraphQLObjectType, GraphQLSchema, GraphQLString } from "graphql";
import { auditServer } from "graphql-http";
import { describe, expect, it } from "vitest";
import { currentTurn } from "../../src/database/turn.ts";
import { type Running, run } from "./support.ts";

/** What an error response says, after checking that it is one a GraphQL client can read. */
async function refusal(response: Response): Promise<{ status: number; code: string; message: string }> {
  const body = (await response.json()) as {
    data?: unknown;
    errors: [{ message: string; extensions: { code: string } }];
  };
  expect(body.data ?? null).toBeNull();
  expect(JSON.stringify(body)).not.toContain("node_modules");
  return { status: response.status, code: body.errors[0].extensions.code, message: body.errors[0].message };
}

/** A request as no client library would send it. */
function raw({ url }: Running, headers: Record<string, string>, body: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = rawRequest(`${url}/graphql`, { method: "POST", headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    request.on("error", reject);
    request.end(body);
  });
}

describe("The GraphQL-over-HTTP specification", () => {
  it("is kept without an error or a warning by a client that sends what a form could send", async () => {
    const { url } = await run();
    const results = await auditServer({ url: `${url}/graphql` });
    expect(results.length).toBeGreaterThan(50);
    const broken = results.filter(({ status }) => status !== "ok").map(({ status, id }) => `${status} ${id}`);
    // Optional: queries by GET, which are refused to a page of another origin.
    expect(broken).toEqual(["notice 5A70", "notice D6D5", "notice 6A70"]);
  });

  it("is kept in full by a client that says it is no form", async () => {
    const { url } = await run();
    const results = await auditServer({
      url: `${url}/graphql`,
      fetchFn: (address: string, init: RequestInit = {}) =>
        fetch(address, { ...init, headers: { ...init.headers, "apollo-require-preflight": "1" } }),
    });
    expect(results.filter(({ status }) => status !== "ok")).toEqual([]);
  });
});

describe("A request that cannot be served", () => {
  it.each([
    ["malformed JSON", "{", 400],
    ["an empty body", "", 400],
    ["a body that is no object", "[1]", 400],
    ["several operations in one request", [{ query: "{ hello }" }, { query: "{ hello }" }], 400],
    ["no query", {}, 400],
    ["an empty query", { query: "" }, 400],
    ["a query that is no text", { query: 5 }, 400],
    ["variables that are text", { query: "{ hello }", variables: "{}" }, 400],
    ["variables that are a list", { query: "{ hello }", variables: [] }, 400],
    ["a syntax error", { query: "{ hello" }, 400],
    ["an unknown field", { query: "{ goodbye }" }, 400],
    ["an unknown operation", { query: "query A { hello }", operationName: "B" }, 400],
    ["a value of the wrong type", { query: '{ double(of: "two") }' }, 400],
    ["a variable of the wrong type", { query: "query ($of: Int!) { double(of: $of) }", variables: { of: "two" } }, 400],
    ["a missing variable", { query: "query ($of: Int!) { double(of: $of) }" }, 400],
    ["__proto__ among its keys", '{"query":"{ hello }","__proto__":{"polluted":true}}', 400],
  ])("is a 4xx for %s", async (_, body, status) => {
    const { post } = await run();
    expect(await refusal(await post(body))).toMatchObject({ status, code: "INVALID_INPUT" });
  });

  it("is a 200 with the error inside for a client that knows application/json alone, where it was well-formed", async () => {
    const { post } = await run();
    const headers = { accept: "application/json" };
    expect((await post({ query: "{ goodbye }" }, headers)).status).toBe(200);
    expect((await post("{", headers)).status).toBe(400);
    expect((await post({ query: 5 }, headers)).status).toBe(400);
  });

  it("is told the media type that is accepted", async () => {
    const { post } = await run();
    for (const type of ["text/plain", "application/xml", "multipart/form-data", "application/x-www-form-urlencoded"]) {
      const answer = await refusal(await post("{}", { "content-type": type }));
      expect(answer).toMatchObject({ status: 415, code: "INVALID_INPUT" });
      expect(answer.message).toContain("application/json");
    }
  });

  it("is told how large it may be", async () => {
    const { post } = await run();
    const answer = await refusal(await post({ query: "{ hello }", variables: { name: "x".repeat(1024 * 1024) } }));
    expect(answer).toMatchObject({ status: 413, code: "INVALID_INPUT" });
    expect(answer.message).toContain("1048576 bytes");
  });

  it("is told which methods there are", async () => {
    const { url } = await run();
    const response = await fetch(`${url}/graphql`, {
      method: "PUT",
      body: "{}",
      headers: { "content-type": "application/json" },
    });
    expect(response.headers.get("allow")).toBe("GET, POST");
    expect(await refusal(response)).toMatchObject({ status: 405 });
    expect(await refusal(await fetch(`${url}/elsewhere`))).toMatchObject({ status: 404, code: "NOT_FOUND" });
  });

  it("is a 4xx for nonsense in its headers", async () => {
    const running = await run();
    const json = { "content-type": "application/json" };
    const body = JSON.stringify({ query: "{ hello }" });
    expect(await raw(running, { ...json, host: "not a host" }, body)).toBe(400);
    expect(await raw(running, { ...json, "content-length": "3" }, body.slice(0, 3))).toBe(400);
    expect(await raw(running, { ...json, "content-encoding": "gzip" }, "\x1f\x8b")).toBe(400);
    expect(await raw(running, { ...json, accept: "image/png" }, body)).toBe(406);
  });

  it.each([10, 1_000, 4_000, 20_000, 200_000])("never is a 5xx for %i levels of nesting", async (depth) => {
    const { post } = await run();
    const selection = `{ node ${"{ next ".repeat(depth)} { name } ${"}".repeat(depth)} }`;
    const literal = `{ matches(filter: ${"{and:[".repeat(depth)}${"]}".repeat(depth)}) }`;
    const value = `${'{"and":['.repeat(depth)}${"]}".repeat(depth)}`;
    const variables = `{"query":"query ($f: Nested) { matches(filter: $f) }","variables":{"f":${value}}}`;
    const list = `{"query":"query ($f: Nested) { matches(filter: $f) }","variables":{"f":${"[".repeat(depth)}${"]".repeat(depth)}}}`;
    for (const body of [{ query: selection }, { query: literal }, variables, list]) {
      const response = await post(body);
      expect(response.status).toBeLessThan(500);
      expect(await response.text()).not.toContain("INTERNAL");
    }
  });

  it("may nest as deep as an operation needs, with any number of brackets in its strings", async () => {
    const { post } = await run({ operations: { limits: { depth: 100 } } });
    const selection = `${"{ next ".repeat(90)} { name } ${"}".repeat(90)}`;
    const strings = `a: hello(name: "${"{[(".repeat(200)}\\"{") b: hello(name: """${'{[("\\"""'.repeat(200)}""")`;
    const response = await post({ query: `{ node ${selection} ${strings} } # ${"{".repeat(200)}` });
    expect(await response.json()).not.toHaveProperty("errors");
  });

  it("is refused to a page of another origin that sends it without asking first", async () => {
    const { url } = await run();
    const response = await fetch(`${url}/graphql?query={hello}`);
    expect(await refusal(response)).toMatchObject({ status: 400, code: "INVALID_INPUT" });
  });

  it("is a 401 where its token does not hold", async () => {
    const { post } = await run();
    const response = await post({ query: "{ hello }" }, { authorization: "Bearer wrong" });
    expect(response.headers.get("www-authenticate")).toBe("Bearer");
    expect(await refusal(response)).toEqual({
      status: 401,
      code: "UNAUTHENTICATED",
      message: "The token does not hold.",
    });
  });
});

describe("Every response", () => {
  const GUARDED = {
    "cache-control": "no-store",
    "content-security-policy": expect.stringContaining("frame-ancestors 'none'"),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
  };
  const ways: readonly (readonly [string, RequestInit])[] = [
    ["/graphql", { method: "POST", headers: { "content-type": "application/json" }, body: '{"query":"{ hello }"}' }],
    ["/graphql", { method: "POST", headers: { "content-type": "text/html" }, body: "<html>" }],
    ["/graphql/%zz", {}],
    ["/elsewhere", {}],
    ["/livez", {}],
    ["/metrics", {}],
    ["/graphql", { method: "OPTIONS", headers: { "access-control-request-method": "POST" } }],
  ];

  it("tells browsers not to keep, frame, guess at or run it, to show it to no other origin, and to come by https alone where people do", async () => {
    const [plain, secure] = [await run(), await run({ https: true })];
    for (const [path, request] of ways) {
      const headersOfPage = { ...request.headers, origin: "https://elsewhere.example" };
      const { headers } = await fetch(`${plain.url}${path}`, { ...request, headers: headersOfPage });
      expect([...headers.keys()].filter((name) => name.startsWith("access-control-"))).toEqual([]);
      expect(Object.fromEntries(headers)).toMatchObject(GUARDED);
      expect(headers.get("strict-transport-security")).toBeNull();
    }
    const { headers } = await fetch(`${secure.url}/livez`);
    expect(headers.get("strict-transport-security")).toBe("max-age=31536000; includeSubDomains");
  });
});

describe("Whoever has not signed in", () => {
  it("takes one network's share of the connections: of IPv6 a /64's", async () => {
    const owner = { type: GraphQLString, resolve: () => currentTurn()?.owner };
    const schema = new GraphQLSchema({ query: new GraphQLObjectType({ name: "Query", fields: { owner } }) });
    const { server } = await run({ more: { schema } });
    const ownerFrom = async (remoteAddress: string) =>
      (await server.inject({ method: "POST", url: "/graphql", remoteAddress, payload: { query: "{ owner }" } })).json()
        .data.owner;
    const networks = await Promise.all(["2001:db8::1", "2001:db8::2:0:0:9", "192.0.2.1"].map(ownerFrom));
    expect(networks).toEqual(["2001:db8:0:0::/64", "2001:db8:0:0::/64", "192.0.2.1"]);
  });
});

describe("An operation", () => {
  it("is answered in the media type that was asked for", async () => {
    const { post } = await run();
    const response = await post({ query: "query ($n: String) { hello(name: $n) }", variables: { n: "Ada" } });
    expect(response.headers.get("content-type")).toBe("application/graphql-response+json; charset=utf-8");
    expect(await response.json()).toEqual({ data: { hello: "Hello Ada" } });
  });

  it("that fails inside tells neither stack nor statement, and the log holds both under the id that it tells", async () => {
    const { post, lines } = await run();
    const body = (await (await post({ query: "{ broken }" })).json()) as {
      errors: [{ extensions: Record<string, unknown> }];
    };
    expect(JSON.stringify(body)).not.toMatch(/secret_|stack|\.ts/);
    const [{ extensions }] = body.errors;
    expect(extensions.code).toBe("INTERNAL");
    const line = lines().find((one) => one.correlationId === extensions.correlationId);
    expect(line).toMatchObject({ level: "error", err: { message: "select secret_column from secret_table" } });
    expect(JSON.stringify(lines())).not.toContain("hunter2");
  });

  it("carries the request's id from the client to the resolver, the log and back", async () => {
    const { post, lines } = await run();
    const response = await post({ query: "query Mine { requestId refused }" }, { "x-request-id": "trace-42" });
    expect(response.headers.get("x-request-id")).toBe("trace-42");
    expect(await response.json()).toMatchObject({ data: { requestId: "trace-42" } });
    await expect
      .poll(() => lines().find((one) => one.msg === "request"))
      .toMatchObject({
        requestId: "trace-42",
        method: "POST",
        route: "/graphql",
        status: 200,
        operation: { name: "Mine", kind: "query", errors: ["FORBIDDEN"] },
      });
  });

  it("gets an id of its own where the client's is missing or unfit for a log", async () => {
    const { post } = await run();
    const given = ["", "a b", `${"x".repeat(200)}`, '{"evil":1}'];
    for (const id of given) {
      const response = await post({ query: "{ hello }" }, id ? { "x-request-id": id } : {});
      expect(response.headers.get("x-request-id")).toMatch(/^[\da-f-]{36}$/);
    }
  });

  it("leaves no token, variable or text of a query in the log", async () => {
    const { post, url, lines } = await run();
    const secret = "hunter2";
    await post(
      { query: `query ($n: String) { hello(name: $n) other: hello(name: "${secret}") }`, variables: { n: secret } },
      { authorization: `Bearer ${secret}`, cookie: secret },
    );
    await fetch(`${url}/graphql?query={hello(name:"${secret}")}`, { headers: { "apollo-require-preflight": "1" } });
    await expect.poll(() => lines().filter((one) => one.msg === "request")).toHaveLength(2);
    expect(JSON.stringify(lines())).not.toContain(secret);
  });
});
