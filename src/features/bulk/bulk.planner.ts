import { sql } from "kysely";
import type { Viewer } from "../../access/actor.ts";
import type { Author } from "../../access/author.ts";
import type { Tx } from "../../database/transaction.ts";
import type { Consequence, ConsequenceKind } from "../../kernel/consequence.ts";
import { newId } from "../../kernel/ids.ts";
import type { Filter } from "../../search/filter.ts";
import type { Moment } from "../../search/operator.ts";
import { type Batch, changePeople, type Result, type Rules, unchangedAmong, type Wanted } from "./bulk.batch.ts";
import type { PersonChange } from "./bulk.change.ts";
import { assertRehearsal, Effects, type Newcomers, readEffects, type Unnamed } from "./bulk.effects.ts";
import { lockPlanning, setPlan } from "./bulk.plans.ts";
import { blankErased, type Candidate, FoundPeople, writeEffects } from "./bulk.store.ts";
import { UniqueValues } from "./bulk.unique.ts";
import { Unwritten } from "./bulk.unwritten.ts";
import { type LimitFinding, SafetyCheck } from "./safety-limit.check.ts";

/** How long a plan may wait to be applied. */
const PLAN_HOURS = 24;
/** How long one statement of a rehearsal may take: deriving the rows of a hundred thousand people is one. */
const STATEMENT_MS = 120_000;
/** Subjects of a consequence that a plan names; all are counted. */
const NAMED = 100;

/** What is to be planned at once. */
export interface PlanRequest {
  kind: "CHANGE" | "REVERT";
  /** As the plan keeps and shows it. */
  target: Record<string, unknown>;
  /** The same for everybody; absent where each person has a change of their own. */
  change?: PersonChange | undefined;
  reason: string | null;
  revertsId?: string | undefined;
  /** Locks everybody whom it is for, and gives them. */
  candidates(moment: Moment): Promise<Candidates>;
}

/** A plan that is begun in one transaction and planned in a later one. */
export interface LaterRequest {
  /** As the plan keeps and shows it. */
  target: Record<string, unknown>;
  reason: string | null;
  /** The file that it is to be made of, */
  uploadId?: string | undefined;
  /** or the plan that it is to take back. */
  revertsId?: string | undefined;
  /** What is to become of everybody whom the file names; absent: the file says it of each. */
  change?: PersonChange | undefined;
  /** From where it was asked for. */
  ip: string | null;
}

/** Whom a plan is for, in batches, and among whom they were chosen. */
export interface Candidates {
  batches: AsyncIterable<readonly Candidate[]>;
  scope: Filter;
  /** The plan, where it was begun, changes nobody, and those whom it makes have nothing in common that must be one person's. */
  makesOnly?: string | undefined;
}

/** What a plan shows beside its people. */
export interface Preview {
  consequences: Consequence[];
  limits: LimitFinding[];
  /** Saved searches that people would join whom the plan makes. */
  newcomers?: readonly Newcomers[];
  /** How many would join and leave saved searches beside those who are named. */
  unnamed?: readonly Unnamed[];
}

/** What a rehearsal has seen, not written yet. */
export interface Rehearsed {
  found: FoundPeople;
  effects: Effects;
  preview: Preview;
  known: string;
  peoplePerSecond: number | null;
}

/** Saved searches that a plan tells of. */
export type Searches = readonly { id: string; filter: Filter }[];

export interface PlannerParts {
  rules: Rules;
  /** The saved searches that a viewer sees and may ask by. */
  searchesOf(viewer: Viewer): Promise<Searches>;
  dateOf(instant: Date): string;
}

/**
 * Makes plans: the entrance for everything that changes many people. It rehearses the change with the very code that applies it, in a savepoint
 * that is rolled back, and keeps what it saw. Nothing is written but the plan (schema/BULK.md).
 */
export class BulkPlanner {
  constructor(private readonly parts: PlannerParts) {}

  /** Saved searches as the planner sees them, to be read before the transaction begins. */
  searchesOf(viewer: Viewer): Promise<Searches> {
    return this.parts.searchesOf(viewer);
  }

