import { setTimeout as sleep } from "node:timers/promises";
import type { Database } from "../database/database.ts";
import { RollcallError } from "../kernel/errors.ts";
import type { Position } from "../kernel/position.ts";

/** The longest that a read waits for the position that its client names. */
const LIMIT_MS = 2_000;
const LOOK_MS = 50;

/**
 * Returns when whatever is read from here on includes everything up to a position: at once, where the database is the one that gave it out.
 * STALE_READ where it is still behind after 2 s, as one that was restored from a backup is.
 */
export async function awaitPosition(database: Database, { commit }: Position): Promise<void> {
  const until = performance.now() + LIMIT_MS;
  while ((await database.head()).commit < commit) {
    if (performance.now() > until)
      throw new RollcallError("STALE_READ", "The database has not reached the position that Rollcall-At-Least names.", {
        retryAfterSeconds: 1,
      });
    await sleep(LOOK_MS);
  }
}
