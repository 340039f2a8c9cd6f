import type { IncomingMessage } from "node:http";
import type { Writable } from "node:stream";
import proxyAddr, { compile } from "@fastify/proxy-addr";
import {
  type ExecutionResult,
  execute,
  type FormattedExecutionResult,
  type GraphQLFormattedError,
  getOperationAST,
  OperationTypeNode,
} from "graphql";
import type { Logger } from "pino";
import { outsideTurns, type Turn } from "../database/turn.ts";
import type { GraphContext } from "../graphql/context.ts";
import type { Subscriber, Subscription } from "../graphql/subscription.ts";
import { RefusedOperation } from "../graphql/subscriptions.ts";
import { RollcallError } from "../kernel/errors.ts";
import { networkOf } from "../kernel/network-address.ts";
import type { Budgets, HeaderFields } from "./budgets.ts";
import { DataText } from "./data-text.ts";
import type { OperationRequest, StreamingGateway } from "./gateway.ts";
import { costReport } from "./http-admission.ts";
import type { Metrics } from "./metrics.ts";
import {
  InvalidOperation,
  type Operation,
  OperationReader,
  type OperationSettings,
  toldBy,
  wrapped,
} from "./operation.ts";
import { OperationMeter } from "./operation-span.ts";
import { OperationTurn } from "./operation-turn.ts";
import { Outbox, type OutboxEvents } from "./outbox.ts";
import type { SlowSearches } from "./slow-searches.ts";
import { Admission, STREAM_LIMITS, type StreamLimits } from "./stream-limits.ts";

export interface StreamOptions {
  gateway: StreamingGateway;
  log: Logger;
  metrics: Metrics;
  limits?: Partial<StreamLimits>;
  /** What may be asked. */
  operations?: OperationSettings;
  /** Whose word on where a request comes from is taken: addresses and networks. */
  trustedProxies?: readonly string[];
  /** Origins of the pages that may open WebSockets; undefined: any page may try, and needs a token as everybody does. */
  origins?: readonly string[] | undefined;
  /** Told of every operation, to log those that are slow searches. */
  slowSearches?: SlowSearches | undefined;
}

/** What WebSockets and event streams share. */
export class StreamTools {
  readonly gateway: StreamingGateway;
  readonly log: Logger;
  readonly limits: StreamLimits;
  readonly admission: Admission;
  readonly reader: OperationReader;
  readonly #origins: ReadonlySet<string> | undefined;
  /** Where a request that is no request of Fastify's comes from, as Fastify finds it out for its own. */
  readonly addressOf: (request: IncomingMessage) => string;
  /** Counts a subscriber that was cut because it did not read. */
  readonly countSlow: () => void;
  readonly #metrics: Metrics;
  readonly #budgets: Budgets | undefined;
  readonly #timeoutMs: number | undefined;
  readonly #meter: OperationMeter;
  readonly #outboxes = new Set<Outbox>();

  constructor({
    gateway,
    log,
    metrics,
    limits,
    operations,
    trustedProxies = [],
    origins,
    slowSearches,
  }: StreamOptions) {
    this.#origins = origins && new Set(origins);
    const trusted = compile([...trustedProxies]);
    this.addressOf = (request) => proxyAddr(request, trusted);
    this.gateway = gateway;
    this.log = log;
    this.limits = { ...STREAM_LIMITS, ...limits };
    this.admission = new Admission(this.limits);
    this.reader = new OperationReader(gateway.schema, operations);
    this.#metrics = metrics;
    this.#budgets = operations?.budgets;
    this.#timeoutMs = operations?.timeoutMs;
    this.#meter = new OperationMeter(metrics, slowSearches);
    this.countSlow = metrics.counter(
      "slow_subscribers_total",
      "Connections that were closed because they did not read.",
    );
  }

  /** Whether a page of this origin may open a WebSocket; whoever is no page names none. */
  takesFrom(origin: string | undefined): boolean {
    return origin === undefined || !this.#origins || this.#origins.has(origin);
  }

