import { Migration } from "@mikro-orm/migrations";

/**
 * What custom attributes may hold, who holds those that must be unique, and an order of those that are marked searchable:
 * schema/ATTRIBUTES.md. What is wrong with a value is said in one place, `attribute_problem`, for one person as for a million.
 */
export class Migration0022AttributeDefinition extends Migration {
  override up(): void {
    this.addSql(DEFINITION);
    this.addSql(PROBLEMS);
    this.addSql(DERIVED);
    this.addSql(KEEPING);
    this.addSql(CHECKING);
    this.addSql(FILLING);
  }
}

/** Whoever writes attributes shares this lock until the commit; whoever changes what they may hold has it alone. */
const LOCK = 7_263_022;

const DEFINITION = `
CREATE TABLE attribute_definition (
  id uuid PRIMARY KEY,
  version integer NOT NULL DEFAULT 1,
  key text NOT NULL CHECK (key ~ '^[A-Za-z][A-Za-z0-9_.-]{0,63}$'),
  name text NOT NULL CHECK (name <> ''),
  description text,
  type text NOT NULL CHECK (type IN ('STRING', 'NUMBER', 'BOOLEAN', 'DATE', 'CHOICE', 'SET')),
  -- A removed definition is kept: it goes on guarding what the log and the past hold.
  state text NOT NULL DEFAULT 'ACTIVE' CHECK (state IN ('ACTIVE', 'DEPRECATED', 'REMOVED')),
  required boolean NOT NULL DEFAULT false,
  "unique" boolean NOT NULL DEFAULT false CHECK (NOT "unique" OR type IN ('STRING', 'NUMBER', 'DATE')),
  pattern text,
  minimum float8,
  maximum float8,
  earliest date,
  latest date,
  min_length integer,
  max_length integer,
  -- [{ "value": …, "label": … }]
  choices jsonb CHECK (jsonb_typeof(choices) = 'array'),
  sensitive boolean NOT NULL DEFAULT false,
  self_editable boolean NOT NULL DEFAULT false,
  read_permission text,
  searchable boolean NOT NULL DEFAULT false,
  created_at timestamptz(3) NOT NULL,
  updated_at timestamptz(3) NOT NULL
);
CREATE UNIQUE INDEX attribute_definition_key_key ON attribute_definition (key);
SELECT capture_table('attribute_definition');
`;

// In PL/pgSQL, by expressions that are planned once: a function in SQL that cannot be inlined costs many times as much a call.
const PROBLEMS = `
-- What is wrong with a text, of a definition's own or a member of its set; null where nothing is. Patterns are compared by code points.
CREATE FUNCTION attribute_text_problem(d attribute_definition, value text) RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
  RETURN CASE
    WHEN d.choices IS NOT NULL AND NOT d.choices @> jsonb_build_array(jsonb_build_object('value', value)) THEN 'CHOICE'
    WHEN length(value) < d.min_length THEN 'TOO_SHORT'
    WHEN length(value) > d.max_length THEN 'TOO_LONG'
    WHEN d.pattern IS NOT NULL AND value COLLATE "C" !~ ('^(?:' || d.pattern || ')$') THEN 'PATTERN'
  END;
END $$;

-- What is wrong with somebody's value of an attribute; null where nothing is. Nothing, a text of white space and an empty set are no value.
CREATE FUNCTION attribute_problem(d attribute_definition, value jsonb) RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
  of_type text := jsonb_typeof(value);
  number float8;
  day date;
BEGIN
  IF of_type IS NULL OR of_type = 'null' OR value = '[]' OR of_type = 'string' AND btrim(value #>> '{}') = '' THEN
    RETURN CASE WHEN d.required AND d.state = 'ACTIVE' THEN 'REQUIRED' END;
  ELSIF d.state = 'REMOVED' THEN
    RETURN 'REMOVED';
  END IF;
  CASE d.type
    WHEN 'NUMBER' THEN
      number := json_number(value);
      RETURN CASE WHEN number IS NULL THEN 'TYPE' WHEN number < d.minimum THEN 'TOO_SMALL' WHEN number > d.maximum THEN 'TOO_LARGE' END;
    WHEN 'DATE' THEN
      day := json_date(value);
      RETURN CASE WHEN day IS NULL THEN 'TYPE' WHEN day < d.earliest THEN 'TOO_EARLY' WHEN day > d.latest THEN 'TOO_LATE' END;
    WHEN 'BOOLEAN' THEN
      RETURN CASE WHEN of_type <> 'boolean' THEN 'TYPE' END;
    WHEN 'SET' THEN
      IF of_type <> 'array' OR jsonb_path_exists(value, '$[*] ? (@.type() != "string")') THEN
        RETURN 'TYPE';
      END IF;
      RETURN (SELECT min(attribute_text_problem(d, m.member)) FROM jsonb_array_elements_text(value) AS m (member));
    ELSE
      IF of_type <> 'string' THEN
        RETURN 'TYPE';
      END IF;
      RETURN attribute_text_problem(d, value #>> '{}');
  END CASE;
END $$;

-- What a value is known by among those that must be unique: texts without regard to case.
CREATE FUNCTION attribute_digest(value jsonb) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE jsonb_typeof(value)
    WHEN 'string' THEN CASE WHEN btrim(value #>> '{}') <> '' THEN sha256(convert_to('text ' || fold(value #>> '{}'), 'UTF8')) END
    WHEN 'number' THEN sha256(convert_to('number ' || json_number(value)::text, 'UTF8'))
  END $$;
`;

