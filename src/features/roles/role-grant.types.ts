import { createUnionType, Field, ObjectType } from "type-graphql";
import type { ActorKind } from "../../access/actor.ts";
import { MutationPayload } from "../../graphql/mutation-input.ts";
import { Node } from "../../graphql/node.ts";
import { carried, Read } from "../../graphql/rules.ts";
import { DateTimeScalar } from "../../graphql/scalars.ts";
import { publicId } from "../../kernel/ids.ts";
import { Group } from "../groups/group.types.ts";
import { Actor } from "../users/actor.types.ts";
import { User } from "../users/user.types.ts";

/** A grant as queries read it. */
export interface RoleGrantRecord {
  id: string;
  /** Who holds it; null where it was read by itself and is a group's. */
  userId: string | null;
  /** The group that it was given to; null where it is a person's own. */
  groupId: string | null;
  roleId: string;
  scopeId: string | null;
  startsAt: Date;
  expiresAt: Date | null;
  grantedByKind: ActorKind;
  grantedById: string | null;
  grantedByName: string;
  grantedAt: Date;
  reason: string | null;
  revokedAt: Date | null;
  /** Whether whoever holds it is not ACTIVE. */
  resting: boolean;
}

export const Grantee = createUnionType({
  name: "Grantee",
  description: "Who can be granted a role: a user, or a group, whose members then hold it.",
  types: () => [User, Group] as const,
  resolveType: (value) => (value instanceof Group ? Group : User),
});

@ObjectType({
  implements: Node,
  description:
    "A role given to somebody, over an org unit and everything below it or everywhere, from a time and until a time.",
})
@Read(carried)
export class RoleGrant extends Node {
  readonly nodeType = "RoleGrant";
  readonly userId: string | null;
  readonly groupId: string | null;
  readonly roleId: string;
  readonly scopeId: string | null;

  @Field(() => DateTimeScalar, { description: "When it begins to be in force." })
  startsAt: Date;

  @Field(() => DateTimeScalar, { nullable: true, description: "When it ends by itself; null where it does not." })
  expiresAt: Date | null;

  @Field(() => Actor, { description: "Who granted it." })
  grantedBy: Actor;

  @Field(() => DateTimeScalar, { description: "When it was granted." })
  grantedAt: Date;

  @Field(() => String, { nullable: true, description: "Why it was granted, in the words of whoever did." })
  reason: string | null;

  @Field(() => Boolean, {
    description:
      "Whether it is in force now: begun, not expired, not revoked, and of somebody who is ACTIVE. Those of anybody else rest, and come back with the status.",
  })
  active: boolean;

  /** A grant as it is at an instant. */
  constructor(record: RoleGrantRecord, now: Date) {
    super();
    this.id = publicId("RoleGrant", record.id);
    this.userId = record.userId;
    this.groupId = record.groupId;
    this.roleId = record.roleId;
    this.scopeId = record.scopeId;
    this.startsAt = record.startsAt;
    this.expiresAt = record.expiresAt;
    this.grantedBy = new Actor(record.grantedByKind, record.grantedById, record.grantedByName);
    this.grantedAt = record.grantedAt;
    this.reason = record.reason;
    const begun = record.revokedAt === null && record.startsAt <= now;
    this.active = begun && (record.expiresAt === null || record.expiresAt > now) && !record.resting;
  }
}

@ObjectType({ description: "The grant after the change." })
@Read(carried)
export class RoleGrantPayload extends MutationPayload {
  @Field(() => RoleGrant, {
    nullable: true,
    description: "The grant; null where the viewer may not see the grantee's roles.",
  })
  grant!: RoleGrant | null;
}
