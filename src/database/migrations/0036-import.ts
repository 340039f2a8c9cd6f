import { Migration } from "@mikro-orm/migrations";

/** Files of people, what is wrong with them, templates of how they are read, and plans that are made of them in the background: schema/IMPORT.md. */
export class Migration0036Import extends Migration {
  override up(): void {
    this.addSql(UPLOADS);
    this.addSql(PLANS);
    this.addSql(EVENTS);
  }
}

const UPLOADS = `
CREATE TABLE import_upload (
  id uuid PRIMARY KEY,
  -- Whose it is: a person's, or a machine's token's; nobody's: the gateway's own machine.
  user_id uuid REFERENCES user_account (id) ON DELETE CASCADE,
  token_id uuid REFERENCES service_token (id) ON DELETE CASCADE,
  file_name text NOT NULL CHECK (file_name <> ''),
  media_type text NOT NULL,
  size bigint NOT NULL CHECK (size > 0),
  sha256 bytea NOT NULL CHECK (length(sha256) = 32),
  created_at timestamptz(3) NOT NULL,
  expires_at timestamptz(3) NOT NULL,
  CHECK (user_id IS NULL OR token_id IS NULL)
);
CREATE INDEX import_upload_user ON import_upload (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX import_upload_token ON import_upload (token_id) WHERE token_id IS NOT NULL;
CREATE INDEX import_upload_expires ON import_upload (expires_at);
SELECT capture_table('import_upload', hidden => '{sha256}');

CREATE TABLE import_upload_part (
  upload_id uuid NOT NULL REFERENCES import_upload (id) ON DELETE CASCADE,
  place integer NOT NULL,
  content bytea NOT NULL,
  PRIMARY KEY (upload_id, place)
);
-- It is compressed already, or will be read once: compressing it again takes longer than writing it.
ALTER TABLE import_upload_part ALTER content SET STORAGE EXTERNAL;

CREATE TABLE import_template (
  id uuid PRIMARY KEY,
  version integer NOT NULL DEFAULT 1,
  name text NOT NULL CHECK (name <> ''),
  reading jsonb NOT NULL CHECK (jsonb_typeof(reading) = 'object'),
  created_at timestamptz(3) NOT NULL,
  updated_at timestamptz(3) NOT NULL
);
CREATE UNIQUE INDEX import_template_name ON import_template (fold(name));
SELECT capture_table('import_template');
`;

const PLANS = `
ALTER TABLE bulk_plan DROP CONSTRAINT bulk_plan_state_check;
ALTER TABLE bulk_plan ADD CONSTRAINT bulk_plan_state_check CHECK (state IN (
  'PLANNING', 'PLANNED', 'WAITING_APPROVAL', 'READY', 'APPLYING', 'DONE', 'CANCELLED', 'FAILED', 'EXPIRED'));
ALTER TABLE bulk_plan
  -- Of those who change: how many are made, and how many are missing from the file.
  ADD creating integer NOT NULL DEFAULT 0,
  ADD missing integer NOT NULL DEFAULT 0,
  -- What is wrong with cells of the file.
  ADD problems integer NOT NULL DEFAULT 0,
  ADD upload_id uuid REFERENCES import_upload (id) ON DELETE SET NULL;
CREATE INDEX bulk_plan_planning ON bulk_plan (created_at, id) WHERE state = 'PLANNING';
CREATE INDEX bulk_plan_upload ON bulk_plan (upload_id) WHERE upload_id IS NOT NULL;

ALTER TABLE bulk_item DROP CONSTRAINT bulk_item_finding_check;
ALTER TABLE bulk_item ADD CONSTRAINT bulk_item_finding_check CHECK (finding IN ('CREATE', 'CHANGE', 'UNCHANGED', 'ERROR', 'MISSING'));
ALTER TABLE bulk_item
  -- Null as long as there is no such person: new_id is whom the plan makes, or would have made.
  ALTER user_id DROP NOT NULL,
  ADD new_id uuid,
  -- The file's row, and in which order rows need each other: a batch is of one step.
  ADD source_row integer,
  ADD step integer NOT NULL DEFAULT 0,
  ADD CONSTRAINT bulk_item_someone CHECK (user_id IS NOT NULL OR new_id IS NOT NULL);
CREATE INDEX bulk_item_next ON bulk_item (plan_id, place) WHERE finding IN ('CREATE', 'CHANGE', 'MISSING') AND outcome IS NULL;

-- Rows of a file while a plan is made of them, within one transaction.
CREATE UNLOGGED TABLE import_row (
  plan_id uuid NOT NULL REFERENCES bulk_plan (id) ON DELETE CASCADE,
  source_row integer NOT NULL,
  -- Folded, as everything that is compared.
  key text,
  manager_key text,
  username text,
  email text,
  employee_number text,
  new_id uuid NOT NULL,
  user_id uuid,
  manager_id uuid,
  step integer,
  bad boolean NOT NULL DEFAULT false,
  cells jsonb NOT NULL,
  PRIMARY KEY (plan_id, source_row)
);
CREATE INDEX import_row_key ON import_row (plan_id, key);

CREATE TABLE import_problem (
  plan_id uuid NOT NULL REFERENCES bulk_plan (id) ON DELETE CASCADE,
  source_row integer NOT NULL,
  -- The column's place in the file from 1; 0: the row as a whole.
  source_column integer NOT NULL,
  place integer NOT NULL,
  header text,
  message text NOT NULL,
  PRIMARY KEY (plan_id, source_row, source_column, place)
);
`;

const EVENTS = `
DO $$
DECLARE
  was text := pg_get_functiondef('audit_action(text, text, text, text, jsonb, jsonb)'::regprocedure);
  is_now text := replace(was, 'WHEN ''audit_attempt'' THEN CASE operation',
    'WHEN ''import_upload'' THEN CASE operation WHEN ''INSERT'' THEN ''import.uploaded'' ELSE ''import.forgotten'' END
    WHEN ''import_template'' THEN CASE operation WHEN ''INSERT'' THEN ''import_template.created'' WHEN ''DELETE'' THEN ''import_template.deleted''
      ELSE ''import_template.updated'' END
    WHEN ''audit_attempt'' THEN CASE operation');
BEGIN
  IF is_now = was THEN RAISE EXCEPTION 'audit_action does not know audit_attempt'; END IF;
  EXECUTE is_now;
END $$;
`;
