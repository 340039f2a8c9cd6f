import { Migration } from "@mikro-orm/migrations";
import { CROSSERS, EDGES, INSTANTS } from "./0012-time-edges.ts";

/**
 * Time passes before every commit (schema/FEED.md, "Time"): whoever crossed a boundary of a criterion relative to now since the last commit is
 * told of in a commit of kind TIME before it, and by `pass_time` where nobody writes.
 */
export class Migration0012TimePasses extends Migration {
  override up(): void {
    this.addSql(CLOCK);
    this.addSql(EDGES);
    this.addSql(CROSSERS);
    this.addSql(PASS);
    this.addSql(NUMBER);
    this.addSql(TICK);
    this.addSql(VERSIONS);
  }
}

const CLOCK = `
-- The instant of the commit before: at which the states before its changes are asked.
ALTER TABLE commit ADD COLUMN since timestamptz(3);
UPDATE commit c SET since = coalesce((SELECT p.at FROM commit p WHERE p.number = c.number - 1), c.at);
ALTER TABLE commit ADD CHECK ((number IS NULL) = (since IS NULL));
ALTER TABLE feed_head ADD COLUMN since timestamptz(3);
UPDATE feed_head SET since = at;
ALTER TABLE feed_head ALTER COLUMN since SET NOT NULL;

-- When the days of the organisation's time zone begin, as the gateway reckons them: the two must agree on what day it is, and
-- the database's list of time zones may be another one.
CREATE TABLE org_day (
  begins timestamptz(3) PRIMARY KEY,
  day date NOT NULL
);

-- Behind the last one that it was told of, every day has 24 hours.
CREATE FUNCTION org_day_at(instant timestamptz) RETURNS date LANGUAGE sql STABLE AS $$
  SELECT coalesce((
    SELECT d.day + CASE WHEN EXISTS (SELECT FROM org_day later WHERE later.begins > instant) THEN 0 ELSE floor(extract(epoch FROM instant - d.begins) / 86400)::integer END
    FROM org_day d WHERE d.begins <= instant ORDER BY d.begins DESC LIMIT 1), (instant AT TIME ZONE 'UTC')::date) $$;

-- From the first of these days on, these are the days. Gives whether anything was another.
CREATE FUNCTION set_org_days(beginnings timestamptz[], days date[]) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (
    SELECT FROM (SELECT * FROM org_day WHERE begins >= beginnings[1]) kept
    FULL JOIN unnest(beginnings, days) given (begins, day) USING (begins) WHERE kept.day IS DISTINCT FROM given.day)
  THEN RETURN false; END IF;
  PERFORM FROM feed_head FOR UPDATE;
  DELETE FROM org_day WHERE begins >= beginnings[1];
  INSERT INTO org_day SELECT * FROM unnest(beginnings, days);
  RETURN true;
END $$;
REVOKE ALL ON FUNCTION set_org_days(timestamptz[], date[]) FROM PUBLIC;
`;

const PASS = `
-- As before (see 0003), but that it is the database's own word that time has passed.
CREATE OR REPLACE FUNCTION commit_under_way() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  own record;
  cause jsonb;
BEGIN
  SELECT id, number INTO own FROM commit WHERE xid = pg_current_xact_id() AND started_at = transaction_timestamp();
  IF FOUND THEN
    IF own.number IS NOT NULL THEN
      RAISE EXCEPTION 'this transaction already has its place in the log and cannot write any more'
        USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    RETURN own.id;
  END IF;
  -- After a transaction that set it the setting reads as empty, not as missing.
  cause := nullif(current_setting('rollcall.cause', true), '')::jsonb;
  IF cause IS NULL THEN
    RAISE EXCEPTION 'a write needs a cause' USING ERRCODE = 'object_not_in_prerequisite_state',
      HINT = 'In the same transaction, first: SELECT set_config(''rollcall.cause'', ''{"kind": "SYSTEM", "action": "data.repaired", "actor": {"kind": "SYSTEM", "name": "…"}, "reason": "…"}'', true)';
  END IF;
  IF cause->>'kind' = 'TIME' THEN
    RAISE EXCEPTION 'time is no cause that a writer can name' USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  INSERT INTO commit (xid, started_at, kind, action, actor_kind, actor_id, actor_name, operation_id, reason, request_id, ip)
  VALUES (pg_current_xact_id(), transaction_timestamp(), cause->>'kind', cause->>'action', cause->'actor'->>'kind',
    (cause->'actor'->>'id')::uuid, cause->'actor'->>'name', cause->>'operationId', cause->>'reason', cause->>'requestId', cause->>'ip')
  RETURNING id INTO own.id;
  RETURN own.id;
END $$;

-- Writes a commit of kind TIME: these people crossed a boundary, and grants of these holders began or ended. The head must be locked. False,
-- and nothing is written, where all rows are right already. Until it is done the commit takes the place of the transaction's own, so that what is written is under it.
CREATE FUNCTION log_time(own_number bigint, earlier timestamptz, instant timestamptz, people uuid[], holders uuid[]) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  own bigint;
  passing bigint;
  wrote boolean;
BEGIN
  UPDATE commit SET started_at = '-infinity' WHERE xid = pg_current_xact_id() AND started_at = transaction_timestamp() RETURNING id INTO own;
  INSERT INTO commit (xid, started_at, kind, action, actor_kind, actor_name)
  VALUES (pg_current_xact_id(), transaction_timestamp(), 'TIME', 'time.passed', 'SYSTEM', 'clock') RETURNING id INTO passing;
  IF holders <> '{}' THEN PERFORM refresh_user_search(holders, instant); END IF;
  UPDATE user_search SET reckoned_at = instant WHERE user_id = ANY (people) AND reckoned_at IS DISTINCT FROM instant;
  wrote := last_ordinal(passing) > 0;
  IF wrote THEN -- it is no longer the transaction's own: several may be made in one, but each number is there once
    UPDATE commit SET number = own_number, at = instant, since = earlier, started_at = to_timestamp(own_number / 1e6) WHERE id = passing;
    PERFORM pg_notify('rollcall_commit', own_number::text);
  ELSE
    DELETE FROM commit WHERE id = passing;
  END IF;
  UPDATE commit SET started_at = transaction_timestamp() WHERE id = own;
  RETURN wrote;
END $$;
REVOKE ALL ON FUNCTION log_time(bigint, timestamptz, timestamptz, uuid[], uuid[]) FROM PUBLIC;
`;

