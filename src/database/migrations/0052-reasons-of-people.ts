import { Migration } from "@mikro-orm/migrations";

/**
 * A reason that is given for a step of one person is told, and sealed, with what happened to that person alone: it went to whoever's records the
 * step changed beside theirs, under whose keys it outlived the person's erasure.
 */
export class Migration0052ReasonsOfPeople extends Migration {
  override up(): void {
    this.addSql(ABOUT);
    this.addSql(EVENTS);
  }
}

const ABOUT = `
-- The people of whom alone the reason speaks; null: of everything that the commit changed.
ALTER TABLE commit ADD COLUMN about uuid[];

-- One place of the function is replaced, whatever else it has learned by now.
DO $do$
DECLARE
  was text := pg_get_functiondef('number_commit()'::regprocedure);
  is_now text := replace(was, 'SET number = head.number, at = head.at, since = head.since WHERE id = NEW.id;',
    'SET number = head.number, at = head.at, since = head.since,
    about = string_to_array(nullif(current_setting(''rollcall.about'', true), ''''), '' '')::uuid[] WHERE id = NEW.id;');
BEGIN
  IF is_now = was THEN RAISE EXCEPTION 'number_commit is another than was expected'; END IF;
  EXECUTE is_now;
END $do$;
`;

const EVENTS = `
CREATE OR REPLACE VIEW unsealed_event AS
SELECT c.number AS commit_number, ch.ordinal, c.at,
  audit_action(c.kind, c.action, ch.table_name, ch.operation, ch.before, ch.after) AS action,
  CASE WHEN ch.table_name = 'audit_attempt' AND ch.operation = 'INSERT' THEN ch.after->>'outcome' ELSE 'SUCCESS' END AS outcome,
  c.kind, c.actor_kind, c.actor_id, c.operation_id, c.request_id, ch.table_name, ch.row_id, ch.operation,
  subject.kind AS subject_kind, subject.id AS subject_id, place.unit_id, coalesce(place.unit_path, '{}') AS unit_path,
  changed.fields, changed.columns, ch.before, ch.after,
  CASE WHEN c.about IS NULL OR subject.id = ANY (c.about) THEN c.reason END AS reason,
  c.actor_name, c.ip, ch.commit_id, concat_ws(' ', place.unit_id, place.unit_path) AS place
FROM feed_consumer done
JOIN commit c ON c.number >= done.commit_number
JOIN change ch ON ch.commit_id = c.id AND NOT ch.derived AND ch.ordinal > CASE c.number WHEN done.commit_number THEN done.ordinal ELSE 0 END
CROSS JOIN LATERAL audit_subject(ch.table_name, ch.row_id, coalesce(ch.after, ch.before), c.actor_kind, c.actor_id) subject
LEFT JOIN LATERAL place_at(subject.id, c.number) place ON subject.kind = 'User'
CROSS JOIN LATERAL audit_changed(ch.table_name, ch.before, ch.after, ch.hidden) changed
WHERE done.name = 'audit';
`;
