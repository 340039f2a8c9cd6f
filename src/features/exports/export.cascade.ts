import { sql } from "kysely";
import { linksEnded } from "../auth/link.cascade.ts";
import type { UserCascade } from "../users/user.service.ts";

/** Links to exports that were not used yet go with the access of whoever asked for them. */
export const exportCascade: UserCascade = {
  follows: {
    async END_LINKS(tx, moves) {
      const { rows } = await sql<{ userId: string }>`
        DELETE FROM export_link WHERE user_id = ANY (${moves.map(({ userId }) => userId)}::uuid[]) AND state = 'ISSUED' AND expires_at > ${tx.now}
        RETURNING user_id AS "userId"`.execute(tx.sql);
      return linksEnded(rows.map(({ userId }) => userId));
    },
  },
};
