import { sql } from "kysely";
import pg from "pg";
import type { Database } from "../database/database.ts";
import { sharedRun } from "../database/shared-run.ts";
import { comparePositions, type Position, printPosition } from "../kernel/position.ts";
import type { Change } from "./change.ts";
import { holdsEverythingAfter, oldestCommit, readChanges } from "./reader.ts";
import { RecentChanges, weightOf, weightOfAll } from "./recent-changes.ts";
import { SharedReadings } from "./shared-readings.ts";

/*
 * One gateway's eye on the log. It learns of new commits in three ways, of which any one suffices: the process's own commits, a
 * NOTIFY of another gateway's, and a poll, which catches whatever the first two missed. While anybody reads, it loads each new commit
 * once and keeps the latest ones, so that any number of readers at the log's end cost one statement. Readers further behind read from
 * the database, and share what they read at the same time. While the database is away readers wait; nothing is skipped.
 *
 * A database may come back without its last commits: restored, or replaced by a standby that had not received them. Their numbers are given again. It
 * is known by the head that was seen last: where the commit of that number is gone, or another one, every reader is told.
 */

/** The longest that a commit whose wake-up was lost goes unnoticed. */
const POLL_MS = 500;
/** What is kept of the log's end, in characters; a reader further behind reads from the database until it has caught up. */
const KEPT_CHARACTERS = 16_000_000;
const BATCH = 250;
/** Batches that many readers may want at the same time, as after a bulk commit. */
const SHARED_READS = { readings: 4, characters: 4_000_000, weigh: weightOfAll };
const RECONNECT_MS = 1_000;
const NEVER = new AbortController().signal;

/** What came next in the log, in order; empty where nothing did. Nothing up to `through` is missing, unless the reader was too late. */
export interface Batch {
  changes: readonly Change[];
  through: Position;
  /** What was to be read next is no longer kept, or was read and is gone: reading goes on behind `through`, which is the head. */
  expired?: true;
}

export interface Reading {
  /** Ends the reading. */
  signal: AbortSignal;
  /** The longest that a reader waits for a batch. */
  idleMs: number;
}

export class FeedFollower {
  #head = 0n;
  /** What tells the head's commit from any other of that number; null where nothing is kept of it. */
  #mark: string | null = null;
  /** How often the database came back without commits that were seen. */
  #losses = 0;
  #onLoss = new Set<() => void>();
  readonly #recent = new RecentChanges(KEPT_CHARACTERS);
  readonly #shared = new SharedReadings<readonly Change[]>(SHARED_READS);
  #readers = 0;
  #waiting = new Set<() => void>();
  readonly #looking = sharedRun(async () => (this.#stopped ? undefined : await this.#look()));
  readonly #oldest = sharedRun(() => oldestCommit(this.database.reader));
  #started: Promise<this> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #listener: pg.Client | undefined;
  #stopped = false;
  #failing = false;
  #forget: () => void = () => undefined;

  constructor(
    private readonly database: Database,
    /** Told when looking begins to fail; it goes on trying. */
    private readonly onError: (error: unknown) => void,
  ) {}

