import { createUnionType, Field, ID, ObjectType } from "type-graphql";
import type { Change } from "../../feed/change.ts";
import { enumOf } from "../../graphql/catalogue-types.ts";
import { FeedCheckpoint, FeedReset } from "../../graphql/feed-messages.ts";
import { carried, Read } from "../../graphql/rules.ts";
import { DateTimeScalar, PositionScalar } from "../../graphql/scalars.ts";
import { publicId } from "../../kernel/ids.ts";
import type { Position } from "../../kernel/position.ts";
import { Cause } from "../users/cause.types.ts";
import { APPROVAL_STATES } from "./approval.kinds.ts";

/** What can happen to a request. */
export const APPROVAL_EVENT_TYPES = {
  REQUESTED: "It was asked for.",
  STEP_APPROVED: "A step was approved, and the next is due.",
  REMINDED: "Those who may decide are reminded that it waits.",
  APPROVED: APPROVAL_STATES.APPROVED,
  REJECTED: APPROVAL_STATES.REJECTED,
  EXPIRED: APPROVAL_STATES.EXPIRED,
  CANCELLED: APPROVAL_STATES.CANCELLED,
  FAILED: APPROVAL_STATES.FAILED,
} as const;

export type ApprovalEventType = keyof typeof APPROVAL_EVENT_TYPES;

const ApprovalEventTypeEnum = enumOf({
  name: "ApprovalEventType",
  describe: "What happened to an approval request.",
  values: APPROVAL_EVENT_TYPES,
});

@ObjectType({ description: "What one commit did to an approval request." })
@Read(carried)
export class ApprovalRequestEvent {
  @Field(() => PositionScalar, { description: "The event's place in the feed." })
  readonly position: Position;

  @Field(() => ApprovalEventTypeEnum, { description: "What happened." })
  readonly type: ApprovalEventType;

  @Field(() => ID, { description: "The request's id." })
  readonly requestId: string;

  @Field(() => Cause, { description: "What made it happen." })
  readonly cause: Cause;

  @Field(() => DateTimeScalar, { description: "When it was committed." })
  readonly occurredAt: Date;

  /** The request's UUID. */
  readonly uuid: string;

  constructor({ position, commit, rowId }: Change, type: ApprovalEventType) {
    this.position = position;
    this.type = type;
    this.uuid = rowId;
    this.requestId = publicId("ApprovalRequest", rowId);
    // Why somebody asked or decided is told by the request itself, to those who may know.
    this.cause = new Cause({ ...commit.cause, reason: null });
    this.occurredAt = commit.at;
  }
}

export const ApprovalNotification = createUnionType({
  name: "ApprovalNotification",
  description: "An event of an approval request, or a word on where the subscription stands.",
  types: () => [ApprovalRequestEvent, FeedReset, FeedCheckpoint] as const,
});
