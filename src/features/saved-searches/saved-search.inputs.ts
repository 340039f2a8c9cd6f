import { ArrayMaxSize, IsNotEmpty, IsOptional, Matches, MaxLength, ValidateIf } from "class-validator";
import { ArgsType, Field, ID, InputType } from "type-graphql";
import { isGiven } from "../../graphql/given.ts";
import { MutationInput, VersionedInput } from "../../graphql/mutation-input.ts";
import { PageArgs } from "../../graphql/paging.ts";
import { invalidInput } from "../../kernel/errors.ts";
import { uuidOf } from "../../kernel/ids.ts";
import { isStorable } from "../../search/folding.ts";
import { UserFilter, UserOrder } from "../users/user.types.ts";
import type { SavedSearchVisibility } from "./saved-search.entity.ts";
import type { SavedSearchListing } from "./saved-search.queries.ts";
import type { CreateSavedSearch, DeleteSavedSearch, UpdateSavedSearch } from "./saved-search.service.ts";
import { SavedSearchVisibilityEnum } from "./saved-search.types.ts";

const NAME_LIMIT = 200;
const DESCRIPTION_LIMIT = 2_000;
export const WATCH_LIMIT = 50;
const SEARCH_LIMIT = 256;

const NAME = /\S/u;
const NAME_RULE = { message: "must hold something other than white space" };

@ArgsType()
export class SavedSearchesArgs extends PageArgs {
  @Field(() => String, {
    nullable: true,
    description: `Has this text in its name or description, without regard to case. At most ${SEARCH_LIMIT} characters.`,
  })
  search?: string | null;

  @Field(() => SavedSearchVisibilityEnum, {
    nullable: true,
    description: "Of this visibility; PRIVATE: the viewer's own.",
  })
  visibility?: SavedSearchVisibility | null;

  /** What is asked for; INVALID_INPUT for a text that is too long. */
  toListing(): SavedSearchListing {
    if ((this.search?.length ?? 0) > SEARCH_LIMIT)
      throw invalidInput([
        { path: "search", message: `must have at most ${SEARCH_LIMIT} characters.`, limit: SEARCH_LIMIT },
      ]);
    return { search: this.search ?? undefined, visibility: this.visibility ?? undefined };
  }
}

@ArgsType()
export class SavedSearchUsersArgs extends PageArgs {
  @Field(() => [UserOrder], {
    nullable: true,
    description: "How to sort: up to 5 in order of weight; by display name where none is given.",
  })
  orderBy?: UserOrder[] | null;
}

@InputType({ description: "A new saved search, of whoever creates it." })
export class CreateSavedSearchInput extends MutationInput {
  @Field(() => String, { description: `The name to show; 1 to ${NAME_LIMIT} characters.` })
  @Matches(NAME, NAME_RULE)
  @MaxLength(NAME_LIMIT)
  name!: string;

  @Field(() => String, {
    nullable: true,
    description: `What the search is for; at most ${DESCRIPTION_LIMIT} characters.`,
  })
  @IsOptional()
  @MaxLength(DESCRIPTION_LIMIT)
  description?: string | null;

  @Field(() => SavedSearchVisibilityEnum, {
    nullable: true,
    description: "Who may see it; PRIVATE where it is not given. SHARED and TEMPLATE need SAVED_SEARCH_SHARE.",
  })
  visibility?: SavedSearchVisibility | null;

  @Field(() => UserFilter, { description: "Which users; only what the viewer may ask about is taken." })
  filter!: object;

  @Field(() => [String], {
    nullable: true,
    description: `Fields of User whose change is reported for members that stay; at most ${WATCH_LIMIT}.`,
  })
  @IsOptional()
  @ArrayMaxSize(WATCH_LIMIT)
  watch?: string[] | null;

  toCommand(): CreateSavedSearch {
    requireStorable({ name: this.name, description: this.description });
    return {
      name: this.name,
      description: this.description ?? null,
      visibility: this.visibility ?? "PRIVATE",
      filter: this.filter,
      watch: this.watch ?? [],
      reason: this.reason ?? null,
      idempotencyKey: this.idempotencyKey ?? null,
    };
  }
}

@InputType({
  description:
    "Changes to a saved search. An absent field is left as it is; null clears description and watch and is refused elsewhere; a list replaces the list.",
})
export class UpdateSavedSearchInput extends VersionedInput {
  @Field(() => String, { nullable: true, description: `The name to show; 1 to ${NAME_LIMIT} characters.` })
  @ValidateIf(isGiven("name"))
  @Matches(NAME, NAME_RULE)
  @MaxLength(NAME_LIMIT)
  name?: string | null;

  @Field(() => String, {
    nullable: true,
    description: `What the search is for; at most ${DESCRIPTION_LIMIT} characters.`,
  })
  @IsOptional()
  @MaxLength(DESCRIPTION_LIMIT)
  description?: string | null;

  @Field(() => SavedSearchVisibilityEnum, {
    nullable: true,
    description: "Who may see it. SHARED and TEMPLATE need SAVED_SEARCH_SHARE.",
  })
  @ValidateIf(isGiven("visibility"))
  @IsNotEmpty()
  visibility?: SavedSearchVisibility | null;

  @Field(() => UserFilter, {
    nullable: true,
    description: "Which users; only what the viewer may ask about is taken.",
  })
  @ValidateIf(isGiven("filter"))
  @IsNotEmpty()
  filter?: object | null;

  @Field(() => [String], {
    nullable: true,
    description: `Fields of User whose change is reported for members that stay; at most ${WATCH_LIMIT}.`,
  })
  @IsOptional()
  @ArrayMaxSize(WATCH_LIMIT)
  watch?: string[] | null;

  toCommand(): UpdateSavedSearch {
    requireStorable({ name: this.name, description: this.description });
    return {
      id: uuidOf("SavedSearch", this.id, "input.id"),
      expectedVersion: this.expectedVersion ?? undefined,
      name: this.name ?? undefined,
      description: this.description,
      visibility: this.visibility ?? undefined,
      filter: this.filter ?? undefined,
      watch: this.watch === undefined ? undefined : (this.watch ?? []),
      reason: this.reason ?? null,
      idempotencyKey: this.idempotencyKey ?? null,
    };
  }
}

@InputType({ description: "Deletes a saved search, for everybody who sees it." })
export class DeleteSavedSearchInput extends MutationInput {
  @Field(() => ID, { description: "Which saved search." })
  id!: string;

  toCommand(): DeleteSavedSearch {
    return {
      id: uuidOf("SavedSearch", this.id, "input.id"),
      reason: this.reason ?? null,
      idempotencyKey: this.idempotencyKey ?? null,
    };
  }
}

function requireStorable(texts: Readonly<Record<string, string | null | undefined>>): void {
  for (const [name, text] of Object.entries(texts))
    if (text != null && !isStorable(text))
      throw invalidInput([{ path: `input.${name}`, message: "must be a text without U+0000 and lone surrogates." }]);
}
