import { GraphQLError, GraphQLScalarType, Kind, type ValueNode, valueFromASTUntyped } from "graphql";
import { type Position as FeedPosition, parsePosition, printPosition } from "../kernel/position.ts";
import { isCivilDate } from "../search/civil-date.ts";
import { parseDuration } from "../search/duration.ts";
import { readInstant } from "../search/instant.ts";

/** A refusal that says what is accepted and never repeats what was sent. */
const refuse = (name: string, accepted: string, node?: ValueNode): never => {
  throw new GraphQLError(`${name} must be ${accepted}.`, node ? { nodes: node } : {});
};

interface TextScalar<T> {
  name: string;
  description: string;
  accepted: string;
  /** The value inside the gateway, or undefined where the text is not acceptable. */
  read: (text: string) => T | undefined;
  write: (value: unknown) => string;
  specifiedByURL?: string;
}

/** A scalar that travels as text. */
function textScalar<T>({
  name,
  description,
  accepted,
  read,
  write,
  specifiedByURL,
}: TextScalar<T>): GraphQLScalarType<T, string> {
  const parse = (value: unknown, node?: ValueNode): T =>
    (typeof value === "string" ? read(value) : undefined) ?? refuse(name, accepted, node);
  return new GraphQLScalarType<T, string>({
    name,
    description,
    ...(specifiedByURL ? { specifiedByURL } : {}),
    serialize: write,
    parseValue: (value) => parse(value),
    parseLiteral: (node) => parse(node.kind === Kind.STRING ? node.value : undefined, node),
  });
}

export const DateTimeScalar = textScalar<Date>({
  name: "DateTime",
  description:
    "RFC 3339 instant, stored at milliseconds and always emitted in UTC with milliseconds, e.g. 2026-03-01T09:30:00.000Z.",
  accepted: "an RFC 3339 instant with an offset, such as 2026-03-01T09:30:00Z",
  specifiedByURL: "https://www.rfc-editor.org/rfc/rfc3339",
  read: (text) => {
    const instant = readInstant(text);
    return instant === undefined ? undefined : new Date(instant);
  },
  write: (value) => (value instanceof Date ? value : new Date(String(value))).toISOString(),
});

export const DateScalar = textScalar<string>({
  name: "Date",
  description: "Civil date without a time zone, YYYY-MM-DD.",
  accepted: "a civil date, YYYY-MM-DD",
  read: (text) => (isCivilDate(text) ? text : undefined),
  write: String,
});

export const DurationScalar = textScalar<string>({
  name: "Duration",
  description: "ISO 8601 duration such as P90D, P1Y6M or PT15M; never negative.",
  accepted: "an ISO 8601 duration that is not negative, such as P90D or PT15M",
  read: (text) => (parseDuration(text) ? text : undefined),
  write: String,
});

// One @ with something before it and a dotted name behind it; more than that only a message sent can tell.
const EMAIL = /^[^\s@\p{Cc}]{1,64}@(?=.{1,253}$)[^\s@.\p{Cc}]{1,63}(?:\.[^\s@.\p{Cc}]{1,63})+$/u;

/** Whether a text has the form of an e-mail address. */
export const isEmailAddress = (text: string): boolean => EMAIL.test(text);

export const EmailAddressScalar = textScalar<string>({
  name: "EmailAddress",
  description: "An e-mail address, name@domain, of at most 254 characters. Compared without regard to case.",
  accepted: "an e-mail address, name@domain",
  read: (text) => (text.length <= 254 && isEmailAddress(text) ? text : undefined),
  write: String,
});

export const PositionScalar = textScalar<FeedPosition>({
  name: "Position",
  description:
    "A place in the change feed: opaque to clients, totally ordered, in commit order. Every mutation payload and every connection carries one; a subscription resumes strictly after one.",
  accepted: "a position that this gateway gave out",
  read: (text) => {
    try {
      return parsePosition(text);
    } catch {
      return undefined;
    }
  },
  write: (value) => printPosition(value as FeedPosition),
});

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const JSONScalar = new GraphQLScalarType({
  name: "JSON",
  description: "Any JSON value.",
  specifiedByURL: "https://www.rfc-editor.org/rfc/rfc8259",
  serialize: (value) => value,
  parseValue: (value) => value,
  parseLiteral: (node, variables) => valueFromASTUntyped(node, variables),
});

export const JSONObjectScalar = new GraphQLScalarType({
  name: "JSONObject",
  description: "A JSON object.",
  specifiedByURL: "https://www.rfc-editor.org/rfc/rfc8259",
  serialize: (value) => value,
  parseValue: (value) => (isObject(value) ? value : refuse("JSONObject", "a JSON object")),
  parseLiteral: (node, variables) => {
    const value = valueFromASTUntyped(node, variables);
    return isObject(value) ? value : refuse("JSONObject", "a JSON object", node);
  },
});
