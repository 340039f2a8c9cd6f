import { ArrayMaxSize, IsBoolean, IsNotEmpty, IsOptional, Matches, MaxLength, ValidateIf } from "class-validator";
import { ArgsType, Field, ID, InputType } from "type-graphql";
import { enumOf } from "../../graphql/catalogue-types.ts";
import { isGiven } from "../../graphql/given.ts";
import { MutationInput, VersionedInput } from "../../graphql/mutation-input.ts";
import { NAME } from "../../graphql/name-rule.ts";
import { OneOf } from "../../graphql/one-of.ts";
import { PageArgs } from "../../graphql/paging.ts";
import { invalidInput } from "../../kernel/errors.ts";
import { uuidOf } from "../../kernel/ids.ts";
import type { Permission } from "../../kernel/permissions.ts";
import { PERMISSION } from "../users/user.fields.ts";
import type { RoleSearch } from "./role.queries.ts";
import type { CreateRole, DeleteRole, UpdateRole } from "./role.service.ts";

const KEY = /^[a-z][a-z0-9._-]{1,63}$/;
const KEY_RULE = {
  message: "must be 2 to 64 small letters, digits, dots, hyphens and underscores, the first a letter",
};
const NAME_LIMIT = 128;
const DESCRIPTION_LIMIT = 1_000;
const INHERITS_LIMIT = 50;
const SEARCH_LIMIT = 256;

@OneOf()
@InputType({ description: "Which role: exactly one of these." })
export class RoleBy {
  @Field(() => ID, { nullable: true, description: "By id." })
  id?: string | null;

  @Field(() => String, { nullable: true, description: "By key, without regard to case." })
  key?: string | null;
}

@ArgsType()
export class RolesArgs extends PageArgs {
  @Field(() => String, {
    nullable: true,
    description: `Has this text in its key or name, without regard to case. At most ${SEARCH_LIMIT} characters.`,
  })
  search?: string | null;

  @Field(() => Boolean, { nullable: true, description: "true: privileged roles; false: all others." })
  privileged?: boolean | null;

  /** What is asked for; INVALID_INPUT for a text that is too long. */
  toSearch(): RoleSearch {
    if ((this.search?.length ?? 0) > SEARCH_LIMIT)
      throw invalidInput([
        { path: "search", message: `must have at most ${SEARCH_LIMIT} characters.`, limit: SEARCH_LIMIT },
      ]);
    return { search: this.search ?? undefined, privileged: this.privileged ?? undefined };
  }
}

@InputType({ description: "A new role." })
export class CreateRoleInput extends MutationInput {
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
    description: `What the role is for; at most ${DESCRIPTION_LIMIT} characters.`,
  })
  @IsOptional()
  @MaxLength(DESCRIPTION_LIMIT)
  description?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description: "Whether holding it is something to keep an eye on; false where it is not given.",
  })
  privileged?: boolean | null;

  @Field(() => [enumOf(PERMISSION)], {
    description:
      "What it allows by itself. Everything that it will allow must be held everywhere by whoever creates it.",
  })
  permissions!: Permission[];

  @Field(() => [String], {
    nullable: true,
    description: `Keys of the roles whose permissions it includes; at most ${INHERITS_LIMIT}.`,
  })
  @IsOptional()
  @ArrayMaxSize(INHERITS_LIMIT)
  inheritKeys?: string[] | null;

  toCommand(): CreateRole {
    return {
      key: this.key,
      name: this.name,
      description: this.description ?? null,
      privileged: this.privileged ?? false,
      permissions: this.permissions,
      inheritKeys: this.inheritKeys ?? [],
      reason: this.reason ?? null,
      idempotencyKey: this.idempotencyKey ?? null,
    };
  }
}

@InputType({
  description:
    "Changes to a role. An absent field is left as it is; null clears description and inheritKeys and is refused elsewhere; a list replaces the list.",
})
export class UpdateRoleInput extends VersionedInput {
  @Field(() => String, { nullable: true, description: `The name to show; 1 to ${NAME_LIMIT} characters.` })
  @ValidateIf(isGiven("name"))
  @MaxLength(NAME_LIMIT)
  @Matches(...NAME)
  name?: string | null;

  @Field(() => String, {
    nullable: true,
    description: `What the role is for; at most ${DESCRIPTION_LIMIT} characters.`,
  })
  @IsOptional()
  @MaxLength(DESCRIPTION_LIMIT)
  description?: string | null;

  @Field(() => Boolean, { nullable: true, description: "Whether holding it is something to keep an eye on." })
  @ValidateIf(isGiven("privileged"))
  @IsBoolean()
  privileged?: boolean | null;

  @Field(() => [enumOf(PERMISSION)], {
    nullable: true,
    description: "What it allows by itself. What it comes to allow must be held everywhere by whoever changes it.",
  })
  @ValidateIf(isGiven("permissions"))
  @IsNotEmpty()
  permissions?: Permission[] | null;

  @Field(() => [String], {
    nullable: true,
    description: `Keys of the roles whose permissions it includes; at most ${INHERITS_LIMIT}.`,
  })
  @IsOptional()
  @ArrayMaxSize(INHERITS_LIMIT)
  inheritKeys?: string[] | null;

  toCommand(): UpdateRole {
    return {
      id: uuidOf("Role", this.id, "input.id"),
      expectedVersion: this.expectedVersion ?? undefined,
      name: this.name ?? undefined,
      description: this.description,
      privileged: this.privileged ?? undefined,
      permissions: this.permissions ?? undefined,
      inheritKeys: this.inheritKeys === null ? [] : this.inheritKeys,
      reason: this.reason ?? null,
      idempotencyKey: this.idempotencyKey ?? null,
    };
  }
}

@InputType({
  description: "Refused while somebody holds the role, now or from some time on, or another role inherits it.",
})
export class DeleteRoleInput extends MutationInput {
  @Field(() => ID, { description: "Which role." })
  id!: string;

  toCommand(): DeleteRole {
    return {
      id: uuidOf("Role", this.id, "input.id"),
      reason: this.reason ?? null,
      idempotencyKey: this.idempotencyKey ?? null,
    };
  }
}
