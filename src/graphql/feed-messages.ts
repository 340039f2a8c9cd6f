import { Field, ObjectType } from "type-graphql";
import type { Position } from "../kernel/position.ts";
import { enumOf } from "./catalogue-types.ts";
import { carried, Read } from "./rules.ts";
import { PositionScalar } from "./scalars.ts";

const RESET_REASONS = {
  POSITION_EXPIRED:
    "The position is older than what is kept, or lies ahead of everything: the database was restored from a backup since.",
  SEARCH_CHANGED: "The saved search was edited.",
  VISIBILITY_CHANGED: "What the viewer may see or read changed.",
  TOO_MANY_CHANGES: "Too much happened to an ad-hoc search to tell it singly.",
};
export type ResetReason = keyof typeof RESET_REASONS;

const ResetReasonEnum = enumOf({
  name: "ResetReason",
  describe: "Why a subscriber must read again.",
  values: RESET_REASONS,
});

@ObjectType({
  description: "The subscriber must read again; what happens behind the position follows.",
})
@Read(carried)
export class FeedReset {
  @Field(() => PositionScalar, { description: "From where notifications go on." })
  position: Position;

  @Field(() => ResetReasonEnum, { description: "Why." })
  reason: ResetReason;

  constructor(position: Position, reason: ResetReason) {
    this.position = position;
    this.reason = reason;
  }
}

@ObjectType({ description: "Nothing up to this position is missing. Sent at subscribing and at least every 60 s." })
@Read(carried)
export class FeedCheckpoint {
  @Field(() => PositionScalar, { description: "Where the subscription stands." })
  position: Position;

  constructor(position: Position) {
    this.position = position;
  }
}
