import type { Viewer } from "../access/actor.ts";
import type { OutboxLimits } from "./outbox.ts";

/** The bounds of everything that stays open: WebSockets and event streams. */
export interface StreamLimits {
  /** Connections in total. */
  connections: number;
  connectionsPerViewer: number;
  /** Subscriptions of one viewer at a time, on all their connections. */
  subscriptionsPerViewer: number;
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
  subscriptionsPerViewer: 1_000,
  operations: 100,
  outbox: { bytes: 1024 * 1024, messages: 5_000, stallMs: 30_000 },
  pingMs: 15_000,
  initMs: 10_000,
  drainMs: 5_000,
};

type AdmissionLimits = Pick<StreamLimits, "connections" | "connectionsPerViewer" | "subscriptionsPerViewer">;

/** A connection of which it is not known yet whose it is: anybody may open any number. */
interface Stranger {
  network: string;
  /** Ends it at once. */
  cut: () => void;
}

/** A place among connections. */
export interface Place {
  /** Tells that its viewer is known now: it is not taken away any more. */
  known: () => void;
  leave: () => void;
}

/**
 * Counts open connections, in total and by viewer, and viewers' subscriptions. Where all places are taken, whoever comes from a network with fewer
 * connections that have not signed in gets that of one of the network that has most.
 */
export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #connections = new Map<string, number>();
  readonly #subscriptions = new Map<string, number>();
  /** By network, the oldest first. */
  readonly #strangers = new Map<string, Set<Stranger>>();
  #open = 0;

  constructor(limits: AdmissionLimits) {
    this.#limits = limits;
  }

  /** How many connections there are. */
  get open(): number {
    return this.#open;
  }

  /** Takes a place for a viewer who is known; gives what frees it, or undefined where there is none. */
  enter(): (() => void) | undefined {
    if (!this.#hasRoom(0)) return undefined;
    this.#open += 1;
    return once(() => {
      this.#open -= 1;
    });
  }

  /** Takes a place for a connection of somebody who is not known yet; undefined where there is none. It may be cut, and has left then. */
  enterFrom(network: string, cut: () => void): Place | undefined {
    const others = this.#strangers.get(network)?.size ?? 0;
    const leave = this.#hasRoom(others) ? this.enter() : undefined;
    if (!leave) return undefined;
    const known = once(() => this.#forget(stranger));
    const left = once(() => {
      known();
      leave();
    });
    const stranger: Stranger = {
      network,
      cut: () => {
        left();
        cut();
      },
    };
    this.#strangers.set(network, (this.#strangers.get(network) ?? new Set()).add(stranger));
    return { known, leave: left };
  }

  /** Whether there is a place for who comes from a network with so many strangers, or now is. */
  #hasRoom(others: number): boolean {
    if (this.#open < this.#limits.connections) return true;
    const most = [...this.#strangers.values()].reduce<ReadonlySet<Stranger>>(
      (a, b) => (b.size > a.size ? b : a),
      new Set(),
    );
    if (most.size <= others + 1) return false;
    const [oldest] = most;
    oldest?.cut();
    return this.#open < this.#limits.connections;
  }

  #forget(stranger: Stranger): void {
    const others = this.#strangers.get(stranger.network);
    others?.delete(stranger);
    if (others?.size === 0) this.#strangers.delete(stranger.network);
  }

  /** Takes one of the viewer's places among connections; gives what frees it, or undefined where there is none. */
  enterAs(viewer: Viewer): (() => void) | undefined {
    return taken(this.#connections, viewer, this.#limits.connectionsPerViewer);
  }

  /** The same among subscriptions. */
  subscribeAs(viewer: Viewer): (() => void) | undefined {
    return taken(this.#subscriptions, viewer, this.#limits.subscriptionsPerViewer);
  }
}

function taken(counts: Map<string, number>, { kind, id }: Viewer, limit: number): (() => void) | undefined {
  const key = `${kind} ${id}`;
  const open = counts.get(key) ?? 0;
  if (open >= limit) return undefined;
  counts.set(key, open + 1);
  return once(() => {
    const left = (counts.get(key) ?? 1) - 1;
    if (left > 0) counts.set(key, left);
    else counts.delete(key);
  });
}

function once(act: () => void): () => void {
  let done = false;
  return () => {
    if (!done) act();
    done = true;
  };
}
