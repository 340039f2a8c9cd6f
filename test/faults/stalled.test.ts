import { once } from "node:events";
import { expect, it, onTestFinished, vi } from "vitest";
import { WebSocket } from "ws";
import { databaseKind } from "../support/database.ts";
import { ask, environmentForTest, GatewayProcess, SECRET } from "../support/gateway-process.ts";
import { rounds } from "../support/rounds.ts";

/* Many subscribers that do not read beside as many that do. */

const READING = rounds(20, 100, 10);
/** More of them, so that what queues of their own would hold is far above what a busy process's memory moves by itself. */
const STALLED = rounds(60, 100, 10);
/** More than the system keeps of what a client does not read. */
const EVENTS = rounds(300, 400, 220);
const AT_ONCE = 10;
/** Each event carries about so much. */
const BYTES = 80_000;

vi.setConfig({ testTimeout: 1_800_000 });

const SUBSCRIPTION =
  "subscription { userEvents { ... on UserEvent { position userId changes { field after } } ... on FeedCheckpoint { position } } }";
const CREATE = "mutation ($input: CreateUserInput!) { createUser(input: $input) { user { id } } }";

/** A client that keeps of every event whom it is about, and nothing else. */
async function subscribe(url: string): Promise<{ ws: WebSocket; told: string[]; closed: Promise<number> }> {
  const ws = new WebSocket(`${url.replace("http", "ws")}/graphql`, "graphql-transport-ws");
  onTestFinished(() => ws.terminate());
  const closed = new Promise<number>((resolve) => ws.once("close", resolve));
  const ready = Promise.withResolvers<void>();
  const told: string[] = [];
  await once(ws, "open");
  ws.on("message", (data: Buffer) => {
    const head = data.subarray(0, 300).toString();
    const user = /"userId":"(\w+)"/.exec(head)?.[1];
    if (user) told.push(user);
    else if (head.includes('"connection_ack"'))
      ws.send(JSON.stringify({ id: "1", type: "subscribe", payload: { query: SUBSCRIPTION } }));
    else if (head.includes('"next"')) ready.resolve();
  });
  ws.send(JSON.stringify({ type: "connection_init", payload: { authorization: `Bearer ${SECRET}` } }));
  await ready.promise;
  return { ws, told, closed };
}

it(`${READING} subscribers that read are told everything beside ${STALLED} that do not, which cost little memory and are closed with 4413`, async () => {
  const { url } = await GatewayProcess.start({ ...(await environmentForTest()), MAX_CONNECTIONS_PER_VIEWER: "1000" });
  const resident = async () =>
    Number(/^process_resident_memory_bytes (\S+)/m.exec(await (await fetch(`${url}/metrics`)).text())?.[1]);
  const reading = await Promise.all(Array.from({ length: READING }, () => subscribe(url)));
  const stalled = await Promise.all(Array.from({ length: STALLED }, () => subscribe(url)));
  for (const { ws } of stalled) ws.pause();
  const attributes = Object.fromEntries(
    Array.from({ length: 80 }, (_, index) => [`key${index}`, "x".repeat(BYTES / 80)]),
  );
  const before = await resident();
  const cut = async () =>
    Number(/^rollcall_slow_subscribers_total (\d+)/m.exec(await (await fetch(`${url}/metrics`)).text())?.[1]);
  // They read again as soon as they are closed, also while others still write, or they would be given up before they see why.
  const closed = (async () => {
    await expect.poll(cut, { timeout: 600_000, interval: 200 }).toBe(STALLED);
    for (const { ws } of stalled) ws.resume();
    return await Promise.all(stalled.map((one) => one.closed));
  })();
  const made: string[] = [];
  const create = async (i: number) => {
    const input = { username: `user-${i}`, status: "ACTIVE", attributes };
    made.push((await ask<{ createUser: { user: { id: string } } }>(url, CREATE, { input })).createUser.user.id);
  };
  // Some at a time, so that even a busy machine is faster than what a silent connection is given.
  for (let i = 0; i < EVENTS; i += AT_ONCE)
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, EVENTS - i) }, (_, place) => create(i + place)));
  await expect.poll(() => reading.every(({ told }) => told.length >= made.length), { timeout: 60_000 }).toBe(true);
  const order = reading[0]?.told ?? [];
  expect(order.toSorted()).toEqual(made.toSorted());
  for (const { told } of reading) expect(told).toEqual(order);
  // Queues of their own would hold STALLED times all events. The embedded database's memory is the process's as well.
  if (databaseKind === "postgres") expect((await resident()) - before).toBeLessThan((STALLED * EVENTS * BYTES) / 2);
  expect(new Set(await closed)).toEqual(new Set([4413]));
  for (const { told } of stalled) expect(told).toEqual(order.slice(0, told.length));
});
