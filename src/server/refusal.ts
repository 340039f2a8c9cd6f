import { type IncomingMessage, maxHeaderSize, type ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { busyWhereAway } from "../database/error-mapping.ts";
import { Busy, type ErrorCode, type ErrorDetails } from "../kernel/errors.ts";
import { GUARDS } from "./guard-headers.ts";
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
  FST_ERR_BAD_URL: badRequest("The request's address is not valid."),
  ERR_INVALID_URL: badRequest("The request's Host header is not valid."),
};

/** What is answered to what is no request at all, by the code that Node gives the fault. */
const UNREADABLE: Readonly<Record<string, Refusal>> = {
  ERR_HTTP_REQUEST_TIMEOUT: { ...badRequest("The request did not come in time."), status: 408 },
  HPE_HEADER_OVERFLOW: {
    ...badRequest(`The request's headers are larger than ${maxHeaderSize} bytes.`),
    status: 431,
    details: { limit: maxHeaderSize },
  },
};

const bodyOf = ({ code, message, details }: Refusal): string =>
  JSON.stringify({ errors: [{ message, extensions: { code, ...details } }] });

/** Answers a request that cannot be served in the form that GraphQL clients read, without a stack or an echo. */
export function refuse(reply: FastifyReply, refusal: Refusal): FastifyReply {
  const wantsGraphQL = reply.request.headers.accept?.includes("application/graphql-response+json") ?? false;
  return reply
    .headers({ ...GUARDS, ...reply.getHeaders() })
    .code(refusal.status)
    .type(`${wantsGraphQL ? "application/graphql-response+json" : "application/json"}; charset=utf-8`)
    .send(bodyOf(refusal));
}

type Fields = Readonly<Record<string, string>>;

/** Fastify's handler of what is no request of HTTP: answered in the same form, with these header fields, and the connection ends with it. */
export const refuseUnreadable = (guards: Fields) => (error: NodeJS.ErrnoException, socket: Socket) => {
  if (error.code === "ECONNRESET" || !socket.writable) return void socket.destroy();
  const refusal = UNREADABLE[error.code ?? ""] ?? badRequest("This is no request of HTTP/1.1.");
  const body = bodyOf(refusal);
  const head = [
    `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status]}`,
    "Connection: close",
    "Content-Type: application/json; charset=utf-8",
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...Object.entries(guards).map((field) => field.join(": ")),
  ];
  socket.write(`${head.join("\r\n")}\r\n\r\n${body}`);
  socket.destroySoon();
};

/** Refuses a request that expects of the server anything but to be told that it may go on (RFC 9110, 10.1.1). */
export const refuseExpectation = (guards: Fields) => (_: IncomingMessage, response: ServerResponse) => {
  const body = bodyOf({ status: 417, code: "INVALID_INPUT", message: "Expect: only 100-continue can be met." });
  response
    .writeHead(417, {
      ...guards,
      "content-type": "application/json; charset=utf-8",
      "content-length": Buffer.byteLength(body),
      connection: "close",
    })
    .end(body);
};

/** What a request says once: Node takes the first of several, and who stands before this gateway may take another. */
const SINGLE: readonly string[] = ["host", "authorization", "content-type"];

/** Refuses a request in which a header stands twice that decides whose it is, or what it is. */
export function refuseDoubled({ raw }: FastifyRequest, reply: FastifyReply): FastifyReply | undefined {
  const names = raw.rawHeaders.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase());
  const doubled = SINGLE.find((name) => names.indexOf(name) !== names.lastIndexOf(name));
  return doubled === undefined
    ? undefined
    : refuse(reply, badRequest(`The request has more than one ${doubled} header.`));
}

/** Fastify's error handler: a fault of the request is a 4xx that says what would be accepted; anything else is logged and is a 500. */
export function refuseFault(error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const known = REFUSALS[error.code];
  if (known) return refuse(reply, known);
  const away = busyWhereAway(error);
  if (away instanceof Busy) {
    const { code, message, details } = away;
    void reply.header("retry-after", details.retryAfterSeconds);
    return refuse(reply, { status: 503, code, message, details });
  }
  const status = error.statusCode ?? 500;
  if (status >= 400 && status < 500) return refuse(reply, { ...badRequest("The request is not valid."), status });
  request.log.error({ requestId: request.id, err: error }, "request failed");
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
