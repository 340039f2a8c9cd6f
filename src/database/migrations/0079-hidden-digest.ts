import { Migration } from "@mikro-orm/migrations";

/**
 * What is hidden from the log is in it as a digest: so comparing tables with the log finds what was written unseen where it is worth most, in
 * hashes of tokens and passwords, second factors, and what waits to be carried out.
 */
export class Migration0079HiddenDigest extends Migration {
  override up(): void {
    this.addSql(DIGEST);
    this.addSql(CAPTURE);
    this.addSql(AGAIN);
    this.addSql(UNSEALED);
    this.addSql(FORGET);
  }
}

const DIGEST = `
-- One row. With this key, which stands beside the tables and not in the log, nobody who has the log alone can try what a hidden value was.
CREATE TABLE digest_key (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  key bytea NOT NULL
);
INSERT INTO digest_key (key) SELECT sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8'));

-- What the log holds of a hidden value: equal values of a row have the same, those of two rows have not. Null of none.
CREATE FUNCTION hidden_digest(of_row uuid, value anyelement) RETURNS text LANGUAGE plpgsql STABLE
SET search_path = public, pg_temp SET bytea_output = hex SET timezone = 'UTC' AS $$
BEGIN
  RETURN (SELECT encode(sha256(key || convert_to(of_row::text || ' ' || to_jsonb(value)::text, 'UTF8')), 'base64') FROM digest_key);
END $$;

-- By column, of a row's hidden columns as they are after a change.
ALTER TABLE change ADD COLUMN digests jsonb;
`;

const CAPTURE = `
-- As before (see 0003), but that the log holds digests of hidden columns.
CREATE OR REPLACE FUNCTION capture_table(captured regclass, is_derived boolean DEFAULT false, hidden text[] DEFAULT '{}')
RETURNS void LANGUAGE plpgsql AS $install$
DECLARE
  name text := (SELECT relname FROM pg_class WHERE oid = captured AND relkind = 'r');
  key text;
  instants text;
  before text;
  after text;
  hidden_before text := 'NULL::text';
  hidden_after text := 'NULL::text';
  hidden_both text := 'NULL::text';
  digests text := 'NULL::jsonb';
  operation text;
BEGIN
  SELECT a.attname INTO STRICT key FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
  WHERE i.indrelid = captured AND i.indisprimary AND i.indnkeyatts = 1 AND a.atttypid = 'uuid'::regtype;
  SELECT string_agg(format('%L, instant_text(%%1$s.%I)', attname, attname), ', ' ORDER BY attnum) INTO instants FROM pg_attribute
  WHERE attrelid = captured AND attnum > 0 AND NOT attisdropped AND atttypid = 'timestamptz'::regtype AND attname <> ALL (hidden);
  before := format('to_jsonb(%%1$s) - %L::text[]', hidden) || coalesce(' || jsonb_build_object(' || instants || ')', '');
  after := format(before, 'n');
  before := format(before, 'o');
  IF hidden <> '{}' THEN
    SELECT string_agg(format('CASE WHEN o.%I IS NOT NULL THEN %L END', c, c), ', '),
           string_agg(format('CASE WHEN n.%I IS NOT NULL THEN %L END', c, c), ', '),
           string_agg(format('CASE WHEN o.%I IS DISTINCT FROM n.%I THEN %L END', c, c, c), ', ')
    INTO hidden_before, hidden_after, hidden_both FROM unnest(hidden) c;
    SELECT 'jsonb_build_object(' || string_agg(format('%L, hidden_digest(n.%I, n.%I)', c, key, c), ', ') || ')' INTO digests FROM unnest(hidden) c;
  END IF;

  -- The pairs of an update are found by a FULL JOIN, which the planner cannot turn into a loop over all pairs.
  EXECUTE format($function$
    CREATE OR REPLACE FUNCTION %1$I() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp SET timezone = 'UTC' SET jit = off AS $body$
    DECLARE
      own bigint;
      last integer;
    BEGIN
      IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM new_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), %9$L, n.%2$I, TG_OP, %4$s, array_remove(ARRAY[%6$s], NULL), %10$s, %8$L FROM new_rows n;
      ELSIF TG_OP = 'DELETE' THEN
        IF NOT EXISTS (SELECT FROM old_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, hidden, derived)
        SELECT own, last + row_number() OVER (), %9$L, o.%2$I, TG_OP, %3$s, array_remove(ARRAY[%5$s], NULL), %8$L FROM old_rows o;
      ELSE
        IF NOT EXISTS (SELECT FROM old_rows o FULL JOIN new_rows n ON n.%2$I = o.%2$I WHERE (o *<> n) IS NOT FALSE) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), %9$L, n.%2$I, TG_OP, %3$s, %4$s, array_remove(ARRAY[%7$s], NULL), %10$s, %8$L
        FROM old_rows o FULL JOIN new_rows n ON n.%2$I = o.%2$I WHERE (o *<> n) IS NOT FALSE;
      END IF;
      RETURN NULL;
    END $body$
  $function$, 'capture_' || name, key, before, after, hidden_before, hidden_after, hidden_both, is_derived, name, digests);
  -- Whoever may execute it could let it log made-up rows of a table of their own.
  EXECUTE format('REVOKE ALL ON FUNCTION %I() FROM PUBLIC', 'capture_' || name);

  IF EXISTS (SELECT FROM pg_trigger WHERE tgrelid = captured AND tgname = 'capture_insert') THEN RETURN; END IF;
  FOREACH operation IN ARRAY '{insert,update,delete}'::text[] LOOP
    EXECUTE format('CREATE TRIGGER capture_%1$s AFTER %1$s ON %2$s REFERENCING %3$s FOR EACH STATEMENT EXECUTE FUNCTION %4$I()',
      operation, captured,
      CASE operation WHEN 'insert' THEN 'NEW TABLE AS new_rows' WHEN 'delete' THEN 'OLD TABLE AS old_rows'
        ELSE 'OLD TABLE AS old_rows NEW TABLE AS new_rows' END,
      'capture_' || name);
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER capture_%s', captured, operation);
  END LOOP;
  EXECUTE format('CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate()', captured);
  EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER refuse_truncate', captured);
  EXECUTE format('CREATE TRIGGER refuse_key_change BEFORE UPDATE OF %1$I ON %2$s FOR EACH ROW WHEN (OLD.%1$I <> NEW.%1$I) EXECUTE FUNCTION refuse_key_change()', key, captured);
  EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER refuse_key_change', captured);
END $install$;
`;

