import { type RawBuilder, sql } from "kysely";
import { joinReach, type Reach } from "../../access/actor.ts";
import type { Database } from "../../database/database.ts";
import type { Sequence } from "../../database/pipeline.ts";
import { RollcallError } from "../../kernel/errors.ts";
import { PERMISSIONS, type Permission } from "../../kernel/permissions.ts";
import { RULED, type Ruled, type RuledViewer } from "../access-rules/access-rule.narrowing.ts";
import { DEFINED, type DefinedRow, definedOf } from "../attributes/attribute.defined.ts";
import { isMultiFactor, type SessionClaim } from "./access-token.ts";
import type { OidcSubject } from "./oidc.tokens.ts";
import { subjectColumns, subjectRows, subjectUserId } from "./oidc.user.ts";
import { hashOfSecret } from "./token.secret.ts";
import type { FoundRow, FoundViewer, KnownViewers } from "./viewer.known.ts";

/** RFC 6750's header: a secret of visible ASCII, as the header can carry it, or another issuer's token, which is longer. */
const BEARER = /^Bearer +([\x21-\x7e]{1,12288})$/i;

/** What a gateway knows of tokens beside what stands in its database. */
export interface TokenSources {
  /** Whom another issuer's token speaks of. */
  others?: { read(token: string): Promise<OidcSubject | undefined> };
  /** Whose session a token of ours is of, and how long sessions last without being used. */
  sessions?: { read(token: string): Promise<SessionClaim | undefined>; idleSeconds: number };
  /** Told of every use of a token that stands in the database. */
  used?: (tokenId: string, at: Date) => void;
  /** Remembers who was found. */
  known?: KnownViewers;
}

/** How a viewer is looked up. */
export interface LookingUp {
  /** The token held when a connection was opened with it: from then on its session decides, and not when the token itself runs out. */
  admitted?: boolean;
  /** What is to be sent behind the statement. */
  begins?: Sequence;
}

/** Whoever was looked up. */
export interface TokenRow {
  /** The token's; null where it is another issuer's. */
  id: string | null;
  name: string;
  user_id: string | null;
  display_name: string | null;
  now: Date;
  /** What was proved in the session, where the token is of one. */
  session: { id: string; authenticatedAt: string; factors: string[]; enrolmentOnly: boolean } | null;
  /** Permission and the unit it is held over, or null: everywhere. */
  held: [string, string | null][];
  /** The access rules; null where there are none. */
  ruled: Ruled | null;
  /** The custom attributes that are defined; null where none is. */
  defined: DefinedRow[] | null;
}

/**
 * Who sent this Authorization header, with what they may do at this instant: a token's own permissions, or the grants in force
 * of the person behind it, with all that their roles inherit, as far as the token is not narrowed. Undefined where none was sent.
 * UNAUTHENTICATED for anything but the secret of a token that is neither expired nor revoked, the token of a live session, or that of an
 * issuer that is trusted; and whose person, where it has one, is active. One statement.
 */
export async function resolveViewer(
  database: Database,
  authorization: string | undefined,
  sources: TokenSources = {},
  { admitted = false, begins }: LookingUp = {},
): Promise<RuledViewer | undefined> {
  if (authorization === undefined) return undefined;
  const bearer = BEARER.exec(authorization)?.[1];
  if (bearer === undefined) throw unauthenticated("Send a token as Authorization: Bearer ….");
  const row = await findToken(database, await holderOf(bearer, sources, admitted), begins);
  if (!row) {
    sources.known?.forget(authorization);
    throw unauthenticated("The token is not known, has expired or was revoked.");
  }
  const { now, ...found } = row;
  if (found.id !== null) sources.used?.(found.id, now);
  return { ...(sources.known?.found(authorization, found, viewerOf) ?? viewerOf(found)), now };
}

