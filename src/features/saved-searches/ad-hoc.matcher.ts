import type { Change } from "../../feed/change.ts";
import type { FeedFollower } from "../../feed/follower.ts";
import type { Moments } from "../../feed/moments.ts";
import type { ResetReason } from "../../graphql/feed-messages.ts";
import { comparePositions, type Position } from "../../kernel/position.ts";
import { canonical } from "../../search/normal-form.ts";
import { PredicateIndex } from "../../search/predicate-index.ts";
import { userCatalogue } from "../users/user.fields.ts";
import { TOLD_SINGLY } from "./saved-search.feed.ts";
import type { SavedSearchChange } from "./saved-search-change.types.ts";
import { isMove, type Search, type Standing, shownBy, type ViewedSearch } from "./search.membership.ts";

/** The longest that matching keeps the process from everything else. */
const BREATH_MS = 10;
const IDLE_MS = 60_000;

/** Why something that was to be found is missing. */
type Loss = Extract<ResetReason, "TOO_MANY_CHANGES" | "POSITION_EXPIRED">;

/** What was found for one follower of whole commits: nothing up to `through` is missing, unless a reason says so. */
export interface Taken {
  found: readonly SavedSearchChange[];
  through: Position;
  reset?: Loss;
}

const JOINED: Standing = { before: false, after: true };
const LEFT: Standing = { before: true, after: false };
const STAYED: Standing = { before: true, after: true };

/** One filter that somebody here is subscribed to, and what was found for it and not taken yet. */
export class AdHocFollower {
  #found: SavedSearchChange[] = [];
  /** The last commit of which something was given up, and why: too much waited, or the log was no longer kept. */
  #lost: { in: bigint; why: Loss } | undefined;
  #whole: bigint;
  #wake: () => void = () => undefined;

  constructor(
    private readonly search: ViewedSearch,
    /** It has seen everything up to here. */
    private from: Position,
  ) {
    this.#whole = from.ordinal === undefined ? from.commit : from.commit - 1n;
  }

  /** The columns of a search row on which its viewer's sight depends. */
  get sight(): ReadonlySet<string> {
    return this.search.sight;
  }

  /** Whether there is something to take. */
  get isDue(): boolean {
    const first = this.#found[0];
    if (this.#lost) return this.#lost.in <= this.#whole;
    return first !== undefined && first.position.commit <= this.#whole;
  }

  /** To be called by the matcher alone: the change concerns the filter. */
  offer(change: Change, standing: Standing): void {
    if (comparePositions(change.position, this.from) <= 0) return;
    const notification = this.search.notification(change, standing);
    if (!notification) return;
    if (!this.#lost && this.#found.length < TOLD_SINGLY) this.#found.push(notification);
    else this.#lose(change.position.commit, "TOO_MANY_CHANGES");
  }

  /** To be called by the matcher alone: the log goes on behind this commit, and no longer holds what was to be offered, or what was. */
  skip(whole: bigint): void {
    this.#lose(whole, "POSITION_EXPIRED");
    this.from = { commit: whole };
    this.#whole = whole;
    this.#wake();
  }

  /** What time did was not in the log for a while: whoever follows has to read again. */
  lapse(): void {
    this.#lose(this.#whole, "POSITION_EXPIRED");
    this.#wake();
  }

  /** To be called by the matcher alone: everything up to this commit was offered. */
  pass(whole: bigint): void {
    if (whole > this.#whole) this.#whole = whole;
    if (this.isDue) this.#wake();
  }

  /** What was found since the last time. */
  take(): Taken {
    const through: Position = { commit: this.#whole };
    const lost = this.#lost;
    if (lost && lost.in > this.#whole) return { found: [], through };
    this.#lost = undefined;
    if (lost) return { found: [], through, reset: lost.why };
    return { found: this.#found.splice(0, countUpTo(this.#found, this.#whole)), through };
  }

  #lose(commit: bigint, why: Loss): void {
    this.#found = [];
    const { in: before, why: known } = this.#lost ?? { in: commit, why };
    this.#lost = { in: before > commit ? before : commit, why: known === "POSITION_EXPIRED" ? known : why };
  }

  /** Resolves when there is something to take, the signal aborts, or after so long. */
  due(signal: AbortSignal, idleMs: number): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", end);
        this.#wake = () => undefined;
        resolve();
      };
      const timer = setTimeout(end, idleMs);
      timer.unref();
      signal.addEventListener("abort", end);
      this.#wake = end;
      if (this.isDue || signal.aborted) end();
    });
  }
}

/** Matches the filters that this gateway's subscribers made up, straight from the log, by an index of their own. It reads only while there are any. */
export class AdHocMatcher {
  readonly #index = new PredicateIndex<AdHocFollower>(userCatalogue);
  readonly #followers = new Set<AdHocFollower>();
  /** By column on which the sight of any of them depends, of how many. */
  readonly #sight = new Map<string, number>();
  #position: Position | undefined;
  #abort = new AbortController();
  #breathedAt = 0;

