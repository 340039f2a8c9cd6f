import { ArrayMaxSize, ArrayMinSize, IsOptional, ValidateNested } from "class-validator";
import { Field, ID, InputType } from "type-graphql";
import type { CommandOptions } from "../../access/command.ts";
import { MutationInput } from "../../graphql/mutation-input.ts";
import { DateTimeScalar, JSONObjectScalar } from "../../graphql/scalars.ts";
import { invalidInput } from "../../kernel/errors.ts";
import { uuidOf } from "../../kernel/ids.ts";
import { OPERATION_ENUM, operationOf } from "../schedules/scheduled-transition.types.ts";
import { addProfile, Holds, type ProfileInput, profileOf } from "../users/user.inputs.ts";
import { LIFECYCLE } from "../users/user.lifecycle.ts";
import {
  attributesProblem,
  PROFILE_TEXT_NAMES,
  PROFILE_TEXTS,
  TAGS_LIMIT,
  tagsProblem,
} from "../users/user.profile.ts";
import type { PersonChange, RoleChange } from "./bulk.change.ts";
import type { OfPlan, PlanBulk } from "./bulk.service.ts";
import { BulkTargetInput } from "./bulk-target.inputs.ts";

const ROLES_LIMIT = 20;
const GROUPS_LIMIT = 20;
const TEMPLATES_LIMIT = 20;

@InputType({
  description: "Values to set, as updateUser takes them; tags replaces the list, attributes is merged key by key.",
})
export class BulkSetInput {}
addProfile(BulkSetInput, { forMany: true });

@InputType({ description: "A role to give, as grantRole does." })
export class BulkRoleInput {
  @Field(() => String, { description: "Which role." })
  roleKey!: string;

  @Field(() => ID, { nullable: true, description: "Over which unit and all below it; without it, everywhere." })
  scopeId?: string | null;

  @Field(() => DateTimeScalar, { nullable: true, description: "Until when; without it, for good." })
  expiresAt?: Date | null;
}

@InputType({ description: "A role to take, as revokeRole does." })
export class BulkRoleRemovalInput {
  @Field(() => String, { description: "Which role." })
  roleKey!: string;

  @Field(() => ID, {
    nullable: true,
    description: "As far as it was given over this unit; null: everywhere. Absent: over whatever it was given.",
  })
  scopeId?: string | null;
}

/** What is wrong with members of lists in attributes; undefined where nothing is. */
const listsProblem = (lists: Readonly<Record<string, unknown>>): string | undefined =>
  Object.values(lists).every((value) => Array.isArray(value) && value.length > 0)
    ? attributesProblem(lists)
    : "must hold lists of texts, by the keys of attributes";

@InputType({ description: "What to add." })
export class BulkAddInput {
  @Field(() => [String], { nullable: true, description: `Tags; at most ${TAGS_LIMIT}.` })
  @IsOptional()
  @ArrayMaxSize(TAGS_LIMIT)
  tags?: string[] | null;

  @Field(() => [BulkRoleInput], { nullable: true, description: `Roles; at most ${ROLES_LIMIT}.` })
  @IsOptional()
  @ArrayMaxSize(ROLES_LIMIT)
  @ValidateNested({ each: true })
  roles?: BulkRoleInput[] | null;

  @Field(() => [ID], {
    nullable: true,
    description: `Static groups to put them into, as addGroupMembers does; at most ${GROUPS_LIMIT}.`,
  })
  @IsOptional()
  @ArrayMaxSize(GROUPS_LIMIT)
  groupIds?: string[] | null;

  @Field(() => JSONObjectScalar, {
    nullable: true,
    description: 'Members of attributes that hold lists, by their keys, e.g. { "skills": ["welding"] }.',
  })
  @IsOptional()
  @Holds(listsProblem)
  attributes?: Record<string, string[]> | null;
}

@InputType({ description: "What to remove; whoever does not have it is unchanged." })
export class BulkRemoveInput {
  @Field(() => [String], { nullable: true, description: `Tags; at most ${TAGS_LIMIT}.` })
  @IsOptional()
  @ArrayMaxSize(TAGS_LIMIT)
  tags?: string[] | null;

  @Field(() => [BulkRoleRemovalInput], { nullable: true, description: `Roles; at most ${ROLES_LIMIT}.` })
  @IsOptional()
  @ArrayMaxSize(ROLES_LIMIT)
  @ValidateNested({ each: true })
  roles?: BulkRoleRemovalInput[] | null;

