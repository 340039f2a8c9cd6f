import { valueNestsTooDeep } from "./nesting.ts";
import type { OperationPayload } from "./operation.ts";

/** What clients may send by graphql-transport-ws. */
const TYPES: ReadonlySet<unknown> = new Set(["connection_init", "ping", "pong", "subscribe", "complete"]);

/** Every result carries its operation's id: a long one would be sent again and again. */
const ID_LIMIT = 256;

/** A client's message. */
export interface ClientMessage {
  /** As graphql-ws takes it, which checks the rest. */
  text: string;
  /** The operation that the client is done with. */
  completes?: string | undefined;
}

interface Sent {
  type?: unknown;
  id?: unknown;
  payload?: OperationPayload | null;
}

/** Reads a message; undefined where it is none that a client may send, which the protocol closes a connection for. */
export function readMessage(text: string): ClientMessage | undefined {
  const message = parsed(text);
  if (!message || !TYPES.has(message.type)) return undefined;
  if (typeof message.id === "string" && message.id.length > ID_LIMIT) return undefined;
  // Of an operation its reader says so, under its id; nothing else has any reason to.
  if (message.type !== "subscribe") {
    if (valueNestsTooDeep(message)) return undefined;
    return message.type === "complete" && typeof message.id === "string" ? { text, completes: message.id } : { text };
  }
  return { text: namesDocument(message) ? withQuery(text, message) : text };
}

function parsed(text: string): Sent | undefined {
  try {
    const message: unknown = JSON.parse(text);
    return typeof message === "object" && message !== null ? message : undefined;
  } catch {
    return undefined;
  }
}

const namesDocument = ({ payload }: Sent): boolean =>
  typeof payload === "object" && payload !== null && payload.documentId !== undefined && payload.query === undefined;

/** graphql-ws takes no subscribe message without a query: one that names a persisted document gets an empty place for it, which `asSent` reads as none. */
function withQuery(text: string, message: Sent): string {
  if (valueNestsTooDeep(message)) return text;
  return JSON.stringify({ ...message, payload: { ...message.payload, query: "" } });
}

/** A payload as it was sent. */
export function asSent(payload: OperationPayload): OperationPayload {
  const { query, ...rest } = payload;
  return query === "" && rest.documentId !== undefined ? rest : payload;
}
