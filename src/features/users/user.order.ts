import { sql } from "kysely";
import { fieldOf } from "../../search/catalogue.ts";
import { attributeKeys, KEY_TYPES, type Keyset, keysetOf, type SortKey } from "../../search/order.ts";
import { askedName } from "./user.attributes.ts";
import { userCatalogue } from "./user.fields.ts";

/** One order of a user search; field is the order enum's value. */
export interface UserSort {
  field: string | null;
  attributeKey: string | null;
  direction: "ASC" | "DESC";
  nulls: "FIRST" | "LAST";
  /** Where it stands in the input. */
  path: string;
}

const FIELDS = new Map([...userCatalogue.fields.values()].map((field) => [field.order, field]));

const DEFAULT: UserSort = {
  field: "DISPLAY_NAME",
  attributeKey: null,
  direction: "ASC",
  nulls: "LAST",
  path: "orderBy",
};

/** The order of a search, and the fields that it asks about with their place in the input. Without an order: by display name. */
export function userKeyset(sorts: readonly UserSort[]): Keyset & { asked: ReadonlyMap<string, string> } {
  const asked = new Map<string, string>();
  const keys = (sorts.length > 0 ? sorts : [DEFAULT]).flatMap((sort): SortKey[] => {
    const { direction, nulls, attributeKey, path } = sort;
    const field = attributeKey === null ? FIELDS.get(sort.field as string) : fieldOf(userCatalogue, "attributes");
    if (!field) throw new Error(`No field is sorted by ${sort.field}.`);
    asked.set(attributeKey === null ? field.name : askedName(attributeKey), path);
    const column = sql.ref(`u.${field.column}`);
    if (attributeKey !== null) return attributeKeys(column, attributeKey, { direction, nulls });
    const type = KEY_TYPES[field.kind];
    if (!type) throw new Error(`${field.name} has no order.`);
    return [{ name: field.name, expression: column, type, nullable: field.nullable, direction, nulls }];
  });
  return { ...keysetOf(keys, { expression: sql`u.user_id`, column: "user_id" }), asked };
}
