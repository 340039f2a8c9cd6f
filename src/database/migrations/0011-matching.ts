import { Migration } from "@mikro-orm/migrations";

/**
 * What matching saved searches needs: the instant at which each person was last reckoned, the transitions that were found, and what the
 * matcher knows of each search. All but the first is written behind the log and is no change of the directory (schema/FEED.md, "Matching").
 */
export class Migration0011Matching extends Migration {
  override up(): void {
    this.addSql(RECKONED);
    this.addSql(STORE);
    this.addSql(RECORD);
    this.addSql(PRUNE);
  }
}

/** Every column of `user_search` but the key and `reckoned_at`, in the order of the table. */
const COLUMNS =
  `version username display_name status status_reason status_changed_at status_until given_name middle_name
  family_name honorific_prefix honorific_suffix nick_name email email_domain email_verified phone external_id external_ids
  employee_number title department division cost_center employee_type location country locale preferred_language timezone tags
  attributes source hired_on terminates_on last_login_at last_login_country failed_login_count password_changed_at mfa_enrolled
  mfa_methods active_session_count risk_score created_at updated_at deleted_at org_unit_id unit_path manager_id manager_chain
  manager_status direct_report_count role_keys permissions role_grants words`
    .split(/\s+/)
    .map((column) => `${column} = EXCLUDED.${column}`)
    .join(", ");

