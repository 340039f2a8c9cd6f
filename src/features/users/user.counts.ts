import { type Kysely, type RawBuilder, type SqlBool, sql } from "kysely";
import type { Database } from "../../database/database.ts";
import type { Tables } from "../../database/tables.ts";
import type { CountingIndex } from "../../search/counting-index.ts";
import type { Filter } from "../../search/filter.ts";
import { filterToSql } from "../../search/to-sql.ts";
import type { UserCounting } from "./user.counting.ts";
import { countFacets, type FacetRequest, labelFacets, tallyFacets } from "./user.facets.ts";
import { userCatalogue } from "./user.fields.ts";
import type { Asking } from "./user.queries.ts";
import type { Facet } from "./user.types.ts";

/**
 * How many people satisfy a filter, which includes whatever bounds the search: from memory where the index of counts has it, else from the database, with the same
 * answer. Every commit that was answered before the question is in it.
 */
export class UserCounts {
  constructor(
    private readonly database: Database,
    private readonly counting: UserCounting,
  ) {}

  async count(asking: Asking, filter: Filter): Promise<number> {
    const counted = await this.#inMemory(filter, (index) => index.count(index.find(filter, asking)));
    if (counted !== undefined) return counted;
    const { rows } = await sql<{ count: bigint }>`
      SELECT count(*) FROM user_search u WHERE ${condition(asking, filter)}`.execute(this.#reads(asking));
    return Number(rows[0]?.count);
  }

  /** The same by each of some values, as `countFacets` says. */
  async facets(asking: Asking, filter: Filter, wanted: readonly FacetRequest[], top: number): Promise<Facet[]> {
    const reads = this.#reads(asking);
    const tallied = await this.#inMemory(filter, (index) => tallyFacets(index, filter, asking, wanted));
    if (tallied) return labelFacets(reads, wanted, tallied, top);
    return countFacets(reads, condition(asking, filter), wanted, top);
  }

  /** Whether counts of a filter come from memory now. */
  inMemory(filter: Filter): boolean {
    return this.counting.answers(filter);
  }

  /** How many satisfy each of several filters; undefined where only the database can tell. */
  countEach(asking: Asking, filters: readonly Filter[]): Promise<number[] | undefined> {
    const all: Filter = { kind: "and", of: filters };
    return this.#inMemory(all, (index) => filters.map((filter) => index.count(index.find(filter, asking))));
  }

  async #inMemory<T>(filter: Filter, work: (index: CountingIndex) => T | undefined): Promise<T | undefined> {
    if (!this.counting.answers(filter)) return undefined;
    return this.counting.use(await this.database.head(), (index) => (index.answers(filter) ? work(index) : undefined));
  }

  #reads(asking: Asking): Kysely<Tables> {
    return this.database.readsFor(asking).kysely;
  }
}

const condition = ({ now, today }: Asking, filter: Filter): RawBuilder<SqlBool> =>
  filterToSql(filter, { catalogue: userCatalogue, alias: "u", now, today });
