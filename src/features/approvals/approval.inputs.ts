import { IsOptional, MaxLength } from "class-validator";
import { ArgsType, Field, ID, InputType } from "type-graphql";
import { enumOf } from "../../graphql/catalogue-types.ts";
import { VersionedInput } from "../../graphql/mutation-input.ts";
import { PageArgs } from "../../graphql/paging.ts";
import { invalidInput } from "../../kernel/errors.ts";
import { parseId, uuidOf } from "../../kernel/ids.ts";
import type { ApprovalKind, ApprovalState } from "./approval.kinds.ts";
import type { RequestListing } from "./approval.queries.ts";
import type { DecideRequest } from "./approval.service.ts";
import { ApprovalKindEnum, ApprovalStateEnum } from "./approval.types.ts";

const COMMENT_LIMIT = 1_000;

const MineEnum = enumOf({
  name: "ApprovalConcern",
  describe: "What a request has to do with the viewer.",
  values: {
    REQUESTED: "The viewer asked for it.",
    TO_DECIDE: "The viewer may decide it now, with their own right or as a delegate.",
    DECIDED: "The viewer decided a step of it.",
  },
});

@InputType({ description: "Which approval requests; conditions are ANDed." })
export class ApprovalRequestFilter {
  @Field(() => [ApprovalStateEnum], { nullable: true, description: "In one of these states." })
  state?: ApprovalState[] | null;

  @Field(() => [ApprovalKindEnum], { nullable: true, description: "Of one of these kinds." })
  kind?: ApprovalKind[] | null;

  @Field(() => MineEnum, { nullable: true, description: "What they have to do with the viewer." })
  mine?: "REQUESTED" | "TO_DECIDE" | "DECIDED" | null;

  @Field(() => ID, { nullable: true, description: "About this." })
  subjectId?: string | null;
}

@ArgsType()
export class ApprovalRequestsArgs extends PageArgs {
  @Field(() => ApprovalRequestFilter, {
    nullable: true,
    description: "Which requests; without it, all that the viewer may see.",
  })
  filter?: ApprovalRequestFilter | null;

  toListing(): RequestListing {
    const { state, kind, mine, subjectId } = this.filter ?? {};
    if (subjectId != null && !parseId(subjectId))
      throw invalidInput([{ path: "filter.subjectId", message: "must be an id that this gateway gave out." }]);
    return {
      states: state ?? undefined,
      kinds: kind ?? undefined,
      mine: mine ?? undefined,
      subjectId: subjectId ?? undefined,
    };
  }
}

/** The decision of a step. */
@InputType()
abstract class DecisionInput extends VersionedInput {
  @Field(() => String, {
    nullable: true,
    description: `What to say with it, for whoever asked and whoever decides after; at most ${COMMENT_LIMIT} characters.`,
  })
  @IsOptional()
  @MaxLength(COMMENT_LIMIT)
  comment?: string | null;

  toCommand(): DecideRequest {
    return { ...decided(this), comment: this.comment ?? null };
  }
}

@InputType({ description: "Approves the step of a request that is due." })
export class ApproveInput extends DecisionInput {}

@InputType({ description: "Rejects a request, whatever step is due." })
export class RejectInput extends DecisionInput {}

@InputType({ description: "Takes one's own request back." })
export class CancelApprovalRequestInput extends VersionedInput {
  toCommand(): Omit<DecideRequest, "comment"> {
    return decided(this);
  }
}

const decided = ({ id, expectedVersion, reason, idempotencyKey }: VersionedInput) => ({
  id: uuidOf("ApprovalRequest", id, "input.id"),
  expectedVersion: expectedVersion ?? undefined,
  reason: reason ?? null,
  idempotencyKey: idempotencyKey ?? null,
});
