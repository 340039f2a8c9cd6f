import { IsOptional, MaxLength, MinLength } from "class-validator";
import { Field, ID, InputType, Int, ObjectType } from "type-graphql";
import type { Position } from "../kernel/position.ts";
import { carried, Read } from "./rules.ts";
import { PositionScalar } from "./scalars.ts";

/** What the input of a mutation may carry that takes or gives a secret: an answer kept for a repeat would keep the secret too. */
@InputType()
export abstract class SecretInput {
  @Field(() => String, { nullable: true, description: "Why: kept in the audit log. At most 1,000 characters." })
  @IsOptional()
  @MaxLength(1000)
  reason?: string | null;
}

/** What every other mutation's input may carry. */
@InputType()
export abstract class MutationInput extends SecretInput {
  @Field(() => String, {
    nullable: true,
    description:
      "A repeat with the same key within 24 h returns the first answer and changes nothing. 1 to 200 characters.",
  })
  @IsOptional()
  @MinLength(1)
  @MaxLength(200)
  idempotencyKey?: string | null;
}

/** An input that is about one record, which it may require to be at the version last seen. */
@InputType()
export abstract class VersionedInput extends MutationInput {
  @Field(() => ID, { description: "Which record." })
  id!: string;

  @Field(() => Int, {
    nullable: true,
    description: "The version last seen: the change is refused with STALE_VERSION where the record has changed since.",
  })
  expectedVersion?: number | null;
}

/** What every mutation's payload carries. */
@ObjectType()
export abstract class MutationPayload {
  @Field(() => PositionScalar, {
    description: "The change's place in the feed; reads and subscriptions from there include it.",
  })
  position!: Position;
}

@ObjectType({ description: "What was deleted or ended." })
@Read(carried)
export class DeletePayload extends MutationPayload {
  @Field(() => ID, { description: "The id of what is gone." })
  deletedId!: string;
}
