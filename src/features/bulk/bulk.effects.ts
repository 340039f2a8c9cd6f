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
/** Of those who would join a search, and of those who would leave it, so many are named. */
const MEMBERS_NAMED = 1_000;

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

/** Of one saved search, how many would join or leave beside those who are named. */
export interface Unnamed {
  searchId: string;
  joining: number;
  leaving: number;
}

/** Who would join or leave, of those who are there, and of those who are made: for each search so many are named, and all are counted. */
export class Effects {
  readonly named: Effect[] = [];
  readonly #newcomers = new Map<string, Newcomers>();
  readonly #counts = new Map<string, Unnamed>();

  get newcomers(): Newcomers[] {
    return [...this.#newcomers.values()];
  }

  get unnamed(): Unnamed[] {
    const beyond = (count: number): number => Math.max(0, count - MEMBERS_NAMED);
    return [...this.#counts.values()]
      .map(({ searchId, joining, leaving }) => ({ searchId, joining: beyond(joining), leaving: beyond(leaving) }))
      .filter(({ joining, leaving }) => joining + leaving > 0);
  }

  add(effect: Effect): void {
    const { searchId, joins } = effect;
    const counts = this.#counts.get(searchId) ?? { searchId, joining: 0, leaving: 0 };
    this.#counts.set(searchId, counts);
    const count = joins ? ++counts.joining : ++counts.leaving;
    if (count <= MEMBERS_NAMED) this.named.push(effect);
  }

  addNew(searchId: string, userId: string): void {
    const known = this.#newcomers.get(searchId) ?? { searchId, count: 0, userIds: [] };
    this.#newcomers.set(searchId, known);
    known.count += 1;
    if (known.userIds.length < NEWCOMERS_NAMED) known.userIds.push(userId);
  }
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

/** Refuses what the commit of what a rehearsal has written would refuse, where nobody asks about the search rows that it would make. */
export async function assertRehearsal(tx: Tx): Promise<void> {
  await sql`SELECT FROM assert_rehearsal()`.execute(tx.sql);
}

/**
 * Works out what a rehearsal would make of people's search rows, and tells who would join or leave which saved search, as far as the viewer sees them
 * there. Safety limits are told of everybody whom the change is about. What the commit would refuse is refused.
 */
export async function readEffects(tx: Tx, told: Told): Promise<Effects> {
  await sql`DECLARE rehearsed NO SCROLL CURSOR FOR SELECT id FROM rehearsed_people() p (id)`.execute(tx.sql);
  const matching = await Matching.over(tx, told);
  const effects = new Effects();
  for (;;) {
    const people = await sql<{ id: string }>`FETCH FORWARD ${sql.lit(PAGE)} FROM rehearsed`.execute(tx.sql);
    if (people.rows.length === 0) return effects;
    const page = await sql<{ id: string; before: Row | null; after: Row }>`
      SELECT * FROM rehearsed_rows(${people.rows.map(({ id }) => id)}::uuid[])`.execute(tx.sql);
    for (const { id, before, after } of page.rows) {
      const aspects = told.aspectsOf(id);
      if (aspects) told.check.add(aspects, before, after);
      if (before) for (const effect of matching.of(id, before, after)) effects.add(effect);
      else for (const searchId of matching.ofNew(after)) effects.addNew(searchId, id);
    }
  }
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