const AGAIN = `
DO $$ DECLARE one record; BEGIN
  FOR one IN
    SELECT t.tgrelid::regclass AS captured, substring(p.prosrc FROM 'to_jsonb\\(n\\) - ''(\\{[^'']+\\})''')::text[] AS hidden
    FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid WHERE t.tgname = 'capture_insert'
  LOOP
    IF one.hidden IS NOT NULL THEN
      PERFORM capture_table(one.captured, hidden => one.hidden);
    END IF;
  END LOOP;
END $$;
`;

const UNSEALED = `
-- As before (see 0052), with the digests.
CREATE OR REPLACE VIEW unsealed_event AS
SELECT c.number AS commit_number, ch.ordinal, c.at,
  audit_action(c.kind, c.action, ch.table_name, ch.operation, ch.before, ch.after) AS action,
  CASE WHEN ch.table_name = 'audit_attempt' AND ch.operation = 'INSERT' THEN ch.after->>'outcome' ELSE 'SUCCESS' END AS outcome,
  c.kind, c.actor_kind, c.actor_id, c.operation_id, c.request_id, ch.table_name, ch.row_id, ch.operation,
  subject.kind AS subject_kind, subject.id AS subject_id, place.unit_id, coalesce(place.unit_path, '{}') AS unit_path,
  changed.fields, changed.columns, ch.before, ch.after,
  CASE WHEN c.about IS NULL OR subject.id = ANY (c.about) THEN c.reason END AS reason,
  c.actor_name, c.ip, ch.commit_id, concat_ws(' ', place.unit_id, place.unit_path) AS place, ch.digests
FROM feed_consumer done
JOIN commit c ON c.number >= done.commit_number
JOIN change ch ON ch.commit_id = c.id AND NOT ch.derived AND ch.ordinal > CASE c.number WHEN done.commit_number THEN done.ordinal ELSE 0 END
CROSS JOIN LATERAL audit_subject(ch.table_name, ch.row_id, coalesce(ch.after, ch.before), c.actor_kind, c.actor_id) subject
LEFT JOIN LATERAL place_at(subject.id, c.number) place ON subject.kind = 'User'
CROSS JOIN LATERAL audit_changed(ch.table_name, ch.before, ch.after, ch.hidden) changed
WHERE done.name = 'audit';
`;

const FORGET = `
DO $do$
DECLARE
  was text := pg_get_functiondef('forget_in_commit(uuid)'::regprocedure);
  is_now text := replace(was, 'before = bare_image(before), after = bare_image(after)', 'before = bare_image(before), after = bare_image(after), digests = NULL');
BEGIN
  IF is_now = was THEN RAISE EXCEPTION 'forget_in_commit is another than was expected'; END IF;
  EXECUTE is_now;
END $do$;
`;
