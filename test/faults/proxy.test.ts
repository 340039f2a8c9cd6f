import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import { databaseKind, directoryForTest } from "../support/database.ts";
import { ask, environmentForTest, GatewayProcess, SECRET } from "../support/gateway-process.ts";
import { Subscriber, writer } from "../support/load.ts";
import { onlyLong } from "../support/rounds.ts";

/* The Caddyfile of the compose example, before two real gateways: WebSockets, server-sent events, and a gateway that is killed. */

const caddy = (process.env.PATH ?? "")
  .split(":")
  .map((folder) => join(folder, "caddy"))
  .find((path) => existsSync(path));
if (!caddy) console.log("There is no caddy: the proxy's test is skipped.");
const PATIENCE = { timeout: 30_000, interval: 50 };

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Starts Caddy as the example configures it, before these gateways, and gives its address. */
async function proxyBefore(gateways: readonly GatewayProcess[]): Promise<string> {
  const folder = directoryForTest();
  const port = await freePort();
  const config = readFileSync("deploy/compose/Caddyfile", "utf8")
    .replace(":4000 {", `:${port} {`)
    .replace("gateway-a:4000 gateway-b:4000", gateways.map(({ url }) => url.replace("http://", "")).join(" "));
  writeFileSync(join(folder, "Caddyfile"), config);
  const child = spawn(caddy as string, ["run", "--config", join(folder, "Caddyfile"), "--adapter", "caddyfile"], {
    env: { PATH: process.env.PATH ?? "", HOME: folder },
    stdio: "ignore",
  });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  const url = `http://127.0.0.1:${port}`;
  await expect.poll(() => ask(url, "{ roles { totalCount } }").then(Boolean, () => false), PATIENCE).toBe(true);
  return url;
}

/** How many events an event stream has brought; it is over when the other side ends it. */
async function eventStream(url: string): Promise<{ told: () => number; over: Promise<void> }> {
  const query = "subscription { userEvents { ... on UserEvent { userId } ... on FeedCheckpoint { position } } }";
  const response = await fetch(`${url}/graphql/stream`, {
    method: "POST",
    headers: { accept: "text/event-stream", "content-type": "application/json", authorization: `Bearer ${SECRET}` },
    body: JSON.stringify({ query }),
  });
  expect(response.headers.get("content-type")).toContain("text/event-stream");
  let text = "";
  const over = (async () => {
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) text += Buffer.from(chunk);
  })().catch(() => undefined);
  return { told: () => text.split('"userId"').length - 1, over };
}

it.runIf(onlyLong(databaseKind === "postgres" && caddy !== undefined))(
  "behind the proxy subscribers have each change exactly once while a gateway is killed and another one drained, streams arrive as they are written, and probes are not published",
  async () => {
    const environment = { ...(await environmentForTest()), TRUSTED_PROXIES: "127.0.0.1" };
    const gateways = [await GatewayProcess.start(environment), await GatewayProcess.start(environment)] as const;
    const place = { url: await proxyBefore(gateways) };
    for (const path of ["/livez", "/readyz", "/metrics"]) expect((await fetch(`${place.url}${path}`)).status).toBe(404);
    const subscribers = Array.from({ length: 4 }, () => new Subscriber(place));
    const told = () => Math.min(...subscribers.map((one) => one.told.length));
    await expect.poll(() => subscribers.every(({ connections }) => connections === 1), PATIENCE).toBe(true);
    const stream = await eventStream(place.url);
    await sleep(500); // until all subscriptions are under way
    const writers = [writer(place), writer(place)];
    await expect.poll(stream.told, PATIENCE).toBeGreaterThan(5);
    await expect.poll(told, PATIENCE).toBeGreaterThan(10);
    await gateways[0].kill();
    const after = told();
    await expect.poll(told, PATIENCE).toBeGreaterThan(after + 10);
    const replaced = await GatewayProcess.start({ ...environment, PORT: new URL(gateways[0].url).port });
    await sleep(2_000); // until the proxy has seen that it is ready
    expect(await gateways[1].stop()).toBe(0);
    const before = told();
    await expect.poll(told, PATIENCE).toBeGreaterThan(before + 10);
    await stream.over;
    const made = (await Promise.all(writers.map((stop) => stop()))).flat().toSorted();
    await expect.poll(told, PATIENCE).toBeGreaterThanOrEqual(made.length);
    await sleep(500); // for one that came twice to come
    for (const subscriber of subscribers) {
      await subscriber.stop();
      expect(subscriber.told.toSorted()).toEqual(made);
    }
    expect(
      (await ask<{ users: { totalCount: number } }>(replaced.url, "{ users(first: 1) { totalCount } }")).users
        .totalCount,
    ).toBe(made.length);
  },
  180_000,
);
