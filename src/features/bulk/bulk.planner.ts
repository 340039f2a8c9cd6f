import { sql } from "kysely";
import type { Viewer } from "../../access/actor.ts";
import type { Author } from "../../access/author.ts";
import type { Tx } from "../../database/transaction.ts";
import type { Consequence, ConsequenceKind } from "../../kernel/consequence.ts";
import { newId } from "../../kernel/ids.ts";
import type { Filter } from "../../search/filter.ts";
import type { Moment } from "../../search/operator.ts";
import { inBatches } from "../imports/bulk.write.ts";
import { changePeople, type Result, type Rules } from "./bulk.batch.ts";
import { aspectsOf, type PersonalChange, type PersonChange } from "./bulk.change.ts";
import { type Effect, readEffects } from "./bulk.effects.ts";
import { FoundPeople, writeEffects } from "./bulk.store.ts";
import { peopleIn, type Target } from "./bulk.target.ts";
import { type LimitFinding, limitsKnown, loadLimits, SafetyCheck } from "./safety-limit.check.ts";

/** How long a plan may wait to be applied. */
const PLAN_HOURS = 24;
/** How long one statement of a rehearsal may take: deriving the rows of a hundred thousand people is one. */
const STATEMENT_MS = 120_000;
/** Subjects of a consequence that a plan names; all are counted. */
const NAMED = 100;

/** What is to be planned: one change for everybody in the target, or each person's own. */
export interface PlanRequest {
  kind: "CHANGE" | "REVERT" | "IMPORT";
  target: Target;
  change: PersonChange | readonly PersonalChange[];
  reason: string | null;
  revertsId?: string | undefined;
}

/** What a plan shows beside its people. */
export interface Preview {
  consequences: Consequence[];
  limits: LimitFinding[];
}

export interface PlannerParts {
  rules: Rules;
  /** The saved searches that a viewer sees and may ask by. */
  searchesOf(viewer: Viewer): Promise<readonly { id: string; filter: Filter }[]>;
  dateOf(instant: Date): string;
}

/**
 * Makes plans: the entrance for everything that changes many people. It rehearses the change with the very code that applies it, in a savepoint
 * that is rolled back, and keeps what it saw. Nothing is written but the plan (schema/BULK.md).
 */
export class BulkPlanner {
  constructor(private readonly parts: PlannerParts) {}

  /** Saved searches as the planner sees them, to be read before the transaction begins. */
  searchesOf(viewer: Viewer): Promise<readonly { id: string; filter: Filter }[]> {
    return this.parts.searchesOf(viewer);
  }

