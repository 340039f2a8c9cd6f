/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** Gives a user access, or gives it back. */
export type ActivateUserInput = {
  /** The version last seen: the change is refused with STALE_VERSION where the record has changed since. */
  expectedVersion?: number | null | undefined;
  /** Which record. */
  id: string;
  /** A repeat with the same key within 24 h returns the first answer and changes nothing. 1 to 200 characters. */
  idempotencyKey?: string | null | undefined;
  /** Why: kept in the audit log. At most 1,000 characters. */
  reason?: string | null | undefined;
};

/** What sort of actor it is. */
export type ActorKind =
  /** A machine, by a service token. */
  | 'SERVICE'
  /** The gateway itself. */
  | 'SYSTEM'
  /** A person. */
  | 'USER';

/** Lets a plan be applied. */
export type ApplyBulkInput = {
  /** Which plan. */
  id: string;
  /** A repeat with the same key within 24 h returns the first answer and changes nothing. 1 to 200 characters. */
  idempotencyKey?: string | null | undefined;
  /** Why: kept in the audit log. At most 1,000 characters. */
  reason?: string | null | undefined;
};

/** What was decided of a step. */
export type ApprovalDecision =
  /** It may be done. */
  | 'APPROVED'
  /** It may not be done, and the request is closed. */
  | 'REJECTED';

/** What happened to an approval request. */
export type ApprovalEventType =
  /** Every step was approved, and it was carried out. */
  | 'APPROVED'
  /** It was taken back. */
  | 'CANCELLED'
  /** Nobody decided in time. */
  | 'EXPIRED'
  /** Every step was approved, and carrying it out was refused; nothing of it was done. */
  | 'FAILED'
  /** Somebody decided against it. */
  | 'REJECTED'
  /** Those who may decide are reminded that it waits. */
  | 'REMINDED'
  /** It was asked for. */
  | 'REQUESTED'
  /** A step was approved, and the next is due. */
  | 'STEP_APPROVED';

/** What an approval request would do. */
export type ApprovalRequestKind =
  /** A change of many people exceeds a safety limit. */
  | 'BULK_PLAN'
  /** A person's personal data is erased for good: schema/ERASURE.md. */
  | 'ERASURE'
  /** A person changes something of their own profile that is sensitive. */
  | 'PROFILE_CHANGE'
  /** A retention policy that erases is made or changed, or the limit of any is loosened: schema/RETENTION.md. */
  | 'RETENTION_POLICY'
  /** A run of a retention policy exceeds a safety limit: schema/RETENTION.md. */
  | 'RETENTION_RUN';

/** What has become of an approval request. All but PENDING are final. */
export type ApprovalState =
  /** Every step was approved, and it was carried out. */
  | 'APPROVED'
  /** It was taken back. */
  | 'CANCELLED'
  /** Nobody decided in time. */
  | 'EXPIRED'
  /** Every step was approved, and carrying it out was refused; nothing of it was done. */
  | 'FAILED'
  /** It waits for the decision of a step. */
  | 'PENDING'
  /** Somebody decided against it. */
  | 'REJECTED';

/** Approves the step of a request that is due. */
export type ApproveInput = {
  /** What to say with it, for whoever asked and whoever decides after; at most 1000 characters. */
  comment?: string | null | undefined;
  /** The version last seen: the change is refused with STALE_VERSION where the record has changed since. */
  expectedVersion?: number | null | undefined;
  /** Which record. */
  id: string;
  /** A repeat with the same key within 24 h returns the first answer and changes nothing. 1 to 200 characters. */
  idempotencyKey?: string | null | undefined;
  /** Why: kept in the audit log. At most 1,000 characters. */
  reason?: string | null | undefined;
};

/** Puts away the record of somebody who left. */
export type ArchiveUserInput = {
  /** The version last seen: the change is refused with STALE_VERSION where the record has changed since. */
  expectedVersion?: number | null | undefined;
  /** Which record. */
  id: string;
  /** A repeat with the same key within 24 h returns the first answer and changes nothing. 1 to 200 characters. */
  idempotencyKey?: string | null | undefined;
  /** Why: kept in the audit log. At most 1,000 characters. */
  reason?: string | null | undefined;
};

/** One of the values that are accepted. */
export type AttributeChoiceInput = {
  /** What is shown for it; 1 to 256 characters. */
  label: string;
  /** What is stored; 1 to 256 characters. */
  value: string;
};

/** One custom attribute, by key, compared as the type of its definition. */
export type AttributeFilter = {
  /** Compared as a truth value. */
  boolean?: BooleanFilter | null | undefined;
  /** Compared as a civil date. */
  date?: DateFilter | null | undefined;
  /** Whether the attribute has a value. */
  exists?: boolean | null | undefined;
  /** The attribute's key. */
  key: string;
  /** Compared as a number. */
  number?: FloatFilter | null | undefined;
  /** Compared as a set of text. */
  set?: StringSetFilter | null | undefined;
  /** Compared as text. */
  string?: StringFilter | null | undefined;
};

/** What can be wrong with a person's value of a custom attribute. */
export type AttributeProblemKind =
  /** The value, or a member of the set, is none of the choices. */
  | 'CHOICE'
  /** The text does not match the pattern. */
  | 'PATTERN'
  /** The attribute was removed. */
  | 'REMOVED'
  /** There must be a value, and there is none. */
  | 'REQUIRED'
  /** Somebody else has the same value, and it must be unique. */
  | 'TAKEN'
  /** The date is before the earliest. */
  | 'TOO_EARLY'
  /** The number is above the greatest. */
  | 'TOO_LARGE'
  /** The date is after the latest. */
  | 'TOO_LATE'
  /** The text is too long. */
  | 'TOO_LONG'
  /** The text is too short. */
  | 'TOO_SHORT'
  /** The number is below the least. */
  | 'TOO_SMALL'
  /** The value is not of the attribute's type. */
  | 'TYPE'
  /** No attribute of this key is defined. */
  | 'UNDEFINED';

/** Whether a custom attribute is in use. */
export type AttributeState =
  /** It is. */
  | 'ACTIVE'
  /** Values are still accepted, and none is asked for. */
  | 'DEPRECATED'
  /** Values are refused. What the past holds is guarded as before. */
  | 'REMOVED';

/** What the values of a custom attribute are. */
export type AttributeType =
  /** True or false. */
  | 'BOOLEAN'
  /** A text that is one of the choices. */
  | 'CHOICE'
  /** A civil date, as YYYY-MM-DD. */
  | 'DATE'
  /** A number. */
  | 'NUMBER'
  /** A list of texts, perhaps of choices. */
  | 'SET'
  /** A text. */
  | 'STRING';

/** Conditions on a truth value. */
export type BooleanFilter = {
  /** Equal to. */
  eq?: boolean | null | undefined;
  /** Whether the value is missing. */
  isNull?: boolean | null | undefined;
  /** Not equal to: the complement of eq, so a missing value satisfies it. */
  ne?: boolean | null | undefined;
};

/** What to add. */
export type BulkAddInput = {
  /** Members of attributes that hold lists, by their keys, e.g. { "skills": ["welding"] }. */
  attributes?: Record<string, unknown> | null | undefined;
  /** Static groups to put them into, as addGroupMembers does; at most 20. */
  groupIds?: Array<string> | null | undefined;
  /** Roles; at most 20. */
  roles?: Array<BulkRoleInput> | null | undefined;
  /** Tags; at most 100. */
  tags?: Array<string> | null | undefined;
};

/** What to change of everybody; several parts are one change. */
export type BulkChangeInput = {
  /** What to add. */
  add?: BulkAddInput | null | undefined;
  /** Gives each what the profile templates have that fit them, and what they lack: empty fields, roles, groups. Nothing ends by it. */
  applyTemplates?: BulkTemplatesInput | null | undefined;
  /** Fields of the profile to clear, by their names in updateUser, e.g. costCenter, managerId, tags. */
  clear?: Array<string> | null | undefined;
  /** What to remove. */
  remove?: BulkRemoveInput | null | undefined;
  /** Values to set. */
  set?: BulkSetInput | null | undefined;
  /** A step of the lifecycle. */
  status?: BulkStatusInput | null | undefined;
};

/** People as a file names them, a row each. It is read as imports are. */
export type BulkFileInput = {
  /** The header of the column that holds it; case, spaces and punctuation do not matter. Without it, the one whose header says so. */
  column?: string | null | undefined;
  /** What stands between the cells of a CSV file; without it, it is found out. */
  delimiter?: string | null | undefined;
  /** The encoding of a CSV file, utf-8, utf-16le, utf-16be or windows-1252; without it, it is found out. */
  encoding?: string | null | undefined;
  /** On which row the header stands, from 1; without it, it is looked for. */
  headerRow?: number | null | undefined;
  /** By what a row names somebody. */
  matchBy: BulkFileKey;
  /** Which sheet of a workbook; without it, the first. */
  sheet?: string | null | undefined;
  /** The upload, as POST /import answered. */
  uploadId: string;
};

/** By what a row of a file names somebody, without regard to case. */
export type BulkFileKey =
  /** The primary e-mail address. */
  | 'EMAIL'
  /** The employee number. */
  | 'EMPLOYEE_NUMBER'
  /** The id under which imports know the person: the identity with the source IMPORT. */
  | 'EXTERNAL_ID'
  /** The id, as the API gives it. */
  | 'ID'
  /** The username. */
  | 'USERNAME';

/** What a plan found about a person. */
export type BulkFinding =
  /** They would be changed. */
  | 'CHANGE'
  /** They would be made. */
  | 'CREATE'
  /** They cannot be changed, or not be made. */
  | 'ERROR'
  /** They are not in the file, and would be deactivated. */
  | 'MISSING'
  /** They are so already. */
  | 'UNCHANGED';

/** What is worth knowing about a person's change. */
export type BulkNote =
  /** Open sessions, tokens and links end, and stay ended when the change is taken back. */
  | 'ACCESS_NOT_REVERTIBLE'
  /** Of a revert or a restore: sessions, tokens and links that ended stay ended. */
  | 'ENDED_STAYS_ENDED'
  /** Role grants end, and stay ended when the change is taken back. */
  | 'GRANTS_NOT_REVERTIBLE'
  /** Of a revert or a restore: some role grants that ended stay ended. */
  | 'GRANTS_STAY_ENDED'
  /** People report to them, and keep a manager who is not active. */
  | 'HAS_REPORTS'
  /** Of a restore: their manager is not active any more. */
  | 'MANAGER_LEFT'
  /** Of a restore: people who reported to them have another manager since. */
  | 'REPORTS_STAY_AWAY'
  /** Of a revert: a role is not given again, since its time is over. */
  | 'ROLE_IS_OVER'
  /** Scheduled steps are cancelled, and stay cancelled when the change is taken back. */
  | 'SCHEDULES_NOT_REVERTIBLE'
  /** Of a revert or a restore: scheduled steps that were cancelled stay cancelled. */
  | 'SCHEDULES_STAY_CANCELLED'
  /** No step of the lifecycle leads back. */
  | 'STATUS_NOT_REVERTIBLE'
  /** Of a revert: the status stays, since no step leads back, or what would be put back would have ended. */
  | 'STATUS_STAYS';

/** Where a plan stands: schema/BULK.md says what leads where. */
export type BulkPlanState =
  /** Some of it is applied. */
  | 'APPLYING'
  /** Somebody stopped it. */
  | 'CANCELLED'
  /** Everybody has an outcome. */
  | 'DONE'
  /** It waited too long. */
  | 'EXPIRED'
  /** It could not go on. */
  | 'FAILED'
  /** Rehearsed and kept. */
  | 'PLANNED'
  /** A gateway makes it, or is about to: of its file, or of what it is to take back of very many people. */
  | 'PLANNING'
  /** To be applied as soon as a gateway gets to it. */
  | 'READY'
  /** It exceeds a safety limit, and a second person must agree. */
  | 'WAITING_APPROVAL';

/** What to remove; whoever does not have it is unchanged. */
export type BulkRemoveInput = {
  /** Members of attributes that hold lists, by their keys; a list that is left empty goes. */
  attributes?: Record<string, unknown> | null | undefined;
  /** Static groups to take them out of, as removeGroupMembers does; at most 20. */
  groupIds?: Array<string> | null | undefined;
  /** Roles; at most 20. */
  roles?: Array<BulkRoleRemovalInput> | null | undefined;
  /** Tags; at most 100. */
  tags?: Array<string> | null | undefined;
};

/** A role to give, as grantRole does. */
export type BulkRoleInput = {
  /** Until when; without it, for good. */
  expiresAt?: string | null | undefined;
  /** Which role. */
  roleKey: string;
  /** Over which unit and all below it; without it, everywhere. */
  scopeId?: string | null | undefined;
};

/** A role to take, as revokeRole does. */
export type BulkRoleRemovalInput = {
  /** Which role. */
  roleKey: string;
  /** As far as it was given over this unit; null: everywhere. Absent: over whatever it was given. */
  scopeId?: string | null | undefined;
};

/** Values to set, as updateUser takes them; tags replaces the list, attributes is merged key by key. */
export type BulkSetInput = {
  /** Custom attributes by key; a null value removes the key. */
  attributes?: Record<string, unknown> | null | undefined;
  /** Cost centre. At most 64 characters. */
  costCenter?: string | null | undefined;
  /** ISO 3166-1 alpha-2, e.g. DE. At most 2 characters. */
  country?: string | null | undefined;
  /** Department. At most 256 characters. */
  department?: string | null | undefined;
  /** The name to show. Where a new user has none, it is made of the given and family name, or the username. At most 256 characters. */
  displayName?: string | null | undefined;
  /** Division. At most 256 characters. */
  division?: string | null | undefined;
  /** The relation to the organisation. */
  employeeType?: EmployeeType | null | undefined;
  /** Family name. At most 128 characters. */
  familyName?: string | null | undefined;
  /** Given name. At most 128 characters. */
  givenName?: string | null | undefined;
  /** First day of employment. */
  hiredOn?: string | null | undefined;
  /** What stands before the name, e.g. Dr. At most 64 characters. */
  honorificPrefix?: string | null | undefined;
  /** What stands behind the name, e.g. III. At most 64 characters. */
  honorificSuffix?: string | null | undefined;
  /** BCP 47, e.g. de-CH. At most 64 characters. */
  locale?: string | null | undefined;
  /** Where the person works. At most 256 characters. */
  location?: string | null | undefined;
  /** The user's manager. */
  managerId?: string | null | undefined;
  /** Middle name or names. At most 128 characters. */
  middleName?: string | null | undefined;
  /** What the person likes to be called. At most 128 characters. */
  nickName?: string | null | undefined;
  /** The org unit that the user belongs to. */
  orgUnitId?: string | null | undefined;
  /** Preferred languages: as in HTTP's Accept-Language (RFC 9110). At most 128 characters. */
  preferredLanguage?: string | null | undefined;
  /** Free labels: at most 100, of 1 to 64 characters. */
  tags?: Array<string> | null | undefined;
  /** Last day of employment. */
  terminatesOn?: string | null | undefined;
  /** An IANA name, e.g. Europe/Zurich. At most 64 characters. */
  timezone?: string | null | undefined;
  /** Job title. At most 256 characters. */
  title?: string | null | undefined;
};

/** A step of the lifecycle. Whoever stands there already is unchanged. */
export type BulkStatusInput = {
  /** Which step. */
  operation: LifecycleOperation;
  /** LOCK and SUSPEND: when it ends by itself. */
  until?: string | null | undefined;
};

/** Whom a change is for: give exactly one. People out of the planner's sight are not in it. */
export type BulkTargetInput =
  {   /** Everybody whom a file names. The plan is made in the background, PLANNING until then; rows that name nobody, several, or somebody again are its problems. Needs IMPORT_RUN. */
  file: BulkFileInput; filter?: never; savedSearchId?: never; userIds?: never; }
  |  { file?: never;   /** Everybody whom a search by the filter finds. */
  filter: UserFilter; savedSearchId?: never; userIds?: never; }
  |  { file?: never; filter?: never;   /** Everybody whom a saved search finds. */
  savedSearchId: string; userIds?: never; }
  |  { file?: never; filter?: never; savedSearchId?: never;   /** These people, deleted ones too; at most 10000. */
  userIds: Array<string>; };

/** Which profile templates to apply. */
export type BulkTemplatesInput = {
  /** These alone, where they fit; 1 to 20. Needs SETTINGS_MANAGE everywhere. Without it, all that fit. */
  templateIds?: Array<string> | null | undefined;
};

/** Takes a scheduled step back. */
export type CancelScheduledTransitionInput = {
  /** The version last seen: the change is refused with STALE_VERSION where the record has changed since. */
  expectedVersion?: number | null | undefined;
  /** Which record. */
  id: string;
  /** A repeat with the same key within 24 h returns the first answer and changes nothing. 1 to 200 characters. */
  idempotencyKey?: string | null | undefined;
  /** Why: kept in the audit log. At most 1,000 characters. */
  reason?: string | null | undefined;
};

/** What sort of thing made a change happen. SCHEDULE: something somebody scheduled; TIME: a boundary passed and nobody acted. */
export type CauseKind =
  /** A bulk operation. */
  | 'BULK'
  /** A feed from an HR system. */
  | 'HRIS'
  /** An import from files. */
  | 'IMPORT'
  /** A feed from an LDAP directory. */
  | 'LDAP'
  /** A mutation of this API. */
  | 'MUTATION'
  /** Something that somebody scheduled. */
  | 'SCHEDULE'
  /** Provisioning by SCIM. */
  | 'SCIM'
  /** Somebody signed in, or tried to. */
  | 'SIGN_IN'
  /** The gateway itself. */
  | 'SYSTEM'
  /** A boundary in time passed and nobody acted. */
  | 'TIME'
  /** A workflow's step. */
  | 'WORKFLOW';

/** What else a change brought about. */
export type ConsequenceKind =
  /** Approval requests wait for a manager who is no longer active. */
  | 'APPROVALS_LEFT_BEHIND'
  /** Delegations of approvals were ended, given and received. */
  | 'DELEGATIONS_ENDED'
  /** Role grants were ended. */
  | 'GRANTS_ENDED'
  /** Role grants were given back. */
  | 'GRANTS_RESTORED'
  /** Groups got another owner. */
  | 'GROUPS_HANDED_OVER'
  /** The person was put into groups. */
  | 'GROUPS_JOINED'
  /** The person belongs to groups no more. */
  | 'GROUPS_LEFT'
  /** The members of dynamic groups stand still: whose search makes them may no longer ask by it. Give the groups another search. */
  | 'GROUPS_PAUSED'
  /** The members of dynamic groups follow their search again. */
  | 'GROUPS_RESUMED'
  /** Org units got another head. */
  | 'HEADSHIPS_LOST'
  /** Org units are headed again by somebody who is active. */
  | 'HEADSHIPS_RESTORED'
  /** An invitation was sent. */
  | 'INVITATION_SENT'
  /** Links that waited to be used hold no more: invitations and others in mails, and links to exports. */
  | 'LINKS_ENDED'
  /** The person reports to somebody who is no longer active. */
  | 'MANAGER_LEFT'
  /** People were moved to another org unit. */
  | 'MEMBERS_MOVED'
  /** People report to somebody who is no longer active. */
  | 'REPORTS_ORPHANED'
  /** People got another manager. */
  | 'REPORTS_REASSIGNED'
  /** People report again to somebody who is active. */
  | 'REPORTS_RESTORED'
  /** Approval requests about the person's own profile were taken back. */
  | 'REQUESTS_WITHDRAWN'
  /** Roles were granted. */
  | 'ROLES_GRANTED'
  /** Scheduled transitions were cancelled. */
  | 'SCHEDULES_CANCELLED'
  /** Saved searches got another owner. */
  | 'SEARCHES_HANDED_OVER'
  /** Sessions were ended. */
  | 'SESSIONS_ENDED'
  /** Scheduled steps of others wait in the name of somebody who is no longer active, and will fail: change them, or schedule them anew, in a name that lasts. */
  | 'STEPS_LEFT_BEHIND'
  /** Steps of the lifecycle were scheduled. */
  | 'STEPS_SCHEDULED'
  /** Tokens were revoked. */
  | 'TOKENS_REVOKED'
  /** Org units are headed by somebody who is no longer active. */
  | 'UNITS_WITHOUT_HEAD';

