import type { GraphiQL } from "graphiql";
import { type DocumentNode, getOperationAST } from "graphql";
import { type Client, createClient } from "graphql-ws";
import type { ComponentProps } from "react";
import { inForce, isOwn } from "./accounts.ts";
import { authorizationOf, headersToSend } from "./headers.ts";

type Fetcher = ComponentProps<typeof GraphiQL>["fetcher"];
type Answers = Extract<ReturnType<Fetcher>, AsyncIterable<unknown>>;
type Operation = { query: string; operationName?: string | null; variables?: Record<string, unknown> };

/** Sends queries and mutations by POST, and subscriptions over a WebSocket, both to /graphql of the host that served the page. */
export const fetcher: Fetcher = (operation, options) => {
  const headers = withTokenInForce(headersToSend(options?.headers));
  return isSubscription(options?.documentAST, operation.operationName)
    ? // An error as it is sent has fewer members than graphql-js's own, which the types of GraphiQL ask for and nothing in it reads.
      (subscribe(operation, headers) as Answers)
    : post(operation, headers);
};

const isSubscription = (document: DocumentNode | undefined, name: string | null | undefined): boolean =>
  document !== undefined && getOperationAST(document, name)?.operation === "subscription";

type Headers = Promise<Record<string, string>>;

/** The token that the page itself filled in may have been renewed since. */
async function withTokenInForce(headers: Record<string, string>): Headers {
  const bearer = /^Bearer\s+(\S+)$/i.exec(authorizationOf(headers) ?? "")?.[1];
  if (bearer === undefined || !isOwn(bearer)) return headers;
  const others = Object.entries(headers).filter(([name]) => name.toLowerCase() !== "authorization");
  return { ...Object.fromEntries(others), Authorization: `Bearer ${await inForce(bearer)}` };
}

async function post(operation: Operation, sent: Headers) {
  const headers = await sent;
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
async function* subscribe({ query, operationName, variables }: Operation, sent: Headers) {
  const headers = await sent;
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
