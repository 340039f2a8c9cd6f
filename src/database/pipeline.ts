import pg from "pg";
import { watchStatements } from "./statement-watch.ts";

/*
 * Most of what a look-up by key costs is sending it and hearing the answer. So look-ups share a few connections in PostgreSQL's pipeline mode: what is
 * asked in one turn of the event loop goes out in one write, its answers come back in one read, and nobody waits for a connection to be free. Every
 * statement has a Sync of its own, so one that fails leaves the others alone. One that is slow keeps all behind it waiting: it belongs to the pool.
 */

/** Connections of a pipeline. Look-ups are so short that two keep a process busy. */
const LANES = 2;
/** Prepared statements that a connection holds at the most: it then gives way to a new one. */
export const PREPARED_LIMIT = 300;

interface Lane {
  client: pg.Client;
  prepared: Set<string>;
  clock: string;
}

/** A statement that is short and changes nothing. */
export type LookUp = pg.QueryArrayConfig<unknown[]>;

/** A few connections on which look-ups follow each other without waiting for each other's answers. */
export class Pipeline {
  readonly #options: pg.ClientConfig;
  readonly #lanes: (Promise<Lane> | undefined)[] = new Array(LANES).fill(undefined);
  #turn = 0;
  #closed = false;

  /** Connects as `options` say, when it is first asked. */
  constructor(options: pg.ClientConfig) {
    this.#options = options;
  }

  /** The rows, with the database's clock off by `clock` where it is movable; undefined where no connection could be had, and nothing was asked. */
  async read(lookUp: LookUp, clock: string): Promise<unknown[][] | undefined> {
    if (this.#closed) return undefined;
    const place = this.#turn++ % LANES;
    this.#lanes[place] ??= this.#open(place);
    const lane = await this.#lanes[place].catch(() => undefined);
    if (!lane) return undefined;
    if (lane.clock !== clock) this.#moveClock(lane, clock);
    const answer = lane.client.query(lookUp);
    if (lookUp.name !== undefined && lane.prepared.add(lookUp.name).size >= PREPARED_LIMIT) this.#retire(place, lane);
    return (await answer).rows;
  }

  /** Ends every connection, behind what was asked on it. */
  async close(): Promise<void> {
    this.#closed = true;
    const lanes = await Promise.allSettled(this.#lanes.map((lane) => lane));
    await Promise.all(lanes.map((lane) => (lane.status === "fulfilled" ? lane.value?.client.end() : undefined)));
  }

  #open(place: number): Promise<Lane> {
    const client = new pg.Client({ ...this.#options, pipeline: true });
    watchStatements(client);
    const lane = client.connect().then((): Lane => ({ client, prepared: new Set(), clock: "" }));
    const lost = () => {
      if (this.#lanes[place] === lane) this.#lanes[place] = undefined;
    };
    // Whoever has asked gets the error from their query.
    client.on("error", lost).once("end", lost);
    lane.catch(lost);
    return lane;
  }

  /** What is asked behind it is answered by the moved clock: a pipeline keeps its order. */
  #moveClock(lane: Lane, clock: string): void {
    lane.clock = clock;
    lane.client.query("SELECT set_config('rollcall.clock_offset', $1, false)", [clock]).catch(() => lane.client.end());
  }

  #retire(place: number, lane: Lane): void {
    this.#lanes[place] = undefined;
    void lane.client.end();
  }
}
