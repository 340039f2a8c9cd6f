import { IsOptional, Matches, MaxLength, ValidateIf } from "class-validator";
import { type ClassType, Field, Float, ID, InputType, Int } from "type-graphql";
import { enumOf } from "../../graphql/catalogue-types.ts";
import { isGiven } from "../../graphql/given.ts";
import { MutationInput, VersionedInput } from "../../graphql/mutation-input.ts";
import { NAME } from "../../graphql/name-rule.ts";
import { DateScalar } from "../../graphql/scalars.ts";
import { invalidInput } from "../../kernel/errors.ts";
import { uuidOf } from "../../kernel/ids.ts";
import type { AttributeChoice } from "../attributes/attribute-definition.entity.ts";
import { PERMISSION } from "../users/user.fields.ts";
import type {
  CreateDefinition,
  DeleteDefinition,
  DraftOf,
  GivenDefinition,
  UpdateDefinition,
} from "./attribute-definition.service.ts";
import { ATTRIBUTE_STATE, ATTRIBUTE_TYPE } from "./attribute-definition.types.ts";
import { type DefinitionValues, PLAIN } from "./attribute-definition.values.ts";

const KEY: readonly [RegExp, { message: string }] = [
  /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/,
  { message: "must be 1 to 64 letters, digits, dots, hyphens and underscores that begin with a letter" },
];
const KEY_DESCRIPTION =
  "What it is called in User.attributes and in filters, for good: 1 to 64 letters, digits, dots, hyphens and underscores; a letter first.";

@InputType({ description: "One of the values that are accepted." })
export class AttributeChoiceInput implements AttributeChoice {
  @Field(() => String, { description: "What is stored; 1 to 256 characters." })
  value!: string;

  @Field(() => String, { description: "What is shown for it; 1 to 256 characters." })
  label!: string;
}

/** The fields of a definition that inputs have in common; null clears those that may be missing, and leaves the others as they are. */
type DefinitionInput = { [name in keyof DefinitionValues]?: DefinitionValues[name] | null };

/** Gives an input class the fields of a definition. */
function addDefinition(target: ClassType): void {
  const add = (name: string, type: unknown, description: string): void => {
    Field(() => type as never, { nullable: true, description })(target.prototype, name);
    IsOptional()(target.prototype, name);
  };
  add("description", String, "What it is for; at most 1,000 characters.");
  MaxLength(1000)(target.prototype, "description");
  add(
    "required",
    Boolean,
    "Whether there must be a value, from now on, where a person is made or their attributes change.",
  );
  add("unique", Boolean, "Whether no two people have the same, without regard to case. STRING, NUMBER and DATE.");
  add(
    "pattern",
    String,
    "A regular expression that the whole text, or each of a set, matches: see schema/ATTRIBUTES.md.",
  );
  add("minimum", Float, "The least number.");
  add("maximum", Float, "The greatest number.");
  add("earliest", DateScalar, "The earliest date.");
  add("latest", DateScalar, "The latest date.");
  add("minLength", Int, "How many characters a text, or each of a set, has at the least.");
  add("maxLength", Int, "How many it has at the most; 256 where the attribute is searchable.");
  add("choices", [AttributeChoiceInput], "What a CHOICE, or each member of a SET, may be: 1 to 500.");
  add("sensitive", Boolean, "Whether changes of it are weighty, so that a policy may ask for approval.");
  add("selfEditable", Boolean, "Whether people may change their own.");
  add(
    "readPermission",
    enumOf(PERMISSION),
    "What must be held over a person, beside USER_READ, to read their value or ask by it.",
  );
  add("searchable", Boolean, "Whether an index serves ranges and orders by it.");
}

const NULLABLE = new Set(Object.entries(PLAIN).flatMap(([name, value]) => (value === null ? [name] : [])));

/** What was given; a null where there must be a value is none. */
function givenOf(input: DefinitionInput): GivenDefinition {
  const names = [...Object.keys(PLAIN), "name", "type"] as (keyof DefinitionValues)[];
  const given = names.map((name) => [name, input[name] === null && !NULLABLE.has(name) ? undefined : input[name]]);
  return Object.fromEntries(given) as GivenDefinition;
}

const ACCEPT_INVALID = {
  nullable: true,
  defaultValue: false,
  description: "Whether people who become invalid by it are accepted; else it is refused with how many they are.",
};

@InputType({ description: "A new custom attribute." })
export class CreateAttributeDefinitionInput extends MutationInput {
  @Field(() => String, { description: KEY_DESCRIPTION })
  @Matches(...KEY)
  key!: string;

