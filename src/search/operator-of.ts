import { ATTRIBUTE_TYPES } from "./attribute.ts";
import { fieldOf } from "./catalogue.ts";
import type { Catalogue, Field } from "./field.ts";
import type { Criterion, Operator } from "./filter.ts";
import type { ComparedKind, Meaning, OperatorRow } from "./operator.ts";
import { OPERATORS } from "./operators.ts";

/** The kind that a criterion's value is compared as: the field's, or the type of the attribute that is asked about. */
export const kindOf = (field: Field, criterion: Pick<Criterion, "as">): ComparedKind =>
  criterion.as ? ATTRIBUTE_TYPES[criterion.as].kind : field.kind;

/** The operators of a kind by their names in filter inputs, e.g. `none` of grants for `noneOf`. */
export function operatorsOf(kind: ComparedKind): ReadonlyMap<string, { operator: Operator; row: OperatorRow }> {
  return BY_INPUT[kind];
}

const byInput = (kind: ComparedKind): ReadonlyMap<string, { operator: Operator; row: OperatorRow }> =>
  new Map(
    Object.entries(OPERATORS[kind]).map(([operator, row]) => [
      row.input ?? operator,
      { operator: operator as Operator, row },
    ]),
  );

const BY_INPUT = Object.fromEntries(
  (Object.keys(OPERATORS) as ComparedKind[]).map((kind) => [kind, byInput(kind)]),
) as Record<ComparedKind, ReadonlyMap<string, { operator: Operator; row: OperatorRow }>>;

/** What a criterion comes down to: the field, the kind, an operator with a meaning of its own, and whether it is the complement of that. */
export interface Resolved {
  field: Field;
  kind: ComparedKind;
  operator: Operator;
  meaning: Meaning;
  negated: boolean;
}

/** Looks a criterion up in the catalogue and the operator table; throws TypeError for one that the parser did not make. */
export function resolve(criterion: Criterion, catalogue: Catalogue): Resolved {
  const field = fieldOf(catalogue, criterion.field);
  const kind = kindOf(field, criterion);
  const row = OPERATORS[kind][criterion.operator];
  if (!row) throw new TypeError(`No operator ${criterion.operator} of kind ${kind}.`);
  if (!("complementOf" in row)) return { field, kind, operator: criterion.operator, meaning: row, negated: false };
  const meaning = OPERATORS[kind][row.complementOf];
  if (!meaning || "complementOf" in meaning) throw new TypeError(`${criterion.operator} complements nothing.`);
  return { field, kind, operator: row.complementOf, meaning, negated: true };
}

/** The column of the row that the criterion asks about. */
export const columnOf = ({ field, meaning }: Resolved): string =>
  (meaning.reads && field[meaning.reads]) ?? field.column;
