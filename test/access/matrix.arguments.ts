import type { Permission } from "../../src/kernel/permissions.ts";
import type { World } from "./matrix.world.ts";

/*
 * Ready-made arguments. A field, argument or mutation that joins the schema and needs more than it finds here fails the matrix, which names
 * the line that is missing.
 */

/** Every page has these; the cursors are looked at by test/features/users/paging.test.ts and test/regressions/oracles.test.ts. */
export const PAGING = new Set(["first", "last", "after", "before"]);

const EVERYBODY = "{ status: { in: [ACTIVE, PENDING, INACTIVE, LOCKED, SUSPENDED, ARCHIVED] } }";

/** Of fields that are no roots: `Type.field(argument)`, as GraphQL writes the value. */
export const ARGUMENTS: Record<string, string> = {
  "BulkPlan.items(findings)": "[CHANGE, UNCHANGED, ERROR]",
  "BulkPlan.items(outcomes)": "null",
  "BulkSearchEffect.members(joins)": "true",
  "Group.members(filter)": EVERYBODY,
  "Group.members(orderBy)": "[{ field: USERNAME }]",
  "Group.roleGrants(includeInactive)": "true",
  "OrgUnit.memberCount(includeDescendants)": "true",
  "OrgUnit.members(filter)": EVERYBODY,
  "OrgUnit.members(includeDescendants)": "false",
  "OrgUnit.members(orderBy)": "[{ field: USERNAME }]",
  "RetentionRun.people(outcomes)": "[DONE, PASSED_OVER]",
  "Role.members(filter)": '{ username: { startsWith: "a" } }',
  "Role.members(orderBy)": "[{ field: USERNAME }]",
  "SavedSearch.changes(through)": "null",
  "SavedSearch.users(orderBy)": "[{ field: USERNAME }]",
  "User.auditEvents(filter)": "{ outcome: { eq: SUCCESS } }",
  "User.permissions(within)": "null",
  "User.reports(filter)": EVERYBODY,
  "User.reports(orderBy)": "[{ field: USERNAME }]",
  "User.reports(transitive)": "true",
  "User.roleGrants(includeInactive)": "true",
  "User.scheduledTransitions(includeFinished)": "true",
  "User.sessions(includeEnded)": "true",
  "UserConnection.facets(by)": "[{ field: STATUS }]",
  "UserConnection.facets(top)": "50",
};

/** The ways in which each root field of Query is asked: the text of its arguments, one a way. */
export function rootArguments({ subjects: on }: World): Readonly<Record<string, readonly string[]>> {
  ARGUMENTS["SavedSearch.changes(after)"] = `"${on.since}"`;
  const people = [on.inside, on.outside, on.homeless, on.deletedInside, on.deletedOutside];
  const units = [on.division, on.insideUnit, on.outsideUnit];
  const rest = [
    on.insideGrant,
    on.outsideGrant,
    on.role,
    on.search,
    on.insideSession,
    on.outsideSession,
    on.policy,
    on.template,
    on.rule,
    on.insideApproval,
    on.outsideApproval,
    on.attribute,
    on.insideSchedule,
    on.outsideSchedule,
    on.plan,
    on.limit,
    on.importTemplate,
    on.retention,
    on.retentionRun,
    on.insideGroup,
    on.outsideGroup,
    on.groupGrant,
  ];
  const list = (ids: readonly string[]) => `[${ids.map((id) => `"${id}"`).join(", ")}]`;
  const some = `{ id: { in: ${list(people)} } }`;
  const now = new Date().toISOString();
  const asked = `{ state: [FAILED, PENDING], kind: [PROFILE_CHANGE], mine: null, subjectId: null }`;
  return {
    approvalRequests: [`(first: 100, filter: ${asked})`],
    attributeDefinitions: [`(includeRemoved: false)`],
    auditEvents: [
      `(first: 6, filter: { subjectId: { in: ${list([...people, ...rest])} } }, orderBy: { direction: ASC })`,
    ],
    bulkPlan: [`(id: "${on.plan}")`],
    bulkPlans: [`(first: 100, states: [PLANNED])`],
    estimateSearch: [`(filter: ${some}, orderBy: [{ field: USERNAME }])`],
    explainAccess: [`(permission: AUDIT_READ, userId: null)`],
    explainMatch: people.map((id) => `(userId: "${id}", filter: ${EVERYBODY})`),
    filterCounts: [`(filter: { status: { in: [ACTIVE, LOCKED] } })`],
    formatFilter: [`(filter: ${some})`],
    group: [`(by: { id: "${on.insideGroup}" })`, `(by: { key: "matrix-outside" })`],
    groups: [`(first: 100, filter: { search: "matrix", kind: null })`],
    node: [...people, ...units, ...rest].map((id) => `(id: "${id}")`),
    nodes: [`(ids: ${list([...people, ...units, ...rest])})`],
    orgUnit: [...units.map((id) => `(by: { id: "${id}" })`), `(by: { code: "OPS" })`, `(by: { code: "TEC" })`],
    orgUnits: [
      `(first: 500, filter: { within: "${on.insideUnit}" }, orderBy: { field: CODE })`,
      `(first: 3, filter: { roots: true })`,
    ],
    parseFilter: [`(text: "status in (ACTIVE, LOCKED)")`],
    previewAttributeDefinition: [`(input: { id: "${on.attribute}" })`],
    previewTemplate: [`(id: "${on.template}")`],
    profileTemplates: [""],
    // What is held about whom is too much to spell out here, and said by a test of its own: asked about nobody, it is null.
    previewErasure: [`(userId: "user_00000000000000000000000000")`],
    previewRetention: [`(policyId: "${on.retention}")`],
    retentionPolicies: [""],
    retentionRuns: [`(first: 100, policyId: "${on.retention}")`],
    role: [`(by: { key: "auditor" })`, `(by: { id: "${on.role}" })`],
    roles: [`(first: 500, search: "auditor", privileged: true)`],
    savedSearch: [`(id: "${on.search}")`],
    savedSearches: [`(first: 100, search: "Active", visibility: SHARED)`],
    scheduledTransitions: [`(first: 100, filter: { states: [SCHEDULED] })`],
    searchChanges: [`(after: "${on.since}", filter: ${some}, watch: ["nickName"], first: 50)`],
    serviceTokens: [`(first: 100)`],
    signInPolicies: [""],
    user: people.map((id) => `(by: { id: "${id}" })`),
    users: [
      `(first: 500, filter: ${some}, orderBy: [{ field: USERNAME }])`,
      `(first: 500, filter: ${some}, includeDeleted: true)`,
    ],
    usersAsOf: [`(first: 500, at: "${now}", filter: ${some}, orderBy: [{ field: USERNAME }])`],
    verifyAudit: [`(from: null, through: null)`],
  };
}

