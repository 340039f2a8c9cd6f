import { ArrayMaxSize, ArrayMinSize, IsOptional, Matches, MaxLength, ValidateIf } from "class-validator";
import { ArgsType, Field, ID, InputType } from "type-graphql";
import { isGiven } from "../../graphql/given.ts";
import { MutationInput, VersionedInput } from "../../graphql/mutation-input.ts";
import { NAME } from "../../graphql/name-rule.ts";
import { OneOf } from "../../graphql/one-of.ts";
import { PageArgs } from "../../graphql/paging.ts";
import { invalidInput } from "../../kernel/errors.ts";
import { type IdKind, uuidOf } from "../../kernel/ids.ts";
import type { GroupKind } from "./group.entity.ts";
import type { ChangeMembers } from "./group.members.ts";
import type { GroupSearch } from "./group.queries.ts";
import type { CreateGroup, DeleteGroup, UpdateGroup } from "./group.service.ts";
import { GROUP_KIND } from "./group.types.ts";

const KEY = /^[a-z][a-z0-9._-]{1,63}$/;
const KEY_RULE = {
  message: "must be 2 to 64 small letters, digits, dots, hyphens and underscores, the first a letter",
};
const NAME_LIMIT = 128;
const DESCRIPTION_LIMIT = 1_000;
const SEARCH_LIMIT = 256;
/** People whom one call adds or removes, in one transaction. */
export const MEMBERS_LIMIT = 5_000;

@OneOf()
@InputType({ description: "Which group: exactly one of these." })
export class GroupBy {
  @Field(() => ID, { nullable: true, description: "By id." })
  id?: string | null;

  @Field(() => String, { nullable: true, description: "By key, without regard to case." })
  key?: string | null;
}

@InputType({ description: "Which groups. Conditions given together are ANDed." })
export class GroupFilter {
  @Field(() => String, {
    nullable: true,
    description: `Has this text in its key or name, without regard to case. At most ${SEARCH_LIMIT} characters.`,
  })
  search?: string | null;

  @Field(() => GROUP_KIND, { nullable: true, description: "Whose members are kept this way." })
  kind?: GroupKind | null;
}

@ArgsType()
export class GroupsArgs extends PageArgs {
  @Field(() => GroupFilter, { nullable: true, description: "Which groups; without it, all." })
  filter?: GroupFilter | null;

  /** What is asked for; INVALID_INPUT for a text that is too long. */
  toSearch(): GroupSearch {
    const { search, kind } = this.filter ?? {};
    if ((search?.length ?? 0) > SEARCH_LIMIT)
      throw invalidInput([
        { path: "filter.search", message: `must have at most ${SEARCH_LIMIT} characters.`, limit: SEARCH_LIMIT },
      ]);
    return { search: search ?? undefined, kind: kind ?? undefined };
  }
}

@InputType({ description: "A new group. With a saved search it is dynamic, else static; that never changes." })
export class CreateGroupInput extends MutationInput {
  @Field(() => String, {
    description:
      "Unique without regard to case: 2 to 64 small letters, digits, dots, hyphens and underscores, the first a letter. It never changes.",
  })
  @Matches(KEY, KEY_RULE)
  key!: string;

  @Field(() => String, { description: `The name to show; 1 to ${NAME_LIMIT} characters.` })
  @MaxLength(NAME_LIMIT)
  @Matches(...NAME)
  name!: string;

  @Field(() => String, {
    nullable: true,
    description: `What the group is for; at most ${DESCRIPTION_LIMIT} characters.`,
  })
  @IsOptional()
  @MaxLength(DESCRIPTION_LIMIT)
  description?: string | null;

  @Field(() => ID, { nullable: true, description: "Whom to ask about it; that gives them no right." })
  ownerId?: string | null;

  @Field(() => ID, {
    nullable: true,
    description: "The org unit that decides who manages it; without one, only who manages groups everywhere does.",
  })
  orgUnitId?: string | null;

  @Field(() => ID, {
    nullable: true,
    description:
      "The saved search that makes its members. Needs USER_READ everywhere, and that the viewer may ask by it.",
  })
  savedSearchId?: string | null;