const RECKONED = `
-- The instant of the last commit that wrote the row, or in which time moved the person over a boundary of some search.
ALTER TABLE user_search ADD COLUMN reckoned_at timestamptz(3) DEFAULT rollcall_now();
ALTER TABLE user_search ALTER COLUMN reckoned_at DROP DEFAULT;
ALTER TABLE user_version ADD COLUMN reckoned_at timestamptz(3);

CREATE OR REPLACE FUNCTION user_search_of(users uuid[], instant timestamptz) RETURNS SETOF user_search LANGUAGE sql STABLE AS $$
  SELECT u.id, u.version, u.username, u.display_name, u.status, u.status_reason, u.status_changed_at, u.status_until,
    u.given_name, u.middle_name, u.family_name, u.honorific_prefix, u.honorific_suffix, u.nick_name,
    email.value, split_part(email.value, '@', -1), email.verified, phone.value,
    identity.external_ids[1], identity.external_ids,
    u.employee_number, u.title, u.department, u.division, u.cost_center, u.employee_type, u.location, u.country,
    u.locale, u.preferred_language, u.timezone, u.tags, u.attributes, u.source, u.hired_on, u.terminates_on,
    security.last_login_at, security.last_login_country, coalesce(security.failed_login_count, 0), security.password_changed_at,
    coalesce(security.mfa_methods <> '{}', false), coalesce(security.mfa_methods, '{}'),
    coalesce(security.active_session_count, 0), security.risk_score,
    u.created_at, u.updated_at, u.deleted_at,
    u.org_unit_id, coalesce(unit.path, '{}'),
    u.manager_id, chain.ids, manager.status, reports.count,
    effective.keys, effective.permissions, grants.list,
    words_of(concat_ws(' ', u.given_name, u.middle_name, u.family_name, u.nick_name, u.display_name, u.username, email.value, u.title, u.employee_number)),
    coalesce(known.reckoned_at, instant)
  FROM unnest(users) touched (id)
  JOIN user_account u ON u.id = touched.id
  LEFT JOIN user_email email ON email.user_id = u.id AND email.is_primary
  LEFT JOIN user_phone phone ON phone.user_id = u.id AND phone.is_primary
  LEFT JOIN user_security security ON security.user_id = u.id
  LEFT JOIN org_unit_path unit ON unit.unit_id = u.org_unit_id
  LEFT JOIN user_account manager ON manager.id = u.manager_id
  LEFT JOIN user_search known ON known.user_id = u.id
  CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(i.external_id ORDER BY i.place, i.id), '{}') AS external_ids FROM user_identity i WHERE i.user_id = u.id) identity
  CROSS JOIN LATERAL (
    WITH RECURSIVE up (id, manager_id, height) AS (
      SELECT manager.id, manager.manager_id, 1 WHERE manager.id IS NOT NULL
      UNION ALL
      SELECT m.id, m.manager_id, up.height + 1 FROM up JOIN user_account m ON m.id = up.manager_id)
    SELECT coalesce(array_agg(id ORDER BY height), '{}') AS ids FROM up) chain
  CROSS JOIN LATERAL (
    SELECT count(*)::integer AS count FROM user_account r WHERE r.manager_id = u.id AND r.status <> 'DELETED') reports
  CROSS JOIN LATERAL (
    WITH RECURSIVE held (id) AS (
      SELECT g.role_id FROM role_grant g WHERE g.user_id = u.id AND g.revoked_at IS NULL
        AND g.starts_at <= instant AND (g.expires_at IS NULL OR g.expires_at > instant)
      UNION
      SELECT i.inherits_id FROM held JOIN role_inheritance i ON i.role_id = held.id)
    SELECT ARRAY(SELECT r.key FROM held JOIN role r ON r.id = held.id ORDER BY r.key COLLATE "C") AS keys,
      ARRAY(SELECT DISTINCT p.name COLLATE "C" FROM held JOIN role r ON r.id = held.id, unnest(r.permissions) p (name) ORDER BY 1) AS permissions) effective
  CROSS JOIN LATERAL (
    SELECT coalesce(jsonb_agg(jsonb_build_object('id', g.id, 'role', r.key, 'privileged', r.privileged, 'scopePath', scope.path,
      'grantedAt', instant_text(g.granted_at), 'startsAt', instant_text(g.starts_at), 'expiresAt', instant_text(g.expires_at))
      ORDER BY g.granted_at, g.id), '[]') AS list
    FROM role_grant g JOIN role r ON r.id = g.role_id LEFT JOIN org_unit_path scope ON scope.unit_id = g.scope_id
    WHERE g.user_id = u.id AND g.revoked_at IS NULL AND (g.expires_at IS NULL OR g.expires_at > instant)) grants
$$;

-- Brings the search rows of the given people up to an instant. Rows that are right already are not written.
CREATE OR REPLACE FUNCTION refresh_user_search(users uuid[], instant timestamptz) RETURNS void LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off AS $$
BEGIN
  DELETE FROM user_search s WHERE s.user_id = ANY (users) AND NOT EXISTS (SELECT FROM user_account u WHERE u.id = s.user_id);
  INSERT INTO user_search
  SELECT fresh.* FROM user_search_of(users, instant) fresh LEFT JOIN user_search kept ON kept.user_id = fresh.user_id
  WHERE (kept *<> fresh) IS NOT FALSE
  ON CONFLICT (user_id) DO UPDATE SET ${COLUMNS}, reckoned_at = instant;
END $$;

SELECT capture_table('user_search', is_derived => true);
`;

const STORE = `
INSERT INTO feed_consumer (name, commit_number, ordinal) SELECT 'matcher', number, 2147483647 FROM feed_head;

-- The saved searches as of the matcher's place in the log. A search that was deleted is kept without its filter, as long as the log
-- has commits from before, so that whoever follows it learns of it.
CREATE TABLE matched_search (
  search_id uuid PRIMARY KEY,
  owner_id uuid,
  token_id uuid,
  visibility text NOT NULL,
  filter jsonb,
  watch text[] NOT NULL,
  -- Behind this commit the transitions are complete, and by this filter.
  since bigint NOT NULL,
  -- The commit in which anything of this row last changed.
  touched bigint NOT NULL,
  -- Why the search is not matched: what its owner may no longer ask about. Null while it is.
  refusal jsonb
);
CREATE INDEX matched_search_touched ON matched_search (touched);
INSERT INTO matched_search (search_id, owner_id, token_id, visibility, filter, watch, since, touched)
SELECT s.id, s.owner_id, s.token_id, s.visibility, s.filter, s.watch, head.number, head.number FROM saved_search s CROSS JOIN feed_head head;

-- Who joined (J), left (L) or changed in (C) a search by its filter alone: the change says who. Moves (M) concern every search, and stand
-- under the id of none.
CREATE TABLE search_transition (
  search_id uuid NOT NULL,
  commit_number bigint NOT NULL,
  ordinal integer NOT NULL,
  kind "char" NOT NULL CHECK (kind IN ('J', 'L', 'C', 'M')),
  PRIMARY KEY (search_id, commit_number, ordinal)
);
CREATE INDEX search_transition_commit ON search_transition (commit_number);

-- Filters relative to now that nobody saved, while somebody is subscribed to them: time must know their boundaries. Whoever holds one
-- renews it; one that was not renewed is nobody's.
CREATE TABLE live_filter (
  id uuid PRIMARY KEY,
  filter jsonb NOT NULL,
  -- What time does from this instant on matters.
  since timestamptz(3) NOT NULL,
  held_until timestamptz(3) NOT NULL
);
`;

