import { sql } from "kysely";
import { consequence } from "../../kernel/consequence.ts";
import { publicId } from "../../kernel/ids.ts";
import type { ApprovalKind } from "../approvals/approval.kinds.ts";
import type { UserCascade } from "../users/user.service.ts";

const KIND: ApprovalKind = "PROFILE_CHANGE";

/** What somebody wished for their own profile is taken back when they leave: it could only fail, and nobody needs to decide it. */
export const profileChangeCascade: UserCascade = {
  follows: {
    async WITHDRAW_WISHES(tx, moves) {
      const { rows } = await sql<{ id: string }>`
        UPDATE approval_request SET state = 'CANCELLED', closed_at = ${tx.now}, updated_at = ${tx.now}, remind_at = NULL, version = version + 1
        WHERE kind = ${KIND} AND state = 'PENDING' AND user_id = ANY (${moves.map(({ userId }) => userId)}::uuid[])
        RETURNING id`.execute(tx.sql);
      return consequence("REQUESTS_WITHDRAWN", rows.map(({ id }) => publicId("ApprovalRequest", id)).sort());
    },
  },
};
