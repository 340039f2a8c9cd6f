import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type BudgetsConfig, describeBudgets, readBudgets } from "./config-budgets.ts";
import { describeImporting, readImporting } from "./config-imports.ts";
import { type AskingConfig, describeAsking, readAsking } from "./config-limits.ts";
import { readLinks, readMail } from "./config-mail.ts";
import { readNetworks, readOrigins } from "./config-network.ts";
import { describeRetention, type RetentionConfig, readRetention } from "./config-retention.ts";
import { describeSelfService, readSelfService } from "./config-self-service.ts";
import { describeSignIn, readSignIn } from "./config-sign-in.ts";
import { describeStreams, readStreams, type StreamsConfig } from "./config-streams.ts";
import { describeTelemetry, readTelemetry } from "./config-telemetry.ts";
import type { UndefinedKeys } from "./features/attributes/attribute.checks.ts";
import type { LinkSettings } from "./features/auth/link.settings.ts";
import { type OidcIssuer, readOidcIssuers } from "./features/auth/oidc.settings.ts";
import type { SignInSettings } from "./features/auth/sign-in.settings.ts";
import type { ImportSettings } from "./features/import-plans/import.settings.ts";
import type { MailSettings } from "./features/mail/mail.settings.ts";
import type { SelfServiceSettings } from "./features/self-service/own-profile.fields.ts";
import { StartError } from "./kernel/start-error.ts";
import type { TelemetrySettings } from "./server/telemetry.ts";

