import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import { CAUSE, type FeedGateway } from "./feed-gateway.ts";
import { follow } from "./searches-follower.ts";
import type { ServerProcess } from "./server-process.ts";

/*
 * What a subscriber of a gateway that stands by notices when the one that matches is killed: nothing for some time, and then everything.
 */

/** The longest that a take-over may last. */
const REST_MS = 300_000;
const LOOK_MS = 50;

/** What is followed, and by which change people join it. */
interface Kills {
  search: string;
  costCenter: string;
  people: readonly string[];
  rounds: number;
}

/** Kills whoever matches and lets a gateway beside it take over, so many times; gives seconds from each kill to the notification of what was committed right behind it. */
export async function takeOvers(
  gateway: FeedGateway,
  client: pg.Client,
  { search, costCenter, people, rounds }: Kills,
): Promise<number[]> {
  const took: number[] = [];
  let matching: Pick<ServerProcess, "pid"> = gateway;
  for (let round = 0; round < rounds; round++) {
    const other = await gateway.beside();
    const follower = await follow(other.port, gateway.token, search);
    const killed = performance.now();
    process.kill(matching.pid, "SIGKILL");
    await client.query(
      `BEGIN; SELECT set_config('rollcall.cause', '${CAUSE}', true); UPDATE user_account SET cost_center = '${costCenter}' WHERE id = '${people[round]}'; COMMIT`,
    );
    while (follower.joined() === 0 && performance.now() - killed < REST_MS) await sleep(LOOK_MS);
    if (follower.joined() === 0) throw new Error("Nobody has taken over.");
    took.push((performance.now() - killed) / 1_000);
    follower.close();
    matching = other;
  }
  return took;
}
