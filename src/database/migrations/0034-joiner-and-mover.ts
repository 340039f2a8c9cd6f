import { Migration } from "@mikro-orm/migrations";

/** Starts and moves that are scheduled, groups in profile templates, and what templates filled and gave: schema/JOINER-MOVER-LEAVER.md. */
export class Migration0034JoinerAndMover extends Migration {
  override up(): void {
    this.addSql(STEPS);
    this.addSql(TABLES);
    this.addSql(EVENTS);
  }
}

const STEPS = `
-- Besides steps of the lifecycle, an invitation and a move can be scheduled.
ALTER TABLE scheduled_transition DROP CONSTRAINT scheduled_transition_operation_check;
ALTER TABLE scheduled_transition ADD CONSTRAINT scheduled_transition_operation_check CHECK (operation IN (
  'activate', 'deactivate', 'lock', 'unlock', 'suspend', 'reinstate', 'archive', 'delete', 'restore', 'invite', 'transfer'));

-- When a civil date begins where a person is: by the rules of scheduled steps.
CREATE FUNCTION day_begins_for(person uuid, day date, org_timezone text) RETURNS timestamptz LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN day_begins(day, coalesce((SELECT timezone FROM user_account WHERE id = person), org_timezone));
EXCEPTION WHEN invalid_parameter_value THEN
  RETURN day_begins(day, org_timezone);
END $$;
`;

const TABLES = `
-- Whoever was onboarded before their start: they become active by it, and not by accepting an invitation.
CREATE TABLE onboarding (
  user_id uuid PRIMARY KEY REFERENCES user_account (id) ON DELETE CASCADE,
  starts_on date NOT NULL,
  created_at timestamptz(3) NOT NULL
);
SELECT capture_table('onboarding');

-- A scheduled move: the values that it gives, by field, and which fields it lets templates fill; all that they offer where that is not said.
CREATE TABLE transfer (
  transition_id uuid PRIMARY KEY REFERENCES scheduled_transition (id) ON DELETE CASCADE,
  user_id uuid NOT NULL REFERENCES user_account (id) ON DELETE CASCADE,
  changes jsonb NOT NULL,
  fill jsonb,
  created_at timestamptz(3) NOT NULL
);
CREATE INDEX transfer_user ON transfer (user_id);
-- Attributes are among the values that not everybody may read who reads the log.
SELECT capture_table('transfer', hidden => '{changes}');

-- What templates filled: a value that still is what it was is nobody's own, and a move may offer another.
CREATE TABLE profile_template_fill (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES user_account (id) ON DELETE CASCADE,
  -- A field, or an attribute as attributes.<key>.
  field text NOT NULL CHECK (field <> ''),
  value jsonb NOT NULL,
  template_id uuid REFERENCES profile_template (id) ON DELETE SET NULL,
  UNIQUE (user_id, field)
);
CREATE INDEX profile_template_fill_template ON profile_template_fill (template_id) WHERE template_id IS NOT NULL;
SELECT capture_table('profile_template_fill', hidden => '{value}');

-- A static group that a template puts people into. It goes with the group.
CREATE TABLE profile_template_group (
  id uuid PRIMARY KEY,
  template_id uuid NOT NULL REFERENCES profile_template (id) ON DELETE CASCADE,
  group_id uuid NOT NULL REFERENCES user_group (id) ON DELETE CASCADE,
  UNIQUE (template_id, group_id)
);
CREATE INDEX profile_template_group_group ON profile_template_group (group_id);
SELECT capture_table('profile_template_group');

-- Which memberships came of a template: a move ends those, and no others.
CREATE TABLE profile_template_member (
  member_id uuid PRIMARY KEY REFERENCES group_member (id) ON DELETE CASCADE,
  user_id uuid NOT NULL REFERENCES user_account (id) ON DELETE CASCADE,
  template_id uuid REFERENCES profile_template (id) ON DELETE SET NULL
);
CREATE INDEX profile_template_member_user ON profile_template_member (user_id);
CREATE INDEX profile_template_member_template ON profile_template_member (template_id) WHERE template_id IS NOT NULL;
SELECT capture_table('profile_template_member');
`;

const EVENTS = `
-- One place of the function is replaced, whatever else it has learned by now.
DO $$
DECLARE
  was text := pg_get_functiondef('audit_action(text, text, text, text, jsonb, jsonb)'::regprocedure);
  is_now text := replace(was, 'WHEN ''audit_attempt'' THEN CASE operation',
    'WHEN ''profile_template_group'' THEN ''profile_template.group_'' || CASE operation WHEN ''INSERT'' THEN ''added'' WHEN ''DELETE'' THEN ''removed'' ELSE ''changed'' END
    WHEN ''profile_template_fill'' THEN ''user.fill_'' || CASE operation WHEN ''INSERT'' THEN ''noted'' WHEN ''DELETE'' THEN ''forgotten'' ELSE ''changed'' END
    WHEN ''profile_template_member'' THEN ''group.member_'' || CASE operation WHEN ''INSERT'' THEN ''of_template'' WHEN ''DELETE'' THEN ''forgotten'' ELSE ''kept_without_template'' END
    WHEN ''onboarding'' THEN ''user.onboarding_'' || CASE operation WHEN ''INSERT'' THEN ''scheduled'' WHEN ''DELETE'' THEN ''forgotten'' ELSE ''changed'' END
    WHEN ''transfer'' THEN ''user.transfer_'' || CASE operation WHEN ''INSERT'' THEN ''scheduled'' WHEN ''DELETE'' THEN ''forgotten'' ELSE ''changed'' END
    WHEN ''audit_attempt'' THEN CASE operation');
BEGIN
  IF is_now = was THEN RAISE EXCEPTION 'audit_action does not know audit_attempt'; END IF;
  EXECUTE is_now;
END $$;
`;
