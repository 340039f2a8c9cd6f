import { Arg, createUnionType, Field, ID, ObjectType, Resolver, Root, Subscription } from "type-graphql";
import { requireAnywhere } from "../../access/policy.ts";
import type { BulkPlanRecord, BulkState } from "../../database/bulk-tables.ts";
import type { GraphContext } from "../../graphql/context.ts";
import { FeedCheckpoint, FeedReset } from "../../graphql/feed-messages.ts";
import { carried, Read, scoped } from "../../graphql/rules.ts";
import { PositionScalar } from "../../graphql/scalars.ts";
import { boundAtStart, type Notify, type SubscriptionSource } from "../../graphql/subscription-source.ts";
import { notFound } from "../../kernel/errors.ts";
import { uuidOf } from "../../kernel/ids.ts";
import type { Position } from "../../kernel/position.ts";
import { STATE_ENUM } from "./bulk.enums.ts";
import type { BulkQueries } from "./bulk.queries.ts";
import { BulkProgress, progressOf } from "./bulk.types.ts";

@ObjectType({ description: "How far a plan has come, as of one commit." })
@Read(carried)
export class BulkPlanProgress {
  @Field(() => PositionScalar, { description: "The commit's place in the feed." })
  position!: Position;

  @Field(() => STATE_ENUM, { description: "Where the plan stands." })
  state!: BulkState;

  @Field(() => BulkProgress, { description: "How many people have which outcome." })
  progress!: BulkProgress;
}

export const BulkPlanNotification = createUnionType({
  name: "BulkPlanNotification",
  description: "How far a plan has come, or a word on where the subscription stands.",
  types: () => [BulkPlanProgress, FeedReset, FeedCheckpoint] as const,
});

/** What the log says of one plan: each batch, and every state that it comes to. */
export class BulkProgressSource implements SubscriptionSource {
  constructor(private readonly queries: BulkQueries) {}

  /** Refuses viewers without BULK_RUN, and plans that they do not see. */
  async open(args: { id: string }, { viewer }: GraphContext): Promise<Notify> {
    requireAnywhere(viewer, "BULK_RUN");
    const id = uuidOf("BulkPlan", args.id, "id");
    if (!(await this.queries.find(viewer, id))) throw notFound("plan", "id");
    return (changes) =>
      changes.flatMap(({ table, rowId, after, position }) => {
        if (table !== "bulk_plan" || rowId !== id || after === null) return [];
        const plan = after as unknown as BulkPlanRecord;
        const message = Object.assign(new BulkPlanProgress(), {
          position,
          state: plan.state,
          progress: progressOf(plan),
        });
        return [{ position, message }];
      });
  }
}

@Resolver()
export class BulkProgressSubscription {
  @Subscription(() => BulkPlanNotification, {
    ...boundAtStart,
    description:
      "How far a plan comes: each batch, and every state. Delivers first what happened after the given position, then what happens, without gap or repeat, in commit order. Needs BULK_RUN.",
  })
  @Read(scoped)
  bulkPlanProgress(
    @Root() notification: object,
    @Arg("id", () => ID, { description: "Which plan." }) _id: string,
    @Arg("after", () => PositionScalar, {
      nullable: true,
      description: "Strictly behind which position to begin; without it, now.",
    })
    _after: Position | undefined,
  ): object {
    return notification;
  }
}
