import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { StartError } from "../kernel/start-error.ts";
import type { DatabaseConfig, EmbeddedConfig } from "./config.ts";
import { Embedded, HOST_FILE } from "./embedded.ts";
import { isLocked } from "./embedded-lock.ts";
import { EMBEDDED_RUN_ROLE } from "./privileges.ts";

/** How long a connection to the replica may take to come; the primary serves in its place then. */
const REPLICA_MS = 1_000;

/** Where connections go: as the owner of the tables, and as the role that the gateway runs as. */
export interface Backend {
  owner: pg.PoolConfig;
  runner: pg.PoolConfig;
  /** Where there is a replica: the role that the gateway runs as, there. */
  replica?: pg.PoolConfig;
  /** Resolves when connections are accepted. */
  ready(): Promise<void>;
  /** True where another process runs the database, and keeps its schema. */
  guest: boolean;
  close(): Promise<void>;
  embedded?: Embedded;
}

/** Starts the embedded database, or makes sure that there is a PostgreSQL to speak to; else a StartError with the remedy. */
export async function openBackend(config: DatabaseConfig): Promise<Backend> {
  const backend = config.kind === "embedded" ? await openEmbedded(config) : serverOf(config);
  try {
    await checkVersion(backend);
    return backend;
  } catch (error) {
    await backend.close();
    throw error;
  }
}

/** The other side of a connection that says nothing is asked so often whether it is there. */
const KEEP_ALIVE_S = 10;

/** What the server holds every session to. */
const SESSION: readonly (readonly [string, string | number])[] = [
  // Compiling a statement that runs for milliseconds takes a hundred.
  ["jit", "off"],
  // The locks of a gateway whose machine is gone are free within half a minute; by themselves, servers keep them for hours.
  ["tcp_keepalives_idle", KEEP_ALIVE_S],
  ["tcp_keepalives_interval", 5],
  ["tcp_keepalives_count", 3],
];

function serverOf(config: DatabaseConfig & { kind: "postgres" }): Backend {
  const common = {
    max: config.poolSize,
    statement_timeout: config.statementTimeoutMs,
    options: SESSION.map(([name, value]) => `-c ${name}=${value}`).join(" "),
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_S * 1_000,
  };
  return {
    owner: { connectionString: config.migrationUrl ?? config.url, max: 1 },
    runner: { connectionString: config.url, ...common },
    ...(config.replicaUrl === undefined
      ? {}
      : { replica: { connectionString: config.replicaUrl, connectionTimeoutMillis: REPLICA_MS, ...common } }),
    ready: async () => undefined,
    guest: false,
    close: async () => undefined,
  };
}

async function openEmbedded(config: DatabaseConfig & EmbeddedConfig): Promise<Backend> {
  if (config.joinRunning && config.dataDir !== "memory" && isLocked(config.dataDir))
    return guestOf(config.dataDir, config.statementTimeoutMs);
  const { dataDir, statementTimeoutMs, template } = config;
  const embedded = await Embedded.open({ dataDir, ...(template ? { template } : {}) });
  return {
    ...connectionsOf(embedded.host, statementTimeoutMs),
    ready: () => embedded.ready(),
    guest: false,
    close: () => embedded.close(),
    embedded,
  };
}

function guestOf(dataDir: string, statementTimeoutMs: number): Backend {
  const file = join(dataDir, HOST_FILE);
  if (!existsSync(file))
    throw new StartError(
      `The data directory ${dataDir} is in use by a Rollcall that is starting or stopping: try again.`,
    );
  return {
    ...connectionsOf(readFileSync(file, "utf8"), statementTimeoutMs),
    ready: async () => undefined,
    guest: true,
    close: async () => undefined,
  };
}

function connectionsOf(host: string, statementTimeoutMs: number): Pick<Backend, "owner" | "runner"> {
  const common = { host, port: 5432, database: "postgres", max: 1, ssl: false, idleTimeoutMillis: 0 };
  return {
    owner: { ...common, user: "postgres" },
    runner: { ...common, user: EMBEDDED_RUN_ROLE, statement_timeout: statementTimeoutMs },
  };
}

async function checkVersion(backend: Backend): Promise<void> {
  const client = new pg.Client(backend.owner);
  client.on("error", () => undefined);
  try {
    await client.connect();
  } catch (error) {
    throw new StartError(
      `The database at ${client.host}:${client.port} cannot be used (${reasonOf(error)}): check that it runs, and the address, name and password in DATABASE_URL and MIGRATION_DATABASE_URL.`,
      { cause: error },
    );
  }
  try {
    const { rows } = await client.query<{ number: number; version: string }>(
      "SELECT current_setting('server_version_num')::integer AS number, current_setting('server_version') AS version",
    );
    if ((rows[0]?.number ?? 0) < 150_000)
      throw new StartError(
        `PostgreSQL 15 or newer is needed, and ${client.host}:${client.port} is ${rows[0]?.version}: upgrade it.`,
      );
  } finally {
    await client.end();
  }
}

/** The system's or the server's own word for it; never its text, which may quote the address with its password. */
function reasonOf(error: unknown): string {
  const { code, errors } = error as { code?: string; errors?: { code?: string }[] };
  const found = code ?? errors?.[0]?.code ?? "no answer";
  return SERVER_REASONS[found] ?? found;
}

const SERVER_REASONS: Readonly<Record<string, string>> = {
  "28P01": "wrong user name or password",
  "28000": "the server refuses this user",
  "3D000": "there is no such database",
  "53300": "the server has no connection free",
  "57P03": "the server is starting up",
};
