import { defineEntity, p } from "@mikro-orm/core";
import type { ActorKind } from "../../access/actor.ts";
import type { Permission } from "../../kernel/permissions.ts";

const roleSchema = defineEntity({
  name: "RoleEntity",
  tableName: "role",
  properties: {
    id: p.uuid().primary(),
    version: p.integer(),
    key: p.text(),
    name: p.text(),
    description: p.text().strictNullable(),
    privileged: p.boolean(),
    permissions: p.array<Permission>(),
    createdAt: p.datetime(3),
    updatedAt: p.datetime(3),
  },
});

/** A named set of permissions as it is stored. */
export class RoleEntity extends roleSchema.class {}
roleSchema.setClass(RoleEntity);

const inheritanceSchema = defineEntity({
  name: "RoleInheritanceEntity",
  tableName: "role_inheritance",
  properties: {
    id: p.uuid().primary(),
    roleId: p.uuid(),
    inheritsId: p.uuid(),
  },
});

/** One role includes everything that another one allows. */
export class RoleInheritanceEntity extends inheritanceSchema.class {}
inheritanceSchema.setClass(RoleInheritanceEntity);

const grantSchema = defineEntity({
  name: "RoleGrantEntity",
  tableName: "role_grant",
  properties: {
    id: p.uuid().primary(),
    /** Whom it was given to: a person or a group. */
    userId: p.uuid().strictNullable(),
    groupId: p.uuid().strictNullable(),
    roleId: p.uuid(),
    /** Null: everywhere. */
    scopeId: p.uuid().strictNullable(),
    startsAt: p.datetime(3),
    expiresAt: p.datetime(3).strictNullable(),
    grantedByKind: p.text().$type<ActorKind>(),
    grantedById: p.uuid().strictNullable(),
    grantedByName: p.text(),
    grantedAt: p.datetime(3),
    reason: p.text().strictNullable(),
    revokedAt: p.datetime(3).strictNullable(),
  },
});

/** A role given to a user or a group over a unit and all below it, or everywhere, for a time. */
export class RoleGrantEntity extends grantSchema.class {}
grantSchema.setClass(RoleGrantEntity);