  /** Adds a plan to a transaction that has written nothing of what the change is about; gives its id. */
  async plan(tx: Tx, { viewer }: Pick<Author, "viewer">, request: PlanRequest, searches: Searches): Promise<string> {
    await patient(tx);
    const candidates = await request.candidates(this.momentOf(viewer));
    const rehearsed = await this.rehearse(tx, viewer, candidates, searches);
    const id = newId();
    await tx.sql
      .insertInto("bulk_plan")
      .values({
        ...beginning(tx, viewer, id),
        ...foundOf(rehearsed),
        state: "PLANNED",
        kind: request.kind,
        target: request.target,
        change: (request.change ?? null) as Record<string, unknown> | null,
        reason: request.reason,
        reverts_id: request.revertsId ?? null,
      })
      .execute();
    await this.write(tx, id, rehearsed);
    return id;
  }

  /** Adds a plan that somebody else is going to make (`rehearse`, `finish`): it is PLANNING until then. */
  async begin(tx: Tx, { viewer }: Pick<Author, "viewer">, request: LaterRequest): Promise<string> {
    const id = newId();
    await tx.sql
      .insertInto("bulk_plan")
      .values({
        ...beginning(tx, viewer, id),
        ...NOTHING_FOUND,
        state: "PLANNING",
        kind: request.revertsId ? "REVERT" : request.change ? "CHANGE" : "IMPORT",
        target: request.target,
        change: (request.change ?? null) as Record<string, unknown> | null,
        reason: request.reason,
        reverts_id: request.revertsId ?? null,
        upload_id: request.uploadId ?? null,
        ip: request.ip,
      })
      .execute();
    return id;
  }

  /** Writes what a rehearsal has found into a plan that was begun; CONFLICT where it was cancelled meanwhile. Its row is locked at the end only. */
  async finish(tx: Tx, id: string, rehearsed: Rehearsed): Promise<void> {
    await this.write(tx, id, rehearsed);
    await lockPlanning(tx, id);
    await setPlan(tx, id, { ...foundOf(rehearsed), ...waiting(tx), state: "PLANNED" });
  }

  async write(tx: Tx, id: string, { found, effects }: Rehearsed): Promise<void> {
    await found.write(tx, id);
    await writeEffects(tx, id, effects.named);
    await blankErased(tx, id);
  }

  /** Carries a change out and takes it back; gives what was seen meanwhile, whose file the caller writes or forgets. How long statements may take is the caller's. */
  async rehearse(tx: Tx, viewer: Viewer, candidates: Candidates, searches: Searches): Promise<Rehearsed> {
    const { batches, scope, makesOnly: planId } = candidates;
    const moment = this.momentOf(viewer);
    const check = await SafetyCheck.load(tx, moment);
    const began = performance.now();
    // Where no search and no limit asks for search rows, the change itself tells what counts.
    const derives = check.readsRows || searches.length > 0;
    const into = planId !== undefined && !derives ? { tx, planId } : undefined;
    const found = await FoundPeople.begin(derives, into);
    const unwritten = into && new Unwritten(() => found.send());
    try {
      const consequences: Consequence[] = [];
      if (!unwritten) await sql`SAVEPOINT bulk_rehearsal`.execute(tx.sql);
      const rehearsal = { unwritten, ...(unwritten ? {} : { values: new UniqueValues() }) };
      for await (const batch of batches) {
        const wanted = batch.filter(({ unchangedAt }) => unchangedAt === undefined).map(wantedOf);
        const changed =
          wanted.length > 0 ? await changePeople(tx, viewer, this.parts.rules, wanted, rehearsal) : NOBODY;
        const results = withUnchanged(batch, changed.results);
        const byId = new Map(batch.map((one) => [one.userId, one]));
        await found.add(results, byId, await whoHasReports(tx, results));
        consequences.push(...changed.consequences);
      }
      const aspects = (id: string) => found.changing.get(id);
      const told = { viewer, moment, searches, aspectsOf: aspects, check };
      const effects = derives ? await readEffects(tx, told) : new Effects();
      if (!derives) for (const alike of found.aspects.values()) check.addAll(alike);
      if (!derives && !unwritten) await assertRehearsal(tx);
      if (!unwritten) await sql`ROLLBACK TO SAVEPOINT bulk_rehearsal`.execute(tx.sql);
      const seconds = (performance.now() - began) / 1000;
      const preview = {
        consequences: summed(consequences),
        newcomers: effects.newcomers,
        unnamed: effects.unnamed,
        limits: await check.findings(tx, plannerOf(viewer), scope),
      };
      const people = found.changingCount;
      const peoplePerSecond = people > 0 ? ((await lastRate(tx)) ?? people / seconds) : null;
      return { found, effects, preview, known: check.known, peoplePerSecond };
    } catch (error) {
      await found.forget();
      throw error;
    }
  }

