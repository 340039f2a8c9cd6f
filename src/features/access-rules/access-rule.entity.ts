import { defineEntity, p } from "@mikro-orm/core";
import type { Permission } from "../../kernel/permissions.ts";
import type { Filter } from "../../search/filter.ts";
import type { Hours } from "./access-rule.hours.ts";

const schema = defineEntity({
  name: "AccessRuleEntity",
  tableName: "access_rule",
  properties: {
    id: p.uuid().primary(),
    version: p.integer(),
    name: p.text(),
    permissions: p.array<Permission>(),
    /** Whom it concerns; null: everybody. */
    actor: p.json<Filter>().strictNullable(),
    /** Over whom the permissions may be used; null: over everybody in reach. */
    object: p.json<Filter>().strictNullable(),
    /** When; null: at any time. */
    hours: p.json<Hours[]>().strictNullable(),
    timezone: p.text(),
    /** From where, in CIDR notation; null: from anywhere. */
    networks: p.array<string>().strictNullable(),
    createdAt: p.datetime(3),
    updatedAt: p.datetime(3),
  },
});

/** A rule as it is stored. */
export class AccessRuleEntity extends schema.class {}
schema.setClass(AccessRuleEntity);
