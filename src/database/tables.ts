import type { ColumnType, Generated } from "kysely";
import type { AccessRuleRow, ServiceTokenRow, ServiceTokenUseRow } from "./access-tables.ts";
import type { ApprovalTables } from "./approval-tables.ts";
import type { AttributeDefinitionRow } from "./attribute-tables.ts";
import type { BulkTables } from "./bulk-tables.ts";
import type { EmploymentTables } from "./employment-tables.ts";
import type { ErasureTables } from "./erasure-tables.ts";
import type { ExportLinkRow } from "./export-tables.ts";
import type { GroupTables } from "./group-tables.ts";
import type { ImportTables } from "./import-tables.ts";
import type { LifecycleTables } from "./lifecycle-tables.ts";
import type { MailTables } from "./mail-tables.ts";
import type { LiveFilterRow, MatchedSearchRow, SearchTransitionRow } from "./matching-tables.ts";
import type { FeedConsumerRow, IdempotencyKeyRow } from "./memory-tables.ts";
import type {
  AuditDetachmentRow,
  AuditPartitionRow,
  ChangeRow,
  CommitRow,
  FeedHeadRow,
  HeldGrantRow,
  OrgUnitPathRow,
  UserSearchRow,
} from "./read-only-tables.ts";
import type { RetentionTables } from "./retention-tables.ts";
import type { SignInTables } from "./sign-in-tables.ts";

/*
 * The tables as the migrations leave them, for Kysely. How values arrive: uuid as text, timestamptz as Date, date as
 * `YYYY-MM-DD`, bigint (and so `count(*)`) as bigint, arrays as arrays, jsonb as parsed JSON. A plain object may be given
 * for a jsonb column as it is; a JSON array must be given as text, because the driver takes arrays for PostgreSQL's own.
 */

/** A unit of the organisation; units form a tree by `parent_id`. */
export interface OrgUnitRow {
  id: string;
  version: Generated<number>;
  code: string;
  name: string;
  kind: string;
  parent_id: string | null;
  head_id: string | null;
  created_at: Date;
  updated_at: Date;
}

/** A person's profile and status. */
export interface UserAccountRow {
  id: string;
  version: Generated<number>;
  username: string;
  display_name: string;
  status: string;
  status_reason: string | null;
  status_changed_at: Date;
  status_until: Date | null;
  status_before: string | null;
  given_name: string | null;
  middle_name: string | null;
  family_name: string | null;
  honorific_prefix: string | null;
  honorific_suffix: string | null;
  nick_name: string | null;
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
  tags: Generated<string[]>;
  attributes: Generated<Record<string, unknown>>;
  source: string;
  hired_on: string | null;
  terminates_on: string | null;
  org_unit_id: string | null;
  manager_id: string | null;
  created_at: Date;
  updated_at: Date;
  deleted_at: Date | null;
  /** Since when it is a tombstone. */
  erased_at: Date | null;
}

/** An e-mail address of a person; at most one is primary. */
export interface UserEmailRow {
  id: string;
  user_id: string;
  place: number;
  value: string;
  type: string | null;
  is_primary: boolean;
  verified: Generated<boolean>;
}

/** A phone number of a person; at most one is primary. */
export interface UserPhoneRow {
  id: string;
  user_id: string;
  place: number;
  value: string;
  type: string | null;
  is_primary: boolean;
}

/** A postal address of a person; at most one is primary. */
export interface UserAddressRow {
  id: string;
  user_id: string;
  place: number;
  type: string | null;
  is_primary: boolean;
  street_address: string | null;
  locality: string | null;
  region: string | null;
  postal_code: string | null;
  country: string | null;
}

/** Under which id another system knows a person. */
export interface UserIdentityRow {
  id: string;
  user_id: string;
  place: number;
  source: string;
  issuer: string | null;
  external_id: string;
  last_synced_at: Date | null;
}

/** What sign-in learned about a person; written in batches, apart from the profile. */
export interface UserSecurityRow {
  user_id: string;
  last_login_at: Date | null;
  last_login_country: string | null;
  failed_login_count: Generated<number>;
  password_changed_at: Date | null;
  mfa_methods: Generated<string[]>;
  active_session_count: Generated<number>;
  risk_score: number | null;
}

/** A named set of permissions. */
export interface RoleRow {
  id: string;
  version: Generated<number>;
  key: string;
  name: string;
  description: string | null;
  privileged: Generated<boolean>;
  permissions: Generated<string[]>;
  created_at: Date;
  updated_at: Date;
}

/** `role_id` includes everything that `inherits_id` allows. */
export interface RoleInheritanceRow {
  id: string;
  role_id: string;
  inherits_id: string;
}

