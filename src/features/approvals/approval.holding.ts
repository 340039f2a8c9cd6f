import { sql } from "kysely";
import type { Viewer } from "../../access/actor.ts";
import type { Tx } from "../../database/transaction.ts";
import { pathOfUnit } from "../org/org-unit.path.ts";
import { lockRoleGraph } from "../roles/role.graph.ts";
import type { ApprovalRequestEntity } from "./approval-request.entity.ts";

/**
 * Keeps, until this transaction ends, everything by which a viewer may decide a request: who they and those who named them as a delegate are, delegations, the token
 * or session, whose report the person concerned is, the heads of their units, and roles and grants. Whoever takes any of it away at the same moment comes
 * before, and is seen, or waits: nobody approves behind the loss of what they approve by. In the order in which all take these locks.
 */
export async function holdDeciding(tx: Tx, viewer: Viewer, { userId }: ApprovalRequestEntity): Promise<void> {
  const { rows: named } = await sql<{ id: string }>`
    SELECT user_id AS id FROM approval_delegation
    WHERE delegate_id = ${viewer.userId}::uuid AND starts_at <= ${tx.now} AND ends_at > ${tx.now} AND ended_at IS NULL ORDER BY id FOR SHARE`.execute(
    tx.sql,
  );
  const people = [...named.map(({ id }) => id), ...(userId ? [userId] : []), ...(viewer.userId ? [viewer.userId] : [])];
  const { rows } = await sql<{ id: string; unit: string | null }>`
    SELECT id, org_unit_id AS unit FROM user_account WHERE id = ANY (${people}::uuid[]) ORDER BY id FOR NO KEY UPDATE`.execute(
    tx.sql,
  );
  const unit = rows.find(({ id }) => id === userId)?.unit;
  const path = unit ? await pathOfUnit(tx.sql, unit) : [];
  await sql`SELECT FROM org_unit WHERE id = ANY (${[...path]}::uuid[]) ORDER BY id FOR SHARE`.execute(tx.sql);
  await sql`SELECT FROM service_token WHERE id = ${viewer.tokenId ?? null}::uuid FOR SHARE`.execute(tx.sql);
  await sql`SELECT FROM session WHERE id = ${viewer.session?.id ?? null}::uuid FOR SHARE`.execute(tx.sql);
  await lockRoleGraph(tx);
}
