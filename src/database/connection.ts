import { AsyncLocalStorage } from "node:async_hooks";
import { Kysely, PostgresDialect } from "kysely";
import pg from "pg";
import { Canceller } from "./canceller.ts";
import { FairGate } from "./fair-gate.ts";
import { PatientPool } from "./patient-pool.ts";
import { type LookUp, OutOfSequence, Pipeline, PREPARED_LIMIT, type Sequence } from "./pipeline.ts";
import { watchStatements } from "./statement-watch.ts";
import type { Tables } from "./tables.ts";
import { currentTurn, isWriting, type Turn } from "./turn.ts";

const INT8 = 20;
const DATE = 1082;
const DATES = 1182;
const TEXTS = 1009;

/** How values arrive is documented in tables.ts. */
const types = {
  getTypeParser(oid: number, format?: "text" | "binary") {
    if (format !== "binary") {
      if (oid === INT8) return BigInt;
      if (oid === DATE) return (text: string) => text;
      if (oid === DATES) return pg.types.getTypeParser(TEXTS as 1043);
    }
    return pg.types.getTypeParser(oid, format);
  },
} as pg.CustomTypesConfig;

/** A statement to be sent as it is. One with a name is prepared on each connection that it is sent on; the name must stand for its text. */
export interface Statement {
  name?: string | undefined;
  text: string;
  values: readonly unknown[];
  /** It reads a few rows by their keys, and so never keeps others waiting that are sent behind it on the same connection: it takes nobody's share of the pool. */
  isLookUp?: boolean;
  /** A look-up behind which others may be sent. Such have connections of their own. */
  begins?: Sequence | undefined;
  /** A look-up to be sent behind that one: OutOfSequence where it cannot be. */
  follows?: Sequence | undefined;
}

/** How connections are shared out among those who ask. */
export interface Sharing {
  /** The part of the connections for reads that one viewer's reads may hold, and of all that their transactions may, in per cent. */
  viewerShare: number;
}

export const SHARING: Sharing = { viewerShare: 50 };

/** Connections that reads leave to everything else, where there are this many and as many again. Transactions leave one, where there is another. */
const RESERVED = 2;

/** What reads: through a builder, or a statement as it is. */
export type Reads = Pick<Connections, "kysely" | "read">;

/** Holds while the code of a transaction runs. */
export interface Inside {
  open: boolean;
}

/**
 * The connections to one database. Asking for one from within a transaction throws at once: with a pool of one it would
 * wait for itself for ever, and with a larger one it would read what the transaction has not committed yet, or deadlock.
 */
export class Connections {
  readonly pool: pg.Pool;
  readonly kysely: Kysely<Tables>;
  readonly #inside = new AsyncLocalStorage<Inside>();
  readonly #ready: () => Promise<void>;
  readonly #clocks = new WeakMap<pg.PoolClient, string>();
  readonly #prepared = new WeakMap<pg.PoolClient, Set<string>>();
  #clock = "";
  #observe: (seconds: number) => void = () => undefined;

  readonly #patient: PatientPool;
  readonly #readers: FairGate;
  readonly #writers: FairGate;
  readonly #canceller: Canceller | undefined;
  readonly #fallback: Connections | undefined;
  /** For look-ups; undefined where the database has one session, which a pipeline would not make faster. */
  readonly #pipeline: Pipeline | undefined;

