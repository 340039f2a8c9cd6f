import type { Subjects } from "./matrix.world.ts";

/*
 * Ready-made inputs of mutations that need a permission: over whom or what it must be held, and an input for a subject. None of them changes
 * anything that the matrix looks at: what is allowed fails later, at a version or a name, or is a grant that gives nothing new.
 */

export interface Change {
  /** A person, a unit, or a group's unit, over whom the permission must be held; or everywhere, or anywhere at all. */
  over: "user" | "unit" | "group" | "everywhere" | "anywhere";
  /** For a person or unit inside the division, and for one outside it. */
  input(subject: string, on: Subjects, place: "inside" | "outside"): Record<string, unknown>;
}

/** No record has come that far. */
const NEVER = 2_000_000_000;

const ofUser = (more: object = {}): Change => ({
  over: "user",
  input: (id) => ({ id, expectedVersion: NEVER, ...more }),
});
const ofUnit = (more: object = {}): Change => ({
  over: "unit",
  input: (id) => ({ id, expectedVersion: NEVER, ...more }),
});

const ofGroup = (input: (groupId: string) => Record<string, unknown>): Change => ({
  over: "group",
  input: (_, on, place) => input(place === "inside" ? on.insideGroup : on.outsideGroup),
});
/** Nobody has this id. */
const NOBODY = "user_00000000000000000000000000";

/** By the mutation's name. */
export const CHANGES: Readonly<Record<string, Change>> = {
  activateUser: ofUser(),
  addGroupMembers: ofGroup((groupId) => ({ groupId, userIds: [NOBODY] })),
  archiveUser: ofUser(),
  createSafetyLimit: { over: "everywhere", input: () => ({ name: " ", maxPeople: 1 }) },
  planBulk: { over: "anywhere", input: () => ({ target: { userIds: [] }, change: {} }) },
  updateSafetyLimit: { over: "everywhere", input: (_, on) => ({ id: on.limit, expectedVersion: NEVER }) },
  createAccessRule: {
    over: "everywhere",
    input: () => ({ name: " ", permissions: ["USER_READ"], networks: ["::/0"] }),
  },
  createAttributeDefinition: {
    over: "everywhere",
    input: () => ({ key: "matrix", name: " ", type: "STRING" }),
  },
  createExport: { over: "anywhere", input: () => ({ columns: [], format: "CSV" }) },
  createImportTemplate: {
    over: "everywhere",
    input: () => ({ name: "Matrix", reading: { matchBy: "EMAIL", columns: [] } }),
  },
  updateImportTemplate: { over: "everywhere", input: (_, on) => ({ id: on.importTemplate, expectedVersion: NEVER }) },
  createGroup: { over: "unit", input: (orgUnitId) => ({ orgUnitId, key: "matrix-inside", name: "Taken" }) },
  createOrgUnit: { over: "unit", input: (parentId) => ({ parentId, code: "OPS", name: "Taken", kind: "TEAM" }) },
  createProfileTemplate: { over: "everywhere", input: () => ({ name: " ", filter: {} }) },
  createRole: { over: "everywhere", input: () => ({ key: "employee", name: "Taken", permissions: [] }) },
  createSavedSearch: { over: "anywhere", input: () => ({ name: " ", filter: {} }) },
  createSignInPolicy: { over: "everywhere", input: () => ({ name: " ", filter: { id: { in: [] } }, require: "MFA" }) },
  createUser: { over: "unit", input: (orgUnitId) => ({ orgUnitId, username: "evan.employee" }) },
  deactivateUser: ofUser(),
  deleteOrgUnit: { over: "unit", input: (id) => ({ id }) },
  deleteRole: { over: "everywhere", input: (_, on) => ({ id: on.role }) },
  deleteUser: ofUser(),
  grantRole: {
    over: "user",
    input: (granteeId, on, place) => ({
      granteeId,
      roleKey: "employee",
      scopeId: place === "inside" ? on.insideUnit : on.outsideUnit,
    }),
  },
  lockUser: ofUser(),
  moveOrgUnit: ofUnit(),
  reinstateUser: ofUser(),
  offboard: ofUser(),
  removeGroupMembers: ofGroup((groupId) => ({ groupId, userIds: [NOBODY] })),
  restoreUser: ofUser(),
  scheduleTransition: ofUser({ operation: "LOCK", effectiveAt: "2020-01-31T12:00:00.000Z" }),
  suspendUser: ofUser(),
  unlockUser: ofUser(),
  updateAccessRule: { over: "everywhere", input: (_, on) => ({ id: on.rule, expectedVersion: NEVER }) },
  updateAttributeDefinition: { over: "everywhere", input: (_, on) => ({ id: on.attribute, expectedVersion: NEVER }) },
  updateGroup: ofGroup((id) => ({ id, expectedVersion: NEVER })),
  updateOrgUnit: ofUnit(),
  updateProfileTemplate: { over: "everywhere", input: (_, on) => ({ id: on.template, expectedVersion: NEVER }) },
  updateRole: { over: "everywhere", input: (_, on) => ({ id: on.role, expectedVersion: NEVER }) },
  updateSignInPolicy: { over: "everywhere", input: (_, on) => ({ id: on.policy, expectedVersion: NEVER }) },
  updateUser: ofUser(),
};

/** Mutations whose right depends on more than a place, each with the test that says how. */
export const SAID_ELSEWHERE: Readonly<Record<string, string>> = {
  cancelOffboarding: "test/features/employment/offboarding.test.ts",
  onboard: "test/features/employment/onboarding.test.ts",
  transfer: "test/features/employment/transfer.test.ts",
  cancelScheduledTransition: "test/features/schedules/scheduled-transitions.test.ts",
  changeScheduledTransition: "test/features/schedules/scheduled-transitions.test.ts",
  applyBulk: "test/features/bulk/applying.test.ts",
  cancelBulk: "test/features/bulk/applying.test.ts",
  planImport: "test/features/import-plans/sight.test.ts",
  createImportCorrection: "test/features/import-plans/sight.test.ts",
  deleteImportTemplate: "test/features/import-plans/templates.test.ts",
  deleteSafetyLimit: "test/features/bulk/limits.test.ts",
  planRevert: "test/features/bulk/reverting.test.ts",
  deleteAccessRule: "test/features/access-rules/rules.test.ts",
  deleteAttributeDefinition: "test/features/attributes/validation.test.ts",
  deleteGroup: "test/features/groups/groups.test.ts",
  createRetentionPolicy: "test/features/retention/running.test.ts",
  updateRetentionPolicy: "test/features/retention/running.test.ts",
  deleteRetentionPolicy: "test/features/retention/running.test.ts",
  runRetention: "test/features/retention/running.test.ts",
  deleteProfileTemplate: "test/features/profile-templates/templates.test.ts",
  deleteSavedSearch: "test/features/saved-searches/visibility.test.ts",
  deleteSignInPolicy: "test/features/auth/policies.test.ts",
  eraseUser: "test/features/erasure/erasing.test.ts",
  inviteUser: "test/features/auth/links.test.ts",
  placeLegalHold: "test/features/erasure/holding.test.ts",
  releaseLegalHold: "test/features/erasure/holding.test.ts",
  resetUserFactors: "test/features/auth/second-factors.test.ts",
  revokeRole: "test/features/roles/escalation.test.ts",
  updateSavedSearch: "test/features/saved-searches/visibility.test.ts",
};
