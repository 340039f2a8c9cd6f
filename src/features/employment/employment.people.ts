import { sql } from "kysely";
import type { Tx } from "../../database/transaction.ts";

/** A person whom a transaction has locked. */
export interface LockedPerson {
  id: string;
  version: number;
  status: string;
}

/** Locks people in the order of their ids, as everybody locks them. */
export async function lockPeople(tx: Tx, ids: readonly string[]): Promise<ReadonlyMap<string, LockedPerson>> {
  const { rows } = await sql<LockedPerson>`
    SELECT id, version, status FROM user_account WHERE id = ANY (${[...ids]}::uuid[]) ORDER BY id FOR UPDATE`.execute(
    tx.sql,
  );
  return new Map(rows.map((row) => [row.id, row]));
}
