import { sql } from "kysely";
import type { Database } from "../../database/database.ts";
import type { MatchedSearchRow } from "../../database/matching-tables.ts";
import type { Row } from "../../search/field.ts";
import type { Filter } from "../../search/filter.ts";
import { PredicateIndex } from "../../search/predicate-index.ts";
import { userCatalogue } from "../users/user.fields.ts";
import { shownBy } from "./search.membership.ts";
import type { Holder, Refusal } from "./search.refusal.ts";

/** Searches that are loaded at a time, so that adding them leaves room for everything else. */
const BATCH = 500;
/** People from whom the index learns which values are rare. */
const SAMPLE = 200;

/** A saved search as the matcher keeps it in mind; its filter is in the index. */
export interface MatchedSearch extends Holder {
  id: string;
  since: bigint;
  refusal: Refusal | null;
}

/** The saved searches at the matcher's place in the log: those that are matched are in the index. */
export class SearchRegister {
  readonly #searches = new Map<string, MatchedSearch>();
  readonly #byOwner = new Map<string, Set<string>>();

  private constructor(
    private readonly database: Database,
    readonly index: PredicateIndex<string>,
  ) {}

  /** The register as it is stored, which is that of the matcher's place. */
  static async load(database: Database, signal: AbortSignal): Promise<SearchRegister> {
    const register = new SearchRegister(
      database,
      new PredicateIndex<string>(userCatalogue, await samplePeople(database)),
    );
    for (let after = "00000000-0000-0000-0000-000000000000"; !signal.aborted; ) {
      const rows = await database.reader
        .selectFrom("matched_search")
        .selectAll()
        .where("filter", "is not", null)
        .where("search_id", ">", after)
        .orderBy("search_id")
        .limit(BATCH)
        .execute();
      for (const row of rows) register.put(row);
      const last = rows.at(-1);
      if (!last || rows.length < BATCH) break;
      after = last.search_id;
    }
    return register;
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

  of(owner: string): MatchedSearch[] {
    return [...(this.#byOwner.get(owner) ?? [])].map((id) => this.#searches.get(id) as MatchedSearch);
  }

  /** The whole row of a search, as it is stored. */
  row(id: string): Promise<MatchedSearchRow> {
    return this.database.reader
      .selectFrom("matched_search")
      .selectAll()
      .where("search_id", "=", id)
      .executeTakeFirstOrThrow();
  }

  /** From now on this is what is known of the search; one without a filter is forgotten. */
  put({ search_id: id, owner_id: ownerId, token_id: tokenId, filter, watch, since, refusal }: MatchedSearchRow): void {
    this.#forget(id);
    if (filter === null) return;
    this.#searches.set(id, { id, ownerId, tokenId, since, refusal });
    const owner = (ownerId ?? tokenId) as string;
    this.#byOwner.set(owner, (this.#byOwner.get(owner) ?? new Set()).add(id));
    if (refusal === null) this.index.add(id, shownBy(filter as unknown as Filter), watch);
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
