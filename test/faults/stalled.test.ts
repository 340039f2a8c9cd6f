import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { expect, it, onTestFinished, vi } from "vitest";
import { WebSocket } from "ws";
import { databaseKind } from "../support/database.ts";
import { ask, environmentForTest, GatewayProcess, SECRET } from "../support/gateway-process.ts";
import { rounds } from "../support/rounds.ts";

/* Many subscribers that do not read beside as many that do. */

const READING = rounds(20, 100, 10);
/** Of each sort, WebSockets and event streams. */
const STALLED = rounds(30, 50, 8);
/** More than the system keeps of what a client does not read. */
const EVENTS = rounds(300, 400, 220);
/** How many the reading ones are told before there are others, to compare with. */
const ALONE = rounds(60, 100, 30);
const AT_ONCE = 10;
/** Each event carries about so much. */
const BYTES = 80_000;
/** What one that does not read may cost, in bytes: what waits for it, what its connection and the system hold. */
const COSTS = 3_000_000;
/** What a process's memory moves by itself while so much passes through it. */
const MOVES = 60_000_000;
/** How much longer the slowest in a hundred events may take beside those that do not read. */
const SLOWER = 5;

vi.setConfig({ testTimeout: 1_800_000 });

const SUBSCRIPTION =
  "subscription { userEvents { ... on UserEvent { position userId changes { field after } } ... on FeedCheckpoint { position } } }";
const CREATE = "mutation ($input: CreateUserInput!) { createUser(input: $input) { user { id username } } }";

interface Subscribed {
  ws: WebSocket;
  /** When it was told of whom, in order. */
  told: Map<string, number>;
  closed: Promise<number>;
}

/** A client that keeps of every event whom it is about, and nothing else. */
async function subscribe(url: string): Promise<Subscribed> {
  const ws = new WebSocket(`${url.replace("http", "ws")}/graphql`, "graphql-transport-ws");
  onTestFinished(() => ws.terminate());
  const closed = new Promise<number>((resolve) => ws.once("close", resolve));
  const ready = Promise.withResolvers<void>();
  const told = new Map<string, number>();
  await once(ws, "open");
  ws.on("message", (data: Buffer) => {
    const head = data.subarray(0, 300).toString();
    const user = /"userId":"(\w+)"/.exec(head)?.[1];
    if (user) told.set(user, performance.now());
    else if (head.includes('"connection_ack"'))
      ws.send(JSON.stringify({ id: "1", type: "subscribe", payload: { query: SUBSCRIPTION } }));
    else if (head.includes('"next"')) ready.resolve();
  });
  ws.send(JSON.stringify({ type: "connection_init", payload: { authorization: `Bearer ${SECRET}` } }));
  await ready.promise;
  return { ws, told, closed };
}

/** An event stream that nobody reads; resolves when it has begun. Gives what resolves when it ends. */
async function stream(url: string): Promise<{ answer: IncomingMessage; ended: Promise<void> }> {
  const headers = {
    authorization: `Bearer ${SECRET}`,
    accept: "text/event-stream",
    "content-type": "application/json",
  };
  const asked = request(`${url}/graphql/stream`, { method: "POST", headers, agent: false });
  asked.on("error", () => undefined);
  onTestFinished(() => void asked.destroy());
  asked.end(JSON.stringify({ query: SUBSCRIPTION }));
  const [answer] = (await once(asked, "response")) as [IncomingMessage];
  answer.on("error", () => undefined); // It is cut.
  const ended = new Promise<void>((resolve) => answer.once("close", resolve));
  return { answer, ended };
}

const attributes = Object.fromEntries(
  Array.from({ length: 80 }, (_, index) => [`key${index}`, "x".repeat(BYTES / 80)]),
);

/** Makes so many people, and waits until all who read were told of them. Gives their ids, and how long the slowest in a hundred took to be known to all. */
async function tell(
  url: string,
  reading: readonly Subscribed[],
  many: number,
): Promise<{ made: string[]; p99: number }> {
  const asked = new Map<string, number>();
  const create = async () => {
    const began = performance.now();
    const input = { username: `user-${crypto.randomUUID()}`, status: "ACTIVE", attributes };
    const { createUser } = await ask<{ createUser: { user: { id: string } } }>(url, CREATE, { input });
    asked.set(createUser.user.id, began);
  };
  // Some at a time, so that even a busy machine is faster than what a silent connection is given.
  for (let made = 0; made < many; made += AT_ONCE)
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, many - made) }, create));
  const isTold = ({ told }: Subscribed) => [...asked.keys()].every((id) => told.has(id));
  await expect.poll(() => reading.every(isTold), { timeout: 60_000 }).toBe(true);
  const took = [...asked].map(([id, began]) => Math.max(...reading.map(({ told }) => told.get(id) as number)) - began);
  return { made: [...asked.keys()], p99: took.toSorted((a, b) => a - b)[Math.floor(took.length * 0.99)] as number };
}

it(`${READING} subscribers that read are told everything, as soon as without them, beside ${2 * STALLED} that do not, which cost little memory and are closed`, async () => {
  const { url } = await GatewayProcess.start({ ...(await environmentForTest()), MAX_CONNECTIONS_PER_VIEWER: "1000" });
  const figure = async (name: string) =>
    Number(new RegExp(`^${name} (\\S+)`, "m").exec(await (await fetch(`${url}/metrics`)).text())?.[1]);
  const reading = await Promise.all(Array.from({ length: READING }, () => subscribe(url)));
  const alone = await tell(url, reading, ALONE);
  const stalled = await Promise.all(Array.from({ length: STALLED }, () => subscribe(url)));
  const streams = await Promise.all(Array.from({ length: STALLED }, () => stream(url)));
  for (const { ws } of stalled) ws.pause();
  const before = await figure("process_resident_memory_bytes");
  // They read again as soon as they are closed, also while others still write, or they would be given up before they see why.
  const closed = (async () => {
    const cut = () => figure("rollcall_slow_subscribers_total");
    await expect.poll(cut, { timeout: 600_000, interval: 200 }).toBe(2 * STALLED);
    for (const { ws } of stalled) ws.resume();
    for (const { answer } of streams) answer.resume();
    await Promise.all(streams.map(({ ended }) => ended));
    return await Promise.all(stalled.map((one) => one.closed));
  })();
  const beside = await tell(url, reading, EVENTS);
  const order = [...(reading[0]?.told.keys() ?? [])];
  expect(order.toSorted()).toEqual([...alone.made, ...beside.made].toSorted());
  for (const { told } of reading) expect([...told.keys()]).toEqual(order);
  expect(beside.p99).toBeLessThan(SLOWER * alone.p99);
  // The embedded database's memory is the process's as well.
  const costs = (await figure("process_resident_memory_bytes")) - before;
  if (databaseKind === "postgres") expect(costs).toBeLessThan(MOVES + 2 * STALLED * COSTS);
  expect(new Set(await closed)).toEqual(new Set([4413]));
  const behind = order.slice(ALONE);
  for (const { told } of stalled) expect([...told.keys()]).toEqual(behind.slice(0, told.size));
});
