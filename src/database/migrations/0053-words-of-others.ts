import { Migration } from "@mikro-orm/migrations";

/**
 * An erasure takes the person's words, and their name, out of rows that are somebody else's and that nobody can change any more; and what the log
 * holds of those rows.
 */
export class Migration0053WordsOfOthers extends Migration {
  override up(): void {
    this.addSql(TABLE);
    this.addSql(NAMES);
    this.addSql(IN_COMMIT);
    this.addSql(IN_LOG);
  }
}

const TABLE = `
-- The rows of others that it took words out of, by their ids; null of erasures from before it was kept.
ALTER TABLE user_erasure ADD COLUMN cleared uuid[];
SELECT capture_table('user_erasure');
`;

const NAMES = `
-- A text in which none of these values stands any more as a word of its own, however it is written; what stood there is an erased person.
CREATE FUNCTION unnamed(words text, names text[]) RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  name text;
BEGIN
  FOR name IN SELECT n FROM unnest(names) n ORDER BY length(n) DESC, n LOOP
    IF strpos(lower(words), lower(name)) > 0 THEN
      words := regexp_replace(words, '(?<![[:alnum:]])' || regexp_replace(name, '[][\\\\.^$*+?(){}|-]', '\\\\\\&', 'g') || '(?![[:alnum:]])', 'Erased person', 'gi');
    END IF;
  END LOOP;
  RETURN words;
END $$;

-- The same of a document, in which values stand as JSON writes them.
CREATE FUNCTION unnamed(document jsonb, names text[]) RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT unnamed(document::text, ARRAY(SELECT substr(quoted, 2, length(quoted) - 2) FROM (SELECT to_json(n)::text AS quoted FROM unnest(names) n) q))::jsonb
$$;

-- An image of a row without what anybody wrote in it, as far as it is another than beside it.
CREATE FUNCTION wordless_image(image jsonb, beside jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT image - ARRAY(SELECT w FROM unnest('{target,change,reason,problem,failure_message,filter_text,policy_name}'::text[]) w WHERE image->w IS DISTINCT FROM beside->w)
    || CASE WHEN jsonb_typeof(image->'steps') = 'array'
      THEN jsonb_build_object('steps', (SELECT jsonb_agg(step - 'comment' ORDER BY place) FROM jsonb_array_elements(image->'steps') WITH ORDINALITY s (step, place)))
      ELSE '{}' END
$$;
`;

const IN_COMMIT = `
-- Called behind an erasure: of rows of others that this transaction took words out of, what was there before goes out of the changes that it has
-- written itself. What stands there now is told as new, so that the events go on folding to the row.
CREATE FUNCTION forget_rows_in_commit(rows uuid[]) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  own bigint := (SELECT id FROM commit WHERE xid = pg_current_xact_id() AND started_at = transaction_timestamp());
BEGIN
  IF NOT EXISTS (SELECT FROM user_erasure WHERE commit_id = own) THEN
    RAISE EXCEPTION 'nobody is erased by this transaction' USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  UPDATE change SET before = wordless_image(before, after)
  WHERE commit_id = own AND operation = 'UPDATE' AND NOT derived AND row_id = ANY (rows);
END $$;
REVOKE ALL ON FUNCTION forget_rows_in_commit(uuid[]) FROM PUBLIC;
`;

const IN_LOG = `
-- One place of the function is replaced, whatever else it has learned by now.
DO $do$
DECLARE
  was text := pg_get_functiondef('finish_erasure(uuid)'::regprocedure);
  is_now text := replace(was, '  UPDATE user_erasure SET finished_at',
    '  UPDATE change ch SET before = wordless_image(ch.before, ''{}''), after = wordless_image(ch.after, ''{}'')
  FROM commit c WHERE c.id = ch.commit_id AND c.number < at_commit AND ch.row_id = ANY (erasure.cleared);
  UPDATE commit c SET reason = NULL FROM change ch JOIN subject_key k ON k.subject_id = ch.row_id AND k.wrapped IS NULL
  WHERE ch.commit_id = c.id AND c.number < at_commit AND c.reason IS NOT NULL AND ch.row_id = ANY (erasure.cleared);
  UPDATE user_erasure SET finished_at');
BEGIN
  IF is_now = was THEN RAISE EXCEPTION 'finish_erasure is another than was expected'; END IF;
  EXECUTE is_now;
END $do$;
`;
