import { Field, ObjectType } from "type-graphql";
import { ConsequenceType } from "../../graphql/consequence-type.ts";
import { MutationPayload } from "../../graphql/mutation-input.ts";
import { carried, Read } from "../../graphql/rules.ts";
import { DateTimeScalar, EmailAddressScalar } from "../../graphql/scalars.ts";
import type { Consequence } from "../../kernel/consequence.ts";
import { User } from "../users/user.types.ts";

@ObjectType({ description: "Somebody was asked to choose their first password." })
@Read(carried)
export class InviteUserPayload extends MutationPayload {
  @Field(() => User, { nullable: true, description: "The user; null where the viewer may not see them." })
  user!: User | null;

  @Field(() => DateTimeScalar, { description: "Until when the invitation can be accepted." })
  expiresAt!: Date;
}

@ObjectType({ description: "A password was set by a link." })
@Read(carried)
export class LinkPasswordPayload extends MutationPayload {
  @Field(() => String, { description: "The name to sign in with." })
  username!: string;

  @Field(() => [ConsequenceType], { description: "What else was done: sessions that were ended." })
  consequences!: Consequence[];
}

@ObjectType({ description: "A password was set by an invitation." })
@Read(carried)
export class AcceptInvitationPayload extends MutationPayload {
  @Field(() => String, { description: "The name to sign in with." })
  username!: string;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: "When the person's start is, where it is to come: nobody signs in as them before. null: they may now.",
  })
  startsAt!: Date | null;

  @Field(() => [ConsequenceType], { description: "What else was done: sessions that were ended." })
  consequences!: Consequence[];
}

@ObjectType({ description: "What was asked for will come by mail, where there is anybody to send it to." })
@Read(carried)
export class RequestPasswordResetPayload extends MutationPayload {}

@ObjectType({ description: "A link was sent to the address." })
@Read(carried)
export class RequestEmailVerificationPayload extends MutationPayload {
  @Field(() => DateTimeScalar, { description: "Until when it can be used." })
  expiresAt!: Date;
}

@ObjectType({ description: "An address is known to reach its person." })
@Read(carried)
export class VerifyEmailPayload extends MutationPayload {
  @Field(() => EmailAddressScalar, { description: "The address." })
  email!: string;
}
