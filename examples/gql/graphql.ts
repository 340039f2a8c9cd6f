/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';
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

/** Conditions on a truth value. */
export type BooleanFilter = {
  /** Equal to. */
  eq?: boolean | null | undefined;
  /** Whether the value is missing. */
  isNull?: boolean | null | undefined;
  /** Not equal to: the complement of eq, so a missing value satisfies it. */
  ne?: boolean | null | undefined;
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

/** One e-mail address. */
export type UserEmailInput = {
  /** One of the list is primary: without a mark, the first. */
  primary?: boolean | null | undefined;
  /** What it is for, e.g. work. At most 32 characters. */
  type?: string | null | undefined;
  /** The address. */
  value: string;
};

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

export type ApolloEngineersQueryVariables = Exact<{
  filter?: UserFilter | null | undefined;
  first: number;
  after?: string | null | undefined;
}>;


export type ApolloEngineersQuery = { users: { totalCount: number | null, edges: Array<{ node: { id: string, version: number, displayName: string, title: string | null, manager: { id: string, displayName: string } | null, roles: Array<{ id: string, name: string }> | null } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } | null };

export type ApolloTagMutationVariables = Exact<{
  input: UpdateUserInput;
}>;


export type ApolloTagMutation = { updateUser: { position: string, user: { id: string, version: number, displayName: string, tags: Array<string> | null } | null } };

export type UrqlEngineersQueryVariables = Exact<{
  filter?: UserFilter | null | undefined;
  first: number;
  after?: string | null | undefined;
}>;


export type UrqlEngineersQuery = { users: { totalCount: number | null, nodes: Array<{ id: string, version: number, displayName: string, title: string | null, manager: { id: string, displayName: string } | null, roles: Array<{ id: string, name: string }> | null }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } | null };

export type UrqlTagMutationVariables = Exact<{
  input: UpdateUserInput;
}>;


export type UrqlTagMutation = { updateUser: { position: string, user: { id: string, version: number, displayName: string, tags: Array<string> | null } | null } };


export const ApolloEngineersDocument = {"__meta__":{"hash":"sha256:5dfce0fc6781b13df548aecfd59493698a7065adbd6a957807806ddc9ac39d22"},"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"ApolloEngineers"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"filter"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"UserFilter"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"first"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"users"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"filter"},"value":{"kind":"Variable","name":{"kind":"Name","value":"filter"}}},{"kind":"Argument","name":{"kind":"Name","value":"orderBy"},"value":{"kind":"ListValue","values":[{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"field"},"value":{"kind":"EnumValue","value":"FAMILY_NAME"}}]}]}},{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"Variable","name":{"kind":"Name","value":"first"}}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"totalCount"}},{"kind":"Field","name":{"kind":"Name","value":"edges"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"node"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"displayName"}},{"kind":"Field","name":{"kind":"Name","value":"title"}},{"kind":"Field","name":{"kind":"Name","value":"manager"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"displayName"}}]}},{"kind":"Field","name":{"kind":"Name","value":"roles"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}}]}}]}}]} as unknown as DocumentNode<ApolloEngineersQuery, ApolloEngineersQueryVariables>;
export const ApolloTagDocument = {"__meta__":{"hash":"sha256:a61970f01b991b414588349c4a24e805dd32269f387a65c082357ff6fc743d00"},"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"ApolloTag"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"UpdateUserInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"updateUser"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"user"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"displayName"}},{"kind":"Field","name":{"kind":"Name","value":"tags"}}]}},{"kind":"Field","name":{"kind":"Name","value":"position"}}]}}]}}]} as unknown as DocumentNode<ApolloTagMutation, ApolloTagMutationVariables>;
export const UrqlEngineersDocument = {"__meta__":{"hash":"sha256:08dd007d4eeab14d196a8ccdadb5e4cd6953b455b73134ad760663b65479bcc3"},"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"UrqlEngineers"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"filter"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"UserFilter"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"first"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"users"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"filter"},"value":{"kind":"Variable","name":{"kind":"Name","value":"filter"}}},{"kind":"Argument","name":{"kind":"Name","value":"orderBy"},"value":{"kind":"ListValue","values":[{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"field"},"value":{"kind":"EnumValue","value":"FAMILY_NAME"}}]}]}},{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"Variable","name":{"kind":"Name","value":"first"}}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"totalCount"}},{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"displayName"}},{"kind":"Field","name":{"kind":"Name","value":"title"}},{"kind":"Field","name":{"kind":"Name","value":"manager"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"displayName"}}]}},{"kind":"Field","name":{"kind":"Name","value":"roles"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}}]}}]}}]} as unknown as DocumentNode<UrqlEngineersQuery, UrqlEngineersQueryVariables>;
export const UrqlTagDocument = {"__meta__":{"hash":"sha256:783f73061ce6092bd3fe057456e94d5dce02db6cf301a45b02741bb0327c3f85"},"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"UrqlTag"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"UpdateUserInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"updateUser"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"user"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"displayName"}},{"kind":"Field","name":{"kind":"Name","value":"tags"}}]}},{"kind":"Field","name":{"kind":"Name","value":"position"}}]}}]}}]} as unknown as DocumentNode<UrqlTagMutation, UrqlTagMutationVariables>;