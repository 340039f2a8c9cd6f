import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import type { ErrorCode, ErrorDetails } from "../kernel/errors.ts";
import { NESTING_LIMIT, textNestsTooDeep, valueNestsTooDeep } from "./nesting.ts";

/** The largest request that is read: far above any operation with its variables, far below what would hold up the others. */
export const BODY_LIMIT = 1024 * 1024;

interface Refusal {
  status: number;
  code: ErrorCode;
  message: string;
  details?: ErrorDetails & { correlationId?: string };
}

const badRequest = (message: string): Refusal => ({ status: 400, code: "INVALID_INPUT", message });

/** What a request is refused with before it reaches GraphQL, by the code that Fastify or Node gives the fault. */
const REFUSALS: Readonly<Record<string, Refusal>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: {
    status: 413,
    code: "INVALID_INPUT",
    message: `The request's body is larger than ${BODY_LIMIT} bytes.`,
    details: { limit: BODY_LIMIT },
  },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    status: 415,
    code: "INVALID_INPUT",
    message: "Send the request's body as application/json.",
    details: { allowed: ["application/json"] },
  },
  FST_ERR_CTP_EMPTY_JSON_BODY: badRequest("The request's body is empty: send a JSON object with a query."),
  FST_ERR_CTP_INVALID_JSON_BODY: badRequest("The request's body is not valid JSON."),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: badRequest("The request's body does not have the length that its header names."),
  ERR_INVALID_URL: badRequest("The request's Host header is not valid."),
};

/** Answers a request that cannot be served in the form that GraphQL clients read, without a stack or an echo. */
export function refuse(reply: FastifyReply, { status, code, message, details }: Refusal): FastifyReply {
  const wantsGraphQL = reply.request.headers.accept?.includes("application/graphql-response+json") ?? false;
  return reply
    .code(status)
    .type(`${wantsGraphQL ? "application/graphql-response+json" : "application/json"}; charset=utf-8`)
    .send(JSON.stringify({ errors: [{ message, extensions: { code, ...details } }] }));
}

/** Fastify's error handler: a fault of the request is a 4xx that says what would be accepted; anything else is logged and is a 500. */
export function refuseFault(error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const known = REFUSALS[error.code];
  if (known) return refuse(reply, known);
  const status = error.statusCode ?? 500;
  if (status >= 400 && status < 500) return refuse(reply, { ...badRequest("The request is not valid."), status });
  request.log.error({ err: error }, "request failed");
  return refuse(reply, {
    status: 500,
    code: "INTERNAL",
    message: "Something failed inside the gateway.",
    details: { correlationId: request.id },
  });
}

/** Fastify's handler of routes that do not exist, and of methods that an existing one does not take. */
export function refuseRoute(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const path = request.url.split("?", 1)[0];
  if (path !== "/graphql") return refuse(reply, { status: 404, code: "NOT_FOUND", message: "There is nothing here." });
  void reply.header("allow", "GET, POST");
  return refuse(reply, {
    status: 405,
    code: "INVALID_INPUT",
    message: "Send operations by POST, or queries by GET.",
    details: { allowed: ["GET", "POST"] },
  });
}

/** Stops an operation that would overflow the stack of whoever parses or coerces it; the language's own limits are far lower. */
export async function refuseNesting(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
  const parts = [request.query, request.body].flatMap((given) =>
    typeof given === "object" && given !== null ? [Reflect.get(given, "query"), Reflect.get(given, "variables")] : [],
  );
  if (!parts.some((part) => (typeof part === "string" ? textNestsTooDeep(part) : valueNestsTooDeep(part)))) return;
  return refuse(reply, {
    ...badRequest(`The operation or its variables nest deeper than ${NESTING_LIMIT} levels.`),
    details: { limit: NESTING_LIMIT },
  });
}