/** A new custom attribute. */
export type CreateAttributeDefinitionInput = {
  /** Whether people who become invalid by it are accepted; else it is refused with how many they are. */
  acceptInvalid?: boolean | null | undefined;
  /** What a CHOICE, or each member of a SET, may be: 1 to 500. */
  choices?: Array<AttributeChoiceInput> | null | undefined;
  /** What it is for; at most 1,000 characters. */
  description?: string | null | undefined;
  /** The earliest date. */
  earliest?: string | null | undefined;
  /** A repeat with the same key within 24 h returns the first answer and changes nothing. 1 to 200 characters. */
  idempotencyKey?: string | null | undefined;
  /** What it is called in User.attributes and in filters, for good: 1 to 64 letters, digits, dots, hyphens and underscores; a letter first. */
  key: string;
  /** The latest date. */
  latest?: string | null | undefined;
  /** How many it has at the most; 256 where the attribute is searchable. */
  maxLength?: number | null | undefined;
  /** The greatest number. */
  maximum?: number | null | undefined;
  /** How many characters a text, or each of a set, has at the least. */
  minLength?: number | null | undefined;
  /** The least number. */
  minimum?: number | null | undefined;
  /** The name to show; 1 to 200 characters. */
  name: string;
  /** A regular expression that the whole text, or each of a set, matches: see schema/ATTRIBUTES.md. */
  pattern?: string | null | undefined;
  /** What must be held over a person, beside USER_READ, to read their value or ask by it. */
  readPermission?: Permission | null | undefined;
  /** Why: kept in the audit log. At most 1,000 characters. */
  reason?: string | null | undefined;
  /** Whether there must be a value, from now on, where a person is made or their attributes change. */
  required?: boolean | null | undefined;
  /** Whether an index serves ranges and orders by it. */
  searchable?: boolean | null | undefined;
  /** Whether people may change their own. */
  selfEditable?: boolean | null | undefined;
  /** Whether changes of it are weighty, so that a policy may ask for approval. */
  sensitive?: boolean | null | undefined;
  /** What its values are. */
  type: AttributeType;
  /** Whether no two people have the same, without regard to case. STRING, NUMBER and DATE. */
  unique?: boolean | null | undefined;
};

/** What to export: the people of a filter or of a saved search, as the viewer may read them. */
export type CreateExportInput = {
  /** The columns in their order: fields of User with a single value or a list of them, id, orgUnit, or attributes. and the key of a custom attribute. 1 to 200. */
  columns: Array<string>;
  /** Which users; without it, all that the viewer may see. */
  filter?: UserFilter | null | undefined;
  /** How it is written. */
  format: ExportFormat;
  /** How to sort: up to 5 in order of weight; by display name where none is given. */
  orderBy?: Array<UserOrder> | null | undefined;
  /** Why: kept in the audit log. At most 1,000 characters. */
  reason?: string | null | undefined;
  /** The saved search whose users to export, instead of a filter. */
  savedSearchId?: string | null | undefined;
};

/** A new org unit. */
export type CreateOrgUnitInput = {
  /** Unique without regard to case; 1 to 64 characters. */
  code: string;
  /** The user who heads it. */
  headId?: string | null | undefined;
  /** A repeat with the same key within 24 h returns the first answer and changes nothing. 1 to 200 characters. */
  idempotencyKey?: string | null | undefined;
  /** What sort of unit. */
  kind: OrgUnitKind;
  /** The name to show; 1 to 256 characters. */
  name: string;
  /** The unit it stands below; without it, a root. */
  parentId?: string | null | undefined;
  /** Why: kept in the audit log. At most 1,000 characters. */
  reason?: string | null | undefined;
};

/** A new template. */
export type CreateProfileTemplateInput = {
  /** What it fills where it is empty; needs USER_UPDATE everywhere. */
  defaults?: ProfileDefaultsInput | null | undefined;
  /** Whom it fits: by what a profile says, from title to org unit and attributes. */
  filter: UserFilter;
  /** For how many days somebody may go on without that factor; 0 to 365; 0 where it is not given. */
  graceDays?: number | null | undefined;
  /** Static groups that it puts people into; at most 50. Each needs what addGroupMembers needs. */
  groupIds?: Array<string> | null | undefined;
  /** A repeat with the same key within 24 h returns the first answer and changes nothing. 1 to 200 characters. */
  idempotencyKey?: string | null | undefined;
  /** The name to show; 1 to 200 characters. */
  name: string;
  /** Of several that fit, the highest fills a field; 0 where it is not given. */
  priority?: number | null | undefined;
  /** Why: kept in the audit log. At most 1,000 characters. */
  reason?: string | null | undefined;
  /** The second factor that it demands of whom it fits, whenever they sign in: as a sign-in policy with the same condition. */
  requiredFactor?: RequiredFactor | null | undefined;
  /** What it grants; at most 50. Each needs, over its scope (OWN_UNIT: everywhere), what grantRole needs. */
  roles?: Array<ProfileTemplateRoleInput> | null | undefined;
};

/** A new retention policy. It needs maxPeople, maxPercent or both. */
export type CreateRetentionPolicyInput = {
  /** What is done with them. */
  action: RetentionAction;
  /** For at least so many days, of 24 hours each, from 1 to 36500. ERASE: not fewer than DELETION_RETENTION_DAYS. */
  days: number;
  /** Whether it is turned on at once; else it can be looked at by previewRetention first. false where absent. */
  enabled?: boolean | null | undefined;
  /** Only these of them. A policy for ACTIVE people needs one. */
  filter?: UserFilter | null | undefined;
  /** A repeat with the same key within 24 h returns the first answer and changes nothing. 1 to 200 characters. */
  idempotencyKey?: string | null | undefined;
  /** Above so many people a run waits for a second person; 0: every run does. */
  maxPeople?: number | null | undefined;
  /** Above so many of a hundred people of the directory, from 0 to 100, a run waits for a second person. */
  maxPercent?: number | null | undefined;
  /** The name to show; 1 to 200 characters. It is the reason that is kept with everything the policy does. */
  name: string;
  /** Why: kept in the audit log. At most 1,000 characters. */
  reason?: string | null | undefined;
  /** People in this status. ARCHIVE takes PENDING, INACTIVE and SUSPENDED, DELETE all but DELETED, ERASE DELETED alone. */
  status: UserStatus;
};

/** A new role. */
export type CreateRoleInput = {
  /** What the role is for; at most 1000 characters. */
  description?: string | null | undefined;
  /** A repeat with the same key within 24 h returns the first answer and changes nothing. 1 to 200 characters. */
  idempotencyKey?: string | null | undefined;
  /** Keys of the roles whose permissions it includes; at most 50. */
  inheritKeys?: Array<string> | null | undefined;
  /** Unique without regard to case: 2 to 64 small letters, digits, dots, hyphens and underscores, the first a letter. It never changes. */
  key: string;
  /** The name to show; 1 to 128 characters. */
  name: string;
  /** What it allows by itself. Everything that it will allow must be held everywhere by whoever creates it. */
  permissions: Array<Permission>;
  /** Whether holding it is something to keep an eye on; false where it is not given. */
  privileged?: boolean | null | undefined;
  /** Why: kept in the audit log. At most 1,000 characters. */
  reason?: string | null | undefined;
};

/** A new saved search, of whoever creates it. */
export type CreateSavedSearchInput = {
  /** What the search is for; at most 2000 characters. */
  description?: string | null | undefined;
  /** Which users; only what the viewer may ask about is taken. */
  filter: UserFilter;
  /** A repeat with the same key within 24 h returns the first answer and changes nothing. 1 to 200 characters. */
  idempotencyKey?: string | null | undefined;
  /** The name to show; 1 to 200 characters. */
  name: string;
  /** Why: kept in the audit log. At most 1,000 characters. */
  reason?: string | null | undefined;
  /** Who may see it; PRIVATE where it is not given. SHARED and TEMPLATE need SAVED_SEARCH_SHARE. */
  visibility?: SavedSearchVisibility | null | undefined;
  /** Fields of User whose change is reported for members that stay; at most 50. */
  watch?: Array<string> | null | undefined;
};

/** A new token. Nobody gives it more than they hold themselves, nor for longer. */
export type CreateServiceTokenInput = {
  /** When it ends by itself; without it, never. A PERSONAL one must end, within 366 days. */
  expiresAt?: string | null | undefined;
  /** PERSONAL: of whoever asks, who must have signed in. ORGANISATION: needs SETTINGS_MANAGE over all of its scope. */
  kind: ServiceTokenKind;
  /** What it is for; 1 to 128 characters. */
  name: string;
  /** What it allows: needed for ORGANISATION. A PERSONAL one is narrowed to these; without them it may do whatever the person may. */
  permissions?: Array<Permission> | null | undefined;
  /** Why: kept in the audit log. At most 1,000 characters. */
  reason?: string | null | undefined;
  /** The org units over which an ORGANISATION token holds, with everything below them; without them, everywhere. At most 100. */
  scopeIds?: Array<string> | null | undefined;
};

/** A new user. */
export type CreateUserInput = {
  /** All postal addresses. At most 50. */
  addresses?: Array<UserAddressInput> | null | undefined;
  /** Whether profile templates that fit fill what is not given and grant their roles, which needs what grantRole needs; true where it is not given. */
  applyTemplates?: boolean | null | undefined;
  /** Custom attributes by key; a null value removes the key. */
  attributes?: Record<string, unknown> | null | undefined;
  /** Cost centre. At most 64 characters. */
  costCenter?: string | null | undefined;
  /** ISO 3166-1 alpha-2, e.g. DE. At most 2 characters. */
  country?: string | null | undefined;
  /** Department. At most 256 characters. */
  department?: string | null | undefined;
  /** The name to show. Where a new user has none, it is made of the given and family name, or the username. At most 256 characters. */
  displayName?: string | null | undefined;
  /** Division. At most 256 characters. */
  division?: string | null | undefined;
  /** The primary address; unique without regard to case. */
  email?: string | null | undefined;
  /** All addresses. At most 50. */
  emails?: Array<UserEmailInput> | null | undefined;
  /** The number that HR knows the person by; unique without regard to case. At most 64 characters. */
  employeeNumber?: string | null | undefined;
  /** The relation to the organisation. */
  employeeType?: EmployeeType | null | undefined;
  /** Family name. At most 128 characters. */
  familyName?: string | null | undefined;
  /** Given name. At most 128 characters. */
  givenName?: string | null | undefined;
  /** First day of employment. */
  hiredOn?: string | null | undefined;
  /** What stands before the name, e.g. Dr. At most 64 characters. */
  honorificPrefix?: string | null | undefined;
  /** What stands behind the name, e.g. III. At most 64 characters. */
  honorificSuffix?: string | null | undefined;
  /** A repeat with the same key within 24 h returns the first answer and changes nothing. 1 to 200 characters. */
  idempotencyKey?: string | null | undefined;
  /** Under which ids other systems know the user. At most 50. */
  identities?: Array<ExternalIdentityInput> | null | undefined;
  /** BCP 47, e.g. de-CH. At most 64 characters. */
  locale?: string | null | undefined;
  /** Where the person works. At most 256 characters. */
  location?: string | null | undefined;
  /** The user's manager. */
  managerId?: string | null | undefined;
  /** Middle name or names. At most 128 characters. */
  middleName?: string | null | undefined;
  /** What the person likes to be called. At most 128 characters. */
  nickName?: string | null | undefined;
  /** The org unit that the user belongs to. */
  orgUnitId?: string | null | undefined;
  /** The primary phone number. */
  phone?: string | null | undefined;
  /** All phone numbers. At most 50. */
  phones?: Array<UserPhoneInput> | null | undefined;
  /** Preferred languages: as in HTTP's Accept-Language (RFC 9110). At most 128 characters. */
  preferredLanguage?: string | null | undefined;
  /** Why: kept in the audit log. At most 1,000 characters. */
  reason?: string | null | undefined;
  /** Roles to grant everywhere at once, by key; each needs what grantRole needs. */
  roleKeys?: Array<string> | null | undefined;
  /** PENDING unless said otherwise; ACTIVE is the only other choice. */
  status?: UserStatus | null | undefined;
  /** Free labels: at most 100, of 1 to 64 characters. */
  tags?: Array<string> | null | undefined;
  /** Last day of employment. */
  terminatesOn?: string | null | undefined;
  /** An IANA name, e.g. Europe/Zurich. At most 64 characters. */
  timezone?: string | null | undefined;
  /** Job title. At most 256 characters. */
  title?: string | null | undefined;
  /** Unique without regard to case; 1 to 128 characters without white space. */
  username: string;
};

/** Conditions on a civil date. Relative operators count from today in the gateway's ORG_TIMEZONE (default UTC). */
export type DateFilter = {
  /** Equal to. */
  eq?: string | null | undefined;
  /** Greater than. */
  gt?: string | null | undefined;
  /** Greater than or equal to. */
  gte?: string | null | undefined;
  /** Whether the value is missing. */
  isNull?: boolean | null | undefined;
  /** Less than. */
  lt?: string | null | undefined;
  /** Less than or equal to. */
  lte?: string | null | undefined;
  /** Not equal to: the complement of eq, so a missing value satisfies it. */
  ne?: string | null | undefined;
  /** t < now - d. Time alone can make a user match. */
  olderThan?: string | null | undefined;
  /** now - d <= t <= now. Time alone can make a user stop matching. */
  withinLast?: string | null | undefined;
  /** now <= t <= now + d. Time alone can make a user match. */
  withinNext?: string | null | undefined;
};

/** Conditions on an instant. withinLast: now - d <= t <= now; withinNext: now <= t <= now + d; olderThan: t < now - d. Time alone can make a user match. Months and years clamp to the month's last day. */
export type DateTimeFilter = {
  /** Equal to. */
  eq?: string | null | undefined;
  /** Greater than. */
  gt?: string | null | undefined;
  /** Greater than or equal to. */
  gte?: string | null | undefined;
  /** Whether the value is missing. */
  isNull?: boolean | null | undefined;
  /** Less than. */
  lt?: string | null | undefined;
  /** Less than or equal to. */
  lte?: string | null | undefined;
  /** Not equal to: the complement of eq, so a missing value satisfies it. */
  ne?: string | null | undefined;
  /** t < now - d. Time alone can make a user match. */
  olderThan?: string | null | undefined;
  /** now - d <= t <= now. Time alone can make a user stop matching. */
  withinLast?: string | null | undefined;
  /** now <= t <= now + d. Time alone can make a user match. */
  withinNext?: string | null | undefined;
};

/** Takes a user's access away, e.g. after their last day. */
export type DeactivateUserInput = {
  /** The version last seen: the change is refused with STALE_VERSION where the record has changed since. */
  expectedVersion?: number | null | undefined;
  /** Which record. */
  id: string;
  /** A repeat with the same key within 24 h returns the first answer and changes nothing. 1 to 200 characters. */
  idempotencyKey?: string | null | undefined;
  /** Why: kept in the audit log. At most 1,000 characters. */
  reason?: string | null | undefined;
};

/** Names somebody who may decide approval requests in the viewer's place for a time. */
export type DelegateApprovalsInput = {
  /** Who: an active person whom the viewer may see. */
  delegateId: string;
  /** Until when; at most 366 days from now. */
  endsAt: string;
  /** A repeat with the same key within 24 h returns the first answer and changes nothing. 1 to 200 characters. */
  idempotencyKey?: string | null | undefined;
  /** Why: kept in the audit log. At most 1,000 characters. */
  reason?: string | null | undefined;
  /** From when; without it, and where that is past, now. */
  startsAt?: string | null | undefined;
};

/** Refused while the unit has members or children, unless moveMembersTo names another unit. */
export type DeleteOrgUnitInput = {
  /** Which unit. */
  id: string;
  /** A repeat with the same key within 24 h returns the first answer and changes nothing. 1 to 200 characters. */
  idempotencyKey?: string | null | undefined;
  /** The unit that its members and children move to. */
  moveMembersTo?: string | null | undefined;
  /** Why: kept in the audit log. At most 1,000 characters. */
  reason?: string | null | undefined;
};

/** Takes a retention policy away, and ends its run. */
export type DeleteRetentionPolicyInput = {
  /** Which policy. */
  id: string;
  /** A repeat with the same key within 24 h returns the first answer and changes nothing. 1 to 200 characters. */
  idempotencyKey?: string | null | undefined;
  /** Why: kept in the audit log. At most 1,000 characters. */
  reason?: string | null | undefined;
};

/** Refused while somebody holds the role, now or from some time on, or another role inherits it. */
export type DeleteRoleInput = {
  /** Which role. */
  id: string;
  /** A repeat with the same key within 24 h returns the first answer and changes nothing. 1 to 200 characters. */
  idempotencyKey?: string | null | undefined;
  /** Why: kept in the audit log. At most 1,000 characters. */
  reason?: string | null | undefined;
};

/** Soft delete. */
export type DeleteUserInput = {
  /** The version last seen: the change is refused with STALE_VERSION where the record has changed since. */
  expectedVersion?: number | null | undefined;
  /** Which record. */
  id: string;
  /** A repeat with the same key within 24 h returns the first answer and changes nothing. 1 to 200 characters. */
  idempotencyKey?: string | null | undefined;
  /** Why: kept in the audit log. At most 1,000 characters. */
  reason?: string | null | undefined;
};

/** The kind of relation a person has to the organisation. */
export type EmployeeType =
  /** Works under a contract for services. */
  | 'CONTRACTOR'
  /** Employed by the organisation. */
  | 'EMPLOYEE'
  /** Here to learn, for a time. */
  | 'INTERN'
  /** Belongs to another organisation that works with this one. */
  | 'PARTNER'
  /** No person: an account of a machine. */
  | 'SERVICE';

/** Conditions on one EmployeeType. Operators given together are ANDed. */
export type EmployeeTypeFilter = {
  /** Equal to. */
  eq?: EmployeeType | null | undefined;
  /** One of these. */
  in?: Array<EmployeeType> | null | undefined;
  /** Whether the value is missing. */
  isNull?: boolean | null | undefined;
  /** Not equal to: the complement of eq. */
  ne?: EmployeeType | null | undefined;
  /** None of these: the complement of in. */
  notIn?: Array<EmployeeType> | null | undefined;
};

/** Asks for a person's erasure, which a second person approves. Its reason goes with the person. */
export type EraseUserInput = {
  /** On which ground: it stays with the tombstone. */
  ground: ErasureGround;
  /** Which person. */
  id: string;
  /** A repeat with the same key within 24 h returns the first answer and changes nothing. 1 to 200 characters. */
  idempotencyKey?: string | null | undefined;
  /** Why: kept in the audit log. At most 1,000 characters. */
  reason?: string | null | undefined;
};

/** What becomes of rows about a person who is erased. */
export type ErasureFate =
  /** The rows stay as links to a tombstone; what they say of the person is taken out. */
  | 'CLEARED'
  /** The rows go. */
  | 'DELETED'
  /** They follow from what is cleared, in the same commit. */
  | 'DERIVED'
  /** They go once every consumer of the change feed has read the erasure: within seconds. */
  | 'LOG'
  /** They stay; why says why. */
  | 'STAYS';

/** Why a person is erased. It stays with the tombstone. */
export type ErasureGround =
  /** The person withdrew their consent, and there is no other ground (article 17(1)(b)). */
  | 'CONSENT_WITHDRAWN'
  /** A law demands the erasure (article 17(1)(e)). */
  | 'LEGAL_DUTY'
  /** The data are no longer needed for what they were collected for (article 17(1)(a)). */
  | 'NO_LONGER_NEEDED'
  /** The person objects, and nothing overrides it (article 17(1)(c)). */
  | 'OBJECTION'
  /** The time for which the organisation keeps such data is over. */
  | 'RETENTION'
  /** The data were processed unlawfully (article 17(1)(d)). */
  | 'UNLAWFUL';

/** How an export is written. */
export type ExportFormat =
  /** Comma-separated values in UTF-8 (RFC 4180); what looks like a formula stands behind an apostrophe. */
  | 'CSV'
  /** One JSON object a line, its members named as the columns. */
  | 'JSONL'
  /** A workbook of one sheet; dates are dates, and no text is a formula. */
  | 'XLSX';

/** Asks for everything that is held about a person. */
export type ExportPersonalDataInput = {
  /** Why: kept in the audit log. At most 1,000 characters. */
  reason?: string | null | undefined;
  /** Whom it is about. */
  userId: string;
};

/** Under which id another system knows a user. */
export type ExternalIdentityInput = {
  /** The id there. At most 256 characters. */
  externalId: string;
  /** Which system, e.g. an OIDC issuer's URL. At most 512 characters. */
  issuer?: string | null | undefined;
  /** The kind of system. */
  source: IdentitySource;
};

/** Conditions on a number. */
export type FloatFilter = {
  /** Equal to. */
  eq?: number | null | undefined;
  /** Greater than. */
  gt?: number | null | undefined;
  /** Greater than or equal to. */
  gte?: number | null | undefined;
  /** One of these. */
  in?: Array<number> | null | undefined;
  /** Whether the value is missing. */
  isNull?: boolean | null | undefined;
  /** Less than. */
  lt?: number | null | undefined;
  /** Less than or equal to. */
  lte?: number | null | undefined;
  /** Not equal to: the complement of eq, so a missing value satisfies it. */
  ne?: number | null | undefined;
  /** None of these: the complement of in, so a missing value satisfies it. */
  notIn?: Array<number> | null | undefined;
};

/** A role to be granted. Whoever grants it must hold ROLE_GRANT over the grantee and over the scope, and over the scope every permission of the role. */
export type GrantRoleInput = {
  /** When it ends by itself, later than it begins; without it, never. */
  expiresAt?: string | null | undefined;
  /** The user or the group to grant it to. */
  granteeId: string;
  /** A repeat with the same key within 24 h returns the first answer and changes nothing. 1 to 200 characters. */
  idempotencyKey?: string | null | undefined;
  /** Why: kept in the audit log. At most 1,000 characters. */
  reason?: string | null | undefined;
  /** The role's key, without regard to case. */
  roleKey: string;
  /** The org unit that it is granted over, with everything below it; without one, everywhere. */
  scopeId?: string | null | undefined;
  /** When it begins to be in force, not in the past; without it, now. */
  startsAt?: string | null | undefined;
};

