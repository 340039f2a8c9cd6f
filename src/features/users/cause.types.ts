import { Field, ID, ObjectType } from "type-graphql";
import { CAUSE_KINDS, type CauseKind } from "../../database/cause.ts";
import type { CommitFacts } from "../../feed/change.ts";
import { enumOf } from "../../graphql/catalogue-types.ts";
import { carried, Read } from "../../graphql/rules.ts";
import { Actor } from "./actor.types.ts";

export const CAUSE_KIND = {
  name: "CauseKind",
  describe:
    "What sort of thing made a change happen. SCHEDULE: something somebody scheduled; TIME: a boundary passed and nobody acted.",
  values: CAUSE_KINDS,
};

export const CauseKindEnum = enumOf(CAUSE_KIND);

/** What is told of a cause. */
export type ToldCause = Pick<CommitFacts["cause"], "kind" | "actor" | "operationId" | "reason" | "requestId">;

@ObjectType({ description: "What made a change happen." })
@Read(carried)
export class Cause {
  @Field(() => CauseKindEnum, { description: "What sort of thing it was." })
  kind: CauseKind;

  @Field(() => Actor, { description: "Who acted." })
  actor: Actor;

  @Field(() => ID, {
    nullable: true,
    description:
      "The operation that the change was a part of: everything that one mutation, one bulk change, one import or the passing of time at one moment did has the same, in however many commits.",
  })
  operationId: string | null;

  @Field(() => String, { nullable: true, description: "Why, in the words of whoever acted." })
  reason: string | null;

  @Field(() => String, { nullable: true, description: "The request's id, as in its response's x-request-id." })
  requestId: string | null;

  constructor({ kind, actor, operationId, reason, requestId }: ToldCause) {
    this.kind = kind;
    this.actor = new Actor(actor.kind, actor.id, actor.name);
    this.operationId = operationId;
    this.reason = reason;
    this.requestId = requestId;
  }
}

/** The cause of a change to a person's record: without its reason where they are out of sight, or it speaks of others. */
export const causeFor = (userId: string, cause: CommitFacts["cause"], inSight: boolean): Cause =>
  new Cause(inSight && cause.about?.includes(userId) !== false ? cause : { ...cause, reason: null });
