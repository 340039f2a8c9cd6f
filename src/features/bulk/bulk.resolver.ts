import { Arg, Args, Ctx, ID, Mutation, Query, Resolver } from "type-graphql";
import type { BulkState } from "../../database/bulk-tables.ts";
import type { Written } from "../../database/transaction.ts";
import type { GraphContext } from "../../graphql/context.ts";
import { type Page, PageArgs, pageRequest } from "../../graphql/paging.ts";
import { anywhere, Needs, Read } from "../../graphql/rules.ts";
import { notFound } from "../../kernel/errors.ts";
import { uuidOf } from "../../kernel/ids.ts";
import { STATE_ENUM } from "./bulk.enums.ts";
import { ApplyBulkInput, CancelBulkInput, PlanBulkInput, PlanRevertInput } from "./bulk.inputs.ts";
import type { BulkQueries } from "./bulk.queries.ts";
import type { BulkService, PlanOutcome } from "./bulk.service.ts";
import { BulkPlan, BulkPlanConnection, BulkPlanPayload } from "./bulk.types.ts";

const WHICH = { description: "Which plan." };

/** Changes of many people as plans. */
@Resolver()
export class BulkResolver {
  constructor(
    private readonly service: BulkService,
    private readonly queries: BulkQueries,
  ) {}

  @Query(() => BulkPlan, {
    nullable: true,
    description: "A plan, and how far it has come; null where it is absent or not the viewer's to see. Needs BULK_RUN.",
  })
  @Read(anywhere("BULK_RUN"))
  bulkPlan(
    @Arg("id", () => ID, { description: "Which plan." }) id: string,
    @Ctx() { viewer }: GraphContext,
  ): Promise<BulkPlan | null> {
    return this.queries.find(viewer, uuidOf("BulkPlan", id, "id"));
  }

  @Query(() => BulkPlanConnection, {
    nullable: true,
    description: "The viewer's plans, and with BULK_RUN everywhere everybody's, the latest first. Needs BULK_RUN.",
  })
  @Read(anywhere("BULK_RUN"))
  bulkPlans(
    @Args(() => PageArgs) page: PageArgs,
    @Arg("states", () => [STATE_ENUM], { nullable: true, description: "Only plans that stand here." })
    states: BulkState[] | null | undefined,
    @Ctx() { viewer }: GraphContext,
  ): Promise<Page<BulkPlan>> {
    return this.queries.list(viewer, states ?? undefined, pageRequest(page));
  }

  @Mutation(() => BulkPlanPayload, {
    description:
      "Rehearses a change of many people and keeps what it would do, person by person; nothing is changed until applyBulk. Needs BULK_RUN, and over each person what the single mutation needs: whoever it is missing over is an error of theirs. At most 100,000 people.",
  })
  @Needs("BULK_RUN")
  planBulk(
    @Arg("input", () => PlanBulkInput, { description: "Whom, and how." }) input: PlanBulkInput,
    @Ctx() context: GraphContext,
  ): Promise<BulkPlanPayload> {
    return this.#payload(context, this.service.plan(context, input.toCommand()));
  }

  @Mutation(() => BulkPlanPayload, {
    description:
      "Lets a plan of the viewer's be applied, in the background; or, where it exceeds a safety limit, asks a second person. Follow it by bulkPlanProgress or BulkPlan.progress. CONFLICT where the plan is not PLANNED, is too old, or the safety limits have changed since. Needs BULK_RUN.",
  })
  @Needs("BULK_RUN")
  applyBulk(
    @Arg("input", () => ApplyBulkInput, WHICH) input: ApplyBulkInput,
    @Ctx() context: GraphContext,
  ): Promise<BulkPlanPayload> {
    return this.#payload(context, this.service.apply(context, input.toCommand()));
  }

  @Mutation(() => BulkPlanPayload, {
    description:
      "Stops a plan, behind the batch under way: what is committed stays, everybody else is SKIPPED. CONFLICT where it has ended. Needs BULK_RUN.",
  })
  @Needs("BULK_RUN")
  cancelBulk(
    @Arg("input", () => CancelBulkInput, WHICH) input: CancelBulkInput,
    @Ctx() context: GraphContext,
  ): Promise<BulkPlanPayload> {
    return this.#payload(context, this.service.cancel(context, input.toCommand()));
  }

  @Mutation(() => BulkPlanPayload, {
    description:
      "Plans to take back what a plan did: a plan like any other. Whoever has changed since is an error of theirs, and notes name what cannot be put back. CONFLICT where the plan has not ended or changed nobody. Needs BULK_RUN.",
  })
  @Needs("BULK_RUN")
  planRevert(
    @Arg("input", () => PlanRevertInput, WHICH) input: PlanRevertInput,
    @Ctx() context: GraphContext,
  ): Promise<BulkPlanPayload> {
    return this.#payload(context, this.service.planRevert(context, input.toCommand()));
  }

  async #payload({ viewer }: GraphContext, answer: Promise<Written<PlanOutcome>>): Promise<BulkPlanPayload> {
    const { value, position } = await answer;
    const plan = await this.queries.find(viewer, value.planId);
    if (!plan) throw notFound("plan", "input.id");
    return { plan, position };
  }
}