/** Conditions on an id. */
export type IdFilter = {
  /** Equal to. */
  eq?: string | null | undefined;
  /** One of these. */
  in?: Array<string> | null | undefined;
  /** Not equal to: the complement of eq, so a missing value satisfies it. */
  ne?: string | null | undefined;
  /** None of these: the complement of in, so a missing value satisfies it. */
  notIn?: Array<string> | null | undefined;
};

/** Conditions on a set of ids. Operators given together are ANDed. */
export type IdSetFilter = {
  /** Holds every one of these. */
  all?: Array<string> | null | undefined;
  /** Holds at least one of these. */
  any?: Array<string> | null | undefined;
  /** Whether the set is empty. */
  isEmpty?: boolean | null | undefined;
  /** Holds none of these: the complement of any. */
  none?: Array<string> | null | undefined;
};

/** Where knowledge of a person comes from. */
export type IdentitySource =
  /** Fed by an HR system. */
  | 'HRIS'
  /** Imported from a file. */
  | 'IMPORT'
  /** Fed by an LDAP directory. */
  | 'LDAP'
  /** Created here. */
  | 'LOCAL'
  /** Known by an OpenID Connect provider. */
  | 'OIDC'
  /** Provisioned by SCIM (RFC 7644). */
  | 'SCIM';

/** Conditions on one IdentitySource. Operators given together are ANDed. */
export type IdentitySourceFilter = {
  /** Equal to. */
  eq?: IdentitySource | null | undefined;
  /** One of these. */
  in?: Array<IdentitySource> | null | undefined;
  /** Not equal to: the complement of eq. */
  ne?: IdentitySource | null | undefined;
  /** None of these: the complement of in. */
  notIn?: Array<IdentitySource> | null | undefined;
};

/** What a column of a file fills. */
export type ImportColumnInput = {
  /** The column's header; case, spaces and punctuation do not matter. At most 200 characters. */
  header: string;
  /** One of username, displayName, givenName, middleName, familyName, honorificPrefix, honorificSuffix, nickName, preferredLanguage, employeeNumber, title, department, division, costCenter, location, country, locale, timezone, employeeType, hiredOn, terminatesOn, email, phone, externalId, orgUnit, manager, tags, or attributes. and the key of a custom attribute. */
  target: string;
};

/** By what a row of a file means somebody, without regard to case. Managers are named by the same. */
export type ImportKey =
  /** The primary e-mail address. */
  | 'EMAIL'
  /** The employee number. */
  | 'EMPLOYEE_NUMBER'
  /** The id under which imports know the person: the identity with the source IMPORT. */
  | 'EXTERNAL_ID'
  /** The username. */
  | 'USERNAME';

/** What becomes of people who are missing from a file. */
export type ImportMissing =
  /** They are deactivated. */
  | 'DEACTIVATE'
  /** They are left alone. */
  | 'NOTHING';

/** What becomes of people who are missing from a file. */
export type ImportMissingInput = {
  /** What. */
  action: ImportMissing;
  /** Among whom; without it, everybody whom the viewer sees. */
  scope?: UserFilter | null | undefined;
};

/** What is to be made of the rows of a file. */
export type ImportMode =
  /** Both. */
  | 'BOTH'
  /** Make people whom the directory does not know; whom it knows is left as they are. */
  | 'CREATE'
  /** Change people whom the directory knows; a row that means nobody is an error. */
  | 'UPDATE';

/** How a file is read. */
export type ImportReadingInput = {
  /** Whether an empty cell clears its field; else it leaves it as it is. */
  clearEmpty?: boolean | null | undefined;
  /** What the columns fill; other columns are left alone. Without it, as their headers say. At most 200. */
  columns?: Array<ImportColumnInput> | null | undefined;
  /** How dates are written where they are text, e.g. DD.MM.YYYY; without it, YYYY-MM-DD. */
  dateFormat?: string | null | undefined;
  /** What stands before the fraction of a number where it is text: a point or a comma; without it, a point. */
  decimalSeparator?: string | null | undefined;
  /** What stands between the cells of a CSV file; without it, it is found out. */
  delimiter?: string | null | undefined;
  /** The encoding of a CSV file, utf-8, utf-16le, utf-16be or windows-1252; without it, it is found out. */
  encoding?: string | null | undefined;
  /** On which row the header stands, from 1; without it, it is looked for. */
  headerRow?: number | null | undefined;
  /** By what a row means somebody. */
  matchBy: ImportKey;
  /** Which sheet of a workbook; without it, the first. */
  sheet?: string | null | undefined;
};

/** Conditions on a whole number. */
export type IntFilter = {
  /** Equal to. */
  eq?: number | null | undefined;
  /** Greater than. */
  gt?: number | null | undefined;
  /** Greater than or equal to. */
  gte?: number | null | undefined;
  /** One of these. */
  in?: Array<number> | null | undefined;
  /** Whether the value is missing. */
  isNull?: boolean | null | undefined;
  /** Less than. */
  lt?: number | null | undefined;
  /** Less than or equal to. */
  lte?: number | null | undefined;
  /** Not equal to: the complement of eq, so a missing value satisfies it. */
  ne?: number | null | undefined;
  /** None of these: the complement of in, so a missing value satisfies it. */
  notIn?: Array<number> | null | undefined;
};

/** Somebody who is to choose their first password. */
export type InviteUserInput = {
  /** Whom: somebody who is PENDING, or ACTIVE, and has no password yet. */
  id: string;
  /** A repeat with the same key within 24 h returns the first answer and changes nothing. 1 to 200 characters. */
  idempotencyKey?: string | null | undefined;
  /** Why: kept in the audit log. At most 1,000 characters. */
  reason?: string | null | undefined;
};

/** A step of somebody's lifecycle: the mutation of the same name takes it at once. */
export type LifecycleOperation =
  /** As activateUser. */
  | 'ACTIVATE'
  /** As archiveUser. */
  | 'ARCHIVE'
  /** As deactivateUser. */
  | 'DEACTIVATE'
  /** As deleteUser. */
  | 'DELETE'
  /** As lockUser. */
  | 'LOCK'
  /** As reinstateUser. */
  | 'REINSTATE'
  /** As restoreUser. */
  | 'RESTORE'
  /** As suspendUser. */
  | 'SUSPEND'
  /** As unlockUser. */
  | 'UNLOCK';

/** Keeps a user out for safety. */
export type LockUserInput = {
  /** The version last seen: the change is refused with STALE_VERSION where the record has changed since. */
  expectedVersion?: number | null | undefined;
  /** Which record. */
  id: string;
  /** A repeat with the same key within 24 h returns the first answer and changes nothing. 1 to 200 characters. */
  idempotencyKey?: string | null | undefined;
  /** Why: kept in the audit log. At most 1,000 characters. */
  reason?: string | null | undefined;
  /** Ends by itself then; without it, it lasts until unlocked. */
  until?: string | null | undefined;
};

/** The user's manager. Operators given together are ANDed. */
export type ManagerFilter = {
  /** This user. */
  eq?: string | null | undefined;
  /** One of these users. */
  in?: Array<string> | null | undefined;
  /** Whether the user has no manager. */
  isNull?: boolean | null | undefined;
  /** This user, at any distance. */
  reportsTo?: string | null | undefined;
  /** The manager's status, e.g. people whose manager has left. */
  status?: UserStatusFilter | null | undefined;
};

/** What happened to a person's place in a search. */
export type MembershipChange =
  /** The person stays, and a watched field is another. */
  | 'CHANGED'
  /** The search shows the person now, and did not before. */
  | 'JOINED'
  /** The search no longer shows the person. */
  | 'LEFT';

/** A second factor that a person has enrolled. */
export type MfaMethod =
  /** A passkey (WebAuthn). */
  | 'PASSKEY'
  /** Codes on paper, each good for one use. */
  | 'RECOVERY_CODE'
  /** One-time codes by time (RFC 6238). */
  | 'TOTP';

/** Conditions on a set of MfaMethod. Operators given together are ANDed. */
export type MfaMethodSetFilter = {
  /** Holds every one of these. */
  all?: Array<MfaMethod> | null | undefined;
  /** Holds at least one of these. */
  any?: Array<MfaMethod> | null | undefined;
  /** Whether the set is empty. */
  isEmpty?: boolean | null | undefined;
  /** Holds none of these: the complement of any. */
  none?: Array<MfaMethod> | null | undefined;
};

/** Moves an org unit, with everything below it. */
export type MoveOrgUnitInput = {
  /** The version last seen: the change is refused with STALE_VERSION where the record has changed since. */
  expectedVersion?: number | null | undefined;
  /** Which record. */
  id: string;
  /** A repeat with the same key within 24 h returns the first answer and changes nothing. 1 to 200 characters. */
  idempotencyKey?: string | null | undefined;
  /** The unit to stand below; null or absent: become a root. */
  newParentId?: string | null | undefined;
  /** Why: kept in the audit log. At most 1,000 characters. */
  reason?: string | null | undefined;
};

/** Where missing values stand. */
export type NullsOrder =
  /** Before all values. */
  | 'FIRST'
  /** Behind all values. */
  | 'LAST';

/** Somebody who leaves. The id and the version are theirs; the reason becomes the status's. */
export type OffboardInput = {
  /** The version last seen: the change is refused with STALE_VERSION where the record has changed since. */
  expectedVersion?: number | null | undefined;
  /** Which record. */
  id: string;
  /** A repeat with the same key within 24 h returns the first answer and changes nothing. 1 to 200 characters. */
  idempotencyKey?: string | null | undefined;
  /** Their last day: access ends as the next one begins in their own time zone. Without it, at once. */
  lastDay?: string | null | undefined;
  /** Why: kept in the audit log. At most 1,000 characters. */
  reason?: string | null | undefined;
  /** Who takes over their reports, saved searches and groups: somebody who is active. Without one, they stay as they are. */
  successorId?: string | null | undefined;
};

/** Somebody who joins. The reason becomes the status's. */
export type OnboardInput = {
  /** All postal addresses. At most 50. */
  addresses?: Array<UserAddressInput> | null | undefined;
  /** Whether profile templates that fit fill what is not given, grant their roles and put into their groups, each as it needs by hand; true where it is not given. */
  applyTemplates?: boolean | null | undefined;
  /** Custom attributes by key; a null value removes the key. */
  attributes?: Record<string, unknown> | null | undefined;
  /** Cost centre. At most 64 characters. */
  costCenter?: string | null | undefined;
  /** ISO 3166-1 alpha-2, e.g. DE. At most 2 characters. */
  country?: string | null | undefined;
  /** Department. At most 256 characters. */
  department?: string | null | undefined;
  /** The name to show. Where a new user has none, it is made of the given and family name, or the username. At most 256 characters. */
  displayName?: string | null | undefined;
  /** Division. At most 256 characters. */
  division?: string | null | undefined;
  /** The primary address; unique without regard to case. */
  email?: string | null | undefined;
  /** All addresses. At most 50. */
  emails?: Array<UserEmailInput> | null | undefined;
  /** The number that HR knows the person by; unique without regard to case. At most 64 characters. */
  employeeNumber?: string | null | undefined;
  /** The relation to the organisation. */
  employeeType?: EmployeeType | null | undefined;
  /** Family name. At most 128 characters. */
  familyName?: string | null | undefined;
  /** Given name. At most 128 characters. */
  givenName?: string | null | undefined;
  /** First day of employment. */
  hiredOn?: string | null | undefined;
  /** What stands before the name, e.g. Dr. At most 64 characters. */
  honorificPrefix?: string | null | undefined;
  /** What stands behind the name, e.g. III. At most 64 characters. */
  honorificSuffix?: string | null | undefined;
  /** A repeat with the same key within 24 h returns the first answer and changes nothing. 1 to 200 characters. */
  idempotencyKey?: string | null | undefined;
  /** Under which ids other systems know the user. At most 50. */
  identities?: Array<ExternalIdentityInput> | null | undefined;
  /** Whether an invitation to choose a password is sent: at once, or on inviteOn. They sign in from their start on. */
  invite?: boolean | null | undefined;
  /** The day on which the invitation goes, as it begins in their own time zone: not behind startsOn. */
  inviteOn?: string | null | undefined;
  /** BCP 47, e.g. de-CH. At most 64 characters. */
  locale?: string | null | undefined;
  /** Where the person works. At most 256 characters. */
  location?: string | null | undefined;
  /** The user's manager. */
  managerId?: string | null | undefined;
  /** Middle name or names. At most 128 characters. */
  middleName?: string | null | undefined;
  /** What the person likes to be called. At most 128 characters. */
  nickName?: string | null | undefined;
  /** The org unit that the user belongs to. */
  orgUnitId?: string | null | undefined;
  /** The primary phone number. */
  phone?: string | null | undefined;
  /** All phone numbers. At most 50. */
  phones?: Array<UserPhoneInput> | null | undefined;
  /** Preferred languages: as in HTTP's Accept-Language (RFC 9110). At most 128 characters. */
  preferredLanguage?: string | null | undefined;
  /** Why: kept in the audit log. At most 1,000 characters. */
  reason?: string | null | undefined;
  /** Their first day: they become ACTIVE as it begins in their own time zone, at once where it has begun. It is hiredOn too, where that is not given. */
  startsOn: string;
  /** Free labels: at most 100, of 1 to 64 characters. */
  tags?: Array<string> | null | undefined;
  /** Last day of employment. */
  terminatesOn?: string | null | undefined;
  /** An IANA name, e.g. Europe/Zurich. At most 64 characters. */
  timezone?: string | null | undefined;
  /** Job title. At most 256 characters. */
  title?: string | null | undefined;
  /** Unique without regard to case; 1 to 128 characters without white space. */
  username: string;
};

/** Which unit: exactly one of these. */
export type OrgUnitBy =
  {   /** By code, without regard to case. */
  code: string; id?: never; }
  |  { code?: never;   /** By id. */
  id: string; };

/** What sort of unit it is. */
export type OrgUnitKind =
  /** A legal entity, usually a root. */
  | 'COMPANY'
  /** A department. */
  | 'DEPARTMENT'
  /** A large part of a company. */
  | 'DIVISION'
  /** A place. */
  | 'LOCATION'
  /** Another organisation whose people are kept here. */
  | 'PARTNER'
  /** People who work together day by day. */
  | 'TEAM';

/** Where in the org hierarchy. within: the unit or anything below it. */
export type OrgUnitRefFilter = {
  /** Equal to. */
  eq?: string | null | undefined;
  /** One of these. */
  in?: Array<string> | null | undefined;
  /** Whether the value is missing. */
  isNull?: boolean | null | undefined;
  /** The unit or anything below it. */
  within?: string | null | undefined;
  /** One of these units or anything below them. */
  withinAny?: Array<string> | null | undefined;
};

/** What can be allowed. Held over an org unit and everything below it, or everywhere. */
export type Permission =
  /** Read the audit log. */
  | 'AUDIT_READ'
  /** Plan, apply and revert bulk changes. */
  | 'BULK_RUN'
  /** Create, change and delete groups, and decide who belongs to them. */
  | 'GROUP_MANAGE'
  /** Import people from files. */
  | 'IMPORT_RUN'
  /** Create, change, move and delete org units. */
  | 'ORG_MANAGE'
  /** See org units. */
  | 'ORG_READ'
  /** Provision people from other systems. */
  | 'PROVISION'
  /** Grant roles to people and revoke them. */
  | 'ROLE_GRANT'
  /** Create, change and delete roles. */
  | 'ROLE_MANAGE'
  /** See roles and who holds them. */
  | 'ROLE_READ'
  /** Share saved searches with others. */
  | 'SAVED_SEARCH_SHARE'
  /** See and end people's sessions. */
  | 'SESSION_MANAGE'
  /** Change the gateway's settings. */
  | 'SETTINGS_MANAGE'
  /** Create people. */
  | 'USER_CREATE'
  /** Delete people, see deleted ones and restore them. */
  | 'USER_DELETE'
  /** Erase people's personal data for good. */
  | 'USER_ERASE'
  /** Activate, deactivate, lock, unlock, suspend, reinstate and archive people. */
  | 'USER_LIFECYCLE'
  /** See people: id, version, username, display name, status and everything no other permission guards. */
  | 'USER_READ'
  /** See how people are reached: e-mail addresses, phones, postal addresses. */
  | 'USER_READ_CONTACT'
  /** See sign-in facts: last sign-in, failures, factors, sessions, risk. */
  | 'USER_READ_SECURITY'
  /** Change people's profiles. */
  | 'USER_UPDATE';

/** Conditions on a set of Permission. Operators given together are ANDed. */
export type PermissionSetFilter = {
  /** Holds every one of these. */
  all?: Array<Permission> | null | undefined;
  /** Holds at least one of these. */
  any?: Array<Permission> | null | undefined;
  /** Whether the set is empty. */
  isEmpty?: boolean | null | undefined;
  /** Holds none of these: the complement of any. */
  none?: Array<Permission> | null | undefined;
};

/** Blocks a person's erasure. */
export type PlaceLegalHoldInput = {
  /** A repeat with the same key within 24 h returns the first answer and changes nothing. 1 to 200 characters. */
  idempotencyKey?: string | null | undefined;
  /** Why; 1 to 1000 characters. */
  reason: string;
  /** Which person. */
  userId: string;
};

/** Whom to change, and how. */
export type PlanBulkInput = {
  /** What. */
  change: BulkChangeInput;
  /** A repeat with the same key within 24 h returns the first answer and changes nothing. 1 to 200 characters. */
  idempotencyKey?: string | null | undefined;
  /** Why: kept in the audit log. At most 1,000 characters. */
  reason?: string | null | undefined;
  /** Whom. */
  target: BulkTargetInput;
};

/** What to make of an upload. */
export type PlanImportInput = {
  /** A repeat with the same key within 24 h returns the first answer and changes nothing. 1 to 200 characters. */
  idempotencyKey?: string | null | undefined;
  /** What becomes of people who are missing from the file; without it, nothing. */
  missing?: ImportMissingInput | null | undefined;
  /** What to make of the rows. */
  mode: ImportMode;
  /** Where new people begin: PENDING, or ACTIVE. */
  newStatus?: UserStatus | null | undefined;
  /** How the file is read: this, or a template. */
  reading?: ImportReadingInput | null | undefined;
  /** Why: kept in the audit log. At most 1,000 characters. */
  reason?: string | null | undefined;
  /** Whether the people of the file are applied who can be, beside some who cannot; else all or nothing. */
  skipErrors?: boolean | null | undefined;
  /** The template that says how the file is read. */
  templateId?: string | null | undefined;
  /** The upload, as POST /import answered. */
  uploadId: string;
};

/** Plans to take back what a plan did. */
export type PlanRevertInput = {
  /** Which plan. */
  id: string;
  /** A repeat with the same key within 24 h returns the first answer and changes nothing. 1 to 200 characters. */
  idempotencyKey?: string | null | undefined;
  /** Why: kept in the audit log. At most 1,000 characters. */
  reason?: string | null | undefined;
};

/** A definition to be looked at before it is made: a change of one (id), or a new one (key and type). */
export type PreviewAttributeDefinitionInput = {
  /** What a CHOICE, or each member of a SET, may be: 1 to 500. */
  choices?: Array<AttributeChoiceInput> | null | undefined;
  /** What it is for; at most 1,000 characters. */
  description?: string | null | undefined;
  /** The earliest date. */
  earliest?: string | null | undefined;
  /** Which attribute would change; absent for a new one. */
  id?: string | null | undefined;
  /** Of a new one. What it is called in User.attributes and in filters, for good: 1 to 64 letters, digits, dots, hyphens and underscores; a letter first. */
  key?: string | null | undefined;
  /** The latest date. */
  latest?: string | null | undefined;
  /** How many it has at the most; 256 where the attribute is searchable. */
  maxLength?: number | null | undefined;
  /** The greatest number. */
  maximum?: number | null | undefined;
  /** How many characters a text, or each of a set, has at the least. */
  minLength?: number | null | undefined;
  /** The least number. */
  minimum?: number | null | undefined;
  /** A regular expression that the whole text, or each of a set, matches: see schema/ATTRIBUTES.md. */
  pattern?: string | null | undefined;
  /** What must be held over a person, beside USER_READ, to read their value or ask by it. */
  readPermission?: Permission | null | undefined;
  /** Whether there must be a value, from now on, where a person is made or their attributes change. */
  required?: boolean | null | undefined;
  /** Whether an index serves ranges and orders by it. */
  searchable?: boolean | null | undefined;
  /** Whether people may change their own. */
  selfEditable?: boolean | null | undefined;
  /** Whether changes of it are weighty, so that a policy may ask for approval. */
  sensitive?: boolean | null | undefined;
  /** Whether it would be in use; REMOVED asks who has values. */
  state?: AttributeState | null | undefined;
  /** What its values would be; a new one needs it. */
  type?: AttributeType | null | undefined;
  /** Whether no two people have the same, without regard to case. STRING, NUMBER and DATE. */
  unique?: boolean | null | undefined;
};

/** What a template fills where it is empty. */
export type ProfileDefaultsInput = {
  /** Custom attributes by key. */
  attributes?: Record<string, unknown> | null | undefined;
  /** Cost centre. */
  costCenter?: string | null | undefined;
  /** ISO 3166-1 alpha-2, e.g. DE. */
  country?: string | null | undefined;
  /** Department. */
  department?: string | null | undefined;
  /** Division. */
  division?: string | null | undefined;
  /** The relation to the organisation. */
  employeeType?: EmployeeType | null | undefined;
  /** BCP 47, e.g. de-CH. */
  locale?: string | null | undefined;
  /** Where the person works. */
  location?: string | null | undefined;
  /** Preferred languages: as in HTTP's Accept-Language (RFC 9110). */
  preferredLanguage?: string | null | undefined;
  /** An IANA name, e.g. Europe/Zurich. */
  timezone?: string | null | undefined;
  /** Job title. */
  title?: string | null | undefined;
};

