import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { ApolloServer, type ApolloServerPlugin, type BaseContext } from "@apollo/server";
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
} from "@apollo/server/plugin/disabled";
import { fastifyApolloHandler } from "@as-integrations/fastify";
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest, LogController } from "fastify";
import type { Logger } from "pino";
import { outsideTurns, type Turn } from "../database/turn.ts";
import { invalidInput } from "../kernel/errors.ts";
import { networkOf } from "../kernel/network-address.ts";
import { Arrivals } from "./arrivals.ts";
import { stringifyAnswer } from "./data-text.ts";
import { mountDownloads } from "./downloads.ts";
import type { Gateway, OperationRequest } from "./gateway.ts";
import { guardsOf } from "./guard-headers.ts";
import type { Readiness } from "./health.ts";
import { Admissions, admitDocument, admitOperations, asRefusal } from "./http-admission.ts";
import type { Metrics } from "./metrics.ts";
import { OperationReader, type OperationSettings, toldBy } from "./operation.ts";
import { OperationMeter } from "./operation-span.ts";
import { OperationTurn } from "./operation-turn.ts";
import { type Envelope, watchOperations } from "./operation-watch.ts";
import { answerPlanned, PlannedAnswers } from "./planned.ts";
import {
  BODY_LIMIT,
  refuseDoubled,
  refuseExpectation,
  refuseFault,
  refuseNesting,
  refuseRoute,
  refuseUnreadable,
} from "./refusal.ts";
import { traceRequests } from "./request-traces.ts";
import type { SlowSearches } from "./slow-searches.ts";
import { mountUploads } from "./uploads.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** What the operation takes of the database; null for what is no operation. */
    turn: Turn | null;
  }
}

export interface HttpServerOptions<Context extends BaseContext> {
  gateway: Gateway<Context>;
  log: Logger;
  metrics: Metrics;
  readiness: Readiness;
  /** Whose word on where a request comes from is taken: addresses and networks. */
  trustedProxies?: readonly string[];
  /** Told of every operation, to log those that are slow searches. */
  slowSearches?: SlowSearches | undefined;
  /** What may be asked. */
  operations?: OperationSettings;
  /** Whether people come by https: then browsers are told to come by nothing else. */
  https?: boolean;
  /** How long a request may take to come, and its headers. */
  arrival?: { requestMs: number; headersMs: number };
  /** Adds what else this port serves: pages, streams, and WebSockets by `server.server.on("upgrade", …)`. */
  mount?: (server: FastifyInstance) => void | Promise<void>;
}

/** Longer than the minute for which load balancers keep a connection, so that it is never this side that closes one in use. */
const KEEP_ALIVE_MS = 65_000;
/** A client that has not sent its request by then is not going to; its headers it sends in one piece. */
const ARRIVAL = { requestMs: 30_000, headersMs: 10_000 };
/** How often connections are looked at within that time. */
const CHECKS = 4;
/** Ids of requests come from outside and go to the log and to the audit. */
const REQUEST_ID = /^[\w.:/+=-]{1,128}$/;

/** The HTTP face of a gateway, complete but not listening: `/graphql`, `/livez`, `/readyz`, `/metrics` and what is mounted. */
export async function createHttpServer<Context extends BaseContext>(
  options: HttpServerOptions<Context>,
): Promise<FastifyInstance> {
  const { arrival = ARRIVAL } = options;
  const guards = guardsOf(options.https ?? false);
  const server = Fastify({
    loggerInstance: options.log,
    logController: new LogController({ disableRequestLogging: true }),
    // A logger for each request would take a thirtieth of a look-up's time: what is logged of one names it.
    childLoggerFactory: (log) => log,
    genReqId: requestId,
    clientErrorHandler: refuseUnreadable(guards),
    frameworkErrors: refuseFault,
    requestIdHeader: false,
    bodyLimit: BODY_LIMIT,
    keepAliveTimeout: KEEP_ALIVE_MS,
    ...timeouts(arrival, options.gateway.uploads?.longestMs),
    forceCloseConnections: "idle",
    return503OnClosing: true,
    trustProxy: options.trustedProxies?.length ? [...options.trustedProxies] : false,
    routerOptions: { ignoreTrailingSlash: true },
  }) as unknown as FastifyInstance;
  server.removeContentTypeParser("text/plain");
  server.decorateRequest("operation", null);
  server.decorateRequest("turn", null);
  server.decorateRequest("underWay", null);
  server.decorateRequest("admission", null);
  server.decorateRequest("unplanned", false);
  server.setErrorHandler(refuseFault);
  server.setNotFoundHandler(refuseRoute);
  server.decorate("guards", guards);
  server.server.on("checkExpectation", refuseExpectation(guards));
  server.addHook("onRequest", async (request, reply) => {
    void reply.headers({ ...guards, "x-request-id": request.id });
    return refuseDoubled(request, reply);
  });
  const arrivals = new Arrivals(server, arrival.requestMs);
  traceRequests(server);
  watchRequests(server, options.metrics);
  serveHealth(server, options);
  serveKeys(server, options.gateway);
  await serveGraphQL(server, options);
  const { download, uploads } = options.gateway;
  if (download) mountDownloads(server, download);
  const contextOf = (request: FastifyRequest) => options.gateway.createContext(operationRequest(request));
  if (uploads) mountUploads(server, uploads, contextOf, arrivals);
  await options.mount?.(server);
  await server.ready();
  return server;
}