  constructor(
    private readonly follower: FeedFollower,
    private readonly moments: Moments,
  ) {}

  get size(): number {
    return this.#index.size;
  }

  /** Follows a filter behind a position; undefined where matching has come further than that, or stands still and the log goes further. */
  follow(search: Search, viewed: ViewedSearch, from: Position): AdHocFollower | undefined {
    if (comparePositions(this.#position ?? this.follower.head, from) > 0) return undefined;
    const one = new AdHocFollower(viewed, from);
    this.#index.add(one, canonical(shownBy(search.filter), userCatalogue), search.watch);
    this.#followers.add(one);
    for (const column of one.sight) this.#sight.set(column, (this.#sight.get(column) ?? 0) + 1);
    if (!this.#position) void this.#run(from);
    return one;
  }

  leave(one: AdHocFollower): void {
    this.#index.remove(one);
    if (!this.#followers.delete(one)) return;
    for (const column of one.sight) {
      const others = (this.#sight.get(column) ?? 1) - 1;
      if (others > 0) this.#sight.set(column, others);
      else this.#sight.delete(column);
    }
    if (this.#followers.size > 0) return;
    this.#abort.abort();
    this.#position = undefined;
  }

  async #run(from: Position): Promise<void> {
    this.#position = from;
    const abort = new AbortController();
    this.#abort = abort;
    const { signal } = abort;
    for await (const { changes, through, expired } of this.follower.read(from, { signal, idleMs: IDLE_MS })) {
      for (const change of changes) {
        this.#position = change.position; // Whoever comes now, from further back, has missed it.
        if (change.table === "user_search") this.#match(change);
        if (performance.now() - this.#breathedAt > BREATH_MS) await this.#breathe();
        if (signal.aborted) return;
      }
      if (signal.aborted) return;
      this.#position = through;
      const whole = through.ordinal === undefined ? through.commit : through.commit - 1n;
      for (const one of this.#followers) expired ? one.skip(whole) : one.pass(whole);
    }
  }

  #match(change: Change): void {
    const { before, after } = change;
    const { joined, left, stayed } = this.#index.match(
      { before: before ?? undefined, after: after ?? undefined, ...this.moments.of(change) },
      isMove(change, this.#sight.keys()) ? "all" : "watched",
    );
    for (const one of joined) one.offer(change, JOINED);
    for (const one of left) one.offer(change, LEFT);
    for (const one of stayed) one.offer(change, STAYED);
  }

  async #breathe(): Promise<void> {
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.#breathedAt = performance.now();
  }
}

function countUpTo(found: readonly SavedSearchChange[], whole: bigint): number {
  const beyond = found.findIndex(({ position }) => position.commit > whole);
  return beyond < 0 ? found.length : beyond;
}
