import { Arg, Ctx, ID, Query, Resolver } from "type-graphql";
import type { Database } from "../../database/database.ts";
import type { GraphContext } from "../../graphql/context.ts";
import { Cost, ListSize } from "../../graphql/cost-declaration.ts";
import { Read, scoped } from "../../graphql/rules.ts";
import { uuidOf } from "../../kernel/ids.ts";
import { type ParsedFilter as ParsedTree, parseFilterWithPaths } from "../../search/parse.ts";
import type { OrgUnitQueries } from "../org/org-unit.queries.ts";
import type { UserCounts } from "./user.counts.ts";
import { userCatalogue } from "./user.fields.ts";
import type { UserQueries } from "./user.queries.ts";
import { UserFilter, UserOrder } from "./user.types.ts";
import type { NamedLoaders } from "./user-event.changes.ts";
import { countNodes } from "./user-explain.counts.ts";
import { estimate } from "./user-explain.estimate.ts";
import { FilterExplanation, FilterNodeCount, ParsedFilter, SearchEstimate } from "./user-explain.types.ts";
import { explain } from "./user-explain.verdict.ts";
import { formsOf, readText } from "./user-filter.text.ts";

const FILTER = { description: "The filter." };

/** What can be asked about a search instead of running it. */
@Resolver()
export class UserExplainResolver {
  constructor(
    private readonly database: Database,
    private readonly users: UserQueries,
    private readonly units: OrgUnitQueries,
    private readonly counts: UserCounts,
    private readonly loaders: NamedLoaders,
  ) {}

  @Cost(20)
  @Query(() => FilterExplanation, {
    nullable: true,
    description:
      "Why one user does, or does not, match: the filter as a tree with a verdict on every node. Null for a user who is absent or out of sight. A filter that may not be searched by is refused in the same way.",
  })
  @Read(scoped)
  async explainMatch(
    @Arg("userId", () => ID, { description: "The user." }) userId: string,
    @Arg("filter", () => UserFilter, FILTER) filter: object,
    @Ctx() context: GraphContext,
  ): Promise<FilterExplanation | null> {
    const id = uuidOf("User", userId, "userId");
    const parsed = await this.#askable(context, filter);
    return explain(this.database, context, id, parsed, this.loaders);
  }

  @Cost(100)
  @ListSize(20)
  @Query(() => [FilterNodeCount], {
    nullable: true,
    description:
      "For each node of the filter: how many users match it alone, and how many would match the whole without it. Counted among the users whom the viewer may see and on whom every field that the filter asks about may be read; deleted ones are left out. A filter that may not be searched by is refused in the same way.",
  })
  @Read(scoped)
  async filterCounts(
    @Arg("filter", () => UserFilter, FILTER) filter: object,
    @Ctx() context: GraphContext,
  ): Promise<FilterNodeCount[]> {
    return countNodes(this.database, this.counts, context, await this.#askable(context, filter));
  }

  @Cost(20)
  @Query(() => SearchEstimate, {
    nullable: true,
    description:
      "What the search would cost and whether it would be refused, without running it. It goes through the same checks: what would be refused is refused, what is accepted is accepted.",
  })
  @Read(scoped)
  estimateSearch(
    @Arg("filter", () => UserFilter, FILTER) filter: object,
    @Arg("orderBy", () => [UserOrder], { nullable: true, description: "How it would be sorted." })
    orderBy: UserOrder[] | null,
    @Ctx() context: GraphContext,
  ): Promise<SearchEstimate> {
    return estimate(this.database, this.users, context, { filter, orderBy });
  }

  @Query(() => ParsedFilter, {
    nullable: true,
    description:
      'Parses the one-line text form, e.g. status in (ACTIVE, LOCKED) and orgUnit within "EMEA" and not mfaEnrolled. A text that cannot be read is INVALID_INPUT with its column and what would be accepted there.',
  })
  @Read(scoped)
  async parseFilter(
    @Arg("text", () => String, { description: "The filter as text; schema/FILTER.md, section 8, is its grammar." })
    text: string,
    @Ctx() context: GraphContext,
  ): Promise<ParsedFilter> {
    return formsOf(await readText(this.database, this.units, context, text));
  }

  @Query(() => ParsedFilter, {
    nullable: true,
    description: "The inverse of parseFilter: a filter as text, which reads back as the same filter.",
  })
  @Read(scoped)
  formatFilter(@Arg("filter", () => UserFilter, FILTER) filter: object): ParsedFilter {
    return formsOf(parseFilterWithPaths(filter, { catalogue: userCatalogue }).filter);
  }

  async #askable(context: GraphContext, filter: object): Promise<ParsedTree> {
    const parsed = parseFilterWithPaths(filter, { catalogue: userCatalogue });
    await this.users.requireAskable(context.viewer, parsed, new Map());
    return parsed;
  }
}
