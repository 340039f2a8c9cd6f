import { Migration } from "@mikro-orm/migrations";

/** No time passes in what trails, also where it is told before somebody's commit: it bears the instant of the commit before it, as always. */
export class Migration0081TrailingInstant extends Migration {
  override up(): void {
    this.addSql(STILL);
  }
}

const STILL = `
DO $do$
DECLARE
  was text := pg_get_functiondef('number_commit()'::regprocedure);
  trail text := 'free := log_trail(near_people(touched), head.number, head.since, head.at);';
  moved text := 'UPDATE feed_head SET number = free, since = at RETURNING * INTO head;';
BEGIN
  IF position(trail IN was) = 0 OR position(moved IN was) = 0 THEN RAISE EXCEPTION 'number_commit is another than was expected'; END IF;
  EXECUTE replace(replace(was, trail, 'free := log_trail(near_people(touched), head.number, head.since, head.since);'),
    moved, 'UPDATE feed_head SET number = free RETURNING * INTO head;');
END $do$;
`;
