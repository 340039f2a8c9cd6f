import type { Logger } from "pino";

/** Work that is due again and again: each run begins a pause after the last one ended, and a failed run is logged and tried again. */
export class Periodic {
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(
    private readonly name: string,
    private readonly pauseMs: number,
    private readonly work: () => Promise<unknown>,
    private readonly log: Logger,
  ) {}

  start(): this {
    this.#timer = setTimeout(() => {
      this.#running = this.#run();
    }, this.pauseMs);
    this.#timer.unref();
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
      await this.work();
    } catch (error) {
      if (!this.#stopped) this.log.error({ err: error, work: this.name }, "periodic work failed; it is tried again");
    }
    if (!this.#stopped) this.start();
  }
}
