import { Field, Int, ObjectType } from "type-graphql";
import { MutationPayload } from "../../graphql/mutation-input.ts";
import { Node } from "../../graphql/node.ts";
import { carried, Read } from "../../graphql/rules.ts";
import { DateTimeScalar, JSONObjectScalar } from "../../graphql/scalars.ts";
import { publicId } from "../../kernel/ids.ts";
import { type FilterInput, toInput } from "../../search/print.ts";
import { printText } from "../../search/text-form.ts";
import { ApprovalDecider } from "../approvals/approval.types.ts";
import { userCatalogue } from "../users/user.fields.ts";
import type { ApprovalPolicyRecord, PolicyDecider } from "./approval-policy.rules.ts";

@ObjectType({ description: "One step of a policy." })
@Read(carried)
export class ApprovalPolicyStep {
  @Field(() => Int, { description: "Its place, from 1." })
  place!: number;

  @Field(() => [ApprovalDecider], { description: "Who may decide: one person of any of these." })
  deciders!: ApprovalDecider[];
}

@ObjectType({
  implements: Node,
  description:
    "Who approves sensitive changes that people make to their own profile, in how many steps: schema/APPROVALS.md. It is asked when somebody asks for a change.",
})
@Read(carried)
export class ApprovalPolicy extends Node {
  readonly nodeType = "ApprovalPolicy";

  @Field(() => Int, { description: "Increases at every change; pass it as expectedVersion to refuse a lost update." })
  version: number;

  @Field(() => String, { description: "The name to show." })
  name: string;

  @Field(() => [String], {
    description:
      "Whose change it is about, by the names of Viewer.editableProfileFields; every sensitive field where it is empty.",
  })
  fields: string[];

  @Field(() => JSONObjectScalar, { description: "Whose profile, as a UserFilter." })
  filter: FilterInput;

  @Field(() => String, { description: "The same filter as one line of text." })
  filterText: string;

  @Field(() => Int, {
    description: "Of several that fit, the one with the highest decides about a field; the older one of equals.",
  })
  priority: number;

  @Field(() => [ApprovalPolicyStep], { description: "The steps in turn." })
  steps: ApprovalPolicyStep[];

  @Field(() => Int, { description: "After how many hours nobody can decide a request any more." })
  expiresAfterHours: number;

  @Field(() => Int, {
    nullable: true,
    description: "Every how many hours those who may decide are reminded; null: never.",
  })
  remindEveryHours: number | null;

  @Field(() => DateTimeScalar, { description: "When it was made." })
  createdAt: Date;

  @Field(() => DateTimeScalar, { description: "When it last changed." })
  updatedAt: Date;

  constructor(record: ApprovalPolicyRecord) {
    super();
    this.id = publicId("ApprovalPolicy", record.id);
    this.version = record.version;
    this.name = record.name;
    this.fields = record.fields;
    this.filter = toInput(record.filter, userCatalogue);
    this.filterText = printText(record.filter, userCatalogue);
    this.priority = record.priority;
    this.steps = record.steps.map((deciders, place) => ({ place: place + 1, deciders: deciders.map(shown) }));
    this.expiresAfterHours = record.expiresAfterHours;
    this.remindEveryHours = record.remindEveryHours;
    this.createdAt = record.createdAt;
    this.updatedAt = record.updatedAt;
  }
}

const shown = ({ by, roleKey, permission, everywhere }: PolicyDecider): ApprovalDecider => ({
  by,
  roleKey,
  permission,
  everywhere,
});

@ObjectType({ description: "The policy after the change." })
@Read(carried)
export class ApprovalPolicyPayload extends MutationPayload {
  @Field(() => ApprovalPolicy, { nullable: true, description: "The policy." })
  policy!: ApprovalPolicy | null;
}
