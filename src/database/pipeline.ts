import pg from "pg";
import { watchStatements } from "./statement-watch.ts";

/*
 * Most of what a look-up by key costs is sending it and hearing the answer. So look-ups share a few connections in PostgreSQL's pipeline mode: what is
 * asked in one turn of the event loop goes out in one write, its answers come back in one read, and nobody waits for a connection to be free. Every
 * statement has a Sync of its own, so one that fails leaves the others alone. One that is slow keeps all behind it waiting: it belongs to the pool.
 */

/** Connections for look-ups that begin a sequence, as those of who asks do. They are so short that two keep a process busy. */
const FIRST_LANES = 2;
/** Connections for all others, which keep nobody waiting there. */
const OTHER_LANES = 1;
/** How often a look-up is asked whose connection is lost: all that are open may be. */
const ATTEMPTS = FIRST_LANES + 1;
/** Prepared statements that a connection holds at the most: it then gives way to a new one. */
export const PREPARED_LIMIT = 300;

interface Lane {
  client: pg.Client;
  /** Rejects where it cannot be opened. */
  opened: Promise<unknown>;
  prepared: Set<string>;
  clock: string;
  /** Whether what is asked is gathered to be written. */
  gathers: boolean;
  /** Whether nothing more may be asked. */
  ended: boolean;
}

/** Connections that take turns. */
interface Lanes {
  readonly known: (Lane | undefined)[];
  turn: number;
}

/** A statement that is short and changes nothing. */
export type LookUp = pg.QueryArrayConfig<unknown[]>;

/** Look-ups of which one is sent first, and the others on the same connection behind it, without waiting for its answer: they see what it sees, and what came since. */
export class Sequence {
  readonly #begun = Promise.withResolvers<Lane | undefined>();

  /** The connection that the first was sent on; undefined where it was sent on none of a pipeline. */
  get begun(): Promise<Lane | undefined> {
    return this.#begun.promise;
  }

  /** The first has been sent on this connection; without one, nothing can follow it. */
  begin(lane?: Lane): void {
    this.#begun.resolve(lane);
  }
}

/** What was to be sent behind another statement cannot be: nothing was asked. */
export class OutOfSequence extends Error {}

/** A few connections on which look-ups follow each other without waiting for each other's answers. */
export class Pipeline {
  readonly #options: pg.ClientConfig;
  readonly #first: Lanes = { known: new Array(FIRST_LANES).fill(undefined), turn: 0 };
  readonly #others: Lanes = { known: new Array(OTHER_LANES).fill(undefined), turn: 0 };
  #closed = false;

  /** Connects as `options` say, when it is first asked. */
  constructor(options: pg.ClientConfig) {
    this.#options = options;
  }

  /**
   * The rows, with the database's clock off by `clock` where it is movable; undefined where no connection could be had, and nothing was asked. It may be the first
   * of a sequence. Where its connection is lost, it is asked again on another one, at last on a new one: it changes nothing.
   */
  async read(lookUp: LookUp, clock: string, begins?: Sequence): Promise<unknown[][] | undefined> {
    for (let attempt = 1; ; ) {
      const lane = await this.#next(begins ? this.#first : this.#others);
      if (lane?.ended) continue; // Whoever waited beside it was the last that it takes.
      const answer = lane && this.#ask(lane, lookUp, clock);
      begins?.begin(lane);
      try {
        return (await answer)?.rows;
      } catch (error) {
        if (attempt++ === ATTEMPTS || !lane || !wasLost(lane, error)) throw error;
        end(lane).catch(() => undefined);
      }
    }
  }

  /** The rows of what goes behind the first of a sequence; OutOfSequence where that was sent nowhere, or its connection takes nothing more. */
  async follow(sequence: Sequence, lookUp: LookUp, clock: string): Promise<unknown[][]> {
    const lane = await sequence.begun;
    if (!lane || lane.ended) throw new OutOfSequence("There is nothing that it could be sent behind.");
    return (await this.#ask(lane, lookUp, clock)).rows;
  }

  /** Ends every connection, behind what was asked on it. */
  async close(): Promise<void> {
    this.#closed = true;
    const lanes = [...this.#first.known, ...this.#others.known];
    await Promise.all(lanes.map((lane) => lane?.opened.then(() => end(lane)).catch(() => undefined)));
  }

  /** The next connection, open; undefined where there is none to be had. It may have been ended by the time that it is asked. */
  async #next(lanes: Lanes): Promise<Lane | undefined> {
    if (this.#closed) return undefined;
    const place = lanes.turn++ % lanes.known.length;
    const known = lanes.known[place];
    const lane = known && !known.ended ? known : this.#open();
    lanes.known[place] = lane;
    return await lane.opened.then(
      () => lane,
      () => undefined,
    );
  }

  #ask(lane: Lane, lookUp: LookUp, clock: string): Promise<pg.QueryArrayResult<unknown[]>> {
    gather(lane);
    if (lane.clock !== clock) moveClock(lane, clock);
    const answer = lane.client.query(lookUp);
    if (lookUp.name !== undefined && lane.prepared.add(lookUp.name).size >= PREPARED_LIMIT) void end(lane);
    return answer;
  }

  #open(): Lane {
    const client = new pg.Client({ ...this.#options, pipeline: true });
    watchStatements(client);
    const lane = {
      client,
      opened: client.connect(),
      prepared: new Set<string>(),
      clock: "",
      gathers: false,
      ended: false,
    };
    const lost = () => {
      lane.ended = true;
    };
    // Whoever has asked gets the error from their query.
    client.on("error", lost).once("end", lost);
    lane.opened.catch(lost);
    return lane;
  }
}

/** Whether a look-up failed because its connection is gone, and not by what the database said of it. */
const wasLost = ({ ended }: Lane, error: unknown): boolean =>
  error instanceof pg.DatabaseError ? /^(08|57P)/.test(error.code ?? "") : ended;

/** Nothing more is asked on it; what was, is answered. */
async function end(lane: Lane): Promise<void> {
  lane.ended = true;
  await lane.client.end();
}

/** Has everything that is asked from here on until the event loop turns to something else go out in one write. */
function gather(lane: Lane): void {
  if (lane.gathers) return;
  const { stream } = lane.client.connection;
  lane.gathers = true;
  stream.cork();
  process.nextTick(() => {
    lane.gathers = false;
    stream.uncork();
  });
}

/** What is asked behind it is answered by the moved clock: a pipeline keeps its order. */
function moveClock(lane: Lane, clock: string): void {
  lane.clock = clock;
  lane.client.query("SELECT set_config('rollcall.clock_offset', $1, false)", [clock]).catch(() => lane.client.end());
}
