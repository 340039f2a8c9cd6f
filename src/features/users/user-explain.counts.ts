import { type RawBuilder, sql } from "kysely";
import type { Asking } from "../../access/asking.ts";
import { heldOver, sightOf } from "../../access/policy.ts";
import type { Database } from "../../database/database.ts";
import type { Permission } from "../../kernel/permissions.ts";
import { fieldsUsed } from "../../search/fields-used.ts";
import { and, type Filter, not } from "../../search/filter.ts";
import type { ParsedFilter } from "../../search/parse.ts";
import { filterToSql } from "../../search/to-sql.ts";
import { askedField, attributesUsedAt } from "./user.askable.ts";
import type { UserCounts } from "./user.counts.ts";
import { userCatalogue } from "./user.fields.ts";
import { DELETED } from "./user.queries.ts";
import { essenceOf, nodesOf, shownNode, without } from "./user-explain.nodes.ts";
import type { FilterNodeCount } from "./user-explain.types.ts";

/**
 * The users among whom a filter's nodes are counted: those in sight, not deleted, on whom the viewer may read every field that the filter asks
 * about. A search that asks about a field readable in some units only is bounded by them; its nodes alone are not.
 */
function population({ viewer }: Asking, parsed: ParsedFilter): Filter {
  const asked = [...fieldsUsed(parsed.filter, userCatalogue), ...attributesUsedAt(parsed).keys()];
  const permissions = new Set<Permission>(asked.flatMap((name) => askedField(viewer, name).read));
  // Sight is where USER_READ is held, and the viewer's own record.
  permissions.delete("USER_READ");
  return and(sightOf(viewer), not(DELETED), ...[...permissions].map((permission) => heldOver(viewer, permission)));
}

/** For each node of a filter, in its order: the users who match it alone, and those who would match the whole without it. */
export async function countNodes(
  database: Database,
  inMemory: UserCounts,
  asking: Asking,
  parsed: ParsedFilter,
): Promise<FilterNodeCount[]> {
  const nodes = nodesOf(parsed.filter);
  const essences = [...new Set(nodes.map(essenceOf))];
  const asked = [...nodes, ...essences.map((node) => without(parsed.filter, node))];
  const bound = population(asking, parsed);
  const bounded = asked.map((filter) => and(bound, filter));
  const counted = (await inMemory.countEach(asking, bounded)) ?? (await countEach(database, asking, bound, asked));
  const rest = new Map(essences.map((node, i) => [node, counted[nodes.length + i] ?? 0]));
  return nodes.map((node, i) => ({
    ...shownNode(node, parsed),
    count: counted[i] ?? 0,
    countWithout: rest.get(essenceOf(node)) ?? 0,
  }));
}

/**
 * The same in the database: one statement reads the users once and asks each criterion once of each; everything else is and, or and not of
 * the answers.
 */
async function countEach(
  database: Database,
  asking: Asking,
  bound: Filter,
  asked: readonly Filter[],
): Promise<readonly number[]> {
  const { now, today } = asking;
  const context = { catalogue: userCatalogue, alias: "u", now, today };
  const criteria = new Set(asked.flatMap(nodesOf).filter(({ kind }) => kind === "criterion"));
  const answers = new Map([...criteria].map((criterion, i) => [criterion, `c${i}`]));
  const columns = [...answers].map(
    ([criterion, name]) => sql`(${filterToSql(criterion, context)}) IS TRUE AS ${sql.ref(name)}`,
  );
  const { rows } = await sql<{ counted: number[] }>`
    SELECT ${counts(asked, answers)} AS counted
    FROM (
      SELECT ${columns.length > 0 ? sql.join(columns) : sql``} FROM user_search u
      WHERE ${filterToSql(bound, context)} OFFSET 0
    ) asked`.execute(database.readsFor(asking).kysely);
  return rows[0]?.counted ?? [];
}

const counts = (filters: readonly Filter[], answers: ReadonlyMap<Filter, string>): RawBuilder<unknown> =>
  sql.raw(
    `ARRAY[${filters.map((filter) => `count(*) FILTER (WHERE ${combined(filter, answers)})`).join()}]::integer[]`,
  );

/** A filter over the columns that hold the answers of its criteria, which are never null. */
function combined(filter: Filter, answers: ReadonlyMap<Filter, string>): string {
  if (filter.kind === "criterion") return answers.get(filter) as string;
  if (filter.kind === "not") return `NOT ${combined(filter.of, answers)}`;
  const [only, ...more] = filter.of;
  if (!only) return String(filter.kind === "and");
  if (more.length === 0) return combined(only, answers);
  return `(${filter.of.map((member) => combined(member, answers)).join(` ${filter.kind} `)})`;
}
