import type { Permission } from "../../src/kernel/permissions.ts";
import type { Subjects } from "./matrix.world.ts";

/*
 * Ready-made inputs of mutations that need a permission: over whom or what it must be held, and an input for a subject. None of them changes
 * anything that the matrix looks at: what is allowed fails later, at a version or a name, or is a grant that gives nothing new.
 */

export interface Change {
  /** A person, a unit, a group's unit, or somebody for whom a step waits, over whom the permission must be held; or everywhere, or anywhere at all. */
  over: "user" | "unit" | "group" | "schedule" | "everywhere" | "anywhere";
  /** For a person or unit inside the division, and for one outside it; `make` makes something first, by somebody who may, and gives its id. */
  input(
    subject: string,
    on: Subjects,
    place: "inside" | "outside",
    make: (mutation: string, input: object) => Promise<string>,
  ): Record<string, unknown> | Promise<Record<string, unknown>>;
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
/** Something that is made to be deleted: of what has no version that could be a wrong one. */
const deleting = (create: string, input: object): Change => ({
  over: "everywhere",
  input: async (_, __, ___, make) => ({ id: await make(create, input) }),
});

const ofSchedule = (more: object = {}): Change => ({
  over: "schedule",
  input: (_, on, place) => ({
    id: place === "inside" ? on.insideSchedule : on.outsideSchedule,
    expectedVersion: NEVER,
    ...more,
  }),
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
  createApprovalPolicy: {
    over: "everywhere",
    input: () => ({ name: " ", steps: [{ deciders: [{ by: "MANAGER" }] }] }),
  },
  updateApprovalPolicy: {
    over: "everywhere",
    input: (_, on) => ({ id: on.approvalPolicy, expectedVersion: NEVER }),
  },
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
  cancelScheduledTransition: ofSchedule(),
  changeScheduledTransition: ofSchedule({ effectiveOn: "2099-01-01" }),
  createRetentionPolicy: {
    over: "everywhere",
    input: () => ({ name: " ", status: "INACTIVE", days: 1, action: "ARCHIVE" }),
  },
  updateRetentionPolicy: { over: "everywhere", input: (_, on) => ({ id: on.retention, expectedVersion: NEVER }) },
  deleteAccessRule: deleting("createAccessRule", { name: "x", permissions: ["PROVISION"], networks: ["::/0"] }),
  deleteAttributeDefinition: { over: "everywhere", input: (_, on) => ({ id: on.attribute, expectedVersion: NEVER }) },
  deleteGroup: {
    over: "group",
    input: async (unit, _, place, make) => ({
      id: await make("createGroup", { key: `made-${place}-${++made}`, name: "Made", orgUnitId: unit }),
    }),
  },
  deleteImportTemplate: { over: "everywhere", input: (_, on) => ({ id: on.importTemplate, expectedVersion: NEVER }) },
  deleteProfileTemplate: deleting("createProfileTemplate", { name: "x", filter: { title: { eq: "nobody at all" } } }),
  deleteRetentionPolicy: deleting("createRetentionPolicy", {
    name: "x",
    status: "INACTIVE",
    days: 180,
    action: "ARCHIVE",
    enabled: false,
    maxPeople: 1,
  }),
  deleteSafetyLimit: deleting("createSafetyLimit", { name: "x", maxPeople: 1_000_000 }),
  deleteApprovalPolicy: deleting("createApprovalPolicy", {
    name: "x",
    filter: { id: { in: [] } },
    steps: [{ deciders: [{ by: "MANAGER" }] }],
  }),
  deleteSignInPolicy: deleting("createSignInPolicy", { name: "x", filter: { id: { in: [] } }, require: "MFA" }),
};

let made = 0;

/** Mutations whose right depends on more than a place, each with the test that says how. */
export const SAID_ELSEWHERE: Readonly<Record<string, string>> = {
  cancelOffboarding: "test/features/employment/offboarding.test.ts",
  onboard: "test/features/employment/onboarding.test.ts",
  transfer: "test/features/employment/transfer.test.ts",
  applyBulk: "test/features/bulk/applying.test.ts",
  cancelBulk: "test/features/bulk/applying.test.ts",
  planImport: "test/features/import-plans/sight.test.ts",
  createImportCorrection: "test/features/import-plans/sight.test.ts",
  planRevert: "test/features/bulk/reverting.test.ts",
  eraseUser: "test/features/erasure/erasing.test.ts",
  inviteUser: "test/features/auth/links.test.ts",
  placeLegalHold: "test/features/erasure/holding.test.ts",
  releaseLegalHold: "test/features/erasure/holding.test.ts",
  resetUserFactors: "test/features/auth/second-factors.test.ts",
  revokeRole: "test/features/roles/grants.test.ts",
  runRetention: "test/features/retention/running.test.ts",
  deleteSavedSearch: "test/features/saved-searches/visibility.test.ts",
  updateSavedSearch: "test/features/saved-searches/visibility.test.ts",
};

/** Mutations of whoever is signed in: over whom something more must be held, and what; `session`: nothing but a session, which none of the matrix's tokens has. */
export interface OfViewer {
  input(subject: string, on: Subjects, place: "inside" | "outside"): Record<string, unknown>;
  needs:
    | "session"
    | "nothing"
    | { permission: Permission; hiddenBy?: Permission }
    | "decides"
    | "asked"
    | "link"
    | "unseen";
}

/** Nobody's. */
const FACTOR = "factor_00000000000000000000000000";
const OWN: OfViewer["input"] = () => ({});
const request: OfViewer["input"] = (_, on, place) => ({
  id: place === "inside" ? on.insideApproval : on.outsideApproval,
  expectedVersion: NEVER,
});

/** By the mutation's name. */
export const OF_VIEWERS: Readonly<Record<string, OfViewer>> = {
  addPasskey: { needs: "session", input: () => ({ challenge: "x", credential: {}, name: "x" }) },
  approve: { needs: "decides", input: request },
  beginPasskeyEnrolment: { needs: "session", input: OWN },
  beginPasskeyUse: { needs: "session", input: OWN },
  beginTotpEnrolment: { needs: "session", input: () => ({ name: "x" }) },
  cancelApprovalRequest: { needs: "asked", input: request },
  changePassword: { needs: "session", input: () => ({ currentPassword: "x", newPassword: "y" }) },
  confirmTotpEnrolment: { needs: "session", input: () => ({ id: FACTOR, code: "000000" }) },
  createRecoveryCodes: { needs: "session", input: OWN },
  createServiceToken: { needs: "nothing", input: () => ({ kind: "PERSONAL", name: " " }) },
  delegateApprovals: { needs: "nothing", input: (delegateId) => ({ delegateId, endsAt: "2020-01-31T12:00:00.000Z" }) },
  endDelegation: { needs: "unseen", input: () => ({ id: "delegation_00000000000000000000000000" }) },
  exportPersonalData: { needs: { permission: "USER_ERASE" }, input: (userId) => ({ userId }) },
  reauthenticate: { needs: "session", input: () => ({ password: "x" }) },
  reject: { needs: "decides", input: request },
  removeFactor: { needs: "session", input: () => ({ id: FACTOR }) },
  requestEmailVerification: { needs: "nothing", input: () => ({ email: "nobody@example.org" }) },
  revokeServiceToken: { needs: "unseen", input: () => ({ id: "token_00000000000000000000000000" }) },
  revokeSession: {
    needs: { permission: "SESSION_MANAGE", hiddenBy: "USER_READ_SECURITY" },
    input: (_, on, place) => ({ id: place === "inside" ? on.insideSession : on.outsideSession }),
  },
  revokeUserSessions: { needs: { permission: "SESSION_MANAGE" }, input: (userId) => ({ userId }) },
  rotateServiceToken: { needs: "unseen", input: () => ({ id: "token_00000000000000000000000000" }) },
  signOut: { needs: "session", input: OWN },
  updateMyProfile: { needs: "nothing", input: () => ({ expectedVersion: NEVER }) },
  verifyEmail: { needs: "link", input: () => ({ token: "x" }) },
};
