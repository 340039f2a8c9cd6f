import { sql } from "kysely";
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

/** Values of own fields, as the API takes them. */
export type OwnValues = { [field in OwnField]?: unknown };

/** The same as what is written. */
export function writtenOf(values: OwnValues): { profile: ProfileValues; contacts: ContactLists } {
  const { email, phone, phones, addresses, ...profile } = values;
  return { profile: profile as ProfileValues, contacts: { email, phone, phones, addresses } as ContactLists };
}

/** What a person has in these fields now, in the transaction. */
export async function ownValues(tx: Tx, userId: string, fields: readonly OwnField[]): Promise<OwnValues> {
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
  const currentOf = (field: OwnField) => (field in contacts ? contacts[field] : account[columnOf(field)]) ?? null;
  return Object.fromEntries(fields.map((field) => [field, currentOf(field)]));
}

const columnOf = (field: string): string => field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
