import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from "type-graphql";
import { holdsAnywhere } from "../../access/actor.ts";
import type { Written } from "../../database/transaction.ts";
import type { GraphContext } from "../../graphql/context.ts";
import { DeletePayload } from "../../graphql/mutation-input.ts";
import { type Page, pageRequest } from "../../graphql/paging.ts";
import { anywhere, Needs, Read, scoped } from "../../graphql/rules.ts";
import { publicId, uuidOf } from "../../kernel/ids.ts";
import { searchOf } from "../users/user.args.ts";
import type { UserLoader } from "../users/user.loaders.ts";
import type { UserPage } from "../users/user.page.ts";
import type { UserQueries } from "../users/user.queries.ts";
import { User, UserConnection } from "../users/user.types.ts";
import {
  CreateSavedSearchInput,
  DeleteSavedSearchInput,
  SavedSearchesArgs,
  SavedSearchUsersArgs,
  UpdateSavedSearchInput,
} from "./saved-search.inputs.ts";
import type { SavedSearchLoader } from "./saved-search.loaders.ts";
import type { SavedSearchQueries } from "./saved-search.queries.ts";
import type { SavedSearchOutcome, SavedSearchService } from "./saved-search.service.ts";
import { SavedSearch, SavedSearchConnection, SavedSearchPayload } from "./saved-search.types.ts";

const INPUT = { description: "What to change." };

/** How users are read here: searched, and loaded one by one. */
export interface People {
  search: UserQueries;
  loader: UserLoader;
}

@Resolver(() => SavedSearch)
export class SavedSearchResolver {
  constructor(
    private readonly service: SavedSearchService,
    private readonly queries: SavedSearchQueries,
    private readonly searches: SavedSearchLoader,
    private readonly people: People,
  ) {}

  /** For `node(id:)`: null where the viewer may not search users, or may not see this search. */
  async find(context: GraphContext, uuid: string): Promise<SavedSearch | null> {
    if (!holdsAnywhere(context.viewer, "USER_READ")) return null;
    return (await context.load(this.searches).load(uuid)) ?? null;
  }

  @Query(() => SavedSearch, {
    nullable: true,
    description: "One saved search; null where it is absent or out of sight. Needs USER_READ.",
  })
  @Read(anywhere("USER_READ"))
  savedSearch(
    @Arg("id", () => ID, { description: "Which one." }) id: string,
    @Ctx() context: GraphContext,
  ): Promise<SavedSearch | null> {
    return this.find(context, uuidOf("SavedSearch", id, "id"));
  }

  @Query(() => SavedSearchConnection, {
    nullable: true,
    description: "The viewer's own saved searches and those that are shared, by name. Needs USER_READ.",
  })
  @Read(anywhere("USER_READ"))
  savedSearches(
    @Args(() => SavedSearchesArgs) args: SavedSearchesArgs,
    @Ctx() context: GraphContext,
  ): Promise<Page<SavedSearch>> {
    return this.queries.list(context.viewer, args.toListing(), pageRequest(args));
  }

  @FieldResolver(() => User, {
    nullable: true,
    description:
      "Whose it is; null where that is a machine's token, and where the viewer may not see the person. A machine's search belongs to its token, not to tokens that follow it.",
  })
  @Read(scoped)
  async owner(@Root() search: SavedSearch, @Ctx() context: GraphContext): Promise<User | null> {
    return search.ownerId ? ((await context.load(this.people.loader).load(search.ownerId)) ?? null) : null;
  }

  @FieldResolver(() => UserConnection, {
    nullable: true,
    description:
      "The users whom the viewer's own search by this filter would find. FIELD_FORBIDDEN where the filter asks about what the viewer may not, or no longer, read.",
  })
  @Read(scoped)
  users(
    @Root() search: SavedSearch,
    @Args(() => SavedSearchUsersArgs) args: SavedSearchUsersArgs,
    @Ctx() context: GraphContext,
  ): Promise<UserPage> {
    const asked = searchOf({ filter: search.filter, ...(args.orderBy ? { orderBy: args.orderBy } : {}) });
    return this.people.search.search(context, { ...asked, includeDeleted: false }, pageRequest(args));
  }

  @Mutation(() => SavedSearchPayload, {
    description:
      "Saves a search. Needs USER_READ and everything that a search by its filter needs; sharing it needs SAVED_SEARCH_SHARE.",
  })
  @Needs("USER_READ")
  async createSavedSearch(
    @Arg("input", () => CreateSavedSearchInput, INPUT) input: CreateSavedSearchInput,
    @Ctx() context: GraphContext,
  ): Promise<SavedSearchPayload> {
    return this.#payload(context, await this.service.create(context, input.toCommand()));
  }

  @Mutation(() => SavedSearchPayload, {
    description:
      "Changes a saved search of one's own, or, with SAVED_SEARCH_SHARE everywhere, one that is shared. What is shared afterwards needs SAVED_SEARCH_SHARE.",
  })
  @Needs("USER_READ")
  async updateSavedSearch(
    @Arg("input", () => UpdateSavedSearchInput, INPUT) input: UpdateSavedSearchInput,
    @Ctx() context: GraphContext,
  ): Promise<SavedSearchPayload> {
    return this.#payload(context, await this.service.update(context, input.toCommand()));
  }

  @Mutation(() => DeletePayload, {
    description: "Deletes a saved search of one's own, or, with SAVED_SEARCH_SHARE everywhere, one that is shared.",
  })
  @Needs("USER_READ")
  async deleteSavedSearch(
    @Arg("input", () => DeleteSavedSearchInput, INPUT) input: DeleteSavedSearchInput,
    @Ctx() context: GraphContext,
  ): Promise<DeletePayload> {
    const { value, position } = await this.service.delete(context, input.toCommand());
    return { deletedId: publicId("SavedSearch", value.searchId), position };
  }

  async #payload(context: GraphContext, { value, position }: Written<SavedSearchOutcome>): Promise<SavedSearchPayload> {
    return { savedSearch: await this.find(context, value.searchId), position };
  }
}