const RECORD = `
-- What matching found from one place in the log to another, all of it or nothing. Refuses where the matcher's place is another one: then
-- somebody else is matching.
CREATE FUNCTION record_matches(at_commit bigint, at_ordinal integer, to_commit bigint, to_ordinal integer, searches jsonb,
  search_ids uuid[], commits bigint[], ordinals integer[], kinds "char"[])
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  UPDATE feed_consumer SET commit_number = to_commit, ordinal = to_ordinal
  WHERE name = 'matcher' AND commit_number = at_commit AND feed_consumer.ordinal = at_ordinal;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the matcher stands elsewhere in the log' USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  IF (to_commit, to_ordinal) < (at_commit, at_ordinal) OR to_commit > (SELECT number FROM feed_head) THEN
    RAISE EXCEPTION 'the matcher goes forward, up to the head' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF jsonb_array_length(searches) > 0 THEN
    INSERT INTO matched_search SELECT s.* FROM jsonb_populate_recordset(NULL::matched_search, searches) s
    ON CONFLICT (search_id) DO UPDATE SET owner_id = EXCLUDED.owner_id, token_id = EXCLUDED.token_id, visibility = EXCLUDED.visibility,
      filter = EXCLUDED.filter, watch = EXCLUDED.watch, since = EXCLUDED.since, touched = EXCLUDED.touched, refusal = EXCLUDED.refusal;
    DELETE FROM search_transition t USING jsonb_populate_recordset(NULL::matched_search, searches) s
    WHERE t.search_id = s.search_id AND t.commit_number <= s.since;
  END IF;
  INSERT INTO search_transition (search_id, commit_number, ordinal, kind)
  SELECT * FROM unnest(search_ids, commits, ordinals, kinds);
  PERFORM pg_notify('rollcall_matched', to_commit::text);
END $$;
REVOKE ALL ON FUNCTION record_matches(bigint, integer, bigint, integer, jsonb, uuid[], bigint[], integer[], "char"[]) FROM PUBLIC;
`;

const PRUNE = `
-- As before (see 0009); with the commits go the transitions that refer to them, and searches that were deleted before.
CREATE OR REPLACE FUNCTION prune_log(keep interval, batch integer) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
  bound bigint;
  pruned integer;
BEGIN
  IF keep IS NULL OR keep < interval '0' THEN
    RAISE EXCEPTION 'the window cannot be negative' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  SELECT least(
    (SELECT number - 1 FROM feed_head),
    (SELECT min(commit_number - CASE ordinal WHEN 2147483647 THEN 0 ELSE 1 END) FROM feed_consumer)) INTO bound;
  WITH old AS MATERIALIZED (
    SELECT id FROM commit WHERE number <= bound AND at < rollcall_now() - keep ORDER BY number LIMIT batch
  ), changes AS (
    DELETE FROM change USING old WHERE commit_id = old.id
  ), commits AS (
    DELETE FROM commit USING old WHERE commit.id = old.id RETURNING 1
  )
  SELECT count(*) INTO pruned FROM commits;
  IF pruned > 0 THEN
    SELECT min(number) INTO bound FROM commit;
    DELETE FROM search_transition WHERE commit_number < bound;
    DELETE FROM matched_search WHERE touched < bound AND filter IS NULL;
  END IF;
  RETURN pruned;
END $$;
`;
