import { Arg, Args, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from "type-graphql";
import { heldOver, itself } from "../../access/policy.ts";
import type { Written } from "../../database/transaction.ts";
import type { GraphContext } from "../../graphql/context.ts";
import { type Page, pageRequest } from "../../graphql/paging.ts";
import { anywhere, Needs, over, Read, scoped } from "../../graphql/rules.ts";
import { publicId, uuidOf } from "../../kernel/ids.ts";
import { and, type Filter, or } from "../../search/filter.ts";
import type { OrgUnitLoader } from "../org/org-unit.loaders.ts";
import { OrgUnit } from "../org/org-unit.types.ts";
import { searchOf, UserPageArgs } from "../users/user.args.ts";
import type { UserLoader } from "../users/user.loaders.ts";
import type { UserPage } from "../users/user.page.ts";
import type { UserQueries } from "../users/user.queries.ts";
import { User, UserConnection } from "../users/user.types.ts";
import {
  CreateGroupInput,
  DeleteGroupInput,
  GroupBy,
  GroupMembersInput,
  GroupsArgs,
  UpdateGroupInput,
} from "./group.inputs.ts";
import type { GroupLoaders } from "./group.loaders.ts";
import type { GroupMembers, MembersOutcome } from "./group.members.ts";
import type { GroupQueries } from "./group.queries.ts";
import type { GroupOutcome, GroupService } from "./group.service.ts";
import { DeleteGroupPayload, Group, GroupConnection, GroupMembersPayload, GroupPayload } from "./group.types.ts";

const INPUT = { description: "What to change." };

/** How groups are read, and what they refer to. */
export interface GroupReading {
  queries: GroupQueries;
  loaders: GroupLoaders;
  users: UserQueries;
  people: UserLoader;
  units: OrgUnitLoader;
}

@Resolver(() => Group)
export class GroupResolver {
  constructor(
    private readonly service: GroupService,
    private readonly membership: GroupMembers,
    private readonly reading: GroupReading,
  ) {}

  /** For `node(id:)`: null where the viewer may not see the group. */
  async find(context: GraphContext, uuid: string): Promise<Group | null> {
    return (await context.load(this.reading.loaders.groups).load(uuid)) ?? null;
  }

  @Query(() => Group, {
    nullable: true,
    description:
      "One group; null where it is absent or out of sight. Needs ROLE_READ, but for those that the viewer belongs to.",
  })
  @Read(scoped)
  async group(
    @Arg("by", () => GroupBy, { description: "Which one." }) by: GroupBy,
    @Ctx() context: GraphContext,
  ): Promise<Group | null> {
    return by.key != null
      ? this.reading.queries.byKey(context.viewer, by.key)
      : this.find(context, uuidOf("Group", by.id as string, "by.id"));
  }

  @Query(() => GroupConnection, { nullable: true, description: "Groups, by key. Needs ROLE_READ." })
  @Read(anywhere("ROLE_READ"))
  groups(@Args(() => GroupsArgs) args: GroupsArgs): Promise<Page<Group>> {
    return this.reading.queries.search(args.toSearch(), pageRequest(args));
  }

  @FieldResolver(() => User, {
    nullable: true,
    description: "Whom to ask about it; null where nobody is named, and where the viewer may not see them.",
  })
  @Read(scoped)
  async owner(@Root() group: Group, @Ctx() context: GraphContext): Promise<User | null> {
    return group.ownerId ? ((await context.load(this.reading.people).load(group.ownerId)) ?? null) : null;
  }

  @FieldResolver(() => OrgUnit, {
    nullable: true,
    description:
      "The unit that decides who manages it; null where there is none, and where the viewer may not see it. Members may stand anywhere.",
  })
  @Read(scoped)
  async orgUnit(@Root() group: Group, @Ctx() context: GraphContext): Promise<OrgUnit | null> {
    return group.orgUnitId ? ((await context.load(this.reading.units).load(group.orgUnitId)) ?? null) : null;
  }

  @FieldResolver(() => UserConnection, {
    nullable: true,
    description: "Users who belong to it, of those whose roles the viewer may see.",
  })
  @Read(scoped)
  members(
    @Root() group: Group,
    @Args(() => UserPageArgs) args: UserPageArgs,
    @Ctx() context: GraphContext,
  ): Promise<UserPage> {
    const belong: Filter = { kind: "criterion", field: "groups", operator: "any", operand: [group.uuid] };
    const within = and(belong, or(heldOver(context.viewer, "ROLE_READ"), itself(context.viewer)));
    const search = { ...searchOf(args), within, includeDeleted: false };
    return this.reading.users.search(context, search, pageRequest(args));
  }

  @Mutation(() => GroupPayload, {
    description: "Creates a group. Needs GROUP_MANAGE over its org unit, or everywhere where it has none.",
  })
  @Needs("GROUP_MANAGE")
  async createGroup(
    @Arg("input", () => CreateGroupInput, INPUT) input: CreateGroupInput,
    @Ctx() context: GraphContext,
  ): Promise<GroupPayload> {
    return this.#payload(context, await this.service.create(context, input.toCommand()));
  }

  @Mutation(() => GroupPayload, {
    description:
      "Changes a group. Needs GROUP_MANAGE over its org unit, and over another one that it is given; another search needs all that the group was granted.",
  })
  @Needs("GROUP_MANAGE")
  async updateGroup(
    @Arg("input", () => UpdateGroupInput, INPUT) input: UpdateGroupInput,
    @Ctx() context: GraphContext,
  ): Promise<GroupPayload> {
    return this.#payload(context, await this.service.update(context, input.toCommand()));
  }

  @Mutation(() => DeleteGroupPayload, {
    description: "Deletes a group; what it was granted ends with it. Needs GROUP_MANAGE over its org unit.",
  })
  @Needs("GROUP_MANAGE")
  async deleteGroup(
    @Arg("input", () => DeleteGroupInput, INPUT) input: DeleteGroupInput,
    @Ctx() context: GraphContext,
  ): Promise<DeleteGroupPayload> {
    const { value, position } = await this.service.delete(context, input.toCommand());
    return { deletedId: publicId("Group", value.groupId), consequences: value.consequences as never, position };
  }

  @Mutation(() => GroupMembersPayload, {
    description:
      "Adds people to a static group. Needs GROUP_MANAGE over its org unit, and all that the group was granted, where and for as long as it was.",
  })
  @Needs("GROUP_MANAGE")
  async addGroupMembers(
    @Arg("input", () => GroupMembersInput, INPUT) input: GroupMembersInput,
    @Ctx() context: GraphContext,
  ): Promise<GroupMembersPayload> {
    return this.#outcomes(context, await this.membership.add(context, input.toCommand()));
  }

  @Mutation(() => GroupMembersPayload, {
    description: "Removes people from a static group. Needs GROUP_MANAGE over its org unit.",
  })
  @Needs("GROUP_MANAGE")
  async removeGroupMembers(
    @Arg("input", () => GroupMembersInput, INPUT) input: GroupMembersInput,
    @Ctx() context: GraphContext,
  ): Promise<GroupMembersPayload> {
    return this.#outcomes(context, await this.membership.remove(context, input.toCommand()));
  }

  async #payload(context: GraphContext, { value, position }: Written<GroupOutcome>): Promise<GroupPayload> {
    return { group: await this.find(context, value.groupId), position };
  }

  async #outcomes(
    context: GraphContext,
    { value: { groupId, outcomes }, position }: Written<MembersOutcome>,
  ): Promise<GroupMembersPayload> {
    return {
      group: await this.find(context, groupId),
      changedCount: outcomes.filter(({ outcome }) => outcome === "ADDED" || outcome === "REMOVED").length,
      outcomes: outcomes.map(({ userId, outcome }) => ({ userId: publicId("User", userId), outcome })),
      position,
    };
  }
}

/** What groups add to a user. */
@Resolver(() => User)
export class UserGroupsResolver {
  constructor(private readonly loaders: GroupLoaders) {}

  @FieldResolver(() => [Group], {
    nullable: true,
    description: "The groups that the user belongs to, by key. Needs ROLE_READ over the user.",
  })
  @Read(over("ROLE_READ"))
  groups(@Root() user: User, @Ctx() context: GraphContext): Promise<Group[]> {
    return context.load(this.loaders.ofUsers).load(user.userId);
  }
}
