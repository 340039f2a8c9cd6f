import { RollcallError } from "../kernel/errors.ts";
import type { Position } from "../kernel/position.ts";
import type { FeedFollower } from "./follower.ts";

/** The longest that a read waits for the position that its client names. */
const LIMIT_MS = 2_000;

/**
 * Returns when whatever is read from here on includes everything up to a position: at once, where the database is the one that gave it out.
 * STALE_READ where it is still behind after 2 s, as one that was restored from a backup is. However many wait, the log is looked at once for all.
 */
export async function awaitPosition(follower: FeedFollower, { commit }: Position): Promise<void> {
  await follower.start();
  if (await follower.reaches(commit, LIMIT_MS)) return;
  throw new RollcallError("STALE_READ", "The database has not reached the position that Rollcall-At-Least names.", {
    retryAfterSeconds: 1,
  });
}
