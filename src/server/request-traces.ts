import type { FastifyInstance, FastifyRequest } from "fastify";
import { type Arrival, arrive, isTraced, type TraceParent } from "../kernel/spans.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** The request's span, where requests are traced. */
    arrival: Arrival | null;
  }
}

/** The server kind of OpenTelemetry's spans. */
const SERVER = 1;
const ERROR = 2;
/** What machines ask every few seconds tells nothing. */
const UNTRACED: ReadonlySet<string> = new Set(["/livez", "/readyz", "/metrics"]);

/** Gives every request a span under the trace that its `traceparent` names; nothing where nothing is traced. */
export function traceRequests(server: FastifyInstance): void {
  server.decorateRequest("arrival", null);
  if (!isTraced()) return;
  server.addHook("onRequest", async (request) => {
    if (!UNTRACED.has(routeOf(request))) request.arrival = begun(request) ?? null;
  });
  // Entered here and not before: reading the body leaves the asynchronous context that onRequest ran in.
  server.addHook("preHandler", (request, _reply, done) => {
    if (request.arrival) request.arrival.within(done);
    else done();
  });
  server.addHook("onResponse", async (request, reply) => {
    const span = request.arrival?.span;
    span?.setAttribute("http.response.status_code", reply.statusCode);
    if (reply.statusCode >= 500) span?.setStatus({ code: ERROR });
    span?.end();
  });
}

/** Carries out a query or a mutation of a WebSocket in a span of its own, under the trace that its client names. */
export async function traceOperation<T>(parent: TraceParent, requestId: string, work: () => Promise<T>): Promise<T> {
  const attributes = {
    "network.protocol.name": "websocket",
    "http.route": "/graphql",
    "rollcall.request_id": requestId,
  };
  const arrival = arrive(parent, "WebSocket /graphql", { kind: SERVER, attributes });
  if (!arrival) return await work();
  try {
    return await arrival.within(work);
  } finally {
    arrival.span.end();
  }
}

const routeOf = (request: FastifyRequest): string => request.routeOptions.url ?? "(none)";

function begun(request: FastifyRequest): Arrival | undefined {
  const route = routeOf(request);
  return arrive(request.headers, `${request.method} ${route}`, {
    kind: SERVER,
    attributes: {
      "http.request.method": request.method,
      "http.route": route,
      "url.path": route,
      "rollcall.request_id": request.id,
    },
  });
}
