import { Migration } from "@mikro-orm/migrations";

/**
 * The log. Every write to a captured table becomes rows of `change`, under one row of `commit` per transaction; the last thing
 * a transaction does is to take the next number from `feed_head`, whose row it keeps locked until it is visible. So the order of
 * numbers is the order of commits and the order in which they come into sight, without gaps.
 */
export class Migration0003Capture extends Migration {
  override up(): void {
    this.addSql(LOG);
    this.addSql(COMMIT);
    this.addSql(CAPTURE);
    this.addSql(NUMBER);
    this.addSql(INSTALL);
  }
}

const LOG = `
-- xid and started_at together find the transaction's own row: neither can be chosen by whoever writes, and together they
-- do not come again, not even in a cluster restored from a dump, whose transaction ids start anew.
CREATE TABLE commit (
  id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  number bigint,
  at timestamptz(3),
  xid xid8 NOT NULL,
  started_at timestamptz NOT NULL,
  kind text NOT NULL CHECK (kind IN ('MUTATION', 'BULK', 'IMPORT', 'SCIM', 'HRIS', 'LDAP', 'WORKFLOW', 'SCHEDULE', 'TIME', 'SIGN_IN', 'SYSTEM')),
  action text NOT NULL CHECK (action ~ '^[a-z_]+(\\.[a-z_]+)*$'),
  actor_kind text NOT NULL CHECK (actor_kind IN ('USER', 'SERVICE', 'SYSTEM')),
  actor_id uuid,
  actor_name text NOT NULL CHECK (actor_name <> ''),
  operation_id text,
  reason text,
  request_id text,
  ip text,
  CHECK ((number IS NULL) = (at IS NULL))
);
CREATE UNIQUE INDEX commit_number_key ON commit (number);
CREATE UNIQUE INDEX commit_transaction_key ON commit (xid, started_at);

-- commit_id is no foreign key: a check per row would double the price of bulk writes, and nobody but the triggers writes here.
CREATE TABLE change (
  commit_id bigint NOT NULL,
  ordinal integer NOT NULL,
  table_name text NOT NULL,
  row_id uuid NOT NULL,
  operation text NOT NULL CHECK (operation IN ('INSERT', 'UPDATE', 'DELETE')),
  before jsonb,
  after jsonb,
  hidden text[] NOT NULL DEFAULT '{}',
  derived boolean NOT NULL,
  PRIMARY KEY (commit_id, ordinal)
);

-- One row, rewritten by every commit: the free room keeps the rewrites on its page and out of the index.
CREATE TABLE feed_head (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  number bigint NOT NULL,
  at timestamptz(3) NOT NULL
) WITH (fillfactor = 10);
INSERT INTO feed_head (number, at) VALUES (0, rollcall_now());

-- The form of instants in the log, whatever the session's settings are. STABLE, as to_char is, or it would not be inlined.
CREATE FUNCTION instant_text(instant timestamptz) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT coalesce(to_char(instant AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), instant::text) $$;
`;

const COMMIT = `
-- The row of the transaction under way, made at its first captured write from the cause that the transaction was given.
CREATE FUNCTION commit_under_way() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  own record;
  cause jsonb;
BEGIN
  SELECT id, number INTO own FROM commit WHERE xid = pg_current_xact_id() AND started_at = transaction_timestamp();
  IF FOUND THEN
    IF own.number IS NOT NULL THEN
      RAISE EXCEPTION 'this transaction already has its place in the log and cannot write any more'
        USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    RETURN own.id;
  END IF;
  -- After a transaction that set it the setting reads as empty, not as missing.
  cause := nullif(current_setting('rollcall.cause', true), '')::jsonb;
  IF cause IS NULL THEN
    RAISE EXCEPTION 'a write needs a cause' USING ERRCODE = 'object_not_in_prerequisite_state',
      HINT = 'In the same transaction, first: SELECT set_config(''rollcall.cause'', ''{"kind": "SYSTEM", "action": "data.repaired", "actor": {"kind": "SYSTEM", "name": "…"}, "reason": "…"}'', true)';
  END IF;
  INSERT INTO commit (xid, started_at, kind, action, actor_kind, actor_id, actor_name, operation_id, reason, request_id, ip)
  VALUES (pg_current_xact_id(), transaction_timestamp(), cause->>'kind', cause->>'action', cause->'actor'->>'kind',
    (cause->'actor'->>'id')::uuid, cause->'actor'->>'name', cause->>'operationId', cause->>'reason', cause->>'requestId', cause->>'ip')
  RETURNING id INTO own.id;
  RETURN own.id;
END $$;

-- In PL/pgSQL, which keeps its plan.
CREATE FUNCTION last_ordinal(of_commit bigint) RETURNS integer LANGUAGE plpgsql AS $$
BEGIN
  RETURN coalesce((SELECT max(ordinal) FROM change WHERE commit_id = of_commit), 0);
END $$;
`;

