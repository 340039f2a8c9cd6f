import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { pino } from "pino";
import { describe, expect, it, onTestFinished } from "vitest";
import { BudgetTable } from "../../src/database/budget-table.ts";
import { ServiceTokenService } from "../../src/features/auth/service-token.service.ts";
import { parseId } from "../../src/kernel/ids.ts";
import { networkOf } from "../../src/kernel/network-address.ts";
import { inMemory, inRedis, inTable } from "../../src/server/budget-counters.ts";
import { type BudgetCounters, type BudgetSettings, Budgets } from "../../src/server/budgets.ts";
import { databaseKind, directoryForTest, someCause } from "../support/database.ts";
import { machineToken, makeUser, unique } from "../support/directory.ts";
import { gatewayForFile, TestGateway } from "../support/gateway.ts";
import { Socket } from "../support/socket.ts";

const file = gatewayForFile();
const silent = pino({ level: "silent" });
const AMPLE = { rootFields: 1_000, cost: 1_000_000 };
const settings = (given: Partial<BudgetSettings>): BudgetSettings => ({
  seconds: 600,
  viewer: AMPLE,
  anonymous: AMPLE,
  ...given,
});

/** Another gateway over the file's database, with budgets that are counted so. */
async function gatewayWith(counters: BudgetCounters): Promise<TestGateway> {
  const budgets = new Budgets(counters);
  const gateway = await TestGateway.over(file.gateway.database, { operations: { budgets } });
  onTestFinished(async () => {
    await gateway.close();
    await budgets.close();
  });
  return gateway;
}

const inThisProcess = (given: Partial<BudgetSettings>) => gatewayWith(inMemory(settings(given)));

const HELD = "{ viewer { __typename } }";
const spent = expect.objectContaining({ code: "RATE_LIMITED", limit: 3, retryAfterSeconds: expect.any(Number) });
const codesOf = (answers: { errors?: { extensions: { code: string } }[] }[]) =>
  answers.map(({ errors }) => errors?.[0]?.extensions.code ?? "answered");

/** A request as it goes over the wire, with its header. */
const post = (gateway: TestGateway, query: string, { token, from }: { token?: string; from?: string } = {}) =>
  gateway.server.inject({
    method: "POST",
    url: "/graphql",
    remoteAddress: from ?? "127.0.0.1",
    headers: { accept: "application/graphql-response+json", ...(token ? { authorization: `Bearer ${token}` } : {}) },
    payload: { query },
  });

