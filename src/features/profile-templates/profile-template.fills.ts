import { isDeepStrictEqual } from "node:util";
import { sql } from "kysely";
import type { Tx } from "../../database/transaction.ts";
import { newId } from "../../kernel/ids.ts";
import type { ProfileValues } from "../users/user.profile.ts";
import { type Fill, valueIn } from "./profile-template.matching.ts";

/** A value that a template filled in somebody's profile; without a template, the template is gone. */
export type NotedFill = Omit<Fill, "templateId"> & { templateId: string | null };

/** Somebody's fills as they are to be remembered, and fields whose fills are to be forgotten. */
export interface FillMemory {
  userId: string;
  noted: readonly NotedFill[];
  forgotten: readonly string[];
}

/** Remembers and forgets for many people: two statements, however many there are. */
export async function rememberFills(tx: Tx, memories: readonly FillMemory[]): Promise<void> {
  const gone = memories.flatMap(({ userId, forgotten }) => forgotten.map((field) => ({ user_id: userId, field })));
  if (gone.length > 0)
    await sql`
      DELETE FROM profile_template_fill f USING json_to_recordset(${JSON.stringify(gone)}::json) g (user_id uuid, field text)
      WHERE f.user_id = g.user_id AND f.field = g.field`.execute(tx.sql);
  const kept = memories.flatMap(({ userId, noted }) =>
    noted.map(({ field, value, templateId }) => ({
      id: newId(),
      user_id: userId,
      field,
      value,
      template_id: templateId,
    })),
  );
  if (kept.length > 0)
    await sql`
      INSERT INTO profile_template_fill (id, user_id, field, value, template_id)
      SELECT k.id, k.user_id, k.field, k.value, t.id
      FROM json_to_recordset(${JSON.stringify(kept)}::json) k (id uuid, user_id uuid, field text, value jsonb, template_id uuid)
      LEFT JOIN profile_template t ON t.id = k.template_id
      ON CONFLICT (user_id, field) DO UPDATE SET value = excluded.value, template_id = excluded.template_id
      WHERE profile_template_fill.value <> excluded.value OR profile_template_fill.template_id IS DISTINCT FROM excluded.template_id`.execute(
      tx.sql,
    );
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
