import type { IdKind } from "../kernel/ids.ts";
import type { Permission } from "../kernel/permissions.ts";
import type { Operator } from "./filter.ts";

/**
 * How a field's values compare, and so which operators it has and which filter input it takes:
 *
 * | kind | value in a row | filter input |
 * |---|---|---|
 * | id | UUID | IdFilter |
 * | text | text | StringFilter |
 * | choice | one of `values` | the choice's own filter, e.g. UserStatusFilter |
 * | int | integer | IntFilter |
 * | boolean | true or false | BooleanFilter |
 * | instant | instant, milliseconds | DateTimeFilter |
 * | date | civil date | DateFilter |
 * | textSet | array of text | StringSetFilter |
 * | choiceSet | array of `values` | the choice's own set filter, e.g. MfaMethodSetFilter |
 * | idSet | array of UUIDs | IdSetFilter |
 * | anyText | array of text, any one of which may satisfy | StringFilter |
 * | words | one text of folded words, each after a space | String (every word must occur as a prefix) |
 * | unit | the unit's id; the ids from the root down to it stand in `pathColumn` | OrgUnitRefFilter |
 * | manager | the manager's id; all managers up to the top stand in `pathColumn`, the manager's status in `statusColumn` | ManagerFilter |
 * | attributes | JSON object by key | [AttributeFilter!] |
 * | grants | JSON array of grants (see FILTER.md) | RoleGrantListFilter |
 */
export type FieldKind =
  | "id"
  | "text"
  | "choice"
  | "int"
  | "boolean"
  | "instant"
  | "date"
  | "textSet"
  | "choiceSet"
  | "idSet"
  | "anyText"
  | "words"
  | "unit"
  | "manager"
  | "attributes"
  | "grants";

/** A closed list of values with their meanings; becomes a GraphQL enum. */
export interface Choice {
  /** The GraphQL enum's name, e.g. UserStatus. */
  name: string;
  describe: string;
  values: Readonly<Record<string, string>>;
}

/** One thing that can be read or asked about, declared once. Everything else about it is derived. */
export interface Field {
  /** The public name, in GraphQL, in errors and in the text form. */
  name: string;
  kind: FieldKind;
  /** The column of the search row. */
  column: string;
  /** What it means, in a sentence; becomes the GraphQL description and a row of FIELDS.md. */
  describe: string;
  /** All of these must be held over a user for the field to be read, and over the whole search for it to be asked about. */
  read: readonly Permission[];
  /** False: the row always has a value, and the filter input offers no `isNull`. */
  nullable: boolean;
  /** A scalar field of the GraphQL object type: its type name where `kind` does not tell (EmailAddress), or false to keep it out. */
  show: boolean | "EmailAddress" | "JSONObject";
  /** Non-null in GraphQL: whoever sees the record sees this. */
  always?: true | undefined;
  /** Whether a filter may ask about it. */
  filter: boolean;
  /** The value of the order enum, e.g. HIRED_ON. */
  order?: string | undefined;
  /** The value of the facet enum, e.g. DEPARTMENT. */
  facet?: string | undefined;
  choice?: Choice | undefined;
  /** The column whose value is shown, where it is not the one that is asked about. */
  shownColumn?: string | undefined;
  pathColumn?: string | undefined;
  statusColumn?: string | undefined;
  /** The filter input is this operator's operand itself, not an object of operators (`text: "ann"`, `scopeWithin: "unit_…"`). */
  shorthand?: Operator | undefined;
  /** Kinds `id` and `idSet` only: what the ids name, where that is not the record itself; several where they may name any of these. */
  idKind?: IdKind | readonly IdKind[] | undefined;
}

/** All fields of one kind of record, by public name, in the order in which they are documented. */
export interface Catalogue {
  /** The GraphQL object type, e.g. User; inputs are named after it (UserFilter, UserOrderField, UserFacetField). */
  typeName: string;
  table: string;
  idColumn: string;
  /** The id's kind in kernel/ids.ts. */
  idKind: IdKind;
  /** The columns whose folded texts one trigram index of the table holds joined, in its order: texts, then lists of texts. */
  texts?: { columns: readonly string[]; lists: readonly string[] } | undefined;
  fields: ReadonlyMap<string, Field>;
}

/** A row as the matcher sees it: the JSON that the change log carries (instants and dates as ISO 8601 text, sets as arrays). */
export type Row = Readonly<Record<string, unknown>>;
