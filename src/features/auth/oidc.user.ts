import { type RawBuilder, sql } from "kysely";
import type { OidcSubject } from "./oidc.tokens.ts";

type Columns = Readonly<Record<"numbers" | "keys" | "issuers" | "values" | "ends", readonly unknown[]>>;

/** Each token's way to its user, and its end, numbered from 0. */
export const subjectColumns = (subjects: readonly OidcSubject[]): Columns => ({
  numbers: subjects.map((_, n) => n),
  keys: subjects.map(({ key }) => key),
  issuers: subjects.map(({ issuer }) => issuer),
  values: subjects.map(({ value }) => value),
  ends: subjects.map(({ expiresAt }) => expiresAt),
});

/** The same as rows of `s`; `column` gives each of the columns. */
export const subjectRows = (column: (name: keyof Columns) => RawBuilder<unknown>): RawBuilder<unknown> => sql`
  unnest(${column("numbers")}::integer[], ${column("keys")}::text[], ${column("issuers")}::text[], ${column("values")}::text[],
    ${column("ends")}::timestamptz[]) s (n, key, issuer, value, expires_at)`;

/**
 * The id of the user of whom the row `s` speaks, whatever their status; null where there is none. Names and addresses are compared as the
 * directory does, without regard to case; an issuer's own id, which may differ from another one by case alone, character by character.
 */
export const subjectUserId: RawBuilder<string | null> = sql`CASE s.key
  WHEN 'id' THEN s.value::uuid
  WHEN 'username' THEN (
    SELECT a.id FROM user_account a WHERE fold(a.username) = fold(s.value) AND a.status <> 'DELETED' LIMIT 1)
  WHEN 'email' THEN (
    SELECT e.user_id FROM user_email e JOIN user_account a ON a.id = e.user_id AND a.status <> 'DELETED'
    WHERE fold(e.value) = fold(s.value) AND e.is_primary LIMIT 1)
  ELSE (
    SELECT i.user_id FROM user_identity i JOIN user_account a ON a.id = i.user_id AND a.status <> 'DELETED'
    WHERE i.source = 'OIDC' AND i.issuer = s.issuer AND fold(i.external_id) = fold(s.value) AND i.external_id = s.value LIMIT 1)
  END`;
