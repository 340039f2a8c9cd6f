import { sql } from "kysely";
import { consequence } from "../../kernel/consequence.ts";
import { publicId } from "../../kernel/ids.ts";
import type { UnitDeletion } from "../org/org-unit.service.ts";
import type { UserCascade } from "../users/user.service.ts";

const revoked = (ids: readonly string[]) =>
  consequence(
    "TOKENS_REVOKED",
    [...ids].sort().map((id) => publicId("ServiceToken", id)),
  );

/** Whoever is no longer active loses their tokens, for good: becoming active again does not bring back what may have leaked. */
export const tokenCascade: UserCascade = {
  follows: {
    async REVOKE_TOKENS(tx, moves) {
      const people = moves.map(({ userId }) => userId);
      const tokens = await tx.sql
        .updateTable("service_token")
        .set({ revoked_at: tx.now })
        .where("user_id", "=", sql<string>`ANY (${people}::uuid[])`)
        .where("revoked_at", "is", null)
        .returning("id")
        .execute();
      return revoked(tokens.map(({ id }) => id));
    },
  },
};

/** Tokens no longer reach over a unit that goes; one that reached over nothing else is revoked. */
export const endTokensOverUnit: UnitDeletion = async (tx, unitId) => {
  const { rows } = await sql<{ id: string; ended: boolean }>`
    UPDATE service_token t SET scope_ids = array_remove(t.scope_ids, ${unitId}::uuid),
      revoked_at = CASE WHEN before.ended THEN ${tx.now} ELSE t.revoked_at END
    FROM (
      SELECT id, revoked_at IS NULL AND array_remove(scope_ids, ${unitId}::uuid) = '{}' AS ended
      FROM service_token WHERE scope_ids @> ARRAY[${unitId}::uuid] ORDER BY id FOR UPDATE
    ) before WHERE t.id = before.id RETURNING t.id, before.ended`.execute(tx.sql);
  return revoked(rows.filter(({ ended }) => ended).map(({ id }) => id));
};
