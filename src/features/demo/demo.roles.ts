import type { Selectable } from "kysely";
import type { RoleInheritanceRow, RoleRow } from "../../database/tables.ts";
import { ALL_PERMISSIONS, type Permission } from "../../kernel/permissions.ts";
import type { Calendar } from "./demo.calendar.ts";
import { demoId } from "./demo.chance.ts";

interface Declared {
  key: string;
  name: string;
  description: string;
  privileged?: true;
  permissions: readonly Permission[];
  inherits?: readonly string[];
}

/** The roles of the demo, each behind those that it inherits. */
export const DEMO_ROLES: readonly Declared[] = [
  {
    key: "employee",
    name: "Employee",
    description: "What everybody may see: people and units.",
    permissions: ["USER_READ", "ORG_READ"],
  },
  {
    key: "people-manager",
    name: "People manager",
    description: "Reaches the people of their unit and knows what these may do.",
    permissions: ["USER_READ_CONTACT", "ROLE_READ"],
    inherits: ["employee"],
  },
  {
    key: "engineer",
    name: "Engineer",
    description: "Works on software and machines.",
    permissions: ["SAVED_SEARCH_SHARE"],
    inherits: ["employee"],
  },
  {
    key: "senior-engineer",
    name: "Senior engineer",
    description: "An engineer who may see who holds which role.",
    permissions: ["ROLE_READ"],
    inherits: ["engineer"],
  },
  {
    key: "on-call-engineer",
    name: "On-call engineer",
    description: "Held for the days of a shift: may ring people up.",
    permissions: ["USER_READ_CONTACT"],
    inherits: ["engineer"],
  },
  {
    key: "recruiter",
    name: "Recruiter",
    description: "Adds people before they begin.",
    permissions: ["USER_CREATE", "USER_READ_CONTACT"],
    inherits: ["employee"],
  },
  {
    key: "hr-partner",
    name: "HR partner",
    description: "Keeps the records of a division.",
    permissions: ["USER_READ_CONTACT", "USER_UPDATE", "USER_LIFECYCLE", "ROLE_READ"],
    inherits: ["recruiter"],
  },
  {
    key: "help-desk",
    name: "Help desk",
    description: "Helps people back in.",
    privileged: true,
    permissions: ["USER_READ_CONTACT", "USER_READ_SECURITY", "USER_LIFECYCLE", "SESSION_MANAGE", "ROLE_READ"],
    inherits: ["employee"],
  },
  {
    key: "auditor",
    name: "Auditor",
    description: "Sees everything, changes nothing.",
    privileged: true,
    permissions: ["USER_READ_CONTACT", "USER_READ_SECURITY", "ROLE_READ", "AUDIT_READ"],
    inherits: ["employee"],
  },
  {
    key: "security-analyst",
    name: "Security analyst",
    description: "An auditor who may shut people out.",
    privileged: true,
    permissions: ["USER_LIFECYCLE", "SESSION_MANAGE"],
    inherits: ["auditor", "on-call-engineer"],
  },
  {
    key: "data-protection",
    name: "Data protection officer",
    description: "Erases personal data for good.",
    privileged: true,
    permissions: ["USER_READ_CONTACT", "USER_DELETE", "USER_ERASE", "AUDIT_READ"],
    inherits: ["employee"],
  },
  {
    key: "division-admin",
    name: "Division administrator",
    description: "Runs the directory of one division.",
    privileged: true,
    permissions: [
      "USER_READ_SECURITY",
      "USER_DELETE",
      "ORG_MANAGE",
      "ROLE_GRANT",
      "SESSION_MANAGE",
      "BULK_RUN",
      "SAVED_SEARCH_SHARE",
    ],
    inherits: ["hr-partner"],
  },
  {
    key: "integration",
    name: "Integration",
    description: "Feeds people in from other systems.",
    privileged: true,
    permissions: [
      "USER_READ",
      "USER_READ_CONTACT",
      "USER_CREATE",
      "USER_UPDATE",
      "USER_LIFECYCLE",
      "ORG_READ",
      "IMPORT_RUN",
      "PROVISION",
    ],
  },
  {
    key: "administrator",
    name: "Administrator",
    description: "May do everything.",
    privileged: true,
    permissions: ALL_PERMISSIONS,
  },
];

/** The id of a role of the demo, by its key. */
export const demoRoleId = (key: string): string => demoId("role", key);

/** The roles as rows. They are as old as the directory. */
export const roleRows = (calendar: Calendar): Selectable<RoleRow>[] =>
  DEMO_ROLES.map(({ key, name, description, privileged = false, permissions }) => ({
    id: demoRoleId(key),
    version: 1,
    key,
    name,
    description,
    privileged,
    permissions: [...permissions],
    created_at: calendar.in(-2_600),
    updated_at: calendar.in(-2_600),
  }));

/** Which role inherits which. */
export const roleInheritanceRows = (): Selectable<RoleInheritanceRow>[] =>
  DEMO_ROLES.flatMap(({ key, inherits = [] }) =>
    inherits.map((other) => ({
      id: demoId("role-inheritance", `${key}/${other}`),
      role_id: demoRoleId(key),
      inherits_id: demoRoleId(other),
    })),
  );
