import { Arg, Ctx, FieldResolver, ID, Resolver, Root } from "type-graphql";
import { enumOf } from "../../graphql/catalogue-types.ts";
import type { GraphContext } from "../../graphql/context.ts";
import { ListSize } from "../../graphql/cost-declaration.ts";
import { over, Read } from "../../graphql/rules.ts";
import { notFound } from "../../kernel/errors.ts";
import { uuidOf } from "../../kernel/ids.ts";
import { ALL_PERMISSIONS, type Permission } from "../../kernel/permissions.ts";
import type { OrgUnitLoader } from "../org/org-unit.loaders.ts";
import { PERMISSION } from "../users/user.fields.ts";
import { User } from "../users/user.types.ts";
import type { RoleLoaders } from "./role.loaders.ts";
import { Role } from "./role.types.ts";
import { RoleGrant } from "./role-grant.types.ts";

/** What roles add to a user. */
@Resolver(() => User)
export class UserRolesResolver {
  constructor(
    private readonly loaders: RoleLoaders,
    private readonly units: OrgUnitLoader,
  ) {}

  @ListSize(5)
  @FieldResolver(() => [Role], {
    nullable: true,
    description:
      "Effective roles, by key, as filters find them: granted directly or to a group, or inherited; none of somebody who is not ACTIVE. What begins or ends by time alone is there within a second. Needs ROLE_READ over the user.",
  })
  @Read(over("ROLE_READ"))
  roles(@Root() user: User, @Ctx() context: GraphContext): Promise<readonly Role[]> {
    return context.load(this.loaders.effective).load(user.userId);
  }

  @ListSize(8)
  @FieldResolver(() => [RoleGrant], {
    nullable: true,
    description:
      "What the user was granted, themselves or as a member of a group, and is in force, the oldest first. Needs ROLE_READ over the user.",
  })
  @Read(over("ROLE_READ"))
  async roleGrants(
    @Root() user: User,
    @Arg("includeInactive", () => Boolean, {
      nullable: true,
      defaultValue: false,
      description: "Whether grants that have not begun, rest, have expired or were revoked are shown too.",
    })
    includeInactive: boolean | null,
    @Ctx() context: GraphContext,
  ): Promise<readonly RoleGrant[]> {
    if (includeInactive) return context.load(this.loaders.grants).load(user.userId);
    return (await context.load(this.loaders.held).load(user.userId)).map(({ grant }) => grant);
  }

  @FieldResolver(() => [enumOf(PERMISSION)], {
    nullable: true,
    description:
      "What the roles in force now allow the user; nothing where they are not ACTIVE. Needs ROLE_READ over the user.",
  })
  @Read(over("ROLE_READ"))
  async permissions(
    @Root() user: User,
    @Arg("within", () => ID, {
      nullable: true,
      description: "Only what they are allowed over this org unit; without it, over whatever units.",
    })
    within: string | null,
    @Ctx() context: GraphContext,
  ): Promise<Permission[]> {
    const roles =
      within == null
        ? await context.load(this.loaders.effective).load(user.userId)
        : await this.#heldOver(context, user, await this.#path(context, within));
    const allowed = new Set(roles.flatMap((role) => role.permissions));
    return ALL_PERMISSIONS.filter((permission) => allowed.has(permission));
  }

  async #heldOver(context: GraphContext, user: User, path: readonly string[]): Promise<Role[]> {
    const held = await context.load(this.loaders.held).load(user.userId);
    const there = held.filter(({ grant }) => grant.scopeId === null || path.includes(grant.scopeId));
    return there.flatMap(({ roles }) => roles);
  }

  /** The ids from the root down to the unit; NOT_FOUND where the viewer may not see it. */
  async #path(context: GraphContext, within: string): Promise<readonly string[]> {
    const unit = await context.load(this.units).load(uuidOf("OrgUnit", within, "within"));
    if (!unit) throw notFound("org unit", "within");
    return unit.path;
  }
}
