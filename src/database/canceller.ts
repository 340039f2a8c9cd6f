import pg from "pg";

/** A canceller is asked seldom, and keeps its connection for a moment only. */
const IDLE_MS = 10_000;

/** Cancels statements of the same role on PostgreSQL, over a connection of its own, so that it waits behind none of them. */
export class Canceller {
  readonly #pool: pg.Pool;

  constructor(options: pg.PoolConfig) {
    this.#pool = new pg.Pool({ ...options, max: 1, min: 0, idleTimeoutMillis: IDLE_MS, allowExitOnIdle: true });
    this.#pool.on("error", () => undefined);
  }

  /** Asks for the end of what a connection runs. Where that cannot be asked, the statement runs to its own end. */
  cancel(processId: number): void {
    this.#pool.query("SELECT pg_cancel_backend($1)", [processId]).catch(() => undefined);
  }

  async close(): Promise<void> {
    if (!this.#pool.ending) await this.#pool.end();
  }
}
