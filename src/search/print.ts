import { ATTRIBUTE_TYPES } from "./attribute.ts";
import { fieldOf } from "./catalogue.ts";
import type { Catalogue, Field } from "./field.ts";
import type { And, Criterion, Filter, Operand } from "./filter.ts";
import { GRANT_CATALOGUE } from "./grant.ts";
import { sizeOf } from "./limits.ts";
import { type OperandType, printOperand } from "./operand.ts";
import { kindOf } from "./operator-of.ts";
import { OPERATORS } from "./operators.ts";

/** A GraphQL input of a filter type, as variables carry it. */
export type FilterInput = { [name: string]: unknown };

/**
 * The GraphQL input of a filter, as short as its members allow: criteria that are ANDed stand beside each other. It parses to a filter
 * of the same canonical form.
 */
export function toInput(filter: Filter, catalogue: Catalogue): FilterInput {
  switch (filter.kind) {
    case "and":
      return conjoin(membersOf(filter).map((part) => toInput(part, catalogue)));
    case "or":
      return { or: filter.of.map((part) => toInput(part, catalogue)) };
    case "not":
      return isStatus(filter.of) ? statusInput(filter.of, true) : { not: toInput(filter.of, catalogue) };
    case "criterion":
      return isStatus(filter) ? statusInput(filter, false) : criterionInput(filter, catalogue);
  }
}

const isStatus = (filter: Filter): filter is Criterion => filter.kind === "criterion" && filter.operator === "statusIn";

function statusInput({ field, operand }: Criterion, negated: boolean): FilterInput {
  const statuses = operand as readonly string[];
  const [only] = statuses;
  if (statuses.length === 1) return { [field]: { status: { [negated ? "ne" : "eq"]: only } } };
  return { [field]: { status: { [negated ? "notIn" : "in"]: [...statuses] } } };
}

function criterionInput(criterion: Criterion, catalogue: Catalogue): FilterInput {
  const { operator, operand, key, as, caseSensitive, of } = criterion;
  const field = fieldOf(catalogue, criterion.field);
  const row = OPERATORS[kindOf(field, criterion)][operator];
  if (!row) throw new TypeError(`No operator ${operator} of ${field.name}.`);
  const value = of ? toInput(of, GRANT_CATALOGUE) : operandInput(row.takes, operand, field, catalogue);
  if (field.shorthand === operator || operator === "words") return { [field.name]: value };
  const asked = { [row.input ?? operator]: value, ...(caseSensitive ? { caseSensitive } : {}) };
  if (key === undefined) return { [field.name]: asked };
  return { [field.name]: [{ key, ...(as ? { [ATTRIBUTE_TYPES[as].input]: asked } : asked) }] };
}

function operandInput(type: OperandType, operand: Operand, field: Field, catalogue: Catalogue): unknown {
  const print = (value: string | number | boolean) => printOperand(type, value, { field, catalogue });
  if (Array.isArray(operand)) return operand.map(print);
  return operand === null ? null : print(operand as string | number | boolean);
}

/** The members of an `and`, and those of the `and`s among them. */
const membersOf = ({ of }: And): Filter[] => of.flatMap((part) => (part.kind === "and" ? membersOf(part) : [part]));

/**
 * One object that says what all of these say together. Where one key would have to stand twice, a list of them under `and`, or the deepest
 * beside the others: no deeper than the input that the filter came from, so that a filter within the limits stays within them.
 */
function conjoin(parts: readonly FilterInput[]): FilterInput {
  const deepestFirst = parts.map((part) => ({ part, ...sizeOf(part) })).sort((a, b) => b.depth - a.depth);
  let joined: FilterInput = {};
  const under = new Set<FilterInput>();
  for (const { part } of deepestFirst) {
    const both = merge(joined, part);
    if (both) joined = both;
    else under.add(part);
  }
  const beside = parts.filter((part) => !under.has(part)).reduce((all, part) => merge(all, part) ?? all, {});
  if (under.size === 0) return beside;
  const split = { ...beside, and: [...under] };
  const list = { and: [...parts] };
  return sizeOf(list).depth > sizeOf(split).depth ? split : list;
}

/** Both objects in one, or undefined where that would change what either says. */
function merge(a: FilterInput, b: FilterInput): FilterInput | undefined {
  const merged = new Map(Object.entries(a));
  for (const [key, value] of Object.entries(b)) {
    const both = merged.has(key) ? mergeValue(key, merged.get(key), value) : value;
    if (both === undefined) return undefined;
    merged.set(key, both);
  }
  return Object.fromEntries(merged);
}

const LOGICAL = new Set(["and", "or", "not", "some", "none"]);

function mergeValue(key: string, a: unknown, b: unknown): unknown {
  if (LOGICAL.has(key)) return undefined;
  if (key === "caseSensitive") return a === b ? a : undefined;
  // Of all fields, attributes alone take a list of objects, whose members are ANDed.
  if (Array.isArray(a) && Array.isArray(b)) return isObject(a[0]) && isObject(b[0]) ? [...a, ...b] : undefined;
  if (!isObject(a) || !isObject(b) || areCasedApart(a, b) || areCasedApart(b, a)) return undefined;
  return merge(a, b);
}

const isObject = (value: unknown): value is FilterInput =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Whether `caseSensitive` of one would change what the other asks; whether there is a value is asked without it. */
const areCasedApart = (one: FilterInput, other: FilterInput): boolean =>
  one.caseSensitive === true &&
  other.caseSensitive !== true &&
  Object.keys(other).some((operator) => operator !== "isNull");
