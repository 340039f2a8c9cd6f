import { Arg, Args, Ctx, FieldResolver, ID, Query, Resolver, Root, Subscription } from "type-graphql";
import type { GraphContext } from "../../graphql/context.ts";
import { ListSize } from "../../graphql/cost-declaration.ts";
import { FieldChange } from "../../graphql/field-change.ts";
import { carried, Read, scoped } from "../../graphql/rules.ts";
import { PositionScalar } from "../../graphql/scalars.ts";
import { boundAtStart } from "../../graphql/subscription-source.ts";
import type { Position } from "../../kernel/position.ts";
import type { UserQueries } from "../users/user.queries.ts";
import { User, UserFilter } from "../users/user.types.ts";
import { fieldChanges, type NamedLoaders } from "../users/user-event.changes.ts";
import { askedSearch } from "./ad-hoc.search.ts";
import { SavedSearch } from "./saved-search.types.ts";
import { ChangePageArgs, SearchChangesArgs } from "./saved-search-change.args.ts";
import type { SavedSearchChangePages } from "./saved-search-change.pages.ts";
import { SavedSearchChange, SavedSearchChangePage, SavedSearchNotification } from "./saved-search-change.types.ts";
import { requireAskableFilter } from "./search.askable.ts";

const AFTER = { nullable: true, description: "Strictly behind which position to begin; without it, now." };
const WATCH = {
  nullable: true,
  description: "Fields of User whose change is reported for those who stay; at most 50.",
};

@Resolver(() => SavedSearchChange)
export class SavedSearchChangeResolver {
  constructor(
    private readonly loaders: NamedLoaders,
    private readonly pages: SavedSearchChangePages,
    private readonly users: UserQueries,
  ) {}

  @Subscription(() => SavedSearchNotification, {
    ...boundAtStart,
    description:
      "Who joins a saved search, who leaves it, and what watched fields change of those who stay, by the rights of whoever subscribes. Delivers first what happened after the given position, then what happens, without gap or repeat, in commit order. Ends with NOT_FOUND when the search is deleted or made private. Needs USER_READ.",
  })
  @Read(scoped)
  savedSearchChanges(
    @Root() notification: object,
    @Arg("id", () => ID, { description: "Which saved search." }) _id: string,
    @Arg("after", () => PositionScalar, AFTER) _after: Position | undefined,
  ): object {
    return notification;
  }

  @Subscription(() => SavedSearchNotification, {
    ...boundAtStart,
    description:
      "The same for a filter that is not saved. Where more than 500 notifications wait, a RESET TOO_MANY_CHANGES takes their place.",
  })
  @Read(scoped)
  searchChanges(
    @Root() notification: object,
    @Arg("filter", () => UserFilter, { description: "Which users." }) _filter: object,
    @Arg("watch", () => [String], WATCH) _watch: string[] | undefined,
    @Arg("after", () => PositionScalar, AFTER) _after: Position | undefined,
  ): object {
    return notification;
  }

  @Query(() => SavedSearchChangePage, {
    nullable: true,
    name: "searchChanges",
    description:
      "The notifications of a filter that is not saved, between two positions. What time alone did is told as far as somebody was subscribed to the filter, or a saved search asked the same of time. POSITION_EXPIRED where the log is no longer kept.",
  })
  @Read(scoped)
  async pageOfChanges(
    @Args(() => SearchChangesArgs) args: SearchChangesArgs,
    @Ctx() { viewer }: GraphContext,
  ): Promise<SavedSearchChangePage> {
    const request = args.toRequest();
    return this.pages.ofFilter(viewer, await askedSearch(this.users, viewer, args), request);
  }

  @FieldResolver(() => User, {
    nullable: true,
    description: "The person as they are at delivery; null once erased or out of the viewer's sight.",
  })
  @Read(scoped)
  async user(@Root() change: SavedSearchChange, @Ctx() context: GraphContext): Promise<User | null> {
    return change.inSight ? ((await context.load(this.loaders.people).load(change.uuid)) ?? null) : null;
  }

  @ListSize(5)
  @FieldResolver(() => [FieldChange], {
    description:
      "The watched fields that changed, as far as the viewer may know of them; none of somebody who came into the viewer's sight or left it.",
  })
  @Read(carried)
  changes(@Root() change: SavedSearchChange, @Ctx() context: GraphContext): Promise<FieldChange[]> {
    return fieldChanges(change.source, change.told, context, this.loaders);
  }
}

@Resolver(() => SavedSearch)
export class SavedSearchHistoryResolver {
  constructor(
    private readonly pages: SavedSearchChangePages,
    private readonly users: UserQueries,
  ) {}

  @FieldResolver(() => SavedSearchChangePage, {
    nullable: true,
    description:
      "The same notifications that a subscriber gets, as pages. POSITION_EXPIRED where the log is no longer kept, or the search was edited since; FIELD_FORBIDDEN where its filter asks about what the viewer may not, or its owner may no longer, ask about.",
  })
  @Read(scoped)
  changes(
    @Root() search: SavedSearch,
    @Args(() => ChangePageArgs) args: ChangePageArgs,
    @Ctx() { viewer }: GraphContext,
  ): Promise<SavedSearchChangePage> {
    return this.pages.ofSaved(viewer, search.uuid, args.toRequest(), (filter) =>
      requireAskableFilter(this.users, viewer, filter),
    );
  }
}
