import { sql } from "kysely";
import type { Tx } from "../../database/transaction.ts";

/** Brings the second factors on a person's search row up to those that they have. */
export async function showFactors(tx: Tx, userId: string): Promise<void> {
  await tx.flush();
  await sql`
    INSERT INTO user_security AS kept (user_id, mfa_methods)
    SELECT u.id, ARRAY(SELECT DISTINCT f.kind COLLATE "C" FROM user_factor f WHERE f.user_id = u.id AND f.confirmed_at IS NOT NULL ORDER BY 1 DESC)
      || ARRAY(SELECT 'RECOVERY_CODE' FROM user_recovery_codes c WHERE c.user_id = u.id AND c.hashes <> '{}')
    FROM user_account u WHERE u.id = ${userId}
    ON CONFLICT (user_id) DO UPDATE SET mfa_methods = excluded.mfa_methods
    WHERE kept.mfa_methods <> excluded.mfa_methods`.execute(tx.sql);
}
