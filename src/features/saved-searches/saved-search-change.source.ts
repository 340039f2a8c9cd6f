import { requireAnywhere } from "../../access/policy.ts";
import type { Moments } from "../../feed/moments.ts";
import type { GraphContext } from "../../graphql/context.ts";
import type { NoticeFeed, SubscriptionSource } from "../../graphql/subscription-source.ts";
import { notFound } from "../../kernel/errors.ts";
import { uuidOf } from "../../kernel/ids.ts";
import { parseFilterWithPaths } from "../../search/parse.ts";
import { userCatalogue } from "../users/user.fields.ts";
import { AdHocFeed, type AdHocTools } from "./ad-hoc.feed.ts";
import { askedSearch } from "./ad-hoc.search.ts";
import { type FeedTools, SavedSearchFeed } from "./saved-search.feed.ts";
import type { SavedSearchQueries } from "./saved-search.queries.ts";
import { ViewedSearch } from "./search.membership.ts";
import { refused } from "./search.refusal.ts";

/** `savedSearchChanges`: what the matcher stored of a saved search, for viewers who see it and may ask by its filter. */
export class SavedSearchChangeSource implements SubscriptionSource {
  constructor(
    private readonly queries: SavedSearchQueries,
    private readonly tools: FeedTools,
  ) {}

  async open(args: { id: string }, { viewer }: GraphContext): Promise<NoticeFeed> {
    requireAnywhere(viewer, "USER_READ");
    const id = uuidOf("SavedSearch", args.id, "id");
    const { commit: openedAt } = await this.tools.database.head();
    const [search] = await this.queries.byIds(viewer, [id]);
    if (!search) throw notFound("saved search", "id");
    const parsed = parseFilterWithPaths(search.filter, { catalogue: userCatalogue });
    await this.tools.users.requireAskable(viewer, parsed, new Map());
    if (search.suspension) throw refused(search.suspension);
    return new SavedSearchFeed(this.tools, { id, filter: parsed.filter, viewer, openedAt });
  }
}

/** `searchChanges`: what happens to a filter that is not saved. */
export class AdHocSource implements SubscriptionSource {
  constructor(private readonly tools: AdHocTools & Pick<FeedTools, "users"> & { moments: Moments }) {}

  async open(
    args: { filter: object; watch?: readonly string[] | null },
    { viewer }: GraphContext,
  ): Promise<NoticeFeed> {
    const search = await askedSearch(this.tools.users, viewer, args);
    return new AdHocFeed(this.tools, search, new ViewedSearch(search, viewer, this.tools.moments));
  }
}
