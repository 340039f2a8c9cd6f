import { type RawBuilder, type SqlBool, sql } from "kysely";
import type { Tx } from "../../database/transaction.ts";
import { conflict, notFound } from "../../kernel/errors.ts";
import { newId } from "../../kernel/ids.ts";
import type { Approvals } from "../approvals/approval.requests.ts";
import type { MailOutbox } from "../mail/mail.outbox.ts";
import type { UserStatus } from "../users/user.entity.ts";
import { followStatuses, type LifecyclePart } from "../users/user.following.ts";
import { clearRows, TOMBSTONE } from "./erasure.clearing.ts";
import type { ErasureGround } from "./erasure.grounds.ts";
import { namesOf, tellingNames, tellOwners, textsNaming } from "./erasure.naming.ts";
import { answersWith, filesWith } from "./personal-data.beside.ts";
import { namesIn, PERSONAL_DATA, rowsOf } from "./personal-data.ts";

/*
 * Erasing, in the transaction of the last approval: everything or nothing of it. The tables are walked by the inventory; what of the log
 * this transaction has written itself is emptied at its end. What stood in the log before is given up by `finishErasures`, as soon as
 * every consumer has read this commit.
 */

export interface Erasing {
  userId: string;
  ground: ErasureGround;
  approvalRequestId: string | null;
}

/** What erasing takes beside the tables. */
export interface ErasingParts {
  /** What follows from a deletion. */
  cascades: readonly LifecyclePart[];
  approvals: Approvals;
  outbox: MailOutbox;
}

/**
 * Whoever is not deleted is deleted first, with all that guards and follows a deletion. Whoever is on hold is refused with CONFLICT; whoever is erased already stays
 * as they are. Gives the erasure's id.
 */
export async function erasePerson(tx: Tx, parts: ErasingParts, erasing: Erasing): Promise<string> {
  const { approvals, outbox } = parts;
  const { userId } = erasing;
  const { rows } = await sql<{ erased: string | null; status: UserStatus }>`
    SELECT (SELECT e.id FROM user_erasure e WHERE e.user_id = u.id) AS erased, u.status FROM user_account u WHERE u.id = ${userId} FOR UPDATE`.execute(
    tx.sql,
  );
  const [person] = rows;
  if (!person) throw notFound("user");
  if (person.erased !== null) return person.erased;
  await requireNoHold(tx, userId);
  await cancelRequests(tx, approvals, userId);
  if (person.status !== "DELETED") await deletePerson(tx, parts.cascades, userId, person.status);
  const names = await namesOf(tx.sql, userId);
  const named = await textsNaming(tx.sql, userId, names);
  await makeTombstone(tx, userId);
  // Plans of the person alone are known by their rows, which go.
  const cleared = await clearRows(tx, userId, tellingNames(names));
  await keepSearchesOfGroups(tx, userId);
  const gone = await deleteRows(tx, userId);
  const id = newId();
  await sql`
    INSERT INTO user_erasure (id, user_id, ground, approval_request_id, commit_id, gone, named, cleared, erased_at)
    VALUES (${id}, ${userId}, ${erasing.ground}, ${erasing.approvalRequestId},
      (SELECT id FROM commit WHERE xid = pg_current_xact_id() AND number IS NULL), ${JSON.stringify(gone)}::jsonb, ${JSON.stringify(named)}::jsonb,
      ${cleared}::uuid[], ${tx.now})`.execute(tx.sql);
  await tellOwners(tx, outbox, named);
  await sql`SELECT forget_in_commit(${userId})`.execute(tx.sql);
  if (cleared.length > 0) await sql`SELECT forget_rows_in_commit(${cleared}::uuid[])`.execute(tx.sql);
  return id;
}

/** Refuses with CONFLICT whoever is on a legal hold. The person is one that the transaction has locked. */
export async function requireNoHold(tx: Tx, userId: string): Promise<void> {
  const { rows } = await sql`SELECT FROM legal_hold WHERE user_id = ${userId} AND released_at IS NULL LIMIT 1`.execute(
    tx.sql,
  );
  if (rows.length > 0)
    throw conflict("This person is on a legal hold: release it first.", { inputPath: "input.id", field: "legalHolds" });
}

