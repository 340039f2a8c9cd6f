import DataLoader from "dataloader";
import { Arg, Args, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from "type-graphql";
import type { Written } from "../../database/transaction.ts";
import type { GraphContext, LoaderKey } from "../../graphql/context.ts";
import { type Page, pageRequest } from "../../graphql/paging.ts";
import { anywhere, Needs, Read, scoped } from "../../graphql/rules.ts";
import type { UserLoader } from "../users/user.loaders.ts";
import { User } from "../users/user.types.ts";
import {
  CancelScheduledTransitionInput,
  ChangeScheduledTransitionInput,
  listingOf,
  ScheduledTransitionsArgs,
  ScheduleTransitionInput,
} from "./scheduled-transition.inputs.ts";
import type { ScheduledTransitionQueries } from "./scheduled-transition.queries.ts";
import { type Scheduled, type ScheduledTransitionService, seesSchedulesOf } from "./scheduled-transition.service.ts";
import {
  ScheduledTransition,
  ScheduledTransitionConnection,
  ScheduledTransitionPayload,
} from "./scheduled-transition.types.ts";

const NEEDS =
  "Needs USER_LIFECYCLE, and the step's own permission over the person: USER_DELETE to delete and to restore.";

/** Steps of the lifecycle that are taken at their time. */
@Resolver(() => ScheduledTransition)
export class ScheduledTransitionResolver {
  constructor(
    private readonly service: ScheduledTransitionService,
    private readonly queries: ScheduledTransitionQueries,
    private readonly people: UserLoader,
  ) {}

  /** For `node(id:)`. */
  find(context: GraphContext, uuid: string): Promise<ScheduledTransition | null> {
    return this.queries.byId(context, uuid);
  }

  @Query(() => ScheduledTransitionConnection, {
    nullable: true,
    description:
      "What is scheduled for people, and what became of it, in the order in which it is due. It holds the steps of those whom the viewer sees and holds USER_LIFECYCLE over.",
  })
  @Read(anywhere("USER_LIFECYCLE"))
  scheduledTransitions(
    @Args(() => ScheduledTransitionsArgs) args: ScheduledTransitionsArgs,
    @Ctx() context: GraphContext,
  ): Promise<Page<ScheduledTransition>> {
    return this.queries.list(context, listingOf(args), pageRequest(args));
  }

  @FieldResolver(() => User, {
    nullable: true,
    description: "Whom it is about; null where they are out of the viewer's sight.",
  })
  @Read(scoped)
  async user(@Root() { userId }: ScheduledTransition, @Ctx() context: GraphContext): Promise<User | null> {
    return (await context.load(this.people).load(userId)) ?? null;
  }

  @Mutation(() => ScheduledTransitionPayload, {
    description: `Schedules a step of a person's lifecycle. ${NEEDS} Whether the step is possible is asked when it is due.`,
  })
  @Needs("USER_LIFECYCLE")
  async scheduleTransition(
    @Arg("input", () => ScheduleTransitionInput, { description: "Which step, of whom, when." })
    input: ScheduleTransitionInput,
    @Ctx() context: GraphContext,
  ): Promise<ScheduledTransitionPayload> {
    return this.#payload(context, await this.service.schedule(context, input.toCommand()));
  }

  @Mutation(() => ScheduledTransitionPayload, { description: `Changes a step that waits. ${NEEDS}` })
  @Needs("USER_LIFECYCLE")
  async changeScheduledTransition(
    @Arg("input", () => ChangeScheduledTransitionInput, { description: "Which step, and when instead." })
    input: ChangeScheduledTransitionInput,
    @Ctx() context: GraphContext,
  ): Promise<ScheduledTransitionPayload> {
    return this.#payload(context, await this.service.change(context, input.toCommand()));
  }

  @Mutation(() => ScheduledTransitionPayload, { description: `Cancels a step that waits. ${NEEDS}` })
  @Needs("USER_LIFECYCLE")
  async cancelScheduledTransition(
    @Arg("input", () => CancelScheduledTransitionInput, { description: "Which step." })
    input: CancelScheduledTransitionInput,
    @Ctx() context: GraphContext,
  ): Promise<ScheduledTransitionPayload> {
    return this.#payload(context, await this.service.cancel(context, input.toCommand()));
  }

  async #payload(context: GraphContext, { value, position }: Written<Scheduled>): Promise<ScheduledTransitionPayload> {
    return { transition: await this.queries.byId(context, value.id), position };
  }
}

/** The steps of many people, by the people's UUIDs, in one statement a tick. */
export interface ScheduleLoaders {
  waiting: LoaderKey<DataLoader<string, ScheduledTransition[]>>;
  all: LoaderKey<DataLoader<string, ScheduledTransition[]>>;
}

export function scheduleLoaders(queries: ScheduledTransitionQueries): ScheduleLoaders {
  const reading = (includeFinished: boolean): ScheduleLoaders["all"] => ({
    create: () => new DataLoader((users) => queries.ofUsers(users, includeFinished)),
  });
  return { waiting: reading(false), all: reading(true) };
}

/** What schedules add to a user. */
@Resolver(() => User)
export class UserSchedulesResolver {
  constructor(private readonly loaders: ScheduleLoaders) {}

  @FieldResolver(() => [ScheduledTransition], {
    nullable: true,
    description:
      "What is scheduled for the user, in the order in which it is due. Null without USER_LIFECYCLE over them: nobody learns of it by being that person.",
  })
  @Read(scoped)
  async scheduledTransitions(
    @Root() user: User,
    @Arg("includeFinished", () => Boolean, {
      nullable: true,
      defaultValue: false,
      description: "Whether steps that were taken, failed or were cancelled are shown too: the latest 100.",
    })
    includeFinished: boolean | null,
    @Ctx() context: GraphContext,
  ): Promise<ScheduledTransition[] | null> {
    if (!seesSchedulesOf(context.viewer, user)) return null;
    return context.load(includeFinished ? this.loaders.all : this.loaders.waiting).load(user.userId);
  }
}
