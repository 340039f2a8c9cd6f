import { createUnionType, Field, ID, ObjectType } from "type-graphql";
import type { Change } from "../../feed/change.ts";
import { enumOf } from "../../graphql/catalogue-types.ts";
import { FeedCheckpoint, FeedReset } from "../../graphql/feed-messages.ts";
import { carried, Read } from "../../graphql/rules.ts";
import { DateTimeScalar, PositionScalar } from "../../graphql/scalars.ts";
import { publicId } from "../../kernel/ids.ts";
import type { Position } from "../../kernel/position.ts";
import { Cause, causeFor } from "./cause.types.ts";
import { type Difference, USER_EVENT_TYPES, type UserEventType } from "./user-event.kinds.ts";

export const UserEventTypeEnum = enumOf({
  name: "UserEventType",
  describe: "What happened to a person.",
  values: USER_EVENT_TYPES,
});

@ObjectType({ description: "What one commit changed about one person." })
@Read(carried)
export class UserEvent {
  @Field(() => PositionScalar, { description: "The change's place in the feed." })
  readonly position: Position;

  @Field(() => [UserEventTypeEnum], { description: "What happened, by everything about it that the viewer may know." })
  readonly types: readonly UserEventType[];

  @Field(() => ID, { description: "The person's id." })
  readonly userId: string;

  @Field(() => Cause, { description: "What made it happen." })
  readonly cause: Cause;

  @Field(() => DateTimeScalar, { description: "When it was committed." })
  readonly occurredAt: Date;

  /** The person's UUID. */
  readonly uuid: string;

  constructor(
    readonly change: Change,
    types: readonly UserEventType[],
    /** What may be told of, if anything: nothing of a person who has left the viewer's sight. */
    readonly told: readonly Difference[],
    /** Whether the viewer sees the person after it. */
    readonly inSight: boolean,
  ) {
    const { cause, at } = change.commit;
    this.position = change.position;
    this.types = types;
    this.uuid = change.rowId;
    this.userId = publicId("User", change.rowId);
    this.cause = causeFor(change.rowId, cause, inSight);
    this.occurredAt = at;
  }
}

export const UserNotification = createUnionType({
  name: "UserNotification",
  description: "An event about a person, or a word on where the subscription stands.",
  types: () => [UserEvent, FeedReset, FeedCheckpoint] as const,
});
