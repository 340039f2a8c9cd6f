import type { Database } from "./database/database.ts";
import type { OrgUnitLoader } from "./features/org/org-unit.loaders.ts";
import { AdHocMatcher } from "./features/saved-searches/ad-hoc.matcher.ts";
import { LiveFilters } from "./features/saved-searches/live-filter.ts";
import { savedSearchLoader } from "./features/saved-searches/saved-search.loaders.ts";
import { SavedSearchQueries } from "./features/saved-searches/saved-search.queries.ts";
import { SavedSearchResolver } from "./features/saved-searches/saved-search.resolver.ts";
import { SavedSearchService, type SearchUse } from "./features/saved-searches/saved-search.service.ts";
import { SavedSearchChangePages } from "./features/saved-searches/saved-search-change.pages.ts";
import {
  SavedSearchChangeResolver,
  SavedSearchHistoryResolver,
} from "./features/saved-searches/saved-search-change.resolver.ts";
import { AdHocSource, SavedSearchChangeSource } from "./features/saved-searches/saved-search-change.source.ts";
import { MatchFollower } from "./features/saved-searches/search.match-follower.ts";
import { Matcher } from "./features/saved-searches/search.matcher.ts";
import { SearchRefusals } from "./features/saved-searches/search.refusal.ts";
import { SharedTransitions } from "./features/saved-searches/search.shared-transitions.ts";
import type { UserLoader } from "./features/users/user.loaders.ts";
import type { UserQueries } from "./features/users/user.queries.ts";
import type { FeedFollower } from "./feed/follower.ts";
import { LoneWorker } from "./feed/lone-worker.ts";
import { Moments } from "./feed/moments.ts";
import type { FindNode } from "./graphql/node.ts";
import type { SubscriptionSource } from "./graphql/subscription-source.ts";

/** Whoever matches saved searches holds this advisory lock; the number is arbitrary and ours. */
const MATCHER_LOCK = 7_260_313_304;

export interface SearchParts {
  database: Database;
  follower: FeedFollower;
  /** The civil date that an instant falls on in ORG_TIMEZONE. */
  dateOf: (instant: Date) => string;
  /** Told what stands in the way of following the log; it is tried again. */
  onError: (error: unknown) => void;
  users: UserQueries;
  people: UserLoader;
  units: OrgUnitLoader;
  /** What later features say to changes of saved searches. */
  uses: readonly SearchUse[];
}

/** Saved searches, and all that matching them takes. */
export interface SearchFeature {
  resolvers: object[];
  sources: Record<string, SubscriptionSource>;
  find: FindNode;
  queries: SavedSearchQueries;
  resolver: SavedSearchResolver;
  /** What has been stored of them. */
  matches: MatchFollower;
  matcher: Matcher;
  /** The work of matching, for one gateway at a time; to be started where background work is done. */
  matching: LoneWorker;
  stop(): Promise<void>;
}

/** Builds saved searches: a part of the composition root. */
export function buildSearches(parts: SearchParts): SearchFeature {
  const { database, users, people, units, uses, follower, dateOf, onError } = parts;
  const moments = new Moments(dateOf);
  const matches = new MatchFollower(database, onError);
  const live = new LiveFilters(database, onError);
  const matcher = new Matcher({
    database,
    follower,
    refusals: new SearchRefusals(database, users),
    moments: new Moments(dateOf),
    onStored: (through, searches) => matches.advance(through, searches),
  });
  const queries = new SavedSearchQueries(database);
  const pages = new SavedSearchChangePages(database, moments);
  const service = new SavedSearchService(database, users, uses);
  const resolver = new SavedSearchResolver(service, queries, savedSearchLoader(queries), {
    search: users,
    loader: people,
  });
  const transitions = new SharedTransitions(database);
  follower.onLoss(() => {
    transitions.forget();
    matches.lose();
  });
  const tools = { database, matches, transitions, moments, users };
  const adHoc = { follower, live, users, moments, matcher: new AdHocMatcher(follower, new Moments(dateOf)) };
  return {
    resolvers: [
      resolver,
      new SavedSearchChangeResolver({ people, units }, pages, users),
      new SavedSearchHistoryResolver(pages, users),
    ],
    sources: {
      savedSearchChanges: new SavedSearchChangeSource(queries, tools),
      searchChanges: new AdHocSource(adHoc),
    },
    find: (context, id) => resolver.find(context, id),
    queries,
    resolver,
    matches,
    matcher,
    matching: new LoneWorker({
      name: "matcher",
      lock: MATCHER_LOCK,
      database,
      work: (signal) => matcher.run(signal),
      report: onError,
    }),
    stop: async () => {
      await matches.stop();
      await live.stop();
    },
  };
}
