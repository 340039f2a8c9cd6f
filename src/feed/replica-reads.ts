import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import type { Database } from "../database/database.ts";
import type { Position } from "../kernel/position.ts";

/*
 * Queries may be answered by a streaming replica, which is always some way behind. One is sent there only if it sees everything there that its gateway
 * knew of when it began: every write that this gateway made, every commit that it heard of from others, and whatever position a client has named.
 * It waits a moment for that; then, and while the replica is away or far behind, the primary answers.
 */

const WAIT_MS = 200;
const LOOK_MS = 5;
/** How often a replica that was away or behind is looked at again. */
const RETRY_MS = 500;

/** What a server shares with its replicas, and with nothing else. */
const IDENTITY = "(SELECT system_identifier FROM pg_control_system()) || ' ' || current_database()";

export interface ReplicaReadsOptions {
  database: Database;
  /** The last commit that this gateway has heard of. */
  known: () => bigint;
  /** Told when the replica cannot be read; it is tried again. */
  report(error: unknown): void;
  /** The longest that a query waits for the replica. */
  waitMs?: number;
}

/** Decides, query by query, whether the replica has what must be seen. */
export class ReplicaReads {
  /** Queries since the start that the replica answered, and that the primary did. */
  readonly counts = { replica: 0, primary: 0 };
  readonly #options: ReplicaReadsOptions;
  readonly #unsubscribe: () => void;
  /** The last commit that the primary is known to have, beside those that are heard of. */
  #primary = 0n;
  /** The last commit that the replica was seen to have. */
  #replica = 0n;
  #looking: Promise<void> | undefined;
  #checked = false;
  /** Runs while the replica is left alone. */
  #retry: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: ReplicaReadsOptions) {
    this.#options = options;
    const { database } = options;
    const forgetReplica = (): void => this.#forgetReplica();
    const stop = database.onCommit((position) => this.require(position));
    database.replica?.on("remove", forgetReplica);
    this.#unsubscribe = () => {
      stop();
      database.replica?.off("remove", forgetReplica);
    };
  }

  /** From here on every query sees a commit that the primary has. */
  require({ commit }: Position): void {
    if (commit > this.#primary) this.#primary = commit;
  }

  /** Commits that the primary had are gone: what was known of either of them may be more than there is. */
  forget(): void {
    this.#primary = 0n;
    this.#forgetReplica();
  }

  /** Whether a query that begins now may be read from the replica; waits until it may, at most for a moment. */
  async mayServe(): Promise<boolean> {
    const serves = (await this.#reached(this.#needed())) && this.#retry === undefined;
    this.counts[serves ? "replica" : "primary"] += 1;
    return serves;
  }

  stop(): void {
    this.#stopped = true;
    this.#unsubscribe();
    clearTimeout(this.#retry);
  }

  /** One that comes back may have less than it had, or be another. */
  #forgetReplica(): void {
    this.#replica = 0n;
    this.#checked = false;
  }

  #needed(): bigint {
    const known = this.#options.known();
    return known > this.#primary ? known : this.#primary;
  }

  async #reached(commit: bigint): Promise<boolean> {
    if (this.#retry || this.#stopped) return false;
    const until = performance.now() + (this.#options.waitMs ?? WAIT_MS);
    while (this.#replica < commit) {
      try {
        await this.#look();
      } catch (error) {
        if (!this.#retry) this.#options.report(error);
        this.#leave();
        return false;
      }
      if (this.#replica >= commit) break;
      if (performance.now() > until) {
        this.#leave();
        return false;
      }
      await sleep(LOOK_MS);
    }
    return true;
  }

  /** Leaves the replica alone until it has caught up with what is known now. */
  #leave(): void {
    if (this.#retry || this.#stopped) return;
    const needed = this.#needed();
    const again = () => {
      this.#look().then(
        () => {
          if (this.#replica >= needed) this.#retry = undefined;
          else wait();
        },
        () => wait(),
      );
    };
    const wait = () => {
      if (this.#stopped) return;
      this.#retry = setTimeout(again, RETRY_MS).unref();
    };
    wait();
  }

  /** Sees how far the replica is; queries at the same time share a look. */
  #look(): Promise<void> {
    this.#looking ??= this.#lookOnce().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #lookOnce(): Promise<void> {
    const { replica, reader } = this.#options.database;
    if (!replica) return;
    if (!this.#checked) {
      const own = await sql<{ identity: string }>`SELECT ${sql.raw(IDENTITY)} AS identity`.execute(reader);
      const its = await replica.query<{ identity: string }>(`SELECT ${IDENTITY} AS identity`);
      if (own.rows[0]?.identity !== its.rows[0]?.identity)
        throw new Error("REPLICA_DATABASE_URL does not lead to a replica of the database that DATABASE_URL leads to.");
      this.#checked = true;
    }
    const { rows } = await replica.query<{ number: bigint }>("SELECT number FROM feed_head");
    this.#replica = rows[0]?.number ?? 0n;
  }
}
