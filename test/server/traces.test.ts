import { createHash } from "node:crypto";
import { pino } from "pino";
import { afterAll, beforeAll, expect, it } from "vitest";
import { inSpan, isTraced } from "../../src/kernel/spans.ts";
import { startTracing } from "../../src/server/otlp.ts";
import { Periodic } from "../../src/server/periodic.ts";
import { TestGateway } from "../support/gateway.ts";
import { type OtlpReceiver, type ReceivedSpan, receiveOtlp } from "../support/otlp-receiver.ts";
import { Socket } from "../support/socket.ts";

/* Traces as a collector receives them. They are sent when tracing ends, so the file acts first and looks then. */

const QUERY = `query Engineers($filter: UserFilter) { users(filter: $filter, first: 3) { nodes { username } totalCount } }`;
const CREATE = `mutation Hire($input: CreateUserInput!) { createUser(input: $input) { user { id } } }`;
const SECRET_NAME = "zebedee-hunter2";
const TRACE = "0af7651916cd43dd8448eb211c80319c";
const CONNECTION = "1af7651916cd43dd8448eb211c80319d";
const OWN = "2af7651916cd43dd8448eb211c80319e";
const CALLER = "b7ad6b7169203331";

let gateway: TestGateway;
let receiver: OtlpReceiver;
const given = { status: 0, requestId: "" };

const ended = (name: string): ReceivedSpan[] => receiver.spans.filter((span) => span.name === name);
const childrenOf = ({ spanId }: ReceivedSpan): ReceivedSpan[] =>
  receiver.spans.filter(({ parentSpanId }) => parentSpanId === spanId);

const post = (query: string, variables: object, headers: Record<string, string> = {}) =>
  gateway.server.inject({
    method: "POST",
    url: "/graphql",
    headers: { authorization: `Bearer ${gateway.admin}`, ...headers },
    payload: { query, variables },
  });

/** Operations of one connection, under the trace that it names or one of their own; and one of a connection that names nonsense. */
async function overWebSocket(): Promise<void> {
  for (const traceparent of [`00-${CONNECTION}-${CALLER}-01`, "nonsense"]) {
    const socket = await Socket.open(gateway.url);
    socket.send({ type: "connection_init", payload: { authorization: `Bearer ${gateway.admin}`, traceparent } });
    await socket.waitFor(([ack]) => ack);
    for (const [id, extensions] of [
      ["Plain", {}],
      ["Own", { traceparent: `00-${OWN}-${CALLER}-01`, tracestate: "a=b" }],
      ["Odd", { traceparent: { toString: 1 } }],
    ] as const) {
      socket.send({ id, type: "subscribe", payload: { query: `query ${id} { roles { totalCount } }`, extensions } });
      await socket.waitFor((messages) => messages.some((one) => one.id === id && one.type === "complete"));
    }
    await socket.close();
  }
}

beforeAll(async () => {
  receiver = await receiveOtlp();
  const stop = startTracing({
    endpoint: receiver.url,
    headers: { "x-collector": "ours" },
    serviceName: "rollcall-test",
    sampleRatio: 1,
    slowSearchMs: 0,
  });
  gateway = await TestGateway.start({});
  const input = { username: SECRET_NAME, status: "ACTIVE" };
  await post(CREATE, { input }, { "x-request-id": "the-request-that-hires" });
  const answer = await post(
    QUERY,
    { filter: { username: { eq: SECRET_NAME } } },
    { traceparent: `00-${TRACE}-${CALLER}-01` },
  );
  given.status = answer.statusCode;
  given.requestId = String(answer.headers["x-request-id"]);
  await post(`query { users(filter: { username: { eq: "${SECRET_NAME}" } }) { nodes { id } } }`, {});
  await overWebSocket();
  await new Promise<void>((resolve) => {
    const work = new Periodic("tidying", 1, async () => void setTimeout(() => void work.stop().then(resolve)), pino());
    work.start();
  });
  await inSpan("work that fails", {}, () => Promise.reject(new TypeError(SECRET_NAME))).catch(() => undefined);
  await stop();
});

