import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { FormattedExecutionResult } from "graphql";
import type { Watched } from "../graphql/access-watch.ts";
import type { GraphContext } from "../graphql/context.ts";
import type { Subscription } from "../graphql/subscription.ts";
import type { SharedResult } from "../graphql/subscription-execution.ts";
import type { Moved } from "../graphql/subscription-standing.ts";
import { RollcallError } from "../kernel/errors.ts";
import { BudgetSpent, type HeaderFields } from "./budgets.ts";
import { printAnswer } from "./data-text.ts";
import type { OperationRequest } from "./gateway.ts";
import { REFUSED_STATUS } from "./http-admission.ts";
import { InvalidOperation, type Operation, type OperationPayload } from "./operation.ts";
import type { Outbox } from "./outbox.ts";
import { refuse, refuseNesting } from "./refusal.ts";
import type { StreamTools } from "./stream-tools.ts";

/*
 * GraphQL over server-sent events, distinct connections mode: a POST (or GET) to /graphql/stream is answered with `next` events, one for each
 * result, and `complete`. https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md
 *
 * graphql-sse's own handler keeps what is not read in a queue without bounds, and lets anybody reserve streams before they sign in; so the
 * gateway speaks the protocol itself, and its tests use graphql-sse's client.
 */

const PATH = "/graphql/stream";
const NEXT = Buffer.from("event: next\ndata: ");
const END = Buffer.from("\n\n");
const COMPLETE = Buffer.from("event: complete\ndata:\n\n");
const COMMENT = Buffer.from(":\n\n");

/**
 * Serves operations as server-sent events. When the server closes, subscriptions end without `complete`, so that clients resume; queries and mutations
 * are answered first.
 */
export function mountEventStreams(server: FastifyInstance, tools: StreamTools): void {
  const streams = new Set<EventStream>();
  const handler = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const accepted = await accept(request, reply, tools);
    if (!accepted) return reply;
    reply.hijack();
    if (reply.raw.closed) return reply;
    const stream = new EventStream(tools, accepted, reply);
    streams.add(stream);
    whenGone(reply.raw, () => streams.delete(stream));
    await stream.begin();
    return reply;
  };
  server.route({ method: ["GET", "POST"], url: PATH, preHandler: refuseNesting, handler });
  const { pingMs, drainMs } = tools.limits;
  const pinger = setInterval(() => {
    for (const stream of streams) stream.ping();
  }, pingMs);
  pinger.unref();
  server.addHook("preClose", async () => {
    clearInterval(pinger);
    await Promise.all([...streams].map((stream) => stream.drain(drainMs)));
  });
}

/** Acts once the client is gone or has its answer: at once where that is so already, as of one that did not wait to be let in. */
function whenGone(response: ServerResponse, act: () => void): void {
  if (response.closed) act();
  else response.once("close", act);
}

interface Accepted {
  request: OperationRequest;
  operation: Operation | InvalidOperation;
  context: GraphContext;
  /** The head before the viewer was looked up. */
  since: bigint;
  /** What the response's header says of budgets. */
  budget: HeaderFields;
}

/** Checks a request, and answers it where it cannot be served. */
async function accept(request: FastifyRequest, reply: FastifyReply, tools: StreamTools): Promise<Accepted | undefined> {
  const { gateway, admission, reader } = tools;
  if (!request.headers.accept?.includes("text/event-stream")) {
    refuse(reply, {
      status: 406,
      code: "INVALID_INPUT",
      message: "Take the answer as text/event-stream.",
      details: { allowed: ["text/event-stream"] },
    });
    return undefined;
  }
  const operation = read(() => reader.read(payloadOf(request)));
  if (request.method === "GET" && !(operation instanceof InvalidOperation) && operation.kind === "mutation") {
    void reply.header("allow", "POST");
    refuse(reply, {
      status: 405,
      code: "INVALID_INPUT",
      message: "Send mutations by POST.",
      details: { allowed: ["POST"] },
    });
    return undefined;
  }
  const asked: OperationRequest = {
    requestId: request.id,
    authorization: request.headers.authorization,
    ip: request.ip,
    userAgent: request.headers["user-agent"],
    atLeast: request.headers["rollcall-at-least"]?.toString(),
  };
  const since = gateway.subscriptions.head;
  const context = await contextOf(asked, reply, tools);
  if (!context) return undefined;
  const places = [admission.enter(), admission.enterAs(context.viewer)];
  for (const leave of places) if (leave) whenGone(reply.raw, leave);
  if (places.includes(undefined)) {
    refuse(reply, { status: 429, code: "RATE_LIMITED", message: "Too many connections." });
    return undefined;
  }
  const budget = await spend(operation, context, { tools, reply, ip: request.ip });
  return budget && { request: asked, operation, context, since, budget };
}

/** Who asks; answers the request where it is refused before anything is read. */
async function contextOf(
  asked: OperationRequest,
  reply: FastifyReply,
  { gateway }: StreamTools,
): Promise<GraphContext | undefined> {
  try {
    const context = await gateway.createContext(asked);
    void context.viewer; // Reading it refuses whoever has not signed in.
    return context;
  } catch (error) {
    if (!(error instanceof RollcallError)) throw error;
    const { code, message, details } = error;
    const status = REFUSED_STATUS[code];
    if (status === undefined) throw error;
    if (status === 401) void reply.header("www-authenticate", "Bearer");
    if (status === 503) void reply.header("retry-after", "1");
    refuse(reply, { status, code, message, details });
    return undefined;
  }
}

