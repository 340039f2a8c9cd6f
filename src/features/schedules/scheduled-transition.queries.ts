import { type RawBuilder, type SqlBool, sql } from "kysely";
import type { Viewer } from "../../access/actor.ts";
import type { Asking } from "../../access/asking.ts";
import { heldOver, sightOf } from "../../access/policy.ts";
import type { Database } from "../../database/database.ts";
import { cutPage, type Page, type PageRequest } from "../../graphql/paging.ts";
import { and } from "../../search/filter.ts";
import { keysetOf } from "../../search/order.ts";
import { filterToSql } from "../../search/to-sql.ts";
import { userCatalogue } from "../users/user.fields.ts";
import type { ScheduledOperation } from "./scheduled-step.ts";
import { ScheduledTransition, type ScheduledTransitionRecord } from "./scheduled-transition.types.ts";

/** Which steps; conditions are ANDed. */
export interface ScheduledTransitionListing {
  userIds?: readonly string[] | undefined;
  operations?: readonly ScheduledOperation[] | undefined;
  states?: readonly string[] | undefined;
  from?: Date | undefined;
  before?: Date | undefined;
}

type Row = ScheduledTransitionRecord & Readonly<Record<string, unknown>>;
type Condition = RawBuilder<SqlBool>;

const COLUMNS = sql`t.id, t.version, t.user_id AS "userId", t.operation, t.due_at AS "dueAt", t.effective_on AS "effectiveOn",
  t.timezone, t.until, t.reason, t.state, t.author_kind AS "authorKind", t.author_id AS "authorId", t.author_name AS "authorName",
  t.created_at AS "createdAt", t.updated_at AS "updatedAt", t.finished_at AS "finishedAt", t.failure, t.consequences`;

const KEYSET = keysetOf(
  [
    {
      name: "effectiveAt",
      expression: sql`t.due_at`,
      type: "instant",
      nullable: false,
      direction: "ASC",
      nulls: "LAST",
    },
  ],
  { expression: sql`t.id`, column: "id" },
);

/** Steps of one person that are shown: all that wait, and of those that are over the latest. */
const FINISHED_LIMIT = 100;

/** Reads what is scheduled for people whom the viewer sees and holds USER_LIFECYCLE over: nobody learns by being that person. */
export class ScheduledTransitionQueries {
  constructor(private readonly database: Database) {}

  /** The step; null where it is absent or out of sight. */
  async byId(asking: Asking, id: string): Promise<ScheduledTransition | null> {
    const { rows } = await sql<Row>`
      SELECT ${COLUMNS} FROM scheduled_transition t WHERE t.id = ${id} AND ${inSight(asking)}`.execute(
      this.database.reader,
    );
    return rows[0] ? new ScheduledTransition(rows[0]) : null;
  }

  /** A page of steps, in the order in which they are due. */
  async list(
    asking: Asking,
    which: ScheduledTransitionListing,
    request: PageRequest,
  ): Promise<Page<ScheduledTransition>> {
    const condition = sql<SqlBool>`${matching(which)} AND ${inSight(asking)}`;
    const beyond = request.cursor === undefined ? sql<SqlBool>`true` : KEYSET.beyond(request.cursor, request.backward);
    const { rows } = await sql<Row & { position: bigint }>`
      SELECT head.number AS position, s.* FROM feed_head head LEFT JOIN LATERAL (
        SELECT ${COLUMNS}${KEYSET.columns} FROM scheduled_transition t WHERE ${condition} AND ${beyond}
        ORDER BY ${KEYSET.orderBy(request.backward)} LIMIT ${request.size + 1}
      ) s ON true`.execute(this.database.reader);
    const position = { commit: rows[0]?.position ?? 0n };
    const found = rows.filter((row) => row.id !== null);
    return cutPage(
      found,
      request,
      position,
      () => this.#count(condition),
      (row) => ({
        cursor: KEYSET.cursor(row),
        node: new ScheduledTransition(row),
      }),
    );
  }

  /** The steps of each of these people, in the order in which they are due. Whoever asks has decided that they may be seen. */
  async ofUsers(userIds: readonly string[], includeFinished: boolean): Promise<ScheduledTransition[][]> {
    const finished = sql`UNION ALL (
      SELECT * FROM scheduled_transition f WHERE f.user_id = u.id AND f.state <> 'SCHEDULED' ORDER BY f.due_at DESC, f.id DESC LIMIT ${FINISHED_LIMIT})`;
    const { rows } = await sql<Row>`
      SELECT ${COLUMNS} FROM unnest(${[...userIds]}::uuid[]) u (id) CROSS JOIN LATERAL (
        SELECT * FROM scheduled_transition w WHERE w.user_id = u.id AND w.state = 'SCHEDULED' ${includeFinished ? finished : sql``}) t
      ORDER BY t.due_at, t.id`.execute(this.database.reader);
    const byUser = Map.groupBy(rows, ({ userId }) => userId);
    return userIds.map((id) => (byUser.get(id) ?? []).map((row) => new ScheduledTransition(row)));
  }

  async #count(condition: Condition): Promise<number> {
    const { rows } = await sql<{
      count: bigint;
    }>`SELECT count(*) FROM scheduled_transition t WHERE ${condition}`.execute(this.database.reader);
    return Number(rows[0]?.count);
  }
}

function inSight({ viewer, now, today }: Asking): Condition {
  if (seesEverything(viewer)) return sql<SqlBool>`true`;
  const seen = and(sightOf(viewer), heldOver(viewer, "USER_LIFECYCLE"));
  const condition = filterToSql(seen, { catalogue: userCatalogue, alias: "u", now, today });
  return sql<SqlBool>`EXISTS (SELECT FROM user_search u WHERE u.user_id = t.user_id AND ${condition})`;
}

const seesEverything = ({ grants }: Viewer): boolean =>
  (["USER_READ", "USER_LIFECYCLE", "USER_DELETE"] as const).every(
    (permission) => grants.get(permission) === "everywhere",
  );

function matching({ userIds, operations, states, from, before }: ScheduledTransitionListing): Condition {
  const parts = [sql<SqlBool>`true`];
  if (userIds) parts.push(sql`t.user_id = ANY (${[...userIds]}::uuid[])`);
  if (operations) parts.push(sql`t.operation = ANY (${[...operations]}::text[])`);
  if (states) parts.push(sql`t.state = ANY (${[...states]}::text[])`);
  if (from) parts.push(sql`t.due_at >= ${from}`);
  if (before) parts.push(sql`t.due_at < ${before}`);
  return sql<SqlBool>`(${sql.join(parts, sql` AND `)})`;
}
