import { defineEntity, p } from "@mikro-orm/core";
import type { ActorKind } from "../../access/actor.ts";

/** What a person can prove: something known, something held, or a code from paper. */
export type ProvedFactor = "PASSWORD" | "TOTP" | "PASSKEY" | "RECOVERY_CODE";

const schema = defineEntity({
  name: "SessionEntity",
  tableName: "session",
  properties: {
    id: p.uuid().primary(),
    userId: p.uuid(),
    /** How it began: password, passkey. */
    method: p.text(),
    /** What was proved so far. */
    factors: p.array<ProvedFactor>(),
    /** Good for enrolling a factor or setting a password, and for nothing else. */
    enrolmentOnly: p.boolean(),
    createdAt: p.datetime(3),
    /** When the person last proved that it is them. */
    authenticatedAt: p.datetime(3),
    expiresAt: p.datetime(3),
    ip: p.text().strictNullable(),
    userAgent: p.text().strictNullable(),
    country: p.text().strictNullable(),
    endedAt: p.datetime(3).strictNullable(),
    endedByKind: p.text().$type<ActorKind>().strictNullable(),
    endedById: p.uuid().strictNullable(),
    endedByName: p.text().strictNullable(),
    endReason: p.text().strictNullable(),
  },
});

/** A session as it is stored; what changes with every use stands in `session_use`. */
export class SessionEntity extends schema.class {}
schema.setClass(SessionEntity);
