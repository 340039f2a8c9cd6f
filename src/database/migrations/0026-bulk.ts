import { Migration } from "@mikro-orm/migrations";

/** Bulk changes as plans, what they found and did person by person, and the limits above which a second person must agree: schema/BULK.md. */
export class Migration0026Bulk extends Migration {
  override up(): void {
    this.addSql(LIMITS);
    this.addSql(PLANS);
    this.addSql(REHEARSAL);
    this.addSql(EVENTS);
  }
}

const LIMITS = `
CREATE TABLE safety_limit (
  id uuid PRIMARY KEY,
  version integer NOT NULL DEFAULT 1,
  name text NOT NULL CHECK (name <> ''),
  max_people integer CHECK (max_people >= 0),
  max_percent double precision CHECK (max_percent >= 0 AND max_percent <= 100),
  share_of text NOT NULL CHECK (share_of IN ('DIRECTORY', 'SCOPE')),
  -- Copied out of a saved search, of which the name is kept; null: everybody counts.
  filter jsonb CHECK (jsonb_typeof(filter) = 'object'),
  search_name text,
  -- Changes of what count; none: of anything.
  aspects text[] NOT NULL DEFAULT '{}',
  created_at timestamptz(3) NOT NULL,
  updated_at timestamptz(3) NOT NULL,
  CHECK (max_people IS NOT NULL OR max_percent IS NOT NULL)
);
SELECT capture_table('safety_limit');
`;

const PLANS = `
-- A plan goes with nobody: who made it may be gone, and what it did stays.
CREATE TABLE bulk_plan (
  id uuid PRIMARY KEY,
  state text NOT NULL CHECK (state IN ('PLANNED', 'WAITING_APPROVAL', 'READY', 'APPLYING', 'DONE', 'CANCELLED', 'FAILED', 'EXPIRED')),
  kind text NOT NULL CHECK (kind IN ('CHANGE', 'REVERT', 'IMPORT')),
  target jsonb NOT NULL,
  -- Null where each person has a change of their own.
  change jsonb,
  reason text,
  planner_kind text NOT NULL,
  planner_id uuid,
  planner_name text NOT NULL,
  token_id uuid,
  operation_id uuid NOT NULL,
  reverts_id uuid REFERENCES bulk_plan (id) ON DELETE SET NULL,
  -- The limits that it was measured by, and by their ids and versions in one text which they were.
  limits_known text NOT NULL,
  needs_approval boolean NOT NULL,
  -- The request for it, where it was asked for.
  approval_id uuid,
  people integer NOT NULL,
  changing integer NOT NULL,
  unchanged integer NOT NULL,
  errors integer NOT NULL,
  changed integer NOT NULL DEFAULT 0,
  same integer NOT NULL DEFAULT 0,
  conflicts integer NOT NULL DEFAULT 0,
  refused integer NOT NULL DEFAULT 0,
  failed integer NOT NULL DEFAULT 0,
  skipped integer NOT NULL DEFAULT 0,
  people_per_second double precision,
  -- Why it failed.
  problem text,
  created_at timestamptz(3) NOT NULL,
  expires_at timestamptz(3) NOT NULL,
  ready_at timestamptz(3),
  started_at timestamptz(3),
  updated_at timestamptz(3) NOT NULL,
  finished_at timestamptz(3),
  -- From where the applying was asked for, for access rules.
  ip text,
  -- Consequences, and what the limits were found to be.
  preview jsonb NOT NULL
);
CREATE INDEX bulk_plan_working ON bulk_plan (ready_at, id) WHERE state IN ('READY', 'APPLYING');
CREATE INDEX bulk_plan_waiting ON bulk_plan (expires_at) WHERE state IN ('PLANNED', 'WAITING_APPROVAL');
CREATE INDEX bulk_plan_planner ON bulk_plan (planner_id, id);
CREATE INDEX bulk_plan_reverts ON bulk_plan (reverts_id) WHERE reverts_id IS NOT NULL;
SELECT capture_table('bulk_plan', hidden => '{preview,ip}');

CREATE TABLE bulk_item (
  plan_id uuid NOT NULL REFERENCES bulk_plan (id) ON DELETE CASCADE,
  place integer NOT NULL,
  user_id uuid NOT NULL REFERENCES user_account (id) ON DELETE CASCADE,
  version integer NOT NULL,
  -- The person's own change, where the plan has no common one.
  change jsonb,
  finding text NOT NULL CHECK (finding IN ('CHANGE', 'UNCHANGED', 'ERROR')),
  before jsonb NOT NULL DEFAULT '{}',
  after jsonb NOT NULL DEFAULT '{}',
  problem jsonb,
  notes text[] NOT NULL DEFAULT '{}',
  outcome text CHECK (outcome IN ('CHANGED', 'UNCHANGED', 'CONFLICT', 'REFUSED', 'FAILED', 'SKIPPED')),
  outcome_problem jsonb,
  -- What applying it left the person with, and the change that takes it back.
  version_after integer,
  undo jsonb,
  PRIMARY KEY (plan_id, place)
);
CREATE INDEX bulk_item_user ON bulk_item (user_id);
CREATE INDEX bulk_item_due ON bulk_item (plan_id, place) WHERE finding = 'CHANGE' AND outcome IS NULL;

-- Who would join or leave which saved search.
CREATE TABLE bulk_effect (
  plan_id uuid NOT NULL REFERENCES bulk_plan (id) ON DELETE CASCADE,
  search_id uuid NOT NULL REFERENCES saved_search (id) ON DELETE CASCADE,
  user_id uuid NOT NULL REFERENCES user_account (id) ON DELETE CASCADE,
  joins boolean NOT NULL,
  PRIMARY KEY (plan_id, search_id, user_id)
);
CREATE INDEX bulk_effect_search ON bulk_effect (search_id);
CREATE INDEX bulk_effect_user ON bulk_effect (user_id);
`;

