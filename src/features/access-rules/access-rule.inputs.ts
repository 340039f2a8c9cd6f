import { ArrayMaxSize, ArrayMinSize, IsNotEmpty, IsOptional, Matches, MaxLength, ValidateIf } from "class-validator";
import { Field, ID, InputType } from "type-graphql";
import type { CommandOptions } from "../../access/command.ts";
import { enumOf } from "../../graphql/catalogue-types.ts";
import { isGiven } from "../../graphql/given.ts";
import { MutationInput, VersionedInput } from "../../graphql/mutation-input.ts";
import { uuidOf } from "../../kernel/ids.ts";
import type { Permission } from "../../kernel/permissions.ts";
import { PERMISSION } from "../users/user.fields.ts";
import { UserFilter } from "../users/user.types.ts";
import type { Day } from "./access-rule.hours.ts";
import type { CreateAccessRule, GivenHours, UpdateAccessRule } from "./access-rule.service.ts";
import { DAY_ENUM } from "./access-rule.types.ts";

const NAME_LIMIT = 200;
const LIST_LIMIT = 50;
const NAME = /\S/u;
const NAME_RULE = { message: "must hold something other than white space" };

@InputType({ description: "A part of the week, by the wall clock of the rule's time zone." })
export class AccessHoursInput implements GivenHours {
  @Field(() => [DAY_ENUM], { description: "On which days it begins." })
  days!: Day[];

  @Field(() => String, { nullable: true, defaultValue: "00:00", description: "From which time of day, included." })
  from!: string;

  @Field(() => String, {
    nullable: true,
    defaultValue: "24:00",
    description: "Until which time of day, not included; of the next day where it is not later than from.",
  })
  until!: string;
}

@InputType({ description: "A new rule. It needs at least one of object, hours and networks." })
export class CreateAccessRuleInput extends MutationInput {
  @Field(() => String, { description: `The name to show; 1 to ${NAME_LIMIT} characters.` })
  @Matches(NAME, NAME_RULE)
  @MaxLength(NAME_LIMIT)
  name!: string;

  @Field(() => [enumOf(PERMISSION)], {
    description: "Which permissions it narrows; not ROLE_MANAGE, by which rules are mended.",
  })
  @ArrayMinSize(1)
  permissions!: Permission[];

  @Field(() => UserFilter, { nullable: true, description: "Whom it concerns; without it everybody, machines too." })
  actor?: object | null;

  @Field(() => UserFilter, { nullable: true, description: "Over whom alone the permissions may be used." })
  object?: object | null;

  @Field(() => [AccessHoursInput], { nullable: true, description: `When alone; at most ${LIST_LIMIT}.` })
  @IsOptional()
  @ArrayMinSize(1)
  @ArrayMaxSize(LIST_LIMIT)
  hours?: AccessHoursInput[] | null;

  @Field(() => String, {
    nullable: true,
    defaultValue: "UTC",
    description: "The time zone of the hours: an IANA name, e.g. Europe/Zurich.",
  })
  timezone?: string | null;

  @Field(() => [String], {
    nullable: true,
    description: `From which networks alone, in CIDR notation, e.g. 10.0.0.0/8; at most ${LIST_LIMIT}.`,
  })
  @IsOptional()
  @ArrayMinSize(1)
  @ArrayMaxSize(LIST_LIMIT)
  networks?: string[] | null;

  toCommand(): CreateAccessRule {
    return {
      name: this.name,
      permissions: this.permissions,
      actor: this.actor ?? null,
      object: this.object ?? null,
      hours: this.hours ?? null,
      timezone: this.timezone ?? "UTC",
      networks: this.networks ?? null,
      ...optionsOf(this),
    };
  }
}

@InputType({
  description:
    "Changes to a rule. An absent field is left as it is; null clears actor, object, hours and networks and is refused elsewhere; a list replaces the list.",
})
export class UpdateAccessRuleInput extends VersionedInput {
  @Field(() => String, { nullable: true, description: `The name to show; 1 to ${NAME_LIMIT} characters.` })
  @ValidateIf(isGiven("name"))
  @Matches(NAME, NAME_RULE)
  @MaxLength(NAME_LIMIT)
  name?: string | null;

  @Field(() => [enumOf(PERMISSION)], { nullable: true, description: "Which permissions it narrows." })
  @ValidateIf(isGiven("permissions"))
  @ArrayMinSize(1)
  permissions?: Permission[] | null;

  @Field(() => UserFilter, { nullable: true, description: "Whom it concerns." })
  actor?: object | null;

  @Field(() => UserFilter, { nullable: true, description: "Over whom alone the permissions may be used." })
  object?: object | null;

  @Field(() => [AccessHoursInput], { nullable: true, description: `When alone; at most ${LIST_LIMIT}.` })
  @IsOptional()
  @ArrayMinSize(1)
  @ArrayMaxSize(LIST_LIMIT)
  hours?: AccessHoursInput[] | null;

  @Field(() => String, { nullable: true, description: "The time zone of the hours: an IANA name." })
  @ValidateIf(isGiven("timezone"))
  @IsNotEmpty()
  timezone?: string | null;

  @Field(() => [String], { nullable: true, description: `From which networks alone; at most ${LIST_LIMIT}.` })
  @IsOptional()
  @ArrayMinSize(1)
  @ArrayMaxSize(LIST_LIMIT)
  networks?: string[] | null;

  toCommand(): UpdateAccessRule {
    const { actor, object, hours, networks } = this;
    return {
      id: uuidOf("AccessRule", this.id, "input.id"),
      expectedVersion: this.expectedVersion ?? undefined,
      name: this.name ?? undefined,
      permissions: this.permissions ?? undefined,
      timezone: this.timezone ?? undefined,
      actor,
      object,
      hours,
      networks,
      ...optionsOf(this),
    };
  }
}

@InputType({ description: "Takes a rule away: what it narrowed may be used again as grants say." })
export class DeleteAccessRuleInput extends MutationInput {
  @Field(() => ID, { description: "Which rule." })
  id!: string;

  toCommand(): CommandOptions & { id: string } {
    return { id: uuidOf("AccessRule", this.id, "input.id"), ...optionsOf(this) };
  }
}

const optionsOf = ({ reason, idempotencyKey }: MutationInput): CommandOptions => ({
  reason: reason ?? null,
  idempotencyKey: idempotencyKey ?? null,
});
