import { Migration } from "@mikro-orm/migrations";

/** A month stays in the audit log as long as the log can be resumed from within it: whoever resumes there is told its events from it. */
export class Migration0083ResumableMonths extends Migration {
  override up(): void {
    this.addSql(RESUMABLE);
  }
}

const RESUMABLE = `
DO $do$
DECLARE
  was text := pg_get_functiondef('detach_audit_partitions(integer)'::regprocedure);
  kept text := 'WHERE detached_at IS NULL AND (to_commit IS NULL OR month + interval ''1 month'' > cutoff))';
BEGIN
  IF position(kept IN was) = 0 THEN RAISE EXCEPTION 'detach_audit_partitions is another than was expected'; END IF;
  EXECUTE replace(was, kept, 'WHERE detached_at IS NULL AND (to_commit IS NULL OR month + interval ''1 month'' > cutoff
        OR to_commit > (SELECT min(number) FROM commit)))');
END $do$;
`;
