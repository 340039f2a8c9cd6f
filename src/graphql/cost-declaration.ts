import {
  DirectiveLocation,
  GraphQLDirective,
  type GraphQLField,
  GraphQLInt,
  GraphQLList,
  type GraphQLNamedType,
  GraphQLNonNull,
  GraphQLSchema,
  GraphQLString,
  getNamedType,
  getNullableType,
  isCompositeType,
  isListType,
} from "graphql";
import { Extensions } from "type-graphql";
import { PAGE_DEFAULT, PAGE_LIMIT } from "./page-size.ts";

/** How many things a list holds, as schema/LIMITS.md says. */
export interface ListSizing {
  /** Without any of the arguments. */
  assumed: number;
  /** Arguments that say it: a number, or a list that is as long. */
  by?: readonly string[];
}

/** What a list of objects counts as that declares nothing. */
const UNDECLARED = 10;
/** What a mutation costs that declares nothing: a transaction. */
const MUTATION = 10;

type Declares = PropertyDecorator & MethodDecorator;

/** Declares what a field, or a field of an input, costs each time that it is there. */
export const Cost = (weight: number): Declares => Extensions({ cost: weight }) as Declares;

/** Declares how many objects a field that is a list gives. */
export const ListSize = (assumed: number, ...by: string[]): Declares =>
  Extensions({ listSize: { assumed, by } satisfies ListSizing }) as Declares;

/** Declares which fields of a page are as long as `first` or `last` of the field says that gives the page. */
export const PageOf = (...fields: string[]): ClassDecorator => Extensions({ pageOf: fields }) as ClassDecorator;

/** What a field costs. */
export interface FieldCost {
  weight: number;
  /** How long it is, or the fields are that are listed in `pageOf`; absent for what is neither. */
  size: Required<ListSizing> | undefined;
  /** Fields of what it gives that are so long. */
  pageOf: readonly string[];
}

const known = new WeakMap<GraphQLField<unknown, unknown>, FieldCost>();

/** What the schema declares, or implies, about a field. */
export function fieldCost(
  schema: GraphQLSchema,
  parent: GraphQLNamedType,
  field: GraphQLField<unknown, unknown>,
): FieldCost {
  const found = known.get(field) ?? declaredCost(schema, parent, field);
  known.set(field, found);
  return found;
}

function declaredCost(
  schema: GraphQLSchema,
  parent: GraphQLNamedType,
  field: GraphQLField<unknown, unknown>,
): FieldCost {
  const { cost, listSize } = field.extensions as { cost?: number; listSize?: ListSizing };
  const pageOf = pageFields(getNamedType(field.type));
  const weight = cost ?? (parent === schema.getMutationType() ? MUTATION : 0);
  if (pageOf.length > 0) {
    const by = field.args.map(({ name }) => name).filter((name) => name === "first" || name === "last");
    return { weight, size: { assumed: PAGE_DEFAULT, by }, pageOf };
  }
  const listed = isListType(getNullableType(field.type)) && isCompositeType(getNamedType(field.type));
  const given = listSize ?? (listed && !isOfPage(parent, field.name) ? { assumed: UNDECLARED } : undefined);
  return { weight, size: given && { by: [], ...given }, pageOf };
}

const pageFields = (type: GraphQLNamedType): readonly string[] =>
  (type.extensions as { pageOf?: readonly string[] }).pageOf ?? [];

/** Whether a field is as long as its page. */
export const isOfPage = (parent: GraphQLNamedType, name: string): boolean => pageFields(parent).includes(name);

/** The longest that a list can be made by an argument. */
export const SIZE_LIMIT = PAGE_LIMIT;

const DIRECTIVES = [
  new GraphQLDirective({
    name: "cost",
    description: "What a field, or a field of an input, costs each time that it is there: schema/LIMITS.md.",
    locations: [DirectiveLocation.FIELD_DEFINITION, DirectiveLocation.INPUT_FIELD_DEFINITION],
    args: { weight: { type: new GraphQLNonNull(GraphQLInt), description: "How much." } },
  }),
  new GraphQLDirective({
    name: "listSize",
    description: "How many things a field gives, for the cost of what stands below it: schema/LIMITS.md.",
    locations: [DirectiveLocation.FIELD_DEFINITION],
    args: {
      assumedSize: { type: GraphQLInt, description: "Where no argument says it." },
      slicingArguments: {
        type: new GraphQLList(new GraphQLNonNull(GraphQLString)),
        description: "Arguments that say it.",
      },
      sizedFields: {
        type: new GraphQLList(new GraphQLNonNull(GraphQLString)),
        description: "Fields of what is given that are so long, where it is no list itself.",
      },
    },
  }),
];

/** The same schema, with the directives by which it publishes what is declared. */
export const withCostDirectives = (schema: GraphQLSchema): GraphQLSchema => {
  const config = schema.toConfig();
  return new GraphQLSchema({ ...config, directives: [...config.directives, ...DIRECTIVES] });
};
