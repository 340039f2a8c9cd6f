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
  { path, until, untilPath }: Given,
  inputPath: string,
): Promise<void> {
  const wanted = [...permissions];
  for (const permission of wanted) {
    if (covers(reachOf(viewer, permission), path)) continue;
    const where = path.length > 0 ? "over this org unit" : "everywhere";
    throw new RollcallError("FORBIDDEN", `Nobody gives more than they hold: this needs ${permission} ${where}.`, {
      permission,
      inputPath,
    });
  }
  const shortest = soonest(wanted, await holdingEnds(tx, viewer, path));
  if (!shortest || (until !== null && until <= shortest.end)) return;
  const latest = shortest.end.toISOString();
  throw new RollcallError(
    "FORBIDDEN",
    `Nobody gives anything for longer than they hold it: ${shortest.permission} ends on ${latest}.`,
    { permission: shortest.permission, inputPath: untilPath ?? inputPath, latest },
  );
}

type Ends = ReadonlyMap<string, Date>;

function soonest(permissions: readonly Permission[], ends: Ends): { permission: Permission; end: Date } | undefined {
  return permissions
    .flatMap((permission) => {
      const end = ends.get(permission);
      return end ? [{ permission, end }] : [];
    })
    .sort((a, b) => a.end.getTime() - b.end.getTime())[0];
}

/**
 * When what the viewer holds at a place now ends by itself, by permission; what is held for good is absent. A person holds by
 * grants, of which one may begin before another ends; a machine holds by its token. That a person's own token or session
 * expires ends nothing that they hold.
 */
async function holdingEnds(tx: Tx, viewer: Viewer, path: readonly string[]): Promise<Ends> {
  if (viewer.kind === "SYSTEM") return new Map();
  if (viewer.userId === null) return tokenEnds(tx, viewer);
  const { rows } = await sql<{ permission: string; end: Date | null }>`
    WITH RECURSIVE granted (grant_id, role_id, lasting) AS (
      SELECT g.id, g.role_id, tstzrange(g.starts_at, g.expires_at) FROM held_grant g
      WHERE g.user_id = ${viewer.userId} AND g.revoked_at IS NULL AND (g.expires_at IS NULL OR g.expires_at > ${viewer.now})
        AND (g.scope_id IS NULL OR g.scope_id = ANY(${[...path]}::uuid[]))
      UNION
      SELECT granted.grant_id, i.inherits_id, granted.lasting FROM granted JOIN role_inheritance i ON i.role_id = granted.role_id),
    held AS (
      SELECT p.name AS permission, range_agg(granted.lasting) AS lasting
      FROM granted JOIN role r ON r.id = granted.role_id CROSS JOIN unnest(r.permissions) p (name) GROUP BY p.name)
    SELECT held.permission, upper(one.lasting) AS end
    FROM held CROSS JOIN unnest(held.lasting) one (lasting) WHERE one.lasting @> ${viewer.now}::timestamptz`.execute(
    tx.sql,
  );
  return new Map(rows.flatMap(({ permission, end }) => (end ? [[permission, end]] : [])));
}

async function tokenEnds(tx: Tx, viewer: Viewer): Promise<Ends> {
  const token = await tx.sql
    .selectFrom("service_token")
    .select("expires_at")
    .where("id", "=", viewer.id)
    .executeTakeFirst();
  const end = token?.expires_at;
  return new Map(end ? [...viewer.grants.keys()].map((permission) => [permission, end]) : []);
}
