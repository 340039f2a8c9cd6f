import { ERROR_CODES } from "../../src/kernel/errors.ts";
import { ENVIRONMENT_CANARY, isEventStream, type Raw } from "./victim.ts";

/*
 * What every answer to a stranger has to be, whatever was sent: of the family, without a trace of what is inside.
 */

const CODES: ReadonlySet<unknown> = new Set(ERROR_CODES.filter((code) => code !== "INTERNAL"));

/** Signs of the inside in the text of an error. */
const INSIDE: readonly RegExp[] = [
  /node_modules|\bat .+\(.+:\d+:\d+\)|\.[cm]?[jt]s:\d+/,
  /\b(select|insert into|update|delete from)\b.+\b(from|set|values|where)\b/i,
  /\b(relation|column|constraint) "|syntax error at or near|violates \w+ constraint|pg_\w+|user_account|user_search/i,
  /\b(TypeError|RangeError|ReferenceError|SyntaxError|ECONNREFUSED|ENOENT)\b|cannot read propert|is not a function/i,
  /postgres(ql)?:\/\/|\/tmp\/|\/home\/|\/root\//,
];

/** What no answer ever holds. */
const SECRETS: readonly string[] = [ENVIRONMENT_CANARY, "$argon2", "AUDIT_MASTER_KEY"];

/** What is wrong with an answer; undefined where nothing is. */
export function faultOf({ status, headers, body }: Raw, hidden: readonly string[] = []): string | undefined {
  if (status >= 500) return `the status ${status}: ${short(body)}`;
  const secret = [...SECRETS, ...hidden].find((one) => body.includes(one));
  if (secret !== undefined) return `the secret ${secret}`;
  if (isEventStream(headers))
    return resultsIn(body)
      .map(faultOfResult)
      .find((fault) => fault !== undefined);
  if (body === "") return status === 204 || status === 304 ? undefined : "nothing";
  return faultOfResult(body);
}

/** The results among the events of a stream; the last may have been cut off. */
const resultsIn = (body: string): string[] =>
  body
    .split("\n\n")
    .slice(0, -1)
    .flatMap((event) => /^data: (.+)$/m.exec(event)?.[1] ?? []);

/** What is wrong with an execution result, or a refusal, as text. */
export function faultOfResult(body: string): string | undefined {
  let parsed: { errors?: unknown; data?: unknown };
  try {
    parsed = JSON.parse(body);
  } catch {
    return `no JSON: ${short(body)}`;
  }
  const { errors } = parsed;
  if (errors === undefined) return "data" in parsed ? undefined : `neither data nor errors: ${short(body)}`;
  if (!Array.isArray(errors) || errors.length === 0) return `no errors in errors: ${short(body)}`;
  for (const error of errors) {
    const fault = faultOfError(error);
    if (fault) return `${fault}: ${short(JSON.stringify(error))}`;
  }
  return undefined;
}

/** What is wrong with one error as a client is told of it. */
export function faultOfError(error: { message?: unknown; extensions?: { code?: unknown } }): string | undefined {
  if (!CODES.has(error.extensions?.code)) return `the code ${error.extensions?.code}`;
  if (typeof error.message !== "string" || error.message === "") return "no message";
  const text = JSON.stringify(error);
  const sign = INSIDE.find((one) => one.test(text));
  return sign ? `a sign of the inside (${sign.source})` : undefined;
}

const short = (text: string): string => text.slice(0, 400);
