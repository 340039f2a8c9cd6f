import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { FormattedExecutionResult } from "graphql";
import type { WebSocket } from "ws";
import { NoConnection } from "../database/patient-pool.ts";
import type { Watched } from "../graphql/access-watch.ts";
import type { GraphContext } from "../graphql/context.ts";
import type { Subscription } from "../graphql/subscription.ts";
import type { Moved } from "../graphql/subscription-standing.ts";
import { RollcallError } from "../kernel/errors.ts";
import { type TraceParent, traceParentOf } from "../kernel/spans.ts";
import { printAnswer } from "./data-text.ts";
import type { OperationRequest } from "./gateway.ts";
import type { Operation } from "./operation.ts";
import type { OperationTurn } from "./operation-turn.ts";
import type { Outbox } from "./outbox.ts";
import { traceOperation } from "./request-traces.ts";
import type { StreamTools } from "./stream-tools.ts";

/** Close codes beside those of the protocol, which graphql-ws sends itself. */
export const CLOSE = {
  goingAway: 1001,
  tryAgainLater: 1013,
  invalid: 4400,
  forbidden: 4403,
  notReading: 4413,
  tooMany: 4429,
  internal: 4500,
} as const;

/** The payload of `connection_init`. */
export type ConnectionParams = Readonly<Record<string, unknown>>;

/** A query or a mutation on a connection, from when it was asked for. */
export interface WsOperation {
  id: string;
  turn: OperationTurn;
  /** The client has said that it does not wait for it any more: nothing is sent under its id, which may be another operation's by now. */
  abandoned: boolean;
}

/** How long the other side may take to answer the close of a shutdown, which must come to an end. */
const SHUTDOWN_MS = 5_000;

/**
 * One WebSocket: who it belongs to, what is under way on it, and what waits to be sent. Messages are framed here and written to the socket under
 * the WebSocket, so that the bytes of a result are shared with everybody else who is sent it; ws itself writes pings and the close.
 */
export class WsConnection implements Watched {
  authorization = "";
  readonly #tools: StreamTools;
  readonly #socket: WebSocket;
  readonly #request: IncomingMessage;
  readonly #ip: string;
  /** Called once it is known whose it is. */
  readonly #known: () => void;
  readonly #outbox: Outbox;
  readonly #subscriptions = new Set<Subscription>();
  /** Queries and mutations that are under way; of one id several, where the client has completed those before. */
  readonly #operations = new Set<WsOperation>();
  readonly #onClose: (() => void)[] = [];
  #context: GraphContext | undefined;
  #trace: TraceParent = {};
  #onIdle: (() => void) | undefined;
  #seenAt = performance.now();