const CAPTURE = `
CREATE FUNCTION refuse_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'TRUNCATE of % would leave no trace in the log: use DELETE', TG_TABLE_NAME USING ERRCODE = 'feature_not_supported';
END $$;

CREATE FUNCTION refuse_key_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the primary key of % cannot change', TG_TABLE_NAME USING ERRCODE = 'feature_not_supported';
END $$;

-- Makes every write to the table a change in the log. The primary key must be one uuid column. Hidden columns stay out of
-- the log: it only names those that changed. To be called again after the table's columns changed.
CREATE FUNCTION capture_table(captured regclass, is_derived boolean DEFAULT false, hidden text[] DEFAULT '{}')
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
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, after, hidden, derived)
        SELECT own, last + row_number() OVER (), %9$L, n.%2$I, TG_OP, %4$s, array_remove(ARRAY[%6$s], NULL), %8$L FROM new_rows n;
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
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, after, hidden, derived)
        SELECT own, last + row_number() OVER (), %9$L, n.%2$I, TG_OP, %3$s, %4$s, array_remove(ARRAY[%7$s], NULL), %8$L
        FROM old_rows o FULL JOIN new_rows n ON n.%2$I = o.%2$I WHERE (o *<> n) IS NOT FALSE;
      END IF;
      RETURN NULL;
    END $body$
  $function$, 'capture_' || name, key, before, after, hidden_before, hidden_after, hidden_both, is_derived, name);
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

const NUMBER = `
-- The last thing before COMMIT. From the first statement on, this transaction alone is at the head of the log, and what all
-- earlier commits wrote is visible: so derived rows and assertions are right however transactions overlap.
CREATE FUNCTION number_commit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  head feed_head;
BEGIN
  IF last_ordinal(NEW.id) = 0 THEN
    RAISE EXCEPTION 'the log''s constraints cannot be immediate while a transaction writes' USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  UPDATE feed_head SET number = number + 1, at = greatest(at, rollcall_now()) RETURNING * INTO head;
  PERFORM derive_rows(NEW.id, head.at);
  UPDATE commit SET number = head.number, at = head.at WHERE id = NEW.id;
  -- Wakes whoever follows the log. A transaction that notifies cannot be prepared either: PREPARE TRANSACTION would leave the
  -- head locked until somebody remembers the prepared one.
  PERFORM pg_notify('rollcall_commit', head.number::text);
  RETURN NULL;
END $$;

REVOKE ALL ON FUNCTION number_commit() FROM PUBLIC;

CREATE CONSTRAINT TRIGGER number_commit AFTER INSERT ON commit DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION number_commit();
ALTER TABLE commit ENABLE ALWAYS TRIGGER number_commit;

-- Takes the transaction's number now, after which it can only commit. Gives that number, or the head's where nothing was written.
CREATE FUNCTION conclude_transaction() RETURNS bigint LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  SET CONSTRAINTS ALL IMMEDIATE;
  RETURN coalesce(
    (SELECT number FROM commit WHERE xid = pg_current_xact_id_if_assigned() AND started_at = transaction_timestamp()),
    (SELECT number FROM feed_head));
END $$;
`;

const INSTALL = `
SELECT capture_table('org_unit');
SELECT capture_table('user_account');
SELECT capture_table('user_email');
SELECT capture_table('user_phone');
SELECT capture_table('user_address');
SELECT capture_table('user_identity');
SELECT capture_table('user_security');
SELECT capture_table('role');
SELECT capture_table('role_inheritance');
SELECT capture_table('role_grant');
SELECT capture_table('service_token', hidden => '{hash}');
SELECT capture_table('user_search', is_derived => true);
`;
