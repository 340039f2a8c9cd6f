import type { Logger } from "pino";
import { inSpan } from "../kernel/spans.ts";

const UNTOLD_MS = 1_000;

/**
 * Work that is due again and again: each run begins a pause after the last one ended, and a failed run is logged and tried again. A pause may
 * be asked for each time; one that cannot be told is a second.
 */
export class Periodic {
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(
    private readonly name: string,
    private readonly pauseMs: number | (() => Promise<number>),
    private readonly work: () => Promise<unknown>,
    private readonly log: Logger,
  ) {}

  start(): this {
    this.#wait(typeof this.pauseMs === "number" ? this.pauseMs : 0);
    return this;
  }

  /** No run begins after this; resolves when the one under way has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  async #run(): Promise<void> {
    try {
      await inSpan(`work ${this.name}`, {}, this.work);
    } catch (error) {
      if (!this.#stopped) this.log.error({ err: error, work: this.name }, "periodic work failed; it is tried again");
    }
    if (this.#stopped) return;
    const pauseMs = typeof this.pauseMs === "number" ? this.pauseMs : await this.pauseMs().catch(() => UNTOLD_MS);
    if (!this.#stopped) this.#wait(pauseMs);
  }

  #wait(ms: number): void {
    this.#timer = setTimeout(() => {
      this.#running = this.#run();
    }, ms);
    this.#timer.unref();
  }
}
