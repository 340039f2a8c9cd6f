import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import type { Turn } from "./turn.ts";

/*
 * A server has only so many connections, and others may have taken them. Then those that a gateway has open serve everybody in turn, as they would in a
 * smaller pool; and whoever finds none open waits for a moment, since most of what takes connections gives them back.
 */

/** How long a connection is waited for that the server has not. */
const PATIENCE_MS = 2_000;
const FIRST_PAUSE_MS = 50;
/** For so long a pool makes do with what it has open before it asks for more again. */
const SHORT_MS = 1_000;

/** The server has no connection left, or is starting or stopping: it may have one in a moment. */
const FULL: ReadonlySet<string> = new Set(["53300", "57P03"]);
const AWAY: ReadonlySet<string> = new Set([
  ...FULL,
  ...["ECONNREFUSED", "ECONNRESET", "EHOSTUNREACH", "ENETUNREACH", "ENOENT", "ENOTFOUND", "ETIMEDOUT", "EAI_AGAIN"],
]);

/** No connection to the database could be had, so nothing was asked of it. */
export class NoConnection extends Error {
  constructor(cause: unknown) {
    super("No connection to the database can be had.", { cause });
    this.name = "NoConnection";
  }
}

const codeOf = (error: unknown): string => String((error as { code?: unknown } | null)?.code);

/** Gives connections of a pool, and waits where the server has none left. */
export class PatientPool {
  readonly #pool: pg.Pool;
  readonly #most: number;
  #short: NodeJS.Timeout | undefined;

  constructor(pool: pg.Pool) {
    this.#pool = pool;
    this.#most = pool.options.max;
  }

  /** NoConnection where there is no server, or it has no connection within two seconds; the turn's reason as soon as it is ended meanwhile. */
  async connect(turn?: Turn): Promise<pg.PoolClient> {
    const until = performance.now() + PATIENCE_MS;
    for (let pause = FIRST_PAUSE_MS; ; pause *= 2) {
      turn?.requireOpen();
      try {
        return await this.#next(turn);
      } catch (error) {
        if (!AWAY.has(codeOf(error))) throw error;
        if (!FULL.has(codeOf(error)) || performance.now() + pause > until) throw new NoConnection(error);
        this.#makeDo();
        await sleep(pause);
      }
    }
  }

  /** The pool's next connection. One that comes after the turn was ended goes back at once. */
  #next(turn: Turn | undefined): Promise<pg.PoolClient> {
    const isIdle = this.#pool.idleCount > this.#pool.waitingCount;
    const coming = this.#pool.connect();
    if (!turn || isIdle) return coming;
    return new Promise((resolve, reject) => {
      const forget = turn.onEnd(() => {
        reject(turn.signal.reason);
        coming.then(
          (client) => client.release(),
          () => undefined,
        );
      });
      coming.finally(forget).then(resolve, reject);
    });
  }

  /** Where nothing is open, one at a time tries. */
  #makeDo(): void {
    const { options, totalCount } = this.#pool;
    options.max = Math.max(1, Math.min(totalCount, options.max));
    clearTimeout(this.#short);
    this.#short = setTimeout(() => {
      options.max = this.#most;
    }, SHORT_MS).unref();
  }
}
