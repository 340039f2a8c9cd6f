import { sql } from "kysely";
import type { Viewer } from "../../access/actor.ts";
import { sightOf } from "../../access/policy.ts";
import type { Tx } from "../../database/transaction.ts";
import type { Row } from "../../search/field.ts";
import { and, type Filter, not } from "../../search/filter.ts";
import type { Moment } from "../../search/operator.ts";
import { PredicateIndex } from "../../search/predicate-index.ts";
import { compile, type Predicate } from "../../search/to-predicate.ts";
import { userCatalogue } from "../users/user.fields.ts";
import { DELETED } from "../users/user.queries.ts";
import type { Aspect } from "./bulk.change.ts";
import type { SafetyCheck } from "./safety-limit.check.ts";

/** Search rows that are read at a time. */
const PAGE = 500;
/** People from whom the index learns which values are rare. */
const SAMPLE = 200;
/** Of those who are made and would join a search, so many are named. */
const NEWCOMERS_NAMED = 100;

/** Somebody who would join or leave a saved search. */
export interface Effect {
  searchId: string;
  userId: string;
  joins: boolean;
}

/** Whom a plan makes, of one saved search: all are counted, the first are named. */
export interface Newcomers {
  searchId: string;
  count: number;
  userIds: string[];
}

/** Who would join or leave, of those who are there, and of those who are made. */
export interface Effects {
  effects: Effect[];
  newcomers: Newcomers[];
}

/** What is told of the rows that a rehearsal changed. */
export interface Told {
  viewer: Viewer;
  moment: Moment;
  searches: readonly { id: string; filter: Filter }[];
  /** What the change concerns of somebody; undefined for those who are changed by the way. */
  aspectsOf(userId: string): readonly Aspect[] | undefined;
  check: SafetyCheck;
}

/**
 * Reads what a rehearsal has made of people's search rows, and tells who would join or leave which saved search, as far as the viewer sees them
 * there. Safety limits are told of everybody whom the change is about.
 */
export async function readEffects(tx: Tx, told: Told): Promise<Effects> {
  const { rows } = await sql<{ commit: bigint | null }>`SELECT rehearse_derivation() AS commit`.execute(tx.sql);
  const commit = rows[0]?.commit ?? null;
  if (commit === null) return { effects: [], newcomers: [] };
  const matching = await Matching.over(tx, told);
  const effects: Effect[] = [];
  const newcomers = new Map<string, Newcomers>();
  for (let after = 0; ; ) {
    const page = await sql<{ id: string; ordinal: number; before: Row | null; after: Row | null }>`
      SELECT row_id AS id, ordinal, before, after FROM change
      WHERE commit_id = ${commit} AND table_name = 'user_search' AND ordinal > ${after} ORDER BY ordinal LIMIT ${PAGE}`.execute(
      tx.sql,
    );
    for (const { id, before, after: now } of page.rows) {
      if (!now) continue; // A rehearsal removes nobody.
      const aspects = told.aspectsOf(id);
      if (aspects) told.check.add(aspects, before, now);
      if (before) effects.push(...matching.of(id, before, now));
      else for (const searchId of matching.ofNew(now)) welcome(newcomers, searchId, id);
    }
    const last = page.rows.at(-1);
    if (!last || page.rows.length < PAGE) return { effects, newcomers: [...newcomers.values()] };
    after = last.ordinal;
  }
}

function welcome(newcomers: Map<string, Newcomers>, searchId: string, userId: string): void {
  const known = newcomers.get(searchId) ?? { searchId, count: 0, userIds: [] };
  newcomers.set(searchId, known);
  known.count += 1;
  if (known.userIds.length < NEWCOMERS_NAMED) known.userIds.push(userId);
}

/** Whose memberships a change of a row changes, as the viewer would be told. */
class Matching {
  readonly #sees: Predicate;

  private constructor(
    private readonly index: PredicateIndex<string>,
    viewer: Viewer,
    private readonly moment: Moment,
  ) {
    this.#sees = compile(sightOf(viewer), userCatalogue);
  }

  static async over(tx: Tx, { searches, viewer, moment }: Told): Promise<Matching> {
    const { rows } = await sql<{ row: Row }>`SELECT to_jsonb(u) AS row FROM user_search u LIMIT ${SAMPLE}`.execute(
      tx.sql,
    );
    const index = new PredicateIndex<string>(
      userCatalogue,
      rows.map(({ row }) => row),
    );
    for (const { id, filter } of searches) index.add(id, and(filter, not(DELETED)));
    return new Matching(index, viewer, moment);
  }

  /** The searches that somebody joins who is made: whoever sees the plan sees them. */
  ofNew(after: Row): readonly string[] {
    return this.index.match({ before: undefined, after, beforeAt: this.moment, at: this.moment }).joined;
  }

  of(userId: string, before: Row, after: Row): Effect[] {
    const seen = { before: this.#sees(before, this.moment), after: this.#sees(after, this.moment) };
    if (!seen.before && !seen.after) return [];
    const crossing = seen.before !== seen.after;
    const change = { before, after, beforeAt: this.moment, at: this.moment };
    const { joined, left, stayed } = this.index.match(change, crossing ? "all" : "watched");
    const joins = [...(seen.after ? joined : []), ...(crossing && seen.after ? stayed : [])];
    const leaves = [...(seen.before ? left : []), ...(crossing && seen.before ? stayed : [])];
    return [
      ...joins.map((searchId) => ({ searchId, userId, joins: true })),
      ...leaves.map((searchId) => ({ searchId, userId, joins: false })),
    ];
  }
}
