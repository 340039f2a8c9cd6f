import type { ApolloServerPlugin, BaseContext } from "@apollo/server";
import type { FastifyReply, FastifyRequest } from "fastify";
import { type DocumentNode, GraphQLError, type OperationDefinitionNode } from "graphql";
import { busyWhereAway } from "../database/error-mapping.ts";
import type { OperationCost } from "../graphql/operation-cost.ts";
import { Busy, type ErrorCode, RollcallError } from "../kernel/errors.ts";
import { BudgetSpent, type Budgets, type HeaderFields } from "./budgets.ts";
import type { Metrics } from "./metrics.ts";
import { asksForCost, type OperationReader } from "./operation.ts";
import type { Envelope } from "./operation-watch.ts";
import { refuse } from "./refusal.ts";

/** The status of an operation that is refused before it begins, where that is no failure of the gateway. */
export const REFUSED_STATUS: Partial<Record<ErrorCode, number>> = {
  UNAUTHENTICATED: 401,
  INVALID_INPUT: 400,
  NOT_FOUND: 400,
  RATE_LIMITED: 429,
  STALE_READ: 503,
};

/** An error of ours with the status and the headers that it has over HTTP; how it reads stays the gateway's to say. Anything else as it came. */
export function asRefusal(thrown: unknown): unknown {
  const error = busyWhereAway(thrown);
  if (!(error instanceof RollcallError)) return error;
  const status = error instanceof Busy ? 503 : REFUSED_STATUS[error.code];
  if (status === undefined) return error;
  const headers = new Map<string, string>();
  if (status === 401) headers.set("www-authenticate", "Bearer");
  if (status === 503) headers.set("retry-after", "1");
  if (status === 429) headers.set("retry-after", String(error.details.retryAfterSeconds ?? 1));
  if (error instanceof BudgetSpent) for (const [name, value] of Object.entries(error.headers)) headers.set(name, value);
  return new GraphQLError(error.message, { originalError: error, extensions: { http: { status, headers } } });
}

/** Puts the text of a persisted document in the place of its identifier, and refuses documents that are too large before they are validated. */
export function admitDocument(reader: OperationReader, metrics: Metrics) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    const given = request.method === "GET" ? request.query : request.body;
    if (typeof given !== "object" || given === null || Array.isArray(given)) return undefined;
    try {
      const text = reader.documents.textOf(given);
      if (typeof text !== "string") return undefined; // as Apollo Server says
      if (text !== Reflect.get(given, "query")) replaceDocument(request, given, text);
      reader.requireSize(text, variablesOf(request.method, Reflect.get(given, "variables")));
      return undefined;
    } catch (error) {
      if (!(error instanceof RollcallError)) throw error;
      const { code, message, details } = error;
      metrics.error(code);
      request.operation = { name: undefined, kind: "invalid", errors: [code] };
      return refuse(reply, { status: REFUSED_STATUS[code] ?? 400, code, message, details });
    }
  };
}

/** A query string has its variables as a text of JSON; where it is none, Apollo Server says so. */
function variablesOf(method: string, given: unknown): unknown {
  if (method !== "GET" || typeof given !== "string") return given;
  try {
    return JSON.parse(given);
  } catch {
    return undefined;
  }
}

/** Apollo Server reads a body as it was parsed, and a query string from the address. */
function replaceDocument(request: FastifyRequest, given: object, text: string): void {
  Reflect.set(given, "query", text);
  if (request.method !== "GET") return;
  const { documentId: _, ...rest } = given as Record<string, string>;
  request.raw.url = `/graphql?${new URLSearchParams(rest)}`;
}

declare module "fastify" {
  interface FastifyRequest {
    /** What was said of its operation before it was carried out; null until then. */
    admission: Promise<Admission> | null;
  }
}

/** An operation that may be carried out: what it costs, and what the response's header says of what is left. */
export interface Admission {
  cost: OperationCost;
  told: HeaderFields;
}

/** What of a valid operation decides whether it may be carried out. */
export interface AdmittedOperation {
  document: DocumentNode;
  operation: OperationDefinitionNode;
  variables: Readonly<Record<string, unknown>> | undefined;
}

/** Says of operations whether they may be carried out: what they cost, and whether that is left to whoever asks. */
export class Admissions {
  constructor(
    readonly reader: OperationReader,
    private readonly budgets: Budgets | undefined,
  ) {}

  /** Whether it is known of somebody, without asking, that nothing is left to them. */
  hasSpent(owner: string | undefined): boolean {
    return owner !== undefined && this.budgets?.hasSpent(owner) === true;
  }

  /** Takes what a request's operation costs from what is left, once. Throws a RollcallError where it costs more than it may, or is left. */
  admit(request: FastifyRequest, asked: AdmittedOperation): Promise<Admission> {
    request.admission ??= this.#admit(request.turn?.owner, asked);
    return request.admission;
  }

  async #admit(owner: string | undefined, { document, operation, variables }: AdmittedOperation): Promise<Admission> {
    const cost = this.reader.costOf(document, operation, variables);
    const told = owner === undefined ? undefined : await this.budgets?.spend(owner, cost);
    return { cost, told: told ?? {} };
  }
}

/** Has operations carried out that are admitted, and tells what they cost where that is asked. In front of `watchOperations`. */
export function admitOperations<Context extends BaseContext>(
  admissions: Admissions,
): ApolloServerPlugin<Envelope<Context>> {
  return {
    async requestDidStart({ request, contextValue }) {
      const asking = contextValue.request;
      let cost: OperationCost | undefined;
      return {
        async didResolveOperation({ document, operation, request: { variables }, response }) {
          if (!operation) return;
          try {
            const admission = await admissions.admit(asking, { document, operation, variables });
            cost = admission.cost;
            for (const [name, value] of Object.entries(admission.told)) response.http.headers.set(name, value);
          } catch (error) {
            throw asRefusal(error);
          }
        },
        async willSendResponse({ response: { body } }) {
          const asked = request.http?.headers.get("rollcall-cost") === "report" || asksForCost(request.extensions);
          if (!cost || !asked || body.kind !== "single") return;
          body.singleResult.extensions = { ...body.singleResult.extensions, cost: costReport(admissions.reader, cost) };
        },
      };
    },
  };
}

/** What `extensions.cost` tells. */
export const costReport = (reader: OperationReader, { cost, rootFields }: OperationCost) => ({
  requested: cost,
  limit: reader.limits.cost,
  rootFields,
});
