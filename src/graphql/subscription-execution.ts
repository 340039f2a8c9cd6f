import {
  type DocumentNode,
  type ExecutionResult,
  execute,
  type GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
} from "graphql";
import { RollcallError } from "../kernel/errors.ts";
import type { GraphContext } from "./context.ts";

/** A subscription operation: parsed, valid, and as it was sent. */
export interface SubscriptionOperation {
  /** The document's text, by which equal subscriptions are recognised. */
  text: string;
  document: DocumentNode;
  operationName: string | undefined;
  variables: Readonly<Record<string, unknown>> | undefined;
  /** What every result says beside its data. */
  extensions?: Readonly<Record<string, unknown>> | undefined;
}

/** One execution result in JSON: the same bytes for everybody to whom it is sent. */
export class SharedResult {
  /** The result, and the brace that ends the message whose last member it is. */
  readonly closed: Buffer;

  constructor(result: object) {
    this.closed = Buffer.from(`${JSON.stringify(result)}}`);
  }

  /** The result alone. */
  get json(): Buffer {
    return this.closed.subarray(0, -1);
  }
}

export type FormatError = (formatted: GraphQLFormattedError, error: unknown) => GraphQLFormattedError;

export interface ExecutionOptions {
  schema: GraphQLSchema;
  formatError: FormatError;
  /** The database's clock; it fails while the database is away. */
  now: () => Promise<Date>;
}

/** What carrying out came to. */
export interface Carried {
  /** In their order; where one fails, those before it, and none where nobody waits for them any more. */
  results: SharedResult[];
  /** Why the next one cannot be told. */
  failure?: unknown;
}

/** How often what fails inside the gateway is tried before it is given up. */
const ATTEMPTS = 3;
const RETRY_MS = 1_000;

/** Carries out the events of subscriptions. */
export class SubscriptionExecution {
  readonly #options: ExecutionOptions;

  constructor(options: ExecutionOptions) {
    this.#options = options;
  }

  /**
   * The results for these values of the root field, in their order, in one new context at this instant. While the database is away it
   * waits: an event is not told with holes because of that, nor because something else fails inside the gateway.
   */
  async run(
    operation: SubscriptionOperation,
    messages: readonly object[],
    context: GraphContext,
    signal: AbortSignal,
  ): Promise<Carried> {
    for (let attempt = 1; !signal.aborted; attempt++) {
      const now = await this.#options.now().catch(() => undefined);
      if (now === undefined) attempt = 0;
      else {
        const contextValue = context.at(now);
        const results = await Promise.all(messages.map((message) => this.#execute(operation, message, contextValue)));
        const failed = results.findIndex((result) => failureInside(result) !== undefined);
        if (failed < 0) return { results: results.map((result) => this.#share(result, operation)) };
        if (attempt === ATTEMPTS)
          return {
            results: results.slice(0, failed).map((result) => this.#share(result, operation)),
            failure: failureInside(results[failed] as ExecutionResult),
          };
      }
      await pause(RETRY_MS, signal);
    }
    return { results: [] };
  }

  /** Tries work that reads, as `run` does; gives undefined where the signal aborts. What fails though the database is there is thrown. */
  async insist<T>(work: () => Promise<T> | T, signal: AbortSignal): Promise<T | undefined> {
    for (let attempt = 1; !signal.aborted; attempt++) {
      try {
        return await work();
      } catch (error) {
        if (error instanceof RollcallError || attempt === ATTEMPTS) throw error;
        if (!(await this.#options.now().catch(() => undefined))) attempt = 0;
      }
      await pause(RETRY_MS, signal);
    }
    return undefined;
  }

  async #execute(
    operation: SubscriptionOperation,
    rootValue: object,
    contextValue: GraphContext,
  ): Promise<ExecutionResult> {
    const { document, operationName, variables } = operation;
    const { schema } = this.#options;
    return execute({
      schema,
      document,
      rootValue,
      contextValue,
      operationName: operationName ?? null,
      variableValues: variables ?? null,
    });
  }

  #share({ data, errors }: ExecutionResult, { extensions }: SubscriptionOperation): SharedResult {
    const more = extensions ? { extensions } : {};
    if (!errors) return new SharedResult({ data, ...more });
    const told = errors.map((error) => this.#options.formatError(error.toJSON(), error));
    return new SharedResult({ errors: told, data, ...more });
  }
}

/** What failed that is not the operation's own fault. */
const failureInside = ({ errors }: ExecutionResult): GraphQLError | undefined =>
  errors?.find(({ originalError }) => !(originalError instanceof RollcallError));

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    timer.unref();
    signal.addEventListener("abort", end);
    if (signal.aborted) end();
  });
}
