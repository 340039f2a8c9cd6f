import { type RawBuilder, type SqlBool, sql } from "kysely";
import { reachOf, type Viewer } from "../../access/actor.ts";
import type { Asking } from "../../access/asking.ts";
import { meetsColumn } from "../../access/conditions.ts";
import { sightOf } from "../../access/policy.ts";
import type { BulkFinding, BulkItemRow, BulkOutcome, BulkPlanRecord, BulkState } from "../../database/bulk-tables.ts";
import type { Database } from "../../database/database.ts";
import { cutPage, type Page, type PageRequest } from "../../graphql/paging.ts";
import { publicId } from "../../kernel/ids.ts";
import { decodeCursor, encodeCursor, type KeyType } from "../../search/cursor.ts";
import { filterToSql } from "../../search/to-sql.ts";
import { userCatalogue } from "../users/user.fields.ts";
import { BulkPlan } from "./bulk.types.ts";
import { BulkMember } from "./bulk-item.types.ts";

/** A person of a plan as it is read, also one who is not there yet: with what decides which fields may be shown of them. */
export type ItemRow = Omit<
  BulkItemRow,
  "plan_id" | "user_id" | "new_id" | "step" | "version" | "change" | "version_after" | "undo"
> & {
  user_id: string;
  username: string;
  display_name: string;
  unit_path: string[];
  meets?: string[];
};

/** Which people of a plan. */
export interface WhichItems {
  findings?: readonly BulkFinding[] | undefined;
  outcomes?: readonly BulkOutcome[] | undefined;
}

const PLACE = [{ type: "int", nullable: false }] as const satisfies { type: KeyType; nullable: boolean }[];
const ID = [{ type: "uuid", nullable: false }] as const satisfies { type: KeyType; nullable: boolean }[];

const cursorName = ({ backward }: PageRequest): string => (backward ? "before" : "after");

/** Reads plans, and the people of plans, always within the viewer's sight. */
export class BulkQueries {
  constructor(private readonly database: Database) {}

  /** The plan; null where it is absent or not the viewer's to see. */
  async find(viewer: Viewer, id: string): Promise<BulkPlan | null> {
    const { rows } = await sql<BulkPlanRecord>`
      SELECT p.* FROM bulk_plan p WHERE p.id = ${id} AND ${planInSight(viewer)}`.execute(this.database.reader);
    return rows[0] ? new BulkPlan(rows[0]) : null;
  }

  /** A page of plans, the latest first. */
  async list(viewer: Viewer, states: readonly BulkState[] | undefined, request: PageRequest): Promise<Page<BulkPlan>> {
    const order = "bulk plans, latest first";
    const which = sql<SqlBool>`${planInSight(viewer)} AND ${oneOf(sql`p.state`, states)}`;
    const [after] = request.cursor === undefined ? [] : decodeCursor(order, ID, request.cursor, cursorName(request));
    const beyond = after === undefined ? sql`true` : request.backward ? sql`p.id > ${after}` : sql`p.id < ${after}`;
    const { rows } = await sql<BulkPlanRecord & { position: bigint }>`
      SELECT head.number AS position, p.* FROM feed_head head LEFT JOIN LATERAL (
        SELECT p.* FROM bulk_plan p WHERE ${which} AND ${beyond}
        ORDER BY p.id ${request.backward ? sql`ASC` : sql`DESC`} LIMIT ${request.size + 1}) p ON true`.execute(
      this.database.reader,
    );
    const found = rows.filter((row) => row.id !== null);
    return cutPage(
      found,
      request,
      { commit: rows[0]?.position ?? 0n },
      () => this.#count(sql`bulk_plan p`, which),
      (row) => ({
        cursor: encodeCursor(order, [row.id]),
        node: new BulkPlan(row),
      }),
    );
  }

  /** The people of a plan whom the viewer sees, in the plan's order. */
  async items<T>(
    asking: Asking,
    planId: string,
    which: WhichItems,
    request: PageRequest,
    make: (row: ItemRow) => T,
  ): Promise<Page<T>> {
    const order = `people of the plan ${planId}`;
    const from = sql`bulk_item i LEFT JOIN user_search u ON u.user_id = i.user_id`;
    // Of whom there is not, the file speaks: whoever sees the plan sees them.
    const condition = sql<SqlBool>`i.plan_id = ${planId} AND ${oneOf(sql`i.finding`, which.findings)}
      AND ${oneOf(sql`i.outcome`, which.outcomes)} AND (i.user_id IS NULL OR u.user_id IS NOT NULL AND ${inSight(asking)})`;
    const [after] = request.cursor === undefined ? [] : decodeCursor(order, PLACE, request.cursor, cursorName(request));
    const beyond =
      after === undefined ? sql`true` : request.backward ? sql`i.place < ${after}` : sql`i.place > ${after}`;
    const { rows } = await sql<ItemRow & { position: bigint }>`
      SELECT head.number AS position, item.* FROM feed_head head LEFT JOIN LATERAL (
        SELECT i.place, coalesce(i.user_id, i.new_id) AS user_id, i.source_row, i.finding, i.before, i.after, i.problem, i.notes, i.outcome,
          i.outcome_problem, coalesce(u.username, i.after->>'username', '') AS username,
          coalesce(u.display_name, i.after->>'displayName', '') AS display_name,
          CASE WHEN i.user_id IS NULL
            THEN coalesce((SELECT p.path FROM org_unit_path p WHERE p.unit_id = (i.after->>'orgUnit')::uuid), '{}')
            ELSE u.unit_path END AS unit_path${meetsColumn(asking.viewer, userCatalogue, "u")}
        FROM ${from} WHERE ${condition} AND ${beyond}
        ORDER BY i.place ${request.backward ? sql`DESC` : sql`ASC`} LIMIT ${request.size + 1}) item ON true`.execute(
      this.database.reader,
    );
    const found = rows.filter((row) => row.user_id !== null);
    return cutPage(
      found,
      request,
      { commit: rows[0]?.position ?? 0n },
      () => this.#count(from, condition),
      (row) => ({
        cursor: encodeCursor(order, [row.place]),
        node: make(row),
      }),
    );
  }

