import { sql } from "kysely";
import type { Database } from "../../database/database.ts";
import type { MatchedSearchRow } from "../../database/matching-tables.ts";
import type { Row } from "../../search/field.ts";
import { scopeUnits } from "../../search/fields-used.ts";
import { and, type Filter } from "../../search/filter.ts";
import { PredicateIndex } from "../../search/predicate-index.ts";
import { type Rule, sightLeftBy } from "../access-rules/access-rule.narrowing.ts";
import { userCatalogue } from "../users/user.fields.ts";
import { columnsOfSight, shownBy } from "./search.membership.ts";
import type { Holder, Refusal } from "./search.refusal.ts";
import { MOVES } from "./search.transitions.ts";

/** Searches that are loaded at a time, so that adding them leaves room for everything else. */
const BATCH = 500;
/** People from whom the index learns which values are rare. */
const SAMPLE = 200;

/** What of an access rule decides about sight, and about what owners may ask. */
export type HeededRule = Pick<Rule, "permissions" | "actor" | "object">;

/** A saved search as the matcher keeps it in mind; its filter is in the index. */
export interface MatchedSearch extends Holder {
  id: string;
  since: bigint;
  refusal: Refusal | null;
  /** Whether its filter names units to be found in: whether its owner may ask can depend on where these stand. */
  confined: boolean;
}

/** The saved searches at the matcher's place in the log: those that are matched are in the index. */
export class SearchRegister {
  /**
   * The columns of a search row on which anybody's sight depends: on the units, and on what access rules ask. None of them goes again, since pages of the past
   * are read by the rights of today.
   */
  readonly sight = new Set(["unit_path"]);
  /** The columns that decide whom rules on the object concern. */
  readonly actors = new Set<string>();
  readonly #searches = new Map<string, MatchedSearch>();
  readonly #byOwner = new Map<string, Set<string>>();

  private constructor(
    private readonly database: Database,
    readonly index: PredicateIndex<string>,
  ) {}

  /** The register as it is stored, which is that of the matcher's place; and whether there are rules that it had not heeded when it was stored. */
  static async load(database: Database, signal: AbortSignal): Promise<{ register: SearchRegister; grown: boolean }> {
    const register = new SearchRegister(
      database,
      new PredicateIndex<string>(userCatalogue, await samplePeople(database)),
    );
    for (let after: string | undefined; !signal.aborted; ) {
      const rows = await database.reader
        .selectFrom("matched_search")
        .selectAll()
        .where("filter", "is not", null)
        .$if(after !== undefined, (rest) => rest.where("search_id", ">", after as string))
        .orderBy("search_id")
        .limit(BATCH)
        .execute();
      for (const row of rows) register.put(row);
      const last = rows.at(-1);
      if (!last || rows.length < BATCH) break;
      after = last.search_id;
    }
    const rules = await database.reader.selectFrom("access_rule").select(["permissions", "actor", "object"]).execute();
    const heeded = rules.map((rule) => register.heed(rule as unknown as HeededRule));
    return { register, grown: heeded.includes(true) };
  }

  /** How many are matched. */
  get size(): number {
    return this.index.size;
  }

  get(id: string): MatchedSearch | undefined {
    return this.#searches.get(id);
  }

  /** Whether a person or a token owns searches. */
  isOwner(id: string): boolean {
    return this.#byOwner.has(id);
  }

  /** Whoever owns searches. */
  get owners(): string[] {
    return [...this.#byOwner.keys()];
  }

  /** Whoever owns searches that name units. */
  get confined(): string[] {
    const owners = new Set<string>();
    for (const { confined, ownerId, tokenId } of this.#searches.values())
      if (confined) owners.add((ownerId ?? tokenId) as string);
    return [...owners];
  }

  of(owner: string): MatchedSearch[] {
    return [...(this.#byOwner.get(owner) ?? [])].map((id) => this.#searches.get(id) as MatchedSearch);
  }

  /** The whole rows of searches, as they are stored. */
  async rows(ids: readonly string[]): Promise<Map<string, MatchedSearchRow>> {
    if (ids.length === 0) return new Map();
    const { rows } = await sql<MatchedSearchRow>`
      SELECT * FROM matched_search WHERE search_id = ANY(${[...ids]}::uuid[])`.execute(this.database.reader);
    return new Map(rows.map((row) => [row.search_id, row]));
  }

  /** Heeds a rule on the object. Gives whether sight depends on more than before. */
  heed(rule: HeededRule): boolean {
    if (rule.object && rule.actor) for (const column of columnsOfSight(rule.actor)) this.actors.add(column);
    const sight = sightLeftBy(rule);
    const known = this.sight.size;
    if (sight) for (const column of columnsOfSight(sight)) this.sight.add(column);
    return this.sight.size > known;
  }

  /** Moves as they are stored beside searches, since a commit: one of everybody, that watches columns. */
  moves(touched: bigint): MatchedSearchRow {
    const nobody = { owner_id: null, token_id: null, visibility: "PRIVATE" };
    return {
      search_id: MOVES,
      ...nobody,
      filter: { ...and() },
      watch: [...this.sight],
      since: 0n,
      touched,
      refusal: null,
    };
  }

  /** From now on this is what is known of the search; one without a filter is forgotten. */
  put(row: MatchedSearchRow): void {
    const { search_id: id, owner_id: ownerId, token_id: tokenId, filter, watch, since, refusal } = row;
    if (id === MOVES) {
      for (const column of watch) this.sight.add(column);
      return;
    }
    this.#forget(id);
    if (filter === null) return;
    const asked = filter as unknown as Filter;
    const confined = scopeUnits(asked, userCatalogue).length > 0;
    this.#searches.set(id, { id, ownerId, tokenId, since, refusal, confined });
    const owner = (ownerId ?? tokenId) as string;
    this.#byOwner.set(owner, (this.#byOwner.get(owner) ?? new Set()).add(id));
    if (refusal === null) this.index.add(id, shownBy(asked), watch);
  }

  #forget(id: string): void {
    this.index.remove(id);
    const known = this.#searches.get(id);
    if (!known) return;
    this.#searches.delete(id);
    const owner = (known.ownerId ?? known.tokenId) as string;
    const searches = this.#byOwner.get(owner);
    searches?.delete(id);
    if (searches?.size === 0) this.#byOwner.delete(owner);
  }
}

async function samplePeople(database: Database): Promise<Row[]> {
  const { rows } = await sql<{ row: Row }>`SELECT to_jsonb(u) AS row FROM user_search u LIMIT ${SAMPLE}`.execute(
    database.reader,
  );
  return rows.map(({ row }) => row);
}
