import { sql } from "kysely";
import type { Tx } from "../../../src/database/transaction.ts";
import { finishErasures } from "../../../src/features/erasure/erasure.finish.ts";
import { keyOwners, openActor, openSubject } from "../../../src/feed/audit-event.ts";
import { readingKeys } from "../../../src/feed/subject-keys.ts";
import { newId, publicId } from "../../../src/kernel/ids.ts";
import { someCause } from "../../support/database.ts";
import { grant, makeHolder, makeRole, tokenOf, uuid } from "../../support/directory.ts";
import { type TestGateway, testCustody } from "../../support/gateway.ts";
import { userRow } from "../../support/rows.ts";
import { sealAll } from "../../support/sealing.ts";
import { approve } from "../approvals/support.ts";
import { saveSearch } from "../saved-searches/support.ts";

/*
 * People with a mark in everything that can be known of them, and their erasure with all that follows.
 */

export const ERASE = `mutation ($input: EraseUserInput!) { eraseUser(input: $input) {
  approvalRequest { id state kind changes { field after } } erasure { id userId ground gone erasedAt finishedAt approvalRequestId } position } }`;

/** A person of whom every value carries the mark, in every table that can hold one. Gives their public id. */
export async function plant(
  gateway: TestGateway,
  mark: string,
  over: Parameters<typeof userRow>[0] = {},
): Promise<string> {
  const texts = Object.fromEntries(
    [
      "display_name",
      "status_reason",
      "given_name",
      "middle_name",
      "family_name",
      "honorific_prefix",
      "honorific_suffix",
      "nick_name",
      "employee_number",
      "title",
      "department",
      "division",
      "cost_center",
      "location",
    ].map((name) => [name, `${mark}-${name}`]),
  );
  const user = userRow({
    username: `${mark}-username`,
    ...texts,
    tags: [`${mark}-tag`],
    attributes: { note: `${mark}-attribute` },
    ...over,
  });
  const { id } = user;
  const cause = {
    ...someCause,
    reason: `${mark}-reason`,
    actor: { kind: "USER" as const, id, name: `${mark}-actor` },
    ip: `${mark}-ip`,
  };
  await gateway.database.write(cause, async (tx) => {
    await tx.sql.insertInto("user_account").values(user).execute();
    const email = newId();
    const token = newId();
    const session = newId();
    const at = tx.now;
    await sql`INSERT INTO user_email (id, user_id, place, value, is_primary) VALUES (${email}, ${id}, 0, ${`${mark}@example.org`}, true)`.execute(
      tx.sql,
    );
    await sql`INSERT INTO user_phone (id, user_id, place, value, is_primary) VALUES (${newId()}, ${id}, 0, ${`${mark}-phone`}, true)`.execute(
      tx.sql,
    );
    await sql`INSERT INTO user_address (id, user_id, place, is_primary, street_address) VALUES (${newId()}, ${id}, 0, true, ${`${mark}-street`})`.execute(
      tx.sql,
    );
    await sql`INSERT INTO user_identity (id, user_id, place, source, external_id) VALUES (${newId()}, ${id}, 0, 'HRIS', ${`${mark}-external`})`.execute(
      tx.sql,
    );
    await sql`INSERT INTO user_security (user_id, last_login_country) VALUES (${id}, 'CH')`.execute(tx.sql);
    await sql`INSERT INTO user_password (user_id, hash, alone, changed_at) VALUES (${id}, ${`${mark}-hash`}, true, ${at})`.execute(
      tx.sql,
    );
    await sql`INSERT INTO user_factor (id, user_id, kind, name, secret, created_at) VALUES (${newId()}, ${id}, 'TOTP', ${`${mark}-factor`}, '\\x00', ${at})`.execute(
      tx.sql,
    );
    await sql`INSERT INTO user_link (id, user_id, email_id, purpose, hash, email, created_at, expires_at) VALUES (${newId()}, ${id}, ${email}, 'INVITATION', sha256(${email}::text::bytea), ${`${mark}@example.org`}, ${at}, ${at})`.execute(
      tx.sql,
    );
    await sql`INSERT INTO session (id, user_id, method, factors, created_at, authenticated_at, expires_at, ip, user_agent) VALUES (${session}, ${id}, 'PASSWORD', '{}', ${at}, ${at}, ${at}, ${`${mark}-session-ip`}, ${`${mark}-agent`})`.execute(
      tx.sql,
    );
    await sql`INSERT INTO sign_in_fact (user_id, at, succeeded, ip) VALUES (${id}, ${at}, true, ${`${mark}-fact-ip`})`.execute(
      tx.sql,
    );
    await sql`INSERT INTO service_token (id, name, hash, user_id, created_at) VALUES (${token}, ${`${mark}-token`}, sha256(${token}::text::bytea), ${id}, ${at})`.execute(
      tx.sql,
    );
    await sql`INSERT INTO mail (id, user_id, kind, state, created_at, finished_at, problem) VALUES (${newId()}, ${id}, 'INVITATION', 'GIVEN_UP', ${at}, ${at}, ${`${mark}-problem`})`.execute(
      tx.sql,
    );
    await sql`INSERT INTO idempotency_key (actor, key, mutation, input_hash, answer, created_at) VALUES (${`USER:${id}`}, ${`${mark}-key`}, 'x', '\\x00', ${JSON.stringify({ secret: `${mark}-answer` })}::jsonb, ${at})`.execute(
      tx.sql,
    );
    await sql`INSERT INTO approval_request (id, kind, state, user_id, subject_id, requester_kind, requester_id, requester_name, reason, payload, steps, step, expires_at, created_at, updated_at, closed_at)
      VALUES (${newId()}, 'PROFILE_CHANGE', 'REJECTED', ${id}, ${publicId("User", id)}, 'USER', ${id}, ${`${mark}-requester`}, ${`${mark}-why`},
        ${JSON.stringify({ changes: [{ field: "nickName", before: null, after: `${mark}-payload` }] })}::jsonb,
        ${JSON.stringify([{ deciders: [{ by: "MANAGER" }], comment: `${mark}-comment` }])}::jsonb, 1, ${at}, ${at}, ${at}, ${at})`.execute(
      tx.sql,
    );
    await plantWork(tx, id, mark);
  });
  const filter = { department: { eq: `${mark}-filter` } };
  const { key } = await makeRole(gateway, ["USER_READ"]);
  await grant(gateway, publicId("User", id), key, { reason: `${mark}-grant` });
  await saveSearch(gateway, { name: `${mark}-search`, filter }, await tokenOf(gateway, publicId("User", id)));
  await gateway.database.write({ ...cause, action: "user.updated" }, (tx) =>
    sql`UPDATE user_account SET title = ${`${mark}-later-title`}, version = version + 1 WHERE id = ${id}`.execute(
      tx.sql,
    ),
  );
  return publicId("User", id);
}

