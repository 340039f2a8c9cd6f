import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import type { Database } from "../../database/database.ts";
import { requireFollowable } from "../../feed/boundaries.ts";
import { RollcallError } from "../../kernel/errors.ts";
import { newId } from "../../kernel/ids.ts";
import type { Position } from "../../kernel/position.ts";
import { isRelative } from "../../search/fields-used.ts";
import type { Filter } from "../../search/filter.ts";

/** How long time goes on knowing of a filter whose gateway died. */
const HELD_MS = 60_000;
const RENEW_MS = 20_000;
const RETRY_MS = 1_000;

/** A filter that time knows of until it is released. */
export interface Lease {
  /** Time took somebody over one of its boundaries behind the position before it was known: the log does not say whom. */
  missed: boolean;
  release(): void;
}

interface Held {
  filter: Filter;
  /** Up to this commit at least, time knew of it. */
  known: bigint;
  onLapse: () => void;
}

/** Whether a filter was not known before, and the head when it was made known. */
interface Announced {
  id: string;
  fresh: boolean;
  head: bigint;
}

const NONE: Lease = { missed: false, release: () => undefined };

/** Announces the filters relative to now that somebody here is subscribed to but nobody saved, so that ticks look for their boundaries (schema/FEED.md, "Matching"). */
export class LiveFilters {
  readonly #held = new Map<string, Held>();
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly database: Database,
    private readonly onError: (error: unknown) => void,
  ) {}

  /**
   * From when this resolves until it is released, boundaries of the filter are in the log. Filters that do not ask about now cost nothing. CONFLICT where no
   * more distances from now are followed. `onLapse` is told where one was missed since nobody renewed the lease (this gateway, or its machine, stood still): from
   * then on they are in the log again.
   */
  async hold(filter: Filter, after: Position, signal: AbortSignal, onLapse: () => void): Promise<Lease> {
    if (!isRelative(filter)) return NONE;
    const id = newId();
    for (let told = false; !signal.aborted; ) {
      try {
        await requireFollowable(this.database.reader, filter, "filter");
        const [announced] = await this.#announce(new Map([[id, { filter }]]));
        this.#held.set(id, { filter, known: announced?.head ?? after.commit, onLapse });
        this.#renewLater();
        return { missed: await this.#isMissed(filter, after.commit), release: () => this.#release(id) };
      } catch (error) {
        if (error instanceof RollcallError) throw error;
        if (!told) this.onError(error);
        told = true;
        await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
      }
    }
    return NONE;
  }

  /** Gives up all that is held. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    const ids = [...this.#held.keys()];
    this.#held.clear();
    if (ids.length > 0) await this.#delete(ids).catch(() => undefined); // Nobody renews them.
  }

  #release(id: string): void {
    if (!this.#held.delete(id)) return;
    if (this.#held.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
    this.#delete([id]).catch(() => undefined); // Nobody renews it.
  }

  #renewLater(): void {
    if (this.#timer) return;
    this.#timer = setInterval(() => void this.renew().catch(this.onError), RENEW_MS);
    this.#timer.unref();
  }

  /** Renews all leases, as happens every 20 s by itself. */
  async renew(): Promise<void> {
    for (const { id, fresh, head } of await this.#announce(this.#held)) {
      const held = this.#held.get(id);
      if (!held) continue;
      if (fresh && (await this.#isMissed(held.filter, held.known))) held.onLapse();
      held.known = head;
    }
  }

  async #announce(filters: ReadonlyMap<string, Pick<Held, "filter">>): Promise<Announced[]> {
    const texts = [...filters.values()].map(({ filter }) => JSON.stringify(filter));
    const { rows } = await sql<Announced>`
      WITH announced AS (
        INSERT INTO live_filter (id, filter, since, held_until)
        SELECT given.id, given.filter::jsonb, head.at, rollcall_now() + make_interval(secs => ${HELD_MS / 1000})
        FROM unnest(${[...filters.keys()]}::uuid[], ${texts}::text[]) given (id, filter) CROSS JOIN feed_head head
        ON CONFLICT (id) DO UPDATE SET held_until = EXCLUDED.held_until RETURNING id, xmax = 0 AS fresh)
      SELECT announced.id, announced.fresh, head.number AS head FROM announced CROSS JOIN feed_head head`.execute(
      this.database.reader,
    );
    return rows;
  }

  /** Whether time took somebody over a boundary of the filter behind a commit, of which the log does not tell. */
  async #isMissed(filter: Filter, after: bigint): Promise<boolean> {
    const { rows } = await sql<{ missed: boolean }>`
      SELECT time_missed(${JSON.stringify(filter)}::jsonb, ${after}) AS missed`.execute(this.database.reader);
    return rows[0]?.missed === true;
  }

  async #delete(ids: readonly string[]): Promise<void> {
    await this.database.reader.deleteFrom("live_filter").where("id", "in", ids).execute();
  }
}
