import { Migration } from "@mikro-orm/migrations";

/**
 * Every state of every search row, with the commits from which and to which it held: the directory as it stood. A consumer of the
 * log writes it, behind the commits, so that no commit waits for it.
 */
export class Migration0007UserVersion extends Migration {
  override up(): void {
    this.addSql(STORE);
    this.addSql(ADVANCE);
    this.addSql(PLACE);
  }
}

const STORE = `
-- How far each consumer has followed the log. Behind a whole commit the ordinal is the largest integer.
CREATE TABLE feed_consumer (
  name text PRIMARY KEY,
  commit_number bigint NOT NULL,
  ordinal integer NOT NULL
) WITH (fillfactor = 10);
INSERT INTO feed_consumer (name, commit_number, ordinal) VALUES ('versions', 0, 2147483647);

-- The columns behind the first five are those of user_search, in its order: a column added there is added here too.
CREATE TABLE user_version (
  id uuid NOT NULL,
  from_commit bigint NOT NULL,
  to_commit bigint,
  valid_from timestamptz(3) NOT NULL,
  valid_until timestamptz(3),
  LIKE user_search,
  CHECK (to_commit > from_commit)
);
CREATE UNIQUE INDEX user_version_id ON user_version (id);
CREATE UNIQUE INDEX user_version_user ON user_version (user_id, from_commit);
CREATE UNIQUE INDEX user_version_open ON user_version (user_id) WHERE to_commit IS NULL;
-- What held at an instant, and that in the order in which pages are shown unless they ask for another. A version that was replaced at the
-- instant at which it began held at none.
CREATE INDEX user_version_span ON user_version USING gist (tstzrange(valid_from, valid_until));
CREATE INDEX user_version_display_name_order ON user_version (display_name COLLATE "und-x-icu", user_id);

-- Where a person's rows stand in the log: to know their place at a commit that user_version has not reached.
CREATE INDEX change_search_row ON change (row_id, commit_id) WHERE table_name = 'user_search';
-- Which commits stand before an instant.
CREATE INDEX commit_at ON commit (at, number);

-- The id of a version follows from whose it is and when it begins, so that writing it again would give the same: a UUID of version 8.
CREATE FUNCTION user_version_id(person uuid, commit_number bigint) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT overlay(overlay(left(encode(sha256(convert_to(person::text || '@' || commit_number::text, 'UTF8')), 'hex'), 32)
    PLACING '8' FROM 13) PLACING '8' FROM 17)::uuid $$;
`;

const ADVANCE = `
-- Writes the versions of the next changes of search rows, at most so many. True where there may be more to do; false as well
-- where another session is at it.
CREATE FUNCTION advance_user_versions(batch integer) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp SET timezone = 'UTC' SET jit = off SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  done feed_consumer;
  step record;
  rows integer := 0;
  first_commit bigint;
  commits bigint;
  through bigint;
BEGIN
  SELECT * INTO done FROM feed_consumer WHERE name = 'versions' FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN RETURN false; END IF;
  first_commit := done.commit_number + CASE done.ordinal WHEN 2147483647 THEN 1 ELSE 0 END;
  SELECT count(*), max(number) INTO commits, through FROM (
    SELECT number FROM commit WHERE number >= first_commit ORDER BY number LIMIT batch) examined;
  IF commits = 0 THEN RETURN false; END IF;
  -- Both loops of the query run in order, so that the limit cuts at a place in the log; so no index of some rows only may be used.
  FOR step IN
    SELECT c.number, c.at, ch.ordinal, ch.row_id, ch.after
    FROM (SELECT id, number, at FROM commit WHERE number BETWEEN first_commit AND through ORDER BY number LIMIT batch) c
    CROSS JOIN LATERAL (
      SELECT ordinal, row_id, after FROM change
      WHERE commit_id = c.id AND starts_with(table_name, 'user_search') AND ordinal > CASE c.number WHEN done.commit_number THEN done.ordinal ELSE 0 END
      ORDER BY ordinal LIMIT batch) ch
    LIMIT batch
  LOOP
    rows := rows + 1;
    UPDATE user_version SET to_commit = step.number, valid_until = step.at
    WHERE user_id = step.row_id AND to_commit IS NULL AND from_commit < step.number;
    IF NOT FOUND THEN -- somebody new, or a row that one commit changed twice
      DELETE FROM user_version WHERE user_id = step.row_id AND from_commit = step.number;
    END IF;
    IF step.after IS NOT NULL THEN
      INSERT INTO user_version
      SELECT user_version_id(step.row_id, step.number), step.number, NULL, step.at, NULL, fresh.*
      FROM jsonb_populate_record(NULL::user_search, step.after) fresh;
    END IF;
  END LOOP;
  IF rows = batch THEN
    UPDATE feed_consumer SET commit_number = step.number, ordinal = step.ordinal WHERE name = 'versions';
  ELSE
    UPDATE feed_consumer SET commit_number = through, ordinal = 2147483647 WHERE name = 'versions';
  END IF;
  RETURN rows = batch OR commits = batch;
END $$;
REVOKE ALL ON FUNCTION advance_user_versions(integer) FROM PUBLIC;
`;

const PLACE = `
CREATE FUNCTION json_uuids(list jsonb) RETURNS uuid[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT ARRAY(SELECT jsonb_array_elements_text(list)::uuid) $$;

-- Where a person stood at a commit, in every unit in which they stood before it or after it; of those who were gone, where they
-- stood last. What user_version has not reached yet is found in the log.
CREATE FUNCTION place_at(person uuid, at_commit bigint) RETURNS TABLE (unit_id uuid, unit_path uuid[]) LANGUAGE sql STABLE AS $$
  SELECT state.unit_id, ARRAY(SELECT DISTINCT u FROM unnest(state.path || state.path_before) u ORDER BY u)
  FROM (
    (SELECT 1 AS preference, (coalesce(ch.after, ch.before)->>'org_unit_id')::uuid AS unit_id,
       json_uuids(coalesce(ch.after, ch.before)->'unit_path') AS path,
       CASE c.number WHEN at_commit THEN json_uuids(ch.before->'unit_path') END AS path_before
     FROM change ch JOIN commit c ON c.id = ch.commit_id
     WHERE at_commit >= (SELECT commit_number + CASE ordinal WHEN 2147483647 THEN 1 ELSE 0 END FROM feed_consumer WHERE name = 'versions')
       AND ch.table_name = 'user_search' AND ch.row_id = person AND c.number <= at_commit
       AND c.number >= (SELECT commit_number + CASE ordinal WHEN 2147483647 THEN 1 ELSE 0 END FROM feed_consumer WHERE name = 'versions')
     ORDER BY c.number DESC LIMIT 1)
    UNION ALL
    (SELECT 2, v.org_unit_id, v.unit_path,
       CASE v.from_commit WHEN at_commit THEN (SELECT p.unit_path FROM user_version p WHERE p.user_id = person AND p.from_commit < at_commit
         ORDER BY p.from_commit DESC LIMIT 1) END
     FROM user_version v WHERE v.user_id = person AND v.from_commit <= at_commit ORDER BY v.from_commit DESC LIMIT 1)
    ORDER BY preference LIMIT 1
  ) state
$$;
`;