/** What waits for a person or was done about them: steps, a move, a leave, what templates filled, and plans of files in which they stand. */
async function plantWork(tx: Tx, id: string, mark: string): Promise<void> {
  const [at, later] = [tx.now, new Date(tx.now.getTime() + 365 * 86_400_000)];
  const step = async (operation: string, state: "DONE" | "SCHEDULED") => {
    const step = newId();
    await sql`INSERT INTO scheduled_transition (id, user_id, operation, due_at, org_timezone, reason, state, author_kind, author_id, author_name, created_at, updated_at, finished_at, consequences)
      VALUES (${step}, ${id}, ${operation}, ${later}, 'UTC', ${`${mark}-step`}, ${state}, 'USER', ${id}, ${`${mark}-author`}, ${at}, ${at}, ${state === "DONE" ? at : null},
        ${JSON.stringify([{ kind: "NOTED", text: `${mark}-consequence` }])}::jsonb)`.execute(tx.sql);
    return step;
  };
  for (const [state, what] of [
    ["DONE", "moved"],
    ["SCHEDULED", "planned"],
  ] as const)
    await sql`INSERT INTO transfer (transition_id, user_id, changes, fill, created_at)
      VALUES (${await step("transfer", state)}, ${id}, ${JSON.stringify({ title: `${mark}-${what}` })}::jsonb, '[]', ${at})`.execute(
      tx.sql,
    );
  await sql`INSERT INTO offboarding (transition_id, user_id, last_day, created_at) VALUES (${await step("deactivate", "SCHEDULED")}, ${id}, '2099-12-31', ${at})`.execute(
    tx.sql,
  );
  await sql`INSERT INTO profile_template_fill (id, user_id, field, value) VALUES (${newId()}, ${id}, 'title', ${JSON.stringify(`${mark}-fill`)}::jsonb)`.execute(
    tx.sql,
  );
  for (const owner of [id, null]) {
    const [upload, plan] = [newId(), newId()];
    await sql`INSERT INTO import_upload (id, user_id, file_name, media_type, size, sha256, created_at, expires_at)
      VALUES (${upload}, ${owner}, ${owner ? `${mark}-file` : "people.csv"}, 'text/csv', 1, sha256(${upload}::text::bytea), ${at}, ${later})`.execute(
      tx.sql,
    );
    await sql`INSERT INTO import_upload_part (upload_id, place, content) VALUES (${upload}, 0, ${Buffer.from(`${mark}-content`)})`.execute(
      tx.sql,
    );
    await sql`INSERT INTO bulk_plan (id, state, kind, target, reason, planner_kind, planner_id, planner_name, operation_id, limits_known, needs_approval, people, changing, unchanged, errors, created_at, expires_at, updated_at, ip, preview, upload_id)
      VALUES (${plan}, 'DONE', 'IMPORT', '{}', ${owner ? `${mark}-plan` : null}, ${owner ? "USER" : "SYSTEM"}, ${owner}, ${owner ? `${mark}-planner` : "nobody"}, ${newId()}, '', false, 1, 1, 0, 0,
        ${at}, ${later}, ${at}, ${owner ? `${mark}-ip` : null}, '{}', ${upload})`.execute(tx.sql);
    await sql`INSERT INTO bulk_item (plan_id, place, user_id, version, change, finding, before, after, outcome)
      VALUES (${plan}, 0, ${id}, 1, ${JSON.stringify({ title: `${mark}-item` })}::jsonb, 'CHANGE', ${JSON.stringify({ title: `${mark}-was` })}::jsonb, '{}', 'CHANGED')`.execute(
      tx.sql,
    );
    await sql`INSERT INTO import_row (plan_id, source_row, key, new_id, user_id, cells)
      VALUES (${plan}, 2, ${`${mark}-row`}, ${newId()}, ${id}, ${JSON.stringify([`${mark}-cell`])}::jsonb)`.execute(
      tx.sql,
    );
  }
}

