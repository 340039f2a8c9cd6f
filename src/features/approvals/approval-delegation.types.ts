import { Field, ID, InputType, ObjectType } from "type-graphql";
import type { CommandOptions } from "../../access/command.ts";
import { MutationInput, MutationPayload } from "../../graphql/mutation-input.ts";
import { Node } from "../../graphql/node.ts";
import { carried, Read } from "../../graphql/rules.ts";
import { DateTimeScalar } from "../../graphql/scalars.ts";
import { publicId, uuidOf } from "../../kernel/ids.ts";
import { DELEGATION_DAYS, type Delegate, type DelegationRecord } from "./approval-delegation.service.ts";

@ObjectType({
  implements: Node,
  description:
    "Somebody decides approval requests in another person's place for a time, with that person's rights as they are then.",
})
@Read(carried)
export class ApprovalDelegation extends Node {
  readonly nodeType = "ApprovalDelegation";

  @Field(() => DateTimeScalar, { description: "From when." })
  readonly startsAt: Date;

  @Field(() => DateTimeScalar, { description: "Until when." })
  readonly endsAt: Date;

  @Field(() => DateTimeScalar, { nullable: true, description: "When somebody ended it before its time." })
  readonly endedAt: Date | null;

  readonly userId: string;
  readonly delegateId: string;

  constructor({ id, userId, delegateId, startsAt, endsAt, endedAt }: DelegationRecord) {
    super();
    this.id = publicId("ApprovalDelegation", id);
    this.userId = userId;
    this.delegateId = delegateId;
    this.startsAt = startsAt;
    this.endsAt = endsAt;
    this.endedAt = endedAt;
  }
}

@ObjectType({ description: "The delegation after the change." })
@Read(carried)
export class ApprovalDelegationPayload extends MutationPayload {
  @Field(() => ApprovalDelegation, { nullable: true, description: "The delegation." })
  delegation!: ApprovalDelegation | null;
}

@InputType({ description: "Names somebody who may decide approval requests in the viewer's place for a time." })
export class DelegateApprovalsInput extends MutationInput {
  @Field(() => ID, { description: "Who: an active person whom the viewer may see." })
  delegateId!: string;

  @Field(() => DateTimeScalar, { nullable: true, description: "From when; without it, and where that is past, now." })
  startsAt?: Date | null;

  @Field(() => DateTimeScalar, { description: `Until when; at most ${DELEGATION_DAYS} days from now.` })
  endsAt!: Date;

  toCommand(): Delegate {
    return {
      delegateId: uuidOf("User", this.delegateId, "input.delegateId"),
      startsAt: this.startsAt ?? null,
      endsAt: this.endsAt,
      reason: this.reason ?? null,
      idempotencyKey: this.idempotencyKey ?? null,
    };
  }
}

@InputType({ description: "Ends a delegation that the viewer gave or was given." })
export class EndDelegationInput extends MutationInput {
  @Field(() => ID, { description: "Which delegation." })
  id!: string;

  toCommand(): CommandOptions & { id: string } {
    return {
      id: uuidOf("ApprovalDelegation", this.id, "input.id"),
      reason: this.reason ?? null,
      idempotencyKey: this.idempotencyKey ?? null,
    };
  }
}
