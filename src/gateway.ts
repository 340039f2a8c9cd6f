import type { Logger } from "pino";
import { buildFeatures } from "./assembly.ts";
import type { ApprovalFeature } from "./assembly-approvals.ts";
import type { AuthFeature } from "./assembly-auth.ts";
import type { BulkFeature } from "./assembly-bulk.ts";
import type { GroupFeature } from "./assembly-groups.ts";
import type { ImportFeature } from "./assembly-imports.ts";
import type { RetentionFeature } from "./assembly-retention.ts";
import type { LifecycleSettings, ScheduleFeature } from "./assembly-schedules.ts";
import type { SearchFeature } from "./assembly-searches.ts";
import type { SignInFeature } from "./assembly-sign-in.ts";
import { Contexts } from "./contexts.ts";
import type { Database } from "./database/database.ts";
import { sharedRun } from "./database/shared-run.ts";
import type { UndefinedKeys } from "./features/attributes/attribute.checks.ts";
import { AttemptRecorder } from "./features/audit/attempt.recorder.ts";
import { type Custody, passingCustody } from "./features/audit/audit.custody.ts";
import { LINK_DEFAULTS, type LinkSettings } from "./features/auth/link.settings.ts";
import type { KeyTimes } from "./features/auth/oidc.keys.ts";
import type { OidcIssuer } from "./features/auth/oidc.settings.ts";
import { OidcTokens } from "./features/auth/oidc.tokens.ts";
import { TokenUses } from "./features/auth/service-token.use.ts";
import { SIGN_IN_DEFAULTS, type SignInSettings } from "./features/auth/sign-in.settings.ts";
import { holdingTokens } from "./features/auth/viewer.ts";
import { IMPORT_DEFAULTS, type ImportSettings } from "./features/import-plans/import.settings.ts";
import { SELF_SERVICE_DEFAULTS, type SelfServiceSettings } from "./features/self-service/own-profile.fields.ts";
import { UserCounting } from "./features/users/user.counting.ts";
import type { CommonValues } from "./features/users/user.frequent-values.ts";
import type { UserService } from "./features/users/user.service.ts";
import { FeedFollower } from "./feed/follower.ts";
import { ReplicaReads } from "./feed/replica-reads.ts";
import { errorFormatter } from "./graphql/error-format.ts";
import { OperationLimitsResolver } from "./graphql/operation-limits.resolver.ts";
import { OPERATION_LIMITS, type OperationLimits } from "./graphql/operation-limits.ts";
import { Planner } from "./graphql/planner.ts";
import { buildGatewaySchema } from "./graphql/schema.ts";
import { Subscriptions, type SubscriptionsOptions } from "./graphql/subscriptions.ts";
import { todayIn } from "./search/civil-date.ts";
import type { StreamingGateway } from "./server/gateway.ts";

/** Intervals of subscriptions, which tests shorten. */
export type FeedTimes = Pick<SubscriptionsOptions, "checkpointMs" | "holdingMs" | "lifetimeMs">;

/** What a gateway may be told beside its database. */
export interface GatewaySettings extends FeedTimes {
  /** Whose access tokens are taken beside our own. */
  oidcIssuers?: readonly OidcIssuer[];
  oidcTimes?: KeyTimes;
  /** What one operation may be and cost, as clients are told: those that the servers hold them to. */
  operationLimits?: OperationLimits;
  /** False: every query is answered by resolvers. */
  plannedExecution?: boolean;
  /** What becomes of custom attributes that nobody has defined; they are accepted where it does not say otherwise. */
  undefinedAttributes?: UndefinedKeys;
  /** How people sign in, where that differs from the defaults. */
  signIn?: Partial<SignInSettings>;
  /** For how many days deleted people can be restored. */
  deletionRetentionDays?: number;
  /** How imports are bounded, where that differs from the defaults. */
  importing?: Partial<ImportSettings>;
  /** The hour of the day, in the organisation's time zone, from which retention policies are carried out. */
  retentionHour?: number;
  /** How much memory counts may take; 0: they are left to the database. */
  countingMegabytes?: number;
  /** What the links in mails lead to, and how long they hold, where that differs from the defaults. */
  links?: Partial<LinkSettings>;
  /** What people change of themselves, where that differs from the defaults. */
  selfService?: SelfServiceSettings;
}

/** How long deleted people can be restored, where nothing else is said. */
export const DELETION_RETENTION_DAYS = 90;
/** From when on policies have their run of the day, where nothing else is said. */
const RETENTION_HOUR = 3;

/** The gateway over an open database: every object built by hand, in the order of the features. */
export async function gatewayOver(
  database: Database,
  orgTimezone: string,
  log: Logger,
  custody: Custody = passingCustody(),
  settings: GatewaySettings = {},
): Promise<StreamingGateway> {
  return (await assemble(database, orgTimezone, log, custody, settings)).gateway;
}

/** The gateway, and what else the process works on in the background. */
export interface Assembled {
  gateway: StreamingGateway;
  userService: UserService;
  searches: SearchFeature;
  groups: GroupFeature;
  tokenUses: TokenUses;
  signIn: SignInFeature;
  auth: AuthFeature;
  approvals: ApprovalFeature;
  schedules: ScheduleFeature;
  bulk: BulkFeature;
  imports: ImportFeature;
  retention: RetentionFeature;
  counting: UserCounting;
  common: CommonValues;
  /** Undefined where there is no replica. */
  replicaReads: ReplicaReads | undefined;
}

