import { type RawBuilder, type SqlBool, sql } from "kysely";
import type { Viewer } from "../../access/actor.ts";
import { hiddenKeys } from "../../access/attribute-policy.ts";
import type { Database } from "../../database/database.ts";
import { cutPage, type Page, type PageRequest } from "../../graphql/paging.ts";
import { fieldOf } from "../../search/catalogue.ts";
import { keysetOf } from "../../search/order.ts";
import { userCatalogue } from "../users/user.fields.ts";
import type { ApprovalKind, ApprovalKinds, ApprovalState } from "./approval.kinds.ts";
import { type Asker, decidingOf } from "./approval.service.ts";
import { type Deciding, decidable, FROM_REQUESTS, isAudited, isParty } from "./approval.sight.ts";
import { ApprovalRequest, type ApprovalRequestRecord } from "./approval.types.ts";

/** Which requests; conditions are ANDed. */
export interface RequestListing {
  states?: readonly ApprovalState[] | undefined;
  kinds?: readonly ApprovalKind[] | undefined;
  mine?: "REQUESTED" | "TO_DECIDE" | "DECIDED" | undefined;
  subjectId?: string | undefined;
}

type Row = ApprovalRequestRecord & { unitPath: readonly string[] | null } & Readonly<Record<string, unknown>>;

const ATTRIBUTES = fieldOf(userCatalogue, "attributes");
type Asking = Pick<Asker, "viewer" | "ip" | "dateOf">;

const KEYSET = keysetOf(
  [
    {
      name: "createdAt",
      expression: sql`r.created_at`,
      type: "instant",
      nullable: false,
      direction: "DESC",
      nulls: "LAST",
    },
  ],
  { expression: sql`r.id`, column: "id" },
);

const columns = (
  deciding: Deciding,
) => sql`r.id, r.version, r.kind, r.state, r.user_id AS "userId", r.subject_id AS "subjectId",
  r.requester_kind AS "requesterKind", r.requester_id AS "requesterId", r.requester_name AS "requesterName", r.reason, r.payload, r.steps, r.step,
  r.expires_at AS "expiresAt", r.remind_at AS "remindAt", r.reminders, r.failure_code AS "failureCode", r.failure_message AS "failureMessage",
  r.created_at AS "createdAt", r.updated_at AS "updatedAt", r.closed_at AS "closedAt", a.display_name AS "subjectName",
  u.unit_path AS "unitPath", coalesce(${isParty(deciding)}, false) AS party, coalesce(${decidable(deciding)}, false) AS "mayDecide",
  (SELECT coalesce(jsonb_object_agg(n.id, n.display_name), '{}') FROM user_account n WHERE n.id IN (
    SELECT (s ->> k)::uuid FROM jsonb_array_elements(r.steps) s CROSS JOIN (VALUES ('by'), ('for')) key (k) WHERE s ->> k IS NOT NULL)) AS names,
  (SELECT coalesce(jsonb_object_agg(ro.id, ro.key), '{}') FROM role ro WHERE ro.id IN (
    SELECT (d ->> 'roleId')::uuid FROM jsonb_array_elements(r.steps) s CROSS JOIN jsonb_array_elements(s -> 'deciders') d WHERE d ->> 'roleId' IS NOT NULL)) AS roles`;

/** Reads requests, always within the viewer's sight. */
export class ApprovalQueries {
  constructor(
    private readonly database: Database,
    private readonly kinds: ApprovalKinds,
  ) {}

  /** The database's clock. */
  now(): Promise<Date> {
    return this.database.now();
  }

