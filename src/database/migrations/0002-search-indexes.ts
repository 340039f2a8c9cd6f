import { Migration } from "@mikro-orm/migrations";

/**
 * The functions that filters are written with, and the indexes of user_search. The many criteria of low selectivity share one
 * GIN index, which intersects them itself and takes one entry list a row; values that order pages or bound ranges have B-trees.
 * Functions in indexes name what they call in full, since maintenance runs with an empty search path.
 */
export class Migration0002SearchIndexes extends Migration {
  override up(): void {
    this.addSql(`
-- An attribute's JSON value taken as a type: null where its JSON type does not fit.
CREATE FUNCTION json_text(value jsonb) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN jsonb_typeof(value) = 'string' THEN value #>> '{}' END $$;

CREATE FUNCTION json_boolean(value jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN jsonb_typeof(value) = 'boolean' THEN value::boolean END $$;

-- As JavaScript reads it: too large for a double is no number, too small is zero.
CREATE FUNCTION json_number(value jsonb) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN jsonb_typeof(value) = 'number' THEN
  CASE WHEN abs(value::numeric) >= 179769313486231580793e289 THEN NULL
       WHEN abs(value::numeric) <= 24703282292062327e-340 THEN 0
       ELSE value::float8 END
END $$;

CREATE FUNCTION json_date(value jsonb) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN json_text(value) ~ '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$' AND left(json_text(value), 4) <> '0000' THEN
  CASE WHEN substr(json_text(value), 9)::integer <= extract(day FROM
         make_date(left(json_text(value), 4)::integer, substr(json_text(value), 6, 2)::integer, 1) + interval '1 month' - interval '1 day')
       THEN make_date(left(json_text(value), 4)::integer, substr(json_text(value), 6, 2)::integer, substr(json_text(value), 9)::integer) END
END $$;

CREATE FUNCTION json_texts(value jsonb) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN jsonb_typeof(value) = 'array' THEN
  ARRAY(SELECT member #>> '{}' FROM jsonb_array_elements(CASE WHEN jsonb_typeof(value) = 'array' THEN value ELSE '[]' END) AS m(member)
        WHERE jsonb_typeof(member) = 'string')
END $$;

CREATE FUNCTION fold_each(texts text[]) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN texts IS NOT NULL THEN ARRAY(SELECT lower(t.v COLLATE "und-x-icu") FROM unnest(texts) AS t(v)) END $$;

-- Several texts, folded, between separators; empty where there is none.
CREATE FUNCTION fold_all(texts text[]) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT coalesce(E'\\x1f' || string_agg(lower(t.v COLLATE "und-x-icu"), E'\\x1f' ORDER BY t.place) || E'\\x1f', '')
   FROM unnest(texts) WITH ORDINALITY AS t(v, place) $$;

-- The keys of a record's attributes, and key and value of those that are texts, truth values or lists of texts: folded, cut to 100 characters.
CREATE FUNCTION attribute_terms(attributes jsonb) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT coalesce(array_agg(DISTINCT t.term), '{}')
   FROM jsonb_each(CASE WHEN jsonb_typeof(attributes) = 'object' THEN attributes ELSE '{}' END) AS a(key, value),
   LATERAL (
     SELECT left(a.key, 100) AS term
     UNION ALL
     SELECT left(a.key, 100) || E'\\x1f' || left(lower((a.value #>> '{}') COLLATE "und-x-icu"), 100)
     WHERE jsonb_typeof(a.value) IN ('string', 'boolean')
     UNION ALL
     SELECT left(a.key, 100) || E'\\x1f' || left(lower((m.member #>> '{}') COLLATE "und-x-icu"), 100)
     FROM jsonb_array_elements(CASE WHEN jsonb_typeof(a.value) = 'array' THEN a.value ELSE '[]' END) AS m(member)
     WHERE jsonb_typeof(m.member) = 'string'
   ) AS t $$;

-- What the grants of a record are: that there is one, of which roles, whether privileged, within which units.
CREATE FUNCTION grant_terms(grants jsonb) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT coalesce(array_agg(DISTINCT t.term), '{}')
   FROM jsonb_array_elements(grants) AS g(value),
   LATERAL (
     SELECT 'grant' AS term
     UNION ALL
     SELECT E'role\\x1f' || left(lower((g.value ->> 'role') COLLATE "und-x-icu"), 100)
     UNION ALL
     SELECT E'privileged\\x1f' || (g.value ->> 'privileged')
     UNION ALL
     SELECT E'scopeWithin\\x1f' || u.id
     FROM jsonb_array_elements_text(CASE WHEN jsonb_typeof(g.value -> 'scopePath') = 'array' THEN g.value -> 'scopePath' ELSE '[]' END) AS u(id)
   ) AS t
   WHERE t.term IS NOT NULL $$;

-- Equality, membership and overlap.
CREATE INDEX user_search_values ON user_search USING gin (
  status, employee_type, source, manager_status,
  fold(title), fold(department), fold(division), fold(cost_center), fold(location), fold(country), fold(locale), fold(timezone),
  fold(last_login_country), fold(email_domain), fold(given_name), fold(family_name), fold(display_name), fold(phone),
  org_unit_id, manager_id,
  fold_each(tags), fold_each(role_keys), mfa_methods, permissions, unit_path, manager_chain,
  attribute_terms(attributes), grant_terms(role_grants)
);

-- Parts and beginnings of texts, joined, since people's texts share most of their trigrams; and the words of the text criterion.
CREATE INDEX user_search_texts ON user_search USING gin (
  words gin_trgm_ops,
  fold_all(ARRAY[
    username, email, employee_number, display_name, given_name, family_name, phone, title, department, division, cost_center, location,
    country, locale, timezone, last_login_country, email_domain
  ] || external_ids) gin_trgm_ops
);

-- Keys.
CREATE INDEX user_search_username ON user_search (fold(username) text_pattern_ops);
CREATE INDEX user_search_email ON user_search (fold(email) text_pattern_ops);
CREATE INDEX user_search_employee_number ON user_search (fold(employee_number) text_pattern_ops);

-- Ranges, and the order of pages.
CREATE INDEX user_search_status_changed_at ON user_search (status_changed_at, user_id);
CREATE INDEX user_search_hired_on ON user_search (hired_on, user_id);
CREATE INDEX user_search_terminates_on ON user_search (terminates_on, user_id);
CREATE INDEX user_search_last_login_at ON user_search (last_login_at, user_id);
CREATE INDEX user_search_password_changed_at ON user_search (password_changed_at, user_id);
CREATE INDEX user_search_created_at ON user_search (created_at, user_id);
CREATE INDEX user_search_updated_at ON user_search (updated_at, user_id);
CREATE INDEX user_search_deleted_at ON user_search (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX user_search_risk_score ON user_search (risk_score, user_id);
CREATE INDEX user_search_failed_login_count ON user_search (failed_login_count);
CREATE INDEX user_search_active_session_count ON user_search (active_session_count);
CREATE INDEX user_search_direct_report_count ON user_search (direct_report_count);
CREATE INDEX user_search_mfa_enrolled ON user_search (mfa_enrolled);
CREATE INDEX user_search_email_verified ON user_search (email_verified);
CREATE INDEX user_search_display_name_order ON user_search (display_name COLLATE "und-x-icu", user_id);
CREATE INDEX user_search_family_name_order ON user_search (family_name COLLATE "und-x-icu", user_id);
CREATE INDEX user_search_username_order ON user_search (username COLLATE "und-x-icu", user_id);
`);
  }
}
