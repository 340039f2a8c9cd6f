import { type RawBuilder, type SqlBool, sql } from "kysely";
import type { Viewer } from "../../access/actor.ts";
import type { Asking } from "../../access/asking.ts";
import { sightOf } from "../../access/policy.ts";
import type { Database } from "../../database/database.ts";
import type { RetentionItemRow, RetentionOutcome } from "../../database/retention-tables.ts";
import { cutPage, type Page, type PageRequest } from "../../graphql/paging.ts";
import { decodeCursor, encodeCursor, type KeyType } from "../../search/cursor.ts";
import { filterToSql } from "../../search/to-sql.ts";
import { userCatalogue } from "../users/user.fields.ts";
import { actionsSeen, type RetentionPolicyRecord } from "./retention.policy.ts";
import type { RetentionRunRecord } from "./retention.runs.ts";
import { RetentionPerson, RetentionRun } from "./retention-run.types.ts";

const ID = [{ type: "uuid", nullable: false }] as const satisfies { type: KeyType; nullable: boolean }[];
const PLACE = [{ type: "int", nullable: false }] as const satisfies { type: KeyType; nullable: boolean }[];

const cursorName = ({ backward }: PageRequest): string => (backward ? "before" : "after");

/** Reads policies and their runs, for those who may see them, and people of runs, within the viewer's sight. */
export class RetentionQueries {
  constructor(private readonly database: Database) {}

  /** All policies that the viewer may see, by name. */
  async policies(viewer: Viewer): Promise<RetentionPolicyRecord[]> {
    const { rows } = await sql<RetentionPolicyRecord>`
      SELECT p.* FROM retention_policy p WHERE ${seen(viewer, sql`p.action`)} ORDER BY p.name, p.id`.execute(
      this.database.reader,
    );
    return rows;
  }

  /** Undefined where it is absent or not the viewer's to see. */
  async policy(viewer: Viewer, id: string): Promise<RetentionPolicyRecord | undefined> {
    const { rows } = await sql<RetentionPolicyRecord>`
      SELECT p.* FROM retention_policy p WHERE p.id = ${id} AND ${seen(viewer, sql`p.action`)}`.execute(
      this.database.reader,
    );
    return rows[0];
  }

  /** Undefined where it is absent or not the viewer's to see. */
  async run(viewer: Viewer, id: string): Promise<RetentionRun | undefined> {
    const { rows } = await sql<RetentionRunRecord>`
      SELECT r.* FROM retention_run r WHERE r.id = ${id} AND ${seen(viewer, sql`r.action`)}`.execute(
      this.database.reader,
    );
    return rows[0] && new RetentionRun(rows[0]);
  }

  /** A page of runs, of one policy or of all, the latest first. */
  async runs(viewer: Viewer, policyId: string | undefined, request: PageRequest): Promise<Page<RetentionRun>> {
    const order = "retention runs, latest first";
    const which = sql<SqlBool>`${seen(viewer, sql`r.action`)} AND ${policyId === undefined ? sql`true` : sql`r.policy_id = ${policyId}`}`;
    const [after] = request.cursor === undefined ? [] : decodeCursor(order, ID, request.cursor, cursorName(request));
    const beyond = after === undefined ? sql`true` : request.backward ? sql`r.id > ${after}` : sql`r.id < ${after}`;
    const { rows } = await sql<RetentionRunRecord>`
      SELECT r.* FROM retention_run r WHERE ${which} AND ${beyond}
      ORDER BY r.id ${request.backward ? sql`ASC` : sql`DESC`} LIMIT ${request.size + 1}`.execute(this.database.reader);
    return cutPage(
      rows,
      request,
      await this.database.head(),
      () => this.#count(sql`retention_run r`, which),
      (row) => ({ cursor: encodeCursor(order, [row.id]), node: new RetentionRun(row) }),
    );
  }

  /** The people of a run whom the viewer sees, in the order in which they have their turn. */
  async people(
    asking: Asking,
    runId: string,
    outcomes: readonly RetentionOutcome[] | undefined,
    request: PageRequest,
  ): Promise<Page<RetentionPerson>> {
    const order = `people of the retention run ${runId}`;
    const { viewer, now, today } = asking;
    const from = sql`retention_item i JOIN user_search u ON u.user_id = i.user_id`;
    const sight = filterToSql(sightOf(viewer), { catalogue: userCatalogue, alias: "u", now, today });
    const which = sql<SqlBool>`i.run_id = ${runId} AND ${sight}
      AND ${outcomes === undefined ? sql`true` : sql`i.outcome = ANY (${[...outcomes]}::text[])`}`;
    const [after] = request.cursor === undefined ? [] : decodeCursor(order, PLACE, request.cursor, cursorName(request));
    const beyond =
      after === undefined ? sql`true` : request.backward ? sql`i.place < ${after}` : sql`i.place > ${after}`;
    const { rows } = await sql<RetentionItemRow>`
      SELECT i.* FROM ${from} WHERE ${which} AND ${beyond}
      ORDER BY i.place ${request.backward ? sql`DESC` : sql`ASC`} LIMIT ${request.size + 1}`.execute(
      this.database.reader,
    );
    return cutPage(
      rows,
      request,
      await this.database.head(),
      () => this.#count(from, which),
      (row) => ({ cursor: encodeCursor(order, [row.place]), node: new RetentionPerson(row) }),
    );
  }

  async #count(from: RawBuilder<unknown>, which: RawBuilder<SqlBool>): Promise<number> {
    const { rows } = await sql<{ count: bigint }>`SELECT count(*) FROM ${from} WHERE ${which}`.execute(
      this.database.reader,
    );
    return Number(rows[0]?.count ?? 0n);
  }
}

const seen = (viewer: Viewer, action: RawBuilder<unknown>): RawBuilder<SqlBool> =>
  sql`${action} = ANY (${actionsSeen(viewer)}::text[])`;
