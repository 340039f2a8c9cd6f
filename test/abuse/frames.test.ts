import { afterEach, describe, expect, it } from "vitest";
import { makeUser } from "../support/directory.ts";
import { gatewayForFile } from "../support/gateway.ts";
import { Socket } from "../support/socket.ts";
import { close, type Frame, frame, handshake, OPCODE, RawSocket, text } from "./frames.ts";

/* WebSockets whose client keeps neither RFC 6455 nor graphql-transport-ws: each is closed with the code that belongs to its fault, and nobody else notices. */

const STALL_MS = 300;
const file = gatewayForFile({
  limits: { initMs: 700, operations: 20, outbox: { bytes: 65_536, messages: 100, stallMs: STALL_MS } },
});
const EVENTS = "subscription { userEvents { __typename ... on UserEvent { userId } } }";
const MEGABYTE = 1024 * 1024;

let open: RawSocket[] = [];
afterEach(() => {
  for (const one of open) one.end();
  open = [];
});

async function raw(signedIn = true): Promise<RawSocket> {
  const { url, admin } = file.gateway;
  const one = signedIn ? await RawSocket.signedIn(url, admin) : await RawSocket.upgraded(url);
  open.push(one);
  return one;
}

const bytes = (...values: number[]): Buffer => Buffer.from(values);
const part = (one: Frame): Buffer => frame(one);
const subscribe = (id: unknown, payload: unknown = { query: EVENTS }): Buffer =>
  text({ id, type: "subscribe", payload } as object);

describe("By RFC 6455 a WebSocket is closed for", () => {
  it.each<[string, number, Buffer[]]>([
    ["a frame that is not masked", 1002, [part({ opcode: OPCODE.text, payload: "{}", masked: false })]],
    ["an opcode that does not exist", 1002, [part({ opcode: 0x3, payload: "{}" })]],
    ["a control opcode that does not exist", 1002, [part({ opcode: 0xb })]],
    ["a first reserved bit, without compression", 1002, [part({ opcode: OPCODE.text, payload: "{}", reserved: 0x40 })]],
    ["a second reserved bit", 1002, [part({ opcode: OPCODE.text, payload: "{}", reserved: 0x20 })]],
    ["a third reserved bit", 1002, [part({ opcode: OPCODE.ping, reserved: 0x10 })]],
    ["a control frame in parts", 1002, [part({ opcode: OPCODE.ping, payload: "a", fin: false })]],
    ["a control frame of more than 125 bytes", 1002, [part({ opcode: OPCODE.ping, payload: "a".repeat(126) })]],
    ["a part of no message", 1002, [part({ opcode: OPCODE.continuation, payload: "a" })]],
    [
      "a message within another",
      1002,
      [part({ opcode: OPCODE.text, payload: "{", fin: false }), part({ opcode: OPCODE.text, payload: "}" })],
    ],
    ["text that is no UTF-8", 1007, [part({ opcode: OPCODE.text, payload: bytes(0x7b, 0xc3, 0x28, 0x7d) })]],
    ["a surrogate in UTF-8", 1007, [part({ opcode: OPCODE.text, payload: bytes(0xed, 0xa0, 0x80) })]],
    [
      "a letter that its parts leave unfinished",
      1007,
      [
        part({ opcode: OPCODE.text, payload: bytes(0xc3), fin: false }),
        part({ opcode: OPCODE.continuation, payload: bytes(0x28) }),
      ],
    ],
    ["a frame of two megabytes", 1009, [part({ opcode: OPCODE.text, payload: Buffer.alloc(2 * MEGABYTE, "a") })]],
    [
      "a frame that says it has so many",
      1009,
      [part({ opcode: OPCODE.text, payload: "{}", length: BigInt(2 * MEGABYTE), lengthBytes: 8 })],
    ],
    [
      "parts that are more than a megabyte together",
      1009,
      [
        part({ opcode: OPCODE.text, payload: Buffer.alloc(0.6 * MEGABYTE, "a"), fin: false }),
        part({ opcode: OPCODE.continuation, payload: Buffer.alloc(0.6 * MEGABYTE, "a") }),
      ],
    ],
    [
      "a length beyond what can be counted",
      1009,
      [part({ opcode: OPCODE.text, length: 2n ** 63n - 1n, lengthBytes: 8 })],
    ],
    ["a close frame of one byte", 1002, [part({ opcode: OPCODE.close, payload: bytes(3) })]],
    ["a close with a code that must not be sent", 1002, [close(1005)]],
    ["a close with a code below all of them", 1002, [close(999)]],
    ["a close with a code that means nothing", 1002, [close(1016)]],
    ["a close with a reason that is no UTF-8", 1007, [close(1000, bytes(0xff, 0xfe))]],
  ])("%s, with %i", async (_, code, sent) => {
    const one = await raw();
    for (const bytes of sent) one.write(bytes);
    expect(await one.closed()).toBe(code);
  });

  it("nothing, where its client closes it: the code comes back", async () => {
    const [coded, bare] = [await raw(), await raw()];
    coded.write(close(4123, "enough"));
    bare.write(close());
    expect([await coded.closed(), await bare.closed()]).toEqual([4123, 1005]);
  });
});

