import type { Logger } from "pino";
import {
  type IRateLimiterOptions,
  RateLimiterMemory,
  RateLimiterPostgres,
  RateLimiterRedis,
} from "rate-limiter-flexible";
import type { BudgetTable } from "../database/budget-table.ts";
import type { Budget, BudgetCounters, BudgetSettings, Limiter } from "./budgets.ts";

/** Redis answers within this, or the gateway counts by itself. */
const REDIS_MS = 250;
/** The longest pause between attempts at reaching Redis again. */
const REDIS_PAUSE_MS = 2_000;

type Options = Pick<IRateLimiterOptions, "keyPrefix" | "points" | "duration">;

/** Counts in this process: for a gateway that is alone. */
export const inMemory = (settings: BudgetSettings): BudgetCounters => ({
  ...counters(settings, (options) => new RateLimiterMemory(options)),
  close: async () => undefined,
});

/** Counts in PostgreSQL for all gateways of its database, by its clock; by itself where the table cannot be written. */
export const inTable = (settings: BudgetSettings, table: BudgetTable): BudgetCounters => ({
  ...counters(
    settings,
    (options) =>
      new RateLimiterPostgres({
        ...insured(options),
        storeClient: table,
        storeType: "client",
        tableName: "viewer_budget",
        tableCreated: true,
        clearExpiredByTimeout: false,
      }),
  ),
  close: async () => undefined,
});

/** Counts in Redis for all gateways that are given the same one; by itself while Redis is away, which the log says. */
export async function inRedis(settings: BudgetSettings, url: string, log: Logger): Promise<BudgetCounters> {
  const { createClient } = await import("@redis/client");
  const client = createClient({
    url,
    name: "rollcall-budgets",
    disableOfflineQueue: true,
    commandOptions: { timeout: REDIS_MS },
    socket: { connectTimeout: REDIS_PAUSE_MS, reconnectStrategy: (tried) => Math.min(50 * 2 ** tried, REDIS_PAUSE_MS) },
  });
  let away = false;
  client.on("error", (error: unknown) => {
    if (!away) log.warn({ err: error, work: "budgets" }, "Redis is away: this gateway counts budgets by itself");
    away = true;
  });
  client.on("ready", () => {
    if (away) log.warn({ work: "budgets" }, "Redis is back: budgets are counted together");
    away = false;
  });
  // It is tried again for as long as it takes; the gateway starts without it.
  client.connect().catch(() => undefined);
  return {
    ...counters(
      settings,
      (options) =>
        new RateLimiterRedis({
          ...insured(options),
          storeClient: client,
          useRedisPackage: true,
          rejectIfRedisNotReady: true,
        }),
    ),
    close: async () => {
      client.destroy();
    },
  };
}

/** Whoever has spent everything is refused without asking again; and where the store fails, this process counts. */
const insured = (options: Options) => ({
  ...options,
  inMemoryBlockOnConsumed: Number(options.points) + 1,
  insuranceLimiter: new RateLimiterMemory(options),
});

function counters(
  { seconds, viewer, anonymous }: BudgetSettings,
  make: (options: Options) => Limiter,
): Pick<BudgetCounters, "viewer" | "anonymous"> {
  const both = (name: string, { rootFields, cost }: Budget) => ({
    rootFields: make({ keyPrefix: `rollcall:${name}:fields`, points: rootFields, duration: seconds }),
    cost: make({ keyPrefix: `rollcall:${name}:cost`, points: cost, duration: seconds }),
  });
  return { viewer: both("viewer", viewer), anonymous: both("anonymous", anonymous) };
}
