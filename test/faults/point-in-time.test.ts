import { execFile } from "node:child_process";
import { renameSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import pg from "pg";
import { expect, it } from "vitest";
import { Cluster, clusterPossible } from "../support/cluster.ts";
import { databaseKind, directoryForTest } from "../support/database.ts";
import { ask, GatewayProcess, SECRET, serverEnvironment } from "../support/gateway-process.ts";
import { type Place, writer } from "../support/load.ts";
import { onlyLong } from "../support/rounds.ts";

/* A base backup and archived WAL, brought to an instant before the last writes: docs/operations/backups.md. */

const run = promisify(execFile);
const PATIENCE = { timeout: 60_000, interval: 50 };
const PEOPLE = "{ users(first: 1) { totalCount } }";

const peopleAt = async (url: string): Promise<number> =>
  (await ask<{ users: { totalCount: number } }>(url, PEOPLE)).users.totalCount;

async function query<T extends object>(url: string, text: string): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<T>(text);
  await client.end();
  return rows[0] as T;
}

it.runIf(onlyLong(databaseKind === "postgres" && clusterPossible()))(
  "a database that is brought to an instant before the last writes has what was there then, verifies, and goes on",
  async () => {
    const cluster = await Cluster.make();
    const archive = await cluster.archive();
    const directory = directoryForTest();
    const common = {
      PORT: "0",
      DEMO: "off",
      LOG_LEVEL: "fatal",
      BOOTSTRAP_TOKEN: SECRET,
      DATA_DIR: join(directory, "data"),
    };
    const environment: Record<string, string> = {
      ...common,
      ...serverEnvironment(cluster.url, cluster.url, directory),
    };
    const gateway = await GatewayProcess.start(environment);
    const place: Place = { url: gateway.url };
    const first = writer(place);
    const backup = cluster.backup();
    await expect.poll(() => peopleAt(gateway.url), PATIENCE).toBeGreaterThan(10);
    await first();
    const wanted = await peopleAt(gateway.url);
    const { now } = await query<{ now: string }>(cluster.url, "SELECT clock_timestamp()::text AS now");
    const second = writer(place);
    await expect.poll(() => peopleAt(gateway.url), PATIENCE).toBeGreaterThan(wanted + 10);
    await second();
    const { wal } = await query<{ wal: string }>(cluster.url, "SELECT pg_walfile_name(pg_switch_wal()) AS wal");
    const archived = () =>
      query<{ done: boolean }>(cluster.url, `SELECT last_archived_wal >= '${wal}' AS done FROM pg_stat_archiver`);
    await expect.poll(async () => (await archived()).done, PATIENCE).toBe(true);
    expect(await gateway.stop()).toBe(0);
    await cluster.stop();

    const recovered = await Cluster.recover(backup, archive, now);
    renameSync(environment.AUDIT_CHECKPOINT_FILE as string, join(directory, "evidence.json"));
    const there = { ...environment, DATABASE_URL: recovered.url, MIGRATION_DATABASE_URL: recovered.url };
    const program = new URL("../../dist/cli/verify-audit.js", import.meta.url).pathname;
    const { stdout } = await run(process.execPath, [program], { env: { PATH: process.env.PATH ?? "", ...there } });
    expect(stdout).toContain("The chain verifies");
    expect(stdout).toContain("The tables are what the log says");
    const again = await GatewayProcess.start(there);
    expect(await peopleAt(again.url)).toBe(wanted);
    const third = writer({ url: again.url });
    await expect.poll(() => peopleAt(again.url), PATIENCE).toBeGreaterThan(wanted);
    await third();
  },
  240_000,
);
