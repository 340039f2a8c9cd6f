import { randomUUID } from "node:crypto";
import { expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { ask, environmentForTest, GatewayProcess } from "../support/gateway-process.ts";
import { tellRecoveries } from "../support/recoveries.ts";
import { onlyLong, patience, rounds } from "../support/rounds.ts";

/*
 * A gateway is gone in an instant and back with news, and everybody who followed it comes at once, each to go on after their own last position.
 * They come by tokens of which each may do something else, since those who may do the same share what is done for them.
 */

/** And events before the gateway goes, while it is away from them, and while they come back. */
const [SUBSCRIBERS, TOKENS, EVENTS] = onlyLong(true) ? [5_000, 50, 20] : [100, 3, 5];
const STORMS = rounds(1, 3);
/** What is promised of everybody's coming back. */
const PROMISED = { timeout: 30_000, interval: 50 };
const PATIENCE = { timeout: 30_000 + SUBSCRIBERS * 20, interval: 50 };
const ISSUE = "mutation ($input: CreateServiceTokenInput!) { createServiceToken(input: $input) { secret } }";
const CREATE = "mutation ($input: CreateUserInput!) { createUser(input: $input) { user { id } } }";
const FOLLOW = `subscription ($after: Position) {
  userEvents(after: $after) { ... on UserEvent { position userId } ... on FeedCheckpoint { position } ... on FeedReset { position reason } } }`;

interface Message {
  type: string;
  payload?: { data?: { userEvents: { position: string; userId?: string; reason?: string } }; errors?: unknown };
}

/** With which a busy gateway sends away for a moment: it did not come to hear a client in time, or its database did not answer. */
const TRY_AGAIN = [4408, 1013];

/** A subscriber that keeps its position, and connects when it is told to. */
class Follower {
  readonly told: string[] = [];
  readonly faults: unknown[] = [];
  ready = false;
  #after: string | undefined;
  #socket: WebSocket | undefined;

  constructor(private readonly token: string) {}

  connect(url: string): void {
    this.ready = false;
    const socket = new WebSocket(`${url.replace("http", "ws")}/graphql`, "graphql-transport-ws");
    this.#socket = socket;
    socket.on("error", () => undefined);
    socket.on("close", (code) => {
      if (TRY_AGAIN.includes(code)) this.connect(url);
    });
    socket.on("open", () =>
      this.#send({ type: "connection_init", payload: { authorization: `Bearer ${this.token}` } }),
    );
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

/** Tokens of which each may do something else. */
async function tokens(url: string, count: number): Promise<string[]> {
  const others = ["ORG_READ", "ROLE_READ", "GROUP_MANAGE", "USER_CREATE", "USER_UPDATE", "USER_LIFECYCLE"];
  const issued: string[] = [];
  for (let number = 0; number < count; number++) {
    const permissions = ["USER_READ", ...others.filter((_, bit) => number & (1 << bit))];
    const input = { kind: "ORGANISATION", name: randomUUID(), permissions };
    issued.push(
      (await ask<{ createServiceToken: { secret: string } }>(url, ISSUE, { input })).createServiceToken.secret,
    );
  }
  return issued;
}

it(
  `${SUBSCRIBERS} subscribers of a gateway that is killed go on after their positions all at once, and none of them misses an event or is told one twice`,
  async () => {
    const most = String(SUBSCRIBERS + 100);
    const environment = {
      ...(await environmentForTest()),
      ...{ BUDGETS: "off", MAX_CONNECTIONS: most, MAX_CONNECTIONS_PER_VIEWER: most },
    };
    let gateway = await GatewayProcess.start(environment);
    const secrets = await tokens(gateway.url, TOKENS);
    const followers = Array.from({ length: SUBSCRIBERS }, (_, at) => new Follower(secrets[at % TOKENS] as string));
    onTestFinished(() => {
      for (const follower of followers) follower.end();
    });
    for (const follower of followers) follower.connect(gateway.url);
    await expect.poll(() => followers.every(({ ready }) => ready), PATIENCE).toBe(true);
    const news = await hire(gateway.url, EVENTS);
    await expect.poll(() => followers.every(({ told }) => told.length >= EVENTS), PATIENCE).toBe(true);

    const milliseconds: number[] = [];
    for (let storm = 0; storm < STORMS; storm++) {
      await gateway.kill();
      gateway = await GatewayProcess.start(environment);
      const { url } = gateway;
      news.push(...(await hire(url, EVENTS)));
      const began = performance.now();
      for (const follower of followers) follower.connect(url);
      news.push(...(await hire(url, EVENTS)));
      await expect.poll(() => followers.every(({ told }) => told.length >= news.length), PROMISED).toBe(true);
      milliseconds.push(performance.now() - began);
    }
    expect(Math.max(...milliseconds)).toBeLessThan(PROMISED.timeout);
    const fault = `a gateway killed, of which ${SUBSCRIBERS} subscribers come back at once`;
    tellRecoveries({
      fault,
      from: "the first who comes back, until everybody has everything",
      milliseconds,
      writes: news.length,
    });

    // For one that came twice to come.
    const [last] = await hire(gateway.url, 1);
    await expect.poll(() => followers.every(({ told }) => told.includes(last as string)), PATIENCE).toBe(true);
    const expected = [...news, last].join(" ");
    expect(followers.filter(({ told }) => told.join(" ") !== expected)).toEqual([]);
    expect(followers.flatMap(({ faults }) => faults)).toEqual([]);
  },
  patience((STORMS * SUBSCRIBERS) / 20),
);
