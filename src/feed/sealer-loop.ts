import { sql } from "kysely";
import type pg from "pg";
import type { Database } from "../database/database.ts";
import { inSpan } from "../kernel/spans.ts";
import type { AuditKeys } from "./audit-keys.ts";
import { headOfChain, holdsCheckpoint } from "./chain-verification.ts";
import { type Checkpoint, CheckpointFault, type CheckpointFile } from "./checkpoint.ts";
import { LoneWorker, pause } from "./lone-worker.ts";
import { sealBatch } from "./sealer.ts";
import { advanceVersions } from "./versions.ts";

/*
 * Of all gateways on a database one seals. The session that holds its lock also listens for commits; every POLL_MS it is looked how far the log
 * is ahead. Should two ever seal at once, the chain's head lets only one of them through.
 *
 * Before anything is appended, the chain's head must be the one that this process left, or else one that the checkpoint file leads to.
 * A log that was cut or rewritten is not sealed any further, so the file that proves it is not replaced.
 *
 * Sealing takes as much of the database as writing what is sealed. So a plan that is being applied goes first: what it commits is sealed behind it, or once
 * the oldest commit has waited for PATIENCE_SECONDS.
 */

/** Whoever seals holds this advisory lock; the number is arbitrary and ours. */
const LOCK = 7_260_313_303;
/** How often the log is looked at where no notification comes: the longest that an event stays unsealed in quiet times. */
const POLL_MS = 250;
/** How old the oldest commit gets that waits for a plan to be applied first. */
const PATIENCE_SECONDS = 120;

/** How far the sealer is behind the log. */
export interface SealerLag {
  commits: number;
  seconds: number;
}

/** The same, and whether sealing is to wait. */
interface Outlook extends SealerLag {
  waits: boolean;
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
  readonly #worker: LoneWorker;
  #lag: SealerLag | undefined;
  /** The chain's head as this process left it, or found it to be right. */
  #head: Buffer | undefined;
  /** The head that is still to be written to the checkpoint file. */
  #unwritten: Checkpoint | undefined;

  constructor(options: SealerOptions) {
    this.#options = options;
    const { database, report } = options;
    const work = (signal: AbortSignal, session: pg.Client) => this.#seal(signal, session);
    this.#worker = new LoneWorker({ name: "sealer", lock: LOCK, database, work, report });
  }

  /** Undefined while another gateway seals. */
  get lag(): SealerLag | undefined {
    return this.#worker.leads ? this.#lag : undefined;
  }

  start(): void {
    this.#worker.start();
  }

  /** Ends after the batch under way; another gateway may seal then. */
  async stop(): Promise<void> {
    await this.#worker.stop();
  }

  async #seal(signal: AbortSignal, session: pg.Client): Promise<void> {
    let woken = new AbortController();
    session.on("notification", () => woken.abort());
    await session.query("LISTEN rollcall_commit");
    while (!signal.aborted) {
      woken = new AbortController();
      const { commits, waits } = await this.#look();
      if (commits > 0 && !waits)
        await inSpan("work sealer", { attributes: { "rollcall.commits": commits } }, () => this.#catchUp(signal));
      else {
        await this.#writeCheckpoint(); // where that failed before
        await pause(POLL_MS, AbortSignal.any([signal, woken.signal]));
      }
    }
  }

  /** Seals what is there, until nothing is left, or it is to wait. */
  async #catchUp(signal: AbortSignal): Promise<void> {
    const goesOn = async () => !signal.aborted && !(await this.#look()).waits;
    for (let more = true; more && (await goesOn()); ) {
      more = await advanceVersions(this.#options.database.reader);
      for (let further = true; further && (await goesOn()); ) further = await this.#sealNext();
    }
  }

  /** Seals a batch; true where more may wait. */
  async #sealNext(): Promise<boolean> {
    const { database, keys } = this.#options;
    const { head, more } = await sealBatch(database.reader, keys, (hash) => this.#checkHead(hash));
    if (head) {
      this.#head = head.hash;
      this.#unwritten = head;
      await this.#writeCheckpoint();
    }
    return more;
  }

  async #look(): Promise<Outlook> {
    const outlook = await outlookOf(this.#options.database);
    this.#lag = { commits: outlook.commits, seconds: outlook.seconds };
    return outlook;
  }

  async #writeCheckpoint(): Promise<void> {
    const head = this.#unwritten;
    if (!head) return;
    await this.#options.checkpoint?.write(head);
    if (this.#unwritten === head) this.#unwritten = undefined;
  }

  /**
   * Brings this gateway's checkpoint file up to the chain's head, whoever seals: a file names no month that is old enough to be taken out. What
   * the log does not lead to is left as it is, and a CheckpointFault.
   */
  async witness(): Promise<void> {
    const { database, checkpoint } = this.#options;
    const head = await headOfChain(database.reader);
    if (!head || !checkpoint) return;
    await this.#requireCheckpoint();
    await checkpoint.write(head);
  }

  async #checkHead(hash: Buffer): Promise<void> {
    if (this.#head?.equals(hash)) return;
    await this.#requireCheckpoint();
    this.#head = hash;
  }

  async #requireCheckpoint(): Promise<void> {
    const { database, checkpoint } = this.#options;
    const left = await checkpoint?.read();
    if (left && !(await holdsCheckpoint(database.reader, left)))
      throw new CheckpointFault(
        `The audit log does not lead to the checkpoint in ${checkpoint?.path}: it was cut or changed, or restored from a backup. It is not sealed any further; find out why (npm run verify-audit), then move the file away.`,
      );
  }
}

async function outlookOf({ reader }: Database): Promise<Outlook> {
  const { rows } = await sql<{ commits: bigint; seconds: string | null; applying: boolean }>`
    SELECT head.number - next.number + 1 AS commits, extract(epoch FROM rollcall_now() - c.at) AS seconds,
      EXISTS (SELECT FROM bulk_plan WHERE state IN ('READY', 'APPLYING')) AS applying
    FROM feed_head head
    CROSS JOIN (SELECT commit_number + CASE ordinal WHEN 2147483647 THEN 1 ELSE 0 END AS number FROM feed_consumer WHERE name = 'audit') next
    LEFT JOIN commit c ON c.number = next.number`.execute(reader);
  const seconds = Math.max(0, Number(rows[0]?.seconds ?? 0));
  const waits = rows[0]?.applying === true && seconds < PATIENCE_SECONDS;
  return { commits: Number(rows[0]?.commits ?? 0n), seconds, waits };
}
