import { MaxLength } from "class-validator";
import { Field, ID, InputType } from "type-graphql";
import { MutationInput, SecretInput } from "../../graphql/mutation-input.ts";
import { EmailAddressScalar } from "../../graphql/scalars.ts";
import { uuidOf } from "../../kernel/ids.ts";
import type { InviteUser, RequestVerification } from "./link.service.ts";

/** No token is nearly as long, and no password. */
const TEXT_LIMIT = 1_024;

@InputType({ description: "Somebody who is to choose their first password." })
export class InviteUserInput extends MutationInput {
  @Field(() => ID, { description: "Whom: somebody who is PENDING, or ACTIVE, and has no password yet." })
  id!: string;

  toCommand(): InviteUser {
    return {
      id: uuidOf("User", this.id, "input.id"),
      reason: this.reason ?? null,
      idempotencyKey: this.idempotencyKey ?? null,
    };
  }
}

/** What came by mail, and the password to be. */
@InputType()
abstract class NewPasswordInput {
  @Field(() => String, { description: "What stands in the link behind `#token=`." })
  @MaxLength(TEXT_LIMIT)
  token!: string;

  @Field(() => String, { description: "The password to be: 15 to 128 characters, or 8 beside a second factor." })
  @MaxLength(TEXT_LIMIT)
  newPassword!: string;

  toCommand(): { token: string; newPassword: string } {
    return { token: this.token, newPassword: this.newPassword };
  }
}

@InputType({ description: "Accepts an invitation." })
export class AcceptInvitationInput extends NewPasswordInput {}

@InputType({ description: "Sets a new password by what was sent to the primary address." })
export class ResetPasswordInput extends NewPasswordInput {}

@InputType({ description: "Asks for a mail by which a new password can be set." })
export class RequestPasswordResetInput {
  @Field(() => EmailAddressScalar, { description: "The account's primary address." })
  email!: string;

  toCommand(): { email: string } {
    return { email: this.email };
  }
}

@InputType({ description: "Asks for a mail by which one of one's own addresses is verified." })
export class RequestEmailVerificationInput extends SecretInput {
  @Field(() => EmailAddressScalar, { nullable: true, description: "Which of them; without it, the primary one." })
  email?: string | null;

  toCommand(): RequestVerification {
    return { email: this.email ?? null, reason: this.reason ?? null };
  }
}

@InputType({ description: "Verifies the address that a mail was sent to." })
export class VerifyEmailInput {
  @Field(() => String, { description: "What stands in the link behind `#token=`." })
  @MaxLength(TEXT_LIMIT)
  token!: string;

  toCommand(): { token: string } {
    return { token: this.token };
  }
}
