import { type Kysely, sql } from "kysely";
import type { Tables } from "../../database/tables.ts";
import type { Tx } from "../../database/transaction.ts";
import { publicId } from "../../kernel/ids.ts";
import { escaped, page } from "../auth/link.texts.ts";
import type { MailMessage } from "../mail/mail.message.ts";
import type { MailOutbox } from "../mail/mail.outbox.ts";

/** A setting, or somebody else's saved search, by table and id. */
export interface NamedIn {
  table: string;
  id: string;
}

/** Where a filter may stand, or a text, that names people; and which of them are others'. */
const NAMING = [
  ["saved_search", "coalesce(owner_id <> $, true)"],
  ["access_rule", "true"],
  ["sign_in_policy", "true"],
  ["safety_limit", "true"],
  ["approval_policy", "true"],
  ["bulk_plan", "true"],
  ["profile_template", "true"],
  ["retention_policy", "true"],
] as const;

/** Whose a row is, or by whom: that is no text. */
const APART = sql`'{owner_id,token_id,planner_id,planner_name,author_id,author_name}'::text[]`;

/** Shorter values stand in too much that has nothing to do with the person. */
const SHORTEST = 4;

/** Settings and searches of others that name a person, by their id or by one of the values by which people are found. */
export async function textsNaming(db: Kysely<Tables>, userId: string): Promise<NamedIn[]> {
  const looks = NAMING.map(
    ([table, others]) => sql`
      SELECT ${table}::text AS "table", t.id FROM ${sql.table(table)} t
      WHERE (${sql.raw(others.replace("$", `'${userId}'::uuid`))})
        AND EXISTS (SELECT FROM own WHERE strpos(lower((to_jsonb(t) - ${APART})::text), own.value) > 0)`,
  );
  const { rows } = await sql<NamedIn>`
    WITH own AS MATERIALIZED (
      SELECT DISTINCT lower(value) AS value FROM (
        SELECT unnest(ARRAY[id::text, username, display_name, employee_number]) AS value FROM user_account WHERE id = ${userId} AND erased_at IS NULL
        UNION ALL SELECT value FROM user_email WHERE user_id = ${userId}
        UNION ALL SELECT value FROM user_phone WHERE user_id = ${userId}
        UNION ALL SELECT external_id FROM user_identity WHERE user_id = ${userId}) v
      WHERE length(value) >= ${SHORTEST})
    ${sql.join(looks, sql` UNION ALL `)} ORDER BY 1, 2`.execute(db);
  return rows;
}

const MAIL_DAYS = 30;

interface Owner {
  id: string;
  name: string;
  email: string;
  searches: string[];
}

/**
 * Tells the owners of these searches, with the erasure's own commit, that a filter of theirs names somebody who was erased: each one mail, with all of
 * their searches of which that is so and that they have not changed since.
 */
export async function tellOwners(tx: Tx, outbox: MailOutbox, named: readonly NamedIn[]): Promise<void> {
  const searches = named.flatMap(({ table, id }) => (table === "saved_search" ? id : []));
  if (searches.length === 0) return;
  const { rows } = await sql<Owner>`
    SELECT u.id, u.display_name AS name, m.value AS email, array_agg(DISTINCT s.id) AS searches
    FROM saved_search s JOIN user_account u ON u.id = s.owner_id AND u.status = 'ACTIVE'
    JOIN user_email m ON m.user_id = u.id AND m.is_primary
    WHERE s.owner_id IN (SELECT owner_id FROM saved_search WHERE id = ANY (${searches}::uuid[]))
      AND EXISTS (SELECT FROM user_erasure e WHERE e.named @> jsonb_build_array(jsonb_build_object('table', 'saved_search', 'id', s.id)) AND e.erased_at >= s.updated_at)
    GROUP BY u.id, u.display_name, m.value ORDER BY u.id`.execute(tx.sql);
  const until = new Date(tx.now.getTime() + MAIL_DAYS * 86_400_000);
  for (const owner of rows)
    await outbox.add(tx, { userId: owner.id, kind: "FILTER_NAMES_ERASED", message: mailTo(owner), until });
}

/** Searches by their ids alone: what somebody called one may be a name. */
function mailTo({ name, email, searches }: Owner): MailMessage {
  const said = "The personal data of somebody whom you search for were erased. Nobody is found by them any more.";
  const asked = "Change these saved searches of yours, or delete them:";
  const ids = searches.map((id) => publicId("SavedSearch", id)).sort();
  return {
    to: email,
    subject: "A saved search of yours names somebody who was erased",
    text: `Hello ${name},\n\n${said}\n\n${asked}\n\n${ids.join("\n")}\n`,
    html: page(
      `<p>Hello ${escaped(name)},</p><p>${said}</p><p>${asked}</p><ul>${ids.map((id) => `<li>${id}</li>`).join("")}</ul>`,
    ),
  };
}
