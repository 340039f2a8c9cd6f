import type { Viewer } from "../access/actor.ts";
import type { OutboxLimits } from "./outbox.ts";

/** The bounds of everything that stays open: WebSockets and event streams. */
export interface StreamLimits {
  /** Connections in total. */
  connections: number;
  connectionsPerViewer: number;
  /** Operations under way at a time on one WebSocket. */
  operations: number;
  outbox: OutboxLimits;
  /** How often a connection is asked for a sign of life; one that shows none for three times as long is cut. */
  pingMs: number;
  /** How long a new WebSocket may take to sign in. */
  initMs: number;
  /** How long operations under way may take when the gateway shuts down. */
  drainMs: number;
}

export const STREAM_LIMITS: StreamLimits = {
  connections: 10_000,
  connectionsPerViewer: 100,
  operations: 100,
  outbox: { bytes: 1024 * 1024, messages: 5_000, stallMs: 30_000 },
  pingMs: 15_000,
  initMs: 10_000,
  drainMs: 5_000,
};

/** Counts open connections, in total and by viewer. */
export class Admission {
  readonly #limits: Pick<StreamLimits, "connections" | "connectionsPerViewer">;
  readonly #viewers = new Map<string, number>();
  #open = 0;

  constructor(limits: Pick<StreamLimits, "connections" | "connectionsPerViewer">) {
    this.#limits = limits;
  }

  /** How many there are. */
  get open(): number {
    return this.#open;
  }

  /** Takes a place; gives what frees it, or undefined where there is none. */
  enter(): (() => void) | undefined {
    if (this.#open >= this.#limits.connections) return undefined;
    this.#open += 1;
    return once(() => {
      this.#open -= 1;
    });
  }

  /** Takes one of the viewer's places; gives what frees it, or undefined where there is none. */
  enterAs({ kind, id }: Viewer): (() => void) | undefined {
    const key = `${kind} ${id}`;
    const open = this.#viewers.get(key) ?? 0;
    if (open >= this.#limits.connectionsPerViewer) return undefined;
    this.#viewers.set(key, open + 1);
    return once(() => {
      const left = (this.#viewers.get(key) ?? 1) - 1;
      if (left > 0) this.#viewers.set(key, left);
      else this.#viewers.delete(key);
    });
  }
}

function once(act: () => void): () => void {
  let done = false;
  return () => {
    if (!done) act();
    done = true;
  };
}
