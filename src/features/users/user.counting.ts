import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import type { Database } from "../../database/database.ts";
import type { Batch, FeedFollower } from "../../feed/follower.ts";
import type { Position } from "../../kernel/position.ts";
import { CountingIndex } from "../../search/counting-index.ts";
import type { Row } from "../../search/field.ts";
import type { Criterion, Filter } from "../../search/filter.ts";
import { userCatalogue } from "./user.fields.ts";

/*
 * The search rows in memory, for counts and facets, as an index that follows the log.
 *
 * It is built behind the gateway's start, and anew whenever there is doubt: the rows are read in pieces, each as it is then, and whatever the log says
 * since before the first piece is applied behind them, in order. A row of the log is the whole row, so that it does not matter which of
 * those changes a piece had seen already: at the head they are all in. From there on every commit is applied as it comes.
 *
 * Whoever asks names a position, and is answered by an index that holds every commit up to it and none in part; or not at all, where that is not so within a
 * moment: then the database is asked. So nothing waits for the index, and no answer is older than the question.
 */

/** Rows read at a time: the gateway does nothing else while it takes them in, some twenty milliseconds. */
const ROWS_PER_READ = 1_000;
/** The longest that a question waits for the index to come to its position. */
const PATIENCE_MS = 500;
/** Before it is built anew. */
const RETRY_MS = 2_000;
const IDLE_MS = 60_000;
const BEFORE_ALL = "00000000-0000-0000-0000-000000000000";
const MEGABYTE = 2 ** 20;

interface Options {
  /** How much it may take; where that is not enough there is none, and the database counts. */
  megabytes: number;
  /** Told where it failed; it is built anew. */
  onError: (error: unknown) => void;
}

class TooLarge extends Error {
  override name = "TooLarge";
}

export class UserCounting {
  #index: CountingIndex | undefined;
  /** All commits up to here are in, and the next one perhaps in part. */
  #applied = 0n;
  #whole = false;
  #waiting = new Set<() => void>();
  readonly #ending = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(
    private readonly database: Database,
    private readonly follower: FeedFollower,
  ) {}

  /** Begins to build it. The follower must follow. */
  start(options: Options): void {
    this.#running = this.#run(options);
  }

  async stop(): Promise<void> {
    this.#ending.abort();
    this.#wake();
    await this.#running;
  }

  /**
   * What `work` makes of an index that holds every commit up to a position, or that stands exactly there; undefined where there is none now.
   * `work` must not wait.
   */
  async use<T>(position: Position, exactly: boolean, work: (index: CountingIndex) => T): Promise<T | undefined> {
    const until = performance.now() + PATIENCE_MS;
    for (let looked = false; this.#index; looked = true) {
      if (exactly && this.#applied > position.commit) return undefined;
      if (this.#whole && this.#applied >= position.commit) return work(this.#index);
      if (performance.now() > until) return undefined;
      if (looked) await this.#advanced(until - performance.now());
      else await this.follower.look();
    }
    return undefined;
  }

  /** What `work` makes of the index as it stands, and the commit that it is at; undefined where there is none, or one that is known to be behind the log's head. */
  asItStands<T>(work: (index: CountingIndex) => T): { commit: bigint; made: T } | undefined {
    if (!this.#index || !this.#whole || this.follower.head.commit > this.#applied) return undefined;
    return { commit: this.#applied, made: work(this.#index) };
  }

  /** Whether there is an index; it may still be behind. */
  get ready(): boolean {
    return this.#index !== undefined;
  }

  /** What of a filter the database must say, as `CountingIndex.unanswered` does; undefined where there is no index. */
  unanswered(filter: Filter): Map<Criterion, Criterion> | undefined {
    return this.#index?.unanswered(filter);
  }

  /** What it is now: undefined while it is built, or where there is none. */
  get state(): { rows: number; bytes: number } | undefined {
    return this.#index && { rows: this.#index.size, bytes: this.#index.bytes };
  }

  async #run({ megabytes, onError }: Options): Promise<void> {
    const { signal } = this.#ending;
    while (!signal.aborted) {
      try {
        await this.#follow(new CountingIndex(userCatalogue), megabytes * MEGABYTE, signal);
      } catch (error) {
        if (!signal.aborted) onError(error);
        if (error instanceof TooLarge) return;
      } finally {
        this.#index = undefined;
        this.#wake();
      }
      await sleep(RETRY_MS, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  /** Fills an index and keeps it at the head; ends where the log no longer says what came next. */
  async #follow(index: CountingIndex, limit: number, signal: AbortSignal): Promise<void> {
    const from = await this.database.head();
    await this.#load(index, limit, signal);
    // No piece has seen anything behind this.
    const seen = await this.database.head();
    await this.follower.look();
    this.#applied = from.commit;
    this.#whole = true;
    if (this.#applied >= seen.commit) this.#index = index;
    for await (const batch of this.follower.read(from, { signal, idleMs: IDLE_MS })) {
      if (batch.expired) return;
      apply(index, batch);
      this.#applied = batch.through.ordinal === undefined ? batch.through.commit : batch.through.commit - 1n;
      this.#whole = batch.through.ordinal === undefined;
      if (this.#whole && this.#applied >= seen.commit) this.#index = index;
      keepWithin(limit, index);
      this.#wake();
    }
  }

  async #load(index: CountingIndex, limit: number, signal: AbortSignal): Promise<void> {
    const columns = sql.raw(index.loaded.map(({ name, expression }) => `${expression} AS "${name}"`).join(", "));
    for (let last = BEFORE_ALL; !signal.aborted; ) {
      const { rows } = await sql<Row & { user_id: string }>`
        SELECT ${columns} FROM user_search u WHERE u.user_id > ${last}::uuid ORDER BY u.user_id LIMIT ${sql.lit(ROWS_PER_READ)}`.execute(
        this.database.reader,
      );
      for (const row of rows) index.write(row, false);
      keepWithin(limit, index);
      if (rows.length < ROWS_PER_READ) return;
      last = rows.at(-1)?.user_id ?? last;
    }
  }

  #advanced(patience: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, patience);
      this.#waiting.add(wake);
    });
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }
}

/** Gives up as much of an index as can be done without, where it takes too much. */
function keepWithin(limit: number, index: CountingIndex): void {
  while (index.bytes > limit)
    if (!index.shed())
      throw new TooLarge(
        `Counting in memory would take more than ${limit / MEGABYTE} MB (COUNTING_MEMORY_MB); the database counts.`,
      );
}

function apply(index: CountingIndex, { changes }: Batch): void {
  for (const { table, rowId, after } of changes) {
    if (table !== "user_search") continue;
    if (after) index.write(after, true);
    else index.remove(rowId);
  }
}
