import { setTimeout as sleep } from "node:timers/promises";
import type { Viewer } from "../../access/actor.ts";
import type { Database } from "../../database/database.ts";
import type { MatchedSearchRow } from "../../database/matching-tables.ts";
import type { Reading } from "../../feed/follower.ts";
import type { Moments } from "../../feed/moments.ts";
import { holdsEverythingAfter } from "../../feed/reader.ts";
import type { Notice, NoticeBatch, NoticeFeed } from "../../graphql/subscription-source.ts";
import type { Named } from "../../graphql/subscription-standing.ts";
import { notFound, RollcallError } from "../../kernel/errors.ts";
import { comparePositions, type Position } from "../../kernel/position.ts";
import type { Filter } from "../../search/filter.ts";
import { namedBy } from "../users/user.askable.ts";
import type { UserQueries } from "../users/user.queries.ts";
import { mayReadSearch } from "./saved-search.access.ts";
import { SavedSearchSummary } from "./saved-search-change.types.ts";
import { requireAskableFilter } from "./search.askable.ts";
import type { MatchFollower } from "./search.match-follower.ts";
import { hasBoundedSight, ViewedSearch } from "./search.membership.ts";
import { refused } from "./search.refusal.ts";
import type { SharedTransitions } from "./search.shared-transitions.ts";
import { MOVES } from "./search.transitions.ts";

/** Notifications that are told singly; beyond that a subscriber gets a SUMMARY, or, of an ad-hoc filter, a RESET. */
export const TOLD_SINGLY = 500;
/** Transitions that are held in memory at a time. */
const PAGE = 250;
const RETRY_MS = 1_000;
/** How often it is looked whether the matcher has reached what the subscriber has seen. */
const CATCH_UP_MS = 50;

/** What feeds of saved searches work with. */
export interface FeedTools {
  database: Database;
  matches: MatchFollower;
  transitions: SharedTransitions;
  moments: Moments;
  users: UserQueries;
}

/** Of which search, with which filter at first, for whom, and where the log ended when the viewer was found to see it: the matcher may not have come so far. */
export interface FollowedSearch {
  id: string;
  filter: Filter;
  viewer: Viewer;
  openedAt: bigint;
}

/**
 * One saved search's stored transitions as one viewer is told them. It reads only what the matcher has stored of whole commits, so its
 * place is never ahead of the matcher's.
 */
export class SavedSearchFeed implements NoticeFeed {
  readonly #tools: FeedTools;
  readonly #followed: FollowedSearch;
  readonly #moves: boolean;
  readonly #keys: readonly string[];
  #viewed: { since: bigint; search: ViewedSearch } | undefined;
  #named: Named;

  constructor(tools: FeedTools, followed: FollowedSearch) {
    this.#tools = tools;
    this.#followed = followed;
    this.#named = namedBy(followed.filter);
    this.#moves = hasBoundedSight(followed.viewer);
    this.#keys = this.#moves ? [followed.id, MOVES] : [followed.id];
  }

  get named(): Named {
    return this.#named;
  }

  isAtEnd(position: Position): boolean {
    return this.#tools.matches.isQuietBehind(position, this.#keys);
  }

  async *read(after: Position, { signal, idleMs }: Reading): AsyncGenerator<NoticeBatch, void> {
    const { matches } = this.#tools;
    const listening = matches.listen(this.#keys);
    try {
      let position = after;
      let begun = false;
      let due = true;
      let { openedAt } = this.#followed;
      let { losses } = matches;
      while (!signal.aborted && !matches.stopped) {
        if (!begun) await matches.look().catch(() => undefined); // It goes on looking by itself.
        if (losses !== matches.losses) {
          ({ losses, matched: openedAt } = matches);
          position = { commit: openedAt };
          yield { notices: [], through: position, reset: "POSITION_EXPIRED" };
        }
        const reached = matches.matched >= openedAt;
        if (due && reached) {
          for (const batch of await this.#insist(() => this.#window(position, !begun), signal)) {
            position = batch.through;
            yield batch;
          }
          begun = true;
        }
        due = (await listening.concerned(signal, begun ? idleMs : CATCH_UP_MS)) || !begun;
        if (due) continue;
        position = later(position, { commit: matches.matched });
        yield { notices: [], through: position };
      }
    } finally {
      listening.close();
    }
  }

  /** What is stored behind a position, in one batch or, where the subscriber must read again first, two. */
  async #window(position: Position, first: boolean): Promise<NoticeBatch[]> {
    const through: Position = { commit: this.#tools.matches.matched };
    const state = await this.#tools.transitions.state(this.#followed.id, through);
    const { viewer } = this.#followed;
    if (!state?.filter || !mayReadSearch(viewer, { ...state, ownerId: state.owner_id, tokenId: state.token_id }))
      throw notFound("saved search", "id");
    if (state.refusal) throw refused(state.refusal);
    const search = await this.#view(state);
    const since: Position = { commit: state.since };
    if (comparePositions(position, since) < 0)
      return [{ notices: [], through: since, reset: "SEARCH_CHANGED" }, await this.#told(search, since, through)];
    const told = await this.#told(search, position, through);
    if (!first || (await holdsEverythingAfter(this.#tools.database.reader, position, through.commit))) return [told];
    return [{ notices: [], through: told.through, reset: "POSITION_EXPIRED" }];
  }

  /** The search by the filter that its transitions were found by, once the viewer was found to be allowed to ask by it. */
  async #view({ since, filter, watch }: MatchedSearchRow): Promise<ViewedSearch> {
    if (this.#viewed?.since === since) return this.#viewed.search;
    const { viewer } = this.#followed;
    const asked = filter as unknown as Filter;
    this.#named = namedBy(asked);
    await requireAskableFilter(this.#tools.users, viewer, asked);
    this.#viewed = { since, search: new ViewedSearch({ filter: asked, watch }, viewer, this.#tools.moments) };
    return this.#viewed.search;
  }

  async #told(search: ViewedSearch, from: Position, through: Position): Promise<NoticeBatch> {
    if (comparePositions(from, through) >= 0) return { notices: [], through: from };
    const notices: Notice[] = [];
    const counts = { JOINED: 0, LEFT: 0, CHANGED: 0 };
    let total = 0;
    for (let after = from, more = true; more; ) {
      const range = { search: this.#followed.id, moves: this.#moves, after, through, limit: PAGE };
      const page = await this.#tools.transitions.page(range);
      for (const { change, standing } of page.transitions) {
        const message = search.notification(change, standing);
        if (!message) continue;
        counts[message.change] += 1;
        total += 1;
        if (total <= TOLD_SINGLY) notices.push({ position: message.position, message });
        else notices.length = 0;
      }
      ({ through: after, more } = page);
    }
    if (total <= TOLD_SINGLY) return { notices, through };
    return { notices: [{ position: through, from, message: new SavedSearchSummary(from, through, counts) }], through };
  }

  /** Tries again while the database is away. */
  async #insist(work: () => Promise<NoticeBatch[]>, signal: AbortSignal): Promise<NoticeBatch[]> {
    while (!signal.aborted) {
      try {
        return await work();
      } catch (error) {
        if (error instanceof RollcallError && error.code !== "INTERNAL") throw error;
        this.#tools.matches.report(error);
        await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
      }
    }
    return [];
  }
}

const later = (a: Position, b: Position): Position => (comparePositions(a, b) < 0 ? b : a);