  /** How many bytes wait for connections to take them. */
  get waitingBytes(): number {
    let sum = 0;
    for (const outbox of this.#outboxes) sum += outbox.waitingBytes;
    return sum;
  }

  /** Takes what an operation asks from what is left to whoever asks; gives what a response's header says. Throws RATE_LIMITED where it is not enough. */
  async spend({ cost }: Operation, context: GraphContext, ip: string): Promise<HeaderFields> {
    return (await this.#budgets?.spend(this.gateway.ownerOf?.(context) ?? networkOf(ip), cost)) ?? {};
  }

  /** Carries out a query or a mutation in a context of its own; what fails is in the result's errors. To be printed by `printAnswer`. */
  run(
    operation: Operation,
    request: OperationRequest,
    underWayAs: OperationTurn = this.turn(),
  ): Promise<FormattedExecutionResult> {
    return underWayAs.run(() => this.#measured(operation, request, underWayAs));
  }

  /** The turn of an operation that is about to be carried out. */
  turn(): OperationTurn {
    return new OperationTurn(this.#timeoutMs);
  }

  #measured(
    operation: Operation,
    request: OperationRequest,
    { turn }: OperationTurn,
  ): Promise<FormattedExecutionResult> {
    return this.#meter.run(async (underWay) => {
      const { identified, ...result } = await this.#execute(operation, request, turn);
      const { kind, document, text: source, variables } = operation;
      const name = getOperationAST(document, operation.operationName)?.name?.value;
      const errors = (result.errors ?? []).map(({ extensions }) => String(extensions?.code));
      const { requestId } = request;
      this.#meter.answered(underWay, {
        ...{ kind, name, document, source, variables, requestId, errors, identified, data: result.data },
      });
      return result;
    });
  }

  async #execute(
    operation: Operation,
    request: OperationRequest,
    turn: Turn,
  ): Promise<FormattedExecutionResult & { identified: boolean }> {
    try {
      turn.requireOpen();
      const context: GraphContext = await turn.wait(outsideTurns(() => this.gateway.createContext(request)));
      turn.owner = this.gateway.ownerOf?.(context) ?? networkOf(request.ip);
      const { errors, data } = await this.#answer(operation, context);
      return {
        ...(errors ? { errors: this.formatted(errors) } : {}),
        data: data ?? null,
        ...this.#costTold(operation),
        identified: context.identified,
      };
    } catch (error) {
      return { errors: this.formatted([error]), identified: false };
    }
  }

  /** By a plan, where it is a query that has one; its data is a DataText then. */
  async #answer(
    { kind, document, operationName, variables }: Operation,
    context: GraphContext,
  ): Promise<ExecutionResult> {
    const { schema } = this.gateway;
    const json =
      kind === OperationTypeNode.QUERY
        ? await this.gateway.answerPlanned?.({ document, operationName, variables }, context)
        : undefined;
    if (json !== undefined) return { data: new DataText(json) as never };
    return await execute({
      schema,
      document,
      contextValue: context,
      operationName: operationName ?? null,
      variableValues: variables ?? null,
    });
  }

  /** Begins a valid subscription for a viewer; RATE_LIMITED where they have as many as one may have. */
  subscribe(operation: Operation, context: GraphContext, subscriber: Subscriber): Subscription {
    const leave = this.admission.subscribeAs(context.viewer);
    if (!leave) {
      const limit = this.limits.subscriptionsPerViewer;
      throw new RollcallError("RATE_LIMITED", `A viewer has at most ${limit} subscriptions at a time.`, { limit });
    }
    const asked = { ...operation, ...this.#costTold(operation) };
    const subscription = this.gateway.subscriptions.subscribe(asked, context, subscriber);
    subscription.onEnd(leave);
    return subscription;
  }

  #costTold({ cost, tellsCost }: Pick<Operation, "cost" | "tellsCost">): { extensions?: Record<string, unknown> } {
    return tellsCost ? { extensions: { cost: costReport(this.reader, cost) } } : {};
  }

  /** What is on its way to one connection, counted while it is open. */
  outbox(stream: Writable, events: OutboxEvents): Outbox {
    const outbox = new Outbox(stream, this.limits.outbox, events);
    this.#outboxes.add(outbox);
    stream.once("close", () => this.#outboxes.delete(outbox));
    return outbox;
  }

  /** Errors as clients are told of them, and counted. */
  formatted(errors: readonly unknown[]): GraphQLFormattedError[] {
    return errors.flatMap(causes).map((cause) => {
      const error = wrapped(cause);
      const told = this.gateway.formatError(error.toJSON(), error);
      this.#metrics.error(String(told.extensions?.code));
      return toldBy(this.reader, told);
    });
  }
}

/** The errors that an operation was refused with. */
function causes(error: unknown): readonly unknown[] {
  const cause = (error as { originalError?: unknown }).originalError ?? error;
  return cause instanceof InvalidOperation || cause instanceof RefusedOperation ? cause.errors : [error];
}
