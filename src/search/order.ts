import { type RawBuilder, type SqlBool, sql } from "kysely";
import { type CursorValue, cursorValue, decodeCursor, encodeCursor, type KeyType } from "./cursor.ts";
import type { FieldKind } from "./field.ts";

/*
 * Keyset paging. An order is a list of keys, each with a direction and a place for missing values; ties are broken by id, so
 * that every row has one place. A cursor is the keys of a row and its id: a page continues strictly beyond it, whatever was
 * inserted or removed meanwhile. Text is ordered by `und-x-icu`, on every database.
 */

/** One key of an order. */
export interface SortKey {
  /** Names the key in cursors: a cursor of another order is refused. */
  name: string;
  expression: RawBuilder<unknown>;
  type: KeyType;
  nullable: boolean;
  direction: "ASC" | "DESC";
  nulls: "FIRST" | "LAST";
}

type Sql = RawBuilder<SqlBool>;

/** Rows that are read one after another. */
export interface Segment {
  condition: Sql;
  orderBy: RawBuilder<unknown>;
}

/** An order over the rows of one statement. */
export interface Keyset {
  /** The names under which a row carries what `cursor` is made of: the keys, then the id. */
  readonly names: readonly string[];
  /** `, key AS sort_0, …`: what a row must carry for `cursor`. */
  readonly columns: RawBuilder<unknown>;
  /** What stands behind ORDER BY; reversed for a page that is read backward. */
  orderBy(backward: boolean): RawBuilder<unknown>;
  /** Holds for the rows strictly beyond the cursor, in the reading direction. INVALID_INPUT for a cursor that is not of this order. */
  beyond(cursor: string, backward: boolean): Sql;
  /**
   * The same rows in parts, of which all of one come before all of the next, each with what stands behind its own ORDER BY. An order whose first key may be missing
   * is cut in two, so that an index is read from the cursor on, whichever way it runs and wherever missing values are placed. Without a cursor: all rows.
   */
  segments(cursor: string | undefined, backward: boolean): readonly Segment[];
  /** The values that a cursor holds, in the order of `names`. INVALID_INPUT for one that is not of this order. */
  valuesIn(cursor: string, backward: boolean): readonly CursorValue[];
  /** The same rows as `segments`, by such values or by what stands in their places in SQL; where one is missing it is null. */
  segmentsFrom(values: readonly unknown[], backward: boolean): readonly Segment[];
  /** The place of a row that carries `columns` and the id. */
  cursor(row: Readonly<Record<string, unknown>>): string;
}

/** The order by these keys, then by id the way that the last key runs. `column` says under which name a result row holds the id. */
export function keysetOf(keys: readonly SortKey[], id: { expression: RawBuilder<unknown>; column: string }): Keyset {
  const direction = keys.at(-1)?.direction ?? "ASC";
  const all: SortKey[] = [
    ...keys,
    { name: "id", expression: id.expression, type: "uuid", nullable: false, direction, nulls: "LAST" },
  ];
  const order = JSON.stringify(all.map(({ name, type, direction, nulls }) => [name, type, direction, nulls]));
  const columns = keys.map((key, place) => sql`, ${carried(key)} AS ${sql.ref(`sort_${place}`)}`);
  const beginnings = new Map<boolean, readonly Segment[]>();
  const valuesIn = (cursor: string, backward: boolean) =>
    decodeCursor(order, all, cursor, backward ? "before" : "after");
  return {
    names: [...keys.map((_, place) => `sort_${place}`), id.column],
    columns: sql.join(columns, sql``),
    orderBy: (backward) => orderOf(all, backward),
    beyond: (cursor, backward) => beyond(all, valuesIn(cursor, backward), backward),
    valuesIn,
    segmentsFrom: (values, backward) => segmentsOf(all, values, backward),
    segments: (cursor, backward) => {
      if (cursor !== undefined) return segmentsOf(all, valuesIn(cursor, backward), backward);
      const known = beginnings.get(backward) ?? segmentsOf(all, undefined, backward);
      beginnings.set(backward, known);
      return known;
    },
    cursor: (row) =>
      encodeCursor(
        order,
        all.map(({ type }, place) => cursorValue(type, row[place < keys.length ? `sort_${place}` : id.column])),
      ),
  };
}

