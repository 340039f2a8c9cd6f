import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from "type-graphql";
import type { Written } from "../../database/transaction.ts";
import type { GraphContext } from "../../graphql/context.ts";
import { carried, Needs, Read, scoped } from "../../graphql/rules.ts";
import type { GroupLoaders } from "../groups/group.loaders.ts";
import { seesGroups } from "../groups/group.queries.ts";
import type { Group } from "../groups/group.types.ts";
import { OrgUnit } from "../org/org-unit.types.ts";
import type { UserLoader } from "../users/user.loaders.ts";
import type { User } from "../users/user.types.ts";
import type { RoleLoaders, ScopeLoader } from "./role.loaders.ts";
import { Role } from "./role.types.ts";
import { GrantRoleInput, RevokeRoleInput } from "./role-grant.inputs.ts";
import type { RoleGrantQueries } from "./role-grant.queries.ts";
import { type RoleGrantOutcome, type RoleGrantService, seesGrantsOf } from "./role-grant.service.ts";
import { Grantee, RoleGrant, RoleGrantPayload } from "./role-grant.types.ts";

const INPUT = { description: "What to change." };

/** How what a grant refers to is read. */
export interface GrantReading {
  people: UserLoader;
  groups: GroupLoaders["groups"];
  scopes: ScopeLoader;
}

@Resolver(() => RoleGrant)
export class RoleGrantResolver {
  constructor(
    private readonly service: RoleGrantService,
    private readonly queries: RoleGrantQueries,
    private readonly loaders: RoleLoaders,
    private readonly reading: GrantReading,
  ) {}

  /** For `node(id:)`: null where the viewer may not see the user's roles, or the group. */
  async find(context: GraphContext, uuid: string): Promise<RoleGrant | null> {
    const grant = await this.queries.byId(uuid, context.now);
    if (!grant?.userId) return grant && seesGroups(context.viewer) ? grant : null;
    const user = await context.load(this.reading.people).load(grant.userId);
    return user && seesGrantsOf(context.viewer, user) ? grant : null;
  }

  @FieldResolver(() => Grantee, {
    nullable: true,
    description: "Who was granted the role; null where the viewer may not see them.",
  })
  @Read(scoped)
  async grantee(@Root() grant: RoleGrant, @Ctx() context: GraphContext): Promise<User | Group | null> {
    if (grant.groupId) return (await context.load(this.reading.groups).load(grant.groupId)) ?? null;
    return (await context.load(this.reading.people).load(grant.userId as string)) ?? null;
  }

  @FieldResolver(() => Role, { description: "The role." })
  @Read(carried)
  role(@Root() grant: RoleGrant, @Ctx() context: GraphContext): Promise<Role | undefined> {
    return context.load(this.loaders.roles).load(grant.roleId);
  }

  @FieldResolver(() => OrgUnit, {
    nullable: true,
    description:
      "The org unit that it is granted over, with everything below it; null: everywhere. Shown with the grant, even where the viewer would not see the unit otherwise.",
  })
  @Read(carried)
  async scope(@Root() grant: RoleGrant, @Ctx() context: GraphContext): Promise<OrgUnit | null> {
    return grant.scopeId ? ((await context.load(this.reading.scopes).load(grant.scopeId)) ?? null) : null;
  }

  @Mutation(() => RoleGrantPayload, {
    description:
      "Grants a role. Needs ROLE_GRANT over the grantee and over the scope, and over the scope every permission of the role.",
  })
  @Needs("ROLE_GRANT")
  async grantRole(
    @Arg("input", () => GrantRoleInput, INPUT) input: GrantRoleInput,
    @Ctx() context: GraphContext,
  ): Promise<RoleGrantPayload> {
    return this.#payload(context, await this.service.grant(context, input.toCommand()));
  }

  @Mutation(() => RoleGrantPayload, {
    description: "Ends a grant at once. Needs ROLE_GRANT over the grantee and over the grant's scope.",
  })
  @Needs("ROLE_GRANT")
  async revokeRole(
    @Arg("input", () => RevokeRoleInput, INPUT) input: RevokeRoleInput,
    @Ctx() context: GraphContext,
  ): Promise<RoleGrantPayload> {
    return this.#payload(context, await this.service.revoke(context, input.toCommand()));
  }

  async #payload(context: GraphContext, { value, position }: Written<RoleGrantOutcome>): Promise<RoleGrantPayload> {
    return { grant: await this.find(context, value.grantId), position };
  }
}
