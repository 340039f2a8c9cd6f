import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { type Kysely, sql } from "kysely";
import type { Tables } from "../database/tables.ts";

/*
 * Search rows are derived, and no audit events: what they should be follows from the tables that the log is compared with. A row is right at the
 * instant that it was reckoned at, or that grants have been brought up to since; whoever is still to be told of far-reaching changes is left out.
 */

/** People whose rows are compared at a time. */
const BATCH = 500;
/** A row that is brought up to date meanwhile is looked at again. */
const LOOKS = 4;
const PAUSE_MS = 250;

type Image = Readonly<Record<string, unknown>>;

/** A search row that is another than follows from the tables. */
export interface DerivedDifference {
  userId: string;
  /** Null where there should be none, or is none. */
  kept: Image | null;
  derived: Image | null;
}

/** The columns in which two images of a row differ. */
export const differingColumns = (kept: Image, derived: Image): string[] =>
  Object.keys(derived).filter((column) => !isDeepStrictEqual(kept[column] ?? null, derived[column] ?? null));

/** Every search row that is not what the directory's tables make it. Reads only, and lets others write meanwhile. */
export async function* wrongSearchRows(db: Kysely<Tables>): AsyncGenerator<DerivedDifference> {
  let after = "00000000-0000-0000-0000-000000000000";
  for (;;) {
    const people = await peopleAfter(db, after);
    let wrong = await differencesOf(db, people);
    for (let look = 2; look <= LOOKS && wrong.length > 0; look++) {
      await sleep(PAUSE_MS);
      const ids = wrong.map(({ userId }) => userId);
      wrong = await differencesOf(db, ids);
    }
    yield* wrong;
    const last = people.at(-1);
    if (last === undefined || people.length < BATCH) return;
    after = last;
  }
}

/** The next who have an account or a search row. */
async function peopleAfter(db: Kysely<Tables>, after: string): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    (SELECT id FROM user_account WHERE id > ${after}::uuid ORDER BY id LIMIT ${BATCH})
    UNION (SELECT user_id FROM user_search WHERE user_id > ${after}::uuid ORDER BY user_id LIMIT ${BATCH})
    ORDER BY id LIMIT ${BATCH}`.execute(db);
  return rows.map(({ id }) => id);
}

async function differencesOf(db: Kysely<Tables>, people: readonly string[]): Promise<DerivedDifference[]> {
  const { rows } = await sql<DerivedDifference>`
    WITH person AS MATERIALIZED (
      SELECT id FROM unnest(${people}::uuid[]) p (id) WHERE NOT EXISTS (SELECT FROM trail_person t WHERE t.user_id = p.id)),
    asked AS (
      SELECT DISTINCT p.id, instant.at FROM person p LEFT JOIN user_search s ON s.user_id = p.id CROSS JOIN time_passed passed
      CROSS JOIN LATERAL (VALUES (greatest(s.reckoned_at, passed.at)), (passed.at)) instant (at)),
    derived AS MATERIALIZED (
      SELECT one.user_id, moment.at, to_jsonb(one) AS image FROM (SELECT at, array_agg(id) AS ids FROM asked GROUP BY at) moment
      CROSS JOIN LATERAL user_search_of(moment.ids, moment.at) one)
    SELECT p.id AS "userId", to_jsonb(s) AS kept,
      (SELECT d.image FROM derived d WHERE d.user_id = p.id ORDER BY d.at DESC LIMIT 1) AS derived
    FROM person p LEFT JOIN user_search s ON s.user_id = p.id
    WHERE NOT EXISTS (SELECT FROM derived d WHERE d.user_id = p.id AND d.image = to_jsonb(s))
    ORDER BY p.id`.execute(db);
  return rows;
}
