import { Arg, Ctx, FieldResolver, Resolver, Root, Subscription } from "type-graphql";
import type { Change, LoggedRow } from "../../feed/change.ts";
import type { GraphContext } from "../../graphql/context.ts";
import { Read, scoped } from "../../graphql/rules.ts";
import { PositionScalar } from "../../graphql/scalars.ts";
import { boundAtStart, type Notify, type SubscriptionSource } from "../../graphql/subscription-source.ts";
import type { Position } from "../../kernel/position.ts";
import type { ApprovalQueries } from "./approval.queries.ts";
import { type ApprovalLoader, askerOf } from "./approval.resolver.ts";
import { ApprovalRequest } from "./approval.types.ts";
import { type ApprovalEventType, ApprovalNotification, ApprovalRequestEvent } from "./approval-event.types.ts";

/** Events of requests, of which the viewer is told where they see the request at delivery. */
export class ApprovalEventSource implements SubscriptionSource {
  constructor(private readonly queries: ApprovalQueries) {}

  async open(): Promise<Notify> {
    return async (changes, context) => {
      const told = changes.flatMap((change) => {
        const type = typeOf(change);
        return type ? [{ change, type }] : [];
      });
      if (told.length === 0) return [];
      // What is in force is asked of now, and never of an instant before the last of these commits.
      const asker = askerOf(context.at(await this.queries.now()));
      const seen = await this.queries.visible(asker, [...new Set(told.map(({ change }) => change.rowId))]);
      return told
        .filter(({ change }) => seen.has(change.rowId))
        .map(({ change, type }) => ({
          position: change.position,
          message: new ApprovalRequestEvent(change, type),
        }));
    };
  }
}

/** What a change to a request is called; undefined for what is no event of one. */
function typeOf({ table, before, after }: Change): ApprovalEventType | undefined {
  if (table !== "approval_request" || after === null) return undefined;
  if (before === null) return "REQUESTED";
  const differs = (column: keyof LoggedRow) => before[column] !== after[column];
  if (differs("state")) return after.state as ApprovalEventType;
  if (differs("step")) return "STEP_APPROVED";
  return differs("reminders") ? "REMINDED" : undefined;
}

@Resolver(() => ApprovalRequestEvent)
export class ApprovalEventResolver {
  constructor(private readonly loader: ApprovalLoader) {}

  @Subscription(() => ApprovalNotification, {
    ...boundAtStart,
    description:
      "What happens to approval requests that the viewer may see at delivery. Delivers first what happened after the given position, then what happens, without gap or repeat, in commit order.",
  })
  @Read(scoped)
  approvalRequestEvents(
    @Root() notification: object,
    @Arg("after", () => PositionScalar, {
      nullable: true,
      description: "Strictly behind which position to begin; without it, now.",
    })
    _after: Position | undefined,
  ): object {
    return notification;
  }

  @FieldResolver(() => ApprovalRequest, {
    nullable: true,
    description: "The request as it is at delivery; null once it is gone or out of the viewer's sight.",
  })
  @Read(scoped)
  async request(@Root() { uuid }: ApprovalRequestEvent, @Ctx() context: GraphContext): Promise<ApprovalRequest | null> {
    return (await context.load(this.loader).load(uuid)) ?? null;
  }
}
