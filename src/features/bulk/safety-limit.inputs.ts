import { IsOptional, Matches, Max, MaxLength, Min, ValidateIf } from "class-validator";
import { Field, Float, ID, InputType, Int } from "type-graphql";
import type { CommandOptions } from "../../access/command.ts";
import { isGiven } from "../../graphql/given.ts";
import { MutationInput, VersionedInput } from "../../graphql/mutation-input.ts";
import { uuidOf } from "../../kernel/ids.ts";
import type { Aspect } from "./bulk.change.ts";
import type { CreateSafetyLimit, UpdateSafetyLimit } from "./safety-limit.service.ts";
import { ASPECT_ENUM, SHARE_ENUM, WINDOW_ENUM } from "./safety-limit.types.ts";

const NAME_LIMIT = 200;
const NAME = /\S/u;
const NAME_RULE = { message: "must hold something other than white space" };
const MOST = 2_147_483_647;

const COUNT = "How many people at the most; 0: any change of theirs takes a second person.";
const SHARE = "How many of a hundred at the most, from 0 to 100.";
const HOURS_LIMIT = 8_760;
const WINDOW = `Over how many hours plans count together that no second person agreed to, 1 to ${HOURS_LIMIT}: so that nobody stays below the limit by many small plans.`;
const SEARCH =
  "Only people count whom this saved search finds; its filter is copied, so that editing it loosens nothing.";

@InputType({ description: "A new limit. It needs maxPeople, maxPercent or both." })
export class CreateSafetyLimitInput extends MutationInput {
  @Field(() => String, { description: `The name to show; 1 to ${NAME_LIMIT} characters.` })
  @Matches(NAME, NAME_RULE)
  @MaxLength(NAME_LIMIT)
  name!: string;

  @Field(() => Int, { nullable: true, description: COUNT })
  @IsOptional()
  @Min(0)
  @Max(MOST)
  maxPeople?: number | null;

  @Field(() => Float, { nullable: true, description: SHARE })
  @IsOptional()
  @Min(0)
  @Max(100)
  maxPercent?: number | null;

  @Field(() => SHARE_ENUM, { nullable: true, defaultValue: "DIRECTORY", description: "Of what a share is reckoned." })
  shareOf?: "DIRECTORY" | "SCOPE" | null;

  @Field(() => ID, { nullable: true, description: SEARCH })
  savedSearchId?: string | null;

  @Field(() => [ASPECT_ENUM], { nullable: true, description: "Changes of what count; empty or absent: of anything." })
  aspects?: Aspect[] | null;

  @Field(() => Int, { nullable: true, description: `${WINDOW} Absent: each plan by itself.` })
  @IsOptional()
  @Min(1)
  @Max(HOURS_LIMIT)
  windowHours?: number | null;

  @Field(() => WINDOW_ENUM, { nullable: true, defaultValue: "PLANNER", description: "Whose plans count together." })
  windowOf?: "PLANNER" | "EVERYBODY" | null;

  toCommand(): CreateSafetyLimit {
    return {
      name: this.name,
      maxPeople: this.maxPeople ?? null,
      maxPercent: this.maxPercent ?? null,
      shareOf: this.shareOf ?? "DIRECTORY",
      savedSearchId: this.savedSearchId ? uuidOf("SavedSearch", this.savedSearchId, "input.savedSearchId") : null,
      aspects: this.aspects ?? [],
      windowHours: this.windowHours ?? null,
      windowOf: this.windowOf ?? "PLANNER",
      ...optionsOf(this),
    };
  }
}

@InputType({ description: "Changes to a limit. An absent field is left as it is; null clears it." })
export class UpdateSafetyLimitInput extends VersionedInput {
  @Field(() => String, { nullable: true, description: `The name to show; 1 to ${NAME_LIMIT} characters.` })
  @ValidateIf(isGiven("name"))
  @Matches(NAME, NAME_RULE)
  @MaxLength(NAME_LIMIT)
  name?: string | null;

  @Field(() => Int, { nullable: true, description: COUNT })
  @IsOptional()
  @Min(0)
  @Max(MOST)
  maxPeople?: number | null;

  @Field(() => Float, { nullable: true, description: SHARE })
  @IsOptional()
  @Min(0)
  @Max(100)
  maxPercent?: number | null;

  @Field(() => SHARE_ENUM, { nullable: true, description: "Of what a share is reckoned." })
  shareOf?: "DIRECTORY" | "SCOPE" | null;

  @Field(() => ID, { nullable: true, description: SEARCH })
  savedSearchId?: string | null;

  @Field(() => [ASPECT_ENUM], { nullable: true, description: "Changes of what count; empty: of anything." })
  aspects?: Aspect[] | null;

  @Field(() => Int, { nullable: true, description: `${WINDOW} Null: each plan by itself.` })
  @IsOptional()
  @Min(1)
  @Max(HOURS_LIMIT)
  windowHours?: number | null;

  @Field(() => WINDOW_ENUM, { nullable: true, description: "Whose plans count together." })
  windowOf?: "PLANNER" | "EVERYBODY" | null;

  toCommand(): UpdateSafetyLimit {
    const { savedSearchId } = this;
    return {
      id: uuidOf("SafetyLimit", this.id, "input.id"),
      expectedVersion: this.expectedVersion ?? undefined,
      name: this.name ?? undefined,
      maxPeople: this.maxPeople,
      maxPercent: this.maxPercent,
      shareOf: this.shareOf ?? undefined,
      savedSearchId: savedSearchId ? uuidOf("SavedSearch", savedSearchId, "input.savedSearchId") : savedSearchId,
      aspects: this.aspects === null ? [] : this.aspects,
      windowHours: this.windowHours,
      windowOf: this.windowOf ?? undefined,
      ...optionsOf(this),
    };
  }
}

@InputType({ description: "Takes a limit away." })
export class DeleteSafetyLimitInput extends MutationInput {
  @Field(() => ID, { description: "Which limit." })
  id!: string;

  toCommand(): CommandOptions & { id: string } {
    return { id: uuidOf("SafetyLimit", this.id, "input.id"), ...optionsOf(this) };
  }
}

const optionsOf = ({ reason, idempotencyKey }: MutationInput): CommandOptions => ({
  reason: reason ?? null,
  idempotencyKey: idempotencyKey ?? null,
});
