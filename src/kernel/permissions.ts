/** What can be allowed. A permission is held over an org unit and everything below it, or everywhere. */
export const PERMISSIONS = {
  USER_READ: "See people: id, version, username, display name, status and everything no other permission guards.",
  USER_READ_CONTACT: "See how people are reached: e-mail addresses, phones, postal addresses.",
  USER_READ_SECURITY: "See sign-in facts: last sign-in, failures, factors, sessions, risk.",
  USER_CREATE: "Create people.",
  USER_UPDATE: "Change people's profiles.",
  USER_LIFECYCLE: "Activate, deactivate, lock, unlock, suspend, reinstate and archive people.",
  USER_DELETE: "Delete people, see deleted ones and restore them.",
  USER_ERASE: "Erase people's personal data for good.",
  ORG_READ: "See org units.",
  ORG_MANAGE: "Create, change, move and delete org units.",
  ROLE_READ: "See roles and who holds them.",
  ROLE_MANAGE: "Create, change and delete roles.",
  ROLE_GRANT: "Grant roles to people and revoke them.",
  GROUP_MANAGE: "Create, change and delete groups, and decide who belongs to them.",
  AUDIT_READ: "Read the audit log.",
  SESSION_MANAGE: "See and end people's sessions.",
  SAVED_SEARCH_SHARE: "Share saved searches with others.",
  BULK_RUN: "Plan, apply and revert bulk changes.",
  IMPORT_RUN: "Import people from files.",
  PROVISION: "Provision people from other systems.",
  SETTINGS_MANAGE: "Change the gateway's settings.",
} as const;

export type Permission = keyof typeof PERMISSIONS;

export const ALL_PERMISSIONS = Object.keys(PERMISSIONS) as Permission[];