  /** Every connection waits for `ready` first. Where none can be had, those of the `fallback` serve. */
  constructor(
    { viewerShare = SHARING.viewerShare, ...options }: pg.PoolConfig & Partial<Sharing>,
    ready: () => Promise<void> = async () => undefined,
    fallback?: Connections,
  ) {
    const max = options.max ?? 10;
    const share = (capacity: number) => Math.max(1, Math.floor((capacity * viewerShare) / 100));
    const forReads = max >= 2 * RESERVED ? max - RESERVED : max;
    this.#readers = new FairGate(forReads, share(forReads));
    this.#writers = new FairGate(Math.max(1, max - 1), share(max));
    this.#ready = ready;
    this.#fallback = fallback;
    this.pool = new pg.Pool({ application_name: "rollcall", ...options, types });
    this.#patient = new PatientPool(this.pool);
    if (max !== 1) {
      this.#pipeline = new Pipeline({ application_name: "rollcall", ...options, types });
      this.#canceller = new Canceller({ application_name: "rollcall", ...options });
    }
    // A connection that the server drops is replaced by the pool; whoever was using it gets the error from its query.
    this.pool.on("error", () => undefined);
    this.pool.on("connect", (client) => client.on("error", () => undefined));
    const connect = () => this.#connect();
    this.kysely = new Kysely<Tables>({
      dialect: new PostgresDialect({ pool: { connect, end: () => this.pool.end(), options: this.pool.options } }),
      log: (event) => this.#observe(event.queryDurationMillis / 1000),
    });
  }

