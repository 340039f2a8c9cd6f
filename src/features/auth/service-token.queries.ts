import { type RawBuilder, type SqlBool, sql } from "kysely";
import { type Reach, reachOf, type Viewer } from "../../access/actor.ts";
import type { Database } from "../../database/database.ts";
import { cutPage, type Page, type PageRequest } from "../../graphql/paging.ts";
import { keysetOf } from "../../search/order.ts";
import type { ServiceTokenKind } from "./service-token.commands.ts";
import { ServiceToken, type ServiceTokenRecord } from "./service-token.types.ts";

/** Which tokens; conditions are ANDed. */
export interface ServiceTokenListing {
  kind?: ServiceTokenKind | undefined;
  userId?: string | undefined;
  includeEnded: boolean;
}

type ServiceTokenRow = ServiceTokenRecord & Readonly<Record<string, unknown>>;
type Condition = RawBuilder<SqlBool>;

const COLUMNS = sql`t.id, t.name, t.user_id AS "userId", t.permissions, t.scope_ids AS "scopeIds", t.created_at AS "createdAt",
  t.rotated_at AS "rotatedAt", CASE WHEN t.previous_until > rollcall_now() THEN t.previous_until END AS "previousUntil",
  t.expires_at AS "expiresAt", t.revoked_at AS "revokedAt", used.last_used_at AS "lastUsedAt"`;

const FROM = sql`service_token t LEFT JOIN service_token_use used ON used.token_id = t.id`;

const KEYSET = keysetOf(
  [{ name: "name", expression: sql`t.name`, type: "text", nullable: false, direction: "ASC", nulls: "LAST" }],
  { expression: sql`t.id`, column: "id" },
);

/**
 * Reads tokens, never their secrets: the viewer's own, those of people whose sign-in facts they may read, and with SETTINGS_MANAGE those of the
 * organisation that reach over nothing else.
 */
export class ServiceTokenQueries {
  constructor(private readonly database: Database) {}

  /** The token; null where it is absent or out of sight. */
  async byId(viewer: Viewer, id: string): Promise<ServiceToken | null> {
    const { rows } = await sql<ServiceTokenRow>`
      SELECT ${COLUMNS} FROM ${FROM} WHERE t.id = ${id} AND ${inSight(viewer)}`.execute(this.database.reader);
    return rows[0] ? new ServiceToken(rows[0]) : null;
  }

  /** A page of tokens by name. */
  async list(viewer: Viewer, which: ServiceTokenListing, request: PageRequest): Promise<Page<ServiceToken>> {
    const condition = sql<SqlBool>`${inSight(viewer)} AND ${matching(which)}`;
    const beyond = request.cursor === undefined ? sql<SqlBool>`true` : KEYSET.beyond(request.cursor, request.backward);
    const { rows } = await sql<ServiceTokenRow & { position: bigint }>`
      SELECT head.number AS position, s.* FROM feed_head head LEFT JOIN LATERAL (
        SELECT ${COLUMNS}${KEYSET.columns} FROM ${FROM} WHERE ${condition} AND ${beyond}
        ORDER BY ${KEYSET.orderBy(request.backward)} LIMIT ${request.size + 1}
      ) s ON true`.execute(this.database.reader);
    const position = { commit: rows[0]?.position ?? 0n };
    const found = rows.filter((row) => row.id !== null);
    const total = () => this.#count(condition);
    return cutPage(found, request, position, total, (row) => ({
      cursor: KEYSET.cursor(row),
      node: new ServiceToken(row),
    }));
  }

  async #count(condition: Condition): Promise<number> {
    const { rows } = await sql<{ count: bigint }>`SELECT count(*) FROM service_token t WHERE ${condition}`.execute(
      this.database.reader,
    );
    return Number(rows[0]?.count);
  }
}

/** `isVisible` in service-token.commands.ts is the same rule about one token. */
function inSight(viewer: Viewer): Condition {
  const own = sql<SqlBool>`t.user_id = ${viewer.userId} OR t.id = ${viewer.userId === null ? viewer.id : null}`;
  const settings = reachOf(viewer, "SETTINGS_MANAGE");
  const machines =
    settings === "everywhere"
      ? sql<SqlBool>`t.user_id IS NULL`
      : sql<SqlBool>`t.user_id IS NULL AND t.scope_ids IS NOT NULL AND NOT EXISTS (
          SELECT FROM unnest(t.scope_ids) scope (id) LEFT JOIN org_unit_path p ON p.unit_id = scope.id
          WHERE (p.path && ${[...settings]}::uuid[]) IS NOT TRUE)`;
  const people = sql<SqlBool>`EXISTS (
    SELECT FROM user_search u WHERE u.user_id = t.user_id AND ${within(reachOf(viewer, "USER_READ"))}
    AND ${within(reachOf(viewer, "USER_READ_SECURITY"))}
    AND (u.status <> 'DELETED' OR ${within(reachOf(viewer, "USER_DELETE"))}))`;
  return sql<SqlBool>`((${own}) OR (${machines}) OR (${people}))`;
}

const within = (reach: Reach): Condition =>
  reach === "everywhere" ? sql<SqlBool>`true` : sql<SqlBool>`u.unit_path && ${[...reach]}::uuid[]`;

function matching({ kind, userId, includeEnded }: ServiceTokenListing): Condition {
  const parts = [sql<SqlBool>`true`];
  if (kind) parts.push(kind === "PERSONAL" ? sql`t.user_id IS NOT NULL` : sql`t.user_id IS NULL`);
  if (userId) parts.push(sql`t.user_id = ${userId}`);
  if (!includeEnded) parts.push(sql`t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > rollcall_now())`);
  return sql<SqlBool>`(${sql.join(parts, sql` AND `)})`;
}
