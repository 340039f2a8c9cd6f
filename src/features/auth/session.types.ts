import { Field, Int, ObjectType } from "type-graphql";
import type { ActorKind } from "../../access/actor.ts";
import { enumOf } from "../../graphql/catalogue-types.ts";
import { MutationPayload } from "../../graphql/mutation-input.ts";
import { Node } from "../../graphql/node.ts";
import { carried, Read } from "../../graphql/rules.ts";
import { DateTimeScalar } from "../../graphql/scalars.ts";
import { publicId } from "../../kernel/ids.ts";
import { Actor } from "../users/actor.types.ts";
import { isMultiFactor } from "./access-token.ts";
import type { ProvedFactor } from "./session.entity.ts";

/** A session as it is read. */
export interface SessionRecord {
  id: string;
  userId: string;
  method: string;
  factors: ProvedFactor[];
  enrolmentOnly: boolean;
  createdAt: Date;
  authenticatedAt: Date;
  lastSeenAt: Date;
  expiresAt: Date;
  ip: string | null;
  userAgent: string | null;
  country: string | null;
  endedAt: Date | null;
  endedBy: { kind: ActorKind; id: string | null; name: string } | null;
}

const FACTOR_ENUM = enumOf({
  name: "ProvedFactor",
  describe: "What a person proved when they signed in.",
  values: {
    PASSWORD: "That they know the password.",
    TOTP: "A one-time code by time (RFC 6238).",
    PASSKEY: "A passkey (WebAuthn).",
    RECOVERY_CODE: "A recovery code, which is used up by it.",
  },
});

@ObjectType({
  implements: Node,
  description: "A time for which a person is signed in, at one device. Its tokens hold while it does.",
})
@Read(carried)
export class Session extends Node {
  readonly nodeType = "Session";
  readonly uuid: string;
  readonly userId: string;

  @Field(() => DateTimeScalar, { description: "When the person signed in." })
  createdAt: Date;

  @Field(() => DateTimeScalar, { description: "When the person last proved that it is them." })
  authenticatedAt: Date;

  @Field(() => DateTimeScalar, { description: "When it was last used, to within some seconds." })
  lastSeenAt: Date;

  @Field(() => DateTimeScalar, { description: "When it ends, however much it is used." })
  expiresAt: Date;

  @Field(() => DateTimeScalar, { nullable: true, description: "When it ended; null while it is open." })
  endedAt: Date | null;

  @Field(() => Actor, { nullable: true, description: "Who ended it; null while it is open." })
  endedBy: Actor | null;

  @Field(() => String, { description: "How it began: password or passkey." })
  method: string;

  @Field(() => [FACTOR_ENUM], { description: "What was proved in it." })
  factors: ProvedFactor[];

  @Field(() => Boolean, { description: "Whether by two factors, or by a passkey, which is as good as two." })
  mfa: boolean;

  @Field(() => Boolean, {
    description: "Whether it is good for enrolling a factor or setting a password, and for nothing else.",
  })
  enrolmentOnly: boolean;

  @Field(() => String, { nullable: true, description: "The network address that the person signed in from." })
  ip: string | null;

  @Field(() => String, { nullable: true, description: "What the client said of itself." })
  userAgent: string | null;

  @Field(() => String, { nullable: true, description: "The country of that address, where it is known." })
  country: string | null;

  constructor(record: SessionRecord) {
    super();
    this.id = publicId("Session", record.id);
    this.uuid = record.id;
    this.userId = record.userId;
    this.createdAt = record.createdAt;
    this.authenticatedAt = record.authenticatedAt;
    this.lastSeenAt = record.lastSeenAt;
    this.expiresAt = record.expiresAt;
    this.endedAt = record.endedAt;
    this.endedBy = record.endedBy && new Actor(record.endedBy.kind, record.endedBy.id, record.endedBy.name);
    this.method = record.method;
    this.factors = record.factors;
    this.mfa = isMultiFactor(record.factors);
    this.enrolmentOnly = record.enrolmentOnly;
    this.ip = record.ip;
    this.userAgent = record.userAgent;
    this.country = record.country;
  }
}

@ObjectType({ description: "The session after the change." })
@Read(carried)
export class SessionPayload extends MutationPayload {
  @Field(() => Session, { description: "The session." })
  session!: Session;
}

@ObjectType({ description: "How many sessions were ended." })
@Read(carried)
export class RevokeSessionsPayload extends MutationPayload {
  @Field(() => Int, { description: "How many were open." })
  revoked!: number;
}
