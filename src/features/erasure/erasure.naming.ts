import { type Kysely, sql } from "kysely";
import type { Tables } from "../../database/tables.ts";
import type { Tx } from "../../database/transaction.ts";
import { publicId } from "../../kernel/ids.ts";
import { escaped, page } from "../auth/link.texts.ts";
import type { MailMessage } from "../mail/mail.message.ts";
import type { MailOutbox } from "../mail/mail.outbox.ts";
import { namesIn } from "./personal-data.ts";

/** A setting, or something of somebody else's, by table and id. */
export interface NamedIn {
  table: string;
  id: string;
}

/** What a person is called in texts of others. */
export interface Names {
  /** The values by which people are found, and the ways in which a name is written. */
  texts: readonly string[];
  /** What filters name them by. */
  ids: readonly string[];
}

/** Plans that nothing can change any more. */
export const ENDED_PLAN = sql<boolean>`t.state IN ('DONE', 'CANCELLED', 'FAILED', 'EXPIRED')`;

/** What would mean something else without the value, so that whoever it belongs to has to change it: where it stands, and which rows are others'. */
const NAMING: Readonly<
  Record<string, { texts: string; others?: (userId: string) => ReturnType<typeof sql<boolean>> }>
> = {
  saved_search: { texts: "name description filter", others: (id) => sql`t.owner_id IS DISTINCT FROM ${id}::uuid` },
  access_rule: { texts: "name actor object" },
  sign_in_policy: { texts: "name filter" },
  safety_limit: { texts: "name filter search_name" },
  approval_policy: { texts: "name filter" },
  bulk_plan: { texts: "target change preview", others: () => sql`NOT ${ENDED_PLAN}` },
  profile_template: { texts: "name filter defaults" },
  retention_policy: { texts: "name filter" },
  import_template: { texts: "name reading" },
  approval_request: {
    texts: "payload",
    others: (id) =>
      sql`t.state = 'PENDING' AND t.user_id IS DISTINCT FROM ${id}::uuid AND t.requester_id IS DISTINCT FROM ${id}::uuid`,
  },
  service_token: {
    texts: "name",
    others: (id) => sql`t.revoked_at IS NULL AND t.user_id IS DISTINCT FROM ${id}::uuid`,
  },
  user_group: { texts: "key name description" },
  role: { texts: "key name description" },
  org_unit: { texts: "code name" },
  attribute_definition: { texts: "key name description choices" },
};

/** Shorter values stand in too much that has nothing to do with the person; they count where they are all that stands there. */
const SHORTEST = 4;

/** What a person is called; nothing of whom is erased. */
export async function namesOf(db: Kysely<Tables>, userId: string): Promise<Names> {
  const { rows } = await sql<{ value: string }>`
    SELECT value FROM (
      SELECT unnest(ARRAY[username, display_name, employee_number, given_name || ' ' || family_name, family_name || ' ' || given_name,
        family_name || ', ' || given_name]) AS value FROM user_account WHERE id = ${userId} AND erased_at IS NULL
      UNION ALL SELECT value FROM user_email WHERE user_id = ${userId}
      UNION ALL SELECT value FROM user_phone WHERE user_id = ${userId}
      UNION ALL SELECT external_id FROM user_identity WHERE user_id = ${userId}) v
    WHERE value <> '' GROUP BY value ORDER BY length(value) DESC, value`.execute(db);
  return { texts: rows.map(({ value }) => value), ids: rows.length === 0 ? [] : [userId, publicId("User", userId)] };
}

/** The names that are looked for anywhere in a text. */
export const tellingNames = ({ texts }: Names): string[] => texts.filter((name) => name.length >= SHORTEST);

/** Settings, and what others have, that name a person and stay as they are. */
export async function textsNaming(db: Kysely<Tables>, userId: string, names: Names): Promise<NamedIn[]> {
  // As they stand in a document: a short one with its quotes.
  const values = [...names.texts, ...names.ids].map((name) =>
    name.length >= SHORTEST ? JSON.stringify(name).slice(1, -1) : JSON.stringify(name),
  );
  if (values.length === 0) return [];
  const looks = Object.entries(NAMING).map(([table, { texts, others }]) => {
    const columns = namesIn(texts).map((column) => sql`t.${sql.ref(column)}`);
    return sql`
      SELECT ${table}::text AS "table", t.id FROM ${sql.table(table)} t CROSS JOIN LATERAL (SELECT jsonb_build_array(${sql.join(columns)})::text AS words) said
      WHERE ${others?.(userId) ?? sql`true`} AND unnamed(said.words, ${values}::text[]) <> said.words`;
  });
  const { rows } = await sql<NamedIn>`${sql.join(looks, sql` UNION ALL `)} ORDER BY 1, 2`.execute(db);
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
