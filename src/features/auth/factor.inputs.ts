import { IsOptional, Matches, MaxLength } from "class-validator";
import { Field, ID, InputType } from "type-graphql";
import type { CommandOptions } from "../../access/command.ts";
import { MutationInput } from "../../graphql/mutation-input.ts";
import { JSONObjectScalar } from "../../graphql/scalars.ts";
import { uuidOf } from "../../kernel/ids.ts";
import type { FactorProof } from "./factor.proofs.ts";
import type { NamedFactor, NewPasskeyCommand, ProvedFactorCommand } from "./factor.service.ts";
import type { Reauthenticate } from "./session.reauthentication.ts";
import { FactorProofInput } from "./sign-in.inputs.ts";

const NAME_LIMIT = 100;
const SECRET_LIMIT = 1_024;
const NAME = /\S/u;
const NAME_RULE = { message: "must hold something other than white space" };

/** An input that is answered with a secret, or carries one: its answer is not kept for a repeat. */
@InputType()
abstract class SecretInput {
  @Field(() => String, { nullable: true, description: "Why: kept in the audit log. At most 1,000 characters." })
  @IsOptional()
  @MaxLength(1000)
  reason?: string | null;

  get options(): CommandOptions {
    return { reason: this.reason ?? null };
  }
}

@InputType({ description: "A new authenticator app." })
export class BeginTotpEnrolmentInput extends SecretInput {
  @Field(() => String, { description: `What to call it; 1 to ${NAME_LIMIT} characters.` })
  @Matches(NAME, NAME_RULE)
  @MaxLength(NAME_LIMIT)
  name!: string;

  toCommand(): NamedFactor {
    return { name: this.name, ...this.options };
  }
}

@InputType({ description: "Proves that the app has the secret." })
export class ConfirmTotpEnrolmentInput extends MutationInput {
  @Field(() => ID, { description: "Which factor." })
  id!: string;

  @Field(() => String, { description: "The six digits that the app shows." })
  @MaxLength(SECRET_LIMIT)
  code!: string;

  toCommand(): ProvedFactorCommand {
    return { id: uuidOf("Factor", this.id, "input.id"), code: this.code, ...optionsOf(this) };
  }
}

@InputType({ description: "Begins something that a passkey completes." })
export class BeginPasskeyInput extends SecretInput {
  toCommand(): CommandOptions {
    return this.options;
  }
}

@InputType({ description: "A new passkey." })
export class AddPasskeyInput extends SecretInput {
  @Field(() => String, { description: "What beginPasskeyEnrolment gave." })
  @MaxLength(SECRET_LIMIT)
  challenge!: string;

  @Field(() => JSONObjectScalar, { description: "What `navigator.credentials.create` gave, by its `toJSON()`." })
  credential!: Readonly<Record<string, unknown>>;

  @Field(() => String, { description: `What to call it; 1 to ${NAME_LIMIT} characters.` })
  @Matches(NAME, NAME_RULE)
  @MaxLength(NAME_LIMIT)
  name!: string;

  toCommand(): NewPasskeyCommand {
    return { challenge: this.challenge, credential: this.credential, name: this.name, ...this.options };
  }
}

@InputType({ description: "Takes a factor of one's own away." })
export class RemoveFactorInput extends MutationInput {
  @Field(() => ID, { description: "Which." })
  id!: string;

  toCommand(): CommandOptions & { id: string } {
    return { id: uuidOf("Factor", this.id, "input.id"), ...optionsOf(this) };
  }
}

@InputType({ description: "Asks for new recovery codes; those before hold no more." })
export class CreateRecoveryCodesInput extends SecretInput {
  toCommand(): CommandOptions {
    return this.options;
  }
}

@InputType({ description: "Takes all factors of a person away who has lost them." })
export class ResetUserFactorsInput extends MutationInput {
  @Field(() => ID, { description: "Whose." })
  userId!: string;

  toCommand(): CommandOptions & { userId: string } {
    return { userId: uuidOf("User", this.userId, "input.userId"), ...optionsOf(this) };
  }
}

@InputType({
  description: "Proves that it is still the same person: by a second factor where they have one, else by the password.",
})
export class ReauthenticateInput {
  @Field(() => String, { nullable: true, description: "The password, where there is no second factor." })
  @IsOptional()
  @MaxLength(SECRET_LIMIT)
  password?: string | null;

  @Field(() => String, { nullable: true, description: "What beginPasskeyUse gave, where a passkey proves it." })
  @IsOptional()
  @MaxLength(SECRET_LIMIT)
  challenge?: string | null;

  @Field(() => FactorProofInput, { nullable: true, description: "The proof of a second factor." })
  proof?: FactorProofInput | null;

  toCommand(): Reauthenticate {
    const proof: FactorProof | undefined = this.proof?.toProof();
    return { password: this.password ?? undefined, challenge: this.challenge ?? undefined, proof };
  }
}

@InputType({ description: "A new password, by the one that is known." })
export class ChangePasswordInput {
  @Field(() => String, { description: "The password as it is." })
  @MaxLength(SECRET_LIMIT)
  currentPassword!: string;

  @Field(() => String, {
    description:
      "The new one: 15 to 128 characters, or 8 where there is a second factor. Any characters; no common password, and no names of the person or the organisation alone.",
  })
  @MaxLength(SECRET_LIMIT)
  newPassword!: string;

  toCommand(): { current: string; next: string } {
    return { current: this.currentPassword, next: this.newPassword };
  }
}

const optionsOf = ({ reason, idempotencyKey }: MutationInput): CommandOptions => ({
  reason: reason ?? null,
  idempotencyKey: idempotencyKey ?? null,
});
