import "reflect-metadata";
import type { Logger } from "pino";
import type { Config } from "./config.ts";
import type { DatabaseConfig } from "./database/config.ts";
import { type Database, openDatabase } from "./database/database.ts";
import { forgetAnswers } from "./database/idempotency.ts";
import { AttemptRecorder } from "./features/audit/attempt.recorder.ts";
import { type Custody, openCustody, passingCustody } from "./features/audit/audit.custody.ts";
import { AuditEventQueries } from "./features/audit/audit-event.queries.ts";
import { AuditEventResolver, UserAuditResolver } from "./features/audit/audit-event.resolver.ts";
import { AuditEventSource, AuditEventSubscription } from "./features/audit/audit-event.source.ts";
import { ensureBootstrapToken } from "./features/auth/bootstrap-token.ts";
import { endTokensOverUnit, tokenCascade } from "./features/auth/service-token.cascade.ts";
import { ServiceTokenEntity } from "./features/auth/service-token.entity.ts";
import { ViewerResolver } from "./features/auth/viewer.resolver.ts";
import { holdingTokens, resolveViewer } from "./features/auth/viewer.ts";
import { isEmpty, loadDemo } from "./features/demo/demo.load.ts";
import { renewDemoToken } from "./features/demo/demo.token.ts";
import { OrgUnitEntity } from "./features/org/org-unit.entity.ts";
import { orgUnitLoader } from "./features/org/org-unit.loaders.ts";
import { OrgUnitQueries } from "./features/org/org-unit.queries.ts";
import { OrgUnitResolver } from "./features/org/org-unit.resolver.ts";
import { OrgUnitService } from "./features/org/org-unit.service.ts";
import { RoleEntity, RoleGrantEntity, RoleInheritanceEntity } from "./features/roles/role.entity.ts";
import { roleLoaders, scopeLoader } from "./features/roles/role.loaders.ts";
import { RoleQueries } from "./features/roles/role.queries.ts";
import { RoleResolver } from "./features/roles/role.resolver.ts";
import { RoleService } from "./features/roles/role.service.ts";
import { endGrantsOverUnit, roleGrantCascade } from "./features/roles/role-grant.cascade.ts";
import { RoleGrantQueries } from "./features/roles/role-grant.queries.ts";
import { RoleGrantResolver } from "./features/roles/role-grant.resolver.ts";
import { RoleGrantService } from "./features/roles/role-grant.service.ts";
import { UserRolesResolver } from "./features/roles/user-roles.resolver.ts";
import { SavedSearchEntity } from "./features/saved-searches/saved-search.entity.ts";
import { savedSearchLoader } from "./features/saved-searches/saved-search.loaders.ts";
import { SavedSearchQueries } from "./features/saved-searches/saved-search.queries.ts";
import { SavedSearchResolver } from "./features/saved-searches/saved-search.resolver.ts";
import { SavedSearchService } from "./features/saved-searches/saved-search.service.ts";
import { ActorResolver } from "./features/users/actor.resolver.ts";
import { ConsequenceResolver } from "./features/users/consequence.resolver.ts";
import { membersMove } from "./features/users/user.cascades.ts";
import { userEntities } from "./features/users/user.entity.ts";
import { endOverdueStatuses } from "./features/users/user.expiry.ts";
import { checkLifecycle } from "./features/users/user.lifecycle.ts";
import { contactLoaders, userLoader } from "./features/users/user.loaders.ts";
import { requireVisibleUser } from "./features/users/user.place.ts";
import { UserQueries } from "./features/users/user.queries.ts";
import { UserConnectionResolver, UserResolver } from "./features/users/user.resolver.ts";
import { type UserCascade, UserService } from "./features/users/user.service.ts";
import { UserEventResolver } from "./features/users/user-event.resolver.ts";
import { UserEventSource } from "./features/users/user-event.source.ts";
import { UserExplainResolver } from "./features/users/user-explain.resolver.ts";
import { UserLifecycleResolver } from "./features/users/user-lifecycle.resolver.ts";
import { UserMembershipResolver } from "./features/users/user-membership.resolver.ts";
import { UserVersionQueries } from "./features/users/user-version.queries.ts";
import { UserVersionResolver } from "./features/users/user-version.resolver.ts";
import { awaitPosition } from "./feed/at-least.ts";
import { FeedFollower } from "./feed/follower.ts";
import { pruneLog } from "./feed/retention.ts";
import { SealerLoop } from "./feed/sealer-loop.ts";
import { passTime } from "./feed/time.ts";
import { GraphContext } from "./graphql/context.ts";
import { errorFormatter } from "./graphql/error-format.ts";
import { type FindNode, NodeResolver } from "./graphql/node.ts";
import { buildGatewaySchema } from "./graphql/schema.ts";
import type { SubscriptionSource } from "./graphql/subscription-source.ts";
import { Subscriptions, type SubscriptionsOptions } from "./graphql/subscriptions.ts";
import type { IdKind } from "./kernel/ids.ts";
import { parsePosition } from "./kernel/position.ts";
import { todayIn } from "./search/civil-date.ts";
import type { Announcer } from "./server/announcer.ts";
import type { OperationRequest, StreamingGateway, Surroundings } from "./server/gateway.ts";
import type { Metrics } from "./server/metrics.ts";
import { Periodic } from "./server/periodic.ts";

