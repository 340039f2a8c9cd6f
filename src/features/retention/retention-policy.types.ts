import { Field, Float, Int, ObjectType } from "type-graphql";
import { enumOf } from "../../graphql/catalogue-types.ts";
import { MutationPayload } from "../../graphql/mutation-input.ts";
import { Node } from "../../graphql/node.ts";
import { carried, Read } from "../../graphql/rules.ts";
import { DateTimeScalar, JSONObjectScalar } from "../../graphql/scalars.ts";
import { publicId } from "../../kernel/ids.ts";
import { type FilterInput, toInput } from "../../search/print.ts";
import { printText } from "../../search/text-form.ts";
import { USER_STATUS, userCatalogue } from "../users/user.fields.ts";
import { filterOf, isInForce, type RetentionPolicyRecord } from "./retention.policy.ts";

export const ACTION_ENUM = enumOf({
  name: "RetentionAction",
  describe: "What a retention policy does with people.",
  values: {
    ARCHIVE: "They are archived, as archiveUser does.",
    DELETE: "They are deleted, as deleteUser does: they can be restored for a while.",
    ERASE: "They are erased for good, on the ground RETENTION: only who was deleted, and can no longer be restored.",
  },
});

@ObjectType({
  implements: Node,
  description:
    "What is done with people who have been in a status for so long. Seen with SETTINGS_MANAGE everywhere, and by whoever may do its action everywhere.",
})
@Read(carried)
export class RetentionPolicy extends Node {
  readonly nodeType = "RetentionPolicy";
  readonly approvalUuid: string | null;
  readonly uuid: string;

  @Field(() => Int, { description: "Increases at every change; pass it as expectedVersion to refuse a lost update." })
  version: number;

  @Field(() => String, { description: "The name to show." })
  name: string;

  @Field(() => enumOf(USER_STATUS), { description: "Whom it concerns: people in this status," })
  status: string;

  @Field(() => Int, { description: "for at least so many days." })
  days: number;

  @Field(() => JSONObjectScalar, { nullable: true, description: "Only these of them, as a UserFilter; null: all." })
  filter: FilterInput | null;

  @Field(() => String, { nullable: true, description: "The same filter as one line of text." })
  filterText: string | null;

  @Field(() => ACTION_ENUM, { description: "What is done with them." })
  action: string;

  @Field(() => Boolean, { description: "Whether it is turned on." })
  enabled: boolean;

  @Field(() => Boolean, {
    description:
      "Whether it is carried out: it is turned on, and a second person has agreed to it as it is where it erases, or where its limit was loosened.",
  })
  inForce: boolean;

  @Field(() => Int, { nullable: true, description: "Above so many people a run waits for a second person." })
  maxPeople: number | null;

  @Field(() => Float, {
    nullable: true,
    description: "Above so many of a hundred people of the directory a run waits for a second person.",
  })
  maxPercent: number | null;

  @Field(() => DateTimeScalar, { description: "When it was made." })
  createdAt: Date;

  @Field(() => DateTimeScalar, { description: "When it last changed." })
  updatedAt: Date;

  constructor(row: RetentionPolicyRecord) {
    super();
    this.uuid = row.id;
    this.approvalUuid = row.approval_id;
    this.id = publicId("RetentionPolicy", row.id);
    this.version = row.version;
    this.name = row.name;
    this.status = row.status;
    this.days = row.days;
    this.filter = row.filter && toInput(filterOf(row), userCatalogue);
    this.filterText = row.filter && printText(filterOf(row), userCatalogue);
    this.action = row.action;
    this.enabled = row.enabled;
    this.inForce = isInForce(row);
    this.maxPeople = row.max_people;
    this.maxPercent = row.max_percent;
    this.createdAt = row.created_at;
    this.updatedAt = row.updated_at;
  }
}

@ObjectType({ description: "The retention policy after the change." })
@Read(carried)
export class RetentionPolicyPayload extends MutationPayload {
  @Field(() => RetentionPolicy, { nullable: true, description: "The policy; null where it is gone by now." })
  policy!: RetentionPolicy | null;
}