/**
 * Node's own limits: the longest that any request may take, and longer than what `Arrivals` ends, lest both answer. An offer of any protocol
 * but WebSocket is passed over, as by clients that would rather speak HTTP/2 (`Upgrade: h2c`).
 */
function timeouts({ requestMs, headersMs }: typeof ARRIVAL, longestMs = 0) {
  const http = {
    headersTimeout: headersMs,
    connectionsCheckingInterval: headersMs / CHECKS,
    shouldUpgradeCallback: ({ headers }: IncomingMessage) => /\bwebsocket\b/i.test(headers.upgrade ?? ""),
  };
  return { requestTimeout: Math.max(2 * requestMs, longestMs), http };
}

function requestId(request: IncomingMessage): string {
  const given = request.headers["x-request-id"];
  return typeof given === "string" && REQUEST_ID.test(given) ? given : randomUUID();
}

/** One line in the log and one count for every request; what machines ask every few seconds is below the usual level. */
function watchRequests(server: FastifyInstance, metrics: Metrics): void {
  server.addHook("onResponse", async (request, reply) => {
    const route = request.routeOptions.url ?? "(none)";
    metrics.request(request.method, route, reply.statusCode);
    const level = HEALTH_ROUTES.has(route) ? "debug" : "info";
    request.log[level](
      {
        requestId: request.id,
        method: request.method,
        route,
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime * 10) / 10,
        ip: request.ip,
        ...(request.arrival ? { traceId: request.arrival.span.spanContext().traceId } : {}),
        ...(request.operation ? { operation: request.operation } : {}),
      },
      "request",
    );
  });
}

const HEALTH_ROUTES: ReadonlySet<string> = new Set(["/livez", "/readyz", "/metrics"]);

function serveHealth(
  server: FastifyInstance,
  { readiness, metrics }: Pick<HttpServerOptions<BaseContext>, "readiness" | "metrics">,
): void {
  server.get("/livez", async () => ({ status: "alive" }));
  server.get("/readyz", async (_request, reply) => {
    const state = readiness.state();
    if (state.ready) return { status: "ready", ...(state.warnings.length > 0 ? { warnings: state.warnings } : {}) };
    void reply.code(503);
    return { status: "unavailable", reason: state.reason };
  });
  server.get("/metrics", async (_request, reply) => {
    void reply.type(metrics.contentType);
    return await metrics.text();
  });
}

/** Keys change with the configuration alone: whoever checks tokens need not ask each time. */
const KEYS_SECONDS = 300;

/** The keys by which others check the access tokens of this gateway. */
function serveKeys<Context extends BaseContext>(server: FastifyInstance, gateway: Gateway<Context>): void {
  if (!gateway.jwks) return;
  server.get("/.well-known/jwks.json", async (_request, reply) => {
    void reply.header("cache-control", `public, max-age=${KEYS_SECONDS}`);
    void reply.type("application/jwk-set+json");
    return JSON.stringify(await gateway.jwks?.());
  });
}