describe("By graphql-transport-ws a WebSocket is closed for", () => {
  const deep = (depth: number) => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;

  it.each<[string, number, Buffer[]]>([
    ["a message that is no JSON", 4400, [text("hello")]],
    ["an empty message", 4400, [text("")]],
    ["a list", 4400, [text("[]")]],
    ["null", 4400, [text("null")]],
    ["a message without a type", 4400, [text({ id: "1" })]],
    ["a type that there is not", 4400, [text({ type: "start" })]],
    ["a type by the name of something else", 4400, [text({ type: "constructor" })]],
    ["a message that only the gateway sends", 4400, [text({ type: "connection_ack" })]],
    ["a result from its client", 4400, [text({ type: "next", id: "1", payload: {} })]],
    ["an error from its client", 4400, [text({ type: "error", id: "1", payload: [{ message: "x" }] })]],
    ["a message of bytes", 4400, [part({ opcode: OPCODE.binary, payload: '{"type":"ping"}' })]],
    ["an operation without an id", 4400, [text({ type: "subscribe", payload: { query: EVENTS } })]],
    ["an operation with an empty id", 4400, [subscribe("")]],
    ["an operation with an id of more than 256 letters", 4400, [subscribe("x".repeat(257))]],
    ["an operation whose id is a number", 4400, [subscribe(1)]],
    ["an operation without a query", 4400, [subscribe("1", {})]],
    ["variables that are text", 4400, [subscribe("1", { query: EVENTS, variables: "{}" })]],
    ["a ping whose payload is text", 4400, [text({ type: "ping", payload: "x" })]],
    ["a ping that nests without end", 4400, [text(`{"type":"ping","payload":${deep(100_000)}}`)]],
    ["a pong that nests without end", 4400, [text(`{"type":"pong","payload":${deep(100_000)}}`)]],
    ["a second sign-in", 4429, [text({ type: "connection_init" })]],
    ["two operations under one id", 4409, [subscribe("1"), subscribe("1")]],
    ["two operations under one long id", 4409, [subscribe("é".repeat(256)), subscribe("é".repeat(256))]],
  ])("%s, with %i", async (_, code, sent) => {
    const one = await raw();
    for (const bytes of sent) one.write(bytes);
    expect(await one.closed()).toBe(code);
  });

  it.each<[string, number, Buffer[]]>([
    ["an operation before it has signed in", 4401, [subscribe("1")]],
    ["silence", 4408, []],
    ["pings in the place of a sign-in", 4408, [text({ type: "ping" }), part({ opcode: OPCODE.ping })]],
    ["a sign-in without a token", 4403, [text({ type: "connection_init" })]],
    ["a token that is no text", 4403, [text({ type: "connection_init", payload: { authorization: ["Bearer x"] } })]],
    [
      "a token by another name",
      4403,
      [text('{"type":"connection_init","payload":{"__proto__":{"authorization":"Bearer x"}}}')],
    ],
  ])("%s, with %i", async (_, code, sent) => {
    const one = await raw(false);
    for (const bytes of sent) one.write(bytes);
    expect(await one.closed()).toBe(code);
  });

  it("two sign-ins at once, with 4429", async () => {
    const one = await raw(false);
    const signIn = text({ type: "connection_init", payload: { authorization: `Bearer ${file.gateway.admin}` } });
    one.write(Buffer.concat([signIn, signIn]));
    expect(await one.closed()).toBe(4429);
  });

  it("a protocol that is not spoken here, with 4406", async () => {
    const one = await RawSocket.upgraded(file.gateway.url, "graphql-ws");
    open.push(one);
    expect(await one.closed()).toBe(4406);
  });
});

