import { Field, Int, ObjectType } from "type-graphql";
import type { ActorKind } from "../../access/actor.ts";
import { enumOf } from "../../graphql/catalogue-types.ts";
import { ConsequenceType } from "../../graphql/consequence-type.ts";
import type { GraphContext } from "../../graphql/context.ts";
import { MutationPayload } from "../../graphql/mutation-input.ts";
import { Node } from "../../graphql/node.ts";
import { connectionOf } from "../../graphql/paging.ts";
import { carried, Read } from "../../graphql/rules.ts";
import { DateScalar, DateTimeScalar } from "../../graphql/scalars.ts";
import { publicId } from "../../kernel/ids.ts";
import { Actor } from "../users/actor.types.ts";
import type { UserStatus } from "../users/user.entity.ts";
import { USER_STATUS } from "../users/user.fields.ts";
import type { LifecycleOperation } from "../users/user.lifecycle.ts";
import type { TransitionFailure } from "./due.worker.ts";
import type { ScheduledOperation } from "./scheduled-step.ts";

const OPERATIONS = {
  ACTIVATE: "As activateUser.",
  DEACTIVATE: "As deactivateUser.",
  LOCK: "As lockUser.",
  UNLOCK: "As unlockUser.",
  SUSPEND: "As suspendUser.",
  REINSTATE: "As reinstateUser.",
  ARCHIVE: "As archiveUser.",
  DELETE: "As deleteUser.",
  RESTORE: "As restoreUser.",
};

export const OPERATION_ENUM = enumOf({
  name: "LifecycleOperation",
  describe: "A step of somebody's lifecycle: the mutation of the same name takes it at once.",
  values: OPERATIONS,
});

export const SCHEDULED_OPERATION_ENUM = enumOf({
  name: "ScheduledOperation",
  describe: "What can be scheduled: a step of the lifecycle by scheduleTransition, the others by what is named.",
  values: {
    ...OPERATIONS,
    INVITE: "As inviteUser; scheduled by onboard.",
    TRANSFER: "As transfer, which schedules it.",
  },
});

/** The name of an operation in the API, and back. */
export const shownOperation = (operation: ScheduledOperation): string => operation.toUpperCase();
export const operationOf = (shown: string): LifecycleOperation => shown.toLowerCase() as LifecycleOperation;
export const scheduledOperationOf = (shown: string): ScheduledOperation => shown.toLowerCase() as ScheduledOperation;

export const STATE_ENUM = enumOf({
  name: "ScheduledTransitionState",
  describe: "What became of a scheduled step.",
  values: {
    SCHEDULED: "It waits for its time.",
    DONE: "It was taken.",
    FAILED: "It was due and could not be taken; failure says why.",
    CANCELLED: "Somebody cancelled it, or another step left it nothing to stand on.",
  },
});

export type ScheduledTransitionState = "SCHEDULED" | "DONE" | "FAILED" | "CANCELLED";

export const FAILURE_ENUM = enumOf({
  name: "TransitionFailureCode",
  describe: "Why a scheduled step could not be taken.",
  values: {
    ILLEGAL_TRANSITION: "The person's status by then has no such step.",
    AUTHOR_INACTIVE: "Whoever scheduled it was no longer active, or their token expired or was revoked.",
    FORBIDDEN: "Whoever scheduled it no longer held the permission over the person.",
    NOT_FOUND: "The person was no longer in the sight of whoever scheduled it, or what a move names was not.",
    CONFLICT: "Something stood in the way: a name that is taken, the last person who manages roles.",
    INVALID_INPUT: "A value no longer fits, e.g. an end that had passed.",
    STALE_VERSION: "A record that it depends on had changed.",
  },
});

@ObjectType("TransitionFailure", { description: "Why a scheduled step could not be taken." })
@Read(carried)
export class TransitionFailureType {
  @Field(() => FAILURE_ENUM, { description: "What stood in the way." })
  code!: string;

  @Field(() => String, { description: "The same in words." })
  message!: string;

  @Field(() => enumOf(USER_STATUS), { nullable: true, description: "The status that the person had by then." })
  from!: UserStatus | null;

  @Field(() => String, { nullable: true, description: "The permission that was missing, or that must stay held." })
  permission!: string | null;

