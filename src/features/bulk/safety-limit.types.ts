import { Field, Float, Int, ObjectType } from "type-graphql";
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
import { ASPECTS, type Aspect } from "./bulk.change.ts";

export const ASPECT_ENUM = enumOf({
  name: "BulkAspect",
  describe: "What of a person a change concerns.",
  values: ASPECTS,
});

export const SHARE_ENUM = enumOf({
  name: "SafetyLimitBase",
  describe: "Of what a share is reckoned.",
  values: {
    DIRECTORY: "Everybody who is not deleted.",
    SCOPE:
      "Those among whom a plan's people were chosen: the units that bound its filter, else all that the planner sees.",
  },
});

export const WINDOW_ENUM = enumOf({
  name: "SafetyLimitWindow",
  describe: "Whose plans count together over a time.",
  values: {
    PLANNER: "Those of one planner.",
    EVERYBODY: "Everybody's.",
  },
});

/** A limit as it is read. */
export interface SafetyLimitRecord {
  id: string;
  version: number;
  name: string;
  maxPeople: number | null;
  maxPercent: number | null;
  shareOf: "DIRECTORY" | "SCOPE";
  filter: Filter | null;
  searchName: string | null;
  aspects: readonly Aspect[];
  windowHours: number | null;
  windowOf: "PLANNER" | "EVERYBODY";
  createdAt: Date;
  updatedAt: Date;
}

@ObjectType({
  implements: Node,
  description: "How many people, or which share of them, one plan may change before a second person must agree.",
})
@Read(carried)
export class SafetyLimit extends Node {
  readonly nodeType = "SafetyLimit";

  @Field(() => Int, { description: "Increases at every change; pass it as expectedVersion to refuse a lost update." })
  version: number;

  @Field(() => String, { description: "The name to show." })
  name: string;

  @Field(() => Int, { nullable: true, description: "How many people at the most; null: however many." })
  maxPeople: number | null;

  @Field(() => Float, { nullable: true, description: "How many of a hundred at the most; null: however many." })
  maxPercent: number | null;

  @Field(() => SHARE_ENUM, { description: "Of what a share is reckoned." })
  shareOf: string;

  @Field(() => JSONObjectScalar, {
    nullable: true,
    description: "Who counts, before the change or after it, as a UserFilter; null: everybody.",
  })
  filter: FilterInput | null;

  @Field(() => String, { nullable: true, description: "The same filter as one line of text." })
  filterText: string | null;

  @Field(() => String, {
    nullable: true,
    description: "The saved search that the filter was copied from, by the name that it had.",
  })
  searchName: string | null;

  @Field(() => [ASPECT_ENUM], { description: "Changes of what count; empty: of anything." })
  aspects: Aspect[];

  @Field(() => Int, {
    nullable: true,
    description: "Over how many hours plans count together that no second person agreed to; null: each by itself.",
  })
  windowHours: number | null;

  @Field(() => WINDOW_ENUM, { description: "Whose plans count together." })
  windowOf: string;

  @Field(() => DateTimeScalar, { description: "When it was made." })
  createdAt: Date;

  @Field(() => DateTimeScalar, { description: "When it last changed." })
  updatedAt: Date;

  constructor(record: SafetyLimitRecord) {
    super();
    this.id = publicId("SafetyLimit", record.id);
    this.version = record.version;
    this.name = record.name;
    this.maxPeople = record.maxPeople;
    this.maxPercent = record.maxPercent;
    this.shareOf = record.shareOf;
    this.filter = record.filter && toInput(record.filter, userCatalogue);
    this.filterText = record.filter && printText(record.filter, userCatalogue);
    this.searchName = record.searchName;
    this.aspects = [...record.aspects];
    this.windowHours = record.windowHours;
    this.windowOf = record.windowOf;
    this.createdAt = record.createdAt;
    this.updatedAt = record.updatedAt;
  }
}

@ObjectType({ description: "The safety limit after the change." })
@Read(carried)
export class SafetyLimitPayload extends MutationPayload {
  @Field(() => SafetyLimit, { description: "The limit." })
  limit!: SafetyLimit;
}
