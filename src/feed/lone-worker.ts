import pg from "pg";
import type { Database } from "../database/database.ts";

/*
 * Work that one gateway at a time does for all of them on a database: the one whose session holds an advisory lock. The session does
 * that work's own looking and nothing else. When it dies, with its process or without, the server frees the lock and another gateway takes over at its next try.
 * A session that says nothing for SILENT_MS is ended by the server: a gateway that stands still, or whose machine is gone, does not keep the lock.
 */

/** How often a gateway that is not at work tries to be, and how long it waits after a failure. */
const TAKE_OVER_MS = 1_000;
/** How long the session may be silent. With what another gateway waits before it tries, less than 5 s. */
const SILENT_MS = 3_000;
/** How often the session says something. */
const SIGN_OF_LIFE_MS = 750;
/** How often the same failure is told. */
const REPEAT_MS = 60_000;

export interface LoneWork {
  /** What the session is called, for whoever looks at the server. */
  name: string;
  /** Whoever works holds this advisory lock. */
  lock: number;
  database: Database;
  /**
   * Goes on until the signal aborts: the lock may be lost, or the process ends. What it throws is told, and it is begun anew. It may listen on
   * the session that holds the lock, and asks nothing of it beside that.
   */
  work(signal: AbortSignal, session: pg.Client): Promise<void>;
  /** Told what stands in the way; it goes on trying. */
  report(error: unknown): void;
}

export class LoneWorker {
  readonly #options: LoneWork;
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;
  #told: { story: string; at: number } | undefined;
  #leads = false;

  constructor(options: LoneWork) {
    this.#options = options;
  }

  /** Whether this gateway is the one at work. */
  get leads(): boolean {
    return this.#leads;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Ends after what is under way; another gateway may take over then. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        await this.#session();
      } catch (error) {
        this.#tell(error);
        await pause(TAKE_OVER_MS, signal);
      } finally {
        this.#leads = false;
      }
    }
  }

  /** From connecting until the connection, or the work, fails. */
  async #session(): Promise<void> {
    const client = new pg.Client({
      ...this.#options.database.connectionConfig.runner,
      application_name: `rollcall ${this.#options.name}`,
      keepAlive: true,
    });
    const lost = new AbortController();
    client.on("error", () => lost.abort()).on("end", () => lost.abort());
    const signal = AbortSignal.any([lost.signal, this.#stop.signal]);
    const worked = new AbortController();
    try {
      await client.connect();
      const { database, work } = this.#options;
      if (!database.embedded) await client.query(`SET idle_session_timeout = ${SILENT_MS}`);
      this.#leads = await this.#lead(client, signal);
      if (!this.#leads) return;
      if (!database.embedded) void this.#showLife(client, AbortSignal.any([signal, worked.signal]));
      await work(signal, client);
    } finally {
      worked.abort();
      await client.end().catch(() => undefined);
    }
  }

  /** Waits until this session holds the lock; false where it is to stop before. */
  async #lead(client: pg.Client, signal: AbortSignal): Promise<boolean> {
    while (!signal.aborted) {
      const { rows } = await client.query<{ taken: boolean }>("SELECT pg_try_advisory_lock($1) AS taken", [
        this.#options.lock,
      ]);
      if (rows[0]?.taken) return true;
      await pause(TAKE_OVER_MS, signal);
    }
    return false;
  }

  /** Keeps the session from being silent while this process does not stand still. */
  async #showLife(client: pg.Client, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await pause(SIGN_OF_LIFE_MS, signal);
      if (!signal.aborted) await client.query("SELECT").catch(() => undefined); // Where it failed, the session is lost, which is told elsewhere.
    }
  }

  /** Tells of a failure, and once a minute that it goes on. */
  #tell(error: unknown): void {
    const story = String(error);
    const now = performance.now();
    if (story === this.#told?.story && now - this.#told.at < REPEAT_MS) return;
    this.#told = { story, at: now };
    this.#options.report(error);
  }
}

/** Resolves after so long, or at once when the signal aborts. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end);
    if (signal.aborted) end();
  });
}
