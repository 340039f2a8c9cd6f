import { IsInt, IsOptional, Matches, Max, MaxLength, Min, ValidateIf } from "class-validator";
import { Field, Float, ID, InputType, Int } from "type-graphql";
import type { CommandOptions } from "../../access/command.ts";
import type { RetentionAction } from "../../database/retention-tables.ts";
import { enumOf } from "../../graphql/catalogue-types.ts";
import { isGiven } from "../../graphql/given.ts";
import { MutationInput, VersionedInput } from "../../graphql/mutation-input.ts";
import { uuidOf } from "../../kernel/ids.ts";
import type { UserStatus } from "../users/user.entity.ts";
import { USER_STATUS } from "../users/user.fields.ts";
import { UserFilter } from "../users/user.types.ts";
import type { CreatePolicy, UpdatePolicy } from "./retention-policy.service.ts";
import { ACTION_ENUM } from "./retention-policy.types.ts";

const NAME_LIMIT = 200;
const NAME = /\S/u;
const NAME_RULE = { message: "must hold something other than white space" };
/** A hundred years. */
const MOST_DAYS = 36_500;
const MOST = 2_147_483_647;

const NAME_TEXT = `The name to show; 1 to ${NAME_LIMIT} characters. It is the reason that is kept with everything the policy does.`;
const STATUS_TEXT =
  "People in this status. ARCHIVE takes PENDING, INACTIVE and SUSPENDED, DELETE all but DELETED, ERASE DELETED alone.";
const DAYS_TEXT = `For at least so many days, of 24 hours each, from 1 to ${MOST_DAYS}. ERASE: not fewer than DELETION_RETENTION_DAYS.`;
const FILTER_TEXT = "Only these of them. A policy for ACTIVE people needs one.";
const PEOPLE_TEXT = "Above so many people a run waits for a second person; 0: every run does.";
const PERCENT_TEXT =
  "Above so many of a hundred people of the directory, from 0 to 100, a run waits for a second person.";

@InputType({ description: "A new retention policy. It needs maxPeople, maxPercent or both." })
export class CreateRetentionPolicyInput extends MutationInput {
  @Field(() => String, { description: NAME_TEXT })
  @Matches(NAME, NAME_RULE)
  @MaxLength(NAME_LIMIT)
  name!: string;

  @Field(() => enumOf(USER_STATUS), { description: STATUS_TEXT })
  status!: UserStatus;

  @Field(() => Int, { description: DAYS_TEXT })
  @IsInt()
  @Min(1)
  @Max(MOST_DAYS)
  days!: number;

  @Field(() => UserFilter, { nullable: true, description: FILTER_TEXT })
  filter?: object | null;

  @Field(() => ACTION_ENUM, { description: "What is done with them." })
  action!: RetentionAction;

  @Field(() => Boolean, {
    nullable: true,
    description:
      "Whether it is turned on at once; else it can be looked at by previewRetention first. false where absent.",
  })
  enabled?: boolean | null;

  @Field(() => Int, { nullable: true, description: PEOPLE_TEXT })
  @IsOptional()
  @Min(0)
  @Max(MOST)
  maxPeople?: number | null;

  @Field(() => Float, { nullable: true, description: PERCENT_TEXT })
  @IsOptional()
  @Min(0)
  @Max(100)
  maxPercent?: number | null;

  toCommand(): CreatePolicy {
    const { name, status, days, action } = this;
    return {
      name,
      status,
      days,
      action,
      filter: this.filter ?? null,
      enabled: this.enabled ?? false,
      maxPeople: this.maxPeople ?? null,
      maxPercent: this.maxPercent ?? null,
      ...optionsOf(this),
    };
  }
}

@InputType({ description: "Changes to a retention policy. An absent field is left as it is; null clears it." })
export class UpdateRetentionPolicyInput extends VersionedInput {
  @Field(() => String, { nullable: true, description: NAME_TEXT })
  @ValidateIf(isGiven("name"))
  @Matches(NAME, NAME_RULE)
  @MaxLength(NAME_LIMIT)
  name?: string | null;

  @Field(() => enumOf(USER_STATUS), { nullable: true, description: STATUS_TEXT })
  status?: UserStatus | null;

  @Field(() => Int, { nullable: true, description: DAYS_TEXT })
  @ValidateIf(isGiven("days"))
  @IsInt()
  @Min(1)
  @Max(MOST_DAYS)
  days?: number | null;

  @Field(() => UserFilter, { nullable: true, description: FILTER_TEXT })
  filter?: object | null;

  @Field(() => ACTION_ENUM, { nullable: true, description: "What is done with them." })
  action?: RetentionAction | null;

  @Field(() => Boolean, { nullable: true, description: "Whether it is turned on." })
  enabled?: boolean | null;

  @Field(() => Int, { nullable: true, description: PEOPLE_TEXT })
  @IsOptional()
  @Min(0)
  @Max(MOST)
  maxPeople?: number | null;

  @Field(() => Float, { nullable: true, description: PERCENT_TEXT })
  @IsOptional()
  @Min(0)
  @Max(100)
  maxPercent?: number | null;

  toCommand(): UpdatePolicy {
    const { filter, maxPeople, maxPercent } = this;
    return {
      id: uuidOf("RetentionPolicy", this.id, "input.id"),
      expectedVersion: this.expectedVersion ?? undefined,
      name: this.name ?? undefined,
      status: this.status ?? undefined,
      days: this.days ?? undefined,
      action: this.action ?? undefined,
      enabled: this.enabled ?? undefined,
      filter,
      maxPeople,
      maxPercent,
      ...optionsOf(this),
    };
  }
}

@InputType({ description: "Takes a retention policy away, and ends its run." })
export class DeleteRetentionPolicyInput extends MutationInput {
  @Field(() => ID, { description: "Which policy." })
  id!: string;

  toCommand(): CommandOptions & { id: string } {
    return { id: uuidOf("RetentionPolicy", this.id, "input.id"), ...optionsOf(this) };
  }
}

@InputType({ description: "Carries a retention policy out now." })
export class RunRetentionInput extends MutationInput {
  @Field(() => ID, { description: "Which policy: one that is in force." })
  policyId!: string;

  toCommand(): CommandOptions & { id: string } {
    return { id: uuidOf("RetentionPolicy", this.policyId, "input.policyId"), ...optionsOf(this) };
  }
}

const optionsOf = ({ reason, idempotencyKey }: MutationInput): CommandOptions => ({
  reason: reason ?? null,
  idempotencyKey: idempotencyKey ?? null,
});
