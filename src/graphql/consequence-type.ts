import { Field, Int, ObjectType, registerEnumType } from "type-graphql";
import { CONSEQUENCE_KINDS, type ConsequenceKind } from "../kernel/consequence.ts";
import { carried, Read } from "./rules.ts";

export const ConsequenceKindEnum = Object.fromEntries(Object.keys(CONSEQUENCE_KINDS).map((kind) => [kind, kind]));
registerEnumType(ConsequenceKindEnum, {
  name: "ConsequenceKind",
  description: "What else a change brought about.",
  valuesConfig: Object.fromEntries(
    Object.entries(CONSEQUENCE_KINDS).map(([kind, description]) => [kind, { description }]),
  ),
});

@ObjectType("Consequence", {
  description:
    "What else the same transaction did: sessions ended, tokens revoked, grants ended, reports re-assigned, …",
})
@Read(carried)
export class ConsequenceType {
  @Field(() => ConsequenceKindEnum, { description: "What happened." })
  kind!: ConsequenceKind;

  @Field(() => Int, { description: "To how many." })
  count!: number;

  /** Public ids of all of them; what of these is shown depends on the viewer. */
  subjectIds!: readonly string[];
}
