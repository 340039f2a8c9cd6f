import { Field, Int, ObjectType, registerEnumType } from "type-graphql";
import type { MatchedSearchRow } from "../../database/matching-tables.ts";
import { enumOf } from "../../graphql/catalogue-types.ts";
import { MutationPayload } from "../../graphql/mutation-input.ts";
import { Node } from "../../graphql/node.ts";
import { connectionOf } from "../../graphql/paging.ts";
import { carried, Read } from "../../graphql/rules.ts";
import { DateTimeScalar, JSONObjectScalar } from "../../graphql/scalars.ts";
import { publicId } from "../../kernel/ids.ts";
import type { Permission } from "../../kernel/permissions.ts";
import type { Filter } from "../../search/filter.ts";
import { type FilterInput, toInput } from "../../search/print.ts";
import { printText } from "../../search/text-form.ts";
import { PERMISSION, userCatalogue } from "../users/user.fields.ts";
import type { SavedSearchVisibility } from "./saved-search.entity.ts";

export const SavedSearchVisibilityEnum = { PRIVATE: "PRIVATE", SHARED: "SHARED", TEMPLATE: "TEMPLATE" } as const;
registerEnumType(SavedSearchVisibilityEnum, {
  name: "SavedSearchVisibility",
  description: "Who may see a saved search. What it finds is always what its reader may see, whoever saved it.",
  valuesConfig: {
    PRIVATE: { description: "Its owner alone." },
    SHARED: { description: "Everybody who may search users." },
    TEMPLATE: { description: "Everybody who may search users, as a pattern to make searches of their own from." },
  },
});

/** A saved search as queries read it. */
export interface SavedSearchRecord {
  id: string;
  version: number;
  name: string;
  description: string | null;
  ownerId: string | null;
  visibility: SavedSearchVisibility;
  filter: Filter;
  filterHash: string;
  watch: string[];
  createdAt: Date;
  updatedAt: Date;
  refusal: MatchedSearchRow["refusal"];
}

@ObjectType({ description: "Why a saved search is not matched." })
@Read(carried)
export class SavedSearchSuspension {
  @Field(() => String, { description: "The field of its filter that its owner may no longer ask about." })
  field!: string;

  @Field(() => enumOf(PERMISSION), { nullable: true, description: "The permission that the owner lacks for it." })
  permission!: Permission | null;
}

@ObjectType({
  implements: Node,
  description:
    "A search over users that is kept under a name. It never extends anybody's sight: what it finds, and whether it may be asked at all, is decided by the rights of whoever reads it, at that moment.",
})
@Read(carried)
export class SavedSearch extends Node {
  readonly nodeType = "SavedSearch";
  readonly uuid: string;
  readonly ownerId: string | null;

  @Field(() => Int, { description: "Increases at every change; pass it as expectedVersion to refuse a lost update." })
  version: number;

  @Field(() => String, { description: "The name to show; several searches may have the same." })
  name: string;

  @Field(() => String, { nullable: true, description: "What the search is for." })
  description: string | null;

  @Field(() => SavedSearchVisibilityEnum, { description: "Who may see it." })
  visibility: SavedSearchVisibility;

  @Field(() => JSONObjectScalar, {
    description:
      "The filter in its canonical form, as a UserFilter: ready to be passed to users(filter:) as a variable.",
  })
  filter: FilterInput;

  @Field(() => String, { description: "The same filter as one line of text." })
  filterText: string;

  @Field(() => String, { description: "Equivalent filters have equal hashes: SHA-256 of the canonical form." })
  filterHash: string;

  @Field(() => [String], {
    description:
      "Fields of User whose change is reported for members that stay (CHANGED). Empty: joins and leaves only.",
  })
  watch: string[];

  @Field(() => SavedSearchSuspension, {
    nullable: true,
    description:
      "Set while nobody is told of its changes, because its filter names a field that its owner may no longer ask about: changes and savedSearchChanges are refused with FIELD_FORBIDDEN.",
  })
  suspension: SavedSearchSuspension | null;

  @Field(() => DateTimeScalar, { description: "When it was saved first." })
  createdAt: Date;

  @Field(() => DateTimeScalar, { description: "When it last changed." })
  updatedAt: Date;

  constructor(record: SavedSearchRecord) {
    super();
    this.id = publicId("SavedSearch", record.id);
    this.uuid = record.id;
    this.version = record.version;
    this.name = record.name;
    this.description = record.description;
    this.ownerId = record.ownerId;
    this.visibility = record.visibility;
    this.filter = toInput(record.filter, userCatalogue);
    this.filterText = printText(record.filter, userCatalogue);
    this.filterHash = record.filterHash;
    this.watch = record.watch;
    this.suspension = record.refusal && {
      field: record.refusal.field,
      permission: record.refusal.permission as Permission | null,
    };
    this.createdAt = record.createdAt;
    this.updatedAt = record.updatedAt;
  }
}

export const SavedSearchConnection = connectionOf("SavedSearch", () => SavedSearch, "saved searches");

@ObjectType({ description: "The saved search after the change." })
@Read(carried)
export class SavedSearchPayload extends MutationPayload {
  @Field(() => SavedSearch, {
    nullable: true,
    description: "The saved search; null where the change took it out of the viewer's sight.",
  })
  savedSearch!: SavedSearch | null;
}