afterAll(async () => {
  await gateway?.close();
  await receiver?.close();
});

it("a request is a span under the caller's trace, an operation under the request, and statements under the operation", () => {
  const [request] = receiver.spans.filter(({ traceId, name }) => traceId === TRACE && name === "POST /graphql");
  expect(request).toMatchObject({
    parentSpanId: CALLER,
    service: "rollcall-test",
    attributes: { "http.response.status_code": given.status, "rollcall.request_id": given.requestId },
  });
  const [operation] = childrenOf(request as ReceivedSpan);
  expect(operation?.attributes).toEqual({
    "graphql.operation.type": "query",
    "graphql.operation.name": "Engineers",
    "graphql.document.hash": `sha256:${createHash("sha256").update(QUERY).digest("hex")}`,
    "rollcall.request_id": given.requestId,
  });
  const statements = childrenOf(operation as ReceivedSpan);
  expect(statements.length).toBeGreaterThan(0);
  for (const { name, attributes } of statements) {
    expect(name).toBe("SQL");
    expect(attributes).toMatchObject({
      "db.system.name": "postgresql",
      "db.query.parameter_count": expect.any(Number),
      "db.response.returned_rows": expect.any(Number),
    });
  }
  expect(statements.flatMap(childrenOf)).toEqual([]);
});

it("an operation over a WebSocket is under the trace that it names, or its connection does, or one of its own", () => {
  const requests = receiver.spans.filter(({ name }) => name === "WebSocket /graphql");
  const placeOf = (name: string) =>
    ended(`query ${name}`).map((operation) => {
      const request = requests.find(({ spanId }) => spanId === operation.parentSpanId);
      return [request?.traceId === operation.traceId && request?.traceId, request?.parentSpanId];
    });
  const [traced, alone] = placeOf("Plain");
  expect(traced).toEqual([CONNECTION, CALLER]);
  expect(alone).toEqual([expect.not.stringMatching(CONNECTION), undefined]);
  expect(placeOf("Own")).toEqual([
    [OWN, CALLER],
    [OWN, CALLER],
  ]);
  expect(placeOf("Odd")[0]).toEqual([CONNECTION, CALLER]);
});

it("no value that was sent, as a variable, a literal or in an error, is in what the collector received", () => {
  expect(receiver.spans.length).toBeGreaterThan(5);
  expect(receiver.text()).not.toContain(SECRET_NAME);
  expect(receiver.headers()).toMatchObject({ "x-collector": "ours" });
});

it("there is no span for a resolver", () => {
  const [create] = ended("mutation Hire");
  expect(new Set(childrenOf(create as ReceivedSpan).map(({ name }) => name))).toEqual(new Set(["SQL"]));
});

it("the request's id is the same in the trace and in the audit event", async () => {
  const [create] = ended("mutation Hire");
  expect(create?.attributes["rollcall.request_id"]).toBe("the-request-that-hires");
  const { auditEvents } = await gateway.run(
    `{ auditEvents(filter: { action: { eq: "user.created" } }, first: 50) { nodes { cause { requestId } } } }`,
  );
  expect(auditEvents.nodes).toContainEqual({ cause: { requestId: "the-request-that-hires" } });
});

it("work in the background is a trace of its own, and a failure is told by its kind", () => {
  expect(ended("work tidying")[0]?.parentSpanId).toBeUndefined();
  expect(ended("work that fails")[0]?.attributes).toEqual({ "error.type": "TypeError" });
});

it("nothing is traced once it has ended, nor where it never began", async () => {
  const before = receiver.spans.length;
  expect(isTraced()).toBe(false);
  await post(QUERY, {});
  expect(receiver.spans.length).toBe(before);
});
