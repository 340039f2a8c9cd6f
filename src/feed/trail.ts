import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import type { Cause } from "../database/cause.ts";
import type { Database } from "../database/database.ts";

/*
 * What a role's or a group's change brings to more people than its own commit tells of trails behind it, in commits that bear its cause (FEED.md,
 * "Far-reaching changes"). Each of them keeps all others waiting for as long as it takes, so they are small, with room in between.
 */

/** What following writes in passing; each commit bears the cause of the one that it trails behind. */
const CAUSE: Cause = { kind: "SYSTEM", action: "trail.followed", actor: { kind: "SYSTEM", id: null, name: "trail" } };

/** People that one commit tells of. */
const BATCH = 250;

/** Tells of the next people whom an earlier commit reached, in one commit; false once nobody is left. Any number of gateways may call it. */
export async function followTrail(database: Database, batch: number = BATCH): Promise<boolean> {
  const { value } = await database.write(CAUSE, async (tx) => {
    const { rows } = await sql<{ more: boolean }>`SELECT follow_trail(${batch}) AS more`.execute(tx.sql);
    return rows[0]?.more === true;
  });
  return value;
}

/** Tells of everybody who is left, resting between commits as long as each took, until the signal aborts. */
export async function followWholeTrail(database: Database, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const began = performance.now();
    if (!(await followTrail(database))) return;
    await sleep(performance.now() - began, undefined, { signal }).catch(() => undefined);
  }
}
