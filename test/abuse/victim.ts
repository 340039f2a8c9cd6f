import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { Agent, type IncomingHttpHeaders, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fillDataDirectory } from "../support/data-directory.ts";
import { databaseKind, emptyServerDatabase, serverTemplate } from "../support/database.ts";
import { SECRET, serverEnvironment } from "../support/gateway-process.ts";
import { heldBy, MEMORY_REPORT } from "../support/memory.ts";

/*
 * A gateway as a process of its own, that strangers send what they like: what it logs is kept, and what it holds on to can be asked.
 */

/** In every environment of a victim, under a name that means nothing to it. */
export const ENVIRONMENT_CANARY = "canary-in-the-environment-7d1f";

const START_MS = 60_000;
/** How long a stream without an end is listened to. */
const STREAM_MS = 100;
const MEGABYTE = 1024 * 1024;

/** An answer as it came. */
export interface Raw {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface Sent {
  method?: string;
  path?: string;
  headers?: Readonly<Record<string, string | string[]>>;
  body?: string | Buffer;
}

export class Victim {
  /** What it logged, parsed. */
  readonly lines: Record<string, unknown>[] = [];
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 8 });
  readonly #child: ChildProcess;
  readonly #directory: string;
  readonly #drop: () => Promise<void>;
  #url = "";

  private constructor(child: ChildProcess, directory: string, drop: () => Promise<void>) {
    this.#child = child;
    this.#directory = directory;
    this.#drop = drop;
  }

  /** Starts one on an empty directory, or on an empty database of the server under test. Budgets are off unless the environment says otherwise. */
  static async start(environment: Readonly<Record<string, string>> = {}): Promise<Victim> {
    const directory = mkdtempSync(join(tmpdir(), "rollcall-abuse-"));
    const { DATABASE, drop } = await databaseIn(directory);
    const env = {
      PATH: process.env.PATH ?? "",
      PORT: "0",
      DEMO: "off",
      LOG_LEVEL: "error",
      BOOTSTRAP_TOKEN: SECRET,
      BUDGETS: "off",
      POOL_SIZE: "4",
      ABUSE_CANARY: ENVIRONMENT_CANARY,
      MEMORY_FILE: join(directory, "memory.json"),
      ...DATABASE,
      ...environment,
    };
    const main = new URL("../../dist/main.js", import.meta.url).pathname;
    const child = spawn(process.execPath, ["--require", MEMORY_REPORT, main], {
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const victim = new Victim(child, directory, drop);
    victim.#listen();
    victim.#url = await announced(child);
    return victim;
  }

  get url(): string {
    return this.#url;
  }

  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** What is left in memory after a collection, in megabytes. */
  async memory(): Promise<number> {
    return (await heldBy(this.#child, join(this.#directory, "memory.json"))) / MEGABYTE;
  }

  /** Sends a request as it is; rejects where there was no answer. */
  send({ method = "POST", path = "/graphql", headers = {}, body }: Sent): Promise<Raw> {
    return new Promise((resolve, reject) => {
      // Without it a body behind DELETE, say, would be the beginning of another request.
      const length = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
      const options = { method, headers: { ...length, ...headers }, agent: this.#agent };
      const sent = request(`${this.#url}${path}`, options, (response) => {
        const chunks: Buffer[] = [];
        const { statusCode: status = 0, headers } = response;
        const done = () => resolve({ status, headers, body: Buffer.concat(chunks).toString() });
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", done);
        response.on("error", reject);
        const leave = () => {
          done();
          response.destroy();
        };
        if (isEventStream(headers)) setTimeout(leave, STREAM_MS);
      });
      sent.on("error", reject);
      sent.end(body);
    });
  }

  /** An operation as a well-behaved client sends it; a subscription is an event stream. */
  ask(
    payload: { query: string; variables?: object; operationName?: string },
    token: string | null = SECRET,
  ): Promise<Raw> {
    const isSubscription = payload.query.startsWith("subscription");
    const headers: Record<string, string> = {
      "content-type": "application/json",
      accept: isSubscription ? "text/event-stream" : "application/graphql-response+json",
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    };
    const path = isSubscription ? "/graphql/stream" : "/graphql";
    return this.send({ path, headers, body: JSON.stringify(payload) });
  }

  /** The data of an operation that must succeed. */
  // biome-ignore lint/suspicious/noExplicitAny: the shape of an answer is the document's, which tests spell out themselves.
  async run(query: string, variables: object = {}, token?: string): Promise<any> {
    const { body } = await this.ask({ query, variables }, token);
    const { data, errors } = JSON.parse(body);
    if (errors) throw new Error(`${query}: ${JSON.stringify(errors)}`);
    return data;
  }

  async stop(): Promise<void> {
    this.#agent.destroy();
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    if (this.alive) {
      this.#child.kill("SIGKILL");
      await ended;
    }
    await this.#drop();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #listen(): void {
    const { stdout } = this.#child;
    if (!stdout) return;
    createInterface({ input: stdout }).on("line", (line) => {
      try {
        this.lines.push(JSON.parse(line));
      } catch {
        this.lines.push({ level: "unreadable", msg: line });
      }
    });
  }
}

/** Whether an answer is a stream of events. */
export const isEventStream = (headers: IncomingHttpHeaders): boolean =>
  headers["content-type"]?.startsWith("text/event-stream") ?? false;

async function databaseIn(directory: string): Promise<{ DATABASE: Record<string, string>; drop: () => Promise<void> }> {
  const DATA_DIR = join(directory, "data");
  if (databaseKind === "embedded") {
    await fillDataDirectory(DATA_DIR);
    return { DATABASE: { DATA_DIR }, drop: async () => undefined };
  }
  const { config, drop } = await emptyServerDatabase(await serverTemplate());
  const { url, migrationUrl } = config as { url: string; migrationUrl: string };
  return { DATABASE: { DATA_DIR, ...serverEnvironment(url, migrationUrl, directory) }, drop };
}

/** Where it listens, as it says itself. */
function announced(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = "";
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
}