/** A role that a template grants. */
export type ProfileTemplateRoleInput = {
  /** Over what; EVERYWHERE where it is not given. */
  reach?: TemplateReach | null | undefined;
  /** The role's key, without regard to case. */
  roleKey: string;
  /** The unit: with the reach UNIT, and with no other. */
  unitId?: string | null | undefined;
};

/** Ends a suspension. */
export type ReinstateUserInput = {
  /** The version last seen: the change is refused with STALE_VERSION where the record has changed since. */
  expectedVersion?: number | null | undefined;
  /** Which record. */
  id: string;
  /** A repeat with the same key within 24 h returns the first answer and changes nothing. 1 to 200 characters. */
  idempotencyKey?: string | null | undefined;
  /** Why: kept in the audit log. At most 1,000 characters. */
  reason?: string | null | undefined;
};

/** Rejects a request, whatever step is due. */
export type RejectInput = {
  /** What to say with it, for whoever asked and whoever decides after; at most 1000 characters. */
  comment?: string | null | undefined;
  /** The version last seen: the change is refused with STALE_VERSION where the record has changed since. */
  expectedVersion?: number | null | undefined;
  /** Which record. */
  id: string;
  /** A repeat with the same key within 24 h returns the first answer and changes nothing. 1 to 200 characters. */
  idempotencyKey?: string | null | undefined;
  /** Why: kept in the audit log. At most 1,000 characters. */
  reason?: string | null | undefined;
};

/** Ends a legal hold. */
export type ReleaseLegalHoldInput = {
  /** Which hold. */
  id: string;
  /** A repeat with the same key within 24 h returns the first answer and changes nothing. 1 to 200 characters. */
  idempotencyKey?: string | null | undefined;
  /** Why: kept in the audit log. At most 1,000 characters. */
  reason?: string | null | undefined;
};

/** What a policy asks for. */
export type RequiredFactor =
  /** Two factors of any kind, or a passkey, which is as good as two. */
  | 'MFA'
  /** A passkey: a factor that cannot be phished. */
  | 'PASSKEY';

/** Why a subscriber must read again. */
export type ResetReason =
  /** The position is older than what is kept, or lies ahead of everything: the database was restored from a backup since. */
  | 'POSITION_EXPIRED'
  /** The saved search was edited. */
  | 'SEARCH_CHANGED'
  /** Too much happened to an ad-hoc search to tell it singly. */
  | 'TOO_MANY_CHANGES'
  /** What the viewer may see or read changed. */
  | 'VISIBILITY_CHANGED';

/** Takes a deletion back. */
export type RestoreUserInput = {
  /** The version last seen: the change is refused with STALE_VERSION where the record has changed since. */
  expectedVersion?: number | null | undefined;
  /** Which record. */
  id: string;
  /** A repeat with the same key within 24 h returns the first answer and changes nothing. 1 to 200 characters. */
  idempotencyKey?: string | null | undefined;
  /** Why: kept in the audit log. At most 1,000 characters. */
  reason?: string | null | undefined;
};

/** What a retention policy does with people. */
export type RetentionAction =
  /** They are archived, as archiveUser does. */
  | 'ARCHIVE'
  /** They are deleted, as deleteUser does: they can be restored for a while. */
  | 'DELETE'
  /** They are erased for good, on the ground RETENTION: only who was deleted, and can no longer be restored. */
  | 'ERASE';

/** Why a retention policy passes somebody over. */
export type RetentionObstacle =
  /** The database refused it, of them alone. */
  | 'FAILED'
  /** A rule of the lifecycle refuses it; problem says which. */
  | 'GUARD'
  /** They are on a legal hold. */
  | 'LEGAL_HOLD'
  /** Between the list and their turn they came to be as the policy does not mean them. */
  | 'NO_LONGER_DUE'
  /** They were deleted, and can still be restored: User.restorableUntil says until when. */
  | 'STILL_RESTORABLE';

/** How far a run of a retention policy has come. */
export type RetentionRunState =
  /** It was not approved, or its policy was changed, turned off or deleted. Who was not reached is as before. */
  | 'CANCELLED'
  /** Everybody has an outcome. */
  | 'DONE'
  /** It is carried out, batch by batch. */
  | 'RUNNING'
  /** It exceeds a safety limit, and waits for a second person. */
  | 'WAITING_APPROVAL';

/** A grant to be ended. Whoever ends it must hold ROLE_GRANT over the grantee and over the grant's scope. */
export type RevokeRoleInput = {
  /** Which grant. */
  grantId: string;
  /** A repeat with the same key within 24 h returns the first answer and changes nothing. 1 to 200 characters. */
  idempotencyKey?: string | null | undefined;
  /** Why: kept in the audit log. At most 1,000 characters. */
  reason?: string | null | undefined;
};

/** A token to be ended. */
export type RevokeServiceTokenInput = {
  /** Which token. */
  id: string;
  /** A repeat with the same key within 24 h returns the first answer and changes nothing. 1 to 200 characters. */
  idempotencyKey?: string | null | undefined;
  /** Why: kept in the audit log. At most 1,000 characters. */
  reason?: string | null | undefined;
};

/** Conditions that one and the same grant must meet together. */
export type RoleGrantFilter = {
  /** All of these hold; an empty list is true. */
  and?: Array<RoleGrantFilter> | null | undefined;
  /** When it ceases to hold; missing where it holds until revoked. */
  expiresAt?: DateTimeFilter | null | undefined;
  /** When it was granted. */
  grantedAt?: DateTimeFilter | null | undefined;
  /** The exact complement of this. */
  not?: RoleGrantFilter | null | undefined;
  /** At least one of these holds; an empty list is false. */
  or?: Array<RoleGrantFilter> | null | undefined;
  /** Whether the role is privileged. */
  privileged?: BooleanFilter | null | undefined;
  /** The role's key. */
  role?: StringFilter | null | undefined;
  /** The grant's scope is this unit or stands below it. A grant that holds everywhere stands within none. */
  scopeWithin?: string | null | undefined;
  /** When it begins to hold. */
  startsAt?: DateTimeFilter | null | undefined;
};

/** Conditions on a user's grants that are not revoked and have not expired; those still to come included. */
export type RoleGrantListFilter = {
  /** No grant meets all of these: the complement of some. */
  none?: RoleGrantFilter | null | undefined;
  /** At least one grant meets all of these. */
  some?: RoleGrantFilter | null | undefined;
};

/** Carries a retention policy out now. */
export type RunRetentionInput = {
  /** A repeat with the same key within 24 h returns the first answer and changes nothing. 1 to 200 characters. */
  idempotencyKey?: string | null | undefined;
  /** Which policy: one that is in force. */
  policyId: string;
  /** Why: kept in the audit log. At most 1,000 characters. */
  reason?: string | null | undefined;
};

/** Who may see a saved search. What it finds is always what its reader may see, whoever saved it. */
export type SavedSearchVisibility =
  /** Its owner alone. */
  | 'PRIVATE'
  /** Everybody who may search users. */
  | 'SHARED'
  /** Everybody who may search users, as a pattern to make searches of their own from. */
  | 'TEMPLATE';

/** Schedules a step of a person's lifecycle. Exactly one of effectiveAt and effectiveOn is needed. The id and the version are the person's; the reason becomes the status's. */
export type ScheduleTransitionInput = {
  /** When: an instant to come. */
  effectiveAt?: string | null | undefined;
  /** When: as this date begins in the person's own time zone, whichever that is by then; in the organisation's where they have none. */
  effectiveOn?: string | null | undefined;
  /** The version last seen: the change is refused with STALE_VERSION where the record has changed since. */
  expectedVersion?: number | null | undefined;
  /** Which record. */
  id: string;
  /** A repeat with the same key within 24 h returns the first answer and changes nothing. 1 to 200 characters. */
  idempotencyKey?: string | null | undefined;
  /** Which step. */
  operation: LifecycleOperation;
  /** Why: kept in the audit log. At most 1,000 characters. */
  reason?: string | null | undefined;
  /** When a lock or a suspension is to end by itself: later than the step. */
  until?: string | null | undefined;
};

/** What can be scheduled: a step of the lifecycle by scheduleTransition, the others by what is named. */
export type ScheduledOperation =
  /** As activateUser. */
  | 'ACTIVATE'
  /** As archiveUser. */
  | 'ARCHIVE'
  /** As deactivateUser. */
  | 'DEACTIVATE'
  /** As deleteUser. */
  | 'DELETE'
  /** As inviteUser; scheduled by onboard. */
  | 'INVITE'
  /** As lockUser. */
  | 'LOCK'
  /** As reinstateUser. */
  | 'REINSTATE'
  /** As restoreUser. */
  | 'RESTORE'
  /** As suspendUser. */
  | 'SUSPEND'
  /** As transfer, which schedules it. */
  | 'TRANSFER'
  /** As unlockUser. */
  | 'UNLOCK';

/** What became of a scheduled step. */
export type ScheduledTransitionState =
  /** Somebody cancelled it, or another step left it nothing to stand on. */
  | 'CANCELLED'
  /** It was taken. */
  | 'DONE'
  /** It was due and could not be taken; failure says why. */
  | 'FAILED'
  /** It waits for its time. */
  | 'SCHEDULED';

/** Whose a token is. */
export type ServiceTokenKind =
  /** A machine's, of the organisation: it has permissions of its own. */
  | 'ORGANISATION'
  /** A person's: their grants decide, and it ends when they stop being active. */
  | 'PERSONAL';

/** Which way to sort. */
export type SortDirection =
  /** Smallest first. */
  | 'ASC'
  /** Largest first. */
  | 'DESC';

/** Conditions on text. Case-insensitive unless caseSensitive is true. Operators given together are ANDed. */
export type StringFilter = {
  /** Compare letters as they are; without it, case does not count. */
  caseSensitive?: boolean | null | undefined;
  /** Has this text anywhere in it. */
  contains?: string | null | undefined;
  /** Ends with this text. */
  endsWith?: string | null | undefined;
  /** Equal to. */
  eq?: string | null | undefined;
  /** One of these. */
  in?: Array<string> | null | undefined;
  /** Whether the value is missing. */
  isNull?: boolean | null | undefined;
  /** Not equal to: the complement of eq, so a missing value satisfies it. */
  ne?: string | null | undefined;
  /** None of these: the complement of in, so a missing value satisfies it. */
  notIn?: Array<string> | null | undefined;
  /** Begins with this text. */
  startsWith?: string | null | undefined;
};

/** Conditions on a set of text, compared without regard to case. Operators given together are ANDed. */
export type StringSetFilter = {
  /** Holds every one of these. */
  all?: Array<string> | null | undefined;
  /** Holds at least one of these. */
  any?: Array<string> | null | undefined;
  /** Whether the set is empty. */
  isEmpty?: boolean | null | undefined;
  /** Holds none of these: the complement of any. */
  none?: Array<string> | null | undefined;
};

/** Keeps a user out by decision. */
export type SuspendUserInput = {
  /** The version last seen: the change is refused with STALE_VERSION where the record has changed since. */
  expectedVersion?: number | null | undefined;
  /** Which record. */
  id: string;
  /** A repeat with the same key within 24 h returns the first answer and changes nothing. 1 to 200 characters. */
  idempotencyKey?: string | null | undefined;
  /** Why: kept in the audit log. At most 1,000 characters. */
  reason?: string | null | undefined;
  /** Ends by itself then; without it, it lasts until reinstated. */
  until?: string | null | undefined;
};

/** Over what a template's role is granted. */
export type TemplateReach =
  /** Everywhere. */
  | 'EVERYWHERE'
  /** Over the org unit that the person belongs to; where there is none, the role is not granted. */
  | 'OWN_UNIT'
  /** Over one unit, which the template names. */
  | 'UNIT';

/** Somebody who moves. The id and the version are theirs. An absent field is left as it is; null clears it; tags replaces the list, attributes is merged key by key. */
export type TransferInput = {
  /** Custom attributes by key; a null value removes the key. */
  attributes?: Record<string, unknown> | null | undefined;
  /** Cost centre. At most 64 characters. */
  costCenter?: string | null | undefined;
  /** ISO 3166-1 alpha-2, e.g. DE. At most 2 characters. */
  country?: string | null | undefined;
  /** Department. At most 256 characters. */
  department?: string | null | undefined;
  /** Division. At most 256 characters. */
  division?: string | null | undefined;
  /** They move as this date begins in their own time zone. Without it, at once. */
  effectiveOn?: string | null | undefined;
  /** The relation to the organisation. */
  employeeType?: EmployeeType | null | undefined;
  /** The version last seen: the change is refused with STALE_VERSION where the record has changed since. */
  expectedVersion?: number | null | undefined;
  /** Which of the fields that templates offer are filled, attributes as attributes.<key>; all where it is not given. At most 200. */
  fill?: Array<string> | null | undefined;
  /** Which record. */
  id: string;
  /** A repeat with the same key within 24 h returns the first answer and changes nothing. 1 to 200 characters. */
  idempotencyKey?: string | null | undefined;
  /** BCP 47, e.g. de-CH. At most 64 characters. */
  locale?: string | null | undefined;
  /** Where the person works. At most 256 characters. */
  location?: string | null | undefined;
  /** The user's manager. */
  managerId?: string | null | undefined;
  /** The org unit that the user belongs to. */
  orgUnitId?: string | null | undefined;
  /** Preferred languages: as in HTTP's Accept-Language (RFC 9110). At most 128 characters. */
  preferredLanguage?: string | null | undefined;
  /** Why: kept in the audit log. At most 1,000 characters. */
  reason?: string | null | undefined;
  /** Free labels: at most 100, of 1 to 64 characters. */
  tags?: Array<string> | null | undefined;
  /** An IANA name, e.g. Europe/Zurich. At most 64 characters. */
  timezone?: string | null | undefined;
  /** Job title. At most 256 characters. */
  title?: string | null | undefined;
};

/** Why a scheduled step could not be taken. */
export type TransitionFailureCode =
  /** Whoever scheduled it was no longer active, or their token expired or was revoked. */
  | 'AUTHOR_INACTIVE'
  /** Something stood in the way: a name that is taken, the last person who manages roles. */
  | 'CONFLICT'
  /** Whoever scheduled it no longer held the permission over the person. */
  | 'FORBIDDEN'
  /** The person's status by then has no such step. */
  | 'ILLEGAL_TRANSITION'
  /** A value no longer fits, e.g. an end that had passed. */
  | 'INVALID_INPUT'
  /** The person was no longer in the sight of whoever scheduled it, or what a move names was not. */
  | 'NOT_FOUND'
  /** A record that it depends on had changed. */
  | 'STALE_VERSION';

/** Ends a lock. */
export type UnlockUserInput = {
  /** The version last seen: the change is refused with STALE_VERSION where the record has changed since. */
  expectedVersion?: number | null | undefined;
  /** Which record. */
  id: string;
  /** A repeat with the same key within 24 h returns the first answer and changes nothing. 1 to 200 characters. */
  idempotencyKey?: string | null | undefined;
  /** Why: kept in the audit log. At most 1,000 characters. */
  reason?: string | null | undefined;
};

/** Changes to one's own profile. An absent field is left as it is; null clears it; a list replaces the list. Viewer.editableProfileFields says which fields are taken. */
export type UpdateMyProfileInput = {
  /** All postal addresses. At most 50. */
  addresses?: Array<UserAddressInput> | null | undefined;
  /** Custom attributes by key; a null value removes the key. */
  attributes?: Record<string, unknown> | null | undefined;
  /** Cost centre. At most 64 characters. */
  costCenter?: string | null | undefined;
  /** ISO 3166-1 alpha-2, e.g. DE. At most 2 characters. */
  country?: string | null | undefined;
  /** Department. At most 256 characters. */
  department?: string | null | undefined;
  /** The name to show. Where a new user has none, it is made of the given and family name, or the username. At most 256 characters. */
  displayName?: string | null | undefined;
  /** Division. At most 256 characters. */
  division?: string | null | undefined;
  /** The primary address; unique without regard to case. */
  email?: string | null | undefined;
  /** All addresses. At most 50. */
  emails?: Array<UserEmailInput> | null | undefined;
  /** The number that HR knows the person by; unique without regard to case. At most 64 characters. */
  employeeNumber?: string | null | undefined;
  /** The relation to the organisation. */
  employeeType?: EmployeeType | null | undefined;
  /** The version last seen: the change is refused with STALE_VERSION where the record has changed since. */
  expectedVersion?: number | null | undefined;
  /** Family name. At most 128 characters. */
  familyName?: string | null | undefined;
  /** Given name. At most 128 characters. */
  givenName?: string | null | undefined;
  /** First day of employment. */
  hiredOn?: string | null | undefined;
  /** What stands before the name, e.g. Dr. At most 64 characters. */
  honorificPrefix?: string | null | undefined;
  /** What stands behind the name, e.g. III. At most 64 characters. */
  honorificSuffix?: string | null | undefined;
  /** A repeat with the same key within 24 h returns the first answer and changes nothing. 1 to 200 characters. */
  idempotencyKey?: string | null | undefined;
  /** Under which ids other systems know the user. At most 50. */
  identities?: Array<ExternalIdentityInput> | null | undefined;
  /** BCP 47, e.g. de-CH. At most 64 characters. */
  locale?: string | null | undefined;
  /** Where the person works. At most 256 characters. */
  location?: string | null | undefined;
  /** The user's manager. */
  managerId?: string | null | undefined;
  /** Middle name or names. At most 128 characters. */
  middleName?: string | null | undefined;
  /** What the person likes to be called. At most 128 characters. */
  nickName?: string | null | undefined;
  /** The org unit that the user belongs to. */
  orgUnitId?: string | null | undefined;
  /** The primary phone number. */
  phone?: string | null | undefined;
  /** All phone numbers. At most 50. */
  phones?: Array<UserPhoneInput> | null | undefined;
  /** Preferred languages: as in HTTP's Accept-Language (RFC 9110). At most 128 characters. */
  preferredLanguage?: string | null | undefined;
  /** Why: kept in the audit log. At most 1,000 characters. */
  reason?: string | null | undefined;
  /** Free labels: at most 100, of 1 to 64 characters. */
  tags?: Array<string> | null | undefined;
  /** Last day of employment. */
  terminatesOn?: string | null | undefined;
  /** An IANA name, e.g. Europe/Zurich. At most 64 characters. */
  timezone?: string | null | undefined;
  /** Job title. At most 256 characters. */
  title?: string | null | undefined;
  /** Unique without regard to case; 1 to 128 characters without white space. At most 128 characters. */
  username?: string | null | undefined;
};

/** Changes to an org unit. An absent field is left as it is; null clears headId and is refused elsewhere. */
export type UpdateOrgUnitInput = {
  /** Unique without regard to case; 1 to 64 characters. */
  code?: string | null | undefined;
  /** The version last seen: the change is refused with STALE_VERSION where the record has changed since. */
  expectedVersion?: number | null | undefined;
  /** The user who heads it; null: nobody. */
  headId?: string | null | undefined;
  /** Which record. */
  id: string;
  /** A repeat with the same key within 24 h returns the first answer and changes nothing. 1 to 200 characters. */
  idempotencyKey?: string | null | undefined;
  /** What sort of unit. */
  kind?: OrgUnitKind | null | undefined;
  /** The name to show; 1 to 256 characters. */
  name?: string | null | undefined;
  /** Why: kept in the audit log. At most 1,000 characters. */
  reason?: string | null | undefined;
};

/** Changes to a retention policy. An absent field is left as it is; null clears it. */
export type UpdateRetentionPolicyInput = {
  /** What is done with them. */
  action?: RetentionAction | null | undefined;
  /** For at least so many days, of 24 hours each, from 1 to 36500. ERASE: not fewer than DELETION_RETENTION_DAYS. */
  days?: number | null | undefined;
  /** Whether it is turned on. */
  enabled?: boolean | null | undefined;
  /** The version last seen: the change is refused with STALE_VERSION where the record has changed since. */
  expectedVersion?: number | null | undefined;
  /** Only these of them. A policy for ACTIVE people needs one. */
  filter?: UserFilter | null | undefined;
  /** Which record. */
  id: string;
  /** A repeat with the same key within 24 h returns the first answer and changes nothing. 1 to 200 characters. */
  idempotencyKey?: string | null | undefined;
  /** Above so many people a run waits for a second person; 0: every run does. */
  maxPeople?: number | null | undefined;
  /** Above so many of a hundred people of the directory, from 0 to 100, a run waits for a second person. */
  maxPercent?: number | null | undefined;
  /** The name to show; 1 to 200 characters. It is the reason that is kept with everything the policy does. */
  name?: string | null | undefined;
  /** Why: kept in the audit log. At most 1,000 characters. */
  reason?: string | null | undefined;
  /** People in this status. ARCHIVE takes PENDING, INACTIVE and SUSPENDED, DELETE all but DELETED, ERASE DELETED alone. */
  status?: UserStatus | null | undefined;
};

