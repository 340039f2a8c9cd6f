import { Migration } from "@mikro-orm/migrations";

/**
 * Derived rows and the assertions that span rows, made by the commit that changes their sources (see number_commit in 0003).
 * `derive_rows` finds exactly the units and people that a commit's own changes touch, however far away they stand.
 */
export class Migration0004Derivation extends Migration {
  override up(): void {
    this.addSql(WORDS);
    this.addSql(ROWS);
    this.addSql(REFRESH);
    this.addSql(ASSERT);
    this.addSql(DERIVE);
  }
}

// The statements below are large, and planning one takes longer than running it for one person: so each is planned once a
// session. That may be while the tables are empty (where nobody gathers statistics they stay so for the planner): without
// enable_seqscan = off the plan kept from then would read whole tables for every person.
const PLANNED_ONCE = "SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off";

const WORDS = `
-- Folded words, each after one space. Words end at white space and at ASCII punctuation, as JavaScript counts them.
CREATE FUNCTION words_of(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT ' ' || btrim(regexp_replace(fold(value), '[\\u0009-\\u000D\\u0020-\\u002F\\u003A-\\u0040\\u005B-\\u0060\\u007B-\\u007E\\u00A0\\u1680\\u2000-\\u200A\\u2028\\u2029\\u202F\\u205F\\u3000\\uFEFF]+', ' ', 'g'), ' ') $$;
`;

const ROWS = `
CREATE FUNCTION org_unit_path_of(units uuid[]) RETURNS SETOF org_unit_path LANGUAGE sql STABLE AS $$
  SELECT o.id, up.path, up.code_path, cardinality(up.path) - 1
  FROM unnest(units) touched (id)
  JOIN org_unit o ON o.id = touched.id
  CROSS JOIN LATERAL (
    WITH RECURSIVE up (id, parent_id, code, height) AS (
      SELECT o.id, o.parent_id, o.code, 0
      UNION ALL
      SELECT p.id, p.parent_id, p.code, up.height + 1 FROM up JOIN org_unit p ON p.id = up.parent_id)
    SELECT array_agg(id ORDER BY height DESC) AS path, array_agg(code ORDER BY height DESC) AS code_path FROM up) up
$$;

-- The search rows of the given people as they should be at an instant, computed from the base tables (and units' paths) alone.
CREATE FUNCTION user_search_of(users uuid[], instant timestamptz) RETURNS SETOF user_search LANGUAGE sql STABLE AS $$
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
    words_of(concat_ws(' ', u.given_name, u.middle_name, u.family_name, u.nick_name, u.display_name, u.username, email.value, u.title, u.employee_number))
  FROM unnest(users) touched (id)
  JOIN user_account u ON u.id = touched.id
  LEFT JOIN user_email email ON email.user_id = u.id AND email.is_primary
  LEFT JOIN user_phone phone ON phone.user_id = u.id AND phone.is_primary
  LEFT JOIN user_security security ON security.user_id = u.id
  LEFT JOIN org_unit_path unit ON unit.unit_id = u.org_unit_id
  LEFT JOIN user_account manager ON manager.id = u.manager_id
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
`;

/** Every column of `user_search` but the key, in the order of the table. */
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

const REFRESH = `
CREATE FUNCTION refresh_org_unit_path(units uuid[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM org_unit_path p WHERE p.unit_id = ANY (units) AND NOT EXISTS (SELECT FROM org_unit o WHERE o.id = p.unit_id);
  INSERT INTO org_unit_path SELECT * FROM org_unit_path_of(units)
  ON CONFLICT (unit_id) DO UPDATE SET path = EXCLUDED.path, code_path = EXCLUDED.code_path, depth = EXCLUDED.depth;
END $$;

-- Brings the search rows of the given people up to an instant. Rows that are right already are not written.
CREATE FUNCTION refresh_user_search(users uuid[], instant timestamptz) RETURNS void LANGUAGE plpgsql ${PLANNED_ONCE} AS $$
BEGIN
  DELETE FROM user_search s WHERE s.user_id = ANY (users) AND NOT EXISTS (SELECT FROM user_account u WHERE u.id = s.user_id);
  INSERT INTO user_search
  SELECT fresh.* FROM user_search_of(users, instant) fresh LEFT JOIN user_search kept ON kept.user_id = fresh.user_id
  WHERE (kept *<> fresh) IS NOT FALSE
  ON CONFLICT (user_id) DO UPDATE SET ${COLUMNS};
END $$;
`;

