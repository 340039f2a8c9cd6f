import { Arg, Ctx, Mutation, Query, Resolver } from "type-graphql";
import { reachOf } from "../../access/actor.ts";
import type { GraphContext } from "../../graphql/context.ts";
import { ListSize } from "../../graphql/cost-declaration.ts";
import { DeletePayload } from "../../graphql/mutation-input.ts";
import { anywhere, Needs, Read } from "../../graphql/rules.ts";
import { publicId } from "../../kernel/ids.ts";
import { CreateSignInPolicyInput, DeleteSignInPolicyInput, UpdateSignInPolicyInput } from "./sign-in-policy.inputs.ts";
import type { SignInPolicyService } from "./sign-in-policy.service.ts";
import { SignInPolicy, SignInPolicyPayload } from "./sign-in-policy.types.ts";

/** Who must have which second factor. */
@Resolver()
export class SignInPolicyResolver {
  constructor(private readonly service: SignInPolicyService) {}

  /** The policy with this id, for whoever may read policies. */
  async find(context: GraphContext, uuid: string): Promise<SignInPolicy | null> {
    if (reachOf(context.viewer, "SETTINGS_MANAGE") !== "everywhere") return null;
    const id = publicId("SignInPolicy", uuid);
    return (await this.service.list(context.viewer)).find((policy) => policy.id === id) ?? null;
  }

  @ListSize(20)
  @Query(() => [SignInPolicy], {
    nullable: true,
    description: "Who must have which second factor, by name. Needs SETTINGS_MANAGE everywhere.",
  })
  @Read(anywhere("SETTINGS_MANAGE"))
  signInPolicies(@Ctx() context: GraphContext): Promise<SignInPolicy[]> {
    return this.service.list(context.viewer);
  }

  @Mutation(() => SignInPolicyPayload, { description: "Asks whoever a filter finds for a second factor." })
  @Needs("SETTINGS_MANAGE")
  async createSignInPolicy(
    @Arg("input", () => CreateSignInPolicyInput, { description: "The policy." }) input: CreateSignInPolicyInput,
    @Ctx() context: GraphContext,
  ): Promise<SignInPolicyPayload> {
    const { value, position } = await this.service.create(context, input.toCommand());
    return { policy: new SignInPolicy(value), position };
  }

  @Mutation(() => SignInPolicyPayload, { description: "Changes a policy, for the sign-ins to come." })
  @Needs("SETTINGS_MANAGE")
  async updateSignInPolicy(
    @Arg("input", () => UpdateSignInPolicyInput, { description: "The changes." }) input: UpdateSignInPolicyInput,
    @Ctx() context: GraphContext,
  ): Promise<SignInPolicyPayload> {
    const { value, position } = await this.service.update(context, input.toCommand());
    return { policy: new SignInPolicy(value), position };
  }

  @Mutation(() => DeletePayload, { description: "Takes a policy away, for the sign-ins to come." })
  @Needs("SETTINGS_MANAGE")
  async deleteSignInPolicy(
    @Arg("input", () => DeleteSignInPolicyInput, { description: "Which." }) input: DeleteSignInPolicyInput,
    @Ctx() context: GraphContext,
  ): Promise<DeletePayload> {
    const { value, position } = await this.service.delete(context, input.toCommand());
    return { deletedId: publicId("SignInPolicy", value.id), position };
  }
}
