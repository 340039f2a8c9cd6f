import { once } from "node:events";
import { createServer, get, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { PassThrough, Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { Outbox } from "../../src/server/outbox.ts";

const part = (text: string) => Buffer.from(text);
const LARGE = part("x".repeat(10_000));

const UNBOUNDED = { bytes: Number.POSITIVE_INFINITY, messages: Number.POSITIVE_INFINITY, stallMs: 60_000 };
const UNHEARD = { filled: () => undefined, drained: () => undefined, stalled: () => undefined };

/** Both ends of an answer that goes over a real connection. */
async function answered(): Promise<{ response: ServerResponse; client: IncomingMessage }> {
  const server = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, "listening");
  const request = get({ host: "127.0.0.1", port: (server.address() as AddressInfo).port, agent: false });
  const [, response] = (await once(server, "request")) as [IncomingMessage, ServerResponse];
  response.flushHeaders();
  const [client] = (await once(request, "response")) as [IncomingMessage];
  return { response, client };
}

function outboxOf(limits = { bytes: 50_000, messages: 100, stallMs: 60_000 }) {
  const stream = new PassThrough({ highWaterMark: 1_000 });
  const told: string[] = [];
  const tell = (event: string) => () => {
    told.push(event);
  };
  const outbox = new Outbox(stream, limits, {
    filled: tell("filled"),
    drained: tell("drained"),
    stalled: tell("stalled"),
  });
  return { stream, outbox, told };
}

describe("An outbox", () => {
  it("sends messages in their order, whatever waits", async () => {
    const { stream, outbox } = outboxOf();
    for (let i = 0; i < 40; i++) outbox.send([part(`${i}:`), i % 3 === 0 ? LARGE : part("y"), part(";")]);
    outbox.finish();
    const text = (await stream.toArray()).map(String).join("");
    expect(text.match(/\d+:/g)).toEqual(Array.from({ length: 40 }, (_, i) => `${i}:`));
    expect(text.length).toBe(14 * 10_000 + 26 + 40 + 10 * 2 + 30 * 3);
  });

  it("gives the system in one what is sent together, and later what is sent later", async () => {
    const given: string[] = [];
    const stream = new Writable({
      write(chunk, _, done) {
        given.push(String(chunk));
        done();
      },
      writev(chunks, done) {
        given.push(chunks.map(({ chunk }) => String(chunk)).join(""));
        done();
      },
    });
    const outbox = new Outbox(stream, UNBOUNDED, UNHEARD);
    for (const text of ["a", "b", "c"]) outbox.send([part(text), part(";")]);
    await sleep(0);
    outbox.send([part("d;")]);
    outbox.finish();
    await once(stream, "finish");
    expect(given).toEqual(["a;b;c;", "d;"]);
  });

  it("says when it is full, and when it takes more", async () => {
    const { stream, outbox, told } = outboxOf();
    const answers = Array.from({ length: 8 }, () => outbox.send([LARGE]));
    expect(answers).toEqual([true, true, true, true, true, true, false, false]); // one is under way already
    expect(told).toEqual(["filled"]);
    stream.resume();
    await once(stream, "drain");
    await expect.poll(() => told).toEqual(["filled", "drained"]);
    expect(outbox.send([LARGE])).toBe(true);
  });

  it("is full of many small messages too", () => {
    const { outbox } = outboxOf({ bytes: 1_000_000, messages: 3, stallMs: 60_000 });
    outbox.send([LARGE]);
    expect(Array.from({ length: 4 }, () => outbox.send([part("y")]))).toEqual([true, true, true, false]);
  });

  it("tells of the other side that does not read, once, and not of one that does", async () => {
    const [stalled, reading] = [
      outboxOf({ bytes: 5_000, messages: 100, stallMs: 100 }),
      outboxOf({ bytes: 5_000, messages: 100, stallMs: 100 }),
    ];
    for (const { outbox } of [stalled, reading]) for (let i = 0; i < 3; i++) outbox.send([LARGE]);
    reading.stream.resume();
    await expect.poll(() => stalled.told).toEqual(["filled", "stalled"]);
    await sleep(100);
    expect(stalled.told).toEqual(["filled", "stalled"]);
    expect(reading.told).toEqual(["filled", "drained"]);
  });

  it("tells of the other side that takes nothing, full or not, and of one that does not take the end", async () => {
    const limits = { bytes: 50_000, messages: 100, stallMs: 100 };
    const [waiting, ending, reading] = [outboxOf(limits), outboxOf(limits), outboxOf(limits)];
    for (let i = 0; i < 2; i++) waiting.outbox.send([LARGE]);
    ending.outbox.send([LARGE]);
    ending.outbox.finish();
    for (let i = 0; i < 4; i++) reading.outbox.send([LARGE]);
    reading.stream.resume();
    reading.outbox.finish();
    await expect.poll(() => [waiting.told, ending.told]).toEqual([["stalled"], ["stalled"]]);
    await sleep(100);
    expect([waiting.told, ending.told, reading.told]).toEqual([["stalled"], ["stalled"], []]);
  });

  it("tells of a client that takes nothing of an HTTP answer, long before it is full", async () => {
    const { response } = await answered();
    const stalled = Promise.withResolvers<void>();
    const outbox = new Outbox(response, { ...UNBOUNDED, stallMs: 200 }, { ...UNHEARD, stalled: stalled.resolve });
    while (!outbox.waits) {
      outbox.send([part("x".repeat(100_000))]);
      await sleep(0);
    }
    await stalled.promise;
  });

  it("drops what waits when it is closed, and takes no more", async () => {
    const { stream, outbox } = outboxOf();
    for (let i = 0; i < 4; i++) outbox.send([LARGE]);
    outbox.close();
    expect(outbox.send([LARGE])).toBe(false);
    stream.end();
    expect((await stream.toArray()).map(String).join("").length).toBe(10_000);
  });

  it("gives the system in one what is sent together by an HTTP answer too", async () => {
    const { response, client } = await answered();
    const socket = response.socket as Socket;
    const [several, single] = [vi.spyOn(socket, "_writev"), vi.spyOn(socket, "_write")];
    const outbox = new Outbox(response, UNBOUNDED, UNHEARD);
    for (const text of ["a", "b", "c"]) outbox.send([part(text), LARGE, part(";")]);
    await sleep(0);
    expect([several.mock.calls.length, single.mock.calls.length]).toEqual([1, 0]);
    outbox.send([part("d;")]);
    outbox.finish();
    expect((await client.toArray()).map(String).join("").replaceAll(String(LARGE), "")).toBe("a;b;c;d;");
  });

  it("goes on with an HTTP answer whose client reads again after it did not", async () => {
    const { response, client } = await answered();
    const outbox = new Outbox(response, UNBOUNDED, UNHEARD);
    let sent = 0;
    while (!outbox.waits) {
      for (let i = 0; i < 100; i++) outbox.send([part(`${sent++}:`), part("x".repeat(700)), part(";")]);
      await sleep(0);
    }
    outbox.finish();
    const text = (await client.toArray()).map(String).join("");
    expect(text.match(/\d+:/g)).toEqual(Array.from({ length: sent }, (_, i) => `${i}:`));
  });
});
