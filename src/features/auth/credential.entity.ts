import { defineEntity, p } from "@mikro-orm/core";

const passwordSchema = defineEntity({
  name: "UserPasswordEntity",
  tableName: "user_password",
  properties: {
    userId: p.uuid().primary(),
    /** PHC string of Argon2id. */
    hash: p.text(),
    /** Whether it is long enough to be the only factor. */
    alone: p.boolean(),
    changedAt: p.datetime(3),
  },
});

/** A person's password as it is stored. */
export class UserPasswordEntity extends passwordSchema.class {}
passwordSchema.setClass(UserPasswordEntity);

export type FactorKind = "TOTP" | "PASSKEY";

const factorSchema = defineEntity({
  name: "UserFactorEntity",
  tableName: "user_factor",
  properties: {
    id: p.uuid().primary(),
    userId: p.uuid(),
    kind: p.text().$type<FactorKind>(),
    name: p.text(),
    /** The encrypted secret of one-time codes, or a passkey's public key. */
    secret: p.blob(),
    credentialId: p.blob().strictNullable(),
    transports: p.array<string>(),
    backedUp: p.boolean(),
    createdAt: p.datetime(3),
    /** Null: begun, and not proved. */
    confirmedAt: p.datetime(3).strictNullable(),
  },
});

/** A second factor as it is stored; what changes with every use stands in `factor_use`. */
export class UserFactorEntity extends factorSchema.class {}
factorSchema.setClass(UserFactorEntity);
