import { ATTRIBUTE_TYPES } from "./attribute.ts";
import { fieldOf } from "./catalogue.ts";
import type { Catalogue, Field } from "./field.ts";
import type { Criterion, Filter } from "./filter.ts";
import { GRANT_CATALOGUE } from "./grant.ts";
import type { OperatorRow } from "./operator.ts";
import { kindOf } from "./operator-of.ts";
import { OPERATORS } from "./operators.ts";
import { isPlainWord, quote } from "./text-lexer.ts";
import { phraseOf } from "./text-phrases.ts";
import { printValue } from "./text-value.ts";

/** A criterion in the text form; `printFilter` writes the filter inside a criterion about grants. */
export function printCriterion(
  criterion: Criterion,
  catalogue: Catalogue,
  printFilter: (filter: Filter, catalogue: Catalogue) => string,
): string {
  const { operator, operand } = criterion;
  const field = fieldOf(catalogue, criterion.field);
  const kind = kindOf(field, criterion);
  const row = OPERATORS[kind][operator];
  if (!row) throw new TypeError(`No operator ${operator} of ${field.name}.`);
  const value = criterion.of
    ? `(${printFilter(criterion.of, GRANT_CATALOGUE)})`
    : printOperand(criterion, row, field, catalogue);
  if (operator === "statusIn") return `${field.name}.status in ${value}`;
  if (field.shorthand === operator || operator === "words") return `${field.name} ${value}`;
  if (kind === "boolean" && operator === "eq" && operand === true && !criterion.as) return field.name;
  const phrase = phraseOf(operator, operand);
  const asked = `${subjectOf(criterion)} ${phrase.words.join(" ")}`;
  if (phrase.operand !== undefined) return asked;
  return `${asked} ${value}${criterion.caseSensitive ? " matching case" : ""}`;
}

function printOperand({ operand }: Criterion, row: OperatorRow, field: Field, catalogue: Catalogue): string {
  const print = (value: string | number | boolean) => printValue(row.takes, value, { field, catalogue });
  if (Array.isArray(operand)) return `(${operand.map(print).join(", ")})`;
  return operand === null ? "" : print(operand as string | number | boolean);
}

/** The field; of an attribute its key, and its type where the operand does not tell. */
function subjectOf({ field, key, as, operator, operand }: Criterion): string {
  if (key === undefined) return field;
  const name = `${field}.${isPlainWord(key) ? key : quote(key)}`;
  const isOpen =
    operator === "isNull" || ((operator === "in" || operator === "notIn") && (operand as unknown[]).length === 0);
  return as && isOpen ? `${name} as ${ATTRIBUTE_TYPES[as].input}` : name;
}
