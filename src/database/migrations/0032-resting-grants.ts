import { Migration } from "@mikro-orm/migrations";

/** Grants of people who are not ACTIVE rest: search rows say no role and no permission of them (schema/LIFECYCLE.md). */
export class Migration0032RestingGrants extends Migration {
  override up(): void {
    this.addSql(IN_FORCE);
    this.addSql(REST);
  }
}

const IN_FORCE = `
-- Whatever else the function has learned by now stays.
DO $do$
DECLARE
  definition text := pg_get_functiondef('user_search_of(uuid[], timestamptz)'::regprocedure);
  held CONSTANT text := 'WHERE g.user_id = u.id AND g.revoked_at IS NULL
        AND g.starts_at <= instant';
BEGIN
  IF position(held IN definition) = 0 THEN RAISE EXCEPTION 'user_search_of is another than was expected'; END IF;
  EXECUTE replace(definition, held, 'WHERE u.status = ''ACTIVE'' AND g.user_id = u.id AND g.revoked_at IS NULL
        AND g.starts_at <= instant');
END $do$;
`;

const REST = `
-- Who rests already is written down by a commit of the clock's: it takes its number at once, and leaves the transaction its own.
DO $do$
DECLARE
  head feed_head;
  instant timestamptz;
  resting uuid[] := ARRAY(SELECT user_id FROM user_search WHERE status <> 'ACTIVE' AND (role_keys <> '{}' OR permissions <> '{}'));
BEGIN
  IF resting = '{}' THEN RETURN; END IF;
  SELECT * INTO head FROM feed_head FOR UPDATE;
  instant := greatest(head.at, rollcall_now());
  IF log_time(head.number + 1, head.at, instant, ARRAY(SELECT DISTINCT time_crossers(head.at, instant)), resting) THEN
    UPDATE feed_head SET number = number + 1, since = at, at = instant;
  END IF;
END $do$;
`;
