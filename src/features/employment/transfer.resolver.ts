import { ArrayMaxSize, IsOptional } from "class-validator";
import { Arg, Ctx, Field, InputType, Mutation, ObjectType, Query, Resolver } from "type-graphql";
import { Action } from "../../graphql/attempts.ts";
import { ConsequenceType } from "../../graphql/consequence-type.ts";
import type { GraphContext } from "../../graphql/context.ts";
import { MutationPayload, VersionedInput } from "../../graphql/mutation-input.ts";
import { anywhere, carried, Needs, Read } from "../../graphql/rules.ts";
import { DateScalar, DateTimeScalar } from "../../graphql/scalars.ts";
import { invalidInput, type Violation } from "../../kernel/errors.ts";
import { uuidOf } from "../../kernel/ids.ts";
import { DEFAULT_FIELDS } from "../profile-templates/profile-template.matching.ts";
import { TemplateChangesType } from "../profile-templates/template-changes.types.ts";
import { type FindStep, ScheduledTransition } from "../schedules/scheduled-transition.types.ts";
import { addProfile, type ProfileInput, profileOf } from "../users/user.inputs.ts";
import type { UserLoader } from "../users/user.loaders.ts";
import { attributesProblem } from "../users/user.profile.ts";
import { User } from "../users/user.types.ts";
import type { Transfer, TransferService } from "./transfer.service.ts";

const FILL_LIMIT = 200;

@InputType({
  description:
    "Somebody who moves. The id and the version are theirs. An absent field is left as it is; null clears it; tags replaces the list, attributes is merged key by key.",
})
export class TransferInput extends VersionedInput {
  @Field(() => DateScalar, {
    nullable: true,
    description: "They move as this date begins in their own time zone. Without it, at once.",
  })
  effectiveOn?: string | null;

  @Field(() => [String], {
    nullable: true,
    description: `Which of the fields that templates offer are filled, attributes as attributes.<key>; all where it is not given. At most ${FILL_LIMIT}.`,
  })
  @IsOptional()
  @ArrayMaxSize(FILL_LIMIT)
  fill?: string[] | null;

  toCommand(): Transfer {
    const violations = [...fillProblems(this.fill ?? []), ...valueProblems(this as ProfileInput)];
    if (violations.length > 0) throw invalidInput(violations);
    const given = Object.entries(profileOf(this as ProfileInput)).filter(([, value]) => value !== undefined);
    return {
      id: uuidOf("User", this.id, "input.id"),
      expectedVersion: this.expectedVersion ?? undefined,
      profile: Object.fromEntries(given),
      fill: this.fill ?? null,
      effectiveOn: this.effectiveOn ?? null,
      reason: this.reason ?? null,
      idempotencyKey: this.idempotencyKey ?? null,
    };
  }
}
addProfile(TransferInput, { only: new Set([...DEFAULT_FIELDS, "tags", "attributes", "orgUnitId", "managerId"]) });

const fillProblems = (names: readonly string[]): Violation[] =>
  names.flatMap((name, place) => {
    const key = name.startsWith("attributes.") ? name.slice("attributes.".length) : undefined;
    const isKnown =
      key === undefined
        ? (DEFAULT_FIELDS as readonly string[]).includes(name)
        : attributesProblem({ [key]: null }) === undefined;
    if (isKnown) return [];
    const message = "must be a field that templates fill, or attributes.<key>.";
    return [{ path: `input.fill[${place}]`, message, allowed: [...DEFAULT_FIELDS] }];
  });

const valueProblems = ({ attributes }: ProfileInput): Violation[] =>
  attributes === null ? [{ path: "input.attributes", message: "must name the keys that are to be removed." }] : [];

@ObjectType({ description: "What a move did, or that it waits." })
@Read(carried)
export class TransferPayload extends MutationPayload {
  @Field(() => User, { nullable: true, description: "The person; null where the viewer may not see them any more." })
  user!: User | null;

  @Field(() => ScheduledTransition, {
    nullable: true,
    description: "The move, where it was scheduled; null where they moved at once.",
  })
  transition!: ScheduledTransition | null;

  @Field(() => TemplateChangesType, { nullable: true, description: "What templates made of it; null where it waits." })
  changes!: TemplateChangesType | null;

  @Field(() => [ConsequenceType], { description: "Everything that the same transaction did beside it." })
  consequences!: ConsequenceType[];
}

@ObjectType({ description: "What a move would do if it were now. Nothing of it was done." })
@Read(carried)
export class TransferPreview {
  @Field(() => DateTimeScalar, { description: "As of when." })
  asOf!: Date;

  @Field(() => TemplateChangesType, { description: "What templates would make of it." })
  changes!: TemplateChangesType;
}

const NEEDS =
  "Needs USER_LIFECYCLE and USER_UPDATE over the person, USER_UPDATE where they go, and for what templates give and end what it needs by hand.";

/** People move. */
@Resolver()
export class TransferResolver {
  constructor(
    private readonly service: TransferService,
    private readonly people: UserLoader,
    private readonly findStep: FindStep,
  ) {}

  @Query(() => TransferPreview, {
    nullable: true,
    description: `What transfer would do now, whatever the date is; refused as transfer would be. ${NEEDS}`,
  })
  @Read(anywhere("USER_LIFECYCLE"))
  async previewTransfer(
    @Arg("input", () => TransferInput, { description: "Who moves, and what changes." }) input: TransferInput,
    @Ctx() context: GraphContext,
  ): Promise<TransferPreview> {
    const changes = await this.service.preview(context, input.toCommand());
    return { asOf: context.now, changes: new TemplateChangesType(changes) };
  }

  @Mutation(() => TransferPayload, {
    description: `Moves somebody to another unit, manager, title and what else a profile says, and brings them to what profile templates say of it: what came of one that no longer fits ends, what those that fit have is given, and fields that nobody else changed are filled. ${NEEDS}`,
  })
  @Needs("USER_LIFECYCLE")
  @Action("user.transferred")
  async transfer(
    @Arg("input", () => TransferInput, { description: "Who moves, and what changes." }) input: TransferInput,
    @Ctx() context: GraphContext,
  ): Promise<TransferPayload> {
    const { value, position } = await this.service.transfer(context, input.toCommand());
    const { userId, transitionId, changes, consequences } = value;
    const found = transitionId === null ? null : await this.findStep(context, transitionId);
    return {
      user: (await context.load(this.people).load(userId)) ?? null,
      transition: found,
      changes: changes && new TemplateChangesType(changes),
      consequences: consequences as never,
      position,
    };
  }
}
