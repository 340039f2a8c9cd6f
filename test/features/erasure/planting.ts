import { sql } from "kysely";
import type { Tx } from "../../../src/database/transaction.ts";
import { newId } from "../../../src/kernel/ids.ts";
import { someCause } from "../../support/database.ts";
import { uuid } from "../../support/directory.ts";
import type { TestGateway } from "../../support/gateway.ts";

/*
 * Marks in whatever `plant` leaves without one: in every column that can hold words of somebody, or about them.
 */

/** Marks the rest of a person who was planted, what they did to another, and what others wrote that names them. */
export async function plantRest(gateway: TestGateway, mark: string, personId: string, otherId: string): Promise<void> {
  const [id, other] = [uuid(personId), uuid(otherId)];
  await gateway.database.write(someCause, async (tx) => {
    await markOwn(tx, id, mark);
    await markWork(tx, id, mark);
    await markActs(tx, { id, other, mark });
    await markTextsOfOthers(tx, other, `for ${mark}-display_name, once`);
  });
}

async function markOwn(tx: Tx, id: string, mark: string): Promise<void> {
  const words = (column: string) => `${mark}-${column}`;
  await sql`UPDATE user_account SET country = ${words("country")}, locale = ${words("locale")}, preferred_language = ${words("language")}, version = version + 1
    WHERE id = ${id}`.execute(tx.sql);
  await sql`UPDATE user_address SET type = ${words("type")}, locality = ${words("locality")}, region = ${words("region")}, postal_code = ${words("code")},
    country = ${words("country")} WHERE user_id = ${id}`.execute(tx.sql);
  await sql`UPDATE user_email SET type = ${words("type")} WHERE user_id = ${id}`.execute(tx.sql);
  await sql`UPDATE user_phone SET type = ${words("type")} WHERE user_id = ${id}`.execute(tx.sql);
  await sql`UPDATE user_identity SET issuer = ${words("issuer")} WHERE user_id = ${id}`.execute(tx.sql);
  await sql`UPDATE user_security SET last_login_country = ${words("country")} WHERE user_id = ${id}`.execute(tx.sql);
  await sql`UPDATE user_factor SET transports = ARRAY[${words("transport")}] WHERE user_id = ${id}`.execute(tx.sql);
  await sql`UPDATE sign_in_fact SET country = ${words("country")} WHERE user_id = ${id}`.execute(tx.sql);
  await sql`UPDATE session SET country = ${words("country")}, ended_at = created_at, ended_by_kind = 'USER', ended_by_id = ${id}, ended_by_name = ${words("ender")},
    end_reason = ${words("ended")} WHERE user_id = ${id}`.execute(tx.sql);
  await sql`UPDATE saved_search SET description = ${words("described")} WHERE owner_id = ${id}`.execute(tx.sql);
  await sql`UPDATE approval_request SET state = 'FAILED', failure_code = 'CONFLICT', failure_message = ${words("failed")} WHERE user_id = ${id}`.execute(
    tx.sql,
  );
  await sql`INSERT INTO legal_hold (id, user_id, reason, placed_at, released_at) VALUES (${newId()}, ${id}, ${words("hold")}, ${tx.now}, ${tx.now})`.execute(
    tx.sql,
  );
  await sql`INSERT INTO user_deletion (user_id, consequences, created_at) VALUES (${id}, ${JSON.stringify([words("deleted")])}::jsonb, ${tx.now})`.execute(
    tx.sql,
  );
}

