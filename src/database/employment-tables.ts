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
  offboarding: OffboardingRow;
}