/** Types of which the demo has nothing, and where a test says who sees them. */
export const NOT_IN_THE_DEMO: Readonly<Record<string, string>> = {
  ApprovalDelegation: "test/features/approvals/delegation.test.ts",
  ErasurePreview: "test/features/erasure/holding.test.ts",
  HeldData: "test/features/erasure/holding.test.ts",
  LegalHold: "test/features/erasure/holding.test.ts",
  NamingText: "test/features/erasure/holding.test.ts",
  UserErasure: "test/features/erasure/erasing.test.ts",
  ImportProblem: "test/features/import-plans/planning.test.ts",
  ImportProblemConnection: "test/features/import-plans/planning.test.ts",
  ImportProblemEdge: "test/features/import-plans/planning.test.ts",
  AttributeProblem: "test/features/attributes/invalid-people.test.ts",
  AttributeViolationEdge: "test/features/attributes/invalid-people.test.ts",
  AttributeViolation: "test/features/attributes/invalid-people.test.ts",
  OffboardingPreview: "test/features/employment/offboarding.test.ts",
  OnboardingPreview: "test/features/employment/onboarding.test.ts",
  ScheduledMove: "test/features/employment/transfer.test.ts",
  ScheduledMoveValue: "test/features/employment/transfer.test.ts",
  TransferPreview: "test/features/employment/transfer.test.ts",
  TemplateChanges: "test/features/employment/transfer.test.ts",
  TemplateFieldChange: "test/features/employment/transfer.test.ts",
  TemplateRoleChange: "test/features/employment/transfer.test.ts",
  ProfileTemplateGroup: "test/features/profile-templates/groups.test.ts",
  ProfileTemplateEffectEdge: "test/features/profile-templates/templates.test.ts",
  ProfileTemplateEffect: "test/features/profile-templates/templates.test.ts",
  RetentionPersonEdge: "test/features/retention/running.test.ts",
  RetentionPerson: "test/features/retention/running.test.ts",
  Consequence: "test/features/schedules/scheduled-transitions.test.ts",
  TransitionFailure: "test/features/schedules/scheduled-transitions.test.ts",
  BulkItemConnection: "test/features/bulk/sight.test.ts",
  BulkItemEdge: "test/features/bulk/sight.test.ts",
  BulkMemberEdge: "test/features/bulk/sight.test.ts",
  BulkMember: "test/features/bulk/sight.test.ts",
  BulkMemberConnection: "test/features/bulk/sight.test.ts",
  BulkProblem: "test/features/bulk/sight.test.ts",
  BulkSearchEffect: "test/features/bulk/sight.test.ts",
  SavedSearchSuspension: "test/features/saved-searches/changes.test.ts",
};

/** Roots whose answers are the viewer's own, and are said in the test itself. */
export const OWN_ROOTS = new Set(["viewer", "previewOffboarding", "previewOnboarding", "previewTransfer"]);

/** How each subscription is begun that takes more than a position to begin behind, and what it needs. */
export function subscriptions({
  subjects: on,
}: World): Readonly<Record<string, { args: string; needs?: Permission; everywhere?: true }>> {
  const after = `after: "${on.since}"`;
  return {
    approvalRequestEvents: { args: after },
    auditEvents: { args: after, needs: "AUDIT_READ" },
    bulkPlanProgress: { args: `${after}, id: "${on.plan}"`, needs: "BULK_RUN", everywhere: true },
    savedSearchChanges: { args: `id: "${on.search}"`, needs: "USER_READ" },
    searchChanges: { args: `${after}, filter: { id: { in: ["${on.inside}", "${on.outside}"] } }`, needs: "USER_READ" },
    userEvents: { args: after },
  };
}
