import { Migration } from "@mikro-orm/migrations";

/**
 * What a role or a group brings to more people than one commit tells of (schema/FEED.md, "Far-reaching changes") trails behind it: their search rows
 * follow in commits of their own, which bear its cause.
 */
export class Migration0047TrailingCommits extends Migration {
  override up(): void {
    this.addSql(OPERATION);
    this.addSql(TABLES);
    this.addSql(ASIDE);
    this.addSql(TRAIL);
    this.addSql(TIME);
    this.addSql(NUMBER);
    this.addSql(DERIVE);
    this.addSql(FOLLOW);
  }
}

/** See 0004: each statement is planned once a session, perhaps while tables are empty. */
const PLANNED_ONCE = "SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off";

/** What others decide about somebody through roles and groups, of which a search row tells. */
const REACHED = ["role_keys", "permissions", "role_grants", "group_keys", "group_ids"];
const of = (row: string): string => REACHED.map((column) => `${row}.${column}`).join(", ");

const OPERATION = `
-- Everything belongs to an operation: what one commit did to very many people, and what trails behind it, as well as what several commits of one work do.
DO $do$
DECLARE
  definition text := pg_get_functiondef('commit_under_way()'::regprocedure);
  given CONSTANT text := 'cause->>''operationId''';
BEGIN
  IF position(given IN definition) = 0 THEN RAISE EXCEPTION 'commit_under_way is another than was expected'; END IF;
  EXECUTE replace(definition, given, 'coalesce(cause->>''operationId'', gen_random_uuid()::text)');
END $do$;
`;

const TABLES = `
-- Commits that reached more people than they told of, until everybody was told.
CREATE TABLE trail (
  commit_id bigint PRIMARY KEY
);

-- Who is still to be told of, each by the first commit that reached them. No foreign keys: a check per row would double the price.
CREATE TABLE trail_person (
  user_id uuid PRIMARY KEY,
  commit_id bigint NOT NULL
);

-- How many people a change of a role or a group tells of in its own commit.
CREATE FUNCTION reached_at_once() RETURNS integer LANGUAGE sql STABLE AS $$ SELECT 2000 $$;
`;

const ASIDE = `
-- A commit beside the transaction's own, which it takes the place of until it is closed; one of kind TIME is numbered by nobody else. The head must be locked.
CREATE FUNCTION open_aside(OUT own bigint, OUT aside bigint) LANGUAGE plpgsql AS $$
BEGIN
  UPDATE commit SET started_at = '-infinity' WHERE xid = pg_current_xact_id() AND started_at = transaction_timestamp() RETURNING id INTO own;
  INSERT INTO commit (xid, started_at, kind, action, actor_kind, actor_name, operation_id)
  VALUES (pg_current_xact_id(), transaction_timestamp(), 'TIME', 'time.passed', 'SYSTEM', 'clock', gen_random_uuid()::text) RETURNING id INTO aside;
END $$;

-- Gives it its number, or takes it away where nothing was written under it: then this is false.
CREATE FUNCTION close_aside(own bigint, aside bigint, own_number bigint, earlier timestamptz, instant timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  wrote boolean := last_ordinal(aside) > 0;
BEGIN
  IF wrote THEN -- it is no longer the transaction's own: several may be made in one, but each number is there once
    UPDATE commit SET number = own_number, at = instant, since = earlier, started_at = to_timestamp(own_number / 1e6) WHERE id = aside;
    PERFORM pg_notify('rollcall_commit', own_number::text);
  ELSE
    DELETE FROM commit WHERE id = aside;
  END IF;
  UPDATE commit SET started_at = transaction_timestamp() WHERE id = own;
  RETURN wrote;
END $$;
REVOKE ALL ON FUNCTION open_aside(), close_aside(bigint, bigint, bigint, timestamptz, timestamptz) FROM PUBLIC;
`;