export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Everything that the environment decides, validated and frozen. Without `databaseUrl` the database is the embedded one in `dataDir`. */
export interface Config extends RetentionConfig, StreamsConfig {
  /** 0 lets the system choose a free port. */
  readonly port: number;
  readonly host: string;
  readonly databaseUrl: string | undefined;
  /** How migrations connect, as the owner of the tables; without it they run as `databaseUrl` does. */
  readonly migrationDatabaseUrl: string | undefined;
  /** A streaming replica of `databaseUrl`'s server, from which queries are answered where it has what they must see. */
  readonly replicaDatabaseUrl: string | undefined;
  /** An absolute path. */
  readonly dataDir: string;
  readonly demo: boolean;
  readonly bootstrapToken: string | undefined;
  /** 32 bytes in base64; the embedded database has one made beside it where this is absent. */
  readonly auditMasterKey: string | undefined;
  /** An absolute path. */
  readonly auditCheckpointFile: string;
  /** The IANA zone in which civil dates relative to today are meant. */
  readonly orgTimezone: string;
  readonly logLevel: LogLevel;
  readonly statementTimeoutMs: number;
  /** Connections to PostgreSQL; the embedded database has one session whatever this says. */
  readonly poolSize: number;
  /** How much memory, in megabytes, people may take who are held for counts and facets; 0: the database counts. */
  readonly countingMemoryMb: number;
  /** False: queries are answered by resolvers alone, as they would be without plans. */
  readonly plannedExecution: boolean;
  /** What becomes of custom attributes that nobody has defined. */
  readonly undefinedAttributes: UndefinedKeys;
  readonly importing: ImportSettings;
  readonly asking: AskingConfig;
  readonly budgets: BudgetsConfig;
  /** Whose access tokens are taken beside our own. */
  readonly oidcIssuers: readonly OidcIssuer[];
  /** How people sign in. */
  readonly signIn: SignInSettings;
  /** Addresses and networks of the proxies whose word on where a request comes from is taken. */
  readonly trustedProxies: readonly string[];
  /** Origins of the pages that may open WebSockets; undefined: any page may try. */
  readonly origins: readonly string[] | undefined;
  readonly mail: MailSettings;
  readonly links: LinkSettings;
  /** What people change of themselves. */
  readonly selfService: SelfServiceSettings;
  /** Where traces go, and which searches are slow. */
  readonly telemetry: TelemetrySettings;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** What libpq and its drivers would connect by; an embedded start beside one of them is more likely a mistake than a wish. */
const LIBPQ_VARIABLES = [
  "PGHOST",
  "PGHOSTADDR",
  "PGPORT",
  "PGDATABASE",
  "PGUSER",
  "PGPASSWORD",
  "PGPASSFILE",
  "PGSERVICE",
];

/**
 * Reads and checks the whole environment at once. Empty variables count as absent. Throws a StartError with a line for
 * every variable that is wrong, naming it and what is accepted, never what a secret held.
 */
export function readConfig(env: Environment = process.env): Config {
  const read = new Reader(env);
  const databaseUrl = read.secret("DATABASE_URL", databaseUrlProblem);
  const migrationDatabaseUrl = read.secret("MIGRATION_DATABASE_URL", databaseUrlProblem);
  const replicaDatabaseUrl = read.secret("REPLICA_DATABASE_URL", databaseUrlProblem);
  const asking = readAsking(read);
  const port = read.integer("PORT", { from: 0, to: 65_535, otherwise: 4000 });
  const config: Config = {
    port,
    host: read.matching("HOST", /^[^\s/]+$/, "a host name or an address to listen on, such as 127.0.0.1", "127.0.0.1"),
    databaseUrl,
    migrationDatabaseUrl,
    replicaDatabaseUrl,
    dataDir: resolve(read.text("DATA_DIR") ?? "data"),
    demo: read.choice("DEMO", ["on", "off"], databaseUrl === undefined ? "on" : "off") === "on",
    bootstrapToken: read.secret("BOOTSTRAP_TOKEN", bootstrapTokenProblem),
    auditMasterKey: read.secret("AUDIT_MASTER_KEY", auditMasterKeyProblem),
    auditCheckpointFile: resolve(
      read.text("AUDIT_CHECKPOINT_FILE") ?? join(read.text("DATA_DIR") ?? "data", "audit-checkpoint.json"),
    ),
    orgTimezone: read.timezone("ORG_TIMEZONE", "UTC"),
    logLevel: read.choice("LOG_LEVEL", LOG_LEVELS, "info"),
    statementTimeoutMs: read.integer("STATEMENT_TIMEOUT_MS", { from: 100, to: 3_600_000, otherwise: 15_000 }),
    poolSize: read.integer("POOL_SIZE", { from: 1, to: 1000, otherwise: 10 }),
    ...readRetention(read),
    countingMemoryMb: read.integer("COUNTING_MEMORY_MB", { from: 0, to: 65_536, otherwise: 512 }),
    plannedExecution: read.choice("PLANNED_EXECUTION", ["on", "off"], "on") === "on",
    undefinedAttributes: read.choice("UNDEFINED_ATTRIBUTES", ["accepted", "refused"], "accepted"),
    ...readStreams(read),
    importing: readImporting(read),
    asking,
    budgets: readBudgets(read, { ...asking.limits, embedded: databaseUrl === undefined }),
    oidcIssuers: read.oidcIssuers("OIDC_ISSUERS"),
    signIn: readSignIn(read, port),
    trustedProxies: readNetworks(read, "TRUSTED_PROXIES"),
    origins: readOrigins(read, "ALLOWED_ORIGINS"),
    mail: readMail(read),
    links: readLinks(read),
    selfService: readSelfService(read),
    telemetry: readTelemetry(read),
  };
  if (databaseUrl === undefined && !read.failed("DATABASE_URL"))
    refuseHalfAPostgres(read, env, { migrationDatabaseUrl, replicaDatabaseUrl });
  read.finish();
  return Object.freeze(config);
}

/** The configuration by variable, one line each, fit to be shown: passwords and tokens are replaced by words. */
export function describeConfig(config: Config): string {
  const lines: ReadonlyArray<readonly [string, string | number]> = [
    ["PORT", config.port],
    ["HOST", config.host],
    ["DATABASE_URL", config.databaseUrl ? withoutPassword(config.databaseUrl) : "(not set: embedded database)"],
    [
      "MIGRATION_DATABASE_URL",
      config.migrationDatabaseUrl ? withoutPassword(config.migrationDatabaseUrl) : "(not set: as DATABASE_URL)",
    ],
    [
      "REPLICA_DATABASE_URL",
      config.replicaDatabaseUrl
        ? withoutPassword(config.replicaDatabaseUrl)
        : "(not set: everything is read from DATABASE_URL)",
    ],
    ["DATA_DIR", config.dataDir],
    ["DEMO", config.demo ? "on" : "off"],
    ["BOOTSTRAP_TOKEN", config.bootstrapToken ? "(set, not shown)" : "(not set: made at the first start)"],
    [
      "AUDIT_MASTER_KEY",
      config.auditMasterKey ? "(set, not shown)" : "(not set: in DATA_DIR, for the embedded database)",
    ],
    ["AUDIT_CHECKPOINT_FILE", config.auditCheckpointFile],
    ["ORG_TIMEZONE", config.orgTimezone],
    ["LOG_LEVEL", config.logLevel],
    ["STATEMENT_TIMEOUT_MS", config.statementTimeoutMs],
    ["POOL_SIZE", config.poolSize],
    ...describeRetention(config),
    ["COUNTING_MEMORY_MB", config.countingMemoryMb],
    ["PLANNED_EXECUTION", config.plannedExecution ? "on" : "off"],
    ["UNDEFINED_ATTRIBUTES", config.undefinedAttributes],
    ...describeStreams(config),
    ...describeImporting(config.importing),
    ...describeAsking(config.asking),
    ...describeBudgets(config.budgets),
    ...describeSignIn(config.signIn),
    ["TRUSTED_PROXIES", config.trustedProxies.join(",") || "(none)"],
    ["ALLOWED_ORIGINS", config.origins?.join(",") ?? "(any)"],
    ["OIDC_ISSUERS", config.oidcIssuers.map(({ issuer }) => issuer).join(" ") || "(none)"],
    [
      "SMTP_URL",
      config.mail.smtpUrl
        ? withoutPassword(config.mail.smtpUrl)
        : `(not set: mail is written to ${config.mail.outboxDir})`,
    ],
    ["MAIL_FROM", config.mail.from],
    ["LINK_URL", config.links.linkUrl],
    ["INVITATION_HOURS", config.links.invitationHours],
    ["EMAIL_VERIFICATION_HOURS", config.links.emailVerificationHours],
    ["PASSWORD_RESET_MINUTES", config.links.passwordResetMinutes],
    ...describeSelfService(config.selfService),
    ...describeTelemetry(config.telemetry),
  ];
  return lines.map(([name, value]) => `${name}=${value}`).join("\n");
}

/** Reads one variable at a time and remembers everything that is wrong, so that one start tells all of it. */
class Reader {
  readonly #env: Environment;
  readonly #problems = new Map<string, string>();