/** Changes to a role. An absent field is left as it is; null clears description and inheritKeys and is refused elsewhere; a list replaces the list. */
export type UpdateRoleInput = {
  /** What the role is for; at most 1000 characters. */
  description?: string | null | undefined;
  /** The version last seen: the change is refused with STALE_VERSION where the record has changed since. */
  expectedVersion?: number | null | undefined;
  /** Which record. */
  id: string;
  /** A repeat with the same key within 24 h returns the first answer and changes nothing. 1 to 200 characters. */
  idempotencyKey?: string | null | undefined;
  /** Keys of the roles whose permissions it includes; at most 50. */
  inheritKeys?: Array<string> | null | undefined;
  /** The name to show; 1 to 128 characters. */
  name?: string | null | undefined;
  /** What it allows by itself. What it comes to allow must be held everywhere by whoever changes it. */
  permissions?: Array<Permission> | null | undefined;
  /** Whether holding it is something to keep an eye on. */
  privileged?: boolean | null | undefined;
  /** Why: kept in the audit log. At most 1,000 characters. */
  reason?: string | null | undefined;
};

/** Changes to a user. An absent field is left as it is; null clears it; a list replaces the list. attributes is merged key by key. */
export type UpdateUserInput = {
  /** All postal addresses. At most 50. */
  addresses?: Array<UserAddressInput> | null | undefined;
  /** Custom attributes by key; a null value removes the key. */
  attributes?: Record<string, unknown> | null | undefined;
  /** Cost centre. At most 64 characters. */
  costCenter?: string | null | undefined;
  /** ISO 3166-1 alpha-2, e.g. DE. At most 2 characters. */
  country?: string | null | undefined;
  /** Department. At most 256 characters. */
  department?: string | null | undefined;
  /** The name to show. Where a new user has none, it is made of the given and family name, or the username. At most 256 characters. */
  displayName?: string | null | undefined;
  /** Division. At most 256 characters. */
  division?: string | null | undefined;
  /** The primary address; unique without regard to case. */
  email?: string | null | undefined;
  /** All addresses. At most 50. */
  emails?: Array<UserEmailInput> | null | undefined;
  /** The number that HR knows the person by; unique without regard to case. At most 64 characters. */
  employeeNumber?: string | null | undefined;
  /** The relation to the organisation. */
  employeeType?: EmployeeType | null | undefined;
  /** The version last seen: the change is refused with STALE_VERSION where the record has changed since. */
  expectedVersion?: number | null | undefined;
  /** Family name. At most 128 characters. */
  familyName?: string | null | undefined;
  /** Given name. At most 128 characters. */
  givenName?: string | null | undefined;
  /** First day of employment. */
  hiredOn?: string | null | undefined;
  /** What stands before the name, e.g. Dr. At most 64 characters. */
  honorificPrefix?: string | null | undefined;
  /** What stands behind the name, e.g. III. At most 64 characters. */
  honorificSuffix?: string | null | undefined;
  /** Which record. */
  id: string;
  /** A repeat with the same key within 24 h returns the first answer and changes nothing. 1 to 200 characters. */
  idempotencyKey?: string | null | undefined;
  /** Under which ids other systems know the user. At most 50. */
  identities?: Array<ExternalIdentityInput> | null | undefined;
  /** BCP 47, e.g. de-CH. At most 64 characters. */
  locale?: string | null | undefined;
  /** Where the person works. At most 256 characters. */
  location?: string | null | undefined;
  /** The user's manager. */
  managerId?: string | null | undefined;
  /** Middle name or names. At most 128 characters. */
  middleName?: string | null | undefined;
  /** What the person likes to be called. At most 128 characters. */
  nickName?: string | null | undefined;
  /** The org unit that the user belongs to. */
  orgUnitId?: string | null | undefined;
  /** The primary phone number. */
  phone?: string | null | undefined;
  /** All phone numbers. At most 50. */
  phones?: Array<UserPhoneInput> | null | undefined;
  /** Preferred languages: as in HTTP's Accept-Language (RFC 9110). At most 128 characters. */
  preferredLanguage?: string | null | undefined;
  /** Why: kept in the audit log. At most 1,000 characters. */
  reason?: string | null | undefined;
  /** Free labels: at most 100, of 1 to 64 characters. */
  tags?: Array<string> | null | undefined;
  /** Last day of employment. */
  terminatesOn?: string | null | undefined;
  /** An IANA name, e.g. Europe/Zurich. At most 64 characters. */
  timezone?: string | null | undefined;
  /** Job title. At most 256 characters. */
  title?: string | null | undefined;
  /** Unique without regard to case; 1 to 128 characters without white space. At most 128 characters. */
  username?: string | null | undefined;
};

/** One postal address. */
export type UserAddressInput = {
  /** ISO 3166-1 alpha-2, e.g. DE. */
  country?: string | null | undefined;
  /** Town. At most 128 characters. */
  locality?: string | null | undefined;
  /** Postal code. At most 32 characters. */
  postalCode?: string | null | undefined;
  /** One of the list is primary: without a mark, the first. */
  primary?: boolean | null | undefined;
  /** State, province or canton. At most 128 characters. */
  region?: string | null | undefined;
  /** Street, number and what else stands before the town. At most 512 characters. */
  streetAddress?: string | null | undefined;
  /** What it is for, e.g. home. At most 32 characters. */
  type?: string | null | undefined;
};

/** Which user: exactly one of these. */
export type UserBy =
  {   /** By primary address, without regard to case. Needs USER_READ_CONTACT over the user. */
  email: string; employeeNumber?: never; id?: never; identity?: never; username?: never; }
  |  { email?: never;   /** By employee number, without regard to case. */
  employeeNumber: string; id?: never; identity?: never; username?: never; }
  |  { email?: never; employeeNumber?: never;   /** By id. */
  id: string; identity?: never; username?: never; }
  |  { email?: never; employeeNumber?: never; id?: never;   /** By the id under which another system knows the user. */
  identity: ExternalIdentityInput; username?: never; }
  |  { email?: never; employeeNumber?: never; id?: never; identity?: never;   /** By username, without regard to case. */
  username: string; };

/** One e-mail address. */
export type UserEmailInput = {
  /** One of the list is primary: without a mark, the first. */
  primary?: boolean | null | undefined;
  /** What it is for, e.g. work. At most 32 characters. */
  type?: string | null | undefined;
  /** The address. */
  value: string;
};

/** What users can be counted by. */
export type UserFacetField =
  /** Cost centre. */
  | 'COST_CENTER'
  /** The country where the person works: ISO 3166-1 alpha-2, e.g. DE. */
  | 'COUNTRY'
  /** Department, as text from HR; the org unit is the place in the hierarchy. */
  | 'DEPARTMENT'
  /** Division, as text from HR. */
  | 'DIVISION'
  /** The relation that the person has to the organisation. */
  | 'EMPLOYEE_TYPE'
  /** The groups that the person belongs to, by key. */
  | 'GROUP'
  /** Where the person works. */
  | 'LOCATION'
  /** Whether a second factor is enrolled. */
  | 'MFA_ENROLLED'
  /** The org unit that the person belongs to. */
  | 'ORG_UNIT'
  /** Effective roles, by key: granted and in force, directly or inherited. Who is not ACTIVE has none. */
  | 'ROLE'
  /** Where the person was first known. */
  | 'SOURCE'
  /** Where the person stands in their lifecycle. */
  | 'STATUS'
  /** Free labels. */
  | 'TAG'
  /** Job title. */
  | 'TITLE';

/** Which users. Siblings are ANDed. and: [] is true, or: [] is false. A value that is missing satisfies no operator, and not is the exact complement, so filter F and {not: F} always divide the users in two. ne and notIn are the complements of eq and in. A null operand, an unknown or unreadable field, or a filter over the published limits is an error; nothing is ever dropped. */
export type UserFilter = {
  /** Open sessions. */
  activeSessionCount?: IntFilter | null | undefined;
  /** All of these hold; an empty list is true. */
  and?: Array<UserFilter> | null | undefined;
  /** Custom attributes by key. */
  attributes?: Array<AttributeFilter> | null | undefined;
  /** Cost centre. */
  costCenter?: StringFilter | null | undefined;
  /** The country where the person works: ISO 3166-1 alpha-2, e.g. DE. */
  country?: StringFilter | null | undefined;
  /** When the record was made. */
  createdAt?: DateTimeFilter | null | undefined;
  /** When the person was deleted. */
  deletedAt?: DateTimeFilter | null | undefined;
  /** Department, as text from HR; the org unit is the place in the hierarchy. */
  department?: StringFilter | null | undefined;
  /** How many people not deleted report to the person directly. */
  directReportCount?: IntFilter | null | undefined;
  /** The name to show. */
  displayName?: StringFilter | null | undefined;
  /** Division, as text from HR. */
  division?: StringFilter | null | undefined;
  /** The primary address; unique without regard to case. */
  email?: StringFilter | null | undefined;
  /** What stands behind the @ of the primary address. */
  emailDomain?: StringFilter | null | undefined;
  /** Whether the primary address is known to reach the person. */
  emailVerified?: BooleanFilter | null | undefined;
  /** The number that HR knows the person by; unique without regard to case. */
  employeeNumber?: StringFilter | null | undefined;
  /** The relation that the person has to the organisation. */
  employeeType?: EmployeeTypeFilter | null | undefined;
  /** Shown: the external id of the first identity, for directories that know only one. Asked about: any of the user's identities. */
  externalId?: StringFilter | null | undefined;
  /** Failed sign-ins since the last good one. */
  failedLoginCount?: IntFilter | null | undefined;
  /** Family name. */
  familyName?: StringFilter | null | undefined;
  /** Given name. */
  givenName?: StringFilter | null | undefined;
  /** The groups that the person belongs to, by key. */
  groupKeys?: StringSetFilter | null | undefined;
  /** The groups that the person belongs to, by id. */
  groups?: IdSetFilter | null | undefined;
  /** First day of employment. */
  hiredOn?: DateFilter | null | undefined;
  /** The user's id, e.g. user_01jd8m5k3tf0vbq2z7y6x4w9ra. */
  id?: IdFilter | null | undefined;
  /** When the person last signed in. */
  lastLoginAt?: DateTimeFilter | null | undefined;
  /** The country that the last sign-in came from: ISO 3166-1 alpha-2. */
  lastLoginCountry?: StringFilter | null | undefined;
  /** Locale for dates and numbers: BCP 47, e.g. de-CH. */
  locale?: StringFilter | null | undefined;
  /** Where the person works. */
  location?: StringFilter | null | undefined;
  /** The person's manager. reportsTo: at any distance. status: the manager's. */
  manager?: ManagerFilter | null | undefined;
  /** Whether a second factor is enrolled. */
  mfaEnrolled?: BooleanFilter | null | undefined;
  /** The second factors that are enrolled. */
  mfaMethods?: MfaMethodSetFilter | null | undefined;
  /** The exact complement of this. */
  not?: UserFilter | null | undefined;
  /** At least one of these holds; an empty list is false. */
  or?: Array<UserFilter> | null | undefined;
  /** The org unit that the person belongs to. */
  orgUnit?: OrgUnitRefFilter | null | undefined;
  /** When the password was last set. */
  passwordChangedAt?: DateTimeFilter | null | undefined;
  /** Effective permissions, over whatever units. Who is not ACTIVE has none. */
  permissions?: PermissionSetFilter | null | undefined;
  /** The primary phone number. */
  phone?: StringFilter | null | undefined;
  /** Risk, 0 to 100, as the last assessment put it. */
  riskScore?: IntFilter | null | undefined;
  /** Conditions that one and the same grant must meet together. Also grants that have not begun or rest, but none that has ended. */
  roleGrants?: RoleGrantListFilter | null | undefined;
  /** Effective roles, by key: granted and in force, directly or inherited. Who is not ACTIVE has none. */
  roles?: StringSetFilter | null | undefined;
  /** Where the person was first known. */
  source?: IdentitySourceFilter | null | undefined;
  /** Where the person stands in their lifecycle. */
  status?: UserStatusFilter | null | undefined;
  /** When the status last changed. */
  statusChangedAt?: DateTimeFilter | null | undefined;
  /** Free labels. */
  tags?: StringSetFilter | null | undefined;
  /** Last day of employment, past or to come. */
  terminatesOn?: DateFilter | null | undefined;
  /** Words that must each occur, in any order, as a prefix of a word of the names, username, email, title or employee number. */
  text?: string | null | undefined;
  /** Time zone: an IANA name, e.g. Europe/Zurich. */
  timezone?: StringFilter | null | undefined;
  /** Job title. */
  title?: StringFilter | null | undefined;
  /** When the profile or status last changed. */
  updatedAt?: DateTimeFilter | null | undefined;
  /** The name that the person signs in with; unique without regard to case. */
  username?: StringFilter | null | undefined;
};

/** How to sort users: field or attributeKey, one of them. Ties are broken by id. */
export type UserOrder = {
  /** The key of the custom attribute to sort by: numbers by size, then texts. */
  attributeKey?: string | null | undefined;
  /** Which way. */
  direction?: SortDirection | null | undefined;
  /** The field to sort by. */
  field?: UserOrderField | null | undefined;
  /** Where users without a value stand. */
  nulls?: NullsOrder | null | undefined;
};

/** What users can be sorted by. */
export type UserOrderField =
  /** The country where the person works: ISO 3166-1 alpha-2, e.g. DE. */
  | 'COUNTRY'
  /** When the record was made. */
  | 'CREATED_AT'
  /** Department, as text from HR; the org unit is the place in the hierarchy. */
  | 'DEPARTMENT'
  /** The name to show. */
  | 'DISPLAY_NAME'
  /** The primary address; unique without regard to case. */
  | 'EMAIL'
  /** The number that HR knows the person by; unique without regard to case. */
  | 'EMPLOYEE_NUMBER'
  /** Family name. */
  | 'FAMILY_NAME'
  /** Given name. */
  | 'GIVEN_NAME'
  /** First day of employment. */
  | 'HIRED_ON'
  /** When the person last signed in. */
  | 'LAST_LOGIN_AT'
  /** Where the person works. */
  | 'LOCATION'
  /** When the password was last set. */
  | 'PASSWORD_CHANGED_AT'
  /** Risk, 0 to 100, as the last assessment put it. */
  | 'RISK_SCORE'
  /** Where the person stands in their lifecycle. */
  | 'STATUS'
  /** When the status last changed. */
  | 'STATUS_CHANGED_AT'
  /** Last day of employment, past or to come. */
  | 'TERMINATES_ON'
  /** Job title. */
  | 'TITLE'
  /** When the profile or status last changed. */
  | 'UPDATED_AT'
  /** The name that the person signs in with; unique without regard to case. */
  | 'USERNAME';

/** One phone number. */
export type UserPhoneInput = {
  /** One of the list is primary: without a mark, the first. */
  primary?: boolean | null | undefined;
  /** What it is for, e.g. mobile. At most 32 characters. */
  type?: string | null | undefined;
  /** The number, 2 to 32 digits, signs and spaces, best as +41 44 123 45 67. */
  value: string;
};

/** Where a person stands in their lifecycle. `User.allowedTransitions` says what may come next. */
export type UserStatus =
  /** May sign in and use what they were granted. */
  | 'ACTIVE'
  /** Left for good; kept for the record. */
  | 'ARCHIVED'
  /** Left out of searches; restorable until the retention period ends. */
  | 'DELETED'
  /** Has no access for now, e.g. after their last day. */
  | 'INACTIVE'
  /** Kept out for safety, e.g. after too many failed sign-ins. */
  | 'LOCKED'
  /** Known, but has not begun: no sign-in yet. */
  | 'PENDING'
  /** Kept out by decision, until reinstated. */
  | 'SUSPENDED';

/** Conditions on one UserStatus. Operators given together are ANDed. */
export type UserStatusFilter = {
  /** Equal to. */
  eq?: UserStatus | null | undefined;
  /** One of these. */
  in?: Array<UserStatus> | null | undefined;
  /** Not equal to: the complement of eq. */
  ne?: UserStatus | null | undefined;
  /** None of these: the complement of in. */
  notIn?: Array<UserStatus> | null | undefined;
};

export type ApplyBulkChangeMutationVariables = Exact<{
  input: ApplyBulkInput;
}>;


export type ApplyBulkChangeMutation = { applyBulk: { position: string, plan: { id: string, state: BulkPlanState, approvalRequestId: string | null } } };

export type ApprovalQueueQueryVariables = Exact<{
  first?: number | null | undefined;
  cursor?: string | null | undefined;
}>;


export type ApprovalQueueQuery = { approvalRequests: { totalCount: number | null, position: string, nodes: Array<{ id: string, version: number, kind: ApprovalRequestKind, subjectName: string | null, reason: string | null, currentStep: number, expiresAt: string, changes: Array<{ field: string, before: unknown, after: unknown }>, steps: Array<{ place: number, decision: ApprovalDecision | null, comment: string | null, decidedBy: { name: string } | null }> }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } | null };

export type ApproveMutationVariables = Exact<{
  decision: ApproveInput;
}>;


export type ApproveMutation = { approve: { position: string, approvalRequest: { id: string, state: ApprovalState, failure: { code: string, message: string | null } | null } | null } };

export type RejectMutationVariables = Exact<{
  rejection: RejectInput;
}>;


export type RejectMutation = { reject: { position: string, approvalRequest: { id: string, state: ApprovalState } | null } };

export type DelegateApprovalsMutationVariables = Exact<{
  delegation: DelegateApprovalsInput;
}>;


export type DelegateApprovalsMutation = { delegateApprovals: { position: string, delegation: { id: string, endsAt: string, delegate: { displayName: string } | null } | null } };

export type ApprovalEventsSubscriptionVariables = Exact<{
  after?: string | null | undefined;
}>;


export type ApprovalEventsSubscription = { approvalRequestEvents:
    | { __typename: 'ApprovalRequestEvent', position: string, type: ApprovalEventType, requestId: string, request: { state: ApprovalState, viewerMayDecide: boolean } | null }
    | { __typename: 'FeedCheckpoint', position: string }
    | { __typename: 'FeedReset', position: string, reason: ResetReason }
   };

export type AttributeDefinitionsQueryVariables = Exact<{ [key: string]: never; }>;


export type AttributeDefinitionsQuery = { attributeDefinitions: Array<{ id: string, version: number, key: string, name: string, description: string | null, type: AttributeType, state: AttributeState, required: boolean, unique: boolean, pattern: string | null, minimum: number | null, maximum: number | null, earliest: string | null, latest: string | null, minLength: number | null, maxLength: number | null, sensitive: boolean, selfEditable: boolean, readPermission: Permission | null, searchable: boolean, choices: Array<{ value: string, label: string }> | null }> | null };

export type PreviewAttributeDefinitionQueryVariables = Exact<{
  preview: PreviewAttributeDefinitionInput;
}>;


export type PreviewAttributeDefinitionQuery = { previewAttributeDefinition: { invalidCount: number, people: { totalCount: number | null, nodes: Array<{ problem: AttributeProblemKind, message: string, user: { id: string, displayName: string } | null }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } | null } | null };

export type CreateAttributeDefinitionMutationVariables = Exact<{
  create: CreateAttributeDefinitionInput;
}>;


export type CreateAttributeDefinitionMutation = { createAttributeDefinition: { position: string, definition: { id: string, version: number, key: string } } };

export type BulkChangeProgressSubscriptionVariables = Exact<{
  id: string;
  after?: string | null | undefined;
}>;


export type BulkChangeProgressSubscription = { bulkPlanProgress:
    | { position: string, state: BulkPlanState, progress: { total: number, done: number, changed: number, conflicts: number, refused: number, failed: number, peoplePerSecond: number | null, secondsLeft: number | null } }
    | { position: string }
    | { position: string, reason: ResetReason }
   };

export type CreateUserMutationVariables = Exact<{
  input: CreateUserInput;
}>;


export type CreateUserMutation = { createUser: { position: string, user: { id: string, version: number, username: string, displayName: string, email: string | null, status: UserStatus, allowedTransitions: Array<UserStatus> | null, createdAt: string | null, orgUnit: { name: string } | null } | null } };

export type PreviewErasureQueryVariables = Exact<{
  userId: string;
}>;


export type PreviewErasureQuery = { previewErasure: { erasable: boolean, holds: Array<{ id: string, reason: string, placedAt: string }>, data: Array<{ table: string, rows: number, fate: ErasureFate, columns: Array<string>, why: string | null }>, namedIn: Array<{ table: string, id: string }>, erasure: { erasedAt: string, finishedAt: string | null } | null } | null };

export type EraseUserMutationVariables = Exact<{
  erasure: EraseUserInput;
}>;


export type EraseUserMutation = { eraseUser: { position: string, approvalRequest: { id: string, state: ApprovalState } | null, erasure: { erasedAt: string } | null } };

export type PlaceLegalHoldMutationVariables = Exact<{
  hold: PlaceLegalHoldInput;
}>;


export type PlaceLegalHoldMutation = { placeLegalHold: { position: string, hold: { id: string } | null } };

export type ReleaseLegalHoldMutationVariables = Exact<{
  release: ReleaseLegalHoldInput;
}>;


export type ReleaseLegalHoldMutation = { releaseLegalHold: { position: string, hold: { releasedAt: string | null } | null } };

export type ExportPersonalDataMutationVariables = Exact<{
  export: ExportPersonalDataInput;
}>;


