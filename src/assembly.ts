import "reflect-metadata";
import { type ApprovalFeature, buildApprovals, ownProfile } from "./assembly-approvals.ts";
import { buildAttributes } from "./assembly-attributes.ts";
import { type AuthFeature, type AuthParts, buildAuth } from "./assembly-auth.ts";
import { type BulkFeature, buildBulk } from "./assembly-bulk.ts";
import { buildEmployment } from "./assembly-employment.ts";
import { buildExports, type ExportFeature, type ExportParts } from "./assembly-exports.ts";
import { buildGroups, type GroupFeature, groupLoadersOver } from "./assembly-groups.ts";
import { buildImports, type ImportFeature } from "./assembly-imports.ts";
import { buildPlans } from "./assembly-plans.ts";
import { buildRetention, type RetentionFeature } from "./assembly-retention.ts";
import { buildRoles } from "./assembly-roles.ts";
import type { LifecycleSettings, ScheduleFeature } from "./assembly-schedules.ts";
import type { SearchFeature, SearchParts } from "./assembly-searches.ts";
import { buildSignIn, type SignInFeature, type SignInParts } from "./assembly-sign-in.ts";
import type { Database } from "./database/database.ts";
import { AccessRuleEntity } from "./features/access-rules/access-rule.entity.ts";
import { AccessRuleResolver } from "./features/access-rules/access-rule.resolver.ts";
import { AccessRuleService } from "./features/access-rules/access-rule.service.ts";
import { approvalCascade } from "./features/approvals/approval.cascade.ts";
import { ApprovalDelegationEntity } from "./features/approvals/approval-delegation.entity.ts";
import { ApprovalRequestEntity } from "./features/approvals/approval-request.entity.ts";
import { AttributeChecks, type UndefinedKeys } from "./features/attributes/attribute.checks.ts";
import { AttributeDefinitionEntity } from "./features/attributes/attribute-definition.entity.ts";
import type { Custody } from "./features/audit/audit.custody.ts";
import { AuditEventQueries } from "./features/audit/audit-event.queries.ts";
import { receiptLoader } from "./features/audit/audit-event.receipt.ts";
import { AuditEventResolver, UserAuditResolver } from "./features/audit/audit-event.resolver.ts";
import { AuditEventSource, AuditEventSubscription } from "./features/audit/audit-event.source.ts";
import { UserFactorEntity, UserPasswordEntity } from "./features/auth/credential.entity.ts";
import { linkCascade } from "./features/auth/link.cascade.ts";
import { loginKeyGuard } from "./features/auth/oidc.guard.ts";
import type { OidcIssuer } from "./features/auth/oidc.settings.ts";
import { endTokensOverUnit, tokenCascade } from "./features/auth/service-token.cascade.ts";
import { ServiceTokenEntity } from "./features/auth/service-token.entity.ts";
import { sessionCascade } from "./features/auth/session.cascade.ts";
import { SessionEntity } from "./features/auth/session.entity.ts";
import { attemptsCascade } from "./features/auth/sign-in.gate.ts";
import { SignInPolicyEntity } from "./features/auth/sign-in-policy.entity.ts";
import { bulkApproval } from "./features/bulk/bulk.approval.ts";
import { SafetyLimitEntity } from "./features/bulk/safety-limit.entity.ts";
import { groupsPausedPart } from "./features/dynamic-groups/dynamic-group.cascade.ts";
import { leavePart } from "./features/employment/employment.handover.ts";
import { startOf } from "./features/employment/onboarding.service.ts";
import { exportCascade } from "./features/exports/export.cascade.ts";
import { groupsMoveUp } from "./features/groups/group.cascade.ts";
import { GroupEntity } from "./features/groups/group.entity.ts";
import { CorrectionExports } from "./features/import-plans/import.correction.ts";
import type { ImportSettings } from "./features/import-plans/import.settings.ts";
import { ImportUploads } from "./features/import-plans/upload.store.ts";
import { OrgUnitEntity } from "./features/org/org-unit.entity.ts";
import { type OrgUnitLoader, orgUnitLoader } from "./features/org/org-unit.loaders.ts";
import { OrgUnitQueries } from "./features/org/org-unit.queries.ts";
import { OrgUnitResolver } from "./features/org/org-unit.resolver.ts";
import { OrgUnitService, type UnitDeletion } from "./features/org/org-unit.service.ts";
import { templateCascade } from "./features/profile-templates/profile-template.cascade.ts";
import { retentionApprovals } from "./features/retention/retention.approval.ts";
import { RoleEntity, RoleGrantEntity, RoleInheritanceEntity } from "./features/roles/role.entity.ts";
import { endGrantsOverUnit, roleGrantCascade } from "./features/roles/role-grant.cascade.ts";
import { SavedSearchEntity } from "./features/saved-searches/saved-search.entity.ts";
import { scheduleCascade } from "./features/schedules/scheduled-transition.cascade.ts";
import type { SelfServiceSettings } from "./features/self-service/own-profile.fields.ts";
import { profileChangeCascade } from "./features/self-service/profile-change.cascade.ts";
import { profileChanges } from "./features/self-service/profile-change.ts";
import { ActorResolver } from "./features/users/actor.resolver.ts";
import { ConsequenceResolver } from "./features/users/consequence.resolver.ts";
import { membersMove } from "./features/users/user.cascades.ts";
import type { UserCounting } from "./features/users/user.counting.ts";
import { UserCounts } from "./features/users/user.counts.ts";
import { userEntities } from "./features/users/user.entity.ts";
import { carriedOutBy, retentionPart } from "./features/users/user.following.ts";
import { CommonValues } from "./features/users/user.frequent-values.ts";
import { checkLifecycle, LIFECYCLE } from "./features/users/user.lifecycle.ts";
import { contactLoaders, nameableLoader, type UserLoader, userLoader } from "./features/users/user.loaders.ts";
import { requireVisibleUser } from "./features/users/user.place.ts";
import { UserQueries } from "./features/users/user.queries.ts";
import { UserConnectionResolver, UserResolver } from "./features/users/user.resolver.ts";
import { type UserCascade, UserService } from "./features/users/user.service.ts";
import { UserDeletionResolver } from "./features/users/user-deletion.resolver.ts";
import { UserEventResolver } from "./features/users/user-event.resolver.ts";
import { UserEventSource } from "./features/users/user-event.source.ts";
import { UserExplainResolver } from "./features/users/user-explain.resolver.ts";
import { UserLifecycleResolver } from "./features/users/user-lifecycle.resolver.ts";
import { UserMembershipResolver } from "./features/users/user-membership.resolver.ts";
import { UserVersionQueries } from "./features/users/user-version.queries.ts";
import { UserVersionResolver } from "./features/users/user-version.resolver.ts";
import { type FindNode, NodeResolver } from "./graphql/node.ts";
import type { TypePlans } from "./graphql/plan-type.ts";
import type { SubscriptionSource } from "./graphql/subscription-source.ts";
import type { IdKind } from "./kernel/ids.ts";