// Duplicates and cycles are told apart by the constraint's name, as if these were constraints of the tables.
const ASSERT = `
CREATE FUNCTION assert_unique_holders(users uuid[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT FROM unnest(users) touched (id)
    JOIN user_account u ON u.id = touched.id AND u.status <> 'DELETED'
    JOIN user_email own ON own.user_id = u.id AND own.is_primary
    JOIN user_email other ON fold(other.value) = fold(own.value) AND other.is_primary AND other.user_id <> u.id
    JOIN user_account holder ON holder.id = other.user_id AND holder.status <> 'DELETED')
  THEN
    RAISE EXCEPTION 'another person has this primary e-mail address' USING ERRCODE = 'unique_violation', CONSTRAINT = 'user_email_primary_key';
  END IF;
  IF EXISTS (
    SELECT FROM unnest(users) touched (id)
    JOIN user_account u ON u.id = touched.id AND u.status <> 'DELETED'
    JOIN user_identity own ON own.user_id = u.id
    JOIN user_identity other ON other.source = own.source AND fold(other.external_id) = fold(own.external_id)
      AND fold(other.issuer) IS NOT DISTINCT FROM fold(own.issuer) AND other.id <> own.id
    JOIN user_account holder ON holder.id = other.user_id AND holder.status <> 'DELETED')
  THEN
    RAISE EXCEPTION 'another person has this identity' USING ERRCODE = 'unique_violation', CONSTRAINT = 'user_identity_holder_key';
  END IF;
END $$;

-- A new cycle runs through one of the changed rows: it is found by going up from each until the top, or itself, is reached.
CREATE FUNCTION assert_no_cycle(units uuid[], users uuid[], roles uuid[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF cardinality(units) > 0 AND EXISTS (
    WITH RECURSIVE up (start, id) AS (
      SELECT o.id, o.parent_id FROM org_unit o WHERE o.id = ANY (units)
      UNION SELECT up.start, o.parent_id FROM up JOIN org_unit o ON o.id = up.id)
    SELECT FROM up WHERE up.id = up.start)
  THEN
    RAISE EXCEPTION 'an org unit cannot stand below itself' USING ERRCODE = 'check_violation', CONSTRAINT = 'org_unit_parent_cycle';
  END IF;
  IF cardinality(users) > 0 AND EXISTS (
    WITH RECURSIVE up (start, id) AS (
      SELECT u.id, u.manager_id FROM user_account u WHERE u.id = ANY (users)
      UNION SELECT up.start, u.manager_id FROM up JOIN user_account u ON u.id = up.id)
    SELECT FROM up WHERE up.id = up.start)
  THEN
    RAISE EXCEPTION 'a person cannot report to themselves' USING ERRCODE = 'check_violation', CONSTRAINT = 'user_account_manager_cycle';
  END IF;
  IF cardinality(roles) > 0 AND EXISTS (
    WITH RECURSIVE up (start, id) AS (
      SELECT i.role_id, i.inherits_id FROM role_inheritance i WHERE i.role_id = ANY (roles)
      UNION SELECT up.start, i.inherits_id FROM up JOIN role_inheritance i ON i.role_id = up.id)
    SELECT FROM up WHERE up.id = up.start)
  THEN
    RAISE EXCEPTION 'a role cannot inherit itself' USING ERRCODE = 'check_violation', CONSTRAINT = 'role_inheritance_cycle';
  END IF;
END $$;
`;

