import { type RawBuilder, type SqlBool, sql } from "kysely";
import { ATTRIBUTE_TYPES } from "./attribute.ts";
import type { Catalogue } from "./field.ts";
import type { Criterion, Filter } from "./filter.ts";
import { GRANT_CATALOGUE } from "./grant.ts";
import { impliedByGrant, impliedCondition } from "./implied.ts";
import type { Moment, SqlScope } from "./operator.ts";
import { columnOf, type Resolved, resolve } from "./operator-of.ts";

export interface SqlContext extends Moment {
  catalogue: Catalogue;
  /** The name under which the statement reads the catalogue's table. */
  alias: string;
  /** Whether an attribute's values are kept in `user_attribute`, for everybody; where it does not say so, they are not looked for there. */
  isOrdered?: ((key: string) => boolean) | undefined;
  /** Whether so many rows have one of these values in a column that looking for them in an index is in vain; where it does not say so, they are looked for. */
  isCommon?: ((column: string, values: readonly string[]) => boolean) | undefined;
  /** The rows are found by something else: nothing is written for an index, and no column is named but those that are asked about. */
  found?: boolean | undefined;
}

type Sql = RawBuilder<SqlBool>;

/**
 * The filter as a condition on one row: it may be null where it is meant to be false, and so belongs into WHERE or a CASE, not under
 * a NOT. Operands are parameters. Criteria that are not negated can use the indexes of user_search.
 */
export const filterToSql = (filter: Filter, context: SqlContext): Sql => write(filter, context, false);

function write(filter: Filter, context: SqlContext, negated: boolean): Sql {
  if (filter.kind === "not") return write(filter.of, context, !negated);
  if (filter.kind === "criterion") return writeCriterion(filter, context, negated);
  const conjunctive = (filter.kind === "and") !== negated;
  if (filter.of.length === 0) return conjunctive ? sql`true` : sql`false`;
  const parts = filter.of.map((part) => write(part, context, negated));
  return sql`(${sql.join(parts, conjunctive ? sql` AND ` : sql` OR `)})`;
}

function writeCriterion(criterion: Criterion, context: SqlContext, negated: boolean): Sql {
  const resolved = resolve(criterion, context.catalogue);
  const complemented = resolved.negated !== negated;
  const indexed = !complemented && context.found !== true;
  const scope: SqlScope = {
    now: context.now,
    today: context.today,
    caseSensitive: criterion.caseSensitive === true,
    indexed,
    someGrant: (grants, filter) => someGrant(grants, filter, context, indexed),
  };
  const operand = (criterion.of ?? criterion.operand) as never;
  const condition = resolved.meaning.sql(subjectOf(criterion, resolved, context.alias), operand, scope);
  if (complemented) return sql`(${condition}) IS NOT TRUE`;
  if (!indexed) return condition;
  if (isCommon(criterion, resolved, context)) return sql`(${condition}) IS TRUE`;
  const implied = impliedCondition(criterion, resolved, context, scope);
  return implied ? sql`(${implied} AND ${condition})` : condition;
}

/** The operators that find rows by values that a column has, or has among others. */
const BY_VALUE: ReadonlySet<string> = new Set(["eq", "in", "any", "within", "withinAny"]);

/**
 * Whether the criterion leaves most rows: beside others that leave few, an index over several columns would read through all of its entries to pass few
 * over. `IS TRUE` hides it from indexes.
 */
function isCommon({ key, operand }: Criterion, resolved: Resolved, context: SqlContext): boolean {
  if (!context.isCommon || key !== undefined || !BY_VALUE.has(resolved.operator)) return false;
  const values = [operand].flat();
  return values.every((value) => typeof value === "string") && context.isCommon(columnOf(resolved), values);
}

/** The value that the criterion asks about: a column, or an attribute taken as a type. */
function subjectOf(criterion: Criterion, resolved: Resolved, alias: string): RawBuilder<unknown> {
  const column = sql.ref(`${alias}.${columnOf(resolved)}`);
  if (criterion.key === undefined) return column;
  const json = sql`(${column} -> ${criterion.key}::text)`;
  return criterion.as ? ATTRIBUTE_TYPES[criterion.as].sql(json) : json;
}

/** Some element of the array satisfies the filter; the index finds rows with the roles and scopes that its top-level AND asks for. */
function someGrant(grants: RawBuilder<unknown>, filter: Filter, at: Moment, indexed: boolean): Sql {
  const inner = write(filter, { ...at, catalogue: GRANT_CATALOGUE, alias: "g" }, false);
  const columns = sql.raw(
    '"role" text, "privileged" boolean, "scopePath" uuid[], "grantedAt" timestamptz, "startsAt" timestamptz, "expiresAt" timestamptz',
  );
  const exists = sql<SqlBool>`EXISTS (SELECT FROM jsonb_to_recordset(${grants}) AS g(${columns}) WHERE ${inner})`;
  return indexed ? sql`(${impliedByGrant(filter, grants)} AND ${exists})` : exists;
}
