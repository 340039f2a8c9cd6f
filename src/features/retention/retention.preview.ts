import { sql } from "kysely";
import type { Asking } from "../../access/asking.ts";
import { sightOf } from "../../access/policy.ts";
import type { BulkProblem } from "../../database/bulk-tables.ts";
import type { Database } from "../../database/database.ts";
import type { Tx } from "../../database/transaction.ts";
import { cutPage, type Page, type PageRequest } from "../../graphql/paging.ts";
import { RollcallError } from "../../kernel/errors.ts";
import { keysetOf } from "../../search/order.ts";
import { filterToSql } from "../../search/to-sql.ts";
import { problemOf } from "../bulk/bulk.batch.ts";
import { lockRoleGraph } from "../roles/role.graph.ts";
import { userCatalogue } from "../users/user.fields.ts";
import type { UserTransitions } from "../users/user.transitions.ts";
import { isDue, obstacleOf, PEOPLE, type RetentionPolicyRecord } from "./retention.policy.ts";
import { measure, type RetentionForecast, type RetentionSettings } from "./retention.runs.ts";
import { gatewayItself } from "./retention.worker.ts";
import { RetentionPerson } from "./retention-run.types.ts";

export interface PreviewParts extends RetentionSettings {
  database: Database;
  transitions: UserTransitions;
}

interface ForecastRow {
  user_id: string;
  since: Date;
  obstacle: string | null;
}

const KEYSET = keysetOf(
  [
    {
      name: "since",
      expression: sql`d.since`,
      type: "instant",
      nullable: false,
      direction: "ASC",
      nulls: "LAST",
    },
  ],
  { expression: sql`d.user_id`, column: "user_id" },
);

/** Thrown so that nothing of a rehearsal is kept. */
class Rehearsed extends Error {}

/** Says what policies would do, and does nothing of it. */
export class RetentionPreviews {
  constructor(private readonly parts: PreviewParts) {}

  /** What stands in the way of a policy, and what the safety limits would be found to be; of everybody whom it concerns. */
  async forecast({ now, today }: Asking, policy: RetentionPolicyRecord): Promise<RetentionForecast> {
    const { database, restorableDays } = this.parts;
    const guarded = await this.#rehearsed(policy, { now, today });
    const { rows } = await sql<{ id: string }>`
      SELECT a.id FROM ${PEOPLE} WHERE ${isDue(policy, { now, today })}
        AND ${obstacleOf(policy, now, restorableDays)} IS NULL AND a.id <> ALL (${[...guarded.keys()]}::uuid[])`.execute(
      database.reader,
    );
    const people = rows.map(({ id }) => id);
    return { policy, guarded, limits: await measure({ sql: database.reader }, policy, people, { now, today }) };
  }

  /** How many people in the viewer's sight it would touch, and how many it would pass over. */
  async counts(asking: Asking, { policy, guarded }: RetentionForecast): Promise<{ due: number; passedOver: number }> {
    const { rows } = await sql<{ due: bigint; passed: bigint }>`
      SELECT count(*) FILTER (WHERE d.obstacle IS NULL) AS due, count(d.obstacle) AS passed
      FROM ${this.#people(asking, policy, guarded)}`.execute(this.parts.database.reader);
    return { due: Number(rows[0]?.due ?? 0n), passedOver: Number(rows[0]?.passed ?? 0n) };
  }

  /** Those people, who has been in the status longest first. */
  async page(
    asking: Asking,
    { policy, guarded }: RetentionForecast,
    request: PageRequest,
  ): Promise<Page<RetentionPerson>> {
    const beyond = request.cursor === undefined ? sql`true` : KEYSET.beyond(request.cursor, request.backward);
    const people = this.#people(asking, policy, guarded);
    const { rows } = await sql<ForecastRow>`
      SELECT d.*${KEYSET.columns} FROM ${people} WHERE ${beyond} ORDER BY ${KEYSET.orderBy(request.backward)} LIMIT ${request.size + 1}`.execute(
      this.parts.database.reader,
    );
    const total = async () => {
      const { due, passedOver } = await this.counts(asking, { policy, guarded, limits: [] });
      return due + passedOver;
    };
    return cutPage(rows, request, await this.parts.database.head(), total, (row) => ({
      cursor: KEYSET.cursor({ ...row }),
      node: new RetentionPerson({
        user_id: row.user_id,
        outcome: null,
        obstacle: row.obstacle,
        problem: guarded.get(row.user_id) ?? null,
      }),
    }));
  }

  #people({ viewer, now, today }: Asking, policy: RetentionPolicyRecord, guarded: RetentionForecast["guarded"]) {
    const sight = filterToSql(sightOf(viewer), { catalogue: userCatalogue, alias: "u", now, today });
    return sql`(SELECT a.id AS user_id, a.status_changed_at AS since,
        coalesce(${obstacleOf(policy, now, this.parts.restorableDays)}, CASE WHEN a.id = ANY (${[...guarded.keys()]}::uuid[]) THEN 'GUARD' END) AS obstacle
      FROM ${PEOPLE} WHERE ${isDue(policy, { now, today })} AND ${sight}) d`;
  }

  /** Whom the lifecycle's guards would refuse: found by taking the steps, of which nothing is kept. */
  async #rehearsed(
    policy: RetentionPolicyRecord,
    moment: { now: Date; today: string },
  ): Promise<ReadonlyMap<string, BulkProblem>> {
    const guarded = new Map<string, BulkProblem>();
    if (policy.action === "ERASE") return guarded;
    const actor = { kind: "SYSTEM", id: null, name: "retention" } as const;
    const rehearsal = this.parts.database.write(
      { kind: "SYSTEM", action: "retention.previewed", actor },
      async (tx) => {
        await this.#rehearse(tx, policy, moment, guarded);
        throw new Rehearsed();
      },
    );
    await rehearsal.catch((error: unknown) => {
      if (!(error instanceof Rehearsed)) throw error;
    });
    return guarded;
  }

  /** Guards can refuse nobody but those who hold a role that manages roles, everywhere: the steps of these are taken one by one. */
  async #rehearse(
    tx: Tx,
    policy: RetentionPolicyRecord,
    moment: { now: Date; today: string },
    guarded: Map<string, BulkProblem>,
  ): Promise<void> {
    const graph = await lockRoleGraph(tx);
    const { rows } = await sql<{ id: string }>`
      SELECT a.id FROM ${PEOPLE} WHERE ${isDue(policy, moment)} AND EXISTS (
        SELECT FROM held_grant g WHERE g.user_id = a.id AND g.role_id = ANY(${graph.allowing("ROLE_MANAGE")}::uuid[])
          AND g.scope_id IS NULL AND g.revoked_at IS NULL) ORDER BY a.id`.execute(tx.sql);
    const viewer = await gatewayItself(tx, this.parts.dateOf);
    const operation = policy.action === "ARCHIVE" ? "archive" : "delete";
    for (const { id } of rows) {
      await sql`SAVEPOINT retention_person`.execute(tx.sql);
      try {
        await this.parts.transitions.move(tx, viewer, operation, { id, until: null, reason: null });
        await tx.flush();
      } catch (error) {
        if (!(error instanceof RollcallError)) throw error;
        guarded.set(id, problemOf(error));
      }
      await sql`ROLLBACK TO SAVEPOINT retention_person`.execute(tx.sql);
    }
  }
}
