import { Field, Int, ObjectType } from "type-graphql";
import { enumOf } from "../../graphql/catalogue-types.ts";
import { ListSize } from "../../graphql/cost-declaration.ts";
import { carried, Read } from "../../graphql/rules.ts";
import { JSONObjectScalar, JSONScalar } from "../../graphql/scalars.ts";
import type { FilterInput } from "../../search/print.ts";
import type { FilterNodeKind } from "./user-explain.nodes.ts";

export const FilterNodeKindEnum = enumOf({
  name: "FilterNodeKind",
  describe: "What a node of a filter is.",
  values: {
    AND: "Holds where all of its children hold; without any it is true.",
    OR: "Holds where at least one of its children holds; without any it is false.",
    NOT: "Holds exactly where its child does not.",
    CRITERION: "Asks one operator about one field.",
  },
});

const PATH = "Where the node stands in the filter, e.g. and[1].status.in; empty for the whole.";
const TEXT = "The node in the text form, as parseFilter reads it.";

@ObjectType({ description: "A node of a filter, and what it says about one user." })
@Read(carried)
export class FilterExplanationNode {
  @Field(() => FilterNodeKindEnum, { description: "What the node is." })
  kind!: FilterNodeKind;

  @Field(() => String, { description: PATH })
  path!: string;

  @Field(() => String, { description: TEXT })
  text!: string;

  @Field(() => Boolean, { description: "Whether it holds for the user." })
  matches!: boolean;

  @Field(() => JSONScalar, {
    nullable: true,
    description:
      "The user's value of the field that a criterion asks about; null where there is none, where the viewer may not read it, and where it names somebody out of sight.",
  })
  actual!: unknown;

  @Field(() => Boolean, {
    description:
      "Whether the viewer may not read the user's value: it then counts as missing, here and in every node above.",
  })
  hidden!: boolean;

  @ListSize(10)
  @Field(() => [FilterExplanationNode], { description: "The nodes below, in the filter's order." })
  children!: FilterExplanationNode[];
}

@ObjectType({ description: "Why one user does, or does not, match a filter." })
@Read(carried)
export class FilterExplanation {
  @Field(() => Boolean, {
    description:
      "Whether the whole holds. A deleted user who matches is still left out of searches without includeDeleted.",
  })
  matches!: boolean;

  @Field(() => FilterExplanationNode, { description: "The filter as a tree." })
  root!: FilterExplanationNode;
}

@ObjectType({ description: "How many users match a node of a filter, and how many the whole would without it." })
@Read(carried)
export class FilterNodeCount {
  @Field(() => FilterNodeKindEnum, { description: "What the node is." })
  kind!: FilterNodeKind;

  @Field(() => String, { description: PATH })
  path!: string;

  @Field(() => String, { description: TEXT })
  text!: string;

  @Field(() => Int, { description: "Users who match this node alone." })
  count!: number;

  @Field(() => Int, {
    description:
      "Users who would match the whole if this node were taken out of it; a node that is left without children goes with it.",
  })
  countWithout!: number;
}

@ObjectType({ description: "What a search would cost, and whether it would be refused." })
@Read(carried)
export class SearchEstimate {
  @Field(() => Int, {
    description:
      "Values that each user would be compared with: one an operator, and of a list as many as it has; and one a sort key.",
  })
  cost!: number;

  @Field(() => Int, { description: "The highest cost that a search within the published limits can have." })
  maxCost!: number;

  @Field(() => Boolean, { description: "Whether the search would be carried out." })
  accepted!: boolean;

  @Field(() => [String], { description: "Why it would be refused; empty where it is accepted." })
  reasons!: string[];

  @Field(() => Int, {
    nullable: true,
    description:
      "About how many users it would find, rounded to a power of ten, by the database's statistics; null where it would be refused, and for a viewer whose reading is confined to some org units.",
  })
  estimatedRows!: number | null;
}

@ObjectType({ description: "A filter in its forms." })
@Read(carried)
export class ParsedFilter {
  @Field(() => JSONObjectScalar, { description: "As users(filter:) takes it, ready to be passed as a variable." })
  filter!: FilterInput;

  @Field(() => String, { description: "In the text form, on one line; ids stand for names." })
  text!: string;

  @Field(() => String, { description: "Equivalent filters have equal hashes." })
  hash!: string;
}
