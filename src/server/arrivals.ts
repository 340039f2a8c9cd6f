import type { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import type { FastifyInstance } from "fastify";

/** How fast a body has to come that may take its time: so many bytes in every span of so many milliseconds. */
export interface Pace {
  bytes: number;
  everyMs: number;
}

/** How often requests are looked at within the time that they have. */
const CHECKS = 4;

interface Coming {
  /** When it is too late, or the span ends in which so many bytes must have come. */
  due: number;
  pace?: Pace;
  /** Whether it is answered, and what still comes of it is thrown away. */
  answered?: boolean;
  /** What its connection had brought when the span began. */
  bytes: number;
}

/**
 * Ends requests whose body does not come: all of it in `requestMs`, or, where that is allowed to it, at a pace. Node's own limit is one for all
 * requests, and knows no pace; it stays as the longest that any of them may take.
 */
export class Arrivals {
  readonly #coming = new Map<IncomingMessage, Coming>();

  constructor(
    private readonly server: FastifyInstance,
    private readonly requestMs: number,
  ) {
    server.addHook("onRequest", async ({ raw }) => {
      const { "content-length": length = "0", "transfer-encoding": encoding } = raw.headers;
      // What is injected comes over no connection, and is there at once.
      if (raw.socket instanceof Socket && (length !== "0" || encoding !== undefined))
        this.#coming.set(raw, { due: performance.now() + requestMs, bytes: 0 });
    });
    // Behind the parsing of the body: nearly all are whole here.
    server.addHook("preValidation", async ({ raw }) => {
      if (raw.complete) this.#coming.delete(raw);
    });
    const timer = setInterval(() => this.#look(), requestMs / CHECKS);
    timer.unref();
    server.addHook("onClose", async () => clearInterval(timer));
  }

  /** Lets a request take the time that it needs, as long as it keeps a pace. */
  allow(raw: IncomingMessage, pace: Pace): void {
    if (this.#coming.has(raw))
      this.#coming.set(raw, { due: performance.now() + pace.everyMs, pace, bytes: raw.socket.bytesRead });
  }

  /** Throws away what still comes of a request that is refused: whoever is still sending would not see the answer where the connection ended at once. */
  refuse(raw: IncomingMessage): void {
    if (this.#coming.has(raw))
      this.#coming.set(raw, { due: performance.now() + this.requestMs, bytes: 0, answered: true });
    raw.resume();
  }

  #look(): void {
    const now = performance.now();
    for (const [raw, { due, pace, bytes, answered }] of this.#coming) {
      if (raw.complete || raw.destroyed) this.#coming.delete(raw);
      else if (now < due) continue;
      else if (pace && raw.socket.bytesRead - bytes >= pace.bytes) this.allow(raw, pace);
      else if (answered) raw.destroy();
      else this.#end(raw);
    }
  }

  /** Answers as Node does where its own limit ends a request. */
  #end(raw: IncomingMessage): void {
    this.#coming.delete(raw);
    const late = Object.assign(new Error("The request did not come in time."), { code: "ERR_HTTP_REQUEST_TIMEOUT" });
    this.server.server.emit("clientError", late, raw.socket);
  }
}