/** Grants somebody else a role in the person's name, and ends their session. */
export async function actAs(gateway: TestGateway, mark: string, personId: string, otherId: string): Promise<void> {
  const id = uuid(personId);
  await gateway.database.write({ ...someCause, actor: { kind: "USER", id, name: `${mark}-name` } }, async (tx) => {
    const role = newId();
    await sql`INSERT INTO role (id, key, name, created_at, updated_at) VALUES (${role}, ${role}, 'Role', ${tx.now}, ${tx.now})`.execute(
      tx.sql,
    );
    await sql`INSERT INTO role_grant (id, user_id, role_id, starts_at, granted_by_kind, granted_by_id, granted_by_name, granted_at)
      VALUES (${newId()}, ${uuid(otherId)}, ${role}, ${tx.now}, 'USER', ${id}, ${`${mark}-grantor`}, ${tx.now})`.execute(
      tx.sql,
    );
  });
}

/** Two people who may erase, and see the deleted. */
export const erasers = (gateway: TestGateway) =>
  Promise.all([0, 1].map(() => makeHolder(gateway, ["USER_ERASE", "USER_READ", "USER_DELETE"]))) as Promise<
    [Holder, Holder]
  >;

type Holder = Awaited<ReturnType<typeof makeHolder>>;

/** Asks for an erasure and approves it; gives what the approval came to. */
export async function erase(gateway: TestGateway, id: string, [asks, approves]: [Holder, Holder]): Promise<string> {
  const { eraseUser } = await gateway.run(
    ERASE,
    { input: { id, ground: "CONSENT_WITHDRAWN", reason: "They asked." } },
    asks.token,
  );
  return approve(gateway, eraseUser.approvalRequest.id, approves.token);
}

