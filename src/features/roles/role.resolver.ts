import { Arg, Args, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from "type-graphql";
import { holdsAnywhere } from "../../access/actor.ts";
import { heldOver, itself } from "../../access/policy.ts";
import type { Written } from "../../database/transaction.ts";
import type { GraphContext } from "../../graphql/context.ts";
import { ListSize } from "../../graphql/cost-declaration.ts";
import { DeletePayload } from "../../graphql/mutation-input.ts";
import { type Page, pageRequest } from "../../graphql/paging.ts";
import { anywhere, carried, Needs, Read, scoped } from "../../graphql/rules.ts";
import { publicId, uuidOf } from "../../kernel/ids.ts";
import { and, type Filter, or } from "../../search/filter.ts";
import { searchOf, UserPageArgs } from "../users/user.args.ts";
import type { UserPage } from "../users/user.page.ts";
import type { UserQueries } from "../users/user.queries.ts";
import { UserConnection } from "../users/user.types.ts";
import { CreateRoleInput, DeleteRoleInput, RoleBy, RolesArgs, UpdateRoleInput } from "./role.inputs.ts";
import type { RoleLoaders } from "./role.loaders.ts";
import type { RoleQueries } from "./role.queries.ts";
import type { RoleOutcome, RoleService } from "./role.service.ts";
import { Role, RoleConnection, RolePayload } from "./role.types.ts";

const INPUT = { description: "What to change." };

@Resolver(() => Role)
export class RoleResolver {
  constructor(
    private readonly service: RoleService,
    private readonly queries: RoleQueries,
    private readonly loaders: RoleLoaders,
    private readonly users: UserQueries,
  ) {}

  /** For `node(id:)`: null where the viewer may not see roles. */
  async find(context: GraphContext, uuid: string): Promise<Role | null> {
    return holdsAnywhere(context.viewer, "ROLE_READ")
      ? ((await context.load(this.loaders.roles).load(uuid)) ?? null)
      : null;
  }

  @Query(() => Role, { nullable: true, description: "One role; null where it is absent. Needs ROLE_READ." })
  @Read(anywhere("ROLE_READ"))
  async role(
    @Arg("by", () => RoleBy, { description: "Which one." }) by: RoleBy,
    @Ctx() context: GraphContext,
  ): Promise<Role | null> {
    return by.key != null ? this.queries.byKey(by.key) : this.find(context, uuidOf("Role", by.id as string, "by.id"));
  }

  @Query(() => RoleConnection, { nullable: true, description: "Roles, by key. Needs ROLE_READ." })
  @Read(anywhere("ROLE_READ"))
  roles(@Args(() => RolesArgs) args: RolesArgs): Promise<Page<Role>> {
    return this.queries.search(args.toSearch(), pageRequest(args));
  }

  @ListSize(5)
  @FieldResolver(() => [Role], {
    description: "Roles whose permissions this one includes, with all that they inherit themselves.",
  })
  @Read(carried)
  async inherits(@Root() role: Role, @Ctx() context: GraphContext): Promise<Role[]> {
    const found = await Promise.all(role.inheritsIds.map((id) => context.load(this.loaders.roles).load(id)));
    return found.filter((inherited) => inherited !== undefined);
  }

  @FieldResolver(() => UserConnection, {
    nullable: true,
    description:
      "Users in whose hands the role is in force, directly or by a role that inherits it, of those whose roles the viewer may see.",
  })
  @Read(scoped)
  members(
    @Root() role: Role,
    @Args(() => UserPageArgs) args: UserPageArgs,
    @Ctx() context: GraphContext,
  ): Promise<UserPage> {
    const holders: Filter = { kind: "criterion", field: "roles", operator: "any", operand: [role.key] };
    const within = and(holders, or(heldOver(context.viewer, "ROLE_READ"), itself(context.viewer)));
    return this.users.search(context, { ...searchOf(args), within, includeDeleted: false }, pageRequest(args));
  }

  @Mutation(() => RolePayload, {
    description: "Creates a role. Needs ROLE_MANAGE everywhere, and everywhere all that the role will allow.",
  })
  @Needs("ROLE_MANAGE")
  async createRole(
    @Arg("input", () => CreateRoleInput, INPUT) input: CreateRoleInput,
    @Ctx() context: GraphContext,
  ): Promise<RolePayload> {
    return this.#payload(context, await this.service.create(context, input.toCommand()));
  }

  @Mutation(() => RolePayload, {
    description:
      "Changes a role, at once for all who hold it. Where they are more than 2,000, what searches find by their roles and permissions follows within minutes, under the operationId of this change. Needs ROLE_MANAGE everywhere, and everywhere all that the role comes to allow.",
  })
  @Needs("ROLE_MANAGE")
  async updateRole(
    @Arg("input", () => UpdateRoleInput, INPUT) input: UpdateRoleInput,
    @Ctx() context: GraphContext,
  ): Promise<RolePayload> {
    return this.#payload(context, await this.service.update(context, input.toCommand()));
  }

  @Mutation(() => DeletePayload, {
    description: "Deletes a role that nobody holds and no role inherits. Needs ROLE_MANAGE everywhere.",
  })
  @Needs("ROLE_MANAGE")
  async deleteRole(
    @Arg("input", () => DeleteRoleInput, INPUT) input: DeleteRoleInput,
    @Ctx() context: GraphContext,
  ): Promise<DeletePayload> {
    const { value, position } = await this.service.delete(context, input.toCommand());
    return { deletedId: publicId("Role", value.roleId), position };
  }

  async #payload(context: GraphContext, { value, position }: Written<RoleOutcome>): Promise<RolePayload> {
    return { role: await this.find(context, value.roleId), position };
  }
}
