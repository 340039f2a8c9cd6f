import { type Kysely, type RawBuilder, type SqlBool, sql } from "kysely";
import type { Tables } from "../../database/tables.ts";
import { publicId } from "../../kernel/ids.ts";
import { fieldOf } from "../../search/catalogue.ts";
import type { Bits } from "../../search/counting-bits.ts";
import type { Tallied } from "../../search/counting-column.ts";
import type { CountingIndex } from "../../search/counting-index.ts";
import type { Field } from "../../search/field.ts";
import { askedName } from "./user.attributes.ts";
import { userCatalogue } from "./user.fields.ts";
import type { Facet } from "./user.types.ts";

/** One facet: by a field, or by a custom attribute of that key. */
export interface FacetRequest {
  /** The catalogue's name; `attributes` for an attribute. */
  field: string;
  attributeKey: string | null;
  /** Where it stands in the input. */
  path: string;
}

/** What facets ask about, by the names under which it is asked about, with their places in the input. */
export const facetsAskAbout = (wanted: readonly FacetRequest[]): ReadonlyMap<string, string> =>
  new Map(
    wanted.map(({ field, attributeKey, path }) => [attributeKey === null ? field : askedName(attributeKey), path]),
  );

export const FACETS_LIMIT = 20;
export const BUCKETS_LIMIT = 200;

interface Counted {
  value: string | null;
  label: string | null;
  count: bigint;
  all: bigint;
  missing: bigint;
}

const sets: ReadonlySet<Field["kind"]> = new Set(["textSet", "choiceSet", "anyText"]);

/** The values of a facet on a row: one, or one for each member of a set. A row without any counts as missing. */
function values(field: Field, attributeKey: string | null): { from: RawBuilder<unknown>; value: RawBuilder<unknown> } {
  const column = sql.ref(`u.${field.column}`);
  if (attributeKey !== null) {
    const json = sql`${column} -> ${attributeKey}::text`;
    const members = sql`CASE jsonb_typeof(${json}) WHEN 'array' THEN ${json} WHEN 'null' THEN '[]'::jsonb ELSE jsonb_build_array(${json}) END`;
    return {
      from: sql`LEFT JOIN LATERAL jsonb_array_elements_text(${members}) AS m (value) ON true`,
      value: sql`m.value`,
    };
  }
  if (sets.has(field.kind))
    return { from: sql`LEFT JOIN LATERAL unnest(${column}) AS m (value) ON true`, value: sql`m.value` };
  return { from: sql``, value: sql`${column}::text` };
}

/** What a value is called where that is not the value itself; of a row named `top` that has it. */
const LABELS: Readonly<Record<string, RawBuilder<unknown>>> = {
  orgUnit: sql`(SELECT o.name FROM org_unit o WHERE o.id = top.value::uuid)`,
  groupKeys: sql`(SELECT belongs.name FROM user_group belongs WHERE belongs.key = top.value)`,
  roles: sql`(SELECT r.name FROM role r WHERE r.key = top.value)`,
};

/** What a value of an attribute is called: the label of its choice, where it has one. */
const choiceLabel = (key: string): RawBuilder<unknown> => sql`coalesce((
  SELECT c.choice ->> 'label' FROM attribute_definition d CROSS JOIN jsonb_array_elements(d.choices) AS c (choice)
  WHERE d.key = ${key} AND c.choice ->> 'value' = top.value), top.value)`;

/** Counts a result by each of the facets: the most frequent values, what lies beyond them, and rows without a value. */
export function countFacets(
  db: Kysely<Tables>,
  condition: RawBuilder<SqlBool>,
  wanted: readonly FacetRequest[],
  top: number,
): Promise<Facet[]> {
  return Promise.all(wanted.map((request) => countFacet(db, condition, request, top)));
}

