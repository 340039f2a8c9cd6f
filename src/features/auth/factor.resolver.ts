import DataLoader from "dataloader";
import { Arg, Ctx, FieldResolver, Int, Mutation, Resolver, Root } from "type-graphql";
import type { Database } from "../../database/database.ts";
import type { Written } from "../../database/transaction.ts";
import { Action } from "../../graphql/attempts.ts";
import type { GraphContext, LoaderKey } from "../../graphql/context.ts";
import { ListSize } from "../../graphql/cost-declaration.ts";
import { DeletePayload } from "../../graphql/mutation-input.ts";
import { ForViewer, Needs, over, Read } from "../../graphql/rules.ts";
import { publicId } from "../../kernel/ids.ts";
import { User } from "../users/user.types.ts";
import {
  AddPasskeyInput,
  BeginPasskeyInput,
  BeginTotpEnrolmentInput,
  ConfirmTotpEnrolmentInput,
  CreateRecoveryCodesInput,
  RemoveFactorInput,
  ResetUserFactorsInput,
} from "./factor.inputs.ts";
import { type EnrolledFactors, factorsOf } from "./factor.queries.ts";
import type { FactorService } from "./factor.service.ts";
import {
  Factor,
  FactorPayload,
  RecoveryCodesPayload,
  ResetFactorsPayload,
  TotpEnrolmentPayload,
} from "./factor.types.ts";
import { PasskeyChallengePayload } from "./sign-in.types.ts";

export type FactorLoader = LoaderKey<DataLoader<string, EnrolledFactors>>;

/** What people have enrolled, by the people's UUIDs, in two statements a tick. */
export const factorLoader = (database: Database): FactorLoader => ({
  create: () => new DataLoader((users) => factorsOf(database, users)),
});

/** What second factors add to a user, and what people do about them. */
@Resolver(() => User)
export class FactorResolver {
  constructor(
    private readonly service: FactorService,
    private readonly loader: FactorLoader,
  ) {}

  @ListSize(5)
  @FieldResolver(() => [Factor], {
    nullable: true,
    description: "Enrolled second factors, the oldest first. Needs USER_READ_SECURITY over the user.",
  })
  @Read(over("USER_READ_SECURITY"))
  async factors(@Root() user: User, @Ctx() context: GraphContext): Promise<Factor[]> {
    return (await context.load(this.loader).load(user.userId)).factors;
  }

  @FieldResolver(() => Int, {
    nullable: true,
    description: "Recovery codes that are still good. Needs USER_READ_SECURITY over the user.",
  })
  @Read(over("USER_READ_SECURITY"))
  async recoveryCodesLeft(@Root() user: User, @Ctx() context: GraphContext): Promise<number> {
    return (await context.load(this.loader).load(user.userId)).recoveryCodesLeft;
  }

  @Mutation(() => TotpEnrolmentPayload, {
    description: "Gives a secret for an authenticator app. The factor counts once confirmTotpEnrolment has proved it.",
  })
  @ForViewer()
  @Action("user_factor.begun")
  async beginTotpEnrolment(
    @Arg("input", () => BeginTotpEnrolmentInput, { description: "What to call it." }) input: BeginTotpEnrolmentInput,
    @Ctx() context: GraphContext,
  ): Promise<TotpEnrolmentPayload> {
    const { value, position } = await this.service.beginTotp(context, input.toCommand());
    return { id: publicId("Factor", value.factorId), secret: value.secret, uri: value.uri, position };
  }

  @Mutation(() => FactorPayload, {
    description: "Proves that an authenticator app has the secret, by a code, which is used up by it.",
  })
  @ForViewer()
  @Action("user_factor.enrolled")
  async confirmTotpEnrolment(
    @Arg("input", () => ConfirmTotpEnrolmentInput, { description: "Which, and the proof." })
    input: ConfirmTotpEnrolmentInput,
    @Ctx() context: GraphContext,
  ): Promise<FactorPayload> {
    return this.#payload(context, await this.service.confirmTotp(context, input.toCommand()));
  }

  @Mutation(() => PasskeyChallengePayload, { description: "Begins the making of a passkey." })
  @ForViewer()
  @Action("user_factor.begun")
  async beginPasskeyEnrolment(
    @Arg("input", () => BeginPasskeyInput, { description: "Why, perhaps." }) _input: BeginPasskeyInput,
    @Ctx() context: GraphContext,
  ): Promise<PasskeyChallengePayload> {
    const { value, position } = await this.service.beginPasskey(context);
    return { challenge: value.text, options: value.options, expiresAt: value.expiresAt, position };
  }

  @Mutation(() => FactorPayload, { description: "Keeps the passkey that a browser made for the challenge." })
  @ForViewer()
  @Action("user_factor.enrolled")
  async addPasskey(
    @Arg("input", () => AddPasskeyInput, { description: "The passkey." }) input: AddPasskeyInput,
    @Ctx() context: GraphContext,
  ): Promise<FactorPayload> {
    return this.#payload(context, await this.service.addPasskey(context, input.toCommand()));
  }

  @Mutation(() => DeletePayload, {
    description:
      "Takes a factor of one's own away. CONFLICT for the last one, where the password is too short to be alone.",
  })
  @ForViewer()
  @Action("user_factor.removed")
  async removeFactor(
    @Arg("input", () => RemoveFactorInput, { description: "Which." }) input: RemoveFactorInput,
    @Ctx() context: GraphContext,
  ): Promise<DeletePayload> {
    const { value, position } = await this.service.remove(context, input.toCommand());
    return { deletedId: publicId("Factor", value.id), position };
  }

  @Mutation(() => RecoveryCodesPayload, {
    description: "Ten new recovery codes for whoever has a second factor, told this once; those before hold no more.",
  })
  @ForViewer()
  @Action("user_recovery_codes.created")
  async createRecoveryCodes(
    @Arg("input", () => CreateRecoveryCodesInput, { description: "Why, perhaps." }) input: CreateRecoveryCodesInput,
    @Ctx() context: GraphContext,
  ): Promise<RecoveryCodesPayload> {
    const { value, position } = await this.service.createRecoveryCodes(context, input.toCommand());
    return { ...value, position };
  }

  @Mutation(() => ResetFactorsPayload, {
    description:
      "Takes all factors and recovery codes of a person away who has lost them, and ends their sessions. Needs SESSION_MANAGE over them, and every permission that they hold.",
  })
  @Needs("SESSION_MANAGE")
  @Action("user_factor.reset")
  async resetUserFactors(
    @Arg("input", () => ResetUserFactorsInput, { description: "Whose." }) input: ResetUserFactorsInput,
    @Ctx() context: GraphContext,
  ): Promise<ResetFactorsPayload> {
    const { value, position } = await this.service.reset(context, input.toCommand());
    return { ...value, position };
  }

  async #payload(context: GraphContext, { value, position }: Written<{ factorId: string }>): Promise<FactorPayload> {
    const { factors } = await context.load(this.loader).load(context.viewer.userId as string);
    const id = publicId("Factor", value.factorId);
    const factor = factors.find((one) => one.id === id);
    if (!factor) throw new Error("A factor that was just enrolled is gone.");
    return { factor, position };
  }
}
