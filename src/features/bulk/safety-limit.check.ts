import type { SafetyLimitRow } from "../../database/bulk-tables.ts";
import type { Tx } from "../../database/transaction.ts";
import type { Row } from "../../search/field.ts";
import { and, type Filter, not, TRUE } from "../../search/filter.ts";
import type { Moment } from "../../search/operator.ts";
import { compile, type Predicate } from "../../search/to-predicate.ts";
import { userCatalogue } from "../users/user.fields.ts";
import { DELETED } from "../users/user.queries.ts";
import type { Aspect } from "./bulk.change.ts";
import { countPeople } from "./bulk.target.ts";

/** What a limit was found to be for a change of many people. */
export interface LimitFinding {
  limitId: string;
  name: string;
  maxPeople: number | null;
  maxPercent: number | null;
  /** How many of those who count would change, */
  people: number;
  /** and of how many. */
  of: number;
  exceeded: boolean;
}

/** Which limits there are, so that a later look shows whether they are still the same. */
export const limitsKnown = (limits: readonly Pick<SafetyLimitRow, "id" | "version">[]): string =>
  limits
    .map(({ id, version }) => `${id}@${version}`)
    .sort()
    .join();

export const loadLimits = (tx: Pick<Tx, "sql">): Promise<(SafetyLimitRow & { version: number })[]> =>
  tx.sql.selectFrom("safety_limit").selectAll().orderBy("name").orderBy("id").execute() as never;

/**
 * Measures a change of many people by the safety limits. Every entrance by which many people are changed at once asks it: told of each person
 * whom it changes, with their search row before and after, it says at the end which limits are exceeded.
 */
export class SafetyCheck {
  readonly #counts: number[];
  readonly #holds: readonly Predicate[];

  constructor(
    private readonly limits: readonly SafetyLimitRow[],
    private readonly moment: Moment,
  ) {
    this.#counts = limits.map(() => 0);
    this.#holds = limits.map(({ filter }) => compile(filterOf(filter), userCatalogue));
  }

  /** Somebody of whom these aspects change; null before for whom is made. */
  add(aspects: readonly Aspect[], before: Row | null, after: Row): void {
    for (const [place, { aspects: counted }] of this.limits.entries()) {
      if (counted.length > 0 && !aspects.some((aspect) => counted.includes(aspect))) continue;
      const holds = this.#holds[place] as Predicate;
      if ((before && holds(before, this.moment)) || holds(after, this.moment))
        this.#counts[place] = (this.#counts[place] ?? 0) + 1;
    }
  }

  /** What the limits were found to be. `scope`: those among whom the people were chosen. To be asked where nothing is changed, or no longer. */
  async findings(tx: Pick<Tx, "sql">, scope: Filter): Promise<LimitFinding[]> {
    const found: LimitFinding[] = [];
    for (const [place, limit] of this.limits.entries()) {
      const people = this.#counts[place] ?? 0;
      const among = limit.share_of === "SCOPE" ? scope : TRUE;
      const of = await countPeople(tx, and(among, not(DELETED), filterOf(limit.filter)), this.moment);
      const { id: limitId, name, max_people: maxPeople, max_percent: maxPercent } = limit;
      const many = maxPeople !== null && people > maxPeople;
      const share = maxPercent !== null && people * 100 > maxPercent * of;
      found.push({ limitId, name, maxPeople, maxPercent, people, of, exceeded: people > 0 && (many || share) });
    }
    return found;
  }
}

const filterOf = (stored: SafetyLimitRow["filter"]): Filter => (stored as unknown as Filter | null) ?? TRUE;
