import { Field, ObjectType } from "type-graphql";
import { carried, Read } from "./rules.ts";
import { JSONScalar } from "./scalars.ts";

@ObjectType({ description: "One field that changed." })
@Read(carried)
export class FieldChange {
  @Field(() => String, { description: "The field's public name." })
  field!: string;

  @Field(() => JSONScalar, {
    nullable: true,
    description: "The value before; null where there was none, and where it is redacted.",
  })
  before!: unknown;

  @Field(() => JSONScalar, {
    nullable: true,
    description: "The value after; null where there is none, and where it is redacted.",
  })
  after!: unknown;

  @Field(() => Boolean, { description: "Whether the viewer may not read the field; before and after are then null." })
  redacted!: boolean;
}
