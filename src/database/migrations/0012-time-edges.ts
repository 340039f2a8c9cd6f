/*
 * The part of 0012 that knows what criteria relative to now ask, and whom the passing of time takes across.
 */

/** The table of edges, and what keeps it. */
export const EDGES = `
-- What criteria relative to now come down to: whether a value lies before now, moved by months (clamped) and then by milliseconds. For
-- civil dates, before today, moved by months and whole days. A criterion has one such edge or two.
CREATE TABLE time_edge (
  field text NOT NULL,
  key text NOT NULL,
  months integer NOT NULL,
  rest bigint NOT NULL,
  -- How many saved searches and live filters have it.
  filters integer NOT NULL,
  -- The instant of the head when it came: whoever crosses it behind that is in the log.
  since timestamptz(3) NOT NULL,
  PRIMARY KEY (field, key, months, rest)
);

CREATE TYPE time_length AS (months integer, rest bigint);

-- An ISO 8601 duration; null for what is none.
CREATE FUNCTION time_length_of(length text) RETURNS time_length LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  read interval := replace(length, ',', '.')::interval;
BEGIN
  RETURN (extract(year FROM read) * 12 + extract(month FROM read),
    extract(day FROM read)::bigint * 86400000 + extract(hour FROM read)::bigint * 3600000 + extract(minute FROM read)::bigint * 60000
      + round(extract(milliseconds FROM read)))::time_length;
EXCEPTION WHEN data_exception THEN RETURN NULL;
END $$;

-- The edges of a filter's tree. "now − d ≤ t" is the complement of "t < now − d", and "t ≤ now + d" is "t < now + d" and one unit more.
CREATE FUNCTION time_edges_of(filter jsonb) RETURNS TABLE (field text, key text, months integer, rest bigint) LANGUAGE sql IMMUTABLE AS $$
  WITH RECURSIVE node (value, field, inside) AS (
    SELECT filter, filter->>'field', ''
    UNION ALL
    SELECT child, child->>'field', CASE node.value->>'kind' WHEN 'criterion' THEN node.field || '.' ELSE node.inside END
    FROM node CROSS JOIN LATERAL jsonb_array_elements(
      CASE jsonb_typeof(node.value->'of') WHEN 'array' THEN node.value->'of' WHEN 'object' THEN jsonb_build_array(node.value->'of') ELSE '[]' END) child
  ), asked AS (
    SELECT inside || node.field AS field, coalesce(value->>'key', '') AS key, value->>'operator' AS operator, time_length_of(value->>'operand') AS length,
      CASE WHEN node.field IN ('hiredOn', 'terminatesOn', 'attributes') THEN 86400000 ELSE 1 END AS unit
    FROM node WHERE value->>'operator' IN ('withinLast', 'withinNext', 'olderThan')
  )
  SELECT DISTINCT asked.field, asked.key, edge.months, edge.rest FROM asked CROSS JOIN LATERAL (VALUES
    ('withinLast', -(length).months, -(length).rest), ('withinLast', 0, unit::bigint),
    ('withinNext', 0, 0::bigint), ('withinNext', (length).months, (length).rest + unit),
    ('olderThan', -(length).months, -(length).rest)) edge (operator, months, rest)
  WHERE edge.operator = asked.operator AND edge.months IS NOT NULL
$$;

-- Counts filters that came (1) or went (-1). The head must be locked.
CREATE FUNCTION count_edges(filters jsonb[], signs integer[], head_at timestamptz) RETURNS void LANGUAGE sql AS $$
  INSERT INTO time_edge (field, key, months, rest, filters, since)
  SELECT e.field, e.key, e.months, e.rest, sum(f.sign), head_at FROM unnest(filters, signs) f (filter, sign) CROSS JOIN LATERAL time_edges_of(f.filter) e
  GROUP BY 1, 2, 3, 4 HAVING sum(f.sign) <> 0
  ON CONFLICT (field, key, months, rest) DO UPDATE SET filters = time_edge.filters + EXCLUDED.filters
$$;
SELECT count_edges(array_agg(s.filter), array_agg(1), h.at) FROM saved_search s CROSS JOIN feed_head h GROUP BY h.at;

CREATE FUNCTION count_live_filter() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  head_at timestamptz;
BEGIN
  -- A commit that is under way has looked at the edges already: its instant is waited for.
  SELECT at INTO head_at FROM feed_head FOR UPDATE;
  IF TG_OP <> 'INSERT' THEN PERFORM count_edges(ARRAY[OLD.filter], ARRAY[-1], head_at); END IF;
  IF TG_OP <> 'DELETE' THEN PERFORM count_edges(ARRAY[NEW.filter], ARRAY[1], head_at); END IF;
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION count_live_filter() FROM PUBLIC;
CREATE TRIGGER count_live_filter AFTER INSERT OR DELETE OR UPDATE OF filter ON live_filter FOR EACH ROW EXECUTE FUNCTION count_live_filter();
ALTER TABLE live_filter ENABLE ALWAYS TRIGGER count_live_filter;
`;

