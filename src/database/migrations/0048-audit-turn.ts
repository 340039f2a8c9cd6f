import { Migration } from "@mikro-orm/migrations";

/**
 * The turn of a month in the audit log no longer keeps anybody waiting; rows are compared with the log by themselves; what is not sealed yet can be
 * asked about without being worked out; and it is known without a look at every version when the past begins.
 */
export class Migration0048AuditTurn extends Migration {
  override up(): void {
    this.addSql(TURN);
    this.addSql(BY_ROW);
    this.addSql(CLEAR);
    this.addSql(BEGINNING);
  }
}

const TURN = `
-- The longest that whoever reads the log waits behind an attempt to begin a month.
ALTER FUNCTION begin_audit_partition(date, bigint, bigint, bytea) SET lock_timeout = '100ms';

-- Where the written partition will end, once the log holds a commit of a later month: at the first such commit. A check of that bound is put
-- on it, which its present rows are not held to yet. Gives its name; null where there is nothing to end.
CREATE FUNCTION bound_audit_partition() RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '100ms' AS $$
DECLARE
  written audit_partition;
  first_commit bigint;
BEGIN
  SELECT * INTO written FROM audit_partition WHERE to_commit IS NULL;
  SELECT number INTO first_commit FROM commit
  WHERE at >= (written.month + interval '1 month') AT TIME ZONE 'UTC' ORDER BY at, number LIMIT 1;
  IF first_commit IS NULL THEN RETURN NULL; END IF;
  IF NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = to_regclass(quote_ident(written.name)) AND conname = 'audit_log_bounds') THEN
    EXECUTE format('ALTER TABLE %I ADD CONSTRAINT audit_log_bounds CHECK (commit_number >= %s AND commit_number < %s) NOT VALID',
      written.name, written.from_commit, first_commit);
  END IF;
  RETURN written.name;
END $$;
REVOKE ALL ON FUNCTION bound_audit_partition() FROM PUBLIC;

-- Holds all rows of the partition to the check, while others read and write; so that it can be attached with its bounds without being read
-- under a lock that keeps everybody out.
CREATE FUNCTION prove_audit_bounds() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  bounded text := (SELECT p.name FROM audit_partition p JOIN pg_constraint c ON c.conrelid = to_regclass(quote_ident(p.name))
    WHERE p.to_commit IS NULL AND c.conname = 'audit_log_bounds' AND NOT c.convalidated);
BEGIN
  IF bounded IS NOT NULL THEN
    EXECUTE format('ALTER TABLE %I VALIDATE CONSTRAINT audit_log_bounds', bounded);
  END IF;
END $$;
REVOKE ALL ON FUNCTION prove_audit_bounds() FROM PUBLIC;
`;

const BY_ROW = `
-- What the log says of a row, for comparing.
CREATE INDEX audit_log_row ON audit_log (row_id);
DO $$ DECLARE detached text; BEGIN
  FOR detached IN SELECT name FROM audit_partition WHERE detached_at IS NOT NULL AND to_regclass(quote_ident(name)) IS NOT NULL LOOP
    EXECUTE format('CREATE INDEX ON %I (row_id)', detached);
  END LOOP;
END $$;
`;

const CLEAR = `
-- What the sealer has not sealed yet, as far as it stands in clear when it is: what is dear to work out is so only for rows of which it is asked.
CREATE VIEW unsealed_clear AS
SELECT c.number AS commit_number, ch.ordinal, c.at,
  audit_action(c.kind, c.action, ch.table_name, ch.operation, ch.before, ch.after) AS action,
  CASE WHEN ch.table_name = 'audit_attempt' AND ch.operation = 'INSERT' THEN ch.after->>'outcome' ELSE 'SUCCESS' END AS outcome,
  c.kind, c.actor_kind, c.actor_id, c.operation_id, c.request_id, ch.table_name, ch.row_id, ch.operation,
  subject.kind AS subject_kind, subject.id AS subject_id,
  CASE subject.kind WHEN 'User' THEN (SELECT place.unit_id FROM place_at(subject.id, c.number) place) END AS unit_id,
  CASE subject.kind WHEN 'User' THEN coalesce((SELECT place.unit_path FROM place_at(subject.id, c.number) place), '{}') ELSE '{}' END AS unit_path,
  (SELECT changed.fields FROM audit_changed(ch.table_name, ch.before, ch.after, ch.hidden) changed) AS fields,
  c.ip, ch.commit_id
FROM feed_consumer done
JOIN commit c ON c.number >= done.commit_number
JOIN change ch ON ch.commit_id = c.id AND NOT ch.derived AND ch.ordinal > CASE c.number WHEN done.commit_number THEN done.ordinal ELSE 0 END
CROSS JOIN LATERAL audit_subject(ch.table_name, ch.row_id, coalesce(ch.after, ch.before), c.actor_kind, c.actor_id) subject
WHERE done.name = 'audit';
`;

const BEGINNING = `
-- When the first version that was ever written began; unknown until then.
ALTER TABLE version_head ADD COLUMN first_at timestamptz(3);
UPDATE version_head SET first_at = (SELECT min(valid_from) FROM user_version);

DO $do$
DECLARE
  was text := pg_get_functiondef('advance_user_versions(integer)'::regprocedure);
  is_now text := replace(was, '  RETURN rows = batch OR commits = batch;',
    '  IF rows > 0 AND (SELECT first_at IS NULL FROM version_head) THEN
    UPDATE version_head SET first_at = (SELECT min(valid_from) FROM user_version);
  END IF;
  RETURN rows = batch OR commits = batch;');
BEGIN
  IF is_now = was THEN RAISE EXCEPTION 'advance_user_versions is another than was expected'; END IF;
  EXECUTE is_now;
END $do$;
`;
