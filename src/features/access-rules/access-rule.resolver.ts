import { Arg, Ctx, ID, Mutation, Query, Resolver } from "type-graphql";
import { holdsAnywhere, type Viewer } from "../../access/actor.ts";
import { mayDo } from "../../access/policy.ts";
import { enumOf } from "../../graphql/catalogue-types.ts";
import type { GraphContext } from "../../graphql/context.ts";
import { ListSize } from "../../graphql/cost-declaration.ts";
import { DeletePayload } from "../../graphql/mutation-input.ts";
import { anywhere, Needs, Read, scoped } from "../../graphql/rules.ts";
import { publicId, uuidOf } from "../../kernel/ids.ts";
import type { Permission } from "../../kernel/permissions.ts";
import { PERMISSION } from "../users/user.fields.ts";
import type { UserLoader } from "../users/user.loaders.ts";
import { CreateAccessRuleInput, DeleteAccessRuleInput, UpdateAccessRuleInput } from "./access-rule.inputs.ts";
import type { AccessRuleService } from "./access-rule.service.ts";
import { AccessExplanation, AccessRule, AccessRulePayload } from "./access-rule.types.ts";

/** Under which circumstances permissions may be used. */
@Resolver()
export class AccessRuleResolver {
  constructor(
    private readonly service: AccessRuleService,
    private readonly people: UserLoader,
  ) {}

  /** For `node(id:)`: null for whoever does not manage roles everywhere. */
  async find(context: GraphContext, uuid: string): Promise<AccessRule | null> {
    const found = (await this.service.list(context.viewer))?.find(({ id }) => id === uuid);
    return found ? new AccessRule(found) : null;
  }

  @ListSize(50)
  @Query(() => [AccessRule], {
    nullable: true,
    description: "All access rules, by name. Needs ROLE_MANAGE everywhere.",
  })
  @Read(anywhere("ROLE_MANAGE"))
  async accessRules(@Ctx() context: GraphContext): Promise<AccessRule[] | null> {
    return (await this.service.list(context.viewer))?.map((record) => new AccessRule(record)) ?? null;
  }

  @Query(() => AccessExplanation, {
    nullable: true,
    description:
      "Why the viewer may use a permission now and from here, or not: over a person, or over anything at all. Null for a person who is absent or out of sight.",
  })
  @Read(scoped)
  async explainAccess(
    @Arg("permission", () => enumOf(PERMISSION), { description: "Which permission." }) permission: Permission,
    @Arg("userId", () => ID, { nullable: true, description: "Over whom." }) userId: string | null | undefined,
    @Ctx() context: GraphContext,
  ): Promise<AccessExplanation | null> {
    const { viewer } = context;
    const user = userId == null ? undefined : await context.load(this.people).load(uuidOf("User", userId, "userId"));
    if (userId != null && !user) return null;
    const allowed = user ? mayDo(viewer, permission, user) : holdsAnywhere(viewer, permission);
    if (allowed) return { allowed, obstacles: [], rules: [] };
    const shut = viewer.narrowed?.refusals.filter((refusal) => refusal.permission === permission) ?? [];
    const rules = holdsAnywhere(viewer, "ROLE_READ") ? shut.map(({ rule }) => rule) : [];
    if (shut.length > 0) return { allowed, obstacles: [...new Set(shut.map(({ obstacle }) => obstacle))], rules };
    return { allowed, obstacles: [standingIn(viewer, permission)], rules: [] };
  }

  @Mutation(() => AccessRulePayload, {
    description: "Narrows permissions for everybody whom the rule concerns. Needs ROLE_MANAGE everywhere.",
  })
  @Needs("ROLE_MANAGE")
  async createAccessRule(
    @Arg("input", () => CreateAccessRuleInput, { description: "The rule." }) input: CreateAccessRuleInput,
    @Ctx() context: GraphContext,
  ): Promise<AccessRulePayload> {
    const { value, position } = await this.service.create(context, input.toCommand());
    return { rule: new AccessRule(value), position };
  }

  @Mutation(() => AccessRulePayload, { description: "Changes a rule. Needs ROLE_MANAGE everywhere." })
  @Needs("ROLE_MANAGE")
  async updateAccessRule(
    @Arg("input", () => UpdateAccessRuleInput, { description: "The changes." }) input: UpdateAccessRuleInput,
    @Ctx() context: GraphContext,
  ): Promise<AccessRulePayload> {
    const { value, position } = await this.service.update(context, input.toCommand());
    return { rule: new AccessRule(value), position };
  }

  @Mutation(() => DeletePayload, { description: "Takes a rule away. Needs ROLE_MANAGE everywhere." })
  @Needs("ROLE_MANAGE")
  async deleteAccessRule(
    @Arg("input", () => DeleteAccessRuleInput, { description: "Which rule." }) input: DeleteAccessRuleInput,
    @Ctx() context: GraphContext,
  ): Promise<DeletePayload> {
    const { value, position } = await this.service.delete(context, input.toCommand());
    return { deletedId: publicId("AccessRule", value.id), position };
  }
}

/** What stands in the way where no hours and no network do. */
function standingIn(viewer: Viewer, permission: Permission): string {
  if (viewer.narrowed?.conditioned.has(permission)) return "OBJECT";
  return holdsAnywhere(viewer, permission) ? "OUT_OF_REACH" : "NOT_GRANTED";
}
