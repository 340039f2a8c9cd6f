import { type RawBuilder, type SqlBool, sql } from "kysely";
import { ATTRIBUTE_TYPES } from "./attribute.ts";
import type { Catalogue } from "./field.ts";
import { type Criterion, conjuncts, type Filter } from "./filter.ts";
import { fold } from "./folding.ts";
import { GRANT_CATALOGUE } from "./grant.ts";
import type { SqlScope, Terms } from "./operator.ts";
import { type Resolved, resolve } from "./operator-of.ts";

/*
 * Conditions that a criterion implies and an index answers, where the criterion's own condition has none. They stand before it, never
 * instead of it, and only where it is not negated; so they decide how fast an answer is, and never what it is.
 */

type Sql = RawBuilder<SqlBool>;

/** Where a criterion is written. */
interface ImpliedIn {
  catalogue: Catalogue;
  alias: string;
  isOrdered?: ((key: string) => boolean) | undefined;
}

/** What is implied by a criterion about a text of the table's joined texts, or about an attribute; undefined for others. */
export function impliedCondition(
  criterion: Criterion,
  resolved: Resolved,
  { catalogue, alias, isOrdered }: ImpliedIn,
  scope: SqlScope,
): Sql | undefined {
  const operand = criterion.operand as never;
  if (criterion.key !== undefined) {
    const ordered = isOrdered?.(criterion.key) ? impliedByOrder(criterion, resolved, alias, scope) : undefined;
    return ordered ?? impliedByAttribute(criterion, resolved, alias);
  }
  const patterns = resolved.meaning.patterns?.(operand);
  const { texts } = catalogue;
  if (!patterns || !texts || ![...texts.columns, ...texts.lists].includes(resolved.field.column)) return undefined;
  const refer = (column: string) => sql.ref(`${alias}.${column}`);
  const lists = texts.lists.map((column) => sql` || ${refer(column)}`);
  return sql`fold_all(ARRAY[${sql.join(texts.columns.map(refer))}]${sql.join(lists, sql``)}) LIKE ANY(${patterns}::text[])`;
}

/** The longest text that the term indexes hold, in characters; longer ones are cut on both sides. */
const TERM_CHARACTERS = 100;
const SEPARATOR = "\u001f";
const termText = (text: string): string => [...text].slice(0, TERM_CHARACTERS).join("");
const termOf = (name: string, value: string): string => `${termText(name)}${SEPARATOR}${termText(fold(value))}`;

/** Every row that satisfies an attribute criterion has the key among its `attribute_terms`, and the values where they are listed. */
function impliedByAttribute(
  { key = "", as, operand }: Criterion,
  { field, meaning }: Resolved,
  alias: string,
): Sql | undefined {
  if (meaning.holdsMissing?.(operand as never)) return undefined;
  const listed = as !== undefined && ATTRIBUTE_TYPES[as].listed;
  const terms = listed ? (meaning.terms?.(operand as never) ?? {}) : {};
  return hasTerms(sql`attribute_terms(${sql.ref(`${alias}.${field.column}`)})`, termText(key), [{ name: key, terms }]);
}

/** The columns of `user_attribute` that have a range. */
const RANGES: Partial<Record<NonNullable<Criterion["as"]>, string>> = { float: "number", date: "day" };

/** Every row that satisfies a criterion on an attribute that is kept in order has a value there which satisfies it. */
function impliedByOrder(
  { key = "", as, operand }: Criterion,
  { meaning }: Resolved,
  alias: string,
  scope: SqlScope,
): Sql | undefined {
  const column = as && RANGES[as];
  if (!column || meaning.holdsMissing?.(operand as never)) return undefined;
  const condition = meaning.sql(sql.ref(`ranged.${column}`), operand as never, scope);
  return sql`${sql.ref(`${alias}.user_id`)} IN (SELECT ranged.user_id FROM user_attribute ranged WHERE ranged.key = ${key}::text
    AND ${sql.ref(`ranged.${column}`)} IS NOT NULL AND ${condition})`;
}

/** The fields whose values are among `grant_terms`. */
const GRANT_TERMS = new Set(["role", "privileged", "scopeWithin"]);

/** Every row with a grant that satisfies the filter has the roles and scopes that its top-level AND asks for among its `grant_terms`. */
export function impliedByGrant(filter: Filter, grants: RawBuilder<unknown>): Sql {
  const asked = conjuncts(filter).flatMap((criterion) => {
    const { field, meaning, negated } = resolve(criterion, GRANT_CATALOGUE);
    const terms = negated || !GRANT_TERMS.has(field.name) ? undefined : meaning.terms?.(criterion.operand as never);
    return terms ? [{ name: field.name, terms }] : [];
  });
  return hasTerms(sql`grant_terms(${grants})`, "grant", asked);
}

function hasTerms(have: RawBuilder<unknown>, always: string, asked: readonly { name: string; terms: Terms }[]): Sql {
  const all = [always, ...asked.flatMap(({ name, terms }) => (terms.all ?? []).map((value) => termOf(name, value)))];
  const conditions = [sql`${have} @> ${[...new Set(all)]}::text[]`];
  for (const { name, terms } of asked)
    if (terms.any) conditions.push(sql`${have} && ${terms.any.map((value) => termOf(name, value))}::text[]`);
  return sql`${sql.join(conditions, sql` AND `)}`;
}
