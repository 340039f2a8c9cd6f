import { type RawBuilder, type SqlBool, sql } from "kysely";
import { holdsAnywhere, type Viewer } from "../../access/actor.ts";
import type { Database } from "../../database/database.ts";
import { cutPage, type Page, type PageRequest } from "../../graphql/paging.ts";
import { escapeFoldedLike, isStorable } from "../../search/folding.ts";
import { keysetOf } from "../../search/order.ts";
import type { GroupKind } from "./group.entity.ts";
import { Group, type GroupRecord } from "./group.types.ts";

/** Which groups; conditions are ANDed. */
export interface GroupSearch {
  search?: string | undefined;
  kind?: GroupKind | undefined;
}

type GroupRow = GroupRecord & Readonly<Record<string, unknown>>;

const COLUMNS = sql`g.id, g.version, g.key, g.name, g.description, g.kind, g.saved_search_id AS "savedSearchId",
  g.owner_id AS "ownerId", g.org_unit_id AS "orgUnitId", g.created_at AS "createdAt", g.updated_at AS "updatedAt"`;

/** Groups by key. */
export const GROUP_KEYSET = keysetOf(
  [{ name: "key", expression: sql`g.key`, type: "text", nullable: false, direction: "ASC", nulls: "LAST" }],
  { expression: sql`g.id`, column: "id" },
);

/** Reads groups, of those that the viewer may see: all with ROLE_READ anywhere, else those that they belong to. */
export class GroupQueries {
  constructor(private readonly database: Database) {}

  /** These groups, in the order of the ids; undefined for those that are absent or out of sight. */
  async byIds(viewer: Viewer, ids: readonly string[]): Promise<(Group | undefined)[]> {
    const groups = new Map(
      (await this.#select(viewer, sql`g.id = ANY(${[...ids]}::uuid[])`)).map((group) => [group.uuid, group]),
    );
    return ids.map((id) => groups.get(id));
  }

  async byKey(viewer: Viewer, key: string): Promise<Group | null> {
    if (!isStorable(key)) return null;
    return (await this.#select(viewer, sql`fold(g.key) = fold(${key})`))[0] ?? null;
  }

  /** The groups of each of these users, by key. Whoever asks has decided that the viewer may know. */
  async ofUsers(userIds: readonly string[]): Promise<Group[][]> {
    const { rows } = await sql<GroupRow & { userId: string }>`
      SELECT m.user_id AS "userId", ${COLUMNS} FROM group_member m JOIN user_group g ON g.id = m.group_id
      JOIN user_account u ON u.id = m.user_id AND u.status <> 'DELETED'
      WHERE m.user_id = ANY(${[...userIds]}::uuid[]) ORDER BY g.key COLLATE "C"`.execute(this.database.reader);
    const byUser = Map.groupBy(rows, ({ userId }) => userId);
    return userIds.map((id) => (byUser.get(id) ?? []).map((row) => new Group(row)));
  }

  /** A page of all groups by key, for whoever may see them. */
  async search(which: GroupSearch, request: PageRequest): Promise<Page<Group>> {
    const condition = matching(which);
    const beyond =
      request.cursor === undefined ? sql<SqlBool>`true` : GROUP_KEYSET.beyond(request.cursor, request.backward);
    const { rows } = await sql<GroupRow & { position: bigint }>`
      SELECT head.number AS position, g.* FROM feed_head head LEFT JOIN LATERAL (
        SELECT ${COLUMNS}${GROUP_KEYSET.columns} FROM user_group g WHERE ${condition} AND ${beyond}
        ORDER BY ${GROUP_KEYSET.orderBy(request.backward)} LIMIT ${request.size + 1}
      ) g ON true`.execute(this.database.reader);
    const position = { commit: rows[0]?.position ?? 0n };
    const found = rows.filter((row) => row.id !== null);
    const total = () => this.#count(condition);
    return cutPage(found, request, position, total, (row) => ({
      cursor: GROUP_KEYSET.cursor(row),
      node: new Group(row),
    }));
  }

  async #select(viewer: Viewer, condition: RawBuilder<SqlBool>): Promise<Group[]> {
    const own = sql<SqlBool>`EXISTS (SELECT FROM group_member m WHERE m.group_id = g.id AND m.user_id = ${viewer.userId}::uuid)`;
    const seen = seesGroups(viewer) ? sql<SqlBool>`true` : own;
    const { rows } = await sql<GroupRow>`
      SELECT ${COLUMNS} FROM user_group g WHERE ${condition} AND ${seen}`.execute(this.database.reader);
    return rows.map((row) => new Group(row));
  }

  async #count(condition: RawBuilder<SqlBool>): Promise<number> {
    const { rows } = await sql<{ count: bigint }>`SELECT count(*) FROM user_group g WHERE ${condition}`.execute(
      this.database.reader,
    );
    return Number(rows[0]?.count);
  }
}

/** Whether the viewer may see every group: a group holds roles, and is seen as roles are. */
export const seesGroups = (viewer: Viewer): boolean => holdsAnywhere(viewer, "ROLE_READ");

/** Holds for the groups, called g, that are asked for. */
export function matching({ search, kind }: GroupSearch): RawBuilder<SqlBool> {
  if (search !== undefined && !isStorable(search)) return sql`false`;
  const parts = [sql<SqlBool>`true`];
  if (search !== undefined) {
    const pattern = `%${escapeFoldedLike(search)}%`;
    parts.push(sql`(fold(g.key) LIKE ${pattern} OR fold(g.name) LIKE ${pattern})`);
  }
  if (kind !== undefined) parts.push(sql`g.kind = ${kind}`);
  return sql`(${sql.join(parts, sql` AND `)})`;
}
