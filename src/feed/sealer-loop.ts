import pg from "pg";
import type { Database } from "../database/database.ts";
import { inSpan } from "../kernel/spans.ts";
import type { AuditKeys } from "./audit-keys.ts";
import { holdsCheckpoint } from "./chain-verification.ts";
import { CheckpointFault, type CheckpointFile } from "./checkpoint.ts";
import { sealBatch } from "./sealer.ts";
import { advanceVersions } from "./versions.ts";

/*
 * Of all gateways on a database one seals: the one whose session holds the advisory lock. The session does nothing else but listen
 * for commits and look, every POLL_MS, how far the log is ahead, which shows as well that the lock is still held. When it
 * dies, with its process or without, the server frees the lock and another gateway takes over at its next look. Should two
 * ever seal at once, the chain's head lets only one of them through.
 *
 * Before anything is appended, the chain's head must be the one that this process left, or else one that the checkpoint file leads to.
 * A log that was cut or rewritten is not sealed any further, so the file that proves it is not replaced.
 */

/** Whoever seals holds this advisory lock; the number is arbitrary and ours. */
const LOCK = 7_260_313_303;
/** How often the log is looked at where no notification comes: the longest that an event stays unsealed in quiet times. */
const POLL_MS = 250;
/** How often a gateway that does not seal tries to, and how long it waits after a failure. */
const TAKE_OVER_MS = 1_000;
/** How often the same failure is told. */
const REPEAT_MS = 60_000;

/** How far the sealer is behind the log. */
export interface SealerLag {
  commits: number;
  seconds: number;
}

export interface SealerOptions {
  database: Database;
  keys: AuditKeys;
  /** Undefined for databases that are thrown away: then nothing outside of them witnesses the head. */
  checkpoint: CheckpointFile | undefined;
  /** Told what stands in the way of sealing; it goes on trying. */
  report(error: unknown): void;
}

/** Seals the log in the background, where no other gateway does. */
export class SealerLoop {
  readonly #options: SealerOptions;
  #running: Promise<void> | undefined;
  #stopping = false;
  #wake: () => void = () => undefined;
  #lag: SealerLag | undefined;
  #told: { story: string; at: number } | undefined;
  /** The chain's head as this process left it, or found it to be right. */
  #head: Buffer | undefined;

  constructor(options: SealerOptions) {
    this.#options = options;
  }

  /** Undefined while another gateway seals. */
  get lag(): SealerLag | undefined {
    return this.#lag;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Ends after the batch under way; another gateway may seal then. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      try {
        await this.#session();
      } catch (error) {
        this.#lag = undefined;
        this.#tell(error);
        await this.#pause(TAKE_OVER_MS);
      }
    }
  }

  /** Tells of a failure, and once a minute that it goes on. */
  #tell(error: unknown): void {
    const story = String(error);
    const now = performance.now();
    if (story === this.#told?.story && now - this.#told.at < REPEAT_MS) return;
    this.#told = { story, at: now };
    this.#options.report(error);
  }

  /** From connecting until the connection, or the sealing, fails. */
  async #session(): Promise<void> {
    const client = new pg.Client({
      ...this.#options.database.connectionConfig.runner,
      application_name: "rollcall sealer",
      keepAlive: true,
    });
    let alive = true;
    const end = () => {
      alive = false;
      this.#wake();
    };
    client.on("error", end).on("end", end);
    client.on("notification", () => this.#wake());
    try {
      await client.connect();
      if (await this.#lead(client, () => alive)) await client.query("LISTEN rollcall_commit");
      while (alive && !this.#stopping) {
        this.#lag = await lagOf(client);
        if (this.#lag.commits > 0)
          await inSpan("work sealer", { attributes: { "rollcall.commits": this.#lag.commits } }, () =>
            this.#catchUp(() => alive && !this.#stopping),
          );
        else await this.#pause(POLL_MS);
      }
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  /** Waits until this session holds the lock; false where it is to stop before. */
  async #lead(client: pg.Client, alive: () => boolean): Promise<boolean> {
    while (alive() && !this.#stopping) {
      const { rows } = await client.query<{ taken: boolean }>("SELECT pg_try_advisory_lock($1) AS taken", [LOCK]);
      if (rows[0]?.taken) return true;
      this.#lag = undefined;
      await this.#pause(TAKE_OVER_MS);
    }
    return false;
  }

  async #catchUp(mayGoOn: () => boolean): Promise<void> {
    const { database, keys, checkpoint } = this.#options;
    while (mayGoOn() && (await advanceVersions(database.reader)));
    let more = true;
    while (more && mayGoOn()) {
      const batch = await sealBatch(database.reader, keys, (hash) => this.#checkHead(hash));
      more = batch.more;
      if (!batch.head) continue;
      this.#head = batch.head.hash;
      await checkpoint?.write(batch.head);
    }
  }

  async #checkHead(hash: Buffer): Promise<void> {
    if (this.#head?.equals(hash)) return;
    const { database, checkpoint } = this.#options;
    const left = await checkpoint?.read();
    if (left && !(await holdsCheckpoint(database.reader, left)))
      throw new CheckpointFault(
        `The audit log does not lead to the checkpoint in ${checkpoint?.path}: it was cut or changed, or restored from a backup. It is not sealed any further; find out why (npm run verify-audit), then move the file away.`,
      );
    this.#head = hash;
  }

  #pause(ms: number): Promise<void> {
    if (this.#stopping) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

async function lagOf(client: pg.Client): Promise<SealerLag> {
  const { rows } = await client.query<{ commits: string; seconds: string | null }>(`
    SELECT head.number - next.number + 1 AS commits, extract(epoch FROM rollcall_now() - c.at) AS seconds
    FROM feed_head head
    CROSS JOIN (SELECT commit_number + CASE ordinal WHEN 2147483647 THEN 1 ELSE 0 END AS number FROM feed_consumer WHERE name = 'audit') next
    LEFT JOIN commit c ON c.number = next.number`);
  return { commits: Number(rows[0]?.commits ?? 0), seconds: Math.max(0, Number(rows[0]?.seconds ?? 0)) };
}
