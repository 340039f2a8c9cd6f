import type { AddressInfo } from "node:net";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { entities } from "../../src/assembly.ts";
import { passingCustody } from "../../src/features/audit/audit.custody.ts";
import { assemble } from "../../src/gateway.ts";
import type { OperationRequest, StreamingGateway } from "../../src/server/gateway.ts";
import { Readiness } from "../../src/server/health.ts";
import { createHttpServer } from "../../src/server/http.ts";
import { Metrics } from "../../src/server/metrics.ts";
import { mountStreams } from "../../src/server/streams.ts";
import { freshDatabase } from "../support/database.ts";

/*
 * Where a request comes from: from whoever connects, but where a proxy that is trusted says otherwise.
 */

const log = pino({ level: "silent" });
let built: StreamingGateway;
const heard: string[] = [];

beforeAll(async () => {
  const { database } = await freshDatabase({ entities });
  const { gateway } = await assemble(database, "UTC", log, passingCustody());
  const createContext = (request: OperationRequest) => {
    heard.push(request.ip);
    return gateway.createContext(request);
  };
  built = { ...gateway, createContext };
});

afterAll(() => built?.close());

/** The addresses that an operation by HTTP and one by a WebSocket seem to come from, where the client says this of itself. */
async function addresses(trustedProxies: readonly string[], headers: Record<string, string>): Promise<string[]> {
  heard.length = 0;
  const metrics = new Metrics();
  const server = await createHttpServer({
    gateway: built,
    log,
    metrics,
    trustedProxies,
    readiness: new Readiness(async () => undefined),
    mount: (fastify) => mountStreams(fastify, { gateway: built, log, metrics, trustedProxies }),
  });
  await server.listen({ host: "127.0.0.1", port: 0 });
  const { port } = server.server.address() as AddressInfo;
  const body = JSON.stringify({ query: "{ __typename }" });
  await fetch(`http://127.0.0.1:${port}/graphql`, {
    method: "POST",
    body,
    headers: { "content-type": "application/json", ...headers },
  });
  const socket = new WebSocket(`ws://127.0.0.1:${port}/graphql`, ["graphql-transport-ws"], { headers });
  await new Promise((resolve) => socket.once("open", resolve));
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.send(JSON.stringify({ type: "connection_init", payload: { authorization: "Bearer unknown" } }));
  await closed;
  await server.close();
  return [...heard];
}

describe("A request comes", () => {
  const said = { "x-forwarded-for": "192.0.2.7, 10.1.2.3" };

  it("from whoever connects, whatever they say of themselves", async () => {
    expect(await addresses([], said)).toEqual(["127.0.0.1", "127.0.0.1"]);
  });

  it("from whom a trusted proxy names, as far as the chain of trusted ones reaches", async () => {
    expect(await addresses(["127.0.0.0/8"], said)).toEqual(["10.1.2.3", "10.1.2.3"]);
    expect(await addresses(["127.0.0.0/8", "10.0.0.0/8"], said)).toEqual(["192.0.2.7", "192.0.2.7"]);
  });
});