  toCommand(): CreateGroup {
    const { key, name, description, ownerId, orgUnitId, savedSearchId } = this;
    return {
      key,
      name,
      description: description ?? null,
      ownerId: idOf("User", ownerId, "input.ownerId") ?? null,
      orgUnitId: idOf("OrgUnit", orgUnitId, "input.orgUnitId") ?? null,
      savedSearchId: idOf("SavedSearch", savedSearchId, "input.savedSearchId") ?? null,
      ...optionsOf(this),
    };
  }
}

@InputType({
  description:
    "Changes to a group. An absent field is left as it is; null clears description, ownerId and orgUnitId and is refused elsewhere.",
})
export class UpdateGroupInput extends VersionedInput {
  @Field(() => String, { nullable: true, description: `The name to show; 1 to ${NAME_LIMIT} characters.` })
  @ValidateIf(isGiven("name"))
  @MaxLength(NAME_LIMIT)
  @Matches(...NAME)
  name?: string | null;

  @Field(() => String, {
    nullable: true,
    description: `What the group is for; at most ${DESCRIPTION_LIMIT} characters.`,
  })
  @IsOptional()
  @MaxLength(DESCRIPTION_LIMIT)
  description?: string | null;

  @Field(() => ID, { nullable: true, description: "Whom to ask about it." })
  ownerId?: string | null;

  @Field(() => ID, { nullable: true, description: "The org unit that decides who manages it." })
  orgUnitId?: string | null;

  @Field(() => ID, {
    nullable: true,
    description:
      "Another saved search that makes the members of a dynamic group. Whoever changes it must hold what the group was granted.",
  })
  savedSearchId?: string | null;

  /** INVALID_INPUT for a null search: a group never changes its kind. */
  toCommand(): UpdateGroup {
    const { name, description, ownerId, orgUnitId, savedSearchId } = this;
    if (savedSearchId === null)
      throw invalidInput([
        { path: "input.savedSearchId", message: "must not be null: a group never changes its kind." },
      ]);
    return {
      id: uuidOf("Group", this.id, "input.id"),
      expectedVersion: this.expectedVersion ?? undefined,
      name: name ?? undefined,
      description,
      ownerId: idOf("User", ownerId, "input.ownerId"),
      orgUnitId: idOf("OrgUnit", orgUnitId, "input.orgUnitId"),
      savedSearchId: idOf("SavedSearch", savedSearchId, "input.savedSearchId") ?? undefined,
      ...optionsOf(this),
    };
  }
}

@InputType({ description: "A group to be deleted. What it was granted ends with it." })
export class DeleteGroupInput extends MutationInput {
  @Field(() => ID, { description: "Which group." })
  id!: string;

  toCommand(): DeleteGroup {
    return { id: uuidOf("Group", this.id, "input.id"), ...optionsOf(this) };
  }
}

@InputType({ description: "People who are to belong to a static group, or no more." })
export class GroupMembersInput extends MutationInput {
  @Field(() => ID, { description: "Which group." })
  groupId!: string;

  @Field(() => [ID], { description: `Who: 1 to ${MEMBERS_LIMIT} ids of users.` })
  @ArrayMinSize(1)
  @ArrayMaxSize(MEMBERS_LIMIT)
  userIds!: string[];

  /** INVALID_INPUT with every id that is none of a user. */
  toCommand(): ChangeMembers {
    const violations: { path: string; message: string }[] = [];
    const userIds = this.userIds.flatMap((id, place) => {
      try {
        return [uuidOf("User", id, `input.userIds[${place}]`)];
      } catch {
        violations.push({ path: `input.userIds[${place}]`, message: "must be an id of the form user_…." });
        return [];
      }
    });
    if (violations.length > 0) throw invalidInput(violations.slice(0, VIOLATIONS_LIMIT));
    return {
      groupId: uuidOf("Group", this.groupId, "input.groupId"),
      userIds: [...new Set(userIds)],
      ...optionsOf(this),
    };
  }
}

/** Violations that one answer names: enough to see what is wrong with a list. */
const VIOLATIONS_LIMIT = 100;

const idOf = <T extends string | null | undefined>(kind: IdKind, id: T, path: string): T =>
  (id == null ? id : uuidOf(kind, id, path)) as T;

const optionsOf = ({ reason, idempotencyKey }: MutationInput) => ({
  reason: reason ?? null,
  idempotencyKey: idempotencyKey ?? null,
});
