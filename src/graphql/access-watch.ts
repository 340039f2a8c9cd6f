import type { Viewer } from "../access/actor.ts";
import type { Change, LoggedRow } from "../feed/change.ts";
import type { FeedFollower } from "../feed/follower.ts";
import { RollcallError } from "../kernel/errors.ts";
import type { GraphContext } from "./context.ts";
import { rightsOf } from "./subscription-sharing.ts";
import { type Moved, movedIn } from "./subscription-standing.ts";

/** Tokens that are asked for at the same time, so that a role of many people leaves room for everybody else. */
const AT_ONCE = 20;
const IDLE_MS = 60_000;
/** Changes that are gone through for one viewer; where there were more, they are looked up. */
const MISSED = 1_000;
const RETRY_MS = 1_000;

/** A connection's viewer, while the connection is open. */
export interface Watched {
  /** Under which the viewer signed in. */
  readonly authorization: string;
  /** Who asks, as last looked up. */
  readonly context: GraphContext;
  /** What the viewer may do has changed. */
  accessChanged(context: GraphContext): void;
  /** What stands elsewhere may have taken what the viewer asks about out of where they may ask, though their rights are what they were. */
  moved(moved: Moved): void;
  /** The viewer's token holds no more. */
  tokenEnded(): void;
}

export interface AccessWatchOptions {
  follower: FeedFollower;
  /** Which of these tokens hold at this moment; asked every `everyMs`, since they also end without a change. */
  holding: (authorizations: readonly string[]) => Promise<ReadonlySet<string>>;
  everyMs: number;
  /** Told what stands in the way; it is tried again. */
  onError: (error: unknown) => void;
}

/**
 * Looks viewers up again when the log tells of a change that may concern their access, in the log's order. Whoever delivers what stands up to
 * a place in the log waits for `reached` first: then nothing is delivered under rights that were taken away before it.
 */
