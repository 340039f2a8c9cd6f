import type { Generated } from "kysely";

/*
 * The tables of profile templates, and of those who join, move and leave. How values arrive: see tables.ts.
 */

/** What people whom a filter finds are given when they join or move. */
export interface ProfileTemplateRow {
  id: string;
  version: Generated<number>;
  name: string;
  filter: Record<string, unknown>;
  priority: number;
  defaults: Record<string, unknown>;
  /** The second factor that it demands. */
  require: Generated<"MFA" | "PASSKEY" | null>;
  grace_days: Generated<number>;
  created_at: Date;
  updated_at: Date;
}

/** A role that a template grants, and over what. */
export interface ProfileTemplateRoleRow {
  id: string;
  template_id: string;
  role_id: string;
  reach: "EVERYWHERE" | "OWN_UNIT" | "UNIT";
  unit_id: string | null;
}

/** A grant that came of a template; of one that is gone where there is none. */
export interface ProfileTemplateGrantRow {
  grant_id: string;
  user_id: string;
  template_id: string | null;
}

/** A value that a template filled, by field; an attribute's is attributes.<key>. */
export interface ProfileTemplateFillRow {
  id: string;
  user_id: string;
  field: string;
  value: unknown;
  template_id: string | null;
}

/** A static group that a template puts people into. */
export interface ProfileTemplateGroupRow {
  id: string;
  template_id: string;
  group_id: string;
}

/** A membership that came of a template; of one that is gone where there is none. */
export interface ProfileTemplateMemberRow {
  member_id: string;
  user_id: string;
  template_id: string | null;
}

/** Somebody who becomes active by their start. */
export interface OnboardingRow {
  user_id: string;
  starts_on: string;
  created_at: Date;
}

/** A scheduled move: values by field, and the fields that it lets templates fill. */
export interface TransferRow {
  transition_id: string;
  user_id: string;
  changes: Record<string, unknown>;
  fill: string[] | null;
  /** What templates wanted to give when it was scheduled; null: that was not kept. */
  promised: { grants: { roleId: string; scopeId: string | null }[]; groups: string[] } | null;
  created_at: Date;
}

/** A scheduled deactivation that is somebody's leave. */
export interface OffboardingRow {
  transition_id: string;
  user_id: string;
  successor_id: string | null;
  last_day: string | null;
  created_at: Date;
}

export interface EmploymentTables {
  profile_template: ProfileTemplateRow;
  profile_template_role: ProfileTemplateRoleRow;
  profile_template_grant: ProfileTemplateGrantRow;
  profile_template_fill: ProfileTemplateFillRow;
  profile_template_group: ProfileTemplateGroupRow;
  profile_template_member: ProfileTemplateMemberRow;
  onboarding: OnboardingRow;
  transfer: TransferRow;
  offboarding: OffboardingRow;
}