/** The viewer whom a look-up found. */
function viewerOf(found: FoundRow): FoundViewer {
  const { id, name, user_id, display_name } = found;
  const ruled = parsed<TokenRow["ruled"]>(found.ruled);
  const rules = { ...(ruled ? { ruled } : {}), ...definedOf(parsed<TokenRow["defined"]>(found.defined)) };
  const who =
    user_id === null
      ? { kind: "SERVICE" as const, id, name, userId: null }
      : { kind: "USER" as const, id: user_id, name: display_name ?? name, userId: user_id };
  const [session, held] = [parsed<TokenRow["session"]>(found.session), parsed<TokenRow["held"]>(found.held) ?? []];
  if (!session) return { ...who, ...(id === null ? {} : { tokenId: id }), grants: reaches(held), ...rules };
  const { authenticatedAt, factors, enrolmentOnly, ...rest } = session;
  const proved = { authenticatedAt: new Date(authenticatedAt), multiFactor: isMultiFactor(factors), enrolmentOnly };
  // A session that is good for enrolling alone holds nothing of what its person was granted.
  return { ...who, session: { ...rest, ...proved }, grants: enrolmentOnly ? new Map() : reaches(held), ...rules };
}

const parsed = <T>(json: string | null): T | null => (json === null ? null : JSON.parse(json));

/** Which of these Authorization headers hold at this moment: the condition on which `resolveViewer` knows a viewer. Three statements. */
export async function holdingTokens(
  database: Database,
  authorizations: readonly string[],
  sources: TokenSources = {},
): Promise<ReadonlySet<string>> {
  const holding = new Set<string>();
  const secrets = new Map<string, string[]>();
  const subjects: [string, OidcSubject][] = [];
  const claims: [string, SessionClaim][] = [];
  for (const authorization of authorizations) {
    const bearer = BEARER.exec(authorization)?.[1];
    if (bearer === undefined) continue;
    const claim = await claimOf(bearer, sources);
    const subject = claim ? undefined : await subjectOf(bearer, sources);
    if (claim) claims.push([authorization, claim]);
    else if (subject) subjects.push([authorization, subject]);
    else {
      const hash = hashOfSecret(bearer).toString("hex");
      secrets.set(hash, [...(secrets.get(hash) ?? []), authorization]);
    }
  }
  for (const hash of await holdingSecrets(database, [...secrets.keys()]))
    for (const authorization of secrets.get(hash) ?? []) holding.add(authorization);
  const live = await liveSessions(database, claims, sources.sessions?.idleSeconds ?? 0);
  for (const [authorization, { sessionId }] of claims) if (live.has(sessionId)) holding.add(authorization);
  for (const n of await holdingSubjects(
    database,
    subjects.map(([, subject]) => subject),
  ))
    holding.add((subjects[n] as [string, OidcSubject])[0]);
  return holding;
}

async function holdingSecrets(database: Database, hashes: readonly string[]): Promise<string[]> {
  if (hashes.length === 0) return [];
  const secrets = sql`${hashes.map((hash) => Buffer.from(hash, "hex"))}::bytea[]`;
  const { rows } = await sql<{ hash: Buffer }>`
    SELECT sent.hash FROM (
      SELECT id, hash FROM service_token WHERE hash = ANY(${secrets})
      UNION ALL
      SELECT id, previous_hash FROM service_token WHERE previous_hash = ANY(${secrets}) AND previous_until > rollcall_now()) sent
    JOIN service_token t ON t.id = sent.id LEFT JOIN user_account u ON u.id = t.user_id
    WHERE t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > rollcall_now())
      AND (t.user_id IS NULL OR u.status = 'ACTIVE')`.execute(database.reader);
  return rows.map(({ hash }) => hash.toString("hex"));
}

async function liveSessions(
  database: Database,
  claims: readonly [string, SessionClaim][],
  idleSeconds: number,
): Promise<ReadonlySet<string>> {
  if (claims.length === 0) return new Set();
  const { rows } = await sql<{ id: string }>`
    SELECT s.id FROM (SELECT rollcall_now() AS now) clock CROSS JOIN session s JOIN session_use used ON used.session_id = s.id
    JOIN user_account u ON u.id = s.user_id
    WHERE s.id = ANY(${claims.map(([, { sessionId }]) => sessionId)}::uuid[]) AND ${isLive(idleSeconds)}`.execute(
    database.reader,
  );
  return new Set(rows.map(({ id }) => id));
}

