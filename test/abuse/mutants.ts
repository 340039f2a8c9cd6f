import type { Choice } from "./choice.ts";
import type { Asked } from "./documents.ts";
import { HOSTILE_TEXTS } from "./values.ts";
import type { Sent } from "./victim.ts";

/*
 * Requests made of good ones by spoiling something: the text, the variables, the body, its headers, or how it is sent.
 */

const JSON_TYPE = { "content-type": "application/json" };
const DEEP = 5_000;

type Spoil = (asked: Asked, choice: Choice) => Sent;

const json = (payload: unknown, headers: Sent["headers"] = {}): Sent => ({
  headers: { ...JSON_TYPE, ...headers },
  body: typeof payload === "string" ? payload : JSON.stringify(payload),
});

/** The text with some of its bytes changed, left out or doubled. */
function flipped(text: string, choice: Choice): Buffer {
  const bytes = Buffer.from(text);
  for (let i = 0; i <= choice.below(4); i++) {
    const at = choice.below(bytes.length);
    bytes[at] = choice.of([choice.below(256), 0, 0xff, 0xc0, 0x7b, 0x7d, 0x22, 0x5c]);
  }
  const cut = choice.below(bytes.length);
  return choice.yes(0.2) ? Buffer.concat([bytes.subarray(0, cut), bytes.subarray(Math.max(0, cut - 20))]) : bytes;
}

/** One value somewhere in the variables in the place of another. */
function replaced(value: unknown, by: unknown, choice: Choice): unknown {
  if (typeof value !== "object" || value === null || choice.yes(0.2)) return by;
  const keys = Object.keys(value);
  if (keys.length === 0) return by;
  const chosen = choice.of(keys);
  const copy: Record<string, unknown> | unknown[] = Array.isArray(value) ? [...value] : { ...value };
  Reflect.set(copy, chosen, replaced(Reflect.get(value, chosen), by, choice));
  return copy;
}

/** Variables and inputs as nobody declared them. Numbers that JSON cannot write stand as texts and are unpacked in the body. */
const STRANGE_VALUES: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  2 ** 31,
  2 ** 53,
  1e300,
  0.1,
  "",
  [],
  {},
  [[[[[[]]]]]],
  [null],
  { a: { b: { c: 1 } } },
  { toString: 1, valueOf: 2, constructor: { prototype: {} } },
  ...HOSTILE_TEXTS,
];