/** Lets every consumer read the log, and the log give up whom it can. */
export async function settle(gateway: TestGateway): Promise<number> {
  gateway.searches.matching.start();
  const { commit } = await gateway.database.head();
  for (;;) {
    const { rows } = await sql<{
      at: bigint;
    }>`SELECT commit_number AS at FROM feed_consumer WHERE name = 'matcher'`.execute(gateway.database.reader);
    if ((rows[0]?.at ?? 0n) >= commit) break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await sealAll(gateway.database, testCustody.keys);
  return finishErasures(gateway.database);
}

/** The tables in which a text stands anywhere, in clear, in columns of bytes too. */
export async function tablesWith(gateway: TestGateway, text: string): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    SELECT c.relname AS name FROM pg_class c WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = 'public'::regnamespace ORDER BY 1`.execute(
    gateway.database.reader,
  );
  const looks = rows.map(
    ({ name }) =>
      sql`SELECT ${name}::text AS name WHERE EXISTS (SELECT FROM ${sql.table(name)} t WHERE strpos(t::text, ${text}) > 0 OR strpos(t::text, ${Buffer.from(text).toString("hex")}) > 0)`,
  );
  const found = await sql<{ name: string }>`${sql.join(looks, sql` UNION ALL `)}`.execute(gateway.database.reader);
  return found.rows.map(({ name }) => name);
}

/** The tables of sealed events in which a text stands for whoever has the master key, with every key that is left; `actors`: in what is sealed of who acted. */
export async function sealedWith(
  gateway: TestGateway,
  text: string,
): Promise<{ subjects: string[]; actors: string[] }> {
  const db = gateway.database.reader;
  const events = await db.selectFrom("audit_log").selectAll().execute();
  const keys = await readingKeys(
    db,
    testCustody.keys,
    new Set(events.flatMap((event) => Object.values(keyOwners(event)))),
  );
  const found = { subjects: new Set<string>(), actors: new Set<string>() };
  for (const event of events) {
    const [subject, actor] = [keys.get(keyOwners(event).subject), keys.get(keyOwners(event).actor)];
    if (subject && JSON.stringify(openSubject(event, subject)).includes(text)) found.subjects.add(event.table_name);
    if (actor && JSON.stringify(openActor(event, actor)).includes(text)) found.actors.add(event.table_name);
  }
  return { subjects: [...found.subjects].sort(), actors: [...found.actors].sort() };
}

/** Those of these columns, each as `table.column`, in which a text stands anywhere. */
export async function columnsWith(gateway: TestGateway, text: string, columns: readonly string[]): Promise<string[]> {
  const looks = columns.map((name) => {
    const [table, column] = name.split(".") as [string, string];
    return sql`SELECT ${name}::text AS name WHERE EXISTS (SELECT FROM ${sql.table(table)} t WHERE strpos(t.${sql.ref(column)}::text, ${text}) > 0)`;
  });
  const found = await sql<{ name: string }>`${sql.join(looks, sql` UNION ALL `)}`.execute(gateway.database.reader);
  return found.rows.map(({ name }) => name).sort();
}
