import type { DocumentNode, GraphQLSchema } from "graphql";
import type { Logger } from "pino";
import type { Ran, StatementLog } from "../database/statement-watch.ts";
import { outsideTurns } from "../database/turn.ts";
import { searchShapes } from "./search-shape.ts";

/** How often a plan is asked for at the most: asking takes the database a few milliseconds. */
const PLAN_EVERY_MS = 10_000;

export interface SlowSearchOptions {
  schema: GraphQLSchema;
  log: Logger;
  /** An operation that takes longer is slow. */
  limitMs: number;
  /** How the database would carry a statement out, without values. */
  planOf(ran: Ran): Promise<object | undefined>;
  planEveryMs?: number;
}

/** An operation that was answered. */
export interface AnsweredOperation {
  document: DocumentNode;
  name: string | undefined;
  variables: Readonly<Record<string, unknown>>;
  requestId: string;
  ms: number;
  statements: StatementLog;
  /** The answer's data, read only where the operation was slow. */
  data: () => unknown;
}

/**
 * Logs searches that took longer than they may: their shape without values, what they took and brought, and the plan of their longest statement,
 * which is asked for after the answer has gone, and not for every one where there are many.
 */
export class SlowSearches {
  readonly #options: SlowSearchOptions;
  #plannedAt = Number.NEGATIVE_INFINITY;

  constructor(options: SlowSearchOptions) {
    this.#options = options;
  }

  /** Logs the operation where it is a slow search. */
  note(operation: AnsweredOperation): void {
    if (operation.ms < this.#options.limitMs) return;
    const shapes = searchShapes(this.#options.schema, operation.document, operation.variables);
    if (shapes.length > 0) void this.#tell(operation, shapes);
  }

  async #tell({ name, requestId, ms, statements, data }: AnsweredOperation, shapes: readonly string[]): Promise<void> {
    const { log } = this.#options;
    const { slowest, count } = statements;
    const search = {
      operation: name,
      shapes,
      ms: Math.round(ms),
      rows: rowsOf(data()),
      statements: count,
      statementMs: slowest && Math.round(slowest.ms),
    };
    const plan = slowest && (await this.#planOf(slowest).catch(() => undefined));
    log.warn({ requestId, search: { ...search, ...(plan ? { plan } : {}) } }, "slow search");
  }

  async #planOf(ran: Ran): Promise<object | undefined> {
    const now = performance.now();
    if (now - this.#plannedAt < (this.#options.planEveryMs ?? PLAN_EVERY_MS)) return undefined;
    this.#plannedAt = now;
    // The operation's own turn may be over: it is told of because it took long.
    return await outsideTurns(() => this.#options.planOf(ran));
  }
}

/** How many rows the root fields of an answer list. */
function rowsOf(data: unknown): number {
  if (typeof data !== "object" || data === null) return 0;
  return Object.values(data).reduce<number>((sum, field) => sum + listed(field), 0);
}

function listed(field: unknown): number {
  if (Array.isArray(field)) return field.length;
  if (typeof field !== "object" || field === null) return 0;
  return Object.values(field).find((one) => Array.isArray(one))?.length ?? 0;
}
