import {
  type GraphQLInputField,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isRequiredInputField,
} from "graphql";
import type { Subjects, World } from "./matrix.world.ts";

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
  if (type.name === "Position") return on.since;
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

/** Which of the operands of an attribute asks about one of its type. */
const ASKED_BY: Readonly<Record<string, string>> = {
  STRING: "string",
  CHOICE: "string",
  NUMBER: "number",
  BOOLEAN: "boolean",
  DATE: "date",
  SET: "set",
};

/** What joins criteria together. */
const JOINING = new Set(["and", "or", "not"]);

/** Filters that ask about one field, one an operator, by field; of custom attributes by `attributes.key`. */
export function criteria(
  filter: GraphQLInputObjectType,
  { subjects, attributes }: Pick<World, "subjects" | "attributes">,
): Map<string, Record<string, unknown>[]> {
  const found = new Map<string, Record<string, unknown>[]>();
  for (const field of Object.values(filter.getFields())) {
    if (JOINING.has(field.name)) continue;
    const named = getNamedType(field.type);
    if (named.name === "AttributeFilter")
      for (const [key, { type }] of attributes) {
        const asked = (named as GraphQLInputObjectType).getFields()[ASKED_BY[type] as string] as GraphQLInputField;
        const operands = [
          ...operandsOf(asked.type, asked.name, subjects).map((one) => ({ [asked.name]: one })),
          { exists: true },
        ];
        found.set(
          `attributes.${key}`,
          operands.map((operand) => ({ attributes: [{ key, ...operand }] })),
        );
      }
    else
      found.set(
        field.name,
        operandsOf(field.type, field.name, subjects).map((one) => ({ [field.name]: one })),
      );
  }
  return found;
}

/** Values that ask by each of a criterion's operators, and by each of what is asked of a thing that it names. */
function operandsOf(type: GraphQLInputType, field: string, on: Subjects): unknown[] {
  if (!isInputObjectType(type)) return [inputFor(type, field, on)];
  return Object.values(type.getFields())
    .filter(({ name }) => name !== "caseSensitive")
    .flatMap((one): unknown[] => {
      // A list of nothing more, so that it ends.
      if (JOINING.has(one.name)) return isListType(one.type) ? [{ [one.name]: [{}] }] : [{ [one.name]: {} }];
      if (isInputObjectType(one.type))
        return operandsOf(one.type, one.name, on).map((operand) => ({ [one.name]: operand }));
      return [{ [one.name]: inputFor(one.type, one.name === "isNull" ? one.name : `${field}.${one.name}`, on) }];
    });
}
