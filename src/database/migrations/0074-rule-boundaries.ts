import { Migration } from "@mikro-orm/migrations";

/** Time tells of whoever comes into the sight that an access rule leaves by a distance from now, and whom such a rule concerns, as it does for searches (schema/FEED.md, "Time"). */
export class Migration0074RuleBoundaries extends Migration {
  override up(): void {
    this.addSql(FOLLOWED);
    this.addSql(NUMBER);
    this.addSql(PRESENT);
  }
}

const FOLLOWED = `
-- The filter of a row of which time is to tell who crosses its boundaries: a saved search's; or, of an access rule on the object, whom it concerns and whom it leaves in sight.
CREATE FUNCTION followed_filter(of_table text, of_row jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE of_table WHEN 'saved_search' THEN of_row->'filter'
    WHEN 'access_rule' THEN CASE WHEN jsonb_typeof(of_row->'object') = 'object' THEN jsonb_build_object('kind', 'and', 'of', jsonb_build_array(
      of_row->'actor', CASE WHEN of_row->'permissions' ? 'USER_READ' THEN of_row->'object' END)) END END
$$;
`;

const NUMBER = `
DO $do$
DECLARE
  definition text := pg_get_functiondef('number_commit()'::regprocedure);
  sides CONSTANT text := '(VALUES (c.before->''filter'', -1), (c.after->''filter'', 1))';
  searches CONSTANT text := 'c.table_name = ''saved_search''';
BEGIN
  IF position(sides IN definition) = 0 OR position(searches IN definition) = 0 THEN RAISE EXCEPTION 'number_commit is another than was expected'; END IF;
  definition := replace(definition, sides, '(VALUES (followed_filter(c.table_name, c.before), -1), (followed_filter(c.table_name, c.after), 1))');
  EXECUTE replace(definition, searches, 'c.table_name IN (''saved_search'', ''access_rule'')');
END $do$;
`;

const PRESENT = `
SELECT count_edges(array_agg(followed_filter('access_rule', to_jsonb(r))), array_agg(1), h.at) FROM access_rule r CROSS JOIN feed_head h
WHERE r.object IS NOT NULL GROUP BY h.at;
`;
