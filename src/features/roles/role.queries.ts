import { type RawBuilder, type SqlBool, sql } from "kysely";
import type { Database } from "../../database/database.ts";
import { cutPage, type Page, type PageRequest } from "../../graphql/paging.ts";
import { escapeFoldedLike } from "../../search/folding.ts";
import { keysetOf } from "../../search/order.ts";
import { Role, type RoleRecord } from "./role.types.ts";

/** Which roles; conditions are ANDed. */
export interface RoleSearch {
  search?: string | undefined;
  privileged?: boolean | undefined;
}

type RoleRow = RoleRecord & Readonly<Record<string, unknown>>;

const COLUMNS = sql`r.id, r.version, r.key, r.name, r.description, r.privileged, r.permissions,
  ARRAY(SELECT i.inherits_id FROM role_inheritance i JOIN role inherited ON inherited.id = i.inherits_id
    WHERE i.role_id = r.id ORDER BY inherited.key COLLATE "und-x-icu") AS "inheritsIds"`;

/** Roles, called r, by key. */
export const ROLE_KEYSET = keysetOf(
  [{ name: "key", expression: sql`r.key`, type: "text", nullable: false, direction: "ASC", nulls: "LAST" }],
  {
    expression: sql`r.id`,
    column: "id",
  },
);

/** Reads roles. They stand nowhere in the hierarchy: whoever asks has decided that the viewer may see roles. */
export class RoleQueries {
  constructor(private readonly database: Database) {}

  /** These roles, in the order of the ids; undefined for those that are absent. */
  async byIds(ids: readonly string[]): Promise<(Role | undefined)[]> {
    const { rows } = await sql<RoleRow>`SELECT ${COLUMNS} FROM role r WHERE r.id = ANY(${[...ids]}::uuid[])`.execute(
      this.database.reader,
    );
    const roles = new Map(rows.map((row) => [row.id, new Role(row)]));
    return ids.map((id) => roles.get(id));
  }

  async byKey(key: string): Promise<Role | null> {
    const { rows } = await sql<RoleRow>`SELECT ${COLUMNS} FROM role r WHERE fold(r.key) = fold(${key})`.execute(
      this.database.reader,
    );
    return rows[0] ? new Role(rows[0]) : null;
  }

  /**
   * The effective roles of each of these users, by key, as their search rows have them: so a role that is shown is one that filters find. What begins or
   * ends by time alone is there from the commit that time makes of it.
   */
  async effectiveOf(userIds: readonly string[]): Promise<Role[][]> {
    const { rows } = await sql<RoleRow & { userId: string }>`
      SELECT s.user_id AS "userId", ${COLUMNS} FROM user_search s JOIN role r ON r.key = ANY(s.role_keys)
      WHERE s.user_id = ANY(${[...userIds]}::uuid[]) ORDER BY r.key COLLATE "C"`.execute(this.database.reader);
    const byUser = Map.groupBy(rows, (row) => row.userId);
    return userIds.map((id) => (byUser.get(id) ?? []).map((row) => new Role(row)));
  }

  /** These roles and everything that they inherit, at any distance, by id. */
  async withInherited(ids: readonly string[]): Promise<ReadonlyMap<string, Role>> {
    const { rows } = await sql<RoleRow>`
      WITH RECURSIVE held (id) AS (
        SELECT unnest(${[...ids]}::uuid[])
        UNION SELECT i.inherits_id FROM held JOIN role_inheritance i ON i.role_id = held.id)
      SELECT ${COLUMNS} FROM held JOIN role r ON r.id = held.id`.execute(this.database.reader);
    return new Map(rows.map((row) => [row.id, new Role(row)]));
  }

  /** A page of roles by key. */
  async search(which: RoleSearch, request: PageRequest): Promise<Page<Role>> {
    const condition = matching(which);
    const beyond =
      request.cursor === undefined ? sql<SqlBool>`true` : ROLE_KEYSET.beyond(request.cursor, request.backward);
    const { rows } = await sql<RoleRow & { position: bigint }>`
      SELECT head.number AS position, r.* FROM feed_head head LEFT JOIN LATERAL (
        SELECT ${COLUMNS}${ROLE_KEYSET.columns} FROM role r WHERE ${condition} AND ${beyond}
        ORDER BY ${ROLE_KEYSET.orderBy(request.backward)} LIMIT ${request.size + 1}
      ) r ON true`.execute(this.database.reader);
    const position = { commit: rows[0]?.position ?? 0n };
    const found = rows.filter((row) => row.id !== null);
    const total = () => this.#count(condition);
    return cutPage(found, request, position, total, (row) => ({
      cursor: ROLE_KEYSET.cursor(row),
      node: new Role(row),
    }));
  }

  async #count(condition: RawBuilder<SqlBool>): Promise<number> {
    const { rows } = await sql<{ count: bigint }>`SELECT count(*) FROM role r WHERE ${condition}`.execute(
      this.database.reader,
    );
    return Number(rows[0]?.count);
  }
}

/** The condition on a role called r. */
export function matching({ search, privileged }: RoleSearch): RawBuilder<SqlBool> {
  const parts = [sql<SqlBool>`true`];
  if (search !== undefined) {
    const pattern = `%${escapeFoldedLike(search)}%`;
    parts.push(sql`(fold(r.key) LIKE ${pattern} OR fold(r.name) LIKE ${pattern})`);
  }
  if (privileged !== undefined) parts.push(sql`r.privileged = ${privileged}`);
  return sql`(${sql.join(parts, sql` AND `)})`;
}
