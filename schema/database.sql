-- Tables

CREATE TABLE access_rule (
  id uuid NOT NULL,
  version integer NOT NULL DEFAULT 1,
  name text NOT NULL,
  permissions text[] NOT NULL,
  actor jsonb,
  object jsonb,
  hours jsonb,
  timezone text NOT NULL,
  networks text[],
  created_at timestamp(3) with time zone NOT NULL,
  updated_at timestamp(3) with time zone NOT NULL,
  CONSTRAINT access_rule_actor_check CHECK ((jsonb_typeof(actor) = 'object'::text)),
  CONSTRAINT access_rule_check CHECK (((object IS NOT NULL) OR (hours IS NOT NULL) OR (networks IS NOT NULL))),
  CONSTRAINT access_rule_hours_check CHECK ((jsonb_typeof(hours) = 'array'::text)),
  CONSTRAINT access_rule_name_check CHECK ((name <> ''::text)),
  CONSTRAINT access_rule_object_check CHECK ((jsonb_typeof(object) = 'object'::text)),
  CONSTRAINT access_rule_permissions_check CHECK (((cardinality(permissions) > 0) AND (NOT ('ROLE_MANAGE'::text = ANY (permissions))))),
  CONSTRAINT access_rule_pkey PRIMARY KEY (id)
);

CREATE TABLE approval_delegation (
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  delegate_id uuid NOT NULL,
  starts_at timestamp(3) with time zone NOT NULL,
  ends_at timestamp(3) with time zone NOT NULL,
  ended_at timestamp(3) with time zone,
  created_at timestamp(3) with time zone NOT NULL,
  CONSTRAINT approval_delegation_check CHECK ((user_id <> delegate_id)),
  CONSTRAINT approval_delegation_check1 CHECK ((starts_at < ends_at)),
  CONSTRAINT approval_delegation_delegate_id_fkey FOREIGN KEY (delegate_id) REFERENCES user_account(id) ON DELETE CASCADE,
  CONSTRAINT approval_delegation_pkey PRIMARY KEY (id),
  CONSTRAINT approval_delegation_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_account(id) ON DELETE CASCADE
);

CREATE TABLE approval_policy (
  id uuid NOT NULL,
  version integer NOT NULL DEFAULT 1,
  name text NOT NULL,
  fields text[] NOT NULL,
  filter jsonb NOT NULL,
  priority integer NOT NULL,
  expires_after_hours integer NOT NULL,
  remind_every_hours integer,
  created_at timestamp(3) with time zone NOT NULL,
  updated_at timestamp(3) with time zone NOT NULL,
  CONSTRAINT approval_policy_expires_after_hours_check CHECK ((expires_after_hours > 0)),
  CONSTRAINT approval_policy_name_check CHECK ((name <> ''::text)),
  CONSTRAINT approval_policy_pkey PRIMARY KEY (id),
  CONSTRAINT approval_policy_remind_every_hours_check CHECK ((remind_every_hours > 0))
);

CREATE TABLE approval_policy_decider (
  id uuid NOT NULL,
  approval_policy_id uuid NOT NULL,
  step integer NOT NULL,
  by text NOT NULL,
  role_id uuid,
  permission text,
  everywhere boolean NOT NULL DEFAULT false,
  CONSTRAINT approval_policy_decider_approval_policy_id_fkey FOREIGN KEY (approval_policy_id) REFERENCES approval_policy(id) ON DELETE CASCADE,
  CONSTRAINT approval_policy_decider_by_check CHECK ((by = ANY (ARRAY['MANAGER'::text, 'UNIT_HEAD'::text, 'ROLE'::text, 'PERMISSION'::text]))),
  CONSTRAINT approval_policy_decider_check CHECK (((by = 'ROLE'::text) = (role_id IS NOT NULL))),
  CONSTRAINT approval_policy_decider_check1 CHECK (((by = 'PERMISSION'::text) = (permission IS NOT NULL))),
  CONSTRAINT approval_policy_decider_check2 CHECK (((by = 'PERMISSION'::text) OR (NOT everywhere))),
  CONSTRAINT approval_policy_decider_pkey PRIMARY KEY (id),
  CONSTRAINT approval_policy_decider_role FOREIGN KEY (role_id) REFERENCES role(id),
  CONSTRAINT approval_policy_decider_step_check CHECK ((step > 0))
);

CREATE TABLE approval_request (
  id uuid NOT NULL,
  version integer NOT NULL DEFAULT 1,
  kind text NOT NULL,
  state text NOT NULL,
  user_id uuid,
  subject_id text,
  requester_kind text NOT NULL,
  requester_id uuid,
  requester_name text NOT NULL,
  reason text,
  payload jsonb NOT NULL,
  steps jsonb NOT NULL,
  step integer NOT NULL,
  expires_at timestamp(3) with time zone NOT NULL,
  remind_at timestamp(3) with time zone,
  remind_minutes integer,
  reminders integer NOT NULL DEFAULT 0,
  failure_code text,
  failure_message text,
  created_at timestamp(3) with time zone NOT NULL,
  updated_at timestamp(3) with time zone NOT NULL,
  closed_at timestamp(3) with time zone,
  CONSTRAINT approval_request_check CHECK (((step >= 1) AND (step <= jsonb_array_length(steps)))),
  CONSTRAINT approval_request_check1 CHECK (((state = 'PENDING'::text) = (closed_at IS NULL))),
  CONSTRAINT approval_request_check2 CHECK (((state = 'FAILED'::text) = (failure_code IS NOT NULL))),
  CONSTRAINT approval_request_kind_check CHECK ((kind <> ''::text)),
  CONSTRAINT approval_request_payload_check CHECK ((jsonb_typeof(payload) = 'object'::text)),
  CONSTRAINT approval_request_pkey PRIMARY KEY (id),
  CONSTRAINT approval_request_requester_kind_check CHECK ((requester_kind = ANY (ARRAY['USER'::text, 'SERVICE'::text, 'SYSTEM'::text]))),
  CONSTRAINT approval_request_state_check CHECK ((state = ANY (ARRAY['PENDING'::text, 'APPROVED'::text, 'REJECTED'::text, 'EXPIRED'::text, 'CANCELLED'::text, 'FAILED'::text]))),
  CONSTRAINT approval_request_steps_check CHECK (((jsonb_typeof(steps) = 'array'::text) AND (jsonb_array_length(steps) > 0))),
  CONSTRAINT approval_request_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_account(id) ON DELETE CASCADE
);

CREATE TABLE attribute_definition (
  id uuid NOT NULL,
  version integer NOT NULL DEFAULT 1,
  key text NOT NULL,
  name text NOT NULL,
  description text,
  type text NOT NULL,
  state text NOT NULL DEFAULT 'ACTIVE'::text,
  required boolean NOT NULL DEFAULT false,
  "unique" boolean NOT NULL DEFAULT false,
  pattern text,
  minimum double precision,
  maximum double precision,
  earliest date,
  latest date,
  min_length integer,
  max_length integer,
  choices jsonb,
  sensitive boolean NOT NULL DEFAULT false,
  self_editable boolean NOT NULL DEFAULT false,
  read_permission text,
  searchable boolean NOT NULL DEFAULT false,
  created_at timestamp(3) with time zone NOT NULL,
  updated_at timestamp(3) with time zone NOT NULL,
  CONSTRAINT attribute_definition_check CHECK (((NOT "unique") OR (type = ANY (ARRAY['STRING'::text, 'NUMBER'::text, 'DATE'::text])))),
  CONSTRAINT attribute_definition_choices_check CHECK ((jsonb_typeof(choices) = 'array'::text)),
  CONSTRAINT attribute_definition_key_check CHECK ((key ~ '^[A-Za-z][A-Za-z0-9_.-]{0,63}$'::text)),
  CONSTRAINT attribute_definition_name_check CHECK ((name <> ''::text)),
  CONSTRAINT attribute_definition_pkey PRIMARY KEY (id),
  CONSTRAINT attribute_definition_state_check CHECK ((state = ANY (ARRAY['ACTIVE'::text, 'DEPRECATED'::text, 'REMOVED'::text]))),
  CONSTRAINT attribute_definition_type_check CHECK ((type = ANY (ARRAY['STRING'::text, 'NUMBER'::text, 'BOOLEAN'::text, 'DATE'::text, 'CHOICE'::text, 'SET'::text])))
);

CREATE TABLE attribute_holder (
  key text NOT NULL,
  digest bytea NOT NULL,
  user_id uuid NOT NULL,
  CONSTRAINT attribute_holder_key PRIMARY KEY (key, digest)
);

CREATE TABLE attribute_index (
  key text NOT NULL,
  ready boolean NOT NULL DEFAULT false,
  filled_to uuid,
  ends_at timestamp(3) with time zone,
  CONSTRAINT attribute_index_pkey PRIMARY KEY (key)
);

CREATE TABLE audit_attempt (
  id uuid NOT NULL,
  at timestamp(3) with time zone NOT NULL,
  action text NOT NULL,
  outcome text NOT NULL,
  code text NOT NULL,
  operation text NOT NULL,
  subject_kind text,
  subject_id uuid,
  omitted integer NOT NULL DEFAULT 0,
  CONSTRAINT audit_attempt_check CHECK (((subject_kind IS NULL) = (subject_id IS NULL))),
  CONSTRAINT audit_attempt_outcome_check CHECK ((outcome = ANY (ARRAY['DENIED'::text, 'FAILED'::text]))),
  CONSTRAINT audit_attempt_pkey PRIMARY KEY (id)
);

CREATE TABLE audit_detachment (
  id uuid NOT NULL,
  partition text NOT NULL,
  month date NOT NULL,
  from_commit bigint NOT NULL,
  to_commit bigint NOT NULL,
  events bigint NOT NULL,
  last_hash text NOT NULL,
  CONSTRAINT audit_detachment_partition_key UNIQUE (partition),
  CONSTRAINT audit_detachment_pkey PRIMARY KEY (id)
);

CREATE TABLE audit_head (
  one boolean NOT NULL DEFAULT true,
  events bigint NOT NULL,
  hash bytea NOT NULL,
  CONSTRAINT audit_head_one_check CHECK (one),
  CONSTRAINT audit_head_pkey PRIMARY KEY (one)
);

CREATE TABLE audit_log (
  commit_number bigint NOT NULL,
  ordinal integer NOT NULL,
  at timestamp(3) with time zone NOT NULL,
  action text NOT NULL,
  outcome text NOT NULL,
  kind text NOT NULL,
  actor_kind text NOT NULL,
  actor_id uuid,
  operation_id text,
  request_id text,
  table_name text NOT NULL,
  row_id uuid NOT NULL,
  operation text NOT NULL,
  subject_kind text,
  subject_id uuid,
  unit_id uuid,
  unit_path uuid[] NOT NULL,
  fields text[] NOT NULL,
  ip_token text,
  sealed bytea NOT NULL,
  sealed_actor bytea NOT NULL,
  hash bytea NOT NULL,
  CONSTRAINT audit_log_pkey PRIMARY KEY (commit_number, ordinal)
);

CREATE TABLE audit_partition (
  name text NOT NULL,
  month date NOT NULL,
  from_commit bigint NOT NULL,
  to_commit bigint,
  events_before bigint NOT NULL,
  hash_before bytea NOT NULL,
  detached_at timestamp(3) with time zone,
  CONSTRAINT audit_partition_month_key UNIQUE (month),
  CONSTRAINT audit_partition_pkey PRIMARY KEY (name)
);

CREATE TABLE bulk_effect (
  plan_id uuid NOT NULL,
  search_id uuid NOT NULL,
  user_id uuid NOT NULL,
  joins boolean NOT NULL,
  CONSTRAINT bulk_effect_pkey PRIMARY KEY (plan_id, search_id, user_id),
  CONSTRAINT bulk_effect_plan_id_fkey FOREIGN KEY (plan_id) REFERENCES bulk_plan(id) ON DELETE CASCADE,
  CONSTRAINT bulk_effect_search_id_fkey FOREIGN KEY (search_id) REFERENCES saved_search(id) ON DELETE CASCADE,
  CONSTRAINT bulk_effect_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_account(id) ON DELETE CASCADE
);

CREATE TABLE bulk_item (
  plan_id uuid NOT NULL,
  place integer NOT NULL,
  user_id uuid,
  version integer NOT NULL,
  change jsonb,
  finding text NOT NULL,
  before jsonb NOT NULL DEFAULT '{}'::jsonb,
  after jsonb NOT NULL DEFAULT '{}'::jsonb,
  problem jsonb,
  notes text[] NOT NULL DEFAULT '{}'::text[],
  outcome text,
  outcome_problem jsonb,
  version_after integer,
  undo jsonb,
  new_id uuid,
  source_row integer,
  step integer NOT NULL DEFAULT 0,
  turn integer,
  CONSTRAINT bulk_item_finding_check CHECK ((finding = ANY (ARRAY['CREATE'::text, 'CHANGE'::text, 'UNCHANGED'::text, 'ERROR'::text, 'MISSING'::text]))),
  CONSTRAINT bulk_item_outcome_check CHECK ((outcome = ANY (ARRAY['CHANGED'::text, 'UNCHANGED'::text, 'CONFLICT'::text, 'REFUSED'::text, 'FAILED'::text, 'SKIPPED'::text]))),
  CONSTRAINT bulk_item_pkey PRIMARY KEY (plan_id, place),
  CONSTRAINT bulk_item_plan_id_fkey FOREIGN KEY (plan_id) REFERENCES bulk_plan(id) ON DELETE CASCADE,
  CONSTRAINT bulk_item_someone CHECK (((user_id IS NOT NULL) OR (new_id IS NOT NULL))),
  CONSTRAINT bulk_item_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_account(id) ON DELETE CASCADE
);

CREATE TABLE bulk_plan (
  id uuid NOT NULL,
  state text NOT NULL,
  kind text NOT NULL,
  target jsonb NOT NULL,
  change jsonb,
  reason text,
  planner_kind text NOT NULL,
  planner_id uuid,
  planner_name text NOT NULL,
  token_id uuid,
  operation_id uuid NOT NULL,
  reverts_id uuid,
  limits_known text NOT NULL,
  needs_approval boolean NOT NULL,
  approval_id uuid,
  people integer NOT NULL,
  changing integer NOT NULL,
  unchanged integer NOT NULL,
  errors integer NOT NULL,
  changed integer NOT NULL DEFAULT 0,
  same integer NOT NULL DEFAULT 0,
  conflicts integer NOT NULL DEFAULT 0,
  refused integer NOT NULL DEFAULT 0,
  failed integer NOT NULL DEFAULT 0,
  skipped integer NOT NULL DEFAULT 0,
  people_per_second double precision,
  problem text,
  created_at timestamp(3) with time zone NOT NULL,
  expires_at timestamp(3) with time zone NOT NULL,
  ready_at timestamp(3) with time zone,
  started_at timestamp(3) with time zone,
  updated_at timestamp(3) with time zone NOT NULL,
  finished_at timestamp(3) with time zone,
  ip text,
  preview jsonb NOT NULL,
  creating integer NOT NULL DEFAULT 0,
  missing integer NOT NULL DEFAULT 0,
  problems integer NOT NULL DEFAULT 0,
  upload_id uuid,
  CONSTRAINT bulk_plan_kind_check CHECK ((kind = ANY (ARRAY['CHANGE'::text, 'REVERT'::text, 'IMPORT'::text]))),
  CONSTRAINT bulk_plan_pkey PRIMARY KEY (id),
  CONSTRAINT bulk_plan_reverts_id_fkey FOREIGN KEY (reverts_id) REFERENCES bulk_plan(id) ON DELETE SET NULL,
  CONSTRAINT bulk_plan_state_check CHECK ((state = ANY (ARRAY['PLANNING'::text, 'PLANNED'::text, 'WAITING_APPROVAL'::text, 'READY'::text, 'APPLYING'::text, 'DONE'::text, 'CANCELLED'::text, 'FAILED'::text, 'EXPIRED'::text]))),
  CONSTRAINT bulk_plan_upload_id_fkey FOREIGN KEY (upload_id) REFERENCES import_upload(id) ON DELETE SET NULL
);

CREATE TABLE change (
  commit_id bigint NOT NULL,
  ordinal integer NOT NULL,
  table_name text NOT NULL,
  row_id uuid NOT NULL,
  operation text NOT NULL,
  before jsonb,
  after jsonb,
  hidden text[] NOT NULL DEFAULT '{}'::text[],
  derived boolean NOT NULL,
  digests jsonb,
  CONSTRAINT change_operation_check CHECK ((operation = ANY (ARRAY['INSERT'::text, 'UPDATE'::text, 'DELETE'::text]))),
  CONSTRAINT change_pkey PRIMARY KEY (commit_id, ordinal)
);

CREATE TABLE commit (
  id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  number bigint,
  at timestamp(3) with time zone,
  xid xid8 NOT NULL,
  started_at timestamp with time zone NOT NULL,
  kind text NOT NULL,
  action text NOT NULL,
  actor_kind text NOT NULL,
  actor_id uuid,
  actor_name text NOT NULL,
  operation_id text,
  reason text,
  request_id text,
  ip text,
  since timestamp(3) with time zone,
  about uuid[],
  CONSTRAINT commit_action_check CHECK ((action ~ '^[a-z_]+(\.[a-z_]+)*$'::text)),
  CONSTRAINT commit_actor_kind_check CHECK ((actor_kind = ANY (ARRAY['USER'::text, 'SERVICE'::text, 'SYSTEM'::text]))),
  CONSTRAINT commit_actor_name_check CHECK ((actor_name <> ''::text)),
  CONSTRAINT commit_check CHECK (((number IS NULL) = (at IS NULL))),
  CONSTRAINT commit_check1 CHECK (((number IS NULL) = (since IS NULL))),
  CONSTRAINT commit_kind_check CHECK ((kind = ANY (ARRAY['MUTATION'::text, 'BULK'::text, 'IMPORT'::text, 'SCIM'::text, 'HRIS'::text, 'LDAP'::text, 'WORKFLOW'::text, 'SCHEDULE'::text, 'TIME'::text, 'SIGN_IN'::text, 'SYSTEM'::text]))),
  CONSTRAINT commit_pkey PRIMARY KEY (id)
);

CREATE TABLE digest_key (
  one boolean NOT NULL DEFAULT true,
  key bytea NOT NULL,
  CONSTRAINT digest_key_one_check CHECK (one),
  CONSTRAINT digest_key_pkey PRIMARY KEY (one)
);

CREATE TABLE export_link (
  id uuid NOT NULL,
  secret_hash bytea NOT NULL,
  kind text NOT NULL,
  payload jsonb NOT NULL,
  user_id uuid,
  token_id uuid,
  file_format text NOT NULL,
  filter_text text,
  columns text[] NOT NULL,
  state text NOT NULL,
  row_count integer,
  created_at timestamp(3) with time zone NOT NULL,
  expires_at timestamp(3) with time zone NOT NULL,
  used_at timestamp(3) with time zone,
  ended_at timestamp(3) with time zone,
  CONSTRAINT export_link_check CHECK (((user_id IS NULL) OR (token_id IS NULL))),
  CONSTRAINT export_link_check1 CHECK (((state = 'ISSUED'::text) = (used_at IS NULL))),
  CONSTRAINT export_link_kind_check CHECK ((kind <> ''::text)),
  CONSTRAINT export_link_payload_check CHECK ((jsonb_typeof(payload) = 'object'::text)),
  CONSTRAINT export_link_pkey PRIMARY KEY (id),
  CONSTRAINT export_link_secret_hash_check CHECK ((length(secret_hash) = 32)),
  CONSTRAINT export_link_secret_hash_key UNIQUE (secret_hash),
  CONSTRAINT export_link_state_check CHECK ((state = ANY (ARRAY['ISSUED'::text, 'READING'::text, 'DELIVERED'::text, 'BROKEN'::text, 'REFUSED'::text]))),
  CONSTRAINT export_link_token_id_fkey FOREIGN KEY (token_id) REFERENCES service_token(id) ON DELETE CASCADE,
  CONSTRAINT export_link_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_account(id) ON DELETE CASCADE
);

CREATE TABLE factor_grace (
  user_id uuid NOT NULL,
  began_at timestamp(3) with time zone NOT NULL,
  CONSTRAINT factor_grace_pkey PRIMARY KEY (user_id),
  CONSTRAINT factor_grace_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_account(id) ON DELETE CASCADE
);

CREATE TABLE factor_use (
  factor_id uuid NOT NULL,
  counter bigint NOT NULL DEFAULT 0,
  last_used_at timestamp(3) with time zone,
  CONSTRAINT factor_use_factor_id_fkey FOREIGN KEY (factor_id) REFERENCES user_factor(id) ON DELETE CASCADE,
  CONSTRAINT factor_use_pkey PRIMARY KEY (factor_id)
);

CREATE TABLE feed_consumer (
  name text NOT NULL,
  commit_number bigint NOT NULL,
  ordinal integer NOT NULL,
  CONSTRAINT feed_consumer_pkey PRIMARY KEY (name)
);

CREATE TABLE feed_head (
  one boolean NOT NULL DEFAULT true,
  number bigint NOT NULL,
  at timestamp(3) with time zone NOT NULL,
  since timestamp(3) with time zone NOT NULL,
  CONSTRAINT feed_head_one_check CHECK (one),
  CONSTRAINT feed_head_pkey PRIMARY KEY (one)
);

CREATE TABLE group_built (
  group_id uuid NOT NULL,
  search_id uuid NOT NULL,
  built bigint NOT NULL,
  CONSTRAINT group_built_group_id_fkey FOREIGN KEY (group_id) REFERENCES user_group(id) ON DELETE CASCADE,
  CONSTRAINT group_built_pkey PRIMARY KEY (group_id)
);

CREATE TABLE group_head (
  one boolean NOT NULL DEFAULT true,
  followed bigint NOT NULL,
  CONSTRAINT group_head_one_check CHECK (one),
  CONSTRAINT group_head_pkey PRIMARY KEY (one)
);

CREATE TABLE group_member (
  id uuid NOT NULL,
  group_id uuid NOT NULL,
  user_id uuid NOT NULL,
  joined_at timestamp(3) with time zone NOT NULL,
  CONSTRAINT group_member_group_id_fkey FOREIGN KEY (group_id) REFERENCES user_group(id) ON DELETE CASCADE,
  CONSTRAINT group_member_group_id_user_id_key UNIQUE (group_id, user_id),
  CONSTRAINT group_member_pkey PRIMARY KEY (id),
  CONSTRAINT group_member_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_account(id) ON DELETE CASCADE
);

CREATE TABLE idempotency_key (
  actor text NOT NULL,
  key text NOT NULL,
  mutation text NOT NULL,
  input_hash bytea NOT NULL,
  answer jsonb,
  commit_id bigint,
  created_at timestamp(3) with time zone NOT NULL,
  CONSTRAINT idempotency_key_pkey PRIMARY KEY (actor, key)
);

CREATE TABLE import_attempt (
  plan_id uuid NOT NULL,
  count integer NOT NULL,
  begun_at timestamp(3) with time zone NOT NULL,
  CONSTRAINT import_attempt_pkey PRIMARY KEY (plan_id),
  CONSTRAINT import_attempt_plan_id_fkey FOREIGN KEY (plan_id) REFERENCES bulk_plan(id) ON DELETE CASCADE
);

CREATE TABLE import_problem (
  plan_id uuid NOT NULL,
  source_row integer NOT NULL,
  source_column integer NOT NULL,
  place integer NOT NULL,
  header text,
  message text NOT NULL,
  CONSTRAINT import_problem_pkey PRIMARY KEY (plan_id, source_row, source_column, place),
  CONSTRAINT import_problem_plan_id_fkey FOREIGN KEY (plan_id) REFERENCES bulk_plan(id) ON DELETE CASCADE
);

CREATE TABLE import_row (
  plan_id uuid NOT NULL,
  source_row integer NOT NULL,
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
  unchanged integer,
  beside integer,
  CONSTRAINT import_row_pkey PRIMARY KEY (plan_id, source_row),
  CONSTRAINT import_row_plan_id_fkey FOREIGN KEY (plan_id) REFERENCES bulk_plan(id) ON DELETE CASCADE
);

CREATE TABLE import_template (
  id uuid NOT NULL,
  version integer NOT NULL DEFAULT 1,
  name text NOT NULL,
  reading jsonb NOT NULL,
  created_at timestamp(3) with time zone NOT NULL,
  updated_at timestamp(3) with time zone NOT NULL,
  CONSTRAINT import_template_name_check CHECK ((name <> ''::text)),
  CONSTRAINT import_template_pkey PRIMARY KEY (id),
  CONSTRAINT import_template_reading_check CHECK ((jsonb_typeof(reading) = 'object'::text))
);

CREATE TABLE import_upload (
  id uuid NOT NULL,
  user_id uuid,
  token_id uuid,
  file_name text NOT NULL,
  media_type text NOT NULL,
  size bigint NOT NULL,
  sha256 bytea NOT NULL,
  created_at timestamp(3) with time zone NOT NULL,
  expires_at timestamp(3) with time zone NOT NULL,
  CONSTRAINT import_upload_check CHECK (((user_id IS NULL) OR (token_id IS NULL))),
  CONSTRAINT import_upload_file_name_check CHECK ((file_name <> ''::text)),
  CONSTRAINT import_upload_pkey PRIMARY KEY (id),
  CONSTRAINT import_upload_sha256_check CHECK ((length(sha256) = 32)),
  CONSTRAINT import_upload_size_check CHECK ((size > 0)),
  CONSTRAINT import_upload_token_id_fkey FOREIGN KEY (token_id) REFERENCES service_token(id) ON DELETE CASCADE,
  CONSTRAINT import_upload_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_account(id) ON DELETE CASCADE
);

CREATE TABLE import_upload_part (
  upload_id uuid NOT NULL,
  place integer NOT NULL,
  content bytea NOT NULL,
  CONSTRAINT import_upload_part_pkey PRIMARY KEY (upload_id, place),
  CONSTRAINT import_upload_part_upload_id_fkey FOREIGN KEY (upload_id) REFERENCES import_upload(id) ON DELETE CASCADE
);

CREATE TABLE legal_hold (
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  reason text NOT NULL,
  placed_by_id uuid,
  placed_at timestamp(3) with time zone NOT NULL,
  released_by_id uuid,
  released_at timestamp(3) with time zone,
  CONSTRAINT legal_hold_pkey PRIMARY KEY (id),
  CONSTRAINT legal_hold_reason_check CHECK ((reason <> ''::text)),
  CONSTRAINT legal_hold_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_account(id) ON DELETE CASCADE
);

CREATE TABLE live_filter (
  id uuid NOT NULL,
  filter jsonb NOT NULL,
  since timestamp(3) with time zone NOT NULL,
  held_until timestamp(3) with time zone NOT NULL,
  CONSTRAINT live_filter_pkey PRIMARY KEY (id)
);

CREATE TABLE mail (
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  kind text NOT NULL,
  state text NOT NULL,
  created_at timestamp(3) with time zone NOT NULL,
  finished_at timestamp(3) with time zone,
  problem text,
  CONSTRAINT mail_check CHECK (((state = 'WAITING'::text) = (finished_at IS NULL))),
  CONSTRAINT mail_kind_check CHECK ((kind = ANY (ARRAY['INVITATION'::text, 'EMAIL_VERIFICATION'::text, 'PASSWORD_RESET'::text, 'PASSWORD_CHANGED'::text, 'FILTER_NAMES_ERASED'::text]))),
  CONSTRAINT mail_pkey PRIMARY KEY (id),
  CONSTRAINT mail_state_check CHECK ((state = ANY (ARRAY['WAITING'::text, 'SENT'::text, 'GIVEN_UP'::text, 'WITHDRAWN'::text]))),
  CONSTRAINT mail_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_account(id) ON DELETE CASCADE
);

CREATE TABLE mail_delivery (
  mail_id uuid NOT NULL,
  sealed bytea NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  next_at timestamp(3) with time zone NOT NULL,
  until timestamp(3) with time zone NOT NULL,
  CONSTRAINT mail_delivery_mail_id_fkey FOREIGN KEY (mail_id) REFERENCES mail(id) ON DELETE CASCADE,
  CONSTRAINT mail_delivery_pkey PRIMARY KEY (mail_id)
);

CREATE TABLE matched_search (
  search_id uuid NOT NULL,
  owner_id uuid,
  token_id uuid,
  visibility text NOT NULL,
  filter jsonb,
  watch text[] NOT NULL,
  since bigint NOT NULL,
  touched bigint NOT NULL,
  refusal jsonb,
  CONSTRAINT matched_search_pkey PRIMARY KEY (search_id)
);

CREATE TABLE offboarding (
  transition_id uuid NOT NULL,
  user_id uuid NOT NULL,
  successor_id uuid,
  last_day date,
  created_at timestamp(3) with time zone NOT NULL,
  CONSTRAINT offboarding_pkey PRIMARY KEY (transition_id),
  CONSTRAINT offboarding_successor_id_fkey FOREIGN KEY (successor_id) REFERENCES user_account(id) ON DELETE SET NULL,
  CONSTRAINT offboarding_transition_id_fkey FOREIGN KEY (transition_id) REFERENCES scheduled_transition(id) ON DELETE CASCADE,
  CONSTRAINT offboarding_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_account(id) ON DELETE CASCADE
);

CREATE TABLE onboarding (
  user_id uuid NOT NULL,
  starts_on date NOT NULL,
  created_at timestamp(3) with time zone NOT NULL,
  CONSTRAINT onboarding_pkey PRIMARY KEY (user_id),
  CONSTRAINT onboarding_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_account(id) ON DELETE CASCADE
);

CREATE TABLE org_day (
  begins timestamp(3) with time zone NOT NULL,
  day date NOT NULL,
  CONSTRAINT org_day_pkey PRIMARY KEY (begins)
);

CREATE TABLE org_unit (
  id uuid NOT NULL,
  version integer NOT NULL DEFAULT 1,
  code text NOT NULL,
  name text NOT NULL,
  kind text NOT NULL,
  parent_id uuid,
  head_id uuid,
  created_at timestamp(3) with time zone NOT NULL,
  updated_at timestamp(3) with time zone NOT NULL,
  CONSTRAINT org_unit_head_id_fkey FOREIGN KEY (head_id) REFERENCES user_account(id),
  CONSTRAINT org_unit_kind_check CHECK ((kind = ANY (ARRAY['COMPANY'::text, 'DIVISION'::text, 'DEPARTMENT'::text, 'TEAM'::text, 'LOCATION'::text, 'PARTNER'::text]))),
  CONSTRAINT org_unit_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES org_unit(id),
  CONSTRAINT org_unit_pkey PRIMARY KEY (id)
);

CREATE TABLE org_unit_path (
  unit_id uuid NOT NULL,
  path uuid[] NOT NULL,
  code_path text[] NOT NULL,
  depth integer NOT NULL,
  CONSTRAINT org_unit_path_pkey PRIMARY KEY (unit_id)
);

CREATE TABLE password_reset_request (
  id uuid NOT NULL,
  sealed bytea NOT NULL,
  requested_at timestamp(3) with time zone NOT NULL,
  CONSTRAINT password_reset_request_pkey PRIMARY KEY (id)
);

CREATE TABLE personal_export (
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  exported_by_id uuid,
  exported_at timestamp(3) with time zone NOT NULL,
  CONSTRAINT personal_export_pkey PRIMARY KEY (id),
  CONSTRAINT personal_export_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_account(id) ON DELETE CASCADE
);

CREATE TABLE profile_template (
  id uuid NOT NULL,
  version integer NOT NULL DEFAULT 1,
  name text NOT NULL,
  filter jsonb NOT NULL,
  priority integer NOT NULL,
  defaults jsonb NOT NULL,
  created_at timestamp(3) with time zone NOT NULL,
  updated_at timestamp(3) with time zone NOT NULL,
  require text,
  grace_days integer NOT NULL DEFAULT 0,
  CONSTRAINT profile_template_grace_days_check CHECK ((grace_days >= 0)),
  CONSTRAINT profile_template_name_check CHECK ((name <> ''::text)),
  CONSTRAINT profile_template_pkey PRIMARY KEY (id),
  CONSTRAINT profile_template_require_check CHECK ((require = ANY (ARRAY['MFA'::text, 'PASSKEY'::text])))
);

CREATE TABLE profile_template_fill (
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  field text NOT NULL,
  value jsonb NOT NULL,
  template_id uuid,
  CONSTRAINT profile_template_fill_field_check CHECK ((field <> ''::text)),
  CONSTRAINT profile_template_fill_pkey PRIMARY KEY (id),
  CONSTRAINT profile_template_fill_template_id_fkey FOREIGN KEY (template_id) REFERENCES profile_template(id) ON DELETE SET NULL,
  CONSTRAINT profile_template_fill_user_id_field_key UNIQUE (user_id, field),
  CONSTRAINT profile_template_fill_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_account(id) ON DELETE CASCADE
);

CREATE TABLE profile_template_grant (
  grant_id uuid NOT NULL,
  user_id uuid NOT NULL,
  template_id uuid,
  CONSTRAINT profile_template_grant_grant_id_fkey FOREIGN KEY (grant_id) REFERENCES role_grant(id) ON DELETE CASCADE,
  CONSTRAINT profile_template_grant_pkey PRIMARY KEY (grant_id),
  CONSTRAINT profile_template_grant_template_id_fkey FOREIGN KEY (template_id) REFERENCES profile_template(id) ON DELETE SET NULL,
  CONSTRAINT profile_template_grant_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_account(id) ON DELETE CASCADE
);

CREATE TABLE profile_template_group (
  id uuid NOT NULL,
  template_id uuid NOT NULL,
  group_id uuid NOT NULL,
  CONSTRAINT profile_template_group_group_id_fkey FOREIGN KEY (group_id) REFERENCES user_group(id) ON DELETE CASCADE,
  CONSTRAINT profile_template_group_pkey PRIMARY KEY (id),
  CONSTRAINT profile_template_group_template_id_fkey FOREIGN KEY (template_id) REFERENCES profile_template(id) ON DELETE CASCADE,
  CONSTRAINT profile_template_group_template_id_group_id_key UNIQUE (template_id, group_id)
);

CREATE TABLE profile_template_member (
  member_id uuid NOT NULL,
  user_id uuid NOT NULL,
  template_id uuid,
  CONSTRAINT profile_template_member_member_id_fkey FOREIGN KEY (member_id) REFERENCES group_member(id) ON DELETE CASCADE,
  CONSTRAINT profile_template_member_pkey PRIMARY KEY (member_id),
  CONSTRAINT profile_template_member_template_id_fkey FOREIGN KEY (template_id) REFERENCES profile_template(id) ON DELETE SET NULL,
  CONSTRAINT profile_template_member_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_account(id) ON DELETE CASCADE
);

CREATE TABLE profile_template_role (
  id uuid NOT NULL,
  template_id uuid NOT NULL,
  role_id uuid NOT NULL,
  reach text NOT NULL,
  unit_id uuid,
  CONSTRAINT profile_template_role_check CHECK (((reach = 'UNIT'::text) = (unit_id IS NOT NULL))),
  CONSTRAINT profile_template_role_pkey PRIMARY KEY (id),
  CONSTRAINT profile_template_role_reach_check CHECK ((reach = ANY (ARRAY['EVERYWHERE'::text, 'OWN_UNIT'::text, 'UNIT'::text]))),
  CONSTRAINT profile_template_role_role_id_fkey FOREIGN KEY (role_id) REFERENCES role(id) ON DELETE CASCADE,
  CONSTRAINT profile_template_role_template_id_fkey FOREIGN KEY (template_id) REFERENCES profile_template(id) ON DELETE CASCADE,
  CONSTRAINT profile_template_role_unit_id_fkey FOREIGN KEY (unit_id) REFERENCES org_unit(id) ON DELETE CASCADE
);

CREATE TABLE retention_item (
  run_id uuid NOT NULL,
  place integer NOT NULL,
  user_id uuid NOT NULL,
  outcome text,
  obstacle text,
  problem jsonb,
  CONSTRAINT retention_item_outcome_check CHECK ((outcome = ANY (ARRAY['DONE'::text, 'PASSED_OVER'::text]))),
  CONSTRAINT retention_item_pkey PRIMARY KEY (run_id, place),
  CONSTRAINT retention_item_run_id_fkey FOREIGN KEY (run_id) REFERENCES retention_run(id) ON DELETE CASCADE,
  CONSTRAINT retention_item_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_account(id) ON DELETE CASCADE
);

CREATE TABLE retention_policy (
  id uuid NOT NULL,
  version integer NOT NULL DEFAULT 1,
  name text NOT NULL,
  status text NOT NULL,
  days integer NOT NULL,
  filter jsonb,
  action text NOT NULL,
  enabled boolean NOT NULL,
  max_people integer,
  max_percent double precision,
  approved_version integer,
  approval_id uuid,
  author_kind text NOT NULL,
  author_id uuid,
  author_name text NOT NULL,
  in_force_at timestamp(3) with time zone NOT NULL,
  created_at timestamp(3) with time zone NOT NULL,
  updated_at timestamp(3) with time zone NOT NULL,
  CONSTRAINT retention_policy_action_check CHECK ((action = ANY (ARRAY['ARCHIVE'::text, 'DELETE'::text, 'ERASE'::text]))),
  CONSTRAINT retention_policy_check CHECK (((max_people IS NOT NULL) OR (max_percent IS NOT NULL))),
  CONSTRAINT retention_policy_check1 CHECK (((action <> 'ERASE'::text) OR (status = 'DELETED'::text))),
  CONSTRAINT retention_policy_days_check CHECK ((days >= 1)),
  CONSTRAINT retention_policy_filter_check CHECK ((jsonb_typeof(filter) = 'object'::text)),
  CONSTRAINT retention_policy_max_people_check CHECK ((max_people >= 0)),
  CONSTRAINT retention_policy_max_percent_check CHECK (((max_percent >= (0)::double precision) AND (max_percent <= (100)::double precision))),
  CONSTRAINT retention_policy_name_check CHECK ((name <> ''::text)),
  CONSTRAINT retention_policy_pkey PRIMARY KEY (id)
);

CREATE TABLE retention_run (
  id uuid NOT NULL,
  policy_id uuid NOT NULL,
  policy_version integer NOT NULL,
  policy_name text NOT NULL,
  action text NOT NULL,
  state text NOT NULL,
  day date,
  author_kind text NOT NULL,
  author_id uuid,
  author_name text NOT NULL,
  operation_id uuid NOT NULL,
  people integer NOT NULL,
  done integer NOT NULL DEFAULT 0,
  passed_over integer NOT NULL DEFAULT 0,
  limits jsonb NOT NULL,
  approval_id uuid,
  problem text,
  created_at timestamp(3) with time zone NOT NULL,
  started_at timestamp(3) with time zone,
  finished_at timestamp(3) with time zone,
  CONSTRAINT retention_run_pkey PRIMARY KEY (id),
  CONSTRAINT retention_run_state_check CHECK ((state = ANY (ARRAY['WAITING_APPROVAL'::text, 'RUNNING'::text, 'DONE'::text, 'CANCELLED'::text])))
);

CREATE TABLE role (
  id uuid NOT NULL,
  version integer NOT NULL DEFAULT 1,
  key text NOT NULL,
  name text NOT NULL,
  description text,
  privileged boolean NOT NULL DEFAULT false,
  permissions text[] NOT NULL DEFAULT '{}'::text[],
  created_at timestamp(3) with time zone NOT NULL,
  updated_at timestamp(3) with time zone NOT NULL,
  CONSTRAINT role_pkey PRIMARY KEY (id)
);

CREATE TABLE role_grant (
  id uuid NOT NULL,
  user_id uuid,
  role_id uuid NOT NULL,
  scope_id uuid,
  starts_at timestamp(3) with time zone NOT NULL,
  expires_at timestamp(3) with time zone,
  granted_by_kind text NOT NULL,
  granted_by_id uuid,
  granted_by_name text NOT NULL,
  granted_at timestamp(3) with time zone NOT NULL,
  reason text,
  revoked_at timestamp(3) with time zone,
  group_id uuid,
  CONSTRAINT role_grant_check CHECK ((expires_at > starts_at)),
  CONSTRAINT role_grant_granted_by_kind_check CHECK ((granted_by_kind = ANY (ARRAY['USER'::text, 'SERVICE'::text, 'SYSTEM'::text]))),
  CONSTRAINT role_grant_grantee CHECK (((user_id IS NULL) <> (group_id IS NULL))),
  CONSTRAINT role_grant_group_id_fkey FOREIGN KEY (group_id) REFERENCES user_group(id) ON DELETE CASCADE,
  CONSTRAINT role_grant_pkey PRIMARY KEY (id),
  CONSTRAINT role_grant_role_id_fkey FOREIGN KEY (role_id) REFERENCES role(id),
  CONSTRAINT role_grant_scope_id_fkey FOREIGN KEY (scope_id) REFERENCES org_unit(id),
  CONSTRAINT role_grant_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_account(id) ON DELETE CASCADE
);

CREATE TABLE role_inheritance (
  id uuid NOT NULL,
  role_id uuid NOT NULL,
  inherits_id uuid NOT NULL,
  CONSTRAINT role_inheritance_check CHECK ((role_id <> inherits_id)),
  CONSTRAINT role_inheritance_inherits_id_fkey FOREIGN KEY (inherits_id) REFERENCES role(id),
  CONSTRAINT role_inheritance_pkey PRIMARY KEY (id),
  CONSTRAINT role_inheritance_role_id_fkey FOREIGN KEY (role_id) REFERENCES role(id) ON DELETE CASCADE,
  CONSTRAINT role_inheritance_role_id_inherits_id_key UNIQUE (role_id, inherits_id)
);

CREATE TABLE safety_limit (
  id uuid NOT NULL,
  version integer NOT NULL DEFAULT 1,
  name text NOT NULL,
  max_people integer,
  max_percent double precision,
  share_of text NOT NULL,
  filter jsonb,
  search_name text,
  aspects text[] NOT NULL DEFAULT '{}'::text[],
  created_at timestamp(3) with time zone NOT NULL,
  updated_at timestamp(3) with time zone NOT NULL,
  window_hours integer,
  window_of text NOT NULL DEFAULT 'PLANNER'::text,
  CONSTRAINT safety_limit_check CHECK (((max_people IS NOT NULL) OR (max_percent IS NOT NULL))),
  CONSTRAINT safety_limit_filter_check CHECK ((jsonb_typeof(filter) = 'object'::text)),
  CONSTRAINT safety_limit_max_people_check CHECK ((max_people >= 0)),
  CONSTRAINT safety_limit_max_percent_check CHECK (((max_percent >= (0)::double precision) AND (max_percent <= (100)::double precision))),
  CONSTRAINT safety_limit_name_check CHECK ((name <> ''::text)),
  CONSTRAINT safety_limit_pkey PRIMARY KEY (id),
  CONSTRAINT safety_limit_share_of_check CHECK ((share_of = ANY (ARRAY['DIRECTORY'::text, 'SCOPE'::text]))),
  CONSTRAINT safety_limit_window_hours_check CHECK (((window_hours >= 1) AND (window_hours <= 8760))),
  CONSTRAINT safety_limit_window_of_check CHECK ((window_of = ANY (ARRAY['PLANNER'::text, 'EVERYBODY'::text])))
);

CREATE TABLE saved_search (
  id uuid NOT NULL,
  version integer NOT NULL DEFAULT 1,
  name text NOT NULL,
  description text,
  owner_id uuid,
  token_id uuid,
  visibility text NOT NULL,
  filter jsonb NOT NULL,
  filter_hash text NOT NULL,
  watch text[] NOT NULL DEFAULT '{}'::text[],
  created_at timestamp(3) with time zone NOT NULL,
  updated_at timestamp(3) with time zone NOT NULL,
  CONSTRAINT saved_search_check CHECK (((owner_id IS NULL) <> (token_id IS NULL))),
  CONSTRAINT saved_search_filter_check CHECK ((jsonb_typeof(filter) = 'object'::text)),
  CONSTRAINT saved_search_name_check CHECK ((name <> ''::text)),
  CONSTRAINT saved_search_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES user_account(id) ON DELETE CASCADE,
  CONSTRAINT saved_search_pkey PRIMARY KEY (id),
  CONSTRAINT saved_search_token_id_fkey FOREIGN KEY (token_id) REFERENCES service_token(id) ON DELETE CASCADE,
  CONSTRAINT saved_search_visibility_check CHECK ((visibility = ANY (ARRAY['PRIVATE'::text, 'SHARED'::text, 'TEMPLATE'::text])))
);

CREATE TABLE scheduled_transition (
  id uuid NOT NULL,
  version integer NOT NULL DEFAULT 1,
  user_id uuid NOT NULL,
  operation text NOT NULL,
  due_at timestamp(3) with time zone NOT NULL,
  effective_on date,
  timezone text,
  org_timezone text NOT NULL,
  until timestamp(3) with time zone,
  reason text,
  state text NOT NULL,
  author_kind text NOT NULL,
  author_id uuid,
  author_name text NOT NULL,
  created_at timestamp(3) with time zone NOT NULL,
  updated_at timestamp(3) with time zone NOT NULL,
  finished_at timestamp(3) with time zone,
  failure jsonb,
  consequences jsonb NOT NULL DEFAULT '[]'::jsonb,
  author_token_id uuid,
  author_permissions text[],
  CONSTRAINT scheduled_transition_author_kind_check CHECK ((author_kind = ANY (ARRAY['USER'::text, 'SERVICE'::text, 'SYSTEM'::text]))),
  CONSTRAINT scheduled_transition_author_name_check CHECK ((author_name <> ''::text)),
  CONSTRAINT scheduled_transition_check CHECK (((state = 'SCHEDULED'::text) = (finished_at IS NULL))),
  CONSTRAINT scheduled_transition_check1 CHECK (((state = 'FAILED'::text) = (failure IS NOT NULL))),
  CONSTRAINT scheduled_transition_check2 CHECK (((author_kind = 'SYSTEM'::text) = (author_id IS NULL))),
  CONSTRAINT scheduled_transition_check3 CHECK (((effective_on IS NULL) OR (timezone IS NOT NULL))),
  CONSTRAINT scheduled_transition_operation_check CHECK ((operation = ANY (ARRAY['activate'::text, 'deactivate'::text, 'lock'::text, 'unlock'::text, 'suspend'::text, 'reinstate'::text, 'archive'::text, 'delete'::text, 'restore'::text, 'invite'::text, 'transfer'::text]))),
  CONSTRAINT scheduled_transition_pkey PRIMARY KEY (id),
  CONSTRAINT scheduled_transition_state_check CHECK ((state = ANY (ARRAY['SCHEDULED'::text, 'DONE'::text, 'FAILED'::text, 'CANCELLED'::text]))),
  CONSTRAINT scheduled_transition_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_account(id) ON DELETE CASCADE
);

CREATE TABLE schema_floor (
  one boolean NOT NULL DEFAULT true,
  migration text NOT NULL,
  CONSTRAINT schema_floor_one_check CHECK (one),
  CONSTRAINT schema_floor_pkey PRIMARY KEY (one)
);

CREATE TABLE schema_migration (
  id integer NOT NULL GENERATED ALWAYS AS IDENTITY,
  name text NOT NULL,
  executed_at timestamp(3) with time zone NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT schema_migration_pkey PRIMARY KEY (id)
);

CREATE TABLE search_transition (
  search_id uuid NOT NULL,
  commit_number bigint NOT NULL,
  ordinal integer NOT NULL,
  kind "char" NOT NULL,
  CONSTRAINT search_transition_kind_check CHECK ((kind = ANY (ARRAY['J'::"char", 'L'::"char", 'C'::"char", 'M'::"char"]))),
  CONSTRAINT search_transition_pkey PRIMARY KEY (search_id, commit_number, ordinal)
);

CREATE TABLE service_token (
  id uuid NOT NULL,
  name text NOT NULL,
  hash bytea NOT NULL,
  user_id uuid,
  permissions text[],
  scope_ids uuid[],
  created_at timestamp(3) with time zone NOT NULL,
  expires_at timestamp(3) with time zone,
  revoked_at timestamp(3) with time zone,
  previous_hash bytea,
  previous_until timestamp(3) with time zone,
  rotated_at timestamp(3) with time zone,
  maker_ids uuid[],
  CONSTRAINT service_token_holder CHECK (((user_id IS NOT NULL) OR (permissions IS NOT NULL))),
  CONSTRAINT service_token_pkey PRIMARY KEY (id),
  CONSTRAINT service_token_previous CHECK (((previous_hash IS NULL) = (previous_until IS NULL))),
  CONSTRAINT service_token_scope CHECK (((user_id IS NULL) OR (scope_ids IS NULL))),
  CONSTRAINT service_token_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_account(id) ON DELETE CASCADE
);

CREATE TABLE service_token_use (
  token_id uuid NOT NULL,
  last_used_at timestamp(3) with time zone NOT NULL,
  CONSTRAINT service_token_use_pkey PRIMARY KEY (token_id),
  CONSTRAINT service_token_use_token_id_fkey FOREIGN KEY (token_id) REFERENCES service_token(id) ON DELETE CASCADE
);

CREATE TABLE session (
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  method text NOT NULL,
  factors text[] NOT NULL,
  enrolment_only boolean NOT NULL DEFAULT false,
  created_at timestamp(3) with time zone NOT NULL,
  authenticated_at timestamp(3) with time zone NOT NULL,
  expires_at timestamp(3) with time zone NOT NULL,
  ip text,
  user_agent text,
  country text,
  ended_at timestamp(3) with time zone,
  ended_by_kind text,
  ended_by_id uuid,
  ended_by_name text,
  end_reason text,
  CONSTRAINT session_check CHECK (((ended_at IS NULL) = (ended_by_kind IS NULL))),
  CONSTRAINT session_ended_by_kind_check CHECK ((ended_by_kind = ANY (ARRAY['USER'::text, 'SERVICE'::text, 'SYSTEM'::text]))),
  CONSTRAINT session_pkey PRIMARY KEY (id),
  CONSTRAINT session_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_account(id) ON DELETE CASCADE
);

CREATE TABLE session_use (
  session_id uuid NOT NULL,
  last_seen_at timestamp(3) with time zone NOT NULL,
  family_hash bytea NOT NULL,
  turn_hash bytea NOT NULL,
  CONSTRAINT session_use_pkey PRIMARY KEY (session_id),
  CONSTRAINT session_use_session_id_fkey FOREIGN KEY (session_id) REFERENCES session(id) ON DELETE CASCADE
);

CREATE TABLE sign_in_challenge (
  hash bytea NOT NULL,
  purpose text NOT NULL,
  user_id uuid,
  webauthn text NOT NULL,
  password_hash text,
  expires_at timestamp(3) with time zone NOT NULL,
  CONSTRAINT sign_in_challenge_pkey PRIMARY KEY (hash),
  CONSTRAINT sign_in_challenge_purpose_check CHECK ((purpose = ANY (ARRAY['SECOND_FACTOR'::text, 'PASSKEY_SIGN_IN'::text, 'PASSKEY_ENROLMENT'::text, 'REAUTHENTICATION'::text]))),
  CONSTRAINT sign_in_challenge_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_account(id) ON DELETE CASCADE
);

CREATE TABLE sign_in_counter (
  kind text NOT NULL,
  subject text NOT NULL,
  attempts integer NOT NULL,
  until timestamp(3) with time zone NOT NULL,
  lock_due timestamp(3) with time zone,
  CONSTRAINT sign_in_counter_kind_check CHECK ((kind = ANY (ARRAY['ACCOUNT'::text, 'ADDRESS'::text]))),
  CONSTRAINT sign_in_counter_pkey PRIMARY KEY (kind, subject)
);

CREATE TABLE sign_in_fact (
  id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  user_id uuid,
  at timestamp(3) with time zone NOT NULL,
  succeeded boolean NOT NULL,
  ip text,
  country text,
  CONSTRAINT sign_in_fact_pkey PRIMARY KEY (id),
  CONSTRAINT sign_in_fact_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_account(id) ON DELETE CASCADE
);

CREATE TABLE sign_in_policy (
  id uuid NOT NULL,
  version integer NOT NULL DEFAULT 1,
  name text NOT NULL,
  filter jsonb NOT NULL,
  require text NOT NULL,
  grace_days integer NOT NULL,
  created_at timestamp(3) with time zone NOT NULL,
  updated_at timestamp(3) with time zone NOT NULL,
  CONSTRAINT sign_in_policy_filter_check CHECK ((jsonb_typeof(filter) = 'object'::text)),
  CONSTRAINT sign_in_policy_grace_days_check CHECK ((grace_days >= 0)),
  CONSTRAINT sign_in_policy_name_check CHECK ((name <> ''::text)),
  CONSTRAINT sign_in_policy_pkey PRIMARY KEY (id),
  CONSTRAINT sign_in_policy_require_check CHECK ((require = ANY (ARRAY['MFA'::text, 'PASSKEY'::text])))
);

CREATE TABLE subject_key (
  subject_id uuid NOT NULL,
  wrapped bytea,
  CONSTRAINT subject_key_pkey PRIMARY KEY (subject_id)
);

CREATE TABLE time_edge (
  field text NOT NULL,
  key text NOT NULL,
  months integer NOT NULL,
  rest bigint NOT NULL,
  filters integer NOT NULL,
  since timestamp(3) with time zone NOT NULL,
  CONSTRAINT time_edge_pkey PRIMARY KEY (field, key, months, rest)
);

CREATE TABLE time_passed (
  one boolean NOT NULL DEFAULT true,
  at timestamp(3) with time zone NOT NULL,
  CONSTRAINT time_passed_one_check CHECK (one),
  CONSTRAINT time_passed_pkey PRIMARY KEY (one)
);

CREATE TABLE trail (
  commit_id bigint NOT NULL,
  CONSTRAINT trail_pkey PRIMARY KEY (commit_id)
);

CREATE TABLE trail_person (
  user_id uuid NOT NULL,
  commit_id bigint NOT NULL,
  CONSTRAINT trail_person_pkey PRIMARY KEY (user_id)
);

CREATE TABLE transfer (
  transition_id uuid NOT NULL,
  user_id uuid NOT NULL,
  changes jsonb NOT NULL,
  fill jsonb,
  created_at timestamp(3) with time zone NOT NULL,
  promised jsonb,
  CONSTRAINT transfer_pkey PRIMARY KEY (transition_id),
  CONSTRAINT transfer_transition_id_fkey FOREIGN KEY (transition_id) REFERENCES scheduled_transition(id) ON DELETE CASCADE,
  CONSTRAINT transfer_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_account(id) ON DELETE CASCADE
);

CREATE TABLE user_account (
  id uuid NOT NULL,
  version integer NOT NULL DEFAULT 1,
  username text NOT NULL,
  display_name text NOT NULL,
  status text NOT NULL,
  status_reason text,
  status_changed_at timestamp(3) with time zone NOT NULL,
  status_until timestamp(3) with time zone,
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
  employee_type text,
  location text,
  country text,
  locale text,
  preferred_language text,
  timezone text,
  tags text[] NOT NULL DEFAULT '{}'::text[],
  attributes jsonb NOT NULL DEFAULT '{}'::jsonb,
  source text NOT NULL,
  hired_on date,
  terminates_on date,
  org_unit_id uuid,
  manager_id uuid,
  created_at timestamp(3) with time zone NOT NULL,
  updated_at timestamp(3) with time zone NOT NULL,
  deleted_at timestamp(3) with time zone,
  erased_at timestamp(3) with time zone,
  CONSTRAINT user_account_check CHECK (((status = 'DELETED'::text) = (deleted_at IS NOT NULL))),
  CONSTRAINT user_account_check1 CHECK ((manager_id <> id)),
  CONSTRAINT user_account_check2 CHECK (((erased_at IS NULL) OR (status = 'DELETED'::text))),
  CONSTRAINT user_account_employee_type_check CHECK ((employee_type = ANY (ARRAY['EMPLOYEE'::text, 'CONTRACTOR'::text, 'PARTNER'::text, 'INTERN'::text, 'SERVICE'::text]))),
  CONSTRAINT user_account_manager_id_fkey FOREIGN KEY (manager_id) REFERENCES user_account(id),
  CONSTRAINT user_account_org_unit_id_fkey FOREIGN KEY (org_unit_id) REFERENCES org_unit(id),
  CONSTRAINT user_account_pkey PRIMARY KEY (id),
  CONSTRAINT user_account_source_check CHECK ((source = ANY (ARRAY['LOCAL'::text, 'IMPORT'::text, 'SCIM'::text, 'HRIS'::text, 'LDAP'::text, 'OIDC'::text]))),
  CONSTRAINT user_account_status_check CHECK ((status = ANY (ARRAY['PENDING'::text, 'ACTIVE'::text, 'INACTIVE'::text, 'LOCKED'::text, 'SUSPENDED'::text, 'ARCHIVED'::text, 'DELETED'::text])))
);

CREATE TABLE user_address (
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  place smallint NOT NULL,
  type text,
  is_primary boolean NOT NULL,
  street_address text,
  locality text,
  region text,
  postal_code text,
  country text,
  CONSTRAINT user_address_pkey PRIMARY KEY (id),
  CONSTRAINT user_address_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_account(id) ON DELETE CASCADE
);

CREATE TABLE user_attribute (
  user_id uuid NOT NULL,
  key text NOT NULL,
  number double precision,
  day date,
  text text,
  CONSTRAINT user_attribute_pkey PRIMARY KEY (user_id, key),
  CONSTRAINT user_attribute_text_length CHECK ((length(text) <= 256))
);

CREATE TABLE user_deletion (
  user_id uuid NOT NULL,
  consequences jsonb NOT NULL,
  created_at timestamp(3) with time zone NOT NULL,
  CONSTRAINT user_deletion_pkey PRIMARY KEY (user_id),
  CONSTRAINT user_deletion_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_account(id) ON DELETE CASCADE
);

CREATE TABLE user_email (
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  place smallint NOT NULL,
  value text NOT NULL,
  type text,
  is_primary boolean NOT NULL,
  verified boolean NOT NULL DEFAULT false,
  CONSTRAINT user_email_pkey PRIMARY KEY (id),
  CONSTRAINT user_email_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_account(id) ON DELETE CASCADE
);

CREATE TABLE user_erasure (
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  ground text NOT NULL,
  approval_request_id uuid,
  commit_id bigint NOT NULL,
  gone jsonb NOT NULL,
  erased_at timestamp(3) with time zone NOT NULL,
  finished_at timestamp(3) with time zone,
  named jsonb,
  cleared uuid[],
  CONSTRAINT user_erasure_pkey PRIMARY KEY (id),
  CONSTRAINT user_erasure_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_account(id),
  CONSTRAINT user_erasure_user_id_key UNIQUE (user_id)
);

CREATE TABLE user_factor (
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  kind text NOT NULL,
  name text NOT NULL,
  secret bytea NOT NULL,
  credential_id bytea,
  transports text[] NOT NULL DEFAULT '{}'::text[],
  backed_up boolean NOT NULL DEFAULT false,
  created_at timestamp(3) with time zone NOT NULL,
  confirmed_at timestamp(3) with time zone,
  CONSTRAINT user_factor_check CHECK (((kind = 'PASSKEY'::text) = (credential_id IS NOT NULL))),
  CONSTRAINT user_factor_kind_check CHECK ((kind = ANY (ARRAY['TOTP'::text, 'PASSKEY'::text]))),
  CONSTRAINT user_factor_pkey PRIMARY KEY (id),
  CONSTRAINT user_factor_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_account(id) ON DELETE CASCADE
);

CREATE TABLE user_group (
  id uuid NOT NULL,
  version integer NOT NULL DEFAULT 1,
  key text NOT NULL,
  name text NOT NULL,
  description text,
  kind text NOT NULL,
  saved_search_id uuid,
  owner_id uuid,
  org_unit_id uuid,
  created_at timestamp(3) with time zone NOT NULL,
  updated_at timestamp(3) with time zone NOT NULL,
  CONSTRAINT user_group_key_check CHECK ((key <> ''::text)),
  CONSTRAINT user_group_kind_check CHECK ((kind = ANY (ARRAY['STATIC'::text, 'DYNAMIC'::text]))),
  CONSTRAINT user_group_name_check CHECK ((name <> ''::text)),
  CONSTRAINT user_group_org_unit_id_fkey FOREIGN KEY (org_unit_id) REFERENCES org_unit(id),
  CONSTRAINT user_group_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES user_account(id) ON DELETE SET NULL,
  CONSTRAINT user_group_pkey PRIMARY KEY (id),
  CONSTRAINT user_group_saved_search_id_fkey FOREIGN KEY (saved_search_id) REFERENCES saved_search(id),
  CONSTRAINT user_group_search CHECK (((kind = 'DYNAMIC'::text) = (saved_search_id IS NOT NULL)))
);

CREATE TABLE user_identity (
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  place smallint NOT NULL,
  source text NOT NULL,
  issuer text,
  external_id text NOT NULL,
  last_synced_at timestamp(3) with time zone,
  CONSTRAINT user_identity_pkey PRIMARY KEY (id),
  CONSTRAINT user_identity_source_check CHECK ((source = ANY (ARRAY['LOCAL'::text, 'IMPORT'::text, 'SCIM'::text, 'HRIS'::text, 'LDAP'::text, 'OIDC'::text]))),
  CONSTRAINT user_identity_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_account(id) ON DELETE CASCADE
);

CREATE TABLE user_link (
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  email_id uuid NOT NULL,
  purpose text NOT NULL,
  hash bytea NOT NULL,
  email text NOT NULL,
  created_at timestamp(3) with time zone NOT NULL,
  expires_at timestamp(3) with time zone NOT NULL,
  CONSTRAINT user_link_email_id_fkey FOREIGN KEY (email_id) REFERENCES user_email(id) ON DELETE CASCADE,
  CONSTRAINT user_link_pkey PRIMARY KEY (id),
  CONSTRAINT user_link_purpose_check CHECK ((purpose = ANY (ARRAY['INVITATION'::text, 'EMAIL_VERIFICATION'::text, 'PASSWORD_RESET'::text]))),
  CONSTRAINT user_link_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_account(id) ON DELETE CASCADE,
  CONSTRAINT user_link_user_id_purpose_key UNIQUE (user_id, purpose)
);

CREATE TABLE user_password (
  user_id uuid NOT NULL,
  hash text NOT NULL,
  alone boolean NOT NULL,
  changed_at timestamp(3) with time zone NOT NULL,
  CONSTRAINT user_password_pkey PRIMARY KEY (user_id),
  CONSTRAINT user_password_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_account(id) ON DELETE CASCADE
);

CREATE TABLE user_phone (
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  place smallint NOT NULL,
  value text NOT NULL,
  type text,
  is_primary boolean NOT NULL,
  CONSTRAINT user_phone_pkey PRIMARY KEY (id),
  CONSTRAINT user_phone_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_account(id) ON DELETE CASCADE
);

CREATE TABLE user_recovery_codes (
  user_id uuid NOT NULL,
  hashes bytea[] NOT NULL,
  created_at timestamp(3) with time zone NOT NULL,
  CONSTRAINT user_recovery_codes_pkey PRIMARY KEY (user_id),
  CONSTRAINT user_recovery_codes_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_account(id) ON DELETE CASCADE
);

CREATE TABLE user_search (
  user_id uuid NOT NULL,
  version integer NOT NULL,
  username text NOT NULL,
  display_name text NOT NULL,
  status text NOT NULL,
  status_reason text,
  status_changed_at timestamp(3) with time zone NOT NULL,
  status_until timestamp(3) with time zone,
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
  last_login_at timestamp(3) with time zone,
  last_login_country text,
  failed_login_count integer NOT NULL,
  password_changed_at timestamp(3) with time zone,
  mfa_enrolled boolean NOT NULL,
  mfa_methods text[] NOT NULL,
  active_session_count integer NOT NULL,
  risk_score integer,
  created_at timestamp(3) with time zone NOT NULL,
  updated_at timestamp(3) with time zone NOT NULL,
  deleted_at timestamp(3) with time zone,
  org_unit_id uuid,
  unit_path uuid[] NOT NULL,
  manager_id uuid,
  manager_chain uuid[] NOT NULL,
  manager_status text,
  direct_report_count integer NOT NULL,
  role_keys text[] NOT NULL,
  permissions text[] NOT NULL,
  role_grants jsonb NOT NULL,
  words text NOT NULL,
  reckoned_at timestamp(3) with time zone,
  group_keys text[] NOT NULL DEFAULT '{}'::text[],
  group_ids uuid[] NOT NULL DEFAULT '{}'::uuid[],
  invited_at timestamp(3) with time zone,
  CONSTRAINT user_search_pkey PRIMARY KEY (user_id)
);

CREATE TABLE user_security (
  user_id uuid NOT NULL,
  last_login_at timestamp(3) with time zone,
  last_login_country text,
  failed_login_count integer NOT NULL DEFAULT 0,
  password_changed_at timestamp(3) with time zone,
  mfa_methods text[] NOT NULL DEFAULT '{}'::text[],
  active_session_count integer NOT NULL DEFAULT 0,
  risk_score integer,
  CONSTRAINT user_security_pkey PRIMARY KEY (user_id),
  CONSTRAINT user_security_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_account(id) ON DELETE CASCADE
);

CREATE TABLE user_version (
  id uuid NOT NULL,
  from_commit bigint NOT NULL,
  to_commit bigint,
  valid_from timestamp(3) with time zone NOT NULL,
  valid_until timestamp(3) with time zone,
  user_id uuid NOT NULL,
  version integer NOT NULL,
  username text NOT NULL,
  display_name text NOT NULL,
  status text NOT NULL,
  status_reason text,
  status_changed_at timestamp(3) with time zone NOT NULL,
  status_until timestamp(3) with time zone,
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
  last_login_at timestamp(3) with time zone,
  last_login_country text,
  failed_login_count integer NOT NULL,
  password_changed_at timestamp(3) with time zone,
  mfa_enrolled boolean NOT NULL,
  mfa_methods text[] NOT NULL,
  active_session_count integer NOT NULL,
  risk_score integer,
  created_at timestamp(3) with time zone NOT NULL,
  updated_at timestamp(3) with time zone NOT NULL,
  deleted_at timestamp(3) with time zone,
  org_unit_id uuid,
  unit_path uuid[] NOT NULL,
  manager_id uuid,
  manager_chain uuid[] NOT NULL,
  manager_status text,
  direct_report_count integer NOT NULL,
  role_keys text[] NOT NULL,
  permissions text[] NOT NULL,
  role_grants jsonb NOT NULL,
  words text NOT NULL,
  reckoned_at timestamp(3) with time zone,
  group_keys text[] DEFAULT '{}'::text[],
  group_ids uuid[] DEFAULT '{}'::uuid[],
  invited_at timestamp(3) with time zone,
  CONSTRAINT user_version_check CHECK ((to_commit > from_commit))
);

CREATE TABLE version_head (
  one boolean NOT NULL DEFAULT true,
  begins timestamp(3) with time zone NOT NULL,
  first_at timestamp(3) with time zone,
  CONSTRAINT version_head_one_check CHECK (one),
  CONSTRAINT version_head_pkey PRIMARY KEY (one)
);

CREATE TABLE viewer_budget (
  key text NOT NULL,
  points bigint NOT NULL,
  until timestamp(3) with time zone NOT NULL,
  CONSTRAINT viewer_budget_pkey PRIMARY KEY (key)
);

-- Indexes

CREATE INDEX approval_delegation_delegate ON public.approval_delegation USING btree (delegate_id, ends_at) WHERE (ended_at IS NULL);

CREATE INDEX approval_delegation_user ON public.approval_delegation USING btree (user_id);

CREATE INDEX approval_policy_decider_by_role ON public.approval_policy_decider USING btree (role_id) WHERE (role_id IS NOT NULL);

CREATE INDEX approval_policy_decider_policy ON public.approval_policy_decider USING btree (approval_policy_id, step);

CREATE INDEX approval_request_created ON public.approval_request USING btree (created_at, id);

CREATE INDEX approval_request_expires ON public.approval_request USING btree (expires_at) WHERE (state = 'PENDING'::text);

CREATE INDEX approval_request_pending ON public.approval_request USING btree (created_at, id) WHERE (state = 'PENDING'::text);

CREATE INDEX approval_request_remind ON public.approval_request USING btree (remind_at) WHERE ((state = 'PENDING'::text) AND (remind_at IS NOT NULL));

CREATE INDEX approval_request_requester ON public.approval_request USING btree (requester_id, created_at) WHERE (requester_id IS NOT NULL);

CREATE INDEX approval_request_steps ON public.approval_request USING gin (steps jsonb_path_ops);

CREATE INDEX approval_request_subject ON public.approval_request USING btree (subject_id) WHERE (subject_id IS NOT NULL);

CREATE INDEX approval_request_user ON public.approval_request USING btree (user_id) WHERE (user_id IS NOT NULL);

CREATE UNIQUE INDEX attribute_definition_key_key ON public.attribute_definition USING btree (key);

CREATE INDEX attribute_holder_user ON public.attribute_holder USING btree (user_id, key);

CREATE INDEX audit_log_action ON ONLY public.audit_log USING btree (fold(action), commit_number, ordinal);

CREATE INDEX audit_log_actor ON ONLY public.audit_log USING btree (actor_id, commit_number, ordinal);

CREATE INDEX audit_log_at ON ONLY public.audit_log USING btree (at);

CREATE INDEX audit_log_row ON ONLY public.audit_log USING btree (row_id);

CREATE INDEX audit_log_subject ON ONLY public.audit_log USING btree (subject_id, commit_number, ordinal);

CREATE INDEX audit_log_units ON ONLY public.audit_log USING gin (unit_path);

CREATE INDEX bulk_effect_search ON public.bulk_effect USING btree (search_id);

CREATE INDEX bulk_effect_user ON public.bulk_effect USING btree (user_id);

CREATE INDEX bulk_item_next ON public.bulk_item USING btree (plan_id, place) WHERE ((finding = ANY (ARRAY['CREATE'::text, 'CHANGE'::text, 'MISSING'::text])) AND (outcome IS NULL));

CREATE INDEX bulk_item_turn ON public.bulk_item USING btree (plan_id, COALESCE(turn, place)) WHERE ((finding = ANY (ARRAY['CREATE'::text, 'CHANGE'::text, 'MISSING'::text])) AND (outcome IS NULL));

CREATE INDEX bulk_item_user ON public.bulk_item USING btree (user_id);

CREATE INDEX bulk_plan_planner ON public.bulk_plan USING btree (planner_id, id);

CREATE INDEX bulk_plan_planning ON public.bulk_plan USING btree (created_at, id) WHERE (state = 'PLANNING'::text);

CREATE INDEX bulk_plan_reverts ON public.bulk_plan USING btree (reverts_id) WHERE (reverts_id IS NOT NULL);

CREATE INDEX bulk_plan_unapproved ON public.bulk_plan USING btree (ready_at) WHERE ((ready_at IS NOT NULL) AND (approval_id IS NULL));

CREATE INDEX bulk_plan_upload ON public.bulk_plan USING btree (upload_id) WHERE (upload_id IS NOT NULL);

CREATE INDEX bulk_plan_waiting ON public.bulk_plan USING btree (expires_at) WHERE (state = ANY (ARRAY['PLANNED'::text, 'WAITING_APPROVAL'::text]));

CREATE INDEX bulk_plan_working ON public.bulk_plan USING btree (ready_at, id) WHERE (state = ANY (ARRAY['READY'::text, 'APPLYING'::text]));

CREATE INDEX change_named_after ON public.change USING btree (named_in(table_name, after)) WHERE ((after IS NOT NULL) AND (table_name = ANY (ARRAY['approval_request'::text, 'bulk_plan'::text, 'retention_policy'::text, 'retention_run'::text, 'role_grant'::text, 'saved_search'::text, 'scheduled_transition'::text, 'session'::text])));

CREATE INDEX change_named_before ON public.change USING btree (named_in(table_name, before)) WHERE ((before IS NOT NULL) AND (table_name = ANY (ARRAY['approval_request'::text, 'bulk_plan'::text, 'retention_policy'::text, 'retention_run'::text, 'role_grant'::text, 'saved_search'::text, 'scheduled_transition'::text, 'session'::text])));

CREATE INDEX change_search_row ON public.change USING btree (row_id, commit_id) WHERE (table_name = 'user_search'::text);

CREATE INDEX commit_actor ON public.commit USING btree (actor_id) WHERE (actor_id IS NOT NULL);

CREATE INDEX commit_at ON public.commit USING btree (at, number);

CREATE UNIQUE INDEX commit_number_key ON public.commit USING btree (number);

CREATE UNIQUE INDEX commit_transaction_key ON public.commit USING btree (xid, started_at);

CREATE INDEX export_link_expires ON public.export_link USING btree (expires_at);

CREATE INDEX export_link_token ON public.export_link USING btree (token_id) WHERE (token_id IS NOT NULL);

CREATE INDEX export_link_user ON public.export_link USING btree (user_id) WHERE (user_id IS NOT NULL);

CREATE INDEX group_member_user ON public.group_member USING btree (user_id, group_id);

CREATE INDEX idempotency_key_created ON public.idempotency_key USING btree (created_at);

CREATE INDEX import_row_key ON public.import_row USING btree (plan_id, key);

CREATE INDEX import_row_user ON public.import_row USING btree (plan_id, user_id) WHERE (user_id IS NOT NULL);

CREATE INDEX import_row_username ON public.import_row USING btree (plan_id, username) WHERE (username IS NOT NULL);

CREATE UNIQUE INDEX import_template_name ON public.import_template USING btree (fold(name));

CREATE INDEX import_upload_expires ON public.import_upload USING btree (expires_at);

CREATE INDEX import_upload_token ON public.import_upload USING btree (token_id) WHERE (token_id IS NOT NULL);

CREATE INDEX import_upload_user ON public.import_upload USING btree (user_id) WHERE (user_id IS NOT NULL);

CREATE INDEX legal_hold_user ON public.legal_hold USING btree (user_id);

CREATE INDEX mail_finished ON public.mail USING btree (finished_at) WHERE (finished_at IS NOT NULL);

CREATE INDEX mail_user ON public.mail USING btree (user_id);

CREATE INDEX mail_delivery_next ON public.mail_delivery USING btree (next_at);

CREATE INDEX matched_search_touched ON public.matched_search USING btree (touched);

CREATE INDEX offboarding_successor ON public.offboarding USING btree (successor_id) WHERE (successor_id IS NOT NULL);

CREATE INDEX offboarding_user ON public.offboarding USING btree (user_id);

CREATE UNIQUE INDEX org_unit_code_key ON public.org_unit USING btree (fold(code));

CREATE INDEX org_unit_head ON public.org_unit USING btree (head_id);

CREATE INDEX org_unit_parent ON public.org_unit USING btree (parent_id);

CREATE INDEX org_unit_path_path ON public.org_unit_path USING gin (path);

CREATE INDEX password_reset_request_at ON public.password_reset_request USING btree (requested_at);

CREATE INDEX personal_export_user ON public.personal_export USING btree (user_id);

CREATE INDEX profile_template_fill_template ON public.profile_template_fill USING btree (template_id) WHERE (template_id IS NOT NULL);

CREATE INDEX profile_template_grant_template ON public.profile_template_grant USING btree (template_id) WHERE (template_id IS NOT NULL);

CREATE INDEX profile_template_grant_user ON public.profile_template_grant USING btree (user_id);

CREATE INDEX profile_template_group_group ON public.profile_template_group USING btree (group_id);

CREATE INDEX profile_template_member_template ON public.profile_template_member USING btree (template_id) WHERE (template_id IS NOT NULL);

CREATE INDEX profile_template_member_user ON public.profile_template_member USING btree (user_id);

CREATE INDEX profile_template_role_role ON public.profile_template_role USING btree (role_id);

CREATE INDEX profile_template_role_template ON public.profile_template_role USING btree (template_id);

CREATE INDEX profile_template_role_unit ON public.profile_template_role USING btree (unit_id) WHERE (unit_id IS NOT NULL);

CREATE INDEX retention_item_next ON public.retention_item USING btree (run_id, place) WHERE (outcome IS NULL);

CREATE INDEX retention_item_user ON public.retention_item USING btree (user_id);

CREATE UNIQUE INDEX retention_run_day ON public.retention_run USING btree (policy_id, day) WHERE (day IS NOT NULL);

CREATE UNIQUE INDEX retention_run_open ON public.retention_run USING btree (policy_id) WHERE (state = ANY (ARRAY['WAITING_APPROVAL'::text, 'RUNNING'::text]));

CREATE INDEX retention_run_policy ON public.retention_run USING btree (policy_id, id);

CREATE UNIQUE INDEX role_key_key ON public.role USING btree (fold(key));

CREATE INDEX role_grant_expires ON public.role_grant USING btree (expires_at) WHERE ((revoked_at IS NULL) AND (expires_at IS NOT NULL));

CREATE INDEX role_grant_granted ON public.role_grant USING btree (granted_at) WHERE (revoked_at IS NULL);

CREATE INDEX role_grant_group ON public.role_grant USING btree (group_id) WHERE (group_id IS NOT NULL);

CREATE UNIQUE INDEX role_grant_group_live_key ON public.role_grant USING btree (group_id, role_id, COALESCE(scope_id, '00000000-0000-0000-0000-000000000000'::uuid), starts_at) WHERE ((revoked_at IS NULL) AND (group_id IS NOT NULL));

CREATE UNIQUE INDEX role_grant_live_key ON public.role_grant USING btree (user_id, role_id, COALESCE(scope_id, '00000000-0000-0000-0000-000000000000'::uuid), starts_at) WHERE (revoked_at IS NULL);

CREATE INDEX role_grant_role ON public.role_grant USING btree (role_id);

CREATE INDEX role_grant_scope ON public.role_grant USING btree (scope_id);

CREATE INDEX role_grant_starts ON public.role_grant USING btree (starts_at) WHERE (revoked_at IS NULL);

CREATE INDEX role_grant_user ON public.role_grant USING btree (user_id);

CREATE INDEX role_inheritance_inherits ON public.role_inheritance USING btree (inherits_id);

CREATE INDEX saved_search_owner ON public.saved_search USING btree (owner_id) WHERE (owner_id IS NOT NULL);

CREATE INDEX saved_search_shared ON public.saved_search USING btree (name COLLATE "und-x-icu", id) WHERE (visibility <> 'PRIVATE'::text);

CREATE INDEX saved_search_token ON public.saved_search USING btree (token_id) WHERE (token_id IS NOT NULL);

CREATE INDEX scheduled_transition_author ON public.scheduled_transition USING btree (author_id) WHERE ((state = 'SCHEDULED'::text) AND (author_id IS NOT NULL));

CREATE INDEX scheduled_transition_due ON public.scheduled_transition USING btree (due_at, id) WHERE (state = 'SCHEDULED'::text);

CREATE INDEX scheduled_transition_order ON public.scheduled_transition USING btree (due_at, id);

CREATE INDEX scheduled_transition_user ON public.scheduled_transition USING btree (user_id, due_at, id);

CREATE INDEX search_transition_commit ON public.search_transition USING btree (commit_number);

CREATE UNIQUE INDEX service_token_hash_key ON public.service_token USING btree (hash);

CREATE UNIQUE INDEX service_token_previous_hash_key ON public.service_token USING btree (previous_hash) WHERE (previous_hash IS NOT NULL);

CREATE INDEX service_token_user ON public.service_token USING btree (user_id) WHERE (user_id IS NOT NULL);

CREATE INDEX session_of_user ON public.session USING btree (user_id, created_at);

CREATE INDEX session_open ON public.session USING btree (expires_at) WHERE (ended_at IS NULL);

CREATE INDEX sign_in_challenge_expires ON public.sign_in_challenge USING btree (expires_at);

CREATE INDEX sign_in_counter_lock_due ON public.sign_in_counter USING btree (lock_due) WHERE (lock_due IS NOT NULL);

CREATE INDEX sign_in_counter_until ON public.sign_in_counter USING btree (until);

CREATE INDEX transfer_user ON public.transfer USING btree (user_id);

CREATE UNIQUE INDEX user_account_employee_number_key ON public.user_account USING btree (fold(employee_number)) WHERE (status <> 'DELETED'::text);

CREATE INDEX user_account_manager ON public.user_account USING btree (manager_id);

CREATE INDEX user_account_org_unit ON public.user_account USING btree (org_unit_id);

CREATE INDEX user_account_status_until ON public.user_account USING btree (status_until) WHERE (status_until IS NOT NULL);

CREATE UNIQUE INDEX user_account_username_key ON public.user_account USING btree (fold(username)) WHERE (status <> 'DELETED'::text);

CREATE UNIQUE INDEX user_address_one_primary ON public.user_address USING btree (user_id) WHERE is_primary;

CREATE INDEX user_address_user ON public.user_address USING btree (user_id);

CREATE INDEX user_attribute_day ON public.user_attribute USING btree (key, day, user_id) WHERE (day IS NOT NULL);

CREATE INDEX user_attribute_number ON public.user_attribute USING btree (key, number, user_id) WHERE (number IS NOT NULL);

CREATE INDEX user_attribute_text ON public.user_attribute USING btree (key, text COLLATE "und-x-icu", user_id) WHERE (text IS NOT NULL);

CREATE UNIQUE INDEX user_email_one_primary ON public.user_email USING btree (user_id) WHERE is_primary;

CREATE INDEX user_email_user ON public.user_email USING btree (user_id);

CREATE INDEX user_email_value ON public.user_email USING btree (fold(value));

CREATE INDEX user_erasure_unfinished ON public.user_erasure USING btree (erased_at) WHERE (finished_at IS NULL);

CREATE UNIQUE INDEX user_factor_credential_key ON public.user_factor USING btree (credential_id) WHERE (credential_id IS NOT NULL);

CREATE INDEX user_factor_user ON public.user_factor USING btree (user_id);

CREATE UNIQUE INDEX user_group_key_key ON public.user_group USING btree (fold(key));

CREATE INDEX user_group_owner ON public.user_group USING btree (owner_id) WHERE (owner_id IS NOT NULL);

CREATE INDEX user_group_search ON public.user_group USING btree (saved_search_id) WHERE (saved_search_id IS NOT NULL);

CREATE INDEX user_group_unit ON public.user_group USING btree (org_unit_id) WHERE (org_unit_id IS NOT NULL);

CREATE INDEX user_identity_key ON public.user_identity USING btree (source, fold(external_id));

CREATE INDEX user_identity_user ON public.user_identity USING btree (user_id);

CREATE INDEX user_link_email ON public.user_link USING btree (email_id);

CREATE INDEX user_link_expires ON public.user_link USING btree (expires_at);

CREATE UNIQUE INDEX user_link_hash_key ON public.user_link USING btree (hash);

CREATE UNIQUE INDEX user_phone_one_primary ON public.user_phone USING btree (user_id) WHERE is_primary;

CREATE INDEX user_phone_user ON public.user_phone USING btree (user_id);

CREATE INDEX user_search_active_session_count ON public.user_search USING btree (active_session_count);

CREATE INDEX user_search_created_at ON public.user_search USING btree (created_at, user_id);

CREATE INDEX user_search_deleted_at ON public.user_search USING btree (deleted_at) WHERE (deleted_at IS NOT NULL);

CREATE INDEX user_search_department_order ON public.user_search USING btree (department COLLATE "und-x-icu", user_id);

CREATE INDEX user_search_direct_report_count ON public.user_search USING btree (direct_report_count);

CREATE INDEX user_search_display_name_order ON public.user_search USING btree (display_name COLLATE "und-x-icu", user_id);

CREATE INDEX user_search_email ON public.user_search USING btree (fold(email) text_pattern_ops);

CREATE INDEX user_search_email_verified ON public.user_search USING btree (email_verified);

CREATE INDEX user_search_employee_number ON public.user_search USING btree (fold(employee_number) text_pattern_ops);

CREATE INDEX user_search_failed_login_count ON public.user_search USING btree (failed_login_count);

CREATE INDEX user_search_family_name_order ON public.user_search USING btree (family_name COLLATE "und-x-icu", user_id);

CREATE INDEX user_search_groups ON public.user_search USING gin (fold_each(group_keys), group_ids);

CREATE INDEX user_search_hired_on ON public.user_search USING btree (hired_on, user_id);

CREATE INDEX user_search_last_login_at ON public.user_search USING btree (last_login_at, user_id);

CREATE INDEX user_search_location_order ON public.user_search USING btree (location COLLATE "und-x-icu", user_id);

CREATE INDEX user_search_mfa_enrolled ON public.user_search USING btree (mfa_enrolled);

CREATE INDEX user_search_password_changed_at ON public.user_search USING btree (password_changed_at, user_id);

CREATE INDEX user_search_risk_score ON public.user_search USING btree (risk_score, user_id);

CREATE INDEX user_search_status_changed_at ON public.user_search USING btree (status_changed_at, user_id);

CREATE INDEX user_search_terminates_on ON public.user_search USING btree (terminates_on, user_id);

CREATE INDEX user_search_texts ON public.user_search USING gin (word_beginnings(words), fold_all((ARRAY[username, email, employee_number, display_name, given_name, family_name, phone, title, department, division, cost_center, location, country, locale, timezone, last_login_country, email_domain] || external_ids)) gin_trgm_ops);

CREATE INDEX user_search_title_order ON public.user_search USING btree (title COLLATE "und-x-icu", user_id);

CREATE INDEX user_search_updated_at ON public.user_search USING btree (updated_at, user_id);

CREATE INDEX user_search_username ON public.user_search USING btree (fold(username) text_pattern_ops);

CREATE INDEX user_search_username_order ON public.user_search USING btree (username COLLATE "und-x-icu", user_id);

CREATE INDEX user_search_values ON public.user_search USING gin (status, employee_type, source, manager_status, fold(title), fold(department), fold(division), fold(cost_center), fold(location), fold(country), fold(locale), fold(timezone), fold(last_login_country), fold(email_domain), fold(given_name), fold(family_name), fold(display_name), fold(phone), org_unit_id, manager_id, fold_each(tags), fold_each(role_keys), mfa_methods, permissions, unit_path, manager_chain, attribute_terms(attributes), grant_terms(role_grants));

CREATE INDEX user_version_display_name_order ON public.user_version USING btree (display_name COLLATE "und-x-icu", user_id);

CREATE INDEX user_version_ended ON public.user_version USING btree (valid_until) WHERE (valid_until IS NOT NULL);

CREATE UNIQUE INDEX user_version_id ON public.user_version USING btree (id);

CREATE UNIQUE INDEX user_version_open ON public.user_version USING btree (user_id) WHERE (to_commit IS NULL);

CREATE INDEX user_version_span ON public.user_version USING gist (tstzrange(valid_from, valid_until));

CREATE UNIQUE INDEX user_version_user ON public.user_version USING btree (user_id, from_commit);

CREATE INDEX viewer_budget_until ON public.viewer_budget USING btree (until);

-- Views

CREATE VIEW held_grant AS
 SELECT g.id,
    g.user_id,
    g.group_id,
    g.role_id,
    g.scope_id,
    g.starts_at,
    g.expires_at,
    g.granted_by_kind,
    g.granted_by_id,
    g.granted_by_name,
    g.granted_at,
    g.reason,
    g.revoked_at
   FROM role_grant g
  WHERE g.user_id IS NOT NULL
UNION ALL
 SELECT g.id,
    m.user_id,
    g.group_id,
    g.role_id,
    g.scope_id,
    g.starts_at,
    g.expires_at,
    g.granted_by_kind,
    g.granted_by_id,
    g.granted_by_name,
    g.granted_at,
    g.reason,
    g.revoked_at
   FROM group_member m
     JOIN role_grant g ON g.group_id = m.group_id
     JOIN user_account u ON u.id = m.user_id AND u.status <> 'DELETED'::text;

CREATE VIEW unsealed_clear AS
 SELECT c.number AS commit_number,
    ch.ordinal,
    c.at,
    audit_action(c.kind, c.action, ch.table_name, ch.operation, ch.before, ch.after) AS action,
        CASE
            WHEN ch.table_name = 'audit_attempt'::text AND ch.operation = 'INSERT'::text THEN ch.after ->> 'outcome'::text
            ELSE 'SUCCESS'::text
        END AS outcome,
    c.kind,
    c.actor_kind,
    c.actor_id,
    c.operation_id,
    c.request_id,
    ch.table_name,
    ch.row_id,
    ch.operation,
    subject.kind AS subject_kind,
    subject.id AS subject_id,
        CASE subject.kind
            WHEN 'User'::text THEN ( SELECT place.unit_id
               FROM place_at(subject.id, c.number) place(unit_id, unit_path))
            ELSE NULL::uuid
        END AS unit_id,
        CASE subject.kind
            WHEN 'User'::text THEN COALESCE(( SELECT place.unit_path
               FROM place_at(subject.id, c.number) place(unit_id, unit_path)), '{}'::uuid[])
            ELSE '{}'::uuid[]
        END AS unit_path,
    ( SELECT changed.fields
           FROM audit_changed(ch.table_name, ch.before, ch.after, ch.hidden) changed(columns, fields)) AS fields,
    c.ip,
    ch.commit_id
   FROM feed_consumer done
     JOIN commit c ON c.number >= done.commit_number
     JOIN change ch ON ch.commit_id = c.id AND NOT ch.derived AND ch.ordinal >
        CASE c.number
            WHEN done.commit_number THEN done.ordinal
            ELSE 0
        END
     CROSS JOIN LATERAL audit_subject(ch.table_name, ch.row_id, COALESCE(ch.after, ch.before), c.actor_kind, c.actor_id) subject(kind, id)
  WHERE done.name = 'audit'::text;

CREATE VIEW unsealed_event AS
 SELECT c.number AS commit_number,
    ch.ordinal,
    c.at,
    audit_action(c.kind, c.action, ch.table_name, ch.operation, ch.before, ch.after) AS action,
        CASE
            WHEN ch.table_name = 'audit_attempt'::text AND ch.operation = 'INSERT'::text THEN ch.after ->> 'outcome'::text
            ELSE 'SUCCESS'::text
        END AS outcome,
    c.kind,
    c.actor_kind,
    c.actor_id,
    c.operation_id,
    c.request_id,
    ch.table_name,
    ch.row_id,
    ch.operation,
    subject.kind AS subject_kind,
    subject.id AS subject_id,
    place.unit_id,
    COALESCE(place.unit_path, '{}'::uuid[]) AS unit_path,
    changed.fields,
    changed.columns,
    ch.before,
    ch.after,
        CASE
            WHEN c.about IS NULL OR (subject.id = ANY (c.about)) THEN c.reason
            ELSE NULL::text
        END AS reason,
    c.actor_name,
    c.ip,
    ch.commit_id,
    concat_ws(' '::text, place.unit_id, place.unit_path) AS place,
    ch.digests
   FROM feed_consumer done
     JOIN commit c ON c.number >= done.commit_number
     JOIN change ch ON ch.commit_id = c.id AND NOT ch.derived AND ch.ordinal >
        CASE c.number
            WHEN done.commit_number THEN done.ordinal
            ELSE 0
        END
     CROSS JOIN LATERAL audit_subject(ch.table_name, ch.row_id, COALESCE(ch.after, ch.before), c.actor_kind, c.actor_id) subject(kind, id)
     LEFT JOIN LATERAL place_at(subject.id, c.number) place(unit_id, unit_path) ON subject.kind = 'User'::text
     CROSS JOIN LATERAL audit_changed(ch.table_name, ch.before, ch.after, ch.hidden) changed(columns, fields)
  WHERE done.name = 'audit'::text;

-- Functions

CREATE OR REPLACE FUNCTION public.advance_attribute_index(batch integer)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
DECLARE
  todo attribute_index;
  last uuid;
BEGIN
  SELECT * INTO todo FROM attribute_index i WHERE i.ends_at <= rollcall_now() OR NOT i.ready AND i.ends_at IS NULL
  ORDER BY i.key LIMIT 1 FOR UPDATE SKIP LOCKED;
  IF todo.key IS NULL THEN
    RETURN false;
  END IF;
  IF todo.ends_at IS NOT NULL THEN
    DELETE FROM user_attribute a WHERE a.key = todo.key AND a.user_id IN (
      SELECT b.user_id FROM user_attribute b WHERE b.key = todo.key LIMIT batch);
    IF NOT FOUND THEN
      DELETE FROM attribute_index WHERE key = todo.key;
    END IF;
    RETURN true;
  END IF;
  SELECT max(n.user_id::text)::uuid INTO last FROM (
    SELECT u.user_id FROM user_search u WHERE todo.filled_to IS NULL OR u.user_id > todo.filled_to ORDER BY u.user_id LIMIT batch) n;
  INSERT INTO user_attribute
  SELECT u.user_id, todo.key, json_number(u.attributes -> todo.key), json_date(u.attributes -> todo.key), json_text(u.attributes -> todo.key)
  FROM user_search u WHERE (todo.filled_to IS NULL OR u.user_id > todo.filled_to) AND u.user_id <= last AND u.attributes ? todo.key
  ON CONFLICT (user_id, key) DO NOTHING;
  UPDATE attribute_index SET ready = last IS NULL, filled_to = last WHERE key = todo.key;
  RETURN true;
END $function$;

CREATE OR REPLACE FUNCTION public.advance_user_versions(batch integer)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET "TimeZone" TO 'UTC'
 SET jit TO 'off'
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
AS $function$
DECLARE
  done feed_consumer;
  step record;
  rows integer := 0;
  first_commit bigint;
  commits bigint;
  through bigint;
BEGIN
  SELECT * INTO done FROM feed_consumer WHERE name = 'versions' FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN RETURN false; END IF;
  first_commit := done.commit_number + CASE done.ordinal WHEN 2147483647 THEN 1 ELSE 0 END;
  SELECT count(*), max(number) INTO commits, through FROM (
    SELECT number FROM commit WHERE number >= first_commit ORDER BY number LIMIT batch) examined;
  IF commits = 0 THEN RETURN false; END IF;
  -- Both loops of the query run in order, so that the limit cuts at a place in the log; so no index of some rows only may be used.
  FOR step IN
    SELECT c.number, c.at, ch.ordinal, ch.row_id, ch.before, ch.after
    FROM (SELECT id, number, at FROM commit WHERE number BETWEEN first_commit AND through ORDER BY number LIMIT batch) c
    CROSS JOIN LATERAL (
      SELECT ordinal, row_id, before, after FROM change
      WHERE commit_id = c.id AND starts_with(table_name, 'user_search') AND ordinal > CASE c.number WHEN done.commit_number THEN done.ordinal ELSE 0 END
      ORDER BY ordinal LIMIT batch) ch
    LIMIT batch
  LOOP
    rows := rows + 1;
    CONTINUE WHEN step.before - 'reckoned_at' = step.after - 'reckoned_at';
    UPDATE user_version SET to_commit = step.number, valid_until = step.at
    WHERE user_id = step.row_id AND to_commit IS NULL AND from_commit < step.number;
    IF NOT FOUND THEN -- somebody new, or a row that one commit changed twice
      DELETE FROM user_version WHERE user_id = step.row_id AND from_commit = step.number;
    END IF;
    IF step.after IS NOT NULL THEN
      INSERT INTO user_version
      SELECT user_version_id(step.row_id, step.number), step.number, NULL, step.at, NULL, fresh.*
      FROM jsonb_populate_record(NULL::user_search, step.after) fresh;
    END IF;
  END LOOP;
  IF rows = batch THEN
    UPDATE feed_consumer SET commit_number = step.number, ordinal = step.ordinal WHERE name = 'versions';
  ELSE
    UPDATE feed_consumer SET commit_number = through, ordinal = 2147483647 WHERE name = 'versions';
  END IF;
  IF rows > 0 AND (SELECT first_at IS NULL FROM version_head) THEN
    UPDATE version_head SET first_at = (SELECT min(valid_from) FROM user_version);
  END IF;
  RETURN rows = batch OR commits = batch;
END $function$;

CREATE OR REPLACE FUNCTION public.assert_no_cycle(units uuid[], users uuid[], roles uuid[])
 RETURNS void
 LANGUAGE plpgsql
AS $function$
BEGIN
  IF cardinality(units) > 0 AND EXISTS (
    WITH RECURSIVE up (start, id) AS (
      SELECT o.id, o.parent_id FROM org_unit o WHERE o.id = ANY (units)
      UNION SELECT up.start, o.parent_id FROM up JOIN org_unit o ON o.id = up.id)
    SELECT FROM up WHERE up.id = up.start)
  THEN
    RAISE EXCEPTION 'an org unit cannot stand below itself' USING ERRCODE = 'check_violation', CONSTRAINT = 'org_unit_parent_cycle';
  END IF;
  IF cardinality(users) > 0 AND EXISTS (
    WITH RECURSIVE up (start, id) AS (
      SELECT u.id, u.manager_id FROM user_account u WHERE u.id = ANY (users)
      UNION SELECT up.start, u.manager_id FROM up JOIN user_account u ON u.id = up.id)
    SELECT FROM up WHERE up.id = up.start)
  THEN
    RAISE EXCEPTION 'a person cannot report to themselves' USING ERRCODE = 'check_violation', CONSTRAINT = 'user_account_manager_cycle';
  END IF;
  IF cardinality(roles) > 0 AND EXISTS (
    WITH RECURSIVE up (start, id) AS (
      SELECT i.role_id, i.inherits_id FROM role_inheritance i WHERE i.role_id = ANY (roles)
      UNION SELECT up.start, i.inherits_id FROM up JOIN role_inheritance i ON i.role_id = up.id)
    SELECT FROM up WHERE up.id = up.start)
  THEN
    RAISE EXCEPTION 'a role cannot inherit itself' USING ERRCODE = 'check_violation', CONSTRAINT = 'role_inheritance_cycle';
  END IF;
END $function$;

CREATE OR REPLACE FUNCTION public.assert_rehearsal()
 RETURNS touched_rows
 LANGUAGE plpgsql
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET jit TO 'off'
AS $function$
DECLARE
  own bigint := (SELECT id FROM commit WHERE xid = pg_current_xact_id() AND started_at = transaction_timestamp() AND number IS NULL);
  touched touched_rows;
BEGIN
  IF own IS NULL THEN RETURN NULL; END IF;
  touched := touched_rows(own);
  PERFORM assert_no_cycle(touched.moved, touched.managed, touched.inheriting);
  IF touched.holders <> '{}' THEN
    PERFORM assert_unique_holders(ARRAY(SELECT DISTINCT unnest(touched.holders)));
  END IF;
  RETURN touched;
END $function$;

CREATE OR REPLACE FUNCTION public.assert_unique_holders(users uuid[])
 RETURNS void
 LANGUAGE plpgsql
AS $function$
BEGIN
  IF EXISTS (
    SELECT FROM unnest(users) touched (id)
    JOIN user_account u ON u.id = touched.id AND u.status <> 'DELETED'
    JOIN user_email own ON own.user_id = u.id AND own.is_primary
    JOIN user_email other ON fold(other.value) = fold(own.value) AND other.is_primary AND other.user_id <> u.id
    JOIN user_account holder ON holder.id = other.user_id AND holder.status <> 'DELETED')
  THEN
    RAISE EXCEPTION 'another person has this primary e-mail address' USING ERRCODE = 'unique_violation', CONSTRAINT = 'user_email_primary_key';
  END IF;
  IF EXISTS (
    SELECT FROM unnest(users) touched (id)
    JOIN user_account u ON u.id = touched.id AND u.status <> 'DELETED'
    JOIN user_identity own ON own.user_id = u.id
    JOIN user_identity other ON other.source = own.source AND fold(other.external_id) = fold(own.external_id)
      AND fold(other.issuer) IS NOT DISTINCT FROM fold(own.issuer) AND other.id <> own.id
    JOIN user_account holder ON holder.id = other.user_id AND holder.status <> 'DELETED')
  THEN
    RAISE EXCEPTION 'another person has this identity' USING ERRCODE = 'unique_violation', CONSTRAINT = 'user_identity_holder_key';
  END IF;
END $function$;

CREATE OR REPLACE FUNCTION public.attribute_digest(value jsonb)
 RETURNS bytea
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  SELECT CASE jsonb_typeof(value)
    WHEN 'string' THEN CASE WHEN btrim(value #>> '{}') <> '' THEN sha256(convert_to('text ' || fold(value #>> '{}'), 'UTF8')) END
    WHEN 'number' THEN sha256(convert_to('number ' || json_number(value)::text, 'UTF8'))
  END $function$;

CREATE OR REPLACE FUNCTION public.attribute_problem(d attribute_definition, value jsonb)
 RETURNS text
 LANGUAGE plpgsql
 STABLE PARALLEL SAFE
AS $function$
DECLARE
  of_type text := jsonb_typeof(value);
  number float8;
  day date;
BEGIN
  IF of_type IS NULL OR of_type = 'null' OR value = '[]' OR of_type = 'string' AND btrim(value #>> '{}') = '' THEN
    RETURN CASE WHEN d.required AND d.state = 'ACTIVE' THEN 'REQUIRED' END;
  ELSIF d.state = 'REMOVED' THEN
    RETURN 'REMOVED';
  END IF;
  CASE d.type
    WHEN 'NUMBER' THEN
      number := json_number(value);
      RETURN CASE WHEN number IS NULL THEN 'TYPE' WHEN number < d.minimum THEN 'TOO_SMALL' WHEN number > d.maximum THEN 'TOO_LARGE' END;
    WHEN 'DATE' THEN
      day := json_date(value);
      RETURN CASE WHEN day IS NULL THEN 'TYPE' WHEN day < d.earliest THEN 'TOO_EARLY' WHEN day > d.latest THEN 'TOO_LATE' END;
    WHEN 'BOOLEAN' THEN
      RETURN CASE WHEN of_type <> 'boolean' THEN 'TYPE' END;
    WHEN 'SET' THEN
      IF of_type <> 'array' OR jsonb_path_exists(value, '$[*] ? (@.type() != "string")') THEN
        RETURN 'TYPE';
      END IF;
      RETURN (SELECT min(attribute_text_problem(d, m.member)) FROM jsonb_array_elements_text(value) AS m (member));
    ELSE
      IF of_type <> 'string' THEN
        RETURN 'TYPE';
      END IF;
      RETURN attribute_text_problem(d, value #>> '{}');
  END CASE;
END $function$;

CREATE OR REPLACE FUNCTION public.attribute_problems(holders uuid[], people jsonb[])
 RETURNS TABLE(place integer, key text, problem text)
 LANGUAGE plpgsql
AS $function$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(7263022);
  RETURN QUERY
  WITH given AS MATERIALIZED (
    SELECT g.person, g.attributes, g.n::integer - 1 AS n FROM unnest(holders, people) WITH ORDINALITY AS g (person, attributes, n))
  SELECT given.n, d.key, found.problem
  FROM attribute_definition d CROSS JOIN given CROSS JOIN LATERAL (SELECT attribute_problem(d, given.attributes -> d.key) AS problem) found
  WHERE found.problem IS NOT NULL
  UNION ALL
  SELECT given.n, k.key, 'UNDEFINED' FROM given CROSS JOIN LATERAL jsonb_object_keys(given.attributes) AS k (key)
  WHERE NOT EXISTS (SELECT FROM attribute_definition d WHERE d.key = k.key)
  UNION ALL
  SELECT given.n, d.key, 'TAKEN' FROM given CROSS JOIN attribute_definition d
  JOIN attribute_holder h ON h.key = d.key AND h.digest = attribute_digest(given.attributes -> d.key) AND h.user_id <> given.person
  WHERE d."unique" AND d.state <> 'REMOVED';
END $function$;

CREATE OR REPLACE FUNCTION public.attribute_terms(attributes jsonb)
 RETURNS text[]
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$ SELECT coalesce(array_agg(DISTINCT t.term), '{}')
   FROM jsonb_each(CASE WHEN jsonb_typeof(attributes) = 'object' THEN attributes ELSE '{}' END) AS a(key, value),
   LATERAL (
     SELECT left(a.key, 100) AS term
     UNION ALL
     SELECT left(a.key, 100) || E'\x1f' || left(lower((a.value #>> '{}') COLLATE "und-x-icu"), 100)
     WHERE jsonb_typeof(a.value) IN ('string', 'boolean')
     UNION ALL
     SELECT left(a.key, 100) || E'\x1f' || left(lower((m.member #>> '{}') COLLATE "und-x-icu"), 100)
     FROM jsonb_array_elements(CASE WHEN jsonb_typeof(a.value) = 'array' THEN a.value ELSE '[]' END) AS m(member)
     WHERE jsonb_typeof(m.member) = 'string'
   ) AS t $function$;

CREATE OR REPLACE FUNCTION public.attribute_text_problem(d attribute_definition, value text)
 RETURNS text
 LANGUAGE plpgsql
 STABLE PARALLEL SAFE
AS $function$
BEGIN
  RETURN CASE
    WHEN d.choices IS NOT NULL AND NOT d.choices @> jsonb_build_array(jsonb_build_object('value', value)) THEN 'CHOICE'
    WHEN length(value) < d.min_length THEN 'TOO_SHORT'
    WHEN length(value) > d.max_length THEN 'TOO_LONG'
    WHEN d.pattern IS NOT NULL AND value COLLATE "C" !~ ('^(?:' || d.pattern || ')$') THEN 'PATTERN'
  END;
END $function$;

CREATE OR REPLACE FUNCTION public.audit_action(commit_kind text, commit_action text, of_table text, operation text, before jsonb, after jsonb)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  SELECT CASE of_table
    WHEN 'user_account' THEN CASE
      WHEN operation = 'INSERT' THEN 'user.created'
      WHEN operation = 'DELETE' THEN CASE WHEN commit_action LIKE 'user.%' THEN commit_action ELSE 'user.removed' END
      WHEN before->>'status' <> after->>'status' THEN CASE
        WHEN before->>'status' = 'DELETED' THEN 'user.restored'
        WHEN after->>'status' = 'DELETED' THEN 'user.deleted'
        WHEN after->>'status' = 'LOCKED' THEN 'user.locked'
        WHEN after->>'status' = 'SUSPENDED' THEN 'user.suspended'
        WHEN after->>'status' = 'ARCHIVED' THEN 'user.archived'
        WHEN after->>'status' = 'INACTIVE' THEN 'user.deactivated'
        WHEN before->>'status' = 'LOCKED' THEN 'user.unlocked'
        WHEN before->>'status' = 'SUSPENDED' THEN 'user.reinstated'
        WHEN after->>'status' = 'ACTIVE' THEN 'user.activated'
        ELSE 'user.updated' END
      WHEN commit_action LIKE 'user.%' AND commit_action NOT IN ('user.created', 'user.activated', 'user.deactivated', 'user.locked',
        'user.unlocked', 'user.suspended', 'user.reinstated', 'user.archived', 'user.deleted', 'user.restored') THEN commit_action
      ELSE 'user.updated' END
    WHEN 'user_security' THEN CASE commit_kind WHEN 'SIGN_IN' THEN commit_action ELSE 'user.security_changed' END
    WHEN 'org_unit' THEN CASE operation WHEN 'INSERT' THEN 'org_unit.created' WHEN 'DELETE' THEN 'org_unit.deleted'
      ELSE CASE WHEN before->'parent_id' <> after->'parent_id' THEN 'org_unit.moved' ELSE 'org_unit.updated' END END
    WHEN 'role' THEN CASE operation WHEN 'INSERT' THEN 'role.created' WHEN 'DELETE' THEN 'role.deleted' ELSE 'role.updated' END
    WHEN 'role_inheritance' THEN 'role.updated'
    WHEN 'role_grant' THEN CASE
      WHEN operation = 'INSERT' THEN 'role.granted'
      WHEN operation = 'DELETE' OR before->>'revoked_at' IS NULL AND after->>'revoked_at' IS NOT NULL THEN 'role.revoked'
      ELSE 'role.grant_changed' END
    WHEN 'service_token' THEN CASE
      WHEN operation = 'INSERT' THEN 'token.created'
      WHEN operation = 'DELETE' OR before->>'revoked_at' IS NULL AND after->>'revoked_at' IS NOT NULL THEN 'token.revoked'
      WHEN before->>'rotated_at' IS DISTINCT FROM after->>'rotated_at' THEN 'token.rotated' ELSE 'token.changed' END
    WHEN 'session' THEN CASE
      WHEN starts_with(commit_action, 'session.') THEN commit_action
      WHEN operation = 'INSERT' THEN 'session.started'
      WHEN operation = 'DELETE' THEN 'session.removed'
      WHEN before->>'ended_at' IS NULL AND after->>'ended_at' IS NOT NULL THEN 'session.ended'
      ELSE 'session.changed' END
    WHEN 'mail' THEN 'mail.' || CASE operation WHEN 'INSERT' THEN 'queued' WHEN 'DELETE' THEN 'forgotten'
      ELSE lower(after->>'state') END
    WHEN 'user_link' THEN CASE WHEN operation <> 'INSERT' THEN 'user.link_ended' ELSE CASE after->>'purpose'
      WHEN 'INVITATION' THEN 'user.invited' WHEN 'PASSWORD_RESET' THEN 'user.password_reset_requested'
      ELSE 'user.email_verification_requested' END END
    WHEN 'scheduled_transition' THEN 'transition.' || CASE
      WHEN operation = 'INSERT' THEN 'scheduled' WHEN operation = 'DELETE' THEN 'removed'
      WHEN before->>'state' = after->>'state' THEN 'changed'
      WHEN after->>'state' = 'DONE' THEN 'carried_out' ELSE lower(after->>'state') END
    WHEN 'user_deletion' THEN 'user.deletion_' || CASE operation WHEN 'INSERT' THEN 'noted' WHEN 'DELETE' THEN 'undone' ELSE 'changed' END
    WHEN 'approval_request' THEN 'approval.' || CASE
      WHEN operation = 'INSERT' THEN 'requested'
      WHEN operation = 'DELETE' THEN 'forgotten'
      WHEN before->>'state' <> after->>'state' THEN lower(after->>'state')
      WHEN before->>'reminders' <> after->>'reminders' THEN 'reminded'
      WHEN before->>'step' <> after->>'step' THEN 'step_approved'
      ELSE 'changed' END
    WHEN 'approval_delegation' THEN 'approval.' || CASE operation WHEN 'INSERT' THEN 'delegated' WHEN 'DELETE' THEN 'delegation_forgotten'
      ELSE 'delegation_ended' END
    WHEN 'bulk_plan' THEN CASE WHEN operation = 'INSERT' THEN 'bulk_plan.planned' WHEN operation = 'DELETE' THEN 'bulk_plan.forgotten'
      WHEN before->>'state' = after->>'state' THEN 'bulk_plan.advanced' ELSE 'bulk_plan.' || lower(after->>'state') END
    WHEN 'safety_limit' THEN CASE operation WHEN 'INSERT' THEN 'safety_limit.created' WHEN 'DELETE' THEN 'safety_limit.deleted'
      ELSE 'safety_limit.updated' END
    WHEN 'profile_template' THEN 'profile_template.' || CASE operation WHEN 'INSERT' THEN 'created' WHEN 'DELETE' THEN 'deleted' ELSE 'updated' END
    WHEN 'profile_template_role' THEN 'profile_template.role_' || CASE operation WHEN 'INSERT' THEN 'added' WHEN 'DELETE' THEN 'removed' ELSE 'changed' END
    WHEN 'profile_template_grant' THEN 'role.grant_' || CASE operation WHEN 'INSERT' THEN 'of_template' WHEN 'DELETE' THEN 'forgotten' ELSE 'kept_without_template' END
    WHEN 'offboarding' THEN 'user.offboarding_' || CASE operation WHEN 'INSERT' THEN 'scheduled' WHEN 'DELETE' THEN 'forgotten' ELSE 'changed' END
    WHEN 'export_link' THEN 'export.' || CASE
      WHEN operation = 'INSERT' THEN 'created'
      WHEN operation = 'DELETE' THEN 'forgotten'
      WHEN after->>'state' = 'READING' THEN 'opened'
      ELSE lower(after->>'state') END
    WHEN 'user_group' THEN 'group.' || CASE operation WHEN 'INSERT' THEN 'created' WHEN 'DELETE' THEN 'deleted' ELSE 'updated' END
    WHEN 'group_member' THEN 'group.member_' || CASE operation WHEN 'INSERT' THEN 'added' WHEN 'DELETE' THEN 'removed' ELSE 'changed' END
    WHEN 'profile_template_group' THEN 'profile_template.group_' || CASE operation WHEN 'INSERT' THEN 'added' WHEN 'DELETE' THEN 'removed' ELSE 'changed' END
    WHEN 'profile_template_fill' THEN 'user.fill_' || CASE operation WHEN 'INSERT' THEN 'noted' WHEN 'DELETE' THEN 'forgotten' ELSE 'changed' END
    WHEN 'profile_template_member' THEN 'group.member_' || CASE operation WHEN 'INSERT' THEN 'of_template' WHEN 'DELETE' THEN 'forgotten' ELSE 'kept_without_template' END
    WHEN 'onboarding' THEN 'user.onboarding_' || CASE operation WHEN 'INSERT' THEN 'scheduled' WHEN 'DELETE' THEN 'forgotten' ELSE 'changed' END
    WHEN 'transfer' THEN 'user.transfer_' || CASE operation WHEN 'INSERT' THEN 'scheduled' WHEN 'DELETE' THEN 'forgotten' ELSE 'changed' END
    WHEN 'retention_policy' THEN 'retention_policy.' || CASE WHEN operation = 'INSERT' THEN 'created' WHEN operation = 'DELETE' THEN 'deleted'
      WHEN before->>'version' = after->>'version' THEN 'approved' ELSE 'updated' END
    WHEN 'retention_run' THEN 'retention_run.' || CASE WHEN operation = 'INSERT' AND after->>'state' = 'RUNNING' THEN 'begun'
      WHEN operation = 'DELETE' THEN 'forgotten' WHEN before->>'state' = after->>'state' THEN 'advanced'
      WHEN after->>'state' = 'RUNNING' THEN 'approved' ELSE lower(after->>'state') END
    WHEN 'import_upload' THEN CASE operation WHEN 'INSERT' THEN 'import.uploaded' ELSE 'import.forgotten' END
    WHEN 'import_template' THEN CASE operation WHEN 'INSERT' THEN 'import_template.created' WHEN 'DELETE' THEN 'import_template.deleted'
      ELSE 'import_template.updated' END
    WHEN 'audit_attempt' THEN CASE operation WHEN 'INSERT' THEN after->>'action' ELSE 'audit_attempt.changed' END
    ELSE CASE
      WHEN starts_with(commit_action, of_table || '.') THEN commit_action
      ELSE replace(of_table, 'user_', 'user.') || CASE operation WHEN 'INSERT' THEN '.added' WHEN 'DELETE' THEN '.removed' ELSE '.changed' END END
  END $function$;

CREATE OR REPLACE FUNCTION public.audit_changed(of_table text, before jsonb, after jsonb, hidden text[])
 RETURNS TABLE(columns text[], fields text[])
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  SELECT coalesce(array_agg(k.name ORDER BY k.name COLLATE "C"), '{}'),
    coalesce(array_agg(audit_field(of_table, k.name) ORDER BY k.name COLLATE "C"), '{}')
  FROM (
    SELECT name FROM jsonb_object_keys(jsonb_strip_nulls(coalesce(before, '{}')) || jsonb_strip_nulls(coalesce(after, '{}'))) AS key (name)
    WHERE before->name IS DISTINCT FROM after->name
      AND name <> ALL (CASE of_table
        WHEN 'role_inheritance' THEN '{id,role_id}'::text[]
        WHEN 'role_grant' THEN '{id,user_id,granted_by_kind,granted_by_id,granted_by_name}'
        WHEN 'audit_attempt' THEN '{id,at,action,outcome,subject_kind,subject_id}'
        ELSE '{id,user_id,version,created_at,updated_at,place,status_before}' END)
      AND (before IS NOT NULL OR after->name NOT IN ('[]', '{}'))
    UNION ALL SELECT unnest(hidden)) k
$function$;

CREATE OR REPLACE FUNCTION public.audit_field(of_table text, of_column text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  SELECT CASE
    WHEN of_table = 'user_email' AND of_column = 'value' THEN 'email'
    WHEN of_table = 'user_email' AND of_column = 'verified' THEN 'emailVerified'
    WHEN of_table = 'user_phone' AND of_column = 'value' THEN 'phone'
    WHEN of_table = 'user_identity' AND of_column = 'external_id' THEN 'externalId'
    WHEN of_table IN ('user_email', 'user_phone', 'user_address', 'user_identity')
      THEN substr(of_table, 6) || '.' || camel_case(regexp_replace(of_column, '^is_', ''))
    ELSE camel_case(regexp_replace(of_column, '_id$', ''))
  END $function$;

CREATE OR REPLACE FUNCTION public.audit_subject(of_table text, row_id uuid, image jsonb, actor_kind text, actor_id uuid)
 RETURNS TABLE(kind text, id uuid)
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  SELECT CASE
      WHEN of_table = 'audit_attempt' THEN coalesce(image->>'subject_kind',
        CASE WHEN actor_id IS NULL THEN NULL WHEN actor_kind = 'USER' THEN 'User' WHEN actor_kind = 'SERVICE' THEN 'ServiceToken' END)
      WHEN of_table = 'user_account' OR image->>'user_id' IS NOT NULL THEN 'User'
      WHEN of_table = 'user_group' OR image->>'group_id' IS NOT NULL THEN 'Group'
      WHEN image->>'role_id' IS NOT NULL THEN 'Role'
      ELSE replace(initcap(replace(of_table, '_', ' ')), ' ', '') END,
    CASE
      WHEN of_table = 'audit_attempt' THEN coalesce((image->>'subject_id')::uuid, actor_id)
      ELSE coalesce((image->>'user_id')::uuid, (image->>'group_id')::uuid, (image->>'role_id')::uuid, row_id) END
$function$;

CREATE OR REPLACE FUNCTION public.bare_image(image jsonb)
 RETURNS jsonb
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  SELECT CASE WHEN image IS NOT NULL THEN coalesce((SELECT jsonb_object_agg(key, value) FROM jsonb_each(image)
    WHERE key IN ('id', 'user_id', 'role_id', 'scope_id', 'org_unit_id', 'manager_id', 'status', 'deleted_at', 'erased_at', 'revoked_at', 'state', 'version')), '{}') END
$function$;

CREATE OR REPLACE FUNCTION public.begin_audit_partition(of_month date, first_commit bigint, events_before bigint, hash_before bytea)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
 SET lock_timeout TO '100ms'
AS $function$
DECLARE
  last audit_partition;
  fresh text := 'audit_log_' || to_char(of_month, 'YYYY_MM');
BEGIN
  SELECT * INTO last FROM audit_partition WHERE to_commit IS NULL;
  IF FOUND THEN
    EXECUTE format('ALTER TABLE audit_log DETACH PARTITION %I', last.name);
    EXECUTE format('ALTER TABLE audit_log ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)', last.name, last.from_commit, first_commit);
    UPDATE audit_partition SET to_commit = first_commit WHERE name = last.name;
  END IF;
  EXECUTE format('CREATE TABLE %I PARTITION OF audit_log FOR VALUES FROM (%s) TO (MAXVALUE)', fresh, first_commit);
  EXECUTE format('CREATE TRIGGER refuse_audit_truncate BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()', fresh);
  EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER refuse_audit_truncate', fresh);
  INSERT INTO audit_partition (name, month, from_commit, events_before, hash_before)
  VALUES (fresh, of_month, first_commit, events_before, hash_before);
END $function$;

CREATE OR REPLACE FUNCTION public.bound_audit_partition()
 RETURNS text
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET lock_timeout TO '100ms'
AS $function$
DECLARE
  written audit_partition;
  first_commit bigint;
BEGIN
  SELECT * INTO written FROM audit_partition WHERE to_commit IS NULL;
  SELECT number INTO first_commit FROM commit
  WHERE at >= (written.month + interval '1 month') AT TIME ZONE 'UTC' ORDER BY at, number LIMIT 1;
  IF first_commit IS NULL THEN RETURN NULL; END IF;
  IF NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = to_regclass(quote_ident(written.name)) AND conname = 'audit_log_bounds') THEN
    EXECUTE format('ALTER TABLE %I ADD CONSTRAINT audit_log_bounds CHECK (commit_number >= %s AND commit_number < %s) NOT VALID',
      written.name, written.from_commit, first_commit);
  END IF;
  RETURN written.name;
END $function$;

CREATE OR REPLACE FUNCTION public.camel_case(name text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$ SELECT lower(left(name, 1)) || substr(replace(initcap(replace(name, '_', ' ')), ' ', ''), 2) $function$;

CREATE OR REPLACE FUNCTION public.capture_access_rule()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET "TimeZone" TO 'UTC'
 SET jit TO 'off'
AS $function$
    -- capture_table('access_rule', 'f', '{}')
    DECLARE
      own bigint;
      last integer;
    BEGIN
      IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM new_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'access_rule', n.id, TG_OP, to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f' FROM new_rows n CROSS JOIN LATERAL (SELECT n.id, n.version, n.name, n.permissions, n.actor, n.object, n.hours, n.timezone, n.networks, instant_text(n.created_at) AS created_at, instant_text(n.updated_at) AS updated_at) after;
      ELSIF TG_OP = 'DELETE' THEN
        IF NOT EXISTS (SELECT FROM old_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, hidden, derived)
        SELECT own, last + row_number() OVER (), 'access_rule', o.id, TG_OP, to_jsonb(before), array_remove(ARRAY[NULL::text], NULL), 'f' FROM old_rows o CROSS JOIN LATERAL (SELECT o.id, o.version, o.name, o.permissions, o.actor, o.object, o.hours, o.timezone, o.networks, instant_text(o.created_at) AS created_at, instant_text(o.updated_at) AS updated_at) before;
      ELSE
        IF NOT EXISTS (SELECT FROM old_rows o FULL JOIN new_rows n ON n.id = o.id WHERE (o *<> n) IS NOT FALSE) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'access_rule', n.id, TG_OP, to_jsonb(before), to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f'
        FROM old_rows o FULL JOIN new_rows n ON n.id = o.id CROSS JOIN LATERAL (SELECT o.id, o.version, o.name, o.permissions, o.actor, o.object, o.hours, o.timezone, o.networks, instant_text(o.created_at) AS created_at, instant_text(o.updated_at) AS updated_at) before CROSS JOIN LATERAL (SELECT n.id, n.version, n.name, n.permissions, n.actor, n.object, n.hours, n.timezone, n.networks, instant_text(n.created_at) AS created_at, instant_text(n.updated_at) AS updated_at) after WHERE (o *<> n) IS NOT FALSE;
      END IF;
      RETURN NULL;
    END $function$;

CREATE OR REPLACE FUNCTION public.capture_approval_delegation()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET "TimeZone" TO 'UTC'
 SET jit TO 'off'
AS $function$
    -- capture_table('approval_delegation', 'f', '{}')
    DECLARE
      own bigint;
      last integer;
    BEGIN
      IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM new_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'approval_delegation', n.id, TG_OP, to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f' FROM new_rows n CROSS JOIN LATERAL (SELECT n.id, n.user_id, n.delegate_id, instant_text(n.starts_at) AS starts_at, instant_text(n.ends_at) AS ends_at, instant_text(n.ended_at) AS ended_at, instant_text(n.created_at) AS created_at) after;
      ELSIF TG_OP = 'DELETE' THEN
        IF NOT EXISTS (SELECT FROM old_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, hidden, derived)
        SELECT own, last + row_number() OVER (), 'approval_delegation', o.id, TG_OP, to_jsonb(before), array_remove(ARRAY[NULL::text], NULL), 'f' FROM old_rows o CROSS JOIN LATERAL (SELECT o.id, o.user_id, o.delegate_id, instant_text(o.starts_at) AS starts_at, instant_text(o.ends_at) AS ends_at, instant_text(o.ended_at) AS ended_at, instant_text(o.created_at) AS created_at) before;
      ELSE
        IF NOT EXISTS (SELECT FROM old_rows o FULL JOIN new_rows n ON n.id = o.id WHERE (o *<> n) IS NOT FALSE) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'approval_delegation', n.id, TG_OP, to_jsonb(before), to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f'
        FROM old_rows o FULL JOIN new_rows n ON n.id = o.id CROSS JOIN LATERAL (SELECT o.id, o.user_id, o.delegate_id, instant_text(o.starts_at) AS starts_at, instant_text(o.ends_at) AS ends_at, instant_text(o.ended_at) AS ended_at, instant_text(o.created_at) AS created_at) before CROSS JOIN LATERAL (SELECT n.id, n.user_id, n.delegate_id, instant_text(n.starts_at) AS starts_at, instant_text(n.ends_at) AS ends_at, instant_text(n.ended_at) AS ended_at, instant_text(n.created_at) AS created_at) after WHERE (o *<> n) IS NOT FALSE;
      END IF;
      RETURN NULL;
    END $function$;

CREATE OR REPLACE FUNCTION public.capture_approval_policy()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET "TimeZone" TO 'UTC'
 SET jit TO 'off'
AS $function$
    -- capture_table('approval_policy', 'f', '{}')
    DECLARE
      own bigint;
      last integer;
    BEGIN
      IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM new_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'approval_policy', n.id, TG_OP, to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f' FROM new_rows n CROSS JOIN LATERAL (SELECT n.id, n.version, n.name, n.fields, n.filter, n.priority, n.expires_after_hours, n.remind_every_hours, instant_text(n.created_at) AS created_at, instant_text(n.updated_at) AS updated_at) after;
      ELSIF TG_OP = 'DELETE' THEN
        IF NOT EXISTS (SELECT FROM old_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, hidden, derived)
        SELECT own, last + row_number() OVER (), 'approval_policy', o.id, TG_OP, to_jsonb(before), array_remove(ARRAY[NULL::text], NULL), 'f' FROM old_rows o CROSS JOIN LATERAL (SELECT o.id, o.version, o.name, o.fields, o.filter, o.priority, o.expires_after_hours, o.remind_every_hours, instant_text(o.created_at) AS created_at, instant_text(o.updated_at) AS updated_at) before;
      ELSE
        IF NOT EXISTS (SELECT FROM old_rows o FULL JOIN new_rows n ON n.id = o.id WHERE (o *<> n) IS NOT FALSE) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'approval_policy', n.id, TG_OP, to_jsonb(before), to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f'
        FROM old_rows o FULL JOIN new_rows n ON n.id = o.id CROSS JOIN LATERAL (SELECT o.id, o.version, o.name, o.fields, o.filter, o.priority, o.expires_after_hours, o.remind_every_hours, instant_text(o.created_at) AS created_at, instant_text(o.updated_at) AS updated_at) before CROSS JOIN LATERAL (SELECT n.id, n.version, n.name, n.fields, n.filter, n.priority, n.expires_after_hours, n.remind_every_hours, instant_text(n.created_at) AS created_at, instant_text(n.updated_at) AS updated_at) after WHERE (o *<> n) IS NOT FALSE;
      END IF;
      RETURN NULL;
    END $function$;

CREATE OR REPLACE FUNCTION public.capture_approval_policy_decider()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET "TimeZone" TO 'UTC'
 SET jit TO 'off'
AS $function$
    -- capture_table('approval_policy_decider', 'f', '{}')
    DECLARE
      own bigint;
      last integer;
    BEGIN
      IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM new_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'approval_policy_decider', n.id, TG_OP, to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f' FROM new_rows n CROSS JOIN LATERAL (SELECT n.id, n.approval_policy_id, n.step, n.by, n.role_id, n.permission, n.everywhere) after;
      ELSIF TG_OP = 'DELETE' THEN
        IF NOT EXISTS (SELECT FROM old_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, hidden, derived)
        SELECT own, last + row_number() OVER (), 'approval_policy_decider', o.id, TG_OP, to_jsonb(before), array_remove(ARRAY[NULL::text], NULL), 'f' FROM old_rows o CROSS JOIN LATERAL (SELECT o.id, o.approval_policy_id, o.step, o.by, o.role_id, o.permission, o.everywhere) before;
      ELSE
        IF NOT EXISTS (SELECT FROM old_rows o FULL JOIN new_rows n ON n.id = o.id WHERE (o *<> n) IS NOT FALSE) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'approval_policy_decider', n.id, TG_OP, to_jsonb(before), to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f'
        FROM old_rows o FULL JOIN new_rows n ON n.id = o.id CROSS JOIN LATERAL (SELECT o.id, o.approval_policy_id, o.step, o.by, o.role_id, o.permission, o.everywhere) before CROSS JOIN LATERAL (SELECT n.id, n.approval_policy_id, n.step, n.by, n.role_id, n.permission, n.everywhere) after WHERE (o *<> n) IS NOT FALSE;
      END IF;
      RETURN NULL;
    END $function$;

CREATE OR REPLACE FUNCTION public.capture_approval_request()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET "TimeZone" TO 'UTC'
 SET jit TO 'off'
AS $function$
    -- capture_table('approval_request', 'f', '{payload,reason}')
    DECLARE
      own bigint;
      last integer;
    BEGIN
      IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM new_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'approval_request', n.id, TG_OP, to_jsonb(after), array_remove(ARRAY[CASE WHEN n.payload IS NOT NULL THEN 'payload' END, CASE WHEN n.reason IS NOT NULL THEN 'reason' END], NULL), jsonb_build_object('payload', hidden_digest(n.id, n.payload), 'reason', hidden_digest(n.id, n.reason)), 'f' FROM new_rows n CROSS JOIN LATERAL (SELECT n.id, n.version, n.kind, n.state, n.user_id, n.subject_id, n.requester_kind, n.requester_id, n.requester_name, n.steps, n.step, instant_text(n.expires_at) AS expires_at, instant_text(n.remind_at) AS remind_at, n.remind_minutes, n.reminders, n.failure_code, n.failure_message, instant_text(n.created_at) AS created_at, instant_text(n.updated_at) AS updated_at, instant_text(n.closed_at) AS closed_at) after;
      ELSIF TG_OP = 'DELETE' THEN
        IF NOT EXISTS (SELECT FROM old_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, hidden, derived)
        SELECT own, last + row_number() OVER (), 'approval_request', o.id, TG_OP, to_jsonb(before), array_remove(ARRAY[CASE WHEN o.payload IS NOT NULL THEN 'payload' END, CASE WHEN o.reason IS NOT NULL THEN 'reason' END], NULL), 'f' FROM old_rows o CROSS JOIN LATERAL (SELECT o.id, o.version, o.kind, o.state, o.user_id, o.subject_id, o.requester_kind, o.requester_id, o.requester_name, o.steps, o.step, instant_text(o.expires_at) AS expires_at, instant_text(o.remind_at) AS remind_at, o.remind_minutes, o.reminders, o.failure_code, o.failure_message, instant_text(o.created_at) AS created_at, instant_text(o.updated_at) AS updated_at, instant_text(o.closed_at) AS closed_at) before;
      ELSE
        IF NOT EXISTS (SELECT FROM old_rows o FULL JOIN new_rows n ON n.id = o.id WHERE (o *<> n) IS NOT FALSE) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'approval_request', n.id, TG_OP, to_jsonb(before), to_jsonb(after), array_remove(ARRAY[CASE WHEN o.payload IS DISTINCT FROM n.payload THEN 'payload' END, CASE WHEN o.reason IS DISTINCT FROM n.reason THEN 'reason' END], NULL), jsonb_build_object('payload', hidden_digest(n.id, n.payload), 'reason', hidden_digest(n.id, n.reason)), 'f'
        FROM old_rows o FULL JOIN new_rows n ON n.id = o.id CROSS JOIN LATERAL (SELECT o.id, o.version, o.kind, o.state, o.user_id, o.subject_id, o.requester_kind, o.requester_id, o.requester_name, o.steps, o.step, instant_text(o.expires_at) AS expires_at, instant_text(o.remind_at) AS remind_at, o.remind_minutes, o.reminders, o.failure_code, o.failure_message, instant_text(o.created_at) AS created_at, instant_text(o.updated_at) AS updated_at, instant_text(o.closed_at) AS closed_at) before CROSS JOIN LATERAL (SELECT n.id, n.version, n.kind, n.state, n.user_id, n.subject_id, n.requester_kind, n.requester_id, n.requester_name, n.steps, n.step, instant_text(n.expires_at) AS expires_at, instant_text(n.remind_at) AS remind_at, n.remind_minutes, n.reminders, n.failure_code, n.failure_message, instant_text(n.created_at) AS created_at, instant_text(n.updated_at) AS updated_at, instant_text(n.closed_at) AS closed_at) after WHERE (o *<> n) IS NOT FALSE;
      END IF;
      RETURN NULL;
    END $function$;

CREATE OR REPLACE FUNCTION public.capture_attribute_definition()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET "TimeZone" TO 'UTC'
 SET jit TO 'off'
AS $function$
    -- capture_table('attribute_definition', 'f', '{}')
    DECLARE
      own bigint;
      last integer;
    BEGIN
      IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM new_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'attribute_definition', n.id, TG_OP, to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f' FROM new_rows n CROSS JOIN LATERAL (SELECT n.id, n.version, n.key, n.name, n.description, n.type, n.state, n.required, n."unique", n.pattern, n.minimum, n.maximum, n.earliest, n.latest, n.min_length, n.max_length, n.choices, n.sensitive, n.self_editable, n.read_permission, n.searchable, instant_text(n.created_at) AS created_at, instant_text(n.updated_at) AS updated_at) after;
      ELSIF TG_OP = 'DELETE' THEN
        IF NOT EXISTS (SELECT FROM old_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, hidden, derived)
        SELECT own, last + row_number() OVER (), 'attribute_definition', o.id, TG_OP, to_jsonb(before), array_remove(ARRAY[NULL::text], NULL), 'f' FROM old_rows o CROSS JOIN LATERAL (SELECT o.id, o.version, o.key, o.name, o.description, o.type, o.state, o.required, o."unique", o.pattern, o.minimum, o.maximum, o.earliest, o.latest, o.min_length, o.max_length, o.choices, o.sensitive, o.self_editable, o.read_permission, o.searchable, instant_text(o.created_at) AS created_at, instant_text(o.updated_at) AS updated_at) before;
      ELSE
        IF NOT EXISTS (SELECT FROM old_rows o FULL JOIN new_rows n ON n.id = o.id WHERE (o *<> n) IS NOT FALSE) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'attribute_definition', n.id, TG_OP, to_jsonb(before), to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f'
        FROM old_rows o FULL JOIN new_rows n ON n.id = o.id CROSS JOIN LATERAL (SELECT o.id, o.version, o.key, o.name, o.description, o.type, o.state, o.required, o."unique", o.pattern, o.minimum, o.maximum, o.earliest, o.latest, o.min_length, o.max_length, o.choices, o.sensitive, o.self_editable, o.read_permission, o.searchable, instant_text(o.created_at) AS created_at, instant_text(o.updated_at) AS updated_at) before CROSS JOIN LATERAL (SELECT n.id, n.version, n.key, n.name, n.description, n.type, n.state, n.required, n."unique", n.pattern, n.minimum, n.maximum, n.earliest, n.latest, n.min_length, n.max_length, n.choices, n.sensitive, n.self_editable, n.read_permission, n.searchable, instant_text(n.created_at) AS created_at, instant_text(n.updated_at) AS updated_at) after WHERE (o *<> n) IS NOT FALSE;
      END IF;
      RETURN NULL;
    END $function$;

CREATE OR REPLACE FUNCTION public.capture_audit_attempt()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET "TimeZone" TO 'UTC'
 SET jit TO 'off'
AS $function$
    -- capture_table('audit_attempt', 'f', '{}')
    DECLARE
      own bigint;
      last integer;
    BEGIN
      IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM new_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'audit_attempt', n.id, TG_OP, to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f' FROM new_rows n CROSS JOIN LATERAL (SELECT n.id, instant_text(n.at) AS at, n.action, n.outcome, n.code, n.operation, n.subject_kind, n.subject_id, n.omitted) after;
      ELSIF TG_OP = 'DELETE' THEN
        IF NOT EXISTS (SELECT FROM old_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, hidden, derived)
        SELECT own, last + row_number() OVER (), 'audit_attempt', o.id, TG_OP, to_jsonb(before), array_remove(ARRAY[NULL::text], NULL), 'f' FROM old_rows o CROSS JOIN LATERAL (SELECT o.id, instant_text(o.at) AS at, o.action, o.outcome, o.code, o.operation, o.subject_kind, o.subject_id, o.omitted) before;
      ELSE
        IF NOT EXISTS (SELECT FROM old_rows o FULL JOIN new_rows n ON n.id = o.id WHERE (o *<> n) IS NOT FALSE) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'audit_attempt', n.id, TG_OP, to_jsonb(before), to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f'
        FROM old_rows o FULL JOIN new_rows n ON n.id = o.id CROSS JOIN LATERAL (SELECT o.id, instant_text(o.at) AS at, o.action, o.outcome, o.code, o.operation, o.subject_kind, o.subject_id, o.omitted) before CROSS JOIN LATERAL (SELECT n.id, instant_text(n.at) AS at, n.action, n.outcome, n.code, n.operation, n.subject_kind, n.subject_id, n.omitted) after WHERE (o *<> n) IS NOT FALSE;
      END IF;
      RETURN NULL;
    END $function$;

CREATE OR REPLACE FUNCTION public.capture_audit_detachment()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET "TimeZone" TO 'UTC'
 SET jit TO 'off'
AS $function$
    -- capture_table('audit_detachment', 'f', '{}')
    DECLARE
      own bigint;
      last integer;
    BEGIN
      IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM new_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'audit_detachment', n.id, TG_OP, to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f' FROM new_rows n CROSS JOIN LATERAL (SELECT n.id, n.partition, n.month, n.from_commit, n.to_commit, n.events, n.last_hash) after;
      ELSIF TG_OP = 'DELETE' THEN
        IF NOT EXISTS (SELECT FROM old_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, hidden, derived)
        SELECT own, last + row_number() OVER (), 'audit_detachment', o.id, TG_OP, to_jsonb(before), array_remove(ARRAY[NULL::text], NULL), 'f' FROM old_rows o CROSS JOIN LATERAL (SELECT o.id, o.partition, o.month, o.from_commit, o.to_commit, o.events, o.last_hash) before;
      ELSE
        IF NOT EXISTS (SELECT FROM old_rows o FULL JOIN new_rows n ON n.id = o.id WHERE (o *<> n) IS NOT FALSE) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'audit_detachment', n.id, TG_OP, to_jsonb(before), to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f'
        FROM old_rows o FULL JOIN new_rows n ON n.id = o.id CROSS JOIN LATERAL (SELECT o.id, o.partition, o.month, o.from_commit, o.to_commit, o.events, o.last_hash) before CROSS JOIN LATERAL (SELECT n.id, n.partition, n.month, n.from_commit, n.to_commit, n.events, n.last_hash) after WHERE (o *<> n) IS NOT FALSE;
      END IF;
      RETURN NULL;
    END $function$;

CREATE OR REPLACE FUNCTION public.capture_bulk_plan()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET "TimeZone" TO 'UTC'
 SET jit TO 'off'
AS $function$
    -- capture_table('bulk_plan', 'f', '{preview,ip,reason}')
    DECLARE
      own bigint;
      last integer;
    BEGIN
      IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM new_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'bulk_plan', n.id, TG_OP, to_jsonb(after), array_remove(ARRAY[CASE WHEN n.preview IS NOT NULL THEN 'preview' END, CASE WHEN n.ip IS NOT NULL THEN 'ip' END, CASE WHEN n.reason IS NOT NULL THEN 'reason' END], NULL), jsonb_build_object('preview', hidden_digest(n.id, n.preview), 'ip', hidden_digest(n.id, n.ip), 'reason', hidden_digest(n.id, n.reason)), 'f' FROM new_rows n CROSS JOIN LATERAL (SELECT n.id, n.state, n.kind, n.target, n.change, n.planner_kind, n.planner_id, n.planner_name, n.token_id, n.operation_id, n.reverts_id, n.limits_known, n.needs_approval, n.approval_id, n.people, n.changing, n.unchanged, n.errors, n.changed, n.same, n.conflicts, n.refused, n.failed, n.skipped, n.people_per_second, n.problem, instant_text(n.created_at) AS created_at, instant_text(n.expires_at) AS expires_at, instant_text(n.ready_at) AS ready_at, instant_text(n.started_at) AS started_at, instant_text(n.updated_at) AS updated_at, instant_text(n.finished_at) AS finished_at, n.creating, n.missing, n.problems, n.upload_id) after;
      ELSIF TG_OP = 'DELETE' THEN
        IF NOT EXISTS (SELECT FROM old_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, hidden, derived)
        SELECT own, last + row_number() OVER (), 'bulk_plan', o.id, TG_OP, to_jsonb(before), array_remove(ARRAY[CASE WHEN o.preview IS NOT NULL THEN 'preview' END, CASE WHEN o.ip IS NOT NULL THEN 'ip' END, CASE WHEN o.reason IS NOT NULL THEN 'reason' END], NULL), 'f' FROM old_rows o CROSS JOIN LATERAL (SELECT o.id, o.state, o.kind, o.target, o.change, o.planner_kind, o.planner_id, o.planner_name, o.token_id, o.operation_id, o.reverts_id, o.limits_known, o.needs_approval, o.approval_id, o.people, o.changing, o.unchanged, o.errors, o.changed, o.same, o.conflicts, o.refused, o.failed, o.skipped, o.people_per_second, o.problem, instant_text(o.created_at) AS created_at, instant_text(o.expires_at) AS expires_at, instant_text(o.ready_at) AS ready_at, instant_text(o.started_at) AS started_at, instant_text(o.updated_at) AS updated_at, instant_text(o.finished_at) AS finished_at, o.creating, o.missing, o.problems, o.upload_id) before;
      ELSE
        IF NOT EXISTS (SELECT FROM old_rows o FULL JOIN new_rows n ON n.id = o.id WHERE (o *<> n) IS NOT FALSE) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'bulk_plan', n.id, TG_OP, to_jsonb(before), to_jsonb(after), array_remove(ARRAY[CASE WHEN o.preview IS DISTINCT FROM n.preview THEN 'preview' END, CASE WHEN o.ip IS DISTINCT FROM n.ip THEN 'ip' END, CASE WHEN o.reason IS DISTINCT FROM n.reason THEN 'reason' END], NULL), jsonb_build_object('preview', hidden_digest(n.id, n.preview), 'ip', hidden_digest(n.id, n.ip), 'reason', hidden_digest(n.id, n.reason)), 'f'
        FROM old_rows o FULL JOIN new_rows n ON n.id = o.id CROSS JOIN LATERAL (SELECT o.id, o.state, o.kind, o.target, o.change, o.planner_kind, o.planner_id, o.planner_name, o.token_id, o.operation_id, o.reverts_id, o.limits_known, o.needs_approval, o.approval_id, o.people, o.changing, o.unchanged, o.errors, o.changed, o.same, o.conflicts, o.refused, o.failed, o.skipped, o.people_per_second, o.problem, instant_text(o.created_at) AS created_at, instant_text(o.expires_at) AS expires_at, instant_text(o.ready_at) AS ready_at, instant_text(o.started_at) AS started_at, instant_text(o.updated_at) AS updated_at, instant_text(o.finished_at) AS finished_at, o.creating, o.missing, o.problems, o.upload_id) before CROSS JOIN LATERAL (SELECT n.id, n.state, n.kind, n.target, n.change, n.planner_kind, n.planner_id, n.planner_name, n.token_id, n.operation_id, n.reverts_id, n.limits_known, n.needs_approval, n.approval_id, n.people, n.changing, n.unchanged, n.errors, n.changed, n.same, n.conflicts, n.refused, n.failed, n.skipped, n.people_per_second, n.problem, instant_text(n.created_at) AS created_at, instant_text(n.expires_at) AS expires_at, instant_text(n.ready_at) AS ready_at, instant_text(n.started_at) AS started_at, instant_text(n.updated_at) AS updated_at, instant_text(n.finished_at) AS finished_at, n.creating, n.missing, n.problems, n.upload_id) after WHERE (o *<> n) IS NOT FALSE;
      END IF;
      RETURN NULL;
    END $function$;

CREATE OR REPLACE FUNCTION public.capture_export_link()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET "TimeZone" TO 'UTC'
 SET jit TO 'off'
AS $function$
    -- capture_table('export_link', 'f', '{secret_hash,payload}')
    DECLARE
      own bigint;
      last integer;
    BEGIN
      IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM new_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'export_link', n.id, TG_OP, to_jsonb(after), array_remove(ARRAY[CASE WHEN n.secret_hash IS NOT NULL THEN 'secret_hash' END, CASE WHEN n.payload IS NOT NULL THEN 'payload' END], NULL), jsonb_build_object('secret_hash', hidden_digest(n.id, n.secret_hash), 'payload', hidden_digest(n.id, n.payload)), 'f' FROM new_rows n CROSS JOIN LATERAL (SELECT n.id, n.kind, n.user_id, n.token_id, n.file_format, n.filter_text, n.columns, n.state, n.row_count, instant_text(n.created_at) AS created_at, instant_text(n.expires_at) AS expires_at, instant_text(n.used_at) AS used_at, instant_text(n.ended_at) AS ended_at) after;
      ELSIF TG_OP = 'DELETE' THEN
        IF NOT EXISTS (SELECT FROM old_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, hidden, derived)
        SELECT own, last + row_number() OVER (), 'export_link', o.id, TG_OP, to_jsonb(before), array_remove(ARRAY[CASE WHEN o.secret_hash IS NOT NULL THEN 'secret_hash' END, CASE WHEN o.payload IS NOT NULL THEN 'payload' END], NULL), 'f' FROM old_rows o CROSS JOIN LATERAL (SELECT o.id, o.kind, o.user_id, o.token_id, o.file_format, o.filter_text, o.columns, o.state, o.row_count, instant_text(o.created_at) AS created_at, instant_text(o.expires_at) AS expires_at, instant_text(o.used_at) AS used_at, instant_text(o.ended_at) AS ended_at) before;
      ELSE
        IF NOT EXISTS (SELECT FROM old_rows o FULL JOIN new_rows n ON n.id = o.id WHERE (o *<> n) IS NOT FALSE) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'export_link', n.id, TG_OP, to_jsonb(before), to_jsonb(after), array_remove(ARRAY[CASE WHEN o.secret_hash IS DISTINCT FROM n.secret_hash THEN 'secret_hash' END, CASE WHEN o.payload IS DISTINCT FROM n.payload THEN 'payload' END], NULL), jsonb_build_object('secret_hash', hidden_digest(n.id, n.secret_hash), 'payload', hidden_digest(n.id, n.payload)), 'f'
        FROM old_rows o FULL JOIN new_rows n ON n.id = o.id CROSS JOIN LATERAL (SELECT o.id, o.kind, o.user_id, o.token_id, o.file_format, o.filter_text, o.columns, o.state, o.row_count, instant_text(o.created_at) AS created_at, instant_text(o.expires_at) AS expires_at, instant_text(o.used_at) AS used_at, instant_text(o.ended_at) AS ended_at) before CROSS JOIN LATERAL (SELECT n.id, n.kind, n.user_id, n.token_id, n.file_format, n.filter_text, n.columns, n.state, n.row_count, instant_text(n.created_at) AS created_at, instant_text(n.expires_at) AS expires_at, instant_text(n.used_at) AS used_at, instant_text(n.ended_at) AS ended_at) after WHERE (o *<> n) IS NOT FALSE;
      END IF;
      RETURN NULL;
    END $function$;

CREATE OR REPLACE FUNCTION public.capture_group_member()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET "TimeZone" TO 'UTC'
 SET jit TO 'off'
AS $function$
    -- capture_table('group_member', 'f', '{}')
    DECLARE
      own bigint;
      last integer;
    BEGIN
      IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM new_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'group_member', n.id, TG_OP, to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f' FROM new_rows n CROSS JOIN LATERAL (SELECT n.id, n.group_id, n.user_id, instant_text(n.joined_at) AS joined_at) after;
      ELSIF TG_OP = 'DELETE' THEN
        IF NOT EXISTS (SELECT FROM old_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, hidden, derived)
        SELECT own, last + row_number() OVER (), 'group_member', o.id, TG_OP, to_jsonb(before), array_remove(ARRAY[NULL::text], NULL), 'f' FROM old_rows o CROSS JOIN LATERAL (SELECT o.id, o.group_id, o.user_id, instant_text(o.joined_at) AS joined_at) before;
      ELSE
        IF NOT EXISTS (SELECT FROM old_rows o FULL JOIN new_rows n ON n.id = o.id WHERE (o *<> n) IS NOT FALSE) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'group_member', n.id, TG_OP, to_jsonb(before), to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f'
        FROM old_rows o FULL JOIN new_rows n ON n.id = o.id CROSS JOIN LATERAL (SELECT o.id, o.group_id, o.user_id, instant_text(o.joined_at) AS joined_at) before CROSS JOIN LATERAL (SELECT n.id, n.group_id, n.user_id, instant_text(n.joined_at) AS joined_at) after WHERE (o *<> n) IS NOT FALSE;
      END IF;
      RETURN NULL;
    END $function$;

CREATE OR REPLACE FUNCTION public.capture_import_template()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET "TimeZone" TO 'UTC'
 SET jit TO 'off'
AS $function$
    -- capture_table('import_template', 'f', '{}')
    DECLARE
      own bigint;
      last integer;
    BEGIN
      IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM new_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'import_template', n.id, TG_OP, to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f' FROM new_rows n CROSS JOIN LATERAL (SELECT n.id, n.version, n.name, n.reading, instant_text(n.created_at) AS created_at, instant_text(n.updated_at) AS updated_at) after;
      ELSIF TG_OP = 'DELETE' THEN
        IF NOT EXISTS (SELECT FROM old_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, hidden, derived)
        SELECT own, last + row_number() OVER (), 'import_template', o.id, TG_OP, to_jsonb(before), array_remove(ARRAY[NULL::text], NULL), 'f' FROM old_rows o CROSS JOIN LATERAL (SELECT o.id, o.version, o.name, o.reading, instant_text(o.created_at) AS created_at, instant_text(o.updated_at) AS updated_at) before;
      ELSE
        IF NOT EXISTS (SELECT FROM old_rows o FULL JOIN new_rows n ON n.id = o.id WHERE (o *<> n) IS NOT FALSE) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'import_template', n.id, TG_OP, to_jsonb(before), to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f'
        FROM old_rows o FULL JOIN new_rows n ON n.id = o.id CROSS JOIN LATERAL (SELECT o.id, o.version, o.name, o.reading, instant_text(o.created_at) AS created_at, instant_text(o.updated_at) AS updated_at) before CROSS JOIN LATERAL (SELECT n.id, n.version, n.name, n.reading, instant_text(n.created_at) AS created_at, instant_text(n.updated_at) AS updated_at) after WHERE (o *<> n) IS NOT FALSE;
      END IF;
      RETURN NULL;
    END $function$;

CREATE OR REPLACE FUNCTION public.capture_import_upload()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET "TimeZone" TO 'UTC'
 SET jit TO 'off'
AS $function$
    -- capture_table('import_upload', 'f', '{sha256}')
    DECLARE
      own bigint;
      last integer;
    BEGIN
      IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM new_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'import_upload', n.id, TG_OP, to_jsonb(after), array_remove(ARRAY[CASE WHEN n.sha256 IS NOT NULL THEN 'sha256' END], NULL), jsonb_build_object('sha256', hidden_digest(n.id, n.sha256)), 'f' FROM new_rows n CROSS JOIN LATERAL (SELECT n.id, n.user_id, n.token_id, n.file_name, n.media_type, n.size, instant_text(n.created_at) AS created_at, instant_text(n.expires_at) AS expires_at) after;
      ELSIF TG_OP = 'DELETE' THEN
        IF NOT EXISTS (SELECT FROM old_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, hidden, derived)
        SELECT own, last + row_number() OVER (), 'import_upload', o.id, TG_OP, to_jsonb(before), array_remove(ARRAY[CASE WHEN o.sha256 IS NOT NULL THEN 'sha256' END], NULL), 'f' FROM old_rows o CROSS JOIN LATERAL (SELECT o.id, o.user_id, o.token_id, o.file_name, o.media_type, o.size, instant_text(o.created_at) AS created_at, instant_text(o.expires_at) AS expires_at) before;
      ELSE
        IF NOT EXISTS (SELECT FROM old_rows o FULL JOIN new_rows n ON n.id = o.id WHERE (o *<> n) IS NOT FALSE) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'import_upload', n.id, TG_OP, to_jsonb(before), to_jsonb(after), array_remove(ARRAY[CASE WHEN o.sha256 IS DISTINCT FROM n.sha256 THEN 'sha256' END], NULL), jsonb_build_object('sha256', hidden_digest(n.id, n.sha256)), 'f'
        FROM old_rows o FULL JOIN new_rows n ON n.id = o.id CROSS JOIN LATERAL (SELECT o.id, o.user_id, o.token_id, o.file_name, o.media_type, o.size, instant_text(o.created_at) AS created_at, instant_text(o.expires_at) AS expires_at) before CROSS JOIN LATERAL (SELECT n.id, n.user_id, n.token_id, n.file_name, n.media_type, n.size, instant_text(n.created_at) AS created_at, instant_text(n.expires_at) AS expires_at) after WHERE (o *<> n) IS NOT FALSE;
      END IF;
      RETURN NULL;
    END $function$;

CREATE OR REPLACE FUNCTION public.capture_legal_hold()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET "TimeZone" TO 'UTC'
 SET jit TO 'off'
AS $function$
    -- capture_table('legal_hold', 'f', '{}')
    DECLARE
      own bigint;
      last integer;
    BEGIN
      IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM new_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'legal_hold', n.id, TG_OP, to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f' FROM new_rows n CROSS JOIN LATERAL (SELECT n.id, n.user_id, n.reason, n.placed_by_id, instant_text(n.placed_at) AS placed_at, n.released_by_id, instant_text(n.released_at) AS released_at) after;
      ELSIF TG_OP = 'DELETE' THEN
        IF NOT EXISTS (SELECT FROM old_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, hidden, derived)
        SELECT own, last + row_number() OVER (), 'legal_hold', o.id, TG_OP, to_jsonb(before), array_remove(ARRAY[NULL::text], NULL), 'f' FROM old_rows o CROSS JOIN LATERAL (SELECT o.id, o.user_id, o.reason, o.placed_by_id, instant_text(o.placed_at) AS placed_at, o.released_by_id, instant_text(o.released_at) AS released_at) before;
      ELSE
        IF NOT EXISTS (SELECT FROM old_rows o FULL JOIN new_rows n ON n.id = o.id WHERE (o *<> n) IS NOT FALSE) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'legal_hold', n.id, TG_OP, to_jsonb(before), to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f'
        FROM old_rows o FULL JOIN new_rows n ON n.id = o.id CROSS JOIN LATERAL (SELECT o.id, o.user_id, o.reason, o.placed_by_id, instant_text(o.placed_at) AS placed_at, o.released_by_id, instant_text(o.released_at) AS released_at) before CROSS JOIN LATERAL (SELECT n.id, n.user_id, n.reason, n.placed_by_id, instant_text(n.placed_at) AS placed_at, n.released_by_id, instant_text(n.released_at) AS released_at) after WHERE (o *<> n) IS NOT FALSE;
      END IF;
      RETURN NULL;
    END $function$;

CREATE OR REPLACE FUNCTION public.capture_mail()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET "TimeZone" TO 'UTC'
 SET jit TO 'off'
AS $function$
    -- capture_table('mail', 'f', '{}')
    DECLARE
      own bigint;
      last integer;
    BEGIN
      IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM new_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'mail', n.id, TG_OP, to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f' FROM new_rows n CROSS JOIN LATERAL (SELECT n.id, n.user_id, n.kind, n.state, instant_text(n.created_at) AS created_at, instant_text(n.finished_at) AS finished_at, n.problem) after;
      ELSIF TG_OP = 'DELETE' THEN
        IF NOT EXISTS (SELECT FROM old_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, hidden, derived)
        SELECT own, last + row_number() OVER (), 'mail', o.id, TG_OP, to_jsonb(before), array_remove(ARRAY[NULL::text], NULL), 'f' FROM old_rows o CROSS JOIN LATERAL (SELECT o.id, o.user_id, o.kind, o.state, instant_text(o.created_at) AS created_at, instant_text(o.finished_at) AS finished_at, o.problem) before;
      ELSE
        IF NOT EXISTS (SELECT FROM old_rows o FULL JOIN new_rows n ON n.id = o.id WHERE (o *<> n) IS NOT FALSE) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'mail', n.id, TG_OP, to_jsonb(before), to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f'
        FROM old_rows o FULL JOIN new_rows n ON n.id = o.id CROSS JOIN LATERAL (SELECT o.id, o.user_id, o.kind, o.state, instant_text(o.created_at) AS created_at, instant_text(o.finished_at) AS finished_at, o.problem) before CROSS JOIN LATERAL (SELECT n.id, n.user_id, n.kind, n.state, instant_text(n.created_at) AS created_at, instant_text(n.finished_at) AS finished_at, n.problem) after WHERE (o *<> n) IS NOT FALSE;
      END IF;
      RETURN NULL;
    END $function$;

CREATE OR REPLACE FUNCTION public.capture_offboarding()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET "TimeZone" TO 'UTC'
 SET jit TO 'off'
AS $function$
    -- capture_table('offboarding', 'f', '{}')
    DECLARE
      own bigint;
      last integer;
    BEGIN
      IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM new_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'offboarding', n.transition_id, TG_OP, to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f' FROM new_rows n CROSS JOIN LATERAL (SELECT n.transition_id, n.user_id, n.successor_id, n.last_day, instant_text(n.created_at) AS created_at) after;
      ELSIF TG_OP = 'DELETE' THEN
        IF NOT EXISTS (SELECT FROM old_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, hidden, derived)
        SELECT own, last + row_number() OVER (), 'offboarding', o.transition_id, TG_OP, to_jsonb(before), array_remove(ARRAY[NULL::text], NULL), 'f' FROM old_rows o CROSS JOIN LATERAL (SELECT o.transition_id, o.user_id, o.successor_id, o.last_day, instant_text(o.created_at) AS created_at) before;
      ELSE
        IF NOT EXISTS (SELECT FROM old_rows o FULL JOIN new_rows n ON n.transition_id = o.transition_id WHERE (o *<> n) IS NOT FALSE) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'offboarding', n.transition_id, TG_OP, to_jsonb(before), to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f'
        FROM old_rows o FULL JOIN new_rows n ON n.transition_id = o.transition_id CROSS JOIN LATERAL (SELECT o.transition_id, o.user_id, o.successor_id, o.last_day, instant_text(o.created_at) AS created_at) before CROSS JOIN LATERAL (SELECT n.transition_id, n.user_id, n.successor_id, n.last_day, instant_text(n.created_at) AS created_at) after WHERE (o *<> n) IS NOT FALSE;
      END IF;
      RETURN NULL;
    END $function$;

CREATE OR REPLACE FUNCTION public.capture_onboarding()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET "TimeZone" TO 'UTC'
 SET jit TO 'off'
AS $function$
    -- capture_table('onboarding', 'f', '{}')
    DECLARE
      own bigint;
      last integer;
    BEGIN
      IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM new_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'onboarding', n.user_id, TG_OP, to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f' FROM new_rows n CROSS JOIN LATERAL (SELECT n.user_id, n.starts_on, instant_text(n.created_at) AS created_at) after;
      ELSIF TG_OP = 'DELETE' THEN
        IF NOT EXISTS (SELECT FROM old_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, hidden, derived)
        SELECT own, last + row_number() OVER (), 'onboarding', o.user_id, TG_OP, to_jsonb(before), array_remove(ARRAY[NULL::text], NULL), 'f' FROM old_rows o CROSS JOIN LATERAL (SELECT o.user_id, o.starts_on, instant_text(o.created_at) AS created_at) before;
      ELSE
        IF NOT EXISTS (SELECT FROM old_rows o FULL JOIN new_rows n ON n.user_id = o.user_id WHERE (o *<> n) IS NOT FALSE) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'onboarding', n.user_id, TG_OP, to_jsonb(before), to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f'
        FROM old_rows o FULL JOIN new_rows n ON n.user_id = o.user_id CROSS JOIN LATERAL (SELECT o.user_id, o.starts_on, instant_text(o.created_at) AS created_at) before CROSS JOIN LATERAL (SELECT n.user_id, n.starts_on, instant_text(n.created_at) AS created_at) after WHERE (o *<> n) IS NOT FALSE;
      END IF;
      RETURN NULL;
    END $function$;

CREATE OR REPLACE FUNCTION public.capture_org_unit()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET "TimeZone" TO 'UTC'
 SET jit TO 'off'
AS $function$
    -- capture_table('org_unit', 'f', '{}')
    DECLARE
      own bigint;
      last integer;
    BEGIN
      IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM new_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'org_unit', n.id, TG_OP, to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f' FROM new_rows n CROSS JOIN LATERAL (SELECT n.id, n.version, n.code, n.name, n.kind, n.parent_id, n.head_id, instant_text(n.created_at) AS created_at, instant_text(n.updated_at) AS updated_at) after;
      ELSIF TG_OP = 'DELETE' THEN
        IF NOT EXISTS (SELECT FROM old_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, hidden, derived)
        SELECT own, last + row_number() OVER (), 'org_unit', o.id, TG_OP, to_jsonb(before), array_remove(ARRAY[NULL::text], NULL), 'f' FROM old_rows o CROSS JOIN LATERAL (SELECT o.id, o.version, o.code, o.name, o.kind, o.parent_id, o.head_id, instant_text(o.created_at) AS created_at, instant_text(o.updated_at) AS updated_at) before;
      ELSE
        IF NOT EXISTS (SELECT FROM old_rows o FULL JOIN new_rows n ON n.id = o.id WHERE (o *<> n) IS NOT FALSE) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'org_unit', n.id, TG_OP, to_jsonb(before), to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f'
        FROM old_rows o FULL JOIN new_rows n ON n.id = o.id CROSS JOIN LATERAL (SELECT o.id, o.version, o.code, o.name, o.kind, o.parent_id, o.head_id, instant_text(o.created_at) AS created_at, instant_text(o.updated_at) AS updated_at) before CROSS JOIN LATERAL (SELECT n.id, n.version, n.code, n.name, n.kind, n.parent_id, n.head_id, instant_text(n.created_at) AS created_at, instant_text(n.updated_at) AS updated_at) after WHERE (o *<> n) IS NOT FALSE;
      END IF;
      RETURN NULL;
    END $function$;

CREATE OR REPLACE FUNCTION public.capture_personal_export()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET "TimeZone" TO 'UTC'
 SET jit TO 'off'
AS $function$
    -- capture_table('personal_export', 'f', '{}')
    DECLARE
      own bigint;
      last integer;
    BEGIN
      IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM new_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'personal_export', n.id, TG_OP, to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f' FROM new_rows n CROSS JOIN LATERAL (SELECT n.id, n.user_id, n.exported_by_id, instant_text(n.exported_at) AS exported_at) after;
      ELSIF TG_OP = 'DELETE' THEN
        IF NOT EXISTS (SELECT FROM old_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, hidden, derived)
        SELECT own, last + row_number() OVER (), 'personal_export', o.id, TG_OP, to_jsonb(before), array_remove(ARRAY[NULL::text], NULL), 'f' FROM old_rows o CROSS JOIN LATERAL (SELECT o.id, o.user_id, o.exported_by_id, instant_text(o.exported_at) AS exported_at) before;
      ELSE
        IF NOT EXISTS (SELECT FROM old_rows o FULL JOIN new_rows n ON n.id = o.id WHERE (o *<> n) IS NOT FALSE) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'personal_export', n.id, TG_OP, to_jsonb(before), to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f'
        FROM old_rows o FULL JOIN new_rows n ON n.id = o.id CROSS JOIN LATERAL (SELECT o.id, o.user_id, o.exported_by_id, instant_text(o.exported_at) AS exported_at) before CROSS JOIN LATERAL (SELECT n.id, n.user_id, n.exported_by_id, instant_text(n.exported_at) AS exported_at) after WHERE (o *<> n) IS NOT FALSE;
      END IF;
      RETURN NULL;
    END $function$;

CREATE OR REPLACE FUNCTION public.capture_profile_template()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET "TimeZone" TO 'UTC'
 SET jit TO 'off'
AS $function$
    -- capture_table('profile_template', 'f', '{}')
    DECLARE
      own bigint;
      last integer;
    BEGIN
      IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM new_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'profile_template', n.id, TG_OP, to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f' FROM new_rows n CROSS JOIN LATERAL (SELECT n.id, n.version, n.name, n.filter, n.priority, n.defaults, instant_text(n.created_at) AS created_at, instant_text(n.updated_at) AS updated_at, n.require, n.grace_days) after;
      ELSIF TG_OP = 'DELETE' THEN
        IF NOT EXISTS (SELECT FROM old_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, hidden, derived)
        SELECT own, last + row_number() OVER (), 'profile_template', o.id, TG_OP, to_jsonb(before), array_remove(ARRAY[NULL::text], NULL), 'f' FROM old_rows o CROSS JOIN LATERAL (SELECT o.id, o.version, o.name, o.filter, o.priority, o.defaults, instant_text(o.created_at) AS created_at, instant_text(o.updated_at) AS updated_at, o.require, o.grace_days) before;
      ELSE
        IF NOT EXISTS (SELECT FROM old_rows o FULL JOIN new_rows n ON n.id = o.id WHERE (o *<> n) IS NOT FALSE) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'profile_template', n.id, TG_OP, to_jsonb(before), to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f'
        FROM old_rows o FULL JOIN new_rows n ON n.id = o.id CROSS JOIN LATERAL (SELECT o.id, o.version, o.name, o.filter, o.priority, o.defaults, instant_text(o.created_at) AS created_at, instant_text(o.updated_at) AS updated_at, o.require, o.grace_days) before CROSS JOIN LATERAL (SELECT n.id, n.version, n.name, n.filter, n.priority, n.defaults, instant_text(n.created_at) AS created_at, instant_text(n.updated_at) AS updated_at, n.require, n.grace_days) after WHERE (o *<> n) IS NOT FALSE;
      END IF;
      RETURN NULL;
    END $function$;

CREATE OR REPLACE FUNCTION public.capture_profile_template_fill()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET "TimeZone" TO 'UTC'
 SET jit TO 'off'
AS $function$
    -- capture_table('profile_template_fill', 'f', '{value}')
    DECLARE
      own bigint;
      last integer;
    BEGIN
      IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM new_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'profile_template_fill', n.id, TG_OP, to_jsonb(after), array_remove(ARRAY[CASE WHEN n.value IS NOT NULL THEN 'value' END], NULL), jsonb_build_object('value', hidden_digest(n.id, n.value)), 'f' FROM new_rows n CROSS JOIN LATERAL (SELECT n.id, n.user_id, n.field, n.template_id) after;
      ELSIF TG_OP = 'DELETE' THEN
        IF NOT EXISTS (SELECT FROM old_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, hidden, derived)
        SELECT own, last + row_number() OVER (), 'profile_template_fill', o.id, TG_OP, to_jsonb(before), array_remove(ARRAY[CASE WHEN o.value IS NOT NULL THEN 'value' END], NULL), 'f' FROM old_rows o CROSS JOIN LATERAL (SELECT o.id, o.user_id, o.field, o.template_id) before;
      ELSE
        IF NOT EXISTS (SELECT FROM old_rows o FULL JOIN new_rows n ON n.id = o.id WHERE (o *<> n) IS NOT FALSE) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'profile_template_fill', n.id, TG_OP, to_jsonb(before), to_jsonb(after), array_remove(ARRAY[CASE WHEN o.value IS DISTINCT FROM n.value THEN 'value' END], NULL), jsonb_build_object('value', hidden_digest(n.id, n.value)), 'f'
        FROM old_rows o FULL JOIN new_rows n ON n.id = o.id CROSS JOIN LATERAL (SELECT o.id, o.user_id, o.field, o.template_id) before CROSS JOIN LATERAL (SELECT n.id, n.user_id, n.field, n.template_id) after WHERE (o *<> n) IS NOT FALSE;
      END IF;
      RETURN NULL;
    END $function$;

CREATE OR REPLACE FUNCTION public.capture_profile_template_grant()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET "TimeZone" TO 'UTC'
 SET jit TO 'off'
AS $function$
    -- capture_table('profile_template_grant', 'f', '{}')
    DECLARE
      own bigint;
      last integer;
    BEGIN
      IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM new_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'profile_template_grant', n.grant_id, TG_OP, to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f' FROM new_rows n CROSS JOIN LATERAL (SELECT n.grant_id, n.user_id, n.template_id) after;
      ELSIF TG_OP = 'DELETE' THEN
        IF NOT EXISTS (SELECT FROM old_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, hidden, derived)
        SELECT own, last + row_number() OVER (), 'profile_template_grant', o.grant_id, TG_OP, to_jsonb(before), array_remove(ARRAY[NULL::text], NULL), 'f' FROM old_rows o CROSS JOIN LATERAL (SELECT o.grant_id, o.user_id, o.template_id) before;
      ELSE
        IF NOT EXISTS (SELECT FROM old_rows o FULL JOIN new_rows n ON n.grant_id = o.grant_id WHERE (o *<> n) IS NOT FALSE) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'profile_template_grant', n.grant_id, TG_OP, to_jsonb(before), to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f'
        FROM old_rows o FULL JOIN new_rows n ON n.grant_id = o.grant_id CROSS JOIN LATERAL (SELECT o.grant_id, o.user_id, o.template_id) before CROSS JOIN LATERAL (SELECT n.grant_id, n.user_id, n.template_id) after WHERE (o *<> n) IS NOT FALSE;
      END IF;
      RETURN NULL;
    END $function$;

CREATE OR REPLACE FUNCTION public.capture_profile_template_group()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET "TimeZone" TO 'UTC'
 SET jit TO 'off'
AS $function$
    -- capture_table('profile_template_group', 'f', '{}')
    DECLARE
      own bigint;
      last integer;
    BEGIN
      IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM new_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'profile_template_group', n.id, TG_OP, to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f' FROM new_rows n CROSS JOIN LATERAL (SELECT n.id, n.template_id, n.group_id) after;
      ELSIF TG_OP = 'DELETE' THEN
        IF NOT EXISTS (SELECT FROM old_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, hidden, derived)
        SELECT own, last + row_number() OVER (), 'profile_template_group', o.id, TG_OP, to_jsonb(before), array_remove(ARRAY[NULL::text], NULL), 'f' FROM old_rows o CROSS JOIN LATERAL (SELECT o.id, o.template_id, o.group_id) before;
      ELSE
        IF NOT EXISTS (SELECT FROM old_rows o FULL JOIN new_rows n ON n.id = o.id WHERE (o *<> n) IS NOT FALSE) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'profile_template_group', n.id, TG_OP, to_jsonb(before), to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f'
        FROM old_rows o FULL JOIN new_rows n ON n.id = o.id CROSS JOIN LATERAL (SELECT o.id, o.template_id, o.group_id) before CROSS JOIN LATERAL (SELECT n.id, n.template_id, n.group_id) after WHERE (o *<> n) IS NOT FALSE;
      END IF;
      RETURN NULL;
    END $function$;

CREATE OR REPLACE FUNCTION public.capture_profile_template_member()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET "TimeZone" TO 'UTC'
 SET jit TO 'off'
AS $function$
    -- capture_table('profile_template_member', 'f', '{}')
    DECLARE
      own bigint;
      last integer;
    BEGIN
      IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM new_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'profile_template_member', n.member_id, TG_OP, to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f' FROM new_rows n CROSS JOIN LATERAL (SELECT n.member_id, n.user_id, n.template_id) after;
      ELSIF TG_OP = 'DELETE' THEN
        IF NOT EXISTS (SELECT FROM old_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, hidden, derived)
        SELECT own, last + row_number() OVER (), 'profile_template_member', o.member_id, TG_OP, to_jsonb(before), array_remove(ARRAY[NULL::text], NULL), 'f' FROM old_rows o CROSS JOIN LATERAL (SELECT o.member_id, o.user_id, o.template_id) before;
      ELSE
        IF NOT EXISTS (SELECT FROM old_rows o FULL JOIN new_rows n ON n.member_id = o.member_id WHERE (o *<> n) IS NOT FALSE) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'profile_template_member', n.member_id, TG_OP, to_jsonb(before), to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f'
        FROM old_rows o FULL JOIN new_rows n ON n.member_id = o.member_id CROSS JOIN LATERAL (SELECT o.member_id, o.user_id, o.template_id) before CROSS JOIN LATERAL (SELECT n.member_id, n.user_id, n.template_id) after WHERE (o *<> n) IS NOT FALSE;
      END IF;
      RETURN NULL;
    END $function$;

CREATE OR REPLACE FUNCTION public.capture_profile_template_role()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET "TimeZone" TO 'UTC'
 SET jit TO 'off'
AS $function$
    -- capture_table('profile_template_role', 'f', '{}')
    DECLARE
      own bigint;
      last integer;
    BEGIN
      IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM new_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'profile_template_role', n.id, TG_OP, to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f' FROM new_rows n CROSS JOIN LATERAL (SELECT n.id, n.template_id, n.role_id, n.reach, n.unit_id) after;
      ELSIF TG_OP = 'DELETE' THEN
        IF NOT EXISTS (SELECT FROM old_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, hidden, derived)
        SELECT own, last + row_number() OVER (), 'profile_template_role', o.id, TG_OP, to_jsonb(before), array_remove(ARRAY[NULL::text], NULL), 'f' FROM old_rows o CROSS JOIN LATERAL (SELECT o.id, o.template_id, o.role_id, o.reach, o.unit_id) before;
      ELSE
        IF NOT EXISTS (SELECT FROM old_rows o FULL JOIN new_rows n ON n.id = o.id WHERE (o *<> n) IS NOT FALSE) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'profile_template_role', n.id, TG_OP, to_jsonb(before), to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f'
        FROM old_rows o FULL JOIN new_rows n ON n.id = o.id CROSS JOIN LATERAL (SELECT o.id, o.template_id, o.role_id, o.reach, o.unit_id) before CROSS JOIN LATERAL (SELECT n.id, n.template_id, n.role_id, n.reach, n.unit_id) after WHERE (o *<> n) IS NOT FALSE;
      END IF;
      RETURN NULL;
    END $function$;

CREATE OR REPLACE FUNCTION public.capture_retention_policy()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET "TimeZone" TO 'UTC'
 SET jit TO 'off'
AS $function$
    -- capture_table('retention_policy', 'f', '{}')
    DECLARE
      own bigint;
      last integer;
    BEGIN
      IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM new_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'retention_policy', n.id, TG_OP, to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f' FROM new_rows n CROSS JOIN LATERAL (SELECT n.id, n.version, n.name, n.status, n.days, n.filter, n.action, n.enabled, n.max_people, n.max_percent, n.approved_version, n.approval_id, n.author_kind, n.author_id, n.author_name, instant_text(n.in_force_at) AS in_force_at, instant_text(n.created_at) AS created_at, instant_text(n.updated_at) AS updated_at) after;
      ELSIF TG_OP = 'DELETE' THEN
        IF NOT EXISTS (SELECT FROM old_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, hidden, derived)
        SELECT own, last + row_number() OVER (), 'retention_policy', o.id, TG_OP, to_jsonb(before), array_remove(ARRAY[NULL::text], NULL), 'f' FROM old_rows o CROSS JOIN LATERAL (SELECT o.id, o.version, o.name, o.status, o.days, o.filter, o.action, o.enabled, o.max_people, o.max_percent, o.approved_version, o.approval_id, o.author_kind, o.author_id, o.author_name, instant_text(o.in_force_at) AS in_force_at, instant_text(o.created_at) AS created_at, instant_text(o.updated_at) AS updated_at) before;
      ELSE
        IF NOT EXISTS (SELECT FROM old_rows o FULL JOIN new_rows n ON n.id = o.id WHERE (o *<> n) IS NOT FALSE) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'retention_policy', n.id, TG_OP, to_jsonb(before), to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f'
        FROM old_rows o FULL JOIN new_rows n ON n.id = o.id CROSS JOIN LATERAL (SELECT o.id, o.version, o.name, o.status, o.days, o.filter, o.action, o.enabled, o.max_people, o.max_percent, o.approved_version, o.approval_id, o.author_kind, o.author_id, o.author_name, instant_text(o.in_force_at) AS in_force_at, instant_text(o.created_at) AS created_at, instant_text(o.updated_at) AS updated_at) before CROSS JOIN LATERAL (SELECT n.id, n.version, n.name, n.status, n.days, n.filter, n.action, n.enabled, n.max_people, n.max_percent, n.approved_version, n.approval_id, n.author_kind, n.author_id, n.author_name, instant_text(n.in_force_at) AS in_force_at, instant_text(n.created_at) AS created_at, instant_text(n.updated_at) AS updated_at) after WHERE (o *<> n) IS NOT FALSE;
      END IF;
      RETURN NULL;
    END $function$;

CREATE OR REPLACE FUNCTION public.capture_retention_run()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET "TimeZone" TO 'UTC'
 SET jit TO 'off'
AS $function$
    -- capture_table('retention_run', 'f', '{}')
    DECLARE
      own bigint;
      last integer;
    BEGIN
      IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM new_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'retention_run', n.id, TG_OP, to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f' FROM new_rows n CROSS JOIN LATERAL (SELECT n.id, n.policy_id, n.policy_version, n.policy_name, n.action, n.state, n.day, n.author_kind, n.author_id, n.author_name, n.operation_id, n.people, n.done, n.passed_over, n.limits, n.approval_id, n.problem, instant_text(n.created_at) AS created_at, instant_text(n.started_at) AS started_at, instant_text(n.finished_at) AS finished_at) after;
      ELSIF TG_OP = 'DELETE' THEN
        IF NOT EXISTS (SELECT FROM old_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, hidden, derived)
        SELECT own, last + row_number() OVER (), 'retention_run', o.id, TG_OP, to_jsonb(before), array_remove(ARRAY[NULL::text], NULL), 'f' FROM old_rows o CROSS JOIN LATERAL (SELECT o.id, o.policy_id, o.policy_version, o.policy_name, o.action, o.state, o.day, o.author_kind, o.author_id, o.author_name, o.operation_id, o.people, o.done, o.passed_over, o.limits, o.approval_id, o.problem, instant_text(o.created_at) AS created_at, instant_text(o.started_at) AS started_at, instant_text(o.finished_at) AS finished_at) before;
      ELSE
        IF NOT EXISTS (SELECT FROM old_rows o FULL JOIN new_rows n ON n.id = o.id WHERE (o *<> n) IS NOT FALSE) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'retention_run', n.id, TG_OP, to_jsonb(before), to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f'
        FROM old_rows o FULL JOIN new_rows n ON n.id = o.id CROSS JOIN LATERAL (SELECT o.id, o.policy_id, o.policy_version, o.policy_name, o.action, o.state, o.day, o.author_kind, o.author_id, o.author_name, o.operation_id, o.people, o.done, o.passed_over, o.limits, o.approval_id, o.problem, instant_text(o.created_at) AS created_at, instant_text(o.started_at) AS started_at, instant_text(o.finished_at) AS finished_at) before CROSS JOIN LATERAL (SELECT n.id, n.policy_id, n.policy_version, n.policy_name, n.action, n.state, n.day, n.author_kind, n.author_id, n.author_name, n.operation_id, n.people, n.done, n.passed_over, n.limits, n.approval_id, n.problem, instant_text(n.created_at) AS created_at, instant_text(n.started_at) AS started_at, instant_text(n.finished_at) AS finished_at) after WHERE (o *<> n) IS NOT FALSE;
      END IF;
      RETURN NULL;
    END $function$;

CREATE OR REPLACE FUNCTION public.capture_role()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET "TimeZone" TO 'UTC'
 SET jit TO 'off'
AS $function$
    -- capture_table('role', 'f', '{}')
    DECLARE
      own bigint;
      last integer;
    BEGIN
      IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM new_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'role', n.id, TG_OP, to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f' FROM new_rows n CROSS JOIN LATERAL (SELECT n.id, n.version, n.key, n.name, n.description, n.privileged, n.permissions, instant_text(n.created_at) AS created_at, instant_text(n.updated_at) AS updated_at) after;
      ELSIF TG_OP = 'DELETE' THEN
        IF NOT EXISTS (SELECT FROM old_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, hidden, derived)
        SELECT own, last + row_number() OVER (), 'role', o.id, TG_OP, to_jsonb(before), array_remove(ARRAY[NULL::text], NULL), 'f' FROM old_rows o CROSS JOIN LATERAL (SELECT o.id, o.version, o.key, o.name, o.description, o.privileged, o.permissions, instant_text(o.created_at) AS created_at, instant_text(o.updated_at) AS updated_at) before;
      ELSE
        IF NOT EXISTS (SELECT FROM old_rows o FULL JOIN new_rows n ON n.id = o.id WHERE (o *<> n) IS NOT FALSE) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'role', n.id, TG_OP, to_jsonb(before), to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f'
        FROM old_rows o FULL JOIN new_rows n ON n.id = o.id CROSS JOIN LATERAL (SELECT o.id, o.version, o.key, o.name, o.description, o.privileged, o.permissions, instant_text(o.created_at) AS created_at, instant_text(o.updated_at) AS updated_at) before CROSS JOIN LATERAL (SELECT n.id, n.version, n.key, n.name, n.description, n.privileged, n.permissions, instant_text(n.created_at) AS created_at, instant_text(n.updated_at) AS updated_at) after WHERE (o *<> n) IS NOT FALSE;
      END IF;
      RETURN NULL;
    END $function$;

CREATE OR REPLACE FUNCTION public.capture_role_grant()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET "TimeZone" TO 'UTC'
 SET jit TO 'off'
AS $function$
    -- capture_table('role_grant', 'f', '{}')
    DECLARE
      own bigint;
      last integer;
    BEGIN
      IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM new_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'role_grant', n.id, TG_OP, to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f' FROM new_rows n CROSS JOIN LATERAL (SELECT n.id, n.user_id, n.role_id, n.scope_id, instant_text(n.starts_at) AS starts_at, instant_text(n.expires_at) AS expires_at, n.granted_by_kind, n.granted_by_id, n.granted_by_name, instant_text(n.granted_at) AS granted_at, n.reason, instant_text(n.revoked_at) AS revoked_at, n.group_id) after;
      ELSIF TG_OP = 'DELETE' THEN
        IF NOT EXISTS (SELECT FROM old_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, hidden, derived)
        SELECT own, last + row_number() OVER (), 'role_grant', o.id, TG_OP, to_jsonb(before), array_remove(ARRAY[NULL::text], NULL), 'f' FROM old_rows o CROSS JOIN LATERAL (SELECT o.id, o.user_id, o.role_id, o.scope_id, instant_text(o.starts_at) AS starts_at, instant_text(o.expires_at) AS expires_at, o.granted_by_kind, o.granted_by_id, o.granted_by_name, instant_text(o.granted_at) AS granted_at, o.reason, instant_text(o.revoked_at) AS revoked_at, o.group_id) before;
      ELSE
        IF NOT EXISTS (SELECT FROM old_rows o FULL JOIN new_rows n ON n.id = o.id WHERE (o *<> n) IS NOT FALSE) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'role_grant', n.id, TG_OP, to_jsonb(before), to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f'
        FROM old_rows o FULL JOIN new_rows n ON n.id = o.id CROSS JOIN LATERAL (SELECT o.id, o.user_id, o.role_id, o.scope_id, instant_text(o.starts_at) AS starts_at, instant_text(o.expires_at) AS expires_at, o.granted_by_kind, o.granted_by_id, o.granted_by_name, instant_text(o.granted_at) AS granted_at, o.reason, instant_text(o.revoked_at) AS revoked_at, o.group_id) before CROSS JOIN LATERAL (SELECT n.id, n.user_id, n.role_id, n.scope_id, instant_text(n.starts_at) AS starts_at, instant_text(n.expires_at) AS expires_at, n.granted_by_kind, n.granted_by_id, n.granted_by_name, instant_text(n.granted_at) AS granted_at, n.reason, instant_text(n.revoked_at) AS revoked_at, n.group_id) after WHERE (o *<> n) IS NOT FALSE;
      END IF;
      RETURN NULL;
    END $function$;

CREATE OR REPLACE FUNCTION public.capture_role_inheritance()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET "TimeZone" TO 'UTC'
 SET jit TO 'off'
AS $function$
    -- capture_table('role_inheritance', 'f', '{}')
    DECLARE
      own bigint;
      last integer;
    BEGIN
      IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM new_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'role_inheritance', n.id, TG_OP, to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f' FROM new_rows n CROSS JOIN LATERAL (SELECT n.id, n.role_id, n.inherits_id) after;
      ELSIF TG_OP = 'DELETE' THEN
        IF NOT EXISTS (SELECT FROM old_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, hidden, derived)
        SELECT own, last + row_number() OVER (), 'role_inheritance', o.id, TG_OP, to_jsonb(before), array_remove(ARRAY[NULL::text], NULL), 'f' FROM old_rows o CROSS JOIN LATERAL (SELECT o.id, o.role_id, o.inherits_id) before;
      ELSE
        IF NOT EXISTS (SELECT FROM old_rows o FULL JOIN new_rows n ON n.id = o.id WHERE (o *<> n) IS NOT FALSE) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'role_inheritance', n.id, TG_OP, to_jsonb(before), to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f'
        FROM old_rows o FULL JOIN new_rows n ON n.id = o.id CROSS JOIN LATERAL (SELECT o.id, o.role_id, o.inherits_id) before CROSS JOIN LATERAL (SELECT n.id, n.role_id, n.inherits_id) after WHERE (o *<> n) IS NOT FALSE;
      END IF;
      RETURN NULL;
    END $function$;

CREATE OR REPLACE FUNCTION public.capture_safety_limit()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET "TimeZone" TO 'UTC'
 SET jit TO 'off'
AS $function$
    -- capture_table('safety_limit', 'f', '{}')
    DECLARE
      own bigint;
      last integer;
    BEGIN
      IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM new_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'safety_limit', n.id, TG_OP, to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f' FROM new_rows n CROSS JOIN LATERAL (SELECT n.id, n.version, n.name, n.max_people, n.max_percent, n.share_of, n.filter, n.search_name, n.aspects, instant_text(n.created_at) AS created_at, instant_text(n.updated_at) AS updated_at, n.window_hours, n.window_of) after;
      ELSIF TG_OP = 'DELETE' THEN
        IF NOT EXISTS (SELECT FROM old_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, hidden, derived)
        SELECT own, last + row_number() OVER (), 'safety_limit', o.id, TG_OP, to_jsonb(before), array_remove(ARRAY[NULL::text], NULL), 'f' FROM old_rows o CROSS JOIN LATERAL (SELECT o.id, o.version, o.name, o.max_people, o.max_percent, o.share_of, o.filter, o.search_name, o.aspects, instant_text(o.created_at) AS created_at, instant_text(o.updated_at) AS updated_at, o.window_hours, o.window_of) before;
      ELSE
        IF NOT EXISTS (SELECT FROM old_rows o FULL JOIN new_rows n ON n.id = o.id WHERE (o *<> n) IS NOT FALSE) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'safety_limit', n.id, TG_OP, to_jsonb(before), to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f'
        FROM old_rows o FULL JOIN new_rows n ON n.id = o.id CROSS JOIN LATERAL (SELECT o.id, o.version, o.name, o.max_people, o.max_percent, o.share_of, o.filter, o.search_name, o.aspects, instant_text(o.created_at) AS created_at, instant_text(o.updated_at) AS updated_at, o.window_hours, o.window_of) before CROSS JOIN LATERAL (SELECT n.id, n.version, n.name, n.max_people, n.max_percent, n.share_of, n.filter, n.search_name, n.aspects, instant_text(n.created_at) AS created_at, instant_text(n.updated_at) AS updated_at, n.window_hours, n.window_of) after WHERE (o *<> n) IS NOT FALSE;
      END IF;
      RETURN NULL;
    END $function$;

CREATE OR REPLACE FUNCTION public.capture_saved_search()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET "TimeZone" TO 'UTC'
 SET jit TO 'off'
AS $function$
    -- capture_table('saved_search', 'f', '{}')
    DECLARE
      own bigint;
      last integer;
    BEGIN
      IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM new_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'saved_search', n.id, TG_OP, to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f' FROM new_rows n CROSS JOIN LATERAL (SELECT n.id, n.version, n.name, n.description, n.owner_id, n.token_id, n.visibility, n.filter, n.filter_hash, n.watch, instant_text(n.created_at) AS created_at, instant_text(n.updated_at) AS updated_at) after;
      ELSIF TG_OP = 'DELETE' THEN
        IF NOT EXISTS (SELECT FROM old_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, hidden, derived)
        SELECT own, last + row_number() OVER (), 'saved_search', o.id, TG_OP, to_jsonb(before), array_remove(ARRAY[NULL::text], NULL), 'f' FROM old_rows o CROSS JOIN LATERAL (SELECT o.id, o.version, o.name, o.description, o.owner_id, o.token_id, o.visibility, o.filter, o.filter_hash, o.watch, instant_text(o.created_at) AS created_at, instant_text(o.updated_at) AS updated_at) before;
      ELSE
        IF NOT EXISTS (SELECT FROM old_rows o FULL JOIN new_rows n ON n.id = o.id WHERE (o *<> n) IS NOT FALSE) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'saved_search', n.id, TG_OP, to_jsonb(before), to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f'
        FROM old_rows o FULL JOIN new_rows n ON n.id = o.id CROSS JOIN LATERAL (SELECT o.id, o.version, o.name, o.description, o.owner_id, o.token_id, o.visibility, o.filter, o.filter_hash, o.watch, instant_text(o.created_at) AS created_at, instant_text(o.updated_at) AS updated_at) before CROSS JOIN LATERAL (SELECT n.id, n.version, n.name, n.description, n.owner_id, n.token_id, n.visibility, n.filter, n.filter_hash, n.watch, instant_text(n.created_at) AS created_at, instant_text(n.updated_at) AS updated_at) after WHERE (o *<> n) IS NOT FALSE;
      END IF;
      RETURN NULL;
    END $function$;

CREATE OR REPLACE FUNCTION public.capture_scheduled_transition()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET "TimeZone" TO 'UTC'
 SET jit TO 'off'
AS $function$
    -- capture_table('scheduled_transition', 'f', '{}')
    DECLARE
      own bigint;
      last integer;
    BEGIN
      IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM new_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'scheduled_transition', n.id, TG_OP, to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f' FROM new_rows n CROSS JOIN LATERAL (SELECT n.id, n.version, n.user_id, n.operation, instant_text(n.due_at) AS due_at, n.effective_on, n.timezone, n.org_timezone, instant_text(n.until) AS until, n.reason, n.state, n.author_kind, n.author_id, n.author_name, instant_text(n.created_at) AS created_at, instant_text(n.updated_at) AS updated_at, instant_text(n.finished_at) AS finished_at, n.failure, n.consequences, n.author_token_id, n.author_permissions) after;
      ELSIF TG_OP = 'DELETE' THEN
        IF NOT EXISTS (SELECT FROM old_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, hidden, derived)
        SELECT own, last + row_number() OVER (), 'scheduled_transition', o.id, TG_OP, to_jsonb(before), array_remove(ARRAY[NULL::text], NULL), 'f' FROM old_rows o CROSS JOIN LATERAL (SELECT o.id, o.version, o.user_id, o.operation, instant_text(o.due_at) AS due_at, o.effective_on, o.timezone, o.org_timezone, instant_text(o.until) AS until, o.reason, o.state, o.author_kind, o.author_id, o.author_name, instant_text(o.created_at) AS created_at, instant_text(o.updated_at) AS updated_at, instant_text(o.finished_at) AS finished_at, o.failure, o.consequences, o.author_token_id, o.author_permissions) before;
      ELSE
        IF NOT EXISTS (SELECT FROM old_rows o FULL JOIN new_rows n ON n.id = o.id WHERE (o *<> n) IS NOT FALSE) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'scheduled_transition', n.id, TG_OP, to_jsonb(before), to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f'
        FROM old_rows o FULL JOIN new_rows n ON n.id = o.id CROSS JOIN LATERAL (SELECT o.id, o.version, o.user_id, o.operation, instant_text(o.due_at) AS due_at, o.effective_on, o.timezone, o.org_timezone, instant_text(o.until) AS until, o.reason, o.state, o.author_kind, o.author_id, o.author_name, instant_text(o.created_at) AS created_at, instant_text(o.updated_at) AS updated_at, instant_text(o.finished_at) AS finished_at, o.failure, o.consequences, o.author_token_id, o.author_permissions) before CROSS JOIN LATERAL (SELECT n.id, n.version, n.user_id, n.operation, instant_text(n.due_at) AS due_at, n.effective_on, n.timezone, n.org_timezone, instant_text(n.until) AS until, n.reason, n.state, n.author_kind, n.author_id, n.author_name, instant_text(n.created_at) AS created_at, instant_text(n.updated_at) AS updated_at, instant_text(n.finished_at) AS finished_at, n.failure, n.consequences, n.author_token_id, n.author_permissions) after WHERE (o *<> n) IS NOT FALSE;
      END IF;
      RETURN NULL;
    END $function$;

CREATE OR REPLACE FUNCTION public.capture_service_token()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET "TimeZone" TO 'UTC'
 SET jit TO 'off'
AS $function$
    -- capture_table('service_token', 'f', '{hash,previous_hash}')
    DECLARE
      own bigint;
      last integer;
    BEGIN
      IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM new_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'service_token', n.id, TG_OP, to_jsonb(after), array_remove(ARRAY[CASE WHEN n.hash IS NOT NULL THEN 'hash' END, CASE WHEN n.previous_hash IS NOT NULL THEN 'previous_hash' END], NULL), jsonb_build_object('hash', hidden_digest(n.id, n.hash), 'previous_hash', hidden_digest(n.id, n.previous_hash)), 'f' FROM new_rows n CROSS JOIN LATERAL (SELECT n.id, n.name, n.user_id, n.permissions, n.scope_ids, instant_text(n.created_at) AS created_at, instant_text(n.expires_at) AS expires_at, instant_text(n.revoked_at) AS revoked_at, instant_text(n.previous_until) AS previous_until, instant_text(n.rotated_at) AS rotated_at, n.maker_ids) after;
      ELSIF TG_OP = 'DELETE' THEN
        IF NOT EXISTS (SELECT FROM old_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, hidden, derived)
        SELECT own, last + row_number() OVER (), 'service_token', o.id, TG_OP, to_jsonb(before), array_remove(ARRAY[CASE WHEN o.hash IS NOT NULL THEN 'hash' END, CASE WHEN o.previous_hash IS NOT NULL THEN 'previous_hash' END], NULL), 'f' FROM old_rows o CROSS JOIN LATERAL (SELECT o.id, o.name, o.user_id, o.permissions, o.scope_ids, instant_text(o.created_at) AS created_at, instant_text(o.expires_at) AS expires_at, instant_text(o.revoked_at) AS revoked_at, instant_text(o.previous_until) AS previous_until, instant_text(o.rotated_at) AS rotated_at, o.maker_ids) before;
      ELSE
        IF NOT EXISTS (SELECT FROM old_rows o FULL JOIN new_rows n ON n.id = o.id WHERE (o *<> n) IS NOT FALSE) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'service_token', n.id, TG_OP, to_jsonb(before), to_jsonb(after), array_remove(ARRAY[CASE WHEN o.hash IS DISTINCT FROM n.hash THEN 'hash' END, CASE WHEN o.previous_hash IS DISTINCT FROM n.previous_hash THEN 'previous_hash' END], NULL), jsonb_build_object('hash', hidden_digest(n.id, n.hash), 'previous_hash', hidden_digest(n.id, n.previous_hash)), 'f'
        FROM old_rows o FULL JOIN new_rows n ON n.id = o.id CROSS JOIN LATERAL (SELECT o.id, o.name, o.user_id, o.permissions, o.scope_ids, instant_text(o.created_at) AS created_at, instant_text(o.expires_at) AS expires_at, instant_text(o.revoked_at) AS revoked_at, instant_text(o.previous_until) AS previous_until, instant_text(o.rotated_at) AS rotated_at, o.maker_ids) before CROSS JOIN LATERAL (SELECT n.id, n.name, n.user_id, n.permissions, n.scope_ids, instant_text(n.created_at) AS created_at, instant_text(n.expires_at) AS expires_at, instant_text(n.revoked_at) AS revoked_at, instant_text(n.previous_until) AS previous_until, instant_text(n.rotated_at) AS rotated_at, n.maker_ids) after WHERE (o *<> n) IS NOT FALSE;
      END IF;
      RETURN NULL;
    END $function$;

CREATE OR REPLACE FUNCTION public.capture_session()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET "TimeZone" TO 'UTC'
 SET jit TO 'off'
AS $function$
    -- capture_table('session', 'f', '{}')
    DECLARE
      own bigint;
      last integer;
    BEGIN
      IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM new_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'session', n.id, TG_OP, to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f' FROM new_rows n CROSS JOIN LATERAL (SELECT n.id, n.user_id, n.method, n.factors, n.enrolment_only, instant_text(n.created_at) AS created_at, instant_text(n.authenticated_at) AS authenticated_at, instant_text(n.expires_at) AS expires_at, n.ip, n.user_agent, n.country, instant_text(n.ended_at) AS ended_at, n.ended_by_kind, n.ended_by_id, n.ended_by_name, n.end_reason) after;
      ELSIF TG_OP = 'DELETE' THEN
        IF NOT EXISTS (SELECT FROM old_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, hidden, derived)
        SELECT own, last + row_number() OVER (), 'session', o.id, TG_OP, to_jsonb(before), array_remove(ARRAY[NULL::text], NULL), 'f' FROM old_rows o CROSS JOIN LATERAL (SELECT o.id, o.user_id, o.method, o.factors, o.enrolment_only, instant_text(o.created_at) AS created_at, instant_text(o.authenticated_at) AS authenticated_at, instant_text(o.expires_at) AS expires_at, o.ip, o.user_agent, o.country, instant_text(o.ended_at) AS ended_at, o.ended_by_kind, o.ended_by_id, o.ended_by_name, o.end_reason) before;
      ELSE
        IF NOT EXISTS (SELECT FROM old_rows o FULL JOIN new_rows n ON n.id = o.id WHERE (o *<> n) IS NOT FALSE) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'session', n.id, TG_OP, to_jsonb(before), to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f'
        FROM old_rows o FULL JOIN new_rows n ON n.id = o.id CROSS JOIN LATERAL (SELECT o.id, o.user_id, o.method, o.factors, o.enrolment_only, instant_text(o.created_at) AS created_at, instant_text(o.authenticated_at) AS authenticated_at, instant_text(o.expires_at) AS expires_at, o.ip, o.user_agent, o.country, instant_text(o.ended_at) AS ended_at, o.ended_by_kind, o.ended_by_id, o.ended_by_name, o.end_reason) before CROSS JOIN LATERAL (SELECT n.id, n.user_id, n.method, n.factors, n.enrolment_only, instant_text(n.created_at) AS created_at, instant_text(n.authenticated_at) AS authenticated_at, instant_text(n.expires_at) AS expires_at, n.ip, n.user_agent, n.country, instant_text(n.ended_at) AS ended_at, n.ended_by_kind, n.ended_by_id, n.ended_by_name, n.end_reason) after WHERE (o *<> n) IS NOT FALSE;
      END IF;
      RETURN NULL;
    END $function$;

CREATE OR REPLACE FUNCTION public.capture_sign_in_policy()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET "TimeZone" TO 'UTC'
 SET jit TO 'off'
AS $function$
    -- capture_table('sign_in_policy', 'f', '{}')
    DECLARE
      own bigint;
      last integer;
    BEGIN
      IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM new_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'sign_in_policy', n.id, TG_OP, to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f' FROM new_rows n CROSS JOIN LATERAL (SELECT n.id, n.version, n.name, n.filter, n.require, n.grace_days, instant_text(n.created_at) AS created_at, instant_text(n.updated_at) AS updated_at) after;
      ELSIF TG_OP = 'DELETE' THEN
        IF NOT EXISTS (SELECT FROM old_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, hidden, derived)
        SELECT own, last + row_number() OVER (), 'sign_in_policy', o.id, TG_OP, to_jsonb(before), array_remove(ARRAY[NULL::text], NULL), 'f' FROM old_rows o CROSS JOIN LATERAL (SELECT o.id, o.version, o.name, o.filter, o.require, o.grace_days, instant_text(o.created_at) AS created_at, instant_text(o.updated_at) AS updated_at) before;
      ELSE
        IF NOT EXISTS (SELECT FROM old_rows o FULL JOIN new_rows n ON n.id = o.id WHERE (o *<> n) IS NOT FALSE) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'sign_in_policy', n.id, TG_OP, to_jsonb(before), to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f'
        FROM old_rows o FULL JOIN new_rows n ON n.id = o.id CROSS JOIN LATERAL (SELECT o.id, o.version, o.name, o.filter, o.require, o.grace_days, instant_text(o.created_at) AS created_at, instant_text(o.updated_at) AS updated_at) before CROSS JOIN LATERAL (SELECT n.id, n.version, n.name, n.filter, n.require, n.grace_days, instant_text(n.created_at) AS created_at, instant_text(n.updated_at) AS updated_at) after WHERE (o *<> n) IS NOT FALSE;
      END IF;
      RETURN NULL;
    END $function$;

CREATE OR REPLACE FUNCTION public.capture_table(captured regclass, is_derived boolean DEFAULT false, hidden text[] DEFAULT '{}'::text[])
 RETURNS void
 LANGUAGE plpgsql
AS $functionx$
DECLARE
  name text := (SELECT relname FROM pg_class WHERE oid = captured AND relkind = 'r');
  key text;
  shown text;
  before text;
  after text;
  hidden_before text := 'NULL::text';
  hidden_after text := 'NULL::text';
  hidden_both text := 'NULL::text';
  digests text := 'NULL::jsonb';
  operation text;
BEGIN
  SELECT a.attname INTO STRICT key FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
  WHERE i.indrelid = captured AND i.indisprimary AND i.indnkeyatts = 1 AND a.atttypid = 'uuid'::regtype;
  SELECT string_agg(format(CASE atttypid WHEN 'timestamptz'::regtype THEN 'instant_text(%%1$s.%1$I) AS %1$I' ELSE '%%1$s.%1$I' END, attname), ', ' ORDER BY attnum)
  INTO shown FROM pg_attribute WHERE attrelid = captured AND attnum > 0 AND NOT attisdropped AND attname <> ALL (hidden);
  before := format('CROSS JOIN LATERAL (SELECT ' || shown || ') before', 'o');
  after := format('CROSS JOIN LATERAL (SELECT ' || shown || ') after', 'n');
  IF hidden <> '{}' THEN
    SELECT string_agg(format('CASE WHEN o.%I IS NOT NULL THEN %L END', c, c), ', '),
           string_agg(format('CASE WHEN n.%I IS NOT NULL THEN %L END', c, c), ', '),
           string_agg(format('CASE WHEN o.%I IS DISTINCT FROM n.%I THEN %L END', c, c, c), ', ')
    INTO hidden_before, hidden_after, hidden_both FROM unnest(hidden) c;
    SELECT 'jsonb_build_object(' || string_agg(format('%L, hidden_digest(n.%I, n.%I)', c, key, c), ', ') || ')' INTO digests FROM unnest(hidden) c;
  END IF;

  -- The pairs of an update are found by a FULL JOIN, which the planner cannot turn into a loop over all pairs.
  EXECUTE format($function$
    CREATE OR REPLACE FUNCTION %1$I() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp SET timezone = 'UTC' SET jit = off AS $body$
    -- capture_table(%9$L, %8$L, %11$L)
    DECLARE
      own bigint;
      last integer;
    BEGIN
      IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM new_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), %9$L, n.%2$I, TG_OP, to_jsonb(after), array_remove(ARRAY[%6$s], NULL), %10$s, %8$L FROM new_rows n %4$s;
      ELSIF TG_OP = 'DELETE' THEN
        IF NOT EXISTS (SELECT FROM old_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, hidden, derived)
        SELECT own, last + row_number() OVER (), %9$L, o.%2$I, TG_OP, to_jsonb(before), array_remove(ARRAY[%5$s], NULL), %8$L FROM old_rows o %3$s;
      ELSE
        IF NOT EXISTS (SELECT FROM old_rows o FULL JOIN new_rows n ON n.%2$I = o.%2$I WHERE (o *<> n) IS NOT FALSE) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), %9$L, n.%2$I, TG_OP, to_jsonb(before), to_jsonb(after), array_remove(ARRAY[%7$s], NULL), %10$s, %8$L
        FROM old_rows o FULL JOIN new_rows n ON n.%2$I = o.%2$I %3$s %4$s WHERE (o *<> n) IS NOT FALSE;
      END IF;
      RETURN NULL;
    END $body$
  $function$, 'capture_' || name, key, before, after, hidden_before, hidden_after, hidden_both, is_derived, name, digests, hidden);
  -- Whoever may execute it could let it log made-up rows of a table of their own.
  EXECUTE format('REVOKE ALL ON FUNCTION %I() FROM PUBLIC', 'capture_' || name);

  IF EXISTS (SELECT FROM pg_trigger WHERE tgrelid = captured AND tgname = 'capture_insert') THEN RETURN; END IF;
  FOREACH operation IN ARRAY '{insert,update,delete}'::text[] LOOP
    EXECUTE format('CREATE TRIGGER capture_%1$s AFTER %1$s ON %2$s REFERENCING %3$s FOR EACH STATEMENT EXECUTE FUNCTION %4$I()',
      operation, captured,
      CASE operation WHEN 'insert' THEN 'NEW TABLE AS new_rows' WHEN 'delete' THEN 'OLD TABLE AS old_rows'
        ELSE 'OLD TABLE AS old_rows NEW TABLE AS new_rows' END,
      'capture_' || name);
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER capture_%s', captured, operation);
  END LOOP;
  EXECUTE format('CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate()', captured);
  EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER refuse_truncate', captured);
  EXECUTE format('CREATE TRIGGER refuse_key_change BEFORE UPDATE OF %1$I ON %2$s FOR EACH ROW WHEN (OLD.%1$I <> NEW.%1$I) EXECUTE FUNCTION refuse_key_change()', key, captured);
  EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER refuse_key_change', captured);
END $functionx$;

CREATE OR REPLACE FUNCTION public.capture_transfer()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET "TimeZone" TO 'UTC'
 SET jit TO 'off'
AS $function$
    -- capture_table('transfer', 'f', '{changes}')
    DECLARE
      own bigint;
      last integer;
    BEGIN
      IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM new_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'transfer', n.transition_id, TG_OP, to_jsonb(after), array_remove(ARRAY[CASE WHEN n.changes IS NOT NULL THEN 'changes' END], NULL), jsonb_build_object('changes', hidden_digest(n.transition_id, n.changes)), 'f' FROM new_rows n CROSS JOIN LATERAL (SELECT n.transition_id, n.user_id, n.fill, instant_text(n.created_at) AS created_at, n.promised) after;
      ELSIF TG_OP = 'DELETE' THEN
        IF NOT EXISTS (SELECT FROM old_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, hidden, derived)
        SELECT own, last + row_number() OVER (), 'transfer', o.transition_id, TG_OP, to_jsonb(before), array_remove(ARRAY[CASE WHEN o.changes IS NOT NULL THEN 'changes' END], NULL), 'f' FROM old_rows o CROSS JOIN LATERAL (SELECT o.transition_id, o.user_id, o.fill, instant_text(o.created_at) AS created_at, o.promised) before;
      ELSE
        IF NOT EXISTS (SELECT FROM old_rows o FULL JOIN new_rows n ON n.transition_id = o.transition_id WHERE (o *<> n) IS NOT FALSE) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'transfer', n.transition_id, TG_OP, to_jsonb(before), to_jsonb(after), array_remove(ARRAY[CASE WHEN o.changes IS DISTINCT FROM n.changes THEN 'changes' END], NULL), jsonb_build_object('changes', hidden_digest(n.transition_id, n.changes)), 'f'
        FROM old_rows o FULL JOIN new_rows n ON n.transition_id = o.transition_id CROSS JOIN LATERAL (SELECT o.transition_id, o.user_id, o.fill, instant_text(o.created_at) AS created_at, o.promised) before CROSS JOIN LATERAL (SELECT n.transition_id, n.user_id, n.fill, instant_text(n.created_at) AS created_at, n.promised) after WHERE (o *<> n) IS NOT FALSE;
      END IF;
      RETURN NULL;
    END $function$;

CREATE OR REPLACE FUNCTION public.capture_user_account()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET "TimeZone" TO 'UTC'
 SET jit TO 'off'
AS $function$
    -- capture_table('user_account', 'f', '{}')
    DECLARE
      own bigint;
      last integer;
    BEGIN
      IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM new_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'user_account', n.id, TG_OP, to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f' FROM new_rows n CROSS JOIN LATERAL (SELECT n.id, n.version, n.username, n.display_name, n.status, n.status_reason, instant_text(n.status_changed_at) AS status_changed_at, instant_text(n.status_until) AS status_until, n.status_before, n.given_name, n.middle_name, n.family_name, n.honorific_prefix, n.honorific_suffix, n.nick_name, n.employee_number, n.title, n.department, n.division, n.cost_center, n.employee_type, n.location, n.country, n.locale, n.preferred_language, n.timezone, n.tags, n.attributes, n.source, n.hired_on, n.terminates_on, n.org_unit_id, n.manager_id, instant_text(n.created_at) AS created_at, instant_text(n.updated_at) AS updated_at, instant_text(n.deleted_at) AS deleted_at, instant_text(n.erased_at) AS erased_at) after;
      ELSIF TG_OP = 'DELETE' THEN
        IF NOT EXISTS (SELECT FROM old_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, hidden, derived)
        SELECT own, last + row_number() OVER (), 'user_account', o.id, TG_OP, to_jsonb(before), array_remove(ARRAY[NULL::text], NULL), 'f' FROM old_rows o CROSS JOIN LATERAL (SELECT o.id, o.version, o.username, o.display_name, o.status, o.status_reason, instant_text(o.status_changed_at) AS status_changed_at, instant_text(o.status_until) AS status_until, o.status_before, o.given_name, o.middle_name, o.family_name, o.honorific_prefix, o.honorific_suffix, o.nick_name, o.employee_number, o.title, o.department, o.division, o.cost_center, o.employee_type, o.location, o.country, o.locale, o.preferred_language, o.timezone, o.tags, o.attributes, o.source, o.hired_on, o.terminates_on, o.org_unit_id, o.manager_id, instant_text(o.created_at) AS created_at, instant_text(o.updated_at) AS updated_at, instant_text(o.deleted_at) AS deleted_at, instant_text(o.erased_at) AS erased_at) before;
      ELSE
        IF NOT EXISTS (SELECT FROM old_rows o FULL JOIN new_rows n ON n.id = o.id WHERE (o *<> n) IS NOT FALSE) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'user_account', n.id, TG_OP, to_jsonb(before), to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f'
        FROM old_rows o FULL JOIN new_rows n ON n.id = o.id CROSS JOIN LATERAL (SELECT o.id, o.version, o.username, o.display_name, o.status, o.status_reason, instant_text(o.status_changed_at) AS status_changed_at, instant_text(o.status_until) AS status_until, o.status_before, o.given_name, o.middle_name, o.family_name, o.honorific_prefix, o.honorific_suffix, o.nick_name, o.employee_number, o.title, o.department, o.division, o.cost_center, o.employee_type, o.location, o.country, o.locale, o.preferred_language, o.timezone, o.tags, o.attributes, o.source, o.hired_on, o.terminates_on, o.org_unit_id, o.manager_id, instant_text(o.created_at) AS created_at, instant_text(o.updated_at) AS updated_at, instant_text(o.deleted_at) AS deleted_at, instant_text(o.erased_at) AS erased_at) before CROSS JOIN LATERAL (SELECT n.id, n.version, n.username, n.display_name, n.status, n.status_reason, instant_text(n.status_changed_at) AS status_changed_at, instant_text(n.status_until) AS status_until, n.status_before, n.given_name, n.middle_name, n.family_name, n.honorific_prefix, n.honorific_suffix, n.nick_name, n.employee_number, n.title, n.department, n.division, n.cost_center, n.employee_type, n.location, n.country, n.locale, n.preferred_language, n.timezone, n.tags, n.attributes, n.source, n.hired_on, n.terminates_on, n.org_unit_id, n.manager_id, instant_text(n.created_at) AS created_at, instant_text(n.updated_at) AS updated_at, instant_text(n.deleted_at) AS deleted_at, instant_text(n.erased_at) AS erased_at) after WHERE (o *<> n) IS NOT FALSE;
      END IF;
      RETURN NULL;
    END $function$;

CREATE OR REPLACE FUNCTION public.capture_user_address()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET "TimeZone" TO 'UTC'
 SET jit TO 'off'
AS $function$
    -- capture_table('user_address', 'f', '{}')
    DECLARE
      own bigint;
      last integer;
    BEGIN
      IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM new_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'user_address', n.id, TG_OP, to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f' FROM new_rows n CROSS JOIN LATERAL (SELECT n.id, n.user_id, n.place, n.type, n.is_primary, n.street_address, n.locality, n.region, n.postal_code, n.country) after;
      ELSIF TG_OP = 'DELETE' THEN
        IF NOT EXISTS (SELECT FROM old_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, hidden, derived)
        SELECT own, last + row_number() OVER (), 'user_address', o.id, TG_OP, to_jsonb(before), array_remove(ARRAY[NULL::text], NULL), 'f' FROM old_rows o CROSS JOIN LATERAL (SELECT o.id, o.user_id, o.place, o.type, o.is_primary, o.street_address, o.locality, o.region, o.postal_code, o.country) before;
      ELSE
        IF NOT EXISTS (SELECT FROM old_rows o FULL JOIN new_rows n ON n.id = o.id WHERE (o *<> n) IS NOT FALSE) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'user_address', n.id, TG_OP, to_jsonb(before), to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f'
        FROM old_rows o FULL JOIN new_rows n ON n.id = o.id CROSS JOIN LATERAL (SELECT o.id, o.user_id, o.place, o.type, o.is_primary, o.street_address, o.locality, o.region, o.postal_code, o.country) before CROSS JOIN LATERAL (SELECT n.id, n.user_id, n.place, n.type, n.is_primary, n.street_address, n.locality, n.region, n.postal_code, n.country) after WHERE (o *<> n) IS NOT FALSE;
      END IF;
      RETURN NULL;
    END $function$;

CREATE OR REPLACE FUNCTION public.capture_user_deletion()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET "TimeZone" TO 'UTC'
 SET jit TO 'off'
AS $function$
    -- capture_table('user_deletion', 'f', '{}')
    DECLARE
      own bigint;
      last integer;
    BEGIN
      IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM new_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'user_deletion', n.user_id, TG_OP, to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f' FROM new_rows n CROSS JOIN LATERAL (SELECT n.user_id, n.consequences, instant_text(n.created_at) AS created_at) after;
      ELSIF TG_OP = 'DELETE' THEN
        IF NOT EXISTS (SELECT FROM old_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, hidden, derived)
        SELECT own, last + row_number() OVER (), 'user_deletion', o.user_id, TG_OP, to_jsonb(before), array_remove(ARRAY[NULL::text], NULL), 'f' FROM old_rows o CROSS JOIN LATERAL (SELECT o.user_id, o.consequences, instant_text(o.created_at) AS created_at) before;
      ELSE
        IF NOT EXISTS (SELECT FROM old_rows o FULL JOIN new_rows n ON n.user_id = o.user_id WHERE (o *<> n) IS NOT FALSE) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'user_deletion', n.user_id, TG_OP, to_jsonb(before), to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f'
        FROM old_rows o FULL JOIN new_rows n ON n.user_id = o.user_id CROSS JOIN LATERAL (SELECT o.user_id, o.consequences, instant_text(o.created_at) AS created_at) before CROSS JOIN LATERAL (SELECT n.user_id, n.consequences, instant_text(n.created_at) AS created_at) after WHERE (o *<> n) IS NOT FALSE;
      END IF;
      RETURN NULL;
    END $function$;

CREATE OR REPLACE FUNCTION public.capture_user_email()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET "TimeZone" TO 'UTC'
 SET jit TO 'off'
AS $function$
    -- capture_table('user_email', 'f', '{}')
    DECLARE
      own bigint;
      last integer;
    BEGIN
      IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM new_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'user_email', n.id, TG_OP, to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f' FROM new_rows n CROSS JOIN LATERAL (SELECT n.id, n.user_id, n.place, n.value, n.type, n.is_primary, n.verified) after;
      ELSIF TG_OP = 'DELETE' THEN
        IF NOT EXISTS (SELECT FROM old_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, hidden, derived)
        SELECT own, last + row_number() OVER (), 'user_email', o.id, TG_OP, to_jsonb(before), array_remove(ARRAY[NULL::text], NULL), 'f' FROM old_rows o CROSS JOIN LATERAL (SELECT o.id, o.user_id, o.place, o.value, o.type, o.is_primary, o.verified) before;
      ELSE
        IF NOT EXISTS (SELECT FROM old_rows o FULL JOIN new_rows n ON n.id = o.id WHERE (o *<> n) IS NOT FALSE) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'user_email', n.id, TG_OP, to_jsonb(before), to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f'
        FROM old_rows o FULL JOIN new_rows n ON n.id = o.id CROSS JOIN LATERAL (SELECT o.id, o.user_id, o.place, o.value, o.type, o.is_primary, o.verified) before CROSS JOIN LATERAL (SELECT n.id, n.user_id, n.place, n.value, n.type, n.is_primary, n.verified) after WHERE (o *<> n) IS NOT FALSE;
      END IF;
      RETURN NULL;
    END $function$;

CREATE OR REPLACE FUNCTION public.capture_user_erasure()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET "TimeZone" TO 'UTC'
 SET jit TO 'off'
AS $function$
    -- capture_table('user_erasure', 'f', '{}')
    DECLARE
      own bigint;
      last integer;
    BEGIN
      IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM new_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'user_erasure', n.id, TG_OP, to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f' FROM new_rows n CROSS JOIN LATERAL (SELECT n.id, n.user_id, n.ground, n.approval_request_id, n.commit_id, n.gone, instant_text(n.erased_at) AS erased_at, instant_text(n.finished_at) AS finished_at, n.named, n.cleared) after;
      ELSIF TG_OP = 'DELETE' THEN
        IF NOT EXISTS (SELECT FROM old_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, hidden, derived)
        SELECT own, last + row_number() OVER (), 'user_erasure', o.id, TG_OP, to_jsonb(before), array_remove(ARRAY[NULL::text], NULL), 'f' FROM old_rows o CROSS JOIN LATERAL (SELECT o.id, o.user_id, o.ground, o.approval_request_id, o.commit_id, o.gone, instant_text(o.erased_at) AS erased_at, instant_text(o.finished_at) AS finished_at, o.named, o.cleared) before;
      ELSE
        IF NOT EXISTS (SELECT FROM old_rows o FULL JOIN new_rows n ON n.id = o.id WHERE (o *<> n) IS NOT FALSE) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'user_erasure', n.id, TG_OP, to_jsonb(before), to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f'
        FROM old_rows o FULL JOIN new_rows n ON n.id = o.id CROSS JOIN LATERAL (SELECT o.id, o.user_id, o.ground, o.approval_request_id, o.commit_id, o.gone, instant_text(o.erased_at) AS erased_at, instant_text(o.finished_at) AS finished_at, o.named, o.cleared) before CROSS JOIN LATERAL (SELECT n.id, n.user_id, n.ground, n.approval_request_id, n.commit_id, n.gone, instant_text(n.erased_at) AS erased_at, instant_text(n.finished_at) AS finished_at, n.named, n.cleared) after WHERE (o *<> n) IS NOT FALSE;
      END IF;
      RETURN NULL;
    END $function$;

CREATE OR REPLACE FUNCTION public.capture_user_factor()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET "TimeZone" TO 'UTC'
 SET jit TO 'off'
AS $function$
    -- capture_table('user_factor', 'f', '{secret,credential_id}')
    DECLARE
      own bigint;
      last integer;
    BEGIN
      IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM new_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'user_factor', n.id, TG_OP, to_jsonb(after), array_remove(ARRAY[CASE WHEN n.secret IS NOT NULL THEN 'secret' END, CASE WHEN n.credential_id IS NOT NULL THEN 'credential_id' END], NULL), jsonb_build_object('secret', hidden_digest(n.id, n.secret), 'credential_id', hidden_digest(n.id, n.credential_id)), 'f' FROM new_rows n CROSS JOIN LATERAL (SELECT n.id, n.user_id, n.kind, n.name, n.transports, n.backed_up, instant_text(n.created_at) AS created_at, instant_text(n.confirmed_at) AS confirmed_at) after;
      ELSIF TG_OP = 'DELETE' THEN
        IF NOT EXISTS (SELECT FROM old_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, hidden, derived)
        SELECT own, last + row_number() OVER (), 'user_factor', o.id, TG_OP, to_jsonb(before), array_remove(ARRAY[CASE WHEN o.secret IS NOT NULL THEN 'secret' END, CASE WHEN o.credential_id IS NOT NULL THEN 'credential_id' END], NULL), 'f' FROM old_rows o CROSS JOIN LATERAL (SELECT o.id, o.user_id, o.kind, o.name, o.transports, o.backed_up, instant_text(o.created_at) AS created_at, instant_text(o.confirmed_at) AS confirmed_at) before;
      ELSE
        IF NOT EXISTS (SELECT FROM old_rows o FULL JOIN new_rows n ON n.id = o.id WHERE (o *<> n) IS NOT FALSE) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'user_factor', n.id, TG_OP, to_jsonb(before), to_jsonb(after), array_remove(ARRAY[CASE WHEN o.secret IS DISTINCT FROM n.secret THEN 'secret' END, CASE WHEN o.credential_id IS DISTINCT FROM n.credential_id THEN 'credential_id' END], NULL), jsonb_build_object('secret', hidden_digest(n.id, n.secret), 'credential_id', hidden_digest(n.id, n.credential_id)), 'f'
        FROM old_rows o FULL JOIN new_rows n ON n.id = o.id CROSS JOIN LATERAL (SELECT o.id, o.user_id, o.kind, o.name, o.transports, o.backed_up, instant_text(o.created_at) AS created_at, instant_text(o.confirmed_at) AS confirmed_at) before CROSS JOIN LATERAL (SELECT n.id, n.user_id, n.kind, n.name, n.transports, n.backed_up, instant_text(n.created_at) AS created_at, instant_text(n.confirmed_at) AS confirmed_at) after WHERE (o *<> n) IS NOT FALSE;
      END IF;
      RETURN NULL;
    END $function$;

CREATE OR REPLACE FUNCTION public.capture_user_group()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET "TimeZone" TO 'UTC'
 SET jit TO 'off'
AS $function$
    -- capture_table('user_group', 'f', '{}')
    DECLARE
      own bigint;
      last integer;
    BEGIN
      IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM new_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'user_group', n.id, TG_OP, to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f' FROM new_rows n CROSS JOIN LATERAL (SELECT n.id, n.version, n.key, n.name, n.description, n.kind, n.saved_search_id, n.owner_id, n.org_unit_id, instant_text(n.created_at) AS created_at, instant_text(n.updated_at) AS updated_at) after;
      ELSIF TG_OP = 'DELETE' THEN
        IF NOT EXISTS (SELECT FROM old_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, hidden, derived)
        SELECT own, last + row_number() OVER (), 'user_group', o.id, TG_OP, to_jsonb(before), array_remove(ARRAY[NULL::text], NULL), 'f' FROM old_rows o CROSS JOIN LATERAL (SELECT o.id, o.version, o.key, o.name, o.description, o.kind, o.saved_search_id, o.owner_id, o.org_unit_id, instant_text(o.created_at) AS created_at, instant_text(o.updated_at) AS updated_at) before;
      ELSE
        IF NOT EXISTS (SELECT FROM old_rows o FULL JOIN new_rows n ON n.id = o.id WHERE (o *<> n) IS NOT FALSE) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'user_group', n.id, TG_OP, to_jsonb(before), to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f'
        FROM old_rows o FULL JOIN new_rows n ON n.id = o.id CROSS JOIN LATERAL (SELECT o.id, o.version, o.key, o.name, o.description, o.kind, o.saved_search_id, o.owner_id, o.org_unit_id, instant_text(o.created_at) AS created_at, instant_text(o.updated_at) AS updated_at) before CROSS JOIN LATERAL (SELECT n.id, n.version, n.key, n.name, n.description, n.kind, n.saved_search_id, n.owner_id, n.org_unit_id, instant_text(n.created_at) AS created_at, instant_text(n.updated_at) AS updated_at) after WHERE (o *<> n) IS NOT FALSE;
      END IF;
      RETURN NULL;
    END $function$;

CREATE OR REPLACE FUNCTION public.capture_user_identity()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET "TimeZone" TO 'UTC'
 SET jit TO 'off'
AS $function$
    -- capture_table('user_identity', 'f', '{}')
    DECLARE
      own bigint;
      last integer;
    BEGIN
      IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM new_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'user_identity', n.id, TG_OP, to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f' FROM new_rows n CROSS JOIN LATERAL (SELECT n.id, n.user_id, n.place, n.source, n.issuer, n.external_id, instant_text(n.last_synced_at) AS last_synced_at) after;
      ELSIF TG_OP = 'DELETE' THEN
        IF NOT EXISTS (SELECT FROM old_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, hidden, derived)
        SELECT own, last + row_number() OVER (), 'user_identity', o.id, TG_OP, to_jsonb(before), array_remove(ARRAY[NULL::text], NULL), 'f' FROM old_rows o CROSS JOIN LATERAL (SELECT o.id, o.user_id, o.place, o.source, o.issuer, o.external_id, instant_text(o.last_synced_at) AS last_synced_at) before;
      ELSE
        IF NOT EXISTS (SELECT FROM old_rows o FULL JOIN new_rows n ON n.id = o.id WHERE (o *<> n) IS NOT FALSE) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'user_identity', n.id, TG_OP, to_jsonb(before), to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f'
        FROM old_rows o FULL JOIN new_rows n ON n.id = o.id CROSS JOIN LATERAL (SELECT o.id, o.user_id, o.place, o.source, o.issuer, o.external_id, instant_text(o.last_synced_at) AS last_synced_at) before CROSS JOIN LATERAL (SELECT n.id, n.user_id, n.place, n.source, n.issuer, n.external_id, instant_text(n.last_synced_at) AS last_synced_at) after WHERE (o *<> n) IS NOT FALSE;
      END IF;
      RETURN NULL;
    END $function$;

CREATE OR REPLACE FUNCTION public.capture_user_link()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET "TimeZone" TO 'UTC'
 SET jit TO 'off'
AS $function$
    -- capture_table('user_link', 'f', '{hash,email}')
    DECLARE
      own bigint;
      last integer;
    BEGIN
      IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM new_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'user_link', n.id, TG_OP, to_jsonb(after), array_remove(ARRAY[CASE WHEN n.hash IS NOT NULL THEN 'hash' END, CASE WHEN n.email IS NOT NULL THEN 'email' END], NULL), jsonb_build_object('hash', hidden_digest(n.id, n.hash), 'email', hidden_digest(n.id, n.email)), 'f' FROM new_rows n CROSS JOIN LATERAL (SELECT n.id, n.user_id, n.email_id, n.purpose, instant_text(n.created_at) AS created_at, instant_text(n.expires_at) AS expires_at) after;
      ELSIF TG_OP = 'DELETE' THEN
        IF NOT EXISTS (SELECT FROM old_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, hidden, derived)
        SELECT own, last + row_number() OVER (), 'user_link', o.id, TG_OP, to_jsonb(before), array_remove(ARRAY[CASE WHEN o.hash IS NOT NULL THEN 'hash' END, CASE WHEN o.email IS NOT NULL THEN 'email' END], NULL), 'f' FROM old_rows o CROSS JOIN LATERAL (SELECT o.id, o.user_id, o.email_id, o.purpose, instant_text(o.created_at) AS created_at, instant_text(o.expires_at) AS expires_at) before;
      ELSE
        IF NOT EXISTS (SELECT FROM old_rows o FULL JOIN new_rows n ON n.id = o.id WHERE (o *<> n) IS NOT FALSE) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'user_link', n.id, TG_OP, to_jsonb(before), to_jsonb(after), array_remove(ARRAY[CASE WHEN o.hash IS DISTINCT FROM n.hash THEN 'hash' END, CASE WHEN o.email IS DISTINCT FROM n.email THEN 'email' END], NULL), jsonb_build_object('hash', hidden_digest(n.id, n.hash), 'email', hidden_digest(n.id, n.email)), 'f'
        FROM old_rows o FULL JOIN new_rows n ON n.id = o.id CROSS JOIN LATERAL (SELECT o.id, o.user_id, o.email_id, o.purpose, instant_text(o.created_at) AS created_at, instant_text(o.expires_at) AS expires_at) before CROSS JOIN LATERAL (SELECT n.id, n.user_id, n.email_id, n.purpose, instant_text(n.created_at) AS created_at, instant_text(n.expires_at) AS expires_at) after WHERE (o *<> n) IS NOT FALSE;
      END IF;
      RETURN NULL;
    END $function$;

CREATE OR REPLACE FUNCTION public.capture_user_password()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET "TimeZone" TO 'UTC'
 SET jit TO 'off'
AS $function$
    -- capture_table('user_password', 'f', '{hash}')
    DECLARE
      own bigint;
      last integer;
    BEGIN
      IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM new_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'user_password', n.user_id, TG_OP, to_jsonb(after), array_remove(ARRAY[CASE WHEN n.hash IS NOT NULL THEN 'hash' END], NULL), jsonb_build_object('hash', hidden_digest(n.user_id, n.hash)), 'f' FROM new_rows n CROSS JOIN LATERAL (SELECT n.user_id, n.alone, instant_text(n.changed_at) AS changed_at) after;
      ELSIF TG_OP = 'DELETE' THEN
        IF NOT EXISTS (SELECT FROM old_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, hidden, derived)
        SELECT own, last + row_number() OVER (), 'user_password', o.user_id, TG_OP, to_jsonb(before), array_remove(ARRAY[CASE WHEN o.hash IS NOT NULL THEN 'hash' END], NULL), 'f' FROM old_rows o CROSS JOIN LATERAL (SELECT o.user_id, o.alone, instant_text(o.changed_at) AS changed_at) before;
      ELSE
        IF NOT EXISTS (SELECT FROM old_rows o FULL JOIN new_rows n ON n.user_id = o.user_id WHERE (o *<> n) IS NOT FALSE) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'user_password', n.user_id, TG_OP, to_jsonb(before), to_jsonb(after), array_remove(ARRAY[CASE WHEN o.hash IS DISTINCT FROM n.hash THEN 'hash' END], NULL), jsonb_build_object('hash', hidden_digest(n.user_id, n.hash)), 'f'
        FROM old_rows o FULL JOIN new_rows n ON n.user_id = o.user_id CROSS JOIN LATERAL (SELECT o.user_id, o.alone, instant_text(o.changed_at) AS changed_at) before CROSS JOIN LATERAL (SELECT n.user_id, n.alone, instant_text(n.changed_at) AS changed_at) after WHERE (o *<> n) IS NOT FALSE;
      END IF;
      RETURN NULL;
    END $function$;

CREATE OR REPLACE FUNCTION public.capture_user_phone()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET "TimeZone" TO 'UTC'
 SET jit TO 'off'
AS $function$
    -- capture_table('user_phone', 'f', '{}')
    DECLARE
      own bigint;
      last integer;
    BEGIN
      IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM new_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'user_phone', n.id, TG_OP, to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f' FROM new_rows n CROSS JOIN LATERAL (SELECT n.id, n.user_id, n.place, n.value, n.type, n.is_primary) after;
      ELSIF TG_OP = 'DELETE' THEN
        IF NOT EXISTS (SELECT FROM old_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, hidden, derived)
        SELECT own, last + row_number() OVER (), 'user_phone', o.id, TG_OP, to_jsonb(before), array_remove(ARRAY[NULL::text], NULL), 'f' FROM old_rows o CROSS JOIN LATERAL (SELECT o.id, o.user_id, o.place, o.value, o.type, o.is_primary) before;
      ELSE
        IF NOT EXISTS (SELECT FROM old_rows o FULL JOIN new_rows n ON n.id = o.id WHERE (o *<> n) IS NOT FALSE) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'user_phone', n.id, TG_OP, to_jsonb(before), to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f'
        FROM old_rows o FULL JOIN new_rows n ON n.id = o.id CROSS JOIN LATERAL (SELECT o.id, o.user_id, o.place, o.value, o.type, o.is_primary) before CROSS JOIN LATERAL (SELECT n.id, n.user_id, n.place, n.value, n.type, n.is_primary) after WHERE (o *<> n) IS NOT FALSE;
      END IF;
      RETURN NULL;
    END $function$;

CREATE OR REPLACE FUNCTION public.capture_user_recovery_codes()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET "TimeZone" TO 'UTC'
 SET jit TO 'off'
AS $function$
    -- capture_table('user_recovery_codes', 'f', '{hashes}')
    DECLARE
      own bigint;
      last integer;
    BEGIN
      IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM new_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'user_recovery_codes', n.user_id, TG_OP, to_jsonb(after), array_remove(ARRAY[CASE WHEN n.hashes IS NOT NULL THEN 'hashes' END], NULL), jsonb_build_object('hashes', hidden_digest(n.user_id, n.hashes)), 'f' FROM new_rows n CROSS JOIN LATERAL (SELECT n.user_id, instant_text(n.created_at) AS created_at) after;
      ELSIF TG_OP = 'DELETE' THEN
        IF NOT EXISTS (SELECT FROM old_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, hidden, derived)
        SELECT own, last + row_number() OVER (), 'user_recovery_codes', o.user_id, TG_OP, to_jsonb(before), array_remove(ARRAY[CASE WHEN o.hashes IS NOT NULL THEN 'hashes' END], NULL), 'f' FROM old_rows o CROSS JOIN LATERAL (SELECT o.user_id, instant_text(o.created_at) AS created_at) before;
      ELSE
        IF NOT EXISTS (SELECT FROM old_rows o FULL JOIN new_rows n ON n.user_id = o.user_id WHERE (o *<> n) IS NOT FALSE) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'user_recovery_codes', n.user_id, TG_OP, to_jsonb(before), to_jsonb(after), array_remove(ARRAY[CASE WHEN o.hashes IS DISTINCT FROM n.hashes THEN 'hashes' END], NULL), jsonb_build_object('hashes', hidden_digest(n.user_id, n.hashes)), 'f'
        FROM old_rows o FULL JOIN new_rows n ON n.user_id = o.user_id CROSS JOIN LATERAL (SELECT o.user_id, instant_text(o.created_at) AS created_at) before CROSS JOIN LATERAL (SELECT n.user_id, instant_text(n.created_at) AS created_at) after WHERE (o *<> n) IS NOT FALSE;
      END IF;
      RETURN NULL;
    END $function$;

CREATE OR REPLACE FUNCTION public.capture_user_search()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET "TimeZone" TO 'UTC'
 SET jit TO 'off'
AS $function$
    -- capture_table('user_search', 't', '{}')
    DECLARE
      own bigint;
      last integer;
    BEGIN
      IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM new_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'user_search', n.user_id, TG_OP, to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 't' FROM new_rows n CROSS JOIN LATERAL (SELECT n.user_id, n.version, n.username, n.display_name, n.status, n.status_reason, instant_text(n.status_changed_at) AS status_changed_at, instant_text(n.status_until) AS status_until, n.given_name, n.middle_name, n.family_name, n.honorific_prefix, n.honorific_suffix, n.nick_name, n.email, n.email_domain, n.email_verified, n.phone, n.external_id, n.external_ids, n.employee_number, n.title, n.department, n.division, n.cost_center, n.employee_type, n.location, n.country, n.locale, n.preferred_language, n.timezone, n.tags, n.attributes, n.source, n.hired_on, n.terminates_on, instant_text(n.last_login_at) AS last_login_at, n.last_login_country, n.failed_login_count, instant_text(n.password_changed_at) AS password_changed_at, n.mfa_enrolled, n.mfa_methods, n.active_session_count, n.risk_score, instant_text(n.created_at) AS created_at, instant_text(n.updated_at) AS updated_at, instant_text(n.deleted_at) AS deleted_at, n.org_unit_id, n.unit_path, n.manager_id, n.manager_chain, n.manager_status, n.direct_report_count, n.role_keys, n.permissions, n.role_grants, n.words, instant_text(n.reckoned_at) AS reckoned_at, n.group_keys, n.group_ids, instant_text(n.invited_at) AS invited_at) after;
      ELSIF TG_OP = 'DELETE' THEN
        IF NOT EXISTS (SELECT FROM old_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, hidden, derived)
        SELECT own, last + row_number() OVER (), 'user_search', o.user_id, TG_OP, to_jsonb(before), array_remove(ARRAY[NULL::text], NULL), 't' FROM old_rows o CROSS JOIN LATERAL (SELECT o.user_id, o.version, o.username, o.display_name, o.status, o.status_reason, instant_text(o.status_changed_at) AS status_changed_at, instant_text(o.status_until) AS status_until, o.given_name, o.middle_name, o.family_name, o.honorific_prefix, o.honorific_suffix, o.nick_name, o.email, o.email_domain, o.email_verified, o.phone, o.external_id, o.external_ids, o.employee_number, o.title, o.department, o.division, o.cost_center, o.employee_type, o.location, o.country, o.locale, o.preferred_language, o.timezone, o.tags, o.attributes, o.source, o.hired_on, o.terminates_on, instant_text(o.last_login_at) AS last_login_at, o.last_login_country, o.failed_login_count, instant_text(o.password_changed_at) AS password_changed_at, o.mfa_enrolled, o.mfa_methods, o.active_session_count, o.risk_score, instant_text(o.created_at) AS created_at, instant_text(o.updated_at) AS updated_at, instant_text(o.deleted_at) AS deleted_at, o.org_unit_id, o.unit_path, o.manager_id, o.manager_chain, o.manager_status, o.direct_report_count, o.role_keys, o.permissions, o.role_grants, o.words, instant_text(o.reckoned_at) AS reckoned_at, o.group_keys, o.group_ids, instant_text(o.invited_at) AS invited_at) before;
      ELSE
        IF NOT EXISTS (SELECT FROM old_rows o FULL JOIN new_rows n ON n.user_id = o.user_id WHERE (o *<> n) IS NOT FALSE) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'user_search', n.user_id, TG_OP, to_jsonb(before), to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 't'
        FROM old_rows o FULL JOIN new_rows n ON n.user_id = o.user_id CROSS JOIN LATERAL (SELECT o.user_id, o.version, o.username, o.display_name, o.status, o.status_reason, instant_text(o.status_changed_at) AS status_changed_at, instant_text(o.status_until) AS status_until, o.given_name, o.middle_name, o.family_name, o.honorific_prefix, o.honorific_suffix, o.nick_name, o.email, o.email_domain, o.email_verified, o.phone, o.external_id, o.external_ids, o.employee_number, o.title, o.department, o.division, o.cost_center, o.employee_type, o.location, o.country, o.locale, o.preferred_language, o.timezone, o.tags, o.attributes, o.source, o.hired_on, o.terminates_on, instant_text(o.last_login_at) AS last_login_at, o.last_login_country, o.failed_login_count, instant_text(o.password_changed_at) AS password_changed_at, o.mfa_enrolled, o.mfa_methods, o.active_session_count, o.risk_score, instant_text(o.created_at) AS created_at, instant_text(o.updated_at) AS updated_at, instant_text(o.deleted_at) AS deleted_at, o.org_unit_id, o.unit_path, o.manager_id, o.manager_chain, o.manager_status, o.direct_report_count, o.role_keys, o.permissions, o.role_grants, o.words, instant_text(o.reckoned_at) AS reckoned_at, o.group_keys, o.group_ids, instant_text(o.invited_at) AS invited_at) before CROSS JOIN LATERAL (SELECT n.user_id, n.version, n.username, n.display_name, n.status, n.status_reason, instant_text(n.status_changed_at) AS status_changed_at, instant_text(n.status_until) AS status_until, n.given_name, n.middle_name, n.family_name, n.honorific_prefix, n.honorific_suffix, n.nick_name, n.email, n.email_domain, n.email_verified, n.phone, n.external_id, n.external_ids, n.employee_number, n.title, n.department, n.division, n.cost_center, n.employee_type, n.location, n.country, n.locale, n.preferred_language, n.timezone, n.tags, n.attributes, n.source, n.hired_on, n.terminates_on, instant_text(n.last_login_at) AS last_login_at, n.last_login_country, n.failed_login_count, instant_text(n.password_changed_at) AS password_changed_at, n.mfa_enrolled, n.mfa_methods, n.active_session_count, n.risk_score, instant_text(n.created_at) AS created_at, instant_text(n.updated_at) AS updated_at, instant_text(n.deleted_at) AS deleted_at, n.org_unit_id, n.unit_path, n.manager_id, n.manager_chain, n.manager_status, n.direct_report_count, n.role_keys, n.permissions, n.role_grants, n.words, instant_text(n.reckoned_at) AS reckoned_at, n.group_keys, n.group_ids, instant_text(n.invited_at) AS invited_at) after WHERE (o *<> n) IS NOT FALSE;
      END IF;
      RETURN NULL;
    END $function$;

CREATE OR REPLACE FUNCTION public.capture_user_security()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET "TimeZone" TO 'UTC'
 SET jit TO 'off'
AS $function$
    -- capture_table('user_security', 'f', '{}')
    DECLARE
      own bigint;
      last integer;
    BEGIN
      IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM new_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'user_security', n.user_id, TG_OP, to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f' FROM new_rows n CROSS JOIN LATERAL (SELECT n.user_id, instant_text(n.last_login_at) AS last_login_at, n.last_login_country, n.failed_login_count, instant_text(n.password_changed_at) AS password_changed_at, n.mfa_methods, n.active_session_count, n.risk_score) after;
      ELSIF TG_OP = 'DELETE' THEN
        IF NOT EXISTS (SELECT FROM old_rows) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, hidden, derived)
        SELECT own, last + row_number() OVER (), 'user_security', o.user_id, TG_OP, to_jsonb(before), array_remove(ARRAY[NULL::text], NULL), 'f' FROM old_rows o CROSS JOIN LATERAL (SELECT o.user_id, instant_text(o.last_login_at) AS last_login_at, o.last_login_country, o.failed_login_count, instant_text(o.password_changed_at) AS password_changed_at, o.mfa_methods, o.active_session_count, o.risk_score) before;
      ELSE
        IF NOT EXISTS (SELECT FROM old_rows o FULL JOIN new_rows n ON n.user_id = o.user_id WHERE (o *<> n) IS NOT FALSE) THEN RETURN NULL; END IF;
        own := commit_under_way();
        last := last_ordinal(own);
        INSERT INTO change (commit_id, ordinal, table_name, row_id, operation, before, after, hidden, digests, derived)
        SELECT own, last + row_number() OVER (), 'user_security', n.user_id, TG_OP, to_jsonb(before), to_jsonb(after), array_remove(ARRAY[NULL::text], NULL), NULL::jsonb, 'f'
        FROM old_rows o FULL JOIN new_rows n ON n.user_id = o.user_id CROSS JOIN LATERAL (SELECT o.user_id, instant_text(o.last_login_at) AS last_login_at, o.last_login_country, o.failed_login_count, instant_text(o.password_changed_at) AS password_changed_at, o.mfa_methods, o.active_session_count, o.risk_score) before CROSS JOIN LATERAL (SELECT n.user_id, instant_text(n.last_login_at) AS last_login_at, n.last_login_country, n.failed_login_count, instant_text(n.password_changed_at) AS password_changed_at, n.mfa_methods, n.active_session_count, n.risk_score) after WHERE (o *<> n) IS NOT FALSE;
      END IF;
      RETURN NULL;
    END $function$;

CREATE OR REPLACE FUNCTION public.claim_attribute_definitions()
 RETURNS void
 LANGUAGE sql
AS $function$ SELECT pg_advisory_xact_lock(7263022) $function$;

CREATE OR REPLACE FUNCTION public.close_aside(own bigint, aside bigint, own_number bigint, earlier timestamp with time zone, instant timestamp with time zone)
 RETURNS boolean
 LANGUAGE plpgsql
AS $function$
DECLARE
  wrote boolean := last_ordinal(aside) > 0;
BEGIN
  IF wrote THEN -- it is no longer the transaction's own: several may be made in one, but each number is there once
    UPDATE commit SET number = own_number, at = instant, since = earlier, started_at = to_timestamp(own_number / 1e6) WHERE id = aside;
    PERFORM pg_notify('rollcall_commit', own_number::text);
  ELSE
    DELETE FROM commit WHERE id = aside;
  END IF;
  UPDATE commit SET started_at = transaction_timestamp() WHERE id = own;
  RETURN wrote;
END $function$;

CREATE OR REPLACE FUNCTION public.commit_under_way()
 RETURNS bigint
 LANGUAGE plpgsql
AS $function$
DECLARE
  own record;
  cause jsonb;
BEGIN
  SELECT id, number INTO own FROM commit WHERE xid = pg_current_xact_id() AND started_at = transaction_timestamp();
  IF FOUND THEN
    IF own.number IS NOT NULL THEN
      RAISE EXCEPTION 'this transaction already has its place in the log and cannot write any more'
        USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    RETURN own.id;
  END IF;
  -- After a transaction that set it the setting reads as empty, not as missing.
  cause := nullif(current_setting('rollcall.cause', true), '')::jsonb;
  IF cause IS NULL THEN
    RAISE EXCEPTION 'a write needs a cause' USING ERRCODE = 'object_not_in_prerequisite_state',
      HINT = 'In the same transaction, first: SELECT set_config(''rollcall.cause'', ''{"kind": "SYSTEM", "action": "data.repaired", "actor": {"kind": "SYSTEM", "name": "…"}, "reason": "…"}'', true)';
  END IF;
  IF cause->>'kind' = 'TIME' THEN
    RAISE EXCEPTION 'time is no cause that a writer can name' USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  INSERT INTO commit (xid, started_at, kind, action, actor_kind, actor_id, actor_name, operation_id, reason, request_id, ip)
  VALUES (pg_current_xact_id(), transaction_timestamp(), cause->>'kind', cause->>'action', cause->'actor'->>'kind',
    (cause->'actor'->>'id')::uuid, cause->'actor'->>'name', coalesce(cause->>'operationId', gen_random_uuid()::text), cause->>'reason', cause->>'requestId', cause->>'ip')
  RETURNING id INTO own.id;
  RETURN own.id;
END $function$;

CREATE OR REPLACE FUNCTION public.conclude_transaction()
 RETURNS bigint
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
BEGIN
  SET CONSTRAINTS ALL IMMEDIATE;
  RETURN coalesce(
    (SELECT number FROM commit WHERE xid = pg_current_xact_id_if_assigned() AND started_at = transaction_timestamp()),
    (SELECT number FROM feed_head));
END $function$;

CREATE OR REPLACE FUNCTION public.count_edges(filters jsonb[], signs integer[], head_at timestamp with time zone)
 RETURNS void
 LANGUAGE sql
AS $function$
  INSERT INTO time_edge (field, key, months, rest, filters, since)
  SELECT e.field, e.key, e.months, e.rest, sum(f.sign), head_at FROM unnest(filters, signs) f (filter, sign) CROSS JOIN LATERAL time_edges_of(f.filter) e
  GROUP BY 1, 2, 3, 4 HAVING sum(f.sign) <> 0
  ON CONFLICT (field, key, months, rest) DO UPDATE SET filters = time_edge.filters + EXCLUDED.filters
$function$;

CREATE OR REPLACE FUNCTION public.count_live_filter()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
DECLARE
  head_at timestamptz;
BEGIN
  -- A commit that is under way has looked at the edges already: its instant is waited for.
  SELECT at INTO head_at FROM feed_head FOR UPDATE;
  IF TG_OP <> 'INSERT' THEN PERFORM count_edges(ARRAY[OLD.filter], ARRAY[-1], head_at); END IF;
  IF TG_OP <> 'DELETE' THEN PERFORM count_edges(ARRAY[NEW.filter], ARRAY[1], head_at); END IF;
  RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION public.crossers_of(filter jsonb, earlier timestamp with time zone, later timestamp with time zone)
 RETURNS SETOF uuid
 LANGUAGE plpgsql
 STABLE
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET jit TO 'off'
 SET max_parallel_workers_per_gather TO '0'
AS $function$
DECLARE
  yesterday date := org_day_at(earlier);
  today date := org_day_at(later);
BEGIN
  RETURN QUERY SELECT s.user_id FROM time_edges_of(filter) e JOIN user_search s ON s.status_changed_at >= least(instant_moved(earlier, e.months, e.rest), instant_moved(later, e.months, e.rest))
    AND s.status_changed_at < greatest(instant_moved(earlier, e.months, e.rest), instant_moved(later, e.months, e.rest)) WHERE e.field = 'statusChangedAt'
  UNION ALL SELECT s.user_id FROM time_edges_of(filter) e JOIN user_search s ON s.last_login_at >= least(instant_moved(earlier, e.months, e.rest), instant_moved(later, e.months, e.rest))
    AND s.last_login_at < greatest(instant_moved(earlier, e.months, e.rest), instant_moved(later, e.months, e.rest)) WHERE e.field = 'lastLoginAt'
  UNION ALL SELECT s.user_id FROM time_edges_of(filter) e JOIN user_search s ON s.password_changed_at >= least(instant_moved(earlier, e.months, e.rest), instant_moved(later, e.months, e.rest))
    AND s.password_changed_at < greatest(instant_moved(earlier, e.months, e.rest), instant_moved(later, e.months, e.rest)) WHERE e.field = 'passwordChangedAt'
  UNION ALL SELECT s.user_id FROM time_edges_of(filter) e JOIN user_search s ON s.created_at >= least(instant_moved(earlier, e.months, e.rest), instant_moved(later, e.months, e.rest))
    AND s.created_at < greatest(instant_moved(earlier, e.months, e.rest), instant_moved(later, e.months, e.rest)) WHERE e.field = 'createdAt'
  UNION ALL SELECT s.user_id FROM time_edges_of(filter) e JOIN user_search s ON s.updated_at >= least(instant_moved(earlier, e.months, e.rest), instant_moved(later, e.months, e.rest))
    AND s.updated_at < greatest(instant_moved(earlier, e.months, e.rest), instant_moved(later, e.months, e.rest)) WHERE e.field = 'updatedAt'
  UNION ALL SELECT s.user_id FROM time_edges_of(filter) e JOIN user_search s ON s.deleted_at >= least(instant_moved(earlier, e.months, e.rest), instant_moved(later, e.months, e.rest))
    AND s.deleted_at < greatest(instant_moved(earlier, e.months, e.rest), instant_moved(later, e.months, e.rest)) WHERE e.field = 'deletedAt'
  UNION ALL SELECT g.user_id FROM time_edges_of(filter) e JOIN held_grant g ON g.granted_at >= least(instant_moved(earlier, e.months, e.rest), instant_moved(later, e.months, e.rest))
    AND g.granted_at < greatest(instant_moved(earlier, e.months, e.rest), instant_moved(later, e.months, e.rest)) AND g.revoked_at IS NULL WHERE e.field = 'roleGrants.grantedAt'
  UNION ALL SELECT g.user_id FROM time_edges_of(filter) e JOIN held_grant g ON g.starts_at >= least(instant_moved(earlier, e.months, e.rest), instant_moved(later, e.months, e.rest))
    AND g.starts_at < greatest(instant_moved(earlier, e.months, e.rest), instant_moved(later, e.months, e.rest)) AND g.revoked_at IS NULL WHERE e.field = 'roleGrants.startsAt'
  UNION ALL SELECT g.user_id FROM time_edges_of(filter) e JOIN held_grant g ON g.expires_at >= least(instant_moved(earlier, e.months, e.rest), instant_moved(later, e.months, e.rest))
    AND g.expires_at < greatest(instant_moved(earlier, e.months, e.rest), instant_moved(later, e.months, e.rest)) AND g.revoked_at IS NULL WHERE e.field = 'roleGrants.expiresAt';
  IF yesterday <> today THEN
    RETURN QUERY SELECT s.user_id FROM time_edges_of(filter) e JOIN user_search s ON s.hired_on >= least(date_moved(yesterday, e.months, e.rest), date_moved(today, e.months, e.rest))
    AND s.hired_on < greatest(date_moved(yesterday, e.months, e.rest), date_moved(today, e.months, e.rest)) WHERE e.field = 'hiredOn'
    UNION ALL SELECT s.user_id FROM time_edges_of(filter) e JOIN user_search s ON s.terminates_on >= least(date_moved(yesterday, e.months, e.rest), date_moved(today, e.months, e.rest))
    AND s.terminates_on < greatest(date_moved(yesterday, e.months, e.rest), date_moved(today, e.months, e.rest)) WHERE e.field = 'terminatesOn'
    UNION ALL SELECT s.user_id FROM time_edges_of(filter) e JOIN user_search s ON attribute_terms(s.attributes) @> ARRAY[left(e.key, 100)]
      AND json_date(s.attributes->e.key) >= least(date_moved(yesterday, e.months, e.rest), date_moved(today, e.months, e.rest))
    AND json_date(s.attributes->e.key) < greatest(date_moved(yesterday, e.months, e.rest), date_moved(today, e.months, e.rest)) WHERE e.field = 'attributes';
  END IF;
END $function$;

CREATE OR REPLACE FUNCTION public.date_moved(day date, months integer, rest bigint)
 RETURNS date
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  SELECT (day + make_interval(months => months) + make_interval(days => (rest / 86400000)::integer))::date $function$;

CREATE OR REPLACE FUNCTION public.day_begins(day date, zone text)
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
 STABLE PARALLEL SAFE
AS $function$
DECLARE
  midnight timestamptz := day::timestamp AT TIME ZONE zone;
BEGIN
  RETURN coalesce((
    SELECT min(t) FROM generate_series(midnight - interval '3 hours', midnight, interval '15 minutes') t
    WHERE (t AT TIME ZONE zone)::date = day), midnight);
END $function$;

CREATE OR REPLACE FUNCTION public.day_begins_for(person uuid, day date, org_timezone text)
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
 STABLE
AS $function$
BEGIN
  RETURN day_begins(day, coalesce((SELECT timezone FROM user_account WHERE id = person), org_timezone));
EXCEPTION WHEN invalid_parameter_value THEN
  RETURN day_begins(day, org_timezone);
END $function$;

CREATE OR REPLACE FUNCTION public.derive_attribute(of_key text, is_unique boolean, is_ordered boolean)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
BEGIN
  IF NOT is_unique THEN
    DELETE FROM attribute_holder WHERE key = of_key;
  ELSIF NOT EXISTS (SELECT FROM attribute_holder WHERE key = of_key) THEN
    INSERT INTO attribute_holder
    SELECT of_key, attribute_digest(u.attributes -> of_key), u.user_id FROM user_search u
    WHERE u.status <> 'DELETED' AND attribute_digest(u.attributes -> of_key) IS NOT NULL;
  END IF;
  IF is_ordered THEN
    INSERT INTO attribute_index AS i (key) VALUES (of_key)
    ON CONFLICT (key) DO UPDATE SET ready = i.ready AND i.ends_at IS NULL, ends_at = NULL;
  ELSE
    UPDATE attribute_index SET ends_at = coalesce(ends_at, rollcall_now() + interval '1 minute') WHERE key = of_key;
  END IF;
END $function$;

CREATE OR REPLACE FUNCTION public.derive_rows(of_commit bigint, instant timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET jit TO 'off'
AS $function$
DECLARE
  touched touched_rows := touched_rows(of_commit);
  near uuid[];
  reached uuid[] := '{}';
BEGIN
  PERFORM assert_no_cycle(touched.moved, touched.managed, touched.inheriting);
  near := near_people(touched);
  IF touched.holders <> '{}' THEN
    PERFORM assert_unique_holders(ARRAY(SELECT DISTINCT unnest(touched.holders)));
  END IF;
  IF touched.units <> '{}' THEN
    PERFORM refresh_org_unit_path(ARRAY(
      WITH RECURSIVE below (id) AS (
        SELECT unnest(touched.units) UNION SELECT o.id FROM below JOIN org_unit o ON o.parent_id = below.id)
      SELECT id FROM below));
  END IF;
  IF touched.roles <> '{}' OR touched.inheriting <> '{}' THEN -- people who hold these roles or any that inherits them
    reached := ARRAY(
      WITH RECURSIVE above (id) AS (
        SELECT unnest(touched.roles || touched.inheriting) UNION SELECT i.role_id FROM above JOIN role_inheritance i ON i.inherits_id = above.id)
      SELECT DISTINCT g.user_id FROM above JOIN held_grant g ON g.role_id = above.id AND g.revoked_at IS NULL);
  END IF;
  IF touched.grouped <> '{}' THEN
    reached := reached || ARRAY(SELECT m.user_id FROM group_member m WHERE m.group_id = ANY (touched.grouped));
  END IF;
  IF cardinality(reached) > reached_at_once() THEN
    PERFORM leave_trail(of_commit, ARRAY(SELECT unnest(reached) EXCEPT SELECT unnest(near)));
    reached := '{}';
  END IF;
  near := near || reached;
  IF near <> '{}' THEN
    PERFORM refresh_user_search(ARRAY(SELECT DISTINCT unnest(near)), instant);
  END IF;
END $function$;

CREATE OR REPLACE FUNCTION public.destroy_subject_key(subject uuid)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  INSERT INTO subject_key (subject_id, wrapped) VALUES (subject, NULL) ON CONFLICT (subject_id) DO UPDATE SET wrapped = NULL
$function$;

CREATE OR REPLACE FUNCTION public.detach_audit_partitions(months integer)
 RETURNS SETOF text
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET lock_timeout TO '2s'
AS $function$
DECLARE
  cutoff timestamp := rollcall_now() AT TIME ZONE 'UTC' - make_interval(months => months);
  old audit_partition;
  behind audit_partition;
  reader text;
BEGIN
  IF months IS NULL OR months < 1 THEN
    RAISE EXCEPTION 'at least a month is kept' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  FOR old IN
    SELECT * FROM audit_partition p
    WHERE detached_at IS NULL AND from_commit < (
      SELECT min(from_commit) FROM audit_partition
      WHERE detached_at IS NULL AND (to_commit IS NULL OR month + interval '1 month' > cutoff
        OR to_commit > (SELECT min(number) FROM commit)))
    ORDER BY from_commit FOR UPDATE SKIP LOCKED
  LOOP
    SELECT * INTO STRICT behind FROM audit_partition WHERE from_commit = old.to_commit;
    EXECUTE format('ALTER TABLE audit_log DETACH PARTITION %I', old.name);
    -- The trigger that refuses changes went with the parent.
    EXECUTE format('CREATE TRIGGER refuse_audit_change BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_audit_change()', old.name);
    EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER refuse_audit_change', old.name);
    FOR reader IN
      SELECT grantee::regrole::text FROM pg_class CROSS JOIN aclexplode(relacl)
      WHERE oid = 'audit_log'::regclass AND privilege_type = 'SELECT' AND grantee <> 0
    LOOP
      EXECUTE format('GRANT SELECT ON %I TO %s', old.name, reader);
    END LOOP;
    UPDATE audit_partition SET detached_at = rollcall_now() WHERE name = old.name;
    INSERT INTO audit_detachment (id, partition, month, from_commit, to_commit, events, last_hash)
    VALUES (gen_random_uuid(), old.name, old.month, old.from_commit, old.to_commit - 1, behind.events_before - old.events_before, encode(behind.hash_before, 'hex'));
    RETURN NEXT old.name;
  END LOOP;
END $function$;

CREATE OR REPLACE FUNCTION public.differing_columns(before jsonb, after jsonb)
 RETURNS text[]
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  SELECT coalesce(array_agg(key ORDER BY key COLLATE "C"), '{}')
  FROM jsonb_object_keys(jsonb_strip_nulls(coalesce(before, '{}')) || jsonb_strip_nulls(coalesce(after, '{}'))) key
  WHERE before->key IS DISTINCT FROM after->key AND bare_image(coalesce(after, before))->key IS NULL
    AND key NOT IN ('place', 'is_primary', 'created_at', 'updated_at', 'status_before')
$function$;

CREATE OR REPLACE FUNCTION public.finish_erasure(of_erasure uuid)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
DECLARE
  erasure user_erasure;
  at_commit bigint;
  rows uuid[];
  commits bigint[];
  ordinals integer[];
BEGIN
  SELECT * INTO erasure FROM user_erasure WHERE id = of_erasure AND finished_at IS NULL FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN RETURN false; END IF;
  IF NOT EXISTS (SELECT FROM user_account WHERE id = erasure.user_id AND erased_at IS NOT NULL) THEN
    RAISE EXCEPTION 'this person is not erased' USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  SELECT number INTO at_commit FROM commit WHERE id = erasure.commit_id;
  IF EXISTS (SELECT FROM feed_consumer WHERE commit_number - CASE ordinal WHEN 2147483647 THEN 0 ELSE 1 END < at_commit) THEN RETURN false; END IF;
  rows := ARRAY(SELECT row_id FROM change WHERE commit_id = erasure.commit_id AND NOT derived UNION SELECT unnest(erasure.cleared));
  IF (SELECT min(from_commit) FROM audit_partition WHERE detached_at IS NULL) > (SELECT min(number) FROM commit) AND EXISTS (SELECT FROM audit_partition WHERE detached_at IS NOT NULL) THEN
    SELECT array_agg(commit_id), array_agg(ordinal) INTO commits, ordinals FROM change;
  ELSE
    SELECT array_agg(p.commit_id), array_agg(p.ordinal) INTO commits, ordinals FROM places_naming(erasure.user_id, rows) p;
  END IF;
  WITH gone AS (
    DELETE FROM change ch USING unnest(commits, ordinals) p (commit_id, ordinal), commit c
    WHERE ch.commit_id = p.commit_id AND ch.ordinal = p.ordinal AND c.id = ch.commit_id AND c.number < at_commit
      AND is_row_of(erasure.user_id, ch.row_id, ch.before, ch.after)
    RETURNING ch.commit_id)
  UPDATE commit SET reason = NULL WHERE reason IS NOT NULL AND id IN (SELECT commit_id FROM gone);
  UPDATE change ch SET before = nameless_image(ch.before, erasure.user_id), after = nameless_image(ch.after, erasure.user_id)
  FROM unnest(commits, ordinals) p (commit_id, ordinal), commit c
  WHERE ch.commit_id = p.commit_id AND ch.ordinal = p.ordinal AND c.id = ch.commit_id AND c.number <= at_commit AND NOT ch.derived
    AND (ch.before::text LIKE '%' || erasure.user_id || '%' OR ch.after::text LIKE '%' || erasure.user_id || '%');
  -- Who followed the person learns that they left; of before, what decides who saw them is all that stays.
  UPDATE change SET before = after || jsonb_build_object('status', before->'status', 'org_unit_id', before->'org_unit_id', 'unit_path', before->'unit_path', 'deleted_at', before->'deleted_at')
  WHERE commit_id = erasure.commit_id AND table_name = 'user_search' AND row_id = erasure.user_id AND before IS NOT NULL;
  UPDATE change SET before = bare_image(before) WHERE commit_id = erasure.commit_id AND table_name = 'saved_search' AND before->>'owner_id' = erasure.user_id::text;
  UPDATE commit SET actor_name = 'Erased person', ip = NULL, reason = NULL WHERE actor_id = erasure.user_id AND number <= at_commit;
  DELETE FROM user_version WHERE user_id = erasure.user_id AND from_commit < at_commit;
  -- Of rows of others that words were taken out of, what was written in them; and why, of what was about the person alone.
  UPDATE change ch SET before = wordless_image(ch.before, '{}'), after = wordless_image(ch.after, '{}')
  FROM unnest(commits, ordinals) p (commit_id, ordinal), commit c
  WHERE ch.commit_id = p.commit_id AND ch.ordinal = p.ordinal AND c.id = ch.commit_id AND c.number < at_commit AND ch.row_id = ANY (erasure.cleared);
  UPDATE commit c SET reason = NULL
  FROM unnest(commits, ordinals) p (commit_id, ordinal), change ch, subject_key k
  WHERE ch.commit_id = p.commit_id AND ch.ordinal = p.ordinal AND c.id = ch.commit_id AND c.number < at_commit AND c.reason IS NOT NULL
    AND ch.row_id = ANY (erasure.cleared) AND k.subject_id = ch.row_id AND k.wrapped IS NULL;
  UPDATE user_erasure SET finished_at = rollcall_now() WHERE id = of_erasure;
  RETURN true;
END $function$;

CREATE OR REPLACE FUNCTION public.fold(value text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT
AS $function$ SELECT lower(value COLLATE "und-x-icu") $function$;

CREATE OR REPLACE FUNCTION public.fold_all(texts text[])
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$ SELECT coalesce(E'\x1f' || string_agg(lower(t.v COLLATE "und-x-icu"), E'\x1f' ORDER BY t.place) || E'\x1f', '')
   FROM unnest(texts) WITH ORDINALITY AS t(v, place) $function$;

CREATE OR REPLACE FUNCTION public.fold_each(texts text[])
 RETURNS text[]
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$ SELECT CASE WHEN texts IS NOT NULL THEN ARRAY(SELECT lower(t.v COLLATE "und-x-icu") FROM unnest(texts) AS t(v)) END $function$;

CREATE OR REPLACE FUNCTION public.follow_groups(from_commit bigint, to_commit bigint, instant timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET jit TO 'off'
AS $function$
BEGIN
  WITH told AS MATERIALIZED (
    SELECT DISTINCT ON (b.group_id, c.row_id) b.group_id, c.row_id AS user_id, t.kind <> 'L' AS belongs
    FROM group_built b JOIN user_group g ON g.id = b.group_id AND g.saved_search_id = b.search_id
    JOIN search_transition t ON t.search_id = b.search_id AND t.commit_number > greatest(b.built, from_commit) AND t.commit_number <= to_commit
    JOIN commit ON commit.number = t.commit_number JOIN change c ON c.commit_id = commit.id AND c.ordinal = t.ordinal
    ORDER BY b.group_id, c.row_id, t.commit_number DESC, t.ordinal DESC),
  gone AS (
    DELETE FROM group_member m USING told WHERE NOT told.belongs AND m.group_id = told.group_id AND m.user_id = told.user_id)
  INSERT INTO group_member (id, group_id, user_id, joined_at)
  SELECT gen_random_uuid(), told.group_id, u.id, instant FROM told JOIN user_account u ON u.id = told.user_id
  WHERE told.belongs AND NOT EXISTS (SELECT FROM group_member m WHERE m.group_id = told.group_id AND m.user_id = u.id)
  ORDER BY u.id, told.group_id ON CONFLICT (group_id, user_id) DO NOTHING;
END $function$;

CREATE OR REPLACE FUNCTION public.follow_trail(batch integer)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
DECLARE
  head feed_head;
  people uuid[];
  free bigint;
BEGIN
  IF NOT EXISTS (SELECT FROM trail) THEN RETURN false; END IF;
  SELECT * INTO head FROM feed_head FOR UPDATE;
  people := ARRAY(SELECT user_id FROM trail_person ORDER BY user_id LIMIT batch);
  IF people = '{}' THEN
    DELETE FROM trail;
    RETURN false;
  END IF;
  free := log_trail(people, head.number + 1, head.at, head.at);
  IF free > head.number + 1 THEN
    UPDATE feed_head SET number = free - 1, since = at;
  END IF;
  RETURN true;
END $function$;

CREATE OR REPLACE FUNCTION public.followed_filter(of_table text, of_row jsonb)
 RETURNS jsonb
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  SELECT CASE of_table WHEN 'saved_search' THEN of_row->'filter'
    WHEN 'access_rule' THEN CASE WHEN jsonb_typeof(of_row->'object') = 'object' THEN jsonb_build_object('kind', 'and', 'of', jsonb_build_array(
      of_row->'actor', CASE WHEN of_row->'permissions' ? 'USER_READ' THEN of_row->'object' END)) END END
$function$;

CREATE OR REPLACE FUNCTION public.forget_in_commit(person uuid)
 RETURNS bigint
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
DECLARE
  own bigint := (SELECT id FROM commit WHERE xid = pg_current_xact_id() AND started_at = transaction_timestamp());
BEGIN
  IF NOT EXISTS (SELECT FROM user_account WHERE id = person AND erased_at IS NOT NULL) THEN
    RAISE EXCEPTION 'this person is not erased' USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  -- A search is a subject of its own, and the matcher has still to read that it went.
  PERFORM destroy_subject_key(row_id) FROM change WHERE commit_id = own AND table_name = 'saved_search' AND operation = 'DELETE' AND before->>'owner_id' = person::text;
  UPDATE change SET hidden = ARRAY(SELECT DISTINCT unnest(hidden || differing_columns(before, after)) ORDER BY 1), before = bare_image(before), after = bare_image(after), digests = NULL
  WHERE commit_id = own AND NOT derived AND table_name NOT IN ('approval_request', 'user_erasure', 'saved_search')
    AND is_row_of(person, row_id, before, after);
  -- Without its value before, the name that stands there now is told as new, so that the events go on folding to the row.
  UPDATE change SET before = nameless_image(before, person) - name_keys(before, person), after = nameless_image(after, person)
  WHERE commit_id = own AND NOT derived AND (before::text LIKE '%' || person || '%' OR after::text LIKE '%' || person || '%');
  UPDATE commit SET action = CASE kind WHEN 'MUTATION' THEN 'user.erased' ELSE action END, reason = NULL WHERE id = own;
  PERFORM destroy_subject_key(person);
  RETURN own;
END $function$;

CREATE OR REPLACE FUNCTION public.forget_rows_in_commit(rows uuid[])
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
DECLARE
  own bigint := (SELECT id FROM commit WHERE xid = pg_current_xact_id() AND started_at = transaction_timestamp());
BEGIN
  IF NOT EXISTS (SELECT FROM user_erasure WHERE commit_id = own) THEN
    RAISE EXCEPTION 'nobody is erased by this transaction' USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  UPDATE change SET before = wordless_image(before, after)
  WHERE commit_id = own AND operation = 'UPDATE' AND NOT derived AND row_id = ANY (rows);
END $function$;

CREATE OR REPLACE FUNCTION public.grant_terms(grants jsonb)
 RETURNS text[]
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$ SELECT coalesce(array_agg(DISTINCT t.term), '{}')
   FROM jsonb_array_elements(grants) AS g(value),
   LATERAL (
     SELECT 'grant' AS term
     UNION ALL
     SELECT E'role\x1f' || left(lower((g.value ->> 'role') COLLATE "und-x-icu"), 100)
     UNION ALL
     SELECT E'privileged\x1f' || (g.value ->> 'privileged')
     UNION ALL
     SELECT E'scopeWithin\x1f' || u.id
     FROM jsonb_array_elements_text(CASE WHEN jsonb_typeof(g.value -> 'scopePath') = 'array' THEN g.value -> 'scopePath' ELSE '[]' END) AS u(id)
   ) AS t
   WHERE t.term IS NOT NULL $function$;

CREATE OR REPLACE FUNCTION public.grants_turning(earlier timestamp with time zone, later timestamp with time zone)
 RETURNS SETOF uuid
 LANGUAGE sql
 STABLE
AS $function$
  SELECT g.user_id FROM held_grant g WHERE g.revoked_at IS NULL AND g.starts_at > earlier AND g.starts_at <= later
  UNION SELECT g.user_id FROM held_grant g WHERE g.revoked_at IS NULL AND g.expires_at > earlier AND g.expires_at <= later $function$;

CREATE OR REPLACE FUNCTION public.group_work(OUT followed bigint, OUT matched bigint, OUT head bigint, OUT stale uuid[], OUT concerned boolean)
 RETURNS record
 LANGUAGE plpgsql
 STABLE
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET jit TO 'off'
AS $function$
BEGIN
  SELECT h.followed, f.commit_number - CASE f.ordinal WHEN 2147483647 THEN 0 ELSE 1 END, feed.number,
    ARRAY(SELECT g.id FROM user_group g JOIN matched_search m ON m.search_id = g.saved_search_id AND m.refusal IS NULL AND m.filter IS NOT NULL
      LEFT JOIN group_built b ON b.group_id = g.id
      WHERE g.saved_search_id IS NOT NULL AND (b.group_id IS NULL OR b.search_id <> g.saved_search_id OR m.since > greatest(b.built, h.followed)
        OR greatest(b.built, h.followed) < (SELECT min(number) - 1 FROM commit)) ORDER BY g.id),
    EXISTS (SELECT FROM user_group g JOIN search_transition t ON t.search_id = g.saved_search_id AND t.commit_number > h.followed
      AND (t.commit_number < f.commit_number OR t.commit_number = f.commit_number AND f.ordinal = 2147483647) WHERE g.saved_search_id IS NOT NULL)
  INTO STRICT followed, matched, head, stale, concerned
  FROM group_head h CROSS JOIN feed_head feed CROSS JOIN feed_consumer f WHERE f.name = 'matcher';
END $function$;

CREATE OR REPLACE FUNCTION public.hidden_digest(of_row uuid, value anyelement)
 RETURNS text
 LANGUAGE plpgsql
 STABLE
 SET search_path TO 'public', 'pg_temp'
 SET bytea_output TO 'hex'
 SET "TimeZone" TO 'UTC'
AS $function$
BEGIN
  RETURN (SELECT encode(sha256(key || convert_to(of_row::text || ' ' || to_jsonb(value)::text, 'UTF8')), 'base64') FROM digest_key);
END $function$;

CREATE OR REPLACE FUNCTION public.holders_refused(users uuid[])
 RETURNS SETOF uuid
 LANGUAGE plpgsql
AS $function$
DECLARE
  one uuid;
BEGIN
  FOREACH one IN ARRAY users LOOP
    BEGIN
      PERFORM assert_unique_holders(ARRAY[one]);
    EXCEPTION WHEN unique_violation THEN
      RETURN NEXT one;
    END;
  END LOOP;
END $function$;

CREATE OR REPLACE FUNCTION public.instant_moved(instant timestamp with time zone, months integer, rest bigint)
 RETURNS timestamp with time zone
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  SELECT (instant AT TIME ZONE 'UTC' + make_interval(months => months, days => (rest / 86400000)::integer, secs => (rest % 86400000)::float8 / 1000)) AT TIME ZONE 'UTC' $function$;

CREATE OR REPLACE FUNCTION public.instant_text(instant timestamp with time zone)
 RETURNS text
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$ SELECT coalesce(to_char(instant AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), instant::text) $function$;

CREATE OR REPLACE FUNCTION public.is_row_of(person uuid, of_row uuid, before jsonb, after jsonb)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  SELECT of_row = person OR person::text IN (before->>'user_id', after->>'user_id', before->>'owner_id', after->>'owner_id')
$function$;

CREATE OR REPLACE FUNCTION public.json_boolean(value jsonb)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$ SELECT CASE WHEN jsonb_typeof(value) = 'boolean' THEN value::boolean END $function$;

CREATE OR REPLACE FUNCTION public.json_date(value jsonb)
 RETURNS date
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$ SELECT CASE WHEN json_text(value) ~ '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$' AND left(json_text(value), 4) <> '0000' THEN
  CASE WHEN substr(json_text(value), 9)::integer <= extract(day FROM
         make_date(left(json_text(value), 4)::integer, substr(json_text(value), 6, 2)::integer, 1) + interval '1 month' - interval '1 day')
       THEN make_date(left(json_text(value), 4)::integer, substr(json_text(value), 6, 2)::integer, substr(json_text(value), 9)::integer) END
END $function$;

CREATE OR REPLACE FUNCTION public.json_number(value jsonb)
 RETURNS double precision
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$ SELECT CASE WHEN jsonb_typeof(value) = 'number' THEN
  CASE WHEN abs(value::numeric) >= 179769313486231580793e289 THEN NULL
       WHEN abs(value::numeric) <= 24703282292062327e-340 THEN 0
       ELSE value::float8 END
END $function$;

CREATE OR REPLACE FUNCTION public.json_text(value jsonb)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$ SELECT CASE WHEN jsonb_typeof(value) = 'string' THEN value #>> '{}' END $function$;

CREATE OR REPLACE FUNCTION public.json_texts(value jsonb)
 RETURNS text[]
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$ SELECT CASE WHEN jsonb_typeof(value) = 'array' THEN
  ARRAY(SELECT member #>> '{}' FROM jsonb_array_elements(CASE WHEN jsonb_typeof(value) = 'array' THEN value ELSE '[]' END) AS m(member)
        WHERE jsonb_typeof(member) = 'string')
END $function$;

CREATE OR REPLACE FUNCTION public.json_uuids(list jsonb)
 RETURNS uuid[]
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$ SELECT ARRAY(SELECT jsonb_array_elements_text(list)::uuid) $function$;

CREATE OR REPLACE FUNCTION public.keep_user_attributes()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
BEGIN
  IF TG_OP = 'DELETE' THEN
    DELETE FROM attribute_holder h USING gone WHERE h.user_id = gone.user_id;
    DELETE FROM user_attribute a USING gone WHERE a.user_id = gone.user_id;
    RETURN NULL;
  END IF;
  IF EXISTS (SELECT FROM attribute_definition d WHERE d."unique") THEN
    IF TG_OP = 'UPDATE' THEN
      DELETE FROM attribute_holder h USING gone JOIN fresh USING (user_id)
      WHERE h.user_id = fresh.user_id
        AND (fresh.status = 'DELETED' OR fresh.attributes -> h.key IS DISTINCT FROM gone.attributes -> h.key);
      INSERT INTO attribute_holder
      SELECT d.key, attribute_digest(fresh.attributes -> d.key), fresh.user_id
      FROM gone JOIN fresh USING (user_id) CROSS JOIN attribute_definition d
      WHERE d."unique" AND d.state <> 'REMOVED' AND fresh.status <> 'DELETED' AND attribute_digest(fresh.attributes -> d.key) IS NOT NULL
        AND (gone.status = 'DELETED' OR fresh.attributes -> d.key IS DISTINCT FROM gone.attributes -> d.key);
    ELSE
      INSERT INTO attribute_holder
      SELECT d.key, attribute_digest(fresh.attributes -> d.key), fresh.user_id
      FROM fresh CROSS JOIN attribute_definition d
      WHERE d."unique" AND d.state <> 'REMOVED' AND fresh.status <> 'DELETED' AND attribute_digest(fresh.attributes -> d.key) IS NOT NULL;
    END IF;
  END IF;
  IF EXISTS (SELECT FROM attribute_index) THEN
    IF TG_OP = 'UPDATE' THEN
      INSERT INTO user_attribute
      SELECT fresh.user_id, i.key, json_number(fresh.attributes -> i.key), json_date(fresh.attributes -> i.key), json_text(fresh.attributes -> i.key)
      FROM gone JOIN fresh USING (user_id) CROSS JOIN attribute_index i
      WHERE fresh.attributes -> i.key IS DISTINCT FROM gone.attributes -> i.key
      ON CONFLICT (user_id, key) DO UPDATE SET number = EXCLUDED.number, day = EXCLUDED.day, text = EXCLUDED.text;
    ELSE
      INSERT INTO user_attribute
      SELECT fresh.user_id, i.key, json_number(fresh.attributes -> i.key), json_date(fresh.attributes -> i.key), json_text(fresh.attributes -> i.key)
      FROM fresh CROSS JOIN attribute_index i WHERE fresh.attributes ? i.key
      ON CONFLICT (user_id, key) DO UPDATE SET number = EXCLUDED.number, day = EXCLUDED.day, text = EXCLUDED.text;
    END IF;
  END IF;
  RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION public.last_commit_by(instant timestamp with time zone, OUT settled boolean, OUT number bigint)
 RETURNS record
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET lock_timeout TO '1s'
AS $function$
BEGIN
  settled := true;
  IF instant >= (SELECT h.at FROM feed_head h) THEN
    IF rollcall_now() < instant + interval '1 ms' THEN -- another may bear the same millisecond
      PERFORM pg_sleep(0.002);
    END IF;
    PERFORM FROM feed_head FOR SHARE;
  END IF;
  SELECT c.number INTO number FROM commit c WHERE c.at <= instant ORDER BY c.at DESC, c.number DESC LIMIT 1;
EXCEPTION WHEN lock_not_available THEN
  settled := false;
END $function$;

CREATE OR REPLACE FUNCTION public.last_ordinal(of_commit bigint)
 RETURNS integer
 LANGUAGE plpgsql
AS $function$
BEGIN
  RETURN coalesce((SELECT max(ordinal) FROM change WHERE commit_id = of_commit), 0);
END $function$;

CREATE OR REPLACE FUNCTION public.leave_trail(of_commit bigint, people uuid[])
 RETURNS void
 LANGUAGE plpgsql
AS $function$
BEGIN
  INSERT INTO trail VALUES (of_commit) ON CONFLICT DO NOTHING;
  INSERT INTO trail_person SELECT DISTINCT reached.id, of_commit FROM unnest(people) reached (id) ORDER BY 1 ON CONFLICT DO NOTHING;
END $function$;

CREATE OR REPLACE FUNCTION public.log_time(own_number bigint, earlier timestamp with time zone, instant timestamp with time zone, people uuid[], holders uuid[])
 RETURNS boolean
 LANGUAGE plpgsql
AS $function$
DECLARE
  beside record := open_aside();
BEGIN
  IF cardinality(holders) > reached_at_once() THEN
    PERFORM leave_trail(beside.aside, holders);
    people := people || holders[1]; -- so that there is a commit: what trails is reckoned at the instant to which it brings the log's clock
  ELSIF holders <> '{}' THEN
    PERFORM refresh_user_search(holders, instant);
  END IF;
  UPDATE user_search SET reckoned_at = instant WHERE user_id = ANY (people) AND reckoned_at IS DISTINCT FROM instant;
  RETURN close_aside(beside.own, beside.aside, own_number, earlier, instant);
END $function$;

CREATE OR REPLACE FUNCTION public.log_trail(people uuid[], own_number bigint, earlier timestamp with time zone, instant timestamp with time zone)
 RETURNS bigint
 LANGUAGE plpgsql
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET jit TO 'off'
AS $function$
DECLARE
  one record;
  beside record;
  free bigint := own_number;
BEGIN
  FOR one IN
    SELECT p.people, coalesce(c.kind, 'SYSTEM') AS kind, coalesce(c.action, 'trail.followed') AS action, coalesce(c.actor_kind, 'SYSTEM') AS actor_kind,
      c.actor_id, CASE WHEN erased.id IS NOT NULL THEN 'Erased person' ELSE coalesce(c.actor_name, 'trail') END AS actor_name, c.operation_id,
      CASE WHEN erased.id IS NULL THEN c.reason END AS reason, c.request_id, CASE WHEN erased.id IS NULL THEN c.ip END AS ip
    FROM (SELECT commit_id, array_agg(user_id) AS people FROM trail_person WHERE user_id = ANY (log_trail.people) GROUP BY commit_id) p
    LEFT JOIN commit c ON c.id = p.commit_id -- pruned, where nobody has followed for longer than the log is kept
    LEFT JOIN user_account erased ON erased.id = c.actor_id AND erased.erased_at IS NOT NULL
    ORDER BY p.commit_id
  LOOP
    beside := open_aside();
    UPDATE commit SET kind = one.kind, action = one.action, actor_kind = one.actor_kind, actor_id = one.actor_id, actor_name = one.actor_name,
      operation_id = one.operation_id, reason = one.reason, request_id = one.request_id, ip = one.ip WHERE id = beside.aside;
    UPDATE user_search kept SET (role_keys, permissions, role_grants, group_keys, group_ids, reckoned_at) = ROW(fresh.role_keys, fresh.permissions, fresh.role_grants, fresh.group_keys, fresh.group_ids, instant)
    FROM user_search_of(one.people, instant) fresh
    WHERE kept.user_id = fresh.user_id AND (kept.role_keys, kept.permissions, kept.role_grants, kept.group_keys, kept.group_ids) IS DISTINCT FROM (fresh.role_keys, fresh.permissions, fresh.role_grants, fresh.group_keys, fresh.group_ids);
    IF close_aside(beside.own, beside.aside, free, CASE free WHEN own_number THEN earlier ELSE instant END, instant) THEN
      free := free + 1;
    END IF;
  END LOOP;
  DELETE FROM trail_person WHERE user_id = ANY (people);
  RETURN free;
END $function$;

CREATE OR REPLACE FUNCTION public.name_keys(image jsonb, person uuid)
 RETURNS text[]
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  SELECT coalesce(array_agg(left(key, -3) || '_name'), '{}') FROM jsonb_each_text(image)
  WHERE key LIKE '%\_id' AND value = person::text AND image ? (left(key, -3) || '_name')
$function$;

CREATE OR REPLACE FUNCTION public.named_in(of_table text, image jsonb)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  SELECT image->>CASE of_table WHEN 'approval_request' THEN 'requester_id' WHEN 'bulk_plan' THEN 'planner_id' WHEN 'role_grant' THEN 'granted_by_id'
    WHEN 'saved_search' THEN 'owner_id' WHEN 'session' THEN 'ended_by_id' ELSE 'author_id' END
$function$;

CREATE OR REPLACE FUNCTION public.nameless_image(image jsonb, person uuid)
 RETURNS jsonb
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  SELECT image || coalesce((SELECT jsonb_object_agg(key, 'Erased person') FROM unnest(name_keys(image, person)) key), '{}')
    || CASE WHEN jsonb_typeof(image->'steps') = 'array'
      THEN jsonb_build_object('steps', (SELECT jsonb_agg(step - 'comment' ORDER BY place) FROM jsonb_array_elements(image->'steps') WITH ORDINALITY s (step, place)))
      ELSE '{}' END
$function$;

CREATE OR REPLACE FUNCTION public.near_people(touched touched_rows)
 RETURNS uuid[]
 LANGUAGE plpgsql
 STABLE
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET jit TO 'off'
AS $function$
DECLARE
  people uuid[] := touched.people || touched.managers;
BEGIN
  IF touched.managed <> '{}' THEN -- everybody below them has another chain
    people := people || ARRAY(
      WITH RECURSIVE below (id) AS (
        SELECT unnest(touched.managed) UNION SELECT u.id FROM below JOIN user_account u ON u.manager_id = below.id)
      SELECT id FROM below);
  END IF;
  IF touched.managing <> '{}' THEN
    people := people || ARRAY(SELECT u.id FROM unnest(touched.managing) manager (id) JOIN user_account u ON u.manager_id = manager.id);
  END IF;
  IF touched.moved <> '{}' THEN -- members of the units below, and people whose grants are scoped there
    people := people || ARRAY(
      WITH RECURSIVE below (id) AS (
        SELECT unnest(touched.moved) UNION SELECT o.id FROM below JOIN org_unit o ON o.parent_id = below.id)
      SELECT u.id FROM below JOIN user_account u ON u.org_unit_id = below.id
      UNION ALL SELECT g.user_id FROM below JOIN held_grant g ON g.scope_id = below.id AND g.revoked_at IS NULL);
  END IF;
  RETURN coalesce(people, '{}');
END $function$;

CREATE OR REPLACE FUNCTION public.next_time(instant timestamp with time zone)
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
 STABLE
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET jit TO 'off'
AS $function$
BEGIN
  RETURN (SELECT min(at) FROM (
    SELECT (SELECT s.status_changed_at FROM user_search s WHERE s.status_changed_at >= instant_moved(instant, e.months, e.rest) ORDER BY s.status_changed_at LIMIT 1)
      - make_interval(months => e.months) - e.rest * interval '1 millisecond' + interval '1 millisecond' AS at FROM time_edge e WHERE e.field = 'statusChangedAt'
    UNION ALL SELECT (SELECT s.last_login_at FROM user_search s WHERE s.last_login_at >= instant_moved(instant, e.months, e.rest) ORDER BY s.last_login_at LIMIT 1)
      - make_interval(months => e.months) - e.rest * interval '1 millisecond' + interval '1 millisecond' AS at FROM time_edge e WHERE e.field = 'lastLoginAt'
    UNION ALL SELECT (SELECT s.password_changed_at FROM user_search s WHERE s.password_changed_at >= instant_moved(instant, e.months, e.rest) ORDER BY s.password_changed_at LIMIT 1)
      - make_interval(months => e.months) - e.rest * interval '1 millisecond' + interval '1 millisecond' AS at FROM time_edge e WHERE e.field = 'passwordChangedAt'
    UNION ALL SELECT (SELECT s.created_at FROM user_search s WHERE s.created_at >= instant_moved(instant, e.months, e.rest) ORDER BY s.created_at LIMIT 1)
      - make_interval(months => e.months) - e.rest * interval '1 millisecond' + interval '1 millisecond' AS at FROM time_edge e WHERE e.field = 'createdAt'
    UNION ALL SELECT (SELECT s.updated_at FROM user_search s WHERE s.updated_at >= instant_moved(instant, e.months, e.rest) ORDER BY s.updated_at LIMIT 1)
      - make_interval(months => e.months) - e.rest * interval '1 millisecond' + interval '1 millisecond' AS at FROM time_edge e WHERE e.field = 'updatedAt'
    UNION ALL SELECT (SELECT s.deleted_at FROM user_search s WHERE s.deleted_at >= instant_moved(instant, e.months, e.rest) ORDER BY s.deleted_at LIMIT 1)
      - make_interval(months => e.months) - e.rest * interval '1 millisecond' + interval '1 millisecond' AS at FROM time_edge e WHERE e.field = 'deletedAt'
    UNION ALL SELECT min(begins) FROM org_day WHERE begins > instant
    UNION ALL SELECT min(starts_at) FROM role_grant WHERE revoked_at IS NULL AND starts_at > instant
    UNION ALL SELECT min(expires_at) FROM role_grant WHERE revoked_at IS NULL AND expires_at > instant
    UNION ALL SELECT min(due_at) FROM scheduled_transition WHERE state = 'SCHEDULED' AND due_at > instant
    UNION ALL SELECT min(status_until) FROM user_account WHERE status_until > instant) next WHERE at > instant);
END $function$;

CREATE OR REPLACE FUNCTION public.next_unsealed(batch integer, through bigint)
 RETURNS SETOF unsealed_event
 LANGUAGE plpgsql
 STABLE
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET jit TO 'off'
AS $function$
DECLARE
  done feed_consumer;
BEGIN
  SELECT * INTO done FROM feed_consumer WHERE name = 'audit';
  RETURN QUERY
  WITH picked AS MATERIALIZED (
    SELECT c.id, ch.ordinal FROM (
      SELECT id, number FROM commit WHERE number >= done.commit_number AND number <= through ORDER BY number LIMIT batch + 1) c
    CROSS JOIN LATERAL (
      SELECT own.ordinal FROM change own WHERE own.commit_id = c.id AND NOT own.derived
        AND own.ordinal > CASE c.number WHEN done.commit_number THEN done.ordinal ELSE 0 END
      ORDER BY own.ordinal LIMIT batch) ch
    LIMIT batch
  )
  SELECT e.* FROM picked
  CROSS JOIN LATERAL (SELECT * FROM unsealed_event u WHERE u.commit_id = picked.id AND u.ordinal = picked.ordinal OFFSET 0) e
  ORDER BY e.commit_number, e.ordinal;
END $function$;

CREATE OR REPLACE FUNCTION public.number_commit()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
DECLARE
  head feed_head;
  people uuid[];
  touched touched_rows;
  free bigint;
BEGIN
  IF last_ordinal(NEW.id) = 0 THEN
    RAISE EXCEPTION 'the log''s constraints cannot be immediate while a transaction writes' USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  UPDATE feed_head SET number = number + 1, since = at, at = greatest(at, rollcall_now()) RETURNING * INTO head;
  IF head.at > head.since AND EXISTS (SELECT FROM time_edge) THEN
    people := ARRAY(SELECT DISTINCT time_crossers(head.since, head.at));
    IF people <> '{}' AND log_time(head.number, head.since, head.at, people, '{}') THEN
      UPDATE feed_head SET number = number + 1, since = at RETURNING * INTO head;
    END IF;
  END IF;
  IF EXISTS (SELECT FROM trail) THEN
    touched := touched_rows(NEW.id);
    PERFORM assert_no_cycle(touched.moved, touched.managed, touched.inheriting); -- a chain of managers that ends nowhere could not be derived
    free := log_trail(near_people(touched), head.number, head.since, head.since);
    IF free > head.number THEN
      UPDATE feed_head SET number = free RETURNING * INTO head;
    END IF;
  END IF;
  PERFORM derive_rows(NEW.id, head.at);
  UPDATE commit SET number = head.number, at = head.at, since = head.since,
    about = string_to_array(nullif(current_setting('rollcall.about', true), ''), ' ')::uuid[] WHERE id = NEW.id;
  PERFORM count_edges(array_agg(side.filter), array_agg(side.sign), head.at)
  FROM change c CROSS JOIN LATERAL (VALUES (followed_filter(c.table_name, c.before), -1), (followed_filter(c.table_name, c.after), 1)) side (filter, sign)
  WHERE c.commit_id = NEW.id AND c.table_name IN ('saved_search', 'access_rule') AND side.filter IS NOT NULL HAVING count(*) > 0;
  -- Wakes whoever follows the log. A transaction that notifies cannot be prepared either: PREPARE TRANSACTION would leave the
  -- head locked until somebody remembers the prepared one.
  PERFORM pg_notify('rollcall_commit', head.number::text);
  RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION public.open_aside(OUT own bigint, OUT aside bigint)
 RETURNS record
 LANGUAGE plpgsql
AS $function$
BEGIN
  UPDATE commit SET started_at = '-infinity' WHERE xid = pg_current_xact_id() AND started_at = transaction_timestamp() RETURNING id INTO own;
  INSERT INTO commit (xid, started_at, kind, action, actor_kind, actor_name, operation_id)
  VALUES (pg_current_xact_id(), transaction_timestamp(), 'TIME', 'time.passed', 'SYSTEM', 'clock', gen_random_uuid()::text) RETURNING id INTO aside;
END $function$;

CREATE OR REPLACE FUNCTION public.org_day_at(instant timestamp with time zone)
 RETURNS date
 LANGUAGE sql
 STABLE
AS $function$
  SELECT coalesce((
    SELECT d.day + CASE WHEN EXISTS (SELECT FROM org_day later WHERE later.begins > instant) THEN 0 ELSE floor(extract(epoch FROM instant - d.begins) / 86400)::integer END
    FROM org_day d WHERE d.begins <= instant ORDER BY d.begins DESC LIMIT 1), (instant AT TIME ZONE 'UTC')::date) $function$;

CREATE OR REPLACE FUNCTION public.org_unit_path_of(units uuid[])
 RETURNS SETOF org_unit_path
 LANGUAGE sql
 STABLE
AS $function$
  SELECT o.id, up.path, up.code_path, cardinality(up.path) - 1
  FROM unnest(units) touched (id)
  JOIN org_unit o ON o.id = touched.id
  CROSS JOIN LATERAL (
    WITH RECURSIVE up (id, parent_id, code, height) AS (
      SELECT o.id, o.parent_id, o.code, 0
      UNION ALL
      SELECT p.id, p.parent_id, p.code, up.height + 1 FROM up JOIN org_unit p ON p.id = up.parent_id)
    SELECT array_agg(id ORDER BY height DESC) AS path, array_agg(code ORDER BY height DESC) AS code_path FROM up) up
$function$;

CREATE OR REPLACE FUNCTION public.pass_time()
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
DECLARE
  head feed_head;
  earlier timestamptz;
  instant timestamptz := rollcall_now();
  people uuid[];
  holders uuid[];
BEGIN
  IF NOT EXISTS (SELECT FROM time_passed t, grants_turning(t.at, instant))
    AND NOT EXISTS (SELECT FROM feed_head h, time_crossers(h.at, instant) WHERE h.at < instant)
    AND NOT EXISTS (SELECT FROM live_filter WHERE held_until < instant)
    AND NOT EXISTS (SELECT FROM time_edge WHERE filters <= 0)
  THEN RETURN 0; END IF;
  SELECT * INTO head FROM feed_head FOR UPDATE;
  instant := greatest(head.at, rollcall_now());
  DELETE FROM time_edge WHERE filters <= 0;
  SELECT at INTO earlier FROM time_passed;
  people := ARRAY(SELECT DISTINCT time_crossers(head.at, instant));
  -- What lapsed in this stretch was followed to its end: whoever holds it may only have stood still.
  DELETE FROM live_filter WHERE held_until < instant;
  DELETE FROM time_edge WHERE filters <= 0;
  holders := ARRAY(SELECT grants_turning(earlier, instant));
  IF holders <> '{}' THEN UPDATE time_passed SET at = greatest(at, instant); END IF;
  IF NOT (people <> '{}' OR holders <> '{}') OR NOT log_time(head.number + 1, head.at, instant, people, holders) THEN RETURN 0; END IF;
  UPDATE feed_head SET number = number + 1, since = at, at = instant;
  RETURN (SELECT count(DISTINCT id) FROM unnest(people || holders) moved (id));
END $function$;

CREATE OR REPLACE FUNCTION public.place_at(person uuid, at_commit bigint)
 RETURNS TABLE(unit_id uuid, unit_path uuid[])
 LANGUAGE sql
 STABLE
AS $function$
  SELECT state.unit_id, ARRAY(SELECT DISTINCT u FROM unnest(state.path || state.path_before) u ORDER BY u)
  FROM (
    (SELECT 1 AS preference, (coalesce(ch.after, ch.before)->>'org_unit_id')::uuid AS unit_id,
       json_uuids(coalesce(ch.after, ch.before)->'unit_path') AS path,
       CASE c.number WHEN at_commit THEN json_uuids(ch.before->'unit_path') END AS path_before
     FROM change ch JOIN commit c ON c.id = ch.commit_id
     WHERE at_commit >= (SELECT commit_number + CASE ordinal WHEN 2147483647 THEN 1 ELSE 0 END FROM feed_consumer WHERE name = 'versions')
       AND ch.table_name = 'user_search' AND ch.row_id = person AND c.number <= at_commit
       AND c.number >= (SELECT commit_number + CASE ordinal WHEN 2147483647 THEN 1 ELSE 0 END FROM feed_consumer WHERE name = 'versions')
     ORDER BY c.number DESC LIMIT 1)
    UNION ALL
    (SELECT 2, v.org_unit_id, v.unit_path,
       CASE v.from_commit WHEN at_commit THEN (SELECT p.unit_path FROM user_version p WHERE p.user_id = person AND p.from_commit < at_commit
         ORDER BY p.from_commit DESC LIMIT 1) END
     FROM user_version v WHERE v.user_id = person AND v.from_commit <= at_commit ORDER BY v.from_commit DESC LIMIT 1)
    ORDER BY preference LIMIT 1
  ) state
$function$;

CREATE OR REPLACE FUNCTION public.places_naming(person uuid, rows uuid[])
 RETURNS TABLE(commit_id bigint, ordinal integer)
 LANGUAGE sql
 STABLE
AS $function$
  SELECT c.id, a.ordinal FROM audit_log a JOIN commit c ON c.number = a.commit_number
  WHERE a.subject_id = person AND a.commit_number >= (SELECT min(number) FROM commit)
  UNION SELECT c.id, a.ordinal FROM audit_log a JOIN commit c ON c.number = a.commit_number
  WHERE a.row_id = ANY (rows) AND a.commit_number >= (SELECT min(number) FROM commit)
  UNION SELECT ch.commit_id, ch.ordinal FROM change ch WHERE ch.table_name = 'user_search' AND ch.row_id = person
  UNION SELECT ch.commit_id, ch.ordinal FROM change ch
  WHERE ch.before IS NOT NULL AND ch.table_name IN ('approval_request', 'bulk_plan', 'retention_policy', 'retention_run', 'role_grant', 'saved_search', 'scheduled_transition', 'session') AND named_in(ch.table_name, ch.before) = person::text
  UNION SELECT ch.commit_id, ch.ordinal FROM change ch
  WHERE ch.after IS NOT NULL AND ch.table_name IN ('approval_request', 'bulk_plan', 'retention_policy', 'retention_run', 'role_grant', 'saved_search', 'scheduled_transition', 'session') AND named_in(ch.table_name, ch.after) = person::text
$function$;

CREATE OR REPLACE FUNCTION public.prove_audit_bounds()
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
DECLARE
  bounded text := (SELECT p.name FROM audit_partition p JOIN pg_constraint c ON c.conrelid = to_regclass(quote_ident(p.name))
    WHERE p.to_commit IS NULL AND c.conname = 'audit_log_bounds' AND NOT c.convalidated);
BEGIN
  IF bounded IS NOT NULL THEN
    EXECUTE format('ALTER TABLE %I VALIDATE CONSTRAINT audit_log_bounds', bounded);
  END IF;
END $function$;

CREATE OR REPLACE FUNCTION public.prune_log(keep interval, batch integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
DECLARE
  bound bigint;
  pruned integer;
BEGIN
  IF keep IS NULL OR keep < interval '0' THEN
    RAISE EXCEPTION 'the window cannot be negative' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  SELECT least(
    (SELECT number - 1 FROM feed_head),
    (SELECT min(commit_number - CASE ordinal WHEN 2147483647 THEN 0 ELSE 1 END) FROM feed_consumer),
    (SELECT min(c.number) - 1 FROM user_erasure e JOIN commit c ON c.id = e.commit_id WHERE e.finished_at IS NULL)) INTO bound;
  WITH old AS MATERIALIZED (
    SELECT id FROM commit WHERE number <= bound AND at < rollcall_now() - keep ORDER BY number LIMIT batch
  ), changes AS (
    DELETE FROM change USING old WHERE commit_id = old.id
  ), commits AS (
    DELETE FROM commit USING old WHERE commit.id = old.id RETURNING 1
  )
  SELECT count(*) INTO pruned FROM commits;
  IF pruned > 0 THEN
    SELECT min(number) INTO bound FROM commit;
    DELETE FROM search_transition WHERE commit_number < bound;
    DELETE FROM matched_search WHERE touched < bound AND filter IS NULL;
  END IF;
  RETURN pruned;
END $function$;

CREATE OR REPLACE FUNCTION public.prune_user_versions(keep interval, batch integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
DECLARE
  bound timestamptz;
  through bigint;
  pruned integer;
BEGIN
  IF keep IS NULL OR keep < interval '0' THEN
    RAISE EXCEPTION 'the window cannot be negative' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  SELECT begins - interval '1 hour' INTO bound FROM version_head FOR UPDATE;
  UPDATE version_head SET begins = rollcall_now() - keep WHERE begins < rollcall_now() - keep;
  SELECT min(commit_number - CASE ordinal WHEN 2147483647 THEN 0 ELSE 1 END) INTO through FROM feed_consumer;
  WITH old AS MATERIALIZED (
    SELECT id FROM user_version WHERE valid_until <= bound AND to_commit <= through ORDER BY valid_until LIMIT batch)
  DELETE FROM user_version USING old WHERE user_version.id = old.id;
  GET DIAGNOSTICS pruned = ROW_COUNT;
  RETURN pruned;
END $function$;

CREATE OR REPLACE FUNCTION public.reached_at_once()
 RETURNS integer
 LANGUAGE sql
 STABLE
AS $function$ SELECT 2000 $function$;

CREATE OR REPLACE FUNCTION public.reckon_scheduled_transition()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  IF NEW.effective_on IS NULL THEN
    NEW.timezone := NULL;
    RETURN NEW;
  END IF;
  NEW.timezone := coalesce((SELECT timezone FROM user_account WHERE id = NEW.user_id), NEW.org_timezone);
  BEGIN
    NEW.due_at := day_begins(NEW.effective_on, NEW.timezone);
  EXCEPTION WHEN invalid_parameter_value THEN
    NEW.timezone := NEW.org_timezone;
    NEW.due_at := day_begins(NEW.effective_on, NEW.timezone);
  END;
  RETURN NEW;
END $function$;

CREATE OR REPLACE FUNCTION public.reckon_schedules_of_user()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  UPDATE scheduled_transition SET timezone = NEW.timezone, version = version + 1, updated_at = rollcall_now()
  WHERE user_id = NEW.id AND state = 'SCHEDULED' AND effective_on IS NOT NULL;
  RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION public.record_matches(at_commit bigint, at_ordinal integer, to_commit bigint, to_ordinal integer, searches jsonb, search_ids uuid[], commits bigint[], ordinals integer[], kinds "char"[])
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
BEGIN
  UPDATE feed_consumer SET commit_number = to_commit, ordinal = to_ordinal
  WHERE name = 'matcher' AND commit_number = at_commit AND feed_consumer.ordinal = at_ordinal;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the matcher stands elsewhere in the log' USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  IF (to_commit, to_ordinal) < (at_commit, at_ordinal) OR to_commit > (SELECT number FROM feed_head) THEN
    RAISE EXCEPTION 'the matcher goes forward, up to the head' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF jsonb_array_length(searches) > 0 THEN
    INSERT INTO matched_search SELECT s.* FROM jsonb_populate_recordset(NULL::matched_search, searches) s
    ON CONFLICT (search_id) DO UPDATE SET owner_id = EXCLUDED.owner_id, token_id = EXCLUDED.token_id, visibility = EXCLUDED.visibility,
      filter = EXCLUDED.filter, watch = EXCLUDED.watch, since = EXCLUDED.since, touched = EXCLUDED.touched, refusal = EXCLUDED.refusal;
    DELETE FROM search_transition t USING jsonb_populate_recordset(NULL::matched_search, searches) s
    WHERE t.search_id = s.search_id AND t.commit_number <= s.since;
  END IF;
  INSERT INTO search_transition (search_id, commit_number, ordinal, kind)
  SELECT * FROM unnest(search_ids, commits, ordinals, kinds);
  PERFORM pg_notify('rollcall_matched', to_commit::text);
END $function$;

CREATE OR REPLACE FUNCTION public.refresh_org_unit_path(units uuid[])
 RETURNS void
 LANGUAGE plpgsql
AS $function$
BEGIN
  DELETE FROM org_unit_path p WHERE p.unit_id = ANY (units) AND NOT EXISTS (SELECT FROM org_unit o WHERE o.id = p.unit_id);
  INSERT INTO org_unit_path SELECT * FROM org_unit_path_of(units)
  ON CONFLICT (unit_id) DO UPDATE SET path = EXCLUDED.path, code_path = EXCLUDED.code_path, depth = EXCLUDED.depth;
END $function$;

CREATE OR REPLACE FUNCTION public.refresh_user_search(users uuid[], instant timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET jit TO 'off'
AS $function$
BEGIN
  DELETE FROM user_search s WHERE s.user_id = ANY (users) AND NOT EXISTS (SELECT FROM user_account u WHERE u.id = s.user_id);
  INSERT INTO user_search
  SELECT fresh.* FROM user_search_of(users, instant) fresh LEFT JOIN LATERAL (SELECT s AS image FROM user_search s WHERE s.user_id = fresh.user_id OFFSET 0) kept ON true
  WHERE (kept.image *<> fresh) IS NOT FALSE
  ON CONFLICT (user_id) DO UPDATE SET version = EXCLUDED.version, username = EXCLUDED.username, display_name = EXCLUDED.display_name, status = EXCLUDED.status, status_reason = EXCLUDED.status_reason, status_changed_at = EXCLUDED.status_changed_at, status_until = EXCLUDED.status_until, given_name = EXCLUDED.given_name, middle_name = EXCLUDED.middle_name, family_name = EXCLUDED.family_name, honorific_prefix = EXCLUDED.honorific_prefix, honorific_suffix = EXCLUDED.honorific_suffix, nick_name = EXCLUDED.nick_name, email = EXCLUDED.email, email_domain = EXCLUDED.email_domain, email_verified = EXCLUDED.email_verified, phone = EXCLUDED.phone, external_id = EXCLUDED.external_id, external_ids = EXCLUDED.external_ids, employee_number = EXCLUDED.employee_number, title = EXCLUDED.title, department = EXCLUDED.department, division = EXCLUDED.division, cost_center = EXCLUDED.cost_center, employee_type = EXCLUDED.employee_type, location = EXCLUDED.location, country = EXCLUDED.country, locale = EXCLUDED.locale, preferred_language = EXCLUDED.preferred_language, timezone = EXCLUDED.timezone, tags = EXCLUDED.tags, attributes = EXCLUDED.attributes, source = EXCLUDED.source, hired_on = EXCLUDED.hired_on, terminates_on = EXCLUDED.terminates_on, last_login_at = EXCLUDED.last_login_at, last_login_country = EXCLUDED.last_login_country, failed_login_count = EXCLUDED.failed_login_count, password_changed_at = EXCLUDED.password_changed_at, mfa_enrolled = EXCLUDED.mfa_enrolled, mfa_methods = EXCLUDED.mfa_methods, active_session_count = EXCLUDED.active_session_count, risk_score = EXCLUDED.risk_score, created_at = EXCLUDED.created_at, updated_at = EXCLUDED.updated_at, deleted_at = EXCLUDED.deleted_at, org_unit_id = EXCLUDED.org_unit_id, unit_path = EXCLUDED.unit_path, manager_id = EXCLUDED.manager_id, manager_chain = EXCLUDED.manager_chain, manager_status = EXCLUDED.manager_status, direct_report_count = EXCLUDED.direct_report_count, role_keys = EXCLUDED.role_keys, permissions = EXCLUDED.permissions, role_grants = EXCLUDED.role_grants, words = EXCLUDED.words, reckoned_at = instant, group_keys = EXCLUDED.group_keys, group_ids = EXCLUDED.group_ids, invited_at = EXCLUDED.invited_at;
END $function$;

CREATE OR REPLACE FUNCTION public.refuse_audit_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  RAISE EXCEPTION 'the audit log is appended to only' USING ERRCODE = 'insufficient_privilege';
END $function$;

CREATE OR REPLACE FUNCTION public.refuse_key_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  RAISE EXCEPTION 'the primary key of % cannot change', TG_TABLE_NAME USING ERRCODE = 'feature_not_supported';
END $function$;

CREATE OR REPLACE FUNCTION public.refuse_tombstone_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  RAISE EXCEPTION 'this person was erased: nothing of a tombstone changes but where it stands'
    USING ERRCODE = 'object_not_in_prerequisite_state', CONSTRAINT = 'user_account_tombstone';
END $function$;

CREATE OR REPLACE FUNCTION public.refuse_truncate()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  RAISE EXCEPTION 'TRUNCATE of % would leave no trace in the log: use DELETE', TG_TABLE_NAME USING ERRCODE = 'feature_not_supported';
END $function$;

CREATE OR REPLACE FUNCTION public.rehearse_derivation()
 RETURNS bigint
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
DECLARE
  own bigint := (SELECT id FROM commit WHERE xid = pg_current_xact_id() AND started_at = transaction_timestamp() AND number IS NULL);
BEGIN
  IF own IS NOT NULL THEN
    PERFORM derive_rows(own, rollcall_now());
  END IF;
  RETURN own;
END $function$;

CREATE OR REPLACE FUNCTION public.rehearsed_people()
 RETURNS SETOF uuid
 LANGUAGE plpgsql
AS $function$
BEGIN
  RETURN QUERY SELECT DISTINCT person.id FROM unnest(near_people(assert_rehearsal())) person (id);
END $function$;

CREATE OR REPLACE FUNCTION public.rehearsed_rows(users uuid[])
 RETURNS TABLE(id uuid, before jsonb, after jsonb)
 LANGUAGE plpgsql
 STABLE
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET jit TO 'off'
AS $function$
BEGIN
  RETURN QUERY
    SELECT fresh.user_id, to_jsonb(kept.image), to_jsonb(fresh)
    FROM user_search_of(users, rollcall_now()) fresh LEFT JOIN LATERAL (SELECT s AS image FROM user_search s WHERE s.user_id = fresh.user_id OFFSET 0) kept ON true
    WHERE (kept.image *<> fresh) IS NOT FALSE;
END $function$;

CREATE OR REPLACE FUNCTION public.rollcall_now()
 RETURNS timestamp with time zone
 LANGUAGE sql
 PARALLEL SAFE
AS $function$ SELECT date_trunc('milliseconds', clock_timestamp()) $function$;

CREATE OR REPLACE FUNCTION public.seal_events(head bytea, through_commit bigint, through_ordinal integer, commits bigint[], ordinals integer[], places text[], sealed bytea[], sealed_actors bytea[], ip_tokens text[], hashes bytea[], key_subjects uuid[], keys bytea[])
 RETURNS bigint
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET jit TO 'off'
AS $function$
DECLARE
  chain audit_head;
  done feed_consumer;
  written bigint;
  begun record;
BEGIN
  SELECT * INTO chain FROM audit_head FOR UPDATE;
  IF chain.hash <> head THEN
    RAISE EXCEPTION 'the audit log has another head' USING ERRCODE = 'serialization_failure';
  END IF;
  SELECT * INTO done FROM feed_consumer WHERE name = 'audit';
  IF through_commit > (SELECT number FROM feed_head) OR (through_commit, through_ordinal) < (done.commit_number, done.ordinal) THEN
    RAISE EXCEPTION 'there is no such place to seal up to' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  INSERT INTO subject_key (subject_id, wrapped) SELECT * FROM unnest(key_subjects, keys);
  FOR begun IN
    SELECT date_trunc('month', c.at AT TIME ZONE 'UTC')::date AS month, min(s.place) AS place
    FROM unnest(commits) WITH ORDINALITY s (number, place) JOIN commit c ON c.number = s.number
    GROUP BY 1 ORDER BY 1
  LOOP
    IF NOT EXISTS (SELECT FROM audit_partition WHERE month = begun.month) THEN
      PERFORM begin_audit_partition(begun.month, commits[begun.place], chain.events + begun.place - 1,
        CASE begun.place WHEN 1 THEN chain.hash ELSE hashes[begun.place - 1] END);
    END IF;
  END LOOP;
  INSERT INTO audit_log (commit_number, ordinal, at, action, outcome, kind, actor_kind, actor_id, operation_id, request_id, table_name,
    row_id, operation, subject_kind, subject_id, unit_id, unit_path, fields, ip_token, sealed, sealed_actor, hash)
  SELECT e.commit_number, e.ordinal, e.at, e.action, e.outcome, e.kind, e.actor_kind, e.actor_id, e.operation_id, e.request_id, e.table_name,
    e.row_id, e.operation, e.subject_kind, e.subject_id, e.unit_id, e.unit_path, e.fields, s.ip_token, s.sealed, s.sealed_actor, s.hash
  FROM unnest(commits, ordinals, places, sealed, sealed_actors, ip_tokens, hashes) s (commit_number, ordinal, place, sealed, sealed_actor, ip_token, hash)
  CROSS JOIN LATERAL (SELECT * FROM unsealed_event u WHERE u.commit_number = s.commit_number AND u.ordinal = s.ordinal OFFSET 0) e
  WHERE e.place = s.place AND (s.commit_number, s.ordinal) <= (through_commit, through_ordinal);
  GET DIAGNOSTICS written = ROW_COUNT;
  IF written <> cardinality(commits) OR written <> (
    SELECT count(*) FROM commit c JOIN change ch ON ch.commit_id = c.id
    WHERE c.number BETWEEN done.commit_number AND through_commit AND NOT ch.derived
      AND ch.ordinal > CASE c.number WHEN done.commit_number THEN done.ordinal ELSE 0 END
      AND ch.ordinal <= CASE c.number WHEN through_commit THEN through_ordinal ELSE 2147483647 END)
  THEN
    RAISE EXCEPTION 'what is sealed is not what happened' USING ERRCODE = 'data_exception';
  END IF;
  UPDATE feed_consumer SET commit_number = through_commit, ordinal = through_ordinal WHERE name = 'audit';
  IF written > 0 THEN
    UPDATE audit_head SET events = events + written, hash = hashes[written];
  END IF;
  RETURN chain.events + written;
END $function$;

CREATE OR REPLACE FUNCTION public.set_org_days(beginnings timestamp with time zone[], days date[])
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
BEGIN
  IF NOT EXISTS (
    SELECT FROM (SELECT * FROM org_day WHERE begins >= beginnings[1]) kept
    FULL JOIN unnest(beginnings, days) given (begins, day) USING (begins) WHERE kept.day IS DISTINCT FROM given.day)
  THEN RETURN false; END IF;
  PERFORM FROM feed_head FOR UPDATE;
  DELETE FROM org_day WHERE begins >= beginnings[1];
  INSERT INTO org_day SELECT * FROM unnest(beginnings, days);
  RETURN true;
END $function$;

CREATE OR REPLACE FUNCTION public.share_attribute_definitions()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(7263022);
  RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION public.time_crossers(earlier timestamp with time zone, later timestamp with time zone)
 RETURNS SETOF uuid
 LANGUAGE plpgsql
 STABLE
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET jit TO 'off'
 SET max_parallel_workers_per_gather TO '0'
AS $function$
DECLARE
  yesterday date := org_day_at(earlier);
  today date := org_day_at(later);
BEGIN
  RETURN QUERY SELECT s.user_id FROM time_edge e JOIN user_search s ON s.status_changed_at >= least(instant_moved(earlier, e.months, e.rest), instant_moved(later, e.months, e.rest))
    AND s.status_changed_at < greatest(instant_moved(earlier, e.months, e.rest), instant_moved(later, e.months, e.rest)) WHERE e.field = 'statusChangedAt'
  UNION ALL SELECT s.user_id FROM time_edge e JOIN user_search s ON s.last_login_at >= least(instant_moved(earlier, e.months, e.rest), instant_moved(later, e.months, e.rest))
    AND s.last_login_at < greatest(instant_moved(earlier, e.months, e.rest), instant_moved(later, e.months, e.rest)) WHERE e.field = 'lastLoginAt'
  UNION ALL SELECT s.user_id FROM time_edge e JOIN user_search s ON s.password_changed_at >= least(instant_moved(earlier, e.months, e.rest), instant_moved(later, e.months, e.rest))
    AND s.password_changed_at < greatest(instant_moved(earlier, e.months, e.rest), instant_moved(later, e.months, e.rest)) WHERE e.field = 'passwordChangedAt'
  UNION ALL SELECT s.user_id FROM time_edge e JOIN user_search s ON s.created_at >= least(instant_moved(earlier, e.months, e.rest), instant_moved(later, e.months, e.rest))
    AND s.created_at < greatest(instant_moved(earlier, e.months, e.rest), instant_moved(later, e.months, e.rest)) WHERE e.field = 'createdAt'
  UNION ALL SELECT s.user_id FROM time_edge e JOIN user_search s ON s.updated_at >= least(instant_moved(earlier, e.months, e.rest), instant_moved(later, e.months, e.rest))
    AND s.updated_at < greatest(instant_moved(earlier, e.months, e.rest), instant_moved(later, e.months, e.rest)) WHERE e.field = 'updatedAt'
  UNION ALL SELECT s.user_id FROM time_edge e JOIN user_search s ON s.deleted_at >= least(instant_moved(earlier, e.months, e.rest), instant_moved(later, e.months, e.rest))
    AND s.deleted_at < greatest(instant_moved(earlier, e.months, e.rest), instant_moved(later, e.months, e.rest)) WHERE e.field = 'deletedAt'
  UNION ALL SELECT g.user_id FROM time_edge e JOIN held_grant g ON g.granted_at >= least(instant_moved(earlier, e.months, e.rest), instant_moved(later, e.months, e.rest))
    AND g.granted_at < greatest(instant_moved(earlier, e.months, e.rest), instant_moved(later, e.months, e.rest)) AND g.revoked_at IS NULL WHERE e.field = 'roleGrants.grantedAt'
  UNION ALL SELECT g.user_id FROM time_edge e JOIN held_grant g ON g.starts_at >= least(instant_moved(earlier, e.months, e.rest), instant_moved(later, e.months, e.rest))
    AND g.starts_at < greatest(instant_moved(earlier, e.months, e.rest), instant_moved(later, e.months, e.rest)) AND g.revoked_at IS NULL WHERE e.field = 'roleGrants.startsAt'
  UNION ALL SELECT g.user_id FROM time_edge e JOIN held_grant g ON g.expires_at >= least(instant_moved(earlier, e.months, e.rest), instant_moved(later, e.months, e.rest))
    AND g.expires_at < greatest(instant_moved(earlier, e.months, e.rest), instant_moved(later, e.months, e.rest)) AND g.revoked_at IS NULL WHERE e.field = 'roleGrants.expiresAt';
  IF yesterday <> today THEN
    RETURN QUERY SELECT s.user_id FROM time_edge e JOIN user_search s ON s.hired_on >= least(date_moved(yesterday, e.months, e.rest), date_moved(today, e.months, e.rest))
    AND s.hired_on < greatest(date_moved(yesterday, e.months, e.rest), date_moved(today, e.months, e.rest)) WHERE e.field = 'hiredOn'
    UNION ALL SELECT s.user_id FROM time_edge e JOIN user_search s ON s.terminates_on >= least(date_moved(yesterday, e.months, e.rest), date_moved(today, e.months, e.rest))
    AND s.terminates_on < greatest(date_moved(yesterday, e.months, e.rest), date_moved(today, e.months, e.rest)) WHERE e.field = 'terminatesOn'
    UNION ALL SELECT s.user_id FROM time_edge e JOIN user_search s ON attribute_terms(s.attributes) @> ARRAY[left(e.key, 100)]
      AND json_date(s.attributes->e.key) >= least(date_moved(yesterday, e.months, e.rest), date_moved(today, e.months, e.rest))
    AND json_date(s.attributes->e.key) < greatest(date_moved(yesterday, e.months, e.rest), date_moved(today, e.months, e.rest)) WHERE e.field = 'attributes';
  END IF;
END $function$;

CREATE OR REPLACE FUNCTION public.time_edges_of(filter jsonb)
 RETURNS TABLE(field text, key text, months integer, rest bigint)
 LANGUAGE sql
 IMMUTABLE
AS $function$
  WITH RECURSIVE node (value, field, inside) AS (
    SELECT filter, filter->>'field', ''
    UNION ALL
    SELECT child, child->>'field', CASE node.value->>'kind' WHEN 'criterion' THEN node.field || '.' ELSE node.inside END
    FROM node CROSS JOIN LATERAL jsonb_array_elements(
      CASE jsonb_typeof(node.value->'of') WHEN 'array' THEN node.value->'of' WHEN 'object' THEN jsonb_build_array(node.value->'of') ELSE '[]' END) child
  ), asked AS (
    SELECT inside || node.field AS field, coalesce(value->>'key', '') AS key, value->>'operator' AS operator, time_length_of(value->>'operand') AS length,
      CASE WHEN node.field IN ('hiredOn', 'terminatesOn', 'attributes') THEN 86400000 ELSE 1 END AS unit
    FROM node WHERE value->>'operator' IN ('withinLast', 'withinNext', 'olderThan')
  )
  SELECT DISTINCT asked.field, asked.key, edge.months, edge.rest FROM asked CROSS JOIN LATERAL (VALUES
    ('withinLast', -(length).months, -(length).rest), ('withinLast', 0, unit::bigint),
    ('withinNext', 0, 0::bigint), ('withinNext', (length).months, (length).rest + unit),
    ('olderThan', -(length).months, -(length).rest)) edge (operator, months, rest)
  WHERE edge.operator = asked.operator AND edge.months IS NOT NULL
$function$;

CREATE OR REPLACE FUNCTION public.time_length_of(length text)
 RETURNS time_length
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
AS $function$
DECLARE
  read interval := replace(length, ',', '.')::interval;
BEGIN
  RETURN (extract(year FROM read) * 12 + extract(month FROM read),
    extract(day FROM read)::bigint * 86400000 + extract(hour FROM read)::bigint * 3600000 + extract(minute FROM read)::bigint * 60000
      + round(extract(milliseconds FROM read)))::time_length;
EXCEPTION WHEN data_exception THEN RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION public.time_missed(filter jsonb, after_commit bigint)
 RETURNS boolean
 LANGUAGE sql
 STABLE
AS $function$
  SELECT EXISTS (
    SELECT FROM (SELECT coalesce(
        (SELECT c.at FROM commit c WHERE c.number = after_commit),
        (SELECT c.since FROM commit c WHERE c.number = after_commit + 1),
        (SELECT h.at FROM feed_head h WHERE h.number = after_commit)) AS at) place
    CROSS JOIN LATERAL (
      SELECT max(coalesce(t.since, h.at)) AS since FROM feed_head h CROSS JOIN time_edges_of(filter) e LEFT JOIN time_edge t USING (field, key, months, rest)) followed
    CROSS JOIN LATERAL crossers_of(filter, place.at, followed.since) WHERE place.at < followed.since) $function$;

CREATE OR REPLACE FUNCTION public.touched_rows(of_commit bigint)
 RETURNS touched_rows
 LANGUAGE plpgsql
 STABLE
AS $function$
BEGIN
  RETURN (WITH own AS (
    SELECT c.table_name, c.row_id, c.operation, c.before, c.after, side.row AS row,
      c.before->>'status' IS DISTINCT FROM c.after->>'status' AS status,
      c.before->>'manager_id' IS DISTINCT FROM c.after->>'manager_id' AS manager
    FROM change c CROSS JOIN LATERAL (VALUES (c.before), (c.after)) side (row)
    WHERE c.commit_id = of_commit AND NOT c.derived AND side.row IS NOT NULL)
  SELECT ROW(
    -- people: whose own rows changed
    array_agg(coalesce((row->>'user_id')::uuid, row_id)) FILTER (WHERE table_name IN
      ('user_account', 'user_email', 'user_phone', 'user_identity', 'user_security', 'role_grant', 'group_member', 'user_link') AND (table_name <> 'role_grant' OR row->>'user_id' IS NOT NULL)),
    -- holders: who may now hold what must be unique
    array_agg(coalesce((row->>'user_id')::uuid, row_id)) FILTER (WHERE table_name IN ('user_email', 'user_identity') OR table_name = 'user_account' AND status),
    -- managed: whose manager changed
    array_agg(row_id) FILTER (WHERE table_name = 'user_account' AND manager),
    -- managers: who gained or lost a report
    array_agg((row->>'manager_id')::uuid) FILTER (WHERE table_name = 'user_account' AND (manager OR status) AND row->>'manager_id' IS NOT NULL),
    -- managing: whose status, which their reports show, changed
    array_agg(row_id) FILTER (WHERE table_name = 'user_account' AND status),
    -- units: that are new or gone or have another path; moved: those with another parent
    array_agg(row_id) FILTER (WHERE table_name = 'org_unit' AND (operation <> 'UPDATE'
      OR before->>'code' IS DISTINCT FROM after->>'code' OR before->>'parent_id' IS DISTINCT FROM after->>'parent_id')),
    array_agg(row_id) FILTER (WHERE table_name = 'org_unit' AND before->>'parent_id' IS DISTINCT FROM after->>'parent_id'),
    -- inheriting: roles that inherit other ones now; roles: that allow other things, or are shown differently
    array_agg((row->>'role_id')::uuid) FILTER (WHERE table_name = 'role_inheritance'),
    array_agg(row_id) FILTER (WHERE table_name = 'role' AND operation = 'UPDATE' AND (before->>'key' IS DISTINCT FROM after->>'key'
      OR before->>'privileged' IS DISTINCT FROM after->>'privileged' OR before->>'permissions' IS DISTINCT FROM after->>'permissions')),
    -- grouped: groups whose members hold other grants, or are asked about by another key
    array_agg(CASE table_name WHEN 'user_group' THEN row_id ELSE (row->>'group_id')::uuid END) FILTER (
      WHERE table_name = 'role_grant' AND row->>'group_id' IS NOT NULL
      OR table_name = 'user_group' AND operation = 'UPDATE' AND before->>'key' IS DISTINCT FROM after->>'key')
  )::touched_rows FROM own);
END $function$;

CREATE OR REPLACE FUNCTION public.unnamed(document jsonb, names text[])
 RETURNS jsonb
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  SELECT unnamed(document::text, ARRAY(SELECT substr(quoted, 2, length(quoted) - 2) FROM (SELECT to_json(n)::text AS quoted FROM unnest(names) n) q))::jsonb
$function$;

CREATE OR REPLACE FUNCTION public.unnamed(words text, names text[])
 RETURNS text
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
AS $function$
DECLARE
  low text := lower(words);
  name text;
BEGIN
  FOREACH name IN ARRAY names LOOP
    IF strpos(low, lower(name)) > 0 THEN
      words := regexp_replace(words, '(?<![[:alnum:]])' || regexp_replace(name, '[][\\.^$*+?(){}|-]', '\\\&', 'g') || '(?![[:alnum:]])', 'Erased person', 'gi');
      low := lower(words);
    END IF;
  END LOOP;
  RETURN words;
END $function$;

CREATE OR REPLACE FUNCTION public.user_search_of(users uuid[], instant timestamp with time zone)
 RETURNS SETOF user_search
 LANGUAGE sql
 STABLE
AS $function$
  SELECT u.id, u.version, u.username, u.display_name, u.status, u.status_reason, u.status_changed_at, u.status_until,
    u.given_name, u.middle_name, u.family_name, u.honorific_prefix, u.honorific_suffix, u.nick_name,
    email.value, split_part(email.value, '@', -1), email.verified, phone.value,
    identity.external_ids[1], identity.external_ids,
    u.employee_number, u.title, u.department, u.division, u.cost_center, u.employee_type, u.location, u.country,
    u.locale, u.preferred_language, u.timezone, u.tags, u.attributes, u.source, u.hired_on, u.terminates_on,
    security.last_login_at, security.last_login_country, coalesce(security.failed_login_count, 0), security.password_changed_at,
    coalesce(security.mfa_methods <> '{}', false), coalesce(security.mfa_methods, '{}'),
    coalesce(security.active_session_count, 0), security.risk_score,
    u.created_at, u.updated_at, u.deleted_at,
    u.org_unit_id, coalesce(unit.path, '{}'),
    u.manager_id, chain.ids, manager.status, reports.count,
    effective.keys, effective.permissions, grants.list,
    words_of(concat_ws(' ', u.given_name, u.middle_name, u.family_name, u.nick_name, u.display_name, u.username, email.value, u.title, u.employee_number)),
    coalesce(known.reckoned_at, instant), membership.keys, membership.ids, greatest(known.invited_at, invitation.sent_at)
  FROM unnest(users) touched (id)
  JOIN user_account u ON u.id = touched.id
  LEFT JOIN LATERAL (SELECT e.value, e.verified FROM user_email e WHERE e.user_id = u.id AND e.is_primary OFFSET 0) email ON true
  LEFT JOIN LATERAL (SELECT p.value FROM user_phone p WHERE p.user_id = u.id AND p.is_primary OFFSET 0) phone ON true
  LEFT JOIN LATERAL (SELECT s.* FROM user_security s WHERE s.user_id = u.id OFFSET 0) security ON true
  LEFT JOIN LATERAL (SELECT o.path FROM org_unit_path o WHERE o.unit_id = u.org_unit_id OFFSET 0) unit ON true
  LEFT JOIN LATERAL (SELECT m.id, m.manager_id, m.status FROM user_account m WHERE m.id = u.manager_id OFFSET 0) manager ON true
  LEFT JOIN LATERAL (SELECT s.reckoned_at, s.invited_at FROM user_search s WHERE s.user_id = u.id OFFSET 0) known ON true
  CROSS JOIN LATERAL (
    SELECT max(l.created_at) AS sent_at FROM user_link l WHERE l.user_id = u.id AND l.purpose = 'INVITATION') invitation
  CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(belongs.key ORDER BY belongs.key COLLATE "C"), '{}') AS keys,
      coalesce(array_agg(belongs.id ORDER BY belongs.key COLLATE "C"), '{}') AS ids
    FROM group_member m JOIN user_group belongs ON belongs.id = m.group_id WHERE m.user_id = u.id AND u.status <> 'DELETED') membership
  CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(i.external_id ORDER BY i.place, i.id), '{}') AS external_ids FROM user_identity i WHERE i.user_id = u.id) identity
  CROSS JOIN LATERAL (
    WITH RECURSIVE up (id, manager_id, height) AS (
      SELECT manager.id, manager.manager_id, 1 WHERE manager.id IS NOT NULL
      UNION ALL
      SELECT m.id, m.manager_id, up.height + 1 FROM up JOIN user_account m ON m.id = up.manager_id)
    SELECT coalesce(array_agg(id ORDER BY height), '{}') AS ids FROM up) chain
  CROSS JOIN LATERAL (
    SELECT count(*)::integer AS count FROM user_account r WHERE r.manager_id = u.id AND r.status <> 'DELETED') reports
  CROSS JOIN LATERAL (
    WITH RECURSIVE held (id) AS (
      SELECT g.role_id FROM held_grant g WHERE u.status = 'ACTIVE' AND g.user_id = u.id AND g.revoked_at IS NULL
        AND g.starts_at <= instant AND (g.expires_at IS NULL OR g.expires_at > instant)
      UNION
      SELECT i.inherits_id FROM held JOIN role_inheritance i ON i.role_id = held.id)
    SELECT ARRAY(SELECT r.key FROM held JOIN role r ON r.id = held.id ORDER BY r.key COLLATE "C") AS keys,
      ARRAY(SELECT DISTINCT p.name COLLATE "C" FROM held JOIN role r ON r.id = held.id, unnest(r.permissions) p (name) ORDER BY 1) AS permissions) effective
  CROSS JOIN LATERAL (
    SELECT coalesce(jsonb_agg(jsonb_build_object('id', g.id, 'role', r.key, 'privileged', r.privileged, 'scopePath', scope.path,
      'grantedAt', instant_text(g.granted_at), 'startsAt', instant_text(g.starts_at), 'expiresAt', instant_text(g.expires_at))
      ORDER BY g.granted_at, g.id), '[]') AS list
    FROM held_grant g JOIN role r ON r.id = g.role_id LEFT JOIN org_unit_path scope ON scope.unit_id = g.scope_id
    WHERE g.user_id = u.id AND g.revoked_at IS NULL AND (g.expires_at IS NULL OR g.expires_at > instant)) grants
$function$;

CREATE OR REPLACE FUNCTION public.user_version_id(person uuid, commit_number bigint)
 RETURNS uuid
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  SELECT overlay(overlay(left(encode(sha256(convert_to(person::text || '@' || commit_number::text, 'UTF8')), 'hex'), 32)
    PLACING '8' FROM 13) PLACING '8' FROM 17)::uuid $function$;

CREATE OR REPLACE FUNCTION public.word_beginnings(words text)
 RETURNS text[]
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$ SELECT ARRAY(SELECT left(w.word, n.length) FROM unnest(string_to_array(ltrim(words), ' ')) w (word), unnest('{1,2,3,4,6}'::int[]) n (length)) $function$;

CREATE OR REPLACE FUNCTION public.wordless_image(image jsonb, beside jsonb)
 RETURNS jsonb
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  SELECT image - ARRAY(SELECT w FROM unnest('{target,change,reason,problem,failure_message,filter_text,policy_name}'::text[]) w WHERE image->w IS DISTINCT FROM beside->w)
    || CASE WHEN jsonb_typeof(image->'steps') = 'array'
      THEN jsonb_build_object('steps', (SELECT jsonb_agg(step - 'comment' ORDER BY place) FROM jsonb_array_elements(image->'steps') WITH ORDINALITY s (step, place)))
      ELSE '{}' END
$function$;

CREATE OR REPLACE FUNCTION public.words_of(value text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$ SELECT ' ' || btrim(regexp_replace(fold(value), '[\u0009-\u000D\u0020-\u002F\u003A-\u0040\u005B-\u0060\u007B-\u007E\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000\uFEFF]+', ' ', 'g'), ' ') $function$;

-- Triggers

CREATE TRIGGER capture_delete AFTER DELETE ON public.access_rule REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_access_rule();
ALTER TABLE access_rule ENABLE ALWAYS TRIGGER capture_delete;

CREATE TRIGGER capture_insert AFTER INSERT ON public.access_rule REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_access_rule();
ALTER TABLE access_rule ENABLE ALWAYS TRIGGER capture_insert;

CREATE TRIGGER capture_update AFTER UPDATE ON public.access_rule REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_access_rule();
ALTER TABLE access_rule ENABLE ALWAYS TRIGGER capture_update;

CREATE TRIGGER refuse_key_change BEFORE UPDATE OF id ON public.access_rule FOR EACH ROW WHEN ((old.id <> new.id)) EXECUTE FUNCTION refuse_key_change();
ALTER TABLE access_rule ENABLE ALWAYS TRIGGER refuse_key_change;

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.access_rule FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
ALTER TABLE access_rule ENABLE ALWAYS TRIGGER refuse_truncate;

CREATE TRIGGER capture_delete AFTER DELETE ON public.approval_delegation REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_approval_delegation();
ALTER TABLE approval_delegation ENABLE ALWAYS TRIGGER capture_delete;

CREATE TRIGGER capture_insert AFTER INSERT ON public.approval_delegation REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_approval_delegation();
ALTER TABLE approval_delegation ENABLE ALWAYS TRIGGER capture_insert;

CREATE TRIGGER capture_update AFTER UPDATE ON public.approval_delegation REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_approval_delegation();
ALTER TABLE approval_delegation ENABLE ALWAYS TRIGGER capture_update;

CREATE TRIGGER refuse_key_change BEFORE UPDATE OF id ON public.approval_delegation FOR EACH ROW WHEN ((old.id <> new.id)) EXECUTE FUNCTION refuse_key_change();
ALTER TABLE approval_delegation ENABLE ALWAYS TRIGGER refuse_key_change;

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.approval_delegation FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
ALTER TABLE approval_delegation ENABLE ALWAYS TRIGGER refuse_truncate;

CREATE TRIGGER capture_delete AFTER DELETE ON public.approval_policy REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_approval_policy();
ALTER TABLE approval_policy ENABLE ALWAYS TRIGGER capture_delete;

CREATE TRIGGER capture_insert AFTER INSERT ON public.approval_policy REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_approval_policy();
ALTER TABLE approval_policy ENABLE ALWAYS TRIGGER capture_insert;

CREATE TRIGGER capture_update AFTER UPDATE ON public.approval_policy REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_approval_policy();
ALTER TABLE approval_policy ENABLE ALWAYS TRIGGER capture_update;

CREATE TRIGGER refuse_key_change BEFORE UPDATE OF id ON public.approval_policy FOR EACH ROW WHEN ((old.id <> new.id)) EXECUTE FUNCTION refuse_key_change();
ALTER TABLE approval_policy ENABLE ALWAYS TRIGGER refuse_key_change;

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.approval_policy FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
ALTER TABLE approval_policy ENABLE ALWAYS TRIGGER refuse_truncate;

CREATE TRIGGER capture_delete AFTER DELETE ON public.approval_policy_decider REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_approval_policy_decider();
ALTER TABLE approval_policy_decider ENABLE ALWAYS TRIGGER capture_delete;

CREATE TRIGGER capture_insert AFTER INSERT ON public.approval_policy_decider REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_approval_policy_decider();
ALTER TABLE approval_policy_decider ENABLE ALWAYS TRIGGER capture_insert;

CREATE TRIGGER capture_update AFTER UPDATE ON public.approval_policy_decider REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_approval_policy_decider();
ALTER TABLE approval_policy_decider ENABLE ALWAYS TRIGGER capture_update;

CREATE TRIGGER refuse_key_change BEFORE UPDATE OF id ON public.approval_policy_decider FOR EACH ROW WHEN ((old.id <> new.id)) EXECUTE FUNCTION refuse_key_change();
ALTER TABLE approval_policy_decider ENABLE ALWAYS TRIGGER refuse_key_change;

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.approval_policy_decider FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
ALTER TABLE approval_policy_decider ENABLE ALWAYS TRIGGER refuse_truncate;

CREATE TRIGGER capture_delete AFTER DELETE ON public.approval_request REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_approval_request();
ALTER TABLE approval_request ENABLE ALWAYS TRIGGER capture_delete;

CREATE TRIGGER capture_insert AFTER INSERT ON public.approval_request REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_approval_request();
ALTER TABLE approval_request ENABLE ALWAYS TRIGGER capture_insert;

CREATE TRIGGER capture_update AFTER UPDATE ON public.approval_request REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_approval_request();
ALTER TABLE approval_request ENABLE ALWAYS TRIGGER capture_update;

CREATE TRIGGER refuse_key_change BEFORE UPDATE OF id ON public.approval_request FOR EACH ROW WHEN ((old.id <> new.id)) EXECUTE FUNCTION refuse_key_change();
ALTER TABLE approval_request ENABLE ALWAYS TRIGGER refuse_key_change;

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.approval_request FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
ALTER TABLE approval_request ENABLE ALWAYS TRIGGER refuse_truncate;

CREATE TRIGGER capture_delete AFTER DELETE ON public.attribute_definition REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_attribute_definition();
ALTER TABLE attribute_definition ENABLE ALWAYS TRIGGER capture_delete;

CREATE TRIGGER capture_insert AFTER INSERT ON public.attribute_definition REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_attribute_definition();
ALTER TABLE attribute_definition ENABLE ALWAYS TRIGGER capture_insert;

CREATE TRIGGER capture_update AFTER UPDATE ON public.attribute_definition REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_attribute_definition();
ALTER TABLE attribute_definition ENABLE ALWAYS TRIGGER capture_update;

CREATE TRIGGER refuse_key_change BEFORE UPDATE OF id ON public.attribute_definition FOR EACH ROW WHEN ((old.id <> new.id)) EXECUTE FUNCTION refuse_key_change();
ALTER TABLE attribute_definition ENABLE ALWAYS TRIGGER refuse_key_change;

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.attribute_definition FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
ALTER TABLE attribute_definition ENABLE ALWAYS TRIGGER refuse_truncate;

CREATE TRIGGER capture_delete AFTER DELETE ON public.audit_attempt REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_audit_attempt();
ALTER TABLE audit_attempt ENABLE ALWAYS TRIGGER capture_delete;

CREATE TRIGGER capture_insert AFTER INSERT ON public.audit_attempt REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_audit_attempt();
ALTER TABLE audit_attempt ENABLE ALWAYS TRIGGER capture_insert;

CREATE TRIGGER capture_update AFTER UPDATE ON public.audit_attempt REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_audit_attempt();
ALTER TABLE audit_attempt ENABLE ALWAYS TRIGGER capture_update;

CREATE TRIGGER refuse_key_change BEFORE UPDATE OF id ON public.audit_attempt FOR EACH ROW WHEN ((old.id <> new.id)) EXECUTE FUNCTION refuse_key_change();
ALTER TABLE audit_attempt ENABLE ALWAYS TRIGGER refuse_key_change;

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.audit_attempt FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
ALTER TABLE audit_attempt ENABLE ALWAYS TRIGGER refuse_truncate;

CREATE TRIGGER capture_delete AFTER DELETE ON public.audit_detachment REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_audit_detachment();
ALTER TABLE audit_detachment ENABLE ALWAYS TRIGGER capture_delete;

CREATE TRIGGER capture_insert AFTER INSERT ON public.audit_detachment REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_audit_detachment();
ALTER TABLE audit_detachment ENABLE ALWAYS TRIGGER capture_insert;

CREATE TRIGGER capture_update AFTER UPDATE ON public.audit_detachment REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_audit_detachment();
ALTER TABLE audit_detachment ENABLE ALWAYS TRIGGER capture_update;

CREATE TRIGGER refuse_key_change BEFORE UPDATE OF id ON public.audit_detachment FOR EACH ROW WHEN ((old.id <> new.id)) EXECUTE FUNCTION refuse_key_change();
ALTER TABLE audit_detachment ENABLE ALWAYS TRIGGER refuse_key_change;

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.audit_detachment FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
ALTER TABLE audit_detachment ENABLE ALWAYS TRIGGER refuse_truncate;

CREATE TRIGGER refuse_audit_change BEFORE DELETE OR UPDATE ON public.audit_log FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();
ALTER TABLE audit_log ENABLE ALWAYS TRIGGER refuse_audit_change;

CREATE TRIGGER refuse_audit_truncate BEFORE TRUNCATE ON public.audit_log FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
ALTER TABLE audit_log ENABLE ALWAYS TRIGGER refuse_audit_truncate;

CREATE TRIGGER capture_delete AFTER DELETE ON public.bulk_plan REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_bulk_plan();
ALTER TABLE bulk_plan ENABLE ALWAYS TRIGGER capture_delete;

CREATE TRIGGER capture_insert AFTER INSERT ON public.bulk_plan REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_bulk_plan();
ALTER TABLE bulk_plan ENABLE ALWAYS TRIGGER capture_insert;

CREATE TRIGGER capture_update AFTER UPDATE ON public.bulk_plan REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_bulk_plan();
ALTER TABLE bulk_plan ENABLE ALWAYS TRIGGER capture_update;

CREATE TRIGGER refuse_key_change BEFORE UPDATE OF id ON public.bulk_plan FOR EACH ROW WHEN ((old.id <> new.id)) EXECUTE FUNCTION refuse_key_change();
ALTER TABLE bulk_plan ENABLE ALWAYS TRIGGER refuse_key_change;

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.bulk_plan FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
ALTER TABLE bulk_plan ENABLE ALWAYS TRIGGER refuse_truncate;

CREATE CONSTRAINT TRIGGER number_commit AFTER INSERT ON public.commit DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ((new.kind <> 'TIME'::text)) EXECUTE FUNCTION number_commit();
ALTER TABLE commit ENABLE ALWAYS TRIGGER number_commit;

CREATE TRIGGER capture_delete AFTER DELETE ON public.export_link REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_export_link();
ALTER TABLE export_link ENABLE ALWAYS TRIGGER capture_delete;

CREATE TRIGGER capture_insert AFTER INSERT ON public.export_link REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_export_link();
ALTER TABLE export_link ENABLE ALWAYS TRIGGER capture_insert;

CREATE TRIGGER capture_update AFTER UPDATE ON public.export_link REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_export_link();
ALTER TABLE export_link ENABLE ALWAYS TRIGGER capture_update;

CREATE TRIGGER refuse_key_change BEFORE UPDATE OF id ON public.export_link FOR EACH ROW WHEN ((old.id <> new.id)) EXECUTE FUNCTION refuse_key_change();
ALTER TABLE export_link ENABLE ALWAYS TRIGGER refuse_key_change;

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.export_link FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
ALTER TABLE export_link ENABLE ALWAYS TRIGGER refuse_truncate;

CREATE TRIGGER capture_delete AFTER DELETE ON public.group_member REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_group_member();
ALTER TABLE group_member ENABLE ALWAYS TRIGGER capture_delete;

CREATE TRIGGER capture_insert AFTER INSERT ON public.group_member REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_group_member();
ALTER TABLE group_member ENABLE ALWAYS TRIGGER capture_insert;

CREATE TRIGGER capture_update AFTER UPDATE ON public.group_member REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_group_member();
ALTER TABLE group_member ENABLE ALWAYS TRIGGER capture_update;

CREATE TRIGGER refuse_key_change BEFORE UPDATE OF id ON public.group_member FOR EACH ROW WHEN ((old.id <> new.id)) EXECUTE FUNCTION refuse_key_change();
ALTER TABLE group_member ENABLE ALWAYS TRIGGER refuse_key_change;

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.group_member FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
ALTER TABLE group_member ENABLE ALWAYS TRIGGER refuse_truncate;

CREATE TRIGGER capture_delete AFTER DELETE ON public.import_template REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_import_template();
ALTER TABLE import_template ENABLE ALWAYS TRIGGER capture_delete;

CREATE TRIGGER capture_insert AFTER INSERT ON public.import_template REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_import_template();
ALTER TABLE import_template ENABLE ALWAYS TRIGGER capture_insert;

CREATE TRIGGER capture_update AFTER UPDATE ON public.import_template REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_import_template();
ALTER TABLE import_template ENABLE ALWAYS TRIGGER capture_update;

CREATE TRIGGER refuse_key_change BEFORE UPDATE OF id ON public.import_template FOR EACH ROW WHEN ((old.id <> new.id)) EXECUTE FUNCTION refuse_key_change();
ALTER TABLE import_template ENABLE ALWAYS TRIGGER refuse_key_change;

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.import_template FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
ALTER TABLE import_template ENABLE ALWAYS TRIGGER refuse_truncate;

CREATE TRIGGER capture_delete AFTER DELETE ON public.import_upload REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_import_upload();
ALTER TABLE import_upload ENABLE ALWAYS TRIGGER capture_delete;

CREATE TRIGGER capture_insert AFTER INSERT ON public.import_upload REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_import_upload();
ALTER TABLE import_upload ENABLE ALWAYS TRIGGER capture_insert;

CREATE TRIGGER capture_update AFTER UPDATE ON public.import_upload REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_import_upload();
ALTER TABLE import_upload ENABLE ALWAYS TRIGGER capture_update;

CREATE TRIGGER refuse_key_change BEFORE UPDATE OF id ON public.import_upload FOR EACH ROW WHEN ((old.id <> new.id)) EXECUTE FUNCTION refuse_key_change();
ALTER TABLE import_upload ENABLE ALWAYS TRIGGER refuse_key_change;

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.import_upload FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
ALTER TABLE import_upload ENABLE ALWAYS TRIGGER refuse_truncate;

CREATE TRIGGER capture_delete AFTER DELETE ON public.legal_hold REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_legal_hold();
ALTER TABLE legal_hold ENABLE ALWAYS TRIGGER capture_delete;

CREATE TRIGGER capture_insert AFTER INSERT ON public.legal_hold REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_legal_hold();
ALTER TABLE legal_hold ENABLE ALWAYS TRIGGER capture_insert;

CREATE TRIGGER capture_update AFTER UPDATE ON public.legal_hold REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_legal_hold();
ALTER TABLE legal_hold ENABLE ALWAYS TRIGGER capture_update;

CREATE TRIGGER refuse_key_change BEFORE UPDATE OF id ON public.legal_hold FOR EACH ROW WHEN ((old.id <> new.id)) EXECUTE FUNCTION refuse_key_change();
ALTER TABLE legal_hold ENABLE ALWAYS TRIGGER refuse_key_change;

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.legal_hold FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
ALTER TABLE legal_hold ENABLE ALWAYS TRIGGER refuse_truncate;

CREATE TRIGGER count_live_filter AFTER INSERT OR DELETE OR UPDATE OF filter ON public.live_filter FOR EACH ROW EXECUTE FUNCTION count_live_filter();
ALTER TABLE live_filter ENABLE ALWAYS TRIGGER count_live_filter;

CREATE TRIGGER capture_delete AFTER DELETE ON public.mail REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_mail();
ALTER TABLE mail ENABLE ALWAYS TRIGGER capture_delete;

CREATE TRIGGER capture_insert AFTER INSERT ON public.mail REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_mail();
ALTER TABLE mail ENABLE ALWAYS TRIGGER capture_insert;

CREATE TRIGGER capture_update AFTER UPDATE ON public.mail REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_mail();
ALTER TABLE mail ENABLE ALWAYS TRIGGER capture_update;

CREATE TRIGGER refuse_key_change BEFORE UPDATE OF id ON public.mail FOR EACH ROW WHEN ((old.id <> new.id)) EXECUTE FUNCTION refuse_key_change();
ALTER TABLE mail ENABLE ALWAYS TRIGGER refuse_key_change;

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.mail FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
ALTER TABLE mail ENABLE ALWAYS TRIGGER refuse_truncate;

CREATE TRIGGER capture_delete AFTER DELETE ON public.offboarding REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_offboarding();
ALTER TABLE offboarding ENABLE ALWAYS TRIGGER capture_delete;

CREATE TRIGGER capture_insert AFTER INSERT ON public.offboarding REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_offboarding();
ALTER TABLE offboarding ENABLE ALWAYS TRIGGER capture_insert;

CREATE TRIGGER capture_update AFTER UPDATE ON public.offboarding REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_offboarding();
ALTER TABLE offboarding ENABLE ALWAYS TRIGGER capture_update;

CREATE TRIGGER refuse_key_change BEFORE UPDATE OF transition_id ON public.offboarding FOR EACH ROW WHEN ((old.transition_id <> new.transition_id)) EXECUTE FUNCTION refuse_key_change();
ALTER TABLE offboarding ENABLE ALWAYS TRIGGER refuse_key_change;

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.offboarding FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
ALTER TABLE offboarding ENABLE ALWAYS TRIGGER refuse_truncate;

CREATE TRIGGER capture_delete AFTER DELETE ON public.onboarding REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_onboarding();
ALTER TABLE onboarding ENABLE ALWAYS TRIGGER capture_delete;

CREATE TRIGGER capture_insert AFTER INSERT ON public.onboarding REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_onboarding();
ALTER TABLE onboarding ENABLE ALWAYS TRIGGER capture_insert;

CREATE TRIGGER capture_update AFTER UPDATE ON public.onboarding REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_onboarding();
ALTER TABLE onboarding ENABLE ALWAYS TRIGGER capture_update;

CREATE TRIGGER refuse_key_change BEFORE UPDATE OF user_id ON public.onboarding FOR EACH ROW WHEN ((old.user_id <> new.user_id)) EXECUTE FUNCTION refuse_key_change();
ALTER TABLE onboarding ENABLE ALWAYS TRIGGER refuse_key_change;

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.onboarding FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
ALTER TABLE onboarding ENABLE ALWAYS TRIGGER refuse_truncate;

CREATE TRIGGER capture_delete AFTER DELETE ON public.org_unit REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_org_unit();
ALTER TABLE org_unit ENABLE ALWAYS TRIGGER capture_delete;

CREATE TRIGGER capture_insert AFTER INSERT ON public.org_unit REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_org_unit();
ALTER TABLE org_unit ENABLE ALWAYS TRIGGER capture_insert;

CREATE TRIGGER capture_update AFTER UPDATE ON public.org_unit REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_org_unit();
ALTER TABLE org_unit ENABLE ALWAYS TRIGGER capture_update;

CREATE TRIGGER refuse_key_change BEFORE UPDATE OF id ON public.org_unit FOR EACH ROW WHEN ((old.id <> new.id)) EXECUTE FUNCTION refuse_key_change();
ALTER TABLE org_unit ENABLE ALWAYS TRIGGER refuse_key_change;

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.org_unit FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
ALTER TABLE org_unit ENABLE ALWAYS TRIGGER refuse_truncate;

CREATE TRIGGER capture_delete AFTER DELETE ON public.personal_export REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_personal_export();
ALTER TABLE personal_export ENABLE ALWAYS TRIGGER capture_delete;

CREATE TRIGGER capture_insert AFTER INSERT ON public.personal_export REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_personal_export();
ALTER TABLE personal_export ENABLE ALWAYS TRIGGER capture_insert;

CREATE TRIGGER capture_update AFTER UPDATE ON public.personal_export REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_personal_export();
ALTER TABLE personal_export ENABLE ALWAYS TRIGGER capture_update;

CREATE TRIGGER refuse_key_change BEFORE UPDATE OF id ON public.personal_export FOR EACH ROW WHEN ((old.id <> new.id)) EXECUTE FUNCTION refuse_key_change();
ALTER TABLE personal_export ENABLE ALWAYS TRIGGER refuse_key_change;

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.personal_export FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
ALTER TABLE personal_export ENABLE ALWAYS TRIGGER refuse_truncate;

CREATE TRIGGER capture_delete AFTER DELETE ON public.profile_template REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_profile_template();
ALTER TABLE profile_template ENABLE ALWAYS TRIGGER capture_delete;

CREATE TRIGGER capture_insert AFTER INSERT ON public.profile_template REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_profile_template();
ALTER TABLE profile_template ENABLE ALWAYS TRIGGER capture_insert;

CREATE TRIGGER capture_update AFTER UPDATE ON public.profile_template REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_profile_template();
ALTER TABLE profile_template ENABLE ALWAYS TRIGGER capture_update;

CREATE TRIGGER refuse_key_change BEFORE UPDATE OF id ON public.profile_template FOR EACH ROW WHEN ((old.id <> new.id)) EXECUTE FUNCTION refuse_key_change();
ALTER TABLE profile_template ENABLE ALWAYS TRIGGER refuse_key_change;

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.profile_template FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
ALTER TABLE profile_template ENABLE ALWAYS TRIGGER refuse_truncate;

CREATE TRIGGER capture_delete AFTER DELETE ON public.profile_template_fill REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_profile_template_fill();
ALTER TABLE profile_template_fill ENABLE ALWAYS TRIGGER capture_delete;

CREATE TRIGGER capture_insert AFTER INSERT ON public.profile_template_fill REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_profile_template_fill();
ALTER TABLE profile_template_fill ENABLE ALWAYS TRIGGER capture_insert;

CREATE TRIGGER capture_update AFTER UPDATE ON public.profile_template_fill REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_profile_template_fill();
ALTER TABLE profile_template_fill ENABLE ALWAYS TRIGGER capture_update;

CREATE TRIGGER refuse_key_change BEFORE UPDATE OF id ON public.profile_template_fill FOR EACH ROW WHEN ((old.id <> new.id)) EXECUTE FUNCTION refuse_key_change();
ALTER TABLE profile_template_fill ENABLE ALWAYS TRIGGER refuse_key_change;

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.profile_template_fill FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
ALTER TABLE profile_template_fill ENABLE ALWAYS TRIGGER refuse_truncate;

CREATE TRIGGER capture_delete AFTER DELETE ON public.profile_template_grant REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_profile_template_grant();
ALTER TABLE profile_template_grant ENABLE ALWAYS TRIGGER capture_delete;

CREATE TRIGGER capture_insert AFTER INSERT ON public.profile_template_grant REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_profile_template_grant();
ALTER TABLE profile_template_grant ENABLE ALWAYS TRIGGER capture_insert;

CREATE TRIGGER capture_update AFTER UPDATE ON public.profile_template_grant REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_profile_template_grant();
ALTER TABLE profile_template_grant ENABLE ALWAYS TRIGGER capture_update;

CREATE TRIGGER refuse_key_change BEFORE UPDATE OF grant_id ON public.profile_template_grant FOR EACH ROW WHEN ((old.grant_id <> new.grant_id)) EXECUTE FUNCTION refuse_key_change();
ALTER TABLE profile_template_grant ENABLE ALWAYS TRIGGER refuse_key_change;

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.profile_template_grant FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
ALTER TABLE profile_template_grant ENABLE ALWAYS TRIGGER refuse_truncate;

CREATE TRIGGER capture_delete AFTER DELETE ON public.profile_template_group REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_profile_template_group();
ALTER TABLE profile_template_group ENABLE ALWAYS TRIGGER capture_delete;

CREATE TRIGGER capture_insert AFTER INSERT ON public.profile_template_group REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_profile_template_group();
ALTER TABLE profile_template_group ENABLE ALWAYS TRIGGER capture_insert;

CREATE TRIGGER capture_update AFTER UPDATE ON public.profile_template_group REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_profile_template_group();
ALTER TABLE profile_template_group ENABLE ALWAYS TRIGGER capture_update;

CREATE TRIGGER refuse_key_change BEFORE UPDATE OF id ON public.profile_template_group FOR EACH ROW WHEN ((old.id <> new.id)) EXECUTE FUNCTION refuse_key_change();
ALTER TABLE profile_template_group ENABLE ALWAYS TRIGGER refuse_key_change;

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.profile_template_group FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
ALTER TABLE profile_template_group ENABLE ALWAYS TRIGGER refuse_truncate;

CREATE TRIGGER capture_delete AFTER DELETE ON public.profile_template_member REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_profile_template_member();
ALTER TABLE profile_template_member ENABLE ALWAYS TRIGGER capture_delete;

CREATE TRIGGER capture_insert AFTER INSERT ON public.profile_template_member REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_profile_template_member();
ALTER TABLE profile_template_member ENABLE ALWAYS TRIGGER capture_insert;

CREATE TRIGGER capture_update AFTER UPDATE ON public.profile_template_member REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_profile_template_member();
ALTER TABLE profile_template_member ENABLE ALWAYS TRIGGER capture_update;

CREATE TRIGGER refuse_key_change BEFORE UPDATE OF member_id ON public.profile_template_member FOR EACH ROW WHEN ((old.member_id <> new.member_id)) EXECUTE FUNCTION refuse_key_change();
ALTER TABLE profile_template_member ENABLE ALWAYS TRIGGER refuse_key_change;

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.profile_template_member FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
ALTER TABLE profile_template_member ENABLE ALWAYS TRIGGER refuse_truncate;

CREATE TRIGGER capture_delete AFTER DELETE ON public.profile_template_role REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_profile_template_role();
ALTER TABLE profile_template_role ENABLE ALWAYS TRIGGER capture_delete;

CREATE TRIGGER capture_insert AFTER INSERT ON public.profile_template_role REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_profile_template_role();
ALTER TABLE profile_template_role ENABLE ALWAYS TRIGGER capture_insert;

CREATE TRIGGER capture_update AFTER UPDATE ON public.profile_template_role REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_profile_template_role();
ALTER TABLE profile_template_role ENABLE ALWAYS TRIGGER capture_update;

CREATE TRIGGER refuse_key_change BEFORE UPDATE OF id ON public.profile_template_role FOR EACH ROW WHEN ((old.id <> new.id)) EXECUTE FUNCTION refuse_key_change();
ALTER TABLE profile_template_role ENABLE ALWAYS TRIGGER refuse_key_change;

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.profile_template_role FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
ALTER TABLE profile_template_role ENABLE ALWAYS TRIGGER refuse_truncate;

CREATE TRIGGER capture_delete AFTER DELETE ON public.retention_policy REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_retention_policy();
ALTER TABLE retention_policy ENABLE ALWAYS TRIGGER capture_delete;

CREATE TRIGGER capture_insert AFTER INSERT ON public.retention_policy REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_retention_policy();
ALTER TABLE retention_policy ENABLE ALWAYS TRIGGER capture_insert;

CREATE TRIGGER capture_update AFTER UPDATE ON public.retention_policy REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_retention_policy();
ALTER TABLE retention_policy ENABLE ALWAYS TRIGGER capture_update;

CREATE TRIGGER refuse_key_change BEFORE UPDATE OF id ON public.retention_policy FOR EACH ROW WHEN ((old.id <> new.id)) EXECUTE FUNCTION refuse_key_change();
ALTER TABLE retention_policy ENABLE ALWAYS TRIGGER refuse_key_change;

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.retention_policy FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
ALTER TABLE retention_policy ENABLE ALWAYS TRIGGER refuse_truncate;

CREATE TRIGGER capture_delete AFTER DELETE ON public.retention_run REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_retention_run();
ALTER TABLE retention_run ENABLE ALWAYS TRIGGER capture_delete;

CREATE TRIGGER capture_insert AFTER INSERT ON public.retention_run REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_retention_run();
ALTER TABLE retention_run ENABLE ALWAYS TRIGGER capture_insert;

CREATE TRIGGER capture_update AFTER UPDATE ON public.retention_run REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_retention_run();
ALTER TABLE retention_run ENABLE ALWAYS TRIGGER capture_update;

CREATE TRIGGER refuse_key_change BEFORE UPDATE OF id ON public.retention_run FOR EACH ROW WHEN ((old.id <> new.id)) EXECUTE FUNCTION refuse_key_change();
ALTER TABLE retention_run ENABLE ALWAYS TRIGGER refuse_key_change;

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.retention_run FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
ALTER TABLE retention_run ENABLE ALWAYS TRIGGER refuse_truncate;

CREATE TRIGGER capture_delete AFTER DELETE ON public.role REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_role();
ALTER TABLE role ENABLE ALWAYS TRIGGER capture_delete;

CREATE TRIGGER capture_insert AFTER INSERT ON public.role REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_role();
ALTER TABLE role ENABLE ALWAYS TRIGGER capture_insert;

CREATE TRIGGER capture_update AFTER UPDATE ON public.role REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_role();
ALTER TABLE role ENABLE ALWAYS TRIGGER capture_update;

CREATE TRIGGER refuse_key_change BEFORE UPDATE OF id ON public.role FOR EACH ROW WHEN ((old.id <> new.id)) EXECUTE FUNCTION refuse_key_change();
ALTER TABLE role ENABLE ALWAYS TRIGGER refuse_key_change;

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.role FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
ALTER TABLE role ENABLE ALWAYS TRIGGER refuse_truncate;

CREATE TRIGGER capture_delete AFTER DELETE ON public.role_grant REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_role_grant();
ALTER TABLE role_grant ENABLE ALWAYS TRIGGER capture_delete;

CREATE TRIGGER capture_insert AFTER INSERT ON public.role_grant REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_role_grant();
ALTER TABLE role_grant ENABLE ALWAYS TRIGGER capture_insert;

CREATE TRIGGER capture_update AFTER UPDATE ON public.role_grant REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_role_grant();
ALTER TABLE role_grant ENABLE ALWAYS TRIGGER capture_update;

CREATE TRIGGER refuse_key_change BEFORE UPDATE OF id ON public.role_grant FOR EACH ROW WHEN ((old.id <> new.id)) EXECUTE FUNCTION refuse_key_change();
ALTER TABLE role_grant ENABLE ALWAYS TRIGGER refuse_key_change;

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.role_grant FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
ALTER TABLE role_grant ENABLE ALWAYS TRIGGER refuse_truncate;

CREATE TRIGGER capture_delete AFTER DELETE ON public.role_inheritance REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_role_inheritance();
ALTER TABLE role_inheritance ENABLE ALWAYS TRIGGER capture_delete;

CREATE TRIGGER capture_insert AFTER INSERT ON public.role_inheritance REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_role_inheritance();
ALTER TABLE role_inheritance ENABLE ALWAYS TRIGGER capture_insert;

CREATE TRIGGER capture_update AFTER UPDATE ON public.role_inheritance REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_role_inheritance();
ALTER TABLE role_inheritance ENABLE ALWAYS TRIGGER capture_update;

CREATE TRIGGER refuse_key_change BEFORE UPDATE OF id ON public.role_inheritance FOR EACH ROW WHEN ((old.id <> new.id)) EXECUTE FUNCTION refuse_key_change();
ALTER TABLE role_inheritance ENABLE ALWAYS TRIGGER refuse_key_change;

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.role_inheritance FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
ALTER TABLE role_inheritance ENABLE ALWAYS TRIGGER refuse_truncate;

CREATE TRIGGER capture_delete AFTER DELETE ON public.safety_limit REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_safety_limit();
ALTER TABLE safety_limit ENABLE ALWAYS TRIGGER capture_delete;

CREATE TRIGGER capture_insert AFTER INSERT ON public.safety_limit REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_safety_limit();
ALTER TABLE safety_limit ENABLE ALWAYS TRIGGER capture_insert;

CREATE TRIGGER capture_update AFTER UPDATE ON public.safety_limit REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_safety_limit();
ALTER TABLE safety_limit ENABLE ALWAYS TRIGGER capture_update;

CREATE TRIGGER refuse_key_change BEFORE UPDATE OF id ON public.safety_limit FOR EACH ROW WHEN ((old.id <> new.id)) EXECUTE FUNCTION refuse_key_change();
ALTER TABLE safety_limit ENABLE ALWAYS TRIGGER refuse_key_change;

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.safety_limit FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
ALTER TABLE safety_limit ENABLE ALWAYS TRIGGER refuse_truncate;

CREATE TRIGGER capture_delete AFTER DELETE ON public.saved_search REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_saved_search();
ALTER TABLE saved_search ENABLE ALWAYS TRIGGER capture_delete;

CREATE TRIGGER capture_insert AFTER INSERT ON public.saved_search REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_saved_search();
ALTER TABLE saved_search ENABLE ALWAYS TRIGGER capture_insert;

CREATE TRIGGER capture_update AFTER UPDATE ON public.saved_search REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_saved_search();
ALTER TABLE saved_search ENABLE ALWAYS TRIGGER capture_update;

CREATE TRIGGER refuse_key_change BEFORE UPDATE OF id ON public.saved_search FOR EACH ROW WHEN ((old.id <> new.id)) EXECUTE FUNCTION refuse_key_change();
ALTER TABLE saved_search ENABLE ALWAYS TRIGGER refuse_key_change;

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.saved_search FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
ALTER TABLE saved_search ENABLE ALWAYS TRIGGER refuse_truncate;

CREATE TRIGGER capture_delete AFTER DELETE ON public.scheduled_transition REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_scheduled_transition();
ALTER TABLE scheduled_transition ENABLE ALWAYS TRIGGER capture_delete;

CREATE TRIGGER capture_insert AFTER INSERT ON public.scheduled_transition REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_scheduled_transition();
ALTER TABLE scheduled_transition ENABLE ALWAYS TRIGGER capture_insert;

CREATE TRIGGER capture_update AFTER UPDATE ON public.scheduled_transition REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_scheduled_transition();
ALTER TABLE scheduled_transition ENABLE ALWAYS TRIGGER capture_update;

CREATE TRIGGER reckon_inserted BEFORE INSERT ON public.scheduled_transition FOR EACH ROW EXECUTE FUNCTION reckon_scheduled_transition();

CREATE TRIGGER reckon_updated BEFORE UPDATE OF effective_on, timezone, org_timezone ON public.scheduled_transition FOR EACH ROW WHEN ((new.state = 'SCHEDULED'::text)) EXECUTE FUNCTION reckon_scheduled_transition();

CREATE TRIGGER refuse_key_change BEFORE UPDATE OF id ON public.scheduled_transition FOR EACH ROW WHEN ((old.id <> new.id)) EXECUTE FUNCTION refuse_key_change();
ALTER TABLE scheduled_transition ENABLE ALWAYS TRIGGER refuse_key_change;

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.scheduled_transition FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
ALTER TABLE scheduled_transition ENABLE ALWAYS TRIGGER refuse_truncate;

CREATE TRIGGER capture_delete AFTER DELETE ON public.service_token REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_service_token();
ALTER TABLE service_token ENABLE ALWAYS TRIGGER capture_delete;

CREATE TRIGGER capture_insert AFTER INSERT ON public.service_token REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_service_token();
ALTER TABLE service_token ENABLE ALWAYS TRIGGER capture_insert;

CREATE TRIGGER capture_update AFTER UPDATE ON public.service_token REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_service_token();
ALTER TABLE service_token ENABLE ALWAYS TRIGGER capture_update;

CREATE TRIGGER refuse_key_change BEFORE UPDATE OF id ON public.service_token FOR EACH ROW WHEN ((old.id <> new.id)) EXECUTE FUNCTION refuse_key_change();
ALTER TABLE service_token ENABLE ALWAYS TRIGGER refuse_key_change;

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.service_token FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
ALTER TABLE service_token ENABLE ALWAYS TRIGGER refuse_truncate;

CREATE TRIGGER capture_delete AFTER DELETE ON public.session REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_session();
ALTER TABLE session ENABLE ALWAYS TRIGGER capture_delete;

CREATE TRIGGER capture_insert AFTER INSERT ON public.session REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_session();
ALTER TABLE session ENABLE ALWAYS TRIGGER capture_insert;

CREATE TRIGGER capture_update AFTER UPDATE ON public.session REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_session();
ALTER TABLE session ENABLE ALWAYS TRIGGER capture_update;

CREATE TRIGGER refuse_key_change BEFORE UPDATE OF id ON public.session FOR EACH ROW WHEN ((old.id <> new.id)) EXECUTE FUNCTION refuse_key_change();
ALTER TABLE session ENABLE ALWAYS TRIGGER refuse_key_change;

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.session FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
ALTER TABLE session ENABLE ALWAYS TRIGGER refuse_truncate;

CREATE TRIGGER capture_delete AFTER DELETE ON public.sign_in_policy REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_sign_in_policy();
ALTER TABLE sign_in_policy ENABLE ALWAYS TRIGGER capture_delete;

CREATE TRIGGER capture_insert AFTER INSERT ON public.sign_in_policy REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_sign_in_policy();
ALTER TABLE sign_in_policy ENABLE ALWAYS TRIGGER capture_insert;

CREATE TRIGGER capture_update AFTER UPDATE ON public.sign_in_policy REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_sign_in_policy();
ALTER TABLE sign_in_policy ENABLE ALWAYS TRIGGER capture_update;

CREATE TRIGGER refuse_key_change BEFORE UPDATE OF id ON public.sign_in_policy FOR EACH ROW WHEN ((old.id <> new.id)) EXECUTE FUNCTION refuse_key_change();
ALTER TABLE sign_in_policy ENABLE ALWAYS TRIGGER refuse_key_change;

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.sign_in_policy FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
ALTER TABLE sign_in_policy ENABLE ALWAYS TRIGGER refuse_truncate;

CREATE TRIGGER capture_delete AFTER DELETE ON public.transfer REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_transfer();
ALTER TABLE transfer ENABLE ALWAYS TRIGGER capture_delete;

CREATE TRIGGER capture_insert AFTER INSERT ON public.transfer REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_transfer();
ALTER TABLE transfer ENABLE ALWAYS TRIGGER capture_insert;

CREATE TRIGGER capture_update AFTER UPDATE ON public.transfer REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_transfer();
ALTER TABLE transfer ENABLE ALWAYS TRIGGER capture_update;

CREATE TRIGGER refuse_key_change BEFORE UPDATE OF transition_id ON public.transfer FOR EACH ROW WHEN ((old.transition_id <> new.transition_id)) EXECUTE FUNCTION refuse_key_change();
ALTER TABLE transfer ENABLE ALWAYS TRIGGER refuse_key_change;

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.transfer FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
ALTER TABLE transfer ENABLE ALWAYS TRIGGER refuse_truncate;

CREATE TRIGGER capture_delete AFTER DELETE ON public.user_account REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_user_account();
ALTER TABLE user_account ENABLE ALWAYS TRIGGER capture_delete;

CREATE TRIGGER capture_insert AFTER INSERT ON public.user_account REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_user_account();
ALTER TABLE user_account ENABLE ALWAYS TRIGGER capture_insert;

CREATE TRIGGER capture_update AFTER UPDATE ON public.user_account REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_user_account();
ALTER TABLE user_account ENABLE ALWAYS TRIGGER capture_update;

CREATE TRIGGER reckon_schedules AFTER UPDATE OF timezone ON public.user_account FOR EACH ROW WHEN ((old.timezone IS DISTINCT FROM new.timezone)) EXECUTE FUNCTION reckon_schedules_of_user();

CREATE TRIGGER refuse_key_change BEFORE UPDATE OF id ON public.user_account FOR EACH ROW WHEN ((old.id <> new.id)) EXECUTE FUNCTION refuse_key_change();
ALTER TABLE user_account ENABLE ALWAYS TRIGGER refuse_key_change;

CREATE TRIGGER refuse_tombstone_change BEFORE UPDATE ON public.user_account FOR EACH ROW WHEN (((old.erased_at IS NOT NULL) AND ((to_jsonb(old.*) - '{org_unit_id,manager_id,version,updated_at}'::text[]) <> (to_jsonb(new.*) - '{org_unit_id,manager_id,version,updated_at}'::text[])))) EXECUTE FUNCTION refuse_tombstone_change();

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.user_account FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
ALTER TABLE user_account ENABLE ALWAYS TRIGGER refuse_truncate;

CREATE TRIGGER share_attribute_definitions BEFORE INSERT OR UPDATE OF attributes, status ON public.user_account FOR EACH STATEMENT EXECUTE FUNCTION share_attribute_definitions();
ALTER TABLE user_account ENABLE ALWAYS TRIGGER share_attribute_definitions;

CREATE TRIGGER capture_delete AFTER DELETE ON public.user_address REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_user_address();
ALTER TABLE user_address ENABLE ALWAYS TRIGGER capture_delete;

CREATE TRIGGER capture_insert AFTER INSERT ON public.user_address REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_user_address();
ALTER TABLE user_address ENABLE ALWAYS TRIGGER capture_insert;

CREATE TRIGGER capture_update AFTER UPDATE ON public.user_address REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_user_address();
ALTER TABLE user_address ENABLE ALWAYS TRIGGER capture_update;

CREATE TRIGGER refuse_key_change BEFORE UPDATE OF id ON public.user_address FOR EACH ROW WHEN ((old.id <> new.id)) EXECUTE FUNCTION refuse_key_change();
ALTER TABLE user_address ENABLE ALWAYS TRIGGER refuse_key_change;

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.user_address FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
ALTER TABLE user_address ENABLE ALWAYS TRIGGER refuse_truncate;

CREATE TRIGGER capture_delete AFTER DELETE ON public.user_deletion REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_user_deletion();
ALTER TABLE user_deletion ENABLE ALWAYS TRIGGER capture_delete;

CREATE TRIGGER capture_insert AFTER INSERT ON public.user_deletion REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_user_deletion();
ALTER TABLE user_deletion ENABLE ALWAYS TRIGGER capture_insert;

CREATE TRIGGER capture_update AFTER UPDATE ON public.user_deletion REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_user_deletion();
ALTER TABLE user_deletion ENABLE ALWAYS TRIGGER capture_update;

CREATE TRIGGER refuse_key_change BEFORE UPDATE OF user_id ON public.user_deletion FOR EACH ROW WHEN ((old.user_id <> new.user_id)) EXECUTE FUNCTION refuse_key_change();
ALTER TABLE user_deletion ENABLE ALWAYS TRIGGER refuse_key_change;

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.user_deletion FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
ALTER TABLE user_deletion ENABLE ALWAYS TRIGGER refuse_truncate;

CREATE TRIGGER capture_delete AFTER DELETE ON public.user_email REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_user_email();
ALTER TABLE user_email ENABLE ALWAYS TRIGGER capture_delete;

CREATE TRIGGER capture_insert AFTER INSERT ON public.user_email REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_user_email();
ALTER TABLE user_email ENABLE ALWAYS TRIGGER capture_insert;

CREATE TRIGGER capture_update AFTER UPDATE ON public.user_email REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_user_email();
ALTER TABLE user_email ENABLE ALWAYS TRIGGER capture_update;

CREATE TRIGGER refuse_key_change BEFORE UPDATE OF id ON public.user_email FOR EACH ROW WHEN ((old.id <> new.id)) EXECUTE FUNCTION refuse_key_change();
ALTER TABLE user_email ENABLE ALWAYS TRIGGER refuse_key_change;

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.user_email FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
ALTER TABLE user_email ENABLE ALWAYS TRIGGER refuse_truncate;

CREATE TRIGGER capture_delete AFTER DELETE ON public.user_erasure REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_user_erasure();
ALTER TABLE user_erasure ENABLE ALWAYS TRIGGER capture_delete;

CREATE TRIGGER capture_insert AFTER INSERT ON public.user_erasure REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_user_erasure();
ALTER TABLE user_erasure ENABLE ALWAYS TRIGGER capture_insert;

CREATE TRIGGER capture_update AFTER UPDATE ON public.user_erasure REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_user_erasure();
ALTER TABLE user_erasure ENABLE ALWAYS TRIGGER capture_update;

CREATE TRIGGER refuse_key_change BEFORE UPDATE OF id ON public.user_erasure FOR EACH ROW WHEN ((old.id <> new.id)) EXECUTE FUNCTION refuse_key_change();
ALTER TABLE user_erasure ENABLE ALWAYS TRIGGER refuse_key_change;

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.user_erasure FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
ALTER TABLE user_erasure ENABLE ALWAYS TRIGGER refuse_truncate;

CREATE TRIGGER capture_delete AFTER DELETE ON public.user_factor REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_user_factor();
ALTER TABLE user_factor ENABLE ALWAYS TRIGGER capture_delete;

CREATE TRIGGER capture_insert AFTER INSERT ON public.user_factor REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_user_factor();
ALTER TABLE user_factor ENABLE ALWAYS TRIGGER capture_insert;

CREATE TRIGGER capture_update AFTER UPDATE ON public.user_factor REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_user_factor();
ALTER TABLE user_factor ENABLE ALWAYS TRIGGER capture_update;

CREATE TRIGGER refuse_key_change BEFORE UPDATE OF id ON public.user_factor FOR EACH ROW WHEN ((old.id <> new.id)) EXECUTE FUNCTION refuse_key_change();
ALTER TABLE user_factor ENABLE ALWAYS TRIGGER refuse_key_change;

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.user_factor FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
ALTER TABLE user_factor ENABLE ALWAYS TRIGGER refuse_truncate;

CREATE TRIGGER capture_delete AFTER DELETE ON public.user_group REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_user_group();
ALTER TABLE user_group ENABLE ALWAYS TRIGGER capture_delete;

CREATE TRIGGER capture_insert AFTER INSERT ON public.user_group REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_user_group();
ALTER TABLE user_group ENABLE ALWAYS TRIGGER capture_insert;

CREATE TRIGGER capture_update AFTER UPDATE ON public.user_group REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_user_group();
ALTER TABLE user_group ENABLE ALWAYS TRIGGER capture_update;

CREATE TRIGGER refuse_key_change BEFORE UPDATE OF id ON public.user_group FOR EACH ROW WHEN ((old.id <> new.id)) EXECUTE FUNCTION refuse_key_change();
ALTER TABLE user_group ENABLE ALWAYS TRIGGER refuse_key_change;

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.user_group FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
ALTER TABLE user_group ENABLE ALWAYS TRIGGER refuse_truncate;

CREATE TRIGGER capture_delete AFTER DELETE ON public.user_identity REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_user_identity();
ALTER TABLE user_identity ENABLE ALWAYS TRIGGER capture_delete;

CREATE TRIGGER capture_insert AFTER INSERT ON public.user_identity REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_user_identity();
ALTER TABLE user_identity ENABLE ALWAYS TRIGGER capture_insert;

CREATE TRIGGER capture_update AFTER UPDATE ON public.user_identity REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_user_identity();
ALTER TABLE user_identity ENABLE ALWAYS TRIGGER capture_update;

CREATE TRIGGER refuse_key_change BEFORE UPDATE OF id ON public.user_identity FOR EACH ROW WHEN ((old.id <> new.id)) EXECUTE FUNCTION refuse_key_change();
ALTER TABLE user_identity ENABLE ALWAYS TRIGGER refuse_key_change;

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.user_identity FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
ALTER TABLE user_identity ENABLE ALWAYS TRIGGER refuse_truncate;

CREATE TRIGGER capture_delete AFTER DELETE ON public.user_link REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_user_link();
ALTER TABLE user_link ENABLE ALWAYS TRIGGER capture_delete;

CREATE TRIGGER capture_insert AFTER INSERT ON public.user_link REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_user_link();
ALTER TABLE user_link ENABLE ALWAYS TRIGGER capture_insert;

CREATE TRIGGER capture_update AFTER UPDATE ON public.user_link REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_user_link();
ALTER TABLE user_link ENABLE ALWAYS TRIGGER capture_update;

CREATE TRIGGER refuse_key_change BEFORE UPDATE OF id ON public.user_link FOR EACH ROW WHEN ((old.id <> new.id)) EXECUTE FUNCTION refuse_key_change();
ALTER TABLE user_link ENABLE ALWAYS TRIGGER refuse_key_change;

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.user_link FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
ALTER TABLE user_link ENABLE ALWAYS TRIGGER refuse_truncate;

CREATE TRIGGER capture_delete AFTER DELETE ON public.user_password REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_user_password();
ALTER TABLE user_password ENABLE ALWAYS TRIGGER capture_delete;

CREATE TRIGGER capture_insert AFTER INSERT ON public.user_password REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_user_password();
ALTER TABLE user_password ENABLE ALWAYS TRIGGER capture_insert;

CREATE TRIGGER capture_update AFTER UPDATE ON public.user_password REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_user_password();
ALTER TABLE user_password ENABLE ALWAYS TRIGGER capture_update;

CREATE TRIGGER refuse_key_change BEFORE UPDATE OF user_id ON public.user_password FOR EACH ROW WHEN ((old.user_id <> new.user_id)) EXECUTE FUNCTION refuse_key_change();
ALTER TABLE user_password ENABLE ALWAYS TRIGGER refuse_key_change;

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.user_password FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
ALTER TABLE user_password ENABLE ALWAYS TRIGGER refuse_truncate;

CREATE TRIGGER capture_delete AFTER DELETE ON public.user_phone REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_user_phone();
ALTER TABLE user_phone ENABLE ALWAYS TRIGGER capture_delete;

CREATE TRIGGER capture_insert AFTER INSERT ON public.user_phone REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_user_phone();
ALTER TABLE user_phone ENABLE ALWAYS TRIGGER capture_insert;

CREATE TRIGGER capture_update AFTER UPDATE ON public.user_phone REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_user_phone();
ALTER TABLE user_phone ENABLE ALWAYS TRIGGER capture_update;

CREATE TRIGGER refuse_key_change BEFORE UPDATE OF id ON public.user_phone FOR EACH ROW WHEN ((old.id <> new.id)) EXECUTE FUNCTION refuse_key_change();
ALTER TABLE user_phone ENABLE ALWAYS TRIGGER refuse_key_change;

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.user_phone FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
ALTER TABLE user_phone ENABLE ALWAYS TRIGGER refuse_truncate;

CREATE TRIGGER capture_delete AFTER DELETE ON public.user_recovery_codes REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_user_recovery_codes();
ALTER TABLE user_recovery_codes ENABLE ALWAYS TRIGGER capture_delete;

CREATE TRIGGER capture_insert AFTER INSERT ON public.user_recovery_codes REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_user_recovery_codes();
ALTER TABLE user_recovery_codes ENABLE ALWAYS TRIGGER capture_insert;

CREATE TRIGGER capture_update AFTER UPDATE ON public.user_recovery_codes REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_user_recovery_codes();
ALTER TABLE user_recovery_codes ENABLE ALWAYS TRIGGER capture_update;

CREATE TRIGGER refuse_key_change BEFORE UPDATE OF user_id ON public.user_recovery_codes FOR EACH ROW WHEN ((old.user_id <> new.user_id)) EXECUTE FUNCTION refuse_key_change();
ALTER TABLE user_recovery_codes ENABLE ALWAYS TRIGGER refuse_key_change;

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.user_recovery_codes FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
ALTER TABLE user_recovery_codes ENABLE ALWAYS TRIGGER refuse_truncate;

CREATE TRIGGER capture_delete AFTER DELETE ON public.user_search REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_user_search();
ALTER TABLE user_search ENABLE ALWAYS TRIGGER capture_delete;

CREATE TRIGGER capture_insert AFTER INSERT ON public.user_search REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_user_search();
ALTER TABLE user_search ENABLE ALWAYS TRIGGER capture_insert;

CREATE TRIGGER capture_update AFTER UPDATE ON public.user_search REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_user_search();
ALTER TABLE user_search ENABLE ALWAYS TRIGGER capture_update;

CREATE TRIGGER keep_attributes_delete AFTER DELETE ON public.user_search REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION keep_user_attributes();
ALTER TABLE user_search ENABLE ALWAYS TRIGGER keep_attributes_delete;

CREATE TRIGGER keep_attributes_insert AFTER INSERT ON public.user_search REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION keep_user_attributes();
ALTER TABLE user_search ENABLE ALWAYS TRIGGER keep_attributes_insert;

CREATE TRIGGER keep_attributes_update AFTER UPDATE ON public.user_search REFERENCING OLD TABLE AS gone NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION keep_user_attributes();
ALTER TABLE user_search ENABLE ALWAYS TRIGGER keep_attributes_update;

CREATE TRIGGER refuse_key_change BEFORE UPDATE OF user_id ON public.user_search FOR EACH ROW WHEN ((old.user_id <> new.user_id)) EXECUTE FUNCTION refuse_key_change();
ALTER TABLE user_search ENABLE ALWAYS TRIGGER refuse_key_change;

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.user_search FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
ALTER TABLE user_search ENABLE ALWAYS TRIGGER refuse_truncate;

CREATE TRIGGER capture_delete AFTER DELETE ON public.user_security REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_user_security();
ALTER TABLE user_security ENABLE ALWAYS TRIGGER capture_delete;

CREATE TRIGGER capture_insert AFTER INSERT ON public.user_security REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_user_security();
ALTER TABLE user_security ENABLE ALWAYS TRIGGER capture_insert;

CREATE TRIGGER capture_update AFTER UPDATE ON public.user_security REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION capture_user_security();
ALTER TABLE user_security ENABLE ALWAYS TRIGGER capture_update;

CREATE TRIGGER refuse_key_change BEFORE UPDATE OF user_id ON public.user_security FOR EACH ROW WHEN ((old.user_id <> new.user_id)) EXECUTE FUNCTION refuse_key_change();
ALTER TABLE user_security ENABLE ALWAYS TRIGGER refuse_key_change;

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.user_security FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
ALTER TABLE user_security ENABLE ALWAYS TRIGGER refuse_truncate;

-- What the gateway's own role may do

GRANT DELETE, INSERT, SELECT, UPDATE ON access_rule TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON approval_delegation TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON approval_policy TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON approval_policy_decider TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON approval_request TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON attribute_definition TO rollcall_run;

GRANT SELECT ON attribute_holder TO rollcall_run;

GRANT SELECT ON attribute_index TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON audit_attempt TO rollcall_run;

GRANT SELECT ON audit_detachment TO rollcall_run;

GRANT SELECT ON audit_head TO rollcall_run;

GRANT SELECT ON audit_log TO rollcall_run;

GRANT SELECT ON audit_partition TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON bulk_effect TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON bulk_item TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON bulk_plan TO rollcall_run;

GRANT SELECT ON change TO rollcall_run;

GRANT SELECT ON commit TO rollcall_run;

GRANT SELECT ON digest_key TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON export_link TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON factor_grace TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON factor_use TO rollcall_run;

GRANT SELECT ON feed_consumer TO rollcall_run;

GRANT SELECT ON feed_head TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON group_built TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON group_head TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON group_member TO rollcall_run;

GRANT SELECT ON held_grant TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON idempotency_key TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON import_attempt TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON import_problem TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON import_row TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON import_template TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON import_upload TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON import_upload_part TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON legal_hold TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON live_filter TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON mail TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON mail_delivery TO rollcall_run;

GRANT SELECT ON matched_search TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON offboarding TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON onboarding TO rollcall_run;

GRANT SELECT ON org_day TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON org_unit TO rollcall_run;

GRANT SELECT ON org_unit_path TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON password_reset_request TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON personal_export TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON profile_template TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON profile_template_fill TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON profile_template_grant TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON profile_template_group TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON profile_template_member TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON profile_template_role TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON retention_item TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON retention_policy TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON retention_run TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON role TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON role_grant TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON role_inheritance TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON safety_limit TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON saved_search TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON scheduled_transition TO rollcall_run;

GRANT SELECT ON schema_floor TO rollcall_run;

GRANT SELECT ON schema_migration TO rollcall_run;

GRANT SELECT ON search_transition TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON service_token TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON service_token_use TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON session TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON session_use TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON sign_in_challenge TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON sign_in_counter TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON sign_in_fact TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON sign_in_policy TO rollcall_run;

GRANT SELECT ON subject_key TO rollcall_run;

GRANT SELECT ON time_edge TO rollcall_run;

GRANT SELECT ON time_passed TO rollcall_run;

GRANT SELECT ON trail TO rollcall_run;

GRANT SELECT ON trail_person TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON transfer TO rollcall_run;

GRANT SELECT ON unsealed_clear TO rollcall_run;

GRANT SELECT ON unsealed_event TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON user_account TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON user_address TO rollcall_run;

GRANT SELECT ON user_attribute TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON user_deletion TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON user_email TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON user_erasure TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON user_factor TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON user_group TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON user_identity TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON user_link TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON user_password TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON user_phone TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON user_recovery_codes TO rollcall_run;

GRANT SELECT ON user_search TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON user_security TO rollcall_run;

GRANT SELECT ON user_version TO rollcall_run;

GRANT SELECT ON version_head TO rollcall_run;

GRANT DELETE, INSERT, SELECT, UPDATE ON viewer_budget TO rollcall_run;
