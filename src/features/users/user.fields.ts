import { PERMISSIONS } from "../../kernel/permissions.ts";
import { catalogue, type Declared } from "../../search/catalogue.ts";
import type { Choice } from "../../search/field.ts";

export const USER_STATUS: Choice = {
  name: "UserStatus",
  describe: "Where a person stands in their lifecycle. `User.allowedTransitions` says what may come next.",
  values: {
    PENDING: "Known, but has not begun: no sign-in yet.",
    ACTIVE: "May sign in and use what they were granted.",
    INACTIVE: "Has no access for now, e.g. after their last day.",
    LOCKED: "Kept out for safety, e.g. after too many failed sign-ins.",
    SUSPENDED: "Kept out by decision, until reinstated.",
    ARCHIVED: "Left for good; kept for the record.",
    DELETED: "Left out of searches; restorable until the retention period ends.",
  },
};

export const IDENTITY_SOURCE: Choice = {
  name: "IdentitySource",
  describe: "Where knowledge of a person comes from.",
  values: {
    LOCAL: "Created here.",
    IMPORT: "Imported from a file.",
    SCIM: "Provisioned by SCIM (RFC 7644).",
    HRIS: "Fed by an HR system.",
    LDAP: "Fed by an LDAP directory.",
    OIDC: "Known by an OpenID Connect provider.",
  },
};

export const EMPLOYEE_TYPE: Choice = {
  name: "EmployeeType",
  describe: "The kind of relation a person has to the organisation.",
  values: {
    EMPLOYEE: "Employed by the organisation.",
    CONTRACTOR: "Works under a contract for services.",
    PARTNER: "Belongs to another organisation that works with this one.",
    INTERN: "Here to learn, for a time.",
    SERVICE: "No person: an account of a machine.",
  },
};

export const MFA_METHOD: Choice = {
  name: "MfaMethod",
  describe: "A second factor that a person has enrolled.",
  values: {
    TOTP: "One-time codes by time (RFC 6238).",
    PASSKEY: "A passkey (WebAuthn).",
    RECOVERY_CODE: "Codes on paper, each good for one use.",
  },
};

export const PERMISSION: Choice = {
  name: "Permission",
  describe: "What can be allowed. Held over an org unit and everything below it, or everywhere.",
  values: PERMISSIONS,
};

const SEEN = ["USER_READ"] as const;
const CONTACT = ["USER_READ", "USER_READ_CONTACT"] as const;
const SECURITY = ["USER_READ", "USER_READ_SECURITY"] as const;
const PLACED = ["USER_READ", "ORG_READ"] as const;
const GRANTED = ["USER_READ", "ROLE_READ"] as const;

type Rest = Omit<Declared, "kind" | "column" | "describe" | "read">;
type Read = Declared["read"];

const of =
  (kind: Declared["kind"]) =>
  (column: string, describe: string, read: Read, rest: Rest = {}): Declared => ({
    kind,
    column,
    describe,
    read,
    ...rest,
  });

const text = of("text");
const instant = of("instant");
const date = of("date");
const int = of("int");
const boolean = of("boolean");
const choice = of("choice");

/** Shown, but never asked about. */
const shown: Rest = { filter: false };
/** Asked about, but shown elsewhere or not at all. */
const asked: Rest = { show: false };
const always: Rest = { always: true, nullable: false };

/** What the index user_search_texts holds: a text added here needs a migration that makes it anew. */
const INDEXED_TEXTS = {
  columns:
    `username email employee_number display_name given_name family_name phone title department division cost_center location
    country locale timezone last_login_country email_domain`.split(/\s+/),
  lists: ["external_ids"],
};

