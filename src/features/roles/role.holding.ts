import { sql } from "kysely";
import { covers, reachOf, type Viewer } from "../../access/actor.ts";
import type { Tx } from "../../database/transaction.ts";
import { RollcallError } from "../../kernel/errors.ts";
import type { Permission } from "../../kernel/permissions.ts";

/** Where something is given, as a path of units (without a path: everywhere), and until when; null: for good. */
export interface Given {
  path: readonly string[];
  until: Date | null;
  /** The input that says until when, where there is one. */
  untilPath?: string;
}

/** What a role allows, it allows whoever holds it anywhere, and at any time to come. */
export const FOR_GOOD: Given = { path: [], until: null };

/**
 * Passes where the viewer holds every one of these permissions at a place, from now until then without a gap. Nobody gives
 * away, creates or edits into being more than they hold themselves, nor for longer: FORBIDDEN, with `latest` where the
 * viewer may give it until then.
 */
export async function requireHeld(
  tx: Tx,
  viewer: Viewer,
  permissions: Iterable<Permission>,
  given: Given,
  inputPath: string,
): Promise<void> {
  (await loadHoldings(tx, viewer)).require(permissions, given, inputPath);
}

/** What a viewer holds, and until when, as of one moment of a transaction: for deciding about many places. */
export interface Holdings {
  /** As `requireHeld`. */
  require(permissions: Iterable<Permission>, given: Given, inputPath: string): void;
}

/** Reads it, in one statement. */
export async function loadHoldings(tx: Tx, viewer: Viewer): Promise<Holdings> {
  const endAt = await holdingEnds(tx, viewer);
  return {
    require(permissions, { path, until, untilPath }, inputPath) {
      const wanted = [...permissions];
      requireReach(viewer, wanted, path, inputPath);
      const shortest = wanted
        .flatMap((permission) => {
          const end = endAt(permission, path);
          return end ? [{ permission, end }] : [];
        })
        .sort((a, b) => a.end.getTime() - b.end.getTime())[0];
      if (!shortest || (until !== null && until <= shortest.end)) return;
      const latest = shortest.end.toISOString();
      throw new RollcallError(
        "FORBIDDEN",
        `Nobody gives anything for longer than they hold it: ${shortest.permission} ends on ${latest}.`,
        { permission: shortest.permission, inputPath: untilPath ?? inputPath, latest },
      );
    },
  };
}

function requireReach(viewer: Viewer, wanted: readonly Permission[], path: readonly string[], inputPath: string): void {
  for (const permission of wanted) {
    if (covers(reachOf(viewer, permission), path)) continue;
    const where = path.length > 0 ? "over this org unit" : "everywhere";
    throw new RollcallError("FORBIDDEN", `Nobody gives more than they hold: this needs ${permission} ${where}.`, {
      permission,
      inputPath,
    });
  }
}

/** When what is held at a place now ends by itself; undefined for what is held for good. */
type EndAt = (permission: Permission, path: readonly string[]) => Date | undefined;

/**
 * A person holds by grants, of which one may begin before another ends; a machine holds by its token. That a person's own token or session
 * expires ends nothing that they hold.
 */
async function holdingEnds(tx: Tx, viewer: Viewer): Promise<EndAt> {
  if (viewer.kind === "SYSTEM") return () => undefined;
  if (viewer.userId === null) return tokenEnd(tx, viewer);
  const { rows } = await sql<HeldRow>`
    WITH RECURSIVE granted (grant_id, role_id, scope_id, starts_at, expires_at) AS (
      SELECT g.id, g.role_id, g.scope_id, g.starts_at, g.expires_at FROM held_grant g
      WHERE g.user_id = ${viewer.userId} AND g.revoked_at IS NULL AND (g.expires_at IS NULL OR g.expires_at > ${viewer.now})
      UNION
      SELECT granted.grant_id, i.inherits_id, granted.scope_id, granted.starts_at, granted.expires_at
      FROM granted JOIN role_inheritance i ON i.role_id = granted.role_id)
    SELECT DISTINCT p.name AS permission, granted.scope_id AS "scopeId", granted.starts_at AS "startsAt", granted.expires_at AS "expiresAt"
    FROM granted JOIN role r ON r.id = granted.role_id CROSS JOIN unnest(r.permissions) p (name)
    ORDER BY granted.starts_at`.execute(tx.sql);
  const byPermission = Map.groupBy(rows, ({ permission }) => permission);
  return (permission, path) => {
    const here = (byPermission.get(permission) ?? []).filter(({ scopeId }) => !scopeId || path.includes(scopeId));
    return lastingUntil(here, viewer.now);
  };
}

interface HeldRow {
  permission: string;
  scopeId: string | null;
  startsAt: Date;
  expiresAt: Date | null;
}

/** Until when these last from now on without a gap, in the order in which they begin; undefined: for good, or where none of them holds now. */
function lastingUntil(held: readonly HeldRow[], now: Date): Date | undefined {
  let end = now;
  for (const { startsAt, expiresAt } of held) {
    if (startsAt > end) break;
    if (expiresAt === null) return undefined;
    if (expiresAt > end) end = expiresAt;
  }
  return end > now ? end : undefined;
}

async function tokenEnd(tx: Tx, viewer: Viewer): Promise<EndAt> {
  const token = await tx.sql
    .selectFrom("service_token")
    .select("expires_at")
    .where("id", "=", viewer.id)
    .executeTakeFirst();
  const end = token?.expires_at;
  return (permission) => (end && viewer.grants.has(permission) ? end : undefined);
}