/** A key as a row carries it: instants and dates as JSON, which no driver rounds or moves to another time zone. */
const carried = ({ type, expression }: SortKey): RawBuilder<unknown> =>
  type === "instant" || type === "date" ? sql`to_jsonb(${expression})` : expression;

/** How values of a kind are ordered; kinds that are missing here have no order. */
export const KEY_TYPES: Readonly<Partial<Record<FieldKind, KeyType>>> = {
  text: "text",
  choice: "text",
  int: "int",
  boolean: "boolean",
  instant: "instant",
  date: "date",
  id: "uuid",
};

/** How an attribute that is ordered by is known to be: of one sort, and kept in order under an alias of `user_attribute`. */
export interface KnownAttribute {
  sort: "number" | "text";
  orderedAs: string | undefined;
}

/** The keys of an order by one custom attribute. Of one that is not defined: numbers by size, then texts; other values count as missing. */
export function attributeKeys(
  attributes: RawBuilder<unknown>,
  key: string,
  way: Pick<SortKey, "direction" | "nulls">,
  known?: KnownAttribute,
): SortKey[] {
  const json = sql`(${attributes} -> ${key}::text)`;
  const common = { ...way, name: `attributes.${key}`, nullable: true };
  const kept = (column: string, otherwise: RawBuilder<unknown>) =>
    known?.orderedAs === undefined ? otherwise : sql`${sql.ref(`${known.orderedAs}.${column}`)}`;
  const keys: SortKey[] = [
    { ...common, expression: kept("number", sql`json_number(${json})`), type: "number" },
    { ...common, expression: kept("text", sql`json_text(${json})`), type: "text" },
  ];
  return known ? keys.filter(({ type }) => type === known.sort) : keys;
}

const ascends = (key: SortKey, backward: boolean): boolean => (key.direction === "ASC") !== backward;
const nullsLast = (key: SortKey, backward: boolean): boolean => (key.nulls === "LAST") !== backward;

/** A key as it is compared: texts, and lists of them, by the one collation. */
const compared = ({ type, expression }: SortKey): RawBuilder<unknown> =>
  type === "text" || type === "textArray" ? sql`${expression} COLLATE "und-x-icu"` : expression;

function ordering(key: SortKey, backward: boolean): RawBuilder<unknown> {
  const direction = ascends(key, backward) ? "ASC" : "DESC";
  // Where values cannot be missing the clause would only keep PostgreSQL from reading an index backward.
  const nulls = key.nullable ? ` NULLS ${nullsLast(key, backward) ? "LAST" : "FIRST"}` : "";
  return sql`${compared(key)} ${sql.raw(direction + nulls)}`;
}

const CASTS: Readonly<Record<KeyType, string>> = {
  text: "text",
  textArray: "text[]",
  int: "int8",
  bigint: "int8",
  number: "float8",
  boolean: "boolean",
  instant: "timestamptz",
  date: "date",
  uuid: "uuid",
};

const parameter = ({ type }: SortKey, value: unknown): RawBuilder<unknown> => sql`${value}::${sql.raw(CASTS[type])}`;

const comparison = (key: SortKey, backward: boolean): RawBuilder<unknown> =>
  sql.raw(ascends(key, backward) ? ">" : "<");

