import type pg from "pg";
import { type BenchDatabase, fill, makeDatabase, settle } from "./database.ts";
import { type Directory, directoryOf } from "./directory.ts";
import { type ServerProcess, startServer } from "./server-process.ts";

/** A gateway in a process of its own over a new database on PostgreSQL, with a directory in it that every consumer of the log has read. */
export interface FeedGateway {
  port: number;
  pid: number;
  token: string;
  masterKey: string;
  directory: Directory;
  clientConfig(): pg.ClientConfig;
  /** Another gateway over the same database, in a process of its own. */
  beside(): Promise<ServerProcess>;
  /** Ends the process; the database stays. */
  stop(): Promise<void>;
}

/** What the feed's benchmarks are told by the environment. */
export const DATABASE_USAGE = `  BENCH_DATABASE_URL  a PostgreSQL server and a role that is a superuser there: the benchmark makes a database and drops it,
                      e.g. postgresql://postgres@127.0.0.1:5432/postgres.
`;

/** The cause of what the benchmarks write, as a transaction is given it. */
export const CAUSE = JSON.stringify({
  kind: "IMPORT",
  action: "user.updated",
  actor: { kind: "SYSTEM", id: null, name: "bench" },
});

const TOKEN = "token-of-the-benchmark";

/** How a gateway's process is started, beside what it always is. */
export interface Start {
  /** For node, before the program. */
  args?: readonly string[];
  environment?: Readonly<Record<string, string>>;
}

/** Runs `work` beside a gateway, on a signal only until it arrives, and leaves nothing behind. */
export async function withGateway<T>(
  people: number,
  work: (gateway: FeedGateway) => Promise<T>,
  start: Start = {},
): Promise<T> {
  const serverUrl = process.env.BENCH_DATABASE_URL;
  if (!serverUrl) throw new Error("BENCH_DATABASE_URL is not set. --help says more.");
  const database = await makeDatabase(serverUrl);
  const stop: (() => Promise<void>)[] = [() => database.drop()];
  const signalled = new Promise<never>((_, reject) => {
    for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => reject(new Error(`${signal}: stopped.`)));
  });
  const begin = async () => {
    const server = await startGateway(database, start);
    stop.unshift(server.stop);
    const directory = directoryOf(people);
    await fill(database.clientConfig(), directory);
    await settle(database.clientConfig());
    const { clientConfig } = database;
    const masterKey = database.environment.AUDIT_MASTER_KEY as string;
    const beside = async () => {
      const other = await startGateway(database, start);
      stop.unshift(other.stop);
      return other;
    };
    return await work({ ...server, token: TOKEN, masterKey, directory, clientConfig, beside });
  };
  try {
    const working = begin();
    working.catch(() => undefined); // Where a signal came first, what fails because of it is not told.
    return await Promise.race([signalled, working]);
  } finally {
    for (const end of stop) await end();
  }
}

const startGateway = ({ environment }: BenchDatabase, { args = [], environment: more = {} }: Start) =>
  startServer(
    [...args, "dist/main.js"],
    {
      PORT: "0",
      DEMO: "off",
      LOG_LEVEL: "warn",
      BOOTSTRAP_TOKEN: TOKEN,
      MAX_CONNECTIONS_PER_VIEWER: "100000",
      ...environment,
      ...more,
    },
    /answers at \S+:(\d+)\//,
  );
