import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { expect, it, onTestFinished } from "vitest";
import { entities } from "../../../src/assembly.ts";
import { openDatabase } from "../../../src/database/database.ts";
import { Cluster, clusterPossible } from "../../support/cluster.ts";
import { databaseKind } from "../../support/database.ts";
import { makeUser } from "../../support/directory.ts";
import { TestGateway } from "../../support/gateway.ts";
import { plantRest } from "./planting.ts";
import { actAs, erase, erasers, plant, settle } from "./support.ts";

/* What is left of an erased person in the files of a PostgreSQL of the test's own, byte by byte, and in its dump. */

const MARK = "zqxbytes7f3a";

const possible = databaseKind === "postgres" && clusterPossible();
if (databaseKind === "postgres" && !possible)
  process.stderr.write("Files are not scanned: there are no PostgreSQL programs to start a cluster with.\n");

/** The files under a folder that hold the text anywhere. */
function filesWith(folder: string, text: string): string[] {
  const wanted = Buffer.from(text);
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => readFileSync(file).includes(wanted))
    .map((file) => file.slice(folder.length + 1));
}

it.runIf(possible)(
  "No byte of an erased person is left, in the dump, the tables, the statistics and the WAL",
  { timeout: 180_000 },
  async () => {
    const cluster = await Cluster.make();
    const client = new pg.Client({ connectionString: cluster.url });
    await client.connect();
    onTestFinished(() => client.end());
    const tidy = async () => {
      for (const statement of [
        "VACUUM (FULL, ANALYZE)",
        "VACUUM FULL pg_catalog.pg_statistic",
        "CHECKPOINT",
        "SELECT pg_switch_wal()",
        "CHECKPOINT",
        "SELECT pg_switch_wal()",
        "CHECKPOINT",
      ])
        await client.query(statement);
    };
    // Segments that are recycled keep what was written in them.
    for (const setting of ["wal_recycle = off", "min_wal_size = '32MB'", "autovacuum = off"])
      await client.query(`ALTER SYSTEM SET ${setting}`);
    await client.query("SELECT pg_reload_conf()");
    const database = await openDatabase({
      kind: "postgres",
      poolSize: 4,
      statementTimeoutMs: 30_000,
      entities,
      url: cluster.url,
    });
    onTestFinished(() => database.close());
    const gateway = await TestGateway.over(database, {});
    onTestFinished(gateway.close);
    const pair = await erasers(gateway);
    const id = await plant(gateway, MARK);
    // ANALYZE leaves the statistics of a table as they are that has no row any more.
    const stays = await plant(gateway, "zqxstays5c1d");
    await plantRest(gateway, "zqxstays5c1d", stays, (await makeUser(gateway)).id);
    const other = await makeUser(gateway);
    await actAs(gateway, MARK, id, other.id);
    await plantRest(gateway, MARK, id, other.id);
    await settle(gateway);
    await tidy();
    expect(cluster.dump()).toContain(MARK);
    const { rows } = await client.query(
      "SELECT FROM pg_stats WHERE most_common_vals::text LIKE $1 OR histogram_bounds::text LIKE $1",
      [`%${MARK}%`],
    );
    expect(rows.length).toBeGreaterThan(0);
    expect(filesWith(cluster.files, MARK).length).toBeGreaterThan(5);

    expect(await erase(gateway, id, pair)).toBe("APPROVED");
    expect(await settle(gateway)).toBe(1);
    await tidy();
    expect(cluster.dump().includes(MARK)).toBe(false);
    expect(filesWith(cluster.files, MARK)).toEqual([]);
  },
);
