import { type RawBuilder, type SqlBool, sql } from "kysely";
import { reachOf, type Viewer } from "../../access/actor.ts";
import type { UnitPaths } from "../../access/field-policy.ts";
import type { Database } from "../../database/database.ts";
import { cutPage, type Page, type PageRequest } from "../../graphql/paging.ts";
import { escapeFoldedLike, fold } from "../../search/folding.ts";
import { type Keyset, keysetOf, type SortKey } from "../../search/order.ts";
import { OrgUnit, type OrgUnitRecord } from "./org-unit.types.ts";

/** Which units; conditions are ANDed. Ids are UUIDs. */
export interface OrgUnitSearch {
  search?: string | undefined;
  kind?: string | undefined;
  within?: string | undefined;
  roots?: boolean | undefined;
  /** Only direct children of this unit. */
  parentId?: string | undefined;
}

/** What units can be sorted by. */
const SORTS = {
  NAME: { name: "name", expression: () => sql`u.name`, type: "text" },
  CODE: { name: "code", expression: () => sql`u.code`, type: "text" },
  PATH: { name: "path", expression: pathInSight, type: "textArray" },
  CREATED_AT: { name: "createdAt", expression: () => sql`u.created_at`, type: "instant" },
} as const satisfies Record<string, { name: string; type: SortKey["type"]; expression(viewer: Viewer): unknown }>;

export interface OrgUnitSort {
  field: keyof typeof SORTS;
  direction: "ASC" | "DESC";
}

const COLUMNS = sql`u.id, u.version, u.code, u.name, u.kind, u.parent_id, u.head_id, u.created_at, p.path, p.code_path`;
const FROM = sql`org_unit u JOIN org_unit_path p ON p.unit_id = u.id`;

type OrgUnitRow = Readonly<Record<string, unknown>> & {
  id: string;
  version: number;
  code: string;
  name: string;
  kind: OrgUnitRecord["kind"];
  parent_id: string | null;
  head_id: string | null;
  created_at: Date;
  path: string[];
  code_path: string[];
};

const toUnit = ({ id, version, code, name, kind, parent_id, head_id, path }: OrgUnitRow): OrgUnit =>
  new OrgUnit({ id, version, code, name, kind, parentId: parent_id, headId: head_id, path });

/** Reads org units, always within the viewer's reach of ORG_READ. */
export class OrgUnitQueries {
  constructor(private readonly database: Database) {}

  /** These units, in the order of the ids; undefined for those that are absent or out of sight. */
  async byIds(viewer: Viewer, ids: readonly string[]): Promise<(OrgUnit | undefined)[]> {
    const rows = await this.#select(sql`u.id = ANY(${[...ids]}::uuid[]) AND ${inSight(viewer)}`);
    const units = new Map(rows.map((row) => [row.id, toUnit(row)]));
    return ids.map((id) => units.get(id));
  }

  async byCode(viewer: Viewer, code: string): Promise<OrgUnit | null> {
    const [row] = await this.#select(sql`fold(u.code) = fold(${code}) AND ${inSight(viewer)}`);
    return row ? toUnit(row) : null;
  }

  /** The ids of the units that these codes name without regard to case, by folded code; of those in sight only. */
  async idsByCodes(viewer: Viewer, codes: Iterable<string>): Promise<ReadonlyMap<string, string>> {
    const folded = [...codes].map(fold);
    if (folded.length === 0) return new Map();
    const { rows } = await sql<{ code: string; id: string }>`
      SELECT fold(u.code) AS code, u.id FROM ${FROM}
      WHERE fold(u.code) = ANY(${folded}::text[]) AND ${inSight(viewer)}`.execute(this.database.reader);
    return new Map(rows.map(({ code, id }) => [code, id]));
  }

