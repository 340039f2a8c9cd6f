import { Arg, Ctx, Mutation, Query, Resolver } from "type-graphql";
import { reachOf } from "../../access/actor.ts";
import type { Written } from "../../database/transaction.ts";
import type { GraphContext } from "../../graphql/context.ts";
import { ListSize } from "../../graphql/cost-declaration.ts";
import { DeletePayload } from "../../graphql/mutation-input.ts";
import { anywhere, Needs, Read } from "../../graphql/rules.ts";
import { publicId } from "../../kernel/ids.ts";
import {
  CreateApprovalPolicyInput,
  DeleteApprovalPolicyInput,
  UpdateApprovalPolicyInput,
} from "./approval-policy.inputs.ts";
import type { ApprovalPolicyService } from "./approval-policy.service.ts";
import { ApprovalPolicy, ApprovalPolicyPayload } from "./approval-policy.types.ts";

/** Who approves sensitive changes of whose profile. */
@Resolver()
export class ApprovalPolicyResolver {
  constructor(private readonly service: ApprovalPolicyService) {}

  /** The policy with this id, for whoever may read policies. */
  async find({ viewer }: GraphContext, uuid: string): Promise<ApprovalPolicy | null> {
    if (reachOf(viewer, "SETTINGS_MANAGE") !== "everywhere") return null;
    const found = await this.service.find(viewer, uuid);
    return found ? new ApprovalPolicy(found) : null;
  }

  @ListSize(20)
  @Query(() => [ApprovalPolicy], {
    nullable: true,
    description:
      "Who approves sensitive changes of whose profile, the strongest policy first. Needs SETTINGS_MANAGE everywhere.",
  })
  @Read(anywhere("SETTINGS_MANAGE"))
  async approvalPolicies(@Ctx() { viewer }: GraphContext): Promise<ApprovalPolicy[]> {
    return (await this.service.list(viewer)).map((record) => new ApprovalPolicy(record));
  }

  @Mutation(() => ApprovalPolicyPayload, {
    description:
      "Says who approves sensitive changes of the profiles that a filter finds, in how many steps. Needs USER_UPDATE everywhere beside SETTINGS_MANAGE: whoever decides sees the values.",
  })
  @Needs("SETTINGS_MANAGE")
  async createApprovalPolicy(
    @Arg("input", () => CreateApprovalPolicyInput, { description: "The policy." }) input: CreateApprovalPolicyInput,
    @Ctx() context: GraphContext,
  ): Promise<ApprovalPolicyPayload> {
    return this.#payload(context, await this.service.create(context, input.toCommand()));
  }

  @Mutation(() => ApprovalPolicyPayload, {
    description: "Changes a policy, for the requests to come. Needs USER_UPDATE everywhere beside SETTINGS_MANAGE.",
  })
  @Needs("SETTINGS_MANAGE")
  async updateApprovalPolicy(
    @Arg("input", () => UpdateApprovalPolicyInput, { description: "The changes." }) input: UpdateApprovalPolicyInput,
    @Ctx() context: GraphContext,
  ): Promise<ApprovalPolicyPayload> {
    return this.#payload(context, await this.service.update(context, input.toCommand()));
  }

  @Mutation(() => DeletePayload, {
    description: "Takes a policy away, for the requests to come; those that wait keep their steps.",
  })
  @Needs("SETTINGS_MANAGE")
  async deleteApprovalPolicy(
    @Arg("input", () => DeleteApprovalPolicyInput, { description: "Which." }) input: DeleteApprovalPolicyInput,
    @Ctx() context: GraphContext,
  ): Promise<DeletePayload> {
    const { value, position } = await this.service.delete(context, input.toCommand());
    return { deletedId: publicId("ApprovalPolicy", value.id), position };
  }

  async #payload(context: GraphContext, { value, position }: Written<{ id: string }>): Promise<ApprovalPolicyPayload> {
    return { policy: await this.find(context, value.id), position };
  }
}