async function markWork(tx: Tx, id: string, mark: string): Promise<void> {
  const json = (column: string) => sql`${JSON.stringify({ note: `${mark}-${column}` })}::jsonb`;
  await sql`UPDATE transfer SET fill = ${json("fill")}, promised = ${json("promised")} WHERE user_id = ${id}`.execute(
    tx.sql,
  );
  await sql`UPDATE scheduled_transition SET state = 'FAILED', failure = ${json("failure")} WHERE user_id = ${id} AND state = 'DONE'`.execute(
    tx.sql,
  );
  await sql`UPDATE bulk_item SET after = ${json("after")}, problem = ${json("problem")}, outcome_problem = ${json("outcome")}, undo = ${json("undo")},
    notes = ARRAY[${`${mark}-note`}] WHERE user_id = ${id}`.execute(tx.sql);
  await sql`UPDATE bulk_plan SET change = ${json("change")} WHERE id IN (SELECT plan_id FROM bulk_item WHERE user_id = ${id})`.execute(
    tx.sql,
  );
  await sql`UPDATE import_row SET manager_key = ${`${mark}-manager`}, username = ${`${mark}-username`}, email = ${`${mark}-email`}, employee_number = ${`${mark}-number`}
    WHERE user_id = ${id}`.execute(tx.sql);
  await sql`UPDATE import_upload SET media_type = ${`${mark}-media`} WHERE user_id = ${id}`.execute(tx.sql);
  await sql`INSERT INTO export_link (id, secret_hash, kind, payload, user_id, file_format, filter_text, columns, state, created_at, expires_at)
    VALUES (${newId()}, sha256(${newId()}::text::bytea), 'PEOPLE', ${json("payload")}, ${id}, 'CSV', ${`${mark}-filter`}, ARRAY[${`${mark}-column`}], 'ISSUED', ${tx.now}, ${tx.now})`.execute(
    tx.sql,
  );
}

interface Act {
  id: string;
  other: string;
  mark: string;
}

/** Where others' rows say that it was the person. */
async function markActs(tx: Tx, { id, other, mark }: Act): Promise<void> {
  const [at, name] = [tx.now, `${mark}-acted`];
  await sql`INSERT INTO session (id, user_id, method, factors, created_at, authenticated_at, expires_at, ended_at, ended_by_kind, ended_by_id, ended_by_name)
    VALUES (${newId()}, ${other}, 'PASSWORD', '{}', ${at}, ${at}, ${at}, ${at}, 'USER', ${id}, ${name})`.execute(
    tx.sql,
  );
  await sql`INSERT INTO retention_policy (id, name, status, days, action, enabled, max_people, author_kind, author_id, author_name, in_force_at, created_at, updated_at)
    VALUES (${newId()}, 'Quiet', 'INACTIVE', 9000, 'ARCHIVE', false, 1, 'USER', ${id}, ${name}, ${at}, ${at}, ${at})`.execute(
    tx.sql,
  );
  await sql`INSERT INTO retention_run (id, policy_id, policy_version, policy_name, action, state, author_kind, author_id, author_name, operation_id, people, limits, created_at)
    VALUES (${newId()}, ${newId()}, 1, 'Quiet', 'ARCHIVE', 'CANCELLED', 'USER', ${id}, ${name}, ${newId()}, 0, '[]', ${at})`.execute(
    tx.sql,
  );
}

/** What is over, and reasons: the name is taken out of them. */
async function markTextsOfOthers(tx: Tx, other: string, words: string): Promise<void> {
  const [at, json] = [tx.now, sql`${JSON.stringify({ note: words })}::jsonb`];
  await sql`INSERT INTO retention_run (id, policy_id, policy_version, policy_name, action, state, author_kind, author_name, operation_id, people, limits, problem, created_at)
    VALUES (${newId()}, ${newId()}, 1, ${words}, 'ARCHIVE', 'CANCELLED', 'SYSTEM', 'retention', ${newId()}, 0, '[]', ${words}, ${at})`.execute(
    tx.sql,
  );
  await sql`INSERT INTO bulk_plan (id, state, kind, target, change, reason, planner_kind, planner_name, operation_id, limits_known, needs_approval, people, changing, unchanged, errors, created_at, expires_at, updated_at, preview, problem)
    VALUES (${newId()}, 'FAILED', 'CHANGE', ${json}, ${json}, ${words}, 'SYSTEM', 'nobody', ${newId()}, '', false, 0, 0, 0, 0, ${at}, ${at}, ${at}, ${json}, ${words})`.execute(
    tx.sql,
  );
  await sql`INSERT INTO scheduled_transition (id, user_id, operation, due_at, org_timezone, reason, state, author_kind, author_name, created_at, updated_at)
    VALUES (${newId()}, ${other}, 'deactivate', '2099-01-01', 'UTC', ${words}, 'SCHEDULED', 'SYSTEM', 'scheduler', ${at}, ${at})`.execute(
    tx.sql,
  );
}
