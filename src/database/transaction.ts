import type { EntityManager } from "@mikro-orm/postgresql";
import { type Kysely, sql } from "kysely";
import type { Position } from "../kernel/position.ts";
import type { Cause } from "./cause.ts";
import type { Tables } from "./tables.ts";
import { currentTurn } from "./turn.ts";

/** One transaction under way: a unit of work and plain SQL over the same connection, at one instant, for one cause. */
export interface Tx {
  /** MikroORM's unit of work, flushed before the commit. */
  em: EntityManager;
  /** The same transaction; call `flush` first where it must see what `em` has not written yet. */
  sql: Kysely<Tables>;
  /** The database's clock when the transaction began. */
  now: Date;
  cause: Cause;
  /**
   * The people of whom alone the cause's reason speaks, for a command that is about them and changes others' records as well: the reason is told,
   * and sealed in the audit log, with what happened to them and with nothing else. Empty: it speaks of everything that the transaction changes.
   */
  about: Set<string>;
  flush(): Promise<void>;
}

/** What a transaction gave, and the place in the change feed at which it can be seen. */
export interface Written<T> {
  value: T;
  position: Position;
}

/**
 * Runs `work` in one transaction on `em`, which must be fresh, and commits it. The position is that of its own commit, or
 * the feed's head where nothing was written. Any error rolls all of it back and is thrown as it came.
 */
export async function runTransaction<T>(
  em: EntityManager,
  cause: Cause,
  work: (tx: Tx) => Promise<T>,
): Promise<Written<T>> {
  await em.begin();
  try {
    const kysely = em.getKysely<Tables>();
    const now = await start(kysely, cause);
    const tx: Tx = { em, sql: kysely, now, cause, about: new Set(), flush: () => em.flush() };
    const value = await work(tx);
    await em.flush();
    if (cause.reason !== undefined && tx.about.size > 0) await tellAbout(kysely, tx.about);
    const commit = async () => {
      const position = { commit: await conclude(kysely) };
      await em.commit();
      return position;
    };
    const turn = currentTurn();
    const position = await (turn ? turn.committing(commit) : commit());
    return { value, position };
  } catch (error) {
    await em.rollback().catch(() => undefined); // The connection may be gone, and with it the transaction.
    throw error;
  }
}

/** The longest that a transaction's own code takes between two statements; a gateway that is silent for longer stands still, or is cut off. */
export const SILENT_MS = 60_000;
/** The same once its commit has its number, when every other commit waits for it and nothing but COMMIT is left to be sent. */
const CONCLUDED_MS = 5_000;

async function start(kysely: Kysely<Tables>, cause: Cause): Promise<Date> {
  const { rows } = await sql<{ now: Date }>`
    SELECT rollcall_now() AS now, set_config('rollcall.cause', ${JSON.stringify(cause)}, true),
      set_config('idle_in_transaction_session_timeout', ${String(SILENT_MS)}, true)`.execute(kysely);
  return (rows[0] as { now: Date }).now;
}

/** The commit takes it up with its number. */
async function tellAbout(kysely: Kysely<Tables>, people: ReadonlySet<string>): Promise<void> {
  await sql`SELECT set_config('rollcall.about', ${[...people].sort().join(" ")}, true)`.execute(kysely);
}

/** Runs everything that waits for the end of the transaction, so that nothing but the commit itself can still fail. */
async function conclude(kysely: Kysely<Tables>): Promise<bigint> {
  const { rows } = await sql<{ number: bigint }>`
    SELECT conclude_transaction() AS number,
      set_config('idle_in_transaction_session_timeout', ${String(CONCLUDED_MS)}, true)`.execute(kysely);
  return (rows[0] as { number: bigint }).number;
}
