import type { IncomingMessage } from "node:http";
import proxyAddr, { compile } from "@fastify/proxy-addr";
import { type ExecutionResult, execute, type FormattedExecutionResult, type GraphQLFormattedError } from "graphql";
import type { Logger } from "pino";
import type { GraphContext } from "../graphql/context.ts";
import { RefusedOperation } from "../graphql/subscriptions.ts";
import type { OperationRequest, StreamingGateway } from "./gateway.ts";
import type { Metrics } from "./metrics.ts";
import { InvalidOperation, type Operation, OperationReader, wrapped } from "./operation.ts";
import { Admission, STREAM_LIMITS, type StreamLimits } from "./stream-limits.ts";

export interface StreamOptions {
  gateway: StreamingGateway;
  log: Logger;
  metrics: Metrics;
  limits?: Partial<StreamLimits>;
  /** Whose word on where a request comes from is taken: addresses and networks. */
  trustedProxies?: readonly string[];
}

/** What WebSockets and event streams share. */
export class StreamTools {
  readonly gateway: StreamingGateway;
  readonly log: Logger;
  readonly limits: StreamLimits;
  readonly admission: Admission;
  readonly reader: OperationReader;
  /** Where a request that is no request of Fastify's comes from, as Fastify finds it out for its own. */
  readonly addressOf: (request: IncomingMessage) => string;
  /** Counts a subscriber that was cut because it did not read. */
  readonly countSlow: () => void;
  readonly #metrics: Metrics;

  constructor({ gateway, log, metrics, limits, trustedProxies = [] }: StreamOptions) {
    const trusted = compile([...trustedProxies]);
    this.addressOf = (request) => proxyAddr(request, trusted);
    this.gateway = gateway;
    this.log = log;
    this.limits = { ...STREAM_LIMITS, ...limits };
    this.admission = new Admission(this.limits);
    this.reader = new OperationReader(gateway.schema);
    this.#metrics = metrics;
    this.countSlow = metrics.counter(
      "slow_subscribers_total",
      "Connections that were closed because they did not read.",
    );
  }

  /** Carries out a query or a mutation in a context of its own; what fails is in the result's errors. */
  async run(
    { kind, document, operationName, variables }: Operation,
    request: OperationRequest,
  ): Promise<FormattedExecutionResult> {
    const started = performance.now();
    try {
      const contextValue: GraphContext = await this.gateway.createContext(request);
      const result: ExecutionResult = await execute({
        schema: this.gateway.schema,
        document,
        contextValue,
        operationName: operationName ?? null,
        variableValues: variables ?? null,
      });
      return { ...(result.errors ? { errors: this.formatted(result.errors) } : {}), data: result.data ?? null };
    } catch (error) {
      return { errors: this.formatted([error]) };
    } finally {
      this.#metrics.operation(kind, (performance.now() - started) / 1000);
    }
  }

  /** Errors as clients are told of them, and counted. */
  formatted(errors: readonly unknown[]): GraphQLFormattedError[] {
    return errors.flatMap(causes).map((cause) => {
      const error = wrapped(cause);
      const told = this.gateway.formatError(error.toJSON(), error);
      this.#metrics.error(String(told.extensions?.code));
      return told;
    });
  }
}

/** The errors that an operation was refused with. */
function causes(error: unknown): readonly unknown[] {
  const cause = (error as { originalError?: unknown }).originalError ?? error;
  return cause instanceof InvalidOperation || cause instanceof RefusedOperation ? cause.errors : [error];
}
