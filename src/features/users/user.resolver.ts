import { Arg, Args, Ctx, FieldResolver, Int, Mutation, Query, Resolver, Root } from "type-graphql";
import { enumOf } from "../../graphql/catalogue-types.ts";
import type { GraphContext } from "../../graphql/context.ts";
import { ListSize } from "../../graphql/cost-declaration.ts";
import { pageRequest } from "../../graphql/paging.ts";
import { carried, Needs, over, Read, scoped, scopedByRights } from "../../graphql/rules.ts";
import { uuidOf } from "../../kernel/ids.ts";
import type { Position } from "../../kernel/position.ts";
import type { Filter } from "../../search/filter.ts";
import type { OrgUnitLoader } from "../org/org-unit.loaders.ts";
import { OrgUnit } from "../org/org-unit.types.ts";
import { ReportsArgs, searchOf, UsersArgs } from "./user.args.ts";
import type { UserStatus } from "./user.entity.ts";
import { BUCKETS_LIMIT, FACETS_LIMIT } from "./user.facets.ts";
import { facetsAsked } from "./user.facets-asked.ts";
import { USER_STATUS } from "./user.fields.ts";
import { CreateUserInput, UpdateUserInput } from "./user.inputs.ts";
import { keyOf } from "./user.key.ts";
import { nextStatuses } from "./user.lifecycle.ts";
import type { ContactLoaders, UserLoader } from "./user.loaders.ts";
import type { UserPage } from "./user.page.ts";
import type { UserQueries } from "./user.queries.ts";
import type { UserOutcome, UserService } from "./user.service.ts";
import {
  ExternalIdentity,
  Facet,
  FacetInput,
  User,
  UserAddress,
  UserConnection,
  UserEmail,
  UserPayload,
  UserPhone,
} from "./user.types.ts";
import { UserBy } from "./user-contact.inputs.ts";

const INPUT = { description: "What to change." };

/** The payload of a change of a user; the user is null where it moved them out of the viewer's sight. */
export async function userPayload(
  queries: UserQueries,
  context: GraphContext,
  { value, position }: { value: UserOutcome; position: Position },
): Promise<UserPayload> {
  const [user] = await queries.byIds(context, [value.userId]);
  const { consequences, notRestored = [] } = value;
  return { user: user ?? null, consequences: consequences as never, notRestored: notRestored as never, position };
}

@Resolver(() => User)
export class UserResolver {
  constructor(
    private readonly service: UserService,
    private readonly queries: UserQueries,
    private readonly people: UserLoader,
    private readonly units: OrgUnitLoader,
    private readonly lists: ContactLoaders,
  ) {}

  @Query(() => User, { nullable: true, description: "One user; null where they are absent or out of sight." })
  @Read(scoped)
  async user(
    @Arg("by", () => UserBy, { description: "Which one." }) by: UserBy,
    @Ctx() context: GraphContext,
  ): Promise<User | null> {
    if (by.id != null) return (await context.load(this.people).load(uuidOf("User", by.id, "by.id"))) ?? null;
    return this.queries.byKey(context, keyOf(by));
  }

  @Query(() => UserConnection, {
    nullable: true,
    description:
      "A search over the users whom the viewer may see. People whose status is DELETED are left out, whatever the filter says, unless includeDeleted is true (which needs USER_DELETE).",
  })
  @Read(scoped)
  users(@Args(() => UsersArgs) args: UsersArgs, @Ctx() context: GraphContext): Promise<UserPage> {
    return this.queries.search(
      context,
      { ...searchOf(args), includeDeleted: args.includeDeleted ?? false },
      pageRequest(args),
    );
  }

  @FieldResolver(() => [enumOf(USER_STATUS)], {
    nullable: true,
    description: "The statuses that this user may be moved to next.",
  })
  @Read(carried)
  async allowedTransitions(@Root() user: User, @Ctx() context: GraphContext): Promise<UserStatus[]> {
    const before = user.deleted ? await context.load(this.lists.statusBefore).load(user.userId) : null;
    return nextStatuses(user.status, before);
  }

  @ListSize(3)
  @FieldResolver(() => [UserEmail], { nullable: true, description: "All e-mail addresses." })
  @Read(over("USER_READ_CONTACT"))
  emails(@Root() user: User, @Ctx() context: GraphContext): Promise<UserEmail[]> {
    return context.load(this.lists.emails).load(user.userId);
  }