export async function assemble(
  database: Database,
  orgTimezone: string,
  log: Logger,
  custody: Custody,
  {
    oidcIssuers = [],
    oidcTimes,
    signIn: given,
    links,
    selfService = SELF_SERVICE_DEFAULTS,
    undefinedAttributes = "accepted",
    operationLimits = OPERATION_LIMITS,
    plannedExecution = true,
    countingMegabytes = 0,
    importing = {},
    deletionRetentionDays = DELETION_RETENTION_DAYS,
    retentionHour = RETENTION_HOUR,
    ...times
  }: GatewaySettings = {},
): Promise<Assembled> {
  const dateOf = (instant: Date) => todayIn(instant, orgTimezone);
  const settings = { ...SIGN_IN_DEFAULTS, ...given };
  const onError = followingFailed(log);
  const follower = new FeedFollower(database, onError);
  const following = { follower, onError };
  const report = (error: unknown) => log.error({ err: error, work: "sign-in" }, "an account could not be locked");
  const lifecycle = lifecycleOf(log, { orgTimezone, deletionRetentionDays, retentionHour });
  const asked = {
    links: { ...LINK_DEFAULTS, ...links },
    oidcIssuers,
    following,
    undefinedAttributes,
    importing: { ...IMPORT_DEFAULTS, ...importing },
  };
  const options = { settings, dateOf, report, selfService, lifecycle, ...asked };
  const counting = new UserCounting(database, follower);
  const features = buildFeatures(database, custody, options, counting);
  const { resolvers, sources, plans, ...built } = features;
  const { searches, signIn } = built;
  const all = [...resolvers, new OperationLimitsResolver(operationLimits)];
  const schema = await buildGatewaySchema(all, sources, attemptsOf(database, log).record);
  const formatError = errorFormatter(
    (error, correlationId) => log.error({ err: error, correlationId }, "an operation failed inside the gateway"),
    database.statementTimeoutMs,
  );
  const planner = plannedExecution ? new Planner(schema, plans, database, planFailed(log)) : undefined;
  const tokenUses = new TokenUses(database);
  const sessions = { read: (token: string) => signIn.accessTokens.read(token), idleSeconds: settings.idleSeconds };
  const tokenSources = { others: othersTokens({ oidcIssuers, oidcTimes }, log), sessions, used: tokenUses.used };
  const subscriptions = new Subscriptions({
    schema,
    formatError,
    onError,
    follower,
    now: sharedRun(() => database.now()),
    holding: (authorizations) => holdingTokens(database, authorizations, tokenSources),
    ...times,
  });
  const replicaReads = replicaReadsOver(database, follower, log);
  const contexts = new Contexts({ database, dateOf, tokenSources, replicaReads, follower, use: signIn.sessionUse });
  const gateway: StreamingGateway = {
    schema,
    subscriptions,
    jwks: () => signIn.accessTokens.jwks(),
    download: (secret) => features.exports.links.open(secret),
    uploads: features.imports.uploads,
    createContext: (request) => contexts.create(request),
    foresee: (request) => contexts.foresee(request),
    formatError,
    ownerOf: (context) => (context.identified ? `${context.viewer.kind} ${context.viewer.id}` : undefined),
    beginQuery: async (context) => {
      if (replicaReads) context.fromReplica = await replicaReads.mayServe();
    },
    ...(planner ? { answerPlanned: (operation, context) => planner.answer(operation, context) } : {}),
    ping: () => database.ping(),
    close: async () => {
      await counting.stop();
      replicaReads?.stop();
      await Promise.all([subscriptions.stop(), searches.stop()]);
      await signIn.settled();
      await database.close();
    },
  };
  if (countingMegabytes > 0) startCounting(counting, countingMegabytes, log);
  return { gateway, ...built, tokenUses, counting, replicaReads };
}

const followingFailed = (log: Logger) => (error: unknown) =>
  log.error({ err: error, work: "feed" }, "following the log failed; it is tried again");

const planFailed = (log: Logger) => (error: unknown) =>
  log.error({ err: error, work: "plan" }, "a plan failed; the resolvers answer");

const attemptsOf = (database: Database, log: Logger): AttemptRecorder =>
  new AttemptRecorder(database, (error) => log.error({ err: error }, "an attempt could not be recorded"));

const startCounting = (counting: UserCounting, megabytes: number, log: Logger): void =>
  counting.start({
    megabytes,
    onError: (error) => log.warn({ err: error, work: "counting" }, "counting in memory stopped; the database counts"),
  });

/** How the lifecycle is set, and where it is told that a step is tried again. */
const lifecycleOf = (log: Logger, settings: Omit<LifecycleSettings, "report">): LifecycleSettings => ({
  ...settings,
  report: (error) => log.error({ err: error, work: "schedule" }, "a step that is due failed; it is tried again"),
});

/** Reads the tokens of other issuers, and says in the log what stands in the way of their keys. */
function othersTokens(
  { oidcIssuers = [], oidcTimes }: Pick<GatewaySettings, "oidcIssuers" | "oidcTimes">,
  log: Logger,
): OidcTokens {
  const report = (error: unknown) => log.warn({ err: error }, "an issuer's keys could not be read; it is tried again");
  return new OidcTokens(oidcIssuers, report, oidcTimes);
}

function replicaReadsOver(database: Database, follower: FeedFollower, log: Logger): ReplicaReads | undefined {
  if (!database.replica) return undefined;
  const report = (error: unknown) =>
    log.error({ err: error, work: "replica" }, "the replica cannot be read; the primary answers meanwhile");
  const reads = new ReplicaReads({ database, known: () => follower.head.commit, report });
  follower.onLoss(() => reads.forget());
  return reads;
}
