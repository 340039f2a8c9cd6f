import { Field, ID, ObjectType } from "type-graphql";
import { carried, Read } from "../../graphql/rules.ts";
import { JSONScalar } from "../../graphql/scalars.ts";
import { publicId } from "../../kernel/ids.ts";
import type { RequiredFactor } from "../auth/sign-in-policy.entity.ts";
import { REQUIRED_FACTOR_ENUM } from "../auth/sign-in-policy.types.ts";
import type { RoleChange, TemplateChanges } from "./profile-template.changes.ts";
import { ProfileTemplateGroup } from "./profile-template.types.ts";

@ObjectType({ description: "A field that templates fill." })
@Read(carried)
export class TemplateFieldChange {
  @Field(() => String, { description: "The field; an attribute as attributes.<key>." })
  field!: string;

  @Field(() => JSONScalar, { nullable: true, description: "What stood there; null where nothing did." })
  before!: unknown;

  @Field(() => JSONScalar, {
    nullable: true,
    description: "What it is filled with; null where what a template filled is cleared.",
  })
  after!: unknown;
}

@ObjectType({ description: "A role that templates give or no longer give." })
@Read(carried)
export class TemplateRoleChange {
  @Field(() => String, { description: "The role's key." })
  roleKey: string;

  @Field(() => ID, { nullable: true, description: "Over which org unit; null: everywhere." })
  unitId: string | null;

  constructor({ roleKey, unitId }: RoleChange) {
    this.roleKey = roleKey;
    this.unitId = unitId && publicId("OrgUnit", unitId);
  }
}

@ObjectType({ description: "The second factor that templates demand, at every sign-in." })
@Read(carried)
export class TemplateFactorChange {
  @Field(() => REQUIRED_FACTOR_ENUM, { nullable: true, description: "What they demanded; null: none." })
  before!: RequiredFactor | null;

  @Field(() => REQUIRED_FACTOR_ENUM, { nullable: true, description: "What they demand; null: none." })
  after!: RequiredFactor | null;
}

@ObjectType("TemplateChanges", { description: "What profile templates make of somebody who joins or moves." })
@Read(carried)
export class TemplateChangesType {
  @Field(() => [TemplateFieldChange], { description: "What is filled, of the fields that the viewer may read." })
  fields: TemplateFieldChange[];

  @Field(() => [TemplateRoleChange], { description: "Roles that are granted." })
  rolesGranted: TemplateRoleChange[];

  @Field(() => [TemplateRoleChange], { description: "Roles that came of a template and that none grants any more." })
  rolesEnded: TemplateRoleChange[];

  @Field(() => [ProfileTemplateGroup], { description: "Groups that the person is put into." })
  groupsJoined: ProfileTemplateGroup[];

  @Field(() => [ProfileTemplateGroup], {
    description: "Groups that they were put into by a template and that none puts them into any more.",
  })
  groupsLeft: ProfileTemplateGroup[];

  @Field(() => TemplateFactorChange, {
    description: "The strongest second factor that those demand that fit: sign-in policies may demand more.",
  })
  factor: TemplateFactorChange;

  constructor({ fields, rolesGranted, rolesEnded, groupsJoined, groupsLeft, factor }: TemplateChanges) {
    this.fields = fields as TemplateFieldChange[];
    this.rolesGranted = rolesGranted.map((one) => new TemplateRoleChange(one));
    this.rolesEnded = rolesEnded.map((one) => new TemplateRoleChange(one));
    this.groupsJoined = groupsJoined.map((one) => new ProfileTemplateGroup(one));
    this.groupsLeft = groupsLeft.map((one) => new ProfileTemplateGroup(one));
    this.factor = factor;
  }
}
