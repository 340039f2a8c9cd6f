import type { RateLimiterAbstract, RateLimiterRes } from "rate-limiter-flexible";
import { outsideTurns } from "../database/turn.ts";
import type { OperationCost } from "../graphql/operation-cost.ts";
import { RollcallError } from "../kernel/errors.ts";
import { isNetwork } from "../kernel/network-address.ts";

/** How much may be asked in one window. */
export interface Budget {
  rootFields: number;
  cost: number;
}

/** What viewers may ask in a window, and what those who have not signed in may, by their network. */
export interface BudgetSettings {
  seconds: number;
  viewer: Budget;
  anonymous: Budget;
}

/** Generous: what a busy front end or an import of thousands needs is far below; a loop without a pause is above. */
export const BUDGET_DEFAULTS: BudgetSettings = {
  seconds: 60,
  viewer: { rootFields: 60_000, cost: 6_000_000 },
  anonymous: { rootFields: 3_000, cost: 60_000 },
};

/** What counts a budget's points. `consume` rejects with a RateLimiterRes where there are not enough. */
export type Limiter = Pick<RateLimiterAbstract, "consume" | "points" | "duration">;

/** What counts each budget. */
export interface BudgetCounters {
  viewer: Record<keyof Budget, Limiter>;
  anonymous: Record<keyof Budget, Limiter>;
  /** Lets go of what counts. */
  close(): Promise<void>;
}

/** Of how many it is remembered that they have nothing left. */
const KNOWN_SPENT = 10_000;

const NAMES = { rootFields: "root-fields", cost: "cost" } as const;
const MEANS = { rootFields: "root fields", cost: "cost" } as const;

/** Fields of a response's header, by name. */
export type HeaderFields = Readonly<Record<string, string>>;

/** An operation for which there is not enough left; it knows what the response's header says. */
export class BudgetSpent extends RollcallError {
  constructor(
    message: string,
    details: { limit: number; retryAfterSeconds: number },
    readonly headers: HeaderFields,
  ) {
    super("RATE_LIMITED", message, details);
  }
}

interface Drawn {
  measure: keyof Budget;
  limiter: Limiter;
  enough: boolean;
  left: number;
  seconds: number;
}

/** What is left to each viewer, by schema/LIMITS.md, section 5. */
export class Budgets {
  readonly #counters: BudgetCounters;
  readonly #countRefusal: () => void;
  /** Until when they have nothing left who were refused, by this process's clock in milliseconds. */
  readonly #spent = new Map<string, number>();

  constructor(counters: BudgetCounters, countRefusal: () => void = () => undefined) {
    this.#counters = counters;
    this.#countRefusal = countRefusal;
  }

  /** Whether somebody was refused in the window that is under way: so is all that follows. */
  hasSpent(owner: string): boolean {
    const until = this.#spent.get(owner);
    if (until === undefined || performance.now() < until) return until !== undefined;
    this.#spent.delete(owner);
    return false;
  }

  /**
   * Takes an operation's root fields and cost from what is left to whoever asks: a viewer, or a network. Gives what the response's header
   * says. Throws BudgetSpent where it is not enough.
   */
  async spend(owner: string, { rootFields, cost }: Pick<OperationCost, keyof Budget>): Promise<HeaderFields> {
    const anonymous = isNetwork(owner);
    const limiters = this.#counters[anonymous ? "anonymous" : "viewer"];
    const drawn = await outsideTurns(() =>
      Promise.all([draw("rootFields", limiters, owner, rootFields), draw("cost", limiters, owner, cost)]),
    );
    const headers = headersOf(drawn);
    const [refused] = drawn.filter(({ enough }) => !enough).sort((a, b) => b.seconds - a.seconds);
    if (!refused) return headers;
    this.#countRefusal();
    const { limiter, measure, seconds } = refused;
    if (this.#spent.size >= KNOWN_SPENT) this.#spent.clear();
    this.#spent.set(owner, performance.now() + seconds * 1000);
    const message = `More was asked than the ${limiter.points} of ${MEANS[measure]} that ${anonymous ? "your network" : "you"} may ask in ${limiter.duration} s: try again in ${seconds} s.`;
    throw new BudgetSpent(message, { limit: limiter.points, retryAfterSeconds: seconds }, headers);
  }

  /** Lets go of what counts. */
  async close(): Promise<void> {
    await this.#counters.close();
  }
}

async function draw(
  measure: keyof Budget,
  limiters: Record<keyof Budget, Limiter>,
  holder: string,
  points: number,
): Promise<Drawn> {
  const limiter = limiters[measure];
  const told = ({ remainingPoints, msBeforeNext }: RateLimiterRes, enough: boolean): Drawn => {
    const seconds = Math.max(1, Math.ceil(msBeforeNext / 1000));
    return { measure, limiter, enough, left: enough ? remainingPoints : 0, seconds };
  };
  try {
    return told(await limiter.consume(holder, points), true);
  } catch (refused) {
    if (refused instanceof Error) throw refused;
    return told(refused as RateLimiterRes, false);
  }
}

/** By draft-ietf-httpapi-ratelimit-headers. */
function headersOf(drawn: readonly Drawn[]): HeaderFields {
  const policies = drawn.map(({ measure, limiter }) => `"${NAMES[measure]}";q=${limiter.points};w=${limiter.duration}`);
  const left = drawn.map(({ measure, left, seconds }) => `"${NAMES[measure]}";r=${left};t=${seconds}`);
  return { "ratelimit-policy": policies.join(", "), ratelimit: left.join(", ") };
}