/** What units of work write. */
export const entities = [
  OrgUnitEntity,
  ...userEntities,
  RoleEntity,
  RoleInheritanceEntity,
  RoleGrantEntity,
  ServiceTokenEntity,
  SavedSearchEntity,
];

/** What later features do because of a user, whoever changes them. */
export const userCascades: readonly UserCascade[] = [roleGrantCascade, tokenCascade];

/** How often what depends on time is brought up to now: the longest that an expired grant stays in a search's answer. */
const TIME_MS = 1_000;
/** How often the log's beginning is given up. */
const RETENTION_MS = 60_000;
/** How often the feed's position is read for the metrics. */
const FEED_MS = 5_000;

/** Intervals of subscriptions, which tests shorten. */
export type FeedTimes = Pick<SubscriptionsOptions, "checkpointMs" | "holdingMs">;

/** The gateway, and the token that GraphiQL fills in for whoever sits at this machine, where the directory is the demo's. */
export type App = StreamingGateway & { demoToken: string | undefined };

/** Opens the database that the configuration names, brings it up to date, and builds the gateway over it, with its work in the background. */
export async function buildApp(config: Config, { log, announcer, metrics }: Surroundings): Promise<App> {
  const database = await announcer.step(`Opening and migrating ${placeOf(config)}`, () =>
    openDatabase(databaseConfig(config)),
  );
  try {
    if (config.databaseUrl !== undefined && !database.separateRoles) {
      announcer.say(
        "The gateway runs as an owner of the tables: give MIGRATION_DATABASE_URL an owner and DATABASE_URL a lesser role.",
      );
    }
    const custody = await openCustody(database, custodyOptions(config));
    const secret = await ensureBootstrapToken(database, config.bootstrapToken);
    if (secret) announcer.say(`A token with every permission, shown this once: ${secret}`);
    const demoToken = config.demo ? await demonstrate(database, config, announcer) : undefined;
    const { gateway, userService } = await assemble(database, config.orgTimezone, log, custody);
    const background = [
      sealerOf(database, custody, { log, metrics }),
      new Periodic("time", TIME_MS, () => letTimePass(database, userService), log),
      new Periodic("log retention", RETENTION_MS, () => pruneLog(database, config.feedRetentionHours), log),
      new Periodic("answers' retention", RETENTION_MS, () => forgetAnswers(database), log),
      new Periodic("feed position", FEED_MS, measure(database, metrics), log),
    ];
    for (const work of background) work.start();
    const close = async () => {
      await Promise.all(background.map((work) => work.stop()));
      await gateway.close();
    };
    return { ...gateway, close, demoToken };
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** Fills an empty directory with the demo organisation. Gives its administrator's token, undefined where the directory is another one. */
async function demonstrate(database: Database, config: Config, announcer: Announcer): Promise<string | undefined> {
  const fill = async () => {
    const patient = await openDatabase(patientConfig(config));
    const today = todayIn(await patient.now(), config.orgTimezone);
    return loadDemo(patient, { today }).finally(() => patient.close());
  };
  const loaded = (await isEmpty(database.reader))
    ? await announcer.step("Filling the empty directory with a demo organisation", fill)
    : null;
  if (loaded)
    announcer.say(
      `The demo organisation has ${loaded.people} people in ${loaded.units} units. DEMO=off starts without one.`,
    );
  return renewDemoToken(database);
}

/** How the configuration keeps what the audit log needs outside of the database; the same for command-line tools. */
export const custodyOptions = (config: Config) => ({
  masterKey: config.auditMasterKey,
  dataDir: config.dataDir,
  embedded: config.databaseUrl === undefined,
  checkpointFile: config.auditCheckpointFile,
});

function sealerOf(
  database: Database,
  custody: Custody,
  { log, metrics }: Pick<Surroundings, "log" | "metrics">,
): SealerLoop {
  const report = (error: unknown) =>
    log.error({ err: error, work: "sealer" }, "sealing the audit log failed; it is tried again");
  const sealer = new SealerLoop({ database, report, ...custody });
  metrics.gauge(
    "audit_sealer_lag_commits",
    "Commits that are not sealed; absent where another gateway seals.",
    () => sealer.lag?.commits,
  );
  metrics.gauge("audit_sealer_lag_seconds", "Age of the oldest commit that is not sealed.", () => sealer.lag?.seconds);
  return sealer;
}

async function letTimePass(database: Database, users: UserService): Promise<void> {
  await passTime(database);
  await endOverdueStatuses(database, users);
}

/** Lends the database's figures to the metrics; the work that is returned reads those that take a statement. */
function measure(database: Database, metrics: Metrics): () => Promise<void> {
  let position: number | undefined;
  database.observe((seconds) => metrics.statement(seconds));
  metrics.gauge("feed_position", "The number of the last commit in the feed.", () => position);
  metrics.gauge("db_pool_connections", "Open connections to the database.", () => database.poolState.total);
  metrics.gauge("db_pool_idle", "Open connections to the database that nobody uses.", () => database.poolState.idle);
  metrics.gauge(
    "db_pool_waiting",
    "Requests that wait for a connection to the database.",
    () => database.poolState.waiting,
  );
  return async () => {
    position = Number((await database.head()).commit);
  };
}

const placeOf = (config: Config): string =>
  config.databaseUrl === undefined ? `the embedded database in ${config.dataDir}` : "PostgreSQL";

/** How the configuration's database is opened, by the gateway and by command-line tools. */
export function databaseConfig(config: Config): DatabaseConfig {
  const { statementTimeoutMs, poolSize, databaseUrl, migrationDatabaseUrl, dataDir } = config;
  const common = { statementTimeoutMs, entities };
  if (databaseUrl === undefined) return { kind: "embedded", dataDir, ...common };
  return { kind: "postgres", url: databaseUrl, migrationUrl: migrationDatabaseUrl, poolSize, ...common };
}

/** What one statement of bulk work may take: a commit of many thousand people is one. */
const BULK_TIMEOUT_MS = 600_000;

/** The same for bulk work: with time for large commits, and beside whoever has the embedded database open. */
export function patientConfig(config: Config): DatabaseConfig {
  const database = databaseConfig({
    ...config,
    statementTimeoutMs: Math.max(config.statementTimeoutMs, BULK_TIMEOUT_MS),
  });
  return database.kind === "embedded" ? { ...database, joinRunning: true } : database;
}

/** The gateway over an open database: every object built by hand, in the order of the features. */
export async function gatewayOver(
  database: Database,
  orgTimezone: string,
  log: Logger,
  custody: Custody = passingCustody(),
  times: FeedTimes = {},
): Promise<StreamingGateway> {
  return (await assemble(database, orgTimezone, log, custody, times)).gateway;
}

async function assemble(
  database: Database,
  orgTimezone: string,
  log: Logger,
  custody: Custody,
  times: FeedTimes = {},
): Promise<{ gateway: StreamingGateway; userService: UserService }> {
  const { resolvers, sources, userService } = buildFeatures(database, custody);
  const attempts = new AttemptRecorder(database, (error) =>
    log.error({ err: error }, "an attempt could not be recorded"),
  );
  const schema = await buildGatewaySchema(resolvers, sources, attempts.record);
  const formatError = errorFormatter((error, correlationId) =>
    log.error({ err: error, correlationId }, "an operation failed inside the gateway"),
  );
  const onError = (error: unknown) =>
    log.error({ err: error, work: "feed" }, "following the log failed; it is tried again");
  const subscriptions = new Subscriptions({
    schema,
    formatError,
    onError,
    follower: new FeedFollower(database, onError),
    now: () => database.now(),
    holding: (authorizations) => holdingTokens(database, authorizations),
    ...times,
  });
  const gateway: StreamingGateway = {
    schema,
    subscriptions,
    createContext: async ({ authorization, requestId, ip, atLeast }: OperationRequest) => {
      if (atLeast !== undefined) await awaitPosition(database, parsePosition(atLeast, "Rollcall-At-Least"));
      const create = async (): Promise<GraphContext> => {
        const viewer = await resolveViewer(database, authorization);
        return new GraphContext(viewer, requestId, ip, (instant) => todayIn(instant, orgTimezone), create);
      };
      return create();
    },
    formatError,
    ping: () => database.ping(),
    close: async () => {
      await subscriptions.stop();
      await database.close();
    },
  };
  return { gateway, userService };
}

/** Builds every resolver by hand, and lists what each feature does because of an earlier one. */
function buildFeatures(
  database: Database,
  { keys, checkpoint }: Custody,
): { resolvers: object[]; sources: Record<string, SubscriptionSource>; userService: UserService } {
  checkLifecycle();
  const units = new OrgUnitQueries(database);
  const users = new UserQueries(database, units);
  const roles = new RoleQueries(database);
  const grants = new RoleGrantQueries(database);
  const unitLoader = orgUnitLoader(units);
  const people = userLoader(users);
  const ofRoles = roleLoaders(roles, grants);
  const scopes = scopeLoader(units);
  const unitService = new OrgUnitService(
    database,
    [membersMove, endGrantsOverUnit, endTokensOverUnit],
    requireVisibleUser,
  );
  const userService = new UserService(database, userCascades);
  const roleResolver = new RoleResolver(new RoleService(database), roles, ofRoles, users);
  const grantResolver = new RoleGrantResolver(new RoleGrantService(database), grants, ofRoles, people, scopes);
  const savedSearches = new SavedSearchQueries(database);
  const savedSearchResolver = new SavedSearchResolver(
    new SavedSearchService(database, users),
    savedSearches,
    savedSearchLoader(savedSearches),
    { search: users, loader: people },
  );
  const finders = new Map<IdKind, FindNode>([
    ["OrgUnit", async (context, id) => (await context.load(unitLoader).load(id)) ?? null],
    ["User", async (context, id) => (await context.load(people).load(id)) ?? null],
    ["Role", (context, id) => roleResolver.find(context, id)],
    ["RoleGrant", (context, id) => grantResolver.find(context, id)],
    ["SavedSearch", (context, id) => savedSearchResolver.find(context, id)],
  ]);
  const auditEvents = new AuditEventQueries(database, keys, (ids) => units.paths(ids));
  const auditResolver = new AuditEventResolver(auditEvents, finders, database, checkpoint);
  finders.set("AuditEvent", auditResolver.find);
  const versionResolver = new UserVersionResolver(new UserVersionQueries(database, units, users), people);
  finders.set("UserVersion", versionResolver.find);
  const resolvers = [
    new NodeResolver(finders),
    new OrgUnitResolver(unitService, units, unitLoader),
    new UserResolver(userService, users, people, unitLoader, contactLoaders(database)),
    new UserConnectionResolver(),
    new UserExplainResolver(database, users, units, { people, units: unitLoader }),
    new UserLifecycleResolver(userService, users),
    new UserMembershipResolver(users, people),
    new UserEventResolver({ people, units: unitLoader }),
    new ActorResolver(people),
    new ConsequenceResolver(people),
    roleResolver,
    grantResolver,
    new UserRolesResolver(ofRoles, unitLoader),
    new ViewerResolver(people, scopes),
    auditResolver,
    new UserAuditResolver(auditEvents),
    new AuditEventSubscription(),
    savedSearchResolver,
    versionResolver,
  ];
  const sources = { userEvents: new UserEventSource(users), auditEvents: new AuditEventSource(auditEvents) };
  return { resolvers, sources, userService };
}
