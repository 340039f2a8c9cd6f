import { sql } from "kysely";
import { joinReach, type Reach, type Viewer } from "../../access/actor.ts";
import type { Database } from "../../database/database.ts";
import { RollcallError } from "../../kernel/errors.ts";
import { PERMISSIONS, type Permission } from "../../kernel/permissions.ts";
import { hashOfSecret } from "./token.secret.ts";

/** RFC 6750's header. What stands behind the scheme is whatever secret an operator chose: visible ASCII, as the header can carry it. */
const BEARER = /^Bearer +([\x21-\x7e]{1,512})$/i;

interface TokenRow {
  id: string;
  name: string;
  user_id: string | null;
  display_name: string | null;
  now: Date;
  /** Permission and the unit it is held over, or null: everywhere. */
  held: [string, string | null][];
}

/**
 * Who sent this Authorization header, with what they may do at this instant: a token's own permissions, or the grants in force
 * of the person behind it, with all that their roles inherit. Undefined where none was sent. UNAUTHENTICATED for anything but
 * the secret of a token that is neither expired nor revoked and whose person, where it has one, is active. One statement.
 */
export async function resolveViewer(
  database: Database,
  authorization: string | undefined,
): Promise<Viewer | undefined> {
  if (authorization === undefined) return undefined;
  const secret = BEARER.exec(authorization)?.[1];
  if (secret === undefined) throw unauthenticated("Send a token as Authorization: Bearer ….");
  const token = await findToken(database, secret);
  if (!token) throw unauthenticated("The token is not known, has expired or was revoked.");
  const { id, name, user_id, display_name, now, held } = token;
  const who =
    user_id === null
      ? { kind: "SERVICE" as const, id, name, userId: null }
      : { kind: "USER" as const, id: user_id, name: display_name ?? name, userId: user_id };
  return { ...who, grants: reaches(held), now };
}

/** Which of these Authorization headers hold at this moment: the condition on which `resolveViewer` knows a viewer. One statement. */
export async function holdingTokens(
  database: Database,
  authorizations: readonly string[],
): Promise<ReadonlySet<string>> {
  const secrets = new Map(authorizations.map((one) => [one, BEARER.exec(one)?.[1]]));
  const hashes = [...secrets.values()].filter((secret) => secret !== undefined).map(hashOfSecret);
  const { rows } = await sql<{ hash: Buffer }>`
    SELECT t.hash FROM service_token t LEFT JOIN user_account u ON u.id = t.user_id
    WHERE t.hash = ANY(${hashes}::bytea[]) AND t.revoked_at IS NULL
      AND (t.expires_at IS NULL OR t.expires_at > rollcall_now())
      AND (t.user_id IS NULL OR u.status = 'ACTIVE')`.execute(database.reader);
  const holding = new Set(rows.map(({ hash }) => hash.toString("hex")));
  return new Set(
    authorizations.filter((one) => {
      const secret = secrets.get(one);
      return secret !== undefined && holding.has(hashOfSecret(secret).toString("hex"));
    }),
  );
}

const unauthenticated = (message: string): RollcallError => new RollcallError("UNAUTHENTICATED", message);

function reaches(held: TokenRow["held"]): ReadonlyMap<Permission, Reach> {
  const grants = new Map<Permission, Reach>();
  for (const [permission, scope] of held) {
    // A later version's permission, in a database that it has written to, means nothing here.
    if (!Object.hasOwn(PERMISSIONS, permission)) continue;
    const known = permission as Permission;
    grants.set(known, joinReach(grants.get(known) ?? [], scope === null ? "everywhere" : [scope]));
  }
  return grants;
}

async function findToken(database: Database, secret: string): Promise<TokenRow | undefined> {
  const { rows } = await sql<TokenRow>`
    WITH RECURSIVE clock AS MATERIALIZED (SELECT rollcall_now() AS now),
    token AS MATERIALIZED (
      SELECT t.id, t.name, t.user_id, u.display_name, clock.now, t.permissions, t.scope_ids
      FROM clock CROSS JOIN service_token t LEFT JOIN user_account u ON u.id = t.user_id
      WHERE t.hash = ${hashOfSecret(secret)} AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > clock.now)
        AND (t.user_id IS NULL OR u.status = 'ACTIVE')),
    granted (role_id, scope_id) AS (
      SELECT g.role_id, g.scope_id FROM token JOIN role_grant g ON g.user_id = token.user_id
      WHERE g.revoked_at IS NULL AND g.starts_at <= token.now AND (g.expires_at IS NULL OR g.expires_at > token.now)
      UNION
      SELECT i.inherits_id, granted.scope_id FROM granted JOIN role_inheritance i ON i.role_id = granted.role_id),
    held (permission, scope_id) AS (
      SELECT p.name, granted.scope_id FROM granted JOIN role r ON r.id = granted.role_id CROSS JOIN unnest(r.permissions) p (name)
      UNION
      SELECT p.name, s.id FROM token CROSS JOIN unnest(token.permissions) p (name)
      CROSS JOIN unnest(coalesce(token.scope_ids, ARRAY[NULL::uuid])) s (id) WHERE token.scope_ids IS NULL OR s.id IS NOT NULL)
    SELECT token.id, token.name, token.user_id, token.display_name, token.now,
      (SELECT coalesce(jsonb_agg(jsonb_build_array(h.permission, h.scope_id) ORDER BY h.scope_id), '[]') FROM held h) AS held
    FROM token`.execute(database.reader);
  return rows[0];
}
