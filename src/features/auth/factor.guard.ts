import { sql } from "kysely";
import { covers, reachOf, type Viewer } from "../../access/actor.ts";
import type { Tx } from "../../database/transaction.ts";
import { forbidden } from "../../kernel/errors.ts";
import type { Permission } from "../../kernel/permissions.ts";

/**
 * Passes where the viewer holds all that a person holds, now or by a grant that is still to begin, and wherever they hold it: whoever can
 * open somebody's account must not come by more than they have. FORBIDDEN names what they lack.
 */
export async function requireNoLess(tx: Tx, viewer: Viewer, userId: string): Promise<void> {
  const { rows } = await sql<{ permission: Permission; path: string[] }>`
    WITH RECURSIVE granted (role_id, scope_id) AS (
      SELECT g.role_id, g.scope_id FROM held_grant g
      WHERE g.user_id = ${userId} AND g.revoked_at IS NULL AND (g.expires_at IS NULL OR g.expires_at > ${tx.now})
      UNION
      SELECT i.inherits_id, granted.scope_id FROM granted JOIN role_inheritance i ON i.role_id = granted.role_id)
    SELECT DISTINCT p.name AS permission, coalesce(scope.path, '{}') AS path
    FROM granted JOIN role r ON r.id = granted.role_id CROSS JOIN unnest(r.permissions) p (name)
    LEFT JOIN org_unit_path scope ON scope.unit_id = granted.scope_id ORDER BY 1`.execute(tx.sql);
  const lacking = rows.find(({ permission, path }) => !covers(reachOf(viewer, permission), path));
  if (lacking) throw forbidden(lacking.permission, "input.userId");
}
