import { defineEntity, p } from "@mikro-orm/core";

export type OrgUnitKind = "COMPANY" | "DIVISION" | "DEPARTMENT" | "TEAM" | "LOCATION" | "PARTNER";

const schema = defineEntity({
  name: "OrgUnitEntity",
  tableName: "org_unit",
  properties: {
    id: p.uuid().primary(),
    version: p.integer(),
    code: p.text(),
    name: p.text(),
    kind: p.text().$type<OrgUnitKind>(),
    parentId: p.uuid().strictNullable(),
    headId: p.uuid().strictNullable(),
    createdAt: p.datetime(3),
    updatedAt: p.datetime(3),
  },
});

/** An org unit as it is stored. */
export class OrgUnitEntity extends schema.class {}
schema.setClass(OrgUnitEntity);
