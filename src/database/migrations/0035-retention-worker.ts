import { Migration } from "@mikro-orm/migrations";

/**
 * Retention policies and their runs (schema/RETENTION.md); the past is given up behind a window; and the log keeps what an erasure has still
 * to take out of it.
 */
export class Migration0035RetentionWorker extends Migration {
  override up(): void {
    this.addSql(POLICIES);
    this.addSql(RUNS);
    this.addSql(PAST);
    this.addSql(LOG);
    this.addSql(EVENTS);
  }
}

const POLICIES = `
CREATE TABLE retention_policy (
  id uuid PRIMARY KEY,
  version integer NOT NULL DEFAULT 1,
  name text NOT NULL CHECK (name <> ''),
  -- Who has been in this status for so many days,
  status text NOT NULL,
  days integer NOT NULL CHECK (days >= 1),
  -- and is found by this filter; null: everybody.
  filter jsonb CHECK (jsonb_typeof(filter) = 'object'),
  action text NOT NULL CHECK (action IN ('ARCHIVE', 'DELETE', 'ERASE')),
  enabled boolean NOT NULL,
  -- Above either a run waits for a second person.
  max_people integer CHECK (max_people >= 0),
  max_percent double precision CHECK (max_percent >= 0 AND max_percent <= 100),
  -- Of a policy that erases: the version that a second person agreed to, and the request for it.
  approved_version integer,
  approval_id uuid,
  -- Who made it what it is.
  author_kind text NOT NULL,
  author_id uuid,
  author_name text NOT NULL,
  -- Since when it is what it is: it is first carried out at the hour after that.
  in_force_at timestamptz(3) NOT NULL,
  created_at timestamptz(3) NOT NULL,
  updated_at timestamptz(3) NOT NULL,
  CHECK (max_people IS NOT NULL OR max_percent IS NOT NULL),
  CHECK (action <> 'ERASE' OR status = 'DELETED')
);
SELECT capture_table('retention_policy');
`;

const RUNS = `
-- What a policy did, as it was then; it stays when the policy goes.
CREATE TABLE retention_run (
  id uuid PRIMARY KEY,
  policy_id uuid NOT NULL,
  policy_version integer NOT NULL,
  policy_name text NOT NULL,
  action text NOT NULL,
  state text NOT NULL CHECK (state IN ('WAITING_APPROVAL', 'RUNNING', 'DONE', 'CANCELLED')),
  -- The day for which it is the policy's run; null where somebody asked for it.
  day date,
  author_kind text NOT NULL,
  author_id uuid,
  author_name text NOT NULL,
  operation_id uuid NOT NULL,
  -- Whom it is to touch, and what came of it.
  people integer NOT NULL,
  done integer NOT NULL DEFAULT 0,
  passed_over integer NOT NULL DEFAULT 0,
  -- What the safety limits were found to be.
  limits jsonb NOT NULL,
  approval_id uuid,
  -- Why it was cancelled.
  problem text,
  created_at timestamptz(3) NOT NULL,
  started_at timestamptz(3),
  finished_at timestamptz(3)
);
CREATE UNIQUE INDEX retention_run_day ON retention_run (policy_id, day) WHERE day IS NOT NULL;
CREATE UNIQUE INDEX retention_run_open ON retention_run (policy_id) WHERE state IN ('WAITING_APPROVAL', 'RUNNING');
CREATE INDEX retention_run_policy ON retention_run (policy_id, id);
SELECT capture_table('retention_run');

CREATE TABLE retention_item (
  run_id uuid NOT NULL REFERENCES retention_run (id) ON DELETE CASCADE,
  place integer NOT NULL,
  user_id uuid NOT NULL REFERENCES user_account (id) ON DELETE CASCADE,
  -- Null until the run gets to them.
  outcome text CHECK (outcome IN ('DONE', 'PASSED_OVER')),
  -- Of whom it passed over: why.
  obstacle text,
  problem jsonb,
  PRIMARY KEY (run_id, place)
);
CREATE INDEX retention_item_next ON retention_item (run_id, place) WHERE outcome IS NULL;
CREATE INDEX retention_item_user ON retention_item (user_id);
`;