describe("A WebSocket that keeps the protocol, if barely,", () => {
  it("has operations under ids that are the names of other things", async () => {
    const one = await raw();
    for (const id of ["__proto__", "constructor", "toString", "💥", "\u0000"]) {
      one.write(subscribe(id, { query: "{ roles { totalCount } }" }));
      expect(await one.message()).toMatchObject({ id, type: "next" });
      expect(await one.message()).toEqual({ id, type: "complete" });
    }
  });

  it("is understood in parts of one byte, with pings between them", async () => {
    const one = await raw();
    const message = Buffer.from(
      JSON.stringify({ id: "é", type: "subscribe", payload: { query: "{ roles { totalCount } }" } }),
    );
    for (let at = 0; at < message.length; at++) {
      one.write(
        frame({
          opcode: at === 0 ? OPCODE.text : OPCODE.continuation,
          payload: message.subarray(at, at + 1),
          fin: at === message.length - 1,
        }),
      );
      if (at % 20 === 0) one.write(frame({ opcode: OPCODE.ping, payload: "x" }));
    }
    expect(await one.message()).toMatchObject({ id: "é", type: "next", payload: { data: { roles: {} } } });
  });

  it("is told what is wrong with an operation under its id, and stays open", async () => {
    const one = await raw();
    const wrong: unknown[] = [
      { query: "{" },
      { query: `{ ${"a { ".repeat(500)} b ${" }".repeat(500)} }` },
      { query: EVENTS, operationName: "Nobody" },
      { query: "query ($a: Int!) { users(first: $a) { totalCount } }", variables: { a: 1e300 } },
      { documentId: { __proto__: null } },
      {
        query: "query ($f: UserFilter) { users(filter: $f) { totalCount } }",
        variables: { f: JSON.parse(`${'{"not":'.repeat(500)}null${"}".repeat(500)}`) },
      },
      {
        query: "query ($f: UserFilter) { users(filter: $f) { totalCount } }",
        variables: { f: JSON.parse('{"__proto__":{"username":{"eq":"x"}}}') },
      },
    ];
    for (const [at, payload] of wrong.entries()) {
      one.write(subscribe(`${at}`, payload));
      const message = await one.message();
      const errors = message.type === "error" ? message.payload : message.payload.errors;
      expect({ at, id: message.id, code: errors?.[0].extensions.code }).toEqual({
        at,
        id: `${at}`,
        code: at === 4 ? "NOT_FOUND" : "INVALID_INPUT",
      });
      if (message.type === "next") expect(await one.message()).toMatchObject({ type: "complete" });
    }
  });

  it("that pings without end and reads nothing is closed with 4413, and nobody else waits for it", async () => {
    const flood = await raw();
    flood.reads(false);
    const ping = text({ type: "ping", payload: { text: "x".repeat(60_000) } });
    for (let at = 0; at < 300; at++) flood.write(ping);
    const other = await Socket.open(file.gateway.url, file.gateway.admin);
    const events = other.start(EVENTS);
    await events.ready();
    await makeUser(file.gateway);
    expect(await events.count(1)).toHaveLength(1);
    await other.close();
    await new Promise((resolve) => setTimeout(resolve, 2 * STALL_MS));
    flood.reads(true);
    expect(await flood.closed()).toBe(4413);
  });
});

describe("A request for a WebSocket", () => {
  it.each([
    ["of another version", handshake().replace("Version: 13", "Version: 7"), /^HTTP\/1\.1 (400|426) /],
    ["without a key", handshake().replace(/Sec-WebSocket-Key: .*\r\n/, ""), /^HTTP\/1\.1 400 /],
    [
      "with half a key",
      handshake().replace(/Sec-WebSocket-Key: .*\r\n/, "Sec-WebSocket-Key: x\r\n"),
      /^HTTP\/1\.1 400 /,
    ],
    ["by POST", handshake().replace("GET", "POST"), /^HTTP\/1\.1 405 /],
    [
      "elsewhere",
      handshake().replace("/graphql", "/elsewhere"),
      /^HTTP\/1\.1 404 [\s\S]*\r\ncontent-security-policy: default-src 'none'/,
    ],
    ["of protocols that are none", handshake("a,,b"), /^HTTP\/1\.1 400 /],
  ])("%s is refused", async (_, request, expected) => {
    const one = await RawSocket.open(file.gateway.url);
    open.push(one);
    one.write(request);
    expect(await one.rest()).toMatch(expected);
  });

  it("is not what a client sends that offers another protocol: it is answered as if it had not", async () => {
    const body = '{"query":"{ __typename }"}';
    const offer =
      "Host: localhost\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQ";
    for (const request of [
      `GET /livez HTTP/1.1\r\n${offer}\r\n\r\n`,
      `POST /graphql HTTP/1.1\r\n${offer}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    ]) {
      const one = await RawSocket.open(file.gateway.url);
      open.push(one);
      one.write(request);
      expect(await one.rest()).toMatch(/^HTTP\/1\.1 200 /);
    }
  });

  it("that drips in takes nobody's place, and is served once it is whole", async () => {
    const one = await RawSocket.open(file.gateway.url);
    open.push(one);
    const request = handshake();
    for (let at = 0; at < request.length; at += 40) {
      one.write(request.slice(at, at + 40));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(await one.head()).toMatch(/^HTTP\/1\.1 101 /);
  });
});