  /** Adds a plan to a transaction that has written nothing of what the change is about; gives its id. */
  async plan(
    tx: Tx,
    { viewer }: Pick<Author, "viewer">,
    request: PlanRequest,
    searches: readonly { id: string; filter: Filter }[],
  ): Promise<string> {
    await sql`SELECT set_config('statement_timeout', ${String(STATEMENT_MS)}, true)`.execute(tx.sql);
    const moment: Moment = { now: viewer.now, today: this.parts.dateOf(viewer.now) };
    const limits = await loadLimits(tx);
    const check = new SafetyCheck(limits, moment);
    const ids = await peopleIn(tx, request.target, moment);
    const began = performance.now();
    const { found, effects, consequences } = await this.#rehearse(tx, viewer, ids, request, {
      moment,
      searches,
      check,
    });
    const seconds = (performance.now() - began) / 1000;
    const findings = await check.findings(tx, request.target.scope);
    const id = newId();
    const { CHANGE: changing, UNCHANGED: unchanged, ERROR: errors } = found.counts;
    const preview: Preview = { consequences, limits: findings };
    const uniform = !isList(request.change);
    await tx.sql
      .insertInto("bulk_plan")
      .values({
        id,
        state: "PLANNED",
        kind: request.kind,
        target: request.target.kept,
        change: uniform ? (request.change as Record<string, unknown>) : null,
        reason: request.reason,
        planner_kind: viewer.kind,
        planner_id: viewer.id,
        planner_name: viewer.name,
        token_id: viewer.tokenId ?? null,
        operation_id: newId(),
        reverts_id: request.revertsId ?? null,
        limits_known: limitsKnown(limits),
        approval_id: null,
        needs_approval: findings.some(({ exceeded }) => exceeded),
        people: changing + unchanged + errors,
        changing,
        unchanged,
        errors,
        people_per_second: changing > 0 ? changing / seconds : null,
        created_at: tx.now,
        updated_at: tx.now,
        expires_at: new Date(tx.now.getTime() + PLAN_HOURS * 3_600_000),
        preview: preview as unknown as Record<string, unknown>,
        problem: null,
        ready_at: null,
        started_at: null,
        finished_at: null,
        ip: null,
      })
      .execute();
    await found.write(tx, id);
    await writeEffects(tx, id, effects);
    return id;
  }

  async #rehearse(
    tx: Tx,
    viewer: Viewer,
    ids: readonly string[],
    { change }: PlanRequest,
    {
      moment,
      searches,
      check,
    }: { moment: Moment; searches: readonly { id: string; filter: Filter }[]; check: SafetyCheck },
  ): Promise<{ found: FoundPeople; effects: Effect[]; consequences: Consequence[] }> {
    const own = new Map(isList(change) ? change.map((one) => [one.userId, one]) : []);
    const wantedOf = (userId: string) => {
      const personal = own.get(userId);
      return { userId, change: personal?.change ?? (change as PersonChange), version: personal?.version };
    };
    const found = new FoundPeople();
    const consequences: Consequence[] = [];
    await sql`SAVEPOINT bulk_rehearsal`.execute(tx.sql);
    for (const batch of inBatches(ids)) {
      const { results, consequences: some } = await changePeople(tx, viewer, this.parts.rules, batch.map(wantedOf));
      found.add(results, own, await whoHasReports(tx, results));
      consequences.push(...some);
    }
    const common = isList(change) ? undefined : aspectsOf(change);
    const aspects = (id: string) =>
      found.changing.has(id) ? (common ?? aspectsOf(own.get(id)?.change ?? {})) : undefined;
    const effects = await readEffects(tx, { viewer, moment, searches, aspectsOf: aspects, check });
    await sql`ROLLBACK TO SAVEPOINT bulk_rehearsal`.execute(tx.sql);
    return { found, effects, consequences: summed(consequences) };
  }
}

const isList = (change: PlanRequest["change"]): change is readonly PersonalChange[] => Array.isArray(change);

/** Those who stop being active while people report to them. */
async function whoHasReports(tx: Tx, results: readonly Result[]): Promise<ReadonlySet<string>> {
  const stopping = results.flatMap((result) =>
    result.kind === "CHANGED" && result.decision.move?.from === "ACTIVE" ? result.userId : [],
  );
  if (stopping.length === 0) return new Set();
  const { rows } = await sql<{ id: string }>`
    SELECT DISTINCT manager_id AS id FROM user_account
    WHERE manager_id = ANY(${stopping}::uuid[]) AND status <> 'DELETED'`.execute(tx.sql);
  return new Set(rows.map(({ id }) => id));
}

/** One consequence of each kind, whose first subjects are named. */
function summed(consequences: readonly Consequence[]): Consequence[] {
  const byKind = new Map<ConsequenceKind, { count: number; subjectIds: string[] }>();
  for (const { kind, count, subjectIds } of consequences) {
    const sum = byKind.get(kind) ?? { count: 0, subjectIds: [] };
    byKind.set(kind, sum);
    sum.count += count;
    sum.subjectIds.push(...subjectIds.slice(0, Math.max(0, NAMED - sum.subjectIds.length)));
  }
  return [...byKind].map(([kind, sum]) => ({ kind, ...sum }));
}