/** Whether the session `s` of the person `u`, last used as `used` says, is live by the `clock`. */
const isLive = (
  idleSeconds: number | RawBuilder<unknown>,
): RawBuilder<boolean> => sql`(s.ended_at IS NULL AND s.expires_at > clock.now
  AND used.last_seen_at > clock.now - make_interval(secs => ${idleSeconds}) AND u.status = 'ACTIVE')`;

async function holdingSubjects(database: Database, subjects: readonly OidcSubject[]): Promise<number[]> {
  if (subjects.length === 0) return [];
  const columns = subjectColumns(subjects);
  const { rows } = await sql<{ n: number }>`
    SELECT s.n FROM ${subjectRows((name) => sql`${columns[name]}`)} JOIN user_account u ON u.id = ${subjectUserId}
    WHERE s.expires_at > rollcall_now() AND u.status = 'ACTIVE'`.execute(database.reader);
  return rows.map(({ n }) => n);
}

/** Looks like a signed JSON Web Token; no secret of ours does. */
const SIGNED = /^eyJ[\w-]*\.[\w-]+\.[\w-]*$/;

const subjectOf = async (bearer: string, { others }: TokenSources): Promise<OidcSubject | undefined> =>
  others && SIGNED.test(bearer) ? others.read(bearer) : undefined;

const claimOf = async (bearer: string, { sessions }: TokenSources): Promise<SessionClaim | undefined> =>
  sessions && SIGNED.test(bearer) ? sessions.read(bearer) : undefined;

const unauthenticated = (message: string): RollcallError => new RollcallError("UNAUTHENTICATED", message);

/** Where each permission is held. */
export function reaches(held: TokenRow["held"]): ReadonlyMap<Permission, Reach> {
  const grants = new Map<Permission, Reach>();
  for (const [permission, scope] of held) {
    // A later version's permission, in a database that it has written to, means nothing here.
    if (!Object.hasOwn(PERMISSIONS, permission)) continue;
    const known = permission as Permission;
    grants.set(known, joinReach(grants.get(known) ?? [], scope === null ? "everywhere" : [scope]));
  }
  return grants;
}

/** What a token is known by, and what it says; the text of the statement that looks its holder up depends on the first alone. */
interface Holder {
  by: "session" | "issuer" | "secret";
  said: Readonly<Record<string, unknown>>;
}

/** Whom the token that was sent speaks of. */
async function holderOf(bearer: string, sources: TokenSources, admitted: boolean): Promise<Holder> {
  const claim = await claimOf(bearer, sources);
  if (claim) return { by: "session", said: { ...claim, admitted, idleSeconds: sources.sessions?.idleSeconds ?? 0 } };
  const subject = await subjectOf(bearer, sources);
  return subject
    ? { by: "issuer", said: subjectColumns([subject]) }
    : { by: "secret", said: { hash: hashOfSecret(bearer) } };
}

/** Stands in a statement for what a token says. */
class Said {
  constructor(readonly name: string) {}
}
const asSaid = (name: string): RawBuilder<unknown> => sql`${new Said(name)}`;

const SESSION_HOLDER = sql`
      SELECT NULL::uuid AS id, u.username AS name, u.id AS user_id, u.display_name, clock.now,
        NULL::text[] AS permissions, NULL::uuid[] AS scope_ids,
        jsonb_build_object('id', s.id, 'authenticatedAt', instant_text(s.authenticated_at), 'factors', s.factors,
          'enrolmentOnly', s.enrolment_only) AS session
      FROM clock CROSS JOIN session s JOIN session_use used ON used.session_id = s.id JOIN user_account u ON u.id = s.user_id
      WHERE s.id = ${asSaid("sessionId")} AND s.user_id = ${asSaid("userId")} AND ${isLive(asSaid("idleSeconds"))}
        AND (${asSaid("admitted")}::boolean OR ${asSaid("expiresAt")}::timestamptz > clock.now)`;

const ISSUER_HOLDER = sql`
      SELECT NULL::uuid AS id, u.username AS name, u.id AS user_id, u.display_name, clock.now,
        NULL::text[] AS permissions, NULL::uuid[] AS scope_ids, NULL::jsonb AS session
      FROM clock CROSS JOIN ${subjectRows(asSaid)} JOIN user_account u ON u.id = ${subjectUserId}
      WHERE s.expires_at > clock.now AND u.status = 'ACTIVE'`;