/** Takes what an operation asks from what is left to whoever asks, and answers it where that is not enough. */
async function spend(
  operation: Accepted["operation"],
  context: GraphContext,
  { tools, reply, ip }: { tools: StreamTools; reply: FastifyReply; ip: string },
): Promise<HeaderFields | undefined> {
  try {
    return operation instanceof InvalidOperation ? {} : await tools.spend(operation, context, ip);
  } catch (error) {
    if (!(error instanceof BudgetSpent)) throw error;
    const { code, message, details, headers } = error;
    void reply.headers({ ...headers, "retry-after": details.retryAfterSeconds });
    refuse(reply, { status: 429, code, message, details });
    return undefined;
  }
}

function read(reading: () => Operation): Operation | InvalidOperation {
  try {
    return reading();
  } catch (error) {
    if (error instanceof InvalidOperation) return error;
    throw error;
  }
}

function payloadOf({ method, query, body }: FastifyRequest): OperationPayload {
  if (method !== "GET") return typeof body === "object" && body !== null ? body : {};
  const { variables, extensions, ...rest } = query as Record<string, unknown>;
  return {
    ...rest,
    ...(typeof variables === "string" ? { variables: parsedOr(variables, []) } : {}), // refused as what it is not: an object
    ...(typeof extensions === "string" ? { extensions: parsedOr(extensions, {}) } : {}),
  };
}

function parsedOr(text: string, otherwise: unknown): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return otherwise;
  }
}

/** One operation's answer on one connection. */
class EventStream implements Watched {
  readonly authorization: string;
  readonly #tools: StreamTools;
  readonly #accepted: Accepted;
  readonly #reply: FastifyReply;
  readonly #outbox: Outbox;
  #context: GraphContext;
  #subscription: Subscription | undefined;

  constructor(tools: StreamTools, accepted: Accepted, reply: FastifyReply) {
    this.#tools = tools;
    this.#accepted = accepted;
    this.#reply = reply;
    this.#context = accepted.context;
    this.authorization = accepted.request.authorization ?? "";
    this.#outbox = tools.outbox(reply.raw, {
      filled: () => undefined,
      drained: () => this.#subscription?.resume(),
      stalled: () => {
        tools.countSlow();
        reply.raw.destroy();
      },
    });
  }

  get context(): GraphContext {
    return this.#context;
  }

  async begin(): Promise<void> {
    const { operation, request, since, budget } = this.#accepted;
    const unwatch = this.#tools.gateway.subscriptions.watch(this, since);
    this.#reply.raw.on("error", () => undefined); // its close follows
    whenGone(this.#reply.raw, () => {
      unwatch();
      this.#subscription?.stop();
      this.#outbox.close();
    });
    this.#reply.raw.writeHead(200, {
      ...(this.#reply.getHeaders() as OutgoingHttpHeaders),
      "content-type": "text/event-stream; charset=utf-8",
      "x-accel-buffering": "no",
      ...budget,
    });
    this.#outbox.send([COMMENT]); // some clients wait for the first byte
    if (operation instanceof InvalidOperation) this.#last({ errors: this.#tools.formatted([operation]) });
    else if (operation.kind === "subscription") this.#subscribe(operation);
    else {
      const turn = this.#tools.turn();
      this.#reply.raw.once("close", () => turn.gone());
      this.#last(await this.#tools.run(operation, request, turn));
    }
  }

  accessChanged(context: GraphContext): void {
    this.#context = context;
    this.#subscription?.accessChanged(context);
  }

  moved(moved: Moved): void {
    this.#subscription?.moved(moved);
  }

  tokenEnded(): void {
    this.#subscription?.stop();
    const error = new RollcallError("UNAUTHENTICATED", "The token holds no more.");
    this.#last({ errors: this.#tools.formatted([error]) });
  }

  ping(): void {
    this.#outbox.send([COMMENT]);
  }

  /**
   * Ends it for a shutdown: a subscription at once, without saying that it is complete; a query or a mutation once it is answered, or after so many
   * milliseconds.
   */
  async drain(limitMs: number): Promise<void> {
    if (!this.#subscription)
      await new Promise<void>((resolve) => {
        whenGone(this.#reply.raw, resolve);
        setTimeout(resolve, limitMs).unref();
      });
    this.#subscription?.stop();
    this.#outbox.close();
    this.#reply.raw.end();
  }

  #subscribe(operation: Operation): void {
    const fail = (error: unknown) => this.#last({ errors: this.#tools.formatted([error]) });
    try {
      const next = (result: SharedResult) => this.#outbox.send([NEXT, result.json, END]);
      this.#subscription = this.#tools.subscribe(operation, this.#context, { next, fail });
    } catch (error) {
      fail(error);
    }
  }

  #last(result: FormattedExecutionResult): void {
    this.#outbox.send([NEXT, Buffer.from(printAnswer(result)), END]);
    this.#outbox.send([COMPLETE]);
    this.#outbox.finish();
  }
}