  /** Whom of these their changes would leave as they are, with their versions: by a look that locks nobody. */
  unchangedAmong(tx: Tx, viewer: Viewer, people: readonly Candidate[]): Promise<ReadonlyMap<string, number>> {
    return unchangedAmong(tx, viewer, this.parts.rules, people.map(wantedOf));
  }

  /** What filters compare with, for a viewer. */
  momentOf({ now }: Viewer): Moment {
    return { now, today: this.parts.dateOf(now) };
  }
}

/** How many people a second the last plan changed that was applied to so many that it says something; undefined before there was one. */
async function lastRate(tx: Tx): Promise<number | undefined> {
  const { rows } = await sql<{ rate: number }>`
    SELECT changed / extract(epoch FROM finished_at - started_at)::float8 AS rate FROM bulk_plan
    WHERE state = 'DONE' AND changed >= 100 AND finished_at > started_at ORDER BY finished_at DESC LIMIT 1`.execute(
    tx.sql,
  );
  return rows[0]?.rate;
}

const patient = (tx: Tx): Promise<unknown> =>
  sql`SELECT set_config('statement_timeout', ${String(STATEMENT_MS)}, true)`.execute(tx.sql);

const wantedOf = ({ userId, change, version }: Candidate): Wanted => ({ userId, change, version });

const NOBODY: Batch = { results: [], consequences: [] };

/** What was found of a batch, with whom it was known of before, in its order. */
function withUnchanged(batch: readonly Candidate[], results: readonly Result[]): readonly Result[] {
  if (results.length === batch.length) return results;
  const found = new Map(results.map((result) => [result.userId, result]));
  return batch.flatMap(({ userId, unchangedAt }) =>
    unchangedAt === undefined
      ? (found.get(userId) ?? [])
      : { userId, kind: "UNCHANGED" as const, version: unchangedAt, notes: [] },
  );
}

/** How long a plan may wait from now on. */
const waiting = (tx: Tx) => ({ expires_at: new Date(tx.now.getTime() + PLAN_HOURS * 3_600_000) });

const plannerOf = ({ kind, id }: Viewer) => ({ planner_kind: kind, planner_id: id });

const beginning = (tx: Tx, viewer: Viewer, id: string) => ({
  id,
  ...plannerOf(viewer),
  planner_name: viewer.name,
  token_id: viewer.tokenId ?? null,
  operation_id: newId(),
  approval_id: null,
  created_at: tx.now,
  updated_at: tx.now,
  ...waiting(tx),
  problem: null,
  ready_at: null,
  started_at: null,
  finished_at: null,
  upload_id: null,
  ip: null,
});

const foundOf = ({ found, preview, known, peoplePerSecond }: Rehearsed) => ({
  limits_known: known,
  needs_approval: preview.limits.some(({ exceeded }) => exceeded),
  people: found.people,
  changing: found.changingCount,
  creating: found.counts.CREATE,
  missing: found.counts.MISSING,
  unchanged: found.counts.UNCHANGED,
  errors: found.counts.ERROR,
  people_per_second: peoplePerSecond,
  preview: preview as unknown as Record<string, unknown>,
});

const NOTHING_FOUND = {
  limits_known: "",
  needs_approval: false,
  people: 0,
  changing: 0,
  unchanged: 0,
  errors: 0,
  people_per_second: null,
  preview: { consequences: [], limits: [] },
};

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
