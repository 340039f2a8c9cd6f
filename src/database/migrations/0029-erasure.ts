import { Migration } from "@mikro-orm/migrations";

/** Erasure, legal holds and exports of personal data: schema/ERASURE.md. */
export class Migration0029Erasure extends Migration {
  override up(): void {
    this.addSql(TABLES);
    this.addSql(REDACTION);
    this.addSql(IN_COMMIT);
    this.addSql(IN_LOG);
  }
}

const TABLES = `
-- Of a tombstone: since when it is one. Nothing of it changes any more but where it stands.
ALTER TABLE user_account ADD COLUMN erased_at timestamptz(3) CHECK (erased_at IS NULL OR status = 'DELETED');
SELECT capture_table('user_account');

CREATE FUNCTION refuse_tombstone_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'this person was erased: nothing of a tombstone changes but where it stands' USING ERRCODE = 'object_not_in_prerequisite_state';
END $$;
CREATE TRIGGER refuse_tombstone_change BEFORE UPDATE ON user_account FOR EACH ROW
WHEN (OLD.erased_at IS NOT NULL AND to_jsonb(OLD) - '{org_unit_id,manager_id,version,updated_at}'::text[] <> to_jsonb(NEW) - '{org_unit_id,manager_id,version,updated_at}'::text[])
EXECUTE FUNCTION refuse_tombstone_change();

CREATE TABLE legal_hold (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES user_account (id) ON DELETE CASCADE,
  reason text NOT NULL CHECK (reason <> ''),
  placed_by_id uuid,
  placed_at timestamptz(3) NOT NULL,
  released_by_id uuid,
  released_at timestamptz(3)
);
CREATE INDEX legal_hold_user ON legal_hold (user_id);
SELECT capture_table('legal_hold');

-- What is left of an erasure: that it was made, by whose word, on which ground, and how much went. Nothing of whom it was.
CREATE TABLE user_erasure (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL UNIQUE REFERENCES user_account (id),
  ground text NOT NULL,
  approval_request_id uuid,
  -- The transaction that made the tombstone, whose own changes the log gives up last.
  commit_id bigint NOT NULL,
  gone jsonb NOT NULL,
  erased_at timestamptz(3) NOT NULL,
  -- When the log had given the person up too.
  finished_at timestamptz(3)
);
CREATE INDEX user_erasure_unfinished ON user_erasure (erased_at) WHERE finished_at IS NULL;
SELECT capture_table('user_erasure');

-- That somebody was given what is held about a person; never what it was.
CREATE TABLE personal_export (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES user_account (id) ON DELETE CASCADE,
  exported_by_id uuid,
  exported_at timestamptz(3) NOT NULL
);
CREATE INDEX personal_export_user ON personal_export (user_id);
SELECT capture_table('personal_export');
`;

const REDACTION = `
-- What of a row's image says who or what it belongs to and how it stands, and nothing of anybody.
CREATE FUNCTION bare_image(image jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN image IS NOT NULL THEN coalesce((SELECT jsonb_object_agg(key, value) FROM jsonb_each(image)
    WHERE key IN ('id', 'user_id', 'role_id', 'scope_id', 'org_unit_id', 'manager_id', 'status', 'deleted_at', 'erased_at', 'revoked_at', 'state', 'version')), '{}') END
$$;

-- The columns whose values differ between two images.
CREATE FUNCTION differing_columns(before jsonb, after jsonb) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce(array_agg(key ORDER BY key COLLATE "C"), '{}')
  FROM jsonb_object_keys(jsonb_strip_nulls(coalesce(before, '{}')) || jsonb_strip_nulls(coalesce(after, '{}'))) key
  WHERE before->key IS DISTINCT FROM after->key AND bare_image(coalesce(after, before))->key IS NULL
    AND key NOT IN ('place', 'is_primary', 'created_at', 'updated_at', 'status_before')
$$;

-- Whether a row with these images is the person's own, or belongs to them.
CREATE FUNCTION is_row_of(person uuid, of_row uuid, before jsonb, after jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT of_row = person OR person::text IN (before->>'user_id', after->>'user_id', before->>'owner_id', after->>'owner_id')
$$;

-- The keys of an image that hold the person's name as an actor.
CREATE FUNCTION name_keys(image jsonb, person uuid) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce(array_agg(left(key, -3) || '_name'), '{}') FROM jsonb_each_text(image)
  WHERE key LIKE '%\\_id' AND value = person::text AND image ? (left(key, -3) || '_name')
$$;

-- An image of somebody else's row that does not tell what the person was called when they acted, nor what anybody wrote about a step.
CREATE FUNCTION nameless_image(image jsonb, person uuid) RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT image || coalesce((SELECT jsonb_object_agg(key, 'Erased person') FROM unnest(name_keys(image, person)) key), '{}')
    || CASE WHEN jsonb_typeof(image->'steps') = 'array'
      THEN jsonb_build_object('steps', (SELECT jsonb_agg(step - 'comment' ORDER BY place) FROM jsonb_array_elements(image->'steps') WITH ORDINALITY s (step, place)))
      ELSE '{}' END
$$;
`;

