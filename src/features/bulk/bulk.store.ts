import { randomUUID } from "node:crypto";
import { type FileHandle, open, unlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import type { BulkFinding, BulkItemRow } from "../../database/bulk-tables.ts";
import type { Tx } from "../../database/transaction.ts";
import { CompactMap } from "../../kernel/compact-map.ts";
import { inBatches, insertRows } from "../imports/bulk.write.ts";
import type { Result } from "./bulk.batch.ts";
import type { Aspect, PersonChange } from "./bulk.change.ts";
import { aspectsOf } from "./bulk.decision.ts";
import type { Effect } from "./bulk.effects.ts";

/** Somebody whom a plan is to find out about. */
export interface Candidate {
  userId: string;
  change: PersonChange;
  /** Whether the change is theirs alone, and kept with them. */
  isOwn: boolean;
  /** The version that it was made for; another one is an error of that person. */
  version?: number | undefined;
  /** What the plan is to say beside it. */
  notes?: readonly string[] | undefined;
  /** Whether they are in the plan for not being in its file. */
  isMissing?: boolean | undefined;
  /** The version at which it was seen that the change leaves them as they are: they are not asked about again. */
  unchangedAt?: number | undefined;
  /** The row of a file that they come from, and in which order rows need each other. */
  row?: number | undefined;
  step?: number | undefined;
  /** Where the plan shows them, if not where they come. */
  place?: number | undefined;
}

type NewItem = Omit<BulkItemRow, "plan_id" | "outcome" | "outcome_problem" | "version_after" | "undo" | "step"> & {
  step: number;
};

const FINDINGS: Readonly<Record<Result["kind"], BulkFinding>> = {
  CHANGED: "CHANGE",
  UNCHANGED: "UNCHANGED",
  CONFLICT: "ERROR",
  REFUSED: "ERROR",
  FAILED: "ERROR",
};

const findingOf = ({ kind }: Result, { change, isMissing }: Candidate): BulkFinding =>
  kind === "CHANGED" && change.create ? "CREATE" : kind === "CHANGED" && isMissing ? "MISSING" : FINDINGS[kind];

/** A plan that is there, in a transaction that takes nothing back. */
export interface PlanBegun {
  tx: Tx;
  planId: string;
}

/**
 * What a rehearsal finds about people, batch by batch, until it can be written: in a file without a name, so that memory does not grow with the
 * plan, and nothing is left of it whatever happens. Where nothing is to be taken back, it is written into the plan at once (`send`), while the next batch is decided about.
 */
export class FoundPeople {
  readonly counts: Record<BulkFinding, number> = { CREATE: 0, CHANGE: 0, UNCHANGED: 0, ERROR: 0, MISSING: 0 };
  /** What the change concerns of those who would be changed; of nobody where it was said that nobody asks. */
  readonly changing = new CompactMap<readonly Aspect[]>();
  /** The same, and of how many. */
  readonly aspects = new Map<string, { aspects: readonly Aspect[]; people: number }>();
  #turn = 0;
  /** How many bytes each batch takes in the file: what stands between lines may stand in texts. */
  readonly #sizes: number[] = [];

  #writing: Promise<unknown> = Promise.resolve();
  /** A batch that is to be sent when nothing else is asked of the database. */
  #unsent: (() => Promise<unknown>) | undefined;

  private constructor(
    private readonly keeps: FileHandle | PlanBegun,
    private readonly tellsOfEach: boolean,
  ) {}

  /** `tellsOfEach`: whether it is to be known of each what changes. */
  static async begin(tellsOfEach: boolean, into?: PlanBegun): Promise<FoundPeople> {
    if (into) return new FoundPeople(into, tellsOfEach);
    const path = join(tmpdir(), `rollcall-plan-${randomUUID()}`);
    const file = await open(path, "wx+", 0o600);
    await unlink(path);
    return new FoundPeople(file, tellsOfEach);
  }

  /** How many would be changed, in whichever way. */
  get changingCount(): number {
    return this.counts.CHANGE + this.counts.CREATE + this.counts.MISSING;
  }

  get people(): number {
    return this.changingCount + this.counts.UNCHANGED + this.counts.ERROR;
  }

  async add(
    results: readonly Result[],
    candidates: ReadonlyMap<string, Candidate>,
    reporting: ReadonlySet<string>,
  ): Promise<void> {
    const rows = results.map((result) =>
      this.#itemOf(result, candidates.get(result.userId) as Candidate, reporting.has(result.userId)),
    );
    if (rows.length === 0) return;
    const batch = JSON.stringify(rows);
    const { keeps } = this;
    if ("planId" in keeps) {
      this.send();
      await this.#writing;
      this.#unsent = () => insertItems(keeps, batch);
    } else {
      const bytes = Buffer.from(batch);
      this.#sizes.push(bytes.length);
      await keeps.appendFile(bytes);
    }
  }

  /** Begins to write the last batch into the plan, where that is not taken back; does nothing where it is begun. */
  send(): void {
    const unsent = this.#unsent;
    if (!unsent) return;
    this.#unsent = undefined;
    this.#writing = unsent();
    this.#writing.catch(() => undefined); // Thrown where it is waited for.
  }

  #itemOf(result: Result, candidate: Candidate, hasReports: boolean): NewItem {
    const finding = findingOf(result, candidate);
    const { change, isOwn, notes = [] } = candidate;
    const changes = finding !== "UNCHANGED" && finding !== "ERROR";
    this.counts[finding] += 1;
    const found = result.kind === "CHANGED" ? result.decision : undefined;
    const told = result.kind === "UNCHANGED" ? result.notes : (found?.notes ?? []);
    if (changes && found) this.#count(result.userId, aspectsOf(found));
    const turn = this.#turn++;
    return {
      place: candidate.place ?? turn,
      turn,
      user_id: change.create ? null : result.userId,
      new_id: change.create ? result.userId : null,
      source_row: candidate.row ?? null,
      step: candidate.step ?? 0,
      version: found ? found.version : (result as { version: number }).version,
      change: isOwn ? (change as Record<string, unknown>) : null,
      finding,
      before: changes ? (found?.before ?? {}) : {},
      after: changes ? (found?.after ?? {}) : {},
      problem: "problem" in result ? result.problem : null,
      notes: [...new Set([...told, ...(hasReports ? ["HAS_REPORTS"] : []), ...notes])],
    };
  }

  #count(userId: string, aspects: readonly Aspect[]): void {
    const alike = this.aspects.get(aspects.join()) ?? { aspects, people: 0 };
    this.aspects.set(aspects.join(), alike);
    alike.people += 1;
    if (this.tellsOfEach) this.changing.set(userId, alike.aspects);
  }

  /** Writes everybody into a plan that is there, and forgets them. */
  async write(tx: Tx, planId: string): Promise<void> {
    this.send();
    await this.#writing;
    if ("planId" in this.keeps) return;
    try {
      for await (const batch of this.#batches(this.keeps)) await insertItems({ tx, planId }, batch);
    } finally {
      await this.forget();
    }
  }

  async *#batches(file: FileHandle): AsyncGenerator<string> {
    let from = 0;
    for (const size of this.#sizes) {
      const batch = Buffer.alloc(size);
      for (let read = 0; read < size; ) {
        const { bytesRead } = await file.read(batch, read, size - read, from + read);
        if (bytesRead === 0) throw new Error("The file of what a rehearsal found is shorter than what was written.");
        read += bytesRead;
      }
      from += size;
      yield batch.toString();
    }
  }

  async forget(): Promise<void> {
    if (!("planId" in this.keeps)) await this.keeps.close();
  }
}

