import pg from "pg";
import { afterEach, describe, expect, it } from "vitest";
import type { DatabaseConfig } from "../../src/database/config.ts";
import { openDatabase } from "../../src/database/database.ts";
import { migrate } from "../../src/database/migrate.ts";
import { MIGRATIONS } from "../../src/database/migrations/list.ts";
import { databaseKind, directoryForTest, emptyServerDatabase } from "../support/database.ts";

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** The configuration of a database in which nothing is. */
async function emptyDatabase(): Promise<DatabaseConfig> {
  if (databaseKind === "embedded") return { kind: "embedded", dataDir: directoryForTest(), statementTimeoutMs: 60_000 };
  const { config, drop } = await emptyServerDatabase();
  closers.push(drop);
  return config;
}

const names = MIGRATIONS.map((migration) => migration.name);

describe("Migrating", () => {
  it("an empty database runs every migration in order, and then none", async () => {
    const config = await emptyDatabase();
    expect(await migrate(config)).toEqual({ applied: names, separateRoles: true });
    expect(await migrate(config)).toEqual({ applied: [], separateRoles: true });
  });

  it("refuses a database that is ahead of this version, and names what it does not know", async () => {
    const config = await emptyDatabase();
    const database = await openDatabase(config);
    const client = new pg.Client(database.connectionConfig.owner);
    await client.connect();
    await client.query("INSERT INTO schema_migration (name) VALUES ('9999-from-the-future')");
    await client.end();
    await database.close();
    await expect(openDatabase(config)).rejects.toMatchObject({
      name: "StartError",
      message: expect.stringContaining("9999-from-the-future"),
    });
  });

  it.runIf(databaseKind === "postgres")("by two gateways that start at once is done by one of them", async () => {
    const config = await emptyDatabase();
    const results = await Promise.all([migrate(config), migrate(config), migrate(config)]);
    expect(results.map((result) => result.applied.length).sort()).toEqual([0, 0, names.length].sort());
  });

  it.runIf(databaseKind === "postgres")(
    "by the role that the gateway runs as is said, since nothing is kept from an owner",
    async () => {
      const config = await emptyDatabase();
      if (config.kind !== "postgres") return;
      const single = { ...config, url: config.migrationUrl ?? config.url, migrationUrl: undefined };
      expect((await migrate(single)).separateRoles).toBe(false);
      const database = await openDatabase(single);
      expect(database.separateRoles).toBe(false);
      await database.close();
    },
  );
});

describe.runIf(databaseKind === "postgres")("A server that cannot be used is told in one line", () => {
  const address = new URL(process.env.TEST_DATABASE_URL || "postgres://localhost");
  const at = (change: Partial<URL>): DatabaseConfig => {
    const url = Object.assign(new URL(address), change);
    return { kind: "postgres", url: url.toString(), poolSize: 1, statementTimeoutMs: 1000 };
  };

  it.each([
    ["it does not run", { port: "1" }, "ECONNREFUSED"],
    ["it has no such database", { pathname: "/rollcall_nowhere" }, "there is no such database"],
  ])("where %s", async (_, change, reason) => {
    const failed = openDatabase(at(change));
    await expect(failed).rejects.toMatchObject({ name: "StartError", message: expect.stringContaining(reason) });
    const { message } = (await failed.catch((error) => error)) as Error;
    expect(message).not.toContain("\n");
    expect(message).toContain("DATABASE_URL");
  });
});