describe("A viewer's budget", () => {
  it("is enough to its last root field, and not for one more", async () => {
    const gateway = await inThisProcess({ viewer: { rootFields: 3, cost: 1_000 } });
    const answers = [];
    for (let i = 0; i < 4; i++) answers.push(await gateway.ask(HELD));
    expect(codesOf(answers)).toEqual(["answered", "answered", "answered", "RATE_LIMITED"]);
    expect(answers[3]).toMatchObject({ status: 429, errors: [{ extensions: spent }] });
  });

  it("counts every root field of an operation, and every alias of one", async () => {
    const gateway = await inThisProcess({ viewer: { rootFields: 3, cost: 1_000 } });
    const fields = "query Three { viewer { __typename } a: viewer { __typename } b: viewer { __typename } }";
    expect(codesOf([await gateway.ask(fields), await gateway.ask(HELD)])).toEqual(["answered", "RATE_LIMITED"]);
  });

  it("counts what operations cost", async () => {
    const gateway = await inThisProcess({ viewer: { rootFields: 1_000, cost: 250 } });
    const page = "{ users(first: 50) { nodes { id } } }";
    const answers = [];
    for (let i = 0; i < 6; i++) answers.push(await gateway.ask(page));
    const refused = answers.find(({ errors }) => errors);
    expect(codesOf(answers)[0]).toBe("answered");
    expect(refused?.errors?.[0]?.extensions).toMatchObject({ code: "RATE_LIMITED", limit: 250 });
  });

  it("is told in every response's header, and with a refusal when to try again", async () => {
    const gateway = await inThisProcess({ viewer: { rootFields: 1, cost: 1_000 } });
    const first = await post(gateway, HELD, { token: gateway.admin });
    expect(first.headers["ratelimit-policy"]).toBe('"root-fields";q=1;w=600, "cost";q=1000;w=600');
    expect(first.headers.ratelimit).toMatch(/^"root-fields";r=0;t=\d+, "cost";r=\d+;t=\d+$/);
    const second = await post(gateway, HELD, { token: gateway.admin });
    expect(second.statusCode).toBe(429);
    expect(Number(second.headers["retry-after"])).toBeGreaterThan(0);
    expect(second.headers.ratelimit).toMatch(/^"root-fields";r=0;t=\d+/);
    expect(second.json().errors[0].extensions.retryAfterSeconds).toBe(Number(second.headers["retry-after"]));
  });

  it("is no other viewer's", async () => {
    const gateway = await inThisProcess({ viewer: { rootFields: 1, cost: 1_000 }, anonymous: AMPLE });
    await gateway.ask(HELD);
    expect(codesOf([await gateway.ask(HELD), await gateway.ask("{ __typename }", {}, null)])).toEqual([
      "RATE_LIMITED",
      "answered",
    ]);
  });

  it("is not spent by a token of theirs that does not hold any more", async () => {
    const gateway = await inThisProcess({ viewer: { rootFields: 4, cost: 1_000 } });
    const service = new ServiceTokenService(gateway.database);
    const { uuid: userId } = parseId((await makeUser(gateway)).id) as { uuid: string };
    const issue = async () =>
      (await service.issue(someCause, { name: unique("token"), holder: { userId }, expiresAt: null })).value;
    const [{ secret: lost, tokenId }, { secret: held }] = [await issue(), await issue()];
    const ask = (token: string) => gateway.ask("{ viewer { user { id } } }", {}, token);
    // Who asked before is expected to be found again.
    const answers = [await ask(lost), await ask(lost)];
    await service.revoke(someCause, tokenId);
    answers.push(await ask(lost), await ask(held), await ask(held), await ask(held));
    expect(codesOf(answers)).toEqual([
      ...["answered", "answered", "UNAUTHENTICATED"],
      ...["answered", "answered", "RATE_LIMITED"],
    ]);
  });

  it("is spent over WebSockets as well, by operation", async () => {
    const gateway = await inThisProcess({ viewer: { rootFields: 3, cost: 1_000 } });
    await gateway.ask(HELD);
    const socket = await Socket.open(gateway.url, gateway.admin);
    onTestFinished(() => socket.kill());
    await socket.start(HELD).ready();
    const follows = socket.start("subscription { userEvents { __typename } }");
    await follows.ready();
    expect((await socket.start(HELD).refused()).extensions).toEqual(spent);
    expect((await socket.start("subscription { userEvents { __typename } }").refused()).extensions).toEqual(spent);
    expect(follows.messages.some(({ type }) => type === "error")).toBe(false);
  });

  it("is spent by event streams as well, which are refused before they begin", async () => {
    const gateway = await inThisProcess({ viewer: { rootFields: 1, cost: 1_000 } });
    const ask = () =>
      fetch(`${gateway.url}/graphql/stream`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          accept: "text/event-stream",
          authorization: `Bearer ${gateway.admin}`,
        },
        body: JSON.stringify({ query: HELD }),
      });
    const first = await ask();
    expect([first.status, first.headers.get("ratelimit")]).toEqual([200, expect.stringContaining('"root-fields";r=0')]);
    expect(await first.text()).toContain("event: next");
    const second = await ask();
    expect([second.status, second.headers.get("retry-after")]).toEqual([429, expect.stringMatching(/^\d+$/)]);
    expect(await second.json()).toMatchObject({ errors: [{ extensions: { code: "RATE_LIMITED", limit: 1 } }] });
  });
});

describe("Who has not signed in", () => {
  it("spends the budget of their address, of IPv6 that of its /64", async () => {
    const gateway = await inThisProcess({ anonymous: { rootFields: 1, cost: 1_000 } });
    const from = async (address: string) => (await post(gateway, "{ __typename }", { from: address })).statusCode;
    expect([await from("192.0.2.1"), await from("192.0.2.1"), await from("192.0.2.2")]).toEqual([200, 429, 200]);
    expect(await from("2001:db8:1:2::1")).toBe(200);
    expect(await from("2001:db8:1:2:ffff:ffff:ffff:ffff")).toBe(429);
    expect(await from("2001:db8:1:3::1")).toBe(200);
    expect(await from("::ffff:192.0.2.1")).toBe(429);
  });

  it("is known by one network however the address is written", () => {
    const same = ["2001:db8::1", "2001:0DB8:0:0:5::9", "2001:db8:0:0::192.0.2.1"].map(networkOf);
    expect(new Set(same)).toEqual(new Set(["2001:db8:0:0::/64"]));
    expect(["::1", "fe80::1%eth0", "1:2:3:4:5:6:7:8", "10.0.0.1", "::ffff:10.0.0.1"].map(networkOf)).toEqual([
      "0:0:0:0::/64",
      "fe80:0:0:0::/64",
      "1:2:3:4::/64",
      "10.0.0.1",
      "10.0.0.1",
    ]);
  });
});

