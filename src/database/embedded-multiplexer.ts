import type { Duplex } from "node:stream";
import {
  errorResponse,
  message,
  readOpening,
  readyForQuery,
  renameStatement,
  splitMessages,
  statementOf,
  typeOf,
  welcome,
} from "./embedded-protocol.ts";

/*
 * Many connections to a database that has one session.
 *
 * A connection's messages are collected until it asks for an answer (Query, Sync, Flush, FunctionCall), and run together, with
 * nobody else's between them. From then on the database is the connection's own until that answer is complete and no transaction
 * is open; the others wait, in the order in which they asked. A connection that vanishes, or leaves its transaction idle for too
 * long, is rolled back.
 *
 * What belongs to a session is shared: settings made with SET, LISTEN, temporary tables. Kept apart are who is speaking, and
 * prepared statements: named ones carry their connection's number, and the unnamed one can be bound only by whoever parsed it.
 */

/** The one session: takes messages that end with one that is answered, and gives all answers. A limit of 0 is none. */
export interface Session {
  run(messages: Buffer, limitMs?: number): Buffer;
  inTransaction(): boolean;
}

interface Connection {
  id: number;
  stream: Duplex;
  user: string | undefined;
  statementTimeoutMs: number;
  received: Buffer;
  /** Messages that ask for no answer yet. */
  collected: Buffer[];
  /** Turns that wait for the session. */
  turns: Buffer[];
  statements: Set<string>;
  closed: boolean;
}

/** Types of messages upon which the database answers. */
const ANSWERED = new Set(["Q", "S", "H", "F"]);
const SYNC = message("S");
/** COPY would read what the client sends only after it was told to, in the middle of a turn. */
const COPY_IN = /^\s*copy\b[^;]*\bfrom\s+stdin\b/i;

export class Multiplexer {
  readonly #session: Session;
  readonly #parameters: Readonly<Record<string, string>>;
  readonly #idleInTransactionMs: number;
  readonly #connections = new Set<Connection>();
  #owner: Connection | undefined;
  #waiting: Connection[] = [];
  #unnamedBelongsTo = 0;
  #speaker = "";
  #lastId = 0;
  #scheduled = false;
  #idleTimer: NodeJS.Timeout | undefined;

  constructor(session: Session, parameters: Readonly<Record<string, string>>, idleInTransactionMs: number) {
    this.#session = session;
    this.#parameters = parameters;
    this.#idleInTransactionMs = idleInTransactionMs;
  }