  constructor(
    tools: StreamTools,
    { socket, raw, request, known }: { socket: WebSocket; raw: Duplex; request: IncomingMessage; known: () => void },
  ) {
    this.#tools = tools;
    this.#socket = socket;
    this.#request = request;
    this.#known = known;
    this.#ip = tools.addressOf(request);
    this.#outbox = tools.outbox(raw, {
      filled: () => socket.pause(),
      drained: () => this.#drained(),
      stalled: () => this.#stalled(),
    });
    for (const sign of ["message", "ping", "pong"] as const) socket.on(sign, () => this.#sawLife());
    socket.once("close", () => this.#closed());
  }

  get context(): GraphContext {
    return this.#context as GraphContext;
  }

  /** Runs when the connection is gone; at once where it is already. */
  onClose(act: () => void): void {
    if (this.#socket.readyState === this.#socket.CLOSED) act();
    else this.#onClose.push(act);
  }

  /** Finds out whose connection it is. False where it was closed, with the reason. */
  async signIn(given: ConnectionParams): Promise<boolean> {
    const { gateway, admission, log } = this.#tools;
    const { authorization } = given;
    this.#trace = traceParentOf(given);
    const since = gateway.subscriptions.head;
    try {
      if (typeof authorization !== "string")
        throw new RollcallError(
          "UNAUTHENTICATED",
          'Sign in first: send { "authorization": "Bearer …" } as the payload of connection_init.',
        );
      this.authorization = authorization;
      this.#context = await gateway.createContext(this.operationRequest());
      const leave = admission.enterAs(this.#context.viewer);
      if (!leave) return this.#refuse(CLOSE.tooMany, "Too many connections of this viewer");
      this.#known();
      this.onClose(leave);
      if (this.#socket.readyState === this.#socket.OPEN) this.onClose(gateway.subscriptions.watch(this, since));
      return true;
    } catch (error) {
      if (error instanceof RollcallError && error.code === "UNAUTHENTICATED")
        return this.#refuse(CLOSE.forbidden, error.message);
      if (!(error instanceof NoConnection)) log.error({ err: error }, "a WebSocket could not sign in");
      return this.#refuse(CLOSE.tryAgainLater, "Try again later");
    }
  }

  /** Takes what an operation asks from what is left to the viewer; throws RATE_LIMITED where it is not enough. */
  async spend(operation: Operation): Promise<void> {
    await this.#tools.spend(operation, this.context, this.#ip);
  }

  /** Sends a message of the protocol. */
  send(text: string): void {
    const body = Buffer.from(text);
    if (this.#socket.readyState === this.#socket.OPEN) this.#outbox.send([frameHeader(body.length), body]);
  }

  /** How many operations are under way, those included that their clients have completed. */
  get open(): number {
    return this.#operations.size + this.#subscriptions.size;
  }

  /** Takes note of an operation that was asked for; while it is under way the connection is not closed for a shutdown. */
  begin(id: string): WsOperation {
    const operation = { id, turn: this.#tools.turn(), abandoned: false };
    this.#operations.add(operation);
    return operation;
  }

  /** What was begun is not under way any more. */
  end(operation: WsOperation): void {
    this.#operations.delete(operation);
    if (this.#operations.size === 0) this.#onIdle?.();
  }

  /** Carries out a query or a mutation that was begun. */
  async run(underWay: WsOperation, operation: Operation) {
    try {
      const request = this.operationRequest();
      const parent = operation.trace.traceparent === undefined ? this.#trace : operation.trace;
      return await traceOperation(parent, request.requestId, () => this.#tools.run(operation, request, underWay.turn));
    } finally {
      this.end(underWay);
    }
  }

  /** Sends the result of a query or a mutation. */
  answer(id: string, result: FormattedExecutionResult): void {
    this.send(`{"id":${JSON.stringify(id)},"type":"next","payload":${printAnswer(result)}}`);
  }

  /** The client no longer waits for a query or a mutation. */
  abandon(id: string): void {
    for (const operation of this.#operations) {
      if (operation.id !== id) continue;
      operation.abandoned = true;
      operation.turn.gone();
    }
  }

  /** Begins a subscription; `over` is told of the error that ends it. */
  subscribe(id: string, operation: Operation, over: (error: unknown) => void): Subscription {
    const head = Buffer.from(`{"id":${JSON.stringify(id)},"type":"next","payload":`);
    // What stands before a result: most results of a subscription have the same length, and so the same frame header.
    let before = { length: -1, bytes: head };
    const subscription = this.#tools.subscribe(operation, this.context, {
      next: (result) => {
        if (this.#socket.readyState !== this.#socket.OPEN) return false;
        const { length } = result.closed;
        if (before.length !== length)
          before = { length, bytes: Buffer.concat([frameHeader(head.length + length), head]) };
        return this.#outbox.send([before.bytes, result.closed]);
      },
      fail: (error) => {
        this.#subscriptions.delete(subscription);
        over(error);
      },
    });
    this.#subscriptions.add(subscription);
    return subscription;
  }

  /** Ends a subscription that nobody wants any more. */
  unsubscribe(subscription: Subscription): void {
    this.#subscriptions.delete(subscription);
    subscription.stop();
  }

  accessChanged(context: GraphContext): void {
    this.#context = context;
    for (const subscription of [...this.#subscriptions]) subscription.accessChanged(context);
  }

  moved(moved: Moved): void {
    for (const subscription of this.#subscriptions) subscription.moved(moved);
  }

  tokenEnded(): void {
    this.close(CLOSE.forbidden, "The token holds no more");
  }

  /** Closes it; what waits is dropped, and nothing more is delivered. */
  close(code: number, reason: string): void {
    for (const subscription of [...this.#subscriptions]) this.unsubscribe(subscription);
    this.#outbox.close();
    this.#socket.resume(); // or the other side's close would not be read
    this.#socket.close(code, shortened(reason));
  }

  /** Closes it for a shutdown, after the operations under way or so many milliseconds. */
  async drain(limitMs: number): Promise<void> {
    if (this.#operations.size > 0)
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
        setTimeout(resolve, limitMs).unref();
      });
    this.close(CLOSE.goingAway, "The gateway is shutting down");
    setTimeout(() => this.#socket.terminate(), SHUTDOWN_MS).unref();
  }

  /** Asks for a sign of life, or cuts a connection that has shown none for too long: where messages wait for it, as one that does not read. */
  ping(silenceMs: number): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return; // It is given its time to answer the close.
    if (performance.now() - this.#seenAt <= silenceMs) this.#socket.ping();
    else if (this.#outbox.waits) this.#stalled();
    else this.#socket.terminate();
  }

  operationRequest(): OperationRequest {
    const { headers } = this.#request;
    return {
      requestId: randomUUID(),
      authorization: this.authorization,
      ip: this.#ip,
      userAgent: headers["user-agent"],
      admitted: this.#context !== undefined,
    };
  }

  #sawLife(): void {
    this.#seenAt = performance.now();
  }

  #refuse(code: number, reason: string): false {
    this.close(code, reason);
    return false;
  }

  #drained(): void {
    this.#socket.resume();
    for (const subscription of this.#subscriptions) subscription.resume();
  }

  #stalled(): void {
    this.#tools.countSlow();
    this.close(CLOSE.notReading, "Messages were not read for too long: go on after the last position");
  }

  #closed(): void {
    for (const { turn } of this.#operations) turn.gone();
    for (const subscription of [...this.#subscriptions]) this.unsubscribe(subscription);
    this.#outbox.close();
    for (const act of this.#onClose.splice(0)) act();
    this.#onIdle?.();
  }
}

/** The longest reason that a close frame holds, in bytes (RFC 6455, section 5.5). */
const REASON_BYTES = 123;

const shortened = (reason: string): string =>
  Buffer.byteLength(reason) <= REASON_BYTES ? reason : `${reason.slice(0, REASON_BYTES / 4)} …`;

/** The header of an unmasked, unfragmented text frame (RFC 6455, section 5.2). */
function frameHeader(length: number): Buffer {
  const TEXT = 0x81;
  if (length < 126) return Buffer.from([TEXT, length]);
  const header = Buffer.alloc(length < 65_536 ? 4 : 10);
  header[0] = TEXT;
  header[1] = header.length === 4 ? 126 : 127;
  if (header.length === 4) header.writeUInt16BE(length, 2);
  else header.writeBigUInt64BE(BigInt(length), 2);
  return header;
}
