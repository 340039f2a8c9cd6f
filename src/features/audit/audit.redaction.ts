import { covers, reachOf, type Viewer } from "../../access/actor.ts";
import { shownAttributes } from "../../access/attribute-policy.ts";
import type { AuditEventColumns } from "../../database/tables.ts";
import type { ColumnChange } from "../../feed/audit-event.ts";
import { type IdKind, publicId } from "../../kernel/ids.ts";
import type { Permission } from "../../kernel/permissions.ts";
import { fieldOf } from "../../search/catalogue.ts";
import { userCatalogue } from "../users/user.fields.ts";

/** What must be held over a subject to read the values of a table's rows; of tables that are not listed: sign-in facts. */
const READ_BY_TABLE: Readonly<Record<string, readonly Permission[]>> = {
  user_account: ["USER_READ"],
  user_email: ["USER_READ", "USER_READ_CONTACT"],
  user_phone: ["USER_READ", "USER_READ_CONTACT"],
  user_address: ["USER_READ", "USER_READ_CONTACT"],
  user_identity: ["USER_READ"],
  role_grant: ["USER_READ", "ROLE_READ"],
  user_group: ["ROLE_READ"],
  group_member: ["USER_READ", "ROLE_READ"],
  role: ["ROLE_READ"],
  role_inheritance: ["ROLE_READ"],
  access_rule: ["ROLE_READ"],
  attribute_definition: ["USER_READ"],
  org_unit: ["ORG_READ"],
  scheduled_transition: ["USER_READ", "USER_LIFECYCLE"],
  offboarding: ["USER_READ", "USER_LIFECYCLE"],
  onboarding: ["USER_READ", "USER_LIFECYCLE"],
  transfer: ["USER_READ", "USER_LIFECYCLE"],
  profile_template_fill: ["USER_READ"],
  profile_template_grant: ["USER_READ", "ROLE_READ"],
  profile_template_member: ["USER_READ", "ROLE_READ"],
  user_deletion: ["USER_READ", "USER_DELETE"],
  legal_hold: ["USER_READ", "USER_ERASE"],
  bulk_plan: ["BULK_RUN"],
  safety_limit: ["SETTINGS_MANAGE"],
  approval_policy: ["SETTINGS_MANAGE"],
  approval_policy_decider: ["SETTINGS_MANAGE"],
  retention_policy: ["SETTINGS_MANAGE"],
  retention_run: ["SETTINGS_MANAGE"],
  audit_attempt: [],
};
/** What people do not learn by being whom it is about: what is planned for them, and what keeps their data. */
export const KEPT_FROM_SUBJECTS: ReadonlySet<string> = new Set([
  "scheduled_transition",
  "offboarding",
  "onboarding",
  "transfer",
  "legal_hold",
]);
/** What of them is tried or asked for. */
export const ACTIONS_KEPT_FROM_SUBJECTS = [
  "legal_hold.placed",
  "legal_hold.released",
  "user.erasure_requested",
] as const;
const SECURITY: readonly Permission[] = ["USER_READ", "USER_READ_SECURITY"];

const ATTRIBUTES = fieldOf(userCatalogue, "attributes");
const READ_BY_COLUMN = new Map([...userCatalogue.fields.values()].map(({ column, read }) => [column, read]));

/** Columns that hold ids, and of what. */
const ID_COLUMNS: Readonly<Record<string, IdKind>> = {
  org_unit_id: "OrgUnit",
  parent_id: "OrgUnit",
  scope_id: "OrgUnit",
  scope_ids: "OrgUnit",
  manager_id: "User",
  head_id: "User",
  role_id: "Role",
  inherits_id: "Role",
  group_id: "Group",
  saved_search_id: "SavedSearch",
  owner_id: "User",
  token_id: "ServiceToken",
  successor_id: "User",
  template_id: "ProfileTemplate",
  approval_policy_id: "ApprovalPolicy",
  transition_id: "ScheduledTransition",
  reverts_id: "BulkPlan",
};

type About = Pick<AuditEventColumns, "table_name" | "subject_kind" | "subject_id" | "unit_path">;

/** Whether the viewer may read the values of a column that an event changed: today's rules, where the subject stood then. */
export function mayReadChange(viewer: Viewer, event: About, column: string): boolean {
  const own = event.subject_kind === "User" && event.subject_id === viewer.userId;
  if (own && !KEPT_FROM_SUBJECTS.has(event.table_name)) return true;
  return readRule(event.table_name, column).every((permission) => covers(reachOf(viewer, permission), event.unit_path));
}

/** Whether the viewer may read the words that were given for an event: where their like is kept from its subject, by the rule of its values. */
export const mayReadReason = (viewer: Viewer, event: About): boolean =>
  !KEPT_FROM_SUBJECTS.has(event.table_name) || mayReadChange(viewer, event, "reason");

function readRule(table: string, column: string): readonly Permission[] {
  const byTable = READ_BY_TABLE[table] ?? SECURITY;
  return (table === "user_account" && READ_BY_COLUMN.get(column)) || byTable;
}

/** The values as the API shows them: ids are public, and attributes those that the viewer may read. */
export function shownChange(
  { column, before, after }: ColumnChange,
  viewer: Viewer,
  { table_name, subject_kind, subject_id, unit_path }: About,
): { before: unknown; after: unknown } {
  if (table_name === "user_account" && column === ATTRIBUTES.column) {
    const place = { userId: subject_kind === "User" ? (subject_id ?? "") : "", unitPath: unit_path };
    const shown = (value: unknown) => shownAttributes(viewer, ATTRIBUTES, value, place);
    return { before: shown(before), after: shown(after) };
  }
  const kind = ID_COLUMNS[column];
  return kind ? { before: shownId(kind, before), after: shownId(kind, after) } : { before, after };
}

function shownId(kind: IdKind, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((one) => shownId(kind, one));
  return typeof value === "string" ? publicId(kind, value) : value;
}
