import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { FastifyInstance } from "fastify";
import type { ExecutionArgs, GraphQLError } from "graphql";
import { makeServer, type ServerOptions } from "graphql-ws";
import { type WebSocket, WebSocketServer, type ServerOptions as WsServerOptions } from "ws";
import type { Subscription } from "../graphql/subscription.ts";
import { RollcallError } from "../kernel/errors.ts";
import { networkOf } from "../kernel/network-address.ts";
import { BudgetSpent } from "./budgets.ts";
import { InvalidOperation, type Operation, type OperationPayload, wrapped } from "./operation.ts";
import { BODY_LIMIT } from "./refusal.ts";
import type { StreamTools } from "./stream-tools.ts";
import { CLOSE, type ConnectionParams, WsConnection, type WsOperation } from "./ws-connection.ts";
import { asSent, readMessage } from "./ws-message.ts";

const PROTOCOL = "graphql-transport-ws";
/** How long the other side may take to answer a close: one that has not read for a while finds out why it was closed. */
const CLOSE_MS = 30_000;

const SERVER: WsServerOptions & { closeTimeout: number } = {
  noServer: true,
  maxPayload: BODY_LIMIT,
  perMessageDeflate: false,
  closeTimeout: CLOSE_MS,
  handleProtocols: (offered) => (offered.has(PROTOCOL) ? PROTOCOL : false),
};

/** What a subscribe message has come to, between the hooks of graphql-ws. */
interface UnderWay {
  connection: WsConnection;
  underWay: WsOperation;
  operation: Operation;
}

/**
 * Operations over WebSockets at `/graphql`: graphql-ws keeps the protocol, results are written by the connection itself. When the
 * server closes, connections are closed with 1001 once what runs on them is answered.
 */
export function mountWebSockets(server: FastifyInstance, tools: StreamTools): void {
  const connections = new Set<WsConnection>();
  const protocol = makeServer<ConnectionParams, WsConnection>(hooks(tools));
  const sockets = new WebSocketServer(SERVER);
  let draining = false;
  const upgrade = (request: IncomingMessage, raw: Duplex, head: Buffer) => {
    raw.on("error", () => raw.destroy());
    const refuse = (status: string, more = {}) =>
      raw.end(
        `HTTP/1.1 ${status}\r\n${fieldsOf({ Connection: "close", "Content-Length": "0", ...more, ...server.guards })}\r\n`,
      );
    if (request.url?.split("?", 1)[0] !== "/graphql") return refuse("404 Not Found");
    if (!tools.takesFrom(request.headers.origin)) return refuse("403 Forbidden");
    const network = networkOf(tools.addressOf(request));
    const place = draining ? undefined : tools.admission.enterFrom(network, () => raw.destroy());
    if (!place) return refuse("503 Service Unavailable", { "Retry-After": "5" });
    raw.once("close", place.leave);
    sockets.handleUpgrade(request, raw, head, (socket) => {
      const connection = new WsConnection(tools, { socket, raw, request, known: place.known });
      connections.add(connection);
      connection.onClose(() => connections.delete(connection));
      serve(protocol, connection, socket, tools);
    });
  };
  server.server.on("upgrade", upgrade);
  const { pingMs, drainMs } = tools.limits;
  const pinger = setInterval(() => {
    for (const connection of connections) connection.ping(3 * pingMs);
  }, pingMs);
  pinger.unref();
  server.addHook("preClose", async () => {
    draining = true;
    clearInterval(pinger);
    await Promise.all([...connections].map((connection) => connection.drain(drainMs)));
  });
}

const fieldsOf = (fields: Readonly<Record<string, string>>): string =>
  Object.entries(fields)
    .map((field) => `${field.join(": ")}\r\n`)
    .join("");

