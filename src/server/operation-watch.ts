import type { ApolloServerPlugin, BaseContext } from "@apollo/server";
import type { FastifyRequest } from "fastify";
import type { OperationDefinitionNode } from "graphql";
import type { OperationMeter, UnderWay } from "./operation-span.ts";

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
    /** Set while the request's operation is carried out. */
    underWay: UnderWay | null;
  }
}

/** What Apollo Server is given as the context. It copies that object's own properties, which a class with private fields does not survive. */
export interface Envelope<Context extends BaseContext> {
  context: Context;
  request: FastifyRequest;
}

/** A client names its operations; a line of the log stays a line. */
const NAME_LIMIT = 100;

/** The facts of an operation; undefined where the request named none that is valid. */
export const factsOf = (operation: OperationDefinitionNode | undefined, errors: readonly string[]): OperationFacts => ({
  name: operation?.name?.value.slice(0, NAME_LIMIT),
  kind: operation?.operation ?? "invalid",
  errors,
});

/** Hands resolvers the context itself in the place of its envelope, measures every operation and leaves its facts on its request. */
export function watchOperations<Context extends BaseContext>(
  meter: OperationMeter,
): ApolloServerPlugin<Envelope<Context>> {
  return {
    async requestDidStart(operationContext) {
      const { context, request } = operationContext.contextValue;
      (operationContext as { contextValue: BaseContext }).contextValue = context;
      return {
        async willSendResponse({ operation, document, response, source, request: { variables } }) {
          const result = response.body.kind === "single" ? response.body.singleResult : undefined;
          const errors = (result?.errors ?? []).map((error) => String(error.extensions?.code));
          const facts = factsOf(operation, errors);
          const identified = (context as { identified?: boolean }).identified === true;
          const answer = { ...facts, source, variables, requestId: request.id, identified, data: result?.data };
          if (request.underWay)
            meter.answered(request.underWay, { ...answer, document: operation ? document : undefined });
          // Without a source the request named no operation at all.
          if (source !== undefined) request.operation = facts;
        },
      };
    },
  };
}
