import type { ApolloServerPlugin, BaseContext } from "@apollo/server";
import { DataText } from "./data-text.ts";
import type { Gateway } from "./gateway.ts";
import type { Envelope } from "./operation-watch.ts";

/** Has queries answered by the gateway's plans where it has one. Behind `watchOperations`, which brings the context out of its envelope. */
export function answerPlanned<Context extends BaseContext>(
  gateway: Gateway<Context>,
): ApolloServerPlugin<Envelope<Context>> {
  return {
    async requestDidStart() {
      return {
        async responseForOperation({ document, request: { operationName, variables }, contextValue }) {
          const context = contextValue as BaseContext as Context;
          const json = await gateway.answerPlanned?.({ document, operationName, variables }, context);
          if (json === undefined) return null;
          const data = new DataText(json) as unknown as Record<string, unknown>;
          return {
            body: { kind: "single", singleResult: { data } },
            http: { headers: new Map() as never, status: undefined },
          };
        },
      };
    },
  };
}
