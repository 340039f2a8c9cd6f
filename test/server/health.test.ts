import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { measureReadiness } from "../../src/app-metrics.ts";
import { prepareDrain } from "../../src/server/drain.ts";
import { type Ping, Readiness } from "../../src/server/health.ts";
import { Metrics } from "../../src/server/metrics.ts";
import { run } from "./support.ts";

describe("Readiness", () => {
  it("is told without waiting while the database is busy", async () => {
    let pings = 0;
    const readiness = new Readiness(() => (++pings === 1 ? Promise.resolve() : new Promise(() => {})), 1);
    await readiness.start();
    await expect.poll(() => pings).toBe(2);
    expect(readiness.state()).toEqual({ ready: true, warnings: [] });
    readiness.stop();
  });

  it("is lost when the database stays silent beyond the limit", async () => {
    let pings = 0;
    const readiness = new Readiness(() => (++pings === 1 ? Promise.resolve() : new Promise(() => {})), 1, 20);
    await readiness.start();
    await expect.poll(() => readiness.state()).toEqual({ ready: false, reason: "The database does not answer." });
    expect(pings).toBe(2);
    readiness.stop();
  });

  it("is lost and found again with the database", async () => {
    let up = false;
    const ping = async () => {
      if (!up) throw new Error("connect ECONNREFUSED 10.0.0.1:5432");
    };
    const readiness = new Readiness(ping, 1);
    await readiness.start();
    expect(readiness.state()).toEqual({ ready: false, reason: "The database cannot be reached." });
    up = true;
    await expect.poll(() => readiness.state()).toEqual({ ready: true, warnings: [] });
    readiness.stop();
  });
});

describe("The health routes", () => {
  it("say that the process lives and that it may be sent work", async () => {
    const { url } = await run();
    expect(await (await fetch(`${url}/livez`)).json()).toEqual({ status: "alive" });
    expect(await (await fetch(`${url}/readyz`)).json()).toEqual({ status: "ready" });
  });

  it("say 503 while the database is away, and that the process lives all the same", async () => {
    const { url } = await run({ ping: () => Promise.reject(new Error("away")) });
    const response = await fetch(`${url}/readyz`);
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({ status: "unavailable", reason: "The database cannot be reached." });
    expect((await fetch(`${url}/livez`)).status).toBe(200);
  });

  it("are metrics too, so that an alarm can tell of them", async () => {
    let ping: Ping = async () => ["The disk is nearly full."];
    const readiness = new Readiness(() => ping(), 1);
    const metrics = new Metrics();
    measureReadiness(readiness, metrics);
    const told = async () => (await metrics.text()).match(/^rollcall_(ready|warnings) .+$/gm);
    expect(await told()).toEqual(["rollcall_ready 0", "rollcall_warnings 0"]);
    await readiness.start();
    expect(await told()).toEqual(["rollcall_ready 1", "rollcall_warnings 1"]);
    ping = () => Promise.reject(new Error("away"));
    await expect.poll(told).toEqual(["rollcall_ready 0", "rollcall_warnings 0"]);
    readiness.stop();
  });

  it("count requests, operations and errors for Prometheus, with values read at the scrape", async () => {
    const { url, post, metrics } = await run();
    let head: number | undefined;
    metrics.gauge("feed_position", "The number of the last commit.", () => head);
    metrics.statement(0.002);
    await post({ query: "{ hello refused }" });
    await post({ query: "{ goodbye }" });
    const text = await (await fetch(`${url}/metrics`)).text();
    expect(text).toContain('rollcall_http_requests_total{method="POST",route="/graphql",status="200"} 1');
    expect(text).toContain('rollcall_http_requests_total{method="POST",route="/graphql",status="400"} 1');
    expect(text).toContain('rollcall_graphql_errors_total{code="FORBIDDEN"} 1');
    expect(text).toContain('rollcall_graphql_errors_total{code="INVALID_INPUT"} 1');
    expect(text).toContain('rollcall_graphql_operation_duration_seconds_count{kind="query",operation="unnamed"} 1');
    expect(text).toContain('rollcall_graphql_operation_duration_seconds_count{kind="invalid",operation="unnamed"} 1');
    expect(text).toContain("rollcall_sql_statement_duration_seconds_count 1");
    expect(text).not.toMatch(/^rollcall_feed_position /m);
    head = 42;
    expect(await (await fetch(`${url}/metrics`)).text()).toContain("rollcall_feed_position 42");
  });
});

describe("A drain", () => {
  it("turns readiness off at once, answers what is open and then listens no more", async () => {
    const { server, readiness, url, post, gate } = await run();
    const drain = prepareDrain(server, readiness);
    const open = post({ query: "{ slow }" });
    await gate.entered;
    const drained = drain();
    expect((await fetch(`${url}/readyz`)).status).toBe(503);
    gate.open();
    expect(await (await open).json()).toEqual({ data: { slow: "done" } });
    await drained;
    await expect(fetch(`${url}/livez`)).rejects.toThrow();
  });

  it("takes work while it waits for what is open, because balancers learn of it late", async () => {
    const { server, readiness, post, gate } = await run();
    const drain = prepareDrain(server, readiness);
    const open = post({ query: "{ slow }" });
    await gate.entered;
    const drained = drain();
    expect((await post({ query: "{ hello }" })).status).toBe(200);
    gate.open();
    await Promise.all([open, drained]);
  });

  it("ends although a request never does, and although a client keeps its connection", async () => {
    const { server, readiness, url, post, gate } = await run();
    const drain = prepareDrain(server, readiness, { lingerMs: 10, closeMs: 10 });
    const idle = connect(Number(new URL(url).port), "127.0.0.1");
    const cut = expect(post({ query: "{ slow }" })).rejects.toThrow();
    await gate.entered;
    await drain();
    await cut;
    idle.destroy();
  });

  it("ends at once when nothing is open", async () => {
    const { server, readiness, post } = await run();
    const drain = prepareDrain(server, readiness, { lingerMs: 600_000, closeMs: 600_000 });
    await post({ query: "{ hello }" });
    await drain();
  });
});
