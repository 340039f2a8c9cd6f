import { BUDGET_DEFAULTS, type BudgetSettings } from "./server/budgets.ts";

/** What reads the environment, as far as budgets need it. */
interface Reads {
  text(name: string): string | undefined;
  integer(name: string, bounds: { from: number; to: number; otherwise: number }): number;
  choice<T extends string>(name: string, choices: readonly T[], otherwise: T): T;
  secret(name: string, problemOf: (value: string) => string | undefined): string | undefined;
  fail(name: string, problem: string): void;
}

/** What viewers may ask in a window, and who counts it. */
export interface BudgetsConfig extends BudgetSettings {
  readonly counted: "memory" | "redis" | "postgresql" | "off";
  /** Where budgets are counted together by Redis. */
  readonly redisUrl: string | undefined;
}

const MOST = 1_000_000_000;

/** The same, as the environment says; one operation's limits must fit into a viewer's budget. */
export function readBudgets(
  read: Reads,
  { rootFields, cost, embedded }: { rootFields: number; cost: number; embedded: boolean },
): BudgetsConfig {
  const { seconds, viewer, anonymous } = BUDGET_DEFAULTS;
  const amount = (name: string, otherwise: number) => read.integer(name, { from: 1, to: MOST, otherwise });
  const config: BudgetsConfig = Object.freeze({
    counted: read.choice("BUDGETS", ["memory", "redis", "postgresql", "off"], "memory"),
    redisUrl: read.secret("REDIS_URL", redisUrlProblem),
    seconds: read.integer("BUDGET_SECONDS", { from: 1, to: 86_400, otherwise: seconds }),
    viewer: {
      rootFields: amount("BUDGET_ROOT_FIELDS", Math.max(viewer.rootFields, rootFields)),
      cost: amount("BUDGET_COST", Math.max(viewer.cost, cost)),
    },
    anonymous: {
      rootFields: amount("BUDGET_ANONYMOUS_ROOT_FIELDS", anonymous.rootFields),
      cost: amount("BUDGET_ANONYMOUS_COST", anonymous.cost),
    },
  });
  if (config.counted === "redis" && config.redisUrl === undefined)
    read.fail("REDIS_URL", "must be the address of a Redis, where BUDGETS is redis.");
  if (config.counted === "postgresql" && embedded)
    read.fail(
      "BUDGETS",
      "is postgresql while DATABASE_URL is not set: the embedded database has one gateway; use memory.",
    );
  if (config.viewer.cost < cost) read.fail("BUDGET_COST", "must not be below MAX_COST, the cost of one operation.");
  if (config.viewer.rootFields < rootFields)
    read.fail("BUDGET_ROOT_FIELDS", "must not be below MAX_ROOT_FIELDS, the root fields of one operation.");
  return config;
}

/** The same by variable, fit to be shown. */
export const describeBudgets = (budgets: BudgetsConfig): readonly (readonly [string, string | number])[] => [
  ["BUDGETS", budgets.counted],
  ["REDIS_URL", budgets.redisUrl ? "(set, not shown)" : "(not set)"],
  ["BUDGET_SECONDS", budgets.seconds],
  ["BUDGET_ROOT_FIELDS", budgets.viewer.rootFields],
  ["BUDGET_COST", budgets.viewer.cost],
  ["BUDGET_ANONYMOUS_ROOT_FIELDS", budgets.anonymous.rootFields],
  ["BUDGET_ANONYMOUS_COST", budgets.anonymous.cost],
];

function redisUrlProblem(value: string): string | undefined {
  const fits = URL.canParse(value) && ["redis:", "rediss:"].includes(new URL(value).protocol);
  return fits ? undefined : "must be a Redis URL, such as rediss://user:password@host:6379/0.";
}
