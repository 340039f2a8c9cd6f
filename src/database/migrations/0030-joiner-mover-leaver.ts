import { Migration } from "@mikro-orm/migrations";

/** Profile templates, what they granted to whom, and leaves that hand over: schema/JOINER-MOVER-LEAVER.md. */
export class Migration0030JoinerMoverLeaver extends Migration {
  override up(): void {
    this.addSql(TABLES);
    this.addSql(EVENTS);
  }
}

const TABLES = `
CREATE TABLE profile_template (
  id uuid PRIMARY KEY,
  version integer NOT NULL DEFAULT 1,
  name text NOT NULL CHECK (name <> ''),
  filter jsonb NOT NULL,
  priority integer NOT NULL,
  -- Values of a profile by field; attributes by key among them.
  defaults jsonb NOT NULL,
  created_at timestamptz(3) NOT NULL,
  updated_at timestamptz(3) NOT NULL
);
SELECT capture_table('profile_template');

-- A role that a template grants: everywhere, over the person's own unit, or over one unit. It goes with the role and with the unit.
CREATE TABLE profile_template_role (
  id uuid PRIMARY KEY,
  template_id uuid NOT NULL REFERENCES profile_template (id) ON DELETE CASCADE,
  role_id uuid NOT NULL REFERENCES role (id) ON DELETE CASCADE,
  reach text NOT NULL CHECK (reach IN ('EVERYWHERE', 'OWN_UNIT', 'UNIT')),
  unit_id uuid REFERENCES org_unit (id) ON DELETE CASCADE,
  CHECK ((reach = 'UNIT') = (unit_id IS NOT NULL))
);
CREATE INDEX profile_template_role_template ON profile_template_role (template_id);
CREATE INDEX profile_template_role_role ON profile_template_role (role_id);
CREATE INDEX profile_template_role_unit ON profile_template_role (unit_id) WHERE unit_id IS NOT NULL;
SELECT capture_table('profile_template_role');

-- Which grants came of a template: a move takes back those, and no others.
CREATE TABLE profile_template_grant (
  grant_id uuid PRIMARY KEY REFERENCES role_grant (id) ON DELETE CASCADE,
  user_id uuid NOT NULL REFERENCES user_account (id) ON DELETE CASCADE,
  template_id uuid REFERENCES profile_template (id) ON DELETE SET NULL
);
CREATE INDEX profile_template_grant_user ON profile_template_grant (user_id);
CREATE INDEX profile_template_grant_template ON profile_template_grant (template_id) WHERE template_id IS NOT NULL;
SELECT capture_table('profile_template_grant');

-- A scheduled deactivation that is somebody's leave: what it hands over, and to whom.
CREATE TABLE offboarding (
  transition_id uuid PRIMARY KEY REFERENCES scheduled_transition (id) ON DELETE CASCADE,
  user_id uuid NOT NULL REFERENCES user_account (id) ON DELETE CASCADE,
  successor_id uuid REFERENCES user_account (id) ON DELETE SET NULL,
  last_day date,
  created_at timestamptz(3) NOT NULL
);
CREATE INDEX offboarding_user ON offboarding (user_id);
CREATE INDEX offboarding_successor ON offboarding (successor_id) WHERE successor_id IS NOT NULL;
SELECT capture_table('offboarding');
`;

const EVENTS = `
-- One place of the function is replaced, whatever else it has learned by now.
DO $$
DECLARE
  was text := pg_get_functiondef('audit_action(text, text, text, text, jsonb, jsonb)'::regprocedure);
  is_now text := replace(was, 'WHEN ''audit_attempt'' THEN CASE operation',
    'WHEN ''profile_template'' THEN ''profile_template.'' || CASE operation WHEN ''INSERT'' THEN ''created'' WHEN ''DELETE'' THEN ''deleted'' ELSE ''updated'' END
    WHEN ''profile_template_role'' THEN ''profile_template.role_'' || CASE operation WHEN ''INSERT'' THEN ''added'' WHEN ''DELETE'' THEN ''removed'' ELSE ''changed'' END
    WHEN ''profile_template_grant'' THEN ''role.grant_'' || CASE operation WHEN ''INSERT'' THEN ''of_template'' WHEN ''DELETE'' THEN ''forgotten'' ELSE ''kept_without_template'' END
    WHEN ''offboarding'' THEN ''user.offboarding_'' || CASE operation WHEN ''INSERT'' THEN ''scheduled'' WHEN ''DELETE'' THEN ''forgotten'' ELSE ''changed'' END
    WHEN ''audit_attempt'' THEN CASE operation');
BEGIN
  IF is_now = was THEN RAISE EXCEPTION 'audit_action does not know audit_attempt'; END IF;
  EXECUTE is_now;
END $$;
`;
