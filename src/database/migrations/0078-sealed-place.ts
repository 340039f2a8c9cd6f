import { Migration } from "@mikro-orm/migrations";

/** What is sealed up to a place stands up to that place: a change behind it could stand in for one before it, which would be in no log then. */
export class Migration0078SealedPlace extends Migration {
  override up(): void {
    this.addSql(WITHIN);
  }
}

const WITHIN = `
DO $do$
DECLARE
  was text := pg_get_functiondef((SELECT oid FROM pg_proc WHERE proname = 'seal_events' AND pronamespace = 'public'::regnamespace));
  is_now text := replace(was, '  WHERE e.place = s.place;',
    '  WHERE e.place = s.place AND (s.commit_number, s.ordinal) <= (through_commit, through_ordinal);');
BEGIN
  IF is_now = was THEN RAISE EXCEPTION 'seal_events is another than was expected'; END IF;
  EXECUTE is_now;
END $do$;
`;
