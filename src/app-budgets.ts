import type { Config } from "./config.ts";
import { BudgetTable } from "./database/budget-table.ts";
import type { Database } from "./database/database.ts";
import { inMemory, inRedis, inTable } from "./server/budget-counters.ts";
import { type BudgetCounters, Budgets } from "./server/budgets.ts";
import type { Surroundings } from "./server/gateway.ts";

/** What viewers may ask in a while, counted where the configuration says; undefined where nobody counts. */
export async function budgetsOf(
  config: Config["budgets"],
  database: Database,
  { log, metrics }: Pick<Surroundings, "log" | "metrics">,
): Promise<Budgets | undefined> {
  if (config.counted === "off") return undefined;
  const count: Record<"memory" | "redis" | "postgresql", () => BudgetCounters | Promise<BudgetCounters>> = {
    memory: () => inMemory(config),
    redis: () => inRedis(config, config.redisUrl ?? "", log),
    postgresql: () => inTable(config, new BudgetTable(database)),
  };
  return new Budgets(
    await count[config.counted](),
    metrics.counter("budget_refusals_total", "Operations that were refused because the viewer's budget was spent."),
  );
}