  /** Begins at the log's head; once, however often it is called. */
  start(): Promise<this> {
    this.#started ??= this.#start().catch((error: unknown) => {
      this.#started = undefined;
      throw error;
    });
    return this.#started;
  }

  async #start(): Promise<this> {
    const { head, mark } = await this.#seen();
    this.#head = head;
    this.#mark = mark;
    const look = () => void this.look().catch(() => undefined);
    this.#forget = this.database.onCommit(look);
    this.#timer = setInterval(look, POLL_MS);
    this.#timer.unref();
    if (!this.database.embedded) void this.#listen(look);
    return this;
  }

  /** Ends every reading. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#forget();
    clearInterval(this.#timer);
    this.#wake();
    await this.#listener?.end().catch(() => undefined);
    await this.look(); // behind one that is under way
  }

  /** The last commit that this gateway knows to be visible. */
  get head(): Position {
    return { commit: this.#head };
  }

  /** How often the database came back without commits that this gateway had seen. */
  get losses(): number {
    return this.#losses;
  }

  /** Tells that commits are gone which this gateway has seen: the head may stand before where it stood. */
  onLoss(tell: () => void): void {
    this.#onLoss.add(tell);
  }

  /** Afterwards the head includes everything that was committed before the call. Calls at the same time share a look. */
  look(): Promise<void> {
    return this.#looking();
  }

  /** The changes behind a commit that are in memory; undefined where those are not all, or more than so many. */
  atHand(after: bigint, most: number): readonly Change[] | undefined {
    const changes = this.#recent.after({ commit: after }, this.#head, most + 1);
    return changes && changes.length <= most ? changes : undefined;
  }

  /** Whether the head comes to a commit within so many milliseconds. It is looked at once, and whenever commits are heard of. */
  async reaches(commit: bigint, withinMs: number): Promise<boolean> {
    const until = performance.now() + withinMs;
    await this.look();
    while (this.#head < commit && !this.#stopped) {
      const left = until - performance.now();
      if (left <= 0) return false;
      await this.#advanced(this.#head, NEVER, left);
    }
    return this.#head >= commit;
  }

  /** Whether everything behind a position is still kept. */
  async holds(after: Position): Promise<boolean> {
    return this.#recent.covers(after, this.#head) || (await this.#holdsAllAfter(after, this.#head));
  }

  #holdsAllAfter(after: Position, through: bigint): Promise<boolean> {
    return holdsEverythingAfter(this.database.reader, after, through, this.#oldest);
  }

  /**
   * What stands strictly behind a position, in order and for ever, in batches; an empty one where the reader has reached the head, and
   * at least every `idleMs`. Ends when the signal aborts or the follower stops.
   */
  async *read(after: Position, { signal, idleMs }: Reading): AsyncGenerator<Batch, void> {
    this.#readers += 1;
    const wake = () => this.#wake();
    signal.addEventListener("abort", wake);
    try {
      let position = after;
      let losses = this.#losses;
      while (!signal.aborted && !this.#stopped) {
        const head = this.#head;
        const batch = losses === this.#losses ? await this.#next(position, head) : undefined;
        if (losses !== this.#losses) {
          losses = this.#losses;
          position = this.head;
          yield { changes: [], through: position, expired: true };
        } else if (batch) {
          position = batch.through;
          yield batch;
        } else if (!(await this.#advanced(head, signal, idleMs))) yield { changes: [], through: position };
      }
    } finally {
      signal.removeEventListener("abort", wake);
      this.#readers -= 1;
      if (this.#readers === 0) this.#recent.clear();
    }
  }

  /** What stands behind a position; undefined where the reader is at the head, or the database does not answer. */
  async #next(position: Position, head: bigint): Promise<Batch | undefined> {
    const atHead: Position = { commit: head };
    if (comparePositions(position, atHead) >= 0) return undefined;
    const recent = this.#recent.after(position, head, BATCH);
    try {
      const changes = recent ?? (await this.#readShared(position, head));
      if (!recent) await this.look(); // The database that was read may be one without these commits.
      if (!recent && !(await this.#holdsAllAfter(position, head)))
        return { changes: [], through: atHead, expired: true };
      const last = changes.at(-1);
      return last ? { changes, through: last.position } : { changes, through: atHead };
    } catch (error) {
      this.#report(error);
      return undefined;
    }
  }

  #readShared(after: Position, head: bigint): Promise<readonly Change[]> {
    const range = { after, through: { commit: head }, limit: BATCH };
    return this.#shared.read(`${printPosition(after)} ${head}`, () => readChanges(this.database.reader, range));
  }

  /** Resolves with true when there may be more to read or the reading ends, with false when nothing happened for so long. */
  #advanced(head: bigint, signal: AbortSignal, idleMs: number): Promise<boolean> {
    if ((this.#head !== head && !this.#failing) || signal.aborted || this.#stopped) return Promise.resolve(true);
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        resolve(true);
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(wake);
        resolve(false);
      }, idleMs);
      timer.unref();
      this.#waiting.add(wake);
    });
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = new Set();
    for (const resolve of waiting) resolve();
  }

  async #look(): Promise<void> {
    try {
      const { head, mark, known } = await this.#seen();
      const failed = this.#failing;
      this.#failing = false;
      if (head < this.#head || (known !== null && known !== this.#mark)) this.#lose(head, mark);
      else if (head > this.#head) {
        if (this.#readers > 0) await this.#load(head);
        this.#head = head;
        this.#mark = mark;
        this.#shared.clear();
        this.#wake();
      } else if (failed) this.#wake();
    } catch (error) {
      this.#report(error);
      throw error;
    }
  }

  /** The database's head with its mark, and the mark of the commit that has the number of the head seen last. */
  async #seen(): Promise<{ head: bigint; mark: string | null; known: string | null }> {
    const { rows } = await sql<{ head: bigint; mark: string | null; known: string | null }>`
      SELECT feed.number AS head, head.xid || ' ' || extract(epoch FROM head.started_at) AS mark,
        known.xid || ' ' || extract(epoch FROM known.started_at) AS known
      FROM feed_head feed LEFT JOIN commit head ON head.number = feed.number LEFT JOIN commit known ON known.number = ${this.#head}`.execute(
      this.database.reader,
    );
    return rows[0] as (typeof rows)[number];
  }

  #lose(head: bigint, mark: string | null): void {
    this.#losses += 1;
    this.#head = head;
    this.#mark = mark;
    this.#recent.clear();
    this.#shared.clear();
    for (const tell of this.#onLoss) tell();
    this.#wake();
  }

  /** Loads what lies between the head and a commit, unless it is too much to keep: then readers read it themselves. */
  async #load(commit: bigint): Promise<void> {
    const fresh: Change[] = [];
    const weights: number[] = [];
    let weight = 0;
    for (let after: Position = { commit: this.#head }; ; ) {
      const read = await readChanges(this.database.reader, { after, through: { commit }, limit: BATCH });
      fresh.push(...read);
      const weighed = read.map(weightOf);
      weights.push(...weighed);
      weight = weighed.reduce((sum, one) => sum + one, weight);
      if (weight > KEPT_CHARACTERS) {
        this.#recent.clear();
        return;
      }
      const last = read.at(-1);
      if (read.length < BATCH || !last) break;
      after = last.position;
    }
    // Numbers have no gaps: where the next commit is missing, the log was pruned up to here while nobody looked, and readers are to find that out.
    const forgets = fresh.some(({ table, operation }) => table === "user_erasure" && operation === "UPDATE");
    if (forgets) this.#shared.clear(); // What the log has given up of somebody is not to be told from memory either.
    if (fresh[0]?.position.commit === this.#head + 1n && !forgets)
      this.#recent.append(this.#head, fresh, commit, weights);
    else this.#recent.clear();
  }

  #report(error: unknown): void {
    if (!this.#failing && !this.#stopped) this.onError(error);
    this.#failing = true;
  }

  async #listen(look: () => void): Promise<void> {
    while (!this.#stopped) {
      const client = new pg.Client({
        ...this.database.connectionConfig.runner,
        application_name: "rollcall feed",
        keepAlive: true,
      });
      this.#listener = client;
      const ended = new Promise<void>((resolve) => {
        client.once("end", () => resolve());
        client.on("error", () => resolve());
      });
      client.on("notification", look);
      try {
        await client.connect();
        await client.query("LISTEN rollcall_commit");
        look();
        await ended;
      } catch {
        // The poll goes on meanwhile.
      }
      await client.end().catch(() => undefined);
      if (!this.#stopped) await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS).unref());
    }
  }
}