export type ExportPersonalDataMutation = { exportPersonalData: { document: Record<string, unknown>, position: string } };

export type ExportPeopleMutationVariables = Exact<{
  input: CreateExportInput;
}>;


export type ExportPeopleMutation = { createExport: { path: string, expiresAt: string, position: string } };

export type FindPeopleQueryVariables = Exact<{
  text: string;
  first?: number | null | undefined;
}>;


export type FindPeopleQuery = { users: { nodes: Array<{ id: string, displayName: string, username: string, title: string | null, orgUnit: { name: string } | null }> } | null };

export type GrantRoleMutationVariables = Exact<{
  grant: GrantRoleInput;
}>;


export type GrantRoleMutation = { grantRole: { position: string, grant: { id: string, startsAt: string, expiresAt: string | null, active: boolean, role: { key: string, name: string }, scope: { name: string } | null } | null } };

export type RevokeRoleMutationVariables = Exact<{
  revoke: RevokeRoleInput;
}>;


export type RevokeRoleMutation = { revokeRole: { position: string, grant: { id: string, active: boolean } | null } };

export type InviteUserMutationVariables = Exact<{
  input: InviteUserInput;
}>;


export type InviteUserMutation = { inviteUser: { expiresAt: string, position: string, user: { displayName: string, email: string | null, status: UserStatus } | null } };

export type MoveOrgUnitMutationVariables = Exact<{
  input: MoveOrgUnitInput;
}>;


export type MoveOrgUnitMutation = { moveOrgUnit: { position: string, orgUnit: { id: string, name: string, depth: number, people: number | null, parent: { name: string } | null, ancestors: Array<{ name: string }> } | null, consequences: Array<{ kind: ConsequenceKind, count: number }> } };

export type EditableProfileQueryVariables = Exact<{ [key: string]: never; }>;


export type EditableProfileQuery = { viewer: { editableProfileFields: Array<{ name: string, sensitive: boolean }>, user: { id: string, version: number, displayName: string, nickName: string | null, email: string | null } | null } | null };

export type UpdateMyProfileMutationVariables = Exact<{
  changes: UpdateMyProfileInput;
}>;


export type UpdateMyProfileMutation = { updateMyProfile: { position: string, user: { id: string, version: number, nickName: string | null } | null, approvalRequest: { id: string, state: ApprovalState, expiresAt: string, changes: Array<{ field: string, before: unknown, after: unknown }> } | null } };

export type NodeQueryVariables = Exact<{
  id: string;
}>;


export type NodeQuery = { node:
    | { __typename: 'AccessRule', id: string }
    | { __typename: 'ApprovalDelegation', id: string }
    | { __typename: 'ApprovalPolicy', id: string }
    | { __typename: 'ApprovalRequest', id: string }
    | { __typename: 'AttributeDefinition', id: string }
    | { __typename: 'AuditEvent', id: string }
    | { __typename: 'BulkPlan', id: string }
    | { __typename: 'Group', id: string }
    | { __typename: 'ImportTemplate', id: string }
    | { __typename: 'LegalHold', id: string }
    | { __typename: 'OrgUnit', name: string, kind: OrgUnitKind, id: string }
    | { __typename: 'ProfileTemplate', id: string }
    | { __typename: 'RetentionPolicy', id: string }
    | { __typename: 'RetentionRun', id: string }
    | { __typename: 'Role', key: string, name: string, id: string }
    | { __typename: 'RoleGrant', id: string }
    | { __typename: 'SafetyLimit', id: string }
    | { __typename: 'SavedSearch', id: string }
    | { __typename: 'ScheduledTransition', id: string }
    | { __typename: 'ServiceToken', id: string }
    | { __typename: 'Session', id: string }
    | { __typename: 'SignInPolicy', id: string }
    | { __typename: 'User', displayName: string, status: UserStatus, id: string }
    | { __typename: 'UserErasure', id: string }
    | { __typename: 'UserVersion', id: string }
   | null };

export type PreviewOffboardingQueryVariables = Exact<{
  input: OffboardInput;
}>;


export type PreviewOffboardingQuery = { previewOffboarding: { consequences: Array<{ kind: ConsequenceKind, count: number, subjectIds: Array<string> }> } | null };

export type OffboardMutationVariables = Exact<{
  input: OffboardInput;
}>;


export type OffboardMutation = { offboard: { position: string, user: { id: string, status: UserStatus, version: number } | null, transition: { id: string, effectiveAt: string } | null, consequences: Array<{ kind: ConsequenceKind, count: number, subjectIds: Array<string> }> } };

export type PreviewOnboardingQueryVariables = Exact<{
  input: OnboardInput;
}>;


export type PreviewOnboardingQuery = { previewOnboarding: { startsAtOnce: boolean, changes: { fields: Array<{ field: string, after: unknown }>, rolesGranted: Array<{ roleKey: string, unitId: string | null }>, groupsJoined: Array<{ key: string }> } } | null };

export type OnboardMutationVariables = Exact<{
  input: OnboardInput;
}>;


export type OnboardMutation = { onboard: { position: string, user: { id: string, status: UserStatus, version: number } | null, transition: { id: string, effectiveAt: string } | null, invitation: { id: string, effectiveAt: string } | null, consequences: Array<{ kind: ConsequenceKind, count: number, subjectIds: Array<string> }> } };

export type OrgHierarchyQueryVariables = Exact<{
  childrenPerUnit?: number | null | undefined;
}>;


export type OrgHierarchyQuery = { orgUnits: { nodes: Array<{ id: string, code: string, name: string, kind: OrgUnitKind, depth: number, people: number | null, children: { nodes: Array<{ id: string, code: string, name: string, kind: OrgUnitKind, depth: number, people: number | null, children: { nodes: Array<{ id: string, code: string, name: string, kind: OrgUnitKind, depth: number, people: number | null, head: { displayName: string, title: string | null } | null }> } | null, head: { displayName: string, title: string | null } | null }> } | null, head: { displayName: string, title: string | null } | null }> } | null };

export type BranchFragment = { id: string, code: string, name: string, kind: OrgUnitKind, depth: number, people: number | null, head: { displayName: string, title: string | null } | null };

export type CreateOrgUnitMutationVariables = Exact<{
  input: CreateOrgUnitInput;
}>;


export type CreateOrgUnitMutation = { createOrgUnit: { position: string, orgUnit: { id: string, version: number, code: string, name: string, kind: OrgUnitKind, parent: { id: string } | null } | null } };

export type UpdateOrgUnitMutationVariables = Exact<{
  input: UpdateOrgUnitInput;
}>;


export type UpdateOrgUnitMutation = { updateOrgUnit: { position: string, orgUnit: { id: string, version: number, code: string, name: string, kind: OrgUnitKind, head: { id: string, displayName: string } | null } | null } };

export type DeleteOrgUnitMutationVariables = Exact<{
  input: DeleteOrgUnitInput;
}>;


export type DeleteOrgUnitMutation = { deleteOrgUnit: { deletedId: string, position: string } };

