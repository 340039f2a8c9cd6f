import { Migration } from "@mikro-orm/migrations";

/** Rules that narrow what permissions may be used for: schema/ACCESS-RULES.md. */
export class Migration0021AccessRule extends Migration {
  override up(): void {
    this.addSql(`
CREATE TABLE access_rule (
  id uuid PRIMARY KEY,
  version integer NOT NULL DEFAULT 1,
  name text NOT NULL CHECK (name <> ''),
  permissions text[] NOT NULL CHECK (cardinality(permissions) > 0 AND NOT 'ROLE_MANAGE' = ANY (permissions)),
  -- Filters as trees, behind the parser: whom it concerns, and over whom the permissions may be used.
  actor jsonb CHECK (jsonb_typeof(actor) = 'object'),
  object jsonb CHECK (jsonb_typeof(object) = 'object'),
  hours jsonb CHECK (jsonb_typeof(hours) = 'array'),
  timezone text NOT NULL,
  networks text[],
  created_at timestamptz(3) NOT NULL,
  updated_at timestamptz(3) NOT NULL,
  CHECK (object IS NOT NULL OR hours IS NOT NULL OR networks IS NOT NULL)
);
SELECT capture_table('access_rule');
`);
  }
}
