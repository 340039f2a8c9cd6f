import { Field, InputType } from "type-graphql";
import { VersionedInput } from "../../graphql/mutation-input.ts";
import { DateTimeScalar } from "../../graphql/scalars.ts";
import { uuidOf } from "../../kernel/ids.ts";
import type { LifecycleOperation } from "./user.lifecycle.ts";
import type { TransitionUser } from "./user.service.ts";

/** One step of the lifecycle. */
@InputType()
export abstract class TransitionInput extends VersionedInput {
  until?: Date | null;

  toCommand(operation: LifecycleOperation): TransitionUser {
    return {
      id: uuidOf("User", this.id, "input.id"),
      expectedVersion: this.expectedVersion ?? undefined,
      operation,
      until: this.until ?? null,
      reason: this.reason ?? null,
      idempotencyKey: this.idempotencyKey ?? null,
    };
  }
}

@InputType({ description: "Gives a user access, or gives it back." })
export class ActivateUserInput extends TransitionInput {}

@InputType({ description: "Takes a user's access away, e.g. after their last day." })
export class DeactivateUserInput extends TransitionInput {}

@InputType({ description: "Ends a lock." })
export class UnlockUserInput extends TransitionInput {}

@InputType({ description: "Ends a suspension." })
export class ReinstateUserInput extends TransitionInput {}

@InputType({ description: "Puts away the record of somebody who left." })
export class ArchiveUserInput extends TransitionInput {}

@InputType({ description: "Soft delete." })
export class DeleteUserInput extends TransitionInput {}

@InputType({ description: "Takes a deletion back." })
export class RestoreUserInput extends TransitionInput {}

@InputType({ description: "Keeps a user out for safety." })
export class LockUserInput extends TransitionInput {
  @Field(() => DateTimeScalar, {
    nullable: true,
    description: "Ends by itself then; without it, it lasts until unlocked.",
  })
  declare until?: Date | null;
}

@InputType({ description: "Keeps a user out by decision." })
export class SuspendUserInput extends TransitionInput {
  @Field(() => DateTimeScalar, {
    nullable: true,
    description: "Ends by itself then; without it, it lasts until reinstated.",
  })
  declare until?: Date | null;
}
