import { Field, ObjectType } from "type-graphql";
import { enumOf } from "../../graphql/catalogue-types.ts";
import { MutationPayload } from "../../graphql/mutation-input.ts";
import { carried, Read } from "../../graphql/rules.ts";
import { DateTimeScalar, JSONObjectScalar } from "../../graphql/scalars.ts";
import { MFA_METHOD } from "../users/user.fields.ts";
import { Session } from "./session.types.ts";

@ObjectType({ description: "What is still asked for: pass its id to completeSignIn, with a proof." })
@Read(carried)
export class SignInChallenge {
  @Field(() => String, { description: "Names the sign-in that is under way. It is told this once." })
  id!: string;

  @Field(() => [enumOf(MFA_METHOD)], { description: "By what it can be completed." })
  methods!: string[];

  @Field(() => JSONObjectScalar, {
    nullable: true,
    description:
      "What `PublicKeyCredential.parseRequestOptionsFromJSON` makes options for `navigator.credentials.get` of; null where there is no passkey.",
  })
  passkeyOptions!: object | null;

  @Field(() => DateTimeScalar, { description: "Until when." })
  expiresAt!: Date;
}

@ObjectType({
  description:
    "Either the session and its tokens, or what is still asked for. Tokens are told this once; a browser keeps them in memory and nowhere else.",
})
@Read(carried)
export class SignInPayload extends MutationPayload {
  @Field(() => Session, { nullable: true, description: "The session; null while something is still asked for." })
  session!: Session | null;

  @Field(() => String, {
    nullable: true,
    description: "To be sent as `Authorization: Bearer …`: a JWT of type at+jwt (RFC 9068) that holds for minutes.",
  })
  accessToken!: string | null;

  @Field(() => DateTimeScalar, { nullable: true, description: "When the access token runs out." })
  accessTokenExpiresAt!: Date | null;

  @Field(() => String, {
    nullable: true,
    description: "For refreshSession, once: using it twice ends the session, since somebody must have a copy.",
  })
  refreshToken!: string | null;

  @Field(() => SignInChallenge, {
    nullable: true,
    description: "What is still asked for; null once there is a session.",
  })
  challenge!: SignInChallenge | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description:
      "Until when a policy lets the person in without the second factor that it asks for; null where none does.",
  })
  enrolFactorBy!: Date | null;
}

@ObjectType({ description: "What a passkey has to sign." })
@Read(carried)
export class PasskeyChallengePayload extends MutationPayload {
  @Field(() => String, { description: "Names what is under way. It is told this once." })
  challenge!: string;

  @Field(() => JSONObjectScalar, {
    description:
      "What `PublicKeyCredential.parseRequestOptionsFromJSON`, or `parseCreationOptionsFromJSON` for a new passkey, takes.",
  })
  options!: object;

  @Field(() => DateTimeScalar, { description: "Until when." })
  expiresAt!: Date;
}
