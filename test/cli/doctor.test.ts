import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import pg from "pg";
import { expect, it, onTestFinished } from "vitest";
import { databaseKind, directoryForTest, emptyServerDatabase } from "../support/database.ts";
import { environmentForTest, GatewayProcess, serverEnvironment } from "../support/gateway-process.ts";

/* `npm run doctor`, as a process beside the gateway or without one. */

const run = promisify(execFile);

/** What it says, by level and what it is about, and its exit code. */
async function doctor(environment: Readonly<Record<string, string>>): Promise<{ code: number; said: string }> {
  const program = new URL("../../dist/cli/doctor.js", import.meta.url).pathname;
  try {
    const { stdout } = await run(process.execPath, [program], {
      env: { PATH: process.env.PATH ?? "", ...environment },
    });
    return { code: 0, said: stdout };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, said: `${stdout}${stderr}` };
  }
}

/** What a gateway is told that has never run. */
async function environmentOfNone(): Promise<Record<string, string>> {
  const directory = directoryForTest();
  const common = { PORT: "0", DEMO: "off", DATA_DIR: join(directory, "data") };
  if (databaseKind === "embedded") return common;
  const { config, drop } = await emptyServerDatabase();
  onTestFinished(drop);
  const { url, migrationUrl } = config as { url: string; migrationUrl: string };
  return { ...common, ...serverEnvironment(url, migrationUrl, directory) };
}

it("says that there is no database yet, or an empty one, and leaves it so", async () => {
  const environment = await environmentOfNone();
  for (const _ of [1, 2]) {
    const { code, said } = await doctor(environment);
    expect(code).toBe(0);
    expect(said).toMatch(/^WARN {2}(database: there is none|migrations: the database is empty)/m);
  }
});

it("says of a running gateway's database that all is well", async () => {
  const environment = await environmentForTest();
  const gateway = await GatewayProcess.start(environment);
  const { code, said } = await doctor(environment);
  expect([code, said]).toEqual([0, expect.not.stringContaining("BAD")]);
  for (const about of [
    "server: PostgreSQL",
    "extensions",
    "clock",
    "migrations",
    "privileges",
    "feed: audit",
    "feed: matcher",
  ])
    expect(said).toMatch(new RegExp(`^OK +${about}`, "m"));
  expect(said).not.toContain("the-secret-of-the-tests");
  expect(await gateway.stop()).toBe(0);
});

it("says what is wrong with settings, a line each, and exits with 1", async () => {
  const { code, said } = await doctor({ PORT: "70000", POOL_SIZE: "none", DATA_DIR: directoryForTest() });
  expect(code).toBe(1);
  expect(said).toMatch(/^BAD {3}settings: PORT must be/m);
  expect(said).toMatch(/^BAD {3}settings: POOL_SIZE must be/m);
});

it("finds a mail server and an issuer that are not there", async () => {
  const issuer = { issuer: "http://127.0.0.1:1", audience: "rollcall", userKey: "username" };
  const { code, said } = await doctor({
    DATA_DIR: directoryForTest(),
    SMTP_URL: "smtp://127.0.0.1:1",
    OIDC_ISSUERS: JSON.stringify([issuer]),
  });
  expect(code).toBe(1);
  expect(said).toMatch(/^BAD {3}mail: 127\.0\.0\.1:1 cannot be used \(ECONNREFUSED\)/m);
  expect(said).toMatch(/^BAD {3}issuer: http:\/\/127\.0\.0\.1:1\/\S+ cannot be reached/m);
});

it.runIf(databaseKind === "postgres")(
  "finds another master key, a missing migration, and a role that owns the tables",
  async () => {
    const environment = await environmentForTest();
    const gateway = await GatewayProcess.start(environment);
    await expect.poll(() => existsSync(environment.AUDIT_CHECKPOINT_FILE as string), { timeout: 20_000 }).toBe(true);
    expect(await gateway.stop()).toBe(0);
    const owner = environment.MIGRATION_DATABASE_URL as string;
    const wrongKey = await doctor({ ...environment, AUDIT_MASTER_KEY: randomBytes(32).toString("base64") });
    expect(wrongKey.said).toMatch(/^BAD {3}audit: /m);
    const asOwner = await doctor({ ...environment, DATABASE_URL: owner });
    expect(asOwner.said).toMatch(/^WARN {2}privileges: \w+ (is a superuser|owns the tables)/m);
    const client = new pg.Client({ connectionString: owner });
    await client.connect();
    await client.query("DELETE FROM schema_migration WHERE name = '0028-schema-floor'");
    await client.end();
    expect((await doctor(environment)).said).toMatch(/^WARN {2}migrations: 0028-schema-floor has still to run/m);
  },
);
