import {
  type GraphQLInputObjectType,
  type GraphQLInputType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isRequiredInputField,
} from "graphql";
import type { Subjects } from "./matrix.world.ts";

/*
 * Values for inputs, made from their types: the least that is accepted as an input, and filters that ask about one field.
 */

/** Scalars; a new one needs a line. */
const SCALARS: Readonly<Record<string, unknown>> = {
  Boolean: true,
  Date: "2020-01-31",
  DateTime: "2020-01-31T12:00:00.000Z",
  Duration: "P1D",
  Float: 1.5,
  EmailAddress: "nobody@example.com",
  Int: 1,
  JSON: "x",
  JSONObject: {},
  Position: "1",
  String: "x",
};

/** What an ID names, by the field that it stands in; elsewhere a person. */
function idFor(field: string, on: Subjects): string {
  if (/orgUnit|scope|within|parent/i.test(field)) return on.division;
  if (/^group/i.test(field)) return on.insideGroup;
  return on.inside;
}

/** A value of an input type: of an object what is required alone, unless it needs one of several. */
export function inputFor(type: GraphQLInputType, field: string, on: Subjects): unknown {
  if (isNonNullType(type)) return inputFor(type.ofType, field, on);
  if (isListType(type)) return [inputFor(type.ofType, field, on)];
  if (isEnumType(type)) return type.getValues()[0]?.name;
  if (isInputObjectType(type)) return objectOf(type, on);
  if (type.name === "ID") return idFor(field, on);
  if (!(type.name in SCALARS))
    throw new Error(
      `The scalar ${type.name} has no value in SCALARS of test/access/matrix.inputs.ts: which one is good anywhere?`,
    );
  return SCALARS[type.name];
}

function objectOf(type: GraphQLInputObjectType, on: Subjects): Record<string, unknown> {
  const fields = Object.values(type.getFields());
  const wanted = type.isOneOf ? fields.slice(0, 1) : fields.filter(isRequiredInputField);
  return Object.fromEntries(wanted.map((field) => [field.name, inputFor(field.type, field.name, on)]));
}

/** Filters that ask about one field, one an operator, by field. What joins fields together is left out. */
export function criteria(filter: GraphQLInputObjectType, on: Subjects): Map<string, Record<string, unknown>[]> {
  const found = new Map<string, Record<string, unknown>[]>();
  for (const field of Object.values(filter.getFields())) {
    if (["and", "or", "not"].includes(field.name)) continue;
    found.set(
      field.name,
      operands(field.type, field.name, on).map((operand) => ({ [field.name]: operand })),
    );
  }
  return found;
}

function operands(type: GraphQLInputType, field: string, on: Subjects): unknown[] {
  if (!isInputObjectType(type)) return [inputFor(type, field, on)];
  // A criterion with a key asks about the key's value; one about grants holds conditions of its own.
  const required = Object.values(type.getFields()).filter(isRequiredInputField);
  const base = Object.fromEntries(required.map((one) => [one.name, inputFor(one.type, one.name, on)]));
  return Object.values(type.getFields())
    .filter((one) => !required.includes(one) && one.name !== "caseSensitive")
    .map((one) => ({ ...base, [one.name]: operandOf(one.type, one.name, field, on) }));
}

function operandOf(type: GraphQLInputType, operator: string, field: string, on: Subjects): unknown {
  const named = isListType(type) && !isNonNullType(type.ofType) ? type.ofType : type;
  if (isInputObjectType(named)) {
    const [first] = Object.values(named.getFields());
    return first ? { [first.name]: operandOf(first.type, first.name, first.name, on) } : {};
  }
  return inputFor(type, operator === "isNull" ? operator : field, on);
}
