import { Field, ID, Int, ObjectType } from "type-graphql";
import { enumOf } from "../../graphql/catalogue-types.ts";
import { ConsequenceType } from "../../graphql/consequence-type.ts";
import { MutationPayload } from "../../graphql/mutation-input.ts";
import { carried, Read } from "../../graphql/rules.ts";
import { DateTimeScalar } from "../../graphql/scalars.ts";
import { MFA_METHOD } from "../users/user.fields.ts";

@ObjectType({ description: "A second factor that a person has enrolled." })
@Read(carried)
export class Factor {
  @Field(() => ID, { description: "The id." })
  id!: string;

  @Field(() => enumOf(MFA_METHOD), { description: "What it is: TOTP or PASSKEY." })
  kind!: string;

  @Field(() => String, { description: "What the person calls it." })
  name!: string;

  @Field(() => DateTimeScalar, { description: "When it was enrolled." })
  createdAt!: Date;

  @Field(() => DateTimeScalar, { nullable: true, description: "When it was last used; null where it never was." })
  lastUsedAt!: Date | null;

  @Field(() => Boolean, {
    description: "Whether the passkey is kept in several places, so that losing one is not losing it.",
  })
  backedUp!: boolean;
}

@ObjectType({ description: "The factor that was enrolled." })
@Read(carried)
export class FactorPayload extends MutationPayload {
  @Field(() => Factor, { description: "The factor." })
  factor!: Factor;
}

@ObjectType({ description: "What an authenticator app is given, this once." })
@Read(carried)
export class TotpEnrolmentPayload extends MutationPayload {
  @Field(() => ID, { description: "The factor, which counts once confirmTotpEnrolment has proved it." })
  id!: string;

  @Field(() => String, { description: "The secret, in base32, to be typed." })
  secret!: string;

  @Field(() => String, { description: "The same as a link, to be shown as a QR code: otpauth://totp/…." })
  uri!: string;
}

@ObjectType({
  description: "Recovery codes, told this once: to be printed, or kept beside the passwords of something else.",
})
@Read(carried)
export class RecoveryCodesPayload extends MutationPayload {
  @Field(() => [String], { description: "The codes; each is good once." })
  codes!: string[];
}

@ObjectType({ description: "What was taken away." })
@Read(carried)
export class ResetFactorsPayload extends MutationPayload {
  @Field(() => Int, { description: "How many factors, recovery codes aside." })
  removed!: number;

  @Field(() => [ConsequenceType], { description: "What else the same transaction did." })
  consequences!: ConsequenceType[];
}

@ObjectType({ description: "What setting a password brought about." })
@Read(carried)
export class PasswordPayload extends MutationPayload {
  @Field(() => [ConsequenceType], { description: "What else the same transaction did: the other sessions ended." })
  consequences!: ConsequenceType[];
}
