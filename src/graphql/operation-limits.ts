import { RollcallError, type Violation } from "../kernel/errors.ts";
import type { DocumentMeasures, Measured } from "./document-measure.ts";
import type { OperationCost } from "./operation-cost.ts";

/** How much an operation may be and cost: schema/LIMITS.md. */
export interface OperationLimits {
  tokens: number;
  depth: number;
  rootFields: number;
  fields: number;
  aliases: number;
  directives: number;
  duplicates: number;
  listValues: number;
  cost: number;
}

export const OPERATION_LIMITS: OperationLimits = {
  tokens: 20_000,
  depth: 20,
  rootFields: 50,
  fields: 5_000,
  aliases: 200,
  directives: 50,
  duplicates: 20,
  listValues: 10_000,
  cost: 100_000,
};

type Measure = Exclude<keyof OperationLimits, "tokens" | "cost">;

const SAYS: Readonly<Record<Measure, (amount: number) => string>> = {
  depth: (amount) => `the operation is ${amount} fields deep`,
  rootFields: (amount) => `the operation has ${amount} root fields`,
  fields: (amount) => `the operation has ${amount} fields`,
  aliases: (amount) => `the operation has ${amount} aliases`,
  directives: (amount) => `the document has ${amount} directives`,
  duplicates: (amount) => `this is selected ${amount} times in one place`,
  listValues: (amount) => `a list has ${amount} values`,
};

/** Refuses a document that is larger than it may be, with every limit that it passes. */
export function requireSize(measures: DocumentMeasures, limits: OperationLimits): void {
  const over = (Object.keys(SAYS) as Measure[]).flatMap((measure) =>
    excess(measure, measures[measure], limits[measure], "query"),
  );
  if (over.length > 0) throw tooMuch(over);
}

/** Refuses variables of which a list is longer than it may be. */
export function requireListSize(longest: Measured, { listValues }: OperationLimits): void {
  const over = excess("listValues", longest, listValues, "variables");
  if (over.length > 0) throw tooMuch(over);
}

/** Refuses an operation that costs more than it may. */
export function requireCost({ cost, path }: OperationCost, limits: OperationLimits): void {
  if (cost <= limits.cost) return;
  const message = `the operation costs ${cost}; the limit is ${limits.cost}. Ask for smaller pages, or for less of each item.`;
  throw tooMuch([{ path: placeOf("query", path), message, limit: limits.cost, actual: cost }]);
}

/** What refuses a document with more tokens than are read. */
export const tooManyTokens = (limit: number): RollcallError =>
  tooMuch([{ path: "query", message: `the document has more than ${limit} tokens.`, limit, actual: limit + 1 }]);

function excess(measure: Measure, { amount, path }: Measured, limit: number, root: string): Violation[] {
  if (amount <= limit) return [];
  const actual = Math.min(amount, Number.MAX_SAFE_INTEGER);
  return [{ path: placeOf(root, path), message: `${SAYS[measure](actual)}; the limit is ${limit}.`, limit, actual }];
}

/** A path as it is told: the first keys of it, which say where to look. */
const placeOf = (root: string, path: readonly string[]): string => [root, ...path.slice(0, 30)].join(".");

function tooMuch(violations: readonly (Violation & { limit: number; actual: number })[] | readonly Violation[]) {
  const [first] = violations;
  return new RollcallError("INVALID_INPUT", violations.map(({ path, message }) => `${path}: ${message}`).join(" "), {
    violations,
    ...(first ? { inputPath: first.path, limit: first.limit as number, actual: first.actual as number } : {}),
  });
}
