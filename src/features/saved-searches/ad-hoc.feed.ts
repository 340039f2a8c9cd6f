import type { Change } from "../../feed/change.ts";
import type { FeedFollower, Reading } from "../../feed/follower.ts";
import type { Notice, NoticeBatch, NoticeFeed } from "../../graphql/subscription-source.ts";
import type { Named } from "../../graphql/subscription-standing.ts";
import { comparePositions, type Position } from "../../kernel/position.ts";
import { namedBy } from "../users/user.askable.ts";
import type { AdHocFollower, AdHocMatcher } from "./ad-hoc.matcher.ts";
import type { LiveFilters } from "./live-filter.ts";
import { TOLD_SINGLY } from "./saved-search.feed.ts";
import type { SavedSearchChange } from "./saved-search-change.types.ts";
import type { Search, ViewedSearch } from "./search.membership.ts";

export interface AdHocTools {
  follower: FeedFollower;
  matcher: AdHocMatcher;
  live: LiveFilters;
}

/** What happens to a filter that is not saved, as one viewer is told it: read from the log until it has caught up, then found by this gateway's index. */
export class AdHocFeed implements NoticeFeed {
  readonly named: Named;
  #following: AdHocFollower | undefined;

  constructor(
    private readonly tools: AdHocTools,
    private readonly search: Search,
    private readonly viewed: ViewedSearch,
  ) {
    this.named = namedBy(search.filter);
  }

  isAtEnd(position: Position): boolean {
    if (this.#following) return !this.#following.isDue;
    return comparePositions(position, this.tools.follower.head) >= 0;
  }

  async *read(after: Position, reading: Reading): AsyncGenerator<NoticeBatch, void> {
    const { follower, matcher, live } = this.tools;
    const { signal } = reading;
    let following: AdHocFollower | undefined;
    let lapsed = false;
    const lapse = () => {
      lapsed = true;
      following?.lapse();
    };
    const lease = await live.hold(this.search.filter, after, signal, lapse);
    try {
      let position = after;
      if (lease.missed) {
        position = follower.head;
        yield { notices: [], through: position, reset: "POSITION_EXPIRED" };
      }
      for (;;) {
        following = matcher.follow(this.search, this.viewed, position);
        if (following || signal.aborted) break;
        const batch = await this.#catchUp(position, reading);
        position = batch.through;
        yield batch;
      }
      if (lapsed) following?.lapse();
      this.#following = following;
      yield { notices: [], through: position };
      while (following && !signal.aborted) {
        await following.due(signal, reading.idleMs);
        const { found, through, reset } = following.take();
        position = reset || comparePositions(position, through) < 0 ? through : position;
        yield { notices: found.map(noticeOf), through: position, ...(reset ? { reset } : {}) };
      }
    } finally {
      this.#following = undefined;
      if (following) matcher.leave(following);
      lease.release();
    }
  }

  /** Everything from a position to the head, as it was when this began. */
  async #catchUp(position: Position, reading: Reading): Promise<NoticeBatch> {
    const { head } = this.tools.follower;
    const notices: Notice[] = [];
    for await (const { changes, through, expired } of this.tools.follower.read(position, reading)) {
      if (expired) return { notices: [], through, reset: "POSITION_EXPIRED" };
      notices.push(...changesOf(this.viewed, changes).map(noticeOf));
      if (notices.length > TOLD_SINGLY) return { notices: [], through: head, reset: "TOO_MANY_CHANGES" };
      if (comparePositions(through, head) >= 0) return { notices, through };
    }
    return { notices: [], through: position };
  }
}

/** What changes of the log are to a viewer's search. */
export const changesOf = (viewed: ViewedSearch, changes: readonly Change[]): SavedSearchChange[] =>
  changes
    .filter(({ table }) => table === "user_search")
    .map((change) => viewed.notification(change))
    .filter((notification) => notification !== undefined);

const noticeOf = (message: SavedSearchChange): Notice => ({ position: message.position, message });
