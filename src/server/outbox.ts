import { OutgoingMessage } from "node:http";
import type { Writable } from "node:stream";

export interface OutboxLimits {
  /** What may wait for a connection before nothing more is taken. */
  bytes: number;
  messages: number;
  /** How long the other side may take nothing while something waits for it, and how long a full outbox may take to be half empty again. */
  stallMs: number;
}

export interface OutboxEvents {
  /** Nothing more should be sent until `drained`. */
  filled(): void;
  drained(): void;
  /** The other side does not read. */
  stalled(): void;
}

/** Parts of smaller messages are written as one: copying them costs less than a write of several. */
const COPIED_BYTES = 4_096;

/**
 * Holds back what is written until the turn of the event loop ends, and gives it to the system in one then: messages that come together cost a
 * connection one write. What others write to a socket, as ws does its pings and the close, keeps its place among them. An HTTP answer does the
 * same to its socket by itself, and must not be corked: when it is let go, it waits for a `drain` that its socket need not have promised.
 */
function hold(stream: Writable): void {
  if (stream instanceof OutgoingMessage || stream.writableCorked > 0) return;
  stream.cork();
  process.nextTick(() => stream.uncork());
}

interface Message {
  parts: readonly Buffer[];
  bytes: number;
}

/**
 * What is on its way to one connection. Messages are written as long as the connection takes them; beyond that they wait here as references to
 * their parts, which other outboxes may share, so that they can be dropped in a moment.
 */
export class Outbox {
  readonly #stream: Writable;
  readonly #limits: OutboxLimits;
  readonly #events: OutboxEvents;
  #waiting: Message[] = [];
  #bytes = 0;
  #full = false;
  /** Runs while the connection takes nothing. */
  #idle: NodeJS.Timeout | undefined;
  /** Runs while it is full. */
  #stall: NodeJS.Timeout | undefined;
  #closed = false;
  #finishing = false;

  constructor(stream: Writable, limits: OutboxLimits, events: OutboxEvents) {
    this.#stream = stream;
    this.#limits = limits;
    this.#events = events;
    stream.on("drain", () => this.#flush());
    stream.once("finish", () => clearTimeout(this.#idle));
  }

  /** Sends a message in parts. False where nothing more should follow until `drained`; nothing is refused. */
  send(parts: readonly Buffer[]): boolean {
    if (this.#closed || this.#finishing) return false;
    const message: Message = { parts, bytes: parts.reduce((sum, part) => sum + part.length, 0) };
    if (this.#waiting.length === 0 && !this.#stream.writableNeedDrain) this.#write(message);
    else this.#keep(message);
    return !this.#full;
  }

  /** Whether anything waits for the connection to take more. */
  get waits(): boolean {
    return this.#waiting.length > 0;
  }

  /** How many bytes wait. */
  get waitingBytes(): number {
    return this.#bytes;
  }

  /** Takes no more, and ends the connection when what waits has been sent: its other side is to take it, or has stalled. */
  finish(): void {
    if (this.#waiting.length === 0) this.#stream.end();
    this.#finishing = true;
    this.#await();
  }

  /** Drops what waits, and takes no more. */
  close(): void {
    this.#closed = true;
    this.#waiting = [];
    this.#bytes = 0;
    clearTimeout(this.#stall);
    clearTimeout(this.#idle);
  }

  /** What was given to the connection as a whole may take it longer, by its size. */
  #await(): void {
    clearTimeout(this.#idle);
    const { stallMs, bytes } = this.#limits;
    const limitMs = stallMs * Math.max(1, this.#stream.writableLength / bytes);
    this.#idle = setTimeout(() => this.#stalled(), limitMs);
    this.#idle.unref();
  }

  #stalled(): void {
    clearTimeout(this.#stall);
    clearTimeout(this.#idle);
    if (!this.#closed) this.#events.stalled();
  }

  #keep(message: Message): void {
    this.#waiting.push(message);
    this.#bytes += message.bytes;
    if (this.#full || (this.#bytes <= this.#limits.bytes && this.#waiting.length <= this.#limits.messages)) return;
    this.#full = true;
    this.#stall = setTimeout(() => this.#stalled(), this.#limits.stallMs);
    this.#stall.unref();
    this.#events.filled();
  }

  #write({ parts, bytes }: Message): void {
    hold(this.#stream);
    if (bytes <= COPIED_BYTES) this.#stream.write(Buffer.concat(parts, bytes));
    else for (const part of parts) this.#stream.write(part);
    if (this.#stream.writableNeedDrain) this.#await();
  }

  #flush(): void {
    clearTimeout(this.#idle);
    let sent = 0;
    for (const message of this.#waiting) {
      if (this.#stream.writableNeedDrain) break;
      this.#write(message);
      this.#bytes -= message.bytes;
      sent += 1;
    }
    this.#waiting = this.#waiting.slice(sent);
    if (this.#finishing) {
      this.#await();
      if (this.#waiting.length === 0) this.#stream.end();
    }
    const { bytes, messages } = this.#limits;
    if (!this.#full || this.#bytes > bytes / 2 || this.#waiting.length > messages / 2) return;
    this.#full = false;
    clearTimeout(this.#stall);
    this.#events.drained();
  }
}
