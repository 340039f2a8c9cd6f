import { Migration } from "@mikro-orm/migrations";

/** Transitions that are scheduled, and what a deletion ended: schema/LIFECYCLE.md. */
export class Migration0023Lifecycle extends Migration {
  override up(): void {
    this.addSql(DAYS);
    this.addSql(TABLES);
    this.addSql(RECKONING);
    this.addSql(EVENTS);
  }
}

const DAYS = `
-- The first instant of a civil date in a time zone. Midnight that the clocks skip: the instant behind the gap, also where the whole date is
-- skipped. Midnight that they repeat: the first of the two.
CREATE FUNCTION day_begins(day date, zone text) RETURNS timestamptz LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
  midnight timestamptz := day::timestamp AT TIME ZONE zone;
BEGIN
  RETURN coalesce((
    SELECT min(t) FROM generate_series(midnight - interval '3 hours', midnight, interval '15 minutes') t
    WHERE (t AT TIME ZONE zone)::date = day), midnight);
END $$;
`;

const TABLES = `
CREATE TABLE scheduled_transition (
  id uuid PRIMARY KEY,
  version integer NOT NULL DEFAULT 1,
  user_id uuid NOT NULL REFERENCES user_account (id) ON DELETE CASCADE,
  operation text NOT NULL CHECK (operation IN ('activate', 'deactivate', 'lock', 'unlock', 'suspend', 'reinstate', 'archive', 'delete', 'restore')),
  -- When it is due: an instant or, where a date was named, the beginning of that date in the time zone beside it.
  due_at timestamptz(3) NOT NULL,
  effective_on date,
  timezone text,
  -- The organisation's, for people who have none.
  org_timezone text NOT NULL,
  until timestamptz(3),
  reason text,
  state text NOT NULL CHECK (state IN ('SCHEDULED', 'DONE', 'FAILED', 'CANCELLED')),
  author_kind text NOT NULL CHECK (author_kind IN ('USER', 'SERVICE', 'SYSTEM')),
  author_id uuid,
  author_name text NOT NULL CHECK (author_name <> ''),
  created_at timestamptz(3) NOT NULL,
  updated_at timestamptz(3) NOT NULL,
  finished_at timestamptz(3),
  -- Why it was not carried out, as an error's code, message and details.
  failure jsonb,
  -- What was done beside the step itself.
  consequences jsonb NOT NULL DEFAULT '[]',
  CHECK ((state = 'SCHEDULED') = (finished_at IS NULL)),
  CHECK ((state = 'FAILED') = (failure IS NOT NULL)),
  CHECK ((author_kind = 'SYSTEM') = (author_id IS NULL)),
  CHECK (effective_on IS NULL OR timezone IS NOT NULL)
);
CREATE INDEX scheduled_transition_due ON scheduled_transition (due_at, id) WHERE state = 'SCHEDULED';
CREATE INDEX scheduled_transition_order ON scheduled_transition (due_at, id);
CREATE INDEX scheduled_transition_user ON scheduled_transition (user_id, due_at, id);
SELECT capture_table('scheduled_transition');

-- What the deletion of somebody ended: there is a row as long as they are deleted.
CREATE TABLE user_deletion (
  user_id uuid PRIMARY KEY REFERENCES user_account (id) ON DELETE CASCADE,
  consequences jsonb NOT NULL,
  created_at timestamptz(3) NOT NULL
);
SELECT capture_table('user_deletion');
`;

const RECKONING = `
-- A date is meant in the person's own time zone, whichever that is by then. A zone that this database does not know is the organisation's.
CREATE FUNCTION reckon_scheduled_transition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.effective_on IS NULL THEN
    NEW.timezone := NULL;
    RETURN NEW;
  END IF;
  NEW.timezone := coalesce((SELECT timezone FROM user_account WHERE id = NEW.user_id), NEW.org_timezone);
  BEGIN
    NEW.due_at := day_begins(NEW.effective_on, NEW.timezone);
  EXCEPTION WHEN invalid_parameter_value THEN
    NEW.timezone := NEW.org_timezone;
    NEW.due_at := day_begins(NEW.effective_on, NEW.timezone);
  END;
  RETURN NEW;
END $$;
CREATE TRIGGER reckon_inserted BEFORE INSERT ON scheduled_transition FOR EACH ROW EXECUTE FUNCTION reckon_scheduled_transition();
CREATE TRIGGER reckon_updated BEFORE UPDATE OF effective_on, timezone, org_timezone ON scheduled_transition
FOR EACH ROW WHEN (NEW.state = 'SCHEDULED') EXECUTE FUNCTION reckon_scheduled_transition();

CREATE FUNCTION reckon_schedules_of_user() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE scheduled_transition SET timezone = NEW.timezone, version = version + 1, updated_at = rollcall_now()
  WHERE user_id = NEW.id AND state = 'SCHEDULED' AND effective_on IS NOT NULL;
  RETURN NULL;
END $$;
CREATE TRIGGER reckon_schedules AFTER UPDATE OF timezone ON user_account
FOR EACH ROW WHEN (OLD.timezone IS DISTINCT FROM NEW.timezone) EXECUTE FUNCTION reckon_schedules_of_user();
`;

const EVENTS = `
-- One place of each function is replaced, whatever else it has learned by now.
DO $$
DECLARE
  was text := pg_get_functiondef('audit_action(text, text, text, text, jsonb, jsonb)'::regprocedure);
  is_now text := replace(was, 'WHEN ''audit_attempt'' THEN CASE operation',
    'WHEN ''scheduled_transition'' THEN ''transition.'' || CASE
      WHEN operation = ''INSERT'' THEN ''scheduled'' WHEN operation = ''DELETE'' THEN ''removed''
      WHEN before->>''state'' = after->>''state'' THEN ''changed''
      WHEN after->>''state'' = ''DONE'' THEN ''carried_out'' ELSE lower(after->>''state'') END
    WHEN ''user_deletion'' THEN ''user.deletion_'' || CASE operation WHEN ''INSERT'' THEN ''noted'' WHEN ''DELETE'' THEN ''undone'' ELSE ''changed'' END
    WHEN ''audit_attempt'' THEN CASE operation');
BEGIN
  IF is_now = was THEN RAISE EXCEPTION 'audit_action does not know audit_attempt'; END IF;
  EXECUTE is_now;
END $$;

DO $$
DECLARE
  was text := pg_get_functiondef('next_time(timestamptz)'::regprocedure);
  is_now text := replace(was, 'UNION ALL SELECT min(status_until)',
    'UNION ALL SELECT min(due_at) FROM scheduled_transition WHERE state = ''SCHEDULED'' AND due_at > instant
    UNION ALL SELECT min(status_until)');
BEGIN
  IF is_now = was THEN RAISE EXCEPTION 'next_time does not know status_until'; END IF;
  EXECUTE is_now;
END $$;
`;
