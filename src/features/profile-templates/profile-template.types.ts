import { Field, ID, Int, ObjectType } from "type-graphql";
import { enumOf } from "../../graphql/catalogue-types.ts";
import { MutationPayload } from "../../graphql/mutation-input.ts";
import { Node } from "../../graphql/node.ts";
import { connectionOf } from "../../graphql/paging.ts";
import { carried, Read } from "../../graphql/rules.ts";
import { DateTimeScalar, JSONObjectScalar } from "../../graphql/scalars.ts";
import { publicId } from "../../kernel/ids.ts";
import { type FilterInput, toInput } from "../../search/print.ts";
import { printText } from "../../search/text-form.ts";
import type { RequiredFactor } from "../auth/sign-in-policy.entity.ts";
import { REQUIRED_FACTOR_ENUM } from "../auth/sign-in-policy.types.ts";
import { userCatalogue } from "../users/user.fields.ts";
import type { TemplateGroup, TemplateReach, TemplateRecord, TemplateRole } from "./profile-template.matching.ts";

export const REACH_ENUM = enumOf({
  name: "TemplateReach",
  describe: "Over what a template's role is granted.",
  values: {
    EVERYWHERE: "Everywhere.",
    OWN_UNIT: "Over the org unit that the person belongs to; where there is none, the role is not granted.",
    UNIT: "Over one unit, which the template names.",
  },
});

@ObjectType({ description: "A role that a template grants." })
@Read(carried)
export class ProfileTemplateRole {
  @Field(() => String, { description: "The role's key." })
  roleKey: string;

  @Field(() => REACH_ENUM, { description: "Over what." })
  reach: TemplateReach;

  @Field(() => ID, { nullable: true, description: "The unit, where the template names one." })
  unitId: string | null;

  constructor({ roleKey, reach, unitId }: TemplateRole) {
    this.roleKey = roleKey;
    this.reach = reach;
    this.unitId = unitId && publicId("OrgUnit", unitId);
  }
}

@ObjectType({ description: "A static group that a template puts people into." })
@Read(carried)
export class ProfileTemplateGroup {
  @Field(() => ID, { description: "The group." })
  groupId: string;

  @Field(() => String, { description: "The group's key." })
  key: string;

  constructor({ groupId, key }: TemplateGroup) {
    this.groupId = publicId("Group", groupId);
    this.key = key;
  }
}

@ObjectType({
  implements: Node,
  description:
    "What people are given when they join or move, if its condition fits what their profile says. schema/JOINER-MOVER-LEAVER.md says which template wins.",
})
@Read(carried)
export class ProfileTemplate extends Node {
  readonly nodeType = "ProfileTemplate";

  @Field(() => Int, { description: "Increases at every change; pass it as expectedVersion to refuse a lost update." })
  version: number;

  @Field(() => String, { description: "The name to show." })
  name: string;

  @Field(() => JSONObjectScalar, { description: "Whom it fits, as a UserFilter over fields of the profile." })
  filter: FilterInput;

  @Field(() => String, { description: "The same filter as one line of text." })
  filterText: string;

  @Field(() => Int, {
    description: "Of several that fit, the one with the highest fills a field; the older one of equals.",
  })
  priority: number;

  @Field(() => JSONObjectScalar, { description: "What it fills where it is empty: by field, and attributes by key." })
  defaults: object;

  @Field(() => [ProfileTemplateRole], {
    description: "What it grants; the roles of all templates that fit are granted.",
  })
  roles: ProfileTemplateRole[];

  @Field(() => [ProfileTemplateGroup], { description: "The groups that it puts people into; those of all that fit." })
  groups: ProfileTemplateGroup[];

  @Field(() => REQUIRED_FACTOR_ENUM, {
    nullable: true,
    description:
      "The second factor that it demands of whom it fits as they sign in, beside the sign-in policies; null: none.",
  })
  requiredFactor: RequiredFactor | null;

  @Field(() => Int, {
    description:
      "For how many days, from the first sign-in at which that factor is missing, somebody may go on without it.",
  })
  graceDays: number;

  @Field(() => DateTimeScalar, { description: "When it was made." })
  createdAt: Date;

  @Field(() => DateTimeScalar, { description: "When it last changed." })
  updatedAt: Date;

  constructor(record: TemplateRecord) {
    super();
    this.id = publicId("ProfileTemplate", record.id);
    this.version = record.version;
    this.name = record.name;
    this.filter = toInput(record.filter, userCatalogue);
    this.filterText = printText(record.filter, userCatalogue);
    this.priority = record.priority;
    this.defaults = record.defaults;
    this.roles = record.roles.map((role) => new ProfileTemplateRole(role));
    this.groups = record.groups.map((group) => new ProfileTemplateGroup(group));
    this.requiredFactor = record.require;
    this.graceDays = record.graceDays;
    this.createdAt = record.createdAt;
    this.updatedAt = record.updatedAt;
  }
}

@ObjectType({ description: "The template after the change." })
@Read(carried)
export class ProfileTemplatePayload extends MutationPayload {
  @Field(() => ProfileTemplate, { nullable: true, description: "The template; null where it is gone by now." })
  template!: ProfileTemplate | null;
}

@ObjectType({ description: "Somebody whom a template fits, and what it has for them that they lack." })
@Read(carried)
export class ProfileTemplateEffect {
  readonly userId!: string;

  @Field(() => [String], {
    description: "Fields that are empty and that it would fill; attributes as attributes.<key>.",
  })
  fields!: string[];

  @Field(() => [String], {
    description: "Keys of roles that it grants and that the person does not hold there themselves.",
  })
  roleKeys!: string[];

  @Field(() => [String], { description: "Keys of groups that it puts people into and that the person is not in." })
  groupKeys!: string[];
}

export const ProfileTemplateEffectConnection = connectionOf(
  "ProfileTemplateEffect",
  () => ProfileTemplateEffect,
  "people whom a template would change",
);

@ObjectType({ description: "Whom a template fits as it is now. Nothing of it happens by itself." })
@Read(carried)
export class ProfileTemplatePreview {
  readonly template!: TemplateRecord;
}