const insertItems = ({ tx, planId }: PlanBegun, batch: string): Promise<unknown> =>
  sql`
    INSERT INTO bulk_item (plan_id, place, turn, user_id, new_id, source_row, step, version, change, finding, before, after, problem, notes)
    SELECT ${planId}::uuid, place, turn, user_id, new_id, source_row, step, version, change, finding, before, after, problem, notes
    FROM json_populate_recordset(NULL::bulk_item, ${batch}::json)`.execute(tx.sql);

/** Writes who would join or leave which search; a search that was deleted meanwhile has nobody. The others stay until the transaction ends. */
export async function writeEffects(tx: Tx, planId: string, effects: readonly Effect[]): Promise<void> {
  const ids = [...new Set(effects.map(({ searchId }) => searchId))];
  if (ids.length === 0) return;
  const { rows } = await sql<{ id: string }>`
    SELECT id FROM saved_search WHERE id = ANY (${ids}::uuid[]) ORDER BY id FOR KEY SHARE`.execute(tx.sql);
  const there = new Set(rows.map(({ id }) => id));
  for (const batch of inBatches(effects.filter(({ searchId }) => there.has(searchId))))
    await insertRows(
      tx.sql,
      "bulk_effect",
      batch.map(({ searchId, userId, joins }) => ({ plan_id: planId, search_id: searchId, user_id: userId, joins })),
    );
}

/**
 * Takes what is said of whoever was erased while a plan was made out of it. Everybody in it is locked until the transaction ends, in the order of their
 * ids: whoever is erased later is erased from the plan too.
 */
export async function blankErased(tx: Tx, planId: string): Promise<void> {
  const { rows } = await sql<{ id: string }>`
    WITH standing AS MATERIALIZED (
      SELECT id, erased_at FROM user_account WHERE id IN (
        SELECT user_id FROM bulk_item WHERE plan_id = ${planId} UNION SELECT user_id FROM bulk_effect WHERE plan_id = ${planId})
      ORDER BY id FOR SHARE)
    SELECT id FROM standing WHERE erased_at IS NOT NULL`.execute(tx.sql);
  const erased = rows.map(({ id }) => id);
  if (erased.length === 0) return;
  await sql`
    UPDATE bulk_item SET change = NULL, before = '{}', after = '{}' WHERE plan_id = ${planId} AND user_id = ANY (${erased}::uuid[])`.execute(
    tx.sql,
  );
  await tx.sql.deleteFrom("bulk_effect").where("plan_id", "=", planId).where("user_id", "in", erased).execute();
}
