import { type RawBuilder, sql } from "kysely";
import type { Viewer } from "../../access/actor.ts";
import { sightOf } from "../../access/policy.ts";
import type { BulkItemRow } from "../../database/bulk-tables.ts";
import type { Tx } from "../../database/transaction.ts";
import { and, not } from "../../search/filter.ts";
import type { Moment } from "../../search/operator.ts";
import { filterToSql } from "../../search/to-sql.ts";
import { inBatches } from "../imports/bulk.write.ts";
import { userCatalogue } from "../users/user.fields.ts";
import { DELETED } from "../users/user.queries.ts";
import type { PersonChange } from "./bulk.change.ts";
import type { Candidates } from "./bulk.planner.ts";
import { lockAll, lockInOrder } from "./bulk.standing.ts";
import type { Candidate } from "./bulk.store.ts";
import { peopleIn, type Target } from "./bulk.target.ts";

/** People a batch. */
const BATCH = 1_000;

/** Everybody in a target, locked, each with the same change; INVALID_INPUT where they are more than a plan of a target may hold. */
export async function changeCandidates(
  tx: Tx,
  viewer: Viewer,
  { target, change }: { target: Target; change: PersonChange },
  moment: Moment,
): Promise<Candidates> {
  const ids = await peopleIn(tx, target, moment);
  await lockAll(tx, viewer, sql`SELECT unnest(${ids}::uuid[])`, [change]);
  return { batches: alike(ids, change), scope: target.scope };
}

async function* alike(ids: readonly string[], change: PersonChange): AsyncGenerator<Candidate[]> {
  for (const batch of inBatches(ids)) yield batch.map((userId) => ({ userId, change, isOwn: false }));
}

/** How many people a plan has changed of whom it is kept how. */
export async function changedBy(tx: Tx, planId: string): Promise<number> {
  const { rows } = await sql<{ count: bigint }>`SELECT count(*) FROM bulk_item i WHERE ${changed(planId)}`.execute(
    tx.sql,
  );
  return Number(rows[0]?.count ?? 0n);
}

/**
 * Everybody whom a plan has changed and the viewer sees, locked, each with what takes it back, as far as it can be: whoever was changed last comes first.
 * They are read as they are asked for, however many they are.
 */
export async function revertCandidates(tx: Tx, viewer: Viewer, planId: string, moment: Moment): Promise<Candidates> {
  const sight = filterToSql(sightOf(viewer), { catalogue: userCatalogue, alias: "u", ...moment });
  const theirs = sql`bulk_item i JOIN user_search u ON u.user_id = i.user_id WHERE ${changed(planId)} AND ${sight}`;
  const people = sql`SELECT i.user_id FROM ${theirs}`;
  await lockInOrder(tx, viewer, { ...(await namedByUndoing(tx, planId)), people });
  return { batches: undoing(tx, theirs), scope: and(sightOf(viewer), not(DELETED)) };
}

const changed = (planId: string) => sql`i.plan_id = ${planId} AND i.outcome = 'CHANGED' AND i.user_id IS NOT NULL`;

/** The groups that taking a plan back is about, and whether it is about roles. */
async function namedByUndoing(tx: Tx, planId: string): Promise<{ groups: string[]; roles: boolean }> {
  const named = (list: string) =>
    sql`SELECT g->>'groupId' FROM bulk_item i CROSS JOIN jsonb_array_elements(i.undo->${sql.lit(list)}) g WHERE ${changed(planId)}`;
  const { rows } = await sql<{ groups: string[]; roles: boolean }>`
    SELECT ARRAY(${named("addGroups")} UNION ${named("endMembers")}) AS groups, EXISTS (
      SELECT FROM bulk_item i WHERE ${changed(planId)} AND coalesce(i.undo->'addRoles', i.undo->'removeRoles') IS NOT NULL) AS roles`.execute(
    tx.sql,
  );
  return rows[0] as { groups: string[]; roles: boolean };
}

type Done = Pick<BulkItemRow, "undo" | "version_after" | "notes"> & { user_id: string; rank: number };

/** What takes it back, person by person, with what it cannot put back. */
async function* undoing(tx: Tx, theirs: RawBuilder<unknown>): AsyncGenerator<Candidate[]> {
  await sql`
    DECLARE bulk_undoing NO SCROLL CURSOR FOR
    SELECT i.user_id, i.undo, i.version_after, i.notes, dense_rank() OVER (ORDER BY i.step DESC)::integer AS rank
    FROM ${theirs} ORDER BY rank, i.place DESC`.execute(tx.sql);
  for (;;) {
    const { rows } = await sql<Done>`FETCH FORWARD ${sql.lit(BATCH)} FROM bulk_undoing`.execute(tx.sql);
    if (rows.length === 0) return;
    for (const alike of Map.groupBy(rows, ({ rank }) => rank).values()) yield alike.map(undone);
  }
}

const undone = ({ user_id: userId, undo, version_after, notes, rank: step }: Done): Candidate => ({
  userId,
  change: (undo ?? {}) as PersonChange,
  isOwn: true,
  version: version_after ?? undefined,
  notes: notes.filter((note) => note.endsWith("_NOT_REVERTIBLE")).map((note) => LEFT[note] ?? note),
  step,
});

/** What a note of a plan is in the plan that takes it back. */
const LEFT: Readonly<Record<string, string>> = {
  STATUS_NOT_REVERTIBLE: "STATUS_STAYS",
  ACCESS_NOT_REVERTIBLE: "ENDED_STAYS_ENDED",
  SCHEDULES_NOT_REVERTIBLE: "SCHEDULES_STAY_CANCELLED",
  GRANTS_NOT_REVERTIBLE: "GRANTS_STAY_ENDED",
};
