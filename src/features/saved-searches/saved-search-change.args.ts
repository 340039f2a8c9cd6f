import { ArgsType, Field, Int } from "type-graphql";
import { PAGE_DEFAULT, PAGE_LIMIT } from "../../graphql/page-size.ts";
import { PositionScalar } from "../../graphql/scalars.ts";
import { invalidInput } from "../../kernel/errors.ts";
import type { Position } from "../../kernel/position.ts";
import { UserFilter } from "../users/user.types.ts";
import type { ChangePageRequest } from "./saved-search-change.pages.ts";

@ArgsType()
export class ChangePageArgs {
  @Field(() => PositionScalar, { description: "Strictly behind which position to begin." })
  after!: Position;

  @Field(() => PositionScalar, { nullable: true, description: "Up to which position; without it, now." })
  through?: Position | null;

  @Field(() => Int, { nullable: true, description: "How many at the most: 1 to 500; without it, 50." })
  first?: number | null;

  /** What is asked for; INVALID_INPUT for a size outside 1 to 500. */
  toRequest(): ChangePageRequest {
    const size = this.first ?? PAGE_DEFAULT;
    if (size < 1 || size > PAGE_LIMIT)
      throw invalidInput([{ path: "first", message: `must be from 1 to ${PAGE_LIMIT}.`, limit: PAGE_LIMIT }]);
    return { after: this.after, through: this.through ?? undefined, size };
  }
}

@ArgsType()
export class SearchChangesArgs extends ChangePageArgs {
  @Field(() => UserFilter, { description: "Which users." })
  filter!: object;

  @Field(() => [String], {
    nullable: true,
    description: "Fields of User whose change is reported for those who stay; at most 50.",
  })
  watch?: string[] | null;
}
