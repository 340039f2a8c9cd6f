import { sql } from "kysely";
import type { Database } from "../../database/database.ts";
import { outsideTurns } from "../../database/turn.ts";
import type { FactorKind } from "./credential.entity.ts";
import type { KeptCost } from "./password.hashing.ts";

/** What a sign-in has to know of somebody. */
export interface Account {
  userId: string;
  displayName: string;
  /** Whether they may sign in at all. */
  active: boolean;
  /** Null where they have no password. */
  hash: string | null;
  /** The factors that they have proved once. */
  factors: FactorKind[];
  recoveryCodes: number;
}

const ACCOUNT = sql`u.id AS "userId", u.display_name AS "displayName", u.status = 'ACTIVE' AS active, p.hash,
  ARRAY(SELECT DISTINCT f.kind FROM user_factor f WHERE f.user_id = u.id AND f.confirmed_at IS NOT NULL ORDER BY 1) AS factors,
  coalesce((SELECT cardinality(c.hashes) FROM user_recovery_codes c WHERE c.user_id = u.id), 0) AS "recoveryCodes"`;

/** The account of a username or, where nobody has it for one, of a primary address; both without regard to case. Deleted people have none. */
export async function accountNamed(database: Database, name: string): Promise<Account | undefined> {
  const { rows } = await sql<Account>`
    SELECT ${ACCOUNT} FROM (
      SELECT a.id, 1 AS rank FROM user_account a WHERE fold(a.username) = fold(${name}) AND a.status <> 'DELETED'
      UNION ALL
      SELECT e.user_id, 2 FROM user_email e JOIN user_account a ON a.id = e.user_id AND a.status <> 'DELETED'
      WHERE fold(e.value) = fold(${name}) AND e.is_primary) named
    JOIN user_account u ON u.id = named.id LEFT JOIN user_password p ON p.user_id = u.id
    ORDER BY named.rank LIMIT 1`.execute(database.reader);
  return rows[0];
}

/** The account of a person. */
export async function accountOf(database: Database, userId: string): Promise<Account | undefined> {
  const { rows } = await sql<Account>`
    SELECT ${ACCOUNT} FROM user_account u LEFT JOIN user_password p ON p.user_id = u.id WHERE u.id = ${userId}`.execute(
    database.reader,
  );
  return rows[0];
}

/** At what costs the hashes are that people have, and how many at each. Whoever asks first asks for all. */
export const costsOfHashes = (database: Database): Promise<KeptCost[]> =>
  outsideTurns(async () => {
    const { rows } = await sql<KeptCost>`
      SELECT split_part(hash, '$', 4) AS cost, count(*)::integer AS hashes FROM user_password GROUP BY 1 ORDER BY 1`.execute(
      database.reader,
    );
    return rows;
  });