/** What waits for a word about them is taken back, so that its kind lets go of what it holds. */
async function cancelRequests(tx: Tx, approvals: Approvals, userId: string): Promise<void> {
  const { rows } = await sql<{ id: string }>`
    SELECT id FROM approval_request WHERE state = 'PENDING' AND (user_id = ${userId} OR requester_id = ${userId}) ORDER BY id`.execute(
    tx.sql,
  );
  for (const { id } of rows) await approvals.cancel(tx, id);
  await tx.flush();
}

/** Takes the step to DELETED, by the lifecycle's table. */
async function deletePerson(
  tx: Tx,
  cascades: readonly LifecyclePart[],
  userId: string,
  from: UserStatus,
): Promise<void> {
  await sql`
    UPDATE user_account SET status = 'DELETED', deleted_at = ${tx.now}, status_changed_at = ${tx.now}, status_until = NULL, status_before = NULL, status_reason = NULL
    WHERE id = ${userId}`.execute(tx.sql);
  await followStatuses(cascades, tx, [{ userId, from, to: "DELETED" }]);
  await tx.flush();
}

const NOT_NULL: Readonly<Record<string, ReturnType<typeof sql>>> = {
  username: sql`'erased-' || id`,
  display_name: sql`${TOMBSTONE}::text`,
  tags: sql`'{}'::text[]`,
  attributes: sql`'{}'::jsonb`,
  source: sql`'LOCAL'`,
};

async function makeTombstone(tx: Tx, userId: string): Promise<void> {
  const { columns } = PERSONAL_DATA.user_account as { columns: { personal: string } };
  const cleared = namesIn(columns.personal).map((column) => sql`${sql.ref(column)} = ${NOT_NULL[column] ?? sql`NULL`}`);
  await sql`
    UPDATE user_account SET ${sql.join(cleared)}, erased_at = ${tx.now}, version = version + 1, updated_at = ${tx.now}
    WHERE id = ${userId}`.execute(tx.sql);
}

const MAKES_GROUP = sql<boolean>`EXISTS (SELECT FROM user_group g WHERE g.saved_search_id = t.id)`;

/** A search that makes a group is the group's: it says who belongs. What the person called it goes, and what the log held of it. */
async function keepSearchesOfGroups(tx: Tx, userId: string): Promise<void> {
  const { rows } = await sql<{ id: string }>`
    UPDATE saved_search t SET name = ${TOMBSTONE}, description = NULL, version = version + 1, updated_at = ${tx.now}
    WHERE owner_id = ${userId} AND ${MAKES_GROUP} RETURNING id`.execute(tx.sql);
  for (const { id } of rows) await sql`SELECT destroy_subject_key(${id})`.execute(tx.sql);
}

/**
 * The rows that are the person's alone, with what hangs from them, and files and answers of others that hold them. It may be called again of whoever
 * is erased, for what was written meanwhile. Gives how many, by table.
 */
export async function deleteRows(tx: Tx, userId: string): Promise<Record<string, number>> {
  const gone: Record<string, number> = {};
  const remove = async (table: string, which: RawBuilder<SqlBool>) => {
    const { numAffectedRows = 0n } = await sql`DELETE FROM ${sql.table(table)} t WHERE ${which}`.execute(tx.sql);
    if (numAffectedRows > 0n) gone[table] = (gone[table] ?? 0) + Number(numAffectedRows);
  };
  const tables = Object.entries(PERSONAL_DATA).filter(([, { fate }]) => fate === "DELETED");
  // Files stand in no table in clear; those in which the person stands are known by what came of their rows.
  await remove("import_upload_part", sql`t.upload_id IN (SELECT t.id FROM import_upload t WHERE ${filesWith(userId)})`);
  await remove("import_upload", filesWith(userId));
  for (const [table, { parent }] of tables) {
    const theirs = parent && rowsOf(table, userId);
    if (theirs) await remove(table, theirs);
  }
  for (const [table, { person }] of tables) {
    const theirs = person === undefined ? undefined : rowsOf(table, userId);
    if (theirs) await remove(table, table === "saved_search" ? sql`${theirs} AND NOT ${MAKES_GROUP}` : theirs);
  }
  await remove("idempotency_key", answersWith(userId));
  return gone;
}
