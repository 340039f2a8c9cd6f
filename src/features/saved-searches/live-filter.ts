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

const NONE: Lease = { missed: false, release: () => undefined };

/** Announces the filters relative to now that somebody here is subscribed to but nobody saved, so that ticks look for their boundaries (schema/FEED.md, "Matching"). */
export class LiveFilters {
  readonly #held = new Map<string, Filter>();
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly database: Database,
    private readonly onError: (error: unknown) => void,
  ) {}

  /**
   * From when this resolves until it is released, boundaries of the filter are in the log. Filters that do not ask about now cost nothing. CONFLICT where no
   * more distances from now are followed.
   */
  async hold(filter: Filter, after: Position, signal: AbortSignal): Promise<Lease> {
    if (!isRelative(filter)) return NONE;
    const id = newId();
    for (let told = false; !signal.aborted; ) {
      try {
        await requireFollowable(this.database.reader, filter, "filter");
        await this.#announce(new Map([[id, filter]]));
        this.#held.set(id, filter);
        this.#renewLater();
        const { rows } = await sql<{ missed: boolean }>`
          SELECT time_missed(${JSON.stringify(filter)}::jsonb, ${after.commit}) AS missed`.execute(
          this.database.reader,
        );
        return { missed: rows[0]?.missed === true, release: () => this.#release(id) };
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
    this.#timer = setInterval(() => void this.#announce(this.#held).catch(this.onError), RENEW_MS);
    this.#timer.unref();
  }

  async #announce(filters: ReadonlyMap<string, Filter>): Promise<void> {
    const texts = [...filters.values()].map((filter) => JSON.stringify(filter));
    await sql`
      INSERT INTO live_filter (id, filter, since, held_until)
      SELECT given.id, given.filter::jsonb, head.at, rollcall_now() + make_interval(secs => ${HELD_MS / 1000})
      FROM unnest(${[...filters.keys()]}::uuid[], ${texts}::text[]) given (id, filter) CROSS JOIN feed_head head
      ON CONFLICT (id) DO UPDATE SET held_until = EXCLUDED.held_until`.execute(this.database.reader);
  }

  async #delete(ids: readonly string[]): Promise<void> {
    await this.database.reader.deleteFrom("live_filter").where("id", "in", ids).execute();
  }
}
