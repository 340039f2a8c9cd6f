import { type RawBuilder, sql } from "kysely";
import { isCivilDate } from "./civil-date.ts";
import type { Criterion } from "./filter.ts";
import type { ComparedKind } from "./operator.ts";

/** How an attribute's JSON value is taken as a value of a kind: where its JSON type does not fit, it is missing. */
export interface AttributeType {
  /** The member of AttributeFilter. */
  input: string;
  kind: ComparedKind;
  sql(json: RawBuilder<unknown>): RawBuilder<unknown>;
  read(json: unknown): unknown;
  /** Whether `attribute_terms` lists values of this type. */
  listed: boolean;
}

type As = NonNullable<Criterion["as"]>;

/** The types that an attribute can be compared as, by their name in the filter's tree. */
export const ATTRIBUTE_TYPES: Readonly<Record<As, AttributeType>> = {
  text: {
    input: "string",
    kind: "text",
    sql: (json) => sql`json_text(${json})`,
    read: (json) => (typeof json === "string" ? json : undefined),
    listed: true,
  },
  float: {
    input: "number",
    kind: "float",
    sql: (json) => sql`json_number(${json})`,
    read: (json) => (typeof json === "number" && Number.isFinite(json) ? json : undefined),
    listed: false,
  },
  boolean: {
    input: "boolean",
    kind: "boolean",
    sql: (json) => sql`json_boolean(${json})`,
    read: (json) => (typeof json === "boolean" ? json : undefined),
    listed: true,
  },
  date: {
    input: "date",
    kind: "date",
    sql: (json) => sql`json_date(${json})`,
    read: (json) => (typeof json === "string" && isCivilDate(json) ? json : undefined),
    listed: true,
  },
  textSet: {
    input: "set",
    kind: "textSet",
    sql: (json) => sql`json_texts(${json})`,
    read: (json) => (Array.isArray(json) ? json.filter((member) => typeof member === "string") : undefined),
    listed: true,
  },
};

/** One attribute of a row's JSON object; undefined where the key is absent. */
export const attributeOf = (attributes: unknown, key: string): unknown =>
  typeof attributes === "object" && attributes !== null && Object.hasOwn(attributes, key)
    ? (attributes as Record<string, unknown>)[key]
    : undefined;
