import fc from "fast-check";
import type { Catalogue, Field } from "../../../src/search/field.ts";
import { wordsOf } from "../../../src/search/folding.ts";
import {
  attributeKeys,
  choicesOf,
  dates,
  floats,
  instants,
  ints,
  ROLES,
  storedDates,
  storedInstants,
  text,
  UNITS,
  USERS,
} from "./vocabulary.ts";

const NUMERAL = /"@@([^@"]+)@@"/g;

/** Rows as JSON text; numerals that no double can hold stand in it as PostgreSQL's JSON allows them. */
export const jsonOf = (rows: readonly unknown[]): string => JSON.stringify(rows).replace(NUMERAL, "$1");

const json: fc.Arbitrary<unknown> = fc.oneof(
  text,
  floats,
  fc.boolean(),
  fc.constant(null),
  dates,
  fc.constantFrom("2023-02-29", "2024-13-01", "0000-01-01", "2024-2-1", "2024-01-01T00:00:00Z", "٢٠٢٤-٠١-٠١"),
  fc.constantFrom(
    "@@1e400@@",
    "@@-1e400@@",
    "@@1e-400@@",
    "@@9007199254740993@@",
    "@@-0@@",
    "@@0.1000000000000000055511151231257827@@",
  ),
  fc.array(fc.oneof(text, ints, fc.constant(null), fc.constant(["Ann"])), { maxLength: 3 }),
  fc.constant({ Ann: 1 }),
);

const attributes = fc
  .array(fc.tuple(attributeKeys, json), { maxLength: 6 })
  .map((entries) => Object.fromEntries(entries));

const path = (ids: readonly string[]) => fc.subarray([...ids]);

const grant = fc.record({
  id: fc.uuid(),
  role: fc.constantFrom(...ROLES),
  privileged: fc.boolean(),
  scopePath: fc.option(path(UNITS)),
  grantedAt: instants,
  startsAt: instants,
  expiresAt: fc.option(instants),
});

/** A column's values, as the catalogue's field says they are. */
function valuesOf(field: Field): fc.Arbitrary<unknown> {
  switch (field.kind) {
    case "text":
      return text;
    case "choice":
      return choicesOf(field);
    case "int":
      return ints;
    case "boolean":
      return fc.boolean();
    case "instant":
      return storedInstants;
    case "date":
      return storedDates;
    case "textSet":
      return fc.array(fc.oneof(fc.constantFrom(...ROLES), text), { maxLength: 3 });
    case "choiceSet":
      return fc.uniqueArray(choicesOf(field), { maxLength: 4 });
    case "idSet":
      return fc.subarray([...UNITS]);
    case "anyText":
      return fc.array(text, { maxLength: 3 });
    case "words":
      return fc.array(text, { maxLength: 4 }).map((texts) => ` ${texts.flatMap(wordsOf).join(" ")}`);
    case "attributes":
      return attributes;
    case "grants":
      return fc.array(grant, { maxLength: 3 });
    case "id":
      return fc.constantFrom(...USERS);
    case "unit":
      return fc.constantFrom(...UNITS);
    case "manager":
      return fc.constantFrom(...USERS);
  }
}

const ALWAYS: ReadonlySet<Field["kind"]> = new Set([
  "textSet",
  "choiceSet",
  "idSet",
  "anyText",
  "words",
  "attributes",
  "grants",
  "id",
]);

/** Random rows of the table that a catalogue describes; every column that may be null is so now and then. */
export function rowsOf(catalogue: Catalogue): fc.Arbitrary<Record<string, unknown>> {
  const columns: Record<string, fc.Arbitrary<unknown>> = {};
  for (const field of catalogue.fields.values()) {
    const values = valuesOf(field);
    columns[field.column] = ALWAYS.has(field.kind) || !field.nullable ? values : fc.option(values, { freq: 3 });
    if (field.pathColumn) columns[field.pathColumn] = path(field.kind === "unit" ? UNITS : USERS);
    if (field.statusColumn)
      columns[field.statusColumn] = fc.option(fc.constantFrom(...Object.keys(field.choice?.values ?? {})));
  }
  return fc.record(columns);
}
