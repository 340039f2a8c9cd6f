import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from "type-graphql";
import { reachOf } from "../../access/actor.ts";
import type { RetentionOutcome } from "../../database/retention-tables.ts";
import type { Written } from "../../database/transaction.ts";
import type { GraphContext } from "../../graphql/context.ts";
import { Cost, ListSize } from "../../graphql/cost-declaration.ts";
import { DeletePayload } from "../../graphql/mutation-input.ts";
import { type Page, PageArgs, pageRequest } from "../../graphql/paging.ts";
import { carried, Needs, Read, scoped } from "../../graphql/rules.ts";
import { publicId, uuidOf } from "../../kernel/ids.ts";
import type { ApprovalLoader } from "../approvals/approval.resolver.ts";
import { ApprovalRequest } from "../approvals/approval.types.ts";
import { BulkLimitFinding } from "../bulk/bulk.types.ts";
import type { LimitFinding } from "../bulk/safety-limit.check.ts";
import type { UserLoader } from "../users/user.loaders.ts";
import { User } from "../users/user.types.ts";
import type { RetentionPreviews } from "./retention.preview.ts";
import type { RetentionQueries } from "./retention.queries.ts";
import {
  CreateRetentionPolicyInput,
  DeleteRetentionPolicyInput,
  RunRetentionInput,
  UpdateRetentionPolicyInput,
} from "./retention-policy.inputs.ts";
import type { RetentionPolicyService } from "./retention-policy.service.ts";
import { RetentionPolicy, RetentionPolicyPayload } from "./retention-policy.types.ts";
import {
  RETENTION_OUTCOME_ENUM,
  RetentionPerson,
  RetentionPersonConnection,
  RetentionPreview,
  RetentionRun,
  RetentionRunConnection,
  RetentionRunPayload,
} from "./retention-run.types.ts";

const WHO = "Needs SETTINGS_MANAGE everywhere, and everywhere what doing its action by hand needs.";

/** Policies for people who have been in a status for long, and having them carried out. */
@Resolver()
export class RetentionResolver {
  constructor(
    private readonly service: RetentionPolicyService,
    private readonly queries: RetentionQueries,
    private readonly previews: RetentionPreviews,
  ) {}

  /** For `node(id:)`. */
  async findPolicy({ viewer }: GraphContext, uuid: string): Promise<RetentionPolicy | null> {
    const found = await this.queries.policy(viewer, uuid);
    return found ? new RetentionPolicy(found) : null;
  }

  /** For `node(id:)`. */
  async findRun({ viewer }: GraphContext, uuid: string): Promise<RetentionRun | null> {
    return (await this.queries.run(viewer, uuid)) ?? null;
  }

  @ListSize(50)
  @Query(() => [RetentionPolicy], {
    nullable: true,
    description:
      "What is done with people who have been in a status for long, by name: all with SETTINGS_MANAGE everywhere, else those whose action the viewer may do everywhere.",
  })
  @Read(scoped)
  async retentionPolicies(@Ctx() { viewer }: GraphContext): Promise<RetentionPolicy[]> {
    return (await this.queries.policies(viewer)).map((record) => new RetentionPolicy(record));
  }

  @Query(() => RetentionRunConnection, {
    nullable: true,
    description: "What policies did, the latest first; seen as the policies are.",
  })
  @Read(scoped)
  retentionRuns(
    @Args(() => PageArgs) page: PageArgs,
    @Arg("policyId", () => ID, { nullable: true, description: "Of this policy only." })
    policyId: string | null | undefined,
    @Ctx() { viewer }: GraphContext,
  ): Promise<Page<RetentionRun>> {
    const policy = policyId == null ? undefined : uuidOf("RetentionPolicy", policyId, "policyId");
    return this.queries.runs(viewer, policy, pageRequest(page));
  }

  @Cost(50)
  @Query(() => RetentionPreview, {
    nullable: true,
    description:
      "What a policy would do now, also one that is turned off: whom it would touch, whom it would pass over and why, and which safety limits it would exceed. Nothing of it happens. null where the viewer sees no such policy.",
  })
  @Read(scoped)
  async previewRetention(
    @Arg("policyId", () => ID, { description: "Which policy." }) policyId: string,
    @Ctx() context: GraphContext,
  ): Promise<RetentionPreview | null> {
    const policy = await this.queries.policy(context.viewer, uuidOf("RetentionPolicy", policyId, "policyId"));
    if (!policy) return null;
    const forecast = await this.previews.forecast(context, policy);
    const { due, passedOver } = await this.previews.counts(context, forecast);
    return { forecast, dueCount: due, passedOverCount: passedOver };
  }

  @Mutation(() => RetentionPolicyPayload, {
    description: `Makes a retention policy. ${WHO} One that erases is in force once a second person has approved it, who holds USER_ERASE everywhere.`,
  })
  @Needs("SETTINGS_MANAGE")
  async createRetentionPolicy(
    @Arg("input", () => CreateRetentionPolicyInput, { description: "The policy." }) input: CreateRetentionPolicyInput,
    @Ctx() context: GraphContext,
  ): Promise<RetentionPolicyPayload> {
    return this.#payload(context, await this.service.create(context, input.toCommand()));
  }

  @Mutation(() => RetentionPolicyPayload, {
    description: `Changes a retention policy, and ends its run. ${WHO} One that erases has to be approved again.`,
  })
  @Needs("SETTINGS_MANAGE")
  async updateRetentionPolicy(
    @Arg("input", () => UpdateRetentionPolicyInput, { description: "The changes." }) input: UpdateRetentionPolicyInput,
    @Ctx() context: GraphContext,
  ): Promise<RetentionPolicyPayload> {
    return this.#payload(context, await this.service.update(context, input.toCommand()));
  }