const PAST = `
-- From when on user_version is whole: before it, it may have been given up.
CREATE TABLE version_head (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  begins timestamptz(3) NOT NULL
);
INSERT INTO version_head (begins) VALUES ('-infinity');
CREATE INDEX user_version_ended ON user_version (valid_until) WHERE valid_until IS NOT NULL;

-- Moves the beginning of the past up to the window, and removes versions that ended before it, at most so many; not those that a consumer of
-- the log has still to place somebody by. The beginning moves at least an hour before anything goes, so that a question that was let
-- through finds everything. Gives how many went.
CREATE FUNCTION prune_user_versions(keep interval, batch integer) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
  bound timestamptz;
  through bigint;
  pruned integer;
BEGIN
  IF keep IS NULL OR keep < interval '0' THEN
    RAISE EXCEPTION 'the window cannot be negative' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  SELECT begins - interval '1 hour' INTO bound FROM version_head FOR UPDATE;
  UPDATE version_head SET begins = rollcall_now() - keep WHERE begins < rollcall_now() - keep;
  SELECT min(commit_number - CASE ordinal WHEN 2147483647 THEN 0 ELSE 1 END) INTO through FROM feed_consumer;
  WITH old AS MATERIALIZED (
    SELECT id FROM user_version WHERE valid_until <= bound AND to_commit <= through ORDER BY valid_until LIMIT batch)
  DELETE FROM user_version USING old WHERE user_version.id = old.id;
  GET DIAGNOSTICS pruned = ROW_COUNT;
  RETURN pruned;
END $$;
REVOKE ALL ON FUNCTION prune_user_versions(interval, integer) FROM PUBLIC;
`;

const LOG = `
-- As in 0011, but for what an erasure has still to take out of the log and the versions: by the commit that made it, it knows which that is.
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
    (SELECT min(commit_number - CASE ordinal WHEN 2147483647 THEN 0 ELSE 1 END) FROM feed_consumer),
    (SELECT min(c.number) - 1 FROM user_erasure e JOIN commit c ON c.id = e.commit_id WHERE e.finished_at IS NULL)) INTO bound;
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

-- Of erasures whose commit was given up before they were finished, the versions stayed.
DELETE FROM user_version v USING user_erasure e
WHERE v.user_id = e.user_id AND v.username <> 'erased-' || e.user_id AND NOT EXISTS (SELECT FROM commit c WHERE c.id = e.commit_id);

-- As in 0029, by a name: so whoever meets a tombstone is told what it is.
CREATE OR REPLACE FUNCTION refuse_tombstone_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'this person was erased: nothing of a tombstone changes but where it stands'
    USING ERRCODE = 'object_not_in_prerequisite_state', CONSTRAINT = 'user_account_tombstone';
END $$;

-- Which texts of others name who was erased, by table and id: whoever they belong to is told.
ALTER TABLE user_erasure ADD COLUMN named jsonb;
SELECT capture_table('user_erasure');
ALTER TABLE mail DROP CONSTRAINT mail_kind_check,
  ADD CONSTRAINT mail_kind_check CHECK (kind IN ('INVITATION', 'EMAIL_VERIFICATION', 'PASSWORD_RESET', 'PASSWORD_CHANGED', 'FILTER_NAMES_ERASED'));
`;

const EVENTS = `
-- What becomes of a run is told by its state. One place of the function is replaced, whatever else it has learned by now.
DO $$
DECLARE
  was text := pg_get_functiondef('audit_action(text, text, text, text, jsonb, jsonb)'::regprocedure);
  is_now text := replace(was, 'WHEN ''audit_attempt'' THEN CASE operation',
    'WHEN ''retention_policy'' THEN ''retention_policy.'' || CASE WHEN operation = ''INSERT'' THEN ''created'' WHEN operation = ''DELETE'' THEN ''deleted''
      WHEN before->>''version'' = after->>''version'' THEN ''approved'' ELSE ''updated'' END
    WHEN ''retention_run'' THEN ''retention_run.'' || CASE WHEN operation = ''INSERT'' AND after->>''state'' = ''RUNNING'' THEN ''begun''
      WHEN operation = ''DELETE'' THEN ''forgotten'' WHEN before->>''state'' = after->>''state'' THEN ''advanced''
      WHEN after->>''state'' = ''RUNNING'' THEN ''approved'' ELSE lower(after->>''state'') END
    WHEN ''audit_attempt'' THEN CASE operation');
BEGIN
  IF is_now = was THEN RAISE EXCEPTION 'audit_action does not know audit_attempt'; END IF;
  EXECUTE is_now;
END $$;
`;
