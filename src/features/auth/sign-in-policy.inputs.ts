import { IsInt, IsNotEmpty, Matches, Max, MaxLength, Min, ValidateIf } from "class-validator";
import { Field, ID, InputType, Int } from "type-graphql";
import type { CommandOptions } from "../../access/command.ts";
import { isGiven } from "../../graphql/given.ts";
import { MutationInput, VersionedInput } from "../../graphql/mutation-input.ts";
import { uuidOf } from "../../kernel/ids.ts";
import { UserFilter } from "../users/user.types.ts";
import type { RequiredFactor } from "./sign-in-policy.entity.ts";
import type { CreateSignInPolicy, UpdateSignInPolicy } from "./sign-in-policy.service.ts";
import { REQUIRED_FACTOR_ENUM } from "./sign-in-policy.types.ts";

const NAME_LIMIT = 200;
const DAYS_LIMIT = 365;
const NAME = /\S/u;
const NAME_RULE = { message: "must hold something other than white space" };

@InputType({ description: "A new policy." })
export class CreateSignInPolicyInput extends MutationInput {
  @Field(() => String, { description: `The name to show; 1 to ${NAME_LIMIT} characters.` })
  @Matches(NAME, NAME_RULE)
  @MaxLength(NAME_LIMIT)
  name!: string;

  @Field(() => UserFilter, { description: "Whom it is about: by roles, org unit, attributes or anything else." })
  filter!: object;

  @Field(() => REQUIRED_FACTOR_ENUM, { description: "What it asks for." })
  require!: RequiredFactor;

  @Field(() => Int, {
    nullable: true,
    description: `For how many days somebody may go on without it; 0 to ${DAYS_LIMIT}, 0 where it is not given.`,
  })
  @ValidateIf(isGiven("graceDays"))
  @IsInt()
  @Min(0)
  @Max(DAYS_LIMIT)
  graceDays?: number | null;

  toCommand(): CreateSignInPolicy {
    const { name, filter, require } = this;
    return { name, filter, require, graceDays: this.graceDays ?? 0, ...optionsOf(this) };
  }
}

@InputType({ description: "Changes to a policy. An absent field is left as it is; null is refused." })
export class UpdateSignInPolicyInput extends VersionedInput {
  @Field(() => String, { nullable: true, description: `The name to show; 1 to ${NAME_LIMIT} characters.` })
  @ValidateIf(isGiven("name"))
  @Matches(NAME, NAME_RULE)
  @MaxLength(NAME_LIMIT)
  name?: string | null;

  @Field(() => UserFilter, { nullable: true, description: "Whom it is about." })
  @ValidateIf(isGiven("filter"))
  @IsNotEmpty()
  filter?: object | null;

  @Field(() => REQUIRED_FACTOR_ENUM, { nullable: true, description: "What it asks for." })
  @ValidateIf(isGiven("require"))
  @IsNotEmpty()
  require?: RequiredFactor | null;

  @Field(() => Int, { nullable: true, description: `For how many days; 0 to ${DAYS_LIMIT}.` })
  @ValidateIf(isGiven("graceDays"))
  @IsInt()
  @Min(0)
  @Max(DAYS_LIMIT)
  graceDays?: number | null;

  toCommand(): UpdateSignInPolicy {
    return {
      id: uuidOf("SignInPolicy", this.id, "input.id"),
      expectedVersion: this.expectedVersion ?? undefined,
      name: this.name ?? undefined,
      filter: this.filter ?? undefined,
      require: this.require ?? undefined,
      graceDays: this.graceDays ?? undefined,
      ...optionsOf(this),
    };
  }
}

@InputType({ description: "Takes a policy away." })
export class DeleteSignInPolicyInput extends MutationInput {
  @Field(() => ID, { description: "Which." })
  id!: string;

  toCommand(): CommandOptions & { id: string } {
    return { id: uuidOf("SignInPolicy", this.id, "input.id"), ...optionsOf(this) };
  }
}

const optionsOf = ({ reason, idempotencyKey }: MutationInput): CommandOptions => ({
  reason: reason ?? null,
  idempotencyKey: idempotencyKey ?? null,
});
