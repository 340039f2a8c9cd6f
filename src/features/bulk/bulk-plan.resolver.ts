import { Arg, Args, Ctx, FieldResolver, Int, Resolver, Root } from "type-graphql";
import { reachOf } from "../../access/actor.ts";
import type { BulkFinding, BulkOutcome } from "../../database/bulk-tables.ts";
import type { GraphContext } from "../../graphql/context.ts";
import { PAGE_LIMIT } from "../../graphql/page-size.ts";
import { type Page, PageArgs, pageRequest } from "../../graphql/paging.ts";
import { carried, Read, scoped } from "../../graphql/rules.ts";
import { JSONObjectScalar } from "../../graphql/scalars.ts";
import { invalidInput, RollcallError } from "../../kernel/errors.ts";
import { publicId } from "../../kernel/ids.ts";
import { parseFilterWithPaths } from "../../search/parse.ts";
import type { SavedSearchLoader } from "../saved-searches/saved-search.loaders.ts";
import { SavedSearch } from "../saved-searches/saved-search.types.ts";
import { userCatalogue } from "../users/user.fields.ts";
import type { UserQueries } from "../users/user.queries.ts";
import { User } from "../users/user.types.ts";
import type { NamedLoaders } from "../users/user-event.changes.ts";
import { shownChange, shownTarget } from "./bulk.asked.ts";
import { csvOf } from "./bulk.csv.ts";
import { FINDING_ENUM, OUTCOME_ENUM } from "./bulk.enums.ts";
import { planned } from "./bulk.plans.ts";
import type { BulkQueries, ItemRow, WhichItems } from "./bulk.queries.ts";
import { shownChanges } from "./bulk.shown.ts";
import { BulkLimitFinding, BulkPlan } from "./bulk.types.ts";
import {
  BulkCsv,
  BulkItem,
  BulkItemConnection,
  BulkMember,
  BulkMemberConnection,
  BulkSearchEffect,
} from "./bulk-item.types.ts";

const FINDINGS = { nullable: true, description: "Only people of whom the plan found this." };
const OUTCOMES = { nullable: true, description: "Only people of whom this became." };

/** What a plan shows of people: always by the rights of whoever looks at it, at that moment. */
@Resolver(() => BulkPlan)
export class BulkPlanResolver {
  constructor(
    private readonly queries: BulkQueries,
    private readonly users: UserQueries,
    private readonly loaders: NamedLoaders,
    private readonly searches: SavedSearchLoader,
  ) {}

  @FieldResolver(() => JSONObjectScalar, {
    description:
      "Whom it is for, as it was asked: a filter, a saved search, people, or a file. For others than its planner a filter is null that they may not ask by.",
  })
  @Read(carried)
  target(@Root() plan: BulkPlan, @Ctx() { viewer }: GraphContext): Promise<object> {
    return shownTarget(this.users, viewer, plan);
  }

  @FieldResolver(() => JSONObjectScalar, {
    nullable: true,
    description:
      "What is to be changed of everybody; null where each person has a change of their own. For others than its planner values are left out that they may not read of everybody, and named in redacted.",
  })
  @Read(carried)
  change(@Root() plan: BulkPlan, @Ctx() { viewer }: GraphContext): Record<string, unknown> | null {
    return shownChange(viewer, plan);
  }

  @FieldResolver(() => BulkItemConnection, {
    description: "The plan's people whom the viewer sees: what would change, what cannot, and what became of it.",
  })
  @Read(scoped)
  items(
    @Root() plan: BulkPlan,
    @Args(() => PageArgs) page: PageArgs,
    @Arg("findings", () => [FINDING_ENUM], FINDINGS) findings: BulkFinding[] | null | undefined,
    @Arg("outcomes", () => [OUTCOME_ENUM], OUTCOMES) outcomes: BulkOutcome[] | null | undefined,
    @Ctx() context: GraphContext,
  ): Promise<Page<BulkItem>> {
    const which = { findings: findings ?? undefined, outcomes: outcomes ?? undefined };
    return this.#items(plan, context, which, page);
  }

  @FieldResolver(() => BulkCsv, { description: "The same as CSV, in parts of at most 500 people." })
  @Read(scoped)
  async csv(
    @Root() plan: BulkPlan,
    @Arg("after", () => String, { nullable: true, description: "What the part before gave as next." })
    after: string | null | undefined,
    @Arg("first", () => Int, {
      nullable: true,
      description: `How many people: 1 to ${PAGE_LIMIT}; else ${PAGE_LIMIT}.`,
    })
    first: number | null | undefined,
    @Ctx() context: GraphContext,
  ): Promise<BulkCsv> {
    if (first != null && (first < 1 || first > PAGE_LIMIT))
      throw invalidInput([{ path: "first", message: `must be from 1 to ${PAGE_LIMIT}.`, limit: PAGE_LIMIT }]);
    const page = await this.#items(plan, context, {}, { first: first ?? PAGE_LIMIT, after: after ?? null });
    const items = await Promise.all(page.nodes.map(async (item) => ({ ...item, changes: await item.changes })));
    const { hasNextPage, endCursor } = page.pageInfo;
    return { text: csvOf(items, after == null), next: hasNextPage ? endCursor : null };
  }