/** The instants and civil dates that filters ask about, and their columns; each has an index. */
export const INSTANTS = {
  statusChangedAt: "status_changed_at",
  lastLoginAt: "last_login_at",
  passwordChangedAt: "password_changed_at",
  createdAt: "created_at",
  updatedAt: "updated_at",
  deletedAt: "deleted_at",
};
const DATES = { hiredOn: "hired_on", terminatesOn: "terminates_on" };
const GRANTS = {
  "roleGrants.grantedAt": "granted_at",
  "roleGrants.startsAt": "starts_at",
  "roleGrants.expiresAt": "expires_at",
};

const between = (value: string, moved: string, from: string, to: string): string =>
  `${value} >= least(${moved}(${from}, e.months, e.rest), ${moved}(${to}, e.months, e.rest))
    AND ${value} < greatest(${moved}(${from}, e.months, e.rest), ${moved}(${to}, e.months, e.rest))`;

/** A function that gives who crossed one of some edges behind an instant, up to another. */
const crossers = (declaration: string, edges: string): string => {
  const people = (fields: Readonly<Record<string, string>>, moved: string, bounds: readonly [string, string]) =>
    Object.entries(fields).map(
      ([field, column]) =>
        `SELECT s.user_id FROM ${edges} e JOIN user_search s ON ${between(`s.${column}`, moved, ...bounds)} WHERE e.field = '${field}'`,
    );
  const holders = Object.entries(GRANTS).map(
    ([field, column]) =>
      `SELECT g.user_id FROM ${edges} e JOIN role_grant g ON ${between(`g.${column}`, "instant_moved", "earlier", "later")} AND g.revoked_at IS NULL WHERE e.field = '${field}'`,
  );
  return `
CREATE FUNCTION ${declaration} RETURNS SETOF uuid LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off AS $$
DECLARE
  yesterday date := org_day_at(earlier);
  today date := org_day_at(later);
BEGIN
  RETURN QUERY ${[...people(INSTANTS, "instant_moved", ["earlier", "later"]), ...holders].join("\n  UNION ALL ")};
  IF yesterday <> today THEN
    RETURN QUERY ${people(DATES, "date_moved", ["yesterday", "today"]).join("\n    UNION ALL ")}
    UNION ALL SELECT s.user_id FROM ${edges} e JOIN user_search s ON attribute_terms(s.attributes) @> ARRAY[left(e.key, 100)]
      AND ${between("json_date(s.attributes->e.key)", "date_moved", "yesterday", "today")} WHERE e.field = 'attributes';
  END IF;
END $$;
`;
};

/** Who crosses. */
export const CROSSERS = `
CREATE INDEX role_grant_granted ON role_grant (granted_at) WHERE revoked_at IS NULL;

-- As instantFrom and dateFrom do in the gateway: months of the calendar of UTC first.
CREATE FUNCTION instant_moved(instant timestamptz, months integer, rest bigint) RETURNS timestamptz LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT (instant AT TIME ZONE 'UTC' + make_interval(months => months, days => (rest / 86400000)::integer, secs => (rest % 86400000)::float8 / 1000)) AT TIME ZONE 'UTC' $$;
CREATE FUNCTION date_moved(day date, months integer, rest bigint) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT (day + make_interval(months => months) + make_interval(days => (rest / 86400000)::integer))::date $$;

-- A value was crossed if it lies before the moved moment at one end of the stretch and not at the other; months can move it back, too.
${crossers("time_crossers(earlier timestamptz, later timestamptz)", "time_edge")}
${crossers("crossers_of(filter jsonb, earlier timestamptz, later timestamptz)", "time_edges_of(filter)")}

-- Whether anybody crossed a boundary of a filter behind a commit and before the filter was followed: the log does not say who.
CREATE FUNCTION time_missed(filter jsonb, after_commit bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (
    SELECT FROM commit c CROSS JOIN LATERAL (
      SELECT max(coalesce(t.since, h.at)) AS since FROM feed_head h CROSS JOIN time_edges_of(filter) e LEFT JOIN time_edge t USING (field, key, months, rest)) followed
    CROSS JOIN LATERAL crossers_of(filter, c.at, followed.since) WHERE c.number = after_commit AND c.at < followed.since) $$;
`;
