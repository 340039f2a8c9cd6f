import { sql } from "kysely";
import type { ActorKind, Viewer } from "../../access/actor.ts";
import type { Tx } from "../../database/transaction.ts";
import { ALL_PERMISSIONS, type Permission } from "../../kernel/permissions.ts";
import { narrow } from "../access-rules/access-rule.narrowing.ts";
import { definedOf } from "../attributes/attribute.defined.ts";
import { lookUp, reaches } from "./viewer.ts";

/** Who wanted something that is done later. */
export interface AbsentAuthor {
  kind: ActorKind;
  id: string | null;
  name: string;
  /** The token by which they were known. A person's narrows what they lend. */
  tokenId?: string | null;
  /** What they could use when they asked, wherever: nothing beside it is lent. Null: that was not kept. */
  permissions?: readonly string[] | null;
  /** Where they asked from: rules on hours and networks are asked as if they asked from there now. Absent: they were met then, and do not count. */
  ip?: string | null;
}

/** What somebody who asks can use at this moment, wherever they hold it: kept with what is done later in their name. */
export const permissionsOf = ({ grants, narrowed }: Viewer): Permission[] =>
  [...new Set([...grants.keys(), ...(narrowed?.conditioned.keys() ?? [])])].sort();

/**
 * What somebody may do now who asked for something earlier and is not asking: a person by their grants, as far as the token that they asked with
 * is not narrowed, a machine by its token, the gateway itself everything; of that no more than what they could use then, where that was kept.
 * Undefined where the person is not active, or the token expired or was revoked.
 */
export async function viewerOfAuthor(
  tx: Pick<Tx, "sql" | "now">,
  author: AbsentAuthor,
  dateOf: (instant: Date) => string,
): Promise<Viewer | undefined> {
  const { kind, id, name, tokenId = null, permissions, ip } = author;
  if (kind === "SYSTEM") {
    const grants = new Map(ALL_PERMISSIONS.map((permission) => [permission, "everywhere"] as const));
    return { kind, id: null, name, userId: null, grants, now: tx.now };
  }
  const { rows } = await lookUp(kind === "USER" ? person(id, tokenId) : machine(id)).execute(tx.sql);
  const [found] = rows;
  if (!found) return undefined;
  const userId = kind === "USER" ? id : null;
  const rules = found.ruled?.rules.map((rule) => (ip === undefined ? { ...rule, hours: null, networks: null } : rule));
  const ruled = { ...(found.ruled && rules ? { ruled: { ...found.ruled, rules } } : {}), ...definedOf(found.defined) };
  const grants = new Map([...reaches(found.held)].filter(([permission]) => permissions?.includes(permission) ?? true));
  const known = found.id === null ? {} : { tokenId: found.id };
  return narrow({ kind, id, name, userId, ...known, grants, now: tx.now, ...ruled }, { ip: ip ?? undefined, dateOf });
}

const person = (id: string | null, tokenId: string | null) => sql`
  SELECT t.id, u.username AS name, u.id AS user_id, u.display_name, clock.now,
    t.permissions, NULL::uuid[] AS scope_ids, NULL::jsonb AS session
  FROM clock CROSS JOIN user_account u
  LEFT JOIN service_token t ON t.id = ${tokenId}::uuid AND t.user_id = u.id AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > clock.now)
  WHERE u.id = ${id} AND u.status = 'ACTIVE' AND (${tokenId}::uuid IS NULL OR t.id IS NOT NULL)`;

const machine = (id: string | null) => sql`
  SELECT t.id, t.name, t.user_id, NULL::text AS display_name, clock.now, t.permissions, t.scope_ids, NULL::jsonb AS session
  FROM clock CROSS JOIN service_token t
  WHERE t.id = ${id} AND t.user_id IS NULL AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > clock.now)`;