  @Field(() => [ID], {
    nullable: true,
    description: `Static groups to take them out of, as removeGroupMembers does; at most ${GROUPS_LIMIT}.`,
  })
  @IsOptional()
  @ArrayMaxSize(GROUPS_LIMIT)
  groupIds?: string[] | null;

  @Field(() => JSONObjectScalar, {
    nullable: true,
    description: "Members of attributes that hold lists, by their keys; a list that is left empty goes.",
  })
  @IsOptional()
  @Holds(listsProblem)
  attributes?: Record<string, string[]> | null;
}

@InputType({ description: "Which profile templates to apply." })
export class BulkTemplatesInput {
  @Field(() => [ID], {
    nullable: true,
    description: `These alone, where they fit; 1 to ${TEMPLATES_LIMIT}. Needs SETTINGS_MANAGE everywhere. Without it, all that fit.`,
  })
  @IsOptional()
  @ArrayMinSize(1)
  @ArrayMaxSize(TEMPLATES_LIMIT)
  templateIds?: string[] | null;
}

@InputType({ description: "A step of the lifecycle. Whoever stands there already is unchanged." })
export class BulkStatusInput {
  @Field(() => OPERATION_ENUM, { description: "Which step." })
  operation!: string;

  @Field(() => DateTimeScalar, { nullable: true, description: "LOCK and SUSPEND: when it ends by itself." })
  until?: Date | null;
}

@InputType({ description: "What to change of everybody; several parts are one change." })
export class BulkChangeInput {
  @Field(() => BulkSetInput, { nullable: true, description: "Values to set." })
  @IsOptional()
  @ValidateNested()
  set?: BulkSetInput | null;

  @Field(() => [String], {
    nullable: true,
    description: "Fields of the profile to clear, by their names in updateUser, e.g. costCenter, managerId, tags.",
  })
  @IsOptional()
  @ArrayMaxSize(100)
  clear?: string[] | null;

  @Field(() => BulkAddInput, { nullable: true, description: "What to add." })
  @IsOptional()
  @ValidateNested()
  add?: BulkAddInput | null;

  @Field(() => BulkRemoveInput, { nullable: true, description: "What to remove." })
  @IsOptional()
  @ValidateNested()
  remove?: BulkRemoveInput | null;

  @Field(() => BulkStatusInput, { nullable: true, description: "A step of the lifecycle." })
  @IsOptional()
  @ValidateNested()
  status?: BulkStatusInput | null;

  @Field(() => BulkTemplatesInput, {
    nullable: true,
    description:
      "Gives each what the profile templates have that fit them, and what they lack: empty fields, roles, groups. Nothing ends by it.",
  })
  @IsOptional()
  @ValidateNested()
  applyTemplates?: BulkTemplatesInput | null;

  toChange(): PersonChange {
    const path = "input.change";
    const { set, clear, add, remove, status, applyTemplates } = this;
    const profile = { ...profileOf((set ?? {}) as ProfileInput, `${path}.set`), ...cleared(clear ?? [], set ?? {}) };
    const given = Object.entries(profile).filter(([, value]) => value !== undefined);
    const change: PersonChange = {
      profile: given.length > 0 ? Object.fromEntries(given) : undefined,
      addTags: tagsOf(add?.tags, `${path}.add.tags`),
      removeTags: remove?.tags ?? undefined,
      addRoles: add?.roles?.map((role, place) => roleOf(role, `${path}.add.roles[${place}]`)),
      removeRoles: remove?.roles?.map((role, place) => roleOf(role, `${path}.remove.roles[${place}]`)),
      addGroups: idsOf("Group", add?.groupIds, `${path}.add.groupIds`)?.map((groupId) => ({ groupId })),
      removeGroups: idsOf("Group", remove?.groupIds, `${path}.remove.groupIds`),
      addAttributes: add?.attributes ?? undefined,
      removeAttributes: remove?.attributes ?? undefined,
      status: status ? stepOf(status, `${path}.status`) : undefined,
      templates: applyTemplates ? templatesOf(applyTemplates, `${path}.applyTemplates`) : undefined,
    };
    refuseBoth(change, path);
    return JSON.parse(JSON.stringify(change)) as PersonChange;
  }
}

const idsOf = (kind: "Group" | "ProfileTemplate", ids: readonly string[] | null | undefined, path: string) =>
  ids?.map((id, place) => uuidOf(kind, id, `${path}[${place}]`));