const REHEARSAL = `
-- Brings derived rows up to what the transaction has written so far, to be read and rolled back. It harms nobody where it is not: the commit
-- derives again, behind everybody else.
CREATE FUNCTION rehearse_derivation() RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  own bigint := (SELECT id FROM commit WHERE xid = pg_current_xact_id() AND started_at = transaction_timestamp() AND number IS NULL);
BEGIN
  IF own IS NOT NULL THEN
    PERFORM derive_rows(own, rollcall_now());
  END IF;
  RETURN own;
END $$;
REVOKE ALL ON FUNCTION rehearse_derivation() FROM PUBLIC;

-- Those of the people who hold what must be unique beside somebody else.
CREATE FUNCTION holders_refused(users uuid[]) RETURNS SETOF uuid LANGUAGE plpgsql AS $$
DECLARE
  one uuid;
BEGIN
  FOREACH one IN ARRAY users LOOP
    BEGIN
      PERFORM assert_unique_holders(ARRAY[one]);
    EXCEPTION WHEN unique_violation THEN
      RETURN NEXT one;
    END;
  END LOOP;
END $$;
`;

const EVENTS = `
DO $$
DECLARE
  was text := pg_get_functiondef('audit_action(text, text, text, text, jsonb, jsonb)'::regprocedure);
  is_now text := replace(was, 'WHEN ''audit_attempt'' THEN CASE operation',
    'WHEN ''bulk_plan'' THEN CASE WHEN operation = ''INSERT'' THEN ''bulk_plan.planned'' WHEN operation = ''DELETE'' THEN ''bulk_plan.forgotten''
      WHEN before->>''state'' = after->>''state'' THEN ''bulk_plan.advanced'' ELSE ''bulk_plan.'' || lower(after->>''state'') END
    WHEN ''safety_limit'' THEN CASE operation WHEN ''INSERT'' THEN ''safety_limit.created'' WHEN ''DELETE'' THEN ''safety_limit.deleted''
      ELSE ''safety_limit.updated'' END
    WHEN ''audit_attempt'' THEN CASE operation');
BEGIN
  IF is_now = was THEN RAISE EXCEPTION 'audit_action does not know audit_attempt'; END IF;
  EXECUTE is_now;
END $$;
`;