/** `/graphql` by the GraphQL-over-HTTP specification. */
async function serveGraphQL<Context extends BaseContext>(
  server: FastifyInstance,
  { gateway, log, metrics, operations, slowSearches }: HttpServerOptions<Context>,
): Promise<void> {
  const reader = new OperationReader(gateway.schema, operations);
  const meter = new OperationMeter(metrics, slowSearches);
  const admissions = new Admissions(reader, operations?.budgets);
  const apollo = new ApolloServer<Envelope<Context>>({
    schema: gateway.schema,
    formatError(formatted, error) {
      const told = gateway.formatError(formatted, error);
      metrics.error(String(told.extensions?.code));
      return toldBy(reader, told);
    },
    plugins: [
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      refuseSubscriptions(),
      admitOperations(admissions),
      answerPlanned(gateway),
      watchOperations(meter),
      beginQueries(gateway),
    ],
    stringifyResult: stringifyAnswer,
    introspection: true,
    csrfPrevention: true,
    persistedQueries: false,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    parseOptions: { maxTokens: reader.limits.tokens },
    logger: log,
  });
  await apollo.start();
  const asking = new WeakMap<FastifyRequest, Promise<Context>>();
  const contextOf = (request: FastifyRequest) => {
    const known = asking.get(request) ?? contextFor(gateway, request);
    asking.set(request, known);
    return known;
  };
  const foresee = (request: FastifyRequest) => gateway.foresee?.(operationRequest(request));
  const planned = new PlannedAnswers({ gateway, reader, admissions, meter, contextOf, foresee });
  const answer = fastifyApolloHandler(apollo, {
    context: async (request) => ({ context: await begun(contextOf(request)), request }),
  });
  const handler: typeof answer = function (request, reply) {
    const operation = new OperationTurn(operations?.timeoutMs);
    request.turn = operation.turn;
    reply.raw.once("close", () => {
      if (!reply.raw.writableFinished) operation.gone();
    });
    return operation.run(() =>
      meter.run(async (underWay) => {
        request.underWay = underWay;
        const text = await planned.answer(request, reply, underWay);
        if (text !== undefined) return text;
        const found = await answer.call(this, request, reply);
        planned.learn(request, reply);
        return found;
      }),
    );
  };
  const preHandler = [refuseNesting, admitDocument(reader, metrics)];
  server.route({ method: ["GET", "POST"], url: "/graphql", preHandler, handler, onSend: legacyStatus });
  server.addHook("onClose", async () => await apollo.stop());
}

/** Behind `watchOperations`, which brings the context out of its envelope. */
function beginQueries<Context extends BaseContext>(gateway: Gateway<Context>): ApolloServerPlugin<Envelope<Context>> {
  return {
    async requestDidStart({ contextValue }) {
      return {
        async didResolveOperation({ operation }) {
          if (operation?.operation !== "query") return;
          await outsideTurns(() => gateway.beginQuery?.(contextValue as BaseContext as Context));
        },
      };
    },
  };
}

/** A subscription's answer has no end. */
function refuseSubscriptions<Context extends BaseContext>(): ApolloServerPlugin<Context> {
  const message =
    "must not be a subscription: send it over a WebSocket to this address, or as server-sent events to /graphql/stream.";
  return {
    async requestDidStart() {
      return {
        async didResolveOperation({ operation }) {
          if (operation?.operation === "subscription") throw asRefusal(invalidInput([{ path: "query", message }]));
        },
      };
    },
  };
}

/** Who asks, looked up for several operations at once; the operation takes their share of the connections. */
async function contextFor<Context extends BaseContext>(
  gateway: Gateway<Context>,
  request: FastifyRequest,
): Promise<Context> {
  const { turn } = request;
  const asked = outsideTurns(() => gateway.createContext(operationRequest(request)));
  const context = await (turn ? turn.wait(asked) : asked);
  if (turn) turn.owner = gateway.ownerOf?.(context) ?? networkOf(request.ip);
  return context;
}

function operationRequest(request: FastifyRequest): OperationRequest {
  return {
    requestId: request.id,
    authorization: request.headers.authorization,
    ip: request.ip,
    userAgent: request.headers["user-agent"],
    atLeast: request.headers["rollcall-at-least"]?.toString(),
  };
}

/** Gives the refusal of an operation its status; how it reads stays the gateway's to say. */
async function begun<Context>(context: Promise<Context>): Promise<Context> {
  try {
    return await context;
  } catch (error) {
    throw asRefusal(error);
  }
}

/**
 * To a client that takes application/json only, the specification asks for 200 on every well-formed request, also where its document is
 * not valid: such clients read another status as a failure of the transport and never look into `errors`.
 */
async function legacyStatus(request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<unknown> {
  const json = String(reply.getHeader("content-type")).startsWith("application/json");
  if (json && reply.statusCode === 400 && request.operation) void reply.code(200);
  return payload;
}