  @FieldResolver(() => [BulkSearchEffect], {
    description: "Saved searches that people would join or leave, of those that the viewer sees and may ask by.",
  })
  @Read(scoped)
  async searchEffects(@Root() plan: BulkPlan, @Ctx() context: GraphContext): Promise<BulkSearchEffect[]> {
    const effects = new Map((await this.queries.effects(context, plan.uuid)).map((one) => [one.searchId, one]));
    const newcomers = new Map(plan.preview.newcomers?.map((one) => [one.searchId, one]));
    // They are the planner's to see, and of whoever sees everybody.
    const seesAll = planned(context.viewer, plan.asked) || reachOf(context.viewer, "USER_READ") === "everywhere";
    const unnamed = new Map(seesAll ? plan.preview.unnamed?.map((one) => [one.searchId, one]) : []);
    const ids = [...new Set([...effects.keys(), ...newcomers.keys(), ...unnamed.keys()])].sort();
    const asked = await Promise.all(ids.map((id) => this.#mayAsk(context, id)));
    return ids
      .filter((_, place) => asked[place])
      .map((searchId) => {
        const { count = 0, userIds = [] } = newcomers.get(searchId) ?? {};
        const [known, more] = [effects.get(searchId), unnamed.get(searchId)];
        const joining = (known?.joining ?? 0) + (more?.joining ?? 0);
        const leaving = (known?.leaving ?? 0) + (more?.leaving ?? 0);
        const newUserIds = userIds.map((id) => publicId("User", id));
        return Object.assign(new BulkSearchEffect(), {
          planId: plan.uuid,
          searchId,
          joining,
          leaving,
          joiningNew: count,
          newUserIds,
        });
      });
  }

  @FieldResolver(() => [BulkLimitFinding], {
    description: "Safety limits that concern the plan, and which it exceeds.",
  })
  @Read(carried)
  limits(@Root() { preview }: BulkPlan, @Ctx() { viewer }: GraphContext): BulkLimitFinding[] {
    const counted = reachOf(viewer, "SETTINGS_MANAGE") === "everywhere";
    return preview.limits.map((limit) => BulkLimitFinding.of(limit, counted));
  }

  @FieldResolver(() => BulkPlan, { nullable: true, description: "The plan that this one takes back." })
  @Read(scoped)
  async reverts(@Root() { revertsId }: BulkPlan, @Ctx() { viewer }: GraphContext): Promise<BulkPlan | null> {
    return revertsId === null ? null : this.queries.find(viewer, revertsId);
  }

  async #items(plan: BulkPlan, context: GraphContext, which: WhichItems, page: PageArgs): Promise<Page<BulkItem>> {
    const make = (row: ItemRow) =>
      Object.assign(new BulkItem(), {
        userId: publicId("User", row.user_id),
        uuid: row.user_id,
        username: row.username,
        displayName: row.display_name,
        place: row.place,
        row: row.source_row,
        finding: row.finding,
        problem: row.problem,
        notes: row.notes,
        outcome: row.outcome,
        outcomeProblem: row.outcome_problem,
        changes: shownChanges(row, context, this.loaders) as never,
      });
    return this.queries.items(context, plan.uuid, which, pageRequest(page), make);
  }

  /** Whoever may not ask by a search's filter does not learn whom it would gain. */
  async #mayAsk(context: GraphContext, searchId: string): Promise<boolean> {
    const search = await context.load(this.searches).load(searchId);
    if (!search) return false;
    try {
      const parsed = parseFilterWithPaths(search.filter, { catalogue: userCatalogue });
      await this.users.requireAskable(context.viewer, parsed, new Map());
      return true;
    } catch (error) {
      if (error instanceof RollcallError) return false;
      throw error;
    }
  }
}

@Resolver(() => BulkSearchEffect)
export class BulkSearchEffectResolver {
  constructor(
    private readonly queries: BulkQueries,
    private readonly searches: SavedSearchLoader,
  ) {}

  @FieldResolver(() => SavedSearch, { nullable: true, description: "Which saved search." })
  @Read(scoped)
  async savedSearch(@Root() { searchId }: BulkSearchEffect, @Ctx() context: GraphContext): Promise<SavedSearch | null> {
    return (await context.load(this.searches).load(searchId)) ?? null;
  }

  @FieldResolver(() => BulkMemberConnection, {
    description: "Who would join or leave it, of those whom the viewer sees: of each the first thousand are named.",
  })
  @Read(scoped)
  members(
    @Root() effect: BulkSearchEffect,
    @Args(() => PageArgs) page: PageArgs,
    @Arg("joins", () => Boolean, {
      nullable: true,
      description: "true: only who would join; false: only who would leave.",
    })
    joins: boolean | null | undefined,
    @Ctx() context: GraphContext,
  ): Promise<Page<BulkMember>> {
    return this.queries.members(context, effect, joins ?? undefined, pageRequest(page));
  }
}

@Resolver(() => BulkItem)
export class BulkItemResolver {
  constructor(private readonly loaders: NamedLoaders) {}

  @FieldResolver(() => User, { nullable: true, description: "The person as they are." })
  @Read(scoped)
  async user(@Root() { uuid }: BulkItem, @Ctx() context: GraphContext): Promise<User | null> {
    return (await context.load(this.loaders.people).load(uuid)) ?? null;
  }
}

@Resolver(() => BulkMember)
export class BulkMemberResolver {
  constructor(private readonly loaders: NamedLoaders) {}

  @FieldResolver(() => User, { nullable: true, description: "The person as they are." })
  @Read(scoped)
  async user(@Root() { uuid }: BulkMember, @Ctx() context: GraphContext): Promise<User | null> {
    return (await context.load(this.loaders.people).load(uuid)) ?? null;
  }
}