const TRAIL = `
-- These people trail behind a commit. Whoever trails behind another one already is told of both at once.
CREATE FUNCTION leave_trail(of_commit bigint, people uuid[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO trail VALUES (of_commit) ON CONFLICT DO NOTHING;
  INSERT INTO trail_person SELECT DISTINCT reached.id, of_commit FROM unnest(people) reached (id) ORDER BY 1 ON CONFLICT DO NOTHING;
END $$;

-- Tells of those of the people who trail, in one commit for each cause; what else is to become of them is left alone. The head must be locked. Gives the
-- first number, from the given one on, that it did not take.
CREATE FUNCTION log_trail(people uuid[], own_number bigint, earlier timestamptz, instant timestamptz) RETURNS bigint LANGUAGE plpgsql ${PLANNED_ONCE} AS $$
DECLARE
  one record;
  beside record;
  free bigint := own_number;
BEGIN
  FOR one IN
    SELECT p.people, coalesce(c.kind, 'SYSTEM') AS kind, coalesce(c.action, 'trail.followed') AS action, coalesce(c.actor_kind, 'SYSTEM') AS actor_kind,
      c.actor_id, CASE WHEN erased.id IS NOT NULL THEN 'Erased person' ELSE coalesce(c.actor_name, 'trail') END AS actor_name, c.operation_id,
      CASE WHEN erased.id IS NULL THEN c.reason END AS reason, c.request_id, CASE WHEN erased.id IS NULL THEN c.ip END AS ip
    FROM (SELECT commit_id, array_agg(user_id) AS people FROM trail_person WHERE user_id = ANY (log_trail.people) GROUP BY commit_id) p
    LEFT JOIN commit c ON c.id = p.commit_id -- pruned, where nobody has followed for longer than the log is kept
    LEFT JOIN user_account erased ON erased.id = c.actor_id AND erased.erased_at IS NOT NULL
    ORDER BY p.commit_id
  LOOP
    beside := open_aside();
    UPDATE commit SET kind = one.kind, action = one.action, actor_kind = one.actor_kind, actor_id = one.actor_id, actor_name = one.actor_name,
      operation_id = one.operation_id, reason = one.reason, request_id = one.request_id, ip = one.ip WHERE id = beside.aside;
    UPDATE user_search kept SET (${REACHED.join(", ")}, reckoned_at) = ROW(${of("fresh")}, instant)
    FROM user_search_of(one.people, instant) fresh
    WHERE kept.user_id = fresh.user_id AND (${of("kept")}) IS DISTINCT FROM (${of("fresh")});
    IF close_aside(beside.own, beside.aside, free, CASE free WHEN own_number THEN earlier ELSE instant END, instant) THEN
      free := free + 1;
    END IF;
  END LOOP;
  DELETE FROM trail_person WHERE user_id = ANY (people);
  RETURN free;
END $$;
REVOKE ALL ON FUNCTION leave_trail(bigint, uuid[]), log_trail(uuid[], bigint, timestamptz, timestamptz) FROM PUBLIC;
`;

const TIME = `
-- As before (see 0012), but that grants of very many, which a group holds, begin and end in commits that trail.
CREATE OR REPLACE FUNCTION log_time(own_number bigint, earlier timestamptz, instant timestamptz, people uuid[], holders uuid[]) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  beside record := open_aside();
BEGIN
  IF cardinality(holders) > reached_at_once() THEN
    PERFORM leave_trail(beside.aside, holders);
    people := people || holders[1]; -- so that there is a commit: what trails is reckoned at the instant to which it brings the log's clock
  ELSIF holders <> '{}' THEN
    PERFORM refresh_user_search(holders, instant);
  END IF;
  UPDATE user_search SET reckoned_at = instant WHERE user_id = ANY (people) AND reckoned_at IS DISTINCT FROM instant;
  RETURN close_aside(beside.own, beside.aside, own_number, earlier, instant);
END $$;
`;

const NUMBER = `
-- As before (see 0012), but that what trails is told of those whom the commit concerns before it, so that it tells of nothing but its own.
CREATE OR REPLACE FUNCTION number_commit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  head feed_head;
  people uuid[];
  touched touched_rows;
  free bigint;
BEGIN
  IF last_ordinal(NEW.id) = 0 THEN
    RAISE EXCEPTION 'the log''s constraints cannot be immediate while a transaction writes' USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  UPDATE feed_head SET number = number + 1, since = at, at = greatest(at, rollcall_now()) RETURNING * INTO head;
  IF head.at > head.since AND EXISTS (SELECT FROM time_edge) THEN
    people := ARRAY(SELECT DISTINCT time_crossers(head.since, head.at));
    IF people <> '{}' AND log_time(head.number, head.since, head.at, people, '{}') THEN
      UPDATE feed_head SET number = number + 1, since = at RETURNING * INTO head;
    END IF;
  END IF;
  IF EXISTS (SELECT FROM trail) THEN
    touched := touched_rows(NEW.id);
    PERFORM assert_no_cycle(touched.moved, touched.managed, touched.inheriting); -- a chain of managers that ends nowhere could not be derived
    free := log_trail(near_people(touched), head.number, head.since, head.at);
    IF free > head.number THEN
      UPDATE feed_head SET number = free, since = at RETURNING * INTO head;
    END IF;
  END IF;
  PERFORM derive_rows(NEW.id, head.at);
  UPDATE commit SET number = head.number, at = head.at, since = head.since WHERE id = NEW.id;
  PERFORM count_edges(array_agg(side.filter), array_agg(side.sign), head.at)
  FROM change c CROSS JOIN LATERAL (VALUES (c.before->'filter', -1), (c.after->'filter', 1)) side (filter, sign)
  WHERE c.commit_id = NEW.id AND c.table_name = 'saved_search' AND side.filter IS NOT NULL HAVING count(*) > 0;
  -- Wakes whoever follows the log. A transaction that notifies cannot be prepared either: PREPARE TRANSACTION would leave the
  -- head locked until somebody remembers the prepared one.
  PERFORM pg_notify('rollcall_commit', head.number::text);
  RETURN NULL;
END $$;
`;