const DERIVED = `
-- Who holds a value that must be unique; people who are deleted hold none.
CREATE TABLE attribute_holder (
  key text NOT NULL,
  digest bytea NOT NULL,
  user_id uuid NOT NULL,
  CONSTRAINT attribute_holder_key PRIMARY KEY (key, digest)
);
CREATE INDEX attribute_holder_user ON attribute_holder (user_id, key);

-- Which keys are ordered, and how far that is. A key that is no longer to be ordered is kept for a moment, for whoever is reading by it.
CREATE TABLE attribute_index (
  key text PRIMARY KEY,
  -- Whether it has everybody; until then, up to whom it has been filled.
  ready boolean NOT NULL DEFAULT false,
  filled_to uuid,
  ends_at timestamptz(3)
);

-- Values of people's ordered attributes. A row without values says that its person has none.
CREATE TABLE user_attribute (
  user_id uuid NOT NULL,
  key text NOT NULL,
  number float8,
  day date,
  text text CONSTRAINT user_attribute_text_length CHECK (length(text) <= 256),
  PRIMARY KEY (user_id, key)
);
CREATE INDEX user_attribute_number ON user_attribute (key, number, user_id) WHERE number IS NOT NULL;
CREATE INDEX user_attribute_day ON user_attribute (key, day, user_id) WHERE day IS NOT NULL;
CREATE INDEX user_attribute_text ON user_attribute (key, text COLLATE "und-x-icu", user_id) WHERE text IS NOT NULL;
`;