  /** How many would join and leave each saved search, of those whom the viewer sees. */
  async effects(asking: Asking, planId: string): Promise<{ searchId: string; joining: number; leaving: number }[]> {
    const { rows } = await sql<{ searchId: string; joining: bigint; leaving: bigint }>`
      SELECT e.search_id AS "searchId", count(*) FILTER (WHERE e.joins) AS joining, count(*) FILTER (WHERE NOT e.joins) AS leaving
      FROM bulk_effect e JOIN user_search u ON u.user_id = e.user_id
      WHERE e.plan_id = ${planId} AND ${inSight(asking)} GROUP BY e.search_id ORDER BY e.search_id`.execute(
      this.database.reader,
    );
    return rows.map(({ searchId, joining, leaving }) => ({
      searchId,
      joining: Number(joining),
      leaving: Number(leaving),
    }));
  }

  /** Who would join or leave one saved search, of those whom the viewer sees. */
  async members(
    asking: Asking,
    { planId, searchId }: { planId: string; searchId: string },
    joins: boolean | undefined,
    request: PageRequest,
  ): Promise<Page<BulkMember>> {
    const order = `people of the plan ${planId} and the search ${searchId}`;
    const from = sql`bulk_effect e JOIN user_search u ON u.user_id = e.user_id`;
    const condition = sql<SqlBool>`e.plan_id = ${planId} AND e.search_id = ${searchId} AND ${inSight(asking)}
      AND ${joins === undefined ? sql`true` : sql`e.joins = ${joins}`}`;
    const [after] = request.cursor === undefined ? [] : decodeCursor(order, ID, request.cursor, cursorName(request));
    const beyond =
      after === undefined ? sql`true` : request.backward ? sql`e.user_id < ${after}` : sql`e.user_id > ${after}`;
    const { rows } = await sql<{ user_id: string; joins: boolean; position: bigint }>`
      SELECT head.number AS position, m.* FROM feed_head head LEFT JOIN LATERAL (
        SELECT e.user_id, e.joins FROM ${from} WHERE ${condition} AND ${beyond}
        ORDER BY e.user_id ${request.backward ? sql`DESC` : sql`ASC`} LIMIT ${request.size + 1}) m ON true`.execute(
      this.database.reader,
    );
    const found = rows.filter((row) => row.user_id !== null);
    return cutPage(
      found,
      request,
      { commit: rows[0]?.position ?? 0n },
      () => this.#count(from, condition),
      (row) => ({
        cursor: encodeCursor(order, [row.user_id]),
        node: Object.assign(new BulkMember(), {
          userId: publicId("User", row.user_id),
          uuid: row.user_id,
          joins: row.joins,
        }),
      }),
    );
  }

  async #count(from: RawBuilder<unknown>, condition: RawBuilder<SqlBool>): Promise<number> {
    const { rows } = await sql<{ count: bigint }>`SELECT count(*) FROM ${from} WHERE ${condition}`.execute(
      this.database.reader,
    );
    return Number(rows[0]?.count ?? 0n);
  }
}

/** `maySeePlan` as SQL, of the plan p. */
function planInSight(viewer: Viewer): RawBuilder<SqlBool> {
  if (reachOf(viewer, "BULK_RUN") === "everywhere") return sql`true`;
  if (!viewer.grants.has("BULK_RUN")) return sql`false`;
  return sql`(p.planner_kind = ${viewer.kind} AND p.planner_id = ${viewer.id})`;
}

const inSight = ({ viewer, now, today }: Asking): RawBuilder<SqlBool> =>
  filterToSql(sightOf(viewer), { catalogue: userCatalogue, alias: "u", now, today });

const oneOf = (column: RawBuilder<unknown>, values: readonly string[] | undefined): RawBuilder<SqlBool> =>
  values === undefined ? sql`true` : sql`${column} = ANY (${[...values]}::text[])`;
