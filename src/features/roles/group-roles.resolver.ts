import { Arg, Ctx, FieldResolver, Resolver, Root } from "type-graphql";
import type { GraphContext } from "../../graphql/context.ts";
import { Read, scoped } from "../../graphql/rules.ts";
import { seesGroups } from "../groups/group.queries.ts";
import { Group } from "../groups/group.types.ts";
import type { RoleLoaders } from "./role.loaders.ts";
import { RoleGrant } from "./role-grant.types.ts";

/** What roles add to a group. */
@Resolver(() => Group)
export class GroupRolesResolver {
  constructor(private readonly loaders: RoleLoaders) {}

  @FieldResolver(() => [RoleGrant], {
    nullable: true,
    description: "What the group was granted, and its members hold, the oldest first; null without ROLE_READ.",
  })
  @Read(scoped)
  async roleGrants(
    @Root() group: Group,
    @Arg("includeInactive", () => Boolean, {
      nullable: true,
      defaultValue: false,
      description: "Whether grants that have not begun, have expired or were revoked are shown too.",
    })
    includeInactive: boolean | null,
    @Ctx() context: GraphContext,
  ): Promise<readonly RoleGrant[] | null> {
    if (!seesGroups(context.viewer)) return null;
    return context.load(includeInactive ? this.loaders.everOfGroups : this.loaders.ofGroups).load(group.uuid);
  }
}
