import { type DestinationStream, type Logger, pino } from "pino";

/** Keys whose values never reach the log, at the top of a line and one level down. */
const SECRET_KEYS = ["authorization", "cookie", "token", "password", "secret", "variables", "connectionString"];

/**
 * The log: one JSON object a line. Secrets, tokens and variables are replaced, and of an error only what a developer
 * needs is kept: database drivers hang rows, parameters and statements on theirs.
 */
export function createLog(level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: undefined,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: SECRET_KEYS.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]), censor: "[redacted]" },
    serializers: { err: describeError },
  };
  return destination ? pino(options, destination) : pino(options);
}

interface DescribedError {
  type: string;
  message: string;
  stack?: string | undefined;
  code?: string | number | undefined;
  cause?: DescribedError | undefined;
}

function describeError(error: unknown): DescribedError {
  if (!(error instanceof Error)) return { type: typeof error, message: "Something that is no error was thrown." };
  const { code } = error as { code?: unknown };
  return {
    type: error.name,
    message: error.message,
    stack: error.stack,
    ...(typeof code === "string" || typeof code === "number" ? { code } : {}),
    ...(error.cause === undefined ? {} : { cause: describeError(error.cause) }),
  };
}
