import { type Kysely, sql } from "kysely";
import type { Tables } from "../../database/tables.ts";

/** Who stands in the directory under an employee number. */
export interface KnownPerson {
  id: string;
  managerId: string | null;
  username: string;
}

/** The people, not deleted, with these folded employee numbers. */
export async function peopleByNumber(db: Kysely<Tables>, keys: readonly string[]): Promise<Map<string, KnownPerson>> {
  const { rows } = await sql<KnownPerson & { key: string }>`
    SELECT k.key, u.id, u.manager_id AS "managerId", u.username
    FROM unnest(${keys}::text[]) k (key) JOIN user_account u ON fold(u.employee_number) = k.key AND u.status <> 'DELETED'`.execute(
    db,
  );
  return new Map(rows.map(({ key, ...person }) => [key, person]));
}

/** Who has each of these folded usernames, among people not deleted. */
export const holdersOfUsernames = (db: Kysely<Tables>, names: readonly string[]): Promise<Map<string, string>> =>
  holders(
    db,
    sql`SELECT k.key, u.id FROM unnest(${names}::text[]) k (key) JOIN user_account u ON fold(u.username) = k.key AND u.status <> 'DELETED'`,
  );

/** Who has each of these folded addresses as the primary one, among people not deleted. */
export const holdersOfEmails = (db: Kysely<Tables>, emails: readonly string[]): Promise<Map<string, string>> =>
  holders(
    db,
    sql`SELECT k.key, u.id FROM unnest(${emails}::text[]) k (key)
      JOIN user_email e ON fold(e.value) = k.key AND e.is_primary JOIN user_account u ON u.id = e.user_id AND u.status <> 'DELETED'`,
  );

/** Whom imports know under each of these folded employee numbers, among people not deleted. */
export const holdersOfIdentities = (db: Kysely<Tables>, keys: readonly string[]): Promise<Map<string, string>> =>
  holders(
    db,
    sql`SELECT k.key, u.id FROM unnest(${keys}::text[]) k (key)
      JOIN user_identity i ON i.source = 'IMPORT' AND i.issuer IS NULL AND fold(i.external_id) = k.key
      JOIN user_account u ON u.id = i.user_id AND u.status <> 'DELETED'`,
  );

/** The manager of each of these people and of everybody above them. */
export async function managersAbove(db: Kysely<Tables>, ids: readonly string[]): Promise<Map<string, string | null>> {
  const { rows } = await sql<{ id: string; manager_id: string | null }>`
    WITH RECURSIVE up (id, manager_id) AS (
      SELECT u.id, u.manager_id FROM user_account u WHERE u.id = ANY (${ids}::uuid[])
      UNION
      SELECT u.id, u.manager_id FROM up JOIN user_account u ON u.id = up.manager_id)
    SELECT id, manager_id FROM up`.execute(db);
  return new Map(rows.map(({ id, manager_id }) => [id, manager_id]));
}

async function holders(db: Kysely<Tables>, query: ReturnType<typeof sql>): Promise<Map<string, string>> {
  const { rows } = await (query as ReturnType<typeof sql<{ key: string; id: string }>>).execute(db);
  return new Map(rows.map(({ key, id }) => [key, id]));
}