const KEEPING = `
-- Keeps both by the commit that changes people's search rows: what goes before what comes, so that a value may change hands in one commit.
CREATE FUNCTION keep_user_attributes() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    DELETE FROM attribute_holder h USING gone WHERE h.user_id = gone.user_id;
    DELETE FROM user_attribute a USING gone WHERE a.user_id = gone.user_id;
    RETURN NULL;
  END IF;
  IF EXISTS (SELECT FROM attribute_definition d WHERE d."unique") THEN
    IF TG_OP = 'UPDATE' THEN
      DELETE FROM attribute_holder h USING gone JOIN fresh USING (user_id)
      WHERE h.user_id = fresh.user_id
        AND (fresh.status = 'DELETED' OR fresh.attributes -> h.key IS DISTINCT FROM gone.attributes -> h.key);
      INSERT INTO attribute_holder
      SELECT d.key, attribute_digest(fresh.attributes -> d.key), fresh.user_id
      FROM gone JOIN fresh USING (user_id) CROSS JOIN attribute_definition d
      WHERE d."unique" AND d.state <> 'REMOVED' AND fresh.status <> 'DELETED' AND attribute_digest(fresh.attributes -> d.key) IS NOT NULL
        AND (gone.status = 'DELETED' OR fresh.attributes -> d.key IS DISTINCT FROM gone.attributes -> d.key);
    ELSE
      INSERT INTO attribute_holder
      SELECT d.key, attribute_digest(fresh.attributes -> d.key), fresh.user_id
      FROM fresh CROSS JOIN attribute_definition d
      WHERE d."unique" AND d.state <> 'REMOVED' AND fresh.status <> 'DELETED' AND attribute_digest(fresh.attributes -> d.key) IS NOT NULL;
    END IF;
  END IF;
  IF EXISTS (SELECT FROM attribute_index) THEN
    IF TG_OP = 'UPDATE' THEN
      INSERT INTO user_attribute
      SELECT fresh.user_id, i.key, json_number(fresh.attributes -> i.key), json_date(fresh.attributes -> i.key), json_text(fresh.attributes -> i.key)
      FROM gone JOIN fresh USING (user_id) CROSS JOIN attribute_index i
      WHERE fresh.attributes -> i.key IS DISTINCT FROM gone.attributes -> i.key
      ON CONFLICT (user_id, key) DO UPDATE SET number = EXCLUDED.number, day = EXCLUDED.day, text = EXCLUDED.text;
    ELSE
      INSERT INTO user_attribute
      SELECT fresh.user_id, i.key, json_number(fresh.attributes -> i.key), json_date(fresh.attributes -> i.key), json_text(fresh.attributes -> i.key)
      FROM fresh CROSS JOIN attribute_index i WHERE fresh.attributes ? i.key
      ON CONFLICT (user_id, key) DO UPDATE SET number = EXCLUDED.number, day = EXCLUDED.day, text = EXCLUDED.text;
    END IF;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER keep_attributes_insert AFTER INSERT ON user_search REFERENCING NEW TABLE AS fresh
FOR EACH STATEMENT EXECUTE FUNCTION keep_user_attributes();
CREATE TRIGGER keep_attributes_update AFTER UPDATE ON user_search REFERENCING OLD TABLE AS gone NEW TABLE AS fresh
FOR EACH STATEMENT EXECUTE FUNCTION keep_user_attributes();
CREATE TRIGGER keep_attributes_delete AFTER DELETE ON user_search REFERENCING OLD TABLE AS gone
FOR EACH STATEMENT EXECUTE FUNCTION keep_user_attributes();
ALTER TABLE user_search ENABLE ALWAYS TRIGGER keep_attributes_insert, ENABLE ALWAYS TRIGGER keep_attributes_update,
  ENABLE ALWAYS TRIGGER keep_attributes_delete;

-- Whoever writes attributes, or brings somebody back who has some, waits for a change of definitions that is under way.
CREATE FUNCTION share_attribute_definitions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(${LOCK});
  RETURN NULL;
END $$;
CREATE TRIGGER share_attribute_definitions BEFORE INSERT OR UPDATE OF attributes, status ON user_account
FOR EACH STATEMENT EXECUTE FUNCTION share_attribute_definitions();
ALTER TABLE user_account ENABLE ALWAYS TRIGGER share_attribute_definitions;
`;

