import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { appendFileSync, chownSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import pg from "pg";
import { onTestFinished } from "vitest";
import { directoryForTest } from "./database.ts";

/*
 * A PostgreSQL of the test's own, made by initdb in a temporary folder, that may be stopped and started.
 */

const run = (program: string, ...args: string[]): string =>
  execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();

/** The longest that a start may take on a busy machine: it reads and syncs everything first that a crash has left. */
const START_MS = 180_000;

/** Where PostgreSQL's programs are; undefined where there are none. */
function programs(): string | undefined {
  try {
    return run("pg_config", "--bindir");
  } catch {
    try {
      return run("sh", "-c", 'dirname "$(readlink -f "$(command -v initdb)")"') || undefined;
    } catch {
      return undefined;
    }
  }
}

const bin = programs();

/** Whether there is a PostgreSQL to be started on this machine. */
export const clusterPossible = (): boolean => bin !== undefined && bin !== ".";

/** PostgreSQL refuses to run as root: then it runs as the user that its package made. */
function identity(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  return { uid: Number(run("id", "-u", "postgres")), gid: Number(run("id", "-g", "postgres")) };
}

/** A port that nobody listens at. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export class Cluster {
  readonly #directory: string;
  readonly #port: number;
  #process: ChildProcess | undefined;

  private constructor(directory: string, port: number) {
    this.#directory = directory;
    this.#port = port;
  }

  /** Makes one and starts it, in a folder of its own or in the one that is given. It is gone at the end of the running test. */
  static async make(directory = directoryForTest()): Promise<Cluster> {
    const { uid, gid } = identity();
    if (uid !== undefined && gid !== undefined) chownSync(directory, uid, gid);
    execFileSync(`${bin}/initdb`, ["-D", `${directory}/data`, "-A", "trust", "-U", "postgres", "--no-sync"], {
      ...identity(),
      stdio: "ignore",
    });
    const cluster = new Cluster(directory, await freePort());
    onTestFinished(() => cluster.stop());
    await cluster.start();
    return cluster;
  }

  /** Makes a streaming replica of it, beside it, and starts it. */
  async replica(): Promise<Cluster> {
    const directory = directoryForTest();
    const { uid, gid } = identity();
    if (uid !== undefined && gid !== undefined) chownSync(directory, uid, gid);
    const from = ["-h", "127.0.0.1", "-p", String(this.#port), "-U", "postgres"];
    execFileSync(
      `${bin}/pg_basebackup`,
      [...from, "-D", `${directory}/data`, "-R", "-X", "stream", "-c", "fast", "--no-sync"],
      {
        ...identity(),
        stdio: "ignore",
      },
    );
    const replica = new Cluster(directory, await freePort());
    onTestFinished(() => replica.stop());
    await replica.start();
    return replica;
  }

  /** Has every finished piece of its WAL put away from now on; gives the folder. */
  async archive(): Promise<string> {
    const archive = `${this.#directory}/archive`;
    mkdirSync(archive);
    const { uid, gid } = identity();
    if (uid !== undefined && gid !== undefined) chownSync(archive, uid, gid);
    const client = new pg.Client({ connectionString: this.url });
    await client.connect();
    await client.query("ALTER SYSTEM SET archive_mode = 'on'");
    await client.query(`ALTER SYSTEM SET archive_command = 'cp %p ${archive}/%f'`);
    await client.end();
    await this.stop();
    await this.start();
    return archive;
  }

  /** A base backup, in a folder of its own. */
  backup(): string {
    const directory = directoryForTest();
    const { uid, gid } = identity();
    if (uid !== undefined && gid !== undefined) chownSync(directory, uid, gid);
    const from = ["-h", "127.0.0.1", "-p", String(this.#port), "-U", "postgres"];
    execFileSync(
      `${bin}/pg_basebackup`,
      [...from, "-D", `${directory}/data`, "-X", "none", "-c", "fast", "--no-sync"],
      {
        ...identity(),
        stdio: "ignore",
      },
    );
    return directory;
  }

  /** Starts a base backup, brought by the archive to an instant; it takes writes when this returns. */
  static async recover(backup: string, archive: string, until: string): Promise<Cluster> {
    const settings = [
      `restore_command = 'cp ${archive}/%f %p'`,
      `recovery_target_time = '${until}'`,
      "recovery_target_action = 'promote'",
      "archive_mode = 'off'",
    ];
    appendFileSync(`${backup}/data/postgresql.auto.conf`, `${settings.join("\n")}\n`);
    writeFileSync(`${backup}/data/recovery.signal`, "");
    const cluster = new Cluster(backup, await freePort());
    onTestFinished(() => cluster.stop());
    await cluster.start();
    const client = new pg.Client({ connectionString: cluster.url });
    await client.connect();
    const recovering = async () => (await client.query("SELECT pg_is_in_recovery() AS on")).rows[0]?.on as boolean;
    while (await recovering()) await new Promise((resolve) => setTimeout(resolve, 100));
    await client.end();
    return cluster;
  }

  /** Where its files are. */
  get files(): string {
    return `${this.#directory}/data`;
  }

  /** What pg_dump writes of it. */
  dump(): string {
    return execFileSync(`${bin}/pg_dump`, ["--dbname", this.url], { encoding: "utf8", maxBuffer: 512 * 1024 * 1024 });
  }

  get url(): string {
    return `postgresql://postgres@127.0.0.1:${this.#port}/postgres`;
  }

  /** Starts it, and waits until it answers. */
  async start(): Promise<void> {
    const options = [
      "-D",
      `${this.#directory}/data`,
      "-p",
      String(this.#port),
      "-k",
      this.#directory,
      "-c",
      "listen_addresses=127.0.0.1",
    ];
    const spawned = () => spawn(`${bin}/postgres`, options, { ...identity(), stdio: "ignore" });
    this.#process = spawned();
    for (const until = Date.now() + START_MS; ; ) {
      // After a kill it does not start before the last of what was killed has ended.
      if (this.#process.exitCode !== null) this.#process = spawned();
      const client = new pg.Client({ connectionString: this.url });
      client.on("error", () => undefined);
      try {
        await client.connect();
        await client.end();
        return;
      } catch (error) {
        if (Date.now() > until) throw error;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }

  /** Kills the process that looks after all others, as a system does that has run out of memory; the others end when they notice. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** Kills one session's process, upon which the server ends all others and recovers by itself. */
  async killSession(random: () => number): Promise<void> {
    const client = new pg.Client({ connectionString: this.url });
    client.on("error", () => undefined);
    await client.connect();
    const { rows } = await client.query<{ pid: number }>(
      "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() ORDER BY pid",
    );
    const { pid } = rows[Math.floor(random() * rows.length)] ?? {};
    if (pid !== undefined) process.kill(pid, "SIGKILL");
    await client.end().catch(() => undefined);
  }

  /** Whether its process is there. */
  get runs(): boolean {
    return this.#process?.exitCode === null && this.#process.signalCode === null;
  }

  /** Stops it at once, as a crash would: what was not committed is gone. */
  async stop(): Promise<void> {
    await this.#end("SIGQUIT");
  }

  async #end(signal: "SIGQUIT" | "SIGKILL"): Promise<void> {
    const child = this.#process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await ended;
  }
}
