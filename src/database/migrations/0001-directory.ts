import { Migration } from "@mikro-orm/migrations";

/**
 * The directory's own tables. Text is compared and ordered by `und-x-icu`, folded by `lower()` under it, on every database.
 * Instants are stored at milliseconds, so that a value returned can be compared with.
 */
export class Migration0001Directory extends Migration {
  override up(): void {
    this.addSql(`
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS btree_gin;

-- The database's clock is the only clock. Tests move it: ALTER DATABASE … SET, or SET, rollcall.clock_offset.
CREATE FUNCTION rollcall_now() RETURNS timestamptz LANGUAGE sql VOLATILE PARALLEL SAFE AS
$$ SELECT date_trunc('milliseconds', clock_timestamp() + coalesce(nullif(current_setting('rollcall.clock_offset', true), '')::interval, interval '0')) $$;

-- Case-insensitive comparison: JavaScript's toLowerCase, on both databases.
CREATE FUNCTION fold(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS
$$ SELECT lower(value COLLATE "und-x-icu") $$;

CREATE TABLE org_unit (
  id uuid PRIMARY KEY,
  version integer NOT NULL DEFAULT 1,
  code text NOT NULL,
  name text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('COMPANY', 'DIVISION', 'DEPARTMENT', 'TEAM', 'LOCATION', 'PARTNER')),
  parent_id uuid REFERENCES org_unit (id),
  head_id uuid,
  created_at timestamptz(3) NOT NULL,
  updated_at timestamptz(3) NOT NULL
);
CREATE UNIQUE INDEX org_unit_code_key ON org_unit (fold(code));
CREATE INDEX org_unit_parent ON org_unit (parent_id);
CREATE INDEX org_unit_head ON org_unit (head_id);

CREATE TABLE user_account (
  id uuid PRIMARY KEY,
  version integer NOT NULL DEFAULT 1,
  username text NOT NULL,
  display_name text NOT NULL,
  status text NOT NULL CHECK (status IN ('PENDING', 'ACTIVE', 'INACTIVE', 'LOCKED', 'SUSPENDED', 'ARCHIVED', 'DELETED')),
  status_reason text,
  status_changed_at timestamptz(3) NOT NULL,
  status_until timestamptz(3),
  status_before text,
  given_name text,
  middle_name text,
  family_name text,
  honorific_prefix text,
  honorific_suffix text,
  nick_name text,
  employee_number text,
  title text,
  department text,
  division text,
  cost_center text,
  employee_type text CHECK (employee_type IN ('EMPLOYEE', 'CONTRACTOR', 'PARTNER', 'INTERN', 'SERVICE')),
  location text,
  country text,
  locale text,
  preferred_language text,
  timezone text,
  tags text[] NOT NULL DEFAULT '{}',
  attributes jsonb NOT NULL DEFAULT '{}',
  source text NOT NULL CHECK (source IN ('LOCAL', 'IMPORT', 'SCIM', 'HRIS', 'LDAP', 'OIDC')),
  hired_on date,
  terminates_on date,
  org_unit_id uuid REFERENCES org_unit (id),
  manager_id uuid REFERENCES user_account (id),
  created_at timestamptz(3) NOT NULL,
  updated_at timestamptz(3) NOT NULL,
  deleted_at timestamptz(3),
  CHECK ((status = 'DELETED') = (deleted_at IS NOT NULL)),
  CHECK (manager_id <> id)
);
CREATE UNIQUE INDEX user_account_username_key ON user_account (fold(username)) WHERE status <> 'DELETED';
CREATE UNIQUE INDEX user_account_employee_number_key ON user_account (fold(employee_number)) WHERE status <> 'DELETED';
CREATE INDEX user_account_org_unit ON user_account (org_unit_id);
CREATE INDEX user_account_manager ON user_account (manager_id);

ALTER TABLE org_unit ADD FOREIGN KEY (head_id) REFERENCES user_account (id);

-- Unique among the primary addresses of people not deleted: asserted at commit, in commit order.
CREATE TABLE user_email (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES user_account (id) ON DELETE CASCADE,
  place smallint NOT NULL,
  value text NOT NULL,
  type text,
  is_primary boolean NOT NULL,
  verified boolean NOT NULL DEFAULT false
);
CREATE UNIQUE INDEX user_email_one_primary ON user_email (user_id) WHERE is_primary;
CREATE INDEX user_email_user ON user_email (user_id);
CREATE INDEX user_email_value ON user_email (fold(value));

CREATE TABLE user_phone (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES user_account (id) ON DELETE CASCADE,
  place smallint NOT NULL,
  value text NOT NULL,
  type text,
  is_primary boolean NOT NULL
);
CREATE UNIQUE INDEX user_phone_one_primary ON user_phone (user_id) WHERE is_primary;
CREATE INDEX user_phone_user ON user_phone (user_id);

CREATE TABLE user_address (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES user_account (id) ON DELETE CASCADE,
  place smallint NOT NULL,
  type text,
  is_primary boolean NOT NULL,
  street_address text,
  locality text,
  region text,
  postal_code text,
  country text
);
CREATE UNIQUE INDEX user_address_one_primary ON user_address (user_id) WHERE is_primary;
CREATE INDEX user_address_user ON user_address (user_id);

-- Unique by source, issuer and id among people not deleted: asserted at commit, in commit order.
CREATE TABLE user_identity (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES user_account (id) ON DELETE CASCADE,
  place smallint NOT NULL,
  source text NOT NULL CHECK (source IN ('LOCAL', 'IMPORT', 'SCIM', 'HRIS', 'LDAP', 'OIDC')),
  issuer text,
  external_id text NOT NULL,
  last_synced_at timestamptz(3)
);
CREATE INDEX user_identity_user ON user_identity (user_id);
CREATE INDEX user_identity_key ON user_identity (source, fold(external_id));

-- What sign-in learns about a person, written in batches; it does not touch the profile's version.
CREATE TABLE user_security (
  user_id uuid PRIMARY KEY REFERENCES user_account (id) ON DELETE CASCADE,
  last_login_at timestamptz(3),
  last_login_country text,
  failed_login_count integer NOT NULL DEFAULT 0,
  password_changed_at timestamptz(3),
  mfa_methods text[] NOT NULL DEFAULT '{}',
  active_session_count integer NOT NULL DEFAULT 0,
  risk_score integer
);

CREATE TABLE role (
  id uuid PRIMARY KEY,
  version integer NOT NULL DEFAULT 1,
  key text NOT NULL,
  name text NOT NULL,
  description text,
  privileged boolean NOT NULL DEFAULT false,
  permissions text[] NOT NULL DEFAULT '{}',
  created_at timestamptz(3) NOT NULL,
  updated_at timestamptz(3) NOT NULL
);
CREATE UNIQUE INDEX role_key_key ON role (fold(key));

CREATE TABLE role_inheritance (
  id uuid PRIMARY KEY,
  role_id uuid NOT NULL REFERENCES role (id) ON DELETE CASCADE,
  inherits_id uuid NOT NULL REFERENCES role (id),
  UNIQUE (role_id, inherits_id),
  CHECK (role_id <> inherits_id)
);
CREATE INDEX role_inheritance_inherits ON role_inheritance (inherits_id);

CREATE TABLE role_grant (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES user_account (id) ON DELETE CASCADE,
  role_id uuid NOT NULL REFERENCES role (id),
  scope_id uuid REFERENCES org_unit (id),
  starts_at timestamptz(3) NOT NULL,
  expires_at timestamptz(3),
  granted_by_kind text NOT NULL CHECK (granted_by_kind IN ('USER', 'SERVICE', 'SYSTEM')),
  granted_by_id uuid,
  granted_by_name text NOT NULL,
  granted_at timestamptz(3) NOT NULL,
  reason text,
  revoked_at timestamptz(3),
  CHECK (expires_at > starts_at)
);
CREATE INDEX role_grant_user ON role_grant (user_id);
CREATE INDEX role_grant_role ON role_grant (role_id);
CREATE INDEX role_grant_scope ON role_grant (scope_id);
-- One live grant of a role to a user over a scope.
CREATE UNIQUE INDEX role_grant_live_key ON role_grant (user_id, role_id, coalesce(scope_id, '00000000-0000-0000-0000-000000000000'::uuid), starts_at) WHERE revoked_at IS NULL;

-- Tokens of machines, or of a person (user_id): then that person's grants decide. Only the SHA-256 of the secret is kept.
CREATE TABLE service_token (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  hash bytea NOT NULL,
  user_id uuid REFERENCES user_account (id) ON DELETE CASCADE,
  permissions text[],
  scope_ids uuid[],
  created_at timestamptz(3) NOT NULL,
  expires_at timestamptz(3),
  revoked_at timestamptz(3),
  CHECK ((user_id IS NULL) = (permissions IS NOT NULL))
);
CREATE UNIQUE INDEX service_token_hash_key ON service_token (hash);

-- The first answer to a mutation that carried an idempotencyKey, kept for 24 h.
CREATE TABLE idempotency_key (
  actor text NOT NULL,
  key text NOT NULL,
  mutation text NOT NULL,
  input_hash bytea NOT NULL,
  answer jsonb,
  commit_id bigint,
  created_at timestamptz(3) NOT NULL,
  PRIMARY KEY (actor, key)
);
CREATE INDEX idempotency_key_created ON idempotency_key (created_at);

-- Derived, never written by hand: kept by the commit that changes its source (see 0003). Without foreign keys, whose cascades would
-- write and lock derived rows earlier in a transaction than its turn to commit.
CREATE TABLE org_unit_path (
  unit_id uuid PRIMARY KEY,
  path uuid[] NOT NULL,
  code_path text[] NOT NULL,
  depth integer NOT NULL
);
CREATE INDEX org_unit_path_path ON org_unit_path USING gin (path);

-- One row per user with everything that a filter can ask and a page shows. Derived as well, and captured in the change log.
CREATE TABLE user_search (
  user_id uuid PRIMARY KEY,
  version integer NOT NULL,
  username text NOT NULL,
  display_name text NOT NULL,
  status text NOT NULL,
  status_reason text,
  status_changed_at timestamptz(3) NOT NULL,
  status_until timestamptz(3),
  given_name text,
  middle_name text,
  family_name text,
  honorific_prefix text,
  honorific_suffix text,
  nick_name text,
  email text,
  email_domain text,
  email_verified boolean,
  phone text,
  external_id text,
  external_ids text[] NOT NULL,
  employee_number text,
  title text,
  department text,
  division text,
  cost_center text,
  employee_type text,
  location text,
  country text,
  locale text,
  preferred_language text,
  timezone text,
  tags text[] NOT NULL,
  attributes jsonb NOT NULL,
  source text NOT NULL,
  hired_on date,
  terminates_on date,
  last_login_at timestamptz(3),
  last_login_country text,
  failed_login_count integer NOT NULL,
  password_changed_at timestamptz(3),
  mfa_enrolled boolean NOT NULL,
  mfa_methods text[] NOT NULL,
  active_session_count integer NOT NULL,
  risk_score integer,
  created_at timestamptz(3) NOT NULL,
  updated_at timestamptz(3) NOT NULL,
  deleted_at timestamptz(3),
  org_unit_id uuid,
  unit_path uuid[] NOT NULL,
  manager_id uuid,
  manager_chain uuid[] NOT NULL,
  manager_status text,
  direct_report_count integer NOT NULL,
  role_keys text[] NOT NULL,
  permissions text[] NOT NULL,
  role_grants jsonb NOT NULL,
  words text NOT NULL
);
`);
  }
}
