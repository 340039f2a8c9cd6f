import { spawn } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { createInterface } from "node:readline/promises";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { CAUSE, type FeedGateway } from "./feed-gateway.ts";
import { quantileOf } from "./results.ts";

/** Milliseconds from just before COMMIT to the socket. */
export interface Delivered {
  subscribers: number;
  /** Who they are: all the same machine, or as many people who may do the same. */
  who: "one machine" | "as many people";
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

export interface Delivery {
  subscribers: number;
  who: Delivered["who"];
  rate: number;
  seconds: number;
}

/** The tokens of so many people, who may all see and read everybody. */
async function tokensOfPeople({ clientConfig }: FeedGateway, count: number): Promise<string[]> {
  const tokens = Array.from({ length: count }, () => randomUUID());
  const client = new pg.Client(clientConfig());
  await client.connect();
  try {
    const active = "SELECT id FROM user_account WHERE status = 'ACTIVE' ORDER BY id DESC LIMIT $1";
    const people = (await client.query<{ id: string }>(active, [count])).rows.map(({ id }) => id);
    if (people.length < count) throw new Error(`There are fewer than ${count} people to subscribe.`);
    await client.query(`BEGIN; SELECT set_config('rollcall.cause', '${CAUSE}', true)`);
    const role = randomUUID();
    await client.query(
      `INSERT INTO role (id, key, name, permissions, created_at, updated_at)
       VALUES ($1, $2, 'Follower', '{USER_READ,USER_READ_CONTACT,USER_READ_SECURITY,ROLE_READ}', rollcall_now(), rollcall_now())`,
      [role, `follower-${role}`],
    );
    await client.query(
      `INSERT INTO role_grant (id, user_id, role_id, starts_at, granted_by_kind, granted_by_name, granted_at)
       SELECT gen_random_uuid(), id, $2, rollcall_now(), 'SYSTEM', 'bench', rollcall_now() FROM unnest($1::uuid[]) id`,
      [people, role],
    );
    await client.query(
      `INSERT INTO service_token (id, name, hash, user_id, created_at)
       SELECT gen_random_uuid(), 'follower', hash, id, rollcall_now() FROM unnest($1::uuid[], $2::bytea[]) person (id, hash)`,
      [people, tokens.map((token) => createHash("sha256").update(token).digest())],
    );
    await client.query("COMMIT");
  } finally {
    await client.end();
  }
  return tokens;
}

/** Commits at a steady rate, each changing one person, while so many subscribers are told of it. Every one of them must be told of every commit. */
export async function measureDelivery(gateway: FeedGateway, asked: Delivery): Promise<Delivered> {
  const { port, token, directory, clientConfig } = gateway;
  const { subscribers, who, rate, seconds } = asked;
  const tokens =
    who === "one machine"
      ? Array.from({ length: subscribers }, () => token)
      : await tokensOfPeople(gateway, subscribers);
  const listeners = spawn(process.execPath, ["bench/feed-listeners.ts", String(port)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  listeners.stdin.write(`${JSON.stringify(tokens)}\n`);
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
    const found = { made, deliveries: expected / secondsSince(began), p50: at(0.5), p99: at(0.99) };
    return { subscribers, who, wanted: rate, ...found };
  } finally {
    listeners.kill();
    await client.end();
  }
}
