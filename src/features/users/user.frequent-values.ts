import { sql } from "kysely";
import type { Database } from "../../database/database.ts";
import { fieldOf } from "../../search/catalogue.ts";
import type { FieldKind } from "../../search/field.ts";
import { type Criterion, conjuncts, type Filter } from "../../search/filter.ts";
import { fold } from "../../search/folding.ts";
import { userCatalogue } from "./user.fields.ts";

/** A criterion that so great a share of people satisfies is read on the way: 1 is everybody. */
const COMMON = 0.25;
/** Values of a smaller share are not kept; a hundred of them would be common together. */
const KEPT = 0.0025;

/** Kinds whose every field has an index by value. */
const INDEXED: ReadonlySet<FieldKind> = new Set(["id", "unit", "manager"]);

interface Statistics {
  column: string;
  values: string[];
  shares: number[];
}

/**
 * Which values many people have, by the database's own statistics of the search row (`pg_stats`), as they were when they were last read. It decides how
 * fast an answer is and never what it is; where nothing was analysed, nothing is common.
 */
export class CommonValues {
  #shares: ReadonlyMap<string, ReadonlyMap<string, number>> = new Map();

  #isRead = false;

  constructor(private readonly database: Database) {}

  /** Reads the statistics anew. */
  async read(): Promise<void> {
    const { rows } = await sql<Statistics>`
      SELECT attname AS column, array_agg(value) AS values, array_agg(share) AS shares FROM pg_stats,
        LATERAL (SELECT * FROM unnest(most_common_vals::text::text[], most_common_freqs) WHERE most_common_elems IS NULL
          UNION ALL SELECT * FROM unnest(most_common_elems::text::text[], most_common_elem_freqs[:cardinality(most_common_elems::text::text[])])) AS common (value, share)
      WHERE schemaname = current_schema() AND tablename = 'user_search' AND share >= ${KEPT} GROUP BY attname`.execute(
      this.database.reader,
    );
    this.#isRead = rows.length > 0;
    this.#shares = new Map(rows.map(({ column, values, shares }) => [column, summed(values, shares)]));
  }

  /** Whether a great share of people has one of these values in a column, or has one among others. */
  isCommon(column: string, values: readonly string[]): boolean {
    const shares = this.#shares.get(column);
    return shares !== undefined && values.reduce((sum, value) => sum + (shares.get(fold(value)) ?? 0), 0) >= COMMON;
  }

  /**
   * Whether a filter asks, beside whatever else, for a value that has an index and that few people have: then the best way to those whom it finds is by that index,
   * whichever value it is, and a statement can be planned once for all of them. False where no statistics were read.
   */
  findsFew(filter: Filter): boolean {
    return this.#isRead && conjuncts(filter).some((criterion) => this.#isRare(criterion));
  }

  #isRare({ field, operator, operand, key }: Criterion): boolean {
    if (operator !== "eq" || key !== undefined || typeof operand !== "string") return false;
    const { kind, column } = fieldOf(userCatalogue, field);
    return INDEXED.has(kind) && !this.#shares.get(column)?.has(fold(operand));
  }
}

function summed(values: readonly string[], shares: readonly number[]): Map<string, number> {
  const byValue = new Map<string, number>();
  for (const [place, value] of values.entries()) {
    const folded = fold(value);
    byValue.set(folded, (byValue.get(folded) ?? 0) + (shares[place] ?? 0));
  }
  return byValue;
}
