import { type RawBuilder, type SqlBool, sql } from "kysely";
import type { Viewer } from "../../access/actor.ts";
import type { Asking } from "../../access/asking.ts";
import { meetsColumn } from "../../access/conditions.ts";
import { mayReadField, type UnitPaths } from "../../access/field-policy.ts";
import { heldOver, itself, requireAnywhere, sightOf } from "../../access/policy.ts";
import type { Database } from "../../database/database.ts";
import type { TextRow } from "../../database/snapshot.ts";
import { cutPage, type PageRequest } from "../../graphql/paging.ts";
import { fieldOf } from "../../search/catalogue.ts";
import { and, type Filter, not, or } from "../../search/filter.ts";
import { inSegments } from "../../search/order.ts";
import { parseFilterWithPaths } from "../../search/parse.ts";
import { filterToSql } from "../../search/to-sql.ts";
import type { OrgUnitQueries } from "../org/org-unit.queries.ts";
import { requireUserSearch } from "./user.askable.ts";
import { orderedFor, requireSuitable } from "./user.attributes.ts";
import type { Few, UserCounts } from "./user.counts.ts";
import type { IdentitySource } from "./user.entity.ts";
import { type FacetRequest, facetsAskAbout } from "./user.facets.ts";
import { userCatalogue } from "./user.fields.ts";
import type { CommonValues } from "./user.frequent-values.ts";
import { type UserSort, userKeyset } from "./user.order.ts";
import { UserPage } from "./user.page.ts";
import { User, type UserRow } from "./user.types.ts";

export interface UserSearch {
  /** The GraphQL input; absent: everybody. */
  filter?: unknown;
  /** A bound that the question's place sets (members of a unit), not subject to the viewer's field rules. */
  within?: Filter;
  orderBy: readonly UserSort[];
  includeDeleted: boolean;
}

/** How one user is found, each without regard to case. */
export type UserKey =
  | { by: "username" | "email" | "employeeNumber"; value: string }
  | { by: "identity"; source: IdentitySource; issuer: string | null; externalId: string };

const EXTRA_COLUMNS = ["user_id", "unit_path", "org_unit_id", "manager_id", "manager_chain"];
const SHOWN_COLUMNS = [...userCatalogue.fields.values()]
  .filter((field) => field.show !== false)
  .map((field) => field.shownColumn ?? field.column);
const COLUMNS = sql.join([...new Set([...EXTRA_COLUMNS, ...SHOWN_COLUMNS])].map((column) => sql.ref(`u.${column}`)));

/** Rows of an export that are read at a time; as many more are on their way. */
const EXPORT_ROWS = 500;

/** Who is left out of every search that does not ask for them. */
export const DELETED: Filter = { kind: "criterion", field: "status", operator: "eq", operand: "DELETED" };

/** Reads users from the search row, always within the viewer's sight and masked by the field rules. */
export class UserQueries {
  constructor(
    private readonly database: Database,
    private readonly units: OrgUnitQueries,
    readonly counts: UserCounts,
    private readonly common: CommonValues,
  ) {}

  /** A page of users; refuses what the viewer may not ask about before anything is read. */
  async search(asking: Asking, search: UserSearch, request: PageRequest): Promise<UserPage> {
    const { viewer } = asking;
    const { parsed, keyset, bound, filter } = await this.#asked(asking, search);
    // A cursor of another order is refused even where nobody looks at the page.
    const segments = keyset.segments(request.cursor, request.backward);
    const total = () => this.counts.count(asking, filter);
    const read = async (few?: Few): Promise<(UserRow & { position: bigint })[]> => {
      const [columns, condition] = [
        columnsFor(viewer),
        few ? this.among(few, asking, bound) : this.condition(asking, filter),
      ];
      const { rows } = await sql<UserRow & { position: bigint }>`
        SELECT head.number AS position, u.* FROM feed_head head LEFT JOIN LATERAL (
          ${inSegments(segments, request.size + 1, (further) => sql`SELECT ${columns}${keyset.columns} FROM user_search u ${keyset.join} WHERE ${condition} AND ${further}`)}
        ) u ON true`.execute(this.database.readsFor(asking).kysely);
      return few && rows[0]?.position !== few.commit ? read() : rows;
    };
    const page = async () => {
      const rows = await read(search.within ? undefined : this.few(asking, bound, parsed.filter));
      const found = rows.filter((row) => row.user_id !== null);
      const make = (row: UserRow) => ({ cursor: keyset.cursor({ ...row }), node: new User(row, viewer) });
      return cutPage(found, request, { commit: rows[0]?.position ?? 0n }, total, make);
    };
    const facets = async (wanted: readonly FacetRequest[], top: number) => {
      await this.requireAskable(viewer, parsed, facetsAskAbout(wanted));
      return this.counts.facets(asking, filter, wanted, top);
    };
    return new UserPage(page, total, facets);
  }

