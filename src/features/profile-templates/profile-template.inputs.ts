import { ArrayMaxSize, IsInt, IsNotEmpty, IsOptional, Matches, Max, MaxLength, Min, ValidateIf } from "class-validator";
import { type ClassType, Field, ID, InputType, Int } from "type-graphql";
import type { CommandOptions } from "../../access/command.ts";
import { enumOf } from "../../graphql/catalogue-types.ts";
import { isGiven } from "../../graphql/given.ts";
import { MutationInput, VersionedInput } from "../../graphql/mutation-input.ts";
import { JSONObjectScalar } from "../../graphql/scalars.ts";
import { invalidInput, type Violation } from "../../kernel/errors.ts";
import { uuidOf } from "../../kernel/ids.ts";
import type { RequiredFactor } from "../auth/sign-in-policy.entity.ts";
import { REQUIRED_FACTOR_ENUM } from "../auth/sign-in-policy.types.ts";
import { EMPLOYEE_TYPE } from "../users/user.fields.ts";
import { attributesProblem, PROFILE_TEXTS, textProblem } from "../users/user.profile.ts";
import { UserFilter } from "../users/user.types.ts";
import { DEFAULT_FIELDS, type DefaultField, type Defaults, type TemplateReach } from "./profile-template.matching.ts";
import type { AskedRole, CreateTemplate, UpdateTemplate } from "./profile-template.service.ts";
import { REACH_ENUM } from "./profile-template.types.ts";

const NAME_LIMIT = 200;
const NAME = /\S/u;
const NAME_RULE = { message: "must hold something other than white space" };
const PRIORITY_LIMIT = 1_000_000;
const ROLES_LIMIT = 50;
const GROUPS_LIMIT = 50;
const GRACE_LIMIT = 365;

@InputType({ description: "What a template fills where it is empty." })
export class ProfileDefaultsInput {
  @Field(() => JSONObjectScalar, { nullable: true, description: "Custom attributes by key." })
  attributes?: Record<string, unknown> | null;
}
for (const field of DEFAULT_FIELDS) {
  const type = field === "employeeType" ? enumOf(EMPLOYEE_TYPE) : String;
  const description = field === "employeeType" ? "The relation to the organisation." : PROFILE_TEXTS[field].describe;
  Field(() => type as never, { nullable: true, description })((ProfileDefaultsInput as ClassType).prototype, field);
}

/** The defaults that are given; INVALID_INPUT with everything that is wrong with them. */
function defaultsOf(input: ProfileDefaultsInput | null | undefined): Defaults {
  const violations: Violation[] = [];
  const defaults: Partial<Record<DefaultField, string>> & { attributes?: Record<string, unknown> } = {};
  const given = (input ?? {}) as ProfileDefaultsInput & Partial<Record<DefaultField, string | null>>;
  for (const field of DEFAULT_FIELDS) {
    const value = given[field];
    if (value == null) continue;
    const problem = field === "employeeType" ? undefined : textProblem(field, value);
    if (problem) violations.push({ path: `input.defaults.${field}`, message: `${problem}.` });
    defaults[field] = value;
  }
  if (given.attributes && Object.keys(given.attributes).length > 0) {
    const hasNull = Object.values(given.attributes).some((value) => value === null);
    const problem = attributesProblem(given.attributes) ?? (hasNull ? "must have values that are not null" : undefined);
    if (problem) violations.push({ path: "input.defaults.attributes", message: `${problem}.` });
    defaults.attributes = given.attributes;
  }
  if (violations.length > 0) throw invalidInput(violations);
  return defaults;
}

@InputType({ description: "A role that a template grants." })
export class ProfileTemplateRoleInput {
  @Field(() => String, { description: "The role's key, without regard to case." })
  roleKey!: string;

  @Field(() => REACH_ENUM, { nullable: true, description: "Over what; EVERYWHERE where it is not given." })
  reach?: TemplateReach | null;

  @Field(() => ID, { nullable: true, description: "The unit: with the reach UNIT, and with no other." })
  unitId?: string | null;
}

function rolesOf(inputs: readonly ProfileTemplateRoleInput[]): AskedRole[] {
  return inputs.map(({ roleKey, reach, unitId }, place) => {
    const path = `input.roles[${place}].unitId`;
    if ((reach === "UNIT") !== (unitId != null))
      throw invalidInput([{ path, message: "goes with the reach UNIT, which needs it, and with no other." }]);
    return { roleKey, reach: reach ?? "EVERYWHERE", unitId: unitId == null ? null : uuidOf("OrgUnit", unitId, path) };
  });
}

const groupsOf = (ids: readonly string[]): string[] => [
  ...new Set(ids.map((id, place) => uuidOf("Group", id, `input.groupIds[${place}]`))),
];

const ROLES_TEXT = `What it grants; at most ${ROLES_LIMIT}. Each needs, over its scope (OWN_UNIT: everywhere), what grantRole needs.`;
const GROUPS_TEXT = `Static groups that it puts people into; at most ${GROUPS_LIMIT}. Each needs what addGroupMembers needs.`;
const FACTOR_TEXT =
  "The second factor that it demands of whom it fits, whenever they sign in: as a sign-in policy with the same condition.";
const GRACE_TEXT = `For how many days somebody may go on without that factor; 0 to ${GRACE_LIMIT}`;
const DEFAULTS_TEXT = "What it fills where it is empty; needs USER_UPDATE everywhere.";

