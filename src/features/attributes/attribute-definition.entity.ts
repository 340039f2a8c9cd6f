import { defineEntity, p } from "@mikro-orm/core";
import type { DefinedType } from "../../access/actor.ts";
import type { Permission } from "../../kernel/permissions.ts";

/** Whether an attribute is in use, still accepted but not asked for, or gone. */
export type AttributeState = "ACTIVE" | "DEPRECATED" | "REMOVED";

/** One of the values that a CHOICE, or a SET of choices, may hold. */
export interface AttributeChoice {
  value: string;
  label: string;
}

const schema = defineEntity({
  name: "AttributeDefinitionEntity",
  tableName: "attribute_definition",
  properties: {
    id: p.uuid().primary(),
    version: p.integer(),
    key: p.text(),
    name: p.text(),
    description: p.text().strictNullable(),
    type: p.text().$type<DefinedType>(),
    state: p.text().$type<AttributeState>(),
    required: p.boolean(),
    unique: p.boolean(),
    pattern: p.text().strictNullable(),
    minimum: p.float().strictNullable(),
    maximum: p.float().strictNullable(),
    earliest: p.date().strictNullable(),
    latest: p.date().strictNullable(),
    minLength: p.integer().strictNullable(),
    maxLength: p.integer().strictNullable(),
    choices: p.json<AttributeChoice[]>().strictNullable(),
    sensitive: p.boolean(),
    selfEditable: p.boolean(),
    readPermission: p.text().$type<Permission>().strictNullable(),
    searchable: p.boolean(),
    createdAt: p.datetime(3),
    updatedAt: p.datetime(3),
  },
});

/** What an attribute may hold and who may read it, as it is stored. Its key never changes. */
export class AttributeDefinitionEntity extends schema.class {}
schema.setClass(AttributeDefinitionEntity);