/** Hands a connection's messages to the protocol. */
function serve(
  protocol: ReturnType<typeof makeServer<ConnectionParams, WsConnection>>,
  connection: WsConnection,
  socket: WebSocket,
  { log }: StreamTools,
): void {
  const closed = protocol.opened(
    {
      protocol: socket.protocol,
      send: (text) => connection.send(text),
      close: (code, reason) => connection.close(code ?? CLOSE.internal, reason ?? ""),
      onMessage: (take) => {
        socket.on("message", (data, isBinary) => {
          const message = isBinary ? undefined : readMessage(String(data));
          if (!message) return connection.close(CLOSE.invalid, "Invalid message received");
          // graphql-ws lets queries and mutations run on whose client has said that it does not wait any more.
          if (message.completes !== undefined) connection.abandon(message.completes);
          take(message.text).catch((error: unknown) => {
            log.error({ err: error }, "a message could not be handled");
            connection.close(CLOSE.internal, "Something failed inside the gateway");
          });
        });
      },
    },
    connection,
  );
  socket.on("error", () => undefined); // ws closes it with the code that belongs to the fault
  socket.once("close", (code, reason) => void closed(code, String(reason)));
}

function hooks(tools: StreamTools): ServerOptions<ConnectionParams, WsConnection> {
  return {
    connectionInitWaitTimeout: tools.limits.initMs,
    onConnect: ({ connectionParams, extra }) => extra.signIn(connectionParams ?? {}),
    onSubscribe: async ({ subscriptions, extra }, id, payload) => {
      const underWay = extra.begin(id);
      // What a client has completed may still be coming to its end.
      const open = Math.max(Object.keys(subscriptions).length, extra.open);
      const most = tools.limits.operations;
      const found = await (open > most ? tooMany(most) : admitted(tools, extra, payload));
      const refused = Array.isArray(found);
      if (refused || underWay.abandoned || found.kind === "subscription") extra.end(underWay);
      if (underWay.abandoned) return unheard();
      if (refused) return found;
      const contextValue: UnderWay = { connection: extra, underWay, operation: found };
      const { document, operationName = null } = found;
      return { schema: tools.gateway.schema, document, operationName, contextValue } as ExecutionArgs;
    },
    execute: async ({ contextValue }) => {
      const { connection, underWay, operation } = contextValue as UnderWay;
      const result = await connection.run(underWay, operation);
      if (underWay.abandoned) return unheard();
      connection.answer(underWay.id, result);
      return nothing();
    },
    subscribe: ({ contextValue }) => endless(contextValue as UnderWay),
    onError: (_context, _id, _payload, errors) => tools.formatted(errors),
  };
}

/** What is left to graphql-ws of an operation that the connection has answered: to say that it is complete. */
async function* nothing(): AsyncGenerator<never, void> {}

/** What graphql-ws waits for where nobody waits any more: it would answer under an id that may be another operation's by now. */
const unheard = (): Promise<never> => new Promise(() => undefined);

/** The operation of a subscribe message, or what refuses it. */
async function admitted(
  { reader }: StreamTools,
  connection: WsConnection,
  payload: OperationPayload,
): Promise<Operation | GraphQLError[]> {
  try {
    const operation = reader.read(asSent(payload));
    await connection.spend(operation);
    return operation;
  } catch (error) {
    if (error instanceof InvalidOperation) return [...error.errors];
    if (error instanceof BudgetSpent) return [wrapped(error)];
    throw error;
  }
}

const tooMany = (limit: number): GraphQLError[] => [
  wrapped(new RollcallError("RATE_LIMITED", `A connection carries at most ${limit} operations at a time.`, { limit })),
];

/**
 * A subscription as graphql-ws sees it: a stream that yields nothing, since results go to the connection directly, and that ends with an
 * error or by `return`.
 */
function endless({ connection, underWay: { id }, operation }: UnderWay): AsyncGenerator<never, void> {
  const over = Promise.withResolvers<IteratorReturnResult<void>>();
  let subscription: Subscription | undefined;
  const end = async (): Promise<IteratorReturnResult<void>> => {
    if (subscription) connection.unsubscribe(subscription);
    const done = { done: true, value: undefined } as const;
    over.resolve(done);
    return done;
  };
  return {
    next: () => {
      subscription ??= connection.subscribe(id, operation, over.reject);
      return over.promise;
    },
    return: end,
    throw: end,
    [Symbol.asyncIterator]() {
      return this;
    },
    [Symbol.asyncDispose]: async () => void (await end()),
  };
}
