import { SHARING } from "./database/connection.ts";
import { OPERATION_LIMITS, type OperationLimits } from "./graphql/operation-limits.ts";
import { OPERATION_MS } from "./server/operation-turn.ts";

/** What reads the environment, as far as limits need it. */
interface Reads {
  text(name: string): string | undefined;
  integerIfGiven(name: string, bounds: { from: number; to: number }): number | undefined;
  integer(name: string, bounds: { from: number; to: number; otherwise: number }): number;
  choice<T extends string>(name: string, choices: readonly T[], otherwise: T): T;
  fail(name: string, problem: string): void;
}

/** What may be asked, how much of it, and by which documents. */
export interface AskingConfig {
  readonly limits: OperationLimits;
  readonly introspection: boolean;
  readonly graphiql: boolean;
  /** Whether persisted documents alone run. */
  readonly persistedOnly: boolean;
  /** Manifests of persisted documents. */
  readonly persistedDocuments: readonly string[];
  /** The longest that a query or a mutation may take. */
  readonly requestTimeoutMs: number;
  /** The longest that a subscription goes on; undefined: as long as its client likes. */
  readonly subscriptionHours: number | undefined;
  /** The part of the connections for reads that one viewer may hold, in per cent. */
  readonly viewerShare: number;
}

const SETTINGS: Readonly<Record<keyof OperationLimits, string>> = {
  tokens: "MAX_TOKENS",
  depth: "MAX_DEPTH",
  rootFields: "MAX_ROOT_FIELDS",
  fields: "MAX_FIELDS",
  aliases: "MAX_ALIASES",
  directives: "MAX_DIRECTIVES",
  duplicates: "MAX_DUPLICATES",
  listValues: "MAX_LIST_VALUES",
  cost: "MAX_COST",
};

const MEASURES = Object.keys(SETTINGS) as (keyof OperationLimits)[];

/** The same, as the environment says. */
export function readAsking(read: Reads): AskingConfig {
  const limits = Object.fromEntries(
    MEASURES.map((measure) => {
      const bounds = { from: 1, to: 100_000_000, otherwise: OPERATION_LIMITS[measure] };
      return [measure, read.integer(SETTINGS[measure], bounds)];
    }),
  ) as unknown as OperationLimits;
  const persistedDocuments = (read.text("PERSISTED_DOCUMENTS") ?? "")
    .split(",")
    .map((file) => file.trim())
    .filter((file) => file !== "");
  const persistedOnly = read.choice("DOCUMENTS", ["any", "persisted"], "any") === "persisted";
  if (persistedOnly && persistedDocuments.length === 0)
    read.fail("PERSISTED_DOCUMENTS", "must name the file of the documents that run, where DOCUMENTS is persisted.");
  return Object.freeze({
    limits: Object.freeze(limits),
    introspection: read.choice("INTROSPECTION", ["on", "off"], "on") === "on",
    graphiql: read.choice("GRAPHIQL", ["on", "off"], "on") === "on",
    persistedOnly,
    persistedDocuments,
    requestTimeoutMs: read.integer("REQUEST_TIMEOUT_MS", { from: 100, to: 3_600_000, otherwise: OPERATION_MS }),
    // A timer holds no more than 24 days.
    subscriptionHours: read.integerIfGiven("SUBSCRIPTION_HOURS", { from: 1, to: 500 }),
    viewerShare: read.integer("POOL_VIEWER_SHARE", { from: 1, to: 100, otherwise: SHARING.viewerShare }),
  });
}

/** The same by variable, fit to be shown. */
export const describeAsking = (asking: AskingConfig): readonly (readonly [string, string | number])[] => [
  ...MEASURES.map((measure) => [SETTINGS[measure], asking.limits[measure]] as const),
  ["DOCUMENTS", asking.persistedOnly ? "persisted" : "any"],
  ["PERSISTED_DOCUMENTS", asking.persistedDocuments.join(",") || "(none)"],
  ["INTROSPECTION", asking.introspection ? "on" : "off"],
  ["GRAPHIQL", asking.graphiql ? "on" : "off"],
  ["REQUEST_TIMEOUT_MS", asking.requestTimeoutMs],
  ["SUBSCRIPTION_HOURS", asking.subscriptionHours ?? "(not set: as long as its client likes)"],
  ["POOL_VIEWER_SHARE", asking.viewerShare],
];
