import { Migration } from "@mikro-orm/migrations";

/** What time did is told of filters that nobody saved also where their lease lapsed meanwhile, and found missing where the position's own commit is gone (schema/FEED.md, "Time"). */
export class Migration0075LapsedFilters extends Migration {
  override up(): void {
    this.addSql(PASS);
    this.addSql(MISSED);
  }
}

const PASS = `
DO $do$
DECLARE
  definition text := pg_get_functiondef('pass_time()'::regprocedure);
  lapse CONSTANT text := E'  DELETE FROM live_filter WHERE held_until < instant;\\n';
  found CONSTANT text := E'  people := ARRAY(SELECT DISTINCT time_crossers(head.at, instant));\\n';
BEGIN
  IF position(lapse IN definition) = 0 OR position(found IN definition) = 0 THEN RAISE EXCEPTION 'pass_time is another than was expected'; END IF;
  EXECUTE replace(replace(definition, lapse, ''), found, found || E'  -- What lapsed in this stretch was followed to its end: whoever holds it may only have stood still.\\n'
    || lapse || E'  DELETE FROM time_edge WHERE filters <= 0;\\n');
END $do$;
`;

const MISSED = `
-- The instant at which a filter is asked at the position behind a commit, of which the next one knows as well.
CREATE OR REPLACE FUNCTION time_missed(filter jsonb, after_commit bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (
    SELECT FROM (SELECT coalesce(
        (SELECT c.at FROM commit c WHERE c.number = after_commit),
        (SELECT c.since FROM commit c WHERE c.number = after_commit + 1),
        (SELECT h.at FROM feed_head h WHERE h.number = after_commit)) AS at) place
    CROSS JOIN LATERAL (
      SELECT max(coalesce(t.since, h.at)) AS since FROM feed_head h CROSS JOIN time_edges_of(filter) e LEFT JOIN time_edge t USING (field, key, months, rest)) followed
    CROSS JOIN LATERAL crossers_of(filter, place.at, followed.since) WHERE place.at < followed.since) $$;
`;
