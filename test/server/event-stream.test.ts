import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "graphql-sse";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { printPosition } from "../../src/kernel/position.ts";
import { StreamTools } from "../../src/server/stream-tools.ts";
import { machineToken, makeUser } from "../support/directory.ts";
import { gatewayForFile, TestGateway } from "../support/gateway.ts";

const file = gatewayForFile({ times: { holdingMs: 300 }, limits: { connectionsPerViewer: 3 } });

const EVENTS = `subscription ($after: Position) {
  userEvents(after: $after) { __typename ... on UserEvent { position userId } ... on FeedCheckpoint { position } }
}`;

interface Told {
  userEvents: { __typename: string; position: string; userId?: string };
}

/** The client that front ends use, which goes on after the last position when its connection breaks. */
function clientOf(gateway: TestGateway, token = gateway.admin) {
  const client = createClient({
    url: `${gateway.url}/graphql/stream`,
    headers: { authorization: `Bearer ${token}` },
    retryAttempts: 0,
  });
  onTestFinished(() => client.dispose());
  return client;
}

const post = (headers: Record<string, string>, body: object, url = file.gateway.url) =>
  fetch(`${url}/graphql/stream`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "text/event-stream",
      authorization: `Bearer ${file.gateway.admin}`,
      ...headers,
    },
    body: JSON.stringify(body),
  });

/** The events of a stream that ends. */
async function eventsOf(response: Response): Promise<{ event: string; data: unknown }[]> {
  const text = await response.text();
  return text
    .split("\n\n")
    .filter((block) => block.startsWith("event: "))
    .map((block) => {
      const [, event, data] = /^event: (\w+)\ndata:(.*)$/s.exec(block) as unknown as [string, string, string];
      return { event, data: data.trim() === "" ? null : JSON.parse(data) };
    });
}

