import { Migration } from "@mikro-orm/migrations";

/**
 * Sign-in and sessions (schema/SIGN-IN.md). What says who may come in is captured, with its secrets hidden; what changes with every use stands in
 * tables of its own, which are not, so that a crowd at work does not crowd the log.
 */
export class Migration0013SignIn extends Migration {
  override up(): void {
    this.addSql(CREDENTIALS);
    this.addSql(SESSIONS);
    this.addSql(ATTEMPTS);
    this.addSql(POLICIES);
  }
}

const CREDENTIALS = `
CREATE TABLE user_password (
  user_id uuid PRIMARY KEY REFERENCES user_account (id) ON DELETE CASCADE,
  -- PHC string of Argon2id.
  hash text NOT NULL,
  -- Whether it is long enough to be the only factor.
  alone boolean NOT NULL,
  changed_at timestamptz(3) NOT NULL
);
SELECT capture_table('user_password', hidden => '{hash}');

-- A factor without confirmed_at was begun and not proved: it counts for nothing.
CREATE TABLE user_factor (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES user_account (id) ON DELETE CASCADE,
  kind text NOT NULL CHECK (kind IN ('TOTP', 'PASSKEY')),
  name text NOT NULL,
  -- The encrypted secret of one-time codes, or a passkey's public key.
  secret bytea NOT NULL,
  credential_id bytea,
  transports text[] NOT NULL DEFAULT '{}',
  backed_up boolean NOT NULL DEFAULT false,
  created_at timestamptz(3) NOT NULL,
  confirmed_at timestamptz(3),
  CHECK ((kind = 'PASSKEY') = (credential_id IS NOT NULL))
);
CREATE INDEX user_factor_user ON user_factor (user_id);
CREATE UNIQUE INDEX user_factor_credential_key ON user_factor (credential_id) WHERE credential_id IS NOT NULL;
SELECT capture_table('user_factor', hidden => '{secret,credential_id}');

-- The last time step of a one-time code, or a passkey's counter.
CREATE TABLE factor_use (
  factor_id uuid PRIMARY KEY REFERENCES user_factor (id) ON DELETE CASCADE,
  counter bigint NOT NULL DEFAULT 0,
  last_used_at timestamptz(3)
);

CREATE TABLE user_recovery_codes (
  user_id uuid PRIMARY KEY REFERENCES user_account (id) ON DELETE CASCADE,
  hashes bytea[] NOT NULL,
  created_at timestamptz(3) NOT NULL
);
SELECT capture_table('user_recovery_codes', hidden => '{hashes}');
`;

const SESSIONS = `
CREATE TABLE session (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES user_account (id) ON DELETE CASCADE,
  -- How it began: password, passkey.
  method text NOT NULL,
  -- What was proved so far: PASSWORD, TOTP, PASSKEY, RECOVERY_CODE.
  factors text[] NOT NULL,
  -- Good for enrolling a factor or setting a password, and for nothing else.
  enrolment_only boolean NOT NULL DEFAULT false,
  created_at timestamptz(3) NOT NULL,
  -- When the person last proved that it is them.
  authenticated_at timestamptz(3) NOT NULL,
  expires_at timestamptz(3) NOT NULL,
  ip text,
  user_agent text,
  country text,
  ended_at timestamptz(3),
  ended_by_kind text CHECK (ended_by_kind IN ('USER', 'SERVICE', 'SYSTEM')),
  ended_by_id uuid,
  ended_by_name text,
  end_reason text,
  CHECK ((ended_at IS NULL) = (ended_by_kind IS NULL))
);
CREATE INDEX session_of_user ON session (user_id, created_at);
CREATE INDEX session_open ON session (expires_at) WHERE ended_at IS NULL;
SELECT capture_table('session');

-- What changes with every use of a session. A refresh token proves the family by one secret and its turn by another.
CREATE TABLE session_use (
  session_id uuid PRIMARY KEY REFERENCES session (id) ON DELETE CASCADE,
  last_seen_at timestamptz(3) NOT NULL,
  family_hash bytea NOT NULL,
  turn_hash bytea NOT NULL
);
`;

const ATTEMPTS = `
-- Attempts since a window began, of an account (or of a name that nobody has) and of a network address. Exhausted until the window ends.
CREATE TABLE sign_in_counter (
  kind text NOT NULL CHECK (kind IN ('ACCOUNT', 'ADDRESS')),
  subject text NOT NULL,
  attempts integer NOT NULL,
  until timestamptz(3) NOT NULL,
  PRIMARY KEY (kind, subject)
);
CREATE INDEX sign_in_counter_until ON sign_in_counter (until);

-- What sign-ins have to tell of people, until it is brought to user_security.
CREATE TABLE sign_in_fact (
  id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  -- Null where nobody has the name.
  user_id uuid REFERENCES user_account (id) ON DELETE CASCADE,
  at timestamptz(3) NOT NULL,
  succeeded boolean NOT NULL,
  ip text,
  country text
);

-- A sign-in or an enrolment under way; taken away by whoever completes it.
CREATE TABLE sign_in_challenge (
  hash bytea PRIMARY KEY,
  purpose text NOT NULL CHECK (purpose IN ('SECOND_FACTOR', 'PASSKEY_SIGN_IN', 'PASSKEY_ENROLMENT', 'REAUTHENTICATION')),
  user_id uuid REFERENCES user_account (id) ON DELETE CASCADE,
  -- What a passkey has to sign, in base64url.
  webauthn text NOT NULL,
  -- The hash of the password that was proved.
  password_hash text,
  expires_at timestamptz(3) NOT NULL
);
CREATE INDEX sign_in_challenge_expires ON sign_in_challenge (expires_at);
`;

const POLICIES = `
-- Whom a policy is about is a filter over users: the tree behind the parser.
CREATE TABLE sign_in_policy (
  id uuid PRIMARY KEY,
  version integer NOT NULL DEFAULT 1,
  name text NOT NULL CHECK (name <> ''),
  filter jsonb NOT NULL CHECK (jsonb_typeof(filter) = 'object'),
  require text NOT NULL CHECK (require IN ('MFA', 'PASSKEY')),
  grace_days integer NOT NULL CHECK (grace_days >= 0),
  created_at timestamptz(3) NOT NULL,
  updated_at timestamptz(3) NOT NULL
);
SELECT capture_table('sign_in_policy');

-- The first sign-in at which a policy asked for a factor that the person did not have.
CREATE TABLE factor_grace (
  user_id uuid PRIMARY KEY REFERENCES user_account (id) ON DELETE CASCADE,
  began_at timestamptz(3) NOT NULL
);
`;
