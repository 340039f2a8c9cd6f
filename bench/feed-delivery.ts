import { spawn } from "node:child_process";
import { createInterface } from "node:readline/promises";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { CAUSE, type FeedGateway } from "./feed-gateway.ts";
import { quantileOf } from "./results.ts";

/** Milliseconds from just before COMMIT to the socket. */
export interface Delivered {
  subscribers: number;
  /** Commits a second, as wanted and as made. */
  wanted: number;
  made: number;
  /** How many times a subscriber was told, a second. */
  deliveries: number;
  p50: number;
  p99: number;
}

/** The longest that what was sent may take to arrive after the last commit. */
const REST_MS = 120_000;

const secondsSince = (began: number): number => (performance.now() - began) / 1_000;

/** Commits at a steady rate, each changing one person, while so many subscribers are told of it. Every one of them must be told of every commit. */
export async function measureDelivery(
  { port, token, directory, clientConfig }: FeedGateway,
  { subscribers, rate, seconds }: { subscribers: number; rate: number; seconds: number },
): Promise<Delivered> {
  const listeners = spawn(process.execPath, ["bench/feed-listeners.ts", String(port), String(subscribers), token], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const client = new pg.Client(clientConfig());
  try {
    const lines = createInterface({ input: listeners.stdout })[Symbol.asyncIterator]();
    if ((await lines.next()).value !== "ready") throw new Error("The subscribers could not subscribe.");
    await client.connect();
    const began = performance.now();
    let commits = 0;
    for (; commits < rate * seconds; commits++) {
      const wait = began + (commits / rate) * 1_000 - performance.now();
      if (wait > 0) await sleep(wait);
      const user = directory.userIds[commits % directory.userIds.length];
      await client.query(`BEGIN; SELECT set_config('rollcall.cause', '${CAUSE}', true)`);
      const now = performance.timeOrigin + performance.now();
      await client.query(`UPDATE user_account SET title = '${now}' WHERE id = '${user}'; COMMIT`);
    }
    const made = commits / secondsSince(began);
    const expected = commits * subscribers;
    listeners.stdin.write(`${expected}\n`);
    const line = await Promise.race([lines.next(), sleep(REST_MS, undefined, { ref: false })]);
    if (!line?.value) throw new Error(`Not all of ${expected} deliveries have arrived.`);
    const told: { deliveries: number; latencies: number[] } = JSON.parse(line.value);
    if (told.deliveries !== expected) throw new Error(`${told.deliveries} deliveries in the place of ${expected}.`);
    const at = (share: number) => quantileOf(told.latencies, share);
    return { subscribers, wanted: rate, made, deliveries: expected / secondsSince(began), p50: at(0.5), p99: at(0.99) };
  } finally {
    listeners.kill();
    await client.end();
  }
}
