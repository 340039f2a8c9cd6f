import { Migration } from "@mikro-orm/migrations";

/**
 * Tokens that are rotated keep their old secret for a while, and a person's token may be narrowed to some permissions. When a token was
 * last used stands apart and is not captured: it changes with use, and nothing of the directory changes with it.
 */
export class Migration0014TokenRotation extends Migration {
  override up(): void {
    this.addSql(`
ALTER TABLE service_token
  DROP CONSTRAINT service_token_check,
  -- The secret before the last rotation, and until when it still opens.
  ADD COLUMN previous_hash bytea,
  ADD COLUMN previous_until timestamptz(3),
  ADD COLUMN rotated_at timestamptz(3),
  -- A machine's permissions are its own; a person's, where there are any, are those of their grants that are left.
  ADD CONSTRAINT service_token_holder CHECK (user_id IS NOT NULL OR permissions IS NOT NULL),
  ADD CONSTRAINT service_token_scope CHECK (user_id IS NULL OR scope_ids IS NULL),
  ADD CONSTRAINT service_token_previous CHECK ((previous_hash IS NULL) = (previous_until IS NULL));
CREATE UNIQUE INDEX service_token_previous_hash_key ON service_token (previous_hash) WHERE previous_hash IS NOT NULL;
CREATE INDEX service_token_user ON service_token (user_id) WHERE user_id IS NOT NULL;
SELECT capture_table('service_token', hidden => '{hash,previous_hash}');

CREATE TABLE service_token_use (
  token_id uuid PRIMARY KEY REFERENCES service_token (id) ON DELETE CASCADE,
  last_used_at timestamptz(3) NOT NULL
);

-- A change of the secret is a rotation. The one place of the function that says so is replaced, whatever else it has learned by now.
DO $$
DECLARE
  was text := pg_get_functiondef('audit_action(text, text, text, text, jsonb, jsonb)'::regprocedure);
  is_now text := replace(was, 'ELSE ''token.changed'' END',
    'WHEN before->>''rotated_at'' IS DISTINCT FROM after->>''rotated_at'' THEN ''token.rotated'' ELSE ''token.changed'' END');
BEGIN
  IF is_now = was THEN RAISE EXCEPTION 'audit_action does not say token.changed'; END IF;
  EXECUTE is_now;
END $$;
`);
  }
}
