import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { describeConfig, readConfig } from "../src/config.ts";
import { SIGN_IN_DEFAULTS } from "../src/features/auth/sign-in.settings.ts";
import { SELF_SERVICE_DEFAULTS } from "../src/features/self-service/own-profile.fields.ts";
import { OPERATION_LIMITS } from "../src/graphql/operation-limits.ts";
import { StartError } from "../src/kernel/start-error.ts";
import { BUDGET_DEFAULTS } from "../src/server/budgets.ts";

const folder = mkdtempSync(join(tmpdir(), "rollcall-config-"));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, contents: string): string {
  const path = join(folder, name);
  writeFileSync(path, contents);
  return path;
}

const ISSUER = { issuer: "https://login.example", audience: "rollcall", userKey: "identity" };

function refusal(env: Record<string, string>): string {
  try {
    readConfig(env);
  } catch (error) {
    expect(error).toBeInstanceOf(StartError);
    return (error as StartError).message;
  }
  throw new Error("The configuration was accepted.");
}

describe("The configuration", () => {
  it("has a default for everything", () => {
    expect(readConfig({})).toEqual({
      port: 4000,
      host: "127.0.0.1",
      databaseUrl: undefined,
      migrationDatabaseUrl: undefined,
      dataDir: join(process.cwd(), "data"),
      demo: true,
      bootstrapToken: undefined,
      auditMasterKey: undefined,
      auditCheckpointFile: join(process.cwd(), "data", "audit-checkpoint.json"),
      orgTimezone: "UTC",
      logLevel: "info",
      statementTimeoutMs: 15_000,
      poolSize: 10,
      feedRetentionHours: 168,
      auditRetentionMonths: undefined,
      deletionRetentionDays: 90,
      retentionHour: 3,
      pastRetentionDays: undefined,
      countingMemoryMb: 512,
      importing: { maxBytes: 268_435_456, maxMissingPercent: 10, uploadMinutes: 60 },
      plannedExecution: true,
      undefinedAttributes: "accepted",
      replicaDatabaseUrl: undefined,
      maxConnections: 10_000,
      maxConnectionsPerViewer: 100,
      maxSubscriptionsPerViewer: 1_000,
      budgets: { counted: "memory", redisUrl: undefined, ...BUDGET_DEFAULTS },
      asking: {
        limits: OPERATION_LIMITS,
        introspection: true,
        graphiql: true,
        persistedOnly: false,
        persistedDocuments: [],
        requestTimeoutMs: 30_000,
        subscriptionHours: undefined,
        viewerShare: 50,
      },
      oidcIssuers: [],
      signIn: SIGN_IN_DEFAULTS,
      trustedProxies: [],
      mail: {
        smtpUrl: undefined,
        outboxDir: join(process.cwd(), "data", "outbox"),
        from: "Rollcall <rollcall@localhost>",
      },
      links: {
        linkUrl: "http://localhost:4000",
        invitationHours: 72,
        emailVerificationHours: 24,
        passwordResetMinutes: 30,
      },
      selfService: SELF_SERVICE_DEFAULTS,
      telemetry: {
        endpoint: undefined,
        headers: {},
        serviceName: "rollcall",
        sampleRatio: 1,
        slowSearchMs: 1_000,
      },
    });
  });

  it("cannot be changed once read", () => {
    expect(Object.isFrozen(readConfig({}))).toBe(true);
  });

  it("counts an empty variable as absent", () => {
    expect(readConfig({ PORT: "", DATABASE_URL: " ", DEMO: "", PGHOST: "" })).toEqual(readConfig({}));
  });

  it.each([
    ["PORT", "70000", "0 to 65535"],
    ["PORT", "4000x", "0 to 65535"],
    ["HOST", "a b", "a host name or an address"],
    ["DEMO", "yes", "on, off"],
    ["LOG_LEVEL", "loud", "trace, debug, info"],
    ["ORG_TIMEZONE", "Mars/Olympus", "IANA"],
    ["ORG_TIMEZONE", "+02:00", "IANA"],
    ["STATEMENT_TIMEOUT_MS", "1", "100 to 3600000"],
    ["POOL_SIZE", "0", "1 to 1000"],
    ["FEED_RETENTION_HOURS", "23", "24 to 87600"],
    ["COUNTING_MEMORY_MB", "65537", "0 to 65536"],
    ["MAX_CONNECTIONS", "0", "1 to 1000000"],
    ["DATABASE_URL", "mysql://root:hunter2@db/x", "PostgreSQL connection URL"],
    ["BOOTSTRAP_TOKEN", "hunter2", "8 to 512"],
    ["PUBLIC_URL", "http://people.example.com", "an https address without a path"],
    ["PUBLIC_URL", "https://people.example.com/rollcall", "an https address without a path"],
    ["SIGNING_KEY", "aHVudGVyMg==", "32 bytes in base64"],
    ["ARGON2_MEMORY_KIB", "64", "7168 to 4194304"],
    ["SELF_EDITABLE_FIELDS", "nickName,managerId", "none, or some of these"],
    ["SIGN_IN_ATTEMPTS", "101", "3 to 100"],
    ["SIGN_IN_LOCKS", "everything", "account, sign-in"],
    ["TRUSTED_PROXIES", "10.0.0.0/8,proxy.example", "addresses or networks between commas"],
    ["ALLOWED_ORIGINS", "https://app.example/", "origins between commas"],
    ["ALLOWED_ORIGINS", "app.example", "origins between commas"],
    ["TRUSTED_PROXIES", "10.0.0.0/33", "addresses or networks between commas"],
    ["SMTP_URL", "https://root:hunter2@mail/", "an SMTP address"],
    ["MAIL_FROM", "Rollcall\u000aBcc: a@b", "an address, such as"],
    ["LINK_URL", "http://app.example", "an https address"],
    ["LINK_URL", "https://app.example/", "without a slash at its end"],
    ["INVITATION_HOURS", "0", "1 to 720"],
    ["PASSWORD_RESET_MINUTES", "1441", "5 to 1440"],
    ["OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318", "an http or https address"],
    ["OTEL_EXPORTER_OTLP_HEADERS", "hunter2", "name=value"],
    ["OTEL_TRACES_SAMPLER_ARG", "2", "a number from 0 to 1"],
    ["SLOW_SEARCH_MS", "-1", "0 to 3600000"],
  ])("names %s where it is wrong, and what is accepted", (name, value, accepted) => {
    const message = refusal({ [name]: value });
    expect(message.startsWith(`${name} `)).toBe(true);
    expect(message).toContain(accepted);
    expect(message).not.toContain("\n");
    expect(message).not.toContain("hunter2");
  });

  it.each<[string, object, string]>([
    ["no list", {}, "must be a JSON list of issuers"],
    ["no address", [{ ...ISSUER, issuer: "login" }], "[0].issuer must be an https address"],
    ["an address without TLS", [{ ...ISSUER, issuer: "http://login.example" }], "[0].issuer must be an https address"],
    ["no audience", [{ ...ISSUER, audience: [] }], "[0].audience must be a text, or a list"],
    [
      "no way to the user",
      [{ ...ISSUER, userKey: "name" }],
      "[0].userKey must be one of id, username, email, identity",
    ],
    ["HMAC", [{ ...ISSUER, algorithms: ["RS256", "HS256"] }], "[0].algorithms must be out of RS256"],
    ["no signature", [{ ...ISSUER, algorithms: "none" }], "[0].algorithms must be out of RS256"],
    ["what ID tokens are too", [{ ...ISSUER, types: ["JWT"] }], "[0].claims must name a claim that only access tokens"],
    [
      "a member that is misspelt",
      [ISSUER, { ...ISSUER, audiences: "x" }],
      "[1].audiences is not known: there are issuer",
    ],
    ["an issuer twice", [ISSUER, ISSUER], "[1].issuer is in the list twice"],
    ["too much patience", [{ ...ISSUER, clockToleranceSeconds: 301 }], "must be a whole number from 0 to 300"],
  ])("refuses issuers with %s, and says where", (_, issuers, problem) => {
    const message = refusal({ OIDC_ISSUERS: JSON.stringify(issuers) });
    expect(message).toMatch(/^OIDC_ISSUERS /);
    expect(message).toContain(problem);
  });

  it("reads issuers, also from a file, with what is usual where nothing is said", () => {
    const config = readConfig({ OIDC_ISSUERS_FILE: file("issuers", JSON.stringify([ISSUER])) });
    expect(config.oidcIssuers).toMatchObject([
      {
        issuer: ISSUER.issuer,
        audience: ["rollcall"],
        types: ["at+jwt"],
        userClaim: "sub",
        requireVerifiedEmail: true,
      },
    ]);
    expect(describeConfig(config)).toContain(`OIDC_ISSUERS=${ISSUER.issuer}`);
  });

  it("holds budgets to what one operation may ask, and to somebody who counts them", () => {
    expect(readConfig({ BUDGETS: "off" }).budgets.counted).toBe("off");
    expect(refusal({ BUDGETS: "redis" })).toContain("REDIS_URL must be the address of a Redis");
    expect(refusal({ BUDGETS: "postgresql" })).toContain("BUDGETS is postgresql while DATABASE_URL is not set");
    expect(refusal({ BUDGET_COST: "10", BUDGET_ROOT_FIELDS: "10" }).split("\n")).toHaveLength(2);
    expect(refusal({ REDIS_URL: "http://user:hush@cache" })).not.toContain("hush");
    const shown = describeConfig(readConfig({ BUDGETS: "redis", REDIS_URL: "redis://user:hush@cache:6379" }));
    expect(shown).toContain("REDIS_URL=(set, not shown)");
    expect(shown).not.toContain("hush");
  });

  it("tells everything that is wrong at once, a line each", () => {
    expect(refusal({ PORT: "x", DEMO: "x", LOG_LEVEL: "x" }).split("\n")).toHaveLength(3);
  });

  it("gives a demonstration to the embedded database, and to PostgreSQL only when asked", () => {
    const DATABASE_URL = "postgresql://localhost/rollcall";
    expect(readConfig({ DEMO: "off" }).demo).toBe(false);
    expect(readConfig({ DATABASE_URL }).demo).toBe(false);
    expect(readConfig({ DATABASE_URL, DEMO: "on" }).demo).toBe(true);
  });

  it("writes a time zone the way the zone data does", () => {
    expect(readConfig({ ORG_TIMEZONE: "europe/berlin" }).orgTimezone).toBe("Europe/Berlin");
  });

  it("keeps audit events for good unless it is told for how many months", () => {
    expect(readConfig({}).auditRetentionMonths).toBeUndefined();
    expect(readConfig({ AUDIT_RETENTION_MONTHS: "84" }).auditRetentionMonths).toBe(84);
    expect(refusal({ AUDIT_RETENTION_MONTHS: "0" })).toContain(
      "AUDIT_RETENTION_MONTHS must be a whole number from 1 to 1200",
    );
  });

  it("takes a number up to the most that its refusal names", () => {
    const [, most] = /from \d+ to (\d+)/.exec(refusal({ BUDGET_COST: "-1" })) ?? [];
    expect(readConfig({ BUDGET_COST: most as string })).toBeDefined();
    expect(refusal({ BUDGET_COST: `${most}0` })).toContain("BUDGET_COST");
  });

  it("takes a secret from a file, without the line's end", () => {
    const BOOTSTRAP_TOKEN_FILE = file("token", "correct-horse\n");
    const DATABASE_URL_FILE = file("url", "postgresql://me:pw@db/rollcall\n");
    const config = readConfig({ BOOTSTRAP_TOKEN_FILE, DATABASE_URL_FILE });
    expect(config.bootstrapToken).toBe("correct-horse");
    expect(config.databaseUrl).toBe("postgresql://me:pw@db/rollcall");
  });

  it("refuses a secret that is given both ways, is empty or cannot be read", () => {
    const BOOTSTRAP_TOKEN_FILE = file("both", "correct-horse");
    expect(refusal({ BOOTSTRAP_TOKEN: "correct-horse", BOOTSTRAP_TOKEN_FILE })).toContain(
      "BOOTSTRAP_TOKEN is given twice",
    );
    expect(refusal({ BOOTSTRAP_TOKEN_FILE: file("empty", "\n") })).toBe("BOOTSTRAP_TOKEN_FILE names an empty file.");
    expect(refusal({ DATABASE_URL_FILE: join(folder, "absent") })).toContain(
      "DATABASE_URL_FILE names a file that cannot be read",
    );
  });

  it.each([
    "PGHOST",
    "PGDATABASE",
    "PGUSER",
    "PGPASSWORD",
    "PGSERVICE",
    "MIGRATION_DATABASE_URL",
    "REPLICA_DATABASE_URL",
  ])("never falls back to the embedded database while %s is set", (name) => {
    const value = name.endsWith("_DATABASE_URL") ? "postgresql://db/hunter2" : "hunter2";
    const message = refusal({ [name]: value, DATABASE_URL: "" });
    expect(message).toContain("DATABASE_URL is empty while");
    expect(message).toContain(name);
    expect(message).not.toContain("hunter2");
  });

  it("lets PG variables stand beside a DATABASE_URL", () => {
    expect(readConfig({ DATABASE_URL: "postgres://db/x", PGPASSWORD: "hunter2" }).databaseUrl).toBe("postgres://db/x");
  });

  it("is shown without its secrets", () => {
    const shown = describeConfig(
      readConfig({
        DATABASE_URL: "postgresql://me:hunter2@db/x?sslmode=require&password=hunter2&sslpassword=hunter2",
        MIGRATION_DATABASE_URL: "postgresql://owner:hunter2@db/x",
        REPLICA_DATABASE_URL: "postgresql://me:hunter2@copy/x",
        BOOTSTRAP_TOKEN: "hunter2hunter2",
      }),
    );
    expect(shown).not.toContain("hunter2");
    expect(shown).toContain("DATABASE_URL=postgresql://me:***@db/x?sslmode=require");
    expect(shown).toContain("BOOTSTRAP_TOKEN=(set, not shown)");
  });
});
