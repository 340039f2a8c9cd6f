import { sql } from "kysely";
import type { ActorKind, Viewer } from "../../access/actor.ts";
import type { Tx } from "../../database/transaction.ts";
import { ALL_PERMISSIONS } from "../../kernel/permissions.ts";
import { narrow } from "../access-rules/access-rule.narrowing.ts";
import { definedOf } from "../attributes/attribute.defined.ts";
import { lookUp, reaches } from "./viewer.ts";

/** Who wanted something that is done later. */
export interface AbsentAuthor {
  kind: ActorKind;
  id: string | null;
  name: string;
}

/**
 * What somebody may do now who asked for something earlier and is not asking: a person by their grants, a machine by its token, the gateway
 * itself everything. Undefined where the person is not active, or the token expired or was revoked. Of access rules those on hours and
 * networks do not count: they were asked when the author was there.
 */
export async function viewerOfAuthor(
  tx: Tx,
  author: AbsentAuthor,
  dateOf: (instant: Date) => string,
): Promise<Viewer | undefined> {
  const { kind, id, name } = author;
  if (kind === "SYSTEM") {
    const grants = new Map(ALL_PERMISSIONS.map((permission) => [permission, "everywhere"] as const));
    return { kind, id: null, name, userId: null, grants, now: tx.now };
  }
  const { rows } = await lookUp(kind === "USER" ? person(id) : machine(id)).execute(tx.sql);
  const [found] = rows;
  if (!found) return undefined;
  const userId = kind === "USER" ? id : null;
  const rules = found.ruled?.rules.map((rule) => ({ ...rule, hours: null, networks: null }));
  const ruled = { ...(found.ruled && rules ? { ruled: { ...found.ruled, rules } } : {}), ...definedOf(found.defined) };
  return narrow(
    { kind, id, name, userId, grants: reaches(found.held), now: tx.now, ...ruled },
    { ip: undefined, dateOf },
  );
}

const person = (id: string | null) => sql`
  SELECT NULL::uuid AS id, u.username AS name, u.id AS user_id, u.display_name, clock.now,
    NULL::text[] AS permissions, NULL::uuid[] AS scope_ids, NULL::jsonb AS session
  FROM clock CROSS JOIN user_account u WHERE u.id = ${id} AND u.status = 'ACTIVE'`;

const machine = (id: string | null) => sql`
  SELECT t.id, t.name, t.user_id, NULL::text AS display_name, clock.now, t.permissions, t.scope_ids, NULL::jsonb AS session
  FROM clock CROSS JOIN service_token t
  WHERE t.id = ${id} AND t.user_id IS NULL AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > clock.now)`;
