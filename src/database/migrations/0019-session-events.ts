import { Migration } from "@mikro-orm/migrations";

/**
 * What the audit log calls what happens to a session: where something else ended it (its person was suspended, their password was set), that it
 * ended; else what the commit was about.
 */
export class Migration0019SessionEvents extends Migration {
  override up(): void {
    this.addSql(`
DO $$
DECLARE
  was text := pg_get_functiondef('audit_action(text, text, text, text, jsonb, jsonb)'::regprocedure);
  is_now text := replace(was, 'WHEN ''audit_attempt'' THEN CASE operation',
    'WHEN ''session'' THEN CASE
      WHEN starts_with(commit_action, ''session.'') THEN commit_action
      WHEN operation = ''INSERT'' THEN ''session.started''
      WHEN operation = ''DELETE'' THEN ''session.removed''
      WHEN before->>''ended_at'' IS NULL AND after->>''ended_at'' IS NOT NULL THEN ''session.ended''
      ELSE ''session.changed'' END
    WHEN ''audit_attempt'' THEN CASE operation');
BEGIN
  IF is_now = was THEN RAISE EXCEPTION 'audit_action does not know audit_attempt'; END IF;
  EXECUTE is_now;
END $$;
`);
  }
}
