import { createUnionType, Field, ID, Int, ObjectType } from "type-graphql";
import type { Change } from "../../feed/change.ts";
import { enumOf } from "../../graphql/catalogue-types.ts";
import { PageOf } from "../../graphql/cost-declaration.ts";
import { FeedCheckpoint, FeedReset } from "../../graphql/feed-messages.ts";
import { carried, Read } from "../../graphql/rules.ts";
import { DateTimeScalar, PositionScalar } from "../../graphql/scalars.ts";
import { publicId } from "../../kernel/ids.ts";
import type { Position } from "../../kernel/position.ts";
import { Cause, causeFor } from "../users/cause.types.ts";
import type { Difference } from "../users/user-event.kinds.ts";

const MEMBERSHIP_CHANGES = {
  JOINED: "The search shows the person now, and did not before.",
  LEFT: "The search no longer shows the person.",
  CHANGED: "The person stays, and a watched field is another.",
};
export type MembershipChange = keyof typeof MEMBERSHIP_CHANGES;

export const MembershipChangeEnum = enumOf({
  name: "MembershipChange",
  describe: "What happened to a person's place in a search.",
  values: MEMBERSHIP_CHANGES,
});

@ObjectType({ description: "What one change did to one person's place in a search, for this viewer." })
@Read(carried)
export class SavedSearchChange {
  @Field(() => PositionScalar, { description: "The change's place in the feed: unique within one subscription." })
  readonly position: Position;

  @Field(() => MembershipChangeEnum, { description: "Joined, left, or stayed and changed." })
  readonly change: MembershipChange;

  @Field(() => ID, { description: "The person's id." })
  readonly userId: string;

  @Field(() => Cause, { description: "What made it happen; without its reason where the person is out of sight." })
  readonly cause: Cause;

  @Field(() => DateTimeScalar, { description: "When it was committed." })
  readonly occurredAt: Date;

  /** The person's UUID. */
  readonly uuid: string;

  constructor(
    readonly source: Change,
    change: MembershipChange,
    /** The watched fields that may be told of. */
    readonly told: readonly Pick<Difference, "field">[],
    /** Whether the viewer sees the person after it. */
    readonly inSight: boolean,
  ) {
    const { cause, at } = source.commit;
    this.position = source.position;
    this.change = change;
    this.uuid = source.rowId;
    this.userId = publicId("User", source.rowId);
    this.cause = causeFor(source.rowId, cause, inSight);
    this.occurredAt = at;
  }
}

@ObjectType({
  description:
    "More than 500 changes, in one commit or unread, instead of which this is sent: page them with SavedSearch.changes(after: from, through: position).",
})
@Read(carried)
export class SavedSearchSummary {
  @Field(() => PositionScalar, { description: "Up to where it counts, and from where notifications go on." })
  position: Position;

  @Field(() => PositionScalar, { description: "Behind which position it begins." })
  from: Position;

  @Field(() => Int, { description: "How often somebody joined." })
  joined: number;

  @Field(() => Int, { description: "How often somebody left." })
  left: number;

  @Field(() => Int, { description: "How often a watched field of somebody who stayed changed." })
  changed: number;

  constructor(from: Position, position: Position, counts: Readonly<Record<MembershipChange, number>>) {
    this.from = from;
    this.position = position;
    this.joined = counts.JOINED;
    this.left = counts.LEFT;
    this.changed = counts.CHANGED;
  }
}

export const SavedSearchNotification = createUnionType({
  name: "SavedSearchNotification",
  description: "What happened to a search, or a word on where the subscription stands.",
  types: () => [SavedSearchChange, SavedSearchSummary, FeedReset, FeedCheckpoint] as const,
});

@ObjectType({ description: "Notifications of a search between two positions, in order." })
@Read(carried)
@PageOf("nodes")
export class SavedSearchChangePage {
  @Field(() => [SavedSearchChange], {
    description: "Fewer than asked for, even none, where much of the log had to be looked at to find them.",
  })
  nodes!: readonly SavedSearchChange[];

  @Field(() => PositionScalar, { description: "Nothing up to here is missing: behind it the next page begins." })
  endPosition!: Position;

  @Field(() => Boolean, { description: "Whether there may be more behind it, up to where was asked." })
  hasNextPage!: boolean;
}
