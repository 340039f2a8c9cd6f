import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { StartError } from "../kernel/start-error.ts";
import { lockDirectory } from "./embedded-lock.ts";

/** What the worker is given. */
export interface WorkerInput {
  dataDir: string | "memory";
  /** The path of the socket that it listens on. */
  socket: string;
  idleInTransactionMs: number;
  /** A dump of a data directory, to begin with where there is nothing yet. */
  template: string | undefined;
  /** Two Int32: one raised before and after every turn, and how many milliseconds the turn may take (0: any). */
  turns: SharedArrayBuffer;
  /** PostgreSQL as a compiled WebAssembly module, where a thread of this process has compiled it before. */
  program: object | undefined;
}

export type ToWorker = { kind: "close" } | { kind: "dump" };
export type FromWorker =
  | { kind: "ready"; program: object }
  | { kind: "closed" }
  | { kind: "dumped"; bytes: ArrayBuffer };

/** The file name that PostgreSQL's clients look for in a directory that is given as a host. */
const SOCKET_NAME = ".s.PGSQL.5432";
/** A statement may take so much longer than its limit. */
const LOOK_MS = 50;
/** Says, inside the data directory, where the socket is. */
export const HOST_FILE = "host";
/** A path longer than this cannot be a socket's on Linux; it is 104 bytes on macOS. */
const LONGEST_SOCKET_PATH = 103;

/** Compiled once for all databases that this process opens, one after another or beside each other: that is half of what opening one takes. */
let program: object | undefined;

export interface EmbeddedOptions {
  dataDir: string | "memory";
  /** A connection that holds the session in an open transaction without using it is ended after this. */
  idleInTransactionMs?: number;
  template?: string;
}

/**
 * PostgreSQL in a thread of this process, for whoever connects to its socket. A statement never blocks this thread, and one that
 * takes longer than its connection's statement_timeout ends the database's thread: it comes back from its files with all that was committed, and every
 * connection is cut. In memory there are no files to come back from, so there such a statement is the end of the database.
 */
export class Embedded {
  /** The directory of the socket; as `host` it is all that a client needs. */
  readonly host: string;
  readonly #options: EmbeddedOptions;
  readonly #unlock: () => void;
  readonly #ownHost: boolean;
  #worker: Worker | undefined;
  #ready: Promise<void> = Promise.resolve();
  #closing = false;
  #watch: NodeJS.Timeout | undefined;

  private constructor(options: EmbeddedOptions) {
    this.#options = options;
    this.#unlock = options.dataDir === "memory" ? () => undefined : lockDirectory(options.dataDir);
    const beside = options.dataDir === "memory" ? undefined : resolve(options.dataDir);
    this.#ownHost = beside === undefined || Buffer.byteLength(join(beside, SOCKET_NAME)) > LONGEST_SOCKET_PATH;
    this.host = this.#ownHost ? mkdtempSync(join(tmpdir(), "rollcall-")) : (beside as string);
  }

  /** Opens the directory, or makes it; a StartError where another process has it or its files cannot be read. */
  static async open(options: EmbeddedOptions): Promise<Embedded> {
    const embedded = new Embedded(options);
    try {
      embedded.#ready = embedded.#start();
      await embedded.#ready;
      embedded.#announce();
      return embedded;
    } catch (error) {
      embedded.#free();
      throw new StartError(
        `The embedded database in ${options.dataDir} cannot be opened: ${(error as Error).message}`,
        {
          cause: error,
        },
      );
    }
  }

  /** Resolves when connections are accepted: at once, but while the database comes back. Rejects where it cannot. */
  async ready(): Promise<void> {
    await this.#ready;
  }

  /** The files of the database as one archive, from which `template` begins a new one in memory. */
  async dump(): Promise<Buffer> {
    const worker = this.#worker;
    if (!worker) throw new Error("The embedded database is closed.");
    worker.postMessage({ kind: "dump" } satisfies ToWorker);
    const news = await newsOf(worker, "dumped");
    return Buffer.from(news.bytes);
  }

