import { IsInt, IsOptional, Max, MaxLength, Min } from "class-validator";
import { Field, InputType, Int } from "type-graphql";
import { OneOf } from "../../graphql/one-of.ts";
import { JSONObjectScalar } from "../../graphql/scalars.ts";
import type { FactorProof } from "./factor.proofs.ts";
import { CHALLENGE_SECONDS, CHALLENGE_SECONDS_MIN } from "./sign-in.challenge.ts";

/** The longest address that there is. */
const NAME_LIMIT = 320;
const TOKEN_LIMIT = 512;
/** No password is nearly as long; whoever sends more is not signing in. */
const PASSWORD_TEXT_LIMIT = 1_024;

@InputType({ description: "Who signs in. Whatever is not right is refused in the same words." })
export class SignInInput {
  @Field(() => String, { description: "The username or the primary e-mail address; without regard to case." })
  @MaxLength(NAME_LIMIT)
  name!: string;

  @Field(() => String, { description: "The password." })
  @MaxLength(PASSWORD_TEXT_LIMIT)
  password!: string;

  toCommand(): { name: string; password: string } {
    return { name: this.name, password: this.password };
  }
}

@OneOf()
@InputType({ description: "A proof of a second factor: exactly one of these." })
export class FactorProofInput {
  @Field(() => String, { nullable: true, description: "The six digits that an authenticator app shows." })
  totpCode?: string;

  @Field(() => String, { nullable: true, description: "One of the recovery codes, which is used up by it." })
  recoveryCode?: string;

  @Field(() => JSONObjectScalar, {
    nullable: true,
    description: "What `navigator.credentials.get` gave, by its `toJSON()`.",
  })
  passkey?: Readonly<Record<string, unknown>>;

  toProof(): FactorProof {
    return { totpCode: this.totpCode, recoveryCode: this.recoveryCode, passkey: this.passkey };
  }
}

@InputType({ description: "Completes a sign-in." })
export class CompleteSignInInput {
  @Field(() => String, { description: "The id of the challenge." })
  @MaxLength(TOKEN_LIMIT)
  challenge!: string;

  @Field(() => FactorProofInput, { description: "What it asks for." })
  proof!: FactorProofInput;

  toCommand(): { challenge: string; proof: FactorProof } {
    return { challenge: this.challenge, proof: this.proof.toProof() };
  }
}

@InputType({ description: "Begins a sign-in by a passkey alone: the passkey says whose it is." })
export class BeginPasskeySignInInput {
  @Field(() => Int, {
    nullable: true,
    description: `For how many seconds it may be completed: ${CHALLENGE_SECONDS_MIN} to ${CHALLENGE_SECONDS}, which is what holds where nothing is given.`,
  })
  @IsOptional()
  @IsInt()
  @Min(CHALLENGE_SECONDS_MIN)
  @Max(CHALLENGE_SECONDS)
  validForSeconds?: number | null;

  toCommand(): { seconds: number } {
    return { seconds: this.validForSeconds ?? CHALLENGE_SECONDS };
  }
}

@InputType({ description: "The next turn of a session's tokens." })
export class RefreshSessionInput {
  @Field(() => String, { description: "The refresh token that was given last. It is used up by this." })
  @MaxLength(TOKEN_LIMIT)
  refreshToken!: string;

  toCommand(): { refreshToken: string } {
    return { refreshToken: this.refreshToken };
  }
}
