import { sql } from "kysely";
import type { Cause } from "../database/cause.ts";
import type { Database } from "../database/database.ts";

const CAUSE: Cause = { kind: "TIME", action: "time.passed", actor: { kind: "SYSTEM", id: null, name: "clock" } };

/**
 * Brings what depends on time up to now: whoever's grants began or ceased to hold since the last call has their search row
 * rewritten, in one commit of kind TIME. Gives how many people that changed. Any number of gateways may call it.
 */
export async function passTime(database: Database): Promise<number> {
  const { value } = await database.write(CAUSE, async (tx) => {
    const { rows } = await sql<{ people: number }>`SELECT pass_time() AS people`.execute(tx.sql);
    return rows[0]?.people ?? 0;
  });
  return value;
}
