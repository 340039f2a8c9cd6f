import { isDeepStrictEqual } from "node:util";
import { sql } from "kysely";
import type { Tx } from "../../database/transaction.ts";
import { newId } from "../../kernel/ids.ts";
import type { ProfileValues } from "../users/user.profile.ts";
import { type Fill, valueIn } from "./profile-template.matching.ts";

/** Keeps which values came of templates: each field's latest. */
export async function noteFills(tx: Tx, userId: string, fills: readonly Fill[]): Promise<void> {
  if (fills.length === 0) return;
  await sql`
    INSERT INTO profile_template_fill (id, user_id, field, value, template_id)
    SELECT f.id, ${userId}::uuid, f.field, f.value, f.template_id
    FROM unnest(${fills.map(() => newId())}::uuid[], ${fills.map(({ field }) => field)}::text[],
      ${fills.map(({ value }) => JSON.stringify(value))}::jsonb[], ${fills.map(({ templateId }) => templateId)}::uuid[]) f (id, field, value, template_id)
    ON CONFLICT (user_id, field) DO UPDATE SET value = excluded.value, template_id = excluded.template_id
    WHERE profile_template_fill.value <> excluded.value OR profile_template_fill.template_id IS DISTINCT FROM excluded.template_id`.execute(
    tx.sql,
  );
}

/** Forgets that templates filled these fields. */
export async function forgetFills(tx: Tx, userId: string, fields: readonly string[]): Promise<void> {
  if (fields.length === 0) return;
  await tx.sql
    .deleteFrom("profile_template_fill")
    .where("user_id", "=", userId)
    .where("field", "in", [...fields])
    .execute();
}

/** What templates filled in somebody's profile, by field; and whether it still is what they filled. */
export async function notedFills(
  tx: Tx,
  userId: string,
  profile: ProfileValues,
): Promise<{ standing: ReadonlySet<string>; changed: string[] }> {
  const rows = await tx.sql
    .selectFrom("profile_template_fill")
    .select(["field", "value"])
    .where("user_id", "=", userId)
    .execute();
  const stands = rows.filter(({ field, value }) => isDeepStrictEqual(valueIn(profile, field), value));
  const standing = new Set(stands.map(({ field }) => field));
  return { standing, changed: rows.map(({ field }) => field).filter((field) => !standing.has(field)) };
}
