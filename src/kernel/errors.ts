/** Every code that the gateway's errors can carry, in `extensions.code`. The list is closed: clients may switch on it. */
export const ERROR_CODES = [
  "UNAUTHENTICATED",
  "FORBIDDEN",
  "FIELD_FORBIDDEN",
  "NOT_FOUND",
  "INVALID_INPUT",
  "FILTER_TOO_COMPLEX",
  "CONFLICT",
  "STALE_VERSION",
  "ILLEGAL_TRANSITION",
  "STALE_READ",
  "RATE_LIMITED",
  "POSITION_EXPIRED",
  "INTERNAL",
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** One thing wrong with an input: where it stands (`input.emails[1].value`), what is wrong, what would be accepted. Never the value. */
export interface Violation {
  path: string;
  message: string;
  /** What would be accepted, where it can be listed or bounded. */
  allowed?: readonly string[] | undefined;
  limit?: number | undefined;
  /** How much there was, where that is what is wrong. */
  actual?: number | undefined;
  /** Where in a text the fault stands: from 1, in UTF-16 code units. */
  column?: number | undefined;
}

/** What an error tells a client beside its message; every key is optional and documented in docs/errors.md. */
export interface ErrorDetails {
  /** The public name of the field that the error is about. */
  field?: string;
  /** Where in the input or filter the fault stands, e.g. `filter.and[1].status.in`. */
  inputPath?: string;
  allowed?: readonly string[];
  /** The org units inside which a field may be asked about. */
  allowedWithin?: readonly string[];
  permission?: string;
  limit?: number;
  actual?: number;
  currentVersion?: number;
  from?: string;
  to?: string;
  earliest?: string;
  /** The last instant until which something can be asked for. */
  latest?: string;
  retryAfterSeconds?: number;
  /** How long ago the viewer may have proved at most that it is them. */
  maxAuthenticationAgeSeconds?: number;
  violations?: readonly Violation[];
  /** Where in the text that `inputPath` names the fault stands: from 1, in UTF-16 code units. */
  column?: number;
  subjectId?: string;
}

/** The one family of errors thrown on purpose. `graphql/error-format.ts` alone translates it; anything else becomes INTERNAL. */
export class RollcallError extends Error {
  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly details: ErrorDetails = {},
  ) {
    super(message);
    this.name = "RollcallError";
  }
}

/** What is needed cannot be had at this moment, through no fault of the request's: over HTTP it has the status 503. */
export class Busy extends RollcallError {
  constructor(message: string) {
    super("RATE_LIMITED", message, { retryAfterSeconds: 1 });
    this.name = "Busy";
  }
}

/** The thing does not exist, or the viewer may not see it: the two are one answer. */
export const notFound = (what: string, inputPath?: string): RollcallError =>
  new RollcallError("NOT_FOUND", `No such ${what}.`, inputPath ? { inputPath } : {});

/** Input that breaks one or more rules, all of them listed. */
export const invalidInput = (violations: readonly Violation[]): RollcallError =>
  new RollcallError(
    "INVALID_INPUT",
    violations.length === 1
      ? `${violations[0]?.path}: ${violations[0]?.message}`
      : `${violations.length} values are not acceptable: ${violations.map((v) => v.path).join(", ")}.`,
    { violations, ...(violations[0] ? { inputPath: violations[0].path } : {}) },
  );

/** The viewer lacks the permission that the operation needs. */
export const forbidden = (permission: string, inputPath?: string): RollcallError =>
  new RollcallError("FORBIDDEN", `This needs the permission ${permission}.`, {
    permission,
    ...(inputPath ? { inputPath } : {}),
  });

/** Another record stands in the way: a value that must be unique is taken, or a cycle would arise. */
export const conflict = (message: string, details: ErrorDetails = {}): RollcallError =>
  new RollcallError("CONFLICT", message, details);
