import { Migration } from "@mikro-orm/migrations";

/** Links that give one export to whoever has their secret, once: docs/import-and-export.md. */
export class Migration0031ExportLink extends Migration {
  override up(): void {
    this.addSql(TABLE);
    this.addSql(EVENTS);
  }
}

const TABLE = `
CREATE TABLE export_link (
  id uuid PRIMARY KEY,
  secret_hash bytea NOT NULL UNIQUE CHECK (length(secret_hash) = 32),
  -- Which producer makes the file, and of what.
  kind text NOT NULL CHECK (kind <> ''),
  payload jsonb NOT NULL CHECK (jsonb_typeof(payload) = 'object'),
  -- Whose it is: a person's, or a machine's token's.
  user_id uuid REFERENCES user_account (id) ON DELETE CASCADE,
  token_id uuid REFERENCES service_token (id) ON DELETE CASCADE,
  -- What readers of the audit log are told of it.
  file_format text NOT NULL,
  filter_text text,
  columns text[] NOT NULL,
  state text NOT NULL CHECK (state IN ('ISSUED', 'READING', 'DELIVERED', 'BROKEN', 'REFUSED')),
  row_count integer,
  created_at timestamptz(3) NOT NULL,
  expires_at timestamptz(3) NOT NULL,
  used_at timestamptz(3),
  ended_at timestamptz(3),
  CHECK (user_id IS NULL OR token_id IS NULL),
  CHECK ((state = 'ISSUED') = (used_at IS NULL))
);
CREATE INDEX export_link_user ON export_link (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX export_link_token ON export_link (token_id) WHERE token_id IS NOT NULL;
CREATE INDEX export_link_expires ON export_link (expires_at);
SELECT capture_table('export_link', hidden => '{secret_hash,payload}');
`;

const EVENTS = `
-- What becomes of a link is told by its state. One place of the function is replaced, whatever else it has learned by now.
DO $$
DECLARE
  was text := pg_get_functiondef('audit_action(text, text, text, text, jsonb, jsonb)'::regprocedure);
  is_now text := replace(was, 'WHEN ''audit_attempt'' THEN CASE operation',
    'WHEN ''export_link'' THEN ''export.'' || CASE
      WHEN operation = ''INSERT'' THEN ''created''
      WHEN operation = ''DELETE'' THEN ''forgotten''
      WHEN after->>''state'' = ''READING'' THEN ''opened''
      ELSE lower(after->>''state'') END
    WHEN ''audit_attempt'' THEN CASE operation');
BEGIN
  IF is_now = was THEN RAISE EXCEPTION 'audit_action does not know audit_attempt'; END IF;
  EXECUTE is_now;
END $$;
`;