  /** Serves a client from its first byte to its last. */
  accept(stream: Duplex): void {
    const connection: Connection = {
      id: ++this.#lastId,
      stream,
      user: undefined,
      statementTimeoutMs: 0,
      received: Buffer.alloc(0),
      collected: [],
      turns: [],
      statements: new Set(),
      closed: false,
    };
    this.#connections.add(connection);
    stream.on("data", (bytes: Buffer) => this.#receive(connection, bytes));
    stream.on("error", () => stream.destroy());
    stream.on("close", () => this.#leave(connection));
  }

  /** True where nobody uses the session or waits for it, so that housekeeping disturbs no one. */
  get idle(): boolean {
    return this.#owner === undefined && this.#waiting.length === 0;
  }

  /** Runs a statement of the database's own between turns; only while `idle`. */
  runOwn(sql: string): Buffer {
    this.#speakAs("postgres");
    return this.#session.run(message("Q", sql));
  }

  /** Ends every connection; open transactions are rolled back. */
  close(): void {
    for (const connection of this.#connections) {
      connection.stream.end(errorResponse("FATAL", "57P01", "the database is closing"));
      this.#leave(connection);
    }
  }

  #receive(connection: Connection, bytes: Buffer): void {
    connection.received = connection.received.length === 0 ? bytes : Buffer.concat([connection.received, bytes]);
    try {
      if (connection.user === undefined && !this.#open(connection)) return;
      const { messages, rest } = splitMessages(connection.received);
      connection.received = rest;
      for (const one of messages) this.#take(connection, one);
    } catch {
      this.#refuse(connection, "08P01", "this is not PostgreSQL's protocol");
    }
  }

  /** Answers the opening packets; true once the connection has begun. */
  #open(connection: Connection): boolean {
    for (;;) {
      const found = readOpening(connection.received);
      if (!found) return false;
      connection.received = connection.received.subarray(found.length);
      switch (found.opening.kind) {
        case "encryption":
          connection.stream.write("N");
          break;
        case "start":
          connection.user = found.opening.user;
          connection.statementTimeoutMs = found.opening.statementTimeoutMs;
          connection.stream.write(welcome(this.#parameters, connection.id));
          return true;
        case "cancel":
          connection.stream.end(); // a running statement cannot be interrupted
          return false;
        default:
          this.#refuse(connection, "08P01", "this is not PostgreSQL's protocol");
          return false;
      }
    }
  }

  #take(connection: Connection, one: Buffer): void {
    const type = typeOf(one);
    if (type === "X") {
      connection.stream.end();
      return;
    }
    connection.collected.push(this.#ownStatement(connection, one));
    if (!ANSWERED.has(type)) return;
    connection.turns.push(Buffer.concat(connection.collected));
    connection.collected = [];
    if (connection !== this.#owner && !this.#waiting.includes(connection)) this.#waiting.push(connection);
    this.#schedule();
  }

  /** Named statements are kept apart by their connection's number. */
  #ownStatement(connection: Connection, one: Buffer): Buffer {
    const statement = statementOf(one);
    if (!statement?.name) return one;
    const name = `${connection.id}:${statement.name}`;
    if (typeOf(one) === "P") connection.statements.add(name);
    if (typeOf(one) === "C") connection.statements.delete(name);
    return renameStatement(one, statement, name);
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#step();
    });
  }

  /** Runs one turn: the owner's, or else that of whoever has waited longest. */
  #step(): void {
    this.#owner ??= this.#waiting.shift();
    const connection = this.#owner;
    const turn = connection?.turns.shift();
    if (!connection || !turn) return;
    clearTimeout(this.#idleTimer);
    this.#run(connection, turn);
    const lastType = lastTypeOf(turn);
    if (lastType === "H" || this.#session.inTransaction()) {
      if (connection.turns.length === 0) this.#expectMore(connection);
    } else {
      this.#owner = undefined;
      if (connection.turns.length > 0) this.#waiting.push(connection);
    }
    if (this.#waiting.length > 0 || connection.turns.length > 0) this.#schedule();
  }

  #run(connection: Connection, turn: Buffer): void {
    if (!this.#session.inTransaction() && !this.#speakAs(connection.user ?? "")) {
      this.#refuse(connection, "28000", "there is no such role");
      return;
    }
    const refusal = this.#refusal(connection, turn);
    if (refusal) {
      connection.stream.write(Buffer.concat([refusal, readyForQuery]));
      return;
    }
    const answer = this.#session.run(turn, connection.statementTimeoutMs);
    for (const one of notificationsIn(answer))
      for (const other of this.#connections) if (other !== connection && other.user) other.stream.write(one);
    connection.stream.write(answer);
  }

  #refusal(connection: Connection, turn: Buffer): Buffer | undefined {
    for (const one of splitMessages(turn).messages) {
      const type = typeOf(one);
      if (type === "P" && statementOf(one)?.name === "") this.#unnamedBelongsTo = connection.id;
      if (type === "B" && statementOf(one)?.name === "" && this.#unnamedBelongsTo !== connection.id)
        return errorResponse("ERROR", "26000", "unnamed prepared statement does not exist");
      if ((type === "Q" || type === "P") && COPY_IN.test(one.toString("utf8", 5, 1000).replace(/^[^\0]*\0(?=.)/, "")))
        return errorResponse("ERROR", "0A000", "COPY FROM STDIN is not available on the embedded database");
    }
    return undefined;
  }

  /** Makes the session that of a role; false where there is no such role. */
  #speakAs(user: string): boolean {
    if (this.#speaker === user) return true;
    const answer = this.#session.run(message("Q", `SET SESSION AUTHORIZATION "${user.replaceAll('"', '""')}"`));
    if (splitMessages(answer).messages.some((one) => typeOf(one) === "E")) return false;
    this.#speaker = user;
    return true;
  }

  #expectMore(connection: Connection): void {
    this.#idleTimer = setTimeout(
      () => this.#refuse(connection, "25P03", "terminating connection due to idle-in-transaction timeout"),
      this.#idleInTransactionMs,
    );
  }

  #refuse(connection: Connection, code: string, text: string): void {
    connection.stream.end(errorResponse("FATAL", code, text));
    this.#leave(connection);
  }

  #leave(connection: Connection): void {
    if (connection.closed) return;
    connection.closed = true;
    this.#connections.delete(connection);
    this.#waiting = this.#waiting.filter((other) => other !== connection);
    connection.turns = [];
    if (this.#owner === connection) {
      clearTimeout(this.#idleTimer);
      this.#session.run(SYNC); // ends what was left in the middle of a turn
      if (this.#session.inTransaction()) this.#session.run(message("Q", "ROLLBACK"));
      this.#owner = undefined;
    }
    const closing = [...connection.statements].map((name) => message("C", Buffer.from("S"), name));
    if (closing.length > 0) this.#whenFree(Buffer.concat([...closing, SYNC]));
    if (this.#waiting.length > 0) this.#schedule();
  }

  /** Statements of those who left are dropped at once, or at the end of somebody's transaction. */
  #whenFree(messages: Buffer): void {
    if (this.#owner === undefined) this.#session.run(messages);
    else setTimeout(() => this.#whenFree(messages), 50);
  }
}

function lastTypeOf(turn: Buffer): string {
  const last = splitMessages(turn).messages.at(-1);
  return last ? typeOf(last) : "";
}

function notificationsIn(answer: Buffer): Buffer[] {
  return splitMessages(answer).messages.filter((one) => typeOf(one) === "A");
}
