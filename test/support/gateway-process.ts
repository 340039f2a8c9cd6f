import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type Database, openDatabase } from "../../src/database/database.ts";
import { fillDataDirectory } from "./data-directory.ts";
import { databaseKind, directoryForTest, emptyServerDatabase, serverTemplate } from "./database.ts";
import { heldBy, MEMORY_REPORT } from "./memory.ts";

/*
 * The gateway as a process of its own, as `npm test` has built it, so that it can be killed for real.
 */

export const SECRET = "the-secret-of-the-tests";

/** The longest that a start may take on a busy machine. */
const START_MS = 60_000;
/** The project's folder. */
export const THIS_VERSION = new URL("../../", import.meta.url).pathname;

/** What gateways on one database are started with. */
export async function environmentForTest(): Promise<Record<string, string>> {
  const directory = directoryForTest();
  const dataDir = join(directory, "data");
  const common = {
    PORT: "0",
    DEMO: "off",
    LOG_LEVEL: "fatal",
    BOOTSTRAP_TOKEN: SECRET,
    DATA_DIR: dataDir,
  };
  if (databaseKind === "embedded") {
    await fillDataDirectory(dataDir);
    return common;
  }
  const { config, drop } = await emptyServerDatabase(await serverTemplate());
  onTestFinished(drop);
  const { url, migrationUrl } = config as { url: string; migrationUrl: string };
  return { ...common, ...serverEnvironment(url, migrationUrl, directory) };
}

/** What a gateway on PostgreSQL needs beside its address. */
export const serverEnvironment = (url: string, migrationUrl: string, directory: string): Record<string, string> => ({
  DATABASE_URL: url,
  MIGRATION_DATABASE_URL: migrationUrl,
  AUDIT_MASTER_KEY: randomBytes(32).toString("base64"),
  AUDIT_CHECKPOINT_FILE: join(directory, "checkpoint.json"),
});

/** Does something to the gateways' database, beside those that run. */
export async function onDatabaseOf<T>(
  { DATABASE_URL: url, MIGRATION_DATABASE_URL: migrationUrl, DATA_DIR: dataDir = "" }: Readonly<Record<string, string>>,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  const statementTimeoutMs = 120_000;
  const database = await openDatabase(
    url === undefined
      ? { kind: "embedded", dataDir, joinRunning: true, statementTimeoutMs }
      : { kind: "postgres", url, ...(migrationUrl ? { migrationUrl } : {}), poolSize: 2, statementTimeoutMs },
  );
  return work(database).finally(() => database.close());
}

export class GatewayProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;

  private constructor(
    child: ChildProcess,
    ended: Promise<void>,
    /** Where it listens, without a path. */
    readonly url: string,
    /** What it said at its start. */
    readonly said: string,
  ) {
    this.#child = child;
    this.#ended = ended;
  }

  /**
   * Starts one, of this version or as it was built in another folder, whose clock may be off by so many milliseconds, and waits until it answers. It is
   * gone at the end of the running test. What it logs is added to the file that LOG_FILE names, if it does.
   */
  static async start(
    environment: Readonly<Record<string, string>>,
    clockOffMs = 0,
    folder = THIS_VERSION,
  ): Promise<GatewayProcess> {
    const main = join(folder, "dist/main.js");
    const shifted = new URL("shifted-clock.mjs", import.meta.url).pathname;
    const log = environment.LOG_FILE === undefined ? undefined : openSync(environment.LOG_FILE, "a");
    const preloads = [
      ...(clockOffMs === 0 ? [] : ["--import", shifted]),
      ...(environment.MEMORY_FILE === undefined ? [] : ["--require", MEMORY_REPORT]),
    ];
    const child = spawn(process.execPath, [...preloads, main], {
      env: { PATH: process.env.PATH ?? "", SHIFT_MS: String(clockOffMs), ...environment },
      stdio: ["ignore", log ?? "ignore", "pipe"],
    });
    if (log !== undefined) closeSync(log);
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    onTestFinished(async () => {
      child.kill("SIGKILL");
      await ended;
    });
    let said = "";
    const url = await new Promise<string>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`The gateway did not start: ${said}`)), START_MS);
      child.once("close", () => reject(new Error(`The gateway ended: ${said}`)));
      child.stderr?.on("data", (chunk: Buffer) => {
        said += chunk.toString();
        const found = /answers at (\S+)\/graphql/.exec(said)?.[1];
        if (found === undefined) return;
        clearTimeout(timer);
        resolve(found);
      });
    });
    return new GatewayProcess(child, ended, url, said);
  }

  /** Asks it to stop, as whoever runs it would, and gives its exit code. */
  async stop(): Promise<number | null> {
    this.#child.kill("SIGTERM");
    await this.#ended;
    return this.#child.exitCode;
  }

  /** What one of its metrics says; undefined where it does not say it. */
  async metric(name: string): Promise<number | undefined> {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    const found = new RegExp(`^rollcall_${name} (\\d+)`, "m").exec(text)?.[1];
    return found === undefined ? undefined : Number(found);
  }

  /** The bytes that it holds after a collection; it was started with `MEMORY_FILE` in its environment. */
  memory(file: string): Promise<number> {
    return heldBy(this.#child, file);
  }

  /** The most bytes that were resident at a time since it started, as Linux says it. */
  peak(): number {
    const [, kib] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${this.#child.pid}/status`, "utf8")) ?? [];
    return Number(kib) * 1_024;
  }

  /** Keeps it from doing anything until it may go on, as a machine does that stands still for a while. */
  freeze(): void {
    this.#child.kill("SIGSTOP");
  }

  goOn(): void {
    this.#child.kill("SIGCONT");
  }

  /** Ends it as a power cut would. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }
}

/** The data of an operation; rejects where it was not answered, or with errors. */
export async function ask<T>(url: string, query: string, variables: object = {}, token = SECRET): Promise<T> {
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = (await response.json()) as { data: T; errors?: unknown };
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}
