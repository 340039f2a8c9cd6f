import type { GraphiQL } from "graphiql";
import { type DocumentNode, getOperationAST } from "graphql";
import { type Client, createClient } from "graphql-ws";
import type { ComponentProps } from "react";
import { authorizationOf, headersToSend } from "./headers.ts";

type Fetcher = ComponentProps<typeof GraphiQL>["fetcher"];
type Answers = Extract<ReturnType<Fetcher>, AsyncIterable<unknown>>;
type Operation = { query: string; operationName?: string | null; variables?: Record<string, unknown> };

/** Sends queries and mutations by POST, and subscriptions over a WebSocket, both to /graphql of the host that served the page. */
export const fetcher: Fetcher = (operation, options) => {
  const headers = headersToSend(options?.headers);
  return isSubscription(options?.documentAST, operation.operationName)
    ? // An error as it is sent has fewer members than graphql-js's own, which the types of GraphiQL ask for and nothing in it reads.
      (subscribe(operation, headers) as Answers)
    : post(operation, headers);
};

const isSubscription = (document: DocumentNode | undefined, name: string | null | undefined): boolean =>
  document !== undefined && getOperationAST(document, name)?.operation === "subscription";

async function post(operation: Operation, headers: Record<string, string>) {
  const response = await fetch("/graphql", {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/graphql-response+json, application/json;q=0.9",
      ...headers,
    },
    body: JSON.stringify(operation),
  });
  return response.json();
}

/** A connection of its own for each subscription: it is opened with the token that the header editor holds now. */
async function* subscribe({ query, operationName, variables }: Operation, headers: Record<string, string>) {
  const client: Client = createClient({
    url: `${location.protocol === "https:" ? "wss:" : "ws:"}//${location.host}/graphql`,
    connectionParams: { authorization: authorizationOf(headers) },
  });
  try {
    yield* client.iterate({ query, operationName, variables });
  } finally {
    await client.dispose();
  }
}
