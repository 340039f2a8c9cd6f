import { type Kysely, sql } from "kysely";
import type { Viewer } from "../../access/actor.ts";
import type { Tables } from "../../database/tables.ts";
import type { Permission } from "../../kernel/permissions.ts";
import { type Circumstances, narrow, RULED, type Ruled } from "../access-rules/access-rule.narrowing.ts";
import { reaches } from "../auth/viewer.ts";

/** Somebody in whose right the viewer may decide: the viewer, or whoever named them as a delegate. */
export interface Right {
  userId: string;
  /** What they may do, with access rules applied as from where the viewer asks. */
  viewer: Viewer;
  /** Whether they decide as the person whom they are (a manager, a head, a holder of a role), and not by their permissions alone. */
  inPerson: boolean;
  /** The roles that they hold, inherited ones too, with the unit; null: everywhere. */
  roles: readonly (readonly [string, string | null])[];
  /** Whether they hold, wherever and by whatever token they ask, what making a machine's token takes. */
  makesTokens: boolean;
}

const MAKING: Permission = "SETTINGS_MANAGE";

interface RightRow {
  user_id: string;
  name: string;
  own: boolean;
  narrowed_to: string[] | null;
  roles: [string, string | null][];
  held: [string, string | null][];
  ruled: Ruled | null;
}

/**
 * In whose right a viewer may decide at this instant, their own first: those who named them as a delegate for now, and are ACTIVE. Empty for a machine and for
 * a session that is good for enrolling alone, and where the token or the session has ended. By the base tables, in one statement: what the viewer held as the
 * operation began counts for nothing.
 */
export async function rightsOf(
  db: Kysely<Tables>,
  viewer: Viewer,
  now: Date,
  circumstances: Circumstances,
): Promise<Right[]> {
  if (viewer.userId === null || viewer.session?.enrolmentOnly) return [];
  const { rows } = await sql<RightRow>`
    WITH RECURSIVE named AS (
      SELECT ${viewer.userId}::uuid AS user_id UNION SELECT d.user_id FROM approval_delegation d
      WHERE d.delegate_id = ${viewer.userId} AND d.starts_at <= ${now} AND d.ends_at > ${now} AND d.ended_at IS NULL),
    token AS MATERIALIZED (
      SELECT u.id AS user_id, u.display_name AS name FROM named JOIN user_account u ON u.id = named.user_id WHERE u.status = 'ACTIVE'
        AND NOT EXISTS (SELECT FROM service_token t WHERE t.id = ${viewer.tokenId ?? null}::uuid AND t.revoked_at IS NOT NULL)
        AND NOT EXISTS (SELECT FROM session s WHERE s.id = ${viewer.session?.id ?? null}::uuid AND s.ended_at IS NOT NULL)),
    granted (user_id, role_id, scope_id) AS (
      SELECT g.user_id, g.role_id, g.scope_id FROM token JOIN held_grant g ON g.user_id = token.user_id
      WHERE g.revoked_at IS NULL AND g.starts_at <= ${now} AND (g.expires_at IS NULL OR g.expires_at > ${now})
      UNION
      SELECT granted.user_id, i.inherits_id, granted.scope_id FROM granted JOIN role_inheritance i ON i.role_id = granted.role_id)
    SELECT token.user_id, token.name, token.user_id = ${viewer.userId} AS own,
      (SELECT t.permissions FROM service_token t WHERE t.id = ${viewer.tokenId ?? null}::uuid) AS narrowed_to,
      (SELECT coalesce(jsonb_agg(jsonb_build_array(g.role_id, g.scope_id)), '[]') FROM granted g WHERE g.user_id = token.user_id) AS roles,
      (SELECT coalesce(jsonb_agg(DISTINCT jsonb_build_array(p.name, g.scope_id)), '[]') FROM granted g
        JOIN role r ON r.id = g.role_id CROSS JOIN unnest(r.permissions) p (name) WHERE g.user_id = token.user_id) AS held,
      ${RULED} AS ruled
    FROM token ORDER BY own DESC, token.user_id`.execute(db);
  // A token that is narrowed speaks for its person by its permissions alone, and so for nobody else.
  return rows.flatMap(({ user_id: userId, name, own, narrowed_to: narrowedTo, roles, held, ruled }) => {
    const inPerson = narrowedTo === null;
    if (!own && !inPerson) return [];
    const makesTokens = held.some(([permission]) => permission === MAKING);
    const usable = inPerson ? held : held.filter(([permission]) => narrowedTo.includes(permission));
    const who = own ? viewer : { kind: "USER" as const, id: userId, name, userId };
    const person = { ...who, narrowed: undefined, grants: reaches(usable), now, ...(ruled && { ruled }) };
    return [{ userId, viewer: narrow(person, circumstances), inPerson, roles: inPerson ? roles : [], makesTokens }];
  });
}
