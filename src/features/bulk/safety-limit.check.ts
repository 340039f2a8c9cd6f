import { sql } from "kysely";
import type { BulkPlanRecord, SafetyLimitRow } from "../../database/bulk-tables.ts";
import type { Tx } from "../../database/transaction.ts";
import type { Row } from "../../search/field.ts";
import { and, type Filter, not, TRUE } from "../../search/filter.ts";
import type { Moment } from "../../search/operator.ts";
import { compile, type Predicate } from "../../search/to-predicate.ts";
import { loadRoleGraph, type RoleGraph } from "../roles/role.graph.ts";
import { userCatalogue } from "../users/user.fields.ts";
import { DELETED } from "../users/user.queries.ts";
import type { Aspect } from "./bulk.change.ts";
import { countPeople } from "./bulk.target.ts";
import { asksWhatIsInForce, goingToBe, isGiven } from "./safety-limit.roles.ts";

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
  /** How many earlier plans changed that count with them. */
  earlier: number;
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
  /** Which limits ask what is in force of what people were granted. */
  readonly #inForce: readonly boolean[];
  readonly #goingToBe: (row: Row) => Row | undefined;

  constructor(
    private readonly limits: readonly SafetyLimitRow[],
    private readonly moment: Moment,
    roles: RoleGraph,
  ) {
    this.#counts = limits.map(() => 0);
    this.#holds = limits.map(({ filter }) => compile(filterOf(filter), userCatalogue));
    this.#inForce = limits.map(({ filter }) => asksWhatIsInForce(filterOf(filter)));
    this.#goingToBe = goingToBe(roles, moment.now);
  }

  /** By the limits that there are. */
  static async load(tx: Pick<Tx, "sql">, moment: Moment): Promise<SafetyCheck> {
    return new SafetyCheck(await loadLimits(tx), moment, await loadRoleGraph(tx));
  }

  get isEmpty(): boolean {
    return this.limits.length === 0;
  }

  /** Which limits these are, as `limitsKnown` says it. */
  get known(): string {
    return limitsKnown(this.limits as readonly (SafetyLimitRow & { version: number })[]);
  }

  /** Whether what limits count can be told by people's rows only. */
  get readsRows(): boolean {
    return this.limits.some(({ filter }) => filter !== null);
  }

  /** So many people of whom these aspects change, where no limit reads rows. */
  addAll({ aspects, people }: { aspects: readonly Aspect[]; people: number }): void {
    this.add(aspects, null, {}, people);
  }

  /**
   * Somebody of whom these aspects change; null before for whom is made. Whoever is given or loses a role that is not in force, being not ACTIVE or before
   * its beginning, counts as if it were: it comes into force by itself.
   */
  add(aspects: readonly Aspect[], before: Row | null, after: Row, people = 1): void {
    const rows = before ? [before, after] : [after];
    const later =
      aspects.includes("ROLES") || isGiven(before, after)
        ? rows.map(this.#goingToBe).filter((row) => row !== undefined)
        : [];
    for (const [place, { aspects: counted }] of this.limits.entries()) {
      if (counted.length > 0 && !aspects.some((aspect) => counted.includes(aspect))) continue;
      const holds = this.#holds[place] as Predicate;
      const asked = this.#inForce[place] ? [...rows, ...later] : rows;
      if (asked.some((row) => holds(row, this.moment))) this.#counts[place] = (this.#counts[place] ?? 0) + people;
    }
  }

  /** What the limits were found to be. `planner`: undefined for what is done by rule, and by nobody; `scope`: those among whom the people were chosen. To be asked where nothing is changed, or no longer. */
  async findings(tx: Pick<Tx, "sql">, planner: Planner | undefined, scope: Filter): Promise<LimitFinding[]> {
    return this.judged(await this.among(tx, planner, scope));
  }

  /** Of how many people each limit takes its share, and how many earlier plans changed, as they stand. */
  async among(
    tx: Pick<Tx, "sql">,
    planner: Planner | undefined,
    scope: Filter,
  ): Promise<Pick<LimitFinding, "of" | "earlier">[]> {
    const found: Pick<LimitFinding, "of" | "earlier">[] = [];
    const before = await earlierPeople(tx, planner, this.moment.now);
    for (const { id, share_of, filter } of this.limits) {
      const among = share_of === "SCOPE" ? scope : TRUE;
      const of = await countPeople(tx, and(among, not(DELETED), filterOf(filter)), this.moment);
      found.push({ of, earlier: before.get(id) ?? 0 });
    }
    return found;
  }

  judged(among: readonly Pick<LimitFinding, "of" | "earlier">[]): LimitFinding[] {
    return this.limits.map(({ id: limitId, name, max_people: maxPeople, max_percent: maxPercent }, place) => {
      const { of = 0, earlier = 0 } = among[place] ?? {};
      const measured = { limitId, name, maxPeople, maxPercent, people: this.#counts[place] ?? 0, of, earlier };
      return { ...measured, exceeded: isExceeded(measured) };
    });
  }
}

/** Whose plans count together: whoever has the machine has no id, and is one. */
export type Planner = Pick<BulkPlanRecord, "planner_kind" | "planner_id">;

/** What whoever has the machine does at the command line. */
export const COMMAND_LINE: Planner = { planner_kind: "SYSTEM", planner_id: null };

/**
 * What limits were found to be for a plan, with what was let be applied since it was made; the limits that look at a time stay locked until the
 * transaction ends, so that of two plans that are let be applied at once one counts the other.
 */
export async function measuredAgain(
  tx: Pick<Tx, "sql" | "now">,
  planner: Planner,
  findings: readonly LimitFinding[],
): Promise<LimitFinding[]> {
  await sql`SELECT FROM safety_limit WHERE window_hours IS NOT NULL ORDER BY id FOR UPDATE`.execute(tx.sql);
  const before = await earlierPeople(tx, planner, tx.now);
  return findings.map((finding) => {
    const measured = { ...finding, earlier: before.get(finding.limitId) ?? 0 };
    return { ...measured, exceeded: finding.exceeded || isExceeded(measured) };
  });
}

function isExceeded({ people, of, earlier, maxPeople, maxPercent }: Omit<LimitFinding, "exceeded">): boolean {
  const all = people + earlier;
  return (
    people > 0 && ((maxPeople !== null && all > maxPeople) || (maxPercent !== null && all * 100 > maxPercent * of))
  );
}

/**
 * How many people earlier plans were to change who count for each limit that looks at a time. What a second person agreed to does not count, nor what was
 * stopped before it changed anybody.
 */
async function earlierPeople(
  tx: Pick<Tx, "sql">,
  planner: Planner | undefined,
  now: Date,
): Promise<ReadonlyMap<string, number>> {
  const { planner_kind = null, planner_id = null } = planner ?? {};
  const { rows } = await sql<{ id: string; people: bigint }>`
    SELECT l.id, sum((f->>'people')::integer) AS people
    FROM safety_limit l
    JOIN bulk_plan p ON p.approval_id IS NULL AND p.ready_at > ${now}::timestamptz - make_interval(hours => l.window_hours)
      AND (l.window_of = 'EVERYBODY' OR p.planner_kind = ${planner_kind} AND p.planner_id IS NOT DISTINCT FROM ${planner_id}::uuid)
      AND (p.changed > 0 OR p.state IN ('READY', 'APPLYING'))
    CROSS JOIN LATERAL jsonb_array_elements(p.preview->'limits') f
    WHERE f->>'limitId' = l.id::text GROUP BY l.id`.execute(tx.sql);
  return new Map(rows.map(({ id, people }) => [id, Number(people)]));
}

const filterOf = (stored: SafetyLimitRow["filter"]): Filter => (stored as unknown as Filter | null) ?? TRUE;