@InputType({ description: "A new template." })
export class CreateProfileTemplateInput extends MutationInput {
  @Field(() => String, { description: `The name to show; 1 to ${NAME_LIMIT} characters.` })
  @Matches(NAME, NAME_RULE)
  @MaxLength(NAME_LIMIT)
  name!: string;

  @Field(() => UserFilter, {
    description: "Whom it fits: by what a profile says, from title to org unit and attributes.",
  })
  filter!: object;

  @Field(() => Int, {
    nullable: true,
    description: "Of several that fit, the highest fills a field; 0 where it is not given.",
  })
  @IsOptional()
  @IsInt()
  @Min(-PRIORITY_LIMIT)
  @Max(PRIORITY_LIMIT)
  priority?: number | null;

  @Field(() => ProfileDefaultsInput, { nullable: true, description: DEFAULTS_TEXT })
  defaults?: ProfileDefaultsInput | null;

  @Field(() => [ProfileTemplateRoleInput], { nullable: true, description: ROLES_TEXT })
  @IsOptional()
  @ArrayMaxSize(ROLES_LIMIT)
  roles?: ProfileTemplateRoleInput[] | null;

  @Field(() => [ID], { nullable: true, description: GROUPS_TEXT })
  @IsOptional()
  @ArrayMaxSize(GROUPS_LIMIT)
  groupIds?: string[] | null;

  @Field(() => REQUIRED_FACTOR_ENUM, { nullable: true, description: `${FACTOR_TEXT}` })
  requiredFactor?: RequiredFactor | null;

  @Field(() => Int, { nullable: true, description: `${GRACE_TEXT}; 0 where it is not given.` })
  @ValidateIf(isGiven("graceDays"))
  @IsInt()
  @Min(0)
  @Max(GRACE_LIMIT)
  graceDays?: number | null;

  toCommand(): CreateTemplate {
    const { name, filter } = this;
    const [defaults, roles] = [defaultsOf(this.defaults), rolesOf(this.roles ?? [])];
    const groupIds = groupsOf(this.groupIds ?? []);
    const factor = { require: this.requiredFactor ?? null, graceDays: this.graceDays ?? 0 };
    return { name, filter, priority: this.priority ?? 0, defaults, roles, groupIds, ...factor, ...optionsOf(this) };
  }
}

@InputType({
  description:
    "Changes to a template. An absent field is left as it is; a list replaces the list, and so do the defaults.",
})
export class UpdateProfileTemplateInput extends VersionedInput {
  @Field(() => String, { nullable: true, description: `The name to show; 1 to ${NAME_LIMIT} characters.` })
  @ValidateIf(isGiven("name"))
  @Matches(NAME, NAME_RULE)
  @MaxLength(NAME_LIMIT)
  name?: string | null;

  @Field(() => UserFilter, { nullable: true, description: "Whom it fits." })
  @ValidateIf(isGiven("filter"))
  @IsNotEmpty()
  filter?: object | null;

  @Field(() => Int, { nullable: true, description: "Of several that fit, the highest fills a field." })
  @ValidateIf(isGiven("priority"))
  @IsInt()
  @Min(-PRIORITY_LIMIT)
  @Max(PRIORITY_LIMIT)
  priority?: number | null;

  @Field(() => ProfileDefaultsInput, { nullable: true, description: `${DEFAULTS_TEXT} null: nothing.` })
  defaults?: ProfileDefaultsInput | null;

  @Field(() => [ProfileTemplateRoleInput], { nullable: true, description: `${ROLES_TEXT} null: none.` })
  @IsOptional()
  @ArrayMaxSize(ROLES_LIMIT)
  roles?: ProfileTemplateRoleInput[] | null;

  @Field(() => [ID], { nullable: true, description: `${GROUPS_TEXT} null: none.` })
  @IsOptional()
  @ArrayMaxSize(GROUPS_LIMIT)
  groupIds?: string[] | null;

  @Field(() => REQUIRED_FACTOR_ENUM, { nullable: true, description: `${FACTOR_TEXT} null: none.` })
  requiredFactor?: RequiredFactor | null;

  @Field(() => Int, { nullable: true, description: `${GRACE_TEXT}.` })
  @ValidateIf(isGiven("graceDays"))
  @IsInt()
  @Min(0)
  @Max(GRACE_LIMIT)
  graceDays?: number | null;

  toCommand(): UpdateTemplate {
    return {
      id: uuidOf("ProfileTemplate", this.id, "input.id"),
      expectedVersion: this.expectedVersion ?? undefined,
      name: this.name ?? undefined,
      filter: this.filter ?? undefined,
      priority: this.priority ?? undefined,
      defaults: this.defaults === undefined ? undefined : defaultsOf(this.defaults),
      roles: this.roles === undefined ? undefined : rolesOf(this.roles ?? []),
      groupIds: this.groupIds === undefined ? undefined : groupsOf(this.groupIds ?? []),
      require: this.requiredFactor,
      graceDays: this.graceDays ?? undefined,
      ...optionsOf(this),
    };
  }
}

@InputType({ description: "Takes a template away. Whoever was given something by it keeps it." })
export class DeleteProfileTemplateInput extends MutationInput {
  @Field(() => ID, { description: "Which." })
  id!: string;

  toCommand(): CommandOptions & { id: string } {
    return { id: uuidOf("ProfileTemplate", this.id, "input.id"), ...optionsOf(this) };
  }
}

const optionsOf = ({ reason, idempotencyKey }: MutationInput): CommandOptions => ({
  reason: reason ?? null,
  idempotencyKey: idempotencyKey ?? null,
});
