import type { Permission } from "../../src/kernel/permissions.ts";
import { KEYS } from "./matrix.furnishing.ts";
import { decides, type Oracle } from "./matrix.oracle.ts";
import type { World } from "./matrix.world.ts";

/*
 * Ready-made arguments. A field, argument or mutation that joins the schema and needs more than it finds here fails the matrix, which names
 * the line that is missing.
 */

// biome-ignore lint/suspicious/noExplicitAny: answers have the shape of whatever was asked.
type Any = any;

const EVERYBODY = "{ status: { in: [ACTIVE, PENDING, INACTIVE, LOCKED, SUSPENDED, ARCHIVED] } }";

/** Of fields that are no roots: `Type.field(argument)`, as GraphQL writes the value. */
export const ARGUMENTS: Record<string, string> = {
  "BulkPlan.items(findings)": "[CHANGE, UNCHANGED, ERROR]",
  "BulkPlan.items(outcomes)": "[CHANGED, SKIPPED]",
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
  "SavedSearch.users(orderBy)": "[{ field: USERNAME }]",
  "User.reports(filter)": EVERYBODY,
  "User.reports(orderBy)": "[{ field: USERNAME }]",
  "User.reports(transitive)": "true",
  "User.roleGrants(includeInactive)": "true",
  "User.scheduledTransitions(includeFinished)": "true",
  "User.sessions(includeEnded)": "true",
  "UserConnection.facets(by)": "[{ field: STATUS }]",
  "UserConnection.facets(top)": "50",
};

/** Permissions that everybody of the matrix, some and nobody but one hold, and that rules take away in each way. */
const EXPLAINED: readonly Permission[] = [
  "AUDIT_READ",
  "ROLE_READ",
  "USER_DELETE",
  "USER_READ",
  "USER_READ_CONTACT",
  "USER_READ_SECURITY",
];

/** Those that are never left out: what is refused while the matrix asks is in the audit log as well. */
export const ALWAYS = new Set(["User.auditEvents(filter)"]);

/** Says those that name somebody or something of the world. */
export function fillArguments({ subjects: on, until, untilAt }: World): void {
  ARGUMENTS["SavedSearch.changes(after)"] = `"${on.since}"`;
  ARGUMENTS["SavedSearch.changes(through)"] = `"${until}"`;
  ARGUMENTS["User.auditEvents(filter)"] = `{ occurredAt: { lte: "${untilAt}" }, outcome: { eq: SUCCESS } }`;
  ARGUMENTS["User.permissions(within)"] = `"${on.division}"`;
}

/** A way in which a root is asked. */
export interface Way {
  /** The text of its arguments. */
  args: string;
  /** Those by which somebody who may do everything is answered as much or more; absent: the same. */
  truth?: string;
  /** Which of what they were answered belongs to the answer of somebody else, where the arguments mean something else to them. */
  keep?(oracle: Oracle, thing: Any): boolean;
  /** The code with which it is refused, beyond what its rule says. */
  refusal?(oracle: Oracle): string | undefined;
  /** Whether the ids alone are asked for: what is shown of the same things is looked at in another way. */
  light?: true;
}

const light = (args: string): Way => ({ args, light: true });

