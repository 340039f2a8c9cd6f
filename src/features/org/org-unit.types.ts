import { Field, Int, ObjectType, registerEnumType } from "type-graphql";
import { ConsequenceType } from "../../graphql/consequence-type.ts";
import { ListSize } from "../../graphql/cost-declaration.ts";
import { MutationPayload } from "../../graphql/mutation-input.ts";
import { Node } from "../../graphql/node.ts";
import { connectionOf } from "../../graphql/paging.ts";
import { carried, Read } from "../../graphql/rules.ts";
import { publicId } from "../../kernel/ids.ts";
import type { OrgUnitKind } from "./org-unit.entity.ts";

export const OrgUnitKindEnum = {
  COMPANY: "COMPANY",
  DIVISION: "DIVISION",
  DEPARTMENT: "DEPARTMENT",
  TEAM: "TEAM",
  LOCATION: "LOCATION",
  PARTNER: "PARTNER",
} as const;
registerEnumType(OrgUnitKindEnum, {
  name: "OrgUnitKind",
  description: "What sort of unit it is.",
  valuesConfig: {
    COMPANY: { description: "A legal entity, usually a root." },
    DIVISION: { description: "A large part of a company." },
    DEPARTMENT: { description: "A department." },
    TEAM: { description: "People who work together day by day." },
    LOCATION: { description: "A place." },
    PARTNER: { description: "Another organisation whose people are kept here." },
  },
});

/** A unit as queries read it. */
export interface OrgUnitRecord {
  id: string;
  version: number;
  code: string;
  name: string;
  kind: OrgUnitKind;
  parentId: string | null;
  headId: string | null;
  /** The ids from the root down to the unit itself. */
  path: readonly string[];
}

@ObjectType({
  implements: Node,
  description:
    "A unit of the organisation: units form a tree, and permissions are held over a unit and everything below it.",
})
@Read(carried)
export class OrgUnit extends Node {
  readonly nodeType = "OrgUnit";
  readonly uuid: string;
  readonly path: readonly string[];
  readonly parentId: string | null;
  readonly headId: string | null;

  @Field(() => Int, { description: "Increases at every change; pass it as expectedVersion to refuse a lost update." })
  version: number;

  @Field(() => String, { description: "The unit's short name in other systems; unique without regard to case." })
  code: string;

  @Field(() => String, { description: "The name to show." })
  name: string;

  @Field(() => OrgUnitKindEnum, { description: "What sort of unit it is." })
  kind: OrgUnitKind;

  @Field(() => Int, { description: "How far below the root it stands; the root is at 0." })
  depth: number;

  constructor(record: OrgUnitRecord) {
    super();
    this.id = publicId("OrgUnit", record.id);
    this.uuid = record.id;
    this.version = record.version;
    this.code = record.code;
    this.name = record.name;
    this.kind = record.kind;
    this.path = record.path;
    this.depth = record.path.length - 1;
    this.parentId = record.parentId;
    this.headId = record.headId;
  }
}

export const OrgUnitConnection = connectionOf("OrgUnit", () => OrgUnit, "org units");

@ObjectType({ description: "The unit after the change, and what else the change brought about." })
@Read(carried)
export class OrgUnitPayload extends MutationPayload {
  @Field(() => OrgUnit, {
    nullable: true,
    description: "The unit; null where the change moved it out of the viewer's sight.",
  })
  orgUnit!: OrgUnit | null;

  @ListSize(5)
  @Field(() => [ConsequenceType], { description: "What else the same transaction did." })
  consequences!: ConsequenceType[];
}
