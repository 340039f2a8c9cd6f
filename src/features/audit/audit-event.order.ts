import { type SqlBool, sql } from "kysely";
import { decodeCursor, encodeCursor } from "../../search/cursor.ts";
import type { Keyset } from "../../search/order.ts";

const CURSOR_ORDER = "audit events by position";
const CURSOR_KEYS = [
  { type: "bigint", nullable: false },
  { type: "int", nullable: false },
] as const;

/** Events by their place in the log. A cursor holds for either direction. */
export function eventKeyset(direction: "ASC" | "DESC"): Keyset {
  const ascends = (backward: boolean) => (direction === "ASC") !== backward;
  const orderBy = (backward: boolean) =>
    sql.raw(ascends(backward) ? "commit_number, ordinal" : "commit_number DESC, ordinal DESC");
  const valuesIn: Keyset["valuesIn"] = (cursor, backward) =>
    decodeCursor(CURSOR_ORDER, CURSOR_KEYS, cursor, backward ? "before" : "after");
  const behind = ([commit, ordinal]: readonly unknown[], backward: boolean) =>
    sql<SqlBool>`(commit_number, ordinal) ${sql.raw(ascends(backward) ? ">" : "<")} (${commit}::bigint, ${ordinal}::integer)`;
  const beyond: Keyset["beyond"] = (cursor, backward) => behind(valuesIn(cursor, backward), backward);
  return {
    names: ["sort_0", "sort_1"],
    columns: sql`, commit_number AS sort_0, ordinal AS sort_1`,
    orderBy,
    beyond,
    valuesIn,
    segmentsFrom: (values, backward) => [{ condition: behind(values, backward), orderBy: orderBy(backward) }],
    segments: (cursor, backward) => [
      { condition: cursor === undefined ? sql`true` : beyond(cursor, backward), orderBy: orderBy(backward) },
    ],
    cursor: ({ sort_0, sort_1 }) => encodeCursor(CURSOR_ORDER, [String(sort_0), Number(sort_1)]),
  };
}