describe("Two gateways", () => {
  it("count together in the database, by its clock", async () => {
    const { database } = file.gateway;
    const limited = settings({ seconds: 60, viewer: { rootFields: 3, cost: 1_000 } });
    const shared = () => gatewayWith(inTable(limited, new BudgetTable(database)));
    const [one, two] = [await shared(), await shared()];
    const answers = [await one.ask(HELD), await two.ask(HELD), await one.ask(HELD), await two.ask(HELD)];
    expect(codesOf(answers)).toEqual(["answered", "answered", "answered", "RATE_LIMITED"]);
    database.moveClock("61 seconds");
    onTestFinished(() => database.moveClock("0 seconds"));
    expect(codesOf([await one.ask(HELD)])).toEqual(["answered"]);
  });

  it("lose nothing of what is spent at the same time", async () => {
    const limited = settings({ viewer: { rootFields: 20, cost: 1_000_000 } });
    const shared = () => gatewayWith(inTable(limited, new BudgetTable(file.gateway.database)));
    const gateways = [await shared(), await shared()];
    const token = await machineToken(file.gateway, []);
    const asked = Array.from({ length: 40 }, (_, i) => (gateways[i % 2] as TestGateway).ask(HELD, {}, token));
    expect(codesOf(await Promise.all(asked)).filter((code) => code === "answered").length).toBe(20);
  });
});

const redis = spawnSync("redis-server", ["--version"]).status === 0;

/** A Redis of the running test's own, on a port that stays the same when it is started again. */
async function startRedis(port: number): Promise<() => Promise<void>> {
  const options = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--dir", directoryForTest()];
  const child = spawn("redis-server", options, { stdio: ["ignore", "pipe", "ignore"] });
  const ended = once(child, "exit");
  const ready = Promise.withResolvers<void>();
  child.stdout.on("data", (text: Buffer) => {
    if (text.includes("Ready to accept connections")) ready.resolve();
  });
  child.once("exit", () => ready.reject(new Error("Redis ended.")));
  await ready.promise;
  const stop = async () => {
    child.kill("SIGKILL");
    await ended;
  };
  onTestFinished(stop);
  return stop;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

// What Redis does is the same whichever the database: one kind is enough. Without redis-server on the path there is nothing to try it with.
describe.skipIf(!redis || databaseKind === "embedded")("Gateways that share a Redis", () => {
  it("count together, by themselves while it is gone, and together again when it is back", async () => {
    const port = await freePort();
    const stop = await startRedis(port);
    const limited = settings({ viewer: { rootFields: 3, cost: 1_000 } });
    const shared = () => inRedis(limited, `redis://127.0.0.1:${port}`, silent).then(gatewayWith);
    const [one, two] = [await shared(), await shared()];
    await expect.poll(async () => await gatewaysAtRedis(port)).toBe(2);
    const together = [await one.ask(HELD), await two.ask(HELD), await one.ask(HELD), await two.ask(HELD)];
    expect(codesOf(together)).toEqual(["answered", "answered", "answered", "RATE_LIMITED"]);
    await stop();
    const alone = [];
    for (let i = 0; i < 4; i++) alone.push(await one.ask(HELD));
    expect(codesOf(alone)).toEqual(["answered", "answered", "answered", "RATE_LIMITED"]);
    await startRedis(port);
    await expect.poll(async () => await gatewaysAtRedis(port), { timeout: 10_000 }).toBe(2);
    // This Redis knows nothing of what was spent; that the gateway asks it is what it answers by.
    expect(codesOf([await one.ask(HELD)])).toEqual(["answered"]);
  });
});

/** How many gateways are connected. */
async function gatewaysAtRedis(port: number): Promise<number> {
  const { stdout } = spawnSync("redis-cli", ["-p", String(port), "client", "list"], { encoding: "utf8" });
  return stdout.split("\n").filter((line) => line.includes("name=rollcall-budgets")).length;
}
