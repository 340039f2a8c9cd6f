import { type RawBuilder, type SqlBool, sql } from "kysely";
import type { Viewer } from "../../access/actor.ts";
import type { Database } from "../../database/database.ts";
import { cutPage, type Page, type PageRequest } from "../../graphql/paging.ts";
import type { Filter } from "../../search/filter.ts";
import { escapeFoldedLike, isStorable } from "../../search/folding.ts";
import { keysetOf } from "../../search/order.ts";
import { ownerOf } from "./saved-search.access.ts";
import type { SavedSearchVisibility } from "./saved-search.entity.ts";
import { SavedSearch, type SavedSearchRecord } from "./saved-search.types.ts";

/** Which saved searches; conditions are ANDed. */
export interface SavedSearchListing {
  search?: string | undefined;
  visibility?: SavedSearchVisibility | undefined;
  /** The viewer's own alone. */
  own?: boolean;
}

type SavedSearchRow = SavedSearchRecord & Readonly<Record<string, unknown>>;

const COLUMNS = sql`s.id, s.version, s.name, s.description, s.owner_id AS "ownerId", s.visibility, s.filter,
  s.filter_hash AS "filterHash", s.watch, s.created_at AS "createdAt", s.updated_at AS "updatedAt",
  (SELECT m.refusal FROM matched_search m WHERE m.search_id = s.id) AS refusal`;

/** Saved searches by name. */
export const SAVED_SEARCH_KEYSET = keysetOf(
  [{ name: "name", expression: sql`s.name`, type: "text", nullable: false, direction: "ASC", nulls: "LAST" }],
  { expression: sql`s.id`, column: "id" },
);

/** Reads saved searches: the viewer's own, and what is shared. Whoever asks has decided that the viewer may search users. */
export class SavedSearchQueries {
  constructor(private readonly database: Database) {}

  /** These searches, in the order of the ids; undefined for those that are absent or out of sight. */
  async byIds(viewer: Viewer, ids: readonly string[]): Promise<(SavedSearch | undefined)[]> {
    const { rows } = await sql<SavedSearchRow>`
      SELECT ${COLUMNS} FROM saved_search s WHERE s.id = ANY(${[...ids]}::uuid[]) AND ${inSight(viewer)}`.execute(
      this.database.reader,
    );
    const searches = new Map(rows.map((row) => [row.id, new SavedSearch(row)]));
    return ids.map((id) => searches.get(id));
  }

  /** Everything in sight, as it is stored. */
  async filters(viewer: Viewer): Promise<{ id: string; filter: Filter }[]> {
    const { rows } = await sql<{ id: string; filter: Filter }>`
      SELECT s.id, s.filter FROM saved_search s WHERE ${inSight(viewer)} ORDER BY s.id`.execute(this.database.reader);
    return rows;
  }

  /** A page of searches by name. */
  async list(viewer: Viewer, which: SavedSearchListing, request: PageRequest): Promise<Page<SavedSearch>> {
    const condition = listed(viewer, which);
    const beyond =
      request.cursor === undefined ? sql<SqlBool>`true` : SAVED_SEARCH_KEYSET.beyond(request.cursor, request.backward);
    const { rows } = await sql<SavedSearchRow & { position: bigint }>`
      SELECT head.number AS position, s.* FROM feed_head head LEFT JOIN LATERAL (
        SELECT ${COLUMNS}${SAVED_SEARCH_KEYSET.columns} FROM saved_search s WHERE ${condition} AND ${beyond}
        ORDER BY ${SAVED_SEARCH_KEYSET.orderBy(request.backward)} LIMIT ${request.size + 1}
      ) s ON true`.execute(this.database.reader);
    const position = { commit: rows[0]?.position ?? 0n };
    const found = rows.filter((row) => row.id !== null);
    const total = () => this.#count(condition);
    return cutPage(found, request, position, total, (row) => ({
      cursor: SAVED_SEARCH_KEYSET.cursor(row),
      node: new SavedSearch(row),
    }));
  }

  async #count(condition: RawBuilder<SqlBool>): Promise<number> {
    const { rows } = await sql<{ count: bigint }>`SELECT count(*) FROM saved_search s WHERE ${condition}`.execute(
      this.database.reader,
    );
    return Number(rows[0]?.count);
  }
}

/** Holds for the searches, called s, that are asked for, of those that the viewer may see. */
export const listed = (viewer: Viewer, which: SavedSearchListing): RawBuilder<SqlBool> =>
  sql`${which.own ? isOwn(viewer) : inSight(viewer)} AND ${matching(which)}`;

/** Holds for the searches, called s, that the viewer may see. */
export const inSight = (viewer: Viewer): RawBuilder<SqlBool> => sql`(s.visibility <> 'PRIVATE' OR ${isOwn(viewer)})`;

function isOwn(viewer: Viewer): RawBuilder<SqlBool> {
  const { ownerId, tokenId } = ownerOf(viewer);
  return ownerId === null ? sql`s.token_id = ${tokenId}` : sql`s.owner_id = ${ownerId}`;
}

function matching({ search, visibility }: SavedSearchListing): RawBuilder<SqlBool> {
  if (search !== undefined && !isStorable(search)) return sql`false`;
  const parts = [sql<SqlBool>`true`];
  if (search !== undefined) {
    const pattern = `%${escapeFoldedLike(search)}%`;
    parts.push(sql`(fold(s.name) LIKE ${pattern} OR fold(s.description) LIKE ${pattern})`);
  }
  if (visibility !== undefined) parts.push(sql`s.visibility = ${visibility}`);
  return sql`(${sql.join(parts, sql` AND `)})`;
}
