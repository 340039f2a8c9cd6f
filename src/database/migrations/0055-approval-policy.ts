import { Migration } from "@mikro-orm/migrations";

/** Who decides sensitive changes of whose profile, in how many steps: schema/APPROVALS.md. */
export class Migration0055ApprovalPolicy extends Migration {
  override up(): void {
    this.addSql(TABLES);
  }
}

const TABLES = `
CREATE TABLE approval_policy (
  id uuid PRIMARY KEY,
  version integer NOT NULL DEFAULT 1,
  name text NOT NULL CHECK (name <> ''),
  -- Fields of one's own profile, an attribute as attributes.<key>; all that are sensitive where there is none.
  fields text[] NOT NULL,
  -- Whose changes.
  filter jsonb NOT NULL,
  priority integer NOT NULL,
  expires_after_hours integer NOT NULL CHECK (expires_after_hours > 0),
  remind_every_hours integer CHECK (remind_every_hours > 0),
  created_at timestamptz(3) NOT NULL,
  updated_at timestamptz(3) NOT NULL
);
SELECT capture_table('approval_policy');

-- One way of being the one who decides a step of a policy. A role that is named cannot be deleted: a chain never becomes shorter by itself.
CREATE TABLE approval_policy_decider (
  id uuid PRIMARY KEY,
  approval_policy_id uuid NOT NULL REFERENCES approval_policy (id) ON DELETE CASCADE,
  -- From 1, in turn.
  step integer NOT NULL CHECK (step > 0),
  by text NOT NULL CHECK (by IN ('MANAGER', 'UNIT_HEAD', 'ROLE', 'PERMISSION')),
  role_id uuid CONSTRAINT approval_policy_decider_role REFERENCES role (id),
  permission text,
  everywhere boolean NOT NULL DEFAULT false,
  CHECK ((by = 'ROLE') = (role_id IS NOT NULL)),
  CHECK ((by = 'PERMISSION') = (permission IS NOT NULL)),
  CHECK (by = 'PERMISSION' OR NOT everywhere)
);
CREATE INDEX approval_policy_decider_policy ON approval_policy_decider (approval_policy_id, step);
CREATE INDEX approval_policy_decider_by_role ON approval_policy_decider (role_id) WHERE role_id IS NOT NULL;
SELECT capture_table('approval_policy_decider');
`;