export class AccessWatch {
  readonly #options: AccessWatchOptions;
  readonly #watched = new Set<Watched>();
  readonly #abort = new AbortController();
  #through = 0n;
  /** Look-ups in the order in which they began, and for each viewer the last that was heeded: what it found, a slower one from before does not undo. */
  #begun = 0;
  readonly #heeded = new WeakMap<Watched, number>();
  /** Up to where changes were matched against whoever was being watched then. */
  #matched = 0n;
  #waiting: { commit: bigint; resolve: () => void }[] = [];
  #running: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: AccessWatchOptions) {
    this.#options = options;
  }

  /** Begins to look at a viewer, who was looked up when the follower's head was `since` or later. Gives what ends it. */
  watch(watched: Watched, since: bigint): () => void {
    this.#watched.add(watched);
    this.#running ??= this.#follow();
    if (this.#matched > since && this.#mayHaveMissed(watched, since)) void this.#lookUp([watched]);
    return () => this.#watched.delete(watched);
  }

  /** Whether anything behind a commit may concern a viewer who was not watched then. */
  #mayHaveMissed({ context }: Watched, since: bigint): boolean {
    const missed = this.#options.follower.atHand(since, MISSED);
    return missed === undefined || missed.some((change) => concerns(change, context.viewer));
  }

  /** Resolves when everything up to a commit that concerns anybody's access has been told. */
  async reached(commit: bigint): Promise<void> {
    if (commit <= this.#through || !this.#running || this.#abort.signal.aborted) return;
    await new Promise<void>((resolve) => this.#waiting.push({ commit, resolve }));
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    clearTimeout(this.#timer);
    await this.#running;
    this.#pass(undefined);
  }

  async #follow(): Promise<void> {
    const { follower } = this.#options;
    const { signal } = this.#abort;
    this.#through = this.#matched = follower.head.commit;
    // Nothing of the history that took the place of what was lost is told before everybody was looked up again.
    follower.onLoss(() => {
      this.#through = this.#matched = follower.head.commit - 1n;
    });
    this.#checkLater();
    for await (const { changes, through, expired } of follower.read(follower.head, { signal, idleMs: IDLE_MS })) {
      this.#matched = through.commit;
      const { losses } = follower;
      const all = [...this.#watched];
      const concerned = expired
        ? all
        : all.filter(({ context }) => changes.some((change) => concerns(change, context.viewer)));
      await this.#lookUp(concerned);
      const moved = expired ? "unknown" : movedIn(changes);
      if (moved) for (const one of this.#watched) one.moved(moved);
      if (expired) this.#pass(undefined); // The log may not come to where somebody waits for it.
      // What the log lost meanwhile had numbers that other commits bear now, which nobody was looked up behind yet.
      if (losses !== follower.losses) continue;
      // The batch may end within a commit; the next one, which is there at once, ends behind it.
      if (through.ordinal === undefined) this.#pass(through.commit);
    }
  }

  #pass(commit: bigint | undefined): void {
    if (commit !== undefined) this.#through = commit;
    const waiting = this.#waiting;
    this.#waiting = waiting.filter((one) => commit !== undefined && one.commit > commit);
    for (const one of waiting) if (commit === undefined || one.commit <= commit) one.resolve();
  }

  /** Looks viewers up again, each token once, and tells them what changed. Goes on until it has succeeded. */
  async #lookUp(concerned: readonly Watched[]): Promise<void> {
    let tokens = [...Map.groupBy(concerned, ({ authorization }) => authorization).values()];
    while (tokens.length > 0 && !this.#abort.signal.aborted) {
      const failed: Watched[][] = [];
      for (let at = 0; at < tokens.length; at += AT_ONCE)
        await Promise.all(
          tokens.slice(at, at + AT_ONCE).map(async (holders) => {
            if (!(await this.#lookUpToken(holders))) failed.push(holders);
          }),
        );
      tokens = failed;
      if (tokens.length > 0) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  /** Each connection by itself, since rules may leave less to one from elsewhere; those of one token at the same time take one statement. */
  async #lookUpToken(holders: readonly Watched[]): Promise<boolean> {
    const turn = ++this.#begun;
    try {
      const found = await Promise.all(holders.map(async (one) => ({ one, context: await one.context.renew() })));
      for (const { one, context } of found) {
        if (!this.#watched.has(one) || (this.#heeded.get(one) ?? 0) > turn) continue;
        this.#heeded.set(one, turn);
        if (rightsOf(one.context.viewer) !== rightsOf(context.viewer)) one.accessChanged(context);
      }
      return true;
    } catch (error) {
      if (error instanceof RollcallError && error.code === "UNAUTHENTICATED") {
        for (const one of holders) if (this.#watched.delete(one)) one.tokenEnded();
        return true;
      }
      this.#options.onError(error);
      return false;
    }
  }

  #checkLater(): void {
    if (this.#abort.signal.aborted) return;
    this.#timer = setTimeout(() => void this.#check().finally(() => this.#checkLater()), this.#options.everyMs);
    this.#timer.unref();
  }

  async #check(): Promise<void> {
    const all = [...this.#watched];
    if (all.length === 0) return;
    try {
      const holding = await this.#options.holding([...new Set(all.map(({ authorization }) => authorization))]);
      const passing = ({ context }: Watched) => context.viewer.narrowed?.passing === true;
      await this.#lookUp(all.filter((one) => !holding.has(one.authorization) || passing(one)));
    } catch (error) {
      this.#options.onError(error);
    }
  }
}

const grantsDiffer = (before: LoggedRow | null, after: LoggedRow | null): boolean =>
  JSON.stringify(before?.role_grants) !== JSON.stringify(after?.role_grants);

/** Whether a change may change what a viewer may do, or whether they may do anything. */
function concerns({ table, rowId, operation, commit, before, after }: Change, viewer: Viewer): boolean {
  const { userId } = viewer;
  const isOwn = (row: LoggedRow | null) => userId !== null && row?.user_id === userId;
  switch (table) {
    case "service_token":
      return rowId === viewer.id || isOwn(before) || isOwn(after);
    case "session":
      return rowId === viewer.session?.id;
    case "role_grant": // What a group was granted may reach its members' search rows only much later.
      return isOwn(before) || isOwn(after) || (userId !== null && (after ?? before)?.group_id != null);
    case "role":
      return userId !== null && operation !== "INSERT";
    case "role_inheritance":
      return userId !== null;
    case "user_account":
      return rowId === userId && before?.status !== after?.status;
    case "access_rule":
    case "attribute_definition":
      return true;
    case "user_search": // Grants that begin or end by themselves, those of groups, and what access rules ask about whoever acts.
      return (
        rowId === userId &&
        (commit.cause.kind === "TIME" || viewer.narrowed?.passing === true || grantsDiffer(before, after))
      );
    default:
      return false;
  }
}