  @Mutation(() => DeletePayload, {
    description: `Takes a retention policy away, and ends its run. What it did stays. ${WHO}`,
  })
  @Needs("SETTINGS_MANAGE")
  async deleteRetentionPolicy(
    @Arg("input", () => DeleteRetentionPolicyInput, { description: "Which." }) input: DeleteRetentionPolicyInput,
    @Ctx() context: GraphContext,
  ): Promise<DeletePayload> {
    const { value, position } = await this.service.delete(context, input.toCommand());
    return { deletedId: publicId("RetentionPolicy", value.id), position };
  }

  @Mutation(() => RetentionRunPayload, {
    description: `Carries a policy out now, instead of at its hour; above a safety limit it waits for a second person. ${WHO}`,
  })
  @Needs("SETTINGS_MANAGE")
  async runRetention(
    @Arg("input", () => RunRetentionInput, { description: "Which policy." }) input: RunRetentionInput,
    @Ctx() context: GraphContext,
  ): Promise<RetentionRunPayload> {
    const { value, position } = await this.service.run(context, input.toCommand());
    return { run: await this.findRun(context, value.id), position };
  }

  async #payload(context: GraphContext, { value, position }: Written<{ id: string }>): Promise<RetentionPolicyPayload> {
    return { policy: await this.findPolicy(context, value.id), position };
  }
}

/** What belongs to a policy. */
@Resolver(() => RetentionPolicy)
export class RetentionPolicyResolver {
  constructor(private readonly requests: ApprovalLoader) {}

  @FieldResolver(() => ApprovalRequest, {
    nullable: true,
    description: "The request for the approval of a policy that erases, as it is now.",
  })
  @Read(scoped)
  async approvalRequest(
    @Root() { approvalUuid }: RetentionPolicy,
    @Ctx() context: GraphContext,
  ): Promise<ApprovalRequest | null> {
    return approvalUuid === null ? null : ((await context.load(this.requests).load(approvalUuid)) ?? null);
  }
}

/** What belongs to a run. */
@Resolver(() => RetentionRun)
export class RetentionRunResolver {
  constructor(
    private readonly queries: RetentionQueries,
    private readonly requests: ApprovalLoader,
  ) {}

  @FieldResolver(() => RetentionPolicy, { nullable: true, description: "The policy; null once it is deleted." })
  @Read(scoped)
  async policy(@Root() { policyUuid }: RetentionRun, @Ctx() { viewer }: GraphContext): Promise<RetentionPolicy | null> {
    const found = await this.queries.policy(viewer, policyUuid);
    return found ? new RetentionPolicy(found) : null;
  }

  @FieldResolver(() => ApprovalRequest, {
    nullable: true,
    description: "The request for approval, of a run that exceeded a safety limit.",
  })
  @Read(scoped)
  async approvalRequest(
    @Root() { approvalUuid }: RetentionRun,
    @Ctx() context: GraphContext,
  ): Promise<ApprovalRequest | null> {
    return approvalUuid === null ? null : ((await context.load(this.requests).load(approvalUuid)) ?? null);
  }

  @ListSize(50)
  @FieldResolver(() => [BulkLimitFinding], {
    description: "The policy's own limit and the safety limits, and which of them it exceeded.",
  })
  @Read(carried)
  limits(@Root() { found }: RetentionRun, @Ctx() context: GraphContext): BulkLimitFinding[] {
    return shownLimits(found, context);
  }

  @FieldResolver(() => RetentionPersonConnection, {
    description: "Its people whom the viewer sees, with what became of them; for 90 days after it ended.",
  })
  @Read(scoped)
  people(
    @Root() { uuid }: RetentionRun,
    @Args(() => PageArgs) page: PageArgs,
    @Arg("outcomes", () => [RETENTION_OUTCOME_ENUM], { nullable: true, description: "Only those with one of these." })
    outcomes: RetentionOutcome[] | null | undefined,
    @Ctx() context: GraphContext,
  ): Promise<Page<RetentionPerson>> {
    return this.queries.people(context, uuid, outcomes ?? undefined, pageRequest(page));
  }
}

/** What belongs to a preview. */
@Resolver(() => RetentionPreview)
export class RetentionPreviewResolver {
  constructor(private readonly previews: RetentionPreviews) {}

  @ListSize(50)
  @FieldResolver(() => [BulkLimitFinding], {
    description: "The policy's own limit and the safety limits, and which of them it would exceed.",
  })
  @Read(carried)
  limits(@Root() { forecast }: RetentionPreview, @Ctx() context: GraphContext): BulkLimitFinding[] {
    return shownLimits(forecast.limits, context);
  }

  @FieldResolver(() => RetentionPersonConnection, {
    description: "Those in the viewer's sight, who has been in the status longest first.",
  })
  @Read(scoped)
  people(
    @Root() { forecast }: RetentionPreview,
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() context: GraphContext,
  ): Promise<Page<RetentionPerson>> {
    return this.previews.page(context, forecast, pageRequest(page));
  }
}

/** Whom a run or a preview is about. */
@Resolver(() => RetentionPerson)
export class RetentionPersonResolver {
  constructor(private readonly people: UserLoader) {}

  @FieldResolver(() => User, { nullable: true, description: "The person as they are." })
  @Read(scoped)
  async user(@Root() { userUuid }: RetentionPerson, @Ctx() context: GraphContext): Promise<User | null> {
    return (await context.load(this.people).load(userUuid)) ?? null;
  }
}

const shownLimits = (found: readonly LimitFinding[], { viewer }: GraphContext): BulkLimitFinding[] => {
  const counted = reachOf(viewer, "SETTINGS_MANAGE") === "everywhere";
  return found.map((one) => BulkLimitFinding.of(one, counted));
};
