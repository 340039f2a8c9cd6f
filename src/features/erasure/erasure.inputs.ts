import { Matches, MaxLength } from "class-validator";
import { Field, ID, InputType } from "type-graphql";
import type { CommandOptions } from "../../access/command.ts";
import { MutationInput, SecretInput } from "../../graphql/mutation-input.ts";
import { uuidOf } from "../../kernel/ids.ts";
import type { ErasureGround } from "./erasure.grounds.ts";
import type { EraseUser, PlaceHold } from "./erasure.service.ts";
import { ErasureGroundEnum } from "./erasure.types.ts";
import type { ExportPersonalData } from "./personal-export.ts";

const WORDS_LIMIT = 1000;

@InputType({
  description: "Asks for a person's erasure, which a second person approves. Its reason goes with the person.",
})
export class EraseUserInput extends MutationInput {
  @Field(() => ID, { description: "Which person." })
  id!: string;

  @Field(() => ErasureGroundEnum, { description: "On which ground: it stays with the tombstone." })
  ground!: ErasureGround;

  toCommand(): EraseUser {
    return { id: uuidOf("User", this.id, "input.id"), ground: this.ground, ...optionsOf(this) };
  }
}

@InputType({ description: "Blocks a person's erasure." })
export class PlaceLegalHoldInput extends MutationInput {
  @Field(() => ID, { description: "Which person." })
  userId!: string;

  @Field(() => String, { description: `Why; 1 to ${WORDS_LIMIT} characters.` })
  @Matches(/\S/u, { message: "must hold something other than white space" })
  @MaxLength(WORDS_LIMIT)
  declare reason: string;

  toCommand(): PlaceHold {
    return { userId: uuidOf("User", this.userId, "input.userId"), ...optionsOf(this), reason: this.reason };
  }
}

@InputType({ description: "Ends a legal hold." })
export class ReleaseLegalHoldInput extends MutationInput {
  @Field(() => ID, { description: "Which hold." })
  id!: string;

  toCommand(): CommandOptions & { id: string } {
    return { id: uuidOf("LegalHold", this.id, "input.id"), ...optionsOf(this) };
  }
}

@InputType({ description: "Asks for everything that is held about a person." })
export class ExportPersonalDataInput extends SecretInput {
  @Field(() => ID, { description: "Whom it is about." })
  userId!: string;

  toCommand(): ExportPersonalData {
    return { userId: uuidOf("User", this.userId, "input.userId"), reason: this.reason ?? null };
  }
}

const optionsOf = ({ reason, idempotencyKey }: MutationInput): CommandOptions => ({
  reason: reason ?? null,
  idempotencyKey: idempotencyKey ?? null,
});
