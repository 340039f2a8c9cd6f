import { sql } from "kysely";
import type { Database } from "../../database/database.ts";
import { publicId } from "../../kernel/ids.ts";
import type { Factor } from "./factor.types.ts";

/** What a person has enrolled. */
export interface EnrolledFactors {
  factors: Factor[];
  recoveryCodesLeft: number;
}

/** The factors of each of these people, the oldest first. Whoever asks has decided that they may be seen. */
export async function factorsOf(database: Database, userIds: readonly string[]): Promise<EnrolledFactors[]> {
  const ids = [...userIds];
  const [{ rows }, codes] = await Promise.all([
    sql<Factor & { userId: string }>`
      SELECT f.id, f.user_id AS "userId", f.kind, f.name, f.created_at AS "createdAt", u.last_used_at AS "lastUsedAt",
        f.backed_up AS "backedUp"
      FROM user_factor f JOIN factor_use u ON u.factor_id = f.id
      WHERE f.user_id = ANY(${ids}::uuid[]) AND f.confirmed_at IS NOT NULL ORDER BY f.created_at, f.id`.execute(
      database.reader,
    ),
    sql<{ userId: string; left: number }>`
      SELECT user_id AS "userId", cardinality(hashes) AS left FROM user_recovery_codes
      WHERE user_id = ANY(${ids}::uuid[])`.execute(database.reader),
  ]);
  const byUser = Map.groupBy(rows, ({ userId }) => userId);
  const left = new Map(codes.rows.map((row) => [row.userId, row.left]));
  return ids.map((id) => ({
    factors: (byUser.get(id) ?? []).map((factor) => ({ ...factor, id: publicId("Factor", factor.id) })),
    recoveryCodesLeft: left.get(id) ?? 0,
  }));
}
