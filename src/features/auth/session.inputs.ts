import { Field, ID, InputType } from "type-graphql";
import { MutationInput } from "../../graphql/mutation-input.ts";
import { uuidOf } from "../../kernel/ids.ts";
import type { RevokeSession, RevokeUserSessions } from "./session.service.ts";

@InputType({ description: "Ends one session." })
export class RevokeSessionInput extends MutationInput {
  @Field(() => ID, { description: "Which session." })
  id!: string;

  toCommand(): RevokeSession {
    return {
      id: uuidOf("Session", this.id, "input.id"),
      reason: this.reason ?? null,
      idempotencyKey: this.idempotencyKey ?? null,
    };
  }
}

@InputType({ description: "Ends all sessions of a user." })
export class RevokeUserSessionsInput extends MutationInput {
  @Field(() => ID, { description: "Whose." })
  userId!: string;

  toCommand(): RevokeUserSessions {
    return {
      userId: uuidOf("User", this.userId, "input.userId"),
      reason: this.reason ?? null,
      idempotencyKey: this.idempotencyKey ?? null,
    };
  }
}

@InputType({ description: "Ends the session that this is sent in." })
export class SignOutInput extends MutationInput {
  toCommand(): { reason: string | null; idempotencyKey: null } {
    return { reason: this.reason ?? null, idempotencyKey: null };
  }
}
