import { once } from "node:events";
import { PassThrough, Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { Outbox } from "../../src/server/outbox.ts";

const part = (text: string) => Buffer.from(text);
const LARGE = part("x".repeat(10_000));

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
    const events = { filled: () => undefined, drained: () => undefined, stalled: () => undefined };
    const outbox = new Outbox(stream, { bytes: 50_000, messages: 100, stallMs: 60_000 }, events);
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

  it("drops what waits when it is closed, and takes no more", async () => {
    const { stream, outbox } = outboxOf();
    for (let i = 0; i < 4; i++) outbox.send([LARGE]);
    outbox.close();
    expect(outbox.send([LARGE])).toBe(false);
    stream.end();
    expect((await stream.toArray()).map(String).join("").length).toBe(10_000);
  });
});
