import type { Viewer } from "../../access/actor.ts";
import type { BulkPlanRecord } from "../../database/bulk-tables.ts";
import type { Database } from "../../database/database.ts";
import { viewerOfAuthor } from "../auth/author.viewer.ts";

/** By whose rights a plan is applied. */
export type PlanAuthor = Pick<BulkPlanRecord, "planner_kind" | "planner_id" | "planner_name" | "token_id" | "ip">;

/**
 * The planner as they are now: with what they hold at this moment, narrowed by the token that they planned with and by access rules, as if they
 * asked from where they asked for the applying. Undefined where they may not even sign in, or the token holds no longer.
 */
export async function plannerNow(
  database: Database,
  plan: PlanAuthor,
  dateOf: (instant: Date) => string,
): Promise<Viewer | undefined> {
  const { planner_kind: kind, planner_id: id, planner_name: name, token_id: tokenId, ip } = plan;
  const asked = { sql: database.reader, now: await database.now() };
  return viewerOfAuthor(asked, { kind, id, name, tokenId, ip }, dateOf);
}
