import { Migration } from "@mikro-orm/migrations";

/** Changes that wait for another person's word, and who decides in whose place: schema/APPROVALS.md. */
export class Migration0025Approval extends Migration {
  override up(): void {
    this.addSql(TABLES);
    this.addSql(EVENTS);
  }
}

const TABLES = `
CREATE TABLE approval_request (
  id uuid PRIMARY KEY,
  version integer NOT NULL DEFAULT 1,
  kind text NOT NULL CHECK (kind <> ''),
  state text NOT NULL CHECK (state IN ('PENDING', 'APPROVED', 'REJECTED', 'EXPIRED', 'CANCELLED', 'FAILED')),
  -- The person it concerns, whose values payload, reason and comments may hold.
  user_id uuid REFERENCES user_account (id) ON DELETE CASCADE,
  -- What it is about, by its public id.
  subject_id text,
  requester_kind text NOT NULL CHECK (requester_kind IN ('USER', 'SERVICE', 'SYSTEM')),
  requester_id uuid,
  requester_name text NOT NULL,
  reason text,
  payload jsonb NOT NULL CHECK (jsonb_typeof(payload) = 'object'),
  -- In order: {deciders: [{by, roleId, permission, over}], decision, at, by, for, comment}.
  steps jsonb NOT NULL CHECK (jsonb_typeof(steps) = 'array' AND jsonb_array_length(steps) > 0),
  -- The step to be decided, from 1; of a request that is closed, the last that was reached.
  step integer NOT NULL CHECK (step BETWEEN 1 AND jsonb_array_length(steps)),
  expires_at timestamptz(3) NOT NULL,
  remind_at timestamptz(3),
  remind_minutes integer,
  reminders integer NOT NULL DEFAULT 0,
  failure_code text,
  failure_message text,
  created_at timestamptz(3) NOT NULL,
  updated_at timestamptz(3) NOT NULL,
  closed_at timestamptz(3),
  CHECK ((state = 'PENDING') = (closed_at IS NULL)),
  CHECK ((state = 'FAILED') = (failure_code IS NOT NULL))
);
CREATE INDEX approval_request_user ON approval_request (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX approval_request_requester ON approval_request (requester_id, created_at) WHERE requester_id IS NOT NULL;
CREATE INDEX approval_request_subject ON approval_request (subject_id) WHERE subject_id IS NOT NULL;
CREATE INDEX approval_request_created ON approval_request (created_at, id);
CREATE INDEX approval_request_pending ON approval_request (created_at, id) WHERE state = 'PENDING';
CREATE INDEX approval_request_expires ON approval_request (expires_at) WHERE state = 'PENDING';
CREATE INDEX approval_request_remind ON approval_request (remind_at) WHERE state = 'PENDING' AND remind_at IS NOT NULL;
CREATE INDEX approval_request_steps ON approval_request USING gin (steps jsonb_path_ops);
-- What would change, and why, is told to those who decide, and not to readers of the log.
SELECT capture_table('approval_request', hidden => '{payload,reason}');

-- Who decides in whose place: the person is user_id, for a time.
CREATE TABLE approval_delegation (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES user_account (id) ON DELETE CASCADE,
  delegate_id uuid NOT NULL REFERENCES user_account (id) ON DELETE CASCADE,
  starts_at timestamptz(3) NOT NULL,
  ends_at timestamptz(3) NOT NULL,
  ended_at timestamptz(3),
  created_at timestamptz(3) NOT NULL,
  CHECK (user_id <> delegate_id),
  CHECK (starts_at < ends_at)
);
CREATE INDEX approval_delegation_user ON approval_delegation (user_id);
CREATE INDEX approval_delegation_delegate ON approval_delegation (delegate_id, ends_at) WHERE ended_at IS NULL;
SELECT capture_table('approval_delegation');
`;

const EVENTS = `
-- What happens to a request is told by what it is, whatever the commit was about. One place of the function is replaced, whatever else it
-- has learned by now.
DO $$
DECLARE
  was text := pg_get_functiondef('audit_action(text, text, text, text, jsonb, jsonb)'::regprocedure);
  is_now text := replace(was, 'WHEN ''audit_attempt'' THEN CASE operation',
    'WHEN ''approval_request'' THEN ''approval.'' || CASE
      WHEN operation = ''INSERT'' THEN ''requested''
      WHEN operation = ''DELETE'' THEN ''forgotten''
      WHEN before->>''state'' <> after->>''state'' THEN lower(after->>''state'')
      WHEN before->>''reminders'' <> after->>''reminders'' THEN ''reminded''
      WHEN before->>''step'' <> after->>''step'' THEN ''step_approved''
      ELSE ''changed'' END
    WHEN ''approval_delegation'' THEN ''approval.'' || CASE operation WHEN ''INSERT'' THEN ''delegated'' WHEN ''DELETE'' THEN ''delegation_forgotten''
      ELSE ''delegation_ended'' END
    WHEN ''audit_attempt'' THEN CASE operation');
BEGIN
  IF is_now = was THEN RAISE EXCEPTION 'audit_action does not know audit_attempt'; END IF;
  EXECUTE is_now;
END $$;
`;