const SECRET_HOLDER = sql`
    SELECT t.id, t.name, t.user_id, u.display_name, clock.now, t.permissions, t.scope_ids, NULL::jsonb AS session
    FROM clock CROSS JOIN LATERAL (
      SELECT id FROM service_token WHERE hash = ${asSaid("hash")}
      UNION ALL
      SELECT id FROM service_token WHERE previous_hash = ${asSaid("hash")} AND previous_until > clock.now) sent
    JOIN service_token t ON t.id = sent.id LEFT JOIN user_account u ON u.id = t.user_id
    WHERE t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > clock.now)
      AND (t.user_id IS NULL OR u.status = 'ACTIVE')`;

/** The token that was sent, and the person behind it, as a query over `clock`; without a row where it does not hold. */
const HOLDERS: Readonly<Record<Holder["by"], RawBuilder<unknown>>> = {
  session: SESSION_HOLDER,
  issuer: ISSUER_HOLDER,
  secret: SECRET_HOLDER,
};

/** The statement by which somebody is looked up whom `row` holds, as the columns of `TokenColumns`. */
export const lookUp = (row: RawBuilder<unknown>): RawBuilder<TokenRow> => sql<TokenRow>`
    WITH RECURSIVE clock AS MATERIALIZED (SELECT rollcall_now() AS now),
    token AS MATERIALIZED (${row}),
    granted (role_id, scope_id) AS (
      SELECT g.role_id, g.scope_id FROM token JOIN held_grant g ON g.user_id = token.user_id
      WHERE g.revoked_at IS NULL AND g.starts_at <= token.now AND (g.expires_at IS NULL OR g.expires_at > token.now)
      UNION
      SELECT i.inherits_id, granted.scope_id FROM granted JOIN role_inheritance i ON i.role_id = granted.role_id),
    held (permission, scope_id) AS (
      SELECT p.name, granted.scope_id FROM token CROSS JOIN granted
      JOIN role r ON r.id = granted.role_id CROSS JOIN unnest(r.permissions) p (name)
      WHERE token.permissions IS NULL OR p.name = ANY(token.permissions)
      UNION
      SELECT p.name, s.id FROM token CROSS JOIN unnest(token.permissions) p (name)
      CROSS JOIN unnest(coalesce(token.scope_ids, ARRAY[NULL::uuid])) s (id)
      WHERE token.user_id IS NULL AND (token.scope_ids IS NULL OR s.id IS NOT NULL))
    SELECT token.id, token.name, token.user_id, token.display_name, token.now, token.session,
      (SELECT coalesce(jsonb_agg(jsonb_build_array(h.permission, h.scope_id) ORDER BY h.scope_id), '[]') FROM held h) AS held, ${RULED} AS ruled, ${DEFINED} AS defined
    FROM token`;

const written = new Map<Holder["by"], { sql: string; parameters: readonly unknown[] }>();

/** JSON as its text: most of it was found before, and is not read again. */
const asTexts = (row: RawBuilder<unknown>): RawBuilder<unknown> =>
  sql`SELECT id, name, user_id, display_name, now, session::text, held::text, ruled::text, defined::text FROM (${lookUp(row)}) found`;

/** By a prepared statement, written once: planning it takes the database longer than running it, as writing it takes the gateway. */
async function findToken(
  database: Database,
  { by, said }: Holder,
  begins: Sequence | undefined,
): Promise<(FoundRow & { now: Date }) | undefined> {
  const statement = written.get(by) ?? asTexts(HOLDERS[by]).compile(database.reader);
  written.set(by, statement);
  const values = statement.parameters.map((one) => (one instanceof Said ? said[one.name] : one));
  const [row] = await database.read({ name: `viewer_by_${by}`, text: statement.sql, values, isLookUp: true, begins });
  if (!row) return undefined;
  const [id, name, user_id, display_name, now, session, held, ruled, defined] = row as never[];
  return { id, name, user_id, display_name, now, session, held, ruled, defined } as never;
}
