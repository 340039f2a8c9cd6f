import { ArgsType, Field, ID, InputType } from "type-graphql";
import { VersionedInput } from "../../graphql/mutation-input.ts";
import { PageArgs } from "../../graphql/paging.ts";
import { DateScalar, DateTimeScalar } from "../../graphql/scalars.ts";
import { uuidOf } from "../../kernel/ids.ts";
import type { ScheduledTransitionListing } from "./scheduled-transition.queries.ts";
import type {
  CancelScheduledTransition,
  ChangeScheduledTransition,
  ScheduleTransition,
} from "./scheduled-transition.service.ts";
import {
  OPERATION_ENUM,
  operationOf,
  SCHEDULED_OPERATION_ENUM,
  STATE_ENUM,
  scheduledOperationOf,
} from "./scheduled-transition.types.ts";

/** An input about a step: what repeats and lost updates need. */
@InputType()
abstract class StepInput extends VersionedInput {
  protected options() {
    const { expectedVersion, reason = null, idempotencyKey = null } = this;
    return { expectedVersion: expectedVersion ?? undefined, reason, idempotencyKey };
  }
}

@InputType({
  description:
    "Schedules a step of a person's lifecycle. Exactly one of effectiveAt and effectiveOn is needed. The id and the version are the person's; the reason becomes the status's.",
})
export class ScheduleTransitionInput extends StepInput {
  @Field(() => OPERATION_ENUM, { description: "Which step." })
  operation!: string;

  @Field(() => DateTimeScalar, { nullable: true, description: "When: an instant to come." })
  effectiveAt?: Date | null;

  @Field(() => DateScalar, {
    nullable: true,
    description:
      "When: as this date begins in the person's own time zone, whichever that is by then; in the organisation's where they have none.",
  })
  effectiveOn?: string | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: "When a lock or a suspension is to end by itself: later than the step.",
  })
  until?: Date | null;

  toCommand(): ScheduleTransition {
    return {
      ...this.options(),
      userId: uuidOf("User", this.id, "input.id"),
      operation: operationOf(this.operation),
      effectiveAt: this.effectiveAt ?? null,
      effectiveOn: this.effectiveOn ?? null,
      until: this.until ?? null,
    };
  }
}

@InputType({
  description:
    "Changes when a scheduled step is due, or how long its status lasts. Whoever changes it answers for it from then on. A reason that is given becomes the status's.",
})
export class ChangeScheduledTransitionInput extends StepInput {
  @Field(() => DateTimeScalar, { nullable: true, description: "Another instant." })
  effectiveAt?: Date | null;

  @Field(() => DateScalar, { nullable: true, description: "Another date, in the person's time zone." })
  effectiveOn?: string | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: "Another end of the lock or suspension; null: it lasts until somebody ends it.",
  })
  until?: Date | null;

  toCommand(): ChangeScheduledTransition {
    return {
      ...this.options(),
      id: uuidOf("ScheduledTransition", this.id, "input.id"),
      effectiveAt: this.effectiveAt ?? null,
      effectiveOn: this.effectiveOn ?? null,
      until: this.until,
    };
  }
}

@InputType({ description: "Takes a scheduled step back." })
export class CancelScheduledTransitionInput extends StepInput {
  toCommand(): CancelScheduledTransition {
    return { ...this.options(), id: uuidOf("ScheduledTransition", this.id, "input.id") };
  }
}

@InputType({ description: "Which scheduled transitions. What is given together is ANDed." })
export class ScheduledTransitionFilter {
  @Field(() => [ID], { nullable: true, description: "Of these people." })
  userIds?: string[] | null;

  @Field(() => [SCHEDULED_OPERATION_ENUM], { nullable: true, description: "These steps." })
  operations?: string[] | null;

  @Field(() => [STATE_ENUM], { nullable: true, description: "In these states; those that wait are SCHEDULED." })
  states?: string[] | null;

  @Field(() => DateTimeScalar, { nullable: true, description: "Due at this instant or later." })
  from?: Date | null;

  @Field(() => DateTimeScalar, { nullable: true, description: "Due before this instant." })
  before?: Date | null;
}

@ArgsType()
export class ScheduledTransitionsArgs extends PageArgs {
  @Field(() => ScheduledTransitionFilter, { nullable: true, description: "Which; without it all." })
  filter?: ScheduledTransitionFilter | null;
}

/** What the query needs of the filter. */
export const listingOf = ({ filter }: ScheduledTransitionsArgs): ScheduledTransitionListing => ({
  userIds: filter?.userIds?.map((id, place) => uuidOf("User", id, `filter.userIds[${place}]`)),
  operations: filter?.operations?.map(scheduledOperationOf),
  states: filter?.states ?? undefined,
  from: filter?.from ?? undefined,
  before: filter?.before ?? undefined,
});
