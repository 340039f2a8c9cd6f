import { defineEntity, p } from "@mikro-orm/core";
import type { Permission } from "../../kernel/permissions.ts";

const schema = defineEntity({
  name: "ServiceTokenEntity",
  tableName: "service_token",
  properties: {
    id: p.uuid().primary(),
    name: p.text(),
    /** The SHA-256 of the secret, which is kept nowhere. */
    hash: p.blob(),
    /** The same of the secret before the last rotation, and until when it still opens. */
    previousHash: p.blob().strictNullable(),
    previousUntil: p.datetime(3).strictNullable(),
    /** The person whose token it is, whose grants then decide. */
    userId: p.uuid().strictNullable(),
    /** What a machine's token allows; of a person's, to what it is narrowed, null: to nothing. */
    permissions: p.array<Permission>().strictNullable(),
    /** Over which units a machine's token allows it; null: everywhere. */
    scopeIds: p.array<string>().columnType("uuid[]").strictNullable(),
    /** Who was told a secret of a machine's token: what it asks for is theirs. Null of tokens from before this was kept. */
    makerIds: p.array<string>().columnType("uuid[]").strictNullable(),
    createdAt: p.datetime(3),
    rotatedAt: p.datetime(3).strictNullable(),
    expiresAt: p.datetime(3).strictNullable(),
    revokedAt: p.datetime(3).strictNullable(),
  },
});

/** A token as it is stored: of a machine, or of a person. */
export class ServiceTokenEntity extends schema.class {}
schema.setClass(ServiceTokenEntity);
