import {
  ArrayMaxSize,
  ArrayMinSize,
  IsInt,
  IsNotEmpty,
  IsOptional,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateIf,
} from "class-validator";
import { Field, ID, InputType, Int } from "type-graphql";
import type { CommandOptions } from "../../access/command.ts";
import { enumOf } from "../../graphql/catalogue-types.ts";
import { isGiven } from "../../graphql/given.ts";
import { MutationInput, VersionedInput } from "../../graphql/mutation-input.ts";
import { invalidInput, type Violation } from "../../kernel/errors.ts";
import { uuidOf } from "../../kernel/ids.ts";
import type { Permission } from "../../kernel/permissions.ts";
import { DeciderKindEnum } from "../approvals/approval.types.ts";
import type { Decider } from "../approvals/approval-request.entity.ts";
import { PERMISSION } from "../users/user.fields.ts";
import { UserFilter } from "../users/user.types.ts";
import type { AskedDecider, CreateApprovalPolicy, UpdateApprovalPolicy } from "./approval-policy.service.ts";

const NAME_LIMIT = 200;
const NAME = /\S/u;
const NAME_RULE = { message: "must hold something other than white space" };
const PRIORITY_LIMIT = 1_000_000;
const STEPS_LIMIT = 5;
const DECIDERS_LIMIT = 10;
const HOURS_LIMIT = 366 * 24;
const FIELDS_LIMIT = 200;

@InputType({ description: "One way of being the one who decides a step." })
export class ApprovalDeciderInput {
  @Field(() => DeciderKindEnum, { description: "By what." })
  by!: Decider["by"];

  @Field(() => String, {
    nullable: true,
    description: "The role's key, without regard to case: with ROLE, and with no other.",
  })
  roleKey?: string | null;

  @Field(() => enumOf(PERMISSION), {
    nullable: true,
    description: "The permission: with PERMISSION, and with no other.",
  })
  permission?: Permission | null;

  @Field(() => Boolean, {
    nullable: true,
    description:
      "With PERMISSION: that it must be held everywhere, and not only over the person. false where it is not given.",
  })
  everywhere?: boolean | null;
}

@InputType({ description: "One step of a policy: one person of any of its deciders decides it." })
export class ApprovalPolicyStepInput {
  @Field(() => [ApprovalDeciderInput], { description: `Who may decide; 1 to ${DECIDERS_LIMIT}.` })
  deciders!: ApprovalDeciderInput[];
}

const FIELDS_TEXT =
  "Fields whose change is sensitive, by the names of Viewer.editableProfileFields; empty: every sensitive field.";
const STEPS_TEXT = `The steps in turn; 1 to ${STEPS_LIMIT}. Nobody decides two of them.`;
const EXPIRES_TEXT = `After how many hours nobody can decide a request any more; 1 to ${HOURS_LIMIT}`;
const REMIND_TEXT = `Every how many hours those who may decide are reminded; 1 to ${HOURS_LIMIT}`;

@InputType({ description: "A new policy." })
export class CreateApprovalPolicyInput extends MutationInput {
  @Field(() => String, { description: `The name to show; 1 to ${NAME_LIMIT} characters.` })
  @Matches(NAME, NAME_RULE)
  @MaxLength(NAME_LIMIT)
  name!: string;

  @Field(() => [String], { nullable: true, description: `${FIELDS_TEXT} The same where it is not given.` })
  @IsOptional()
  @ArrayMaxSize(FIELDS_LIMIT)
  fields?: string[] | null;

  @Field(() => UserFilter, { nullable: true, description: "Whose profile; everybody's where it is not given." })
  filter?: object | null;

  @Field(() => Int, {
    nullable: true,
    description: "Of several that fit, the highest decides about a field; 0 where it is not given.",
  })
  @IsOptional()
  @IsInt()
  @Min(-PRIORITY_LIMIT)
  @Max(PRIORITY_LIMIT)
  priority?: number | null;

  @Field(() => [ApprovalPolicyStepInput], { description: STEPS_TEXT })
  @ArrayMinSize(1)
  @ArrayMaxSize(STEPS_LIMIT)
  steps!: ApprovalPolicyStepInput[];

  @Field(() => Int, { nullable: true, description: `${EXPIRES_TEXT}, 336 (14 days) where it is not given.` })
  @ValidateIf(isGiven("expiresAfterHours"))
  @IsInt()
  @Min(1)
  @Max(HOURS_LIMIT)
  expiresAfterHours?: number | null;

  @Field(() => Int, {
    nullable: true,
    description: `${REMIND_TEXT}, 72 (three days) where it is not given. null: never.`,
  })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(HOURS_LIMIT)
  remindEveryHours?: number | null;

