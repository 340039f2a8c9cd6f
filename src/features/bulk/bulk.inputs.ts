import { ArrayMaxSize, IsOptional, ValidateNested } from "class-validator";
import { Field, ID, InputType } from "type-graphql";
import type { CommandOptions } from "../../access/command.ts";
import { MutationInput } from "../../graphql/mutation-input.ts";
import { OneOf } from "../../graphql/one-of.ts";
import { DateTimeScalar } from "../../graphql/scalars.ts";
import { invalidInput } from "../../kernel/errors.ts";
import { uuidOf } from "../../kernel/ids.ts";
import { OPERATION_ENUM, operationOf } from "../schedules/scheduled-transition.types.ts";
import { addProfile, type ProfileInput, profileOf } from "../users/user.inputs.ts";
import { LIFECYCLE } from "../users/user.lifecycle.ts";
import { PROFILE_TEXT_NAMES, PROFILE_TEXTS, TAGS_LIMIT, tagsProblem } from "../users/user.profile.ts";
import { UserFilter } from "../users/user.types.ts";
import type { PersonChange, RoleChange } from "./bulk.change.ts";
import type { OfPlan, PlanBulk } from "./bulk.service.ts";
import { type AskedTarget, IDS_LIMIT } from "./bulk.target.ts";

const ROLES_LIMIT = 20;

@InputType({ description: "Whom a change is for: give exactly one. People out of the planner's sight are not in it." })
@OneOf()
export class BulkTargetInput {
  @Field(() => UserFilter, { nullable: true, description: "Everybody whom a search by the filter finds." })
  filter?: object | null;

  @Field(() => ID, { nullable: true, description: "Everybody whom a saved search finds." })
  savedSearchId?: string | null;

  @Field(() => [ID], { nullable: true, description: `These people, deleted ones too; at most ${IDS_LIMIT}.` })
  @IsOptional()
  @ArrayMaxSize(IDS_LIMIT)
  userIds?: string[] | null;

  toTarget(): AskedTarget {
    const { filter, savedSearchId, userIds } = this;
    if (userIds) return { userIds: userIds.map((id, place) => uuidOf("User", id, `input.target.userIds[${place}]`)) };
    if (savedSearchId) return { savedSearchId: uuidOf("SavedSearch", savedSearchId, "input.target.savedSearchId") };
    return { filter: filter ?? {} };
  }
}

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

  toChange(): PersonChange {
    const path = "input.change";
    const { set, clear, add, remove, status } = this;
    const profile = { ...profileOf((set ?? {}) as ProfileInput, `${path}.set`), ...cleared(clear ?? [], set ?? {}) };
    const given = Object.entries(profile).filter(([, value]) => value !== undefined);
    const change: PersonChange = {
      profile: given.length > 0 ? Object.fromEntries(given) : undefined,
      addTags: tagsOf(add?.tags, `${path}.add.tags`),
      removeTags: remove?.tags ?? undefined,
      addRoles: add?.roles?.map((role, place) => roleOf(role, `${path}.add.roles[${place}]`)),
      removeRoles: remove?.roles?.map((role, place) => roleOf(role, `${path}.remove.roles[${place}]`)),
      status: status ? stepOf(status, `${path}.status`) : undefined,
    };
    return JSON.parse(JSON.stringify(change)) as PersonChange;
  }
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