const templatesOf = ({ templateIds }: BulkTemplatesInput, path: string): PersonChange["templates"] => ({
  ids: idsOf("ProfileTemplate", templateIds, `${path}.templateIds`) ?? null,
});

/** Nobody can be put into a group and taken out of it, nor be given a member of a list that is taken. */
function refuseBoth({ addGroups, removeGroups, addAttributes, removeAttributes }: PersonChange, path: string): void {
  const groups = (addGroups ?? []).flatMap(({ groupId }, place) =>
    removeGroups?.includes(groupId) ? [`${path}.add.groupIds[${place}]`] : [],
  );
  const lists = Object.entries(addAttributes ?? {}).flatMap(([key, members]) =>
    members.some((one) => removeAttributes?.[key]?.includes(one)) ? [`${path}.add.attributes.${key}`] : [],
  );
  const violations = [...groups, ...lists].map((at) => ({ path: at, message: "cannot be added and removed." }));
  if (violations.length > 0) throw invalidInput(violations);
}

const CLEARABLE = [
  ...PROFILE_TEXT_NAMES.filter((name) => !("clearable" in PROFILE_TEXTS[name]) && name !== "employeeNumber"),
  ...["employeeType", "hiredOn", "terminatesOn", "orgUnitId", "managerId", "tags", "attributes"],
];

function cleared(names: readonly string[], set: object): Record<string, unknown> {
  const violations = names.flatMap((name, place) => {
    const path = `input.change.clear[${place}]`;
    if (!CLEARABLE.includes(name)) return [{ path, message: "is no field that can be cleared.", allowed: CLEARABLE }];
    if ((set as Record<string, unknown>)[name] !== undefined) return [{ path, message: "cannot be set and cleared." }];
    return [];
  });
  if (violations.length > 0) throw invalidInput(violations);
  return Object.fromEntries(names.map((name) => [name, name === "tags" ? [] : null]));
}

function tagsOf(tags: readonly string[] | null | undefined, path: string): readonly string[] | undefined {
  const problem = tags && tagsProblem(tags);
  if (problem) throw invalidInput([{ path, message: `${problem}.` }]);
  return tags ?? undefined;
}

function roleOf({ roleKey, scopeId, expiresAt }: BulkRoleInput, path: string): RoleChange {
  return {
    roleKey,
    ...(scopeId === undefined ? {} : { scopeId: scopeId && uuidOf("OrgUnit", scopeId, `${path}.scopeId`) }),
    ...(expiresAt ? { expiresAt: expiresAt.toISOString() } : {}),
  };
}

function stepOf({ operation: name, until }: BulkStatusInput, path: string): NonNullable<PersonChange["status"]> {
  const operation = operationOf(name);
  if (until && !LIFECYCLE[operation].mayEnd)
    throw invalidInput([
      { path: `${path}.until`, message: "goes with LOCK and SUSPEND.", allowed: ["LOCK", "SUSPEND"] },
    ]);
  return { operation, until: until?.toISOString() ?? null };
}

@InputType({ description: "Whom to change, and how." })
export class PlanBulkInput extends MutationInput {
  @Field(() => BulkTargetInput, { description: "Whom." })
  @ValidateNested()
  target!: BulkTargetInput;

  @Field(() => BulkChangeInput, { description: "What." })
  @ValidateNested()
  change!: BulkChangeInput;

  toCommand(): PlanBulk {
    return { target: this.target.toTarget(), change: this.change.toChange(), ...optionsOf(this) };
  }
}

/** An input about one plan. */
@InputType()
abstract class OfPlanInput extends MutationInput {
  @Field(() => ID, { description: "Which plan." })
  id!: string;

  toCommand(): OfPlan {
    return { planId: uuidOf("BulkPlan", this.id, "input.id"), ...optionsOf(this) };
  }
}

@InputType({ description: "Lets a plan be applied." })
export class ApplyBulkInput extends OfPlanInput {}

@InputType({ description: "Stops a plan." })
export class CancelBulkInput extends OfPlanInput {}

@InputType({ description: "Plans to take back what a plan did." })
export class PlanRevertInput extends OfPlanInput {}

const optionsOf = ({ reason, idempotencyKey }: MutationInput): CommandOptions => ({
  reason: reason ?? null,
  idempotencyKey: idempotencyKey ?? null,
});
