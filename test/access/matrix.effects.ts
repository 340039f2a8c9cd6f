import type { Subjects } from "./matrix.world.ts";

/*
 * Changes that succeed, one behind the other, for everybody who may make them: of a person, a unit and whatever else was made for them.
 */

/** What was made so far, by a name: ids, a name that nobody else uses, and a day to come. */
export interface Made {
  person: string;
  later: string;
  name: string;
  [kept: string]: string;
}

export interface Effect {
  mutation: string;
  input(made: Made, on: Subjects): Record<string, unknown>;
  /** Under which name the id of what a field of the payload shows is kept. */
  keep?: readonly [name: string, field: string];
}

const effect = (mutation: string, input: Effect["input"], keep?: Effect["keep"]): Effect => ({
  mutation,
  input,
  ...(keep ? { keep } : {}),
});

const day = ({ later }: Made) => later.slice(0, 10);
const moves = (...mutations: string[]) => mutations.map((mutation) => effect(mutation, ({ person: id }) => ({ id })));
const NOBODY = { filter: { id: { in: [] } } };

const PEOPLE: readonly Effect[] = [
  effect("updateUser", (_, { inside: id }) => ({ id, nickName: "Known" })),
  effect("createUser", ({ name }, { insideUnit }) => ({ username: name, orgUnitId: insideUnit })),
  effect("updateUser", ({ person: id }) => ({ id, title: "Payload" })),
  effect("updateMyProfile", () => ({ nickName: "Me" })),
  effect("grantRole", ({ person }, on) => ({ granteeId: person, roleKey: "employee", scopeId: on.division }), [
    "grant",
    "grant",
  ]),
  effect("revokeRole", ({ grant }) => ({ grantId: grant })),
  effect("scheduleTransition", (made) => ({ id: made.person, operation: "SUSPEND", effectiveOn: day(made) }), [
    "step",
    "transition",
  ]),
  effect("changeScheduledTransition", ({ step: id, later }) => ({ id, effectiveAt: later })),
  effect("cancelScheduledTransition", ({ step: id }) => ({ id })),
  effect("offboard", (made) => ({ id: made.person, lastDay: day(made) }), ["leave", "transition"]),
  effect("cancelOffboarding", ({ person: id }) => ({ id })),
  effect("transfer", (made) => ({ id: made.person, title: "Moved", effectiveOn: day(made) })),
  effect("onboard", (made, { insideUnit }) => ({
    username: `${made.name}.on`,
    orgUnitId: insideUnit,
    startsOn: day(made),
  })),
  effect("placeLegalHold", ({ person }) => ({ userId: person, reason: "Payload" }), ["hold", "hold"]),
  effect("releaseLegalHold", ({ hold: id }) => ({ id })),
  effect("inviteUser", ({ person: id }) => ({ id })),
  effect("resetUserFactors", ({ person }) => ({ userId: person })),
  ...moves("suspendUser", "reinstateUser", "lockUser", "unlockUser", "deactivateUser", "archiveUser", "activateUser"),
  ...moves("deleteUser", "restoreUser"),
];

