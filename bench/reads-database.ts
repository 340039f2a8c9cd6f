import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import pg from "pg";
import { openDatabase } from "../dist/database/database.js";
import { auditRows, baseRows, KIND, type Size, searchRows, WRONG_SEARCH_ROWS } from "./reads-directory.ts";

/** Where the directory of the benchmark stands, filled. */
export interface LoadedDatabase {
  /** What the gateway's environment says of it. */
  environment: Readonly<Record<string, string>>;
  /** How a client connects, as its owner; on the embedded database once the gateway runs. */
  clientConfig(): pg.ClientConfig;
  /** Leaves it for the next run, or removes it. */
  leave(keep: boolean): Promise<void>;
}

type Say = (line: string) => void;

export const TOKEN = "token-of-the-benchmark";
/** Of an administrator of some units alone. */
export const DELEGATE_TOKEN = "token-of-the-benchmarks-delegate";
const DELEGATED = "USER_READ USER_READ_CONTACT USER_READ_SECURITY ORG_READ ROLE_READ AUDIT_READ".split(" ");

const PEOPLE_PER_STATEMENT = 10_000;
const CACHE = "bench/.cache";
/** What a server is told that is not left as it was installed; for all three servers alike. */
const SETTINGS = { jit: "off", random_page_cost: "1.1", work_mem: "16MB", effective_cache_size: "4GB" };

/**
 * The database of this name and size on the server, filled now where it does not stand there from a run with --keep; `more` is written before anything is
 * derived.
 */
export async function onServer(
  serverUrl: string,
  size: Size,
  say: Say,
  { stem = "reads", more = [] }: { stem?: string; more?: readonly string[] } = {},
): Promise<LoadedDatabase> {
  const name = `rollcall_${stem}_${size.people}`;
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  const clientConfig = () => ({ connectionString: url.toString() });
  const dataDir = resolve(CACHE, name);
  // The checkpoint of another log would keep this one from being sealed.
  const forget = () => rmSync(dataDir, { recursive: true, force: true });
  const drop = async () => {
    forget();
    await withClient({ connectionString: serverUrl }, (c) => c.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
  };
  if (!(await isComplete(clientConfig()))) {
    await drop();
    await withClient({ connectionString: serverUrl }, (client) => client.query(`CREATE DATABASE ${name}`));
    for (const [setting, value] of Object.entries(SETTINGS))
      await withClient({ connectionString: serverUrl }, (c) =>
        c.query(`ALTER DATABASE ${name} SET ${setting} = '${value}'`),
      );
    const database = await openDatabase({ kind: "postgres", url: url.toString(), poolSize: 2, statementTimeoutMs: 0 });
    await database.close();
    await fill(clientConfig(), size, say, more);
  }
  mkdirSync(dataDir, { recursive: true });
  return {
    environment: {
      DATABASE_URL: url.toString(),
      DATA_DIR: dataDir,
      AUDIT_MASTER_KEY: createHash("sha256").update("benchmark").digest("base64"),
    },
    clientConfig,
    async leave(keep) {
      forget();
      if (!keep) await drop();
    },
  };
}

/** The embedded database, in a directory beside the benchmarks; filled now where it is not from a run with --keep. */
export async function inProcess(size: Size, say: Say): Promise<LoadedDatabase> {
  const dataDir = resolve(CACHE, `embedded-${size.people}`);
  const clientConfig = () => ({
    host: readFileSync(join(dataDir, "host"), "utf8"),
    user: "postgres",
    database: "postgres",
  });
  const database = await openDatabase({ kind: "embedded", dataDir, statementTimeoutMs: 0 });
  try {
    if (!(await isComplete(clientConfig()))) await fill(clientConfig(), size, say);
  } finally {
    await database.close();
  }
  return {
    environment: { DATA_DIR: dataDir },
    clientConfig,
    async leave(keep) {
      if (!keep) rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

export async function withClient<T>(config: pg.ClientConfig, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(config);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Whether a run before this one filled it to the end. */
async function isComplete(config: pg.ClientConfig): Promise<boolean> {
  try {
    return await withClient(config, async (client) => {
      const { rows } = await client.query("SELECT to_regclass('bench.complete') IS NOT NULL AS complete");
      return rows[0].complete;
    });
  } catch {
    return false;
  }
}

async function fill(config: pg.ClientConfig, size: Size, say: Say, more: readonly string[] = []): Promise<void> {
  const began = performance.now();
  const tell = (what: string) => say(`  ${Math.round((performance.now() - began) / 1000)} s: ${what}`);
  say(`Writing ${size.people.toLocaleString("en")} people …`);
  await withClient(config, async (client) => {
    await client.query(
      "SET session_replication_role = replica; SET maintenance_work_mem = '1GB'; SET synchronous_commit = off; SET jit = off",
    );
    const triggers = await putTriggersAside(client);
    const indexes = await dropIndexes(client);
    for (const statement of [...baseRows(size), ...more]) await client.query(statement);
    await client.query("ANALYZE");
    tell("people and their grants");
    for (let from = 0; from < size.people; from += PEOPLE_PER_STATEMENT)
      await client.query(searchRows(from, Math.min(size.people, from + PEOPLE_PER_STATEMENT)));
    tell("search rows");
    for (const index of indexes) await client.query(index);
    tell("their indexes");
    for (const statement of auditRows(size)) await client.query(statement);
    tell("audit events");
    await addDelegate(client, size);
    for (const statement of triggers) await client.query(statement);
    await client.query("VACUUM (FREEZE, ANALYZE)");
    const { rows } = await client.query(WRONG_SEARCH_ROWS);
    if (rows[0].wrong > 0) throw new Error(`${rows[0].wrong} search rows of the sample are not what they should be.`);
    await client.query("CREATE TABLE bench.complete ()");
    tell("cleaned up");
  });
}

/** Switches off what fires even on a replica; gives the statements that make all as it was. */
async function putTriggersAside(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ relation: string; name: string }>(
    "SELECT tgrelid::regclass::text AS relation, quote_ident(tgname) AS name FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'A' AND tgparentid = 0",
  );
  for (const { relation, name } of rows) await client.query(`ALTER TABLE ${relation} DISABLE TRIGGER ${name}`);
  return rows.map(({ relation, name }) => `ALTER TABLE ${relation} ENABLE ALWAYS TRIGGER ${name}`);
}

/** The indexes of search rows but the key's; gives the statements that make them. */
async function dropIndexes(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string; definition: string }>(
    `SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition FROM pg_index
     WHERE indrelid = 'user_search'::regclass AND NOT indisprimary ORDER BY 1`,
  );
  for (const { name } of rows) await client.query(`DROP INDEX ${name}`);
  return rows.map(({ definition }) => definition);
}

/** An administrator of two units of the second rank, and all below them. */
async function addDelegate(client: pg.Client, { units }: Size): Promise<void> {
  const scope = [10, 20].filter((place) => place < units);
  await client.query(
    `INSERT INTO service_token (id, name, hash, permissions, scope_ids, created_at)
     VALUES (bench.id(${KIND.token}, 0), 'delegate', $1, $2, ARRAY(SELECT bench.id(${KIND.unit}, unnest($3::bigint[]))), rollcall_now())`,
    [createHash("sha256").update(DELEGATE_TOKEN).digest(), DELEGATED, scope],
  );
}

/** The server's version, as it says it. */
export const versionOf = (config: pg.ClientConfig): Promise<string> =>
  withClient(config, async (client) => {
    const { rows } = await client.query("SELECT current_setting('server_version') AS version");
    return rows[0].version.split(" ")[0];
  });
