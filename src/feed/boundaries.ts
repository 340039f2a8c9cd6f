import { type Kysely, sql } from "kysely";
import type { Tables } from "../database/tables.ts";
import { conflict } from "../kernel/errors.ts";
import { isRelative } from "../search/fields-used.ts";
import type { Filter } from "../search/filter.ts";

/**
 * How many boundaries relative to now all followed searches, and access rules that bound sight, may have between them, each a field and a distance from now. One that several have
 * counts once. Every commit and every look at the clock probes an index for each: a thousand take some milliseconds.
 */
export const FOLLOWED_BOUNDARIES = 1_000;

/**
 * Refuses a filter with CONFLICT where its boundaries would be more than are followed; those that others have already are always welcome. Of
 * filters that come at the same moment each is measured by itself.
 */
export async function requireFollowable(db: Kysely<Tables>, filter: Filter, inputPath?: string): Promise<void> {
  if (!isRelative(filter)) return;
  const { rows } = await sql<{ known: number; fresh: number }>`
    SELECT (SELECT count(*)::integer FROM time_edge WHERE filters > 0) AS known, count(*)::integer AS fresh
    FROM time_edges_of(${JSON.stringify(filter)}::jsonb) e
    WHERE NOT EXISTS (SELECT FROM time_edge t WHERE (t.field, t.key, t.months, t.rest) = (e.field, e.key, e.months, e.rest) AND t.filters > 0)`.execute(
    db,
  );
  const { known, fresh } = rows[0] as (typeof rows)[number];
  if (fresh > 0 && known + fresh > FOLLOWED_BOUNDARIES)
    throw conflict(
      `No more than ${FOLLOWED_BOUNDARIES} different distances from now are followed in all searches and access rules together: use one that others use, or compare with a date.`,
      { limit: FOLLOWED_BOUNDARIES, ...(inputPath ? { inputPath } : {}) },
    );
}
