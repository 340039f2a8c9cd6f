/**
 * What the peer and the endpoint by hand are given, so that they are at their best: the gateway compares and orders texts folded and by Unicode's
 * rules, with indexes to match; they compare them as they are, in the database's own order, with these.
 */
export const PEER_INDEXES: readonly string[] = [
  "CREATE INDEX IF NOT EXISTS bench_values ON user_search USING gin (status, department, location, title, role_keys, unit_path, org_unit_id)",
  "CREATE INDEX IF NOT EXISTS bench_words ON user_search USING gin (words gin_trgm_ops)",
  "CREATE INDEX IF NOT EXISTS bench_family_name ON user_search (family_name, user_id)",
  "CREATE INDEX IF NOT EXISTS bench_display_name ON user_search (display_name, user_id)",
  `CREATE OR REPLACE FUNCTION user_search_roles(person user_search) RETURNS SETOF role LANGUAGE sql STABLE AS
   $$ SELECT r.* FROM role r WHERE r.key = ANY(person.role_keys) ORDER BY r.key $$`,
  "ANALYZE user_search",
];
