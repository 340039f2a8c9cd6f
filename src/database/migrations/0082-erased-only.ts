import { Migration } from "@mikro-orm/migrations";

/** Nobody's past can be taken out of the log who was not erased. */
export class Migration0082ErasedOnly extends Migration {
  override up(): void {
    this.addSql(ERASED);
  }
}

const ERASED = `
DO $do$
DECLARE
  was text := pg_get_functiondef('finish_erasure(uuid)'::regprocedure);
  found text := '  IF NOT FOUND THEN RETURN false; END IF;';
BEGIN
  IF position(found IN was) = 0 THEN RAISE EXCEPTION 'finish_erasure is another than was expected'; END IF;
  EXECUTE replace(was, found, found || '
  IF NOT EXISTS (SELECT FROM user_account WHERE id = erasure.user_id AND erased_at IS NOT NULL) THEN
    RAISE EXCEPTION ''this person is not erased'' USING ERRCODE = ''object_not_in_prerequisite_state'';
  END IF;');
END $do$;
`;
