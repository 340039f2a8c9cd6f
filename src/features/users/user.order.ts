import { type RawBuilder, sql } from "kysely";
import type { DefinedAttributes } from "../../access/actor.ts";
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

/** The order of a search, what it asks about with its place in the input, and what stands behind `user_search u` for it. */
export interface UserKeyset extends Keyset {
  asked: ReadonlyMap<string, string>;
  join: RawBuilder<unknown>;
}

/** Orders by fields alone that were asked for; there are few, and nobody's are others'. */
const known = new Map<string, UserKeyset>();
const KNOWN = 500;

/** Without an order: by display name. Attributes that are defined are ordered as their type is; where `isOrdered` says so, as they are kept in order. */
export function userKeyset(
  sorts: readonly UserSort[],
  defined: DefinedAttributes | undefined,
  isOrdered: (key: string) => boolean = () => false,
): UserKeyset {
  if (sorts.some(({ attributeKey }) => attributeKey !== null)) return made(sorts, defined, isOrdered);
  const key = JSON.stringify(sorts.map(({ field, direction, nulls, path }) => [field, direction, nulls, path]));
  const keyset = known.get(key) ?? made(sorts, defined, isOrdered);
  if (known.size < KNOWN) known.set(key, keyset);
  return keyset;
}

function made(
  sorts: readonly UserSort[],
  defined: DefinedAttributes | undefined,
  isOrdered: (key: string) => boolean,
): UserKeyset {
  const asked = new Map<string, string>();
  const first = sorts[0]?.attributeKey ?? null;
  const led = first !== null && isOrdered(first);
  const keys = (sorts.length > 0 ? sorts : [DEFAULT]).flatMap((sort): SortKey[] => {
    const { direction, nulls, attributeKey, path } = sort;
    const field = attributeKey === null ? FIELDS.get(sort.field as string) : fieldOf(userCatalogue, "attributes");
    if (!field) throw new Error(`No field is sorted by ${sort.field}.`);
    asked.set(attributeKey === null ? field.name : askedName(attributeKey), path);
    const column = sql.ref(`u.${field.column}`);
    if (attributeKey !== null) {
      const type = defined?.get(attributeKey)?.type;
      const orderedAs = led && sort === sorts[0] ? "led" : undefined;
      const known = type && { sort: type === "NUMBER" ? ("number" as const) : ("text" as const), orderedAs };
      return attributeKeys(column, attributeKey, { direction, nulls }, known);
    }
    const type = KEY_TYPES[field.kind];
    if (!type) throw new Error(`${field.name} has no order.`);
    return [{ name: field.name, expression: column, type, nullable: field.nullable, direction, nulls }];
  });
  const join = led ? sql`LEFT JOIN user_attribute led ON led.user_id = u.user_id AND led.key = ${first}::text` : sql``;
  return { ...keysetOf(keys, { expression: sql`u.user_id`, column: "user_id" }), asked, join };
}