  /** Every user of a search in its order, of one snapshot, in parts: of each these values of the search row `u` as texts; refuses what a search refuses. */
  async *export(asking: Asking, search: UserSearch, values: readonly RawBuilder<unknown>[]): AsyncGenerator<TextRow[]> {
    const { keyset, filter } = await this.#asked(asking, search);
    const query = sql`SELECT ${sql.join(values)} FROM user_search u ${keyset.join}
      WHERE ${this.condition(asking, filter)} ORDER BY ${keyset.orderBy(false)}`;
    yield* this.database.snapshotRows(query, EXPORT_ROWS);
  }

  /** Passes where `export` would read. */
  async requireExportable(asking: Asking, search: UserSearch): Promise<void> {
    await this.#asked(asking, search);
  }

  /** What is asked for, within the viewer's sight; refuses what they may not ask about before anything is read. */
  async #asked(asking: Asking, search: UserSearch) {
    const { viewer } = asking;
    if (search.includeDeleted) requireAnywhere(viewer, "USER_DELETE");
    const parsed = parseFilterWithPaths(search.filter ?? undefined, { catalogue: userCatalogue });
    const keyset = userKeyset(search.orderBy, viewer.defined, orderedFor(asking));
    await this.requireAskable(viewer, parsed, keyset.asked);
    const bound = and(sightOf(viewer), search.within ?? and(), search.includeDeleted ? and() : not(DELETED));
    return { parsed, keyset, bound, filter: and(bound, parsed.filter) };
  }

  /** How many users each of these units has, or has with all units below it, of those whom the viewer may see. */
  async countMembers(asking: Asking, units: readonly string[], includeDescendants: boolean): Promise<number[]> {
    const seen = and(sightOf(asking.viewer), not(DELETED));
    const of = (unit: string): Filter => ({
      kind: "criterion",
      field: "orgUnit",
      operator: includeDescendants ? "within" : "eq",
      operand: unit,
    });
    const counted = await this.counts.countEach(
      asking,
      units.map((unit) => and(seen, of(unit))),
    );
    if (counted) return counted;
    const members = includeDescendants ? sql`u.unit_path @> ARRAY[unit.id]` : sql`u.org_unit_id = unit.id`;
    const { rows } = await sql<{ id: string; count: bigint }>`
      SELECT unit.id, count(*) FROM unnest(${[...units]}::uuid[]) AS unit (id) JOIN user_search u ON ${members}
      WHERE ${this.condition(asking, seen)} GROUP BY unit.id`.execute(this.database.readsFor(asking).kysely);
    const counts = new Map(rows.map(({ id, count }) => [id, Number(count)]));
    return units.map((id) => counts.get(id) ?? 0);
  }

  /** These users, in the order of the ids; undefined for those who are absent or out of sight. */
  async byIds(asking: Asking, ids: readonly string[]): Promise<(User | undefined)[]> {
    const rows = await this.#select(asking, sql`u.user_id = ANY(${[...ids]}::uuid[])`);
    const users = new Map(rows.map((row) => [row.user_id, new User(row, asking.viewer)]));
    return ids.map((id) => users.get(id));
  }

  /**
   * Which of these people the viewer may know by the name that they had when they did something: themselves, and those in
   * reach of USER_READ, deleted ones too, since what they did outlives them.
   */
  async nameable(asking: Asking, ids: readonly string[]): Promise<boolean[]> {
    const known = heldOver(asking.viewer, "USER_READ");
    const { rows } = await sql<{ user_id: string }>`
      SELECT u.user_id FROM user_search u WHERE u.user_id = ANY(${[...ids]}::uuid[])
        AND ${this.condition(asking, or(known, itself(asking.viewer)))}`.execute(this.database.reader);
    const nameable = new Set(rows.map((row) => row.user_id));
    return ids.map((id) => nameable.has(id));
  }

  /** The user with this key; null where absent, out of sight, or where the viewer may not read the key on them. */
  async byKey(asking: Asking, key: UserKey): Promise<User | null> {
    const rows = await this.#select(asking, keyCondition(key));
    const field = fieldOf(userCatalogue, key.by === "identity" ? "externalId" : key.by);
    // A deleted user keeps their names while somebody else may have taken them: whoever is there comes first.
    const row = rows
      .filter(({ user_id, unit_path, meets }) => mayReadField(asking.viewer, field, user_id, unit_path, meets))
      .sort((a, b) => Number(a.status === "DELETED") - Number(b.status === "DELETED"))[0];
    return row ? new User(row, asking.viewer) : null;
  }

  /**
   * Refuses a search that asks about what the viewer may not read; `also` names fields asked about outside the filter. What is asked of an
   * attribute must suit its type, unless the filter was stored before. Where units stand is read unless it is given.
   */
  async requireAskable(
    viewer: Viewer,
    parsed: ReturnType<typeof parseFilterWithPaths>,
    also: ReadonlyMap<string, string>,
    { stored = false, paths }: { stored?: boolean; paths?: UnitPaths | undefined } = {},
  ): Promise<void> {
    await requireUserSearch(
      viewer,
      parsed,
      also,
      async (units) => paths ?? (await this.units.paths(units)),
      async (_, ids) => this.#visible(viewer, ids),
    );
    if (!stored) requireSuitable(viewer, parsed, also);
  }

  /** The ids from the root down to each of these units; a unit that does not exist is absent. */
  unitPaths(units: readonly string[]): Promise<UnitPaths> {
    return this.units.paths(units);
  }

  async #visible(viewer: Viewer, ids: readonly string[]): Promise<ReadonlySet<string>> {
    const rows = await this.#select(
      { viewer, now: viewer.now, today: viewer.narrowed?.today ?? "" },
      sql`u.user_id = ANY(${[...ids]}::uuid[])`,
    );
    return new Set(rows.map((row) => row.user_id));
  }

  async #select(asking: Asking, condition: RawBuilder<SqlBool>): Promise<UserRow[]> {
    const sight = this.condition(asking, sightOf(asking.viewer));
    const { rows } =
      await sql<UserRow>`SELECT ${columnsFor(asking.viewer)} FROM user_search u WHERE ${condition} AND ${sight}`.execute(
        this.database.readsFor(asking).kysely,
      );
    return rows;
  }

  /** Whether the best way to those whom a filter finds is the same whatever its values are. */
  findsFew(filter: Filter): boolean {
    return this.common.findsFew(filter);
  }

  /**
   * Those whom a search finds, where memory knows that they are few; undefined also where an index finds them as soon. `bound` is what the viewer may see; it is still to be asked
   * of each.
   */
  few(asking: Asking, bound: Filter, filter: Filter): Few | undefined {
    const asksNothing = filter.kind === "and" && filter.of.length === 0;
    return asksNothing || this.findsFew(filter) ? undefined : this.counts.few(asking, and(bound, filter));
  }

  /** Those of the few whom a viewer may see, as a condition on a search row called u. */
  among({ ids }: Few, { now, today }: Asking, bound: Filter): RawBuilder<SqlBool> {
    const seen = filterToSql(bound, { catalogue: userCatalogue, alias: "u", now, today, found: true });
    return sql`(u.user_id = ANY (${ids}::uuid[]) AND ${seen})`;
  }

  /** The filter as a condition on a search row called u, written for the indexes that there are. */
  condition(asking: Asking, filter: Filter): RawBuilder<SqlBool> {
    const { now, today } = asking;
    const isCommon = (column: string, values: readonly string[]) => this.common.isCommon(column, values);
    const isOrdered = orderedFor(asking);
    return filterToSql(filter, { catalogue: userCatalogue, alias: "u", now, today, isOrdered, isCommon });
  }
}

const columnsFor = (viewer: Viewer): RawBuilder<unknown> => sql`${COLUMNS}${meetsColumn(viewer, userCatalogue, "u")}`;

/** Holds for the users, called u, with this key. */
export function keyCondition(key: UserKey): RawBuilder<SqlBool> {
  if (key.by === "username") return sql`fold(u.username) = fold(${key.value})`;
  if (key.by === "email") return sql`fold(u.email) = fold(${key.value})`;
  if (key.by === "employeeNumber") return sql`fold(u.employee_number) = fold(${key.value})`;
  const { source, issuer, externalId } = key as Extract<UserKey, { by: "identity" }>;
  return sql`u.user_id IN (
    SELECT i.user_id FROM user_identity i
    WHERE i.source = ${source} AND fold(i.issuer) IS NOT DISTINCT FROM fold(${issuer}) AND fold(i.external_id) = fold(${externalId}))`;
}
