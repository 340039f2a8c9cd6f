import { entities } from "./assembly.ts";
import type { Config } from "./config.ts";
import type { DatabaseConfig } from "./database/config.ts";
import type { GatewaySettings } from "./gateway.ts";

/** How the configuration keeps what the audit log needs outside of the database; the same for command-line tools. */
export const custodyOptions = (config: Config) => ({
  masterKey: config.auditMasterKey,
  dataDir: config.dataDir,
  embedded: config.databaseUrl === undefined,
  checkpointFile: config.auditCheckpointFile,
});

/** Where the directory is, for people. */
export const placeOf = (config: Config): string =>
  config.databaseUrl === undefined ? `the embedded database in ${config.dataDir}` : "PostgreSQL";

/** How the configuration's database is opened, by the gateway and by command-line tools. */
export function databaseConfig(config: Config): DatabaseConfig {
  const { statementTimeoutMs, poolSize, databaseUrl, migrationDatabaseUrl, replicaDatabaseUrl, dataDir } = config;
  const common = { statementTimeoutMs, entities, viewerShare: config.asking.viewerShare };
  if (databaseUrl === undefined) return { kind: "embedded", dataDir, ...common };
  const urls = { url: databaseUrl, migrationUrl: migrationDatabaseUrl, replicaUrl: replicaDatabaseUrl };
  return { kind: "postgres", ...urls, poolSize, ...common };
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

/** What the configuration says of the gateway itself. */
export const settingsOf = (config: Config): GatewaySettings => ({
  oidcIssuers: config.oidcIssuers,
  signIn: config.signIn,
  links: config.links,
  selfService: config.selfService,
  countingMegabytes: config.countingMemoryMb,
  importing: config.importing,
  deletionRetentionDays: config.deletionRetentionDays,
  retentionHour: config.retentionHour,
  operationLimits: config.asking.limits,
  plannedExecution: config.plannedExecution,
  undefinedAttributes: config.undefinedAttributes,
  lifetimeMs: config.asking.subscriptionHours && config.asking.subscriptionHours * 3_600_000,
});
