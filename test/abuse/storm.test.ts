import { randomUUID } from "node:crypto";
import { expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { ask, environmentForTest, GatewayProcess, SECRET } from "../support/gateway-process.ts";
import { patience, rounds } from "../support/rounds.ts";

/* A gateway is gone in an instant and back with news, and everybody who followed it comes at once, each to go on after their own last position. */

const SUBSCRIBERS = rounds(100, 5_000);
/** What they are told before the gateway goes, while it is away from them, and while they come back. */
const EVENTS = rounds(5, 20);
const PATIENCE = { timeout: 30_000 + SUBSCRIBERS * 20, interval: 50 };
const CREATE = "mutation ($input: CreateUserInput!) { createUser(input: $input) { user { id } } }";
const FOLLOW = `subscription ($after: Position) {
  userEvents(after: $after) { ... on UserEvent { position userId } ... on FeedCheckpoint { position } ... on FeedReset { position reason } } }`;

interface Message {
  type: string;
  payload?: { data?: { userEvents: { position: string; userId?: string; reason?: string } }; errors?: unknown };
}

/** A subscriber that keeps its position, and connects when it is told to. */
class Follower {
  readonly told: string[] = [];
  readonly faults: unknown[] = [];
  ready = false;
  #after: string | undefined;
  #socket: WebSocket | undefined;

  connect(url: string): void {
    this.ready = false;
    const socket = new WebSocket(`${url.replace("http", "ws")}/graphql`, "graphql-transport-ws");
    this.#socket = socket;
    socket.on("error", () => undefined);
    socket.on("open", () => this.#send({ type: "connection_init", payload: { authorization: `Bearer ${SECRET}` } }));
    socket.on("message", (data) => this.#take(JSON.parse(String(data)) as Message));
  }

  end(): void {
    this.#socket?.terminate();
  }

  #send(message: object): void {
    this.#socket?.send(JSON.stringify(message));
  }

  #take({ type, payload }: Message): void {
    const variables = { after: this.#after ?? null };
    if (type === "connection_ack") this.#send({ id: "1", type: "subscribe", payload: { query: FOLLOW, variables } });
    if (type !== "next") return;
    const event = payload?.data?.userEvents;
    if (!event || event.reason) this.faults.push(payload);
    else {
      this.ready = true;
      this.#after = event.position;
      if (event.userId) this.told.push(event.userId);
    }
  }
}

/** People who are made one after another; gives their ids in the order of their commits. */
async function hire(url: string, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let made = 0; made < count; made++) {
    const input = { username: randomUUID(), status: "ACTIVE" };
    ids.push((await ask<{ createUser: { user: { id: string } } }>(url, CREATE, { input })).createUser.user.id);
  }
  return ids;
}

it(
  `${SUBSCRIBERS} subscribers of a gateway that is killed go on after their positions all at once, and none of them misses an event or is told one twice`,
  async () => {
    const most = String(SUBSCRIBERS + 100);
    const environment = {
      ...(await environmentForTest()),
      ...{ BUDGETS: "off", MAX_CONNECTIONS: most, MAX_CONNECTIONS_PER_VIEWER: most },
    };
    const gateway = await GatewayProcess.start(environment);
    const followers = Array.from({ length: SUBSCRIBERS }, () => new Follower());
    onTestFinished(() => {
      for (const follower of followers) follower.end();
    });
    for (const follower of followers) follower.connect(gateway.url);
    await expect.poll(() => followers.every(({ ready }) => ready), PATIENCE).toBe(true);
    const news = await hire(gateway.url, EVENTS);
    await expect.poll(() => followers.every(({ told }) => told.length >= EVENTS), PATIENCE).toBe(true);

    await gateway.kill();
    const again = await GatewayProcess.start(environment);
    news.push(...(await hire(again.url, EVENTS)));
    const began = performance.now();
    for (const follower of followers) follower.connect(again.url);
    news.push(...(await hire(again.url, EVENTS)));
    await expect.poll(() => followers.every(({ told }) => told.length >= news.length), PATIENCE).toBe(true);
    const seconds = ((performance.now() - began) / 1_000).toFixed(1);
    process.stdout.write(`${SUBSCRIBERS} subscribers had caught up ${seconds} s after they began to come back.\n`);

    // For one that came twice to come.
    const [last] = await hire(again.url, 1);
    await expect.poll(() => followers.every(({ told }) => told.includes(last as string)), PATIENCE).toBe(true);
    const expected = [...news, last].join(" ");
    expect(followers.filter(({ told }) => told.join(" ") !== expected)).toEqual([]);
    expect(followers.flatMap(({ faults }) => faults)).toEqual([]);
  },
  patience(SUBSCRIBERS / 20),
);
