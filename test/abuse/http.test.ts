import { setTimeout as sleep } from "node:timers/promises";
import { fastify } from "fastify";
import { expect, it, onTestFinished } from "vitest";
import { Arrivals } from "../../src/server/arrivals.ts";
import { refuseUnreadable } from "../../src/server/refusal.ts";
import { mountUploads, type Upload } from "../../src/server/uploads.ts";
import { type Running, run } from "../server/support.ts";
import { faultOfResult } from "./answers.ts";
import { RawSocket } from "./frames.ts";

/* HTTP as no client speaks it: what is no request is answered once, in the form of every other refusal, and its connection ends. */

const BODY = JSON.stringify({ query: "{ hello }" });
/** A request that nobody sent: where it shows up in the log, it was smuggled in. */
const SMUGGLED = "PUT /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n";

const post = (headers: readonly string[], body: string | Buffer = BODY): Buffer =>
  Buffer.concat([
    Buffer.from(
      ["POST /graphql HTTP/1.1", "Host: localhost", "Content-Type: application/json", ...headers, "\r\n"].join("\r\n"),
      "latin1",
    ),
    Buffer.from(body),
  ]);
const chunked = (...chunks: string[]): string => chunks.join("\r\n");
const LENGTH = `Content-Length: ${BODY.length}`;
const HEX = BODY.length.toString(16);

async function connected({ url }: Running): Promise<RawSocket> {
  const raw = await RawSocket.open(url);
  onTestFinished(() => raw.end());
  return raw;
}

/** The one answer in what came, after checking that it is one. */
function onlyAnswer(text: string): { status: number; body: string } {
  expect(text.match(/HTTP\/1\.1 \d/g)).toHaveLength(1);
  const [head = "", body = ""] = text.split(/\r\n\r\n(.*)/s);
  expect(Number(/content-length: (\d+)/i.exec(head)?.[1])).toBe(Buffer.byteLength(body, "latin1"));
  return { status: Number(head.split(" ")[1]), body };
}

