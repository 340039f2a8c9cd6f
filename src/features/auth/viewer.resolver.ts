import { Ctx, FieldResolver, Query, Resolver } from "type-graphql";
import type { Reach } from "../../access/actor.ts";
import type { GraphContext } from "../../graphql/context.ts";
import { ListSize } from "../../graphql/cost-declaration.ts";
import { carried, Read, scoped } from "../../graphql/rules.ts";
import { ALL_PERMISSIONS, type Permission } from "../../kernel/permissions.ts";
import type { ScopeLoader } from "../roles/role.loaders.ts";
import type { UserLoader } from "../users/user.loaders.ts";
import { User } from "../users/user.types.ts";
import { PermissionGrant, ViewerType } from "./viewer.types.ts";

@Resolver(() => ViewerType)
export class ViewerResolver {
  constructor(
    private readonly people: UserLoader,
    private readonly scopes: ScopeLoader,
  ) {}

  @Query(() => ViewerType, { nullable: true, description: "Who is asking, and what they may do." })
  @Read(scoped)
  viewer(): ViewerType {
    return new ViewerType();
  }

  @FieldResolver(() => User, { nullable: true, description: "The person; null for a service token." })
  @Read(scoped)
  async user(@Ctx() context: GraphContext): Promise<User | null> {
    const { userId } = context.viewer;
    return userId ? ((await context.load(this.people).load(userId)) ?? null) : null;
  }

  @ListSize(30)
  @FieldResolver(() => [PermissionGrant], {
    description: "Permissions held anywhere, with the org units that they are held over (an empty list: everywhere).",
  })
  @Read(carried)
  async grants(@Ctx() context: GraphContext): Promise<PermissionGrant[]> {
    const held = ALL_PERMISSIONS.flatMap((permission) => {
      const reach = context.viewer.grants.get(permission);
      return reach ? [{ permission, reach }] : [];
    });
    const grants = await Promise.all(held.map(({ permission, reach }) => this.#grant(context, permission, reach)));
    return grants.filter((grant) => grant !== undefined);
  }

  /** A permission with its units; undefined where none of them exists any more, since an empty list would read as everywhere. */
  async #grant(context: GraphContext, permission: Permission, reach: Reach): Promise<PermissionGrant | undefined> {
    if (reach === "everywhere") return { permission, scopes: [] };
    const units = await Promise.all(reach.map((id) => context.load(this.scopes).load(id)));
    const scopes = units.filter((unit) => unit !== undefined);
    return scopes.length > 0 ? { permission, scopes } : undefined;
  }
}
