import { Arg, Ctx, Field, InputType, Mutation, ObjectType, Query, Resolver } from "type-graphql";
import { Action } from "../../graphql/attempts.ts";
import { ConsequenceType } from "../../graphql/consequence-type.ts";
import type { GraphContext } from "../../graphql/context.ts";
import { MutationInput, MutationPayload } from "../../graphql/mutation-input.ts";
import { anywhere, carried, Needs, Read } from "../../graphql/rules.ts";
import { DateScalar, DateTimeScalar } from "../../graphql/scalars.ts";
import { invalidInput, type Violation } from "../../kernel/errors.ts";
import { TemplateChangesType } from "../profile-templates/template-changes.types.ts";
import { type FindStep, ScheduledTransition } from "../schedules/scheduled-transition.types.ts";
import { addProfile, contactsOf, Holds, type ProfileInput, profileOf } from "../users/user.inputs.ts";
import type { UserLoader } from "../users/user.loaders.ts";
import { PROFILE_TEXTS, textProblem } from "../users/user.profile.ts";
import { User } from "../users/user.types.ts";
import type { Onboard, OnboardingService } from "./onboarding.service.ts";

@InputType({ description: "Somebody who joins. The reason becomes the status's." })
export class OnboardInput extends MutationInput {
  @Field(() => String, { description: PROFILE_TEXTS.username.describe })
  @Holds((value: string) => textProblem("username", value))
  username!: string;

  @Field(() => DateScalar, {
    description:
      "Their first day: they become ACTIVE as it begins in their own time zone, at once where it has begun. It is hiredOn too, where that is not given.",
  })
  startsOn!: string;

  @Field(() => Boolean, {
    nullable: true,
    description:
      "Whether an invitation to choose a password is sent: at once, or on inviteOn. They sign in from their start on.",
  })
  invite?: boolean | null;

  @Field(() => DateScalar, {
    nullable: true,
    description: "The day on which the invitation goes, as it begins in their own time zone: not behind startsOn.",
  })
  inviteOn?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description:
      "Whether profile templates that fit fill what is not given, grant their roles and put into their groups, each as it needs by hand; true where it is not given.",
  })
  applyTemplates?: boolean | null;

  toCommand(): Onboard {
    const { startsOn, inviteOn = null } = this;
    const invite = this.invite ?? false;
    const contacts = contactsOf(this as ProfileInput);
    const violations: Violation[] = [];
    if (inviteOn !== null && !invite) violations.push({ path: "input.inviteOn", message: "goes with invite alone." });
    if (inviteOn !== null && inviteOn > startsOn)
      violations.push({ path: "input.inviteOn", message: "must not be behind startsOn." });
    if (invite && !contacts.email && !contacts.emails?.length)
      violations.push({ path: "input.email", message: "is needed to send an invitation to." });
    if (violations.length > 0) throw invalidInput(violations);
    const profile = profileOf(this as ProfileInput);
    const options = { reason: this.reason ?? null, idempotencyKey: this.idempotencyKey ?? null };
    const hiredOn = profile.hiredOn === undefined ? startsOn : profile.hiredOn;
    return {
      ...options,
      user: {
        ...options,
        profile: { ...profile, hiredOn, username: this.username },
        contacts,
        status: "PENDING",
        source: "LOCAL",
        roleKeys: [],
        applyTemplates: this.applyTemplates ?? true,
      },
      startsOn,
      invite,
      inviteOn,
    };
  }
}
addProfile(OnboardInput, { isNew: true });

@ObjectType({ description: "Who joined, and what waits for them." })
@Read(carried)
export class OnboardingPayload extends MutationPayload {
  @Field(() => User, { nullable: true, description: "The person; null where the viewer may not see them." })
  user!: User | null;

  @Field(() => ScheduledTransition, {
    nullable: true,
    description:
      "Their start, where it waits: changing or cancelling it moves it or calls it off. null: they are ACTIVE.",
  })
  transition!: ScheduledTransition | null;

  @Field(() => ScheduledTransition, { nullable: true, description: "The invitation, where it waits." })
  invitation!: ScheduledTransition | null;

  @Field(() => TemplateChangesType, { description: "What templates gave." })
  changes!: TemplateChangesType;

  @Field(() => [ConsequenceType], { description: "Everything else that the same transaction did." })
  consequences!: ConsequenceType[];
}

@ObjectType({ description: "What onboarding somebody would do. Nothing of it was done." })
@Read(carried)
export class OnboardingPreview {
  @Field(() => DateTimeScalar, { description: "As of when." })
  asOf!: Date;

  @Field(() => TemplateChangesType, { description: "What templates would give." })
  changes!: TemplateChangesType;

  @Field(() => Boolean, { description: "Whether they would be ACTIVE at once." })
  startsAtOnce!: boolean;
}

const NEEDS =
  "Needs USER_CREATE, USER_READ and USER_LIFECYCLE over the org unit, and for what templates give what it needs by hand.";

/** People join. */
@Resolver()
export class OnboardingResolver {
  constructor(
    private readonly service: OnboardingService,
    private readonly people: UserLoader,
    private readonly findStep: FindStep,
  ) {}

  @Query(() => OnboardingPreview, {
    nullable: true,
    description: `What onboard would do; refused as onboard would be. ${NEEDS}`,
  })
  @Read(anywhere("USER_CREATE"))
  async previewOnboarding(
    @Arg("input", () => OnboardInput, { description: "Who joins." }) input: OnboardInput,
    @Ctx() context: GraphContext,
  ): Promise<OnboardingPreview> {
    const { changes, transitionId } = await this.service.preview(context, input.toCommand());
    return { asOf: context.now, changes: new TemplateChangesType(changes), startsAtOnce: transitionId === null };
  }

  @Mutation(() => OnboardingPayload, {
    description: `Makes somebody's account before their first day, gives what profile templates say, and makes them ACTIVE as that day begins where they are. ${NEEDS}`,
  })
  @Needs("USER_CREATE")
  @Action("user.onboarded")
  async onboard(
    @Arg("input", () => OnboardInput, { description: "Who joins." }) input: OnboardInput,
    @Ctx() context: GraphContext,
  ): Promise<OnboardingPayload> {
    const { value, position } = await this.service.onboard(context, input.toCommand());
    const { userId, transitionId, invitationId, changes, consequences } = value;
    const step = async (id: string | null) => (id === null ? null : await this.findStep(context, id));
    return {
      user: (await context.load(this.people).load(userId)) ?? null,
      transition: await step(transitionId),
      invitation: await step(invitationId),
      changes: new TemplateChangesType(changes),
      consequences: consequences as never,
      position,
    };
  }
}
