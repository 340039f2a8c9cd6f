import { type RawBuilder, sql } from "kysely";
import type { OidcSubject } from "./oidc.tokens.ts";

/** These subjects as rows of `s`, numbered from 0: each token's way to its user, and its end. */
export const subjectRows = (subjects: readonly OidcSubject[]): RawBuilder<unknown> => sql`
  unnest(${subjects.map((_, n) => n)}::integer[], ${subjects.map(({ key }) => key)}::text[],
    ${subjects.map(({ issuer }) => issuer)}::text[], ${subjects.map(({ value }) => value)}::text[],
    ${subjects.map(({ expiresAt }) => expiresAt)}::timestamptz[]) s (n, key, issuer, value, expires_at)`;

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
