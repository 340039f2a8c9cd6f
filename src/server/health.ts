import { Unfit } from "../kernel/unfit.ts";

/** How often the database is asked whether it is there. */
const PROBE_EVERY_MS = 2_000;
/** A question that is still unanswered after this long counts as no answer; until then the database is busy, not gone. */
const PROBE_LIMIT_MS = 30_000;

/** What the database is asked: gives what is wrong but no reason to send no work; throws an Unfit with the reason, or whatever it fails with. */
// biome-ignore lint/suspicious/noConfusingVoidType: a ping that merely answers has nothing to warn of.
export type Ping = () => Promise<readonly string[] | void>;

export type ReadinessState = { ready: true; warnings: readonly string[] } | { ready: false; reason: string };

/**
 * Whether this gateway should be sent work. The database is asked in the background, one question at a time, and the last
 * answer is kept: telling it costs nothing and waits for nobody, so a database that works on something long (the embedded
 * one has a single session) does not look like one that is down.
 */
export class Readiness {
  readonly #ping: Ping;
  readonly #everyMs: number;
  readonly #limitMs: number;
  #timer: NodeJS.Timeout | undefined;
  #state: ReadinessState = { ready: false, reason: "The gateway is starting." };
  #askedAt: number | undefined;
  #draining = false;

  constructor(ping: Ping, everyMs = PROBE_EVERY_MS, limitMs = PROBE_LIMIT_MS) {
    this.#ping = ping;
    this.#everyMs = everyMs;
    this.#limitMs = limitMs;
  }

  /** Asks once and then again and again; the first answer is there when this returns. */
  async start(): Promise<void> {
    this.#timer = setInterval(() => void this.#probe(), this.#everyMs).unref();
    await this.#probe();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** From here on the gateway is not ready, for good. */
  drain(): void {
    this.#draining = true;
  }

  state(): ReadinessState {
    if (this.#draining) return { ready: false, reason: "The gateway is shutting down." };
    if (this.#askedAt !== undefined && performance.now() - this.#askedAt > this.#limitMs)
      return { ready: false, reason: "The database does not answer." };
    return this.#state;
  }

  async #probe(): Promise<void> {
    if (this.#askedAt !== undefined) return;
    this.#askedAt = performance.now();
    try {
      this.#state = { ready: true, warnings: (await this.#ping()) ?? [] };
    } catch (error) {
      this.#state = {
        ready: false,
        reason: error instanceof Unfit ? error.message : "The database cannot be reached.",
      };
    } finally {
      this.#askedAt = undefined;
    }
  }
}
