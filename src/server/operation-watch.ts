import type { ApolloServerPlugin, BaseContext } from "@apollo/server";
import type { FastifyRequest } from "fastify";
import type { Metrics } from "./metrics.ts";

/** What the log tells of an operation: its name and kind and how it failed; never its text or variables. */
export interface OperationFacts {
  name: string | undefined;
  kind: string;
  errors: readonly string[];
}

declare module "fastify" {
  interface FastifyRequest {
    /** Set once the request was well-formed enough to be answered as an operation. */
    operation: OperationFacts | null;
  }
}

/** What Apollo Server is given as the context. It copies that object's own properties, which a class with private fields does not survive. */
export interface Envelope<Context extends BaseContext> {
  context: Context;
  request: FastifyRequest;
}

/** A client names its operations; a line of the log stays a line. */
const NAME_LIMIT = 100;

/** Hands resolvers the context itself in the place of its envelope, counts every operation and leaves its facts on its request. */
export function watchOperations<Context extends BaseContext>(metrics: Metrics): ApolloServerPlugin<Envelope<Context>> {
  return {
    async requestDidStart(operationContext) {
      const started = performance.now();
      const { context, request } = operationContext.contextValue;
      (operationContext as { contextValue: BaseContext }).contextValue = context;
      return {
        async willSendResponse({ operation, response, source }) {
          const kind = operation?.operation ?? "invalid";
          metrics.operation(kind, (performance.now() - started) / 1000);
          // Without a source the request named no operation at all.
          if (source === undefined) return;
          const errors = response.body.kind === "single" ? (response.body.singleResult.errors ?? []) : [];
          request.operation = {
            name: operation?.name?.value.slice(0, NAME_LIMIT),
            kind,
            errors: errors.map((error) => String(error.extensions?.code)),
          };
        },
      };
    },
  };
}
