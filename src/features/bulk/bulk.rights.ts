import { sql } from "kysely";
import type { Viewer } from "../../access/actor.ts";
import type { BulkPlanRecord } from "../../database/bulk-tables.ts";
import type { Database } from "../../database/database.ts";
import { ALL_PERMISSIONS, type Permission } from "../../kernel/permissions.ts";
import { narrow, RULED, type Ruled } from "../access-rules/access-rule.narrowing.ts";
import type { SearchRefusals } from "../saved-searches/search.refusal.ts";

/** By whose rights a plan is applied. */
export type PlanAuthor = Pick<BulkPlanRecord, "planner_kind" | "planner_id" | "planner_name" | "token_id" | "ip">;

/** What whoever applies a plan of this kind must hold, beside what its changes take. */
export const runningRights = ({ kind }: Pick<BulkPlanRecord, "kind">): readonly Permission[] =>
  kind === "IMPORT" ? ["BULK_RUN", "IMPORT_RUN"] : ["BULK_RUN"];

/** The gateway, or whoever works on its machine, as a planner: an import from its command line. */
const gatewayItself = (name: string, now: Date): Viewer => ({
  kind: "SYSTEM",
  id: null,
  name,
  userId: null,
  grants: new Map(ALL_PERMISSIONS.map((permission) => [permission, "everywhere"])),
  now,
});

/**
 * The planner as they are now: with what they hold at this moment, narrowed by the token that they planned with and by access rules, as if they
 * asked from where they asked for the applying. Undefined where they may not even sign in, or the token holds no longer.
 */
export async function plannerNow(
  database: Database,
  refusals: SearchRefusals,
  plan: PlanAuthor,
  dateOf: (instant: Date) => string,
): Promise<Viewer | undefined> {
  const { planner_kind: kind, planner_id: id, planner_name: name, token_id: tokenId, ip } = plan;
  if (kind === "SYSTEM") return gatewayItself(name, await database.now());
  const userId = kind === "USER" ? id : null;
  const { rows } = await sql<{ active: boolean; holds: boolean; permissions: string[] | null; ruled: Ruled | null }>`
    SELECT ${userId}::uuid IS NULL OR EXISTS (SELECT FROM user_account u WHERE u.id = ${userId}::uuid AND u.status = 'ACTIVE') AS active,
      ${tokenId}::uuid IS NULL OR t.id IS NOT NULL AS holds, t.permissions, ${RULED} AS ruled
    FROM (SELECT ${userId}::uuid AS user_id) token
    LEFT JOIN service_token t ON t.id = ${tokenId}::uuid AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > rollcall_now())`.execute(
    database.reader,
  );
  const found = rows[0];
  if (!found?.active || !found.holds) return undefined;
  const holder = userId === null ? { ownerId: null, tokenId: id } : { ownerId: userId, tokenId: null };
  const viewer = await refusals.viewerOf(holder);
  const permissions = userId === null ? null : found.permissions;
  const grants = new Map(
    [...viewer.grants].filter(
      ([permission]: readonly [Permission, unknown]) => permissions?.includes(permission) ?? true,
    ),
  );
  const whole = { ...viewer, kind, name, grants, ...(tokenId === null ? {} : { tokenId }) };
  return narrow(found.ruled ? { ...whole, ruled: found.ruled } : whole, {
    ip: ip ?? undefined,
    dateOf,
  });
}
