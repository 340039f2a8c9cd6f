import { once } from "node:events";
import { createClient } from "graphql-ws";
import { describe, expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { grant, machineToken, makeHolder, makeUser } from "../support/directory.ts";
import { gatewayForFile, type Streams, TestGateway } from "../support/gateway.ts";
import { userRow } from "../support/rows.ts";
import { Socket } from "../support/socket.ts";
import { inFile } from "../support/sockets.ts";

const file = gatewayForFile({ times: { holdingMs: 300 }, limits: { operations: 3 } });
const sockets = inFile();

const EVENTS = "subscription { userEvents { __typename ... on UserEvent { userId } } }";

async function connect(token?: string | null, protocols?: string[]): Promise<Socket> {
  return sockets.keep(
    await Socket.open(file.gateway.url, token === null ? undefined : (token ?? file.gateway.admin), protocols),
  );
}

/** A gateway of the running test's own. */
async function gatewayWith(streams: Streams): Promise<TestGateway> {
  const gateway = await TestGateway.start(streams);
  onTestFinished(() => gateway.close());
  return gateway;
}

/** The answer to an attempt at a WebSocket that is not granted. */
async function refusedUpgrade(url: string, origin?: string): Promise<number | undefined> {
  const ws = new WebSocket(url.replace("http", "ws"), "graphql-transport-ws", origin === undefined ? {} : { origin });
  ws.on("error", () => undefined);
  const [, response] = await once(ws, "unexpected-response");
  return response.statusCode;
}

describe("A WebSocket that does not keep the protocol", () => {
  it.each([
    ["no subprotocol", 4406, [], () => undefined],
    ["what is no message", 4400, undefined, (socket: Socket) => socket.ws.send("hello")],
    ["a message of no known type", 4400, undefined, (socket: Socket) => socket.send({ type: "hello" })],
    ["an operation before it has signed in", 4401, undefined, (socket: Socket) => void socket.start(EVENTS)],
    ["a sign-in without a token", 4403, undefined, (socket: Socket) => socket.send({ type: "connection_init" })],
    [
      "a token that is not known",
      4403,
      undefined,
      (socket: Socket) => socket.send({ type: "connection_init", payload: { authorization: "Bearer nobody" } }),
    ],
    [
      "a message over the limit",
      1009,
      undefined,
      (socket: Socket) => socket.send({ type: "ping", payload: { text: "x".repeat(1024 * 1024) } }),
    ],
  ])("is closed for %s", async (_, code, protocols, act) => {
    const socket = await connect(null, protocols);
    act(socket);
    expect((await socket.closed).code).toBe(code);
  });

  it("is closed for no sign-in in its time", async () => {
    const hasty = await TestGateway.over(file.gateway.database, { limits: { initMs: 100 } });
    onTestFinished(() => hasty.close());
    expect((await sockets.keep(await Socket.open(hasty.url)).closed).code).toBe(4408);
  });

  it("is closed for a second sign-in", async () => {
    const socket = await connect();
    socket.send({ type: "connection_init", payload: {} });
    expect(await socket.closed).toEqual({ code: 4429, reason: "Too many initialisation requests" });
  });

  it("is closed for a second operation under an id in use", async () => {
    const socket = await connect();
    const started = socket.start(EVENTS);
    socket.send({ id: started.id, type: "subscribe", payload: { query: EVENTS } });
    expect((await socket.closed).code).toBe(4409);
  });

  it("is not opened by a page of an origin that is not listed, where there is a list", async () => {
    const { url } = await gatewayWith({ origins: ["https://app.example"] });
    expect(await refusedUpgrade(`${url}/graphql`, "https://elsewhere.example")).toBe(403);
    expect(await refusedUpgrade(`${url}/graphql`, "null")).toBe(403);
    const page = new WebSocket(`${url.replace("http", "ws")}/graphql`, "graphql-transport-ws", {
      origin: "https://app.example",
    });
    await once(page, "open");
    page.terminate();
    sockets.keep(await Socket.open(url));
  });

  it("is not opened elsewhere than at /graphql", async () => {
    expect(await refusedUpgrade(`${file.gateway.url}/elsewhere`)).toBe(404);
  });
});

describe("A WebSocket", () => {
  it("carries queries and mutations too, each answered and completed", async () => {
    const socket = await connect();
    const query = socket.start("{ roles { totalCount } }");
    const made = socket.start(
      "mutation ($input: CreateUserInput!) { createUser(input: $input) { user { username } } }",
      {
        input: { username: "over-the-wire", status: "ACTIVE" },
      },
    );
    await socket.waitFor(() => [query, made].every(({ messages }) => messages.at(-1)?.type === "complete"));
    expect(query.messages[0].payload).toEqual({ data: { roles: { totalCount: expect.any(Number) } } });
    expect(made.messages[0].payload).toEqual({ data: { createUser: { user: { username: "over-the-wire" } } } });
  });

  it("tells errors as HTTP does: codes, and never a value", async () => {
    const token = await machineToken(file.gateway, ["USER_READ"]);
    const socket = await connect(token);
    const mutation = "mutation ($input: CreateUserInput!) { createUser(input: $input) { position } }";
    const denied = socket.start(mutation, { input: { username: "a", status: "ACTIVE" } });
    await socket.waitFor(() => denied.messages.length > 0);
    expect(denied.messages[0].payload.errors[0].extensions).toMatchObject({
      code: "FORBIDDEN",
      permission: "USER_CREATE",
    });
    for (const [query, variables] of [
      ["subscription { nothing }", {}],
      ["subscription {", {}],
      [`subscription { ${"a { ".repeat(200)} x ${"}".repeat(200)} }`, {}],
      ["subscription ($after: Position) { userEvents(after: $after) { __typename } }", { after: "hunter2" }],
    ] as const) {
      const error = await socket.start(query, variables).refused();
      expect(error.extensions.code).toBe("INVALID_INPUT");
      expect(JSON.stringify(error)).not.toContain("hunter2");
    }
  });

  it("carries only so many operations at a time", async () => {
    const socket = await connect();
    const open = [socket.start(EVENTS), socket.start(EVENTS), socket.start(EVENTS)];
    await Promise.all(open.map((one) => one.ready()));
    expect((await socket.start(EVENTS).refused()).extensions).toEqual({ code: "RATE_LIMITED", limit: 3 });
    open[0]?.stop();
    await socket.start(EVENTS).ready();
  });

  it("delivers nothing for an operation that its client has ended", async () => {
    const socket = await connect();
    const [ended, other] = [socket.start(EVENTS), socket.start(EVENTS)];
    await Promise.all([ended.ready(), other.ready()]);
    ended.stop();
    await socket.start("{ roles { totalCount } }").ready();
    await makeUser(file.gateway);
    await other.count(1);
    expect(ended.events).toEqual([]);
  });

  it.each(["{ roles { totalCount } }", EVENTS, "{ nothing }"])(
    "tells nothing of an operation that was ended under the id of the one that follows it: %s",
    async (ended) => {
      const socket = await connect();
      const subscribe = (query: string) => socket.send({ id: "again", type: "subscribe", payload: { query } });
      subscribe(ended);
      socket.send({ id: "again", type: "complete" });
      subscribe("{ viewer { __typename } }");
      const told = () => socket.messages.filter(({ id }) => id === "again");
      await socket.waitFor(() => told().some(({ type }) => type === "complete"));
      await socket.start("{ roles { totalCount } }").ready();
      expect(told().map(({ type, payload }) => payload ?? type)).toEqual([
        { data: { viewer: { __typename: "Viewer" } } },
        "complete",
      ]);
    },
  );

  it("answers pings, and is cut where it shows no sign of life itself", async () => {
    const { url, admin } = await gatewayWith({ limits: { pingMs: 200 } });
    const alive = sockets.keep(await Socket.open(url, admin));
    alive.send({ type: "ping" });
    await alive.waitFor((messages) => messages.some(({ type }) => type === "pong"));
    const dead = new WebSocket(`${url.replace("http", "ws")}/graphql`, "graphql-transport-ws", { autoPong: false });
    dead.on("error", () => undefined);
    const [code] = await once(dead, "close");
    expect(code).toBe(1006);
    expect(alive.ws.readyState).toBe(WebSocket.OPEN);
  });

  it("is one of so many, in total and of one viewer", async () => {
    const { url, admin } = await gatewayWith({ limits: { connections: 3, connectionsPerViewer: 2 } });
    const first = sockets.keep(await Socket.open(url, admin));
    sockets.keep(await Socket.open(url, admin));
    const third = sockets.keep(await Socket.open(url));
    expect(await refusedUpgrade(`${url}/graphql`)).toBe(503);
    third.send({ type: "connection_init", payload: { authorization: `Bearer ${admin}` } });
    expect(await third.closed).toEqual({ code: 4429, reason: "Too many connections of this viewer" });
    await first.close();
    await expect
      .poll(async () => (await Socket.open(url, admin)).close().then(() => true), { timeout: 10_000 })
      .toBe(true);
  });

  it("that does not sign in makes room for who does, where its network holds several of them", async () => {
    const full = await TestGateway.over(file.gateway.database, { limits: { connections: 3 } });
    onTestFinished(() => full.close());
    const [known, first, second] = [
      sockets.keep(await Socket.open(full.url, full.admin)),
      sockets.keep(await Socket.open(full.url)),
      sockets.keep(await Socket.open(full.url)),
    ];
    const headers = { authorization: `Bearer ${full.admin}`, accept: "text/event-stream" };
    const body = JSON.stringify({ query: EVENTS });
    const stream = await fetch(`${full.url}/graphql/stream`, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      body,
    });
    expect([stream.status, (await first.closed).code]).toEqual([200, 1006]);
    expect([known, second].map(({ ws }) => ws.readyState)).toEqual([WebSocket.OPEN, WebSocket.OPEN]);
    await stream.body?.cancel();
  });

  it("carries so many subscriptions of one viewer, on all their connections together", async () => {
    const { url, admin } = await gatewayWith({ limits: { subscriptionsPerViewer: 2 } });
    const [one, other] = [sockets.keep(await Socket.open(url, admin)), sockets.keep(await Socket.open(url, admin))];
    const first = one.start(EVENTS);
    await Promise.all([first.ready(), other.start(EVENTS).ready()]);
    const { extensions } = await other.start(EVENTS).refused();
    expect(extensions).toMatchObject({ code: "RATE_LIMITED", limit: 2 });
    const stream = async () => {
      const headers = {
        authorization: `Bearer ${admin}`,
        accept: "text/event-stream",
        "content-type": "application/json",
      };
      const body = JSON.stringify({ query: EVENTS });
      return (await fetch(`${url}/graphql/stream`, { method: "POST", headers, body })).text();
    };
    expect(await stream()).toContain("RATE_LIMITED");
    first.stop();
    await one.pinged();
    await other.start(EVENTS).ready();
  });

  it("is closed with 1001 when the gateway shuts down, after what runs on it is answered", async () => {
    const gateway = await TestGateway.start({});
    const socket = await Socket.open(gateway.url, gateway.admin);
    const events = socket.start(EVENTS);
    await events.ready();
    const query = socket.start("{ users(first: 1) { totalCount } }");
    await Promise.all([
      gateway.close(),
      socket.closed.then((closed) => expect(closed).toEqual({ code: 1001, reason: "The gateway is shutting down" })),
    ]);
    expect([0, 2]).toContain(query.messages.length); // not begun, or answered and completed
  });

  it("serves the client that most front ends use", async () => {
    const client = createClient({
      url: `${file.gateway.url.replace("http", "ws")}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${file.gateway.admin}` },
    });
    const events = client.iterate<{ userEvents: { __typename: string; userId?: string } }>({ query: EVENTS });
    expect((await events.next()).value?.data?.userEvents.__typename).toBe("FeedCheckpoint");
    const user = await makeUser(file.gateway);
    expect((await events.next()).value?.data?.userEvents.userId).toBe(user.id);
    await events.return?.();
    await client.dispose();
  });
});