/** At most two, one at least: those with the first key and those without it, as far as they are not passed. */
function segmentsOf(keys: readonly SortKey[], values: readonly unknown[] | undefined, backward: boolean): Segment[] {
  const [first, ...rest] = keys as [SortKey, ...SortKey[]];
  const behind = (some: readonly SortKey[], from: number): Sql =>
    values ? beyond(some, values.slice(from), backward) : sql<SqlBool>`true`;
  if (!first.nullable) return [{ condition: behind(keys, 0), orderBy: orderOf(keys, backward) }];
  // Where a key cannot be missing, its order says nothing of missing values, and is that of the index.
  const certain: readonly SortKey[] = [{ ...first, nullable: false }, ...rest];
  const orderBy = orderOf(certain, backward);
  const [present, missing] = [sql`${first.expression} IS NOT NULL`, sql`${first.expression} IS NULL`];
  const inMissing = values !== undefined && values[0] === null;
  const segment = (which: RawBuilder<unknown>, further: Sql): Segment => ({
    condition: sql`(${which} AND ${further})`,
    orderBy,
  });
  const all = sql<SqlBool>`true`;
  const withKey = segment(present, inMissing ? all : behind(certain, 0));
  const without = segment(missing, inMissing ? behind(rest, 1) : all);
  const [before, after] = nullsLast(first, backward) ? [withKey, without] : [without, withKey];
  const passed = values !== undefined && inMissing === nullsLast(first, backward);
  return passed ? [after] : [before, after];
}

const orderOf = (keys: readonly SortKey[], backward: boolean): RawBuilder<unknown> =>
  sql.join(keys.map((key) => ordering(key, backward)));

/** The first rows of the segments, so many in all: the second is read only where the first has too few. */
export function inSegments(
  segments: readonly Segment[],
  limit: number,
  select: (condition: Sql) => RawBuilder<unknown>,
): RawBuilder<unknown> {
  const [first, second] = segments.map(({ condition, orderBy }) => sql`${select(condition)} ORDER BY ${orderBy}`);
  if (!first || !second) return sql`${first} LIMIT ${sql.lit(limit)}`;
  return sql`WITH first AS MATERIALIZED (${first} LIMIT ${sql.lit(limit)}),
    second AS MATERIALIZED (${second} LIMIT ${sql.lit(limit)} - (SELECT count(*) FROM first))
    SELECT * FROM first UNION ALL SELECT * FROM second`;
}

/** Where all keys run the same way and have values, one comparison of rows; else an alternative for each key that may differ first. */
function beyond(keys: readonly SortKey[], values: readonly unknown[], backward: boolean): Sql {
  const [first] = keys;
  if (!first) return sql`false`;
  const valueAt = (place: number): unknown => values[place] ?? null;
  if (keys.every((key) => !key.nullable && key.direction === first.direction)) {
    const right = sql.join(keys.map((key, place) => parameter(key, valueAt(place))));
    return sql`(${sql.join(keys.map(compared))}) ${comparison(first, backward)} (${right})`;
  }
  const alternatives = keys.map((key, place) => {
    const same = keys.slice(0, place).map((before, i) => equals(before, valueAt(i)));
    return sql`(${sql.join([...same, comesAfter(key, valueAt(place), backward)], sql` AND `)})`;
  });
  return sql`(${leadingBound(first, valueAt(0), backward)}(${sql.join(alternatives, sql` OR `)}))`;
}

const equals = (key: SortKey, value: unknown): Sql =>
  value === null ? sql`${key.expression} IS NULL` : sql`${compared(key)} = ${parameter(key, value)}`;

function comesAfter(key: SortKey, value: unknown, backward: boolean): Sql {
  if (value === null) return nullsLast(key, backward) ? sql`false` : sql`${key.expression} IS NOT NULL`;
  const further = sql<SqlBool>`${compared(key)} ${comparison(key, backward)} ${parameter(key, value)}`;
  return key.nullable && nullsLast(key, backward) ? sql`(${further} OR ${key.expression} IS NULL)` : further;
}

/** What the alternatives have in common about the first key, so that the scan of an index can begin there. */
function leadingBound(key: SortKey, value: unknown, backward: boolean): RawBuilder<unknown> {
  const last = nullsLast(key, backward);
  if (value === null) return last ? sql`${key.expression} IS NULL AND ` : sql``;
  if (key.nullable && last) return sql``;
  return sql`${compared(key)} ${comparison(key, backward)}= ${parameter(key, value)} AND `;
}
