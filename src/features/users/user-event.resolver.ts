import { Arg, Ctx, FieldResolver, Resolver, Root, Subscription } from "type-graphql";
import type { GraphContext } from "../../graphql/context.ts";
import { ListSize } from "../../graphql/cost-declaration.ts";
import { FieldChange } from "../../graphql/field-change.ts";
import { carried, Read, scoped, scopedByRights } from "../../graphql/rules.ts";
import { PositionScalar } from "../../graphql/scalars.ts";
import { boundAtStart } from "../../graphql/subscription-source.ts";
import type { Position } from "../../kernel/position.ts";
import { User, UserFilter } from "./user.types.ts";
import { fieldChanges, type NamedLoaders } from "./user-event.changes.ts";
import { isUntold, type UserEventType } from "./user-event.kinds.ts";
import { UserEvent, UserEventTypeEnum, UserNotification } from "./user-event.types.ts";

const FILTER = "Whom it must be about, before the event or after it; without it, everybody whom the viewer may see.";
const AFTER = "Strictly behind which position to begin; without it, now.";

@Resolver(() => UserEvent)
export class UserEventResolver {
  constructor(private readonly loaders: NamedLoaders) {}

  @Subscription(() => UserNotification, {
    ...boundAtStart,
    description:
      "Events about users who match the filter before or after the event (deleted ones included in what they were). Delivers first what happened after the given position, then what happens, without gap or repeat, in commit order.",
  })
  @Read(scoped)
  userEvents(
    @Root() notification: object,
    @Arg("filter", () => UserFilter, { nullable: true, description: FILTER }) _filter: object | undefined,
    @Arg("types", () => [UserEventTypeEnum], { nullable: true, description: "What must have happened, one of these." })
    _types: UserEventType[] | undefined,
    @Arg("after", () => PositionScalar, { nullable: true, description: AFTER }) _after: Position | undefined,
  ): object {
    return notification;
  }

  @FieldResolver(() => User, {
    nullable: true,
    description: "The person as they are at delivery; null once erased or out of the viewer's sight.",
  })
  @Read(scopedByRights)
  async user(@Root() event: UserEvent, @Ctx() context: GraphContext): Promise<User | null> {
    return event.inSight ? ((await context.load(this.loaders.people).load(event.uuid)) ?? null) : null;
  }

  @ListSize(5)
  @FieldResolver(() => [FieldChange], {
    description: "What changed; nothing of a person who has left the viewer's sight.",
  })
  @Read(carried)
  changes(@Root() event: UserEvent, @Ctx() context: GraphContext): Promise<FieldChange[]> {
    const told = event.told.filter((difference) => !isUntold(difference));
    return fieldChanges(event.change, told, context, this.loaders);
  }
}
