import { randomUUID } from "node:crypto";
import { GraphQLError, type GraphQLFormattedError } from "graphql";
import { busyWhereAway, tookTooLong, wasCancelled } from "../database/error-mapping.ts";
import { currentTurn } from "../database/turn.ts";
import { type ErrorDetails, RollcallError } from "../kernel/errors.ts";

/** Where an INTERNAL error is written in full, under the id that the client is told. */
export type ReportInternal = (error: unknown, correlationId: string) => void;

// What graphql-js and Apollo Server refuse before a resolver runs; all of it is the request's fault.
const REQUEST_ERRORS = new Set([
  "GRAPHQL_PARSE_FAILED",
  "GRAPHQL_VALIDATION_FAILED",
  "BAD_USER_INPUT",
  "BAD_REQUEST",
  "OPERATION_RESOLUTION_FAILURE",
  "PERSISTED_QUERY_NOT_FOUND",
  "PERSISTED_QUERY_NOT_SUPPORTED",
]);

/** What graphql-js says of a value that does not fit, without the value, which it quotes. */
const withoutValue = (message: string): string =>
  message
    .replace(/^Expected value of type "([^"]+)", found .*$/s, 'Expected a value of type "$1".')
    .replace(/^((?:Enum "\w+"|\w+) cannot represent (?:a )?[\w -]*value): .*$/s, "$1.")
    .replace(/^Value ".*" does not exist in "(\w+)" enum/s, 'This value does not exist in the "$1" enum')
    .replace(/^(Argument "\w+" has (?:an )?invalid value) .*$/s, "$1.")
    .replace(/^(Syntax Error: .*?(?:found|Unexpected) [A-Z]\w*) ".*"\.$/s, "$1.")
    .replace(/^(Syntax Error: Invalid (?:character|Unicode) escape sequence): .*$/s, "$1.");

/**
 * The same for any fault of a request. That of a variable is `Variable "$x" got invalid value …`, the place where it stands,
 * and what is wrong: the last is an error of its own, so that nothing has to be guessed about where the value ends.
 */
function withoutValues(message: string, fault: unknown): string {
  const variable = /^Variable "\$\w+" got /.exec(message)?.[0];
  if (!variable || !(fault instanceof Error) || !message.endsWith(`; ${fault.message}`))
    return variable ? `${variable}an invalid value.` : withoutValue(message);
  const place = / at "([\w.[\]]+)"$/.exec(message.slice(0, -`; ${fault.message}`.length))?.[1];
  return `${variable}an invalid value${place ? ` at "${place}"` : ""}; ${withoutValue(fault.message)}`;
}

const locate = (formatted: GraphQLFormattedError): Pick<GraphQLFormattedError, "locations" | "path"> => ({
  ...(formatted.locations ? { locations: formatted.locations } : {}),
  ...(formatted.path ? { path: formatted.path } : {}),
});

const translate = (code: string, message: string, details: ErrorDetails, formatted: GraphQLFormattedError) => ({
  message,
  ...locate(formatted),
  extensions: { code, ...details },
});

/** The error that was thrown, under the wrappers that graphql-js puts around it. */
function thrown(error: unknown): unknown {
  let inner = error;
  while (inner instanceof GraphQLError && inner.originalError) inner = inner.originalError;
  return inner;
}

/** A statement that was ended before it was done, for its operation's time or its own; anything else as it came. */
function outOfTime(error: unknown, statementMs: number | undefined): unknown {
  if (!wasCancelled(error)) return error;
  const { reason } = currentTurn()?.signal ?? {};
  if (reason instanceof RollcallError) return reason;
  return tookTooLong(statementMs);
}

/** What graphql-js says of variables behind the first fifty things that are wrong with them, and Apollo Server takes for a failure inside. */
const TOO_MANY_FAULTS = "Too many errors processing variables, error limit reached. Execution aborted.";

/**
 * Variables are coerced before there is a path; arguments at their field's, which Apollo Server takes for a failure inside.
 * Any other bare GraphQLError is a value of ours that does not fit its type.
 */
const isCoercion = ({ path, message }: GraphQLError, code: unknown): boolean =>
  message.startsWith("Argument ") || message === TOO_MANY_FAULTS || (code === undefined && path === undefined);

/** Makes the one translator of errors: ours keep code and details, the request's faults become INVALID_INPUT, the rest INTERNAL. */
export function errorFormatter(
  report: ReportInternal,
  statementMs?: number,
): (formatted: GraphQLFormattedError, error: unknown) => GraphQLFormattedError {
  return (formatted, error) => {
    const cause = busyWhereAway(outOfTime(thrown(error), statementMs));
    if (cause instanceof RollcallError) return translate(cause.code, cause.message, cause.details, formatted);
    const code = formatted.extensions?.code;
    if (typeof code === "string" && REQUEST_ERRORS.has(code)) {
      return translate("INVALID_INPUT", withoutValues(formatted.message, cause), {}, formatted);
    }
    if (cause instanceof GraphQLError && isCoercion(cause, code)) {
      return translate("INVALID_INPUT", withoutValues(formatted.message, cause), {}, formatted);
    }
    const correlationId = randomUUID();
    report(cause, correlationId);
    return {
      message: "Something failed inside the gateway.",
      ...locate(formatted),
      extensions: { code: "INTERNAL", correlationId },
    };
  };
}