/** Everything that can be read or asked about a person, once. */
export const userCatalogue = catalogue(
  { typeName: "User", table: "user_search", idColumn: "user_id", idKind: "User", texts: INDEXED_TEXTS },
  {
    text: of("words")(
      "words",
      "Words that must each occur, in any order, as a prefix of a word of the names, username, email, title or employee number.",
      CONTACT,
      asked,
    ),
    id: of("id")("user_id", "The user's id, e.g. user_01jd8m5k3tf0vbq2z7y6x4w9ra.", SEEN, {
      ...asked,
      nullable: false,
    }),
    version: int(
      "version",
      "Increases at every change of the profile or status, not by sign-ins or derived values; pass it as expectedVersion to refuse a lost update.",
      SEEN,
      { ...always, ...shown },
    ),
    username: text("username", "The name that the person signs in with; unique without regard to case.", SEEN, {
      ...always,
      order: "USERNAME",
    }),
    displayName: text("display_name", "The name to show.", SEEN, { ...always, order: "DISPLAY_NAME" }),
    status: choice("status", "Where the person stands in their lifecycle.", SEEN, {
      ...always,
      choice: USER_STATUS,
      order: "STATUS",
      facet: "STATUS",
    }),
    statusReason: text(
      "status_reason",
      "Why the status is what it is, in the words of whoever changed it.",
      SEEN,
      shown,
    ),
    statusChangedAt: instant("status_changed_at", "When the status last changed.", SEEN, {
      nullable: false,
      order: "STATUS_CHANGED_AT",
    }),
    email: text("email", "The primary address; unique without regard to case.", CONTACT, {
      show: "EmailAddress",
      order: "EMAIL",
    }),
    emailDomain: text("email_domain", "What stands behind the @ of the primary address.", CONTACT, asked),
    emailVerified: boolean("email_verified", "Whether the primary address is known to reach the person.", CONTACT),
    phone: text("phone", "The primary phone number.", CONTACT),
    externalId: of("anyText")(
      "external_ids",
      "Shown: the external id of the first identity, for directories that know only one. Asked about: any of the user's identities.",
      SEEN,
      { shownColumn: "external_id" },
    ),
    employeeNumber: text(
      "employee_number",
      "The number that HR knows the person by; unique without regard to case.",
      SEEN,
      { order: "EMPLOYEE_NUMBER" },
    ),
    givenName: text("given_name", "Given name.", SEEN, { order: "GIVEN_NAME" }),
    middleName: text("middle_name", "Middle name or names.", SEEN, shown),
    familyName: text("family_name", "Family name.", SEEN, { order: "FAMILY_NAME" }),
    honorificPrefix: text("honorific_prefix", "What stands before the name, e.g. Dr.", SEEN, shown),
    honorificSuffix: text("honorific_suffix", "What stands behind the name, e.g. III.", SEEN, shown),
    nickName: text("nick_name", "What the person likes to be called.", SEEN, shown),
    title: text("title", "Job title.", SEEN, { order: "TITLE", facet: "TITLE" }),
    department: text("department", "Department, as text from HR; the org unit is the place in the hierarchy.", SEEN, {
      order: "DEPARTMENT",
      facet: "DEPARTMENT",
    }),
    division: text("division", "Division, as text from HR.", SEEN, { facet: "DIVISION" }),
    costCenter: text("cost_center", "Cost centre.", SEEN, { facet: "COST_CENTER" }),
    employeeType: choice("employee_type", "The relation that the person has to the organisation.", SEEN, {
      choice: EMPLOYEE_TYPE,
      facet: "EMPLOYEE_TYPE",
    }),
    location: text("location", "Where the person works.", SEEN, { order: "LOCATION", facet: "LOCATION" }),
    country: text("country", "The country where the person works: ISO 3166-1 alpha-2, e.g. DE.", SEEN, {
      order: "COUNTRY",
      facet: "COUNTRY",
    }),
    locale: text("locale", "Locale for dates and numbers: BCP 47, e.g. de-CH.", SEEN),
    preferredLanguage: text(
      "preferred_language",
      "Preferred languages: as in HTTP's Accept-Language (RFC 9110).",
      SEEN,
      shown,
    ),
    timezone: text("timezone", "Time zone: an IANA name, e.g. Europe/Zurich.", SEEN),
    tags: of("textSet")("tags", "Free labels.", SEEN, { nullable: false, facet: "TAG" }),
    attributes: of("attributes")("attributes", "Custom attributes by key.", SEEN, {
      nullable: false,
      show: "JSONObject",
    }),
    source: choice("source", "Where the person was first known.", SEEN, {
      nullable: false,
      choice: IDENTITY_SOURCE,
      facet: "SOURCE",
    }),
    hiredOn: date("hired_on", "First day of employment.", SEEN, { order: "HIRED_ON" }),
    terminatesOn: date("terminates_on", "Last day of employment, past or to come.", SEEN, { order: "TERMINATES_ON" }),
    lastLoginAt: instant("last_login_at", "When the person last signed in.", SECURITY, { order: "LAST_LOGIN_AT" }),
    lastLoginCountry: text(
      "last_login_country",
      "The country that the last sign-in came from: ISO 3166-1 alpha-2.",
      SECURITY,
    ),
    failedLoginCount: int("failed_login_count", "Failed sign-ins since the last good one.", SECURITY, {
      nullable: false,
    }),
    passwordChangedAt: instant("password_changed_at", "When the password was last set.", SECURITY, {
      order: "PASSWORD_CHANGED_AT",
    }),
    mfaEnrolled: boolean("mfa_enrolled", "Whether a second factor is enrolled.", SECURITY, {
      nullable: false,
      facet: "MFA_ENROLLED",
    }),
    mfaMethods: of("choiceSet")("mfa_methods", "The second factors that are enrolled.", SECURITY, {
      nullable: false,
      choice: MFA_METHOD,
    }),
    activeSessionCount: int("active_session_count", "Open sessions.", SECURITY, { ...asked, nullable: false }),
    riskScore: int("risk_score", "Risk, 0 to 100, as the last assessment put it.", SECURITY, { order: "RISK_SCORE" }),
    createdAt: instant("created_at", "When the record was made.", SEEN, { nullable: false, order: "CREATED_AT" }),
    updatedAt: instant("updated_at", "When the profile or status last changed.", SEEN, {
      nullable: false,
      order: "UPDATED_AT",
    }),
    deletedAt: instant("deleted_at", "When the person was deleted.", SEEN),
    orgUnit: of("unit")("org_unit_id", "The org unit that the person belongs to.", PLACED, {
      ...asked,
      pathColumn: "unit_path",
      facet: "ORG_UNIT",
    }),
    manager: of("manager")(
      "manager_id",
      "The person's manager. reportsTo: at any distance. status: the manager's.",
      SEEN,
      {
        ...asked,
        pathColumn: "manager_chain",
        statusColumn: "manager_status",
        choice: USER_STATUS,
      },
    ),
    directReportCount: int("direct_report_count", "How many people not deleted report to the person directly.", SEEN, {
      ...asked,
      nullable: false,
    }),
    roles: of("textSet")(
      "role_keys",
      "Effective roles, by key: granted and in force, directly or inherited. Who is not ACTIVE has none.",
      GRANTED,
      { ...asked, nullable: false, facet: "ROLE" },
    ),
    permissions: of("choiceSet")(
      "permissions",
      "Effective permissions, over whatever units. Who is not ACTIVE has none.",
      GRANTED,
      {
        ...asked,
        nullable: false,
        choice: PERMISSION,
      },
    ),
    roleGrants: of("grants")(
      "role_grants",
      "Conditions that one and the same grant must meet together. Also grants that have not begun or rest, but none that has ended.",
      GRANTED,
      {
        ...asked,
        nullable: false,
      },
    ),
    groupKeys: of("textSet")("group_keys", "The groups that the person belongs to, by key.", GRANTED, {
      nullable: false,
      facet: "GROUP",
    }),
    groups: of("idSet")("group_ids", "The groups that the person belongs to, by id.", GRANTED, {
      ...asked,
      nullable: false,
      idKind: "Group",
    }),
  },
);
