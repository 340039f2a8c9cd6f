import { Field, Int, ObjectType, Query, Resolver } from "type-graphql";
import { FILTER_LIMITS } from "../search/limits.ts";
import type { OperationLimits } from "./operation-limits.ts";
import { PAGE_LIMIT } from "./page-size.ts";
import { carried, Read, scoped } from "./rules.ts";

/** The largest that GraphQL's Int tells. */
const MOST = 2 ** 31 - 1;

@ObjectType("OperationLimits", {
  description:
    "What one operation may be and cost at this gateway. What is over a limit is refused whole, before anything of it is carried out: schema/LIMITS.md.",
})
@Read(carried)
class OperationLimitsType implements OperationLimits {
  @Field(() => Int, { description: "Names, brackets, texts and numbers of the document." })
  tokens!: number;

  @Field(() => Int, { description: "Fields one inside another, through fragments." })
  depth!: number;

  @Field(() => Int, { description: "Fields of the operation itself." })
  rootFields!: number;

  @Field(() => Int, { description: "All fields, those of a fragment once for each time that it is spread." })
  fields!: number;

  @Field(() => Int, { description: "Fields under another name than their own." })
  aliases!: number;

  @Field(() => Int, { description: "Directives in the document." })
  directives!: number;

  @Field(() => Int, {
    description: "How often one selection names the same response key, or spreads the same fragment.",
  })
  duplicates!: number;

  @Field(() => Int, { description: "Values of one list in arguments and variables." })
  listValues!: number;

  @Field(() => Int, {
    description: "What the operation may cost, by @cost and @listSize. extensions.cost tells what one does.",
  })
  cost!: number;

  @Field(() => Int, { description: "Items of one page." })
  pageItems = PAGE_LIMIT;

  @Field(() => Int, { description: "How deep a filter may nest." })
  filterDepth: number = FILTER_LIMITS.depth;

  @Field(() => Int, { description: "Criteria of one filter." })
  filterCriteria: number = FILTER_LIMITS.leaves;

  @Field(() => Int, { description: "Values of one list in a filter." })
  filterListValues: number = FILTER_LIMITS.listValues;

  @Field(() => Int, { description: "Characters of one text in a filter." })
  filterTextCharacters: number = FILTER_LIMITS.textCharacters;

  constructor(limits: OperationLimits) {
    for (const [name, limit] of Object.entries(limits)) Object.assign(this, { [name]: Math.min(limit, MOST) });
  }
}

/** Tells clients what they may ask, as this gateway is configured. */
@Resolver()
export class OperationLimitsResolver {
  constructor(private readonly limits: OperationLimits) {}

  @Query(() => OperationLimitsType, {
    nullable: true,
    description: "What one operation may be and cost at this gateway.",
  })
  @Read(scoped)
  operationLimits(): OperationLimitsType {
    return new OperationLimitsType(this.limits);
  }
}
