import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import pg from "pg";
import type { Directory } from "./directory.ts";

/** A database of a benchmark's own, which leaves nothing behind. */
export interface BenchDatabase {
  /** What the gateway's environment says of it. */
  environment: Readonly<Record<string, string>>;
  /** How a client connects, as its owner; on the embedded database once the gateway runs. */
  clientConfig(): pg.ClientConfig;
  drop(): Promise<void>;
}

const CAUSE = { kind: "IMPORT", action: "bench.filled", actor: { kind: "SYSTEM", id: null, name: "bench" } };
const ROWS_PER_STATEMENT = 5_000;
/** A consumer's place behind a whole commit. */
const LAST_ORDINAL = 2_147_483_647;
const SETTLED_EVERY_MS = 250;

/** A new database on the server that the URL names, by a role that may create one; or the embedded one, in a new directory. */
export async function makeDatabase(serverUrl: string | undefined): Promise<BenchDatabase> {
  return serverUrl === undefined ? embedded() : await onServer(serverUrl);
}

function embedded(): BenchDatabase {
  const folder = mkdtempSync(join(tmpdir(), "rollcall-bench-"));
  const dataDir = join(folder, "data");
  return {
    environment: { DATA_DIR: dataDir },
    clientConfig: () => ({ host: readFileSync(join(dataDir, "host"), "utf8"), user: "postgres", database: "postgres" }),
    drop: async () => rmSync(folder, { recursive: true, force: true }),
  };
}

async function onServer(serverUrl: string): Promise<BenchDatabase> {
  const name = `rollcall_bench_${randomBytes(6).toString("hex")}`;
  const folder = mkdtempSync(join(tmpdir(), "rollcall-bench-"));
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  await withClient({ connectionString: serverUrl }, (client) => client.query(`CREATE DATABASE ${name}`));
  return {
    environment: {
      DATABASE_URL: url.toString(),
      DATA_DIR: join(folder, "data"),
      AUDIT_MASTER_KEY: randomBytes(32).toString("base64"),
    },
    clientConfig: () => ({ connectionString: url.toString() }),
    async drop() {
      await withClient({ connectionString: serverUrl }, (client) => client.query(`DROP DATABASE ${name} WITH (FORCE)`));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Writes the directory in one transaction, as any writer does that names its cause, and lets the database look at what it has. */
export async function fill(config: pg.ClientConfig, { tables }: Directory): Promise<void> {
  await withClient(config, async (client) => {
    await client.query("BEGIN");
    await client.query("SELECT set_config('rollcall.cause', $1, true)", [JSON.stringify(CAUSE)]);
    for (const [table, rows] of tables) {
      for (let from = 0; from < rows.length; from += ROWS_PER_STATEMENT) {
        const some = JSON.stringify(rows.slice(from, from + ROWS_PER_STATEMENT));
        await client.query(`INSERT INTO ${table} SELECT * FROM jsonb_populate_recordset(NULL::${table}, $1::jsonb)`, [
          some,
        ]);
      }
    }
    await client.query("COMMIT");
  });
}

/** Returns once every consumer of the log has passed what was written, so that the gateway does nothing but answer; then cleans up. */
export async function settle(config: pg.ClientConfig): Promise<void> {
  await passed(config);
  await withClient(config, (client) => client.query("VACUUM ANALYZE"));
}

/** Returns once every consumer of the log, the sealer among them, has passed what was written until now. */
export async function passed(config: pg.ClientConfig): Promise<void> {
  await withClient(config, async (client) => {
    const { rows } = await client.query<{ number: string }>("SELECT number FROM feed_head");
    for (;;) {
      const behind = await client.query(
        "SELECT FROM feed_consumer WHERE (commit_number, ordinal) < ($1::bigint, $2::integer)",
        [rows[0]?.number, LAST_ORDINAL],
      );
      if (behind.rowCount === 0) break;
      await setTimeout(SETTLED_EVERY_MS);
    }
  });
}

/** The server's version, as it says it. */
export async function versionOf(config: pg.ClientConfig): Promise<string> {
  return await withClient(config, async (client) => {
    const { rows } = await client.query<{ version: string }>("SELECT current_setting('server_version') AS version");
    return rows[0]?.version.split(" ")[0] ?? "";
  });
}

/** Runs `work` with a connection of its own. */
export async function withClient<T>(config: pg.ClientConfig, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(config);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
