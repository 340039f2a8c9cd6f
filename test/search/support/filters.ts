import fc from "fast-check";
import { ATTRIBUTE_TYPES } from "../../../src/search/attribute.ts";
import type { Catalogue, Field } from "../../../src/search/field.ts";
import { wordsOf } from "../../../src/search/folding.ts";
import { GRANT_CATALOGUE } from "../../../src/search/grant.ts";
import type { OperandType } from "../../../src/search/operand.ts";
import type { ComparedKind } from "../../../src/search/operator.ts";
import { operatorsOf } from "../../../src/search/operator-of.ts";
import type { FilterInput } from "../../../src/search/print.ts";
import {
  attributeKeys,
  choicesOf,
  dates,
  days,
  durations,
  floats,
  groupIds,
  instants,
  ints,
  ROLES,
  text,
  unitIds,
  userIds,
} from "./vocabulary.ts";

/* Random filter inputs of a catalogue: every operator of the table, with every kind of operand it takes. */

function operandOf(type: OperandType, field: Field): fc.Arbitrary<unknown> {
  switch (type) {
    case "text":
      return field.kind === "textSet" || field.name === "role" ? fc.oneof(fc.constantFrom(...ROLES), text) : text;
    case "words":
      return fc.oneof(
        fc.constantFrom("ann", "Ann O'Ne", "  İst-anbul ", "50%", "straße_x", "é", "ΟΔΟΣ", "x y z", "a\\b", "😀"),
        text.filter((given) => wordsOf(given).length > 0),
      );
    case "choice":
      return choicesOf(field);
    case "int":
      return ints;
    case "float":
      return floats;
    case "boolean":
      return fc.boolean();
    case "instant":
      return instants;
    case "date":
      return dates;
    case "duration":
      return durations;
    case "days":
      return days;
    case "recordId":
      return field.kind === "idSet" ? groupIds : userIds;
    case "userId":
      return userIds;
    case "unitId":
      return unitIds;
    case "filter":
      return filtersOf(GRANT_CATALOGUE, 1);
  }
}

/** An object of operators of one kind, one or two of them. */
function operatorsInput(kind: ComparedKind, field: Field, nullable = field.nullable): fc.Arbitrary<FilterInput> {
  const offered = [...operatorsOf(kind)].filter(([, { row }]) => nullable || !row.nullableOnly);
  const entries = offered.map(([name, { operator, row }]) => {
    const one = operator === "statusIn" ? operatorsInput("choice", field, false) : operandOf(row.takes, field);
    const operand: fc.Arbitrary<unknown> = row.list && operator !== "statusIn" ? fc.array(one, { maxLength: 3 }) : one;
    return operand.map((value): FilterInput => ({ [name]: value }));
  });
  const cased = operatorsOf(kind).has("contains")
    ? fc.constantFrom({}, {}, { caseSensitive: true }, { caseSensitive: false })
    : fc.constant({});
  const some = fc.oneof(
    { weight: 4, arbitrary: fc.tuple(fc.oneof(...entries)) },
    { weight: 1, arbitrary: fc.tuple(fc.oneof(...entries), fc.oneof(...entries)) },
  );
  return fc.tuple(some, cased).map(([parts, casing]) => Object.assign({}, ...parts, casing));
}

function attributeInput(field: Field): fc.Arbitrary<FilterInput> {
  const ways = Object.values(ATTRIBUTE_TYPES).map((type) =>
    operatorsInput(type.kind, field, true).map((asked): FilterInput => ({ [type.input]: asked })),
  );
  const exists = fc.boolean().map((value): FilterInput => ({ exists: value }));
  return fc.tuple(attributeKeys, fc.oneof(...ways, exists)).map(([key, asked]) => ({ key, ...asked }));
}

/** What one field of a filter may be asked. */
export function fieldInput(field: Field): fc.Arbitrary<FilterInput> {
  const named = (value: unknown): FilterInput => ({ [field.name]: value });
  const shorthand = field.shorthand ?? (field.kind === "words" ? "words" : undefined);
  const row = shorthand && operatorsOf(field.kind).get(shorthand)?.row;
  if (row) return operandOf(row.takes, field).map(named);
  if (field.kind === "attributes") return fc.array(attributeInput(field), { minLength: 1, maxLength: 2 }).map(named);
  return operatorsInput(field.kind, field).map(named);
}

/** Filters of a catalogue, nested at most as deep as said. */
export function filtersOf(catalogue: Catalogue, depth = 3): fc.Arbitrary<FilterInput> {
  const fields = [...catalogue.fields.values()].filter((field) => field.filter);
  const leaf = fc.oneof(...fields.map(fieldInput));
  const beside = fc.tuple(leaf, leaf).map(([a, b]): FilterInput => ({ ...a, ...b }));
  if (depth === 0) return leaf;
  const inner = filtersOf(catalogue, depth - 1);
  const several = fc.array(inner, { maxLength: 3 });
  return fc.oneof(
    { weight: 4, arbitrary: leaf },
    { weight: 1, arbitrary: beside },
    { weight: 1, arbitrary: fc.constant({}) },
    { weight: 2, arbitrary: several.map((and): FilterInput => ({ and })) },
    { weight: 2, arbitrary: several.map((or): FilterInput => ({ or })) },
    { weight: 2, arbitrary: inner.map((not): FilterInput => ({ not })) },
    { weight: 1, arbitrary: fc.tuple(leaf, inner, several).map(([a, not, or]): FilterInput => ({ ...a, not, or })) },
  );
}