  /** These requests, in the order of the ids; undefined for those that are absent or out of sight. */
  async byIds(asking: Asking, ids: readonly string[]): Promise<(ApprovalRequest | undefined)[]> {
    const deciding = await this.#deciding(asking);
    const { rows } = await sql<Row>`
      SELECT ${columns(deciding)} FROM ${FROM_REQUESTS} WHERE r.id = ANY(${[...ids]}::uuid[]) AND ${inSight(deciding)}`.execute(
      this.database.reader,
    );
    const found = new Map(rows.map((row) => [row.id, this.#shown(row, asking.viewer)]));
    return ids.map((id) => found.get(id));
  }

  /** Which of these requests the viewer sees now. */
  async visible(asking: Asking, ids: readonly string[]): Promise<ReadonlySet<string>> {
    const deciding = await this.#deciding(asking);
    const { rows } = await sql<{ id: string }>`
      SELECT r.id FROM ${FROM_REQUESTS} WHERE r.id = ANY(${[...ids]}::uuid[]) AND ${inSight(deciding)}`.execute(
      this.database.reader,
    );
    return new Set(rows.map(({ id }) => id));
  }

  /** A page of requests, the newest first. */
  async list(asking: Asking, which: RequestListing, request: PageRequest): Promise<Page<ApprovalRequest>> {
    const deciding = await this.#deciding(asking);
    const condition = sql<SqlBool>`${inSight(deciding)} AND ${matching(which, deciding)}`;
    const beyond = request.cursor === undefined ? sql<SqlBool>`true` : KEYSET.beyond(request.cursor, request.backward);
    const { rows } = await sql<Row & { position: bigint }>`
      SELECT head.number AS position, r.* FROM feed_head head LEFT JOIN LATERAL (
        SELECT ${columns(deciding)}${KEYSET.columns} FROM ${FROM_REQUESTS} WHERE ${condition} AND ${beyond}
        ORDER BY ${KEYSET.orderBy(request.backward)} LIMIT ${request.size + 1}
      ) r ON true`.execute(this.database.reader);
    const position = { commit: rows[0]?.position ?? 0n };
    const found = rows.filter((row) => row.id !== null);
    const total = async () => {
      const counted = await sql<{ count: bigint }>`SELECT count(*) FROM ${FROM_REQUESTS} WHERE ${condition}`.execute(
        this.database.reader,
      );
      return Number(counted.rows[0]?.count);
    };
    return cutPage(found, request, position, total, (row) => ({
      cursor: KEYSET.cursor(row),
      node: this.#shown(row, asking.viewer),
    }));
  }

  #deciding(asking: Asking): Promise<Deciding> {
    return decidingOf(this.database.reader, asking, asking.viewer.now);
  }

  #shown(row: Row, viewer: Viewer): ApprovalRequest {
    // Of somebody who was erased, nothing is left of what was asked for.
    const isGone = Object.keys(row.payload).length === 0;
    const place = { userId: row.userId ?? "", unitPath: row.unitPath ?? [] };
    const hidden = hiddenKeys(viewer, ATTRIBUTES, place);
    return new ApprovalRequest(
      row,
      isGone ? [] : (this.kinds.find(row.kind)?.changes?.(row.payload) ?? []),
      new Set([...hidden].map((key) => `${ATTRIBUTES.name}.${key}`)),
    );
  }
}

const inSight = (deciding: Deciding): RawBuilder<SqlBool> => sql`(${isParty(deciding)} OR ${isAudited(deciding)})`;

function matching({ states, kinds, mine, subjectId }: RequestListing, deciding: Deciding): RawBuilder<SqlBool> {
  const { viewer } = deciding;
  const parts = [sql<SqlBool>`true`];
  if (states) parts.push(sql`r.state = ANY(${[...states]}::text[])`);
  if (kinds) parts.push(sql`r.kind = ANY(${[...kinds]}::text[])`);
  if (subjectId !== undefined) parts.push(sql`r.subject_id = ${subjectId}`);
  if (mine === "REQUESTED") parts.push(sql`r.requester_kind = ${viewer.kind} AND r.requester_id = ${viewer.id}::uuid`);
  if (mine === "TO_DECIDE") parts.push(decidable(deciding));
  if (mine === "DECIDED")
    parts.push(viewer.userId === null ? sql`false` : sql`r.steps @> ${JSON.stringify([{ by: viewer.userId }])}::jsonb`);
  return sql`(${sql.join(parts, sql` AND `)})`;
}
