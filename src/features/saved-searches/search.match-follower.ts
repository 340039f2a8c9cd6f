import { sql } from "kysely";
import pg from "pg";
import type { Database } from "../../database/database.ts";
import type { Position } from "../../kernel/position.ts";
import { matchedCommit } from "./search.transitions.ts";

/*
 * One gateway's eye on what the matcher has stored. In the gateway that matches it is told at once; in others a NOTIFY wakes it, and
 * a look every POLL_MS catches what was lost. It wakes only those who follow a search that was concerned: a hundred commits a second are
 * nothing to the thousand subscribers whose searches they leave alone.
 */

/** The longest that transitions whose wake-up was lost go unnoticed. */
const POLL_MS = 500;
const RECONNECT_MS = 1_000;

/** Somebody who follows searches; to be closed at last. */
export interface Listening {
  /** Resolves with true when one of the searches was concerned since the last call, or the signal aborts; with false after so long. */
  concerned(signal: AbortSignal, idleMs: number): Promise<boolean>;
  close(): void;
}

interface Listener {
  keys: readonly string[];
  pending: boolean;
  wake: () => void;
}

export class MatchFollower {
  #matched = 0n;
  #losses = 0;
  /** What was known to be matched may be more than there is. */
  #isLost = false;
  readonly #listeners = new Map<string, Set<Listener>>();
  /** By search that anybody follows, up to where it is known when it was last concerned. */
  readonly #last = new Map<string, bigint>();
  readonly #beyond = new Set<() => void>();
  #timer: NodeJS.Timeout | undefined;
  #client: pg.Client | undefined;
  #looking: Promise<void> | undefined;
  #stopped = false;
  #failing = false;

  constructor(
    private readonly database: Database,
    /** Told when looking begins to fail; it goes on trying. */
    private readonly onError: (error: unknown) => void,
  ) {}

  /** The last commit that is known to be matched as a whole. */
  get matched(): bigint {
    return this.#matched;
  }

  /** How often commits were gone that had been matched. */
  get losses(): number {
    return this.#losses;
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  /** Whether nothing is known to be stored for these searches behind a position. */
  isQuietBehind(position: Position, keys: readonly string[]): boolean {
    const commit = position.ordinal === undefined ? position.commit : position.commit - 1n;
    return keys.every((key) => (this.#last.get(key) ?? this.#matched) <= commit);
  }

  /** Begins to follow these searches; what is stored from now on wakes whoever waits. */
  listen(keys: readonly string[]): Listening {
    const listener: Listener = { keys, pending: false, wake: () => undefined };
    for (const key of keys) {
      if (!this.#listeners.has(key)) this.#last.set(key, this.#matched);
      this.#listeners.set(key, (this.#listeners.get(key) ?? new Set()).add(listener));
    }
    this.#follow();
    return {
      concerned: (signal, idleMs) => this.#wait(listener, signal, idleMs),
      close: () => this.#close(listener),
    };
  }

  /** Resolves when more than what stands up to a commit is known to be matched, the signal aborts, or after so long. */
  beyond(commit: bigint, signal: AbortSignal, idleMs: number): Promise<void> {
    this.#follow();
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", end);
        this.#beyond.delete(waiting);
        resolve();
      };
      const waiting = () => {
        if (this.#matched > commit || signal.aborted || this.#stopped) end();
      };
      const timer = setTimeout(end, idleMs);
      timer.unref();
      signal.addEventListener("abort", end);
      this.#beyond.add(waiting);
      waiting();
    });
  }

  /** Everything up to a commit is stored, and these searches were concerned. Told by the matcher, where it is in this process. */
  advance(matched: bigint, searches: Iterable<string>): void {
    if (matched > this.#matched) this.#matched = matched;
    for (const waiting of [...this.#beyond]) waiting();
    for (const search of searches) {
      const listeners = this.#listeners.get(search);
      if (!listeners) continue;
      this.#last.set(search, matched);
      for (const listener of listeners) {
        listener.pending = true;
        listener.wake();
      }
    }
  }

  /** The database came back without commits that were seen: what is matched is looked at anew. */
  lose(): void {
    this.#isLost = true;
    void this.look().catch((error: unknown) => this.report(error));
  }

  /** Afterwards everything that was stored before the call is known. */
  async look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    await this.#looking;
  }

  /** Tells of what stands in the way, once until it is over. */
  report(error: unknown): void {
    if (!this.#failing && !this.#stopped) this.onError(error);
    this.#failing = true;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    for (const waiting of [...this.#beyond]) waiting();
    for (const listeners of this.#listeners.values()) for (const listener of listeners) listener.wake();
    await this.#client?.end().catch(() => undefined);
    await this.#looking?.catch(() => undefined);
  }

  async #look(): Promise<void> {
    const from = this.#matched;
    const matched = await matchedCommit(this.database.reader);
    if (this.#isLost || matched < from) {
      this.#isLost = false;
      this.#losses += 1;
      this.#matched = matched;
      this.advance(matched, [...this.#listeners.keys()]);
      return;
    }
    if (matched === from) return;
    const keys = [...this.#listeners.keys()];
    const { rows } = await sql<{ id: string }>`
      SELECT DISTINCT search_id AS id FROM search_transition
      WHERE commit_number > ${from} AND commit_number <= ${matched} AND search_id = ANY(${keys}::uuid[])
      UNION SELECT search_id FROM matched_search
      WHERE touched > ${from} AND touched <= ${matched} AND search_id = ANY(${keys}::uuid[])`.execute(
      this.database.reader,
    );
    this.advance(
      matched,
      rows.map(({ id }) => id),
    );
  }

  #wait(listener: Listener, signal: AbortSignal, idleMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (woken: boolean) => {
        clearTimeout(timer);
        signal.removeEventListener("abort", wake);
        listener.wake = () => undefined;
        listener.pending = false;
        resolve(woken);
      };
      const wake = () => end(true);
      const timer = setTimeout(() => end(false), idleMs);
      timer.unref();
      signal.addEventListener("abort", wake);
      listener.wake = wake;
      if (listener.pending || signal.aborted || this.#stopped) wake();
    });
  }

  #close(listener: Listener): void {
    for (const key of listener.keys) {
      const listeners = this.#listeners.get(key);
      listeners?.delete(listener);
      if (listeners?.size !== 0) continue;
      this.#listeners.delete(key);
      this.#last.delete(key);
    }
  }

  /** From the first listener on. */
  #follow(): void {
    if (this.#timer || this.#stopped) return;
    const look = () =>
      void this.look().then(
        () => {
          this.#failing = false;
        },
        (error) => this.report(error),
      );
    this.#timer = setInterval(look, POLL_MS);
    this.#timer.unref();
    if (!this.database.embedded) void this.#listenForOthers(look);
  }

  async #listenForOthers(look: () => void): Promise<void> {
    while (!this.#stopped) {
      const client = new pg.Client({
        ...this.database.connectionConfig.runner,
        application_name: "rollcall matches",
        keepAlive: true,
      });
      this.#client = client;
      const ended = new Promise<void>((resolve) => {
        client.once("end", () => resolve());
        client.on("error", () => resolve());
      });
      client.on("notification", look);
      try {
        await client.connect();
        await client.query("LISTEN rollcall_matched");
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
