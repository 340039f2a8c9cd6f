import type { ApolloServerPlugin, BaseContext } from "@apollo/server";
import type { FastifyReply, FastifyRequest } from "fastify";
import { getOperationAST, OperationTypeNode } from "graphql";
import { outsideTurns } from "../database/turn.ts";
import { DataText, stringifyAnswer } from "./data-text.ts";
import type { Foreseen, Gateway } from "./gateway.ts";
import type { Admissions, AdmittedOperation } from "./http-admission.ts";
import type { OperationReader } from "./operation.ts";
import type { OperationMeter, UnderWay } from "./operation-span.ts";
import { type Envelope, factsOf } from "./operation-watch.ts";

/*
 * A query that has a plan is answered before Apollo Server, whose own work on a request takes longer than a look-up takes the database. What is done there for
 * such a query is done here by the same parts: limits, cost, budgets, measuring. Everything else is Apollo Server's, with what was found out until then: whatever
 * is not well-formed or not valid, is refused, has no plan, or asks for more than data.
 */

declare module "fastify" {
  interface FastifyRequest {
    /** Whether it was found that no plan answers it. */
    unplanned: boolean;
  }
}

/** How many Accept headers are known, and how long one is; a client sends one, and others are strange. */
const KNOWN_ACCEPTS = 100;
const ACCEPT_CHARACTERS = 300;

interface Parts<Context extends BaseContext> {
  gateway: Gateway<Context>;
  reader: OperationReader;
  admissions: Admissions;
  meter: OperationMeter;
  /** Who asks, looked up once for each request. */
  contextOf(request: FastifyRequest): Promise<Context>;
  /** Who will be found to ask, where that can be foreseen. */
  foresee(request: FastifyRequest): Foreseen<Context> | undefined;
}

/** Answers POSTs of queries by the gateway's plans, where it has one. */
export class PlannedAnswers<Context extends BaseContext> {
  readonly #parts: Parts<Context>;
  /** The types of answers that Apollo Server chose, by Accept header. */
  readonly #types = new Map<string, string>();

  constructor(parts: Parts<Context>) {
    this.#parts = parts;
  }

  /** The answer's text, for which the header is set; undefined where Apollo Server is to answer. */
  async answer(request: FastifyRequest, reply: FastifyReply, underWay: UnderWay): Promise<string | undefined> {
    const type = this.#types.get(request.headers.accept ?? "");
    const asked = type === undefined ? undefined : this.#asked(request);
    const json = asked && (await this.#json(request, reply, asked));
    if (!asked || json === undefined) return undefined;
    const { document, operation, variables, source } = asked;
    const [facts, data] = [factsOf(operation, []), new DataText(json)];
    request.operation = facts;
    const { meter } = this.#parts;
    meter.answered(underWay, { ...facts, document, source, variables, requestId: request.id, identified: true, data });
    void reply.header("content-type", type);
    return stringifyAnswer({ data });
  }

  /** Learns which type Apollo Server gave an answer to a request that accepts what this one does. */
  learn({ headers: { accept = "" } }: FastifyRequest, reply: FastifyReply): void {
    const type = reply.getHeader("content-type");
    if (reply.statusCode !== 200 || typeof type !== "string" || accept.length > ACCEPT_CHARACTERS) return;
    if (this.#types.size < KNOWN_ACCEPTS) this.#types.set(accept, type);
  }

  /** The query that a request asks for nothing but the data of; undefined for any other request. */
  #asked({ method, body, headers }: FastifyRequest): AskedQuery | undefined {
    if (method !== "POST" || headers["rollcall-cost"] !== undefined) return undefined;
    const { query, operationName, variables, extensions } = (body ?? {}) as Readonly<Record<string, unknown>>;
    if (typeof query !== "string" || extensions != null) return undefined;
    if (operationName != null && typeof operationName !== "string") return undefined;
    if (variables != null && (typeof variables !== "object" || Array.isArray(variables))) return undefined;
    const document = this.#parts.reader.knownDocument(query);
    const operation = document && getOperationAST(document, operationName);
    if (!document || operation?.operation !== OperationTypeNode.QUERY) return undefined;
    const given = (variables ?? undefined) as AskedQuery["variables"];
    return { document, operation, operationName: operationName ?? undefined, variables: given, source: query };
  }

  async #json(request: FastifyRequest, reply: FastifyReply, asked: AskedQuery): Promise<string | undefined> {
    const { gateway, admissions, contextOf } = this.#parts;
    try {
      const finding = contextOf(request);
      const ahead = await this.#ahead(request, asked, finding);
      const context = await finding;
      const { told } = await admissions.admit(request, asked);
      await outsideTurns(() => gateway.beginQuery?.(context));
      const json = ahead ?? (await gateway.answerPlanned?.(asked, context));
      request.unplanned = json === undefined;
      if (json !== undefined) void reply.headers(told);
      return json;
    } catch {
      return undefined; // Apollo Server comes upon it again, and says what it is.
    }
  }

  /**
   * What whoever is expected to ask is answered, sent behind the statement that finds out who does; undefined where they are somebody else, or it has to wait for that.
   * Nothing is taken from what is left to anybody before they are found; but nothing is sent either for who is known to have nothing left.
   */
  async #ahead(request: FastifyRequest, asked: AskedQuery, finding: Promise<Context>): Promise<string | undefined> {
    const { gateway, admissions, foresee } = this.#parts;
    const expected = foresee(request);
    if (!expected || admissions.hasSpent(gateway.ownerOf?.(expected.context))) return undefined;
    const [json, context] = await Promise.all([gateway.answerPlanned?.(asked, expected.context), finding]);
    return expected.isFound(context) ? json : undefined;
  }
}

interface AskedQuery extends AdmittedOperation {
  operationName: string | undefined;
  source: string;
}

/** Has queries answered by the gateway's plans that come to Apollo Server first: by GET, or with more to ask. In front of `watchOperations`. */
export function answerPlanned<Context extends BaseContext>(
  gateway: Gateway<Context>,
): ApolloServerPlugin<Envelope<Context>> {
  return {
    async requestDidStart({ contextValue: { context, request } }) {
      return {
        async responseForOperation({ document, request: { operationName, variables } }) {
          if (request.unplanned) return null;
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
