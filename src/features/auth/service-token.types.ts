import { Field, ObjectType, registerEnumType } from "type-graphql";
import { enumOf } from "../../graphql/catalogue-types.ts";
import { MutationPayload } from "../../graphql/mutation-input.ts";
import { Node } from "../../graphql/node.ts";
import { connectionOf } from "../../graphql/paging.ts";
import { carried, Read } from "../../graphql/rules.ts";
import { DateTimeScalar } from "../../graphql/scalars.ts";
import { publicId } from "../../kernel/ids.ts";
import type { Permission } from "../../kernel/permissions.ts";
import { PERMISSION } from "../users/user.fields.ts";
import type { ServiceTokenKind } from "./service-token.commands.ts";

export const ServiceTokenKindEnum = { PERSONAL: "PERSONAL", ORGANISATION: "ORGANISATION" } as const;
registerEnumType(ServiceTokenKindEnum, {
  name: "ServiceTokenKind",
  description: "Whose a token is.",
  valuesConfig: {
    PERSONAL: { description: "A person's: their grants decide, and it ends when they stop being active." },
    ORGANISATION: { description: "A machine's, of the organisation: it has permissions of its own." },
  },
});

/** A token as queries read it. */
export interface ServiceTokenRecord {
  id: string;
  name: string;
  userId: string | null;
  permissions: Permission[] | null;
  scopeIds: string[] | null;
  createdAt: Date;
  rotatedAt: Date | null;
  previousUntil: Date | null;
  expiresAt: Date | null;
  revokedAt: Date | null;
  lastUsedAt: Date | null;
}

@ObjectType({
  implements: Node,
  description:
    "A secret by which a person or a machine is known to the gateway. The secret itself is shown once, when it is made.",
})
@Read(carried)
export class ServiceToken extends Node {
  readonly nodeType = "ServiceToken";
  readonly userId: string | null;
  readonly scopeIds: readonly string[] | null;

  @Field(() => String, { description: "What it is for, in the words of whoever made it." })
  name: string;

  @Field(() => ServiceTokenKindEnum, { description: "Whose it is." })
  kind: ServiceTokenKind;

  @Field(() => [enumOf(PERMISSION)], {
    nullable: true,
    description:
      "What a machine's token allows. Of a person's token, to what it is narrowed: their grants decide within it; null: it may do whatever the person may.",
  })
  permissions: Permission[] | null;

  @Field(() => DateTimeScalar, { description: "When it was made." })
  createdAt: Date;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: "When it got its present secret; null: when it was made.",
  })
  rotatedAt: Date | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: "Until when the secret before the present one still opens; null where there is none.",
  })
  previousSecretUntil: Date | null;

  @Field(() => DateTimeScalar, { nullable: true, description: "When it ends by itself; null where it does not." })
  expiresAt: Date | null;

  @Field(() => DateTimeScalar, { nullable: true, description: "When it was revoked." })
  revokedAt: Date | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: "When it was last used, within a minute; null where it never was.",
  })
  lastUsedAt: Date | null;

  constructor(record: ServiceTokenRecord) {
    super();
    this.id = publicId("ServiceToken", record.id);
    this.name = record.name;
    this.userId = record.userId;
    this.kind = record.userId === null ? "ORGANISATION" : "PERSONAL";
    this.permissions = record.permissions;
    this.scopeIds = record.scopeIds;
    this.createdAt = record.createdAt;
    this.rotatedAt = record.rotatedAt;
    this.previousSecretUntil = record.previousUntil;
    this.expiresAt = record.expiresAt;
    this.revokedAt = record.revokedAt;
    this.lastUsedAt = record.lastUsedAt;
  }
}

export const ServiceTokenConnection = connectionOf("ServiceToken", () => ServiceToken, "service tokens");

@ObjectType({ description: "The token after the change." })
@Read(carried)
export class ServiceTokenPayload extends MutationPayload {
  @Field(() => ServiceToken, {
    nullable: true,
    description: "The token; null where the viewer may not see it any more.",
  })
  serviceToken!: ServiceToken | null;
}

@ObjectType({ description: "A token and its new secret." })
@Read(carried)
export class ServiceTokenSecretPayload extends ServiceTokenPayload {
  @Field(() => String, {
    description:
      "What to send as Authorization: Bearer …. It is shown this once, and the gateway keeps no more than a hash of it.",
  })
  secret!: string;
}
