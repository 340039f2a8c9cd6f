import { Migration } from "@mikro-orm/migrations";

/**
 * What a commit of many people takes. What the log holds of a row is built once, where it was built, rid of what is hidden and joined with its instants. And what a
 * search row is made of is looked up by an index, whatever the tables held when the statement was planned: kept from when they were empty, a plan read all of
 * them for each commit.
 */
export class Migration0084LighterCommits extends Migration {
  override up(): void {
    this.addSql(CAPTURE);
    this.addSql(AGAIN);
    this.addSql(changed("user_search_of(uuid[], timestamptz)", ROW_OF));
    this.addSql(changed("refresh_user_search(uuid[], timestamptz)", KEPT));
    this.addSql(changed("rehearsed_rows(uuid[])", [...KEPT, ["to_jsonb(kept)", "to_jsonb(kept.image)"]]));
  }
}

type Change = readonly [from: string, to: string];

/** Makes a function anew with some of its text replaced; fails where it is not there. */
function changed(signature: string, changes: readonly Change[]): string {
  const steps = changes.map(([from, to]) => {
    const [was, becomes] = [literal(from), literal(to)];
    return `IF position(${was} IN definition) = 0 THEN RAISE EXCEPTION '${signature} is another than was expected: % is missing', ${was}; END IF;
  definition := replace(definition, ${was}, ${becomes});`;
  });
  return `
DO $do$
DECLARE
  definition text := pg_get_functiondef('${signature}'::regprocedure);
BEGIN
  ${steps.join("\n  ")}
  EXECUTE definition;
END $do$;`;
}

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** One row by its key: with OFFSET 0 it stands for itself, and can only be looked up for each person. */
const one = (columns: string, table: string, condition: string, name: string): string =>
  `LEFT JOIN LATERAL (SELECT ${columns} FROM ${table} WHERE ${condition} OFFSET 0) ${name} ON true`;

const ROW_OF: readonly Change[] = [
  [
    "LEFT JOIN user_email email ON email.user_id = u.id AND email.is_primary",
    one("e.value, e.verified", "user_email e", "e.user_id = u.id AND e.is_primary", "email"),
  ],
  [
    "LEFT JOIN user_phone phone ON phone.user_id = u.id AND phone.is_primary",
    one("p.value", "user_phone p", "p.user_id = u.id AND p.is_primary", "phone"),
  ],
  [
    "LEFT JOIN user_security security ON security.user_id = u.id",
    one("s.*", "user_security s", "s.user_id = u.id", "security"),
  ],
  [
    "LEFT JOIN org_unit_path unit ON unit.unit_id = u.org_unit_id",
    one("o.path", "org_unit_path o", "o.unit_id = u.org_unit_id", "unit"),
  ],
  [
    "LEFT JOIN user_account manager ON manager.id = u.manager_id",
    one("m.id, m.manager_id, m.status", "user_account m", "m.id = u.manager_id", "manager"),
  ],
  [
    "LEFT JOIN user_search known ON known.user_id = u.id",
    one("s.reckoned_at, s.invited_at", "user_search s", "s.user_id = u.id", "known"),
  ],
];

const KEPT: readonly Change[] = [
  [
    "LEFT JOIN user_search kept ON kept.user_id = fresh.user_id",
    one("s AS image", "user_search s", "s.user_id = fresh.user_id", "kept"),
  ],
  ["(kept *<> fresh) IS NOT FALSE", "(kept.image *<> fresh) IS NOT FALSE"],
];

const CAPTURE = `
-- As before (see 0079), but that the columns are named of which a row's image is built: so a column that is new is in the log once this was called again.
CREATE OR REPLACE FUNCTION capture_table(captured regclass, is_derived boolean DEFAULT false, hidden text[] DEFAULT '{}')
RETURNS void LANGUAGE plpgsql AS $install$
DECLARE
  name text := (SELECT relname FROM pg_class WHERE oid = captured AND relkind = 'r');
  key text;
  shown text;
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
  SELECT string_agg(format(CASE atttypid WHEN 'timestamptz'::regtype THEN 'instant_text(%%1$s.%1$I) AS %1$I' ELSE '%%1$s.%1$I' END, attname), ', ' ORDER BY attnum)
  INTO shown FROM pg_attribute WHERE attrelid = captured AND attnum > 0 AND NOT attisdropped AND attname <> ALL (hidden);
  before := format('CROSS JOIN LATERAL (SELECT ' || shown || ') before', 'o');
  after := format('CROSS JOIN LATERAL (SELECT ' || shown || ') after', 'n');
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
    -- capture_table(%9$L, %8$L, %11$L)
    DECLARE
      own bigint;
      last integer;
    BEGIN
      IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM new_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), %9$L, n.%2$I, TG_OP, to_jsonb(after), array_remove(ARRAY[%6$s], NULL), %10$s, %8$L FROM new_rows n %4$s;
      ELSIF TG_OP = 'DELETE' THEN
        IF NOT EXISTS (SELECT FROM old_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, hidden, derived)
        SELECT own, last + row_number() OVER (), %9$L, o.%2$I, TG_OP, to_jsonb(before), array_remove(ARRAY[%5$s], NULL), %8$L FROM old_rows o %3$s;
      ELSE
        IF NOT EXISTS (SELECT FROM old_rows o FULL JOIN new_rows n ON n.%2$I = o.%2$I WHERE (o *<> n) IS NOT FALSE) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), %9$L, n.%2$I, TG_OP, to_jsonb(before), to_jsonb(after), array_remove(ARRAY[%7$s], NULL), %10$s, %8$L
        FROM old_rows o FULL JOIN new_rows n ON n.%2$I = o.%2$I %3$s %4$s WHERE (o *<> n) IS NOT FALSE;
      END IF;
      RETURN NULL;
    END $body$
  $function$, 'capture_' || name, key, before, after, hidden_before, hidden_after, hidden_both, is_derived, name, digests, hidden);
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
    SELECT t.tgrelid::regclass AS captured, substring(p.prosrc FROM 'to_jsonb\\(n\\) - ''(\\{[^'']*\\})''')::text[] AS hidden,
      substring(p.prosrc FROM ', ''([tf])'' FROM new_rows n')::boolean AS is_derived
    FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid WHERE t.tgname = 'capture_insert' ORDER BY t.tgrelid
  LOOP
    IF one.hidden IS NULL OR one.is_derived IS NULL THEN RAISE EXCEPTION 'the function that captures % is another than was expected', one.captured; END IF;
    PERFORM capture_table(one.captured, one.is_derived, one.hidden);
  END LOOP;
END $$;
`;
