import { Field, Float, Int, ObjectType } from "type-graphql";
import type { DefinedType } from "../../access/actor.ts";
import { enumOf } from "../../graphql/catalogue-types.ts";
import { MutationPayload } from "../../graphql/mutation-input.ts";
import { Node } from "../../graphql/node.ts";
import { connectionOf } from "../../graphql/paging.ts";
import { carried, Read } from "../../graphql/rules.ts";
import { DateScalar, DateTimeScalar } from "../../graphql/scalars.ts";
import { publicId } from "../../kernel/ids.ts";
import type { Permission } from "../../kernel/permissions.ts";
import { ATTRIBUTE_PROBLEMS, type AttributeProblemKind } from "../attributes/attribute.problems.ts";
import type { AttributeState } from "../attributes/attribute-definition.entity.ts";
import { PERMISSION } from "../users/user.fields.ts";
import type { Draft } from "./attribute-definition.judgement.ts";
import type { DefinitionRecord } from "./attribute-definition.values.ts";

export const ATTRIBUTE_TYPE = enumOf({
  name: "AttributeType",
  describe: "What the values of a custom attribute are.",
  values: {
    STRING: "A text.",
    NUMBER: "A number.",
    BOOLEAN: "True or false.",
    DATE: "A civil date, as YYYY-MM-DD.",
    CHOICE: "A text that is one of the choices.",
    SET: "A list of texts, perhaps of choices.",
  } satisfies Record<DefinedType, string>,
});

export const ATTRIBUTE_STATE = enumOf({
  name: "AttributeState",
  describe: "Whether a custom attribute is in use.",
  values: {
    ACTIVE: "It is.",
    DEPRECATED: "Values are still accepted, and none is asked for.",
    REMOVED: "Values are refused. What the past holds is guarded as before.",
  } satisfies Record<AttributeState, string>,
});

export const ATTRIBUTE_PROBLEM = enumOf({
  name: "AttributeProblemKind",
  describe: "What can be wrong with a person's value of a custom attribute.",
  values: ATTRIBUTE_PROBLEMS,
});

@ObjectType({ description: "One of the values that a custom attribute accepts." })
@Read(carried)
export class AttributeChoice {
  @Field(() => String, { description: "What is stored." })
  value!: string;

  @Field(() => String, { description: "What is shown for it." })
  label!: string;
}

@ObjectType({
  implements: Node,
  description:
    "What a custom attribute of people may hold, and who may read it: schema/ATTRIBUTES.md. Values are in User.attributes, by key.",
})
@Read(carried)
export class AttributeDefinition extends Node {
  readonly nodeType = "AttributeDefinition";

  @Field(() => Int, { description: "Increases at every change; pass it as expectedVersion to refuse a lost update." })
  version!: number;

  @Field(() => String, { description: "What it is called in User.attributes and in filters; never changes." })
  key!: string;

  @Field(() => String, { description: "The name to show." })
  name!: string;

  @Field(() => String, { nullable: true, description: "What it is for." })
  description!: string | null;

  @Field(() => ATTRIBUTE_TYPE, { description: "What its values are." })
  type!: DefinedType;

  @Field(() => ATTRIBUTE_STATE, { description: "Whether it is in use." })
  state!: AttributeState;

  @Field(() => Boolean, {
    description: "Whether there must be a value where a person is made or their attributes change.",
  })
  required!: boolean;

  @Field(() => Boolean, { description: "Whether no two people have the same, without regard to case." })
  unique!: boolean;

  @Field(() => String, {
    nullable: true,
    description: "The regular expression that the whole text, or each of a set, matches.",
  })
  pattern!: string | null;

  @Field(() => Float, { nullable: true, description: "The least number." })
  minimum!: number | null;

  @Field(() => Float, { nullable: true, description: "The greatest number." })
  maximum!: number | null;

  @Field(() => DateScalar, { nullable: true, description: "The earliest date." })
  earliest!: string | null;

  @Field(() => DateScalar, { nullable: true, description: "The latest date." })
  latest!: string | null;

  @Field(() => Int, { nullable: true, description: "How many characters a text, or each of a set, has at the least." })
  minLength!: number | null;

  @Field(() => Int, { nullable: true, description: "How many it has at the most." })
  maxLength!: number | null;

  @Field(() => [AttributeChoice], { nullable: true, description: "What a CHOICE, or each member of a SET, may be." })
  choices!: AttributeChoice[] | null;

  @Field(() => Boolean, { description: "Whether changes of it are weighty, so that a policy may ask for approval." })
  sensitive!: boolean;

  @Field(() => Boolean, { description: "Whether people may change their own." })
  selfEditable!: boolean;

  @Field(() => enumOf(PERMISSION), {
    nullable: true,
    description: "What must be held over a person, beside USER_READ, to read their value or to ask by it.",
  })
  readPermission!: Permission | null;

  @Field(() => Boolean, { description: "Whether an index serves ranges and orders by it." })
  searchable!: boolean;

  @Field(() => DateTimeScalar, { description: "When it was made." })
  createdAt!: Date;

  @Field(() => DateTimeScalar, { description: "When it last changed." })
  updatedAt!: Date;

  constructor(record: DefinitionRecord) {
    super();
    Object.assign(this, record, { id: publicId("AttributeDefinition", record.id) });
  }
}

@ObjectType({ description: "The attribute after the change." })
@Read(carried)
export class AttributeDefinitionPayload extends MutationPayload {
  @Field(() => AttributeDefinition, { description: "The attribute." })
  definition!: AttributeDefinition;
}

@ObjectType({ description: "What is wrong with one of a person's custom attributes." })
@Read(carried)
export class AttributeProblem {
  @Field(() => String, { description: "The attribute's key." })
  key!: string;

  @Field(() => ATTRIBUTE_PROBLEM, { description: "What is wrong." })
  problem!: AttributeProblemKind;

  @Field(() => String, { description: "What would be accepted; never the value." })
  message!: string;
}

@ObjectType({ description: "Somebody whom a definition would make invalid." })
@Read(carried)
export class AttributeViolation {
  readonly userId!: string;

  @Field(() => ATTRIBUTE_PROBLEM, { description: "What would be wrong." })
  problem!: AttributeProblemKind;

  @Field(() => String, { description: "What would be accepted; never the value." })
  message!: string;
}

export const AttributeViolationConnection = connectionOf(
  "AttributeViolation",
  () => AttributeViolation,
  "people whom a definition would make invalid",
);

@ObjectType({ description: "What a definition would do, before it is made." })
@Read(carried)
export class AttributeDefinitionPreview {
  readonly draft!: Draft;

  @Field(() => Int, {
    description: "How many people it would make invalid who are not now, of all who are not deleted, in sight or not.",
  })
  invalidCount!: number;
}
