import { Arg, Ctx, Field, ID, InputType, Mutation, ObjectType, Query, Resolver } from "type-graphql";
import type { Written } from "../../database/transaction.ts";
import { Action } from "../../graphql/attempts.ts";
import { ConsequenceType } from "../../graphql/consequence-type.ts";
import type { GraphContext } from "../../graphql/context.ts";
import { MutationPayload, VersionedInput } from "../../graphql/mutation-input.ts";
import { anywhere, carried, Needs, Read } from "../../graphql/rules.ts";
import { DateScalar, DateTimeScalar } from "../../graphql/scalars.ts";
import { uuidOf } from "../../kernel/ids.ts";
import { type FindStep, ScheduledTransition } from "../schedules/scheduled-transition.types.ts";
import type { UserLoader } from "../users/user.loaders.ts";
import { User } from "../users/user.types.ts";
import type { CancelOffboarding, Offboard, Offboarded, OffboardingService } from "./offboarding.service.ts";

@InputType({ description: "Somebody who leaves. The id and the version are theirs; the reason becomes the status's." })
export class OffboardInput extends VersionedInput {
  @Field(() => DateScalar, {
    nullable: true,
    description: "Their last day: access ends as the next one begins in their own time zone. Without it, at once.",
  })
  lastDay?: string | null;

  @Field(() => ID, {
    nullable: true,
    description:
      "Who takes over their reports, saved searches and groups: somebody who is active. Without one, they stay as they are.",
  })
  successorId?: string | null;

  toCommand(): Offboard {
    return {
      id: uuidOf("User", this.id, "input.id"),
      expectedVersion: this.expectedVersion ?? undefined,
      successorId: this.successorId == null ? null : uuidOf("User", this.successorId, "input.successorId"),
      lastDay: this.lastDay ?? null,
      reason: this.reason ?? null,
      idempotencyKey: this.idempotencyKey ?? null,
    };
  }
}

@InputType({ description: "Takes back a leave that waits. The id and the version are the person's." })
export class CancelOffboardingInput extends VersionedInput {
  toCommand(): CancelOffboarding {
    return {
      id: uuidOf("User", this.id, "input.id"),
      expectedVersion: this.expectedVersion ?? undefined,
      reason: this.reason ?? null,
      idempotencyKey: this.idempotencyKey ?? null,
    };
  }
}

@ObjectType({ description: "What a leave did, or that it waits." })
@Read(carried)
export class OffboardingPayload extends MutationPayload {
  @Field(() => User, { nullable: true, description: "The person; null where the viewer may not see them any more." })
  user!: User | null;

  @Field(() => ScheduledTransition, {
    nullable: true,
    description: "The deactivation, where it was scheduled or cancelled; null where they left at once.",
  })
  transition!: ScheduledTransition | null;

  @Field(() => [ConsequenceType], { description: "Everything else that the same transaction did." })
  consequences!: ConsequenceType[];
}

@ObjectType({ description: "What a leave would do if it were now. Nothing of it was done." })
@Read(carried)
export class OffboardingPreview {
  @Field(() => DateTimeScalar, { description: "As of when." })
  asOf!: Date;

  @Field(() => [ConsequenceType], { description: "What it would do beside the change of status." })
  consequences!: ConsequenceType[];
}

/** People leave, and what they leave behind is handed over. */
@Resolver()
export class OffboardingResolver {
  constructor(
    private readonly service: OffboardingService,
    private readonly people: UserLoader,
    private readonly findStep: FindStep,
  ) {}

  @Query(() => OffboardingPreview, {
    nullable: true,
    description:
      "What offboard would do now, whatever the last day is; refused as offboard would be. Needs USER_LIFECYCLE over the person.",
  })
  @Read(anywhere("USER_LIFECYCLE"))
  async previewOffboarding(
    @Arg("input", () => OffboardInput, { description: "Who leaves." }) input: OffboardInput,
    @Ctx() context: GraphContext,
  ): Promise<OffboardingPreview> {
    const consequences = await this.service.preview(context, input.toCommand());
    return { asOf: context.now, consequences: consequences as never };
  }

  @Mutation(() => OffboardingPayload, {
    description:
      "Ends a person's access and hands over what they leave behind: deactivates them, ends their grants and their memberships of static groups, and gives reports (of those over whom USER_UPDATE is held), saved searches and the groups that they own to the successor. At once, or behind their last day.",
  })
  @Action("user.offboarded")
  @Needs("USER_LIFECYCLE")
  async offboard(
    @Arg("input", () => OffboardInput, { description: "Who leaves." }) input: OffboardInput,
    @Ctx() context: GraphContext,
  ): Promise<OffboardingPayload> {
    return this.#payload(context, await this.service.offboard(context, input.toCommand()));
  }

  @Mutation(() => OffboardingPayload, { description: "Takes back a leave that waits; CONFLICT where none does." })
  @Action("user.offboarding_cancelled")
  @Needs("USER_LIFECYCLE")
  async cancelOffboarding(
    @Arg("input", () => CancelOffboardingInput, { description: "Whose." }) input: CancelOffboardingInput,
    @Ctx() context: GraphContext,
  ): Promise<OffboardingPayload> {
    return this.#payload(context, await this.service.cancel(context, input.toCommand()));
  }

  async #payload(context: GraphContext, { value, position }: Written<Offboarded>): Promise<OffboardingPayload> {
    const { userId, transitionId, consequences } = value;
    const user = (await context.load(this.people).load(userId)) ?? null;
    const found = transitionId === null ? null : await this.findStep(context, transitionId);
    return { user, transition: found, consequences: consequences as never, position };
  }
}