/** A role given to a person or a group over a unit and all below it, or everywhere, for a time. */
export interface RoleGrantRow {
  id: string;
  /** Whom it was given to: a person or a group. */
  user_id: string | null;
  group_id: Generated<string | null>;
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

/** A search that is kept under a name, by a person or by a machine's token. */
export interface SavedSearchRow {
  id: string;
  version: Generated<number>;
  name: string;
  description: string | null;
  owner_id: string | null;
  token_id: string | null;
  visibility: string;
  filter: Record<string, unknown>;
  filter_hash: string;
  watch: Generated<string[]>;
  created_at: Date;
  updated_at: Date;
}

/** An attempt that was denied or failed. */
export interface AuditAttemptRow {
  id: string;
  at: Date;
  action: string;
  outcome: "DENIED" | "FAILED";
  code: string;
  /** The field of the API that was called. */
  operation: string;
  subject_kind: string | null;
  subject_id: string | null;
  /** Attempts of the same actor that were left out since the one before. */
  omitted: Generated<number>;
}

/** A state of a search row, and the commits from which and to which (not included) it held. */
export interface UserVersionRow extends UserSearchRow {
  id: string;
  from_commit: bigint;
  /** Null while it holds. */
  to_commit: bigint | null;
  valid_from: Date;
  valid_until: Date | null;
}

/** The head of the audit log's chain. */
export interface AuditHeadRow {
  one: boolean;
  events: bigint;
  hash: Buffer;
}

/** The key of a subject, wrapped by the master key; null where it was destroyed. */
export interface SubjectKeyRow {
  subject_id: string;
  wrapped: Buffer | null;
}

/** What the audit log holds in clear about an event. */
export interface AuditEventColumns {
  commit_number: bigint;
  ordinal: number;
  at: Date;
  action: string;
  outcome: string;
  kind: string;
  actor_kind: string;
  actor_id: string | null;
  operation_id: string | null;
  request_id: string | null;
  table_name: string;
  row_id: string;
  operation: string;
  subject_kind: string | null;
  subject_id: string | null;
  unit_id: string | null;
  unit_path: string[];
  fields: string[];
}

/** A sealed event. */
export interface AuditLogRow extends AuditEventColumns {
  ip_token: string | null;
  sealed: Buffer;
  sealed_actor: Buffer;
  hash: Buffer;
}

/** An event that is still to be sealed. */
export interface UnsealedEventRow extends AuditEventColumns {
  /** The changed columns, in the order of `fields`. */
  columns: string[];
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
  reason: string | null;
  actor_name: string;
  ip: string | null;
  commit_id: bigint;
  /** Unit and path as one text. */
  place: string;
  /** Of hidden columns, what tells their values after the change from any others; null where there are none. */
  digests: Record<string, string | null> | null;
}

/** Rows that only the database itself writes: an insert or update of them does not compile (nor is it allowed). */
type ReadOnly<Row> = { [Column in keyof Row]: ColumnType<Row[Column], never, never> };

/** Every table, by name. */
export interface Tables
  extends SignInTables,
    MailTables,
    LifecycleTables,
    GroupTables,
    ApprovalTables,
    BulkTables,
    EmploymentTables,
    ErasureTables,
    RetentionTables,
    ImportTables {
  org_unit: OrgUnitRow;
  user_account: UserAccountRow;
  user_email: UserEmailRow;
  user_phone: UserPhoneRow;
  user_address: UserAddressRow;
  user_identity: UserIdentityRow;
  user_security: UserSecurityRow;
  role: RoleRow;
  role_inheritance: RoleInheritanceRow;
  role_grant: RoleGrantRow;
  held_grant: ReadOnly<HeldGrantRow>;
  access_rule: AccessRuleRow;
  attribute_definition: AttributeDefinitionRow;
  service_token: ServiceTokenRow;
  service_token_use: ServiceTokenUseRow;
  export_link: ExportLinkRow;
  saved_search: SavedSearchRow;
  idempotency_key: IdempotencyKeyRow;
  org_unit_path: ReadOnly<OrgUnitPathRow>;
  user_search: ReadOnly<UserSearchRow>;
  commit: ReadOnly<CommitRow>;
  change: ReadOnly<ChangeRow>;
  feed_head: ReadOnly<FeedHeadRow>;
  audit_attempt: AuditAttemptRow;
  user_version: ReadOnly<UserVersionRow>;
  feed_consumer: ReadOnly<FeedConsumerRow>;
  audit_head: ReadOnly<AuditHeadRow>;
  subject_key: ReadOnly<SubjectKeyRow>;
  audit_log: ReadOnly<AuditLogRow>;
  unsealed_event: ReadOnly<UnsealedEventRow>;
  audit_partition: ReadOnly<AuditPartitionRow>;
  audit_detachment: ReadOnly<AuditDetachmentRow>;
  matched_search: ReadOnly<MatchedSearchRow>;
  search_transition: ReadOnly<SearchTransitionRow>;
  live_filter: LiveFilterRow;
}
