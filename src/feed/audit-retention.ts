import { type Kysely, type RawBuilder, sql } from "kysely";
import type { Cause } from "../database/cause.ts";
import type { Database } from "../database/database.ts";
import type { AuditLogRow, Tables } from "../database/tables.ts";
import { keyOwners, openSubject } from "./audit-event.ts";
import type { AuditKeys } from "./audit-keys.ts";
import { readingKeys } from "./subject-keys.ts";

const CAUSE: Cause = {
  kind: "SYSTEM",
  action: "audit_detachment.made",
  actor: { kind: "SYSTEM", id: null, name: "audit retention" },
};

/**
 * Takes every month out of the audit log all of whose events are older than so many months. They stay in tables of their own, whose names are
 * given; that it was done is an event. What is left verifies as before. Any number of gateways may call it.
 */
export async function detachOldMonths(database: Database, months: number): Promise<string[]> {
  const { value } = await database.write(CAUSE, async (tx) => {
    const { rows } = await sql<{ name: string }>`SELECT detach_audit_partitions(${months}::integer) AS name`.execute(
      tx.sql,
    );
    return rows.map(({ name }) => name);
  });
  return value;
}

/** All sealed events that there are, for FROM: those of the log, and those that were taken out of it and are still in the database. */
export async function sealedEvents(db: Kysely<Tables>): Promise<{ events: RawBuilder<unknown>; complete: boolean }> {
  const { rows } = await sql<{ name: string; there: boolean }>`
    SELECT name, coalesce(has_table_privilege(to_regclass(quote_ident(name)), 'SELECT'), false) AS there
    FROM audit_partition WHERE detached_at IS NOT NULL ORDER BY from_commit`.execute(db);
  const tables = [...rows.filter(({ there }) => there).map(({ name }) => name), "audit_log"];
  const events = sql`(${sql.join(
    tables.map((name) => sql`SELECT * FROM ${sql.table(name)}`),
    sql` UNION ALL `,
  )})`;
  return { events, complete: rows.every(({ there }) => there) };
}

/** Where what is left of the log begins, and what its first event links to. */
export interface LogBeginning {
  fromCommit: bigint;
  hashBefore: Buffer;
}

/**
 * Whether an event says that what stood before the log's beginning was taken out: one of these, or one that is not sealed yet. The last month
 * that was taken out is told by what is left, since it was not the one that was written.
 */
export async function tellsOfBeginning(
  { db, keys }: { db: Kysely<Tables>; keys: AuditKeys },
  { fromCommit, hashBefore }: LogBeginning,
  sealed: readonly AuditLogRow[],
): Promise<boolean> {
  const [toCommit, lastHash] = [fromCommit - 1n, hashBefore.toString("hex")];
  const open = await readingKeys(db, keys, new Set(sealed.map((row) => keyOwners(row).subject)));
  const told = sealed.map((row) => {
    const key = open.get(keyOwners(row).subject);
    const values = key && openSubject(row, key)?.changes.map(({ column, after }) => [column, after] as const);
    return Object.fromEntries(values ?? []);
  });
  if (told.some(({ to_commit, last_hash }) => String(to_commit) === String(toCommit) && last_hash === lastHash))
    return true;
  const { rows } = await sql`
    SELECT FROM unsealed_event WHERE table_name = 'audit_detachment' AND operation = 'INSERT'
      AND (after->>'to_commit')::bigint = ${toCommit} AND after->>'last_hash' = ${lastHash} LIMIT 1`.execute(db);
  return rows.length > 0;
}
