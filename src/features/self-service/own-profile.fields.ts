import { type Kysely, sql } from "kysely";
import type { Tables } from "../../database/tables.ts";
import type { Tx } from "../../database/transaction.ts";
import type { ContactLists } from "../users/user.contacts.ts";
import type { ProfileValues } from "../users/user.profile.ts";
import { PROFILE_TEXT_NAMES, type ProfileText } from "../users/user.profile.ts";

const LISTS = ["phones", "addresses"] as const;

/** Fields that a gateway may let people edit of themselves. What places somebody, or decides what they may do, is none of them. */
export const OWN_FIELDS = [...PROFILE_TEXT_NAMES, "email", "phone", ...LISTS] as const;

export type OwnField = ProfileText | "email" | "phone" | (typeof LISTS)[number];

/** Which fields people edit of themselves, at once or with approval. */
export interface SelfServiceSettings {
  editable: readonly OwnField[];
  /** Of the editable ones, those whose change waits for approval. */
  sensitive: readonly OwnField[];
}

/** What people know best of themselves; by which name and address others know them, somebody else confirms. */
export const SELF_SERVICE_DEFAULTS: SelfServiceSettings = {
  editable: [
    "displayName",
    "givenName",
    "middleName",
    "familyName",
    "honorificPrefix",
    "honorificSuffix",
    "nickName",
    "preferredLanguage",
    "locale",
    "timezone",
    "email",
    "phone",
    "phones",
    "addresses",
  ],
  sensitive: ["displayName", "givenName", "middleName", "familyName", "email"],
};

export const isOwnField = (name: string): name is OwnField => (OWN_FIELDS as readonly string[]).includes(name);

/** A field of the profile, or a custom attribute: `attributes.` and its key. */
export type AnyOwnField = OwnField | `attributes.${string}`;

const ATTRIBUTE = "attributes.";

/** Values of own fields, as the API takes them. */
export type OwnValues = { [field in AnyOwnField]?: unknown };

/** A field that somebody may edit of themselves. */
export interface EditableField {
  name: AnyOwnField;
  sensitive: boolean;
}

/** What people may edit of themselves: what the settings say, and the attributes that are defined so. */
export async function editableFields(
  db: Kysely<Tables>,
  { editable, sensitive }: SelfServiceSettings,
): Promise<EditableField[]> {
  const attributes = await db
    .selectFrom("attribute_definition")
    .select(["key", "sensitive"])
    .where("self_editable", "=", true)
    .where("state", "=", "ACTIVE")
    .orderBy("key")
    .execute();
  return [
    ...editable.map((name) => ({ name, sensitive: sensitive.includes(name) })),
    ...attributes.map(({ key, ...rest }) => ({ name: `${ATTRIBUTE}${key}` as const, sensitive: rest.sensitive })),
  ];
}

/** Whether any of these is a custom attribute. */
export const namesAttribute = (fields: readonly string[]): boolean =>
  fields.some((field) => field.startsWith(ATTRIBUTE));

/** The same as what is written. */
export function writtenOf(values: OwnValues): { profile: ProfileValues; contacts: ContactLists } {
  const { email, phone, phones, addresses, ...rest } = values;
  const own = Object.entries(rest).filter(([field]) => !field.startsWith(ATTRIBUTE));
  const attributes = Object.entries(rest).flatMap(([field, value]) =>
    field.startsWith(ATTRIBUTE) ? [[field.slice(ATTRIBUTE.length), value]] : [],
  );
  const profile = {
    ...Object.fromEntries(own),
    ...(attributes.length > 0 ? { attributes: Object.fromEntries(attributes) } : {}),
  };
  return { profile: profile as ProfileValues, contacts: { email, phone, phones, addresses } as ContactLists };
}

/** What a person has in these fields now, in the transaction. */
export async function ownValues(tx: Tx, userId: string, fields: readonly AnyOwnField[]): Promise<OwnValues> {
  const { rows } = await sql<Record<string, unknown>>`
    SELECT to_jsonb(a) AS account,
      (SELECT e.value FROM user_email e WHERE e.user_id = a.id AND e.is_primary) AS email,
      (SELECT p.value FROM user_phone p WHERE p.user_id = a.id AND p.is_primary) AS phone,
      (SELECT coalesce(jsonb_agg(jsonb_build_object('value', p.value, 'type', p.type, 'primary', p.is_primary) ORDER BY p.place), '[]')
        FROM user_phone p WHERE p.user_id = a.id) AS phones,
      (SELECT coalesce(jsonb_agg(jsonb_build_object('type', d.type, 'primary', d.is_primary, 'streetAddress', d.street_address, 'locality', d.locality,
        'region', d.region, 'postalCode', d.postal_code, 'country', d.country) ORDER BY d.place), '[]')
        FROM user_address d WHERE d.user_id = a.id) AS addresses
    FROM user_account a WHERE a.id = ${userId}`.execute(tx.sql);
  const { account, ...contacts } = rows[0] as { account: Record<string, unknown> } & Record<string, unknown>;
  const attributes = account.attributes as Record<string, unknown>;
  const currentOf = (field: AnyOwnField): unknown => {
    if (field.startsWith(ATTRIBUTE)) return attributes[field.slice(ATTRIBUTE.length)];
    return field in contacts ? contacts[field] : account[columnOf(field)];
  };
  return Object.fromEntries(fields.map((field) => [field, currentOf(field) ?? null]));
}

const columnOf = (field: string): string => field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
