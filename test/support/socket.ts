import { once } from "node:events";
import { WebSocket } from "ws";

/*
 * A WebSocket client that speaks graphql-transport-ws and hides nothing: every message, every close code.
 */

// biome-ignore lint/suspicious/noExplicitAny: the shape of a message is the document's, which tests spell out themselves.
export type AnyMessage = any;

/** The longest that a test waits for something that must come. */
const PATIENCE_MS = 30_000;

export interface Closed {
  code: number;
  reason: string;
}

export class Socket {
  /** Everything that came, in order. */
  readonly messages: AnyMessage[] = [];
  readonly closed: Promise<Closed>;
  #waiting: (() => void)[] = [];
  #serial = 0;

  private constructor(readonly ws: WebSocket) {
    this.closed = new Promise((resolve) =>
      ws.once("close", (code, reason) => resolve({ code, reason: String(reason) })),
    );
    ws.on("message", (data) => {
      this.messages.push(JSON.parse(String(data)));
      this.#wake();
    });
    ws.on("close", () => this.#wake());
    ws.on("error", () => undefined);
  }

  /** Connects, from another address of this machine where one is given, and signs in where a token is. */
  static async open(
    url: string,
    token?: string,
    protocols = ["graphql-transport-ws"],
    localAddress?: string,
  ): Promise<Socket> {
    const from = localAddress === undefined ? {} : { localAddress };
    const ws = new WebSocket(`${url.replace("http", "ws")}/graphql`, protocols, from);
    const socket = new Socket(ws);
    await once(ws, "open");
    if (token !== undefined) {
      socket.send({ type: "connection_init", payload: { authorization: `Bearer ${token}` } });
      await socket.waitFor((messages) => messages.find(({ type }) => type === "connection_ack"));
    }
    return socket;
  }

  send(message: object): void {
    this.ws.send(JSON.stringify(message));
  }

  /** Begins an operation; gives its messages as they come. */
  start(query: string, variables: Readonly<Record<string, unknown>> = {}): Started {
    const id = `op-${++this.#serial}`;
    this.send({ id, type: "subscribe", payload: { query, variables } });
    return new Started(this, id);
  }

  /** Resolves with what `find` finds among the messages so far, as soon as it finds something. */
  async waitFor<T>(find: (messages: AnyMessage[]) => T | undefined | false): Promise<T> {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const found = find(this.messages);
      if (found !== undefined && found !== false) return found;
      if (this.ws.readyState === WebSocket.CLOSED)
        throw new Error(`The connection was closed: ${JSON.stringify(this.messages.slice(-3))}`);
      if (Date.now() > deadline)
        throw new Error(`It did not come; the last messages are ${JSON.stringify(this.messages.slice(-3))}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 200);
        this.#waiting.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  /** Waits until the gateway has taken everything that was sent so far. */
  async pinged(): Promise<void> {
    const known = this.messages.length;
    this.send({ type: "ping" });
    await this.waitFor((messages) => messages.slice(known).some(({ type }) => type === "pong"));
  }

  async close(): Promise<void> {
    this.ws.close(1000);
    await this.closed;
  }

  /** Gone without a word, as when a machine dies. */
  kill(): void {
    this.ws.terminate();
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/** One operation on a socket. */
export class Started {
  constructor(
    private readonly socket: Socket,
    readonly id: string,
  ) {}

  get messages(): AnyMessage[] {
    return this.socket.messages.filter(({ id }) => id === this.id);
  }

  /** The values of the root field in the results so far. */
  get values(): AnyMessage[] {
    return this.messages
      .filter(({ type }) => type === "next")
      .map(({ payload }) => Object.values(payload.data ?? {})[0]);
  }

  /** The same without checkpoints. */
  get events(): AnyMessage[] {
    return this.values.filter((value) => value?.__typename !== "FeedCheckpoint");
  }

  /** The first results of which `find` finds something. */
  async until<T>(find: (values: AnyMessage[]) => T | undefined | false): Promise<T> {
    return this.socket.waitFor(() => find(this.values));
  }

  /** Waits for so many events beside checkpoints. */
  async count(events: number): Promise<AnyMessage[]> {
    await this.until(() => this.events.length >= events);
    return this.events;
  }

  /** Waits for the first message, which says where the subscription stands. */
  async ready(): Promise<AnyMessage> {
    return this.until(([first]) => first);
  }

  /** The first error of the message that ends the operation. */
  async refused(): Promise<AnyMessage> {
    return this.socket.waitFor(() => this.messages.find(({ type }) => type === "error")?.payload[0]);
  }

  stop(): void {
    this.socket.send({ id: this.id, type: "complete" });
  }
}