const CHECKING = `
-- Waits for whoever writes attributes, and keeps everybody from it until the commit.
CREATE FUNCTION claim_attribute_definitions() RETURNS void LANGUAGE sql AS $$ SELECT pg_advisory_xact_lock(${LOCK}) $$;

-- What is wrong with what people's attributes will be: those without a definition too, and values that somebody else holds who must be
-- their only holder. What it tells holds until the commit.
CREATE FUNCTION attribute_problems(holders uuid[], people jsonb[]) RETURNS TABLE (place integer, key text, problem text)
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(${LOCK});
  RETURN QUERY
  WITH given AS MATERIALIZED (
    SELECT g.person, g.attributes, g.n::integer - 1 AS n FROM unnest(holders, people) WITH ORDINALITY AS g (person, attributes, n))
  SELECT given.n, d.key, found.problem
  FROM attribute_definition d CROSS JOIN given CROSS JOIN LATERAL (SELECT attribute_problem(d, given.attributes -> d.key) AS problem) found
  WHERE found.problem IS NOT NULL
  UNION ALL
  SELECT given.n, k.key, 'UNDEFINED' FROM given CROSS JOIN LATERAL jsonb_object_keys(given.attributes) AS k (key)
  WHERE NOT EXISTS (SELECT FROM attribute_definition d WHERE d.key = k.key)
  UNION ALL
  SELECT given.n, d.key, 'TAKEN' FROM given CROSS JOIN attribute_definition d
  JOIN attribute_holder h ON h.key = d.key AND h.digest = attribute_digest(given.attributes -> d.key) AND h.user_id <> given.person
  WHERE d."unique" AND d.state <> 'REMOVED';
END $$;
`;

const FILLING = `
-- Brings what is derived in line with a definition; whoever calls it holds the claim. Who holds what must be unique is written at once, and
-- refused where two do; the order is filled by and by.
CREATE FUNCTION derive_attribute(of_key text, is_unique boolean, is_ordered boolean) RETURNS void LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF NOT is_unique THEN
    DELETE FROM attribute_holder WHERE key = of_key;
  ELSIF NOT EXISTS (SELECT FROM attribute_holder WHERE key = of_key) THEN
    INSERT INTO attribute_holder
    SELECT of_key, attribute_digest(u.attributes -> of_key), u.user_id FROM user_search u
    WHERE u.status <> 'DELETED' AND attribute_digest(u.attributes -> of_key) IS NOT NULL;
  END IF;
  IF is_ordered THEN
    INSERT INTO attribute_index AS i (key) VALUES (of_key)
    ON CONFLICT (key) DO UPDATE SET ready = i.ready AND i.ends_at IS NULL, ends_at = NULL;
  ELSE
    UPDATE attribute_index SET ends_at = coalesce(ends_at, rollcall_now() + interval '1 minute') WHERE key = of_key;
  END IF;
END $$;

-- The next people of an order that is not ready, or of one that has ended; false where there is nothing to do. A row that is there already
-- was written by whoever changed the value meanwhile.
CREATE FUNCTION advance_attribute_index(batch integer) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  todo attribute_index;
  last uuid;
BEGIN
  SELECT * INTO todo FROM attribute_index i WHERE i.ends_at <= rollcall_now() OR NOT i.ready AND i.ends_at IS NULL
  ORDER BY i.key LIMIT 1 FOR UPDATE SKIP LOCKED;
  IF todo.key IS NULL THEN
    RETURN false;
  END IF;
  IF todo.ends_at IS NOT NULL THEN
    DELETE FROM user_attribute a WHERE a.key = todo.key AND a.user_id IN (
      SELECT b.user_id FROM user_attribute b WHERE b.key = todo.key LIMIT batch);
    IF NOT FOUND THEN
      DELETE FROM attribute_index WHERE key = todo.key;
    END IF;
    RETURN true;
  END IF;
  SELECT max(n.user_id::text)::uuid INTO last FROM (
    SELECT u.user_id FROM user_search u WHERE todo.filled_to IS NULL OR u.user_id > todo.filled_to ORDER BY u.user_id LIMIT batch) n;
  INSERT INTO user_attribute
  SELECT u.user_id, todo.key, json_number(u.attributes -> todo.key), json_date(u.attributes -> todo.key), json_text(u.attributes -> todo.key)
  FROM user_search u WHERE (todo.filled_to IS NULL OR u.user_id > todo.filled_to) AND u.user_id <= last AND u.attributes ? todo.key
  ON CONFLICT (user_id, key) DO NOTHING;
  UPDATE attribute_index SET ready = last IS NULL, filled_to = last WHERE key = todo.key;
  RETURN true;
END $$;
REVOKE ALL ON FUNCTION derive_attribute(text, boolean, boolean), advance_attribute_index(integer) FROM PUBLIC;
`;