  @Field(() => String, { nullable: true, description: "The field whose value stood in the way." })
  field!: string | null;
}

/** A scheduled step as queries read it. */
export interface ScheduledTransitionRecord {
  id: string;
  version: number;
  userId: string;
  operation: ScheduledOperation;
  dueAt: Date;
  effectiveOn: string | null;
  timezone: string | null;
  until: Date | null;
  reason: string | null;
  state: ScheduledTransitionState;
  authorKind: ActorKind;
  authorId: string | null;
  authorName: string;
  createdAt: Date;
  updatedAt: Date;
  finishedAt: Date | null;
  failure: TransitionFailure | null;
  consequences: ConsequenceType[];
}

@ObjectType({
  implements: Node,
  description:
    "A step of somebody's lifecycle that is taken by itself at its time, or was, or could not be. schema/LIFECYCLE.md says what happens when.",
})
@Read(carried)
export class ScheduledTransition extends Node {
  readonly nodeType = "ScheduledTransition";
  readonly userId: string;

  @Field(() => Int, { description: "Increases at every change; pass it as expectedVersion to refuse a lost update." })
  version: number;

  @Field(() => SCHEDULED_OPERATION_ENUM, { description: "Which step." })
  operation: string;

  @Field(() => STATE_ENUM, { description: "Whether it waits, and what became of it." })
  state: ScheduledTransitionState;

  @Field(() => DateTimeScalar, {
    description:
      "The instant at which it is due. Of a date: when that date begins, in the time zone that the person has now.",
  })
  effectiveAt: Date;

  @Field(() => DateScalar, { nullable: true, description: "The civil date, where it was scheduled for one." })
  effectiveOn: string | null;

  @Field(() => String, { nullable: true, description: "The time zone by which the date was reckoned: an IANA name." })
  timezone: string | null;

  @Field(() => DateTimeScalar, { nullable: true, description: "When the new status is to end by itself." })
  until: Date | null;

  @Field(() => String, {
    nullable: true,
    description: "Why, in the words of whoever scheduled it; it becomes the status's reason.",
  })
  reason: string | null;

  @Field(() => Actor, {
    description:
      "Who scheduled it, or changed it last. It is taken in their name, if they still hold the permission by then.",
  })
  scheduledBy: Actor;

  @Field(() => DateTimeScalar, { description: "When it was scheduled." })
  createdAt: Date;

  @Field(() => DateTimeScalar, { description: "When it last changed." })
  updatedAt: Date;

  @Field(() => DateTimeScalar, { nullable: true, description: "When it was taken, failed or was cancelled." })
  finishedAt: Date | null;

  @Field(() => TransitionFailureType, { nullable: true, description: "Why it could not be taken." })
  failure: TransitionFailureType | null;

  @Field(() => [ConsequenceType], { description: "What else was done with it, once it was taken." })
  consequences: ConsequenceType[];

  constructor(record: ScheduledTransitionRecord) {
    super();
    this.id = publicId("ScheduledTransition", record.id);
    this.userId = record.userId;
    this.version = record.version;
    this.operation = shownOperation(record.operation);
    this.state = record.state;
    this.effectiveAt = record.dueAt;
    this.effectiveOn = record.effectiveOn;
    this.timezone = record.timezone;
    this.until = record.until;
    this.reason = record.reason;
    this.scheduledBy = new Actor(record.authorKind, record.authorId, record.authorName);
    this.createdAt = record.createdAt;
    this.updatedAt = record.updatedAt;
    this.finishedAt = record.finishedAt;
    this.failure = record.failure as TransitionFailureType | null;
    this.consequences = record.consequences;
  }
}

/** Finds a step that the viewer may see. */
export type FindStep = (context: GraphContext, id: string) => Promise<ScheduledTransition | null>;

export const ScheduledTransitionConnection = connectionOf(
  "ScheduledTransition",
  () => ScheduledTransition,
  "scheduled transitions",
);

@ObjectType({ description: "The scheduled step after the change." })
@Read(carried)
export class ScheduledTransitionPayload extends MutationPayload {
  @Field(() => ScheduledTransition, {
    nullable: true,
    description: "The step; null where the viewer may not see what is scheduled for the person.",
  })
  transition!: ScheduledTransition | null;
}