describe("A WebSocket's viewer", () => {
  it("is closed out with 4403 at once when the token is revoked, and is told nothing of what comes after", async () => {
    const gateway = await gatewayWith({ times: { holdingMs: 600_000 } });
    const token = await machineToken(gateway, ["USER_READ"]);
    const socket = sockets.keep(await Socket.open(gateway.url, token));
    const events = socket.start(EVENTS);
    await events.ready();
    const idle = sockets.keep(await Socket.open(gateway.url, token));
    await gateway.database.write(CAUSE, async (tx) => {
      await tx.sql
        .updateTable("service_token")
        .set({ revoked_at: tx.now })
        .where("name", "like", "machine-%")
        .execute();
    });
    await makeUser(gateway);
    expect(await socket.closed).toEqual({ code: 4403, reason: "The token holds no more" });
    expect((await idle.closed).code).toBe(4403);
    expect(events.events).toEqual([]);
  });

  it("is told nothing of the very commit that revokes the token, however many tokens it revokes", async () => {
    const gateway = await gatewayWith({ times: { holdingMs: 600_000 } });
    const open = async () => {
      const socket = sockets.keep(await Socket.open(gateway.url, await machineToken(gateway, ["USER_READ"])));
      const events = socket.start(EVENTS);
      await events.ready();
      return { socket, events };
    };
    const all = await Promise.all(Array.from({ length: 50 }, open));
    const witness = sockets.keep(await Socket.open(gateway.url, gateway.admin)).start(EVENTS);
    await witness.ready();
    await gateway.database.write(CAUSE, async (tx) => {
      await tx.sql
        .updateTable("service_token")
        .set({ revoked_at: tx.now })
        .where("name", "like", "machine-%")
        .execute();
      await tx.sql.insertInto("user_account").values(userRow()).execute();
    });
    for (const { socket } of all) expect((await socket.closed).code).toBe(4403);
    await witness.count(1);
    for (const { events } of all) expect(events.events).toEqual([]);
  });

  it("is closed out with 4403 when the token has expired by itself", async () => {
    const { gateway } = file;
    const token = await machineToken(gateway, ["USER_READ"]);
    await gateway.database.write(CAUSE, async (tx) => {
      const expires_at = new Date(tx.now.getTime() + 700);
      await tx.sql
        .updateTable("service_token")
        .set({ expires_at })
        .where("user_id", "is", null)
        .where("name", "like", "machine-%")
        .execute();
    });
    const socket = await connect(token);
    expect((await socket.closed).code).toBe(4403);
  });

  it("is closed out with 4403 when the person behind the token is suspended", async () => {
    const { gateway } = file;
    const { id, token } = await makeHolder(gateway, ["USER_READ"]);
    const socket = await connect(token);
    await socket.start(EVENTS).ready();
    await gateway.run("mutation ($input: SuspendUserInput!) { suspendUser(input: $input) { position } }", {
      input: { id, reason: "because" },
    });
    expect((await socket.closed).code).toBe(4403);
  });

  it("keeps the connection while what they may do changes", async () => {
    const { gateway } = file;
    const { id, token } = await makeHolder(gateway, ["USER_READ"]);
    const socket = await connect(token);
    const events = socket.start("subscription { userEvents { ... on FeedReset { reason } } }");
    await events.ready();
    const { createRole } = await gateway.run(
      "mutation ($input: CreateRoleInput!) { createRole(input: $input) { role { key } } }",
      {
        input: { key: "more", name: "More", permissions: ["ORG_READ"] },
      },
    );
    await grant(gateway, id, createRole.role.key);
    expect(await events.until((values) => values.find(({ reason }) => reason))).toEqual({
      reason: "VISIBILITY_CHANGED",
    });
    expect(socket.ws.readyState).toBe(WebSocket.OPEN);
  });
});

describe("A subscription", () => {
  it("is refused over HTTP, which says where to send it", async () => {
    const { status, errors: [error] = [] } = await file.gateway.ask(EVENTS);
    expect([status, error?.extensions.code]).toEqual([400, "INVALID_INPUT"]);
    expect(error?.message).toContain("/graphql/stream");
  });
});

const CAUSE = { kind: "SYSTEM", action: "test.arranged", actor: { kind: "SYSTEM", id: null, name: "test" } } as const;