  async search(viewer: Viewer, which: OrgUnitSearch, sort: OrgUnitSort, request: PageRequest): Promise<Page<OrgUnit>> {
    const condition = sql<SqlBool>`${inSight(viewer)} AND ${matching(which)}`;
    const keyset = unitKeyset(viewer, sort);
    const after = request.cursor === undefined ? sql`true` : keyset.beyond(request.cursor, request.backward);
    const { rows } = await sql<OrgUnitRow & { position: bigint }>`
      SELECT head.number AS position, u.* FROM feed_head head LEFT JOIN LATERAL (
        SELECT *${keyset.columns} FROM (SELECT ${COLUMNS} FROM ${FROM} WHERE ${condition}) u
        WHERE ${after} ORDER BY ${keyset.orderBy(request.backward)} LIMIT ${request.size + 1}
      ) u ON true`.execute(this.database.reader);
    const position = { commit: rows[0]?.position ?? 0n };
    const found = rows.filter((row) => row.id !== null);
    const total = () => this.#count(condition);
    return cutPage(found, request, position, total, (row) => ({ cursor: keyset.cursor(row), node: toUnit(row) }));
  }

  /** The ids from the root down to each of these units, whatever the viewer may see; for decisions, never for answers. */
  async paths(ids: readonly string[]): Promise<UnitPaths> {
    const rows = await this.database.reader
      .selectFrom("org_unit_path")
      .select(["unit_id", "path"])
      .where(sql<SqlBool>`unit_id = ANY(${[...ids]}::uuid[])`)
      .execute();
    return new Map(rows.map(({ unit_id, path }) => [unit_id, path]));
  }

  async #select(condition: RawBuilder<unknown>): Promise<OrgUnitRow[]> {
    return (await sql<OrgUnitRow>`SELECT ${COLUMNS} FROM ${FROM} WHERE ${condition}`.execute(this.database.reader))
      .rows;
  }

  async #count(condition: RawBuilder<SqlBool>): Promise<number> {
    const { rows } = await sql<{ count: bigint }>`SELECT count(*) FROM ${FROM} WHERE ${condition}`.execute(
      this.database.reader,
    );
    return Number(rows[0]?.count);
  }
}

/** An order over rows of units, each with its paths, that are called u. */
export function unitKeyset(viewer: Viewer, sort: OrgUnitSort): Keyset {
  const { name, type, expression } = SORTS[sort.field];
  const way = { nullable: false, direction: sort.direction, nulls: "LAST" } as const;
  const key: SortKey = { name, type, expression: expression(viewer), ...way };
  return keysetOf([key], { expression: sql`u.id`, column: "id" });
}

function inSight(viewer: Viewer): RawBuilder<SqlBool> {
  const reach = reachOf(viewer, "ORG_READ");
  return reach === "everywhere" ? sql`true` : sql`p.path && ${[...reach]}::uuid[]`;
}

/** The codes from the topmost unit above it that the viewer sees: a cursor carries them, and must not tell of those further up. */
function pathInSight(viewer: Viewer): RawBuilder<unknown> {
  const reach = reachOf(viewer, "ORG_READ");
  if (reach === "everywhere") return sql`u.code_path`;
  return sql`u.code_path[(SELECT min(step) FROM unnest(u.path) WITH ORDINALITY above (id, step) WHERE id = ANY(${[...reach]}::uuid[])):]`;
}

/** The condition on a unit called u, whose paths are called p. */
export function matching({ search, kind, within, roots, parentId }: OrgUnitSearch): RawBuilder<SqlBool> {
  const parts = [sql<SqlBool>`true`];
  if (search !== undefined) {
    const pattern = `%${escapeFoldedLike(search)}%`;
    parts.push(sql`(fold(u.name) LIKE ${pattern} OR fold(u.code) LIKE ${pattern})`);
  }
  if (kind !== undefined) parts.push(sql`u.kind = ${kind}`);
  if (within !== undefined) parts.push(sql`p.path @> ARRAY[${within}::uuid]`);
  if (roots !== undefined) parts.push(roots ? sql`u.parent_id IS NULL` : sql`u.parent_id IS NOT NULL`);
  if (parentId !== undefined) parts.push(sql`u.parent_id = ${parentId}`);
  return sql`${sql.join(parts, sql` AND `)}`;
}
