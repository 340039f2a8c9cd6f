import { Arg, Args, Ctx, FieldResolver, Int, Resolver, Root } from "type-graphql";
import type { GraphContext } from "../../graphql/context.ts";
import { Cost } from "../../graphql/cost-declaration.ts";
import { pageRequest } from "../../graphql/paging.ts";
import { Read, scoped } from "../../graphql/rules.ts";
import type { Filter } from "../../search/filter.ts";
import { OrgUnit } from "../org/org-unit.types.ts";
import { MembersArgs, searchOf } from "./user.args.ts";
import { type MemberCountLoaders, memberCountLoaders, type UserLoader } from "./user.loaders.ts";
import type { UserPage } from "./user.page.ts";
import type { UserQueries } from "./user.queries.ts";
import { User, UserConnection } from "./user.types.ts";

const membersOf = (unit: OrgUnit, includeDescendants: boolean | null | undefined): Filter => ({
  kind: "criterion",
  field: "orgUnit",
  operator: includeDescendants ? "within" : "eq",
  operand: unit.uuid,
});

/** What users add to an org unit. */
@Resolver(() => OrgUnit)
export class UserMembershipResolver {
  readonly #counts: MemberCountLoaders;

  constructor(
    private readonly queries: UserQueries,
    private readonly people: UserLoader,
  ) {
    this.#counts = memberCountLoaders(queries);
  }

  @FieldResolver(() => User, {
    nullable: true,
    description: "Who heads the unit; null where nobody does, and where the viewer may not see them.",
  })
  @Read(scoped)
  async head(@Root() unit: OrgUnit, @Ctx() context: GraphContext): Promise<User | null> {
    return unit.headId ? ((await context.load(this.people).load(unit.headId)) ?? null) : null;
  }

  @FieldResolver(() => UserConnection, {
    nullable: true,
    description: "The unit's users, of those whom the viewer may see.",
  })
  @Read(scoped)
  members(
    @Root() unit: OrgUnit,
    @Args(() => MembersArgs) args: MembersArgs,
    @Ctx() context: GraphContext,
  ): Promise<UserPage> {
    const within = membersOf(unit, args.includeDescendants);
    return this.queries.search(context, { ...searchOf(args), within, includeDeleted: false }, pageRequest(args));
  }

  @Cost(1)
  @FieldResolver(() => Int, {
    nullable: true,
    description: "How many users the unit has, of those whom the viewer may see.",
  })
  @Read(scoped)
  memberCount(
    @Root() unit: OrgUnit,
    @Arg("includeDescendants", () => Boolean, {
      nullable: true,
      defaultValue: false,
      description: "Whether members of all units below count too.",
    })
    includeDescendants: boolean | null,
    @Ctx() context: GraphContext,
  ): Promise<number> {
    return context.load(includeDescendants ? this.#counts.below : this.#counts.direct).load(unit.uuid);
  }
}
