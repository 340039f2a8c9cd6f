import type { AddressInfo } from "node:net";
import { PassThrough } from "node:stream";
import type { FastifyInstance } from "fastify";
import {
  GraphQLInputObjectType,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLSchema,
  GraphQLString,
} from "graphql";
import { onTestFinished } from "vitest";
import { errorFormatter } from "../../src/graphql/error-format.ts";
import { RollcallError } from "../../src/kernel/errors.ts";
import type { Gateway, OperationRequest } from "../../src/server/gateway.ts";
import { Readiness } from "../../src/server/health.ts";
import { createHttpServer, type HttpServerOptions } from "../../src/server/http.ts";
import { createLog } from "../../src/server/log.ts";
import { Metrics } from "../../src/server/metrics.ts";
import type { OperationSettings } from "../../src/server/operation.ts";

/** A resolver's `slow` waits for the test to let it go. */
export interface Gate {
  entered: Promise<void>;
  open(): void;
}

export interface Running {
  server: FastifyInstance;
  url: string;
  metrics: Metrics;
  readiness: Readiness;
  gate: Gate;
  /** Every line of the log so far, parsed. */
  lines(): Array<Record<string, unknown>>;
  /** A POST to /graphql; a string body goes as it is. */
  post(body: unknown, headers?: Record<string, string>): Promise<Response>;
}

interface Context {
  request: OperationRequest;
}

const Nested: GraphQLInputObjectType = new GraphQLInputObjectType({
  name: "Nested",
  fields: () => ({ and: { type: new GraphQLList(new GraphQLNonNull(Nested)) }, name: { type: GraphQLString } }),
});

const Node: GraphQLObjectType = new GraphQLObjectType({
  name: "Node",
  fields: () => ({ name: { type: GraphQLString, resolve: () => "leaf" }, next: { type: Node, resolve: () => ({}) } }),
});

/** A schema with one field for every way in which an operation can go. */
function schemaWith(enter: () => Promise<void>): GraphQLSchema {
  return new GraphQLSchema({
    query: new GraphQLObjectType<unknown, Context>({
      name: "Query",
      fields: {
        hello: {
          type: GraphQLString,
          args: { name: { type: GraphQLString } },
          resolve: (_, { name }) => `Hello ${name}`,
        },
        requestId: { type: GraphQLString, resolve: (_, __, { request }) => request.requestId },
        double: {
          type: GraphQLInt,
          args: { of: { type: new GraphQLNonNull(GraphQLInt) } },
          resolve: (_, { of }) => of * 2,
        },
        matches: { type: GraphQLString, args: { filter: { type: Nested } }, resolve: () => "all" },
        node: { type: Node, resolve: () => ({}) },
        slow: { type: GraphQLString, resolve: () => enter().then(() => "done") },
        refused: {
          type: GraphQLString,
          resolve: () => {
            throw new RollcallError("FORBIDDEN", "This needs the permission USER_READ.");
          },
        },
        broken: {
          type: GraphQLString,
          resolve: () => {
            throw Object.assign(new Error("select secret_column from secret_table"), { parameters: ["hunter2"] });
          },
        },
      },
    }),
    mutation: new GraphQLObjectType({
      name: "Mutation",
      fields: { touch: { type: GraphQLString, resolve: () => "touched" } },
    }),
  });
}

/** A server over that schema on a free port of this machine, closed when the test ends. */
export async function run(
  options: {
    ping?: () => Promise<void>;
    mount?: HttpServerOptions<Context>["mount"];
    operations?: OperationSettings;
    arrival?: HttpServerOptions<Context>["arrival"];
    https?: boolean;
    /** What the gateway has beside what every one has. */
    more?: Partial<Gateway<Context>>;
  } = {},
): Promise<Running> {
  const output = new PassThrough();
  const written: string[] = [];
  output.on("data", (chunk: Buffer) => written.push(chunk.toString()));
  const log = createLog("debug", output);
  const metrics = new Metrics();
  const entered = Promise.withResolvers<void>();
  const opened = Promise.withResolvers<void>();
  const gateway: Gateway<Context> = {
    schema: schemaWith(async () => {
      entered.resolve();
      await opened.promise;
    }),
    createContext: async (request) => {
      if (request.authorization === "Bearer wrong")
        throw new RollcallError("UNAUTHENTICATED", "The token does not hold.");
      return { request };
    },
    formatError: errorFormatter((error, correlationId) => log.error({ err: error, correlationId }, "internal error")),
    ping: options.ping ?? (async () => undefined),
    close: async () => undefined,
    ...options.more,
  };
  const readiness = new Readiness(gateway.ping);
  await readiness.start();
  const server = await createHttpServer({
    gateway,
    log,
    metrics,
    readiness,
    ...(options.operations ? { operations: options.operations } : {}),
    ...(options.mount ? { mount: options.mount } : {}),
    https: options.https ?? false,
    ...(options.arrival ? { arrival: options.arrival } : {}),
  });
  await server.listen({ port: 0, host: "127.0.0.1" });
  onTestFinished(async () => {
    opened.resolve();
    readiness.stop();
    await server.close();
  });
  const url = `http://127.0.0.1:${(server.server.address() as AddressInfo).port}`;
  return {
    server,
    url,
    metrics,
    readiness,
    gate: { entered: entered.promise, open: () => opened.resolve() },
    lines: () =>
      written
        .join("")
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line)),
    post: (body, headers = {}) =>
      fetch(`${url}/graphql`, {
        method: "POST",
        headers: { "content-type": "application/json", accept: "application/graphql-response+json", ...headers },
        body: typeof body === "string" ? body : JSON.stringify(body),
      }),
  };
}