const NUMBER = `
-- As before (see 0003), after time has passed; and what saved searches ask of time is known from their own commit on.
CREATE OR REPLACE FUNCTION number_commit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  head feed_head;
  people uuid[];
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

DROP TRIGGER number_commit ON commit;
CREATE CONSTRAINT TRIGGER number_commit AFTER INSERT ON commit DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW WHEN (NEW.kind <> 'TIME') EXECUTE FUNCTION number_commit();
ALTER TABLE commit ENABLE ALWAYS TRIGGER number_commit;
`;

const TICK = `
CREATE FUNCTION grants_turning(earlier timestamptz, later timestamptz) RETURNS SETOF uuid LANGUAGE sql STABLE AS $$
  SELECT g.user_id FROM role_grant g WHERE g.revoked_at IS NULL AND g.starts_at > earlier AND g.starts_at <= later
  UNION SELECT g.user_id FROM role_grant g WHERE g.revoked_at IS NULL AND g.expires_at > earlier AND g.expires_at <= later $$;

-- A look first, which locks nothing. Gives how many people time has moved.
CREATE OR REPLACE FUNCTION pass_time() RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  head feed_head;
  earlier timestamptz;
  instant timestamptz := rollcall_now();
  people uuid[];
  holders uuid[];
BEGIN
  IF NOT EXISTS (SELECT FROM time_passed t, grants_turning(t.at, instant))
    AND NOT EXISTS (SELECT FROM feed_head h, time_crossers(h.at, instant) WHERE h.at < instant)
    AND NOT EXISTS (SELECT FROM live_filter WHERE held_until < instant)
    AND NOT EXISTS (SELECT FROM time_edge WHERE filters <= 0)
  THEN RETURN 0; END IF;
  SELECT * INTO head FROM feed_head FOR UPDATE;
  instant := greatest(head.at, rollcall_now());
  DELETE FROM live_filter WHERE held_until < instant;
  DELETE FROM time_edge WHERE filters <= 0;
  SELECT at INTO earlier FROM time_passed;
  people := ARRAY(SELECT DISTINCT time_crossers(head.at, instant));
  holders := ARRAY(SELECT grants_turning(earlier, instant));
  IF holders <> '{}' THEN UPDATE time_passed SET at = greatest(at, instant); END IF;
  IF NOT (people <> '{}' OR holders <> '{}') OR NOT log_time(head.number + 1, head.at, instant, people, holders) THEN RETURN 0; END IF;
  UPDATE feed_head SET number = number + 1, since = at, at = instant;
  RETURN (SELECT count(DISTINCT id) FROM unnest(people || holders) moved (id));
END $$;
REVOKE ALL ON FUNCTION pass_time() FROM PUBLIC;

-- When time will move somebody next, as far as it can be said at once; where months or grants' criteria decide, it may be sooner.
CREATE FUNCTION next_time(instant timestamptz) RETURNS timestamptz LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off AS $$
BEGIN
  RETURN (SELECT min(at) FROM (
    ${Object.entries(INSTANTS)
      .map(
        ([
          field,
          column,
        ]) => `SELECT (SELECT s.${column} FROM user_search s WHERE s.${column} >= instant_moved(instant, e.months, e.rest) ORDER BY s.${column} LIMIT 1)
      - make_interval(months => e.months) - e.rest * interval '1 millisecond' + interval '1 millisecond' AS at FROM time_edge e WHERE e.field = '${field}'`,
      )
      .join("\n    UNION ALL ")}
    UNION ALL SELECT min(begins) FROM org_day WHERE begins > instant
    UNION ALL SELECT min(starts_at) FROM role_grant WHERE revoked_at IS NULL AND starts_at > instant
    UNION ALL SELECT min(expires_at) FROM role_grant WHERE revoked_at IS NULL AND expires_at > instant
    UNION ALL SELECT min(status_until) FROM user_account WHERE status_until > instant) next WHERE at > instant);
END $$;
`;

const VERSIONS = `
-- As before (see 0007), but that crossing a boundary makes no version.
CREATE OR REPLACE FUNCTION advance_user_versions(batch integer) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
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
    SELECT c.number, c.at, ch.ordinal, ch.row_id, ch.before, ch.after
    FROM (SELECT id, number, at FROM commit WHERE number BETWEEN first_commit AND through ORDER BY number LIMIT batch) c
    CROSS JOIN LATERAL (
      SELECT ordinal, row_id, before, after FROM change
      WHERE commit_id = c.id AND starts_with(table_name, 'user_search') AND ordinal > CASE c.number WHEN done.commit_number THEN done.ordinal ELSE 0 END
      ORDER BY ordinal LIMIT batch) ch
    LIMIT batch
  LOOP
    rows := rows + 1;
    CONTINUE WHEN step.before - 'reckoned_at' = step.after - 'reckoned_at';
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
`;