describe("Server-sent events", () => {
  it("carry a subscription to the client that front ends use, and resume it", async () => {
    const { gateway } = file;
    const events = clientOf(gateway).iterate<Told>({ query: EVENTS });
    const first = (await events.next()).value?.data?.userEvents;
    expect(first?.__typename).toBe("FeedCheckpoint");
    const users = [await makeUser(gateway), await makeUser(gateway)];
    for (const user of users) expect((await events.next()).value?.data?.userEvents.userId).toBe(user.id);
    await events.return?.();
    const again = clientOf(gateway).iterate<Told>({ query: EVENTS, variables: { after: first?.position } });
    await again.next();
    for (const user of users) expect((await again.next()).value?.data?.userEvents.userId).toBe(user.id);
    await again.return?.();
  });

  it("carry a query, answered and completed", async () => {
    const response = await post({}, { query: "{ roles { totalCount } }" });
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    expect(await eventsOf(response)).toEqual([
      { event: "next", data: { data: { roles: { totalCount: expect.any(Number) } } } },
      { event: "complete", data: null },
    ]);
  });

  it("carry a query by GET, and no mutation", async () => {
    const get = (query: string) =>
      fetch(`${file.gateway.url}/graphql/stream?query=${encodeURIComponent(query)}`, {
        headers: { accept: "text/event-stream", authorization: `Bearer ${file.gateway.admin}` },
      });
    expect((await eventsOf(await get("{ roles { totalCount } }"))).map(({ event }) => event)).toEqual([
      "next",
      "complete",
    ]);
    expect((await get('mutation { deleteUser(input: { id: "x" }) { position } }')).status).toBe(405);
  });

  it.each([
    ["an operation that is not valid", "subscription { nothing }"],
    ["a refused subscription", "subscription { userEvents(types: []) { __typename } }"],
  ])("tell errors as a last result: %s", async (_, query) => {
    const [next, complete] = await eventsOf(await post({}, { query }));
    expect(next).toMatchObject({ event: "next", data: { errors: [{ extensions: { code: "INVALID_INPUT" } }] } });
    expect(complete?.event).toBe("complete");
  });

  it("are refused to whoever does not take them, or has not signed in", async () => {
    const query = "{ roles { totalCount } }";
    expect((await post({ accept: "application/json" }, { query })).status).toBe(406);
    expect((await post({ authorization: "Bearer nobody" }, { query })).status).toBe(401);
    const without = await fetch(`${file.gateway.url}/graphql/stream`, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "text/event-stream" },
      body: JSON.stringify({ query }),
    });
    expect(without.status).toBe(401);
  });

  it("end with UNAUTHENTICATED when the token is revoked, without a word on what comes after", async () => {
    const { gateway } = file;
    const token = await machineToken(gateway, ["USER_READ"]);
    const events = clientOf(gateway, token).iterate<Told>({ query: EVENTS });
    await events.next();
    await gateway.database.write(CAUSE, async (tx) => {
      await tx.sql
        .updateTable("service_token")
        .set({ revoked_at: tx.now })
        .where("name", "like", "machine-%")
        .execute();
    });
    await makeUser(gateway);
    expect((await events.next()).value?.errors?.[0]?.extensions?.code).toBe("UNAUTHENTICATED");
    expect((await events.next()).done).toBe(true);
  });

  it("are as many at a time as a viewer may have connections", async () => {
    const token = await machineToken(file.gateway, ["USER_READ"]);
    const open = new AbortController();
    const start = () =>
      fetch(`${file.gateway.url}/graphql/stream`, {
        method: "POST",
        signal: open.signal,
        headers: { "content-type": "application/json", accept: "text/event-stream", authorization: `Bearer ${token}` },
        body: JSON.stringify({ query: EVENTS }),
      });
    const statuses = [];
    for (let i = 0; i < 4; i++) statuses.push((await start()).status);
    expect(statuses).toEqual([200, 200, 200, 429]);
    open.abort();
    await expect
      .poll(
        async () => (await post({ authorization: `Bearer ${token}` }, { query: "{ roles { totalCount } }" })).status,
        { timeout: 10_000 },
      )
      .toBe(200);
  });

  it("leave nothing behind of clients that are gone before they are let in", async () => {
    const { url } = file.gateway;
    const token = await machineToken(file.gateway, ["USER_READ"]);
    const body = JSON.stringify({ query: EVENTS });
    const head = [
      "POST /graphql/stream HTTP/1.1",
      `Host: ${new URL(url).host}`,
      "Accept: text/event-stream",
      "Content-Type: application/json",
      `Authorization: Bearer ${token}`,
      `Content-Length: ${body.length}`,
    ];
    for (let i = 0; i < 12; i++) {
      const socket = connect(Number(new URL(url).port), "127.0.0.1");
      await once(socket, "connect");
      socket.on("error", () => undefined);
      const closed = new Promise((resolve) => socket.once("close", resolve));
      socket.write(`${head.join("\r\n")}\r\n\r\n${body}`, () => socket.destroy());
      await closed;
    }
    const figures = async () => {
      const text = await (await fetch(`${url}/metrics`)).text();
      return ["stream_connections", "subscriptions"].map((name) =>
        Number(new RegExp(`^rollcall_${name} (\\d+)`, "m").exec(text)?.[1]),
      );
    };
    await expect.poll(figures, { timeout: 10_000 }).toEqual([0, 0]);
    const query = "{ users(first: 1) { totalCount } }";
    expect((await post({ authorization: `Bearer ${token}` }, { query })).status).toBe(200);
  });

  it("wait for the position that a client names, as any request does", async () => {
    const ahead = printPosition({ commit: 1_000_000n });
    const response = await post({ "rollcall-at-least": ahead }, { query: EVENTS });
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "1"]);
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: "STALE_READ" } }] });
    expect((await post({ "rollcall-at-least": "yesterday" }, { query: EVENTS })).status).toBe(400);
  });

  it("break off without complete when the gateway shuts down, so that clients resume elsewhere", async () => {
    const gateway = await TestGateway.start({});
    const response = await post({ authorization: `Bearer ${gateway.admin}` }, { query: EVENTS }, gateway.url);
    const [events] = await Promise.all([eventsOf(response), gateway.close()]);
    expect(events.map(({ event }) => event)).not.toContain("complete");
  });

  it("answer a query that is under way before the gateway shuts down", async () => {
    const gateway = await TestGateway.start({});
    const { run } = StreamTools.prototype;
    const held = Promise.withResolvers<void>();
    const running = vi.spyOn(StreamTools.prototype, "run").mockImplementation(async function (
      this: StreamTools,
      ...args
    ) {
      await held.promise;
      return run.apply(this, args);
    });
    onTestFinished(() => running.mockRestore());
    const query = "{ roles { totalCount } }";
    const response = await post({ authorization: `Bearer ${gateway.admin}` }, { query }, gateway.url);
    await expect.poll(() => running.mock.calls.length).toBe(1);
    const closing = gateway.close();
    await sleep(100);
    held.resolve();
    const [events] = await Promise.all([eventsOf(response), closing]);
    expect(events.map(({ event }) => event)).toEqual(["next", "complete"]);
    expect(events[0]?.data).toMatchObject({ data: expect.anything() });
  });
});

const CAUSE = { kind: "SYSTEM", action: "test.arranged", actor: { kind: "SYSTEM", id: null, name: "test" } } as const;