  @Field(() => String, { description: "The name to show; 1 to 200 characters." })
  @Matches(...NAME)
  @MaxLength(200)
  name!: string;

  @Field(() => ATTRIBUTE_TYPE, { description: "What its values are." })
  type!: DefinitionValues["type"];

  @Field(() => Boolean, ACCEPT_INVALID)
  acceptInvalid?: boolean | null;

  toCommand(): CreateDefinition {
    const { key, name, type } = this;
    const { reason = null, idempotencyKey = null, acceptInvalid } = this;
    const given = { ...givenOf(this as DefinitionInput), name, type };
    return { key, given, acceptInvalid: acceptInvalid ?? false, reason, idempotencyKey };
  }
}
addDefinition(CreateAttributeDefinitionInput);

@InputType({
  description:
    "Changes to a custom attribute. An absent field is left as it is; null clears bounds, pattern, choices, description and readPermission. The key never changes.",
})
export class UpdateAttributeDefinitionInput extends VersionedInput {
  @Field(() => String, { nullable: true, description: "The name to show; 1 to 200 characters." })
  @ValidateIf(isGiven("name"))
  @Matches(...NAME)
  @MaxLength(200)
  name?: string | null;

  @Field(() => ATTRIBUTE_TYPE, { nullable: true, description: "What its values are." })
  type?: DefinitionValues["type"] | null;

  @Field(() => ATTRIBUTE_STATE, {
    nullable: true,
    description: "ACTIVE, which also takes up one that was removed, or DEPRECATED; deleteAttributeDefinition removes.",
  })
  state?: DefinitionValues["state"] | null;

  @Field(() => Boolean, ACCEPT_INVALID)
  acceptInvalid?: boolean | null;

  toCommand(): UpdateDefinition {
    if (this.state === "REMOVED")
      throw invalidInput([
        { path: "input.state", message: "must be ACTIVE or DEPRECATED.", allowed: ["ACTIVE", "DEPRECATED"] },
      ]);
    const { reason = null, idempotencyKey = null, acceptInvalid } = this;
    return {
      id: uuidOf("AttributeDefinition", this.id, "input.id"),
      expectedVersion: this.expectedVersion ?? undefined,
      given: givenOf(this as DefinitionInput),
      acceptInvalid: acceptInvalid ?? false,
      reason,
      idempotencyKey,
    };
  }
}
addDefinition(UpdateAttributeDefinitionInput);

@InputType({ description: "Which attribute to remove." })
export class DeleteAttributeDefinitionInput extends VersionedInput {
  @Field(() => Boolean, {
    nullable: true,
    defaultValue: false,
    description: "Whether people's values of it are removed too; else it is refused where there are any.",
  })
  removeValues?: boolean | null;

  toCommand(): DeleteDefinition {
    const { reason = null, idempotencyKey = null } = this;
    return {
      id: uuidOf("AttributeDefinition", this.id, "input.id"),
      expectedVersion: this.expectedVersion ?? undefined,
      removeValues: this.removeValues ?? false,
      reason,
      idempotencyKey,
    };
  }
}

@InputType({
  description: "A definition to be looked at before it is made: a change of one (id), or a new one (key and type).",
})
export class PreviewAttributeDefinitionInput {
  @Field(() => ID, { nullable: true, description: "Which attribute would change; absent for a new one." })
  id?: string | null;

  @Field(() => String, { nullable: true, description: `Of a new one. ${KEY_DESCRIPTION}` })
  @IsOptional()
  @Matches(...KEY)
  key?: string | null;

  @Field(() => ATTRIBUTE_TYPE, { nullable: true, description: "What its values would be; a new one needs it." })
  type?: DefinitionValues["type"] | null;

  @Field(() => ATTRIBUTE_STATE, {
    nullable: true,
    description: "Whether it would be in use; REMOVED asks who has values.",
  })
  state?: DefinitionValues["state"] | null;

  toDraft(): DraftOf {
    if ((this.id == null) === (this.key == null) || (this.id == null && this.type == null))
      throw invalidInput([{ path: "input", message: "must name id, or key and type of a new attribute." }]);
    const id = this.id == null ? null : uuidOf("AttributeDefinition", this.id, "input.id");
    return { id, key: this.key ?? null, given: givenOf(this as DefinitionInput) };
  }
}
addDefinition(PreviewAttributeDefinitionInput);
