import { sql } from "kysely";
import { covers, reachOf, type Viewer } from "../../access/actor.ts";
import type { Tx } from "../../database/transaction.ts";
import { conflict, RollcallError } from "../../kernel/errors.ts";
import type { Permission } from "../../kernel/permissions.ts";
import type { RoleGraph } from "./role.graph.ts";

/**
 * Passes where the viewer holds every one of these permissions at a place (the end of a path of units; without a path:
 * everywhere). Nobody gives away, creates or edits into being more than they hold themselves.
 */
export function requireHeld(
  viewer: Viewer,
  permissions: Iterable<Permission>,
  unitPath: readonly string[],
  inputPath: string,
): void {
  for (const permission of permissions) {
    if (covers(reachOf(viewer, permission), unitPath)) continue;
    const where = unitPath.length > 0 ? "over this org unit" : "everywhere";
    throw new RollcallError("FORBIDDEN", `Nobody gives more than they hold: this needs ${permission} ${where}.`, {
      permission,
      inputPath,
    });
  }
}

/** What is about to be taken away, and must not count any more. */
export interface Without {
  grantId?: string;
  userId?: string;
}

/**
 * Whether an active person holds ROLE_MANAGE everywhere, by a grant in force. Service tokens do not count: they are keys to the
 * house, not somebody who lives there. A grant that will expire counts until it does.
 */
export async function peopleManageRoles(tx: Tx, graph: RoleGraph, without: Without = {}): Promise<boolean> {
  const { rows } = await sql<{ managed: boolean }>`
    SELECT EXISTS (
      SELECT FROM role_grant g JOIN user_account u ON u.id = g.user_id AND u.status = 'ACTIVE'
      WHERE g.role_id = ANY(${graph.allowing("ROLE_MANAGE")}::uuid[]) AND g.scope_id IS NULL AND g.revoked_at IS NULL
        AND g.starts_at <= ${tx.now} AND (g.expires_at IS NULL OR g.expires_at > ${tx.now})
        AND g.id IS DISTINCT FROM ${without.grantId ?? null}::uuid AND g.user_id IS DISTINCT FROM ${without.userId ?? null}::uuid
    ) AS managed`.execute(tx.sql);
  return rows[0]?.managed === true;
}

/** The refusal to leave roles without an active person who manages them. */
export const lastRoleManager = (inputPath: string): RollcallError =>
  conflict(
    "This would take ROLE_MANAGE everywhere from the last active person who holds it: give it to somebody else first.",
    {
      permission: "ROLE_MANAGE",
      inputPath,
    },
  );