/** What units of work write. */
export const entities = [
  OrgUnitEntity,
  ...userEntities,
  RoleEntity,
  RoleInheritanceEntity,
  RoleGrantEntity,
  GroupEntity,
  AccessRuleEntity,
  AttributeDefinitionEntity,
  ServiceTokenEntity,
  UserPasswordEntity,
  UserFactorEntity,
  SessionEntity,
  SignInPolicyEntity,
  SavedSearchEntity,
  SafetyLimitEntity,
  ApprovalRequestEntity,
  ApprovalDelegationEntity,
];

/** What later features do because of a user, whoever changes them. */
export const userCascades: readonly UserCascade[] = [
  roleGrantCascade,
  sessionCascade,
  tokenCascade,
  attemptsCascade,
  linkCascade,
  scheduleCascade,
  approvalCascade,
  profileChangeCascade,
  exportCascade,
  groupsPausedPart,
];

/** What later features do because of a unit that goes. */
const unitDeletions: readonly UnitDeletion[] = [membersMove, groupsMoveUp, endGrantsOverUnit, endTokensOverUnit];

/** What the features give the gateway. */
export interface Features {
  resolvers: object[];
  /** What carries out each subscription, by the name of its field. */
  sources: Record<string, SubscriptionSource>;
  /** How one statement reads what the resolvers read. */
  plans: TypePlans;
  userService: UserService;
  common: CommonValues;
  searches: SearchFeature;
  groups: GroupFeature;
  signIn: SignInFeature;
  auth: AuthFeature;
  approvals: ApprovalFeature;
  exports: ExportFeature;
  schedules: ScheduleFeature;
  bulk: BulkFeature;
  imports: ImportFeature;
  retention: RetentionFeature;
}