  constructor(env: Environment) {
    this.#env = env;
  }

  text(name: string): string | undefined {
    const value = this.#env[name]?.trim();
    return value === "" ? undefined : value;
  }

  matching(name: string, form: RegExp, accepted: string, otherwise: string): string {
    const value = this.text(name) ?? otherwise;
    if (!form.test(value)) this.fail(name, `must be ${accepted}.`);
    return value;
  }

  integer(name: string, { from, to, otherwise }: { from: number; to: number; otherwise: number }): number {
    const text = this.text(name);
    if (text === undefined) return otherwise;
    const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= from && value <= to)) this.fail(name, `must be a whole number from ${from} to ${to}.`);
    return value;
  }

  integerIfGiven(name: string, bounds: { from: number; to: number }): number | undefined {
    return this.text(name) === undefined ? undefined : this.integer(name, { ...bounds, otherwise: bounds.from });
  }

  choice<T extends string>(name: string, choices: readonly T[], otherwise: T): T {
    const text = this.text(name);
    if (text === undefined) return otherwise;
    const choice = choices.find((one) => one === text.toLowerCase());
    if (choice === undefined) this.fail(name, `must be one of ${choices.join(", ")}.`);
    return choice ?? otherwise;
  }

  timezone(name: string, otherwise: string): string {
    const text = this.text(name) ?? otherwise;
    try {
      // Intl takes offsets such as +02:00 as well, which know no daylight saving.
      if (/^[A-Za-z]/.test(text)) return new Intl.DateTimeFormat("en", { timeZone: text }).resolvedOptions().timeZone;
    } catch {
      // Said below.
    }
    this.fail(name, "must be an IANA time zone, such as UTC or Europe/Berlin.");
    return otherwise;
  }

  /** Issuers as JSON, in the variable or in a file. */
  oidcIssuers(name: string): readonly OidcIssuer[] {
    const text = this.secret(name, () => undefined);
    if (text === undefined) return [];
    const { issuers, problems } = readOidcIssuers(text);
    if (problems.length > 0) this.fail(name, `${problems.join("; ")}.`);
    return issuers;
  }

  /** A value that is given either in the variable itself or in the file that `<name>_FILE` names. */
  secret(name: string, problemOf: (value: string) => string | undefined): string | undefined {
    const file = this.text(`${name}_FILE`);
    if (file !== undefined && this.text(name) !== undefined) {
      this.fail(name, `is given twice: set either ${name} or ${name}_FILE.`);
      return undefined;
    }
    const value = file === undefined ? this.text(name) : this.#contents(name, file);
    const problem = value === undefined ? undefined : problemOf(value);
    if (problem) this.fail(file === undefined ? name : `${name}_FILE`, problem);
    return problem ? undefined : value;
  }

  #contents(name: string, file: string): string | undefined {
    try {
      const value = readFileSync(file, "utf8").trim();
      if (value !== "") return value;
      this.fail(`${name}_FILE`, "names an empty file.");
    } catch (error) {
      this.fail(`${name}_FILE`, `names a file that cannot be read (${(error as NodeJS.ErrnoException).code}).`);
    }
    return undefined;
  }

  fail(name: string, problem: string): void {
    this.#problems.set(name, problem);
  }

  failed(name: string): boolean {
    return this.#problems.has(name) || this.#problems.has(`${name}_FILE`);
  }

  finish(): void {
    if (this.#problems.size === 0) return;
    throw new StartError([...this.#problems].map(([name, problem]) => `${name} ${problem}`).join("\n"));
  }
}

/** Someone who set half of a PostgreSQL connection must not find an empty embedded database instead. */
function refuseHalfAPostgres(
  read: Reader,
  env: Environment,
  { migrationDatabaseUrl, replicaDatabaseUrl }: Pick<Config, "migrationDatabaseUrl" | "replicaDatabaseUrl">,
): void {
  const half = LIBPQ_VARIABLES.filter((name) => (env[name] ?? "") !== "");
  if (migrationDatabaseUrl !== undefined || read.failed("MIGRATION_DATABASE_URL")) half.push("MIGRATION_DATABASE_URL");
  if (replicaDatabaseUrl !== undefined || read.failed("REPLICA_DATABASE_URL")) half.push("REPLICA_DATABASE_URL");
  if (half.length === 0) return;
  const them = half.length === 1 ? "it" : "them";
  read.fail(
    "DATABASE_URL",
    `is empty while ${half.join(", ")} ${half.length === 1 ? "is" : "are"} set: set DATABASE_URL to use PostgreSQL, or unset ${them} to use the embedded database.`,
  );
}

function databaseUrlProblem(value: string): string | undefined {
  const accepted = "must be a PostgreSQL connection URL, such as postgresql://user:password@host:5432/database.";
  if (!URL.canParse(value)) return accepted;
  return ["postgresql:", "postgres:"].includes(new URL(value).protocol) ? undefined : accepted;
}

function auditMasterKeyProblem(value: string): string | undefined {
  const canonical = Buffer.from(value, "base64").toString("base64") === value;
  return canonical && Buffer.from(value, "base64").length === 32
    ? undefined
    : "must be 32 bytes in base64, as `openssl rand -base64 32` makes them.";
}

/** It travels in a header, and it opens everything. */
function bootstrapTokenProblem(value: string): string | undefined {
  return /^[\x21-\x7e]{8,512}$/.test(value) ? undefined : "must be 8 to 512 visible ASCII characters without spaces.";
}

/** Drivers also take the password from the query, so a parameter is shown by its name alone unless it is known to be harmless. */
function withoutPassword(value: string): string {
  const url = new URL(value);
  if (url.password !== "") url.password = "***";
  for (const key of new Set(url.searchParams.keys()))
    if (!HARMLESS_PARAMETERS.has(key)) url.searchParams.set(key, "***");
  return url.toString();
}

const HARMLESS_PARAMETERS = new Set(["host", "port", "dbname", "sslmode", "application_name", "connect_timeout"]);