const IN_COMMIT = `
-- Called at the end of the transaction that erases a person: takes their values out of the changes that it has written itself, names the
-- commit by what it did, and destroys the subject's key. Of each change the names of the columns stay.
CREATE FUNCTION forget_in_commit(person uuid) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  own bigint := (SELECT id FROM commit WHERE xid = pg_current_xact_id() AND started_at = transaction_timestamp());
BEGIN
  IF NOT EXISTS (SELECT FROM user_account WHERE id = person AND erased_at IS NOT NULL) THEN
    RAISE EXCEPTION 'this person is not erased' USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  -- A search is a subject of its own, and the matcher has still to read that it went.
  PERFORM destroy_subject_key(row_id) FROM change WHERE commit_id = own AND table_name = 'saved_search' AND operation = 'DELETE' AND before->>'owner_id' = person::text;
  UPDATE change SET hidden = ARRAY(SELECT DISTINCT unnest(hidden || differing_columns(before, after)) ORDER BY 1), before = bare_image(before), after = bare_image(after)
  WHERE commit_id = own AND NOT derived AND table_name NOT IN ('approval_request', 'user_erasure', 'saved_search')
    AND is_row_of(person, row_id, before, after);
  -- Without its value before, the name that stands there now is told as new, so that the events go on folding to the row.
  UPDATE change SET before = nameless_image(before, person) - name_keys(before, person), after = nameless_image(after, person)
  WHERE commit_id = own AND NOT derived AND (before::text LIKE '%' || person || '%' OR after::text LIKE '%' || person || '%');
  UPDATE commit SET action = CASE kind WHEN 'MUTATION' THEN 'user.erased' ELSE action END, reason = NULL WHERE id = own;
  PERFORM destroy_subject_key(person);
  RETURN own;
END $$;
REVOKE ALL ON FUNCTION forget_in_commit(uuid) FROM PUBLIC;
`;

const IN_LOG = `
-- The second half of an erasure, once every consumer has read the commit that made it: until then the sealer must still count what
-- happened, and the matcher must learn whom the person leaves. Gives the log and the person's versions up. True where it was done now.
CREATE FUNCTION finish_erasure(of_erasure uuid) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  erasure user_erasure;
  at_commit bigint;
BEGIN
  SELECT * INTO erasure FROM user_erasure WHERE id = of_erasure AND finished_at IS NULL FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN RETURN false; END IF;
  SELECT number INTO at_commit FROM commit WHERE id = erasure.commit_id;
  IF EXISTS (SELECT FROM feed_consumer WHERE commit_number - CASE ordinal WHEN 2147483647 THEN 0 ELSE 1 END < at_commit) THEN RETURN false; END IF;
  WITH gone AS (
    DELETE FROM change ch USING commit c WHERE c.id = ch.commit_id AND c.number < at_commit
      AND is_row_of(erasure.user_id, ch.row_id, ch.before, ch.after)
    RETURNING ch.commit_id)
  UPDATE commit SET reason = NULL WHERE reason IS NOT NULL AND id IN (SELECT commit_id FROM gone);
  UPDATE change ch SET before = nameless_image(ch.before, erasure.user_id), after = nameless_image(ch.after, erasure.user_id)
  FROM commit c WHERE c.id = ch.commit_id AND c.number <= at_commit AND NOT ch.derived
    AND (ch.before::text LIKE '%' || erasure.user_id || '%' OR ch.after::text LIKE '%' || erasure.user_id || '%');
  -- Who followed the person learns that they left; of before, what decides who saw them is all that stays.
  UPDATE change SET before = after || jsonb_build_object('status', before->'status', 'org_unit_id', before->'org_unit_id', 'unit_path', before->'unit_path', 'deleted_at', before->'deleted_at')
  WHERE commit_id = erasure.commit_id AND table_name = 'user_search' AND row_id = erasure.user_id AND before IS NOT NULL;
  UPDATE change SET before = bare_image(before) WHERE commit_id = erasure.commit_id AND table_name = 'saved_search' AND before->>'owner_id' = erasure.user_id::text;
  UPDATE commit SET actor_name = 'Erased person', ip = NULL, reason = NULL WHERE actor_id = erasure.user_id AND number <= at_commit;
  DELETE FROM user_version WHERE user_id = erasure.user_id AND from_commit < at_commit;
  UPDATE user_erasure SET finished_at = rollcall_now() WHERE id = of_erasure;
  RETURN true;
END $$;
REVOKE ALL ON FUNCTION finish_erasure(uuid) FROM PUBLIC;
`;
