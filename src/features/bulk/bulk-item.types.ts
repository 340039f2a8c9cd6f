import { Field, ID, Int, ObjectType } from "type-graphql";
import type { BulkFinding, BulkOutcome } from "../../database/bulk-tables.ts";
import { FieldChange } from "../../graphql/field-change.ts";
import { connectionOf } from "../../graphql/paging.ts";
import { carried, Read } from "../../graphql/rules.ts";
import { FINDING_ENUM, NOTE_ENUM, OUTCOME_ENUM } from "./bulk.enums.ts";
import { BulkProblemType } from "./bulk.types.ts";

@ObjectType({ description: "A person of a plan, also one whom it is to make." })
@Read(carried)
export class BulkItem {
  @Field(() => ID, { description: "The person's id, or that which they are to have." })
  userId!: string;

  @Field(() => Int, {
    nullable: true,
    description: "The row of the file that they come from; null where there is no file.",
  })
  row!: number | null;

  @Field(() => FINDING_ENUM, { description: "What the plan found." })
  finding!: BulkFinding;

  @Field(() => [FieldChange], {
    description:
      "What would change, or was to, as the plan found it; redacted where the viewer may not read the field.",
  })
  changes!: FieldChange[];

  @Field(() => BulkProblemType, { nullable: true, description: "Why they cannot be changed." })
  problem!: BulkProblemType | null;

  @Field(() => [NOTE_ENUM], { description: "What is worth knowing about it." })
  notes!: string[];

  @Field(() => OUTCOME_ENUM, { nullable: true, description: "What became of it; null where nothing has, or was to." })
  outcome!: BulkOutcome | null;

  @Field(() => BulkProblemType, { nullable: true, description: "Why they were not changed." })
  outcomeProblem!: BulkProblemType | null;

  /** The person's UUID and names, and their place in the plan. */
  uuid!: string;
  username!: string;
  displayName!: string;
  place!: number;
}

@ObjectType({ description: "Somebody who would join or leave a saved search." })
@Read(carried)
export class BulkMember {
  @Field(() => ID, { description: "The person's id." })
  userId!: string;

  @Field(() => Boolean, { description: "Whether they would join; else they would leave." })
  joins!: boolean;

  uuid!: string;
}

@ObjectType({ description: "Who would join or leave one saved search, of those whom the viewer sees." })
@Read(carried)
export class BulkSearchEffect {
  @Field(() => Int, { description: "How many would join." })
  joining!: number;

  @Field(() => Int, { description: "How many would leave." })
  leaving!: number;

  @Field(() => Int, {
    description: "How many would join of those whom the plan makes; they are not among the members.",
  })
  joiningNew!: number;

  @Field(() => [ID], { description: "The first hundred of them, by the ids that they are to have." })
  newUserIds!: string[];

  planId!: string;
  searchId!: string;
}

@ObjectType({ description: "Outcomes as a part of a CSV file (RFC 4180)." })
@Read(carried)
export class BulkCsv {
  @Field(() => String, {
    description:
      "Lines, the header first where it is the first part. A cell that a spreadsheet would take for a formula begins with an apostrophe.",
  })
  text!: string;

  @Field(() => String, { nullable: true, description: "Pass it as after for the next part; null behind the last one." })
  next!: string | null;
}

export const BulkItemConnection = connectionOf("BulkItem", () => BulkItem, "people of a plan");
export const BulkMemberConnection = connectionOf("BulkMember", () => BulkMember, "people who would join or leave");
