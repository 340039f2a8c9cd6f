import { defineEntity, p } from "@mikro-orm/core";

const schema = defineEntity({
  name: "ApprovalDelegationEntity",
  tableName: "approval_delegation",
  properties: {
    id: p.uuid().primary(),
    /** In whose place. */
    userId: p.uuid(),
    delegateId: p.uuid(),
    startsAt: p.datetime(3),
    endsAt: p.datetime(3),
    /** When somebody ended it before its time. */
    endedAt: p.datetime(3).strictNullable(),
    createdAt: p.datetime(3),
  },
});

/** Somebody decides in another person's place for a time, as it is stored. */
export class ApprovalDelegationEntity extends schema.class {}
schema.setClass(ApprovalDelegationEntity);
