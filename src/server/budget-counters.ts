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
  const isAway = (error: unknown) => {
    if (!away) log.warn({ err: error, work: "budgets" }, "Redis is away: this gateway counts budgets by itself");
    away = true;
  };
  const isBack = () => {
    if (away) log.warn({ work: "budgets" }, "Redis is back: budgets are counted together");
    away = false;
  };
  client.on("error", isAway);
  client.on("ready", isBack);
  const patience = new Patience(isAway, isBack);
  // It is tried again for as long as it takes; the gateway starts without it.
  client.connect().catch(() => undefined);
  return {
    ...counters(settings, (options) => {
      const shared = new RateLimiterRedis({
        ...blocking(options),
        storeClient: client,
        useRedisPackage: true,
        rejectIfRedisNotReady: true,
      });
      const alone = new RateLimiterMemory(options);
      const consume = async (key: string, points: number) => {
        try {
          return await patience.answer(() => shared.consume(key, points));
        } catch (refused) {
          if (refused instanceof Error) return await alone.consume(key, points);
          throw refused;
        }
      };
      return { points: shared.points, duration: shared.duration, consume };
    }),
    close: async () => {
      client.destroy();
    },
  };
}

/** Whoever has spent everything is refused without asking again. */
const blocking = (options: Options) => ({ ...options, inMemoryBlockOnConsumed: Number(options.points) + 1 });

/** The same; and where the store fails, this process counts. */
const insured = (options: Options) => ({ ...blocking(options), insuranceLimiter: new RateLimiterMemory(options) });

/**
 * How long Redis is waited for. What was sent to one that hangs can be withdrawn no more: it would wait with everything that it belongs to, and pile up.
 * So once no answer came in time, nobody asks for a while, and then one at a time until there is an answer.
 */
class Patience {
  #awayUntil: number | undefined;
  #asked = false;

  constructor(
    private readonly onAway: (error: Error) => void,
    private readonly onBack: () => void,
  ) {}

  /** What is answered; an Error where it is not in time, or not asked. */
  async answer<T>(ask: () => Promise<T>): Promise<T> {
    if (this.#awayUntil !== undefined) {
      if (this.#asked || performance.now() < this.#awayUntil) throw new Error("Redis has not answered of late.");
      this.#asked = true;
    }
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(this.#away()), REDIS_MS);
    });
    const answer = ask();
    // Whatever it is, also when it comes late, it is an answer; what the client says by itself is an Error.
    answer.then(
      () => this.#back(),
      (refused) => void (refused instanceof Error || this.#back()),
    );
    try {
      return await Promise.race([answer, late]);
    } finally {
      clearTimeout(timer);
      this.#asked = false;
    }
  }

  #away(): Error {
    const error = new Error(`Redis did not answer within ${REDIS_MS} ms.`);
    this.#awayUntil = performance.now() + REDIS_PAUSE_MS;
    this.onAway(error);
    return error;
  }

  #back(): void {
    if (this.#awayUntil === undefined) return;
    this.#awayUntil = undefined;
    this.onBack();
  }
}

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