  toCommand(): CreateApprovalPolicy {
    return {
      name: this.name,
      fields: [...new Set(this.fields ?? [])],
      filter: this.filter ?? {},
      priority: this.priority ?? 0,
      steps: stepsOf(this.steps),
      expiresAfterHours: this.expiresAfterHours ?? undefined,
      remindEveryHours: this.remindEveryHours,
      ...optionsOf(this),
    };
  }
}

@InputType({ description: "Changes to a policy, for the requests to come. An absent field is left as it is." })
export class UpdateApprovalPolicyInput extends VersionedInput {
  @Field(() => String, { nullable: true, description: `The name to show; 1 to ${NAME_LIMIT} characters.` })
  @ValidateIf(isGiven("name"))
  @Matches(NAME, NAME_RULE)
  @MaxLength(NAME_LIMIT)
  name?: string | null;

  @Field(() => [String], { nullable: true, description: FIELDS_TEXT })
  @ValidateIf(isGiven("fields"))
  @ArrayMaxSize(FIELDS_LIMIT)
  fields?: string[] | null;

  @Field(() => UserFilter, { nullable: true, description: "Whose profile." })
  @ValidateIf(isGiven("filter"))
  @IsNotEmpty()
  filter?: object | null;

  @Field(() => Int, { nullable: true, description: "Of several that fit, the highest decides about a field." })
  @ValidateIf(isGiven("priority"))
  @IsInt()
  @Min(-PRIORITY_LIMIT)
  @Max(PRIORITY_LIMIT)
  priority?: number | null;

  @Field(() => [ApprovalPolicyStepInput], { nullable: true, description: STEPS_TEXT })
  @ValidateIf(isGiven("steps"))
  @ArrayMinSize(1)
  @ArrayMaxSize(STEPS_LIMIT)
  steps?: ApprovalPolicyStepInput[] | null;

  @Field(() => Int, { nullable: true, description: `${EXPIRES_TEXT}.` })
  @ValidateIf(isGiven("expiresAfterHours"))
  @IsInt()
  @Min(1)
  @Max(HOURS_LIMIT)
  expiresAfterHours?: number | null;

  @Field(() => Int, { nullable: true, description: `${REMIND_TEXT}. null: never.` })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(HOURS_LIMIT)
  remindEveryHours?: number | null;

  toCommand(): UpdateApprovalPolicy {
    return {
      id: uuidOf("ApprovalPolicy", this.id, "input.id"),
      expectedVersion: this.expectedVersion ?? undefined,
      name: this.name ?? undefined,
      fields: this.fields ? [...new Set(this.fields)] : undefined,
      filter: this.filter ?? undefined,
      priority: this.priority ?? undefined,
      steps: this.steps ? stepsOf(this.steps) : undefined,
      expiresAfterHours: this.expiresAfterHours ?? undefined,
      remindEveryHours: this.remindEveryHours,
      ...optionsOf(this),
    };
  }
}

@InputType({ description: "Takes a policy away. Requests that wait keep their steps." })
export class DeleteApprovalPolicyInput extends MutationInput {
  @Field(() => ID, { description: "Which." })
  id!: string;

  toCommand(): CommandOptions & { id: string } {
    return { id: uuidOf("ApprovalPolicy", this.id, "input.id"), ...optionsOf(this) };
  }
}

/** The steps as they are asked for; INVALID_INPUT with everything that is wrong with them. */
function stepsOf(steps: readonly ApprovalPolicyStepInput[]): AskedDecider[][] {
  const violations: Violation[] = [];
  const asked = steps.map(({ deciders }, place) => {
    const path = `input.steps[${place}].deciders`;
    if (deciders.length < 1 || deciders.length > DECIDERS_LIMIT)
      violations.push({ path, message: `must name 1 to ${DECIDERS_LIMIT} deciders.`, limit: DECIDERS_LIMIT });
    return deciders.map((decider, at) => askedOf(decider, `${path}[${at}]`, violations));
  });
  if (violations.length > 0) throw invalidInput(violations);
  return asked;
}

function askedOf(
  { by, roleKey, permission, everywhere }: ApprovalDeciderInput,
  path: string,
  violations: Violation[],
): AskedDecider {
  const only = (field: string, kind: string) =>
    violations.push({ path: `${path}.${field}`, message: `goes with ${kind}, which needs it, and with no other.` });
  if ((by === "ROLE") !== (roleKey != null)) only("roleKey", "ROLE");
  if ((by === "PERMISSION") !== (permission != null)) only("permission", "PERMISSION");
  if (everywhere && by !== "PERMISSION")
    violations.push({ path: `${path}.everywhere`, message: "goes with PERMISSION, and with no other." });
  return { by, roleKey: roleKey ?? null, permission: permission ?? null, everywhere: everywhere ?? false, path };
}

const optionsOf = ({ reason, idempotencyKey }: MutationInput): CommandOptions => ({
  reason: reason ?? null,
  idempotencyKey: idempotencyKey ?? null,
});
