import type { GraphQLScalarType } from "graphql";
import { type ClassType, Field as GraphField, ID, InputType, Int, registerEnumType } from "type-graphql";
import type { Catalogue, Choice, Field, FieldKind } from "../search/field.ts";
import { Cost } from "./cost-declaration.ts";
import {
  AttributeFilter,
  BooleanFilter,
  DateFilter,
  DateTimeFilter,
  IdFilter,
  IdSetFilter,
  IntFilter,
  OrgUnitRefFilter,
  RoleGrantListFilter,
  StringFilter,
  StringSetFilter,
} from "./filter-inputs.ts";
import { masked, Read } from "./rules.ts";
import { DateScalar, DateTimeScalar, EmailAddressScalar, JSONObjectScalar } from "./scalars.ts";

type TypeRef = GraphQLScalarType | ClassType | object;

const enums = new Map<string, Record<string, string>>();

/** The GraphQL enum of a choice; one registration a name. */
export function enumOf(choice: Choice): Record<string, string> {
  const known = enums.get(choice.name);
  if (known) return known;
  const values = Object.fromEntries(Object.keys(choice.values).map((value) => [value, value]));
  const valuesConfig = Object.fromEntries(
    Object.entries(choice.values).map(([value, description]) => [value, { description }]),
  );
  registerEnumType(values, { name: choice.name, description: choice.describe, valuesConfig });
  enums.set(choice.name, values);
  return values;
}

const SHOWN_AS: Partial<Record<FieldKind, TypeRef>> = {
  id: ID,
  text: String,
  anyText: String,
  int: Int,
  boolean: Boolean,
  instant: DateTimeScalar,
  date: DateScalar,
  attributes: JSONObjectScalar,
};

/** The GraphQL output type of a field: a type, and whether it is a list. */
function shownAs(field: Field): { type: TypeRef; list: boolean } {
  if (field.show === "EmailAddress") return { type: EmailAddressScalar, list: false };
  if (field.show === "JSONObject") return { type: JSONObjectScalar, list: false };
  if (field.choice) return { type: enumOf(field.choice), list: field.kind === "choiceSet" };
  if (field.kind === "textSet") return { type: String, list: true };
  const type = SHOWN_AS[field.kind];
  if (!type) throw new Error(`${field.name}: a field of kind ${field.kind} cannot be shown as a scalar.`);
  return { type, list: false };
}

/** Gives a GraphQL object class the scalar fields of a catalogue. */
export function showFields(target: ClassType, catalogue: Catalogue): void {
  for (const field of catalogue.fields.values()) {
    if (field.show === false) continue;
    const { type, list } = shownAs(field);
    const options = { name: field.name, description: field.describe, nullable: !field.always };
    GraphField(() => (list ? [type] : type) as never, options)(target.prototype, field.name);
    Read(masked)(target.prototype, field.name);
  }
}

const FILTERED_BY: Partial<Record<FieldKind, () => TypeRef>> = {
  id: () => IdFilter,
  text: () => StringFilter,
  anyText: () => StringFilter,
  int: () => IntFilter,
  boolean: () => BooleanFilter,
  instant: () => DateTimeFilter,
  date: () => DateFilter,
  textSet: () => StringSetFilter,
  idSet: () => IdSetFilter,
  words: () => String,
  unit: () => OrgUnitRefFilter,
  grants: () => RoleGrantListFilter,
  attributes: () => [AttributeFilter],
};

const choiceFilters = new Map<string, ClassType>();

/** The filter input of a choice, e.g. UserStatusFilter: eq, ne, in, notIn, and isNull where the value may be missing. */
export function choiceFilter(choice: Choice, nullable: boolean): ClassType {
  return onceNamed(
    `${choice.name}Filter`,
    `Conditions on one ${choice.name}. Operators given together are ANDed.`,
    (target) => {
      const type = enumOf(choice);
      operand(target, "eq", type, "Equal to.");
      operand(target, "ne", type, "Not equal to: the complement of eq.");
      operand(target, "in", [type], "One of these.");
      operand(target, "notIn", [type], "None of these: the complement of in.");
      if (nullable) operand(target, "isNull", Boolean, "Whether the value is missing.");
    },
  );
}

/** The filter input of a set of choices, e.g. MfaMethodSetFilter: any, all, none, isEmpty. */
export function choiceSetFilter(choice: Choice): ClassType {
  return onceNamed(
    `${choice.name}SetFilter`,
    `Conditions on a set of ${choice.name}. Operators given together are ANDed.`,
    (target) => {
      const type = enumOf(choice);
      operand(target, "any", [type], "Holds at least one of these.");
      operand(target, "all", [type], "Holds every one of these.");
      operand(target, "none", [type], "Holds none of these: the complement of any.");
      operand(target, "isEmpty", Boolean, "Whether the set is empty.");
    },
  );
}

function onceNamed(name: string, description: string, define: (target: ClassType) => void): ClassType {
  const known = choiceFilters.get(name);
  if (known) return known;
  const target = named(name);
  InputType(name, { description })(target);
  define(target);
  choiceFilters.set(name, target);
  return target;
}

/** An empty class of the given name, to be decorated. */
export const named = (name: string): ClassType => ({ [name]: class {} })[name] as ClassType;

const operand = (target: ClassType, name: string, type: unknown, description: string): void =>
  GraphField(() => type as never, { nullable: true, description })(target.prototype, name);

function filteredBy(field: Field): TypeRef {
  if (field.choice)
    return field.kind === "choiceSet" ? choiceSetFilter(field.choice) : choiceFilter(field.choice, field.nullable);
  const type = FILTERED_BY[field.kind]?.();
  if (!type) throw new Error(`${field.name}: a field of kind ${field.kind} has no filter input.`);
  return type;
}

/** What it costs to search by words. */
const TEXT_SEARCH = 10;

/** The nested filter input of a catalogue, e.g. UserFilter: and, or, not, and an entry for every field that may be asked about. */
export function filterInput(
  catalogue: Catalogue,
  description: string,
  special: Readonly<Record<string, ClassType>> = {},
): ClassType {
  const target = named(`${catalogue.typeName}Filter`);
  InputType(`${catalogue.typeName}Filter`, { description })(target);
  operand(target, "and", [target], "All of these hold; an empty list is true.");
  operand(target, "or", [target], "At least one of these holds; an empty list is false.");
  operand(target, "not", target, "The exact complement of this.");
  for (const field of catalogue.fields.values()) {
    if (!field.filter) continue;
    operand(target, field.name, special[field.name] ?? filteredBy(field), field.describe);
    if (field.kind === "words") Cost(TEXT_SEARCH)(target.prototype, field.name);
  }
  return target;
}

/** An enum with a value for every field of a catalogue that has one of the given sort: UserOrderField, UserFacetField. */
export function fieldEnum(
  catalogue: Catalogue,
  sort: "order" | "facet",
  name: string,
  description: string,
): Record<string, string> {
  const fields = [...catalogue.fields.values()].filter((field) => field[sort]);
  return enumOf({
    name,
    describe: description,
    values: Object.fromEntries(fields.map((field) => [field[sort], field.describe])),
  });
}