/** How the features are set, and what follows the log for them. */
type FeatureSettings = Pick<SignInParts, "settings" | "dateOf" | "report"> &
  Pick<AuthParts, "links"> & {
    oidcIssuers: readonly OidcIssuer[];
    selfService: SelfServiceSettings;
    lifecycle: LifecycleSettings;
    following: Pick<SearchParts, "follower" | "onError">;
    undefinedAttributes: UndefinedKeys;
    importing: ImportSettings;
  };

/** Builds every resolver by hand, and lists what each feature does because of an earlier one. */
export function buildFeatures(
  database: Database,
  { keys, checkpoint, derive }: Custody,
  {
    links,
    following,
    oidcIssuers,
    undefinedAttributes,
    dateOf,
    selfService,
    lifecycle,
    importing,
    ...own
  }: FeatureSettings,
  counting: UserCounting,
): Features {
  const units = new OrgUnitQueries(database);
  const counts = new UserCounts(database, counting);
  const common = new CommonValues(database);
  const users = new UserQueries(database, units, counts, common);
  const loaders = { people: userLoader(users), units: orgUnitLoader(units) };
  const { people, units: unitLoader } = loaders;
  const zoned = { dateOf, orgTimezone: lifecycle.orgTimezone };
  const cascades = cascadesOf(oidcIssuers, lifecycle, dateOf);
  const rules = { cascades, attributes: new AttributeChecks(undefinedAttributes), ...zoned };
  const userService = new UserService(database, cascades, rules.attributes);
  const ofGroups = groupLoadersOver(database);
  const roles = buildRoles({ database, users, people, units, unitLoader, groups: ofGroups.loaders.groups });
  const ruleResolver = new AccessRuleResolver(new AccessRuleService(database, users), people);
  const attributes = buildAttributes(database, people);
  const groups = buildGroups({ database, users, people, units: unitLoader, dateOf, ofGroups, following });
  const { searches } = groups;
  const signIn = buildSignIn({ database, derive, users: userService, queries: users, people, ...zoned, ...own });
  const auth = buildAuth({
    database,
    derive,
    people,
    scopes: roles.scopes,
    users: userService,
    signIn,
    links,
    startOf,
  });
  const onPeople = { database, queries: users, people, users: userService, dateOf, invite: auth.invite };
  const { schedules, ...employment } = buildEmployment({ ...onPeople, ...rules, ...lifecycle, units: unitLoader });
  const finders = new Map<IdKind, FindNode>([
    ...findersOf(unitLoader, people, searches.find, schedules.find),
    ...roles.finders,
    ["AccessRule", (context, id) => ruleResolver.find(context, id)],
    ["AttributeDefinition", attributes.find],
    ["Group", groups.find],
    ...[...auth.finders, ...employment.finders, ...signIn.finders],
  ]);
  const kinds = [profileChanges(userService), bulkApproval, ...retentionApprovals];
  const approvals = buildApprovals({ database, people, kinds, outbox: auth.outbox, cascades, dateOf, finders });
  const exports = exportsOf({ database, users, searches: searches.queries, dateOf });
  const uploads = new ImportUploads(database, importing.maxBytes);
  const bulk = buildBulk({ database, users, loaders, rules, approvals: approvals.approvals, files: uploads, dateOf });
  const retention = buildRetention({ ...onPeople, approvals, outbox: auth.outbox, cascades, lifecycle });
  const imports = buildImports({ database, users, bulk, exports, dateOf, uploads, settings: importing });
  const history = historyOf(database, { keys, checkpoint }, { users, units, people, finders });
  const profile = ownProfile(approvals, history.events, { ...onPeople, searches, settings: selfService });
  addFinders(finders, [approvals, bulk, retention, imports, profile]);
  const resolvers = [
    new NodeResolver(finders),
    new OrgUnitResolver(new OrgUnitService(database, unitDeletions, requireVisibleUser), units, unitLoader),
    ...resolversOfPeople({ database, users, units, counts }, userService, loaders),
    ruleResolver,
    ...history.resolvers,
    ...[roles, groups, attributes, auth, signIn, searches, schedules].flatMap((one) => one.resolvers),
    ...[approvals, bulk, employment, exports, retention, imports, profile].flatMap((one) => one.resolvers),
    new UserDeletionResolver(lifecycle.deletionRetentionDays),
  ];
  const followed = { ...searches.sources, ...approvals.sources, ...bulk.sources };
  const sources = { userEvents: new UserEventSource(users), ...history.sources, ...followed };
  const built = { userService, common, searches, groups, signIn, auth, approvals, schedules, bulk, exports };
  return { resolvers, sources, plans: buildPlans(users, history.events), ...built, retention, imports };
}

