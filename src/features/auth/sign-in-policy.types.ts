import { Field, Int, ObjectType } from "type-graphql";
import { enumOf } from "../../graphql/catalogue-types.ts";
import { MutationPayload } from "../../graphql/mutation-input.ts";
import { Node } from "../../graphql/node.ts";
import { carried, Read } from "../../graphql/rules.ts";
import { DateTimeScalar, JSONObjectScalar } from "../../graphql/scalars.ts";
import { publicId } from "../../kernel/ids.ts";
import type { Filter } from "../../search/filter.ts";
import { type FilterInput, toInput } from "../../search/print.ts";
import { printText } from "../../search/text-form.ts";
import { userCatalogue } from "../users/user.fields.ts";
import type { RequiredFactor } from "./sign-in-policy.entity.ts";

export const REQUIRED_FACTOR_ENUM = enumOf({
  name: "RequiredFactor",
  describe: "What a policy asks for.",
  values: {
    MFA: "Two factors of any kind, or a passkey, which is as good as two.",
    PASSKEY: "A passkey: a factor that cannot be phished.",
  },
});

/** A policy as it is read. */
export interface SignInPolicyRecord {
  id: string;
  version: number;
  name: string;
  filter: Filter;
  require: RequiredFactor;
  graceDays: number;
  createdAt: Date;
  updatedAt: Date;
}

@ObjectType({
  implements: Node,
  description:
    "Who must have which second factor. It is asked when somebody signs in, about what they are at that moment.",
})
@Read(carried)
export class SignInPolicy extends Node {
  readonly nodeType = "SignInPolicy";

  @Field(() => Int, { description: "Increases at every change; pass it as expectedVersion to refuse a lost update." })
  version: number;

  @Field(() => String, { description: "The name to show." })
  name: string;

  @Field(() => JSONObjectScalar, { description: "Whom it is about, as a UserFilter." })
  filter: FilterInput;

  @Field(() => String, { description: "The same filter as one line of text." })
  filterText: string;

  @Field(() => REQUIRED_FACTOR_ENUM, { description: "What it asks for." })
  require: RequiredFactor;

  @Field(() => Int, {
    description: "For how many days, from the first sign-in at which it is missing, somebody may go on without it.",
  })
  graceDays: number;

  @Field(() => DateTimeScalar, { description: "When it was made." })
  createdAt: Date;

  @Field(() => DateTimeScalar, { description: "When it last changed." })
  updatedAt: Date;

  constructor(record: SignInPolicyRecord) {
    super();
    this.id = publicId("SignInPolicy", record.id);
    this.version = record.version;
    this.name = record.name;
    this.filter = toInput(record.filter, userCatalogue);
    this.filterText = printText(record.filter, userCatalogue);
    this.require = record.require;
    this.graceDays = record.graceDays;
    this.createdAt = record.createdAt;
    this.updatedAt = record.updatedAt;
  }
}

@ObjectType({ description: "The policy after the change." })
@Read(carried)
export class SignInPolicyPayload extends MutationPayload {
  @Field(() => SignInPolicy, { description: "The policy." })
  policy!: SignInPolicy;
}
