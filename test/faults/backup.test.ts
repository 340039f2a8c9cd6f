import { execFile, spawnSync } from "node:child_process";
import { copyFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it, onTestFinished } from "vitest";
import { databaseKind, directoryForTest, emptyServerDatabase } from "../support/database.ts";
import { ask, environmentForTest, GatewayProcess, SECRET } from "../support/gateway-process.ts";
import { type Place, writer } from "../support/load.ts";
import { Socket } from "../support/socket.ts";

/* What docs/operations/backups.md says to do, done: a dump under a running gateway that is written to, and what is restored from it. */

const run = promisify(execFile);
const PATIENCE = { timeout: 30_000, interval: 50 };
const PEOPLE = "{ users(first: 1) { totalCount position } }";
const EVENTS =
  "subscription ($after: Position) { userEvents(after: $after) { ... on UserEvent { userId } ... on FeedCheckpoint { position } ... on FeedReset { reason } } }";
const possible =
  databaseKind === "postgres" && ["pg_dump", "pg_restore"].every((name) => spawnSync(name, ["--version"]).status === 0);

interface People {
  users: { totalCount: number; position: string };
}

/** `npm run verify-audit`, as it stands in what was built. */
const verifyAudit = async (environment: Readonly<Record<string, string>>): Promise<string> => {
  const program = new URL("../../dist/cli/verify-audit.js", import.meta.url).pathname;
  return (await run(process.execPath, [program], { env: { PATH: process.env.PATH ?? "", ...environment } })).stdout;
};

it.runIf(possible)(
  "a dump under writes restores to what it was: the audit log verifies, writes go on, and a position of later is told to read again",
  async () => {
    const environment = await environmentForTest();
    const checkpoint = environment.AUDIT_CHECKPOINT_FILE as string;
    const backup = directoryForTest();
    const gateway = await GatewayProcess.start(environment);
    const place: Place = { url: gateway.url };
    const stop = writer(place);
    const count = async () => (await ask<People>(gateway.url, PEOPLE)).users.totalCount;
    await expect.poll(count, PATIENCE).toBeGreaterThan(20);
    await expect.poll(() => existsSync(checkpoint), PATIENCE).toBe(true);
    const atLeast = await count();
    copyFileSync(checkpoint, join(backup, "audit-checkpoint.json"));
    const dump = join(backup, "rollcall.dump");
    await run("pg_dump", ["--format=custom", `--file=${dump}`, environment.MIGRATION_DATABASE_URL as string]);
    const atMost = await count();
    await expect.poll(count, PATIENCE).toBeGreaterThan(atMost + 20);
    await stop();
    const { users: later } = await ask<People>(gateway.url, PEOPLE);
    expect(await gateway.stop()).toBe(0);

    const { config, drop } = await emptyServerDatabase();
    onTestFinished(drop);
    const { url, migrationUrl } = config as { url: string; migrationUrl: string };
    await run("pg_restore", ["--exit-on-error", "--no-owner", `--dbname=${migrationUrl}`, dump]);
    const restored = {
      ...environment,
      DATABASE_URL: url,
      MIGRATION_DATABASE_URL: migrationUrl,
      AUDIT_CHECKPOINT_FILE: join(backup, "audit-checkpoint.json"),
    };
    const said = await verifyAudit(restored);
    expect(said).toContain("The chain verifies");
    expect(said).toContain("The tables are what the log says");
    // With the checkpoint of after the dump it is as if the log had been cut.
    await expect(verifyAudit({ ...restored, AUDIT_CHECKPOINT_FILE: checkpoint })).rejects.toMatchObject({
      stdout: expect.stringContaining("BROKEN"),
    });

    const again = await GatewayProcess.start(restored);
    const { users } = await ask<People>(again.url, PEOPLE);
    expect(users.totalCount).toBeGreaterThanOrEqual(atLeast);
    expect(users.totalCount).toBeLessThanOrEqual(atMost);
    const socket = await Socket.open(again.url, SECRET);
    const events = socket.start(EVENTS, { after: later.position });
    await events.until((values) => values.some(({ reason }) => reason !== undefined));
    socket.kill();
    const input = { username: "after-the-restore", status: "ACTIVE" };
    await ask(again.url, "mutation ($input: CreateUserInput!) { createUser(input: $input) { user { id } } }", {
      input,
    });
    expect((await ask<People>(again.url, PEOPLE)).users.totalCount).toBe(users.totalCount + 1);
    const audit = await ask<{ verifyAudit: object }>(again.url, "{ verifyAudit { verified } }");
    expect(audit.verifyAudit).toEqual({ verified: true });
  },
  180_000,
);
