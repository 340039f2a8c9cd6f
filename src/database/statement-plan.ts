import type { Database } from "./database.ts";
import type { Ran } from "./statement-watch.ts";

/** A node of a plan: what is done to what, by which index, and what that was thought to cost. Conditions are left out, since they quote values. */
export interface PlanNode {
  node: string;
  on?: string;
  index?: string;
  rows: number;
  cost: number;
  of?: PlanNode[];
}

type Explained = Record<string, unknown> & { Plans?: Explained[] };

/** How PostgreSQL would carry out a statement again, without a value of it; undefined for what does not read. */
export async function planOf(database: Database, { text, values }: Ran): Promise<PlanNode | undefined> {
  if (!/^\s*(?:SELECT|WITH)\b/i.test(text)) return undefined;
  const [row] = await database.read({ text: `EXPLAIN (FORMAT JSON) ${text}`, values });
  const explained = (row?.[0] ?? []) as { Plan: Explained }[];
  return explained[0] && nodeOf(explained[0].Plan);
}

function nodeOf(plan: Explained): PlanNode {
  const [on, index] = [plan["Relation Name"], plan["Index Name"]];
  return {
    node: String(plan["Node Type"]),
    ...(typeof on === "string" ? { on } : {}),
    ...(typeof index === "string" ? { index } : {}),
    rows: Number(plan["Plan Rows"]),
    cost: Number(plan["Total Cost"]),
    ...(plan.Plans ? { of: plan.Plans.map(nodeOf) } : {}),
  };
}