  /** Rolls back what is open, writes a checkpoint and frees the directory. */
  async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    clearInterval(this.#watch);
    await this.#ready.catch(() => undefined);
    const worker = this.#worker;
    if (worker) {
      worker.postMessage({ kind: "close" } satisfies ToWorker);
      await Promise.race([newsOf(worker, "closed").catch(() => undefined), sleep(10_000, undefined, { ref: false })]);
      await worker.terminate();
    }
    this.#free();
  }

  async #start(): Promise<void> {
    const turns = new SharedArrayBuffer(8);
    const input: WorkerInput = {
      dataDir: this.#options.dataDir === "memory" ? "memory" : join(resolve(this.#options.dataDir), "postgres"),
      socket: join(this.host, SOCKET_NAME),
      idleInTransactionMs: this.#options.idleInTransactionMs ?? 30_000,
      template: this.#options.template,
      turns,
      program,
    };
    // The extension is this file's own: .ts under the tests, .js once built.
    const code = new URL(import.meta.url.replace(/embedded(\.[jt]s)$/, "embedded-worker$1"));
    const worker = new Worker(code, { workerData: input, name: "rollcall-database" });
    this.#worker = worker;
    ({ program } = await newsOf(worker, "ready"));
    worker.on("error", () => undefined); // said by the exit that follows
    worker.on("exit", () => {
      if (worker === this.#worker && !this.#closing) this.#end(worker); // it failed
    });
    this.#watch = this.#watchTurns(worker, new Int32Array(turns));
  }

  /** Ends the thread whose turn has been running for longer than a statement may. */
  #watchTurns(worker: Worker, turns: Int32Array): NodeJS.Timeout {
    let seen = 0;
    let since = 0;
    const look = () => {
      const now = performance.now();
      const turn = Atomics.load(turns, 0);
      const limit = Atomics.load(turns, 1);
      if (turn !== seen) [seen, since] = [turn, now];
      else if (turn % 2 !== 0 && limit > 0 && now - since > limit) this.#end(worker);
    };
    return setInterval(look, LOOK_MS).unref();
  }

  /** Whoever asks from here on waits until the database is back. */
  #end(worker: Worker): void {
    clearInterval(this.#watch);
    this.#worker = undefined;
    this.#ready = worker.terminate().then(() => this.#comeBack());
    this.#ready.catch(() => undefined); // told to those who wait for it
  }

  async #comeBack(): Promise<void> {
    if (this.#closing) return;
    if (this.#options.dataDir === "memory")
      throw new Error("The database in memory is gone: a statement ran too long.");
    await this.#start();
  }

  #announce(): void {
    if (this.#options.dataDir !== "memory") writeFileSync(join(this.#options.dataDir, HOST_FILE), this.host);
  }

  #free(): void {
    if (this.#options.dataDir !== "memory") rmSync(join(this.#options.dataDir, HOST_FILE), { force: true });
    rmSync(join(this.host, SOCKET_NAME), { force: true });
    if (this.#ownHost) rmSync(this.host, { recursive: true, force: true });
    this.#unlock();
  }
}

/** The worker's next news of a kind; rejects where it ends before. */
function newsOf<K extends FromWorker["kind"]>(worker: Worker, kind: K): Promise<Extract<FromWorker, { kind: K }>> {
  return new Promise((fulfil, reject) => {
    const settle = (end: () => void) => {
      worker.off("message", onMessage).off("error", onError).off("exit", onExit);
      end();
    };
    const onMessage = (news: FromWorker) => {
      if (news.kind === kind) settle(() => fulfil(news as Extract<FromWorker, { kind: K }>));
    };
    const onError = (error: Error) => settle(() => reject(error));
    const onExit = (code: number) => settle(() => reject(new Error(`the database's thread ended with ${code}`)));
    worker.on("message", onMessage).on("error", onError).on("exit", onExit);
  });
}