function addFinders(finders: Map<IdKind, FindNode>, features: readonly Pick<BulkFeature, "finders">[]): void {
  for (const one of features) for (const [kind, find] of one.finders) finders.set(kind, find);
}

/** Exports, with the files that other features give. */
const exportsOf = (parts: Omit<ExportParts, "producers">): ExportFeature =>
  buildExports({ ...parts, producers: (rights) => [new CorrectionExports(parts.database, rights)] });

/** What happened, and what people were; found by their ids as soon as it is built. */
function historyOf(
  database: Database,
  custody: Pick<Custody, "keys" | "checkpoint">,
  on: { users: UserQueries; units: OrgUnitQueries; people: UserLoader; finders: Map<IdKind, FindNode> },
): { resolvers: object[]; events: AuditEventQueries; sources: Record<string, SubscriptionSource> } {
  const { users, units, people, finders } = on;
  const events = new AuditEventQueries(database, custody.keys, (ids) => units.paths(ids));
  const audit = new AuditEventResolver(events, finders, database, custody, receiptLoader(database));
  const versions = new UserVersionResolver(new UserVersionQueries(database, units, users), people);
  finders.set("AuditEvent", audit.find).set("UserVersion", versions.find);
  return {
    resolvers: [audit, new UserAuditResolver(events), new AuditEventSubscription(), versions],
    events,
    sources: { auditEvents: new AuditEventSource(events) },
  };
}

/** What follows from changes of people, checked against the lifecycle's table. */
function cascadesOf(
  oidcIssuers: readonly OidcIssuer[],
  { deletionRetentionDays, orgTimezone }: LifecycleSettings,
  dateOf: (instant: Date) => string,
): UserCascade[] {
  const own = [
    templateCascade(orgTimezone),
    loginKeyGuard(oidcIssuers),
    retentionPart(deletionRetentionDays),
    leavePart(dateOf),
  ];
  const cascades = [...userCascades, ...own];
  checkLifecycle(LIFECYCLE, carriedOutBy(cascades));
  return cascades;
}

/** How units and people, and what is kept about people, are found by their ids. */
const findersOf = (
  units: OrgUnitLoader,
  people: UserLoader,
  search: FindNode,
  schedule: FindNode,
): [IdKind, FindNode][] => [
  ["OrgUnit", async (context, id) => (await context.load(units).load(id)) ?? null],
  ["User", async (context, id) => (await context.load(people).load(id)) ?? null],
  ["SavedSearch", search],
  ["ScheduledTransition", schedule],
];

/** What reads people, moves them along, and shows them wherever something names them. */
const resolversOfPeople = (
  parts: { database: Database; users: UserQueries; units: OrgUnitQueries; counts: UserCounts },
  service: UserService,
  loaders: { people: UserLoader; units: OrgUnitLoader },
): object[] => {
  const { database, users, units, counts } = parts;
  const { people } = loaders;
  return [
    new UserResolver(service, users, people, loaders.units, contactLoaders(database)),
    new UserExplainResolver(database, users, units, counts, loaders),
    new UserEventResolver(loaders),
    new UserLifecycleResolver(service, users),
    new UserConnectionResolver(),
    new UserMembershipResolver(users, people),
    new ActorResolver(people, nameableLoader(users)),
    new ConsequenceResolver(people),
  ];
};
