import { defineEntity, p } from "@mikro-orm/core";

export type GroupKind = "STATIC" | "DYNAMIC";

const schema = defineEntity({
  name: "GroupEntity",
  tableName: "user_group",
  properties: {
    id: p.uuid().primary(),
    version: p.integer(),
    key: p.text(),
    name: p.text(),
    description: p.text().strictNullable(),
    kind: p.text().$type<GroupKind>(),
    /** Of a dynamic group: the search that makes its members. */
    savedSearchId: p.uuid().strictNullable(),
    ownerId: p.uuid().strictNullable(),
    /** Null: who manages groups everywhere manages it. */
    orgUnitId: p.uuid().strictNullable(),
    createdAt: p.datetime(3),
    updatedAt: p.datetime(3),
  },
});

/** A named set of people as it is stored; who belongs to it stands in `group_member`. */
export class GroupEntity extends schema.class {}
schema.setClass(GroupEntity);