  @ListSize(3)
  @FieldResolver(() => [UserPhone], { nullable: true, description: "All phone numbers." })
  @Read(over("USER_READ_CONTACT"))
  phones(@Root() user: User, @Ctx() context: GraphContext): Promise<UserPhone[]> {
    return context.load(this.lists.phones).load(user.userId);
  }

  @ListSize(2)
  @FieldResolver(() => [UserAddress], { nullable: true, description: "All postal addresses." })
  @Read(over("USER_READ_CONTACT"))
  addresses(@Root() user: User, @Ctx() context: GraphContext): Promise<UserAddress[]> {
    return context.load(this.lists.addresses).load(user.userId);
  }

  @ListSize(3)
  @FieldResolver(() => [ExternalIdentity], {
    nullable: true,
    description: "Who else knows this person, and under which id: one entry a source and issuer.",
  })
  @Read(carried)
  identities(@Root() user: User, @Ctx() context: GraphContext): Promise<ExternalIdentity[]> {
    return context.load(this.lists.identities).load(user.userId);
  }

  @FieldResolver(() => OrgUnit, {
    nullable: true,
    description: "The org unit that the user belongs to; null where the viewer may not see it.",
  })
  @Read(scopedByRights)
  async orgUnit(@Root() user: User, @Ctx() context: GraphContext): Promise<OrgUnit | null> {
    return user.orgUnitId ? ((await context.load(this.units).load(user.orgUnitId)) ?? null) : null;
  }

  @FieldResolver(() => User, {
    nullable: true,
    description: "The user's manager; null where there is none, and where the viewer may not see them.",
  })
  @Read(scoped)
  async manager(@Root() user: User, @Ctx() context: GraphContext): Promise<User | null> {
    return user.managerId ? ((await context.load(this.people).load(user.managerId)) ?? null) : null;
  }

  @ListSize(8)
  @FieldResolver(() => [User], {
    nullable: true,
    description: "From the direct manager up to the top, as far as the viewer may see them.",
  })
  @Read(scoped)
  async managementChain(@Root() user: User, @Ctx() context: GraphContext): Promise<User[]> {
    const chain = await Promise.all(user.managerChain.map((id) => context.load(this.people).load(id)));
    return chain.filter((manager) => manager !== undefined);
  }

  @FieldResolver(() => UserConnection, {
    nullable: true,
    description: "People who report to this user; transitive: the whole tree below.",
  })
  @Read(scoped)
  reports(
    @Root() user: User,
    @Args(() => ReportsArgs) args: ReportsArgs,
    @Ctx() context: GraphContext,
  ): Promise<UserPage> {
    const within: Filter = {
      kind: "criterion",
      field: "manager",
      operator: args.transitive ? "reportsTo" : "eq",
      operand: user.userId,
    };
    return this.queries.search(context, { ...searchOf(args), within, includeDeleted: false }, pageRequest(args));
  }

  @Mutation(() => UserPayload, {
    description: "Creates a user. Needs USER_CREATE over the unit they belong to, or everywhere without one.",
  })
  @Needs("USER_CREATE")
  async createUser(
    @Arg("input", () => CreateUserInput, INPUT) input: CreateUserInput,
    @Ctx() context: GraphContext,
  ): Promise<UserPayload> {
    return userPayload(this.queries, context, await this.service.create(context, input.toCommand()));
  }

  @Mutation(() => UserPayload, {
    description: "Changes a user's profile. Needs USER_UPDATE over them, and over the unit that they move to.",
  })
  @Needs("USER_UPDATE")
  async updateUser(
    @Arg("input", () => UpdateUserInput, INPUT) input: UpdateUserInput,
    @Ctx() context: GraphContext,
  ): Promise<UserPayload> {
    return userPayload(this.queries, context, await this.service.update(context, input.toCommand()));
  }
}

@Resolver(() => UserConnection)
export class UserConnectionResolver {
  @ListSize(1, "by")
  @FieldResolver(() => [Facet], {
    nullable: true,
    description: "Counts by value of the given fields over the whole result, not the page.",
  })
  @Read(scoped)
  facets(
    @Root() page: UserPage,
    @Arg("by", () => [FacetInput], { description: `What to count by: 1 to ${FACETS_LIMIT} fields or attributes.` })
    by: FacetInput[],
    @Arg("top", () => Int, {
      nullable: true,
      defaultValue: 20,
      description: `How many values of each: 1 to ${BUCKETS_LIMIT}.`,
    })
    top: number | null,
  ): Promise<Facet[]> {
    const { wanted, size } = facetsAsked({ by, top });
    return page.facets(wanted, size);
  }
}