export type OrgUnitQueryVariables = Exact<{
  by: OrgUnitBy;
  includeDescendants?: boolean | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type OrgUnitQuery = { orgUnit: { id: string, version: number, code: string, name: string, kind: OrgUnitKind, depth: number, parent: { id: string, name: string } | null, head: { id: string, displayName: string } | null, children: { nodes: Array<{ id: string, code: string, name: string, kind: OrgUnitKind }> } | null, members: { totalCount: number | null, nodes: Array<{ id: string, displayName: string, title: string | null, status: UserStatus }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } | null } | null };

export type PagePeopleQueryVariables = Exact<{
  filter?: UserFilter | null | undefined;
  orderBy?: Array<UserOrder> | UserOrder | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
  last?: number | null | undefined;
  before?: string | null | undefined;
}>;


export type PagePeopleQuery = { users: { nodes: Array<{ id: string, displayName: string, email: string | null, title: string | null, location: string | null }>, pageInfo: { hasNextPage: boolean, hasPreviousPage: boolean, startCursor: string | null, endCursor: string | null } } | null };

export type PersonQueryVariables = Exact<{
  by: UserBy;
}>;


export type PersonQuery = { user: { id: string, version: number, displayName: string, username: string, email: string | null, phone: string | null, title: string | null, department: string | null, employeeType: EmployeeType | null, employeeNumber: string | null, status: UserStatus, allowedTransitions: Array<UserStatus> | null, hiredOn: string | null, terminatesOn: string | null, orgUnit: { code: string, name: string, kind: OrgUnitKind, ancestors: Array<{ name: string, kind: OrgUnitKind }> } | null, managementChain: Array<{ displayName: string, title: string | null }> | null, reports: { totalCount: number | null, nodes: Array<{ displayName: string, title: string | null }> } | null, roles: Array<{ key: string, name: string, permissions: Array<Permission> }> | null, roleGrants: Array<{ grantedAt: string, expiresAt: string | null, active: boolean, role: { name: string }, scope: { name: string } | null, grantedBy: { kind: ActorKind, name: string } }> | null } | null };

export type PlanBulkChangeMutationVariables = Exact<{
  input: PlanBulkInput;
}>;


export type PlanBulkChangeMutation = { planBulk: { position: string, plan: { id: string, state: BulkPlanState, needsApproval: boolean, peopleCount: number, changingCount: number, unchangedCount: number, errorCount: number, estimatedSeconds: number | null, consequences: Array<{ kind: ConsequenceKind, count: number }>, limits: Array<{ name: string, exceeded: boolean }>, searchEffects: Array<{ joining: number, leaving: number, savedSearch: { id: string, name: string } | null }>, items: { totalCount: number | null, nodes: Array<{ userId: string, finding: BulkFinding, notes: Array<BulkNote>, changes: Array<{ field: string, before: unknown, after: unknown, redacted: boolean }>, problem: { code: string, message: string } | null }> } } } };

export type PlanImportMutationVariables = Exact<{
  input: PlanImportInput;
}>;


export type PlanImportMutation = { planImport: { position: string, plan: { id: string, state: BulkPlanState } } };

export type ProfileTemplatesQueryVariables = Exact<{ [key: string]: never; }>;


export type ProfileTemplatesQuery = { profileTemplates: Array<{ id: string, version: number, name: string, filter: Record<string, unknown>, filterText: string, priority: number, defaults: Record<string, unknown>, updatedAt: string, roles: Array<{ roleKey: string, reach: TemplateReach, unitId: string | null }> }> | null };

export type PreviewTemplateQueryVariables = Exact<{
  id: string;
}>;


export type PreviewTemplateQuery = { previewTemplate: { matchCount: number, people: { totalCount: number | null, nodes: Array<{ fields: Array<string>, roleKeys: Array<string>, user: { id: string, displayName: string } | null }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } | null } | null };

export type CreateProfileTemplateMutationVariables = Exact<{
  input: CreateProfileTemplateInput;
}>;


export type CreateProfileTemplateMutation = { createProfileTemplate: { position: string, template: { id: string, version: number, name: string } | null } };

export type RetentionPoliciesQueryVariables = Exact<{ [key: string]: never; }>;


export type RetentionPoliciesQuery = { retentionPolicies: Array<{ id: string, version: number, name: string, status: UserStatus, days: number, filterText: string | null, action: RetentionAction, enabled: boolean, inForce: boolean, maxPeople: number | null, maxPercent: number | null, approvalRequest: { id: string, state: ApprovalState } | null }> | null };

export type PreviewRetentionQueryVariables = Exact<{
  policyId: string;
  after?: string | null | undefined;
}>;


export type PreviewRetentionQuery = { previewRetention: { dueCount: number, passedOverCount: number, limits: Array<{ name: string, exceeded: boolean }>, people: { totalCount: number | null, nodes: Array<{ obstacle: RetentionObstacle | null, user: { id: string, displayName: string, status: UserStatus, statusChangedAt: string | null } | null, problem: { message: string } | null }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } | null };

export type RetentionRunsQueryVariables = Exact<{
  policyId?: string | null | undefined;
}>;


export type RetentionRunsQuery = { retentionRuns: { nodes: Array<{ id: string, policyName: string, action: RetentionAction, state: RetentionRunState, scheduled: boolean, peopleCount: number, doneCount: number, passedOverCount: number, problem: string | null, startedAt: string | null, finishedAt: string | null }> } | null };

export type CreateRetentionPolicyMutationVariables = Exact<{
  policy: CreateRetentionPolicyInput;
}>;


export type CreateRetentionPolicyMutation = { createRetentionPolicy: { position: string, policy: { id: string, version: number, inForce: boolean } | null } };

export type UpdateRetentionPolicyMutationVariables = Exact<{
  changes: UpdateRetentionPolicyInput;
}>;


export type UpdateRetentionPolicyMutation = { updateRetentionPolicy: { position: string, policy: { version: number, inForce: boolean, approvalRequest: { id: string } | null } | null } };

export type DeleteRetentionPolicyMutationVariables = Exact<{
  deletion: DeleteRetentionPolicyInput;
}>;


export type DeleteRetentionPolicyMutation = { deleteRetentionPolicy: { deletedId: string, position: string } };

export type RunRetentionMutationVariables = Exact<{
  run: RunRetentionInput;
}>;


export type RunRetentionMutation = { runRetention: { position: string, run: { id: string, state: RetentionRunState, peopleCount: number } | null } };

export type RevertBulkChangeMutationVariables = Exact<{
  input: PlanRevertInput;
}>;


export type RevertBulkChangeMutation = { planRevert: { position: string, plan: { id: string, changingCount: number, errorCount: number, items: { nodes: Array<{ userId: string, notes: Array<BulkNote>, problem: { code: string, message: string } | null }> } } } };

export type CreateRoleMutationVariables = Exact<{
  input: CreateRoleInput;
}>;


export type CreateRoleMutation = { createRole: { position: string, role: { id: string, version: number, key: string, name: string, permissions: Array<Permission>, inherits: Array<{ key: string }> } | null } };

export type UpdateRoleMutationVariables = Exact<{
  input: UpdateRoleInput;
}>;


export type UpdateRoleMutation = { updateRole: { position: string, role: { id: string, version: number, key: string, name: string, permissions: Array<Permission>, inherits: Array<{ key: string }> } | null } };

export type DeleteRoleMutationVariables = Exact<{
  input: DeleteRoleInput;
}>;


export type DeleteRoleMutation = { deleteRole: { deletedId: string, position: string } };

export type RolesQueryVariables = Exact<{
  search?: string | null | undefined;
  privileged?: boolean | null | undefined;
}>;


export type RolesQuery = { roles: { totalCount: number | null, nodes: Array<{ id: string, key: string, name: string, description: string | null, privileged: boolean, permissions: Array<Permission>, inherits: Array<{ key: string, name: string }>, members: { totalCount: number | null, nodes: Array<{ displayName: string, title: string | null }> } | null }> } | null };

export type SaveSearchMutationVariables = Exact<{
  input: CreateSavedSearchInput;
}>;


export type SaveSearchMutation = { createSavedSearch: { position: string, savedSearch: { id: string, filterText: string } | null } };

export type SavedSearchMembersQueryVariables = Exact<{
  id: string;
  first?: number | null | undefined;
  cursor?: string | null | undefined;
}>;


export type SavedSearchMembersQuery = { savedSearch: { id: string, name: string, suspension: { field: string, permission: Permission | null } | null, users: { position: string, nodes: Array<{ id: string, displayName: string }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } | null } | null };

export type SavedSearchChangesSubscriptionVariables = Exact<{
  id: string;
  after?: string | null | undefined;
}>;


export type SavedSearchChangesSubscription = { savedSearchChanges:
    | { __typename: 'FeedCheckpoint', position: string }
    | { __typename: 'FeedReset', position: string, reason: ResetReason }
    | { __typename: 'SavedSearchChange', position: string, change: MembershipChange, userId: string, user: { displayName: string } | null, changes: Array<{ field: string, before: unknown, after: unknown, redacted: boolean }> }
    | { __typename: 'SavedSearchSummary', from: string, position: string, joined: number, left: number, changed: number }
   };

export type SavedSearchHistoryQueryVariables = Exact<{
  id: string;
  after: string;
  through?: string | null | undefined;
  first?: number | null | undefined;
}>;


export type SavedSearchHistoryQuery = { savedSearch: { changes: { endPosition: string, hasNextPage: boolean, nodes: Array<{ position: string, change: MembershipChange, userId: string, occurredAt: string, cause: { kind: CauseKind, operationId: string | null } }> } | null } | null };

export type ScheduleTransitionMutationVariables = Exact<{
  input: ScheduleTransitionInput;
}>;


export type ScheduleTransitionMutation = { scheduleTransition: { position: string, transition: { id: string, operation: ScheduledOperation, effectiveAt: string, effectiveOn: string | null, timezone: string | null, until: string | null, state: ScheduledTransitionState } | null } };

export type ScheduledQueryVariables = Exact<{ [key: string]: never; }>;


export type ScheduledQuery = { scheduledTransitions: { totalCount: number | null, nodes: Array<{ id: string, operation: ScheduledOperation, effectiveAt: string, state: ScheduledTransitionState, reason: string | null, user: { id: string, displayName: string, status: UserStatus } | null, scheduledBy: { name: string }, failure: { code: TransitionFailureCode, message: string } | null }> } | null };

export type CancelScheduledTransitionMutationVariables = Exact<{
  cancel: CancelScheduledTransitionInput;
}>;


export type CancelScheduledTransitionMutation = { cancelScheduledTransition: { position: string, transition: { id: string, state: ScheduledTransitionState } | null } };

export type SearchChangesSubscriptionVariables = Exact<{
  filter: UserFilter;
  watch?: Array<string> | string | null | undefined;
  after?: string | null | undefined;
}>;


export type SearchChangesSubscription = { searchChanges:
    | { __typename: 'FeedCheckpoint', position: string }
    | { __typename: 'FeedReset', position: string, reason: ResetReason }
    | { __typename: 'SavedSearchChange', position: string, change: MembershipChange, userId: string, occurredAt: string, user: { displayName: string, status: UserStatus, title: string | null } | null, changes: Array<{ field: string, before: unknown, after: unknown, redacted: boolean }>, cause: { kind: CauseKind, reason: string | null, actor: { name: string } } }
    | { __typename: 'SavedSearchSummary' }
   };

export type SearchPeopleQueryVariables = Exact<{
  filter?: UserFilter | null | undefined;
  orderBy?: Array<UserOrder> | UserOrder | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type SearchPeopleQuery = { users: { totalCount: number | null, position: string, facets: Array<{ field: UserFacetField | null, otherCount: number, buckets: Array<{ label: string, count: number }> }> | null, nodes: Array<{ id: string, displayName: string, title: string | null, department: string | null, location: string | null, status: UserStatus, hiredOn: string | null, orgUnit: { name: string } | null, manager: { displayName: string } | null, roles: Array<{ name: string }> | null }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } | null };

export type CreateServiceTokenMutationVariables = Exact<{
  create: CreateServiceTokenInput;
}>;


export type CreateServiceTokenMutation = { createServiceToken: { secret: string, position: string, serviceToken: { id: string, name: string, permissions: Array<Permission> | null } | null } };

export type ServiceTokensQueryVariables = Exact<{
  includeEnded?: boolean | null | undefined;
}>;


export type ServiceTokensQuery = { serviceTokens: { totalCount: number | null, nodes: Array<{ id: string, name: string, kind: ServiceTokenKind, permissions: Array<Permission> | null, createdAt: string, expiresAt: string | null, lastUsedAt: string | null, user: { displayName: string } | null, scopes: Array<{ name: string }> | null }> } | null };

export type RevokeServiceTokenMutationVariables = Exact<{
  revoke: RevokeServiceTokenInput;
}>;


export type RevokeServiceTokenMutation = { revokeServiceToken: { position: string, serviceToken: { id: string, revokedAt: string | null } | null } };

export type SignInReviewQueryVariables = Exact<{
  idleFor?: string | null | undefined;
  endsWithin?: string | null | undefined;
}>;


export type SignInReviewQuery = { users: { totalCount: number | null, nodes: Array<{ displayName: string, status: UserStatus, lastLoginAt: string | null, mfaEnrolled: boolean | null, mfaMethods: Array<MfaMethod> | null, riskScore: number | null, roleGrants: Array<{ expiresAt: string | null, role: { name: string, privileged: boolean } }> | null }>, facets: Array<{ field: UserFacetField | null, buckets: Array<{ label: string, count: number }> }> | null } | null };

export type SuspendUserMutationVariables = Exact<{
  input: SuspendUserInput;
}>;


export type SuspendUserMutation = { suspendUser: { position: string, user: { id: string, displayName: string, status: UserStatus, statusReason: string | null, statusChangedAt: string | null, allowedTransitions: Array<UserStatus> | null } | null, consequences: Array<{ kind: ConsequenceKind, count: number }> } };

export type ReinstateUserMutationVariables = Exact<{
  input: ReinstateUserInput;
}>;


export type ReinstateUserMutation = { reinstateUser: { position: string, user: { id: string, displayName: string, status: UserStatus, allowedTransitions: Array<UserStatus> | null } | null } };

export type PreviewTransferQueryVariables = Exact<{
  input: TransferInput;
}>;


export type PreviewTransferQuery = { previewTransfer: { changes: { fields: Array<{ field: string, before: unknown, after: unknown }>, rolesGranted: Array<{ roleKey: string, unitId: string | null }>, rolesEnded: Array<{ roleKey: string, unitId: string | null }>, groupsJoined: Array<{ key: string }>, groupsLeft: Array<{ key: string }> } } | null };

export type TransferMutationVariables = Exact<{
  input: TransferInput;
}>;


export type TransferMutation = { transfer: { position: string, user: { id: string, title: string | null, version: number, orgUnit: { id: string } | null } | null, transition: { id: string, effectiveAt: string } | null, consequences: Array<{ kind: ConsequenceKind, count: number, subjectIds: Array<string> }> } };

export type UpdateUserMutationVariables = Exact<{
  input: UpdateUserInput;
}>;


export type UpdateUserMutation = { updateUser: { position: string, user: { id: string, version: number, displayName: string, title: string | null, location: string | null, tags: Array<string> | null, updatedAt: string | null } | null } };

export type ActivateUserMutationVariables = Exact<{
  input: ActivateUserInput;
}>;


export type ActivateUserMutation = { activateUser: { position: string, user: { id: string, version: number, status: UserStatus, statusReason: string | null, statusChangedAt: string | null, allowedTransitions: Array<UserStatus> | null } | null, consequences: Array<{ kind: ConsequenceKind, count: number }> } };

export type DeactivateUserMutationVariables = Exact<{
  input: DeactivateUserInput;
}>;


export type DeactivateUserMutation = { deactivateUser: { position: string, user: { id: string, version: number, status: UserStatus, statusReason: string | null, statusChangedAt: string | null, allowedTransitions: Array<UserStatus> | null } | null, consequences: Array<{ kind: ConsequenceKind, count: number }> } };

export type LockUserMutationVariables = Exact<{
  input: LockUserInput;
}>;


export type LockUserMutation = { lockUser: { position: string, user: { id: string, version: number, status: UserStatus, statusReason: string | null, statusChangedAt: string | null, allowedTransitions: Array<UserStatus> | null } | null, consequences: Array<{ kind: ConsequenceKind, count: number }> } };

export type UnlockUserMutationVariables = Exact<{
  input: UnlockUserInput;
}>;


export type UnlockUserMutation = { unlockUser: { position: string, user: { id: string, version: number, status: UserStatus, statusReason: string | null, statusChangedAt: string | null, allowedTransitions: Array<UserStatus> | null } | null, consequences: Array<{ kind: ConsequenceKind, count: number }> } };

export type ArchiveUserMutationVariables = Exact<{
  input: ArchiveUserInput;
}>;


export type ArchiveUserMutation = { archiveUser: { position: string, user: { id: string, version: number, status: UserStatus, statusReason: string | null, statusChangedAt: string | null, allowedTransitions: Array<UserStatus> | null } | null, consequences: Array<{ kind: ConsequenceKind, count: number }> } };

export type DeleteUserMutationVariables = Exact<{
  input: DeleteUserInput;
}>;


export type DeleteUserMutation = { deleteUser: { position: string, user: { id: string, version: number, status: UserStatus, statusReason: string | null, statusChangedAt: string | null, allowedTransitions: Array<UserStatus> | null } | null, consequences: Array<{ kind: ConsequenceKind, count: number }> } };

export type RestoreUserMutationVariables = Exact<{
  input: RestoreUserInput;
}>;


export type RestoreUserMutation = { restoreUser: { position: string, user: { id: string, version: number, status: UserStatus, statusReason: string | null, statusChangedAt: string | null, allowedTransitions: Array<UserStatus> | null } | null, consequences: Array<{ kind: ConsequenceKind, count: number }> } };

export type StandingFragment = { id: string, version: number, status: UserStatus, statusReason: string | null, statusChangedAt: string | null, allowedTransitions: Array<UserStatus> | null };

export type ViewerQueryVariables = Exact<{ [key: string]: never; }>;


export type ViewerQuery = { viewer: { user: { id: string, displayName: string, email: string | null } | null, grants: Array<{ permission: Permission, scopes: Array<{ id: string, name: string }> }> } | null };

export type MakeUnitMutationVariables = Exact<{
  input: CreateOrgUnitInput;
}>;


export type MakeUnitMutation = { createOrgUnit: { position: string, orgUnit: { id: string } | null } };

export type MakeUserMutationVariables = Exact<{
  input: CreateUserInput;
}>;


export type MakeUserMutation = { createUser: { position: string, user: { id: string } | null } };

export type FindUsersQueryVariables = Exact<{
  filter?: UserFilter | null | undefined;
  orderBy?: Array<UserOrder> | UserOrder | null | undefined;
  first?: number | null | undefined;
  includeDeleted?: boolean | null | undefined;
}>;


export type FindUsersQuery = { users: { nodes: Array<{ username: string }> } | null };

export class TypedDocumentString<TResult, TVariables>
  extends String
  implements DocumentTypeDecoration<TResult, TVariables>
{
  __apiType?: NonNullable<DocumentTypeDecoration<TResult, TVariables>['__apiType']>;
  private value: string;
  public __meta__?: Record<string, any> | undefined;

  constructor(value: string, __meta__?: Record<string, any> | undefined) {
    super(value);
    this.value = value;
    this.__meta__ = __meta__;
  }

  override toString(): string & DocumentTypeDecoration<TResult, TVariables> {
    return this.value;
  }
}
export const BranchFragmentDoc = new TypedDocumentString(`
    fragment Branch on OrgUnit {
  id
  code
  name
  kind
  depth
  head {
    displayName
    title
  }
  people: memberCount(includeDescendants: true)
}
    `, {"fragmentName":"Branch"}) as unknown as TypedDocumentString<BranchFragment, unknown>;
export const StandingFragmentDoc = new TypedDocumentString(`
    fragment Standing on User {
  id
  version
  status
  statusReason
  statusChangedAt
  allowedTransitions
}
    `, {"fragmentName":"Standing"}) as unknown as TypedDocumentString<StandingFragment, unknown>;
export const ApplyBulkChangeDocument = new TypedDocumentString(`
    mutation ApplyBulkChange($input: ApplyBulkInput!) {
  applyBulk(input: $input) {
    plan {
      id
      state
      approvalRequestId
    }
    position
  }
}
    `) as unknown as TypedDocumentString<ApplyBulkChangeMutation, ApplyBulkChangeMutationVariables>;
export const ApprovalQueueDocument = new TypedDocumentString(`
    query ApprovalQueue($first: Int, $cursor: String) {
  approvalRequests(filter: {mine: TO_DECIDE}, first: $first, after: $cursor) {
    nodes {
      id
      version
      kind
      subjectName
      reason
      changes {
        field
        before
        after
      }
      currentStep
      steps {
        place
        decision
        decidedBy {
          name
        }
        comment
      }
      expiresAt
    }
    pageInfo {
      hasNextPage
      endCursor
    }
    totalCount
    position
  }
}
    `) as unknown as TypedDocumentString<ApprovalQueueQuery, ApprovalQueueQueryVariables>;
export const ApproveDocument = new TypedDocumentString(`
    mutation Approve($decision: ApproveInput!) {
  approve(input: $decision) {
    approvalRequest {
      id
      state
      failure {
        code
        message
      }
    }
    position
  }
}
    `) as unknown as TypedDocumentString<ApproveMutation, ApproveMutationVariables>;
export const RejectDocument = new TypedDocumentString(`
    mutation Reject($rejection: RejectInput!) {
  reject(input: $rejection) {
    approvalRequest {
      id
      state
    }
    position
  }
}
    `) as unknown as TypedDocumentString<RejectMutation, RejectMutationVariables>;
export const DelegateApprovalsDocument = new TypedDocumentString(`
    mutation DelegateApprovals($delegation: DelegateApprovalsInput!) {
  delegateApprovals(input: $delegation) {
    delegation {
      id
      delegate {
        displayName
      }
      endsAt
    }
    position
  }
}
    `) as unknown as TypedDocumentString<DelegateApprovalsMutation, DelegateApprovalsMutationVariables>;
export const ApprovalEventsDocument = new TypedDocumentString(`
    subscription ApprovalEvents($after: Position) {
  approvalRequestEvents(after: $after) {
    __typename
    ... on ApprovalRequestEvent {
      position
      type
      requestId
      request {
        state
        viewerMayDecide
      }
    }
    ... on FeedReset {
      position
      reason
    }
    ... on FeedCheckpoint {
      position
    }
  }
}
    `) as unknown as TypedDocumentString<ApprovalEventsSubscription, ApprovalEventsSubscriptionVariables>;
export const AttributeDefinitionsDocument = new TypedDocumentString(`
    query AttributeDefinitions {
  attributeDefinitions {
    id
    version
    key
    name
    description
    type
    state
    required
    unique
    pattern
    minimum
    maximum
    earliest
    latest
    minLength
    maxLength
    choices {
      value
      label
    }
    sensitive
    selfEditable
    readPermission
    searchable
  }
}
    `) as unknown as TypedDocumentString<AttributeDefinitionsQuery, AttributeDefinitionsQueryVariables>;
export const PreviewAttributeDefinitionDocument = new TypedDocumentString(`
    query PreviewAttributeDefinition($preview: PreviewAttributeDefinitionInput!) {
  previewAttributeDefinition(input: $preview) {
    invalidCount
    people(first: 20) {
      totalCount
      nodes {
        problem
        message
        user {
          id
          displayName
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
}
    `) as unknown as TypedDocumentString<PreviewAttributeDefinitionQuery, PreviewAttributeDefinitionQueryVariables>;
export const CreateAttributeDefinitionDocument = new TypedDocumentString(`
    mutation CreateAttributeDefinition($create: CreateAttributeDefinitionInput!) {
  createAttributeDefinition(input: $create) {
    definition {
      id
      version
      key
    }
    position
  }
}
    `) as unknown as TypedDocumentString<CreateAttributeDefinitionMutation, CreateAttributeDefinitionMutationVariables>;
export const BulkChangeProgressDocument = new TypedDocumentString(`
    subscription BulkChangeProgress($id: ID!, $after: Position) {
  bulkPlanProgress(id: $id, after: $after) {
    ... on BulkPlanProgress {
      position
      state
      progress {
        total
        done
        changed
        conflicts
        refused
        failed
        peoplePerSecond
        secondsLeft
      }
    }
    ... on FeedReset {
      position
      reason
    }
    ... on FeedCheckpoint {
      position
    }
  }
}
    `) as unknown as TypedDocumentString<BulkChangeProgressSubscription, BulkChangeProgressSubscriptionVariables>;
export const CreateUserDocument = new TypedDocumentString(`
    mutation CreateUser($input: CreateUserInput!) {
  createUser(input: $input) {
    user {
      id
      version
      username
      displayName
      email
      status
      allowedTransitions
      orgUnit {
        name
      }
      createdAt
    }
    position
  }
}
    `) as unknown as TypedDocumentString<CreateUserMutation, CreateUserMutationVariables>;
export const PreviewErasureDocument = new TypedDocumentString(`
    query PreviewErasure($userId: ID!) {
  previewErasure(userId: $userId) {
    erasable
    holds {
      id
      reason
      placedAt
    }
    data {
      table
      rows
      fate
      columns
      why
    }
    namedIn {
      table
      id
    }
    erasure {
      erasedAt
      finishedAt
    }
  }
}
    `) as unknown as TypedDocumentString<PreviewErasureQuery, PreviewErasureQueryVariables>;
export const EraseUserDocument = new TypedDocumentString(`
    mutation EraseUser($erasure: EraseUserInput!) {
  eraseUser(input: $erasure) {
    approvalRequest {
      id
      state
    }
    erasure {
      erasedAt
    }
    position
  }
}
    `) as unknown as TypedDocumentString<EraseUserMutation, EraseUserMutationVariables>;
export const PlaceLegalHoldDocument = new TypedDocumentString(`
    mutation PlaceLegalHold($hold: PlaceLegalHoldInput!) {
  placeLegalHold(input: $hold) {
    hold {
      id
    }
    position
  }
}
    `) as unknown as TypedDocumentString<PlaceLegalHoldMutation, PlaceLegalHoldMutationVariables>;
export const ReleaseLegalHoldDocument = new TypedDocumentString(`
    mutation ReleaseLegalHold($release: ReleaseLegalHoldInput!) {
  releaseLegalHold(input: $release) {
    hold {
      releasedAt
    }
    position
  }
}
    `) as unknown as TypedDocumentString<ReleaseLegalHoldMutation, ReleaseLegalHoldMutationVariables>;
export const ExportPersonalDataDocument = new TypedDocumentString(`
    mutation ExportPersonalData($export: ExportPersonalDataInput!) {
  exportPersonalData(input: $export) {
    document
    position
  }
}
    `) as unknown as TypedDocumentString<ExportPersonalDataMutation, ExportPersonalDataMutationVariables>;
export const ExportPeopleDocument = new TypedDocumentString(`
    mutation ExportPeople($input: CreateExportInput!) {
  createExport(input: $input) {
    path
    expiresAt
    position
  }
}
    `) as unknown as TypedDocumentString<ExportPeopleMutation, ExportPeopleMutationVariables>;
export const FindPeopleDocument = new TypedDocumentString(`
    query FindPeople($text: String!, $first: Int = 8) {
  users(
    filter: {text: $text, status: {notIn: [ARCHIVED]}}
    first: $first
    orderBy: [{field: DISPLAY_NAME}]
  ) {
    nodes {
      id
      displayName
      username
      title
      orgUnit {
        name
      }
    }
  }
}
    `) as unknown as TypedDocumentString<FindPeopleQuery, FindPeopleQueryVariables>;
export const GrantRoleDocument = new TypedDocumentString(`
    mutation GrantRole($grant: GrantRoleInput!) {
  grantRole(input: $grant) {
    grant {
      id
      role {
        key
        name
      }
      scope {
        name
      }
      startsAt
      expiresAt
      active
    }
    position
  }
}
    `) as unknown as TypedDocumentString<GrantRoleMutation, GrantRoleMutationVariables>;
export const RevokeRoleDocument = new TypedDocumentString(`
    mutation RevokeRole($revoke: RevokeRoleInput!) {
  revokeRole(input: $revoke) {
    grant {
      id
      active
    }
    position
  }
}
    `) as unknown as TypedDocumentString<RevokeRoleMutation, RevokeRoleMutationVariables>;
export const InviteUserDocument = new TypedDocumentString(`
    mutation InviteUser($input: InviteUserInput!) {
  inviteUser(input: $input) {
    user {
      displayName
      email
      status
    }
    expiresAt
    position
  }
}
    `) as unknown as TypedDocumentString<InviteUserMutation, InviteUserMutationVariables>;
export const MoveOrgUnitDocument = new TypedDocumentString(`
    mutation MoveOrgUnit($input: MoveOrgUnitInput!) {
  moveOrgUnit(input: $input) {
    orgUnit {
      id
      name
      depth
      parent {
        name
      }
      ancestors {
        name
      }
      people: memberCount(includeDescendants: true)
    }
    consequences {
      kind
      count
    }
    position
  }
}
    `) as unknown as TypedDocumentString<MoveOrgUnitMutation, MoveOrgUnitMutationVariables>;
export const EditableProfileDocument = new TypedDocumentString(`
    query EditableProfile {
  viewer {
    editableProfileFields {
      name
      sensitive
    }
    user {
      id
      version
      displayName
      nickName
      email
    }
  }
}
    `) as unknown as TypedDocumentString<EditableProfileQuery, EditableProfileQueryVariables>;
export const UpdateMyProfileDocument = new TypedDocumentString(`
    mutation UpdateMyProfile($changes: UpdateMyProfileInput!) {
  updateMyProfile(input: $changes) {
    user {
      id
      version
      nickName
    }
    approvalRequest {
      id
      state
      expiresAt
      changes {
        field
        before
        after
      }
    }
    position
  }
}
    `) as unknown as TypedDocumentString<UpdateMyProfileMutation, UpdateMyProfileMutationVariables>;
export const NodeDocument = new TypedDocumentString(`
    query Node($id: ID!) {
  node(id: $id) {
    __typename
    id
    ... on User {
      displayName
      status
    }
    ... on OrgUnit {
      name
      kind
    }
    ... on Role {
      key
      name
    }
  }
}
    `) as unknown as TypedDocumentString<NodeQuery, NodeQueryVariables>;
export const PreviewOffboardingDocument = new TypedDocumentString(`
    query PreviewOffboarding($input: OffboardInput!) {
  previewOffboarding(input: $input) {
    consequences {
      kind
      count
      subjectIds
    }
  }
}
    `) as unknown as TypedDocumentString<PreviewOffboardingQuery, PreviewOffboardingQueryVariables>;
export const OffboardDocument = new TypedDocumentString(`
    mutation Offboard($input: OffboardInput!) {
  offboard(input: $input) {
    user {
      id
      status
      version
    }
    transition {
      id
      effectiveAt
    }
    consequences {
      kind
      count
      subjectIds
    }
    position
  }
}
    `) as unknown as TypedDocumentString<OffboardMutation, OffboardMutationVariables>;
export const PreviewOnboardingDocument = new TypedDocumentString(`
    query PreviewOnboarding($input: OnboardInput!) {
  previewOnboarding(input: $input) {
    startsAtOnce
    changes {
      fields {
        field
        after
      }
      rolesGranted {
        roleKey
        unitId
      }
      groupsJoined {
        key
      }
    }
  }
}
    `) as unknown as TypedDocumentString<PreviewOnboardingQuery, PreviewOnboardingQueryVariables>;
export const OnboardDocument = new TypedDocumentString(`
    mutation Onboard($input: OnboardInput!) {
  onboard(input: $input) {
    user {
      id
      status
      version
    }
    transition {
      id
      effectiveAt
    }
    invitation {
      id
      effectiveAt
    }
    consequences {
      kind
      count
      subjectIds
    }
    position
  }
}
    `) as unknown as TypedDocumentString<OnboardMutation, OnboardMutationVariables>;
export const OrgHierarchyDocument = new TypedDocumentString(`
    query OrgHierarchy($childrenPerUnit: Int = 20) {
  orgUnits(filter: {roots: true}, first: 10) {
    nodes {
      ...Branch
      children(first: $childrenPerUnit) {
        nodes {
          ...Branch
          children(first: $childrenPerUnit) {
            nodes {
              ...Branch
            }
          }
        }
      }
    }
  }
}
    fragment Branch on OrgUnit {
  id
  code
  name
  kind
  depth
  head {
    displayName
    title
  }
  people: memberCount(includeDescendants: true)
}`) as unknown as TypedDocumentString<OrgHierarchyQuery, OrgHierarchyQueryVariables>;
export const CreateOrgUnitDocument = new TypedDocumentString(`
    mutation CreateOrgUnit($input: CreateOrgUnitInput!) {
  createOrgUnit(input: $input) {
    orgUnit {
      id
      version
      code
      name
      kind
      parent {
        id
      }
    }
    position
  }
}
    `) as unknown as TypedDocumentString<CreateOrgUnitMutation, CreateOrgUnitMutationVariables>;
export const UpdateOrgUnitDocument = new TypedDocumentString(`
    mutation UpdateOrgUnit($input: UpdateOrgUnitInput!) {
  updateOrgUnit(input: $input) {
    orgUnit {
      id
      version
      code
      name
      kind
      head {
        id
        displayName
      }
    }
    position
  }
}
    `) as unknown as TypedDocumentString<UpdateOrgUnitMutation, UpdateOrgUnitMutationVariables>;
export const DeleteOrgUnitDocument = new TypedDocumentString(`
    mutation DeleteOrgUnit($input: DeleteOrgUnitInput!) {
  deleteOrgUnit(input: $input) {
    deletedId
    position
  }
}
    `) as unknown as TypedDocumentString<DeleteOrgUnitMutation, DeleteOrgUnitMutationVariables>;
export const OrgUnitDocument = new TypedDocumentString(`
    query OrgUnit($by: OrgUnitBy!, $includeDescendants: Boolean = false, $first: Int = 50, $after: String) {
  orgUnit(by: $by) {
    id
    version
    code
    name
    kind
    depth
    parent {
      id
      name
    }
    head {
      id
      displayName
    }
    children {
      nodes {
        id
        code
        name
        kind
      }
    }
    members(
      includeDescendants: $includeDescendants
      first: $first
      after: $after
      orderBy: [{field: FAMILY_NAME}, {field: GIVEN_NAME}]
    ) {
      totalCount
      nodes {
        id
        displayName
        title
        status
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
}
    `) as unknown as TypedDocumentString<OrgUnitQuery, OrgUnitQueryVariables>;
export const PagePeopleDocument = new TypedDocumentString(`
    query PagePeople($filter: UserFilter, $orderBy: [UserOrder!], $first: Int, $after: String, $last: Int, $before: String) {
  users(
    filter: $filter
    orderBy: $orderBy
    first: $first
    after: $after
    last: $last
    before: $before
  ) {
    nodes {
      id
      displayName
      email
      title
      location
    }
    pageInfo {
      hasNextPage
      hasPreviousPage
      startCursor
      endCursor
    }
  }
}
    `) as unknown as TypedDocumentString<PagePeopleQuery, PagePeopleQueryVariables>;
export const PersonDocument = new TypedDocumentString(`
    query Person($by: UserBy!) {
  user(by: $by) {
    id
    version
    displayName
    username
    email
    phone
    title
    department
    employeeType
    employeeNumber
    status
    allowedTransitions
    hiredOn
    terminatesOn
    orgUnit {
      code
      name
      kind
      ancestors {
        name
        kind
      }
    }
    managementChain {
      displayName
      title
    }
    reports(first: 10) {
      totalCount
      nodes {
        displayName
        title
      }
    }
    roles {
      key
      name
      permissions
    }
    roleGrants {
      role {
        name
      }
      scope {
        name
      }
      grantedBy {
        kind
        name
      }
      grantedAt
      expiresAt
      active
    }
  }
}
    `) as unknown as TypedDocumentString<PersonQuery, PersonQueryVariables>;
export const PlanBulkChangeDocument = new TypedDocumentString(`
    mutation PlanBulkChange($input: PlanBulkInput!) {
  planBulk(input: $input) {
    plan {
      id
      state
      needsApproval
      peopleCount
      changingCount
      unchangedCount
      errorCount
      estimatedSeconds
      consequences {
        kind
        count
      }
      limits {
        name
        exceeded
      }
      searchEffects {
        joining
        leaving
        savedSearch {
          id
          name
        }
      }
      items(first: 50, findings: [CHANGE, ERROR]) {
        totalCount
        nodes {
          userId
          finding
          changes {
            field
            before
            after
            redacted
          }
          problem {
            code
            message
          }
          notes
        }
      }
    }
    position
  }
}
    `) as unknown as TypedDocumentString<PlanBulkChangeMutation, PlanBulkChangeMutationVariables>;
export const PlanImportDocument = new TypedDocumentString(`
    mutation PlanImport($input: PlanImportInput!) {
  planImport(input: $input) {
    plan {
      id
      state
    }
    position
  }
}
    `) as unknown as TypedDocumentString<PlanImportMutation, PlanImportMutationVariables>;
export const ProfileTemplatesDocument = new TypedDocumentString(`
    query ProfileTemplates {
  profileTemplates {
    id
    version
    name
    filter
    filterText
    priority
    defaults
    roles {
      roleKey
      reach
      unitId
    }
    updatedAt
  }
}
    `) as unknown as TypedDocumentString<ProfileTemplatesQuery, ProfileTemplatesQueryVariables>;
export const PreviewTemplateDocument = new TypedDocumentString(`
    query PreviewTemplate($id: ID!) {
  previewTemplate(id: $id) {
    matchCount
    people(first: 20) {
      totalCount
      nodes {
        user {
          id
          displayName
        }
        fields
        roleKeys
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
}
    `) as unknown as TypedDocumentString<PreviewTemplateQuery, PreviewTemplateQueryVariables>;
export const CreateProfileTemplateDocument = new TypedDocumentString(`
    mutation CreateProfileTemplate($input: CreateProfileTemplateInput!) {
  createProfileTemplate(input: $input) {
    template {
      id
      version
      name
    }
    position
  }
}
    `) as unknown as TypedDocumentString<CreateProfileTemplateMutation, CreateProfileTemplateMutationVariables>;
export const RetentionPoliciesDocument = new TypedDocumentString(`
    query RetentionPolicies {
  retentionPolicies {
    id
    version
    name
    status
    days
    filterText
    action
    enabled
    inForce
    maxPeople
    maxPercent
    approvalRequest {
      id
      state
    }
  }
}
    `) as unknown as TypedDocumentString<RetentionPoliciesQuery, RetentionPoliciesQueryVariables>;
export const PreviewRetentionDocument = new TypedDocumentString(`
    query PreviewRetention($policyId: ID!, $after: String) {
  previewRetention(policyId: $policyId) {
    dueCount
    passedOverCount
    limits {
      name
      exceeded
    }
    people(first: 20, after: $after) {
      totalCount
      nodes {
        user {
          id
          displayName
          status
          statusChangedAt
        }
        obstacle
        problem {
          message
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
}
    `) as unknown as TypedDocumentString<PreviewRetentionQuery, PreviewRetentionQueryVariables>;
export const RetentionRunsDocument = new TypedDocumentString(`
    query RetentionRuns($policyId: ID) {
  retentionRuns(policyId: $policyId, first: 20) {
    nodes {
      id
      policyName
      action
      state
      scheduled
      peopleCount
      doneCount
      passedOverCount
      problem
      startedAt
      finishedAt
    }
  }
}
    `) as unknown as TypedDocumentString<RetentionRunsQuery, RetentionRunsQueryVariables>;
export const CreateRetentionPolicyDocument = new TypedDocumentString(`
    mutation CreateRetentionPolicy($policy: CreateRetentionPolicyInput!) {
  createRetentionPolicy(input: $policy) {
    policy {
      id
      version
      inForce
    }
    position
  }
}
    `) as unknown as TypedDocumentString<CreateRetentionPolicyMutation, CreateRetentionPolicyMutationVariables>;
export const UpdateRetentionPolicyDocument = new TypedDocumentString(`
    mutation UpdateRetentionPolicy($changes: UpdateRetentionPolicyInput!) {
  updateRetentionPolicy(input: $changes) {
    policy {
      version
      inForce
      approvalRequest {
        id
      }
    }
    position
  }
}
    `) as unknown as TypedDocumentString<UpdateRetentionPolicyMutation, UpdateRetentionPolicyMutationVariables>;
export const DeleteRetentionPolicyDocument = new TypedDocumentString(`
    mutation DeleteRetentionPolicy($deletion: DeleteRetentionPolicyInput!) {
  deleteRetentionPolicy(input: $deletion) {
    deletedId
    position
  }
}
    `) as unknown as TypedDocumentString<DeleteRetentionPolicyMutation, DeleteRetentionPolicyMutationVariables>;
export const RunRetentionDocument = new TypedDocumentString(`
    mutation RunRetention($run: RunRetentionInput!) {
  runRetention(input: $run) {
    run {
      id
      state
      peopleCount
    }
    position
  }
}
    `) as unknown as TypedDocumentString<RunRetentionMutation, RunRetentionMutationVariables>;
export const RevertBulkChangeDocument = new TypedDocumentString(`
    mutation RevertBulkChange($input: PlanRevertInput!) {
  planRevert(input: $input) {
    plan {
      id
      changingCount
      errorCount
      items(first: 50, findings: [ERROR]) {
        nodes {
          userId
          problem {
            code
            message
          }
          notes
        }
      }
    }
    position
  }
}
    `) as unknown as TypedDocumentString<RevertBulkChangeMutation, RevertBulkChangeMutationVariables>;
export const CreateRoleDocument = new TypedDocumentString(`
    mutation CreateRole($input: CreateRoleInput!) {
  createRole(input: $input) {
    role {
      id
      version
      key
      name
      permissions
      inherits {
        key
      }
    }
    position
  }
}
    `) as unknown as TypedDocumentString<CreateRoleMutation, CreateRoleMutationVariables>;
export const UpdateRoleDocument = new TypedDocumentString(`
    mutation UpdateRole($input: UpdateRoleInput!) {
  updateRole(input: $input) {
    role {
      id
      version
      key
      name
      permissions
      inherits {
        key
      }
    }
    position
  }
}
    `) as unknown as TypedDocumentString<UpdateRoleMutation, UpdateRoleMutationVariables>;
export const DeleteRoleDocument = new TypedDocumentString(`
    mutation DeleteRole($input: DeleteRoleInput!) {
  deleteRole(input: $input) {
    deletedId
    position
  }
}
    `) as unknown as TypedDocumentString<DeleteRoleMutation, DeleteRoleMutationVariables>;
export const RolesDocument = new TypedDocumentString(`
    query Roles($search: String, $privileged: Boolean) {
  roles(search: $search, privileged: $privileged, first: 50) {
    totalCount
    nodes {
      id
      key
      name
      description
      privileged
      permissions
      inherits {
        key
        name
      }
      members(first: 5, orderBy: [{field: DISPLAY_NAME}]) {
        totalCount
        nodes {
          displayName
          title
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<RolesQuery, RolesQueryVariables>;
export const SaveSearchDocument = new TypedDocumentString(`
    mutation SaveSearch($input: CreateSavedSearchInput!) {
  createSavedSearch(input: $input) {
    savedSearch {
      id
      filterText
    }
    position
  }
}
    `) as unknown as TypedDocumentString<SaveSearchMutation, SaveSearchMutationVariables>;
export const SavedSearchMembersDocument = new TypedDocumentString(`
    query SavedSearchMembers($id: ID!, $first: Int, $cursor: String) {
  savedSearch(id: $id) {
    id
    name
    suspension {
      field
      permission
    }
    users(first: $first, after: $cursor) {
      nodes {
        id
        displayName
      }
      pageInfo {
        hasNextPage
        endCursor
      }
      position
    }
  }
}
    `) as unknown as TypedDocumentString<SavedSearchMembersQuery, SavedSearchMembersQueryVariables>;
export const SavedSearchChangesDocument = new TypedDocumentString(`
    subscription SavedSearchChanges($id: ID!, $after: Position) {
  savedSearchChanges(id: $id, after: $after) {
    __typename
    ... on SavedSearchChange {
      position
      change
      userId
      user {
        displayName
      }
      changes {
        field
        before
        after
        redacted
      }
    }
    ... on SavedSearchSummary {
      from
      position
      joined
      left
      changed
    }
    ... on FeedReset {
      position
      reason
    }
    ... on FeedCheckpoint {
      position
    }
  }
}
    `) as unknown as TypedDocumentString<SavedSearchChangesSubscription, SavedSearchChangesSubscriptionVariables>;
export const SavedSearchHistoryDocument = new TypedDocumentString(`
    query SavedSearchHistory($id: ID!, $after: Position!, $through: Position, $first: Int) {
  savedSearch(id: $id) {
    changes(after: $after, through: $through, first: $first) {
      nodes {
        position
        change
        userId
        cause {
          kind
          operationId
        }
        occurredAt
      }
      endPosition
      hasNextPage
    }
  }
}
    `) as unknown as TypedDocumentString<SavedSearchHistoryQuery, SavedSearchHistoryQueryVariables>;
export const ScheduleTransitionDocument = new TypedDocumentString(`
    mutation ScheduleTransition($input: ScheduleTransitionInput!) {
  scheduleTransition(input: $input) {
    transition {
      id
      operation
      effectiveAt
      effectiveOn
      timezone
      until
      state
    }
    position
  }
}
    `) as unknown as TypedDocumentString<ScheduleTransitionMutation, ScheduleTransitionMutationVariables>;
export const ScheduledDocument = new TypedDocumentString(`
    query Scheduled {
  scheduledTransitions(first: 20, filter: {states: [SCHEDULED, FAILED]}) {
    nodes {
      id
      operation
      effectiveAt
      state
      reason
      user {
        id
        displayName
        status
      }
      scheduledBy {
        name
      }
      failure {
        code
        message
      }
    }
    totalCount
  }
}
    `) as unknown as TypedDocumentString<ScheduledQuery, ScheduledQueryVariables>;
export const CancelScheduledTransitionDocument = new TypedDocumentString(`
    mutation CancelScheduledTransition($cancel: CancelScheduledTransitionInput!) {
  cancelScheduledTransition(input: $cancel) {
    transition {
      id
      state
    }
    position
  }
}
    `) as unknown as TypedDocumentString<CancelScheduledTransitionMutation, CancelScheduledTransitionMutationVariables>;
export const SearchChangesDocument = new TypedDocumentString(`
    subscription SearchChanges($filter: UserFilter!, $watch: [String!], $after: Position) {
  searchChanges(filter: $filter, watch: $watch, after: $after) {
    __typename
    ... on SavedSearchChange {
      position
      change
      userId
      user {
        displayName
        status
        title
      }
      changes {
        field
        before
        after
        redacted
      }
      cause {
        kind
        reason
        actor {
          name
        }
      }
      occurredAt
    }
    ... on FeedReset {
      position
      reason
    }
    ... on FeedCheckpoint {
      position
    }
  }
}
    `) as unknown as TypedDocumentString<SearchChangesSubscription, SearchChangesSubscriptionVariables>;
export const SearchPeopleDocument = new TypedDocumentString(`
    query SearchPeople($filter: UserFilter, $orderBy: [UserOrder!], $first: Int = 10, $after: String) {
  users(filter: $filter, orderBy: $orderBy, first: $first, after: $after) {
    totalCount
    facets(by: [{field: DEPARTMENT}], top: 3) {
      field
      buckets {
        label
        count
      }
      otherCount
    }
    nodes {
      id
      displayName
      title
      department
      location
      status
      hiredOn
      orgUnit {
        name
      }
      manager {
        displayName
      }
      roles {
        name
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
    position
  }
}
    `) as unknown as TypedDocumentString<SearchPeopleQuery, SearchPeopleQueryVariables>;
export const CreateServiceTokenDocument = new TypedDocumentString(`
    mutation CreateServiceToken($create: CreateServiceTokenInput!) {
  createServiceToken(input: $create) {
    secret
    serviceToken {
      id
      name
      permissions
    }
    position
  }
}
    `) as unknown as TypedDocumentString<CreateServiceTokenMutation, CreateServiceTokenMutationVariables>;
export const ServiceTokensDocument = new TypedDocumentString(`
    query ServiceTokens($includeEnded: Boolean) {
  serviceTokens(includeEnded: $includeEnded, first: 50) {
    totalCount
    nodes {
      id
      name
      kind
      user {
        displayName
      }
      permissions
      scopes {
        name
      }
      createdAt
      expiresAt
      lastUsedAt
    }
  }
}
    `) as unknown as TypedDocumentString<ServiceTokensQuery, ServiceTokensQueryVariables>;
export const RevokeServiceTokenDocument = new TypedDocumentString(`
    mutation RevokeServiceToken($revoke: RevokeServiceTokenInput!) {
  revokeServiceToken(input: $revoke) {
    serviceToken {
      id
      revokedAt
    }
    position
  }
}
    `) as unknown as TypedDocumentString<RevokeServiceTokenMutation, RevokeServiceTokenMutationVariables>;
export const SignInReviewDocument = new TypedDocumentString(`
    query SignInReview($idleFor: Duration = "P90D", $endsWithin: Duration = "P30D") {
  users(
    first: 20
    orderBy: [{field: LAST_LOGIN_AT, direction: ASC, nulls: FIRST}]
    filter: {status: {in: [ACTIVE, LOCKED]}, or: [{lastLoginAt: {olderThan: $idleFor}}, {mfaEnrolled: {ne: true}, roleGrants: {some: {privileged: {eq: true}}}}, {roleGrants: {some: {expiresAt: {withinNext: $endsWithin}}}}]}
  ) {
    totalCount
    nodes {
      displayName
      status
      lastLoginAt
      mfaEnrolled
      mfaMethods
      riskScore
      roleGrants {
        role {
          name
          privileged
        }
        expiresAt
      }
    }
    facets(by: [{field: MFA_ENROLLED}, {field: ROLE}], top: 5) {
      field
      buckets {
        label
        count
      }
    }
  }
}
    `) as unknown as TypedDocumentString<SignInReviewQuery, SignInReviewQueryVariables>;
export const SuspendUserDocument = new TypedDocumentString(`
    mutation SuspendUser($input: SuspendUserInput!) {
  suspendUser(input: $input) {
    user {
      id
      displayName
      status
      statusReason
      statusChangedAt
      allowedTransitions
    }
    consequences {
      kind
      count
    }
    position
  }
}
    `) as unknown as TypedDocumentString<SuspendUserMutation, SuspendUserMutationVariables>;
export const ReinstateUserDocument = new TypedDocumentString(`
    mutation ReinstateUser($input: ReinstateUserInput!) {
  reinstateUser(input: $input) {
    user {
      id
      displayName
      status
      allowedTransitions
    }
    position
  }
}
    `) as unknown as TypedDocumentString<ReinstateUserMutation, ReinstateUserMutationVariables>;
export const PreviewTransferDocument = new TypedDocumentString(`
    query PreviewTransfer($input: TransferInput!) {
  previewTransfer(input: $input) {
    changes {
      fields {
        field
        before
        after
      }
      rolesGranted {
        roleKey
        unitId
      }
      rolesEnded {
        roleKey
        unitId
      }
      groupsJoined {
        key
      }
      groupsLeft {
        key
      }
    }
  }
}
    `) as unknown as TypedDocumentString<PreviewTransferQuery, PreviewTransferQueryVariables>;
export const TransferDocument = new TypedDocumentString(`
    mutation Transfer($input: TransferInput!) {
  transfer(input: $input) {
    user {
      id
      title
      version
      orgUnit {
        id
      }
    }
    transition {
      id
      effectiveAt
    }
    consequences {
      kind
      count
      subjectIds
    }
    position
  }
}
    `) as unknown as TypedDocumentString<TransferMutation, TransferMutationVariables>;
export const UpdateUserDocument = new TypedDocumentString(`
    mutation UpdateUser($input: UpdateUserInput!) {
  updateUser(input: $input) {
    user {
      id
      version
      displayName
      title
      location
      tags
      updatedAt
    }
    position
  }
}
    `) as unknown as TypedDocumentString<UpdateUserMutation, UpdateUserMutationVariables>;
export const ActivateUserDocument = new TypedDocumentString(`
    mutation ActivateUser($input: ActivateUserInput!) {
  activateUser(input: $input) {
    user {
      ...Standing
    }
    consequences {
      kind
      count
    }
    position
  }
}
    fragment Standing on User {
  id
  version
  status
  statusReason
  statusChangedAt
  allowedTransitions
}`) as unknown as TypedDocumentString<ActivateUserMutation, ActivateUserMutationVariables>;
export const DeactivateUserDocument = new TypedDocumentString(`
    mutation DeactivateUser($input: DeactivateUserInput!) {
  deactivateUser(input: $input) {
    user {
      ...Standing
    }
    consequences {
      kind
      count
    }
    position
  }
}
    fragment Standing on User {
  id
  version
  status
  statusReason
  statusChangedAt
  allowedTransitions
}`) as unknown as TypedDocumentString<DeactivateUserMutation, DeactivateUserMutationVariables>;
export const LockUserDocument = new TypedDocumentString(`
    mutation LockUser($input: LockUserInput!) {
  lockUser(input: $input) {
    user {
      ...Standing
    }
    consequences {
      kind
      count
    }
    position
  }
}
    fragment Standing on User {
  id
  version
  status
  statusReason
  statusChangedAt
  allowedTransitions
}`) as unknown as TypedDocumentString<LockUserMutation, LockUserMutationVariables>;
export const UnlockUserDocument = new TypedDocumentString(`
    mutation UnlockUser($input: UnlockUserInput!) {
  unlockUser(input: $input) {
    user {
      ...Standing
    }
    consequences {
      kind
      count
    }
    position
  }
}
    fragment Standing on User {
  id
  version
  status
  statusReason
  statusChangedAt
  allowedTransitions
}`) as unknown as TypedDocumentString<UnlockUserMutation, UnlockUserMutationVariables>;
export const ArchiveUserDocument = new TypedDocumentString(`
    mutation ArchiveUser($input: ArchiveUserInput!) {
  archiveUser(input: $input) {
    user {
      ...Standing
    }
    consequences {
      kind
      count
    }
    position
  }
}
    fragment Standing on User {
  id
  version
  status
  statusReason
  statusChangedAt
  allowedTransitions
}`) as unknown as TypedDocumentString<ArchiveUserMutation, ArchiveUserMutationVariables>;
export const DeleteUserDocument = new TypedDocumentString(`
    mutation DeleteUser($input: DeleteUserInput!) {
  deleteUser(input: $input) {
    user {
      ...Standing
    }
    consequences {
      kind
      count
    }
    position
  }
}
    fragment Standing on User {
  id
  version
  status
  statusReason
  statusChangedAt
  allowedTransitions
}`) as unknown as TypedDocumentString<DeleteUserMutation, DeleteUserMutationVariables>;
export const RestoreUserDocument = new TypedDocumentString(`
    mutation RestoreUser($input: RestoreUserInput!) {
  restoreUser(input: $input) {
    user {
      ...Standing
    }
    consequences {
      kind
      count
    }
    position
  }
}
    fragment Standing on User {
  id
  version
  status
  statusReason
  statusChangedAt
  allowedTransitions
}`) as unknown as TypedDocumentString<RestoreUserMutation, RestoreUserMutationVariables>;
export const ViewerDocument = new TypedDocumentString(`
    query Viewer {
  viewer {
    user {
      id
      displayName
      email
    }
    grants {
      permission
      scopes {
        id
        name
      }
    }
  }
}
    `) as unknown as TypedDocumentString<ViewerQuery, ViewerQueryVariables>;
export const MakeUnitDocument = new TypedDocumentString(`
    mutation MakeUnit($input: CreateOrgUnitInput!) {
  createOrgUnit(input: $input) {
    orgUnit {
      id
    }
    position
  }
}
    `) as unknown as TypedDocumentString<MakeUnitMutation, MakeUnitMutationVariables>;
export const MakeUserDocument = new TypedDocumentString(`
    mutation MakeUser($input: CreateUserInput!) {
  createUser(input: $input) {
    user {
      id
    }
    position
  }
}
    `) as unknown as TypedDocumentString<MakeUserMutation, MakeUserMutationVariables>;
export const FindUsersDocument = new TypedDocumentString(`
    query FindUsers($filter: UserFilter, $orderBy: [UserOrder!], $first: Int, $includeDeleted: Boolean) {
  users(
    filter: $filter
    orderBy: $orderBy
    first: $first
    includeDeleted: $includeDeleted
  ) {
    nodes {
      username
    }
  }
}
    `) as unknown as TypedDocumentString<FindUsersQuery, FindUsersQueryVariables>;