/** The ways in which each root field of Query is asked. */
export function rootArguments(world: World): Readonly<Record<string, readonly (string | Way)[]>> {
  const { subjects: on } = world;
  const people = [on.inside, on.outside, on.homeless, on.deletedInside, on.deletedOutside];
  const units = [on.division, on.insideUnit, on.outsideUnit];
  const rest = [
    on.insideGrant,
    on.outsideGrant,
    on.role,
    on.search,
    on.peopleSearch,
    on.insideSession,
    on.outsideSession,
    on.policy,
    on.approvalPolicy,
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
  const requests = "(first: 100)";
  const byEmail = (oracle: Oracle, user: Any) =>
    oracle.reads(["USER_READ", "USER_READ_CONTACT"], user.id ?? user.id__User);
  return {
    approvalPolicies: [""],
    approvalRequests: [
      `(first: 100, filter: { state: [FAILED, PENDING], kind: [PROFILE_CHANGE] })`,
      `(first: 100, filter: { subjectId: "${on.inside}" })`,
      {
        args: "(first: 100, filter: { mine: TO_DECIDE })",
        truth: requests,
        keep: (oracle, request) => request.state__ApprovalRequest === "PENDING" && decides(oracle, request),
      },
      { args: "(first: 100, filter: { mine: REQUESTED })", truth: requests, keep: () => false },
      {
        args: "(first: 100, filter: { mine: DECIDED })",
        truth: requests,
        keep: (oracle) => oracle.asker.name === "inside",
      },
    ],
    attributeDefinitions: [`(includeRemoved: false)`, `(includeRemoved: true)`],
    auditEvents: [
      `(first: 6, filter: { occurredAt: { lte: "${world.untilAt}" }, subjectId: { in: ${list([...people, ...rest])} } }, orderBy: { direction: ASC })`,
      `(first: 4, filter: { occurredAt: { lte: "${world.untilAt}" }, and: [{ subjectId: { in: ${list(people)} } }, { action: { in: ["user.suspended", "user.updated"] } }, { orgUnit: { within: "${on.division}" } }] })`,
    ],
    bulkPlan: [`(id: "${on.plan}")`],
    bulkPlans: [`(first: 100, states: [PLANNED])`],
    estimateSearch: [`(filter: ${some}, orderBy: [{ field: USERNAME }])`],
    explainAccess: EXPLAINED.flatMap((permission) => [
      `(permission: ${permission})`,
      ...[on.inside, on.outside].map((id) => `(permission: ${permission}, userId: "${id}")`),
    ]),
    explainMatch: people.map((id) => `(userId: "${id}", filter: ${EVERYBODY})`),
    filterCounts: [`(filter: { status: { in: [ACTIVE, LOCKED] } })`],
    formatFilter: [`(filter: ${some})`],
    group: [`(by: { id: "${on.insideGroup}" })`, `(by: { key: "matrix-outside" })`],
    groups: [`(first: 100, filter: { search: "matrix" })`, `(first: 100, filter: { kind: DYNAMIC })`],
    node: [...people, ...units, ...rest].map((id) => `(id: "${id}")`),
    nodes: [`(ids: ${list([...people, ...units, ...rest])})`],
    orgUnit: [...units.map((id) => `(by: { id: "${id}" })`), `(by: { code: "OPS" })`, `(by: { code: "TEC" })`],
    orgUnits: [
      `(first: 3, filter: { within: "${on.insideUnit}" }, orderBy: { field: CODE })`,
      `(first: 3, filter: { roots: true })`,
      ...["CODE", "CREATED_AT", "NAME", "PATH"].map((field) =>
        light(`(first: 3, filter: { kind: TEAM, search: "a" }, orderBy: { field: ${field}, direction: DESC })`),
      ),
    ],
    parseFilter: [`(text: "status in (ACTIVE, LOCKED)")`],
    previewAttributeDefinition: [`(input: { id: "${on.attribute}" })`],
    previewTemplate: [`(id: "${on.template}")`],
    profileTemplates: [""],
    previewOffboarding: [on.inside, on.outside].map((id) => ({
      args: `(input: { id: "${id}" })`,
      refusal: (oracle) => changing(oracle, id, ["USER_LIFECYCLE"]),
    })),
    previewTransfer: [on.inside, on.outside].map((id) => ({
      args: `(input: { id: "${id}", title: "Elsewhere" })`,
      refusal: (oracle) => changing(oracle, id, ["USER_LIFECYCLE", "USER_UPDATE"]),
    })),
    previewOnboarding: [on.insideUnit, on.outsideUnit].map((unit) => ({
      args: `(input: { username: "matrix.new", orgUnitId: "${unit}", startsOn: "${world.untilAt.slice(0, 10)}" })`,
      refusal: (oracle) => placing(oracle, world.units.get(unit) ?? [], ["USER_CREATE", "USER_LIFECYCLE", "USER_READ"]),
    })),
    // What is held about whom is too much to spell out here, and said by a test of its own: asked about nobody, it is null.
    previewErasure: [`(userId: "user_00000000000000000000000000")`],
    previewRetention: [`(policyId: "${on.retention}")`],
    retentionPolicies: [""],
    retentionRuns: [`(first: 100, policyId: "${on.retention}")`],
    role: [`(by: { key: "auditor" })`, `(by: { id: "${on.role}" })`],
    roles: [`(first: 3, search: "auditor", privileged: true)`, `(first: 3, search: "auditor", privileged: false)`],
    savedSearch: [`(id: "${on.search}")`, `(id: "${on.peopleSearch}")`],
    savedSearches: [`(first: 100, search: "Active", visibility: SHARED)`],
    scheduledTransitions: [
      `(first: 100, filter: { states: [SCHEDULED] })`,
      `(first: 100, filter: { operations: [SUSPEND], userIds: ${list(people)}, from: "${now}", before: "2999-01-01T00:00:00Z" })`,
    ],
    searchChanges: [
      `(after: "${on.since}", filter: ${some}, watch: ["nickName"], first: 50)`,
      {
        args: `(after: "${on.since}", through: "${world.until}", filter: ${some}, watch: ["email", "lastLoginCountry"], first: 50)`,
        refusal: (oracle) => watching(oracle, ["USER_READ_CONTACT", "USER_READ_SECURITY"]),
      },
    ],
    serviceTokens: [
      `(first: 3)`,
      light(`(first: 3, includeEnded: true, kind: PERSONAL)`),
      light(`(first: 3, includeEnded: true, userId: "${on.inside}")`),
    ],
    signInPolicies: [""],
    user: [
      ...people.map((id) => `(by: { id: "${id}" })`),
      ...[on.inside, on.outside].map((id) => light(`(by: { username: "${world.people.get(id)?.username}" })`)),
      ...KEYS.flatMap(({ email, employeeNumber, identity: { source, issuer, externalId } }) => {
        return [
          light(`(by: { employeeNumber: "${employeeNumber}" })`),
          light(`(by: { identity: { source: ${source}, issuer: "${issuer}", externalId: "${externalId}" } })`),
          // Who may not read addresses is not told by one whose it is.
          { ...light(`(by: { email: "${email}" })`), keep: byEmail },
        ];
      }),
    ],
    users: [
      `(first: 500, filter: ${some}, orderBy: [{ field: USERNAME }])`,
      `(first: 500, filter: ${some}, includeDeleted: true)`,
    ],
    usersAsOf: [`(first: 500, at: "${now}", filter: ${some}, orderBy: [{ field: USERNAME }])`],
    verifyAudit: [`(from: "${on.since}", through: "${world.until}")`],
  };
}

/** Whether watching fields that take these permissions is refused: they must be held over somebody. */
const watching = (oracle: Oracle, permissions: readonly Permission[]): string | undefined =>
  permissions.every((one) => oracle.holdsAnywhere(one)) ? undefined : "FIELD_FORBIDDEN";

/** How a change of a person is refused that takes these permissions over them. */
function changing(oracle: Oracle, userId: string, permissions: readonly Permission[]): string | undefined {
  if (!permissions.every((one) => oracle.holdsAnywhere(one))) return "FORBIDDEN";
  if (!oracle.seesUser(userId)) return "NOT_FOUND";
  return permissions.every((one) => oracle.holdsOver(one, userId)) ? undefined : "FORBIDDEN";
}

/** How placing somebody in a unit is refused that takes these permissions there. */
function placing(oracle: Oracle, path: readonly string[], permissions: readonly Permission[]): string | undefined {
  if (!permissions.every((one) => oracle.holdsAnywhere(one))) return "FORBIDDEN";
  if (!oracle.holds("ORG_READ", path)) return "NOT_FOUND";
  return permissions.every((one) => oracle.holds(one, path)) ? undefined : "FORBIDDEN";
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
  AttributeProblem: "test/features/attributes/invalid-people.test.ts",
  AttributeViolation: "test/features/attributes/invalid-people.test.ts",
  ScheduledMove: "test/features/employment/transfer.test.ts",
  ScheduledMoveValue: "test/features/employment/transfer.test.ts",
  TemplateFieldChange: "test/features/employment/transfer.test.ts",
  TemplateRoleChange: "test/features/employment/transfer.test.ts",
  ProfileTemplateGroup: "test/features/profile-templates/groups.test.ts",
  ProfileTemplateEffect: "test/features/profile-templates/templates.test.ts",
  RetentionPerson: "test/features/retention/running.test.ts",
  TransitionFailure: "test/features/schedules/scheduled-transitions.test.ts",
  BulkMember: "test/features/bulk/sight.test.ts",
  BulkMemberConnection: "test/features/bulk/sight.test.ts",
  BulkProblem: "test/features/bulk/sight.test.ts",
  BulkSearchEffect: "test/features/bulk/sight.test.ts",
  SavedSearchSuspension: "test/features/saved-searches/changes.test.ts",
};

/** Roots whose answers are the viewer's own, and are said in the test itself. */
export const OWN_ROOTS = new Set(["viewer"]);

/** A way in which a subscription is begun, what it needs, and of which types its events are, where only some are wanted. */
export interface Following {
  args: string;
  needs?: Permission;
  everywhere?: true;
  types?: readonly string[];
  /** The code with which it is refused, beyond what it needs. */
  refusal?(oracle: Oracle): string | undefined;
}

/** The ways in which each subscription is begun. */
export function subscriptions({ subjects: on }: World): Readonly<Record<string, readonly Following[]>> {
  const [before, after] = [`after: "${on.before}"`, `after: "${on.since}"`];
  const people = `["${on.inside}", "${on.outside}"]`;
  const ofTypes = (...types: string[]): Following => ({
    args: `${after}, filter: { id: { in: ${people} } }, types: [${types.join(", ")}]`,
    types,
  });
  return {
    approvalRequestEvents: [{ args: before }],
    auditEvents: [{ args: `${after}, filter: { subjectId: { in: ${people} } }`, needs: "AUDIT_READ" }],
    bulkPlanProgress: [{ args: `${before}, id: "${on.plan}"`, needs: "BULK_RUN", everywhere: true }],
    savedSearchChanges: [{ args: `${after}, id: "${on.peopleSearch}"`, needs: "USER_READ" }],
    searchChanges: [
      {
        args: `${after}, filter: { id: { in: ${people} } }, watch: ["nickName", "email"]`,
        needs: "USER_READ",
        refusal: (oracle) => watching(oracle, ["USER_READ_CONTACT"]),
      },
    ],
    userEvents: [
      { args: `${after}, filter: { id: { in: ${people} } }` },
      ofTypes("UPDATED", "SUSPENDED", "REINSTATED"),
      // A suspension ends sessions, of which not everybody is told.
      ofTypes("SESSION_ENDED"),
    ],
  };
}
