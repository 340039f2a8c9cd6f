import { defineEntity, p } from "@mikro-orm/core";
import type { Filter } from "../../search/filter.ts";

export type SavedSearchVisibility = "PRIVATE" | "SHARED" | "TEMPLATE";

const schema = defineEntity({
  name: "SavedSearchEntity",
  tableName: "saved_search",
  properties: {
    id: p.uuid().primary(),
    version: p.integer(),
    name: p.text(),
    description: p.text().strictNullable(),
    /** The person whose search it is; null where it is a machine's. */
    ownerId: p.uuid().strictNullable(),
    /** The machine's token whose search it is; null where it is a person's. */
    tokenId: p.uuid().strictNullable(),
    visibility: p.text().$type<SavedSearchVisibility>(),
    filter: p.json<Filter>(),
    filterHash: p.text(),
    watch: p.array<string>(),
    createdAt: p.datetime(3),
    updatedAt: p.datetime(3),
  },
});

/** A saved search as it is stored. */
export class SavedSearchEntity extends schema.class {}
schema.setClass(SavedSearchEntity);