  /** The rows of one statement, each a list of its columns. */
  async read(statement: Statement): Promise<unknown[][]> {
    const { name, text, values } = statement;
    const named = name === undefined ? {} : { name };
    const query = { ...named, text, values: values as unknown[], rowMode: "array" as const };
    const found = statement.isLookUp ? await this.#lookUp(query, statement) : undefined;
    if (found) return found;
    const client = await this.#connect();
    try {
      return (await this.timed(client.query(query))).rows;
    } finally {
      client.release(name !== undefined && this.#isFullOf(client, name));
    }
  }

  /** A connection for statements that belong together, until it is released. */
  lend(): Promise<pg.PoolClient> {
    return this.#connect();
  }

  /** What a statement gives that was just sent, told of as any other. */
  async timed<T>(statement: Promise<T>): Promise<T> {
    const began = performance.now();
    try {
      return await statement;
    } finally {
      this.#observe((performance.now() - began) / 1000);
    }
  }

  /** Undefined where the pool has to answer. */
  async #lookUp(query: LookUp, { begins, follows }: Statement): Promise<unknown[][] | undefined> {
    const pipeline = this.#pipeline;
    if (!pipeline && follows) throw new OutOfSequence("These connections keep no order.");
    if (!pipeline) return undefined;
    const turn = currentTurn();
    turn?.requireOpen();
    this.#refuseInside();
    await this.#ready();
    const began = performance.now();
    const asked = follows ? pipeline.follow(follows, query, this.#clock) : pipeline.read(query, this.#clock, begins);
    // It is too short to be worth a request to cancel it, but it may wait for a connection.
    const rows = await (turn ? turn.wait<unknown[][] | undefined>(asked) : asked);
    if (rows) this.#observe((performance.now() - began) / 1000);
    return rows;
  }

  /** Whether look-ups can follow each other without waiting for each other's answers. */
  get isPipelined(): boolean {
    return this.#pipeline !== undefined;
  }

  /** Runs `work`, and refuses every other connection until it has ended. */
  async exclusively<T>(work: () => Promise<T>): Promise<T> {
    const inside: Inside = { open: true };
    try {
      return await this.#inside.run(inside, work);
    } finally {
      inside.open = false;
    }
  }

  /** How many wait for their share of the connections. */
  get waiting(): number {
    return this.#readers.waiting + this.#writers.waiting;
  }

  /** Tells how long every statement takes, in seconds, from being sent to its last row. */
  observe(onStatement: (seconds: number) => void): void {
    this.#observe = onStatement;
  }

  /** From here on the database's clock, where it is movable, is off by this interval for whoever uses these connections. */
  moveClock(offset: string): void {
    this.#clock = offset;
  }

  /** Ends every connection. The ORM ends them too, but only where it was used: after reads alone they would keep the process alive. */
  async close(): Promise<void> {
    await Promise.all([this.#pipeline?.close(), this.#canceller?.close()]);
    if (!this.pool.ending) await this.pool.end();
  }

  /** Whether a connection that was sent this prepared statement holds as many as it may. */
  #isFullOf(client: pg.PoolClient, name: string): boolean {
    const prepared = this.#prepared.get(client) ?? new Set();
    this.#prepared.set(client, prepared.add(name));
    return prepared.size >= PREPARED_LIMIT;
  }

  #refuseInside(): void {
    if (this.#inside.getStore()?.open)
      throw new Error("A transaction must use its own connection: use tx.sql or tx.em instead of the database.");
  }

  async #connect(): Promise<pg.PoolClient> {
    this.#refuseInside();
    await this.#ready();
    const turn = currentTurn();
    turn?.requireOpen();
    const leave = turn && (await this.#enter(turn));
    const connecting = this.#fallback ? this.pool.connect() : this.#patient.connect(turn);
    const connected = await connecting.catch((error: unknown) => {
      if (this.#fallback) return undefined;
      leave?.();
      throw error;
    });
    if (!connected) {
      leave?.();
      return (this.#fallback as Connections).#connect();
    }
    const client = releasedWhenLost(connected, leave);
    watchStatements(client);
    if (turn) this.#endWith(turn, client);
    try {
      // The clock may be moved again while the connection is told.
      while ((this.#clocks.get(client) ?? "") !== this.#clock) {
        const clock = this.#clock;
        await client.query("SELECT set_config('rollcall.clock_offset', $1, false)", [clock]);
        this.#clocks.set(client, clock);
      }
      return client;
    } catch (error) {
      client.release(true);
      throw error;
    }
  }

  /** Takes a share of the connections, at once where there is one; gives what gives it back. */
  async #enter(turn: Turn): Promise<(() => void) | undefined> {
    const { owner } = turn;
    if (owner === undefined) return undefined;
    const gate = isWriting() ? this.#writers : this.#readers;
    return gate.tryEnter(owner) ?? (await gate.enter(owner, turn.signal));
  }

  /**
   * Ends with its turn what a connection does for it: what runs is cancelled, and nothing more is sent but the end of a transaction. A connection
   * whose statement was cancelled is not used again: the request to cancel may come late.
   */
  #endWith(turn: Turn, client: pg.PoolClient): void {
    const { query, release } = client;
    if (turn.isOver) release.call(client);
    turn.requireOpen();
    let over = false;
    const end = () => {
      over = turn.cancellable;
      if (over) this.#canceller?.cancel(Reflect.get(client, "processID") as number);
    };
    const whileOpen = (...asked: unknown[]): unknown =>
      over && !isRollback(asked[0]) ? Promise.reject(new TurnOver(turn)) : Reflect.apply(query, client, asked);
    client.query = whileOpen as typeof query;
    const forget = turn.onEnd(end);
    client.release = (error) => {
      forget();
      client.query = query;
      release.call(client, (over && this.#canceller !== undefined) || error);
    };
  }
}

/** What a statement is refused with whose turn is over: as PostgreSQL refuses one that was cancelled. */
class TurnOver extends Error {
  readonly code = "57014";

  constructor(turn: Turn) {
    super("Nobody waits for this statement any more.", { cause: turn.signal.reason });
    this.name = "TurnOver";
  }
}

function isRollback(asked: unknown): boolean {
  const text = typeof asked === "string" ? asked : (asked as { text?: unknown } | null)?.text;
  return typeof text === "string" && /^rollback\b/i.test(text);
}

/**
 * A connection that breaks while it is in use goes back to the pool by itself. Kysely gives up a transaction's connection only after
 * a rollback, which cannot succeed on a broken one: the pool would be a connection short for ever.
 */
function releasedWhenLost(client: pg.PoolClient, then: (() => void) | undefined): pg.PoolClient {
  const { release } = client;
  const lost = () => client.release(true);
  client.once("end", lost);
  client.release = (error) => {
    client.off("end", lost);
    client.release = () => undefined;
    release.call(client, error);
    then?.();
  };
  return client;
}