const THINGS: readonly Effect[] = [
  effect("createOrgUnit", ({ name }, on) => ({ code: name, name, kind: "TEAM", parentId: on.division }), [
    "unit",
    "orgUnit",
  ]),
  effect("updateOrgUnit", ({ unit: id }) => ({ id, name: "Payload" })),
  effect("moveOrgUnit", ({ unit: id }, on) => ({ id, newParentId: on.insideUnit })),
  effect("createGroup", ({ name }, on) => ({ key: name, name, orgUnitId: on.division }), ["group", "group"]),
  effect("updateGroup", ({ group: id }, on) => ({ id, ownerId: on.inside })),
  effect("addGroupMembers", ({ group: groupId }, on) => ({ groupId, userIds: [on.inside, on.outside] })),
  effect("removeGroupMembers", ({ group: groupId }, on) => ({ groupId, userIds: [on.inside] })),
  effect("deleteGroup", ({ group: id }) => ({ id })),
  effect("createRole", ({ name: key }) => ({ key, name: key, permissions: ["USER_READ"] }), ["role", "role"]),
  effect("updateRole", ({ role: id }) => ({ id, description: "Payload" })),
  effect("createAccessRule", ({ name }) => ({ name, permissions: ["PROVISION"], networks: ["::/0"] }), [
    "rule",
    "rule",
  ]),
  effect("updateAccessRule", ({ rule: id }) => ({ id, networks: ["0.0.0.0/0", "::/0"] })),
  effect("createAttributeDefinition", ({ name }) => ({ key: name.replace("-", ""), name, type: "STRING" }), [
    "definition",
    "definition",
  ]),
  effect("updateAttributeDefinition", ({ definition: id }) => ({ id, description: "Payload" })),
  effect(
    "createImportTemplate",
    ({ name }) => ({ name, reading: { matchBy: "EMAIL", columns: [{ header: "Mail", target: "email" }] } }),
    ["importTemplate", "template"],
  ),
  effect("updateImportTemplate", ({ importTemplate: id, name }) => ({ id, name: `${name} more` })),
  effect("createProfileTemplate", ({ name }) => ({ name, filter: { title: { eq: "nobody at all" } } }), [
    "template",
    "template",
  ]),
  effect("updateProfileTemplate", ({ template: id }) => ({ id, priority: 7 })),
  effect(
    "createRetentionPolicy",
    ({ name }) => ({ name, ...NOBODY, status: "INACTIVE", days: 180, action: "ARCHIVE", enabled: true, maxPeople: 1 }),
    ["retention", "policy"],
  ),
  effect("updateRetentionPolicy", ({ retention: id }) => ({ id, days: 181 })),
  effect("runRetention", ({ retention: policyId }) => ({ policyId })),
  effect("createSafetyLimit", ({ name }) => ({ name, maxPeople: 1_000_000 }), ["limit", "limit"]),
  effect("updateSafetyLimit", ({ limit: id }) => ({ id, maxPeople: 1_000_001 })),
  effect("createSignInPolicy", ({ name }) => ({ name, ...NOBODY, require: "MFA" }), ["policy", "policy"]),
  effect("updateSignInPolicy", ({ policy: id }) => ({ id, graceDays: 1 })),
  effect("createApprovalPolicy", ({ name }) => ({ name, ...NOBODY, steps: [{ deciders: [{ by: "MANAGER" }] }] }), [
    "approvalPolicy",
    "policy",
  ]),
  effect("updateApprovalPolicy", ({ approvalPolicy: id }) => ({ id, priority: 7 })),
  effect("planBulk", (_, on) => ({ target: { userIds: [on.inside] }, change: { set: { nickName: "Payload" } } }), [
    "plan",
    "plan",
  ]),
  effect("cancelBulk", ({ plan: id }) => ({ id })),
  effect("reject", (_, on) => ({ id: on.outsideApproval })),
];

/** In their order. */
export const EFFECTS: readonly Effect[] = [...PEOPLE, ...THINGS];

/** Mutations that answer something about somebody and are not carried out here, each with the test that looks at what they answer. */
export const SEEN_ELSEWHERE: Readonly<Record<string, string>> = {
  addPasskey: "test/browser/passkeys.test.ts",
  applyBulk: "test/features/bulk/applying.test.ts",
  approve: "test/features/approvals/deciding.test.ts",
  cancelApprovalRequest: "test/features/approvals/deciding.test.ts",
  changePassword: "test/features/auth/second-factors.test.ts",
  confirmTotpEnrolment: "test/features/auth/second-factors.test.ts",
  createSavedSearch: "test/features/saved-searches/saved-searches.test.ts",
  createServiceToken: "test/features/auth/service-token-mutations.test.ts",
  delegateApprovals: "test/features/approvals/delegation.test.ts",
  endDelegation: "test/features/approvals/delegation.test.ts",
  eraseUser: "test/features/erasure/erasing.test.ts",
  planImport: "test/features/import-plans/sight.test.ts",
  planRevert: "test/features/bulk/reverting.test.ts",
  reauthenticate: "test/features/auth/policies.test.ts",
  revokeServiceToken: "test/features/auth/service-token-mutations.test.ts",
  rotateServiceToken: "test/features/auth/service-token-mutations.test.ts",
  updateSavedSearch: "test/features/saved-searches/saved-searches.test.ts",
};
