/*
 * The tables that only the database itself writes, as it derives rows and keeps the log. How values arrive: see tables.ts.
 */

/** A grant as `user_search.role_grants` carries it: not revoked, and not expired when the row was last derived. */
export interface GrantInForce {
  id: string;
  /** The role's key. */
  role: string;
  privileged: boolean;
  /** The ids of the units from the root down to the scope; null: everywhere. */
  scopePath: string[] | null;
  /** ISO 8601, UTC, milliseconds, as the two below. */
  grantedAt: string;
  startsAt: string;
  expiresAt: string | null;
}

/** A grant by who holds it: the person that it was given to, or a member of the group. */
export interface HeldGrantRow {
  id: string;
  user_id: string;
  /** Null where it is the person's own. */
  group_id: string | null;
  role_id: string;
  scope_id: string | null;
  starts_at: Date;
  expires_at: Date | null;
  granted_by_kind: string;
  granted_by_id: string | null;
  granted_by_name: string;
  granted_at: Date;
  reason: string | null;
  revoked_at: Date | null;
}

/** A unit's ancestry, from the root down to itself. */
export interface OrgUnitPathRow {
  unit_id: string;
  path: string[];
  code_path: string[];
  depth: number;
}

/** Everything that a filter can ask about a person and a page shows. */
export interface UserSearchRow {
  user_id: string;
  version: number;
  username: string;
  display_name: string;
  status: string;
  status_reason: string | null;
  status_changed_at: Date;
  status_until: Date | null;
  given_name: string | null;
  middle_name: string | null;
  family_name: string | null;
  honorific_prefix: string | null;
  honorific_suffix: string | null;
  nick_name: string | null;
  email: string | null;
  email_domain: string | null;
  email_verified: boolean | null;
  phone: string | null;
  external_id: string | null;
  external_ids: string[];
  employee_number: string | null;
  title: string | null;
  department: string | null;
  division: string | null;
  cost_center: string | null;
  employee_type: string | null;
  location: string | null;
  country: string | null;
  locale: string | null;
  preferred_language: string | null;
  timezone: string | null;
  tags: string[];
  attributes: Record<string, unknown>;
  source: string;
  hired_on: string | null;
  terminates_on: string | null;
  last_login_at: Date | null;
  last_login_country: string | null;
  failed_login_count: number;
  password_changed_at: Date | null;
  mfa_enrolled: boolean;
  mfa_methods: string[];
  active_session_count: number;
  risk_score: number | null;
  created_at: Date;
  updated_at: Date;
  deleted_at: Date | null;
  org_unit_id: string | null;
  unit_path: string[];
  manager_id: string | null;
  manager_chain: string[];
  manager_status: string | null;
  direct_report_count: number;
  role_keys: string[];
  permissions: string[];
  role_grants: GrantInForce[];
  words: string;
  /** The instant of the last commit that wrote the row, or in which time moved the person over a boundary of some search. */
  reckoned_at: Date | null;
  group_keys: string[];
  group_ids: string[];
  /** When the person was last sent an invitation. */
  invited_at: Date | null;
}

/** A transaction that wrote: who, why, when, and its place in the order of all of them. */
export interface CommitRow {
  id: bigint;
  /** Null only inside the transaction itself, before its end. */
  number: bigint | null;
  at: Date;
  /** The instant of the commit before. */
  since: Date;
  xid: string;
  started_at: Date;
  kind: string;
  action: string;
  actor_kind: string;
  actor_id: string | null;
  actor_name: string;
  operation_id: string | null;
  reason: string | null;
  /** The people of whom alone the reason speaks; null: of everything that the commit changed. */
  about: string[] | null;
  request_id: string | null;
  ip: string | null;
}

/** One row that one transaction changed: what it was and what it became. */
export interface ChangeRow {
  commit_id: bigint;
  /** Counts from 1 within the commit. */
  ordinal: number;
  table_name: string;
  row_id: string;
  operation: "INSERT" | "UPDATE" | "DELETE";
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
  /** Names of columns that are never shown, and that this change set, changed or removed. */
  hidden: string[];
  /** Of hidden columns, what tells their values after the change from any others (`hidden_digest`). */
  digests: Record<string, string | null> | null;
  derived: boolean;
}

/** One row: the number of the last commit, and the instant it was given. */
export interface FeedHeadRow {
  one: boolean;
  number: bigint;
  at: Date;
  /** The instant of the commit before. */
  since: Date;
}

/** A partition of the audit log: the commits of one month, and the chain before its first event. */
export interface AuditPartitionRow {
  name: string;
  month: string;
  from_commit: bigint;
  /** Null of the one that is written. */
  to_commit: bigint | null;
  events_before: bigint;
  hash_before: Buffer;
  /** Since when its events are no longer part of the log, but in a table of their own, if anywhere. */
  detached_at: Date | null;
}

/** A month that was taken out of the audit log: which commits, how many events, and the hash of the last of them. */
export interface AuditDetachmentRow {
  id: string;
  partition: string;
  month: string;
  from_commit: bigint;
  to_commit: bigint;
  events: bigint;
  last_hash: string;
}