const REFUSED: readonly (readonly [string, string | Buffer])[] = [
  ["both a length and chunks", post([LENGTH, "Transfer-Encoding: chunked"], chunked("0", "", SMUGGLED))],
  [
    "chunks and a length that ends in another request",
    post(["Transfer-Encoding: chunked", "Content-Length: 4"], chunked("0", "", SMUGGLED)),
  ],
  ["two lengths", post([LENGTH, "Content-Length: 0"], BODY + SMUGGLED)],
  ["two equal lengths", post([LENGTH, LENGTH])],
  ["a length that is none", post(["Content-Length: +5"])],
  ["a length below nothing", post(["Content-Length: -1"])],
  ["a length beyond what can be counted", post([`Content-Length: ${"9".repeat(40)}`])],
  ["chunks under another name as well", post(["Transfer-Encoding: chunked, identity"], chunked("0", "", SMUGGLED))],
  ["chunks that are not the last encoding", post(["Transfer-Encoding: chunked, gzip"], chunked("0", "", SMUGGLED))],
  ["an encoding that there is not", post([LENGTH, "Transfer-Encoding: xchunked"], BODY + SMUGGLED)],
  ["a space before a colon", post([LENGTH, "Transfer-Encoding : chunked"], chunked("0", "", SMUGGLED))],
  ["a header over two lines", post([LENGTH, "X-A: b", " Transfer-Encoding: chunked"], chunked("0", "", SMUGGLED))],
  ["a bare return in a header", post([LENGTH, "X-A: b\rTransfer-Encoding: chunked"], BODY)],
  ["a zero in a header", post([LENGTH, "X-A: \u0000"])],
  ["a header without a name", post([LENGTH, ": b"])],
  ["a chunk without a size", post(["Transfer-Encoding: chunked"], chunked("x", BODY, "0", "", ""))],
  [
    "a chunk of more than can be counted",
    post(["Transfer-Encoding: chunked"], chunked("f".repeat(17), BODY, "0", "", "")),
  ],
  ["a chunk that is longer than it says", post(["Transfer-Encoding: chunked"], chunked("2", BODY, "0", "", ""))],
  ["lines without returns", `POST /graphql HTTP/1.1\nHost: localhost\nContent-Length: 0\n\n${SMUGGLED}`],
  ["no version", "GET /graphql\r\n\r\n"],
  ["another version", "GET /graphql HTTP/3.0\r\nHost: localhost\r\n\r\n"],
  ["HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
  ["two hosts", "GET /livez HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n"],
  ["two tokens", post([LENGTH, "Authorization: Bearer a", "authorization: Bearer b", "Connection: close"])],
  ["two types of its body", post([LENGTH, "Content-Type: text/plain", "Connection: close"])],
  ["a method that there is not", "HELLO /graphql HTTP/1.1\r\nHost: localhost\r\n\r\n"],
  ["a greeting of TLS", Buffer.from("16030100f8010000f40303", "hex")],
  ["noise", Buffer.from(Array.from({ length: 600 }, (_, at) => (at * 73 + 11) % 256))],
];

it("What a request expects that cannot be met is refused, with the header fields of every response", async () => {
  const raw = await connected(await run());
  raw.write(post([LENGTH, "Expect: a-miracle"]));
  const said = await raw.rest();
  expect(onlyAnswer(said).status).toBe(417);
  expect(faultOfResult(onlyAnswer(said).body)).toBeUndefined();
  expect(said).toMatch(/\r\ncontent-security-policy: default-src 'none'/);
});

it.each(REFUSED)(
  "A request with %s is a 400, alone, and nothing in it is taken for another request",
  async (_, bytes) => {
    const running = await run();
    const raw = await connected(running);
    raw.write(bytes);
    const { status, body } = onlyAnswer(await raw.rest());
    expect([status, faultOfResult(body)]).toEqual([400, undefined]);
    expect(running.lines().filter(({ method }) => method === "PUT")).toEqual([]);
  },
);

it("A request without a host is a 400", async () => {
  const raw = await connected(await run());
  raw.write("GET /livez HTTP/1.1\r\n\r\n");
  expect(await raw.rest()).toMatch(/^HTTP\/1\.1 400 /);
});

it("A request with headers of more than 16 KiB is a 431 that says so", async () => {
  const raw = await connected(await run());
  raw.write(post([LENGTH, `X-A: ${"a".repeat(20_000)}`]));
  const { status, body } = onlyAnswer(await raw.rest());
  expect([status, JSON.parse(body).errors[0].extensions]).toEqual([431, { code: "INVALID_INPUT", limit: 16_384 }]);
});

it("An address that cannot be read, or is too long, is a 4xx that does not repeat it", async () => {
  const { url } = await run();
  for (const path of ["/graphql/%zz", "/export/%", `/export/${"hunter2".repeat(200)}`, "/%c0%ae%c0%ae/etc/passwd"]) {
    const raw = await RawSocket.open(url);
    raw.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    const { status, body } = onlyAnswer(await raw.rest());
    expect(status >= 400 && status < 500).toBe(true);
    expect(faultOfResult(body)).toBeUndefined();
    expect(body).not.toMatch(/hunter2|zz|passwd/);
  }
});

it("TRACE and CONNECT are not there", async () => {
  const { url } = await run();
  for (const [method, target, expected] of [
    ["TRACE", "/graphql", /^HTTP\/1\.1 (404|405) /],
    ["CONNECT", "localhost:1", /^(HTTP\/1\.1 4|$)/],
  ] as const) {
    const raw = await RawSocket.open(url);
    raw.write(`${method} ${target} HTTP/1.1\r\nHost: localhost\r\nX-Secret: hunter2\r\nConnection: close\r\n\r\n`);
    const answer = await raw.rest();
    expect(answer).toMatch(expected);
    expect(answer).not.toContain("hunter2");
  }
});

it("Requests behind one another are answered in their order, also where one of them is refused", async () => {
  const raw = await connected(await run());
  const accept = "Accept: application/graphql-response+json";
  const bad = JSON.stringify({ query: "{ nothing }" });
  raw.write(
    Buffer.concat([
      post([LENGTH, accept]),
      post([accept, `Content-Length: ${bad.length}`], bad),
      post([accept, "Transfer-Encoding: chunked"], chunked(HEX, BODY, "0", "", "")),
      post([LENGTH, accept, "Connection: close"]),
    ]),
  );
  const text = await raw.rest();
  expect([...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status)).toEqual(["200", "400", "200", "200"]);
});

it("A client that sends its headers or its body drop by drop is cut off with a 408", async () => {
  const running = await run({ arrival: { headersMs: 200, requestMs: 400 } });
  const [head, body] = [await connected(running), await connected(running)];
  head.write("POST /graphql HTTP/1.1\r\nHost: localhost\r\n");
  body.write(post(["Content-Length: 1000"], ""));
  const drops = setInterval(() => {
    head.write("X-A: b\r\n");
    body.write(" ");
  }, 20);
  onTestFinished(() => clearInterval(drops));
  for (const raw of [head, body]) {
    const answer = onlyAnswer(await raw.rest());
    expect([answer.status, faultOfResult(answer.body)]).toEqual([408, undefined]);
  }
  expect((await running.post({ query: "{ hello }" })).status).toBe(200);
});

it("A file may take longer than a request, as long as it keeps coming; whoever sends it drop by drop is cut off with a 408", async () => {
  const server = fastify({ clientErrorHandler: refuseUnreadable({}) });
  const arrivals = new Arrivals(server, 400);
  const uploads = {
    ...{ mediaTypes: ["text/csv"], limit: 1e9, longestMs: 60_000, admit: () => undefined },
    take: async (_: unknown, { content }: Upload) => {
      let size = 0;
      for await (const chunk of content) size += chunk.length;
      return { isKnown: false, body: { size } };
    },
  };
  mountUploads(server, uploads, async () => undefined, arrivals, { bytes: 2_000, everyMs: 800 });
  const url = await server.listen({ host: "127.0.0.1", port: 0 });
  onTestFinished(() => server.close());
  const head = (length: number) =>
    `POST /import?name=a.csv HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/csv\r\nConnection: close\r\nContent-Length: ${length}\r\n\r\n`;
  const [steady, drops] = [await RawSocket.open(url), await RawSocket.open(url)];
  const parts = 50;
  steady.write(head(parts * 10_000));
  drops.write(head(1_000_000));
  const dropping = setInterval(() => drops.write("x"), 20);
  onTestFinished(() => clearInterval(dropping));
  for (let part = 0; part < parts; part++) {
    steady.write("x".repeat(10_000));
    await sleep(40);
  }
  expect(onlyAnswer(await steady.rest())).toEqual({
    status: 201,
    body: JSON.stringify({ size: parts * 10_000 }),
  });
  expect(onlyAnswer(await drops.rest()).status).toBe(408);
});

it("A client that leaves in the middle of its request is no failure", async () => {
  const running = await run();
  for (const bytes of [
    post([LENGTH], BODY.slice(0, 5)),
    post(["Transfer-Encoding: chunked"], "5\r\nab"),
    "POST /gra",
  ]) {
    const raw = await RawSocket.open(running.url);
    raw.write(bytes);
    await sleep(20);
    raw.end();
  }
  expect((await running.post({ query: "{ hello }" })).status).toBe(200);
  expect(running.lines().filter(({ level }) => level === "error")).toEqual([]);
});
