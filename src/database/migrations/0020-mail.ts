import { Migration } from "@mikro-orm/migrations";

/**
 * Mail, and the links in it by which people accept an invitation, verify an address or reset a password. What was sent to whom is captured; the
 * messages themselves, which hold links in clear, are encrypted, stand apart, and go as soon as they are sent.
 */
export class Migration0020Mail extends Migration {
  override up(): void {
    this.addSql(MAIL);
    this.addSql(LINKS);
    this.addSql(EVENTS);
  }
}

const MAIL = `
CREATE TABLE mail (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES user_account (id) ON DELETE CASCADE,
  kind text NOT NULL CHECK (kind IN ('INVITATION', 'EMAIL_VERIFICATION', 'PASSWORD_RESET', 'PASSWORD_CHANGED')),
  state text NOT NULL CHECK (state IN ('WAITING', 'SENT', 'GIVEN_UP', 'WITHDRAWN')),
  created_at timestamptz(3) NOT NULL,
  finished_at timestamptz(3),
  -- Why it was given up: the mail server's code, or the network's.
  problem text,
  CHECK ((state = 'WAITING') = (finished_at IS NULL))
);
CREATE INDEX mail_user ON mail (user_id);
CREATE INDEX mail_finished ON mail (finished_at) WHERE finished_at IS NOT NULL;
SELECT capture_table('mail');

-- A message that waits, and how often it was tried; there is no row once it was sent, given up or withdrawn.
CREATE TABLE mail_delivery (
  mail_id uuid PRIMARY KEY REFERENCES mail (id) ON DELETE CASCADE,
  sealed bytea NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  next_at timestamptz(3) NOT NULL,
  until timestamptz(3) NOT NULL
);
CREATE INDEX mail_delivery_next ON mail_delivery (next_at);
`;

const LINKS = `
-- Of each purpose a person has one at a time. It goes with the address that it was sent to.
CREATE TABLE user_link (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES user_account (id) ON DELETE CASCADE,
  email_id uuid NOT NULL REFERENCES user_email (id) ON DELETE CASCADE,
  purpose text NOT NULL CHECK (purpose IN ('INVITATION', 'EMAIL_VERIFICATION', 'PASSWORD_RESET')),
  hash bytea NOT NULL,
  email text NOT NULL,
  created_at timestamptz(3) NOT NULL,
  expires_at timestamptz(3) NOT NULL,
  UNIQUE (user_id, purpose)
);
CREATE UNIQUE INDEX user_link_hash_key ON user_link (hash);
CREATE INDEX user_link_email ON user_link (email_id);
CREATE INDEX user_link_expires ON user_link (expires_at);
SELECT capture_table('user_link', hidden => '{hash,email}');

-- Somebody asked for a password to be reset: the address as it was typed, encrypted, until it is looked up.
CREATE TABLE password_reset_request (
  id uuid PRIMARY KEY,
  sealed bytea NOT NULL,
  requested_at timestamptz(3) NOT NULL
);
CREATE INDEX password_reset_request_at ON password_reset_request (requested_at);
`;

const EVENTS = `
-- What is asked of people by mail, and what becomes of it, is told by what it is. One place of the function is replaced, whatever else
-- it has learned by now.
DO $$
DECLARE
  was text := pg_get_functiondef('audit_action(text, text, text, text, jsonb, jsonb)'::regprocedure);
  is_now text := replace(was, 'WHEN ''audit_attempt'' THEN CASE operation',
    'WHEN ''mail'' THEN ''mail.'' || CASE operation WHEN ''INSERT'' THEN ''queued'' WHEN ''DELETE'' THEN ''forgotten''
      ELSE lower(after->>''state'') END
    WHEN ''user_link'' THEN CASE WHEN operation <> ''INSERT'' THEN ''user.link_ended'' ELSE CASE after->>''purpose''
      WHEN ''INVITATION'' THEN ''user.invited'' WHEN ''PASSWORD_RESET'' THEN ''user.password_reset_requested''
      ELSE ''user.email_verification_requested'' END END
    WHEN ''audit_attempt'' THEN CASE operation');
BEGIN
  IF is_now = was THEN RAISE EXCEPTION 'audit_action does not know audit_attempt'; END IF;
  EXECUTE is_now;
END $$;
`;
