import { sql } from "kysely";
import { hiddenKeys, shownAttributes } from "../../access/attribute-policy.ts";
import { meetsOf } from "../../access/conditions.ts";
import { mayReadField } from "../../access/field-policy.ts";
import { sightOf } from "../../access/policy.ts";
import type { Database } from "../../database/database.ts";
import type { GraphContext } from "../../graphql/context.ts";
import { type IdKind, publicId } from "../../kernel/ids.ts";
import { attributeOf } from "../../search/attribute.ts";
import { fieldOf } from "../../search/catalogue.ts";
import type { Field, Row } from "../../search/field.ts";
import type { Criterion, Filter } from "../../search/filter.ts";
import { instantNumber } from "../../search/instant.ts";
import type { ParsedFilter } from "../../search/parse.ts";
import { compile } from "../../search/to-predicate.ts";
import { filterToSql } from "../../search/to-sql.ts";
import { userCatalogue } from "./user.fields.ts";
import { type NamedLoaders, shownAs } from "./user-event.changes.ts";
import { childrenOf, shownNode } from "./user-explain.nodes.ts";
import type { FilterExplanation, FilterExplanationNode } from "./user-explain.types.ts";

/** The search row of a user in the viewer's sight as the change log would carry it; undefined for everybody else. */
async function rowInSight(
  database: Database,
  { viewer, now, today }: GraphContext,
  id: string,
): Promise<Row | undefined> {
  const sight = filterToSql(sightOf(viewer), { catalogue: userCatalogue, alias: "u", now, today });
  const { rows } = await sql<{ row: Row }>`
    SELECT to_jsonb(u) AS row FROM user_search u WHERE u.user_id = ${id}::uuid AND ${sight}`.execute(database.reader);
  return rows[0]?.row;
}

/**
 * Why a user matches a filter, or not, by the predicate over their row as it stands: node by node what a search would say. Values that the
 * viewer may not read on this user count as missing; a search that asks about them is bounded to users on whom they are readable, and so
 * says the same about the whole. Null for a user who is absent or out of sight. Whether the filter may be asked at all is for the caller to decide.
 */
export async function explain(
  database: Database,
  context: GraphContext,
  userId: string,
  parsed: ParsedFilter,
  loaders: NamedLoaders,
): Promise<FilterExplanation | null> {
  const row = await rowInSight(database, context, userId);
  if (!row) return null;
  const root = await new Verdict(context, row, parsed, loaders).on(parsed.filter);
  return { matches: root.matches, root };
}

class Verdict {
  readonly #hidden: ReadonlySet<string>;
  readonly #hiddenKeys: ReadonlySet<string>;
  /** The row without what the viewer may not read. */
  readonly #readable: Row;

  constructor(
    private readonly context: GraphContext,
    row: Row,
    private readonly parsed: ParsedFilter,
    private readonly loaders: NamedLoaders,
  ) {
    const { user_id, unit_path } = row as { user_id: string; unit_path: readonly string[] };
    const meets = meetsOf(context.viewer, userCatalogue, row, context);
    const hidden = [...userCatalogue.fields.values()].filter(
      (field) => !mayReadField(context.viewer, field, user_id, unit_path, meets),
    );
    const columns = hidden.flatMap(({ column, pathColumn, statusColumn }) => [column, pathColumn, statusColumn]);
    this.#hidden = new Set(hidden.map(({ name }) => name));
    const attributes = fieldOf(userCatalogue, "attributes");
    const place = { userId: user_id, unitPath: unit_path, meets };
    this.#hiddenKeys = hiddenKeys(context.viewer, attributes, place);
    this.#readable = {
      ...row,
      attributes: shownAttributes(context.viewer, attributes, row.attributes, place),
      ...Object.fromEntries(columns.map((column) => [column, null])),
    };
  }

  async on(node: Filter): Promise<FilterExplanationNode> {
    const children = await Promise.all(childrenOf(node).map((child) => this.on(child)));
    const shown = { ...shownNode(node, this.parsed), children };
    if (node.kind !== "criterion")
      return { ...shown, matches: holds(node.kind, children), actual: null, hidden: false };
    const hidden = this.#hidden.has(node.field) || (node.key !== undefined && this.#hiddenKeys.has(node.key));
    return {
      ...shown,
      hidden,
      matches: compile(node, userCatalogue)(this.#readable, this.context),
      actual: hidden ? null : await this.#actual(node),
    };
  }

  async #actual(criterion: Criterion): Promise<unknown> {
    const field = fieldOf(userCatalogue, criterion.field);
    if (criterion.operator === "statusIn") return this.#readable[field.statusColumn as string];
    const value = this.#readable[field.column] ?? null;
    if (criterion.key !== undefined) return attributeOf(value, criterion.key) ?? null;
    return (await shownAs(field.name, plain(field, value), this.context, this.loaders)) ?? null;
  }
}

const holds = (kind: "and" | "or" | "not", children: readonly FilterExplanationNode[]): boolean => {
  if (kind === "and") return children.every(({ matches }) => matches);
  return kind === "or" ? children.some(({ matches }) => matches) : !children[0]?.matches;
};

/** A value of the row as the API writes it: ids in their public form, instants in UTC with milliseconds, words without the space in front. */
function plain({ kind, idKind }: Field, value: unknown): unknown {
  if (kind === "idSet" && Array.isArray(value)) return value.map((id) => publicId(idKind as IdKind, String(id)));
  if (typeof value !== "string") return value;
  if (kind === "id") return publicId("User", value);
  if (kind === "words") return value.trim();
  const instant = kind === "instant" ? new Date(instantNumber(value) ?? Number.NaN) : undefined;
  return instant && !Number.isNaN(instant.getTime()) ? instant.toISOString() : value;
}