const DERIVE = `
-- Whose search rows a commit's changes concern other than through roles and groups; they may repeat.
CREATE FUNCTION near_people(touched touched_rows) RETURNS uuid[] LANGUAGE plpgsql STABLE ${PLANNED_ONCE} AS $$
DECLARE
  people uuid[] := touched.people || touched.managers;
BEGIN
  IF touched.managed <> '{}' THEN -- everybody below them has another chain
    people := people || ARRAY(
      WITH RECURSIVE below (id) AS (
        SELECT unnest(touched.managed) UNION SELECT u.id FROM below JOIN user_account u ON u.manager_id = below.id)
      SELECT id FROM below);
  END IF;
  IF touched.managing <> '{}' THEN
    people := people || ARRAY(SELECT u.id FROM unnest(touched.managing) manager (id) JOIN user_account u ON u.manager_id = manager.id);
  END IF;
  IF touched.moved <> '{}' THEN -- members of the units below, and people whose grants are scoped there
    people := people || ARRAY(
      WITH RECURSIVE below (id) AS (
        SELECT unnest(touched.moved) UNION SELECT o.id FROM below JOIN org_unit o ON o.parent_id = below.id)
      SELECT u.id FROM below JOIN user_account u ON u.org_unit_id = below.id
      UNION ALL SELECT g.user_id FROM below JOIN held_grant g ON g.scope_id = below.id AND g.revoked_at IS NULL);
  END IF;
  RETURN coalesce(people, '{}');
END $$;

-- As before (see 0004 and 0033), but that what roles and groups bring to very many trails behind the commit.
CREATE OR REPLACE FUNCTION derive_rows(of_commit bigint, instant timestamptz) RETURNS void LANGUAGE plpgsql ${PLANNED_ONCE} AS $$
DECLARE
  touched touched_rows := touched_rows(of_commit);
  near uuid[];
  reached uuid[] := '{}';
BEGIN
  PERFORM assert_no_cycle(touched.moved, touched.managed, touched.inheriting);
  near := near_people(touched);
  IF touched.holders <> '{}' THEN
    PERFORM assert_unique_holders(ARRAY(SELECT DISTINCT unnest(touched.holders)));
  END IF;
  IF touched.units <> '{}' THEN
    PERFORM refresh_org_unit_path(ARRAY(
      WITH RECURSIVE below (id) AS (
        SELECT unnest(touched.units) UNION SELECT o.id FROM below JOIN org_unit o ON o.parent_id = below.id)
      SELECT id FROM below));
  END IF;
  IF touched.roles <> '{}' OR touched.inheriting <> '{}' THEN -- people who hold these roles or any that inherits them
    reached := ARRAY(
      WITH RECURSIVE above (id) AS (
        SELECT unnest(touched.roles || touched.inheriting) UNION SELECT i.role_id FROM above JOIN role_inheritance i ON i.inherits_id = above.id)
      SELECT DISTINCT g.user_id FROM above JOIN held_grant g ON g.role_id = above.id AND g.revoked_at IS NULL);
  END IF;
  IF touched.grouped <> '{}' THEN
    reached := reached || ARRAY(SELECT m.user_id FROM group_member m WHERE m.group_id = ANY (touched.grouped));
  END IF;
  IF cardinality(reached) > reached_at_once() THEN
    PERFORM leave_trail(of_commit, ARRAY(SELECT unnest(reached) EXCEPT SELECT unnest(near)));
    reached := '{}';
  END IF;
  near := near || reached;
  IF near <> '{}' THEN
    PERFORM refresh_user_search(ARRAY(SELECT DISTINCT unnest(near)), instant);
  END IF;
END $$;
`;

const FOLLOW = `
-- Tells of the next so many of those who trail; false once nobody does. The log's clock stands still meanwhile: time has its own commits.
CREATE FUNCTION follow_trail(batch integer) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  head feed_head;
  people uuid[];
  free bigint;
BEGIN
  IF NOT EXISTS (SELECT FROM trail) THEN RETURN false; END IF;
  SELECT * INTO head FROM feed_head FOR UPDATE;
  people := ARRAY(SELECT user_id FROM trail_person ORDER BY user_id LIMIT batch);
  IF people = '{}' THEN
    DELETE FROM trail;
    RETURN false;
  END IF;
  free := log_trail(people, head.number + 1, head.at, head.at);
  IF free > head.number + 1 THEN
    UPDATE feed_head SET number = free - 1, since = at;
  END IF;
  RETURN true;
END $$;
REVOKE ALL ON FUNCTION follow_trail(integer) FROM PUBLIC;
`;