const SPOILS: readonly Spoil[] = [
  (asked, choice) => json({ ...asked, query: flipped(asked.query, choice).toString("latin1") }),
  (asked, choice) => json({ ...asked, query: asked.query.slice(0, choice.below(asked.query.length)) }),
  (asked, choice) => ({ headers: JSON_TYPE, body: flipped(JSON.stringify(asked), choice) }),
  (asked, choice) => {
    const body = JSON.stringify(asked);
    return json(body.slice(0, choice.below(body.length)));
  },
  (asked, choice) => json({ ...asked, variables: replaced(asked.variables, choice.of(STRANGE_VALUES), choice) }),
  (asked, choice) => json({ ...asked, variables: replaced(asked.variables, choice.of(STRANGE_VALUES), choice) }),
  (asked, choice) =>
    json(
      JSON.stringify({ ...asked, variables: replaced(asked.variables, "@number@", choice) }).replace(
        '"@number@"',
        choice.of(["1e400", "-1e400", "9".repeat(400), "0.".padEnd(500, "1"), "-0", "1E+2", "01", "NaN", "0x10"]),
      ),
    ),
  (asked, choice) =>
    json(
      JSON.stringify({ ...asked, variables: replaced(asked.variables, "@deep@", choice) }).replace(
        '"@deep@"',
        choice.of([
          "[".repeat(DEEP) + "]".repeat(DEEP),
          '{"a":'.repeat(DEEP) + 1 + "}".repeat(DEEP),
          "[".repeat(90) + "]".repeat(90),
        ]),
      ),
    ),
  (asked, choice) =>
    json(
      JSON.stringify({ ...asked, variables: replaced(asked.variables, { "@key@": 1 }, choice) }).replaceAll(
        "@key@",
        choice.of([
          "__proto__",
          "constructor",
          "prototype",
          "hasOwnProperty",
          "\\u0000",
          "\\ud800",
          "toJSON",
          "length",
        ]),
      ),
    ),
  (asked) => json(`{"query":"{ viewer { kind } }",${JSON.stringify(asked).slice(1)}`),
  (asked) => json(JSON.stringify(asked).replace(/}$/, ',"query":"{ viewer { kind } }","variables":{}}')),
  (asked, choice) =>
    json(JSON.stringify(asked).replace(/}$/, `,"${choice.of(["__proto__", "constructor"])}":{"query":1}}`)),
  (asked) => json([asked, asked]),
  (_asked, choice) =>
    json(
      choice.of<unknown>([
        "null",
        "1",
        '"a"',
        "true",
        "[]",
        "[[]]",
        "{}",
        '{"query":{}}',
        '{"query":[""]}',
        "\ufeff{}",
      ]),
    ),
  (asked, choice) =>
    json({ ...asked, operationName: choice.of<unknown>([1, "", "Other", "__proto__", {}, ["Asked"], "\u0000"]) }),
  (asked, choice) =>
    json({
      ...asked,
      extensions: choice.of<unknown>([
        1,
        "x",
        [],
        { persistedQuery: { version: 1, sha256Hash: "0" } },
        { cost: {} },
        null,
      ]),
    }),
  (asked, choice) =>
    json({
      ...asked,
      query: undefined,
      documentId: choice.of<unknown>([1, "", "__proto__", {}, `sha256:${"0".repeat(64)}`]),
    }),
  (asked, choice) =>
    json({
      ...asked,
      query: `${asked.query} ${choice.of(["fragment A on User { ...A }", "query B { viewer { kind } }", "{ a }", "type A { b: C }", "extend schema @a", "#", "\u0000"])}`,
    }),
  (asked, choice) =>
    json({
      ...asked,
      query: asked.query.replace(
        /\{/,
        `{ ${choice.of(["a: __schema { types { fields { type { fields { name } } } } }", "__typename ".repeat(3_000), `${"a { ".repeat(60)}b${" }".repeat(60)}`, "__proto__", "constructor", '__type(name: "__proto__") { name }', "... on __proto__ { a }"])} `,
      ),
    }),
  (asked, choice) =>
    json({
      ...asked,
      query: asked.query.replace(
        /\$\w+(?=[,)])/,
        choice.of([
          '"""\\""""""',
          "1e999",
          "{ __proto__: { a: 1 } }",
          "[[[[1]]]]",
          "$undefined",
          "9".repeat(400),
          '"\\u{110000}"',
          '"\\ud800"',
          "NULL",
          "@skip",
        ]),
      ),
    }),
  (asked, choice) => ({
    headers: {
      "content-type": choice.of([
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=utf-16",
        "application/graphql",
        "application/JSON;a",
        "",
        "application/json, text/plain",
        "text/html;\u00e9",
      ]),
    },
    body: JSON.stringify(asked),
  }),
  (asked, choice) =>
    json(asked, {
      accept: choice.of([
        "text/html",
        "image/png",
        "*/*",
        "application/json;q=0",
        "application/graphql-response+json;q=x",
        ";;;",
        "a".repeat(3_000),
        "text/event-stream",
        "multipart/mixed",
      ]),
    }),
  (asked, choice) => json(asked, { "content-encoding": choice.of(["gzip", "br", "deflate", "identity", "x"]) }),
  (asked) => ({ method: "GET", path: `/graphql?${searchOf(asked)}`, headers: { "apollo-require-preflight": "1" } }),
  (asked) => ({ method: "GET", path: `/graphql?${searchOf(asked)}` }),
  (asked, choice) => ({
    method: "GET",
    path: `/graphql?${choice.of(["query=%", "query[]=a&query[]=b", "query=a&query=b", "variables={}", "query={viewer{kind}}&variables=%7B", "__proto__=1&query=%7Ba%7D", "query=%7Bviewer%7Bkind%7D%7D&variables=[]", "query=%00", "query=%ED%A0%80"])}`,
    headers: { "apollo-require-preflight": "1", "x-length": String(asked.query.length) },
  }),
  (asked, choice) => ({ ...json(asked), method: choice.of(["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "PROPFIND"]) }),
  (asked, choice) => ({
    ...json(asked),
    path: choice.of([
      "/graphql/",
      "/graphql/%zz",
      "/graphql/..%2f..%2fetc",
      "//graphql",
      "/%00",
      "/graphql?%",
      "/export/../x",
      `/${"a".repeat(3_000)}`,
      "/graphql/stream",
      "/export/__proto__",
      "/*",
      "/.well-known/jwks.json",
    ]),
  }),
  (asked) => ({
    headers: { ...JSON_TYPE, origin: "https://elsewhere.example", "sec-fetch-site": "cross-site", cookie: "session=1" },
    body: JSON.stringify(asked),
  }),
  (asked, choice) => ({
    ...json(asked, { accept: "text/event-stream" }),
    path: "/graphql/stream",
    ...(choice.yes(0.5) ? { body: JSON.stringify(asked).slice(0, -3) } : {}),
  }),
  (asked) => json({ ...asked, variables: { ...asked.variables, more: "x".repeat(1_100_000) } }),
  (asked, choice) => json({ ...asked, query: `{ ${"a".repeat(choice.of([10_000, 300_000]))} }` }),
  (asked, choice) =>
    json(asked, {
      "rollcall-at-least": choice.of(["0", "-1", "99999999999999999999", "x", "1.1", ""]),
      "rollcall-cost": "report",
      traceparent: choice.of(["00-0-0-0", "x".repeat(2_000)]),
      "x-request-id": "\u00e9",
    }),
];

const searchOf = ({ query, variables, operationName }: Asked): string =>
  new URLSearchParams({ query, variables: JSON.stringify(variables), ...(operationName ? { operationName } : {}) })
    .toString()
    .slice(0, 12_000);

/** A good request, spoilt. A stream is asked for under `text/event-stream`: what it says is no JSON. */
export function spoilt(asked: Asked, choice: Choice): Sent {
  return choice.of(SPOILS)(asked, choice);
}
