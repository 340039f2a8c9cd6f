import { sql } from "kysely";
import { consequence } from "../../kernel/consequence.ts";
import { publicId } from "../../kernel/ids.ts";
import type { UserCascade } from "../users/user.service.ts";

/**
 * Whoever leaves decides nothing in anybody's place any more, nor anybody in theirs. Requests that wait for them as somebody's manager are told: a
 * head's go to the next above by themselves, and a role's to whoever else holds it.
 */
export const approvalCascade: UserCascade = {
  follows: {
    async END_DELEGATIONS(tx, moves) {
      const people = moves.map(({ userId }) => userId);
      const { rows } = await sql<{ id: string }>`
        UPDATE approval_delegation SET ended_at = ${tx.now}
        WHERE (user_id = ANY (${people}::uuid[]) OR delegate_id = ANY (${people}::uuid[])) AND ended_at IS NULL AND ends_at > ${tx.now}
        RETURNING id`.execute(tx.sql);
      return consequence("DELEGATIONS_ENDED", rows.map(({ id }) => publicId("ApprovalDelegation", id)).sort());
    },
    async REPORT_WAITING(tx, moves) {
      const { rows } = await sql<{ id: string }>`
        SELECT r.id FROM user_account a JOIN approval_request r ON r.user_id = a.id
        WHERE a.manager_id = ANY (${moves.map(({ userId }) => userId)}::uuid[]) AND r.state = 'PENDING' AND r.expires_at > ${tx.now} AND EXISTS (
          SELECT FROM jsonb_array_elements(r.steps) WITH ORDINALITY s (step, place)
          WHERE s.place >= r.step AND s.step -> 'deciders' @> '[{"by": "MANAGER"}]')
        ORDER BY r.id`.execute(tx.sql);
      return consequence(
        "APPROVALS_LEFT_BEHIND",
        rows.map(({ id }) => publicId("ApprovalRequest", id)),
      );
    },
  },
};
