import { Args, ArgsType, Ctx, Field, FieldResolver, Query, Resolver, Root } from "type-graphql";
import type { GraphContext } from "../../graphql/context.ts";
import { Cost } from "../../graphql/cost-declaration.ts";
import type { FindNode } from "../../graphql/node.ts";
import { type Page, pageRequest } from "../../graphql/paging.ts";
import { Read, scoped } from "../../graphql/rules.ts";
import { DateTimeScalar } from "../../graphql/scalars.ts";
import { searchOf, UserPageArgs } from "./user.args.ts";
import type { UserLoader } from "./user.loaders.ts";
import { User } from "./user.types.ts";
import type { UserVersionQueries } from "./user-version.queries.ts";
import { UserVersion, UserVersionConnection } from "./user-version.types.ts";

@ArgsType()
export class UsersAsOfArgs extends UserPageArgs {
  @Field(() => DateTimeScalar, {
    description: "The instant. Everything that was committed up to it counts; relative operators reckon from it.",
  })
  at!: Date;
}

@Resolver(() => UserVersion)
export class UserVersionResolver {
  constructor(
    private readonly queries: UserVersionQueries,
    private readonly people: UserLoader,
  ) {}

  /** For `node(id:)`. */
  readonly find: FindNode = (context, uuid) => this.queries.byId(context, uuid);

  @Cost(50)
  @Query(() => UserVersionConnection, {
    nullable: true,
    description:
      "The directory as it stood at an instant; scope and field rules are today's viewer's, where people stood then. Deleted people are left out. Before what is kept of the past: INVALID_INPUT that names the earliest instant.",
  })
  @Read(scoped)
  usersAsOf(@Args(() => UsersAsOfArgs) args: UsersAsOfArgs, @Ctx() context: GraphContext): Promise<Page<UserVersion>> {
    const asking = { viewer: context.viewer, now: args.at, today: context.dateOf(args.at) };
    return this.queries.search(asking, { ...searchOf(args), at: args.at }, pageRequest(args));
  }

  @FieldResolver(() => User, {
    nullable: true,
    description: "The user as they are now; null once erased or out of sight.",
  })
  @Read(scoped)
  async user(@Root() version: UserVersion, @Ctx() context: GraphContext): Promise<User | null> {
    return (await context.load(this.people).load(version.userUuid)) ?? null;
  }
}