async function countFacet(
  db: Kysely<Tables>,
  condition: RawBuilder<SqlBool>,
  request: FacetRequest,
  top: number,
): Promise<Facet> {
  const field = fieldOf(userCatalogue, request.field);
  const { attributeKey } = request;
  const { from, value } = values(field, attributeKey);
  const label = attributeKey === null ? (LABELS[field.name] ?? sql`top.value`) : choiceLabel(attributeKey);
  const { rows } = await sql<Counted>`
    WITH counted AS (
      SELECT ${value} AS value, count(*) AS count FROM user_search u ${from} WHERE ${condition} GROUP BY 1
    ), top AS (
      SELECT value, count FROM counted WHERE value IS NOT NULL ORDER BY count DESC, value COLLATE "und-x-icu" LIMIT ${top}
    )
    SELECT top.value, ${label} AS label, coalesce(top.count, 0) AS count, totals."all", totals.missing
    FROM (
      SELECT coalesce(sum(count) FILTER (WHERE value IS NOT NULL), 0)::bigint AS "all",
             coalesce(sum(count) FILTER (WHERE value IS NULL), 0)::bigint AS missing FROM counted
    ) totals LEFT JOIN top ON true
    ORDER BY top.count DESC, top.value COLLATE "und-x-icu"`.execute(db);
  return facetOf(request, rows, Number(rows[0]?.all ?? 0), Number(rows[0]?.missing ?? 0));
}

/** A facet of its most frequent values, of so many in all, and so many without one. */
function facetOf(
  request: FacetRequest,
  rows: readonly Pick<Counted, "value" | "label" | "count">[],
  all: number,
  missingCount: number,
): Facet {
  const field = fieldOf(userCatalogue, request.field);
  const buckets = rows
    .filter((row): row is Counted & { value: string } => row.value !== null)
    .map((row) => ({
      value: field.kind === "unit" ? publicId("OrgUnit", row.value) : row.value,
      label: row.label ?? row.value,
      count: Number(row.count),
    }));
  return {
    field: request.attributeKey === null ? (field.facet as string) : null,
    attributeKey: request.attributeKey,
    buckets,
    otherCount: all - buckets.reduce((sum, bucket) => sum + bucket.count, 0),
    missingCount,
  };
}

/** What each of the facets counts over these rows; undefined where one of them is not kept in memory. */
export function tallyFacets(
  index: CountingIndex,
  found: Bits,
  wanted: readonly FacetRequest[],
): Tallied[][] | undefined {
  const tallied = wanted.map(({ field, attributeKey }) =>
    attributeKey === null ? index.tally(fieldOf(userCatalogue, field), found) : undefined,
  );
  return tallied.every((one) => one !== undefined) ? tallied : undefined;
}

/** The same facets of what was tallied: the database orders values that are equally frequent, and says what they are called. */
export async function labelFacets(
  db: Kysely<Tables>,
  wanted: readonly FacetRequest[],
  tallied: readonly Tallied[][],
  top: number,
): Promise<Facet[]> {
  const candidates = tallied.flatMap((counted, facet) => mostFrequent(counted, top).map((one) => ({ facet, ...one })));
  const labels = Object.entries(LABELS).map(([field, label]) => sql`WHEN ${field} THEN ${label}`);
  const { rows } = await sql<Pick<Counted, "value" | "label" | "count"> & { facet: number }>`
    SELECT top.facet, top.value, top.count, CASE top.field ${sql.join(labels, sql` `)} END AS label
    FROM unnest(${candidates.map(({ facet }) => facet)}::integer[], ${candidates.map(({ facet }) => wanted[facet]?.field)}::text[],
      ${candidates.map(({ value }) => String(value))}::text[], ${candidates.map(({ count }) => count)}::bigint[]) AS top (facet, field, value, count)
    ORDER BY top.facet, top.count DESC, top.value COLLATE "und-x-icu"`.execute(db);
  return wanted.map((request, place) => {
    const counted = tallied[place] ?? [];
    const all = counted.reduce((sum, { count }) => sum + count, 0);
    const missing = counted.find(({ value }) => value === null)?.count ?? 0;
    const own = rows.filter(({ facet }) => facet === place).slice(0, top);
    return facetOf(request, own, all - missing, missing);
  });
}

/** The values of which one of the most frequent may be. */
function mostFrequent(counted: readonly Tallied[], top: number): Tallied[] {
  const values = counted.filter(({ value }) => value !== null).sort((a, b) => b.count - a.count);
  const least = values[top - 1]?.count ?? 0;
  return values.filter(({ count }) => count >= least);
}
