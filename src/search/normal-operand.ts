import { parseDuration, printDuration } from "./duration.ts";
import type { Field, FieldKind } from "./field.ts";
import type { Criterion, Operand } from "./filter.ts";
import { fold, wordsOf } from "./folding.ts";
import type { OperandType } from "./operand.ts";

/** Kinds whose value a row may lack although its column never is null: several texts may be none. */
const MAY_BE_NONE: ReadonlySet<FieldKind> = new Set(["anyText"]);

/** Whether every row has a value for the criterion to ask about. */
export const isNeverMissing = (field: Field, { key }: Pick<Criterion, "key">): boolean =>
  !field.nullable && key === undefined && !MAY_BE_NONE.has(field.kind);

/** One operand for all that say the same: folded where folding compares, sorted and without duplicates where it is a list. */
export function canonicalOperand(type: OperandType, operand: Operand, caseSensitive: boolean): Operand {
  const one = (value: string | number | boolean): string | number | boolean => {
    if (typeof value !== "string") return value;
    if (type === "text") return caseSensitive ? value : fold(value);
    if (type === "words") return sorted(wordsOf(value)).join(" ");
    return type === "duration" || type === "days" ? canonicalDuration(value) : value;
  };
  if (Array.isArray(operand)) return sorted(operand.map(one)) as readonly string[];
  return operand === null ? null : one(operand as string | number | boolean);
}

/** Without duplicates, numbers by size, texts by code unit. */
export const sorted = <T extends string | number | boolean>(values: readonly T[]): T[] =>
  [...new Set(values)].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));

function canonicalDuration(text: string): string {
  const duration = parseDuration(text);
  return duration ? printDuration(duration) : text;
}
