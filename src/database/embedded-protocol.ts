/*
 * What the embedded database must know of PostgreSQL's frontend/backend protocol, version 3: how messages are framed, how a
 * connection begins, and the few answers that the database itself does not give.
 */

const SSL_REQUEST = 80877103;
const GSSENC_REQUEST = 80877104;
const CANCEL_REQUEST = 80877102;
const PROTOCOL_3 = 3;

/** What a connection says first: whom it speaks as, and how long a statement of its may take (0: as long as it likes). */
export type Opening =
  | { kind: "encryption" }
  | { kind: "cancel" }
  | { kind: "start"; user: string; statementTimeoutMs: number }
  | { kind: "unknown" };

/** The first packet in `bytes`, which unlike all later messages has no type, and its length; undefined while it is incomplete. */
export function readOpening(bytes: Buffer): { opening: Opening; length: number } | undefined {
  if (bytes.length < 8) return undefined;
  const length = bytes.readInt32BE(0);
  if (length < 8 || length > 10_000) return { opening: { kind: "unknown" }, length: bytes.length };
  if (bytes.length < length) return undefined;
  return { opening: openingOf(bytes.readInt32BE(4), bytes.subarray(8, length)), length };
}

function openingOf(code: number, parameters: Buffer): Opening {
  if (code === SSL_REQUEST || code === GSSENC_REQUEST) return { kind: "encryption" };
  if (code === CANCEL_REQUEST) return { kind: "cancel" };
  if (code >> 16 !== PROTOCOL_3) return { kind: "unknown" };
  const words = parameters.toString("utf8").split("\0");
  const parameter = (name: string) => words[words.findIndex((word, at) => at % 2 === 0 && word === name) + 1];
  const user = words.includes("user") ? parameter("user") : undefined;
  if (!user) return { kind: "unknown" };
  const limit = words.includes("statement_timeout") ? Number(parameter("statement_timeout")) : 0;
  return { kind: "start", user, statementTimeoutMs: limit > 0 ? limit : 0 };
}

/** The complete messages at the start of `bytes`; what follows them is incomplete. Throws where a length is impossible. */
export function splitMessages(bytes: Buffer): { messages: Buffer[]; rest: Buffer } {
  const messages: Buffer[] = [];
  let at = 0;
  while (bytes.length - at >= 5) {
    const length = bytes.readInt32BE(at + 1);
    if (length < 4) throw new RangeError("A message cannot be shorter than its length.");
    if (bytes.length - at < 1 + length) break;
    messages.push(bytes.subarray(at, at + 1 + length));
    at += 1 + length;
  }
  return { messages, rest: bytes.subarray(at) };
}

/** The message's type, as the letter that the protocol's documentation calls it by. */
export const typeOf = (message: Buffer): string => String.fromCharCode(message[0] ?? 0);

export const message = (type: string, ...parts: (Buffer | string)[]): Buffer => {
  const body = Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(`${part}\0`) : part)));
  const head = Buffer.alloc(5);
  head.write(type, 0, "latin1");
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
};

/** The answers to a start: no password is asked for, since only the directory's owner can reach the socket. */
export function welcome(parameters: Readonly<Record<string, string>>, processId: number): Buffer {
  const key = Buffer.alloc(8);
  key.writeInt32BE(processId, 0);
  return Buffer.concat([
    message("R", Buffer.alloc(4)),
    ...Object.entries(parameters).map(([name, value]) => message("S", name, value)),
    message("K", key),
    readyForQuery,
  ]);
}

export const readyForQuery = message("Z", Buffer.from("I"));

export const errorResponse = (severity: "ERROR" | "FATAL", code: string, text: string): Buffer =>
  message("E", `S${severity}`, `V${severity}`, `C${code}`, `M${text}`, Buffer.alloc(1));

/** The name of the prepared statement that a message makes or uses; undefined where it concerns none. */
export function statementOf(bytes: Buffer): { name: string; start: number } | undefined {
  let start = 5;
  switch (typeOf(bytes)) {
    case "P":
      break;
    case "B":
      start = bytes.indexOf(0, 5) + 1; // after the portal's name
      break;
    case "C":
    case "D":
      if (bytes[5] !== 0x53) return undefined; // a portal, not a statement
      start = 6;
      break;
    default:
      return undefined;
  }
  return { name: bytes.toString("utf8", start, bytes.indexOf(0, start)), start };
}

/** The same message about a statement of another name. */
export function renameStatement(bytes: Buffer, { name, start }: { name: string; start: number }, to: string): Buffer {
  const end = start + Buffer.byteLength(name);
  return message(typeOf(bytes), bytes.subarray(5, start), Buffer.from(to), bytes.subarray(end));
}

/** The first column of the first row in an answer, as text; undefined where there is no row or it is null. */
export function firstValue(answer: Buffer): string | undefined {
  const row = splitMessages(answer).messages.find((one) => typeOf(one) === "D");
  const length = row?.readInt32BE(7) ?? -1;
  return length < 0 ? undefined : row?.toString("utf8", 11, 11 + length);
}
