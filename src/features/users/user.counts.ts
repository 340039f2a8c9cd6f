import { type Kysely, type RawBuilder, type SqlBool, sql } from "kysely";
import type { Asking } from "../../access/asking.ts";
import type { Database } from "../../database/database.ts";
import type { Tables } from "../../database/tables.ts";
import { uuidArray } from "../../database/uuid-array.ts";
import type { Bits } from "../../search/counting-bits.ts";
import type { CountingIndex } from "../../search/counting-index.ts";
import type { Criterion, Filter } from "../../search/filter.ts";
import { filterToSql } from "../../search/to-sql.ts";
import { orderedFor } from "./user.attributes.ts";
import type { UserCounting } from "./user.counting.ts";
import { countFacets, type FacetRequest, labelFacets, tallyFacets } from "./user.facets.ts";
import { userCatalogue } from "./user.fields.ts";
import type { Facet } from "./user.types.ts";

/** Criteria that memory cannot answer are asked of the database, so many at the most, and each for so many people. */
const GIVEN_LIMIT = 8;
const IDS_LIMIT = 10_000;

/** So few people are read by their ids sooner than a page of them is come upon along an order: its size times everybody is their square. */
const fewOf = (everybody: number): number => Math.min(3_000, Math.sqrt(50 * everybody));

/** All who satisfy a filter, as of a commit: at any other moment others may. */
export interface Few {
  commit: bigint;
  /** A parameter of the type `uuid[]`. */
  ids: Buffer;
}

/**
 * How many people satisfy a filter, which includes whatever bounds the search: from memory where the index of counts has it, with what it lacks (names, words,
 * grants) asked of the database, or else from the database, with the same answer. Every commit that was answered before the question is in it.
 */
export class UserCounts {
  constructor(
    private readonly database: Database,
    private readonly counting: UserCounting,
  ) {}

  async count(asking: Asking, filter: Filter): Promise<number> {
    const counted = await this.#find(asking, [filter], (index, [found]) => found && index.count(found));
    if (counted !== undefined) return counted;
    const { rows } = await sql<{ count: bigint }>`
      SELECT count(*) FROM user_search u WHERE ${condition(asking, filter)}`.execute(this.#reads(asking));
    return Number(rows[0]?.count);
  }

  /** The same by each of some values, as `countFacets` says. */
  async facets(asking: Asking, filter: Filter, wanted: readonly FacetRequest[], top: number): Promise<Facet[]> {
    const reads = this.#reads(asking);
    const tallied = await this.#find(asking, [filter], (index, [found]) => found && tallyFacets(index, found, wanted));
    if (tallied) return labelFacets(reads, wanted, tallied, top);
    return countFacets(reads, condition(asking, filter), wanted, top);
  }

  /** How many satisfy each of several filters; undefined where only the database can tell. */
  countEach(asking: Asking, filters: readonly Filter[]): Promise<number[] | undefined> {
    return this.#find(asking, filters, (index, found) => found.map((one) => index.count(one)));
  }

  /**
   * The people who satisfy a filter, where memory knows that they are few, at once and without waiting for anything. Whoever reads by it has to see that what they read is as of the
   * same commit.
   */
  few({ now, today }: Asking, filter: Filter): Few | undefined {
    const found = this.counting.asItStands((index) => {
      if (!index.isQuick(filter)) return undefined;
      return index.answer([filter], { now, today }, NONE_GIVEN, ([bits]) =>
        bits && index.count(bits) <= fewOf(index.size) ? uuidArray(index.idsOf(bits)) : undefined,
      );
    });
    return found?.made && { commit: found.commit, ids: found.made };
  }

  /** Whether counts come from memory now. */
  get inMemory(): boolean {
    return this.counting.ready;
  }

  /** What `work` makes of those who satisfy each filter; undefined where memory cannot tell. */
  async #find<T>(
    asking: Asking,
    filters: readonly Filter[],
    work: (index: CountingIndex, found: readonly Bits[]) => T,
  ): Promise<T | undefined> {
    const missing = this.counting.unanswered({ kind: "and", of: filters });
    if (!missing || missing.size > GIVEN_LIMIT) return undefined;
    const given =
      missing.size > 0 ? await this.#ask(asking, missing) : { position: await this.database.head(), ids: new Map() };
    if (!given) return undefined;
    return this.counting.use(given.position, missing.size > 0, (index) => {
      // A column may have been given up meanwhile.
      const known = index.unanswered({ kind: "and", of: filters }).size === missing.size;
      return known ? index.answer(filters, asking, given.ids, (found) => work(index, found)) : undefined;
    });
  }

  /** Who satisfies each of the criteria that memory cannot answer, and the position of that; undefined where they are too many. */
  async #ask(asking: Asking, missing: ReadonlyMap<Criterion, Criterion>) {
    const lists = [...missing.values()].map(
      (criterion) =>
        sql`ARRAY(SELECT u.user_id FROM user_search u WHERE ${condition(asking, criterion)} LIMIT ${sql.lit(IDS_LIMIT + 1)})::text[]`,
    );
    const { rows } = await sql<{ number: bigint } & Record<string, string[]>>`
      SELECT number, ${sql.join(lists.map((list, place) => sql`${list} AS ${sql.ref(`ids_${place}`)}`))} FROM feed_head`.execute(
      this.database.reader,
    );
    const ids = [...missing.keys()].map((criterion, place) => [criterion, rows[0]?.[`ids_${place}`] ?? []] as const);
    if (ids.some(([, list]) => list.length > IDS_LIMIT)) return undefined;
    return { position: { commit: rows[0]?.number ?? 0n }, ids: new Map(ids) };
  }

  #reads(asking: Asking): Kysely<Tables> {
    return this.database.readsFor(asking).kysely;
  }
}

/** Whether a statement sees the commit that few people are known as of; where nobody is known, it may see any. */
export const asOfFew = (few: Few | undefined): RawBuilder<SqlBool> =>
  few ? sql`(SELECT number FROM feed_head) = ${String(few.commit)}::bigint` : sql`true`;

const NONE_GIVEN: ReadonlyMap<Criterion, readonly string[]> = new Map();

const condition = (asking: Asking, filter: Filter): RawBuilder<SqlBool> => {
  const { now, today } = asking;
  return filterToSql(filter, { catalogue: userCatalogue, alias: "u", now, today, isOrdered: orderedFor(asking) });
};