const DERIVE = `
-- What a commit's changes touch. Each list is of ids; those of people and units may repeat.
CREATE TYPE touched_rows AS (
  people uuid[], holders uuid[], managed uuid[], managers uuid[], managing uuid[], units uuid[], moved uuid[], inheriting uuid[], roles uuid[]);

CREATE FUNCTION touched_rows(of_commit bigint) RETURNS touched_rows LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (WITH own AS (
    SELECT c.table_name, c.row_id, c.operation, c.before, c.after, side.row AS row,
      c.before->>'status' IS DISTINCT FROM c.after->>'status' AS status,
      c.before->>'manager_id' IS DISTINCT FROM c.after->>'manager_id' AS manager
    FROM change c CROSS JOIN LATERAL (VALUES (c.before), (c.after)) side (row)
    WHERE c.commit_id = of_commit AND NOT c.derived AND side.row IS NOT NULL)
  SELECT ROW(
    -- people: whose own rows changed
    array_agg(coalesce((row->>'user_id')::uuid, row_id)) FILTER (WHERE table_name IN
      ('user_account', 'user_email', 'user_phone', 'user_identity', 'user_security', 'role_grant')),
    -- holders: who may now hold what must be unique
    array_agg(coalesce((row->>'user_id')::uuid, row_id)) FILTER (WHERE table_name IN ('user_email', 'user_identity') OR table_name = 'user_account' AND status),
    -- managed: whose manager changed
    array_agg(row_id) FILTER (WHERE table_name = 'user_account' AND manager),
    -- managers: who gained or lost a report
    array_agg((row->>'manager_id')::uuid) FILTER (WHERE table_name = 'user_account' AND (manager OR status) AND row->>'manager_id' IS NOT NULL),
    -- managing: whose status, which their reports show, changed
    array_agg(row_id) FILTER (WHERE table_name = 'user_account' AND status),
    -- units: that are new or gone or have another path; moved: those with another parent
    array_agg(row_id) FILTER (WHERE table_name = 'org_unit' AND (operation <> 'UPDATE'
      OR before->>'code' IS DISTINCT FROM after->>'code' OR before->>'parent_id' IS DISTINCT FROM after->>'parent_id')),
    array_agg(row_id) FILTER (WHERE table_name = 'org_unit' AND before->>'parent_id' IS DISTINCT FROM after->>'parent_id'),
    -- inheriting: roles that inherit other ones now; roles: that allow other things, or are shown differently
    array_agg((row->>'role_id')::uuid) FILTER (WHERE table_name = 'role_inheritance'),
    array_agg(row_id) FILTER (WHERE table_name = 'role' AND operation = 'UPDATE' AND (before->>'key' IS DISTINCT FROM after->>'key'
      OR before->>'privileged' IS DISTINCT FROM after->>'privileged' OR before->>'permissions' IS DISTINCT FROM after->>'permissions'))
  )::touched_rows FROM own);
END $$;

CREATE FUNCTION derive_rows(of_commit bigint, instant timestamptz) RETURNS void LANGUAGE plpgsql ${PLANNED_ONCE} AS $$
DECLARE
  touched touched_rows := touched_rows(of_commit);
  users uuid[] := touched.people;
BEGIN
  PERFORM assert_no_cycle(touched.moved, touched.managed, touched.inheriting);
  IF touched.holders <> '{}' THEN
    PERFORM assert_unique_holders(ARRAY(SELECT DISTINCT unnest(touched.holders)));
  END IF;
  IF touched.managers <> '{}' THEN
    users := users || touched.managers;
  END IF;
  IF touched.managed <> '{}' THEN -- everybody below them has another chain
    users := users || ARRAY(
      WITH RECURSIVE below (id) AS (
        SELECT unnest(touched.managed) UNION SELECT u.id FROM below JOIN user_account u ON u.manager_id = below.id)
      SELECT id FROM below);
  END IF;
  IF touched.managing <> '{}' THEN
    users := users || ARRAY(SELECT u.id FROM unnest(touched.managing) manager (id) JOIN user_account u ON u.manager_id = manager.id);
  END IF;
  IF touched.units <> '{}' THEN
    PERFORM refresh_org_unit_path(ARRAY(
      WITH RECURSIVE below (id) AS (
        SELECT unnest(touched.units) UNION SELECT o.id FROM below JOIN org_unit o ON o.parent_id = below.id)
      SELECT id FROM below));
  END IF;
  IF touched.moved <> '{}' THEN -- members of the units below, and people whose grants are scoped there
    users := users || ARRAY(
      WITH RECURSIVE below (id) AS (
        SELECT unnest(touched.moved) UNION SELECT o.id FROM below JOIN org_unit o ON o.parent_id = below.id)
      SELECT u.id FROM below JOIN user_account u ON u.org_unit_id = below.id
      UNION ALL SELECT g.user_id FROM below JOIN role_grant g ON g.scope_id = below.id AND g.revoked_at IS NULL);
  END IF;
  IF touched.roles <> '{}' OR touched.inheriting <> '{}' THEN -- people who hold these roles or any that inherits them
    users := users || ARRAY(
      WITH RECURSIVE above (id) AS (
        SELECT unnest(touched.roles || touched.inheriting) UNION SELECT i.role_id FROM above JOIN role_inheritance i ON i.inherits_id = above.id)
      SELECT g.user_id FROM above JOIN role_grant g ON g.role_id = above.id AND g.revoked_at IS NULL);
  END IF;
  IF users <> '{}' THEN
    PERFORM refresh_user_search(ARRAY(SELECT DISTINCT unnest(users)), instant);
  END IF;
END $$;
`;
